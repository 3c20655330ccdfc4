"""`mamarr audit` on records whose file was changed: exit codes, and what the terminal gets."""

import io
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from mamarr.airspace.commitment import Reply
from mamarr.airspace.occupancy import Kind
from mamarr.engine import Telephoned, resume
from mamarr.faults import Reason, Unavailable
from mamarr.node.auditing import print_calls
from mamarr.node.cli import app
from mamarr.node.wiring import refuse_foreign
from mamarr.record import SqliteStore
from tests.record.logs import NOON_MS, SIGNER, a_draft, a_log

KEY = ("--key", SIGNER.verifier.text())
HEAD_OF_SIX = b"node-north/EXERCISE\n6\n"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Eleven entries in three commits."""
    path = tmp_path / "record.sqlite"
    with closing(SqliteStore(path)) as store:
        log = a_log(store)
        log.begin(NOON_MS)
        for first in (1, 6):
            log.append([a_draft(number) for number in range(first, first + 5)])
    return path


def audited(record: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["audit", str(record), *options])


def replaced(record: Path, old: bytes, new: bytes) -> None:
    written = record.read_bytes()
    assert (written.count(old), len(old)) == (1, len(new))
    record.write_bytes(written.replace(old, new))


def test_a_whole_record_is_exit_0(record: Path):
    for options in ((), KEY):
        result = audited(record, *options)
        assert (result.exit_code, "entries 0 to 10" in result.stdout) == (0, True), result.output


@pytest.mark.requirement("THREATS 16")
def test_a_head_that_cannot_be_read_is_exit_1_and_its_bytes_are_not_obeyed(record: Path):
    replaced(record, HEAD_OF_SIX, b"\x1b[31m[red]\x07/EXERC\xff\xff\n6\n")
    result = audited(record, *KEY)
    assert result.exit_code == 1, result.output
    assert "FINDING entry 1: the record cannot be read from here on" in result.stdout
    assert "�[31m[red]�/EXERC" in result.stdout
    assert not {"\x1b", "\x07"} & set(result.output)


@pytest.mark.requirement("THREATS 16")
def test_what_a_finding_repeats_of_an_entry_is_not_obeyed(record: Path):
    name = b"\xa4said\xc4"
    assert record.read_bytes().count(name) == 10
    with closing(SqliteStore(record)) as store:
        (row,) = store.rows(7, 8)
        store.reduce(7, row.body.replace(b'"node-north"', b'"\\u001b[31m "'))
    result = audited(record, *KEY)
    assert result.exit_code == 1
    assert "FINDING entry 7" in result.stdout
    assert "\x1b" not in result.output


@pytest.mark.parametrize("options", [(), KEY])
def test_a_flipped_byte_of_the_genesis_is_exit_1_with_a_key_and_without(
    record: Path, options: tuple[str, ...]
):
    replaced(record, b"\xa7genesis", b"\xa7fenesis")
    result = audited(record, *options)
    assert "the key came from" not in result.stdout
    assert (result.exit_code, "FINDING entry 0" in result.stdout) == (1, True), result.output


def test_a_record_whose_tables_cannot_be_read_is_exit_1(record: Path):
    replaced(record, b"CREATE TABLE entries", b"CREATE TABLE \x1bntries")
    for options in ((), KEY):
        result = audited(record, *options)
        assert (result.exit_code, "FINDING entry 0" in result.stdout) == (1, True), result.output
        assert "\x1b" not in result.output


def test_what_is_no_record_is_exit_2(record: Path, tmp_path: Path):
    record.write_bytes(b"S" + bytes(1) + record.read_bytes()[2:])
    (tmp_path / "empty").touch()
    for path in (record, tmp_path / "empty", tmp_path / "nowhere"):
        result = audited(path, *KEY)
        assert (result.exit_code, result.stderr.startswith("mamarr: ")) == (2, True), result.output


def test_a_node_does_not_start_on_a_record_that_cannot_be_read(record: Path):
    replaced(record, b"    leaf BLOB", b"    leav BLOB")
    with closing(SqliteStore(record)) as store:
        with pytest.raises(Unavailable, match="damaged"):
            refuse_foreign(store, SIGNER.verifier, record)
        with pytest.raises(Unavailable, match="damaged"):
            resume(store, SIGNER.verifier, party="north")


def test_each_answer_by_telephone_is_listed_as_unsigned_or_with_what_was_signed_since():
    said = {
        "authority": "south",
        "kind": Kind.FLIGHT,
        "revision": 1,
        "reply": Reply.ACCEPTED,
        "spoken_at_ms": 1_795_348_800_000,
        "spoken_by": "Officer [bold]Selin[/bold]",
        "entered_by": "Officer Noor",
        "read_back": "EXA101, FL330",
    }
    unsigned = Telephoned(entry=7, object_id="F1", **said)
    signed = Telephoned(entry=8, object_id="F2", signed=Reply.COUNTERSIGNED, signed_entry=31, **said)
    disputed = Telephoned(
        entry=9, object_id="F3", signed=Reply.DISPUTED, signed_entry=32, reason=Reason.NOT_SAID, **said
    )
    erased = Telephoned(entry=10, object_id="F4", **said | {"spoken_by": None, "read_back": None})
    console = Console(file=io.StringIO(), width=200)
    print_calls(console, (unsigned, signed, disputed, erased))
    told = console.file.getvalue().splitlines()
    head = (
        "VOICE, entry {}: south answered ACCEPTED by telephone at 2026-11-22T12:00:00Z about {}, revision 1: "
    )
    assert told == [
        head.format(7, "F1") + "unsigned",
        "  said by Officer [bold]Selin[/bold], entered by Officer Noor",
        "  read back: EXA101, FL330",
        head.format(8, "F2") + "signed by its node since as COUNTERSIGNED, entry 31",
        "  said by Officer [bold]Selin[/bold], entered by Officer Noor",
        "  read back: EXA101, FL330",
        head.format(9, "F3") + "signed by its node since as DISPUTED, NOT_SAID, entry 32",
        "  said by Officer [bold]Selin[/bold], entered by Officer Noor",
        "  read back: EXA101, FL330",
        head.format(10, "F4") + "unsigned",
    ]
