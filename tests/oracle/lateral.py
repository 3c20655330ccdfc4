"""How far apart two footprints are, found slowly: the oracle of the conflict kernels.

It shares none of their algebra. Distances are geographiclib's geodesics on WGS-84. Where two boundaries come
nearest is searched by brute force: each edge is sampled, then both positions are tried on finer and finer
grids. The search runs on straight chords through the ellipsoid: never longer than the geodesic, and the
positions nearest by chord are nearest by geodesic to far below a millimetre (a chord c falls short by
c^3 / 24 R^2, which curvature changes by under 5 mm per km along an edge 1,000 km away, and the distance
answers to the square of the position's error); `test_oracle` repeats the search with geodesics alone. What
is inside, and by how much areas overlap, is asked of S2 through spherely, whose edges are the same great
circles on geodetic coordinates.
"""

import math
import struct
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import spherely

from mamarr.geometry.footprints import Footprint, Shape, points
from mamarr.geometry.volumes import Volume
from tests.geodesics import WGS84, apart_m

SQUARED_ECCENTRICITY = WGS84.f * (2 - WGS84.f)
UNDECIDED_MM = 10  # a verdict within a centimetre of the boundary is anyone's
MEETING_M = 1e-4  # cores nearer than this meet: the search ends at about 1e-6 m
NO_OVERLAP_M = 1e-3  # an overlap thinner than this in every sense is a shared edge or corner
SAMPLES = 17  # per edge, in the coarse search
GRID = 9  # positions tried at once in the fine search
ROUNDS = 19  # each quarters the interval: of 300 km a micrometre is left


# --- the distance -----------------------------------------------------------------------------------------


def lateral_m(one: Footprint, other: Footprint) -> float:
    """Metres between two footprints on WGS-84, within 1 mm where positive; negative when they overlap.

    The cores are point, line and area; the answer is their distance less both radii. When both cores are
    areas and overlap, their distance counts as minus the overlap's width (`overlap_width_m`), so the answer
    of two areas without radii is 0 where they touch and negative where they overlap.
    """
    radii_m = (one.radius_mm + other.radius_mm) / 1000
    return core_distance_m(one, other) - radii_m


def core_distance_m(one: Footprint, other: Footprint) -> float:
    """Metres between points, lines or areas; 0 where they meet, negative where areas overlap."""
    areas = one.shape is Shape.POLYGON and other.shape is Shape.POLYGON
    if not is_inside(one, other) and not is_inside(other, one):
        nearest_m = edges_distance_m(edges_of(one), edges_of(other))
        if nearest_m > MEETING_M:
            return nearest_m
    return 0.0 - overlap_width_m(one, other) if areas else 0.0


def edges_distance_m(one: np.ndarray, other: np.ndarray) -> float:
    """Metres between two sets of edges (N, 2, 3): boundaries of areas, lines or points."""
    ends = pairs_of_edges(one, other)
    least_m = math.inf
    chord_m, here, there = nearest_by_chord(ends)
    for index in np.argsort(chord_m):
        if chord_m[index] > least_m:
            break
        least_m = min(least_m, geodesic_m(here[index], there[index]))
    return least_m


def geodesic_m(here: np.ndarray, there: np.ndarray) -> float:
    """Metres along the geodesic between two unit vectors of geodetic latitude and longitude."""
    return apart_m(degrees_of(here), degrees_of(there))


def degrees_of(point: np.ndarray) -> tuple[float, float]:
    latitude_rad = math.atan2(point[2], math.hypot(point[0], point[1]))
    return math.degrees(latitude_rad), math.degrees(math.atan2(point[1], point[0]))


# --- edges ------------------------------------------------------------------------------------------------


def edges_of(footprint: Footprint) -> np.ndarray:
    """(N, 2, 3): unit vectors of both ends of each edge; a circle's centre is an edge of no length."""
    corners = [unit_of(latitude / 1e7, longitude / 1e7) for latitude, longitude in points(footprint)]
    match footprint.shape:
        case Shape.CIRCLE:
            return np.array([[corners[0], corners[0]]])
        case Shape.PATH:
            return np.array(list(pairwise(corners)))
        case Shape.POLYGON:
            return np.array(list(pairwise([*corners, corners[0]])))


def unit_of(latitude_deg: float, longitude_deg: float) -> tuple[float, float, float]:
    latitude_rad, longitude_rad = math.radians(latitude_deg), math.radians(longitude_deg)
    across = math.cos(latitude_rad)
    return across * math.cos(longitude_rad), across * math.sin(longitude_rad), math.sin(latitude_rad)


# From here on x, y and z come first, as numpy is quickest along the last axis.


def pairs_of_edges(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(4, 3, P): the ends of an edge of one and of an edge of the other, every pair that could be nearest.

    Twice: by the middles of the edges, then by SAMPLES positions on each. A point of an edge is no farther
    from the next such position than half a step: of an arc's chord, so a little more.
    """
    first, second = np.divmod(np.arange(len(one) * len(other)), len(other))
    ends = np.ascontiguousarray(np.moveaxis(np.concatenate((one[first], other[second]), axis=1), 0, 2))
    for samples in (1, SAMPLES):
        shares = (np.arange(samples) + 0.5) / samples
        here_m = solid_m(on_edge(ends[:2, :, :, None], shares))
        there_m = solid_m(on_edge(ends[2:, :, :, None], shares))
        apart_m = length(here_m[..., None] - there_m[:, :, None]).min(axis=(1, 2))
        chord_m = length(solid_m(ends[0]) - solid_m(ends[1])) + length(solid_m(ends[2]) - solid_m(ends[3]))
        reach_m = 0.55 * chord_m / samples
        ends = ends[
            ..., apart_m - reach_m <= 1.02 * apart_m.min() + 1
        ]  # 1.02 and 1 m: chord against geodesic
    return ends


def on_edge(ends: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """The unit vectors (3, ...) at a share (0 to 1, along the chord) of great circle edges (2, 3, ...)."""
    chord = ends[0] * (1 - share) + ends[1] * share
    return chord / length(chord)


def length(vectors: np.ndarray) -> np.ndarray:
    """How long vectors (3, ...) are."""
    return np.sqrt((vectors * vectors).sum(axis=0))


def solid_m(points: np.ndarray) -> np.ndarray:
    """Where unit vectors (3, ...) of geodetic coordinates lie in space, on the ellipsoid; metres."""
    found_m = points * (WGS84.a / np.sqrt(1 - SQUARED_ECCENTRICITY * points[2] * points[2]))
    found_m[2] *= 1 - SQUARED_ECCENTRICITY
    return found_m


# --- the search -------------------------------------------------------------------------------------------


def nearest_by_chord(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The least chords between pairs of edges (4, 3, P), one a valley: length (K,), both points (K, 3).

    For each of SAMPLES positions on the first edge the nearest of the second is found (one valley, as a
    point sees an edge); around each sample not above its neighbours the position is refined likewise.
    """
    shares = np.linspace(0, 1, SAMPLES)
    chord_m, _ = nearest_on_second(ends, np.broadcast_to(shares, (ends.shape[2], SAMPLES)))
    around_m = np.pad(chord_m, ((0, 0), (1, 1)), constant_values=np.inf)
    valley = (chord_m < around_m[:, :-2]) & (chord_m <= around_m[:, 2:])
    # Between samples the chord is no more than a step below them; 1.02 and 1 m for chord against geodesic.
    step_m = length(solid_m(ends[0]) - solid_m(ends[1])) / (SAMPLES - 1)
    valley &= chord_m - 1.1 * step_m[:, None] <= 1.02 * chord_m.min() + 1
    pair, sample = np.nonzero(valley)
    low, high = (np.clip(shares[sample] + side / (SAMPLES - 1), 0, 1) for side in (-1, 1))
    chosen = ends[..., pair]
    at = least(lambda share: nearest_on_second(chosen, share)[0], low, high)
    found_m, beside = nearest_on_second(chosen, at[:, None])
    return found_m[:, 0], on_edge(chosen[:2], at).T, on_edge(chosen[2:], beside[:, 0]).T


def nearest_on_second(ends: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chord and share (P, S) of the point of the second edge nearest to each share (P, S) of the first."""
    here_m = solid_m(on_edge(ends[:2, :, :, None], at))[..., None]
    second = ends[2:, :, :, None, None]
    beside = least(
        lambda share: length(solid_m(on_edge(second, share)) - here_m),
        np.zeros_like(at),
        np.ones_like(at),
    )
    there_m = solid_m(on_edge(second, beside[..., None]))
    return length(there_m - here_m)[..., 0], beside


def least(value: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where, between low and high (...), a function of shares (..., GRID) with one valley is least.

    Each round lays a grid over the interval and keeps the two meshes beside the best: a quarter of it.
    """
    grid = np.linspace(0, 1, GRID)
    for _ in range(ROUNDS):
        start, width = low, high - low
        best = np.argmin(value(start[..., None] + width[..., None] * grid), axis=-1)
        low = start + width * grid[np.maximum(best - 1, 0)]
        high = start + width * grid[np.minimum(best + 1, GRID - 1)]
    return start + width * grid[best]


# --- inside and overlap, by S2 ----------------------------------------------------------------------------


def area_of(footprint: Footprint) -> spherely.Geography:
    """A polygon's area as S2 sees it; of the two sides of the boundary the smaller."""
    return spherely.create_polygon([(lon / 1e7, lat / 1e7) for lat, lon in points(footprint)])


def is_inside(inner: Footprint, outer: Footprint) -> bool:
    """Whether the outer is an area that contains the first vertex of the inner."""
    if outer.shape is not Shape.POLYGON:
        return False
    latitude_e7deg, longitude_e7deg = points(inner)[0]
    point = spherely.create_point(longitude_e7deg / 1e7, latitude_e7deg / 1e7)
    return bool(spherely.intersects(area_of(outer), point))


def overlap_width_m(one: Footprint, other: Footprint) -> float:
    """How wide the widest part is that two areas share: twice its area by its boundary's length, in metres.

    In it fits a circle at least as wide as that, for no figure has more area than boundary times inradius.
    """
    return max((width_m(part) for part in shared_parts(one, other)), default=0.0)


def overlap_depth_m(one: Footprint, other: Footprint) -> float:
    """How deep a corner of the shared parts lies in the area on whose boundary it is not, in metres."""
    boundaries = edges_of(one), edges_of(other)
    depths_m = (
        max(edges_distance_m(np.array([[corner, corner]]), boundary) for boundary in boundaries)
        for part in shared_parts(one, other)
        for corner in (unit_of(latitude, longitude) for longitude, latitude in part)
    )
    return max(depths_m, default=0.0)


def width_m(part: list[tuple[float, float]]) -> float:
    """Twice a ring's area by its length, in metres; 0 where S2 sees no area in it."""
    if len(set(part)) < 3:
        return 0.0
    try:
        area = spherely.create_polygon(part)
    except ValueError:  # corners that S2 holds for one
        return 0.0
    return 2 * float(spherely.area(area)) / float(spherely.perimeter(area))


def shared_parts(one: Footprint, other: Footprint) -> list[list[tuple[float, float]]]:
    """The areas common to both: the ring of each, longitude before latitude in degrees, not closed.

    Two areas without holes share areas without holes, so each ring is a part.
    """
    parts, _ = rings_of(spherely.to_wkb(spherely.intersection(area_of(one), area_of(other))), 0)
    return parts


def rings_of(written: bytes, at: int) -> tuple[list[list[tuple[float, float]]], int]:
    """The rings of a geometry in well-known binary (OGC 06-103r4, 8.2) from byte `at`, and where it ends."""
    order = "<" if written[at] else ">"
    kind, at = struct.unpack_from(f"{order}I", written, at + 1)[0], at + 5
    if kind == 1:
        return [], at + 16
    count, at = struct.unpack_from(f"{order}I", written, at)[0], at + 4
    if kind == 2:
        return [], at + 16 * count
    rings = []
    for _ in range(count):
        if kind == 3:
            corners, at = struct.unpack_from(f"{order}I", written, at)[0], at + 4
            flat = struct.unpack_from(f"{order}{2 * corners}d", written, at)
            rings.append(list(zip(flat[:-2:2], flat[1:-2:2], strict=True)))
            at += 16 * corners
        else:
            inner, at = rings_of(written, at)
            rings += inner
    return rings, at


# --- the verdict ------------------------------------------------------------------------------------------


def conflict_verdict(
    one: Volume, other: Volume, lateral_mm: int, vertical_mm: int, time_ms: int
) -> bool | None:
    """Whether two volumes conflict under three minima; None where a centimetre of lateral distance decides.

    They do when they are nearer than all three at once. A gap is the larger of the lower sides less the
    smaller of the upper; exactly the minimum apart is apart. See `levels_conflict` for a minimum of 0.
    """
    gap_ms = max(one.time_start_ms, other.time_start_ms) - min(one.time_end_ms, other.time_end_ms)
    if gap_ms >= time_ms:
        return False
    if not levels_conflict(*bands_mm(one, other), vertical_mm):
        return False
    if lateral_mm == 0 == one.footprint.radius_mm == other.footprint.radius_mm:
        return areas_conflict(one.footprint, other.footprint)
    more_mm = lateral_m(one.footprint, other.footprint) * 1000 - lateral_mm
    return None if abs(more_mm) <= UNDECIDED_MM else more_mm < 0


def bands_mm(one: Volume, other: Volume) -> tuple[tuple[int, int], tuple[int, int]]:
    """Both volumes' lower and upper sides in one datum; in two datums the bands on the ellipsoid."""
    if one.datum == other.datum:
        return (one.lower_mm, one.upper_mm), (other.lower_mm, other.upper_mm)
    from mamarr.geometry.altitude import ellipsoid_band_mm  # here: only where two datums meet

    return (
        ellipsoid_band_mm(one.datum, one.lower_mm, one.upper_mm),
        ellipsoid_band_mm(other.datum, other.lower_mm, other.upper_mm),
    )


def levels_conflict(one_mm: tuple[int, int], other_mm: tuple[int, int], vertical_mm: int) -> bool:
    """Whether two blocks of levels are nearer than the minimum.

    With a minimum of 0 a block is [lower, upper), and a single level meets a block it lies in, and itself.
    """
    (lower_mm, upper_mm), (other_lower_mm, other_upper_mm) = one_mm, other_mm
    if vertical_mm == 0 and lower_mm == upper_mm and other_lower_mm == other_upper_mm:
        return lower_mm == other_lower_mm
    if vertical_mm == 0 and lower_mm == upper_mm:
        return other_lower_mm <= lower_mm < other_upper_mm
    if vertical_mm == 0 and other_lower_mm == other_upper_mm:
        return lower_mm <= other_lower_mm < upper_mm
    return max(lower_mm, other_lower_mm) - min(upper_mm, other_upper_mm) < vertical_mm


def areas_conflict(one: Footprint, other: Footprint) -> bool | None:
    """Whether two areas overlap by more than a centimetre; None where that depends on how it is measured.

    False when they are apart, or share no more than an edge or a corner: what they share is thinner than
    NO_OVERLAP_M and reaches no deeper than that into either.
    """
    apart_m = lateral_m(one, other)
    if apart_m > UNDECIDED_MM / 1000:
        return False
    if -apart_m > UNDECIDED_MM / 1000:
        return True
    if apart_m > -NO_OVERLAP_M and overlap_depth_m(one, other) < NO_OVERLAP_M:
        return False
    return None
