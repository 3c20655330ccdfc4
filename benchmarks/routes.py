"""`Router` on a large network beside a search in plain Python: `python -m benchmarks.routes [QUESTIONS]`.

100 by 100 points, 39,600 directed segments of 40 to 120 km, each a strip of its own, ten levels; taken are
intervals of 10 to 20 minutes (tolerances and minima within), spread evenly over strips, levels and a day. A
question: two points anywhere, a departure within six hours, three speeds; any level, with a climb or descent
of one level along a segment, or one level alone, which is harder: nearly every route must then wait. First
without anything remembered of the destination, then again. No published peer has this task, so the reference
is the same kind of search here in plain Python; both must arrive at the same moment.

Then a morning: 1,000 flights between 20 points, of 20 parties, on five of the levels, within six hours,
past 160,000 intervals; each takes the strip and level it flies for five minutes before, ten after and two
more. In turns by priority, and beside it first come, first served: the same list in the order filed. Who
meets whom is looked at pair by pair. A crowded morning: the same between 12 points, on three levels.

`picture` in place of QUESTIONS draws one corridor in space and time, and measures nothing.
"""

import heapq
import random
import sys
import time
from bisect import bisect_right
from collections import defaultdict
from itertools import pairwise
from math import log10
from statistics import median, quantiles
from typing import Any

import numpy as np

from benchmarks import drawing
from benchmarks.measuring import calibration_s, progress, report
from mamarr.flights import Router, Wish
from mamarr.flights.mornings import PRIORITY, Apart, Asked, Placed, plan_many
from mamarr.flights.network import Network
from mamarr.flights.router import NoRoute, Route
from mamarr.flights.taken import Taken, between
from mamarr.geometry.units import M_PER_NM

SIDE, LEVELS = 100, 10
INTERVALS = (160_000, 1_600_000)
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
SPEEDS_MPS = (250.0, 235.0, 220.0)
QUESTIONS, REFERENCE_QUESTIONS = 300, 5
FLIGHTS, HUBS, PARTIES, FLOWN = 1_000, 20, 20, (3, 4, 5, 6, 7)
CROWDED_HUBS, CROWDED_FLOWN = 12, (3, 4, 5)
APART = Apart(before_ms=5 * MINUTE_MS, after_ms=10 * MINUTE_MS, minimum_ms=2 * MINUTE_MS)
Rows = dict[int, tuple[list[int], list[int]]]


def a_network() -> Network:
    """SIDE by SIDE points, each joined with its neighbours both ways."""
    chance = random.Random(1)
    tails, heads, lengths_m = [], [], []
    for y in range(SIDE):
        for x in range(SIDE):
            for one, other in ((x + 1, y), (x, y + 1)):
                if one < SIDE and other < SIDE:
                    length_m = chance.uniform(40_000, 120_000)
                    tails += [y * SIDE + x, other * SIDE + one]
                    heads += [other * SIDE + one, y * SIDE + x]
                    lengths_m += [length_m, length_m]
    return Network(tails, heads, lengths_m, points=SIDE * SIDE, levels=LEVELS)


def intervals_of(network: Network, count: int) -> tuple[np.ndarray, ...]:
    """`count` intervals, spread evenly: strips, levels, starts and ends."""
    chance = np.random.default_rng(2)
    starts = chance.integers(0, DAY_MS, count)
    lengths = chance.integers(10 * MINUTE_MS, 20 * MINUTE_MS, count)
    strips, levels = chance.integers(0, network.strips_count, count), chance.integers(0, LEVELS, count)
    return strips, levels, starts, starts + lengths


def a_wish(number: int, *, any_level: bool) -> Wish:
    """Question `number`."""
    chance = random.Random(number)
    origin, destination = chance.sample(range(SIDE * SIDE), 2)
    first_ms = chance.randrange(12 * HOUR_MS)
    return Wish(
        origin=origin,
        destination=destination,
        departure_from_ms=first_ms,
        departure_to_ms=first_ms + 6 * HOUR_MS,
        speeds_mps=SPEEDS_MPS,
        level=chance.randrange(LEVELS),
        levels=tuple(range(LEVELS)) if any_level else (),
        step_levels=1 if any_level else 0,
    )


def rows_of(taken: Taken) -> Rows:
    """The joined intervals of each row, as lists."""
    rows, spans = taken.joined
    return {
        row: tuple(spans[at : at + size].T.tolist()) for row, (at, size) in enumerate(rows.tolist()) if size
    }


def searched_plainly(network: Network, rows: Rows, wish: Wish) -> int | None:
    """The first arrival, in plain Python: labels of moments, the most promising first."""
    out: dict[int, list[tuple[int, int, list[int]]]] = defaultdict(list)
    into: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for tail, head, strip, length_mm in zip(
        *(each.tolist() for each in (network.tails, network.heads, network.strips, network.lengths_mm)),
        strict=True,
    ):
        durations = [-(-length_mm // round(speed_mps)) for speed_mps in wish.speeds_mps]
        out[tail].append((head, strip, durations))
        into[head].append((tail, durations[0]))
    left_ms = _left(into, wish.destination)
    levels = wish.levels or (wish.level,)
    first = (left_ms[wish.origin], wish.departure_from_ms, wish.departure_to_ms, wish.origin)
    queue = [(wish.departure_from_ms + first[0], *first, level) for level in levels]
    known: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    while queue:
        _, _, from_ms, to_ms, point, level = heapq.heappop(queue)
        if point == wish.destination:
            return from_ms
        for head, strip, durations in out[point]:
            for then in range(level - wish.step_levels, level + wish.step_levels + 1):
                if then in levels:
                    for reached in _flown(rows, strip, (level, then), durations, (from_ms, to_ms)):
                        for piece in _new(known[head, then], reached):
                            left = left_ms[head]
                            heapq.heappush(queue, (piece[0] + left, left, *piece, head, then))
    return None


def _left(into: dict[int, list[tuple[int, int]]], destination: int) -> dict[int, int]:
    """How long the shortest way from each point takes."""
    found: dict[int, int] = {}
    queue = [(0, destination)]
    while queue:
        left_ms, point = heapq.heappop(queue)
        if point not in found:
            found[point] = left_ms
            for tail, duration_ms in into[point]:
                heapq.heappush(queue, (left_ms + duration_ms, tail))
    return found


def _flown(
    rows: Rows, strip: int, levels: tuple[int, int], durations: list[int], moments: tuple[int, int]
) -> list[tuple[int, int]]:
    """When the strip may be left that is entered in `moments`."""
    held = [rows[row] for level in {*levels} if (row := strip * LEVELS + level) in rows]
    found = []
    for duration in durations:
        moment = moments[0]
        while moment <= moments[1]:
            until = 1 << 62
            for starts, ends in held:
                at = bisect_right(ends, moment)
                if at < len(starts) and starts[at] < moment:
                    moment, until = ends[at], -1
                    break
                if at < len(starts):
                    until = min(until, starts[at])
            if until < 0:
                continue
            last = min(moments[1] + duration, until)
            if moment <= moments[1] and moment + duration <= last:
                found.append((moment + duration, last))
            moment = until + 1
    return found


def _new(known: list[tuple[int, int]], asked: tuple[int, int]) -> list[tuple[int, int]]:
    """The parts of `asked` that are not known; they are known then."""
    parts, (cursor, last) = [], asked
    for start, end in sorted(known):
        if end >= cursor and start <= last:
            if start > cursor:
                parts.append((cursor, start - 1))
            cursor = max(cursor, end + 1)
    if cursor <= last:
        parts.append((cursor, last))
    known += parts
    return parts


def measured(router: Router, wishes: list[Wish]) -> dict[str, Any]:
    """CPU milliseconds of each question, with nothing remembered of its destination and again."""
    first_ms, again_ms, later_min = [], [], []
    for wish in wishes:
        router.forget()
        for times_ms in (first_ms, again_ms):
            start_s = time.process_time()
            answer = router.route(wish)
            times_ms.append((time.process_time() - start_s) * 1_000)
        if isinstance(answer, Route):
            later_min.append(answer.later_ms / MINUTE_MS)
    return {
        "first_p50_ms": median(first_ms),
        "first_p99_ms": quantiles(first_ms, n=100)[98],
        "again_p50_ms": median(again_ms),
        "again_p99_ms": quantiles(again_ms, n=100)[98],
        "worst_ms": max(first_ms),
        "found_ratio": len(later_min) / len(wishes),
        "later_p50_min": median(later_min),
    }


def beside(router: Router, rows: Rows, wishes: list[Wish]) -> float:
    """How many times as quick as the plain search, the median; stops where the two disagree."""
    ratios = []
    for wish in wishes:
        router.forget()
        start_s = time.process_time()
        answer = router.route(wish)
        between_s = time.process_time()
        expected = searched_plainly(router.network, rows, wish)
        end_s = time.process_time()
        arrival = None if isinstance(answer, NoRoute) else answer.arrival_ms  # type: ignore[union-attr]
        if arrival != expected:
            raise SystemExit(f"{wish}: arrives at {arrival}, the plain search at {expected}")
        ratios.append((end_s - between_s) / (between_s - start_s))
    return median(ratios)


def a_list(hubs_count: int = HUBS, flown: tuple[int, ...] = FLOWN) -> list[Asked]:
    """The flights of a morning, as they were filed: in no order of time."""
    chance = random.Random(4)
    hubs = [chance.randrange(SIDE // 2) * SIDE + chance.randrange(SIDE // 2) for _ in range(hubs_count)]
    found = []
    for number in range(FLIGHTS):
        origin, destination = chance.sample(hubs, 2)
        first_ms = 5 * HOUR_MS + chance.randrange(6 * HOUR_MS)
        handling = (chance.choice(PRIORITY),) if chance.random() < 0.1 else ()
        wish = Wish(
            origin=origin,
            destination=destination,
            departure_from_ms=first_ms,
            departure_to_ms=first_ms + HOUR_MS,
            speeds_mps=SPEEDS_MPS,
            level=chance.choice(flown),
            levels=flown,
            step_levels=1,
        )
        party = f"party-{min(PARTIES - 1, int(chance.expovariate(0.25)))}"  # the first has a fifth of all
        found.append(Asked(flight_id=f"F{number}", party=party, wish=wish, handling=handling))
    return found


def meetings_count(lines: tuple[Placed, ...], taken: tuple[np.ndarray, ...]) -> int:
    """Pairs that come too near, and legs in what is granted; by comparing each with each, strip by strip."""
    legs = np.array(
        [
            (line.number, leg.strip, *sorted((leg.level_from, leg.level_to)), leg.enter_ms, leg.leave_ms)
            for line in lines
            if line.route is not None
            for leg in line.route.legs
        ]
    )
    apart_ms = APART.before_ms + APART.after_ms + APART.minimum_ms
    count = 0
    strips, levels, starts, ends = taken
    for strip in np.unique(legs[:, 1]):
        here = legs[legs[:, 1] == strip]
        one, other = here[:, None, :], here[None, :, :]
        meets = (
            (one[..., 0] != other[..., 0]) & (one[..., 2] <= other[..., 3]) & (other[..., 2] <= one[..., 3])
        )
        meets &= (one[..., 4] < other[..., 5] + apart_ms) & (other[..., 4] < one[..., 5] + apart_ms)
        held = strips == strip
        inside = (here[:, 2, None] <= levels[held]) & (levels[held] <= here[:, 3, None])
        inside &= (here[:, 4, None] < ends[held]) & (starts[held] < here[:, 5, None])
        count += int(meets.sum()) // 2 + int(inside.sum())
    return count


def a_morning(network: Network, name: str, flights: list[Asked], *, as_filed: bool = False) -> dict[str, Any]:
    """What planning the list costs and answers."""
    given = intervals_of(network, INTERVALS[0])
    router = Router(network, Taken(network, *given))
    start_s = time.process_time()
    lines = plan_many(router, flights, APART, as_filed=as_filed)
    took_s = time.process_time() - start_s
    placed = [line for line in lines if line.route is not None]
    urgent = [line.later_ms for line in placed if line.priority < len(PRIORITY)]
    by_party: dict[str, list[int]] = defaultdict(list)
    for line in placed:
        by_party[line.party].append(line.later_ms)
    means_min = [sum(each) / len(each) / MINUTE_MS for each in by_party.values()]
    return {
        "morning": name,
        "cpu_s": took_s,
        "placed_ratio": len(placed) / len(lines),
        "later_mean_min": sum(line.later_ms for line in placed) / len(placed) / MINUTE_MS,
        "later_priority_mean_min": sum(urgent) / len(urgent) / MINUTE_MS,
        "later_party_worst_min": max(means_min),
        "gave_way_count": sum(bool(line.gave_way_to) for line in lines),
        "meetings_count": meetings_count(lines, given),
    }


def corridor_drawn() -> str:
    """A picture of one corridor of four segments: its flights, what is closed, the gap for a new one."""
    miles = (0.0, 50.0, 90.0, 150.0, 190.0)
    lengths_m = [(far - near) * M_PER_NM for near, far in pairwise(miles)]
    network = Network(range(4), range(1, 5), lengths_m, points=5, levels=1)
    router = Router(network)
    router.taken.take(2, 0, 38 * MINUTE_MS, 60 * MINUTE_MS)
    flown = []
    for name, first in (("F1", 0), ("F2", 14), ("F3", 75), ("new", 20)):
        wish = Wish(
            origin=0,
            destination=4,
            departure_from_ms=first * MINUTE_MS,
            departure_to_ms=(first + 180) * MINUTE_MS,
            speeds_mps=(240.0, 180.0),
        )
        route = router.route(wish)
        if not isinstance(route, Route):
            raise SystemExit("the picture has no route")
        at = [(route.departure_ms / MINUTE_MS, miles[0])]
        at += [(leg.leave_ms / MINUTE_MS, miles[leg.to_point]) for leg in route.legs]
        flown.append((name, at))
        for leg in route.legs:
            held = between(leg.enter_ms, leg.leave_ms, before_ms=0, after_ms=0, minimum_ms=5 * MINUTE_MS)
            router.taken.take(leg.strip, 0, *held)
    closed = [("closed", 38.0, 60.0, miles[2], miles[3])]
    return drawing.space_time("One corridor at one level: who flies it when", flown[:-1], closed, flown[-1])


def main() -> None:
    """Measure and report."""
    pictures = drawing.folder()
    if pictures is not None:
        (pictures / "routes-corridor.svg").write_text(corridor_drawn(), encoding="utf-8")
    if sys.argv[1:] == ["picture"]:
        return
    questions = int(sys.argv[1]) if len(sys.argv) > 1 else QUESTIONS
    calibration = calibration_s()
    network, table = a_network(), []
    for count in INTERVALS:
        progress(f"{count} intervals")
        router = Router(network, Taken(network, *intervals_of(network, count)))
        rows = rows_of(router.taken)
        for name, any_level in (("any level", True), ("one level", False)):
            wishes = [a_wish(number, any_level=any_level) for number in range(questions)]
            router.route(wishes[0])
            row = {"intervals": count, "question": name, **measured(router, wishes)}
            row["plain_ratio"] = beside(router, rows, wishes[:REFERENCE_QUESTIONS])
            table.append(row)
            progress(str(row))
    growth = {
        name: log10(large["first_p50_ms"] / small["first_p50_ms"])
        for name, small, large in (("any level", table[0], table[2]), ("one level", table[1], table[3]))
    }
    mornings = [
        a_morning(network, "in turns", a_list()),
        a_morning(network, "as filed", a_list(), as_filed=True),
        a_morning(network, "crowded, in turns", a_list(CROWDED_HUBS, CROWDED_FLOWN)),
    ]
    progress("\n".join(str(each) for each in mornings))
    report("routes", table, calibration_s=calibration, exponent_of_intervals=growth, mornings=mornings)


if __name__ == "__main__":
    main()
