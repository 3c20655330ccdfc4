"""Parts of the Earth's surface: polygons, circles and paths with a width, in whole 1e-7 degrees."""

import math
import struct
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import chain

import msgspec
import numpy as np
import numpy.typing as npt

LATITUDE_MAX_E7DEG = 900_000_000
LONGITUDE_MAX_E7DEG = 1_800_000_000
VERTICES_MAX = 10_000  # chosen: a checked polygon costs under a second; national borders have a few thousand
CHECKED_REMEMBERED_MAX = 256  # chosen: outlines that are asked for again and again, at most 80 kB each
RADIUS_MIN_MM = 1_000  # chosen: below a metre no aircraft fits, and rounding (11 mm) is no longer small
CIRCLE_RADIUS_MAX_MM = 3_000_000_000  # chosen: 3,000 km, as for the corners of the other shapes
WIDTH_MAX_MM = 1_000_000_000  # chosen: 1,000 km about a path or an area; more is a slip of units
POLYGON_RADIUS_MAX_M = 3_000_000.0  # chosen: wider than any region of one authority, well inside a hemisphere
POLYGON_WIDTH_MIN_M = 0.01  # chosen: one step of the coordinates; a thinner area is a line
TOUCH_M = 0.001  # chosen: nearer is touching; a tenth of a coordinate's step, a million rounding errors
BOX_EXCESS_MAX_MM = 70  # 50 by `PARALLEL_BULGE_MAX_M`, 11 by rounding to 1e-7 degree, the rest spare
PARALLEL_BULGE_MAX_M = 0.05  # chosen: one corner in 2 km at 45 degrees, at most 8,000 corners in a box

VERTEX_BYTES = 8  # two int32
EARTH_RADIUS_M = 6_371_008.8  # mean radius of WGS-84, (2a + b) / 3
MERIDIAN_RADIUS_MAX_M = 6_400_000.0  # a2 / b = 6,399,594 m at the poles, rounded up
TURN_E7DEG = 2 * LONGITUDE_MAX_E7DEG
KNOWN_MAX = 8_192  # chosen: the lines of a region's corridors; at most 8 MB
KNOWN_BYTES_MAX = 1_024  # a corridor's segment has some hundred bytes; larger ones are looked at each time
BLOCK_EDGES = 256  # edges compared at once: 256 x 256 float64 is half a megabyte, inside a core's cache


class Shape(StrEnum):
    """What the vertices of a footprint are.

    POLYGON: corners of a filled area, closed by itself, edges are great circles on geodetic coordinates.
    Of the two sides of the boundary the smaller is the area, whichever way round its corners are given.
    With a radius, the footprint is all that lies within it of the area.
    PATH: corners of a line of such edges; the footprint is all that lies within its radius of the line.
    CIRCLE: one vertex, the centre; the footprint is all that lies within its radius of it.
    """

    POLYGON = "POLYGON"
    PATH = "PATH"
    CIRCLE = "CIRCLE"


class Footprint(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A part of the Earth's surface.

    vertices: packed, four bytes little-endian each, latitude then longitude, in 1e-7 degree. radius_mm: of a
    CIRCLE (1 m to 3,000 km), half the width of a PATH (1 m to 1,000 km), by how much the area of a POLYGON is
    widened (0 to 1,000 km); in millimetres along the WGS-84 ellipsoid.

    ValueError when a number of vertices, a coordinate or the radius is out of range. Whether the vertices
    make sense together is asked by `checked`, once, where a footprint comes in.
    """

    shape: Shape
    vertices: bytes
    radius_mm: int = 0

    def __post_init__(self) -> None:
        in_range = _in_range if len(self.vertices) <= KNOWN_BYTES_MAX else _in_range.__wrapped__
        in_range(self.shape, self.vertices, self.radius_mm)


@lru_cache(KNOWN_MAX)
def _in_range(shape: Shape, vertices: bytes, radius_mm: int) -> None:
    """ValueError unless they can be a footprint; remembered, as corridors are flown again and again."""
    count, rest = divmod(len(vertices), VERTEX_BYTES)
    if rest:
        raise ValueError(f"vertices are {VERTEX_BYTES} bytes each; {rest} bytes are left over")
    _counted(shape, count)
    flat = struct.unpack(f"<{2 * count}i", vertices)
    latitudes_e7deg, longitudes_e7deg = flat[::2], flat[1::2]
    if not -LATITUDE_MAX_E7DEG <= min(latitudes_e7deg) <= max(latitudes_e7deg) <= LATITUDE_MAX_E7DEG:
        raise ValueError(f"latitude is beyond 90 degrees at vertex {_beyond(latitudes_e7deg)}")
    if not -LONGITUDE_MAX_E7DEG <= min(longitudes_e7deg) <= max(longitudes_e7deg) <= LONGITUDE_MAX_E7DEG:
        raise ValueError(f"longitude is beyond 180 degrees at vertex {_beyond(longitudes_e7deg)}")
    low_mm = 0 if shape is Shape.POLYGON else RADIUS_MIN_MM
    high_mm = CIRCLE_RADIUS_MAX_MM if shape is Shape.CIRCLE else WIDTH_MAX_MM
    if not low_mm <= radius_mm <= high_mm:
        raise ValueError(f"radius {radius_mm} mm of a {shape} is not {low_mm} to {high_mm} mm")


def polygon(points: Sequence[tuple[int, int]], *, radius_mm: int = 0) -> Footprint:
    """The area inside `points`: (latitude, longitude) in 1e-7 degree, the first not repeated at the end.

    Either way round; the smaller side is meant. ValueError as `Footprint`; not yet `checked`.
    """
    return Footprint(shape=Shape.POLYGON, vertices=packed(points), radius_mm=radius_mm)


def circle(centre: tuple[int, int], radius_mm: int) -> Footprint:
    """All within `radius_mm` of `centre`, (latitude, longitude) in 1e-7 degree. ValueError as `Footprint`."""
    return Footprint(shape=Shape.CIRCLE, vertices=packed([centre]), radius_mm=radius_mm)


def path(points: Sequence[tuple[int, int]], half_width_mm: int) -> Footprint:
    """All within `half_width_mm` of the line along `points`, (latitude, longitude) in 1e-7 degree.

    Edges are taken as they are, great circles on geodetic coordinates; a route's geodesics are densified
    before (`geodesy.densified`). ValueError as `Footprint`; not yet `checked`.
    """
    return Footprint(shape=Shape.PATH, vertices=packed(points), radius_mm=half_width_mm)


def box(south_e7deg: int, north_e7deg: int, west_e7deg: int, east_e7deg: int) -> Footprint:
    """The polygon about the box between two parallels and two meridians, in 1e-7 degree.

    West greater than east crosses the antimeridian; -180 to 180 degrees is the whole turn, then one parallel
    must be a pole. The meridians are exact. A parallel is no great circle: it is followed by short edges, so
    that the polygon contains the box and exceeds it by at most BOX_EXCESS_MAX_MM, beyond the parallels only.
    So two boxes that share a parallel overlap by up to twice that; two that share a meridian do not.

    ValueError when the box is empty, out of range, a ring around the Earth, or larger than `checked` allows.
    """
    return checked(box_unchecked(south_e7deg, north_e7deg, west_e7deg, east_e7deg))


def box_unchecked(south_e7deg: int, north_e7deg: int, west_e7deg: int, east_e7deg: int) -> Footprint:
    """As `box`, but not yet `checked`, which is most of a large one's cost: for sides known to be fit."""
    if not -LATITUDE_MAX_E7DEG <= south_e7deg < north_e7deg <= LATITUDE_MAX_E7DEG:
        raise ValueError("south is not below north, or beyond the pole")
    if not all(-LONGITUDE_MAX_E7DEG <= side <= LONGITUDE_MAX_E7DEG for side in (west_e7deg, east_e7deg)):
        raise ValueError("longitude is beyond 180 degrees")
    turned_e7deg = east_e7deg - west_e7deg
    if turned_e7deg in (0, -TURN_E7DEG):
        raise ValueError("longitude west is longitude east: the box is empty")
    whole = turned_e7deg == TURN_E7DEG
    sides = [(south_e7deg, True), (north_e7deg, False)]
    polar = [abs(side) == LATITUDE_MAX_E7DEG for side, _ in sides]
    if all(polar) or (whole and not any(polar)):
        raise ValueError("a box from pole to pole, or a ring around the Earth, has no inside as a polygon")
    if whole:  # the pole lies inside; the parallel alone is the boundary
        sides = [side for side, is_pole in zip(sides, polar, strict=True) if not is_pole]
    runs = [
        _parallel(side_e7deg, west_e7deg, turned_e7deg % TURN_E7DEG or TURN_E7DEG, inside_north=inside_north)
        for side_e7deg, inside_north in sides
    ]
    corners = runs[0][:-1] if whole else [*runs[0], *reversed(runs[1])]
    return polygon(corners)


def points(footprint: Footprint) -> list[tuple[int, int]]:
    """The vertices, (latitude, longitude) in 1e-7 degree."""
    return unpacked(footprint.vertices)


def unpacked(vertices: bytes) -> list[tuple[int, int]]:
    """Packed vertices as (latitude, longitude) in 1e-7 degree; the opposite of `packed`."""
    return list(struct.iter_unpack("<2i", vertices))


def packed(corners: Sequence[tuple[int, int]]) -> bytes:
    """`corners`, (latitude, longitude) in 1e-7 degree, as the vertices of a `Footprint`.

    ValueError when one is not two whole numbers that fit.
    """
    try:
        return struct.pack(f"<{2 * len(corners)}i", *chain.from_iterable(corners))
    except struct.error:
        raise ValueError("a vertex is not two whole numbers of 1e-7 degree, within +-180 degrees") from None


def directions(vertices: bytes) -> npt.NDArray[np.float64]:
    """(N, 3) unit vectors of the geodetic coordinates of packed vertices: north pole z, Greenwich x."""
    corners_rad = np.radians(np.frombuffer(vertices, dtype="<i4").reshape(-1, 2) / 1e7)
    across = np.cos(corners_rad[:, 0])
    return np.column_stack(
        (across * np.cos(corners_rad[:, 1]), across * np.sin(corners_rad[:, 1]), np.sin(corners_rad[:, 0]))
    )


def centred(sphere: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The direction of the middle of the box in space that unit vectors (N, 3) fill: the centre.

    Unlike their mean it does not move when an edge is densified. (3,), zero when there is none.
    """
    middle = (sphere.min(axis=0) + sphere.max(axis=0)) / 2
    norm_ratio = float(np.sqrt(middle @ middle))
    return np.asarray(middle / norm_ratio if norm_ratio > 1e-3 else np.zeros(3))


def widened(footprint: Footprint, lateral_mm: int) -> Footprint:
    """All that lies within `lateral_mm` of the footprint, along the WGS-84 ellipsoid.

    ValueError when `lateral_mm` is negative or the radius becomes larger than `Footprint` allows.
    """
    if lateral_mm < 0:
        raise ValueError(f"a footprint cannot be widened by {lateral_mm} mm")
    return msgspec.structs.replace(footprint, radius_mm=footprint.radius_mm + lateral_mm)


def checked(footprint: Footprint) -> Footprint:
    """The same footprint, when its vertices make sense together; ValueError says where they do not.

    Every vertex of a POLYGON or PATH lies within POLYGON_RADIUS_MAX_M of its centre (`centred`), so that the
    whole lies in a cap of 27 degrees: no edge reaches 180 degrees, none joins antipodes, the smaller side of
    a boundary is plain, and the gnomonic plane about the centre shows each edge as a straight line, at the
    poles and the antimeridian too. Vertices that follow each other are TOUCH_M or more apart. Beyond that a
    path may cross itself; a polygon's edges neither cross nor come nearer to each other than TOUCH_M, save
    at the corner they share, and its area is not a line: twice the area by the length of the boundary, which
    is the width of a long strip, is at least POLYGON_WIDTH_MIN_M. Lengths are those of the gnomonic plane:
    exact at the centre, 26 % too long at 3,000 km from it.
    """
    if footprint.shape is not Shape.CIRCLE:
        _fit_together(footprint.shape, footprint.vertices)
    return footprint


@lru_cache(CHECKED_REMEMBERED_MAX)
def _fit_together(shape: Shape, vertices: bytes) -> None:
    """ValueError where vertices do not make sense together, as of `checked`.

    Those that do are remembered: one outline is asked for at many levels and times, and decided on again.
    """
    plane_m = _gnomonic_m(vertices)
    closed = shape is Shape.POLYGON
    following_m = np.roll(plane_m, -1, axis=0) if closed else plane_m[1:]
    step_m = following_m - plane_m[: len(following_m)]
    length_m = np.hypot(step_m[:, 0], step_m[:, 1])
    short = np.flatnonzero(length_m < TOUCH_M)
    if short.size:
        at = int(short[0])
        if closed and at == len(plane_m) - 1:
            raise ValueError(f"vertex {at} repeats the first: a polygon closes by itself")
        raise ValueError(f"vertex {at + 1} repeats the one before it")
    if closed:
        _wide(plane_m, following_m, float(length_m.sum()))
        _simple(plane_m, step_m / length_m[:, None], length_m)


def _counted(shape: Shape, count: int) -> None:
    """ValueError when a shape cannot have so many vertices."""
    if shape is Shape.CIRCLE:
        if count != 1:
            raise ValueError(f"a circle has one vertex, its centre, not {count}")
        return
    least = 3 if shape is Shape.POLYGON else 2
    if not least <= count <= VERTICES_MAX:
        raise ValueError(f"a {shape} has {least} to {VERTICES_MAX} vertices, not {count}")


def _beyond(values_e7deg: Sequence[int]) -> int:
    """The index of the value farthest from 0."""
    return max(range(len(values_e7deg)), key=lambda index: abs(values_e7deg[index]))


def _parallel(
    latitude_e7deg: int, west_e7deg: int, turned_e7deg: int, *, inside_north: bool
) -> list[tuple[int, int]]:
    """Corners along a parallel, eastward, whose edges leave the box on their side and hug the parallel.

    An edge between two corners bulges towards its pole. Where that is out of the box the corners lie on the
    parallel; where it is into the box they lie nearer to the equator, so that the edge's summit is on it:
    tan(corner) = tan(parallel) cos(half the step). The bulge is R sin(2 latitude) step^2 / 16.
    """
    latitude_rad = math.radians(latitude_e7deg / 1e7)
    if abs(latitude_e7deg) == LATITUDE_MAX_E7DEG:
        return [(latitude_e7deg, west_e7deg)]
    curved_m = MERIDIAN_RADIUS_MAX_M * abs(math.sin(2 * latitude_rad)) / 16
    step_rad = min(math.sqrt(PARALLEL_BULGE_MAX_M / curved_m) if curved_m else math.inf, math.pi / 3)
    steps = math.ceil(math.radians(turned_e7deg / 1e7) / step_rad)
    if steps > VERTICES_MAX:
        raise ValueError(f"the box needs more than {VERTICES_MAX} corners")
    bulges_out = (latitude_e7deg < 0) == inside_north
    corner_e7deg = latitude_e7deg
    if latitude_e7deg and not bulges_out:
        half_rad = math.radians((turned_e7deg / steps + 1) / 1e7) / 2  # one unit more, for rounded longitudes
        lowered_deg = math.degrees(math.atan(math.tan(abs(latitude_rad)) * math.cos(half_rad)))
        corner_e7deg = math.floor(lowered_deg * 1e7) * (1 if latitude_e7deg > 0 else -1)
    return [(corner_e7deg, _wrapped(west_e7deg + turned_e7deg * step // steps)) for step in range(steps + 1)]


def _wrapped(longitude_e7deg: int) -> int:
    return longitude_e7deg - TURN_E7DEG if longitude_e7deg > LONGITUDE_MAX_E7DEG else longitude_e7deg


def _gnomonic_m(vertices: bytes) -> npt.NDArray[np.float64]:
    """The vertices (N, 2), in metres, in the gnomonic plane about their centre: edges are straight there.

    ValueError when a vertex is farther than POLYGON_RADIUS_MAX_M from the centre.
    Source: x = p.e / p.c for a unit vector p, the centre c and e, a unit vector at right angles to it.
    """
    sphere = directions(vertices)
    centre = centred(sphere)
    towards = sphere @ centre
    if not towards.min() >= math.cos(POLYGON_RADIUS_MAX_M / EARTH_RADIUS_M):
        at = int(np.argmin(towards))
        raise ValueError(f"vertex {at} is more than {POLYGON_RADIUS_MAX_M / 1000:.0f} km from the centre")
    axis = np.eye(3)[int(np.argmin(np.abs(centre)))]
    first = np.cross(centre, axis)
    first /= np.sqrt(first @ first)
    plane = sphere @ np.column_stack((first, np.cross(centre, first)))
    return np.asarray(EARTH_RADIUS_M * plane / towards[:, None])


def _wide(corners_m: npt.NDArray[np.float64], following_m: npt.NDArray[np.float64], round_m: float) -> None:
    """ValueError when a polygon is a line: its mean width, 2 area / boundary, is below a centimetre."""
    near_m, next_m = corners_m - corners_m[0], following_m - corners_m[0]
    twice_m2 = abs(float(np.sum(near_m[:, 0] * next_m[:, 1] - near_m[:, 1] * next_m[:, 0])))
    if twice_m2 < POLYGON_WIDTH_MIN_M * round_m:
        raise ValueError("the polygon has no area to speak of: its corners, from vertex 0 on, lie on a line")


def _simple(
    corners_m: npt.NDArray[np.float64], along: npt.NDArray[np.float64], length_m: npt.NDArray[np.float64]
) -> None:
    """ValueError when two edges of a closed line in the plane cross or touch.

    corners_m: (N, 2). along: (N, 2), the direction of the edge from each corner. length_m: (N,), of the edge.

    Each block of edges is held against each other block whose surroundings meet its own. Every corner's
    distance from every edge's line is one product of matrices; edges cross when each has its ends on both
    sides of the other's line, both TOUCH_M or more from it. What crosses nearer to an end than that has an
    end nearer than TOUCH_M to the other edge, which is found as touching.
    """
    count = len(corners_m)
    ring_m = np.vstack((corners_m, corners_m[:1]))
    across = np.column_stack((-along[:, 1], along[:, 0]))
    blocks = [slice(start, min(start + BLOCK_EDGES, count)) for start in range(0, count, BLOCK_EDGES)]
    for one, other in _meeting(ring_m, blocks):
        straddled = []
        for edges, ends in ((one, other), (other, one)):
            corner_m = ring_m[ends.start : ends.stop + 1]
            off_m = across[edges] @ corner_m.T - np.sum(across[edges] * corners_m[edges], axis=1)[:, None]
            _untouched(off_m, corner_m, (edges, ends), corners_m, along, length_m)
            side = (off_m > TOUCH_M).view(np.int8) - (off_m < -TOUCH_M).view(np.int8)
            straddled.append(side[:, :-1] * side[:, 1:] < 0)
        crossing = np.argwhere(straddled[0] & straddled[1].T)
        if crossing.size:
            first, second = sorted((one.start + int(crossing[0][0]), other.start + int(crossing[0][1])))
            raise ValueError(f"the edge from vertex {first} crosses the edge from vertex {second}")


def _meeting(ring_m: npt.NDArray[np.float64], blocks: list[slice]) -> Iterator[tuple[slice, slice]]:
    """Pairs of blocks of edges, each with itself too, whose surrounding rectangles meet."""
    low_m = np.array([ring_m[block.start : block.stop + 1].min(axis=0) for block in blocks]) - TOUCH_M
    high_m = np.array([ring_m[block.start : block.stop + 1].max(axis=0) for block in blocks]) + TOUCH_M
    for index, block in enumerate(blocks):
        near = (low_m[index:] <= high_m[index]).all(axis=1) & (high_m[index:] >= low_m[index]).all(axis=1)
        yield from ((block, blocks[index + int(step)]) for step in np.flatnonzero(near))


def _untouched(
    off_m: npt.NDArray[np.float64],
    corner_m: npt.NDArray[np.float64],
    blocks: tuple[slice, slice],
    corners_m: npt.NDArray[np.float64],
    along: npt.NDArray[np.float64],
    length_m: npt.NDArray[np.float64],
) -> None:
    """ValueError when a corner that is no end of an edge is nearer to it than TOUCH_M.

    off_m: (E, C), of each corner of the second block from the line of each edge of the first.
    """
    edges, ends = blocks
    close = np.abs(off_m) < TOUCH_M
    middle_m = np.sum(along[edges] * corners_m[edges], axis=1) + length_m[edges] / 2
    passed_m = np.abs(along[edges] @ corner_m.T - middle_m[:, None]) - length_m[edges, None] / 2
    close &= passed_m < TOUCH_M
    rows, columns = np.nonzero(close)
    edge, corner = rows + edges.start, (columns + ends.start) % len(corners_m)
    foreign = (corner != edge) & (corner != (edge + 1) % len(corners_m))
    foreign &= np.hypot(off_m[rows, columns], np.maximum(passed_m[rows, columns], 0)) < TOUCH_M
    found = np.flatnonzero(foreign)
    if found.size:
        raise ValueError(f"vertex {corner[found[0]]} touches the edge from vertex {edge[found[0]]}")
