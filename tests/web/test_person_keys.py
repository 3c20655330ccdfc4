"""Persons' keys, the acts they sign, and the second person."""

import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.engine.orders import read
from mamarr.faults import Unavailable, WireError
from mamarr.interop.access_messages import act_signature, canonical
from mamarr.names import Mode
from mamarr.record import Entry
from mamarr.record.entries import entry_from_body
from mamarr.web.access import Scope, Why
from mamarr.web.access.accounts import Account, MemoryAccounts, PersonKey
from mamarr.web.access.acts import (
    NEEDS_SECOND_PERSON,
    PENDING_LIFETIME,
    PENDING_MAX,
    PENDING_PERSON_MAX,
    Act,
    Pending,
    PendingActs,
    is_signed,
    signed_bytes,
)
from tests.airspace.boxes import NOON
from tests.web.authenticators import PersonsKey
from tests.web.node import NODE, Desk, at_a_desk

KEYS = "/api/person-keys"
RESTORE = "/api/restore/confirmation"
CONFIRM = {"type": "confirm-restore"}


def test_what_is_signed_is_these_bytes():
    message = signed_bytes(node_id="node-north", mode=Mode.EXERCISE, command_id="c-1", command=CONFIRM)
    assert message == (
        b'mamarr act 1\n{"command":{"type":"confirm-restore"},"command_id":"c-1",'
        b'"mode":"EXERCISE","node_id":"node-north"}'
    )


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
)


@given(values)
def test_the_canonical_form_says_the_value_and_does_not_depend_on_order(value: Any):
    encoded = canonical(value)
    assert json.loads(encoded) == value
    assert canonical(json.loads(encoded)) == encoded

    def turned(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: turned(part[key]) for key in reversed(part)}
        return [turned(each) for each in part] if isinstance(part, list) else part

    assert canonical(turned(value)) == encoded


@pytest.mark.parametrize(
    "value", [1.5, 2**53, -(2**53), {1: 2}, {"é": 1}, [0.0], b"x", {"a": {"b": object()}}]
)
def test_what_python_and_javascript_write_differently_has_no_canonical_form(value: Any):
    with pytest.raises(ValueError, match=r"canonical|ASCII"):
        canonical(value)


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519"])
def test_a_signature_holds_for_its_bytes_and_its_key_alone(algorithm: str):
    key, other, message = PersonsKey(algorithm), PersonsKey(algorithm), b"mamarr act 1\n{}"
    signature = key.sign(message)

    def holds(message: bytes = message, signature: bytes = signature, key: PersonsKey = key) -> bool:
        return is_signed(message, signature, algorithm=key.algorithm, public_key=key.public_key)

    assert holds()
    assert not holds(message=message + b" ")
    assert not holds(key=other)
    flipped = bytes([signature[0] ^ 1]) + signature[1:]
    for wrong in (b"", signature[:-1], signature + b"x", bytes(64), b"\xff" * 64, flipped):
        assert not holds(signature=wrong)
    for public_key in (b"", bytes(len(key.public_key)), key.public_key[:-1], b"\x04" + b"\xff" * 64):
        assert not is_signed(message, signature, algorithm=algorithm, public_key=public_key)


def test_the_table_of_acts_is_the_designs():
    assert {str(act) for act in Act} == {
        "acknowledge",
        "sign",
        "suspend",
        "disclose",
        "key-change",
        "inhibit",
        "confirm-restore",
    }
    assert {str(act) for act in NEEDS_SECOND_PERSON} == {"suspend", "disclose", "key-change", "inhibit"}


@pytest.mark.parametrize(
    "header",
    ["", "x", "key:", ":AA==", f"{'k' * 22}:***", f"{'k' * 22}:{'A' * 85}=", f"{'k' * 22} {'A' * 86}=="],
)
def test_a_header_that_is_no_signature_is_told_so(header: str):
    with pytest.raises(WireError, match="Mamarr-Act-Signature"):
        act_signature(header)


def signature_header(key: PersonsKey, signature: bytes) -> dict[str, str]:
    return {"mamarr-act-signature": f"{key.key_id}:{base64.b64encode(signature).decode()}"}


async def enrolled(client: httpx.AsyncClient, page: dict[str, str], person_id: str = "officer") -> PersonsKey:
    key = PersonsKey()
    answer = await client.post(KEYS, json=key.enrolment(person_id), headers=page)
    assert answer.json() == {"key_id": key.key_id, "act_id": None}
    return key


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519"])
def test_the_first_key_of_a_person_counts_at_once(algorithm: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        page, key = desk.cookie(desk.add()), PersonsKey(algorithm)
        for _ in range(2):  # asked again after silence: the same answer, the same key
            answer = await client.post(KEYS, json=key.enrolment("officer"), headers=page)
            assert answer.json() == {"key_id": key.key_id, "act_id": None}
        mine = (await client.get(KEYS, headers=page)).json()
        assert (mine["person"], [each["key_id"] for each in mine["keys"]]) == ("officer", [key.key_id])

    at_a_desk(story)


def test_a_key_without_proof_that_one_has_it_is_refused():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        page, key, other = desk.cookie(desk.add()), PersonsKey(), PersonsKey()
        for wrong in (
            key.enrolment("other"),
            key.enrolment("officer", node_id="node-south"),
            key.enrolment("officer", mode=Mode.LIVE),
            key.enrolment("officer") | {"public_key": other.enrolment("officer")["public_key"]},
            key.enrolment("officer") | {"algorithm": "Ed25519"},
            key.enrolment("officer") | {"proof": "AA"},
        ):
            answer = await client.post(KEYS, json=wrong, headers=page)
            assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_SIGNED"), wrong
        assert desk.people.accounts.of_person("officer").person_keys == ()

    at_a_desk(story)


@pytest.mark.requirement("THREATS 2")
def test_what_is_declined_waits_no_more_and_only_ones_own_party_can_decline_it():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        asker, second = desk.cookie(desk.add()), desk.cookie(desk.add("second"))
        stranger = desk.cookie(desk.add("stranger", party="south"))
        await enrolled(client, asker)
        helping, new = await enrolled(client, second, "second"), PersonsKey()
        act_id = await asked_second_key(client, asker, new)
        signed = signature_header(helping, helping.act(act_id, new.said("officer", "key-change")))

        async def declined(page: dict[str, str]) -> str:
            answer = await client.delete(f"{KEYS}/{act_id}", headers=page)
            return "done" if answer.status_code == 200 else str(answer.json()["reason"])

        assert await declined(stranger) == "NOT_THERE"
        assert await declined(second) == "done"
        assert await declined(second) == "NOT_THERE"
        assert desk.people.accounts.acts() == {}, "nor after a restart"
        answer = await client.post(f"{KEYS}/{act_id}/approval", headers=second | signed)
        assert answer.json()["reason"] == "NOT_THERE", "it can be approved no more"
        assert len(desk.people.accounts.of_person("officer").person_keys) == 1
        act_id = await asked_second_key(client, asker, new)
        assert await declined(asker) == "done", "whoever asked may take it back"

    at_a_desk(story)


async def asked_second_key(
    client: httpx.AsyncClient, page: dict[str, str], key: PersonsKey, person_id: str = "officer"
) -> str:
    answer = (await client.post(KEYS, json=key.enrolment(person_id), headers=page)).json()
    assert answer["key_id"] == key.key_id
    return str(answer["act_id"])


@pytest.mark.requirement("THREATS 2")
def test_a_further_key_counts_when_a_second_person_of_the_party_signs_for_it():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        asker, second = desk.cookie(desk.add()), desk.cookie(desk.add("second"))
        stranger = desk.cookie(desk.add("stranger", party="south"))
        first = await enrolled(client, asker)
        helping = await enrolled(client, second, "second")
        foreign = await enrolled(client, stranger, "stranger")
        new = PersonsKey()
        act_id = await asked_second_key(client, asker, new)
        (waits,) = (await client.get(KEYS, headers=second)).json()["pending"]
        assert (waits["act_id"], waits["asked_by"], waits["mine"]) == (act_id, "officer", False)
        command = new.said("officer", "key-change")
        assert json.loads(waits["command"]) == command
        assert (await client.get(KEYS, headers=stranger)).json()["pending"] == []

        async def approved(page: dict[str, str], key: PersonsKey, signature: bytes, at: str = act_id) -> str:
            headers = page | signature_header(key, signature)
            answer = await client.post(f"{KEYS}/{at}/approval", headers=headers)
            return "done" if answer.status_code == 200 else str(answer.json()["reason"])

        right = helping.act(act_id, command)
        assert await approved(asker, first, first.act(act_id, command)) == "SECOND_PERSON"
        assert await approved(asker, new, new.act(act_id, command)) == "SECOND_PERSON"
        assert await approved(asker, helping, right) == "SECOND_PERSON"
        assert await approved(stranger, foreign, foreign.act(act_id, command)) == "NOT_THERE"
        assert await approved(second, helping, right, "another-act-id") == "NOT_THERE"
        other = command | {"person": "second"}
        for wrong in (
            helping.act("other-id", command),
            helping.act(act_id, other),
            first.act(act_id, command),
        ):
            assert await approved(second, helping, wrong) == "NOT_SIGNED"
        assert await approved(second, first, first.act(act_id, command)) == "NOT_SIGNED"
        assert len(desk.people.accounts.of_person("officer").person_keys) == 1, "nobody alone suffices"
        assert await approved(second, helping, right) == "done"
        assert await approved(second, helping, right) == "NOT_THERE"
        keys = desk.people.accounts.of_person("officer").person_keys
        assert [key.key_id for key in keys] == [first.key_id, new.key_id]

    at_a_desk(story)


def test_the_same_key_asked_for_again_waits_once():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        page, key = desk.cookie(desk.add()), PersonsKey()
        await enrolled(client, page)
        assert await asked_second_key(client, page, key) == await asked_second_key(client, page, key)
        assert len((await client.get(KEYS, headers=page)).json()["pending"]) == 1

    at_a_desk(story)


def test_a_withdrawn_key_signs_nothing_and_does_not_come_back():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        page = desk.cookie(desk.add())
        key = await enrolled(client, page)
        account = desk.people.accounts.of_person("officer")
        (kept,) = account.person_keys
        withdrawn = msgspec.structs.replace(kept, withdrawn_at=NOON)
        desk.people.accounts.put(account.changed(person_keys=(withdrawn,)))
        again = await client.post(KEYS, json=key.enrolment("officer"), headers=page)
        assert (again.status_code, again.json()["reason"]) == (403, "NOT_SIGNED")
        headers = page | confirmation(key)
        assert (await client.post(RESTORE, headers=headers)).json()["reason"] == "NOT_SIGNED"
        await enrolled(client, page)

    at_a_desk(story)


def confirmation(key: PersonsKey, command_id: str = "confirm-0001", **other: Any) -> dict[str, str]:
    signature = key.act(command_id, other.pop("command", CONFIRM), **other)
    return signature_header(key, signature) | {"idempotency-key": command_id}


@pytest.mark.requirement("THREATS 2")
def test_a_restore_is_confirmed_with_a_signature_that_the_record_keeps():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        desk.runtime.decider.projection.hold("COPIED")
        page = desk.cookie(desk.add())
        key, other = await enrolled(client, page), PersonsKey()
        for wrong in (
            {"idempotency-key": "confirm-0001"},
            confirmation(other),
            confirmation(key, node_id="node-south"),
            confirmation(key, mode=Mode.LIVE),
            confirmation(key, command={"type": "reserve"}),
            confirmation(key) | {"idempotency-key": "confirm-0002"},
            {name: value for name, value in confirmation(key).items() if name != "idempotency-key"},
        ):
            answer = await client.post(RESTORE, headers=page | wrong)
            assert (answer.status_code, answer.json()["reason"]) in (
                (403, "NOT_SIGNED"),
                (400, "BAD_REQUEST"),
            ), wrong
        assert desk.decided == 0
        assert desk.runtime.is_read_only()
        answer = await client.post(RESTORE, headers=page | confirmation(key))
        assert answer.status_code == 200
        assert not desk.runtime.is_read_only()
        order = read(last_entry(desk)).order
        message = signed_bytes(node_id=NODE, mode=Mode.EXERCISE, command_id=order.command_id, command=CONFIRM)
        kept = order.signature
        assert kept.public_key == key.public_key
        assert is_signed(message, kept.signature, algorithm=kept.algorithm, public_key=kept.public_key)

    at_a_desk(story)


def test_a_program_and_a_session_without_an_account_have_no_keys():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        desk.add("program-of-north")  # a program may have a person's name, and is none
        headers = desk.bearer("north", tuple(Scope))
        assert (await client.get(KEYS, headers=headers)).json()["reason"] == "NO_ACCOUNT"
        enrolment = PersonsKey().enrolment("program-of-north")
        assert (await client.post(KEYS, json=enrolment, headers=headers)).status_code == 403

    at_a_desk(story)


def last_entry(desk: Desk) -> Entry:
    """The newest entry of the log."""
    row = list(desk.store.rows())[-1]
    return entry_from_body(row.sequence, row.body)


# What waits


def waiting(act_id: str, asked_by: str = "officer", at_s: int = 0) -> Pending:
    asked_at = NOON + timedelta(seconds=at_s)
    return Pending(
        act_id=act_id, act=Act.INHIBIT, party="north", asked_by=asked_by, asked_at=asked_at, command={}
    )


def test_what_waits_lapses():
    acts = PendingActs(MemoryAccounts())
    assert acts.ask(waiting("a"), NOON) is None
    assert acts.find("a", "north", NOON + PENDING_LIFETIME - timedelta(seconds=1)) is not None
    assert acts.find("a", "south", NOON) is None
    assert acts.find("a", "north", NOON + PENDING_LIFETIME) is None


def test_what_waits_is_there_after_a_restart_and_what_was_done_or_lapsed_is_not():
    store = MemoryAccounts()
    acts = PendingActs(store)
    for number, name in enumerate(("b", "a", "c")):
        acts.ask(waiting(name, at_s=number), NOON)
    acts.done("a")
    assert [each.act_id for each in PendingActs(store).of_party("north", NOON)] == ["b", "c"]
    assert PendingActs(store).of_party("north", NOON + PENDING_LIFETIME) == (waiting("c", at_s=2),)
    assert list(store.acts()) == ["c"]
    store.keep_act("c", b"{")
    with pytest.raises(Unavailable, match="damaged"):
        PendingActs(store)


def test_what_waits_is_bounded_for_each_person_and_in_all():
    acts = PendingActs(MemoryAccounts())
    answers = [acts.ask(waiting(f"a{number}"), NOON) for number in range(PENDING_PERSON_MAX + 1)]
    assert answers == [None] * PENDING_PERSON_MAX + [Why.TOO_MANY_PENDING]
    answers = [acts.ask(waiting(f"b{number}", f"p{number}"), NOON) for number in range(PENDING_MAX)]
    assert answers.count(None) == PENDING_MAX - PENDING_PERSON_MAX


def test_a_closed_account_approves_nothing():
    acts, key = PendingActs(MemoryAccounts()), PersonsKey()
    acts.ask(waiting("a"), NOON)
    mine = PersonKey(key_id=key.key_id, algorithm="ES256", public_key=key.public_key, added_at=NOON)
    second = Account(
        person_id="second", party="north", display_name="S", scopes=frozenset(), person_keys=(mine,)
    )
    message = b"mamarr act 1\n{}"
    signed = {"key_id": key.key_id, "message": message, "signature": key.sign(message), "now": NOON}
    assert acts.approve("a", second.changed(is_disabled=True), **signed) == Why.NOT_SIGNED
    assert acts.approve("a", second, **signed) == waiting("a")
