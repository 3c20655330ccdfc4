"""What comes too near to a flight or reservation and is there anyway, as far as a viewer may know it.

Whoever may see the flight or reservation whole is told, whatever the rule of disclosure: that something is
there is never withheld from whom it touches. Its kind and why, its name and whose it is the rule decides. Of
what the viewer may not know to exist it is said only that something is too near, in the same words whatever
it is, as a refusal says it (THREATS 6).
"""

from itertools import islice

import msgspec

from mamarr.airspace import Reservation, reservations, terms
from mamarr.airspace.occupancy import Kind
from mamarr.coordination import Disclosed, ForeignFlight, crossings, disclosure
from mamarr.engine.gate import extent_of
from mamarr.engine.others import Imposition, why_foreign, why_imposed
from mamarr.engine.projection import Projection
from mamarr.engine.sky import Named
from mamarr.engine.touches import Value, named
from mamarr.flights import Drones, Flight, Imposed

TOUCHED_BY_MAX = 20  # chosen: more than a row shows legibly; one is enough to look


class TouchedBy(msgspec.Struct, frozen=True, kw_only=True):
    """Something that comes too near.

    kind: None where the viewer may not know that it exists. why: why nobody admitted it there; None of a
    flight that was admitted and whose times or level are others now, or of which no more may be known.
    object_id, party: where the viewer may know them.
    """

    kind: Kind | None = None
    why: Imposition | None = None
    object_id: str | None = None
    party: str | None = None


def touched_by(
    projection: Projection, value: Flight | Reservation, *, viewer: str, now_ms: int
) -> tuple[TouchedBy, ...]:
    """What comes too near to `value`, each kind of what has no name for the viewer once.

    That is what names it as too near, and what it names itself that is imposed; durable decisions only. Cost:
    a look-up where there is none, else that of as many.
    """
    key = named(value)
    naming = projection.touches.by(key)
    if not naming and not value.touching:
        return ()
    candidates = {*naming, *(Named(each.kind, each.object_id) for each in value.touching)}
    in_force = projection.terms.durable(terms.KEY) or terms.DEFAULT
    seen: dict[TouchedBy, None] = {}
    for each in sorted(candidates):
        there = _value(projection, each)
        if there is None:
            continue
        why = _why(there, now_ms)
        if (each in naming or why is not None) and projection.touches.are_near(
            there, value, in_force, now_ms
        ):
            seen[_seen(projection, there, each, why, viewer)] = None
    return tuple(islice(seen, TOUCHED_BY_MAX))


def _value(projection: Projection, key: Named) -> Value | None:
    match key.kind:
        case Kind.FLIGHT | Kind.RESERVATION if crossings.is_key(key.object_id):
            return projection.crossings.durable(key.object_id)
        case Kind.FLIGHT:
            return projection.flights.durable(key.object_id)
        case Kind.IMPOSED:
            return projection.imposed.durable(key.object_id)
        case Kind.DRONES:
            return projection.drones.durable(key.object_id)
        case Kind.RESERVATION:
            return projection.reservations.durable(key.object_id)
        case Kind.CONSTRAINT:
            return None  # it is published and was there before: what enters it is what is told


def _owner(value: Value) -> str:
    match value:
        case Reservation():
            return value.holder
        case ForeignFlight():
            return crossings.owner(value)
        case Drones():
            return ""
        case _:
            return value.party


def _why(value: Value, now_ms: int) -> Imposition | None:
    match value:
        case Flight():
            return why_imposed(value, now_ms)
        case ForeignFlight():
            return why_foreign(value)
        case Imposed():
            return Imposition(value.kind.value)
        case Drones():
            return Imposition.DRONES
        case Reservation():
            return Imposition.OVERRUN if reservations.is_overrun(value, now_ms) else None


def _seen(projection: Projection, there: Value, key: Named, why: Imposition | None, viewer: str) -> TouchedBy:
    owner = _owner(there)
    extent = extent_of(projection, key.kind, owner=owner, viewer=viewer, durable=True)
    if extent is Disclosed.NOTHING:
        return TouchedBy()
    knows_who = disclosure.reaches(extent, Disclosed.IDENTITY)
    return TouchedBy(
        kind=key.kind,
        why=why,
        object_id=key.object_id if knows_who else None,
        party=owner if knows_who and owner else None,
    )
