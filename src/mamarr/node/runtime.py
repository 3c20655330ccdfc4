"""Turns the keeper with a real clock and a real disk: the event loop decides, a second thread writes."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from mamarr.airspace import Terms
from mamarr.coordination.disclosure import Disclosure
from mamarr.engine import Answer, Keeper, Order, Picture, Ticket, picture
from mamarr.engine.agreed import AgreedSeen, agreed
from mamarr.engine.declared import Declared, declared, disclosures, terms_in_force
from mamarr.engine.keeper import TIDY_EVERY_S, Answers, Work
from mamarr.engine.orders import Decided, key_of
from mamarr.engine.requested import CrossingSeen, requested
from mamarr.faults import Reason, Refusal, Unavailable, present
from mamarr.geometry.units import epoch_ms
from mamarr.link.standings import Lines
from mamarr.names import Mode
from mamarr.node import collecting
from mamarr.node.witness_file import WitnessFile
from mamarr.record import Log, Signer, Store
from mamarr.record.entries import SALT_BYTES
from mamarr.surveillance import Block

SALTS_AT_ONCE = 128  # chosen: some 30 entries; what is drawn and not used yet is 4 kB at most

logger = logging.getLogger("mamarr")


def utc_now() -> datetime:
    """The system's clock, UTC."""
    return datetime.now(UTC)


def fresh_salts() -> Iterator[bytes]:
    """SALT_BYTES from the operating system at each step, which is asked once for many. For one thread."""
    while True:
        drawn = secrets.token_bytes(SALT_BYTES * SALTS_AT_ONCE)
        for first in range(0, len(drawn), SALT_BYTES):
            yield drawn[first : first + SALT_BYTES]


class Runtime:
    """One node's engine at work. Use `start` on the event loop that serves, `stop` on the same one.

    store: where the log lies. signer: named after the log's origin. party: whose node this is; authority:
    what people call it. witness: the file beside the record, None for a record in memory. A record that is
    not where this node left it is served read-only until it is confirmed. others_write: as of `Keeper`.
    Raises Unavailable.
    """

    def __init__(
        self,
        store: Store,
        signer: Signer,
        *,
        node_id: str,
        party: str,
        authority: str,
        mode: Mode,
        witness: WitnessFile | None = None,
        others_write: bool = False,
    ) -> None:
        self.node_id, self.authority, self.mode = node_id, authority, mode
        with collecting.still():
            self.keeper = Keeper(
                store,
                signer,
                node=node_id,
                party=party,
                mode=mode,
                salts=fresh_salts().__next__,
                frame_salts=fresh_salts().__next__,
                tell=logger.error,
                witness=witness,
                others_write=others_write,
            )
        self.decider, self.set_back = self.keeper.decider, self.keeper.set_back
        self.block: Block | None = None  # what the process that watches saw last; nothing watches by itself
        self.followers: list[Callable[[], None]] = []  # called whenever more is durable
        self.lines: Callable[[], Lines] = (
            Lines  # how the lines to other nodes stand; without any there are none
        )
        self._failure: BaseException | None = None
        self._futures: dict[Ticket, asyncio.Future[Answer]] = {}
        self._writer = ThreadPoolExecutor(1, "mamarr-write")
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._tidier: asyncio.Task[None] | None = None

    @property
    def log(self) -> Log:
        """The record."""
        return self.keeper.log

    def start(self) -> None:
        """Begin to decide. Raises Unavailable, or InDoubt, when a new log cannot be begun."""
        self.keeper.begin(self.now())
        self._turn()

    def _turn(self) -> None:
        """Have the keeper turned from now on."""
        loop = asyncio.get_running_loop()
        self._pump = loop.create_task(self._run())
        self._tidier = loop.create_task(self._tidy())

    async def stop(self) -> None:
        """Answer what waits, keep a snapshot, then stop."""
        if self._tidier is not None:
            self._tidier.cancel()
        if self._pump is not None:
            while self.keeper.is_busy and not self._pump.done():
                await asyncio.sleep(0.01)
            last = None if self._pump.done() else self.keeper.last_turn()
            if last is not None:
                await self._written(last)
            self._pump.cancel()
        self._writer.shutdown()

    def stopped(self) -> asyncio.Task[None]:
        """The task that decides; when it ends, the node must end."""
        return present(self._pump, "the node was started")

    def now(self) -> datetime:
        """The time, UTC."""
        return utc_now()

    def new_command_id(self) -> str:
        """A command id that nobody used."""
        return secrets.token_hex(16)

    def is_read_only(self) -> bool:
        """Whether commands are refused for now."""
        return self.keeper.is_read_only

    def recorded(self, command_id: str) -> Decided | None:
        """What was decided of the node's own party under a command id. Raises Unavailable."""
        return self.keeper.recorded(key_of(self.decider.projection.party, command_id))

    def picture(self, party: str) -> Picture:
        """What `party` may see now."""
        return picture(
            self.decider.projection,
            party=party,
            now=self.now(),
            block=self.block,
            heard_ms=self.heard_ms(),
        )

    def declared(self) -> tuple[Declared, ...]:
        """What is declared: the same for every party."""
        return declared(self.decider.projection)

    def airspace_revision(self) -> int:
        """Another number when what is declared is another."""
        return self.decider.projection.airspace_revision()

    def terms(self) -> Terms:
        """The terms in force."""
        return terms_in_force(self.decider.projection)

    def disclosures(self, party: str) -> tuple[Disclosure, ...] | Refusal:
        """What is decided on disclosure, where `party` may know it."""
        return disclosures(self.decider.projection, viewer=party)

    def disclosure_asked_with(self, pair_id: str) -> str | None:
        """The id of the key that signed the rule of disclosure that waits for approval."""
        decided = self.decider.projection.disclosures.get(pair_id)
        return None if decided is None or decided.proposed is None else decided.proposed.key_id

    def links(self, party: str) -> Lines | Refusal:
        """How the lines to other nodes stand, where `party` may know it: the node's own."""
        return self.lines() if party == self.decider.projection.party else Refusal(reason=Reason.NOT_YOURS)

    def heard_ms(self) -> dict[str, int]:
        """By node, when it was heard last over a line that carries both ways; a cut or a deaf one is none."""
        now_ms = epoch_ms(self.now())
        found = ((each.peer, each.standing) for each in self.lines().peers if each.is_connected)
        return {
            peer: now_ms - max(at.heard_for_ms, at.confirmed_for_ms)
            for peer, at in found
            if at is not None and at.heard_for_ms is not None and at.confirmed_for_ms is not None
        }

    def wake(self) -> None:
        """Something was offered to the keeper whose answer nobody waits for."""
        self._wake.set()

    def tidy(self, only: str | None = None) -> None:
        """Have what the node's own rules ask, or `only` one of them, decided now; else every TIDY_EVERY_S."""
        if self.keeper.tidy(self.now(), self.new_command_id, only):
            self._wake.set()

    def fail(self, error: BaseException) -> None:
        """A part contradicts itself: the node ends with that error, its record whole."""
        self._failure = error
        self._wake.set()

    def agreed(self, party: str) -> AgreedSeen | Refusal:
        """What is agreed with other authorities, where `party` may know it."""
        return agreed(self.decider.projection, viewer=party)

    def requested(self, party: str) -> tuple[CrossingSeen, ...] | Refusal:
        """What other authorities ask of this one, where `party` may know it."""
        return requested(self.decider.projection, viewer=party, now_ms=epoch_ms(self.now()))

    async def submit(self, order: Order) -> Answer:
        """The durable answer to `order`."""
        ticket = self.keeper.offer(order)
        if isinstance(ticket, Refusal):
            return Answer(ticket)
        (answer,) = await self.answers((ticket,))
        return answer

    async def answers(self, tickets: Iterable[Ticket]) -> list[Answer]:
        """The durable answers to what the keeper has taken in just now, in that order."""
        loop = asyncio.get_running_loop()
        waiting = {ticket: loop.create_future() for ticket in tickets}
        self._futures |= waiting
        if waiting:
            self._wake.set()
        return [await future for future in waiting.values()]

    async def _run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._failure is not None:
                    raise self._failure
                work, ready = self.keeper.turn(self.now())
                self._answer(ready)
                if work is not None:
                    self._answer(await self._written(work))
                    for follower in self.followers:
                        follower()
                if self.keeper.has_work:
                    self._wake.set()
        finally:
            self._answer(self.keeper.end())  # whatever ended this loop, nobody may wait for ever

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            self.tidy()

    async def _written(self, work: Work) -> Answers:
        try:
            rows = await asyncio.get_running_loop().run_in_executor(self._writer, self.keeper.write, work)
        except Unavailable as silent:
            return self.keeper.failed(silent)
        return self.keeper.written(rows)

    def _answer(self, answers: Answers) -> None:
        for ticket, answer in answers:
            future = self._futures.pop(ticket, None)
            if future is not None and not future.done():
                future.set_result(answer)
