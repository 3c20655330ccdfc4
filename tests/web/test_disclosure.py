"""Two persons decide what one party may learn of another."""

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


def test_a_program_decides_nothing_about_disclosure():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        program = desk.bearer("north", ("mamarr.administer",))
        answer = await client.put(PAIR, json=RULE, headers=program)
        assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")

    at_a_desk(story)
