"""Alternatives to a refused plan: each would be admitted if it were asked for next in the same way.

Each is tried by the very rules that refused: what would be known of it, and what would be decided. At most
one of each kind: the first later departure in whole minutes; another level, the nearest first; another way
through the corridors (`engine.ways`). To a flight in the air other levels alone: it departs no more, and may
be on its corridor already. Cost: that of some twenty decisions and of a search of routes, paid for refusals
alone and after them (`engine.offers`).

Where something may be in the sky that the asker may not know to exist, they are tried against the sky that it
may know of, whatever else is there: so they tell nothing of the rest, and do not hold against it (THREATS 6).
Nor do those hold that other authorities would have to be asked for.
"""

from collections.abc import Callable, Iterator
from itertools import islice

import msgspec

from mamarr.airspace.occupancy import Kind, Occupancy
from mamarr.engine import gate, occupancies, surroundings, ways
from mamarr.engine.flight_facts import for_flight, known_by
from mamarr.engine.offers import Alternative, AlternativeKind, Facts, OfferAlternatives
from mamarr.engine.projection import Projection
from mamarr.faults import Refusal
from mamarr.flights import Plan, RoutePoint, flights, plans
from mamarr.geometry.altitude import FiledLevel, LevelKind
from mamarr.geometry.units import moment_from_ms
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.names import Author

LATER_TRIES_MAX = 4  # chosen: gaps in what is held; a window that closes may refuse the first
LATER_UNSEEN_MS = 30 * 60_000  # chosen: past the tolerances of most; where nothing known stands in the way
LATER_MAX_MS = 6 * 3_600_000  # chosen: a later departure is another flight
NEAR_MAX = 4_096  # chosen: what is held near within these hours; with more no later one is looked for
MINUTE_MS = 60_000
LEVEL_STEPS = (1, -1, 2, -2, 3, -3, 4, -4)  # chosen: nearest first, up before down
LEVEL_STEP = {LevelKind.F: 10, LevelKind.A: 10, LevelKind.S: 30, LevelKind.M: 30}  # 1000 ft; 300 m


def known(projection: Projection, command: OfferAlternatives, author: Author, now_ms: int) -> Facts:
    """What could be asked in place of what was refused."""
    asker = Author(party=command.party, node=author.node)
    asked = command.asked
    if isinstance(asked, flights.File):
        if (
            not gate.conceals(projection, command.party)
            and projection.flights.get(asked.flight_id) is not None
        ):
            return Facts(party=projection.party)  # the id was taken meanwhile: nothing can be filed under it
        # Under an id that nobody has: that the own one was taken meanwhile may not be known.
        asked = msgspec.structs.replace(asked, flight_id=command.refused)
    search = _Search(projection, asked, asker, now_ms)
    return Facts(party=projection.party, found=search.found(), only_known=not search.holds)


class _Search:
    """One search. Nothing of it is kept."""

    def __init__(
        self, projection: Projection, asked: flights.File | flights.Revise, asker: Author, now_ms: int
    ) -> None:
        self._projection, self._asked, self._asker, self._now_ms = projection, asked, asker, now_ms
        self._plan = asked.plan
        self.holds = not gate.conceals(projection, asker.party)

    def found(self) -> tuple[Alternative, ...]:
        """One of each kind, if there is one."""
        refused = self._known(self._plan)
        if refused.unfit is not None or not refused.volumes:
            return ()  # by now it cannot be flown at all, or is no more
        if self.holds and not refused.standing:
            return ()  # what was in its way has gone
        found = {AlternativeKind.LEVEL: self._first(_at_other_levels(self._plan))}
        held = self._projection.flights.get(self._asked.flight_id)
        if held is None or not held.is_airborne:
            found = {
                AlternativeKind.LATER: self._first(self._later(refused)),
                **found,
                AlternativeKind.CORRIDOR: self._first(self._by_other_ways(refused)),
            }
        return tuple(self._alternative(kind, plan) for kind, plan in found.items() if plan is not None)

    def _alternative(self, kind: AlternativeKind, plan: Plan) -> Alternative:
        if not self.holds or self._projection.agreement() is None:
            return Alternative(kind=kind, plan=plan, holds=self.holds)
        asked_of = tuple(each.authority for each in self._known(plan).asked_of)
        return Alternative(kind=kind, plan=plan, holds=not asked_of, asked_of=asked_of)

    def _known(self, plan: Plan) -> flights.Facts:
        asked = msgspec.structs.replace(self._asked, plan=plan)
        if self.holds:
            return for_flight(self._projection, asked, self._asker, self._now_ms)
        # The refusal may have been counted, for what may not be known.
        facts = for_flight(self._projection, asked, self._asker, self._now_ms, only_known=True)
        return msgspec.structs.replace(facts, over_until_ms=None)

    def _first(self, candidates: Iterator[Plan]) -> Plan | None:
        return next((plan for plan in candidates if self._admits(plan)), None)

    def _admits(self, plan: Plan) -> bool:
        asked = msgspec.structs.replace(self._asked, plan=plan)
        now = moment_from_ms(self._now_ms)
        outcome = flights.decide(asked, self._known(plan), author=self._asker, now=now)
        return not isinstance(outcome, Refusal)

    def _knows(self) -> Callable[[Occupancy], bool]:
        return (lambda _: True) if self.holds else known_by(self._projection, self._asker)

    def _later(self, refused: flights.Facts) -> Iterator[Plan]:
        """The plan at the beginnings of the gaps in what is held near it, in whole minutes."""
        first_ms = MINUTE_MS if refused.standing else LATER_UNSEEN_MS
        own = occupancies.of_plan(
            self._asked.flight_id, refused.party, refused.centre, self._plan, refused.volumes
        )
        stretched = [
            occupancies.during(
                each,
                each.volume.time_start_ms,
                min(each.volume.time_end_ms + LATER_MAX_MS, TIME_LAST_MS),
            )
            for each in own
        ]
        but = (Kind.FLIGHT, self._asked.flight_id)
        near = surroundings.all_near(
            self._projection, stretched, now_ms=self._now_ms, but=but, knows=self._knows()
        )
        taken = []
        for asked, there, minima in islice(near, NEAR_MAX + 1):
            volume = own[asked.number].volume
            start_ms = there.volume.time_start_ms - minima.time_ms - volume.time_end_ms
            end_ms = there.volume.time_end_ms + minima.time_ms - volume.time_start_ms
            is_endless = there.volume.time_end_ms >= TIME_LAST_MS  # until somebody reports: nobody knows when
            taken.append((start_ms, TIME_LAST_MS if is_endless else end_ms))
        if len(taken) > NEAR_MAX:
            return
        for later_ms in islice(_gaps(taken, first_ms), LATER_TRIES_MAX):
            try:
                yield plans.shifted(self._plan, later_ms)
            except ValueError:  # beyond the last year
                return

    def _by_other_ways(self, refused: flights.Facts) -> Iterator[Plan]:
        """The plan by other corridors than those where something stands in its way."""
        legs = {refused.volumes[each.own_number].leg for each in refused.standing}
        return ways.by_other_ways(
            self._projection,
            self._asked,
            refused,
            legs=legs,
            now_ms=self._now_ms,
            knows=self._knows(),
        )


def _gaps(taken: list[tuple[int, int]], first_ms: int) -> Iterator[int]:
    """The first whole minute of each gap between open intervals, from `first_ms` to LATER_MAX_MS."""
    later_ms = first_ms
    for start_ms, end_ms in sorted(taken):
        if end_ms <= later_ms:
            continue
        if later_ms <= start_ms:
            yield later_ms
        later_ms = max(later_ms, -(-end_ms // MINUTE_MS) * MINUTE_MS)
        if later_ms > LATER_MAX_MS:
            return
    yield later_ms


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
