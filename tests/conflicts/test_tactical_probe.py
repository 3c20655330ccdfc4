"""Planned trajectories against geodesics that are looked at moment by moment."""

import itertools
import random

import numpy as np
import pytest

from mamarr.conflicts import PAIR, detect_tactical, probe
from tests.conflicts.traffic import EN_ROUTE, FOOT_M, MILE_M, NAMES, PLACES, crowd
from tests.geodesics import WGS84, Line, apart_m, moved, onward

MINIMA = {"horizontal_m": 5 * MILE_M, "vertical_m": 1_000 * FOOT_M}
POINTS = ("flight", "time_s", "latitude_deg", "longitude_deg", "altitude_m")
LEVEL_M = 35_000 * FOOT_M


def points_of(*flights):
    """Arguments of `probe`: of each flight its number and its (time, latitude, longitude, altitude)."""
    rows = [(number, *point) for number, points in flights for point in points]
    columns = dict(zip(POINTS, np.array(rows, dtype=float).T, strict=True))
    return {**columns, "flight": columns["flight"].astype(int)}


def line(first_s, last_s, start, azimuth_deg, length_m, altitude_m=LEVEL_M):
    """The two ends of one straight leg."""
    end = moved(start, azimuth_deg, length_m)
    return [(first_s, *start, altitude_m), (last_s, *end, altitude_m)]


EAST = line(0, 1_200, (0.0, 0.0), 90, 240_000)  # 200 m/s along the equator
NORTH = line(0, 1_200, (-1.0, 1.0), 0, 240_000)


def test_two_that_cross_at_one_place_at_one_time_are_told_with_when():
    length_m = apart_m((-1.0, 1.0), (0.0, 1.0))
    crossing = [(0, -1.0, 1.0, LEVEL_M), (WGS84.a * np.pi / 180 / 200, 0.0, 1.0, LEVEL_M)]
    (found,) = probe(**points_of((7, EAST), (3, crossing)), **MINIMA)
    assert (found["i"], found["j"]) == (3, 7)
    assert found.dtype == PAIR
    meets_s = WGS84.a * np.pi / 180 / 200
    speed_mps = length_m / meets_s
    assert found["time_in_s"] == pytest.approx(meets_s - 5 * MILE_M / np.hypot(200, speed_mps), abs=0.1)
    assert found["time_out_s"] == pytest.approx(meets_s, abs=0.01), (
        "it ends there, and is not in the air any more"
    )
    assert found["distance_cpa_m"] == pytest.approx(0.0, abs=1.0)


def test_who_turns_away_or_changes_level_in_time_is_no_conflict():
    start = EAST[0]
    turn = moved((0.0, 0.0), 90, 80_000)
    away = moved(turn, 0, 160_000)
    turning = [start, (400, *turn, LEVEL_M), (1_200, *away, LEVEL_M)]
    climbing = [
        start,
        (400, *turn, LEVEL_M + 1_000 * FOOT_M),
        (1_200, *EAST[1][1:3], LEVEL_M + 304.8),
    ]
    towards = line(0, 1_200, EAST[1][1:3], 270, 240_000)
    assert len(probe(**points_of((1, EAST), (2, towards)), **MINIMA)) == 1
    assert len(probe(**points_of((1, turning), (2, towards)), **MINIMA)) == 0
    assert len(probe(**points_of((1, climbing), (2, towards)), **MINIMA)) == 0


def test_a_pair_that_meets_twice_is_told_twice():
    there = moved((0.0, 0.0), 90, 60_000)
    out_and_back = [EAST[0], (300, *there, LEVEL_M), (600, *EAST[0][1:])]
    waiting = [(0, 0.0, there[1] / 2, LEVEL_M), (1_200, 0.0, there[1] / 2, LEVEL_M)]
    found = probe(**points_of((0, out_and_back), (1, waiting)), **MINIMA)
    half_s = 5 * MILE_M / 200
    assert found["time_in_s"] == pytest.approx([150 - half_s, 450 - half_s], abs=0.05)
    assert found["time_out_s"] == pytest.approx([150 + half_s, 450 + half_s], abs=0.05)
    assert found["time_cpa_s"] == pytest.approx([150, 450], abs=0.05)


def test_a_stretch_over_many_slots_is_one():
    beside = line(0, 1_200, (0.05, 0.0), 90, 240_000)
    (found,) = probe(**points_of((0, EAST), (1, beside)), **MINIMA)
    assert (found["time_in_s"], found["time_out_s"]) == (0.0, 1_200.0)
    (found,) = probe(**points_of((0, EAST), (1, beside)), **MINIMA, lookahead_s=500.0)
    assert (found["time_in_s"], found["time_out_s"]) == (0.0, 500.0)


def test_who_is_not_in_the_air_at_the_same_time_is_no_conflict():
    early, late = line(0, 600, (0.0, 0.0), 90, 120_000), line(600, 1_200, (0.0, 0.0), 90, 120_000)
    assert len(probe(**points_of((0, early), (1, late)), **MINIMA)) == 0
    assert len(probe(**points_of((0, line(-600, -1, (0.0, 0.0), 90, 100_000)), (1, EAST)), **MINIMA)) == 0
    assert len(probe(**points_of((0, EAST), (1, EAST)), **MINIMA, lookahead_s=0.001)) == 1


def test_levels_a_thousand_feet_apart_are_separated():
    above = [(time_s, *place, LEVEL_M + 1_000 * FOOT_M) for time_s, *place, _ in EAST]
    assert len(probe(**points_of((0, EAST), (1, above)), **MINIMA)) == 0


def test_a_leg_of_thousands_of_kilometres_follows_its_geodesic():
    start = (40.0, -70.0)
    long = line(-3_000, 7_000, start, 60, 6_000_000)
    below = moved(start, 60, 3_600_000)  # 600 m/s, after 3,000 s
    waiting = [(0, *below, LEVEL_M), (9_000, *below, LEVEL_M)]
    near = {"horizontal_m": 100.0, "vertical_m": 10.0}
    (found,) = probe(**points_of((0, long), (1, waiting)), **near, lookahead_s=9_000.0)
    assert found["time_cpa_s"] == pytest.approx(3_000, abs=0.1)
    assert found["distance_cpa_m"] < 10.0
    aside = [(time_s, latitude + 1.0, *rest) for time_s, latitude, *rest in waiting]
    of_points = {"horizontal_m": [100.0, 400_000.0, 100.0, 100.0], "vertical_m": 10.0}
    found = probe(**points_of((0, long), (1, aside)), **of_points, lookahead_s=9_000.0)
    assert len(found) == 0, "the minimum of a leg is that of the point where it begins"


def test_nobody_and_one_alone_have_no_pairs():
    assert len(probe([], [], [], [], [], **MINIMA)) == 0
    assert len(probe(**points_of((0, EAST)), **MINIMA)) == 0


@pytest.mark.parametrize("place", PLACES)
def test_straight_flight_is_answered_as_by_detect_tactical(place):
    sky = crowd(random.Random(5), 80, place, spread_m=60_000.0)
    flights = []
    for k in range(80):
        latitude, longitude, altitude, speed, track, rate = (float(sky[name][k]) for name in NAMES)
        leg = line(0, 300, (latitude, longitude), track, speed * 300)
        flights.append((k, [(0, *leg[0][1:3], altitude), (300, *leg[1][1:3], altitude + 300 * rate)]))
    planned = probe(**points_of(*flights), **MINIMA, lookahead_s=300.0)
    straight = {(pair["i"], pair["j"]): pair for pair in detect_tactical(**sky, **EN_ROUTE)}
    assert len(planned) > 5
    assert {(pair["i"], pair["j"]) for pair in planned} == set(straight)
    for pair in planned:
        expected = straight[pair["i"], pair["j"]]
        assert pair["time_in_s"] == pytest.approx(expected["time_in_s"], abs=0.5)
        assert pair["time_out_s"] == pytest.approx(min(300.0, expected["time_out_s"]), abs=0.5)


# --- moment by moment -------------------------------------------------------------------------------------


class Walked:
    """A flight on the geodesics between its points."""

    def __init__(self, points) -> None:
        self.points = points
        self.lines = [Line(a[1:3], b[1:3]) for a, b in itertools.pairwise(points)]

    def at(self, time_s):
        """Latitude, longitude and altitude; None when it is not in the air."""
        for leg, (a, b) in zip(self.lines, itertools.pairwise(self.points), strict=True):
            if a[0] <= time_s <= b[0]:
                share = (time_s - a[0]) / (b[0] - a[0])
                return *leg.at(leg.length_m * share).place, a[3] + share * (b[3] - a[3])
        return None


def margin(one: Walked, other: Walked, time_s: float) -> float:
    """Below 0 when too near, above when not; 1 is one minimum."""
    a, b = one.at(time_s), other.at(time_s)
    if a is None or b is None:
        return 1.0
    lateral = apart_m(a[:2], b[:2]) / MINIMA["horizontal_m"]
    return max(lateral, abs(a[2] - b[2]) / MINIMA["vertical_m"]) - 1.0


def wandering(chance: random.Random, place: str):
    """A flight of some legs with turns and changes of level, some of them long."""
    start = moved(PLACES[place], chance.uniform(0, 360), chance.uniform(0, 80_000))
    azimuth, altitude, time_s = chance.uniform(0, 360), 10_000.0, chance.uniform(-600, 300)
    points = [(time_s, *start, altitude)]
    for _ in range(chance.randrange(1, 6)):
        duration_s, speed = chance.choice([40, 150, 400, 1_500]), chance.choice([0, 15, 120, 240, 600])
        end = onward(points[-1][1:3], azimuth, speed * duration_s)
        altitude += chance.choice([0, 0, 304.8, -304.8, 900.0])
        time_s += duration_s
        points.append((time_s, *end.place, altitude))
        azimuth = end.azimuth_deg + chance.choice([0, 90, -60, 170])
    return points


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_told_is_what_is_seen_moment_by_moment(place, seed):
    chance = random.Random(seed)
    flights = [(number, wandering(chance, place)) for number in range(14)]
    found = probe(**points_of(*flights), **MINIMA)
    walked = [Walked(points) for _, points in flights]
    for pair in found:
        one, other = walked[pair["i"]], walked[pair["j"]]
        length_s = pair["time_out_s"] - pair["time_in_s"]
        assert margin(one, other, 0.5 * (pair["time_in_s"] + pair["time_out_s"])) < 0.001 or length_s < 1.0
        assert pair["time_in_s"] == 0.0 or margin(one, other, pair["time_in_s"] - 0.5) > -0.001
        assert pair["time_out_s"] == 1_200.0 or margin(one, other, pair["time_out_s"] + 0.5) > -0.001
    for i, j in itertools.combinations(range(14), 2):
        told = [(pair["time_in_s"], pair["time_out_s"]) for pair in found if (pair["i"], pair["j"]) == (i, j)]
        for time_s in range(0, 1_200, 20):
            if margin(walked[i], walked[j], time_s) < -0.001:
                assert any(begins_s <= time_s <= ends_s for begins_s, ends_s in told), (i, j, time_s)


# --- wrong arguments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"flight": [0, 0, 1]}, "flight has 3 numbers, time_s has 4; as many are allowed"),
        ({"flight": [0, 0, 0, 1]}, "flight at 3 is 1, which has one point; two or more are allowed"),
        ({"flight": [0, 1, 1, 0]}, "flight at 3 is 0 again; its points must be beside each other"),
        ({"flight": [0.0, 0.0, 1.0, 1.0]}, "flight holds float64; whole numbers are allowed"),
        ({"time_s": [0, 0, 0, 1]}, "time_s at 1 is 0, not after 0 of the point before"),
        ({"time_s": [0, np.nan, 0, 1]}, "time_s at 1 is nan; -604800 to 604800 is allowed"),
        (
            {"time_s": [0, 1_200, 0, 10]},
            "time_s at 3: the leg to that point is flown at 24000 m/s; 1000 m/s is allowed",
        ),
        ({"altitude_m": [0, 0, 0, 100_001]}, "altitude_m at 3 is 100001; -1000 to 100000 is allowed"),
        ({"horizontal_m": [1, 2]}, "horizontal_m has 2 numbers, time_s has 4; one or as many are allowed"),
        ({"lookahead_s": 0}, "lookahead_s is 0; more than 0, at most 86400 is allowed"),
    ],
)
def test_wrong_points_are_named_with_what_is_allowed(changed, sentence):
    with pytest.raises(ValueError, match=r"allowed|after|beside") as wrong:
        probe(**{**points_of((0, EAST), (1, NORTH)), **MINIMA, **changed})
    assert str(wrong.value) == sentence


def test_a_climb_faster_than_anything_climbs_is_refused():
    steep = [(0, 0.0, 0.0, 0.0), (10, 0.0, 0.001, 9_000.0)]
    with pytest.raises(
        ValueError, match=r"time_s at 1: the leg to that point is climbed or descended at 900 m/s"
    ):
        probe(**points_of((0, steep), (1, EAST)), **MINIMA)
