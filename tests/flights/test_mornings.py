"""Many flights at once: nobody meets anybody, who matters most comes first, and parties take turns."""

from itertools import combinations
from random import Random

import msgspec
import pytest

from mamarr.airspace.constraints import SpecialHandling
from mamarr.flights.mornings import Apart, Asked, Placed, plan_many, priority_of
from mamarr.flights.network import Network
from mamarr.flights.router import Router, Wish
from mamarr.flights.taken import Taken

MINUTE_MS = 60_000
SPEEDS_MPS = (200.0, 160.0)
APART = Apart(before_ms=MINUTE_MS, after_ms=2 * MINUTE_MS, minimum_ms=3 * MINUTE_MS, levels=1)


def a_network(side: int = 4, levels: int = 3) -> Network:
    """A grid, 60 to 100 km from point to point, both ways in one strip."""
    chance = Random(1)
    tails, heads, lengths_m, strips = [], [], [], []
    for y in range(side):
        for x in range(side):
            for one, other in ((x + 1, y), (x, y + 1)):
                if one < side and other < side:
                    length_m, strip = chance.uniform(60_000, 100_000), len(tails) // 2
                    tails += [y * side + x, other * side + one]
                    heads += [other * side + one, y * side + x]
                    lengths_m += [length_m, length_m]
                    strips += [strip, strip]
    return Network(tails, heads, lengths_m, points=side * side, levels=levels, strips=strips)


def granted(network: Network, count: int, seed: int = 3) -> list[tuple[int, int, int, int]]:
    chance = Random(seed)
    found = []
    for _ in range(count):
        start = chance.randrange(0, 300) * MINUTE_MS
        place = chance.randrange(network.strips_count), chance.randrange(network.levels_count)
        found.append((*place, start, start + chance.randint(5, 30) * MINUTE_MS))
    return found


def a_list(count: int, seed: int = 5, *, points: int = 16) -> list[Asked]:
    chance = Random(seed)
    found = []
    for number in range(count):
        origin, destination = chance.sample(range(points), 2)
        first_ms = chance.randrange(0, 60) * MINUTE_MS
        wish = Wish(
            origin=origin,
            destination=destination,
            departure_from_ms=first_ms,
            departure_to_ms=first_ms + 120 * MINUTE_MS,
            speeds_mps=SPEEDS_MPS,
            level=1,
            levels=(0, 1, 2),
            step_levels=1,
        )
        handling = chance.choice([(), (), (), (), (chance.choice(list(SpecialHandling)),)])
        party = chance.choice(["large", "large", "large", "large", "small", "third"])
        found.append(Asked(flight_id=f"F{number}", party=party, wish=wish, handling=handling))
    return found


def meetings(lines: tuple[Placed, ...], held: list[tuple[int, int, int, int]], apart: Apart) -> list[str]:
    """What comes too near to what, looked at pair by pair."""
    found = []
    flown = [
        (line.flight_id, leg.strip, {leg.level_from, leg.level_to}, leg.enter_ms, leg.leave_ms)
        for line in lines
        if line.route is not None
        for leg in line.route.legs
    ]
    for one, other in combinations(flown, 2):
        near = one[1] == other[1] or (apart.near and other[1] in apart.near[one[1]])
        levels = min(abs(a - b) for a in one[2] for b in other[2]) <= apart.levels
        begins = other[3] - apart.before_ms - (one[4] + apart.after_ms)
        begins = max(begins, one[3] - apart.before_ms - (other[4] + apart.after_ms))
        if one[0] != other[0] and near and levels and begins < apart.minimum_ms:
            found.append(f"{one} meets {other}")
    for strip, level, start, end in held:
        found += [
            f"{each} flies through what is granted"
            for each in flown
            if each[1] == strip and level in each[2] and start < each[4] and each[3] < end
        ]
    return found


def a_morning(count: int = 60, **changed: object) -> tuple[tuple[Placed, ...], list]:
    network = a_network()
    held = granted(network, 40)
    router = Router(network, Taken(network, *zip(*held, strict=True)))
    return plan_many(router, a_list(count), APART, **changed), held


def test_nobody_meets_anybody_and_what_is_granted_is_kept():
    lines, held = a_morning()
    assert len(lines) == 60
    assert sum(line.route is not None for line in lines) > 40
    assert any(line.cost_ms for line in lines)
    assert meetings(lines, held, APART) == []


def test_the_check_of_pairs_can_fail():
    lines, held = a_morning()
    wider = msgspec.structs.replace(APART, minimum_ms=4 * MINUTE_MS)
    assert meetings(lines, held, wider)
    assert meetings(lines, [(strip, level, 0, 10**9) for strip, level, _, _ in held], APART)


def test_strips_that_are_near_are_kept_apart_too():
    network = a_network()
    near = tuple((strip ^ 1,) for strip in range(network.strips_count))
    apart = msgspec.structs.replace(APART, near=near)
    assert meetings(plan_many(Router(network), a_list(40), apart), [], apart) == []
    assert meetings(plan_many(Router(network), a_list(40), APART), [], apart)


def test_the_same_list_in_another_order_gets_the_same_table():
    network = a_network()
    flights = a_list(40)
    first = plan_many(Router(network), flights, APART)
    Random(8).shuffle(flights)
    assert plan_many(Router(network), flights, APART) == first


def test_the_router_asked_stays_as_it_is():
    network = a_network()
    router = Router(network)
    plan_many(router, a_list(20), APART)
    assert len(router.taken) == 0


def test_who_matters_more_gives_way_to_nobody_who_matters_less():
    lines, _ = a_morning(80)
    priority = {line.flight_id: line.priority for line in lines}
    assert [line.priority for line in lines] == sorted(line.priority for line in lines)
    for line in lines:
        assert all(priority[other] <= line.priority for other in line.gave_way_to)


@pytest.mark.parametrize(
    ("handling", "place"),
    [(("SAR",), 0), (("STATE", "MEDEVAC"), 1), (("HOSP",), 2), (("HUM",), 3), (("STATE",), 4), ((), 5)],
)
def test_the_first_of_the_reasons_in_their_order_counts(handling, place):
    reasons = tuple(SpecialHandling(each) for each in handling)
    assert priority_of(msgspec.structs.replace(a_list(1)[0], handling=reasons)) == place


def test_parties_take_turns_whoever_files_more_or_earlier():
    flights = [msgspec.structs.replace(each, handling=()) for each in a_list(60)]
    flights.sort(key=lambda each: each.party)  # the large party files all of its flights first
    lines = plan_many(Router(a_network()), flights, APART)
    small = [line.number for line in lines if line.party == "small"]
    assert small == sorted(small)
    assert all(number < 3 * (turn + 1) for turn, number in enumerate(small))


def test_in_a_turn_who_waited_most_comes_first():
    lines = plan_many(
        Router(a_network()), [msgspec.structs.replace(each, handling=()) for each in a_list(60)], APART
    )
    waited: dict[str, list[int]] = {}
    turn: list[str] = []
    for line in lines:
        if line.party in turn:
            turn = []
        if not turn:
            mean = {party: sum(each) / len(each) for party, each in waited.items()}
        turn.append(line.party)
        if len(turn) > 1:
            assert mean.get(turn[-2], 0.0) >= mean.get(turn[-1], 0.0)
        if line.route is not None:
            waited.setdefault(line.party, []).append(line.later_ms)


def test_the_table_says_who_gave_way_to_whom_and_what_it_cost():
    network = Network([0], [1], [120_000.0], points=2, levels=1)
    wish = Wish(
        origin=0, destination=1, departure_from_ms=0, departure_to_ms=60 * MINUTE_MS, speeds_mps=(200.0,)
    )
    flights = [
        Asked(flight_id="LATER", party="one", wish=wish),
        Asked(flight_id="FIRST", party="two", wish=wish, handling=(SpecialHandling.SAR,)),
    ]
    first, later = plan_many(Router(network), flights, APART)
    assert (first.flight_id, first.cost_ms, first.gave_way_to) == ("FIRST", 0, ())
    assert (later.cost_ms, later.gave_way_to) == (16 * MINUTE_MS, ("FIRST",))
    last = msgspec.structs.replace(wish, departure_to_ms=MINUTE_MS)
    flights[0] = msgspec.structs.replace(flights[0], wish=last)
    _, none = plan_many(Router(network), flights, APART)
    assert (none.route, none.cost_ms, none.gave_way_to) == (None, None, ("FIRST",))


def test_what_is_wrong_is_named():
    router, flights = Router(a_network()), a_list(2)
    with pytest.raises(ValueError, match="flights: an id is given twice"):
        plan_many(router, [flights[0], flights[0]], APART)
    with pytest.raises(ValueError, match="near: 1 of them for 24 strips"):
        plan_many(router, flights, msgspec.structs.replace(APART, near=((),)))
    with pytest.raises(ValueError, match="minimum_ms: is negative"):
        Apart(minimum_ms=-1)
