"""What a DSS knows of service areas and their subscriptions, as it answers a USS by ASTM F3411-22a."""

from collections.abc import Iterable

from mamarr.discovery import DisplaySubscription, ServiceArea
from mamarr.faults import present
from mamarr.interop.f3411 import answers
from mamarr.interop.f3548.answers import SubscriptionStateMessage
from mamarr.interop.f3548.writing import Notified, written_time

BOTH = "what a DSS keeps has both times"


def service_area(known: ServiceArea) -> answers.ServiceAreaMessage:
    """An identification service area."""
    return answers.ServiceAreaMessage(
        id=known.entity_id,
        owner=known.manager,
        uss_base_url=known.uss_base_url,
        time_start=written_time(present(known.extent.time_start_us, BOTH)),
        time_end=written_time(present(known.extent.time_end_us, BOTH)),
        version=known.version,
    )


def display_subscription(known: DisplaySubscription) -> answers.DisplaySubscriptionMessage:
    """A subscription, as its owner sees it."""
    return answers.DisplaySubscriptionMessage(
        id=known.subscription_id,
        owner=known.manager,
        uss_base_url=known.uss_base_url,
        notification_index=known.notification_index,
        time_start=written_time(present(known.extent.time_start_us, BOTH)),
        time_end=written_time(present(known.extent.time_end_us, BOTH)),
        version=known.version,
    )


def subscribers(told: Iterable[Notified]) -> tuple[answers.SubscriberToNotifyMessage, ...]:
    """Whom a writer must tell: one for each address, with all its subscriptions."""
    by_url: dict[str, list[SubscriptionStateMessage]] = {}
    for each in told:
        state = SubscriptionStateMessage(
            subscription_id=each.subscription_id, notification_index=each.notification_index
        )
        by_url.setdefault(each.uss_base_url, []).append(state)
    return tuple(
        answers.SubscriberToNotifyMessage(url=url, subscriptions=tuple(states))
        for url, states in by_url.items()
    )
