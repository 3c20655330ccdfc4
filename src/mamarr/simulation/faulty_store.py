"""A store whose disk fails in the ways disks fail, drawn from a seed."""

from collections.abc import Iterator, Sequence
from random import Random

from mamarr.faults import Unavailable
from mamarr.record import Head, MemoryStore, Row

FULL, LATE, FINE = "full", "late", "fine"
WEIGHTS = {FULL: 4, LATE: 2, FINE: 94}  # in a hundred appends


class FaultyStore:
    """A MemoryStore that sometimes writes nothing (disk full), or writes and then says it did not."""

    def __init__(self, chance: Random) -> None:
        self._chance, self._inner = chance, MemoryStore()

    def size(self) -> int:
        """How many entries are durable."""
        return self._inner.size()

    def append(self, first: int, rows: Sequence[Row], head: Head) -> None:
        """As `Store.append`, failing now and then."""
        fault = self._chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if fault == FULL:
            raise Unavailable("the disk is full")
        self._inner.append(first, rows, head)
        if fault == LATE:
            raise Unavailable("no answer in time, though all was written")

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row]:
        """As `Store.rows`."""
        return self._inner.rows(start, stop)

    def heads(self, start: int = 0) -> Iterator[Head]:
        """As `Store.heads`."""
        return self._inner.heads(start)

    def find(self, key: bytes) -> Row | None:
        """As `Store.find`."""
        return self._inner.find(key)

    def close(self) -> None:
        """Nothing to let go of."""
