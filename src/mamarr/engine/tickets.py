"""An order on its way through the decider, and the answer that comes of it."""

import msgspec

from mamarr.engine.gate import Cause
from mamarr.engine.offers import Alternative
from mamarr.engine.orders import Order, Outcome


class Ticket:
    """An order on its way. number: counted from 0 in the order of arrival. key: the order's."""

    __slots__ = ("key", "number", "order")

    def __init__(self, number: int, order: Order) -> None:
        self.number, self.order, self.key = number, order, order.key()


class Answer(msgspec.Struct, frozen=True):
    """What an order came to. receipt: the 32-byte leaf hash of its entry; None when none was made.

    alternatives: plans that would be admitted instead, where a flight was refused for what is in its way;
    causes: what that is. All as far as the asker may know it.
    """

    outcome: Outcome
    receipt: bytes | None = None
    alternatives: tuple[Alternative, ...] = ()
    causes: tuple[Cause, ...] = ()
