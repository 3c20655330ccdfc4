"""The log in a database of PostgreSQL, written by one process at a time, read by many.

Whoever writes has the pen: a lock of its session, which ends with the session. An append is one statement,
hence one transaction, on that session and no other; it is committed when the server has it on disk, and on
its synchronous standbys if it has any. The primary key refuses a second entry of one sequence, so who lost
the pen and does not know it yet writes nothing.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from mamarr.faults import Unavailable
from mamarr.record.postgres_sessions import (
    MAJOR_MIN,
    STATEMENT_S,
    SYNCED,
    Address,
    Failure,
    Loop,
    Session,
)
from mamarr.record.stores import SNAPSHOTS_KEPT, Damaged, Head, NotWritten, Row, Snapshot, StaleHead

T = TypeVar("T")

LAYOUT = 1
ROWS_AT_ONCE = 200  # as in SQLite: some hundred kB an answer
APPEND_S = 10.0  # chosen: a synchronous standby that is gone takes some seconds to be let go
IN_DOUBT_S = 60.0  # chosen: Patroni has another primary within 30 s
AGAIN_S = 0.1  # chosen: between two looks for a server, or for the pen
PEN_WAIT_S = 3.0  # chosen: a former writer that was ended hard lets go within moments
READING_S = 120.0  # chosen: a snapshot of a million references
CLEANING_S = 3_600.0  # chosen: to write a large table anew
LOCKS = 0x6D616D72  # "mamr": our locks among those of a database
PEN, MAKING = 1, 2  # which of ours
GREW, BEATS = "mamarr_grew", "mamarr_beats"  # channels

ROW = "SELECT sequence, key, leaf, body FROM mamarr.entries"
HEAD = "SELECT size, note FROM mamarr.heads"
NEWER = f"""
SELECT sequence, key, leaf, body, current_setting('synchronous_standby_names') <> '' AS is_awaited
FROM mamarr.entries WHERE sequence >= $1 ORDER BY sequence LIMIT {ROWS_AT_ONCE}
"""  # noqa: S608
SIZE = "SELECT coalesce(max(sequence), -1) + 1 AS size FROM mamarr.entries"
APPEND = f"""
WITH found AS ({SIZE}),
added AS (
    INSERT INTO mamarr.entries (sequence, key, leaf, body)
    SELECT given.* FROM unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[]) AS given, found
    WHERE found.size = $1
),
signed AS (INSERT INTO mamarr.heads SELECT $6, $7 FROM found WHERE found.size = $1)
SELECT size, CASE WHEN size = $1 THEN pg_notify('{GREW}', $8) END FROM found
"""  # noqa: S608  our own words
# A new file with what can be seen now alone; VACUUM FULL may take along what an older transaction might see.
REWRITE = "ALTER TABLE mamarr.entries ALTER COLUMN body TYPE bytea USING substring(body FROM 1)"
KEEP = """
INSERT INTO mamarr.snapshots VALUES ($1, $2) ON CONFLICT (size) DO UPDATE SET body = excluded.body
"""
OUTDATED = """
DELETE FROM mamarr.snapshots WHERE size NOT IN (SELECT size FROM mamarr.snapshots ORDER BY size DESC LIMIT $1)
"""
# No row where another has it. Committed synchronously: what was committed before it is then as durable as it
# will be.
TAKE = """
WITH locked AS MATERIALIZED (SELECT pg_try_advisory_lock($3, $4) AS is_taken)
INSERT INTO mamarr.pen (one, term, instance, address, process, since)
SELECT true, 1, $1, $2, pid, backend_start FROM locked, pg_stat_activity
WHERE is_taken AND pid = pg_backend_pid()
ON CONFLICT (one) DO UPDATE SET term = mamarr.pen.term + 1, instance = excluded.instance,
    address = excluded.address, process = excluded.process, since = excluded.since
RETURNING term, instance, address, process, since
"""
HELD = """
SELECT term, instance, address, process, since, EXISTS (
    SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND classid = $1 AND objid = $2 AND objsubid = 2
        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pid = pen.process AND backend_start = pen.since
) AS is_held FROM mamarr.pen
"""
END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2"
# Ours may have been made by another process since it was asked whether they are there.
OTHERS = r"""
SELECT count(*) AS others FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname NOT IN ('information_schema', 'mamarr') AND nspname NOT LIKE 'pg\_%'
    AND relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
"""
SCHEMA = """
CREATE SCHEMA IF NOT EXISTS mamarr;
CREATE TABLE mamarr.entries (
    sequence bigint PRIMARY KEY CHECK (sequence >= 0),
    key bytea UNIQUE,
    leaf bytea NOT NULL,
    body bytea NOT NULL
);
CREATE TABLE mamarr.heads (size bigint PRIMARY KEY CHECK (size > 0), note bytea NOT NULL);
CREATE TABLE mamarr.snapshots (size bigint PRIMARY KEY CHECK (size > 0), body bytea NOT NULL);
CREATE TABLE mamarr.pen (
    one boolean PRIMARY KEY CHECK (one),
    term bigint NOT NULL,
    instance text NOT NULL,
    address text NOT NULL,
    process integer NOT NULL,
    since timestamptz NOT NULL
);
CREATE TABLE mamarr.record (layout integer NOT NULL);
INSERT INTO mamarr.record VALUES (1);
"""


class Pen(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes, or wrote last. term: one more each time that it is taken. address: of that process.

    process, since: its session at the server. is_held: whether that session still has it.
    """

    term: int
    instance: str
    address: str
    process: int
    since: datetime
    is_held: bool = True


class PostgresStore:
    """Keeps a log in the database at `url`. Raises Unavailable when that cannot be used as a log.

    It needs a role that may make a schema there. Once it is open, what cannot be read as a log for what
    stands in the tables is Damaged. What is asked while a server is silent is Unavailable within seconds; an
    append whose end is not known waits up to IN_DOUBT_S for a server that can tell.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._address = Address(url)
        self.place = self._address.place
        self._instance, self._told_address, self._is_in_doubt = "", "", False
        self._pen: Pen | None = None
        self._turn = asyncio.Lock()  # an append and all that comes of it, or the taking of the pen
        self._loop = Loop()
        self._reader = Session(
            self._address,
            {"default_transaction_read_only": "on"} if read_only else {"synchronous_commit": "on"},
            is_writer=not read_only,
        )
        # Beats are worth nothing after a crash, and must not wait for a disk.
        self._watch = Session(self._address, {"synchronous_commit": "off"}, is_writer=not read_only)
        self._writer = Session(self._address, {"synchronous_commit": "on"}, is_writer=True)
        try:
            self._run(self._opened(read_only))
        except (Unavailable, ValueError):
            self.close()
            raise

    # --- Store ----------------------------------------------------------------------------------------------

    def size(self) -> int:
        """How many entries are durable."""
        return self._run(self._size())

    def append(self, first: int, rows: Sequence[Row], head: Head) -> None:
        """Make `rows` and `head` durable, all or none. StaleHead, Unavailable.

        Takes the pen if nobody has it. Where the end of an append is not known, it is looked up once the old
        session is over; after IN_DOUBT_S without a server that tells, this store is Unavailable for good.
        """
        self._run(self._append(first, rows, head))

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row]:
        """Durable rows from `start` up to `stop`, in order, whatever is appended meanwhile."""
        last = self.size() if stop is None else stop
        while start < last:
            rows = self._run(self._rows(start, last))
            yield from rows
            if not rows:
                return
            start = rows[-1].sequence + 1

    def heads(self, start: int = 0) -> Iterator[Head]:
        """Durable heads of logs larger than `start`, the smallest first."""
        while True:
            found = self._run(
                self._asked(f"{HEAD} WHERE size > $1 ORDER BY size LIMIT $2", start, ROWS_AT_ONCE)
            )
            heads = [self._head(each) for each in found]
            yield from heads
            if not heads:
                return
            start = heads[-1].size

    def find(self, key: bytes) -> Row | None:
        """The durable row with this idempotency key."""
        return self.find_all([key]).get(key)

    def find_all(self, keys: Sequence[bytes]) -> dict[bytes, Row]:
        """The durable rows that have one of these idempotency keys."""
        if not keys:
            return {}
        found = self._run(self._asked(f"{ROW} WHERE key = ANY($1::bytea[])", list(keys)))
        rows = (self._row(each) for each in found)
        return {row.key: row for row in rows if row.key is not None}

    def reduce(self, sequence: int, body: bytes) -> None:
        """Replace the body of entry `sequence`, drop every snapshot, and write the table anew without it.

        The server's own log, its standbys' and its backups keep what was there until they are done with it.
        """
        if next(self.rows(sequence, sequence + 1), None) is None:
            raise Unavailable(f"{self.place} has no entry {sequence}")
        self._run(self._reduced(sequence, body))

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Keep `snapshot` among the SNAPSHOTS_KEPT largest."""
        self._run(
            self._changed((KEEP, snapshot.size, snapshot.body), (OUTDATED, SNAPSHOTS_KEPT), limit_s=READING_S)
        )

    def snapshots(self) -> Iterator[Snapshot]:
        """Kept snapshots of durable entries, the largest first."""
        query = f"SELECT size, body FROM mamarr.snapshots WHERE size <= ({SIZE}) ORDER BY size DESC"  # noqa: S608
        found = self._run(self._asked(query, limit_s=READING_S))
        yield from (Snapshot(each["size"], each["body"]) for each in found)

    def close(self) -> None:
        """Let go of the connections, and so of the pen."""
        if self._loop.is_running:
            self._loop.run(self._ended())
            self._loop.close()

    # --- for several processes ------------------------------------------------------------------------------

    @property
    def has_pen(self) -> bool:
        """Whether this process writes, as far as its end of the session knows."""
        return self._pen is not None and self._writer.is_open

    async def take_pen(self, instance: str, address: str) -> bool:
        """Whether this process has the pen now. instance, address: what others are told of it.

        Raises Unavailable.
        """
        self._instance, self._told_address = instance, address
        return await self._loop.answer(self._available(self._taken()))

    async def keeps_pen(self) -> bool:
        """Whether this process has the pen still, by the server's word and that of its standbys."""
        return await self._loop.answer(self._kept())

    async def pen(self) -> Pen | None:
        """Who has the pen, or had it last. Raises Unavailable."""
        return await self._loop.answer(self._available(self._held(self._watch)))

    async def depose(self, pen: Pen) -> None:
        """End the session that has the pen, if it is still the one in `pen`. Raises Unavailable."""
        await self._loop.answer(self._available(self._watch.fetch(END, pen.process, pen.since)))

    async def beat(self) -> None:
        """Tell the others that this process is there. Raises Unavailable."""
        term = 0 if self._pen is None else self._pen.term
        await self._loop.answer(
            self._available(self._watch.fetch("SELECT pg_notify($1, $2)", BEATS, str(term)))
        )

    async def newer(self, start: int) -> list[Row]:
        """The durable rows from `start` on, ROWS_AT_ONCE at most. Raises Unavailable.

        Durable as an append is when it returns: on all standbys that a commit waits for.
        """
        found = await self._loop.answer(
            self._available(self._reader.fetch_settled(NEWER, start, limit_s=STATEMENT_S))
        )
        return [self._row(each) for each in found]

    async def size_now(self) -> int:
        """How many entries are durable; without keeping the caller's thread. Raises Unavailable."""
        return await self._loop.answer(self._available(self._size(self._watch)))

    def listen(self, grew: Callable[[], object], beats: Callable[[int], object]) -> None:
        """Call `grew` when there is more to read, and `beats` with the term of who writes; on another thread.

        A wake-up alone: what is told while a connection is lost is not told again.
        """
        listening = {
            GREW: lambda *_: grew(),
            BEATS: lambda *told: beats(int(told[-1]) if str(told[-1]).isdecimal() else 0),
        }
        self._loop.run(self._listening(listening))

    # --- on the loop of the sessions ------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(self._available(work))

    async def _available(self, work: Coroutine[Any, Any, T]) -> T:
        if self._is_in_doubt:
            work.close()
            raise Unavailable(f"{self.place}: it is not known whether the last entries were written")
        with self._address.available():
            return await work

    async def _opened(self, read_only: bool) -> None:
        found = await self._reader.fetch(
            "SELECT current_setting('server_version_num')::integer AS version,"
            " current_setting('fsync') AS fsync, to_regclass('mamarr.record') IS NOT NULL AS is_ours"
        )
        version, fsync, is_ours = found[0]
        if version < MAJOR_MIN * 10_000:
            raise Unavailable(
                f"{self.place}: PostgreSQL {version // 10_000}; Mamarr needs {MAJOR_MIN} or later"
            )
        if fsync != "on" and not read_only:
            raise Unavailable(f"{self.place}: the server has fsync off, and would lose what it acknowledged")
        if not is_ours and read_only:
            raise Unavailable(f"{self.place} has no record of Mamarr")
        if not is_ours:
            others = (await self._reader.fetch(OTHERS))[0]["others"]
            if others:
                raise Unavailable(
                    f"{self.place} has {others} tables that are not Mamarr's: give it a database of its own"
                )
            await self._made()
        found = await self._reader.fetch("SELECT layout FROM mamarr.record")
        if [each["layout"] for each in found] != [LAYOUT]:
            raise Unavailable(f"{self.place} is not a Mamarr record of a layout this version reads")

    async def _made(self) -> None:
        """Make the tables, unless another process did just now."""
        try:
            await self._reader.run(("SELECT pg_advisory_xact_lock($1, $2)", LOCKS, MAKING), (SCHEMA,))
        except Failure as wrong:
            if getattr(wrong, "sqlstate", None) not in ("42P06", "42P07", "23505"):  # it is there already
                raise

    async def _listening(self, told: dict[str, Callable[..., object]]) -> None:
        self._watch.listening = told
        self._watch.drop()  # the next connection listens

    async def _asked(self, query: str, *values: object, limit_s: float = READING_S) -> list[Any]:
        return await self._reader.fetch(query, *values, limit_s=limit_s)

    async def _changed(self, *statements: tuple[object, ...], limit_s: float) -> None:
        await self._reader.run(*statements, limit_s=limit_s)

    async def _size(self, session: Session | None = None) -> int:
        return int((await (session or self._reader).fetch(SIZE))[0]["size"])

    async def _rows(self, start: int, stop: int, session: Session | None = None) -> list[Row]:
        query = f"{ROW} WHERE sequence >= $1 AND sequence < $2 ORDER BY sequence LIMIT $3"
        found = await (session or self._reader).fetch(query, start, stop, ROWS_AT_ONCE)
        return [self._row(each) for each in found]

    async def _append(self, first: int, rows: Sequence[Row], head: Head) -> None:
        async with self._turn:
            if not self.has_pen:
                try:
                    await self._waited_for_pen()
                except Failure as wrong:
                    raise self._not_written(wrong) from None
            await self._written(first, rows, head)

    async def _written(self, first: int, rows: Sequence[Row], head: Head) -> None:
        columns = zip(*((row.sequence, row.key, row.leaf, row.body) for row in rows), strict=True)
        values = (first, *map(list, columns), head.size, head.note.encode(), str(head.size))
        try:
            found = await self._writer.commit(APPEND, *values, limit_s=APPEND_S, is_same=True)
        except Failure as wrong:
            state = getattr(wrong, "sqlstate", None)
            if not self._writer.is_open or state is None:
                await self._resolved(first, rows, self._address.said(wrong))
                return
            if state.startswith("23"):
                raise StaleHead(
                    f"the log already has one of these entries or keys: {self._address.said(wrong)}"
                ) from None
            raise self._not_written(wrong) from None  # the server says no
        if found[0]["size"] != first:
            raise StaleHead(f"the log has {found[0]['size']} entries, the writer believed {first}")

    async def _resolved(self, first: int, rows: Sequence[Row], why: str) -> None:
        """Find out whether `rows` were written. Returns when they were; StaleHead, Unavailable when not.

        Not before the old session is over: a commit may still be under way in it.
        """
        old, self._pen = self._pen, None
        loop = asyncio.get_running_loop()
        until = loop.time() + IN_DOUBT_S
        while loop.time() < until:
            self._writer.drop()
            try:
                if not await self._took():
                    other = await self._held(self._writer)
                    if other is not None and old is not None and other.term == old.term:
                        await self._writer.fetch(END, old.process, old.since)
                        raise ConnectionError("the session before is not over")
                    await self._writer.commit(SYNCED, limit_s=APPEND_S)
                written = await self._rows(first, rows[-1].sequence + 1, self._writer)
                size = await self._size(self._writer)
            except Failure:
                await asyncio.sleep(AGAIN_S)
                continue
            if written == list(rows):
                return
            if size == first:
                raise NotWritten(f"{self.place}: nothing was written: {why}")
            raise StaleHead(f"the log has {size} entries, the writer believed {first}")
        self._is_in_doubt = True
        raise Unavailable(f"{self.place}: it is not known whether the last entries were written: {why}")

    def _not_written(self, wrong: BaseException) -> NotWritten:
        return NotWritten(f"{self.place}: nothing was written: {self._address.said(wrong)}")

    async def _waited_for_pen(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + PEN_WAIT_S
        while not await self._took():
            if loop.time() > until:
                raise StaleHead(f"{self.place}: another process writes this record")
            await asyncio.sleep(AGAIN_S)

    async def _taken(self) -> bool:
        async with self._turn:
            return self.has_pen or await self._took()

    async def _kept(self) -> bool:
        if self.has_pen:
            with contextlib.suppress(*Failure):
                await self._writer.commit(SYNCED, limit_s=APPEND_S, is_same=True)
                return self.has_pen
        return False

    async def _took(self) -> bool:
        self._pen = None
        try:
            found = await self._writer.commit(
                TAKE, self._instance, self._told_address, LOCKS, PEN, limit_s=APPEND_S
            )
        except Failure:
            self._writer.drop()  # the lock may have been taken
            raise
        self._pen = Pen(**found[0]) if found else None
        return self._pen is not None

    async def _held(self, session: Session) -> Pen | None:
        found = await session.fetch(HELD, LOCKS, PEN)
        return Pen(**found[0]) if found else None

    async def _reduced(self, sequence: int, body: bytes) -> None:
        await self._reader.run(
            ("UPDATE mamarr.entries SET body = $2 WHERE sequence = $1", sequence, body),
            (REWRITE,),
            ("TRUNCATE mamarr.snapshots",),
            limit_s=CLEANING_S,
        )

    async def _ended(self) -> None:
        for session in (self._writer, self._watch, self._reader):
            await session.end()

    def _row(self, found: Any) -> Row:
        # The server may be an adversary's, whose tables need not be ours.
        match tuple(found)[:4]:
            case int(sequence), (bytes() | None) as key, bytes(leaf), bytes(body):
                return Row(sequence, key, leaf, body)
        raise Damaged(
            self.place, f"the row numbered {found[0]!r} has values of other types than a record has"
        )

    def _head(self, found: Any) -> Head:
        match tuple(found):
            case int(size), bytes(note):
                return Head(size, note.decode(errors="replace"))
        raise Damaged(
            self.place, f"the head numbered {found[0]!r} has values of other types than a record has"
        )
