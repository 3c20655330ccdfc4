from bisect import bisect_left
from itertools import pairwise

import msgspec
import pytest
import spherely
from hypothesis import event, given, settings
from hypothesis import strategies as st

from mamarr.airspace import Allotment, Share, allotment, shares
from mamarr.geometry import Datum, footprints
from mamarr.geometry.geodesy import densified
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM
from tests.airspace import skies
from tests.airspace.boxes import DEG, HOUR_MS
from tests.airspace.declared import NOON_MS, a_share, a_square, a_window
from tests.airspace.skies import NOTHING_M, SURELY_BESIDE_M, Leg, Oracle
from tests.examples import some


def along(line: list[tuple[float, float]], *held: Share, dense: bool = True, **changed: object) -> Allotment:
    points = [(round(latitude * DEG), round(longitude * DEG)) for latitude, longitude in line]
    leg = {
        "datum": Datum.STD,
        "lower_mm": 4_000_000,
        "upper_mm": 5_000_000,
        "time_start_ms": NOON_MS,
        "time_end_ms": NOON_MS + HOUR_MS,
    }
    return allotment.along(
        footprints.packed(densified(points) if dense else points),
        shares=[allotment.prepared(shares.checked(share)) for share in held],
        **{**leg, **changed},
    )


def a_polygon(*corners: tuple[float, float]):
    return footprints.polygon(
        [(round(latitude * DEG), round(longitude * DEG)) for latitude, longitude in corners]
    )


def held(*ids: str) -> Allotment:
    return Allotment(share_ids=ids, is_covered=True)


def not_all_held(*ids: str) -> Allotment:
    return Allotment(share_ids=ids, is_covered=False)


WEST, EAST = a_share(share_id="W"), a_share(share_id="E", footprint=a_square(1))
THROUGH = [(33.4, 32.2), (33.5, 33.7)]
INSIDE = [(33.4, 32.2), (33.5, 32.7)]
MERIDIAN = [(33.2, 33.0), (33.8, 33.0)]  # the common edge of WEST and EAST

# --- along a line -----------------------------------------------------------------------------------------


def test_a_leg_passes_through_shares_in_the_order_in_which_it_meets_them():
    assert along(THROUGH, EAST, WEST) == held("W", "E")
    assert along(THROUGH[::-1], EAST, WEST) == held("E", "W")


def test_a_leg_that_leaves_all_shares_is_not_all_held():
    assert along([(33.5, 31.9), (33.5, 32.5)], WEST, EAST) == not_all_held("W")
    assert along([(33.5, 33.5), (33.5, 34.1)], WEST, EAST) == not_all_held("E")
    assert along([(10.0, 32.0), (11.0, 32.0)], WEST, EAST) == not_all_held()
    assert along(INSIDE) == not_all_held()


def test_a_long_edge_finds_a_small_share_in_its_middle():
    assert along([(33.8, 25.0), (33.8, 40.0)], WEST, dense=False) == not_all_held()  # it rises to 34.03
    assert along([(33.2, 25.0), (33.2, 40.0)], WEST, dense=False) == not_all_held("W")


def test_a_gap_between_two_shares_is_seen_however_long_the_leg_is():
    apart = a_share(share_id="E", footprint=a_square(1.000_001))  # 9 cm at 33 degrees
    assert along(THROUGH, WEST, apart) == not_all_held("W", "E")
    touching = a_share(share_id="E", footprint=a_square(1.000_000_1))  # 9 mm, less than edges can tell
    assert along(THROUGH, WEST, touching) == held("W", "E")


def test_a_leg_on_a_common_edge_belongs_to_the_share_whose_id_comes_first():
    assert along(MERIDIAN, WEST, EAST, dense=False) == held("E")
    assert along(MERIDIAN, WEST, msgspec.structs.replace(EAST, share_id="X"), dense=False) == held("W")
    assert along(MERIDIAN, WEST) == held("W")
    assert along(MERIDIAN, EAST) == held("E")


def test_on_a_common_edge_the_second_share_has_what_the_first_does_not_hold():
    low = msgspec.structs.replace(EAST, upper_mm=4_500_000)
    assert along(MERIDIAN, low, WEST) == held("E", "W")
    assert along(MERIDIAN, low, WEST, upper_mm=4_400_000) == held("E")


def test_a_leg_that_runs_past_the_end_of_an_edge_is_cut_there():
    beyond = [(33.2, 33.0), (34.2, 33.0)]
    assert along(beyond, WEST, EAST) == not_all_held("E")
    assert along(beyond, WEST, EAST, dense=False) == not_all_held("E")


def test_a_leg_that_passes_a_corner_at_a_millimetre_does_not_lie_in_the_share():
    tip = a_share(footprint=a_polygon((33.0, 32.0), (33.0, 33.0), (33.5, 32.5)))
    assert along([(33.5, 32.0), (33.5, 33.0)], tip, dense=False).is_covered is False
    assert along([(33.2, 32.5), (33.8, 32.5)], tip, dense=False) == not_all_held("S1")


def test_a_leg_past_the_tip_of_a_needle_is_cut_at_the_tip():
    # The needle points along the leg, 6 mm beside it: the lines of its edges meet the leg's only 600 m and
    # more beyond its tip at 0.1 degree, and the next share begins 400 m beyond it.
    needle = a_share(share_id="N", footprint=a_polygon((1e-7, 0.1), (4e-7, 0.0), (7e-7, 0.0)))
    beyond = a_share(share_id="B", footprint=a_polygon((-1, 0.1036), (-1, 1), (1, 1), (1, 0.1036)))
    assert along([(0.0, 0.085), (1e-7, 0.115)], needle, beyond, dense=False).is_covered is False


def test_a_leg_may_come_back_to_a_share_and_it_is_named_once():
    zigzag = [(33.4, 32.5), (33.5, 33.5), (33.6, 32.5)]
    assert along(zigzag, WEST, EAST) == held("W", "E")
    assert along(zigzag, WEST) == not_all_held("W")


@pytest.mark.parametrize(
    ("place", "ids"),
    [
        ((33.5, 32.5), ("W",)),
        ((33.5, 33.0), ("E",)),
        ((33.0, 33.0), ("E",)),
        ((34.0, 32.0), ("W",)),
    ],
)
def test_a_stay_at_a_point_lies_in_one_share_also_on_an_edge_or_corner(place, ids):
    assert along([place], WEST, EAST) == held(*ids)
    assert along([place, place], WEST, EAST) == held(*ids)


def test_a_stay_beside_all_shares_is_not_held():
    assert along([(33.5, 34.000_01)], WEST, EAST) == not_all_held()


@pytest.mark.parametrize("pole", [1, -1])
def test_a_share_round_a_pole_holds_a_leg_across_it(pole: int):
    cap = a_share(footprint=a_polygon(*((pole * 80.0, longitude) for longitude in (-180.0, -60.0, 60.0))))
    assert along([(pole * 89.0, 10.0), (pole * 89.0, -170.0)], cap) == held("S1")
    assert along([(pole * 90.0, 77.0)], cap) == held("S1")
    assert along([(pole * 89.0, 10.0), (pole * 75.0, 10.0)], cap) == not_all_held("S1")
    assert along([(-pole * 90.0, 0.0)], cap) == not_all_held()


def test_the_antimeridian_is_a_place_like_any_other():
    left = a_share(share_id="L", footprint=a_polygon((-18, 178), (-18, 180), (-16, 180), (-16, 178)))
    right = a_share(share_id="R", footprint=a_polygon((-18, -180), (-18, -178), (-16, -178), (-16, -180)))
    assert along([(-17.0, 179.0), (-17.1, -179.0)], left, right) == held("L", "R")
    assert along([(-17.5, 180.0), (-17.0, -180.0)], left, right, dense=False) == held("L")
    assert along([(-17.0, 0.0), (-17.1, 1.0)], left, right) == not_all_held()


def test_the_far_side_of_the_earth_is_in_no_share():
    assert along([(-33.5, -147.5), (-33.4, -147.4)], WEST) == not_all_held()
    there = [(latitude, -147.5) for latitude in (-33.5, -15.0, 0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 89.0)]
    here = [(latitude, 32.5) for latitude in (75.0, 60.0, 45.0, 34.05)]
    assert along(there + here, WEST, dense=False) == not_all_held()
    assert along([*there, *here, (33.9, 32.5)], WEST, dense=False) == not_all_held("W")


# --- levels, times, datums --------------------------------------------------------------------------------


def test_a_level_at_the_ceiling_of_a_share_is_not_in_it():
    below, above = a_share(share_id="B", upper_mm=5_000_000), a_share(share_id="A", lower_mm=5_000_000)
    assert along(INSIDE, below, upper_mm=4_999_999) == held("B")
    assert along(INSIDE, below) == not_all_held("B")
    assert along(INSIDE, below, above) == held("A", "B")
    assert along(INSIDE, below, above, lower_mm=5_000_000) == held("A")
    assert along(INSIDE, a_share(share_id="A", lower_mm=5_000_001), below) == not_all_held("B")


def test_windows_hold_a_leg_together_and_leave_no_moment_out():
    first, second = a_share(share_id="1", windows=(a_window(-1, 1),)), a_share(share_id="2")
    second = msgspec.structs.replace(second, windows=(a_window(1, 2), a_window(4, 5)))
    assert along(INSIDE, first, second) == held("1")
    assert along(INSIDE, first, second, time_end_ms=NOON_MS + 2 * HOUR_MS) == held("1", "2")
    assert along(INSIDE, first, second, time_end_ms=NOON_MS + 2 * HOUR_MS + 1) == not_all_held("1", "2")
    assert along(INSIDE, second) == not_all_held()
    assert along(INSIDE, a_share(windows=(a_window(-1, 0),))) == not_all_held()


def test_a_gap_at_one_level_and_time_alone_is_seen():
    whole = {"time_end_ms": NOON_MS + 2 * HOUR_MS}
    low_all = a_share(share_id="1", upper_mm=4_500_000)
    high_first = a_share(share_id="2", lower_mm=4_500_000, windows=(a_window(0, 1),))
    high_second = a_share(share_id="3", lower_mm=4_500_000, windows=(a_window(1, 2),))
    assert along(INSIDE, low_all, high_first, **whole) == not_all_held("1", "2")
    assert along(INSIDE, low_all, high_first, high_second, **whole) == held("1", "2", "3")
    low_gap = msgspec.structs.replace(high_second, lower_mm=4_500_001)
    assert along(INSIDE, low_all, high_first, low_gap, **whole) == not_all_held("1", "2", "3")


@pytest.mark.parametrize(("mine", "theirs"), [(Datum.STD, Datum.WGS84), (Datum.WGS84, Datum.STD)])
def test_over_another_datum_a_share_holds_a_block_only_when_it_does_in_any_air(mine, theirs):
    wide = a_share(datum=theirs, lower_mm=1_000_000, upper_mm=9_000_000)
    assert along(INSIDE, wide, datum=mine) == held("S1")
    tight = a_share(datum=theirs, lower_mm=3_900_000, upper_mm=5_100_000)
    assert along(INSIDE, tight, datum=mine) == not_all_held("S1")
    far = a_share(datum=theirs, lower_mm=30_000_000, upper_mm=ALTITUDE_HIGHEST_MM)
    assert along(INSIDE, far, datum=mine) == not_all_held()


@pytest.mark.parametrize(("mine", "theirs"), [(Datum.STD, Datum.WGS84), (Datum.WGS84, Datum.STD)])
@given(
    floor_mm=st.sampled_from((-500_000, 0, 2_000_000, 6_000_000)),
    thick_mm=st.sampled_from((1, 4_000_000, 10_000_000, 16_000_000)),
    above_mm=st.sampled_from((-1_000_000, 0, 701_039, 701_040, 1_523_999, 1_524_000, 2_000_000, 5_000_000)),
    block_mm=st.sampled_from((0, 1, 1_000_000, 4_000_000)),
)
def test_what_is_held_over_another_datum_is_apart_from_the_sky_beyond_the_share(
    mine, theirs, floor_mm, thick_mm, above_mm, block_mm
):
    # `conflicts` says that bands over two datums meet where they may; so a held block must not meet what
    # lies under the share, nor what lies over it.
    lower_mm = max(-1_000_000, floor_mm + above_mm)
    upper_mm, ceiling_mm = lower_mm + block_mm, floor_mm + thick_mm
    share = a_share(datum=theirs, lower_mm=floor_mm, upper_mm=ceiling_mm)
    found = along(INSIDE, share, datum=mine, lower_mm=lower_mm, upper_mm=upper_mm)
    event(f"held: {found.is_covered}")
    leg = a_share(share_id="L", datum=mine, lower_mm=lower_mm, upper_mm=upper_mm + 1)
    under = a_share(share_id="U", datum=theirs, lower_mm=-1_000_000, upper_mm=floor_mm - 1)
    over = a_share(share_id="O", datum=theirs, lower_mm=ceiling_mm + 1, upper_mm=ALTITUDE_HIGHEST_MM)
    if found.is_covered:
        assert not allotment.overlaps(leg, under)
        assert not allotment.overlaps(leg, over)
    assert bool(found.share_ids) == allotment.overlaps(leg, share)


@pytest.mark.parametrize(("mine", "theirs"), [(Datum.STD, Datum.WGS84), (Datum.WGS84, Datum.STD)])
def test_over_another_datum_a_share_holds_a_level_exactly_as_far_as_nothing_beyond_it_may_meet_it(
    mine, theirs
):
    share = a_share(datum=theirs, lower_mm=2_000_000, upper_mm=11_000_000)
    under = a_share(share_id="U", datum=theirs, lower_mm=-1_000_000, upper_mm=2_000_000)
    over = a_share(share_id="O", datum=theirs, lower_mm=11_000_000, upper_mm=ALTITUDE_HIGHEST_MM)

    def meets(level_mm: int, other: Share) -> bool:
        return allotment.overlaps(a_share(datum=mine, lower_mm=level_mm, upper_mm=level_mm + 1), other)

    def is_held(level_mm: int) -> bool:
        return along(INSIDE, share, datum=mine, lower_mm=level_mm, upper_mm=level_mm).is_covered

    lowest_mm = bisect_left(range(11_000_000), True, key=lambda level_mm: not meets(level_mm, under))
    beyond_mm = bisect_left(range(11_000_000), True, key=lambda level_mm: meets(level_mm, over))
    assert 2_000_000 < lowest_mm < beyond_mm < 11_000_000
    assert [is_held(lowest_mm + by) for by in (-3, 3)] == [False, True]  # `conflicts` has 1 mm to spare
    assert [is_held(beyond_mm + by) for by in (-3, 3)] == [True, False]


# --- against S2 -------------------------------------------------------------------------------------------


@settings(max_examples=some(60))
@given(skies.skies())
def test_a_leg_is_covered_exactly_when_s2_leaves_nothing_of_it_at_any_level_and_time(sky):
    held_shares, leg = sky
    found = found_in(held_shares, leg)
    oracle = Oracle(held_shares, leg)
    event("covered" if found.is_covered else "not covered")
    if found.is_covered:
        left_m = max(oracle.left(combination) for combination in oracle.combinations)
        assert left_m < NOTHING_M
    else:
        left_m = max(oracle.left(combination, SURELY_BESIDE_M) for combination in oracle.combinations)
        assert left_m > 0


def test_a_leg_that_leaves_a_share_by_two_centimetres_at_its_end_may_be_called_either():
    corners = [(-170000000, 1799900000), (-166199000, 1797364260), (-168776655, -1798126966)]
    share = a_share(share_id="NEXT", footprint=footprints.polygon(corners), lower_mm=0)
    start, end = (-169994578, 1799900000), (-169592432, -1799442038)  # 50 m inside, and 2.2 cm outside
    leg = skies.Leg([start, end], 0, 0, NOON_MS, NOON_MS + HOUR_MS)
    oracle = Oracle([share], leg)
    (held,) = oracle.combinations
    assert oracle.left(held) < NOTHING_M < oracle.left(held, SURELY_BESIDE_M)
    assert not found_in([share], leg).is_covered


@settings(max_examples=some(60))
@given(skies.skies())
def test_the_shares_named_are_those_in_which_s2_finds_some_of_the_leg_in_their_order(sky):
    held_shares, leg = sky
    found = found_in(held_shares, leg)
    oracle = Oracle(held_shares, leg)
    numbers = {share.share_id: at for at, share in enumerate(held_shares)}
    named = [numbers[share_id] for share_id in found.share_ids]
    event(f"{len(named)} shares")
    assert set(named) <= oracle.met
    assert all(oracle.away_m(at) < skies.BESIDE_M for at in named)
    if oracle.is_stay:
        return
    passed = {at for at in oracle.met if any(map(is_long, oracle.inside(oracle.line, at)))}
    assert passed <= set(named)
    entries_m = [oracle.first_m(at) for at in named if at in passed]
    assert all(one[0] <= other[1] for one, other in pairwise(entries_m))


def is_long(piece: spherely.Geography) -> bool:
    return skies.length_m(piece) > NOTHING_M


def found_in(held_shares: list[Share], leg: Leg) -> Allotment:
    return allotment.along(
        footprints.packed(leg.points),
        datum=Datum.STD,
        lower_mm=leg.lower_mm,
        upper_mm=leg.upper_mm,
        time_start_ms=leg.time_start_ms,
        time_end_ms=leg.time_end_ms,
        shares=[allotment.prepared(share) for share in held_shares],
    )


# --- what is no leg ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"lower_mm": 5_000_001}, "not ascending"),
        ({"time_end_ms": NOON_MS}, "end is not after start"),
    ],
)
def test_a_block_or_time_that_is_none_is_a_slip(changed, words):
    with pytest.raises(ValueError, match=words):
        along(INSIDE, WEST, **changed)


def test_a_line_needs_points_and_short_edges():
    with pytest.raises(ValueError, match="20 are allowed"):
        along([(33.0, 32.0), (33.0, 60.0)], WEST, dense=False)
    for line in (b"", b"\0" * 12):
        with pytest.raises(ValueError, match="8 bytes each"):
            allotment.along(
                line, datum=Datum.STD, lower_mm=0, upper_mm=0, time_start_ms=0, time_end_ms=1, shares=()
            )


# --- overlaps ---------------------------------------------------------------------------------------------


def both_ways(one: Share, other: Share) -> bool:
    found = allotment.overlaps(one, other)
    assert allotment.overlaps(other, one) == found
    return found


def test_neighbours_have_no_point_in_common_and_shares_that_cross_do():
    assert not both_ways(WEST, EAST)
    assert both_ways(WEST, a_share(footprint=a_square(0.999_99)))
    assert both_ways(WEST, WEST)


def test_bands_one_upon_the_other_have_no_point_in_common():
    assert not both_ways(WEST, a_share(lower_mm=6_000_000, upper_mm=7_000_000))
    assert both_ways(WEST, a_share(lower_mm=5_999_999, upper_mm=7_000_000))


def test_bands_over_two_datums_have_points_in_common_where_they_may():
    assert both_ways(WEST, a_share(datum=Datum.WGS84, lower_mm=6_900_000, upper_mm=8_000_000))
    assert not both_ways(WEST, a_share(datum=Datum.WGS84, lower_mm=7_100_000, upper_mm=8_000_000))


hours = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4)), max_size=4)


@given(hours, hours)
def test_windows_meet_exactly_when_some_hour_lies_in_both(one, other):
    def hours_of(spans):
        return {start + hour for start, count in spans for hour in range(count)} if spans else set(range(99))

    def with_windows(spans):
        return a_share(windows=tuple(a_window(start, start + count) for start, count in spans))

    assert both_ways(with_windows(one), with_windows(other)) == bool(hours_of(one) & hours_of(other))


def test_the_volume_of_a_share_reaches_from_its_first_window_to_its_last():
    share = a_share(windows=(a_window(4, 5), a_window(0, 6), a_window(2, 3)))
    whole = allotment.volume(share)
    assert (whole.time_start_ms, whole.time_end_ms) == (NOON_MS, NOON_MS + 6 * HOUR_MS)
    assert (whole.footprint, whole.lower_mm, whole.upper_mm) == (share.footprint, 3_000_000, 6_000_000)
