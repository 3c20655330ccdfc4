"""A bad line in user space: 300 ms each way, 64 kbit/s each way, one packet in twenty lost, as TCP shows it.

A lost packet shows in a TCP stream as a delay: it comes again after a round trip or more, and all that was
sent behind it waits for it. What the line has no room for waits at the sender.
"""

import asyncio
import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

ONE_WAY_S = 0.3
BYTES_PER_S = 64_000 / 8
LOST = 0.05
PACKET_BYTES = 1_448  # of an Ethernet's 1,500, without the headers of IP and TCP
QUEUED_PACKETS = 8  # what a router before a slow line keeps: 1.4 s
CLONE_NEWNET = 0x4000_0000


class Relay:
    """Carries what comes to `listener` to where `connect` goes, on a thread of its own."""

    def __init__(self, listener: socket.socket, connect: Callable[[], socket.socket], seed: int = 1) -> None:
        self._listener, self._connect, self._chance = listener, connect, Random(seed)
        self.carried_bytes, self.lost_count = 0, 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        listener.listen()
        listener.setblocking(False)
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        accepting = self._loop.create_task(self._accept())
        self._loop.run_forever()
        for task in (accepting, *self._tasks):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(accepting, *self._tasks, return_exceptions=True))
        self._loop.close()

    async def _accept(self) -> None:
        while True:
            near, _ = await self._loop.sock_accept(self._listener)
            task = self._loop.create_task(self._both(near))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _both(self, near: socket.socket) -> None:
        try:
            far = self._connect()
        except OSError:
            near.close()
            return
        for sock in (near, far):
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        await asyncio.sleep(2 * ONE_WAY_S)  # the round trip in which TCP begins
        ways = [asyncio.create_task(self._carry(*way)) for way in ((near, far), (far, near))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            near.close()
            far.close()

    async def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        """One way: reads no faster than the line sends, and gives out each packet when it has come."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        room = asyncio.Semaphore(QUEUED_PACKETS)
        giving = asyncio.create_task(self._give(under_way, sink))
        sent_s = comes_s = 0.0
        try:
            while True:
                await room.acquire()
                packet = await self._loop.sock_recv(source, PACKET_BYTES)
                if not packet or giving.done():
                    break
                sent_s = max(sent_s, self._loop.time()) + (len(packet) + 52) / BYTES_PER_S
                self._loop.call_at(sent_s, room.release)
                repeats_s = 0.0
                while self._chance.random() < LOST:
                    self.lost_count += 1
                    repeats_s = 2 * ONE_WAY_S if repeats_s == 0 else 2 * repeats_s + 2 * ONE_WAY_S
                comes_s = max(comes_s, sent_s + ONE_WAY_S + repeats_s)
                under_way.put_nowait((comes_s, packet))
                self.carried_bytes += len(packet)
        finally:
            giving.cancel()

    async def _give(self, under_way: asyncio.Queue[tuple[float, bytes]], sink: socket.socket) -> None:
        while True:
            comes_s, packet = await under_way.get()
            await asyncio.sleep(max(0.0, comes_s - self._loop.time()))
            await self._loop.sock_sendall(sink, packet)


def may_make_networks() -> bool:
    """Whether this process may set others into networks of their own."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip"))):
        return False
    tried = ["unshare", "-n", "ip", "link", "set", "lo", "up"]
    return subprocess.run(tried, check=False).returncode == 0


def within(process_id: int, make: Callable[[], socket.socket]) -> socket.socket:
    """The socket that `make` makes in the network of a process (0: ours), and that stays in it."""
    if process_id == 0:
        return make()
    found: list[socket.socket | OSError] = []

    def make_there() -> None:
        try:
            enter(process_id)
            found.append(make())
        except OSError as wrong:
            found.append(wrong)

    thread = threading.Thread(target=make_there)  # only this thread goes there, and it ends
    thread.start()
    thread.join()
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]


def enter(process_id: int) -> None:
    """This thread, and those that it starts, are in the network of a process from now on. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    with Path(f"/proc/{process_id}/ns/net").open("rb") as network:
        if library.setns(network.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
