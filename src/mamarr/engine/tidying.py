"""What the node itself asks, by named rules, so that nothing lives for ever."""

from collections.abc import Callable
from datetime import datetime

from mamarr.airspace.reservations import Expire
from mamarr.engine.orders import Order
from mamarr.engine.projection import Projection
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author

RULE = "expire-reservations"
KEPT_MS = 3_600_000  # chosen: an hour past its window a reservation can still be asked about
AT_ONCE_MAX = 100  # chosen: as much as one group commit carries beside what people ask


def orders(
    projection: Projection, *, node: str, now: datetime, command_id: Callable[[], str]
) -> tuple[Order, ...]:
    """Orders that forget what passed unoccupied more than KEPT_MS ago. None while the record is read-only."""
    if projection.is_read_only:
        return ()
    author = Author(party=projection.party, node=node, rule=RULE)
    passed = projection.over(epoch_ms(now) - KEPT_MS, at_most=AT_ONCE_MAX)
    return tuple(
        Order(command_id=command_id(), author=author, command=Expire(reservation_id=each.reservation_id))
        for each in passed
    )
