"""The routes about what is seen. The picture carries it; here is what a person does about it."""

from http import HTTPStatus

from starlette.responses import Response

from mamarr.faults import Reason, Refusal
from mamarr.interop import api, live_messages
from mamarr.interop.problems import refused
from mamarr.interop.wire import decoded
from mamarr.web.access import Scope
from mamarr.web.calls import Call, Route, outcome, refusal


async def post_acknowledgement(call: Call) -> Response:
    """Say that an alert was seen: a person's act, signed where the person has a key."""
    message = decoded(live_messages.AcknowledgeMessage, await call.body())
    command = live_messages.acknowledge(call.at("alert_id"), message)
    if not call.caller.is_person:
        return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
    is_signed = "mamarr-act-signature" in call.request.headers
    given = await (call.signed(command) if is_signed else call.submit(command))
    return outcome(call, given, HTTPStatus.OK)


LIVE_ROUTES = (
    Route(
        method="POST",
        path="/api/alerts/{alert_id}/acknowledgement",
        handler=post_acknowledgement,
        scope=Scope.WATCH,
        takes=live_messages.AcknowledgeMessage,
        answers=api.DoneMessage,
    ),
)
