"""Who may ask what of a DSS: every route of its table, with every scope, and with tokens that do not hold."""

import json
from typing import Any

import httpx
import pytest

from mamarr.web.dss_calls import DSS_BODY_BYTES_MAX, DssRoute, DssScope
from mamarr.web.dss_table import TABLE
from tests.web.dss_desk import HOST, KEY, DssDesk, an_id, an_intent, at_a_dss, intent_at
from tests.web.tokens import a_key, signed

# Nobody must be known for these. Each line is a decision: a new one needs a reason.
OPEN = {
    ("GET", "/healthy"),  # for a supervisor; says nothing of what is held
    ("GET", "/aux/v1/version"),
    ("GET", "/openapi.json"),  # the interface, which is public anyway
}
GUARDED = [route for route in TABLE if route.scopes is not None]
CHANGING = [route for route in GUARDED if route.method in ("PUT", "DELETE") or route.path.endswith("reports")]


def path_of(route: DssRoute) -> str:
    parts = {"entityid": an_id(), "subscriptionid": an_id(), "ovn": "x" * 16, "version": "x" * 16}
    parts |= {"uss_id": "uss1", "system": "dss"}
    path = route.path
    for name, value in parts.items():
        path = path.replace(f"{{{name}:segment}}", value).replace(f"{{{name}:path}}", value)
    return path


async def ask(client: httpx.AsyncClient, route: DssRoute, **headers: str) -> httpx.Response:
    body = None if route.takes is None else b"{}"
    return await client.request(route.method, path_of(route), content=body, headers=headers)


def test_every_route_but_the_open_ones_needs_a_token():
    assert {(route.method, route.path) for route in TABLE if route.scopes is None} == OPEN


def test_no_route_answers_that_is_not_in_the_table():
    app: Any = DssDesk().app
    served = {(method, route.path) for route in app._app.routes for method in route.methods - {"HEAD"}}
    assert served == {(route.method, route.path) for route in TABLE}


@pytest.mark.requirement("THREATS 12")
@pytest.mark.requirement("astm.f3548.v21.DSS0210,A2-7-2,7")
def test_nobody_gets_in_without_a_token_that_holds():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        now = int(desk.runtime.now().timestamp())
        good = {"iss": "x", "sub": "uss1", "aud": HOST, "exp": now + 600, "scope": " ".join(DssScope)}
        wrong = [
            "",
            "Bearer",
            "Bearer a.b.c",
            f"Basic {desk.token('uss1')}",
            f"Bearer {signed(a_key('RS256', 'another'), good, 'RS256')}",
            *(
                f"Bearer {signed(KEY, good | changed, 'RS256', kid='one')}"
                for changed in ({"exp": now - 1}, {"exp": now + 4_000}, {"aud": "elsewhere.example"})
            ),
        ]
        async with desk.client(None) as nobody:
            for route in GUARDED:
                for said in (None, *wrong):
                    headers = {} if said is None else {"authorization": said}
                    answer = await ask(nobody, route, **headers)
                    assert answer.status_code == 401, (route.path, said)
                    assert answer.json()["message"]
                    assert answer.headers["www-authenticate"] == "Bearer"
        assert desk.decided == 0

    at_a_dss(story)


@pytest.mark.parametrize("scope", [*DssScope, "utm.elsewhere"])
@pytest.mark.requirement("astm.f3548.v21.DSS0210,A2-7-2,7")
def test_a_scope_opens_its_own_routes_and_no_others(scope: str):
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        async with desk.client("uss1", (scope,)) as limited:
            for route in GUARDED:
                answer = await ask(limited, route)
                if route.scopes and scope not in route.scopes:
                    assert answer.status_code == 403, route.path
                    assert answer.json()["message"]
                else:
                    assert answer.status_code not in (401, 403), route.path

    at_a_dss(story)


def test_without_a_token_nothing_is_told_of_what_is_held():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        async with desk.client(None) as nobody:
            before = [(await ask(nobody, route)).text for route in TABLE]
            for _ in range(3):
                done = await client.put(intent_at(an_id()), json=an_intent(key=None, state="Accepted"))
                assert done.status_code in (201, 409)
            assert [(await ask(nobody, route)).text for route in TABLE] == before

    at_a_dss(story)


@pytest.mark.requirement("THREATS 15")
def test_another_host_is_refused():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        answer = await client.get("/healthy", headers={"host": "rebound.example"})
        assert (answer.status_code, list(answer.json())) == (403, ["message"])
        assert answer.headers["content-type"] == "application/json"

    at_a_dss(story)


def test_a_body_that_is_too_large_is_not_read_to_its_end():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        body = json.dumps(an_intent(key=["x" * 100] * (DSS_BODY_BYTES_MAX // 100)))
        answer = await client.put(intent_at(an_id()), content=body)
        assert (answer.status_code, bool(answer.json()["message"])) == (413, True)
        assert desk.decided == 0

    at_a_dss(story)


def test_an_unknown_address_is_said_in_the_askers_language():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        answer = await client.get("/dss/v1/nothing", headers={"accept-language": "fr"})
        assert (answer.status_code, answer.json()) == (404, {"message": "Il n’y a rien à cette adresse."})
        answer = await client.post("/healthy")
        assert (answer.status_code, "message" in answer.json()) == (405, True)

    at_a_dss(story)


def test_the_auxiliary_addresses_answer():
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        async with desk.client(None) as nobody:
            assert (await nobody.get("/healthy")).text == "ok"
            version = (await nobody.get("/aux/v1/version")).json()["version"]
            assert version.startswith("mamarr/v")
        assert (await client.get("/aux/v1/validate_oauth")).status_code == 200
        assert (await client.get("/aux/v1/validate_oauth", params={"owner": "uss1"})).status_code == 200
        assert (await client.get("/aux/v1/validate_oauth", params={"owner": "uss2"})).status_code == 403
        assert (await client.get("/aux/v1/pool")).json() == {"dar_id": "pool-1"}
        instances = (await client.get("/aux/v1/pool/dss_instances")).json()
        assert instances == {"dss_instances": [{"id": "dss-1"}]}
        system = (await client.get("/versions/dss")).json()
        assert (system["system_identity"], system["system_version"][0]) == ("dss", "v")
        assert (await client.get("/versions/elsewhere")).status_code == 404

    at_a_dss(story)


def test_a_token_is_never_logged(caplog: pytest.LogCaptureFixture):
    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        await client.put(intent_at("none"), content=b"{")
        await client.get("/aux/v1/pool", headers={"authorization": "Bearer secret.secret.secret"})

    caplog.set_level(0)
    at_a_dss(story)
    assert "secret" not in caplog.text
    assert "eyJ" not in caplog.text
