"""The routes by which two persons suspend an agreement or resume it (THREATS 2), and one withdraws."""

from http import HTTPStatus

from starlette.responses import Response

from mamarr.coordination import suspensions
from mamarr.faults import Reason, Refusal
from mamarr.interop import api, coordination_messages, suspension_messages
from mamarr.interop.problems import refused
from mamarr.interop.suspension_messages import SuspensionChangeMessage, WithdrawalMessage
from mamarr.interop.wire import decoded
from mamarr.web.access import Scope
from mamarr.web.calls import Call, Route, outcome, refusal

SUSPENSION = "/api/agreement/suspension"


async def post_suspension(call: Call) -> Response:
    """Ask a second person to suspend the agreement, or to resume it: a person's act."""
    return await _signed(
        call, suspension_messages.propose(decoded(SuspensionChangeMessage, await call.body()))
    )


async def approve_suspension(call: Call) -> Response:
    """Do what another person proposed: a person's act, with a key of their own."""
    command = suspension_messages.approve(decoded(SuspensionChangeMessage, await call.body()))
    found = call.engine.agreed(call.caller.party)
    asked = None if isinstance(found, Refusal) else found.asked
    if call.caller.is_person and asked is not None:
        own = call.people.account(call.caller).person_key(asked.key_id)
        if own is not None:  # another key, but the same person
            return refusal(refused(Refusal(reason=Reason.SECOND_PERSON_NEEDED), call.language))
    return await _signed(call, command)


async def _signed(call: Call, command: suspensions.Command) -> Response:
    if not call.caller.is_person:
        return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
    return outcome(call, await call.signed(command), HTTPStatus.OK)


async def post_withdrawal(call: Call) -> Response:
    """Withdraw what was confirmed of a flight, with notice: a person's act, signed where there is a key."""
    message = decoded(WithdrawalMessage, await call.body())
    name = coordination_messages.crossing_id(
        call.at("node"), call.at("kind"), call.at("object_id"), call.at("filed")
    )
    command = suspension_messages.withdraw(name, message)
    if not call.caller.is_person:
        return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
    is_signed = "mamarr-act-signature" in call.request.headers
    given = await (call.signed(command) if is_signed else call.submit(command))
    return outcome(call, given, HTTPStatus.OK)


SUSPENSION_ROUTES = (
    Route(
        method="POST",
        path=SUSPENSION,
        handler=post_suspension,
        scope=Scope.ADMINISTER,
        takes=SuspensionChangeMessage,
        answers=api.DoneMessage,
    ),
    Route(
        method="POST",
        path=SUSPENSION + "/approval",
        handler=approve_suspension,
        scope=Scope.ADMINISTER,
        takes=SuspensionChangeMessage,
        answers=api.DoneMessage,
    ),
    Route(
        method="POST",
        path="/api/crossings/{node}/{kind}/{object_id}/{filed}/withdrawal",
        handler=post_withdrawal,
        scope=Scope.COORDINATE,
        takes=WithdrawalMessage,
        answers=api.DoneMessage,
    ),
)
