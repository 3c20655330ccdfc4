"""The line from one process of a pool to another: HTTP/1.1 on connections that stay open.

Beside `http_client`, which asks strangers and takes 3 ms of CPU for each request: here both ends are ours,
and one address is all it ever speaks to. No redirects; answers are bounded in size, and their time by whoever
asks. That nothing came back says nothing of what was done: it is asked again under the same id.
"""

import asyncio
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from mamarr.faults import Unavailable
from mamarr.web.access.key_sets import Reply

HEAD_BYTES_MAX = 1 << 16  # as uvicorn takes
REPLY_BYTES_MAX = 16 << 20  # chosen: a conflict names 500 intents in 300 kB
IDLE_MAX = 64  # chosen: connections that are kept while nobody uses them

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Line:
    """Asks the process at `origin`, https or http, as often and as much at a time as wanted."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self._host, self._is_tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._is_tls else 80)
        self._head = f"host: {parts.netloc}\r\n"
        self._idle: list[Ends] = []

    async def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """The answer to a request. Raises Unavailable when there is none."""
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{told}content-length: {len(body)}\r\n\r\n"
        if head.count("\n") != 4 + len(headers):
            raise Unavailable("a header or a path with a line in it is handed to nobody")
        ends = None
        try:
            ends = self._idle.pop() if self._idle else await self._opened()
            ends[1].write(head.encode("latin-1") + body)
            reply, is_kept = await _reply(ends[0])
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as wrong:
            raise Unavailable(
                f"no answer from the process at {self._host}: {type(wrong).__name__}"
            ) from wrong
        else:
            if is_kept and len(self._idle) < IDLE_MAX:
                self._idle.append(ends)
                ends = None
            return reply
        finally:  # also of a request that nobody waits for any more
            if ends is not None:
                ends[1].close()

    def close(self) -> None:
        """Let go of the connections."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()

    async def _opened(self) -> Ends:
        trusted = ssl.create_default_context() if self._is_tls else None
        return await asyncio.open_connection(self._host, self._port, ssl=trusted, limit=HEAD_BYTES_MAX)


async def _reply(reader: asyncio.StreamReader) -> tuple[Reply, bool]:
    """The answer that comes, and whether the connection may be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    first, _, rest = head.partition("\r\n")
    lines = dict(line.split(":", 1) for line in rest.split("\r\n") if ":" in line)
    status = int(first.split(" ")[1])
    length = 0 if status == HTTPStatus.NO_CONTENT else int(lines.get("content-length", ""))
    if not 0 <= length <= REPLY_BYTES_MAX:
        raise ValueError(f"an answer of {length} bytes")
    body = await reader.readexactly(length)
    return Reply(status=status, body=body), lines.get("connection", "").strip() != "close"
