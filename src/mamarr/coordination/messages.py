"""Messages: what two nodes send each other, as each of them keeps it.

What may be sent and taken in is decided in `coordination.channels`; here is what becomes of each message.
Names of the states: DESIGN of this project, after the coordination states of AIDC and OLDI; a message that
was taken in after its validity is EXPIRED and nobody acts on it.
"""

from enum import StrEnum

import msgspec

from mamarr.faults import present
from mamarr.flights.errands import WordKind
from mamarr.names import Personal

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
    """

    SENT = "SENT"
    RECEIVED = "RECEIVED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One message, at the node that keeps it.

    peer: the other node. sequence: its place in its stream, from 0. kind: what the body is, by a name.
    queued_ms: when its sender decided to send it; valid_until_ms: when nobody acts on it any more; both by
    the sender's clock. leaf: 32 bytes, its hash in its stream's tree. header_salt: with it the header can be
    hashed again; body_digest: the salted hash of the body. body, body_salt (hex): None where they were
    erased, or never came. kept_ms: when this node decided to keep it. is_reported: the sender was told that
    it is EXPIRED or FAILED; is_acted: what it says was acted on; of incoming ones.
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

    @property
    def message_key(self) -> str:
        """Its name in the table of messages."""
        return key_of(self.peer, self.direction, self.stream, self.sequence)


def key_of(peer: str, direction: Direction, stream: Stream, sequence: int) -> str:
    """The name of a message in the table of messages."""
    return f"{peer}/{direction}/{stream}/{sequence}"  # a node id has no slash


def is_owed(value: Message) -> bool:
    """Whether its sender is still to be told what became of it: a receipt alone would not say that."""
    is_told = value.state in (MessageState.EXPIRED, MessageState.FAILED) and value.kind not in TELLING
    return value.direction is Direction.INCOMING and is_told and not value.is_reported


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


# What may happen


class MessageKept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-kept"):
    """A message was queued here, or taken in."""

    message: Message


class MessageReported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message-reported"):
    """The sender of an incoming message is told what became of it."""

    message_key: str


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


Event = MessageKept | MessageReported | MessageEnded | MessageActed | MessageLapsed | MessageForgotten


# How it changes


def evolve(value: Message | None, event: Event) -> Message | None:
    """The message after `event`; None when it is kept no more. Stops when the two contradict each other."""
    match event:
        case MessageKept():
            return event.message
        case MessageReported():
            return msgspec.structs.replace(present(value, "reported while not there"), is_reported=True)
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
