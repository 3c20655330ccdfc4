"""What a viewer may see of others as far as a rule allows, and of the sky that nobody asked for."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import chain, islice
from typing import TypeVar

import msgspec

from mamarr.airspace import Reservation, reservations
from mamarr.airspace.occupancy import Kind
from mamarr.coordination import Disclosed, ForeignFlight, crossings, disclosure
from mamarr.engine import occupancies
from mamarr.engine.gate import extent_of
from mamarr.engine.projection import Projection
from mamarr.engine.tables import Table
from mamarr.flights import Condition, Flight, holding
from mamarr.geometry import Volume

OTHERS_MAX = 2_000  # chosen: more than a map shows legibly
VOLUMES_OF_ONE_MAX = 20  # chosen: the legs of a long flight; what is beyond is left out of the drawing


Held = TypeVar("Held")


class Imposition(StrEnum):
    """Why sky is not free without anybody's having asked for it."""

    STRANGER = "STRANGER"
    MOVED_AREA = "MOVED_AREA"
    OTHER = "OTHER"
    DRONES = "DRONES"
    EMERGENCY = "EMERGENCY"
    COMM_LOST = "COMM_LOST"
    DEVIATING = "DEVIATING"
    OVERDUE = "OVERDUE"
    OVERRUN = "OVERRUN"
    DUE_REGARD = "DUE_REGARD"


class OtherSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Something of another party, or of imposed sky. party, object_id: where the viewer may know them.

    volumes: none where the viewer may know only that there is something of this kind: then it stands once for
    all of them. contact: whom to ask, where the viewer may know: of a reservation as its holder said, of a
    flight the centre that serves it. why: of imposed sky. note: what is known of it, for who may know whose
    it is.
    """

    kind: Kind
    volumes: tuple[Volume, ...]
    party: str | None = None
    object_id: str | None = None
    contact: str | None = None
    why: Imposition | None = None
    note: str | None = None


def is_whole(projection: Projection, value: Reservation, party: str) -> bool:
    """Whether `party` may see whose reservation it is, and so all of it but the contact."""
    return disclosure.reaches(_extent(projection, Kind.RESERVATION, value.holder, party), Disclosed.IDENTITY)


def knows_contact(projection: Projection, value: Reservation, party: str) -> bool:
    """Whether `party` may see whom to ask about a reservation."""
    return disclosure.reaches(_extent(projection, Kind.RESERVATION, value.holder, party), Disclosed.CONTACT)


def others(projection: Projection, *, party: str, now_ms: int) -> tuple[OtherSeen, ...]:
    """What `party` may see of others, at most OTHERS_MAX and one more, in the order of ids.

    Durable decisions only. What `imposed` shows is left out. Of how many `party` may know only that they are
    there is not said.
    """
    found = (
        *_flights(projection, party, now_ms),
        *_of_other_centres(projection, party, now_ms),
        *_reservations(projection, party, now_ms),
    )
    seen = islice((other for _, other in found if other is not None), OTHERS_MAX + 1)
    hidden = {kind for kind, other in found if other is None}
    if any(
        _extent(projection, Kind.IMPOSED, value.party, party) is Disclosed.EXISTENCE
        for _, value in projection.imposed.durable_items()
    ):
        hidden.add(Kind.IMPOSED)
    return (*(OtherSeen(kind=kind, volumes=()) for kind in sorted(hidden)), *seen)


def imposed(projection: Projection, *, party: str, now_ms: int) -> tuple[OtherSeen, ...]:
    """What of the sky is not free without anybody's having asked for it, as far as `party` may see where.

    At most OTHERS_MAX and one more: what was declared, then flights that cannot keep to their plans or fly
    with due regard, first those of this node, then reservations that are overrun; each in the order of ids.
    Durable decisions only.
    """
    found = chain(
        _declared(projection, party),
        _impositions(projection, party, now_ms),
        _imposed_elsewhere(projection, party, now_ms),
        _overrun(projection, party, now_ms),
    )
    return tuple(islice(found, OTHERS_MAX + 1))


def why_imposed(value: Flight, now_ms: int) -> Imposition | None:
    """Why a flight's sky is imposed; None when it was admitted and is kept to."""
    if value.condition is not Condition.NORMAL:
        return Imposition(value.condition.value)
    if holding.is_overdue(value, now_ms):
        return Imposition.OVERDUE
    return Imposition.DUE_REGARD if value.plan.is_due_regard else None


def why_foreign(value: ForeignFlight) -> Imposition | None:
    """Why the sky of what another authority's centre has is imposed; None when it is kept to a plan."""
    told = value.told
    if told is not None and value.kind is Kind.RESERVATION and told.ends_by_word:
        return Imposition.OVERRUN
    if told is None or told.condition is Condition.NORMAL:
        return None
    return Imposition(told.condition.value)


def _declared(projection: Projection, party: str) -> Iterator[OtherSeen]:
    for key, value in _in_order(projection.imposed):
        extent = _extent(projection, Kind.IMPOSED, value.party, party)
        held = tuple(each.volume for each in occupancies.of_imposed(value))
        if disclosure.reaches(extent, Disclosed.VOLUME):
            seen = _seen(Kind.IMPOSED, extent, key, value.party, held)
            note = value.note if disclosure.reaches(extent, Disclosed.IDENTITY) else None
            yield msgspec.structs.replace(seen, why=Imposition(value.kind.value), note=note)


def _impositions(projection: Projection, party: str, now_ms: int) -> Iterator[OtherSeen]:
    for key, value in _in_order(projection.flights):
        why, held = why_imposed(value, now_ms), holding.held_volumes(value, now_ms)
        extent = _extent(projection, Kind.FLIGHT, value.party, party)
        if why is not None and held and disclosure.reaches(extent, Disclosed.VOLUME):
            seen = _seen(Kind.FLIGHT, extent, key, value.party, value.imposed or held, value.centre)
            yield msgspec.structs.replace(seen, why=why)


def _imposed_elsewhere(projection: Projection, party: str, now_ms: int) -> Iterator[OtherSeen]:
    for key, value in _in_order(projection.crossings):
        why, owner = why_foreign(value), crossings.owner(value)
        extent = _extent(projection, value.kind, owner, party)
        if why is None or not disclosure.reaches(extent, Disclosed.VOLUME):
            continue
        held = tuple(part.volume for part in crossings.held_parts(value, now_ms))
        if held:
            yield msgspec.structs.replace(_seen(value.kind, extent, key, owner, held), why=why)


def _overrun(projection: Projection, party: str, now_ms: int) -> Iterator[OtherSeen]:
    for key, value in _in_order(projection.reservations):
        if not reservations.is_overrun(value, now_ms):
            continue
        extent = _extent(projection, Kind.RESERVATION, value.holder, party)
        if disclosure.reaches(extent, Disclosed.VOLUME):
            held = reservations.held_volumes(value, now_ms)
            seen = _seen(Kind.RESERVATION, extent, key, value.holder, held, value.contact)
            yield msgspec.structs.replace(seen, why=Imposition.OVERRUN)


def _flights(projection: Projection, party: str, now_ms: int) -> Iterator[tuple[Kind, OtherSeen | None]]:
    if party == projection.party:
        return  # it sees them whole
    for key, value in _in_order(projection.flights):
        held = holding.held_volumes(value, now_ms)
        if value.party == party or not held:
            continue
        extent = _extent(projection, Kind.FLIGHT, value.party, party)
        if extent is Disclosed.EXISTENCE:
            yield Kind.FLIGHT, None
        elif disclosure.reaches(extent, Disclosed.VOLUME) and why_imposed(value, now_ms) is None:
            yield Kind.FLIGHT, _seen(Kind.FLIGHT, extent, key, value.party, held, value.centre)


def _of_other_centres(
    projection: Projection, party: str, now_ms: int
) -> Iterator[tuple[Kind, OtherSeen | None]]:
    """What is held for what other nodes filed; the node's own party sees more of it elsewhere."""
    if party == projection.party:
        return
    for key, value in _in_order(projection.crossings):
        owner = crossings.owner(value)
        extent = _extent(projection, value.kind, owner, party)
        held = tuple(part.volume for part in crossings.held_parts(value, now_ms))
        if owner == party or not held:
            continue
        if extent is Disclosed.EXISTENCE:
            yield value.kind, None
        elif disclosure.reaches(extent, Disclosed.VOLUME) and why_foreign(value) is None:
            yield value.kind, _seen(value.kind, extent, key, owner, held)


def _reservations(projection: Projection, party: str, now_ms: int) -> Iterator[tuple[Kind, OtherSeen | None]]:
    for key, value in _in_order(projection.reservations):
        if is_whole(projection, value, party) or not reservations.holds(value, now_ms):
            continue
        extent = _extent(projection, Kind.RESERVATION, value.holder, party)
        if extent is Disclosed.EXISTENCE:
            yield Kind.RESERVATION, None
        elif extent is Disclosed.VOLUME and not reservations.is_overrun(value, now_ms):
            held = reservations.held_volumes(value, now_ms)
            yield Kind.RESERVATION, _seen(Kind.RESERVATION, extent, key, value.holder, held)


def _in_order(table: Table[str, Held]) -> list[tuple[str, Held]]:
    return sorted(table.durable_items(), key=lambda item: item[0])


def _seen(
    kind: Kind,
    extent: Disclosed,
    key: str,
    owner: str,
    held: tuple[Volume, ...],
    contact: str | None = None,
) -> OtherSeen:
    """What is seen of something whose place may be known."""
    knows_who = disclosure.reaches(extent, Disclosed.IDENTITY)
    return OtherSeen(
        kind=kind,
        volumes=held[:VOLUMES_OF_ONE_MAX],
        party=owner if knows_who else None,
        object_id=key if knows_who else None,
        contact=contact if disclosure.reaches(extent, Disclosed.CONTACT) else None,
    )


def _extent(projection: Projection, kind: Kind, owner: str, viewer: str) -> Disclosed:
    return extent_of(projection, kind, owner=owner, viewer=viewer, durable=True)
