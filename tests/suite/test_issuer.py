"""The issuer of tokens for the suite: what it signs, and what it does not."""

from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.suite.issuer import issuing
from tests.web.tokens import a_key

KEY = a_key("RS256")


def test_a_token_says_what_was_asked_for_and_is_signed_by_the_key(tmp_path: Path):
    private = RSAKey.import_key(KEY.as_dict(private=True))
    (tmp_path / "key.pem").write_bytes(private.as_pem(private=True))
    with issuing(tmp_path / "key.pem") as url, httpx.Client(trust_env=False, verify=False) as client:
        asked = {"intended_audience": "dss.example", "scope": "a b", "sub": "uss1", "expire": "1700000000"}
        said = client.get(url, params=asked).json()["access_token"]
        usual = client.get(url, params={"intended_audience": "x", "scope": ""}).json()["access_token"]
        missing = [client.get(url, params={"scope": "a"}), client.get(url.replace("/token", "/other"))]
    claims = jwt.decode(said, private, algorithms=["RS256"]).claims
    assert (claims["aud"], claims["scope"], claims["sub"], claims["exp"]) == (
        "dss.example",
        "a b",
        "uss1",
        1_700_000_000,
    )
    assert jwt.decode(usual, private, algorithms=["RS256"]).claims["scope"] == ""
    assert [each.status_code for each in missing] == [400, 400]
