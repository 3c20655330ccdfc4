"""What each decision may rest on: one function per noun, reading the projection."""

from mamarr.airspace import reservations
from mamarr.engine.projection import Projection
from mamarr.faults import BECAUSE_MAX
from mamarr.names import Author


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
