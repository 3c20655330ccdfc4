"""Ways are tried where a loss of separation may hide, not only where they seemed nearest."""

import pytest

from mamarr.simulation.apart import Part, nearer, on_earth

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
