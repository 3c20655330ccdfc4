"""Operations from what is asked to what the DSS has, by every pair of states; who is told; who is advised."""

import pytest

from mamarr.discovery import IntentState
from mamarr.faults import Reason, Refusal
from mamarr.operations import Change, Details, Operation, advisories, deliveries, operations
from mamarr.operations.advisories import NoteIntent
from mamarr.operations.deliveries import DeliveryDue
from mamarr.operations.operations import (
    AbandonOperation,
    EndOperation,
    Facts,
    OperationAsked,
    OperationEnded,
)
from tests.airspace.boxes import NOON
from tests.discovery.known import uuid
from tests.operations.planned import (
    DOOR,
    OWN_URL,
    confirm,
    extent,
    known,
    plan,
    reference,
    square,
    told,
)

A, F, N, C = IntentState.ACCEPTED, IntentState.ACTIVATED, IntentState.NONCONFORMING, IntentState.CONTINGENT
MAY = {(None, A), (A, A), (A, F), (A, N), (A, C), (F, F), (F, N), (F, C), (N, N), (N, F), (N, C), (C, C)}
OFF = {"off_nominal": (square(east=2),)}


def held(state: IntentState | None = A, change: Change | None = None) -> Operation:
    details = Details(volumes=(square(),), off_nominal=OFF["off_nominal"] if state in (N, C) else ())
    return Operation(
        entity_id=uuid(1),
        state=state,
        details=details,
        extent=extent(),
        reference=reference(30),
        change=change,
    )


def decided(command, value: Operation | None, **facts):
    return operations.decide(command, Facts(party="north", held=value, **facts), author=DOOR, now=NOON)


@pytest.mark.parametrize("before", [None, *IntentState])
@pytest.mark.parametrize("after", IntentState)
def test_only_what_may_follow_follows(before, after):
    ask = plan(1, state=after, **(OFF if after in (N, C) else {}))
    answer = decided(ask, None if before is None else held(before))
    if (before, after) in MAY:
        assert isinstance(answer, tuple)
        assert [type(each) for each in answer] == [OperationAsked]
    else:
        assert answer == Refusal(reason=Reason.WRONG_STATUS, because=(uuid(1),))


def evolved(value: Operation | None, *asked, **facts) -> Operation | None:
    """The operation after some commands that are not refused."""
    for each in asked:
        for event in decided(each, value, **facts):
            if isinstance(event, operations.Event):
                value = operations.evolve(value, event)
    return value


def test_a_change_is_held_beside_what_is_until_it_is_confirmed_or_abandoned():
    asked = evolved(held(), plan(1, square(east=3)))
    assert asked is not None
    assert (asked.details, asked.change.details) == (held().details, plan(1, square(east=3)).details)
    assert evolved(asked, AbandonOperation(entity_id=uuid(1))) == held()
    done = evolved(asked, confirm(1, 31, 2, told()))
    assert (done.details, done.reference, done.told) == (asked.change.details, reference(31, 2), (told(),))
    assert evolved(done, EndOperation(entity_id=uuid(1)), confirm(1, None)) is None
    assert evolved(None, plan(1), AbandonOperation(entity_id=uuid(1))) is None


def test_who_subscribed_is_told_of_a_change_and_of_an_end_but_not_we_ourselves():
    asked = evolved(held(), plan(1))
    found = decided(confirm(1, 31, 2, told(), told(OWN_URL), told("https://b.example")), asked)
    due = [each.delivery for each in found if isinstance(each, DeliveryDue)]
    assert [each.uss_base_url for each in due] == [told().uss_base_url, "https://b.example"]
    assert len({each.delivery_id for each in due}) == 2
    ending = evolved(held(), EndOperation(entity_id=uuid(1)))
    ended, last = decided(confirm(1, None, 1, told(index=5)), ending)
    assert (type(ended), last.delivery.subscriptions[0].notification_index) == (OperationEnded, 5)
    assert deliveries.evolve(None, last) == last.delivery


def test_what_is_confirmed_must_be_what_was_asked():
    wrong = Refusal(reason=Reason.WRONG_STATUS, because=(uuid(1),))
    assert decided(confirm(1, None), evolved(held(), plan(1))) == wrong
    assert decided(confirm(1, 31), evolved(held(), EndOperation(entity_id=uuid(1)))) == wrong
    for each in (confirm(1, 31), AbandonOperation(entity_id=uuid(1))):
        assert decided(each, held()) == wrong
        assert decided(each, None) == Refusal(reason=Reason.NOT_THERE, because=(uuid(1),))


def test_our_own_other_operations_count_as_those_of_others_do():
    theirs = known(2, square(east=0.5))
    assert decided(plan(1), None, own=(theirs,)).reason is Reason.CONFLICT
    (asked,) = decided(plan(1, priority=1), None, own=(theirs,))
    assert asked.change.overlapped == (uuid(2),)
    (_, given) = decided(confirm(1, 31), evolved(None, plan(1, priority=1), own=(theirs,)))
    assert given.advisory.others == (uuid(2),)


def test_what_would_take_too_long_to_compare_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(operations, "PAIRS_MAX", 3)
    few = tuple(known(each, square(east=5)) for each in (2, 3, 4))
    assert isinstance(decided(plan(1, known=few), None), tuple)
    answer = decided(plan(1, square(), square(), known=few), None)
    assert (answer.reason, answer.limit) == (Reason.LIMIT_REACHED, "pairs_max")
    monkeypatch.setattr(operations, "OPERATIONS_MAX", 1)
    assert decided(plan(1), None, count=1).limit == "operations_max"
    assert isinstance(decided(plan(1), held(), count=1), tuple)


def test_users_are_told_once_of_each_version_of_what_their_flights_meet():
    own = (known(1), known(2, square(east=5)), known(1, square(east=0.5)))  # 1 as it is and is asked to be
    ask = NoteIntent(known=known(9, version=4), extent=extent())

    def noted(**facts):
        said = advisories.Facts(party="north", own=own, **facts)
        return advisories.decide(ask, said, author=DOOR, now=NOON)

    (given,) = noted()
    assert (given.advisory.entity_id, given.advisory.others) == (uuid(1), (uuid(9),))
    assert noted(given=(given.advisory.advisory_id,)) == ()
    assert noted(count=advisories.ADVISORIES_MAX).limit == "advisories_max"
