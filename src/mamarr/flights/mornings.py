"""Mornings: many flights planned one after another, in an order that is stated, each past all before it.

**Order.** By priority first: SAR, MEDEVAC, HOSP, HUM, STATE, all others (an emergency is imposed, not
planned). Within a priority the parties take turns. In a turn each party that has flights left plans one: its
first by departure asked for, then by id. Who has been made to wait most so far, on average over its flights
of that priority, comes first in the turn; parties that waited the same come by name. So no party gains by
asking earlier or by filing many flights: a small one has had its turn before a large one has its second.

**What is never done.** Nothing that is granted is touched: every flight is planned past it. A flight that has
been planned is not moved for a later one.

**What it costs.** Each flight is also planned as if it were alone with what is granted. The difference of
the two arrivals is what it cost to be one of many, and those whose sky its lone route needs are whom it gave
way to.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from mamarr.airspace.constraints import SpecialHandling
from mamarr.faults import Refusal
from mamarr.flights.router import NoRoute, Route, Router, Wish
from mamarr.flights.taken import between
from mamarr.names import OBJECT_ID, PARTY_ID, matched

PRIORITY = (
    SpecialHandling.SAR,
    SpecialHandling.MEDEVAC,
    SpecialHandling.HOSP,
    SpecialHandling.HUM,
    SpecialHandling.STATE,
)
FLIGHTS_MAX = 100_000  # chosen: a day over a continent has some 40,000
PLANNED_FIRST = 1 << 30  # numbers from here are of what was planned, below of what was granted


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A flight of the list. handling: its reasons for special handling; the first in PRIORITY counts."""

    flight_id: str
    party: str
    wish: Wish
    handling: tuple[SpecialHandling, ...] = ()

    def __post_init__(self) -> None:
        matched("flight_id", self.flight_id, OBJECT_ID)
        matched("party", self.party, PARTY_ID)


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """How flights of the list are kept apart.

    before_ms, after_ms: how much earlier and later than planned each may be. minimum_ms: how far apart in
    time. levels: how many levels above and below are too near. near: of each strip, the others that are too
    near beside it; empty for none.
    """

    before_ms: int = 0
    after_ms: int = 0
    minimum_ms: int = 0
    levels: int = 0
    near: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        for name in ("before_ms", "after_ms", "minimum_ms", "levels"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: is negative")


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table: what became of a flight, and what it cost.

    number: its place in the order of planning. route: None when there is none. later_ms: than if nothing were
    taken. cost_ms: of that, by flights of this list; None when it has no route but would have one alone.
    gave_way_to: ids of these flights.
    """

    flight_id: str
    party: str
    priority: int
    number: int
    route: Route | None
    later_ms: int = 0
    cost_ms: int | None = 0
    gave_way_to: tuple[str, ...] = ()


def priority_of(asked: Asked) -> int:
    """The place of a flight in PRIORITY; the number of them for all others."""
    places = [PRIORITY.index(each) for each in asked.handling if each in PRIORITY]
    return min(places, default=len(PRIORITY))


def plan_many(
    router: Router,
    flights: Sequence[Asked],
    apart: Apart,
    *,
    as_filed: bool = False,
    say: Callable[[Placed], None] = lambda _: None,
) -> tuple[Placed, ...]:
    """Plan all flights of a list; a line for each, in the order in which they were planned.

    router: knows what is granted, and stays as it is. as_filed: in the order of the list and nothing else, to
    compare with. say: told of each line when it is made.
    ValueError for two flights of one id, for too many, or where `Router.route` raises it.
    """
    if len(flights) > FLIGHTS_MAX:
        raise ValueError(f"flights: {len(flights)} are more than {FLIGHTS_MAX}")
    if len({each.flight_id for each in flights}) < len(flights):
        raise ValueError("flights: an id is given twice")
    network = router.network
    if apart.near and len(apart.near) != network.strips_count:
        raise ValueError(f"near: {len(apart.near)} of them for {network.strips_count} strips")
    planning = _Planning(router, flights, apart)
    turns = _as_filed(flights) if as_filed else _in_turns(flights, planning.waited_ms)
    for asked in turns:
        say(planning.plan(asked))
    return tuple(planning.lines)


class _Planning:
    """What has been planned so far."""

    def __init__(self, router: Router, flights: Sequence[Asked], apart: Apart) -> None:
        self.lines: list[Placed] = []
        self.waited_ms: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._alone, self._apart = router, apart
        self._names = [each.flight_id for each in flights]
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._router = Router(router.network, router.taken.copied(), groups=router.groups)

    def plan(self, asked: Asked) -> Placed:
        """Plan one flight past all before it, and take its sky."""
        alone = _found(self._alone.route(asked.wish))
        others = () if alone is None else tuple(self._in_the_way(alone))
        route = alone if not others else _found(self._router.route(asked.wish))
        priority = priority_of(asked)
        cost_ms = None if route is None or alone is None else route.arrival_ms - alone.arrival_ms
        line = Placed(
            flight_id=asked.flight_id,
            party=asked.party,
            priority=priority,
            number=len(self.lines),
            route=route,
            later_ms=0 if route is None else route.later_ms,
            cost_ms=0 if alone is None else cost_ms,
            gave_way_to=others,
        )
        if route is not None:
            self._take(route, PLANNED_FIRST + self._numbers[asked.flight_id])
            self.waited_ms[priority, asked.party].append(route.later_ms)
        self.lines.append(line)
        return line

    def _in_the_way(self, route: Route) -> Iterator[str]:
        """Of those planned, who has the sky that a route needs; each once."""
        taken, seen = self._router.taken, set()
        for leg in route.legs:
            low, high = sorted((leg.level_from, leg.level_to))
            for each in taken.in_the_way(
                leg.strip, low, high, leg.enter_ms, leg.leave_ms, least_source=PLANNED_FIRST
            ):
                if each.source not in seen:
                    seen.add(each.source)
                    yield self._names[each.source - PLANNED_FIRST]

    def _take(self, route: Route, source: int) -> None:
        apart, levels = self._apart, self._router.network.levels_count
        for leg in route.legs:
            low, high = sorted((leg.level_from, leg.level_to))
            start_ms, end_ms = between(
                leg.enter_ms,
                leg.leave_ms,
                before_ms=apart.before_ms,
                after_ms=apart.after_ms,
                minimum_ms=apart.minimum_ms,
            )
            near = apart.near[leg.strip] if apart.near else ()
            for strip in {leg.strip, *near}:
                for level in range(max(0, low - apart.levels), min(levels, high + apart.levels + 1)):
                    self._router.taken.take(strip, level, start_ms, end_ms, source)


def _as_filed(flights: Iterable[Asked]) -> Iterator[Asked]:
    yield from flights


def _in_turns(flights: Iterable[Asked], waited_ms: dict[tuple[int, str], list[int]]) -> Iterator[Asked]:
    """The flights in the order stated above. waited_ms: by priority and party; read as it grows."""
    by_priority: dict[int, dict[str, list[Asked]]] = defaultdict(lambda: defaultdict(list))
    for each in sorted(flights, key=lambda each: (each.wish.departure_from_ms, each.flight_id), reverse=True):
        by_priority[priority_of(each)][each.party].append(each)
    for priority, by_party in sorted(by_priority.items()):

        def waited(party: str, priority: int = priority) -> tuple[float, str]:
            so_far_ms = waited_ms[priority, party]
            return -sum(so_far_ms) / max(1, len(so_far_ms)), party

        while by_party:
            for party in sorted(by_party, key=waited):
                yield by_party[party].pop()
                if not by_party[party]:
                    del by_party[party]


def _found(answer: Route | NoRoute | Refusal) -> Route | None:
    return answer if isinstance(answer, Route) else None
