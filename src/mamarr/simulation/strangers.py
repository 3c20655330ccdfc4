"""Envelopes that nobody sent: made by a stranger, or by a version that is not ours."""

from random import Random

import msgspec

from mamarr.record import Signer

LENGTH_BYTES = 4
LATER_VERSION = 7


def forged(genuine: bytes, chance: Random, key: Signer) -> tuple[bytes, str]:
    """Something that was not sent so, made of what was, and what it is. key: of whom it is said to be
    from."""
    length = int.from_bytes(genuine[:LENGTH_BYTES], "big")
    version, signature, signed, content = msgspec.msgpack.decode(genuine[LENGTH_BYTES:][:length])
    stranger = Signer(key.verifier.name, chance.randbytes(32))
    match chance.randrange(5):
        case 0:
            other = stranger.sign(_over(version, signed))
            return _packed(version, other, signed, content, len(genuine)), "what a stranger signed"
        case 1:
            return _packed(2, signature, signed, content, len(genuine)), "a version that was not signed"
        case 2:
            later = key.sign(_over(LATER_VERSION, signed))
            return _packed(LATER_VERSION, later, signed, content, len(genuine)), "a later version"
        case 3:
            return genuine[:-1] + b"\1", "a padding that says something"
        case _:
            return genuine + bytes(512), "a length that is no size class"


def _over(version: int, signed: bytes) -> bytes:
    return b"mamarr envelope " + bytes([version]) + b"\n" + signed


def _packed(version: int, signature: bytes, signed: bytes, content: bytes, length: int) -> bytes:
    array = msgspec.msgpack.encode((version, signature, signed, content))
    return (len(array).to_bytes(LENGTH_BYTES, "big") + array).ljust(length, b"\0")
