"""What a DSS answers, rule by rule: each status that the standard, its reference and the suite want."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mamarr.web.dss_calls import DssScope
from tests.web.dss_desk import (
    DssDesk,
    a_circle,
    a_constraint,
    a_subscription,
    a_suffix,
    a_time,
    an_altitude,
    an_extent,
    an_id,
    an_intent,
    at_a_dss,
    constraint_at,
    intent_at,
    subscription_at,
)

SQUARE = [{"lat": 46.5, "lng": 7.2}, {"lat": 46.5, "lng": 7.21}, {"lat": 46.51, "lng": 7.21}]
CROSSED = [{"lat": 0, "lng": 0}, {"lat": 0.01, "lng": 0.01}, {"lat": 0.01, "lng": 0}, {"lat": 0, "lng": 0.01}]
HUGE = [{"lat": 45, "lng": 7}, {"lat": 46, "lng": 7}, {"lat": 46, "lng": 8}, {"lat": 45, "lng": 8}]


def polygon(*vertices: dict[str, float]) -> dict[str, Any]:
    return an_extent(outline_circle=None, outline_polygon={"vertices": list(vertices)})


def timed(**changed: Any) -> dict[str, Any]:
    extent = an_extent() | changed
    return {name: value for name, value in extent.items() if value is not None}


def high(altitude_lower_m: float) -> dict[str, Any]:
    upper = an_altitude(altitude_lower_m + 10)
    return an_extent(altitude_lower=an_altitude(altitude_lower_m), altitude_upper=upper)


UNREADABLE = {
    "no extents": an_intent() | {"extents": []},
    "extents are no list": an_intent() | {"extents": an_extent()},
    "no outline": an_intent(an_extent(outline_circle=None)),
    "two outlines": an_intent(an_extent(outline_polygon={"vertices": SQUARE})),
    "no radius": an_intent(an_extent(outline_circle=a_circle(radius_m=0))),
    "latitude": an_intent(an_extent(outline_circle=a_circle(latitude_deg=91))),
    "longitude": an_intent(an_extent(outline_circle=a_circle(longitude_deg=-181))),
    "one point three times": an_intent(polygon(*[SQUARE[0]] * 3)),
    "two vertices": an_intent(polygon(*SQUARE[:2])),
    "crossed": an_intent(polygon(*CROSSED)),
    "too large": an_intent(polygon(*HUGE)),
    "feet": an_intent(an_extent(altitude_lower=an_altitude(50) | {"units": "FT"})),
    "other datum": an_intent(an_extent(altitude_lower=an_altitude(50) | {"reference": "SFC"})),
    "upside down": an_intent(an_extent(altitude_lower=an_altitude(500))),
    "no lower altitude": an_intent(an_extent(altitude_lower=None)),
    "no upper altitude": an_intent(an_extent(altitude_upper=None)),
    "no start": an_intent(timed(time_start=None)),
    "no end": an_intent(timed(time_end=None)),
    "backwards": an_intent(an_extent(start_s=3_600, end_s=60)),
    "over": an_intent(an_extent(start_s=-3_600, end_s=-60)),
    "other format": an_intent(timed(time_start=a_time(60) | {"format": "ISO8601"})),
    "no time": an_intent(timed(time_start={"value": "noon", "format": "RFC3339"})),
    "no address": an_intent(uss_base_url=None),
    "empty address": an_intent(uss_base_url=""),
    "http": an_intent(uss_base_url="http://uss1.example/utm"),
    "a fragment": an_intent(uss_base_url="https://uss1.example/utm#x"),
    "http of the subscription": an_intent(new_subscription={"uss_base_url": "http://uss1.example"}),
    "no state": an_intent(state=None),
    "unknown state": an_intent(state="Flying"),
    "ended": an_intent(state="Ended"),
    "activated at once": an_intent(state="Activated"),
    "nonconforming at once": an_intent(state="Nonconforming"),
    "both subscriptions": an_intent(subscription_id=an_id()),
    "no id of a subscription": an_intent(new_subscription=None, subscription_id="x"),
    "unknown subscription": an_intent(new_subscription=None, subscription_id=an_id()),
    "empty suffix": an_intent(requested_ovn_suffix=""),
    "suffix of version 4": an_intent(requested_ovn_suffix=an_id()),
    "no object": [],
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.requirement("astm.f3548.v21.DSS0005,1")
def test_an_intent_that_breaks_a_rule_of_form_is_400(body: Any):
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        answer = await client.put(intent_at(an_id()), json=body)
        assert answer.status_code == 400, answer.text
        assert answer.json()["message"]

    at_a_dss(story)


@pytest.mark.parametrize("path", [intent_at("x"), constraint_at("x"), subscription_at("x"), intent_at("")])
def test_what_is_no_id_is_400(path: str):
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        assert (await client.get(path)).status_code == 400

    at_a_dss(story)


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int) -> dict[str, Any]:
    answer = await client.put(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.requirement("astm.f3548.v21.DSS0005,1", "astm.f3548.v21.DSS0005,2", "astm.f3548.v21.OPIN0035")
def test_the_life_of_an_intent():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        entity, body = an_id(), an_intent(an_extent())
        first = await made(client, intent_at(entity.replace("-", "").upper()), body, 201)
        intent = first["operational_intent_reference"]
        assert (intent["id"], intent["manager"], intent["version"]) == (entity, "uss1", 1)
        assert intent["time_start"] == body["extents"][0]["time_start"]
        assert first["subscribers"][0]["subscriptions"] == [
            {"subscription_id": intent["subscription_id"], "notification_index": 1}
        ]
        assert (await client.put(intent_at(entity), json=body)).status_code == 409
        assert (await client.put(intent_at(entity, "x" * 16), json=body)).status_code == 409
        active = body | {"state": "Activated"}
        second = await made(client, intent_at(entity, intent["ovn"]), active, 200)
        changed = second["operational_intent_reference"]
        assert (changed["version"], changed["state"]) == (2, "Activated")
        assert changed["ovn"] != intent["ovn"]
        async with desk.client("uss2") as other:
            seen = (await other.get(intent_at(entity))).json()["operational_intent_reference"]
            assert seen["ovn"] == "Available from USS"
            assert (await other.put(intent_at(entity, changed["ovn"]), json=active)).status_code == 403
            assert (await other.delete(intent_at(entity, changed["ovn"]))).status_code == 403
            asked = {"area_of_interest": an_extent()}
            found = await other.post("/dss/v1/operational_intent_references/query", json=asked)
            assert [each["id"] for each in found.json()["operational_intent_references"]] == [entity]
        assert (await client.delete(intent_at(entity, ""))).status_code == 400
        assert (await client.delete(intent_at(entity, intent["ovn"]))).status_code == 409
        gone = await client.delete(intent_at(entity, changed["ovn"]))
        assert (gone.status_code, gone.json()["operational_intent_reference"]["id"]) == (200, entity)
        assert (await client.get(intent_at(entity))).status_code == 404
        assert (await client.delete(intent_at(entity, changed["ovn"]))).status_code == 404
        assert (await client.put(intent_at(entity, changed["ovn"]), json=body)).status_code == 400
        implicit = changed["subscription_id"]
        assert (await client.get(subscription_at(implicit))).status_code == 404

    at_a_dss(story)


@pytest.mark.requirement("astm.f3548.v21.DSS0210,A2-7-2,2a")
def test_a_key_proves_what_is_known():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        one = (await made(client, intent_at(an_id()), an_intent(), 201))["operational_intent_reference"]
        async with desk.client("uss2") as other:
            entity = an_id()
            answer = await other.put(intent_at(entity), json=an_intent())
            assert answer.status_code == 409
            (missing,) = answer.json()["missing_operational_intents"]
            assert (missing["id"], missing["ovn"]) == (one["id"], "Available from USS")
            assert answer.json()["missing_constraints"] == []
            await made(other, intent_at(an_id()), an_intent(high(5_000)), 201)
            await made(other, intent_at(entity), an_intent(key=[one["ovn"], "x" * 16, ""]), 201)

    at_a_dss(story)


@pytest.mark.requirement("astm.f3548.v21.SCD0100")
def test_off_nominal_states_need_their_scope_and_no_key():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        made_ = await made(client, intent_at(an_id()), an_intent(), 201)
        intent = made_["operational_intent_reference"]
        path = intent_at(intent["id"], intent["ovn"])
        await made(client, intent_at(an_id()), an_intent(key=[intent["ovn"]]), 201)
        async with desk.client("uss1", (DssScope.STRATEGIC_COORDINATION,)) as limited:
            assert (await limited.put(path, json=an_intent(state="Contingent"))).status_code == 403
        lone = an_intent(state="Nonconforming", new_subscription=None)
        assert (await client.put(path, json=lone)).status_code == 400
        await made(client, path, an_intent(state="Nonconforming", key=None), 200)

    at_a_dss(story)


def test_an_ovn_may_be_asked_for():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        entity, suffix = an_id(), a_suffix(desk.runtime.now())
        intent = await made(client, intent_at(entity), an_intent(requested_ovn_suffix=suffix), 201)
        assert intent["operational_intent_reference"]["ovn"] == f"{entity}_{suffix}"
        old = a_suffix(desk.runtime.now() - timedelta(minutes=6))
        answer = await client.put(intent_at(an_id()), json=an_intent(high(5_000), requested_ovn_suffix=old))
        assert answer.status_code == 400

    at_a_dss(story)


@pytest.mark.requirement("astm.f3548.v21.DSS0005,5", "astm.f3548.v21.DSS0210,A2-7-2,4a")
def test_the_life_of_a_subscription():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        intent = (await made(client, intent_at(an_id()), an_intent(), 201))["operational_intent_reference"]
        entity = an_id()
        answered = await made(client, subscription_at(entity), a_subscription(), 200)
        assert [each["id"] for each in answered["operational_intent_references"]] == [intent["id"]]
        assert "constraint_references" not in answered
        first = answered["subscription"]
        assert (first["notification_index"], first["implicit_subscription"]) == (0, False)
        assert (await client.put(subscription_at(entity), json=a_subscription())).status_code == 409
        assert (await client.put(subscription_at(entity, ""), json=a_subscription())).status_code == 409
        path = subscription_at(entity, first["version"])
        second = (await made(client, path, a_subscription(notify_for_constraints=True), 200))["subscription"]
        assert second["version"] != first["version"]
        async with desk.client("uss2") as other:
            assert (await other.get(subscription_at(entity))).status_code == 403
            assert (await other.delete(subscription_at(entity, second["version"]))).status_code == 403
            found = await other.post("/dss/v1/subscriptions/query", json={"area_of_interest": an_extent()})
            assert found.json() == {"subscriptions": []}
        constraint = await made(client, constraint_at(an_id()), a_constraint(), 201)
        told = [each["subscription_id"] for s in constraint["subscribers"] for each in s["subscriptions"]]
        assert told == [entity]
        read = (await client.get(subscription_at(entity))).json()["subscription"]
        assert read["notification_index"] == 1
        assert (await client.delete(subscription_at(entity, first["version"]))).status_code == 409
        assert (await client.delete(subscription_at(entity, second["version"]))).status_code == 200
        assert (await client.get(subscription_at(entity))).status_code == 404
        assert (await client.delete(subscription_at(entity, second["version"]))).status_code == 404

    at_a_dss(story)


@pytest.mark.parametrize(
    "body",
    [
        a_subscription(notify_for_operational_intents=False),
        a_subscription(an_extent(end_s=60 + 86_401)),
        a_subscription(an_extent(start_s=-360)),
        a_subscription(an_extent(start_s=3_600, end_s=60)),
        a_subscription(uss_base_url=None),
        a_subscription() | {"extents": [an_extent()]},
    ],
)
@pytest.mark.requirement("astm.f3548.v21.DSS0005,5", "astm.f3548.v21.DSS0015")
def test_a_subscription_that_breaks_a_rule_is_400(body: dict[str, Any]):
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        answer = await client.put(subscription_at(an_id()), json=body)
        assert answer.status_code == 400, answer.text

    at_a_dss(story)


def test_a_subscription_that_an_intent_uses_is_not_removed():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        intent = (await made(client, intent_at(an_id()), an_intent(), 201))["operational_intent_reference"]
        held = (await client.get(subscription_at(intent["subscription_id"]))).json()["subscription"]
        assert held["dependent_operational_intents"] == [intent["id"]]
        assert held["implicit_subscription"] is True
        answer = await client.delete(subscription_at(held["id"], held["version"]))
        assert answer.status_code == 400

    at_a_dss(story)


@pytest.mark.requirement("astm.f3548.v21.DSS0005,3", "astm.f3548.v21.DSS0005,4")
def test_the_life_of_a_constraint():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        entity = an_id()
        one = (await made(client, constraint_at(entity), a_constraint(), 201))["constraint_reference"]
        assert (await client.put(constraint_at(entity), json=a_constraint())).status_code == 409
        path = constraint_at(entity, one["ovn"])
        two = (await made(client, path, a_constraint(), 200))["constraint_reference"]
        assert (two["version"], two["ovn"] == one["ovn"]) == (2, False)
        async with desk.client("uss2") as other:
            seen = (await other.get(constraint_at(entity))).json()["constraint_reference"]
            assert seen["ovn"] == "Available from USS"
            assert (await other.delete(constraint_at(entity, two["ovn"]))).status_code == 403
            found = await other.post(
                "/dss/v1/constraint_references/query", json={"area_of_interest": an_extent()}
            )
            assert [each["id"] for each in found.json()["constraint_references"]] == [entity]
        assert (await client.delete(constraint_at(entity, two["ovn"]))).status_code == 200
        assert (await client.get(constraint_at(entity))).status_code == 404
        assert (await client.put(constraint_at(entity, two["ovn"]), json=a_constraint())).status_code == 400

    at_a_dss(story)


@pytest.mark.requirement("astm.f3548.v21.DSS0100,1")
def test_availability_is_said_by_version():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        path = "/dss/v1/uss_availability/https://uss.example/one"
        unknown = (await client.get(path)).json()
        assert unknown["status"] == {"uss": "https://uss.example/one", "availability": "Unknown"}
        assert unknown["version"] == ""
        said = await made(client, path, {"old_version": "", "availability": "down"}, 200)
        assert said["status"]["availability"] == "Down"
        assert (await client.put(path, json={"old_version": "", "availability": "Normal"})).status_code == 409
        assert (await client.put(path, json={"availability": "pUrPlE"})).status_code == 400
        assert (await client.get(path)).json() == said

    at_a_dss(story)


@pytest.mark.requirement("astm.f3548.v21.DSS0100,2")
def test_a_report_is_answered_with_its_id():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        exchange = {"url": "https://uss2.example", "method": "GET", "recorder_role": "Client"}
        exchange |= {"request_time": a_time(0), "problem": "silence", "unknown": [1]}
        answer = await client.post("/dss/v1/reports", json={"exchange": exchange, "report_id": ""})
        assert (answer.status_code, answer.json()["exchange"]) == (201, exchange)
        assert len(answer.json()["report_id"]) == 36
        assert (await client.post("/dss/v1/reports", json={"exchange": {}})).status_code == 400

    at_a_dss(story)


def test_http_is_taken_where_the_operator_says_so():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        body = an_intent(uss_base_url="http://127.0.0.1:8095", new_subscription=None)
        await made(client, intent_at(an_id()), body, 201)

    at_a_dss(story, allows_http=True)


def test_twenty_intents_ten_at_a_time_need_no_second_try():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        gate, entities = asyncio.Semaphore(10), [an_id() for _ in range(20)]

        async def one(number: int) -> None:
            async with gate:
                path = intent_at(entities[number])
                intent = await made(client, path, an_intent(high(20 * number)), 201)
            async with gate:
                ovn = intent["operational_intent_reference"]["ovn"]
                body = an_intent(high(20 * number), state="Activated")
                changed = await made(client, f"{path}/{ovn}", body, 200)
            async with gate:
                ovn = changed["operational_intent_reference"]["ovn"]
                assert (await client.delete(f"{path}/{ovn}")).status_code == 200

        await asyncio.gather(*map(one, range(20)))

    at_a_dss(story)
