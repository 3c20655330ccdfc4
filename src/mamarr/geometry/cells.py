"""The cells in which references of F3548-21 are compared: those of S2, level 13, about 1 km across.

The only place that calls `s2geometry`, whose objects end the process when they are handed around: floats go
in, whole numbers come out, and none of its objects outlives a function.

A covering has every cell that the shape touches, up to some nanometres of rounding, and may have a few more.
Latitude and longitude of WGS-84 are taken as those of a sphere, as all who use these cells do. An edge is the
shorter great circle there; so poles and the antimeridian are places as any other.
"""

import math
from collections.abc import Sequence

import s2geometry

LEVEL = 13  # F3548-21 leaves it open; the reference DSS compares cells of this level
SQUARE_SIDE_MAX_M = 50_000  # of a square as large as a shape may be: 2,500 km2, as the reference DSS has it
PERIMETER_MAX_M = 2_000_000  # chosen: ten times that of a square as large; bounds what a thin shape costs
VERTICES_MAX = 10_000  # chosen: as of one footprint
SPHERE_RADIUS_M = 6_371_010  # the mean radius that S2 takes; areas and perimeters are meant no more exactly
CURVATURE_RADIUS_MIN_M = 6_335_439  # of the WGS-84 meridian at the equator, a (1 - e2): NGA.STND.0036


class TooLargeError(ValueError):
    """The shape is one, and larger than what is covered."""


def covering_circle(*, latitude_deg: float, longitude_deg: float, radius_m: float) -> tuple[int, ...]:
    """The cells that a circle on the ground touches, ascending ids of 64 bits.

    A way of s metres on WGS-84 turns the normal by at most s / CURVATURE_RADIUS_MIN_M, so a circle of that
    angle on the sphere has all of it, and is at most 1.01 times as wide. ValueError when the centre is no
    place, or the circle is empty or larger than such a square.
    """
    largest_m = int(SQUARE_SIDE_MAX_M / math.sqrt(math.pi))
    if not 0 < radius_m <= largest_m:
        raise ValueError(f"the radius is not above 0 and at most {largest_m} m")
    centre = _point(latitude_deg, longitude_deg)
    angle = s2geometry.S1Angle.Radians(radius_m / CURVATURE_RADIUS_MIN_M)
    return _covering(s2geometry.S2Cap(centre, angle))


def covering_polygon(vertices_deg: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    """The cells that a polygon touches, its inside included, ascending ids of 64 bits.

    vertices_deg: latitude and longitude of each, either way round; the first may be repeated at the end. The
    inside is the smaller side. ValueError when that is no simple polygon; TooLargeError when it is one, too
    large to be covered.
    """
    ring = list(vertices_deg)
    if len(ring) > VERTICES_MAX:
        raise ValueError(f"a polygon has at most {VERTICES_MAX} vertices")
    if len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    points = [_point(latitude_deg, longitude_deg) for latitude_deg, longitude_deg in ring]
    if len(set(ring)) < 3:
        raise ValueError("a polygon has at least 3 vertices in different places")
    if sum(map(_side_m, ring, (*ring[1:], ring[0]))) > PERIMETER_MAX_M:
        raise TooLargeError(f"the sides of the polygon have more than {PERIMETER_MAX_M} m together")
    loop = s2geometry.S2Loop()
    loop.Init(points)
    if not loop.IsValid():
        raise ValueError("the sides of the polygon meet outside its vertices")
    loop.Normalize()
    if loop.GetArea() * SPHERE_RADIUS_M**2 > SQUARE_SIDE_MAX_M**2:
        raise TooLargeError(f"the polygon is larger than a square of {SQUARE_SIDE_MAX_M} m")
    return _covering(loop)


def _side_m(one_deg: tuple[float, float], other_deg: tuple[float, float]) -> float:
    """How long the great circle between two places is, by the haversine formula."""
    (latitude_rad, longitude_rad), (end_latitude_rad, end_longitude_rad) = (
        tuple(map(math.radians, place_deg)) for place_deg in (one_deg, other_deg)
    )
    across = math.cos(latitude_rad) * math.cos(end_latitude_rad)
    half = math.sin((end_latitude_rad - latitude_rad) / 2) ** 2
    half += across * math.sin((end_longitude_rad - longitude_rad) / 2) ** 2
    return 2 * SPHERE_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))


def _point(latitude_deg: float, longitude_deg: float) -> s2geometry.S2Point:
    if not -90 <= latitude_deg <= 90 or not -180 <= longitude_deg <= 180:
        raise ValueError(f"no place is at latitude {latitude_deg}, longitude {longitude_deg}")
    return s2geometry.S2LatLng.FromDegrees(latitude_deg, longitude_deg).ToPoint()


def _covering(region: s2geometry.S2Cap | s2geometry.S2Loop) -> tuple[int, ...]:
    coverer = s2geometry.S2RegionCoverer()
    coverer.set_fixed_level(LEVEL)
    return tuple(sorted(cell.id() for cell in coverer.GetCovering(region)))
