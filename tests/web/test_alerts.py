"""Alerts and tracks over HTTP."""

import httpx
import pytest

from mamarr.engine import Order
from mamarr.interop import live_messages
from mamarr.names import Author
from mamarr.surveillance import AlertType, FeedState, Standing
from mamarr.surveillance.alerts import RaiseAlert
from mamarr.web.access import Scope
from tests.engine.test_watch import OWN, a_block, measured
from tests.web.node import NODE, Desk, at_a_desk

PATH = "/api/alerts/RAMHD.F1/acknowledgement"


async def raised(desk: Desk, number: int = 1) -> None:
    author = Author(party="north", node=NODE, rule="watch")
    command = RaiseAlert(kind=AlertType.RAMHD, subject="F1", measured=measured())
    await desk.runtime.submit(Order(command_id=f"raise-{number:04}", author=author, command=command))


def test_a_person_acknowledges_what_the_picture_shows():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        await raised(desk)
        page = desk.cookie(desk.add())
        (alert,) = (await client.get("/api/picture", headers=page)).json()["alerts"]
        assert (alert["alert_id"], alert["lateral_m"], alert["actions"]) == (
            "RAMHD.F1",
            -9855.0,
            ["ACKNOWLEDGE"],
        )
        body = {"raised_count": alert["raised_count"]}
        answer = await client.post(PATH, json=body, headers=page)
        assert answer.status_code == 200
        (alert,) = (await client.get("/api/picture", headers=page)).json()["alerts"]
        assert (alert["status"], alert["acknowledged_by"]) == ("ACTIVE_ACK", "officer")

    at_a_desk(story)


def test_a_program_acknowledges_nothing():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        await raised(desk)
        headers = desk.bearer("north", (Scope.WATCH,))
        answer = await client.post(PATH, json={"raised_count": 1}, headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")

    at_a_desk(story)


@pytest.mark.parametrize(
    ("name", "body", "at"),
    [
        ("NONE.F1", {"raised_count": 1}, "path:alert_id"),
        ("RAMHD", {"raised_count": 1}, "path:alert_id"),
        ("RAMHD.F1", {"raised_count": 0}, "$.raised_count"),
        ("RAMHD.F1", {}, "$.raised_count"),
        ("RAMHD.F1", {"raised_count": 1, "note": "x"}, "$.note"),
    ],
)
def test_what_cannot_be_read_is_told(name: str, body: dict, at: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        page = desk.cookie(desk.add())
        answer = await client.post(f"/api/alerts/{name}/acknowledgement", json=body, headers=page)
        assert (answer.status_code, answer.json()["errors"][0]["at"]) == (400, at)

    at_a_desk(story)


def test_an_id_that_the_picture_gives_can_be_read():
    named = live_messages.alert_id(AlertType.CLAM, "F.1")
    message = live_messages.AcknowledgeMessage(raised_count=3)
    command = live_messages.acknowledge(named, message)
    assert (command.kind, command.subject, command.raised_count) == (AlertType.CLAM, "F.1", 3)


def test_the_picture_of_a_node_that_nobody_watches_for_says_so():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        page = desk.cookie(desk.add())
        shown = (await client.get("/api/picture", headers=page)).json()
        assert (shown["live"], shown["tracks"], shown["feeds"]) == ("DOWN", [], [])
        now_ms = round(desk.runtime.now().timestamp() * 1_000)
        desk.runtime.block = a_block(OWN, now_ms=now_ms)
        shown = (await client.get("/api/picture", headers=page)).json()
        assert (shown["live"], shown["feeds"][0]["state"]) == ("RUNNING", FeedState.LIVE)
        (track,) = shown["tracks"]
        assert (track["standing"], track["altitude_m"], track["altitude_datum"]) == (
            Standing.NONE,
            10058.4,
            "STD",
        )

    at_a_desk(story)
