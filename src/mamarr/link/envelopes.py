"""Envelopes: what goes over a line, as bytes.

An envelope is a length of four bytes, a MessagePack array of that length, and zeros up to a size class
(THREATS 4). The array has the version of the form, the signature, what is signed, and the message: an entry
of two salted parts, header and body, as `engine.streams` hashes them. Signed is not the message but its leaf:
so the body can be left out when it is past its validity, or erased later, and the signature stands.

The outer form and what the signature is over are the same in every version: what a later one signed can be
checked and kept by an earlier one.
"""

from functools import lru_cache
from hashlib import sha256

import msgspec

from mamarr.coordination.channels import NONE
from mamarr.coordination.messages import STREAMS, Message, Stream
from mamarr.engine.streams import BODY, HEADER, Header, header_of, leaf
from mamarr.faults import WireError, invariant, present
from mamarr.names import PARTY_ID, Mode
from mamarr.record import Checkpoint, Entry, Part, Sealed, Signer, Verifier
from mamarr.record.entries import entry_from_body
from mamarr.record.tree import HASH_BYTES, Frontier

VERSION = 1
VERSIONS_MAX = 255  # the version is one byte of what is signed
DOMAIN = b"mamarr envelope "  # no checkpoint and no snapshot begins like this
LENGTH_BYTES = 4
# Chosen: a receipt fits the first, a sentence the second, a long route the fourth; nothing is over the last.
SIZE_CLASSES_BYTES = (1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536)
SIGNATURE_BYTES = 64
COUNT_MAX = 1 << 53
HEADS_REMEMBERED_MAX = 64  # chosen: the peers that send, some three each, which come again and again
ABOUT_LETTERS = 16  # chosen: of hex; two invitations between the same two nodes never share as many


class Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is signed.

    sender, receiver: node ids. sent_ms: when, by the sender's clock. heard_sent_ms, heard_for_ms: of the
    newest envelope of the receiver's, when that says it was sent, and how long ago it came. acknowledged: how
    many of the receiver's messages are recorded here, by stream; seen: up to which one some came, recorded or
    not. heads: signed checkpoints of the sender's own streams: of the message's stream, without a message of
    all three that have any. log: a salted commitment to the newest head of the sender's log. stream,
    sequence, leaf: of the message. is_stopped: nothing of the receiver's is taken in any more. known: how
    many of the sender's the receiver has said that it recorded, by stream: it may have forgotten that.
    awaited: how many of the receiver's there are by a head that it signed, where not all are recorded here.
    """

    mode: Mode
    sender: str
    receiver: str
    sent_ms: int
    acknowledged: tuple[int, int, int]
    seen: tuple[int, int, int]
    heads: tuple[str, ...]
    log: bytes
    stream: Stream | None = None
    sequence: int | None = None
    leaf: bytes | None = None
    heard_sent_ms: int | None = None
    heard_for_ms: int | None = None
    is_stopped: bool = False
    known: tuple[int, int, int] = NONE
    awaited: tuple[int, int, int] = NONE

    def __post_init__(self) -> None:
        numbers = (self.sent_ms, *self.acknowledged, *self.seen, *self.known, *self.awaited)
        echoes = (self.heard_sent_ms or 0, self.heard_for_ms or 0, self.sequence or 0)
        if not all(0 <= each <= COUNT_MAX for each in (*numbers, *echoes)):
            raise ValueError(f"a number is not between 0 and {COUNT_MAX}")
        if len({self.stream is None, self.sequence is None, self.leaf is None}) != 1:
            raise ValueError("stream, sequence and leaf are there together, or none of them is")
        if (self.heard_sent_ms is None) != (self.heard_for_ms is None):
            raise ValueError("when an envelope was sent is said together with how long ago it came")
        if len(self.log) != HASH_BYTES or len(self.leaf or self.log) != HASH_BYTES:
            raise ValueError(f"a hash has {HASH_BYTES} bytes")
        if len(self.heads) > len(STREAMS):
            raise ValueError(f"more than {len(STREAMS)} heads")


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope whose signature and hashes were checked.

    heads: by stream, what the sender's checkpoints say, with the notes. signed: signature and payload, which
    the record keeps. header, header_salt, digest, body, body_salt (hex): of the message, if there is one; the
    body is None when it was left out.
    """

    payload: Payload
    heads: dict[Stream, tuple[Checkpoint, str]]
    signed: bytes
    header: Header | None = None
    header_salt: bytes = b""
    digest: bytes = b""
    body: str | None = None
    body_salt: str | None = None


class UnknownVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What the peer signed in a later form than ours. signed: as of `Opened`."""

    version: int
    signed: bytes


def key_name(sender: str, mode: Mode, receiver: str, about: bytes = b"") -> str:
    """The name of the key with which `sender` signs for `receiver`; its streams' trees are named after it.

    about: of the invitation by which persons joined them, as of `coordination.peers`: each time that they do,
    the streams begin anew, and must not be taken for those before.
    """
    name = f"{sender}/{mode}/{receiver}"
    return f"{name}/{about.hex()[:ABOUT_LETTERS]}" if about else name


def head(signer: Signer, stream: Stream, frontier: Frontier) -> str:
    """The signed checkpoint of a stream."""
    origin = f"{signer.verifier.name}/{stream}"
    return signer.seal(Checkpoint(origin=origin, size=frontier.size, root=frontier.root()))


def commitment(secret: bytes, note: str) -> bytes:
    """The salted commitment to a head of the log. secret: 32 random bytes that only this node has.

    The salt is made of the secret and the head, so it need not be kept; to open it, `opening` is shown.
    """
    return sha256(opening(secret, note) + note.encode()).digest()


def opening(secret: bytes, note: str) -> bytes:
    """The salt of a commitment: with it and the head anybody can compute the commitment again."""
    return sha256(b"mamarr head salt 1\n" + secret + note.encode()).digest()


def sealed(payload: Payload, signer: Signer, message: Message | None = None, *, now_ms: int = 0) -> bytes:
    """The envelope. message: the one that the payload names; its body is left out when it is past its
    time."""
    signed = _encode(payload)
    signature = signer.sign(_signed_over(VERSION, signed))
    content = b"" if message is None else _parts(message, is_late=message.valid_until_ms <= now_ms).body()
    return padded(_encode((VERSION, signature, signed, content)))


def padded(array: bytes) -> bytes:
    """Length, array, zeros: as long as the next size class."""
    raw = len(array).to_bytes(LENGTH_BYTES, "big") + array
    return raw.ljust(present(size_class(len(raw)), "what is queued fits the largest size class"), b"\0")


def size_class(length: int) -> int | None:
    """How long an envelope of `length` bytes is when it is padded; None when it is too long."""
    return next((each for each in SIZE_CLASSES_BYTES if each >= length), None)


def opened(raw: bytes, verifier: Verifier, *, mode: Mode, node: str) -> Opened | UnknownVersion:
    """Read an envelope for `node`, signed by whom `verifier` checks. Raises WireError: what is wrong, where.

    Cost: of two signatures; what is not of the form is found before any.
    """
    version, signature, signed, content = _unpacked(raw)
    if not verifier.checks(_signed_over(version, signed), signature):
        raise WireError("not signed by the peer's key", at="$.signature", code="signature")
    if version != VERSION:
        return UnknownVersion(version=version, signed=signature + signed)
    try:
        payload = _payload(signed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise WireError(str(wrong), at="$.payload", code="form") from wrong
    _addressed(payload, verifier, mode=mode, node=node)
    heads = dict(_head(note, verifier) for note in payload.heads)
    found = Opened(payload=payload, heads=heads, signed=signature + signed)
    if payload.stream is None:
        if content:
            raise WireError("a message that the payload does not name", at="$.message", code="form")
        return found
    return _with_message(found, payload.stream, content)


def signed_digest(version: int, signed: bytes) -> bytes:
    """SHA-256 of what the signature is over: by it who signed it knows it again. signed: as of `Opened`."""
    return sha256(_signed_over(version, signed[SIGNATURE_BYTES:])).digest()


def is_signed(version: int, signed: bytes, verifier: Verifier) -> bool:
    """Whether `verifier` checks what a record keeps of an envelope. signed: as of `Opened`."""
    is_version = 1 <= version <= VERSIONS_MAX
    signature, over = signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:]
    return is_version and verifier.checks(_signed_over(version, over), signature)


def payload_in(signed: bytes) -> Payload:
    """What of our version was signed; ValueError when it is not of the form. signed: as of `Opened`."""
    try:
        return _payload(signed[SIGNATURE_BYTES:])
    except RecursionError as wrong:
        raise ValueError(str(wrong)) from wrong


def claimed_stream(raw: bytes) -> Stream | None:
    """Of which stream an envelope says it is, before anything of it is checked; WireError as `opened`."""
    _, _, signed, _ = _unpacked(raw)
    try:
        return _claim(signed).stream
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # of a later version perhaps: `opened` says so, or what is wrong


class _Claim(msgspec.Struct, frozen=True):
    stream: Stream | None = None


def _unpacked(raw: bytes) -> tuple[int, bytes, bytes, bytes]:
    if len(raw) not in SIZE_CLASSES_BYTES:
        allowed = ", ".join(map(str, SIZE_CLASSES_BYTES))
        raise WireError(f"{len(raw)} bytes are no size class", allowed=allowed, code="size")
    end = LENGTH_BYTES + int.from_bytes(raw[:LENGTH_BYTES], "big")
    if size_class(end) != len(raw) or any(raw[end:]):
        raise WireError("the length does not fit the size class, or the padding is not zeros", code="size")
    try:
        version, signature, signed, content = _array(raw[LENGTH_BYTES:end])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise WireError(str(wrong), code="form") from wrong
    if not 1 <= version <= VERSIONS_MAX or len(signature) != SIGNATURE_BYTES:
        raise WireError("no version from 1 to 255, or no signature of 64 bytes", code="form")
    if _encode((version, signature, signed, content)) != raw[LENGTH_BYTES:end]:
        raise WireError("written in another form than the one it has", code="form")
    return version, signature, signed, content


def _addressed(payload: Payload, verifier: Verifier, *, mode: Mode, node: str) -> None:
    """WireError unless the payload is of the peer, for us, and of our mode."""
    if payload.mode is not mode:
        raise WireError(f"mode {payload.mode}", at="$.payload.mode", allowed=mode, code="mode")
    if payload.receiver != node or PARTY_ID.fullmatch(payload.sender) is None:
        raise WireError("for another node", at="$.payload.receiver", allowed=node, code="address")
    if verifier.name.split("/")[:3] != key_name(payload.sender, mode, node).split("/"):
        raise WireError("signed by a key of another sender", at="$.payload.sender", code="address")


@lru_cache(HEADS_REMEMBERED_MAX)
def _head(note: str, verifier: Verifier) -> tuple[Stream, tuple[Checkpoint, str]]:
    try:
        said = verifier.open(note)
        name, _, stream = said.origin.rpartition("/")
        if name != verifier.name:
            raise ValueError("a head of a tree that is not the sender's")
        return Stream(stream), (said, note)
    except ValueError as wrong:
        raise WireError(str(wrong), at="$.payload.heads", code="head") from wrong


def _with_message(found: Opened, stream: Stream, content: bytes) -> Opened:
    sequence = present(found.payload.sequence, "a message has its number")
    try:
        entry = entry_from_body(sequence, content)
        header_part, body_part = entry.parts
        header = _header(header_part.content) if isinstance(header_part, Part) else None
        if header is None or not isinstance(header_part, Part) or header_part.name != HEADER:
            raise ValueError("no header")
        body = body_part.content.decode() if isinstance(body_part, Part) else None
        if isinstance(body_part, Part) and body_part.name != BODY:
            raise ValueError("no body")
        hashed = leaf(header, header_part.salt, body_part.hash())
    except (ValueError, msgspec.DecodeError, RecursionError) as wrong:
        raise WireError(str(wrong), at="$.message", code="form") from wrong
    if (header.stream, header.sequence) != (stream, sequence) or hashed != found.payload.leaf:
        raise WireError("not the message that is signed", at="$.message", code="leaf")
    said = found.heads.get(stream)
    if said is None or said[0].size <= sequence:
        raise WireError("no head of the stream with the message in it", at="$.payload.heads", code="head")
    return msgspec.structs.replace(
        found,
        header=header,
        header_salt=header_part.salt,
        digest=body_part.hash(),
        body=body,
        body_salt=body_part.salt.hex() if isinstance(body_part, Part) else None,
    )


def _parts(message: Message, *, is_late: bool) -> Entry:
    """The message as its two parts; without its body when that is late, or erased."""
    header = Part(HEADER, message.header_salt, _encode_header(header_of(message)))
    body: Part | Sealed = Sealed(message.body_digest)
    if not is_late and message.body is not None and message.body_salt is not None:
        body = Part(BODY, bytes.fromhex(message.body_salt), message.body.encode())
        invariant(body.hash() == message.body_digest, "a message is sent as it was queued")
    return Entry(sequence=message.sequence, parts=(header, body))


def _signed_over(version: int, signed: bytes) -> bytes:
    return DOMAIN + bytes([version]) + b"\n" + signed


_encode = msgspec.msgpack.Encoder().encode
_array = msgspec.msgpack.Decoder(tuple[int, bytes, bytes, bytes]).decode
_payload = msgspec.msgpack.Decoder(Payload).decode
_claim = msgspec.msgpack.Decoder(_Claim).decode
_encode_header = msgspec.json.Encoder().encode
_header = msgspec.json.Decoder(Header).decode
