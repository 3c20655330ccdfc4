"""Channels: what a node must remember of its line to another, so that nothing is lost, doubled or reordered.

Each direction has three streams; each stream is a tree of its own in which every message has its place. The
messages themselves are kept by `coordination.messages`, a table beside this one; both change by the same
decision. `link` carries what is here; nothing here knows how.

What a peer sends proves that it sent it, and no more: no message changes an own coordination by itself.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from mamarr.coordination import messages
from mamarr.coordination.lines import COUNT_MAX as COUNT_MAX
from mamarr.coordination.lines import DIGEST_BYTES as DIGEST_BYTES
from mamarr.coordination.lines import NO_LINES, counted, sized
from mamarr.coordination.lines import NONE as NONE
from mamarr.coordination.lines import OVER as OVER
from mamarr.coordination.lines import Line as Line
from mamarr.coordination.lines import Stopped as Stopped
from mamarr.coordination.lines import StreamHead as StreamHead
from mamarr.coordination.lines import Unread as Unread
from mamarr.coordination.messages import (
    STREAMS,
    Direction,
    Message,
    MessageEnded,
    MessageForgotten,
    MessageKept,
    MessageReported,
    MessageSeen,
    MessageState,
    Stream,
    key_of,
)
from mamarr.faults import Reason, Refusal, limit_reached, present
from mamarr.flights.errands import ErrandDone
from mamarr.geometry.units import epoch_ms
from mamarr.names import COMMAND_ID, OBJECT_ID, PARTY_ID, Author, Personal, matched

CHANNELS_MAX = 50  # chosen: neighbours of one authority, and the services it is joined to
BODY_BYTES_MAX = 48_000  # chosen: as UTF-8, so that an envelope stays under 64 KiB
VALID_MAX_MS = 30 * 24 * 3_600_000  # chosen: what nobody took in for a month is asked for again, not found
# Chosen: as many of each stream may wait for the peer. Of the floor an hour of alerts, of the others days.
WAITING_MAX = {Stream.SAFETY_FLOOR: 1_000, Stream.COORDINATION: 10_000, Stream.BULK: 20_000}
FORGOTTEN_AT_ONCE_MAX = 500  # chosen: what one entry tells
UNREAD_MAX = 16  # chosen: more than a link has kept at once; what is kept beyond them is not told of
SALT_BYTES = 32

# What it is


class Channel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The line to one other node. peer: that node. party: whose it is. key: checks what it signs, as text.

    outgoing, incoming: in the order of STREAMS. unread: the newest that were kept unread, the oldest first.
    reads: the latest version of envelopes that the peer reads, as it last said; None where it never had to.
    begun_ms: when the line began anew. is_returning: our record was set back, and the peer has not said all
    yet that it has of ours, and that we had of its. edition: of the agreement that was in force there then.
    is_unsure: our record was restored, and whether anything between us was lost is not known yet.
    """

    peer: str
    party: str
    key: str
    outgoing: tuple[Line, Line, Line] = NO_LINES
    incoming: tuple[Line, Line, Line] = NO_LINES
    stopped: Stopped | None = None
    unread: tuple[Unread, ...] = ()
    reads: int | None = None
    begun_ms: int = 0
    is_returning: bool = False
    edition: int = 0
    is_unsure: bool = False

    @property
    def is_open(self) -> bool:
        """Whether messages go over it, both ways."""
        return self.stopped is None and not self.is_unsure

    def line(self, direction: Direction, stream: Stream) -> Line:
        """One of its six."""
        lines = self.outgoing if direction is Direction.OUTGOING else self.incoming
        return lines[STREAMS.index(stream)]


def sizes(value: Channel) -> tuple[int, int, int]:
    """How many of ours there are, by stream."""
    first, second, third = value.outgoing
    return (first.size, second.size, third.size)


def is_recovering(value: Channel, edition: int) -> bool:
    """Whether our record was set back and lacks what the peer knows of it. edition: of what we agreed.

    Not where a person of ours chose to go on without the peer.
    """
    is_behind = value.is_unsure or value.is_returning or value.edition > edition
    return value.stopped is Stopped.SET_BACK or (value.stopped is not Stopped.CLOSED and is_behind)


def acknowledged(value: Channel) -> tuple[int, int, int]:
    """How many of ours the peer recorded, by stream."""
    first, second, third = value.outgoing
    return (first.acknowledged, second.acknowledged, third.acknowledged)


def state_of(channel: Channel, message: Message) -> MessageState:
    """What became of a message: of an outgoing one the peer's acknowledgement counts, unless it said more."""
    if message.state is MessageState.SENT:
        line = channel.line(Direction.OUTGOING, message.stream)
        return MessageState.RECEIVED if message.sequence < line.acknowledged else MessageState.SENT
    return message.state


# What may be asked


class OpenChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="open-channel"):
    """Let there be a channel to the node `peer` of `party`, whose signatures `key` checks."""

    peer: str
    party: str
    key: str

    def __post_init__(self) -> None:
        matched("peer", self.peer, PARTY_ID)
        matched("party", self.party, PARTY_ID)


class StopChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="stop-channel"):
    """Send and take in no more. signed: what of the peer's shows why; empty where a person closes it."""

    peer: str
    why: Stopped
    signed: bytes = b""


class ResumeChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="resume-channel"):
    """Nothing between us was lost: the peer has no more of ours than we know of, and knows of no more of its
    that we took in. signed: what of the peer's says so; it answers what we sent after we were restored."""

    peer: str
    signed: bytes


class SendMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="send-message"):
    """Queue a message. `engine.streams.message` makes one whose digest and salts fit its body.

    answers: key of the incoming message of which this one, of kind REPORT, tells; says: that it is PRESENTED
    or ACKNOWLEDGED, None where that it is EXPIRED or FAILED. tells: digest of what was kept unread, of which
    this one, of kind UNREADABLE, tells. errand_id: of the errand that it does.
    """

    peer: str
    stream: Stream
    message_id: str
    kind: str
    valid_until_ms: int
    header_salt: bytes
    body_digest: bytes
    body: Personal = None
    body_salt: Personal = None
    answers: str | None = None
    errand_id: str | None = None
    tells: bytes | None = None
    says: MessageState | None = None

    def __post_init__(self) -> None:
        _message(self)
        if self.tells is not None:
            sized("tells", self.tells, DIGEST_BYTES)


class Reported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a message of kind REPORT says: which of ours it is about, and what became of it there.

    at_ms: since when it is PRESENTED or ACKNOWLEDGED, by the peer's clock.
    """

    stream: Stream
    sequence: int
    message_id: str
    state: MessageState
    at_ms: int | None = None


class TakeMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="take-message"):
    """Take in a message of the peer's, whose signature was checked.

    signed: signature and payload of its envelope. head: of the peer's stream, as that envelope says.
    acknowledged: how many of ours the peer had recorded. is_left_out: the peer left the body out, as by its
    clock the message was past its validity. is_known: whether this version knows its kind. reported: of kind
    REPORT, what it says. reads: of kind UNREADABLE, the latest version that the peer says it reads.
    """

    peer: str
    stream: Stream
    sequence: int
    message_id: str
    kind: str
    queued_ms: int
    valid_until_ms: int
    header_salt: bytes
    body_digest: bytes
    head: StreamHead
    acknowledged: tuple[int, int, int]
    signed: bytes
    body: Personal = None
    body_salt: Personal = None
    is_left_out: bool = False
    is_known: bool = True
    reported: Reported | None = None
    reads: int | None = None

    def __post_init__(self) -> None:
        _message(self)
        counted("sequence", self.sequence)
        counted("queued_ms", self.queued_ms)


class TakeReceipts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="take-receipts"):
    """Remember how many of ours the peer recorded, by stream, as its envelope `signed` says."""

    peer: str
    acknowledged: tuple[int, int, int]
    signed: bytes


class ForgetMessages(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="forget-messages"):
    """Keep the messages of one line before number `through` no more; they are over."""

    peer: str
    direction: Direction
    stream: Stream
    through: int


class KeepUnknown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="keep-unknown"):
    """Keep, verbatim, what the peer signed in a later form than we know: `signed`, of version `version`.

    digest: as of `Unread`; None where the peer is not to be told.
    """

    peer: str
    version: int
    signed: bytes
    digest: bytes | None = None

    def __post_init__(self) -> None:
        if self.digest is not None:
            sized("digest", self.digest, DIGEST_BYTES)


# Each with what the peer `signed`, verbatim.
FromPeer = StopChannel | ResumeChannel | TakeMessage | TakeReceipts | KeepUnknown
Command = (
    OpenChannel
    | StopChannel
    | ResumeChannel
    | SendMessage
    | TakeMessage
    | TakeReceipts
    | ForgetMessages
    | KeepUnknown
)


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="channel"):
    """What the decision may rest on. party: the node's own. count: how many channels there are.

    peer_party: whose the other node is, None where there is no channel. stopped, is_unsure: as of `Channel`.
    line: the one that is asked about. sent, acknowledged: of ours, by stream, how many there are and the peer
    recorded.
    leaf, peaks and root: of the stream with the asked message added. of_leaf: of the message that already is
    in the place of the asked one. about: the message that is answered, or of which a report tells, without
    its body. undone: the first that is still to be acted on of those to be forgotten.
    is_errand: whether the errand that a message is to do waits to be done.
    unread: as of `Channel`, where something is to be kept unread or told of.
    """

    party: str
    count: int = 0
    peer_party: str | None = None
    stopped: Stopped | None = None
    is_unsure: bool = False
    line: Line | None = None
    sent: tuple[int, int, int] = NONE
    acknowledged: tuple[int, int, int] = NONE
    leaf: bytes | None = None
    peaks: tuple[bytes, ...] = ()
    root: bytes | None = None
    of_leaf: bytes | None = None
    about: Message | None = None
    undone: str | None = None
    is_errand: bool = False
    unread: tuple[Unread, ...] = ()


# What may happen


class ChannelOpened(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="channel-opened"):
    """There is a channel now."""

    peer: str
    party: str
    key: str


class ChannelStopped(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="channel-stopped"):
    """Nothing goes over it any more."""

    peer: str
    why: Stopped


class ChannelUnsure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="channel-unsure"):
    """Our record was restored: nothing goes over it until the peer has said what it has."""

    peer: str


class ChannelResumed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="channel-resumed"):
    """Nothing between us was lost: it goes on as it was."""

    peer: str


class ChannelBegun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="channel-begun"):
    """The line begins anew, with streams of which nothing was sent. is_returning: as of `Channel`."""

    peer: str
    key: str
    begun_ms: int
    is_returning: bool = False


class ChannelReturned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="channel-returned"):
    """The peer has said all that it has of ours, and that we had of its. edition: as of `Channel`."""

    peer: str
    edition: int = 0


class ChannelRenewed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="channel-renewed"):
    """The peer signs with another key from now on."""

    peer: str
    key: str


class StreamGrew(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="stream-grew"):
    """A message took the next place of a stream. head, awaited: as of `Line`, of incoming ones."""

    peer: str
    direction: Direction
    stream: Stream
    peaks: tuple[bytes, ...]
    head: StreamHead | None = None
    awaited: StreamHead | None = None


class ReceiptsTaken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="receipts-taken"):
    """The peer recorded so many of ours, by stream."""

    peer: str
    acknowledged: tuple[int, int, int]


class LineForgotten(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="line-forgotten"):
    """Messages of a line before number `through` are kept no more."""

    peer: str
    direction: Direction
    stream: Stream
    through: int


class UnknownKept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="unknown-kept"):
    """The entry keeps what the peer signed in a form that we do not know.

    digest: as of `Unread`, where the peer is to be told of it; None where it is not, or by another entry.
    """

    peer: str
    version: int
    digest: bytes | None = None


class UnknownTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="unknown-told"):
    """The peer is told that what it signed, with this digest, could not be read. told_at: as of `Unread`."""

    peer: str
    digest: bytes
    told_at: int


class ReadingTaken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reading-taken"):
    """The peer says that it could not read something, and up to which version of envelopes it reads."""

    peer: str
    reads: int


Event = (
    ChannelOpened
    | ChannelStopped
    | ChannelUnsure
    | ChannelResumed
    | ChannelBegun
    | ChannelReturned
    | ChannelRenewed
    | StreamGrew
    | ReceiptsTaken
    | LineForgotten
    | UnknownKept
    | UnknownTold
    | ReadingTaken
)
Outcome = tuple[Event | messages.Event | ErrandDone, ...] | Refusal


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> Outcome:
    """Answer one command about one channel. Never raises; says no prose."""
    if isinstance(command, OpenChannel):
        return _opened(command, facts, author)
    if facts.peer_party is None:
        return Refusal(reason=Reason.NOT_THERE)
    is_from_peer = isinstance(command, TakeMessage | TakeReceipts | KeepUnknown)
    if author.party != (facts.peer_party if is_from_peer else facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    if facts.stopped is not None and not (isinstance(command, ForgetMessages) or _closes(command, facts)):
        return Refusal(reason=Reason.WRONG_STATUS)
    is_of_line = isinstance(command, SendMessage | TakeMessage | TakeReceipts)
    if facts.is_unsure if is_of_line else isinstance(command, ResumeChannel) and not facts.is_unsure:
        return Refusal(reason=Reason.WRONG_STATUS)
    match command:
        case StopChannel():
            return (ChannelStopped(peer=command.peer, why=command.why),)
        case ResumeChannel():
            return (ChannelResumed(peer=command.peer),)
        case SendMessage():
            return _sent(command, facts, epoch_ms(now))
        case TakeMessage():
            return _taken(command, facts, epoch_ms(now))
        case TakeReceipts():
            return _receipts(command, facts) or Refusal(reason=Reason.WRONG_STATUS)
        case ForgetMessages():
            return _forgotten(command, facts)
        case KeepUnknown():
            return (_unknown(command, facts),)


def _closes(command: Command, facts: Facts) -> bool:
    """Whether people end a line that stopped for two histories, as a revocation does: it can begin anew."""
    is_closing = isinstance(command, StopChannel) and command.why is Stopped.CLOSED
    return is_closing and facts.stopped is Stopped.TWO_HISTORIES


def _opened(command: OpenChannel, facts: Facts, author: Author) -> Outcome:
    if author.party != facts.party or command.party == facts.party:
        return Refusal(reason=Reason.NOT_YOURS)
    if facts.peer_party is not None:
        return Refusal(reason=Reason.ID_TAKEN, because=(command.peer,))
    if facts.count >= CHANNELS_MAX:
        return limit_reached("channels_max")
    return (ChannelOpened(peer=command.peer, party=command.party, key=command.key),)


def _sent(command: SendMessage, facts: Facts, now_ms: int) -> Outcome:
    line = _line(facts)
    if line.size - line.acknowledged >= WAITING_MAX[command.stream]:
        return limit_reached("waiting_max")
    if command.valid_until_ms <= now_ms:
        return Refusal(reason=Reason.TIME_PAST)
    if command.valid_until_ms > now_ms + VALID_MAX_MS:
        return Refusal(reason=Reason.TOO_FAR_AHEAD)
    if command.errand_id is not None and not facts.is_errand:
        return Refusal(reason=Reason.WRONG_STATUS)
    done = () if command.errand_id is None else (ErrandDone(errand_id=command.errand_id),)
    answered: tuple[MessageReported | UnknownTold, ...] = ()
    if command.answers is not None:
        if facts.about is None or not _is_so(facts.about, command.says):
            return Refusal(reason=Reason.WRONG_STATUS)
        answered = (MessageReported(message_key=facts.about.message_key, state=command.says),)
    if command.tells is not None:
        untold = [each.digest for each in facts.unread if each.told_at is None]
        if command.stream is not Stream.COORDINATION or command.tells not in untold:
            return Refusal(reason=Reason.WRONG_STATUS)
        answered = (*answered, UnknownTold(peer=command.peer, digest=command.tells, told_at=line.size))
    message = _kept(command, facts, line.size, MessageState.SENT, queued_ms=now_ms, now_ms=now_ms)
    grew = StreamGrew(
        peer=command.peer, direction=Direction.OUTGOING, stream=command.stream, peaks=facts.peaks
    )
    return (grew, MessageKept(message=message), *answered, *done)


def _is_so(about: Message, says: MessageState | None) -> bool:
    """Whether the sender of a message is still to be told of it, and this."""
    state = about.state if about.state in messages.SEEN else None
    return messages.is_owed(about) and says is state


def _taken(command: TakeMessage, facts: Facts, now_ms: int) -> Outcome:
    line = _line(facts)
    if command.sequence < line.size:
        is_same = facts.of_leaf in (None, facts.leaf)  # None: forgotten, so nothing can be compared
        return Refusal(reason=Reason.WRONG_STATUS) if is_same else _two_histories(command)
    if command.sequence > line.size:
        return Refusal(reason=Reason.NOT_YET)
    size = line.size + 1
    claims = [each for each in (line.awaited, command.head) if each is not None]
    if any(each.size == size and each.root != facts.root for each in claims):
        return _two_histories(command)
    receipts = _receipts(command, facts)
    if any(isinstance(each, ChannelStopped) for each in receipts):
        return receipts
    grew = StreamGrew(
        peer=command.peer,
        direction=Direction.INCOMING,
        stream=command.stream,
        peaks=facts.peaks,
        head=next((each for each in claims if each.size == size), line.head),
        awaited=min((each for each in claims if each.size > size), key=_size, default=None),
    )
    is_late = command.is_left_out or command.valid_until_ms <= now_ms
    ended = () if is_late else _ended(command, facts)
    reading = () if is_late else _reading(command)
    is_known = command.is_known and _tells_of_ours(command, facts)
    state = MessageState.RECEIVED if is_known else MessageState.FAILED
    message = _kept(
        command,
        facts,
        command.sequence,
        MessageState.EXPIRED if is_late else state,
        queued_ms=command.queued_ms,
        now_ms=now_ms,
    )
    return (grew, MessageKept(message=message), *ended, *reading, *receipts)


def _line(facts: Facts) -> Line:
    return present(facts.line, "a message has a line to be on")


def _size(head: StreamHead) -> int:
    return head.size


def _two_histories(command: TakeMessage) -> tuple[ChannelStopped]:
    return (ChannelStopped(peer=command.peer, why=Stopped.TWO_HISTORIES),)


def _tells_of_ours(command: TakeMessage, facts: Facts) -> bool:
    """Whether a report is of a message of ours; of one that was forgotten nobody can tell any more."""
    said, about = command.reported, facts.about
    if said is None:
        return True
    if about is None:
        return 0 <= said.sequence < facts.sent[STREAMS.index(said.stream)]
    return about.message_id == said.message_id


def _ended(command: TakeMessage, facts: Facts) -> tuple[MessageEnded | MessageSeen, ...]:
    """What the report says of one of ours, if it is one of ours, and nothing as good was said of it yet."""
    said, about = command.reported, facts.about
    if said is None or about is None or about.message_id != said.message_id:
        return ()
    if said.state in messages.SEEN:
        return _seen(command, said, about, facts)
    if about.state is not MessageState.SENT or said.state not in messages.ENDED:
        return ()
    return (MessageEnded(message_key=about.message_key, state=said.state),)


def _seen(
    command: TakeMessage, said: Reported, about: Message, facts: Facts
) -> tuple[MessageEnded | MessageSeen, ...]:
    """A state only climbs, and nobody was shown what the peer has not recorded, or what ended there."""
    at = STREAMS.index(said.stream)
    is_received = said.sequence < max(command.acknowledged[at], facts.acknowledged[at])
    is_news = about.state not in messages.ENDED and not messages.is_climbed(about, said.state)
    if not is_received or not is_news or said.at_ms is None:
        return ()
    return (MessageSeen(message_key=about.message_key, state=said.state, at_ms=said.at_ms),)


def _reading(command: TakeMessage) -> tuple[ReadingTaken, ...]:
    return () if command.reads is None else (ReadingTaken(peer=command.peer, reads=command.reads),)


def _unknown(command: KeepUnknown, facts: Facts) -> UnknownKept:
    """The peer is told once of what came again and again, and not of more than is remembered."""
    is_new = command.digest not in [each.digest for each in facts.unread]
    is_any_known_there = any(each.is_known_there(facts.acknowledged) for each in facts.unread)
    has_room = len(facts.unread) < UNREAD_MAX or is_any_known_there
    digest = command.digest if is_new and has_room else None
    return UnknownKept(peer=command.peer, version=command.version, digest=digest)


def _receipts(
    command: TakeMessage | TakeReceipts, facts: Facts
) -> tuple[ReceiptsTaken | ChannelStopped, ...]:
    """What the peer's count of ours changes: nothing, more are recorded there, or more than we ever sent."""
    if any(count > size for count, size in zip(command.acknowledged, facts.sent, strict=True)):
        return (ChannelStopped(peer=command.peer, why=Stopped.SET_BACK),)
    first, second, third = map(max, command.acknowledged, facts.acknowledged)
    if (first, second, third) == facts.acknowledged:
        return ()
    return (ReceiptsTaken(peer=command.peer, acknowledged=(first, second, third)),)


def _kept(
    command: SendMessage | TakeMessage,
    facts: Facts,
    sequence: int,
    state: MessageState,
    *,
    queued_ms: int,
    now_ms: int,
) -> Message:
    is_ours = isinstance(command, SendMessage)
    return Message(
        peer=command.peer,
        direction=Direction.OUTGOING if is_ours else Direction.INCOMING,
        stream=command.stream,
        sequence=sequence,
        message_id=command.message_id,
        kind=command.kind,
        queued_ms=queued_ms,
        valid_until_ms=command.valid_until_ms,
        leaf=present(facts.leaf, "a message is hashed before it is decided on"),
        header_salt=command.header_salt,
        body_digest=command.body_digest,
        body=command.body,
        body_salt=command.body_salt,
        kept_ms=now_ms,
        state=state,
        errand_id=command.errand_id if isinstance(command, SendMessage) else None,
    )


def _forgotten(command: ForgetMessages, facts: Facts) -> Outcome:
    line = _line(facts)
    is_over = facts.stopped in OVER
    is_all = is_over or command.direction is Direction.INCOMING
    over = line.size if is_all else line.acknowledged
    if not line.kept_from < command.through <= min(over, line.kept_from + FORGOTTEN_AT_ONCE_MAX):
        return Refusal(reason=Reason.WRONG_STATUS)
    if facts.undone is not None and not is_over:
        return Refusal(reason=Reason.NOT_YET, because=(facts.undone,))
    forgotten = LineForgotten(
        peer=command.peer, direction=command.direction, stream=command.stream, through=command.through
    )
    return (forgotten, *(MessageForgotten(message_key=key) for key in keys(command, line)))


def keys(command: ForgetMessages, line: Line) -> Iterator[str]:
    """The keys of the messages that `command` would forget."""
    for sequence in range(line.kept_from, min(command.through, line.kept_from + FORGOTTEN_AT_ONCE_MAX)):
        yield key_of(command.peer, command.direction, command.stream, sequence)


# How it changes


def evolve(value: Channel | None, event: Event) -> Channel:
    """The channel after `event`. Stops when the two contradict each other."""
    if isinstance(event, ChannelOpened):
        return Channel(peer=event.peer, party=event.party, key=event.key)
    held = present(value, "changed while not there")
    match event:
        case ChannelStopped():
            is_returning = held.is_returning or held.is_unsure or held.stopped is Stopped.SET_BACK
            return msgspec.structs.replace(held, stopped=event.why, is_returning=is_returning)
        case ChannelUnsure():
            return msgspec.structs.replace(held, is_unsure=True)
        case ChannelResumed():
            return msgspec.structs.replace(held, is_unsure=False)
        case ChannelBegun():
            return Channel(
                peer=held.peer,
                party=held.party,
                key=event.key,
                begun_ms=event.begun_ms,
                is_returning=event.is_returning,
                edition=held.edition,
            )
        case ChannelReturned():
            edition = max(held.edition, event.edition)
            return msgspec.structs.replace(held, is_returning=False, edition=edition)
        case ChannelRenewed():
            return msgspec.structs.replace(held, key=event.key)
        case StreamGrew():
            line = held.line(event.direction, event.stream)
            grown = msgspec.structs.replace(
                line, size=line.size + 1, peaks=event.peaks, head=event.head, awaited=event.awaited
            )
            return _with_line(held, event.direction, event.stream, grown)
        case ReceiptsTaken():
            first, second, third = (
                msgspec.structs.replace(line, acknowledged=count)
                for line, count in zip(held.outgoing, event.acknowledged, strict=True)
            )
            return msgspec.structs.replace(held, outgoing=(first, second, third))
        case LineForgotten():
            line = held.line(event.direction, event.stream)
            kept = msgspec.structs.replace(line, kept_from=event.through)
            return _with_line(held, event.direction, event.stream, kept)
        case UnknownKept():
            return held if event.digest is None else _with_unread(held, event.version, event.digest)
        case UnknownTold():
            told = (
                msgspec.structs.replace(each, told_at=event.told_at) if each.digest == event.digest else each
                for each in held.unread
            )
            return msgspec.structs.replace(held, unread=tuple(told))
        case ReadingTaken():
            return msgspec.structs.replace(held, reads=event.reads)


def _with_unread(held: Channel, version: int, digest: bytes) -> Channel:
    unread = list(held.unread)
    if len(unread) >= UNREAD_MAX:
        known_there = (each for each in unread if each.is_known_there(acknowledged(held)))
        unread.remove(present(next(known_there, None), "there was room"))
    return msgspec.structs.replace(held, unread=(*unread, Unread(version=version, digest=digest)))


def _with_line(held: Channel, direction: Direction, stream: Stream, line: Line) -> Channel:
    is_outgoing = direction is Direction.OUTGOING
    lines = list(held.outgoing if is_outgoing else held.incoming)
    lines[STREAMS.index(stream)] = line
    first, second, third = lines
    changed = (first, second, third)
    if is_outgoing:
        return msgspec.structs.replace(held, outgoing=changed)
    return msgspec.structs.replace(held, incoming=changed)


def _message(command: SendMessage | TakeMessage) -> None:
    matched("peer", command.peer, PARTY_ID)
    matched("message_id", command.message_id, COMMAND_ID)
    matched("kind", command.kind, OBJECT_ID)
    sized("header_salt", command.header_salt, SALT_BYTES)
    sized("body_digest", command.body_digest, DIGEST_BYTES)
    counted("valid_until_ms", command.valid_until_ms)
    if command.body is not None and len(command.body.encode()) > BODY_BYTES_MAX:
        raise ValueError(f"a body of more than {BODY_BYTES_MAX} bytes")
