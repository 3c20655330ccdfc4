"""What others make known by ASTM F3548-21 and F3411-22a: what they plan, fly and forbid, where they identify.

Known, not admitted. A manager (the subject of a token) is no party of the corridors, and what it makes known
holds no sky: who plans proves that it knows of it. `envelopes` says how two are compared, `forms` who speaks,
`owned` who may write what.
"""

from mamarr.discovery import (
    availabilities,
    constraint_references,
    display_subscriptions,
    envelopes,
    forms,
    intents,
    owned,
    reports,
    service_areas,
    subscriptions,
)
from mamarr.discovery.availabilities import Availability, UssAvailability
from mamarr.discovery.constraint_references import ConstraintReference
from mamarr.discovery.display_subscriptions import DisplaySubscription
from mamarr.discovery.envelopes import Envelope
from mamarr.discovery.intents import Intent, IntentState
from mamarr.discovery.reports import Report
from mamarr.discovery.service_areas import ServiceArea
from mamarr.discovery.subscriptions import Subscription

__all__ = [
    "Availability",
    "ConstraintReference",
    "DisplaySubscription",
    "Envelope",
    "Intent",
    "IntentState",
    "Report",
    "ServiceArea",
    "Subscription",
    "UssAvailability",
    "availabilities",
    "constraint_references",
    "display_subscriptions",
    "envelopes",
    "forms",
    "intents",
    "owned",
    "reports",
    "service_areas",
    "subscriptions",
]
