"""The HTTP server of a node: sockets on loopback, uvicorn, an orderly end."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any, Protocol

import uvicorn

from mamarr.faults import Unavailable
from mamarr.node import collecting
from mamarr.node.joined_writes import JoinedProtocol
from mamarr.node.runtime import Runtime
from mamarr.node.watching import Watching

LOOPBACK = "127.0.0.1"
SWITCH_S = 0.000_5  # chosen: Python's own 5 ms would let the thread that appends wait so long after each sync
STOP_S = 5  # how long open requests may take to end


class Part(Protocol):
    """What runs beside the engine while the node serves. It may submit orders to the runtime until it stops.

    A part that ends by itself says so in the picture and is restarted by its own care: admission goes on.
    """

    async def start(self, runtime: Runtime) -> None:
        """Begin. Raises Unavailable when it cannot; then the node does not serve."""

    async def stop(self) -> None:
        """End in order; called once, if `start` returned."""


class Server(uvicorn.Server):
    """uvicorn, with the signals left to us: its own way raises them again and hides our exit code."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as a wish to end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.end)
        yield

    def end(self) -> None:
        """Answer what is open and end."""
        self.should_exit = True


def listening(port: int) -> socket.socket:
    """A loopback socket bound to `port` (0: a free one); Unavailable says what stands in the way."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by every connection: head and body leave in two writes, and without this the second waits
    # 40 ms for the acknowledgement of the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as taken:
        listener.close()
        raise Unavailable(f"port {port} on {LOOPBACK} cannot be used: {taken.strerror}") from taken
    return listener


def hosts(port: int) -> frozenset[str]:
    """The Host headers under which a loopback listener at `port` is ours."""
    return frozenset({f"{LOOPBACK}:{port}", f"localhost:{port}"})


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end on uvicorn's event loop: uvloop where there is one, at half the cost."""
    sys.setswitchinterval(SWITCH_S)
    loop = uvicorn.Config("", loop="auto").get_loop_factory()
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(work)


async def serve(
    app: Callable[..., Awaitable[None]],
    runtime: Runtime,
    listener: socket.socket,
    *,
    ready: Callable[[], Awaitable[None]],
    watching: Watching | None = None,
    parts: Sequence[Part] = (),
    connections_max: int | None = None,
    stop_s: int = STOP_S,
    behind_proxy: bool = False,
) -> None:
    """Serve `app` until told to stop; `ready` runs once requests are answered. watching: the node's watch.

    parts: started before the first request is answered, stopped after the last, the newest first.
    connections_max: at a time, further ones are answered 503. stop_s: how long open requests may take to end.
    behind_proxy: whether to believe a proxy on this machine about who asks and by which scheme; without one,
    any program here could claim to be somebody else's address. Raises what stopped the engine, a part or
    `ready`, after an orderly end.
    """
    config = uvicorn.Config(
        app,
        http=JoinedProtocol,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=stop_s,
        limit_concurrency=connections_max,
        proxy_headers=behind_proxy,
        forwarded_allow_ips=LOOPBACK,
    )
    server = Server(config)
    runtime.start()
    async with contextlib.AsyncExitStack() as running:
        running.push_async_callback(runtime.stop)
        for part in parts:
            await part.start(runtime)
            running.push_async_callback(part.stop)
        if watching is not None:
            watching.start()
            running.push_async_callback(watching.stop)
        collecting.settle()
        greeting = await _served(server, runtime, listener, ready)
    for task in (runtime.stopped(), greeting):
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _served(
    server: Server, runtime: Runtime, listener: socket.socket, ready: Callable[[], Awaitable[None]]
) -> asyncio.Task[None]:
    """Serve until told to stop, or until engine or `ready` fail; the task of `ready`."""
    serving = asyncio.create_task(server.serve([listener]))
    greeting = asyncio.create_task(_once_started(server, ready))
    for task in (runtime.stopped(), greeting):
        task.add_done_callback(lambda ended: server.end() if ended.cancelled() or ended.exception() else None)
    await serving
    greeting.cancel()
    return greeting


async def _once_started(server: Server, ready: Callable[[], Awaitable[None]]) -> None:
    while not server.started:
        await asyncio.sleep(0.01)
    await ready()
