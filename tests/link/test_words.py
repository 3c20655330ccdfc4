"""What two nodes do with words to each other: acted on once, in order, and said when it may be."""

import msgspec
import pytest

from mamarr.airspace.commitment import Reply
from mamarr.coordination import Direction, MessageState, Stream
from mamarr.coordination.channels import StopChannel, Stopped
from mamarr.coordination.crossings import TakeWord
from mamarr.engine import replay
from mamarr.engine.orders import PERSONS
from mamarr.engine.orders import read as decision
from mamarr.faults import Reason
from mamarr.flights import errands
from mamarr.flights.errands import (
    AgreementReady,
    CrossingConfirm,
    CrossingGiveBack,
    CrossingReply,
    CrossingRequest,
    ErrandKept,
    FlightState,
    SuspensionTold,
    Word,
    WordKind,
)
from mamarr.link.links import ERRANDS_AT_ONCE_MAX, SPEAK_EVERY_MS
from mamarr.record.entries import entry_from_body
from tests.flights.routes import NOON_MS
from tests.flights.test_errands import CONTENT, REQUEST, STATE, changed
from tests.link.ends import End, joined, pass_ms, talk

RECEIVED, EXPIRED, FAILED = MessageState.RECEIVED, MessageState.EXPIRED, MessageState.FAILED


def says(end: End, word: Word, **how: int) -> None:
    is_floor = isinstance(word, FlightState | AgreementReady)
    stream = Stream.SAFETY_FLOOR if is_floor else Stream.COORDINATION
    end.send(errands.said(word), stream, kind=errands.kind_of(word), **how)


def acted(end: End) -> list[TakeWord]:
    """What a node was asked to act on, in the order in which it was."""
    found = (decision(entry_from_body(row.sequence, row.body)) for row in end.store.rows())
    commands = (each.order.command for each in found if each is not None)
    return [each for each in commands if isinstance(each, TakeWord)]


def about(name: str, revision: int = 1) -> dict[str, object]:
    return {"object_id": name, "filed_ms": NOON_MS, "revision": revision}


def outgoing(end: End) -> list[str]:
    """The kinds of what a node sent, by stream and number."""
    found = [value for _, value in end.keeper.decider.projection.messages.durable_items()]
    ours = [each for each in found if each.direction is Direction.OUTGOING]
    return [each.kind for each in sorted(ours, key=lambda each: (each.stream, each.sequence))]


def compared(north: End, south: End) -> None:
    """The clocks of both are compared."""
    talk(north, south, rounds=3, delay_ms=SPEAK_EVERY_MS)


def test_a_word_is_acted_on_once_and_answered_over_the_line():
    north, south = joined()
    compared(north, south)
    says(south, CrossingConfirm(**about("S1")))
    talk(north, south, delay_ms=1_000)
    assert [each.word for each in acted(north)] == [CrossingConfirm(**about("S1"))]
    (heard,) = (each.word for each in acted(south))
    assert heard == CrossingReply(**about("S1"), reply=Reply.NOT_HELD)
    assert list(north.keeper.decider.projection.errands_for("south")) == []
    assert [each.crossing_id for each in (*acted(north), *acted(south))] == [
        f"node-south/S1/{NOON_MS}",
        f"node-south/S1/{NOON_MS}",
    ]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (WordKind.CROSSING_CONFIRM, "{}"),
        (WordKind.CROSSING_CONFIRM, "[" * 20_000),
        (WordKind.CROSSING_CONFIRM, errands.said(REQUEST)),
        (WordKind.CROSSING_REQUEST, changed(REQUEST, "content.volumes", [])),
        (WordKind.CROSSING_REQUEST, changed(REQUEST, "content.kind", "RESERVATION")),
        (WordKind.FLIGHT_STATE, changed(STATE, "content.volumes.0.lateral_minimum_mm", 10**18)),
        (WordKind.AGREEMENT_READY, '{"type":"agreement-ready","digest":""}'),
    ],
)
def test_a_garbled_word_is_kept_as_failed_and_its_sender_is_told_and_nobody_acts(kind: WordKind, body: str):
    north, south = joined()
    south.send(body, kind=kind)
    talk(north, south, delay_ms=2_000)
    assert north.took() == [(body, FAILED)]
    assert acted(north) == []
    ours = south.keeper.decider.projection.messages.get("node-north/OUTGOING/COORDINATION/0")
    assert ours.state is FAILED


def test_a_request_waits_until_the_clocks_were_compared_and_what_is_said_of_it_later_waits_too():
    north, south = joined()
    says(south, REQUEST)
    says(south, CrossingGiveBack(**about("F1")))
    says(south, CrossingConfirm(**about("S2")))
    north.hears(*south.says_all())
    north.hears()
    assert [each.word for each in acted(north)] == [CrossingConfirm(**about("S2"))]
    compared(north, south)
    assert [type(each.word) for each in acted(north)] == [CrossingConfirm, CrossingRequest, CrossingGiveBack]


def test_what_is_said_of_a_flight_in_the_air_waits_for_no_clock():
    north, south = joined()
    says(south, REQUEST)
    says(south, STATE)
    north.hears(*south.says_all())
    north.hears()
    assert [type(each.word) for each in acted(north)] == [FlightState]


@pytest.mark.parametrize(("ahead_ms", "is_unsure"), [(0, False), (900, False), (2_500, True), (-2_500, True)])
def test_a_request_says_whether_the_clocks_may_differ_by_more_than_a_second(ahead_ms: int, is_unsure: bool):
    north, south = joined()
    south.clock_ahead_ms = ahead_ms
    talk(north, south, rounds=6)
    pass_ms(SPEAK_EVERY_MS, north, south)
    talk(north, south, rounds=6)
    says(south, REQUEST)
    talk(north, south)
    assert [each.is_clock_unsure for each in acted(north)] == [is_unsure]


def test_a_request_that_waits_past_its_validity_is_expired_and_its_sender_told():
    north, south = joined()
    says(south, REQUEST, valid_ms=60_000)
    north.hears(*south.says_all())
    pass_ms(60_000, north, south)
    north.send("something is decided")
    north.hears()
    assert [state for _, state in north.took()] == [EXPIRED]
    assert len(acted(north)) == 1
    assert "node-south/F1/" not in str(list(north.keeper.decider.projection.crossings.durable_items()))


def test_that_it_has_an_agreement_a_node_says_after_all_that_others_must_know_by_it():
    north, _ = joined()
    ready = AgreementReady(digest="d")
    states = [
        FlightState(object_id=f"F{at:03}", filed_ms=NOON_MS, number=1, content=CONTENT)
        for at in range(ERRANDS_AT_ONCE_MAX + 1)
    ]
    for word in (ready, *states):
        north.keeper.decider.projection.fold(ErrandKept(errand=errands.errand("south", word, 3_600_000)))
    north.hears()
    assert outgoing(north) == ["flight-state"] * ERRANDS_AT_ONCE_MAX
    north.hears()
    assert outgoing(north) == ["flight-state"] * len(states) + ["agreement-ready"]


def test_that_the_agreement_is_suspended_is_sent_before_the_backlog_of_what_is_coordinated():
    north, _ = joined()
    told = SuspensionTold(number=1, is_suspended=True, decided_ms=NOON_MS, reason="Talks are broken off.")
    backlog = [CrossingConfirm(**about(f"S{at:03}")) for at in range(ERRANDS_AT_ONCE_MAX + 1)]
    for word in (*backlog, told):
        north.keeper.decider.projection.fold(ErrandKept(errand=errands.errand("south", word, 3_600_000)))
    north.hears()
    assert outgoing(north).count("suspension-told") == 1
    assert outgoing(north).count("crossing-confirm") == ERRANDS_AT_ONCE_MAX - 1


@pytest.mark.parametrize(("why", "count"), [(Stopped.TWO_HISTORIES, 1), (Stopped.CLOSED, 0)])
def test_what_came_before_the_channel_stopped_is_acted_on_unless_all_is_to_be_said_again(why, count):
    north, south = joined()
    compared(north, south)
    says(south, CrossingConfirm(**about("S1")))
    for raw in south.says_all():
        north.link.receive(raw, now_ms=north.now_ms, clock_ms=north.clock_ms)
    north.link._ask_to_take(north.channel, north.new_id)
    north.turn()
    assert [state for _, state in north.took()] == [RECEIVED]
    north.ask(StopChannel(peer="node-south", why=why))
    north.turn()
    north.hears()
    assert len(acted(north)) == count


def test_a_request_without_an_agreement_is_declined_and_nothing_is_held():
    north, south = joined()
    compared(north, south)
    says(south, msgspec.structs.replace(REQUEST, object_id="S1"))
    talk(north, south, delay_ms=1_000)
    (heard,) = (each.word for each in acted(south))
    assert (heard.reply, heard.reason) == (Reply.REJECTED, Reason.OTHER_AGREEMENT)
    assert isinstance(acted(north)[0].word, CrossingRequest)


def test_what_was_erased_before_it_was_acted_on_stops_no_node():
    north, south = joined()
    says(south, REQUEST)
    north.hears(*south.says_all())
    assert len(list(north.keeper.decider.projection.pending("node-south"))) == 1, "it waits for the clocks"
    row = next(each for each in north.store.rows() if b"crossing-request" in each.body)
    north.keeper.log.erase(row.sequence, frozenset({PERSONS}))
    again = replay(north.store.rows(), party="north").projection
    assert again.messages.get("node-south/INCOMING/COORDINATION/0").body is None
    assert list(again.pending("node-south")) == []
