"""What waits for a second person outlives hard kills of the node, and is done once."""

import signal
from pathlib import Path
from typing import Any

import pytest

from mamarr.names import Mode
from mamarr.node.warming import warm
from tests.node.served import ServedNode, added, founded
from tests.web.authenticators import PersonsKey
from tests.web.test_person_keys import KEYS, signature_header

PLACE: dict[str, Any] = {"node_id": "north-1", "mode": Mode.EXERCISE}
PAIR = "/api/disclosure/south/relief"
RULE = {"flights": "VOLUME", "reservations": "NOTHING"}
SAID = {"owner": "south", "viewer": "relief", **RULE}
CHIEFS = ("chief", "deputy")


def signed(key: PersonsKey, command_id: str, command: dict[str, Any]) -> dict[str, str]:
    signature = key.act(command_id, command, **PLACE)
    return signature_header(key, signature) | {"idempotency-key": command_id}


def enrolled(node: ServedNode, person: str) -> PersonsKey:
    key = PersonsKey()
    with node.signed_in(person) as client:
        answer = client.post(KEYS, json=key.enrolment(person, **PLACE))
    assert answer.json() == {"key_id": key.key_id, "act_id": None}
    return key


@pytest.mark.slow
@pytest.mark.requirement("THREATS 2")
def test_acts_that_wait_outlive_two_hard_kills_and_are_done_once(tmp_path: Path):
    warm()
    config = founded(tmp_path / "node")
    for person in CHIEFS:
        added(config.parent, person, "mamarr.read", "mamarr.administer")
    node = ServedNode(config)
    try:
        keys, new = {person: enrolled(node, person) for person in CHIEFS}, PersonsKey()
        propose = signed(keys["chief"], "propose-1", {"type": "propose-disclosure", "rule": SAID})
        with node.signed_in("chief") as client:
            act_id = client.post(KEYS, json=new.enrolment("chief", **PLACE)).json()["act_id"]
            assert client.put(PAIR, json=RULE, headers=propose).status_code == 200
        for _ in range(2):
            node = killed_and_started(node, config)
            with node.signed_in("deputy") as client:
                (waits,) = client.get(KEYS).json()["pending"]
            assert (waits["act_id"], waits["asked_by"]) == (act_id, "chief")
        approve = signed(keys["deputy"], act_id, new.said("chief", "key-change"))
        agree = signed(keys["deputy"], "approve-1", {"type": "approve-disclosure", "rule": SAID})
        with node.signed_in("deputy") as client:
            assert client.post(f"{KEYS}/{act_id}/approval", headers=approve).status_code == 200
            first = client.post(f"{PAIR}/approval", json=RULE, headers=agree)
            assert first.status_code == 200, first.text
        node = killed_and_started(node, config)
        with node.signed_in("deputy") as client:
            assert client.get(KEYS).json()["pending"] == []
            again = client.post(f"{KEYS}/{act_id}/approval", headers=approve)
            assert (again.status_code, again.json()["reason"]) == (404, "NOT_THERE")
            assert client.post(f"{PAIR}/approval", json=RULE, headers=agree).json() == first.json()
        with node.signed_in("chief") as client:
            mine = [key["key_id"] for key in client.get(KEYS).json()["keys"]]
        assert mine == [keys["chief"].key_id, new.key_id]
    finally:
        node.end(signal.SIGKILL)


def killed_and_started(node: ServedNode, config: Path) -> ServedNode:
    assert node.end(signal.SIGKILL) == -signal.SIGKILL
    return ServedNode(config)
