"""Our USS as it manages constraints: sky that it closes for drones, at the DSS and told to other USSs.

What is asked is decided by the engine first and confirmed after. What ends in between is done again: a
constraint is ours alone, so writing it once more says the same, and the DSS says once more whom to tell.
"""

from http import HTTPStatus

import msgspec

from mamarr.discovery import Envelope, envelopes
from mamarr.discovery.envelopes import us_of
from mamarr.faults import Reason, Refusal, Unavailable, WireError, present
from mamarr.interop.f3548 import uss_closures
from mamarr.interop.f3548.uss_planned import PlannedIn
from mamarr.node.http_client import OutboundClient
from mamarr.node.uss_client import OwnTokens
from mamarr.node.uss_desk import Turns, UssDesk, command_of, told_next
from mamarr.operations import Closed, Closure, Delivery, Reference, Told, Volume
from mamarr.operations.closures import AbandonClosure, ConfirmClosure, PublishClosure, WithdrawClosure
from mamarr.web.access.key_sets import Reply

MANAGEMENT = "utm.constraint_management"
CONSTRAINTS = "/dss/v1/constraint_references"
DETAILS = "/uss/v1/constraints"


class Written(msgspec.Struct, frozen=True):
    """What a DSS wrote, and whom it says to tell. None in place of a reference: it does not take that."""

    reference: Reference | None
    told: tuple[Told, ...] = ()


class Constraints:
    """The constraints of our USS at a DSS, and whom they are told. Each method raises Unavailable."""

    def __init__(
        self,
        client: OutboundClient,
        peer_client: OutboundClient,
        tokens: OwnTokens,
        *,
        url: str,
        uss_base_url: str,
        allows_http: bool,
    ) -> None:
        self._client, self._peer_client, self._tokens = client, peer_client, tokens
        self._url, self._uss_base_url, self._allows_http = url, uss_base_url, allows_http

    async def reference(self, entity_id: str) -> Reference | None:
        """Our constraint as the DSS has it; None: there is none."""
        url = f"{self._url}{CONSTRAINTS}/{entity_id}"
        reply = await self._client.get(url, await self._tokens.headers(url, MANAGEMENT))
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        if reply.status != HTTPStatus.OK:
            raise Unavailable(f"the DSS answers {reply.status} for a constraint")
        try:
            return uss_closures.reference(reply.body, allows_http=self._allows_http)
        except WireError as wrong:
            raise Unavailable(f"the DSS answers what cannot be read: {wrong}") from wrong

    async def write(self, entity_id: str, ovn: str | None, what: Closed) -> Written:
        """Create (ovn None) or change a constraint."""
        url = f"{self._url}{CONSTRAINTS}/{entity_id}" + ("" if ovn is None else f"/{ovn}")
        body = uss_closures.to_dss(what, self._uss_base_url)
        return self._written(await self._client.put(url, body, await self._tokens.headers(url, MANAGEMENT)))

    async def remove(self, entity_id: str, ovn: str) -> Written:
        """Remove a constraint."""
        url = f"{self._url}{CONSTRAINTS}/{entity_id}/{ovn}"
        return self._written(await self._client.delete(url, await self._tokens.headers(url, MANAGEMENT)))

    async def tell(self, delivery: Delivery, closure: Closure | None) -> bool:
        """Tell a USS of our constraint; whether it took that."""
        url = f"{delivery.uss_base_url}{DETAILS}"
        body = uss_closures.notification(delivery, closure)
        reply = await self._peer_client.post(url, body, await self._tokens.headers(url, MANAGEMENT))
        return reply.status in (HTTPStatus.NO_CONTENT, HTTPStatus.OK)

    def _written(self, reply: Reply) -> Written:
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"the DSS answers {reply.status} to a write")
        if reply.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            return Written(None)
        try:
            return Written(*uss_closures.written(reply.body, allows_http=self._allows_http))
        except WireError as wrong:
            raise Unavailable(f"the DSS answers what cannot be read: {wrong}") from wrong


class Closing:
    """What its own people may ask of our USS: which sky is closed for drones, what drones plan.

    subject: the USS's name.
    """

    def __init__(self, desk: UssDesk, constraints: Constraints, *, subject: str) -> None:
        self.subject = subject
        self._desk, self._constraints = desk, constraints
        self._turns = Turns()
        self.table = desk.operated.closures

    async def planned_in(self, area: Volume) -> PlannedIn | Refusal:
        """What drones plan in an area, others' and ours. Raises Unavailable."""
        return await self._desk.planned_in(area)

    def closure(self, entity_id: str) -> Closure | None:
        """One of our constraints that a DSS has, as far as it is durable."""
        held = self.table.durable(entity_id)
        return None if held is None or held.reference is None else held

    def closures(self) -> list[Closure]:
        """All of them, by their ids."""
        found = (each for _, each in self.table.durable_items() if each.reference is not None)
        return sorted(found, key=lambda each: each.entity_id)

    async def publish(
        self, entity_id: str, what: Closed, extent: Envelope, request_id: str = ""
    ) -> Closure | Refusal:
        """Close sky for drones, or close other sky than before. Raises Unavailable.

        The same request is answered with what is there, and undoes nothing that was published since.
        """
        async with self._turns.turn(entity_id):
            held = await self.settled(entity_id)
            if self._desk.was_decided(request_id, entity_id):
                return held or Refusal(reason=Reason.NOT_THERE, because=(entity_id,))
            command_id = command_of(request_id, entity_id) if request_id else None
            ask = PublishClosure(entity_id=entity_id, closed=what, extent=extent)
            asked = await self._desk.submit(ask, command_id)
            if isinstance(asked, Refusal):
                return asked
            ovn = None if held is None or held.reference is None else held.reference.ovn
            return present(await self._written(entity_id, ovn, what), "what is published is there")

    async def withdraw(self, entity_id: str, request_id: str = "") -> Refusal | None:
        """Let a closure end; NOT_THERE where there is none. Raises Unavailable.

        The same request ends nothing that was published since.
        """
        async with self._turns.turn(entity_id):
            held = await self.settled(entity_id)
            if self._desk.was_decided(request_id, entity_id):
                return None
            if held is None:
                return Refusal(reason=Reason.NOT_THERE, because=(entity_id,))
            command_id = command_of(request_id, entity_id) if request_id else None
            asked = await self._desk.submit(WithdrawClosure(entity_id=entity_id), command_id)
            if isinstance(asked, Refusal):
                return asked
            await self._removed(held)
            return None

    async def settled(self, entity_id: str) -> Closure | None:
        """The closure, once what was asked of the DSS and not confirmed is done. Raises Unavailable.

        Its name must be held.
        """
        held = self.table.get(entity_id)
        if held is None or held.change is None:
            return held
        if held.change.closed is None:
            await self._removed(held)
            return None
        there = await self._constraints.reference(entity_id)
        return await self._written(entity_id, None if there is None else there.ovn, held.change.closed)

    async def tidied(self, entity_id: str) -> None:
        """Do again what was left of a closure; end one whose time is over. Raises Unavailable."""
        async with self._turns.turn(entity_id):
            held = await self.settled(entity_id)
        now_us = us_of(self._desk.now())
        if held is not None and held.extent is not None and envelopes.is_past(held.extent, now_us):
            await self.withdraw(entity_id)

    async def tell(self, delivery: Delivery) -> bool:
        """Tell a USS of one of our closures as it is now; whether it took that. Raises Unavailable."""
        return await self._constraints.tell(delivery, self.closure(delivery.entity_id))

    async def _written(self, entity_id: str, ovn: str | None, what: Closed) -> Closure | None:
        """Write what was asked, and keep that it is so. Raises Unavailable: then it is done again."""
        await self._desk.prove()
        try:
            written = await self._constraints.write(entity_id, ovn, what)
        finally:
            self._desk.wake()
        if written.reference is None:
            await self._desk.submit(AbandonClosure(entity_id=entity_id))
            raise Unavailable("the DSS does not take the constraint")
        confirmed = ConfirmClosure(entity_id=entity_id, reference=written.reference, told=written.told)
        await self._recorded(confirmed)
        return self.closure(entity_id)

    async def _removed(self, held: Closure) -> None:
        """Remove what is asked to end. Raises Unavailable: then it is done again."""
        there, told = await self._constraints.reference(held.entity_id), told_next(held.told)
        if there is not None:
            await self._desk.prove()
            written = await self._constraints.remove(held.entity_id, there.ovn)
            if written.reference is None:
                raise Unavailable("the DSS does not remove the constraint")
            told = written.told
        await self._recorded(ConfirmClosure(entity_id=held.entity_id, told=told))

    async def _recorded(self, command: ConfirmClosure) -> None:
        answer = await self._desk.submit(command)
        if isinstance(answer, Refusal):
            raise Unavailable(f"what the DSS has could not be recorded: {answer.reason}")
        self._desk.wake()
