"""One process at a time on a folder of data: a lock that the system releases when its holder dies.

Two processes on one record would each keep the other from writing (a stale head), and each would answer from
a state that the other changed.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mamarr.faults import Unavailable

FILE = "node.lock"
PID_BYTES_MAX = 20  # the digits of the largest process id, and more


@contextmanager
def held_alone(folder: Path) -> Iterator[None]:
    """Hold `folder` as long as the context lasts. Raises Unavailable, naming who holds it."""
    path = folder / FILE
    try:
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # no child inherits it (PEP 446)
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong
    try:
        _lock(opened, folder)
        os.ftruncate(opened, 0)
        os.pwrite(opened, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(opened)  # and with it the lock; the file stays, for to remove it would race


def _lock(opened: int, folder: Path) -> None:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        pid = os.pread(opened, PID_BYTES_MAX, 0).decode("ascii", "replace").strip()
        holder = f"process {pid}" if pid.isdigit() else "another process"
        raise Unavailable(
            f"{folder} is in use by {holder}: one folder has one node at a time. End that process first, "
            "or give this node a folder of its own"
        ) from taken
    except OSError as wrong:
        raise Unavailable(f"{folder / FILE} cannot be locked: {wrong.strerror}") from wrong
