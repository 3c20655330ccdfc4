"""A token issuer for the demo and tests: a fresh key each run, EXERCISE only. Never imported by `serve`."""

from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from mamarr.names import Mode
from mamarr.web import Issuer

ISSUER = "mamarr-development-issuer"
LIFETIME = timedelta(hours=1)


class DevelopmentIssuer:
    """Signs tokens for any party, in EXERCISE. audience: the node id the tokens are for."""

    def __init__(self, audience: str) -> None:
        self._audience = audience
        self._key = OKPKey.generate_key("Ed25519", private=True)

    def keys(self) -> dict[str, Any]:
        """The public key as a JWK set."""
        return {"keys": [self._key.as_dict(private=False)]}

    def trusted(self) -> Issuer:
        """This issuer, as a token checker is told to trust it."""
        return Issuer(
            issuer=ISSUER, audience=self._audience, mode=Mode.EXERCISE, says_mode=True, keys=self.keys()
        )

    def token(self, party: str, scopes: tuple[str, ...], *, now: datetime) -> str:
        """A token for `party` with `scopes`, good for an hour."""
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": f"program-of-{party}",
            "party": party,
            "scope": " ".join(scopes),
            "mode": Mode.EXERCISE,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }
        return jwt.encode({"alg": "Ed25519"}, claims, self._key, algorithms=["Ed25519"])
