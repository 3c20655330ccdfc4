"""What is declared, as every party may see it: parties, shares, corridors, areas, constraints, terms.

And what the node's own party alone may see: the rules of disclosure.
"""

from typing import TypeVar

from mamarr.airspace import Area, Constraint, Corridor, Party, Share, Terms, terms
from mamarr.coordination.disclosure import Disclosure
from mamarr.engine.projection import Projection
from mamarr.engine.tables import Table
from mamarr.faults import Reason, Refusal

V = TypeVar("V")

Declared = Party | Share | Corridor | Area | Constraint


def declared(projection: Projection) -> tuple[Declared, ...]:
    """What is durable, parties first, each kind in the order of its ids."""
    return (
        *_values(projection.parties),
        *_values(projection.shares),
        *(each.corridor for each in _values(projection.corridors)),
        *_values(projection.areas),
        *_values(projection.constraints),
    )


def terms_in_force(projection: Projection) -> Terms:
    """The terms that are durable, or those that hold where nobody set any."""
    return next(iter(_values(projection.terms)), terms.DEFAULT)


def disclosures(projection: Projection, *, viewer: str) -> tuple[Disclosure, ...] | Refusal:
    """What is durably decided on disclosure, by pairs in order; only the node's own party may know."""
    if viewer != projection.party:
        return Refusal(reason=Reason.NOT_YOURS)
    return tuple(_values(projection.disclosures))


def _values(table: Table[str, V]) -> list[V]:
    return [value for _, value in sorted(table.durable_items(), key=lambda item: item[0])]
