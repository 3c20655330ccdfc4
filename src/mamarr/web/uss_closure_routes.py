"""What our USS is asked of closed sky by other USSs, and of that and of drones' plans by its own people."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mamarr.faults import Reason, Refusal
from mamarr.interop.f3548 import reading, uss_closures, uss_planned
from mamarr.interop.f3548.requests import QueryMessage
from mamarr.web.calls import NOT_KEPT
from mamarr.web.dss_calls import answer
from mamarr.web.uss_calls import UssCall, UssRoute, UssScope
from mamarr.web.uss_routes import refused

READ = frozenset({UssScope.CONSTRAINT_PROCESSING, UssScope.CONSTRAINT_MANAGEMENT})
MANAGED = frozenset({UssScope.CONSTRAINT_MANAGEMENT})
COORDINATED = frozenset({UssScope.STRATEGIC_COORDINATION})


async def get_constraint_details(call: UssCall) -> Response:
    """One of our constraints, with its details."""
    entity_id = reading.entity_id(call.at("entityid"))
    closure = call.closing.closure(entity_id)
    if closure is None:
        return refused(call, Refusal(reason=Reason.NOT_THERE, because=(entity_id,)))
    return answer({"constraint": uss_closures.constraint(closure)})


def _own(call: UssCall) -> None:
    """Raise FORBIDDEN unless who asks is this USS itself: its own people and programs have its name."""
    if not call.closing.subject or call.uss.subject != call.closing.subject:
        raise HTTPException(HTTPStatus.FORBIDDEN)


async def list_constraints(call: UssCall) -> Response:
    """The constraints that this USS manages."""
    _own(call)
    return answer({"constraints": [uss_closures.constraint(each) for each in call.closing.closures()]})


async def put_constraint(call: UssCall) -> Response:
    """Close sky for drones, or close other sky than before."""
    _own(call)
    entity_id = reading.entity_id(call.at("entityid"))
    what, extent = uss_closures.closed(await call.body())
    closure = await call.closing.publish(entity_id, what, extent, call.request_id)
    if isinstance(closure, Refusal):
        return refused(call, closure)
    return answer({"constraint": uss_closures.constraint(closure)})


async def delete_constraint(call: UssCall) -> Response:
    """Let a constraint end."""
    _own(call)
    why = await call.closing.withdraw(reading.entity_id(call.at("entityid")), call.request_id)
    return Response(None, HTTPStatus.NO_CONTENT, NOT_KEPT) if why is None else refused(call, why)


async def query_planned(call: UssCall) -> Response:
    """What drones plan in an area, others' and ours, and of which of them nobody says it."""
    _own(call)
    found = await call.closing.planned_in(uss_planned.area(await call.body()))
    return refused(call, found) if isinstance(found, Refusal) else answer(uss_planned.written(found))


OWN = "/constraints"
PLANNED = "/operational_intents/query"
OWN_ONE = OWN + "/{entityid:segment}"
CLOSURE_ROUTES = (
    UssRoute(
        method="GET",
        path="/uss/v1/constraints/{entityid:segment}",
        handler=get_constraint_details,
        scopes=READ,
        answers=uss_closures.ConstraintOfUssMessage,
    ),
    UssRoute(
        method="GET",
        path=OWN,
        handler=list_constraints,
        scopes=MANAGED,
        answers=uss_closures.ConstraintsOfUssMessage,
    ),
    UssRoute(
        method="PUT",
        path=OWN_ONE,
        handler=put_constraint,
        scopes=MANAGED,
        takes=uss_closures.ConstraintDetailsMessage,
        answers=uss_closures.ConstraintOfUssMessage,
    ),
    UssRoute(
        method="DELETE",
        path=OWN_ONE,
        handler=delete_constraint,
        scopes=MANAGED,
        status=HTTPStatus.NO_CONTENT,
    ),
    UssRoute(
        method="POST",
        path=PLANNED,
        handler=query_planned,
        scopes=COORDINATED,
        takes=QueryMessage,
        answers=uss_planned.PlannedInMessage,
    ),
)
