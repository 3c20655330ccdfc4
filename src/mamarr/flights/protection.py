"""Protected volumes: the sky and time kept for a flight, leg by leg, computed once and recorded.

A leg on a corridor has the corridor's line and half-width; off corridors the geodesic and the half-width of
the flight's navigation specification. Levels are pressure altitudes (STD).
"""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from mamarr.airspace import DeclaredCorridor, Terms, corridors
from mamarr.airspace.corridors import NavigationSpecification
from mamarr.faults import Reason, Refusal, present
from mamarr.flights.plans import Plan
from mamarr.geometry import Datum, Footprint, Shape, Volume, footprints, geodesy, tolerance
from mamarr.geometry.altitude import ellipsoid_band_mm
from mamarr.geometry.volumes import TIME_LAST_MS

WAYS_KEPT_MAX = 4_096  # chosen: a day's direct legs of a region; at most 16 kB each, mostly under 1 kB
LEG_VERTICES_MAX = 5_000  # chosen: a leg across half the Earth in edges of 10 km has 2,000


class Protected(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One volume kept for a flight.

    leg: number of the point from which the leg, or at which the stay, is flown. longitudinal_minimum_ms,
    lateral_minimum_mm, vertical_minimum_mm: what its corridor asks beyond the terms. is_admitted: False
    where nobody decides (UNALLOTTED) or nobody is asked (DUE_REGARD).
    """

    volume: Volume
    leg: int
    longitudinal_minimum_ms: int = 0
    lateral_minimum_mm: int = 0
    vertical_minimum_mm: int = 0
    is_admitted: bool = True


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The line of one leg. vertices: packed as in a `Footprint`. corridor: the one it runs on, or None."""

    vertices: bytes
    half_width_mm: int
    corridor: corridors.Corridor | None = None


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """How much earlier than planned, and how much later, a flight may be; milliseconds."""

    before_ms: int
    after_ms: int


def before_departure(terms: Terms) -> Tolerance:
    """The tolerance before take-off."""
    return Tolerance(before_ms=terms.departure_before_ms, after_ms=terms.departure_after_ms)


def on_estimate(terms: Terms) -> Tolerance:
    """The tolerance of an estimate, after take-off."""
    return Tolerance(before_ms=terms.estimate_before_ms, after_ms=terms.estimate_after_ms)


def lines(plan: Plan, known: Mapping[str, DeclaredCorridor]) -> tuple[Line, ...] | Refusal:
    """The line of each leg, or why the route cannot be flown as filed.

    known: the corridors that there are, by id. Of a wrong corridor the refusal names the id.
    """
    found: list[Line] = []
    for number in range(len(plan.route) - 1):
        corridor_id = plan.route[number].corridor_id
        line = _direct(plan, number) if corridor_id is None else _along(plan, number, known.get(corridor_id))
        if isinstance(line, Refusal):
            return line
        found.append(line)
    return tuple(found)


def volumes(plan: Plan, legs: tuple[Line, ...], within: Tolerance) -> tuple[Protected, ...] | Refusal:
    """The sky kept for `plan` on the `legs` that `lines` gave, stays included, in the order flown."""
    kept: list[Protected] = []
    for number, point in enumerate(plan.route):
        try:
            if point.stay_ms:
                kept.append(_stay(plan, number, within))
            if number < len(legs):
                kept.append(_leg(plan, number, legs[number], within))
        except ValueError:  # wider, higher or later than any volume may be
            return Refusal(reason=Reason.BAD_GEOMETRY, because=(str(number),))
    return tuple(kept)


def estimated(
    kept: tuple[Protected, ...], plan: Plan, point: int, within: Tolerance, *, is_lapsed: bool
) -> tuple[Protected, ...]:
    """What is kept from the moment when point number `point` was passed: the same sky at estimated times.

    kept: before. plan: as estimated from there. The legs behind the flight are given back; the last one is
    kept until its end is reported. is_lapsed: its acceptance had lapsed. What reaches beyond the times that
    were admitted is no longer admitted, but kept all the same: it flies.
    """
    first = min(point, max(each.leg for each in kept))
    return tuple(_at_estimate(each, plan, within, is_lapsed=is_lapsed) for each in kept if each.leg >= first)


def _at_estimate(each: Protected, plan: Plan, within: Tolerance, *, is_lapsed: bool) -> Protected:
    volume, start = each.volume, plan.route[each.leg]
    if volume.footprint.shape is Shape.CIRCLE:
        entry_ms, exit_ms = start.time_ms, start.time_ms + start.stay_ms
    else:
        entry_ms, exit_ms = start.time_ms + start.stay_ms, plan.route[each.leg + 1].time_ms
    start_ms = min(max(0, entry_ms - within.before_ms), TIME_LAST_MS - 1)
    end_ms = max(start_ms + 1, min(exit_ms + within.after_ms, TIME_LAST_MS))
    inside = volume.time_start_ms <= start_ms and end_ms <= volume.time_end_ms
    return msgspec.structs.replace(
        each,
        volume=msgspec.structs.replace(volume, time_start_ms=start_ms, time_end_ms=end_ms),
        is_admitted=each.is_admitted and inside and not is_lapsed,
    )


def _leg(plan: Plan, number: int, line: Line, within: Tolerance) -> Protected:
    start, end, corridor = plan.route[number], plan.route[number + 1], line.corridor
    lower_mm, upper_mm = plan.levels(number)
    volume = tolerance.about(
        _path(line.vertices, line.half_width_mm),
        datum=Datum.STD,
        lower_mm=lower_mm,
        upper_mm=upper_mm,
        entry_ms=start.time_ms + start.stay_ms,
        exit_ms=end.time_ms,
        before_ms=within.before_ms,
        after_ms=within.after_ms,
        lateral_mm=plan.formation.lateral_mm if plan.formation else 0,
        vertical_mm=plan.formation.vertical_mm if plan.formation else 0,
    )
    if corridor is None:
        return Protected(volume=volume, leg=number)
    return Protected(
        volume=volume,
        leg=number,
        longitudinal_minimum_ms=corridor.longitudinal_minimum_ms,
        lateral_minimum_mm=corridor.lateral_minimum_mm,
        vertical_minimum_mm=corridor.vertical_minimum_mm,
    )


@lru_cache(maxsize=WAYS_KEPT_MAX)
def _path(vertices: bytes, half_width_mm: int) -> Footprint:
    """What lies along a line; one value for all the flights on it, as corridors are flown again and again."""
    return Footprint(shape=Shape.PATH, vertices=vertices, radius_mm=half_width_mm)


def _stay(plan: Plan, number: int, within: Tolerance) -> Protected:
    point = plan.route[number]
    lower_mm, upper_mm = plan.levels_at(number)
    volume = tolerance.about(
        footprints.circle((point.latitude_e7deg, point.longitude_e7deg), point.stay_radius_mm),
        datum=Datum.STD,
        lower_mm=lower_mm,
        upper_mm=upper_mm,
        entry_ms=point.time_ms,
        exit_ms=point.time_ms + point.stay_ms,
        before_ms=within.before_ms,
        after_ms=within.after_ms,
        lateral_mm=plan.formation.lateral_mm if plan.formation else 0,
        vertical_mm=plan.formation.vertical_mm if plan.formation else 0,
    )
    return Protected(volume=volume, leg=number)


def _direct(plan: Plan, number: int) -> Line | Refusal:
    start, end = plan.route[number], plan.route[number + 1]
    line = _way(
        (start.latitude_e7deg, start.longitude_e7deg),
        (end.latitude_e7deg, end.longitude_e7deg),
        corridors.half_width_mm(plan.navigation_specification),
    )
    return line or Refusal(reason=Reason.BAD_GEOMETRY, because=(str(number),))


@lru_cache(maxsize=WAYS_KEPT_MAX)
def _way(start: tuple[int, int], end: tuple[int, int], half_width_mm: int) -> Line | None:
    """The geodesic between two points; None when they are one, or half the Earth apart.

    Remembered, as every alternative to a plan is flown on the same ways.
    """
    try:
        path = footprints.checked(footprints.path(geodesy.densified([start, end]), half_width_mm))
    except ValueError:
        return None
    return Line(vertices=path.vertices, half_width_mm=half_width_mm)


def _along(plan: Plan, number: int, declared: DeclaredCorridor | None) -> Line | Refusal:
    """The line of a leg on a corridor, from one of its points to another."""
    start, end = plan.route[number], plan.route[number + 1]
    if declared is None:
        corridor_id = present(start.corridor_id, "asked only of legs on a corridor")
        return Refusal(reason=Reason.UNKNOWN_CORRIDOR, because=(corridor_id,))
    line = _stretch(
        declared,
        (start.latitude_e7deg, start.longitude_e7deg),
        (end.latitude_e7deg, end.longitude_e7deg),
        plan.navigation_specification,
    )
    corridor = declared.corridor
    if not isinstance(line, Line):
        return Refusal(reason=line, because=(corridor.corridor_id,))
    if not corridors.is_open(corridor, start.time_ms + start.stay_ms, end.time_ms):
        return Refusal(reason=Reason.CORRIDOR_CLOSED, because=(corridor.corridor_id,))
    if not holds_levels(corridor, *plan.levels(number)):
        return Refusal(reason=Reason.LEVEL_OUTSIDE, because=(corridor.corridor_id,))
    return line


@lru_cache(maxsize=WAYS_KEPT_MAX)
def _stretch(
    declared: DeclaredCorridor,
    start: tuple[int, int],
    end: tuple[int, int],
    navigation_specification: NavigationSpecification,
) -> Line | Reason:
    """The line on a corridor between two places, or why none can be flown there at any time or level.

    Remembered, as corridors are flown again and again.
    """
    corridor = declared.corridor
    first, last = corridors.index_of(corridor, *start), corridors.index_of(corridor, *end)
    if first is None or last is None or first == last:
        return Reason.NOT_ON_CORRIDOR
    if not corridors.allows(corridor, first, last):
        return Reason.WRONG_DIRECTION
    if not corridors.is_met_by(corridor, navigation_specification):
        return Reason.NAVIGATION_SPECIFICATION
    return Line(
        vertices=corridors.line(declared, first, last),
        half_width_mm=corridor.half_width_mm,
        corridor=corridor,
    )


def holds_levels(corridor: corridors.Corridor, lower_mm: int, upper_mm: int) -> bool:
    """Whether a block of pressure altitude lies in the corridor's levels, by the bound where datums meet."""
    if corridor.datum is Datum.STD:
        return corridor.lower_mm <= lower_mm and upper_mm < corridor.upper_mm
    band_lower_mm, band_upper_mm = ellipsoid_band_mm(Datum.STD, lower_mm, upper_mm)
    return corridor.lower_mm <= band_lower_mm and band_upper_mm < corridor.upper_mm
