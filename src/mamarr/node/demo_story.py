"""The demo's stories: steps, each told when somebody is there to see it, and again when asked for.

A step begins when the page has shown the one before for a while; with no page, by a timer. What was told with
no page is told from the beginning to the first that opens. The clock and the acts are given, so that the
story is tested without either.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from mamarr.faults import Unavailable
from mamarr.interop.demo_messages import (
    DemoMessage,
    DemoProgress,
    DemoStepKey,
    DemoStepMessage,
    DemoStepState,
    DroneStepMessage,
)

OPENED_S = 60.0  # chosen: who has not opened the page by then reads the terminal
SHOWN_S = 12.0  # chosen: a page that has not said so by then does not show the step
DWELL_S = 2.0  # chosen: so long a step stays; with the recording's 13 s, all of them fit into 60
PASSING = (DemoProgress.REQUESTED, DemoProgress.SENT, DemoProgress.RECEIVED)  # of these more is to come
REPLAYS_MAX = 20  # chosen: more than anybody asks for while one is told

logger = logging.getLogger("mamarr")

Step = TypeVar("Step", DemoStepMessage, DroneStepMessage)
ActOf = Callable[[Step], AsyncIterator[Step]]
Act = ActOf[DemoStepMessage]


class Telling(Generic[Step]):
    """The steps of a story and how far they are.

    acts: what a step does, by its key; it answers the step with what came of it, as often as more did.
    steps: in their order, untold. is_passing: whether more is to come of a step than came so far.
    """

    def __init__(
        self,
        acts: Mapping[Any, ActOf[Step]],
        steps: Sequence[Step],
        *,
        is_passing: Callable[[Step], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._acts: Mapping[Any, ActOf[Step]] = acts
        self._is_passing: Callable[[Step], bool] = is_passing
        self._now = now
        self._untold: dict[int, Step] = {step.number: step for step in steps}
        self._steps: dict[int, Step] = dict(self._untold)
        self._current: int | None = None
        self._opened = asyncio.Event()
        self._changed = asyncio.Event()
        self._asked: deque[int] = deque()
        self._going = asyncio.Event()
        self._going.set()

    @property
    def current(self) -> int | None:
        """The number of the step that is being told; None before the first."""
        return self._current

    @property
    def steps(self) -> list[Step]:
        """All of them."""
        return list(self._steps.values())

    @property
    def is_paused(self) -> bool:
        """Whether no step begins by itself."""
        return not self._going.is_set()

    def opened(self) -> None:
        """A page asks for it: somebody is there. What nobody was there for begins anew."""
        if not self._opened.is_set() and self._current is not None:
            self._current = None
            self._steps = dict(self._untold)
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
        self._current = number
        begun = msgspec.structs.replace(
            self._untold[number], state=DemoStepState.RUNNING, began_at=self._now()
        )
        self._steps[number] = begun
        told, state = begun, DemoStepState.DONE
        try:
            async for told in self._acts[begun.key](begun):
                self._came(told, DemoStepState.RUNNING)
                if self._is_passing(told):
                    await self._shown(number)
        except Unavailable as silent:
            logger.error("step %d of the demo: %s", number, str(silent).replace("\n", " "))
            told, state = begun, DemoStepState.FAILED
        self._came(told, state)

    def _came(self, told: Step, state: DemoStepState) -> None:
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


class DemoStory(Telling[DemoStepMessage]):
    """The story of two nodes. flights: which flight a step is about, for a page to look at meanwhile."""

    def __init__(
        self, acts: dict[DemoStepKey, Act], *, flights: dict[DemoStepKey, str], now: Callable[[], datetime]
    ) -> None:
        untold = [
            DemoStepMessage(number=number, key=key, state=DemoStepState.WAITING, flight_id=flights.get(key))
            for number, key in enumerate(DemoStepKey, start=1)
        ]
        super().__init__(acts, untold, is_passing=lambda step: step.progress in PASSING, now=now)

    def message(self) -> DemoMessage:
        """How far the story is."""
        return DemoMessage(current=self.current, steps=self.steps, is_paused=self.is_paused)


async def _until(event: asyncio.Event, patience_s: float) -> None:
    """Wait for `event`, but not for longer: that it did not come is no error here."""
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait([waiting], timeout=patience_s)
    waiting.cancel()
