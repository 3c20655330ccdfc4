import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as StarletteRoute

from mamarr.names import Mode
from mamarr.node.development_issuer import ISSUER, DevelopmentIssuer
from mamarr.node.runtime import utc_now
from mamarr.web import Caller, Sessions
from mamarr.web.access import CODE_LIFETIME, CODES_MAX, SESSION_LIFETIME, Scope
from mamarr.web.app import ROUTES, Route
from mamarr.web.guard import CHANGING, Guard
from tests.airspace.boxes import NOON
from tests.web.node import BOTH, HOST, NODE, Desk, a_volume, at_a_desk
from tests.web.tokens import OUTSIDE, in_base64

# Nobody must be known for these. Each line is a decision: a new one needs a reason.
OPEN = {
    ("GET", "/health"),  # for a supervisor; says nothing of what is held
    ("GET", "/openapi.json"),  # the interface, which is public anyway
    ("POST", "/api/session"),  # the ways in
    ("GET", "/api/sign-in"),
    ("POST", "/api/sign-in"),
    ("POST", "/api/sign-in/passkey"),
    ("POST", "/api/sign-in/passkey/verification"),
    ("GET", "/api/sign-in/oidc"),
    ("GET", "/api/sign-in/oidc/callback"),
    ("POST", "/api/sign-out"),  # ends the session whose cookie comes along, and no other
}
PUBLIC = {("GET", "/"), ("*", "/*")}  # the page's own files, which hold no picture

PERSONS_ONLY = {  # a program with the scope is told 403: what these change belongs to a person's account
    "/api/restore/confirmation",
    "/api/password",
    "/api/passkeys/registration",
    "/api/passkeys/registration/verification",
    "/api/person-keys",
    "/api/person-keys/{act_id}",
    "/api/person-keys/{act_id}/approval",
    "/api/alerts/{alert_id}/acknowledgement",
    "/api/agreement/proposal",
    "/api/agreement/suspension",
    "/api/agreement/suspension/approval",
    "/api/crossings/{node}/{kind}/{object_id}/{filed}/withdrawal",
    "/api/crossings/{node}/{kind}/{object_id}/{filed}/answer",
}


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
        case "two audiences":
            claims |= {"aud": [NODE, "node-south"]}
        case "an issuer nobody trusts":
            key, claims = DevelopmentIssuer(NODE)._key, claims | {"iss": "https://elsewhere.example"}
        case "party that its issuer may not name":
            key, claims = desk.outside, claims | {"iss": OUTSIDE, "party": "south"}
        case "our issuer's name with another issuer's key":
            key = desk.outside
        case "another issuer's name with our key":
            claims |= {"iss": OUTSIDE}
        case "another issuer's other mode":
            key, claims = desk.outside, claims | {"iss": OUTSIDE, "mode": Mode.LIVE}
        case "no mode":
            del claims["mode"]
        case "changed after signing":
            head, _, signature = jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm]).split(
                "."
            )
            return f"{head}.{in_base64(claims | {'party': 'south'})}.{signature}"
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
    "two audiences",
    "an issuer nobody trusts",
    "party that its issuer may not name",
    "our issuer's name with another issuer's key",
    "another issuer's name with our key",
    "another issuer's other mode",
    "no mode",
    "changed after signing",
    "other key",
    "shared secret",
]


async def call(client: httpx.AsyncClient, route: Route, headers: dict[str, str]) -> httpx.Response:
    body = {"volume": a_volume()} if route.method == "PUT" else None
    path = re.sub(r"{\w+}", "R1", route.path)
    return await client.request(route.method, path, json=body, headers=headers)


GUARDED = [route for route in ROUTES if route.scope is not None]


@pytest.mark.requirement("THREATS 23")
def test_every_route_but_the_open_ones_needs_a_scope():
    assert {(route.method, route.path) for route in ROUTES if route.scope is None} == OPEN


def test_no_route_answers_that_is_not_in_the_table():
    def served(routes: list[BaseRoute]) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for route in routes:
            assert isinstance(route, StarletteRoute | Mount), f"{route} is of no kind this test knows"
            if isinstance(route, Mount):
                found.add(("*", route.path + "/*"))
            else:
                found |= {(method, route.path) for method in (route.methods or set()) - {"HEAD"}}
        return found

    def check(app: Starlette) -> None:
        listed = {(route.method, route.path) for route in ROUTES}
        assert served(list(app.routes)) - PUBLIC == listed

    app = Desk().app._app
    check(app)
    app.router.routes.append(StarletteRoute("/api/forgotten", lambda _: None, methods=["GET"]))
    with pytest.raises(AssertionError, match="forgotten"):
        check(app)


@pytest.mark.requirement("THREATS 12")
def test_nobody_gets_in_without_a_token_that_holds():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        tokens = [forged(desk, kind) for kind in FORGERIES] + ["", "x", "a.b.c", "x" * 9000]
        for route in GUARDED:
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
        for route in GUARDED:
            answer = await call(client, route, desk.bearer("north", (scope,)))
            if route.scope != scope:
                assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS"), route
            elif route.path not in PERSONS_ONLY:
                assert answer.status_code not in (401, 403), route
            else:
                # 400: the body is looked at before the account is.
                assert answer.status_code in (400, 403), route
        assert desk.decided == 0 or scope != Scope.READ

    at_a_desk(story)


@pytest.mark.parametrize("kind", ["none", "unknown", "ended", "closed account", "earlier epoch"])
def test_a_session_that_does_not_hold_opens_no_route(kind: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        account = desk.add()
        page = desk.cookie(account)
        match kind:
            case "none":
                del page["cookie"]
            case "unknown":
                page["cookie"] = f"mamarr-{NODE}=unknown"
            case "ended":
                ended = desk.sessions.begin(account.caller(), utc_now() - SESSION_LIFETIME)
                page["cookie"] = f"mamarr-{NODE}={ended}"
            case "closed account":
                desk.people.accounts.put(account.changed(is_disabled=True))
            case "earlier epoch":
                desk.people.accounts.put(account.changed(ends_sessions=True))
        for route in GUARDED:
            assert (await call(client, route, page)).status_code == 401, route
        assert desk.decided == 0

    at_a_desk(story)


def test_a_token_that_does_not_hold_is_not_made_good_by_a_session():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        both = desk.cookie(desk.add()) | {"authorization": "Bearer a.b.c"}
        for route in GUARDED:
            assert (await call(client, route, both)).status_code == 401, route

    at_a_desk(story)


@pytest.mark.requirement("THREATS 15")
def test_every_changing_route_with_a_cookie_needs_our_own_origin():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        page = desk.cookie(desk.add())
        changing = [route for route in ROUTES if route.method in CHANGING]
        assert {route.method for route in ROUTES} - CHANGING == {"GET"}
        for route in changing:
            for origin in ("http://elsewhere.example", "null", "", f"http://{HOST}.elsewhere.example", None):
                headers = {"cookie": page["cookie"]} | ({} if origin is None else {"origin": origin})
                answer = await call(client, route, headers)
                assert (answer.status_code, answer.json()["reason"]) == (403, "WRONG_ORIGIN"), (route, origin)
            cookieless = await call(client, route, {"origin": "http://elsewhere.example"})
            assert cookieless.status_code == 403, route
        assert desk.decided == 0

    at_a_desk(story)


def a_code(desk: Desk) -> str:
    caller = Caller(party="north", subject="officer", scopes=frozenset(BOTH), is_person=True)
    return desk.sessions.code(caller, utc_now())


def test_a_code_opens_one_session_once():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        code = {"code": a_code(desk)}
        opened = await client.post("/api/session", json=code)
        assert opened.json() == {
            "person": "officer",
            "has_account": False,
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


@pytest.mark.requirement("THREATS 15")
@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({"host": HOST, "origin": f"http://{HOST}", "cookie": "x=y"}, True),
        ({"host": HOST}, True),  # a program, which has to bring a token
        ({"host": HOST, "cookie": "x=y"}, False),
        ({"host": HOST, "origin": "http://elsewhere.example"}, False),
        ({"host": HOST, "origin": "null"}, False),
        ({"host": "rebound.example", "origin": "http://rebound.example"}, False),
    ],
)
def test_another_site_opens_no_web_socket(headers: dict[str, str], is_let_in: bool):
    came: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        came.append("let in")

    async def send(message: Any) -> None:
        came.append(message["type"])

    async def receive() -> Any:
        raise AssertionError

    scope = {
        "type": "websocket",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(Guard(app, hosts=frozenset({HOST}))(scope, receive, send))
    assert came == (["let in"] if is_let_in else ["websocket.close"])
