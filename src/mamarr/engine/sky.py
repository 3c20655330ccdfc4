"""All that is held in the sky, in an index for each group, as seen now.

What an object holds can change by the clock alone: an acceptance lapses, an airborne flight is overdue. So
the index follows the tables (`changed`) and the clock (`near` takes the time); both are only noted, and the
index is brought up to date when it is asked. Cost: of a change, that of the object's volumes; of a question,
that of the index, and of what has lapsed since the last one.
"""

from collections.abc import Callable, Sequence
from heapq import heappop, heappush

import msgspec

from mamarr.airspace.occupancy import Group, Kind
from mamarr.conflicts import Minima, Prepared, Several, VolumeIndex, prepare
from mamarr.geometry import Volume

SEVERAL_MAX = 64  # chosen: volumes of one object, or of few; more are inserted in the index's own portions
READY_MAX = 4_096  # chosen: volumes asked for between two changes, some 2 kB each
Kept = tuple[tuple[tuple[Volume, Group], ...], int | None]  # held, and when the clock next changes it


class Named(msgspec.Struct, frozen=True, order=True, gc=False):
    """Which object."""

    kind: Kind
    object_id: str


class Held(msgspec.Struct, frozen=True, order=True, gc=False):
    """Which volume of which object."""

    kind: Kind
    object_id: str
    number: int


class Sky:
    """The index of held volumes. kept: what an object holds at a time, () when it is no more."""

    def __init__(self, kept: Callable[[Kind, str, int], Kept]) -> None:
        self._kept = kept
        self.now_ms = 0  # the time of the last question
        self._indexes: dict[Group, VolumeIndex[Held]] = {}
        self._held: dict[Named, tuple[tuple[Volume, Group], ...]] = {}
        self._changed: dict[Named, None] = {}
        self._clock: list[tuple[int, Named]] = []  # when an object is to be looked at again
        self._ready: dict[int, tuple[Volume, Prepared]] = {}  # of what was asked for last, by identity
        self._last: tuple[list[Prepared], Several] = ([], Several(()))  # asked for last, side by side

    def changed(self, kind: Kind, object_id: str, *, is_gone: bool) -> None:
        """Note that the object is another one now, or no more.

        What came and went between two questions leaves no note: a replay would keep one of all that ever was.
        """
        named = Named(kind, object_id)
        if is_gone and named not in self._held:
            self._changed.pop(named, None)
        else:
            self._changed[named] = None

    def near(
        self, volumes: Sequence[Volume], minima: Callable[[Group], Minima], now_ms: int
    ) -> list[list[tuple[Held, Minima]]]:
        """What is held at `now_ms` and comes nearer than `minima` of its group, which it names.

        For each of `volumes`, in the order of `Held`. now_ms never decreases from one call to the next. Cost
        grows with the groups.
        """
        self._follow(now_ms)
        asked = self._several([self.prepared(volume) for volume in volumes])
        found: list[list[tuple[Held, Minima]]] = [[] for _ in volumes]
        for group, index in self._indexes.items():
            if len(index):
                limits = minima(group)
                for near, nearer in zip(found, index.conflicts_many(asked, limits), strict=True):
                    near += ((held, limits) for held in nearer)
        return [sorted(near) for near in found]

    def is_due(self, now_ms: int) -> bool:
        """Whether something is other than at the last question, by the clock alone too."""
        return bool(self._changed) or (bool(self._clock) and self._clock[0][0] <= now_ms)

    def nearer(self, held: Held, volume: Volume, minima: Minima) -> bool:
        """Whether one of those that `near` answered comes nearer to `volume` than `minima`."""
        _, group = self._held[Named(held.kind, held.object_id)][held.number]
        return self._indexes[group].nearer(held, self.prepared(volume), minima)

    def volume(self, held: Held) -> Volume:
        """One of those that `near` answered, as it is held then."""
        return self._held[Named(held.kind, held.object_id)][held.number][0]

    def prepared(self, volume: Volume) -> Prepared:
        """The volume made ready; remembered until the next change, as what is asked is often kept next."""
        found = self._ready.get(id(volume))
        if found is None:
            found = self._ready[id(volume)] = (volume, prepare(volume))
        return found[1]

    def _follow(self, now_ms: int) -> None:
        self.now_ms = now_ms
        while self._clock and self._clock[0][0] <= now_ms:
            _, named = heappop(self._clock)
            self._changed[named] = None
        if not self._changed:
            if len(self._ready) > READY_MAX:
                self._ready.clear()
            return
        added: dict[Group, tuple[list[Held], list[Prepared]]] = {}
        for named in self._changed:
            kind, object_id = named.kind, named.object_id
            for number, (_, group) in enumerate(self._held.pop(named, ())):
                self._indexes[group].remove(Held(kind, object_id, number))
            for number, (volume, group) in enumerate(self._look(named, now_ms)):
                names, volumes = added.setdefault(group, ([], []))
                names.append(Held(kind, object_id, number))
                volumes.append(self.prepared(volume))
        for group, (names, volumes) in added.items():
            if group not in self._indexes:
                self._indexes[group] = VolumeIndex()
            if len(names) <= SEVERAL_MAX:
                self._indexes[group].insert_several(names, self._several(volumes))
            else:
                self._indexes[group].insert_many(zip(names, volumes, strict=True))
        self._changed.clear()
        self._ready.clear()

    def _several(self, volumes: list[Prepared]) -> Several:
        """The volumes side by side; remembered once, as what is asked for is often kept next."""
        if volumes != self._last[0]:
            self._last = (volumes, Several(volumes))
        return self._last[1]

    def _look(self, named: Named, now_ms: int) -> tuple[tuple[Volume, Group], ...]:
        held, changes_at_ms = self._kept(named.kind, named.object_id, now_ms)
        if held:
            self._held[named] = held
        if changes_at_ms is not None:
            heappush(self._clock, (changes_at_ms, named))
        return held
