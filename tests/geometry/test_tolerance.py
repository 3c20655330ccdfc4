"""Tolerance volumes: half-width, block of levels, earliest entry to latest exit."""

from itertools import pairwise

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import example, given
from hypothesis import strategies as st

from mamarr.geometry import footprints, tolerance
from mamarr.geometry.altitude import Datum
from mamarr.geometry.footprints import Shape
from mamarr.geometry.volumes import TIME_LAST_MS, Volume
from tests.geodesics import moved
from tests.oracle.lateral import core_distance_m
from tests.oracle.volumes_strategies import REGIONS, corner

DEG = 10_000_000
LINE = [(35 * DEG, 33 * DEG), (35 * DEG, 331_000_000)]  # 9 km
NOON_MS = 1_795_348_800_000  # 2026-11-22T12:00:00Z
MINUTE_MS = 60_000


def leg(points: list[tuple[int, int]] = LINE, **changed: int | bool) -> Volume:
    asked = {
        "half_width_mm": 9_260_000,  # 5 NM
        "lower_mm": 6_096_000,  # FL200
        "upper_mm": 6_096_000,
        "entry_ms": NOON_MS,
        "exit_ms": NOON_MS + 2 * MINUTE_MS,
    }
    return tolerance.of_leg(points, datum=Datum.STD, **(asked | changed))


def test_a_leg_filed_before_take_off_has_the_departure_tolerance():
    assert leg() == Volume(
        footprint=footprints.path(LINE, 9_260_000),
        datum=Datum.STD,
        lower_mm=6_096_000,
        upper_mm=6_096_000,
        time_start_ms=NOON_MS - 5 * MINUTE_MS,
        time_end_ms=NOON_MS + 12 * MINUTE_MS,
    )


def test_a_leg_of_an_airborne_flight_has_the_estimate_tolerance_alone():
    made = leg(before_ms=tolerance.ESTIMATE_BEFORE_MS, after_ms=tolerance.ESTIMATE_AFTER_MS)
    assert (made.time_start_ms, made.time_end_ms) == (NOON_MS - 3 * MINUTE_MS, NOON_MS + 5 * MINUTE_MS)


def test_a_formation_is_half_a_mile_and_a_hundred_feet_larger_all_round():
    made = leg(formation=True)
    assert made.footprint.radius_mm == 9_260_000 + 926_000
    assert (made.lower_mm, made.upper_mm) == (6_096_000 - 30_480, 6_096_000 + 30_480)


def test_a_leg_that_stays_in_place_is_a_circle():
    made = leg([LINE[0], LINE[0]])
    assert made.footprint.shape is Shape.CIRCLE
    assert footprints.points(made.footprint) == LINE[:1]


def test_a_point_given_twice_is_one_corner():
    assert leg([LINE[0], LINE[0], LINE[1]]) == leg()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"points": []}, "vertices, not 0"),
        ({"points": [(0, 0), (0, 90 * DEG)]}, "more than 3000 km"),
        ({"half_width_mm": 0}, "radius"),
        ({"exit_ms": NOON_MS - 1}, "left before it is entered"),
        ({"before_ms": -1}, "tolerance is negative"),
        ({"after_ms": -1}, "tolerance is negative"),
        ({"exit_ms": NOON_MS, "before_ms": 0, "after_ms": 0}, "end is not after start"),
        ({"upper_mm": 6_095_999}, "floor is above ceiling"),
        ({"lower_mm": -1_000_001, "formation": True}, "floor"),
        ({"entry_ms": -1}, "end is not after start"),
        ({"exit_ms": TIME_LAST_MS + 1}, "end is not after start"),
    ],
)
def test_a_leg_that_is_none_is_refused(wrong: dict[str, int], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        leg(**wrong)


def test_widening_goes_all_round():
    wide = tolerance.widened(leg(), lateral_mm=18_520_000, vertical_mm=609_600, time_ms=300_000)
    assert wide.footprint == footprints.path(LINE, 9_260_000 + 18_520_000)
    assert (wide.lower_mm, wide.upper_mm) == (6_096_000 - 609_600, 6_096_000 + 609_600)
    assert (wide.time_start_ms, wide.time_end_ms) == (NOON_MS - 10 * MINUTE_MS, NOON_MS + 17 * MINUTE_MS)


def test_widening_by_nothing_changes_nothing():
    assert tolerance.widened(leg(), lateral_mm=0, vertical_mm=0, time_ms=0) == leg()


def test_widening_ends_where_volumes_end():
    far = 10**13
    wide = tolerance.widened(leg(), lateral_mm=0, vertical_mm=far, time_ms=far)
    assert (wide.lower_mm, wide.upper_mm) == (-1_000_000, 100_000_000)
    assert (wide.time_start_ms, wide.time_end_ms) == (0, TIME_LAST_MS)


@pytest.mark.parametrize(
    "wrong", [{"lateral_mm": -1}, {"vertical_mm": -1}, {"time_ms": -1}, {"lateral_mm": 10**10}]
)
def test_a_volume_cannot_be_widened_by_less_than_nothing_or_too_far(wrong: dict[str, int]):
    nothing = {"lateral_mm": 0, "vertical_mm": 0, "time_ms": 0}
    with pytest.raises(ValueError, match=r"widened|radius"):
        tolerance.widened(leg(), **(nothing | wrong))


# --- swept volumes ----------------------------------------------------------------------------------------

ANY_SHARE = st.sampled_from([0.0, 1.0]) | st.floats(0, 1)
STEPS_M = st.sampled_from([0.0, 0.3, 5.0]) | st.floats(0.0, 60_000)


def swept(points: list[tuple[int, int, int]], **changed: int) -> tuple[Volume, ...]:
    asked = {"radius_mm": 5_000_000, "lower_mm": 6_096_000, "upper_mm": 9_144_000}
    return tolerance.swept(points, datum=Datum.STD, **(asked | changed))


@st.composite
def movements(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Two to four points near each other or the same, some at a pole or the antimeridian."""
    place, time_ms = draw(st.sampled_from(REGIONS)), NOON_MS
    points = [(*corner(place), time_ms)]
    for _ in range(draw(st.integers(1, 3))):
        place = moved(place, draw(st.floats(0, 360)), draw(STEPS_M))
        time_ms += draw(st.integers(1, 3_600_000))
        points.append((*corner(place), time_ms))
    return points


@given(movements(), st.sampled_from([1_000, 926_000, 50_000_000]), ANY_SHARE, ANY_SHARE, st.floats(0, 360))
@example([(*LINE[0], NOON_MS), (*LINE[1], NOON_MS + 1_000)], 1_000, 0.5, 1.0, 0.0)
def test_the_moving_circle_is_always_in_what_is_held_then(
    points: list[tuple[int, int, int]], radius_mm: int, when: float, out: float, azimuth_deg: float
):
    regions = swept(points, radius_mm=radius_mm)
    first_ms, last_ms = points[0][2], points[-1][2]
    now_ms = min(first_ms + int((last_ms - first_ms) * when), last_ms - 1)
    start, end = next((one, two) for one, two in pairwise(points) if one[2] <= now_ms < two[2])
    way = Geodesic.WGS84.InverseLine(*(angle / 1e7 for angle in (*start[:2], *end[:2])))
    middle = way.Position(way.s13 * (now_ms - start[2]) / (end[2] - start[2]))
    there = corner(moved((middle["lat2"], middle["lon2"]), azimuth_deg, out * radius_mm / 1000))
    point = footprints.circle(there, 1_000)
    held = [region for region in regions if region.time_start_ms <= now_ms < region.time_end_ms]
    assert any(
        core_distance_m(region.footprint, point) * 1000 <= region.footprint.radius_mm for region in held
    )


@given(movements())
def test_what_is_swept_is_held_without_a_gap_and_no_longer(points: list[tuple[int, int, int]]):
    regions = swept(points)
    assert [(region.time_start_ms, region.time_end_ms) for region in regions] == [
        (one[2], two[2]) for one, two in pairwise(points)
    ]
    for region in regions:
        assert region.footprint.radius_mm == 5_000_000 + tolerance.SWEPT_MORE_MM
        assert (region.datum, region.lower_mm, region.upper_mm) == (Datum.STD, 6_096_000, 9_144_000)


FIRST = (35 * DEG, 33 * DEG, NOON_MS)


@pytest.mark.parametrize(
    ("points", "changed", "sentence"),
    [
        ([FIRST], {}, "two points or more"),
        ([FIRST, (36 * DEG, 33 * DEG, NOON_MS)], {}, "end is not after start"),
        # The metre more would make a circle of nothing one of a metre, so it is less than nothing.
        ([FIRST, (36 * DEG, 33 * DEG, NOON_MS + 1)], {"radius_mm": -1}, "radius"),
        ([FIRST, (-35 * DEG, -147 * DEG, NOON_MS + 1)], {}, "too long|more than 3000 km"),
        ([(0, at % 2 * 500_000_000, NOON_MS + at) for at in range(6)], {}, "too long"),
        ([FIRST, (91 * DEG, 33 * DEG, NOON_MS + 1)], {}, "latitude"),
        ([FIRST, (36 * DEG, 33 * DEG, NOON_MS + 1)], {"upper_mm": 0}, "floor is above"),
    ],
)
def test_a_movement_that_cannot_be_swept_is_refused(points, changed: dict[str, int], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        swept(points, **changed)
