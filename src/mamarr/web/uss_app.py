"""The HTTP interface of our USS, alone or beside a DSS of ours: no page, no sessions, no persons."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route as StarletteRoute

from mamarr import phrases
from mamarr.faults import Reason, Refusal, Unavailable, WireError
from mamarr.interop import problems
from mamarr.interop.f3548 import refusals
from mamarr.interop.problems import Problem
from mamarr.web import calls
from mamarr.web.calls import NOT_KEPT, log_unreadable
from mamarr.web.dss_app import KEYS, admitted, as_asked, from_pool, http_error, repeated
from mamarr.web.dss_calls import answer, refusal
from mamarr.web.dss_openapi import dss_document
from mamarr.web.dss_tokens import UssTokens
from mamarr.web.guard import Guard
from mamarr.web.uss_calls import USS_BODY_BYTES_MAX, Seen, UssCall, UssEngines, UssPool, UssRoute
from mamarr.web.uss_closure_routes import CLOSURE_ROUTES
from mamarr.web.uss_flight_routes import FLIGHT_ROUTES
from mamarr.web.uss_routes import USS_ROUTES
from mamarr.web.uss_test_routes import TEST_ROUTES

TITLE = "Mamarr, a USS of ASTM F3548-21"
PROMISE = "What its users fly is decided by what others' USSs say they plan."
DOCUMENT = "/uss/openapi.json"

logger = logging.getLogger("mamarr")


def _standard(error: Exception, language: str) -> Response:
    """What is wrong, as the standard's API has it."""
    if isinstance(error, WireError):
        return refusal(refusals.unreadable(error, language), HTTPStatus.BAD_REQUEST)
    no = Refusal(reason=Reason.UNAVAILABLE)
    return refusal(refusals.sentence(no, language), HTTPStatus.SERVICE_UNAVAILABLE)


def _problem(error: Exception, language: str) -> Response:
    """What is wrong, as a problem detail."""
    if isinstance(error, WireError):
        return calls.refusal(problems.unreadable(error, language))
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        key, allowed = KEYS.get(status, "BAD_REQUEST"), str(USS_BODY_BYTES_MAX)
        response = calls.refusal(problems.problem(key, status, language, allowed=allowed))
        response.headers.update(error.headers or {})
        return response
    return calls.refusal(problems.refused(Refusal(reason=Reason.UNAVAILABLE), language))


def _endpoint(
    route: UssRoute, engines: UssEngines, tokens: UssTokens, seen: Seen | None, pool: UssPool | None
) -> Callable[[Request], Awaitable[Response]]:
    refuse = _problem if route.refuses is Problem else _standard
    caught = (WireError, Unavailable, HTTPException) if route.refuses is Problem else (WireError, Unavailable)

    async def answered(request: Request, language: str) -> Response:
        uss = await admitted(request, engines.desk.now(), tokens)
        if uss is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED, headers={"www-authenticate": "Bearer"})
        if route.scopes and route.scopes.isdisjoint(uss.scopes):
            if route.refuses is Problem:
                return calls.refusal(problems.problem("SCOPE_MISSING", HTTPStatus.FORBIDDEN, language))
            return refusal(phrases.text("SCOPE_MISSING", language), HTTPStatus.FORBIDDEN)
        call = UssCall(request, uss, engines, seen)
        if pool is None or not route.is_acting:
            if pool is not None:
                await pool.current()
            return await route.handler(call)
        body = await call.body()

        async def here(request_id: str) -> Response:
            return await route.handler(UssCall(repeated(request, body), uss, engines, seen, request_id))

        given = pool.act(as_asked(request, body), here)
        return await from_pool(given, language, is_problem=route.refuses is Problem)

    async def endpoint(request: Request) -> Response:
        language = phrases.chosen(request.headers.get("accept-language", ""))
        try:
            return await answered(request, language)
        except caught as wrong:
            if isinstance(wrong, WireError):
                log_unreadable(route.method, route.path, wrong.what, wrong.at)
            elif isinstance(wrong, Unavailable):
                logger.error("%s: %s", route.path, str(wrong).replace("\n", " "))
            return refuse(wrong, language)

    return endpoint


def uss_routes(
    engines: UssEngines, *, tokens: UssTokens, has_tests: bool, pool: UssPool | None = None
) -> list[StarletteRoute]:
    """The routes of our USS. has_tests: whether InterUSS's interfaces for automated tests are among them.

    pool: the others, where several processes are one USS.
    """
    table = (*USS_ROUTES, *CLOSURE_ROUTES, *FLIGHT_ROUTES, *(TEST_ROUTES if has_tests else ()))
    seen = Seen() if has_tests else None

    async def document(request: Request) -> Response:
        del request
        return answer(dss_document(table, mode=engines.desk.mode, title=TITLE, promise=PROMISE))

    return [
        *(
            StarletteRoute(route.path, _endpoint(route, engines, tokens, seen, pool), methods=[route.method])
            for route in table
        ),
        StarletteRoute(DOCUMENT, document, methods=["GET"]),
    ]


def uss_application(
    engines: UssEngines,
    *,
    tokens: UssTokens,
    has_tests: bool,
    hosts: frozenset[str],
    pool: UssPool | None = None,
) -> Callable[..., Awaitable[None]]:
    """The ASGI application of a USS alone. hosts: values of the Host header that are ours (THREATS 15)."""

    async def healthy(request: Request) -> Response:
        del request
        return PlainTextResponse("read-only" if engines.desk.is_read_only() else "ok", headers=NOT_KEPT)

    routes = uss_routes(engines, tokens=tokens, has_tests=has_tests, pool=pool)
    app = Starlette(
        routes=[*routes, StarletteRoute("/healthy", healthy, methods=["GET"])],
        exception_handlers={HTTPException: http_error, ClientDisconnect: http_error},
    )
    app.router.redirect_slashes = False
    return Guard(app, hosts=hosts)
