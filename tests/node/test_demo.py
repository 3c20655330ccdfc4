"""The demo and the audit as a user meets them: processes, files, exit codes."""

import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from tests.node.demo import DemoNode
from tests.web.node import a_volume

pytestmark = pytest.mark.slow


def mamarr(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mamarr", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> DemoNode:
    """A demo that ran and was ended in an orderly way."""
    node = DemoNode(tmp_path_factory.mktemp("demo"))
    assert node.stop() == 0
    return node


def test_the_demo_shows_one_admitted_one_refused_and_a_verified_record(stopped: DemoNode):
    told = "\n".join(stopped.lines)
    assert "EXERCISE" in told
    assert "EAST-1: held" in told
    assert "COAST-7, which overlaps it: refused (VOLUME_HELD: EAST-1)" in told
    assert "3 entries read" in told
    assert "UNPROVEN" in told
    assert "Traceback" not in told


def test_audit_proves_the_record_without_the_node(stopped: DemoNode):
    result = mamarr("audit", str(stopped.record), "--key", stopped.key)
    assert result.returncode == 0, result.stderr
    assert "entries 0 to 2" in result.stdout


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
        (["audit", "RECORD"], "--key"),
        (["demo", "--port", "70000"], "65535"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(stopped: DemoNode, arguments: list[str], says: str):
    values = {"RECORD": str(stopped.record), "KEY": stopped.key}
    result = mamarr(*(values.get(argument, argument) for argument in arguments))
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_told_in_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = mamarr("demo", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 2
    assert "cannot be used" in result.stderr


@pytest.mark.parametrize("round_number", range(5))
def test_a_node_killed_while_filing_loses_nothing_acknowledged(round_number: int, tmp_path: Path):
    node = DemoNode(tmp_path)
    acknowledged: list[str] = []
    threads = [
        threading.Thread(target=file_until_it_dies, args=(node, acknowledged, asker)) for asker in range(4)
    ]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 20 + 10 * round_number:
        threading.Event().wait(0.01)
    node.kill()
    for thread in threads:
        thread.join()
    result = mamarr("audit", str(node.record), "--key", node.key)
    assert result.returncode == 0, result.stdout
    with sqlite3.connect(node.record) as database:
        leaves = {row[0].hex() for row in database.execute("SELECT leaf FROM entries")}
    database.close()
    assert set(acknowledged) <= leaves
    assert len(acknowledged) == len(set(acknowledged))


def file_until_it_dies(node: DemoNode, acknowledged: list[str], asker: int) -> None:
    """File boxes that do not meet, as the page does, until the connection breaks."""
    import base64

    with httpx.Client(base_url=node.origin, trust_env=False, headers={"origin": node.origin}) as client:
        if asker == 0:
            opened = client.post("/api/session", json={"code": node.url.partition("#code=")[2]})
            assert opened.status_code == 200
            node.cookies = dict(client.cookies)
        while not hasattr(node, "cookies"):
            threading.Event().wait(0.01)
        client.cookies.update(node.cookies)
        number = 0
        try:
            while True:
                number += 1
                side = {"altitude_lower_m": 10 * number, "altitude_upper_m": 10 * number + 10}
                west = {"longitude_west_deg": asker * 2.0, "longitude_east_deg": asker * 2.0 + 1}
                answer = client.put(
                    f"/api/reservations/K{asker}-{number}", json={"volume": a_volume(**side, **west)}
                )
                acknowledged.append(base64.b64decode(answer.json()["receipt"]).hex())
        except httpx.TransportError:
            return
