"""What each decision may rest on: one function per noun, reading the projection."""

from mamarr.airspace import reservations
from mamarr.engine import restores
from mamarr.engine.orders import Facts, Order
from mamarr.engine.projection import Projection
from mamarr.faults import BECAUSE_MAX, unreachable
from mamarr.names import Author


def known_to(projection: Projection, order: Order) -> Facts:
    """The facts for `order`, from its noun's function."""
    match order.command:
        case restores.ConfirmRestore():
            return for_restore(projection)
        case reservations.Reserve() | reservations.Release() as command:
            return for_reservation(projection, command, order.author)
        case _:
            unreachable(order.command)


def for_restore(projection: Projection) -> restores.Facts:
    """The facts for the confirmation of a restored record."""
    return restores.Facts(party=projection.party, why=projection.read_only_why)


def for_reservation(
    projection: Projection, command: reservations.Reserve | reservations.Release, author: Author
) -> reservations.Facts:
    """The facts for one command about one reservation."""
    held = projection.reservations.get(command.reservation_id)
    if isinstance(command, reservations.Release):
        return reservations.Facts(held=held)
    return reservations.Facts(
        held=held,
        overlapping=projection.overlapping(command.volume, at_most=BECAUSE_MAX),
        held_by_party_count=projection.held_count(author.party),
    )
