"""Bytes flipped in the file of a record itself, below SQL: what an audit makes of each."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mamarr.faults import Unavailable
from mamarr.record import Damaged, Draft, Part, SqliteStore, Verdict, audit, key_of, wrong_beginning
from tests.record.logs import NOON_MS, SIGNER, a_draft, a_log

PAGE_BYTES = 4096  # SQLite: the size of a page unless another is asked for
HEADER_BYTES = 100  # sqlite.org/fileformat2.html: the header of the file, the first part of page 1
FLIPS_PER_PAGE = 30
ENTRIES, EACH = 60, 5
Said = tuple[list[Any], list[Any]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a record of several pages: some entries fill one and a half, so that bodies overflow."""
    path = tmp_path_factory.mktemp("whole") / "record.sqlite"
    store = SqliteStore(path)
    log = a_log(store)
    log.begin(NOON_MS)
    for first in range(1, ENTRIES, EACH):
        log.append([_draft(number) for number in range(first, min(first + EACH, ENTRIES))])
    store.close()
    return path.read_bytes()


def _draft(number: int) -> Draft:
    if number % 20:
        return a_draft(number)
    part = Part("said", number.to_bytes(32, "big"), Random(number).randbytes(6_000))
    return Draft(time_ms=NOON_MS + number, key=number.to_bytes(16, "big"), parts=(part,))


def said_by(path: Path) -> Said | None:
    """All rows and heads of a record, read without our code; None when they cannot be read."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        try:
            rows = database.execute("SELECT sequence, key, leaf, body FROM entries ORDER BY sequence")
            heads = database.execute("SELECT size, note FROM heads ORDER BY size")
            return rows.fetchall(), heads.fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return None


def verdict_on(path: Path) -> Verdict | None:
    """What an audit says; None when the file does not open as a record."""
    try:
        store = SqliteStore(path, read_only=True)
    except Unavailable:
        return None
    try:
        return audit(store, SIGNER.verifier)
    finally:
        store.close()


def flips(whole: bytes) -> Iterator[tuple[int, int]]:
    """Each byte of the file's header, and a seeded sample of each page: where, and what is flipped there."""
    chance = Random(17)
    yield from ((place, 1 << chance.randrange(8)) for place in range(HEADER_BYTES))
    for page in range(0, len(whole), PAGE_BYTES):
        for place in chance.sample(range(page, page + PAGE_BYTES), FLIPS_PER_PAGE):
            yield place, chance.randrange(1, 256)


def flipped(whole: bytes, place: int, bits: int) -> bytes:
    return whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :]


def first_other(before: list[Any], after: list[Any]) -> int:
    """Index of the first row that is another one or is not there."""
    pairs = zip(before, after, strict=False)
    return next((at for at, (old, new) in enumerate(pairs) if old != new), min(len(before), len(after)))


def test_every_flip_that_changes_what_is_read_is_a_finding_with_its_entry(whole: bytes, tmp_path: Path):
    path = tmp_path / "record.sqlite"
    path.write_bytes(whole)
    original = said_by(path)
    assert original is not None
    found = {"silent": 0, "no record": 0, "other rows": 0, "other heads": 0, "cannot be read": 0}
    for place, bits in flips(whole):
        path.write_bytes(flipped(whole, place, bits))
        verdict, said, where = verdict_on(path), said_by(path), f"byte {place} flipped by {bits:#x}"
        if verdict is None:
            assert place < HEADER_BYTES, where
            found["no record"] += 1
        elif said == original:
            assert verdict.finding is None, where
            found["silent"] += 1
        else:
            assert verdict.finding is not None, where
            assert 0 <= verdict.finding.first <= ENTRIES, where
            if said is None:
                found["cannot be read"] += 1
            elif said[0] != original[0]:
                assert verdict.finding.first == first_other(original[0], said[0]), where
                found["other rows"] += 1
            else:
                found["other heads"] += 1
    assert all(found.values()), found


@pytest.mark.parametrize("at", [0, 1, 30])
def test_without_a_key_a_changed_beginning_is_a_finding_and_no_missing_key(
    whole: bytes, tmp_path: Path, at: int
):
    path = tmp_path / "record.sqlite"
    path.write_bytes(whole)
    with closing(SqliteStore(path, read_only=True)) as store:
        assert wrong_beginning(store) is None
        row = next(store.rows(at, at + 1))
    place = whole.index(row.body)
    for offset in range(len(row.body)):
        path.write_bytes(flipped(whole, place + offset, 1))
        with closing(SqliteStore(path, read_only=True)) as store:
            found = wrong_beginning(store)
            if at == 0:
                assert found is not None, offset
                assert (found.first, found.last) == (0, 0)
            else:
                assert (found, key_of(store)) == (None, SIGNER.verifier)


def changed(path: Path, *statements: str) -> None:
    """Do `statements` in the record, as an adversary who may leave out that its tables are STRICT."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in ("PRAGMA writable_schema = ON", *statements):
            database.execute(statement)


LOOSE = "UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''), 'CHECK (sequence >= 0)', '')"


@pytest.mark.parametrize(
    ("harm", "first", "says"),
    [
        ("UPDATE entries SET body = 'text' WHERE sequence = 30", 30, "other types"),
        ("UPDATE entries SET leaf = 7 WHERE sequence = 59", 59, "other types"),
        ("UPDATE entries SET key = 1.5 WHERE sequence = 1", 1, "other types"),
        ("UPDATE heads SET note = x'00' WHERE size = 31", 26, "other types"),
        ("UPDATE heads SET note = CAST(x'1bff' AS TEXT) WHERE size = 31", 26, "UTF-8"),
        ("UPDATE heads SET note = CAST(x'1bff' AS TEXT) WHERE size = 1", 0, "UTF-8"),
        (f"UPDATE entries SET sequence = {2**40} WHERE sequence = 59", 59, "entry 59 is missing"),
        (f"UPDATE entries SET sequence = {2**63 - 1} WHERE sequence = 59", 59, "speaks of 60 entries"),
        ("UPDATE entries SET sequence = -5 WHERE sequence = 0", 0, "entry 0 is missing"),
        ("DELETE FROM sqlite_schema WHERE tbl_name = 'entries'", 0, "no such table: entries"),
        ("DELETE FROM sqlite_schema WHERE name = 'heads'", 0, "no such table: heads"),
    ],
)
def test_what_is_no_row_or_head_is_a_finding_at_its_place(
    whole: bytes, tmp_path: Path, harm: str, first: int, says: str
):
    path = tmp_path / "record.sqlite"
    path.write_bytes(whole)
    changed(path, LOOSE)
    changed(path, harm)
    verdict = verdict_on(path)
    assert verdict is not None
    assert verdict.finding is not None
    assert (verdict.finding.first, says in verdict.finding.what) == (first, True), verdict.finding


def test_a_last_row_that_got_a_small_number_hides_no_row_before_it(whole: bytes, tmp_path: Path):
    path = tmp_path / "record.sqlite"
    path.write_bytes(whole)
    with closing(SqliteStore(path, read_only=True)) as store:
        last = next(store.rows(ENTRIES - 1))
    header_bytes = 6  # its own length, four serial types of which that of the body takes two
    place = whole.index(last.body) - len(last.leaf) - len(last.key or b"") - header_bytes - 1
    assert whole[place] == last.sequence
    path.write_bytes(flipped(whole, place, last.sequence ^ 3))
    verdict = verdict_on(path)
    assert verdict is not None
    assert verdict.finding is not None
    assert (verdict.finding.first, verdict.finding.last) == (ENTRIES - 1, ENTRIES - 1)


def test_all_that_stands_before_the_damage_is_read(whole: bytes, tmp_path: Path):
    path = tmp_path / "record.sqlite"
    path.write_bytes(whole)
    changed(path, LOOSE)
    changed(path, "UPDATE entries SET body = 'text' WHERE sequence = 30")
    with closing(SqliteStore(path, read_only=True)) as store:
        rows = store.rows()
        assert [row.sequence for row in islice(rows, 30)] == list(range(30))
        with pytest.raises(Damaged, match="numbered 30"):
            next(rows)
