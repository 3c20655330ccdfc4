"""An index of volumes of sky that answers, exactly, which of them come nearer to a volume than given minima.

Volumes lie in cubes of an Earth-centred grid, of a size that fits them, and in buckets of time of a length
that fits them; a query looks only into cells near it, and what it finds there is decided on the footprints
themselves (`kernels`). So the antimeridian and the poles are places like any other.

Cost: a query grows with the volumes in the cells near it, not with all there are; inserting and removing with
the cells of one volume; `expire` with all volumes. Belongs to one thread; long calls release the GIL.
"""

from collections.abc import Hashable, Iterable, Sequence
from functools import lru_cache
from struct import Struct
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
LIMITS_REMEMBERED_MAX = 256
LINES_REMEMBERED_MAX = 4_096
LINE_BYTES_MAX = 1_024  # chosen: 128 corners, a leg of 1,200 km; longer ones are rare and not worth the room
STORED_AT_ONCE = 1_024  # chosen: bounds what is copied side by side; four times as many leave 40 bytes each
FIRST_VOLUMES = 64
FIRST_POINTS = 1_024
SHAPES = {Shape.POLYGON: kernels.POLYGON, Shape.PATH: kernels.PATH, Shape.CIRCLE: kernels.CIRCLE}
DATUMS = {Datum.WGS84: 0, Datum.STD: 1}
FOUND_MASK = (1 << kernels.QUERY_BITS) - 1
META = Struct(f"={kernels.META_COLUMNS}q")
SPAN, SPAN_AT = Struct("=q"), kernels.SPAN * 8


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
    """A volume made ready for asking and inserting: its points, numbers and place, once computed.

    meta: a row of numbers as META packs it. levels: the number of its datum, and its altitudes on it.
    """

    __slots__ = ("levels", "meta", "place", "points")

    def __init__(
        self,
        points: npt.NDArray[np.float64],
        meta: bytes,
        place: npt.NDArray[np.float64],
        levels: tuple[int, int, int],
    ) -> None:
        self.points, self.meta, self.place, self.levels = points, meta, place, levels


def prepare(volume: Volume) -> Prepared:
    """Make `volume` ready; what is asked or inserted again need not be computed again."""
    footprint = volume.footprint
    shape = SHAPES[footprint.shape]
    lay = _remembered if shape == kernels.PATH and len(footprint.vertices) <= LINE_BYTES_MAX else _laid
    points, place, bend_m = lay(footprint.vertices, shape)
    datum = DATUMS[volume.datum]
    meta = META.pack(
        volume.lower_mm,
        volume.upper_mm,
        *_band_mm(volume.datum, volume.lower_mm, volume.upper_mm),
        volume.time_start_ms,
        volume.time_end_ms,
        footprint.radius_mm,
        (bend_m << kernels.DATUM_BITS | datum) << kernels.SHAPE_BITS | shape,
        len(points),
    )
    return Prepared(points, meta, place, (datum, volume.lower_mm, volume.upper_mm))


def _laid(vertices: bytes, shape: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], int]:
    """The points, the place and the bend of a footprint."""
    points, place, bend_m = kernels.laid(np.frombuffer(vertices, "<i4").reshape(-1, 2), shape)
    return points, place, bend_m


_remembered = lru_cache(LINES_REMEMBERED_MAX)(_laid)  # corridors are flown, and again and again
_band_mm = lru_cache(BANDS_REMEMBERED_MAX)(ellipsoid_band_mm)  # as are few levels


class Levels:
    """The lowest and the highest altitude of some volumes, by datum."""

    __slots__ = ("by_datum",)

    def __init__(self) -> None:
        self.by_datum: dict[int, tuple[int, int]] = {}

    def hold(self, datum: int, lower_mm: int, upper_mm: int) -> None:
        """Reach from `lower_mm` to `upper_mm` too."""
        known = self.by_datum.get(datum)
        if known is None:
            self.by_datum[datum] = (lower_mm, upper_mm)
        elif lower_mm < known[0] or upper_mm > known[1]:
            self.by_datum[datum] = (min(known[0], lower_mm), max(known[1], upper_mm))

    def are_apart(self, other: "Levels", vertical_mm: int) -> bool:
        """Whether all are on one datum and further apart than `vertical_mm`: no two of them conflict."""
        if len(self.by_datum) != 1 or self.by_datum.keys() != other.by_datum.keys():
            return False
        ((low_mm, high_mm),) = self.by_datum.values()
        ((other_low_mm, other_high_mm),) = other.by_datum.values()
        return low_mm - other_high_mm > vertical_mm or other_low_mm - high_mm > vertical_mm


class Several:
    """Prepared volumes side by side, to be asked or inserted at once."""

    __slots__ = ("levels", "meta", "place", "points")

    def __init__(self, each: Sequence[Prepared]) -> None:
        packed = bytearray().join([one.meta for one in each])
        self.levels, first = Levels(), 0
        for at, one in enumerate(each):
            count = len(one.points)
            SPAN.pack_into(packed, at * META.size + SPAN_AT, first << kernels.COUNT_BITS | count)
            first += count
            self.levels.hold(*one.levels)
        self.meta = _rows(packed)
        places = [one.place for one in each]
        self.place = (np.concatenate(places) if each else np.empty(0)).reshape(-1, kernels.PLACE_COLUMNS)
        self.points = np.concatenate([one.points for one in each]) if each else np.empty((0, 3))

    def __len__(self) -> int:
        """How many volumes."""
        return len(self.meta)


@lru_cache(LIMITS_REMEMBERED_MAX)  # there are few, and each is asked with again and again
def _limits(minima: Minima) -> npt.NDArray[np.int64]:
    """The minima as the kernels take them."""
    return np.array((minima.lateral_mm, minima.vertical_mm, minima.time_ms), np.int64)


def _rows(packed: bytes | bytearray) -> npt.NDArray[np.int64]:
    """Rows that META packed, to be written to."""
    shape = len(packed) // META.size, kernels.META_COLUMNS
    return np.ndarray(shape, np.int64, bytearray(packed))  # quicker than a reshaped `frombuffer`


def conflict(one: Prepared, other: Prepared, minima: Minima) -> bool:
    """Whether the two come nearer to each other than `minima`. Symmetric."""
    meta, other_meta = _rows(one.meta + other.meta)
    return bool(
        kernels.meta_conflict(meta, other_meta, minima.vertical_mm, minima.time_ms)
        and kernels.lateral_conflict(
            one.points, meta, one.place, other.points, other_meta, other.place, minima.lateral_mm
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
        self._levels = Levels()  # of all that was ever inserted

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
        self._store([key], Several([_ready(volume)]))

    def insert_many(self, volumes: Iterable[tuple[Id, Volume | Prepared]]) -> None:
        """Add many; as `insert` for each, but quicker. On ValueError those before the wrong one are added."""
        keys: dict[Id, Prepared] = {}
        try:
            for key, volume in volumes:
                if key in self._row_of or key in keys or len(self._row_of) + len(keys) >= VOLUMES_MAX:
                    raise ValueError(f"the id {key!r} is in use, or {VOLUMES_MAX} volumes are live")
                keys[key] = _ready(volume)
                if len(keys) == STORED_AT_ONCE:
                    self._store(list(keys), Several(list(keys.values())))
                    keys.clear()
        finally:
            if keys:
                self._store(list(keys), Several(list(keys.values())))

    def insert_several(self, keys: Sequence[Id], volumes: Several) -> None:
        """Add all of `volumes`, an id each, or on ValueError none: the quickest for what was asked before."""
        if len(keys) != len(volumes):
            raise ValueError(f"there are {len(volumes)} volumes and {len(keys)} ids")
        if len(set(keys)) < len(keys) or any(key in self._row_of for key in keys):
            raise ValueError("an id is in use, or twice among the new ones")
        if len(self._row_of) + len(keys) > VOLUMES_MAX:
            raise ValueError(f"the index holds {VOLUMES_MAX} volumes, which is its limit")
        self._store(keys, volumes)

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
        ready = _ready(volume)
        found = self._found(ready.points, _rows(ready.meta), ready.place[np.newaxis], minima)
        return [self._ids[row] for row in found]  # type: ignore[misc]  # live rows have ids

    def conflicts_many(
        self, volumes: "Sequence[Volume | Prepared] | Several", minima: Minima
    ) -> list[list[Id]]:
        """As `conflicts` for each of `volumes`; ValueError when there are more than HITS_MAX in all."""
        asked = volumes if isinstance(volumes, Several) else Several([_ready(each) for each in volumes])
        answers: list[list[Id]] = [[] for _ in range(len(asked))]
        if self._levels.are_apart(asked.levels, minima.vertical_mm):
            return answers  # quicker than a look into the cells
        for found in self._found(asked.points, asked.meta, asked.place, minima):
            key = self._ids[found & FOUND_MASK]
            answers[found >> kernels.QUERY_BITS].append(key)  # type: ignore[arg-type]  # live rows have ids
        return answers

    def nearer(self, key: Id, volume: Volume | Prepared, minima: Minima) -> bool:
        """Whether the live volume of this id comes nearer to `volume` than `minima`; KeyError without one."""
        ready = _ready(volume)
        row = self._row_of[key]
        meta, own = self._meta[row], _rows(ready.meta)[0]
        return bool(
            kernels.meta_conflict(own, meta, minima.vertical_mm, minima.time_ms)
            and kernels.lateral_conflict(
                ready.points,
                own,
                ready.place,
                kernels.points_of(meta, self._points),
                meta,
                self._place[row],
                minima.lateral_mm,
            )
        )

    def _found(
        self,
        points: npt.NDArray[np.float64],
        meta: npt.NDArray[np.int64],
        place: npt.NDArray[np.float64],
        minima: Minima,
    ) -> list[int]:
        """What conflicts, as `kernels.queried_many` writes it."""
        limits = _limits(minima)
        while True:
            found = kernels.queried_many(
                points,
                meta,
                place,
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
                return self._out[:found].tolist()  # type: ignore[no-any-return]
            if len(self._out) >= HITS_MAX:
                raise ValueError(f"more than {HITS_MAX} volumes conflict: ask for a smaller part of the sky")
            self._out = np.empty(min(4 * len(self._out), HITS_MAX), np.int64)

    def _store(self, keys: Sequence[Id], volumes: Several) -> None:
        """Keep volumes under ids not in use."""
        rows = np.array([self._row_for(key) for key in keys], np.int64)
        self._room_for(len(volumes.points))
        self._points_used = kernels.stored(
            rows,
            volumes.points,
            volumes.meta,
            volumes.place,
            self._points_used,
            self._points,
            self._meta,
            self._place,
        )
        for datum, levels_mm in volumes.levels.by_datum.items():
            self._levels.hold(datum, *levels_mm)
        first = 0
        while (first := self._linked(first, rows)) < len(rows):
            self._entries = grown(self._entries)
        if int(self._state[1]) > SLOT_ENTRIES_MAX_RATIO * len(self._heads):
            self._more_slots()

    def _linked(self, first: int, rows: npt.NDArray[np.int64]) -> int:
        return int(
            kernels.linked_many(
                first,
                rows,
                self._points,
                self._meta,
                self._place,
                self._heads,
                self._entries,
                self._state,
                self._counts,
            )
        )

    def _row_for(self, key: Id) -> int:
        """A row that is not in use, now that of `key`."""
        row = self._free_rows.pop() if self._free_rows else len(self._ids)
        if row == len(self._ids):
            self._ids.append(key)
            if row == len(self._meta):
                self._meta, self._place = grown(self._meta), grown(self._place)
                # Stamps start anew: the count of queries stands in the last element.
                self._stamps = np.zeros(len(self._meta) + 1, np.int32)
        else:
            self._ids[row] = key
        self._row_of[key] = row
        return row

    def _room_for(self, count: int) -> None:
        if self._points_used + count <= len(self._points):
            return
        live = self._points_used - self._points_dead
        if self._points_dead <= live:
            self._points = grown(self._points, self._points_used + count)
            return
        kept = np.empty((max(len(self._points), live + count), 3))
        self._points_used = kernels.moved_together(self._meta, self._points, kept)
        self._points, self._points_dead = kept, 0

    def _more_slots(self) -> None:
        """As many slots as there are entries, rounded up to a power of two."""
        used = int(self._state[1])
        self._heads = np.full(1 << used.bit_length(), -1, np.int32)
        kernels.slotted(self._heads, self._entries, used)


A = TypeVar("A", bound=npt.NDArray[np.generic])


def grown(array: A, least: int = 0) -> A:
    """`array` made longer where it is: by an eighth, and to at least `least` rows; what is new is 0.

    In place, because the system can move the pages of a large one without copying them. No view of it may be
    in use.
    """
    longer = max(len(array) + len(array) // 8 + 64, least)
    array.resize((longer, *array.shape[1:]), refcheck=False)
    return array


def _ready(volume: Volume | Prepared) -> Prepared:
    return volume if isinstance(volume, Prepared) else prepare(volume)
