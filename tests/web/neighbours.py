"""North's node with neighbours that speak: what they say comes as the link would bring it.

North decides west of 33 E, south and east beyond it: `tests/engine/stories_of_neighbours.py`.
"""

from collections.abc import Awaitable, Callable, Iterable
from copy import deepcopy
from functools import cache
from typing import Any

import httpx

from mamarr.airspace.commitment import Reply
from mamarr.airspace.occupancy import Kind
from mamarr.coordination import Direction, MessageState, Stream, channels
from mamarr.coordination.channels import Reported, TakeReceipts
from mamarr.coordination.messages import key_of
from mamarr.engine import Answer, Order, streams, tidying
from mamarr.faults import Refusal
from mamarr.flights import errands
from mamarr.flights.errands import AgreementReady, AlertTold, CrossingReply, FlightState
from mamarr.geometry.units import epoch_ms
from mamarr.record import MemoryStore
from tests.airspace.boxes import NOON
from tests.engine import stories_of_neighbours as story
from tests.engine.stories import signature
from tests.engine.stories_of_neighbours import DIGEST, LINK, Asked, Neighbour
from tests.engine.stories_of_the_line import salt
from tests.web.node import NODE, Desk, at_a_desk, run_at


class Neighbours:
    """South and east, and north's desk. desk: where nothing was asked yet, or as `agreed` has it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.south, self.east = Neighbour("south"), Neighbour("east")
        for each in (self.south, self.east):
            each.called = lambda word: word.object_id  # as `reply` has it
        self._count = self._sent_count = 0

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

    def at(self, desk: Desk) -> "Neighbours":
        """The same two, who have said what they have, at a desk whose record has what this one's has."""
        others = Neighbours(desk)
        others.south, others.east = deepcopy((self.south, self.east))
        others._count, others._sent_count = self._count, self._sent_count
        return others

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

    async def tidies(self) -> None:
        """The node's own rules ask, and are answered."""
        runtime = self.desk.runtime
        projection = runtime.decider.projection
        for order in tidying.orders(
            projection, node=NODE, now=runtime.now(), command_id=runtime.new_command_id
        ):
            await runtime.submit(order)

    async def sends_all(self) -> None:
        """What is to be said to south is sent, as the link would; it has received none of it yet."""
        for each in list(self.desk.runtime.decider.projection.errands_for("south")):
            self._sent_count += 1
            name = f"errand {self._sent_count}"
            is_floor = isinstance(each.word, AgreementReady | AlertTold | FlightState)
            message = streams.message(
                peer="node-south",
                stream=Stream.SAFETY_FLOOR if is_floor else Stream.COORDINATION,
                message_id=f"from-north-{self._sent_count:04}",
                kind=errands.kind_of(each.word),
                body=errands.said(each.word),
                valid_until_ms=epoch_ms(self.desk.runtime.now()) + each.valid_ms,
                salts=(salt(f"header of {name}"), salt(f"text of {name}")),
                errand_id=each.errand_id,
            )
            await self.does((LINK, message))

    def receives(self) -> Asked:
        """South says that it has recorded all of ours."""
        channel = self.desk.runtime.decider.projection.channels.get("node-south")
        assert channel is not None
        said = channels.sizes(channel)
        return self.south.author, TakeReceipts(peer="node-south", acknowledged=said, signed=b"signed")

    def saw(
        self, sequence: int, state: MessageState, at_ms: int, stream: Stream = Stream.COORDINATION
    ) -> Asked:
        """South says that somebody there saw one of ours, all of which it has recorded."""
        projection = self.desk.runtime.decider.projection
        key = key_of("node-south", Direction.OUTGOING, stream, sequence)
        ours, channel = projection.messages.get(key), projection.channels.get("node-south")
        assert ours is not None
        assert channel is not None
        said = Reported(
            stream=stream, sequence=sequence, message_id=ours.message_id, state=state, at_ms=at_ms
        )
        return self.south.reports(said, acknowledged=channels.sizes(channel))

    @property
    def errands(self) -> list[Any]:
        """What is to be said to south and not sent."""
        return [each.word for each in self.desk.runtime.decider.projection.errands_for("south")]


@cache
def _agreed() -> Neighbours:
    """Those who have agreed and done nothing since. To get there takes a third of a second."""
    made: list[Neighbours] = []

    async def begin(desk: Desk, client: httpx.AsyncClient) -> None:
        made.append(Neighbours(desk))
        await made[0].begin()

    at_a_desk(begin, now=NOON)
    return made[0]


def agreed() -> Neighbours:
    """North, south and east, who have agreed at noon: north goes on from a record of its own."""
    kept = _agreed()
    store = MemoryStore()
    *_, head = kept.desk.store.heads()
    store.append(0, list(kept.desk.store.rows()), head)
    return kept.at(Desk(NOON, store))


Told = Callable[[Desk, httpx.AsyncClient, Neighbours], Awaitable[None]]


def with_neighbours(told: Told, *, is_agreed: bool = True) -> None:
    """Run `told` at a node of north that has agreed with south and east."""

    neighbours = agreed() if is_agreed else Neighbours(Desk(NOON))

    async def run(desk: Desk, client: httpx.AsyncClient) -> None:
        if not is_agreed:
            await neighbours.ask(*story.before())
        await told(desk, client, neighbours)

    run_at(neighbours.desk, run)


def by_id(values: Iterable[dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    """Values of JSON by one of their members."""
    return {each[name]: each for each in values}
