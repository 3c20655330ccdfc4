"""What USSs of ASTM F3548-21 (API 1.0.0) say to each other, and a DSS to them, as it stands on the wire.

Members that the API does not have are ignored, and null is as if the member were not there. What the texts
mean is read in `uss_reading`; what we say ourselves is written in `uss_writing`.
"""

from typing import Annotated, Any, Literal

import msgspec

from mamarr.discovery import Availability, IntentState
from mamarr.interop.f3548.answers import SubscriberMessage, SubscriptionStateMessage
from mamarr.interop.f3548.requests import ExchangeMessage, TimeMessage, Url, Volume4DMessage
from mamarr.operations.volumes import VOLUMES_MAX

KIND_LENGTH_MAX = 200  # characters; chosen: names of kinds are words, or an address
Volumes = Annotated[tuple[Volume4DMessage, ...], msgspec.Meta(max_length=VOLUMES_MAX)]


class ReferenceMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The reference of an operational intent, as a DSS or its USS has it."""

    id: str
    manager: str
    uss_availability: Availability
    version: int
    state: IntentState
    time_start: TimeMessage
    time_end: TimeMessage
    uss_base_url: Url
    subscription_id: str
    ovn: str | None = None


class ReferencesMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The operational intents in an area, by a DSS."""

    operational_intent_references: tuple[ReferenceMessage, ...]


class ReferenceReadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One operational intent, by a DSS."""

    operational_intent_reference: ReferenceMessage


class ReferenceWrittenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An operational intent as a DSS wrote or removed it, and whom to tell."""

    operational_intent_reference: ReferenceMessage
    subscribers: tuple[SubscriberMessage, ...] = ()


class DetailsMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an operational intent asks of the sky."""

    volumes: Volumes | None = None
    off_nominal_volumes: Volumes | None = None
    priority: int | None = None


class IntentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An operational intent with its details."""

    reference: ReferenceMessage
    details: DetailsMessage


class IntentDetailsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a USS answers of one of its operational intents."""

    operational_intent: IntentMessage


class NotificationMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operational intent is this one from now on; without it, it is no more."""

    operational_intent_id: str
    subscriptions: tuple[SubscriptionStateMessage, ...]
    operational_intent: IntentMessage | None = None


class ConstraintReferenceMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The reference of a constraint, as a DSS or its USS has it."""

    id: str
    manager: str
    uss_availability: Availability
    version: int
    time_start: TimeMessage
    time_end: TimeMessage
    uss_base_url: Url
    ovn: str | None = None


class ConstraintReferencesMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The constraints in an area, by a DSS."""

    constraint_references: tuple[ConstraintReferenceMessage, ...]


class ConstraintDetailsMessage(msgspec.Struct, frozen=True, kw_only=True, rename={"kind": "type"}):
    """Where a constraint is. Of its geozone nothing is read."""

    volumes: Annotated[tuple[Volume4DMessage, ...], msgspec.Meta(min_length=1, max_length=VOLUMES_MAX)]
    kind: Annotated[str, msgspec.Meta(max_length=KIND_LENGTH_MAX)] | None = None


class ConstraintDetailedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A constraint with its details."""

    reference: ConstraintReferenceMessage
    details: ConstraintDetailsMessage


class ConstraintToldMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a USS answers of one of its constraints."""

    constraint: ConstraintDetailedMessage


class ConstraintNotificationMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A constraint is this one from now on; without it, it is no more."""

    constraint_id: str
    subscriptions: tuple[SubscriptionStateMessage, ...]
    constraint: ConstraintDetailedMessage | None = None


class UssReportMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Tell a USS of an exchange that went wrong."""

    exchange: ExchangeMessage
    report_id: Any = None  # what a sender writes there does not count


# --- InterUSS's interface for automated tests of flight planning, version 1 -------------------------------


class AreaMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What the user of a flight says of it."""

    usage_state: Literal["Planned", "InUse", "Closed"]
    uas_state: Literal["Nominal", "OffNominal", "Contingent", "NotSpecified"]
    area: Volumes | None = None


class PriorityMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What F3548-21 needs beside that."""

    priority: int | None = None


class PlanMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A flight as its user plans it."""

    basic_information: AreaMessage
    astm_f3548_21: PriorityMessage | None = None


class UpsertMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Plan a flight, or change it. request_id: the same again is answered as before."""

    flight_plan: PlanMessage
    execution_style: Literal["Hypothetical", "IfAllowed", "InReality"]
    request_id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class PlannedMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it. as_planned: as it was asked for, where it was taken so."""

    planning_result: Literal["Completed", "Rejected", "Failed", "NotSupported"]
    flight_plan_status: Literal["NotPlanned", "Planned", "OkToFly", "OffNominal", "Closed"]
    notes: str | None = None
    includes_advisories: Literal["Unknown", "AtLeastOneAdvisoryOrCondition", "NoAdvisoriesOrConditions"] = (
        "Unknown"
    )
    as_planned: msgspec.Raw | None = None


class ClearMessage(msgspec.Struct, frozen=True, kw_only=True):
    """End all flights in an area."""

    request_id: str
    extent: Volume4DMessage


class OutcomeMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Whether all was ended."""

    success: bool
    message: str


class ClearedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What came of clearing an area."""

    outcome: OutcomeMessage


class StatusMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Whether tests may begin."""

    status: Literal["Starting", "Ready"]
    api_name: str
    api_version: str


class UserNotificationMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a user was told, and when."""

    observed_at: TimeMessage
    conflicts: Literal["Single", "Multiple"]


class UserNotificationsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What users were told in a time."""

    user_notifications: tuple[UserNotificationMessage, ...]
