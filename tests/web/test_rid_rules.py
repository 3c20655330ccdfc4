"""What a DSS answers about Remote ID, rule by rule: as F3411-22a, its reference and the suite want."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from mamarr.web.dss_calls import DssScope
from tests.web.dss_desk import DssDesk, a_circle, a_time, an_altitude, an_extent, an_id, at_a_dss, text_of

CORNERS = [(46.5, 7.2), (46.5, 7.21), (46.51, 7.21), (46.51, 7.2)]
SQUARE = [{"lat": latitude_deg, "lng": longitude_deg} for latitude_deg, longitude_deg in CORNERS]
CROSSED = [{"lat": 0, "lng": 0}, {"lat": 0.01, "lng": 0.01}, {"lat": 0.01, "lng": 0}, {"lat": 0, "lng": 0.01}]
HUGE = [{"lat": 45, "lng": 7}, {"lat": 46, "lng": 7}, {"lat": 46, "lng": 8}, {"lat": 45, "lng": 8}]
AREA = ",".join(f"{latitude_deg},{longitude_deg}" for latitude_deg, longitude_deg in CORNERS)
AREAS, SUBSCRIPTIONS = "/rid/v2/dss/identification_service_areas", "/rid/v2/dss/subscriptions"


def at(kind: str, entity_id: str, version: str | None = None) -> str:
    return f"{kind}/{entity_id}" + ("" if version is None else f"/{version}")


def a_body(extent: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    """The body that makes a service area or a subscription; None leaves a member out."""
    body = {"extents": extent or squared(SQUARE), "uss_base_url": "https://uss1.example/rid"} | changed
    return {name: value for name, value in body.items() if value is not None}


def squared(vertices: list[dict[str, float]], **how: Any) -> dict[str, Any]:
    return an_extent(outline_circle=None, outline_polygon={"vertices": vertices}, **how)


def without(name: str) -> dict[str, Any]:
    return {each: value for each, value in squared(SQUARE).items() if each != name}


def told(answer: dict[str, Any]) -> dict[str, int]:
    states = [state for each in answer["subscribers"] for state in each["subscriptions"]]
    return {each["subscription_id"]: each["notification_index"] for each in states}


async def put(client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = await client.put(path, json=body or a_body())
    assert answer.status_code == 200, answer.text
    return answer.json()


async def found(client: httpx.AsyncClient, kind: str = AREAS, **queries: str) -> list[str]:
    answer = await client.get(kind, params={"area": AREA} | queries)
    assert answer.status_code == 200, answer.text
    (listed,) = answer.json().values()
    return [each["id"] for each in listed]


UNREADABLE = {
    "no extents": a_body() | {"extents": None},
    "extents are a list": a_body() | {"extents": [squared(SQUARE)]},
    "no volume": a_body(without("volume")),
    "no outline": a_body(an_extent(outline_circle=None)),
    "two outlines": a_body(
        squared(SQUARE) | {"volume": {"outline_circle": a_circle()} | squared(SQUARE)["volume"]}
    ),
    "no vertices": a_body(squared([])),
    "crossed": a_body(squared(CROSSED)),
    "too large": a_body(squared(HUGE)),
    "latitude": a_body(squared([{"lat": 130, "lng": -23}, *SQUARE])),
    "the first corner again": a_body(squared([*SQUARE, SQUARE[0]])),
    "feet": a_body(squared(SQUARE, altitude_lower=an_altitude(50) | {"units": "FT"})),
    "upside down": a_body(squared(SQUARE, altitude_lower=an_altitude(500))),
    "backwards": a_body(squared(SQUARE, start_s=3_600, end_s=60)),
    "long ago": a_body(squared(SQUARE, start_s=-600)),
    "over": a_body(squared(SQUARE, start_s=-120, end_s=-60)),
    "no time": a_body(squared(SQUARE) | {"time_start": {"value": "noon", "format": "RFC3339"}}),
    "no address": a_body(uss_base_url=None),
    "http": a_body(uss_base_url="http://uss1.example/rid"),
    "no object": [],
}


@pytest.mark.requirement("astm.f3411.v22a.DSS0030,a", "astm.f3411.v22a.DSS0030,c")
@pytest.mark.parametrize("kind", [AREAS, SUBSCRIPTIONS])
def test_what_breaks_a_rule_of_form_is_400(kind: str):
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        for name, body in UNREADABLE.items():
            answer = await client.put(at(kind, an_id()), json=body)
            assert (answer.status_code, bool(answer.json()["message"])) == (400, True), name
        for name in ("", "x"):
            assert (await client.get(at(kind, name))).status_code == 400
            assert (await client.put(at(kind, name), json=a_body())).status_code == 400
        assert await found(client, kind) == []

    at_a_dss(story)


def test_a_service_area_has_an_end_and_a_subscription_need_have_none():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        endless = a_body(without("time_end"))
        assert (await client.put(at(AREAS, an_id()), json=endless)).status_code == 400
        made = (await put(client, at(SUBSCRIPTIONS, an_id()), endless))["subscription"]
        start, end = (datetime.fromisoformat(made[name]["value"]) for name in ("time_start", "time_end"))
        assert end - start == timedelta(hours=24)
        long = a_body(squared(SQUARE, start_s=0, end_s=86_401))
        assert (await client.put(at(SUBSCRIPTIONS, an_id()), json=long)).status_code == 400
        await put(client, at(AREAS, an_id()), long)

    at_a_dss(story)


@pytest.mark.parametrize(
    "area",
    [
        "",
        "46.5,7.2",
        "46.5,7.2,46.5,7.21",
        "46.5,7.2,46.5,7.21,46.51",
        f"{AREA},46.5,7.2",
        f"{AREA},",
        "46.5,7.2,46.5,7.2,46.5,7.2",
        "91,7.2,46.5,7.21,46.51,7.21",
        "nan,7.2,46.5,7.21,46.51,7.21",
        "1_0,7.2,46.5,7.21,46.51,7.21",
        "0,0,0.01,0.01,0.01,0,0,0.01",
        "46.5;7.2;46.5;7.21;46.51;7.21",
    ],
)
def test_a_search_without_a_polygon_is_400(area: str):
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        for kind in (AREAS, SUBSCRIPTIONS):
            assert (await client.get(kind, params={"area": area})).status_code == 400

    at_a_dss(story)


@pytest.mark.requirement("astm.f3411.v22a.DSS0030,e", "astm.f3411.v22a.DSS0030,f")
def test_a_search_that_is_too_large_is_413_and_one_without_an_area_400():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        for kind in (AREAS, SUBSCRIPTIONS):
            answer = await client.get(kind, params={"area": "45,7,46,7,46,8,45,8"})
            assert (answer.status_code, bool(answer.json()["message"])) == (413, True)
            assert (await client.get(kind)).status_code == 400
        assert (await client.get(AREAS, params={"area": AREA, "latest_time": "noon"})).status_code == 400

    at_a_dss(story)


@pytest.mark.requirement(
    "astm.f3411.v22a.DSS0030,a", "astm.f3411.v22a.DSS0030,b", "astm.f3411.v22a.DSS0030,e"
)
def test_the_life_of_a_service_area():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        entity, body = an_id(), a_body()
        path = at(AREAS, entity)
        made = (await put(client, at(AREAS, entity.replace("-", "").upper()), body))["service_area"]
        assert made == {
            "id": entity,
            "owner": "uss1",
            "uss_base_url": "https://uss1.example/rid",
            "time_start": body["extents"]["time_start"],
            "time_end": body["extents"]["time_end"],
            "version": made["version"],
        }
        assert (await client.get(path)).json() == {"service_area": made}
        async with desk.client("uss2") as other:
            assert (await other.get(path)).json() == {"service_area": made}
            assert await found(other) == [entity]
            assert (await other.put(path, json=body)).status_code == 409
            assert (await other.put(at(AREAS, entity, made["version"]), json=body)).status_code == 403
            assert (await other.delete(at(AREAS, entity, made["version"]))).status_code == 403
        assert (await client.put(path, json=body)).status_code == 409
        shorter = made["version"][1:-1]
        for version, status in (("", 400), ("notacorrectversion", 400), (shorter, 409)):
            assert (await client.put(at(AREAS, entity, version), json=body)).status_code == status
            assert (await client.delete(at(AREAS, entity, version))).status_code == status
        changed = (await put(client, at(AREAS, entity, made["version"]), body))["service_area"]
        assert changed["version"] != made["version"]
        gone = await client.delete(at(AREAS, entity, changed["version"]))
        assert (gone.status_code, gone.json()) == (200, {"service_area": changed, "subscribers": []})
        assert (await client.get(path)).status_code == 404
        assert (await client.delete(at(AREAS, entity, changed["version"]))).status_code == 404
        assert (await client.put(at(AREAS, entity, changed["version"]), json=body)).status_code == 400
        assert await found(client) == []

    at_a_dss(story)


@pytest.mark.requirement(
    "astm.f3411.v22a.DSS0030,c", "astm.f3411.v22a.DSS0030,d", "astm.f3411.v22a.DSS0030,f"
)
def test_the_life_of_a_subscription():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        area, entity = an_id(), an_id()
        there = (await put(client, at(AREAS, area)))["service_area"]
        written = await put(client, at(SUBSCRIPTIONS, entity))
        assert written["service_areas"] == [there]
        made = written["subscription"]
        assert (made["owner"], made["notification_index"]) == ("uss1", 0)
        changed = await put(client, at(AREAS, area, there["version"]))
        assert changed["subscribers"][0]["url"] == "https://uss1.example/rid"
        assert told(changed) == {entity: 1}
        version = changed["service_area"]["version"]
        read = (await client.get(at(SUBSCRIPTIONS, entity))).json()["subscription"]
        assert read == made | {"notification_index": 1}
        assert await found(client, SUBSCRIPTIONS) == [entity]
        async with desk.client("uss2") as other:
            assert await found(other, SUBSCRIPTIONS) == []
            assert (await other.get(at(SUBSCRIPTIONS, entity))).status_code == 403
            assert (await other.delete(at(SUBSCRIPTIONS, entity, made["version"]))).status_code == 403
            assert (await other.put(at(SUBSCRIPTIONS, entity), json=a_body())).status_code == 409
        second = await put(client, at(SUBSCRIPTIONS, entity, made["version"]))
        assert second["subscription"]["version"] != made["version"]
        assert second["subscription"]["notification_index"] == 1
        assert told((await client.delete(at(AREAS, area, version))).json()) == {entity: 2}
        assert (await client.delete(at(SUBSCRIPTIONS, entity, made["version"]))).status_code == 409
        gone = await client.delete(at(SUBSCRIPTIONS, entity, second["subscription"]["version"]))
        assert gone.json()["subscription"]["notification_index"] == 2
        assert (await client.get(at(SUBSCRIPTIONS, entity))).status_code == 404
        unknown = at(SUBSCRIPTIONS, entity, made["version"])
        assert (await client.put(unknown, json=a_body())).status_code == 400
        assert (await client.delete(unknown)).status_code == 404

    at_a_dss(story)


@pytest.mark.requirement("astm.f3411.v22a.DSS0030,e")
def test_a_search_leaves_out_what_is_over_and_what_is_at_other_times():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        entity, now = an_id(), datetime.now(UTC)
        body = a_body(squared(SQUARE, start_s=600, end_s=1_200))
        made = (await put(client, at(AREAS, entity), body))["service_area"]

        def after(minutes: float) -> str:
            return text_of(now + timedelta(minutes=minutes))

        for queries, is_found in (
            ({}, True),
            ({"earliest_time": after(19)}, True),
            ({"earliest_time": after(21)}, False),
            ({"latest_time": after(11)}, True),
            ({"latest_time": after(9)}, False),
            ({"earliest_time": after(-60), "latest_time": after(60)}, True),
        ):
            assert bool(await found(client, **queries)) is is_found, queries
        desk.ahead_s = 1_500
        async with desk.client() as later:  # with a token of that time
            assert await found(later, earliest_time=after(0)) == []
            assert (await later.get(at(AREAS, entity))).json() == {"service_area": made}
        desk.ahead_s = 1_200 + 1_860
        async with desk.client() as later:
            assert (await later.get(at(AREAS, entity))).status_code == 404

    at_a_dss(story)


@pytest.mark.requirement("astm.f3411.v22a.DSS0050")
def test_the_eleventh_subscription_in_a_place_is_429():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        for _ in range(10):
            await put(client, at(SUBSCRIPTIONS, an_id()))
        answer = await client.put(at(SUBSCRIPTIONS, an_id()), json=a_body())
        assert (answer.status_code, bool(answer.json()["message"])) == (429, True)
        async with desk.client("uss2") as other:
            await put(other, at(SUBSCRIPTIONS, an_id()))

    at_a_dss(story)


def test_who_displays_does_not_serve_and_who_serves_does_not_search():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        entity = an_id()
        version = (await put(client, at(AREAS, entity)))["service_area"]["version"]
        async with desk.client("uss1", (DssScope.DISPLAY_PROVIDER,)) as display:
            assert (await display.put(at(AREAS, entity, version), json=a_body())).status_code == 403
            assert (await display.delete(at(AREAS, entity, version))).status_code == 403
            assert await found(display) == [entity]
        async with desk.client("uss1", (DssScope.SERVICE_PROVIDER,)) as provider:
            assert (await provider.get(AREAS, params={"area": AREA})).status_code == 403
            assert (await provider.put(at(SUBSCRIPTIONS, an_id()), json=a_body())).status_code == 403
            assert (await provider.get(at(AREAS, entity))).status_code == 200
            assert (await provider.delete(at(AREAS, entity, version))).status_code == 200

    at_a_dss(story)


def test_a_circle_and_no_levels_will_do():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        circle = {"volume": {"outline_circle": a_circle(46.505, 7.205)}, "time_end": a_time(60)}
        await put(client, at(AREAS, an_id()), a_body(circle))
        assert len(await found(client)) == 1

    at_a_dss(story)


def test_twenty_areas_ten_at_a_time_tell_one_subscription_twenty_times():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        entity, gate = an_id(), asyncio.Semaphore(10)
        await put(client, at(SUBSCRIPTIONS, entity))

        async def one() -> int:
            async with gate:
                return told(await put(client, at(AREAS, an_id())))[entity]

        assert sorted(await asyncio.gather(*(one() for _ in range(20)))) == list(range(1, 21))

    at_a_dss(story)
