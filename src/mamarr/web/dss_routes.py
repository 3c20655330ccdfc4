"""The routes of a DSS of ASTM F3548-21, and the auxiliary ones that InterUSS's programs ask.

What beside them is of F3411-22a is in `rid_routes`, and all of them in `dss_table`.
"""

from collections.abc import Iterable
from http import HTTPStatus

import msgspec
from starlette.responses import PlainTextResponse, Response

from mamarr import __version__, phrases
from mamarr.discovery.constraint_references import DeleteConstraint, PutConstraint
from mamarr.discovery.intents import DeleteIntent, PutIntent
from mamarr.engine.discovery_picture import ConstraintSeen, IntentSeen
from mamarr.faults import Reason, Refusal, present
from mamarr.interop.f3548 import answers, reading, requests, writing
from mamarr.interop.f3548.refusals import sentence, status_of
from mamarr.web.calls import NOT_KEPT
from mamarr.web.dss_calls import ANY_TOKEN, DssCall, DssRoute, DssScope, answer, refusal

SYSTEM = "dss"  # our name in /versions/…
INTENTS = frozenset({DssScope.STRATEGIC_COORDINATION, DssScope.SITUATIONAL_AWARENESS})
CONSTRAINT_WRITERS = frozenset({DssScope.CONSTRAINT_MANAGEMENT})
CONSTRAINTS = CONSTRAINT_WRITERS | {DssScope.CONSTRAINT_PROCESSING}
SUBSCRIPTIONS = frozenset({DssScope.STRATEGIC_COORDINATION, DssScope.CONSTRAINT_PROCESSING})
ARBITERS = frozenset({DssScope.AVAILABILITY_ARBITRATION})
AVAILABILITY_READERS = INTENTS | ARBITERS
OF_THE_STANDARD = AVAILABILITY_READERS | CONSTRAINTS
POOL_READERS = frozenset({DssScope.POOL_STATUS})
VERSION_READERS = frozenset({DssScope.SYSTEM_VERSIONS})


def _refused(call: DssCall, why: Refusal, *, is_change: bool = False) -> Response:
    """The answer that says why not. is_change: a reference was to be changed."""
    return refusal(sentence(why, call.language), status_of(why, is_change=is_change))


def _intents(seen: Iterable[IntentSeen]) -> tuple[answers.IntentMessage, ...]:
    return tuple(map(writing.intent, seen))


def _constraints(seen: Iterable[ConstraintSeen]) -> tuple[answers.ConstraintMessage, ...]:
    return tuple(map(writing.constraint, seen))


def _may(call: DssCall) -> dict[str, bool]:
    """What the token and the operator of the DSS allow for an intent."""
    is_aware = DssScope.SITUATIONAL_AWARENESS in call.uss.scopes
    return {"may_be_off_nominal": is_aware, "allows_http": call.rules.allows_http}


async def query_operational_intents(call: DssCall) -> Response:
    """The operational intents in an area."""
    seen = call.engine.intents(reading.area(await call.body()), call.uss.subject)
    return answer(answers.IntentsMessage(operational_intent_references=_intents(seen)))


async def get_operational_intent(call: DssCall) -> Response:
    """One operational intent."""
    entity_id = reading.entity_id(call.at("entityid"))
    seen = call.engine.intent(entity_id, call.uss.subject)
    if isinstance(seen, Refusal):
        return _refused(call, seen)
    return answer(answers.IntentReadMessage(operational_intent_reference=writing.intent(seen)))


async def create_operational_intent(call: DssCall) -> Response:
    """Create the reference of an operational intent."""
    body = await call.body()
    ask = reading.intent(call.at("entityid"), None, body, call.drawn(), **_may(call))
    return await _intent_written(call, ask, HTTPStatus.CREATED)


async def update_operational_intent(call: DssCall) -> Response:
    """Change the reference of an operational intent."""
    body, ovn = await call.body(), call.at("ovn")
    ask = reading.intent(call.at("entityid"), ovn, body, call.drawn(), **_may(call))
    return await _intent_written(call, ask, HTTPStatus.OK)


async def delete_operational_intent(call: DssCall) -> Response:
    """Remove the reference of an operational intent."""
    ask = reading.intent_removal(call.at("entityid"), call.at("ovn"), call.uss.subject)
    return await _intent_written(call, ask, HTTPStatus.OK)


async def _intent_written(call: DssCall, ask: PutIntent | DeleteIntent, status: HTTPStatus) -> Response:
    done = await call.engine.submit(ask, call.uss.subject)
    if isinstance(done, Refusal):
        if done.reason is Reason.KEY_INCOMPLETE:
            return _unknown(call, done)
        return _refused(call, done, is_change=isinstance(ask, PutIntent))
    message = answers.IntentWrittenMessage(
        operational_intent_reference=writing.intent(present(done.intent, "what was written")),
        subscribers=writing.subscribers(done.told),
    )
    return answer(message, status)


def _unknown(call: DssCall, why: Refusal) -> Response:
    """The answer that names the references of which the key proves no knowledge."""
    missing = call.engine.missing(why, call.uss.subject)
    message = answers.ConflictMessage(
        message=sentence(why, call.language),
        missing_operational_intents=_intents(missing.intents),
        missing_constraints=_constraints(missing.constraints),
    )
    return answer(message, status_of(why))


async def query_constraints(call: DssCall) -> Response:
    """The constraints in an area."""
    seen = call.engine.constraints(reading.area(await call.body()), call.uss.subject)
    return answer(answers.ConstraintsMessage(constraint_references=_constraints(seen)))


async def get_constraint(call: DssCall) -> Response:
    """One constraint."""
    entity_id = reading.entity_id(call.at("entityid"))
    seen = call.engine.constraint(entity_id, call.uss.subject)
    if isinstance(seen, Refusal):
        return _refused(call, seen)
    return answer(answers.ConstraintReadMessage(constraint_reference=writing.constraint(seen)))


async def create_constraint(call: DssCall) -> Response:
    """Create the reference of a constraint."""
    body = await call.body()
    ask = reading.constraint(
        call.at("entityid"), None, body, call.drawn(), allows_http=call.rules.allows_http
    )
    return await _constraint_written(call, ask, HTTPStatus.CREATED)


async def update_constraint(call: DssCall) -> Response:
    """Change the reference of a constraint."""
    body, ovn = await call.body(), call.at("ovn")
    ask = reading.constraint(call.at("entityid"), ovn, body, call.drawn(), allows_http=call.rules.allows_http)
    return await _constraint_written(call, ask, HTTPStatus.OK)


async def delete_constraint(call: DssCall) -> Response:
    """Remove the reference of a constraint."""
    ask = reading.constraint_removal(call.at("entityid"), call.at("ovn"), call.uss.subject)
    return await _constraint_written(call, ask, HTTPStatus.OK)


async def _constraint_written(
    call: DssCall, ask: PutConstraint | DeleteConstraint, status: HTTPStatus
) -> Response:
    done = await call.engine.submit(ask, call.uss.subject)
    if isinstance(done, Refusal):
        return _refused(call, done, is_change=isinstance(ask, PutConstraint))
    message = answers.ConstraintWrittenMessage(
        constraint_reference=writing.constraint(present(done.constraint, "what was written")),
        subscribers=writing.subscribers(done.told),
    )
    return answer(message, status)


async def query_subscriptions(call: DssCall) -> Response:
    """The asker's own subscriptions in an area."""
    seen = call.engine.subscriptions(reading.area(await call.body()), call.uss.subject)
    return answer(answers.SubscriptionsMessage(subscriptions=tuple(map(writing.subscription, seen))))


async def get_subscription(call: DssCall) -> Response:
    """One subscription of the asker."""
    subscription_id = reading.subscription_id(call.at("subscriptionid"))
    seen = call.engine.subscription(subscription_id, call.uss.subject)
    if isinstance(seen, Refusal):
        return _refused(call, seen)
    return answer(answers.SubscriptionReadMessage(subscription=writing.subscription(seen)))


async def create_subscription(call: DssCall) -> Response:
    """Create a subscription."""
    return await _subscription_written(call, None)


async def update_subscription(call: DssCall) -> Response:
    """Change a subscription."""
    return await _subscription_written(call, call.at("version"))


async def _subscription_written(call: DssCall, version: str | None) -> Response:
    body, at = await call.body(), call.at("subscriptionid")
    ask = reading.subscription(at, version, body, call.drawn(), allows_http=call.rules.allows_http)
    viewer = call.uss.subject
    done = await call.engine.submit(ask, viewer)
    if isinstance(done, Refusal):
        return _refused(call, done)
    seen = present(done.subscription, "what was written")
    made, extent = seen.subscription, seen.subscription.extent
    intents = _intents(call.engine.intents(extent, viewer)) if made.notifies_intents else None
    constraints = _constraints(call.engine.constraints(extent, viewer)) if made.notifies_constraints else None
    return answer(
        answers.SubscriptionWrittenMessage(
            subscription=writing.subscription(seen),
            operational_intent_references=intents,
            constraint_references=constraints,
        )
    )


async def delete_subscription(call: DssCall) -> Response:
    """Remove a subscription."""
    at, version = call.at("subscriptionid"), call.at("version")
    ask = reading.subscription_removal(at, version, call.uss.subject)
    done = await call.engine.submit(ask, call.uss.subject)
    if isinstance(done, Refusal):
        return _refused(call, done)
    gone = writing.subscription(present(done.subscription, "what was removed"))
    return answer(answers.SubscriptionReadMessage(subscription=gone))


async def make_report(call: DssCall) -> Response:
    """Tell of an exchange that went wrong."""
    ask = reading.report(await call.body(), call.drawn())
    done = await call.engine.submit(ask, call.uss.subject)
    if isinstance(done, Refusal):
        return _refused(call, done)
    message = answers.ReportedMessage(report_id=ask.report_id, exchange=msgspec.Raw(ask.text))
    return answer(message, HTTPStatus.CREATED)


async def get_availability(call: DssCall) -> Response:
    """Whether a USS answers."""
    return answer(writing.availability(call.engine.availability(reading.uss(call.at("uss_id")))))


async def set_availability(call: DssCall) -> Response:
    """Say whether a USS answers."""
    ask = reading.availability(call.at("uss_id"), await call.body(), call.drawn())
    done = await call.engine.submit(ask, call.uss.subject)
    if isinstance(done, Refusal):
        return _refused(call, done)
    return answer(writing.availability(present(done.availability, "what was said")))


async def get_version(call: DssCall) -> Response:
    """Which program answers."""
    del call
    return answer(answers.VersionMessage(version=f"mamarr/v{__version__}"))


async def validate_oauth(call: DssCall) -> Response:
    """Whether the token holds, and is its owner's where `owner` is said."""
    owner = call.request.query_params.get("owner", call.uss.subject)
    if owner != call.uss.subject:
        return refusal(phrases.text("OTHER_OWNER", call.language), HTTPStatus.FORBIDDEN)
    return answer({})


async def get_pool(call: DssCall) -> Response:
    """Which pool this instance is of."""
    return answer(answers.PoolMessage(dar_id=call.rules.pool_id))


async def get_instances(call: DssCall) -> Response:
    """The instances of the pool."""
    here = answers.InstanceMessage(id=call.engine.node_id)
    return answer(answers.InstancesMessage(dss_instances=(here,)))


async def get_system_version(call: DssCall) -> Response:
    """Which version of the system answers."""
    if call.at("system") != SYSTEM:
        return _refused(call, Refusal(reason=Reason.NOT_THERE))
    said = answers.SystemVersionMessage(system_identity=SYSTEM, system_version=f"v{__version__}")
    return answer(said)


async def get_healthy(call: DssCall) -> Response:
    """Whether the DSS answers. Says nothing about what it holds."""
    return PlainTextResponse("read-only" if call.engine.is_read_only() else "ok", headers=NOT_KEPT)


async def get_dss_openapi(call: DssCall) -> Response:
    """The description of this interface."""
    from mamarr.web.dss_openapi import dss_document
    from mamarr.web.dss_table import TABLE

    return answer(dss_document(TABLE, mode=call.engine.mode))


# The last part of these paths may be empty: the handler says what is missing.
INTENT = "/dss/v1/operational_intent_references/{entityid:segment}"
CONSTRAINT = "/dss/v1/constraint_references/{entityid:segment}"
SUBSCRIPTION = "/dss/v1/subscriptions/{subscriptionid:segment}"
AVAILABILITY = "/dss/v1/uss_availability/{uss_id:path}"  # a `sub` may have slashes
DSS_ROUTES = (
    DssRoute(
        method="POST",
        path="/dss/v1/operational_intent_references/query",
        handler=query_operational_intents,
        scopes=INTENTS,
        takes=requests.QueryMessage,
        answers=answers.IntentsMessage,
    ),
    DssRoute(
        method="GET",
        path=INTENT,
        handler=get_operational_intent,
        scopes=INTENTS,
        answers=answers.IntentReadMessage,
    ),
    DssRoute(
        method="PUT",
        path=INTENT,
        handler=create_operational_intent,
        scopes=INTENTS,
        takes=requests.PutIntentMessage,
        answers=answers.IntentWrittenMessage,
        status=HTTPStatus.CREATED,
        conflict=answers.ConflictMessage,
    ),
    DssRoute(
        method="PUT",
        path=INTENT + "/{ovn:segment}",
        handler=update_operational_intent,
        scopes=INTENTS,
        takes=requests.PutIntentMessage,
        answers=answers.IntentWrittenMessage,
        conflict=answers.ConflictMessage,
    ),
    DssRoute(
        method="DELETE",
        path=INTENT + "/{ovn:segment}",
        handler=delete_operational_intent,
        scopes=INTENTS,
        answers=answers.IntentWrittenMessage,
    ),
    DssRoute(
        method="POST",
        path="/dss/v1/constraint_references/query",
        handler=query_constraints,
        scopes=CONSTRAINTS,
        takes=requests.QueryMessage,
        answers=answers.ConstraintsMessage,
    ),
    DssRoute(
        method="GET",
        path=CONSTRAINT,
        handler=get_constraint,
        scopes=CONSTRAINTS,
        answers=answers.ConstraintReadMessage,
    ),
    DssRoute(
        method="PUT",
        path=CONSTRAINT,
        handler=create_constraint,
        scopes=CONSTRAINT_WRITERS,
        takes=requests.PutConstraintMessage,
        answers=answers.ConstraintWrittenMessage,
        status=HTTPStatus.CREATED,
    ),
    DssRoute(
        method="PUT",
        path=CONSTRAINT + "/{ovn:segment}",
        handler=update_constraint,
        scopes=CONSTRAINT_WRITERS,
        takes=requests.PutConstraintMessage,
        answers=answers.ConstraintWrittenMessage,
    ),
    DssRoute(
        method="DELETE",
        path=CONSTRAINT + "/{ovn:segment}",
        handler=delete_constraint,
        scopes=CONSTRAINT_WRITERS,
        answers=answers.ConstraintWrittenMessage,
    ),
    DssRoute(
        method="POST",
        path="/dss/v1/subscriptions/query",
        handler=query_subscriptions,
        scopes=SUBSCRIPTIONS,
        takes=requests.QueryMessage,
        answers=answers.SubscriptionsMessage,
    ),
    DssRoute(
        method="GET",
        path=SUBSCRIPTION,
        handler=get_subscription,
        scopes=SUBSCRIPTIONS,
        answers=answers.SubscriptionReadMessage,
    ),
    DssRoute(
        method="PUT",
        path=SUBSCRIPTION,
        handler=create_subscription,
        scopes=SUBSCRIPTIONS,
        takes=requests.PutSubscriptionMessage,
        answers=answers.SubscriptionWrittenMessage,
    ),
    DssRoute(
        method="PUT",
        path=SUBSCRIPTION + "/{version:segment}",
        handler=update_subscription,
        scopes=SUBSCRIPTIONS,
        takes=requests.PutSubscriptionMessage,
        answers=answers.SubscriptionWrittenMessage,
    ),
    DssRoute(
        method="DELETE",
        path=SUBSCRIPTION + "/{version:segment}",
        handler=delete_subscription,
        scopes=SUBSCRIPTIONS,
        answers=answers.SubscriptionReadMessage,
    ),
    DssRoute(
        method="POST",
        path="/dss/v1/reports",
        handler=make_report,
        scopes=OF_THE_STANDARD,
        takes=requests.ReportMessage,
        answers=answers.ReportedMessage,
        status=HTTPStatus.CREATED,
    ),
    DssRoute(
        method="GET",
        path=AVAILABILITY,
        handler=get_availability,
        scopes=AVAILABILITY_READERS,
        answers=answers.AvailabilityMessage,
    ),
    DssRoute(
        method="PUT",
        path=AVAILABILITY,
        handler=set_availability,
        scopes=ARBITERS,
        takes=requests.PutAvailabilityMessage,
        answers=answers.AvailabilityMessage,
    ),
    DssRoute(
        method="GET",
        path="/aux/v1/version",
        handler=get_version,
        scopes=None,
        answers=answers.VersionMessage,
    ),
    DssRoute(
        method="GET",
        path="/aux/v1/validate_oauth",
        handler=validate_oauth,
        scopes=ANY_TOKEN,
        answers=dict,
    ),
    DssRoute(
        method="GET",
        path="/aux/v1/pool",
        handler=get_pool,
        scopes=POOL_READERS,
        answers=answers.PoolMessage,
    ),
    DssRoute(
        method="GET",
        path="/aux/v1/pool/dss_instances",
        handler=get_instances,
        scopes=POOL_READERS,
        answers=answers.InstancesMessage,
    ),
    DssRoute(
        method="GET",
        path="/versions/{system:segment}",
        handler=get_system_version,
        scopes=VERSION_READERS,
        answers=answers.SystemVersionMessage,
    ),
    DssRoute(
        method="GET",
        path="/healthy",
        handler=get_healthy,
        scopes=None,
        answers=str,
        answers_type="text/plain",
    ),
    DssRoute(
        method="GET",
        path="/openapi.json",
        handler=get_dss_openapi,
        scopes=None,
        answers=dict,
    ),
)
