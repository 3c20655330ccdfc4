"""Entries: a list of parts, each hashed with a salt of its own, so that any part can be withheld or erased.

The hash of a part is SHA-256(PART_DOMAIN || salt || name length, two bytes || name || content). The leaf of
an entry is LEAF_VERSION || number of parts, two bytes || the hashes of its parts in their order. A part whose
salt and content are gone keeps its hash, so the leaf, and with it every proof, stays what it was; without
the salt nobody can test a guess of the content against the hash.
"""

from functools import lru_cache
from hashlib import sha256

import msgspec

from mamarr.names import Mode
from mamarr.record.tree import HASH_BYTES

PART_DOMAIN = b"mamarr part 1\x00"
_PART_BEGUN = sha256(PART_DOMAIN)  # a copy of it costs less than to begin again
LEAF_VERSION = b"\x01"
SALT_BYTES = 32
PARTS_MAX = 64  # chosen: an entry has five of its own and what peers and persons signed
PART_BYTES_MAX = 1 << 20  # chosen: a request body is at most 1 MiB, and facts have limits of their own
NAME_BYTES_MAX = 64  # chosen: names of parts are ours, a word each
NAMES_KEPT_MAX = 64  # chosen: a record has some ten names; an adversary's are forgotten again
TIME_LAST_MS = 253_402_300_799_999  # the last millisecond of the year 9999: later than any entry
FRAME = "frame"
GENESIS = "genesis"


class Part(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=0, gc=False):
    """One part, whole. name: what it is. salt: 32 random bytes. content: its bytes."""

    name: str
    salt: bytes
    content: bytes

    def hash(self) -> bytes:
        """The 32 bytes that stand for this part in the leaf."""
        hashed = _PART_BEGUN.copy()
        hashed.update(self.salt + _named(self.name))
        hashed.update(self.content)
        return hashed.digest()


class Sealed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=1, gc=False):
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


class Genesis(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The second part of the first entry: which form the entries have, and whose key signs the heads.

    key: the verifier key as text. A reader who knows it from elsewhere compares; one who does not can still
    prove order and wholeness.
    """

    format: int
    key: str


FORMAT = 1


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An entry before it has a place: its time, its idempotency key and its parts but for the frame."""

    time_ms: int
    key: bytes | None = None
    parts: tuple[Part, ...]


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry in its place. sequence: counted from 0. parts: the frame first."""

    sequence: int
    parts: tuple[Part | Sealed, ...]

    def leaf(self) -> bytes:
        """The bytes that stand for this entry in the tree."""
        hashes = [LEAF_VERSION + len(self.parts).to_bytes(2, "big")]
        hashes.extend([part.hash() for part in self.parts])
        return b"".join(hashes)

    def content(self, name: str) -> bytes | None:
        """The content of the part `name`, or None when the entry has none that can be read."""
        for part in self.parts:
            if isinstance(part, Part) and part.name == name:
                return part.content
        return None

    def contents(self) -> dict[str, bytes]:
        """The contents of all parts that can be read, by name."""
        return {part.name: part.content for part in self.parts if isinstance(part, Part)}

    def frame(self) -> Frame:
        """The frame; ValueError when it is missing, broken, or written in another form than ours."""
        first = self.parts[0] if self.parts else None
        if not isinstance(first, Part) or first.name != FRAME:
            raise ValueError("the entry does not begin with its frame")
        return _frame(first.content)

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


def genesis_part(key: str, salt: bytes) -> Part:
    """The genesis of a log whose heads `key` signs."""
    return Part(GENESIS, salt, _genesis_encoder.encode(Genesis(format=FORMAT, key=key)))


def genesis_of(entry: Entry) -> Genesis | None:
    """The genesis in `entry`, if it has one; ValueError when it does not decode or is of a later form."""
    content = entry.content(GENESIS)
    if content is None:
        return None
    try:
        genesis = _genesis_decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise ValueError(f"the genesis does not decode: {wrong}") from wrong
    if genesis.format != FORMAT:
        raise ValueError(f"the log has form {genesis.format}; this version reads form {FORMAT}")
    return genesis


def entry_from_body(sequence: int, body: bytes) -> Entry:
    """Read what `Entry.body` wrote, byte for byte; ValueError says what is wrong with it."""
    entry = entry_in_any_form(sequence, body)
    if _body_encoder.encode(entry.parts) != body:
        raise ValueError("the entry is written in another form than the one it has")
    return entry


def entry_in_any_form(sequence: int, body: bytes) -> Entry:
    """As `entry_from_body`, but other bytes that say the same pass: to be held against a leaf that is proven.

    The limits are looked at: were a salt longer, another name and content would have the same hash.
    """
    try:
        parts = _body_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise ValueError(f"the entry does not decode: {wrong}") from wrong
    checked(parts)
    return Entry(sequence=sequence, parts=parts)


def checked(parts: tuple[Part | Sealed, ...]) -> None:
    """ValueError unless `parts` keep the limits of an entry, and no two that can be read have one name.

    Were names repeated, withholding the first part of a name would let a second one speak in its place.
    """
    if len(parts) > PARTS_MAX:
        raise ValueError(f"more than {PARTS_MAX} parts")
    names = []
    for part in parts:
        if not isinstance(part, Part):  # asked for the more frequent one: a no takes five times as long
            if len(part.digest) != HASH_BYTES:
                raise ValueError(f"a withheld part is a hash of {HASH_BYTES} bytes")
            continue
        if len(part.salt) != SALT_BYTES:
            raise ValueError(f"a salt has {SALT_BYTES} bytes")
        if len(part.content) > PART_BYTES_MAX:
            raise ValueError(f"a part has more than {PART_BYTES_MAX} bytes")
        names.append(part.name)
    _names_checked(tuple(names))


@lru_cache(NAMES_KEPT_MAX)  # most entries have the same
def _names_checked(names: tuple[str, ...]) -> None:
    seen = set()
    for name in names:
        if len(name.encode()) > NAME_BYTES_MAX:
            raise ValueError(f"the name of a part has more than {NAME_BYTES_MAX} bytes")
        if name in seen:
            raise ValueError(f"two parts are named {name}")
        seen.add(name)


@lru_cache(1)  # an audit asks twice: for what the frame itself says, and for the time of the decision
def _frame(content: bytes) -> Frame:
    try:
        frame = _frame_decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise ValueError(f"the frame does not decode: {wrong}") from wrong
    if not 0 <= frame.time_ms <= TIME_LAST_MS or _frame_encoder.encode(frame) != content:
        raise ValueError("the frame is written in another form than the one it has")
    return frame


@lru_cache(NAMES_KEPT_MAX)
def _named(name: str) -> bytes:
    """A part's name as it is hashed: its length, then itself."""
    encoded = name.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def frame_part(frame: Frame, salt: bytes) -> Part:
    """The frame as a part."""
    return Part(FRAME, salt, _frame_encoder.encode(frame))


_frame_encoder = msgspec.json.Encoder()
_frame_decoder = msgspec.json.Decoder(Frame)
_genesis_encoder = msgspec.json.Encoder()
_genesis_decoder = msgspec.json.Decoder(Genesis)
_body_encoder = msgspec.msgpack.Encoder()
_body_decoder = msgspec.msgpack.Decoder(tuple[Part | Sealed, ...])
