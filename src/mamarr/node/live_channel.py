"""The channel between the node and the process that watches: frames of bounded length over a socket pair.

A frame is its length, four bytes, most significant first, and a message in MessagePack. No code travels.
"""

import struct

import msgspec

from mamarr.engine.watcher import ToLive, Turn
from mamarr.faults import Unavailable

FRAME_BYTES_MAX = 32 << 20  # chosen: a block of 20,000 tracks is some 10 MB
LENGTH = struct.Struct(">I")


_encode = msgspec.msgpack.Encoder().encode
_to_live = msgspec.msgpack.Decoder(ToLive).decode
_turn = msgspec.msgpack.Decoder(Turn).decode


def framed(message: ToLive | Turn) -> bytes:
    """The frame that says `message`; Unavailable when it is longer than any frame may be."""
    body = _encode(message)
    if len(body) > FRAME_BYTES_MAX:
        raise Unavailable(f"a message of {len(body)} bytes; {FRAME_BYTES_MAX} are allowed")
    return LENGTH.pack(len(body)) + body


def length(head: bytes) -> int:
    """How many bytes follow a frame's four; Unavailable when they are more than any frame may have."""
    (count,) = LENGTH.unpack(head)
    if count > FRAME_BYTES_MAX:
        raise Unavailable(f"a frame of {count} bytes is announced; {FRAME_BYTES_MAX} are allowed")
    return int(count)


def for_live(body: bytes) -> ToLive:
    """The message to the process that watches; Unavailable when it is none."""
    try:
        message: ToLive = _to_live(body)
    except (msgspec.DecodeError, ValueError) as wrong:
        raise Unavailable(f"no message to the process that watches: {wrong}") from wrong
    return message


def turn(body: bytes) -> Turn:
    """The message of the process that watches; Unavailable when it is none."""
    try:
        return _turn(body)
    except (msgspec.DecodeError, ValueError) as wrong:
        raise Unavailable(f"no message of the process that watches: {wrong}") from wrong
