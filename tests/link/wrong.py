"""Envelopes that a peer signed and that are wrong: each field in turn, with many values it cannot have."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from mamarr.coordination import Stream
from mamarr.engine.streams import BODY, HEADER, Header
from mamarr.link.envelopes import SIZE_CLASSES_BYTES, Payload, size_class
from mamarr.names import Mode
from mamarr.record import Checkpoint, Entry, Part, Signer
from mamarr.record.tree import Frontier, leaf_hash

REMOVED = "removed"  # stands for a field that is not there
NAN = float("nan")
# Of every type that MessagePack and JSON have, at the ends of their ranges, and what only looks right.
ANY: tuple[Any, ...] = (
    *(None, True, False, -1, 1 << 31, (1 << 53) + 1, (1 << 63) - 1, -(1 << 63), 1.5, -0.0, float("inf")),
    *("", "x", "0", "\x00", "\u202e", "node-north\n", "NODE-NORTH", "n" * 5_000, "../..", "%s%n"),
    *((), (0,), (0, 0), (0, 0, 0, 0), ("0", "0", "0"), (0, 0, None), (-1, 0, 0), (0, 0, 1 << 54)),
    *({}, {"type": "payload"}, [[[[]]]]),
)
BYTES = (b"", b"\0", bytes(31), bytes(33), bytes(64))


class Wrong(NamedTuple):
    """One of them. what: which field has what."""

    what: str
    raw: bytes


class Maker:
    """Makes what the peer `sender` signs for `receiver` with `key`: one message in COORDINATION, place 0."""

    def __init__(self, sender: str, receiver: str, key: Signer, *, mode: Mode = Mode.EXERCISE) -> None:
        self.key = key
        self.payload: dict[str, Any] = {
            "mode": str(mode),
            "sender": sender,
            "receiver": receiver,
            "sent_ms": 1_795_348_800_000,
            "acknowledged": (0, 0, 0),
            "seen": (0, 0, 0),
            "log": b"l" * 32,
            "heard_sent_ms": None,
            "heard_for_ms": None,
            "is_stopped": False,
        }
        self.header: dict[str, Any] = {
            "message_id": "a-message-1",
            "stream": "COORDINATION",
            "sequence": 0,
            "kind": "text",
            "queued_ms": 1_795_348_800_000,
            "valid_until_ms": 1_795_352_400_000,
        }

    def raw(
        self,
        payload: dict[str, Any] | None = None,
        *,
        header: dict[str, Any] | None = None,
        parts: tuple[Part, ...] | None = None,
        version: int = 1,
        has_message: bool = True,
    ) -> bytes:
        """An envelope, some fields of which are other than they should be."""
        said = _with(self.header, header or {})
        made = parts or (Part(HEADER, b"h" * 32, msgspec.json.encode(said)), Part(BODY, b"b" * 32, b"hello"))
        entry = Entry(sequence=0, parts=made)
        hashed = leaf_hash(entry.leaf())
        own: dict[str, Any] = {"heads": ()}
        if has_message:
            own = {"heads": (self.head(hashed),), "stream": "COORDINATION", "sequence": 0, "leaf": hashed}
        signed = msgspec.msgpack.encode(_with(self.payload | own, payload or {}))
        return self.sealed(signed, entry.body() if has_message else b"", version=version)

    def head(self, hashed: bytes, *, size: int = 1, origin: str | None = None) -> str:
        """The signed head of a stream that has this message alone."""
        frontier = Frontier()
        frontier.append(hashed)
        name = origin or f"{self.key.verifier.name}/{Stream.COORDINATION}"
        return self.key.seal(Checkpoint(origin=name, size=size, root=frontier.root()))

    def sealed(self, signed: bytes, content: bytes, *, version: int = 1) -> bytes:
        signature = self.key.sign(b"mamarr envelope " + bytes([version]) + b"\n" + signed)
        return padded(msgspec.msgpack.encode((version, signature, signed, content)))


def padded(array: bytes, *, length: int | None = None, to: int | None = None, fill: bytes = b"\0") -> bytes:
    """As an envelope is, or otherwise. length: what it says. to: how long it is made."""
    said = len(array) if length is None else length
    raw = said.to_bytes(4, "big") + array
    return raw.ljust(to or size_class(len(raw)) or len(raw), fill)


def _with(said: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (said | changes).items() if value is not REMOVED}


def of_payload(maker: Maker) -> Iterator[Wrong]:
    """Each field of what is signed with each value that it cannot have."""
    own: dict[str, Any] = {
        "mode": ("LIVE", "PEACE", "exercise"),
        "sender": ("node-west", maker.payload["receiver"]),
        "receiver": ("node-west", maker.payload["sender"]),
        "heads": (("a", "b", "c", "d"), ("no note",), (maker.head(bytes(32), origin="else/COORDINATION"),)),
        "stream": ("SAFETY_FLOOR", "BULK", "coordination"),
        "sequence": (1, 7, 1 << 53),
        "leaf": (bytes(32),),
    }
    for field in (each.name for each in msgspec.structs.fields(Payload)):
        for value in (*ANY, *BYTES, *own.get(field, ()), REMOVED):
            is_right = value is not REMOVED and (field, _plain(value)) in RIGHT
            if not is_right and not (value is REMOVED and field in OPTIONAL):
                yield Wrong(f"payload.{field} = {value!r:.60}", maker.raw({field: value}))
    yield Wrong("payload.of_tomorrow", maker.raw({"of_tomorrow": 1}))
    for version in (2, 255):
        yield Wrong(f"version {version}", maker.raw(version=version))
        yield Wrong(f"version {version} of bytes", maker.sealed(b"\xff" * 200, b"", version=version))
    yield Wrong("no payload", maker.sealed(b"", b""))
    for value in (*ANY, *BYTES):
        yield Wrong(f"payload = {value!r:.60}", maker.sealed(msgspec.msgpack.encode(value), b""))
    yield Wrong("payload in pieces", maker.sealed(b"\x81" * 400, b""))
    yield Wrong("payload in itself", maker.sealed(b"\x91" * 900, b""))


# What a peer may say, or says by saying nothing.
RIGHT = {
    ("is_stopped", "True"),
    ("is_stopped", "False"),
    ("heard_sent_ms", "None"),
    ("heard_for_ms", "None"),
    ("sent_ms", str(1 << 31)),
}
OPTIONAL = ("is_stopped", "heard_sent_ms", "heard_for_ms", "known", "awaited")


def _plain(value: Any) -> str:
    return str(value)


def of_outside(maker: Maker) -> Iterator[Wrong]:
    """The array around what is signed, its length and its padding."""
    raw = maker.raw(has_message=False)
    array = raw[4:][: int.from_bytes(raw[:4], "big")]
    version, signature, signed, content = msgspec.msgpack.decode(array)
    right = (version, signature, signed, content)
    for at, name in enumerate(("version", "signature", "signed", "content")):
        for value in (*ANY, *BYTES, 0, 2, 255, 256):
            if value != right[at] or type(value) is not type(right[at]):
                changed = (*right[:at], value, *right[at + 1 :])
                yield Wrong(f"{name} = {value!r:.60}", padded(msgspec.msgpack.encode(changed)))
    for count in (0, 1, 2, 3, 5, 9):
        changed = (*right, *right, 1)[:count]
        yield Wrong(f"{count} elements", padded(msgspec.msgpack.encode(changed)))
    for value in (*ANY, *BYTES):
        yield Wrong(f"array = {value!r:.60}", padded(msgspec.msgpack.encode(value)))
    long_version = b"\x94\xcc\x01" + array[2:]  # the same number in another form
    yield Wrong("another form", padded(long_version))
    yield Wrong("something behind it", padded(array + b"\0"))
    yield Wrong("cut short", padded(array[:-1]))
    for length in (0, len(array) - 1, len(array) + 1, 65_536, (1 << 32) - 1):
        yield Wrong(f"length = {length}", padded(array, length=length))
    for size in SIZE_CLASSES_BYTES[1:]:
        yield Wrong(f"padded to {size}", padded(array, to=size))
    for size in (1_023, 1_025, 65_537, 100_000):
        yield Wrong(f"of {size} bytes", padded(array, to=size))
    yield Wrong("padded with something", padded(array, fill=b"\1"))
    yield Wrong("nothing", b"")


def of_message(maker: Maker) -> Iterator[Wrong]:
    """The message that the peer signed: its header, field by field, and its parts."""
    own: dict[str, Any] = {
        "stream": ("BULK", "coordination"),
        "sequence": (1,),
        "kind": ("text text", "k" * 65),
    }
    for field in (each.name for each in msgspec.structs.fields(Header)):
        for value in (*ANY, *own.get(field, ()), REMOVED):
            is_number = field.endswith("_ms") and value == 1 << 31
            is_id = field == "message_id" and value in IDS
            is_kind = field == "kind" and value in KINDS
            if not (is_number or is_id or is_kind or value in (float("inf"),)):
                yield Wrong(f"header.{field} = {value!r:.60}", maker.raw(header={field: value}))
    header = Part(HEADER, b"h" * 32, msgspec.json.encode(maker.header))
    body = Part(BODY, b"b" * 32, b"hello")
    for what, parts in (
        ("a header alone", (header,)),
        ("three parts", (header, body, Part("more", b"m" * 32, b""))),
        ("the parts in turn", (body, header)),
        ("a part of another name", (header, Part("text", b"b" * 32, b"hello"))),
        ("a header of another name", (Part("head", b"h" * 32, header.content), body)),
        ("a salt too short", (header, Part(BODY, b"b" * 31, b"hello"))),
        ("a salt too long", (Part(HEADER, b"h" * 33, header.content), body)),
        ("a body that is no text", (header, Part(BODY, b"b" * 32, b"\xff\xfe"))),
        ("a body over the limit", (header, Part(BODY, b"b" * 32, b"x" * 48_001))),
        ("a header that is none", (Part(HEADER, b"h" * 32, b"["), body)),
        ("a header in itself", (Part(HEADER, b"h" * 32, b"[" * 3_000), body)),
        ("a header of nothing", (Part(HEADER, b"h" * 32, b""), body)),
    ):
        yield Wrong(what, maker.raw(parts=parts))


IDS = ("0", "x", "NODE-NORTH")  # may be the id of a message
KINDS = IDS  # may be a kind, which nobody knows: the message is FAILED


def all_wrong(maker: Maker) -> list[Wrong]:
    """All of them."""
    return [*of_outside(maker), *of_payload(maker), *of_message(maker)]
