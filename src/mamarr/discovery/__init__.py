"""What others make known by ASTM F3548-21: references to what they plan, fly and forbid. Known, not admitted.

A manager (the subject of a token) is no party of the corridors, and what it makes known holds no sky: who
plans proves that it knows of it. `envelopes` says how two are compared, `forms` who speaks.
"""

from mamarr.discovery import (
    availabilities,
    constraint_references,
    envelopes,
    forms,
    intents,
    reports,
    subscriptions,
)
from mamarr.discovery.availabilities import Availability, UssAvailability
from mamarr.discovery.constraint_references import ConstraintReference
from mamarr.discovery.envelopes import Envelope
from mamarr.discovery.intents import Intent, IntentState
from mamarr.discovery.reports import Report
from mamarr.discovery.subscriptions import Subscription

__all__ = [
    "Availability",
    "ConstraintReference",
    "Envelope",
    "Intent",
    "IntentState",
    "Report",
    "Subscription",
    "UssAvailability",
    "availabilities",
    "constraint_references",
    "envelopes",
    "forms",
    "intents",
    "reports",
    "subscriptions",
]
