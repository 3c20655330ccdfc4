"""Whether two outlines meet, against a plane that shares none of the arithmetic: no Earth-centred chords."""

import math
import random

import pytest

from mamarr.conflicts.outlines import meet, outline

WGS84_A_M, WGS84_E2_RATIO = 6_378_137.0, 0.00669437999014  # NGA.STND.0036
UNSURE_M = 0.005  # what the plane is wrong by within a kilometre, and what counts as touching, and more
PLACES_DEG = [(47.3, 8.5), (-0.001, 0.0), (69.9, -179.9995), (-84.0, 120.0)]
PAIRS = 60  # of each place

Point = tuple[float, float]


def metres(place_deg: Point, corner_e9deg: tuple[int, int]) -> Point:
    """North and east of a place, by the ellipsoid's two radii of curvature there."""
    latitude_rad = math.radians(place_deg[0])
    across = 1 - WGS84_E2_RATIO * math.sin(latitude_rad) ** 2
    meridian_m = WGS84_A_M * (1 - WGS84_E2_RATIO) / across**1.5
    normal_m = WGS84_A_M / math.sqrt(across)
    north_rad = math.radians(corner_e9deg[0] / 1e9 - place_deg[0])
    turned_deg = (corner_e9deg[1] / 1e9 - place_deg[1] + 180) % 360 - 180
    east_m = math.radians(turned_deg) * normal_m * math.cos(latitude_rad)
    # An arc of a parallel bends towards the equator by this much at its end: second order of the plane.
    bend_m = 0.5 * east_m * math.radians(turned_deg) * math.sin(latitude_rad)
    bent = math.cos(latitude_rad + north_rad) / math.cos(latitude_rad)
    return north_rad * meridian_m + bend_m, east_m * bent


def apart_m(one: list[Point], other: list[Point]) -> float:
    """How far two polygons, or points, are from each other; less than 0: they overlap."""
    nearest = min(
        _from_edge_m(point, ring[at], ring[(at + 1) % len(ring)])
        for points, ring in ((one, other), (other, one))
        for point in points
        for at in range(len(ring))
    )
    crosses = any(
        _cross(one[i], one[(i + 1) % len(one)], other[j], other[(j + 1) % len(other)])
        for i in range(len(one))
        for j in range(len(other))
    )
    return -nearest if crosses or _holds(one, other[0]) or _holds(other, one[0]) else nearest


def _from_edge_m(point: Point, start: Point, end: Point) -> float:
    along = (end[0] - start[0], end[1] - start[1])
    size = along[0] ** 2 + along[1] ** 2
    way = (point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]
    share = 0.0 if size == 0 else min(1.0, max(0.0, way / size))
    return math.dist(point, (start[0] + share * along[0], start[1] + share * along[1]))


def _side(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _holds(ring: list[Point], point: Point) -> bool:
    if len(ring) < 3:
        return False
    angles = (
        math.atan2(_side(point, ring[at - 1], ring[at]), _dot(point, ring[at - 1], ring[at]))
        for at in range(len(ring))
    )
    return abs(sum(angles)) > math.pi


def _dot(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[0] - a[0]) + (b[1] - a[1]) * (c[1] - a[1])


def a_shape(drawn: random.Random, place_deg: Point) -> tuple[tuple[tuple[int, int], ...], int]:
    """A circle, or a star-shaped polygon, some 100 m wide, up to 200 m from a place."""
    stretch = math.cos(math.radians(place_deg[0]))
    middle = [drawn.uniform(-0.0015, 0.0015) for _ in range(2)]
    count = drawn.choice((1, 3, 4, 7))

    def corner(out_deg: float, angle_rad: float) -> tuple[int, int]:
        north = place_deg[0] + middle[0] + out_deg * math.cos(angle_rad)
        east = place_deg[1] + (middle[1] + out_deg * math.sin(angle_rad)) / stretch
        return round(north * 1e9), round(((east + 180) % 360 - 180) * 1e9)

    if count == 1:
        return (corner(0, 0),), drawn.randrange(5_000, 120_000)
    turns = sorted(drawn.uniform(0, 2 * math.pi) for _ in range(count))
    return tuple(corner(drawn.uniform(0.0002, 0.001), each) for each in turns), 0


@pytest.mark.requirement("astm.f3548.v21.GEN0500")
@pytest.mark.parametrize("place_deg", PLACES_DEG)
def test_outlines_meet_as_in_a_plane_wherever_that_is_sure(place_deg: Point):
    drawn, found = random.Random(3548), {True: 0, False: 0}
    for _ in range(PAIRS):
        (one, radius_mm), (other, other_mm) = a_shape(drawn, place_deg), a_shape(drawn, place_deg)
        flat = [[metres(place_deg, corner) for corner in each] for each in (one, other)]
        gap_m = apart_m(*flat) - (radius_mm + other_mm) / 1_000
        if abs(gap_m) < UNSURE_M:
            continue
        is_met = meet(outline(one, radius_mm), outline(other, other_mm))
        assert is_met is (gap_m < 0), (one, radius_mm, other, other_mm, gap_m)
        assert meet(outline(other, other_mm), outline(one, radius_mm)) is is_met
        found[is_met] += 1
    assert min(found.values()) > PAIRS / 10
