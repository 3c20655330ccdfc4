"""Messages: what two nodes send each other, as each of them keeps it.

What may be sent and taken in is decided in `coordination.channels`; here is what becomes of each message.
Names of the states: DESIGN of this project, after the coordination states of AIDC and OLDI; a message that
was taken in after its validity is EXPIRED and nobody acts on it.

That a message was presented or acknowledged is said by persons alone, about what they were shown: a rule
cannot see. A state only climbs: SENT, RECEIVED, PRESENTED, ACKNOWLEDGED.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.faults import Reason, Refusal, present
from mamarr.flights.errands import WordKind
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author, Personal

# What it is


class Stream(StrEnum):
    """Three streams of messages, each with an order of its own; the first is never behind the others."""

    SAFETY_FLOOR = "SAFETY_FLOOR"
    COORDINATION = "COORDINATION"
    BULK = "BULK"


STREAMS = tuple(Stream)


class Direction(StrEnum):
    """Whose message it is."""

    OUTGOING = "OUTGOING"
    INCOMING = "INCOMING"


class MessageState(StrEnum):
    """What became of a message, as far as this node knows.

    SENT: the peer has not said that it recorded it. RECEIVED: it is recorded where it was sent to. EXPIRED:
    it was recorded after its validity, and nobody acts on it. FAILED: who took it in does not know its kind.
    PRESENTED: what it says was in view, where it was sent to, for a second in a page that had the focus.
    ACKNOWLEDGED: a person there pressed that it was seen.
    """

    SENT = "SENT"
    RECEIVED = "RECEIVED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    PRESENTED = "PRESENTED"
    ACKNOWLEDGED = "ACKNOWLEDGED"


ENDED = (MessageState.EXPIRED, MessageState.FAILED)
SEEN = (MessageState.PRESENTED, MessageState.ACKNOWLEDGED)  # by a person; the later one says more


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One message, at the node that keeps it.

    peer: the other node. sequence: its place in its stream, from 0. kind: what the body is, by a name.
    queued_ms: when its sender decided to send it; valid_until_ms: when nobody acts on it any more; both by
    the sender's clock. leaf: 32 bytes, its hash in its stream's tree. header_salt: with it the header can be
    hashed again; body_digest: the salted hash of the body. body, body_salt (hex): None where they were
    erased, or never came. kept_ms: when this node decided to keep it. is_reported: the sender was told that
    it is EXPIRED or FAILED; is_acted: what it says was acted on; of incoming ones. errand_id: of the errand
    that an outgoing one does. presented_ms, acknowledged_ms: when it was, by the clock of the node that it
    was sent to; presented_to, acknowledged_by: whom or by whom, of incoming ones. told: that it is PRESENTED
    or ACKNOWLEDGED, as the sender of an incoming one was told last.
    """

    peer: str
    direction: Direction
    stream: Stream
    sequence: int
    message_id: str
    kind: str
    queued_ms: int
    valid_until_ms: int
    leaf: bytes
    header_salt: bytes
    body_digest: bytes
    body: Personal = None
    body_salt: Personal = None
    kept_ms: int
    state: MessageState
    is_reported: bool = False
    is_acted: bool = False
    errand_id: str | None = None
    presented_ms: int | None = None
    acknowledged_ms: int | None = None
    presented_to: Personal = None
    acknowledged_by: Personal = None
    told: MessageState | None = None

    @property
    def message_key(self) -> str:
        """Its name in the table of messages."""
        return key_of(self.peer, self.direction, self.stream, self.sequence)


def key_of(peer: str, direction: Direction, stream: Stream, sequence: int) -> str:
    """The name of a message in the table of messages."""
    return f"{peer}/{direction}/{stream}/{sequence}"  # a node id has no slash


def bare(value: Message) -> Message:
    """The same without what it says, and without persons: what a decision about it may rest on."""
    return msgspec.structs.replace(value, body=None, body_salt=None, presented_to=None, acknowledged_by=None)


def is_owed(value: Message) -> bool:
    """Whether its sender is still to be told what became of it: a receipt alone would not say that."""
    if value.direction is not Direction.INCOMING or value.kind in TELLING:
        return False
    is_news = value.state in SEEN and value.told is not value.state
    return is_news or (value.state in ENDED and not value.is_reported)


def is_pending(value: Message) -> bool:
    """Whether somebody here still has to act on what it says; on what was erased nobody can."""
    is_word = value.kind in WORDS and value.state is MessageState.RECEIVED and value.body is not None
    return value.direction is Direction.INCOMING and is_word and not value.is_acted


def is_undone(value: Message) -> bool:
    """Whether it must not be forgotten yet."""
    return is_owed(value) or is_pending(value)


WORDS = frozenset(WordKind)  # the kinds that are acted on, each once
REPORT = "report"  # the kind that tells of another message
UNREADABLE = "unreadable"  # the kind that tells of what was signed in a form that could not be read
TELLING = (REPORT, UNREADABLE)  # none of these is sent about one of these, so that none go round


# What may be asked


class PresentMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="present-message"):
    """What an incoming message says was in view for a second, in a page that had the focus."""

    message_key: str


class AcknowledgeMessage(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="acknowledge-message"
):
    """A person has seen what an incoming message says."""

    message_key: str


Command = PresentMessage | AcknowledgeMessage


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message"):
    """What the decision may rest on. party: the node's own. held: the message, without its body."""

    party: str
    held: Message | None = None


# What may happen


class MessageKept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-kept"):
    """A message was queued here, or taken in."""

    message: Message


class MessageReported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-reported"):
    """The sender of an incoming message is told what became of it.

    state: that it is PRESENTED or ACKNOWLEDGED; None: that it is EXPIRED or FAILED.
    """

    message_key: str
    state: MessageState | None = None


class MessageEnded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-ended"):
    """The peer says that a message of ours is EXPIRED or FAILED there."""

    message_key: str
    state: MessageState


class MessageActed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-acted"):
    """What an incoming message says was acted on."""

    message_key: str


class MessageLapsed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-lapsed"):
    """An incoming message was to be acted on after its validity: it is EXPIRED, and nobody does."""

    message_key: str


class MessageForgotten(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-forgotten"
):
    """A message that is over is kept no more; the record keeps it."""

    message_key: str


class MessagePresented(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-presented"
):
    """What an incoming message says was shown. person: to whom."""

    message_key: str
    time_ms: int
    person: Personal = None


class MessageAcknowledged(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-acknowledged"
):
    """A person has seen what an incoming message says."""

    message_key: str
    time_ms: int
    person: Personal = None


class MessageSeen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-seen"):
    """The peer says that a message of ours is PRESENTED or ACKNOWLEDGED there. at_ms: since, by its clock."""

    message_key: str
    state: MessageState
    at_ms: int


Event = (
    MessageKept
    | MessageReported
    | MessageEnded
    | MessageActed
    | MessageLapsed
    | MessageForgotten
    | MessagePresented
    | MessageAcknowledged
    | MessageSeen
)
Outcome = tuple[MessagePresented | MessageAcknowledged, ...] | Refusal


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> Outcome:
    """Answer one command about one message. Never raises; says no prose.

    What is so already is answered with nothing: two pages may show the same row.
    """
    if author.party != facts.party or author.rule is not None:
        return Refusal(reason=Reason.NOT_YOURS)
    held, now_ms = facts.held, epoch_ms(now)
    if held is None or held.direction is not Direction.INCOMING or held.kind in TELLING:
        return Refusal(reason=Reason.NOT_THERE)
    if is_climbed(held, asked_state(command)):
        return ()
    refused = unseen_why(held, now_ms)
    if refused is not None:
        return Refusal(reason=refused)
    if isinstance(command, PresentMessage):
        return (MessagePresented(message_key=held.message_key, time_ms=now_ms, person=author.person),)
    return (MessageAcknowledged(message_key=held.message_key, time_ms=now_ms, person=author.person),)


def asked_state(command: Command) -> MessageState:
    """What the message is to become."""
    return MessageState.PRESENTED if isinstance(command, PresentMessage) else MessageState.ACKNOWLEDGED


def is_climbed(value: Message, state: MessageState) -> bool:
    """Whether somebody saw it as far as `state`, one of SEEN, already."""
    return value.state in SEEN and SEEN.index(value.state) >= SEEN.index(state)


def unseen_why(value: Message, now_ms: int) -> Reason | None:
    """Why nobody can have been shown now what it says, as far as its sender may rely on it; None: somebody
    can."""
    if value.state in ENDED:
        return Reason.WRONG_STATUS
    if value.kind in WORDS and not value.is_acted:
        return Reason.NOT_YET
    return Reason.TIME_PAST if value.valid_until_ms <= now_ms else None


# How it changes


def evolve(value: Message | None, event: Event) -> Message | None:
    """The message after `event`; None when it is kept no more. Stops when the two contradict each other."""
    match event:
        case MessageKept():
            return event.message
        case MessageReported():
            reported = present(value, "reported while not there")
            if event.state is not None:
                return msgspec.structs.replace(reported, told=event.state)
            return msgspec.structs.replace(reported, is_reported=True)
        case MessageEnded():
            return msgspec.structs.replace(present(value, "ended while not there"), state=event.state)
        case MessageActed():
            return msgspec.structs.replace(present(value, "acted on while not there"), is_acted=True)
        case MessageLapsed():
            kept = present(value, "lapsed while not there")
            return msgspec.structs.replace(kept, state=MessageState.EXPIRED)
        case MessageForgotten():
            present(value, "forgotten while not there")
            return None
        case MessagePresented():
            return msgspec.structs.replace(
                present(value, "presented while not there"),
                state=MessageState.PRESENTED,
                presented_ms=event.time_ms,
                presented_to=event.person,
            )
        case MessageAcknowledged():
            return msgspec.structs.replace(
                present(value, "acknowledged while not there"),
                state=MessageState.ACKNOWLEDGED,
                acknowledged_ms=event.time_ms,
                acknowledged_by=event.person,
            )
        case MessageSeen():
            ours = msgspec.structs.replace(present(value, "seen while not there"), state=event.state)
            if event.state is MessageState.PRESENTED:
                return msgspec.structs.replace(ours, presented_ms=event.at_ms)
            return msgspec.structs.replace(ours, acknowledged_ms=event.at_ms)
