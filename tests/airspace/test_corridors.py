import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.airspace import Corridor, DeclaredCorridor, Direction, NavigationSpecification, corridors
from mamarr.airspace.corridors import DeclareCorridor, Facts
from mamarr.faults import Reason, Refusal
from mamarr.geometry import geodesy
from tests.airspace.boxes import DEG, HOUR_MS, NOON, NORTH
from tests.airspace.declared import NOON_MS, a_corridor, a_window

NM_MM = 1_852_000
SPECIFICATIONS = list(NavigationSpecification)


def vertices(packed: bytes) -> list[tuple[int, int]]:
    return list(struct.iter_unpack("<2i", packed))


def corners(corridor: Corridor) -> list[tuple[int, int]]:
    return [(point.latitude_e7deg, point.longitude_e7deg) for point in corridor.points]


def answered(corridor: Corridor):
    ask = DeclareCorridor(corridor=corridor)
    return corridors.decide(ask, Facts(party="north"), author=NORTH, now=NOON)


def declared(corridor: Corridor) -> DeclaredCorridor:
    (event,) = answered(corridor)
    after = corridors.evolve(None, event)
    assert after is not None
    return after


def distance_m(one: tuple[int, int], other: tuple[int, int]) -> float:
    return geodesy.distance_m(*(angle / 1e7 for angle in (*one, *other)))


def test_each_segment_is_the_geodesic_between_two_points_in_steps_of_ten_kilometres_at_most():
    corridor = a_corridor((33.0, 32.0), (33.5, 32.5), (33.0, 34.0))
    segments = declared(corridor).segments
    for segment, (start, end) in zip(segments, pairwise(corners(corridor)), strict=True):
        passed = vertices(segment)
        assert (passed[0], passed[-1]) == (start, end)
        steps_m = [distance_m(*pair) for pair in pairwise(passed)]
        assert max(steps_m) <= 10_000
        # Of all lines the geodesic is the shortest; rounding to 1e-7 degree adds under a metre here.
        assert sum(steps_m) == pytest.approx(distance_m(start, end), abs=0.5)


@pytest.mark.parametrize(
    "points",
    [
        ((33.0, 32.0), (33.0, 32.0)),
        ((33.0, 32.0), (34.0, 32.0), (34.0, 32.0)),
        ((0.0, 0.0), (0.0, 180.0)),
        ((0.0, 0.0), (0.0, 90.0)),
        tuple((33.0 + index % 2 * 20, 32.0 + index / 10) for index in range(200)),
    ],
    ids=["a point repeated", "the last repeated", "antipodes", "too far apart", "too many vertices"],
)
def test_points_that_make_no_line_are_refused_and_the_edge_learns_why(points):
    corridor = a_corridor(*points)
    assert answered(corridor) == Refusal(reason=Reason.BAD_GEOMETRY, because=("K1",))
    with pytest.raises(ValueError, match="vert"):
        corridors.checked(corridor)


def test_points_that_make_a_line_are_passed_on_as_they_are():
    across = a_corridor((-17.0, 179.0), (-18.0, -179.0), (-17.5, -178.0))
    assert corridors.checked(across) is across
    assert len(declared(across).segments) == 2


@given(st.permutations(range(4)))
def test_a_line_passes_the_points_between_once_each_and_back_the_other_way(order):
    whole = declared(a_corridor((88.0, 10.0), (89.0, 170.0), (87.0, 179.9), (86.0, -170.0)))
    first, last = order[:2]
    passed = vertices(corridors.line(whole, first, last))
    assert passed == vertices(corridors.line(whole, last, first))[::-1]
    step = 1 if first < last else -1
    places = [passed.index(corners(whole.corridor)[index]) for index in range(first, last + step, step)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, len(passed) - 1)
    assert all(one != other for one, other in pairwise(passed))
    assert len(passed) == 1 + sum(
        len(vertices(segment)) - 1 for segment in whole.segments[min(first, last) : max(first, last)]
    )


def test_a_line_from_a_point_to_itself_is_that_point():
    whole = declared(a_corridor())
    assert vertices(corridors.line(whole, 1, 1)) == [corners(whole.corridor)[1]]


@pytest.mark.parametrize("indices", [(-1, 1), (0, 3)])
def test_a_line_needs_points_that_are_there(indices):
    with pytest.raises(ValueError, match="not one of 0 to 2"):
        corridors.line(declared(a_corridor()), *indices)


def test_a_point_is_found_by_its_place_and_nothing_near_it_is():
    corridor = a_corridor((-17.0, 179.0), (-18.0, 180.0))
    assert corridors.index_of(corridor, -17 * DEG, 179 * DEG) == 0
    assert corridors.index_of(corridor, -18 * DEG, -180 * DEG) == 1
    assert corridors.index_of(corridor, -17 * DEG, 179 * DEG + 1) is None
    assert corridors.index_of(corridor, -17 * DEG + 1, 179 * DEG) is None


def test_a_direction_allows_its_own_way_and_a_stay():
    allowed = {
        direction: [
            corridors.allows(a_corridor(direction=direction), *way) for way in ((0, 2), (2, 0), (1, 1))
        ]
        for direction in Direction
    }
    assert allowed == {
        Direction.BOTH: [True, True, True],
        Direction.FORWARD: [True, False, True],
        Direction.BACKWARD: [False, True, True],
    }


def test_a_corridor_is_open_when_its_windows_leave_no_gap():
    corridor = a_corridor(windows=(a_window(2, 3), a_window(0, 2), a_window(4, 5)))
    assert corridors.is_open(corridor, NOON_MS, NOON_MS + 3 * HOUR_MS)
    assert not corridors.is_open(corridor, NOON_MS, NOON_MS + 3 * HOUR_MS + 1)
    assert not corridors.is_open(corridor, NOON_MS - 1, NOON_MS + 1)
    assert corridors.is_open(a_corridor(), 0, NOON_MS)


@pytest.mark.parametrize(
    ("asked", "met_by"),
    [
        ("RNAV_10", "RNAV_10 RNAV_5 RNAV_2 RNAV_1 RNP_4 RNP_2 RNP_1 RNP_0_3"),
        ("RNAV_5", "RNAV_5 RNAV_2 RNAV_1 RNP_4 RNP_2 RNP_1 RNP_0_3"),
        ("RNAV_1", "RNAV_1 RNP_1 RNP_0_3"),
        ("RNP_4", "RNP_4 RNP_2 RNP_1 RNP_0_3"),
        ("RNP_2", "RNP_2 RNP_1 RNP_0_3"),
        ("RNP_0_3", "RNP_0_3"),
    ],
)
def test_a_specification_is_met_by_one_as_exact_that_also_alerts_where_that_is_asked(asked, met_by):
    corridor = a_corridor(navigation_specification=NavigationSpecification(asked))
    meeting = {
        specification for specification in SPECIFICATIONS if corridors.is_met_by(corridor, specification)
    }
    assert meeting == {NavigationSpecification(name) for name in met_by.split()}


def test_off_corridors_a_flight_is_expected_within_twice_its_accuracy():
    widths_nm = {name: corridors.half_width_mm(name) / NM_MM for name in SPECIFICATIONS}
    assert widths_nm == {
        "RNAV_10": 20,
        "RNAV_5": 10,
        "RNAV_2": 4,
        "RNAV_1": 2,
        "RNP_4": 8,
        "RNP_2": 4,
        "RNP_1": 2,
        "RNP_0_3": 0.6,
    }
