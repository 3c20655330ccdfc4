"""A store in memory: for tests, and for a demo that keeps nothing."""

from collections.abc import Iterator, Sequence

from mamarr.record.stores import Head, Row, StaleHead


class MemoryStore:
    """Keeps a log for as long as the process lives."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._heads: list[Head] = []
        self._by_key: dict[bytes, int] = {}

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

    def close(self) -> None:
        """Nothing to let go of."""
