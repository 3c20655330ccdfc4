"""What a store must do. Each promise is a test that every store passes (`tests/record/test_stores.py`)."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from mamarr.faults import Unavailable


class StaleHead(Exception):  # noqa: N818  a state of the world, told by its name
    """The log is not where the writer believes it is: somebody else wrote. Stop and replay."""


class Damaged(Unavailable):
    """The store answers, and with what is no row or head of a record: asking again does not help.

    what: why it is none; the store and its place come before it in the message.
    """

    def __init__(self, place: object, what: str) -> None:
        super().__init__(f"{place}: {what}")
        self.what = what


class NotWritten(Unavailable):
    """What was to be appended was not written, and will not be: nothing need be looked up."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """An entry as stored. leaf: its 32-byte leaf hash. key: its idempotency key or None. body: its parts."""

    sequence: int
    key: bytes | None
    leaf: bytes
    body: bytes


class Head(msgspec.Struct, frozen=True):
    """A signed checkpoint as stored: the log's size it speaks of, and the note."""

    size: int
    note: str


class Snapshot(msgspec.Struct, frozen=True):
    """A short cut for starting, never for auditing. size: entries it stands for. body: the engine's."""

    size: int
    body: bytes


SNAPSHOTS_KEPT = 2  # the newest may have been torn by a crash; the one before it was whole


class Store(Protocol):
    """A place that keeps a log. One writer, many readers; every call may raise Unavailable or Damaged."""

    def size(self) -> int:
        """How many entries are durable."""

    def append(self, first: int, rows: Sequence[Row], head: Head) -> None:
        """Make `rows`, whose first has sequence `first`, and `head` durable, all or none, before returning.

        Raises StaleHead when the log does not have `first` entries or knows one of the keys, and then
        nothing is written. Raises Unavailable when it cannot say that all is durable; `size` tells then,
        or NotWritten where it knows.
        """

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row]:
        """Durable rows from `start` up to `stop`, in order. Damaged only after all before the damage."""

    def heads(self, start: int = 0) -> Iterator[Head]:
        """Durable heads of logs larger than `start`, the smallest first. Damaged as `rows`."""

    def find(self, key: bytes) -> Row | None:
        """The durable row with this idempotency key."""

    def find_all(self, keys: Sequence[bytes]) -> dict[bytes, Row]:
        """The durable rows that have one of these idempotency keys, by it; quicker than one by one."""

    def reduce(self, sequence: int, body: bytes) -> None:
        """Replace the body of entry `sequence` by one with fewer readable parts, durably.

        The bytes it replaces are overwritten, and every snapshot is dropped, for it may hold them too.
        """

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Keep `snapshot`; of all that were kept the SNAPSHOTS_KEPT largest stay."""

    def snapshots(self) -> Iterator[Snapshot]:
        """Kept snapshots, the largest first. Of no entry that is not durable, else whatever was kept."""

    def close(self) -> None:
        """Let go of what the operating system gave."""
