"""One request on its way: what a handler gets, a line of the route table, and the two forms of an answer."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from mamarr import phrases
from mamarr.engine import Answer, Order
from mamarr.engine.orders import ActSignature, Command
from mamarr.faults import Refusal
from mamarr.geometry.units import epoch_ms
from mamarr.interop import api, problems
from mamarr.interop.forms import COMMAND_ID_FORM
from mamarr.interop.problems import Problem, problem
from mamarr.interop.wire import matching
from mamarr.names import COMMAND_ID, Author
from mamarr.web.access import Caller, Refused, Scope, Sessions, Why
from mamarr.web.access.people import People

if TYPE_CHECKING:
    from mamarr.web.app import Engine

logger = logging.getLogger("mamarr")

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"  # RFC 9457
BUILT = Path(__file__).parent / "built"  # the page
BODY_BYTES_MAX = 1 << 20  # chosen: ten times the largest legitimate request
NOT_KEPT = {"cache-control": "no-store"}  # an old picture must never come out of a cache


class Call:
    """One request with what the routes need of it."""

    def __init__(
        self,
        request: Request,
        caller: Caller | None,
        engine: "Engine",
        sessions: Sessions,
        people: People,
    ) -> None:
        self.request, self.engine, self.sessions, self.people = request, engine, sessions, people
        self._caller = caller
        self.language = phrases.chosen(request.headers.get("accept-language", ""))

    @property
    def caller(self) -> Caller:
        """Who asks; only on routes that need a scope."""
        if self._caller is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return self._caller

    def at(self, name: str) -> str:
        """The part `name` of the path."""
        return str(self.request.path_params[name])

    async def body(self) -> bytes:
        """The whole body, if it is not too large."""
        chunks = bytearray()
        async for chunk in self.request.stream():
            chunks += chunk
            if len(chunks) > BODY_BYTES_MAX:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return bytes(chunks)

    @property
    def client(self) -> str:
        """The address the request comes from."""
        return "" if self.request.client is None else self.request.client.host

    async def signed(self, command: Command) -> Answer:
        """As `submit`, for an act that binds: with the caller's own signature, which goes into the entry.

        Raises Refused when the headers Mamarr-Act-Signature and Idempotency-Key do not fit `command`.
        """
        header = self.request.headers.get("mamarr-act-signature", "")
        command_id = self.request.headers.get("idempotency-key")
        if command_id is None:
            raise Refused(Why.NOT_SIGNED)
        key, signature = self.people.signer(self.caller, header, command_id=command_id, command=command)
        return await self.submit(
            command,
            ActSignature(
                key_id=key.key_id, algorithm=key.algorithm, public_key=key.public_key, signature=signature
            ),
        )

    async def submit(
        self,
        command: Command,
        signature: ActSignature | None = None,
        *,
        is_one_of_many: bool = False,
    ) -> Answer:
        """Put `command` to the engine in the caller's name.

        is_one_of_many: of this request, which then names none of them; they must bear being asked twice.
        """
        given = None if is_one_of_many else self.request.headers.get("idempotency-key")
        matching("header:Idempotency-Key", given, COMMAND_ID, COMMAND_ID_FORM)
        author = Author(party=self.caller.party, node=self.engine.node_id, person=self.caller.subject)
        order = Order(
            command_id=given if given is not None else self.engine.new_command_id(),
            author=author,
            command=command,
            signature=signature,
        )
        return await self.engine.submit(order)


Handler = Callable[[Call], Awaitable[Response]]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the route table. scope: what the caller must have; None where nobody must be known.

    takes_type, answers_type: of the bodies. status: of the answer when nothing is refused.
    """

    method: str
    path: str
    handler: Handler
    scope: Scope | None
    takes: Any = None  # a message, or several of which the body is one
    answers: type | None = None
    takes_type: str = JSON
    answers_type: str = JSON
    status: HTTPStatus = HTTPStatus.OK


def cookie_name(engine: "Engine") -> str:
    """The session cookie's name: of this node, so that two nodes on one host do not share it."""
    return f"mamarr-{engine.node_id}"


def page() -> Response:
    """The page."""
    return FileResponse(BUILT / "index.html", headers=NOT_KEPT)


def answer(message: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(message), status, NOT_KEPT, media_type="application/json")


def refusal(said: Problem) -> Response:
    """A problem detail as an answer."""
    return Response(msgspec.json.encode(said), said.status, NOT_KEPT, media_type=PROBLEM_JSON)


def log_unreadable(method: str, path: str, what: str, at: str) -> None:
    """One line about a request that breaks its format. path: of the route table. what, at: made safe before.

    At the level that is off unless it is asked for: strangers without a token can cause as many as they like.
    """
    logger.info("%s %s could not be read: %s - at `%s`", method, path, what, at)


def outcome(call: Call, given: Answer, status: HTTPStatus) -> Response:
    """The answer to a command: done, or the problem that says why not."""
    if isinstance(given.outcome, Refusal):
        return refused(call, given.outcome, given)
    return answer(api.done(given), status)


def refused(call: Call, why: Refusal, given: Answer) -> Response:
    """The problem that says why a command was refused, with what is offered instead."""
    response = refusal(problems.refused(why, call.language, given.alternatives, given.causes))
    if why.free_at_ms is not None:
        wait_ms = why.free_at_ms - epoch_ms(call.engine.now())
        response.headers["retry-after"] = str(max(0, -(-wait_ms // 1000)))
    return response


WHY_STATUS = {
    Why.ACCOUNT_CHANGED: HTTPStatus.CONFLICT,
    Why.NOT_SET_UP: HTTPStatus.NOT_FOUND,
    Why.NOT_SIGNED: HTTPStatus.FORBIDDEN,
    Why.NOT_THERE: HTTPStatus.NOT_FOUND,
    Why.NO_ACCOUNT: HTTPStatus.FORBIDDEN,
    Why.PASSKEY_REFUSED: HTTPStatus.UNAUTHORIZED,
    Why.PROVIDER_REFUSED: HTTPStatus.UNAUTHORIZED,
    Why.SECOND_PERSON: HTTPStatus.FORBIDDEN,
    Why.SESSION_ENDED: HTTPStatus.UNAUTHORIZED,
    Why.SIGN_IN_REFUSED: HTTPStatus.UNAUTHORIZED,
    Why.TOO_MANY_PENDING: HTTPStatus.CONFLICT,
    Why.TOO_MANY_TRIES: HTTPStatus.TOO_MANY_REQUESTS,
}


def turned_away(no: Refused, language: str) -> Response:
    """The problem that says why somebody is not let in, or an act not taken."""
    response = refusal(problem(no.why, WHY_STATUS[no.why], language, wait_s=str(no.wait_s)))
    if no.wait_s:
        response.headers["retry-after"] = str(no.wait_s)
    return response
