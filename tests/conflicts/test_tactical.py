"""Conflicts in flight: who is named, when, and what is refused."""

import itertools
import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.conflicts import PAIR, detect_tactical, detect_tactical_one, detect_tactical_pairs
from tests.conflicts.traffic import (
    EN_ROUTE,
    FOOT_M,
    KNOT_MPS,
    MILE_M,
    NAMES,
    PLACES,
    crowd,
    detected,
    pair_set,
    two,
)

LEVEL_350_M, LEVEL_340_M = 35_000 * FOOT_M, 34_000 * FOOT_M


def every_pair(count: int) -> list[tuple[int, int]]:
    return list(itertools.combinations(range(count), 2))


def head_on(apart_m: float, aside_m: float = 0.0, speed_mps: float = 200.0) -> dict[str, np.ndarray]:
    """Two towards each other along the equator, the second `aside_m` north of the other's line."""
    there = Geodesic.WGS84.Direct(0.0, 0.0, 90.0, apart_m)
    north = Geodesic.WGS84.Direct(0.0, there["lon2"], 0.0, aside_m)
    return two((0, 0, 9_000, speed_mps, 90, 0), (north["lat2"], there["lon2"], 9_000, speed_mps, 270, 0))


# --- when and how near ------------------------------------------------------------------------------------


def test_two_head_on_enter_meet_and_leave_when_they_must():
    (found,) = detected(head_on(60_000.0))
    assert (found["i"], found["j"]) == (0, 1)
    assert found["time_in_s"] == pytest.approx((60_000 - 9_260) / 400, abs=0.01)
    assert found["time_cpa_s"] == pytest.approx(60_000 / 400, abs=0.01)
    assert found["time_out_s"] == pytest.approx((60_000 + 9_260) / 400, abs=0.01)
    assert found["distance_cpa_m"] == pytest.approx(0.0, abs=0.1)


def test_the_published_example_of_daidalus():
    """nasa/daidalus, Regression/gold/DaidalusExample-cd3d.out: 5 NM, 1000 ft, 180 s; violation in 5.46 s.

    That program takes the Earth for a ball, on which the distance is another by some tenths of a percent.
    """
    sky = two(
        (33.95, -96.7, 8_700 * FOOT_M, 151 * KNOT_MPS, 206, 0),
        (33.86191658, -96.73272601, 9_000 * FOOT_M, 210 * KNOT_MPS, 0, 0),
    )
    (found,) = detected(sky, lookahead_s=180.0)
    assert found["time_in_s"] == pytest.approx(5.46, abs=0.2)


def test_who_is_inside_already_enters_at_zero():
    (found,) = detected(head_on(5_000.0))
    assert found["time_in_s"] == 0.0
    assert found["time_cpa_s"] == pytest.approx(12.5, abs=0.01)


def test_who_flies_apart_was_nearest_now():
    sky = head_on(5_000.0)
    sky["track_deg"] = sky["track_deg"][::-1]
    (found,) = detected(sky)
    assert (found["time_in_s"], found["time_cpa_s"]) == (0.0, 0.0)
    assert found["distance_cpa_m"] == pytest.approx(5_000.0, abs=0.01)


def test_two_that_hover_near_each_other_never_leave():
    (found,) = detected(head_on(5_000.0, speed_mps=0.0))
    assert (found["time_in_s"], found["time_out_s"]) == (0.0, np.inf)
    assert len(detected(head_on(10_000.0, speed_mps=0.0))) == 0


def test_what_begins_after_the_lookahead_is_not_told():
    begins_s = (60_000 - 9_260) / 400
    assert len(detected(head_on(60_000.0), lookahead_s=begins_s - 0.01)) == 0
    assert len(detected(head_on(60_000.0), lookahead_s=begins_s + 0.01)) == 1


def test_a_climb_through_the_level_of_another_counts_from_its_edge():
    sky = head_on(5_000.0, speed_mps=0.0)
    sky["altitude_m"] = np.array([9_000.0, 9_000.0 - 304.8 - 100.0])
    sky["vertical_rate_mps"] = np.array([0.0, 5.0])
    (found,) = detected(sky)
    assert found["time_in_s"] == pytest.approx(20.0, abs=1e-9)
    assert found["time_out_s"] == pytest.approx(20.0 + 609.6 / 5.0, abs=1e-9)


def test_near_in_the_plane_and_in_height_at_different_times_is_separated():
    sky = head_on(60_000.0)  # within 5 NM from 126.85 to 173.15 s
    sky["vertical_rate_mps"] = np.array([10.0, 0.0])  # within 1000 ft until 30.48 s
    assert len(detected(sky)) == 0


# --- the boundary is open ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lower_ft", range(0, 45_000, 1_000))
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_levels_exactly_a_thousand_feet_apart_are_separated(lower_ft, kind):
    sky = head_on(5_000.0)
    sky["altitude_m"] = (np.array([lower_ft, lower_ft + 1_000]) * FOOT_M).astype(kind)
    assert len(detected(sky)) == 0
    assert len(detected(sky, vertical_m=304.801)) == 1


def test_exactly_a_thousand_feet_apart_and_closing_begins_now():
    sky = head_on(5_000.0)
    sky["altitude_m"] = np.array([LEVEL_340_M, LEVEL_350_M])
    sky["vertical_rate_mps"] = np.array([0.0, -1.0])
    assert detected(sky)["time_in_s"].tolist() == [0.0]
    sky["vertical_rate_mps"] = np.array([0.0, 1.0])
    assert len(detected(sky)) == 0


@pytest.mark.parametrize("latitude_deg", [0.0, -33.0, 60.0, 89.0, 90.0])
@pytest.mark.parametrize("azimuth_deg", range(0, 360, 30))
def test_exactly_five_miles_apart_is_separated_and_some_millimetres_less_is_not(latitude_deg, azimuth_deg):
    for apart_m, expected in ((5 * MILE_M, 0), (5 * MILE_M - 0.003, 1)):
        there = Geodesic.WGS84.Direct(latitude_deg, 179.99, azimuth_deg, apart_m)
        sky = two((latitude_deg, 179.99, 9_000, 0, 0, 0), (there["lat2"], there["lon2"], 9_000, 0, 0, 0))
        assert len(detected(sky)) == expected


def test_a_minimum_of_hundreds_of_kilometres_is_measured_along_the_surface():
    apart_m = 400_000.0  # through the Earth it is 66 m less
    sky = head_on(apart_m, speed_mps=0.0)
    assert len(detected(sky, horizontal_m=apart_m - 2.0)) == 0
    assert len(detected(sky, horizontal_m=apart_m + 2.0)) == 1


def test_a_pass_just_outside_the_minimum_is_separated():
    # The line of the northern one bends towards the equator, by 10 cm where they pass.
    assert len(detected(head_on(60_000.0, aside_m=5 * MILE_M + 0.11))) == 0
    assert len(detected(head_on(60_000.0, aside_m=5 * MILE_M + 0.09))) == 1


def test_of_two_minima_the_larger_counts():
    sky = head_on(5_000.0, speed_mps=0.0)
    for horizontal_m, expected in (((0, 4_000), 0), ((0, 6_000), 1), ((6_000, 0), 1), ((0, 0), 0)):
        assert len(detected(sky, horizontal_m=np.array(horizontal_m))) == expected
    sky["altitude_m"] = np.array([9_000.0, 9_100.0])
    for vertical_m, expected in (((0, 99), 0), ((0, 101), 1), ((101, 0), 1)):
        assert len(detected(sky, vertical_m=list(vertical_m))) == expected


# --- all, one, and given pairs ----------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("seed", range(6))
def test_the_cubes_lose_no_pair_and_add_none(place, seed):
    chance = random.Random(seed)
    sky = crowd(chance, 150, place, spread_m=chance.choice([20_000.0, 120_000.0, 500_000.0]))
    limits = dict(EN_ROUTE, lookahead_s=chance.choice([10.0, 300.0, 1_200.0]))
    if seed % 2:
        limits["horizontal_m"] = np.array([chance.choice([0.0, 75.0, 9_260.0, 40_000.0]) for _ in range(150)])
        limits["vertical_m"] = np.array([chance.choice([0.0, 30.0, 304.8, 609.6]) for _ in range(150)])
    if seed == 4:  # a few fast ones among many that hover: cubes of several sizes
        sky["ground_speed_mps"][10:] *= 0.01
        limits["horizontal_m"] = 100.0
    found = detect_tactical(**sky, **limits)
    assert (found == detect_tactical_pairs(every_pair(150), **sky, **limits)).all()
    assert found.dtype == PAIR
    assert (found["i"] < found["j"]).all()


def test_all_round_the_world_no_pair_is_lost():
    chance = random.Random(1)
    crowds = [crowd(chance, 60, place) for place in PLACES]
    sky = {name: np.concatenate([one[name] for one in crowds]) for name in NAMES}
    found = detected(sky)
    assert (found == detect_tactical_pairs(every_pair(300), **sky, **EN_ROUTE)).all()
    assert len(found) > 20


def test_one_against_all_is_its_part_of_all():
    sky = crowd(random.Random(2), 200, "antimeridian")
    found = detected(sky)
    for one in range(0, 200, 20):
        expected = found[(found["i"] == one) | (found["j"] == one)]
        assert (detect_tactical_one(one, **sky, **EN_ROUTE) == expected).all()


def test_given_pairs_are_answered_once_each_in_any_order():
    sky = crowd(random.Random(3), 60, "plain", spread_m=30_000.0)
    found = detected(sky)
    asked = [(pair["j"], pair["i"]) for pair in found[::2]] * 2
    assert (detect_tactical_pairs(asked, **sky, **EN_ROUTE) == found[::2]).all()
    assert len(detect_tactical_pairs(np.empty((0, 2), int), **sky, **EN_ROUTE)) == 0


def test_threads_that_share_the_work_answer_the_same():
    sky = crowd(random.Random(4), 2_000, "north pole", spread_m=500_000.0)
    with ThreadPoolExecutor(2) as pool:
        assert (detected(sky, spread=pool.map) == detected(sky)).all()


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_and_one_alone_have_no_pairs(count):
    found = detected(dict.fromkeys(NAMES, np.zeros(count)))
    assert found.dtype == PAIR
    assert len(found) == 0


def test_many_in_one_place_are_all_pairs():
    sky = dict.fromkeys(NAMES, np.zeros(100))
    assert pair_set(detected(sky)) == set(every_pair(100))


# --- properties -------------------------------------------------------------------------------------------

skies = st.builds(
    lambda seed, place: crowd(random.Random(seed), 30, place, spread_m=60_000.0),
    st.integers(0, 10**9),
    st.sampled_from(list(PLACES)),
)


def times_of(found: np.ndarray) -> np.ndarray:
    return np.array([found[name] for name in PAIR.names[2:]])


@settings(max_examples=40)
@given(skies, st.randoms())
def test_the_order_of_the_aircraft_changes_nothing_but_their_numbers(sky, chance):
    order = np.array(chance.sample(range(30), 30))
    shuffled = detected({name: sky[name][order] for name in NAMES})
    again = detect_tactical_pairs(
        np.stack([order[shuffled["i"]], order[shuffled["j"]]], axis=1), **sky, **EN_ROUTE
    )
    found = detected(sky)
    assert (found == again).all()
    assert len(found) == len(shuffled)
    assert (np.sort(times_of(found)) == np.sort(times_of(shuffled))).all()


@settings(max_examples=40)
@given(skies, st.floats(-180.0, 180.0))
def test_turning_the_earth_changes_nothing(sky, turn_deg):
    found = detected(sky)
    turned = detected({**sky, "longitude_deg": (sky["longitude_deg"] + turn_deg + 180.0) % 360.0 - 180.0})
    assert pair_set(found) == pair_set(turned)
    assert times_of(turned) == pytest.approx(times_of(found), abs=1e-3, rel=1e-6)


@settings(max_examples=20)
@given(skies, st.floats(1.0, 60.0))
def test_later_all_of_it_is_that_much_sooner(sky, later_s):
    found = detected(sky)
    moved = {name: sky[name].copy() for name in NAMES}
    for k in range(30):
        line = Geodesic.WGS84.Direct(
            sky["latitude_deg"][k],
            sky["longitude_deg"][k],
            sky["track_deg"][k],
            sky["ground_speed_mps"][k] * later_s,
        )
        moved["latitude_deg"][k], moved["longitude_deg"][k], moved["track_deg"][k] = (
            line["lat2"],
            line["lon2"],
            line["azi2"],
        )
    moved["altitude_m"] = sky["altitude_m"] + sky["vertical_rate_mps"] * later_s
    after = {(pair["i"], pair["j"]): pair for pair in detected(moved)}
    for pair in found:
        short = pair["time_out_s"] < later_s + 1.0 or pair["time_out_s"] - pair["time_in_s"] < 1.0
        if short or pair["time_in_s"] < later_s + 0.5:
            continue
        then = after[pair["i"], pair["j"]]
        assert then["time_in_s"] + later_s == pytest.approx(pair["time_in_s"], abs=0.5)


# --- wrong arguments --------------------------------------------------------------------------------------

BAD = [
    ("latitude_deg", [0.0, 91.0], "latitude_deg at 1 is 91; -90 to 90 is allowed"),
    ("latitude_deg", [np.nan, 0.0], "latitude_deg at 0 is nan; -90 to 90 is allowed"),
    ("longitude_deg", [0.0, 361.0], "longitude_deg at 1 is 361; -360 to 360 is allowed"),
    ("altitude_m", [0.0, np.inf], "altitude_m at 1 is inf; -1000 to 100000 is allowed"),
    ("ground_speed_mps", [-1.0, 0.0], "ground_speed_mps at 0 is -1; 0 to 1000 is allowed"),
    ("track_deg", [0.0, 361.0], "track_deg at 1 is 361; -360 to 360 is allowed"),
    ("vertical_rate_mps", [0.0, -np.inf], "vertical_rate_mps at 1 is -inf; -500 to 500 is allowed"),
    ("altitude_m", [0.0], "altitude_m has 1 numbers, latitude_deg has 2; as many are allowed"),
    ("altitude_m", 0.0, "altitude_m has shape (); one row of numbers is allowed"),
    ("track_deg", [[0.0, 0.0]], "track_deg has shape (1, 2); one row of numbers is allowed"),
    ("track_deg", [True, False], "track_deg holds bool; real numbers are allowed"),
    ("track_deg", ["0", "1"], "track_deg holds <U1; real numbers are allowed"),
    ("track_deg", [0.0, None], "track_deg holds object; real numbers are allowed"),
    ("track_deg", [0.0, 1j], "track_deg holds complex128; real numbers are allowed"),
    ("track_deg", [[0.0], [0.0, 1.0]], "track_deg is not one row of numbers: "),
    (
        "track_deg",
        np.ma.array([0.0, 1.0], mask=[0, 1]),
        "track_deg has masked numbers; leave those aircraft out",
    ),
    ("horizontal_m", -1.0, "horizontal_m at 0 is -1; 0 to 500000 is allowed"),
    ("horizontal_m", [1.0, np.nan], "horizontal_m at 1 is nan; 0 to 500000 is allowed"),
    ("vertical_m", [1.0], "vertical_m has 1 numbers, latitude_deg has 2; one or as many are allowed"),
    ("vertical_m", -0.1, "vertical_m at 0 is -0.1; 0 to 100000 is allowed"),
    ("lookahead_s", 0.0, "lookahead_s is 0; more than 0, at most 1800 is allowed"),
    ("lookahead_s", np.nan, "lookahead_s is nan; more than 0, at most 1800 is allowed"),
    ("lookahead_s", 1_801.0, "lookahead_s is 1801; more than 0, at most 1800 is allowed"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), BAD)
def test_a_wrong_argument_is_named_with_what_is_allowed(name, value, sentence):
    with pytest.raises(ValueError, match=r"allowed|numbers|leave") as wrong:
        detected(head_on(5_000.0), **{name: value})
    assert str(wrong.value).startswith(sentence)


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([(0, 2)], "pairs at 0 is [0, 2]; there are aircraft at 0 to 1"),
        ([(0, 1), (-1, 0)], "pairs at 1 is [-1, 0]; there are aircraft at 0 to 1"),
        ([(1, 1)], "pairs at 0 is [1, 1]; two different aircraft are allowed"),
        ([0, 1], "pairs has shape (2,) of int64; (M, 2) of whole numbers is allowed"),
        ([(0.0, 1.0)], "pairs has shape (1, 2) of float64; (M, 2) of whole numbers is allowed"),
    ],
)
def test_wrong_pairs_are_named(pairs, sentence):
    with pytest.raises(ValueError, match=r"allowed|aircraft") as wrong:
        detect_tactical_pairs(pairs, **head_on(5_000.0), **EN_ROUTE)
    assert str(wrong.value) == sentence


def test_one_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="one is 2; there are aircraft at 0 to 1"):
        detect_tactical_one(2, **head_on(5_000.0), **EN_ROUTE)


def test_arrays_of_any_layout_and_kind_of_number_are_taken():
    sky = head_on(60_000.0)
    expected = detected(sky)
    apart = {name: np.repeat(sky[name], 3)[::3] for name in NAMES}
    assert not apart["altitude_m"].flags.c_contiguous
    assert (detected(apart) == expected).all()
    assert (detected({name: list(sky[name]) for name in NAMES}) == expected).all()
    assert (detected({**sky, "altitude_m": np.array([9_000, 9_000], np.int16)}) == expected).all()
    for name in NAMES:
        sky[name].flags.writeable = False
    assert (detected(sky) == expected).all()
