"""Verify a record alone: every entry against its leaf, every leaf against the signed heads.

Uses no snapshot, no index and no state of a running node. What it reads may come from an adversary. A store
that answers with what is no row or head is a finding; one that does not answer is Unavailable.
"""

from collections.abc import Callable, Iterator

import msgspec

from mamarr.record.checkpoints import Checkpoint, Verifier
from mamarr.record.entries import GENESIS, Entry, Sealed, entry_from_body, genesis_of
from mamarr.record.stores import Damaged, Head, Row, Store
from mamarr.record.tree import Frontier, leaf_hash

OTHER_BYTES = "the bytes of the entry are not those that were hashed"
OUTSIDE = "the checkpoint given from outside"
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
    last_time_ms: of the last entry proven, or None. sealed: how many parts cannot be read here, because they
    were erased or withheld: an audit proves that they stood there, not what they said.
    """

    origin: str
    size: int
    proven_size: int
    witnessed_size: int | None = None
    finding: Finding | None = None
    last_time_ms: int | None = None
    sealed: int = 0


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
    answering what is wrong or None. progress: told how many entries are done. Raises Unavailable when the
    store is silent, not when what it keeps cannot be read: that is the finding.
    """
    reading = _Reading(verifier, outside)
    try:
        finding = reading.start() or _wrong_in(store, reading, each, progress)
    except Damaged as damaged:
        finding = _unreadable(reading.frontier.size, damaged)
    return reading.verdict(finding)


def _wrong_in(
    store: Store,
    reading: "_Reading",
    each: Callable[[Entry], str | None],
    progress: Callable[[int], None],
) -> Finding | None:
    """Read the whole log in `store`; the first thing that is wrong. Raises Damaged."""
    finding = None
    heads = store.heads(-1)
    head: Head | None = next(heads, None)
    # A log in use grows while it is read: rows are asked for again until they reach the last head.
    while finding is None and (head is None or head.size >= reading.frontier.size):
        before = reading.frontier.size
        for row in _counted(store.rows(before), progress):
            finding = reading.entry(row, each)
            while finding is None and head is not None and head.size <= reading.frontier.size:
                finding = reading.head(head.note, head.size)
                head = next(heads, None)
            if finding is not None:
                break
        if head is None or reading.frontier.size == before:
            break
    return finding or reading.end(None if head is None else head.size)


def wrong_beginning(store: Store) -> Finding | None:
    """What is wrong with entry 0, as far as that can be told without a key; None if nothing is.

    Asked before `key_of`, so that a changed genesis is a finding and no missing key.
    """
    try:
        row = next(store.rows(0, 1), None)
        if row is None:
            follows = store.size() > 0 or next(store.heads(), None) is not None
            return _at(0, "entry 0 is missing") if follows else None
        entry = entry_from_body(0, row.body)
        if leaf_hash(entry.leaf()) != row.leaf:
            return _at(0, OTHER_BYTES)
        genesis = genesis_of(entry)
        if genesis is not None:
            Verifier.from_text(genesis.key)
    except Damaged as damaged:
        return _unreadable(0, damaged)
    except ValueError as wrong:
        return _at(0, str(wrong))
    return None


def key_of(store: Store) -> Verifier:
    """The key that the record names in its genesis; ValueError when it names none. Proves no identity."""
    row = next(store.rows(0, 1), None)
    genesis = None if row is None else genesis_of(entry_from_body(0, row.body))
    if genesis is None:
        raise ValueError("the record names no key of its own: give the key")
    return Verifier.from_text(genesis.key)


class _Reading:
    """What an audit knows so far."""

    def __init__(self, verifier: Verifier, outside: Checkpoint | None) -> None:
        self.verifier, self.outside = verifier, outside
        self.whose = tuple(verifier.name.rsplit("/", 1))  # node and mode, a mode has no slash
        self.frontier, self.proven_size, self.commit = Frontier(), 0, 0
        self.sealed = 0
        self.time_ms: int | None = None
        self.proven_time_ms: int | None = None

    def entry(self, row: Row, each: Callable[[Entry], str | None]) -> Finding | None:
        """Take one more row; what is wrong with it, if anything is."""
        place = self.frontier.size
        if row.sequence != place:
            return _at(place, f"entry {place} is missing: the next one is numbered {row.sequence}")
        try:
            entry = entry_from_body(row.sequence, row.body)
            frame, contents = entry.frame(), entry.contents()
            genesis = genesis_of(entry) if GENESIS in contents else None
        except ValueError as wrong:
            return _at(place, str(wrong))
        if leaf_hash(entry.leaf()) != row.leaf:
            return _at(place, OTHER_BYTES)
        key = None if row.key is None else row.key.hex()
        if (frame.sequence, frame.commit, frame.key) != (place, self.commit, key):
            return _at(place, f"the entry says it is number {frame.sequence} of commit {frame.commit}")
        if (frame.node, frame.mode) != self.whose:
            return _at(place, f"the entry belongs to {frame.node}/{frame.mode}")
        if self.time_ms is not None and frame.time_ms < self.time_ms:
            return _at(place, "the entry is older than the one before it")
        if genesis is not None and (place > 0 or genesis.key != self.verifier.text()):
            return _at(place, "the log began under another key than the one it is verified with")
        if place == 0 and genesis is None and any(isinstance(part, Sealed) for part in entry.parts):
            return _at(place, "the genesis of the log cannot be read")
        self.sealed += len(entry.parts) - len(contents)
        wrong_inside = each(entry)
        if wrong_inside is not None:
            return _at(place, wrong_inside)
        self.time_ms = frame.time_ms
        self.frontier.append(row.leaf)
        if self.outside is not None and self.outside.size == self.frontier.size:
            return self._against(self.outside, OUTSIDE)
        return None

    def start(self) -> Finding | None:
        """Before the first row: what is wrong with the checkpoint from outside, if anything is."""
        if self.outside is None:
            return None
        if self.outside.origin != self.verifier.name:
            return Finding(what=f"the checkpoint from outside is of {self.outside.origin}", first=0, last=0)
        return self._against(self.outside, OUTSIDE) if self.outside.size == 0 else None

    def head(self, note: str, size: int) -> Finding | None:
        """Take the head at this size; what is wrong with the commit it closes, if anything is."""
        if size != self.frontier.size or size == self.proven_size:
            return self._commit(f"a head of {size} entries stands where none can")
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
            sealed=self.sealed,
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


def _unreadable(sequence: int, damaged: Damaged) -> Finding:
    return _at(sequence, f"the record cannot be read from here on: {damaged.what}")


def _counted(rows: Iterator[Row], progress: Callable[[int], None]) -> Iterator[Row]:
    for count, row in enumerate(rows, start=1):
        yield row
        if count % PROGRESS_EVERY == 0:
            progress(count)
