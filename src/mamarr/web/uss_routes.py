"""The routes of a USS of ASTM F3548-21: what other USSs ask of ours and tell it."""

from http import HTTPStatus

import msgspec
from starlette.responses import Response

from mamarr.discovery.intents import OFF_NOMINAL
from mamarr.faults import Reason, Refusal
from mamarr.interop.f3548 import answers, reading, uss_messages, uss_reading, uss_telemetry, uss_writing
from mamarr.interop.f3548.reading import Drawn
from mamarr.interop.f3548.refusals import sentence, status_of
from mamarr.web.calls import NOT_KEPT
from mamarr.web.dss_calls import answer, refusal
from mamarr.web.uss_calls import UssCall, UssRoute, UssScope

COORDINATION = frozenset({UssScope.STRATEGIC_COORDINATION})
MANAGEMENT = frozenset({UssScope.CONSTRAINT_MANAGEMENT})
AWARENESS = frozenset({UssScope.SITUATIONAL_AWARENESS})
OF_THE_STANDARD = frozenset(
    {
        UssScope.STRATEGIC_COORDINATION,
        UssScope.CONSTRAINT_PROCESSING,
        UssScope.CONSTRAINT_MANAGEMENT,
        UssScope.SITUATIONAL_AWARENESS,
        UssScope.AVAILABILITY_ARBITRATION,
    }
)


def refused(call: UssCall, why: Refusal) -> Response:
    """The answer that says why not."""
    return refusal(sentence(why, call.language), status_of(why))


async def get_operational_intent_details(call: UssCall) -> Response:
    """One of our operational intents, with its details."""
    entity_id = reading.entity_id(call.at("entityid"))
    operation = await call.engine.details(entity_id)
    if operation is None:
        return refused(call, Refusal(reason=Reason.NOT_THERE, because=(entity_id,)))
    return answer({"operational_intent": uss_writing.operational_intent(operation)})


async def get_operational_intent_telemetry(call: UssCall) -> Response:
    """Where the aircraft of an off-nominal operational intent is."""
    entity_id = reading.entity_id(call.at("entityid"))
    operation = call.engine.operation(entity_id)
    if operation is None:
        return refused(call, Refusal(reason=Reason.NOT_THERE, because=(entity_id,)))
    if operation.state not in OFF_NOMINAL:
        nominal = Refusal(reason=Reason.WRONG_STATUS, because=(entity_id,))
        return refusal(sentence(nominal, call.language), HTTPStatus.CONFLICT)
    found = call.flights.telemetry(entity_id)
    if found is None:
        why = Refusal(reason=Reason.NOT_YET, because=(entity_id,))
        return refusal(sentence(why, call.language), HTTPStatus.PRECONDITION_FAILED)
    return answer(uss_telemetry.told(entity_id, *found))


async def notify_operational_intent(call: UssCall) -> Response:
    """Another USS tells that one of its operational intents is another one, or no more."""
    notice = uss_reading.notice(await call.body())
    why = await call.engine.noticed(notice, call.uss.subject)
    return Response(None, HTTPStatus.NO_CONTENT, NOT_KEPT) if why is None else refused(call, why)


async def notify_constraint(call: UssCall) -> Response:
    """Another USS tells that one of its constraints is another one, or no more."""
    notice = uss_reading.constraint_notice(await call.body())
    why = await call.engine.constraint_noticed(notice, call.uss.subject)
    return Response(None, HTTPStatus.NO_CONTENT, NOT_KEPT) if why is None else refused(call, why)


async def make_uss_report(call: UssCall) -> Response:
    """Another USS tells of an exchange with ours that went wrong."""
    drawn = Drawn(manager=call.uss.subject, version="", uuid=call.engine.new_uuid(call.request_id))
    ask = uss_reading.uss_report(await call.body(), drawn)
    given = await call.engine.report(ask, call.request_id)
    if isinstance(given, Refusal):
        return refused(call, given)
    message = answers.ReportedMessage(report_id=ask.report_id, exchange=msgspec.Raw(ask.text))
    return answer(message, HTTPStatus.CREATED)


INTENT = "/uss/v1/operational_intents/{entityid:segment}"
USS_ROUTES = (
    UssRoute(
        method="GET",
        path=INTENT,
        handler=get_operational_intent_details,
        scopes=COORDINATION,
        answers=uss_messages.IntentDetailsMessage,
    ),
    UssRoute(
        method="GET",
        path=INTENT + "/telemetry",
        handler=get_operational_intent_telemetry,
        scopes=AWARENESS,
        answers=uss_telemetry.TelemetryToldMessage,
        is_live=True,
        also={"412": "there is no position, or none that is new enough"},
    ),
    UssRoute(
        method="POST",
        path="/uss/v1/operational_intents",
        handler=notify_operational_intent,
        scopes=COORDINATION,
        takes=uss_messages.NotificationMessage,
        status=HTTPStatus.NO_CONTENT,
    ),
    UssRoute(
        method="POST",
        path="/uss/v1/constraints",
        handler=notify_constraint,
        scopes=MANAGEMENT,
        takes=uss_messages.ConstraintNotificationMessage,
        status=HTTPStatus.NO_CONTENT,
    ),
    UssRoute(
        method="POST",
        path="/uss/v1/reports",
        handler=make_uss_report,
        scopes=OF_THE_STANDARD,
        takes=uss_messages.UssReportMessage,
        answers=answers.ReportedMessage,
        status=HTTPStatus.CREATED,
    ),
)
