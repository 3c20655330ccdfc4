"""Conflicts in flight against two oracles: fractions decide in the plane, geodesics judge the plane."""

import itertools
import math
import os
import random
from fractions import Fraction

import numpy as np
import pytest

from mamarr.conflicts import detect_tactical, detect_tactical_pairs, tactical, tactical_kernels
from mamarr.conflicts.tactical_kernels import ALTITUDE, HORIZONTAL, RATE, TOLERANCE_M, VERTICAL
from tests.conflicts.traffic import EN_ROUTE, MILE_M, NAMES, PLACES, crowd, two
from tests.geodesics import WGS84, apart_m, moved, onward

SEEDS = int(os.environ.get("MAMARR_SKIES", "24"))  # `make fuzz` has more
AIRCRAFT = 100
A_MOMENT_S = Fraction(1, 10**6)
HAIR_M2 = Fraction(1, 10**4)  # of 5 NM squared: 5 nm, where rounding decides
FAR_MM, FAR_M = 1e3, 100.0  # beyond a minimum: floats err by less than a millionth of that


def are_far_apart(a, b, lookahead_s: float) -> bool:
    """Whether two keep far more than their minimum, of height or of distance, until the look-ahead.

    What needs no fractions: most pairs, in less time.
    """
    now, then = b[ALTITUDE] - a[ALTITUDE], b[ALTITUDE] - a[ALTITUDE] + (b[RATE] - a[RATE]) * lookahead_s
    minimum = max(a[VERTICAL], b[VERTICAL]) + FAR_MM
    if min(now, then) > minimum or max(now, then) < -minimum:
        return True
    time_s, *motion = tactical_kernels.relative_motion(a, b, 0.0, lookahead_s)
    offset, velocity = motion[:3], motion[3:]
    speed2 = sum(v * v for v in velocity)
    ahead_s = -sum(s * v for s, v in zip(offset, velocity, strict=True)) / max(1e-9, speed2)
    ahead_s = min(lookahead_s - time_s, max(-time_s, ahead_s))
    return math.hypot(*(s + v * ahead_s for s, v in zip(offset, velocity, strict=True))) > (
        max(a[HORIZONTAL], b[HORIZONTAL]) + FAR_M
    )


class Exactly:
    """Two aircraft in the plane of the pair, in fractions: whether and when they are too near."""

    def __init__(self, a, b, lookahead_s: float) -> None:
        time_s, *motion = tactical_kernels.relative_motion(a, b, 0.0, lookahead_s)
        self.time_s = Fraction(time_s)
        self.offset, self.velocity = [Fraction(x) for x in motion[:3]], [Fraction(x) for x in motion[3:]]
        self.reach = max(Fraction(0), Fraction(max(a[HORIZONTAL], b[HORIZONTAL]) - TOLERANCE_M))
        self.apart, self.rate = int(b[ALTITUDE] - a[ALTITUDE]), Fraction(b[RATE]) - Fraction(a[RATE])
        self.minimum = int(max(a[VERTICAL], b[VERTICAL]))
        self.lookahead_s = Fraction(lookahead_s)

    def beyond_m2(self, t: Fraction) -> Fraction:
        """The distance squared at `t`, less the minimum squared."""
        there = [s + v * (t - self.time_s) for s, v in zip(self.offset, self.velocity, strict=True)]
        return sum(x * x for x in there) - self.reach * self.reach

    def is_inside(self, t: Fraction) -> bool:
        return abs(self.apart + self.rate * t) < self.minimum and self.beyond_m2(t) < 0

    def window(self) -> tuple[Fraction, Fraction]:
        """Within the look-ahead: when they are too near in height."""
        low, high = Fraction(0), self.lookahead_s
        if self.rate == 0:
            return (low, high) if abs(self.apart) < self.minimum else (low, low)
        ends = sorted([(-self.minimum - self.apart) / self.rate, (self.minimum - self.apart) / self.rate])
        return max(low, ends[0]), min(high, ends[1])

    def least_m2(self) -> Fraction | None:
        """The least of `beyond_m2` in the window; None when that is empty."""
        low, high = self.window()
        if low >= high:
            return None
        speed2 = sum(v * v for v in self.velocity)
        along = sum(s * v for s, v in zip(self.offset, self.velocity, strict=True))
        nearest = low if speed2 == 0 else min(high, max(low, self.time_s - along / speed2))
        return self.beyond_m2(nearest)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_fractions_decide_the_same_and_at_the_same_moment(seed):
    chance = random.Random(seed)
    sky = crowd(chance, AIRCRAFT, chance.choice(list(PLACES)), spread_m=chance.choice([30_000.0, 150_000.0]))
    found = {(pair["i"], pair["j"]): pair for pair in detect_tactical(**sky, **EN_ROUTE)}
    limits = EN_ROUTE["horizontal_m"], EN_ROUTE["vertical_m"]
    state = tactical.rows_of_state(tuple(sky[name] for name in NAMES), *limits)
    for i, j in itertools.combinations(range(AIRCRAFT), 2):
        if are_far_apart(state[i], state[j], EN_ROUTE["lookahead_s"]):
            assert (i, j) not in found
            continue
        exactly = Exactly(state[i], state[j], EN_ROUTE["lookahead_s"])
        least_m2 = exactly.least_m2()
        if least_m2 is None or least_m2 >= HAIR_M2:
            assert (i, j) not in found
        elif least_m2 < -HAIR_M2:
            holds_from_to(exactly, found[i, j])


def holds_from_to(exactly: Exactly, pair) -> None:
    """The answer's times are those at which the pair becomes too near and ceases to be."""
    begins, ends = Fraction(pair["time_in_s"]), pair["time_out_s"]
    if ends - pair["time_in_s"] < 1e-5:
        return
    assert exactly.is_inside(begins + A_MOMENT_S)
    assert begins == 0 or not exactly.is_inside(begins - A_MOMENT_S)
    if ends < math.inf:
        assert exactly.is_inside(Fraction(ends) - A_MOMENT_S)
        assert not exactly.is_inside(Fraction(ends) + A_MOMENT_S)
    nearest_m2 = Fraction(pair["distance_cpa_m"]) ** 2 - exactly.reach**2
    at = Fraction(pair["time_cpa_s"])
    assert abs(exactly.beyond_m2(at) - nearest_m2) < Fraction(1, 100)
    later, sooner = exactly.beyond_m2(at + 1), exactly.beyond_m2(max(Fraction(0), at - 1))
    assert min(later, sooner) >= exactly.beyond_m2(at) - Fraction(1, 100)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_single_precision_loses_nobody_who_is_barely_too_near(seed):
    """Minima that are a centimetre more than the nearest two come: from a metre to many kilometres."""
    chance = random.Random(seed)
    for _ in range(40):
        sky = meeting(chance)
        sky["altitude_m"] = np.array([9_000.0, 9_000.0 + chance.uniform(-3_000, 3_000)])
        sky["vertical_rate_mps"] = np.array([0.0, (9_000.0 - sky["altitude_m"][1]) / chance.uniform(10, 290)])
        wide = detect_tactical(**sky, horizontal_m=50_000.0, vertical_m=50_000.0, lookahead_s=300.0)
        for passing in wide[wide["time_cpa_s"] < 299.0]:
            barely_m = passing["distance_cpa_m"] + 0.01
            heights_m = sky["altitude_m"] + sky["vertical_rate_mps"] * passing["time_cpa_s"]
            limits = {"horizontal_m": barely_m, "vertical_m": abs(heights_m[0] - heights_m[1]) + 0.01}
            told = detect_tactical(**sky, **limits, lookahead_s=300.0)
            assert len(told) == 1
            assert (told == detect_tactical_pairs([(0, 1)], **sky, **limits, lookahead_s=300.0)).all()


# --- the plane --------------------------------------------------------------------------------------------

ERROR_RATIO = 0.001  # of the distance, or of the minimum where they are nearer: what decisions/0036 promises
ERROR_S = 0.5


def meeting(chance: random.Random) -> dict[str, np.ndarray]:
    """Two that pass near each other somewhere on the Earth within 300 s, each on its geodesic."""
    latitude = chance.choice([math.degrees(math.asin(chance.uniform(-1, 1))), 89.99, -90.0, 0.0])
    longitude = chance.choice([chance.uniform(-180, 180), 180.0, -179.99])
    track = chance.uniform(0, 360)
    tracks = track, chance.choice([track + chance.uniform(-3, 3), track + 180, chance.uniform(0, 360)])
    passing_s, rows = chance.uniform(0, 300), []
    for back in tracks:
        speed = chance.choice([0.0, chance.uniform(0, 50), chance.uniform(50, 300), 700.0])
        there = moved((latitude, longitude), chance.uniform(0, 360), chance.uniform(0, 5_000))
        start = onward(there, back, speed * passing_s)
        rows.append((*start.place, 9_000, speed, (start.azimuth_deg + 360) % 360 - 180, 0))
    return two(*rows)


def apart_then_m(sky: dict[str, np.ndarray], time_s: float) -> float:
    """How far two are apart on the ellipsoid after `time_s` on their geodesics."""
    one, other = (
        moved((latitude, longitude), track, speed * time_s)
        for latitude, longitude, speed, track in zip(
            *(sky[name] for name in ("latitude_deg", "longitude_deg", "ground_speed_mps", "track_deg")),
            strict=True,
        )
    )
    return apart_m(one, other)


def earth_centred_m(latitude_deg: float, longitude_deg: float) -> np.ndarray:
    """A point of the ellipsoid, by its parametric latitude."""
    lower, flat = math.radians(longitude_deg), 1.0 - WGS84.f
    reduced = math.atan2(flat * math.sin(math.radians(latitude_deg)), math.cos(math.radians(latitude_deg)))
    ring = WGS84.a * math.cos(reduced)
    return np.array([ring * math.cos(lower), ring * math.sin(lower), flat * WGS84.a * math.sin(reduced)])


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_circle_of_an_aircraft_leaves_its_geodesic_by_less_than_a_metre_in_210_km(seed):
    chance = random.Random(seed)
    for _ in range(20):
        latitude, longitude = math.degrees(math.asin(chance.uniform(-1, 1))), chance.uniform(-180, 180)
        track = chance.uniform(0, 360)
        sky = two(*[(latitude, longitude, 0, 700, track, 0)] * 2)
        (row, _) = tactical.rows_of_state(tuple(sky[name] for name in NAMES), 1.0, 1.0)
        end = moved((latitude, longitude), track, 210_000)
        there_m = np.array(tactical_kernels.moved(row, 300.0)[:3])
        assert np.linalg.norm(there_m - earth_centred_m(*end)) < 1.0


def entry_s(sky: dict[str, np.ndarray], low_s: float, high_s: float) -> float:
    """When the two come within 5 NM, between two moments, by halving."""
    for _ in range(40):
        middle_s = 0.5 * (low_s + high_s)
        low_s, high_s = (middle_s, high_s) if apart_then_m(sky, middle_s) > 5 * MILE_M else (low_s, middle_s)
    return low_s


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_plane_is_as_right_as_promised_against_geodesics(seed):
    chance = random.Random(seed)
    for _ in range(12):
        sky = meeting(chance)
        a, b = tactical.rows_of_state(tuple(sky[name] for name in NAMES), 5 * MILE_M, 300.0)
        time_s, *motion = tactical_kernels.relative_motion(a, b, 0.0, 300.0)
        offset, velocity = np.array(motion[:3]), np.array(motion[3:])
        for at_s in range(0, 301, 50):
            true_m = apart_then_m(sky, at_s)
            error_m = abs(float(np.linalg.norm(offset + velocity * (at_s - time_s))) - true_m)
            assert error_m < ERROR_RATIO * max(true_m, 5 * MILE_M)
        for found in detect_tactical(**sky, **EN_ROUTE):
            begins_s = found["time_in_s"]
            if begins_s > ERROR_S:
                assert apart_then_m(sky, begins_s - ERROR_S) > 5 * MILE_M
                assert apart_then_m(sky, begins_s + ERROR_S) < 5 * MILE_M
                assert begins_s == pytest.approx(entry_s(sky, begins_s - 1, begins_s + 1), abs=ERROR_S)
