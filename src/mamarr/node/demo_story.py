"""The demo's story: seven steps, each told when somebody is there to see it, and again when asked for.

A step begins when the page has shown the one before for a while; with no page, by a timer. What was told with
no page is told from the beginning to the first that opens. The clock and the acts are given, so that the
story is tested without either.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import msgspec

from mamarr.faults import Unavailable
from mamarr.interop.demo_messages import (
    DemoMessage,
    DemoProgress,
    DemoStepKey,
    DemoStepMessage,
    DemoStepState,
)

OPENED_S = 60.0  # chosen: who has not opened the page by then reads the terminal
SHOWN_S = 12.0  # chosen: a page that has not said so by then does not show the step
DWELL_S = 2.0  # chosen: so long a step stays; with the recording's 13 s, all of them fit into 60
PASSING = (DemoProgress.REQUESTED, DemoProgress.SENT, DemoProgress.RECEIVED)  # of these more is to come
REPLAYS_MAX = 20  # chosen: more than anybody asks for while one is told

logger = logging.getLogger("mamarr")

Act = Callable[[DemoStepMessage], AsyncIterator[DemoStepMessage]]


class DemoStory:
    """The steps and how far they are.

    acts: what a step does; it answers the step with what came of it, as often as more did. flights: which
    flight a step is about, for a page to look at while it is told.
    """

    def __init__(
        self, acts: dict[DemoStepKey, Act], *, flights: dict[DemoStepKey, str], now: Callable[[], datetime]
    ) -> None:
        self._acts, self._now = acts, now
        self._steps = {
            number: _untold(number, key, flights.get(key)) for number, key in enumerate(DemoStepKey, start=1)
        }
        self._current: int | None = None
        self._opened = asyncio.Event()
        self._changed = asyncio.Event()
        self._asked: deque[int] = deque()
        self._going = asyncio.Event()
        self._going.set()

    def message(self) -> DemoMessage:
        """How far the story is."""
        return DemoMessage(
            current=self._current, steps=list(self._steps.values()), is_paused=not self._going.is_set()
        )

    def opened(self) -> None:
        """A page asks for it: somebody is there. What nobody was there for begins anew."""
        if not self._opened.is_set() and self._current is not None:
            self._current = None
            self._steps = {n: _untold(n, step.key, step.flight_id) for n, step in self._steps.items()}
            self._changed.set()
        self._opened.set()

    def shown(self, number: int) -> bool:
        """A page shows step `number`; False when there is no such step."""
        step = self._steps.get(number)
        if step is not None and step.state is not DemoStepState.WAITING:
            self._steps[number] = msgspec.structs.replace(step, is_shown=True)
            self._changed.set()
        return step is not None

    def replay(self, number: int) -> bool:
        """Tell step `number` once more; False when there is no such step."""
        if number not in self._steps:
            return False
        if number not in self._asked and len(self._asked) < REPLAYS_MAX:
            self._asked.append(number)
            self._changed.set()
        return True

    def pause(self) -> None:
        """Begin no step by itself."""
        self._going.clear()

    def go_on(self) -> None:
        """Begin steps by itself again."""
        self._going.set()
        self._changed.set()

    async def run(self) -> None:
        """Tell it all, then what is asked for, for ever."""
        await _until(self._opened, OPENED_S)
        while True:
            await self._replays()
            number = next((n for n, step in self._steps.items() if step.state is DemoStepState.WAITING), None)
            if number is None or not self._going.is_set():
                await self._until_changed()
            else:
                await self._tell(number)
                await self._seen(number)

    async def _until_changed(self) -> None:
        if not self._asked:
            self._changed.clear()
            await self._changed.wait()

    async def _replays(self) -> None:
        while self._asked:
            await self._tell(self._asked.popleft())

    async def _tell(self, number: int) -> None:
        before, self._current = self._steps[number], number
        key = before.key
        self._steps[number] = begun = DemoStepMessage(
            number=number,
            key=key,
            state=DemoStepState.RUNNING,
            began_at=self._now(),
            flight_id=before.flight_id,
        )
        told, state = begun, DemoStepState.DONE
        try:
            async for told in self._acts[key](begun):
                self._came(told, DemoStepState.RUNNING)
                if told.progress in PASSING:
                    await self._shown(number)
        except Unavailable as silent:
            logger.error("step %d of the demo: %s", number, str(silent).replace("\n", " "))
            told, state = begun, DemoStepState.FAILED
        self._came(told, state)

    def _came(self, told: DemoStepMessage, state: DemoStepState) -> None:
        before = self._steps[told.number]
        if before.state is not DemoStepState.RUNNING:
            return  # a page has opened: it is told anew
        after = msgspec.structs.replace(told, state=state, is_shown=before.is_shown)
        is_news = msgspec.structs.replace(after, state=before.state) != before
        self._steps[told.number] = msgspec.structs.replace(after, is_shown=before.is_shown and not is_news)

    async def _seen(self, number: int) -> None:
        """Wait until the page has shown the step for a while, or nobody does; or, with none, one opens."""
        if self._steps[number].state is DemoStepState.WAITING:
            return  # a page has opened meanwhile
        if not self._opened.is_set():
            await _until(self._opened, SHOWN_S + DWELL_S)
            return
        await self._shown(number)
        await asyncio.sleep(DWELL_S)

    async def _shown(self, number: int) -> None:
        """Wait until the page has shown what came of the step so far, or does not; without one not at all."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + SHOWN_S
        while self._is_unseen(number) and (left_s := until_s - loop.time()) > 0:
            self._changed.clear()
            await _until(self._changed, left_s)

    def _is_unseen(self, number: int) -> bool:
        step = self._steps[number]
        return self._opened.is_set() and step.state is not DemoStepState.WAITING and not step.is_shown


def _untold(number: int, key: DemoStepKey, flight_id: str | None) -> DemoStepMessage:
    return DemoStepMessage(number=number, key=key, state=DemoStepState.WAITING, flight_id=flight_id)


async def _until(event: asyncio.Event, patience_s: float) -> None:
    """Wait for `event`, but not for longer: that it did not come is no error here."""
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait([waiting], timeout=patience_s)
    waiting.cancel()
