"""The routes about what is declared and imposed. What is declared is the same for every party that may read.

A file of airspace is a series of commands, one a feature: it is declared as far as it goes, and the answer
says of each feature what became of it. So a large file never holds up the decisions of others for long.
"""

import asyncio
from http import HTTPStatus

from starlette.responses import Response

from mamarr import phrases
from mamarr.faults import Refusal
from mamarr.interop import airspace_messages, api, geojson
from mamarr.interop.formats import GEOJSON
from mamarr.interop.problems import FieldError, in_words, limit_name, problem
from mamarr.interop.readings import Finding, Imported, Reading, Value
from mamarr.interop.wire import decoded
from mamarr.web.access import Scope
from mamarr.web.calls import NOT_KEPT, Call, Route, answer, log_unreadable, outcome, refusal


async def get_airspace(call: Call) -> Response:
    """What is declared, as GeoJSON that can be declared again."""
    body = geojson.collection(call.engine.declared())
    return Response(body, HTTPStatus.OK, NOT_KEPT, media_type=GEOJSON)


async def post_airspace(call: Call) -> Response:
    """Declare what a GeoJSON FeatureCollection holds; nothing of it when anything in it is wrong."""
    reading = await asyncio.to_thread(geojson.features, await call.body())
    if reading.findings:
        return findings(call, reading, route="/api/airspace", at="$.features")
    features = []
    for each in sorted(reading.imported, key=_turn):
        given = await call.submit(airspace_messages.declare(each.value))
        features.append(_became(each.value, given.outcome))
    count = sum(each.reason is None for each in features)
    message = airspace_messages.ImportedMessage(declared_count=count, features=features)
    return answer(message, HTTPStatus.OK)


def _turn(each: Imported) -> int:
    return airspace_messages.ORDER.index(type(each.value))


def _became(value: Value, given: object) -> airspace_messages.DeclaredMessage:
    refused = given if isinstance(given, Refusal) else None
    return airspace_messages.DeclaredMessage(
        kind=airspace_messages.KINDS[type(value)],
        id=airspace_messages.name_of(value),
        reason=None if refused is None else refused.reason,
        because=[] if refused is None else list(refused.because),
        limit=None if refused is None else limit_name(refused),
    )


def findings(call: Call, reading: Reading, *, route: str, at: str) -> Response:
    """The problem that names everything that is wrong in a file, as far as findings are kept.

    at: the JSON path of its features.
    """
    errors = [
        FieldError(
            at=_path(finding, at),
            what=in_words(finding.what, call.language, finding.code),
            allowed=phrases.said(finding.allowed, call.language),
        )
        for finding in reading.findings
    ]
    if reading.more_count:
        more = phrases.said(f"{reading.more_count} more findings", call.language)
        errors.append(FieldError(at=at, what=more))
    log_unreadable(call.request.method, route, f"{len(errors)} findings, the first", errors[0].at)
    return refusal(problem("BAD_REQUEST", HTTPStatus.BAD_REQUEST, call.language, errors=tuple(errors)))


def _path(finding: Finding, at: str) -> str:
    """The place of a finding as a JSON path."""
    return f"{at}[{finding.index}]" + (f".{finding.field}" if finding.field else "")


async def delete_declared(call: Call) -> Response:
    """Withdraw what is declared."""
    command = airspace_messages.withdraw(call.at("kind"), call.at("id"))
    return outcome(call, await call.submit(command), HTTPStatus.OK)


async def get_terms(call: Call) -> Response:
    """The terms that flights are decided on."""
    return answer(airspace_messages.terms_message(call.engine.terms()))


async def put_terms(call: Call) -> Response:
    """Decide later flights on other terms."""
    message = decoded(airspace_messages.TermsMessage, await call.body())
    return outcome(call, await call.submit(airspace_messages.set_terms(message)), HTTPStatus.OK)


async def put_imposed(call: Call) -> Response:
    """Say that sky is not free."""
    message = decoded(airspace_messages.ImposeMessage, await call.body())
    command = airspace_messages.impose(call.at("imposed_id"), message)
    return outcome(call, await call.submit(command), HTTPStatus.CREATED)


async def delete_imposed(call: Call) -> Response:
    """Say that the sky is free again."""
    return outcome(call, await call.submit(airspace_messages.lift(call.at("imposed_id"))), HTTPStatus.OK)


AIRSPACE_ROUTES = (
    Route(
        method="GET",
        path="/api/airspace",
        handler=get_airspace,
        scope=Scope.READ,
        answers_type=GEOJSON,
    ),
    Route(
        method="POST",
        path="/api/airspace",
        handler=post_airspace,
        scope=Scope.ADMINISTER,
        takes_type=GEOJSON,
        answers=airspace_messages.ImportedMessage,
    ),
    Route(
        method="DELETE",
        path="/api/airspace/{kind}/{id}",
        handler=delete_declared,
        scope=Scope.ADMINISTER,
        answers=api.DoneMessage,
    ),
    Route(
        method="GET",
        path="/api/terms",
        handler=get_terms,
        scope=Scope.READ,
        answers=airspace_messages.TermsMessage,
    ),
    Route(
        method="PUT",
        path="/api/terms",
        handler=put_terms,
        scope=Scope.ADMINISTER,
        takes=airspace_messages.TermsMessage,
        answers=api.DoneMessage,
    ),
    Route(
        method="PUT",
        path="/api/imposed/{imposed_id}",
        handler=put_imposed,
        scope=Scope.ADMINISTER,
        takes=airspace_messages.ImposeMessage,
        status=HTTPStatus.CREATED,
        answers=api.DoneMessage,
    ),
    Route(
        method="DELETE",
        path="/api/imposed/{imposed_id}",
        handler=delete_imposed,
        scope=Scope.ADMINISTER,
        answers=api.DoneMessage,
    ),
)
