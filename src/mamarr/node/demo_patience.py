"""How long the demo waits for what another node or a person has to do first, and what it says then."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from mamarr.faults import Unavailable

ANSWERED_S = 15.0  # chosen: a standard condition answers in a tenth of a second on a quiet machine
POLL_S = 0.05


@asynccontextmanager
async def within(patience_s: float, else_told: str) -> AsyncIterator[None]:
    """Give what is done inside so much time. Raises Unavailable, which says `else_told`, if it needs more."""
    try:
        async with asyncio.timeout(patience_s):
            yield
    except TimeoutError as late:
        raise Unavailable(else_told) from late


async def until(holds: Callable[[], bool], else_told: str, patience_s: float = ANSWERED_S) -> None:
    """Wait until something holds. Raises Unavailable, which says `else_told`, if it takes longer."""
    async with within(patience_s, else_told):
        while not holds():
            await asyncio.sleep(POLL_S)
