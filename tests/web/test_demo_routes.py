"""The demo's own routes: not there in any other node, and guarded as all others where they are."""

import httpx
import pytest

from mamarr.faults import Unavailable
from mamarr.interop.demo_messages import DemoMessage, DemoStepKey, DemoStepMessage, DemoStepState
from mamarr.names import Mode
from mamarr.web import TokenChecker, application
from mamarr.web.access import Scope
from mamarr.web.demo_routes import demo_routes
from mamarr.web.guard import Framing
from tests.web.node import HOST, Desk, at_a_desk

FRAMING = Framing(
    shown_by=("http://localhost:8080",), shows=("http://localhost:8080", "http://localhost:8081")
)
CALLS = (
    ("GET", "/api/demo"),
    ("POST", "/api/demo/steps/1/shown"),
    ("POST", "/api/demo/steps/1/replay"),
    ("POST", "/api/demo/pause"),
    ("POST", "/api/demo/go-on"),
)


class ToldStory:
    """A story of one step that notes what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def message(self) -> DemoMessage:
        step = DemoStepMessage(number=1, key=DemoStepKey.JOINED, state=DemoStepState.WAITING)
        return DemoMessage(current=None, steps=[step])

    def opened(self) -> None:
        self.notes.append("opened")

    def shown(self, number: int) -> bool:
        self.notes.append(f"shown {number}")
        return number == 1

    def replay(self, number: int) -> bool:
        self.notes.append(f"replay {number}")
        return number == 1

    def pause(self) -> None:
        self.notes.append("pause")

    def go_on(self) -> None:
        self.notes.append("go on")


class Other:
    """The other node, which runs or has ended."""

    party, page_port = "south", 8081
    has_ended = False

    async def code(self) -> str:
        if self.has_ended:
            raise Unavailable("it has ended")
        return "once"


def with_story(desk: Desk, story: ToldStory, other: Other | None = None) -> httpx.AsyncClient:
    app = application(
        desk.runtime,
        sessions=desk.sessions,
        tokens=TokenChecker([desk.issuer.trusted()], mode=Mode.EXERCISE),
        people=desk.people,
        hosts=frozenset({HOST}),
        more=demo_routes(story, other or Other()),
        framing=FRAMING,
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{HOST}")


def test_no_other_node_has_them():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        headers = desk.bearer("north", tuple(Scope))
        for method, path in CALLS:
            answer = await client.request(method, path, headers=headers)
            assert answer.status_code in (404, 405), path

    at_a_desk(story)


@pytest.mark.requirement("THREATS 12")
def test_they_need_a_scope_and_a_cookie_of_our_own_page():
    async def story(desk: Desk, _: httpx.AsyncClient) -> None:
        told = ToldStory()
        async with with_story(desk, told) as client:
            for method, path in CALLS:
                wanted = Scope.READ if method == "GET" else Scope.FILE
                assert (await client.request(method, path)).status_code == 401
                for scope in Scope:
                    answer = await client.request(method, path, headers=desk.bearer("north", (scope,)))
                    assert answer.status_code == (200 if scope is wanted else 403), (path, scope)
            page = desk.cookie(desk.add()) | {"origin": "http://elsewhere.example"}
            before = list(told.notes)
            assert (await client.post("/api/demo/steps/1/shown", headers=page)).status_code == 403
            assert told.notes == before == ["shown 1", "replay 1", "pause", "go on"]

    at_a_desk(story)


def test_a_persons_page_counts_as_opened_and_a_program_does_not():
    async def story(desk: Desk, _: httpx.AsyncClient) -> None:
        told = ToldStory()
        async with with_story(desk, told) as client:
            await client.get("/api/demo", headers=desk.bearer("north", (Scope.READ,)))
            assert told.notes == []
            answer = await client.get("/api/demo", headers=desk.cookie(desk.add()))
            assert told.notes == ["opened"]
            assert answer.json()["steps"][0]["key"] == "JOINED"

    at_a_desk(story)


@pytest.mark.parametrize("number", ["2", "-1", "99999", "one", "١"])
def test_a_step_that_is_not_there_is_told(number: str):
    async def story(desk: Desk, _: httpx.AsyncClient) -> None:
        async with with_story(desk, ToldStory()) as client:
            headers = desk.bearer("north", (Scope.FILE,))
            answer = await client.post(f"/api/demo/steps/{number}/shown", headers=headers)
            assert (answer.status_code, answer.json()["errors"][0]["at"]) == (400, "path:number")

    at_a_desk(story)


def test_a_person_learns_where_the_other_page_is_and_a_program_does_not():
    async def story(desk: Desk, _: httpx.AsyncClient) -> None:
        other = Other()
        async with with_story(desk, ToldStory(), other) as client:
            program = desk.bearer("north", (Scope.FILE,))
            assert (await client.post("/api/demo/neighbour", headers=program)).status_code == 403
            page = desk.cookie(desk.add()) | {"origin": f"http://{HOST}"}
            found = await client.post("/api/demo/neighbour", headers=page)
            assert found.json() == {"party": "south", "port": 8081, "code": "once"}
            other.has_ended = True
            assert (await client.post("/api/demo/neighbour", headers=page)).status_code == 503

    at_a_desk(story)


@pytest.mark.requirement("THREATS 15")
def test_the_page_with_both_is_there_alone_and_only_it_may_show_the_two_in_frames():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        async with with_story(desk, ToldStory()) as demo:
            both = await demo.get("/both")
        policy = both.headers["content-security-policy"]
        assert (both.status_code, both.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "frame-src http://localhost:8080 http://localhost:8081;" in policy
        assert "frame-ancestors http://localhost:8080;" in policy
        other = await client.get("/both")
        assert other.status_code == 404
        policy = other.headers["content-security-policy"]
        assert "frame-src 'none'; frame-ancestors 'none';" in policy

    at_a_desk(story)


def test_the_document_of_the_demo_names_them():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        async with with_story(desk, ToldStory()) as demo:
            named = (await demo.get("/openapi.json")).json()["paths"]
        assert "/api/demo" in named
        assert "/api/demo" not in (await client.get("/openapi.json")).json()["paths"]

    at_a_desk(story)
