"""Who may ask what of our USS: every route, with every scope, and with what cannot be read."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis import GenerationMode

from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.names import Mode
from mamarr.web.access.key_sets import GivenKeys, Reply
from mamarr.web.dss_calls import Answered, Asked, OutcomeUnknown
from mamarr.web.dss_openapi import PARAMETER, dss_document
from mamarr.web.dss_tokens import UssTokens
from mamarr.web.uss_app import DOCUMENT, uss_application, uss_routes
from mamarr.web.uss_calls import USS_BODY_BYTES_MAX, UssHere, UssRoute, UssScope
from mamarr.web.uss_closure_routes import CLOSURE_ROUTES
from mamarr.web.uss_flight_routes import FLIGHT_ROUTES
from mamarr.web.uss_routes import USS_ROUTES
from mamarr.web.uss_test_routes import TEST_ROUTES
from tests.node.uss_town import (
    HOST,
    KEY,
    URL,
    Town,
    a_plan,
    a_volume,
    details_at,
    in_a_town,
    others_intent,
    plan_at,
    planned,
)
from tests.web.dss_desk import a_time, an_id
from tests.web.test_dss_openapi import CHECKS, sent
from tests.web.test_openapi import TIMED_OUT_S, tried
from tests.web.tokens import key_set

ALL = (*USS_ROUTES, *TEST_ROUTES)
DESCRIBED = dss_document(ALL, mode=Mode.EXERCISE, title="x", promise="y.")
REPORT = {
    "exchange": {
        "url": "https://uss-north.example/uss/v1/operational_intents/x",
        "method": "GET",
        "recorder_role": "Client",
        "request_time": a_time(-5),
        "problem": "it did not answer",
    }
}


def path_of(route: UssRoute) -> str:
    parts = {"entityid": an_id(), "flightplanid": an_id(), "flightid": an_id(), "system": "astm.f3548.v21"}
    path = route.path
    for name, value in parts.items():
        path = path.replace(f"{{{name}:segment}}", value)
    return path


async def ask(client: httpx.AsyncClient, route: UssRoute) -> httpx.Response:
    body = None if route.takes is None else b"{}"
    return await client.request(route.method, path_of(route), content=body)


@pytest.mark.requirement("THREATS 12")
def test_every_route_needs_a_token_and_a_scope_opens_its_own_routes_and_no_others():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        async with town.client(None) as nobody:
            for route in ALL:
                answer = await ask(nobody, route)
                assert (answer.status_code, bool(answer.json()["message"])) == (401, True), route.path
            assert (await nobody.get(DOCUMENT)).status_code == 200
        for scope in (*UssScope, "utm.elsewhere"):
            async with town.client(scopes=(scope,)) as limited:
                for route in ALL:
                    status = (await ask(limited, route)).status_code
                    assert (status == 403) == (scope not in (route.scopes or ())), (route.path, scope)
                    assert status < 500
        assert town.desk.operated.operations.durable_items() is not None
        assert town.store.size() == 1  # nothing was decided

    in_a_town(story)


def test_every_route_needs_some_scope():
    assert [route.path for route in ALL if not route.scopes] == []


def test_the_interfaces_of_tests_are_closed_where_nobody_opened_them():
    town = Town()
    closed = uss_routes(town.engines, tokens=None, has_tests=False)  # type: ignore[arg-type]
    paths = {route.path for route in (*USS_ROUTES, *CLOSURE_ROUTES, *FLIGHT_ROUTES)}
    assert {route.path for route in closed} == {*paths, DOCUMENT}


def test_a_uss_alone_says_whether_it_is_well_and_has_no_dss():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        tokens = UssTokens(GivenKeys(key_set(KEY)), audiences=(HOST,))
        alone = uss_application(town.engines, tokens=tokens, has_tests=False, hosts=frozenset({HOST}))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(alone), base_url=URL, headers=client.headers
        ) as at_it:
            assert (await at_it.get("/healthy")).text == "ok"
            assert (await at_it.get(details_at(an_id()))).status_code == 404
            for path in (f"/dss/v1/operational_intent_references/{an_id()}", "/flight_planning/v1/status"):
                answer = await at_it.get(path)
                assert (answer.status_code, bool(answer.json()["message"])) == (404, True)
            elsewhere = await at_it.get("/healthy", headers={"host": "elsewhere.example"})
            assert elsewhere.status_code == 403

    in_a_town(story)


class OtherProcess:
    """A pool in which another process acts. asked: what is handed on to it."""

    def __init__(self) -> None:
        self.answer: Answered = Reply(status=204, body=b"")
        self.is_silent = False
        self.asked: list[Asked] = []

    async def current(self) -> None:
        if self.is_silent:
            raise Unavailable("the database is silent")

    async def act(self, asked: Asked, here: UssHere) -> Answered:
        del here
        self.asked.append(asked)
        if self.is_silent:
            raise OutcomeUnknown
        return self.answer


def test_where_another_process_acts_it_is_asked_what_is_no_get_and_its_silence_is_told():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        tokens, pool = UssTokens(GivenKeys(key_set(KEY)), audiences=(HOST,)), OtherProcess()
        one_of_two = uss_application(
            town.engines, tokens=tokens, has_tests=True, hosts=frozenset({HOST}), pool=pool
        )
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(one_of_two), base_url=URL, headers=client.headers
        ) as at_it:
            for route in (*ALL, *CLOSURE_ROUTES, *FLIGHT_ROUTES):
                before = len(pool.asked)
                answer = await ask(at_it, route)
                is_handed_on = route.method != "GET" or "position" in route.path or "telemetry" in route.path
                is_handed_on |= route.path.startswith("/flights")  # they say where the aircraft is
                assert (len(pool.asked) - before, answer.status_code == 204) == (
                    (1, True) if is_handed_on else (0, False)
                )
            told = next(each for each in pool.asked if each.method != "GET")
            assert (told.method, told.body) == ("POST", b"{}")
            assert told.headers["authorization"] == client.headers["authorization"]
            pool.answer = Refusal(reason=Reason.BUSY)
            answer = await at_it.put(plan_at(an_id()), json=a_plan())
            assert (answer.status_code, "read it" in answer.text) == (503, False)
            pool.is_silent = True
            answer = await at_it.put(plan_at(an_id()), json=a_plan())
            assert (answer.status_code, "read it before you ask again" in answer.text) == (503, True)
            assert (await at_it.get(details_at(an_id()))).status_code == 503
            answer = await at_it.put(f"/flights/{an_id()}", json={})
            assert (answer.status_code, answer.json()["reason"]) == (503, "OUTCOME_UNKNOWN")

    in_a_town(story)


def test_the_document_describes_every_route_once():
    operations = {(method.upper(), path) for path, each in DESCRIBED["paths"].items() for method in each}
    assert operations == {(route.method, PARAMETER.sub(r"{\1}", route.path)) for route in ALL}


def without(said: Any, *path: Any) -> Any:
    """A copy without what stands at the path."""
    copy = json.loads(json.dumps(said))
    at = copy
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return copy


def changed(said: Any, value: Any, *path: Any) -> Any:
    """A copy with another value at the path."""
    copy = json.loads(json.dumps(said))
    at = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copy


BASIC = ("flight_plan", "basic_information")
VERTICES = (*BASIC, "area", 0, "volume", "outline_polygon", "vertices")
WRONG_PLANS = [
    b"",
    b"[]",
    b"\xff",
    b"[" * 100_000,
    without(a_plan(), "request_id"),
    without(a_plan(), "execution_style"),
    without(a_plan(), *BASIC),
    without(a_plan(), *BASIC, "area"),
    without(a_plan(), *BASIC, "area", 0, "time_end"),
    without(a_plan(), *BASIC, "area", 0, "volume", "altitude_upper"),
    without(a_plan(), *BASIC, "area", 0, "volume", "outline_polygon"),
    changed(a_plan(), "Flying", *BASIC, "usage_state"),
    changed(a_plan(), "OffNominal", *BASIC, "uas_state"),  # what is planned cannot be
    changed(a_plan(), "SFC", *BASIC, "area", 0, "volume", "altitude_lower", "reference"),
    changed(a_plan(), 91, *VERTICES, 0, "lat"),
    changed(a_plan(), [], *VERTICES),
    changed(a_plan(), [{"lat": 0, "lng": 0}] * 3, *VERTICES),
    changed(a_plan(), "yesterday", *BASIC, "area", 0, "time_start", "value"),
    changed(a_plan(), 1.5, "flight_plan", "astm_f3548_21", "priority"),
    changed(a_plan(), 1 << 40, "flight_plan", "astm_f3548_21", "priority"),
    a_plan(*[a_volume()] * 101),
]


def test_what_cannot_be_read_is_refused_and_changes_nothing():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        assert await planned(client, flight) == ("Completed", "Planned")
        before = town.store.size()
        for number, wrong in enumerate(WRONG_PLANS):
            body = wrong if isinstance(wrong, bytes) else json.dumps(wrong).encode()
            answer = await client.put(plan_at(flight), content=body)
            assert answer.status_code == 400, (number, answer.text)
        for path in (details_at("x"), plan_at("x"), details_at("") + "/telemetry"):
            asked = client.delete if path == plan_at("x") else client.get
            assert (await asked(path)).status_code == 400, path
        for query in ("", "?after=yesterday", "?after=2020-01-01T00:00:00Z&before=x"):
            path = f"/flight_planning/v1/user_notifications{query}"
            assert (await client.get(path)).status_code == 400, query
        for path in (
            "/uss/v1/operational_intents",
            "/uss/v1/reports",
            "/flight_planning/v1/clear_area_requests",
        ):
            for body in (b"", b"{}", b"null", b"\xff"):
                assert (await client.post(path, content=body)).status_code == 400, (path, body)
        huge = await client.put(plan_at(flight), content=b" " * (USS_BODY_BYTES_MAX + 1))
        assert huge.status_code == 413
        assert town.store.size() == before

    in_a_town(story)


def test_telemetry_is_of_what_is_off_nominal_alone():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        where = details_at(flight) + "/telemetry"
        assert (await client.get(where)).status_code == 404
        await planned(client, flight, usage="InUse")
        assert (await client.get(where)).status_code == 409
        await planned(client, flight, usage="InUse", uas="OffNominal")
        assert (await client.get(where)).status_code == 412

    in_a_town(story)


@pytest.mark.requirement("astm.f3548.v21.USS0105,4")
def test_a_report_is_kept_and_answered_with_its_id():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        answer = await client.post("/uss/v1/reports", json=REPORT)
        assert (answer.status_code, answer.json()["exchange"]) == (201, REPORT["exchange"])
        assert answer.json()["report_id"]
        assert town.store.size() == 2

    in_a_town(story)


def test_a_notice_that_cannot_be_is_refused():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        there = await others_intent(town, an_id())
        entity = there["operational_intent"]["reference"]["id"]
        told = {"operational_intent_id": entity, "subscriptions": [], **there}
        wrong = [
            changed(told, an_id(), "operational_intent_id"),
            changed(told, "Flying", "operational_intent", "reference", "state"),
            changed(told, [], "operational_intent", "details", "volumes"),
            without(told, "operational_intent", "reference", "ovn"),
            without(told, "subscriptions"),
        ]
        for number, each in enumerate(wrong):
            answer = await client.post("/uss/v1/operational_intents", json=each)
            assert answer.status_code == 400, number
        gone = without(told, "operational_intent")
        assert (await client.post("/uss/v1/operational_intents", json=gone)).status_code == 204

    in_a_town(story)


def test_versions_and_readiness_are_told_to_who_may_know():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        assert (await client.get("/flight_planning/v1/status")).json()["status"] == "Ready"
        found = (await client.get("/versioning/versions/astm.f3548.v21")).json()
        assert found["system_identity"] == "astm.f3548.v21"
        assert found["system_version"].startswith("v")
        assert (await client.get("/versioning/versions/other")).status_code == 404

    in_a_town(story)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("route", "mode"),
    [
        pytest.param(each, mode, id=f"{each.handler.__name__}-{mode.value}")
        for each, mode in (
            (USS_ROUTES[2], GenerationMode.NEGATIVE),
            (TEST_ROUTES[1], GenerationMode.NEGATIVE),
            (TEST_ROUTES[3], GenerationMode.POSITIVE),
        )
    ],
)
def test_what_is_made_from_the_document_never_breaks_it(route: UssRoute, mode: GenerationMode):
    described = schemathesis.openapi.from_dict(DESCRIBED)
    operation = described[PARAMETER.sub(r"{\1}", route.path)][route.method]

    async def story(town: Town, client: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()

        def asked(case: Any) -> httpx.Response:
            return asyncio.run_coroutine_threadsafe(sent(client, case), loop).result(TIMED_OUT_S)

        await asyncio.to_thread(tried, operation, mode, asked, CHECKS)

    in_a_town(story)
