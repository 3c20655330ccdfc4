"""Whether a flight keeps to its line, levels and times; one noisy point raises nothing."""

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from mamarr.geometry import Datum, altitude, geodesy
from mamarr.geometry.units import mm_from_ft
from mamarr.surveillance import AlertType
from mamarr.surveillance.conformance import (
    BEYOND_FOR_MS,
    NO_CONDITION,
    NO_WATCH,
    WITHIN_FOR_MS,
    Phase,
    Route,
    condition,
    conditions,
    deviations,
    watched,
)
from tests.surveillance.sightings import FL330_MM, NOON_MS, a_flight, a_leg, a_report, clock, demo_recording

HALF_HOUR_MS = 1_800_000


def after(steps, before=NO_CONDITION):
    """The condition after reports: (milliseconds after noon, part of the limit)."""
    for offset_ms, part_ratio in steps:
        before = condition(before, time_ms=NOON_MS + offset_ms, part_ratio=part_ratio)
    return before


def measured(flight, report):
    (deviation,) = deviations([Route(flight)], [report])
    return deviation


def flown(flight, reports):
    """Each report with the warnings that hold after it, and the last watch."""
    watch, route, story = NO_WATCH, Route(flight), []
    for report in reports:
        (deviation,) = deviations([route], [report])
        watch = watched(watch, flight, report, deviation)
        story.append((report.time_ms, {kind for kind, found in conditions(watch) if found.is_on}))
    return story, watch


def along(share: float, *, right_m: float = 0.0, late_s: float = 0.0, **changed):
    """A report at a share of the way of `a_flight`, at its planned time, off to the right by so much."""
    line = Geodesic.WGS84.InverseLine(34, 28, 34, 32)
    foot = line.Position(line.s13 * share)
    place = Geodesic.WGS84.Direct(foot["lat2"], foot["lon2"], foot["azi2"] + 90, right_m)
    return a_report(
        latitude_e7deg=round(place["lat2"] * 1e7),
        longitude_e7deg=round(place["lon2"] * 1e7),
        time_ms=NOON_MS + round(HALF_HOUR_MS * share + late_s * 1_000),
        **changed,
    )


# --- one condition ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step_ms", [100, 1_000, 10_000])
@pytest.mark.parametrize("size", [1.01, 1e6])
def test_one_noisy_point_raises_nothing_at_any_rate(step_ms, size):
    steps = [(n * step_ms, size if n == 5 else 0.1) for n in range(20)]
    assert not any(after(steps[: n + 1]).is_on for n in range(20))


def test_a_burst_shorter_than_the_persistence_raises_nothing():
    burst = [(n * 500, 2.0) for n in range(BEYOND_FOR_MS // 500)]
    assert not after(burst).is_on
    assert after([*burst, (BEYOND_FOR_MS, 2.0)]).is_on


def test_two_reports_of_four_beyond_the_limit_raise_it():
    assert after([(0, 1.1), (10_000, 0.9), (20_000, 1.1)]).is_on
    assert not after([(0, 1.1), (10_000, 0.9), (20_000, 0.9)]).is_on


def test_two_noisy_points_farther_apart_than_the_window_raise_nothing_nor_does_the_next_at_once():
    apart = [(0, 2.0), (2_000, 0.1), (4_000, 0.1), (6_000, 0.1), (8_000, 2.0)]
    assert not after(apart).is_on
    assert not after([*apart, (8_500, 2.0)]).is_on
    assert after([*apart, (8_500, 2.0), (8_000 + BEYOND_FOR_MS, 2.0)]).is_on


def test_it_ends_only_when_all_reports_lie_well_within_for_long_enough():
    on = after([(0, 2.0), (5_000, 2.0)])
    back = [(10_000 + n * 1_000, 0.5) for n in range(WITHIN_FOR_MS // 1_000 + 1)]
    assert after(back[:-1], on).is_on
    assert not after(back, on).is_on
    assert after([*back[:-1], (10_000 + WITHIN_FOR_MS, 0.97)], on).is_on
    assert after([(10_000, 0.5), (10_000 + 10 * WITHIN_FOR_MS, 0.5)], on).is_on  # two reports are not enough


def test_a_track_in_doubt_may_begin_it_and_not_end_it():
    on = NO_CONDITION
    for offset_ms in (0, 5_000):
        on = condition(on, time_ms=offset_ms, part_ratio=2.0, may_end=False)
    assert on.is_on
    for offset_ms in range(10_000, 200_000, 1_000):
        on = condition(on, time_ms=offset_ms, part_ratio=0.0, may_end=False)
    assert on.is_on


@given(st.lists(st.tuples(st.integers(1, 20_000), st.floats(0, 3)), max_size=60))
def test_it_never_flaps_faster_than_its_persistence(said):
    state, now_ms, changes_ms = NO_CONDITION, 0, []
    for step_ms, part_ratio in said:
        now_ms += step_ms
        then = condition(state, time_ms=now_ms, part_ratio=part_ratio)
        if then.is_on != state.is_on:
            changes_ms.append(now_ms)
            assert part_ratio > 1 if then.is_on else part_ratio <= 0.95
        state = then
    starts, ends = changes_ms[::2], changes_ms[1::2]
    assert all(end - start >= WITHIN_FOR_MS for start, end in zip(starts, ends, strict=False))
    assert all(start - end >= BEYOND_FOR_MS for end, start in zip(ends, starts[1:], strict=False))


# --- measuring --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("right_m", [-20_000, -5, 0, 5, 20_000])
def test_lateral_is_right_positive(right_m):
    assert measured(a_flight(), along(0.4, right_m=right_m)).lateral_m == pytest.approx(right_m, abs=0.05)


def test_early_is_ahead_and_late_is_behind():
    late = measured(a_flight(), along(0.5, late_s=90))
    assert late.late_ms == pytest.approx(90_000, abs=50)
    assert late.longitudinal_m == pytest.approx(-0.05 * geodesy.distance_m(34, 28, 34, 32), rel=1e-3)
    assert measured(a_flight(), along(0.5, late_s=-90)).longitudinal_m > 0


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"altitude_pressure_mm": FL330_MM + 1_000}, 1_000),
        ({"altitude_pressure_mm": FL330_MM - 1_000}, -1_000),
        ({"altitude_pressure_mm": None, "altitude_wgs84_mm": FL330_MM + 300_000}, None),
    ],
)
def test_vertical_is_above_positive_and_never_across_datums(said, wanted):
    assert measured(a_flight(), along(0.5, **said)).vertical_mm == wanted


def test_a_block_of_levels_is_kept_anywhere_in_it():
    climbing = a_flight(legs=(a_leg((34.0, 28.0), (34.0, 32.0), lower_mm=0, upper_mm=FL330_MM),))
    assert measured(climbing, along(0.5, altitude_pressure_mm=FL330_MM // 2)).vertical_mm == 0
    assert measured(climbing, along(0.5, altitude_pressure_mm=-500)).vertical_mm == -500


def test_a_stay_is_kept_within_its_radius():
    stay = a_flight(legs=(a_leg((34.0, 28.0), half_width_mm=5_000_000),))
    deviation = measured(stay, a_report(longitude_e7deg=280_300_000, time_ms=NOON_MS + 60_000))
    assert deviation.lateral_ratio == pytest.approx(geodesy.distance_m(34, 28, 34, 28.03) / 5_000, rel=1e-6)
    assert (deviation.late_ms, deviation.longitudinal_m) == (0, None)


def test_there_and_back_is_told_apart_by_the_time():
    there = a_leg((34.0, 28.0), (34.0, 32.0))
    back = a_leg(
        (34.0, 32.0), (34.0, 28.0), entry_ms=NOON_MS + HALF_HOUR_MS, exit_ms=NOON_MS + 2 * HALF_HOUR_MS
    )
    flight = a_flight(legs=(there, back))
    assert measured(flight, along(0.25)).leg_index == 0
    assert measured(flight, along(0.25, late_s=HALF_HOUR_MS / 1_000 * 1.5)).leg_index == 1


# --- a flight ---------------------------------------------------------------------------------------------


def test_a_flight_that_keeps_to_its_request_raises_nothing_and_passes_its_end():
    story, watch = flown(a_flight(), [along(n / 100, right_m=(-1) ** n * 3_000) for n in range(-10, 108)])
    assert not any(on for _, on in story)
    assert watch.phase is Phase.PASSED


def test_on_its_way_to_the_start_a_flight_deviates_from_nothing():
    story, watch = flown(a_flight(), [along(0.01 * n, right_m=50_000) for n in range(-40, 0)])
    assert not any(on for _, on in story)
    assert watch.phase is Phase.BEFORE


def test_who_leaves_its_corridor_and_flies_past_its_end_is_still_out_of_it():
    shares = [n / 100 for n in range(110)]
    story, watch = flown(a_flight(), [along(s, right_m=15_000 if s > 0.9 else 0) for s in shares])
    assert story[-1][1] == {AlertType.RAMHD}
    assert watch.phase is Phase.ON_ROUTE


def test_who_flies_beside_its_corridor_and_never_joins_it_is_seen():
    story, _ = flown(a_flight(), [along(n / 100, right_m=15_000) for n in range(60)])
    assert AlertType.RAMHD in story[-1][1]


def test_who_does_not_come_is_late():
    waiting = [a_report(longitude_e7deg=270_000_000, time_ms=NOON_MS + n * 10_000) for n in range(30)]
    story, _ = flown(a_flight(), waiting)
    first_ms = next(time_ms for time_ms, on in story if on == {AlertType.RAMLD})
    assert 180_000 < first_ms - NOON_MS <= 200_000


def test_on_the_ground_only_time_counts():
    parked = [along(0.3, right_m=30_000, late_s=900 + n, is_on_ground=True) for n in range(30)]
    story, _ = flown(a_flight(), parked)
    assert story[-1][1] == {AlertType.RAMLD}


def test_who_landed_is_not_below_its_level():
    landed = [along(0.3, late_s=n, is_on_ground=True, altitude_pressure_mm=0) for n in range(10, 30)]
    story, watch = flown(a_flight(), [along(n / 100) for n in range(30)] + landed)
    assert not any(on for _, on in story)
    assert watch.phase is Phase.ON_ROUTE


# --- the recorded aircraft --------------------------------------------------------------------------------

# Invented, as the demo shows it: a corridor along the straight line that the aircraft flew, 5 NM to either
# side, and a request along it at FL370 at the speed that it flew, 265 m/s.
DEMO_POINTS_DEG = ((35.14, 24.74), (33.78, 29.90))
DEMO_HALF_WIDTH_MM = 9_260_000
DEMO_ENTRY_MS = 1_572_781_500_000  # 2019-11-03 11:45:00 UTC
DEMO_EXIT_MS = DEMO_ENTRY_MS + 1_870_000  # 12:16:10
FL370_MM = altitude.level_mm(altitude.flight_level(370))


def demo_flight():
    request = a_leg(
        *DEMO_POINTS_DEG,
        half_width_mm=DEMO_HALF_WIDTH_MM,
        datum=Datum.STD,
        lower_mm=FL370_MM,
        upper_mm=FL370_MM,
        entry_ms=DEMO_ENTRY_MS,
        exit_ms=DEMO_EXIT_MS,
    )
    return a_flight(flight_id="RECORDED-1", callsign="ELY1747", icao_address="738043", legs=(request,))


def test_the_recorded_aircraft_conforms_for_twenty_minutes_and_then_leaves_its_corridor():
    story, _ = flown(demo_flight(), demo_recording())
    began = {}
    for time_ms, on in story:
        for kind in on:
            began.setdefault(kind, clock(time_ms))
    # 12:06:00 is the first report beyond 5 NM, 12:06:40 the first beyond 300 ft; each needs a second one.
    assert began == {AlertType.RAMHD: "12:06:10", AlertType.CLAM: "12:06:50"}


def test_the_recorded_aircraft_joins_at_the_start_and_keeps_within_1100_m_of_the_line():
    flight, route = demo_flight(), Route(demo_flight())
    reports = [r for r in demo_recording() if "11:45:20" <= clock(r.time_ms) <= "12:04:00"]
    found = deviations([route] * len(reports), reports)
    assert max(abs(deviation.lateral_m) for deviation in found) < 1_100
    assert max(abs(deviation.late_ms) for deviation in found) < 20_000
    assert {deviation.vertical_mm for deviation in found} == {0}
    _, watch = flown(flight, reports[:1])
    assert watch.phase is Phase.ON_ROUTE


def test_300_feet_are_the_limit_of_the_level():
    for feet, on in ((299, False), (301, True)):
        off = {"altitude_pressure_mm": FL330_MM - mm_from_ft(feet)}
        story, _ = flown(a_flight(), [along(n / 100, **off) for n in range(1, 10)])
        assert (story[-1][1] == {AlertType.CLAM}) == on
