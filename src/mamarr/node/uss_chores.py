"""What our USS does by itself: it tells others what is due, settles what is left, says what it sees."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any

from mamarr.discovery.envelopes import is_past, us_of
from mamarr.faults import Unavailable
from mamarr.node.pool import Pool
from mamarr.node.pool_forwarding import HandedOver
from mamarr.node.runtime import Runtime
from mamarr.node.uss_closing import Closing
from mamarr.node.uss_conformance import Conformance
from mamarr.node.uss_desk import UssDesk
from mamarr.operations import About, Closure, Delivery, Operation
from mamarr.operations.conformance import Move
from mamarr.operations.deliveries import FinishDelivery

EVERY_S = 5.0  # chosen: how long what was left undone waits, and what is over
FIRST_AGAIN_S = 0.5  # then twice that, and so on: F3548-21 wants a notification within 5 s (SCD0085)
ATTEMPTS_MAX = 7  # chosen: half a minute and more; then the other USS must read what it wants to know
LOOKED_EVERY_S = 1.0  # chosen: F3548-21 wants it said within 5 s that a flight is not as meant
AT_ONCE_MAX = 64  # chosen: notifications under way, and changes of flights likewise

logger = logging.getLogger("mamarr")


class Chores:
    """A part of the node beside the engine (`serving.Part`).

    pool: the other processes, where several are this USS: the one that has the pen does the chores.
    """

    def __init__(
        self, desk: UssDesk, closing: Closing, conformance: Conformance, pool: Pool | None = None
    ) -> None:
        self._desk, self._closing, self._conformance, self._pool = desk, closing, conformance, pool
        self._runtime: Runtime | None = None
        self._wake = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._turns, self._moves = asyncio.Semaphore(AT_ONCE_MAX), asyncio.Semaphore(AT_ONCE_MAX)
        self._moving: set[asyncio.Task[None]] = set()
        self._work: list[asyncio.Task[None]] = []

    async def start(self, runtime: Runtime) -> None:
        """Begin."""
        self._runtime = runtime
        self._desk.wake = self._wake.set
        if self._pool is None:
            self._begin()
        else:
            self._pool.pen_moved = self._pen_moved
            self._pen_moved(self._pool.is_writer)

    def _begin(self) -> None:
        self._work = [self._begun(self._deliver()), self._begun(self._tidy()), self._begun(self._look())]

    def _pen_moved(self, is_writer: bool) -> None:
        """Another process had the chores and has them no more, or has them from now on."""
        self._let_go()
        if is_writer:
            self._desk.take_over()
            self._conformance.take_over()
            self._begin()

    def _let_go(self) -> list[asyncio.Task[None]]:
        tasks = [*self._work, *self._under_way.values(), *self._moving]
        for each in tasks:
            each.cancel()
        self._under_way.clear()
        return tasks

    def _begun(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that ends the node, its record whole, when it contradicts itself."""
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None or isinstance(error, HandedOver):  # the pool sees it too
            return
        if self._runtime is not None:
            self._runtime.fail(error)

    async def stop(self) -> None:
        """End; what is due is told when the node runs again."""
        if self._pool is not None:
            self._pool.pen_moved = lambda _: None
        await asyncio.gather(*self._let_go(), return_exceptions=True)

    async def _deliver(self) -> None:
        while True:
            for key, delivery in list(self._desk.operated.deliveries.durable_items()):
                if key not in self._under_way and not self._desk.is_read_only():
                    self._under_way[key] = self._begun(self._told(delivery))
            self._wake.clear()
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _told(self, delivery: Delivery) -> None:
        """Tell one USS, again and again until it takes that or it is given up."""
        try:
            is_taken, wait_s = False, FIRST_AGAIN_S
            for attempt in range(ATTEMPTS_MAX):
                if attempt:
                    await asyncio.sleep(wait_s)
                    wait_s *= 2
                try:
                    async with self._turns:
                        if delivery.about is About.CLOSURE:
                            is_taken = await self._closing.tell(delivery)
                        else:
                            operation = self._desk.operation(delivery.entity_id)
                            is_taken = await self._desk.peers.tell(delivery, operation)
                except Unavailable as silent:
                    logger.info("a notification was not taken: %s", silent)
                if is_taken:
                    break
            await self._desk.submit(FinishDelivery(delivery_id=delivery.delivery_id, is_taken=is_taken))
        except Unavailable as silent:
            logger.error("what became of a notification could not be recorded: %s", silent)
        finally:
            if self._under_way.get(delivery.delivery_id) is asyncio.current_task():
                del self._under_way[delivery.delivery_id]

    async def _look(self) -> None:
        """Say of each flight what is seen of it."""
        while True:
            if not self._desk.is_read_only():
                now_us = us_of(self._desk.now())
                for entity_id, move in self._conformance.due(now_us):
                    task = self._begun(self._moved(entity_id, move, now_us))
                    self._moving.add(task)
                    task.add_done_callback(self._moving.discard)
            await asyncio.sleep(LOOKED_EVERY_S)

    async def _moved(self, entity_id: str, move: Move, now_us: int) -> None:
        async with self._moves:
            try:
                await self._conformance.done(entity_id, move, now_us)
            except Unavailable as silent:
                logger.warning("what is seen of a flight could not be said: %s", silent)

    async def _tidy(self) -> None:
        operated = self._desk.operated
        while True:
            for key, each in list(operated.operations.durable_items()):
                if self._is_left(each):
                    is_flying = self._conformance.is_flying(key, us_of(self._desk.now()))
                    await self._done(self._desk.tidied(key, is_flying=is_flying))
            for key, held in list(operated.closures.durable_items()):
                if self._is_left(held):
                    await self._done(self._closing.tidied(key))
            await asyncio.sleep(EVERY_S)

    def _is_left(self, each: Operation | Closure) -> bool:
        """Whether something was asked of the DSS and not confirmed, or its time is over."""
        if self._desk.is_read_only():
            return False
        return each.change is not None or (
            each.extent is not None and is_past(each.extent, us_of(self._desk.now()))
        )

    async def _done(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Unavailable as silent:
            logger.warning("what was asked of the DSS is not settled yet: %s", silent)
