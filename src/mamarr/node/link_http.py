"""Envelopes over a secure line, as binary messages of a WebSocket at one path. Nothing else is taken.

Source: RFC 6455, spoken by the package websockets in its form without I/O.
"""

from collections.abc import Iterator
from http import HTTPStatus

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import Event, Protocol, State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from mamarr.faults import Unavailable
from mamarr.link import SIZE_CLASSES_BYTES
from mamarr.node.secure_line import SecureLine

PATH = "/links/v1"
SUBPROTOCOL = Subprotocol("mamarr-link-1")
FRAME_BYTES_MAX = SIZE_CLASSES_BYTES[-1]  # an announced frame of more is refused before any of it is read
CONTROL = (Opcode.PING, Opcode.PONG, Opcode.CLOSE)


class Talk:
    """A WebSocket over `line` that is open. early: what came together with the end of its handshake."""

    def __init__(self, line: SecureLine, protocol: Protocol, early: list[Event]) -> None:
        self._line, self._protocol, self._early = line, protocol, early

    async def envelopes(self) -> list[tuple[bytes | None, int]]:
        """What came next: envelopes, None for what only keeps the line alive, and how many bytes each took.

        Raises Unavailable when the talk is over.
        """
        while True:
            found = list(self._taken())
            await self._flush()
            if self._protocol.state is not State.OPEN:
                raise Unavailable(_ending(self._protocol))
            if found:
                return found
            if not await _receive(self._line, self._protocol):
                raise Unavailable("the other end closed the connection")

    async def send(self, envelope: bytes) -> None:
        """Hand it to the kernel. Raises Unavailable."""
        if self._protocol.state is not State.OPEN:
            raise Unavailable(_ending(self._protocol))
        self._protocol.send_binary(envelope)
        await self._flush()

    def close(self) -> None:
        """End it at once."""
        self._line.close()

    def _taken(self) -> Iterator[tuple[bytes | None, int]]:
        events, self._early = [*self._early, *self._protocol.events_received()], []
        for event in events:
            if not isinstance(event, Frame):
                continue
            if event.opcode is Opcode.BINARY and event.fin:
                yield bytes(event.data), len(event.data)
            elif event.opcode in CONTROL:
                yield None, len(event.data)
            elif self._protocol.state is State.OPEN:
                self._protocol.fail(CloseCode.UNSUPPORTED_DATA, "one envelope, one binary message")

    async def _flush(self) -> None:
        await self._line.write(b"".join(self._protocol.data_to_send()))


async def answered(line: SecureLine) -> Talk:
    """The talk that the other end begins on `line`. Raises Unavailable."""
    protocol = ServerProtocol(subprotocols=[SUBPROTOCOL], max_size=FRAME_BYTES_MAX)
    early: list[Event] = []
    while protocol.state is State.CONNECTING and protocol.handshake_exc is None:
        if not await _receive(line, protocol):
            break
        for event in protocol.events_received():
            if not isinstance(event, Request):
                early.append(event)
            elif protocol.eof_sent:
                # What came behind the request in one piece ended the talk; the package cannot end it twice.
                raise Unavailable("did not begin a link: the talk was over before it")
            elif event.path != PATH:
                protocol.send_response(protocol.reject(HTTPStatus.NOT_FOUND, ""))
            else:
                protocol.send_response(protocol.accept(event))
        await line.write(b"".join(protocol.data_to_send()))
    _hold_open(protocol)
    return Talk(line, protocol, early)


async def begun(line: SecureLine, host: str, port: int) -> Talk:
    """The talk that we begin on `line` with `host`. Raises Unavailable; no redirect is followed."""
    uri = WebSocketURI(secure=True, host=host, port=port, path=PATH, query="")
    protocol = ClientProtocol(uri, subprotocols=[SUBPROTOCOL], max_size=FRAME_BYTES_MAX)
    protocol.send_request(protocol.connect())
    await line.write(b"".join(protocol.data_to_send()))
    early: list[Event] = []
    while protocol.state is State.CONNECTING and protocol.handshake_exc is None:
        if not await _receive(line, protocol):
            break
        early += [each for each in protocol.events_received() if isinstance(each, Frame)]
    _hold_open(protocol)
    return Talk(line, protocol, early)


async def _receive(line: SecureLine, protocol: Protocol) -> bool:
    """Take in what came next; whether anything did before the end."""
    came = await line.read()
    if came:
        protocol.receive_data(came)
    else:
        protocol.receive_eof()
    return bool(came)


def _hold_open(protocol: ServerProtocol | ClientProtocol) -> None:
    wrong = protocol.handshake_exc
    if isinstance(wrong, InvalidStatus):
        status = wrong.response.status_code
        sends_on = "; it sends elsewhere, which is never followed" if 300 <= status < 400 else ""
        raise Unavailable(f"answered with status {status} instead of a link{sends_on}")
    if protocol.state is not State.OPEN:
        raise Unavailable(
            "did not begin a link" if wrong is None else f"did not begin a link: {_kind(wrong)}"
        )


def _ending(protocol: Protocol) -> str:
    wrong = protocol.parser_exc
    return "the talk was closed" if wrong is None else f"the talk was broken off: {_kind(wrong)}"


def _kind(wrong: Exception) -> str:
    """The type alone: a message may quote what the other end wrote."""
    return type(wrong).__name__
