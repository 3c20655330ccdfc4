"""Small networks, and a search of every route there is: the oracle of `Router`, which shares nothing with it.

A case counts in minutes and at 100 m/s, so that every answer is whole minutes. The oracle takes one path,
its levels, speeds and stays at a time; each thing taken then forbids an interval of departures, and the first
departure that none forbids is the best of that path.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from mamarr.flights.network import Network
from mamarr.flights.router import Wish
from mamarr.flights.taken import Taken

MINUTE_MS = 60_000
SPEEDS_MPS = (100.0, 50.0)


@dataclass
class Case:
    points: int
    segments: list[tuple[int, int, int, int]]  # tail, head, minutes at 100 m/s, strip
    stays: dict[int, int]  # minutes, by point
    taken: list[tuple[object, int, int, int]]  # strip, or ("stay", point); level; from and until in minutes
    origin: int = 0
    destination: int = 1
    departures: tuple[int, int] = (0, 30)
    levels: tuple[int, ...] = (0, 1)
    level: int = 0
    step: int = 1
    speeds: int = 2
    last: int = 10_000
    closed: tuple[int, ...] = ()


def a_case(chance: Random) -> Case:
    points = chance.randint(3, 5)
    segments, strips = [], 0
    is_line = chance.random() < 0.6  # so that what is taken is seldom flown round
    line = [0, *chance.sample(range(2, points), points - 2), 1]
    pairs = list(pairwise(line)) if is_line else []
    pairs += [tuple(chance.sample(range(points), 2)) for _ in range(chance.randint(0, 1 if is_line else 7))]
    for tail, head in pairs or [(0, 1)]:
        minutes = chance.randint(1, 5)
        segments.append((tail, head, minutes, strips))
        if chance.random() < 0.6:
            segments.append((head, tail, minutes, strips))
        strips += 1
    stays = {point: chance.randint(1, 4) for point in range(points) if chance.random() < 0.25}
    places: list[object] = [*range(strips), *(("stay", point) for point in stays)]
    taken = []
    for _ in range(chance.choice([0, 4, 10, 20])):
        start = chance.randint(-5, 30)
        taken.append((chance.choice(places), chance.randint(0, 1), start, start + chance.randint(1, 12)))
    first = chance.randint(0, 8)
    return Case(
        points=points,
        segments=segments,
        stays=stays,
        taken=taken,
        departures=(first, first + chance.choice([0, 2, 10, 40])),
        levels=chance.choice([(0, 1), (0, 1), (0,)]),
        step=chance.choice([0, 1]),
        speeds=chance.choice([1, 2]),
        last=chance.choice([10_000, 25]),
        closed=(chance.randrange(len(segments)),) if chance.random() < 0.2 else (),
    )


def asked(case: Case) -> tuple[Network, Taken, Wish]:
    """The case as `Router` is asked."""
    tails, heads, minutes, strips = zip(*case.segments, strict=True)
    network = Network(
        tails,
        heads,
        [each * 6_000 for each in minutes],
        points=case.points,
        levels=2,
        strips=strips,
        stays_ms=[case.stays.get(point, 0) * MINUTE_MS for point in range(case.points)],
    )
    rows = [
        (
            network.stay_strip(place[1]) if isinstance(place, tuple) else place,
            level,
            BASE_MS + start * MINUTE_MS,
            BASE_MS + end * MINUTE_MS,
            number,
        )
        for number, (place, level, start, end) in enumerate(case.taken)
    ]
    taken = Taken(network, *zip(*rows, strict=True)) if rows else Taken(network)
    wish = Wish(
        origin=case.origin,
        destination=case.destination,
        departure_from_ms=BASE_MS + case.departures[0] * MINUTE_MS,
        departure_to_ms=BASE_MS + case.departures[1] * MINUTE_MS,
        speeds_mps=SPEEDS_MPS[: case.speeds],
        level=case.level,
        levels=case.levels,
        step_levels=case.step,
        arrival_by_ms=BASE_MS + case.last * MINUTE_MS,
        closed=case.closed,
    )
    return network, taken, wish


BASE_MS = 1_000 * MINUTE_MS


def first_arrival(case: Case) -> int | None:
    """The first arrival of all routes, in minutes; None when there is none."""
    best = None
    for duration, held in _flown(case, (case.origin,), None):
        departure = _first_departure(case, held)
        if departure is not None and departure + duration <= case.last:
            arrival = departure + duration
            best = arrival if best is None else min(best, arrival)
    return best


Held = list[tuple[object, range, int, int]]  # what is flown through: place, levels, from and until


def _flown(case: Case, path: tuple[int, ...], level: int | None) -> Iterator[tuple[int, Held]]:
    """Each way on from a path: how long it takes, and what it flies through, counted from its start."""
    if path[-1] == case.destination:
        yield 0, []
        return
    for number, (tail, head, minutes, strip) in enumerate(case.segments):
        if tail != path[-1] or head in path or number in case.closed:
            continue
        for at in case.levels if level is None else (level,):
            for then in case.levels:
                if abs(then - at) > case.step:
                    continue
                for speed in range(1, case.speeds + 1):
                    for stay in range(case.stays.get(tail, 0) + 1) if len(path) > 1 else (0,):
                        before: Held = [(("stay", tail), range(at, at + 1), 0, stay)] if stay else []
                        took = stay + minutes * speed
                        before.append((strip, range(min(at, then), max(at, then) + 1), stay, took))
                        for rest, held in _flown(case, (*path, head), then):
                            later = [(place, levels, took + a, took + b) for place, levels, a, b in held]
                            yield took + rest, before + later


def _first_departure(case: Case, held: Held) -> int | None:
    """The first departure at which nothing flown through is taken."""
    for departure in range(case.departures[0], case.departures[1] + 1):
        if not any(
            place == where and level in levels and start < departure + until and departure + since < end
            for where, levels, since, until in held
            for place, level, start, end in case.taken
        ):
            return departure
    return None
