from datetime import timedelta

import pytest
from msgspec.structs import replace

from mamarr.coordination import Direction, Message, MessageState, Stream, channels, messages
from mamarr.coordination.channels import (
    CHANNELS_MAX,
    FORGOTTEN_AT_ONCE_MAX,
    UNREAD_MAX,
    VALID_MAX_MS,
    WAITING_MAX,
    Channel,
    ChannelOpened,
    ChannelStopped,
    Facts,
    ForgetMessages,
    KeepUnknown,
    Line,
    LineForgotten,
    OpenChannel,
    ReadingTaken,
    ReceiptsTaken,
    Reported,
    SendMessage,
    StopChannel,
    Stopped,
    StreamGrew,
    StreamHead,
    TakeMessage,
    TakeReceipts,
    UnknownKept,
    UnknownTold,
    Unread,
)
from mamarr.coordination.messages import (
    REPORT,
    TELLING,
    UNREADABLE,
    MessageEnded,
    MessageForgotten,
    MessageKept,
    MessageReported,
)
from mamarr.faults import InvariantError, Reason, Refusal, limit_reached
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author
from tests.airspace.boxes import NOON, NORTH

PEER, FLOOR = "node-south", Stream.SAFETY_FLOOR
NOON_MS = epoch_ms(NOON)
SOUTH = Author(party="south", node="node-north", rule="link")
OPEN = Channel(peer=PEER, party="south", key="a key")
ROOT, LEAF = b"r" * 32, b"l" * 32


def asked(command, *, author: Author = NORTH, **known):
    facts = {
        "party": "north",
        "peer_party": "south",
        "line": Line(),
        "leaf": LEAF,
        "root": ROOT,
        "peaks": (ROOT,),
    }
    return channels.decide(command, Facts(**(facts | known)), author=author, now=NOON)


def a_send(**changes) -> SendMessage:
    said = {
        "peer": PEER,
        "stream": FLOOR,
        "message_id": "message-1",
        "kind": "text",
        "valid_until_ms": NOON_MS + 60_000,
        "header_salt": bytes(32),
        "body_digest": bytes(32),
        "body": "climb",
        "body_salt": "00" * 32,
    }
    return SendMessage(**(said | changes))


def a_take(**changes) -> TakeMessage:
    said = {
        "peer": PEER,
        "stream": FLOOR,
        "sequence": 0,
        "message_id": "message-1",
        "kind": "text",
        "queued_ms": NOON_MS - 1_000,
        "valid_until_ms": NOON_MS + 60_000,
        "header_salt": bytes(32),
        "body_digest": bytes(32),
        "head": StreamHead(size=1, root=ROOT, note="a note"),
        "acknowledged": (0, 0, 0),
        "signed": b"signed",
        "body": "climb",
        "body_salt": "00" * 32,
    }
    return TakeMessage(**(said | changes))


def taken(command: TakeMessage, **known):
    return asked(command, author=SOUTH, **known)


def message_in(answer) -> Message:
    return next(each.message for each in answer if isinstance(each, MessageKept))


def a_message(**changes) -> Message:
    (_, kept) = asked(a_send())
    return replace(kept.message, **changes)


# --- opening and stopping ---------------------------------------------------------------------------------


def test_a_channel_is_opened_by_the_nodes_own_party_to_another_once():
    command = OpenChannel(peer=PEER, party="south", key="a key")
    assert asked(command, peer_party=None) == (ChannelOpened(peer=PEER, party="south", key="a key"),)
    assert asked(command) == Refusal(reason=Reason.ID_TAKEN, because=(PEER,))
    assert asked(command, author=SOUTH, peer_party=None) == Refusal(reason=Reason.NOT_YOURS)
    own = OpenChannel(peer="node-2", party="north", key="a key")
    assert asked(own, peer_party=None) == Refusal(reason=Reason.NOT_YOURS)
    assert asked(command, peer_party=None, count=CHANNELS_MAX) == limit_reached("channels_max")


def test_over_a_channel_that_was_stopped_nothing_goes_any_more():
    assert asked(StopChannel(peer=PEER, why=Stopped.CLOSED)) == (
        ChannelStopped(peer=PEER, why=Stopped.CLOSED),
    )
    for command in (a_send(), StopChannel(peer=PEER, why=Stopped.CLOSED)):
        assert asked(command, stopped=Stopped.SET_BACK) == Refusal(reason=Reason.WRONG_STATUS)
    for command in (a_take(), KeepUnknown(peer=PEER, version=2, signed=b"")):
        assert taken(command, stopped=Stopped.SET_BACK) == Refusal(reason=Reason.WRONG_STATUS)


def test_people_can_end_a_line_that_stopped_for_two_histories_so_that_it_can_begin_anew():
    close = StopChannel(peer=PEER, why=Stopped.CLOSED)
    assert asked(close, stopped=Stopped.TWO_HISTORIES) == (ChannelStopped(peer=PEER, why=Stopped.CLOSED),)
    for again in (close, StopChannel(peer=PEER, why=Stopped.SET_BACK)):
        assert asked(again, stopped=Stopped.CLOSED) == Refusal(reason=Reason.WRONG_STATUS)


def test_without_a_channel_nothing_is_sent_or_taken_in():
    for author, command in ((NORTH, a_send()), (SOUTH, a_take())):
        assert asked(command, author=author, peer_party=None) == Refusal(reason=Reason.NOT_THERE)


@pytest.mark.requirement("THREATS 9")
def test_nobody_speaks_for_the_other_side():
    for command in (a_take(), TakeReceipts(peer=PEER, acknowledged=(0, 0, 0), signed=b"")):
        assert asked(command) == Refusal(reason=Reason.NOT_YOURS)
    for command in (a_send(), StopChannel(peer=PEER, why=Stopped.CLOSED)):
        assert taken(command) == Refusal(reason=Reason.NOT_YOURS)


# --- sending ----------------------------------------------------------------------------------------------


def test_a_message_takes_the_next_place_of_its_stream():
    grew, kept = asked(a_send(), line=Line(size=4, acknowledged=2))
    assert grew == StreamGrew(peer=PEER, direction=Direction.OUTGOING, stream=FLOOR, peaks=(ROOT,))
    assert (kept.message.sequence, kept.message.state, kept.message.queued_ms) == (
        4,
        MessageState.SENT,
        NOON_MS,
    )
    held = channels.evolve(replace(OPEN, outgoing=(Line(size=4), Line(), Line())), grew)
    assert [line.size for line in held.outgoing] == [5, 0, 0]


def test_no_more_messages_wait_than_the_limit_of_the_stream():
    for stream, most in WAITING_MAX.items():
        line = Line(size=most + 7, acknowledged=7)
        assert asked(a_send(stream=stream), line=line) == limit_reached("waiting_max")
        assert not isinstance(asked(a_send(stream=stream), line=replace(line, acknowledged=8)), Refusal)


def test_a_message_is_valid_for_a_while_and_not_for_ever():
    assert asked(a_send(valid_until_ms=NOON_MS)) == Refusal(reason=Reason.TIME_PAST)
    assert asked(a_send(valid_until_ms=NOON_MS + VALID_MAX_MS + 1)) == Refusal(reason=Reason.TOO_FAR_AHEAD)


def test_a_report_is_sent_once_about_a_message_of_which_it_is_owed():
    about = a_message(direction=Direction.INCOMING, state=MessageState.EXPIRED)
    answer = asked(a_send(kind=REPORT, answers=about.message_key), about=about)
    assert answer[2:] == (MessageReported(message_key=about.message_key),)
    for other in (None, replace(about, is_reported=True), replace(about, state=MessageState.RECEIVED)):
        command = a_send(kind=REPORT, answers=about.message_key)
        assert asked(command, about=other) == Refusal(reason=Reason.WRONG_STATUS)
    for kind in TELLING:
        assert not messages.is_owed(replace(about, kind=kind)), "reports about reports would never end"


# --- taking in --------------------------------------------------------------------------------------------


def test_a_message_is_taken_in_in_its_place_and_in_no_other():
    grew, kept = taken(a_take(sequence=2, head=StreamHead(size=3, root=ROOT, note="n")), line=Line(size=2))
    assert (kept.message.state, grew.head.size, grew.awaited) == (MessageState.RECEIVED, 3, None)
    assert taken(a_take(sequence=3), line=Line(size=2)) == Refusal(reason=Reason.NOT_YET)
    for known in (None, LEAF):
        assert taken(a_take(sequence=1), line=Line(size=2), of_leaf=known) == Refusal(
            reason=Reason.WRONG_STATUS
        )


@pytest.mark.requirement("THREATS 27")
def test_another_message_in_a_place_that_is_taken_ends_the_channel():
    answer = taken(a_take(sequence=1), line=Line(size=2), of_leaf=b"o" * 32)
    assert answer == (ChannelStopped(peer=PEER, why=Stopped.TWO_HISTORIES),)


@pytest.mark.requirement("THREATS 27")
def test_a_head_that_its_messages_do_not_agree_with_ends_the_channel():
    two = (ChannelStopped(peer=PEER, why=Stopped.TWO_HISTORIES),)
    other = StreamHead(size=1, root=b"o" * 32, note="n")
    assert taken(a_take(head=other)) == two
    assert taken(a_take(), line=Line(awaited=other)) == two


def test_a_head_that_is_ahead_is_remembered_until_it_is_reached():
    ahead, farther = (StreamHead(size=size, root=b"o" * 32, note="n") for size in (3, 9))
    (grew, _) = taken(a_take(head=farther), line=Line(awaited=ahead))
    assert grew.awaited == ahead, "the nearest is looked at first"
    (grew, _) = taken(a_take(head=farther))
    assert grew.awaited == farther
    met = StreamHead(size=1, root=ROOT, note="met")
    (grew, _) = taken(a_take(head=farther), line=Line(awaited=met))
    assert (grew.head, grew.awaited) == (met, farther)


def test_a_message_is_late_from_the_moment_its_validity_ends():
    late = a_take(valid_until_ms=NOON_MS)
    assert message_in(taken(late)).state is MessageState.EXPIRED
    assert message_in(taken(a_take(valid_until_ms=NOON_MS + 1))).state is MessageState.RECEIVED
    assert (
        message_in(taken(a_take(body=None, body_salt=None, is_left_out=True))).state is MessageState.EXPIRED
    )


def test_a_kind_that_is_not_known_fails_and_a_late_one_is_late_first():
    assert message_in(taken(a_take(is_known=False))).state is MessageState.FAILED
    late = a_take(is_known=False, valid_until_ms=NOON_MS)
    assert message_in(taken(late)).state is MessageState.EXPIRED


def test_a_report_ends_the_message_it_is_about_and_no_other():
    about = a_message(sequence=3)
    said = Reported(stream=FLOOR, sequence=3, message_id="message-1", state=MessageState.EXPIRED)
    report = a_take(kind=REPORT, reported=said)
    ended = taken(report, about=about, sent=(5, 0, 0))
    assert MessageEnded(message_key=about.message_key, state=MessageState.EXPIRED) in ended
    assert message_in(ended).state is MessageState.RECEIVED
    for other in (replace(about, message_id="message-2"), None):
        answer = taken(report, about=other, sent=(3, 0, 0))
        assert not any(isinstance(each, MessageEnded) for each in answer)
        assert message_in(answer).state is MessageState.FAILED
    forgotten = taken(report, about=None, sent=(5, 0, 0))
    assert message_in(forgotten).state is MessageState.RECEIVED, (
        "of what was forgotten nothing is left to end"
    )
    late = taken(replace(report, valid_until_ms=NOON_MS), about=about, sent=(5, 0, 0))
    assert not any(isinstance(each, MessageEnded) for each in late)
    praise = replace(said, state=MessageState.RECEIVED)
    answer = taken(a_take(kind=REPORT, reported=praise), about=about, sent=(5, 0, 0))
    assert not any(isinstance(each, MessageEnded) for each in answer)


def test_what_the_peer_has_recorded_only_grows_and_never_beyond_what_was_sent():
    known = {"sent": (5, 2, 0), "acknowledged": (3, 2, 0)}

    def receipts(*counts: int):
        return taken(TakeReceipts(peer=PEER, acknowledged=counts, signed=b""), **known)

    assert receipts(5, 1, 0) == (ReceiptsTaken(peer=PEER, acknowledged=(5, 2, 0)),)
    assert receipts(2, 2, 0) == Refusal(reason=Reason.WRONG_STATUS), "an old envelope says nothing new"
    assert receipts(6, 0, 0) == (ChannelStopped(peer=PEER, why=Stopped.SET_BACK),)
    assert taken(a_take(acknowledged=(6, 0, 0)), **known) == (
        ChannelStopped(peer=PEER, why=Stopped.SET_BACK),
    )
    assert ReceiptsTaken(peer=PEER, acknowledged=(4, 2, 0)) in taken(a_take(acknowledged=(4, 0, 0)), **known)


def test_what_is_of_a_later_version_is_kept_and_changes_nothing():
    answer = taken(KeepUnknown(peer=PEER, version=2, signed=b"signed"))
    assert answer == (UnknownKept(peer=PEER, version=2),)
    assert channels.evolve(OPEN, answer[0]) == OPEN


def unread(at: int, told_at: int | None = None) -> Unread:
    return Unread(version=2, digest=bytes([at]) * 32, told_at=told_at)


def test_of_what_was_kept_unread_the_peer_is_to_be_told_once_however_often_it_comes():
    command = KeepUnknown(peer=PEER, version=2, signed=b"signed", digest=unread(1).digest)
    (kept,) = taken(command)
    assert kept == UnknownKept(peer=PEER, version=2, digest=unread(1).digest)
    held = channels.evolve(OPEN, kept)
    assert held.unread == (unread(1),)
    for known in (unread(1), unread(1, 0)):
        assert taken(command, unread=(known,)) == (UnknownKept(peer=PEER, version=2),)
    tell = a_send(kind=UNREADABLE, tells=unread(1).digest, stream=Stream.COORDINATION)
    told = asked(tell, unread=(unread(0, 4), unread(1)), line=Line(size=5))[-1]
    assert told == UnknownTold(peer=PEER, digest=unread(1).digest, told_at=5)
    assert channels.evolve(held, told).unread == (unread(1, 5),)
    for known in ((), (unread(0),), (unread(1, 0),)):
        assert asked(tell, unread=known) == Refusal(reason=Reason.WRONG_STATUS)
    assert asked(replace(tell, stream=FLOOR), unread=(unread(1),)) == Refusal(reason=Reason.WRONG_STATUS)


def test_so_much_that_was_kept_unread_is_remembered_and_what_the_peer_knows_goes_first():
    command = KeepUnknown(peer=PEER, version=2, signed=b"signed", digest=unread(99).digest)
    full = replace(
        OPEN,
        outgoing=(Line(), Line(size=9, acknowledged=8), Line()),
        unread=(*(unread(at) for at in range(UNREAD_MAX - 2)), unread(97, 8), unread(98, 7)),
    )
    for count, is_kept in ((7, False), (8, True)):
        (kept,) = taken(command, unread=full.unread, acknowledged=(9, count, 9))
        assert kept == UnknownKept(peer=PEER, version=2, digest=command.digest if is_kept else None)
    assert channels.evolve(full, kept).unread == (*full.unread[:-1], unread(99))
    with pytest.raises(InvariantError):
        channels.evolve(replace(full, outgoing=OPEN.outgoing), kept)


def test_up_to_which_version_the_peer_reads_is_remembered_as_it_last_said():
    answer = taken(a_take(kind=UNREADABLE, reads=3))
    assert message_in(answer).state is MessageState.RECEIVED
    assert answer[2:] == (ReadingTaken(peer=PEER, reads=3),)
    held = channels.evolve(OPEN, answer[2])
    assert held.reads == 3
    assert channels.evolve(held, ReadingTaken(peer=PEER, reads=2)).reads == 2
    late = taken(a_take(kind=UNREADABLE, reads=3, valid_until_ms=NOON_MS))
    assert not any(isinstance(each, ReadingTaken) for each in late)


# --- forgetting -------------------------------------------------------------------------------------------


def test_only_what_is_over_is_forgotten():
    def forget(direction: Direction, through: int, **known):
        command = ForgetMessages(peer=PEER, direction=direction, stream=FLOOR, through=through)
        return asked(command, line=Line(size=9, acknowledged=4, kept_from=2), **known)

    told = forget(Direction.OUTGOING, 4)
    assert told == (
        LineForgotten(peer=PEER, direction=Direction.OUTGOING, stream=FLOOR, through=4),
        MessageForgotten(message_key=f"{PEER}/OUTGOING/SAFETY_FLOOR/2"),
        MessageForgotten(message_key=f"{PEER}/OUTGOING/SAFETY_FLOOR/3"),
    )
    for through in (2, 5):
        assert forget(Direction.OUTGOING, through) == Refusal(reason=Reason.WRONG_STATUS)
    assert not isinstance(forget(Direction.INCOMING, 9), Refusal)
    owed = forget(Direction.INCOMING, 9, undone="a key")
    assert owed == Refusal(reason=Reason.NOT_YET, because=("a key",))
    assert forget(Direction.INCOMING, 9, stopped=Stopped.CLOSED) == forget(Direction.INCOMING, 9)
    assert channels.evolve(OPEN, told[0]).outgoing[0].kept_from == 4


def test_no_more_is_forgotten_at_once_than_an_entry_tells():
    command = ForgetMessages(
        peer=PEER, direction=Direction.INCOMING, stream=FLOOR, through=FORGOTTEN_AT_ONCE_MAX + 1
    )
    assert asked(command, line=Line(size=10_000)) == Refusal(reason=Reason.WRONG_STATUS)


# --- values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"peer": "Node South"},
        {"message_id": "short"},
        {"kind": "a kind"},
        {"header_salt": b"short"},
        {"body_digest": bytes(31)},
        {"body": "x" * (channels.BODY_BYTES_MAX + 1)},
        {"valid_until_ms": -1},
    ],
    ids=str,
)
def test_what_is_not_of_the_form_is_no_message(changes: dict[str, object]):
    with pytest.raises(ValueError, match=r"[a-z]"):
        a_send(**changes)
    with pytest.raises(ValueError, match=r"[a-z]"):
        a_take(**changes)


def test_a_digest_has_its_length():
    for make in (lambda digest: a_send(tells=digest), a_keep):
        make(bytes(32))
        with pytest.raises(ValueError, match="has 31 bytes instead of 32"):
            make(bytes(31))


def a_keep(digest: bytes) -> KeepUnknown:
    return KeepUnknown(peer=PEER, version=2, signed=b"signed", digest=digest)


def test_of_a_message_that_is_sent_the_receipts_say_whether_it_was_received():
    message = a_message(sequence=3)
    assert channels.state_of(OPEN, message) is MessageState.SENT
    told = channels.evolve(
        replace(OPEN, outgoing=(Line(size=5), Line(), Line())),
        ReceiptsTaken(peer=PEER, acknowledged=(4, 0, 0)),
    )
    assert channels.state_of(told, message) is MessageState.RECEIVED
    assert channels.state_of(told, replace(message, state=MessageState.FAILED)) is MessageState.FAILED


def test_what_contradicts_itself_stops():
    for event in (ChannelStopped(peer=PEER, why=Stopped.CLOSED), UnknownKept(peer=PEER, version=2)):
        with pytest.raises(InvariantError):
            channels.evolve(None, event)
    for event in (MessageForgotten(message_key="k"), MessageReported(message_key="k")):
        with pytest.raises(InvariantError):
            messages.evolve(None, event)
    with pytest.raises(InvariantError):
        messages.evolve(None, MessageEnded(message_key="k", state=MessageState.FAILED))


def test_the_moment_of_a_decision_is_an_argument():
    command = a_send(valid_until_ms=NOON_MS + 1)
    facts = Facts(party="north", peer_party="south", line=Line(), leaf=LEAF, root=ROOT)
    later = NOON + timedelta(milliseconds=1)
    assert channels.decide(command, facts, author=NORTH, now=later) == Refusal(reason=Reason.TIME_PAST)
