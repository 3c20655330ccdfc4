"""`Router` against a search of every route there is; and its sources, with bugs planted in them."""

from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import NamedTuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.faults import InvariantError, Unavailable
from mamarr.flights import route_kernels, router
from mamarr.flights.router import NoRoute, Route, Router
from tests.examples import some
from tests.flights.every_route import BASE_MS, MINUTE_MS, SPEEDS_MPS, Case, a_case, asked, first_arrival

CASES = 400
SHORT_COUNTS = (router.SHORT_COUNT, 0, 1, 4)  # no small network takes long: some searches sweep at once


def wrong_about(case: Case, short_count: int = router.SHORT_COUNT) -> str | None:
    """What is wrong with the answer to a case; None when all is right.

    short_count: labels followed before the search sweeps.
    """
    network, taken, wish = asked(case)
    try:
        with mock.patch.object(router, "SHORT_COUNT", short_count):
            answer = Router(network, taken).route(wish)
    except (Unavailable, InvariantError) as gave_up:
        return str(gave_up)
    expected = first_arrival(case)
    if not isinstance(answer, Route):
        return None if expected is None else f"no route, but one arrives at {expected}"
    if expected is None:
        return f"a route where there is none: {answer}"
    arrival = (answer.arrival_ms - BASE_MS) / MINUTE_MS
    if arrival != expected:
        return f"arrives at {arrival}, but {expected} can be: {answer}"
    return unfit(case, answer)


def unfit(case: Case, route: Route) -> str | None:
    """Why a route cannot be flown; None when it can."""
    first, last = ((route.legs[0].enter_ms - BASE_MS) / MINUTE_MS, case.departures)
    if not last[0] <= first <= last[1]:
        return f"leaves at {first}"
    if len(set(route.points)) != len(route.points) or route.points[-1] != case.destination:
        return f"passes {route.points}"
    moment, level, point = route.legs[0].enter_ms, route.legs[0].level_from, case.origin
    for leg in route.legs:
        if (leg.enter_ms, leg.level_from, leg.from_point) != (moment, level, point):
            return f"{leg} does not follow what is before it"
        moment, level, point = leg.leave_ms, leg.level_to, leg.to_point
        took = (leg.leave_ms - leg.enter_ms) / MINUTE_MS
        if leg.segment is None:
            place: object = ("stay", point)
            if not 0 < took <= case.stays.get(point, 0) or leg.level_from != leg.level_to:
                return f"{leg} stays too long"
        else:
            tail, head, minutes, place = case.segments[leg.segment]
            if (tail, head) != (leg.from_point, leg.to_point) or leg.segment in case.closed:
                return f"{leg} is no segment"
            if took not in [minutes * 100 / speed for speed in SPEEDS_MPS[: case.speeds]]:
                return f"{leg} is flown at no listed speed"
            if abs(leg.level_to - leg.level_from) > case.step or leg.level_to not in case.levels:
                return f"{leg} changes its level too much"
        for where, at, start, end in case.taken:
            inside = min(leg.level_from, leg.level_to) <= at <= max(leg.level_from, leg.level_to)
            since, until = ((each - BASE_MS) / MINUTE_MS for each in (leg.enter_ms, leg.leave_ms))
            if where == place and inside and start < until and since < end:
                return f"{leg} flies through what is taken from {start} to {end}"
    return None


@given(st.randoms(use_true_random=False))
@settings(max_examples=some(200))
def test_no_route_arrives_earlier_than_the_one_answered(chance):
    assert wrong_about(a_case(chance), chance.choice(SHORT_COUNTS)) is None


def test_the_cases_have_all_that_can_happen():
    """Else the test above would show little."""
    seen = set()
    for seed in range(CASES):
        case = a_case(Random(seed))
        network, taken, wish = asked(case)
        answer = Router(network, taken).route(wish)
        if not isinstance(answer, Route):
            seen.add("taken" if isinstance(answer, NoRoute) and answer.in_the_way else "none")
            continue
        legs = answer.legs
        seen.add("ground" if answer.departure_ms > wish.departure_from_ms else "at once")
        seen |= {"stay" for leg in legs if leg.segment is None}
        seen |= {"level" for leg in legs if leg.level_from != leg.level_to}
        slow = (leg for leg in legs if leg.segment is not None)
        seen |= {
            "slow" for leg in slow if leg.leave_ms - leg.enter_ms > case.segments[leg.segment][2] * MINUTE_MS
        }
    assert seen == {"taken", "none", "ground", "at once", "stay", "level", "slow"}


# --- planted bugs -----------------------------------------------------------------------------------------

# Four that need a case of their own: chance seldom has it.
HALF_KNOWN = Case(
    points=4,
    segments=[(0, 2, 1, 0), (0, 3, 1, 1), (3, 2, 1, 2), (2, 1, 1, 3)],
    stays={},
    taken=[(3, 0, -5, 4)],
    departures=(0, 2),
    levels=(0,),
    speeds=1,
)
TOO_LATE = Case(
    points=3,
    segments=[(0, 2, 5, 0), (2, 1, 5, 1)],
    stays={},
    taken=[(1, 0, -5, 21)],
    departures=(0, 40),
    levels=(0,),
    last=25,
)
ROUND_ABOUT = Case(
    points=5,
    segments=[(0, 2, 1, 0), (2, 3, 3, 1), (3, 2, 3, 1), (2, 1, 1, 2), (0, 4, 3, 3), (4, 3, 1, 4)],
    stays={},
    taken=[(2, 0, -5, 7)],
    departures=(0, 0),
    levels=(0,),
    speeds=1,
)
TWO_WAYS_ROUND = Case(
    points=5,
    segments=[(0, 2, 1, 0), (2, 3, 2, 1), (3, 2, 3, 1), (2, 1, 1, 2), (0, 4, 3, 3), (4, 3, 1, 4)],
    stays={},
    taken=[(2, 0, -5, 7)],
    departures=(0, 1),
    levels=(0,),
    speeds=1,
)


class Bug(NamedTuple):
    """What a bug does to the source, and a case that shows it: the number of a random one, or itself."""

    right: str
    wrong: str
    case: int | Case


PLANTED = {
    "a taken interval ends a moment early": Bug(
        "if spans[middle, 1] > moment:", "if spans[middle, 1] > moment + 60_000:", 2
    ),
    "only the last level says until when": Bug(
        "until = min(until, spans[low, 0])", "until = spans[low, 0]", 18
    ),
    "one level of a climb is looked at": Bug(
        "strip * levels + high, moment", "strip * levels + low, moment", 3
    ),
    "the way out of a strip is not looked at": Bug("last_ms = min(until, ", "last_ms = min(FOREVER, ", 2),
    "a stay takes all its time": Bug(
        "from_ms, to_ms = moment + duration,", "from_ms, to_ms = moment + duration + stays[segment],", 52
    ),
    "only the first free interval is used": Bug("moment = until + 1", "break", 2),
    "what is known hides what is not": Bug(
        "cursor = covers[at, KNOWN_TO] + 1", "cursor = max(last, covers[at, KNOWN_TO]) + 1", HALF_KNOWN
    ),
    "the rest of a label is forgotten": Bug("following - 1, left_ms", "cursor, left_ms", 2),
    "the last arrival is not kept": Bug(
        "used[BEST] = wish[ARRIVAL_LAST_MS]", "used[BEST] = FOREVER", TOO_LATE
    ),
    "only the fastest speed is flown": Bug(
        "kinds = 1 if lengths[segment] == 0 else len(speeds)", "kinds = 1", 144
    ),
    "a passed point is passed again": Bug("or label[PASSED] & critical[point]", "", 27),
    "points are told apart in labels alone": Bug(
        "if covers[at, KNOWN_PASSED] & ~passed == 0:", "if True:", ROUND_ABOUT
    ),
    "the level steps too far": Bug("steps = 0 if lengths[segment] == 0 else wish[STEP_MAX]", "steps = 1", 36),
    "closed segments are flown": Bug("if closed[segment] or left_ms < 0", "if left_ms < 0", 15),
    "the departure may be late": Bug(
        "label[TO] = min(wish[LAST_MS],", "label[TO] = min(wish[LAST_MS] + 600_000,", 27
    ),
    "the way left is thought too long": Bug("found[point] = left_ms", "found[point] = 3 * left_ms", 5),
    "joined intervals lose the longer end": Bug("max(spans[used - 1, 1], ends[at])", "ends[at]", 3),
    "a leg is said to begin too late": Bug(
        "entered = moment - takes(lengths[segment], speeds[number])", "entered = moment", 1
    ),
    "a stay is said to be longer": Bug("return min(moment, label[ENTER_TO])", "return moment", 52),
    "between what two speeds reach is nothing": Bug("and from_ms > child[TO] + 1:", "and False:", 94),
    "what does not touch is followed as one": Bug("min(to_ms + 1, last_ms)", "last_ms", 73),
    "what passed other points is followed as one": Bug(
        "labels[at, PASSED] == passed", "True", TWO_WAYS_ROUND
    ),
    "the rest of a portion is forgotten": Bug("if labels[at, TO] > last_ms:", "if False:", 3),
    "of what was followed as one the first led on": Bug("while up >= 0 and not", "while False and not", 52),
    "a sweep begins at the destination": Bug("LEFT_MAX - left", "left", 10),
    "a later arrival is taken for the best": Bug("and from_ms <= used[ARRIVAL_LAST]:", ":", 6),
    "what waits is forgotten where sweeps begin": Bug("if labels[at, IS_DONE] == 0:", "if False:", 5),
}


def in_python(source: str) -> SimpleNamespace:
    """The kernels out of `source`, not compiled."""
    plain = source.replace("numba.njit(cache=True, nogil=True, fastmath=False)", "lambda function: function")
    names: dict[str, object] = {}
    exec(compile(plain, "route_kernels", "exec"), names)
    return SimpleNamespace(**names)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name, monkeypatch):
    bug, source = PLANTED[name], Path(route_kernels.__file__).read_text("utf-8")
    case = a_case(Random(bug.case)) if isinstance(bug.case, int) else bug.case
    assert bug.right in source
    for written, is_found in ((source, False), (source.replace(bug.right, bug.wrong, 1), True)):
        planted = in_python(written)
        monkeypatch.setattr(router, "kernels", planted)
        monkeypatch.setattr("mamarr.flights.taken.kernels", planted)
        with np.errstate(all="ignore"):
            assert any(wrong_about(case, count) is not None for count in SHORT_COUNTS) == is_found
