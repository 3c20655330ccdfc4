"""The routes of a DSS of ASTM F3411-22a, Remote ID: where drones are identified, and who is told of that."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from mamarr.discovery import Envelope
from mamarr.discovery.service_areas import DeleteServiceArea, PutServiceArea
from mamarr.faults import Refusal, present
from mamarr.interop.f3411 import answers, reading, requests, writing
from mamarr.interop.f3411.reading import AreaTooLargeError
from mamarr.interop.f3548.reading import entity_id, subscription_id
from mamarr.interop.f3548.refusals import sentence, status_of, unreadable
from mamarr.web.dss_calls import DssCall, DssQuery, DssRoute, DssScope, answer, refusal

WRITERS = frozenset({DssScope.SERVICE_PROVIDER})
DISPLAYS = frozenset({DssScope.DISPLAY_PROVIDER})
READERS = WRITERS | DISPLAYS


def _refused(call: DssCall, why: Refusal, *, is_change: bool = False) -> Response:
    """The answer that says why not. is_change: something was to be changed."""
    return refusal(sentence(why, call.language), status_of(why, is_change=is_change))


def _searched(call: DssCall, *, has_times: bool) -> Envelope | Response:
    """The area that is asked for; or, when it is too large, the answer that says so: 413, by F3411-22a."""
    queries: Mapping[str, str] = call.request.query_params
    try:
        return reading.searched(queries, has_times=has_times)
    except AreaTooLargeError as wrong:
        return refusal(unreadable(wrong, call.language), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


async def search_service_areas(call: DssCall) -> Response:
    """The identification service areas in an area."""
    asked = _searched(call, has_times=True)
    if isinstance(asked, Response):
        return asked
    found = tuple(map(writing.service_area, call.engine.service_areas(asked)))
    return answer(answers.ServiceAreasMessage(service_areas=found))


async def get_service_area(call: DssCall) -> Response:
    """One identification service area."""
    known = call.engine.service_area(entity_id(call.at("entityid")))
    if isinstance(known, Refusal):
        return _refused(call, known)
    return answer(answers.ServiceAreaReadMessage(service_area=writing.service_area(known)))


async def create_service_area(call: DssCall) -> Response:
    """Create an identification service area."""
    return await _service_area_put(call, None)


async def update_service_area(call: DssCall) -> Response:
    """Change an identification service area."""
    return await _service_area_put(call, call.at("version"))


async def _service_area_put(call: DssCall, version: str | None) -> Response:
    body, allows_http = await call.body(), call.rules.allows_http
    ask = reading.service_area(call.at("entityid"), version, body, call.drawn(), allows_http=allows_http)
    return await _service_area_written(call, ask)


async def delete_service_area(call: DssCall) -> Response:
    """Remove an identification service area."""
    ask = reading.service_area_removal(call.at("entityid"), call.at("version"), call.uss.subject)
    return await _service_area_written(call, ask)


async def _service_area_written(call: DssCall, ask: PutServiceArea | DeleteServiceArea) -> Response:
    done = await call.engine.submit(ask, call.uss.subject)
    if isinstance(done, Refusal):
        return _refused(call, done, is_change=isinstance(ask, PutServiceArea))
    message = answers.ServiceAreaWrittenMessage(
        service_area=writing.service_area(present(done.area, "what was written")),
        subscribers=writing.subscribers(done.told),
    )
    return answer(message)


async def search_display_subscriptions(call: DssCall) -> Response:
    """The asker's own subscriptions in an area."""
    asked = _searched(call, has_times=False)
    if isinstance(asked, Response):
        return asked
    known = call.engine.display_subscriptions(asked, call.uss.subject)
    found = tuple(map(writing.display_subscription, known))
    return answer(answers.DisplaySubscriptionsMessage(subscriptions=found))


async def get_display_subscription(call: DssCall) -> Response:
    """One subscription of the asker."""
    name = subscription_id(call.at("subscriptionid"))
    known = call.engine.display_subscription(name, call.uss.subject)
    if isinstance(known, Refusal):
        return _refused(call, known)
    message = writing.display_subscription(known)
    return answer(answers.DisplaySubscriptionReadMessage(subscription=message))


async def create_display_subscription(call: DssCall) -> Response:
    """Create a subscription."""
    return await _display_subscription_put(call, None)


async def update_display_subscription(call: DssCall) -> Response:
    """Change a subscription."""
    return await _display_subscription_put(call, call.at("version"))


async def _display_subscription_put(call: DssCall, version: str | None) -> Response:
    body, at, allows_http = await call.body(), call.at("subscriptionid"), call.rules.allows_http
    ask = reading.display_subscription(at, version, body, call.drawn(), allows_http=allows_http)
    done = await call.engine.submit(ask, call.uss.subject)
    if isinstance(done, Refusal):
        return _refused(call, done, is_change=True)
    made = present(done.display, "what was written")
    there = call.engine.service_areas(Envelope(cells=made.extent.cells))
    return answer(
        answers.DisplaySubscriptionWrittenMessage(
            subscription=writing.display_subscription(made),
            service_areas=tuple(map(writing.service_area, there)),
        )
    )


async def delete_display_subscription(call: DssCall) -> Response:
    """Remove a subscription."""
    at, version = call.at("subscriptionid"), call.at("version")
    ask = reading.display_subscription_removal(at, version, call.uss.subject)
    done = await call.engine.submit(ask, call.uss.subject)
    if isinstance(done, Refusal):
        return _refused(call, done)
    message = writing.display_subscription(present(done.display, "what was removed"))
    return answer(answers.DisplaySubscriptionReadMessage(subscription=message))


AREA = DssQuery(name="area", description=f"a polygon: {reading.POLYGON_FORM}", is_required=True)
TIMES = (
    DssQuery(name="earliest_time", description="what ends before is left out; now, if it is not said"),
    DssQuery(name="latest_time", description="what begins after is left out"),
)

# The last part of these paths may be empty: the handler says what is missing.
AREAS = "/rid/v2/dss/identification_service_areas"
SUBSCRIPTIONS = "/rid/v2/dss/subscriptions"
ONE_AREA, ONE_SUBSCRIPTION = AREAS + "/{entityid:segment}", SUBSCRIPTIONS + "/{subscriptionid:segment}"
RID_ROUTES = (
    DssRoute(
        method="GET",
        path=AREAS,
        handler=search_service_areas,
        scopes=DISPLAYS,
        answers=answers.ServiceAreasMessage,
        queries=(AREA, *TIMES),
    ),
    DssRoute(
        method="GET",
        path=ONE_AREA,
        handler=get_service_area,
        scopes=READERS,
        answers=answers.ServiceAreaReadMessage,
    ),
    DssRoute(
        method="PUT",
        path=ONE_AREA,
        handler=create_service_area,
        scopes=WRITERS,
        takes=requests.PutServiceAreaMessage,
        answers=answers.ServiceAreaWrittenMessage,
    ),
    DssRoute(
        method="PUT",
        path=ONE_AREA + "/{version:segment}",
        handler=update_service_area,
        scopes=WRITERS,
        takes=requests.PutServiceAreaMessage,
        answers=answers.ServiceAreaWrittenMessage,
    ),
    DssRoute(
        method="DELETE",
        path=ONE_AREA + "/{version:segment}",
        handler=delete_service_area,
        scopes=WRITERS,
        answers=answers.ServiceAreaWrittenMessage,
    ),
    DssRoute(
        method="GET",
        path=SUBSCRIPTIONS,
        handler=search_display_subscriptions,
        scopes=DISPLAYS,
        answers=answers.DisplaySubscriptionsMessage,
        queries=(AREA,),
    ),
    DssRoute(
        method="GET",
        path=ONE_SUBSCRIPTION,
        handler=get_display_subscription,
        scopes=READERS,
        answers=answers.DisplaySubscriptionReadMessage,
    ),
    DssRoute(
        method="PUT",
        path=ONE_SUBSCRIPTION,
        handler=create_display_subscription,
        scopes=DISPLAYS,
        takes=requests.PutDisplaySubscriptionMessage,
        answers=answers.DisplaySubscriptionWrittenMessage,
    ),
    DssRoute(
        method="PUT",
        path=ONE_SUBSCRIPTION + "/{version:segment}",
        handler=update_display_subscription,
        scopes=DISPLAYS,
        takes=requests.PutDisplaySubscriptionMessage,
        answers=answers.DisplaySubscriptionWrittenMessage,
    ),
    DssRoute(
        method="DELETE",
        path=ONE_SUBSCRIPTION + "/{version:segment}",
        handler=delete_display_subscription,
        scopes=DISPLAYS,
        answers=answers.DisplaySubscriptionReadMessage,
    ),
)
