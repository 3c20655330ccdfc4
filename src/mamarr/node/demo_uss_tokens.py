"""Who issues tokens to the USSs of the demo: a fresh key each run, known to nobody else."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hmac import compare_digest

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from mamarr.node.serving import LOOPBACK

ISSUER = "mamarr-demo-uss-tokens"
LIFETIME = timedelta(minutes=30)


class UssTokenIssuer:
    """Signs tokens for the USSs that it has admitted, for hosts on this machine alone. now: the time, UTC."""

    lifetime_s = int(LIFETIME.total_seconds())

    def __init__(self, now: Callable[[], datetime]) -> None:
        private = generate_private_key(SECP256R1())
        self._now, self._public = now, private.public_key()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._key = ECKey.import_key(pem)
        self._admitted: dict[str, tuple[str, frozenset[str]]] = {}

    def public_key(self) -> bytes:
        """What verifies its tokens, PEM."""
        return self._public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def admit(self, client_id: str, scopes: Iterable[str]) -> str:
        """Let `client_id` have tokens with `scopes`; the secret that it asks with."""
        secret = secrets.token_urlsafe(24)
        self._admitted[client_id] = secret, frozenset(scopes)
        return secret

    def issued(self, client_id: str, secret: str, *, audience: str, scope: str) -> str | None:
        """A token for who has the secret of `client_id` and may what is asked; else None."""
        expected, scopes = self._admitted.get(client_id, ("", frozenset[str]()))
        is_known = bool(expected) and compare_digest(expected.encode(), secret.encode(errors="replace"))
        if not is_known or audience != LOOPBACK or not frozenset(scope.split()) <= scopes:
            return None
        return self.token(client_id, scope)

    def token(self, subject: str, scope: str) -> str:
        """A token for `subject`, good for hosts on this machine."""
        seconds = int(self._now().timestamp())
        claims = {"iss": ISSUER, "sub": subject, "aud": LOOPBACK, "scope": scope, "iat": seconds}
        claims |= {"exp": seconds + self.lifetime_s, "jti": secrets.token_hex(8)}
        return jwt.encode({"alg": "ES256"}, claims, self._key, algorithms=["ES256"])
