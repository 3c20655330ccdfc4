"""Entries: a list of parts, each hashed with a salt of its own, so that any part can be withheld or erased.

The hash of a part is SHA-256(PART_DOMAIN || salt || name length, two bytes || name || content). The leaf of
an entry is LEAF_VERSION || number of parts, two bytes || the hashes of its parts in their order. A part whose
salt and content are gone keeps its hash, so the leaf, and with it every proof, stays what it was; without
the salt nobody can test a guess of the content against the hash.
"""

from hashlib import sha256

import msgspec

from mamarr.names import Mode
from mamarr.record.tree import HASH_BYTES

PART_DOMAIN = b"mamarr part 1\x00"
LEAF_VERSION = b"\x01"
SALT_BYTES = 32
PARTS_MAX = 64  # chosen: an entry has five of its own and what peers and persons signed
PART_BYTES_MAX = 1 << 20  # chosen: a request body is at most 1 MiB, and facts have limits of their own
FRAME = "frame"


class Part(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """One part, whole. name: what it is. salt: 32 random bytes. content: its bytes."""

    name: str
    salt: bytes
    content: bytes

    def hash(self) -> bytes:
        """The 32 bytes that stand for this part in the leaf."""
        name = self.name.encode()
        return sha256(PART_DOMAIN + self.salt + len(name).to_bytes(2, "big") + name + self.content).digest()


class Sealed(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A part of which only the hash is left here: erased, or withheld from whoever reads this."""

    digest: bytes

    def hash(self) -> bytes:
        """The 32 bytes that stand for this part in the leaf."""
        return self.digest


class Frame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first part of every entry: where in the log it stands.

    sequence: its place, from 0. commit: sequence of the first entry of its group commit. time_ms: when it was
    decided, milliseconds since 1970-01-01T00:00:00Z, never less than that of the entry before. mode and node:
    of the log. key: hex of the idempotency key, or None.
    """

    sequence: int
    commit: int
    time_ms: int
    mode: Mode
    node: str
    key: str | None = None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An entry before it has a place: its time, its idempotency key and its parts but for the frame."""

    time_ms: int
    key: bytes | None = None
    parts: tuple[Part, ...]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in its place. sequence: counted from 0. parts: the frame first."""

    sequence: int
    parts: tuple[Part | Sealed, ...]

    def leaf(self) -> bytes:
        """The bytes that stand for this entry in the tree."""
        hashes = b"".join(part.hash() for part in self.parts)
        return LEAF_VERSION + len(self.parts).to_bytes(2, "big") + hashes

    def content(self, name: str) -> bytes | None:
        """The content of the part `name`, or None when the entry has none that can be read."""
        return next(
            (part.content for part in self.parts if isinstance(part, Part) and part.name == name), None
        )

    def frame(self) -> Frame:
        """The frame; ValueError when it is missing or broken."""
        first = self.parts[0] if self.parts else None
        if not isinstance(first, Part) or first.name != FRAME:
            raise ValueError("the entry does not begin with its frame")
        return _frame_decoder.decode(first.content)

    def body(self) -> bytes:
        """The stored form of the parts; not hashed itself."""
        return _body_encoder.encode(self.parts)

    def sealed(self, names: frozenset[str]) -> "Entry":
        """The same entry with the parts `names` reduced to their hashes; every proof still stands."""
        kept = tuple(
            Sealed(part.hash()) if isinstance(part, Part) and part.name in names else part
            for part in self.parts
        )
        return Entry(sequence=self.sequence, parts=kept)


def entry_from_body(sequence: int, body: bytes) -> Entry:
    """Read what `Entry.body` wrote; ValueError says what is wrong with it."""
    try:
        parts = _body_decoder.decode(body)
    except msgspec.DecodeError as wrong:
        raise ValueError(f"the entry does not decode: {wrong}") from wrong
    if len(parts) > PARTS_MAX:
        raise ValueError(f"more than {PARTS_MAX} parts")
    for part in parts:
        sized = len(part.salt) == SALT_BYTES if isinstance(part, Part) else len(part.digest) == HASH_BYTES
        if not sized:
            raise ValueError("a part with a salt or hash that is not 32 bytes long")
    return Entry(sequence=sequence, parts=parts)


def frame_part(frame: Frame, salt: bytes) -> Part:
    """The frame as a part."""
    return Part(FRAME, salt, _frame_encoder.encode(frame))


_frame_encoder = msgspec.json.Encoder()
_frame_decoder = msgspec.json.Decoder(Frame)
_body_encoder = msgspec.msgpack.Encoder()
_body_decoder = msgspec.msgpack.Decoder(tuple[Part | Sealed, ...])
