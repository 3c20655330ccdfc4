"""Connections to PostgreSQL: each made when it is needed, and again when it is lost; one statement at a time.

They live on an event loop and a thread of their own, so that a store is called with a loop or without one.
What is said of a server never has a password in it.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from mamarr.faults import Unavailable
from mamarr.record.stores import Damaged

T = TypeVar("T")

CONNECT_S = 2.0  # chosen: for each server of the address; a host that is gone must not hold up the next one
STATEMENT_S = 5.0  # chosen: a look-up takes milliseconds; longer, and the server is taken for lost
MAJOR_MIN = 15  # older ones leave the schema `public` open to every user, and are not tried
SCHEMES = ("postgresql", "postgres")
FORM = "a database of PostgreSQL is postgresql://USER@HOST/DATABASE"
OURS = {"application_name": "mamarr", "client_min_messages": "warning"}
SAID_MAX = 300  # characters of a server's own words

# SQLSTATEs that say what the tables hold; others say that they cannot be had now (PostgreSQL, appendix A).
DAMAGE = ("22021", "42P01", "42703", "42804", "XX001", "XX002")

SYNCED = "SELECT pg_logical_emit_message(true, 'mamarr', '')"  # commits, and so waits for standbys
Failure = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, ValueError)


class Address:
    """A URL of PostgreSQL, one or more servers of one database. place: how it is shown, without a password.

    ValueError, which does not repeat the URL, when it is none.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError(FORM) from None  # which may show a password
        name = unquote(parts.path.removeprefix("/"))
        if parts.scheme not in SCHEMES or not name:
            raise ValueError(FORM)
        account, _, hosts = parts.netloc.rpartition("@")
        user, _, password = account.partition(":")
        asked = parse_qs(parts.query)
        self.secrets = [unquote(each) for each in (password, *asked.get("password", ())) if each]
        self.place = f"{SCHEMES[0]}://{user + '@' if user else ''}{hosts}/{name}"
        before = f"{account}@" if account else ""
        self.urls = tuple(parts._replace(netloc=before + host).geturl() for host in hosts.split(","))

    def said(self, wrong: BaseException) -> str:
        """What a failure says, in one line and without a password."""
        text = " ".join(str(wrong).split()) or type(wrong).__name__
        for secret in self.secrets:
            text = text.replace(secret, "…")
        return text[:SAID_MAX]

    @contextmanager
    def available(self) -> Iterator[None]:
        """Raise Damaged or Unavailable for what a server or the driver raises within."""
        try:
            yield
        except Failure as wrong:
            if getattr(wrong, "sqlstate", None) in DAMAGE:
                raise Damaged(self.place, self.said(wrong)) from None
            raise Unavailable(f"{self.place}: {self.said(wrong)}") from None  # a chain would show all of it


class Session:
    """One connection. settings: of the server, for it alone. is_writer: whether it must be to a primary.

    Every method is for the thread of its `Loop`.
    """

    def __init__(self, address: Address, settings: dict[str, str], *, is_writer: bool) -> None:
        self._address, self._settings, self._is_writer = address, settings, is_writer
        self._lock = asyncio.Lock()
        self._connection: asyncpg.Connection | None = None
        self.listening: dict[str, Any] = {}  # channel: called with what is told there, on this loop
        self._has_warned = False

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as this end knows."""
        return self._connection is not None and not self._connection.is_closed()

    async def fetch(self, query: str, *values: object, limit_s: float = STATEMENT_S) -> list[Any]:
        """The rows that `query`, which may be asked twice, answers."""
        async with self._lock:
            return await self._found(query, values, limit_s)

    async def fetch_settled(self, query: str, *values: object, limit_s: float) -> list[Any]:
        """As `fetch`, but only what every standby has that a commit waits for.

        Each row says in `is_awaited` whether there are such. A row can be seen before: when its writer's wait
        was cut short, as when the server dies. A commit of our own after it waits for both.
        """
        async with self._lock:
            found = await self._found(query, values, limit_s)
            if found and found[0]["is_awaited"]:
                await self._committed(SYNCED, (), limit_s)
            return found

    async def commit(self, query: str, *values: object, limit_s: float, is_same: bool = False) -> list[Any]:
        """What `query`, asked once, answers when it is committed, on this server and all that it waits for.

        is_same: whether the connection must be the one that is there. ConnectionError when the server warns:
        then a wait for a standby was cut short, and what was committed may be on this server alone.
        """
        async with self._lock:
            if not is_same:
                await self._ready()
            return await self._committed(query, values, limit_s)

    async def run(self, *statements: tuple[object, ...], limit_s: float = STATEMENT_S) -> None:
        """Run statements, each with its values, as one transaction."""
        async with self._lock, self._using(limit_s) as connection, connection.transaction():
            for query, *values in statements:
                await connection.execute(str(query), *values)

    def drop(self) -> None:
        """Cut the connection at once; the server rolls back what was not committed."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None

    async def end(self) -> None:
        """Close the connection in order, or cut it where that takes longer than CONNECT_S."""
        if self._connection is not None:
            with contextlib.suppress(*Failure):
                await self._connection.close(timeout=CONNECT_S)
            self.drop()

    async def _found(self, query: str, values: Sequence[object], limit_s: float) -> list[Any]:
        if self.is_open:
            try:
                return await self._fetched(query, values, limit_s)
            except Failure:
                if self.is_open:
                    raise
        return await self._fetched(query, values, limit_s)

    async def _committed(self, query: str, values: Sequence[object], limit_s: float) -> list[Any]:
        if not self.is_open:
            raise ConnectionError("the connection was lost")
        self._has_warned = False
        found = await self._fetched(query, values, limit_s)
        if self._has_warned:
            self.drop()
            raise ConnectionError("the server warned while it committed")
        return found

    async def _fetched(self, query: str, values: Sequence[object], limit_s: float) -> list[Any]:
        async with self._using(limit_s) as connection:
            found: list[Any] = await connection.fetch(query, *values)
        return found

    @contextlib.asynccontextmanager
    async def _using(self, limit_s: float) -> AsyncIterator[Any]:
        """The connection, for one piece of work; cut unless that ends with an answer, which may be a no."""
        connection, is_answered = await self._ready(), False
        try:
            async with asyncio.timeout(limit_s):
                yield connection
            is_answered = True
        except asyncpg.PostgresError:
            is_answered = True
            raise
        finally:
            if not is_answered:
                self.drop()

    async def _ready(self) -> asyncpg.Connection:
        if not self.is_open:
            self._connection = await self._connected()
            self._connection.add_log_listener(self._warned)
            if self.listening:
                async with self._using(CONNECT_S) as connection:
                    for channel, told in self.listening.items():
                        await connection.add_listener(channel, told)
        return self._connection

    async def _connected(self) -> asyncpg.Connection:
        """A connection to the first server that is what is wanted."""
        wrong: BaseException | None = None
        for url in self._address.urls:
            try:
                return await asyncio.wait_for(
                    asyncpg.connect(
                        url,
                        server_settings=OURS | self._settings,
                        **({"target_session_attrs": "read-write"} if self._is_writer else {}),
                    ),
                    CONNECT_S,
                )
            except Failure as failed:
                wrong = failed
        raise wrong or ConnectionError("no server")

    def _warned(self, _: object, message: Any) -> None:
        self._has_warned = self._has_warned or message.severity == "WARNING"


class Loop:
    """An event loop on a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mamarr-postgres", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` answers; for a thread that has no loop, or whose loop may wait."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def answer(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` answers; for another loop, which goes on meanwhile."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    @property
    def is_running(self) -> bool:
        """Whether it was not closed."""
        return self._thread.is_alive()

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
