"""Which alerts other authorities are told of: each to whom its flight concerns, once, and that it is over."""

from typing import Any

from msgspec.structs import replace

from mamarr.coordination import telling_alerts
from mamarr.coordination.telling_alerts import (
    AlertTelling,
    AlertTellingForgotten,
    Called,
    Facts,
    OthersAlerted,
    TellAlert,
    ToldTo,
    errand_id,
)
from mamarr.faults import Reason, Refusal
from mamarr.flights.errands import AlertTold, ErrandKept
from mamarr.names import AlertType, Author
from mamarr.surveillance import Alert, AlertStatus
from tests.airspace.boxes import NOON, NORTH
from tests.coordination.test_channels import NOON_MS, SOUTH
from tests.engine.test_watch import measured

RULE = Author(party="north", node="node-north", rule="tell-alerts")
TELL = TellAlert(alert=AlertType.RAMHD, subject="F1")
ALERT = Alert(
    kind=AlertType.RAMHD,
    subject="F1",
    status=AlertStatus.ACTIVE_UNACK,
    measured=measured(is_recorded=True),
    raised_ms=NOON_MS,
)
BOTH = Called(object_id="said", filed_ms=NOON_MS, to=("east", "south"))
FIRST = NOON_MS  # the number of the first word: when it is said
NOTHING_NEW = Refusal(reason=Reason.WRONG_STATUS)


def asked(author: Author = RULE, **known: Any) -> Any:
    return telling_alerts.decide(TELL, Facts(party="north", **known), author=author, now=NOON)


def told(**known: Any) -> AlertTelling:
    (event, *_) = asked(**known)
    assert isinstance(event, OthersAlerted)
    return event.telling


def names(value: AlertTelling) -> list[str]:
    return [each.authority for each in value.to]


def said(answer: Any) -> list[tuple[str, AlertTold]]:
    return [(each.errand.authority, each.errand.word) for each in answer if isinstance(each, ErrandKept)]


def test_all_whom_the_flight_concerns_are_told_once_under_the_name_that_they_know():
    answer = asked(alert=ALERT, called=BOTH)
    word = AlertTold(
        object_id="said",
        filed_ms=NOON_MS,
        alert=AlertType.RAMHD,
        number=FIRST,
        raised_ms=NOON_MS,
        is_self_report=True,
        is_recorded=True,
    )
    assert said(answer) == [("east", word), ("south", word)]
    held = told(alert=ALERT, called=BOTH)
    assert names(held) == ["east", "south"]
    assert [each.errand.errand_id for each in answer[1:]] == [errand_id(held, to) for to in held.to]
    assert asked(alert=ALERT, called=BOTH, held=held) == NOTHING_NEW
    seen = replace(ALERT, status=AlertStatus.ACTIVE_ACK, is_escalated=True)
    assert asked(alert=seen, called=BOTH, held=held) == NOTHING_NEW, "who saw it here is no affair of theirs"


def test_of_a_flight_that_nobody_else_knows_nobody_is_told():
    for called in (None, replace(BOTH, to=()), replace(BOTH, full=BOTH.to)):
        assert asked(alert=ALERT, called=called) == NOTHING_NEW
    assert asked(called=BOTH) == NOTHING_NEW, "there is none"


def test_who_is_told_of_the_flight_later_learns_what_holds_then_and_nobody_else_again():
    held = told(alert=ALERT, called=replace(BOTH, to=("south",)))
    answer = asked(alert=ALERT, called=BOTH, held=held)
    assert [(to, word.number) for to, word in said(answer)] == [("east", FIRST + 1)]
    assert told(alert=ALERT, called=BOTH, held=held).to == (
        ToldTo(authority="east", number=FIRST + 1),
        ToldTo(authority="south", number=FIRST),
    )


def test_that_it_is_over_is_told_to_all_who_were_told():
    held = told(alert=ALERT, called=BOTH)
    over = replace(ALERT, status=AlertStatus.RECTIFIED_UNACK)
    for known in ({"alert": over, "called": replace(BOTH, to=())}, {"called": BOTH}, {}):
        words = said(asked(held=held, **known))
        assert [(to, word.number, word.is_over) for to, word in words] == [
            ("east", FIRST + 1, True),
            ("south", FIRST + 1, True),
        ]
    ended = told(held=held, alert=over, called=BOTH)
    assert asked(held=ended, alert=over, called=BOTH) == NOTHING_NEW


def test_whom_the_flight_concerns_no_more_is_told_that_it_is_over_and_nobody_else_anything():
    held = told(alert=ALERT, called=BOTH)
    fewer = replace(BOTH, to=("south",))
    answer = asked(alert=ALERT, called=fewer, held=held)
    assert [(to, word.number, word.is_over) for to, word in said(answer)] == [("east", FIRST + 1, True)]
    left = told(alert=ALERT, called=fewer, held=held)
    assert (left.to, left.is_over) == ((ToldTo(authority="south", number=FIRST),), False)
    back = said(asked(alert=ALERT, called=BOTH, held=left))
    assert [(to, word.number, word.is_over) for to, word in back] == [("east", FIRST + 2, False)]
    nobody = told(alert=ALERT, called=replace(BOTH, to=()), held=left)
    assert (names(nobody), nobody.number, nobody.is_over) == (["south"], FIRST + 2, True)
    assert asked(alert=ALERT, called=replace(BOTH, to=()), held=nobody) == NOTHING_NEW


def test_to_whom_too_much_is_to_be_said_already_is_told_later():
    held = told(alert=ALERT, called=replace(BOTH, full=("east",)))
    assert names(held) == ["south"]
    assert asked(alert=ALERT, called=replace(BOTH, full=("east",)), held=held) == NOTHING_NEW
    assert [to for to, _ in said(asked(alert=ALERT, called=BOTH, held=held))] == ["east"]


def test_one_that_begins_again_is_told_again_with_a_later_number():
    held = told(alert=ALERT, called=BOTH)
    later = replace(ALERT, raised_ms=NOON_MS + 5, raised_count=2)
    assert told(alert=later, called=BOTH, held=held).number == FIRST + 1
    fewer = said(asked(alert=later, called=replace(BOTH, to=("south",)), held=held))
    assert [(to, word.number, word.is_over) for to, word in fewer] == [
        ("south", FIRST + 1, False),
        ("east", FIRST + 1, True),
    ]
    ended = told(held=held, called=BOTH)
    again = told(alert=ALERT, called=BOTH, held=ended)
    assert (again.number, again.is_over) == (FIRST + 2, False), "though it began in the same millisecond"


def test_another_flight_of_the_same_id_is_told_of_under_its_own_name_when_the_first_is_over():
    held = told(alert=ALERT, called=BOTH)
    other = replace(BOTH, object_id="said-otherwise")
    ended = told(alert=ALERT, called=other, held=held)
    assert (ended.object_id, ended.is_over) == ("said", True)
    (gone,) = asked(alert=ALERT, called=other, held=ended)
    assert gone == AlertTellingForgotten(alert=AlertType.RAMHD, subject="F1")
    assert telling_alerts.evolve(ended, gone) is None
    assert told(alert=ALERT, called=other).object_id == "said-otherwise"
    assert asked(held=ended) == (gone,), "the flight is no more"


def test_only_a_rule_of_the_node_tells():
    for author in (NORTH, SOUTH):
        assert asked(author, alert=ALERT, called=BOTH) == Refusal(reason=Reason.NOT_YOURS)
