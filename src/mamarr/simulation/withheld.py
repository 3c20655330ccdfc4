"""Whether an answer tells of sky that its asker may not know of: the same is asked where that sky is empty.

Says nothing of what an answer must be, only that it may not depend on what is hidden.
"""

from mamarr.airspace.occupancy import Kind
from mamarr.coordination import Disclosed
from mamarr.engine import Order, Projection, gate
from mamarr.engine.decider import decide
from mamarr.engine.facts import known_to
from mamarr.engine.gate import Shown
from mamarr.engine.nouns import NOUNS
from mamarr.engine.offers import OfferAlternatives
from mamarr.engine.orders import decision
from mamarr.engine.projection import State
from mamarr.faults import Reason, Refusal
from mamarr.flights import flights
from mamarr.geometry.units import moment_from_ms

HIDDEN = {"flights": (Kind.FLIGHT, "party"), "reservations": (Kind.RESERVATION, "holder")}


def told(projection: Projection, order: Order, shown: Shown, time_ms: int) -> str | None:
    """What the refusal or the offer `shown`, decided just now on `projection`, tells of what is hidden.

    None: nothing.
    """
    match order.command, shown.outcome:
        case OfferAlternatives(), _:
            return _told(shown, _offer(projection, order, time_ms))
        case flights.File(), Refusal(reason=Reason.CONFLICT | Reason.NOT_AVAILABLE):
            return _told(shown, _refusal(projection, order, time_ms))
        case _:
            return None


def asker(order: Order) -> str:
    """Who is told of what is decided."""
    command = order.command
    return command.party if isinstance(command, OfferAlternatives) else order.author.party


def _told(shown: Shown, expected: Shown) -> str | None:
    return None if expected == shown else f"{shown} would be {expected} without what is hidden"


def _refusal(projection: Projection, order: Order, time_ms: int) -> Shown:
    """The refusal where the sky is empty of what is hidden; as one, where nothing is in the way then."""
    emptier = without_hidden(projection, asker(order))
    known = known_to(emptier, order, time_ms)
    outcome = decide(order, known, now=moment_from_ms(time_ms))
    if isinstance(outcome, Refusal):
        return gate.shown(emptier, decision(order, known, outcome))
    return Shown(outcome=Refusal(reason=Reason.NOT_AVAILABLE))


def _offer(projection: Projection, order: Order, time_ms: int) -> Shown:
    emptier = without_hidden(projection, asker(order))
    known = known_to(emptier, order, time_ms)
    outcome = decide(order, known, now=moment_from_ms(time_ms))
    return gate.shown(emptier, decision(order, known, outcome))


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
