"""The HTTP interface: one table of routes, one way of answering, one way of refusing."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as StarletteRoute
from starlette.staticfiles import StaticFiles

from mamarr import phrases
from mamarr.engine import Answer, Order, Picture
from mamarr.engine.orders import Command
from mamarr.engine.restores import ConfirmRestore
from mamarr.faults import Reason, Refusal, WireError
from mamarr.interop import api
from mamarr.interop.problems import Problem, problem, refused, unreadable
from mamarr.interop.wire import built, decoded
from mamarr.names import Author, Mode
from mamarr.web.access import Caller, Scope, Sessions, TokenChecker
from mamarr.web.guard import Guard

BODY_BYTES_MAX = 1 << 20  # chosen: ten times the largest legitimate request
NOT_KEPT = {"cache-control": "no-store"}  # an old picture must never come out of a cache
BUILT = Path(__file__).parent / "built"


class Engine(Protocol):
    """What the web asks of the node."""

    node_id: str
    authority: str
    mode: Mode

    def now(self) -> datetime:
        """The time, UTC."""

    async def submit(self, order: Order) -> Answer:
        """The durable answer to `order`."""

    def picture(self, party: str) -> Picture:
        """What `party` may see now."""

    def new_command_id(self) -> str:
        """A command id for a caller who gave none."""

    def is_read_only(self) -> bool:
        """Whether commands are refused for now."""


class Call:
    """One request with what the routes need of it."""

    def __init__(self, request: Request, caller: Caller | None, engine: Engine, sessions: Sessions) -> None:
        self.request, self.engine, self.sessions = request, engine, sessions
        self._caller = caller
        self.language = phrases.chosen(request.headers.get("accept-language", ""))

    @property
    def caller(self) -> Caller:
        """Who asks; only on routes that need a scope."""
        if self._caller is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return self._caller

    def at(self, name: str) -> str:
        """The part `name` of the path."""
        return str(self.request.path_params[name])

    async def body(self) -> bytes:
        """The whole body, if it is not too large."""
        chunks = bytearray()
        async for chunk in self.request.stream():
            chunks += chunk
            if len(chunks) > BODY_BYTES_MAX:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return bytes(chunks)

    async def submit(self, command: Command) -> Answer:
        """Put `command` to the engine in the caller's name."""
        given = self.request.headers.get("idempotency-key")
        author = Author(party=self.caller.party, node=self.engine.node_id, person=self.caller.subject)
        order = built(
            "header:Idempotency-Key",
            lambda: Order(
                command_id=given if given is not None else self.engine.new_command_id(),
                author=author,
                command=command,
            ),
        )
        return await self.engine.submit(order)


Handler = Callable[[Call], Awaitable[Response]]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the route table. scope: what the caller must have; None where nobody must be known."""

    method: str
    path: str
    handler: Handler
    scope: Scope | None
    takes: type | None = None
    answers: type | None = None


async def open_session(call: Call) -> Response:
    """Exchange the single-use code for a session cookie."""
    message = decoded(api.CodeMessage, await call.body())
    opened = call.sessions.open(message.code, call.engine.now())
    if opened is None:
        raise HTTPException(HTTPStatus.UNAUTHORIZED)
    secret, caller = opened
    response = answer(_session(call.engine, caller))
    response.set_cookie(
        cookie_name(call.engine),
        secret,
        httponly=True,
        samesite="strict",
        path="/",
        secure=call.request.url.scheme == "https",
    )
    return response


async def get_session(call: Call) -> Response:
    """Who is signed in."""
    return answer(_session(call.engine, call.caller))


async def get_picture(call: Call) -> Response:
    """The sky as the caller may see it."""
    engine = call.engine
    message = api.picture_message(
        engine.picture(call.caller.party),
        mode=engine.mode,
        node_id=engine.node_id,
        authority=engine.authority,
        read_only=engine.is_read_only(),
    )
    return answer(message)


async def put_reservation(call: Call) -> Response:
    """Ask for a box of sky."""
    message = decoded(api.ReserveMessage, await call.body())
    command = api.reserve(call.at("reservation_id"), message)
    return outcome(call, await call.submit(command), HTTPStatus.CREATED)


async def delete_reservation(call: Call) -> Response:
    """Give a box of sky back."""
    command = api.release(call.at("reservation_id"))
    return outcome(call, await call.submit(command), HTTPStatus.OK)


async def post_status(call: Call) -> Response:
    """Announce or report the real-time status of an own reservation."""
    message = decoded(api.StatusReportMessage, await call.body())
    return outcome(call, await call.submit(api.status(call.at("reservation_id"), message)), HTTPStatus.OK)


async def confirm_restore(call: Call) -> Response:
    """Go on with a record that was restored from a backup or a copy: a person's act."""
    if not call.caller.is_person:
        return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
    return outcome(call, await call.submit(ConfirmRestore()), HTTPStatus.OK)


async def get_health(call: Call) -> Response:
    """Whether the node answers. Says nothing about what it holds."""
    return answer({"status": "read-only" if call.engine.is_read_only() else "ok", "mode": call.engine.mode})


async def get_openapi(call: Call) -> Response:
    """The description of this interface."""
    from mamarr.web.openapi import document

    return answer(document(ROUTES, mode=call.engine.mode))


RESERVATION = "/api/reservations/{reservation_id}"
ROUTES = (
    Route(
        method="POST",
        path="/api/restore/confirmation",
        handler=confirm_restore,
        scope=Scope.ADMINISTER,
        answers=api.DoneMessage,
    ),
    Route(method="GET", path="/health", handler=get_health, scope=None),
    Route(method="GET", path="/openapi.json", handler=get_openapi, scope=None),
    Route(
        method="POST",
        path="/api/session",
        handler=open_session,
        scope=None,
        takes=api.CodeMessage,
        answers=api.SessionMessage,
    ),
    Route(
        method="GET", path="/api/session", handler=get_session, scope=Scope.READ, answers=api.SessionMessage
    ),
    Route(
        method="GET", path="/api/picture", handler=get_picture, scope=Scope.READ, answers=api.PictureMessage
    ),
    Route(
        method="PUT",
        path=RESERVATION,
        handler=put_reservation,
        scope=Scope.RESERVE,
        takes=api.ReserveMessage,
        answers=api.DoneMessage,
    ),
    Route(
        method="POST",
        path=RESERVATION + "/status",
        handler=post_status,
        scope=Scope.RESERVE,
        takes=api.StatusReportMessage,
        answers=api.DoneMessage,
    ),
    Route(
        method="DELETE",
        path=RESERVATION,
        handler=delete_reservation,
        scope=Scope.RESERVE,
        answers=api.DoneMessage,
    ),
)


def cookie_name(engine: Engine) -> str:
    """The session cookie's name: of this node, so that two nodes on one host do not share it."""
    return f"mamarr-{engine.node_id}"


def answer(message: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(message), status, NOT_KEPT, media_type="application/json")


def refusal(said: Problem) -> Response:
    """A problem detail as an answer."""
    return Response(msgspec.json.encode(said), said.status, NOT_KEPT, media_type="application/problem+json")


def outcome(call: Call, given: Answer, status: HTTPStatus) -> Response:
    """The answer to a command: done, or the problem that says why not."""
    if isinstance(given.outcome, Refusal):
        return refusal(refused(given.outcome, call.language))
    return answer(api.done(given), status)


def _session(engine: Engine, caller: Caller) -> api.SessionMessage:
    return api.SessionMessage(
        party=caller.party, authority=engine.authority, node_id=engine.node_id, mode=engine.mode
    )


def _caller(request: Request, engine: Engine, sessions: Sessions, tokens: TokenChecker) -> Caller | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return tokens.caller(token, engine.now()) if scheme.lower() == "bearer" else None
    secret = request.cookies.get(cookie_name(engine))
    return None if secret is None else sessions.caller(secret, engine.now())


def _endpoint(
    route: Route, engine: Engine, sessions: Sessions, tokens: TokenChecker
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        caller = None if route.scope is None else _caller(request, engine, sessions, tokens)
        call = Call(request, caller, engine, sessions)
        if route.scope is not None and caller is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        if route.scope is not None and route.scope not in call.caller.scopes:
            return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
        try:
            return await route.handler(call)
        except WireError as wrong:
            return refusal(unreadable(wrong, call.language))

    return endpoint


def _http_problem(request: Request, error: Exception) -> Response:
    language = phrases.chosen(request.headers.get("accept-language", ""))
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
    key = {
        HTTPStatus.UNAUTHORIZED: "UNAUTHENTICATED",
        HTTPStatus.NOT_FOUND: "UNKNOWN_ROUTE",
        HTTPStatus.METHOD_NOT_ALLOWED: "METHOD_NOT_ALLOWED",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "TOO_LARGE",
    }.get(status, "BAD_REQUEST")
    response = refusal(problem(key, status, language, allowed=str(BODY_BYTES_MAX)))
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["www-authenticate"] = "Bearer"
    return response


async def _index(_: Request) -> Response:
    return FileResponse(BUILT / "index.html", headers={"cache-control": "no-store"})


def application(
    engine: Engine, *, sessions: Sessions, tokens: TokenChecker, hosts: frozenset[str]
) -> Callable[..., Awaitable[None]]:
    """The ASGI application of one node.

    hosts: the values of the Host header that are ours, with port; any other is refused (THREATS 15).
    """
    by_path: dict[str, list[Route]] = {}
    for route in ROUTES:
        by_path.setdefault(route.path, []).append(route)
    routes: list[BaseRoute] = [
        StarletteRoute(route.path, _endpoint(route, engine, sessions, tokens), methods=[route.method])
        for listed in by_path.values()
        for route in listed
    ]
    routes.append(StarletteRoute("/", _index, methods=["GET"]))
    if BUILT.is_dir():
        routes.append(Mount("/", StaticFiles(directory=BUILT)))
    app = Starlette(
        routes=routes,
        exception_handlers={HTTPException: _http_problem, ClientDisconnect: _http_problem},
    )
    return Guard(app, hosts=hosts)
