"""What every request meets first (Host and Origin), and every answer last (headers that bind the page)."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

import msgspec

from mamarr import phrases
from mamarr.interop.problems import problem

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

WRONG_ORIGIN = "WRONG_ORIGIN"  # the text for who asks another host, or from another page
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


Told = Callable[[str], tuple[str, bytes]]  # by a language: the type and the body of an answer


class Framing(msgspec.Struct, frozen=True, kw_only=True):
    """Which origins may show our page in a frame, and which pages ours may show in one. Of the demo alone."""

    shown_by: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()


NO_FRAMES = Framing()


def binding(framing: Framing) -> list[tuple[bytes, bytes]]:
    """What binds the page, as headers of every answer."""
    policy = (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        f"worker-src 'self'; connect-src 'self'; frame-src {_sources(framing.shows)}; "
        f"frame-ancestors {_sources(framing.shown_by)}; base-uri 'none'; form-action 'none'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]


def _sources(origins: tuple[str, ...]) -> str:
    return " ".join(origins) or "'none'"


def _as_problem(language: str) -> tuple[str, bytes]:
    said = problem(WRONG_ORIGIN, HTTPStatus.FORBIDDEN, language)
    return "application/problem+json", msgspec.json.encode(said)


class Guard:
    """Wraps an ASGI application. hosts: the Host headers that are ours. framing: who shows whose page.

    told: how the interface says, by a language, that a request is not for it.
    """

    def __init__(
        self, app: App, *, hosts: frozenset[str], framing: Framing = NO_FRAMES, told: Told = _as_problem
    ) -> None:
        self._app, self._hosts, self._binding, self._told = app, hosts, binding(framing), told

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let one connection through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if scope["type"] == "websocket":
            # A WebSocket carries the cookie from any site: only our own origin may open one (RFC 6455 10.2).
            if self._is_ours("POST", headers):
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._binding]
            await send(message)

        if not self._is_ours(scope["method"], headers):
            await self._refuse(headers, sealed)
            return
        await self._app(scope, receive, sealed)

    def _is_ours(self, method: str, headers: dict[bytes, str]) -> bool:
        host = headers.get(b"host", "")
        if host not in self._hosts:
            return False
        origin = headers.get(b"origin")
        if origin is not None:
            return method not in CHANGING or origin.partition("://")[2] == host
        # A browser that sends a cookie on a changing request also sends Origin; without one it is a program.
        return method not in CHANGING or b"cookie" not in headers

    async def _refuse(self, headers: dict[bytes, str], send: Send) -> None:
        kind, body = self._told(phrases.chosen(headers.get(b"accept-language", "")))
        start = {
            "type": "http.response.start",
            "status": int(HTTPStatus.FORBIDDEN),
            "headers": [
                (b"content-type", kind.encode()),
                (b"content-length", str(len(body)).encode()),
            ],
        }
        await send(start)
        await send({"type": "http.response.body", "body": body})
