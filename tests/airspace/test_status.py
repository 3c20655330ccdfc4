"""The real-time status of a reservation: announced, active, in use, clear; and overrun."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.airspace import reservations
from mamarr.airspace.reservations import (
    Accept,
    Action,
    Activate,
    Activated,
    Deactivate,
    Expire,
    Facts,
    Pend,
    Pended,
    Release,
    ReportUse,
    Reservation,
    Reserved,
    Status,
    actions,
    is_over,
    is_overrun,
)
from mamarr.faults import InvariantError, Reason, Refusal
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author
from tests.airspace.boxes import NOON, NORTH, SOUTH, a_box

END = NOON + timedelta(hours=2)
RULE = Author(party="north", node="node-north", rule="expire-reservations")
COMMANDS = (
    Pend(reservation_id="R1"),
    Activate(reservation_id="R1"),
    ReportUse(reservation_id="R1", is_in_use=True),
    ReportUse(reservation_id="R1", is_in_use=False),
    Deactivate(reservation_id="R1"),
    Release(reservation_id="R1"),
)


def held(status: Status = Status.AVBL_FOR_ACTIVATION) -> Reservation:
    return Reservation(reservation_id="R1", holder="south", volume=a_box(), status=status)


def answered(command, value: Reservation, now: datetime = NOON, *, author: Author = SOUTH, overlapping=()):
    return reservations.decide(command, Facts(held=value, overlapping=overlapping), author=author, now=now)


@given(st.lists(st.tuples(st.sampled_from(COMMANDS), st.integers(-4_000, 9_000)), max_size=40))
def test_each_activation_has_an_announcement_of_its_own(asked):
    value: Reservation | None = held()
    now, announced, history = NOON, False, []
    for command, step_s in asked:
        now = max(now, NOON + timedelta(seconds=step_s))
        if value is None:
            break
        outcome = answered(command, value, now)
        for event in () if isinstance(outcome, Refusal) else outcome:
            if isinstance(event, Activated):
                assert announced, history
            announced = isinstance(event, Pended)
            value = reservations.evolve(value, event)
            history.append(event)


@given(st.sampled_from(list(Status)), st.integers(-7_200, 10_000))
def test_what_is_offered_is_what_is_not_refused(status: Status, step_s: int):
    now = NOON + timedelta(seconds=step_s)
    for action, command in zip(Action, (Accept(reservation_id="R1"), *COMMANDS), strict=True):
        refused = isinstance(answered(command, held(status), now), Refusal)
        assert (action in actions(held(status), now)) != refused


def test_back_to_back_activations_are_announced_one_by_one():
    value = held()
    for command in (COMMANDS[0], COMMANDS[1], COMMANDS[2], COMMANDS[4]):
        value = reservations.evolve(value, answered(command, value)[0])
    assert (value.status, value.activations_count) == (Status.INACTIVE, 1)
    assert answered(Activate(reservation_id="R1"), value) == Refusal(
        reason=Reason.WRONG_STATUS, because=("R1",)
    )
    value = reservations.evolve(value, answered(Pend(reservation_id="R1"), value)[0])
    value = reservations.evolve(value, answered(Activate(reservation_id="R1"), value)[0])
    assert (value.status, value.activations_count) == (Status.ACTIVE, 2)


@pytest.mark.parametrize(
    ("command", "status", "now", "reason"),
    [
        (
            Pend(reservation_id="R1"),
            Status.AVBL_FOR_ACTIVATION,
            NOON - timedelta(hours=1, seconds=1),
            Reason.NOT_YET,
        ),
        (Pend(reservation_id="R1"), Status.PENDING, NOON, Reason.WRONG_STATUS),
        (Pend(reservation_id="R1"), Status.AVBL_FOR_ACTIVATION, END, Reason.TIME_PAST),
        (Activate(reservation_id="R1"), Status.AVBL_FOR_ACTIVATION, NOON, Reason.WRONG_STATUS),
        (Activate(reservation_id="R1"), Status.PENDING, NOON - timedelta(seconds=1), Reason.NOT_YET),
        (Activate(reservation_id="R1"), Status.PENDING, END, Reason.TIME_PAST),
        (Release(reservation_id="R1"), Status.IN_USE, NOON, Reason.WRONG_STATUS),
        (Deactivate(reservation_id="R1"), Status.INACTIVE, NOON, Reason.WRONG_STATUS),
        (Expire(reservation_id="R1"), Status.INACTIVE, END - timedelta(seconds=1), Reason.NOT_THERE),
    ],
)
def test_what_does_not_fit_the_status_or_the_time_is_refused(command, status, now, reason):
    assert answered(command, held(status), now) == Refusal(reason=reason, because=("R1",))


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.IN_USE])
def test_the_clock_alone_frees_nothing(status: Status):
    late_ms = epoch_ms(END + timedelta(days=1))
    assert is_overrun(held(status), late_ms)
    assert not is_over(held(status), late_ms)
    assert reservations.held_box(held(status), late_ms).time_end_ms > late_ms
    assert answered(Deactivate(reservation_id="R1"), held(status), END + timedelta(days=1)) != ()
    refused = answered(Expire(reservation_id="R1"), held(status), END + timedelta(days=1), author=RULE)
    assert refused == Refusal(reason=Reason.NOT_YET, because=("R1",))


def test_sky_that_is_occupied_cannot_be_activated_by_another():
    overrun = Reservation(reservation_id="R0", holder="north", volume=a_box(), status=Status.IN_USE)
    refused = answered(Activate(reservation_id="R1"), held(Status.PENDING), overlapping=(overrun,))
    assert refused == Refusal(reason=Reason.VOLUME_HELD, because=("R0",))


def test_only_a_rule_expires_and_only_what_is_over():
    after = END + timedelta(seconds=1)
    assert answered(Expire(reservation_id="R1"), held(), after, author=NORTH).reason == Reason.NOT_THERE
    (event,) = answered(Expire(reservation_id="R1"), held(), after, author=RULE)
    assert reservations.evolve(held(), event) is None


@pytest.mark.parametrize("command", COMMANDS)
def test_the_status_is_the_holders_to_report(command):
    assert answered(command, held(Status.ACTIVE), author=NORTH) == Refusal(
        reason=Reason.NOT_THERE, because=("R1",)
    )


def test_events_that_contradict_the_status_stop_the_process():
    for status, event in (
        (Status.AVBL_FOR_ACTIVATION, Activated(reservation_id="R1")),
        (Status.PENDING, Pended(reservation_id="R1")),
        (Status.IN_USE, reservations.Released(reservation_id="R1")),
        (Status.INACTIVE, reservations.UseReported(reservation_id="R1", is_in_use=True)),
        (Status.INACTIVE, reservations.Deactivated(reservation_id="R1")),
        (Status.ACTIVE, Reserved(reservation_id="R1", holder="south", volume=a_box())),
    ):
        with pytest.raises(InvariantError):
            reservations.evolve(held(status), event)
