"""A DSS in the shadow of another one: what is told when both are the same, and when one is not."""

import asyncio
import json
import re
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from mamarr.node import cli
from mamarr.node.http_client import OutboundClient
from mamarr.node.shadow import ALIKE_MAX, WAITING_MAX, Shadow
from mamarr.node.shadow_differences import RULES
from tests.node.test_dss import KEY, RunningDss
from tests.web.dss_desk import (
    HOST,
    URL,
    DssDesk,
    a_constraint,
    a_subscription,
    an_extent,
    an_id,
    an_intent,
    constraint_at,
    intent_at,
    subscription_at,
)
from tests.web.test_rid_rules import AREA, AREAS, SUBSCRIPTIONS, a_body, at, squared

DOCUMENT = Path(__file__).parents[2] / "docs" / "dss.md"
Changed = Callable[[httpx.Request, httpx.Response], httpx.Response]


class Theirs(httpx.AsyncBaseTransport):
    """The other DSS, of the same kind; changed: makes an answer another one. came: what it was asked."""

    def __init__(self, desk: DssDesk, changed: Changed | None) -> None:
        self.inner, self.changed = httpx.ASGITransport(desk.app), changed
        self.came: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.came.append((request.method, request.url.raw_path.decode()))
        answer = await self.inner.handle_async_request(request)
        await answer.aread()
        said = httpx.Response(answer.status_code, content=answer.content)
        if self.changed is not None:
            said = self.changed(request, said)
        return httpx.Response(said.status_code, content=chunks(said.content))


async def chunks(body: bytes):
    yield body


class Both:
    """The other DSS, ours in its shadow, a client of the shadow, and what was told."""

    def __init__(self, changed: Changed | None = None) -> None:
        self.there, self.here, self.lines = DssDesk(), DssDesk(), []
        self.theirs = Theirs(self.there, changed)

        async def resolve(host: str, port: int) -> list[str]:
            return ["192.0.2.1"]

        outbound = OutboundClient(
            frozenset({URL}), allow_private=True, resolve=resolve, transport=self.theirs
        )
        self.shadow = Shadow(self.here.app, host=HOST, origin=URL, client=outbound, say=self.lines.append)

    def client(self, uss: str = "uss1") -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {self.there.token(uss)}"}
        transport = httpx.ASGITransport(self.shadow)
        return httpx.AsyncClient(transport=transport, base_url=URL, headers=headers)


Story = Callable[[Both, httpx.AsyncClient], Awaitable[None]]


def shadowed(story: Story, changed: Changed | None = None) -> Both:
    """Run `story` with both; all that was asked is compared when this returns."""

    async def run() -> Both:
        both = Both(changed)
        for desk in (both.there, both.here):
            desk.runtime.start()
        await both.shadow.start(both.here.runtime)
        async with both.client() as client:
            await story(both, client)
        await both.shadow.stop()
        for desk in (both.there, both.here):
            await desk.runtime.stop()
        return both

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()


async def put(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.put(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def a_day(both: Both, client: httpx.AsyncClient) -> None:
    """Two USSs plan, know of each other, change, are told and end; one is identified."""
    one, two, watching = an_id(), an_id(), an_id()
    await put(client, subscription_at(watching), a_subscription(notify_for_constraints=True))
    first = (await put(client, intent_at(one), an_intent()))["operational_intent_reference"]
    async with both.client("uss2") as other:
        assert (await other.put(intent_at(two), json=an_intent())).status_code == 409
        second = await put(other, intent_at(two), an_intent(key=[first["ovn"]]))
        known = second["operational_intent_reference"]["ovn"]
        await put(other, constraint_at(an_id()), a_constraint())
        await other.get(intent_at(one))
    active = an_intent(key=[known], state="Activated", new_subscription=None)
    active["subscription_id"] = first["subscription_id"]
    changed = await put(client, intent_at(one, first["ovn"]), active)
    assert (await client.put(intent_at(one, first["ovn"]), json=active)).status_code == 409
    held = (await client.get(subscription_at(first["subscription_id"]))).json()["subscription"]
    assert (await client.delete(subscription_at(held["id"], held["version"]))).status_code == 400
    asked = {"area_of_interest": an_extent()}
    for kind in ("operational_intent_references", "constraint_references", "subscriptions"):
        assert (await client.post(f"/dss/v1/{kind}/query", json=asked)).status_code == 200
    ovn = changed["operational_intent_reference"]["ovn"]
    assert (await client.delete(intent_at(one, ovn))).status_code == 200
    assert (await client.get(subscription_at(first["subscription_id"]))).status_code == 404
    for said in ({"old_version": "", "availability": "Down"}, {"old_version": "", "availability": "Normal"}):
        await client.put("/dss/v1/uss_availability/uss2", json=said)
    await client.get("/dss/v1/uss_availability/uss2")
    area, display = an_id(), an_id()
    served = (await put(client, at(AREAS, area), a_body()))["service_area"]
    until = squared([{"lat": 46.5, "lng": 7.2}, {"lat": 46.5, "lng": 7.21}, {"lat": 46.51, "lng": 7.21}])
    del until["time_start"], until["time_end"]
    shown = (await put(client, at(SUBSCRIPTIONS, display), a_body(until)))["subscription"]
    served = (await put(client, at(AREAS, area, served["version"]), a_body()))["service_area"]
    assert (await client.get(AREAS, params={"area": AREA})).json()["service_areas"]
    await client.get(at(SUBSCRIPTIONS, display))
    assert (await client.delete(at(AREAS, area, served["version"]))).status_code == 200
    assert (await client.delete(at(SUBSCRIPTIONS, display, shown["version"]))).status_code == 200
    assert (await client.get("/aux/v1/version")).status_code == 200


def test_two_that_are_alike_differ_in_nothing_and_each_is_asked_once():
    both = shadowed(a_day)
    (told,) = both.lines
    count = len(both.theirs.came)
    assert told == (f"shadow: {count - 1} answers the same, 0 differ, 0 not compared, 1 of other addresses")
    assert both.there.decided == both.here.decided > 10


def at_path(method: str, form: str, changed: Callable[[dict[str, Any]], Any]) -> Changed:
    """Change the body of each answer to `method` whose path has the `form`; an int is another status."""

    def change(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.method != method or not re.search(form, request.url.path) or answer.status_code >= 300:
            return answer
        body = answer.json()
        said = changed(body)
        if isinstance(said, int):
            return httpx.Response(said, json={"message": "other"} if said >= 300 else body)
        return httpx.Response(answer.status_code, json=body)

    return change


def index_is(body: dict[str, Any]) -> None:
    body["subscription"]["notification_index"] += 1


def without_one(body: dict[str, Any]) -> None:
    del body["operational_intent_references"][0]


def later(body: dict[str, Any]) -> None:
    body["operational_intent_reference"]["time_start"]["value"] = "2090-01-01T00:00:00Z"


DIFFERING = {
    "a status that the table has": (
        at_path("PUT", "/dss/v1/subscriptions/", lambda _: 201),
        "status",
        "MADE_200",
    ),
    "a status that it has not": (
        at_path("GET", "operational_intent", lambda _: 404),
        "status",
        "unexplained",
    ),
    "others' subscriptions": (
        at_path("GET", "/rid/v2/dss/subscriptions/", lambda _: 404),
        "status",
        "unexplained",
    ),
    "a count": (at_path("GET", "/rid/v2/dss/subscriptions/", index_is), "notification_index", "unexplained"),
    "what is found": (at_path("POST", "intent_references/query", without_one), "references[", "unexplained"),
    "a time": (at_path("PUT", "operational_intent", later), "time_start", "unexplained"),
    "an explicit one": (
        at_path(
            "GET",
            "/dss/v1/subscriptions/",
            lambda body: body["subscription"].update(implicit_subscription=False),
        ),
        "implicit_subscription",
        "WRITTEN_IS_EXPLICIT",
    ),
}


@pytest.mark.parametrize(("changed", "where", "rule"), DIFFERING.values(), ids=DIFFERING)
def test_one_that_differs_is_told_with_its_rule(changed: Changed, where: str, rule: str):
    both = shadowed(a_day, changed)
    told = [line for line in both.lines if line.endswith(f" - {rule}") and where in line]
    assert told, both.lines
    assert f"{rule} " in both.lines[-1]
    for line in both.lines:
        assert "eyJ" not in line
        assert len(line) < 400


def test_an_ovn_that_changes_without_a_write_is_told_and_not_shown():
    secret = "f" * 48

    def changed(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.method != "GET" or "intent_references" not in request.url.path:
            return answer
        body = answer.json()
        body["operational_intent_reference"]["ovn"] = secret
        return httpx.Response(200, json=body)

    async def story(both: Both, client: httpx.AsyncClient) -> None:
        entity = an_id()
        await put(client, intent_at(entity), an_intent())
        await client.get(intent_at(entity))

    both = shadowed(story, changed)
    assert any("ovn differs - unexplained" in line for line in both.lines), both.lines
    assert secret not in str(both.lines)


def test_what_was_written_elsewhere_explains_what_is_seen_of_it():
    async def story(both: Both, client: httpx.AsyncClient) -> None:
        entity = an_id()
        async with both.there.client() as beside:
            intent = (await put(beside, intent_at(entity), an_intent()))["operational_intent_reference"]
        assert (await client.get(intent_at(entity))).status_code == 200
        assert (await client.put(intent_at(an_id()), json=an_intent())).status_code == 409
        assert (await client.put(intent_at(entity, intent["ovn"]), json=an_intent())).status_code == 200
        assert (await client.get(intent_at(an_id()))).status_code == 404

    both = shadowed(story)
    assert [line.rpartition(" - ")[2] for line in both.lines[:-1]] == ["NOT_THROUGH_HERE"] * 3


def test_what_was_under_way_at_once_with_a_write_is_told_as_that():
    async def story(both: Both, client: httpx.AsyncClient) -> None:
        gate, entity = asyncio.Event(), an_id()
        await put(client, intent_at(entity), an_intent())
        inner = both.theirs.inner

        class Held(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                answer = await inner.handle_async_request(request)  # decided there, and answered later
                if request.method == "GET":
                    await gate.wait()
                return answer

        both.theirs.inner = Held()
        reading = asyncio.create_task(client.get(intent_at(entity)))
        while not both.shadow._open:
            await asyncio.sleep(0)
        intent = (await reading_of(both, entity))["operational_intent_reference"]
        await client.delete(intent_at(entity, intent["ovn"]))
        gate.set()
        assert (await reading).status_code == 200

    both = shadowed(story)
    assert [line.rpartition(" - ")[2] for line in both.lines[:-1]] == ["AT_ONCE"]


async def reading_of(both: Both, entity: str) -> dict[str, Any]:
    async with both.there.client() as beside:
        return (await beside.get(intent_at(entity))).json()


def test_lines_that_say_the_same_come_to_an_end_and_are_counted():
    async def story(both: Both, client: httpx.AsyncClient) -> None:
        entity = an_id()
        await put(client, intent_at(entity), an_intent())
        for _ in range(ALIKE_MAX + 5):
            await client.get(intent_at(entity))

    both = shadowed(story, at_path("GET", "operational_intent", lambda _: 404))
    assert len(both.lines) == ALIKE_MAX + 1
    assert both.lines[-2].endswith("the last such line - unexplained")
    assert f"unexplained {ALIKE_MAX + 5}" in both.lines[-1]


def test_a_silent_one_is_asked_once_and_ours_not_at_all():
    def changed(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        raise httpx.ReadTimeout("silent")

    async def story(both: Both, client: httpx.AsyncClient) -> None:
        for _ in range(2):
            answer = await client.put(intent_at(an_id()), json=an_intent())
            assert (answer.status_code, bool(answer.json()["message"])) == (502, True)

    both = shadowed(story, changed)
    assert len(both.theirs.came) == 2
    assert both.here.decided == 0
    assert sum("could not be repeated" in line for line in both.lines) == 1
    assert both.lines[-1].endswith("0 differ, 2 not compared, 0 of other addresses")


def test_what_does_not_fit_is_answered_and_told_as_a_gap():
    async def story(both: Both, client: httpx.AsyncClient) -> None:
        both.shadow._waiting.extend([None] * WAITING_MAX)
        assert (await client.put(intent_at(an_id()), json=an_intent())).status_code == 201
        both.shadow._waiting.clear()
        await client.get(intent_at(an_id()))

    both = shadowed(story)
    assert any("could not be repeated" in line for line in both.lines)


def test_every_rule_of_the_shadow_is_in_the_document():
    said = DOCUMENT.read_text()
    assert [name for name in RULES if f"`{name}`" not in said] == []


def test_a_token_that_is_not_taken_here_is_told_as_that():
    async def story(both: Both, client: httpx.AsyncClient) -> None:
        both.here.ahead_s = 7_200
        await put(client, intent_at(an_id()), an_intent())

    both = shadowed(story)
    assert both.lines[0].endswith(" - TOKEN_NOT_TAKEN")


@pytest.mark.slow
def test_a_process_shadows_another_one_and_tells_what_it_compared(tmp_path: Path):
    key = tmp_path / "authority.pem"
    key.write_bytes(KEY.as_pem(private=False))
    asked = ("--public-key", str(key), "--audience", "127.0.0.1", "--port", "0", "--allow-http")
    there = RunningDss(*asked)
    here = RunningDss(*asked, "--shadow", there.url.rstrip("/"))
    assert any(line.startswith(f"SHADOW of {there.url.rstrip('/')}") for line in here.lines)
    with here.client() as client, there.client() as beside:
        entity = an_id()
        assert client.put(intent_at(entity), json=an_intent()).status_code == 201
        assert client.get(intent_at(entity)).json() == beside.get(intent_at(entity)).json()
        said = client.get("/openapi.json")
        assert said.json()["info"]["title"].startswith("Mamarr")
        assert said.headers["x-content-type-options"] == "nosniff"
    here.process.send_signal(signal.SIGTERM)
    told = here.process.stdout.read()
    assert "shadow: 2 answers the same, 0 differ, 0 not compared, 1 of other addresses" in told
    assert (here.end(signal.SIGTERM), there.end(signal.SIGTERM)) == (0, 0)


@pytest.mark.parametrize("address", ["http://dss.example", "https://dss.example/x", "dss.example", "ftp://a"])
def test_an_address_that_is_none_is_wrong_use(address: str, tmp_path: Path):
    typed = ["dss", "--public-key", str(tmp_path / "k"), "--audience", "a", "--shadow", address]
    found = CliRunner().invoke(cli.app, typed)
    assert found.exit_code == 2, found.output
    assert "--shadow" in " ".join(found.output.split())
    assert json.dumps(address)[1:-1] in " ".join(found.output.split())
