"""One request to a DSS on its way: what a handler gets, a line of the route table, the forms of an answer."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mamarr import phrases
from mamarr.discovery import (
    DisplaySubscription,
    Envelope,
    ServiceArea,
    UssAvailability,
    availabilities,
    constraint_references,
    display_subscriptions,
    intents,
    reports,
    service_areas,
    subscriptions,
)
from mamarr.engine.discovery_picture import ConstraintSeen, IntentSeen, Missing, SubscriptionSeen, Written
from mamarr.faults import Refusal
from mamarr.interop.f3548.answers import ErrorMessage
from mamarr.interop.f3548.reading import Drawn
from mamarr.names import Mode
from mamarr.web.access.key_sets import Reply
from mamarr.web.calls import JSON, NOT_KEPT
from mamarr.web.dss_tokens import Uss

DSS_BODY_BYTES_MAX = 1 << 21  # chosen: 10,000 vertices and a key of 10,000 OVNs, as digits are written


DssCommand = (
    intents.Command
    | constraint_references.Command
    | subscriptions.Command
    | availabilities.Command
    | reports.Command
    | service_areas.Command
    | display_subscriptions.Command
)


class DssScope(StrEnum):
    """What a token of a USS may be good for: F3548-21, F3411-22a, and two of InterUSS's."""

    STRATEGIC_COORDINATION = "utm.strategic_coordination"
    CONSTRAINT_PROCESSING = "utm.constraint_processing"
    CONSTRAINT_MANAGEMENT = "utm.constraint_management"
    SITUATIONAL_AWARENESS = "utm.conformance_monitoring_sa"
    AVAILABILITY_ARBITRATION = "utm.availability_arbitration"
    SERVICE_PROVIDER = "rid.service_provider"
    DISPLAY_PROVIDER = "rid.display_provider"
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
    """What the web asks of a DSS. viewer: who asks, the manager of a USS; it is answered what it may see.

    What is read is what is durable and whose time is not over.
    """

    node_id: str
    mode: Mode

    def now(self) -> datetime:
        """The time, UTC."""

    def is_read_only(self) -> bool:
        """Whether writes are refused for now."""

    def new_version(self) -> str:
        """An OVN, or the version of a subscription or availability, that nobody can guess and nobody has."""

    def new_uuid(self) -> str:
        """A UUID that nobody has."""

    async def submit(self, command: DssCommand, viewer: str) -> Written | Refusal:
        """What comes of `command`, once it is durable."""

    def missing(self, refusal: Refusal, viewer: str) -> Missing:
        """What the key lacked, by the refusal that says so."""

    def intents(self, area: Envelope, viewer: str) -> Sequence[IntentSeen]:
        """The operational intents in `area`."""

    def intent(self, entity_id: str, viewer: str) -> IntentSeen | Refusal:
        """One operational intent."""

    def constraints(self, area: Envelope, viewer: str) -> Sequence[ConstraintSeen]:
        """The constraints in `area`."""

    def constraint(self, entity_id: str, viewer: str) -> ConstraintSeen | Refusal:
        """One constraint."""

    def subscriptions(self, area: Envelope, viewer: str) -> Sequence[SubscriptionSeen]:
        """The viewer's subscriptions in `area`."""

    def subscription(self, subscription_id: str, viewer: str) -> SubscriptionSeen | Refusal:
        """One subscription of the viewer's."""

    def availability(self, uss_id: str) -> UssAvailability:
        """Whether a USS answers."""

    def service_areas(self, area: Envelope) -> Sequence[ServiceArea]:
        """The identification service areas in `area`."""

    def service_area(self, entity_id: str) -> ServiceArea | Refusal:
        """One identification service area, for a while after its end too."""

    def display_subscriptions(self, area: Envelope, viewer: str) -> Sequence[DisplaySubscription]:
        """The viewer's subscriptions of Remote ID in `area`."""

    def display_subscription(self, subscription_id: str, viewer: str) -> DisplaySubscription | Refusal:
        """One subscription of Remote ID of the viewer's."""


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

    def drawn(self) -> Drawn:
        """Who asks, and what is drawn for what it writes."""
        return Drawn(manager=self.uss.subject, version=self.engine.new_version(), uuid=self.engine.new_uuid())

    async def body(self) -> bytes:
        """The whole body, if it is not too large."""
        chunks = bytearray()
        async for chunk in self.request.stream():
            chunks += chunk
            if len(chunks) > DSS_BODY_BYTES_MAX:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return bytes(chunks)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request that writes, as it can be asked again. path: with the query. headers: those that matter."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Here = Callable[[DssEngine], Awaitable[Response]]
Answered = Response | Reply | Refusal


class OutcomeUnknown(Exception):  # noqa: N818  a state of the world, told by its name
    """No process that writes answered in time: what was asked may have been done."""


class DssPool(Protocol):
    """What the web asks where several processes are one DSS, of which one writes."""

    async def current(self) -> None:
        """Return when all that any of them acknowledged before this call is known here.

        Raises Unavailable.
        """

    async def write(self, asked: Asked, here: Here) -> Answered:
        """The answer of the one that writes: a reply when it is another; a refusal when too many wait.

        here: answers at this one, with the engine that is given. Raises OutcomeUnknown.
        """


Handler = Callable[[DssCall], Awaitable[Response]]


class DssQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of a query, always a text."""

    name: str
    description: str
    is_required: bool = False


class DssRoute(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the route table.

    scopes: of which the token must have one; ANY_TOKEN: none of them; None: nobody must be known.
    takes, answers: the messages. conflict: the message of a 409, where it says more than others.
    queries: what may stand after the path.
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
    queries: tuple[DssQuery, ...] = ()

    @property
    def is_write(self) -> bool:
        """Whether it changes what is known; of those that ask by POST the addresses end so."""
        return self.method != "GET" and not self.path.endswith("/query")


def answer(message: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(message), status, NOT_KEPT, media_type=JSON)


def refusal(message: str, status: HTTPStatus) -> Response:
    """The answer that says what is wrong."""
    return answer(ErrorMessage(message=message), status)
