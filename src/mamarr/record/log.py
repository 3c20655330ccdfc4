"""The log: gives entries their place, hashes them, signs the head and makes all of it durable at once."""

from collections.abc import Callable, Sequence

from mamarr.faults import Unavailable, invariant
from mamarr.names import Mode
from mamarr.record.checkpoints import Checkpoint, Signer
from mamarr.record.entries import SALT_BYTES, Draft, Entry, Frame, frame_part
from mamarr.record.stores import Head, Row, StaleHead, Store
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
        invariant(signer.verifier.name == self.origin, "the signer is not named after the log's origin")

    @property
    def origin(self) -> str:
        """The name of this log in its checkpoints."""
        return f"{self.node}/{self.mode}"

    @property
    def size(self) -> int:
        """How many entries this log has, as far as this object appended or resumed them."""
        return self._frontier.size

    def resume(self, frontier: Frontier) -> None:
        """Go on after the entries that `frontier` stands for; StaleHead if the store has others."""
        if self.store.size() != frontier.size:
            raise StaleHead(f"the store has {self.store.size()} entries, resumed at {frontier.size}")
        self._frontier = frontier.copy()

    def append(self, drafts: Sequence[Draft]) -> tuple[Entry, ...]:
        """Make `drafts` durable as one group commit under one signed head; answers the entries.

        Raises StaleHead when somebody else wrote, Unavailable when nothing was written, InDoubt when
        that cannot be told.
        """
        invariant(len(drafts) > 0, "an empty group commit")
        frontier, first = self._frontier.copy(), self._frontier.size
        entries, rows = [], []
        for draft in drafts:
            entry = self._entry(draft, sequence=frontier.size, commit=first)
            leaf = leaf_hash(entry.leaf())
            rows.append(Row(entry.sequence, draft.key, leaf, entry.body()))
            entries.append(entry)
            frontier.append(leaf)
        checkpoint = Checkpoint(origin=self.origin, size=frontier.size, root=frontier.root())
        self._write(first, rows, Head(frontier.size, self._signer.seal(checkpoint)))
        self._frontier = frontier
        return tuple(entries)

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
        return Entry(sequence=sequence, parts=(frame_part(frame, salt), *draft.parts))

    def _write(self, first: int, rows: Sequence[Row], head: Head) -> None:
        try:
            self.store.append(first, rows, head)
        except Unavailable as silent:
            try:
                size = self.store.size()
            except Unavailable as still:
                raise InDoubt(str(still)) from still
            if size == first:
                raise  # nothing was written: the caller undoes and may try again
            written = list(self.store.rows(first, head.size))
            if size != head.size or written != list(rows):
                raise InDoubt(f"{silent}; the store has {size} entries, {first} before") from silent
