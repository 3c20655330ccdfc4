"""A demo that was ended in an orderly way: what it told, and the audit of its record."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.node.demo import DemoNode
from tests.node.forked import AS_A_USER
from tests.node.forked import run as mamarr

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> DemoNode:
    """A demo of one node that ran as a user runs it and was ended in an orderly way."""
    node = DemoNode(tmp_path_factory.mktemp("demo"), "--no-story", python=AS_A_USER)
    assert node.stop() == 0
    return node


def test_the_demo_shows_one_admitted_one_refused_and_a_verified_record(stopped: DemoNode):
    told = "\n".join(stopped.lines)
    assert "EXERCISE" in told
    assert "EAST-1: held" in told
    assert "COAST-7, which overlaps it: refused (VOLUME_HELD: EAST-1)" in told
    assert "COAST-8 beside it: held" in told
    assert "SHIP-1, a fixed ship area from Friday: held" in told
    assert "11 corridors, shares and parties declared" in told
    assert "16 entries read" in told
    assert "UNPROVEN" in told
    assert "Traceback" not in told


def test_audit_proves_the_record_without_the_node(stopped: DemoNode):
    result = mamarr("audit", str(stopped.record), "--key", stopped.key)
    assert result.returncode == 0, result.stderr
    assert "entries 0 to 15" in result.stdout


def test_audit_names_the_entry_with_a_flipped_byte(stopped: DemoNode, tmp_path: Path):
    copy = tmp_path / "copy.sqlite"
    shutil.copy(stopped.record, copy)
    with sqlite3.connect(copy) as database:
        body = bytearray(database.execute("SELECT body FROM entries WHERE sequence = 1").fetchone()[0])
        body[100] ^= 1
        database.execute("UPDATE entries SET body = ? WHERE sequence = 1", (bytes(body),))
    database.close()
    result = mamarr("audit", str(copy), "--key", stopped.key)
    assert result.returncode == 1
    assert "FINDING entry 1" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["audit", "/nowhere/record.sqlite", "--key", "KEY"], "there is no file"),
        (["audit", "RECORD", "--key", "not a key"], "not a verifier key"),
        (["audit", __file__, "--key", "KEY"], "not a database"),
        (["audit", "RECORD", "--checkpoint", "/nowhere/head"], "/nowhere/head"),
        (["audit", "RECORD", "--checkpoint", __file__], "not a signed note"),
        (["audit", "RECORD", "--keep-checkpoint", "/nowhere/head"], "/nowhere/head"),
        (["demo", "--port", "70000"], "65535"),
        (["demo", "--labels", "1915"], "there are no labels of 1915"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(stopped: DemoNode, arguments: list[str], says: str):
    values = {"RECORD": str(stopped.record), "KEY": stopped.key}
    result = mamarr(*(values.get(argument, argument) for argument in arguments))
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_audit_without_a_key_says_what_that_proves(stopped: DemoNode):
    result = mamarr("audit", str(stopped.record))
    assert result.returncode == 0
    assert "the key came from the record itself" in result.stdout


def test_a_tail_cut_below_a_checkpoint_from_outside_is_a_finding(stopped: DemoNode, tmp_path: Path):
    head, copy = tmp_path / "head", tmp_path / "copy.sqlite"
    kept = mamarr("audit", str(stopped.record), "--key", stopped.key, "--keep-checkpoint", str(head))
    assert kept.returncode == 0
    shutil.copy(stopped.record, copy)
    with sqlite3.connect(copy) as database:
        database.execute("DELETE FROM entries WHERE sequence = 15")
        database.execute("DELETE FROM heads WHERE size = 16")
    database.close()
    alone = mamarr("audit", str(copy), "--key", stopped.key)
    assert (alone.returncode, "UNPROVEN" in alone.stdout) == (0, True)
    witnessed = mamarr("audit", str(copy), "--key", stopped.key, "--checkpoint", str(head))
    assert witnessed.returncode == 1
    assert "speaks of 16 entries, 15 are here" in witnessed.stdout
