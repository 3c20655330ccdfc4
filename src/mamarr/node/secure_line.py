"""TLS over one socket, with nothing queued in between: what is not on its way yet can still be overtaken.

asyncio's own TLS keeps up to some hundred kilobytes in buffers of its own. On a line of 64 kbit/s a message
of the safety floor would be many seconds late behind them.
"""

import asyncio
import contextlib
import socket
import ssl

from mamarr.faults import Unavailable, present

READ_BYTES = 16_384  # one record of TLS
TCP_NOTSENT_LOWAT = 25  # Linux: include/uapi/linux/tcp.h; Python 3.11 does not name it
UNSENT_BYTES = (
    4_096  # chosen: what the kernel takes before it has sent what it has: half a second at 64 kbit/s
)
UNACKNOWLEDGED_MS = 30_000  # chosen: RFC 5482; a line on which nothing is acknowledged so long is over

FAREWELL_S, FAREWELL_READS_MAX = 2.0, 4  # chosen: a bad line's round trip, some times over; a first request


class SecureLine:
    """One end of a TLS connection over `sock`, which is connected. It is closed with the line."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, *, is_server: bool) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        self._sock, self._loop = sock, asyncio.get_running_loop()
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._came, self._goes, server_side=is_server)
        self._sending = asyncio.Lock()

    async def handshake(self) -> bytes:
        """Agree; the certificate that the other end showed, DER. Raises Unavailable."""
        try:
            while True:
                try:
                    self._tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    await self._flush()
                    if not await self._fill():
                        raise Unavailable("the other end went away") from None
            await self._flush()
        except (ssl.SSLError, OSError) as wrong:
            await self._say_why()
            raise Unavailable(_reason(wrong)) from wrong
        return present(self._tls.getpeercert(binary_form=True), "a certificate is required")

    async def read(self) -> bytes:
        """What came, at most READ_BYTES; nothing at the end. Raises Unavailable."""
        try:
            while True:
                try:
                    found = self._tls.read(READ_BYTES)
                    break
                except ssl.SSLWantReadError:
                    await self._flush()
                    if not await self._fill():
                        return b""
        except ssl.SSLZeroReturnError:
            return b""
        except (ssl.SSLError, OSError) as wrong:
            raise Unavailable(_reason(wrong)) from wrong
        return found

    async def write(self, content: bytes) -> None:
        """Hand `content` to the kernel; returns when all of it is there. Raises Unavailable."""
        try:
            if content:
                self._tls.write(content)
            await self._flush()
        except (ssl.SSLError, OSError) as wrong:
            raise Unavailable(_reason(wrong)) from wrong

    def close(self) -> None:
        """End it at once."""
        self._sock.close()

    async def _fill(self) -> bool:
        came = await self._loop.sock_recv(self._sock, READ_BYTES)
        self._came.write(came)
        return bool(came)

    async def _flush(self) -> None:
        async with self._sending:
            goes = self._goes.read()
            if goes:
                await self._loop.sock_sendall(self._sock, goes)

    async def _say_why(self) -> None:
        """Send the alert that TLS has made, and wait a moment until the other end has it.

        A socket that is closed while something that came is unread takes back what was sent last.
        """
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._flush()
                self._sock.shutdown(socket.SHUT_WR)
                for _ in range(FAREWELL_READS_MAX):
                    if not await self._loop.sock_recv(self._sock, READ_BYTES):
                        break


def _reason(wrong: OSError) -> str:
    """A word for what went wrong: never what the other end wrote."""
    return str(getattr(wrong, "reason", None) or wrong.strerror or type(wrong).__name__)
