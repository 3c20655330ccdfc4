"""The log in one SQLite file: WAL, synchronous=FULL, one writing and one reading connection.

An append is one transaction that is synced before it returns, so what `append` returned from survives a
power cut. The file is the user's alone (mode 0600).
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from mamarr.faults import Unavailable
from mamarr.record.stores import SNAPSHOTS_KEPT, Damaged, Head, Row, Snapshot, StaleHead

Made = TypeVar("Made", Row, Head)

APPLICATION_ID = (
    0x6D616D72  # "mamr": SQLite's application_id, so that a stranger's file is not taken for ours
)
LAYOUT = 1
BUSY_S = 5.0  # chosen: a reader's checkpoint holds the file for milliseconds
KEYS_AT_ONCE = 512  # chosen: a batch of the decider; SQLite takes some 30,000 values in a statement
ROWS_AT_ONCE = 200  # chosen: entries of some kB; one fetch fits the cache of a core

CHECKPOINT_PAGES = 2_000  # chosen: a tenth less to write than with SQLite's 1,000; pauses of 25 ms for 19
SEQUENCE_MAX = 2**63 - 1  # SQLite: the largest INTEGER

# Primary result codes (sqlite.org/rescode.html) that say what the file holds; others say that it cannot be
# had now. SQLITE_ERROR: the schema lacks what we wrote into it. TOOBIG: a length that no row of ours has.
DAMAGE = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_TOOBIG,
}

ROW = "SELECT sequence, key, leaf, body FROM entries"
SIZE = "SELECT coalesce(max(sequence), -1) + 1 FROM entries"
# A changed last number must not hide the rows before it: the heads have their own word of the end.
END = f"SELECT max(({SIZE}), (SELECT coalesce(max(size), 0) FROM heads))"  # noqa: S608  our own words
OUTDATED = "DELETE FROM snapshots WHERE size NOT IN (SELECT size FROM snapshots ORDER BY size DESC LIMIT ?)"
SCHEMA = f"""
BEGIN IMMEDIATE;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {LAYOUT};
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY CHECK (sequence >= 0),
    key BLOB UNIQUE,
    leaf BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE heads (size INTEGER PRIMARY KEY CHECK (size > 0), note TEXT NOT NULL) STRICT;
CREATE TABLE snapshots (size INTEGER PRIMARY KEY CHECK (size > 0), body BLOB NOT NULL) STRICT;
COMMIT;
"""


class SqliteStore:
    """Keeps a log in the file `path`. Raises Unavailable when the file cannot be used as a log.

    Once it is open, what cannot be read as a log for what stands in the file is Damaged. Reading rows and
    heads in order looks at no snapshot, nor at the index of the keys, SQLite's counters or free pages.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.Lock()  # readers of several threads share one connection
        with _available(path):
            if not read_only:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._reader = self._connect(self._reading() if read_only else "rw")
            self._writer = self._reader if read_only else self._connect("rw")
            if not read_only:
                self._writer.execute("PRAGMA journal_mode = WAL")
                self._writer.execute("PRAGMA synchronous = FULL")
                self._writer.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
                self._writer.execute("PRAGMA secure_delete = ON")
            if not read_only and self._number("PRAGMA application_id") == 0 and self._empty():
                self._writer.executescript(SCHEMA)
            if (self._number("PRAGMA application_id"), self._number("PRAGMA user_version")) != (
                APPLICATION_ID,
                LAYOUT,
            ):
                raise Unavailable(f"{path} is not a Mamarr record of a layout this version reads")

    def size(self) -> int:
        """How many entries are durable."""
        with _available(self.path):
            return self._number(SIZE)

    def append(self, first: int, rows: Sequence[Row], head: Head) -> None:
        """Make `rows` and `head` durable, all or none. StaleHead, Unavailable."""
        with _available(self.path):
            try:
                with self._transaction():
                    found = self._writer.execute(SIZE).fetchone()[0]
                    if found != first:
                        raise StaleHead(f"the log has {found} entries, the writer believed {first}")
                    self._writer.executemany(
                        "INSERT INTO entries VALUES (?, ?, ?, ?)",
                        [(row.sequence, row.key, row.leaf, row.body) for row in rows],
                    )
                    self._writer.execute("INSERT INTO heads VALUES (?, ?)", (head.size, head.note))
            except sqlite3.IntegrityError as taken:
                raise StaleHead(f"the log already has one of these entries or keys: {taken}") from taken

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row]:
        """Durable rows from `start` up to `stop`, in order, whatever is appended meanwhile."""
        last = self._end() if stop is None else stop
        query = f"{ROW} WHERE sequence > ? AND sequence < ? ORDER BY sequence LIMIT ?"
        # Asked for what is after the one before: a damaged row numbered 0 must not be found as the first.
        # Where a page is damaged that two fetches meet in, the search for the second may go astray: a gap is
        # then seen at its beginning, before the damage and never after it.
        while start < last:
            rows, damaged = self._read(query, (start - 1, last), self._row)
            yield from rows
            if damaged is not None:
                raise damaged
            if not rows:
                return
            start = rows[-1].sequence + 1

    def heads(self, start: int = 0) -> Iterator[Head]:
        """Durable heads of logs larger than `start`, the smallest first."""
        query = "SELECT size, note FROM heads WHERE size > ? ORDER BY size LIMIT ?"
        while True:
            heads, damaged = self._read(query, (start,), self._head)
            yield from heads
            if damaged is not None:
                raise damaged
            if not heads:
                return
            start = heads[-1].size

    def find(self, key: bytes) -> Row | None:
        """The durable row with this idempotency key."""
        found = self._fetch(f"{ROW} WHERE key = ? AND sequence >= 0", (key,))
        return self._row(found[0]) if found else None

    def find_all(self, keys: Sequence[bytes]) -> dict[bytes, Row]:
        """The durable rows that have one of these idempotency keys."""
        found: dict[bytes, Row] = {}
        for first in range(0, len(keys), KEYS_AT_ONCE):
            asked = keys[first : first + KEYS_AT_ONCE]
            # As many places as the next power of two, the rest NULL: so few statements are ever compiled.
            places = 1 << (len(asked) - 1).bit_length()
            query = f"{ROW} WHERE key IN ({','.join('?' * places)}) AND sequence >= 0"
            for fetched in self._fetch(query, (*asked, *(None,) * (places - len(asked)))):
                row = self._row(fetched)
                if row.key is not None:
                    found[row.key] = row
        return found

    def reduce(self, sequence: int, body: bytes) -> None:
        """Replace the body of entry `sequence`, drop every snapshot, and overwrite what was there.

        secure_delete zeroes the old bytes in the file; the write-ahead log, which may still hold them, is
        copied back and cut to nothing before this returns; Unavailable when a reader keeps that from being
        done.
        """
        with _available(self.path):
            with self._transaction():
                self._writer.execute("UPDATE entries SET body = ? WHERE sequence = ?", (body, sequence))
                if self._writer.execute("SELECT changes()").fetchone()[0] != 1:
                    raise Unavailable(f"{self.path} has no entry {sequence}")
                self._writer.execute("DELETE FROM snapshots")
            busy, _, _ = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise Unavailable(f"{self.path}: the erased bytes are still in its write-ahead log")

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Keep `snapshot` among the SNAPSHOTS_KEPT largest."""
        with _available(self.path), self._transaction():
            self._writer.execute(
                "INSERT OR REPLACE INTO snapshots VALUES (?, ?)", (snapshot.size, snapshot.body)
            )
            self._writer.execute(
                OUTDATED,
                (SNAPSHOTS_KEPT,),
            )

    def snapshots(self) -> Iterator[Snapshot]:
        """Kept snapshots of durable entries, the largest first."""
        query = "SELECT size, body FROM snapshots WHERE size <= ? ORDER BY size DESC"
        yield from (Snapshot(*row) for row in self._fetch(query, (self.size(),)))

    def copy_to(self, path: Path) -> None:
        """Write a whole copy of the record, as it is now, into a new file. Unavailable when there is one."""
        with _available(self.path), self._lock:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self._reader.execute("VACUUM INTO ?", (str(path),))

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        self._writer.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        finally:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    def _reading(self) -> str:
        """How to read only.

        Where nothing can be written beside the file and no write-ahead log is there, as on a medium that is
        handed over, SQLite must be told that nobody writes: else it would make files of its own.
        """
        log = self.path.with_name(f"{self.path.name}-wal")
        is_alone = not os.access(self.path.absolute().parent, os.W_OK) and not log.exists()
        return "ro&immutable=1" if is_alone else "ro"

    def _connect(self, how: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode={how}",
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )

    def _fetch(self, query: str, values: tuple[object, ...]) -> list[Any]:
        with _available(self.path), self._lock, closing(self._reader.execute(query, values)) as cursor:
            return cursor.fetchall()

    def _read(
        self, query: str, values: tuple[int, ...], made: Callable[[tuple[object, ...]], Made]
    ) -> tuple[list[Made], Damaged | None]:
        """What `query`, whose last value is a limit, finds before the damage, and the damage if any is met.

        Always from the same place on: in a damaged tree a search for the next one may pass it by.
        """
        try:
            return [made(found) for found in self._fetch(query, (*values, ROWS_AT_ONCE))], None
        except Damaged as met:
            good: list[Made] = []
            damaged, low, high = met, 0, ROWS_AT_ONCE
        while high - low > 1:
            middle = (low + high) // 2
            try:
                good = [made(found) for found in self._fetch(query, (*values, middle))]
                low = middle
            except Damaged as nearer:
                damaged, high = nearer, middle
        return good, damaged

    def _end(self) -> int:
        """The sequence after the last row, as far as the file can tell; reading meets what is damaged."""
        try:
            with _available(self.path):
                return min(self._number(END), SEQUENCE_MAX)
        except Damaged:
            return SEQUENCE_MAX

    def _row(self, found: tuple[object, ...]) -> Row:
        # The file may come from an adversary, whose tables need not be STRICT.
        sequence, key, leaf, body = found
        if (
            isinstance(sequence, int)
            and (key is None or isinstance(key, bytes))
            and isinstance(leaf, bytes)
            and isinstance(body, bytes)
        ):
            return Row(sequence, key, leaf, body)
        raise Damaged(self.path, f"the row numbered {found[0]!r} has values of other types than a record has")

    def _head(self, found: tuple[object, ...]) -> Head:
        match found:
            case int(size), str(note):
                return Head(size, note)
        raise Damaged(
            self.path, f"the head numbered {found[0]!r} has values of other types than a record has"
        )

    def _number(self, query: str) -> int:
        with self._lock, closing(self._reader.execute(query)) as cursor:
            return int(cursor.fetchone()[0])

    def _empty(self) -> bool:
        return self._number("SELECT count(*) FROM sqlite_master") == 0


@contextmanager
def _available(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, OSError, OverflowError, UnicodeDecodeError) as wrong:
        if _is_damage(wrong):
            raise Damaged(path, str(wrong)) from wrong
        raise Unavailable(f"{path}: {wrong}") from wrong


def _is_damage(wrong: Exception) -> bool:
    code = getattr(wrong, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in DAMAGE
    # What the driver finds itself has no code: a TEXT, or a schema that it would quote, that is not UTF-8,
    # and a number larger than any sequence.
    return type(wrong) in (sqlite3.OperationalError, OverflowError, UnicodeDecodeError)
