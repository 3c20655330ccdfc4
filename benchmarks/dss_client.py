"""A client for load on a DSS: kept-open connections, tokens, OVNs out of answers. Small, as it is no DSS."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterable
from ssl import SSLContext, create_default_context
from typing import cast
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

OVN = re.compile(rb'"ovn": ?"([^"]+)"')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
IN_CHUNKS = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
PORTS = {"http": 80, "https": 443}
TOKEN_WAIT_S = 10

TokenOf = Callable[[str], str]  # the token of a client, by its name


class Way(asyncio.Protocol):
    """One connection to a DSS, as one client; it asks one thing at a time."""

    def __init__(self, head: bytes, path: str) -> None:
        self._head, self._path, self._come = head, path, bytearray()
        self._transport: asyncio.WriteTransport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, url: str, token: str) -> "Way":
        """Connect to the DSS at `url` as the bearer of `token`."""
        at = urlsplit(url)
        head = f"Host: {at.netloc}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        tls: SSLContext | None = create_default_context() if at.scheme == "https" else None
        port = at.port or PORTS[at.scheme]
        _, way = await asyncio.get_running_loop().create_connection(
            lambda: cls(head.encode(), at.path.rstrip("/") + "/dss/v1/"), at.hostname, port, ssl=tls
        )
        return way

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As `asyncio` calls it."""
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is no subclass of it

    def connection_lost(self, exc: Exception | None) -> None:
        """As `asyncio` calls it."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the DSS hung up"))

    def data_received(self, data: bytes) -> None:
        """As `asyncio` calls it."""
        self._come += data
        end = self._come.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head, body = bytes(self._come[:end]), self._come[end + 4 :]
        length = LENGTH.search(head)
        if length is not None:
            if len(body) < int(length[1]):
                return
            read = bytes(body)
        elif IN_CHUNKS.search(head):
            if not body.endswith(b"0\r\n\r\n"):
                return
            read = _joined(bytes(body))
        else:
            read = b""
        self._come.clear()
        self._answer.set_result((int(head[9:12]), read))

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, float, bytes]:
        """The status, the seconds it took, and the body of the answer."""
        assert self._transport is not None
        begun_s = time.perf_counter()
        self._answer = asyncio.get_running_loop().create_future()
        line = f"{method} {self._path}{path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n".encode()
        self._transport.write(b"".join((line, self._head, b"\r\n", body)))
        status, read = await self._answer
        return status, time.perf_counter() - begun_s, read

    async def done(self, method: str, path: str, body: bytes, *wanted: int) -> tuple[float, bytes]:
        """The seconds it took, and the answer; SystemExit when its status is none of `wanted`."""
        status, taken_s, read = await self.ask(method, path, body)
        if status not in wanted:
            raise SystemExit(f"{method} {path} was answered {status}: {read[:300]!r}")
        return taken_s, read

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def _joined(body: bytes) -> bytes:
    """What chunks carry (RFC 9112, section 7.1)."""
    parts, at = [], 0
    while True:
        end = body.index(b"\r\n", at)
        length = int(body[at:end].partition(b";")[0], 16)
        if not length:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + length])
        at = end + 4 + length


def ovn_of(answer: bytes) -> str:
    """The OVN of what was written, which its own writer is told."""
    found = OVN.search(answer)
    if found is None:
        raise SystemExit(f"there is no OVN in {answer[:300]!r}")
    return found[1].decode()


def fetched(token_url: str, url: str, scopes: Iterable[str]) -> TokenOf:
    """Tokens from an issuer that answers GET with `intended_audience`, `scope`, `sub`, as InterUSS's."""
    audience, scope = urlsplit(url).hostname, " ".join(scopes)

    def token_of(name: str) -> str:
        asked = urlencode({"intended_audience": audience, "scope": scope, "sub": name, "issuer": "benchmark"})
        with urlopen(f"{token_url}?{asked}", timeout=TOKEN_WAIT_S) as answer:
            return str(json.load(answer)["access_token"])

    return token_of
