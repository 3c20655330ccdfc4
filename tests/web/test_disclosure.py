"""Two persons decide what one party may learn of another."""

from typing import Any

import httpx
import pytest

from tests.web.authenticators import PersonsKey
from tests.web.node import Desk, at_a_desk
from tests.web.test_person_keys import enrolled, signature_header

PAIR = "/api/disclosure/south/relief"
RULE = {"flights": "VOLUME", "reservations": "NOTHING"}
SAID = {"owner": "south", "viewer": "relief", **RULE}


def signed(page: dict[str, str], key: PersonsKey, command_id: str, kind: str) -> dict[str, str]:
    signature = key.act(command_id, {"type": kind, "rule": SAID})
    return page | signature_header(key, signature) | {"idempotency-key": command_id}


@pytest.mark.requirement("THREATS 2")
def test_a_rule_needs_two_persons_each_with_a_key_of_their_own():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        one, two = desk.cookie(desk.add()), desk.cookie(desk.add("second"))
        first, second = await enrolled(client, one), await enrolled(client, two, "second")

        async def propose(headers: dict[str, str]) -> httpx.Response:
            return await client.put(PAIR, json=RULE, headers=headers)

        async def approve(headers: dict[str, str]) -> httpx.Response:
            return await client.post(f"{PAIR}/approval", json=RULE, headers=headers)

        unsigned = await propose(one | {"idempotency-key": "propose-0"})
        assert (unsigned.status_code, unsigned.json()["reason"]) == (403, "NOT_SIGNED")
        other = signed(one, first, "propose-1", "approve-disclosure")
        assert (await propose(other)).json()["reason"] == "NOT_SIGNED", "another act was signed"
        done = await propose(signed(one, first, "propose-2", "propose-disclosure"))
        assert done.status_code == 200, done.json()
        alone = await approve(signed(one, first, "approve-1", "approve-disclosure"))
        assert (alone.status_code, alone.json()["reason"]) == (403, "SECOND_PERSON_NEEDED")
        done = await approve(signed(two, second, "approve-2", "approve-disclosure"))
        assert done.status_code == 200, done.json()
        decided = desk.runtime.decider.projection.disclosures.get("south.relief")
        assert decided.rule.flights == "VOLUME"

    at_a_desk(story)


@pytest.mark.requirement("THREATS 2")
def test_who_may_decide_sees_what_holds_what_waits_and_whether_it_is_their_own():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        one, two = desk.cookie(desk.add()), desk.cookie(desk.add("second"))
        first, second = await enrolled(client, one), await enrolled(client, two, "second")

        async def seen(page: dict[str, str]) -> dict[str, Any]:
            answer = await client.get("/api/disclosure", headers=page)
            assert answer.status_code == 200, answer.json()
            return answer.json()

        assert await seen(one) == {
            "defaults": {"flights": "EXISTENCE", "reservations": "IDENTITY"},
            "pairs": [],
        }
        await client.put(PAIR, json=RULE, headers=signed(one, first, "propose-1", "propose-disclosure"))
        waits = {"owner": "south", "viewer": "relief", "in_force": None, "proposed": RULE}
        assert (await seen(one))["pairs"] == [{**waits, "mine": True}]
        assert (await seen(two))["pairs"] == [{**waits, "mine": False}]
        agree = signed(two, second, "approve-1", "approve-disclosure")
        await client.post(f"{PAIR}/approval", json=RULE, headers=agree)
        holds = {"owner": "south", "viewer": "relief", "in_force": RULE, "proposed": None, "mine": False}
        assert (await seen(one))["pairs"] == [holds]
        foreign = desk.cookie(desk.add("visitor", party="south"))
        answer = await client.get("/api/disclosure", headers=foreign)
        assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")
        program = desk.bearer("south", ("mamarr.administer",))
        answer = await client.get("/api/disclosure", headers=program)
        assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")

    at_a_desk(story)


def test_a_program_decides_nothing_about_disclosure():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        program = desk.bearer("north", ("mamarr.administer",))
        answer = await client.put(PAIR, json=RULE, headers=program)
        assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")

    at_a_desk(story)
