"""Signing in at an OpenID provider: authorization code with PKCE. A machine; what it sends goes by a client.

Sources: OpenID Connect Core 1.0 section 3.1, Discovery 1.0 section 4, RFC 7636 (S256), RFC 9207, RFC 9700.
"""

import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from mamarr.faults import Unavailable
from mamarr.interop.access_messages import in_base64url
from mamarr.names import FREE_TEXT
from mamarr.web.access.accounts import Account
from mamarr.web.access.callers import Caller, Refused, Scope, Why
from mamarr.web.access.key_sets import FetchedKeys, HttpClient, Issuer, Reply
from mamarr.web.access.tokens import Claims, caller_from, is_timely, key_for, read_token, verified_claims

T = TypeVar("T")

BEGUN_LIFETIME = timedelta(minutes=10)  # chosen: time to find a second factor
BEGUN_MAX = 1_000  # chosen: sign-ins begun and not ended; the oldest is void first
DISCOVERY_AFTER = timedelta(hours=1)  # chosen
DISCOVERY_BYTES_MAX = 65_536  # chosen: ten times the documents of known providers
TEXT_MAX = 4_096  # chosen: characters of a code or a state that are looked at


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenID provider. issuer: as for tokens; its audience is the client id, its keys are discovered.

    name: what people call it. back: our callback's address, as registered there. origins: of its endpoints,
    where they are not on the issuer's own. scopes: which scopes each of its words gives; empty: its words are
    the scopes.
    """

    issuer: Issuer
    name: str
    back: str
    client_secret: str | None = None
    origins: frozenset[str] = frozenset()
    wanted: str = "openid profile"
    scopes: Mapping[str, tuple[Scope, ...]] = {}

    def is_of(self, url: str) -> bool:
        """Whether an endpoint may be at `url`."""
        try:
            return origin_of(url) in self.origins | {origin_of(self.issuer.issuer)}
        except ValueError:
            return False


class Discovered(msgspec.Struct, frozen=True):
    """What we read of the discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    authorization_response_iss_parameter_supported: bool = False


class Tokens(msgspec.Struct, frozen=True):
    """What we read of the answer of the token endpoint. We ask for nothing with the access token."""

    id_token: str


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that was begun in one browser."""

    nonce: str
    verifier: str
    until: datetime


class OidcSignIn:
    """Sign-ins at one provider. entropy: at least 256 bits of fresh base64url text at each call."""

    def __init__(self, provider: Provider, client: HttpClient, entropy: Callable[[], str]) -> None:
        self.provider = provider
        self._client, self._entropy = client, entropy
        self._begun: OrderedDict[str, Begun] = OrderedDict()
        self._discovered: Discovered | None = None
        self._fresh_until = datetime.min.replace(tzinfo=UTC)
        self._keys: FetchedKeys | None = None

    async def begin(self, now: datetime) -> tuple[str, str]:
        """Where to send the browser, and the state to keep in a cookie of it. Raises Unavailable."""
        found = await self._discovery(now)
        state, nonce, verifier = self._entropy(), self._entropy(), self._entropy()
        self._begun[state] = Begun(nonce=nonce, verifier=verifier, until=now + BEGUN_LIFETIME)
        while len(self._begun) > BEGUN_MAX:
            self._begun.popitem(last=False)
        asked = {
            "response_type": "code",
            "client_id": self.provider.issuer.audience,
            "redirect_uri": self.provider.back,
            "scope": self.provider.wanted,
            "state": state,
            "nonce": nonce,
            "code_challenge": in_base64url(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        mark = "&" if urlsplit(found.authorization_endpoint).query else "?"
        return found.authorization_endpoint + mark + urlencode(asked), state

    async def ended(self, said: Mapping[str, str], kept_state: str | None, now: datetime) -> Account:
        """Who came back from the provider, as the account the claims describe.

        said: the query of the callback. kept_state: from the browser's cookie. Raises Refused, Unavailable.
        """
        state, code = said.get("state", "")[:TEXT_MAX], said.get("code", "")[:TEXT_MAX]
        begun = self._begun.pop(state, None)
        is_same_browser = kept_state is not None and hmac.compare_digest(state.encode(), kept_state.encode())
        if begun is None or begun.until <= now or not is_same_browser or not code:
            raise Refused(Why.PROVIDER_REFUSED)
        found = await self._discovery(now)
        issuer = self.provider.issuer.issuer
        if (
            said.get("iss", None if found.authorization_response_iss_parameter_supported else issuer)
            != issuer
        ):
            raise Refused(Why.PROVIDER_REFUSED)  # RFC 9207: another provider's answer was mixed in
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.provider.back,
            "client_id": self.provider.issuer.audience,
            "code_verifier": begun.verifier,
        }
        if self.provider.client_secret is not None:
            fields["client_secret"] = self.provider.client_secret
        tokens = _read(await self._client.post_form(found.token_endpoint, fields), Tokens)
        return await self._person(tokens.id_token, begun.nonce, found, now)

    async def _person(self, token: str, nonce: str, found: Discovered, now: datetime) -> Account:
        if self._keys is None or self._keys.url != found.jwks_uri:
            self._keys = FetchedKeys(found.jwks_uri, self._client)
        read = read_token(token)
        is_unknown = read is not None and key_for(read.header, self._keys.keys()) is None
        await self._keys.refresh(now, is_wanted=is_unknown)
        claims = verified_claims(token, self._keys.keys())
        if claims is None:
            raise Refused(Why.PROVIDER_REFUSED)
        try:
            needed = msgspec.convert(claims, Claims)
        except msgspec.ValidationError as wrong:
            raise Refused(Why.PROVIDER_REFUSED) from wrong
        issuer = self.provider.issuer
        audiences = [needed.aud] if isinstance(needed.aud, str) else needed.aud
        caller = caller_from(claims, issuer)
        said_nonce = claims.get("nonce")
        if (
            needed.iss != issuer.issuer
            or audiences != [issuer.audience]
            or claims.get("azp", issuer.audience) != issuer.audience
            or not isinstance(said_nonce, str)
            or not hmac.compare_digest(said_nonce.encode(), nonce.encode())
            or not is_timely(needed, now)
            or caller is None
        ):
            raise Refused(Why.PROVIDER_REFUSED)
        return _account(caller, self.provider, claims.get("name"))

    async def _discovery(self, now: datetime) -> Discovered:
        if self._discovered is not None and now < self._fresh_until:
            return self._discovered
        url = self.provider.issuer.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = _read(await self._client.get(url), Discovered)
        endpoints = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        if found.issuer != self.provider.issuer.issuer or not all(map(self.provider.is_of, endpoints)):
            raise Unavailable("the provider's discovery document names another issuer or another origin")
        self._discovered, self._fresh_until = found, now + DISCOVERY_AFTER
        return found


def _account(caller: Caller, provider: Provider, name: object) -> Account:
    """The account of somebody a provider vouches for. Its name ends as no local one may."""
    digest = sha256(f"{provider.issuer.issuer}\n{caller.subject}".encode()).hexdigest()[:32]
    shown = name if isinstance(name, str) and FREE_TEXT.fullmatch(name) else caller.subject
    gives = provider.scopes or {scope: (scope,) for scope in Scope}
    scopes = frozenset(scope for word in caller.scopes for scope in gives.get(word, ()))
    return Account(
        person_id=f"{digest}{OIDC_SUFFIX}",
        party=caller.party,
        display_name=shown if FREE_TEXT.fullmatch(shown) else digest,
        scopes=scopes,
    )


OIDC_SUFFIX = ".oidc"


def _read(reply: Reply, kind: type[T]) -> T:
    if reply.status != 200 or len(reply.body) > DISCOVERY_BYTES_MAX:
        raise Unavailable(f"the provider answered {reply.status}")
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Unavailable("the provider's answer cannot be read") from wrong


def origin_of(url: str) -> str:
    """Scheme, host and port of an address; ValueError when it has none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        raise ValueError(f"{url!r} is no address of a web server")
    return f"{parts.scheme}://{parts.netloc.lower()}"
