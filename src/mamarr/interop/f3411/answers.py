"""What a DSS of ASTM F3411-22a (its API 2.1.0) answers, as it stands on the wire."""

import msgspec

from mamarr.interop.f3548.answers import SubscriptionStateMessage
from mamarr.interop.f3548.requests import TimeMessage


class ServiceAreaMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An identification service area."""

    id: str
    owner: str
    uss_base_url: str
    time_start: TimeMessage
    time_end: TimeMessage
    version: str


class DisplaySubscriptionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A display provider's subscription."""

    id: str
    owner: str
    uss_base_url: str
    notification_index: int
    time_start: TimeMessage
    time_end: TimeMessage
    version: str


class SubscriberToNotifyMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the writer must tell, and for which subscriptions."""

    url: str
    subscriptions: tuple[SubscriptionStateMessage, ...]


class ServiceAreasMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The service areas in an area."""

    service_areas: tuple[ServiceAreaMessage, ...]


class ServiceAreaReadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One service area."""

    service_area: ServiceAreaMessage


class ServiceAreaWrittenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A service area as it was written or removed, and whom the writer must tell."""

    service_area: ServiceAreaMessage
    subscribers: tuple[SubscriberToNotifyMessage, ...]


class DisplaySubscriptionsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The asker's own subscriptions in an area."""

    subscriptions: tuple[DisplaySubscriptionMessage, ...]


class DisplaySubscriptionReadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription."""

    subscription: DisplaySubscriptionMessage


class DisplaySubscriptionWrittenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription as it was written, and the service areas in its cells."""

    subscription: DisplaySubscriptionMessage
    service_areas: tuple[ServiceAreaMessage, ...]
