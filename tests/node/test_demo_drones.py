"""The chapter about drones as its page meets it: what is told is so at DSS and USSs; no process stays."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.node.drones import Drones
from tests.node.forked import run as mamarr
from tests.node.test_demo_pair import program, runs, signed_in, until

pytestmark = pytest.mark.slow

PLANNED, FILED, CLOSED, TOLD, FLIES, OPENED = range(1, 7)


@pytest.fixture
def chapter(tmp_path: Path) -> Iterator[Drones]:
    node = Drones(tmp_path)
    yield node
    node.kill()


def story(client: httpx.Client) -> dict[str, Any]:
    answer = client.get("/api/demo/drones")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(client: httpx.Client, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A step and the sky, once it was told to who looks at it."""
    before = story(client)["steps"][number - 1]["began_at"]
    assert client.post(f"/api/demo/drones/steps/{number}/replay").status_code == 200

    def done() -> Any:
        found = story(client)
        client.post(f"/api/demo/drones/steps/{number}/shown")
        step = found["steps"][number - 1]
        return found if step["began_at"] != before and step["state"] in ("DONE", "FAILED") else None

    found = until(done, f"step {number} was not told")
    step: dict[str, Any] = found["steps"][number - 1]
    assert step["state"] == "DONE", step
    return step, found["sky"]


def in_way(sky: dict[str, Any]) -> list[bool]:
    return [any(each["is_in_way"] for each in one["intents"]) for one in sky["operators"]]


def answers(sky: dict[str, Any]) -> list[str]:
    return [each["answer"] for each in sky["operators"]]


def test_operators_are_told_and_clear_the_way_before_the_helicopter_and_the_sky_opens_behind_it(
    chapter: Drones,
):
    assert "24 May 2019: helicopter recorded, drones fictitious" in chapter.lines
    processes = chapter.processes()
    with signed_in(chapter) as visitor, program(chapter.origin, chapter.folder / "authority-a.token") as own:
        visitor.post("/api/demo/drones/pause")
        _, sky = told(visitor, PLANNED)
        assert [each["state"] for one in sky["operators"] for each in one["intents"]] == [
            "Activated",
            "Accepted",
        ]
        assert (sky["closed"], answers(sky)) == ([], ["NOT_TOLD", "NOT_TOLD"])
        told(visitor, FILED)
        step, sky = told(visitor, CLOSED)
        assert (step["pieces_count"], len(sky["closed"])) == (3, 3)
        assert in_way(sky) == [True, True]
        step, sky = told(visitor, TOLD)
        assert (step["told_count"], step["acknowledged_count"]) == (2, 2)
        assert (answers(sky), in_way(sky)) == (["ENDED", "MOVED"], [False, False])
        for each in sky["operators"]:
            times = [each[name] for name in ("told_at", "advised_at", "answered_at")]
            assert times == sorted(times)
            assert each["told_at"] <= each["taken_at"] < each["answered_at"]
        step, sky = told(visitor, FLIES)
        assert step["is_clear"] is True
        (track,) = own.get("/api/picture").json()["tracks"]
        assert (track["flight_id"], track["standing"]) == ("HELICOPTER-1", "CLAIMED")
        assert not track["is_implausible"]
        assert own.get("/api/picture").json()["alerts"] == []
        step, sky = told(visitor, OPENED)
        assert (sky["closed"], sky["is_heard"]) == ([], True)
        assert answers(sky) == ["ENDED", "MOVED"]
        assert step["ended_after_s"] < 5
    assert chapter.stop() == 0
    assert not any(map(runs, processes))
    assert "Traceback" not in "\n".join(chapter.lines)
    for name in ("authority-a-uss", "drone-operator-2"):
        audit = mamarr("audit", str(chapter.folder / name / "record.sqlite"))
        assert audit.returncode == 0, audit.stdout


def test_an_operator_whose_uss_is_gone_stays_told_and_is_still_in_the_way(chapter: Drones):
    with signed_in(chapter) as visitor:
        visitor.post("/api/demo/drones/pause")
        for number in (PLANNED, FILED, CLOSED):
            told(visitor, number)
        until(lambda: answers(story(visitor)["sky"]) == ["ADVISED", "ADVISED"], "the users were not told")
        gone = chapter.uss_process("drone-operator-2")
        os.kill(gone, signal.SIGKILL)
        step, sky = told(visitor, TOLD)
        assert (step["told_count"], step["acknowledged_count"]) == (2, 1)
        assert answers(sky) == ["ENDED", "ADVISED"]
        assert [each["is_heard"] for each in sky["operators"]] == [True, False]
        assert in_way(sky) == [False, True]  # by the DSS, and by what its USS said of that version
    others = [each for each in chapter.processes() if each != gone]
    chapter.kill()
    until(lambda: not any(map(runs, others)), "a USS lives on without the demo")


def test_a_dss_that_is_gone_is_no_empty_sky_and_what_is_left_of_it_is_put_away_at_the_next_start(
    chapter: Drones,
):
    with signed_in(chapter) as visitor:
        visitor.post("/api/demo/drones/pause")
        told(visitor, FILED)
        report = {"report": "AIRBORNE", "time": datetime.now(UTC).isoformat()}
        assert visitor.post("/api/flights/HELICOPTER-1/reports", json=report).status_code == 200
        _, before = told(visitor, PLANNED)  # it begins anew, though the helicopter flies
        assert before["closed"] == []
        os.kill(chapter.uss_process("authority-a-uss"), signal.SIGKILL)
        until(lambda: not story(visitor)["sky"]["is_heard"], "the DSS was heard")
        sky = story(visitor)["sky"]
        assert sky["heard_at"] >= before["heard_at"]
        assert [each["intents"] for each in sky["operators"]] == [
            each["intents"] for each in before["operators"]
        ]
    chapter.kill()
    until(lambda: not any(map(runs, chapter.processes())), "a USS lives on without the demo")
    again = Drones(chapter.folder)
    try:
        with signed_in(again) as visitor:
            visitor.post("/api/demo/drones/pause")
            _, sky = told(visitor, PLANNED)
        left = {each["intent_id"] for one in before["operators"] for each in one["intents"]}
        now = [each["intent_id"] for one in sky["operators"] for each in one["intents"]]
        assert (len(now), len(left), left.isdisjoint(now)) == (2, 2, True)
    finally:
        again.kill()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("whales",), "there is no chapter 'whales'"),
        (("drones", "--no-story"), "no --no-story"),
        (("drones", "--labels", "2015"), "no --labels"),
    ],
)
def test_wrong_use_of_the_chapter_is_told_in_a_sentence(options: tuple[str, ...], says: str):
    result = mamarr("demo", *options)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr
