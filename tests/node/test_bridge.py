"""The bridge: what an authority closes for drones is so at its USS and at the DSS, and nothing else is."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from mamarr.engine.bridged import When
from mamarr.faults import Refusal, Unavailable
from mamarr.flights.flights import Withdraw
from mamarr.flights.plans import Traffic
from mamarr.node import bridge
from mamarr.node.bridge import Bridge
from mamarr.node.config import read
from mamarr.operations.volumes import ends_us
from tests.airspace.boxes import NOON, SOUTH
from tests.engine.orders import Desk
from tests.engine.skies import a_desk, an_order, file
from tests.flights.routes import a_plan
from tests.node.test_uss_desk import until
from tests.node.uss_town import NAME, URL, Town, in_a_town

HEAD = '[node]\nid = "north-1"\nparty = "north"\nauthority = "North"\nmode = "EXERCISE"\n'


class Authority:
    """A node of north with corridor EAST, and its bridge to the USS of a town."""

    def __init__(self, town: Town, monkeypatch: pytest.MonkeyPatch, when: When) -> None:
        monkeypatch.setattr(bridge, "EVERY_S", 0.02)
        self.desk: Desk = a_desk()
        monkeypatch.setattr(town.own._client, "close", _kept_open)  # it is the town's too
        self.town, self.when = town, when
        self.runtime: Any = SimpleNamespace(
            decider=self.desk.decider, node_id="north-1", now=lambda: datetime.now(UTC), fail=_failed
        )
        self.bridge = self.a_bridge()

    def a_bridge(self) -> Bridge:
        return Bridge(
            self.town.own._client, self.town.own, url=URL, corridors_when={"EAST": self.when}, areas=()
        )

    def file(self, flight_id: str, **changed: Any) -> None:
        minutes = (datetime.now(UTC) - NOON).total_seconds() / 60 + 60
        order = file(flight_id, a_plan(minutes=minutes, **changed))
        (answer,) = self.desk.ask(order, now=datetime.now(UTC))
        assert not isinstance(answer.outcome, Refusal), answer

    def withdraw(self, flight_id: str) -> None:
        self.desk.ask(an_order(Withdraw(flight_id=flight_id), SOUTH), now=datetime.now(UTC))

    def closed(self) -> list[Any]:
        return self.town.closing.closures()


async def _kept_open() -> None:
    return None


def _failed(error: BaseException) -> None:
    raise error


def test_a_planned_flight_closes_its_corridor_for_drones_and_its_withdrawal_opens_it(
    monkeypatch: pytest.MonkeyPatch,
):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        north = Authority(town, monkeypatch, When.PLANNED)
        await north.bridge.start(north.runtime)
        north.file("F1")
        await until(lambda: len(north.closed()) >= 2)
        answer = await client.get(f"/uss/v1/constraints/{north.closed()[0].entity_id}")
        assert answer.json()["constraint"]["details"]["type"] == "mamarr.bridge.north-1"
        assert "F1" not in answer.text
        assert "EXA101" not in answer.text
        north.withdraw("F1")
        await until(lambda: not north.closed())
        await north.bridge.stop()

    in_a_town(story)


def test_what_is_told_outlives_a_restart_of_the_bridge_and_what_is_not_its_own_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        north = Authority(town, monkeypatch, When.ALWAYS)
        await north.bridge.start(north.runtime)
        await until(lambda: len(north.closed()) >= 2)
        before = {each.entity_id: each.reference.version for each in north.closed()}
        await north.bridge.stop()
        other = "11111111-1111-4111-8111-111111111111"
        async with town.client(NAME) as people:
            said = (await people.get("/constraints")).json()["constraints"][0]["details"]
            answer = await people.put(f"/constraints/{other}", json=said | {"type": "zone"})
            assert answer.status_code == 200, answer.text
        north = Authority(town, monkeypatch, When.PLANNED)  # told PLANNED from now on, and nobody flies
        await north.bridge.start(north.runtime)
        await until(lambda: [each.entity_id for each in north.closed()] == [other])
        assert before
        await north.bridge.stop()

    in_a_town(story)


def test_a_uss_that_is_silent_is_asked_again_and_the_duty_officer_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        north = Authority(town, monkeypatch, When.ALWAYS)
        real = town.own._client.put

        async def silent(*_: Any) -> Any:
            raise Unavailable("no answer")

        town.own._client.put = silent
        await north.bridge.start(north.runtime)
        await asyncio.sleep(0.2)
        assert caplog.text.count("drones are not told of changes: no answer") == 1
        town.own._client.put = real
        await until(lambda: len(north.closed()) >= 2)
        assert all(ends_us(each.closed.volumes) > 0 for each in north.closed())
        await until(lambda: "drones are told of" in caplog.text)
        await north.bridge.stop()

    in_a_town(story)


def test_a_state_flight_alone_is_not_told_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        north = Authority(town, monkeypatch, When.PLANNED)
        north.file("F1", traffic=Traffic.OAT)
        await north.bridge.start(north.runtime)
        await until(lambda: "not told of all of EAST: 1 state flights" in caplog.text)
        assert north.closed() == []
        await north.bridge.stop()

    in_a_town(story)


BRIDGE = """[bridge]
uss_url = "http://127.0.0.1:8082"
token_url = "https://tokens.example/token"
subject = "uss-north"
corridors = { EAST = "PLANNED" }
"""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "", None),
        ("http://127.0.0.1", "http://uss.example", "bridge.uss_url"),
        ("https://tokens", "ftp://tokens", "bridge.token_url"),
        ("/token", "/token/", "bridge.token_url"),
        ('"uss-north"', '""', "bridge.subject"),
        ("PLANNED", "SOMETIMES", "bridge.corridors"),
        ('{ EAST = "PLANNED" }', "{}", "nothing is named"),
        ("uss_url", "us_url", "did you mean"),
    ],
)
def test_what_is_wrong_in_the_configuration_is_said_with_its_key(before: str, after: str, said: str | None):
    text = HEAD + BRIDGE.replace(before, after)
    if said is None:
        assert read(text).bridge is not None
        return
    with pytest.raises(Exception, match=said):
        read(text)
