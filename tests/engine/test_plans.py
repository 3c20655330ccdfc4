"""Queue, earmarks and regions through the decider: what is held is refused to others, and only that."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.airspace.reservations import (
    EARMARK_LAPSE_MS,
    PROVISIONAL_PER_PARTY_MAX,
    RENEWAL_WAIT_MS,
    Accept,
    Activate,
    Deactivate,
    Earmark,
    Pend,
    Phase,
    Reserve,
    held_volumes,
)
from mamarr.conflicts import Minima, conflict, prepare
from mamarr.engine import Order, Projection, picture, redecided, replay
from mamarr.faults import Reason, Refusal
from mamarr.geometry import Volume, footprints
from mamarr.geometry.altitude import Datum
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author
from tests.airspace.boxes import DEG, HOUR_MS, NOON, NORTH, SOUTH, a_box, boxes
from tests.airspace.test_plans import a_movement
from tests.engine.orders import Desk, _numbers, release, reserve
from tests.examples import some

LAPSE = timedelta(milliseconds=EARMARK_LAPSE_MS)
RULE = Author(party="north", node="node-north", rule="earmark-reservations")


def order(command, author: Author = SOUTH) -> Order:
    return Order(command_id=f"command-{next(_numbers)}", author=author, command=command)


def a_region(latitude_deg: float = 33.5, longitude_deg: float = 32.5, **changed: object) -> Volume:
    sides = {
        "footprint": footprints.circle((round(latitude_deg * DEG), round(longitude_deg * DEG)), 10_000_000),
        "datum": Datum.WGS84,
        "lower_mm": 3_000_000,
        "upper_mm": 6_000_000,
        "time_start_ms": epoch_ms(NOON),
        "time_end_ms": epoch_ms(NOON) + HOUR_MS,
    }
    return Volume(**{**sides, **changed})


def reasons(answers) -> list[Reason | None]:
    return [answer.outcome.reason if isinstance(answer.outcome, Refusal) else None for answer in answers]


def everything_is_decided_so_again(desk: Desk) -> None:
    assert list(redecided(desk.store.rows(), party="north")) == []
    found = replay(desk.store.rows(), party="north").projection.state()
    assert found == desk.decider.projection.state()


def test_regions_movements_and_boxes_keep_each_other_out():
    desk = Desk()
    answers = desk.ask(
        reserve("R1"),
        order(Reserve(reservation_id="R2", regions=(a_region(),))),  # in the box of R1
        order(Reserve(reservation_id="R3", regions=(a_region(longitude_deg=33.2),))),  # 18 km east of it
        order(Reserve(reservation_id="R4", movement=a_movement())),  # along its southern side
        order(Reserve(reservation_id="R5", regions=(a_region(longitude_deg=33.3),))),  # meets R3
        reserve("R6", longitude_west_e7deg=33 * DEG, longitude_east_e7deg=34 * DEG),  # has R3 in it
        order(
            Reserve(
                reservation_id="R7",
                regions=(a_region(longitude_deg=33.2, lower_mm=6_000_000, upper_mm=7_000_000),),
            )
        ),
    )
    held = Reason.VOLUME_HELD
    assert reasons(answers) == [None, held, None, held, held, held, None]
    everything_is_decided_so_again(desk)


def test_flight_levels_and_ellipsoid_meet_within_the_bound_only():
    desk = Desk()
    pressure = {"datum": Datum.STD}
    answers = desk.ask(
        reserve("R1"),
        order(
            Reserve(
                reservation_id="R2", regions=(a_region(**pressure, lower_mm=7_000_000, upper_mm=9_000_000),)
            )
        ),
        order(
            Reserve(
                reservation_id="R3", regions=(a_region(**pressure, lower_mm=9_000_000, upper_mm=10_000_000),)
            )
        ),
    )
    assert reasons(answers) == [None, Reason.VOLUME_HELD, None]


def test_who_waits_is_served_when_the_sky_is_free():
    desk = Desk()
    first, second = desk.ask(reserve("R1"), order(Reserve(reservation_id="R2", volume=a_box(), waits=True)))
    assert reasons((first, second)) == [None, None]
    earmark = Earmark(reservation_id="R2")
    assert reasons(desk.ask(order(earmark, RULE))) == [Reason.VOLUME_HELD]
    assert reasons(desk.ask(release("R1"), order(earmark, RULE))) == [None, Reason.WRONG_STATUS]
    # Held for the one who waited, also against the one who had it.
    assert reasons(desk.ask(reserve("R3"), now=NOON + LAPSE / 2)) == [Reason.VOLUME_HELD]
    assert reasons(desk.ask(order(Accept(reservation_id="R2")), now=NOON + LAPSE / 2)) == [None]
    assert reasons(desk.ask(reserve("R3"), now=NOON + LAPSE)) == [Reason.VOLUME_HELD]
    everything_is_decided_so_again(desk)


def test_a_lapsed_earmark_frees_its_sky_and_cannot_be_accepted():
    desk = Desk()
    provisional = Reserve(reservation_id="R1", volume=a_box(), provisional=True)
    assert reasons(desk.ask(order(provisional), reserve("R2"))) == [None, Reason.VOLUME_HELD]
    late = desk.ask(reserve("R2"), order(Accept(reservation_id="R1")), now=NOON + LAPSE)
    assert reasons(late) == [None, Reason.TIME_PAST]
    everything_is_decided_so_again(desk)


@pytest.mark.requirement("THREATS 11")
def test_open_earmarks_are_counted_by_party_and_lapsed_ones_for_a_while():
    desk = Desk()
    asked = [
        Reserve(
            reservation_id=f"R{number}",
            volume=a_box(longitude_west_e7deg=number * DEG, longitude_east_e7deg=(number + 1) * DEG),
            provisional=True,
        )
        for number in range(PROVISIONAL_PER_PARTY_MAX + 1)
    ]
    answers = desk.ask(*(order(each) for each in asked))
    assert reasons(answers) == [None] * PROVISIONAL_PER_PARTY_MAX + [Reason.LIMIT_REACHED]
    assert reasons(desk.ask(order(asked[-1], NORTH))) == [None]
    late = Reserve(
        reservation_id="R90",
        volume=a_box(longitude_west_e7deg=90 * DEG, longitude_east_e7deg=91 * DEG),
        provisional=True,
    )
    assert reasons(desk.ask(order(late), now=NOON + LAPSE)) == [Reason.LIMIT_REACHED]
    wait = timedelta(milliseconds=RENEWAL_WAIT_MS)
    assert reasons(desk.ask(order(late), now=NOON + LAPSE + wait)) == [None]
    everything_is_decided_so_again(desk)


def test_who_waits_is_seen_by_its_own_party_and_an_earmark_by_all():
    desk = Desk()
    desk.ask(
        reserve("R1"),
        order(Reserve(reservation_id="R2", volume=a_box(), waits=True)),
        order(
            Reserve(
                reservation_id="R3",
                movement=a_movement(((0, 0), epoch_ms(NOON)), ((0, DEG), epoch_ms(NOON) + 1)),
                provisional=True,
            )
        ),
    )
    seen = {
        party: {
            each.reservation_id: each
            for each in picture(desk.decider.projection, party=party, now=NOON).reservations
        }
        for party in ("north", "south")
    }
    assert (list(seen["north"]), list(seen["south"])) == (["R1", "R3"], ["R1", "R2", "R3"])
    assert seen["south"]["R2"].phase == Phase.IN_QUEUE
    assert (seen["north"]["R3"].phase, seen["north"]["R3"].lapses_at) == (Phase.EARMARKED, NOON + LAPSE)
    later = picture(desk.decider.projection, party="north", now=NOON + LAPSE).reservations
    assert [each.reservation_id for each in later] == ["R1"]


def test_an_overrun_in_a_region_keeps_its_sky_from_later_windows():
    desk = Desk()
    desk.ask(
        order(Reserve(reservation_id="R1", regions=(a_region(),))),
        order(Pend(reservation_id="R1")),
        order(Activate(reservation_id="R1")),
    )
    day_ms = 24 * HOUR_MS
    tomorrow = a_region(time_start_ms=epoch_ms(NOON) + day_ms, time_end_ms=epoch_ms(NOON) + day_ms + HOUR_MS)
    ask, late = Reserve(reservation_id="R2", regions=(tomorrow,)), NOON + timedelta(hours=2)
    assert reasons(desk.ask(order(ask), now=late)) == [Reason.VOLUME_HELD]
    assert reasons(desk.ask(order(Deactivate(reservation_id="R1")), order(ask), now=late)) == [None, None]


def test_sky_occupied_by_a_region_cannot_be_activated_by_a_box():
    desk = Desk()
    hours = {"time_start_ms": epoch_ms(NOON) + HOUR_MS, "time_end_ms": epoch_ms(NOON) + 3 * HOUR_MS}
    desk.ask(
        order(Reserve(reservation_id="R1", regions=(a_region(),))),
        order(Pend(reservation_id="R1")),
        order(Activate(reservation_id="R1")),
        reserve("R2", **hours),
        order(Pend(reservation_id="R2"), NORTH),
    )
    late = NOON + timedelta(hours=1)
    (refused,) = desk.ask(order(Activate(reservation_id="R2"), NORTH), now=late)
    assert refused.outcome == Refusal(reason=Reason.VOLUME_HELD, because=("R1",))


@pytest.mark.parametrize("asked", [{"volume": a_box()}, {"regions": (a_region(),)}])
def test_a_shape_that_makes_no_sense_meets_nothing(asked: dict[str, object]):
    desk = Desk()
    bow = footprints.polygon([(0, 0), (DEG, DEG), (0, DEG), (DEG, 0)])
    desk.ask(order(Reserve(reservation_id="R1", **asked)))
    (answer,) = desk.ask(order(Reserve(reservation_id="R2", regions=(a_region(footprint=bow),))))
    assert answer.outcome == Refusal(reason=Reason.BAD_GEOMETRY, because=("R2",))
    everything_is_decided_so_again(desk)


PARTS = st.lists(
    st.builds(
        lambda north, east, hours: a_region(
            33 + north / 10,
            32 + east / 10,
            time_start_ms=epoch_ms(NOON) + hours * HOUR_MS,
            time_end_ms=epoch_ms(NOON) + (hours + 1) * HOUR_MS,
        ),
        st.integers(0, 10),
        st.integers(0, 10),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=3,
)
SHAPES = st.fixed_dictionaries({"volume": boxes()}) | st.fixed_dictionaries({"regions": PARTS.map(tuple)})


@given(st.lists(SHAPES, min_size=2, max_size=6))
@settings(max_examples=some(20))
def test_no_two_that_are_held_have_sky_and_time_in_common(shapes: list[dict[str, object]]):
    desk = Desk()
    early = NOON - timedelta(days=365 * 56)  # the boxes of the strategy are of 1970
    desk.ask(
        *(order(Reserve(reservation_id=f"R{at}", **shape)) for at, shape in enumerate(shapes)), now=early
    )
    projection: Projection = desk.decider.projection
    held = [value for _, value in projection.reservations.current_items()]
    ready = [[prepare(part) for part in held_volumes(value, epoch_ms(early))] for value in held]
    for at, one in enumerate(ready):
        for beside, other in enumerate(ready[:at]):
            if held[at].volume is not None and held[beside].volume is not None:
                continue  # two boxes are held apart exactly; their tiles exceed them by centimetres
            assert not any(conflict(mine, its, Minima()) for mine in one for its in other)
