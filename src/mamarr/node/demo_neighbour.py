"""The other node of the demo, in a process of its own: it ends with the first one, and may end before it."""

import asyncio
import signal
import socket
from collections.abc import Callable
from functools import partial

import msgspec

from mamarr.faults import Unavailable
from mamarr.node import serving
from mamarr.node.demo_node import DemoNode, Site
from mamarr.node.demo_person import Person
from mamarr.node.demo_process import DemoProcess
from mamarr.node.folder_lock import held_alone
from mamarr.node.wiring import RECORD
from mamarr.web.guard import Framing

STARTED_S = 30.0  # chosen: a slow machine that also does something else
ANSWERED_S = 5.0
CODE = b"code\n"  # what the first node may ask for


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """What the other node says once it serves. narrator: the demo as a person there.

    verifier: checks its record.
    """

    node_id: str
    record: str
    narrator: Person
    verifier: str
    is_new: bool
    is_writable: bool
    entries_count: int


class Neighbour:
    """The process of the other node. site: whose. listener: of its page. framing: who may show that.

    closes: what the first process holds and this one must not.
    """

    def __init__(
        self, site: Site, listener: socket.socket, *, framing: Framing, closes: tuple[socket.socket, ...]
    ) -> None:
        self.site, self.party, self.record = site, site.party, site.folder / RECORD
        self.page_port = int(listener.getsockname()[1])
        self._room = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        live = partial(_lived, site, listener, framing)
        self._process = DemoProcess(live, f"the node of {site.party}", closes=closes)
        listener.close()

    @property
    def process_id(self) -> int | None:
        """The id of its process."""
        return self._process.process_id

    async def started(self) -> Started:
        """What it says once it serves. Raises Unavailable when it does not."""
        try:
            async with asyncio.timeout(STARTED_S):
                line = await (await self._connected())[0].readline()
            return msgspec.json.decode(line, type=Started)
        except (TimeoutError, OSError, msgspec.DecodeError) as wrong:
            raise Unavailable(f"the node of {self.party} did not start") from wrong

    async def code(self) -> str:
        """A code that signs the visitor in at its page, once. Raises Unavailable when it has ended."""
        try:
            async with self._room, asyncio.timeout(ANSWERED_S):
                reader, writer = await self._connected()
                writer.write(CODE)
                await writer.drain()
                line = await reader.readline()
        except (TimeoutError, OSError) as silent:
            raise Unavailable(f"the node of {self.party} does not answer") from silent
        if not line:
            raise Unavailable(f"the node of {self.party} has ended")
        return line.decode("ascii").strip()

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Call `tell` on this event loop once, when the process has ended."""
        loop, sentinel = asyncio.get_running_loop(), self._process.sentinel

        def ended() -> None:
            loop.remove_reader(sentinel)
            tell()

        loop.add_reader(sentinel, ended)

    def end(self) -> None:
        """End it in an orderly way, or else hard."""
        self._process.end()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(sock=self._process.ours.dup())
        return self._streams


def _lived(site: Site, listener: socket.socket, framing: Framing, end: socket.socket) -> None:
    with held_alone(site.folder):
        serving.run(_served(DemoNode(site, listener, is_linked=True), framing, end))


async def _served(node: DemoNode, framing: Framing, end: socket.socket) -> None:
    async def ready() -> None:
        reader, writer = await asyncio.open_connection(sock=end)
        started = Started(
            node_id=node.node_id,
            record=str(node.record),
            narrator=node.narrator(),
            verifier=node.verifier.text(),
            is_new=node.is_new,
            is_writable=node.is_writable,
            entries_count=node.runtime.log.size,
        )
        node.write_tokens()
        writer.write(msgspec.json.encode(started) + b"\n")
        while await reader.readline() == CODE:
            writer.write(node.code().encode() + b"\n")
        signal.raise_signal(signal.SIGTERM)  # the first node has ended

    await node.run(ready, framing=framing)
