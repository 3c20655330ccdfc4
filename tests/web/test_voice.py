"""Answers by telephone over HTTP: entered by a person, shown as what they are, signed or disputed."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mamarr.airspace.commitment import Counter, Reply
from mamarr.airspace.occupancy import Kind
from mamarr.faults import Reason
from mamarr.flights.errands import VoiceClaim
from mamarr.flights.flights import File
from mamarr.geometry.altitude import filed_level
from mamarr.interop import coordination_messages
from mamarr.interop.coordination_messages import VoiceAnswerMessage
from mamarr.interop.wire import decoded
from mamarr.web.access import Scope
from tests.airspace.boxes import NOON
from tests.engine.stories_of_neighbours import DIGEST, NORTH, request, wanted
from tests.flights.routes import NOON_MS, a_plan
from tests.web.neighbours import Neighbours, by_id, with_neighbours
from tests.web.node import Desk
from tests.web.skies import FILER, file, seen
from tests.web.test_person_keys import enrolled, signature_header

PATH = "/api/asked/FLIGHT/F1/voice"
SPOKEN = {
    "authority": "south",
    "revision": 1,
    "answer": "ACCEPTED",
    "spoken_at": "2026-11-22T12:05:00Z",
    "spoken_by": "Officer Selin of south",
    "entered_by": "Officer Noor of north",
    "read_back": "EXA101, FL330, 15:20 to 16:40, as filed",
}


async def filed(desk: Desk, client: httpx.AsyncClient) -> dict[str, str]:
    """F1 waits for south, two minutes after it was filed; the headers of an officer's page."""
    desk.at(NOON + timedelta(minutes=4))
    answer = await file(desk, client, "F1", a_plan(minutes=200), "north")
    assert answer.json()["asked_of"] == ["south"], answer.text
    desk.at(NOON + timedelta(minutes=6))
    return desk.cookie(desk.add())


async def enter(client: httpx.AsyncClient, page: dict[str, str], **changed: Any) -> httpx.Response:
    return await client.post(PATH, json={**SPOKEN, **changed}, headers=page)


async def standing(desk: Desk, client: httpx.AsyncClient) -> dict[str, Any]:
    return (await seen(desk, client, "north"))["F1"]


@pytest.mark.requirement("THREATS 9")
def test_what_was_said_by_telephone_is_shown_as_voice_unsigned_and_never_as_coordinated():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = await filed(desk, client)
        answer = await enter(client, page)
        assert answer.status_code == 200, answer.text
        flight = await standing(desk, client)
        said = flight["coordination"]
        assert (flight["stage"], said["is_by_voice"], said["until"]) == ("PROVISIONAL", True, None)
        (south,) = said["authorities"]
        assert (south["state"], south["is_confirmed"]) == ("ACCEPTED", False)
        assert south["voice"] == {
            "state": "UNSIGNED",
            "spoken_at": "2026-11-22T12:05:00Z",
            "spoken_by": SPOKEN["spoken_by"],
            "entered_by": SPOKEN["entered_by"],
            "read_back": SPOKEN["read_back"],
        }
        await them.does(*them.south.says(them.reply("F1", Reply.COUNTERSIGNED)))
        flight = await standing(desk, client)
        (south,) = flight["coordination"]["authorities"]
        assert (flight["stage"], flight["coordination"]["is_by_voice"]) == ("COORDINATED", False)
        assert (south["is_confirmed"], south["voice"]["state"]) == (True, "SIGNED")

    with_neighbours(story)


def test_what_is_disputed_is_given_up_and_says_why():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await enter(client, await filed(desk, client))
        await them.does(*them.south.says(them.reply("F1", Reply.DISPUTED, reason=Reason.SAID_OTHERWISE)))
        said = (await standing(desk, client))["coordination"]
        (south,) = said["authorities"]
        assert (said["is_given_up"], south["state"]) == (True, "REJECTED")
        assert (south["voice"]["state"], south["reason"]) == ("DISPUTED", "SAID_OTHERWISE")

    with_neighbours(story)


def test_what_was_proposed_instead_by_telephone_is_shown():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = await filed(desk, client)
        answer = await enter(client, page, answer="COUNTERED", later_s=1_800, level="F350")
        assert answer.status_code == 200, answer.text
        (south,) = (await standing(desk, client))["coordination"]["authorities"]
        assert (south["state"], south["counter"]) == ("COUNTERED", {"later_s": 1800.0, "level": "F350"})
        assert south["voice"]["state"] == "UNSIGNED"

    with_neighbours(story)


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"authority": "South!"}, "$.authority"),
        ({"revision": 0}, "$.revision"),
        ({"answer": "CONFIRMED"}, "$.answer"),
        ({"answer": "ACCEPTED", "level": "F350"}, "$"),
        ({"answer": "COUNTERED"}, "$"),
        ({"answer": "COUNTERED", "level": "high"}, "$.level"),
        ({"spoken_at": "just now"}, "$.spoken_at"),
        ({"spoken_by": ""}, "$.spoken_by"),
        ({"spoken_by": None}, "$.spoken_by"),
        ({"entered_by": "two\nlines"}, "$.entered_by"),
        ({"read_back": "r" * 1_001}, "$.read_back"),
        ({"read_back": "turned \u202e round"}, "$.read_back"),
        ({"overheard_by": "nobody"}, "$.overheard_by"),
    ],
)
def test_each_field_that_is_wrong_is_named(changed: dict[str, Any], at: str):
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = await filed(desk, client)
        size = desk.store.size()
        answer = await enter(client, page, **changed)
        assert answer.status_code == 400, answer.text
        assert [each["at"] for each in answer.json()["errors"]] == [at]
        assert desk.store.size() == size

    with_neighbours(story)


@pytest.mark.parametrize(
    ("changed", "status", "reason"),
    [
        ({"authority": "west"}, 409, "UNKNOWN_PARTY"),
        ({"revision": 2}, 409, "WRONG_STATUS"),
        ({"spoken_at": "2026-11-22T12:06:01Z"}, 409, "TIME_IMPLAUSIBLE"),
        ({"spoken_at": "2026-11-22T12:02:59Z"}, 409, "TIME_IMPLAUSIBLE"),
    ],
)
def test_what_cannot_have_been_said_is_refused_and_says_why(
    changed: dict[str, Any], status: int, reason: str
):
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = await filed(desk, client)
        answer = await enter(client, page, **changed)
        assert (answer.status_code, answer.json()["reason"]) == (status, reason)
        again = await enter(client, page)
        assert again.status_code == 200
        twice = await enter(client, page)
        assert (twice.status_code, twice.json()["reason"]) == (409, "WRONG_STATUS")
        elsewhere = await client.post("/api/asked/FLIGHT/F9/voice", json=SPOKEN, headers=page)
        assert (elsewhere.status_code, elsewhere.json()["reason"]) == (404, "NOT_THERE")

    with_neighbours(story)


def test_a_program_enters_nothing_and_a_person_signs_with_a_key():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = await filed(desk, client)
        program = desk.bearer("north", (Scope.READ, Scope.COORDINATE))
        answer = await client.post(PATH, json=SPOKEN, headers=program)
        assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")
        key = await enrolled(client, page, "officer")
        message = decoded(
            VoiceAnswerMessage,
            b'{"authority":"south","revision":1,"answer":"ACCEPTED",'
            b'"spoken_at":"2026-11-22T12:05:00Z","spoken_by":"Officer Selin of south",'
            b'"entered_by":"Officer Noor of north","read_back":"as filed"}',
        )
        command = coordination_messages.enter_voice("FLIGHT", "F1", message)
        act = {
            "type": "enter-voice",
            "kind": "FLIGHT",
            "object_id": "F1",
            "revision": 1,
            "authority": "south",
            "reply": "ACCEPTED",
            "spoken_at_ms": NOON_MS + 300_000,
            "spoken_by": command.spoken_by,
            "entered_by": command.entered_by,
            "read_back": "as filed",
        }
        headers = (
            page
            | {"idempotency-key": "by-telephone-1"}
            | signature_header(key, key.act("by-telephone-1", act))
        )
        answer = await client.post(PATH, json={**SPOKEN, "read_back": "as filed"}, headers=headers)
        assert answer.status_code == 200, answer.text

    with_neighbours(story)


@pytest.mark.requirement("THREATS 6")
def test_persons_are_named_to_the_nodes_own_party_alone():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        desk.at(NOON + timedelta(minutes=4))
        await them.does((NORTH, File(flight_id="F1", plan=a_plan(minutes=200), party="south")))
        desk.at(NOON + timedelta(minutes=6))
        assert (await enter(client, desk.cookie(desk.add()))).status_code == 200
        for party, names in (("north", True), ("south", False)):
            answer = await client.get("/api/picture", headers=desk.bearer(party, FILER))
            assert ("F1" in answer.text) is True
            for text in (SPOKEN["spoken_by"], SPOKEN["entered_by"], SPOKEN["read_back"]):
                assert (text in answer.text) is names, (party, text)
        relief = await client.get("/api/picture", headers=desk.bearer("relief", FILER))
        assert "UNSIGNED" not in relief.text

    with_neighbours(story)


# --- where it was answered --------------------------------------------------------------------------------

CLAIM = VoiceClaim(
    object_id="S1",
    filed_ms=NOON_MS,
    revision=1,
    digest=DIGEST,
    content=wanted(a_plan(minutes=1_000)),
    reply=Reply.ACCEPTED,
    spoken_at_ms=NOON_MS + 60_000,
    spoken_by="Officer Noor of north",
    read_back="as asked for",
)
ANSWER = f"/api/crossings/node-south/FLIGHT/S1/{NOON_MS}/claim"


async def crossing(desk: Desk, client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/crossings", headers=desk.bearer("north", FILER))
    return by_id(answer.json()["crossings"], "object_id")["S1"]


def test_a_claim_is_shown_first_and_is_signed_not_answered():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await them.does(*them.south.says(CLAIM))
        found = await crossing(desk, client)
        assert (found["is_waiting"], found["is_held"], found["lapses_at"]) == (False, True, None)
        assert len(found["parts"]) > 0
        claim = found["claim"]
        assert (claim["answer"], claim["state"], claim["is_open"]) == ("ACCEPTED", "OPEN", True)
        assert (claim["spoken_by"], claim["read_back"]) == ("Officer Noor of north", "as asked for")
        page = desk.cookie(desk.add())
        ordinary = await client.post(
            ANSWER.replace("/claim", "/answer"), json={"answer": "ACCEPT", "revision": 1}, headers=page
        )
        assert (ordinary.status_code, ordinary.json()["reason"]) == (409, "WRONG_STATUS")
        body = {"answer": "COUNTERSIGN", "revision": 1}
        program = desk.bearer("north", (Scope.READ, Scope.COORDINATE))
        assert (await client.post(ANSWER, json=body, headers=program)).json()["reason"] == "NOT_YOURS"
        answer = await client.post(ANSWER, json=body, headers=page)
        assert answer.status_code == 200, answer.text
        found = await crossing(desk, client)
        assert (found["state"], found["is_held"], found["claim"]["state"]) == (
            "ACCEPTED",
            True,
            "COUNTERSIGNED",
        )
        again = await client.post(ANSWER, json=body, headers=page)
        assert (again.status_code, again.json()["reason"]) == (409, "WRONG_STATUS")

    with_neighbours(story)


def test_what_conflicts_is_not_countersigned_and_says_with_what():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await them.does(*them.south.says(request("S0", a_plan(minutes=1_000))), *them.south.says(CLAIM))
        page = desk.cookie(desk.add())
        answer = await client.post(ANSWER, json={"answer": "COUNTERSIGN", "revision": 1}, headers=page)
        assert (answer.status_code, answer.json()["reason"]) == (409, "CONFLICT")
        assert answer.json()["because"] == [f"node-south/S0/{NOON_MS}"]
        body = {"answer": "DISPUTE", "revision": 1, "reason": "NOT_SAID"}
        answer = await client.post(ANSWER, json=body, headers=page)
        assert answer.status_code == 200, answer.text
        (word,) = [each for each in them.errands if getattr(each, "reply", None) is Reply.DISPUTED]
        assert word.reason is Reason.NOT_SAID
        because = await client.post(ANSWER, json={**body, "reason": "WHY_NOT"}, headers=page)
        assert because.status_code == 400

    with_neighbours(story)


def test_a_claim_of_a_proposal_says_which():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        word = VoiceClaim(
            object_id="S1",
            filed_ms=NOON_MS,
            revision=1,
            digest=DIGEST,
            content=wanted(a_plan(minutes=1_000)),
            reply=Reply.COUNTERED,
            counter=Counter(later_ms=600_000, level=filed_level("F310")),
            spoken_at_ms=NOON_MS,
            kind=Kind.FLIGHT,
        )
        await them.does(*them.south.says(word))
        claim = (await crossing(desk, client))["claim"]
        assert (claim["answer"], claim["counter"]) == ("COUNTERED", {"later_s": 600.0, "level": "F310"})
        assert (claim["spoken_by"], claim["read_back"]) == (None, None)

    with_neighbours(story)
