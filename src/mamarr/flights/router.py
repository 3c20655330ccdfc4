"""Routes through a network of which parts are taken: the first arrival, others, what is in the way.

**Guaranteed.** A route flies through nothing that is taken, leaves its origin in the time asked for, never
stops but where one may stay, and never longer than one may, flies each segment at one of the listed speeds
and passes no point twice. Of all such routes none arrives earlier. Equal questions get equal answers.
`tests/flights/test_router_exhaustive.py` holds it against a search of every route there is.

**Not guaranteed.** Which of several routes that arrive at the same millisecond is answered; one that keeps
the level asked for is tried first. A climb or descent takes as long as level flight, and all levels that it
passes, for all of its segment. A search ends with `Unavailable` rather than take more than LABELS_MAX labels.

How: safe intervals, as in SIPP (M. Phillips, M. Likhachev, ICRA 2011; abstract read), but of moments at a
point and not of waiting there, as aircraft do not wait (`route_kernels`); A* with the time that the shortest
way takes at the fastest speed. That no point is passed twice is first ignored; where the answer breaks it,
labels tell apart whether they have passed the points in question, and it is asked again.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import partial

import msgspec
import numpy as np

from mamarr.faults import Reason, Refusal, Unavailable, invariant
from mamarr.flights import route_kernels as kernels
from mamarr.flights.network import Network, Whole, whole
from mamarr.flights.taken import InTheWay, Taken
from mamarr.geometry.units import MM_PER_M

LABELS_FIRST = 1 << 16
SHORT_COUNT = 2_000  # measured, of 200 to 2,000: labels followed before a search sweeps
LABELS_MAX = 1 << 23  # chosen: 1.2 GB; a search that needs more is one that nobody waits for
CRITICAL_MAX = 62  # points that can be told apart at once: bits of a whole number
DESTINATIONS_REMEMBERED_MAX = 256  # chosen: of 10,000 points, 20 MB
FLIGHT_MAX_MS = 48 * 3_600_000  # as `plans.DURATION_MAX_MS`
LATER_MS = 15 * 60_000  # chosen: a departure that is nearer to the best one is no other offer
IN_THE_WAY_MAX = 16  # chosen, as `faults.BECAUSE_MAX`: more causes than anybody reads
SPEEDS_MAX = 16
SPEED_MIN_MPS, SPEED_MAX_MPS = 1.0, 1_000.0
STEP_LEVELS_MAX = 20


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for.

    origin, destination: points. departure_from_ms, departure_to_ms: when the origin may be left. speeds_mps:
    that may be flown, any of them on each segment. level: the one asked for. levels: that may be flown; empty
    for `level` alone. step_levels: by how many the level may change along one segment. arrival_by_ms: not
    later; None for FLIGHT_MAX_MS after the last departure. not_before_ms: now: a departure before it is past.
    closed: segments that may not be flown.
    """

    origin: int
    destination: int
    departure_from_ms: int
    departure_to_ms: int
    speeds_mps: tuple[float, ...]
    level: int = 0
    levels: tuple[int, ...] = ()
    step_levels: int = 0
    arrival_by_ms: int | None = None
    not_before_ms: int | None = None
    closed: tuple[int, ...] = ()


class Leg(msgspec.Struct, frozen=True, gc=False):
    """One segment as it is flown, or a stay: then `segment` is None and both points are one."""

    segment: int | None
    from_point: int
    to_point: int
    strip: int
    level_from: int
    level_to: int
    enter_ms: int
    leave_ms: int


class Route(msgspec.Struct, frozen=True):
    """A way from origin to destination. later_ms: than it would arrive if nothing were taken or closed."""

    legs: tuple[Leg, ...]
    later_ms: int = 0

    @property
    def departure_ms(self) -> int:
        """When the origin is left."""
        return self.legs[0].enter_ms

    @property
    def arrival_ms(self) -> int:
        """When the destination is reached."""
        return self.legs[-1].leave_ms

    @property
    def points(self) -> tuple[int, ...]:
        """The points passed, each once."""
        flown = [leg for leg in self.legs if leg.segment is not None]
        return (flown[0].from_point, *(leg.to_point for leg in flown))

    @property
    def segments(self) -> tuple[int, ...]:
        """The segments flown."""
        return tuple(leg.segment for leg in self.legs if leg.segment is not None)


class NoRoute(msgspec.Struct, frozen=True):
    """There is no route. in_the_way: what is taken on the shortest one, when it would be flown first."""

    in_the_way: tuple[InTheWay, ...] = ()


class Offers(msgspec.Struct, frozen=True):
    """The best route, and the first of each kind that differs from it; None where there is none.

    later: by the same segments at the same levels, LATER_MS later at the least. other_level: at levels of
    which the best flies none. other_way: without the group of segments that the best flies longest.
    """

    best: Route
    later: Route | None = None
    other_level: Route | None = None
    other_way: Route | None = None


class Router:
    """Answers wishes on a network and what is taken of it. Belongs to one thread; searches release the GIL.

    taken: may be added to; the next answer knows of it. groups: (M,) which segments belong together, such as
    those of one corridor; None for each its own.
    """

    def __init__(
        self, network: Network, taken: Taken | None = None, *, groups: Sequence[object] | None = None
    ) -> None:
        if taken is not None and taken.network is not network:
            raise ValueError("taken: is of another network")
        if groups is not None and len(groups) != len(network.tails):
            raise ValueError(f"groups: {len(groups)} of them for {len(network.tails)} segments")
        self.network = network
        self.taken = Taken(network) if taken is None else taken
        self.groups = range(len(network.tails)) if groups is None else groups
        self.expanded_count = 0  # labels followed for the last answer
        self._nothing = Taken(network)
        self._places_count = len(network.forward[0]) - 1
        self._position = np.argsort(network.order)  # of each segment given, among those searched
        self._left: dict[tuple[int, int], Whole] = {}
        self._heads = np.empty((2, self._places_count * network.levels_count), np.int64)
        self._room(LABELS_FIRST)

    def route(self, wish: Wish) -> Route | NoRoute | Refusal:
        """The route that arrives first, or what is in the way.

        A Refusal: TIME_PAST when all departures are past, UNREACHABLE when no segments lead there, whatever
        is taken; `because` names the argument. ValueError for what makes no sense.
        """
        asked = self.checked(wish)
        if isinstance(asked, Refusal):
            return asked
        found = self._first(asked, self.taken)
        if found is None:
            return NoRoute(self._in_the_way(asked))
        left_ms = int(self._left_to(asked)[self.network.out_of(asked.origin)])
        return Route(found.legs, found.arrival_ms - asked.departure_from_ms - left_ms)

    def offers(self, wish: Wish) -> Offers | NoRoute | Refusal:
        """The best route and the next ones that differ; else as `route`."""
        best = self.route(wish)
        if not isinstance(best, Route):
            return best
        change = partial(msgspec.structs.replace, wish)
        flown = {level for leg in best.legs for level in (leg.level_from, leg.level_to)}
        others = tuple(level for level in wish.levels if level not in flown)
        other_level = (
            self.route(change(level=_nearest(others, wish.level), levels=others)) if others else None
        )
        group = self.longest(best)
        closed = {at for at, each in enumerate(self.groups) if each == group}
        other_way = self.route(change(closed=tuple(sorted({*wish.closed, *closed}))))
        return Offers(best, self._later(wish, best), _found(other_level), _found(other_way))

    def longest(self, route: Route) -> object:
        """The group of segments on which a route is longest."""
        times_ms: dict[object, int] = {}
        for leg in route.legs:
            if leg.segment is not None:
                group = self.groups[leg.segment]
                times_ms[group] = times_ms.get(group, 0) + leg.leave_ms - leg.enter_ms
        return max(times_ms, key=lambda group: times_ms[group])

    def forget(self) -> None:
        """Forget what is remembered of destinations; answers stay the same."""
        self._left.clear()

    # --- the search ---------------------------------------------------------------------------------------

    def _later(self, wish: Wish, best: Route) -> Route | None:
        """The best route again, later."""
        later_ms = best.departure_ms + LATER_MS
        if later_ms > wish.departure_to_ms:
            return None
        flown = set(best.segments)
        levels = {level for leg in best.legs for level in (leg.level_from, leg.level_to)}
        return _found(
            self.route(
                msgspec.structs.replace(
                    wish,
                    departure_from_ms=later_ms,
                    level=best.legs[0].level_from,
                    levels=tuple(sorted(levels)),
                    closed=tuple(at for at in range(len(self.network.tails)) if at not in flown),
                )
            )
        )

    def _first(self, wish: Wish, taken: Taken) -> Route | None:
        """The route that arrives first, its points told apart as far as that is needed."""
        critical = np.zeros(self._places_count, np.int64)
        told_apart = 0
        while True:
            steps = self._searched(wish, taken, critical)
            if steps is None:
                return None
            twice = self._passed_twice(steps)
            if not twice:
                return Route(self._legs(steps))
            for place in twice:
                if told_apart == CRITICAL_MAX:
                    raise Unavailable(f"more than {CRITICAL_MAX} points would be passed twice")
                critical[place] = 1 << told_apart
                if place == wish.origin:  # it is left from its other place, where one may stay there
                    critical[self.network.out_of(place)] = 1 << told_apart
                told_apart += 1

    def _searched(self, wish: Wish, taken: Taken, critical: Whole) -> Whole | None:
        """The steps of the first arrival; None when there is none."""
        network = self.network
        arrival_by_ms = wish.arrival_by_ms
        last_ms = wish.departure_to_ms + FLIGHT_MAX_MS if arrival_by_ms is None else arrival_by_ms
        numbers = (
            network.out_of(wish.origin),
            wish.destination,
            wish.departure_from_ms,
            wish.departure_to_ms,
            last_ms,
            wish.level,
            wish.step_levels,
            SHORT_COUNT,
        )
        allowed = np.zeros(network.levels_count, np.bool_)
        allowed[list(wish.levels or (wish.level,))] = True
        closed = np.zeros(len(network.order), np.bool_)
        closed[self._position[list(wish.closed)]] = True
        speeds = np.array(sorted({round(each * MM_PER_M) for each in wish.speeds_mps}, reverse=True))
        rest = (np.array(numbers), speeds, allowed, closed, critical, self._left_to(wish))
        while True:
            found = int(kernels.searched(network.forward, taken.joined, self._pools, *rest))
            self.expanded_count += int(self._pools[6][kernels.EXPANDED])
            if found >= 0:
                steps: Whole = kernels.traced(network.forward, speeds, self._pools[0], found)
                invariant(len(steps) > 0, "each moment of a label was reached from one before it")
                return steps
            if found == kernels.NO_WAY:
                return None
            self._room(4 * len(self._pools[0]))

    def _room(self, labels: int) -> None:
        """Have room for as many labels."""
        if labels > LABELS_MAX:
            raise Unavailable(f"a route would take more than {LABELS_MAX} labels to find")
        self._pools = (
            np.empty((labels, kernels.LABEL_COLUMNS), np.int64),
            np.empty(labels, np.int64),
            np.empty(labels, np.int64),
            np.empty((labels, kernels.COVER_COLUMNS), np.int64),
            self._heads[0],
            self._heads[1],
            np.zeros(kernels.USED_COLUMNS, np.int64),
        )

    def _left_to(self, wish: Wish) -> Whole:
        """How long the shortest way to the destination takes from each place, if nothing is taken."""
        asked = wish.destination, round(max(wish.speeds_mps) * MM_PER_M)
        known = self._left.get(asked)
        if known is None:
            if len(self._left) >= DESTINATIONS_REMEMBERED_MAX:
                del self._left[next(iter(self._left))]
            known = self._left[asked] = kernels.lefts_to(self.network.backward, *asked)
        return known

    def _passed_twice(self, steps: Whole) -> list[int]:
        """The places that steps pass more than once."""
        first_out, heads, *_ = self.network.forward
        tail = int(np.searchsorted(first_out, steps[0, 0], side="right")) - 1
        passed = [self.network.point_of(tail), *(int(heads[each]) for each in steps[:, 0])]
        return sorted({place for place in passed if passed.count(place) > 1})

    # --- what is told -------------------------------------------------------------------------------------

    def _legs(self, steps: Whole) -> tuple[Leg, ...]:
        """The steps as legs; a stay of no time is none."""
        network, legs = self.network, []
        first_out, heads, strips, *_ = network.forward
        for at, level_from, level_to, enter_ms, leave_ms in steps.tolist():
            tail = int(np.searchsorted(first_out, at, side="right")) - 1
            given = int(network.order[at])
            segment = given if given < len(network.tails) else None
            if segment is None and leave_ms == enter_ms:
                continue
            ends = network.point_of(tail), network.point_of(int(heads[at]))
            legs.append(Leg(segment, *ends, int(strips[at]), level_from, level_to, enter_ms, leave_ms))
        return tuple(legs)

    def _in_the_way(self, wish: Wish) -> tuple[InTheWay, ...]:
        """What is taken on the shortest route at the level asked, if it is left at the first moment."""
        bare = self._first(_level(wish), self._nothing)
        if bare is None:
            return ()
        found = (
            each
            for leg in bare.legs
            for each in self.taken.in_the_way(
                leg.strip, leg.level_from, leg.level_to, leg.enter_ms, leg.leave_ms
            )
        )
        return tuple(dict.fromkeys(found))[:IN_THE_WAY_MAX]

    def checked(self, wish: Wish) -> Wish | Refusal:
        """The wish without departures that are past; a Refusal or ValueError as of `route`."""
        network = self.network
        for name, point in (("origin", wish.origin), ("destination", wish.destination)):
            _within(name, point, 0, network.points_count - 1)
        if wish.origin == wish.destination:
            raise ValueError("destination: is the origin")
        for name, level in (("level", wish.level), *(("levels", each) for each in wish.levels)):
            _within(name, level, 0, network.levels_count - 1)
        if wish.levels and wish.level not in wish.levels:
            raise ValueError(f"level: {wish.level} is not one of the levels that may be flown")
        _within("step_levels", wish.step_levels, 0, STEP_LEVELS_MAX)
        whole("closed", wish.closed, len(network.tails))
        _check_speeds(wish.speeds_mps)
        _check_times(wish)
        first_ms = wish.departure_from_ms
        if wish.not_before_ms is not None:
            if wish.departure_to_ms < wish.not_before_ms:
                return Refusal(reason=Reason.TIME_PAST, because=("departure_to_ms",))
            first_ms = max(first_ms, wish.not_before_ms)
        if self._left_to(wish)[network.out_of(wish.origin)] < 0:
            return Refusal(reason=Reason.UNREACHABLE, because=("destination",))
        return msgspec.structs.replace(wish, departure_from_ms=first_ms)


def _level(wish: Wish) -> Wish:
    """The wish at the level asked alone."""
    return msgspec.structs.replace(wish, levels=(), step_levels=0, arrival_by_ms=None)


def _nearest(levels: Collection[int], level: int) -> int:
    return min(levels, key=lambda each: (abs(each - level), -each))


def _found(answer: Route | NoRoute | Refusal | None) -> Route | None:
    return answer if isinstance(answer, Route) else None


def _within(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        raise ValueError(f"{name}: {value!r} is not a whole number from {least} to {most}")


def _check_speeds(speeds_mps: Iterable[float]) -> None:
    listed = tuple(speeds_mps)
    if not 1 <= len(listed) <= SPEEDS_MAX:
        raise ValueError(f"speeds_mps: lists {len(listed)} speeds, not 1 to {SPEEDS_MAX}")
    for speed_mps in listed:
        if not SPEED_MIN_MPS <= speed_mps <= SPEED_MAX_MPS:  # also what is not a number
            raise ValueError(f"speeds_mps: {speed_mps} is not {SPEED_MIN_MPS} to {SPEED_MAX_MPS}")


def _check_times(wish: Wish) -> None:
    last_ms = 1 << 52  # chosen: beyond the years of any plan, and far from the ends of whole numbers
    _within("departure_from_ms", wish.departure_from_ms, 0, last_ms)
    _within("departure_to_ms", wish.departure_to_ms, 0, last_ms)
    if wish.departure_to_ms < wish.departure_from_ms:
        raise ValueError("departure_to_ms: is before departure_from_ms")
    if wish.arrival_by_ms is not None:
        _within("arrival_by_ms", wish.arrival_by_ms, 0, last_ms)
    if wish.not_before_ms is not None:
        _within("not_before_ms", wish.not_before_ms, 0, last_ms)
