"""The routes by which two persons decide what one party may learn of another (THREATS 2)."""

from http import HTTPStatus

from starlette.responses import Response

from mamarr.faults import Reason, Refusal
from mamarr.interop import api, disclosure_messages
from mamarr.interop.disclosure_messages import DisclosureMessage, DisclosuresMessage
from mamarr.interop.problems import refused
from mamarr.interop.wire import decoded
from mamarr.web.access import Scope
from mamarr.web.calls import Call, Route, answer, outcome, refusal

PAIR = "/api/disclosure/{owner}/{viewer}"


async def get_disclosures(call: Call) -> Response:
    """What is decided on disclosure, for the node's own party."""
    found = call.engine.disclosures(call.caller.party)
    if isinstance(found, Refusal):
        return refusal(refused(found, call.language))
    keys = call.people.account(call.caller).person_keys if call.caller.is_person else ()
    mine = {key.key_id for key in keys}
    return answer(disclosure_messages.disclosures_message(found, is_mine=mine.__contains__))


async def put_disclosure(call: Call) -> Response:
    """Ask a second person to let a rule of disclosure hold: a person's act."""
    message = decoded(DisclosureMessage, await call.body())
    command = disclosure_messages.propose(call.at("owner"), call.at("viewer"), message)
    return await _signed(call, command)


async def approve_disclosure(call: Call) -> Response:
    """Let the rule hold that another person proposed: a person's act, with a key of their own."""
    message = decoded(DisclosureMessage, await call.body())
    command = disclosure_messages.approve(call.at("owner"), call.at("viewer"), message)
    asked_with = call.engine.disclosure_asked_with(command.pair_id)
    if call.caller.is_person and asked_with is not None:
        own = call.people.account(call.caller).person_key(asked_with)
        if own is not None:  # another key, but the same person
            said = Refusal(reason=Reason.SECOND_PERSON_NEEDED, because=(command.pair_id,))
            return refusal(refused(said, call.language))
    return await _signed(call, command)


async def _signed(call: Call, command: disclosure_messages.Act) -> Response:
    if not call.caller.is_person:
        return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
    return outcome(call, await call.signed(command), HTTPStatus.OK)


DISCLOSURE_ROUTES = (
    Route(
        method="GET",
        path="/api/disclosure",
        handler=get_disclosures,
        scope=Scope.ADMINISTER,
        answers=DisclosuresMessage,
    ),
    Route(
        method="PUT",
        path=PAIR,
        handler=put_disclosure,
        scope=Scope.ADMINISTER,
        takes=DisclosureMessage,
        answers=api.DoneMessage,
    ),
    Route(
        method="POST",
        path=PAIR + "/approval",
        handler=approve_disclosure,
        scope=Scope.ADMINISTER,
        takes=DisclosureMessage,
        answers=api.DoneMessage,
    ),
)
