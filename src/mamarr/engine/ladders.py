"""How far what this node said to other authorities came there: SENT, RECEIVED, PRESENTED, ACKNOWLEDGED.

By what is durable here: of each word the message that says it, with what the other node reported of it. A
message is kept for a week; of an older one nothing is known any more.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from mamarr.airspace import Reservation
from mamarr.airspace.commitment import Commitment
from mamarr.airspace.occupancy import Kind
from mamarr.coordination import MessageState, channels
from mamarr.coordination.messages import ENDED
from mamarr.engine.projection import Projection
from mamarr.flights import Flight, errands
from mamarr.flights.errands import WordKind
from mamarr.flights.holding import Coordination
from mamarr.geometry.units import moment_from_ms


class SaidSeen(msgspec.Struct, frozen=True, kw_only=True):
    """How far a word came at the authority that it was said to.

    at: of one that is SENT, since when it waits; of one that is PRESENTED or ACKNOWLEDGED, since when, by the
    clock there; of others None, as receipts and reports tell no time.
    """

    authority: str
    state: MessageState
    at: datetime | None = None


def said(projection: Projection, authority: str, errand_id: str) -> SaidSeen | None:
    """How far the word of an errand came; None where it is not sent yet, or kept no more."""
    message = projection.saying(errand_id)
    channel = None if message is None else projection.channels.durable(message.peer)
    if message is None or channel is None:
        return None
    state = channels.state_of(channel, message)
    at_ms = message.acknowledged_ms or message.presented_ms
    if state is MessageState.SENT:
        at_ms = message.queued_ms
    is_timed = at_ms is not None and state not in ENDED
    return SaidSeen(
        authority=authority,
        state=state,
        at=moment_from_ms(at_ms) if is_timed and at_ms is not None else None,
    )


def of_shared(
    projection: Projection, value: Flight | Reservation, authorities: Iterable[str]
) -> tuple[SaidSeen, ...]:
    """How far the newest word about a flight or a reservation came at each of these, where that is known.

    That is how it is, where that is told; else what it is asked for.
    """
    known = value.coordination
    if known is None:
        return ()
    kind = Kind.FLIGHT if isinstance(value, Flight) else Kind.RESERVATION
    found = (said(projection, each, _errand_id(known, kind, each)) for each in authorities)
    return tuple(each for each in found if each is not None)


def _errand_id(known: Coordination | Commitment, kind: Kind, authority: str) -> str:
    filing = known.filing
    number, to = _told(known)
    if authority in to:
        word, about = WordKind.FLIGHT_STATE, number
    else:
        is_asked = authority in filing.asked_of
        word, about = WordKind.CROSSING_REQUEST, filing.last if is_asked else filing.in_force
    return errands.name_of(authority, word, kind, known.said_as, known.filed_ms, f"{about}")


def _told(known: Coordination | Commitment) -> tuple[int, tuple[str, ...]]:
    if isinstance(known, Commitment):
        return known.told_number, known.told_to
    return (0, ()) if known.telling is None else (known.telling.number, known.telling.to)
