"""Answers whose head and body leave in one write: each is a system call, and a short answer had two."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HELD_MAX = 1 << 16  # bytes; chosen: more is written at once, so that a slow reader is noticed


class JoinedTransport:
    """What is written in one step of the event loop leaves together. All else is the transport's own."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held = bytearray()

    def write(self, part: bytes) -> None:
        """Write `part` before anything else happens on the event loop, with what is written beside it."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held += part
        if len(self._held) > HELD_MAX:
            self._flush()

    def close(self) -> None:
        """Write what is held, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held and not self._transport.is_closing():
            self._transport.write(bytes(self._held))
        self._held.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class JoinedProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, through a `JoinedTransport`; a WebSocket goes on through the plain one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        self._plain = transport
        joined = JoinedTransport(transport, asyncio.get_running_loop())
        super().connection_made(cast(asyncio.Transport, joined))

    def handle_websocket_upgrade(self) -> None:
        """The client goes on by a WebSocket."""
        self.transport = self._plain
        super().handle_websocket_upgrade()
