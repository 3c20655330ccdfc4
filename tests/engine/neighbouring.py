"""A node that agreed with two others, for tests: what it is asked, hears and has to say."""

import copy
from collections.abc import Callable
from datetime import timedelta
from functools import cache, wraps
from typing import Any, ParamSpec

from mamarr.airspace import Reservation
from mamarr.airspace.occupancy import Kind
from mamarr.engine import Projection, tidying
from mamarr.flights import errands
from mamarr.flights.errands import (
    CrossingGiveBack,
    CrossingReply,
    CrossingRequest,
    CrossingWithdrawal,
    FlightState,
    Word,
)
from mamarr.flights.holding import Flight
from mamarr.names import Author
from tests.airspace.boxes import NOON
from tests.engine import stories_of_neighbours as story
from tests.engine.orders import Desk
from tests.engine.skies import an_order
from tests.engine.stories import at, rule
from tests.engine.stories_of_neighbours import NORTH, Neighbour

Asked = ParamSpec("Asked")


class Sky:
    """North's node, which agreed with south and east. It is `minutes` after noon."""

    def __init__(self, *, is_agreed: bool = True) -> None:
        """A copy of one that was made once: to agree takes a hundred times as long."""
        made = _founded(is_agreed)
        vars(self).update(copy.deepcopy(vars(made), {id(made): self}))

    def _found(self, *, is_agreed: bool) -> None:
        self.desk, self.minutes = Desk(), 4
        self._called: dict[tuple[Kind, str], str] = {}  # also what is gone by now
        self.south, self.east = Neighbour("south"), Neighbour("east")
        for each in (self.south, self.east):
            each.called = self._called_in
        self.ask(*story.before())
        self.ask(*story.proposing())
        if is_agreed:
            self.ask(*story.entering(self.south, self.east))

    @property
    def projection(self) -> Projection:
        return self.desk.decider.projection

    def ask(self, *asked: Any) -> list[Any]:
        """What is answered; decided and durable."""
        orders = [an_order(command, author, *key) for author, command, *key in asked]
        answered = self.desk.ask(*orders, now=NOON + timedelta(minutes=self.minutes))
        tables = ((Kind.FLIGHT, self.projection.flights), (Kind.RESERVATION, self.projection.reservations))
        for kind, table in tables:
            for key, value in table.current_items():
                if value.coordination is not None:
                    self._called[kind, key] = value.coordination.said_as
        return [each.outcome for each in answered]

    def north(self, command: Any, author: Author = NORTH) -> Any:
        (outcome,) = self.ask((author, command))
        return outcome

    def hear(self, by: Neighbour, word: Word, **how: Any) -> Any:
        """What follows when a neighbour says a word."""
        read = errands.read(errands.kind_of(word), errands.said(word))
        return self.ask(*by.says(read, **how))[-1]

    def flight(self, name: str = "F1") -> Flight:
        value = self.projection.flights.get(name)
        assert value is not None
        return value

    def reservation(self, name: str = "R1") -> Reservation:
        value = self.projection.reservations.get(name)
        assert value is not None
        return value

    def called(self, name: str, kind: Kind = Kind.FLIGHT) -> str:
        """What others call a flight or a reservation of north's; the name itself where they never did."""
        return self._called.get((kind, name), name)

    def said(self, authority: str = "south") -> list[Word]:
        """What is still to be said to an authority."""
        return [each.word for each in self.projection.errands_for(authority)]

    def _called_in(self, word: CrossingReply | CrossingWithdrawal) -> str:
        return self.called(word.object_id, word.kind)

    def _is(self, word: CrossingRequest | CrossingGiveBack | FlightState, name: str) -> bool:
        """Whether a word is about what north has under this name."""
        return word.object_id == self.called(name, word.kind)

    def requests(self, name: str, authority: str = "south") -> list[CrossingRequest]:
        words = self.said(authority)
        return [each for each in words if isinstance(each, CrossingRequest) and self._is(each, name)]

    def states(self, name: str, authority: str = "south") -> list[FlightState]:
        words = self.said(authority)
        return [each for each in words if isinstance(each, FlightState) and self._is(each, name)]

    def given_back(self, name: str = "F1", authority: str = "south") -> list[int]:
        words = self.said(authority)
        found = (each for each in words if isinstance(each, CrossingGiveBack) and self._is(each, name))
        return [each.revision for each in found]

    def rules(self, name: str) -> list[Any]:
        """What the rule of this name asks now, and is answered."""
        now_ms = at(self.minutes)
        found = list(tidying.RULES[name](self.projection, now_ms))
        return [self.north(each, rule(name)) for each in found]


@cache
def _founded(is_agreed: bool) -> Sky:
    made = Sky.__new__(Sky)
    made._found(is_agreed=is_agreed)
    return made


def made_once(make: Callable[Asked, Sky]) -> Callable[Asked, Sky]:
    """`make`, which is done once for the same arguments; who asks has a copy of what it made."""
    kept = cache(make)

    @wraps(make)
    def copied(*given: Asked.args, **named: Asked.kwargs) -> Sky:
        return copy.deepcopy(kept(*given, **named))

    return copied
