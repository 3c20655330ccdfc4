"""Alerts that other authorities tell: kept, acknowledged and forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from mamarr.coordination import Direction, MessageState, told_alerts
from mamarr.coordination.messages import MessageAcknowledged
from mamarr.coordination.told_alerts import (
    ALERTS_TOLD_MAX,
    KEPT_MS,
    AcknowledgeAlertTold,
    AlertHeard,
    AlertThere,
    AlertToldAcknowledged,
    AlertToldExpired,
    ExpireAlertTold,
    Facts,
)
from mamarr.faults import InvariantError, Reason, Refusal
from mamarr.flights.errands import AlertTold, WordKind
from mamarr.names import AlertType, Author
from tests.airspace.boxes import NOON
from tests.coordination.test_channels import NOON_MS, a_message

DUTY = Author(party="north", node="node-north", person="duty-1")
TIDY = Author(party="north", node="node-north", rule="expire-told-alerts")
SOUTH = Author(party="south", node="node-north", rule="link")


def word(number: int = 1, **changes: Any) -> AlertTold:
    said = {
        "object_id": "F1",
        "filed_ms": NOON_MS,
        "alert": AlertType.RAMHD,
        "number": number,
        "raised_ms": NOON_MS,
    }
    return AlertTold(**(said | changes))


def hears(said: AlertTold, held: AlertThere | None = None, count: int = 0) -> tuple[AlertHeard, ...]:
    return told_alerts.told(
        said,
        held,
        peer="node-south",
        party="south",
        message_key=f"message {said.number}",
        count=count,
        now_ms=NOON_MS,
    )


def there(*said: AlertTold) -> AlertThere:
    value: AlertThere | None = None
    for each in said:
        for event in hears(each, value):
            value = told_alerts.evolve(value, event)
    assert value is not None
    return value


def asked(
    command: Any, held: AlertThere | None, *, author: Author = DUTY, later_ms: int = 0, **known: Any
) -> Any:
    facts = Facts(party="north", held=held, **known)
    return told_alerts.decide(command, facts, author=author, now=NOON + timedelta(milliseconds=later_ms))


def acknowledge(held: AlertThere, number: int = 1, **known: Any) -> Any:
    return asked(AcknowledgeAlertTold(alert_id=held.alert_id, number=number), held, **known)


def seen(held: AlertThere, number: int = 1) -> AlertThere:
    (event, *_) = acknowledge(held, number)
    after = told_alerts.evolve(held, event)
    assert after is not None
    return after


def test_the_newest_word_counts_and_an_old_one_changes_nothing():
    first = there(word(2))
    assert (first.alert_id, first.number, first.is_over) == (f"node-south/F1/{NOON_MS}/RAMHD", 2, False)
    for old in (word(2), word(1), word(1, is_over=True)):
        assert hears(old, first) == ()
    over = there(word(2), word(3, is_over=True))
    assert (over.number, over.is_over, over.message_key) == (3, True, "message 3")


def test_what_nobody_was_told_of_cannot_be_over_and_no_more_are_kept_than_the_limit():
    assert hears(word(1, is_over=True)) == ()
    assert hears(word(), count=ALERTS_TOLD_MAX) == ()
    assert hears(word(2), there(word()), count=ALERTS_TOLD_MAX) != ()


def test_what_is_over_and_was_not_seen_stays_and_what_was_seen_goes():
    assert told_alerts.is_shown(there(word(), word(2, is_over=True)))
    known = seen(there(word()))
    assert told_alerts.is_shown(known)
    (over,) = hears(word(2, is_over=True), known)
    after = told_alerts.evolve(known, over)
    assert after is not None
    assert (after.acknowledged_by, told_alerts.is_shown(after)) == ("duty-1", False)
    (again,) = hears(word(3), after)
    begun = told_alerts.evolve(after, again)
    assert begun is not None
    assert (begun.acknowledged_ms, told_alerts.is_shown(begun)) == (None, True)


def test_a_person_acknowledges_the_word_that_was_seen_and_with_it_its_message():
    held = there(word(4))
    message = a_message(
        direction=Direction.INCOMING, state=MessageState.RECEIVED, kind=WordKind.ALERT_TOLD, is_acted=True
    )
    (event, of_message) = acknowledge(held, 4, message=message)
    assert event == AlertToldAcknowledged(alert_id=held.alert_id, time_ms=NOON_MS, person="duty-1")
    assert of_message == MessageAcknowledged(
        message_key=message.message_key, time_ms=NOON_MS, person="duty-1"
    )
    for number in (3, 5):
        assert acknowledge(held, number) == Refusal(reason=Reason.WRONG_STATUS)
    assert acknowledge(seen(held, 4), 4) == ()
    for gone in (
        None,
        replace(message, state=MessageState.ACKNOWLEDGED),
        replace(message, valid_until_ms=NOON_MS),
    ):
        assert len(acknowledge(held, 4, message=gone)) == 1, "its sender can be told no more, or was"


def test_only_persons_of_the_authority_acknowledge_and_only_a_rule_forgets():
    held = there(word())
    for author in (TIDY, SOUTH):
        assert acknowledge(held, author=author) == Refusal(reason=Reason.NOT_YOURS)
    expire = ExpireAlertTold(alert_id=held.alert_id)
    assert asked(expire, held) == Refusal(reason=Reason.NOT_YOURS)
    assert asked(expire, None, author=TIDY) == Refusal(reason=Reason.NOT_THERE)
    over = there(word(), word(2, is_over=True))
    for value in (held, over, seen(held), seen(over, 2)):
        assert asked(expire, value, author=TIDY) == Refusal(reason=Reason.NOT_YET)
    late = {"author": TIDY, "later_ms": KEPT_MS}
    assert asked(expire, over, **late) == Refusal(reason=Reason.NOT_YET), "nobody has seen that it is over"
    (gone,) = asked(expire, seen(over, 2), **late)
    assert gone == AlertToldExpired(alert_id=held.alert_id)
    assert told_alerts.evolve(over, gone) is None


def test_what_was_not_told_cannot_change():
    for event in (
        AlertToldExpired(alert_id="a"),
        AlertToldAcknowledged(alert_id="a", time_ms=1),
    ):
        with pytest.raises(InvariantError):
            told_alerts.evolve(None, event)
