"""Several processes of one owner that are one DSS or one USS, over one database of PostgreSQL.

One of them writes: it has the pen (`PostgresStore`). The others follow the log and hand requests that write
to it. Each answers queries, when it knows all that was durable at the time it was asked. When the one that
writes ends, or is silent for SILENCE_S, the next one takes the pen.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Coroutine
from functools import partial
from http import HTTPStatus

from mamarr.engine.keeper import Answers, Work
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.names import Mode
from mamarr.node.pool_forwarding import ID_DIGITS, Forwarding, HandedOver, OnceNode, PoolSecret
from mamarr.node.pool_store import PoolStore, PoolWitness
from mamarr.node.runtime import Runtime
from mamarr.node.wiring import refuse_foreign
from mamarr.record import Row, Signer, StaleHead
from mamarr.record.postgres_store import Pen
from mamarr.web.access.key_sets import Reply
from mamarr.web.dss_app import POOL_HEADER
from mamarr.web.dss_calls import Answered, Asked, Here, OutcomeUnknown
from mamarr.web.uss_calls import UssHere

TICK_S = 0.2  # chosen: how often each looks whether the pen is free
BEAT_S = 0.4  # chosen: how often the one that writes says that it is there
SILENCE_S = 1.2  # chosen: three beats lost; with a tick and the taking it is under 2 s
POLL_S = 1.0  # chosen: how old a follower gets that misses every notification
LAG_S = 0.05  # chosen: so that a busy log is read twenty times a second, not a hundred
PATIENCE_S = 5.0  # chosen: InterUSS's clients read for 6.1 s
ACTING_S = 30.0  # chosen: to plan a flight, a DSS and other USSs are asked, each for some seconds
AGAIN_S = 0.05  # chosen: between two tries of one request
WAITING_MAX = 1_024  # chosen: requests that wait to be written, as many as connections; some 10 MB

SET_BACK = (
    "{} has {} entries, {} were acknowledged: it was set back, or another server took its place that lacks "
    "some"
)

logger = logging.getLogger("mamarr")


class SetBack(Unavailable):
    """The database has fewer entries than were acknowledged: end; what starts next is read-only."""


class PooledRuntime(Runtime):
    """A runtime that decides while it has the pen, and else takes in what another process wrote."""

    def __init__(
        self,
        store: PoolStore,
        signer: Signer,
        *,
        party: str,
        authority: str,
        mode: Mode,
        witness: PoolWitness,
    ) -> None:
        super().__init__(
            store,
            signer,
            node_id=signer.verifier.name.partition("/")[0],
            party=party,
            authority=authority,
            mode=mode,
            witness=witness,
            others_write=True,
        )
        self._store = store
        self.durable_size = self.log.size  # of what can be read here
        self.grown = asyncio.Event()  # set whenever it grows

    def start(self) -> None:
        """Follow, until it is begun."""
        self._turn()

    @property
    def is_deciding(self) -> bool:
        """Whether it decides, or has yet to learn what came of the last it decided."""
        return self.keeper.is_open or self.keeper.is_writing

    def is_read_only(self) -> bool:
        """Whether writes are refused by whichever process writes."""
        return self.decider.projection.is_read_only

    def begin(self) -> None:
        """Decide from now on: this process has the pen and knows the whole log.

        Raises Unavailable, InDoubt.
        """
        self.keeper.begin(self.now())
        self._has_grown()

    def follow(self, rows: list[Row]) -> None:
        """Take in what another process wrote. ValueError when it is damaged."""
        self.keeper.follow(rows)
        self._store.show(rows)
        self._has_grown()

    def hand_over(self) -> None:
        """Decide nothing more; whoever waits is told that nothing was written."""
        self._answer(self.keeper.hand_over())
        self._has_grown()

    async def _written(self, work: Work) -> Answers:
        try:
            return await super()._written(work)
        except StaleHead as stale:
            answers = self.keeper.failed(Unavailable(str(stale)))
            return [*answers, *self.keeper.hand_over()]
        finally:
            self._has_grown()

    def _has_grown(self) -> None:
        self.durable_size = self.log.size
        self.grown.set()
        self.grown.clear()


class Pool:
    """This process among those that are one DSS or USS: a part of the node, and what the web asks.

    origin: where the others reach this process. Use on the event loop that serves.
    """

    def __init__(
        self, runtime: PooledRuntime, store: PoolStore, signer: Signer, *, origin: str, witness: PoolWitness
    ) -> None:
        self._runtime, self._store, self._signer, self._witness = runtime, store, signer, witness
        self._origin, self._instance = origin, secrets.token_hex(8)
        self._secret = PoolSecret(signer)
        self._forwarding = Forwarding(self._secret)
        self._asking: list[asyncio.Future[None]] = []
        self._ask = asyncio.Event()
        self._pen: Pen | None = None  # of another process, as last seen
        self._moved = asyncio.Event()  # set whenever it is another's
        self._heard, self._silent_s, self._is_lagging = False, 0.0, False
        self._sized_s, self._witnessed_size = 0.0, 0
        self._ticks, self._waiting_count = 0, 0
        self._tasks: list[asyncio.Task[None]] = []
        self._is_silent = False  # whether the database was, when it was last asked
        self.is_writer = False
        self.pen_moved: Callable[[bool], None] = lambda _: None  # called with whether this process has it

    # --- a part of the node ---------------------------------------------------------------------------------

    async def start(self, runtime: Runtime) -> None:
        """Follow, and take the pen if nobody has it. Raises Unavailable."""
        del runtime
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(
            self._store.listen,
            partial(loop.call_soon_threadsafe, self._grow),
            lambda term: loop.call_soon_threadsafe(self._hear, term),
        )
        # What was read to begin with may have been seen before it was on every standby: now it is.
        await self._store.newer(max(0, self._runtime.durable_size - 1))
        self._tasks.append(self._kept(self._reading()))
        await self._turn()
        self._tasks.append(self._kept(self._taking()))

    async def stop(self) -> None:
        """Look after the pen no more; it is let go when the store is closed, after the last is written."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._store.listen, lambda: None, lambda _: None)
        self._forwarding.close()

    def _kept(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do `work` from now on; when it fails, the node ends with that error."""

        def ended(task: asyncio.Task[None]) -> None:
            wrong = None if task.cancelled() else task.exception()
            if wrong is not None:
                self._runtime.fail(wrong)

        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(ended)
        return task

    def said(self) -> str:
        """What this process does, for a person."""
        if self.is_writer:
            return "this one writes"
        return "another one writes" + ("" if self._pen is None else f", at {self._pen.address}")

    # --- what is known here ---------------------------------------------------------------------------------

    async def current(self) -> None:
        """Return when all that any of them acknowledged before this call is known here. Raises Unavailable.

        Those who ask while the database is being asked wait for the next time: it was asked before they were.
        """
        asked = asyncio.get_running_loop().create_future()
        self._asking.append(asked)
        self._ask.set()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await asked
        except TimeoutError as late:
            raise Unavailable(
                f"{self._store.place}: what was written last could not be read in time"
            ) from late

    def _grow(self) -> None:
        """There is more to read: soon, and with what comes till then, unless somebody asks before."""
        if not self._runtime.is_deciding and not self._is_lagging:
            self._is_lagging = True
            asyncio.get_running_loop().call_later(LAG_S, self._ask.set)

    async def _reading(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._ask.wait()
            self._ask.clear()
            self._is_lagging = False
            asking, self._asking = self._asking, []
            try:
                await self._read()
            except SetBack:
                raise
            except Unavailable as silent:
                self._say_silent(str(silent))
                for each in asking:
                    if not each.done():
                        each.set_exception(Unavailable(str(silent)))
            else:
                self._say_silent("")
                for each in asking:
                    if not each.done():
                        each.set_result(None)

    async def _read(self) -> None:
        """Take in all that is durable now."""
        runtime, now_s = self._runtime, asyncio.get_running_loop().time()
        if runtime.is_deciding or now_s - self._sized_s > POLL_S:
            known = runtime.durable_size  # it may grow while the answer is under way
            size, self._sized_s = await self._store.size_now(), now_s
            if size < known:
                raise SetBack(SET_BACK.format(self._store.place, size, known))
            while runtime.is_deciding and runtime.durable_size < size:
                await runtime.grown.wait()
            if runtime.durable_size >= size:
                await self._bear_witness()
                return
        while not runtime.is_deciding:
            rows = await self._store.newer(runtime.durable_size)
            if not rows:
                return
            if not runtime.is_deciding:
                self._follow(rows)
        await self._read()

    def _follow(self, rows: list[Row]) -> None:
        is_first = self._runtime.durable_size == 0
        self._runtime.follow(rows)
        if is_first:
            refuse_foreign(self._store, self._signer.verifier, self._store.place)

    async def _bear_witness(self) -> None:
        """Witness what a follower knows to be durable; the one that writes does it with each append."""
        size = self._runtime.durable_size
        if self._runtime.is_deciding or size == self._witnessed_size:
            return
        head = await asyncio.to_thread(lambda: next(self._store.heads(size - 1), None))
        if head is not None and head.size == size:
            await asyncio.to_thread(self._witness.write, head)
            self._witnessed_size = size

    def _say_silent(self, why: str) -> None:
        """Tell those who run the node once that the database is silent, and once that it is not any more."""
        if why and not self._is_silent:
            logger.error("%s", why)
        if not why and self._is_silent:
            logger.error("%s answers again", self._store.place)
        self._is_silent = bool(why)

    # --- the pen --------------------------------------------------------------------------------------------

    async def _taking(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            try:
                await self._turn()
            except Unavailable as silent:
                self._say_silent(str(silent))
                self._silent_s = 0.0  # nobody is silent whom we could not hear

    async def _turn(self) -> None:
        """Beat while this process writes; else take the pen if it is free, or from who is silent."""
        if self.is_writer:
            if not self._store.has_pen or not self._runtime.keeper.is_open:
                self.is_writer = False
                self._runtime.hand_over()
                self.pen_moved(False)
                logger.error("this process does not write any more: its session was ended, or another wrote")
            elif self._is_beat_due():
                await self._store.beat()
            return
        if self._runtime.is_deciding:
            return  # what it wrote last is being looked up
        await self.current()
        if await self._store.take_pen(self._instance, self._origin):
            await self.current()  # what the one before wrote last; nobody else writes now
            await self._begin()
        else:
            await self._look(await self._store.pen())

    async def _begin(self) -> None:
        runtime, size = self._runtime, self._runtime.durable_size
        head = await asyncio.to_thread(lambda: next(self._store.heads(max(0, size - 1)), None))
        if head is not None and self._signer.verifier.open(head.note).root != runtime.log.frontier().root():
            raise ValueError(f"{self._store.place}: the entries are not those that the newest head is for")
        runtime.begin()
        self.is_writer, self._pen = True, None
        self._move()
        self.pen_moved(True)
        await self._store.beat()

    def _is_beat_due(self) -> bool:
        self._ticks += 1
        return self._ticks % round(BEAT_S / TICK_S) == 0

    def _hear(self, term: int) -> None:
        self._heard |= self._pen is not None and self._pen.term == term

    async def _look(self, pen: Pen | None) -> None:
        """See who writes; end its session when it was not heard for SILENCE_S."""
        is_same = pen is not None and self._pen is not None and pen.term == self._pen.term
        self._pen = pen
        if not is_same:
            self._move()
        # Counted by turns: a process that was itself paused must not take its own pause for silence.
        self._silent_s = self._silent_s + TICK_S if is_same and not self._heard else 0.0
        self._heard = False
        if pen is not None and self._silent_s >= SILENCE_S:
            logger.error(
                "the process at %s writes and was not heard for %s s: it is deposed", pen.address, SILENCE_S
            )
            self._silent_s = 0.0
            await self._store.depose(pen)
            await asyncio.sleep(AGAIN_S)  # a server takes some milliseconds to end a session
            await self._turn()

    # --- requests that write --------------------------------------------------------------------------------

    async def write(self, asked: Asked, here: Here) -> Answered:
        """The answer of the one that writes: here, or handed on once; tried again while there is none.

        Raises OutcomeUnknown.
        """
        return await self._answered(
            asked,
            lambda request_id: here(OnceNode(self._runtime, self._secret, request_id)),
            PATIENCE_S,
        )

    async def act(self, asked: Asked, here: UssHere) -> Answered:
        """As `write`, of a USS: others are asked on the way, so it may take longer, and end half done.

        What is tried again has the same id, and whoever answers must bear that.
        """
        return await self._answered(asked, here, ACTING_S)

    async def prove(self) -> None:
        """Raise HandedOver unless this process has the pen now, by the word of the database."""
        if not await self._store.keeps_pen():
            raise HandedOver

    async def grown(self) -> None:
        """Return when more is known here than now."""
        await self._runtime.grown.wait()

    async def _answered(self, asked: Asked, here: UssHere, patience_s: float) -> Answered:
        if self._waiting_count >= WAITING_MAX:
            return Refusal(reason=Reason.BUSY)
        forwarded = self._secret.opened(asked.headers.pop(POOL_HEADER, None))
        request_id = forwarded or secrets.token_hex(ID_DIGITS // 2)
        self._waiting_count += 1
        try:
            async with asyncio.timeout(patience_s):
                return await self._tried(asked, here, request_id, is_forwarded=forwarded is not None)
        except TimeoutError as late:
            raise OutcomeUnknown from late
        finally:
            self._waiting_count -= 1

    async def _tried(self, asked: Asked, here: UssHere, request_id: str, *, is_forwarded: bool) -> Answered:
        while True:
            if self.is_writer:
                with contextlib.suppress(HandedOver):
                    return await here(request_id)
            elif is_forwarded:
                return Reply(status=HTTPStatus.MISDIRECTED_REQUEST, body=b"")
            elif self._pen is not None and self._pen.is_held:
                with contextlib.suppress(Unavailable):
                    reply = await self._handed_on(self._pen.address, asked, request_id)
                    if reply is not None and reply.status != HTTPStatus.MISDIRECTED_REQUEST:
                        return reply
            await asyncio.sleep(AGAIN_S)

    async def _handed_on(self, address: str, asked: Asked, request_id: str) -> Reply | None:
        """The answer of the process at `address`; None when the pen moved before it came."""
        loop = asyncio.get_running_loop()
        sending = loop.create_task(self._forwarding.sent(address, asked, request_id))
        moving = loop.create_task(self._moved.wait())
        try:
            await asyncio.wait((sending, moving), return_when=asyncio.FIRST_COMPLETED)
            return sending.result() if sending.done() else None
        finally:
            sending.cancel()
            moving.cancel()

    def _move(self) -> None:
        self._moved.set()
        self._moved.clear()
