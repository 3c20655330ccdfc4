"""Bearer tokens of programs: which hold, and for whom they speak."""

import binascii
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError

from mamarr.faults import present
from mamarr.names import Mode
from mamarr.web.access.callers import Caller
from mamarr.web.access.key_sets import FetchedKeys, GivenKeys, HttpClient, Issuer, KeysOf, VerifyingKey

# An allow-list: never `none`, never a shared secret, never the old name `EdDSA` that leaves the curve open.
ALGORITHMS = frozenset({"Ed25519", "ES256", "RS256"})

LIFETIME_MAX = timedelta(hours=1)  # THREATS 12
CLOCK_ERROR_MAX = timedelta(seconds=1)  # THREATS 7: clocks agree within a second
VERIFIED_MAX = 10_000  # chosen: tokens remembered as verified; the least recently used goes first
TOKEN_BYTES_MAX = 8_192  # chosen: larger than any token of ours, small enough to hash at every request
ISSUERS_MAX = 64  # chosen: one for each party of a large agreement


class Header(msgspec.Struct, frozen=True):
    """What we read of a token's header. Addresses of keys and keys in it are not even read."""

    alg: str
    kid: str | None = None
    crit: msgspec.Raw | None = None
    b64: msgspec.Raw | None = None


class Claims(msgspec.Struct, frozen=True):
    """The claims every token must have, whoever issued it."""

    iss: str
    aud: str | list[str]
    sub: str
    iat: float
    exp: float


class Verified(msgspec.Struct, frozen=True):
    """A token whose signature and issuer hold; its times are compared at each use.

    read: what it says of itself.
    """

    read: "Read"
    claims: Claims
    caller: Caller


class TokenChecker:
    """Verifies bearer tokens of several issuers, for one mode.

    issuers: each with an `iss` of its own and the mode of this node; ValueError otherwise. client: fetches
    keys; needed when an issuer has a `keys_url`. Keys named by or carried in a token's own header (`jku`,
    `x5u`, `jwk`, `x5c`) are ignored: only the keys of the issuer named in `iss` count, each for its own
    algorithm.
    """

    def __init__(self, issuers: Sequence[Issuer], *, mode: Mode, client: HttpClient | None = None) -> None:
        self._issuers = {issuer.issuer: (issuer, keys_of(issuer, client)) for issuer in issuers}
        if len(self._issuers) != len(issuers) or len(issuers) > ISSUERS_MAX:
            raise ValueError(f"at most {ISSUERS_MAX} issuers, each with another name")
        for issuer in issuers:
            if issuer.mode != mode:
                raise ValueError(f"issuer {issuer.issuer!r} is for {issuer.mode}, this node is in {mode}")
        self._verified: OrderedDict[bytes, Verified] = OrderedDict()

    def caller(self, token: str, now: datetime) -> Caller | None:
        """Who `token` speaks for now, by the keys at hand, or None when it does not hold.

        Never says why: that helps forgers. A token seen before costs a hash and a look-up.
        """
        if len(token) > TOKEN_BYTES_MAX:
            return None
        digest = sha256(token.encode()).digest()
        verified = self._verified.get(digest) or self._verify(token)
        if verified is None or not is_timely(verified.claims, now):
            return None
        self._verified[digest] = verified
        self._verified.move_to_end(digest)
        if len(self._verified) > VERIFIED_MAX:
            self._verified.popitem(last=False)
        return verified.caller

    async def admitted(self, token: str, now: datetime) -> Caller | None:
        """As `caller`, after looking for newer keys of the token's issuer where that is due."""
        if len(token) > TOKEN_BYTES_MAX:
            return None
        known = self._verified.get(sha256(token.encode()).digest())
        found = read_token(token) if known is None else known.read
        if found is None or found.issuer not in self._issuers:
            return None
        keys = self._issuers[found.issuer][1]
        is_unknown = key_for(found.header, keys.keys()) is None
        if await keys.refresh(now, is_wanted=is_unknown):
            self._verified.clear()  # a key may have been withdrawn
        return self.caller(token, now)

    def _verify(self, token: str) -> Verified | None:
        found = read_token(token)
        if found is None or found.issuer not in self._issuers:
            return None
        issuer, keys = self._issuers[found.issuer]
        claims = verified_claims(token, keys.keys())
        if claims is None:
            return None
        try:
            read = msgspec.convert(claims, Claims)
        except msgspec.ValidationError:
            return None
        audiences = [read.aud] if isinstance(read.aud, str) else read.aud
        caller = caller_from(claims, issuer)
        if read.iss != issuer.issuer or audiences != [issuer.audience] or caller is None:
            return None
        return Verified(found, read, caller)


def keys_of(issuer: Issuer, client: HttpClient | None) -> KeysOf:
    """Where the keys of `issuer` come from. ValueError when they have to be fetched and nothing can."""
    if issuer.keys is not None:
        return GivenKeys(issuer.keys)
    if client is None:
        raise ValueError(f"the keys of {issuer.issuer!r} have to be fetched, and there is no client")
    return FetchedKeys(present(issuer.keys_url, "an issuer has keys or an address"), client)


def caller_from(claims: dict[str, Any], issuer: Issuer) -> Caller | None:
    """Who the claims of a verified token of `issuer` name, or None when it may not speak for that party.

    Scopes: a text of words, as RFC 8693 section 4.2, or a list of texts, as many providers have it.
    """
    party, scopes, subject = claims.get(issuer.party_claim), claims.get(issuer.scope_claim), claims.get("sub")
    words = scopes.split() if isinstance(scopes, str) else scopes
    if not isinstance(party, str) or not isinstance(subject, str) or not isinstance(words, list):
        return None
    if not all(isinstance(word, str) for word in words) or not 0 < len(subject) <= SUBJECT_MAX:
        return None
    said_mode = claims.get("mode")
    if said_mode != issuer.mode and (issuer.says_mode or said_mode is not None):
        return None
    if not issuer.may_speak_for(party):
        return None
    return Caller(party=party, subject=subject, scopes=frozenset(words))


SUBJECT_MAX = 255  # characters; OpenID Connect Core section 2


def is_timely(claims: Claims, now: datetime) -> bool:
    """Whether a token is in its lifetime, and that is short enough."""
    seconds = now.timestamp()
    return (
        claims.iat <= seconds + CLOCK_ERROR_MAX.total_seconds()
        and seconds < claims.exp <= claims.iat + LIFETIME_MAX.total_seconds()
    )


def verified_claims(token: str, keys: tuple[VerifyingKey, ...]) -> dict[str, Any] | None:
    """The claims of `token` if one of `keys` signed it, else None. Says nothing about issuer or time."""
    found = read_token(token)
    key = None if found is None else key_for(found.header, keys)
    if found is None or key is None:
        return None
    try:
        return jwt.decode(token, key.key, algorithms=[found.header.alg]).claims
    except (JoseError, ValueError):
        return None


def key_for(header: Header, keys: tuple[VerifyingKey, ...]) -> VerifyingKey | None:
    """The one key that may verify a token with `header`: of its `kid`, for its algorithm.

    A header without `kid` fits only when one key alone has the algorithm.
    """
    fitting = [key for key in keys if key.algorithm == header.alg]
    if header.kid is not None:
        fitting = [key for key in fitting if key.kid == header.kid]
    return fitting[0] if len(fitting) == 1 else None


class Read(msgspec.Struct, frozen=True):
    """What a token says of itself, unverified."""

    header: Header
    issuer: str


class _Issuer(msgspec.Struct, frozen=True):
    iss: str


def read_token(token: str) -> Read | None:
    """What a token says of itself, nothing of which is verified yet; None when it is no compact JWS."""
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        return None
    try:
        header = msgspec.json.decode(_bytes(parts[0]), type=Header)
        issuer = msgspec.json.decode(_bytes(parts[1]), type=_Issuer)
    except (msgspec.DecodeError, binascii.Error, UnicodeDecodeError, RecursionError):
        return None
    if header.alg not in ALGORITHMS or header.crit is not None or header.b64 is not None:
        return None
    return Read(header, issuer.iss)


def _bytes(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
