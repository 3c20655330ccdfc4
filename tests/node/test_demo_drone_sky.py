"""What is told of an operator follows from what DSS and USSs said, and from nothing else."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mamarr.discovery import IntentState
from mamarr.faults import Unavailable
from mamarr.interop.demo_messages import DroneAnswer
from mamarr.node.demo_drone_acts import is_clear
from mamarr.node.demo_drone_sky import DroneSky, Operator
from mamarr.operations import Details, Known, KnownConstraint, Volume

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ID, OTHER_ID = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
NAME = "operator-1"


def a_volume(north_e9deg: int = 0) -> Volume:
    corners = ((0, 0), (0, 9_000_000), (9_000_000, 9_000_000), (9_000_000, 0))
    return Volume(
        corners=tuple((47_000_000_000 + north_e9deg + up, 8_000_000_000 + right) for up, right in corners),
        altitude_lower_mm=0,
        altitude_upper_mm=100_000,
        time_start_us=0,
        time_end_us=10**15 * 2,
    )


class World:
    """What DSS and USS say, as the test sets it. intents, closed: None: nobody says what they are."""

    def __init__(self) -> None:
        self.now = NOON
        self.is_silent = False
        self.intents: list[Known | None] = []
        self.closed: list[KnownConstraint | None] = []
        operator = Operator(number=1, manager=NAME, base_url="http://127.0.0.1:1", tokens=no_tokens())
        client: Any = SimpleNamespace(get=self._silent)
        dss: Any = SimpleNamespace(near=self._near, constraints_near=self._constraints)
        peers: Any = SimpleNamespace(known=self._known, constraint=self._constraint)
        record: Any = SimpleNamespace(rows=lambda _: iter(()))
        self.sky = DroneSky(dss, peers, client, [operator], record, now=lambda: self.now)

    def plans(self, *north_e9deg: int) -> None:
        self.intents = [
            Known(
                entity_id=ID,
                manager=NAME,
                version=1,
                state=IntentState.ACCEPTED,
                details=Details(volumes=(a_volume(each),), priority=0),
            )
            for each in north_e9deg
        ]

    def closes(self) -> None:
        self.closed = [
            KnownConstraint(
                constraint_id=OTHER_ID, manager="uss", version=1, ovn="o" * 20, volumes=(a_volume(),)
            )
        ]

    def tells(self, other_id: str = OTHER_ID) -> None:
        """The record has that the USS was told, and the USS that its user was, of `other_id`."""
        standing = self.sky._standing[NAME]
        standing.told.due["d"] = 10**15
        standing.told_users.append((10**15, frozenset({other_id})))

    async def answer(self) -> DroneAnswer:
        self.now += timedelta(seconds=1)
        await self.sky.look()
        (operator,) = self.sky.message().operators
        return operator.answer

    async def _silent(self, *_: Any) -> Any:
        raise Unavailable("no answer")

    async def _near(self, _: Details) -> list[Any]:
        if self.is_silent:
            raise Unavailable("no answer")
        return [SimpleNamespace(manager=NAME, what=each) for each in self.intents]

    async def _constraints(self, _: Details) -> list[Any]:
        return [SimpleNamespace(what=each) for each in self.closed]

    async def _known(self, there: Any) -> Any:
        return there.what or "SILENT"

    async def _constraint(self, there: Any) -> Any:
        return there.what or "SILENT"


def lived(story: Coroutine[Any, Any, None]) -> None:
    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop running in the main thread
        thread.submit(asyncio.run, story).result()


def no_tokens() -> Any:
    async def headers(*_: Any) -> dict[str, str]:
        return {}

    return SimpleNamespace(headers=headers)


def test_who_is_told_and_moves_or_ends_has_answered_and_not_before():
    async def story() -> None:
        world = World()
        world.plans(0)
        assert await world.answer() is DroneAnswer.NOT_TOLD
        world.closes()
        assert await world.answer() is DroneAnswer.NOT_TOLD
        world.tells()
        assert await world.answer() is DroneAnswer.ADVISED
        assert not is_clear(world.sky.message())
        world.plans(50_000_000)
        assert await world.answer() is DroneAnswer.MOVED
        assert is_clear(world.sky.message())
        world.plans(0)
        assert await world.answer() is DroneAnswer.ADVISED, "it came back into the way"
        world.plans()
        assert await world.answer() is DroneAnswer.ENDED

    lived(story())


def test_who_ends_a_flight_before_its_user_was_told_has_acknowledged_nothing():
    async def story() -> None:
        world = World()
        world.plans(0)
        world.closes()
        assert await world.answer() is DroneAnswer.NOT_TOLD
        world.plans()
        assert await world.answer() is DroneAnswer.NOT_TOLD
        world.sky._standing[NAME].told.due["d"] = 10**15
        assert await world.answer() is DroneAnswer.TOLD

    lived(story())


def test_a_user_who_was_told_of_something_else_was_not_told_of_what_is_closed():
    async def story() -> None:
        world = World()
        world.plans(0)
        world.closes()
        world.tells("33333333-3333-4333-8333-333333333333")
        assert await world.answer() is DroneAnswer.TOLD
        world.plans()
        assert await world.answer() is DroneAnswer.TOLD

    lived(story())


def test_what_was_heard_before_the_dss_fell_silent_is_not_judged_anew():
    async def story() -> None:
        world = World()
        world.plans(0)
        world.closes()
        await world.answer()
        world.plans()
        await world.answer()
        world.is_silent = True
        world.tells()
        assert await world.answer() is DroneAnswer.ADVISED

    lived(story())


def test_who_was_in_the_way_until_the_sky_opened_has_not_answered():
    async def story() -> None:
        world = World()
        world.plans(0)
        world.closes()
        await world.answer()
        world.tells()
        world.closed = []
        assert await world.answer() is DroneAnswer.ADVISED
        world.plans()
        assert await world.answer() is DroneAnswer.ADVISED

    lived(story())


@pytest.mark.parametrize("what", ["intent", "closed", "DSS"])
def test_what_nobody_says_is_no_answer_and_nothing_is_called_clear(what: str):
    async def story() -> None:
        world = World()
        world.plans(0)
        world.closes()
        await world.answer()
        world.tells()
        world.plans()
        if what == "intent":
            world.intents = [None]
        elif what == "closed":
            world.closed.append(None)
        else:
            world.is_silent = True
        assert await world.answer() is DroneAnswer.ADVISED
        assert not is_clear(world.sky.message())

    lived(story())


def test_a_silent_dss_leaves_what_was_and_says_that_it_was():
    async def story() -> None:
        world = World()
        world.plans(0)
        world.closes()
        await world.answer()
        world.is_silent = True
        await world.answer()
        sky = world.sky.message()
        assert (sky.is_heard, sky.heard_at) == (False, NOON + timedelta(seconds=1))
        assert len(sky.closed) == len(sky.operators[0].intents) == 1

    lived(story())
