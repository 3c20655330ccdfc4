"""What a viewer may see of others as far as a rule allows: flights, and reservations not shown whole."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from mamarr.airspace import Reservation, reservations
from mamarr.airspace.occupancy import Kind
from mamarr.coordination import Disclosed, disclosure
from mamarr.engine.gate import extent_of
from mamarr.engine.projection import Projection
from mamarr.flights import flights
from mamarr.geometry import Volume

OTHERS_MAX = 2_000  # chosen: more than a map shows legibly
VOLUMES_OF_ONE_MAX = 20  # chosen: the legs of a long flight; what is beyond is left out of the drawing


class OtherSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Something of another party. party, object_id: where the viewer may know them."""

    kind: Kind
    volumes: tuple[Volume, ...]
    party: str | None = None
    object_id: str | None = None


def is_whole(projection: Projection, value: Reservation, party: str) -> bool:
    """Whether `party` may see whose reservation it is, and so all of it but the contact."""
    return disclosure.reaches(_extent(projection, Kind.RESERVATION, value.holder, party), Disclosed.IDENTITY)


def knows_contact(projection: Projection, value: Reservation, party: str) -> bool:
    """Whether `party` may see whom to ask about a reservation."""
    return disclosure.reaches(_extent(projection, Kind.RESERVATION, value.holder, party), Disclosed.CONTACT)


def others(projection: Projection, *, party: str, now_ms: int) -> tuple[OtherSeen, ...]:
    """What `party` may see of others, at most OTHERS_MAX, in the order of ids. Durable decisions only."""
    found = (*_flights(projection, party, now_ms), *_reservations(projection, party, now_ms))
    return tuple(islice(found, OTHERS_MAX))


def _flights(projection: Projection, party: str, now_ms: int) -> Iterator[OtherSeen]:
    if party == projection.party:
        return  # it sees them whole
    for key, value in sorted(projection.flights.durable_items(), key=lambda item: item[0]):
        if value.party != party:
            extent = _extent(projection, Kind.FLIGHT, value.party, party)
            yield from _other(Kind.FLIGHT, extent, key, value.party, flights.held_volumes(value, now_ms))


def _reservations(projection: Projection, party: str, now_ms: int) -> Iterator[OtherSeen]:
    for key, value in sorted(projection.reservations.durable_items(), key=lambda item: item[0]):
        if not is_whole(projection, value, party):
            extent = _extent(projection, Kind.RESERVATION, value.holder, party)
            held = reservations.held_volumes(value, now_ms)
            yield from _other(Kind.RESERVATION, extent, key, value.holder, held)


def _other(
    kind: Kind, extent: Disclosed, key: str, owner: str, held: tuple[Volume, ...]
) -> Iterator[OtherSeen]:
    if not held or not disclosure.reaches(extent, Disclosed.VOLUME):
        return
    knows_who = disclosure.reaches(extent, Disclosed.IDENTITY)
    yield OtherSeen(
        kind=kind,
        volumes=held[:VOLUMES_OF_ONE_MAX],
        party=owner if knows_who else None,
        object_id=key if knows_who else None,
    )


def _extent(projection: Projection, kind: Kind, owner: str, viewer: str) -> Disclosed:
    return extent_of(projection, kind, owner=owner, viewer=viewer)
