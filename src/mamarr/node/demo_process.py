"""A process that the demo forks off itself: it ends with the first one, and may end before it."""

import contextlib
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from mamarr.faults import Unavailable, WireError

END_S = 10.0  # chosen: twice what open requests may take
WRONG_USE = 2

Live = Callable[[socket.socket], None]  # what it does until its end of the pair says that the first one ended


class DemoProcess:
    """A process that does `live`. name: what it is called where it goes wrong.

    closes: sockets that the first process holds and this one must not, `ours` of earlier ones among them: a
    process that held one would keep another from seeing that the first one has ended.
    """

    def __init__(self, live: Live, name: str, *, closes: tuple[socket.socket, ...]) -> None:
        self.ours, theirs = socket.socketpair()
        # Forked, not started anew: all that it needs is loaded and compiled here already.
        self._process = multiprocessing.get_context("fork").Process(
            target=_lived, args=(live, name, theirs, (*closes, self.ours)), daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def process_id(self) -> int | None:
        """The id of its process."""
        return self._process.pid

    @property
    def sentinel(self) -> int:
        """What can be read from once it has ended."""
        return self._process.sentinel

    def end(self) -> None:
        """End it in an orderly way, or else hard."""
        with contextlib.suppress(OSError):
            self.ours.shutdown(socket.SHUT_RDWR)  # it ends when it sees that
        self.ours.close()
        self._process.join(END_S)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()


def _lived(live: Live, name: str, end: socket.socket, closes: tuple[Any, ...]) -> None:
    """The whole life of the process."""
    os.setsid()  # Ctrl-C is for the first process, which ends this one
    for each in closes:
        each.close()
    try:
        live(end)
    except (Unavailable, WireError, ValueError, OSError) as wrong:
        sys.stderr.write(f"mamarr: {name}: {wrong}\n")
        sys.exit(WRONG_USE)
