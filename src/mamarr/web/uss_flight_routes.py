"""The routes for the users of our USS: their flights, where those are, what they are told of them."""

from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from mamarr.faults import Reason, Refusal
from mamarr.interop import problems
from mamarr.interop.f3548 import reading, uss_flights, uss_telemetry
from mamarr.interop.problems import Problem
from mamarr.web import calls
from mamarr.web.calls import NOT_KEPT
from mamarr.web.dss_calls import DssQuery, answer
from mamarr.web.uss_calls import FlightsEngine, Handler, UssCall, UssRoute, UssScope

USERS = frozenset({UssScope.STRATEGIC_COORDINATION})


def refused(call: UssCall, why: Refusal) -> Response:
    """The problem that says why not."""
    return calls.refusal(problems.refused(why, call.language))


def for_own_users(handler: Handler) -> Handler:
    """The same, for who has the name of this USS: its own people and programs. Others are refused."""

    async def own(call: UssCall) -> Response:
        subject = call.flights.subject
        if not subject or call.uss.subject != subject:
            return refused(call, Refusal(reason=Reason.NOT_YOURS))
        return await handler(call)

    own.__name__, own.__doc__ = handler.__name__, handler.__doc__
    return own


def _there(call: UssCall, engine: FlightsEngine, entity_id: str) -> Response:
    seen = engine.flight(entity_id)
    if seen is None:
        return refused(call, Refusal(reason=Reason.NOT_THERE, because=(entity_id,)))
    return answer({"flight": uss_flights.flight(seen)})


async def list_flights(call: UssCall) -> Response:
    """The flights of this USS, by their ids."""
    after = call.request.query_params.get("after", "")
    page, is_more = call.flights.flights(reading.entity_id(after) if after else "")
    said = [uss_flights.flight(each) for each in page]
    return answer({"flights": said, "next": said[-1]["id"] if is_more else None})


async def get_flight(call: UssCall) -> Response:
    """One flight as it stands."""
    return _there(call, call.flights, reading.entity_id(call.at("flightid")))


async def put_flight(call: UssCall) -> Response:
    """Plan a flight, change it, activate it, or say that it is not as meant."""
    entity_id = reading.entity_id(call.at("flightid"))
    given = await call.flights.put(entity_id, uss_flights.asked(await call.body()), call.request_id)
    if isinstance(given, Refusal):
        return refused(call, given)
    return answer({"flight": uss_flights.flight(given)})


async def check_flight(call: UssCall) -> Response:
    """Whether a flight would fit now, by all that a PUT would look at. Nothing is recorded or held."""
    entity_id = reading.entity_id(call.at("flightid"))
    meets = await call.flights.fits(entity_id, uss_flights.asked(await call.body()))
    if isinstance(meets, Refusal):
        return refused(call, meets)
    return answer(uss_flights.FitsMessage(fits=True, meets=meets))


async def delete_flight(call: UssCall) -> Response:
    """End a flight."""
    why = await call.flights.end(reading.entity_id(call.at("flightid")), call.request_id)
    return Response(None, HTTPStatus.NO_CONTENT, NOT_KEPT) if why is None else refused(call, why)


async def post_positions(call: UssCall) -> Response:
    """Where the aircraft of a flight is and was."""
    entity_id = reading.entity_id(call.at("flightid"))
    several = uss_telemetry.positions(await call.body(), call.flights.now_us())
    taken = call.flights.take(entity_id, several)
    if isinstance(taken, Refusal):
        return refused(call, taken)
    return answer(uss_telemetry.TakenMessage(taken=taken, older=len(several) - taken))


async def list_positions(call: UssCall) -> Response:
    """The last positions of the aircraft of a flight, the newest last."""
    found = call.flights.positions(reading.entity_id(call.at("flightid")))
    if isinstance(found, Refusal):
        return refused(call, found)
    return answer({"positions": [uss_telemetry.telemetry(each) for each in found]})


async def list_advisories(call: UssCall) -> Response:
    """What users were told of their flights, for a day."""
    before = call.request.query_params.get("after", "")
    page = call.flights.advised(uss_flights.after_of(before))
    said = [uss_flights.advisory(each) for each in page]
    return answer({"advisories": said, "next": uss_flights.given_next(page, before)})


ALL = "/flights"
ONE = ALL + "/{flightid:segment}"


def _route(method: str, path: str, handler: Handler, **how: Any) -> UssRoute:
    return UssRoute(
        method=method,
        path=path,
        handler=for_own_users(handler),
        scopes=USERS,
        conflict=Problem,
        refuses=Problem,
        **how,
    )


def _after(what: str) -> tuple[DssQuery, ...]:
    return (DssQuery(name="after", description=what),)


FLIGHT_ROUTES = (
    _route(
        "GET",
        ALL,
        list_flights,
        answers=uss_flights.FlightsMessage,
        is_live=True,
        queries=_after("the `next` of the answer before"),
    ),
    _route("GET", ONE, get_flight, answers=uss_flights.FlightReadMessage, is_live=True),
    _route(
        "PUT",
        ONE,
        put_flight,
        takes=uss_flights.PutFlightMessage,
        answers=uss_flights.FlightReadMessage,
    ),
    _route("DELETE", ONE, delete_flight, status=HTTPStatus.NO_CONTENT),
    _route(
        "POST",
        ONE + "/check",
        check_flight,
        takes=uss_flights.PutFlightMessage,
        answers=uss_flights.FitsMessage,
    ),
    _route(
        "POST",
        ONE + "/positions",
        post_positions,
        takes=uss_telemetry.PositionsMessage,
        answers=uss_telemetry.TakenMessage,
    ),
    _route(
        "GET",
        ONE + "/positions",
        list_positions,
        answers=uss_telemetry.PositionsKeptMessage,
        is_live=True,
    ),
    _route(
        "GET",
        "/advisories",
        list_advisories,
        answers=uss_flights.AdvisoriesMessage,
        queries=_after("the `next` of the answer before: only what users were told since then"),
    ),
)
