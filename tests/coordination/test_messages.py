"""What persons say that they saw of other nodes' messages, and what becomes of a message by that."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mamarr.coordination import Direction, Message, MessageState, Stream, channels, messages
from mamarr.coordination.channels import Line, Reported
from mamarr.coordination.messages import (
    REPORT,
    TELLING,
    AcknowledgeMessage,
    Facts,
    MessageAcknowledged,
    MessagePresented,
    MessageReported,
    MessageSeen,
    PresentMessage,
)
from mamarr.faults import InvariantError, Reason, Refusal
from mamarr.flights.errands import WordKind
from mamarr.names import Author
from tests.airspace.boxes import NOON, NORTH
from tests.coordination.test_channels import NOON_MS, OPEN, SOUTH, a_message, a_send, a_take, asked, taken

DUTY = Author(party="north", node="node-north", person="duty-1")
SENT, RECEIVED, EXPIRED, FAILED, PRESENTED, ACKNOWLEDGED = (
    MessageState.SENT,
    MessageState.RECEIVED,
    MessageState.EXPIRED,
    MessageState.FAILED,
    MessageState.PRESENTED,
    MessageState.ACKNOWLEDGED,
)
LADDER = (SENT, RECEIVED, PRESENTED, ACKNOWLEDGED)


def came(**changes: Any) -> Message:
    """A message of south's that was taken in."""
    return a_message(**({"direction": Direction.INCOMING, "state": RECEIVED} | changes))


def present(held: Message | None, *, author: Author = DUTY, later_ms: int = 0) -> Any:
    key = "a key" if held is None else held.message_key
    return decided(PresentMessage(message_key=key), held, author=author, later_ms=later_ms)


def acknowledge(held: Message, *, author: Author = DUTY, later_ms: int = 0) -> Any:
    return decided(AcknowledgeMessage(message_key=held.message_key), held, author=author, later_ms=later_ms)


def decided(command: messages.Command, held: Message | None, *, author: Author, later_ms: int) -> Any:
    now = NOON + timedelta(milliseconds=later_ms)
    return messages.decide(command, Facts(party="north", held=held), author=author, now=now)


def after(held: Message, *events: messages.Event) -> Message:
    value: Message | None = held
    for event in events:
        value = messages.evolve(value, event)
    assert value is not None
    return value


# --- what persons say -------------------------------------------------------------------------------------


def test_a_row_that_was_in_view_is_presented_once_and_then_acknowledged_once():
    held = came()
    (presented,) = present(held)
    assert presented == MessagePresented(message_key=held.message_key, time_ms=NOON_MS, person="duty-1")
    shown = after(held, presented)
    assert (shown.state, shown.presented_ms, shown.presented_to) == (PRESENTED, NOON_MS, "duty-1")
    assert present(shown) == ()
    (acknowledged,) = acknowledge(shown, later_ms=5)
    seen = after(shown, acknowledged)
    assert (seen.state, seen.acknowledged_ms, seen.acknowledged_by) == (ACKNOWLEDGED, NOON_MS + 5, "duty-1")
    assert seen.presented_ms == NOON_MS
    assert (present(seen), acknowledge(seen)) == ((), ())


def test_who_presses_has_seen_it_however_short_it_was_in_view():
    held = came()
    (acknowledged,) = acknowledge(held)
    assert isinstance(acknowledged, MessageAcknowledged)
    assert after(held, acknowledged).presented_ms is None


@pytest.mark.parametrize("by", [SOUTH, Author(party="north", node="node-north", rule="link")])
def test_neither_the_other_side_nor_a_rule_can_say_that_somebody_saw_it(by: Author):
    for command in (present, acknowledge):
        assert command(came(), author=by) == Refusal(reason=Reason.NOT_YOURS)


def test_what_is_ours_and_what_tells_of_others_is_shown_to_nobody():
    for held in (None, a_message(), *(came(kind=kind) for kind in TELLING)):
        assert present(held) == Refusal(reason=Reason.NOT_THERE)


def test_what_ended_is_not_shown_and_what_is_not_acted_on_not_yet():
    for state in (EXPIRED, FAILED):
        assert present(came(state=state)) == Refusal(reason=Reason.WRONG_STATUS)
    word = came(kind=WordKind.CROSSING_REQUEST)
    assert present(word) == Refusal(reason=Reason.NOT_YET)
    assert isinstance(present(replace(word, is_acted=True))[0], MessagePresented)


def test_after_its_validity_nobody_is_told_that_it_was_seen():
    held = came(valid_until_ms=NOON_MS + 5)
    assert isinstance(present(held, later_ms=4)[0], MessagePresented)
    for command in (present, acknowledge):
        assert command(held, later_ms=5) == Refusal(reason=Reason.TIME_PAST)
    shown = after(held, *present(held))
    assert present(shown, later_ms=5) == (), "it was presented in time"


# --- what the sender is told ------------------------------------------------------------------------------


def tells(about: Message, says: MessageState | None) -> Any:
    command = a_send(kind=REPORT, answers=about.message_key, says=says)
    return asked(command, about=about)


def test_the_sender_is_told_of_each_rung_once_and_not_of_one_that_is_passed():
    held = came()
    shown = after(held, *present(held))
    assert not messages.is_owed(held)
    assert messages.is_owed(shown)
    assert messages.is_undone(shown), "it is not forgotten before"
    for says in (None, ACKNOWLEDGED, RECEIVED):
        assert tells(shown, says) == Refusal(reason=Reason.WRONG_STATUS)
    (_, _, reported) = tells(shown, PRESENTED)
    assert reported == MessageReported(message_key=shown.message_key, state=PRESENTED)
    told = after(shown, reported)
    assert not messages.is_owed(told)
    seen = after(told, *acknowledge(told))
    assert messages.is_owed(seen)
    assert tells(seen, PRESENTED) == Refusal(reason=Reason.WRONG_STATUS), "it has climbed since"
    (_, _, reported) = tells(seen, ACKNOWLEDGED)
    assert not messages.is_owed(after(seen, reported))


def test_a_lapsed_message_is_told_of_as_before():
    held = came(state=EXPIRED)
    assert tells(held, PRESENTED) == Refusal(reason=Reason.WRONG_STATUS)
    (_, _, reported) = tells(held, None)
    assert reported == MessageReported(message_key=held.message_key)
    assert after(held, reported).is_reported


# --- what the sender believes -----------------------------------------------------------------------------


def hears(
    about: Message,
    state: MessageState,
    *,
    at_ms: int | None = NOON_MS,
    name: str | None = None,
    received: int = 1,
) -> Any:
    """What follows of a report about our first message; received: of ours that the peer has recorded."""
    said = Reported(
        stream=about.stream,
        sequence=about.sequence,
        message_id=name or about.message_id,
        state=state,
        at_ms=at_ms,
    )
    command = a_take(stream=Stream.SAFETY_FLOOR, kind=REPORT, reported=said, acknowledged=(received, 0, 0))
    answer = taken(command, about=about, sent=(1, 0, 0))
    return [each for each in answer if isinstance(each, MessageSeen | messages.MessageEnded)]


def test_what_the_peer_says_was_seen_is_believed_of_that_message_alone():
    ours = a_message()
    assert hears(ours, PRESENTED) == [
        MessageSeen(message_key=ours.message_key, state=PRESENTED, at_ms=NOON_MS)
    ]
    for wrong in (
        hears(ours, PRESENTED, name="another-1"),
        hears(ours, PRESENTED, received=0),
        hears(ours, PRESENTED, at_ms=None),
        hears(ours, RECEIVED),
        hears(ours, SENT),
    ):
        assert wrong == []
    shown = after(ours, *hears(ours, PRESENTED))
    assert (shown.state, shown.presented_ms) == (PRESENTED, NOON_MS)
    seen = after(shown, *hears(shown, ACKNOWLEDGED, at_ms=NOON_MS + 5))
    assert (seen.state, seen.presented_ms, seen.acknowledged_ms) == (ACKNOWLEDGED, NOON_MS, NOON_MS + 5)
    channel = channels.evolve(
        replace(OPEN, outgoing=(Line(size=1), Line(), Line())),
        channels.ReceiptsTaken(peer="node-south", acknowledged=(1, 0, 0)),
    )
    assert channels.state_of(channel, seen) is ACKNOWLEDGED


@given(st.lists(st.sampled_from(list(MessageState)), max_size=8))
def test_whatever_a_peer_reports_and_how_often_a_state_only_climbs(said: list[MessageState]):
    value, states = a_message(), [SENT]
    for state in said:
        value = after(value, *hears(value, state))
        states.append(value.state)
    for one, other in pairwise(states):
        if one in (EXPIRED, FAILED):
            assert other is one, "what ended was shown to nobody"
        elif other in LADDER:
            assert LADDER.index(one) <= LADDER.index(other)
        else:
            assert one is SENT, "what was seen has not ended"


def test_what_was_not_there_cannot_be_seen():
    for event in (
        MessagePresented(message_key="k", time_ms=1),
        MessageAcknowledged(message_key="k", time_ms=1),
        MessageSeen(message_key="k", state=PRESENTED, at_ms=1),
    ):
        with pytest.raises(InvariantError):
            messages.evolve(None, event)


def test_the_nodes_own_party_is_the_one_of_its_people():
    assert isinstance(present(came(), author=NORTH)[0], MessagePresented), "a name may be erased later"
