"""Signing in with a password or a passkey, over HTTP."""

import logging
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mamarr import phrases
from mamarr.interop.access_messages import in_base64url
from mamarr.node.runtime import utc_now
from mamarr.web.access import SESSION_LIFETIME, Why
from mamarr.web.access.passkeys import CHALLENGE_LIFETIME, CHALLENGES_MAX, Passkeys, user_handle
from mamarr.web.access.passwords import HASHER, WAITING_MAX
from mamarr.web.access.throttles import FREE_PAIR_COUNT
from mamarr.web.calls import WHY_STATUS
from tests.airspace.boxes import NOON
from tests.web.authenticators import PRESENT, VERIFIED, Authenticator
from tests.web.node import HOST, NODE, Desk, at_a_desk

PASSWORD = "correct horse battery"
ORIGIN = {"origin": f"http://{HOST}"}


async def signed_in(client: httpx.AsyncClient, **said: str) -> httpx.Response:
    return await client.post(
        "/api/sign-in", json={"name": "officer", "password": PASSWORD} | said, headers=ORIGIN
    )


def test_a_person_signs_in_and_out():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        desk.add(password=PASSWORD)
        opened = await signed_in(client, name=" Officer")
        assert (opened.status_code, opened.json()["person"]) == (200, "officer")
        assert opened.json()["has_account"] is True
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        secret = client.cookies[f"mamarr-{NODE}"]
        assert (await client.get("/api/picture")).status_code == 200
        assert (await client.post("/api/sign-out", headers=ORIGIN)).status_code == 200
        assert (await client.get("/api/picture")).status_code == 401
        stolen = {"cookie": f"mamarr-{NODE}={secret}"}
        assert (await client.get("/api/picture", headers=stolen)).status_code == 401
        assert desk.decided == 0, "signing in is nothing for the record"

    at_a_desk(story)


def test_a_new_sign_in_in_the_same_browser_ends_the_session_before():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        desk.add(password=PASSWORD)
        await signed_in(client)
        before = {"cookie": f"mamarr-{NODE}={client.cookies[f'mamarr-{NODE}']}"}
        await signed_in(client)
        client.cookies.clear()
        assert (await client.get("/api/picture", headers=before)).status_code == 401

    at_a_desk(story)


def test_whoever_is_not_let_in_is_told_the_same_whatever_the_cause():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        desk.add(password=PASSWORD)
        desk.add("closed", password=PASSWORD, is_disabled=True)
        desk.add("without")
        answers = [
            await signed_in(client, **said)
            for said in (
                {"password": "wrong horse battery"},
                {"name": "closed"},
                {"name": "without"},
                {"name": "nobody"},
                {"name": "x" * 64},
            )
        ]
        assert {(each.status_code, each.text) for each in answers} == {(401, answers[0].text)}
        assert answers[0].json()["reason"] == "SIGN_IN_REFUSED"
        assert "set-cookie" not in answers[0].headers

    at_a_desk(story)


def test_an_unknown_name_costs_as_much_as_a_wrong_password():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        desk.add(password_hash=HASHER.hash(PASSWORD))
        calls: list[str] = []
        verify = desk.people.passwords.is_right

        async def counted(password: str, password_hash: str | None) -> bool:
            began_s = time.process_time()
            answer = await verify(password, password_hash)
            calls.append("long" if time.process_time() - began_s > 0.02 else "short")
            return answer

        desk.people.passwords.is_right = counted
        for name in ("officer", "nobody"):
            await signed_in(client, name=name, password="wrong horse battery")
        assert calls == ["long", "long"]

    at_a_desk(story)


def test_guessing_is_slowed_down_and_said_how_long():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        desk.add(password=PASSWORD)
        frozen = utc_now()
        desk.runtime.now = lambda: frozen
        for _ in range(FREE_PAIR_COUNT):
            assert (await signed_in(client, password="wrong horse battery")).status_code == 401
        slowed = await signed_in(client)
        assert (slowed.status_code, slowed.json()["reason"]) == (429, "TOO_MANY_TRIES")
        assert slowed.headers["retry-after"] == "1"
        assert "Wait 1 s" in slowed.json()["title"]

    at_a_desk(story)


def test_too_many_who_wait_are_told_to_come_back():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        desk.add(password=PASSWORD)
        desk.people.passwords._waiting = WAITING_MAX
        assert (await signed_in(client)).status_code == 503
        desk.people.passwords._waiting = 0
        assert (await signed_in(client)).status_code == 200
        assert desk.people.passwords._waiting == 0

    at_a_desk(story)


def test_a_password_is_changed_by_who_knows_the_old_one_and_ends_other_sessions():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        elsewhere = desk.cookie(desk.add(password=PASSWORD))
        await signed_in(client)
        for said, status in (
            ({"old": "wrong horse battery", "new": "another long phrase"}, 401),
            ({"old": PASSWORD, "new": "short"}, 400),
            ({"old": PASSWORD, "new": "an officer password"}, 400),
            ({"old": PASSWORD, "new": "another long phrase"}, 200),
        ):
            answer = await client.post("/api/password", json=said, headers=ORIGIN)
            assert answer.status_code == status, said
        assert (await client.get("/api/picture")).status_code == 200
        client.cookies.clear()
        assert (await client.get("/api/picture", headers=elsewhere)).status_code == 401
        assert (await signed_in(client)).status_code == 401
        assert (await signed_in(client, password="another long phrase")).status_code == 200

    at_a_desk(story)


def test_an_account_that_is_closed_loses_its_open_sessions():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        account = desk.add()
        page = desk.cookie(account)
        assert (await client.get("/api/picture", headers=page)).status_code == 200
        desk.people.accounts.put(account.changed(is_disabled=True))
        assert (await client.get("/api/picture", headers=page)).status_code == 401

    at_a_desk(story)


@pytest.mark.requirement("THREATS 13")
def test_a_session_that_ended_by_time_is_told_apart_from_none():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        caller = desk.add().caller()
        secret = desk.sessions.begin(caller, utc_now() - SESSION_LIFETIME)
        for headers, reason in (
            ({"cookie": f"mamarr-{NODE}={secret}"}, "SESSION_ENDED"),
            ({"cookie": f"mamarr-{NODE}=unknown"}, "UNAUTHENTICATED"),
        ):
            answer = await client.get("/api/picture", headers=headers)
            assert (answer.status_code, answer.json()["reason"]) == (401, reason)

    at_a_desk(story)


def test_every_way_to_be_turned_away_has_words_in_every_language():
    assert set(WHY_STATUS) == set(Why)
    for why in Why:
        assert len({phrases.text(why, language, wait_s="7") for language in phrases.LANGUAGES}) == 4


@pytest.mark.requirement("THREATS 12")
def test_no_secret_is_logged(caplog: pytest.LogCaptureFixture):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        caplog.set_level(logging.DEBUG)
        desk.add(password=PASSWORD)
        await signed_in(client)
        await signed_in(client, password="wrong horse battery")
        bearer = desk.bearer("north")
        await client.get("/api/picture", headers=bearer)
        await client.get("/api/picture", headers={"authorization": bearer["authorization"] + "x"})
        await client.get("/api/sign-in/oidc/callback?code=the-code&state=the-state")
        desk.people.passwords._waiting = WAITING_MAX
        await signed_in(client)
        assert "too many sign-ins" in caplog.text, "nothing was logged, so nothing is shown"
        logged = "\n".join(each.getMessage() for each in caplog.records if each.name.startswith("mamarr"))
        token = bearer["authorization"].split()[1]
        secrets = (PASSWORD, "wrong horse", client.cookies[f"mamarr-{NODE}"], token, "the-code", "argon2")
        assert [secret for secret in secrets if secret in logged] == []

    at_a_desk(story)


# Passkeys


async def a_challenge(client: httpx.AsyncClient, path: str, headers: dict[str, str] = ORIGIN) -> str:
    return str((await client.post(path, headers=headers)).json()["challenge"])


REGISTER = "/api/passkeys/registration"
USE = "/api/sign-in/passkey"


async def registered(desk: Desk, client: httpx.AsyncClient, device: Authenticator) -> dict[str, str]:
    page = desk.cookie(desk.add())
    made = device.made(await a_challenge(client, REGISTER, page))
    answer = await client.post(f"{REGISTER}/verification", json=made, headers=page)
    assert answer.status_code == 200, answer.text
    return page


def test_a_passkey_is_registered_and_opens_a_session():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        device = Authenticator()
        page = await registered(desk, client, device)
        asked = (await client.post(REGISTER, headers=page)).json()
        assert asked["exclude"] == [in_base64url(device.credential_id)]
        assert (asked["relying_party"], asked["user_name"]) == ("localhost", "officer")
        handle = in_base64url(user_handle(NODE, "officer"))
        used = device.used(await a_challenge(client, USE), handle=handle)
        opened = await client.post(f"{USE}/verification", json=used, headers=ORIGIN)
        assert (opened.status_code, opened.json()["person"]) == (200, "officer")
        assert desk.people.accounts.of_person("officer").passkeys[0].sign_count == 1

    at_a_desk(story)


BENT_REGISTRATIONS: dict[str, dict[str, Any]] = {
    "person not verified": {"flags": PRESENT},
    "person not present": {"flags": VERIFIED},
    "other ceremony": {"kind": "webauthn.get"},
    "unknown algorithm": {"algorithm": -65535},
    "attestation with certificates": {"format": "fido-u2f"},
}


@pytest.mark.parametrize("bent", BENT_REGISTRATIONS)
def test_a_registration_that_does_not_hold_is_refused(bent: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        page = desk.cookie(desk.add())
        made = Authenticator().made(await a_challenge(client, REGISTER, page), **BENT_REGISTRATIONS[bent])
        answer = await client.post(f"{REGISTER}/verification", json=made, headers=page)
        assert (answer.status_code, answer.json()["reason"]) == (401, "PASSKEY_REFUSED")
        assert desk.people.accounts.of_person("officer").passkeys == ()

    at_a_desk(story)


@pytest.mark.parametrize(
    "device",
    [
        Authenticator(origin="http://localhost:8081"),
        Authenticator(origin="https://localhost:8080"),
        Authenticator(origin="http://elsewhere.example"),
        Authenticator(relying_party="elsewhere.example"),
    ],
)
def test_a_passkey_of_another_place_is_refused_in_both_ceremonies(device: Authenticator):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        page = desk.cookie(desk.add())
        made = device.made(await a_challenge(client, REGISTER, page))
        assert (await client.post(f"{REGISTER}/verification", json=made, headers=page)).status_code == 401
        right = Authenticator()
        made = right.made(await a_challenge(client, REGISTER, page))
        assert (await client.post(f"{REGISTER}/verification", json=made, headers=page)).status_code == 200
        right.origin, right.relying_party = device.origin, device.relying_party
        used = right.used(await a_challenge(client, USE))
        assert (await client.post(f"{USE}/verification", json=used, headers=ORIGIN)).status_code == 401

    at_a_desk(story)


BENT_USES: dict[str, dict[str, Any]] = {
    "person not verified": {"flags": PRESENT},
    "other ceremony": {"kind": "webauthn.create"},
    "another's key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "another's handle": {"handle": in_base64url(user_handle(NODE, "other"))},
    "counter stands still": {"counts": 0},
    "counter goes back": {"counts": -1},
}


@pytest.mark.parametrize("bent", BENT_USES)
def test_a_use_that_does_not_hold_is_refused(bent: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        device = Authenticator()
        device.sign_count = 7
        await registered(desk, client, device)
        used = device.used(await a_challenge(client, USE), **BENT_USES[bent])
        answer = await client.post(f"{USE}/verification", json=used, headers=ORIGIN)
        assert (answer.status_code, answer.json()["reason"]) == (401, "PASSKEY_REFUSED")
        device.sign_count = 20
        used = device.used(await a_challenge(client, USE))
        assert (await client.post(f"{USE}/verification", json=used, headers=ORIGIN)).status_code == 200

    at_a_desk(story)


def test_a_challenge_is_good_once_for_one_ceremony_of_one_person():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        device = Authenticator()
        page = await registered(desk, client, device)
        challenge = await a_challenge(client, USE)
        for status in (200, 401):
            used = device.used(challenge)
            assert (await client.post(f"{USE}/verification", json=used, headers=ORIGIN)).status_code == status
        client.cookies.clear()
        used = device.used(await a_challenge(client, REGISTER, page))
        assert (await client.post(f"{USE}/verification", json=used, headers=ORIGIN)).status_code == 401
        other = desk.cookie(desk.add("other"))
        made = Authenticator().made(await a_challenge(client, REGISTER, page))
        assert (await client.post(f"{REGISTER}/verification", json=made, headers=other)).status_code == 401
        used = device.used(in_base64url(bytes(32)))
        assert (await client.post(f"{USE}/verification", json=used, headers=ORIGIN)).status_code == 401

    at_a_desk(story)


def test_challenges_end_and_are_bounded():
    numbers = iter(range(10_000))
    passkeys = Passkeys("localhost", frozenset(), lambda: next(numbers).to_bytes(32))
    first = passkeys.begin(None, NOON)
    assert not passkeys._is_begun(first, None, NOON + CHALLENGE_LIFETIME)
    first = passkeys.begin(None, NOON)
    assert passkeys._is_begun(first, None, NOON + CHALLENGE_LIFETIME - timedelta(seconds=1))
    first = passkeys.begin(None, NOON)
    for _ in range(CHALLENGES_MAX):
        passkeys.begin(None, NOON)
    assert not passkeys._is_begun(first, None, NOON)


@pytest.mark.parametrize(
    "bent",
    [
        {"client_json": "AA"},
        {"attestation": "AA"},
        {"attestation": "oA"},
        {"credential_id": "A"},
        {"extra": "A"},
    ],
)
def test_a_registration_that_is_no_registration_is_told_so(bent: dict[str, str]):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        page = desk.cookie(desk.add())
        made = Authenticator().made(await a_challenge(client, REGISTER, page)) | bent
        answer = await client.post(f"{REGISTER}/verification", json=made, headers=page)
        assert answer.status_code in (400, 401), answer.text

    at_a_desk(story)
