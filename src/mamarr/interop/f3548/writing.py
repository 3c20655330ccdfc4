"""What a DSS knows, as it answers a USS, which sees what `engine.discovery_picture` lets it see."""

from collections.abc import Iterable

from mamarr.discovery import UssAvailability
from mamarr.discovery.display_subscriptions import DisplaySubscriptionNotified
from mamarr.discovery.subscriptions import SubscriptionNotified
from mamarr.engine.discovery_picture import ConstraintSeen, IntentSeen, SubscriptionSeen
from mamarr.faults import present
from mamarr.interop.f3548 import answers
from mamarr.interop.f3548.instants import written_instant
from mamarr.interop.f3548.requests import TimeMessage

Notified = SubscriptionNotified | DisplaySubscriptionNotified
NO_SUBSCRIPTION = "00000000-0000-4000-8000-000000000000"  # as the reference DSS; the member is required


def intent(seen: IntentSeen) -> answers.IntentMessage:
    """The reference of an operational intent."""
    return answers.IntentMessage(
        id=seen.entity_id,
        manager=seen.manager,
        uss_availability=seen.availability,
        version=seen.version,
        state=seen.state,
        ovn=answers.OVN_OF_OTHERS if seen.ovn is None else seen.ovn,
        time_start=written_time(seen.time_start_us),
        time_end=written_time(seen.time_end_us),
        uss_base_url=seen.uss_base_url,
        subscription_id=seen.subscription_id or NO_SUBSCRIPTION,
    )


def constraint(seen: ConstraintSeen) -> answers.ConstraintMessage:
    """The reference of a constraint."""
    return answers.ConstraintMessage(
        id=seen.entity_id,
        manager=seen.manager,
        uss_availability=seen.availability,
        version=seen.version,
        ovn=answers.OVN_OF_OTHERS if seen.ovn is None else seen.ovn,
        time_start=written_time(seen.time_start_us),
        time_end=written_time(seen.time_end_us),
        uss_base_url=seen.uss_base_url,
    )


def subscription(seen: SubscriptionSeen) -> answers.SubscriptionMessage:
    """A subscription, as its manager sees it."""
    known = seen.subscription
    return answers.SubscriptionMessage(
        id=known.subscription_id,
        version=known.version,
        notification_index=known.notification_index,
        time_start=written_time(present(known.extent.time_start_us, "a subscription has both times")),
        time_end=written_time(present(known.extent.time_end_us, "a subscription has both times")),
        uss_base_url=known.uss_base_url,
        notify_for_operational_intents=known.notifies_intents,
        notify_for_constraints=known.notifies_constraints,
        implicit_subscription=known.is_implicit,
        dependent_operational_intents=seen.used_by,
    )


def subscribers(told: Iterable[Notified]) -> tuple[answers.SubscriberMessage, ...]:
    """Whom a writer must tell: one for each address, with all its subscriptions."""
    by_url: dict[str, list[answers.SubscriptionStateMessage]] = {}
    for each in told:
        state = answers.SubscriptionStateMessage(
            subscription_id=each.subscription_id, notification_index=each.notification_index
        )
        by_url.setdefault(each.uss_base_url, []).append(state)
    return tuple(
        answers.SubscriberMessage(uss_base_url=url, subscriptions=tuple(states))
        for url, states in by_url.items()
    )


def availability(said: UssAvailability) -> answers.AvailabilityMessage:
    """Whether a USS answers."""
    status = answers.UssStatusMessage(uss=said.uss_id, availability=said.availability)
    return answers.AvailabilityMessage(version=said.version, status=status)


def written_time(instant: int) -> TimeMessage:
    """An instant, microseconds since 1970."""
    text = written_instant(instant)
    return TimeMessage(text=text, format="RFC3339")
