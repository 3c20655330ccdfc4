"""What each decision may rest on: one function per noun, reading the projection."""

from mamarr.airspace import reservations
from mamarr.engine import restores
from mamarr.engine.orders import Facts, Order
from mamarr.engine.projection import Projection
from mamarr.faults import BECAUSE_MAX
from mamarr.names import Author


def known_to(projection: Projection, order: Order, now_ms: int) -> Facts:
    """The facts for `order` at `now_ms`, from its noun's function."""
    if isinstance(order.command, restores.ConfirmRestore):
        return for_restore(projection)
    return for_reservation(projection, order.command, order.author, now_ms)


def for_restore(projection: Projection) -> restores.Facts:
    """The facts for the confirmation of a restored record."""
    return restores.Facts(party=projection.party, why=projection.read_only_why)


def for_reservation(
    projection: Projection, command: reservations.Command, author: Author, now_ms: int
) -> reservations.Facts:
    """The facts for one command about one reservation."""
    held = projection.reservations.get(command.reservation_id)
    match command:
        case reservations.Reserve():
            return reservations.Facts(
                held=held,
                overlapping=projection.overlapping(command.volume, now_ms=now_ms, at_most=BECAUSE_MAX),
                held_by_party_count=projection.held_count(author.party),
            )
        case reservations.Activate() if held is not None:
            return reservations.Facts(held=held, overlapping=projection.occupying(held, at_most=BECAUSE_MAX))
        case _:
            return reservations.Facts(held=held)
