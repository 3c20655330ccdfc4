import itertools
from hashlib import sha256

import msgspec
import pytest

from mamarr.coordination import Direction, Message, MessageState, Stream, channels
from mamarr.coordination.channels import Stopped
from mamarr.coordination.messages import REPORT, TELLING, UNREADABLE, AcknowledgeMessage, PresentMessage
from mamarr.engine import streams
from mamarr.geometry.units import moment_from_ms
from mamarr.link import SIZE_CLASSES_BYTES
from mamarr.link.envelopes import Payload
from mamarr.link.links import ALLOWED, REPORTS_AT_ONCE_MAX, SPEAK_EVERY_MS, Link
from mamarr.link.streams import AHEAD_MAX
from mamarr.record import audit
from tests.link.ends import HOUR_MS, KINDS, End, joined, pass_ms, talk

RECEIVED, EXPIRED, FAILED = MessageState.RECEIVED, MessageState.EXPIRED, MessageState.FAILED


def waiting(end: End) -> tuple[int, ...]:
    return end.link.standing(clock_ms=end.clock_ms).waiting


def counted(end: End) -> dict[str, int]:
    return end.link.standing(clock_ms=end.clock_ms).counted


def payload(raw: bytes) -> Payload:
    length = int.from_bytes(raw[:4], "big")
    return msgspec.msgpack.decode(msgspec.msgpack.decode(raw[4:][:length])[2], type=Payload)


def test_a_message_is_taken_in_once_and_its_receipt_comes_back():
    north, south = joined()
    north.send("corridor 2 is closed")
    (raw,) = north.says_all()
    south.hears(raw, raw)
    assert south.took() == [("corridor 2 is closed", RECEIVED)]
    south.hears(raw)
    assert south.took() == [("corridor 2 is closed", RECEIVED)]
    assert counted(south)["again"] == 2
    assert waiting(north) == (0, 1, 0), "nothing is done before the peer says that it recorded it"
    north.hears(*south.says_all())
    pass_ms(SPEAK_EVERY_MS, north, south)
    north.hears(*south.says_all())
    assert waiting(north) == (0, 0, 0)


def test_what_is_not_acknowledged_is_sent_again_and_again_but_more_and_more_seldom():
    north, _ = joined()
    north.says_all()
    north.send("a")
    moments = []
    for at_s in range(120):
        moments += [at_s for raw in north.says_all() if payload(raw).stream is not None]
        pass_ms(1_000, north)
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert moments[0] == 0
    assert len(moments) > 4
    assert gaps == sorted(gaps)
    assert gaps[-1] >= 2 * gaps[1]


def test_of_what_came_in_another_order_nothing_is_taken_in_before_what_is_missing():
    north, south = joined()
    for text in ("first", "second", "third"):
        north.send(text)
    first, *rest = north.says_all()
    south.hears(*rest)
    assert south.took() == []
    assert south.link.standing(clock_ms=0).missing == (0, 1, 0)
    south.hears(first)
    assert [text for text, _ in south.took()] == ["first", "second", "third"]


def test_a_hole_is_filled_before_its_time_when_the_peer_says_that_later_ones_came():
    north, south = joined()
    north.says_all()
    for text in ("first", "second"):
        north.send(text)
    _, second = north.says_all()
    pass_ms(20, north, south)
    south.hears(second)
    north.hears(*south.says_all())
    assert [payload(raw).sequence for raw in north.says_all()] == [0]


def test_a_message_after_its_validity_is_expired_not_acted_on_and_its_sender_is_told():
    north, south = joined()
    north.send("climb now", Stream.SAFETY_FLOOR, valid_ms=5_000)
    (raw,) = north.says_all()
    pass_ms(5_000, north, south)
    south.hears(raw)
    assert south.took() == [("climb now", EXPIRED)]
    talk(north, south)
    ours = north.keeper.decider.projection.messages.get("node-south/OUTGOING/SAFETY_FLOOR/0")
    assert channels.state_of(north.channel, ours) is EXPIRED


def test_what_is_past_its_validity_before_it_is_sent_goes_without_its_body():
    north, south = joined()
    north.send("secret words " * 200, valid_ms=5_000)
    pass_ms(6_000, north, south)
    (raw,) = north.says_all()
    assert b"secret" not in raw
    assert len(raw) == SIZE_CLASSES_BYTES[0]
    south.clock_ahead_ms = -30_000  # by its clock it would still be in time
    south.hears(raw)
    assert south.took() == [(None, EXPIRED)]


def test_a_kind_that_is_not_known_is_kept_and_its_sender_told_that_it_failed():
    north, south = joined()
    north.send("{}", kind="of-tomorrow")
    talk(north, south, delay_ms=2_000)
    assert south.took() == [("{}", FAILED)]
    ours = north.keeper.decider.projection.messages.get("node-south/OUTGOING/COORDINATION/0")
    assert channels.state_of(north.channel, ours) is FAILED
    assert waiting(south) == (0, 0, 0), "of a report nobody reports"


def all_that_waits(end: End) -> list[bytes]:
    """Its next envelopes, as if the window had no end."""
    outgoing, found = end.link._outgoing[Stream.COORDINATION], list[bytes]()
    while len(found) < end.channel.outgoing[1].size:
        outgoing._under_way.clear()
        found += [raw for raw in end.says_all() if payload(raw).stream is not None]
    return found


def test_reports_are_asked_for_some_at_a_time_and_only_while_there_is_room(monkeypatch: pytest.MonkeyPatch):
    north, south = joined()
    most = REPORTS_AT_ONCE_MAX
    for number in range(most + 10):
        north.send(f"{number}", valid_ms=1_000)
    pass_ms(2_000, north, south)
    south.hears(*all_that_waits(north))
    assert [state for _, state in south.took()] == [EXPIRED] * (most + 10)
    south.hears()
    assert south.channel.outgoing[1].size == most
    monkeypatch.setitem(channels.WAITING_MAX, Stream.COORDINATION, most + most)
    entries = south.store.size()
    south.hears()
    assert south.channel.outgoing[1].size == most, "there may be no room for all of the next"
    assert south.store.size() == entries, "and nobody is refused for it, again and again"
    monkeypatch.undo()
    south.hears()
    assert south.channel.outgoing[1].size == most + 10


def test_an_orderly_message_that_was_received_is_known_to_be():
    north, south = joined()
    north.send("a")
    talk(north, south, delay_ms=2_000)
    ours = north.keeper.decider.projection.messages.get("node-south/OUTGOING/COORDINATION/0")
    assert channels.state_of(north.channel, ours) is RECEIVED


@pytest.mark.requirement("THREATS 10")
def test_the_floor_goes_before_all_that_waits():
    north, south = joined()
    for number in range(100):
        north.send(f"bulk {number}", Stream.BULK)
    first = north.says_all()
    north.send("an alert", Stream.SAFETY_FLOOR)
    raw = north.says()
    assert raw is not None
    assert payload(raw).stream is Stream.SAFETY_FLOOR
    assert len(first) < 40, "no more of bulk is under way than the line can hold for a while"
    south.hears(raw)
    assert south.took() == [("an alert", RECEIVED)], "the floor waits for no other stream"


@pytest.mark.requirement("THREATS 10")
def test_who_floods_one_stream_uses_up_its_own_and_the_floor_still_comes_through():
    north, south = joined()
    north.send("again and again", Stream.BULK)
    raw = north.says()
    north.send("an alert", Stream.SAFETY_FLOOR)
    alert = north.says()
    assert raw is not None
    assert alert is not None
    for _ in range(1_000):
        south.link.receive(raw, now_ms=south.now_ms, clock_ms=south.clock_ms)
    assert counted(south)["over the limit"] == 1_000 - ALLOWED[Stream.BULK][0]
    south.hears(alert)
    assert ("an alert", RECEIVED) in south.took()
    assert south.link.turn(clock_ms=0, command_id=south.new_id) == (), "a flood asks nothing of the log"


def test_what_is_too_far_ahead_is_not_held():
    north, south = joined()
    for number in range(AHEAD_MAX + 5):
        north.send(f"{number}")
    envelopes = all_that_waits(north)
    south.hears(*envelopes[1 : AHEAD_MAX // 2])
    pass_ms(60_000, south)
    south.hears(*envelopes[AHEAD_MAX // 2 :])
    assert counted(south)["too far ahead"] == 5
    pass_ms(60_000, south)
    south.hears(envelopes[0])
    assert len(south.took()) == AHEAD_MAX
    south.hears(*envelopes[AHEAD_MAX:])
    assert len(south.took()) == AHEAD_MAX + 5


@pytest.mark.requirement("THREATS 4")
def test_what_goes_over_a_line_tells_nothing_of_the_record_and_has_the_length_of_a_class():
    north, south = joined()
    for number in range(30):
        north.send("x" * (number * 100))
    for raw in [*north.says_all(), *south.says_all()]:
        assert len(raw) in SIZE_CLASSES_BYTES
        said = payload(raw)
        assert north.keeper.head_note().encode() not in raw
        assert len(said.log) == 32
    sizes = {payload(raw).heads for raw in south.says_all()}
    assert all("\n31\n" not in note for notes in sizes for note in notes)


def test_a_stranger_and_a_wrong_mode_are_counted_and_change_nothing():
    _north, south = joined()
    stranger = End("node-north", "node-south", 90)
    stranger.join(south.key.verifier.text())
    stranger.send("let me in")
    before = south.store.size()
    south.hears(*stranger.says_all(), b"", b"\0" * 1_024, b"\xff" * 4_096)
    assert south.store.size() == before
    assert counted(south) == {"signature": 1, "size": 2, "form": 1}
    assert south.link.standing(clock_ms=0).heard_for_ms is None


def of_tomorrow(end: End, signed: bytes, *, version: int = 2) -> bytes:
    """An envelope that `end` signed in a later version."""
    signature = end.key.sign(b"mamarr envelope " + bytes([version]) + b"\n" + signed)
    array = msgspec.msgpack.encode((version, signature, signed, b""))
    return (len(array).to_bytes(4, "big") + array).ljust(1_024, b"\0")


def unread_there(end: End) -> int | None:
    return end.link.standing(clock_ms=end.clock_ms).unread_there


def told(end: End) -> list[dict[str, object]]:
    """What `end` was told that it could not be read."""
    kept = (each for _, each in sorted(end.keeper.decider.projection.messages.durable_items()))
    return [msgspec.json.decode(each.body) for each in kept if each.kind == UNREADABLE and _came(each)]


def _came(message: Message) -> bool:
    return message.direction is Direction.INCOMING and message.state is RECEIVED


def test_a_peer_is_told_which_of_its_envelopes_of_a_later_version_could_not_be_read():
    north, south = joined()
    assert unread_there(north) is None
    south.hears(of_tomorrow(north, b"of tomorrow"), of_tomorrow(north, b"of the day after", version=3))
    talk(north, south, delay_ms=2_000)
    signed = {2: b"mamarr envelope \2\nof tomorrow", 3: b"mamarr envelope \3\nof the day after"}
    assert told(north) == [
        {"version": version, "digest": sha256(over).hexdigest(), "reads": 1}
        for version, over in signed.items()
    ]
    assert (unread_there(north), unread_there(south)) == (1, None)
    assert (waiting(north), waiting(south)) == ((0, 0, 0), (0, 0, 0)), "of this nobody reports"
    south.hears(of_tomorrow(north, b"of tomorrow"))
    talk(north, south, delay_ms=2_000)
    assert len(told(north)) == 2, "what comes again is not told again"


def test_what_could_not_be_read_is_told_after_a_start_and_known_after_one():
    north, south = joined()
    south.hears(of_tomorrow(north, b"of tomorrow"))
    south.link = Link(south.keeper, south.key, south.peer, secret=south.secret, kinds=KINDS)
    south.link.connected()
    south.hears()
    talk(north, south, delay_ms=2_000)
    assert len(told(north)) == 1
    north.link = Link(north.keeper, north.key, north.peer, secret=north.secret, kinds=KINDS)
    assert unread_there(north) == 1


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ('{"version":2,"digest":"%s","reads":3}' % ("0a" * 32), 3),
        ('{"version":2,"digest":"%s","reads":3,"more":{}}' % ("0a" * 32), 3),
        ('{"version":2,"digest":"%s","reads":0}' % ("0a" * 32), None),
        ('{"version":256,"digest":"%s","reads":1}' % ("0a" * 32), None),
        ('{"version":2,"digest":"%s","reads":1}' % ("0A" * 32), None),
        ('{"version":2,"digest":"%s\\n","reads":1}' % ("0a" * 32), None),
        ('{"version":2,"digest":"0a","reads":1}', None),
        ('{"version":2,"reads":1}', None),
        ("[" * 5_000, None),
        ("1", None),
    ],
)
def test_who_says_in_no_form_that_it_could_not_read_is_not_believed_and_not_answered(
    body: str, reads: int | None
):
    north, south = joined()
    north.send(body, kind=UNREADABLE)
    talk(north, south, delay_ms=2_000)
    assert south.took() == [(body, FAILED if reads is None else RECEIVED)]
    assert unread_there(south) == reads
    assert south.channel.outgoing[1].size == 0


def test_a_message_of_this_version_that_is_not_of_the_form_is_kept_and_told_of_unless_it_tells_itself():
    north, south = joined()
    for kind in ("text", *TELLING):
        command = streams.message(
            peer=north.peer,
            stream=Stream.COORDINATION,
            message_id=north.new_id(),
            kind=kind,
            body="x" * 200,
            valid_until_ms=north.now_ms + HOUR_MS,
            salts=(north.salt(), north.salt()),
        )
        north.ask(command)
    north.turn()
    envelopes = north.says_all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channels, "BODY_BYTES_MAX", 100)
        south.hears(*envelopes)
    assert counted(south)["message not of the form"] == 3
    south.hears()
    assert south.channel.outgoing[1].size == 1
    assert [each.told_at for each in south.channel.unread] == [0]


def test_to_a_peer_that_reads_nothing_of_ours_no_more_waits_than_it_was_told_at_first():
    north, south = joined()
    for number in range(100):
        pass_ms(60_000, south)
        south.hears(of_tomorrow(north, b"of tomorrow" + bytes([number])))
    assert south.channel.outgoing[1].size == 1
    assert len(south.channel.unread) == channels.UNREAD_MAX
    talk(north, south, delay_ms=2_000)
    assert len(told(north)) == channels.UNREAD_MAX


def test_what_a_peer_signed_in_a_later_version_is_kept_a_bounded_number_of_times():
    north, south = joined()
    signed = b"of tomorrow"
    south.hears(*(of_tomorrow(north, signed + bytes([number])) for number in range(100)))
    kept = [row for row in south.store.rows() if signed in row.body]
    assert len(kept) == 10
    assert counted(south)["unknown version"] == 100
    talk(north, south, delay_ms=2_000)
    assert len(told(north)) == 10
    assert audit(south.store, south.keeper.log._signer.verifier).finding is None


@pytest.mark.requirement("THREATS 27")
def test_two_histories_under_one_key_are_noticed_and_end_the_channel():
    north, south = joined()
    twin = End("node-north", "node-south", 10)
    twin.join(south.key.verifier.text())
    north.send("one thing")
    twin.send("another thing")
    south.hears(*north.says_all())
    south.hears(*twin.says_all())
    assert south.channel.stopped is Stopped.TWO_HISTORIES
    assert [text for text, _ in south.took()] == ["one thing"]
    proof = [row.body for row in south.store.rows() if b"channel-stopped" in row.body]
    assert len(proof) == 1
    assert b"signed" in proof[0]
    north.hears(*south.says_all())
    assert north.link.standing(clock_ms=0).is_stopped_there


@pytest.mark.requirement("THREATS 27")
def test_a_node_that_was_set_back_learns_it_from_what_its_peer_has_recorded():
    north, south = joined()
    north.send("one thing")
    south.hears(*north.says_all())
    old = End("node-north", "node-south", 10)
    old.join(south.key.verifier.text())
    pass_ms(SPEAK_EVERY_MS, south)
    old.hears(*south.says_all())
    assert old.channel.stopped is Stopped.SET_BACK
    old.send("a second history")
    assert old.channel.outgoing[1].size == 0


@pytest.mark.requirement("THREATS 27")
def test_a_node_that_was_set_back_learns_it_from_a_head_that_it_signed_over_what_never_came():
    north, south = joined()
    north.send("a")
    north.send("b")
    south.hears(north.says_all()[0])  # the head over both
    old = End("node-north", "node-south", 10)
    old.join(south.key.verifier.text())
    old.send("a")
    pass_ms(SPEAK_EVERY_MS, south)
    old.hears(*south.says_all())
    assert old.channel.stopped is Stopped.SET_BACK


@pytest.mark.requirement("THREATS 27")
def test_a_node_that_was_set_back_learns_it_from_what_came_and_is_not_recorded_yet():
    north, south = joined()
    north.send("a")
    for raw in north.says_all():
        south.link.receive(raw, now_ms=south.now_ms, clock_ms=south.clock_ms)
    old = End("node-north", "node-south", 10)
    old.join(south.key.verifier.text())
    old.hears(*south.says_all())
    assert south.channel.incoming[1].size == 0
    assert old.channel.stopped is Stopped.SET_BACK


def test_a_head_that_the_peer_signed_and_did_not_keep_to_is_noticed_when_it_is_reached():
    north, south = joined()
    north.send("a")
    north.send("b")
    first, _ = north.says_all()  # it carries the head over both
    south.hears(first)
    assert south.channel.incoming[1].awaited is not None
    twin = End("node-north", "node-south", 10)
    twin.join(south.key.verifier.text())
    twin.send("a")
    twin.send("something else")
    south.hears(*twin.says_all()[1:])
    assert south.channel.stopped is Stopped.TWO_HISTORIES


def test_a_line_that_was_cut_for_days_goes_on_where_it_was():
    north, south = joined()
    north.send("before")
    talk(north, south)
    north.send("while it was cut", valid_ms=72 * HOUR_MS)
    north.says_all()
    pass_ms(48 * HOUR_MS, north, south)
    again = Link(north.keeper, north.key, north.peer, secret=north.secret, kinds=KINDS)
    north.link = again
    again.connected()
    talk(north, south)
    assert [text for text, _ in south.took()] == ["before", "while it was cut"]


def test_a_start_sends_what_waits_at_once():
    north, south = joined()
    north.send("a")
    north.says_all()
    north.link = Link(north.keeper, north.key, north.peer, secret=north.secret, kinds=KINDS)
    north.link.connected()
    south.hears(*north.says_all())
    assert [text for text, _ in south.took()] == ["a"]


def test_a_closed_channel_sends_and_takes_nothing_more():
    north, south = joined()
    north.send("a")
    (raw,) = north.says_all()
    south.ask(channels.StopChannel(peer="node-north", why=Stopped.CLOSED))
    south.turn()
    south.hears(raw)
    assert south.took() == []


@pytest.mark.requirement("THREATS 7")
def test_the_clocks_difference_is_measured_with_its_error():
    north, south = joined()
    south.clock_ahead_ms = 2_500
    talk(north, south, rounds=4, delay_ms=SPEAK_EVERY_MS)
    clock = north.link.standing(clock_ms=north.clock_ms).clock
    assert clock is not None
    assert clock.may_exceed(1_000)
    assert abs(clock.ahead_ms - 2_500) <= clock.error_ms + 1


def test_a_line_is_as_good_as_its_last_confirmed_envelope():
    north, south = joined()
    talk(north, south)
    assert north.link.standing(clock_ms=north.clock_ms).confirmed_for_ms == 50
    pass_ms(60_000, north, south)
    north.hears(*south.says_all())  # it speaks, and has heard nothing of ours meanwhile
    standing = north.link.standing(clock_ms=north.clock_ms)
    assert (standing.heard_for_ms, standing.confirmed_for_ms) == (0, 60_050)


@pytest.mark.requirement("THREATS 7")
def test_a_clock_that_is_set_makes_no_dead_line_look_alive_and_no_old_measurement_true():
    north, south = joined()
    talk(north, south, rounds=4, delay_ms=SPEAK_EVERY_MS)
    pass_ms(60_000, north)
    north.clock_ahead_ms = -100_000
    standing = north.link.standing(clock_ms=north.clock_ms)
    assert standing.confirmed_for_ms == 60_000
    pass_ms(60_000, south)
    talk(north, south, rounds=4, delay_ms=SPEAK_EVERY_MS)
    clock = north.link.standing(clock_ms=north.clock_ms).clock
    assert clock is not None
    assert abs(clock.ahead_ms - 100_000) <= clock.error_ms + 1


# --- what persons saw -------------------------------------------------------------------------------------


def of_north(north: End) -> Message:
    """The first message of coordination that north sent, as north has it."""
    value = north.keeper.decider.projection.messages.get("node-south/OUTGOING/COORDINATION/0")
    assert value is not None
    return value


def shown(end: End, kind: type = PresentMessage) -> None:
    """A person at a node was shown the first message of coordination, or says that it was seen."""
    end.ask(kind(message_key=f"{end.peer}/INCOMING/COORDINATION/0"))
    end.turn()


def test_a_message_is_presented_when_a_person_there_was_shown_it_and_not_before():
    north, south = joined()
    north.send("a")
    talk(north, south, delay_ms=2_000)
    assert channels.state_of(north.channel, of_north(north)) is RECEIVED
    pass_ms(5_000, north, south)
    at_ms = south.now_ms
    shown(south)
    talk(north, south)
    assert (of_north(north).state, of_north(north).presented_ms) == (MessageState.PRESENTED, at_ms)
    shown(south, AcknowledgeMessage)
    shown(south)  # again, by another page
    talk(north, south)
    assert (of_north(north).state, of_north(north).presented_ms) == (MessageState.ACKNOWLEDGED, at_ms)
    assert of_north(north).acknowledged_ms == south.now_ms - 60
    sizes = [end.channel.outgoing[1].size for end in (north, south)]
    talk(north, south, delay_ms=2_000)
    assert sizes == [1, 2], "each rung is told once, and nobody reports about reports"
    assert [end.channel.outgoing[1].size for end in (north, south)] == sizes


def test_who_presses_before_the_first_report_was_sent_is_told_of_by_one():
    north, south = joined()
    north.send("a")
    talk(north, south)
    shown(south)
    shown(south, AcknowledgeMessage)
    talk(north, south)
    assert (of_north(north).state, of_north(north).presented_ms) == (MessageState.ACKNOWLEDGED, None)
    assert south.channel.outgoing[1].size == 1


def test_that_a_message_was_seen_is_told_after_days_and_after_a_start():
    north, south = joined()
    north.send("a", valid_ms=20 * 24 * HOUR_MS)
    talk(north, south)
    shown(south)
    pass_ms(8 * 24 * HOUR_MS, north, south)
    for _ in range(3):
        south.keeper.tidy(moment_from_ms(south.now_ms), south.new_id)
        south.turn()
    assert south.took() == [("a", MessageState.PRESENTED)], (
        "nothing is forgotten of which somebody is to be told"
    )
    talk(north, south)
    assert of_north(north).state is MessageState.PRESENTED


@pytest.mark.parametrize(
    "body",
    [
        '{"stream":"COORDINATION","sequence":0,"message_id":"command-00000011","state":"PRESENTED","at_ms":-1}',
        '{"stream":"COORDINATION","sequence":0,"message_id":"command-00000011","state":"SEEN","at_ms":1}',
        '{"stream":"COORDINATION","sequence":0,"message_id":"command-00000011","state":"PRESENTED","at_ms":"1"}',
    ],
)
def test_a_report_that_says_in_no_form_that_a_message_was_seen_is_not_believed(body: str):
    north, south = joined()
    north.send("a")
    talk(north, south)
    south.send(body, kind=REPORT)
    talk(north, south)
    assert of_north(north).state is MessageState.SENT
    assert [state for _, state in north.took()] == [FAILED]
