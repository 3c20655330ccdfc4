"""The reach rule for what is really filed and reserved: formations, RVSM, edges of shares, moving areas.

`test_reach` holds it for volumes of any kind; how these are built is in `pairs`.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from mamarr.airspace import reach
from mamarr.airspace.occupancy import Occupancy
from mamarr.conflicts import Minima, conflict, prepare
from mamarr.coordination import agreements
from mamarr.engine.projection import Partition
from mamarr.flights import admission
from mamarr.geometry import Shape, Volume, footprints, tolerance, volumes
from tests.airspace.pairs import Pair, a_pair
from tests.airspace.test_reach import lies_in_shares
from tests.examples import some
from tests.forgetting import forget

KINDS = (
    ("formation", "flight"),
    ("formation", "formation"),
    ("formation", "edge"),
    ("rvsm", "rvsm"),
    ("rvsm", "non-rvsm"),
    ("edge", "flight"),
    ("edge", "edge"),
    ("edge", "area"),
    ("moving", "flight"),
    ("moving", "moving"),
    ("moving", "edge"),
)
BORDERS = ("PLACE", "LEVEL", "TIME", "ALL")
SEEDS = range(some(20))  # of what is drawn; each of the planted bugs below is found with one of them
UNSEEN, NOBODY = "admission does not see that they conflict", "nobody is asked for both"


def conflict_by_rule(one: Occupancy, other: Occupancy, pair: Pair) -> bool:
    """Whether admission takes two for too near."""
    minima = admission.minima(one, other, pair.terms)
    if minima is None:
        return False
    if one.box is not None and other.box is not None and minima == admission.NOTHING_NEARER:
        return volumes.overlaps(one.box, other.box)
    return conflict(prepare(one.volume), prepare(other.volume), minima)


def wrong(pair: Pair) -> str:
    """What should not be; empty when all is well."""
    near = [(a, b) for a in pair.one for b in pair.other if conflict_by_rule(a, b, pair)]
    if not near:
        return UNSEEN
    partition = Partition.of_shares(pair.shares)
    for each in near:
        one, other = (set(partition.reached(found.volume, pair.largest)) for found in each)
        if not one & other and is_promised(each, pair):
            return NOBODY
    return ""


def is_promised(two: tuple[Occupancy, Occupancy], pair: Pair) -> bool:
    """Whether both lie in shares; over one datum one is enough."""
    held = [lies_in_shares(each.volume, pair.shares) for each in two]
    return all(held) or (any(held) and two[0].volume.datum is two[1].volume.datum)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("kinds", KINDS, ids="-".join)
def test_of_two_that_conflict_some_authority_is_asked_for_both(kinds: tuple[str, str], border: str):
    found = {seed: wrong(a_pair(Random(seed), kinds, border)) for seed in SEEDS}
    assert {seed: what for seed, what in found.items() if what} == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_two_that_keep_clear_of_the_edge_of_their_shares_have_it_in_common_and_lie_in_them(seed: int):
    pair = a_pair(Random(seed), ("clear-edge", "clear-edge"), "PLACE")
    partition = Partition.of_shares(pair.shares)
    assert not any(conflict_by_rule(one, other, pair) for one in pair.one for other in pair.other)
    assert all(partition.is_allotted(each.volume) for each in (*pair.one, *pair.other))


# --- planted bugs -----------------------------------------------------------------------------------------

Plant = Callable[[pytest.MonkeyPatch], None]


def widened_by(lateral: float, vertical: float, time: float) -> Plant:
    """Half of S is taken for less than it is."""
    real = reach._closed

    def closed(largest: Minima, parts: int = 1) -> Minima:
        by = real(largest, parts)
        if parts == 1:
            return by
        return Minima(
            lateral_mm=round(by.lateral_mm * lateral),
            vertical_mm=round(by.vertical_mm * vertical),
            time_ms=round(by.time_ms * time),
        )

    return lambda patch: patch.setattr(reach, "_closed", closed)


def formations_are_as_large_as_their_leaders(patch: pytest.MonkeyPatch) -> None:
    real = tolerance.about
    patch.setattr(
        tolerance, "about", lambda core, **k: real(core, **(k | {"lateral_mm": 0, "vertical_mm": 0}))
    )


def asked_for(changed: Callable[[Volume], Volume]) -> Plant:
    """Who must accept is asked for another volume than the one that is kept."""
    real = Partition.reached

    def reached(self: Partition, volume: Volume, largest: Minima) -> tuple[str, ...]:
        return real(self, changed(volume), largest)

    return lambda patch: patch.setattr(Partition, "reached", reached)


def of_the_leader(volume: Volume) -> Volume:
    """Without the 0.5 NM and 100 ft in which the others of a formation are."""
    narrower = replace(volume.footprint, radius_mm=volume.footprint.radius_mm - 926_000)
    lower_mm, upper_mm = volume.lower_mm + 30_480, volume.upper_mm - 30_480
    return replace(volume, footprint=narrower, lower_mm=lower_mm, upper_mm=upper_mm)


def at_first(volume: Volume) -> Volume:
    """Where a movement begins."""
    footprint = volume.footprint
    if footprint.shape is not Shape.PATH:
        return volume
    return replace(volume, footprint=footprints.circle(footprints.points(footprint)[0], footprint.radius_mm))


def a_thousand_feet_are_the_largest_vertical_minimum(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(agreements, "VERTICAL_HIGH_MM", admission.VERTICAL_LOW_MM)


def moving_areas_stay_where_they_begin(patch: pytest.MonkeyPatch) -> None:
    real = tolerance.swept

    def swept(points: Any, **changed: Any) -> tuple[Volume, ...]:
        return tuple(at_first(each) for each in real(points, **changed))

    patch.setattr(tolerance, "swept", swept)


def edges_belong_to_one_share(patch: pytest.MonkeyPatch) -> None:
    real = reach._meets_ground
    patch.setattr(reach, "_meets_ground", lambda ground, share, _: real(ground, share, 0))


def sky_of_nobody_is_not_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reach, "_is_held", lambda *_: True)


@pytest.mark.parametrize(
    ("plant", "kinds", "border", "seed", "told"),
    [
        (widened_by(0.5, 0.5, 0.5), ("formation", "flight"), "PLACE", 2, NOBODY),
        (widened_by(0.9, 1, 1), ("edge", "flight"), "PLACE", 15, NOBODY),
        (widened_by(0.9, 1, 1), ("moving", "moving"), "PLACE", 16, NOBODY),
        (widened_by(1, 0.9, 1), ("rvsm", "non-rvsm"), "LEVEL", 6, NOBODY),
        (widened_by(1, 0.9, 1), ("rvsm", "rvsm"), "LEVEL", 14, NOBODY),
        (widened_by(1, 1, 0.9), ("moving", "edge"), "TIME", 11, NOBODY),
        (formations_are_as_large_as_their_leaders, ("formation", "flight"), "PLACE", 0, UNSEEN),
        (formations_are_as_large_as_their_leaders, ("formation", "formation"), "LEVEL", 0, UNSEEN),
        (asked_for(of_the_leader), ("formation", "formation"), "PLACE", 18, NOBODY),
        (asked_for(of_the_leader), ("formation", "formation"), "LEVEL", 2, NOBODY),
        (a_thousand_feet_are_the_largest_vertical_minimum, ("rvsm", "non-rvsm"), "LEVEL", 0, NOBODY),
        (a_thousand_feet_are_the_largest_vertical_minimum, ("formation", "flight"), "LEVEL", 2, NOBODY),
        (moving_areas_stay_where_they_begin, ("moving", "flight"), "PLACE", 2, UNSEEN),
        (moving_areas_stay_where_they_begin, ("moving", "moving"), "TIME", 0, UNSEEN),
        (asked_for(at_first), ("moving", "moving"), "PLACE", 11, NOBODY),
        (asked_for(at_first), ("moving", "edge"), "PLACE", 41, NOBODY),
        (edges_belong_to_one_share, ("edge", "edge"), "PLACE", 0, NOBODY),
        (edges_belong_to_one_share, ("edge", "flight"), "PLACE", 0, NOBODY),
        (sky_of_nobody_is_not_seen, ("edge", "edge"), "PLACE", 0, NOBODY),
        (sky_of_nobody_is_not_seen, ("edge", "area"), "PLACE", 2, NOBODY),
        (sky_of_nobody_is_not_seen, ("rvsm", "non-rvsm"), "LEVEL", 0, NOBODY),
    ],
)
def test_a_planted_bug_is_found(
    plant: Plant,
    kinds: tuple[str, str],
    border: str,
    seed: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
):
    assert wrong(a_pair(Random(seed), kinds, border)) == ""
    plant(monkeypatch)
    forget()
    assert wrong(a_pair(Random(seed), kinds, border)) == told
