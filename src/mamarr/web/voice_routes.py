"""The routes of answers by telephone: they are entered here, and signed or disputed where they were given."""

from http import HTTPStatus

from starlette.responses import Response

from mamarr.engine.orders import Command
from mamarr.faults import Reason, Refusal
from mamarr.interop import api, coordination_messages
from mamarr.interop.coordination_messages import ClaimAnswerMessage, VoiceAnswerMessage
from mamarr.interop.problems import refused
from mamarr.interop.wire import decoded
from mamarr.web.access import Scope
from mamarr.web.calls import Call, Route, outcome, refusal


async def post_voice(call: Call) -> Response:
    """Enter what another authority answered by telephone: a person's act, and no signature of theirs."""
    message = decoded(VoiceAnswerMessage, await call.body())
    command = coordination_messages.enter_voice(call.at("kind"), call.at("object_id"), message)
    return await _by_a_person(call, command)


async def post_claim_answer(call: Call) -> Response:
    """Sign what this authority is said to have answered by telephone, or dispute it: a person's act."""
    message: ClaimAnswerMessage = decoded(ClaimAnswerMessage, await call.body())  # type: ignore[arg-type]
    name = coordination_messages.crossing_id(
        call.at("node"), call.at("kind"), call.at("object_id"), call.at("filed")
    )
    return await _by_a_person(call, coordination_messages.claim_answer(name, message))


async def _by_a_person(call: Call, command: Command) -> Response:
    """What is answered to a person's act, signed where the person has a key."""
    if not call.caller.is_person:
        return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
    is_signed = "mamarr-act-signature" in call.request.headers
    given = await (call.signed(command) if is_signed else call.submit(command))
    return outcome(call, given, HTTPStatus.OK)


VOICE_ROUTES = (
    Route(
        method="POST",
        path="/api/asked/{kind}/{object_id}/voice",
        handler=post_voice,
        scope=Scope.COORDINATE,
        takes=VoiceAnswerMessage,
        answers=api.DoneMessage,
    ),
    Route(
        method="POST",
        path="/api/crossings/{node}/{kind}/{object_id}/{filed}/claim",
        handler=post_claim_answer,
        scope=Scope.COORDINATE,
        takes=ClaimAnswerMessage,
        answers=api.DoneMessage,
    ),
)
