"""The trees of what two nodes send each other, and what the decisions of a channel rest on.

A message is hashed like an entry of the record, in two parts with salts of their own, header and body: either
side can withhold or erase what it says, and both can still prove that it was sent, in this place.
"""

import msgspec

from mamarr.coordination import Channel, Direction, Message, MessageState, Stream, channels, messages
from mamarr.coordination.channels import Line, SendMessage, TakeMessage
from mamarr.coordination.messages import key_of
from mamarr.engine.projection import Projection
from mamarr.record import Entry, Part, Sealed
from mamarr.record.tree import Frontier, leaf_hash

HEADER, BODY = "header", "body"


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What of a message both sides must know to keep it in its place. Fields: as of `Message`."""

    message_id: str
    stream: Stream
    sequence: int
    kind: str
    queued_ms: int
    valid_until_ms: int


def body_digest(body: str, body_salt: str) -> bytes:
    """The salted hash of a body, 32 bytes. body_salt: hex of SALT_BYTES bytes; ValueError when it is none."""
    return Part(BODY, bytes.fromhex(body_salt), body.encode()).hash()


def leaf(header: Header, header_salt: bytes, digest: bytes) -> bytes:
    """The hash of a message in the tree of its stream, 32 bytes. digest: of its body."""
    said = Part(HEADER, header_salt, _encode(header))
    return leaf_hash(Entry(sequence=header.sequence, parts=(said, Sealed(digest))).leaf())


def message(
    *,
    peer: str,
    stream: Stream,
    message_id: str,
    kind: str,
    body: str,
    valid_until_ms: int,
    salts: tuple[bytes, bytes],
    answers: str | None = None,
    errand_id: str | None = None,
    tells: bytes | None = None,
    says: MessageState | None = None,
) -> SendMessage:
    """The command that queues a message. salts: of its header and its body, 32 random bytes each."""
    header_salt, salt = salts
    return SendMessage(
        peer=peer,
        stream=stream,
        message_id=message_id,
        kind=kind,
        valid_until_ms=valid_until_ms,
        header_salt=header_salt,
        body_digest=body_digest(body, salt.hex()),
        body=body,
        body_salt=salt.hex(),
        answers=answers,
        errand_id=errand_id,
        tells=tells,
        says=says,
    )


def header_of(value: Message) -> Header:
    """The header of a message that is kept."""
    return Header(
        message_id=value.message_id,
        stream=value.stream,
        sequence=value.sequence,
        kind=value.kind,
        queued_ms=value.queued_ms,
        valid_until_ms=value.valid_until_ms,
    )


def known(projection: Projection, command: channels.Command, now_ms: int) -> channels.Facts:
    """The facts for one command about one channel."""
    held = projection.channels.get(command.peer)
    count = projection.count("channels")
    if held is None:
        return channels.Facts(party=projection.party, count=count)
    bare = channels.Facts(
        party=projection.party,
        count=count,
        peer_party=held.party,
        stopped=held.stopped,
        is_unsure=held.is_unsure,
        sent=channels.sizes(held),
        acknowledged=channels.acknowledged(held),
    )
    match command:
        case SendMessage():
            line = held.line(Direction.OUTGOING, command.stream)
            about = None if command.answers is None else projection.messages.get(command.answers)
            errand_id = command.errand_id
            is_errand = errand_id is not None and projection.errands.get(errand_id) is not None
            bare = msgspec.structs.replace(bare, is_errand=is_errand)
            grown = _grown(bare, line, _header(command, line.size, now_ms), command, about)
            unread = () if command.tells is None else held.unread
            return msgspec.structs.replace(grown, unread=unread)
        case TakeMessage():
            line = held.line(Direction.INCOMING, command.stream)
            header = _header(command, command.sequence, command.queued_ms)
            grown = _grown(bare, line, header, command, _told_of(projection, held, command))
            return msgspec.structs.replace(grown, of_leaf=_leaf_at(projection, command, line))
        case channels.ForgetMessages():
            line = held.line(command.direction, command.stream)
            found = ((key, projection.messages.get(key)) for key in channels.keys(command, line))
            owed = (key for key, each in found if each is not None and messages.is_undone(each))
            return msgspec.structs.replace(bare, line=line, undone=next(owed, None))
        case channels.KeepUnknown() if command.digest is not None:
            return msgspec.structs.replace(bare, unread=held.unread)
        case _:
            return bare


def _header(command: SendMessage | TakeMessage, sequence: int, queued_ms: int) -> Header:
    return Header(
        message_id=command.message_id,
        stream=command.stream,
        sequence=sequence,
        kind=command.kind,
        queued_ms=queued_ms,
        valid_until_ms=command.valid_until_ms,
    )


def _grown(
    bare: channels.Facts,
    line: Line,
    header: Header,
    command: SendMessage | TakeMessage,
    about: Message | None,
) -> channels.Facts:
    hashed = leaf(header, command.header_salt, command.body_digest)
    frontier = Frontier(line.size, line.peaks)
    frontier.append(hashed)
    return msgspec.structs.replace(
        bare,
        line=line,
        leaf=hashed,
        peaks=tuple(frontier.peaks),
        root=frontier.root(),
        about=None if about is None else messages.bare(about),
    )


def _told_of(projection: Projection, held: Channel, command: TakeMessage) -> Message | None:
    said = command.reported
    if said is None:
        return None
    return projection.messages.get(key_of(held.peer, Direction.OUTGOING, said.stream, said.sequence))


def _leaf_at(projection: Projection, command: TakeMessage, line: Line) -> bytes | None:
    """The leaf of the message that has the place of the asked one already, if it is still kept."""
    if command.sequence >= line.size:
        return None
    kept = projection.messages.get(key_of(command.peer, Direction.INCOMING, command.stream, command.sequence))
    return None if kept is None else kept.leaf


_encode = msgspec.json.Encoder().encode
