"""What drones plan, from the DSS and other USSs to the answer of a crewed flight; and every silence."""

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from mamarr.airspace import SpecialHandling
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.flights import DronesThere
from mamarr.flights.drone_watch import KEY
from mamarr.interop import geojson
from mamarr.node import drone_looks
from mamarr.node.config import read
from mamarr.node.drone_looks import DroneLooks
from mamarr.web.access.key_sets import Reply
from tests.airspace.boxes import NOON
from tests.engine.orders import Desk
from tests.engine.skies import a_desk, file
from tests.flights.routes import a_plan
from tests.node.served import ServedNode, added, founded
from tests.node.test_bridge import BRIDGE, HEAD
from tests.node.test_uss import SAYS, Running, a_free_port, authority  # noqa: F401  a fixture
from tests.node.test_uss_desk import until
from tests.node.uss_town import (
    NAME,
    OTHER,
    URL,
    Town,
    a_volume,
    answering,
    details_at,
    in_a_town,
    others_intent,
    plan_at,
    planned,
)
from tests.node.uss_town import a_plan as a_drones_plan
from tests.web.dss_desk import an_altitude, an_id
from tests.web.skies import AIRSPACE, GEOJSON, SKY, as_json

HIGH = {"altitude_lower": an_altitude(9_000), "altitude_upper": an_altitude(11_000)}


def on_east(minutes: tuple[float, float] = (-1, 240), **changed: Any) -> dict[str, Any]:
    """A square of some 100 m on the middle of the first leg of EAST, at the heights of its flights."""
    ring = [(34.0, 32.5), (34.0, 32.501), (34.001, 32.501), (34.001, 32.5)]
    outline = {"vertices": [{"lat": lat, "lng": lng} for lat, lng in ring]}
    return a_volume(minutes=minutes, outline_polygon=outline, **HIGH | changed)


class Authority:
    """A node of north with the corridors EAST and SOUTH, and what asks the USS of a town about EAST."""

    def __init__(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(drone_looks, "EVERY_S", 0.02)
        monkeypatch.setattr(town.own._client, "close", _kept_open)  # it is the town's too
        self.desk: Desk = a_desk()
        self.town, self.ahead = town, timedelta()
        self.failed: list[BaseException] = []
        self.runtime: Any = SimpleNamespace(
            decider=self.desk.decider,
            node_id="north-1",
            now=self.now,
            fail=self.failed.append,
            submit=self.submit,
            new_command_id=an_id,
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def submit(self, order: Any) -> Any:
        (answer,) = self.desk.ask(order, now=self.now())
        return answer

    def looks(self, *, is_on: bool = True, areas: tuple[str, ...] = ()) -> DroneLooks:
        town = self.town
        return DroneLooks(town.own._client, town.own, url=URL, corridors=("EAST",), areas=areas, is_on=is_on)

    def file(self, flight_id: str, **changed: Any) -> Any:
        """What came of a flight along EAST, an hour from now."""
        minutes = (self.now() - NOON).total_seconds() / 60 + 60
        (answer,) = self.desk.ask(file(flight_id, a_plan(minutes=minutes, **changed)), now=self.now())
        return answer.outcome if isinstance(answer.outcome, Refusal) else answer.outcome[0]

    def known(self) -> list[str]:
        return sorted(key for key, _ in self.desk.decider.projection.drones.durable_items())

    def whole(self) -> tuple[str, ...] | None:
        watch = self.desk.decider.projection.drone_watch.durable(KEY)
        return None if watch is None else watch.whole


async def _kept_open() -> None:
    return None


def test_an_intent_at_the_dss_stops_a_flight_that_is_planned_and_no_other_until_it_is_gone(
    monkeypatch: pytest.MonkeyPatch,
):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        north, theirs = Authority(town, monkeypatch), an_id()
        looks = north.looks(areas=("NOT-THERE",))  # of which nothing can be asked
        await looks.start(north.runtime)
        await until(lambda: north.whole() == ("EAST",))
        assert north.file("F0", level="F350").drones is DronesThere.NONE_KNOWN
        said = await others_intent(town, theirs, on_east())
        town.others[OTHER] = answering(200, said)
        await until(lambda: north.known() == [theirs])
        assert north.file("F1") == Refusal(reason=Reason.DRONES_PLANNED)
        urgent = north.file("F2", handling=(SpecialHandling.MEDEVAC,))
        assert urgent.drones is DronesThere.PLANNED
        size = north.desk.store.size()
        await asyncio.sleep(0.2)  # looks in which nothing changes
        assert north.desk.store.size() == size
        reference = said["operational_intent"]["reference"]
        at = f"/dss/v1/operational_intent_references/{theirs}/{reference['ovn']}"
        assert (await client.delete(at)).status_code == 200
        await until(lambda: north.known() == [])
        assert north.file("F3", level="F310").drones is DronesThere.NONE_KNOWN
        await looks.stop()
        assert north.failed == []

    in_a_town(story)


def test_our_own_users_drones_are_looked_at_too(monkeypatch: pytest.MonkeyPatch):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        north, ours = Authority(town, monkeypatch), an_id()
        async with town.client(NAME) as people:
            assert (await planned(people, ours, on_east()))[0] == "Completed"
            assert (await people.get(details_at(ours))).status_code == 200
        looks = north.looks()
        await looks.start(north.runtime)
        await until(lambda: north.known() == [ours])
        assert north.file("F1") == Refusal(reason=Reason.DRONES_PLANNED)
        await looks.stop()

    in_a_town(story)


def test_an_intent_of_which_nobody_says_more_is_no_empty_sky(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        north, theirs = Authority(town, monkeypatch), an_id()
        said = await others_intent(town, theirs, on_east())
        town.others[OTHER] = answering(200, said)
        looks = north.looks()
        await looks.start(north.runtime)
        await until(lambda: (north.known(), north.whole()) == ([theirs], ("EAST",)))
        town.desk.peers.forget(theirs)
        town.others[OTHER] = answering(500)
        await until(lambda: north.whole() == ())
        assert north.known() == [theirs]  # what it was last is still the best that is known
        assert north.file("F1") == Refusal(reason=Reason.DRONES_PLANNED)
        north.desk.decider.projection.drones.fold(theirs, None)
        assert north.file("F1").drones is DronesThere.UNKNOWN
        assert "not all that drones plan is known along EAST" in caplog.text
        await looks.stop()

    in_a_town(story)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (None, "no answer"),
        (Reply(status=503, body=b""), "the USS answers 503"),
        (Reply(status=200, body=b'{"intents":[{"id":"x"}]}'), "the USS answers what cannot be read"),
        (
            Reply(status=200, body=json.dumps({"intents": [], "unknown": [an_id()] * 2_000}).encode()),
            "cannot be read",
        ),
    ],
)
def test_a_uss_that_is_silent_or_lies_leaves_unknown_behind_once_and_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, reply: Reply | None, said: str
):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        north = Authority(town, monkeypatch)
        looks = north.looks()
        await looks.start(north.runtime)
        await until(lambda: north.whole() == ("EAST",))
        real = town.own._client.post

        async def broken(url: str, *how: Any) -> Reply:
            if url.endswith("/operational_intents/query"):
                if reply is None:
                    raise Unavailable("no answer")
                return reply
            return await real(url, *how)

        town.own._client.post = broken
        await asyncio.sleep(0.1)
        assert north.whole() == ("EAST",)  # an answer that is missed once is no silence
        north.ahead = timedelta(milliseconds=drone_looks.SILENT_MS)
        await until(lambda: north.whole() == ())
        size = north.desk.store.size()
        assert north.file("F1").drones is DronesThere.UNKNOWN
        await asyncio.sleep(0.1)
        assert north.desk.store.size() == size + 1  # the flight
        assert caplog.text.count(said) == 1
        town.own._client.post = real
        await until(lambda: north.whole() == ("EAST",))
        await looks.stop()

    in_a_town(story)


def test_where_too_much_is_planned_or_nothing_can_be_asked_it_is_not_known(monkeypatch: pytest.MonkeyPatch):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        north = Authority(town, monkeypatch)
        real = town.own._client.post

        async def too_much(url: str, *how: Any) -> Reply:
            return (
                Reply(status=429, body=b"")
                if url.endswith("/operational_intents/query")
                else await real(url, *how)
            )

        town.own._client.post = too_much
        looks = north.looks(areas=("NOWHERE",))
        await looks.start(north.runtime)
        await until(lambda: north.whole() == ())
        assert north.file("F1").drones is DronesThere.UNKNOWN
        town.own._client.post = real
        await until(lambda: north.whole() == ("EAST",))
        monkeypatch.setattr(drone_looks, "QUERIES_MAX", 1)
        await until(lambda: north.whole() == ())
        await looks.stop()

    in_a_town(story)


@pytest.mark.parametrize("has_drones", [False, True])
def test_where_nobody_looks_any_more_what_was_known_is_known_no_more(
    monkeypatch: pytest.MonkeyPatch, has_drones: bool
):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        north, theirs = Authority(town, monkeypatch), an_id()
        if has_drones:
            town.others[OTHER] = answering(200, await others_intent(town, theirs, on_east()))
        looks = north.looks()
        await looks.start(north.runtime)
        await until(lambda: (north.known(), north.whole()) == ([theirs] * has_drones, ("EAST",)))
        await looks.stop()
        looks = north.looks(is_on=False)
        await looks.start(north.runtime)
        await until(lambda: (north.known(), north.whole()) == ([], ()))
        assert north.file("F1").drones is DronesThere.UNKNOWN
        size = north.desk.store.size()
        await looks.stop()
        looks = north.looks(is_on=False)  # and again: there is nothing to say
        await looks.start(north.runtime)
        await asyncio.sleep(0.1)
        assert north.desk.store.size() == size
        await looks.stop()

    in_a_town(story)


def test_it_is_off_unless_the_table_of_the_bridge_says_so():
    bridge = read(HEAD + BRIDGE).bridge
    assert bridge is not None
    assert not bridge.looks_at_drones
    assert read(HEAD + BRIDGE + "looks_at_drones = true\n").bridge.looks_at_drones


@contextmanager
def served(config: Path) -> Iterator[httpx.Client]:
    """A client in which `chief` is signed in at a node that runs as long."""
    node = ServedNode(config)
    try:
        with node.signed_in("chief") as client:
            yield client
        assert node.end() == 0
    finally:
        node.end(signal.SIGKILL)


@pytest.mark.slow
def test_a_node_of_its_own_refuses_where_the_uss_of_its_file_says_that_drones_plan(
    tmp_path: Path,
    authority: dict[str, str],  # noqa: F811  a fixture
):
    """Processes: what issues tokens, our USS with our DSS, a node of crewed traffic with a bridge."""
    config, node = tmp_path / "uss.toml", founded(tmp_path / "node")
    config.write_text(SAYS.format(port=a_free_port(), folder=tmp_path))
    uss = Running(config, authority)
    added(tmp_path / "node", "chief", "mamarr.read", "mamarr.file", "mamarr.administer")
    with served(node) as client:
        declared = client.post(AIRSPACE, content=geojson.collection(SKY), headers=GEOJSON)
        assert declared.status_code == 200, declared.text
    answer = uss.client.put(plan_at(an_id()), json=a_drones_plan(on_east()))
    assert answer.json()["planning_result"] == "Completed", answer.text
    bridge = BRIDGE.replace("http://127.0.0.1:8082", str(uss.client.base_url).rstrip("/"))
    bridge = bridge.replace("https://tokens.example/token", authority["MAMARR_TOKEN_URL"])
    node.write_text(node.read_text() + bridge.replace("uss-north", "uss1") + "looks_at_drones = true\n")
    body = {"plan": as_json(a_plan(minutes=(datetime.now(UTC) - NOON).total_seconds() / 60 + 60))}
    with served(node) as client:
        answer = client.put("/api/flights/F1", json=body)
        while answer.status_code == 201 and answer.json()["drones"] is None:  # it has not looked yet
            client.delete("/api/flights/F1")
            answer = client.put("/api/flights/F1", json=body)
        assert (answer.status_code, answer.json()["reason"]) == (409, "DRONES_PLANNED"), answer.text
        body["plan"]["handling"] = ["MEDEVAC"]
        answer = client.put("/api/flights/F2", json=body)
        assert (answer.status_code, answer.json()["drones"]) == (201, "PLANNED"), answer.text
    assert uss.end(signal.SIGTERM) == 0
