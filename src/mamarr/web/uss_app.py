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
from mamarr.interop.f3548 import refusals
from mamarr.web.calls import NOT_KEPT, log_unreadable
from mamarr.web.dss_app import admitted, as_asked, from_pool, http_error, repeated
from mamarr.web.dss_calls import answer, refusal
from mamarr.web.dss_openapi import dss_document
from mamarr.web.dss_tokens import UssTokens
from mamarr.web.guard import Guard
from mamarr.web.uss_calls import ClosingEngine, Seen, UssCall, UssEngine, UssPool, UssRoute
from mamarr.web.uss_closure_routes import CLOSURE_ROUTES
from mamarr.web.uss_routes import USS_ROUTES
from mamarr.web.uss_test_routes import TEST_ROUTES

TITLE = "Mamarr, a USS of ASTM F3548-21"
PROMISE = "What its users fly is decided by what others' USSs say they plan."
DOCUMENT = "/uss/openapi.json"

logger = logging.getLogger("mamarr")


def _endpoint(
    route: UssRoute,
    engine: UssEngine,
    tokens: UssTokens,
    seen: Seen | None,
    closing: ClosingEngine,
    pool: UssPool | None,
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        language = phrases.chosen(request.headers.get("accept-language", ""))
        try:
            uss = await admitted(request, engine.now(), tokens)
            if uss is None:
                raise HTTPException(HTTPStatus.UNAUTHORIZED)
            if route.scopes and route.scopes.isdisjoint(uss.scopes):
                return refusal(phrases.text("SCOPE_MISSING", language), HTTPStatus.FORBIDDEN)
            if pool is None:
                return await route.handler(UssCall(request, uss, engine, seen, closing))
            if not route.is_write:
                await pool.current()
                return await route.handler(UssCall(request, uss, engine, seen, closing))
            body = await UssCall(request, uss, engine).body()

            async def here(request_id: str) -> Response:
                again = repeated(request, body)
                return await route.handler(UssCall(again, uss, engine, seen, closing, request_id))

            return await from_pool(pool.act(as_asked(request, body), here), language)
        except WireError as wrong:
            log_unreadable(route.method, route.path, wrong.what, wrong.at)
            return refusal(refusals.unreadable(wrong, language), HTTPStatus.BAD_REQUEST)
        except Unavailable as silent:
            logger.error("%s: %s", route.path, str(silent).replace("\n", " "))
            no = Refusal(reason=Reason.UNAVAILABLE)
            return refusal(refusals.sentence(no, language), HTTPStatus.SERVICE_UNAVAILABLE)

    return endpoint


def uss_routes(
    engine: UssEngine,
    *,
    closing: ClosingEngine,
    tokens: UssTokens,
    has_tests: bool,
    pool: UssPool | None = None,
) -> list[StarletteRoute]:
    """The routes of our USS. has_tests: whether InterUSS's interfaces for automated tests are among them.

    pool: the others, where several processes are one USS.
    """
    table = (*USS_ROUTES, *CLOSURE_ROUTES, *(TEST_ROUTES if has_tests else ()))
    seen = Seen() if has_tests else None

    async def document(request: Request) -> Response:
        del request
        return answer(dss_document(table, mode=engine.mode, title=TITLE, promise=PROMISE))

    return [
        *(
            StarletteRoute(
                route.path, _endpoint(route, engine, tokens, seen, closing, pool), methods=[route.method]
            )
            for route in table
        ),
        StarletteRoute(DOCUMENT, document, methods=["GET"]),
    ]


def uss_application(
    engine: UssEngine,
    *,
    closing: ClosingEngine,
    tokens: UssTokens,
    has_tests: bool,
    hosts: frozenset[str],
    pool: UssPool | None = None,
) -> Callable[..., Awaitable[None]]:
    """The ASGI application of a USS alone. hosts: values of the Host header that are ours (THREATS 15)."""

    async def healthy(request: Request) -> Response:
        del request
        return PlainTextResponse("read-only" if engine.is_read_only() else "ok", headers=NOT_KEPT)

    routes = uss_routes(engine, closing=closing, tokens=tokens, has_tests=has_tests, pool=pool)
    app = Starlette(
        routes=[*routes, StarletteRoute("/healthy", healthy, methods=["GET"])],
        exception_handlers={HTTPException: http_error, ClientDisconnect: http_error},
    )
    app.router.redirect_slashes = False
    return Guard(app, hosts=hosts)
