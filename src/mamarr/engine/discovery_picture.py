"""What a manager may see of what is made known by others: durable, not over, and others' OVNs left out.

An OVN is what proves that its reader spoke with the USS that keeps the details; so only who manages an entity
reads it here. Of a subscription others see nothing. Every function answers as of one time: what is over is
neither found by its place nor by its id.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from mamarr.discovery import (
    Availability,
    ConstraintReference,
    DisplaySubscription,
    Envelope,
    Intent,
    IntentState,
    ServiceArea,
    Subscription,
    UssAvailability,
    constraint_references,
    display_subscriptions,
    envelopes,
    intents,
    service_areas,
    subscriptions,
)
from mamarr.discovery.availabilities import AvailabilitySet
from mamarr.discovery.constraint_references import ConstraintDeleted, ConstraintWritten
from mamarr.discovery.display_subscriptions import (
    DisplaySubscriptionDeleted,
    DisplaySubscriptionNotified,
    DisplaySubscriptionWritten,
)
from mamarr.discovery.envelopes import us_of
from mamarr.discovery.intents import IntentDeleted, IntentWritten
from mamarr.discovery.service_areas import ServiceAreaDeleted, ServiceAreaWritten
from mamarr.discovery.subscriptions import SubscriptionDeleted, SubscriptionNotified, SubscriptionWritten
from mamarr.engine.orders import Event
from mamarr.engine.projection import Projection
from mamarr.faults import Reason, Refusal, present


class IntentSeen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An operational intent reference. ovn: None where another manages it."""

    entity_id: str
    manager: str
    availability: Availability
    version: int
    state: IntentState
    ovn: str | None
    time_start_us: int
    time_end_us: int
    uss_base_url: str
    subscription_id: str | None


class ConstraintSeen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A constraint reference. ovn: None where another manages it."""

    entity_id: str
    manager: str
    availability: Availability
    version: int
    ovn: str | None
    time_start_us: int
    time_end_us: int
    uss_base_url: str


class SubscriptionSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription of the viewer's. used_by: ids of the intents that use it."""

    subscription: Subscription
    used_by: tuple[str, ...] = ()


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What a key lacked."""

    intents: tuple[IntentSeen, ...] = ()
    constraints: tuple[ConstraintSeen, ...] = ()


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What the answer to a write says. One of the first six is there, but for a report; told: by their ids.

    intent, constraint, subscription, area, display: as written, or as it was when it was deleted.
    """

    intent: IntentSeen | None = None
    constraint: ConstraintSeen | None = None
    subscription: SubscriptionSeen | None = None
    availability: UssAvailability | None = None
    area: ServiceArea | None = None
    display: DisplaySubscription | None = None
    told: tuple[SubscriptionNotified | DisplaySubscriptionNotified, ...] = ()


# --- by id ------------------------------------------------------------------------------------------------


def intent(projection: Projection, entity_id: str, *, viewer: str, now: datetime) -> IntentSeen | Refusal:
    """The operational intent of this id; NOT_THERE where there is none."""
    held = intents.living(projection.references.durable.intent.get(entity_id), us_of(now))
    return _absent(entity_id) if held is None else _intent(projection, held, viewer)


def constraint(
    projection: Projection, entity_id: str, *, viewer: str, now: datetime
) -> ConstraintSeen | Refusal:
    """The constraint of this id; NOT_THERE where there is none."""
    held = projection.references.durable.constraint.get(entity_id)
    living = constraint_references.living(held, us_of(now))
    return _absent(entity_id) if living is None else _constraint(projection, living, viewer)


def subscription(
    projection: Projection, subscription_id: str, *, viewer: str, now: datetime
) -> SubscriptionSeen | Refusal:
    """The viewer's subscription of this id; else NOT_THERE, or NOT_YOURS where it is another's."""
    held = projection.references.durable.subscription.get(subscription_id)
    living = subscriptions.living(held, us_of(now))
    if living is None:
        return _absent(subscription_id)
    if living.manager != viewer:
        return Refusal(reason=Reason.NOT_YOURS, because=(subscription_id,))
    return _subscription(projection, living, us_of(now))


def availability(projection: Projection, uss_id: str) -> UssAvailability:
    """What was said last of a USS; UNKNOWN and "" where nobody spoke of it."""
    return projection.availabilities.durable(uss_id) or UssAvailability(uss_id=uss_id)


def service_area(projection: Projection, entity_id: str, *, now: datetime) -> ServiceArea | Refusal:
    """The identification service area of this id, which any may see; NOT_THERE where there is none."""
    held = projection.references.durable.service_area.get(entity_id)
    return service_areas.found(held, us_of(now)) or _absent(entity_id)


def display_subscription(
    projection: Projection, subscription_id: str, *, viewer: str, now: datetime
) -> DisplaySubscription | Refusal:
    """The viewer's subscription of Remote ID; else NOT_THERE, or NOT_YOURS where it is another's."""
    held = projection.references.durable.display_subscription.get(subscription_id)
    living = display_subscriptions.living(held, us_of(now))
    if living is None:
        return _absent(subscription_id)
    if living.manager != viewer:
        return Refusal(reason=Reason.NOT_YOURS, because=(subscription_id,))
    return living


# --- by place ---------------------------------------------------------------------------------------------


def intents_in(
    projection: Projection, asked: Envelope, *, viewer: str, now: datetime
) -> tuple[IntentSeen, ...]:
    """The operational intents that meet `asked`, in the order of their ids."""
    durable = projection.references.durable
    found = durable.intents.meeting(asked, now_us=us_of(now))
    return tuple(_intent(projection, durable.intent[each], viewer) for each in found)


def constraints_in(
    projection: Projection, asked: Envelope, *, viewer: str, now: datetime
) -> tuple[ConstraintSeen, ...]:
    """The constraints that meet `asked`, in the order of their ids."""
    durable = projection.references.durable
    found = durable.constraints.meeting(asked, now_us=us_of(now))
    return tuple(_constraint(projection, durable.constraint[each], viewer) for each in found)


def subscriptions_in(
    projection: Projection, asked: Envelope, *, viewer: str, now: datetime
) -> tuple[SubscriptionSeen, ...]:
    """The viewer's subscriptions that meet `asked`, in the order of their ids."""
    durable = projection.references.durable
    found = (durable.subscription[each] for each in durable.subscriptions.meeting(asked, now_us=us_of(now)))
    return tuple(_subscription(projection, each, us_of(now)) for each in found if each.manager == viewer)


def service_areas_in(projection: Projection, asked: Envelope, *, now: datetime) -> tuple[ServiceArea, ...]:
    """The identification service areas that meet `asked`, in the order of their ids."""
    durable = projection.references.durable
    return tuple(
        durable.service_area[each] for each in durable.service_areas.meeting(asked, now_us=us_of(now))
    )


def display_subscriptions_in(
    projection: Projection, asked: Envelope, *, viewer: str, now: datetime
) -> tuple[DisplaySubscription, ...]:
    """The viewer's subscriptions of Remote ID that meet `asked`, in the order of their ids."""
    durable = projection.references.durable
    met = durable.display_subscriptions.meeting(asked, now_us=us_of(now))
    found = (durable.display_subscription[each] for each in met)
    return tuple(each for each in found if each.manager == viewer)


# --- answers ----------------------------------------------------------------------------------------------


def written(projection: Projection, events: Sequence[Event], *, viewer: str, now: datetime) -> Written:
    """What the answer to a write of the viewer's says, which had these events."""
    told = tuple(
        each for each in events if isinstance(each, SubscriptionNotified | DisplaySubscriptionNotified)
    )
    for each in events:  # a subscription beside one of the others is an implicit one
        match each:
            case IntentWritten() | IntentDeleted():
                return Written(intent=_intent(projection, each.intent, viewer), told=told)
            case ConstraintWritten() | ConstraintDeleted():
                return Written(constraint=_constraint(projection, each.constraint, viewer), told=told)
            case ServiceAreaWritten() | ServiceAreaDeleted():
                return Written(area=each.area, told=told)
    for each in events:
        match each:
            case SubscriptionWritten() | SubscriptionDeleted():
                return Written(subscription=_subscription(projection, each.subscription, us_of(now)))
            case DisplaySubscriptionWritten() | DisplaySubscriptionDeleted():
                return Written(display=each.subscription)
            case AvailabilitySet():
                return Written(availability=each.said)
    return Written()


def missing(projection: Projection, refusal: Refusal, *, viewer: str, now: datetime) -> Missing:
    """What a key lacked, by the refusal that says so; as it is now, without what is no more."""
    durable, now_us = projection.references.durable, us_of(now)
    known = (intents.living(durable.intent.get(each), now_us) for each in refusal.because)
    areas = (constraint_references.living(durable.constraint.get(each), now_us) for each in refusal.because)
    return Missing(
        intents=tuple(_intent(projection, each, viewer) for each in known if each is not None),
        constraints=tuple(_constraint(projection, each, viewer) for each in areas if each is not None),
    )


def _absent(name: str) -> Refusal:
    return Refusal(reason=Reason.NOT_THERE, because=(name,))


def _intent(projection: Projection, value: Intent, viewer: str) -> IntentSeen:
    return IntentSeen(
        entity_id=value.entity_id,
        manager=value.manager,
        availability=availability(projection, value.manager).availability,
        version=value.version,
        state=value.state,
        ovn=value.ovn if value.manager == viewer else None,
        time_start_us=present(value.extent.time_start_us, "an intent has both times"),
        time_end_us=present(value.extent.time_end_us, "an intent has both times"),
        uss_base_url=value.uss_base_url,
        subscription_id=value.subscription_id,
    )


def _constraint(projection: Projection, value: ConstraintReference, viewer: str) -> ConstraintSeen:
    return ConstraintSeen(
        entity_id=value.entity_id,
        manager=value.manager,
        availability=availability(projection, value.manager).availability,
        version=value.version,
        ovn=value.ovn if value.manager == viewer else None,
        time_start_us=present(value.extent.time_start_us, "a constraint has both times"),
        time_end_us=present(value.extent.time_end_us, "a constraint has both times"),
        uss_base_url=value.uss_base_url,
    )


def _subscription(projection: Projection, value: Subscription, now_us: int) -> SubscriptionSeen:
    users = projection.references.durable.users.get(value.subscription_id, {})
    living = (key for key, extent in users.items() if not envelopes.is_past(extent, now_us))
    return SubscriptionSeen(subscription=value, used_by=tuple(sorted(living)))
