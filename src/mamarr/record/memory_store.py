"""A store in memory: for tests, and for a demo that keeps nothing."""

from collections.abc import Iterator, Sequence

import msgspec

from mamarr.faults import Unavailable
from mamarr.record.stores import SNAPSHOTS_KEPT, Head, Row, Snapshot, StaleHead


class MemoryStore:
    """Keeps a log for as long as the process lives."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._heads: list[Head] = []
        self._by_key: dict[bytes, int] = {}
        self._snapshots: list[Snapshot] = []

    def size(self) -> int:
        """How many entries there are."""
        return len(self._rows)

    def append(self, first: int, rows: Sequence[Row], head: Head) -> None:
        """Add `rows` and `head`; StaleHead when they do not follow what is there."""
        keys = [row.key for row in rows if row.key is not None]
        if (
            first != len(self._rows)
            or any(key in self._by_key for key in keys)
            or len(set(keys)) != len(keys)
        ):
            raise StaleHead(f"the log has {len(self._rows)} entries, the writer believed {first}")
        self._rows.extend(rows)
        self._heads.append(head)
        self._by_key.update((row.key, row.sequence) for row in rows if row.key is not None)

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row]:
        """Rows from `start` up to `stop`, in order."""
        yield from self._rows[start:stop]

    def heads(self, start: int = 0) -> Iterator[Head]:
        """Heads of logs larger than `start`, the smallest first."""
        yield from (head for head in self._heads if head.size > start)

    def find(self, key: bytes) -> Row | None:
        """The row with this idempotency key."""
        sequence = self._by_key.get(key)
        return None if sequence is None else self._rows[sequence]

    def find_all(self, keys: Sequence[bytes]) -> dict[bytes, Row]:
        """The rows that have one of these idempotency keys."""
        return {key: row for key in keys if (row := self.find(key)) is not None}

    def reduce(self, sequence: int, body: bytes) -> None:
        """Replace the body of entry `sequence` and drop every snapshot."""
        if not 0 <= sequence < self.size():
            raise Unavailable(f"there is no entry {sequence}")
        self._rows[sequence] = msgspec.structs.replace(self._rows[sequence], body=body)
        self._snapshots.clear()

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Keep `snapshot` among the SNAPSHOTS_KEPT largest."""
        others = [kept for kept in self._snapshots if kept.size != snapshot.size]
        self._snapshots = sorted([*others, snapshot], key=lambda kept: -kept.size)[:SNAPSHOTS_KEPT]

    def snapshots(self) -> Iterator[Snapshot]:
        """Kept snapshots, the largest first."""
        yield from (kept for kept in self._snapshots if kept.size <= self.size())

    def close(self) -> None:
        """Nothing to let go of."""
