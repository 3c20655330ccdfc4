"""The page of our USS, as its people meet it: who may what, what is shown, what is refused and where."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mamarr.node.people import people_at
from mamarr.node.uss_page import SHOWN_MAX, UssPage
from mamarr.record.entries import entry_from_body
from mamarr.web.access import SESSION_LIFETIME, Scope, Sessions
from mamarr.web.access.accounts import Account, MemoryAccounts
from mamarr.web.access.passwords import Passwords
from mamarr.web.guard import CHANGING
from mamarr.web.uss_app import uss_application
from mamarr.web.uss_page_routes import EITHER, PAGE_ROUTES, Desk, PageRoute, page_routes
from tests.node.uss_town import (
    HOST,
    NAME,
    OTHER,
    URL,
    Town,
    a_volume,
    answering,
    in_a_town,
    others_intent,
    silent,
)
from tests.web.dss_desk import an_id
from tests.web.test_uss_flights import a_flight, problem_of

PASSWORD = "correct horse battery"
# Nobody must be known for these. Each line is a decision: a new one needs a reason.
OPEN = {
    ("GET", "/api/sign-in"),  # the ways in
    ("POST", "/api/sign-in"),
    ("POST", "/api/sign-in/passkey"),
    ("POST", "/api/sign-in/passkey/verification"),
    ("POST", "/api/sign-out"),  # ends the session whose cookie comes along, and no other
}
RIGHTS = {
    "amal": (Scope.PLAN, Scope.CLOSE),
    "basma": (Scope.PLAN,),
    "chadi": (Scope.CLOSE,),
    "dana": (Scope.READ,),
}


class Office:
    """A town's USS with people; each has an account, and may have a session."""

    def __init__(self, town: Town) -> None:
        self.town, self.accounts = town, MemoryAccounts()
        page = UssPage(
            town.desk, town.closing, town.flights, authority=NAME, has_constraints=town.has_constraints
        )
        self.sessions = Sessions(an_id)
        people = people_at(0, self.accounts, node_id=page.node_id, mode=page.mode)

        async def at_once(work: Callable[[], Any]) -> Any:
            return work()

        people.passwords = Passwords(at_once)
        for name, scopes in RIGHTS.items():
            account = Account(person_id=name, party=NAME, display_name=name, scopes=frozenset(scopes))
            assert self.accounts.put(account)
        self.page = page
        self.desk = Desk(page=page, engines=town.engines, sessions=self.sessions, people=people)
        self.app = uss_application(
            town.engines,
            tokens=None,  # type: ignore[arg-type]  # nobody has one here
            has_tests=False,
            hosts=frozenset({HOST}),
            beside=page_routes(self.desk),
        )
        self.cookie = f"mamarr-{page.node_id}"

    def client(self, name: str | None = "amal", **headers: str) -> httpx.AsyncClient:
        """A browser; with a session of `name`."""
        cookies = {}
        if name is not None:
            account = self.accounts.of_person(name)
            assert account is not None
            cookies = {self.cookie: self.sessions.begin(account.caller(), self.page.now())}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=URL,
            cookies=cookies,
            headers={"origin": URL} | headers,
        )


Story = Callable[[Office, httpx.AsyncClient], Awaitable[None]]


def in_an_office(story: Story, name: str | None = "amal", **how: Any) -> None:
    async def run(town: Town, client: httpx.AsyncClient) -> None:
        del client
        office = Office(town)
        async with office.client(name) as browser:
            await story(office, browser)

    in_a_town(run, **how)


def path_of(route: PageRoute) -> str:
    return route.path.replace("{flightid:segment}", an_id()).replace("{entityid:segment}", an_id())


async def asked(client: httpx.AsyncClient, route: PageRoute) -> httpx.Response:
    return await client.request(route.method, path_of(route), content=None if route.takes is None else b"{}")


def a_closure(*volumes: dict[str, Any], **said: Any) -> Any:
    return {"volumes": list(volumes) or [a_volume()]} | said


@pytest.mark.requirement("THREATS 13")
def test_every_route_needs_a_session_but_those_that_open_one():
    async def story(office: Office, nobody: httpx.AsyncClient) -> None:
        async with office.client(None, cookie=f"{office.cookie}=guessed") as guesser:
            for route in PAGE_ROUTES:
                is_open = (route.method, route.path) in OPEN
                assert (route.scopes is None) == is_open, route.path
                if not is_open:
                    for browser in (nobody, guesser):
                        answer = await asked(browser, route)
                        assert problem_of(answer)[:2] == (401, "UNAUTHENTICATED"), route.path
        assert office.town.store.size() == 1

    in_an_office(story, None)


def test_every_right_opens_its_own_routes_and_no_others():
    async def story(office: Office, _: httpx.AsyncClient) -> None:
        size = office.town.store.size()
        for name, scopes in RIGHTS.items():
            for route in PAGE_ROUTES:
                if route.scopes is None:
                    continue
                async with office.client(name) as browser:
                    answer = await asked(browser, route)
                is_shut = bool(route.scopes) and route.scopes.isdisjoint(scopes)
                assert (answer.status_code == 403) == is_shut, (name, route.method, route.path)
                assert answer.status_code < 500
        assert office.town.store.size() == size  # nothing was decided

    in_an_office(story)


def test_what_changes_something_needs_a_right_of_its_own():
    changing = {
        route.path: route.scopes for route in PAGE_ROUTES if route.method in CHANGING and route.scopes
    }
    assert {path: {str(each) for each in scopes or ()} for path, scopes in changing.items()} == {
        "/api/flights/{flightid:segment}": {"mamarr.plan"},
        "/api/flights/{flightid:segment}/check": {"mamarr.plan"},
        "/api/constraints/{entityid:segment}": {"mamarr.close"},
    }
    assert next(route.scopes for route in PAGE_ROUTES if route.path == "/api/picture") == EITHER


@pytest.mark.requirement("THREATS 15")
def test_no_other_page_can_ask_with_a_persons_session():
    async def story(office: Office, own: httpx.AsyncClient) -> None:
        size = office.town.store.size()
        for route in PAGE_ROUTES:
            if route.method not in CHANGING:
                continue
            for origin in ("https://elsewhere.example", "null", None):
                async with office.client() as browser:
                    browser.headers.pop("origin")
                    headers = {} if origin is None else {"origin": origin}
                    answer = await browser.request(
                        route.method, path_of(route), content=b"{}", headers=headers
                    )
                    assert answer.status_code == 403, (route.path, origin)
                    assert answer.json()["reason"] == "WRONG_ORIGIN"
        elsewhere = await own.get("/api/picture", headers={"host": "elsewhere.example"})
        assert elsewhere.status_code == 403
        assert office.town.store.size() == size

    in_an_office(story)


def test_a_session_is_over_after_its_time_and_when_its_account_is_closed():
    async def story(office: Office, browser: httpx.AsyncClient) -> None:
        assert (await browser.get("/api/picture")).status_code == 200
        account = office.accounts.of_person("amal")
        assert account is not None
        assert office.accounts.put(account.changed(ends_sessions=True, is_disabled=True))
        assert problem_of(await browser.get("/api/picture"))[:2] == (401, "UNAUTHENTICATED")
        async with office.client("basma") as late:
            office.town.ahead_s = (SESSION_LIFETIME + timedelta(seconds=1)).total_seconds()
            for route in PAGE_ROUTES:
                if route.scopes is not None:
                    assert problem_of(await asked(late, route))[:2] == (401, "SESSION_ENDED"), route.path

    in_an_office(story)


@pytest.mark.requirement("THREATS 12")
def test_a_session_opens_nothing_that_is_for_programs_and_a_token_nothing_that_is_for_people():
    async def story(town: Town, _: httpx.AsyncClient) -> None:
        office = Office(town)
        async with office.client() as browser, town.client(NAME) as program:
            for path in ("/flights", "/constraints", "/advisories", f"/uss/v1/operational_intents/{an_id()}"):
                through_town = httpx.AsyncClient(
                    transport=httpx.ASGITransport(town.app), base_url=URL, cookies=browser.cookies
                )
                async with through_town as person:
                    assert (await person.get(path)).status_code == 401, path
            bearer = program.headers["authorization"]
            for route in PAGE_ROUTES:
                if route.scopes is not None:
                    async with office.client(authorization=bearer) as both:
                        assert (await asked(both, route)).status_code == 401, route.path

    in_a_town(story)


def test_a_person_signs_in_and_out():
    async def story(office: Office, browser: httpx.AsyncClient) -> None:
        account = office.accounts.of_person("amal")
        assert account is not None
        hashed = await office.desk.people.passwords.hashed(PASSWORD)
        assert office.accounts.put(account.changed(password_hash=hashed))
        wrong = await browser.post("/api/sign-in", json={"name": "amal", "password": "wrong horse battery"})
        assert problem_of(wrong)[:2] == (401, "SIGN_IN_REFUSED")
        opened = await browser.post("/api/sign-in", json={"name": "Amal", "password": PASSWORD})
        said = {"person": "amal", "party": NAME, "authority": NAME, "has_account": True}
        assert opened.json().items() >= said.items()
        cookie = opened.headers["set-cookie"]
        assert cookie.startswith(f"{office.cookie}=")
        assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
        assert (await browser.get("/api/session")).json() == opened.json()
        assert (await browser.post("/api/sign-out")).status_code == 200
        assert (await browser.get("/api/session")).status_code == 401

    in_an_office(story, None)


def test_without_accounts_there_is_no_page_and_the_first_line_says_how_to_get_one():
    async def story(office: Office, browser: httpx.AsyncClient) -> None:
        assert "text/html" in (await browser.get("/")).headers["content-type"]
        office.desk.people.accounts = MemoryAccounts()
        none_yet = await browser.get("/")
        bare = uss_application(
            office.town.engines,
            tokens=None,
            has_tests=False,
            hosts=frozenset({HOST}),
            beside=page_routes(None),  # type: ignore[arg-type]
        )
        async with httpx.AsyncClient(transport=httpx.ASGITransport(bare), base_url=URL) as at_it:
            nowhere = await at_it.get("/", headers={"accept-language": "ru"})
            assert (await at_it.get("/api/picture")).status_code == 404
        for answer in (none_yet, nowhere):
            assert answer.status_code == 404
            assert "[people]" in answer.text
            assert "mamarr account add" in answer.text
        assert "учётн" in nowhere.text

    in_an_office(story)


def test_what_a_person_does_is_in_the_record_with_the_persons_name():
    async def story(office: Office, browser: httpx.AsyncClient) -> None:
        flight, closure = an_id(), an_id()
        assert (await browser.put(f"/api/flights/{flight}", json=a_flight())).status_code == 200
        closed = await browser.put(f"/api/constraints/{closure}", json=a_closure(a_volume(east=5)))
        assert closed.status_code == 200, closed.text
        async with office.town.client(NAME) as program:
            await program.put(f"/flights/{an_id()}", json=a_flight(a_volume(east=3)))
        entries = [entry_from_body(each.sequence, each.body).contents() for each in office.town.store.rows()]
        said = [
            (name, each.get("persons", b""))
            for each in entries
            for name in ("plan-operation", "publish-closure")
            if f'"type":"{name}"'.encode() in each.get("order", b"")
        ]
        amal = b'{"order.author.person":"amal"}'  # a part of its own, so that it can be erased alone
        assert said == [("plan-operation", amal), ("publish-closure", amal), ("plan-operation", b"")]

    in_an_office(story)


def test_the_picture_has_what_is_planned_closed_and_heard_of_others_with_its_age():
    async def story(office: Office, browser: httpx.AsyncClient) -> None:
        town, other, flight, closure = office.town, an_id(), an_id(), an_id()
        town.others[OTHER] = answering(200, await others_intent(town, other))
        empty = (await browser.get("/api/picture")).json()
        assert (empty["flights"], empty["others"], empty["others_count"]) == ([], [], 0)
        near = await browser.put(f"/api/flights/{flight}", json=a_flight())
        assert problem_of(near) == (409, "CONFLICT", [other])
        assert (
            await browser.put(f"/api/flights/{flight}", json=a_flight(a_volume(east=5)))
        ).status_code == 200
        closed = a_closure(a_volume(east=5), type="helicopter")
        assert (await browser.put(f"/api/constraints/{closure}", json=closed)).status_code == 200
        town.ahead_s += 40
        said = (await browser.get("/api/picture")).json()
        assert [each["id"] for each in said["flights"]] == [flight]
        [heard] = said["others"]
        assert (heard["id"], heard["manager"], heard["state"]) == (other, "uss-a", "Accepted")
        assert 40 <= heard["age_s"] < 60
        [shut] = said["constraints"]
        assert (shut["id"], shut["details"], shut["waits_for"]) == (closure, closed, None)
        assert (said["may_plan"], said["may_close"], said["read_only"]) == (True, True, False)
        town.ahead_s += 3_600  # what others said is over then, and not shown as if it were not
        assert (await browser.get("/api/picture")).json()["others"] == []

    in_an_office(story, has_constraints=True)


def test_a_constraint_that_meets_a_flight_is_in_the_picture_as_advised():
    async def story(office: Office, browser: httpx.AsyncClient) -> None:
        flight, closure = an_id(), an_id()
        await browser.put(f"/api/constraints/{closure}", json=a_closure())
        planned = await browser.put(f"/api/flights/{flight}", json=a_flight())
        assert planned.status_code == 200, planned.text
        said = (await browser.get("/api/picture")).json()
        [told] = said["advisories"]
        assert (told["flight_id"], told["kind"], told["others"]) == (flight, "MEETS", [closure])
        for path in (f"/api/flights/{flight}", f"/api/constraints/{closure}"):
            assert (await browser.delete(path)).json() == {"ended": True}
            assert problem_of(await browser.delete(path))[:2] == (404, "NOT_THERE")
        after = (await browser.get("/api/picture")).json()
        assert (after["flights"], after["constraints"]) == ([], [])

    in_an_office(story, has_constraints=True)


def test_a_picture_is_bounded_and_says_how_much_there_is():
    async def story(office: Office, browser: httpx.AsyncClient) -> None:
        for number in range(SHOWN_MAX + 3):
            minutes = (40 - number / 4, 60.0)
            told = await browser.put(
                f"/api/flights/{an_id()}", json=a_flight(a_volume(east=2 * number, minutes=minutes))
            )
            assert told.status_code == 200, told.text
        said = (await browser.get("/api/picture")).json()
        assert (len(said["flights"]), said["flights_count"]) == (SHOWN_MAX, SHOWN_MAX + 3)
        starts = [each["details"]["volumes"][0]["time_start"]["value"] for each in said["flights"]]
        assert starts == sorted(starts)  # those that begin soonest are not the ones left out

    in_an_office(story)


def test_what_cannot_be_read_is_refused_at_its_place_and_changes_nothing():
    async def story(office: Office, browser: httpx.AsyncClient) -> None:
        size = office.town.store.size()
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"altitude_lower": {"value": 300, "reference": "W84", "units": "M"}}, "altitude"),
            ({"altitude_upper": {"value": "high", "reference": "W84", "units": "M"}}, "altitude_upper"),
            ({"outline_polygon": {"vertices": [{"lat": 91, "lng": 0}] * 3}}, "outline_polygon"),
        ]
        for changed, place in wrong:
            for path, body in (
                (f"/api/flights/{an_id()}", a_flight(a_volume(**changed))),
                (f"/api/constraints/{an_id()}", a_closure(a_volume(**changed))),
            ):
                answer = await browser.put(path, json=body)
                assert problem_of(answer)[0] == 400
                [error] = answer.json()["errors"]
                assert place in error["at"], error
        for path in ("/api/flights/x", "/api/constraints/x"):
            assert (await browser.put(path, content=b"{}")).status_code == 400
            assert (await browser.delete(path)).status_code == 400
        for body in (b"", b"null", b"[]", b"\xff", b"[" * 10_000):
            assert (await browser.put(f"/api/flights/{an_id()}", content=body)).status_code == 400
            assert (await browser.put(f"/api/constraints/{an_id()}", content=body)).status_code == 400
        long = a_closure(type="x" * 201)
        assert (await browser.put(f"/api/constraints/{an_id()}", json=long)).status_code == 400
        assert office.town.store.size() == size

    in_an_office(story)


def test_where_nobody_says_what_is_near_the_person_is_told_so():
    async def story(office: Office, browser: httpx.AsyncClient) -> None:
        town = office.town
        await others_intent(town, other := an_id())
        town.others[OTHER] = silent
        said = await browser.put(f"/api/flights/{an_id()}", json=a_flight())
        assert problem_of(said) == (409, "DETAILS_UNKNOWN", [other])

    in_an_office(story)
