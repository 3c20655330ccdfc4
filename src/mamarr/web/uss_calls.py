"""One request to our USS on its way: what a handler gets, a line of the route table, who may what."""

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
from mamarr.discovery import Envelope
from mamarr.discovery.reports import FileReport
from mamarr.faults import Refusal
from mamarr.interop.f3548.answers import ErrorMessage
from mamarr.interop.f3548.uss_flights import Asked as FlightAsked
from mamarr.interop.f3548.uss_flights import FlightSeen
from mamarr.interop.f3548.uss_planned import PlannedIn
from mamarr.interop.f3548.uss_reading import ConstraintNotice, Notice, Plan
from mamarr.names import Mode
from mamarr.operations import Advisory, Closed, Closure, Operation, Position, Volume
from mamarr.web.calls import JSON
from mamarr.web.dss_calls import Answered, Asked, DssQuery
from mamarr.web.dss_tokens import Uss

USS_BODY_BYTES_MAX = 1 << 22  # chosen: 10,000 vertices as digits are written, four times over


class UssScope(StrEnum):
    """What a token may be good for at a USS: F3548-21, and three of InterUSS's."""

    STRATEGIC_COORDINATION = "utm.strategic_coordination"
    CONSTRAINT_PROCESSING = "utm.constraint_processing"
    CONSTRAINT_MANAGEMENT = "utm.constraint_management"
    SITUATIONAL_AWARENESS = "utm.conformance_monitoring_sa"
    AVAILABILITY_ARBITRATION = "utm.availability_arbitration"
    FLIGHT_PLANS = "interuss.flight_planning.plan"
    AUTOMATED_TEST = "interuss.flight_planning.direct_automated_test"
    SYSTEM_VERSIONS = "interuss.versioning.read_system_versions"


class UssEngine(Protocol):
    """What the web asks of a USS. Each coroutine raises Unavailable when a DSS or the record is silent."""

    mode: Mode

    def now(self) -> datetime:
        """The time, UTC."""

    def is_read_only(self) -> bool:
        """Whether nothing is decided for now."""

    def new_uuid(self, request_id: str = "") -> str:
        """A UUID that nobody has; the same for the same request, if it has an id."""

    def operation(self, entity_id: str) -> Operation | None:
        """One of our operations that a DSS has, as far as it is durable."""

    async def details(self, entity_id: str) -> Operation | None:
        """The same, as another USS asks: it may have read at the DSS what is just being confirmed here."""

    def advised(self, after_us: int, before_us: int) -> list[Advisory]:
        """What users were told in a time, ends included, the first first."""

    async def plan(self, entity_id: str, plan: Plan) -> Operation | Refusal:
        """Plan a flight, change it, activate it, say that it is off nominal."""

    async def close(self, entity_id: str, request_id: str = "") -> Refusal | None:
        """End a flight; NOT_THERE where there is none. request_id: of who may ask the same again."""

    async def clear(self, extent: Envelope, query: bytes) -> None:
        """End all flights in an area, and remove what the DSS has there of ours."""

    async def noticed(self, notice: Notice, manager: str) -> Refusal | None:
        """Another USS, `manager`, tells of one of its operational intents."""

    async def constraint_noticed(self, notice: ConstraintNotice, manager: str) -> Refusal | None:
        """Another USS, `manager`, tells of one of its constraints."""

    async def report(self, ask: FileReport, request_id: str) -> Sequence[object] | Refusal:
        """Keep what another USS reports; once where the request has an id."""


class ClosingEngine(Protocol):
    """What the web asks of a USS for its own people and programs. subject: the name of the USS."""

    subject: str

    async def planned_in(self, area: Volume) -> PlannedIn | Refusal:
        """What drones plan in an area, others' and ours. Raises Unavailable."""

    def closure(self, entity_id: str) -> Closure | None:
        """One of our constraints that a DSS has, as far as it is durable."""

    def closures(self) -> list[Closure]:
        """All of them, by their ids."""

    async def publish(
        self, entity_id: str, what: Closed, extent: Envelope, request_id: str = ""
    ) -> Closure | Refusal:
        """Close sky for drones, or close other sky than before. request_id: as of `UssEngine.close`.

        Raises Unavailable.
        """

    async def withdraw(self, entity_id: str, request_id: str = "") -> Refusal | None:
        """Let a closure end; NOT_THERE where there is none. request_id: as of `UssEngine.close`.

        Raises Unavailable.
        """


UssHere = Callable[[str], Awaitable[Response]]  # by the id of a request, the same each time it is tried


class UssPool(Protocol):
    """What the web asks where several processes are one USS, of which one writes and acts."""

    async def current(self) -> None:
        """Return when all that any of them acknowledged before this call is known here.

        Raises Unavailable.
        """

    async def act(self, asked: Asked, here: UssHere) -> Answered:
        """The answer of the one that writes: a reply when it is another; a refusal when too many wait.

        here: answers at this one. Raises OutcomeUnknown.
        """


class FlightsEngine(Protocol):
    """What the web asks of a USS for its own users. subject: the name of the USS.

    Each coroutine raises Unavailable when a DSS or the record is silent.
    """

    subject: str

    def flight(self, entity_id: str) -> FlightSeen | None:
        """One flight, as far as it is durable."""

    def flights(self, after: str) -> tuple[list[FlightSeen], bool]:
        """The flights whose ids come after one, and whether there are more."""

    async def put(self, entity_id: str, asked: FlightAsked, request_id: str = "") -> FlightSeen | Refusal:
        """Plan a flight, or change it. request_id: as of `UssEngine.close`."""

    async def fits(self, entity_id: str, asked: FlightAsked) -> tuple[str, ...] | Refusal:
        """Whom the flight would meet now; nothing is held."""

    async def end(self, entity_id: str, request_id: str = "") -> Refusal | None:
        """End a flight; NOT_THERE where there is none. request_id: as of `UssEngine.close`."""

    def take(self, entity_id: str, several: tuple[Position, ...]) -> int | Refusal:
        """Positions of the aircraft of a flight, the first first; how many are newer than what was known."""

    def positions(self, entity_id: str) -> tuple[Position, ...] | Refusal:
        """The last positions of the aircraft of a flight, the newest last."""

    def telemetry(self, entity_id: str) -> tuple[Position, int | None] | None:
        """The last position of an aircraft, if it is new enough, and when the next is to be expected."""

    def now_us(self) -> int:
        """The time, microseconds since 1970."""

    def advised(self, after: tuple[int, str]) -> list[Advisory]:
        """What users were told after an advisory, by its instant and id: the first first, not all at once."""


class UssEngines(msgspec.Struct, frozen=True, kw_only=True):
    """What the web asks of a USS, by who asks."""

    desk: UssEngine
    closing: ClosingEngine
    flights: FlightsEngine


class UssCall:
    """One request with what the routes need of it. seen: the answers to requests of a test.

    request_id: under which it may come again, to another process of a pool; empty where it cannot.
    """

    def __init__(
        self,
        request: Request,
        uss: Uss | None,
        engines: UssEngines,
        seen: "Seen | None" = None,
        request_id: str = "",
    ) -> None:
        self.request, self.engine, self._uss, self._seen = request, engines.desk, uss, seen
        self.closing, self.flights = engines.closing, engines.flights
        self.request_id = request_id
        self.language = phrases.chosen(request.headers.get("accept-language", ""))

    @property
    def uss(self) -> Uss:
        """Who asks; only on routes that need a token."""
        if self._uss is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return self._uss

    @property
    def seen(self) -> "Seen":
        """What was answered before; only on routes of the test interfaces."""
        if self._seen is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return self._seen

    def at(self, name: str) -> str:
        """The part `name` of the path, which may be empty."""
        return str(self.request.path_params[name])

    async def body(self) -> bytes:
        """The whole body, if it is not too large."""
        chunks = bytearray()
        async for chunk in self.request.stream():
            chunks += chunk
            if len(chunks) > USS_BODY_BYTES_MAX:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return bytes(chunks)


class Seen:
    """The last SEEN_MAX answers to requests of a test, by their ids: the same again is answered as before."""

    SEEN_MAX = 1_000  # chosen: of one run of the suite; some 2 kB each

    def __init__(self) -> None:
        self._answers: dict[str, bytes | None] = {}

    def is_open(self, request_id: str) -> bool:
        """Whether the request is being answered."""
        return request_id in self._answers and self._answers[request_id] is None

    def begin(self, request_id: str) -> bytes | None:
        """The answer that was given; None, and it is to be `end`ed. Only of what is not open."""
        answer = self._answers.setdefault(request_id, None)
        if len(self._answers) > self.SEEN_MAX:
            del self._answers[next(iter(self._answers))]
        return answer

    def end(self, request_id: str, answer: bytes | None) -> None:
        """What was answered; None: nothing, so it may be asked again."""
        if answer is None:
            self._answers.pop(request_id, None)
        elif request_id in self._answers:
            self._answers[request_id] = answer


Handler = Callable[[UssCall], Awaitable[Response]]


class UssRoute(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the route table: the members of a `dss_calls.DssRoute`, and three more.

    refuses: the message that says no: that of the standard, or a problem detail. also: other statuses that
    say no, and why. is_live: whether it says what is in no record, and known to the one alone that acts.
    """

    method: str
    path: str
    handler: Handler
    scopes: frozenset[UssScope] | None
    takes: Any = None
    answers: Any = None
    answers_type: str = JSON
    status: HTTPStatus = HTTPStatus.OK
    conflict: Any = ErrorMessage
    queries: tuple[DssQuery, ...] = ()
    refuses: Any = ErrorMessage
    also: dict[str, str] = {}
    is_live: bool = False

    @property
    def is_acting(self) -> bool:
        """Whether the one of several processes that acts must answer."""
        return self.method != "GET" or self.is_live
