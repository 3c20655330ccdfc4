"""What authorities coordinate, over HTTP: agreements, and what others ask of this one for their flights."""

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest

from mamarr import phrases
from mamarr.airspace.commitment import Counter, Reply
from mamarr.coordination import agreements
from mamarr.coordination.crossings import LapseCrossing
from mamarr.engine.orders import read
from mamarr.faults import Reason, Refusal
from mamarr.flights.errands import AgreementReady
from mamarr.geometry.altitude import filed_level
from mamarr.interop import coordination_messages
from mamarr.interop.problems import STATUS
from mamarr.names import Author
from mamarr.record.entries import entry_from_body
from mamarr.web.access import Scope
from mamarr.web.coordination_routes import COORDINATION_ROUTES
from mamarr.web.link_routes import LINK_ROUTES
from tests.airspace.boxes import NOON
from tests.engine.stories_of_neighbours import FIRST, NEXT, inside, request
from tests.flights.routes import NOON_MS, a_plan
from tests.web.neighbours import Neighbours, by_id, with_neighbours
from tests.web.node import Desk
from tests.web.skies import CHIEF, file
from tests.web.test_person_keys import enrolled, signature_header
from tests.web.wrong import AGREEMENT

OFFICER = frozenset({Scope.READ, Scope.COORDINATE})
CROSSINGS = "/api/crossings"


def answer_path(name: str) -> str:
    return f"/api/crossings/node-south/FLIGHT/{name}/{NOON_MS}/answer"


async def listed(client: httpx.AsyncClient, page: dict[str, str]) -> dict[str, dict[str, Any]]:
    answer = await client.get(CROSSINGS, headers=page)
    assert answer.status_code == 200, answer.text
    return by_id(answer.json()["crossings"], "object_id")


def test_every_reason_has_a_status():
    assert set(STATUS) == set(Reason)


def test_what_waits_is_told_with_who_asks_until_when_where_and_why_no_machine_accepted_it():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        late = request("S3", a_plan(minutes=17))
        desk.at(NOON + timedelta(minutes=10))
        await them.does(
            *them.south.says(request("S2", a_plan(minutes=1_060), party="")),
            *them.south.says(request("S1", a_plan(minutes=1_000, level="F380"))),
            *them.south.says(late),
        )
        desk.at(NOON + timedelta(minutes=12))
        seen = await listed(client, page)
        assert list(seen) == ["S1", "S2", "S3"]  # all are to be answered by the same moment
        first, second, third = seen.values()
        assert (first["asker"], first["node"], first["party"]) == ("south", "node-south", "south")
        assert first["crossing_id"] == f"node-south/S1/{NOON_MS}"
        assert (first["asked_at"], first["answer_by"]) == ("2026-11-22T12:10:00Z", "2026-11-22T12:20:00Z")
        assert (first["state"], first["revision"], first["is_waiting"]) == ("REQUESTED", 1, True)
        assert first["plan"]["identification"] == "EXA101"
        assert first["unmet"] == [{"condition_id": "north-1", "why": ["LEVELS"]}]
        assert [each["is_ours"] for each in first["parts"]] == [True, False]  # the border is at 33 E
        assert first["parts"][0]["region"]["level_lower"] == "F380"
        assert (second["party"], second["plan"]) == (None, None)
        assert second["unmet"] == [{"condition_id": "north-1", "why": ["CORRIDOR"]}]
        assert third["unmet"] == [{"condition_id": "north-1", "why": ["NOTICE"]}]

    with_neighbours(story)


def test_a_person_accepts_and_it_is_said_to_who_asked():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        await them.does(*them.south.says(request("S1", a_plan(minutes=1_000, level="F380"))))
        body = {"answer": "ACCEPT", "revision": 1}
        answer = await client.post(answer_path("S1"), json=body, headers=page)
        assert answer.status_code == 200, answer.text
        (seen,) = (await listed(client, page)).values()
        assert (seen["state"], seen["is_waiting"], seen["is_held"]) == ("ACCEPTED", False, True)
        assert (seen["lapses_at"], seen["answer_by"]) == ("2026-11-22T12:20:00Z", None)
        (said,) = [each for each in them.errands if getattr(each, "object_id", "") == "S1"]
        assert (said.reply, said.revision) == (Reply.ACCEPTED, 1)
        again = await client.post(answer_path("S1"), json=body, headers=page)
        assert (again.status_code, again.json()["reason"]) == (409, "WRONG_STATUS")

    with_neighbours(story)


def test_a_person_rejects_or_says_what_would_be_accepted():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        for number, name in enumerate(("S1", "S2")):
            await them.does(
                *them.south.says(request(name, a_plan(minutes=1_000 + 60 * number, level="F380")))
            )
        rejected = {"answer": "REJECT", "revision": 1}
        countered = {"answer": "COUNTER", "revision": 1, "later_s": 600.0, "level": "F350"}
        for name, body in (("S1", rejected), ("S2", countered)):
            answer = await client.post(answer_path(name), json=body, headers=page)
            assert answer.status_code == 200, answer.text
        assert await listed(client, page) == {}  # nothing is held for either
        first, second = [each for each in them.errands if getattr(each, "object_id", "").startswith("S")]
        assert (first.reply, first.reason) == (Reply.REJECTED, Reason.DECLINED)
        counter = Counter(later_ms=600_000, level=filed_level("F350"))
        assert (second.reply, second.counter) == (Reply.COUNTERED, counter)

    with_neighbours(story)


def test_what_came_too_late_or_is_in_the_way_is_refused_with_its_reason():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        await them.does(*them.south.says(request("S1", a_plan(minutes=1_000, level="F380"))))
        body = {"answer": "ACCEPT", "revision": 1}
        for name, sent, reason in (("S9", body, "NOT_THERE"), ("S1", body | {"revision": 2}, "WRONG_STATUS")):
            answer = await client.post(answer_path(name), json=sent, headers=page)
            assert answer.json()["reason"] == reason
        desk.at(NOON + timedelta(minutes=10))
        answer = await client.post(answer_path("S1"), json=body, headers=page)
        assert (answer.status_code, answer.json()["reason"]) == (409, "TIME_PAST")

    with_neighbours(story)


@pytest.mark.requirement("THREATS 2")
def test_only_a_person_of_the_authority_with_the_scope_answers():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await them.does(*them.south.says(request("S1", a_plan(minutes=1_000, level="F380"))))
        body = {"answer": "ACCEPT", "revision": 1}
        watch = desk.add("watch", scopes=frozenset(Scope) - {Scope.COORDINATE})
        stranger = desk.add("stranger", party="south")
        for who in (desk.bearer("north", CHIEF), desk.cookie(watch), desk.cookie(stranger)):
            answer = await client.post(answer_path("S1"), json=body, headers=who)
            assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")
        for path in (CROSSINGS, "/api/agreement"):
            for party in ("south", "relief"):
                answer = await client.get(path, headers=desk.bearer(party, CHIEF))
                assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")
        page = desk.cookie(desk.add(scopes=OFFICER))
        assert (await listed(client, page))["S1"]["is_waiting"]

    with_neighbours(story)


def test_of_two_persons_who_answer_at_once_one_wins_and_the_other_is_told():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        pages = [desk.cookie(desk.add(name, scopes=OFFICER)) for name in ("first", "second")]
        await them.does(*them.south.says(request("S1", a_plan(minutes=1_000, level="F380"))))
        path, size = answer_path("S1"), desk.store.size()
        bodies = ({"answer": "REJECT", "revision": 1}, {"answer": "ACCEPT", "revision": 1})
        answers = await asyncio.gather(
            *(
                client.post(path, json=body, headers=page | {"accept-language": "fr"})
                for page, body in zip(pages, bodies, strict=True)
            )
        )
        won, lost = sorted(answers, key=lambda each: each.status_code)
        assert (won.status_code, lost.status_code) == (200, 409)
        assert lost.json()["reason"] == "WRONG_STATUS"
        assert lost.json()["title"] == phrases.text("WRONG_STATUS", "fr")
        (said,) = [each for each in them.errands if getattr(each, "object_id", "") == "S1"]
        asked = (Reply.REJECTED, Reply.ACCEPTED)[answers.index(won)]
        assert said.reply is asked
        assert desk.store.size() == size + 2, "both answers are in the record"

    with_neighbours(story)


def test_who_answers_when_it_was_declined_for_want_of_an_answer_is_told_and_changes_nothing():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        await them.does(*them.south.says(request("S1", a_plan(minutes=1_000, level="F380"))))
        desk.at(NOON + timedelta(minutes=11))
        rule = Author(party="north", node="node-north", rule="lapse")
        name = f"node-south/S1/{NOON_MS}"
        (lapsed,) = await them.ask((rule, LapseCrossing(crossing_id=name, revision=1)))
        assert not isinstance(lapsed.outcome, Refusal), lapsed
        before = list(them.errands)
        for language in (*phrases.LANGUAGES, "tlh", "fr;q=0,ru;q=nan", ",;=", "x" * 8_000, b"\xff"):
            for body in ({"answer": "ACCEPT", "revision": 1}, {"answer": "REJECT", "revision": 1}):
                headers = httpx.Headers([*page.items(), ("accept-language", language)])
                answer = await client.post(answer_path("S1"), json=body, headers=headers)
                assert (answer.status_code, answer.json()["reason"]) == (409, "WRONG_STATUS")
                if language in phrases.LANGUAGES:
                    assert answer.json()["title"] == phrases.text("WRONG_STATUS", language)
        assert them.errands == before

    with_neighbours(story)


ODD_NUMBERS = ("-1", "1e3", "0x10", "1.0", "+1", " 1", "1_0", "\u0661", str(1 << 53), str(1 << 64), "9" * 400)


def test_a_moment_or_a_revision_that_is_none_is_named_and_nothing_is_recorded():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        await them.does(*them.south.says(request("S1", a_plan(minutes=1_000, level="F380"))))
        size, right = desk.store.size(), {"answer": "ACCEPT", "revision": 1}
        for odd in ODD_NUMBERS:
            path = f"/api/crossings/node-south/FLIGHT/S1/{quote(odd)}/answer"
            answer = await client.post(path, json=right, headers=page)
            if answer.status_code != 404:  # there is none of that moment
                (error,) = answer.json()["errors"]
                assert (answer.status_code, error["at"]) == (400, "path:filed"), odd
            body = b'{"answer": "ACCEPT", "revision": 7' + odd.encode() + b"}"
            answer = await client.post(answer_path("S1"), content=body, headers=page)
            assert answer.status_code == 400 or answer.json().get("reason") == "WRONG_STATUS", (
                odd,
                answer.text,
            )
        for kind in ("RESERVATION", "flight", "AREA", "%00"):
            path = answer_path("S1").replace("FLIGHT", kind)
            assert (await client.post(path, json=right, headers=page)).status_code in (400, 404)
        assert (await listed(client, page))["S1"]["is_waiting"]
        assert desk.store.size() - size <= 2 * len(ODD_NUMBERS) + 4

    with_neighbours(story)


@pytest.mark.requirement("THREATS 6")
def test_who_may_not_see_it_gets_the_same_bytes_whether_anything_is_there_or_not():
    seen: list[list[tuple[int, bytes]]] = []

    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        if seen:
            await them.does(*them.south.says(request("S1", a_plan(minutes=1_000, level="F380"))))
        body = {"answer": "ACCEPT", "revision": 1}
        found = []
        for party in ("south", "east", "relief"):
            who = desk.cookie(desk.add(f"person-{party}", party=party, scopes=frozenset(Scope)))
            for path in (CROSSINGS, "/api/agreement", "/api/links"):
                answer = await client.get(path, headers=who)
                found.append((answer.status_code, answer.content))
            answer = await client.post(answer_path("S1"), json=body, headers=who)
            found.append((answer.status_code, answer.content))
        assert {status for status, _ in found} == {403}
        assert not any(name in said for _, said in found for name in (b"S1", b"node-", b"south", b"east"))
        seen.append(found)

    with_neighbours(story)
    with_neighbours(story)
    assert seen[0] == seen[1]


@pytest.mark.requirement("THREATS 2")
def test_a_scope_less_than_a_route_needs_opens_nothing_of_it():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await them.does(*them.south.says(request("S1", a_plan(minutes=1_000, level="F380"))))
        size = desk.store.size()
        for number, route in enumerate((*COORDINATION_ROUTES, *LINK_ROUTES)):
            path = answer_path("S1") if "{" in route.path else route.path
            less = frozenset(Scope) - {route.scope}
            page = desk.cookie(desk.add(f"person-{number}", scopes=less))
            for who, status in ((page, 403), ({}, 401), ({"authorization": "Bearer x"}, 401)):
                answer = await client.request(route.method, path, headers=who, content=b"{}")
                assert answer.status_code == status, (route.path, answer.text)
                assert b"S1" not in answer.content
        assert desk.store.size() == size

    with_neighbours(story)


@pytest.mark.requirement("THREATS 2")
def test_an_answer_carries_the_signature_of_a_person_who_has_a_key():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add())
        key = await enrolled(client, page)
        await them.does(*them.south.says(request("S1", a_plan(minutes=1_000, level="F380"))))
        body = {"answer": "COUNTER", "revision": 1, "later_s": 60.5, "level": "F350"}
        command = {
            "type": "counter-crossing",
            "crossing_id": f"node-south/S1/{NOON_MS}",
            "revision": 1,
            "counter": {"later_ms": 60_500, "level": {"kind": "F", "number": 350}},
        }
        headers = page | {"idempotency-key": "counter-1"}
        wrong = signature_header(key, key.act("counter-1", command | {"revision": 2}))
        answer = await client.post(answer_path("S1"), json=body, headers=headers | wrong)
        assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_SIGNED")
        right = signature_header(key, key.act("counter-1", command))
        answer = await client.post(answer_path("S1"), json=body, headers=headers | right)
        assert answer.status_code == 200, answer.text
        last = [entry_from_body(row.sequence, row.body) for row in desk.store.rows()][-1]
        assert read(last).order.signature.key_id == key.key_id

    with_neighbours(story)


# --- agreements -------------------------------------------------------------------------------------------


def as_json(value: agreements.Agreement) -> dict[str, Any]:
    return msgspec.json.decode(msgspec.json.encode(coordination_messages.agreement_message(value)))


async def proposed(
    desk: Desk, client: httpx.AsyncClient, page: dict[str, str], key: Any, body: dict[str, Any], name: str
) -> httpx.Response:
    """The answer to a proposal, signed as it is read back."""
    read_back = await client.post("/api/agreement/reading", json=body, headers=page)
    assert read_back.status_code == 200, read_back.text
    act = msgspec.json.decode(read_back.json()["command"])
    headers = page | signature_header(key, key.act(name, act)) | {"idempotency-key": name}
    return await client.post("/api/agreement/proposal", json=body, headers=headers)


@pytest.mark.parametrize("value", [FIRST, NEXT])
def test_an_agreement_comes_back_as_it_was_said(value: agreements.Agreement):
    message = coordination_messages.agreement_message(value)
    reading = coordination_messages.shares_reading(message)
    assert not reading.findings
    found = coordination_messages.agree(message, reading).agreement
    ordered = tuple(sorted(value.members, key=lambda each: each.party))
    assert found == msgspec.structs.replace(value, members=ordered)


def test_who_lists_members_and_shares_otherwise_agrees_on_the_same():
    body = as_json(FIRST)
    turned = {**body, "members": body["members"][::-1]}
    turned["shares"] = {**body["shares"], "features": body["shares"]["features"][::-1]}
    without_contacts = [{**each, "contact": None} for each in body["members"]]

    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add())
        digests = set()
        for each in (body, turned, {**body, "members": without_contacts}):
            answer = await client.post("/api/agreement/reading", json=each, headers=page)
            digests.add(answer.json()["digest"])
        assert len(digests) == 1

    with_neighbours(story, is_agreed=False)


@pytest.mark.requirement("THREATS 2")
def test_an_agreement_is_proposed_by_a_persons_signature_and_in_force_when_all_have_it():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add())
        key = await enrolled(client, page)
        body = as_json(NEXT)
        unsigned = await client.post(
            "/api/agreement/proposal", json=body, headers=page | {"idempotency-key": "propose-0"}
        )
        assert (unsigned.status_code, unsigned.json()["reason"]) == (403, "NOT_SIGNED")
        program = await client.post("/api/agreement/proposal", json=body, headers=desk.bearer("north", CHIEF))
        assert (program.status_code, program.json()["reason"]) == (403, "NOT_YOURS")
        done = await proposed(desk, client, page, key, body, "propose-1")
        assert done.status_code == 200, done.text

        async def stands() -> dict[str, Any]:
            return (await client.get("/api/agreement", headers=page)).json()

        found = await stands()
        assert found["in_force"]["agreement"]["edition"] == 1
        (edition,) = found["proposed"]
        digest = edition["digest"]
        assert (edition["agreement"]["edition"], edition["ready"]) == (2, ["north"])
        ready = AgreementReady(digest=digest)
        await them.does(*them.south.says(ready))
        assert (await stands())["proposed"][0]["ready"] == ["north", "south"]
        await them.does(*them.east.says(ready))
        found = await stands()
        assert (found["in_force"]["digest"], found["proposed"]) == (digest, [])
        assert found["in_force"]["ready"] == ["east", "north", "south"]
        again = await proposed(desk, client, page, key, body, "propose-2")
        assert (again.status_code, again.json()["reason"]) == (409, "AGREED")

    with_neighbours(story)


def test_why_an_agreement_is_refused_is_said_in_four_languages():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add())
        key = await enrolled(client, page)
        strangers = {
            **AGREEMENT,
            "members": [AGREEMENT["members"][0], {"party": "west", "node": "node-west"}],
        }
        titles = set()
        for number, language in enumerate(phrases.LANGUAGES):
            headers = page | {"accept-language": language}
            answer = await proposed(desk, client, headers, key, strangers, f"propose-{number}")
            said = answer.json()
            assert (answer.status_code, said["reason"], said["because"]) == (409, "UNKNOWN_PARTY", ["west"])
            titles.add(said["title"])
        assert len(titles) == 4

    with_neighbours(story, is_agreed=False)


def test_a_flight_that_others_cannot_be_asked_for_is_refused_with_its_reason():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        answer = await file(desk, client, "F1", a_plan(minutes=200), "north", is_provisional=True)
        assert (answer.status_code, answer.json()["reason"]) == (409, "OTHER_AUTHORITY")
        answer = await file(desk, client, "F2", inside(600), "north")
        assert answer.status_code == 201

    with_neighbours(story)
