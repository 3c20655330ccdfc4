"""The story of `golden/log_constraints.json`: what our USS plans near constraints, from fixed salts."""

from collections.abc import Iterator

from mamarr.operations.advisories import NoteConstraint
from mamarr.record import MemoryStore
from tests.airspace.boxes import NORTH
from tests.discovery.known import uuid
from tests.engine.stories_of_neighbours import Turn, recorded
from tests.operations.planned import DOOR, confirm, constraint, extent, plan, square, told


def planned() -> Turn:
    """Operation 1 meets constraint 20 and not 21; of 22 nobody says what it is."""
    near = (
        constraint(20, square(), square(east=5), kind="example.org/notam"),
        constraint(21, square(east=3)),
    )
    return (
        0,
        (
            (DOOR, plan(1, constraints=near, unknown=(uuid(22),))),  # DETAILS_UNKNOWN
            (DOOR, plan(1, constraints=near)),
            (DOOR, confirm(1, 30, 1, told())),
        ),
    )


def told_of() -> Turn:
    """Constraint 21 moves to where operation 1 is."""
    moved = NoteConstraint(constraint=constraint(21, square(north=0.5), version=2), extent=extent())
    return (
        1,
        (
            (DOOR, moved),
            (DOOR, moved),  # said already
            (NORTH, moved),  # NOT_YOURS
            (DOOR, NoteConstraint(constraint=constraint(23, square(east=9)), extent=extent())),
        ),
    )


def of_constraints() -> MemoryStore:
    """The log of the whole story."""

    def turns() -> Iterator[Turn]:
        yield planned()
        yield told_of()

    return recorded(turns())
