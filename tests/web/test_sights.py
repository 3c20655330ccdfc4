"""What persons saw of what other authorities say, over HTTP: reported by a page, and by nobody else."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mamarr import phrases
from mamarr.airspace.commitment import Reply
from mamarr.coordination import MessageState
from mamarr.flights.errands import AlertTold, FlightState
from mamarr.flights.flights import File
from mamarr.names import AlertType
from mamarr.surveillance.alerts import ClearAlert, RaiseAlert
from mamarr.web.access import Scope
from tests.airspace.boxes import NOON
from tests.engine.stories_of_neighbours import NORTH, request, wanted
from tests.engine.stories_of_presenting import LIVE
from tests.engine.test_watch import measured
from tests.flights.routes import NOON_MS, a_plan
from tests.web.neighbours import Neighbours, by_id, with_neighbours
from tests.web.node import Desk

OFFICER = frozenset({Scope.READ, Scope.COORDINATE, Scope.WATCH})
PRESENTED, ACKNOWLEDGED = "/api/messages/presented", "/api/messages/acknowledged"
TOLD = f"/api/told-alerts/node-south/S1/{NOON_MS}/CLAM/acknowledgement"


def asked(name: str = "S1") -> Any:
    """South asks for a flight at a level that no standard condition of north's allows."""
    return request(name, a_plan(minutes=1_000, level="F380"))


def warned(number: int = 1, **how: bool) -> AlertTold:
    """South warns of S1."""
    return AlertTold(
        object_id="S1", filed_ms=NOON_MS, alert=AlertType.CLAM, number=number, raised_ms=NOON_MS, **how
    )


async def picture(client: httpx.AsyncClient, page: dict[str, str]) -> dict[str, Any]:
    answer = await client.get("/api/picture", headers=page)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def row(client: httpx.AsyncClient, page: dict[str, str], name: str = "S1") -> dict[str, Any]:
    return by_id((await picture(client, page))["crossings"], "object_id")[name]


def test_a_row_names_its_message_and_is_presented_once_to_a_person():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        await them.does(*them.south.says(asked()))
        shown = await row(client, page)
        assert shown["message_state"] == "RECEIVED"
        body = {"messages": [shown["message"]]}
        answer = await client.post(PRESENTED, json=body, headers=page)
        assert answer.status_code == 200, answer.text
        (one,) = answer.json()["messages"]
        assert (one["message"], one["reason"]) == (shown["message"], None)
        assert one["receipt"]
        message = desk.runtime.decider.projection.messages.get(shown["message"])
        assert (message.state, message.presented_to) == (MessageState.PRESENTED, "officer")
        again = await client.post(PRESENTED, json=body, headers=page)
        assert again.json()["messages"][0]["reason"] is None
        assert (await row(client, page))["message_state"] == "PRESENTED"
        answer = await client.post(ACKNOWLEDGED, json={"message": shown["message"]}, headers=page)
        assert answer.status_code == 200, answer.text
        assert (await row(client, page))["message_state"] == "ACKNOWLEDGED"

    with_neighbours(story)


def test_what_was_told_of_a_flight_is_a_row_of_the_newest_word():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        content = wanted(a_plan(minutes=1_000, level="F380"))
        keys = []
        for number in (1, 2):
            word = FlightState(
                object_id="S1", filed_ms=NOON_MS, number=number, is_airborne=True, content=content
            )
            await them.does(*them.south.says(word))
            keys.append((await row(client, page))["message"])
        assert len(set(keys)) == 2
        answer = await client.post(PRESENTED, json={"messages": keys}, headers=page)
        assert [each["reason"] for each in answer.json()["messages"]] == [None, None]

    with_neighbours(story)


@pytest.mark.parametrize("language", phrases.LANGUAGES)
def test_a_program_has_no_eyes_and_is_told_so(language: str):
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await them.does(*them.south.says(asked()), *them.south.says(warned()))
        headers = desk.bearer("north", tuple(OFFICER)) | {"accept-language": language}
        key = "node-south/INCOMING/COORDINATION/0"
        for path, body in (
            (PRESENTED, {"messages": [key]}),
            (ACKNOWLEDGED, {"message": key}),
            (TOLD, {"number": 1}),
        ):
            answer = await client.post(path, json=body, headers=headers)
            assert (answer.status_code, answer.json()["reason"]) == (403, "PERSON_NEEDED")
            assert answer.json()["title"] == phrases.text("PERSON_NEEDED", language)
        assert desk.runtime.decider.projection.messages.get(key).state is MessageState.RECEIVED

    with_neighbours(story)


def test_who_can_do_nothing_about_it_does_not_count_as_having_been_shown_it():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await them.does(*them.south.says(asked()))
        key = "node-south/INCOMING/COORDINATION/0"
        reader = desk.cookie(desk.add("reader", scopes=frozenset({Scope.READ})))
        answer = await client.post(PRESENTED, json={"messages": [key]}, headers=reader)
        assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")

    with_neighbours(story)


def test_of_several_rows_each_is_answered_for_itself():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        await them.does(*them.south.says(asked()))
        await them.does(*them.south.says(asked("S2"), valid_ms=20 * 60_000))
        desk.at(NOON + timedelta(minutes=20))
        keys = [f"node-south/INCOMING/COORDINATION/{at}" for at in (0, 1, 7)]
        headers = page | {"idempotency-key": "one-for-all-of-them"}
        answer = await client.post(PRESENTED, json={"messages": keys}, headers=headers)
        found = [each["reason"] for each in answer.json()["messages"]]
        assert found == [None, "TIME_PAST", "NOT_THERE"]

    with_neighbours(story)


@pytest.mark.parametrize(
    ("path", "body", "at"),
    [
        (PRESENTED, {"messages": []}, "$.messages"),
        (PRESENTED, {"messages": ["node-south/INCOMING/BULK/1"] * 101}, "$.messages"),
        (PRESENTED, {"messages": ["node-south/INCOMING/BULK/1", "S1"]}, "$.messages[1]"),
        (PRESENTED, {"messages": ["node-south/OUTGOING/BULK/1"]}, "$.messages[0]"),
        (PRESENTED, {"messages": ["node-south/INCOMING/BULK/01"]}, "$.messages[0]"),
        (PRESENTED, {"message": "node-south/INCOMING/BULK/1"}, "$.message"),
        (ACKNOWLEDGED, {"message": "node-south/INCOMING/BULK/x"}, "$.message"),
        (TOLD, {"number": 0}, "$.number"),
        (TOLD.replace("CLAM", "STCA"), {"number": 1}, "path:alert"),
        (TOLD.replace(f"{NOON_MS}", "noon"), {"number": 1}, "path:filed"),
    ],
)
def test_what_cannot_be_read_is_told(path: str, body: dict[str, Any], at: str):
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        answer = await client.post(path, json=body, headers=page)
        assert (answer.status_code, answer.json()["errors"][0]["at"]) == (400, at)

    with_neighbours(story)


# --- alerts -----------------------------------------------------------------------------------------------


def test_an_alert_of_another_authority_is_shown_acknowledged_and_goes_when_it_is_over():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        await them.does(*them.south.says(asked()), *them.south.says(warned(is_recorded=True)))
        (alert,) = (await picture(client, page))["alerts_told"]
        assert (alert["authority"], alert["alert"], alert["identification"]) == ("south", "CLAM", "EXA101")
        assert (alert["number"], alert["is_over"], alert["is_recorded"]) == (1, False, True)
        assert (alert["state"], alert["acknowledged_at"]) == ("RECEIVED", None)
        answer = await client.post(PRESENTED, json={"messages": [alert["message"]]}, headers=page)
        assert answer.json()["messages"][0]["reason"] is None
        answer = await client.post(TOLD, json={"number": alert["number"]}, headers=page)
        assert answer.status_code == 200, answer.text
        (alert,) = (await picture(client, page))["alerts_told"]
        assert (alert["state"], alert["acknowledged_by"]) == ("ACKNOWLEDGED", "officer")
        await them.does(*them.south.says(warned(2, is_over=True)))
        assert (await picture(client, page))["alerts_told"] == []

    with_neighbours(story)


def test_an_alert_told_is_for_the_nodes_own_party_and_names_nobody_who_is_not_told():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        hidden = request("S1", a_plan(minutes=1_000, level="F380"), party="")
        await them.does(*them.south.says(hidden), *them.south.says(warned()))
        (alert,) = (await picture(client, desk.cookie(desk.add(scopes=OFFICER))))["alerts_told"]
        assert alert["identification"] is None
        assert (await picture(client, desk.bearer("south", (Scope.READ,))))["alerts_told"] == []

    with_neighbours(story)


def test_the_row_of_an_own_flight_and_of_its_alert_say_how_far_each_word_came():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        await them.does((NORTH, File(flight_id="F1", plan=a_plan(minutes=200))))
        flight = by_id((await picture(client, page))["flights"], "flight_id")["F1"]
        (south,) = flight["coordination"]["authorities"]
        assert south["said"] is None, "it is not sent"
        await them.sends_all()
        assert await said_of_flight(client, page) == ("SENT", "2026-11-22T12:00:00Z")
        await them.does(them.receives())
        assert await said_of_flight(client, page) == ("RECEIVED", None)
        await them.does(them.saw(0, MessageState.PRESENTED, NOON_MS + 60_000))
        assert await said_of_flight(client, page) == ("PRESENTED", "2026-11-22T12:01:00Z")
        await them.does(*them.south.says(them.reply("F1", Reply.ACCEPTED)))
        assert (await said_of_flight(client, page))[0] == "PRESENTED"

        seen = RaiseAlert(kind=AlertType.RAMHD, subject="F1", measured=measured())
        await them.does((LIVE, seen))
        assert (await own_alert(client, page))["told"] == []
        await them.tidies()
        await them.sends_all()
        assert [each["state"] for each in (await own_alert(client, page))["told"]] == ["SENT"]
        await them.does(them.receives())
        (told,) = (await own_alert(client, page))["told"]
        assert told == {"authority": "south", "state": "RECEIVED", "at": None}
        await them.does((LIVE, ClearAlert(kind=AlertType.RAMHD, subject="F1")))
        await them.tidies()
        assert [each.is_over for each in them.errands if isinstance(each, AlertTold)] == [True]

    with_neighbours(story)


async def said_of_flight(client: httpx.AsyncClient, page: dict[str, str]) -> tuple[str, str | None]:
    flight = by_id((await picture(client, page))["flights"], "flight_id")["F1"]
    (south,) = flight["coordination"]["authorities"]
    return south["said"]["state"], south["said"]["at"]


async def own_alert(client: httpx.AsyncClient, page: dict[str, str]) -> dict[str, Any]:
    (alert,) = (await picture(client, page))["alerts"]
    return alert
