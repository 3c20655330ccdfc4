"""What each decision about what others make known may rest on: one function per noun, reading the projection.

Of a busy place the facts name what the key lacks and who is to be told, not all that is there.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from mamarr.discovery import (
    Availability,
    Envelope,
    Intent,
    Subscription,
    availabilities,
    constraint_references,
    display_subscriptions,
    envelopes,
    intents,
    reports,
    service_areas,
    subscriptions,
)
from mamarr.discovery.intents import MISSING_MAX, Known
from mamarr.discovery.relevance import Relevance
from mamarr.discovery.subscriptions import IN_AREA_MAX, Subscriber
from mamarr.engine.projection import Projection
from mamarr.faults import BECAUSE_MAX
from mamarr.names import Author

US_PER_MS = 1_000


def for_intent(
    projection: Projection, command: intents.Command, author: Author, now_ms: int
) -> intents.Facts:
    """The facts for one command about one operational intent."""
    del author
    now_us = now_ms * US_PER_MS
    held = projection.intents.get(command.entity_id)
    used = _subscription(projection, None if held is None else held.subscription_id)
    users = projection.references.current.users
    is_used_alone = used is not None and len(users.get(used.subscription_id, ())) == 1
    living = intents.living(held, now_us)
    if isinstance(command, intents.ForgetIntent) or not _is_current(command, living):
        return intents.Facts(party=projection.party, held=held, used=used, is_used_alone=is_used_alone)
    if isinstance(command, intents.DeleteIntent):
        there = () if living is None else (living.extent,)
        return intents.Facts(
            party=projection.party,
            held=held,
            used=used,
            is_used_alone=is_used_alone,
            notified=_notified(projection, there, now_us, lambda each: each.notifies_intents),
        )
    new = command.new_subscription
    named = _subscription(projection, command.subscription_id if new is None else new.subscription_id)
    missing, missing_constraints = _missing(projection, command, named, now_us)
    places = (command.extent,) if living is None else (command.extent, living.extent)
    return intents.Facts(
        party=projection.party,
        held=held,
        used=used,
        is_used_alone=is_used_alone,
        named=named,
        missing_intents=missing,
        missing_constraints=missing_constraints,
        notified=_notified(projection, places, now_us, lambda each: each.notifies_intents),
        count=projection.references.intents_count[command.manager],
    )


def _is_current(command: intents.PutIntent | intents.DeleteIntent, living: Intent | None) -> bool:
    """Whether who asks knows what is held, or that nothing is: else no more need be known."""
    if living is None:
        return command.ovn is None
    return (living.manager, living.ovn) == (command.manager, command.ovn)


def _missing(
    projection: Projection, command: intents.PutIntent, named: Subscription | None, now_us: int
) -> tuple[tuple[Known, ...], tuple[Known, ...]]:
    """What must be known and is not in the key: operational intents, constraints."""
    if not intents.needs_key(command.state):
        return (), ()
    key = frozenset(command.key)
    current = projection.references.current
    get = projection.intents.get  # looked up once: a busy place asks it a hundred times
    found = (
        intent
        for each in current.intents.meeting(command.extent, now_us=now_us)
        if (intent := get(each)) is not None
        and intent.ovn not in key
        and each != command.entity_id
        and intents.counts(intent, _availability(projection, intent.manager))
    )
    missing = tuple(Known(entity_id=each.entity_id, ovn=each.ovn) for each in islice(found, MISSING_MAX))
    new = command.new_subscription
    told = new is not None and new.notifies_constraints
    if command.subscription_id is not None:
        told = named is not None and named.notifies_constraints
    if not told:
        return missing, ()
    constraints = (
        constraint
        for each in current.constraints.meeting(command.extent, now_us=now_us)
        if (constraint := projection.constraint_references.get(each)) is not None
        and constraint.ovn not in key
    )
    return missing, tuple(
        Known(entity_id=each.entity_id, ovn=each.ovn) for each in islice(constraints, MISSING_MAX)
    )


def for_constraint_reference(
    projection: Projection, command: constraint_references.Command, author: Author, now_ms: int
) -> constraint_references.Facts:
    """The facts for one command about one constraint reference."""
    del author
    now_us = now_ms * US_PER_MS
    held = projection.constraint_references.get(command.entity_id)
    if isinstance(command, constraint_references.ForgetConstraint):
        return constraint_references.Facts(party=projection.party, held=held)
    living = constraint_references.living(held, now_us)
    places: tuple[Envelope, ...] = () if living is None else (living.extent,)
    if isinstance(command, constraint_references.PutConstraint):
        places = (command.extent, *places)
    return constraint_references.Facts(
        party=projection.party,
        held=held,
        count=projection.references.constraints_count[command.manager],
        notified=_notified(projection, places, now_us, lambda each: each.notifies_constraints),
    )


def for_subscription(
    projection: Projection, command: subscriptions.Command, author: Author, now_ms: int
) -> subscriptions.Facts:
    """The facts for one command about one subscription."""
    del author
    now_us = now_ms * US_PER_MS
    references = projection.references
    held = projection.subscriptions.get(command.subscription_id)
    used_by = {
        key: extent
        for key, extent in sorted(references.current.users.get(command.subscription_id, {}).items())
        if not envelopes.is_past(extent, now_us)
    }
    if not isinstance(command, subscriptions.PutSubscription):
        return subscriptions.Facts(party=projection.party, held=held, is_used=bool(used_by))
    living = subscriptions.living(held, now_us)
    there = None if living is None else living.extent
    asked = subscriptions.asked_extent(command.extent, there, now_us)
    uncovered = (
        key for key, extent in used_by.items() if asked is None or subscriptions.is_uncovered(asked, extent)
    )
    return subscriptions.Facts(
        party=projection.party,
        held=held,
        is_used=bool(used_by),
        uncovered=tuple(islice(uncovered, BECAUSE_MAX)),
        explicit_count=references.explicit_count[command.manager],
        in_area_count=0
        if asked is None or living is not None
        else _in_area_count(projection, asked, command.manager, now_us),
    )


def _in_area_count(projection: Projection, asked: Envelope, manager: str, now_us: int) -> int:
    found = projection.references.current.subscriptions.meeting(asked, now_us=now_us)
    theirs = (
        each
        for key in found
        if (each := projection.subscriptions.get(key)) is not None
        and each.manager == manager
        and not each.is_implicit
    )
    return sum(1 for _ in islice(theirs, IN_AREA_MAX))


def for_availability(
    projection: Projection, command: availabilities.Command, author: Author, now_ms: int
) -> availabilities.Facts:
    """The facts for a change of the availability of a USS."""
    del author, now_ms
    return availabilities.Facts(
        party=projection.party,
        held=projection.availabilities.get(command.uss_id),
        count=projection.count("availabilities"),
    )


def for_report(
    projection: Projection, command: reports.Command, author: Author, now_ms: int
) -> reports.Facts:
    """The facts for a report: none but whose node it is."""
    del command, author, now_ms
    return reports.Facts(party=projection.party)


def for_service_area(
    projection: Projection, command: service_areas.Command, author: Author, now_ms: int
) -> service_areas.Facts:
    """The facts for one command about one service area: who is told is a matter of cells alone."""
    del author
    now_us = now_ms * US_PER_MS
    held = projection.service_areas.get(command.entity_id)
    if isinstance(command, service_areas.ForgetServiceArea):
        return service_areas.Facts(party=projection.party, held=held)
    there = service_areas.found(held, now_us)
    places: tuple[Envelope, ...] = () if there is None else (Envelope(cells=there.extent.cells),)
    if isinstance(command, service_areas.PutServiceArea):
        places = (Envelope(cells=command.extent.cells), *places)
    found = _meeting_union(projection.references.current.display_subscriptions, places, now_us)
    told = (each for key in found if (each := projection.display_subscriptions.get(key)) is not None)
    return service_areas.Facts(
        party=projection.party,
        held=held,
        count=projection.references.service_areas_count[command.manager],
        notified=tuple(
            Subscriber(
                subscription_id=each.subscription_id,
                uss_base_url=each.uss_base_url,
                notification_index=each.notification_index,
            )
            for each in told
        ),
    )


def for_display_subscription(
    projection: Projection, command: display_subscriptions.Command, author: Author, now_ms: int
) -> display_subscriptions.Facts:
    """The facts for one command about one subscription of a display provider."""
    del author
    held = projection.display_subscriptions.get(command.subscription_id)
    if not isinstance(command, display_subscriptions.PutDisplaySubscription):
        return display_subscriptions.Facts(party=projection.party, held=held)
    asked = Envelope(cells=command.extent.cells)
    found = projection.references.current.display_subscriptions.meeting(asked, now_us=now_ms * US_PER_MS)
    by_cell = Counter(
        cell
        for key in found
        if key != command.subscription_id
        and (each := projection.display_subscriptions.get(key)) is not None
        and each.manager == command.manager
        for cell in each.extent.cells
    )
    return display_subscriptions.Facts(
        party=projection.party,
        held=held,
        count=projection.references.display_subscriptions_count[command.manager],
        in_cell_count=max((by_cell[each] for each in asked.cells), default=0),
    )


def _notified(
    projection: Projection,
    places: Sequence[Envelope],
    now_us: int,
    is_told: Callable[[Subscription], bool],
) -> tuple[Subscriber, ...]:
    """The subscriptions that look at the union of `places`, and are told of such things."""
    found = _meeting_union(projection.references.current.subscriptions, places, now_us)
    return tuple(
        Subscriber(
            subscription_id=each.subscription_id,
            uss_base_url=each.uss_base_url,
            notification_index=each.notification_index,
        )
        for key in found
        if (each := projection.subscriptions.get(key)) is not None and is_told(each)
    )


def _meeting_union(index: Relevance, places: Sequence[Envelope], now_us: int) -> list[str]:
    """What meets the union of some envelopes, which together may have more cells than one may."""
    if len(set(places)) == 1:  # most changes stay where they are
        return index.meeting(places[0], now_us=now_us)
    asked = {envelopes.stretched(each, places) for each in places}
    if len(asked) == 1:
        return index.meeting(asked.pop(), now_us=now_us)
    return sorted({key for each in asked for key in index.meeting(each, now_us=now_us)})


def _subscription(projection: Projection, subscription_id: str | None) -> Subscription | None:
    return None if subscription_id is None else projection.subscriptions.get(subscription_id)


def _availability(projection: Projection, manager: str) -> Availability:
    said = projection.availabilities.get(manager)
    return Availability.UNKNOWN if said is None else said.availability


FILLED_BY: dict[str, Callable[..., Any]] = {
    "intents": for_intent,
    "constraint_references": for_constraint_reference,
    "subscriptions": for_subscription,
    "availabilities": for_availability,
    "reports": for_report,
    "service_areas": for_service_area,
    "display_subscriptions": for_display_subscription,
}
