"""What is near: what is asked for, compared with all that is held, by the rules between kinds."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import msgspec

from mamarr.airspace import reservations
from mamarr.airspace.occupancy import Kind, Occupancy, Standing, Touching
from mamarr.conflicts import Minima
from mamarr.coordination import crossings
from mamarr.engine import occupancies
from mamarr.engine.projection import Projection
from mamarr.engine.sky import Held
from mamarr.faults import BECAUSE_MAX, present
from mamarr.flights import admission
from mamarr.flights.flights import TOUCHING_MAX
from mamarr.geometry import volumes
from mamarr.geometry.volumes import TIME_LAST_MS


class Near(msgspec.Struct, frozen=True):
    """What came nearer than the minima: what stands in the way, and what is only to be warned of.

    is_withheld: something stands in the way, and none of it may the asker know to exist.
    """

    standing: tuple[Standing, ...]
    touching: tuple[Touching, ...]
    is_withheld: bool = False


def near(
    projection: Projection,
    own: Sequence[Occupancy],
    *,
    now_ms: int,
    but: tuple[Kind, str],
    refuses: bool = True,
    counts: Callable[[Projection, Occupancy], bool] = lambda *_: True,
    knows: Callable[[Occupancy], bool] = lambda _: True,
) -> Near:
    """What comes nearer to `own` than its minima, in the order of own volumes, kinds and ids.

    but: the object itself. refuses: whether anything may stand in its way at all. counts: what is looked at.
    knows: what the asker may know to exist; it comes first, so that which of it is named does not tell of the
    rest. At most BECAUSE_MAX stand in the way and TOUCHING_MAX are warned of.
    """
    terms = projection.terms_in_force()
    standing: list[Standing] = []
    unknown: list[Standing] = []
    touching: dict[Touching, None] = {}
    for asked, found in _found(projection, own, now_ms):
        for held, searched in found:
            if (held.kind, held.object_id) == but:
                continue
            there = occupancy(projection, held, now_ms)
            minima = admission.minima(asked, there, terms)
            if minima is None or not counts(projection, there):
                continue
            if not _is_near(projection, asked, there, held, minima, searched):
                continue
            if refuses and admission.refuses(asked, there):
                listed = standing if knows(there) else unknown
                if len(listed) < BECAUSE_MAX:
                    listed.append(_standing(asked, there, minima))
                if len(standing) >= BECAUSE_MAX:
                    return Near(tuple(standing), tuple(touching))
            elif len(touching) < TOUCHING_MAX:
                touching[Touching(kind=there.kind, object_id=there.object_id, party=there.party)] = None
    is_withheld = bool(unknown) and not standing
    return Near((*standing, *unknown)[:BECAUSE_MAX], tuple(touching), is_withheld)


def all_near(
    projection: Projection,
    own: Sequence[Occupancy],
    *,
    now_ms: int,
    but: tuple[Kind, str],
    knows: Callable[[Occupancy], bool],
) -> Iterator[tuple[Occupancy, Occupancy, Minima]]:
    """All that stands in the way of `own`, however much: which of `own`, what is there, how near it may come.

    As `near`, but of what the asker may know alone.
    """
    terms = projection.terms_in_force()
    for asked, found in _found(projection, own, now_ms):
        for held, searched in found:
            if (held.kind, held.object_id) == but:
                continue
            there = occupancy(projection, held, now_ms)
            minima = admission.minima(asked, there, terms)
            if minima is None or not admission.refuses(asked, there) or not knows(there):
                continue
            if _is_near(projection, asked, there, held, minima, searched):
                yield asked, there, minima


def _found(
    projection: Projection, own: Sequence[Occupancy], now_ms: int
) -> Iterator[tuple[Occupancy, list[tuple[Held, Minima]]]]:
    """Each of `own` with what is found near it; those of one group, as most legs of a flight are, at once."""
    for group, alike in groupby(own, key=admission.group):
        asked = tuple(alike)
        volumes_asked = tuple(each.volume for each in asked)
        yield from zip(
            asked, projection.sky.near(volumes_asked, projection.minima_to(group), now_ms), strict=True
        )


def _is_near(
    projection: Projection, asked: Occupancy, there: Occupancy, held: Held, minima: Minima, searched: Minima
) -> bool:
    """Whether what was found by the minima `searched` is nearer than those of the pair."""
    if asked.box is not None and there.box is not None and minima == admission.NOTHING_NEARER:
        return volumes.overlaps(asked.box, there.box)  # as polygons, two that share a parallel would overlap
    return minima == searched or projection.sky.nearer(held, asked.volume, minima)


def _standing(asked: Occupancy, there: Occupancy, minima: Minima) -> Standing:
    return Standing(
        kind=there.kind,
        object_id=there.object_id,
        number=there.number,
        party=there.party,
        volume=there.volume,
        own_number=asked.number,
        minima=minima,
    )


def is_occupied(projection: Projection, there: Occupancy) -> bool:
    """Whether somebody is there now, whatever was planned: a reservation in use, imposed sky, a flight
    that nobody admitted."""
    if there.kind is Kind.RESERVATION and crossings.is_key(there.object_id):
        return there.volume.time_end_ms == TIME_LAST_MS  # past its end, and not said to be over
    if there.kind is Kind.RESERVATION:
        held = projection.reservations.get(there.object_id)
        return held is not None and held.status in reservations.OCCUPIED
    return not there.is_admitted


def occupancy(projection: Projection, held: Held, now_ms: int) -> Occupancy:
    """What the rules look at of one held volume."""
    volume, why = projection.sky.volume(held), "the index follows the tables"
    match held.kind:
        case Kind.FLIGHT if crossings.is_key(held.object_id):
            foreign = present(projection.crossings.get(held.object_id), why)
            return occupancies.of_foreign(foreign, now_ms)[held.number]
        case Kind.FLIGHT:
            flight = present(projection.flights.get(held.object_id), why)
            return occupancies.of_flight_volume(flight, held.number, volume)
        case Kind.RESERVATION:
            reservation = present(projection.reservations.get(held.object_id), why)
            box = reservations.held_box(reservation, now_ms)
            return occupancies.of_reservation_volume(reservation, held.number, volume, box)
        case Kind.CONSTRAINT:
            constraint = present(projection.constraints.get(held.object_id), why)
            return occupancies.of_constraint(constraint)[held.number]
        case Kind.IMPOSED:
            there = present(projection.imposed.get(held.object_id), why)
            return occupancies.of_imposed(there)[held.number]
        case Kind.DRONES:
            heard = present(projection.drones.get(held.object_id), why)
            return occupancies.of_drones(heard)[held.number]


def centre_of(projection: Projection, party: str, named: str | None) -> str:
    """The centre that serves a flight of `party`: the one its plan names, or its party's; "" without one."""
    if named is not None:
        return named
    known = projection.parties.get(party)
    if known is None:
        return ""
    return known.serving_centre or (known.centres[0].centre_id if known.centres else "")
