"""Tokens that hold, and tokens that fail for one reason each."""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from mamarr.faults import Unavailable
from mamarr.names import Mode
from mamarr.web.access import Issuer, Reply
from mamarr.web.access.oidc import Provider

OUTSIDE = "https://identity.example"
KEYS_URL = "https://identity.example/keys"
AUDIENCE = "node-north"


def claims_at(now: datetime, **changed: Any) -> dict[str, Any]:
    """The claims of a token that holds at `now`; a value None removes the claim."""
    seconds = int(now.timestamp())
    claims = {
        "iss": OUTSIDE,
        "aud": AUDIENCE,
        "sub": "program",
        "party": "north",
        "scope": "mamarr.read mamarr.reserve",
        "iat": seconds,
        "exp": seconds + 600,
    } | changed
    return {name: value for name, value in claims.items() if value is not None}


def a_key(kind: str = "Ed25519", kid: str = "one") -> OKPKey | ECKey | RSAKey:
    """A key that nobody else has; but of RSA, which takes a tenth of a second, one for each `kid`."""
    match kind:
        case "Ed25519":
            return OKPKey.generate_key("Ed25519", {"kid": kid})
        case "ES256":
            return ECKey.generate_key("P-256", {"kid": kid})
    return _rsa_key(kid)


@cache
def _rsa_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


def key_set(*keys: OKPKey | ECKey | RSAKey | OctKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def signed(key: Any, claims: dict[str, Any], algorithm: str = "Ed25519", **header: Any) -> str:
    return jwt.encode({"alg": algorithm, **header}, claims, key, algorithms=[algorithm])


def in_base64(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def an_issuer(keys: dict[str, Any] | None, **changed: Any) -> Issuer:
    fields = {
        "issuer": OUTSIDE,
        "audience": AUDIENCE,
        "mode": Mode.EXERCISE,
        "keys": keys,
        "keys_url": None if keys is not None else KEYS_URL,
        "parties": ("north",),
    }
    return Issuer(**(fields | changed))


class Network:
    """What answers in place of other servers. answers: by address; None is silence. asked: in order."""

    def __init__(self, answers: dict[str, Callable[[], Reply | None]]) -> None:
        self.answers, self.asked = answers, []
        self.posted: list[dict[str, str]] = []

    async def get(self, url: str) -> Reply:
        await asyncio.sleep(0)
        self.asked.append(url)
        reply = self.answers[url]() if url in self.answers else Reply(status=404, body=b"")
        if reply is None:
            raise Unavailable(f"{url} is silent")
        return reply

    async def post_form(self, url: str, fields: dict[str, str]) -> Reply:
        self.posted.append(fields)
        return await self.get(url)


def as_reply(value: object) -> Reply:
    return Reply(status=200, body=json.dumps(value).encode())


def a_provider(**changed: Any) -> Provider:
    """A provider for the people of north and nobody else."""
    fields = {
        "issuer": an_issuer(None, audience="mamarr-client"),
        "name": "Identity of North",
        "back": "http://localhost:8080/api/sign-in/oidc/callback",
    }
    return Provider(**(fields | changed))
