"""How a USS speaks to other USSs, whose addresses a DSS names: anybody's, and so never to our own network.

THREATS 21: no redirects, no address that is not public, bounded in time and size. THREATS 12: each gets a
token that is good for its own host alone.
"""

import base64
import binascii
import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from mamarr.discovery.forms import MANAGER
from mamarr.faults import Unavailable
from mamarr.node.http_client import OutboundClient, is_public
from mamarr.web.access.key_sets import Reply

PEER_S = 3.0  # chosen: F3548-21 wants details within a second; a user waits for all of it
PEER_BYTES_MAX = 1 << 22  # chosen: 10,000 vertices as digits are written, four times over
DSS_S = 5.0  # chosen: what a client of ours waits is a second longer
DSS_BYTES_MAX = 1 << 24  # chosen: 20,000 references
TOKENS_MAX = 1_000  # chosen: hosts of other USSs; some 1 kB each
SPARE_S = 60  # chosen: a token that is over sooner is not used any more
TOKEN_LENGTH_MAX = 16_384


class PeerClient(OutboundClient):
    """Speaks to any address of the public internet by https.

    allows_loopback: whether to this machine too, by http as well: for tests alone.
    """

    def __init__(self, *, allows_loopback: bool = False, **how: Any) -> None:
        super().__init__(frozenset(), **{"reply_bytes_max": PEER_BYTES_MAX, "total_s": PEER_S, **how})
        self._allows_loopback = allows_loopback

    def _may_ask(self, url: str) -> bool:
        parts = urlsplit(url)
        is_web = parts.scheme == "https" or (parts.scheme == "http" and self._allows_loopback)
        return is_web and bool(parts.netloc) and "@" not in parts.netloc

    def _may_reach(self, scheme: str, address: str) -> bool:
        if self._allows_loopback and ipaddress.ip_address(address.partition("%")[0]).is_loopback:
            return True
        return scheme == "https" and is_public(address)


class _Issued(msgspec.Struct, frozen=True):
    access_token: str


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    exp: float


class Held(msgspec.Struct, frozen=True):
    """A token of our own, and until when it is good, seconds since 1970."""

    token: str
    until_s: float


class OwnTokens:
    """Tokens for our own requests: one for each host and scope, kept until it is nearly over, never logged.

    url: of the authority, which answers a GET with `intended_audience`, `scope` and, if there is one, `sub`:
    `subject`. secret: where there is one, the client `subject` is named with it by OAuth 2.0's client
    credentials instead.
    """

    def __init__(
        self,
        client: OutboundClient,
        url: str,
        *,
        subject: str,
        secret: str | None,
        now: Callable[[], datetime],
    ) -> None:
        self._client, self._url, self._subject, self._secret = client, url, subject, secret
        self.now = now
        self._held: OrderedDict[tuple[str, str], Held] = OrderedDict()
        self.name = ""  # the `sub` of the token that came last: under which others know us

    async def headers(self, url: str, scope: str) -> dict[str, str]:
        """What to send with a request to `url`. Raises Unavailable."""
        audience = urlsplit(url).hostname or ""
        held = self._held.get((audience, scope))
        if held is None or held.until_s - SPARE_S <= self.now().timestamp():
            held = await self._fetched(audience, scope)
            self._held[audience, scope] = held
            if len(self._held) > TOKENS_MAX:
                self._held.popitem(last=False)
        self._held.move_to_end((audience, scope))
        return {"authorization": f"Bearer {held.token}", "content-type": "application/json"}

    async def _fetched(self, audience: str, scope: str) -> Held:
        reply = await self._asked(audience, scope)
        if reply.status not in (200, 201):
            raise Unavailable(f"the authority that issues tokens answers {reply.status}")
        try:
            token = msgspec.json.decode(reply.body, type=_Issued).access_token
            _, payload, _ = token.split(".")
            text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
            claims = msgspec.json.decode(text, type=_Claims)
        except (ValueError, msgspec.DecodeError, binascii.Error, UnicodeError) as wrong:
            raise Unavailable("the authority that issues tokens answers no token") from wrong
        if len(token) > TOKEN_LENGTH_MAX or not token.isascii() or MANAGER.fullmatch(claims.sub) is None:
            raise Unavailable("the authority that issues tokens answers a token that cannot be used")
        self.name = claims.sub
        return Held(token, claims.exp)

    async def _asked(self, audience: str, scope: str) -> Reply:
        if self._secret is not None:
            fields = {"grant_type": "client_credentials", "client_id": self._subject}
            fields |= {"client_secret": self._secret, "audience": audience, "scope": scope}
            return await self._client.post_form(self._url, fields)
        asked = {"intended_audience": audience, "scope": scope}
        if self._subject:
            asked["sub"] = self._subject
        return await self._client.get(f"{self._url}?{urlencode(asked)}")
