"""InterUSS's interfaces for automated tests: flight planning, version 1, and versioning. Off by default.

Whoever may use them plans and ends flights as our users do.
"""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Literal

import msgspec
from starlette.responses import Response

from mamarr import __version__, phrases
from mamarr.discovery import IntentState
from mamarr.discovery.envelopes import us_of
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.interop.f3548 import answers, reading, uss_messages, uss_reading, uss_writing
from mamarr.interop.f3548.refusals import sentence
from mamarr.interop.f3548.uss_messages import PlannedMessage
from mamarr.operations import AdvisoryKind, Operation
from mamarr.web.calls import JSON, NOT_KEPT
from mamarr.web.dss_calls import answer, refusal
from mamarr.web.uss_calls import UssCall, UssRoute, UssScope
from mamarr.web.uss_routes import refused

API_NAME, API_VERSION = "Flight Planning Automated Testing Interface", "v0.5.0"
SYSTEM = "astm.f3548.v21"  # our name in /versioning/versions/…
PLANNERS = frozenset({UssScope.FLIGHT_PLANS})
DIRECTORS = frozenset({UssScope.AUTOMATED_TEST})
VERSION_READERS = frozenset({UssScope.SYSTEM_VERSIONS})

Status = Literal["NotPlanned", "Planned", "OkToFly", "OffNominal", "Closed"]
STATUS: dict[IntentState | None, Status] = {
    None: "NotPlanned",
    IntentState.ACCEPTED: "Planned",
    IntentState.ACTIVATED: "OkToFly",
    IntentState.NONCONFORMING: "OffNominal",
    IntentState.CONTINGENT: "OffNominal",
}
CLOSED = PlannedMessage(planning_result="Completed", flight_plan_status="Closed")


def _status(call: UssCall, entity_id: str) -> Status:
    held = call.engine.operation(entity_id)
    return STATUS[None if held is None else held.state]


async def get_status(call: UssCall) -> Response:
    """Whether tests may begin."""
    del call
    return answer(uss_messages.StatusMessage(status="Ready", api_name=API_NAME, api_version=API_VERSION))


async def upsert_flight_plan(call: UssCall) -> Response:
    """Plan a flight, or change it."""
    entity_id, body = reading.entity_id(call.at("flightplanid")), await call.body()
    plan = uss_reading.plan(body)
    if call.seen.is_open(plan.request_id):
        return refusal(phrases.text(Reason.BUSY, call.language), HTTPStatus.CONFLICT)
    before = call.seen.begin(plan.request_id)
    if before is not None:
        return Response(before, HTTPStatus.OK, NOT_KEPT, media_type=JSON)
    said: bytes | None = None
    try:
        if plan.is_hypothetical:
            what = PlannedMessage(planning_result="NotSupported", flight_plan_status=_status(call, entity_id))
        elif plan.state is None:
            what = await _closed(call, entity_id, call.engine.close(entity_id, plan.request_id))
        else:
            what = await _planned(call, entity_id, plan, uss_reading.plan_as_sent(body))
        said = msgspec.json.encode(what)
    finally:
        call.seen.end(plan.request_id, said)
    return Response(said, HTTPStatus.OK, NOT_KEPT, media_type=JSON)


async def _planned(
    call: UssCall, entity_id: str, plan: uss_reading.Plan, as_sent: msgspec.Raw
) -> PlannedMessage:
    try:
        given = await call.engine.plan(entity_id, plan)
    except Unavailable as silent:
        return _failed(call, entity_id, str(silent))
    status = _status(call, entity_id)
    if isinstance(given, Refusal):
        result: Literal["Failed", "Rejected"] = "Rejected"
        if given.reason in (Reason.READ_ONLY, Reason.LIMIT_REACHED, Reason.COMMAND_ID_REUSED):
            result = "Failed"
        is_known = given.reason is Reason.COMMAND_ID_REUSED
        notes = (
            phrases.text("REQUEST_ANSWERED", call.language) if is_known else sentence(given, call.language)
        )
        return PlannedMessage(planning_result=result, flight_plan_status=status, notes=notes)
    return PlannedMessage(
        planning_result="Completed",
        flight_plan_status=status,
        includes_advisories=_advised(call, given),
        as_planned=as_sent,
    )


def _advised(
    call: UssCall, operation: Operation
) -> Literal["AtLeastOneAdvisoryOrCondition", "NoAdvisoriesOrConditions"]:
    """Whether the user was told something with this version of the operation."""
    version = None if operation.reference is None else operation.reference.version
    name = f"{operation.entity_id}.{operation.entity_id}.{version}"
    now_us = us_of(call.engine.now())
    found = any(each.advisory_id == name for each in call.engine.advised(now_us - 60_000_000, now_us))
    return "AtLeastOneAdvisoryOrCondition" if found else "NoAdvisoriesOrConditions"


async def delete_flight_plan(call: UssCall) -> Response:
    """End a flight."""
    entity_id = reading.entity_id(call.at("flightplanid"))
    try:
        why = await call.engine.close(entity_id, call.request_id)
    except Unavailable as silent:
        return answer(_failed(call, entity_id, str(silent)))
    if why is None:
        return answer(CLOSED)
    if why.reason is Reason.NOT_THERE:
        return refused(call, why)
    return answer(_failed(call, entity_id, sentence(why, call.language)))


async def _closed(call: UssCall, entity_id: str, closing: Awaitable[Refusal | None]) -> PlannedMessage:
    try:
        why = await closing
    except Unavailable as silent:
        return _failed(call, entity_id, str(silent))
    if why is not None and why.reason is not Reason.NOT_THERE:
        return _failed(call, entity_id, sentence(why, call.language))
    return CLOSED


def _failed(call: UssCall, entity_id: str, notes: str) -> PlannedMessage:
    return PlannedMessage(planning_result="Failed", flight_plan_status=_status(call, entity_id), notes=notes)


async def clear_area(call: UssCall) -> Response:
    """End all flights in an area."""
    extent, message = uss_reading.cleared_area(await call.body())
    query = uss_writing.area_as_sent(message)
    try:
        await call.engine.clear(extent, query)
        outcome = uss_messages.OutcomeMessage(success=True, message="")
    except Unavailable as silent:
        outcome = uss_messages.OutcomeMessage(success=False, message=str(silent))
    return answer(uss_messages.ClearedMessage(outcome=outcome))


async def get_user_notifications(call: UssCall) -> Response:
    """What users were told in a time."""
    asked = call.request.query_params
    after_us = uss_reading.instant("query:after", asked.get("after", ""))
    before_us = us_of(call.engine.now())
    if "before" in asked:
        before_us = min(before_us, uss_reading.instant("query:before", asked["before"]))
    advised = [each for each in call.engine.advised(after_us, before_us) if each.kind is AdvisoryKind.MEETS]
    given = uss_writing.user_notifications(advised)
    return answer(uss_messages.UserNotificationsMessage(user_notifications=given))


async def get_uss_version(call: UssCall) -> Response:
    """Which version of the system answers."""
    if call.at("system") != SYSTEM:
        return refused(call, Refusal(reason=Reason.NOT_THERE))
    said = answers.SystemVersionMessage(system_identity=SYSTEM, system_version=f"v{__version__}")
    return answer(said)


PLANS = "/flight_planning/v1"
FLIGHT = PLANS + "/flight_plans/{flightplanid:segment}"
TEST_ROUTES = (
    UssRoute(
        method="GET",
        path=PLANS + "/status",
        handler=get_status,
        scopes=DIRECTORS,
        answers=uss_messages.StatusMessage,
    ),
    UssRoute(
        method="PUT",
        path=FLIGHT,
        handler=upsert_flight_plan,
        scopes=PLANNERS,
        takes=uss_messages.UpsertMessage,
        answers=PlannedMessage,
    ),
    UssRoute(
        method="DELETE",
        path=FLIGHT,
        handler=delete_flight_plan,
        scopes=DIRECTORS | PLANNERS,
        answers=PlannedMessage,
    ),
    UssRoute(
        method="POST",
        path=PLANS + "/clear_area_requests",
        handler=clear_area,
        scopes=DIRECTORS,
        takes=uss_messages.ClearMessage,
        answers=uss_messages.ClearedMessage,
    ),
    UssRoute(
        method="GET",
        path=PLANS + "/user_notifications",
        handler=get_user_notifications,
        scopes=PLANNERS,
        answers=uss_messages.UserNotificationsMessage,
    ),
    UssRoute(
        method="GET",
        path="/versioning/versions/{system:segment}",
        handler=get_uss_version,
        scopes=VERSION_READERS,
        answers=answers.SystemVersionMessage,
    ),
)
