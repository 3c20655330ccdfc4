"""Who waits for sky has it before whoever asks later, in whatever way it became free."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.airspace.attempts import AttemptCounted
from mamarr.airspace.reservations import (
    WAITING_PER_PARTY_MAX,
    Accept,
    Allocated,
    Earmark,
    Earmarked,
    Phase,
    Queued,
    Release,
    Released,
    Reserve,
    Reserved,
)
from mamarr.engine import Order, tidying
from mamarr.engine.orders import events_in
from mamarr.engine.projection import Projection, State
from mamarr.faults import Reason
from mamarr.flights.flights import Withdraw
from mamarr.geometry import Box
from mamarr.geometry.units import epoch_ms
from mamarr.record import Row
from mamarr.record.entries import entry_from_body
from mamarr.simulation.checks import common_point
from tests.airspace.boxes import DEG, NOON, NORTH, SOUTH, a_box
from tests.engine.orders import Desk, release, reserve
from tests.engine.skies import a_desk, an_order, file
from tests.engine.test_plans import LAPSE, everything_is_decided_so_again, order, reasons
from tests.examples import some
from tests.flights.routes import FL_MM, a_plan


def waiting(name: str = "W1", **sides: int) -> Order:
    return order(Reserve(reservation_id=name, volume=a_box(**sides), waits=True))


def phase(desk: Desk, name: str = "W1") -> Phase:
    return desk.decider.projection.reservations.get(name).phase


def test_a_request_in_the_same_batch_as_the_release_does_not_overtake_who_waits():
    desk = Desk()
    desk.ask(reserve("R1"), waiting())
    answers = desk.ask(release("R1"), reserve("R2"))
    assert reasons(answers) == [None, Reason.VOLUME_HELD]
    assert phase(desk) is Phase.EARMARKED
    assert reasons(desk.ask(order(Accept(reservation_id="W1")))) == [None]
    everything_is_decided_so_again(desk)


def test_of_two_who_begin_to_wait_at_one_moment_the_first_is_served_whatever_they_are_called():
    desk = Desk()
    desk.ask(reserve("R1"))
    desk.ask(waiting("W9"), waiting("W1"))
    desk.ask(release("R1"))
    assert (phase(desk, "W9"), phase(desk, "W1")) == (Phase.EARMARKED, Phase.IN_QUEUE)
    everything_is_decided_so_again(desk)


def test_what_the_clock_frees_goes_to_who_waits_for_it():
    desk = Desk()
    provisional = order(Reserve(reservation_id="R1", volume=a_box(), provisional=True), NORTH)
    desk.ask(provisional, waiting())
    assert reasons(desk.ask(reserve("R2"), now=NOON + LAPSE)) == [Reason.VOLUME_HELD]
    assert phase(desk) is Phase.EARMARKED
    everything_is_decided_so_again(desk)


def test_what_a_flight_gives_back_goes_to_who_waits_for_it():
    desk = a_desk()
    desk.ask(file("F1", a_plan(), NORTH))
    levels = {"altitude_lower_mm": 300 * FL_MM, "altitude_upper_mm": 350 * FL_MM}
    desk.ask(waiting(latitude_south_e7deg=33 * DEG, latitude_north_e7deg=35 * DEG, **levels))
    assert phase(desk) is Phase.IN_QUEUE
    answers = desk.ask(an_order(Withdraw(flight_id="F1"), NORTH), file("F2", a_plan(), NORTH))
    assert reasons(answers) == [None, Reason.CONFLICT]
    assert phase(desk) is Phase.EARMARKED
    everything_is_decided_so_again(desk)


def test_a_failed_batch_takes_the_earmark_back_with_the_release():
    desk = Desk()
    desk.ask(reserve("R1"), waiting())
    desk.offer(release("R1"))
    batch, _ = desk.decider.next_batch(NOON)
    assert [type(decided.events[0]) for decided in batch.decided] == [Released, Earmarked]
    desk.decider.failed()
    assert phase(desk) is Phase.IN_QUEUE
    assert reasons(desk.ask(reserve("R2"))) == [Reason.VOLUME_HELD]


def test_who_waited_when_the_node_started_is_served_though_nobody_asks():
    desk = Desk()
    desk.ask(reserve("R1"), waiting())
    (queued,) = desk.decider.projection.queued()
    started = Projection("north")
    started.restore(State(reservations=(queued,)))  # as a record of older rules can say
    (asked,) = tidying.orders(started, node="node-north", now=NOON, command_id=lambda: "tidying-1")
    assert asked.command == Earmark(reservation_id="W1")


ACTS = st.tuples(
    st.sampled_from(("reserve", "reserve", "wait", "wait", "provisional", "release", "release", "accept")),
    st.integers(0, 9),  # which reservation
    st.integers(0, 3),  # how far east
    st.integers(1, 2),  # how wide
    st.sampled_from((0, 0, 0, 4, 16)),  # minutes that pass before; 0: in the same batch
)


@settings(max_examples=some(50), deadline=None)
@given(st.lists(ACTS, max_size=30))
def test_nobody_who_waits_is_ever_overtaken(acts):
    desk, now = Desk(), NOON
    batch: list[Order] = []
    for kind, number, east, wide, minutes in acts:
        if minutes:
            desk.ask(*batch, now=now)
            batch, now = [], now + timedelta(minutes=minutes)
        batch.append(an_act(kind, f"R{number}", east, wide, NORTH if number % 2 else SOUTH))
    desk.ask(*batch, now=now)
    assert list(overtaken(desk.store.rows())) == []
    everything_is_decided_so_again(desk)


def an_act(kind: str, name: str, east: int, wide: int, author) -> Order:
    if kind == "release":
        return order(Release(reservation_id=name), author)
    if kind == "accept":
        return order(Accept(reservation_id=name), author)
    volume = a_box(
        longitude_west_e7deg=(32 + east) * DEG,
        longitude_east_e7deg=(32 + east + wide) * DEG,
        time_end_ms=a_box().time_end_ms + 24 * 3_600_000,
    )
    kinds = {"wait": {"waits": True}, "provisional": {"provisional": True}}
    return order(Reserve(reservation_id=name, volume=volume, **kinds.get(kind, {})), author)


def overtaken(rows: list[Row]):
    """A sentence for each admission into sky that nobody held and that another waited for, by boxes alone."""
    waits: dict[str, Box] = {}  # in the order of the queue
    held: dict[str, tuple[Box, int | None]] = {}  # and when it lapses
    for row in rows:
        entry = entry_from_body(row.sequence, row.body)
        now_ms = entry.frame().time_ms
        for event in events_in(entry):
            if isinstance(event, AttemptCounted):
                continue
            name = event.reservation_id
            if isinstance(event, Reserved | Earmarked):
                box = event.volume if isinstance(event, Reserved) else waits[name]
                before = (
                    list(waits) if isinstance(event, Reserved) else list(waits)[: list(waits).index(name)]
                )
                there = [kept for kept, lapses_ms in held.values() if lapses_ms is None or lapses_ms > now_ms]
                for other in before:
                    is_free = not any(common_point(waits[other], kept) for kept in there)
                    if is_free and common_point(waits[other], box):
                        yield f"{name} overtook {other}"
            match event:
                case Queued():
                    waits[name] = event.volume
                case Earmarked():
                    held[name] = (waits.pop(name), event.lapses_at_ms)
                case Reserved():
                    held[name] = (event.volume, None)
                case Allocated():
                    held[name] = (held[name][0], None)
                case Released():
                    waits.pop(name, None)
                    held.pop(name, None)


def test_the_check_sees_who_is_overtaken():
    desk = Desk()
    desk.decider._earmark = lambda *_: None
    desk.ask(reserve("R1"), waiting(), release("R1"), reserve("R2"))
    assert list(overtaken(desk.store.rows())) == ["R2 overtook W1"]
    assert epoch_ms(NOON) == desk.decider.last_time_ms


def test_a_party_has_only_so_many_in_the_queue_and_room_again_when_one_is_given_back():
    desk = Desk()
    desk.ask(reserve("R1"))
    asked = [waiting(f"W{number}") for number in range(WAITING_PER_PARTY_MAX + 1)]
    assert reasons(desk.ask(*asked)) == [None] * WAITING_PER_PARTY_MAX + [Reason.LIMIT_REACHED]
    desk.ask(order(Release(reservation_id="W0")))
    assert reasons(desk.ask(waiting("W99"))) == [None]
    everything_is_decided_so_again(desk)
