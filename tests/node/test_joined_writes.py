"""What is written in one step of the event loop leaves in one piece, and nothing is lost or held back."""

import asyncio
from collections.abc import Awaitable, Callable

from mamarr.node.joined_writes import HELD_MAX, JoinedTransport


class Wire:
    """A transport that keeps each piece that was written."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.pieces.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, name: str) -> str:
        return f"the {name}"


def told(story: Callable[[JoinedTransport, Wire], Awaitable[None]]) -> list[bytes]:
    """The pieces that were written while `story` was."""
    wire = Wire()

    async def run() -> None:
        await story(JoinedTransport(wire, asyncio.get_running_loop()), wire)
        await asyncio.sleep(0)

    asyncio.run(run())
    return wire.pieces


def test_head_and_body_leave_together_and_the_next_answer_by_itself():
    async def story(joined: JoinedTransport, wire: Wire) -> None:
        joined.write(b"head ")
        joined.write(b"body")
        assert wire.pieces == []
        await asyncio.sleep(0)
        joined.write(b"next")

    assert told(story) == [b"head body", b"next"]


def test_what_is_long_is_not_held_back():
    async def story(joined: JoinedTransport, wire: Wire) -> None:
        joined.write(b"head")
        joined.write(b"x" * HELD_MAX)
        assert len(wire.pieces) == 1
        joined.write(b"rest")

    first, rest = told(story)
    assert (len(first), rest) == (4 + HELD_MAX, b"rest")


def test_what_was_written_before_the_end_is_sent_and_what_comes_after_it_is_not():
    async def story(joined: JoinedTransport, wire: Wire) -> None:
        joined.write(b"last")
        joined.close()
        assert (wire.pieces, joined.is_closing()) == ([b"last"], True)
        joined.write(b"too late")

    assert told(story) == [b"last"]


def test_all_else_is_asked_of_the_transport():
    async def story(joined: JoinedTransport, _wire: Wire) -> None:
        assert joined.get_extra_info("peername") == "the peername"

    assert told(story) == []
