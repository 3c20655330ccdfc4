"""Alternatives to a refused plan: each would be admitted if it were asked for next in the same way.

Each is tried by the very rules that refused: what would be known of it, and what would be decided. At most
one of each kind: a later departure, another level, another corridor between the same ends. To a flight in
the air other levels alone: it departs no more, and may be on its corridor already. Cost: that of at most
TRIES_MAX decisions; it is paid for refusals alone.

Where something may be in the sky that the asker may not know to exist, they are tried against the sky that it
may know of, whatever else is there: so they tell nothing of the rest, and do not hold against it (THREATS 6).
Nor do those hold that other authorities would have to be asked for.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec

from mamarr.airspace import DeclaredCorridor, corridors
from mamarr.engine import facts as facts_of
from mamarr.engine import gate
from mamarr.engine.orders import Alternative, AlternativeKind, Order
from mamarr.engine.projection import Projection
from mamarr.faults import Reason, Refusal
from mamarr.flights import Plan, RoutePoint, flights, plans
from mamarr.geometry import geodesy
from mamarr.geometry.altitude import FiledLevel, LevelKind
from mamarr.geometry.units import deg_from_e7deg, moment_from_ms
from mamarr.geometry.volumes import TIME_LAST_MS

LATER_TRIES_MAX = 8  # chosen: each try is past everything that stood in the way of the one before
LATER_UNSEEN_MS = 30 * 60_000  # chosen: past the tolerances of most; where nothing known stands in the way
LATER_MAX_MS = 6 * 3_600_000  # chosen: a later departure is another flight
MINUTE_MS = 60_000
LEVEL_STEPS = (1, -1, 2, -2, 3, -3, 4, -4)  # chosen: nearest first, up before down
LEVEL_STEP = {LevelKind.F: 10, LevelKind.A: 10, LevelKind.S: 30, LevelKind.M: 30}  # 1000 ft; 300 m
CORRIDORS_TRIED_MAX = 8
TRIES_MAX = LATER_TRIES_MAX + len(LEVEL_STEPS) + CORRIDORS_TRIED_MAX


def offered(projection: Projection, order: Order, refusal: Refusal, now_ms: int) -> tuple[Alternative, ...]:
    """What could be asked in place of `order`; nothing where it was not refused for what is in its way."""
    command, author = order.command, order.author
    if not isinstance(command, flights.File | flights.Revise) or refusal.reason is not Reason.CONFLICT:
        return ()
    holds = not gate.conceals(projection, author.party)

    def known(plan: Plan) -> flights.Facts:
        asked = msgspec.structs.replace(command, plan=plan)
        return facts_of.for_flight(projection, asked, author, now_ms, only_known=not holds)

    def admits(plan: Plan) -> bool:
        asked = msgspec.structs.replace(command, plan=plan)
        outcome = flights.decide(asked, known(plan), author=author, now=moment_from_ms(now_ms))
        return not isinstance(outcome, Refusal)

    found = {AlternativeKind.LEVEL: _first(_at_other_levels(command.plan), admits)}
    held = projection.flights.get(command.flight_id)
    if held is None or not held.is_airborne:
        later = _later(command.plan, known)
        by_another = _first(_by_other_corridors(projection, command.plan), admits)
        found = {
            AlternativeKind.LATER: later if later is not None and admits(later) else None,
            **found,
            AlternativeKind.CORRIDOR: by_another,
        }
    is_alone = projection.agreement() is None
    return tuple(
        Alternative(kind=kind, plan=plan, holds=holds and (is_alone or not known(plan).asked_of))
        for kind, plan in found.items()
        if plan is not None
    )


def _first(candidates: Iterator[Plan], admits: Callable[[Plan], bool]) -> Plan | None:
    return next((plan for plan in candidates if admits(plan)), None)


def _later(plan: Plan, known: Callable[[Plan], flights.Facts]) -> Plan | None:
    """The plan, late enough that nothing stands in its way; in whole minutes."""
    later_ms = 0
    for _ in range(LATER_TRIES_MAX):
        try:
            candidate = plans.shifted(plan, later_ms)
        except ValueError:  # beyond the last year
            return None
        facts = known(candidate)
        if not facts.standing and later_ms:
            return candidate
        if not facts.standing:  # it was refused for what the asker may not know of
            later_ms = LATER_UNSEEN_MS
            continue
        past_ms = max(
            each.volume.time_end_ms
            + each.minima.time_ms
            - facts.volumes[each.own_number].volume.time_start_ms
            for each in facts.standing
        )
        if any(each.volume.time_end_ms >= TIME_LAST_MS for each in facts.standing):
            return None  # until somebody reports: nobody knows when
        later_ms += max(1, -(-past_ms // MINUTE_MS)) * MINUTE_MS
        if later_ms > LATER_MAX_MS:
            return None
    return None


def _at_other_levels(plan: Plan) -> Iterator[Plan]:
    for step in LEVEL_STEPS:
        try:
            yield msgspec.structs.replace(
                plan, route=tuple(_at_other_level(point, step) for point in plan.route)
            )
        except ValueError:  # below the ground or beyond what a plan can say
            continue


def _at_other_level(point: RoutePoint, step: int) -> RoutePoint:
    upper = point.level_upper
    return msgspec.structs.replace(
        point,
        level=_moved(point.level, step),
        level_upper=None if upper is None else _moved(upper, step),
    )


def _moved(level: FiledLevel, step: int) -> FiledLevel:
    return FiledLevel(level.kind, level.number + step * LEVEL_STEP[level.kind])


def _by_other_corridors(projection: Projection, plan: Plan) -> Iterator[Plan]:
    """The plan with one of its corridors replaced by another that joins the same two points."""
    tried = 0
    for first, last, asked_id in _stretches(plan.route):
        for corridor_id, declared in sorted(projection.corridors.current_items()):
            if corridor_id == asked_id or tried >= CORRIDORS_TRIED_MAX:
                continue
            route = _around(plan.route, (first, last), declared, projection.corridors.get(asked_id))
            if route is None:
                continue
            tried += 1
            try:
                yield msgspec.structs.replace(plan, route=route)
            except ValueError:  # more points, or longer, than a plan may have
                continue


def _stretches(route: tuple[RoutePoint, ...]) -> Iterator[tuple[int, int, str]]:
    """The numbers of the points where each corridor is entered and left, and its id.

    A point where the flight holds ends a stretch: it would hold there on the other corridor too.
    """
    first = 0
    for number, point in enumerate(route[1:], 1):
        corridor_id = route[first].corridor_id
        if number < len(route) - 1 and point.corridor_id == corridor_id and not point.stay_ms:
            continue
        if corridor_id is not None:
            yield first, number, corridor_id
        first = number


def _around(
    route: tuple[RoutePoint, ...],
    stretch: tuple[int, int],
    declared: DeclaredCorridor,
    asked: DeclaredCorridor | None,
) -> tuple[RoutePoint, ...] | None:
    """The route with a stretch flown along another corridor at the same speed; None if it does not fit.

    stretch: the numbers of its first and its last point.
    """
    start, end, corridor = route[stretch[0]], route[stretch[1]], declared.corridor
    places, asked_places = _places(corridor, start, end), asked and _places(asked.corridor, start, end)
    if places is None or not asked_places:
        return None
    left_ms = start.time_ms + start.stay_ms
    speed_m_per_ms = _length_m(asked_places) / (end.time_ms - left_ms)
    times_ms = [left_ms + round(_length_m(places[: at + 1]) / speed_m_per_ms) for at in range(1, len(places))]
    between = tuple(
        msgspec.structs.replace(
            start,
            latitude_e7deg=place[0],
            longitude_e7deg=place[1],
            time_ms=time_ms,
            stay_ms=0,
            corridor_id=corridor.corridor_id,
            designator=None,
        )
        for place, time_ms in zip(places[1:-1], times_ms[:-1], strict=True)
    )
    later_ms = times_ms[-1] - end.time_ms
    after = tuple(
        msgspec.structs.replace(point, time_ms=point.time_ms + later_ms) for point in route[stretch[1] :]
    )
    changed = msgspec.structs.replace(start, corridor_id=corridor.corridor_id)
    return (*route[: stretch[0]], changed, *between, *after)


def _places(corridor: corridors.Corridor, start: RoutePoint, end: RoutePoint) -> list[tuple[int, int]] | None:
    """The corridor's points from `start` to `end`; None when it does not lead there."""
    first, last = (
        corridors.index_of(corridor, point.latitude_e7deg, point.longitude_e7deg) for point in (start, end)
    )
    if first is None or last is None or first == last or not corridors.allows(corridor, first, last):
        return None
    step = 1 if first < last else -1
    between = (corridor.points[at] for at in range(first, last + step, step))
    return [(point.latitude_e7deg, point.longitude_e7deg) for point in between]


def _length_m(places: list[tuple[int, int]]) -> float:
    degrees = [(deg_from_e7deg(latitude), deg_from_e7deg(longitude)) for latitude, longitude in places]
    return sum(geodesy.distance_m(*one, *other) for one, other in pairwise(degrees))
