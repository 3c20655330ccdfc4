"""Tables that know which of their values are durable.

A decision is projected at once, so that the next one rests on it, but it is pending until its batch is
durable. The journal keeps what each pending change replaced: a failed batch is undone by it, and readers see
through it to the durable values.
"""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from mamarr.faults import invariant

K = TypeVar("K")
V = TypeVar("V")


class Table(Generic[K, V]):
    """Values by key, with a journal of what is pending.

    changed: called with (key, value before, value after) at every change and every undoing of one; an index
    that follows it is always that of the current values. settled: called with (key, durable value) when that
    may be another one; an index that follows it is always that of the durable values.
    """

    def __init__(
        self,
        changed: Callable[[K, V | None, V | None], None] = lambda *_: None,
        settled: Callable[[K, V | None], None] | None = None,
    ) -> None:
        self._current: dict[K, V] = {}
        self._journal: list[tuple[int, K, V | None]] = []  # batch, key, value before; oldest first
        self._changed = changed
        self._settled = settled
        self.revision = 0  # how many changes became durable since the start

    def get(self, key: K) -> V | None:
        """The current value, pending ones included: what the next decision rests on."""
        return self._current.get(key)

    def durable(self, key: K) -> V | None:
        """The durable value. Cost: that of what is pending."""
        for _, pending, before in self._journal:
            if pending == key:
                return before
        return self._current.get(key)

    def __len__(self) -> int:
        """How many values there are, pending ones included."""
        return len(self._current)

    def put(self, batch: int, key: K, value: V | None) -> None:
        """Set the value for `key` (None removes it) as part of pending batch number `batch`."""
        invariant(not self._journal or self._journal[-1][0] <= batch, "batches are projected in order")
        self._journal.append((batch, key, self._set(key, value)))

    def fold(self, key: K, value: V | None) -> None:
        """Set the value for `key` (None removes it), which is durable already; nothing may be pending."""
        invariant(not self._journal, "what is durable comes before what is pending")
        self._set(key, value)
        self.revision += 1
        if self._settled is not None:
            self._settled(key, value)

    def settle(self, batch: int) -> None:
        """Batch number `batch`, the oldest pending one, is durable."""
        if not self._journal:
            return
        kept = next(
            (at for at, (number, _, _) in enumerate(self._journal) if number > batch), len(self._journal)
        )
        keys = dict.fromkeys(key for _, key, _ in self._journal[:kept])
        del self._journal[:kept]
        self.revision += kept
        if self._settled is not None:
            for key in keys:
                self._settled(key, self.durable(key))

    def undo(self, batch: int) -> None:
        """Batch number `batch`, the newest pending one, failed: put back what it replaced."""
        while self._journal and self._journal[-1][0] == batch:
            _, key, before = self._journal.pop()
            self._set(key, before)
        invariant(not self._journal or self._journal[-1][0] < batch, "batches are undone newest first")

    def current_items(self) -> Iterator[tuple[K, V]]:
        """Every key with its current value, pending ones included, in no order of meaning."""
        yield from self._current.items()

    def durable_items(self) -> Iterator[tuple[K, V]]:
        """Every key with its durable value: what answers, pictures and followers may see."""
        before: dict[K, V | None] = {}
        for _, key, value in self._journal:
            before.setdefault(key, value)
        for key, value in self._current.items():
            if key not in before:
                yield key, value
        for key, old in before.items():
            if old is not None:
                yield key, old

    def _set(self, key: K, value: V | None) -> V | None:
        before = self._current.pop(key, None) if value is None else self._current.get(key)
        if value is not None:
            self._current[key] = value
        if before is not value:
            self._changed(key, before, value)
        return before
