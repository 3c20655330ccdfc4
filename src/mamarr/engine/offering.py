"""Refusals that are durable and whose answers wait for what could be asked instead.

Bounded, so that who is refused again and again keeps nobody waiting: each party has a turn, few are looked
for at once, and who wants more than WAITING_BY_PARTY_MAX is answered at once, without alternatives.
"""

from collections import deque

import msgspec

from mamarr.engine.offers import RULE, Alternative, OfferAlternatives
from mamarr.engine.orders import Decided, Order
from mamarr.engine.tickets import Answer, Ticket
from mamarr.faults import InvariantError, Reason, Refusal
from mamarr.flights import flights
from mamarr.names import Author

AT_ONCE_MAX = 2  # chosen: searches before one batch, each as long as some twenty decisions and a route
WAITING_MAX = 256  # chosen: half a second's searches
WAITING_BY_PARTY_MAX = 16  # chosen: who is refused more at once takes from itself what it is offered


def wants(order: Order, decided: Decided) -> bool:
    """Whether what was refused so is offered something instead: a plan, for what is in its way."""
    refusal = decided.refusal
    return (
        isinstance(order.command, flights.File | flights.Revise)
        and order.author.rule is None
        and refusal is not None
        and refusal.reason in (Reason.CONFLICT, Reason.DRONES_PLANNED)
    )


def order_for(refused: Order, node_party: str) -> Order:
    """What the rule of the node asks after `refused`, which `wants` it; found again by the key of that."""
    command, key = refused.command, refused.key().hex()
    if not isinstance(command, flights.File | flights.Revise):
        raise InvariantError("what is offered is in place of a plan")
    return Order(
        command_id=key,
        author=Author(party=node_party, node=refused.author.node, rule=RULE),
        command=OfferAlternatives(refused=key, party=refused.author.party, asked=command),
    )


class Wanted:
    """A refusal that is durable, and the tickets that wait for it. answer: what they are told at least."""

    __slots__ = ("answer", "order", "tickets")

    def __init__(self, order: Order, answer: Answer, tickets: list[Ticket]) -> None:
        self.order, self.answer, self.tickets = order, answer, tickets

    def join(self, ticket: Ticket) -> Answer | bool:
        """Let `ticket` wait with them, if it asks the same."""
        if ticket.order != self.order:
            return Answer(Refusal(reason=Reason.COMMAND_ID_REUSED))
        self.tickets.append(ticket)
        return True


class Offering:
    """What waits. Whoever takes it with `next` says what became of it with `answered`."""

    def __init__(self) -> None:
        self._by_party: dict[str, deque[Wanted]] = {}  # whose turn is next comes first
        self._by_key: dict[bytes, Wanted] = {}

    def __bool__(self) -> bool:
        return bool(self._by_party)

    def take(self, wanted: Wanted) -> bool:
        """Keep it; False when it is too much."""
        waiting = self._by_party.get(wanted.order.author.party, ())
        if len(self._by_key) >= WAITING_MAX or len(waiting) >= WAITING_BY_PARTY_MAX:
            return False
        self._by_party.setdefault(wanted.order.author.party, deque()).append(wanted)
        self._by_key[wanted.order.key()] = wanted
        return True

    def next(self) -> list[Wanted]:
        """Those whose turn it is, at most one of each party."""
        found = []
        for party in list(self._by_party)[:AT_ONCE_MAX]:
            waiting = self._by_party.pop(party)
            found.append(waiting.popleft())
            if waiting:
                self._by_party[party] = waiting  # behind all others
        return found

    def find(self, key: bytes) -> Wanted | None:
        """What waits under the idempotency key, or was taken and is not answered yet."""
        return self._by_key.get(key)

    def answered(
        self, wanted: Wanted, alternatives: tuple[Alternative, ...] = ()
    ) -> list[tuple[Ticket, Answer]]:
        """It waits no more: the answers to all who did."""
        del self._by_key[wanted.order.key()]
        answer = msgspec.structs.replace(wanted.answer, alternatives=alternatives)
        return [(ticket, answer) for ticket in wanted.tickets]
