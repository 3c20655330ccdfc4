"""The demo and the audit as a user meets them: processes, files, exit codes."""

import base64
import os
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from mamarr.node import demo_sky
from tests.node.demo import DemoNode
from tests.node.forked import AS_A_USER
from tests.node.forked import run as mamarr
from tests.web.authenticators import PersonsKey
from tests.web.node import a_volume

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("MAMARR_KILLS", "5"))  # `make fuzz KILLS=n`


def test_a_taken_port_is_told_in_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = mamarr("demo", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 2
    assert "cannot be used" in result.stderr


def test_that_the_port_of_the_other_node_is_taken_is_told_in_a_sentence():
    port = next(each for each in range(20_001, 21_000) if is_free(each) and is_free(each + 1))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 1))
        taken.listen()
        result = mamarr("demo", "--port", str(port))
    assert result.returncode == 2
    assert f"port {port + 1} on 127.0.0.1 cannot be used" in result.stderr


def is_free(port: int) -> bool:
    """Whether nobody listens there; the system itself gives no port below 32768 to anybody."""
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def start() -> Iterator[Callable[..., DemoNode]]:
    """Starts demo nodes; none of them outlives its test."""
    started: list[DemoNode] = []

    def starting(folder: Path, *options: str, python: Sequence[str] = ()) -> DemoNode:
        started.append(DemoNode(folder, *options, python=python))
        return started[-1]

    yield starting
    for node in started:
        node.kill()


@contextmanager
def signed_in(node: DemoNode) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=node.origin, trust_env=False, verify=False, headers={"origin": node.origin}
    ) as client:
        code = {"code": node.url.partition("#code=")[2]}
        assert client.post("/api/session", json=code).status_code == 200
        yield client


def test_a_killed_node_goes_on_where_it_was(start, tmp_path: Path):
    first = start(tmp_path, "--no-story")
    with signed_in(first) as client:
        assert client.put("/api/reservations/K1", json={"volume": a_volume()}).status_code == 201
        before = client.get("/api/picture").json()["reservations"]
    first.kill()
    second = start(tmp_path, "--no-story")
    with signed_in(second) as client:
        picture = client.get("/api/picture").json()
        assert (picture["reservations"], picture["read_only"]) == (before, False)
    assert "goes on after 17 entries" in "\n".join(second.lines)
    assert second.stop() == 0


def signed(client: httpx.Client) -> dict[str, str]:
    """The headers of a confirmation by the visitor, whose key is enrolled for it."""
    session, key = client.get("/api/session").json(), PersonsKey()
    place = {"node_id": session["node_id"], "mode": session["mode"]}
    enrolled = client.post("/api/person-keys", json=key.enrolment(session["person"], **place))
    assert enrolled.json() == {"key_id": key.key_id, "act_id": None}
    signature = base64.b64encode(key.act("confirm-0001", {"type": "confirm-restore"}, **place)).decode()
    return {"mamarr-act-signature": f"{key.key_id}:{signature}", "idempotency-key": "confirm-0001"}


@pytest.mark.requirement("THREATS 2")
def test_a_restored_copy_is_read_only_until_a_person_confirms_it(start, tmp_path: Path):
    original = start(tmp_path / "original", "--no-story")
    original.stop()
    shutil.copytree(tmp_path / "original", tmp_path / "copy")
    node = start(tmp_path / "copy", "--no-story")
    assert "READ-ONLY (COPIED)" in "\n".join(node.lines)
    token = (tmp_path / "copy" / "authority-a.token").read_text()
    with signed_in(node) as client:
        assert client.get("/api/picture").json()["read_only"] is True
        refused = client.put("/api/reservations/K1", json={"volume": a_volume()})
        assert (refused.status_code, refused.json()["reason"]) == (503, "READ_ONLY")
        by_program = httpx.post(
            f"{node.origin}/api/restore/confirmation",
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            verify=False,
        )
        assert by_program.status_code == 403
        unsigned = client.post("/api/restore/confirmation")
        assert (unsigned.status_code, unsigned.json()["reason"]) == (403, "NOT_SIGNED")
        assert client.post("/api/restore/confirmation", headers=signed(client)).status_code == 200
        assert client.get("/api/picture").json()["read_only"] is False
        assert client.put("/api/reservations/K1", json={"volume": a_volume()}).status_code == 201
    node.stop()
    result = mamarr("audit", str(node.record), "--key", node.key)
    assert (result.returncode, "entries 0 to 17" in result.stdout) == (0, True)


def test_a_record_set_back_in_place_is_noticed(start, tmp_path: Path):
    node = start(tmp_path, "--no-story")
    node.stop()
    backup = node.record.read_bytes()
    again = start(tmp_path, "--no-story")
    with signed_in(again) as client:
        assert client.put("/api/reservations/K1", json={"volume": a_volume()}).status_code == 201
    again.stop()
    node.record.write_bytes(backup)
    restored = start(tmp_path, "--no-story")
    assert "READ-ONLY (SET_BACK)" in "\n".join(restored.lines)
    restored.stop()


def test_a_damaged_record_is_told_and_not_served(start, tmp_path: Path):
    node = start(tmp_path, "--no-story")
    node.stop()
    with sqlite3.connect(node.record) as database:
        body = bytearray(database.execute("SELECT body FROM entries WHERE sequence = 1").fetchone()[0])
        body[100] ^= 1
        database.execute("UPDATE entries SET body = ? WHERE sequence = 1", (bytes(body),))
    database.close()
    result = mamarr("demo", "--port", "0", "--keep", str(tmp_path))
    assert (result.returncode, "damaged" in result.stderr) == (2, True)
    assert "entry 1" in result.stderr


def test_the_names_of_2015_are_a_second_set_of_labels():
    assert demo_sky.labels_of(None) == {}
    assert set(demo_sky.labels_of(2015)) == {"authority-a", "authority-b", "party-c"}


@pytest.mark.parametrize(
    ("today", "friday"),
    [("2026-11-24", "2026-11-27"), ("2026-11-26", "2026-11-27"), ("2026-11-27", "2026-12-04")],
)
def test_the_coming_friday_is_never_today(today: str, friday: str):
    noon = datetime.fromisoformat(f"{today}T12:00:00+00:00")
    assert demo_sky.coming_friday(noon).isoformat() == f"{friday}T00:00:00+00:00"


class Filed:
    """What was asked and what was answered, by Idempotency-Key. requests: path and body. receipts: hex."""

    def __init__(self) -> None:
        self.requests: dict[str, tuple[str, dict[str, Any]]] = {}
        self.receipts: dict[str, str] = {}

    def ask(self, client: httpx.Client, key: str) -> str:
        """Send the request with this key, maybe again; the receipt in its answer."""
        path, body = self.requests[key]
        answer = client.put(path, json=body, headers={"idempotency-key": key})
        assert answer.status_code == 201, answer.text
        return base64.b64decode(answer.json()["receipt"]).hex()


@pytest.mark.parametrize("round_number", range(KILLS))
def test_a_node_killed_while_filing_loses_nothing_acknowledged_and_doubles_nothing_sent_again(
    start, round_number: int, tmp_path: Path
):
    python = AS_A_USER if round_number == 0 else ()  # the others are forked: two seconds of CPU less
    node, filed = start(tmp_path, "--no-story", python=python), Filed()
    threads = [threading.Thread(target=file_until_it_dies, args=(node, filed, asker)) for asker in range(4)]
    for thread in threads:
        thread.start()
    while len(filed.receipts) < 20 + 10 * (round_number % 10):
        threading.Event().wait(0.01)
    node.kill()
    for thread in threads:
        thread.join()
    assert_audited(node)
    acknowledged = dict(filed.receipts)
    assert set(acknowledged.values()) <= {leaf for leaf, _ in entries(node)}
    in_flight = filed.requests.keys() - acknowledged.keys()
    assert len(in_flight) == len(threads)  # each asker was cut off in one
    again = start(tmp_path, "--no-story")
    with signed_in(again) as client:
        for key in (*in_flight, *list(acknowledged)[-5:]):
            receipt = filed.ask(client, key)
            assert receipt == filed.receipts.setdefault(key, receipt), key
    assert again.stop() == 0
    assert_audited(again)
    assert_each_has_one_entry(again, filed)


def assert_audited(node: DemoNode) -> None:
    result = mamarr("audit", str(node.record), "--key", node.key)
    assert result.returncode == 0, result.stdout


def entries(node: DemoNode) -> list[tuple[str, bytes]]:
    """Leaf, in hex, and body of each entry."""
    with closing(sqlite3.connect(node.record)) as database:
        return [(leaf.hex(), body) for leaf, body in database.execute("SELECT leaf, body FROM entries")]


def assert_each_has_one_entry(node: DemoNode, filed: Filed) -> None:
    """Only the entry that its receipt names speaks of what was asked for with a key."""
    written = entries(node)
    assert filed.receipts.keys() == filed.requests.keys()
    for key, (path, _) in filed.requests.items():
        named = f'"{path.rpartition("/")[2]}"'.encode()
        assert [leaf for leaf, body in written if named in body] == [filed.receipts[key]], key


def file_until_it_dies(node: DemoNode, filed: Filed, asker: int) -> None:
    """File boxes that do not meet, as the page does, until the connection breaks."""
    with httpx.Client(
        base_url=node.origin, trust_env=False, verify=False, headers={"origin": node.origin}
    ) as client:
        if asker == 0:
            opened = client.post("/api/session", json={"code": node.url.partition("#code=")[2]})
            assert opened.status_code == 200
            node.cookies = dict(client.cookies)
        while not hasattr(node, "cookies"):
            threading.Event().wait(0.01)
        client.cookies.update(node.cookies)
        for number in count(1):
            side = {"altitude_lower_m": 10 * number, "altitude_upper_m": 10 * number + 10}
            west = {"longitude_west_deg": asker * 2.0, "longitude_east_deg": asker * 2.0 + 1}
            key = f"filing-{asker}-{number}"
            body = {"volume": a_volume(**side, **west)}
            filed.requests[key] = (f"/api/reservations/K{asker}-{number}", body)
            try:
                filed.receipts[key] = filed.ask(client, key)
            except httpx.TransportError:
                return
