"""Conformance: whether a flight keeps to the line, the levels and the times it filed.

Three deviations are measured from the newest believed report, by the same geometry as admission, and each has
a machine of its own that turns measurements into a condition: no single noisy point raises it, none ends it,
and no missing report does either.

Names and signs: ASTERIX category 004 edition 1.12 as transcribed in asterix-specs, data items I004/000,
I004/074 (ahead is positive), I004/075 (right is positive), I004/076 (above is positive). There the message
that carries the distance across the route is RAMHD; RAMLD carries the one along it.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
import numpy as np
import numpy.typing as npt

from mamarr.geometry import Datum, tolerance
from mamarr.geometry.units import MM_PER_100_FT, MM_PER_M
from mamarr.names import AlertType
from mamarr.surveillance.correlation import Expected, Leg
from mamarr.surveillance.kernels import ALONG, ENDED, LATERAL, beside_many, line_of
from mamarr.surveillance.tracks import Report

BEYOND_COUNT = (
    2  # chosen: of the last WINDOW_COUNT reports so many must lie beyond the limit, the newest too,
)
WINDOW_COUNT = 4  # chosen: so that one bad report raises nothing at any rate of reports
BEYOND_FOR_MS = 4_000  # chosen: and the first of them so long ago, so that a burst raises nothing either
WITHIN_FOR_MS = 20_000  # chosen: the condition ends when all reports for so long,
WITHIN_RATIO = 0.95  # chosen: at least WINDOW_COUNT of them, lie within this part of the limit
LEVEL_TOLERANCE_MM = 3 * MM_PER_100_FT  # chosen: 300 ft, three steps of what a flight level shows
TIME_TOLERANCE_MS = tolerance.ESTIMATE_AFTER_MS  # the estimate's, for which the sky is held


class Phase(StrEnum):
    """How far a flight is with its route, as seen."""

    BEFORE = "BEFORE"  # not yet seen on it
    ON_ROUTE = "ON_ROUTE"
    PASSED = "PASSED"  # flown past its end


class Deviation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far a report lies from what was filed.

    leg_index: the leg it is compared with. lateral_m: from its line, right positive; lateral_ratio: as a part
    of the half width, never negative. longitudinal_m: ahead of the plan positive, None where the leg has no
    length. late_ms: later than planned positive. vertical_mm: above the block of levels positive, below
    negative, 0 inside; None when report and leg have no datum in common: never converted, never guessed.
    is_before_start, is_past_end: of the whole route.
    """

    leg_index: int
    lateral_m: float
    lateral_ratio: float
    longitudinal_m: float | None
    late_ms: int
    vertical_mm: int | None
    is_before_start: bool
    is_past_end: bool


class Condition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One deviation over time. is_on: it holds.

    beyond_bits: the last WINDOW_COUNT reports, newest lowest, 1 beyond the limit. suspected_ms: the first
    report beyond it since none of the last ones was, None when none is. within_ms, within_count: since when,
    and how many reports in a row, lie within WITHIN_RATIO of the limit.
    """

    is_on: bool = False
    beyond_bits: int = 0
    suspected_ms: int | None = None
    within_ms: int | None = None
    within_count: int = 0


NO_CONDITION = Condition()
WINDOW_BITS = (1 << WINDOW_COUNT) - 1


class Watch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one track keeps to the route of one flight. time_ms: of the newest report looked at."""

    phase: Phase = Phase.BEFORE
    time_ms: int = -1
    lateral: Condition = NO_CONDITION
    longitudinal: Condition = NO_CONDITION
    vertical: Condition = NO_CONDITION
    deviation: Deviation | None = None


NO_WATCH = Watch()


def condition(before: Condition, *, time_ms: int, part_ratio: float, may_end: bool = True) -> Condition:
    """The condition after one more report, at `time_ms`, whose deviation is `part_ratio` of the limit.

    may_end: False for a report that may not end it, because its track is in doubt.
    """
    beyond = part_ratio > 1
    bits = (before.beyond_bits << 1 | beyond) & WINDOW_BITS
    suspected_ms = before.suspected_ms if bits >> 1 else time_ms if beyond else None
    if part_ratio <= WITHIN_RATIO and may_end:
        within_ms = time_ms if before.within_ms is None else before.within_ms
        within_count = before.within_count + 1
    else:
        within_ms, within_count = None, 0
    if before.is_on:
        lasted = within_ms is not None and time_ms - within_ms >= WITHIN_FOR_MS
        is_on = not (lasted and within_count >= WINDOW_COUNT)
    else:
        lasted = suspected_ms is not None and time_ms - suspected_ms >= BEYOND_FOR_MS
        is_on = beyond and lasted and bits.bit_count() >= BEYOND_COUNT
    return Condition(
        is_on=is_on,
        beyond_bits=bits,
        suspected_ms=suspected_ms,
        within_ms=within_ms,
        within_count=within_count,
    )


def watched(
    before: Watch, expected: Expected, report: Report, deviation: Deviation, *, may_end: bool = True
) -> Watch:
    """The watch after one more report that deviates so. The same watch when the report is no newer."""
    if report.time_ms <= before.time_ms or before.phase is Phase.PASSED:
        return before
    phase = _phase(before, deviation)
    if phase is Phase.PASSED:
        return Watch(phase=phase, time_ms=report.time_ms, deviation=deviation)
    overdue = report.time_ms > expected.legs[0].entry_ms + TIME_TOLERANCE_MS
    on_route, flies = phase is Phase.ON_ROUTE, report.is_on_ground is not True
    off_ms = abs(deviation.late_ms) if on_route else max(0, deviation.late_ms)
    lateral, vertical = before.lateral, before.vertical
    # Until it was seen on its route a flight is on its way there, unless it flies past the start too late.
    if flies and (on_route or (overdue and not deviation.is_before_start)):
        part = deviation.lateral_ratio
        lateral = condition(lateral, time_ms=report.time_ms, part_ratio=part, may_end=may_end)
    if flies and on_route and deviation.vertical_mm is not None:
        part = abs(deviation.vertical_mm) / LEVEL_TOLERANCE_MM
        vertical = condition(vertical, time_ms=report.time_ms, part_ratio=part, may_end=may_end)
    part = off_ms / TIME_TOLERANCE_MS
    return Watch(
        phase=phase,
        time_ms=report.time_ms,
        lateral=lateral,
        longitudinal=condition(before.longitudinal, time_ms=report.time_ms, part_ratio=part, may_end=may_end),
        vertical=vertical,
        deviation=deviation,
    )


def conditions(watch: Watch) -> tuple[tuple[AlertType, Condition], ...]:
    """The three conditions by the warning that each stands for."""
    return (
        (AlertType.RAMHD, watch.lateral),
        (AlertType.RAMLD, watch.longitudinal),
        (AlertType.CLAM, watch.vertical),
    )


def is_deviating(watch: Watch) -> bool:
    """Whether any of the three conditions holds."""
    return watch.lateral.is_on or watch.longitudinal.is_on or watch.vertical.is_on


def is_far_ahead(watch: Watch) -> bool:
    """Whether it is ahead of the plan by more than ends a warning, whether or not it is warned about that."""
    return watch.deviation is not None and -watch.deviation.late_ms > WITHIN_RATIO * TIME_TOLERANCE_MS


def _phase(before: Watch, deviation: Deviation) -> Phase:
    if before.phase is Phase.BEFORE:
        inside = deviation.lateral_ratio <= 1 and not (deviation.is_before_start or deviation.is_past_end)
        return Phase.ON_ROUTE if inside else Phase.BEFORE
    # Who is out of the corridor does not end the route by flying past its end.
    if deviation.is_past_end and not before.lateral.is_on and before.lateral.beyond_bits == 0:
        return Phase.PASSED
    return before.phase


# --- measuring --------------------------------------------------------------------------------------------


class Route:
    """A flight's legs, prepared once: the line of each in space, and its length."""

    def __init__(self, expected: Expected) -> None:
        self.expected = expected
        self.lines_m = [_line_m(leg) for leg in expected.legs]
        self.lengths_m = [float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum()) for line in self.lines_m]


def deviations(routes: Sequence[Route], reports: Sequence[Report]) -> list[Deviation]:
    """How far each report lies from the route beside it in the other list: N of each, N answers.

    Of the legs of a route that one is taken within whose half width, then block of levels, the report lies;
    of several the one whose planned time is nearest; of none the one it is least beyond. Lateral distances
    are those of admission: WGS-84, to millimetres up to some 100 km, 0.1 % beyond.
    Cost: one look at each chord of at most 5 km of each route; compiled.
    """
    if not routes:
        return []
    lines_m = [line for route in routes for line in route.lines_m]
    counts = np.array([len(line) for line in lines_m], np.int64)
    spans = np.stack((np.cumsum(counts) - counts, counts), axis=1)
    legs_count = np.array([len(route.lines_m) for route in routes])
    corners = np.array([(r.latitude_e7deg, r.longitude_e7deg) for r in reports], np.int32)
    points = np.repeat(corners, legs_count, axis=0)
    rows = np.arange(len(lines_m), dtype=np.int64)
    found = beside_many(np.concatenate(lines_m), spans, rows, points).tolist()
    answers, at = [], 0
    for route, report in zip(routes, reports, strict=True):
        count = len(route.lines_m)
        answers.append(_nearest(route, report, found[at : at + count]))
        at += count
    return answers


def _nearest(route: Route, report: Report, found_m: Sequence[Sequence[float]]) -> Deviation:
    parts = [
        abs(row[LATERAL]) * MM_PER_M / leg.half_width_mm
        for row, leg in zip(found_m, route.expected.legs, strict=True)
    ]
    least = max(1.0, min(parts))
    fitting = [index for index, part_ratio in enumerate(parts) if part_ratio <= least]
    each = [_deviation(route, index, report, found_m[index], parts[index]) for index in fitting]
    return each[0] if len(each) == 1 else min(each, key=_misfit)


def _misfit(deviation: Deviation) -> tuple[float, int]:
    vertical_ratio = abs(deviation.vertical_mm or 0) / LEVEL_TOLERANCE_MM
    return max(1.0, vertical_ratio), abs(deviation.late_ms)


def _deviation(
    route: Route, index: int, report: Report, row_m: Sequence[float], lateral_ratio: float
) -> Deviation:
    leg, length_m = route.expected.legs[index], route.lengths_m[index]
    longitudinal_m: float | None = None
    if length_m > 0:
        planned_ratio = (report.time_ms - leg.entry_ms) / (leg.exit_ms - leg.entry_ms)
        longitudinal_m = row_m[ALONG] - length_m * min(1.0, max(0.0, planned_ratio))
        along_ms = round((leg.exit_ms - leg.entry_ms) * row_m[ALONG] / length_m)
        late_ms = report.time_ms - leg.entry_ms - along_ms
    else:
        late_ms = report.time_ms - min(leg.exit_ms, max(leg.entry_ms, report.time_ms))
    return Deviation(
        leg_index=index,
        lateral_m=row_m[LATERAL],
        lateral_ratio=lateral_ratio,
        longitudinal_m=longitudinal_m,
        late_ms=late_ms,
        vertical_mm=_vertical_mm(leg, report),
        is_before_start=index == 0 and row_m[ENDED] < 0,
        is_past_end=index == len(route.lines_m) - 1 and row_m[ENDED] > 0,
    )


def _vertical_mm(leg: Leg, report: Report) -> int | None:
    level_mm = report.altitude_pressure_mm if leg.datum is Datum.STD else report.altitude_wgs84_mm
    if level_mm is None:
        return None
    return level_mm - min(leg.upper_mm, max(leg.lower_mm, level_mm))


def _line_m(leg: Leg) -> npt.NDArray[np.float64]:
    corners = np.frombuffer(leg.vertices, dtype="<i4").reshape(-1, 2).astype(np.int32)
    if len(corners) == 1:  # a stay: a line that goes nowhere
        corners = np.repeat(corners, 2, axis=0)
    found: npt.NDArray[np.float64] = line_of(corners)
    return found
