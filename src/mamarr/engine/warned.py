"""Alerts between authorities, as the node's own party may see them: what others told of, and who was told.

No other party sees any of it: an alert about another authority's flight was told to this authority alone.
"""

from datetime import datetime

import msgspec

from mamarr.coordination import MessageState, crossings, telling_alerts, told_alerts
from mamarr.coordination.told_alerts import AlertThere
from mamarr.engine import ladders
from mamarr.engine.ladders import SaidSeen
from mamarr.engine.projection import Projection
from mamarr.geometry.units import moment_from_ms
from mamarr.names import AlertType
from mamarr.surveillance import Alert
from mamarr.surveillance.alerts import alert_key

ALERTS_TOLD_MAX = 500  # chosen: as many as of this node's own alerts, more than anybody reads


class AlertToldSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A warning that another authority told of.

    node, object_id, filed_ms: the flight, as its authority calls it. party: that authority. identification:
    None where this authority may not know it. number: which word of it this is. message_key, message: of the
    message that told it, None where that is kept no more. acknowledged_at, acknowledged_by: by a person here.
    """

    node: str
    party: str
    object_id: str
    filed_ms: int
    identification: str | None
    alert: AlertType
    number: int
    raised_at: datetime
    is_over: bool
    is_self_report: bool
    is_recorded: bool
    message_key: str
    message: MessageState | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


def told(projection: Projection, *, viewer: str) -> tuple[AlertToldSeen, ...]:
    """What others told of that still matters: what nobody here has seen first, then the newest."""
    if viewer != projection.party:
        return ()
    values = [value for _, value in projection.alerts_told.durable_items() if told_alerts.is_shown(value)]
    values.sort(key=_place)
    return tuple(_seen(projection, each) for each in values)


def _place(value: AlertThere) -> tuple[bool, bool, int, str]:
    return value.acknowledged_ms is not None, value.is_over, -value.raised_ms, value.alert_id


def _seen(projection: Projection, value: AlertThere) -> AlertToldSeen:
    message = projection.messages.durable(value.message_key)
    acknowledged_ms = value.acknowledged_ms
    return AlertToldSeen(
        node=value.peer,
        party=value.party,
        object_id=value.object_id,
        filed_ms=value.filed_ms,
        identification=_identification(projection, value),
        alert=value.alert,
        number=value.number,
        raised_at=moment_from_ms(value.raised_ms),
        is_over=value.is_over,
        is_self_report=value.is_self_report,
        is_recorded=value.is_recorded,
        message_key=value.message_key,
        message=None if message is None else message.state,
        acknowledged_at=None if acknowledged_ms is None else moment_from_ms(acknowledged_ms),
        acknowledged_by=value.acknowledged_by,
    )


def _identification(projection: Projection, value: AlertThere) -> str | None:
    """What the aircraft is called, where its authority said so when it asked for the flight or told of it."""
    name = crossings.key_of(value.peer, value.object_id, value.filed_ms)
    flight = projection.crossings.durable(name)
    contents = [] if flight is None else [each.content for each in flight.asked]
    if flight is not None and flight.told is not None and flight.told.content is not None:
        contents.append(flight.told.content)
    return next((each.plan.identification for each in contents if each.plan is not None), None)


def told_of(projection: Projection, value: Alert, *, viewer: str) -> tuple[SaidSeen, ...]:
    """How far it came at each authority that was told; nothing for another party than the node's own."""
    telling = projection.alert_tellings.durable(alert_key(value.kind, value.subject))
    if telling is None or viewer != projection.party:
        return ()
    found = (
        ladders.said(projection, each.authority, telling_alerts.errand_id(telling, each))
        for each in telling.to
    )
    return tuple(each for each in found if each is not None)
