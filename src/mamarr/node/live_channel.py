"""The channel between the node and the process that watches: frames of bounded length over a socket pair.

A frame is its length, four bytes, most significant first, and a message in MessagePack. No code travels.
"""

import struct

import msgspec

from mamarr.engine.cycle import News
from mamarr.faults import Unavailable
from mamarr.surveillance import Block, Feed
from mamarr.surveillance.alerts import ClearAlert, RaiseAlert
from mamarr.surveillance.live import Held

FRAME_BYTES_MAX = 32 << 20  # chosen: a block of 20,000 tracks is some 10 MB
LENGTH = struct.Struct(">I")


class Setup(msgspec.Struct, frozen=True, kw_only=True, tag="setup"):
    """What a process begins with. secret: what opaque names of tracks are made with."""

    feeds: tuple[Feed, ...]
    secret: bytes


class Play(msgspec.Struct, frozen=True, kw_only=True, tag="play"):
    """Replay a recording as a feed, from now on as if it happened: what was seen before is forgotten.

    recording: path of a file as `traffic` writes it, compressed by gzip. start_ms: the moment of the
    recording that is at_ms now; speed_ratio: how many times as fast as it was. icao_address, callsign:
    said in place of the true ones.
    """

    feed_id: str
    recording: str
    start_ms: int
    at_ms: int
    speed_ratio: float
    icao_address: str
    callsign: str


class Follow(msgspec.Struct, frozen=True, kw_only=True, tag="follow"):
    """What changed of the flights to look for, and the alerts that the log holds."""

    news: News
    held: tuple[Held, ...]


class Turn(msgspec.Struct, frozen=True, kw_only=True, tag="turn"):
    """What one cycle saw and wishes, as `surveillance.Cycle.standing` and `Live.over`."""

    block: Block
    standing: tuple[RaiseAlert, ...]
    over: tuple[ClearAlert, ...]


ToLive = Setup | Play | Follow
_encode = msgspec.msgpack.Encoder().encode
_to_live = msgspec.msgpack.Decoder(ToLive).decode
_turn = msgspec.msgpack.Decoder(Turn).decode


def played_ms(recorded_ms: int, play: Play) -> int:
    """When a moment of the recording comes, milliseconds since 1970-01-01T00:00:00Z."""
    return play.at_ms + round((recorded_ms - play.start_ms) / play.speed_ratio)


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
