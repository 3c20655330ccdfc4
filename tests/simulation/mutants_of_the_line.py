"""Planted bugs in what carries messages between nodes; the worlds of two nodes must catch each."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from mamarr.coordination import Channel, Direction, Message, channels, messages
from mamarr.coordination.channels import Facts, Line, Stopped, TakeMessage
from mamarr.engine import projection, streams, tidying
from mamarr.engine.projection import Projection
from mamarr.link import envelopes, links
from mamarr.link.links import Link
from mamarr.link.streams import Incoming, Outgoing
from mamarr.link.timing import Allowance, RoundTrip
from mamarr.record import Verifier

Plant = Callable[[pytest.MonkeyPatch], None]


def what_is_pending_is_acknowledged(patch: pytest.MonkeyPatch) -> None:
    real = Link._acknowledged

    def hasty(self: Link, _: Channel) -> Any:
        current = self._keeper.decider.projection.channels.get(self.peer)
        return real(self, current or self.channel)

    patch.setattr(Link, "_acknowledged", hasty)


def what_is_pending_is_sent(patch: pytest.MonkeyPatch) -> None:
    def current(self: Link) -> Channel:
        found = self._keeper.decider.projection.channels.get(self.peer)
        assert found is not None
        return found

    def message(self: Link, direction: Any, stream: Any, sequence: int) -> Message | None:
        key = messages.key_of(self.peer, direction, stream, sequence)
        return self._keeper.decider.projection.messages.get(key)

    patch.setattr(Link, "channel", property(current))
    patch.setattr(Link, "_message", message)


def nothing_is_sent_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RoundTrip, "retry_ms", lambda *_: 1 << 60)


def what_came_before_is_taken_again(patch: pytest.MonkeyPatch) -> None:
    real = channels._taken

    def again(command: TakeMessage, facts: Facts, now_ms: int) -> Any:
        line = facts.line
        assert line is not None
        known = replace(facts, line=replace(line, size=min(line.size, command.sequence)))
        return real(command, known, now_ms)

    def came(self: Incoming, command: TakeMessage, line: Line) -> bool:
        self._held[command.sequence] = command
        return True

    def due(self: Incoming, line: Line) -> Any:
        held, self._held = self._held, {}
        yield from held.values()

    patch.setattr(channels, "_taken", again)
    patch.setattr(Incoming, "came", came)
    patch.setattr(Incoming, "due", due)


def gaps_are_not_seen(patch: pytest.MonkeyPatch) -> None:
    real = channels._taken

    def careless(command: TakeMessage, facts: Facts, now_ms: int) -> Any:
        line = facts.line
        assert line is not None
        if command.sequence > line.size:
            facts = replace(facts, line=replace(line, size=command.sequence))
        return real(command, facts, now_ms)

    def due(self: Incoming, line: Line) -> Any:
        for sequence in [each for each in self._held if each < line.size]:
            del self._held[sequence]
        yield from (each for sequence, each in self._held.items() if sequence not in self._asked)

    patch.setattr(channels, "_taken", careless)
    patch.setattr(Incoming, "due", due)


def validity_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    real = channels._taken
    patch.setattr(channels, "_taken", lambda command, facts, _: real(command, facts, 0))


def what_was_left_out_is_taken_for_whole(patch: pytest.MonkeyPatch) -> None:
    real = channels._taken

    def trusting(command: TakeMessage, facts: Facts, now_ms: int) -> Any:
        return real(replace(command, is_left_out=False), facts, now_ms)

    patch.setattr(channels, "_taken", trusting)


def signatures_are_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Verifier, "checks", lambda *_: True)


def the_version_is_not_signed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(envelopes, "_signed_over", lambda _, signed: envelopes.DOMAIN + signed)


def the_message_is_not_compared_with_its_leaf(patch: pytest.MonkeyPatch) -> None:
    real = envelopes._with_message

    def trusting(found: Any, stream: Any, content: bytes) -> Any:
        entry = envelopes.entry_from_body(found.payload.sequence or 0, content)
        header = envelopes._header(entry.parts[0].content)  # type: ignore[union-attr]
        leaf = streams.leaf(header, entry.parts[0].salt, entry.parts[1].hash())  # type: ignore[union-attr]
        return real(replace(found, payload=replace(found.payload, leaf=leaf)), stream, content)

    patch.setattr(envelopes, "_with_message", trusting)


def padding_may_say_anything(patch: pytest.MonkeyPatch) -> None:
    real = envelopes._unpacked

    def careless(raw: bytes) -> Any:
        end = envelopes.LENGTH_BYTES + int.from_bytes(raw[: envelopes.LENGTH_BYTES], "big")
        return real(raw[:end].ljust(len(raw), b"\0"))

    patch.setattr(envelopes, "_unpacked", careless)


def envelopes_are_as_long_as_what_they_say(patch: pytest.MonkeyPatch) -> None:
    def packed(array: bytes) -> bytes:
        return len(array).to_bytes(envelopes.LENGTH_BYTES, "big") + array

    patch.setattr(envelopes, "padded", packed)


def any_kind_is_known(patch: pytest.MonkeyPatch) -> None:
    real = Link._taking

    def knowing(self: Link, envelope: Any) -> Any:
        command = real(self, envelope)
        return None if command is None else replace(command, is_known=True)

    patch.setattr(Link, "_taking", knowing)


def nobody_is_told_what_became_of_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Link, "_reports", lambda *_: [])
    patch.setattr(Projection, "owed", lambda *_: iter(()))


def nobody_is_told_what_could_not_be_read(patch: pytest.MonkeyPatch) -> None:
    real = channels.evolve

    def silent(value: Channel | None, event: Any) -> Channel:
        after = real(value, event)
        return replace(after, unread=tuple(replace(each, told_at=0) for each in after.unread))

    patch.setattr(channels, "evolve", silent)


def what_could_not_be_read_is_told_with_the_next_again(patch: pytest.MonkeyPatch) -> None:
    real = channels.evolve

    def forgetful(value: Channel | None, event: Any) -> Channel:
        if value is not None and isinstance(event, channels.UnknownKept):
            value = replace(value, unread=tuple(replace(each, told_at=None) for each in value.unread))
        return real(value, event)

    patch.setattr(channels, "evolve", forgetful)


def a_report_is_of_the_message_before(patch: pytest.MonkeyPatch) -> None:
    real = channels._ended

    def beside(command: TakeMessage, facts: Facts) -> Any:
        return tuple(replace(each, message_key=_before(each.message_key)) for each in real(command, facts))

    patch.setattr(channels, "_ended", beside)


def _before(key: str) -> str:
    line, _, sequence = key.rpartition("/")
    return f"{line}/{max(0, int(sequence) - 1)}"


def a_receipt_for_one_is_for_all(patch: pytest.MonkeyPatch) -> None:
    real = channels._receipts

    def generous(command: Any, facts: Facts) -> Any:
        said = real(command, facts)
        is_any = said and isinstance(said[0], channels.ReceiptsTaken)
        return (replace(said[0], acknowledged=facts.sent),) if is_any else said

    patch.setattr(channels, "_receipts", generous)


def what_is_not_acknowledged_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    real_decide = channels._forgotten
    real_rule = tidying.RULES["forget-messages"]

    def forgotten(command: Any, facts: Facts) -> Any:
        line = facts.line
        assert line is not None
        return real_decide(command, replace(facts, line=replace(line, acknowledged=line.size)))

    def rule(projection: Projection, now_ms: int) -> Any:
        yield from real_rule(projection, now_ms)
        for _, channel in sorted(projection.channels.durable_items()):
            for stream in messages.STREAMS:
                line = channel.line(Direction.OUTGOING, stream)
                if line.kept_from < line.size:
                    yield channels.ForgetMessages(
                        peer=channel.peer,
                        direction=Direction.OUTGOING,
                        stream=stream,
                        through=min(line.size, line.kept_from + channels.FORGOTTEN_AT_ONCE_MAX),
                    )

    patch.setattr(channels, "_forgotten", forgotten)
    patch.setitem(tidying.RULES, "forget-messages", rule)


def two_histories_are_not_seen(patch: pytest.MonkeyPatch) -> None:
    real = channels.decide

    def blind(command: Any, facts: Facts, **rest: Any) -> Any:
        said = real(command, facts, **rest)
        is_stop = isinstance(said, tuple) and any(isinstance(each, channels.ChannelStopped) for each in said)
        return channels.Refusal(reason=channels.Reason.WRONG_STATUS) if is_stop else said

    patch.setattr(channels, "decide", blind)


def a_receipt_not_recorded_yet_is_a_set_back(patch: pytest.MonkeyPatch) -> None:
    real = channels._receipts

    def fearful(command: Any, facts: Facts) -> Any:
        if any(new > old + 1 for new, old in zip(command.acknowledged, facts.acknowledged, strict=True)):
            return (channels.ChannelStopped(peer=command.peer, why=Stopped.SET_BACK),)
        return real(command, facts)

    patch.setattr(channels, "_receipts", fearful)


def a_head_is_compared_too_early(patch: pytest.MonkeyPatch) -> None:
    real = channels._taken

    def early(command: TakeMessage, facts: Facts, now_ms: int) -> Any:
        size = command.sequence + 1
        return real(replace(command, head=replace(command.head, size=size)), facts, now_ms)

    patch.setattr(channels, "_taken", early)


def a_peer_may_send_as_much_as_it_likes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Allowance, "take", lambda *_: True)


def what_the_peer_signed_is_not_kept(patch: pytest.MonkeyPatch) -> None:
    from mamarr.engine import orders

    real = orders._without_signed
    patch.setattr(orders, "_without_signed", lambda order: (real(order)[0], None))


def a_message_waits_for_one_that_was_never_sent(patch: pytest.MonkeyPatch) -> None:
    real = Outgoing.begin

    def ahead(self: Outgoing, acknowledged: int) -> None:
        real(self, acknowledged)
        self._next += 1

    patch.setattr(Outgoing, "begin", ahead)


# --- what persons saw: caught in worlds in which somebody looks ------------------------------------------


def what_is_received_is_presented_to_nobody(patch: pytest.MonkeyPatch) -> None:
    real = messages.evolve

    def hasty(value: Message | None, event: Any) -> Message | None:
        after = real(value, event)
        if after is None or not isinstance(event, messages.MessageKept) or not _is_whole(after):
            return after
        return replace(after, state=messages.MessageState.PRESENTED, presented_ms=after.kept_ms)

    patch.setattr(messages, "evolve", hasty)


def _is_whole(value: Message) -> bool:
    is_incoming = value.direction is Direction.INCOMING
    return (
        is_incoming and value.state is messages.MessageState.RECEIVED and value.kind not in messages.TELLING
    )


def that_it_was_seen_is_said_of_the_message_before(patch: pytest.MonkeyPatch) -> None:
    real = channels._seen

    def beside(*known: Any) -> Any:
        return tuple(replace(each, message_key=_before(each.message_key)) for each in real(*known))

    patch.setattr(channels, "_seen", beside)


def what_is_too_late_is_presented(patch: pytest.MonkeyPatch) -> None:
    real = messages.unseen_why
    patch.setattr(messages, "unseen_why", lambda value, _: real(value, 0))


def what_expired_is_presented(patch: pytest.MonkeyPatch) -> None:
    real = messages.unseen_why

    def blind(value: Message, now_ms: int) -> Any:
        return real(replace(value, state=messages.MessageState.RECEIVED), min(now_ms, value.queued_ms))

    patch.setattr(messages, "unseen_why", blind)


def what_is_presented_again_is_presented_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(messages, "is_climbed", lambda *_: False)


def nobody_is_told_that_it_was_seen(patch: pytest.MonkeyPatch) -> None:
    real = messages.is_owed

    def silent(value: Message) -> bool:
        return value.state in messages.ENDED and real(value)

    patch.setattr(messages, "is_owed", silent)
    patch.setattr(projection, "is_owed", silent)


def a_report_says_more_than_was_seen(patch: pytest.MonkeyPatch) -> None:
    real = links._reported

    def generous(kind: str, body: str | None) -> Any:
        said = real(kind, body)
        is_seen = said is not None and said.state in messages.SEEN
        return replace(said, state=messages.MessageState.ACKNOWLEDGED) if is_seen else said

    patch.setattr(links, "_reported", generous)


PLANTED_WHERE_SOMEBODY_LOOKS: tuple[Plant, ...] = (
    what_is_received_is_presented_to_nobody,
    that_it_was_seen_is_said_of_the_message_before,
    what_is_too_late_is_presented,
    what_expired_is_presented,
    what_is_presented_again_is_presented_again,
    nobody_is_told_that_it_was_seen,
    a_report_says_more_than_was_seen,
)

PLANTED: tuple[Plant, ...] = (
    what_is_pending_is_acknowledged,
    what_is_pending_is_sent,
    nothing_is_sent_twice,
    what_came_before_is_taken_again,
    gaps_are_not_seen,
    validity_is_not_looked_at,
    what_was_left_out_is_taken_for_whole,
    signatures_are_not_checked,
    the_version_is_not_signed,
    the_message_is_not_compared_with_its_leaf,
    padding_may_say_anything,
    envelopes_are_as_long_as_what_they_say,
    any_kind_is_known,
    nobody_is_told_what_became_of_it,
    nobody_is_told_what_could_not_be_read,
    what_could_not_be_read_is_told_with_the_next_again,
    a_report_is_of_the_message_before,
    a_receipt_for_one_is_for_all,
    what_is_not_acknowledged_is_forgotten,
    two_histories_are_not_seen,
    a_receipt_not_recorded_yet_is_a_set_back,
    a_head_is_compared_too_early,
    a_peer_may_send_as_much_as_it_likes,
    what_the_peer_signed_is_not_kept,
    a_message_waits_for_one_that_was_never_sent,
)
