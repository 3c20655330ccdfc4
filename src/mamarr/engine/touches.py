"""Which object names which as too near: an index that follows what is durable, by who is named.

What is there anyway (a flight, imposed sky, a reservation that overruns) names what it comes nearer to than
the minima when it is decided on. What is named may change later, or the clock may free it; so whether two
are still too near is looked at again, and remembered for as long as neither of the two is another value.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from mamarr.airspace import Reservation, Terms, reservations
from mamarr.airspace.occupancy import Kind, Occupancy, Touching
from mamarr.conflicts import conflict, prepare
from mamarr.coordination import ForeignFlight, foreign
from mamarr.engine import occupancies
from mamarr.engine.sky import Named
from mamarr.flights import Drones, Flight, Imposed, admission, drones, holding
from mamarr.geometry import volumes

PAIRS_MAX = 20_000  # chosen: pairs remembered, some 0.3 kB each; when there are more they are forgotten
Value = Drones | Flight | ForeignFlight | Imposed | Reservation


class _Looked(NamedTuple):
    one: Value
    other: Value
    terms: Terms
    from_ms: int
    until_ms: int | None
    are_near: bool


class Touches:
    """The index. Cost: of a change, that of what the object names; of a question, that of who names it."""

    def __init__(self) -> None:
        self._named: dict[Named, frozenset[Named]] = {}  # by who names them
        self._by: dict[Named, set[Named]] = {}  # who names it
        self._looked: dict[tuple[Named, Named], _Looked] = {}

    def settled(self, key: Named, touching: Iterable[Touching]) -> None:
        """From now on the object names these, durably; none when it is no more."""
        after = frozenset(Named(found.kind, found.object_id) for found in touching)
        before = self._named.pop(key, frozenset())
        if after:
            self._named[key] = after
        for each in before - after:
            names = self._by[each]
            names.discard(key)
            if not names:
                del self._by[each]
        for each in after - before:
            self._by.setdefault(each, set()).add(key)

    def by(self, key: Named) -> Collection[Named]:
        """Who names the object."""
        return self._by.get(key, ())

    def are_near(self, one: Value, other: Value, terms: Terms, now_ms: int) -> bool:
        """Whether two that hold sky come nearer than their minima at `now_ms`."""
        key = (named(one), named(other))
        known = self._looked.get(key)
        if known is None or not _is_valid(known, one, other, terms, now_ms):
            if len(self._looked) >= PAIRS_MAX:
                self._looked.clear()
            changes = [
                each
                for each in (_changes_at_ms(one, now_ms), _changes_at_ms(other, now_ms))
                if each is not None
            ]
            known = self._looked[key] = _Looked(
                one=one,
                other=other,
                terms=terms,
                from_ms=now_ms,
                until_ms=min(changes, default=None),
                are_near=_are_near(_own(one, now_ms), _own(other, now_ms), terms),
            )
        return known.are_near


def named(value: Value) -> Named:
    """Which object it is."""
    match value:
        case Flight():
            return Named(Kind.FLIGHT, value.flight_id)
        case ForeignFlight():
            return Named(value.kind, value.crossing_id)
        case Imposed():
            return Named(Kind.IMPOSED, value.imposed_id)
        case Drones():
            return Named(Kind.DRONES, value.intent_id)
        case Reservation():
            return Named(Kind.RESERVATION, value.reservation_id)


def _own(value: Value, now_ms: int) -> tuple[Occupancy, ...]:
    match value:
        case Flight():
            return occupancies.of_flight(value, holding.held_volumes(value, now_ms))
        case ForeignFlight():
            return occupancies.of_foreign(value, now_ms)
        case Imposed():
            return occupancies.of_imposed(value)
        case Drones():
            return occupancies.of_drones(value) if now_ms < drones.end_ms(value) else ()
        case Reservation():
            return occupancies.of_reservation(
                value, reservations.held_volumes(value, now_ms), reservations.held_box(value, now_ms)
            )


def _changes_at_ms(value: Value, now_ms: int) -> int | None:
    match value:
        case Flight():
            return holding.changes_at_ms(value, now_ms)
        case ForeignFlight():
            return foreign.changes_at_ms(value, now_ms)
        case Imposed():
            return None  # the clock frees nothing
        case Drones():
            return drones.end_ms(value)
        case Reservation():
            return reservations.changes_at_ms(value, now_ms)


def _is_valid(known: _Looked, one: Value, other: Value, terms: Terms, now_ms: int) -> bool:
    is_same = known.one is one and known.other is other and known.terms is terms
    return is_same and known.from_ms <= now_ms and (known.until_ms is None or now_ms < known.until_ms)


def _are_near(one: Iterable[Occupancy], other: Iterable[Occupancy], terms: Terms) -> bool:
    prepared = [(each, prepare(each.volume)) for each in other]
    for asked in one:
        volume = prepare(asked.volume)
        for there, its_volume in prepared:
            minima = admission.minima(asked, there, terms)
            if minima is None:
                continue
            if asked.box is not None and there.box is not None and minima == admission.NOTHING_NEARER:
                if volumes.overlaps(asked.box, there.box):  # exactly, as when they were admitted
                    return True
            elif conflict(volume, its_volume, minima):
                return True
    return False
