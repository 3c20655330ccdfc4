"""North's node with neighbours that speak: what they say comes as the link would bring it.

North decides west of 33 E, south and east beyond it: `tests/engine/stories_of_neighbours.py`.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpx

from mamarr.airspace.commitment import Reply
from mamarr.airspace.occupancy import Kind
from mamarr.engine import Answer, Order
from mamarr.faults import Refusal
from mamarr.flights.errands import AgreementReady, CrossingReply
from tests.airspace.boxes import NOON
from tests.engine import stories_of_neighbours as story
from tests.engine.stories import signature
from tests.engine.stories_of_neighbours import DIGEST, Asked, Neighbour
from tests.web.node import Desk, at_a_desk


class Neighbours:
    """South and east, and north's desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.south, self.east = Neighbour("south"), Neighbour("east")
        for each in (self.south, self.east):
            each.called = lambda word: word.object_id  # as `reply` has it
        self._count = 0

    async def ask(self, *asked: Asked) -> list[Answer]:
        """Ask the node this, each on what came of the one before."""
        answers = []
        for author, command, *key in asked:
            self._count += 1
            order = Order(
                command_id=f"neighbour-{self._count}",
                author=author,
                command=command,
                signature=signature(*key) if key else None,
            )
            answers.append(await self.desk.runtime.submit(order))
        return answers

    async def does(self, *asked: Asked) -> None:
        """The same, of what is not refused."""
        for (_, command, *_), answer in zip(asked, await self.ask(*asked), strict=True):
            assert not isinstance(answer.outcome, Refusal), (command, answer.outcome)

    async def begin(self) -> None:
        """All is declared, and what north, south and east agreed is in force."""
        await self.ask(*story.before(), *story.proposing())
        ready = AgreementReady(digest=DIGEST)
        await self.does(*self.south.says(ready), *self.east.says(ready))

    def reply(
        self, object_id: str, said: Reply, revision: int = 1, *, kind: Kind = Kind.FLIGHT, **why: Any
    ) -> CrossingReply:
        """What is answered to what north asked for, under the name that others know it by."""
        projection = self.desk.runtime.decider.projection
        held = (projection.flights if kind is Kind.FLIGHT else projection.reservations).get(object_id)
        assert held is not None
        assert held.coordination is not None
        return CrossingReply(
            kind=kind,
            object_id=held.coordination.said_as,
            filed_ms=held.coordination.filed_ms,
            revision=revision,
            reply=said,
            **why,
        )

    @property
    def errands(self) -> list[Any]:
        """What is to be said to south and not sent."""
        return [each.word for each in self.desk.runtime.decider.projection.errands_for("south")]


Told = Callable[[Desk, httpx.AsyncClient, Neighbours], Awaitable[None]]


def with_neighbours(told: Told, *, is_agreed: bool = True) -> None:
    """Run `told` at a node of north that has agreed with south and east."""

    async def run(desk: Desk, client: httpx.AsyncClient) -> None:
        neighbours = Neighbours(desk)
        await (neighbours.begin() if is_agreed else neighbours.ask(*story.before()))
        await told(desk, client, neighbours)

    at_a_desk(run, now=NOON)


def by_id(values: Iterable[dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    """Values of JSON by one of their members."""
    return {each[name]: each for each in values}
