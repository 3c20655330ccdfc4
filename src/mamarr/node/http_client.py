"""The one way out of a node (THREATS 21): to named origins only, no redirects, bounded in time and size."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from mamarr.faults import Unavailable
from mamarr.web.access.key_sets import Reply
from mamarr.web.access.oidc import origin_of

TOTAL_S = 10.0  # chosen: a person waits for this at the sign-in
REPLY_BYTES_MAX = 262_144  # chosen: four times the largest document that is read
USER_AGENT = "mamarr"

NO_HEADERS: Mapping[str, str] = {}

Resolve = Callable[[str, int], Awaitable[list[str]]]


class OutboundClient:
    """Speaks to `origins` (scheme, host, port) and to nothing else. Raises Unavailable for all that fails.

    allow_private: whether an origin may lie on this machine or in its networks; for tests and closed networks
    alone. The address is looked up once, checked, and then connected to: a name that changes its address in
    between gains nothing. transport: what carries the requests; None: sockets. reply_bytes_max, total_s: how
    much of an answer is read, and how long one request may take.
    """

    def __init__(
        self,
        origins: frozenset[str],
        *,
        allow_private: bool = False,
        resolve: Resolve | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        reply_bytes_max: int = REPLY_BYTES_MAX,
        total_s: float = TOTAL_S,
    ) -> None:
        for origin in origins:
            if origin_of(origin) != origin or (not origin.startswith("https://") and not allow_private):
                raise ValueError(f"{origin!r} is not an https origin such as https://identity.example")
        self._origins, self._allow_private = origins, allow_private
        self._resolve = resolve or resolved
        self._reply_bytes_max, self._total_s = reply_bytes_max, total_s
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,  # no proxy and no .netrc of whoever started the node
            verify=_trusted(),
            timeout=total_s,
            transport=transport,
            headers={"user-agent": USER_AGENT, "accept": "application/json", "accept-encoding": "identity"},
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
        """The answer to a GET."""
        return await self._asked("GET", url, headers)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
        """The answer to a POST of `body`."""
        return await self._asked("POST", url, headers, content=body)

    async def put(self, url: str, body: bytes, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
        """The answer to a PUT of `body`."""
        return await self._asked("PUT", url, headers, content=body)

    async def delete(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
        """The answer to a DELETE."""
        return await self._asked("DELETE", url, headers)

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer to a request by any method, made once."""
        return await self._asked(method, url, headers, content=body)

    async def post_form(self, url: str, fields: dict[str, str]) -> Reply:
        """The answer to a POST of form `fields`."""
        return await self._asked("POST", url, NO_HEADERS, data=fields)

    async def _asked(self, method: str, url: str, headers: Mapping[str, str], **body: Any) -> Reply:
        try:
            async with asyncio.timeout(self._total_s):
                return await self._reply(await self._request(method, url, headers, **body))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, ValueError) as wrong:
            # The type alone: an address or a body may hold a code or a secret.
            raise Unavailable(f"no answer from {_place(url)}: {type(wrong).__name__}") from wrong

    async def _request(self, method: str, url: str, headers: Mapping[str, str], **body: Any) -> httpx.Request:
        if not self._may_ask(url):
            raise Unavailable(f"{_place(url)} is not on the list of origins this node speaks to")
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = await self._resolve(host, port)
        if not found or not all(self._may_reach(parts.scheme, each) for each in found):
            raise Unavailable(f"{_place(url)} has an address that is not public")
        pinned = httpx.URL(url).copy_with(host=found[0])
        request = self._client.build_request(
            method, pinned, headers={**headers, "host": parts.netloc}, **body
        )
        request.extensions["sni_hostname"] = host  # the certificate is checked against the name
        return request

    def _may_ask(self, url: str) -> bool:
        """Whether the node speaks to this address at all; ValueError when it is none."""
        return origin_of(url) in self._origins

    def _may_reach(self, scheme: str, address: str) -> bool:
        """Whether an IP address of an origin may be connected to."""
        del scheme
        return self._allow_private or is_public(address)

    async def _reply(self, request: httpx.Request) -> Reply:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self._reply_bytes_max:
                    raise Unavailable(
                        f"more than {self._reply_bytes_max} bytes from {request.headers['host']}"
                    )
        finally:
            await response.aclose()
        return Reply(status=response.status_code, body=bytes(body))


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet: not loopback, private, link-local, multicast."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if found in _TRANSLATED or found in _COMPATIBLE:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not found.is_multicast


def may_be_dialled(address: str) -> bool:
    """Whether an IP address that need not be public may be dialled: of a host that there can be."""
    found = ipaddress.ip_address(address.partition("%")[0])
    is_none = found.is_multicast or found.is_unspecified or (found.is_reserved and not found.is_loopback)
    return not is_none


_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_COMPATIBLE = ipaddress.IPv6Network(
    "::/96"
)  # RFC 4291, 2.5.5.1: as above, long out of use; Python calls it public


async def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host. OSError when there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


@cache
def _trusted() -> ssl.SSLContext:
    """Whom httpx trusts, loaded once: that takes some 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _place(url: str) -> str:
    """Where, without the query: that may hold a code."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "what is no address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
