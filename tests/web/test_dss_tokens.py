"""Tokens of USSs: which hold, each forgery differing from one that holds by one thing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey

from mamarr.web.access.key_sets import FetchedKeys, GivenKeys
from mamarr.web.access.tokens import TOKEN_BYTES_MAX, VERIFIED_MAX
from mamarr.web.dss_tokens import SUBJECT_MAX, Uss, UssTokens
from tests.airspace.boxes import NOON
from tests.web.tokens import KEYS_URL, Network, a_key, as_reply, in_base64, key_set, signed

KEY, CURVE, OTHER = a_key("RS256"), a_key("ES256"), a_key("RS256", "another")
HOST = "dss.example"


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a token that holds at NOON; a value None removes the claim."""
    seconds = int(NOON.timestamp())
    found = {
        "iss": "https://authority.example",
        "sub": "uss_one",
        "aud": HOST,
        "scope": "utm.strategic_coordination utm.constraint_processing",
        "exp": seconds + 3_600,
    } | changed
    return {name: value for name, value in found.items() if value is not None}


def without_kid(*keys: Any) -> dict[str, Any]:
    """Keys as of a file of PEM, which has no names."""
    return {"keys": [{n: v for n, v in key.as_dict(private=False).items() if n != "kid"} for key in keys]}


def checker(*keys: Any, audiences: tuple[str, ...] = (HOST, "localhost")) -> UssTokens:
    return UssTokens(GivenKeys(without_kid(*(keys or (KEY,)))), audiences=audiences)


def admitted(tokens: UssTokens, token: str, after_s: float = 0) -> Uss | None:
    return asyncio.run(tokens.admitted(token, NOON + timedelta(seconds=after_s)))


def of(key: Any = KEY, algorithm: str = "RS256", header: dict[str, Any] | None = None, **changed: Any) -> str:
    return signed(key, claims(**changed), algorithm, **(header or {}))


def test_a_token_names_the_uss_and_what_it_may():
    assert admitted(checker(), of()) == Uss(
        subject="uss_one", scopes=frozenset({"utm.strategic_coordination", "utm.constraint_processing"})
    )


@pytest.mark.parametrize(
    ("key", "algorithm", "changed"),
    [
        (CURVE, "ES256", {}),
        (KEY, "RS256", {"header": {"kid": "of the issuer"}}),  # a key of a file has no name: each is tried
        (KEY, "RS256", {"aud": ["elsewhere.example", "localhost"]}),
        (KEY, "RS256", {"aud": "localhost"}),
        (KEY, "RS256", {"nbf": int(NOON.timestamp())}),
        (KEY, "RS256", {"exp": int(NOON.timestamp()) + 1}),
        (KEY, "RS256", {"sub": "x" * SUBJECT_MAX}),
        (KEY, "RS256", {"sub": "https://uss.example/a b"}),
        (KEY, "RS256", {"scope": ["utm.strategic_coordination"]}),
        (KEY, "RS256", {"iat": 0, "jti": "1"}),
    ],
)
def test_these_tokens_hold(key: Any, algorithm: str, changed: dict[str, Any]):
    assert admitted(checker(OTHER, KEY, CURVE), of(key, algorithm, **changed)) is not None


@pytest.mark.requirement("THREATS 12")
@pytest.mark.parametrize(
    ("key", "algorithm", "changed"),
    [
        (OTHER, "RS256", {}),
        (OctKey.import_key(b"x" * 32), "HS256", {}),
        (KEY, "RS512", {}),
        (KEY, "PS256", {}),
        (CURVE, "ES256", {}),  # this checker has the RSA key alone
        (KEY, "RS256", {"iss": None}),
        (KEY, "RS256", {"iss": ""}),
        (KEY, "RS256", {"sub": None}),
        (KEY, "RS256", {"sub": ""}),
        (KEY, "RS256", {"sub": "x" * (SUBJECT_MAX + 1)}),
        (KEY, "RS256", {"sub": "two\nlines"}),
        (KEY, "RS256", {"aud": None}),
        (KEY, "RS256", {"aud": "elsewhere.example"}),
        (KEY, "RS256", {"aud": []}),
        (KEY, "RS256", {"aud": HOST + ":8082"}),
        (KEY, "RS256", {"exp": None}),
        (KEY, "RS256", {"exp": int(NOON.timestamp())}),
        (KEY, "RS256", {"exp": int(NOON.timestamp()) + 3_602}),
        (KEY, "RS256", {"exp": "tomorrow"}),
        (KEY, "RS256", {"nbf": int(NOON.timestamp()) + 2}),
        (KEY, "RS256", {"scope": 7}),
    ],
)
def test_these_tokens_do_not(key: Any, algorithm: str, changed: dict[str, Any]):
    assert admitted(checker(), of(key, algorithm, **changed)) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "x" * (TOKEN_BYTES_MAX + 1),
        "\udcff.b.c",
        ".".join((in_base64({"alg": "none"}), in_base64(claims()), "")),
        of()[:-4] + "AAAA",
    ],
)
def test_what_is_no_token_does_not_hold(token: str):
    assert admitted(checker(), token) is None


def test_a_token_without_a_scope_holds_and_may_nothing():
    assert admitted(checker(), of(scope=None)) == Uss(subject="uss_one", scopes=frozenset())


def test_a_remembered_token_ends_at_its_time():
    tokens, token = checker(), of(exp=int(NOON.timestamp()) + 60)
    assert admitted(tokens, token) is not None
    assert admitted(tokens, token, after_s=59) is not None
    assert admitted(tokens, token, after_s=60) is None


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mamarr.web.dss_tokens.VERIFIED_MAX", 3)
    assert VERIFIED_MAX > 1_000
    tokens = checker()
    for number in range(5):
        assert admitted(tokens, of(jti=str(number))) is not None
    assert len(tokens._verified) == 3


def test_a_withdrawn_key_ends_what_was_remembered():
    network = Network({KEYS_URL: lambda: as_reply(key_set(*held))})
    held = [KEY]
    tokens = UssTokens(FetchedKeys(KEYS_URL, network), audiences=(HOST,))
    token = of(header={"kid": "one"}, exp=int(NOON.timestamp()) + 3_600)
    assert admitted(tokens, token) is not None
    held[:] = [a_key("RS256", kid="two")]
    assert admitted(tokens, token, after_s=60) is not None
    assert admitted(tokens, of(held[0], header={"kid": "two"}), after_s=61) is not None
    assert admitted(tokens, token, after_s=62) is None
    assert network.asked == [KEYS_URL] * 2


def test_a_key_of_another_name_is_not_tried():
    tokens = UssTokens(GivenKeys(key_set(KEY)), audiences=(HOST,))
    assert admitted(tokens, of(header={"kid": "one"})) is not None
    assert admitted(tokens, of(header={"kid": "two"})) is None
