"""What every store promises, tried on every store."""

import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from mamarr.faults import Unavailable
from mamarr.record import Head, MemoryStore, Row, Snapshot, SqliteStore, StaleHead, Store, sqlite_store
from mamarr.record.postgres_store import PostgresStore
from mamarr.record.stores import SNAPSHOTS_KEPT
from mamarr.record.tree import Frontier
from mamarr.simulation.faulty_store import NO_FAULTS, FaultyStore
from tests.record.logs import a_draft, a_log, filled
from tests.record.postgres import a_database

STORES = {
    "memory": lambda _: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "record.sqlite"),
    "postgres": lambda _: PostgresStore(a_database()),
    "faulty": lambda _: FaultyStore(Random(1), NO_FAULTS),
}


@pytest.fixture(params=STORES)
def store(request, tmp_path: Path):
    made = STORES[request.param](tmp_path)
    yield made
    made.close()


def a_row(sequence: int, key: bytes | None = None) -> Row:
    return Row(sequence, key, bytes(32), b"body %d" % sequence)


def test_a_new_store_is_empty(store: Store):
    assert (store.size(), list(store.rows()), list(store.heads())) == (0, [], [])


def test_what_was_appended_is_read_in_order(store: Store):
    store.append(0, [a_row(0), a_row(1)], Head(2, "first"))
    store.append(2, [a_row(2)], Head(3, "second"))
    assert list(store.rows()) == [a_row(0), a_row(1), a_row(2)]
    assert list(store.rows(1, 2)) == [a_row(1)]
    assert list(store.heads()) == [Head(2, "first"), Head(3, "second")]
    assert list(store.heads(2)) == [Head(3, "second")]


def test_a_writer_who_believes_another_size_is_stale_and_writes_nothing(store: Store):
    store.append(0, [a_row(0)], Head(1, "first"))
    for first in (0, 2):
        with pytest.raises(StaleHead):
            store.append(first, [a_row(first)], Head(first + 1, "other"))
    assert (store.size(), list(store.heads())) == (1, [Head(1, "first")])


def test_a_key_is_found_and_never_stored_twice(store: Store):
    store.append(0, [a_row(0, b"k" * 16)], Head(1, "first"))
    assert store.find(b"k" * 16) == a_row(0, b"k" * 16)
    assert store.find(b"l" * 16) is None
    many = [b"%016d" % number for number in range(600)]  # more than are looked up at once
    assert store.find_all([]) == {}
    assert store.find_all([*many, b"k" * 16, b"k" * 16]) == {b"k" * 16: a_row(0, b"k" * 16)}
    with pytest.raises(StaleHead):
        store.append(1, [a_row(1), a_row(2, b"k" * 16)], Head(3, "second"))
    with pytest.raises(StaleHead):
        store.append(1, [a_row(1, b"m" * 16), a_row(2, b"m" * 16)], Head(3, "second"))
    assert (store.size(), list(store.heads())) == (1, [Head(1, "first")])


def test_entries_without_a_key_are_many(store: Store):
    store.append(0, [a_row(0), a_row(1)], Head(2, "first"))
    assert store.size() == 2


def test_reading_goes_on_while_a_writer_appends(store: Store):
    filled(store, commits=1)
    reading = store.rows()
    next(reading)
    log = a_log(store)
    log.resume(_frontier(store))
    log.append([a_draft(77)])
    assert [row.sequence for row in reading] == [1, 2, 3, 4]


def test_a_log_resumes_where_it_stopped(store: Store):
    log = filled(store)
    again = a_log(store)
    again.resume(_frontier(store))
    again.append([a_draft(99)])
    assert (log.size, again.size, store.size()) == (20, 21, 21)
    with pytest.raises(StaleHead):
        log.append([a_draft(100)])
    with pytest.raises(StaleHead):
        a_log(store).resume(Frontier())


def test_a_reduced_body_is_replaced_and_nothing_else(store: Store):
    filled(store)
    before, heads = list(store.rows()), list(store.heads())
    store.reduce(7, b"less")
    after = list(store.rows())
    assert after[7] == Row(7, before[7].key, before[7].leaf, b"less")
    assert after[:7] + after[8:] == before[:7] + before[8:]
    assert store.find(before[7].key) == after[7]
    assert (store.size(), list(store.heads())) == (20, heads)


def test_a_log_goes_on_after_a_body_was_reduced(store: Store):
    log = filled(store)
    store.reduce(19, b"less")
    store.reduce(0, b"a body may also be longer than it was" * 100)
    log.append([a_draft(99)])
    assert [row.sequence for row in store.rows()] == list(range(21))
    with pytest.raises(StaleHead):
        store.append(21, [a_row(21, (19).to_bytes(16, "big"))], Head(22, "other"))


def test_reducing_drops_every_snapshot(store: Store):
    filled(store)
    for size in (5, 10):
        store.keep_snapshot(Snapshot(size, b"state"))
    store.reduce(3, b"less")
    assert list(store.snapshots()) == []
    store.keep_snapshot(Snapshot(15, b"new"))
    assert list(store.snapshots()) == [Snapshot(15, b"new")]


def test_the_largest_snapshots_are_kept_the_largest_first(store: Store):
    filled(store)
    for size in (10, 5, 20, 15):
        store.keep_snapshot(Snapshot(size, b"state %d" % size))
    kept = list(store.snapshots())
    assert kept == [Snapshot(20, b"state 20"), Snapshot(15, b"state 15")]
    assert len(kept) == SNAPSHOTS_KEPT


def test_a_snapshot_of_the_same_size_replaces_the_one_before(store: Store):
    filled(store)
    for body in (b"one", b"other"):
        store.keep_snapshot(Snapshot(20, body))
    assert list(store.snapshots()) == [Snapshot(20, b"other")]


def test_a_snapshot_of_more_than_is_durable_is_not_answered(store: Store):
    filled(store)
    store.keep_snapshot(Snapshot(20, b"here"))
    store.keep_snapshot(Snapshot(21, b"not here"))
    assert list(store.snapshots()) == [Snapshot(20, b"here")]


def test_snapshots_change_no_row_and_no_head(store: Store):
    filled(store)
    before = list(store.rows()), list(store.heads())
    store.keep_snapshot(Snapshot(20, b"state"))
    assert (list(store.rows()), list(store.heads())) == before


def _frontier(store: Store) -> Frontier:
    frontier = Frontier()
    for row in store.rows():
        frontier.append(row.leaf)
    return frontier


def test_a_file_keeps_the_log_for_the_next_start(tmp_path: Path):
    first = SqliteStore(tmp_path / "record.sqlite")
    filled(first)
    rows = list(first.rows())
    first.close()
    second = SqliteStore(tmp_path / "record.sqlite")
    assert list(second.rows()) == rows
    second.close()


SECRET = b"Jana Q., +00 555 0100"  # a person and a number that nobody has


def a_file_with_a_secret(folder: Path, *, times: int = 1) -> SqliteStore:
    """Twenty entries, of which 0 and 19 and a snapshot hold the secret, `times` times over."""
    store = SqliteStore(folder / "record.sqlite")
    filled(store)
    secret = SECRET * times
    store.append(20, [Row(20, b"k" * 16, bytes(32), secret), a_row(21)], Head(22, "secret"))
    store.append(22, [a_row(22), Row(23, None, bytes(32), secret)], Head(24, "secret too"))
    store.keep_snapshot(Snapshot(24, b"state of " + secret))
    return store


def files_with_the_secret(folder: Path) -> list[str]:
    return [path.name for path in sorted(folder.iterdir()) if SECRET in path.read_bytes()]


@pytest.mark.parametrize("times", [1, 1_000], ids=["small", "over several pages"])
def test_a_reduced_body_is_in_none_of_the_files(tmp_path: Path, times: int):
    store = a_file_with_a_secret(tmp_path, times=times)
    assert files_with_the_secret(tmp_path)
    store.reduce(20, b"less")
    store.reduce(23, b"")
    names = {path.name for path in tmp_path.iterdir()}
    assert names >= {"record.sqlite", "record.sqlite-wal", "record.sqlite-shm"}
    assert files_with_the_secret(tmp_path) == []
    store.close()
    assert files_with_the_secret(tmp_path) == []


def test_a_reader_who_keeps_old_bytes_in_the_file_is_told_of_and_reducing_again_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sqlite_store, "BUSY_S", 0.02)
    store = a_file_with_a_secret(tmp_path)
    with closing(sqlite3.connect(tmp_path / "record.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchone()
        for sequence in (20, 23):
            with pytest.raises(Unavailable, match=r"record\.sqlite: .*still"):
                store.reduce(sequence, b"less")
        assert files_with_the_secret(tmp_path)
    for sequence in (20, 23):
        store.reduce(sequence, b"less")
    assert files_with_the_secret(tmp_path) == []
    assert [row.body for row in store.rows(20)] == [b"less", b"body 21", b"body 22", b"less"]
    store.close()


def test_a_file_whose_writer_was_killed_has_whole_commits_only(tmp_path: Path):
    """The writer is not closed; its files are taken as they lie, the write-ahead log cut off anywhere."""
    store = SqliteStore(tmp_path / "record.sqlite")
    wal = tmp_path / "record.sqlite-wal"
    empty_bytes = wal.stat().st_size
    filled(store, commits=12, each=3)
    rows, heads = list(store.rows()), list(store.heads())
    wal_bytes = wal.stat().st_size
    cuts = sorted({empty_bytes, *Random(5).sample(range(empty_bytes, wal_bytes), 40), wal_bytes})
    found = [left_of(tmp_path, cut) for cut in cuts]
    assert all(some_heads == heads[: len(some_heads)] for _, some_heads in found)
    assert all(some == rows[: some_heads[-1].size if some_heads else 0] for some, some_heads in found)
    assert found[-1] == (rows, heads)
    assert len({len(some_heads) for _, some_heads in found}) > 6
    store.close()


def left_of(folder: Path, wal_bytes: int) -> tuple[list[Row], list[Head]]:
    """What a new process finds in a copy of the files, with so much of the write-ahead log."""
    copy = folder / f"cut {wal_bytes}"
    copy.mkdir()
    for suffix in ("", "-wal", "-shm"):
        shutil.copy(folder / f"record.sqlite{suffix}", copy)
    with (copy / "record.sqlite-wal").open("r+b") as wal:
        wal.truncate(wal_bytes)
    store = SqliteStore(copy / "record.sqlite")
    found = list(store.rows()), list(store.heads())
    store.close()
    return found


def test_the_file_is_its_owners_alone(tmp_path: Path):
    SqliteStore(tmp_path / "record.sqlite").close()
    assert stat.S_IMODE((tmp_path / "record.sqlite").stat().st_mode) == 0o600


def _text(path: Path) -> None:
    path.write_text("not a database, but longer than nothing\n" * 100)


def _other_database(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE things (name TEXT)")
    other.close()


@pytest.mark.parametrize("make", [_text, _other_database, Path.mkdir])
def test_what_is_no_record_is_said_to_be_none(make: Callable[[Path], None], tmp_path: Path):
    make(tmp_path / "record.sqlite")
    with pytest.raises(Unavailable, match=r"record\.sqlite"):
        SqliteStore(tmp_path / "record.sqlite")


def test_a_record_that_is_only_read_is_not_made(tmp_path: Path):
    with pytest.raises(Unavailable):
        SqliteStore(tmp_path / "nothing.sqlite", read_only=True)
    assert not (tmp_path / "nothing.sqlite").exists()


def test_a_record_where_nothing_can_be_written_is_read_and_nothing_is_made_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "record.sqlite"
    with closing(SqliteStore(path)) as made:
        size = filled(made).size
    monkeypatch.setattr(sqlite_store.os, "access", lambda *_: False)  # as on a medium that is handed over
    with closing(SqliteStore(path, read_only=True)) as store:
        assert (store.size(), len(list(store.rows()))) == (size, size)
        assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_record_in_use_is_read_with_what_is_not_in_its_file_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sqlite_store.os, "access", lambda *_: False)
    with closing(SqliteStore(tmp_path / "record.sqlite")) as used:
        size = filled(used).size
        with closing(SqliteStore(tmp_path / "record.sqlite", read_only=True)) as store:
            assert store.size() == size


def test_a_file_whose_making_was_interrupted_is_made_again(tmp_path):
    import shutil

    SqliteStore(tmp_path / "whole.sqlite").close()
    store = SqliteStore(tmp_path / "record.sqlite")
    for cut in range(0, (tmp_path / "record.sqlite-wal").stat().st_size, 1_000):
        copy = tmp_path / f"cut {cut}"
        copy.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(tmp_path / f"record.sqlite{suffix}", copy)
        with (copy / "record.sqlite-wal").open("r+b") as wal:
            wal.truncate(cut)
        again = SqliteStore(copy / "record.sqlite")
        assert again.size() == 0
        again.close()
    store.close()
