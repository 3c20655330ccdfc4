"""The routes of the chapter about drones: guarded as all others; tokens for its USSs alone."""

import httpx
import pytest

from mamarr.interop.demo_messages import (
    DemoStepState,
    DroneDemoMessage,
    DroneSkyMessage,
    DroneStepKey,
    DroneStepMessage,
)
from mamarr.names import Mode
from mamarr.web import TokenChecker, application
from mamarr.web.access import Scope
from mamarr.web.demo_drone_routes import TOKENS, drone_routes
from tests.web.node import HOST, Desk, at_a_desk
from tests.web.test_demo_routes import ToldStory

PATH = "/api/demo/drones"
CALLS = (
    ("GET", PATH),
    ("POST", f"{PATH}/steps/1/shown"),
    ("POST", f"{PATH}/steps/1/replay"),
    ("POST", f"{PATH}/pause"),
    ("POST", f"{PATH}/go-on"),
)
ASKED = {
    "grant_type": "client_credentials",
    "client_id": "uss",
    "client_secret": "right",
    "audience": "127.0.0.1",
    "scope": "a b",
}


class DroneStory(ToldStory):
    """A chapter of one step."""

    def message(self) -> DroneDemoMessage:  # type: ignore[override]
        step = DroneStepMessage(number=1, key=DroneStepKey.DRONES_PLANNED, state=DemoStepState.WAITING)
        sky = DroneSkyMessage(heard_at=None, is_heard=False, closed=[], operators=[])
        return DroneDemoMessage(current=None, steps=[step], sky=sky)


class Issuer:
    lifetime_s = 600

    def issued(self, client_id: str, secret: str, *, audience: str, scope: str) -> str | None:
        is_right = (client_id, secret, audience) == ("uss", "right", "127.0.0.1")
        return f"token for {scope}" if is_right else None


def with_chapter(desk: Desk, story: DroneStory) -> httpx.AsyncClient:
    app = application(
        desk.runtime,
        sessions=desk.sessions,
        tokens=TokenChecker([desk.issuer.trusted()], mode=Mode.EXERCISE),
        people=desk.people,
        hosts=frozenset({HOST}),
        more=drone_routes(story, Issuer()),
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{HOST}")


@pytest.mark.requirement("THREATS 12")
def test_they_need_a_scope_and_no_other_node_has_them():
    async def story(desk: Desk, other: httpx.AsyncClient) -> None:
        told = DroneStory()
        async with with_chapter(desk, told) as client:
            for method, path in CALLS:
                wanted = Scope.READ if method == "GET" else Scope.FILE
                assert (await client.request(method, path)).status_code == 401
                for scope in Scope:
                    answer = await client.request(method, path, headers=desk.bearer("north", (scope,)))
                    assert answer.status_code == (200 if scope is wanted else 403), (path, scope)
                everything = desk.bearer("north", tuple(Scope))
                assert (await other.request(method, path, headers=everything)).status_code in (404, 405)
            assert told.notes == ["shown 1", "replay 1", "pause", "go on"]
            answer = await client.get(PATH, headers=desk.bearer("north", (Scope.READ,)))
            assert answer.json()["sky"]["is_heard"] is False
        assert (await other.post(TOKENS, data=ASKED)).status_code in (404, 405)

    at_a_desk(story)


@pytest.mark.parametrize("number", ["7", "0", "-1", "one"])
def test_a_step_that_is_not_there_is_told_with_those_that_are(number: str):
    async def story(desk: Desk, _: httpx.AsyncClient) -> None:
        async with with_chapter(desk, DroneStory()) as client:
            headers = desk.bearer("north", (Scope.FILE,))
            answer = await client.post(f"{PATH}/steps/{number}/shown", headers=headers)
            wrong = answer.json()["errors"][0]
            assert (answer.status_code, wrong["at"], wrong["allowed"]) == (400, "path:number", "1 to 6")

    at_a_desk(story)


@pytest.mark.requirement("THREATS 12")
def test_a_uss_has_a_token_by_its_secret_and_nobody_else_has_one():
    async def story(desk: Desk, _: httpx.AsyncClient) -> None:
        async with with_chapter(desk, DroneStory()) as client:
            given = await client.post(TOKENS, data=ASKED)
            assert given.json() == {
                "access_token": "token for a b",
                "expires_in": 600,
                "token_type": "Bearer",
            }
            assert given.headers["cache-control"] == "no-store"
            for name in ("grant_type", "client_id", "client_secret", "audience"):
                assert (await client.post(TOKENS, data=ASKED | {name: "x"})).status_code == 401
                fewer = {key: value for key, value in ASKED.items() if key != name}
                assert (await client.post(TOKENS, data=fewer)).status_code == 401
            page = {"origin": "http://elsewhere.example"}
            assert (await client.post(TOKENS, data=ASKED, headers=page)).status_code == 403
            for body in (b"", b"nonsense", b"\xff=1", b"&".join([b"a=1"] * 100), b"a=1" * 1_000_000):
                assert (await client.post(TOKENS, content=body)).status_code in (400, 401, 413)

    at_a_desk(story)
