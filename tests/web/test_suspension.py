"""An agreement is suspended over HTTP, by two persons; and what the page and refusals say of it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mamarr import phrases
from mamarr.airspace.commitment import Reply
from mamarr.flights.errands import CrossingWithdrawal, SuspensionTold
from mamarr.web.access import Scope
from tests.airspace.boxes import NOON
from tests.engine.stories_of_neighbours import confirm, request
from tests.engine.stories_of_suspension import tells, withdraws
from tests.flights.routes import NOON_MS, a_plan
from tests.web.authenticators import PersonsKey
from tests.web.neighbours import Neighbours, by_id, with_neighbours
from tests.web.node import Desk
from tests.web.skies import CHIEF, as_json, file
from tests.web.test_person_keys import enrolled, signature_header
from tests.web.wrong import SUSPENSION

SUSPENDED = "/api/agreement/suspension"
OFFICER = frozenset({Scope.READ, Scope.FILE, Scope.COORDINATE})
WITHDRAWAL = f"/api/crossings/node-south/FLIGHT/S1/{NOON_MS}/withdrawal"


def signed(
    page: dict[str, str], key: PersonsKey, command_id: str, kind: str, said: dict[str, Any] = SUSPENSION
) -> dict[str, str]:
    signature = key.act(command_id, {"type": kind, **said})
    return page | signature_header(key, signature) | {"idempotency-key": command_id}


class Two:
    """Two persons of north, each with a key."""

    def __init__(self, client: httpx.AsyncClient, pages: Any, keys: Any) -> None:
        self.client, self.pages, self.keys, self.count = client, pages, keys, 0

    async def asks(self, who: int, path: str, said: dict[str, Any] = SUSPENSION) -> httpx.Response:
        kind = "approve-suspension" if path.endswith("approval") else "propose-suspension"
        self.count += 1
        headers = signed(self.pages[who], self.keys[who], f"suspension-{self.count}", kind, said)
        return await self.client.post(path, json=said, headers=headers)

    async def do(self, change: str = "SUSPEND") -> None:
        said = {**SUSPENSION, "change": change}
        for who, path in ((0, SUSPENDED), (1, f"{SUSPENDED}/approval")):
            answer = await self.asks(who, path, said)
            assert answer.status_code == 200, answer.text


async def two(desk: Desk, client: httpx.AsyncClient) -> Two:
    pages = desk.cookie(desk.add()), desk.cookie(desk.add("second"))
    keys = await enrolled(client, pages[0]), await enrolled(client, pages[1], "second")
    return Two(client, pages, keys)


@pytest.mark.requirement("THREATS 2")
def test_an_agreement_is_suspended_by_two_persons_each_with_a_key_of_their_own():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        persons = await two(desk, client)
        approval = f"{SUSPENDED}/approval"
        unsigned = await client.post(SUSPENDED, json=SUSPENSION, headers=persons.pages[0])
        assert (unsigned.status_code, unsigned.json()["reason"]) == (403, "NOT_SIGNED")
        nothing = await persons.asks(1, approval)
        assert (nothing.status_code, nothing.json()["reason"]) == (404, "NOT_THERE")
        assert (await persons.asks(0, SUSPENDED)).status_code == 200
        waits = {**SUSPENSION, "asked_at": "2026-11-22T12:00:00Z", "until": "2026-11-23T12:00:00Z"}
        for who, is_mine in ((0, True), (1, False)):
            seen = (await client.get("/api/agreement", headers=persons.pages[who])).json()
            assert (seen["asked"], seen["suspensions"]) == ({**waits, "mine": is_mine}, [])
        alone = await persons.asks(0, approval)
        assert (alone.status_code, alone.json()["reason"]) == (403, "SECOND_PERSON_NEEDED")
        other = await persons.asks(1, approval, {**SUSPENSION, "reason": "Something else."})
        assert other.json()["reason"] == "NOT_THERE"
        assert (await persons.asks(1, approval)).status_code == 200
        seen = (await client.get("/api/agreement", headers=persons.pages[0])).json()
        (one,) = seen["suspensions"]
        assert (one["party"], one["since"], one["reason"]) == (
            "north",
            "2026-11-22T12:00:00Z",
            SUSPENSION["reason"],
        )
        assert (one["message"], seen["asked"]) == (None, None)
        assert any(isinstance(each, SuspensionTold) for each in them.errands)

    with_neighbours(story)


@pytest.mark.requirement("THREATS 2")
def test_a_program_and_another_party_suspend_nothing():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        for headers, reason in (
            (desk.bearer("north", CHIEF), "NOT_YOURS"),
            (desk.bearer("south", CHIEF), "NOT_YOURS"),
            (desk.cookie(desk.add("clerk", scopes=OFFICER)), None),
        ):
            answer = await client.post(SUSPENDED, json=SUSPENSION, headers=headers)
            assert answer.status_code == 403, answer.text
            assert reason is None or answer.json()["reason"] == reason
        visitor = desk.cookie(desk.add("visitor", party="south"))
        key = await enrolled(client, visitor, "visitor")
        headers = signed(visitor, key, "suspension-1", "propose-suspension")
        answer = await client.post(SUSPENDED, json=SUSPENSION, headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")
        assert them.desk.runtime.decider.projection.suspended() is None

    with_neighbours(story)


@pytest.mark.parametrize("language", phrases.LANGUAGES)
def test_what_needs_another_authority_is_refused_in_the_askers_language_and_the_rest_is_not(language: str):
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await them.does(*them.south.says(tells(1, is_suspended=True, minutes=0)))
        desk_headers = desk.bearer("north", CHIEF) | {"accept-language": language}
        body = {"plan": as_json(a_plan(minutes=200))}
        answer = await client.put("/api/flights/F7", json=body, headers=desk_headers)
        said = answer.json()
        assert (answer.status_code, said["reason"], said["because"]) == (
            409,
            "AGREEMENT_SUSPENDED",
            ["south"],
        )
        assert said["title"] == phrases.text("AGREEMENT_SUSPENDED", language)

    with_neighbours(story)


def test_the_picture_says_who_suspended_since_when_and_by_which_message():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        desk.at(NOON + timedelta(minutes=3))
        await them.does(*them.south.says(tells(1, is_suspended=True, minutes=1)))
        (one,) = (await client.get("/api/picture", headers=page)).json()["suspensions"]
        assert (one["party"], one["since"], one["decided_at"]) == (
            "south",
            "2026-11-22T12:03:00Z",
            "2026-11-22T12:01:00Z",
        )
        assert one["message_state"] == "RECEIVED"
        shown = await client.post(
            "/api/messages/presented", json={"messages": [one["message"]]}, headers=page
        )
        assert shown.status_code == 200, shown.text
        (one,) = (await client.get("/api/picture", headers=page)).json()["suspensions"]
        assert one["message_state"] == "PRESENTED"
        other = desk.cookie(desk.add("visitor", party="south", scopes=OFFICER))
        assert (await client.get("/api/picture", headers=other)).json()["suspensions"] == []

    with_neighbours(story)


def test_a_person_withdraws_by_name_with_notice_and_the_row_says_so():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        persons = await two(desk, client)
        page = desk.cookie(desk.add("clerk", scopes=OFFICER))
        await them.does(
            *them.south.says(request("S1", a_plan(minutes=1_000))), *them.south.says(confirm("S1"))
        )

        async def row() -> dict[str, Any]:
            seen = (await client.get("/api/crossings", headers=page)).json()["crossings"]
            return by_id(seen, "object_id")["S1"]

        assert (await row())["withdrawable"] is None
        body = {"revision": 1, "from_time": "2026-11-22T13:00:00Z"}
        early = await client.post(WITHDRAWAL, json=body, headers=page)
        assert (early.status_code, early.json()["reason"]) == (409, "WRONG_STATUS")
        await persons.do()
        assert ((await row())["withdrawable"], (await row())["withdrawn_from"]) == (1, None)
        soon = body | {"from_time": "2026-11-22T12:29:59Z"}
        refused = await client.post(WITHDRAWAL, json=soon, headers=page)
        assert (refused.status_code, refused.json()["reason"]) == (409, "NOTICE_UNFIT")
        visitor = desk.cookie(desk.add("visitor", party="south", scopes=OFFICER))
        for headers in (desk.bearer("north", CHIEF), desk.bearer("south", CHIEF), visitor):
            other = await client.post(WITHDRAWAL, json=body, headers=headers)
            assert (other.status_code, other.json()["reason"]) == (403, "NOT_YOURS")
        done = await client.post(WITHDRAWAL, json=body, headers=page)
        assert done.status_code == 200, done.text
        seen = await row()
        assert (seen["withdrawable"], seen["withdrawn_from"], seen["is_held"]) == (
            None,
            "2026-11-22T13:00:00Z",
            True,
        )
        (told,) = (each for each in them.errands if isinstance(each, CrossingWithdrawal))
        assert told.object_id == "S1"

    with_neighbours(story)


def test_a_flight_whose_acceptance_is_withdrawn_is_marked_and_then_not_coordinated():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        answer = await file(desk, client, "F7", a_plan(minutes=200), "north")
        assert answer.status_code in (200, 201), answer.text
        for said in (Reply.ACCEPTED, Reply.CONFIRMED):
            await them.does(*them.south.says(them.reply("F7", said)))
        coordination = desk.runtime.decider.projection.flights.get("F7").coordination
        word = withdraws(coordination.said_as, 0, 60)
        await them.does(*them.south.says(word))

        async def at_south() -> tuple[dict[str, Any], dict[str, Any]]:
            flights = (await client.get("/api/picture", headers=page)).json()["flights"]
            known = by_id(flights, "flight_id")["F7"]["coordination"]
            return known, by_id(known["authorities"], "authority")["south"]

        known, south = await at_south()
        assert (south["state"], south["withdrawn_from"]) == ("ACCEPTED", "2026-11-22T13:00:00Z")
        desk.at(NOON + timedelta(minutes=61))
        await them.tidies()
        known, south = await at_south()
        assert (known["is_given_up"], south["state"], south["reason"], south["withdrawn_from"]) == (
            True,
            "REJECTED",
            "AGREEMENT_SUSPENDED",
            None,
        )

    with_neighbours(story)
