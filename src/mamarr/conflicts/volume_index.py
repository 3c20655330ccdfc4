"""An index of volumes of sky that answers, exactly, which of them come nearer to a volume than given minima.

Volumes lie in cubes of an Earth-centred grid, of a size that fits them, and in buckets of time of a length
that fits them; a query looks only into cells near it, and what it finds there is decided on the footprints
themselves (`kernels`). So the antimeridian and the poles are places like any other.

Cost: a query grows with the volumes in the cells near it, not with all there are; inserting and removing with
the cells of one volume; `expire` with all volumes. Belongs to one thread; long calls release the GIL.
"""

from collections.abc import Hashable, Iterable, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from mamarr.conflicts import kernels
from mamarr.geometry.altitude import Datum, ellipsoid_band_mm
from mamarr.geometry.footprints import Shape
from mamarr.geometry.volumes import Volume

Id = TypeVar("Id", bound=Hashable)

VOLUMES_MAX = 20_000_000  # chosen: what 32 GB hold; beyond it an authority shares out its sky among nodes
HITS_MAX = 100_000  # chosen: more than anybody can act on; a query that meets more is refused
SLOT_ENTRIES_MAX_RATIO = 1.5  # entries in a slot, on average, before there are more slots
BANDS_REMEMBERED_MAX = 4_096
FIRST_VOLUMES = 64
FIRST_POINTS = 1_024
SHAPES = {Shape.POLYGON: kernels.POLYGON, Shape.PATH: kernels.PATH, Shape.CIRCLE: kernels.CIRCLE}
DATUMS = {Datum.WGS84: 0, Datum.STD: 1}


class Minima(msgspec.Struct, frozen=True, kw_only=True):
    """How near two volumes may come: nearer in all three at once is a conflict; exactly as near is not.

    lateral_mm: along the WGS-84 ellipsoid; 0: their interiors may not overlap by more than a centimetre.
    vertical_mm: in their datum; of two datums, between the bands that hold them. time_ms: milliseconds.
    """

    lateral_mm: int = 0
    vertical_mm: int = 0
    time_ms: int = 0

    def __post_init__(self) -> None:
        if min(self.lateral_mm, self.vertical_mm, self.time_ms) < 0:
            raise ValueError("a minimum is not negative")


class Prepared:
    """A volume made ready for asking and inserting: its points, numbers and place, once computed."""

    __slots__ = ("meta", "place", "points")

    def __init__(
        self,
        points: npt.NDArray[np.float64],
        meta: npt.NDArray[np.int64],
        place: npt.NDArray[np.float64],
    ) -> None:
        self.points, self.meta, self.place = points, meta, place


def prepare(volume: Volume) -> Prepared:
    """Make `volume` ready; what is asked or inserted again need not be computed again."""
    footprint = volume.footprint
    band_lower_mm, band_upper_mm = _band_mm(volume.datum, volume.lower_mm, volume.upper_mm)
    numbers = np.array(
        (
            volume.lower_mm,
            volume.upper_mm,
            band_lower_mm,
            band_upper_mm,
            volume.time_start_ms,
            volume.time_end_ms,
            footprint.radius_mm,
            SHAPES[footprint.shape] | DATUMS[volume.datum] << 2,
        ),
        np.int64,
    )
    corners = np.frombuffer(footprint.vertices, "<i4").reshape(-1, 2)
    return Prepared(*kernels.prepared(corners, numbers))


_band_mm = lru_cache(BANDS_REMEMBERED_MAX)(ellipsoid_band_mm)  # few levels are flown, and again and again


def conflict(one: Prepared, other: Prepared, minima: Minima) -> bool:
    """Whether the two come nearer to each other than `minima`. Symmetric."""
    return bool(
        kernels.meta_conflict(one.meta, other.meta, minima.vertical_mm, minima.time_ms)
        and kernels.lateral_conflict(
            one.points, one.meta, one.place, other.points, other.meta, other.place, minima.lateral_mm
        )
    )


class VolumeIndex(Generic[Id]):
    """Live volumes by id. Ids are the caller's and are never looked into."""

    def __init__(self) -> None:
        self._row_of: dict[Id, int] = {}
        self._ids: list[Id | None] = []
        self._free_rows: list[int] = []
        self._meta = np.zeros((FIRST_VOLUMES, kernels.META_COLUMNS), np.int64)
        self._place = np.zeros((FIRST_VOLUMES, kernels.PLACE_COLUMNS))
        self._stamps = np.zeros(FIRST_VOLUMES + 1, np.int32)
        self._points = np.empty((FIRST_POINTS, 3))
        self._points_used = self._points_dead = 0
        self._counts = np.zeros((kernels.CELL_LEVELS, kernels.TIME_LEVELS), np.int64)
        self._state = np.array((-1, 0), np.int64)
        self._heads = np.full(4 * FIRST_VOLUMES, -1, np.int32)
        self._entries = np.empty((4 * FIRST_VOLUMES, kernels.ENTRY_COLUMNS), np.int32)
        self._out = np.empty(256, np.int64)

    def __len__(self) -> int:
        """How many volumes are live."""
        return len(self._row_of)

    def __contains__(self, key: Id) -> bool:
        """Whether there is a live volume of this id."""
        return key in self._row_of

    def prepare(self, volume: Volume) -> Prepared:
        """As the function `prepare`."""
        return prepare(volume)

    def insert(self, key: Id, volume: Volume | Prepared) -> None:
        """Add a volume under an id not in use; ValueError when it is, or when VOLUMES_MAX are live."""
        if key in self._row_of:
            raise ValueError(f"the id {key!r} is in use")
        if len(self._row_of) >= VOLUMES_MAX:
            raise ValueError(f"the index holds {VOLUMES_MAX} volumes, which is its limit")
        ready = volume if isinstance(volume, Prepared) else prepare(volume)
        row = self._placed(key, ready)
        self._link(row)

    def insert_many(self, volumes: Iterable[tuple[Id, Volume | Prepared]]) -> None:
        """Add many; as `insert` for each, but quicker. On ValueError those before the wrong one are added."""
        first = len(self._ids)
        reused: list[int] = []
        try:
            for key, volume in volumes:
                if key in self._row_of or len(self._row_of) >= VOLUMES_MAX:
                    raise ValueError(f"the id {key!r} is in use, or {VOLUMES_MAX} volumes are live")
                row = self._placed(key, volume if isinstance(volume, Prepared) else prepare(volume))
                if row < first:
                    reused.append(row)
        finally:
            for row in reused:
                self._link(row)
            self._link_from(first)

    def remove(self, key: Id) -> None:
        """Take the volume of this id away; KeyError when there is none."""
        row = self._row_of.pop(key)
        meta = self._meta[row]
        points = kernels.points_of(meta, self._points)
        kernels.unlinked(
            row, points, meta, self._place[row], self._heads, self._entries, self._state, self._counts
        )
        meta[kernels.SPAN] = 0
        self._ids[row] = None
        self._free_rows.append(row)
        self._points_dead += len(points)

    def expire(self, before_ms: int) -> list[Id]:
        """Take away all volumes that end at or before `before_ms`; their ids, in no order of meaning."""
        used = self._meta[: len(self._ids)]
        gone = np.flatnonzero((used[:, kernels.SPAN] != 0) & (used[:, kernels.END] <= before_ms))
        ids = [key for row in gone if (key := self._ids[row]) is not None]
        for key in ids:
            self.remove(key)
        return ids

    def conflicts(self, volume: Volume | Prepared, minima: Minima) -> list[Id]:
        """Ids of live volumes that come nearer to `volume` than `minima`, in no order of meaning.

        ValueError when there are more than HITS_MAX.
        """
        ready = volume if isinstance(volume, Prepared) else prepare(volume)
        limits = np.array((minima.lateral_mm, minima.vertical_mm, minima.time_ms), np.int64)
        return self._found(ready, limits)

    def conflicts_many(self, volumes: Sequence[Volume | Prepared], minima: Minima) -> list[list[Id]]:
        """As `conflicts` for each of `volumes`."""
        limits = np.array((minima.lateral_mm, minima.vertical_mm, minima.time_ms), np.int64)
        return [
            self._found(volume if isinstance(volume, Prepared) else prepare(volume), limits)
            for volume in volumes
        ]

    def nearer(self, key: Id, volume: Volume | Prepared, minima: Minima) -> bool:
        """Whether the live volume of this id comes nearer to `volume` than `minima`; KeyError without one."""
        ready = volume if isinstance(volume, Prepared) else prepare(volume)
        row = self._row_of[key]
        meta = self._meta[row]
        return bool(
            kernels.meta_conflict(ready.meta, meta, minima.vertical_mm, minima.time_ms)
            and kernels.lateral_conflict(
                ready.points,
                ready.meta,
                ready.place,
                kernels.points_of(meta, self._points),
                meta,
                self._place[row],
                minima.lateral_mm,
            )
        )

    def _found(self, ready: Prepared, limits: npt.NDArray[np.int64]) -> list[Id]:
        while True:
            found = kernels.queried(
                ready.points,
                ready.meta,
                ready.place,
                limits,
                self._points,
                self._meta,
                self._place,
                self._heads,
                self._entries,
                self._counts,
                self._stamps,
                self._out,
            )
            if found >= 0:
                ids = self._ids
                return [ids[row] for row in self._out[:found].tolist()]
            if len(self._out) >= HITS_MAX:
                raise ValueError(f"more than {HITS_MAX} volumes conflict: ask for a smaller part of the sky")
            self._out = np.empty(min(4 * len(self._out), HITS_MAX), np.int64)

    def _placed(self, key: Id, ready: Prepared) -> int:
        """Store a volume without its cells; its row."""
        row = self._free_rows.pop() if self._free_rows else len(self._ids)
        if row == len(self._ids):
            self._ids.append(key)
            if row == len(self._meta):
                self._meta, self._place = grown(self._meta), grown(self._place)
                # Stamps start anew: the count of queries stands in the last element.
                self._stamps = np.zeros(len(self._meta) + 1, np.int32)
        else:
            self._ids[row] = key
        count = len(ready.points)
        self._room_for(count)
        self._points[self._points_used : self._points_used + count] = ready.points
        self._meta[row] = ready.meta
        self._meta[row, kernels.SPAN] = self._points_used << kernels.COUNT_BITS | count
        self._place[row] = ready.place
        self._points_used += count
        self._row_of[key] = row
        return row

    def _room_for(self, count: int) -> None:
        if self._points_used + count <= len(self._points):
            return
        live = self._points_used - self._points_dead
        wanted = self._points if self._points_dead > live else grown(self._points, live + count)
        kept = np.empty((max(len(wanted), live + count), 3))
        self._points_used = kernels.moved_together(self._meta, self._points, kept)
        self._points, self._points_dead = kept, 0

    def _link(self, row: int) -> None:
        while self._linked(0, row, row + 1) == row:
            self._more_cells()
        if int(self._state[1]) > SLOT_ENTRIES_MAX_RATIO * len(self._heads):
            self._more_slots()

    def _link_from(self, first: int) -> None:
        last = len(self._ids)
        while (first := self._linked(0, first, last)) < last:
            self._more_cells()
        if int(self._state[1]) > SLOT_ENTRIES_MAX_RATIO * len(self._heads):
            self._more_slots()

    def _linked(self, was: int, first: int, last: int) -> int:
        return int(
            kernels.linked_many(
                was,
                first,
                last,
                self._points,
                self._meta,
                self._place,
                self._heads,
                self._entries,
                self._state,
                self._counts,
            )
        )

    def _more_cells(self) -> None:
        self._entries = grown(self._entries)

    def _more_slots(self) -> None:
        """As many slots as there are entries, rounded up to a power of two; every volume is linked anew."""
        self._heads = np.full(1 << int(self._state[1]).bit_length(), -1, np.int32)
        self._state[:] = (-1, 0)
        self._counts[:] = 0
        at = 0
        while (at := self._linked(kernels.LINKED, at, len(self._ids))) < len(self._ids):
            self._more_cells()  # cells that shared a slot no longer do


A = TypeVar("A", bound=npt.NDArray[np.generic])


def grown(array: A, least: int = 0) -> A:
    """A longer copy of `array`: half as long again, and at least `least` rows; what is new is not set."""
    longer = np.zeros((max(len(array) + len(array) // 2 + 16, least), *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer  # type: ignore[return-value]
