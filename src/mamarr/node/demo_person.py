"""What the demo does at a node as a person does it there: over HTTP, signed in, with a key for what binds."""

import base64
import secrets
import ssl
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mamarr.faults import Unavailable
from mamarr.names import Mode
from mamarr.web.access.acts import key_id_of, signed_bytes

# By http alone: to load whom httpx trusts with TLS would take each request some 20 ms.
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody signed in at the node `node_id`, whose page is at `origin`. secret: of the session.

    private_key: Ed25519, 32 bytes; with it the person signs.
    """

    origin: str
    node_id: str
    secret: str
    private_key: bytes

    async def asks(self, method: str, path: str, body: object = None) -> httpx.Response:
        """The answer to what the page would ask. Raises Unavailable where there is none."""
        return await asked(method, self.origin + path, body, self._headers())

    async def does(self, path: str, body: object, command: dict[str, Any]) -> httpx.Response:
        """The answer to an act that binds. command: what the person signs, as the node reads `body`.

        Raises Unavailable where there is no answer.
        """
        key, command_id = Ed25519PrivateKey.from_private_bytes(self.private_key), secrets.token_hex(16)
        said = signed_bytes(node_id=self.node_id, mode=Mode.EXERCISE, command_id=command_id, command=command)
        name = key_id_of("Ed25519", key.public_key().public_bytes_raw())
        signature = f"{name}:{base64.b64encode(key.sign(said)).decode()}"
        headers = {"idempotency-key": command_id, "mamarr-act-signature": signature}
        return await asked("POST", self.origin + path, body, self._headers() | headers)

    def _headers(self) -> dict[str, str]:
        return {"cookie": f"mamarr-{self.node_id}={self.secret}", "origin": self.origin}


async def asked(method: str, url: str, body: object, headers: dict[str, str]) -> httpx.Response:
    """The answer of a node on this machine. Raises Unavailable where there is none."""
    async with httpx.AsyncClient(trust_env=False, verify=NOBODY) as client:
        try:
            return await client.request(method, url, json=body, headers=headers)
        except httpx.HTTPError as silent:
            raise Unavailable(f"{method} {url}: {silent}") from silent


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A program of a party at the node whose page is at `origin`. token: good for an hour."""

    party: str
    origin: str
    token: str

    async def asks(self, method: str, path: str, body: object = None) -> httpx.Response:
        """The answer to it. Raises Unavailable where there is none."""
        return await asked(method, self.origin + path, body, {"authorization": f"Bearer {self.token}"})
