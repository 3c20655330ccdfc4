"""Networks: points, the segments that lead from one to another, and the strips of sky that they run in.

A segment is flown one way; two that run in the same sky, there and back, share a strip. A strip at a level is
what can be taken (`flights.taken`). Points, segments, strips and levels are numbers from 0; what they stand
for is known to who made the network (`Ways` for corridors).
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from mamarr.airspace import Corridor, DeclaredCorridor, corridors
from mamarr.airspace.corridors import Direction
from mamarr.geometry import geodesy
from mamarr.geometry.footprints import TURN_E7DEG
from mamarr.geometry.units import MM_PER_M, deg_from_e7deg

POINTS_MAX = 1_000_000  # chosen: some forty times the significant points of the world's airspace
SEGMENTS_MAX = 4_000_000
LEVELS_MAX = 200  # chosen: FL000 to FL995 in steps of 500 ft
LENGTH_MAX_M = 20_100_000.0  # half round the Earth, and a little
STAY_MAX_MS = 24 * 3_600_000
LENGTHS_KEPT_MAX = 100_000  # chosen: the segments of a continent, some 20 MB

Whole = npt.NDArray[np.int64]


class Network:
    """Segments between points, as arrays; it never changes.

    points_count, levels_count, strips_count: how many there are. tails, heads, strips, lengths_mm: (M,) of
    the segments as they were given. stays_ms: (N,) how long one may stay at each point; the strip of a stay
    at point p is `stay_strip(p)`.
    """

    def __init__(
        self,
        tails: npt.ArrayLike,
        heads: npt.ArrayLike,
        lengths_m: npt.ArrayLike,
        *,
        points: int,
        levels: int,
        strips: npt.ArrayLike | None = None,
        stays_ms: npt.ArrayLike | None = None,
    ) -> None:
        """Make a network.

        tails, heads: (M,) whole numbers, where each segment begins and ends. lengths_m: (M,) metres, more
        than 0. points, levels: how many. strips: (M,) whole numbers, which strip each segment runs in; None
        for one each. stays_ms: (N,) how long an aircraft may stay at each point, None for not at all.

        ValueError names the argument that is wrong.
        """
        self.points_count = _count("points", points, POINTS_MAX)
        self.levels_count = _count("levels", levels, LEVELS_MAX)
        self.tails = whole("tails", tails, self.points_count)
        self.heads = whole("heads", heads, self.points_count)
        if not 1 <= len(self.tails) <= SEGMENTS_MAX:
            raise ValueError(f"tails: {len(self.tails)} segments are not 1 to {SEGMENTS_MAX}")
        self.lengths_mm = _lengths_mm(lengths_m)
        own = np.arange(len(self.tails))
        self.strips = own if strips is None else whole("strips", strips, len(self.tails))
        for name in ("heads", "lengths_mm", "strips"):
            if len(getattr(self, name)) != len(self.tails):
                plain = name.replace("_mm", "_m")
                raise ValueError(f"{plain}: {len(getattr(self, name))} of them for {len(self.tails)} tails")
        if np.any(self.tails == self.heads):
            raise ValueError(f"heads: segment {_first(self.tails == self.heads)} ends where it begins")
        stays = np.zeros(self.points_count, np.int64) if stays_ms is None else stays_ms
        self.stays_ms = whole("stays_ms", stays, STAY_MAX_MS + 1)
        if len(self.stays_ms) != self.points_count:
            raise ValueError(f"stays_ms: {len(self.stays_ms)} of them for {self.points_count} points")
        self._stay_points = np.flatnonzero(self.stays_ms)
        self._flown_strips_count = int(self.strips.max()) + 1
        self.strips_count = self._flown_strips_count + len(self._stay_points)
        self._lay()

    def stay_strip(self, point: int) -> int:
        """The strip that a stay at `point` takes; ValueError where nobody may stay."""
        at = int(np.searchsorted(self._stay_points, point))
        if at == len(self._stay_points) or self._stay_points[at] != point:
            raise ValueError(f"point: nobody may stay at {point}")
        return self._flown_strips_count + at

    def point_of(self, place: int) -> int:
        """The point that a place of the search stands for: where one may stay there are two, in and out."""
        return place if place < self.points_count else int(self._stay_points[place - self.points_count])

    def out_of(self, point: int) -> int:
        """The place from which the segments of a point leave."""
        if not self.stays_ms[point]:
            return point
        return self.points_count + int(np.searchsorted(self._stay_points, point))

    def _lay(self) -> None:
        """Lay the arrays out as the search takes them.

        A point where one may stay is two places: its segments end at the one and leave from the other. From
        the first to the second lead a way of no length and strip -1, and a stay.
        """
        stay_points, outs = self._stay_points, self.points_count + np.arange(len(self._stay_points))
        out_of = np.arange(self.points_count)
        out_of[stay_points] = outs
        nothing = np.zeros(len(outs), np.int64)
        tails = np.concatenate([out_of[self.tails], stay_points, stay_points])
        heads = np.concatenate([self.heads, outs, outs])
        lengths = np.concatenate([self.lengths_mm, nothing, nothing])
        stay_strips = self._flown_strips_count + np.arange(len(outs))
        strips = np.concatenate([self.strips, nothing - 1, stay_strips])
        stays = np.concatenate([np.zeros(len(self.tails), np.int64), nothing, self.stays_ms[stay_points]])
        places = np.arange(self.points_count + len(outs) + 1)
        order, back = np.argsort(tails, kind="stable"), np.argsort(heads, kind="stable")
        self.order = order  # of the segments as searched: which it is as given
        self.forward = (
            np.searchsorted(tails[order], places),
            heads[order],
            strips[order],
            lengths[order],
            stays[order],
            np.array([self.levels_count]),
        )
        self.backward = (np.searchsorted(heads[back], places), tails[back], lengths[back])


class Way(msgspec.Struct, frozen=True, gc=False):
    """A segment of a corridor: from which of its points to which."""

    corridor_id: str
    from_index: int
    to_index: int


class Ways(msgspec.Struct, frozen=True):
    """A network of corridors, and what its numbers stand for.

    places: latitude and longitude of each point, 1e-7 degree. ways: of each segment, as it is flown. strips:
    of each strip, one of its two ways; those of stays come after and are not listed.
    """

    network: Network
    places: tuple[tuple[int, int], ...]
    ways: tuple[Way, ...]
    strips: tuple[Way, ...]

    def point_at(self, latitude_e7deg: int, longitude_e7deg: int) -> int | None:
        """The point that lies exactly there; None when none does."""
        place = _placed(latitude_e7deg, longitude_e7deg)
        return next((at for at, each in enumerate(self.places) if each == place), None)


def of_corridors(
    declared: Mapping[str, DeclaredCorridor], *, levels: int, stays_ms: Mapping[tuple[int, int], int] = {}
) -> Ways:
    """The network of corridors: their points, and a strip for each two that follow each other.

    declared: by id. levels: how many. stays_ms: how long one may stay at a place, latitude and longitude in
    1e-7 degree. Corridors that have a point in common meet there. ValueError when there is none.
    """
    points: dict[tuple[int, int], int] = {}
    ways: list[Way] = []
    tails: list[int] = []
    heads: list[int] = []
    lengths_m: list[float] = []
    strip_of: list[int] = []
    strips: list[Way] = []
    for corridor_id, each in sorted(declared.items()):
        corridor = each.corridor
        places = [_placed(point.latitude_e7deg, point.longitude_e7deg) for point in corridor.points]
        numbers = [points.setdefault(place, len(points)) for place in places]
        for index, (one, other) in enumerate(pairwise(numbers)):
            if one == other:
                raise ValueError(f"declared: {corridor_id} has a segment of no length")
            length_m = _length_m(places[index], places[index + 1])
            for tail, head, way in (
                (one, other, Way(corridor_id, index, index + 1)),
                (other, one, Way(corridor_id, index + 1, index)),
            ):
                if _can_be_filed(corridor, way):
                    tails.append(tail)
                    heads.append(head)
                    lengths_m.append(length_m)
                    strip_of.append(len(strips))
                    ways.append(way)
            backward = corridor.direction is Direction.BACKWARD
            strips.append(Way(corridor_id, index + backward, index + (not backward)))
    network = Network(
        tails,
        heads,
        lengths_m,
        points=len(points),
        levels=levels,
        strips=strip_of,
        stays_ms=[stays_ms.get(place, 0) for place in points],
    )
    return Ways(network, tuple(points), tuple(ways), tuple(strips))


def _can_be_filed(corridor: Corridor, way: Way) -> bool:
    """Whether its direction allows it, and its ends are found again where the corridor meets itself."""
    ends = [corridor.points[index] for index in (way.from_index, way.to_index)]
    found = [corridors.index_of(corridor, end.latitude_e7deg, end.longitude_e7deg) for end in ends]
    return found == [way.from_index, way.to_index] and corridors.allows(
        corridor, way.from_index, way.to_index
    )


def whole(name: str, given: npt.ArrayLike, end: int, *, first: int = 0) -> Whole:
    """`given` as a row of whole numbers from `first` up to, not including, `end`.

    ValueError that begins with `name`: of another kind (a float that is whole is none), shape or size.
    """
    array = np.asarray(given)
    if array.ndim != 1:
        raise ValueError(f"{name}: has {array.ndim} dimensions, not one")
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name}: holds {array.dtype}, not whole numbers")
    if array.min() < first or array.max() >= end:
        at = _first((array < first) | (array >= end))
        raise ValueError(f"{name}: number {at} is {array[at]}, not {first} to {end - 1}")
    return np.ascontiguousarray(array, np.int64)


def _lengths_mm(lengths_m: npt.ArrayLike) -> Whole:
    array = np.asarray(lengths_m)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise ValueError(f"lengths_m: holds {array.dtype} in {array.ndim} dimensions, not a row of numbers")
    wrong = ~((array > 0) & (array <= LENGTH_MAX_M))  # also what is not a number
    if wrong.any():
        at = _first(wrong)
        raise ValueError(f"lengths_m: number {at} is {array[at]}, not more than 0 to {LENGTH_MAX_M:.0f}")
    lengths_mm: Whole = np.maximum(1, np.rint(array * MM_PER_M)).astype(np.int64)
    return lengths_mm


def _count(name: str, given: int, limit: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not 1 <= given <= limit:
        raise ValueError(f"{name}: {given!r} is not a whole number from 1 to {limit}")
    return int(given)


def _first(which: npt.NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(which)[0])


def _placed(latitude_e7deg: int, longitude_e7deg: int) -> tuple[int, int]:
    """The place, -180 degrees being 180."""
    return latitude_e7deg, TURN_E7DEG // 2 if longitude_e7deg == -TURN_E7DEG // 2 else longitude_e7deg


@lru_cache(LENGTHS_KEPT_MAX)
def _length_m(one: tuple[int, int], other: tuple[int, int]) -> float:
    return geodesy.distance_m(
        *(deg_from_e7deg(angle_e7deg) for place in (one, other) for angle_e7deg in place)
    )
