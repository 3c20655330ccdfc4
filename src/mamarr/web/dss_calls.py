"""One request to a DSS on its way: what a handler gets, a line of the route table, the forms of an answer."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mamarr import phrases
from mamarr.discovery import Envelope
from mamarr.faults import Refusal
from mamarr.interop.f3548 import answers, reading
from mamarr.interop.f3548.answers import ErrorMessage
from mamarr.interop.f3548.refusals import Unknown
from mamarr.names import Mode
from mamarr.web.calls import JSON, NOT_KEPT
from mamarr.web.dss_tokens import Uss

DSS_BODY_BYTES_MAX = 1 << 21  # chosen: 10,000 vertices and a key of 10,000 OVNs, as digits are written


class DssScope(StrEnum):
    """What a token of a USS may be good for: F3548-21, and two of InterUSS's."""

    STRATEGIC_COORDINATION = "utm.strategic_coordination"
    CONSTRAINT_PROCESSING = "utm.constraint_processing"
    CONSTRAINT_MANAGEMENT = "utm.constraint_management"
    SITUATIONAL_AWARENESS = "utm.conformance_monitoring_sa"
    AVAILABILITY_ARBITRATION = "utm.availability_arbitration"
    POOL_STATUS = "interuss.pool_status.read"
    SYSTEM_VERSIONS = "interuss.versioning.read_system_versions"


ANY_TOKEN: frozenset[DssScope] = frozenset()  # a token that holds will do, whatever it may


class DssRules(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator of a DSS decides. allows_http: whether addresses of USSs may be without TLS.

    pool_id: what the pool is called, which all its instances must say alike.
    """

    pool_id: str
    allows_http: bool = False


class DssEngine(Protocol):
    """What the web asks of a DSS. Each answer is as whoever asks may see it.

    What is asked reads what is durable; what is written is durable when it is answered.
    """

    node_id: str
    mode: Mode

    def now(self) -> datetime:
        """The time, UTC."""

    def is_read_only(self) -> bool:
        """Whether writes are refused for now."""

    def intents(self, area: Envelope, uss: Uss) -> answers.IntentsMessage | Refusal:
        """The operational intents in `area`."""

    def intent(self, entity_id: str, uss: Uss) -> answers.IntentReadMessage | Refusal:
        """One operational intent."""

    async def put_intent(
        self, ask: reading.IntentAsk, uss: Uss
    ) -> answers.IntentWrittenMessage | Refusal | Unknown:
        """Create or change an operational intent."""

    async def delete_intent(
        self, entity_id: str, ovn: str, uss: Uss
    ) -> answers.IntentWrittenMessage | Refusal:
        """Remove an operational intent."""

    def constraints(self, area: Envelope, uss: Uss) -> answers.ConstraintsMessage | Refusal:
        """The constraints in `area`."""

    def constraint(self, entity_id: str, uss: Uss) -> answers.ConstraintReadMessage | Refusal:
        """One constraint."""

    async def put_constraint(
        self, ask: reading.ConstraintAsk, uss: Uss
    ) -> answers.ConstraintWrittenMessage | Refusal:
        """Create or change a constraint."""

    async def delete_constraint(
        self, entity_id: str, ovn: str, uss: Uss
    ) -> answers.ConstraintWrittenMessage | Refusal:
        """Remove a constraint."""

    def subscriptions(self, area: Envelope, uss: Uss) -> answers.SubscriptionsMessage | Refusal:
        """The subscriptions of `uss` in `area`."""

    def subscription(self, subscription_id: str, uss: Uss) -> answers.SubscriptionReadMessage | Refusal:
        """One subscription of `uss`."""

    async def put_subscription(
        self, ask: reading.SubscriptionAsk, uss: Uss
    ) -> answers.SubscriptionWrittenMessage | Refusal:
        """Create or change a subscription."""

    async def delete_subscription(
        self, subscription_id: str, version: str, uss: Uss
    ) -> answers.SubscriptionReadMessage | Refusal:
        """Remove a subscription."""

    def availability(self, uss_id: str) -> answers.AvailabilityMessage:
        """Whether a USS answers."""

    async def put_availability(
        self, ask: reading.AvailabilityAsk, uss: Uss
    ) -> answers.AvailabilityMessage | Refusal:
        """Say whether a USS answers."""

    async def report(self, ask: reading.ReportAsk, uss: Uss) -> answers.ReportedMessage | Refusal:
        """Take a report."""


class DssCall:
    """One request with what the routes need of it."""

    def __init__(self, request: Request, uss: Uss | None, engine: DssEngine, rules: DssRules) -> None:
        self.request, self.engine, self.rules = request, engine, rules
        self._uss = uss
        self.language = phrases.chosen(request.headers.get("accept-language", ""))

    @property
    def uss(self) -> Uss:
        """Who asks; only on routes that need a token."""
        if self._uss is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return self._uss

    def at(self, name: str) -> str:
        """The part `name` of the path, which may be empty."""
        return str(self.request.path_params[name])

    async def body(self) -> bytes:
        """The whole body, if it is not too large."""
        chunks = bytearray()
        async for chunk in self.request.stream():
            chunks += chunk
            if len(chunks) > DSS_BODY_BYTES_MAX:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return bytes(chunks)


Handler = Callable[[DssCall], Awaitable[Response]]


class DssRoute(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the route table.

    scopes: of which the token must have one; ANY_TOKEN: none of them; None: nobody must be known.
    takes, answers: the messages. conflict: the message of a 409, where it says more than others.
    """

    method: str
    path: str
    handler: Handler
    scopes: frozenset[DssScope] | None
    takes: Any = None
    answers: Any = None
    answers_type: str = JSON
    status: HTTPStatus = HTTPStatus.OK
    conflict: Any = ErrorMessage


def answer(message: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(message), status, NOT_KEPT, media_type=JSON)


def refusal(message: str, status: HTTPStatus) -> Response:
    """The answer that says what is wrong."""
    return answer(ErrorMessage(message=message), status)
