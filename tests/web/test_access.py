from datetime import timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from mamarr.names import Mode
from mamarr.node.development_issuer import ISSUER, DevelopmentIssuer
from mamarr.node.runtime import utc_now
from mamarr.web import Caller, Sessions
from mamarr.web.access import CODE_LIFETIME, CODES_MAX, SESSION_LIFETIME, Scope
from mamarr.web.app import ROUTES, Route
from tests.airspace.boxes import NOON
from tests.web.node import BOTH, HOST, NODE, Desk, a_volume, at_a_desk

OPEN = {("GET", "/health"), ("GET", "/openapi.json"), ("POST", "/api/session")}


def forged(desk: Desk, kind: str) -> str:
    """A token that does not hold, for one reason."""
    now = utc_now()
    claims = {
        "iss": ISSUER,
        "aud": NODE,
        "sub": "program",
        "party": "north",
        "scope": " ".join(BOTH),
        "mode": Mode.EXERCISE,
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + 600,
    }
    key, algorithm = desk.issuer._key, "Ed25519"
    match kind:
        case "expired":
            claims |= {"iat": claims["iat"] - 900, "exp": claims["iat"] - 300}
        case "from the future":
            claims |= {"iat": claims["iat"] + 60}
        case "for ever":
            claims |= {"exp": claims["iat"] + 3601}
        case "other issuer":
            claims |= {"iss": "https://elsewhere.example"}
        case "other audience":
            claims |= {"aud": "node-south"}
        case "other mode":
            claims |= {"mode": Mode.LIVE}
        case "no party":
            del claims["party"]
        case "bad party":
            claims |= {"party": "<b>"}
        case "no expiry":
            del claims["exp"]
        case "other key":
            key = DevelopmentIssuer(NODE)._key
        case "shared secret":
            key, algorithm = OctKey.import_key(b"x" * 32), "HS256"
    return jwt.encode(
        {"alg": algorithm, "jku": "http://127.0.0.1:9/keys"}, claims, key, algorithms=[algorithm]
    )


FORGERIES = [
    "expired",
    "from the future",
    "for ever",
    "other issuer",
    "other audience",
    "other mode",
    "no party",
    "bad party",
    "no expiry",
    "other key",
    "shared secret",
]


async def call(client: httpx.AsyncClient, route: Route, headers: dict[str, str]) -> httpx.Response:
    body = {"volume": a_volume()} if route.method == "PUT" else None
    path = route.path.replace("{reservation_id}", "R1")
    return await client.request(route.method, path, json=body, headers=headers)


def test_every_route_but_the_open_ones_needs_a_scope():
    assert {(route.method, route.path) for route in ROUTES if route.scope is None} == OPEN


def test_nobody_gets_in_without_a_token_that_holds():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        tokens = [forged(desk, kind) for kind in FORGERIES] + ["", "x", "a.b.c", "x" * 9000]
        for route in (route for route in ROUTES if route.scope is not None):
            for headers in ({}, *({"authorization": f"Bearer {token}"} for token in tokens)):
                answer = await call(client, route, headers)
                assert (answer.status_code, answer.json()["reason"]) == (401, "UNAUTHENTICATED"), headers
        assert desk.decided == 0

    at_a_desk(story)


def test_the_forgeries_differ_from_a_token_that_holds_by_one_thing_each():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        headers = {"authorization": f"Bearer {forged(desk, 'nothing')}"}
        assert (await client.get("/api/picture", headers=headers)).status_code == 200

    at_a_desk(story)


@pytest.mark.parametrize("scope", list(Scope))
def test_a_scope_opens_its_own_routes_and_no_others(scope: Scope):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        for route in (route for route in ROUTES if route.scope is not None):
            answer = await call(client, route, desk.bearer("north", (scope,)))
            persons_only = route.path == "/api/restore/confirmation"
            assert (answer.status_code == 403) == (route.scope != scope or persons_only), route

    at_a_desk(story)


def a_code(desk: Desk) -> str:
    caller = Caller(party="north", subject="officer", scopes=frozenset(BOTH), is_person=True)
    return desk.sessions.code(caller, utc_now())


def test_a_code_opens_one_session_once():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        code = {"code": a_code(desk)}
        opened = await client.post("/api/session", json=code)
        assert opened.json() == {
            "party": "north",
            "authority": "Authority A",
            "node_id": NODE,
            "mode": "EXERCISE",
        }
        cookie = opened.headers["set-cookie"]
        assert f"mamarr-{NODE}=" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert (await client.get("/api/session")).status_code == 200
        client.cookies.clear()
        assert (await client.post("/api/session", json=code)).status_code == 401
        assert (await client.get("/api/session")).status_code == 401

    at_a_desk(story)


@pytest.mark.requirement("THREATS 15")
def test_another_site_cannot_act_in_a_persons_name():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        await client.post("/api/session", json={"code": a_code(desk)})
        for headers, status in (
            ({"origin": f"http://{HOST}"}, 201),
            ({"origin": "http://elsewhere.example"}, 403),
            ({"origin": "null"}, 403),
            ({}, 403),
            ({"origin": f"http://{HOST}", "host": "elsewhere.example"}, 403),
        ):
            answer = await client.put("/api/reservations/R1", json={"volume": a_volume()}, headers=headers)
            assert answer.status_code == status, headers
        assert desk.decided == 1

    at_a_desk(story)


def test_another_host_name_is_refused_even_for_reading():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        answer = await client.get("/health", headers={"host": "rebound.example"})
        assert (answer.status_code, answer.json()["reason"]) == (403, "WRONG_ORIGIN")

    at_a_desk(story)


def test_every_answer_binds_the_page_to_this_node():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        for path in ("/health", "/nothing", "/api/picture"):
            headers = (await client.get(path)).headers
            assert "default-src 'self'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"

    at_a_desk(story)


def test_codes_and_sessions_end():
    numbers = iter(range(10_000))
    sessions = Sessions(lambda: f"s{next(numbers)}")
    caller = Caller(party="north", subject="officer", scopes=frozenset())
    late = sessions.code(caller, NOON)
    assert sessions.open(late, NOON + CODE_LIFETIME) is None
    secret, _ = sessions.open(sessions.code(caller, NOON), NOON)
    assert sessions.caller(secret, NOON + SESSION_LIFETIME - timedelta(seconds=1)) == caller
    assert sessions.caller(secret, NOON + SESSION_LIFETIME) is None
    first, *_ = [sessions.code(caller, NOON) for _ in range(CODES_MAX + 1)]
    assert sessions.open(first, NOON) is None


def test_the_document_names_every_route():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        document = (await client.get("/openapi.json")).json()
        named = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
        assert named == {(route.method, route.path) for route in ROUTES}
        assert "not certified" in document["info"]["description"]

    at_a_desk(story)


def test_an_unknown_address_is_a_problem_in_the_askers_language():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/nothing", headers={"accept-language": "fr"})
        assert (answer.status_code, answer.json()["title"]) == (404, "Il n’y a rien à cette adresse.")
        answer = await client.post("/api/picture")
        assert (answer.status_code, answer.json()["reason"]) == (405, "METHOD_NOT_ALLOWED")

    at_a_desk(story)
