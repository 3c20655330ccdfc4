"""What a DSS knows, as it answers a USS: an OVN is told to its own manager alone."""

from collections.abc import Iterable

from mamarr.discovery import (
    Availability,
    ConstraintReference,
    Intent,
    Subscription,
    UssAvailability,
)
from mamarr.discovery.subscriptions import SubscriptionNotified
from mamarr.faults import present
from mamarr.interop.f3548 import answers
from mamarr.interop.f3548.instants import written_instant
from mamarr.interop.f3548.requests import TimeMessage

NO_SUBSCRIPTION = "00000000-0000-4000-8000-000000000000"  # as the reference DSS; the member is required


def intent(known: Intent, availability: Availability, asker: str) -> answers.IntentMessage:
    """The reference of an operational intent, as `asker` may see it."""
    return answers.IntentMessage(
        id=known.entity_id,
        manager=known.manager,
        uss_availability=availability,
        version=known.version,
        state=known.state,
        ovn=known.ovn if known.manager == asker else answers.OVN_OF_OTHERS,
        time_start=written_time(known.extent.time_start_us),
        time_end=written_time(known.extent.time_end_us),
        uss_base_url=known.uss_base_url,
        subscription_id=known.subscription_id or NO_SUBSCRIPTION,
    )


def constraint(
    known: ConstraintReference, availability: Availability, asker: str
) -> answers.ConstraintMessage:
    """The reference of a constraint, as `asker` may see it."""
    return answers.ConstraintMessage(
        id=known.entity_id,
        manager=known.manager,
        uss_availability=availability,
        version=known.version,
        ovn=known.ovn if known.manager == asker else answers.OVN_OF_OTHERS,
        time_start=written_time(known.extent.time_start_us),
        time_end=written_time(known.extent.time_end_us),
        uss_base_url=known.uss_base_url,
    )


def subscription(known: Subscription, dependent: Iterable[str]) -> answers.SubscriptionMessage:
    """A subscription, as its manager sees it. dependent: ids of the operational intents that use it."""
    return answers.SubscriptionMessage(
        id=known.subscription_id,
        version=known.version,
        notification_index=known.notification_index,
        time_start=written_time(known.extent.time_start_us),
        time_end=written_time(known.extent.time_end_us),
        uss_base_url=known.uss_base_url,
        notify_for_operational_intents=known.notifies_intents,
        notify_for_constraints=known.notifies_constraints,
        implicit_subscription=known.is_implicit,
        dependent_operational_intents=tuple(dependent),
    )


def subscribers(told: Iterable[SubscriptionNotified]) -> tuple[answers.SubscriberMessage, ...]:
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


def written_time(instant: int | None) -> TimeMessage:
    """An instant of what a DSS keeps, which has both times."""
    text = written_instant(present(instant, "what a DSS keeps has both times"))
    return TimeMessage(text=text, format="RFC3339")
