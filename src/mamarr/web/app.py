"""The HTTP interface: one table of routes, one way of answering, one way of refusing."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as StarletteRoute
from starlette.staticfiles import StaticFiles

from mamarr import phrases
from mamarr.airspace import Terms
from mamarr.coordination.disclosure import Disclosure
from mamarr.engine import Answer, Order, Picture
from mamarr.engine.agreed import AgreedSeen
from mamarr.engine.declared import Declared
from mamarr.engine.requested import CrossingSeen
from mamarr.engine.restores import ConfirmRestore
from mamarr.faults import Reason, Refusal, Unavailable, WireError
from mamarr.interop import api
from mamarr.interop.problems import problem, refused, unreadable
from mamarr.interop.wire import decoded
from mamarr.link.standings import Lines
from mamarr.names import Mode
from mamarr.web.access import Caller, Refused, Scope, Sessions, TokenChecker, Why
from mamarr.web.access.people import People
from mamarr.web.access_routes import ACCESS_ROUTES, opened_session, session_message
from mamarr.web.airspace_routes import AIRSPACE_ROUTES
from mamarr.web.calls import (
    BODY_BYTES_MAX,
    BUILT,
    Call,
    Route,
    answer,
    cookie_name,
    log_unreadable,
    outcome,
    page,
    refusal,
    turned_away,
)
from mamarr.web.calls import (
    refused as refusal_of,
)
from mamarr.web.coordination_routes import COORDINATION_ROUTES
from mamarr.web.disclosure_routes import DISCLOSURE_ROUTES
from mamarr.web.flight_routes import FLIGHT_ROUTES
from mamarr.web.guard import NO_FRAMES, Framing, Guard
from mamarr.web.link_routes import LINK_ROUTES
from mamarr.web.live_routes import LIVE_ROUTES
from mamarr.web.sight_routes import SIGHT_ROUTES
from mamarr.web.suspension_routes import SUSPENSION_ROUTES
from mamarr.web.voice_routes import VOICE_ROUTES

logger = logging.getLogger("mamarr")


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

    def declared(self) -> tuple[Declared, ...]:
        """What is declared: the same for every party."""

    def terms(self) -> Terms:
        """The terms in force."""

    def airspace_revision(self) -> int:
        """Another number when what is declared is another."""

    def disclosures(self, party: str) -> tuple[Disclosure, ...] | Refusal:
        """What is decided on disclosure, where `party` may know it."""

    def disclosure_asked_with(self, pair_id: str) -> str | None:
        """The id of the key that signed the rule of disclosure that waits for approval."""

    def links(self, party: str) -> Lines | Refusal:
        """How the lines to other nodes stand, where `party` may know it."""

    def agreed(self, party: str) -> AgreedSeen | Refusal:
        """What is agreed with other authorities, where `party` may know it."""

    def requested(self, party: str) -> tuple[CrossingSeen, ...] | Refusal:
        """What other authorities ask of this one, where `party` may know it."""

    def new_command_id(self) -> str:
        """A command id for a caller who gave none."""

    def is_read_only(self) -> bool:
        """Whether commands are refused for now."""


async def open_session(call: Call) -> Response:
    """Exchange the single-use code for a session cookie."""
    message = decoded(api.CodeMessage, await call.body())
    opened = call.sessions.open(message.code, call.engine.now())
    if opened is None:
        raise HTTPException(HTTPStatus.UNAUTHORIZED)
    secret, caller = opened
    return opened_session(call, caller, secret)


async def get_session(call: Call) -> Response:
    """Who is signed in."""
    return answer(session_message(call.engine, call.caller))


async def get_picture(call: Call) -> Response:
    """The sky as the caller may see it."""
    engine = call.engine
    message = api.picture_message(
        engine.picture(call.caller.party),
        mode=engine.mode,
        node_id=engine.node_id,
        authority=engine.authority,
        read_only=engine.is_read_only(),
        airspace_revision=engine.airspace_revision(),
    )
    return answer(message)


async def put_reservation(call: Call) -> Response:
    """Ask for a box of sky."""
    message = decoded(api.ReserveMessage, await call.body())
    given = await call.submit(api.reserve(call.at("reservation_id"), message))
    if isinstance(given.outcome, Refusal):
        return refusal_of(call, given.outcome, given)
    return answer(api.reserved(given), HTTPStatus.CREATED)


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
    return outcome(call, await call.signed(ConfirmRestore()), HTTPStatus.OK)


async def get_health(call: Call) -> Response:
    """Whether the node answers. Says nothing about what it holds."""
    return answer({"status": "read-only" if call.engine.is_read_only() else "ok", "mode": call.engine.mode})


async def get_openapi(call: Call) -> Response:
    """The description of this interface."""
    from mamarr.web.openapi import document

    return answer(document(call.request.app.state.routes, mode=call.engine.mode))


RESERVATION = "/api/reservations/{reservation_id}"
ROUTES = (
    *FLIGHT_ROUTES,
    *AIRSPACE_ROUTES,
    *DISCLOSURE_ROUTES,
    *SUSPENSION_ROUTES,
    *COORDINATION_ROUTES,
    *VOICE_ROUTES,
    *ACCESS_ROUTES,
    *LIVE_ROUTES,
    *LINK_ROUTES,
    *SIGHT_ROUTES,
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
        status=HTTPStatus.CREATED,
        answers=api.ReservedMessage,
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


async def _caller(
    request: Request, engine: Engine, sessions: Sessions, tokens: TokenChecker, people: People
) -> Caller | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return await tokens.admitted(token, engine.now()) if scheme.lower() == "bearer" else None
    secret = request.cookies.get(cookie_name(engine))
    if secret is None:
        return None
    found = sessions.caller(secret, engine.now())
    if found is None and sessions.has_ended(secret, engine.now()):
        raise Refused(Why.SESSION_ENDED)
    return found if found is not None and people.holds(found) else None


def _endpoint(
    route: Route, engine: Engine, sessions: Sessions, tokens: TokenChecker, people: People
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        language = phrases.chosen(request.headers.get("accept-language", ""))
        try:
            caller = None if route.scope is None else await _caller(request, engine, sessions, tokens, people)
            call = Call(request, caller, engine, sessions, people)
            if route.scope is not None and route.scope not in call.caller.scopes:
                return refusal(refused(Refusal(reason=Reason.NOT_YOURS), language))
            return await route.handler(call)
        except WireError as wrong:
            log_unreadable(route.method, route.path, wrong.what, wrong.at)
            return refusal(unreadable(wrong, language))
        except Refused as no:
            return turned_away(no, language)
        except Unavailable as silent:
            logger.error("%s: %s", route.path, str(silent).replace("\n", " "))
            return refusal(refused(Refusal(reason=Reason.UNAVAILABLE), language))

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
    return page()


def application(
    engine: Engine,
    *,
    sessions: Sessions,
    tokens: TokenChecker,
    people: People,
    hosts: frozenset[str],
    more: tuple[Route, ...] = (),
    framing: Framing = NO_FRAMES,
) -> Callable[..., Awaitable[None]]:
    """The ASGI application of one node.

    hosts: the values of the Host header that are ours, with port; any other is refused (THREATS 15).
    more: routes of this node alone. framing: who shows whose page in a frame, where anybody does.
    """
    by_path: dict[str, list[Route]] = {}
    table = (*ROUTES, *more)
    for route in table:
        by_path.setdefault(route.path, []).append(route)
    routes: list[BaseRoute] = [
        StarletteRoute(route.path, _endpoint(route, engine, sessions, tokens, people), methods=[route.method])
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
    app.state.routes = table
    return Guard(app, hosts=hosts, framing=framing)
