"""The routes about flights."""

from http import HTTPStatus

from starlette.responses import Response

from mamarr.engine import Answer
from mamarr.faults import Refusal
from mamarr.interop import api, flight_messages
from mamarr.interop.wire import decoded
from mamarr.web.access import Scope
from mamarr.web.calls import Call, Route, answer, outcome, refused


async def put_flight(call: Call) -> Response:
    """File a flight."""
    message = decoded(flight_messages.FileMessage, await call.body())
    return planned(call, await call.submit(flight_messages.file(call.at("flight_id"), message)))


async def put_flight_plan(call: Call) -> Response:
    """Ask for another plan in place of the one in force."""
    message = decoded(flight_messages.ReviseMessage, await call.body())
    return planned(call, await call.submit(flight_messages.revise(call.at("flight_id"), message)))


async def delete_flight(call: Call) -> Response:
    """Give the sky of a flight back."""
    return outcome(call, await call.submit(flight_messages.withdraw(call.at("flight_id"))), HTTPStatus.OK)


async def post_confirmation(call: Call) -> Response:
    """Confirm a provisional acceptance."""
    return outcome(call, await call.submit(flight_messages.confirm(call.at("flight_id"))), HTTPStatus.OK)


async def post_report(call: Call) -> Response:
    """Report what became of a flight."""
    message: flight_messages.ReportMessage = decoded(flight_messages.ReportMessage, await call.body())  # type: ignore[arg-type]
    command = flight_messages.report(call.at("flight_id"), message)
    return outcome(call, await call.submit(command), HTTPStatus.OK)


def planned(call: Call, given: Answer) -> Response:
    """The answer to a plan: what was admitted, or the problem with what could be filed instead."""
    if isinstance(given.outcome, Refusal):
        return refused(call, given.outcome, given)
    return answer(flight_messages.filed(given), HTTPStatus.CREATED)


FLIGHT = "/api/flights/{flight_id}"
FLIGHT_ROUTES = (
    Route(
        method="PUT",
        path=FLIGHT,
        handler=put_flight,
        scope=Scope.FILE,
        takes=flight_messages.FileMessage,
        answers=flight_messages.FiledMessage,
        status=HTTPStatus.CREATED,
    ),
    Route(
        method="PUT",
        path=FLIGHT + "/plan",
        handler=put_flight_plan,
        scope=Scope.FILE,
        takes=flight_messages.ReviseMessage,
        answers=flight_messages.FiledMessage,
        status=HTTPStatus.CREATED,
    ),
    Route(
        method="DELETE",
        path=FLIGHT,
        handler=delete_flight,
        scope=Scope.FILE,
        answers=api.DoneMessage,
    ),
    Route(
        method="POST",
        path=FLIGHT + "/confirmation",
        handler=post_confirmation,
        scope=Scope.FILE,
        answers=api.DoneMessage,
    ),
    Route(
        method="POST",
        path=FLIGHT + "/reports",
        handler=post_report,
        scope=Scope.FILE,
        takes=flight_messages.ReportMessage,
        answers=api.DoneMessage,
    ),
)
