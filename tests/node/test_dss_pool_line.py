"""The line between two processes of a pool, against an end that does not answer as it should."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from mamarr.faults import Unavailable
from mamarr.node.pool_line import Line

BARE = b"HTTP/1.1 204 No Content\r\n\r\n"
GOOD = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"


def at_an_end(answers: list[bytes], story: Callable[[Line, list[bytes]], Awaitable[None]]) -> None:
    """Run `story` with a line to an end that answers so, one answer a request; an empty one hangs up."""

    async def run() -> None:
        asked: list[bytes] = []
        left = list(answers)

        async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ends.append(writer)
            try:
                while left:
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                    asked.append(head + await reader.readexactly(length))
                    said = left.pop(0)
                    writer.write(said)
                    await writer.drain()
                    if said not in (GOOD, BARE):
                        break
            except (asyncio.IncompleteReadError, ConnectionError):
                asked.append(b"hung up")
            writer.close()

        ends: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(met, "127.0.0.1", 0)
        line = Line(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await story(line, asked)
        line.close()
        server.close()
        for end in ends:
            end.close()
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()
        await server.wait_closed()
        await asyncio.sleep(0)  # the line's own ends close with the next turn of the loop

    asyncio.run(run())


def test_requests_go_one_after_the_other_over_one_connection():
    async def story(line: Line, asked: list[bytes]) -> None:
        for number in range(3):
            reply = await line.send("PUT", f"/a/{number}?b", b"body", {"authorization": "Bearer x"})
            assert (reply.status, reply.body) == (201, b"{}")
        assert asked[2].startswith(b"PUT /a/2?b HTTP/1.1\r\nhost: 127.0.0.1:")
        assert asked[2].endswith(b"\r\nauthorization: Bearer x\r\ncontent-length: 4\r\n\r\nbody")

    at_an_end([GOOD] * 3, story)


def test_an_answer_without_a_body_is_one():
    async def story(line: Line, asked: list[bytes]) -> None:
        for _ in range(2):
            reply = await line.send("POST", "/a", b"x", {})
            assert (reply.status, reply.body) == (204, b"")

    at_an_end([BARE] * 2, story)


@pytest.mark.requirement("THREATS 21")
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 two hundred\r\nContent-Length: 2\r\n\r\n{}",
        b"nothing of that kind\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000,
    ],
)
def test_what_is_no_answer_is_none_and_the_next_request_has_a_new_connection(answer: bytes):
    async def story(line: Line, asked: list[bytes]) -> None:
        with pytest.raises(Unavailable, match=r"no answer from the process at 127\.0\.0\.1"):
            await line.send("PUT", "/a", b"", {})
        assert (await line.send("PUT", "/a", b"", {})).status == 201

    at_an_end([answer, GOOD], story)


def test_a_connection_that_was_closed_meanwhile_is_no_answer_either():
    async def story(line: Line, asked: list[bytes]) -> None:
        await line.send("PUT", "/a", b"", {})
        with pytest.raises(Unavailable):
            await line.send("PUT", "/a", b"", {})

    at_an_end([GOOD], story)


def test_who_waits_no_more_leaves_no_connection_that_would_answer_another():
    async def story(line: Line, asked: list[bytes]) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await line.send("PUT", "/a", b"x", {"content-length": "9"})  # the end waits for more
        assert line._idle == []

    at_an_end([GOOD], story)


@pytest.mark.requirement("THREATS 16")
@pytest.mark.parametrize(("path", "value"), [("/a b\r\nx: y", "v"), ("/a", "v\r\nx: y"), ("/a", "v\nx")])
def test_a_line_is_not_smuggled_in(path: str, value: str):
    async def story(line: Line, asked: list[bytes]) -> None:
        with pytest.raises(Unavailable, match="handed to nobody"):
            await line.send("PUT", path, b"", {"accept-language": value})
        assert asked == []

    at_an_end([], story)
