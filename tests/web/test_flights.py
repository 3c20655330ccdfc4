"""Flights over HTTP: filed, refused with alternatives, confirmed, revised, followed by report."""

import base64
from datetime import timedelta

import httpx
import pytest

from mamarr import phrases
from mamarr.airspace import Terms
from mamarr.airspace.terms import GIVEN_UP_MAX
from mamarr.engine import Order
from mamarr.flights.drone_watch import HearDrones
from mamarr.flights.drones import HEARD
from mamarr.names import Author
from tests.airspace.boxes import NOON
from tests.engine.stories_of_drones import ID, note
from tests.flights.routes import EAST, WEST, a_plan, a_point
from tests.web.node import Desk
from tests.web.skies import CHIEF, FILER, a_plan_json, as_json, file, seen, under_a_sky

F1, F2 = "/api/flights/F1", "/api/flights/F2"
OFF_SHARES = ((10.0, 10.0), (10.0, 11.0))


async def report(desk: Desk, client: httpx.AsyncClient, body: dict[str, object], party: str = "south"):
    return await client.post(f"{F1}/reports", json=body, headers=desk.bearer(party, FILER))


def minutes(count: float) -> str:
    return (NOON + timedelta(minutes=count)).isoformat()


def test_a_flight_is_filed_seen_as_filed_and_withdrawn():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        made = await file(desk, client, "F1", a_plan())
        assert made.status_code == 201
        said = made.json()
        assert base64.b64decode(said.pop("receipt")) == list(desk.store.rows())[-1].leaf
        assert said == {
            "stage": "COORDINATED",
            "shares": ["NORTHERN"],
            "lapses_at": None,
            "touching": [],
            "asked_of": [],
            "drones": None,
        }
        flight = (await seen(desk, client))["F1"]
        assert (flight["party"], flight["mine"], flight["centre"]) == ("south", True, "south-centre")
        assert flight["plan"] == as_json(a_plan())
        assert flight["actions"] == ["REVISE", "WITHDRAW", "REPORT_AIRBORNE", "REPORT_CONDITION"]
        assert await seen(desk, client, "relief") == {}
        gone = await client.delete(F1, headers=desk.bearer("south", FILER))
        assert gone.status_code == 200
        assert await seen(desk, client) == {}

    under_a_sky(story)


@pytest.mark.requirement("THREATS 6")
def test_a_conflict_is_refused_and_every_alternative_can_be_filed_in_its_place():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        assert (await file(desk, client, "F1", a_plan())).status_code == 201
        for party, because in (("north", ["F1"]), ("relief", [])):  # only its own node may know whose it is
            refused = await file(desk, client, "F2", a_plan(), party)
            assert refused.status_code == 409
            assert refused.headers["content-type"] == "application/problem+json"
            assert (refused.json()["reason"], refused.json().get("because", [])) == ("CONFLICT", because)
            assert ("F1" in refused.text) == bool(because)
            assert {each["kind"] for each in refused.json()["causes"]} == {"FLIGHT"}
            met = {(each["corridor"], *each["decided_by"]) for each in refused.json()["causes"]}
            assert met == (
                {("EAST", "north")} if because else {(None,)}
            )  # the place is told by the same rule
            offered = {each["kind"]: each["plan"] for each in refused.json()["alternatives"]}
            assert all(each["holds"] for each in refused.json()["alternatives"])
            assert set(offered) == {
                "LATER",
                "LEVEL",
                "CORRIDOR",
            }  # the last later too: both begin where F1 is
            for kind, plan in offered.items():
                taken = await file(desk, client, f"F2-{kind}", plan, party)
                assert taken.status_code == 201, (kind, taken.text)
                withdrawn = await client.delete(f"/api/flights/F2-{kind}", headers=desk.bearer(party, FILER))
                assert withdrawn.status_code == 200

    under_a_sky(story)


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "The flight would come too near to something that is held already."),
        ("ar", "ستقترب الرحلة كثيرًا من شيء محجوز بالفعل."),
        ("fr", "Le vol passerait trop près de ce qui est déjà retenu."),
        ("ru", "Рейс прошёл бы слишком близко к тому, что уже занято."),
    ],
)
def test_a_refusal_is_said_in_the_askers_language(language: str, title: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        await file(desk, client, "F1", a_plan())
        client.headers["accept-language"] = language
        refused = (await file(desk, client, "F2", a_plan(), "north")).json()
        assert (refused["title"], refused["type"]) == (title, "urn:mamarr:problem:CONFLICT")
        wrong = await file(desk, client, "F3", a_plan_json(aircraft_count="one"))
        (error,) = wrong.json()["errors"]
        assert (error["at"], error["code"]) == ("$.plan.aircraft_count", "FIELD_TYPE")
        assert (error["allowed"] == "integer 1 to 99") == (language == "en")
        assert ("1" in error["allowed"], "99" in error["allowed"]) == (True, True)
        assert error["what"].isascii() == (language == "en")

    under_a_sky(story)


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Drones are planned where the flight would lead."),
        ("ar", "هناك رحلات مخططة لطائرات مسيّرة حيث ستمرّ الرحلة."),
        ("fr", "Des drones sont prévus là où passerait le vol."),
        ("ru", "Там, где прошёл бы рейс, запланированы полёты дронов."),
    ],
)
def test_that_drones_are_planned_there_is_said_without_saying_whose(language: str, title: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        bridge = Author(party="north", node=desk.runtime.node_id, rule=HEARD)
        for number, command in enumerate((note(1), HearDrones(whole=("EAST",)))):
            await desk.runtime.submit(
                Order(command_id=f"heard-by-bridge-{number}", author=bridge, command=command)
            )
        client.headers["accept-language"] = language
        refused = await file(desk, client, "F1", a_plan())
        problem = refused.json()
        assert (refused.status_code, problem["title"], problem["reason"]) == (409, title, "DRONES_PLANNED")
        assert [each["kind"] for each in problem["causes"]] == ["DRONES"]
        assert problem["alternatives"]
        urgent = await file(desk, client, "F2", a_plan_json(handling=["SAR"]))
        assert (urgent.status_code, urgent.json()["drones"]) == (201, "PLANNED")
        off = await file(desk, client, "F3", a_plan(corridor=None, minutes=700))
        assert (off.status_code, off.json()["drones"]) == (201, "UNKNOWN")
        flight = (await seen(desk, client))["F2"]
        assert ([each["kind"] for each in flight["touched_by"]], flight["touching"]) == (["DRONES"], [])
        picture = await client.get("/api/picture", headers=desk.bearer("south", FILER))
        for answer in (refused, urgent, picture):
            assert ID.format(1) not in answer.text

    under_a_sky(story)


def test_a_provisional_acceptance_is_confirmed_or_lapses():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        south, north = desk.bearer("south", FILER), desk.bearer("north", FILER)
        lapse = timedelta(milliseconds=Terms().provisional_lapse_ms)
        made = await file(desk, client, "F1", a_plan(), is_provisional=True)
        assert made.json()["stage"] == "PROVISIONAL"
        assert made.json()["lapses_at"] == (NOON + lapse).isoformat().replace("+00:00", "Z")
        assert (await client.post(f"{F1}/confirmation", headers=south)).status_code == 200
        assert (await seen(desk, client))["F1"]["stage"] == "COORDINATED"
        again = await client.post(f"{F1}/confirmation", headers=south)
        assert (again.status_code, again.json()["reason"]) == (409, "WRONG_STATUS")
        await client.delete(F1, headers=south)

        await file(desk, client, "F1", a_plan(), is_provisional=True)
        assert (await file(desk, client, "F2", a_plan(), "north")).status_code == 409
        desk.at(NOON + lapse)
        late = await client.post(f"{F1}/confirmation", headers=south)
        assert (late.status_code, late.json()["reason"]) == (409, "TIME_PAST")
        assert await seen(desk, client) == {}
        assert (await file(desk, client, "F2", a_plan(), "north")).status_code == 201
        assert (await client.delete(F2, headers=north)).status_code == 200

    under_a_sky(story)


def test_a_revision_replaces_the_plan_or_leaves_it_as_it_was():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        south = desk.bearer("south", FILER)
        await file(desk, client, "F1", a_plan())
        await file(desk, client, "F2", a_plan(level="F350"), "north")
        other = as_json(a_plan(level="F350"))
        refused = await client.put(f"{F1}/plan", json={"plan": other}, headers=south)
        assert (refused.status_code, refused.json()["reason"]) == (409, "CONFLICT")
        assert (await seen(desk, client))["F1"]["plan"] == as_json(a_plan())
        later = as_json(a_plan(minutes=200))
        done = await client.put(f"{F1}/plan", json={"plan": later}, headers=south)
        assert (done.status_code, done.json()["stage"]) == (201, "COORDINATED")
        assert (await seen(desk, client))["F1"]["plan"] == later
        assert (await file(desk, client, "F3", a_plan(), "north")).status_code == 201

    under_a_sky(story)


def test_a_flight_is_followed_by_reports_until_it_ended():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        await file(desk, client, "F1", a_plan())
        early = await report(desk, client, {"report": "PASSING", "point": 1, "time": minutes(0)})
        assert (early.status_code, early.json()["reason"]) == (409, "WRONG_STATUS")
        desk.at(NOON + timedelta(minutes=63))
        far = await report(desk, client, {"report": "AIRBORNE", "time": minutes(200)})
        assert (far.status_code, far.json()["reason"]) == (409, "TIME_IMPLAUSIBLE")
        assert (await report(desk, client, {"report": "AIRBORNE", "time": minutes(62)})).status_code == 200
        flight = (await seen(desk, client))["F1"]
        assert (flight["is_airborne"], flight["passed"]) == (True, 0)
        assert flight["plan"]["route"][1]["time"] == minutes(72).replace("+00:00", "Z")
        assert "WITHDRAW" not in flight["actions"]
        kept = await client.delete(F1, headers=desk.bearer("south", FILER))
        assert (kept.status_code, kept.json()["reason"]) == (409, "WRONG_STATUS")
        desk.at(NOON + timedelta(minutes=74))
        passed = {"report": "PASSING", "point": 1, "time": minutes(73)}
        assert (await report(desk, client, passed, "north")).status_code == 200  # the node's own party may
        emergency = {
            "report": "CONDITION",
            "condition": "EMERGENCY",
            "position": {"latitude_deg": 34.0, "longitude_deg": 33.1, "level": "F250"},
            "has_surveillance": True,
        }
        assert (await report(desk, client, emergency)).status_code == 200
        assert (await seen(desk, client))["F1"]["condition"] == "EMERGENCY"
        near = await file(desk, client, "F2", a_plan(minutes=75, level="F250"), "north")
        assert (near.status_code, near.json()["because"]) == (409, ["F1"])
        assert (await report(desk, client, {"report": "ENDED"})).status_code == 200
        assert await seen(desk, client) == {}
        assert (await file(desk, client, "F2", a_plan(minutes=85, level="F250"), "north")).status_code == 201

    under_a_sky(story)


def test_a_flight_past_its_end_is_overdue_and_still_in_the_way():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        await file(desk, client, "F1", a_plan())
        desk.at(NOON + timedelta(minutes=60))
        await report(desk, client, {"report": "AIRBORNE", "time": minutes(60)})
        desk.at(NOON + timedelta(hours=5))
        assert (await seen(desk, client))["F1"]["is_overdue"] is True
        refused = await file(desk, client, "F2", a_plan(minutes=400), "north")
        assert (refused.status_code, refused.json()["because"]) == (409, ["F1"])
        assert "LATER" not in [each["kind"] for each in refused.json()["alternatives"]]

    under_a_sky(story)


def test_due_regard_is_notified_and_told_what_it_touches():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        await file(desk, client, "F1", a_plan())
        own = await file(desk, client, "F2", a_plan_json(is_due_regard=True), "north")
        assert (own.status_code, own.json()["stage"]) == (201, "NOTIFIED")
        assert own.json()["touching"] == [{"kind": "FLIGHT", "id": "F1"}]
        other = await file(desk, client, "F3", a_plan_json(is_due_regard=True), "relief")
        assert (other.json()["stage"], other.json()["touching"]) == ("NOTIFIED", [])  # may not know of F1
        late = await file(desk, client, "F4", a_plan(level="F350"), "relief")
        assert late.status_code == 201

    under_a_sky(story)


def test_where_nobody_decides_a_flight_is_notified_never_admitted():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        route = (a_point(OFF_SHARES[0], 60), a_point(OFF_SHARES[1], 70))
        made = await file(desk, client, "F1", a_plan(route=route))
        assert (made.status_code, made.json()["stage"], made.json()["shares"]) == (201, "NOTIFIED", [])
        partly = (a_point(WEST, 60), a_point((34.0, 45.0), 160))
        beyond = await file(desk, client, "F2", a_plan(route=partly))
        assert (beyond.json()["stage"], beyond.json()["shares"]) == ("NOTIFIED", ["NORTHERN"])

    under_a_sky(story)


def test_a_party_speaks_for_its_own_flights_only():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        await file(desk, client, "F1", a_plan())
        relief, reader = desk.bearer("relief", FILER), desk.bearer("south")
        plan = {"plan": as_json(a_plan(minutes=200))}
        for answer in (
            await client.delete(F1, headers=relief),
            await client.post(f"{F1}/confirmation", headers=relief),
            await client.put(f"{F1}/plan", json=plan, headers=relief),
            await report(desk, client, {"report": "ENDED"}, "relief"),
        ):
            assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_THERE")
        for answer in (
            await client.put(F2, json=plan, headers=reader),
            await client.delete(F1, headers=reader),
            await file(desk, client, "F2", a_plan(minutes=200), "relief", whose="south"),
        ):
            assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")
        for_another = await file(desk, client, "F2", a_plan(minutes=200), "north", whose="relief")
        assert for_another.status_code == 201
        assert (await seen(desk, client, "relief"))["F2"]["centre"] == "north-centre"
        taken = await file(desk, client, "F1", a_plan(minutes=300), "relief")
        assert (taken.status_code, taken.json()["reason"]) == (409, "ID_TAKEN")

    under_a_sky(story)


def test_a_repeated_request_has_the_same_answer_and_one_entry():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        client.headers["idempotency-key"] = "one-and-the-same"
        before = desk.decided
        first = await file(desk, client, "F1", a_plan())
        again = await file(desk, client, "F1", a_plan())
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert desk.decided == before + 1
        other = await file(desk, client, "F1", a_plan(level="F350"))
        assert (other.status_code, other.json()["reason"]) == (422, "COMMAND_ID_REUSED")

    under_a_sky(story)


def test_a_refusal_repeated_offers_the_same_again():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        await file(desk, client, "F1", a_plan())
        client.headers["idempotency-key"] = "one-and-the-same"
        first = await file(desk, client, "F2", a_plan(), "north")
        again = await file(desk, client, "F2", a_plan(), "north")
        assert first.json() == again.json()
        assert len(first.json()["alternatives"]) == 3

    under_a_sky(story)


@pytest.mark.parametrize(
    ("changed", "reason", "because"),
    [
        ({"corridor": "NOWHERE"}, "UNKNOWN_CORRIDOR", ["NOWHERE"]),
        ({"level": "F090"}, "LEVEL_OUTSIDE", ["EAST"]),
        ({"minutes": -200}, "TIME_PAST", []),
        ({"minutes": 60 * 24 * 40}, "TOO_FAR_AHEAD", []),
        ({"serving_centre": "NOBODY"}, "UNKNOWN_CENTRE", ["NOBODY"]),
        ({"joins": "F9"}, "UNKNOWN_FORMATION", ["F9"]),
        (
            {"route": (a_point(WEST, 60, corridor_id="EAST"), a_point((34.1, 33.0), 70))},
            "NOT_ON_CORRIDOR",
            ["EAST"],
        ),
        ({"route": (a_point(EAST, 60), a_point(EAST, 70))}, "BAD_GEOMETRY", ["0"]),
    ],
)
def test_a_plan_that_cannot_be_flown_is_refused_with_what_is_wrong(changed, reason: str, because: list[str]):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        refused = await file(desk, client, "F1", a_plan(**changed))
        assert refused.status_code in (409, 422)
        assert (refused.json()["reason"], refused.json().get("because", [])) == (reason, because)
        assert "alternatives" not in refused.json()

    under_a_sky(story)


@pytest.mark.requirement("THREATS 6")
def test_who_asks_in_vain_too_often_is_told_until_when_and_the_party_of_the_node_who():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        north = desk.bearer("north", CHIEF)
        terms = (await client.get("/api/terms", headers=north)).json()
        assert terms["given_up_max"] == GIVEN_UP_MAX
        await client.put("/api/terms", json=terms | {"given_up_max": 2}, headers=north)
        for _ in range(3):
            assert (await file(desk, client, "F1", a_plan())).status_code == 201
            assert (await client.delete(F1, headers=desk.bearer("south", FILER))).status_code == 200
        said = set()
        for language in phrases.LANGUAGES:
            headers = desk.bearer("south", FILER) | {"accept-language": language}
            refused = await client.put(F1, json={"plan": a_plan_json()}, headers=headers)
            problem = refused.json()
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")
            assert (problem["reason"], problem["limit"]) == ("LIMIT_REACHED", "given_up_max")
            assert (problem["free_at"], "because" in problem) == ("2026-11-22T13:00:00Z", False)
            assert "13:00Z" in problem["title"]
            said.add(problem["title"])
        assert len(said) == 4
        counted = {
            "count": 3,
            "count_max": 2,
            "since": "2026-11-22T12:00:00Z",
            "free_at": "2026-11-22T13:00:00Z",
        }
        for party, told in (("north", [{"party": "south", **counted}]), ("south", []), ("relief", [])):
            answer = await client.get("/api/picture", headers=desk.bearer(party, FILER))
            assert answer.json()["attempts"] == told

    under_a_sky(story)


def test_a_limit_is_named_as_the_terms_name_it_and_is_looked_up_as_no_id():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        north = desk.bearer("north", CHIEF)
        terms = (await client.get("/api/terms", headers=north)).json()
        for limit in ("provisional_max", "provisional_volume_time_max_s", "flights_max"):
            await client.put("/api/terms", json=terms | {limit: 0}, headers=north)
            refused = await file(desk, client, "F1", a_plan(), is_provisional=True)
            problem = refused.json()
            assert (refused.status_code, problem["limit"]) == (429, limit)
            assert limit in terms
            assert {"because", "causes", "free_at"}.isdisjoint(problem)
            assert "retry-after" not in refused.headers

    under_a_sky(story)
