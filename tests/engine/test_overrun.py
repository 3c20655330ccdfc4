"""A reservation that somebody is in past its end: noted once, by the clock, and told to whom it touches."""

from datetime import datetime, timedelta

import msgspec
import pytest

from mamarr.airspace import terms
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.reservations import (
    Activate,
    Deactivate,
    NoteOverrun,
    OverrunNoted,
    Pend,
    ReportUse,
    Reserve,
)
from mamarr.coordination import Disclosed, Rule
from mamarr.engine import Answer, Order, picture, redecided, replay, tidying
from mamarr.engine.others import Imposition
from mamarr.engine.projection import Projection
from mamarr.engine.sky import Named
from mamarr.engine.touched import TouchedBy
from mamarr.faults import Reason, Refusal
from tests.airspace.boxes import NOON, SOUTH, a_box
from tests.engine.orders import Desk
from tests.engine.skies import RELIEF, a_desk, an_order, disclose, file
from tests.engine.test_flights import about
from tests.engine.test_touched import done, told
from tests.flights.routes import DEG, MIDDLE, MINUTE_MS, NOON_MS, a_plan

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
END = NOON + HOUR
AN_OVERRUN = TouchedBy(kind=Kind.RESERVATION, why=Imposition.OVERRUN, object_id="R1", party="south")


def region(*, from_h: int, to_h: int):
    return about(
        MIDDLE, time_start_ms=NOON_MS + from_h * 60 * MINUTE_MS, time_end_ms=NOON_MS + to_h * 60 * MINUTE_MS
    )


def occupied(desk: Desk, name: str = "R1") -> None:
    """South is in what it holds."""
    for command in (
        Pend(reservation_id=name),
        Activate(reservation_id=name),
        ReportUse(reservation_id=name, is_in_use=True),
    ):
        done(desk, an_order(command, SOUTH))


def an_overrunning_desk() -> Desk:
    """R1 of south, in use, to 13:00; F1 of relief flies through at 14:10, R2 of relief is held from 14:00."""
    desk = a_desk()
    done(desk, an_order(Reserve(reservation_id="R1", regions=(region(from_h=0, to_h=1),)), SOUTH))
    done(desk, an_order(Reserve(reservation_id="R2", regions=(region(from_h=2, to_h=3),)), RELIEF))
    done(desk, file("F1", a_plan(minutes=120), RELIEF))
    occupied(desk)
    return desk


def orders(desk: Desk, now: datetime) -> tuple[Order, ...]:
    numbers = iter(range(100))
    return tidying.orders(
        desk.decider.projection,
        node="node-north",
        now=now,
        command_id=lambda: f"tidy-{now:%d%H%M%S}-{next(numbers)}",
    )


def tidied(desk: Desk, now: datetime) -> list[Answer]:
    asked = orders(desk, now)
    return desk.ask(*asked, now=now) if asked else []


def test_nobody_says_anything_and_whom_the_overrun_touches_is_told_until_it_is_reported_clear():
    desk = an_overrunning_desk()
    assert orders(desk, END - MINUTE / 60) == ()
    assert told(desk, "relief", END) == {}
    (noted,) = tidied(desk, END)
    (event,) = noted.outcome
    assert isinstance(event, OverrunNoted)
    assert [each.object_id for each in event.touching] == ["F1", "R2"]
    marked = {"F1": (AN_OVERRUN,), "R2": (AN_OVERRUN,)}
    assert told(desk, "relief", END) == told(desk, "north", END) == marked
    assert told(desk, "south", END) == {}, "the one that overruns is told by its own row's touching"
    done(desk, an_order(Deactivate(reservation_id="R1"), SOUTH), now=END + MINUTE)
    assert told(desk, "relief", END + MINUTE) == {}


def test_an_overrun_is_noted_once():
    desk = an_overrunning_desk()
    assert len(tidied(desk, END)) == 1
    assert orders(desk, END + MINUTE) == orders(desk, END + HOUR) == ()
    again = Order(
        command_id="note-again",
        author=msgspec.structs.replace(SOUTH, party="north", rule="note-overrun"),
        command=NoteOverrun(reservation_id="R1"),
    )
    (answer,) = desk.ask(again, now=END + MINUTE)
    assert answer.outcome == Refusal(reason=Reason.NOT_YET, because=("R1",))


@pytest.mark.parametrize("author", [SOUTH, RELIEF])
def test_nobody_but_a_rule_of_the_node_notes_an_overrun(author):
    desk = an_overrunning_desk()
    (answer,) = desk.ask(an_order(NoteOverrun(reservation_id="R1"), author), now=END)
    assert answer.outcome == Refusal(reason=Reason.NOT_THERE, because=("R1",))


def test_what_ended_in_time_or_was_never_entered_is_not_noted():
    desk = an_overrunning_desk()
    done(desk, an_order(Deactivate(reservation_id="R1"), SOUTH), now=END - MINUTE)
    assert orders(desk, END) == ()
    after_r2 = orders(desk, NOON + 3 * HOUR)  # nobody entered it
    assert not any(isinstance(order.command, NoteOverrun) for order in after_r2)
    assert told(desk, "relief", END) == {}


@pytest.mark.requirement("THREATS 6")
@pytest.mark.parametrize(
    ("extent", "known"),
    [
        (Disclosed.NOTHING, TouchedBy()),
        (Disclosed.EXISTENCE, TouchedBy(kind=Kind.RESERVATION, why=Imposition.OVERRUN)),
        (Disclosed.IDENTITY, AN_OVERRUN),
    ],
)
def test_who_overruns_is_told_as_far_as_the_rule_allows_and_that_something_does_always(extent, known):
    desk = an_overrunning_desk()
    disclose(desk, Rule(owner="south", viewer="relief", flights=Disclosed.NOTHING, reservations=extent))
    tidied(desk, END)
    assert told(desk, "relief", END) == {"F1": (known,), "R2": (known,)}


def test_the_row_of_what_overruns_names_what_it_touches_as_far_as_its_holder_may_know():
    desk = an_overrunning_desk()
    tidied(desk, END)

    def touching(party: str) -> list[str]:
        seen = picture(desk.decider.projection, party=party, now=END).reservations
        (row,) = (each for each in seen if each.reservation_id == "R1")
        return [each.object_id for each in row.touching]

    assert touching("north") == ["F1", "R2"]
    assert touching("south") == ["R2"]  # of others' flights it knows that there are some
    assert touching("relief") == []


def test_boxes_back_to_back_are_touched_and_those_beside_are_not():
    desk = a_desk()
    wide = {
        "longitude_west_e7deg": 30 * DEG,
        "longitude_east_e7deg": 35 * DEG,
    }  # as a polygon, bent northward
    hour = {**wide, "time_end_ms": NOON_MS + 60 * MINUTE_MS}
    later = {"time_start_ms": NOON_MS + 60 * MINUTE_MS, "time_end_ms": NOON_MS + 120 * MINUTE_MS}
    north = {"latitude_south_e7deg": 34 * DEG, "latitude_north_e7deg": 35 * DEG}
    for name, sides in (("R1", hour), ("R2", {**wide, **later}), ("R3", {**north, **later})):
        reserve = Reserve(reservation_id=name, volume=a_box(**sides), user_keeps_clear=True)
        done(desk, an_order(reserve, SOUTH))
    occupied(desk)
    (noted,) = tidied(desk, END)
    assert [each.object_id for each in noted.outcome[0].touching] == ["R2"]
    assert told(desk, "south", END) == {"R2": (AN_OVERRUN,)}
    projection = desk.decider.projection
    overrun, later_ms = projection.reservations.get("R1"), NOON_MS + 61 * MINUTE_MS
    for name, is_near in (("R2", True), ("R3", False)):
        other = projection.reservations.get(name)
        assert projection.touches.are_near(overrun, other, terms.DEFAULT, later_ms) == is_near


def test_a_node_that_starts_again_marks_the_same_and_decides_it_so_again():
    desk = an_overrunning_desk()
    tidied(desk, END)
    folded = replay(desk.store.rows(), party="north").projection
    restored = Projection("north")
    restored.restore(folded.state())
    marks = told(desk, "relief", END)
    assert list(marks) == ["F1", "R2"]
    assert told(desk, "relief", END, folded) == told(desk, "relief", END, restored) == marks
    assert list(redecided(desk.store.rows(), party="north")) == []


def test_what_waits_to_be_durable_marks_nothing_and_what_is_clear_names_nothing():
    desk = an_overrunning_desk()
    for order in orders(desk, END):
        desk.offer(order)
    batch, _ = desk.decider.next_batch(END)
    assert told(desk, "relief", END) == {}
    desk.commit(batch)
    assert list(told(desk, "relief", END)) == ["F1", "R2"]
    done(desk, an_order(Deactivate(reservation_id="R1"), SOUTH), now=END + MINUTE)
    tidied(desk, END + 2 * HOUR)  # R1 is forgotten
    assert desk.decider.projection.touches.by(Named(Kind.FLIGHT, "F1")) == ()
