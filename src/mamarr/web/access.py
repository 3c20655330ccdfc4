"""Who asks: bearer tokens of programs, sessions of people. Neither is ever logged."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mamarr.names import PARTY_ID, Mode

ALGORITHMS = ["Ed25519", "ES256", "RS256"]  # an allow-list: never `none`, never a shared secret
LIFETIME_MAX = timedelta(hours=1)  # THREATS 12
VERIFIED_MAX = 10_000  # chosen: tokens remembered as verified; the least recently used goes first
TOKEN_BYTES_MAX = 8_192  # chosen: larger than any token of ours, small enough to hash at every request
SESSIONS_MAX = 1_000  # chosen: people at one node; the oldest is signed out first
SESSION_LIFETIME = timedelta(hours=12)  # chosen: one shift
CODES_MAX = 100  # chosen: sign-in links printed and not yet used
CODE_LIFETIME = timedelta(hours=1)


class Scope(StrEnum):
    """What a caller may do."""

    READ = "mamarr.read"
    RESERVE = "mamarr.reserve"
    ADMINISTER = "mamarr.administer"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as far as the node verified it. is_person: by a session, not by a token."""

    party: str
    subject: str
    scopes: frozenset[str]
    is_person: bool = False


class Claims(msgspec.Struct, frozen=True):
    """The claims we read of a token; all of them are required."""

    iss: str
    aud: str | list[str]
    sub: str
    party: str
    scope: str
    mode: Mode
    iat: float
    exp: float


class TokenChecker:
    """Verifies bearer tokens of one issuer for one audience and one mode.

    keys: the issuer's public keys as a JWK set. Header fields that name a key's address (`jku`, `x5u`) or
    carry one (`jwk`, `x5c`) are ignored: only these keys count.
    """

    def __init__(self, keys: dict[str, object], *, issuer: str, audience: str, mode: Mode) -> None:
        self._keys = KeySet.import_key_set(keys)  # type: ignore[arg-type]
        self._issuer, self._audience, self._mode = issuer, audience, mode
        self._verified: OrderedDict[bytes, Claims] = OrderedDict()

    def caller(self, token: str, now: datetime) -> Caller | None:
        """Who `token` speaks for now, or None when it does not hold. Never says why: that helps forgers."""
        if len(token) > TOKEN_BYTES_MAX:
            return None
        digest = sha256(token.encode()).digest()
        claims = self._verified.get(digest) or self._verify(token)
        if claims is None or not self._holds(claims, now):
            return None
        self._verified[digest] = claims
        self._verified.move_to_end(digest)
        if len(self._verified) > VERIFIED_MAX:
            self._verified.popitem(last=False)
        return Caller(party=claims.party, subject=claims.sub, scopes=frozenset(claims.scope.split()))

    def _verify(self, token: str) -> Claims | None:
        try:
            found = jwt.decode(token, self._keys, algorithms=ALGORITHMS)
            return msgspec.convert(found.claims, Claims)
        except (JoseError, msgspec.ValidationError, ValueError):
            return None

    def _holds(self, claims: Claims, now: datetime) -> bool:
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        seconds = now.timestamp()
        return (
            claims.iss == self._issuer
            and self._audience in audiences
            and claims.mode == self._mode
            and claims.iat <= seconds + 1  # THREATS 7: clocks agree within a second
            and seconds < claims.exp <= claims.iat + LIFETIME_MAX.total_seconds()
            and PARTY_ID.fullmatch(claims.party) is not None
        )


class Sessions:
    """People signed in at this node, in memory. A restart signs everybody out.

    entropy: answers fresh random text of at least 128 bits at each call.
    """

    def __init__(self, entropy: Callable[[], str]) -> None:
        self._entropy = entropy
        self._codes: OrderedDict[bytes, tuple[Caller, datetime]] = OrderedDict()
        self._sessions: OrderedDict[bytes, tuple[Caller, datetime]] = OrderedDict()

    def code(self, caller: Caller, now: datetime) -> str:
        """A code that opens one session for `caller`, once."""
        return self._keep(self._codes, caller, now + CODE_LIFETIME, CODES_MAX)

    def open(self, code: str, now: datetime) -> tuple[str, Caller] | None:
        """The secret of a new session and whose it is, for a code not used before."""
        found = self._codes.pop(_digest(code), None)
        if found is None or found[1] <= now:
            return None
        return self._keep(self._sessions, found[0], now + SESSION_LIFETIME, SESSIONS_MAX), found[0]

    def caller(self, secret: str, now: datetime) -> Caller | None:
        """Whose session `secret` is, while it lasts."""
        found = self._sessions.get(_digest(secret))
        return None if found is None or found[1] <= now else found[0]

    def _keep(
        self,
        where: OrderedDict[bytes, tuple[Caller, datetime]],
        caller: Caller,
        until: datetime,
        at_most: int,
    ) -> str:
        secret = self._entropy()
        where[_digest(secret)] = (caller, until)
        while len(where) > at_most:
            where.popitem(last=False)
        return secret


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
