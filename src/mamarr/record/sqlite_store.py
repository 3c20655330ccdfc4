"""The log in one SQLite file: WAL, synchronous=FULL, one writing and one reading connection.

An append is one transaction that is synced before it returns, so what `append` returned from survives a
power cut. The file is the user's alone (mode 0600).
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from mamarr.faults import Unavailable
from mamarr.record.stores import Head, Row, StaleHead

APPLICATION_ID = (
    0x6D616D72  # "mamr": SQLite's application_id, so that a stranger's file is not taken for ours
)
LAYOUT = 1
BUSY_S = 5.0  # chosen: a reader's checkpoint holds the file for milliseconds
ROWS_AT_ONCE = 2_000  # chosen: bounds what one fetch holds in memory

SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {LAYOUT};
CREATE TABLE entries (sequence INTEGER PRIMARY KEY, key BLOB UNIQUE, leaf BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE heads (size INTEGER PRIMARY KEY, note TEXT NOT NULL);
"""


class SqliteStore:
    """Keeps a log in the file `path`. Raises Unavailable when the file cannot be used as a log."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.Lock()  # readers of several threads share one connection
        with _available(path):
            if not read_only:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._reader = self._connect("ro" if read_only else "rw")
            self._writer = self._reader if read_only else self._connect("rw")
            if not read_only:
                self._writer.execute("PRAGMA journal_mode = WAL")
                self._writer.execute("PRAGMA synchronous = FULL")
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
            return self._number("SELECT coalesce(max(sequence), -1) + 1 FROM entries")

    def append(self, first: int, rows: Sequence[Row], head: Head) -> None:
        """Make `rows` and `head` durable, all or none. StaleHead, Unavailable."""
        with _available(self.path):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                found = self._writer.execute(
                    "SELECT coalesce(max(sequence), -1) + 1 FROM entries"
                ).fetchone()[0]
                if found != first:
                    raise StaleHead(f"the log has {found} entries, the writer believed {first}")
                self._writer.executemany(
                    "INSERT INTO entries VALUES (?, ?, ?, ?)",
                    [(row.sequence, row.key, row.leaf, row.body) for row in rows],
                )
                self._writer.execute("INSERT INTO heads VALUES (?, ?)", (head.size, head.note))
                self._writer.execute("COMMIT")
            except sqlite3.IntegrityError as taken:
                raise StaleHead(f"the log already has one of these entries or keys: {taken}") from taken
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row]:
        """Durable rows from `start` up to `stop`, in order, whatever is appended meanwhile."""
        last = self.size() if stop is None else stop
        while start < last:
            upto = min(start + ROWS_AT_ONCE, last)
            found = self._fetch(
                "SELECT * FROM entries WHERE sequence >= ? AND sequence < ? ORDER BY sequence",
                (start, upto),
            )
            yield from (Row(*row) for row in found)
            start = upto

    def heads(self, start: int = 0) -> Iterator[Head]:
        """Durable heads of logs larger than `start`, the smallest first."""
        while found := self._fetch(
            "SELECT size, note FROM heads WHERE size > ? ORDER BY size LIMIT ?", (start, ROWS_AT_ONCE)
        ):
            yield from (Head(*row) for row in found)
            start = found[-1][0]

    def find(self, key: bytes) -> Row | None:
        """The durable row with this idempotency key."""
        found = self._fetch("SELECT * FROM entries WHERE key = ?", (key,))
        return Row(*found[0]) if found else None

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        self._writer.close()

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

    def _number(self, query: str) -> int:
        with self._lock, closing(self._reader.execute(query)) as cursor:
            return int(cursor.fetchone()[0])

    def _empty(self) -> bool:
        return self._number("SELECT count(*) FROM sqlite_master") == 0


@contextmanager
def _available(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as wrong:
        raise Unavailable(f"{path}: {wrong}") from wrong
