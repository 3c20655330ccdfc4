"""The two nodes of the demo, in two processes: joined, in agreement; ended, started again, one killed."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from mamarr.record import SqliteStore, Verifier
from mamarr.record.entries import entry_from_body
from mamarr.simulation import letters
from tests.node.demo import DemoNode
from tests.node.forked import AS_A_USER
from tests.node.forked import run as mamarr

pytestmark = pytest.mark.slow

WITHIN_S = 60
POLL_S = 0.25  # each look is answered by the node that works meanwhile
C_SAYS = ("party-c", "CHARLIE", "CHA101", "CHA202")  # what B is not told, in whatever form


@pytest.fixture
def start() -> Iterator[Callable[..., DemoNode]]:
    """Starts demos; none of them outlives its test."""
    started: list[DemoNode] = []

    def starting(folder: Path, *options: str, **more: Any) -> DemoNode:
        started.append(DemoNode(folder, *options, **more))
        return started[-1]

    yield starting
    for demo in started:
        demo.kill()


@contextmanager
def signed_in(demo: DemoNode, *, at_b: bool = False) -> Iterator[httpx.Client]:
    """The visitor at the first node, or at the second."""
    origin, url = (demo.origin_b, demo.url_b) if at_b else (demo.origin, demo.url)
    with httpx.Client(base_url=origin, trust_env=False, verify=False, headers={"origin": origin}) as client:
        code = {"code": url.partition("#code=")[2]}
        assert client.post("/api/session", json=code).status_code == 200
        yield client


def program(origin: str, token: Path) -> httpx.Client:
    headers = {"authorization": f"Bearer {token.read_text()}"}
    return httpx.Client(base_url=origin, trust_env=False, verify=False, headers=headers)


def until(holds: Callable[[], Any], what: str) -> Any:
    """What holds, once it does."""
    last_s = monotonic() + WITHIN_S
    while not (found := holds()):
        assert monotonic() < last_s, what
        threading.Event().wait(POLL_S)
    return found


def process_of(folder: Path) -> int:
    """The process that holds the folder of a node."""
    return int((folder / "node.lock").read_text())


def runs(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def told(
    client: httpx.Client, *numbers: int, meanwhile: Callable[[], None] = lambda: None
) -> list[dict[str, Any]]:
    """The steps with these numbers, once they were told in this order to who looks, perhaps again."""
    before = [step["began_at"] for step in client.get("/api/demo").json()["steps"]]
    for number in numbers:
        assert client.post(f"/api/demo/steps/{number}/replay").status_code == 200

    def done() -> list[dict[str, Any]] | None:
        steps = client.get("/api/demo").json()["steps"]
        chosen = [steps[number - 1] for number in numbers]
        for each in chosen:
            client.post(f"/api/demo/steps/{each['number']}/shown")
        meanwhile()
        is_told = [
            each["state"] in ("DONE", "FAILED") and each["began_at"] != before[each["number"] - 1]
            for each in chosen
        ]
        return chosen if all(is_told) else None

    found: list[dict[str, Any]] = until(done, "the steps were not told")
    assert [each["state"] for each in found] == ["DONE"] * len(found)
    return found


def test_a_flight_of_c_goes_through_both_shares_and_both_records_prove_it(start, tmp_path: Path):
    demo = start(tmp_path)
    terminal = "\n".join(demo.lines)
    for said in (
        "authority-a: 11 corridors, shares and parties declared",
        "authority-b: 11 corridors, shares and parties declared",
        "both nodes show the same six words, and are joined: ",
        "both proposed agreement EASTERN-SKY with 2 shares: it is in force",
        "authority-a asks for EAST-1: held",
        "COAST-7, which overlaps it: refused (VOLUME_HELD: authority-a-",
        "COAST-8 beside it: held",
    ):
        assert said in terminal
    with (
        signed_in(demo) as visitor,
        signed_in(demo, at_b=True) as visitor_b,
        program(demo.origin, tmp_path / "party-c.token") as c,
        program(demo.origin_b, tmp_path / "node-b" / "authority-b.token") as b,
    ):
        visitor.post("/api/demo/pause")
        look = partial(look_at_alerts, visitor_b)
        _, at_once, asked, refused, left, flipped = told(visitor, 1, 2, 3, 4, 5, 6, meanwhile=look)
        assert left["progress"] == "PRESENTED"
        assert (at_once["progress"], asked["progress"]) == ("COORDINATED", "COORDINATED")
        assert_c_sees_its_flights(c)
        assert_b_sees_what_is_disclosed(b, at_once["crossing_id"], asked["crossing_id"])
        assert refused["refusal"]["reason"] == "CONFLICT"
        assert refused["refusal"]["because"] == [at_once["crossing_id"]]
        assert refused["taken"] in {each["kind"] for each in refused["refusal"]["alternatives"]}
        assert_recording(visitor, left)
        for again in (2, 4, 2):  # what the other node has filed by then is given back before
            told(visitor, again)
    assert flipped["finding"] == "the bytes of the entry are not those that were hashed"
    damaged = mamarr("audit", str(tmp_path / "flipped-copy.sqlite"), "--key", demo.key)
    assert (damaged.returncode, f"FINDING entry {flipped['finding_entry']}" in damaged.stdout) == (1, True)
    assert demo.stop() == 0
    assert_proven(demo, asked["signed"])


def look_at_alerts(visitor: httpx.Client) -> None:
    """Say, as a page does, that somebody was shown what is told here."""
    alerts = visitor.get("/api/picture").json()["alerts_told"]
    found = [each["message"] for each in alerts if each["state"] == "RECEIVED"]
    if found:
        visitor.post("/api/messages/presented", json={"messages": found})


def assert_c_sees_its_flights(c: httpx.Client) -> None:
    """All of its flights, in one place: with each authority, though it has no node."""
    flights = {each["flight_id"]: each for each in c.get("/api/picture").json()["flights"]}
    for name in ("CHARLIE-1", "CHARLIE-2"):
        assert (flights[name]["party"], flights[name]["stage"]) == ("party-c", "COORDINATED")
        (at_b,) = flights[name]["coordination"]["authorities"]
        assert (at_b["authority"], at_b["state"], at_b["is_confirmed"]) == ("authority-b", "ACCEPTED", True)


def assert_b_sees_what_is_disclosed(b: httpx.Client, *crossing_ids: str) -> None:
    """Sky and levels, and not whose flights they are."""
    pages = [b.get("/api/picture"), b.get("/api/crossings")]
    for page in pages:
        found = {each["crossing_id"]: each for each in page.json()["crossings"]}
        for crossing_id in crossing_ids:
            crossing = found[crossing_id]
            assert (crossing["party"], crossing["plan"]) == (None, None)
            assert (crossing["state"], crossing["is_held"]) == ("ACCEPTED", True)
            assert any(part["is_ours"] for part in crossing["parts"])
        assert not any(word in page.text for word in C_SAYS)


def assert_recording(visitor: httpx.Client, left: dict[str, Any]) -> None:
    picture = visitor.get("/api/picture").json()
    assert left["alert_id"] == "RAMHD.RECORDED-1"
    assert picture["live"] == "RUNNING"
    (track,) = picture["tracks"]
    assert (track["flight_id"], track["standing"], track["is_recorded"]) == ("RECORDED-1", "CLAIMED", True)
    assert not track["is_implausible"]
    assert "ELY1747" not in str(picture)
    assert "738043" not in str(picture)


def assert_proven(demo: DemoNode, signed: list[dict[str, Any]]) -> None:
    """Each record alone: it audits clean, and shows what was asked and answered, and what the other signed.

    By its bytes, with the key that the record itself has of the other.
    """
    records = {
        key.partition("/")[0]: path for key, path in zip(demo.keys, (demo.record, demo.record_b), strict=True)
    }
    for key, path in zip(demo.keys, records.values(), strict=True):
        result = mamarr("audit", str(path), "--key", key)
        assert result.returncode == 0, result.stdout
    assert [each["said"] for each in signed] == ["REQUEST", "ANSWER"]
    assert {each["node"] for each in signed} == {each["record"] for each in signed} == set(records)
    for each in signed:
        path = records[each["record"]]
        entry = entry_at(path, each["entry"])
        keys = {each["node"]: key_of_peer(path)}
        parts = [entry.content(name) for name in ("order", "decided", "signed")]
        assert letters.unproven(*parts, {name: [key] for name, key in keys.items()}) is None
        kind = json.loads(entry.content("order"))["command"]["kind"]
        assert kind == {"REQUEST": "crossing-request", "ANSWER": "crossing-reply"}[each["said"]]
    for path in records.values():
        kinds = {each["kind"] for each in messages(path)}
        assert {"crossing-request", "crossing-reply", "crossing-confirm"} <= kinds
    assert not any(word.encode() in demo.record_b.read_bytes() for word in ("CHARLIE", "CHA101", "CHA202"))


def entry_at(record: Path, sequence: int) -> Any:
    store = SqliteStore(record, read_only=True)
    try:
        row = next(store.rows(sequence))
        return entry_from_body(row.sequence, row.body)
    finally:
        store.close()


def events(record: Path) -> Iterator[dict[str, Any]]:
    with closing(sqlite3.connect(record)) as database:
        bodies = list(database.execute("SELECT sequence, body FROM entries ORDER BY sequence"))
    for sequence, body in bodies:
        decided = entry_from_body(sequence, body).content("decided")
        yield from json.loads(decided or b"{}").get("events", ())


def key_of_peer(record: Path) -> bytes:
    """The key of the other node, as the record has it since the two were joined."""
    (key,) = [each["key"] for each in events(record) if each["type"] == "channel-opened"]
    return Verifier.from_text(key).public_key


def messages(record: Path) -> list[dict[str, Any]]:
    return [each["message"] for each in events(record) if each["type"] == "message-kept"]


def test_both_end_with_ctrl_c_go_on_joined_when_started_again_and_end_together_when_one_is_killed(
    start, tmp_path: Path
):
    first = start(tmp_path, python=AS_A_USER)
    processes = [process_of(each.parent) for each in (first.record, first.record_b)]
    assert all(map(runs, processes))
    assert first.stop() == 0
    assert not any(map(runs, processes))
    assert "Traceback" not in "\n".join(first.lines)
    again = start(tmp_path)
    terminal = "\n".join(again.lines)
    assert terminal.count(" goes on after ") == 2
    assert "six words" not in terminal
    assert again.keys == first.keys
    with signed_in(again) as visitor:
        visitor.post("/api/demo/pause")
        (at_once,) = told(visitor, 2)
        assert at_once["progress"] == "COORDINATED"
    other = process_of(again.record_b.parent)
    again.kill()
    until(lambda: not runs(other), "the other node outlives the first")
    for key, path in zip(again.keys, (again.record, again.record_b), strict=True):
        assert mamarr("audit", str(path), "--key", key).returncode == 0


def test_when_the_other_node_is_gone_the_first_says_so_and_admits_what_it_decides_alone(
    start, tmp_path: Path
):
    demo = start(tmp_path)
    with signed_in(demo) as visitor:
        visitor.post("/api/demo/pause")
        (alone,) = told(visitor, 2)
        assert alone["progress"] == "COORDINATED"
        (line,) = visitor.get("/api/picture").json()["lines"]
        assert (line["party"], line["state"]) == ("authority-b", "UP")
        demo.kill_other()

        def is_down() -> bool:
            return [each["state"] for each in visitor.get("/api/picture").json()["lines"]] == ["SILENT"]

        until(is_down, "the line is still said to be up")
        assert visitor.post("/api/demo/neighbour").status_code == 503
        own = file(visitor, "ALFA-1", "NORTH-1", [(35.9, 27.0), (35.3, 30.0)])
        assert (own.status_code, own.json()["stage"], own.json()["asked_of"]) == (201, "COORDINATED", [])
        across = file(visitor, "ALFA-2", "SOUTH-1", [(32.6, 28.5), (32.4, 31.5)])
        assert (across.status_code, across.json()["stage"]) == (201, "PROVISIONAL"), across.text
        threading.Event().wait(1.0)
        flights = {each["flight_id"]: each for each in visitor.get("/api/picture").json()["flights"]}
        (at_b,) = flights["ALFA-2"]["coordination"]["authorities"]
        assert (flights["ALFA-2"]["stage"], at_b["state"]) == ("PROVISIONAL", "REQUESTED")
    assert demo.stop() == 0
    assert "the node of authority-b has ended" in "\n".join(demo.lines)


def file(
    client: httpx.Client, name: str, corridor: str, points_deg: list[tuple[float, float]]
) -> httpx.Response:
    hour = 3_600
    route = [
        {"latitude_deg": at[0], "longitude_deg": at[1], "level": "F330"}
        | {"time": moment(2 * hour + number * 1_200)}
        | ({"corridor": corridor} if number < len(points_deg) - 1 else {})
        for number, at in enumerate(points_deg)
    ]
    plan = {"identification": "ALF1", "aircraft_type": "A320", "has_rvsm": True, "route": route}
    return client.put(f"/api/flights/{name}", json={"plan": plan})


def moment(in_s: int) -> str:
    return (datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=in_s)).isoformat()
