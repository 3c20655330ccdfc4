"""Starts the process that watches, and carries what it and the node's side of the watch say to each other.

If that process dies, pictures say DOWN as soon as its last block is old, and everything else goes on. What is
told, what is asked and when it is started again is said by `engine.supervision`.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
import subprocess
import sys
from collections.abc import Sequence

from mamarr.engine.supervision import Supervision
from mamarr.engine.tidying import TELL_ALERTS
from mamarr.engine.watcher import Play, ToLive, Turn
from mamarr.faults import Unavailable
from mamarr.geometry.units import epoch_ms
from mamarr.node.live_channel import LENGTH, framed, length, turn
from mamarr.node.runtime import Runtime
from mamarr.surveillance import Feed
from mamarr.surveillance.blocks import SECRET_BYTES

UNREAD_BYTES_MAX = 64 << 20  # chosen: what may wait for a process that does not read
END_S = 1.0  # chosen: it holds nothing that could be lost; one that still starts is not waited for

logger = logging.getLogger("mamarr")


class Watching:
    """The watch of a node. feeds: all that may speak."""

    def __init__(self, runtime: Runtime, feeds: Sequence[Feed]) -> None:
        self._runtime = runtime
        self.supervision = Supervision(runtime.keeper, feeds, secrets.token_bytes(SECRET_BYTES))
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def process_id(self) -> int | None:
        """The id of the process that watches; None when there is none."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Begin, on the event loop that serves."""
        self._task = asyncio.get_running_loop().create_task(self._supervise())

    async def stop(self) -> None:
        """End the process that watches."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._end()

    def play(self, play: Play) -> None:
        """Replay a recording as a feed; a restarted process goes on with it."""
        self.supervision.play(play)
        if self._writer is not None:
            self._tell(self._writer, play)

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        wait_s: float | None = 0.0
        while wait_s is not None:
            await asyncio.sleep(wait_s)
            begun_s = loop.time()
            try:
                await self._watch_once()
            except (Unavailable, OSError, asyncio.IncompleteReadError, TimeoutError) as ended:
                logger.error(
                    "the process that watches: %s", str(ended).replace("\n", " ") or type(ended).__name__
                )
            finally:
                await self._end()
            wait_s = self.supervision.ended(loop.time() - begun_s)
        logger.error("the process that watches dies each time; nobody watches now")

    async def _watch_once(self) -> None:
        """Start a process and listen to it. Ends with an error when it does."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "mamarr.node.live_process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the node, which ends it
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        self._writer = writer
        for message in self.supervision.begun():
            self._tell(writer, message)
        await self._follow(writer)
        while True:
            async with asyncio.timeout(self.supervision.patience_s):
                said = await _heard(reader)
            asked = self.supervision.heard(said, self._runtime.new_command_id)
            self._runtime.block = self.supervision.block
            await self._runtime.answers(asked)
            # Each second, not only when an alert changes: of a flight that was filed anew, what others were
            # told of the old one is taken back first. Cost: of the alerts that there are.
            self._runtime.tidy(only=TELL_ALERTS)
            await self._follow(writer)

    async def _follow(self, writer: asyncio.StreamWriter) -> None:
        for message in self.supervision.news(epoch_ms(self._runtime.now())):
            if message is not None:
                self._tell(writer, message)
            await asyncio.sleep(0)  # whoever waits is served between two parts

    def _tell(self, writer: asyncio.StreamWriter, message: ToLive) -> None:
        if writer.transport.get_write_buffer_size() > UNREAD_BYTES_MAX:
            raise Unavailable("it does not read what it is told")
        writer.write(framed(message))

    async def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()  # the process ends when it sees that
            self._writer = None
        process, self._process = self._process, None
        if process is None:
            return
        try:
            await asyncio.to_thread(process.wait, END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)


async def _heard(reader: asyncio.StreamReader) -> Turn:
    body = await reader.readexactly(length(await reader.readexactly(LENGTH.size)))
    return turn(body)
