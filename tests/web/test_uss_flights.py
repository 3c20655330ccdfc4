"""The interface for the users of our USS: flights by HTTP, who may, what is refused and how that is said."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis import GenerationMode

from mamarr.faults import Unavailable
from mamarr.names import Mode
from mamarr.node import uss_flights
from mamarr.web.dss_openapi import PARAMETER, dss_document
from mamarr.web.uss_calls import USS_BODY_BYTES_MAX, UssRoute, UssScope
from mamarr.web.uss_flight_routes import FLIGHT_ROUTES
from tests.node.uss_town import (
    NAME,
    OTHER,
    Town,
    a_telemetry,
    a_volume,
    answering,
    details_at,
    in_a_town,
    others_intent,
    plan_at,
    planned,
    silent,
)
from tests.web.dss_desk import a_time, an_id, intent_at
from tests.web.test_dss_openapi import CHECKS, sent
from tests.web.test_openapi import TIMED_OUT_S, tried
from tests.web.test_uss_access import changed, without

DESCRIBED = dss_document(FLIGHT_ROUTES, mode=Mode.EXERCISE, title="x", promise="y.")
PROBLEM = "application/problem+json"


def flight_at(flight: str) -> str:
    return f"/flights/{flight}"


def a_flight(*volumes: dict[str, Any], state: str = "Accepted", priority: int = 0, **said: Any) -> Any:
    """What a user asks for; off: volumes of what is not as meant."""
    off = list(said.pop("off", ()))
    volumes = volumes or tuple(said.pop("volumes", ()))
    details = {"volumes": list(volumes) or [a_volume()], "off_nominal_volumes": off, "priority": priority}
    return {"state": state, "details": details} | said


def problem_of(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """The status, the reason and the ids of a problem."""
    said = answer.json()
    assert answer.headers["content-type"] == PROBLEM, answer.text
    assert (said["status"], bool(said["title"])) == (answer.status_code, True)
    return answer.status_code, said["reason"], said.get("because", [])


async def kept(client: httpx.AsyncClient, flight: str, **said: Any) -> Any:
    """A flight that is planned or changed; as it is answered."""
    answer = await client.put(flight_at(flight), json=a_flight(**said))
    assert answer.status_code == 200, answer.text
    return answer.json()["flight"]


@pytest.mark.requirement("astm.f3548.v21.OPIN0025")
@pytest.mark.requirement("astm.f3548.v21.OPIN0040")
def test_a_user_plans_a_flight_flies_it_says_that_it_left_and_ends_it():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        async with town.client(NAME) as user:
            assert problem_of(await user.get(flight_at(flight))) == (404, "NOT_THERE", [flight])
            for number, (state, off) in enumerate(
                (
                    ("Accepted", ()),
                    ("Activated", ()),
                    ("Nonconforming", (a_volume(east=2),)),
                    ("Contingent", (a_volume(east=2),)),
                ),
                start=1,
            ):
                asked = a_flight(state=state, off=off, priority=3)
                said = (await user.put(flight_at(flight), json=asked)).json()["flight"]
                assert (said["state"], said["version"]) == (state, number)
                assert (said["details"], said["waits_for"]) == (asked["details"], None)
                assert (await user.get(flight_at(flight))).json()["flight"] == said
                there = (await client.get(details_at(flight))).json()["operational_intent"]
                assert (there["details"], there["reference"]["state"]) == (asked["details"], state)
            back = await user.put(flight_at(flight), json=a_flight(state="Activated"))
            assert problem_of(back) == (409, "WRONG_STATUS", [flight])
            assert (await user.delete(flight_at(flight))).status_code == 204
            assert (await client.get(intent_at(flight))).status_code == 404
            assert problem_of(await user.delete(flight_at(flight))) == (404, "NOT_THERE", [flight])

    in_a_town(story)


def test_who_saw_an_older_version_changes_nothing():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        async with town.client(NAME) as user:
            assert (await kept(user, flight, version=0))["version"] == 1
            assert (await kept(user, flight, version=1, state="Activated"))["version"] == 2
            for version in (0, 1, 3):
                stale = await user.put(flight_at(flight), json=a_flight(version=version))
                assert problem_of(stale) == (409, "OTHER_VERSION", [flight])
            assert (await user.get(flight_at(flight))).json()["flight"]["version"] == 2

    in_a_town(story)


def test_a_user_learns_with_what_a_flight_conflicts_and_what_nobody_could_say():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        there = await others_intent(town, other := an_id())
        flight = an_id()
        async with town.client(NAME) as user:
            for path, ask in ((flight_at(flight), user.put), (flight_at(flight) + "/check", user.post)):
                town.others[OTHER] = answering(200, there)
                assert problem_of(await ask(path, json=a_flight())) == (409, "CONFLICT", [other])
                town.others[OTHER] = silent
                town.desk.peers.forget(other)
                assert problem_of(await ask(path, json=a_flight())) == (409, "DETAILS_UNKNOWN", [other])
                for minutes, reason in (((-60, -1), "TIME_PAST"), ((50_000, 50_001), "TOO_FAR_AHEAD")):
                    asked = a_flight(a_volume(minutes=minutes))
                    assert problem_of(await ask(path, json=asked)) == (409, reason, [flight])
                asked = a_flight(a_volume(east=500, minutes=(20, 30)), state="Activated")
                assert problem_of(await ask(path, json=asked)) == (409, "NOT_YET", [flight])
                await user.delete(flight_at(flight))

    in_a_town(story)


def test_a_check_answers_as_a_put_and_holds_and_records_nothing():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        low, flight = an_id(), an_id()
        async with town.client(NAME) as user:
            await kept(user, low)
            size = town.store.size()
            for state in ("Accepted", "Activated"):
                path, asked = flight_at(flight) + "/check", a_flight(priority=1, state=state)
                answer = await user.post(path, json=asked)
                assert answer.json() == {"fits": True, "meets": [low]}, answer.text
            assert problem_of(await user.get(flight_at(flight)))[1] == "NOT_THERE"
            assert town.store.size() == size
            assert (await client.get(intent_at(flight))).status_code == 404

    in_a_town(story)


def test_a_dss_that_is_silent_is_503_and_the_flight_says_what_it_waits_for():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight, dss = an_id(), town.desk._dss
        async with town.client(NAME) as user:
            first = await kept(user, flight)

            async def unheard(*_: Any) -> Any:
                raise Unavailable("no answer")

            dss.write = unheard
            moved = a_flight(a_volume(east=3))
            assert problem_of(await user.put(flight_at(flight), json=moved)) == (503, "UNAVAILABLE", [])
            said = (await user.get(flight_at(flight))).json()["flight"]
            assert said | {"waits_for": None} == first
            assert said["waits_for"] == {"state": "Accepted", "details": moved["details"]}
            dss.near = unheard
            checked = await user.post(flight_at(an_id()) + "/check", json=moved)
            assert problem_of(checked) == (503, "UNAVAILABLE", [])
            del dss.write, dss.near
            assert (await user.delete(flight_at(flight))).status_code == 204

    in_a_town(story)


def test_users_are_told_once_of_what_their_flights_meet_and_can_go_on_from_there():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        low, high, closed = an_id(), an_id(), an_id()
        async with town.client(NAME) as user:
            await kept(user, low)
            assert (await user.get("/advisories")).json() == {"advisories": [], "next": None}
            body = {"volumes": [a_volume(east=0.5)]}
            assert (await user.put(f"/constraints/{closed}", json=body)).status_code == 200
            said = await kept(user, high, priority=1)
            (given,) = said["advisories"]
            assert set(given["others"]) == {low, closed}
            page = (await user.get("/advisories")).json()
            assert {each["flight_id"] for each in page["advisories"]} == {low, high}
            assert given in page["advisories"]
            rest = (await user.get("/advisories", params={"after": page["next"]})).json()
            assert rest == {"advisories": [], "next": page["next"]}
            await kept(user, an_id(), priority=2)
            rest = (await user.get("/advisories", params={"after": page["next"]})).json()
            assert len(rest["advisories"]) == 3

    in_a_town(story, has_constraints=True)


def test_advisories_and_flights_come_in_pages_and_none_is_lost(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uss_flights, "ADVISORIES_MAX", 2)
    monkeypatch.setattr(uss_flights, "FLIGHTS_MAX", 3)

    async def story(town: Town, client: httpx.AsyncClient) -> None:
        async with town.client(NAME) as user:
            flights = sorted(an_id() for _ in range(5))
            for number, flight in enumerate(flights):
                await kept(user, flight, priority=number)

            async def all_of(path: str, name: str) -> list[list[Any]]:
                pages: list[list[Any]] = []
                said: dict[str, Any] = {"next": ""}
                while said["next"] is not None and len(pages) < 9 and (not pages or pages[-1]):
                    where = {"after": said["next"]} if said["next"] else {}
                    said = (await user.get(path, params=where)).json()
                    pages.append(said[name])
                return pages

            pages = await all_of("/flights", "flights")
            assert [len(each) for each in pages] == [3, 2]
            assert [each["id"] for page in pages for each in page] == flights
            monkeypatch.setattr(uss_flights, "CORNERS_MAX", 8)
            assert [len(each) for each in await all_of("/flights", "flights")] == [2, 2, 1]
            found = [each["id"] for page in await all_of("/advisories", "advisories") for each in page]
            assert len(found) == len(set(found)) == len(town.desk.advised(0, 1 << 60)) > 6

    in_a_town(story)


@pytest.mark.requirement("THREATS 12")
def test_only_the_usss_own_users_with_the_scope_get_in():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()

        async def ask(at: httpx.AsyncClient, route: UssRoute) -> httpx.Response:
            path = route.path.replace("{flightid:segment}", flight)
            return await at.request(route.method, path, json=a_flight() if route.takes else None)

        async with town.client(None) as nobody:
            nobody.headers["authorization"] = "Bearer a.b.c"
            for route in FLIGHT_ROUTES:
                answer = await ask(nobody, route)
                assert problem_of(answer)[:2] == (401, "TOKEN_NEEDED"), route.path
                assert answer.headers["www-authenticate"] == "Bearer"
        for scope in (*UssScope, "utm.elsewhere"):
            async with town.client(NAME, (scope,)) as limited:
                for route in FLIGHT_ROUTES:
                    is_open = (await ask(limited, route)).status_code not in (401, 403)
                    assert is_open == (scope == "utm.strategic_coordination"), (route.path, scope)
                await limited.delete(flight_at(flight))
        for route in FLIGHT_ROUTES:  # another USS, that may everything
            assert problem_of(await ask(client, route))[:2] == (403, "NOT_YOURS"), route.path
        assert town.desk.operation(flight) is None

    in_a_town(story)


VERTICES = ("details", "volumes", 0, "volume", "outline_polygon", "vertices")
WRONG: list[Any] = [
    b"",
    b"[]",
    b"null",
    b"\xff",
    b"[" * 100_000,
    without(a_flight(), "state"),
    without(a_flight(), "details"),
    without(a_flight(), "details", "volumes"),
    without(a_flight(), "details", "volumes", 0, "time_end"),
    without(a_flight(), "details", "volumes", 0, "volume", "altitude_lower"),
    a_flight(state="Ended"),
    a_flight(off=(a_volume(),)),  # none while it is as meant
    a_flight(state="Nonconforming"),
    a_flight(*[a_volume()] * 101),
    a_flight(version="1"),
    a_flight(priority=1 << 40),
    changed(a_flight(), 91, *VERTICES, 0, "lat"),
    changed(a_flight(), float("nan"), *VERTICES, 0, "lat"),
    changed(a_flight(), "2026-05-01T06:00:00", "details", "volumes", 0, "time_start", "value"),
    changed(a_flight(), "SFC", "details", "volumes", 0, "volume", "altitude_lower", "reference"),
]


def test_what_cannot_be_read_says_where_and_changes_nothing():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        async with town.client(NAME) as user:
            await kept(user, flight)
            size = town.store.size()
            for path, ask in ((flight_at(flight), user.put), (flight_at(flight) + "/check", user.post)):
                for number, each in enumerate(WRONG):
                    body = each if isinstance(each, bytes) else json.dumps(each).encode()
                    answer = await ask(path, content=body)
                    assert problem_of(answer)[0] == 400, (number, answer.text)
                    (error,) = answer.json()["errors"]
                    assert error["at"].startswith("$")
                huge = await ask(path, content=b" " * (USS_BODY_BYTES_MAX + 1))
                assert problem_of(huge)[:2] == (413, "TOO_LARGE")
            for path in ("/flights/x", "/flights?after=x", "/advisories?after=x", "/advisories?after=1.%2F"):
                answer = await user.get(path)
                assert problem_of(answer)[0] == 400, path
            french = await user.get("/advisories?after=x", headers={"accept-language": "fr"})
            assert french.json()["errors"][0]["what"] != answer.json()["errors"][0]["what"]
            assert town.store.size() == size

    in_a_town(story)


def test_positions_that_cannot_be_read_are_refused_together_and_none_is_taken():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight, good = an_id(), a_telemetry(town, 0.5)
        path = flight_at(flight) + "/positions"
        async with town.client(NAME) as user:
            await kept(user, flight)
            for wrong in (
                changed(good, 91, "position", "latitude"),
                changed(good, a_time(6)["value"], "time_measured", "value"),
                without(good, "position", "altitude"),
            ):
                answer = await user.post(path, json={"positions": [good, wrong]})
                assert problem_of(answer)[0] == 400
                assert answer.json()["errors"][0]["at"].startswith("$.positions[")
            for body in (b"", b"{}", b'{"positions": []}', json.dumps({"positions": [good] * 101}).encode()):
                assert problem_of(await user.post(path, content=body))[0] == 400
            huge = await user.post(path, content=b" " * 10_000_000)
            assert problem_of(huge)[:2] == (413, "TOO_LARGE")
            assert (await user.get(path)).json() == {"positions": []}
            early = changed(good, a_time(4)["value"], "time_measured", "value")  # clocks differ
            assert (await user.post(path, json={"positions": [early]})).json()["taken"] == 1

    in_a_town(story)


def test_what_others_plan_by_the_interface_for_tests_is_a_flight_too():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        assert await planned(client, flight) == ("Completed", "Planned")
        async with town.client(NAME) as user:
            (found,) = (await user.get("/flights")).json()["flights"]
            assert (found["id"], found["state"]) == (flight, "Accepted")
            assert (await user.delete(flight_at(flight))).status_code == 204
        assert (await client.delete(plan_at(flight))).status_code == 404

    in_a_town(story)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("route", "mode"),
    [
        pytest.param(each, mode, id=f"{each.handler.__name__}-{mode.value}")
        for each in FLIGHT_ROUTES
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        if mode is GenerationMode.POSITIVE or each.takes is not None
    ],
)
def test_what_is_made_from_the_document_never_breaks_it(route: UssRoute, mode: GenerationMode):
    described = schemathesis.openapi.from_dict(DESCRIBED)
    operation = described[PARAMETER.sub(r"{\1}", route.path)][route.method]

    async def story(town: Town, client: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()
        async with town.client(NAME) as user:

            def asked(case: Any) -> httpx.Response:
                return asyncio.run_coroutine_threadsafe(sent(user, case), loop).result(TIMED_OUT_S)

            await asyncio.to_thread(tried, operation, mode, asked, CHECKS)

    in_a_town(story)
