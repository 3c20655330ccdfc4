"""A disk that loses, tears and reorders what was not synced; a store on it that fails and answers late."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from hashlib import sha256
from random import Random

import msgspec

from mamarr.faults import Unavailable
from mamarr.record import Head, MemoryStore, Row, Snapshot, StaleHead, Store
from mamarr.record.standing import Witness, set_back

WITNESS_FAILS_RATIO, WITNESS_LOST_RATIO = 0.05, 0.1  # chosen: some worlds meet each
TEAR_BYTES = 16  # chosen: a torn block is a mix of old and new pieces of this length, or a beginning


class Crashed(Exception):  # noqa: N818  a state of the world, told by its name
    """The power went in the middle of a call. Go on with what `FaultyStore.after_crash` answers."""


class Disk:
    """Numbered blocks, each as long as the longest that was written to it.

    What was written is read back at once, but is safe only after `sync`. chance: decides what a crash keeps.
    """

    def __init__(self, chance: Random, blocks: Mapping[int, bytes] | None = None) -> None:
        self._chance = chance
        self._durable: dict[int, bytes] = dict(blocks or {})
        self._seen = dict(self._durable)
        self._unsynced: list[tuple[int, bytes]] = []
        self._breaks: list[tuple[int, Exception]] = []

    def size(self) -> int:
        """One more than the highest block that was ever written."""
        return max(self._seen, default=-1) + 1

    def read(self, block: int) -> bytes:
        """What was last written there; nothing if nothing was."""
        return self._seen.get(block, b"")

    def write(self, block: int, content: bytes) -> None:
        """Write over the first bytes of a block; what it had beyond them stays."""
        breaking = self._breaking()
        written = content if breaking is None else content[: self._chance.randrange(len(content))]
        self._unsynced.append((block, written))
        self._seen[block] = written + self.read(block)[len(written) :]
        if breaking is not None:
            raise breaking

    def sync(self) -> None:
        """Make all that was written safe."""
        breaking = self._breaking()
        if breaking is not None:
            raise breaking
        self._durable.update((block, self._seen[block]) for block, _ in self._unsynced)
        self._unsynced.clear()

    def break_after(self, operations: int, wrong: Exception) -> None:
        """Let that many writes and syncs succeed, and raise `wrong` in the next; then work again.

        A second call counts from the break before it.
        """
        self._breaks.append((operations, wrong))

    def image(self) -> bytes:
        """Every byte that somebody who takes the disk out may find on it."""
        return b"\n".join([*self._durable.values(), *(content for _, content in self._unsynced)])

    def copy(self) -> "Disk":
        """What is safe, on another disk: a backup."""
        return Disk(self._chance, self._durable)

    def after_crash(self) -> "Disk":
        """The disk after a power cut: of the unsynced writes any are kept, in any order, one perhaps torn."""
        share = self._chance.choice((0.0, 0.5, 0.9, 1.0))
        kept = [write for write in self._unsynced if self._chance.random() < share]
        self._chance.shuffle(kept)
        torn = self._chance.randrange(len(kept)) if kept and self._chance.random() < 0.5 else None
        blocks = dict(self._durable)
        for index, (block, content) in enumerate(kept):
            before = blocks.get(block, b"")
            after = content + before[len(content) :]
            blocks[block] = self._torn(before, after) if index == torn else after
        return Disk(self._chance, blocks)

    def _torn(self, before: bytes, after: bytes) -> bytes:
        if self._chance.random() < 0.5:
            cut = self._chance.randrange(len(after) + 1)
            return after[:cut] + before[cut:]
        before = before.ljust(len(after), b"\0")
        pieces = range(0, len(after), TEAR_BYTES)
        return b"".join(self._chance.choice((before, after))[at : at + TEAR_BYTES] for at in pieces)

    def _breaking(self) -> Exception | None:
        if not self._breaks:
            return None
        operations, wrong = self._breaks[0]
        if operations == 0:
            self._breaks.pop(0)
            return wrong
        self._breaks[0] = (operations - 1, wrong)
        return None


class UnsyncedWitness:
    """The witness beside a record on such a disk: written, not synced. A crash keeps the last one written, or
    the one before; rarely none."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._kept: Witness | None = None
        self._seen: Witness | None = None

    @property
    def is_lost(self) -> bool:
        """Whether there is none."""
        return self._seen is None

    def set_back(self, store: Store) -> str | None:
        """As `record.standing.set_back`."""
        return set_back(store, self._seen, 0)

    def write(self, head: Head) -> None:
        """Say that the record now ends at `head`; Unavailable now and then."""
        if self._chance.random() < WITNESS_FAILS_RATIO:
            raise Unavailable("no room for the witness")
        self._kept, self._seen = self._seen, Witness(note=head.note, size=head.size, file=0)

    def lost(self) -> "UnsyncedWitness":
        """One that nobody has: a record that begins anew with it, or was copied without it."""
        return UnsyncedWitness(self._chance)

    def set_back_with(self, store: Store) -> None:
        """It is restored together with the record, as with the image of a whole machine."""
        head = next(store.heads(max(0, store.size() - 1)), None)
        note = "" if head is None else head.note
        self._kept = self._seen = Witness(note=note, size=store.size(), file=0)

    def crash(self) -> None:
        """The power goes."""
        lost = self._chance.random() < WITNESS_LOST_RATIO
        self._seen = None if lost else self._chance.choice((self._kept, self._seen))
        self._kept = self._seen


class Fault(StrEnum):
    """What goes wrong in a call."""

    FULL = "full"  # nothing is written
    TORN = "torn"  # a part is written, the disk says so and the process lives on
    LATE = "late"  # all is durable, the answer is lost
    SILENT = "silent"  # all is durable or nothing is written, and `size` does not answer either, once
    CRASH = "crash"  # the power goes at some write or sync
    BLIND = "blind"  # `find` does not answer


IN_A_THOUSAND = 1_000
NO_FAULTS: Mapping[Fault, int] = {}
# Chosen so that a world of some 15 appends meets two or three; BLIND is of finds, the rest of writing calls.
USUAL_FAULTS: Mapping[Fault, int] = {
    Fault.FULL: 25,
    Fault.TORN: 40,
    Fault.LATE: 20,
    Fault.SILENT: 25,
    Fault.CRASH: 80,
    Fault.BLIND: 3,
}
WRITING_FAULTS = (Fault.FULL, Fault.TORN, Fault.LATE, Fault.SILENT, Fault.CRASH)


class AreaBlock(msgspec.Struct, frozen=True, tag="area"):
    """First of an area. Of two areas the one with the larger generation holds; the other is being erased."""

    generation: int


class RowBlock(msgspec.Struct, frozen=True, tag="row"):
    """One row of the commit that the next marker ends."""

    row: Row


class MarkerBlock(msgspec.Struct, frozen=True, tag="marker"):
    """Ends a commit. number: counted from 0 in its area. count: of its rows."""

    number: int
    count: int
    head: Head


class SnapshotBlock(msgspec.Struct, frozen=True, tag="snapshot"):
    """A kept snapshot."""

    snapshot: Snapshot


Block = AreaBlock | RowBlock | MarkerBlock | SnapshotBlock
AREAS = (0, 1)  # block n of area a is block 2 n + a of the disk, so that both may grow
LENGTH_BYTES = 4
DIGEST_BYTES = 32
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Block] = msgspec.msgpack.Decoder(Block)


class FaultyStore:
    """A log as an append-only journal on a `Disk`, with faults.

    faults: how often each strikes, in a thousand calls. disk: one that an earlier store wrote, or none.
    tell: takes a sentence for each read that fails.
    Reads are answered from memory; the disk is read when the store is made.
    """

    def __init__(
        self,
        chance: Random,
        faults: Mapping[Fault, int] = USUAL_FAULTS,
        disk: Disk | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._chance, self.faults, self._tell = chance, faults, tell
        self.disk = Disk(chance) if disk is None else disk
        self._inner = MemoryStore()
        self._area, self._generation, self._end, self._commits = 0, 0, 1, 0
        self._is_silent = False
        self._recover()

    def after_crash(self, faults: Mapping[Fault, int] | None = None) -> "FaultyStore":
        """The store that a restart finds after a power cut. faults: from then on, else as before."""
        faults = self.faults if faults is None else faults
        return FaultyStore(self._chance, faults, self.disk.after_crash(), self._tell)

    def size(self) -> int:
        """How many entries are durable."""
        if self._is_silent:
            self._is_silent = False
            raise Unavailable("the disk does not answer")
        return self._inner.size()

    def append(self, first: int, rows: Sequence[Row], head: Head) -> None:
        """As `Store.append`, failing now and then."""
        self._refuse_stale(first, rows)
        with self._faulty(len(rows) + 2):
            self._commit(first, rows, head)

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row]:
        """As `Store.rows`."""
        return self._inner.rows(start, stop)

    def heads(self, start: int = 0) -> Iterator[Head]:
        """As `Store.heads`."""
        return self._inner.heads(start)

    def find(self, key: bytes) -> Row | None:
        """As `Store.find`, silent now and then."""
        self._look()
        return self._inner.find(key)

    def find_all(self, keys: Sequence[bytes]) -> dict[bytes, Row]:
        """As `Store.find_all`, silent now and then: the more often, the more is looked up."""
        for _ in keys:
            self._look()
        return self._inner.find_all(keys)

    def reduce(self, sequence: int, body: bytes) -> None:
        """As `Store.reduce`: the whole journal is written anew in the other area, then the old one erased."""
        blocks = self._reduced(sequence, body)
        with self._faulty(len(blocks) + 3, then=self.disk.size()):
            other, before = 1 - self._area, self._area
            try:
                for place, block in enumerate(blocks, start=1):
                    self._write(other, place, block)
                self.disk.sync()
                self._write(other, 0, AreaBlock(self._generation + 1))
                self.disk.sync()
            except OSError:
                self._erase(other)
                raise
            self._area, self._generation, self._end = other, self._generation + 1, len(blocks) + 1
            self._erase(before)
            self._inner.reduce(sequence, body)

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """As `Store.keep_snapshot`, failing now and then."""
        with self._faulty(2):
            self._journal([SnapshotBlock(snapshot)])
            self._inner.keep_snapshot(snapshot)

    def snapshots(self) -> Iterator[Snapshot]:
        """As `Store.snapshots`."""
        return self._inner.snapshots()

    def close(self) -> None:
        """Nothing to let go of."""

    # Faults

    @contextmanager
    def _faulty(self, operations: int, *, then: int = 0) -> Iterator[None]:
        """Draw a fault for a call.

        operations: writes and syncs of which one may be torn. then: how many may follow, up to a crash.
        """
        weights = [self.faults.get(fault, 0) for fault in WRITING_FAULTS]
        names: tuple[Fault | None, ...] = (*WRITING_FAULTS, None)
        fault = self._chance.choices(names, [*weights, IN_A_THOUSAND - sum(weights)])[0]
        self._is_silent = fault is Fault.SILENT
        match fault:
            case Fault.FULL:
                raise Unavailable("the disk is full")
            case Fault.SILENT if self._chance.random() < 0.5:
                raise Unavailable("no answer, and nothing was written")
            case Fault.TORN:
                self.disk.break_after(self._chance.randrange(operations), OSError("the disk broke off"))
            case Fault.CRASH:
                self.disk.break_after(
                    self._chance.randrange(operations + then + 1), Crashed("the power went")
                )
        try:
            yield
        except OSError as torn:
            raise Unavailable(f"{torn}; what was written of it is erased") from torn
        match fault:
            case Fault.LATE | Fault.SILENT:
                raise Unavailable("no answer in time, though all was written")
            case Fault.CRASH:
                raise Crashed("the power went after all was durable, before the answer")

    # The journal

    def _look(self) -> None:
        if self._chance.randrange(IN_A_THOUSAND) < self.faults.get(Fault.BLIND, 0):
            self._tell("the disk cannot be read")
            raise Unavailable("the disk cannot be read")

    def _refuse_stale(self, first: int, rows: Sequence[Row]) -> None:
        keys = [row.key for row in rows if row.key is not None]
        known = any(self._inner.find(key) is not None for key in keys) or len(set(keys)) != len(keys)
        if first != self._inner.size() or known:
            raise StaleHead(f"the log has {self._inner.size()} entries, the writer believed {first}")

    def _commit(self, first: int, rows: Sequence[Row], head: Head) -> None:
        marker = MarkerBlock(number=self._commits, count=len(rows), head=head)
        self._journal([*(RowBlock(row) for row in rows), marker])
        self._commits += 1
        self._inner.append(first, rows, head)

    def _journal(self, blocks: Sequence[Block]) -> None:
        """Add `blocks` at the end and sync; OSError when that failed and no trace of them is left."""
        start = self._end
        try:
            for block in blocks:
                self._end += 1
                self._write(self._area, self._end - 1, block)
            self.disk.sync()
        except OSError:
            self._clean(start)
            raise

    def _clean(self, start: int) -> None:
        """Take back what was written from `start` on."""
        self._erase(self._area, start)
        self._end = start

    def _write(self, area: int, place: int, block: Block) -> None:
        payload = _encoder.encode(block)
        length = len(payload).to_bytes(LENGTH_BYTES, "big")
        self.disk.write(2 * place + area, length + sha256(payload).digest() + payload)

    def _erase(self, area: int, start: int = 0) -> None:
        """Overwrite every block of `area` from `start` with zeros, durably; the first before the rest.

        An area without its first block holds nothing, however much of the rest a crash leaves.
        """
        blocks = [
            block for block in range(2 * start + area, self.disk.size(), 2) if any(self.disk.read(block))
        ]
        for some in (blocks[:1], blocks[1:]):
            for block in some:
                self.disk.write(block, bytes(len(self.disk.read(block))))
            if some:
                self.disk.sync()

    def _recover(self) -> None:
        """Read the disk: the whole commits up to the first that is not. What comes after is erased."""
        firsts = {area: self._read(area, 0) for area in AREAS}
        found = {area: first.generation for area, first in firsts.items() if isinstance(first, AreaBlock)}
        if found:
            self._area = max(found, key=lambda area: found[area])
            self._generation = found[self._area]
            self._read_journal()
        self._erase(1 - self._area)
        self._erase(self._area, self._end if found else 0)
        if not found:
            self._write(self._area, 0, AreaBlock(self._generation))
            self.disk.sync()

    def _read_journal(self) -> None:
        rows: list[Row] = []
        for place in range(1, self.disk.size() // 2 + 1):
            match self._read(self._area, place):
                case RowBlock(row):
                    rows.append(row)
                    continue
                case MarkerBlock() as marker if _ends(marker, self._commits, len(rows)):
                    self._inner.append(self._inner.size(), rows, marker.head)
                    self._commits += 1
                    rows = []
                case SnapshotBlock(snapshot) if not rows:
                    self._inner.keep_snapshot(snapshot)
                case None:
                    continue  # a hole: the marker after it misses a row, or is not the next
                case _:
                    return
            self._end = place + 1

    def _read(self, area: int, place: int) -> Block | None:
        """The block, or None when it is not whole."""
        content = self.disk.read(2 * place + area)
        length = int.from_bytes(content[:LENGTH_BYTES], "big")
        digest, payload = (
            content[LENGTH_BYTES:][:DIGEST_BYTES],
            content[LENGTH_BYTES + DIGEST_BYTES :][:length],
        )
        if length == 0 or not _is_whole(payload, length, digest):
            return None
        return _decoder.decode(payload)

    def _reduced(self, sequence: int, body: bytes) -> list[Block]:
        """The journal with one body replaced and no snapshot."""
        blocks: list[Block] = []
        first = 0
        for number, head in enumerate(self._inner.heads()):
            rows = [
                msgspec.structs.replace(row, body=body) if row.sequence == sequence else row
                for row in self._inner.rows(first, head.size)
            ]
            blocks += [RowBlock(row) for row in rows]
            blocks.append(MarkerBlock(number=number, count=len(rows), head=head))
            first = head.size
        return blocks


def _is_whole(payload: bytes, length: int, digest: bytes) -> bool:
    """Whether a block is as it was written."""
    return len(payload) == length and sha256(payload).digest() == digest


def _ends(marker: MarkerBlock, number: int, count: int) -> bool:
    """Whether the `count` rows found before `marker` are all of commit `number`, and it is that commit's."""
    return (marker.number, marker.count) == (number, count)
