"""Verify a record alone: every entry against its leaf, every leaf against the signed heads.

Uses no snapshot, no index and no state of a running node. What it reads may come from an adversary.
"""

from collections.abc import Callable, Iterator

import msgspec

from mamarr.record.checkpoints import Checkpoint, Verifier
from mamarr.record.entries import Entry, entry_from_body
from mamarr.record.stores import Row, Store
from mamarr.record.tree import Frontier, leaf_hash

PROGRESS_EVERY = 5_000  # entries between two calls of `progress`


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and where. first and last: sequence of the first and last entry it may lie in."""

    what: str
    first: int
    last: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit came to.

    size: entries read. proven_size: up to where signed heads prove them. finding: the first that is wrong.
    origin: of the log. witnessed_size: how far an outside checkpoint, if one was given, reaches.
    last_time_ms: of the last entry proven, or None.
    """

    origin: str
    size: int
    proven_size: int
    witnessed_size: int | None = None
    finding: Finding | None = None
    last_time_ms: int | None = None


def audit(
    store: Store,
    verifier: Verifier,
    *,
    outside: Checkpoint | None = None,
    each: Callable[[Entry], str | None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """Check the whole log in `store` against `verifier`; stops at the first thing that is wrong.

    outside: a checkpoint kept elsewhere, already opened with its key. each: a further check of every entry,
    answering what is wrong or None. progress: told how many entries are done. Raises Unavailable.
    """
    heads = store.heads()
    reading = _Reading(verifier, outside)
    head = next(heads, None)
    for row in _counted(store.rows(), progress):
        finding = reading.entry(row, each)
        while finding is None and head is not None and head.size == reading.frontier.size:
            finding = reading.head(head.note, head.size)
            head = next(heads, None)
        if finding is not None:
            return reading.verdict(finding)
    return reading.verdict(reading.end(head.size if head is not None else None))


class _Reading:
    """What an audit knows so far."""

    def __init__(self, verifier: Verifier, outside: Checkpoint | None) -> None:
        self.verifier, self.outside = verifier, outside
        self.frontier, self.proven_size, self.commit = Frontier(), 0, 0
        self.time_ms: int | None = None
        self.proven_time_ms: int | None = None

    def entry(self, row: Row, each: Callable[[Entry], str | None]) -> Finding | None:
        """Take one more row; what is wrong with it, if anything is."""
        place = self.frontier.size
        if row.sequence != place:
            return _at(place, f"entry {place} is missing: the next one is numbered {row.sequence}")
        try:
            entry = entry_from_body(row.sequence, row.body)
            frame = entry.frame()
        except (ValueError, msgspec.DecodeError) as wrong:
            return _at(place, str(wrong))
        if leaf_hash(entry.leaf()) != row.leaf:
            return _at(place, "the bytes of the entry are not those that were hashed")
        key = None if row.key is None else row.key.hex()
        if (frame.sequence, frame.commit, frame.key) != (place, self.commit, key):
            return _at(place, f"the entry says it is number {frame.sequence} of commit {frame.commit}")
        if f"{frame.node}/{frame.mode}" != self.verifier.name:
            return _at(place, f"the entry belongs to {frame.node}/{frame.mode}")
        if self.time_ms is not None and frame.time_ms < self.time_ms:
            return _at(place, "the entry is older than the one before it")
        wrong_inside = each(entry)
        if wrong_inside is not None:
            return _at(place, wrong_inside)
        self.time_ms = frame.time_ms
        self.frontier.append(row.leaf)
        if self.outside is not None and self.outside.size == self.frontier.size:
            return self._against(self.outside, "the checkpoint given from outside")
        return None

    def head(self, note: str, size: int) -> Finding | None:
        """Take the head at this size; what is wrong with the commit it closes, if anything is."""
        try:
            checkpoint = self.verifier.open(note)
        except ValueError as wrong:
            return self._commit(f"the head over this commit is not signed by this log: {wrong}")
        if checkpoint.origin != self.verifier.name or checkpoint.size != size:
            return self._commit("the head over this commit speaks of another log or size")
        finding = self._against(checkpoint, "the signed head")
        if finding is None:
            self.proven_size = self.commit = size
            self.proven_time_ms = self.time_ms
        return finding

    def end(self, next_head_size: int | None) -> Finding | None:
        """All rows are read; what is wrong with where they end, if anything is."""
        size = self.frontier.size
        if next_head_size is not None:
            return Finding(
                what=f"a signed head speaks of {next_head_size} entries, {size} are here",
                first=size,
                last=next_head_size - 1,
            )
        if self.proven_size != size:
            return self._commit("no signed head covers this commit")
        if self.outside is not None and self.outside.size > size:
            return Finding(
                what=f"the outside checkpoint speaks of {self.outside.size} entries, {size} are here",
                first=size,
                last=self.outside.size - 1,
            )
        return None

    def verdict(self, finding: Finding | None) -> Verdict:
        """What to tell."""
        return Verdict(
            origin=self.verifier.name,
            size=self.frontier.size,
            proven_size=self.proven_size,
            witnessed_size=None if self.outside is None or finding is not None else self.outside.size,
            finding=finding,
            last_time_ms=self.proven_time_ms,
        )

    def _against(self, checkpoint: Checkpoint, name: str) -> Finding | None:
        if checkpoint.root == self.frontier.root():
            return None
        return self._commit(
            f"{name} at {checkpoint.size} entries has another root: bytes and leaf were changed"
        )

    def _commit(self, what: str) -> Finding:
        return Finding(what=what, first=self.commit, last=max(self.frontier.size - 1, self.commit))


def _at(sequence: int, what: str) -> Finding:
    return Finding(what=what, first=sequence, last=sequence)


def _counted(rows: Iterator[Row], progress: Callable[[int], None]) -> Iterator[Row]:
    for count, row in enumerate(rows, start=1):
        yield row
        if count % PROGRESS_EVERY == 0:
            progress(count)
