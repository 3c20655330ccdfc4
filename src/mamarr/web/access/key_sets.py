"""The public keys of issuers: given in the configuration, or fetched from the issuer and kept for a while."""

from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from mamarr.faults import Unavailable
from mamarr.names import PARTY_ID, Mode

KEYS_MAX = 32  # chosen: an issuer has two or three keys at a time
KEY_SET_BYTES_MAX = 65_536  # chosen: 32 RSA keys of 4,096 bit with room
REFRESH_AT_MOST_EVERY = timedelta(
    seconds=60
)  # chosen: a stranger's unknown `kid` costs the issuer one request
REFRESH_AFTER = timedelta(hours=1)  # chosen: how long a key the issuer withdrew may still be taken
RSA_BITS_MIN = 2_048  # RFC 7518 section 3.3
RSA_BITS_MAX = 8_192  # chosen: verifying a larger one costs us more than it protects


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What another server answered. body: whole, within the client's size limit."""

    status: int
    body: bytes


class HttpClient(Protocol):
    """The one way out (THREATS 21). Each method raises Unavailable when the answer cannot be had."""

    async def get(self, url: str) -> Reply:
        """The answer to a GET."""

    async def post_form(self, url: str, fields: dict[str, str]) -> Reply:
        """The answer to a POST of form `fields`."""


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """Whose tokens count, for what, and where its keys are.

    issuer, audience: compared exactly with `iss` and `aud`. mode: which mode its tokens are for. says_mode:
    whether its tokens must carry the claim `mode`; those of an outside issuer need not, and have the mode it
    is configured for. keys: its public keys as a JWK set; None: fetched from `keys_url`. parties: for whom it
    may speak; None: for anyone, which only the node's own issuer should.
    """

    issuer: str
    audience: str
    mode: Mode
    says_mode: bool = False
    keys: dict[str, Any] | None = None
    keys_url: str | None = None
    parties: tuple[str, ...] | None = None
    party_claim: str = "party"
    scope_claim: str = "scope"

    def __post_init__(self) -> None:
        if (self.keys is None) == (self.keys_url is None):
            raise ValueError(f"issuer {self.issuer!r} needs either keys or keys_url")
        for party in self.parties or ():
            if PARTY_ID.fullmatch(party) is None:
                raise ValueError(f"issuer {self.issuer!r}: {party!r} is no party id")

    def may_speak_for(self, party: str) -> bool:
        """Whether a token of this issuer may name `party`."""
        return PARTY_ID.fullmatch(party) is not None and (self.parties is None or party in self.parties)


class VerifyingKey(msgspec.Struct, frozen=True):
    """One key that verifies signatures of one algorithm and no other. kid: its name, if it has one."""

    kid: str | None
    algorithm: str
    key: Any


class KeysOf(Protocol):
    """The keys of one issuer."""

    def keys(self) -> tuple[VerifyingKey, ...]:
        """The keys at hand."""

    async def refresh(self, now: datetime, *, is_wanted: bool) -> bool:
        """Look for newer keys, if that is due; whether there are other keys now than before."""


class GivenKeys:
    """Keys of the configuration, which never change."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._keys = usable(given)

    def keys(self) -> tuple[VerifyingKey, ...]:
        """The keys at hand."""
        return self._keys

    async def refresh(self, now: datetime, *, is_wanted: bool) -> bool:
        """Nothing to look for."""
        del now, is_wanted
        return False


class FetchedKeys:
    """Keys fetched from one address. When it is silent or talks nonsense, the last good ones stay.

    Asked at most every REFRESH_AT_MOST_EVERY, whatever strangers send.
    """

    def __init__(self, url: str, client: HttpClient) -> None:
        self.url, self._client = url, client
        self._keys: tuple[VerifyingKey, ...] = ()
        self._asked_at: datetime | None = None

    def keys(self) -> tuple[VerifyingKey, ...]:
        """The keys at hand; none before the first good answer."""
        return self._keys

    async def refresh(self, now: datetime, *, is_wanted: bool) -> bool:
        """Ask again, if `is_wanted` or REFRESH_AFTER has passed; whether the keys are others now."""
        rest = REFRESH_AT_MOST_EVERY if is_wanted else REFRESH_AFTER
        if self._asked_at is not None and now < self._asked_at + rest:
            return False
        self._asked_at = now
        try:
            reply = await self._client.get(self.url)
            found = usable(decoded_set(reply))
        except (Unavailable, ValueError):
            return False  # silent or broken: the last good keys stay
        is_other = [(key.kid, key.key.thumbprint()) for key in found] != [
            (key.kid, key.key.thumbprint()) for key in self._keys
        ]
        self._keys = found
        return is_other


def decoded_set(reply: Reply) -> dict[str, Any]:
    """The JWK set in `reply`; ValueError when there is none."""
    if reply.status != 200 or len(reply.body) > KEY_SET_BYTES_MAX:
        raise ValueError(f"no key set: status {reply.status}, {len(reply.body)} bytes")
    return msgspec.json.decode(reply.body, type=dict[str, Any])


def usable(found: dict[str, Any]) -> tuple[VerifyingKey, ...]:
    """The keys of a JWK set that may verify tokens: public, for signatures, of an algorithm we take.

    Each is bound to one algorithm, so that no token can choose another for it. ValueError when the set has
    none, or more than KEYS_MAX.
    """
    listed = found.get("keys")
    if not isinstance(listed, list) or len(listed) > KEYS_MAX:
        raise ValueError(f"a key set has a list of at most {KEYS_MAX} keys")
    keys = [key for each in listed if isinstance(each, dict) and (key := _usable(each)) is not None]
    if not keys:
        raise ValueError("the key set has no key that can verify a token")
    return tuple(keys)


def _usable(each: dict[str, Any]) -> VerifyingKey | None:
    kid = each.get("kid")
    if each.get("use", "sig") != "sig" or not isinstance(kid, str | None):
        return None
    public = {name: value for name, value in each.items() if name in ("kty", "crv", "x", "y", "n", "e")}
    algorithm = _algorithm(public)
    if algorithm is None or each.get("alg", algorithm) not in (algorithm, _OTHER_NAME.get(algorithm)):
        return None
    if algorithm == "RS256" and not RSA_BITS_MIN <= 6 * len(str(public.get("n", ""))) <= RSA_BITS_MAX + 8:
        return None  # base64: 6 bits a letter
    try:
        key = import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return None  # not a key: as if it were not in the set
    return VerifyingKey(kid, algorithm, key)


_OTHER_NAME = {"Ed25519": "EdDSA"}  # RFC 9864 gave the algorithm a name of its own


def _algorithm(public: dict[str, Any]) -> str | None:
    match public.get("kty"), public.get("crv"):
        case "OKP", "Ed25519":
            return "Ed25519"
        case "EC", "P-256":
            return "ES256"
        case "RSA", None:
            return "RS256"
    return None
