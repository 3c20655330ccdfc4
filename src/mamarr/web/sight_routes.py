"""The routes about what persons saw of what other authorities say: a page reports it, and no program."""

import asyncio
from http import HTTPStatus

from starlette.responses import Response

from mamarr.faults import Reason, Refusal
from mamarr.interop import api, live_messages, sight_messages
from mamarr.interop.live_messages import AcknowledgeToldMessage
from mamarr.interop.problems import refused
from mamarr.interop.sight_messages import AcknowledgedMessage, PresentedMessage, SightsMessage
from mamarr.interop.wire import decoded
from mamarr.web.access import Scope
from mamarr.web.calls import Call, Route, answer, outcome, refusal

ACTING = frozenset({Scope.WATCH, Scope.COORDINATE})  # who can do something about what is shown


async def post_presented(call: Call) -> Response:
    """Say which rows were in view for a second in a page that had the focus.

    It counts where somebody is shown it who could do something about it. Where all are refused for the same
    reason, that is the answer.
    """
    commands = sight_messages.present(decoded(PresentedMessage, await call.body()))
    turned_away = _by_whom(call)
    if turned_away is not None:
        return turned_away
    answers = await asyncio.gather(*(call.submit(each, is_one_of_many=True) for each in commands))
    outcomes = {each.outcome if isinstance(each.outcome, Refusal) else None for each in answers}
    why = outcomes.pop() if len(outcomes) == 1 else None
    if why is not None:
        return refusal(refused(why, call.language))
    return answer(sight_messages.sights([each.message_key for each in commands], answers))


async def post_acknowledged(call: Call) -> Response:
    """Say that what another authority says was seen: a person's act, signed where the person has a key."""
    command = sight_messages.acknowledge(decoded(AcknowledgedMessage, await call.body()))
    turned_away = _by_whom(call)
    if turned_away is not None:
        return turned_away
    is_signed = "mamarr-act-signature" in call.request.headers
    given = await (call.signed(command) if is_signed else call.submit(command))
    return outcome(call, given, HTTPStatus.OK)


async def post_told_acknowledgement(call: Call) -> Response:
    """Say that another authority's alert was seen: a person's act, signed where the person has a key."""
    command = live_messages.acknowledge_told(
        call.at("node"),
        call.at("object_id"),
        call.at("filed"),
        call.at("alert"),
        decoded(AcknowledgeToldMessage, await call.body()),
    )
    if not call.caller.is_person:
        return refusal(refused(Refusal(reason=Reason.PERSON_NEEDED), call.language))
    is_signed = "mamarr-act-signature" in call.request.headers
    given = await (call.signed(command) if is_signed else call.submit(command))
    return outcome(call, given, HTTPStatus.OK)


def _by_whom(call: Call) -> Response | None:
    """Why the caller cannot have seen it, or may not say so; None where it may."""
    if not call.caller.is_person:
        return refusal(refused(Refusal(reason=Reason.PERSON_NEEDED), call.language))
    if not ACTING & call.caller.scopes:
        return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
    return None


SIGHT_ROUTES = (
    Route(
        method="POST",
        path="/api/messages/presented",
        handler=post_presented,
        scope=Scope.READ,
        takes=PresentedMessage,
        answers=SightsMessage,
    ),
    Route(
        method="POST",
        path="/api/messages/acknowledged",
        handler=post_acknowledged,
        scope=Scope.READ,
        takes=AcknowledgedMessage,
        answers=api.DoneMessage,
    ),
    Route(
        method="POST",
        path="/api/told-alerts/{node}/{object_id}/{filed}/{alert}/acknowledgement",
        handler=post_told_acknowledgement,
        scope=Scope.WATCH,
        takes=AcknowledgeToldMessage,
        answers=api.DoneMessage,
    ),
)
