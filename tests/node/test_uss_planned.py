"""What drones plan in an area, as our USS answers it to its own authority: whole, exact, nothing left out."""

import json
from typing import Any

import httpx
import pytest

from mamarr.faults import WireError
from mamarr.interop.f3548 import uss_planned
from mamarr.node import uss_desk
from mamarr.web.uss_closure_routes import PLANNED
from tests.node.uss_town import (
    NAME,
    OTHER,
    OTHER_URL,
    Town,
    a_volume,
    answering,
    in_a_town,
    others_intent,
    planned,
    silent,
)
from tests.web.dss_desk import an_id

AROUND = {"center": {"lat": 47.3, "lng": 8.55}, "radius": {"value": 10_000, "units": "M"}}
AREA = {"area_of_interest": a_volume(minutes=(-1, 60), outline_polygon=None, outline_circle=AROUND)}


async def asked(town: Town, status: int = 200, area: Any = None) -> Any:
    async with town.client(NAME) as people:
        answer = await people.post(PLANNED, json=AREA if area is None else area)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_what_others_and_ours_plan_is_answered_exactly_and_who_says_nothing_is_named():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        theirs, unheard, lying, ours, elsewhere = sorted(an_id() for _ in range(5))
        said = await others_intent(town, theirs, a_volume(0.123456))
        bodies = {theirs: said, lying: {"operational_intent": 7}}
        await others_intent(town, unheard, a_volume(30), base_url="https://uss-b.example")
        await others_intent(town, lying, a_volume(60))
        await others_intent(town, elsewhere, a_volume(300))

        async def other(request: httpx.Request) -> httpx.Response:
            return await answering(200, bodies[request.url.path.rpartition("/")[2]])(request)

        town.others[OTHER], town.others["uss-b.example"] = other, answering(503)
        async with town.client(NAME) as people:
            assert await planned(people, ours, a_volume(90)) == ("Completed", "Planned")
        found = await asked(town)
        assert found["unknown"] == sorted([unheard, lying])
        assert [(each["id"], each["manager"], each["state"]) for each in found["intents"]] == [
            (each, name, "Accepted") for each, name in sorted([(theirs, "uss-a"), (ours, NAME)])
        ]
        at = {each["id"]: each["volumes"] for each in found["intents"]}
        corners = [each["volume"]["outline_polygon"]["vertices"] for each in at[theirs]]
        assert corners == [a_volume(0.123456)["volume"]["outline_polygon"]["vertices"]]
        read = uss_planned.read(json.dumps(found).encode())
        assert uss_planned.written(read) == found

    in_a_town(story)


def test_who_answers_late_is_not_waited_for_and_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uss_desk, "SAID_S", 0.05)

    async def story(town: Town, client: httpx.AsyncClient) -> None:
        theirs, late = an_id(), an_id()
        said = await others_intent(town, theirs)
        await others_intent(town, late, a_volume(30), base_url="https://uss-b.example")
        town.others[OTHER], town.others["uss-b.example"] = answering(200, said), silent
        found = await asked(town)
        assert ([each["id"] for each in found["intents"]], found["unknown"]) == ([theirs], [late])

    in_a_town(story)


def test_more_than_an_answer_holds_is_named_as_not_known(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uss_planned, "CORNERS_MAX", 7)  # of two squares the second is too much

    async def story(town: Town, client: httpx.AsyncClient) -> None:
        first, second = sorted([an_id(), an_id()])
        said = {first: await others_intent(town, first)}
        said[second] = await others_intent(town, second, a_volume(30))

        async def other(request: httpx.Request) -> httpx.Response:
            return await answering(200, said[request.url.path.rpartition("/")[2]])(request)

        town.others[OTHER] = other
        found = await asked(town)
        assert ([each["id"] for each in found["intents"]], found["unknown"]) == ([first], [second])
        monkeypatch.setattr(uss_desk, "KNOWN_MAX", 1)
        await asked(town, 429)

    in_a_town(story)


@pytest.mark.parametrize(
    ("area", "said"),
    [
        ({}, "area_of_interest"),
        ({"area_of_interest": a_volume(altitude_upper=None)}, "altitude_upper"),
        ({"area_of_interest": a_volume() | {"time_end": None}}, "time_end"),
    ],
)
def test_an_area_without_all_its_bounds_is_refused_with_the_place(area: Any, said: str):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        assert said in (await asked(town, 400, area))["message"]

    in_a_town(story)


def test_a_dss_that_is_silent_is_no_empty_sky():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        town.desk._dss._url = OTHER_URL  # where nothing may be sent
        await asked(town, 503)

    in_a_town(story)


ONE = {"id": an_id(), "manager": "uss-a", "state": "Accepted", "volumes": [a_volume()]}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        json.dumps({"intents": [ONE | {"id": "x"}]}).encode(),
        json.dumps({"intents": [ONE | {"state": "Ended"}]}).encode(),
        json.dumps({"intents": [ONE | {"volumes": []}]}).encode(),
        json.dumps({"intents": [ONE | {"manager": "a\nb"}]}).encode(),
        json.dumps({"intents": [ONE] * 1_001}).encode(),
        json.dumps({"intents": [], "unknown": ["x"]}).encode(),
    ],
)
def test_what_is_no_such_answer_is_not_read(body: bytes):
    with pytest.raises(WireError):
        uss_planned.read(body)
