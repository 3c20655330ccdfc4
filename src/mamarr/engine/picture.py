"""What a viewer may see: the durable state, filtered for one party."""

from datetime import datetime

import msgspec

from mamarr.airspace import reservations
from mamarr.engine.projection import Projection
from mamarr.geometry import Box
from mamarr.geometry.units import epoch_ms

PICTURE_RESERVATIONS_MAX = 5_000  # chosen: more than a map shows legibly; the picture says when it is cut


class ReservationSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation as one viewer sees it. contact and actions: only of the viewer's own party's."""

    reservation_id: str
    holder: str
    mine: bool
    volume: Box
    contact: str | None = None
    status: reservations.Status
    is_overrun: bool
    actions: tuple[reservations.Action, ...]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The sky as one viewer may see it at one moment. reservations: what is overrun first, then in
    the order of ids."""

    at: datetime
    party: str
    reservations: tuple[ReservationSeen, ...]
    is_cut: bool = False


def picture(projection: Projection, *, party: str, now: datetime) -> Picture:
    """What `party` may see now. Durable decisions only."""
    now_ms = epoch_ms(now)
    held = [
        value
        for _, value in projection.reservations.durable_items()
        if not reservations.is_over(value, now_ms)
    ]
    held.sort(key=lambda value: (not reservations.is_overrun(value, now_ms), value.reservation_id))
    seen = tuple(
        ReservationSeen(
            reservation_id=value.reservation_id,
            holder=value.holder,
            mine=value.holder == party,
            volume=value.volume,
            contact=value.contact if value.holder == party else None,
            status=value.status,
            is_overrun=reservations.is_overrun(value, now_ms),
            actions=reservations.actions(value, now) if value.holder == party else (),
        )
        for value in held[:PICTURE_RESERVATIONS_MAX]
    )
    return Picture(at=now, party=party, reservations=seen, is_cut=len(held) > PICTURE_RESERVATIONS_MAX)
