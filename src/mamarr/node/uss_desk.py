"""Our USS at work: its users' plans to the DSS and to other USSs, and what those say to it.

Whatever is asked of a DSS is decided by the engine first and confirmed after: what ends in between is settled
by reading what the DSS has (`settled`). Where several processes are one USS, the one that has the pen acts,
and proves that it has it before each write to the DSS.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, TypeVar
from uuid import UUID

import msgspec

from mamarr.discovery import Envelope, IntentState, envelopes
from mamarr.discovery.envelopes import us_of
from mamarr.discovery.forms import RULE as DISCOVERY
from mamarr.discovery.intents import OFF_NOMINAL
from mamarr.discovery.reports import FileReport
from mamarr.engine import Order
from mamarr.engine.operated import for_advisory, for_operation
from mamarr.engine.own_operations import ASKED
from mamarr.faults import Reason, Refusal, Unavailable, limit_reached, present
from mamarr.geometry.units import epoch_ms
from mamarr.interop.f3548 import uss_planned
from mamarr.interop.f3548.uss_planned import PlannedIn
from mamarr.interop.f3548.uss_reading import (
    ConstraintNotice,
    ConstraintThere,
    Notice,
    Plan,
    ReferenceThere,
)
from mamarr.names import Author
from mamarr.node.pool import Pool
from mamarr.node.pool_forwarding import HandedOver
from mamarr.node.runtime import Runtime
from mamarr.node.uss_client import OwnTokens
from mamarr.node.uss_dss import Declined, Dss, Peers, Written
from mamarr.operations import (
    Advisory,
    Details,
    Known,
    KnownConstraint,
    Observed,
    Operation,
    Told,
    Volume,
    advisories,
    operations,
)
from mamarr.operations.advisories import NoteConstraint, NoteIntent, TellUser
from mamarr.operations.closures import AbandonClosure, ConfirmClosure, PublishClosure, WithdrawClosure
from mamarr.operations.deliveries import FinishDelivery
from mamarr.operations.forms import RULE
from mamarr.operations.operations import (
    KNOWN_MAX,
    AbandonOperation,
    ConfirmOperation,
    EndOperation,
    OperationAsked,
    PlanOperation,
)

SETTLED_AFTER_US = 15 * 1_000_000  # chosen: a DSS may make a write after we gave up to wait for it
CONFIRMED_S = 0.5  # chosen: F3548-21 wants details within a second (SCD0075)
SAID_S = 4.0  # chosen: a second more than one other USS may take; who says nothing by then is not known
ATTEMPTS_MAX = 5  # chosen: as often others may plan in the same place between our query and our write
UUID_BYTES = 16
COMMAND_DIGITS = 32

V = TypeVar("V")

UssCommand = (
    PlanOperation
    | EndOperation
    | ConfirmOperation
    | AbandonOperation
    | PublishClosure
    | WithdrawClosure
    | ConfirmClosure
    | AbandonClosure
    | NoteIntent
    | NoteConstraint
    | TellUser
    | FinishDelivery
    | FileReport
)


class Said(msgspec.Struct, frozen=True):
    """What others say of their intents and constraints.

    unknown: ids of those of which nobody says it. key: OVNs, ours too.
    """

    known: tuple[Known, ...] = ()
    unknown: tuple[str, ...] = ()
    constraints: tuple[KnownConstraint, ...] = ()
    key: tuple[str, ...] = ()


class Wish(NamedTuple):
    """What a flight is to be. extent: as a DSS compares it. observed: by what our USS itself wishes it.

    request_id: of its user's request, if it has one.
    """

    entity_id: str
    state: IntentState
    details: Details
    extent: Envelope
    observed: Observed | None = None
    request_id: str = ""


class Asking(NamedTuple):
    """What the engine is asked. key: OVNs of what is near. near: ids of what others said it rests on."""

    ask: PlanOperation
    key: tuple[str, ...]
    near: tuple[str, ...]


class Turns:
    """One at a time for each name; a name that nobody waits for is forgotten."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @contextlib.asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Hold the name as long as the context lasts."""
        lock, waiting = self._locks.get(name, (asyncio.Lock(), 0))
        self._locks[name] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks.pop(name)
            if waiting > 1:
                self._locks[name] = lock, waiting - 1


class UssDesk:
    """A USS on `runtime`. wake: called when something is due to other USSs, or left to be settled.

    shared_priorities: at which intents of the same priority may meet. pool: the other processes, where
    several are this USS: what is decided raises HandedOver then when this one has not the pen any more.
    """

    def __init__(
        self,
        runtime: Runtime,
        dss: Dss,
        peers: Peers,
        tokens: OwnTokens,
        *,
        shared_priorities: tuple[int, ...] = (),
        pool: Pool | None = None,
    ) -> None:
        self._runtime, self._dss, self.peers, self._tokens = runtime, dss, peers, tokens
        self._pool = pool
        self._shared_priorities = shared_priorities
        self._turns = Turns()
        self._unheard_us: dict[str, int] = {}  # writes without an answer, by operation: since when
        self.node_id, self.mode = runtime.node_id, runtime.mode
        self.operated = runtime.decider.projection.operated
        self.wake: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        """The time, UTC."""
        return self._runtime.now()

    def is_read_only(self) -> bool:
        """Whether nothing is decided for now."""
        return self._runtime.is_read_only()

    def new_uuid(self, request_id: str = "") -> str:
        """A UUID that nobody has; the same for the same request, if it has an id."""
        drawn = sha256(request_id.encode()).digest() if request_id else secrets.token_bytes(UUID_BYTES)
        return str(UUID(bytes=drawn[:UUID_BYTES], version=4))

    def take_over(self) -> None:
        """Act from now on: this process has the pen, which another one had.

        What that one asked of the DSS last may reach it yet, and what others told it is not known here.
        """
        self.peers.forget_all()
        for key, each in self.operated.operations.durable_items():
            if each.change is not None and each.change.state is not None:
                self._unheard_us[key] = us_of(self.now())

    async def prove(self) -> None:
        """To be awaited before each write to the DSS: raises HandedOver when another process may act."""
        if self._pool is not None:
            await self._pool.prove()

    async def report(self, ask: FileReport, request_id: str) -> Sequence[object] | Refusal:
        """Keep what another USS reports; once where the request has an id. Raises Unavailable."""
        return await self.submit(ask, command_of(request_id, "report") if request_id else None)

    async def submit(self, command: UssCommand, command_id: str | None = None) -> Sequence[object] | Refusal:
        """What comes of `command`, once it is durable. Raises Unavailable, HandedOver."""
        runtime = self._runtime
        rule = DISCOVERY if isinstance(command, FileReport) else RULE
        author = Author(party=runtime.decider.projection.party, node=runtime.node_id, rule=rule)
        order = Order(command_id=command_id or runtime.new_command_id(), author=author, command=command)
        outcome = (await runtime.submit(order)).outcome
        if isinstance(outcome, Refusal) and outcome.reason in (Reason.UNAVAILABLE, Reason.BUSY):
            if self._pool is not None and not runtime.keeper.is_open:
                raise HandedOver
            raise Unavailable(f"the decision could not be recorded: {outcome.reason}")
        return outcome

    # --- what is asked ------------------------------------------------------------------------------------

    def operation(self, entity_id: str) -> Operation | None:
        """One of our operations that a DSS has, as far as it is durable."""
        held = self.operated.operations.durable(entity_id)
        return None if held is None or held.reference is None else held

    async def details(self, entity_id: str) -> Operation | None:
        """The same, as another USS asks: it may have read at the DSS what is just being confirmed here."""
        held = self.operated.operations.get(entity_id)
        if held is not None and held.change is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CONFIRMED_S), self._turns.turn(entity_id):
                    await self._confirmed_elsewhere(entity_id)
        return self.operation(entity_id)

    async def _confirmed_elsewhere(self, entity_id: str) -> None:
        """Return when no change is under way, where another process acts."""
        pool = self._pool
        while pool is not None and not pool.is_writer:
            held = self.operated.operations.get(entity_id)
            if held is None or held.change is None:
                return
            await pool.grown()

    def advised(self, after_us: int, before_us: int) -> list[Advisory]:
        """What users were told in a time, ends included, the first first."""
        found = [
            each
            for _, each in self.operated.advisories.durable_items()
            if after_us <= each.observed_us <= before_us
        ]
        return sorted(found, key=lambda each: (each.observed_us, each.advisory_id))

    async def planned_in(self, area: Volume) -> PlannedIn | Refusal:
        """What drones plan in an area, others' and ours, as far as it is said in time. Raises Unavailable."""
        near = await self._dss.near(Details(volumes=(area,)))
        if len(near) > KNOWN_MAX:
            return limit_reached("known_max")
        name, known, others = self._tokens.name, list[Known](), list[ReferenceThere]()
        for each in near:
            own = self.operation(each.entity_id) if each.manager == name else None
            if own is None or own.state is None:
                others.append(each)
            else:
                known.append(
                    Known(
                        entity_id=each.entity_id,
                        manager=each.manager,
                        version=each.version,
                        state=own.state,
                        details=own.details,
                    )
                )
        said = await _within(SAID_S, [self.peers.known(each) for each in others])
        known += [each for each in said if isinstance(each, Known)]
        silent = [
            each.entity_id for each, what in zip(others, said, strict=True) if not isinstance(what, Known)
        ]
        return uss_planned.planned_in(known, silent)

    async def plan(self, entity_id: str, plan: Plan) -> Operation | Refusal:
        """Plan a flight, change it, activate it, say that it is off nominal. Raises Unavailable, HandedOver.

        What the same request did before is not done again; what it left half done is.
        """
        state = present(plan.state, "a plan that is closed is not planned")
        async with self._turns.turn(entity_id):
            before = self.operated.operations.get(entity_id)
            held = await self.settled(entity_id)
            known, _ = self._known(before, held, entity_id, state, plan.request_id)
            if known is not None:
                return known
            try:
                details, extent = _asked(held, state, plan)
            except ValueError:  # with what was meant before, it has too many volumes
                return limit_reached("volumes_max")
            return await self._planned(
                held, Wish(entity_id, state, details, extent, request_id=plan.request_id)
            )

    async def put(self, wish: Wish, version: int | None) -> Operation | Refusal:
        """Plan a flight or change it, exactly so. Raises Unavailable, HandedOver.

        version: which one of the flight its user saw; None: whichever it is. Done once, as `plan`.
        """
        async with self._turns.turn(wish.entity_id):
            before = self.operated.operations.get(wish.entity_id)
            held = await self.settled(wish.entity_id)
            known, is_begun = self._known(before, held, wish.entity_id, wish.state, wish.request_id)
            if known is not None:
                return known
            reference = None if held is None else held.reference
            is_seen = version is None or version == (0 if reference is None else reference.version)
            if not is_seen and not is_begun:
                return Refusal(reason=Reason.OTHER_VERSION, because=(wish.entity_id,))
            return await self._planned(held, wish)

    async def fits(self, wish: Wish) -> tuple[str, ...] | Refusal:
        """What would come of a wish now, which is not recorded and holds nothing: whom it would meet.

        Raises Unavailable.
        """
        found = await self._asking(wish)
        if isinstance(found, Refusal):
            return found
        projection, now = self._runtime.decider.projection, self.now()
        author = Author(party=projection.party, node=self.node_id, rule=RULE)
        facts = for_operation(projection, found.ask, author, epoch_ms(now))
        if facts.held is None and wish.state is IntentState.ACTIVATED:  # it would be Accepted first
            accepted = Operation(entity_id=wish.entity_id, state=IntentState.ACCEPTED)
            facts = msgspec.structs.replace(facts, held=accepted)
        decided = operations.decide(found.ask, facts, author=author, now=now)
        if isinstance(decided, Refusal):
            return decided
        changes = (each.change for each in decided if isinstance(each, OperationAsked))
        return next(changes).overlapped

    async def moved(
        self, entity_id: str, wish_of: Callable[[Operation], Wish | None]
    ) -> Operation | Refusal | None:
        """Change a flight as our USS itself finds it to be; None where it does not, when its turn has come.

        Raises Unavailable.
        """
        async with self._turns.turn(entity_id):
            held = await self.settled(entity_id)
            wish = None if held is None else wish_of(held)
            return None if wish is None else await self._changed(held, wish)

    async def _planned(self, held: Operation | None, wish: Wish) -> Operation | Refusal:
        is_new = held is None or held.reference is None
        if is_new and wish.state is IntentState.ACTIVATED:  # F3548-21 has what is new Accepted first
            accepted = await self._changed(held, wish._replace(state=IntentState.ACCEPTED))
            if isinstance(accepted, Refusal):
                return accepted
            held = accepted
        return await self._changed(held, wish)

    async def close(self, entity_id: str, request_id: str = "") -> Refusal | None:
        """End a flight; NOT_THERE where there is none. Raises Unavailable, HandedOver.

        The same request ends nothing that was planned since.
        """
        async with self._turns.turn(entity_id):
            held = await self.settled(entity_id)
            if self.was_decided(request_id, entity_id):
                return None
            if held is None:
                return Refusal(reason=Reason.NOT_THERE, because=(entity_id,))
            command_id = command_of(request_id, entity_id) if request_id else None
            asked = await self.submit(EndOperation(entity_id=entity_id), command_id)
            if isinstance(asked, Refusal):
                return asked
            try:
                await self._removed(held)
            except Unavailable:
                if held.reference is not None:
                    raise  # else its user never had it; what the DSS may yet make of it is removed in time
            finally:
                self.wake()
            return None

    async def clear(self, extent: Envelope, query: bytes) -> None:
        """End all flights in an area, and remove what the DSS has there of ours. Raises Unavailable.

        query: the same area, as a DSS is asked.
        """
        near = self.operated.near.meeting(extent, now_us=us_of(self.now()))
        for entity_id in dict.fromkeys(name.removesuffix(ASKED) for name in near):
            why = await self.close(entity_id)
            if why is not None and why.reason is not Reason.NOT_THERE:
                raise Unavailable(f"an operation could not be ended: {why.reason}")
        for each in await self._dss.within(query):
            if each.manager == self._tokens.name and each.ovn is not None:
                async with self._turns.turn(each.entity_id):
                    if self.operated.operations.get(each.entity_id) is None:
                        await self.prove()
                        await self._dss.remove(each.entity_id, each.ovn)

    async def noticed(self, notice: Notice, manager: str) -> Refusal | None:
        """Another USS, `manager`, tells of one of its operational intents."""
        kept, known = self.peers.kept(notice.entity_id), notice.known
        if known is None:
            if kept is not None and kept.manager == manager:
                self.peers.forget(notice.entity_id)
            return None
        if known.manager != manager:
            return Refusal(reason=Reason.NOT_YOURS, because=(notice.entity_id,))
        self.peers.keep(known)
        extent = present(notice.extent, "what is known is somewhere")
        await self._noted(NoteIntent(known=known, extent=extent))
        return None

    async def constraint_noticed(self, notice: ConstraintNotice, manager: str) -> Refusal | None:
        """Another USS, `manager`, tells of one of its constraints."""
        kept, known = self.peers.kept(notice.constraint_id), notice.known
        if known is None:
            if kept is not None and kept.manager == manager:
                self.peers.forget(notice.constraint_id)
            return None
        if known.manager != manager:
            return Refusal(reason=Reason.NOT_YOURS, because=(notice.constraint_id,))
        self.peers.keep(known)
        extent = present(notice.extent, "what is known is somewhere")
        await self._noted(NoteConstraint(constraint=known, extent=extent))
        return None

    # --- how it is done -----------------------------------------------------------------------------------

    def _known(
        self,
        before: Operation | None,
        held: Operation | None,
        entity_id: str,
        state: IntentState,
        request_id: str,
    ) -> tuple[Operation | Refusal | None, bool]:
        """What is answered to a request that was done before; and whether it is done half.

        before, held: the operation before it was settled, and after.
        """
        if not request_id:
            return None, False
        if held is not None and held.change is not None and held.change.request_id == request_id:
            return None, True
        if held is not None and held.change is None and held.request_id == request_id:
            # One that was just settled is written once more: only then does the DSS say whom to tell.
            return (held, False) if held.state is state and held is before else (None, True)
        if self.was_decided(request_id, entity_id):
            return Refusal(reason=Reason.COMMAND_ID_REUSED, because=(entity_id,)), False
        return None, False

    def was_decided(self, request_id: str, about: str) -> bool:
        """Whether a request was taken before: by a process that cannot say any more what it answered."""
        found = self._runtime.recorded(command_of(request_id, about)) if request_id else None
        return found is not None and found.refusal is None

    def _may_come(self, entity_id: str) -> bool:
        """Whether the DSS may yet make a write whose answer was not heard."""
        unheard_us = self._unheard_us.get(entity_id)
        return unheard_us is not None and us_of(self.now()) - unheard_us < SETTLED_AFTER_US

    async def _noted(self, command: NoteIntent | NoteConstraint) -> None:
        """Tell the users of the operations that something meets. Cost: no entry where it meets none."""
        projection, now = self._runtime.decider.projection, self.now()
        author = Author(party=projection.party, node=self.node_id, rule=RULE)
        facts = for_advisory(projection, command, author, epoch_ms(now))
        found = advisories.decide(command, facts, author=author, now=now)
        if found and not isinstance(found, Refusal):  # each notice of others would only fill the record
            await self.submit(command)

    async def _changed(self, held: Operation | None, wish: Wish) -> Operation | Refusal:
        entity_id = wish.entity_id
        at = None if held is None or held.reference is None else held.reference.ovn
        for _ in range(ATTEMPTS_MAX):
            found = await self._asking(wish)
            if isinstance(found, Refusal):
                return await self._given_up(entity_id, found)
            refused = await self.submit(found.ask, self._first_command(wish.request_id, entity_id))
            if isinstance(refused, Refusal):
                return await self._given_up(entity_id, refused)
            written = await self._written(at, found.ask, found.key)
            if isinstance(written, Written):
                return await self._confirmed(entity_id, written.reference, written.told)
            ovn = await self._ovn_there(entity_id)
            if not written.is_stale and ovn == at:
                break
            at = ovn
            for name in found.near:
                self.peers.forget(name)
        await self._given_up(entity_id, None)
        raise Unavailable("the DSS does not take the operational intent")

    async def _asking(self, wish: Wish) -> Asking | Refusal:
        """What the engine is asked for a wish: with what others say, where the flight is to be as meant."""
        near: list[ReferenceThere] = []
        constraints: list[ConstraintThere] = []
        said = Said()
        if wish.state not in OFF_NOMINAL:
            found = await self._dss.near(wish.details)
            near = [each for each in found if each.entity_id != wish.entity_id]
            constraints = await self._dss.constraints_near(wish.details)
            if len(near) + len(constraints) > KNOWN_MAX:
                return limit_reached("known_max")
            said = await self._said(near, constraints)
        ask = PlanOperation(
            entity_id=wish.entity_id,
            state=wish.state,
            details=wish.details,
            extent=wish.extent,
            known=said.known,
            unknown=said.unknown,
            shared_priorities=self._shared_priorities,
            constraints=said.constraints,
            observed=wish.observed,
            request_id=wish.request_id,
        )
        names = (*(each.entity_id for each in near), *(each.constraint_id for each in constraints))
        return Asking(ask, said.key, names)

    async def _written(self, ovn: str | None, ask: PlanOperation, key: tuple[str, ...]) -> Written | Declined:
        await self.prove()
        try:
            return await self._dss.write(ask.entity_id, ovn, ask.details, ask.state, list(key))
        except (Unavailable, asyncio.CancelledError):
            self._unheard_us[ask.entity_id] = us_of(self.now())
            raise

    def _first_command(self, request_id: str, about: str) -> str | None:
        """The id of the first command of a request; None for the next ones, which have any."""
        command_id = command_of(request_id, about)
        is_first = bool(request_id) and self._runtime.recorded(command_id) is None
        return command_id if is_first else None

    async def _ovn_there(self, entity_id: str) -> str | None:
        """The OVN that the DSS has of an operation: not the one that we know, where our record is old."""
        there = await self._dss.reference(entity_id)
        return None if there is None else there.ovn

    async def _said(self, near: list[ReferenceThere], constraints: list[ConstraintThere]) -> Said:
        """What others' USSs say of their intents and constraints, and the OVNs of all."""
        table, name = self.operated.operations, self._tokens.name
        own = [each for each in near if each.manager == name and table.get(each.entity_id) is not None]
        ours = {each.entity_id for each in own}
        others = [each for each in near if each.entity_id not in ours]
        said, forbidden = await asyncio.gather(
            asyncio.gather(*map(self.peers.known, others)),
            asyncio.gather(*map(self.peers.constraint, constraints)),
        )
        known = tuple(each for each in said if isinstance(each, Known))
        known_constraints = tuple(each for each in forbidden if isinstance(each, KnownConstraint))
        silent = [each.entity_id for each, what in zip(others, said, strict=True) if isinstance(what, str)]
        silent += [
            each.constraint_id
            for each, what in zip(constraints, forbidden, strict=True)
            if isinstance(what, str)
        ]
        ovns = [each.ovn for each in own]
        ovns += [each.ovn for each in known]
        ovns += [each.ovn for each in known_constraints]
        return Said(
            known=known,
            unknown=tuple(silent),
            constraints=known_constraints,
            key=tuple(each for each in ovns if each is not None),
        )

    async def _given_up(self, entity_id: str, why: Refusal | None) -> Refusal:
        """Answer `why` a change is not made; one that was asked already stays as it was.

        What the DSS may yet make is held until that is known.
        """
        held = self.operated.operations.get(entity_id)
        if held is not None and held.change is not None and not self._may_come(entity_id):
            await self.submit(AbandonOperation(entity_id=entity_id))
            self._unheard_us.pop(entity_id, None)
        return why or Refusal(reason=Reason.UNAVAILABLE)

    async def _confirmed(self, entity_id: str, there: ReferenceThere, told: tuple[Told, ...]) -> Operation:
        """The DSS has what was asked: keep that, and tell who must know."""
        try:
            reference = there.own()
        except ValueError as wrong:
            raise Unavailable(str(wrong)) from wrong
        held = self.operated.operations.get(entity_id)
        answer = await self.submit(ConfirmOperation(entity_id=entity_id, reference=reference, told=told))
        if isinstance(answer, Refusal):
            raise Unavailable(f"what the DSS has could not be recorded: {answer.reason}")
        self._unheard_us.pop(entity_id, None)
        self.wake()
        operation = present(self.operation(entity_id), "what is confirmed is there")
        known = Known(
            entity_id=entity_id,
            manager=reference.manager,
            version=reference.version,
            state=present(operation.state, "what is confirmed has a state"),
            details=operation.details,
            ovn=reference.ovn,
        )
        extent = present(operation.extent, "what is confirmed is somewhere")
        is_as_before = held is not None and held.state is operation.state and held.state in OFF_NOMINAL
        before = held.details if held is not None and is_as_before else None
        await self._noted(NoteIntent(known=known, extent=extent, before=before))
        return operation

    async def _removed(self, held: Operation) -> None:
        """Remove from the DSS what is asked to end. Raises Unavailable: then it is to be settled."""
        ovn = None if held.reference is None else held.reference.ovn
        for _ in range(ATTEMPTS_MAX):
            if ovn is not None:
                await self.prove()
                written = await self._dss.remove(held.entity_id, ovn)
                if isinstance(written, Written):
                    await self._ended(held.entity_id, written.told)
                    return
            there = await self._dss.reference(held.entity_id)
            if there is None and held.reference is None and self._may_come(held.entity_id):
                raise Unavailable("the DSS may yet make what was asked of it: it is removed then")
            if there is None:  # its time is over, or it was removed and the answer was lost
                await self._ended(held.entity_id, told_next(held.told))
                return
            if there.ovn is None or there.ovn == ovn:
                break
            ovn = there.ovn
        raise Unavailable("the DSS does not remove the operational intent")

    async def _ended(self, entity_id: str, told: tuple[Told, ...]) -> None:
        await self.submit(ConfirmOperation(entity_id=entity_id, told=told))
        self._unheard_us.pop(entity_id, None)

    async def settled(self, entity_id: str) -> Operation | None:
        """The operation, once what was asked of the DSS and not confirmed is known. Raises Unavailable.

        Its turn must be held. What the DSS wrote without our hearing of it is taken as written; whom it said
        to tell then is not known: those are told whom it named before. What it may yet write stays asked.
        """
        held = self.operated.operations.get(entity_id)
        if held is None or held.change is None:
            return held
        if held.change.state is None:
            await self._removed(held)
            return None
        there = await self._dss.reference(entity_id)
        before = 0 if held.reference is None else held.reference.version
        is_ours = there is not None and there.ovn is not None  # else a DSS does not say it
        if is_ours and there is not None and there.version > before and there.state is held.change.state:
            return await self._confirmed(entity_id, there, told_next(held.told))
        if self._may_come(entity_id):
            return held
        await self.submit(AbandonOperation(entity_id=entity_id))
        self._unheard_us.pop(entity_id, None)
        return self.operated.operations.get(entity_id)

    async def tidied(self, entity_id: str, *, is_flying: bool = False) -> None:
        """Settle what was left of an operation; end one whose time is over. Raises Unavailable.

        is_flying: whether positions of its aircraft come; then it does not end, whatever the time is.
        A new one of which nobody said that it was planned is ended: its user was told that it failed, or
        nothing. A change that was made unheard is written again, so that the DSS says once more whom to tell;
        of one that was not made, what is there is written again: with another OVN there it cannot come late.
        """
        async with self._turns.turn(entity_id):
            held = self.operated.operations.get(entity_id)
            if held is None or self._may_come(entity_id):
                return
            before, was_unheard = held.reference, entity_id in self._unheard_us
            held = await self.settled(entity_id)
            if held is not None and before is not None and (was_unheard or held.reference != before):
                with contextlib.suppress(Unavailable):
                    await self._changed(held, _as_is(held))
        now_us = us_of(self.now())
        if held is None or held.extent is None:
            return
        if before is None or (envelopes.is_past(held.extent, now_us) and not is_flying):
            await self.close(entity_id)


async def _within(time_s: float, several: Sequence[Coroutine[object, object, V]]) -> list[V | None]:
    """What comes of several things that are asked at once; None of what takes longer than `time_s`."""
    tasks = [asyncio.ensure_future(each) for each in several]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=time_s)
        for each in late:
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    return [None if each.cancelled() else each.result() for each in tasks]


def _asked(held: Operation | None, state: IntentState, plan: Plan) -> tuple[Details, Envelope]:
    """What a plan asks of the sky: off nominal, its area is where the flight may be beside what was meant.

    ValueError when that is too much for one intent.
    """
    extent = present(plan.extent, "what is planned is somewhere")
    if state not in OFF_NOMINAL:
        return Details(volumes=plan.area, priority=plan.priority), extent
    meant = (
        ()
        if held is None or held.details is None or state is IntentState.CONTINGENT
        else held.details.volumes
    )
    if meant and held is not None and held.extent is not None:
        extent = envelopes.union((held.extent, extent))
    return Details(volumes=meant, off_nominal=plan.area, priority=plan.priority), extent


def command_of(request_id: str, about: str) -> str:
    """The id of the first command of a request, the same in each process and whenever it is asked."""
    return sha256(f"{about}\n{request_id}".encode()).hexdigest()[:COMMAND_DIGITS]


def _as_is(held: Operation) -> Wish:
    """The wish that leaves an operation as it is."""
    state, details = present(held.state, "settled"), present(held.details, "settled")
    extent = present(held.extent, "settled")
    return Wish(held.entity_id, state, details, extent, held.observed, held.request_id)


def told_next(told: tuple[Told, ...]) -> tuple[Told, ...]:
    """Whom to tell, where the DSS cannot say it again: the same as last, for the next time."""
    return tuple(
        msgspec.structs.replace(
            each,
            subscriptions=tuple(
                msgspec.structs.replace(one, notification_index=one.notification_index + 1)
                for one in each.subscriptions
            ),
        )
        for each in told
    )
