"""What a DSS answers to a USS (ASTM F3548-21, API 1.0.0), as it stands on the wire."""

from typing import Any

import msgspec

from mamarr.discovery import Availability, IntentState
from mamarr.interop.f3548.requests import TimeMessage

OVN_OF_OTHERS = "Available from USS"  # in the place of an OVN that is not the asker's


class ErrorMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, in the asker's language."""

    message: str


class IntentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The reference of an operational intent."""

    id: str
    manager: str
    uss_availability: Availability
    version: int
    state: IntentState
    ovn: str
    time_start: TimeMessage
    time_end: TimeMessage
    uss_base_url: str
    subscription_id: str


class ConstraintMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The reference of a constraint."""

    id: str
    manager: str
    uss_availability: Availability
    version: int
    ovn: str
    time_start: TimeMessage
    time_end: TimeMessage
    uss_base_url: str


class SubscriptionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription."""

    id: str
    version: str
    notification_index: int
    time_start: TimeMessage
    time_end: TimeMessage
    uss_base_url: str
    notify_for_operational_intents: bool
    notify_for_constraints: bool
    implicit_subscription: bool
    dependent_operational_intents: tuple[str, ...]


class SubscriptionStateMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Which notification it is of which subscription."""

    subscription_id: str
    notification_index: int


class SubscriberMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the writer must tell, and for which subscriptions."""

    uss_base_url: str
    subscriptions: tuple[SubscriptionStateMessage, ...]


class IntentsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The operational intents in an area."""

    operational_intent_references: tuple[IntentMessage, ...]


class IntentReadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One operational intent."""

    operational_intent_reference: IntentMessage


class IntentWrittenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An operational intent as it was written or removed, and whom the writer must tell."""

    operational_intent_reference: IntentMessage
    subscribers: tuple[SubscriberMessage, ...]


class ConstraintsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The constraints in an area."""

    constraint_references: tuple[ConstraintMessage, ...]


class ConstraintReadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One constraint."""

    constraint_reference: ConstraintMessage


class ConstraintWrittenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A constraint as it was written or removed, and whom the writer must tell."""

    constraint_reference: ConstraintMessage
    subscribers: tuple[SubscriberMessage, ...]


class SubscriptionsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The asker's own subscriptions in an area."""

    subscriptions: tuple[SubscriptionMessage, ...]


class SubscriptionReadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription."""

    subscription: SubscriptionMessage


class SubscriptionWrittenMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A subscription as it was written, and what is in its area of the kinds it is told of."""

    subscription: SubscriptionMessage
    operational_intent_references: tuple[IntentMessage, ...] | None = None
    constraint_references: tuple[ConstraintMessage, ...] | None = None


class ConflictMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Which references the key did not prove to be known."""

    message: str
    missing_operational_intents: tuple[IntentMessage, ...]
    missing_constraints: tuple[ConstraintMessage, ...]


class UssStatusMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a USS answers."""

    uss: str
    availability: Availability


class AvailabilityMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a USS answers, and which version of that this is."""

    version: str
    status: UssStatusMessage


class ReportedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it came, with the id it was given."""

    report_id: str
    exchange: Any


class VersionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Which program answers."""

    version: str


class SystemVersionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Which version of which system answers."""

    system_identity: str
    system_version: str


class PoolMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Which pool of DSS instances this one is of."""

    dar_id: str


class InstanceMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One DSS instance of the pool."""

    id: str


class InstancesMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The DSS instances of the pool."""

    dss_instances: tuple[InstanceMessage, ...]
