"""Reach: which authorities must accept an object, so that of two in conflict some authority sees both.

S is the largest minimum that any rule of the agreement can give. An object is put to the authority of every
share that its volume comes to within S/2, closed; where the volume so widened meets UNALLOTTED sky, to that
of every share within S. `decisions/0030-reach.md` proves that this is enough.

Heights over two datums cannot be halved alike, so a share over another datum than the volume's is reached
within all of S vertically, between the bands that may hold them.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypedDict

import msgspec
import numpy as np
import numpy.typing as npt

from mamarr.airspace import allotment
from mamarr.airspace.allotment import Crossing, PreparedShare
from mamarr.airspace.shares import SHARES_MAX, Share
from mamarr.conflicts import Minima, Prepared, conflict, prepare
from mamarr.geometry import Datum, Footprint, Shape, Volume, footprints
from mamarr.geometry.altitude import ellipsoid_band_mm
from mamarr.geometry.footprints import EARTH_RADIUS_M, MERIDIAN_RADIUS_MAX_M, VERTEX_BYTES
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM, TIME_LAST_MS

WGS84_A_M = 6_378_137.0  # NGA.STND.0036: semi-major axis
WGS84_ECCENTRICITY2_RATIO = 0.006_694_379_990_141_317  # NGA.STND.0036: f (2 - f) with f = 1/298.257223563
MERIDIAN_RADIUS_MIN_M = 6_335_000.0  # a (1 - e2) = 6,335,439 m at the equator, rounded down
SLACK_RAD = 1e-6  # as of `allotment`: what an angle near 0 loses in its cosine

LATERAL_SPARE_MM = 100  # two errors of `conflict`, 10 mm up to 300 km, and SLIVER_M
ROUNDING_MM = 10  # more than half-open ends and the rounding of bands lose, 1 mm each
BESIDE_M = 0.03  # chosen: 2 cm, as far as `allotment` takes to an edge, and half of its shortest piece
SLIVER_M = 0.05  # the corners of what is looked at beside an edge: BESIDE_M times the root of 2, and rounding
CURVE_M = 1.0  # more than an edge rises over the chords of `conflicts`
FINE_M = 50.0  # chosen: how much farther than asked an edge is looked at, at most
LONG_M = 200_000.0  # chosen: a line beside a longer piece strays from it
SPLIT_PARTS = 8
PIECES_MAX = 20_000  # chosen: 1,000 km of edges beside the rim, each 50 m; beyond it nothing is proved
SIDES_MAX = 64  # chosen: of boxes, looked at together: few shares come near them, and the first may tell
CELLS_MAX = 200_000  # chosen: pairs looked at together, 2 MB a number of each
LINES_REMEMBERED_MAX = 4_096  # as of `conflicts`: corridors are flown, and again and again
SKIES_REMEMBERED_MAX = 4  # chosen: one map is asked again and again; 32 bytes a share

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Held = tuple[int, int, tuple[tuple[int, int], ...]]  # levels and times, as of `allotment.held`


# --- what may be asked ------------------------------------------------------------------------------------


def reached(volume: Volume, shares: Sequence[PreparedShare], largest: Minima) -> tuple[str, ...]:
    """Which authorities must accept `volume`: in the order of their ids, each once.

    volume: its footprint `footprints.checked`. shares: all there are; the same tuple again is quickest.
    largest: the largest minimum of each kind that any rule can give. Cost: a little with all shares, then as
    `conflict` with those in whose caps the volume comes when widened, then as `is_allotted`.
    """
    half = _closed(largest, parts=2)
    near = _near(volume.footprint, shares, _closed(largest).lateral_mm)
    looked = half
    if any(each.share.datum is not volume.datum for each in near):
        looked = msgspec.structs.replace(half, vertical_mm=_closed(largest).vertical_mm)
    ground = _ground(volume.footprint)
    by = half if _is_held(volume, ground, near, looked) else _closed(largest)
    across_mm = _closed(largest).vertical_mm
    return tuple(
        sorted(
            {
                each.share.authority
                for each in near
                if _meets_times(volume, each, by.time_ms)
                and _meets_levels(volume, each, by.vertical_mm, across_mm)
                and _meets_ground(ground, each, by.lateral_mm)
            }
        )
    )


def is_allotted(volume: Volume, shares: Sequence[PreparedShare]) -> bool:
    """Whether all of `volume` lies in shares: its footprint with its radius, at its levels and times.

    Never True when a point of it is SLIVER_M from every share that holds its level and time; in a tip or neck
    of a polygon without a radius that is no wider, it may be. False though it lies in shares when it comes
    nearer than FINE_M and a little to sky that does not; a polygon without a radius may lie on the very edge.
    A share over another datum holds the levels as of `allotment`.

    Cost: a little with all shares; with the corners of those in whose caps the volume comes, times the
    vertices of the volume for the edges near it. Where such an edge is no common edge of two shares that hold
    the same levels and times, with the corners of all those shares times the pieces of such edges; some
    hundred edges of a border cost as many milliseconds.
    """
    return _is_held(volume, _ground(volume.footprint), _near(volume.footprint, shares, 0), Minima())


# --- what a widened volume meets --------------------------------------------------------------------------


def _closed(largest: Minima, parts: int = 1) -> Minima:
    """`largest` by `parts`, rounded up, with what is lost by rounding: to be compared closed."""
    return Minima(
        lateral_mm=-(-largest.lateral_mm // parts) + LATERAL_SPARE_MM,
        vertical_mm=-(-largest.vertical_mm // parts) + ROUNDING_MM,
        time_ms=-(-largest.time_ms // parts),
    )


def _meets_times(volume: Volume, ready: PreparedShare, more_ms: int) -> bool:
    """Whether a window of the share is no farther from the volume's time than `more_ms`."""
    return any(
        start_ms <= volume.time_end_ms + more_ms and volume.time_start_ms - more_ms <= end_ms
        for start_ms, end_ms in ready.windows
    )


def _meets_levels(volume: Volume, ready: PreparedShare, more_mm: int, across_mm: int) -> bool:
    """Whether levels are no farther apart than `more_mm`; over two datums, their bands than `across_mm`."""
    share = ready.share
    if share.datum is volume.datum:
        low_mm, high_mm = volume.lower_mm - more_mm, volume.upper_mm + more_mm
        return share.lower_mm <= high_mm and low_mm <= share.upper_mm
    low_mm, high_mm = ellipsoid_band_mm(volume.datum, volume.lower_mm, volume.upper_mm)
    return ready.may_mm[0] <= high_mm + across_mm and low_mm - across_mm <= ready.may_mm[1]


def _meets_ground(ground: Prepared, ready: PreparedShare, more_mm: int) -> bool:
    """Whether the footprint comes nearer to the share than `more_mm`."""
    return conflict(ground, _land(ready.share.footprint), Minima(lateral_mm=more_mm, vertical_mm=1))


def _ground(footprint: Footprint) -> Prepared:
    """A footprint at all levels and times."""
    return prepare(
        Volume(
            footprint=footprint,
            datum=Datum.WGS84,
            lower_mm=ALTITUDE_LOWEST_MM,
            upper_mm=ALTITUDE_HIGHEST_MM,
            time_start_ms=0,
            time_end_ms=TIME_LAST_MS,
        )
    )


_land = lru_cache(SHARES_MAX)(_ground)  # of shares, which are asked again and again


def _near(footprint: Footprint, shares: Sequence[PreparedShare], more_mm: int) -> list[PreparedShare]:
    """The shares whose caps the footprint comes into when it is `more_mm` wider."""
    if not shares:
        return []
    every = tuple(shares)
    centres, reach_rad = _caps(every)
    centre, own_rad = _cap(footprint.vertices)
    apart_rad = np.arccos(np.minimum(centres @ centre, 1.0)) - reach_rad
    within_rad = own_rad + (footprint.radius_mm + more_mm) / 1_000 / MERIDIAN_RADIUS_MIN_M + SLACK_RAD
    return [every[at] for at in np.flatnonzero(apart_rad <= within_rad)]


@lru_cache(SKIES_REMEMBERED_MAX)
def _caps(shares: tuple[PreparedShare, ...]) -> tuple[Array, Array]:
    """(N, 3) and (N,): the centre of each share and how far its corners reach."""
    return np.array([each.centre for each in shares]), np.array([each.reach_rad for each in shares])


@lru_cache(LINES_REMEMBERED_MAX)
def _cap(vertices: bytes) -> tuple[Array, float]:
    """(3,) and an angle: a centre of the vertices and how far they reach from it."""
    places = footprints.directions(vertices)
    centre = footprints.centred(places)
    return centre, float(np.arccos(min(1.0, float((places @ centre).min()))))


# --- whether all of it is allotted ------------------------------------------------------------------------
#
# Take a level and a moment, and let N be all that lies in the narrow boxes about the edges, near the widened
# footprint, of the shares that hold them. If some place of the footprint outside N is in no such share, go
# from it inside the footprint to the first vertex, which is in one. The way crosses no edge before it enters
# N, and it must cross one; so where it enters N, on the side of a box and at least BESIDE_M from every edge,
# it is still in no share. So if the first vertex and all sides of boxes are held, every place is, or lies in
# N, that is nearer than SLIVER_M to a share that holds the level and the moment. An edge with another share
# on its other side that holds the same levels and times bounds nothing and needs no box.
#
# An area without a radius may lie on the edge of a share, so what is outside of it is not asked for. Then a
# side may be in it for less than `allotment` sees, where the area is a tip or a neck. But what is in no share
# is bounded by sides and by the area's own edges, so those are asked for too.


class Block(TypedDict):
    """Levels, both ends in it, and times, half-open: what `allotment` asks for."""

    datum: Datum
    lower_mm: int
    upper_mm: int
    time_start_ms: int
    time_end_ms: int


class _Edges(NamedTuple):
    """Edges of shares or pieces of them: (N, 3) each, their ends, and their normals as of PreparedShare."""

    starts: Array
    ends: Array
    normals: Array

    def of(self, chosen: npt.NDArray[np.bool_] | Indices) -> "_Edges":
        """Some of them."""
        return _Edges(self.starts[chosen], self.ends[chosen], self.normals[chosen])


class _Chords:
    """Straight lines in space, Earth-centred: what edges of at most 3,000 km each way are over.

    rise_m: (N,) how far an edge rises over its chord, at most: by the circle of the least curvature radius,
    h = r - sqrt(r2 - c2 / 4), less than c2 / 6 r up to the longest chord.
    """

    def __init__(self, starts_m: Array, ends_m: Array) -> None:
        self.origin_m = starts_m[0]  # small numbers lose less
        self.starts_m = starts_m - self.origin_m
        self.steps_m = ends_m - starts_m
        self.length2_m2 = np.maximum((self.steps_m * self.steps_m).sum(axis=1), 1e-12)
        self.rise_m = self.length2_m2 / (6 * MERIDIAN_RADIUS_MIN_M)
        self.ahead_m2 = (self.starts_m * self.steps_m).sum(axis=1)
        self.off_m2 = (self.starts_m * self.starts_m).sum(axis=1)

    def away_m(self, points_m: Array) -> Array:
        """(P, N) the straight distance of each of P points from each chord.

        Source: the point of s + t u nearest to p has t = (p - s).u / u.u, held to 0..1.
        """
        here_m = points_m - self.origin_m
        along_m2 = here_m @ self.steps_m.T - self.ahead_m2
        ratio = np.clip(along_m2 / self.length2_m2, 0, 1)
        apart2_m2 = (here_m * here_m).sum(axis=1)[:, None] - 2 * here_m @ self.starts_m.T + self.off_m2
        apart2_m2 += ratio * (ratio * self.length2_m2 - 2 * along_m2)
        return np.asarray(np.sqrt(np.maximum(apart2_m2, 0)))

    def nearest_m(self, points_m: Array) -> Array:
        """(P,) the straight distance of each of P points from the nearest chord."""
        count = max(1, CELLS_MAX // len(self.starts_m))
        parts = range(0, len(points_m), count)
        return np.concatenate([self.away_m(points_m[at : at + count]).min(axis=1) for at in parts])


def _is_held(volume: Volume, ground: Prepared, near: Sequence[PreparedShare], by: Minima) -> bool:
    """Whether `volume`, widened by `by`, lies in shares, as of `is_allotted`."""
    block = _block(volume, by)
    if block["lower_mm"] > block["upper_mm"]:
        return False  # above all shares
    looked_mm = by.lateral_mm + round(2_000 * FINE_M)
    parts = [
        (each, part)
        for each in near
        if (part := allotment.held(each, **block)) is not None and _meets_ground(ground, each, looked_mm)
    ]
    holding = [each for each, _ in parts]
    first = allotment.crossing(volume.footprint.vertices[:VERTEX_BYTES], holding)
    if not allotment.allotted(first, **block).is_covered:
        return False
    footprint = volume.footprint
    radius_m = (footprint.radius_mm + by.lateral_mm) / 1_000
    edges = _bounding(parts, ground, radius_m)
    if not len(edges.starts):
        return True
    own = _area(footprint) if footprint.shape is Shape.POLYGON else None
    if own is not None and not radius_m:
        rim = _edges(own)
        if not _are_held(rim.starts, rim.ends, holding, None, block):
            return False
    pieces = _pieces(edges, ground, radius_m, own)
    if pieces is None:
        return False
    if not len(pieces.starts):
        return True
    starts, ends = _boxes(pieces)
    return _are_held(starts, ends, holding, own if not radius_m else None, block)


def _block(volume: Volume, by: Minima) -> Block:
    """The levels and times of a volume, widened, within those that any volume may have.

    Its levels are whole millimetres, of which the upper is not in it unless it is the only one.
    """
    highest_mm = max(volume.lower_mm, volume.upper_mm - 1)
    return Block(
        datum=volume.datum,
        lower_mm=max(ALTITUDE_LOWEST_MM, volume.lower_mm - by.vertical_mm),
        upper_mm=min(ALTITUDE_HIGHEST_MM - 1, highest_mm + by.vertical_mm),
        time_start_ms=max(0, volume.time_start_ms - by.time_ms),
        time_end_ms=min(TIME_LAST_MS, volume.time_end_ms + by.time_ms),
    )


def _area(footprint: Footprint) -> PreparedShare:
    """The area of a polygon without its radius, as a share, so that it can be asked what is inside."""
    return allotment.prepared(
        Share(
            share_id="area",
            authority="none",
            footprint=msgspec.structs.replace(footprint, radius_mm=0),
            datum=Datum.WGS84,
            lower_mm=ALTITUDE_LOWEST_MM,
            upper_mm=ALTITUDE_HIGHEST_MM,
        )
    )


def _bounding(parts: Sequence[tuple[PreparedShare, Held]], ground: Prepared, radius_m: float) -> _Edges:
    """The edges of shares that come into the ball about the footprint, without those that bound nothing."""
    found: list[_Edges] = []
    sides: dict[tuple[bytes, bytes, Held], set[bool]] = {}
    keys: list[tuple[tuple[bytes, bytes, Held], bool]] = []
    for ready, part in parts:
        edges, chords = _outline(ready)
        away_m = chords.away_m(ground.place[None, :3])[0] - chords.rise_m
        near = np.flatnonzero(away_m <= ground.place[3] + radius_m + CURVE_M)
        if not len(near):
            continue
        found.append(edges.of(near))
        packed, is_left = ready.share.footprint.vertices, _is_left(ready)
        for at in near.tolist():
            start = packed[at * VERTEX_BYTES : (at + 1) * VERTEX_BYTES]
            end = packed[(at + 1) * VERTEX_BYTES : (at + 2) * VERTEX_BYTES] or packed[:VERTEX_BYTES]
            key, side = ((start, end, part), is_left) if start < end else ((end, start, part), not is_left)
            sides.setdefault(key, set()).add(side)
            keys.append((key, side))
    if not found:
        return _Edges(*np.empty((3, 0, 3)))
    bounds = np.array([len(sides[key]) == 1 for key, _ in keys])
    return _Edges(*(np.concatenate(each) for each in zip(*found, strict=True))).of(bounds)


@lru_cache(SHARES_MAX)
def _outline(ready: PreparedShare) -> tuple[_Edges, _Chords]:
    """The edges of a share, and the chords that each is over."""
    edges = _edges(ready)
    return edges, _Chords(_on_ellipsoid_m(edges.starts), _on_ellipsoid_m(edges.ends))


def _edges(ready: PreparedShare) -> _Edges:
    """The edges of a share."""
    corners = ready.edges[:, 0]
    return _Edges(corners, np.roll(corners, -1, axis=0), ready.edges[:, 1])


@lru_cache(SHARES_MAX)
def _is_left(ready: PreparedShare) -> bool:
    """Whether the area of a share lies left of its edges: the sign of its area in the gnomonic plane."""
    corners = ready.edges[:, 0]
    following = np.roll(corners, -1, axis=0)
    twice = (np.cross(corners, following) @ ready.centre) / (
        (corners @ ready.centre) * (following @ ready.centre)
    )
    return bool(twice.sum() > 0)


def _pieces(edges: _Edges, ground: Prepared, radius_m: float, own: PreparedShare | None) -> _Edges | None:
    """What of `edges` comes within `radius_m` of a footprint, and up to FINE_M more; None when too many.

    own: its area, when it has one: what is inside comes within. Each edge is split until a piece lies within,
    is short, or is too far away; beside an area without radius it is not, as what is outside is left out.
    """
    kept: list[_Edges] = []
    chain_m, following_m = ground.points, np.roll(ground.points, -1, axis=0)
    count = len(chain_m) if own is not None or len(chain_m) == 1 else len(chain_m) - 1
    chords = _Chords(chain_m[:count], following_m[:count])
    short_m = FINE_M / 2 if own is None or radius_m else LONG_M
    while len(edges.starts):
        if len(edges.starts) > PIECES_MAX:
            return None
        middles, half_m = _middles(edges), _half_m(edges)
        away_m = chords.nearest_m(_on_ellipsoid_m(middles))
        comes = away_m <= radius_m + half_m + CURVE_M
        within = (away_m + half_m <= radius_m) | (half_m <= short_m)
        if own is not None:
            is_inside = allotment.inside(own, middles)
            comes |= is_inside
            within |= is_inside & (away_m > half_m + CURVE_M)
        done = comes & within & (half_m <= LONG_M)
        kept.append(edges.of(done))
        edges = _split(edges.of(comes & ~done))
    return _Edges(*(np.concatenate(each) for each in zip(*kept, strict=True))) if kept else edges


def _split(edges: _Edges) -> _Edges:
    """Each edge in SPLIT_PARTS."""
    ratio = (np.arange(SPLIT_PARTS + 1) / SPLIT_PARTS)[None, :, None]
    cuts = edges.starts[:, None] * (1 - ratio) + edges.ends[:, None] * ratio
    cuts /= np.sqrt((cuts * cuts).sum(axis=2))[:, :, None]
    return _Edges(
        cuts[:, :-1].reshape(-1, 3), cuts[:, 1:].reshape(-1, 3), np.repeat(edges.normals, SPLIT_PARTS, axis=0)
    )


def _boxes(pieces: _Edges) -> tuple[Array, Array]:
    """(4 N, 3) each: starts and ends of the sides of boxes, BESIDE_M larger than `pieces` all round."""
    by_rad = BESIDE_M / EARTH_RADIUS_M
    aside = pieces.normals * by_rad
    first = pieces.starts - np.cross(pieces.normals, pieces.starts) * by_rad
    last = pieces.ends + np.cross(pieces.normals, pieces.ends) * by_rad
    ring = np.stack((first - aside, last - aside, last + aside, first + aside))
    ring /= np.sqrt((ring * ring).sum(axis=2))[:, :, None]
    return ring.reshape(-1, 3), np.roll(ring, -1, axis=0).reshape(-1, 3)


def _are_held(
    starts: Array, ends: Array, holding: Sequence[PreparedShare], own: PreparedShare | None, block: Block
) -> bool:
    """Whether shares hold all of `block` along edges; own: an area outside of which they need not."""
    centres, reach_rad = np.array([each.centre for each in holding]), np.array([e.reach_rad for e in holding])
    corners = sum(len(each.edges) for each in holding) + (len(own.edges) if own is not None else 0)
    count = max(1, min(SIDES_MAX, CELLS_MAX // corners))
    for at in range(0, len(starts), count):
        sides = np.concatenate((starts[at : at + count], ends[at : at + count]))
        middle = footprints.centred(sides)
        within_rad = np.arccos(min(1.0, float((sides @ middle).min()))) + SLACK_RAD
        comes = np.arccos(np.minimum(centres @ middle, 1.0)) - reach_rad <= within_rad
        near = [holding[chosen] for chosen in np.flatnonzero(comes).tolist()]
        areas = [*near, own] if own is not None else near
        if not areas:
            return False
        way = allotment.between(starts[at : at + count], ends[at : at + count], areas)
        if own is not None:
            way = _within(way)
        if not allotment.allotted(way, **block).is_covered:
            return False
    return True


def _within(way: Crossing) -> Crossing:
    """The part of a way that is inside its last share, and that share left out."""
    last = len(way.shares) - 1
    runs = (
        ([at for at in inside if at != last], touching) for inside, touching in way.runs if last in inside
    )
    return Crossing(
        shares=way.shares[:last], runs=tuple((tuple(inside), touching) for inside, touching in runs)
    )


# --- distances --------------------------------------------------------------------------------------------


def _middles(edges: _Edges) -> Array:
    """(N, 3) unit vectors."""
    sums = edges.starts + edges.ends
    return np.asarray(sums / np.sqrt((sums * sums).sum(axis=1))[:, None])


def _half_m(edges: _Edges) -> Array:
    """(N,) half the length of each, at most."""
    step = edges.ends - edges.starts
    return np.asarray(np.arcsin(np.sqrt((step * step).sum(axis=1)) / 2) * MERIDIAN_RADIUS_MAX_M)


def _on_ellipsoid_m(places: Array) -> Array:
    """(N, 3) Earth-centred points of unit vectors of geodetic latitude and longitude, as of `conflicts`."""
    across_m = WGS84_A_M / np.sqrt(1 - WGS84_ECCENTRICITY2_RATIO * places[:, 2] ** 2)
    return np.asarray(
        places * across_m[:, None] * np.array((1.0, 1.0, 1 - WGS84_ECCENTRICITY2_RATIO))[None, :]
    )
