"""Orders and a small engine for tests."""

from datetime import datetime
from itertools import count

from mamarr.airspace.reservations import Release, Reserve
from mamarr.engine import Answer, Decider, Order, Projection, Ticket
from mamarr.names import Author
from mamarr.record import MemoryStore
from tests.airspace.boxes import NOON, NORTH, a_box
from tests.record.logs import a_log

_numbers = count()


def reserve(name: str, *, author: Author = NORTH, command_id: str | None = None, **sides: int) -> Order:
    command = Reserve(reservation_id=name, volume=a_box(**sides))
    return Order(command_id=command_id or f"command-{next(_numbers)}", author=author, command=command)


def release(name: str, *, author: Author = NORTH, command_id: str | None = None) -> Order:
    command = Release(reservation_id=name)
    return Order(command_id=command_id or f"command-{next(_numbers)}", author=author, command=command)


class Desk:
    """A decider with its log in memory, driven by hand."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.log = a_log(self.store)
        self.decider = Decider(
            Projection("north"), find=self.store.find_all, salts=lambda: next(_numbers).to_bytes(32, "big")
        )

    def offer(self, order: Order) -> Ticket:
        ticket = self.decider.offer(order)
        assert isinstance(ticket, Ticket)
        return ticket

    def commit(self, batch) -> dict[Ticket, Answer]:
        rows = self.log.append(batch.drafts)
        return dict(self.decider.committed(batch, [row.leaf for row in rows]))

    def ask(self, *orders: Order, now: datetime = NOON) -> list[Answer]:
        """Offer, decide and commit; the answers in the order of the orders."""
        tickets = [self.offer(order) for order in orders]
        answers: dict[Ticket, Answer] = {}
        while not answers.keys() >= set(tickets):  # who is refused waits for what is offered
            batch, ready = self.decider.next_batch(now)
            answers |= dict(ready)
            assert batch is not None or ready, "somebody waits for nothing"
            if batch is not None:
                answers |= self.commit(batch)
        return [answers[ticket] for ticket in tickets]
