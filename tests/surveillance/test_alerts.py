"""An alert goes when its condition is over and somebody has seen it, and not before."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.faults import InvariantError, Reason, Refusal, limit_reached
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author
from mamarr.surveillance import Alert, AlertStatus, AlertType, alerts
from mamarr.surveillance.alerts import (
    ALERTS_MAX,
    ESCALATED_AFTER_MS,
    AcknowledgeAlert,
    AlertAcknowledged,
    AlertCleared,
    AlertRaised,
    ClearAlert,
    EscalateAlert,
    Facts,
    Measured,
    RaiseAlert,
    alert_key,
    status_of,
)
from tests.surveillance.sightings import NOON_MS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULE = Author(party="north", node="node-north", rule="watch-conformance")
PERSON = Author(party="north", node="node-north", person="duty-1")
STRANGER = Author(party="east", node="node-north", person="duty-2")
OF = {"kind": AlertType.RAMHD, "subject": "F1"}
MEASURED = Measured(
    track="adsb/4B1815",
    time_ms=NOON_MS,
    latitude_e7deg=340_000_000,
    longitude_e7deg=280_000_000,
    standing="CLAIMED",
    lateral_mm=-9_855_000,
    late_ms=15_000,
)
RAISE, CLEAR, ESCALATE = RaiseAlert(**OF, measured=MEASURED), ClearAlert(**OF), EscalateAlert(**OF)


def seen(raised_count: int = 1) -> AcknowledgeAlert:
    return AcknowledgeAlert(**OF, raised_count=raised_count)


def after(value: Alert | None, *steps, now: datetime = NOON) -> Alert | None:
    """The alert after commands that must all be taken."""
    for command in steps:
        author = PERSON if isinstance(command, AcknowledgeAlert) else RULE
        answer = answered(value, command, author, now=now)
        assert not isinstance(answer, Refusal), (command, answer)
        for event in answer:
            value = alerts.evolve(value, event)
    return value


def answered(value, command, author=RULE, *, now=NOON, alerts_count=0):
    facts = Facts(held=value, concerned=("north",), alerts_count=alerts_count)
    return alerts.decide(command, facts, author=author, now=now)


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ((RAISE,), AlertStatus.ACTIVE_UNACK),
        ((RAISE, seen()), AlertStatus.ACTIVE_ACK),
        ((RAISE, CLEAR), AlertStatus.RECTIFIED_UNACK),
        ((RAISE, seen(), CLEAR), AlertStatus.NORMAL),
        ((RAISE, CLEAR, seen()), AlertStatus.NORMAL),
        ((RAISE, CLEAR, RAISE), AlertStatus.ACTIVE_UNACK),
    ],
)
def test_the_life_of_an_alert(steps, wanted):
    assert status_of(after(None, *steps)) is wanted


def test_a_second_beginning_is_not_acknowledged_by_who_saw_the_first():
    again = after(None, RAISE, CLEAR, RAISE)
    assert again.raised_count == 2
    assert answered(again, seen(1), PERSON) == Refusal(reason=Reason.WRONG_STATUS, because=("F1",))
    assert after(again, seen(2)).acknowledged_by == "duty-1"


@pytest.mark.parametrize(
    ("steps", "command", "author", "reason"),
    [
        ((RAISE,), RAISE, RULE, Reason.WRONG_STATUS),
        ((RAISE, seen()), RAISE, RULE, Reason.WRONG_STATUS),
        ((RAISE, seen()), seen(), PERSON, Reason.WRONG_STATUS),
        ((RAISE, CLEAR), CLEAR, RULE, Reason.WRONG_STATUS),
        ((RAISE,), ESCALATE, RULE, Reason.NOT_YET),
        ((RAISE, seen()), ESCALATE, RULE, Reason.WRONG_STATUS),
        ((), CLEAR, RULE, Reason.NOT_THERE),
        ((), seen(), PERSON, Reason.NOT_THERE),
    ],
)
def test_what_does_not_fit_is_refused(steps, command, author, reason):
    assert answered(after(None, *steps), command, author) == Refusal(reason=reason, because=("F1",))


@pytest.mark.requirement("THREATS 6")
@pytest.mark.parametrize(
    ("command", "author"),
    [(seen(), STRANGER), (seen(), RULE), (CLEAR, PERSON), (ESCALATE, PERSON), (RAISE, PERSON)],
)
def test_who_may_not_hears_what_one_hears_of_nothing(command, author):
    not_there = Refusal(reason=Reason.NOT_THERE, because=("F1",))
    assert answered(after(None, RAISE), command, author) == not_there
    assert answered(None, command, author) == not_there


def test_what_nobody_saw_for_a_minute_is_escalated_once_and_no_longer_when_seen():
    late = NOON + timedelta(milliseconds=ESCALATED_AFTER_MS)
    value = after(after(None, RAISE), ESCALATE, now=late)
    assert value.is_escalated
    assert answered(value, ESCALATE, now=late) == Refusal(reason=Reason.WRONG_STATUS, because=("F1",))
    assert not after(value, seen()).is_escalated


def test_alerts_are_bounded_and_a_held_one_may_always_begin_again():
    assert answered(None, RAISE, alerts_count=ALERTS_MAX) == limit_reached("alerts_max")
    assert not isinstance(answered(after(None, RAISE, CLEAR), RAISE, alerts_count=ALERTS_MAX), Refusal)


def test_it_keeps_what_was_measured_and_when():
    value = after(None, RAISE)
    assert (value.measured, value.raised_ms) == (MEASURED, epoch_ms(NOON))
    assert alert_key(value.kind, value.subject) == "RAMHD/F1"


STEPS = [RAISE, CLEAR, ESCALATE, *(seen(count) for count in (1, 2, 3))]


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from([RULE, PERSON, STRANGER])), max_size=30))
def test_no_alert_goes_unseen_or_while_it_holds(asked):
    value, holds, is_seen = None, False, False
    for command, author in asked:
        answer = answered(value, command, author)
        if isinstance(answer, Refusal):
            continue
        (event,) = answer
        value = alerts.evolve(value, event)
        match event:
            case AlertRaised():
                holds, is_seen = True, False
            case AlertCleared():
                holds = False
            case AlertAcknowledged():
                is_seen = True
                assert author is PERSON
        assert (value is None) == (not holds and is_seen)


@pytest.mark.parametrize(
    ("steps", "event"),
    [
        ((), AlertCleared(**OF)),
        ((RAISE, CLEAR), AlertCleared(**OF)),
        ((RAISE,), AlertRaised(**OF, measured=MEASURED, raised_ms=NOON_MS)),
        ((RAISE, seen()), AlertAcknowledged(**OF, party="north")),
    ],
)
def test_events_that_contradict_the_alert_stop_us(steps, event):
    value = after(None, *steps)
    with pytest.raises(InvariantError):
        alerts.evolve(value, event)


def test_it_is_stored_and_read_again():
    value = after(None, RAISE, seen())
    assert msgspec.json.decode(msgspec.json.encode(value), type=Alert) == value
    for command in STEPS:
        assert msgspec.json.decode(msgspec.json.encode(command), type=alerts.Command) == command
