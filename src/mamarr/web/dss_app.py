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
from mamarr.interop.f3548 import refusals
from mamarr.interop.f3548.answers import ErrorMessage
from mamarr.web.calls import JSON, log_unreadable
from mamarr.web.dss_calls import DSS_BODY_BYTES_MAX, DssCall, DssEngine, DssRoute, DssRules, refusal
from mamarr.web.dss_table import TABLE
from mamarr.web.dss_tokens import Uss, UssTokens
from mamarr.web.guard import WRONG_ORIGIN, Guard

logger = logging.getLogger("mamarr")


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


def _endpoint(
    route: DssRoute, engine: DssEngine, tokens: UssTokens, rules: DssRules
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
) -> Callable[..., Awaitable[None]]:
    """The ASGI application of a DSS. hosts: the values of the Host header that are ours (THREATS 15).

    beside: routes of what else the node is.
    """
    app = Starlette(
        routes=[
            *(
                StarletteRoute(route.path, _endpoint(route, engine, tokens, rules), methods=[route.method])
                for route in TABLE
            ),
            *beside,
        ],
        exception_handlers={HTTPException: http_error, ClientDisconnect: http_error},
    )
    app.router.redirect_slashes = False  # an empty part of a path is a part
    app.state.routes = TABLE
    return Guard(app, hosts=hosts, told=_not_ours)
