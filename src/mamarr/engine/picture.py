"""What a viewer may see: the durable state, filtered for one party."""

from datetime import datetime

import msgspec

from mamarr.engine.projection import Projection
from mamarr.geometry import Box

PICTURE_RESERVATIONS_MAX = 5_000  # chosen: more than a map shows legibly; the picture says when it is cut


class ReservationSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation as one viewer sees it. contact: only of the viewer's own party."""

    reservation_id: str
    holder: str
    mine: bool
    volume: Box
    contact: str | None = None


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The sky as one viewer may see it at one moment. reservations: in the order of their ids."""

    at: datetime
    party: str
    reservations: tuple[ReservationSeen, ...]
    is_cut: bool = False


def picture(projection: Projection, *, party: str, now: datetime) -> Picture:
    """What `party` may see now. Durable decisions only."""
    held = sorted(projection.reservations.durable_items())
    seen = tuple(
        ReservationSeen(
            reservation_id=value.reservation_id,
            holder=value.holder,
            mine=value.holder == party,
            volume=value.volume,
            contact=value.contact if value.holder == party else None,
        )
        for _, value in held[:PICTURE_RESERVATIONS_MAX]
    )
    return Picture(at=now, party=party, reservations=seen, is_cut=len(held) > PICTURE_RESERVATIONS_MAX)
