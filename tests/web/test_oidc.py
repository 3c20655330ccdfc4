"""Signing in at an OpenID provider: a small one that answers in the same process."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from mamarr.interop.access_messages import in_base64url
from mamarr.names import Mode
from mamarr.node.runtime import utc_now
from mamarr.web.access import Reply, Scope
from mamarr.web.access.oidc import BEGUN_LIFETIME, BEGUN_MAX
from tests.web.node import NODE, Desk, at_a_desk
from tests.web.tokens import KEYS_URL, OUTSIDE, a_key, a_provider, as_reply, claims_at, key_set, signed

DISCOVERY = f"{OUTSIDE}/.well-known/openid-configuration"
TOKEN_URL = f"{OUTSIDE}/token"
START, BACK = "/api/sign-in/oidc", "/api/sign-in/oidc/callback"


class SmallProvider:
    """An OpenID provider with one person. bent: what it does wrong. claims: what it says otherwise."""

    def __init__(self, desk: Desk) -> None:
        self.key, self.other_key = a_key(), a_key()
        self.codes: dict[str, dict[str, str]] = {}  # code: what the browser brought along
        self.claims: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.signing = self.key
        self.desk = desk
        desk.network.answers = {
            DISCOVERY: lambda: as_reply(self.discovery()),
            KEYS_URL: lambda: as_reply(key_set(self.key)),
            TOKEN_URL: self.token,
        }

    def discovery(self) -> dict[str, Any]:
        found = {
            "issuer": OUTSIDE,
            "authorization_endpoint": f"{OUTSIDE}/authorize",
            "token_endpoint": TOKEN_URL,
            "jwks_uri": KEYS_URL,
        }
        return found | self.document

    def visited(self, address: str) -> dict[str, str]:
        """What the person's browser is sent back with, after saying yes."""
        assert address.startswith(f"{OUTSIDE}/authorize?")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == "mamarr-client"
        assert asked["redirect_uri"] == f"http://localhost:8080{BACK}"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self) -> Reply:
        said = self.desk.network.posted[-1]
        asked = self.codes.pop(said["code"], None)
        proof = in_base64url(hashlib.sha256(said["code_verifier"].encode()).digest())
        if asked is None or proof != asked["code_challenge"] or said["redirect_uri"] != asked["redirect_uri"]:
            return Reply(status=400, body=b'{"error": "invalid_grant"}')
        claims = claims_at(utc_now(), aud="mamarr-client", nonce=asked["nonce"], name="Amal N.") | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        return as_reply(
            {"id_token": signed(self.signing, claims), "access_token": "x", "token_type": "Bearer"}
        )


Story = Callable[[Desk, httpx.AsyncClient, SmallProvider], Awaitable[None]]


def at_a_provider(story: Story) -> None:
    async def run(desk: Desk, client: httpx.AsyncClient) -> None:
        await story(desk, client, SmallProvider(desk))

    at_a_desk(run)


async def sent_back(client: httpx.AsyncClient, provider: SmallProvider, **changed: str) -> httpx.Response:
    started = await client.get(START)
    assert started.status_code == 303
    said = provider.visited(started.headers["location"]) | changed
    return await client.get(BACK, params=said)


def is_refused(answer: httpx.Response) -> bool:
    refused = (answer.status_code, answer.headers["location"]) == (303, "/#refused=PROVIDER_REFUSED")
    return refused and f"mamarr-{NODE}=" not in answer.headers.get("set-cookie", "")


def test_a_person_comes_back_from_the_provider_signed_in():
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        started = await client.get(START)
        state_cookie = started.headers["set-cookie"]
        assert "HttpOnly" in state_cookie
        assert "SameSite=lax" in state_cookie
        assert f"Path={BACK}" in state_cookie
        back = await client.get(BACK, params=provider.visited(started.headers["location"]))
        assert (back.status_code, back.headers["location"]) == (303, "/")
        session = [each for each in back.headers.get_list("set-cookie") if each.startswith(f"mamarr-{NODE}=")]
        assert "HttpOnly" in session[0]
        assert "SameSite=strict" in session[0]
        opened = (await client.get("/api/session")).json()
        assert (opened["party"], opened["has_account"]) == ("north", True)
        assert (await client.get("/api/picture")).status_code == 200
        (account,) = desk.people.accounts.every()
        assert (account.display_name, account.password_hash) == ("Amal N.", None)
        assert account.scopes == {"mamarr.read", "mamarr.reserve"}

    at_a_provider(story)


def test_a_providers_words_give_the_scopes_they_are_configured_for_and_no_others():
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        gives = {"duty-officers": (Scope.READ, Scope.FILE), "chiefs": (Scope.ADMINISTER,)}
        desk.people.oidc.provider = msgspec.structs.replace(desk.people.oidc.provider, scopes=gives)
        provider.claims = {"scope": ["duty-officers", "mamarr.reserve", "elsewhere"]}
        assert (await sent_back(client, provider)).headers["location"] == "/"
        (account,) = desk.people.accounts.every()
        assert account.scopes == {Scope.READ, Scope.FILE}

    at_a_provider(story)


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "another sign-in's nonce": {"nonce": "other"},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://elsewhere.example"},
    "another client": {"aud": "other-client"},
    "several clients": {"aud": ["mamarr-client", "other-client"]},
    "authorised for another client": {"azp": "other-client"},
    "a party it may not speak for": {"party": "south"},
    "no party": {"party": None},
    "no scope": {"scope": None},
    "no subject": {"sub": None},
    "over": {"iat": 1_000_000_000, "exp": 1_000_000_600},
    "for another mode": {"mode": Mode.LIVE},
}


@pytest.mark.parametrize("wrong", WRONG_CLAIMS)
def test_an_id_token_that_does_not_hold_opens_nothing(wrong: str):
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        provider.claims = WRONG_CLAIMS[wrong]
        assert is_refused(await sent_back(client, provider))
        assert list(desk.people.accounts.every()) == []

    at_a_provider(story)


def test_an_id_token_by_another_key_opens_nothing():
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        provider.signing = provider.other_key
        assert is_refused(await sent_back(client, provider))

    at_a_provider(story)


def test_a_sign_in_belongs_to_one_browser_and_is_good_once():
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        for changed in ({"state": "other"}, {"state": ""}, {"code": ""}, {"code": "other"}):
            assert is_refused(await sent_back(client, provider, **changed))
        said = provider.visited((await client.get(START)).headers["location"])
        async with desk.client() as other_browser:
            assert is_refused(await other_browser.get(BACK, params=said))
        assert is_refused(await client.get(BACK, params=said)), "the state was used up by the stranger"
        said = provider.visited((await client.get(START)).headers["location"])
        cookies = dict(client.cookies)
        assert (await client.get(BACK, params=said)).headers["location"] == "/"
        client.cookies.update(cookies)
        assert is_refused(await client.get(BACK, params=said))

    at_a_provider(story)


def test_another_providers_answer_is_not_mixed_in():
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        assert is_refused(await sent_back(client, provider, iss="https://elsewhere.example"))
        assert (await sent_back(client, provider, iss=OUTSIDE)).headers["location"] == "/"
        provider.document = {"authorization_response_iss_parameter_supported": True}
        desk.people.oidc._discovered = None
        assert is_refused(await sent_back(client, provider))

    at_a_provider(story)


@pytest.mark.requirement("THREATS 21")
@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": OUTSIDE + "/"},
        {"token_endpoint": "https://elsewhere.example/token"},
        {"jwks_uri": "http://127.0.0.1/keys"},
        {"jwks_uri": "file:///keys"},
        {"authorization_endpoint": "http://identity.example/authorize"},
        {"jwks_uri": None},
    ],
)
def test_a_discovery_document_that_leads_elsewhere_is_not_followed(document: dict[str, Any]):
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        provider.document = document
        answer = await client.get(START)
        assert (answer.status_code, answer.json()["reason"]) == (503, "UNAVAILABLE")
        assert desk.network.asked == [DISCOVERY]

    at_a_provider(story)


@pytest.mark.parametrize("silent", [DISCOVERY, KEYS_URL, TOKEN_URL])
@pytest.mark.parametrize("body", [None, b"", b"[]", b"[" * 5_000, b"\xff", b" " * 70_000 + b"{}"])
def test_a_provider_that_is_silent_or_talks_nonsense_opens_nothing(silent: str, body: bytes | None):
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        desk.network.answers[silent] = lambda: None if body is None else Reply(status=200, body=body)
        if silent == DISCOVERY:
            assert (await client.get(START)).status_code == 503
        else:
            assert is_refused(await sent_back(client, provider))
        assert list(desk.people.accounts.every()) == []

    at_a_provider(story)


def test_party_and_scopes_are_what_the_provider_says_now():
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        await sent_back(client, provider)
        elsewhere = {"cookie": f"mamarr-{NODE}={client.cookies[f'mamarr-{NODE}']}"}
        provider.claims = {"scope": "mamarr.read unknown.scope"}
        await sent_back(client, provider)
        (account,) = desk.people.accounts.every()
        assert (account.scopes, account.version) == ({"mamarr.read"}, 1)
        await sent_back(client, provider)
        client.cookies.clear()
        assert (await client.get("/api/session", headers=elsewhere)).status_code == 401

    at_a_provider(story)


def test_a_closed_account_does_not_come_in_through_the_provider():
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        await sent_back(client, provider)
        (account,) = desk.people.accounts.every()
        desk.people.accounts.put(account.changed(is_disabled=True))
        assert is_refused(await sent_back(client, provider))

    at_a_provider(story)


def test_sign_ins_that_were_begun_end_and_are_bounded():
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        oidc, now = desk.people.oidc, utc_now()
        _, state = await oidc.begin(now - BEGUN_LIFETIME - timedelta(seconds=1))
        with pytest.raises(Exception, match="PROVIDER_REFUSED"):
            await oidc.ended({"state": state, "code": "x"}, state, now)
        for _ in range(BEGUN_MAX + 10):
            await oidc.begin(now)
        assert len(oidc._begun) == BEGUN_MAX
        assert desk.network.asked == [DISCOVERY]

    at_a_provider(story)


def test_the_page_is_told_which_ways_are_open():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        ways = (await client.get("/api/sign-in")).json()
        assert ways == {"password": True, "passkey": True, "provider": "Identity of North"}
        desk.people.oidc = desk.people.passkeys = None
        ways = (await client.get("/api/sign-in")).json()
        assert ways == {"password": True, "passkey": False, "provider": None}
        for method, path in (("GET", START), ("POST", "/api/sign-in/passkey")):
            answer = await client.request(method, path)
            assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_SET_UP")
        assert (await client.get(BACK)).headers["location"] == "/#refused=NOT_SET_UP"

    at_a_desk(story)


def test_a_secret_of_the_client_is_sent_to_the_token_endpoint_alone():
    async def story(desk: Desk, client: httpx.AsyncClient, provider: SmallProvider) -> None:
        desk.people.oidc.provider = a_provider(client_secret="between us")
        started = await client.get(START)
        assert "between" not in started.headers["location"]
        await client.get(BACK, params=provider.visited(started.headers["location"]))
        assert desk.network.posted[-1]["client_secret"] == "between us"
        assert "between us" not in json.dumps((await client.get("/openapi.json")).json())

    at_a_provider(story)
