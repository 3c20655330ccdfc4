"""What a decision on a flight may rest on: what would be kept for it, and what stands in its way."""

from collections.abc import Callable
from functools import partial

import msgspec

from mamarr.airspace import attempts, terms
from mamarr.airspace.occupancy import Kind, Occupancy
from mamarr.coordination import Disclosed
from mamarr.engine import gate, neighbours, occupancies, surroundings
from mamarr.engine.projection import Projection
from mamarr.faults import Reason, Refusal
from mamarr.flights import Flight, Plan, Protected, conditions, drone_watch, flights, holding, protection
from mamarr.geometry import Volume
from mamarr.names import Author


def for_flight(
    projection: Projection,
    command: flights.Command,
    author: Author,
    now_ms: int,
    *,
    only_known: bool = False,
) -> flights.Facts:
    """The facts for one command about one flight.

    only_known: as if the sky held nothing but what `author` may know to exist.
    """
    held = projection.flights.get(command.flight_id)
    knows = known_by(projection, author)
    counts = (lambda _, there: knows(there)) if only_known else (lambda *_: True)
    near = partial(surroundings.near, projection, now_ms=now_ms, knows=knows, counts=counts)
    bare = flights.Facts(node_party=projection.party, held=held, terms=projection.terms.get(terms.KEY))
    match command:
        case flights.File():
            party = command.party or author.party
            bare = flights.Facts(
                node_party=projection.party,
                party=party,
                held=held,
                quota=projection.quota(party, now_ms),
                terms=bare.terms,
                over_until_ms=over_until_ms(projection, author.party, now_ms),
            )
            if held is not None:  # the id is taken: no more need be known
                return bare
            within = protection.before_departure(projection.terms_in_force())
            return _for_plan(projection, bare, command, within, near, now_ms)
        case flights.Revise() if held is not None:
            until_ms = over_until_ms(projection, author.party, now_ms)
            bare = msgspec.structs.replace(bare, party=held.party, over_until_ms=until_ms)
            tolerance = protection.on_estimate if held.is_airborne else protection.before_departure
            within = tolerance(projection.terms_in_force())
            return _for_plan(projection, bare, command, within, near, now_ms)
        case flights.ReportAirborne() | flights.ReportPassing() if held is not None:
            point = command.point if isinstance(command, flights.ReportPassing) else 0
            return _for_passing(projection, bare, held, point, command.time_ms, now_ms)
        case flights.ReportCondition() if held is not None:
            needed = conditions.needed(
                command.condition,
                command.position,
                held.volumes,
                has_surveillance=command.has_surveillance,
                now_ms=now_ms,
            )
            return _with_touching(projection, bare, held, held.volumes, needed, now_ms)
        case flights.GiveUpAsking():
            return msgspec.structs.replace(bare, agreed=neighbours.agreed_if_suspended(projection))
        case flights.NoteOverdue() if held is not None:
            return _with_touching(projection, bare, held, held.volumes, (), now_ms)
        case _:
            return bare


def _for_plan(
    projection: Projection,
    bare: flights.Facts,
    command: flights.File | flights.Revise,
    within: protection.Tolerance,
    near: Callable[..., surroundings.Near],
    now_ms: int,
) -> flights.Facts:
    """What is known of a plan: whether it can be flown, what would be kept, what stands in the way."""
    flight_id, plan = command.flight_id, command.plan
    centre = surroundings.centre_of(projection, bare.party, plan.serving_centre)
    unfit = _unfit(projection, bare.party, plan, centre)
    if unfit is not None:
        return msgspec.structs.replace(bare, unfit=unfit)
    ids = {point.corridor_id for point in plan.route if point.corridor_id is not None}
    known = {each: declared for each in ids if (declared := projection.corridors.get(each)) is not None}
    legs = protection.lines(plan, known)
    kept = legs if isinstance(legs, Refusal) else protection.volumes(plan, legs, within)
    if isinstance(kept, Refusal):
        return msgspec.structs.replace(bare, unfit=kept)
    kept, through = _allotted(projection, plan, kept)
    beyond = neighbours.beyond(projection, kept)
    if beyond is not None:
        return msgspec.structs.replace(bare, unfit=beyond)
    is_airborne = bare.held is not None and bare.held.is_airborne
    own = occupancies.of_plan(flight_id, bare.party, centre, plan, kept, is_airborne=is_airborne)
    found = near(own, but=(Kind.FLIGHT, flight_id), refuses=not plan.is_due_regard)
    return msgspec.structs.replace(
        bare,
        centre=centre,
        volumes=kept,
        shares=through,
        standing=found.standing,
        touching=found.touching,
        is_withheld=found.is_withheld,
        drones=_drones(projection, plan, kept, found, now_ms),
        agreed=neighbours.agreed(projection),
        asked_of=neighbours.asked_of(projection, bare.party, (each.volume for each in kept)),
        asked_next=neighbours.authorities_next(projection, tuple(each.volume for each in kept)),
    )


def _drones(
    projection: Projection, plan: Plan, kept: tuple[Protected, ...], found: surroundings.Near, now_ms: int
) -> drone_watch.DronesThere | None:
    """What is known of drones where a plan leads."""
    watch = projection.drone_watch.get(drone_watch.KEY)
    if watch is None and not found.standing and not found.touching:
        return None  # as below, of a node that never looked: sooner, as most do not
    return drone_watch.there(
        watch,
        corridors=[plan.route[each.leg].corridor_id for each in kept],
        end_ms=max((each.volume.time_end_ms for each in kept), default=now_ms),
        is_met=any(each.kind is Kind.DRONES for each in found.standing)
        or any(each.kind is Kind.DRONES for each in found.touching),
        now_ms=now_ms,
    )


def _unfit(projection: Projection, party: str, plan: Plan, centre: str) -> Refusal | None:
    """Why the plan names somebody who is not there."""
    if centre and not projection.is_centre(centre):
        return Refusal(reason=Reason.UNKNOWN_CENTRE, because=(centre,))
    for other_id in (plan.joins, plan.splits_from):
        other = None if other_id is None else projection.flights.get(other_id)
        if other_id is not None and (other is None or other.party != party or other.plan.aircraft_count == 1):
            return Refusal(reason=Reason.UNKNOWN_FORMATION, because=(other_id,))
    return None


def _allotted(
    projection: Projection, plan: Plan, kept: tuple[Protected, ...]
) -> tuple[tuple[Protected, ...], tuple[str, ...]]:
    """What is kept, with what nobody decides on marked; and the shares that the flight leads through."""
    through: dict[str, None] = {}
    marked = []
    partition = projection.partition()
    for each in kept:
        found = partition.of(each.volume)
        through |= dict.fromkeys(found.share_ids)
        is_admitted = (
            found.is_covered and not plan.is_due_regard and neighbours.is_allotted(projection, each.volume)
        )
        marked.append(each if is_admitted else msgspec.structs.replace(each, is_admitted=False))
    return tuple(marked), tuple(through)


def _for_passing(
    projection: Projection, bare: flights.Facts, held: Flight, point: int, time_ms: int, now_ms: int
) -> flights.Facts:
    """What is kept for a flight from a point that it passed on, and what that comes near to."""
    if point >= len(held.plan.route):
        return bare
    plan = flights.estimated(held.plan, point, time_ms)
    if plan is None:
        return bare
    within = protection.on_estimate(projection.terms_in_force())
    is_lapsed = holding.is_over(held, now_ms) or not holding.is_in_force(held)
    kept = protection.estimated(held.volumes, plan, point, within, is_lapsed=is_lapsed)
    return _with_touching(projection, bare, held, kept, held.imposed, now_ms)


def _with_touching(
    projection: Projection,
    bare: flights.Facts,
    held: Flight,
    kept: tuple[Protected, ...],
    imposed_volumes: tuple[Volume, ...],
    now_ms: int,
) -> flights.Facts:
    # It flies, whatever lapsed before.
    changed = msgspec.structs.replace(
        held, volumes=kept, imposed=imposed_volumes, is_airborne=True, lapses_at_ms=None
    )
    own = occupancies.of_flight(changed, holding.held_volumes(changed, now_ms))
    found = surroundings.near(
        projection, own, now_ms=now_ms, but=(Kind.FLIGHT, held.flight_id), refuses=False
    )
    return msgspec.structs.replace(
        bare,
        volumes=kept,
        imposed=imposed_volumes,
        touching=found.touching,
        asked_of=neighbours.asked_of(projection, held.party, (each.volume for each in own)),
    )


def known_by(projection: Projection, author: Author) -> Callable[[Occupancy], bool]:
    """Of what is there, what `author` may know to exist."""

    def knows(there: Occupancy) -> bool:
        extent = gate.extent_of(projection, there.kind, owner=there.party, viewer=author.party)
        return extent is not Disclosed.NOTHING

    return knows


def over_until_ms(projection: Projection, party: str, now_ms: int) -> int | None:
    """Until when `party` is over the limit of what may be given up within an hour; None while it is not."""
    asked = projection.attempts.get(party)
    most = terms.given_up_max(projection.terms_in_force())
    return None if asked is None else attempts.over_until_ms(asked, most, now_ms)
