"""The log: gives entries their place, hashes them, signs the head and makes all of it durable at once."""

from collections.abc import Callable, Sequence

from mamarr.faults import Unavailable, invariant
from mamarr.names import Mode
from mamarr.record.checkpoints import Checkpoint, Signer
from mamarr.record.entries import (
    FRAME,
    GENESIS,
    SALT_BYTES,
    Draft,
    Entry,
    Frame,
    checked,
    entry_from_body,
    frame_part,
    genesis_part,
)
from mamarr.record.stores import Head, NotWritten, Row, StaleHead, Store
from mamarr.record.tree import Frontier, leaf_hash


class InDoubt(Exception):  # noqa: N818  a state of the world, told by its name
    """The store cannot say whether the last append is durable. Stop; a restart reads what is there."""


class Log:
    """One node's log in one mode. Appends are made by one thread.

    node and mode make the origin `<node>/<mode>`, which the signer must be named after.
    salts: answers SALT_BYTES fresh random bytes at each call.
    """

    def __init__(
        self, store: Store, signer: Signer, *, node: str, mode: Mode, salts: Callable[[], bytes]
    ) -> None:
        self.store, self.node, self.mode = store, node, mode
        self._signer, self._salts = signer, salts
        self._frontier = Frontier()
        self.head: Head | None = None  # the newest that this object made durable
        invariant(signer.verifier.name == self.origin, "the signer is not named after the log's origin")

    @property
    def origin(self) -> str:
        """The name of this log in its checkpoints."""
        return f"{self.node}/{self.mode}"

    @property
    def size(self) -> int:
        """How many entries this log has, as far as this object appended or resumed them."""
        return self._frontier.size

    def resume(self, frontier: Frontier, *, others_write: bool = False) -> None:
        """Go on after the entries that `frontier` stands for; StaleHead if the store has others.

        others_write: whether there may be more by now, which this object is told of in the same way.
        """
        if not others_write and self.store.size() != frontier.size:
            raise StaleHead(f"the store has {self.store.size()} entries, resumed at {frontier.size}")
        self._frontier, self.head = frontier.copy(), None

    def frontier(self) -> Frontier:
        """The tree over what this object appended or resumed, as a copy."""
        return self._frontier.copy()

    def begin(self, time_ms: int) -> bool:
        """Write the genesis if the log is empty; whether it was. Raises as `append` does."""
        is_empty = self.size == 0
        if is_empty:
            part = genesis_part(self._signer.verifier.text(), self._salts())
            self.append([Draft(time_ms=time_ms, parts=(part,))])
        return is_empty

    def erase(self, sequence: int, names: frozenset[str]) -> None:
        """Destroy the content of the parts `names` of entry `sequence`; its leaf, and every proof, stays.

        ValueError for a part that the log cannot be read without, or an entry that is not there. Unavailable
        when it cannot be told whether the old bytes are gone; erasing again is harmless.
        """
        if names & {FRAME, GENESIS}:
            raise ValueError("the frame and the genesis of a log cannot be erased")
        row = next(self.store.rows(sequence, sequence + 1), None)
        if row is None:
            raise ValueError(f"there is no entry {sequence}")
        reduced = entry_from_body(sequence, row.body).sealed(names)
        invariant(leaf_hash(reduced.leaf()) == row.leaf, "erasing changed a leaf")
        self.store.reduce(sequence, reduced.body())

    def append(self, drafts: Sequence[Draft]) -> tuple[Row, ...]:
        """Make `drafts` durable as one group commit under one signed head; answers their rows.

        Raises StaleHead when somebody else wrote, Unavailable when nothing was written, InDoubt when
        that cannot be told.
        """
        invariant(len(drafts) > 0, "an empty group commit")
        frontier, first = self._frontier.copy(), self._frontier.size
        rows = []
        for draft in drafts:
            entry = self._entry(draft, sequence=frontier.size, commit=first)
            leaf = leaf_hash(entry.leaf())
            rows.append(Row(entry.sequence, draft.key, leaf, entry.body()))
            frontier.append(leaf)
        checkpoint = Checkpoint(origin=self.origin, size=frontier.size, root=frontier.root())
        head = Head(frontier.size, self._signer.seal(checkpoint))
        self._write(first, rows, head)
        self._frontier, self.head = frontier, head
        return tuple(rows)

    def _entry(self, draft: Draft, *, sequence: int, commit: int) -> Entry:
        frame = Frame(
            sequence=sequence,
            commit=commit,
            time_ms=draft.time_ms,
            mode=self.mode,
            node=self.node,
            key=None if draft.key is None else draft.key.hex(),
        )
        salt = self._salts()
        invariant(len(salt) == SALT_BYTES, "a salt has 32 bytes")
        parts = (frame_part(frame, salt), *draft.parts)
        checked(parts)
        return Entry(sequence=sequence, parts=parts)

    def _write(self, first: int, rows: Sequence[Row], head: Head) -> None:
        try:
            self.store.append(first, rows, head)
        except NotWritten:
            raise
        except Unavailable as silent:
            try:
                size = self.store.size()
                written = list(self.store.rows(first, head.size))
            except Unavailable as still:
                raise InDoubt(str(still)) from still
            if size == first:
                raise  # nothing was written: the caller undoes and may try again
            if size != head.size or written != list(rows):
                raise InDoubt(f"{silent}; the store has {size} entries, {first} before") from silent
