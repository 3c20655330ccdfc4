"""The HTTP interface of a node that is a DSS and nothing else: no page, no sessions, no persons."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from http import HTTPStatus

import msgspec
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from mamarr import phrases
from mamarr.faults import Reason, Refusal, Unavailable, WireError
from mamarr.interop import problems
from mamarr.interop.f3548 import refusals
from mamarr.interop.f3548.answers import ErrorMessage
from mamarr.web import calls
from mamarr.web.access.key_sets import Reply
from mamarr.web.calls import JSON, NOT_KEPT, log_unreadable
from mamarr.web.dss_calls import (
    DSS_BODY_BYTES_MAX,
    Answered,
    Asked,
    DssCall,
    DssEngine,
    DssPool,
    DssRoute,
    DssRules,
    OutcomeUnknown,
    refusal,
)
from mamarr.web.dss_table import TABLE
from mamarr.web.dss_tokens import Uss, UssTokens
from mamarr.web.guard import WRONG_ORIGIN, Guard, Message

logger = logging.getLogger("mamarr")

POOL_HEADER = "x-mamarr-pool"  # what one process of a pool says to another with a request
POOLED = ("authorization", "accept-language", "content-type", POOL_HEADER)


class SegmentConvertor(Convertor[str]):
    """A part of a path that may be empty: a missing OVN is answered by the route that needs it."""

    regex = "[^/]*"

    def convert(self, value: str) -> str:
        """The part as it stands."""
        return value

    def to_string(self, value: str) -> str:
        """The part as it stands."""
        return value


register_url_convertor("segment", SegmentConvertor())


async def admitted(request: Request, now: datetime, tokens: UssTokens) -> Uss | None:
    """Who asks, by the token of the request; None where it has none that holds."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return await tokens.admitted(token.strip(), now) if scheme.lower() == "bearer" else None


def as_asked(request: Request, body: bytes) -> Asked:
    """A request as another process of a pool is asked it."""
    query = request.scope["query_string"].decode("latin-1")
    return Asked(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
        headers={name: request.headers[name] for name in POOLED if name in request.headers},
        body=body,
    )


def repeated(request: Request, body: bytes) -> Request:
    """The request, its body to be read once more."""

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, again)


async def from_pool(answer_of: Awaitable[Answered], language: str, *, is_problem: bool = False) -> Response:
    """The answer of whichever process of a pool gave one. is_problem: whether problem details say no."""
    try:
        given = await answer_of
    except OutcomeUnknown:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        if is_problem:
            return calls.refusal(problems.problem("OUTCOME_UNKNOWN", status, language))
        return refusal(phrases.text("OUTCOME_UNKNOWN", language), status)
    if isinstance(given, Refusal) and is_problem:
        return calls.refusal(problems.refused(given, language))
    if isinstance(given, Refusal):
        return refusal(refusals.sentence(given, language), refusals.status_of(given))
    if isinstance(given, Reply):
        kind = calls.PROBLEM_JSON if is_problem and given.status >= HTTPStatus.BAD_REQUEST else JSON
        is_bare = given.status == HTTPStatus.NO_CONTENT
        return Response(given.body, given.status, NOT_KEPT, media_type=None if is_bare else kind)
    return given


async def _pooled(pool: DssPool, route: DssRoute, call: DssCall) -> Response:
    """The answer where several processes are one DSS: from the one that writes, or with all that it wrote."""
    if not route.is_write:
        await pool.current()
        return await route.handler(call)
    body = await call.body()

    async def here(engine: DssEngine) -> Response:
        return await route.handler(DssCall(repeated(call.request, body), call.uss, engine, call.rules))

    return await from_pool(pool.write(as_asked(call.request, body), here), call.language)


def _endpoint(
    route: DssRoute, engine: DssEngine, tokens: UssTokens, rules: DssRules, pool: DssPool | None
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        language = phrases.chosen(request.headers.get("accept-language", ""))
        try:
            uss = None if route.scopes is None else await admitted(request, engine.now(), tokens)
            if route.scopes is not None and uss is None:
                raise HTTPException(HTTPStatus.UNAUTHORIZED)
            call = DssCall(request, uss, engine, rules)
            if route.scopes and route.scopes.isdisjoint(call.uss.scopes):
                return refusal(phrases.text("SCOPE_MISSING", language), HTTPStatus.FORBIDDEN)
            if pool is not None and route.scopes is not None:
                return await _pooled(pool, route, call)
            return await route.handler(call)
        except WireError as wrong:
            log_unreadable(route.method, route.path, wrong.what, wrong.at)
            return refusal(refusals.unreadable(wrong, language), HTTPStatus.BAD_REQUEST)
        except Unavailable as silent:
            logger.error("%s: %s", route.path, str(silent).replace("\n", " "))
            no = Refusal(reason=Reason.UNAVAILABLE)
            return refusal(refusals.sentence(no, language), HTTPStatus.SERVICE_UNAVAILABLE)

    return endpoint


KEYS = {
    HTTPStatus.UNAUTHORIZED: "TOKEN_NEEDED",
    HTTPStatus.NOT_FOUND: "UNKNOWN_ROUTE",
    HTTPStatus.METHOD_NOT_ALLOWED: "METHOD_NOT_ALLOWED",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "TOO_LARGE",
}


def http_error(request: Request, error: Exception) -> Response:
    """The answer to what no route answers, or a token does not allow."""
    language = phrases.chosen(request.headers.get("accept-language", ""))
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
    key = KEYS.get(status, "BAD_REQUEST")
    response = refusal(phrases.text(key, language, allowed=str(DSS_BODY_BYTES_MAX)), status)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["www-authenticate"] = "Bearer"
    return response


def _not_ours(language: str) -> tuple[str, bytes]:
    said = ErrorMessage(message=phrases.text(WRONG_ORIGIN, language))
    return JSON, msgspec.json.encode(said)


def dss_application(
    engine: DssEngine,
    *,
    tokens: UssTokens,
    rules: DssRules,
    hosts: frozenset[str],
    beside: Sequence[StarletteRoute] = (),
    pool: DssPool | None = None,
) -> Callable[..., Awaitable[None]]:
    """The ASGI application of a DSS. hosts: the values of the Host header that are ours (THREATS 15).

    beside: routes of what else the node is. pool: the others, where several processes are one DSS.
    """
    app = Starlette(
        routes=[
            *(
                StarletteRoute(
                    route.path, _endpoint(route, engine, tokens, rules, pool), methods=[route.method]
                )
                for route in TABLE
            ),
            *beside,
        ],
        exception_handlers={HTTPException: http_error, ClientDisconnect: http_error},
    )
    app.router.redirect_slashes = False  # an empty part of a path is a part
    app.state.routes = TABLE
    return Guard(app, hosts=hosts, told=_not_ours)
