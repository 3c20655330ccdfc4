"""The story of `golden/log_offers.json`: plans offered that another authority would have to accept."""

from collections.abc import Iterator

from mamarr.flights.flights import File
from mamarr.record import MemoryStore
from tests.engine.stories_of_neighbours import (
    NORTH,
    Neighbour,
    Turn,
    before,
    entering,
    inside,
    proposing,
    recorded,
)
from tests.flights.routes import a_plan


def turns() -> Iterator[Turn]:
    """F0 leads along EAST, through south's share: refused for it, one is offered what south decides on."""
    yield 1, before()
    yield 2, proposing()
    yield 3, entering(Neighbour("south"), Neighbour("east"))
    yield 4, ((NORTH, File(flight_id="F1", plan=a_plan(minutes=100))),)
    yield 5, ((NORTH, File(flight_id="F2", plan=inside(400))),)  # the offer comes before it


def of_offers() -> MemoryStore:
    """The log of the whole story."""
    return recorded(turns())
