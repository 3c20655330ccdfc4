"""The one gate: what an asker may learn of the answer to its own order.

The record keeps all of a decision. What leaves is filtered here by `coordination.disclosure`: ids and places
of others as far as a rule allows; and where all that stands in the way is what the asker may not even know to
exist, one and the same refusal, whatever it is (THREATS 6).
"""

import msgspec

from mamarr.airspace import reservations
from mamarr.airspace.occupancy import Kind, Touching
from mamarr.coordination import Disclosed, disclosure
from mamarr.engine import offers
from mamarr.engine.offers import Alternative
from mamarr.engine.orders import Decision, Event, Outcome
from mamarr.engine.projection import Projection
from mamarr.faults import Reason, Refusal
from mamarr.flights import flights
from mamarr.geometry import Volume

NAMING = (
    flights.Filed | flights.Revised | flights.Passed | flights.ConditionReported | reservations.OverrunNoted
)
# What knows of others' flights and reservations. Shares, which can overlap too, are published.
InTheSky = flights.Facts | reservations.Facts
FOR_THE_SKY = (Reason.CONFLICT, Reason.DRONES_PLANNED, Reason.VOLUME_HELD)


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the way, as far as the asker may know.

    volume: where it is held, and until when. corridor_id: the corridor of the plan on which it is met, if it
    is one. decided_by: the authorities that decide there.
    """

    kind: Kind
    object_id: str | None = None
    party: str | None = None
    volume: Volume | None = None
    corridor_id: str | None = None
    decided_by: tuple[str, ...] = ()


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it may leave."""

    outcome: Outcome
    alternatives: tuple[Alternative, ...] = ()
    causes: tuple[Cause, ...] = ()


class _InTheWay(msgspec.Struct, frozen=True, kw_only=True):
    kind: Kind
    object_id: str
    party: str
    volume: Volume | None
    extent: Disclosed
    corridor_id: str | None = None
    decided_by: tuple[str, ...] = ()


def shown(projection: Projection, made: Decision, *, durable: bool = False) -> Shown:
    """What whoever asked may learn of the decision. durable: as of `extent_of`, for what leaves at once."""
    viewer, outcome = made.order.author.party, made.decided.outcome()
    if isinstance(made.order.command, offers.OfferAlternatives):
        return Shown(outcome=outcome, alternatives=_offered(projection, made, durable=durable))
    if not isinstance(outcome, Refusal):
        events = (_event(projection, viewer, event, durable=durable) for event in outcome)
        return Shown(outcome=tuple(events))
    if outcome.reason not in FOR_THE_SKY or not isinstance(made.known, InTheSky):
        return Shown(outcome=outcome, alternatives=made.decided.alternatives)
    found = _in_the_way(projection, viewer, made, durable=durable)
    known = [each for each in found if each.extent is not Disclosed.NOTHING]
    # Up to rules 5. Those that hold would tell of what the asker may not know now, as in `_offered`.
    is_told = not conceals(projection, viewer, durable=durable)
    told = tuple(each for each in made.decided.alternatives if is_told or not each.holds)
    if not known:
        return Shown(outcome=Refusal(reason=Reason.NOT_AVAILABLE), alternatives=told)
    ids = dict.fromkeys(
        each.object_id for each in known if disclosure.reaches(each.extent, Disclosed.IDENTITY)
    )
    # As if what may not be known were not there: else the reason would tell of it.
    is_drones = all(each.kind is Kind.DRONES for each in known)
    reason = Reason.DRONES_PLANNED if is_drones else outcome.reason
    return Shown(
        outcome=msgspec.structs.replace(outcome, reason=reason, because=tuple(ids)),
        alternatives=told,
        causes=tuple(map(_cause, known)),
    )


def _offered(projection: Projection, made: Decision, *, durable: bool) -> tuple[Alternative, ...]:
    """What was offered, as who was refused may know it now.

    What is free of all that is there would tell of what the asker may not know by now.
    """
    command = made.order.command
    if not isinstance(command, offers.OfferAlternatives):
        return ()
    is_told = not conceals(projection, command.party, durable=durable)
    return tuple(
        each
        for event in made.decided.events
        if isinstance(event, offers.AlternativesOffered) and (is_told or event.only_known)
        for each in event.alternatives
    )


def _in_the_way(projection: Projection, viewer: str, made: Decision, *, durable: bool) -> list[_InTheWay]:
    """What the facts say stands in the way, with what the viewer may know of each."""
    standing = made.known.standing if isinstance(made.known, InTheSky) else ()
    held = made.known.overlapping if isinstance(made.known, reservations.Facts) else ()
    listed = [
        *((Kind.RESERVATION, each.reservation_id, each.holder, _place(each), None, ()) for each in held),
        *(
            (each.kind, each.object_id, each.party, each.volume, *_met(projection, made, each.own_number))
            for each in standing
        ),
    ]
    return [
        _InTheWay(
            kind=kind,
            object_id=object_id,
            party=party,
            volume=volume,
            extent=extent_of(projection, kind, owner=party, viewer=viewer, durable=durable),
            corridor_id=corridor_id,
            decided_by=decided_by,
        )
        for kind, object_id, party, volume, corridor_id, decided_by in listed
    ]


def _met(projection: Projection, made: Decision, own_number: int) -> tuple[str | None, tuple[str, ...]]:
    """On which corridor of a plan something is met, and who decides there."""
    known, command = made.known, made.order.command
    if not isinstance(known, flights.Facts) or not isinstance(command, flights.File | flights.Revise):
        return None, ()
    own = known.volumes[own_number]
    found = (projection.shares.get(each) for each in projection.partition().of(own.volume).share_ids)
    return command.plan.route[own.leg].corridor_id, tuple(
        dict.fromkeys(share.authority for share in found if share is not None)
    )


def _place(value: reservations.Reservation) -> Volume | None:
    return value.regions[0] if value.regions else None  # a box is drawn from the picture


def extent_of(
    projection: Projection, kind: Kind, *, owner: str, viewer: str, durable: bool = False
) -> Disclosed:
    """What `viewer` may know of an object of `owner`.

    durable: by the rules that are durable, for what leaves at once; else by pending ones too, for a decision,
    whose answer waits for them.
    """
    table = projection.disclosures
    rules = table.durable if durable else table.get
    return disclosure.of(rules, kind, owner=owner, viewer=viewer, node_party=projection.party)


def conceals(projection: Projection, viewer: str, *, durable: bool = False) -> bool:
    """Whether something may be in the sky that `viewer` may not know to exist. Cost: that of all rules.

    durable: as of `extent_of`.
    """
    table = projection.disclosures
    decided = (each for _, each in (table.durable_items() if durable else table.current_items()))
    return disclosure.conceals(decided, viewer=viewer, node_party=projection.party)


def _cause(each: _InTheWay) -> Cause:
    knows_who = disclosure.reaches(each.extent, Disclosed.IDENTITY)
    if not disclosure.reaches(each.extent, Disclosed.VOLUME):
        return Cause(kind=each.kind)
    return Cause(
        kind=each.kind,
        object_id=each.object_id if knows_who else None,
        party=each.party if knows_who and each.party else None,
        volume=each.volume,
        corridor_id=each.corridor_id,
        decided_by=each.decided_by,
    )


def _event(projection: Projection, viewer: str, event: Event, *, durable: bool) -> Event:
    """An event without what it names of others that the viewer may not know."""
    if not isinstance(event, NAMING):
        return event
    known = touching(projection, viewer, event.touching, durable=durable)
    is_all = len(known) == len(event.touching)  # of these it is a part
    return event if is_all else msgspec.structs.replace(event, touching=known)


def touching(
    projection: Projection, viewer: str, found: tuple[Touching, ...], *, durable: bool
) -> tuple[Touching, ...]:
    """Those of what something touches that `viewer` may know by name. durable: as of `extent_of`."""
    if not found:
        return ()
    return tuple(
        each
        for each in found
        if disclosure.reaches(
            extent_of(projection, each.kind, owner=each.party, viewer=viewer, durable=durable),
            Disclosed.IDENTITY,
        )
    )
