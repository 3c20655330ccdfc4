import asyncio
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import OctKey, OKPKey

from mamarr.names import Mode
from mamarr.web.access import Caller, TokenChecker
from mamarr.web.access.key_sets import (
    KEY_SET_BYTES_MAX,
    KEYS_MAX,
    REFRESH_AFTER,
    REFRESH_AT_MOST_EVERY,
    Reply,
    usable,
)
from mamarr.web.access.tokens import TOKEN_BYTES_MAX
from tests.airspace.boxes import NOON
from tests.web.tokens import (
    KEYS_URL,
    OUTSIDE,
    Network,
    a_key,
    an_issuer,
    as_reply,
    claims_at,
    in_base64,
    key_set,
    signed,
)

ED, OTHER_ED, EC, RSA = a_key(), a_key(kid="two"), a_key("ES256", "three"), a_key("RS256", "another")
NORTH = Caller(party="north", subject="program", scopes=frozenset({"mamarr.read", "mamarr.reserve"}))


def checker(*keys: Any, **changed: Any) -> TokenChecker:
    return TokenChecker([an_issuer(key_set(*(keys or (ED,))), **changed)], mode=Mode.EXERCISE)


@pytest.mark.parametrize(("key", "algorithm"), [(ED, "Ed25519"), (EC, "ES256"), (RSA, "RS256")])
def test_each_algorithm_of_the_list_is_taken(key: Any, algorithm: str):
    several = checker(ED, EC, RSA)
    assert several.caller(signed(key, claims_at(NOON), algorithm), NOON) == NORTH
    assert several.caller(signed(key, claims_at(NOON), algorithm, kid=key.kid), NOON) == NORTH


WRONG_CLAIMS = {
    "expired": {"iat": int(NOON.timestamp()) - 900, "exp": int(NOON.timestamp())},
    "from the future": {"iat": int(NOON.timestamp()) + 2},
    "longer than an hour": {"exp": int(NOON.timestamp()) + 3601},
    "no expiry": {"exp": None},
    "no start": {"iat": None},
    "expiry not a number": {"exp": "later"},
    "expiry no number at all": {"exp": float("nan")},
    "expiry without end": {"exp": float("inf"), "iat": float("inf")},
    "other issuer": {"iss": "https://elsewhere.example"},
    "issuer with a slash": {"iss": OUTSIDE + "/"},
    "no issuer": {"iss": None},
    "other audience": {"aud": "node-south"},
    "no audience": {"aud": None},
    "several audiences": {"aud": ["node-north", "node-south"]},
    "no party": {"party": None},
    "party not a text": {"party": ["north"]},
    "party it may not speak for": {"party": "south"},
    "party of another form": {"party": "<b>"},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "endless subject": {"sub": "x" * 256},
    "no scope": {"scope": None},
    "scope not a text": {"scope": 7},
    "another mode": {"mode": Mode.LIVE},
}


@pytest.mark.requirement("THREATS 12")
@pytest.mark.parametrize("wrong", WRONG_CLAIMS)
def test_a_token_with_one_wrong_claim_does_not_hold(wrong: str):
    claims = claims_at(NOON, **WRONG_CLAIMS[wrong])
    assert checker().caller(signed(ED, claims), NOON) is None
    assert checker().caller(signed(ED, claims_at(NOON)), NOON) == NORTH


def confused(kind: str) -> str:
    """A token made by somebody who has the public keys and no private one, or a key for something else."""
    claims = claims_at(NOON)
    public = ED.raw_value.public_key() if hasattr(ED.raw_value, "public_key") else ED.raw_value
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = RSA.as_pem(private=False)
    match kind:
        case "none":
            return f"{in_base64({'alg': 'none'})}.{in_base64(claims)}."
        case "none in capitals":
            return f"{in_base64({'alg': 'NONE'})}.{in_base64(claims)}."
        case "signature removed":
            return signed(ED, claims).rpartition(".")[0] + "."
        case "public key as a secret":
            return by_secret(raw, claims)
        case "public key in PEM as a secret":
            return by_secret(pem, claims)
        case "secret key with a known name":
            return signed(OctKey.import_key(b"x" * 32), claims, "HS256", kid="one")
        case "key in the header":
            return signed(OTHER_ED, claims, jwk=OTHER_ED.as_dict(private=False))
        case "key in the header under a known name":
            return signed(OTHER_ED, claims, jwk=OTHER_ED.as_dict(private=False), kid="one")
        case "address of a key":
            return signed(OTHER_ED, claims, jku=KEYS_URL, x5u=KEYS_URL)
        case "certificate in the header":
            return signed(OTHER_ED, claims, x5c=["MIIB"])
        case "unknown name":
            return signed(ED, claims, kid="nine")
        case "name of another key":
            return signed(ED, claims, kid="four")
        case "other algorithm over the same key":
            head, body, signature = signed(RSA, claims, "RS256").split(".")
            return f"{in_base64({'alg': 'PS256'})}.{body}.{signature}"
        case "longer hash":
            return signed(RSA, claims, "RS512")
        case "critical extension":
            return resigned({"alg": "Ed25519", "crit": ["b64"], "b64": True}, claims)
        case "changed claims":
            head, _, signature = signed(ED, claims).split(".")
            return f"{head}.{in_base64(claims | {'sub': 'other'})}.{signature}"
        case "two parts":
            return ".".join(signed(ED, claims).split(".")[:2])
        case "five parts":
            return signed(ED, claims) + ".a.b"
        case "letters beyond ASCII":
            return signed(ED, claims) + "é"
        case "too long":
            return signed(ED, claims | {"padding": "x" * TOKEN_BYTES_MAX})
        case "nested without end":
            return f"{in_base64(b'[' * 5000)}.{in_base64(claims)}.AA"
    raise AssertionError(kind)


def by_secret(secret: bytes, claims: dict[str, Any]) -> str:
    head = f"{in_base64({'alg': 'HS256', 'kid': 'one'})}.{in_base64(claims)}"
    return f"{head}.{in_base64(hmac.digest(secret, head.encode(), hashlib.sha256))}"


def resigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    head = f"{in_base64(header)}.{in_base64(claims)}"
    return f"{head}.{in_base64(ED.raw_value.sign(head.encode()))}"


CONFUSIONS = [
    "none",
    "none in capitals",
    "signature removed",
    "public key as a secret",
    "public key in PEM as a secret",
    "secret key with a known name",
    "key in the header",
    "key in the header under a known name",
    "address of a key",
    "certificate in the header",
    "unknown name",
    "name of another key",
    "other algorithm over the same key",
    "longer hash",
    "critical extension",
    "changed claims",
    "two parts",
    "five parts",
    "letters beyond ASCII",
    "too long",
    "nested without end",
]


@pytest.mark.requirement("THREATS 12")
@pytest.mark.parametrize("kind", CONFUSIONS)
def test_no_confusion_of_algorithms_or_keys_gets_in(kind: str):
    several = checker(ED, EC, RSA)
    assert several.caller(confused(kind), NOON) is None
    assert asyncio.run(several.admitted(confused(kind), NOON)) is None
    assert several.caller(resigned({"alg": "Ed25519"}, claims_at(NOON)), NOON) == NORTH


@pytest.mark.requirement("THREATS 12")
def test_an_issuer_speaks_with_its_own_keys_for_its_own_parties():
    south = an_issuer(key_set(OTHER_ED), issuer="https://south.example", parties=("south",))
    both = TokenChecker([an_issuer(key_set(ED)), south], mode=Mode.EXERCISE)
    theirs = {"iss": "https://south.example", "party": "south"}
    assert both.caller(signed(OTHER_ED, claims_at(NOON, **theirs)), NOON).party == "south"
    for wrong, key in ((theirs, ED), (theirs | {"party": "north"}, OTHER_ED), ({"party": "north"}, OTHER_ED)):
        assert both.caller(signed(key, claims_at(NOON, **wrong)), NOON) is None


def test_an_outside_issuer_has_the_mode_it_is_configured_for_and_our_own_must_say_it():
    with pytest.raises(ValueError, match="is for LIVE, this node is in EXERCISE"):
        checker(mode=Mode.LIVE)
    own = checker(says_mode=True)
    assert own.caller(signed(ED, claims_at(NOON)), NOON) is None
    assert own.caller(signed(ED, claims_at(NOON, mode="EXERCISE")), NOON) == NORTH


def test_claims_of_party_and_scope_may_have_other_names_and_scopes_be_a_list():
    other = checker(party_claim="organisation", scope_claim="roles")
    claims = claims_at(NOON, party=None, scope=None, organisation="north", roles=["mamarr.read"])
    assert other.caller(signed(ED, claims), NOON).scopes == {"mamarr.read"}
    assert other.caller(signed(ED, claims | {"roles": [1]}), NOON) is None


def test_two_issuers_of_one_name_are_a_wrong_configuration():
    with pytest.raises(ValueError, match="each with another name"):
        TokenChecker([an_issuer(key_set(ED)), an_issuer(key_set(OTHER_ED))], mode=Mode.EXERCISE)
    with pytest.raises(ValueError, match="no client"):
        TokenChecker([an_issuer(None)], mode=Mode.EXERCISE)
    with pytest.raises(ValueError, match="either keys or keys_url"):
        an_issuer(key_set(ED), keys_url=KEYS_URL)
    with pytest.raises(ValueError, match="no party id"):
        an_issuer(key_set(ED), parties=("North!",))


@pytest.mark.parametrize(
    "each",
    [
        OctKey.import_key(b"x" * 32).as_dict(),
        {"kty": "RSA", "e": "AQAB", "n": in_base64((2**1023 + 1).to_bytes(128))},
        {"kty": "RSA", "e": "AQAB", "n": in_base64((2**8192 + 1).to_bytes(1025))},
        OKPKey.generate_key("X25519").as_dict(private=False),
        ED.as_dict(private=False) | {"use": "enc"},
        ED.as_dict(private=False) | {"alg": "RS256"},
        {"kty": "OKP", "crv": "Ed25519", "x": "short"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "RSA"},
        {},
    ],
)
def test_a_key_that_must_not_verify_is_not_taken(each: dict[str, Any]):
    with pytest.raises(ValueError, match="no key that can verify"):
        usable({"keys": [each]})


def test_a_private_key_in_a_set_counts_as_its_public_half():
    (key,) = usable({"keys": [ED.as_dict(private=True)]})
    assert not key.key.is_private


def test_a_set_of_too_many_keys_is_not_taken():
    with pytest.raises(ValueError, match="at most"):
        usable({"keys": [{}] * (KEYS_MAX + 1)})


def fetching(network: Network) -> TokenChecker:
    return TokenChecker([an_issuer(None)], mode=Mode.EXERCISE, client=network)


def test_keys_are_fetched_when_a_token_needs_them_and_at_most_once_a_minute():
    async def story() -> None:
        current = [ED]
        network = Network({KEYS_URL: lambda: as_reply(key_set(*current))})
        tokens = fetching(network)
        first = signed(ED, claims_at(NOON), kid="one")
        assert await tokens.admitted(first, NOON) == NORTH
        current[:] = [OTHER_ED]
        rotated = signed(OTHER_ED, claims_at(NOON), kid="two")
        for second in range(59):
            assert await tokens.admitted(rotated, NOON + timedelta(seconds=second)) is None
        assert network.asked == [KEYS_URL]
        assert await tokens.admitted(rotated, NOON + REFRESH_AT_MOST_EVERY) == NORTH
        assert network.asked == [KEYS_URL] * 2
        assert tokens.caller(first, NOON + REFRESH_AT_MOST_EVERY) is None, "a withdrawn key still counts"

    asyncio.run(story())


@pytest.mark.parametrize(
    "reply",
    [
        None,
        Reply(status=500, body=b""),
        Reply(status=302, body=b'{"keys": []}'),
        Reply(status=200, body=b"<html>"),
        Reply(status=200, body=b"[]"),
        Reply(status=200, body=b'{"keys": []}'),
        Reply(status=200, body=b'{"keys": ' + b" " * KEY_SET_BYTES_MAX + b"[]}"),
    ],
)
def test_the_last_good_keys_stay_when_the_issuer_is_silent_or_broken(reply: Reply | None):
    async def story() -> None:
        now = [as_reply(key_set(ED))]
        network = Network({KEYS_URL: lambda: now[0]})
        tokens = fetching(network)
        assert await tokens.admitted(signed(ED, claims_at(NOON)), NOON) == NORTH
        now[0] = reply
        later = NOON + REFRESH_AFTER
        assert await tokens.admitted(signed(ED, claims_at(later)), later) == NORTH
        assert network.asked == [KEYS_URL] * 2

    asyncio.run(story())


def test_the_verified_ones_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mamarr.web.access.tokens.VERIFIED_MAX", 3)
    tokens = checker()
    for number in range(5):
        assert tokens.caller(signed(ED, claims_at(NOON, sub=f"p{number}")), NOON)
    assert [each.caller.subject for each in tokens._verified.values()] == ["p2", "p3", "p4"]


def test_a_remembered_token_ends_with_its_time():
    tokens, token = checker(), signed(ED, claims_at(NOON))
    assert tokens.caller(token, NOON) == NORTH
    assert tokens.caller(token, NOON + timedelta(seconds=599)) == NORTH
    assert tokens.caller(token, NOON + timedelta(seconds=600)) is None
