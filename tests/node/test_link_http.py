"""Whatever the other end of a line says, it begins a talk, or ends it with a reason, and stops nobody."""

import asyncio
import struct
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from mamarr.faults import Unavailable
from mamarr.node.link_http import Talk, answered, begun
from tests.node.lines import Node, run, until

REQUEST = (
    b"GET /links/v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: mamarr-link-1\r\n\r\n"
)
RESPONSE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mamarr-link-1\r\n\r\n"
)
WITHOUT_UPGRADE = REQUEST.replace(b"Version: 13", b"Version: 12")
NO_FRAME = b"\x40\x7f" + b"\xff" * 40
CLOSE = b"\x88\x80" + bytes(4)
PIECES = (
    *(b"\r\n", b"\r\n\r\n", b"x" * 9_000, b"\0", b"\xff\xfe", b"Sec-WebSocket-Protocol: a,b\r\n"),
    *(b"Content-Length: 1073741824\r\n", b"Transfer-Encoding: chunked\r\n"),
    b"Sec-WebSocket-Extensions: permessage-deflate\r\n",
)
ROUNDS = 600
READS_MAX = 50


class Said:
    """A line whose other end says this, in pieces, and then is gone."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    async def read(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    async def write(self, content: bytes) -> None:
        del content

    def close(self) -> None:
        self.pieces.clear()


async def lived(line: Said, *, is_server: bool) -> str:
    """How a talk on `line` ends."""
    try:
        talk: Talk = await (answered(line) if is_server else begun(line, "node.example", 1))
        for _ in range(READS_MAX):
            await talk.envelopes()
    except Unavailable as ended:
        return str(ended)
    return "it goes on"


def frames(chance: Random) -> bytes:
    """Some frames of RFC 6455, many of them wrong."""
    found = b""
    for _ in range(chance.randrange(1, 5)):
        first = (
            chance.choice((0, 1, 2, 8, 9, 10, 3, 15)) | chance.choice((0x80, 0)) | chance.choice((0, 0, 0x40))
        )
        size, mask = chance.choice((0, 2, 125, 1_024, 1_024, 70_000)), chance.choice((0x80, 0x80, 0))
        said = chance.choice((size, size, 1 << 63, (1 << 64) - 1))
        found += bytes((first, mask | 127)) + struct.pack("!Q", said) + bytes(4 if mask else 0) + b"x" * size
    return found


def changed(content: bytes, chance: Random) -> bytes:
    """The same with some bytes turned, left out, put in or said twice."""
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(content) or 1)
        content = chance.choice(
            (
                content[:at] + bytes((chance.randrange(256),)) + content[at + 1 :],
                content[:at] + content[at + chance.randrange(1, 20) :],
                content[:at] + chance.choice(PIECES) + content[at:],
                content + content[:at],
                content[:at],
            )
        )
    return content


def in_pieces(content: bytes, chance: Random) -> list[bytes]:
    size = chance.choice((1 + len(content) // 100, 16_384))
    return [content[at : at + size] for at in range(0, len(content), size)]


@pytest.mark.parametrize("is_server", [True, False])
def test_any_bytes_end_a_talk_with_a_reason_and_nothing_else(is_server: bool):
    chance, ends = Random(7), Counter[str]()
    begins = REQUEST if is_server else RESPONSE

    async def story() -> None:
        for _ in range(ROUNDS):
            kind = chance.randrange(3)
            said = changed(begins, chance) if kind == 0 else begins
            said += changed(frames(chance), chance) if kind == 1 else frames(chance)
            ends[await lived(Said(*in_pieces(said, chance)), is_server=is_server)] += 1

    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop running in the main thread
        thread.submit(asyncio.run, story()).result()
    assert len(ends) > 3
    assert all(len(each) < 100 for each in ends), "what the other end said is not repeated"


@pytest.mark.parametrize("request_", [REQUEST, WITHOUT_UPGRADE, REQUEST.replace(b"v1", b"v2")])
@pytest.mark.parametrize("behind", [NO_FRAME, CLOSE, CLOSE * 2])
def test_what_comes_behind_a_request_in_one_piece_stops_no_node(request_: bytes, behind: bytes):
    async def story(north: Node, south: Node) -> None:
        await north.join(south)
        line = await south.dialled(north)
        await line.handshake()
        await line.write(request_ + behind)
        await until(lambda: north.turned_away() or north.fault(south), "it is ended")
        line.close()
        await south.join(north)
        await until(lambda: north.is_connected(south), "and the next talk begins")

    run(story, south_listens=False)
