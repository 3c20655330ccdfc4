"""The DSS and the other USSs, as our USS asks them: any DSS of F3548-21, ours too, by HTTP alone."""

import asyncio
from collections import OrderedDict
from http import HTTPStatus
from typing import Literal

import msgspec

from mamarr.discovery import Availability, IntentState
from mamarr.discovery.intents import OFF_NOMINAL
from mamarr.faults import Unavailable, WireError
from mamarr.interop.f3548 import uss_reading, uss_writing
from mamarr.interop.f3548.uss_reading import ConstraintThere, ReferenceThere
from mamarr.node.http_client import OutboundClient
from mamarr.node.uss_client import OwnTokens
from mamarr.operations import Delivery, Details, Known, KnownConstraint, Operation, Told
from mamarr.operations.volumes import vertices_count
from mamarr.web.access.key_sets import Reply

COORDINATION = "utm.strategic_coordination"
AWARENESS = "utm.conformance_monitoring_sa"
AT_ONCE_MAX = 16  # chosen: requests to other USSs for one decision; more wait
CACHED_CORNERS_MAX = 500_000  # chosen: of others' intents, some 120 bytes each: 60 MB

PROCESSING = "utm.constraint_processing"
INTENTS = "/dss/v1/operational_intent_references"
CONSTRAINTS = "/dss/v1/constraint_references"
DETAILS = "/uss/v1/operational_intents"
CONSTRAINT_DETAILS = "/uss/v1/constraints"


class Written(msgspec.Struct, frozen=True):
    """What a DSS wrote, and whom it says to tell."""

    reference: ReferenceThere
    told: tuple[Told, ...]


class Declined(msgspec.Struct, frozen=True):
    """A DSS did not write. is_stale: more is known there than the key or the OVN says: read again."""

    status: int
    is_stale: bool


class Dss:
    """A DSS at `url`. Each method raises Unavailable when it is silent or says what cannot be read.

    has_constraints: whether our USS processes constraints, and is to be told of them.
    """

    def __init__(
        self,
        client: OutboundClient,
        tokens: OwnTokens,
        *,
        url: str,
        uss_base_url: str,
        allows_http: bool,
        has_constraints: bool = False,
    ) -> None:
        self._client, self._tokens, self._url = client, tokens, url
        self._uss_base_url, self._allows_http = uss_base_url, allows_http
        self.has_constraints = has_constraints

    async def near(self, details: Details) -> list[ReferenceThere]:
        """The operational intents that are near to `details`, by the DSS's own measure."""
        url = f"{self._url}{INTENTS}/query"
        found: dict[str, ReferenceThere] = {}
        for body in uss_writing.areas_of(details):
            for each in await self._queried(url, body):
                found[each.entity_id] = each
        return list(found.values())

    async def constraints_near(self, details: Details) -> list[ConstraintThere]:
        """The constraints that are near to `details`; none where our USS does not process them."""
        if not self.has_constraints:
            return []
        url, found = f"{self._url}{CONSTRAINTS}/query", dict[str, ConstraintThere]()
        for body in uss_writing.areas_of(details):
            reply = await self._client.post(url, body, await self._tokens.headers(url, PROCESSING))
            if reply.status != HTTPStatus.OK:
                raise Unavailable(f"the DSS answers {reply.status} to a query")
            try:
                for each in uss_reading.constraint_references(reply.body, allows_http=True):
                    found[each.constraint_id] = each
            except WireError as wrong:
                raise Unavailable(f"the DSS answers what cannot be read: {wrong}") from wrong
        return list(found.values())

    async def within(self, body: bytes) -> list[ReferenceThere]:
        """The operational intents in an area; body: as a DSS is asked."""
        return await self._queried(f"{self._url}{INTENTS}/query", body)

    async def _queried(self, url: str, body: bytes) -> list[ReferenceThere]:
        reply = await self._client.post(url, body, await self._tokens.headers(url, COORDINATION))
        if reply.status != HTTPStatus.OK:
            raise Unavailable(f"the DSS answers {reply.status} to a query")
        try:
            return uss_reading.references(reply.body, allows_http=True)
        except WireError as wrong:
            raise Unavailable(f"the DSS answers what cannot be read: {wrong}") from wrong

    async def reference(self, entity_id: str) -> ReferenceThere | None:
        """One operational intent; None: there is none."""
        url = f"{self._url}{INTENTS}/{entity_id}"
        reply = await self._client.get(url, await self._tokens.headers(url, COORDINATION))
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        if reply.status != HTTPStatus.OK:
            raise Unavailable(f"the DSS answers {reply.status} for a reference")
        try:
            return uss_reading.reference(reply.body, allows_http=True)
        except WireError as wrong:
            raise Unavailable(f"the DSS answers what cannot be read: {wrong}") from wrong

    async def write(
        self, entity_id: str, ovn: str | None, details: Details, state: IntentState, key: list[str]
    ) -> Written | Declined:
        """Create (ovn None) or change our operational intent."""
        url = f"{self._url}{INTENTS}/{entity_id}" + ("" if ovn is None else f"/{ovn}")
        scope = AWARENESS if state in OFF_NOMINAL else COORDINATION
        if self.has_constraints:
            scope = f"{scope} {PROCESSING}"
        body = uss_writing.intent(
            details, state, key, self._uss_base_url, with_constraints=self.has_constraints
        )
        return self._written(await self._client.put(url, body, await self._tokens.headers(url, scope)))

    async def remove(self, entity_id: str, ovn: str) -> Written | Declined:
        """Remove our operational intent."""
        url = f"{self._url}{INTENTS}/{entity_id}/{ovn}"
        return self._written(await self._client.delete(url, await self._tokens.headers(url, COORDINATION)))

    def _written(self, reply: Reply) -> Written | Declined:
        if reply.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise Unavailable(f"the DSS answers {reply.status} to a write")
            return Declined(reply.status, reply.status == HTTPStatus.CONFLICT)
        try:
            return Written(*uss_reading.written(reply.body, allows_http=self._allows_http))
        except WireError as wrong:
            raise Unavailable(f"the DSS answers what cannot be read: {wrong}") from wrong


Silence = Literal["SILENT", "INVALID"]


class Peers:
    """The other USSs: what they say of intents and constraints, kept while the DSS has that version."""

    def __init__(self, client: OutboundClient, tokens: OwnTokens) -> None:
        self._client, self._tokens = client, tokens
        self._kept: OrderedDict[str, Known | KnownConstraint] = OrderedDict()  # the newest last
        self._corners_count = 0
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)

    def keep(self, known: Known | KnownConstraint) -> None:
        """Somebody told of its own operational intent or constraint."""
        key = known.entity_id if isinstance(known, Known) else known.constraint_id
        self.forget(key)
        self._kept[key] = known
        self._corners_count += _corners_count(known)
        while self._corners_count > CACHED_CORNERS_MAX:
            self.forget(next(iter(self._kept)))

    def forget(self, entity_id: str) -> None:
        """What was kept of an operational intent or a constraint may be wrong."""
        known = self._kept.pop(entity_id, None)
        if known is not None:
            self._corners_count -= _corners_count(known)

    def forget_all(self) -> None:
        """All that was kept may be old."""
        self._kept.clear()
        self._corners_count = 0

    def kept(self, entity_id: str) -> Known | KnownConstraint | None:
        """What is kept of an operational intent or a constraint."""
        return self._kept.get(entity_id)

    async def known(self, there: ReferenceThere) -> Known | Silence:
        """The details of somebody's operational intent, or that they cannot be had.

        Where its USS is down and silent, what the standard has in their stead: known without details.
        """
        kept = self._kept.get(there.entity_id)
        if isinstance(kept, Known) and (kept.manager, kept.version, kept.state) == (
            there.manager,
            there.version,
            there.state,
        ):
            return kept
        url = f"{there.uss_base_url}{DETAILS}/{there.entity_id}"
        silence: Silence = "SILENT"
        try:
            async with self._turns:
                reply = await self._client.get(url, await self._tokens.headers(url, COORDINATION))
            if reply.status == HTTPStatus.OK:
                silence = "INVALID"
                found = uss_reading.known(reply.body, there)
                self.keep(found)
                return found
        except (Unavailable, WireError):
            self.forget(there.entity_id)
        if there.availability is Availability.DOWN and silence == "SILENT":
            return Known(
                entity_id=there.entity_id, manager=there.manager, version=there.version, state=there.state
            )
        return silence

    async def constraint(self, there: ConstraintThere) -> KnownConstraint | Silence:
        """The details of somebody's constraint, or that they cannot be had."""
        kept = self._kept.get(there.constraint_id)
        if isinstance(kept, KnownConstraint) and (kept.manager, kept.version) == (
            there.manager,
            there.version,
        ):
            return kept
        url = f"{there.uss_base_url}{CONSTRAINT_DETAILS}/{there.constraint_id}"
        try:
            async with self._turns:
                reply = await self._client.get(url, await self._tokens.headers(url, PROCESSING))
            if reply.status != HTTPStatus.OK:
                return "SILENT"
            found = uss_reading.known_constraint(reply.body, there)
        except Unavailable:
            return "SILENT"
        except WireError:
            return "INVALID"
        self.keep(found)
        return found

    async def tell(self, delivery: Delivery, operation: Operation | None) -> bool:
        """Tell a USS of our operation; whether it took that. Raises Unavailable."""
        url = f"{delivery.uss_base_url}{DETAILS}"
        body = uss_writing.notification(delivery, operation)
        reply = await self._client.post(url, body, await self._tokens.headers(url, COORDINATION))
        return reply.status in (HTTPStatus.NO_CONTENT, HTTPStatus.OK)


def _corners_count(known: Known | KnownConstraint) -> int:
    if isinstance(known, KnownConstraint):
        return vertices_count(known.volumes)
    return 1 if known.details is None else vertices_count(known.details.all())
