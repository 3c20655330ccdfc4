"""What a log says of flights and reservations, unread for as long as nothing rests on it.

Most of what was ever filed or reserved is gone before the log ends. So of an event a start reads only of what
kind it is and what it is about; the rest when the log has ended and that is still there. What came of it
between is not looked at then: to decide again is what an audit does.
"""

from typing import NamedTuple

import msgspec

from mamarr.airspace.reservations import Expired, Released
from mamarr.engine.nouns import NOUNS
from mamarr.engine.offers import AlternativesOffered
from mamarr.engine.orders import DECIDED, PERSONS, Event, events_of
from mamarr.engine.projection import Projection
from mamarr.flights.flights import Ended, FlightExpired, Withdrawn
from mamarr.record import Entry
from mamarr.record.entries import GENESIS

UNREAD_MAX = 16  # chosen: events of one object, some 2 kB each; when there are more they are folded
OFFERED = str(AlternativesOffered.__struct_config__.tag)
LAST = (Withdrawn, Ended, FlightExpired, Released, Expired)  # after these the object is no more


class _Seen(msgspec.Struct, frozen=True, gc=False, rename={"kind": "type"}):
    """What is seen of an event at a glance."""

    kind: str
    flight_id: str | None = None
    reservation_id: str | None = None

    def about(self) -> "_About | None":
        """What the event is about, if that is an object whose events are left unread."""
        table = _TABLES.get(self.kind)
        object_id = self.flight_id if table == "flights" else self.reservation_id
        return None if table is None or object_id is None else _About(table, object_id)


class _Glance(msgspec.Struct, frozen=True, gc=False):
    """What is seen of a `Decided` at a glance."""

    events: tuple[_Seen, ...] = ()


class _About(NamedTuple):
    """An object. table: of the projection."""

    table: str
    object_id: str


class _Said(NamedTuple):
    """An entry's parts DECIDED and PERSONS."""

    decided: bytes
    persons: bytes | None

    def events(self) -> tuple[Event, ...]:
        return events_of(self.decided, self.persons)


class Unread:
    """What was taken and not folded into `projection` yet. Memory: what the log says of what is there."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._unread: dict[_About, list[_Said]] = {}

    def take(self, entry: Entry) -> None:
        """Leave what `entry` changed unread, or fold it; in the order of the log.

        ValueError when the entry does not say any more what it changed.
        """
        contents = entry.contents()
        decided = contents.get(DECIDED)
        if decided is None:
            # Sealed by whoever had the file, it would be missing from the state, and every hash would fit.
            if GENESIS not in contents:
                raise ValueError(f"entry {entry.sequence} has lost what it decided")
            return
        said, seen = _Said(decided, contents.get(PERSONS)), _glance(decided).events
        if len(seen) == 1 and seen[0].kind == OFFERED:
            return  # nothing is held by it
        if len(seen) == 1 and (self._is_let_go(seen[0]) or self._is_left(seen[0], said)):
            return
        for each, event in zip(seen, said.events(), strict=True):
            if not self._is_let_go(each):
                self._read(each.about())
                self._projection.fold(event)

    def read(self) -> None:
        """Fold all that is unread."""
        for about in list(self._unread):
            self._read(about)

    def _is_let_go(self, seen: _Seen) -> bool:
        """Whether this is the end of an object of which nothing was read, which is forgotten then."""
        about = seen.about()
        if about is None or seen.kind not in _LAST or self._is_there(about):
            return False
        return self._unread.pop(about, None) is not None

    def _is_left(self, seen: _Seen, said: _Said) -> bool:
        """Whether `said`, of which `seen` is the only event, can be left unread, and is now."""
        about = seen.about()
        if about is None or seen.kind in _LAST:
            return False
        if len(self._unread.setdefault(about, [])) == UNREAD_MAX:
            self._read(about)
            return False
        self._unread[about].append(said)
        return True

    def _is_there(self, about: _About) -> bool:
        return getattr(self._projection, about.table).get(about.object_id) is not None

    def _read(self, about: _About | None) -> None:
        for said in self._unread.pop(about, ()) if about is not None else ():
            for event in said.events():
                self._projection.fold(event)


_LAST = frozenset(kind.__struct_config__.tag for kind in LAST)
_TABLES = {  # of the objects whose events are left unread, by what the events are
    str(kind.__struct_config__.tag): noun.table  # type: ignore[attr-defined]
    for noun in NOUNS
    if noun.table in ("flights", "reservations")
    for kind in noun.events()
}
_glance = msgspec.json.Decoder(_Glance).decode
