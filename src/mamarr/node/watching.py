"""Starts and supervises the process that watches, follows the log for it, and hands its wishes on.

If that process dies, pictures say DOWN as soon as its last block is old, and everything else goes on. It is
started again a bounded number of times.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
import subprocess
import sys
from collections.abc import Sequence

from mamarr.engine import Order, cycle
from mamarr.faults import Unavailable
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author
from mamarr.node.live_channel import LENGTH, Follow, Play, Setup, ToLive, Turn, framed, length, turn
from mamarr.node.runtime import Runtime
from mamarr.surveillance import Feed
from mamarr.surveillance.blocks import SECRET_BYTES

SILENT_S = 10.0  # chosen: a process without a turn for so long hangs; its picture said DOWN long before
START_S = 60.0  # chosen: the first turn may have to compile
UNREAD_BYTES_MAX = 64 << 20  # chosen: what may wait for a process that does not read
END_S = 1.0  # chosen: it holds nothing that could be lost; one that still starts is not waited for
RESTARTS_MAX = 5  # chosen: a fault that comes back each time is not cured by trying
RESTART_WAIT_S = 0.2  # chosen: doubled with each restart
SOUND_AFTER_S = 60.0  # chosen: a process that ran for so long counts as sound, and restarts anew

logger = logging.getLogger("mamarr")


class Watching:
    """The watch of a node. feeds: all that may speak."""

    def __init__(self, runtime: Runtime, feeds: Sequence[Feed]) -> None:
        self._runtime = runtime
        self._setup = Setup(feeds=tuple(feeds), secret=secrets.token_bytes(SECRET_BYTES))
        self._plays: dict[str, Play] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self.restarts_count = 0

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
        self._plays[play.feed_id] = play
        if self._writer is not None:
            self._tell(self._writer, play)

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        while self.restarts_count <= RESTARTS_MAX:
            begun_s = loop.time()
            try:
                await self._watch_once()
            except (Unavailable, OSError, asyncio.IncompleteReadError, TimeoutError) as ended:
                logger.error(
                    "the process that watches: %s", str(ended).replace("\n", " ") or type(ended).__name__
                )
            finally:
                await self._end()
            if loop.time() - begun_s > SOUND_AFTER_S:
                self.restarts_count = 0
            await asyncio.sleep(RESTART_WAIT_S * 2**self.restarts_count)
            self.restarts_count += 1
        logger.error("the process that watches was restarted %d times; nobody watches now", RESTARTS_MAX)

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
        self._writer, following = writer, cycle.Following()
        self._tell(writer, self._setup)
        for play in self._plays.values():
            self._tell(writer, play)
        await self._follow(writer, following)
        patience_s = START_S
        while True:
            async with asyncio.timeout(patience_s):
                said = await _heard(reader)
            patience_s = SILENT_S
            self._runtime.block = said.block
            await self._wish(following, said)
            await self._follow(writer, following)

    async def _follow(self, writer: asyncio.StreamWriter, following: cycle.Following) -> None:
        projection = self._runtime.decider.projection
        for news in following.news(projection, epoch_ms(self._runtime.now())):
            if news.added or news.gone:
                self._tell(writer, Follow(news=news, held=()))
            await asyncio.sleep(0)  # whoever waits is served between two parts
        self._tell(writer, Follow(news=cycle.News(), held=cycle.held(projection)))

    def _tell(self, writer: asyncio.StreamWriter, message: ToLive) -> None:
        if writer.transport.get_write_buffer_size() > UNREAD_BYTES_MAX:
            raise Unavailable("it does not read what it is told")
        writer.write(framed(message))

    async def _wish(self, following: cycle.Following, said: Turn) -> None:
        """Hand the wishes to the decider, and wait for the answers: so none is asked for twice at once."""
        runtime = self._runtime
        projection = runtime.decider.projection
        if runtime.is_read_only():
            return
        author = Author(party=projection.party, node=runtime.node_id, rule=cycle.RULE)
        asked = [
            Order(command_id=runtime.new_command_id(), author=author, command=command)
            for command in cycle.wishes(projection, following, said.standing, said.over)
        ]
        await asyncio.gather(*(runtime.submit(order) for order in asked))

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
