"""The story waits for the page, goes on without one, begins anew for a late one, and repeats on request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import msgspec
import pytest

from mamarr.faults import Unavailable
from mamarr.interop.demo_messages import DemoProgress, DemoStepKey, DemoStepMessage, DemoStepState
from mamarr.node import demo_story
from mamarr.node.demo_story import REPLAYS_MAX, DemoStory

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEVER_S = 30.0
COUNT = len(DemoStepKey)
ALL = list(range(1, COUNT + 1))


class Told:
    """A story whose acts note what they were asked for."""

    def __init__(self, fails: DemoStepKey | None = None) -> None:
        self.notes: list[int] = []
        self.fails = fails
        self.held: dict[int, asyncio.Event] = {}  # by step: it does not end before
        acts = dict.fromkeys(DemoStepKey, self.act)
        self.story = DemoStory(acts, flights={DemoStepKey.JOINED: "F1"}, now=lambda: NOON)

    async def act(self, step: DemoStepMessage) -> AsyncIterator[DemoStepMessage]:
        self.notes.append(step.number)
        assert self.story.message().current == step.number
        if step.key is self.fails:
            raise Unavailable("no")
        if step.number in self.held:
            await self.held[step.number].wait()
        yield msgspec.structs.replace(step, receipt=f"receipt {len(self.notes)}")

    def states(self) -> list[DemoStepState]:
        return [step.state for step in self.story.message().steps]


def lived(told: Told, acting: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        telling = asyncio.create_task(told.story.run())
        async with asyncio.timeout(10):
            await acting()
        telling.cancel()

    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop running in the main thread
        thread.submit(asyncio.run, run()).result()


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.002)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes by a timer unless a test says so."""
    monkeypatch.setattr(demo_story, "OPENED_S", NEVER_S)
    monkeypatch.setattr(demo_story, "SHOWN_S", NEVER_S)
    monkeypatch.setattr(demo_story, "DWELL_S", 0.0)


def test_nothing_is_told_before_a_page_is_open_and_each_step_waits_for_it():
    told = Told()

    async def acting() -> None:
        await asyncio.sleep(0.02)
        assert told.notes == []
        told.story.opened()
        for number in range(1, COUNT + 1):
            await until(lambda: told.states()[number - 1] is DemoStepState.DONE)  # noqa: B023
            await asyncio.sleep(0.01)
            assert told.notes == list(range(1, number + 1))
            assert told.story.shown(number)
        assert [step.is_shown for step in told.story.message().steps] == [True] * COUNT

    lived(told, acting)


def test_without_a_page_it_goes_on_by_a_timer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(demo_story, "OPENED_S", 0.01)
    monkeypatch.setattr(demo_story, "SHOWN_S", 0.01)
    told = Told()

    async def acting() -> None:
        await until(lambda: told.notes == ALL)
        assert not any(step.is_shown for step in told.story.message().steps)

    lived(told, acting)


def test_what_nobody_was_there_for_is_told_from_the_beginning_to_the_first_page(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(demo_story, "OPENED_S", 0.01)
    monkeypatch.setattr(demo_story, "SHOWN_S", 0.01)
    told = Told()

    async def acting() -> None:
        await until(lambda: told.states() == [DemoStepState.DONE] * COUNT)
        monkeypatch.setattr(demo_story, "SHOWN_S", NEVER_S)
        await asyncio.sleep(0.02)
        told.story.opened()
        assert told.story.message().current is None
        assert told.states() == [DemoStepState.WAITING] * COUNT
        for number in range(1, COUNT + 1):
            await until(lambda: told.states()[number - 1] is DemoStepState.DONE)  # noqa: B023
            told.story.opened()  # as the page does with each picture
            await asyncio.sleep(0.01)
            assert told.story.message().current == number
            assert told.notes == [*ALL, *range(1, number + 1)]
            assert told.story.shown(number)
        told.story.opened()
        await asyncio.sleep(0.02)
        assert len(told.notes) == 2 * COUNT
        assert told.story.message().steps[0].receipt == f"receipt {COUNT + 1}"
        assert told.story.message().steps[0].flight_id == "F1"

    lived(told, acting)


def test_a_page_that_opens_while_a_step_is_told_to_nobody_sees_the_first_one_next(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(demo_story, "OPENED_S", 0.01)
    monkeypatch.setattr(demo_story, "SHOWN_S", 0.01)
    told = Told()

    async def acting() -> None:
        told.held[3] = asyncio.Event()
        await until(lambda: told.notes == [1, 2, 3])
        monkeypatch.setattr(demo_story, "SHOWN_S", NEVER_S)
        told.story.opened()
        await asyncio.sleep(0.01)
        assert told.notes == [1, 2, 3]  # what was begun ends first
        told.held[3].set()
        await until(lambda: told.notes == [1, 2, 3, 1])
        await asyncio.sleep(0.01)
        waiting = [DemoStepState.WAITING] * (COUNT - 1)
        assert (told.story.message().current, told.states()) == (1, [DemoStepState.DONE, *waiting])

    lived(told, acting)


def test_a_page_that_opens_between_two_steps_told_to_nobody_does_not_wait(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(demo_story, "OPENED_S", 0.01)
    told = Told()

    async def acting() -> None:
        await until(lambda: told.states()[0] is DemoStepState.DONE)
        told.story.opened()
        await until(lambda: told.notes == [1, 1])
        await asyncio.sleep(0.01)
        assert told.states()[:2] == [DemoStepState.DONE, DemoStepState.WAITING]

    lived(told, acting)


def test_a_step_is_told_again_when_asked_for_and_has_new_results():
    told = Told()

    async def acting() -> None:
        told.story.opened()
        for number in range(1, COUNT + 1):
            await until(lambda: told.states()[number - 1] is DemoStepState.DONE)  # noqa: B023
            told.story.shown(number)
        assert told.story.replay(3)
        await until(lambda: told.notes == [*ALL, 3])
        step = told.story.message().steps[2]
        assert (step.receipt, step.is_shown, step.began_at) == (f"receipt {COUNT + 1}", False, NOON)

    lived(told, acting)


def test_what_was_asked_for_before_the_story_is_not_told_twice():
    told = Told()
    told.story.replay(2)

    async def acting() -> None:
        told.story.opened()
        await until(lambda: told.notes == [2, 1])
        told.story.shown(1)
        told.story.shown(2)
        await until(lambda: told.notes == [2, 1, 3])

    lived(told, acting)


def test_a_step_that_fails_says_so_and_the_next_one_comes():
    told = Told(fails=DemoStepKey.AT_ONCE)

    async def acting() -> None:
        told.story.opened()
        for number in range(1, 4):
            await until(lambda: told.states()[number - 1] in (DemoStepState.DONE, DemoStepState.FAILED))  # noqa: B023
            told.story.shown(number)
        assert told.states()[:3] == [DemoStepState.DONE, DemoStepState.FAILED, DemoStepState.DONE]

    lived(told, acting)


def test_what_is_not_a_step_and_what_was_not_told_changes_nothing():
    told = Told()
    assert not told.story.shown(0)
    assert not told.story.replay(COUNT + 1)
    assert told.story.shown(2)
    assert not told.story.message().steps[1].is_shown
    assert told.story.message().steps[0].flight_id == "F1"
    for _ in range(3 * REPLAYS_MAX):
        told.story.replay(1)
    assert len(told.story._asked) == 1


def test_while_it_is_paused_no_step_begins_by_itself_and_one_that_is_asked_for_does():
    told = Told()

    async def acting() -> None:
        told.story.pause()
        assert told.story.message().is_paused
        told.story.opened()
        await asyncio.sleep(0.02)
        assert told.notes == []
        told.story.replay(3)
        await until(lambda: told.states()[2] is DemoStepState.DONE)
        await asyncio.sleep(0.02)
        assert told.notes == [3]
        told.story.go_on()
        await until(lambda: told.notes == [3, 1])
        assert not told.story.message().is_paused

    lived(told, acting)


def test_what_came_of_a_step_so_far_is_told_while_it_runs():
    goes_on = asyncio.Event()

    async def act(step: DemoStepMessage) -> AsyncIterator[DemoStepMessage]:
        yield msgspec.structs.replace(step, progress=DemoProgress.REQUESTED)
        await goes_on.wait()
        yield msgspec.structs.replace(step, progress=DemoProgress.COORDINATED)

    told = Told()
    told.story = DemoStory(dict.fromkeys(DemoStepKey, act), flights={}, now=lambda: NOON)

    async def acting() -> None:
        told.story.opened()
        await until(lambda: told.story.message().steps[0].progress is DemoProgress.REQUESTED)
        assert told.story.shown(1)
        await asyncio.sleep(0.01)
        assert told.states()[0] is DemoStepState.RUNNING
        assert told.story.message().steps[0].is_shown
        goes_on.set()
        await until(lambda: told.states()[0] is DemoStepState.DONE)
        step = told.story.message().steps[0]
        assert (step.progress, step.is_shown) == (DemoProgress.COORDINATED, False)

    lived(told, acting)
