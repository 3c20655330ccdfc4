from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.coordination import Stream
from mamarr.faults import WireError
from mamarr.link.envelopes import (
    LENGTH_BYTES,
    SIZE_CLASSES_BYTES,
    Opened,
    Payload,
    UnknownVersion,
    claimed_stream,
    commitment,
    key_name,
    opened,
    opening,
    padded,
    size_class,
)
from mamarr.names import Mode
from mamarr.record import Checkpoint, Signer
from tests.link.ends import joined

KEY = Signer(key_name("node-north", Mode.EXERCISE, "node-south"), b"\1" * 32)
PAYLOAD = {
    "mode": "EXERCISE",
    "sender": "node-north",
    "receiver": "node-south",
    "sent_ms": 1,
    "acknowledged": (0, 0, 0),
    "seen": (0, 0, 0),
    "heads": (),
    "log": bytes(32),
}
REMOVED = "removed"  # stands for a field that is not there


def made(changes: dict[str, Any], *, content: bytes = b"", version: int = 1, key: Signer = KEY) -> bytes:
    """An envelope that the peer signed, with some fields of what it says otherwise."""
    said = {name: value for name, value in (PAYLOAD | changes).items() if value != REMOVED}
    signed = msgspec.msgpack.encode(said)
    signature = key.sign(b"mamarr envelope " + bytes([version]) + b"\n" + signed)
    return padded(msgspec.msgpack.encode((version, signature, signed, content)))


def read(raw: bytes) -> Opened | UnknownVersion:
    return opened(raw, KEY.verifier, mode=Mode.EXERCISE, node="node-south")


def a_message() -> bytes:
    """A genuine envelope with a message."""
    north, _ = joined()
    north.send("corridor 2 is closed")
    return next(raw for raw in north.says_all() if claimed_stream(raw) is not None)


def rest(raw: bytes) -> tuple[int, bytes, bytes, bytes]:
    return msgspec.msgpack.decode(raw[LENGTH_BYTES:][: int.from_bytes(raw[:LENGTH_BYTES], "big")])


def test_an_envelope_without_a_message_says_what_was_said():
    found = read(made({}))
    assert isinstance(found, Opened)
    assert found.payload == msgspec.convert(PAYLOAD, Payload)
    assert found.header is None
    assert found.heads == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mode": "LIVE"}, "mode"),
        ({"mode": "PEACE"}, "form"),
        ({"sender": "node-west"}, "address"),
        ({"sender": "Node North"}, "address"),
        ({"receiver": "node-west"}, "address"),
        ({"sent_ms": -1}, "form"),
        ({"sent_ms": 1 << 54}, "form"),
        ({"sent_ms": "now"}, "form"),
        ({"acknowledged": (0, 0)}, "form"),
        ({"acknowledged": (0, 0, -1)}, "form"),
        ({"seen": (1 << 60, 0, 0)}, "form"),
        ({"heads": ("not a note",)}, "head"),
        ({"heads": ("a", "b", "c", "d")}, "form"),
        ({"log": b"short"}, "form"),
        ({"log": REMOVED}, "form"),
        ({"stream": "BULK"}, "form"),
        ({"stream": "FAST", "sequence": 0, "leaf": bytes(32)}, "form"),
        ({"stream": "BULK", "sequence": 0, "leaf": b"short"}, "form"),
        ({"stream": "BULK", "sequence": 0, "leaf": bytes(32)}, "form"),  # and no message
        ({"heard_sent_ms": 5}, "form"),
        ({"is_stopped": 1}, "form"),
        ({"of_tomorrow": True}, "form"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_each_field_that_is_wrong_is_refused_and_it_is_said_which(changes: dict[str, Any], code: str):
    with pytest.raises(WireError) as refused:
        read(made(changes))
    assert refused.value.code == code


def test_a_message_that_the_payload_does_not_name_is_refused():
    with pytest.raises(WireError, match="does not name"):
        read(made({}, content=b"something"))


def test_a_head_of_another_tree_is_refused():
    head = KEY.seal(Checkpoint(origin="else/BULK", size=1, root=bytes(32)))
    with pytest.raises(WireError) as refused:
        read(made({"heads": (head,)}))
    assert refused.value.code == "head"


def test_a_later_version_is_said_to_be_one_only_if_the_peer_signed_it():
    found = read(made({"of_tomorrow": True}, version=2))
    assert isinstance(found, UnknownVersion)
    assert found.version == 2
    version, signature, signed, content = rest(made({}))
    with pytest.raises(WireError, match="not signed"):
        read(padded(msgspec.msgpack.encode((version + 1, signature, signed, content))))


@given(st.binary(max_size=1_200))
def test_bytes_of_anybody_are_an_error_and_nothing_else(raw: bytes):
    for content in (raw, raw.ljust(1_024, b"\0"), padded(raw[:1_000])):
        with pytest.raises(WireError):
            read(content)


GENUINE = a_message()
KEY_OF_GENUINE = joined()[0].key


@given(st.integers(0, 8 * len(GENUINE) - 1))
def test_no_bit_can_be_turned(bit: int):
    at, mask = divmod(bit, 8)
    turned = GENUINE[:at] + bytes([GENUINE[at] ^ 1 << mask]) + GENUINE[at + 1 :]
    with pytest.raises(WireError):
        opened(turned, KEY_OF_GENUINE.verifier, mode=Mode.EXERCISE, node="node-south")


def test_a_genuine_message_is_read_whole():
    found = opened(GENUINE, KEY_OF_GENUINE.verifier, mode=Mode.EXERCISE, node="node-south")
    assert isinstance(found, Opened)
    assert found.header is not None
    assert found.body == "corridor 2 is closed"
    assert found.heads[Stream.COORDINATION][0].size == 1


def test_another_message_in_the_same_envelope_is_refused():
    version, signature, signed, content = rest(GENUINE)
    other = content.replace(b"closed", b"opened")
    with pytest.raises(WireError) as refused:
        opened(
            padded(msgspec.msgpack.encode((version, signature, signed, other))),
            KEY_OF_GENUINE.verifier,
            mode=Mode.EXERCISE,
            node="node-south",
        )
    assert refused.value.code == "leaf"


@given(st.integers(0, SIZE_CLASSES_BYTES[-1] + 10))
def test_a_size_class_is_the_smallest_that_fits(length: int):
    fitting = [each for each in SIZE_CLASSES_BYTES if each >= length]
    assert size_class(length) == (min(fitting) if fitting else None)


@pytest.mark.requirement("THREATS 4")
def test_a_commitment_can_be_opened_and_only_by_who_has_the_secret():
    note = "node-north/EXERCISE\n7\nroot\n"
    said = commitment(b"s" * 32, note)
    assert sha256(opening(b"s" * 32, note) + note.encode()).digest() == said
    assert commitment(b"t" * 32, note) != said
    assert said != sha256(note.encode()).digest()
