"""What every store promises, tried on every store."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from mamarr.faults import Unavailable
from mamarr.record import Head, MemoryStore, Row, SqliteStore, StaleHead, Store
from mamarr.record.tree import Frontier
from tests.record.logs import a_draft, a_log, filled


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path: Path):
    made = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "record.sqlite")
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


def test_the_file_is_its_owners_alone(tmp_path: Path):
    SqliteStore(tmp_path / "record.sqlite").close()
    assert stat.S_IMODE((tmp_path / "record.sqlite").stat().st_mode) == 0o600


def _text(path: Path) -> None:
    path.write_text("not a database, but longer than nothing\n" * 100)


def _other_database(path: Path) -> None:
    import sqlite3

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
