"""What the store in PostgreSQL promises beyond what every store does: one writer, doubt, silence."""

import asyncio
import contextlib
import select
import socket
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mamarr.faults import Unavailable
from mamarr.record import (
    Damaged,
    Draft,
    Head,
    Part,
    Row,
    Snapshot,
    StaleHead,
    postgres_sessions,
    postgres_store,
)
from mamarr.record import audit as record_audit
from mamarr.record.log import InDoubt
from mamarr.record.postgres_store import PostgresStore
from mamarr.record.stores import NotWritten
from tests.record.logs import SIGNER, a_draft, a_log, filled
from tests.record.postgres import SETTINGS, Server, a_database, run_sql, shared, url_at

SECRET = b"Jana Q., +00 555 0100"  # a person and a number that nobody has
PASSWORD = "a-word-that-nobody-may-read"
OLD = "SELECT pg_terminate_backend(process) FROM mamarr.pen"


@pytest.fixture
def url() -> str:
    return a_database()


@pytest.fixture(scope="module", autouse=True)
def no_waiting() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres_store, "PEN_WAIT_S", 0.2)
        yield


@contextlib.contextmanager
def opened(url: str, **how: bool) -> Iterator[PostgresStore]:
    store = PostgresStore(url, **how)
    try:
        yield store
    finally:
        store.close()


def a_row(sequence: int, body: bytes = b"") -> Row:
    return Row(sequence, b"%016d" % sequence, bytes(32), body or b"body %d" % sequence)


def a_commit(first: int, body: bytes = b"") -> tuple[int, list[Row], Head]:
    return first, [a_row(first, body), a_row(first + 1, body)], Head(first + 2, f"head — {first}")


def test_while_one_process_writes_no_other_does(url: str):
    with opened(url) as one, opened(url) as other:
        one.append(*a_commit(0))
        with pytest.raises(StaleHead, match="another process writes"):
            other.append(*a_commit(2))
        assert (other.size(), list(other.heads())) == (2, [Head(2, "head — 0")])
        one.close()
        other.append(*a_commit(2))
        assert other.size() == 4


def test_who_lost_the_pen_and_does_not_know_it_writes_nothing(url: str):
    with opened(url) as paused, opened(url) as next_:
        paused.append(*a_commit(0))
        run_sql(url, OLD)  # as it befalls a process that was stopped and is silent
        next_.append(*a_commit(2, b"of the next"))
        with pytest.raises(StaleHead):
            paused.append(*a_commit(2, b"of the one that was paused"))
        assert {row.body for row in next_.rows(2)} == {b"of the next"}


def test_a_process_whose_session_was_lost_goes_on_where_nobody_else_wrote(url: str):
    with opened(url) as store:
        log = filled(store, commits=1)
        run_sql(url, OLD)
        for number in (100, 101):
            with contextlib.suppress(Unavailable):  # what was cut off before it was sent was not written
                log.append([a_draft(number)])
        log.append([a_draft(102)])
        assert store.size() == log.size


class Cut:
    """A relay before the server's socket, in `folder`. armed: how a marked statement that is sent ends.

    then_to: where it relays to from then on, if anywhere else. ended: set when it cut.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.armed, self.then_to, self.ended = folder, "", "", threading.Event()
        self._to = str(shared() / ".s.PGSQL.5432")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
            server.connect(self._to)
            if self._is_cut(client, server):
                self._to = self.then_to or self._to
                self.ended.set()

    def _is_cut(self, client: socket.socket, server: socket.socket) -> bool:
        """Relay until one end hangs up, or it is to be cut."""
        is_to_end = False
        while True:
            readable, _, _ = select.select([client, server], [], [])
            if server in readable and is_to_end:
                return True  # it has answered, so what was asked is done
            for one, other in ((client, server), (server, client)):
                said = one.recv(1 << 16) if one in readable else None
                if said == b"":
                    return False
                if said and b"marked" in said and self.armed == "before":
                    return True
                is_to_end |= said is not None and b"marked" in said and self.armed == "after"
                other.sendall(said or b"")

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def cut(tmp_path: Path) -> Iterator[Cut]:
    relay = Cut(tmp_path)
    yield relay
    relay.close()


def at(relay: Cut, url: str) -> str:
    return url_at(relay.folder, url.partition("?")[0].rpartition("/")[2])


@pytest.mark.parametrize("answered", ["after", "before"])
def test_an_append_in_doubt_is_looked_up(cut: Cut, url: str, answered: str):
    with opened(at(cut, url)) as store:
        store.append(*a_commit(0))
        cut.armed = answered
        marked = a_commit(2, b"marked")
        if answered == "after":
            store.append(*marked)
            assert list(store.rows(2)) == marked[1]
        else:
            with pytest.raises(Unavailable, match="nothing was written"):
                store.append(*marked)
            assert store.size() == 2
        cut.armed = ""
        store.append(*a_commit(store.size()))


def test_an_append_in_doubt_that_another_overtook_was_not_written(cut: Cut, url: str):
    with opened(at(cut, url)) as store, opened(url) as other:
        log = filled(store, commits=1)
        run_sql(url, OLD)
        filled_by_other = a_log(other)
        filled_by_other.resume(log.frontier())
        filled_by_other.append([a_draft(50)])
        with pytest.raises(StaleHead):
            log.append([a_draft(51)])
        assert store.size() == 6


@pytest.mark.parametrize("answered", ["after", "before"])
def test_while_an_append_is_in_doubt_another_may_write_and_it_is_told_apart(
    cut: Cut, url: str, answered: str
):
    with opened(at(cut, url)) as store, opened(url) as other, ThreadPoolExecutor(1) as thread:
        store.append(*a_commit(0))
        cut.armed, cut.then_to = answered, "/nowhere"
        appended = thread.submit(store.append, *a_commit(2, b"marked"))
        assert cut.ended.wait(10)
        size = 4 if answered == "after" else 2
        while other.size() != size:
            pass
        other.append(*a_commit(size, b"of the next"))
        cut.armed, cut.then_to, cut._to = "", "", str(shared() / ".s.PGSQL.5432")
        if answered == "after":
            appended.result(10)  # it was written, and others wrote after it
        else:
            with pytest.raises(StaleHead):
                appended.result(10)
        assert [row.body for row in other.rows(size)] == [b"of the next"] * 2


def test_while_no_server_tells_an_append_stays_in_doubt_and_the_store_is_done(
    cut: Cut, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_store, "IN_DOUBT_S", 0.5)
    with opened(at(cut, url)) as store:
        log = filled(store, commits=1)
        cut.armed = "after"
        cut._to = "/nowhere"
        marked = Draft(time_ms=0, parts=(Part("said", bytes(32), b"marked"),))
        with pytest.raises(InDoubt):
            log.append([marked])
        cut._to = str(shared() / ".s.PGSQL.5432")
        with pytest.raises(Unavailable, match="not known whether"):
            store.size()
    with opened(url) as again:
        assert again.size() == 6


def test_while_no_server_is_there_nothing_is_written_and_nothing_in_doubt(cut: Cut, url: str):
    with opened(at(cut, url)) as store:
        log = filled(store, commits=1)
        cut._to = "/nowhere"
        run_sql(url, OLD)
        while store.has_pen:
            pass
        with pytest.raises(NotWritten, match="nothing was written"):
            log.append([a_draft(50)])
        cut._to = str(shared() / ".s.PGSQL.5432")
        log.append([a_draft(50)])
        assert store.size() == log.size == 6


@pytest.mark.slow
def test_a_commit_that_no_standby_has_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch):
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.make()
        server.start()
        url = server.url("postgres")
        with opened(url) as store, ThreadPoolExecutor(1) as thread:
            store.append(*a_commit(0))
            _wanted(url, "nobody")
            monkeypatch.setattr(postgres_store, "STATEMENT_S", 0.3)
            appended = thread.submit(store.append, *a_commit(2))
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            while run_sql(url, waiting) == "0":
                assert not appended.done()
            cancelled = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            for _ in range(3):  # each time the server says that it committed, with a warning
                run_sql(url, cancelled)
                with pytest.raises(TimeoutError):
                    appended.result(0.3)
            with opened(url) as follower:  # the row can be seen, and is not taken for durable
                assert follower.size() == 4
                with pytest.raises(Unavailable):
                    asyncio.run(follower.newer(2))
                _wanted(url, "")
                assert len(asyncio.run(follower.newer(2))) == 2
            appended.result(30)
            assert store.size() == 4
        server.stop()
        monkeypatch.setitem(SETTINGS, "fsync", "off")
        server.start()
        with pytest.raises(Unavailable, match="fsync off"):
            PostgresStore(url)
        server.stop()


def _wanted(url: str, standbys: str) -> None:
    run_sql(url, f"ALTER SYSTEM SET synchronous_standby_names = '{standbys}'", "SELECT pg_reload_conf()")
    while run_sql(url, "SHOW synchronous_standby_names") != standbys:
        pass


def test_ten_processes_that_find_an_empty_database_make_one_record(url: str):
    with ThreadPoolExecutor(10) as threads:
        stores = list(threads.map(lambda _: PostgresStore(url), range(10)))
    try:
        assert {each.size() for each in stores} == {0}
    finally:
        for each in stores:
            each.close()


def test_what_is_no_record_is_said_to_be_none(url: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(Unavailable, match="has no record of Mamarr"):
        PostgresStore(url, read_only=True)
    run_sql(url, "CREATE TABLE things (name text)")
    with pytest.raises(Unavailable, match="1 tables that are not Mamarr's: give it a database of its own"):
        PostgresStore(url)
    run_sql(url, "DROP TABLE things")
    PostgresStore(url).close()
    run_sql(url, "UPDATE mamarr.record SET layout = 7")
    with pytest.raises(Unavailable, match="of a layout this version reads"):
        PostgresStore(url)
    monkeypatch.setattr(postgres_store, "MAJOR_MIN", 99)
    with pytest.raises(Unavailable, match=r"PostgreSQL \d+; Mamarr needs 99 or later"):
        PostgresStore(url)


def test_a_table_that_is_no_more_is_damage_and_a_server_that_is_silent_is_not(url: str):
    with opened(url) as store:
        filled(store, commits=1)
        run_sql(url, "DROP TABLE mamarr.heads")
        with pytest.raises(Damaged, match=r"mamarr\.heads"):
            list(store.heads())
    with pytest.raises(Unavailable) as silent:
        PostgresStore("postgresql://somebody@127.0.0.1:1/somewhere")
    assert not isinstance(silent.value, Damaged)


@pytest.mark.requirement("THREATS 12")
@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://somebody:{PASSWORD}@127.0.0.1:1/somewhere",
        f"postgresql://somebody:{PASSWORD}@127.0.0.1:1,127.0.0.1:2/somewhere?target_session_attrs=primary",
        f"postgresql://somebody@127.0.0.1:1/somewhere?password={PASSWORD}",
        f"postgresql://somebody:{PASSWORD}@127.0.0.1:port/somewhere",
        f"postgresql://somebody:{PASSWORD}@[1/somewhere",
        f"postgres-ql://somebody:{PASSWORD}@127.0.0.1/somewhere",
        f"postgresql://somebody:{PASSWORD}@127.0.0.1",
    ],
)
def test_no_message_has_a_password(url: str):
    with pytest.raises((Unavailable, ValueError)) as wrong:
        PostgresStore(url)
    assert PASSWORD not in str(wrong.value)
    assert PASSWORD not in repr(wrong.value.__cause__)


def test_of_several_servers_the_one_that_answers_is_taken(url: str, monkeypatch: pytest.MonkeyPatch):
    there = postgres_sessions.Address(url)
    gone = url.replace(url.partition("host=")[2], "%2Fnowhere")
    monkeypatch.setattr(postgres_sessions, "CONNECT_S", 1.0)
    store_address = postgres_sessions.Address(url)
    store_address.urls = (gone, *there.urls)
    monkeypatch.setattr(postgres_store, "Address", lambda _: store_address)
    with opened(url) as store:
        assert store.size() == 0


def test_addresses_of_several_servers_are_asked_one_by_one():
    address = postgres_sessions.Address("postgresql://dss:word@a:5432,b,c:5433/dss?connect_timeout=3")
    assert address.urls == (
        "postgresql://dss:word@a:5432/dss?connect_timeout=3",
        "postgresql://dss:word@b/dss?connect_timeout=3",
        "postgresql://dss:word@c:5433/dss?connect_timeout=3",
    )
    assert address.place == "postgresql://dss@a:5432,b,c:5433/dss"


@pytest.mark.slow
def test_what_was_reduced_is_in_no_table(url: str):
    with opened(url) as store:
        filled(store, commits=1)
        store.append(5, [Row(5, b"k" * 16, bytes(32), SECRET * 1_000), a_row(6)], Head(7, "head"))
        store.keep_snapshot(Snapshot(7, b"state of " + SECRET))
        run_sql(url, "CHECKPOINT")
        assert files_with_the_secret(url)
        store.reduce(5, b"less")
        run_sql(url, "CHECKPOINT")
        assert files_with_the_secret(url) == []
        assert [row.body for row in store.rows(5)] == [b"less", b"body 6"]
        with pytest.raises(Unavailable, match="no entry 9"):
            store.reduce(9, b"")


def files_with_the_secret(url: str) -> list[str]:
    number = run_sql(url, "SELECT oid FROM pg_database WHERE datname = current_database()")
    folder = shared() / "data" / "base" / number
    return [each.name for each in folder.iterdir() if SECRET in each.read_bytes()]


def test_a_record_is_audited_where_it_is_and_nothing_is_written(url: str):
    with opened(url) as store:
        log = filled(store)
        with opened(url, read_only=True) as reading:
            verdict = record_audit(reading, SIGNER.verifier)
            assert (verdict.finding, verdict.proven_size) == (None, log.size)
            with pytest.raises(Unavailable, match="read-only"):
                reading.keep_snapshot(Snapshot(20, b"state"))


def test_who_follows_is_told_that_there_is_more_and_who_writes(url: str):
    told, beats = threading.Event(), []

    async def story() -> None:
        with opened(url) as writer, opened(url) as follower:
            follower.listen(told.set, beats.append)
            assert await follower.newer(0) == []
            assert await writer.take_pen("one", "http://127.0.0.1:1")
            assert not await follower.take_pen("two", "http://127.0.0.1:2")
            pen = await follower.pen()
            assert (pen.instance, pen.address, pen.is_held) == ("one", "http://127.0.0.1:1", True)
            await asyncio.to_thread(writer.append, *a_commit(0))
            assert await asyncio.to_thread(told.wait, 10)
            assert (await follower.size_now(), len(await follower.newer(1))) == (2, 1)
            assert (await writer.keeps_pen(), await follower.keeps_pen()) == (True, False)
            await writer.beat()
            while beats != [pen.term]:
                await follower.size_now()
            await follower.depose(pen)
            while not await follower.take_pen("two", "http://127.0.0.1:2"):
                pass
            await follower.depose(pen)  # of a session that is over: it touches no other
            assert (await writer.keeps_pen(), await follower.keeps_pen()) == (False, True)
            while writer.has_pen:
                await writer.size_now()
            assert follower.has_pen
            assert (await writer.pen()).term == pen.term + 1

    asyncio.run(story())
