"""Ways are tried where a loss of separation may hide; areas have an inside, wherever they lie."""

import msgspec
import pytest

from mamarr.simulation.apart import (
    Part,
    along_edges,
    beside,
    distances_m,
    near_levels,
    near_times_ms,
    nearer,
    on_earth,
)

STRAIGHT = ((0.0, 0.0), (0.0, 1.0))  # 111 km along the equator
GENTLE_DEG, STEEP_DEG = 0.093, 0.09  # latitudes of two bends: 10 283 m and 9 952 m beside STRAIGHT


def a_way(places_deg: tuple[tuple[float, float], ...], minutes: float) -> Part:
    return Part(
        line=on_earth(places_deg),
        reach_m=0.0,
        lower_mm=0,
        highest_mm=0,
        entry_ms=0,
        exit_ms=round(minutes * 60_000),
    )


def bent(steep_deg: float) -> tuple[tuple[float, float], ...]:
    """Comes near STRAIGHT gently, goes away, and comes near again steeply: for seconds, between two steps."""
    gentle = ((0.12, 0.05), (GENTLE_DEG, 0.35), (0.12, 0.6))
    return (*gentle, (0.5, 0.7), (steep_deg, 0.8), (0.5, 0.9))


@pytest.mark.parametrize("minutes", [8, 8.25, 8.5, 8.75, 9, 9.5, 10])  # the steps lie elsewhere each time
def test_two_ways_that_pass_near_twice_are_tried_at_both_places(minutes: float):
    one = a_way(STRAIGHT, 10)
    twice, once = a_way(bent(STEEP_DEG), minutes), a_way(bent(GENTLE_DEG), minutes)
    for pair in ((one, twice), (twice, one)):
        assert nearer(*pair, 10_150.0, 0)  # the second time alone is nearer, which large steps do not show
    for pair in ((one, once), (once, one)):
        assert not nearer(*pair, 10_150.0, 0)


HOOK = ((0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (2.0, 1.0), (0.5, 1.0), (0.5, 0.0))  # latitudes, longitudes
ACROSS = ((50.0, 179.0), (50.0, -179.0), (51.0, -179.0), (51.0, 179.0))
ROUND_THE_POLE = ((88.0, 0.0), (88.0, 90.0), (88.0, 180.0), (88.0, -90.0))


def an_area(corners_deg: tuple[tuple[float, float], ...], **changed: object) -> Part:
    values = {
        "line": along_edges([*corners_deg, corners_deg[0]]),
        "is_area": True,
        "reach_m": 0.0,
        "lower_mm": 0,
        "highest_mm": 1,
        "entry_ms": 0,
        "exit_ms": 1,
    }
    return Part(**{**values, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("corners_deg", "place_deg", "away_m"),
    [
        (HOOK, (0.25, 1.5), -27_644),  # to the side at 0 degrees
        (HOOK, (1.0, 0.5), 55_287),  # in the bend of the hook
        (ACROSS, (50.5, 180.0), -55_625),
        (ACROSS, (50.5, 178.0), 71_008),
        (ROUND_THE_POLE, (90.0, 0.0), -157_900),  # to the middle of a side
        (ROUND_THE_POLE, (50.5, 180.0), 4_188_000),
        (ROUND_THE_POLE, (-89.5, 10.0), 12_720_000),
    ],
)
def test_a_place_is_so_far_from_an_area_whichever_way_round_its_corners_are(
    corners_deg: tuple[tuple[float, float], ...],
    place_deg: tuple[float, float],
    away_m: float,
    turned: bool,
):
    area = an_area(corners_deg[::-1] if turned else corners_deg)
    (found_m,) = distances_m(on_earth([place_deg]), area)
    assert found_m == pytest.approx(away_m, rel=0.02)


def test_an_area_is_met_inside_and_by_its_reach():
    area, inside = an_area(ACROSS), an_area(((50.4, 179.9), (50.4, -179.9), (50.6, 180.0)))
    beside = an_area(((50.4, 178.0), (50.4, 178.9), (50.6, 178.5)))
    for pair in ((area, area), (area, inside), (inside, area)):
        assert nearer(*pair, 0.0, 0)
    assert not nearer(area, beside, 0.0, 0)
    assert nearer(area, an_area(((50.4, 178.0), (50.4, 178.9), (50.6, 178.5)), reach_m=8_000.0), 0.0, 0)


def test_two_datums_are_as_near_as_they_may_be():
    high_mm = 330 * 30_480
    level = a_way(STRAIGHT, 1)
    level = msgspec.structs.replace(level, lower_mm=high_mm, highest_mm=high_mm)
    above = an_area(HOOK, lower_mm=high_mm + 1_000_000, highest_mm=high_mm + 2_000_000)
    assert near_levels(level, above) == (1_000_000, high_mm + 1_000_000)
    assert near_levels(level, msgspec.structs.replace(above, datum="WGS84")) == (0, high_mm)


def test_what_ends_when_another_begins_is_no_time_apart_and_not_at_once():
    one, other = a_way(STRAIGHT, 1), a_way(STRAIGHT, 2)
    after = msgspec.structs.replace(other, entry_ms=60_000)
    assert near_times_ms(one, after) == 0
    assert not nearer(one, after, 10.0, 0)
    assert nearer(one, after, 10.0, 1)
    assert near_times_ms(one, other) < 0


@pytest.mark.parametrize(
    ("place_deg", "away_m", "along_ratio"),
    [
        ((0.1, 0.5), 11_057.4, 0.5),  # a tenth of a degree of latitude at the equator
        ((0.1, 0.25), 11_057.4, 0.25),
        ((0.0, -0.1), 11_131.9, -0.1),  # a tenth of a degree along the equator, before the start
        ((0.0, 1.1), 11_131.9, 1.1),
        ((0.0, 0.75), 0.0, 0.75),
    ],
)
def test_a_place_is_so_far_beside_a_way_and_at_this_part_of_it(
    place_deg: tuple[float, float], away_m: float, along_ratio: float
):
    for places in (STRAIGHT, ((0.0, 0.0), (0.0, 0.2), (0.0, 0.6), (0.0, 1.0))):
        found_m, found_ratio = beside(on_earth([place_deg])[0], a_way(places, 10))
        assert found_m == pytest.approx(away_m, abs=1.0)
        assert found_ratio == pytest.approx(along_ratio, abs=2e-4)
