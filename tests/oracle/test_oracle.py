"""The oracle itself: held against published figures, integrals, symmetry and geodesics alone."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from mamarr.geometry import footprints
from mamarr.geometry.altitude import Datum
from mamarr.geometry.footprints import Footprint, Shape, points
from mamarr.geometry.volumes import Volume
from tests import geodesics
from tests.examples import some
from tests.oracle import lateral, volumes_strategies
from tests.oracle.volumes_strategies import FootprintPair, Pair

DEG = 10_000_000
MILLIMETRE_M = 0.001
WGS84_A_M, WGS84_F = 6_378_137.0, 1 / 298.257223563  # NGA.STND.0036


def square(south_deg: float, north_deg: float, west_deg: float, east_deg: float) -> Footprint:
    sides = (south_deg, west_deg), (south_deg, east_deg), (north_deg, east_deg), (north_deg, west_deg)
    return footprints.polygon([(round(lat * DEG), round(lon * DEG)) for lat, lon in sides])


def circle(latitude_deg: float, longitude_deg: float, radius_m: float) -> Footprint:
    return footprints.circle((round(latitude_deg * DEG), round(longitude_deg * DEG)), round(radius_m * 1000))


def path(half_width_m: float, *places: tuple[float, float]) -> Footprint:
    corners = [(round(lat * DEG), round(lon * DEG)) for lat, lon in places]
    return footprints.path(corners, round(half_width_m * 1000))


def meridian_m(south_deg: float, north_deg: float) -> float:
    """The arc of a meridian, by Simpson's rule on a(1 - e2) / (1 - e2 sin2)^(3/2)."""
    squared = WGS84_F * (2 - WGS84_F)
    steps = 2000
    step_rad = math.radians(north_deg - south_deg) / steps
    weighted = 0.0
    for index in range(steps + 1):
        latitude_rad = math.radians(south_deg) + step_rad * index
        weight = 1 if index in (0, steps) else 4 if index % 2 else 2
        weighted += weight * (1 - squared * math.sin(latitude_rad) ** 2) ** -1.5
    return WGS84_A_M * (1 - squared) * weighted * step_rad / 3


# --- distances known otherwise ----------------------------------------------------------------------------


def test_two_circles_are_apart_by_the_geodesic_less_both_radii():
    # GeodSolve's own example, New York to London: 5551759.400 m
    apart_m = lateral.lateral_m(circle(40.6, -73.8, 1_000), circle(51.6, -0.5, 2_500))
    assert apart_m == pytest.approx(5_551_759.400 - 3_500, abs=MILLIMETRE_M)


def test_a_point_abeam_of_the_equator_is_a_meridian_arc_from_a_corridor_along_it():
    apart_m = lateral.lateral_m(path(9_260, (0, 10), (0, 12)), circle(1, 11.3, 1))
    assert apart_m == pytest.approx(meridian_m(0, 1) - 9_261, abs=MILLIMETRE_M)


def test_two_corridors_along_one_meridian_are_an_arc_apart():
    apart_m = lateral.lateral_m(path(1_000, (30, 33), (34, 33)), path(1_000, (35, 33), (36, 33)))
    assert apart_m == pytest.approx(meridian_m(34, 35) - 2_000, abs=MILLIMETRE_M)


def test_two_areas_on_the_equator_are_an_arc_of_it_apart():
    apart_m = lateral.lateral_m(square(-1, 1, 10, 11), square(-1, 1, 13, 14))
    widest_m = WGS84_A_M * math.radians(2)
    assert apart_m < widest_m  # nearer at the corners, where meridians have come together
    assert lateral.lateral_m(square(-1, 0, 10, 11), path(1, (0, 13), (0, 14))) == pytest.approx(
        widest_m - 1, abs=MILLIMETRE_M
    )


def test_an_area_around_the_pole_contains_it_and_ends_at_its_corners():
    cap = footprints.polygon(
        [(85 * DEG, 0), (85 * DEG, 90 * DEG), (85 * DEG, 180 * DEG), (85 * DEG, -90 * DEG)]
    )
    assert lateral.lateral_m(cap, circle(90, 123, 10)) == pytest.approx(-10)
    assert lateral.lateral_m(cap, circle(80, 0, 10)) == pytest.approx(
        meridian_m(80, 85) - 10, abs=MILLIMETRE_M
    )
    assert lateral.lateral_m(cap, circle(-85, 0, 10)) > 18_000_000


def test_a_corridor_across_the_pole_passes_it():
    assert lateral.lateral_m(path(5, (89, 10), (89, -170)), circle(90, 0, 5)) == pytest.approx(-10, abs=0.02)


@pytest.mark.parametrize("turn_deg", [147, -213, 327.5])
def test_distance_does_not_know_the_antimeridian(turn_deg: float):
    pair = square(34, 35, 32, 33), path(1_000, (35.2, 33.1), (36, 33.4), (35, 34))
    there = [turned(one, turn_deg) for one in pair]
    assert lateral.lateral_m(*there) == pytest.approx(lateral.lateral_m(*pair), abs=MILLIMETRE_M)


def turned(footprint: Footprint, turn_deg: float) -> Footprint:
    turn_e7deg = round(turn_deg * DEG)
    corners = [
        (latitude, (longitude + turn_e7deg + 180 * DEG) % (360 * DEG) - 180 * DEG)
        for latitude, longitude in points(footprint)
    ]
    if footprint.shape is Shape.POLYGON:
        return footprints.polygon(corners)
    return footprints.path(corners, footprint.radius_mm)


# --- inside, beside, overlapping --------------------------------------------------------------------------


def test_a_circle_inside_an_area_overlaps_it():
    assert lateral.lateral_m(square(34, 36, 32, 34), circle(35, 33, 500)) == -500
    assert lateral.lateral_m(circle(35, 33, 500), square(34, 36, 32, 34)) == -500


def test_an_area_inside_another_overlaps_it_by_its_own_width():
    # a square of side s: twice s squared by four s is half of s
    width_m = -lateral.lateral_m(square(-1, 1, 10, 12), square(-0.05, 0.05, 11, 11.1))
    assert width_m == pytest.approx(11_100 / 2, rel=0.01)


def test_areas_with_an_edge_or_a_corner_in_common_do_not_overlap():
    middle = square(34, 35, 32, 33)
    assert lateral.lateral_m(middle, square(34, 35, 33, 34)) == pytest.approx(0, abs=MILLIMETRE_M)
    assert lateral.lateral_m(middle, square(35, 36, 33, 34)) == pytest.approx(0, abs=MILLIMETRE_M)


def test_a_widened_area_is_nearer_by_as_much():
    bare, other = square(34, 35, 32, 33), circle(34.5, 34, 1_000)
    wide = footprints.widened(bare, 2_000_000)
    assert lateral.lateral_m(wide, other) == pytest.approx(lateral.lateral_m(bare, other) - 2_000, abs=1e-6)


# --- against geodesics alone ------------------------------------------------------------------------------


def lowest(value: Callable[[float], float]) -> float:
    """The least of a function with one valley on 0 to 1, by golden sections."""
    ratio = (math.sqrt(5) - 1) / 2
    low, high = 0.0, 1.0
    left, right = 1 - ratio, ratio
    left_value, right_value = value(left), value(right)
    while high - low > 1e-9:
        if left_value > right_value:
            low, left, left_value = left, right, right_value
            right = low + ratio * (high - low)
            right_value = value(right)
        else:
            high, right, right_value = right, left, left_value
            left = high - ratio * (high - low)
            left_value = value(left)
    return min(value(0.0), value(1.0), left_value, right_value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (path(1, (35, 33), (36, 34)), path(1, (35.1, 33.4), (35.2, 35))),
        (path(1, (35, 33), (36, 34)), path(1, (37, 33), (36.5, 35))),
        (path(1, (-17, 179.9), (-17.5, -179)), path(1, (-17.2, 178), (-17.9, -179.4))),
        (path(1, (89.5, 0), (89.6, 150)), path(1, (89, -40), (89.9, -30))),
    ],
)
def test_the_search_by_chords_finds_what_geodesics_alone_find(one: Footprint, other: Footprint):
    ends, other_ends = lateral.edges_of(one)[0], lateral.edges_of(other)[0]

    def nearest_m(share: float) -> float:
        here = lateral.on_edge(ends, share)
        return lowest(lambda beside: lateral.geodesic_m(here, lateral.on_edge(other_ends, beside)))

    assert lateral.lateral_m(one, other) + 2 == pytest.approx(lowest(nearest_m), abs=MILLIMETRE_M)


@given(volumes_strategies.footprint_pairs())
@settings(max_examples=some(25))
def test_the_distance_is_symmetric_and_no_pair_of_corners_is_nearer(pair: FootprintPair):
    apart_m = lateral.lateral_m(pair.one, pair.other)
    assert apart_m == pytest.approx(lateral.lateral_m(pair.other, pair.one), abs=MILLIMETRE_M)
    radii_m = (pair.one.radius_mm + pair.other.radius_mm) / 1000
    corners_m = min(
        geodesics.apart_m((lat / DEG, lon / DEG), (other_lat / DEG, other_lon / DEG))
        for lat, lon in points(pair.one)
        for other_lat, other_lon in points(pair.other)
    )
    assert apart_m <= corners_m - radii_m + MILLIMETRE_M


@given(volumes_strategies.any_footprint())
@settings(max_examples=some(15))
def test_a_footprint_overlaps_itself(footprint: Footprint):
    assert lateral.lateral_m(footprint, footprint) < -0.1


# --- verdicts ---------------------------------------------------------------------------------------------

LOW_MM, HIGH_MM, NOON_MS, ONE_MS = 3_000_000, 4_000_000, 1_795_348_800_000, 1_795_352_400_000


def volume(footprint: Footprint | None = None, **changed: int) -> Volume:
    sides = {"lower_mm": LOW_MM, "upper_mm": HIGH_MM, "time_start_ms": NOON_MS, "time_end_ms": ONE_MS}
    return Volume(footprint=footprint or square(34, 35, 32, 33), datum=Datum.WGS84, **(sides | changed))


def verdict(one: Volume, other: Volume, *minima: int) -> bool | None:
    there, back = lateral.conflict_verdict(one, other, *minima), lateral.conflict_verdict(other, one, *minima)
    assert there is back
    return there


def test_exactly_the_vertical_minimum_apart_is_apart():
    assert verdict(volume(), volume(lower_mm=HIGH_MM + 304_800, upper_mm=9_000_000), 0, 304_800, 0) is False
    assert verdict(volume(), volume(lower_mm=HIGH_MM + 304_799, upper_mm=9_000_000), 0, 304_800, 0) is True


def test_adjacent_blocks_fit_and_a_single_level_is_in_the_block_it_begins():
    level = volume(lower_mm=HIGH_MM, upper_mm=HIGH_MM)
    assert verdict(volume(), volume(lower_mm=HIGH_MM, upper_mm=9_000_000), 0, 0, 0) is False
    assert verdict(volume(), level, 0, 0, 0) is False
    assert verdict(volume(lower_mm=HIGH_MM, upper_mm=9_000_000), level, 0, 0, 0) is True
    assert verdict(level, level, 0, 0, 0) is True
    assert verdict(level, volume(lower_mm=HIGH_MM + 1, upper_mm=HIGH_MM + 1), 0, 0, 0) is False


def test_back_to_back_windows_fit_unless_there_is_a_time_minimum():
    later = volume(time_start_ms=ONE_MS, time_end_ms=ONE_MS + 1)
    assert verdict(volume(), later, 0, 0, 0) is False
    assert verdict(volume(), later, 0, 0, 1) is True


def test_neighbouring_areas_fit_unless_there_is_a_lateral_minimum():
    beside = volume(square(34, 35, 33, 34))
    assert verdict(volume(), beside, 0, 0, 0) is False
    assert verdict(volume(), beside, 1_000, 0, 0) is True


def test_areas_that_overlap_by_a_hair_are_undecided():
    tip = footprints.polygon([(345 * 10**6, 33 * DEG - 1), (34 * DEG, 34 * DEG), (35 * DEG, 34 * DEG)])
    assert verdict(volume(square(34, 35, 32, 33)), volume(tip), 0, 0, 0) is None


@pytest.mark.parametrize(("more_m", "expected"), [(-1, True), (0, None), (1, False)])
def test_a_centimetre_about_the_lateral_minimum_is_undecided(more_m: float, expected: bool | None):
    there = geodesics.moved((35, 33), 60, 9_260 + 200 + more_m)
    one, other = volume(circle(35, 33, 100)), volume(circle(*there, 100))
    assert verdict(one, other, 9_260_000, 0, 0) is expected


@given(volumes_strategies.neighbours())
@settings(max_examples=some(25))
def test_what_shares_a_corner_or_an_edge_is_never_said_to_overlap(pair: FootprintPair):
    assert lateral.conflict_verdict(volume(pair.one), volume(pair.other), 0, 0, 0) is False


@given(volumes_strategies.volume_pairs())
@settings(max_examples=some(25))
def test_a_larger_minimum_never_ends_a_conflict(pair: Pair):
    if lateral.conflict_verdict(*pair) is True:
        larger = pair.lateral_mm + 1_000, pair.vertical_mm + 1, pair.time_ms + 1
        assert lateral.conflict_verdict(pair.one, pair.other, *larger) is True
