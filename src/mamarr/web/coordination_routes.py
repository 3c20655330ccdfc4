"""The routes about what authorities coordinate: what they agree, and what they ask of this one."""

import asyncio
from http import HTTPStatus

from starlette.responses import Response

from mamarr.coordination.agreements import Agree
from mamarr.engine.requested import REQUESTED_MAX
from mamarr.faults import Reason, Refusal
from mamarr.interop import api, coordination_messages
from mamarr.interop.coordination_messages import (
    AgreedMessage,
    AgreementMessage,
    AgreementReadMessage,
    AnswerMessage,
    CrossingsMessage,
)
from mamarr.interop.problems import refused
from mamarr.interop.wire import decoded
from mamarr.web.access import Scope
from mamarr.web.airspace_routes import findings
from mamarr.web.calls import Call, Route, answer, outcome, refusal

AGREEMENT = "/api/agreement"


async def get_agreement(call: Call) -> Response:
    """What is agreed with other authorities, for the node's own party."""
    found = call.engine.agreed(call.caller.party)
    if isinstance(found, Refusal):
        return refusal(refused(found, call.language))
    keys = call.people.account(call.caller).person_keys if call.caller.is_person else ()
    mine = {key.key_id for key in keys}
    return answer(coordination_messages.agreed_message(found, is_mine=mine.__contains__))


async def read_agreement(call: Call) -> Response:
    """What an agreement would be, and what a person signs to propose it; nothing is changed."""
    known = call.engine.agreed(call.caller.party)
    command = await _agree(call)
    if isinstance(known, Refusal):
        return refusal(refused(known, call.language))
    return command if isinstance(command, Response) else answer(coordination_messages.agreement_read(command))


async def post_agreement(call: Call) -> Response:
    """Propose an agreement here: a person's act. It is in force when all members have it."""
    command = await _agree(call)
    if isinstance(command, Response):
        return command
    if not call.caller.is_person:
        return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
    return outcome(call, await call.signed(command), HTTPStatus.OK)


async def _agree(call: Call) -> Agree | Response:
    """The command in the body, or the problem that names all that is wrong with its shares."""
    message = decoded(AgreementMessage, await call.body())
    reading = await asyncio.to_thread(coordination_messages.shares_reading, message)
    if reading.findings:
        return findings(call, reading, route=AGREEMENT, at="$.shares.features")
    return coordination_messages.agree(message, reading)


async def get_crossings(call: Call) -> Response:
    """What other authorities ask of this one, and what it holds for them, for the node's own party."""
    found = call.engine.requested(call.caller.party)
    if isinstance(found, Refusal):
        return refusal(refused(found, call.language))
    return answer(
        coordination_messages.crossings_message(found, at=call.engine.now(), count_max=REQUESTED_MAX)
    )


async def post_answer(call: Call) -> Response:
    """Answer what another authority asks: a person's act, signed where the person has a key."""
    message: AnswerMessage = decoded(AnswerMessage, await call.body())  # type: ignore[arg-type]
    name = coordination_messages.crossing_id(
        call.at("node"), call.at("kind"), call.at("object_id"), call.at("filed")
    )
    command = coordination_messages.answer(name, message)
    if not call.caller.is_person:
        return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
    is_signed = "mamarr-act-signature" in call.request.headers
    given = await (call.signed(command) if is_signed else call.submit(command))
    return outcome(call, given, HTTPStatus.OK)


COORDINATION_ROUTES = (
    Route(
        method="GET",
        path=AGREEMENT,
        handler=get_agreement,
        scope=Scope.READ,
        answers=AgreedMessage,
    ),
    Route(
        method="POST",
        path=AGREEMENT + "/reading",
        handler=read_agreement,
        scope=Scope.ADMINISTER,
        takes=AgreementMessage,
        answers=AgreementReadMessage,
    ),
    Route(
        method="POST",
        path=AGREEMENT + "/proposal",
        handler=post_agreement,
        scope=Scope.ADMINISTER,
        takes=AgreementMessage,
        answers=api.DoneMessage,
    ),
    Route(
        method="GET",
        path="/api/crossings",
        handler=get_crossings,
        scope=Scope.READ,
        answers=CrossingsMessage,
    ),
    Route(
        method="POST",
        path="/api/crossings/{node}/{kind}/{object_id}/{filed}/answer",
        handler=post_answer,
        scope=Scope.COORDINATE,
        takes=AnswerMessage,
        answers=api.DoneMessage,
    ),
)
