"""Whether an answer tells of sky that its asker may not know of: the same is asked where that sky is empty.

Says nothing of what an answer must be, only that it may not depend on what is hidden.
"""

from mamarr.airspace.occupancy import Kind
from mamarr.coordination import Disclosed
from mamarr.engine import Order, Projection, gate
from mamarr.engine.alternatives import offered
from mamarr.engine.decider import decide
from mamarr.engine.facts import known_to
from mamarr.engine.gate import Shown
from mamarr.engine.nouns import NOUNS
from mamarr.engine.orders import decision
from mamarr.engine.projection import State
from mamarr.faults import Reason, Refusal
from mamarr.flights import flights
from mamarr.geometry.units import moment_from_ms

HIDDEN = {"flights": (Kind.FLIGHT, "party"), "reservations": (Kind.RESERVATION, "holder")}


def told(projection: Projection, order: Order, shown: Shown, time_ms: int) -> str | None:
    """What the refusal `shown`, decided just now on `projection`, tells of what is hidden; None: nothing."""
    if not isinstance(order.command, flights.File) or not isinstance(shown.outcome, Refusal):
        return None
    if shown.outcome.reason not in (Reason.CONFLICT, Reason.NOT_AVAILABLE):
        return None
    emptier = without_hidden(projection, order.author.party)
    known = known_to(emptier, order, time_ms)
    outcome = decide(order, known, now=moment_from_ms(time_ms))
    if isinstance(outcome, Refusal):
        alternatives = offered(emptier, order, outcome, time_ms)
        expected = gate.shown(emptier, decision(order, known, outcome, alternatives))
    else:
        alternatives = offered(emptier, order, Refusal(reason=Reason.CONFLICT), time_ms)
        expected = Shown(outcome=Refusal(reason=Reason.NOT_AVAILABLE), alternatives=alternatives)
    return None if expected == shown else f"{shown} would be {expected} without what is hidden"


def without_hidden(projection: Projection, viewer: str) -> Projection:
    """The state, pending changes included, without what `viewer` may not know to exist."""
    there = {}
    for noun in NOUNS:
        items = sorted(getattr(projection, noun.table).current_items())
        if noun.table == "attempts":
            continue  # the refusal itself may be counted by now; it was decided before
        there[noun.table] = tuple(
            value for _, value in items if not _is_hidden(projection, noun.table, value, viewer)
        )
    emptier = Projection(projection.party)
    emptier.restore(State(**there))
    return emptier


def _is_hidden(projection: Projection, table: str, value: object, viewer: str) -> bool:
    if table not in HIDDEN:
        return False
    kind, owner = HIDDEN[table]
    extent = gate.extent_of(projection, kind, owner=getattr(value, owner), viewer=viewer)
    return extent is Disclosed.NOTHING
