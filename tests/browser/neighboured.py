"""A node whose neighbours are simulated, for a browser: what they say comes as the link would bring it."""

import asyncio
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import uvicorn

from mamarr.node.runtime import utc_now
from mamarr.node.serving import hosts, listening
from mamarr.web import application
from tests.airspace.boxes import NOON
from tests.web.neighbours import agreed

T = TypeVar("T")
STARTED_S = 30


class NeighbouredNode:
    """North's node with its neighbours, on a thread of its own. Its clock begins at noon and runs.

    them: the neighbours; what they are to do goes through `do`.
    """

    def __init__(self) -> None:
        self._begun, self._ahead = utc_now(), timedelta()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listener = listening(0)
        port = listener.getsockname()[1]
        self.origin = f"http://localhost:{port}"
        self.them = agreed()
        self.desk = self.them.desk
        self.desk.runtime.now = lambda: NOON + self._ahead + (utc_now() - self._begun)
        app = application(
            self.desk.runtime,
            sessions=self.desk.sessions,
            tokens=self.desk.tokens,
            people=self.desk.people,
            hosts=hosts(port),
        )
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        self.do(self._start())
        self._serving = asyncio.run_coroutine_threadsafe(self._server.serve([listener]), self._loop)
        self.do(self._listens())
        self._officer = self.desk.add("officer")

    @property
    def url(self) -> str:
        """Where its page is, with a code that signs the officer in once."""
        return (
            f"{self.origin}/#code={self.desk.sessions.code(self._officer.caller(), self.desk.runtime.now())}"
        )

    def do(self, work: Awaitable[T]) -> T:
        """What comes of it, on the node's thread."""

        async def done() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(STARTED_S)

    def passes(self, minutes: float) -> None:
        """So much time passes at once."""
        self._ahead += timedelta(minutes=minutes)

    def hears(self, *nodes: str) -> None:
        """The lines to these nodes are up now, and all others are not."""
        now_ms = round(self.desk.runtime.now().timestamp() * 1_000)
        self.desk.runtime.heard_ms = lambda: dict.fromkeys(nodes, now_ms + 3_600_000)

    def stop(self) -> None:
        """End it."""
        self._server.should_exit = True
        self._serving.result(STARTED_S)
        self.do(self.desk.runtime.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STARTED_S)
        self._loop.close()

    async def _start(self) -> None:
        self.desk.runtime.start()

    async def _listens(self) -> None:
        """Until the server takes connections; before, a browser is refused."""
        while not self._server.started:
            if self._serving.done():
                self._serving.result()  # raises what ended it
                raise AssertionError("the server ended before it listened")
            await asyncio.sleep(0.01)


@contextmanager
def neighboured() -> Iterator[NeighbouredNode]:
    """Such a node, for as long as it is needed."""
    node = NeighbouredNode()
    try:
        yield node
    finally:
        node.stop()
