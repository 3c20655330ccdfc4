"""The page of our USS for its people, and the routes that it asks: by a session, never by a token.

What a person asks here is asked as the USS's own user asks it with a token of the authority. The routes that
other USSs use take no session, so that no page of anybody's can make a browser speak for the USS there.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as StarletteRoute
from starlette.staticfiles import StaticFiles

from mamarr import phrases
from mamarr.faults import Reason, Refusal, Unavailable, WireError
from mamarr.interop import access_messages, api, problems
from mamarr.interop.f3548 import reading, uss_closures, uss_flights, uss_page
from mamarr.names import Mode
from mamarr.web import access_routes, calls, uss_flight_routes
from mamarr.web.access import Caller, Refused, Scope, Sessions, Why
from mamarr.web.access.people import People
from mamarr.web.calls import BUILT, NOT_KEPT, Call, answer, cookie_name, log_unreadable
from mamarr.web.dss_tokens import Uss
from mamarr.web.uss_calls import USS_BODY_BYTES_MAX, UssCall, UssEngines

if TYPE_CHECKING:
    from mamarr.web.app import Engine

logger = logging.getLogger("mamarr")

PLAN, CLOSE = frozenset({Scope.PLAN}), frozenset({Scope.CLOSE})
EITHER = PLAN | CLOSE
ANYBODY: frozenset[Scope] = frozenset()  # who is signed in


class PageEngine(Protocol):
    """What the web asks of a USS for its page. authority: as whom the USS is known."""

    node_id: str
    authority: str
    mode: Mode

    def now(self) -> datetime:
        """The time, UTC."""

    def new_command_id(self) -> str:
        """An id that nobody has."""

    def asked_by(self, person: str) -> AbstractContextManager[None]:
        """What is decided within goes into the record with the person's name."""

    def parts(self) -> uss_page.Parts:
        """What is shown now."""


class PageCall(Call):
    """One request of a person. engines, page: of this USS."""

    def __init__(self, request: Request, caller: Caller | None, desk: "Desk") -> None:
        # What signs people in asks of a node no more than a PageEngine has.
        super().__init__(request, caller, cast("Engine", desk.page), desk.sessions, desk.people)
        self.engines, self.page = desk.engines, desk.page

    @property
    def as_own_user(self) -> UssCall:
        """The same request, as of a program that has the USS's own name."""
        own = Uss(subject=self.engines.flights.subject, scopes=frozenset())
        return UssCall(self.request, own, self.engines)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes rest on."""

    page: PageEngine
    engines: UssEngines
    sessions: Sessions
    people: People


Handler = Callable[[PageCall], Awaitable[Response]]


class PageRoute(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the route table. scopes: of which the person must have one; None: nobody need be known."""

    method: str
    path: str
    handler: Handler
    scopes: frozenset[Scope] | None
    takes: Any = None
    answers: Any = None


async def get_session(call: PageCall) -> Response:
    """Who is signed in."""
    return answer(access_routes.session_message(call.engine, call.caller))


async def get_picture(call: PageCall) -> Response:
    """All that the page shows."""
    page, scopes = call.page, call.caller.scopes
    said = uss_page.shown(page.parts())
    said |= {
        "at": page.now(),
        "mode": page.mode,
        "node_id": page.node_id,
        "party": call.caller.party,
        "may_plan": Scope.PLAN in scopes,
        "may_close": Scope.CLOSE in scopes,
    }
    return answer(said)


async def put_flight(call: PageCall) -> Response:
    """Plan a flight, change it, activate it, or say that it is not as meant."""
    return await uss_flight_routes.put_flight(call.as_own_user)


async def check_flight(call: PageCall) -> Response:
    """Whether a flight would fit now. Nothing is recorded or held."""
    return await uss_flight_routes.check_flight(call.as_own_user)


async def delete_flight(call: PageCall) -> Response:
    """End a flight."""
    why = await call.engines.flights.end(reading.entity_id(call.at("flightid")))
    return _ended(call, why)


async def put_constraint(call: PageCall) -> Response:
    """Close sky for drones, or close other sky than before."""
    entity_id = reading.entity_id(call.at("entityid"))
    what, extent = uss_closures.closed(await call.as_own_user.body())
    closure = await call.engines.closing.publish(entity_id, what, extent)
    if isinstance(closure, Refusal):
        return calls.refusal(problems.refused(closure, call.language))
    return answer({"constraint": uss_closures.constraint(closure)})


async def delete_constraint(call: PageCall) -> Response:
    """Open the sky again."""
    return _ended(call, await call.engines.closing.withdraw(reading.entity_id(call.at("entityid"))))


def _ended(call: PageCall, why: Refusal | None) -> Response:
    if why is not None:
        return calls.refusal(problems.refused(why, call.language))
    return answer(uss_page.EndedMessage())


# Of the routes of signing in, those that a USS has: no provider of others, and no keys for acts that bind.
SIGNING = (
    "/api/sign-in",
    "/api/sign-in/passkey",
    "/api/sign-in/passkey/verification",
    "/api/sign-out",
    "/api/password",
    "/api/passkeys/registration",
    "/api/passkeys/registration/verification",
)
FLIGHT = "/api/flights/{flightid:segment}"
CONSTRAINT = "/api/constraints/{entityid:segment}"


def _route(method: str, path: str, handler: Handler, scopes: frozenset[Scope], **how: Any) -> PageRoute:
    return PageRoute(method=method, path=path, handler=handler, scopes=scopes, **how)


PAGE_ROUTES = (
    *(
        PageRoute(
            method=each.method,
            path=each.path,
            handler=each.handler,
            scopes=None if each.scope is None else ANYBODY,
            takes=each.takes,
            answers=each.answers,
        )
        for each in access_routes.ACCESS_ROUTES
        if each.path in SIGNING
    ),
    _route("GET", "/api/session", get_session, ANYBODY, answers=api.SessionMessage),
    _route("GET", "/api/picture", get_picture, EITHER, answers=uss_page.UssPictureMessage),
    _route(
        "PUT",
        FLIGHT,
        put_flight,
        PLAN,
        takes=uss_flights.PutFlightMessage,
        answers=uss_flights.FlightReadMessage,
    ),
    _route(
        "POST",
        FLIGHT + "/check",
        check_flight,
        PLAN,
        takes=uss_flights.PutFlightMessage,
        answers=uss_flights.FitsMessage,
    ),
    _route("DELETE", FLIGHT, delete_flight, PLAN, answers=uss_page.EndedMessage),
    _route(
        "PUT",
        CONSTRAINT,
        put_constraint,
        CLOSE,
        takes=uss_closures.ConstraintDetailsMessage,
        answers=uss_closures.ConstraintOfUssMessage,
    ),
    _route("DELETE", CONSTRAINT, delete_constraint, CLOSE, answers=uss_page.EndedMessage),
)


def _caller(request: Request, desk: Desk) -> Caller | None:
    """Whose session it is; None where there is none that holds. Tokens are for the other routes."""
    secret, now = request.cookies.get(cookie_name(cast("Engine", desk.page))), desk.page.now()
    if secret is None or "authorization" in request.headers:
        return None
    found = desk.sessions.caller(secret, now)
    if found is None and desk.sessions.has_ended(secret, now):
        raise Refused(Why.SESSION_ENDED)
    return found if found is not None and desk.people.holds(found) else None


KEYS = {
    HTTPStatus.UNAUTHORIZED: "UNAUTHENTICATED",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "TOO_LARGE",
}


def _said(error: Exception, language: str) -> Response:
    """What is wrong, as a problem detail."""
    match error:
        case WireError():
            return calls.refusal(problems.unreadable(error, language))
        case Refused():
            return calls.turned_away(error, language)
        case HTTPException():
            status = HTTPStatus(error.status_code)
            key, allowed = KEYS.get(status, "BAD_REQUEST"), str(USS_BODY_BYTES_MAX)
            return calls.refusal(problems.problem(key, status, language, allowed=allowed))
        case _:
            return calls.refusal(problems.refused(Refusal(reason=Reason.UNAVAILABLE), language))


def _endpoint(route: PageRoute, desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    async def answered(request: Request, language: str) -> Response:
        if route.scopes is None:
            return await route.handler(PageCall(request, None, desk))
        call = PageCall(request, _caller(request, desk), desk)
        caller = call.caller  # 401 where there is none
        if route.scopes and route.scopes.isdisjoint(caller.scopes):
            return calls.refusal(problems.refused(Refusal(reason=Reason.NOT_YOURS), language))
        with desk.page.asked_by(caller.subject):
            return await route.handler(call)

    async def endpoint(request: Request) -> Response:
        language = phrases.chosen(request.headers.get("accept-language", ""))
        try:
            return await answered(request, language)
        except (WireError, Unavailable, Refused, HTTPException) as wrong:
            if isinstance(wrong, WireError):
                log_unreadable(route.method, route.path, wrong.what, wrong.at)
            elif isinstance(wrong, Unavailable):
                logger.error("%s: %s", route.path, str(wrong).replace("\n", " "))
            return _said(wrong, language)

    return endpoint


def page_routes(desk: Desk | None) -> list[BaseRoute]:
    """The page of our USS and what it asks; None: the sentence that says how to get one."""

    async def index(request: Request) -> Response:
        if desk is not None and next(desk.people.accounts.every(), None) is not None:
            return FileResponse(BUILT / "uss.html", headers=NOT_KEPT)
        language = phrases.chosen(request.headers.get("accept-language", ""))
        said = phrases.text("USS_WITHOUT_PEOPLE", language) + "\n"
        return PlainTextResponse(said, HTTPStatus.NOT_FOUND, NOT_KEPT)

    routes: list[BaseRoute] = [StarletteRoute("/", index, methods=["GET"])]
    if desk is None:
        return routes
    routes += [
        StarletteRoute(route.path, _endpoint(route, desk), methods=[route.method]) for route in PAGE_ROUTES
    ]
    if BUILT.is_dir():
        files = StaticFiles(directory=BUILT / "assets", check_dir=False)

        async def icon(request: Request) -> Response:
            del request
            return FileResponse(BUILT / "icon.svg")

        async def licences(request: Request) -> Response:
            del request
            return FileResponse(BUILT / "licences.txt")

        routes += [
            Mount("/assets", files),
            StarletteRoute("/icon.svg", icon, methods=["GET"]),
            StarletteRoute("/licences.txt", licences, methods=["GET"]),
        ]
    return routes


def wire_kinds() -> frozenset[Any]:
    """The messages that the page of a USS has for itself, for `mamarr.web.typescript`."""
    kinds = {kind for route in PAGE_ROUTES for kind in (route.takes, route.answers) if kind is not None}
    shared = {api.SessionMessage, access_messages.AcceptedMessage}
    return frozenset(
        kinds - shared - {kind for each in access_routes.ACCESS_ROUTES for kind in (each.takes, each.answers)}
    )
