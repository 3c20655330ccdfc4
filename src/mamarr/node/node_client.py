"""Speaks to a running node as a program does: with a token from a file, to that one origin only."""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from mamarr.faults import Unavailable, WireError
from mamarr.interop.formats import GEOJSON
from mamarr.interop.problems import Problem
from mamarr.interop.readings import BODY_BYTES_MAX
from mamarr.interop.wire import decoded, safe
from mamarr.node.http_client import OutboundClient, resolved
from mamarr.web.access.key_sets import Reply
from mamarr.web.access.oidc import origin_of

TOKEN_BYTES_MAX = 16_384  # chosen: several times the longest token in use
TOTAL_S = 120.0  # chosen: a node takes about a minute for a thousand features of the largest size


class NodeClient:
    """One node at `url`, scheme, host and port. token: of a party with the scope for what is asked.

    ValueError unless it is https, or http on this machine: a token would be read by anyone between.
    """

    def __init__(self, url: str, token: str) -> None:
        origin = origin_of(url)
        parts = urlsplit(url)
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is not the address of a node, such as https://node.example")
        is_here = _is_loopback(parts.hostname or "")
        if parts.scheme != "https" and not is_here:
            raise ValueError(f"{url!r}: plain http goes to this machine only; use https")
        self.origin = origin
        self._headers = {"authorization": f"Bearer {token}"}
        self._http = OutboundClient(
            frozenset({origin}),
            allow_private=True,  # the person named the node; it may be on the same network
            resolve=_on_this_machine if is_here else resolved,
            reply_bytes_max=BODY_BYTES_MAX,
            total_s=TOTAL_S,
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()

    async def airspace(self) -> bytes:
        """What the node has declared, as GeoJSON. Unavailable with what it said when it refuses."""
        return _body(await self._http.get(f"{self.origin}/api/airspace", self._headers))

    async def declare(self, collection: bytes) -> bytes:
        """The node's answer to a GeoJSON FeatureCollection. Unavailable with what it said when it refuses."""
        headers = {**self._headers, "content-type": GEOJSON}
        return _body(await self._http.post(f"{self.origin}/api/airspace", collection, headers))

    async def put(self, path: str, body: bytes) -> Reply:
        """The node's answer to JSON put at `path`, whatever its status."""
        headers = {**self._headers, "content-type": "application/json"}
        return await self._http.put(f"{self.origin}{path}", body, headers)


def token_in(path: Path) -> str:
    """The token that a file holds. Unavailable when it cannot be read, ValueError when it holds none."""
    try:
        with path.open("rb") as file:
            body = file.read(TOKEN_BYTES_MAX + 1)
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong
    token = body.decode("ascii", "replace").strip()
    if not token or len(body) > TOKEN_BYTES_MAX or not all("!" <= letter <= "~" for letter in token):
        raise ValueError(f"{path} holds no token")
    return token


def _body(reply: Reply) -> bytes:
    if reply.status == 200:
        return reply.body
    try:
        said = decoded(Problem, reply.body)
    except WireError as wrong:
        raise Unavailable(f"what answered with status {reply.status} is no node") from wrong
    places = "".join(f"; {safe(each.at)}: {safe(each.what)}" for each in said.errors[:3])
    raise Unavailable(f"the node refused ({safe(said.reason)}): {safe(said.title)}{places}")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _on_this_machine(host: str, port: int) -> list[str]:
    """The loopback addresses of `host`, the older kind first: a node listens on 127.0.0.1."""
    found = [each for each in await resolved(host, port) if ipaddress.ip_address(each).is_loopback]
    return sorted(found, key=lambda each: ":" in each)
