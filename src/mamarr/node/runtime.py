"""Drives the engine with a real clock and a real disk: the event loop decides, a second thread appends."""

import asyncio
import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from mamarr.engine import Answer, Batch, Decider, Order, Picture, Ticket, picture, replay
from mamarr.faults import Reason, Refusal, Unavailable, present
from mamarr.names import Mode
from mamarr.record import Log, Signer, Store
from mamarr.record.entries import SALT_BYTES
from mamarr.record.tree import leaf_hash

logger = logging.getLogger("mamarr")


def utc_now() -> datetime:
    """The system's clock, UTC."""
    return datetime.now(UTC)


def fresh_salt() -> bytes:
    """SALT_BYTES from the operating system."""
    return secrets.token_bytes(SALT_BYTES)


class Runtime:
    """One node's engine at work. Use `start` on the event loop that serves, `stop` on the same one.

    store: where the log lies. signer: named after the log's origin. authority: what people call the party
    whose node this is.
    """

    def __init__(self, store: Store, signer: Signer, *, node_id: str, authority: str, mode: Mode) -> None:
        self.node_id, self.authority, self.mode = node_id, authority, mode
        self.log = Log(store, signer, node=node_id, mode=mode, salts=fresh_salt)
        projection, frontier, last_time_ms = replay(store.rows())
        self.log.resume(frontier)
        self.decider = Decider(projection, find=store.find, salts=fresh_salt, last_time_ms=last_time_ms)
        self._futures: dict[Ticket, asyncio.Future[Answer]] = {}
        self._appender = ThreadPoolExecutor(1, "mamarr-append")
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to decide."""
        self._pump = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Answer what waits, then stop."""
        while self._futures and self._pump is not None and not self._pump.done():
            await asyncio.sleep(0.01)
        if self._pump is not None:
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
        return self._pump is None or self._pump.done()

    def picture(self, party: str) -> Picture:
        """What `party` may see now."""
        return picture(self.decider.projection, party=party, now=self.now())

    async def submit(self, order: Order) -> Answer:
        """The durable answer to `order`."""
        if self.is_read_only():
            return Answer(Refusal(reason=Reason.READ_ONLY))
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
                    self._answer(await self._append(batch))
                if self.decider.is_waiting():
                    self._wake.set()
        finally:
            # Whatever ended this loop, nobody may wait for ever: what is not durable was not decided.
            unavailable = Answer(Refusal(reason=Reason.UNAVAILABLE))
            self._answer([(ticket, unavailable) for ticket in list(self._futures)])

    async def _append(self, batch: Batch) -> list[tuple[Ticket, Answer]]:
        loop = asyncio.get_running_loop()
        try:
            entries = await loop.run_in_executor(self._appender, self.log.append, batch.drafts)
        except Unavailable as silent:
            logger.error("nothing was recorded: %s", str(silent).replace("\n", " "))
            return self.decider.failed()
        return self.decider.committed(batch, [leaf_hash(entry.leaf()) for entry in entries])

    def _answer(self, answers: list[tuple[Ticket, Answer]]) -> None:
        for ticket, answer in answers:
            future = self._futures.pop(ticket, None)
            if future is not None and not future.done():
                future.set_result(answer)
