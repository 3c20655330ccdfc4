"""What `Router` offers beside the first arrival, what it says is in the way, and what makes no sense."""

import math

import numpy as np
import pytest

from mamarr.airspace.windows import Window
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.flights import Router, Wish, network, router
from mamarr.flights.network import Network
from mamarr.flights.openings import _shut_between
from mamarr.flights.router import InTheWay, NoRoute, Offers, Route
from mamarr.flights.taken import NOBODY, Taken, between
from tests.flights.routes import EAST, MIDDLE, NOON_MS, SOUTHERN, WEST, a_corridor, the_corridors

MINUTE_MS = 60_000
# Two ways from 0 to 3, by 1 and by 2: 6 km a segment is a minute at 100 m/s.
TAILS, HEADS, MINUTES = [0, 1, 0, 2, 4], [1, 3, 2, 3, 0], [5, 5, 6, 6, 1]


def a_network(**changed: object) -> Network:
    values = {
        "tails": TAILS,
        "heads": HEADS,
        "lengths_m": [each * 6_000.0 for each in MINUTES],
        "points": 6,
        "levels": 3,
    }
    return Network(**{**values, **changed})


def a_wish(**changed: object) -> Wish:
    values = {
        "origin": 0,
        "destination": 3,
        "departure_from_ms": NOON_MS,
        "departure_to_ms": NOON_MS + 60 * MINUTE_MS,
        "speeds_mps": (100.0,),
        "level": 1,
    }
    return Wish(**{**values, **changed})


def a_taken(net: Network, *rows: tuple[int, int, int, int, int]) -> Taken:
    """Rows of strip, level, first and last minute after noon, and source."""
    return Taken(
        net,
        *zip(
            *[
                (strip, level, NOON_MS + first * MINUTE_MS, NOON_MS + last * MINUTE_MS, by)
                for strip, level, first, last, by in rows
            ],
            strict=True,
        ),
    )


def minutes(route: Route | None) -> tuple[float, float]:
    assert route is not None
    return tuple((each - NOON_MS) / MINUTE_MS for each in (route.departure_ms, route.arrival_ms))


# --- what is offered --------------------------------------------------------------------------------------


def test_the_best_the_later_another_level_and_another_way_are_offered():
    answer = Router(a_network()).offers(a_wish(levels=(0, 1, 2), step_levels=1))
    assert isinstance(answer, Offers)
    assert minutes(answer.best) == (0, 10)
    assert answer.best.segments == (0, 1)
    assert {leg.level_from for leg in answer.best.legs} == {1}
    assert minutes(answer.later) == (15, 25)
    assert answer.later is not None
    assert answer.later.segments == (0, 1)
    assert {leg.level_from for leg in answer.other_level.legs} == {2}
    assert minutes(answer.other_way) == (0, 12)
    assert answer.other_way.segments == (2, 3)


def test_what_is_not_there_is_not_offered():
    answer = Router(a_network(), groups=["one"] * 5).offers(a_wish(departure_to_ms=NOON_MS))
    assert isinstance(answer, Offers)
    assert (answer.later, answer.other_level, answer.other_way) == (None, None, None)


def test_a_route_says_how_much_later_it_is_than_it_could_be():
    net = a_network()
    taken = a_taken(net, (0, 1, -5, 7, 4), (2, 1, -5, 7, 4))
    answer = Router(net, taken).route(a_wish())
    assert minutes(answer) == (7, 17)
    assert answer.later_ms == 7 * MINUTE_MS
    assert answer.points == (0, 1, 3)


def test_what_is_in_the_way_is_named_with_its_end():
    net = a_network()
    taken = a_taken(net, (1, 1, -5, 90, 7), (3, 1, -5, 90, 8))
    answer = Router(net, taken).route(a_wish())
    at, until = NOON_MS - 5 * MINUTE_MS, NOON_MS + 90 * MINUTE_MS
    assert answer == NoRoute((InTheWay(strip=1, level=1, from_ms=at, until_ms=until, source=7),))


def test_what_is_taken_later_is_known_to_the_next_answer():
    net = a_network()
    asked = Router(net)
    assert minutes(asked.route(a_wish())) == (0, 10)
    for _ in range(40):
        asked.taken.take(0, 1, NOON_MS - MINUTE_MS, NOON_MS + 3 * MINUTE_MS, 5)
    for minute in range(30, 60, 2):  # so that the row outgrows its room
        asked.taken.take(0, 1, NOON_MS + minute * MINUTE_MS, NOON_MS + (minute + 1) * MINUTE_MS, 6)
    assert minutes(asked.route(a_wish())) == (0, 12)
    assert len(asked.taken) == 16
    assert minutes(asked.route(a_wish(closed=(2,)))) == (3, 13)


def test_a_copy_is_apart():
    net = a_network()
    first = a_taken(net, (0, 1, 0, 5, 1))
    second = first.copied()
    second.take(0, 1, NOON_MS + 5 * MINUTE_MS, NOON_MS + 9 * MINUTE_MS, 2)
    assert [len(each) for each in (first, second)] == [1, 1]
    assert minutes(Router(net, first).route(a_wish(closed=(2,)))) == (5, 15)
    assert minutes(Router(net, second).route(a_wish(closed=(2,)))) == (9, 19)


def test_arrays_that_are_not_in_one_piece_are_taken_as_they_are():
    both = np.array([TAILS, HEADS]).T.copy()
    net = a_network(tails=both[:, 0], heads=both[:, 1], lengths_m=np.array(MINUTES, np.float32) * 6_000)
    assert not both[:, 0].flags.c_contiguous
    assert minutes(Router(net).route(a_wish())) == (0, 10)


def test_two_that_keep_apart_by_the_interval_are_exactly_apart():
    """Held five minutes before and ten after; two minutes between them."""
    first = (NOON_MS, NOON_MS + 10 * MINUTE_MS)
    start, end = between(*first, before_ms=5 * MINUTE_MS, after_ms=10 * MINUTE_MS, minimum_ms=2 * MINUTE_MS)
    next_held_from = end - 5 * MINUTE_MS
    assert next_held_from - (first[1] + 10 * MINUTE_MS) == 2 * MINUTE_MS
    assert (first[0] - 5 * MINUTE_MS) - (start + 10 * MINUTE_MS) == 2 * MINUTE_MS


def test_a_search_that_needs_too_much_room_says_so(monkeypatch):
    monkeypatch.setattr(router, "LABELS_FIRST", 1)
    monkeypatch.setattr(router, "LABELS_MAX", 4)
    with pytest.raises(Unavailable, match="more than 4 labels"):
        Router(a_network()).route(a_wish(levels=(0, 1, 2), step_levels=2))


# --- corridors --------------------------------------------------------------------------------------------


def test_corridors_meet_where_they_have_a_point_in_common():
    ways = network.of_corridors(the_corridors(), levels=2)
    assert (ways.network.points_count, len(ways.ways), len(ways.strips)) == (4, 8, 4)
    places = [(round(each[0] * 1e7), round(each[1] * 1e7)) for each in (WEST, MIDDLE, EAST, SOUTHERN)]
    assert [ways.point_at(*place) for place in places] == [0, 1, 2, 3]
    assert ways.point_at(0, 0) is None


@pytest.mark.parametrize(("direction", "tails"), [("FORWARD", [0, 1]), ("BACKWARD", [1, 2])])
def test_a_corridor_is_flown_in_its_direction_alone(direction, tails):
    ways = network.of_corridors(the_corridors(a_corridor(direction=direction)), levels=1)
    assert sorted(ways.network.tails.tolist()) == tails
    there, back = (a_wish(origin=origin, destination=2 - origin, level=0) for origin in (0, 2))
    asked = Router(ways.network)
    allowed, refused = (there, back) if direction == "FORWARD" else (back, there)
    assert isinstance(asked.route(allowed), Route)
    assert asked.route(refused) == Refusal(reason=Reason.UNREACHABLE, because=("destination",))


def test_times_without_a_window_are_shut():
    assert list(_shut_between(())) == []
    windows = [Window(time_start_ms=start, time_end_ms=start + 10) for start in (20, 5, 40)]
    shut = [moment for pair in _shut_between(windows) for moment in pair]
    assert shut[1:-1] == [5, 15, 20, 30, 40, 50]


# --- what makes no sense ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"points": 0}, "points: 0 is not"),
        ({"points": True}, "points: True is not"),
        ({"points": 2.0}, "points: 2.0 is not"),
        ({"levels": 201}, "levels: 201 is not"),
        ({"points": 4}, "tails: number 4 is 4, not 0 to 3"),
        ({"tails": [], "heads": [], "lengths_m": []}, "tails: 0 segments"),
        ({"tails": [0.0] * 5}, "tails: holds float64"),
        ({"tails": [[0] * 5]}, "tails: has 2 dimensions"),
        ({"heads": [1, 3, 2]}, "heads: 3 of them for 5 tails"),
        ({"heads": [0, 3, 2, 3, 0]}, "heads: segment 0 ends where it begins"),
        ({"heads": [1, 3, 2, 3, -1]}, "heads: number 4 is -1"),
        ({"lengths_m": [0.0, 1, 1, 1, 1]}, "lengths_m: number 0 is 0.0, not more than 0"),
        ({"lengths_m": [1.0, math.nan, 1, 1, 1]}, "lengths_m: number 1 is nan"),
        ({"lengths_m": [1.0, 1, math.inf, 1, 1]}, "lengths_m: number 2 is inf"),
        ({"lengths_m": [1.0, 1, 1, -5, 1]}, "lengths_m: number 3 is -5.0"),
        ({"lengths_m": ["a"] * 5}, "lengths_m: holds"),
        ({"lengths_m": [1.0]}, "lengths_m: 1 of them for 5 tails"),
        ({"strips": [0, 0, 1]}, "strips: 3 of them for 5 tails"),
        ({"stays_ms": [0]}, "stays_ms: 1 of them for 6 points"),
        ({"stays_ms": [-1] * 6}, "stays_ms: number 0 is -1"),
    ],
)
def test_a_network_that_makes_no_sense_names_the_argument(changed, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        a_network(**changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"origin": 6}, "origin: 6 is not a whole number from 0 to 5"),
        ({"origin": 0.5}, "origin: 0.5"),
        ({"destination": -1}, "destination: -1"),
        ({"destination": 0}, "destination: is the origin"),
        ({"level": 3}, "level: 3"),
        ({"levels": (0, 9)}, "levels: 9"),
        ({"levels": (0, 2)}, "level: 1 is not one of the levels"),
        ({"step_levels": -1}, "step_levels: -1"),
        ({"closed": (0, 5)}, "closed: number 1 is 5, not 0 to 4"),
        ({"speeds_mps": ()}, "speeds_mps: lists 0 speeds"),
        ({"speeds_mps": (100.0, math.nan)}, "speeds_mps: nan"),
        ({"speeds_mps": (0.0,)}, "speeds_mps: 0.0"),
        ({"speeds_mps": (math.inf,)}, "speeds_mps: inf"),
        ({"departure_from_ms": math.nan}, "departure_from_ms: nan"),
        ({"departure_from_ms": -1}, "departure_from_ms: -1"),
        ({"departure_to_ms": NOON_MS - 1}, "departure_to_ms: is before departure_from_ms"),
        ({"arrival_by_ms": 1 << 60}, "arrival_by_ms: "),
        ({"not_before_ms": "noon"}, "not_before_ms: 'noon'"),
    ],
)
def test_a_wish_that_makes_no_sense_names_the_argument(changed, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        Router(a_network()).route(a_wish(**changed))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((5, 0, 0, 1, 0), "strips: number 0 is 5"),
        ((0, 3, 0, 1, 0), "levels: number 0 is 3"),
        ((0, 0, 5, 5, 0), "until_ms: number 0 is 5, not after 5"),
        ((0, 0, 0.5, 1, 0), "from_ms: holds float64"),
        ((0, 0, 0, math.nan, 0), "until_ms: holds float64"),
        ((0, 0, 0, 1, -2), "sources: number 0 is -2"),
    ],
)
def test_an_interval_that_makes_no_sense_names_the_argument(row, said):
    net = a_network()
    with pytest.raises(ValueError, match=f"^{said}"):
        Taken(net, *[[each] for each in row])
    with pytest.raises(ValueError, match=f"^{said}"):
        Taken(net).take(*row)


def test_rows_of_other_lengths_and_other_networks_are_named():
    net = a_network()
    with pytest.raises(ValueError, match=r"^levels: 1 of them for 2 strips"):
        Taken(net, [0, 1], [0], [0, 0], [1, 1])
    with pytest.raises(ValueError, match=r"^taken: is of another network"):
        Router(a_network(), Taken(net))
    with pytest.raises(ValueError, match=r"^groups: 1 of them for 5 segments"):
        Router(net, groups=["one"])
    with pytest.raises(ValueError, match=r"^point: nobody may stay at 1"):
        net.stay_strip(1)


def test_a_departure_in_the_past_is_refused_and_one_that_begins_there_begins_now():
    asked = Router(a_network())
    past = a_wish(not_before_ms=NOON_MS + 61 * MINUTE_MS)
    assert asked.route(past) == Refusal(reason=Reason.TIME_PAST, because=("departure_to_ms",))
    assert asked.offers(past) == Refusal(reason=Reason.TIME_PAST, because=("departure_to_ms",))
    assert minutes(asked.route(a_wish(not_before_ms=NOON_MS + 20 * MINUTE_MS))) == (20, 30)


def test_a_point_that_no_segments_lead_to_is_refused():
    asked = Router(a_network())
    for point in (4, 5):
        answer = asked.route(a_wish(destination=point))
        assert answer == Refusal(reason=Reason.UNREACHABLE, because=("destination",))


def test_a_way_that_is_closed_is_none():
    net = a_network()
    shut = Taken(net, [0, 2], [1, 1], [-(1 << 60)] * 2, [1 << 60] * 2)
    answer = Router(net, shut).route(a_wish())
    assert isinstance(answer, NoRoute)
    assert [each.source for each in answer.in_the_way] == [NOBODY]
    assert Router(net).route(a_wish(closed=(0, 2))) == NoRoute()
