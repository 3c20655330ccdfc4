"""Drives the engine with a real clock and a real disk: the event loop decides, a second thread appends."""

import asyncio
import logging
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from mamarr.airspace import Terms
from mamarr.coordination.disclosure import Disclosure
from mamarr.engine import (
    Answer,
    Batch,
    Decider,
    Order,
    Picture,
    Ticket,
    picture,
    resume,
    snapshots,
    tidying,
)
from mamarr.engine.declared import Declared, declared, disclosures, terms_in_force
from mamarr.faults import Reason, Refusal, Unavailable, present
from mamarr.geometry.units import epoch_ms
from mamarr.names import Mode
from mamarr.node import collecting
from mamarr.node.witness_file import WitnessFile
from mamarr.record import Draft, Log, Row, Signer, Store
from mamarr.record.entries import SALT_BYTES
from mamarr.surveillance import Block

TIDY_EVERY_S = 60
SALTS_AT_ONCE = 128  # chosen: some 30 entries; what is drawn and not used yet is 4 kB at most
SNAPSHOT_EVERY = 100_000  # entries: some seconds of replay at most after a crash
SNAPSHOT_AT_STOP = 1_000  # entries since the last snapshot from which an orderly stop takes one

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
    not where this node left it is served read-only until it is confirmed. Raises Unavailable.
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
    ) -> None:
        self.node_id, self.authority, self.mode = node_id, authority, mode
        self._store, self._signer, self._witness = store, signer, witness
        self.log = Log(store, signer, node=node_id, mode=mode, salts=fresh_salts().__next__)
        with collecting.still():
            found = resume(store, signer.verifier, party=party)
        self.log.resume(found.frontier)
        self.set_back = None if witness is None else witness.set_back(store)
        if self.set_back is not None:
            found.projection.hold(self.set_back)
        self._snapshot_size, self.last_time_ms = found.from_size, found.time_ms
        self.decider = Decider(
            found.projection, find=store.find_all, salts=fresh_salts().__next__, last_time_ms=found.time_ms
        )
        self.block: Block | None = None  # what the process that watches saw last; nothing watches by itself
        self._futures: dict[Ticket, asyncio.Future[Answer]] = {}
        self._appender = ThreadPoolExecutor(1, "mamarr-append")
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._tidier: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to decide. Raises Unavailable, or InDoubt, when a new log cannot be begun."""
        if self.set_back is None:
            begun_ms = epoch_ms(self.now())
            if self.log.begin(begun_ms):
                self.decider.last_time_ms = begun_ms
            self._bear_witness()
        loop = asyncio.get_running_loop()
        self._pump = loop.create_task(self._run())
        self._tidier = loop.create_task(self._tidy())

    async def stop(self) -> None:
        """Answer what waits, keep a snapshot, then stop."""
        if self._tidier is not None:
            self._tidier.cancel()
        while self._futures and self._pump is not None and not self._pump.done():
            await asyncio.sleep(0.01)
        if self._pump is not None:
            if not self._pump.done():
                await self._keep_snapshot(SNAPSHOT_AT_STOP)
            self._pump.cancel()
        self._appender.shutdown()

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
        return self._pump is None or self._pump.done() or self.decider.projection.is_read_only

    def picture(self, party: str) -> Picture:
        """What `party` may see now."""
        return picture(self.decider.projection, party=party, now=self.now(), block=self.block)

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

    async def submit(self, order: Order) -> Answer:
        """The durable answer to `order`."""
        if self._pump is None or self._pump.done():
            return Answer(Refusal(reason=Reason.UNAVAILABLE))
        ticket = self.decider.offer(order)
        if isinstance(ticket, Refusal):
            return Answer(ticket)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._futures[ticket] = future
        self._wake.set()
        return await future

    async def _run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                batch, ready = self.decider.next_batch(self.now())
                self._answer(ready)
                if batch is not None:
                    self._answer(await self._made_durable(batch))
                    await self._keep_snapshot(SNAPSHOT_EVERY)
                if self.decider.is_waiting():
                    self._wake.set()
        finally:
            # Whatever ended this loop, nobody may wait for ever: what is not durable was not decided.
            unavailable = Answer(Refusal(reason=Reason.UNAVAILABLE))
            self._answer([(ticket, unavailable) for ticket in list(self._futures)])

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            asked = tidying.orders(
                self.decider.projection, node=self.node_id, now=self.now(), command_id=self.new_command_id
            )
            await asyncio.gather(*(self.submit(order) for order in asked))

    async def _made_durable(self, batch: Batch) -> list[tuple[Ticket, Answer]]:
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.run_in_executor(self._appender, self._append, batch.drafts)
        except Unavailable as silent:
            logger.error("nothing was recorded: %s", str(silent).replace("\n", " "))
            return self.decider.failed()
        self.last_time_ms = batch.drafts[-1].time_ms
        return self.decider.committed(batch, [row.leaf for row in rows])

    def _append(self, drafts: Sequence[Draft]) -> tuple[Row, ...]:
        rows = self.log.append(drafts)
        self._bear_witness()
        return rows

    def _bear_witness(self) -> None:
        if self._witness is None or self.log.head is None:
            return
        try:
            self._witness.write(self.log.head)
        except Unavailable as silent:
            # The record is durable and stays right; a later start may ask for a confirmation without need.
            logger.error("the witness was not written: %s", str(silent).replace("\n", " "))

    async def _keep_snapshot(self, since: int) -> None:
        if self.log.size - self._snapshot_size < since:
            return
        made = snapshots.taken(
            self.decider.projection, self.log.frontier(), time_ms=self.last_time_ms, signer=self._signer
        )
        self._snapshot_size = made.size
        try:
            await asyncio.get_running_loop().run_in_executor(self._appender, self._store.keep_snapshot, made)
        except Unavailable as silent:
            logger.error("no snapshot was kept: %s", str(silent).replace("\n", " "))

    def _answer(self, answers: list[tuple[Ticket, Answer]]) -> None:
        for ticket, answer in answers:
            future = self._futures.pop(ticket, None)
            if future is not None and not future.done():
                future.set_result(answer)
