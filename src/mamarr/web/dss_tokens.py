"""Bearer tokens of USSs, as ASTM F3548-21 has them: which hold, whom they name, and what they may.

They come from an authority outside; all that counts is its public keys. They name a client (`sub`), which is
no party of ours, and for which hosts they are good (`aud`).
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from mamarr.web.access.key_sets import KeysOf, VerifyingKey
from mamarr.web.access.tokens import (
    CLOCK_ERROR_MAX,
    LIFETIME_MAX,
    TOKEN_BYTES_MAX,
    VERIFIED_MAX,
    Header,
    Read,
    read_token,
    verified_claims,
)

ALGORITHMS = frozenset({"RS256", "ES256"})  # F3548-21 has RS256; ES256 is what newer authorities sign with
SUBJECT_MAX = 128  # characters of `sub`; chosen: an address or a distinguished name fits


class Uss(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. subject: `sub`, the manager of what is written with the token. scopes: what it may."""

    subject: str
    scopes: frozenset[str]


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """The claims that a token must have, and two that count when they are there."""

    iss: str
    aud: str | list[str]
    sub: str
    exp: float
    nbf: float | None = None
    scope: str | list[str] = ""


class Verified(msgspec.Struct, frozen=True):
    """A token whose signature, audience and claims hold; its times are compared at each use."""

    read: Read
    claims: Claims
    uss: Uss


class UssTokens:
    """Verifies the tokens of USSs. keys: the authority's. audiences: the names of our hosts, without ports.

    The keys that a token's own header names or carries are ignored.
    """

    def __init__(self, keys: KeysOf, *, audiences: Iterable[str]) -> None:
        self._keys, self._audiences = keys, frozenset(audiences)
        self._verified: OrderedDict[bytes, Verified] = OrderedDict()

    async def admitted(self, token: str, now: datetime) -> Uss | None:
        """Who `token` speaks for now, or None when it does not hold. Looks for newer keys where that is due.

        Never says why: that helps forgers. A token seen before costs a hash and a look-up.
        """
        if len(token) > TOKEN_BYTES_MAX:
            return None
        digest = sha256(token.encode(errors="replace")).digest()
        known = self._verified.get(digest)
        read = read_token(token) if known is None else known.read
        if read is None or read.header.alg not in ALGORITHMS:
            return None
        is_unknown = not fitting(read.header, self._keys.keys())
        if await self._keys.refresh(now, is_wanted=is_unknown):
            self._verified.clear()  # a key may have been withdrawn
            known = None
        verified = known or self._verify(token, read)
        if verified is None or not is_timely(verified.claims, now):
            return None
        self._verified[digest] = verified
        self._verified.move_to_end(digest)
        if len(self._verified) > VERIFIED_MAX:
            self._verified.popitem(last=False)
        return verified.uss

    def _verify(self, token: str, read: Read) -> Verified | None:
        for key in fitting(read.header, self._keys.keys()):
            found = verified_claims(token, (key,))
            if found is not None:
                return self._checked(read, found)
        return None

    def _checked(self, read: Read, found: dict[str, Any]) -> Verified | None:
        try:
            claims = msgspec.convert(found, Claims)
        except msgspec.ValidationError:
            return None
        audiences = {claims.aud} if isinstance(claims.aud, str) else set(claims.aud)
        if not claims.iss or audiences.isdisjoint(self._audiences):
            return None
        if not 0 < len(claims.sub) <= SUBJECT_MAX or not claims.sub.isprintable():
            return None
        words = claims.scope.split() if isinstance(claims.scope, str) else claims.scope
        return Verified(read, claims, Uss(subject=claims.sub, scopes=frozenset(words)))


def fitting(header: Header, keys: tuple[VerifyingKey, ...]) -> tuple[VerifyingKey, ...]:
    """The keys that may have signed a token with `header`: of its algorithm, and its `kid` if both have one.

    A key from a file has no `kid`, and a token need not: then each is tried. Those that fit are answered
    under the token's own `kid`.
    """
    return tuple(
        VerifyingKey(header.kid, key.algorithm, key.key)
        for key in keys
        if key.algorithm == header.alg and (None in (key.kid, header.kid) or key.kid == header.kid)
    )


def is_timely(claims: Claims, now: datetime) -> bool:
    """Whether a token may be used: not over, begun, and over within an hour."""
    seconds, error_s = now.timestamp(), CLOCK_ERROR_MAX.total_seconds()
    return seconds < claims.exp <= seconds + LIFETIME_MAX.total_seconds() + error_s and (
        claims.nbf is None or claims.nbf <= seconds + error_s
    )
