"""How long the demo waits, and what it says then: `mamarr.node.demo_patience`."""

import asyncio

import pytest

from mamarr.faults import Unavailable
from mamarr.node.demo_patience import until, within


def test_who_waits_goes_on_as_soon_as_it_holds():
    looks = iter([False, False, True])
    asyncio.run(until(lambda: next(looks), "it did not hold"))
    assert list(looks) == []


def test_what_does_not_come_is_said_in_its_sentence():
    with pytest.raises(Unavailable, match="it did not hold"):
        asyncio.run(until(lambda: False, "it did not hold", patience_s=0.01))


async def _forever() -> None:
    async with within(0.01, "nobody answered"):
        await asyncio.Event().wait()


def test_what_hangs_is_given_up_and_what_fails_says_so_itself():
    with pytest.raises(Unavailable, match="nobody answered"):
        asyncio.run(_forever())

    async def fails() -> None:
        async with within(10, "nobody answered"):
            raise Unavailable("it was refused")

    with pytest.raises(Unavailable, match="it was refused"):
        asyncio.run(fails())


def test_who_is_cancelled_meanwhile_is_not_told_that_it_took_too_long():
    async def cancelled() -> None:
        waiting = asyncio.create_task(until(lambda: False, "it did not hold"))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await waiting

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
