"""How one process of a pool hands a request to the one that writes, and how each request is done only once.

The request goes as it came, with its own token, which is verified there as here. What is added is an id,
signed with a secret that the processes share: of it are made the id of the command and all that is drawn for
it. So a request whose answer was lost can be asked again, there or of the next one that writes, and is
answered as it was.
"""

import hmac
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from mamarr.engine.discovery_picture import Written
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.node.dss_node import UUID_BYTES, VERSION_BYTES, DssNode
from mamarr.node.pool_line import Line
from mamarr.node.runtime import Runtime
from mamarr.node.serving import LOOPBACK
from mamarr.record import Signer
from mamarr.web.access.key_sets import Reply
from mamarr.web.access.oidc import origin_of
from mamarr.web.dss_app import POOL_HEADER
from mamarr.web.dss_calls import Asked, DssCommand

SECRET = b"mamarr pool secret 1\n"  # no checkpoint begins like this
ID_DIGITS = 32  # hex: 128 bits, which nobody guesses
COMMAND_DIGITS = 32
REPLY_BYTES_MAX = (
    16 << 20
)  # chosen: a query's answer is not forwarded; a conflict names 500 intents in 300 kB
FORWARD_S = 4.0  # chosen: for one try; the caller gives up after that or before
HERE = (LOOPBACK, "localhost", "::1")


class HandedOver(Exception):  # noqa: N818  a state of the world, told by its name
    """Nothing was written: this process has not the pen any more, or its store refused."""


class PoolSecret:
    """What the processes of a pool share, made of the log's key: whoever has it is one of them."""

    def __init__(self, signer: Signer) -> None:
        self._secret = sha256(signer.sign(SECRET)).digest()

    def drawn(self, text: str, digits: int) -> str:
        """Hexadecimal digits that only a process of the pool can work out from `text`."""
        return hmac.digest(self._secret, text.encode(), "sha256").hex()[:digits]

    def header(self, request_id: str) -> str:
        """What goes with a request that is handed on."""
        return f"{request_id}.{self.drawn(f'forwarded {request_id}', 64)}"

    def opened(self, header: str | None) -> str | None:
        """The id in `header`, if one of the pool wrote it."""
        request_id, _, _ = (header or "").partition(".")
        is_ours = header is not None and hmac.compare_digest(
            header.encode(), self.header(request_id).encode()
        )
        return request_id if is_ours else None


class OnceNode(DssNode):
    """A `DssEngine` for one request: whoever is asked again under the same id gives the same command."""

    def __init__(self, runtime: Runtime, secret: PoolSecret, request_id: str) -> None:
        super().__init__(runtime)
        self._secret, self._request_id, self._count = secret, request_id, 0

    def new_command_id(self) -> str:
        """The id of the next command of this request."""
        return self._next(COMMAND_DIGITS)

    def new_version(self) -> str:
        """The next version of this request."""
        return self._next(2 * VERSION_BYTES)

    def new_uuid(self) -> str:
        """The next UUID of this request."""
        return str(UUID(hex=self._next(2 * UUID_BYTES), version=4))

    async def submit(self, command: DssCommand, viewer: str) -> Written | Refusal:
        """What comes of `command`, once it is durable. Raises HandedOver when nothing was written."""
        outcome = await super().submit(command, viewer)
        if isinstance(outcome, Refusal) and outcome.reason is Reason.UNAVAILABLE:
            raise HandedOver
        return outcome

    def _next(self, digits: int) -> str:
        self._count += 1
        return self._secret.drawn(f"{self._count} of {self._request_id}", digits)


class Forwarding:
    """The lines to the process that writes, wherever that is at a time."""

    def __init__(self, secret: PoolSecret) -> None:
        self._secret = secret
        self._lines: dict[str, Line] = {}

    async def sent(self, origin: str, asked: Asked, request_id: str) -> Reply:
        """The answer of the process at `origin`.

        Raises Unavailable when there is none; what was asked may have been done.
        """
        line = self._lines.get(origin)
        if line is None:
            try:
                line = self._lines[origin] = Line(
                    reachable(origin)
                )  # what the table says may be another's work
            except ValueError as wrong:
                raise Unavailable(str(wrong)) from wrong
        headers = asked.headers | {POOL_HEADER: self._secret.header(request_id)}
        return await line.send(asked.method, asked.path, asked.body, headers)

    def close(self) -> None:
        """Let go of the connections."""
        for line in self._lines.values():
            line.close()


def reachable(origin: str) -> str:
    """`origin`, if it is where a process of a pool may be reached; ValueError says what is wrong with it."""
    parts = urlsplit(origin)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
    if not is_safe or origin_of(origin) != origin:
        raise ValueError(
            f"{origin[:100]!r}: the address of a process is https://HOST, or http on this machine"
        )
    return origin
