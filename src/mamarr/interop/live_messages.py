"""The messages about what is seen: tracks, alerts, feeds. SI units, the unit last; degrees."""

from typing import Annotated

import msgspec

from mamarr.coordination import MessageState, told_alerts
from mamarr.coordination.told_alerts import AcknowledgeAlertTold
from mamarr.engine import AlertSeen, FeedSeen, TrackSeen
from mamarr.engine.warned import AlertToldSeen
from mamarr.engine.watch import AlertAction
from mamarr.faults import WireError
from mamarr.flights.errands import NUMBER_MAX
from mamarr.geometry import Datum, footprints
from mamarr.geometry.units import deg_from_e7deg, m_from_mm, moment_from_ms, s_from_ms
from mamarr.interop.flight_messages import SaidMessage, said_message
from mamarr.interop.forms import PARTY_ID_FORM, Moment, a_moment_ms, an_id
from mamarr.interop.wire import built, matching
from mamarr.names import PARTY_ID
from mamarr.surveillance import AlertStatus, AlertType, FeedNote, FeedState, Standing
from mamarr.surveillance.alerts import AcknowledgeAlert
from mamarr.surveillance.correlation import Evidence

SEPARATOR = "."  # between the kind of an alert, which has none, and the flight's id


class TrackMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A track as the viewer may see it: what a source said last, never a prediction.

    track_id: opaque. label: the identification of the flight that it is; None unless standing is CLAIMED or
    CORROBORATED. altitude_m: above altitude_datum (STD: pressure altitude, 1013.25 hPa). age_s: of the
    position. history_deg: earlier places, oldest first, each latitude and longitude. icao_address,
    callsign: what the aircraft says of itself, shown to the node's own party only; no identification.
    """

    track_id: str
    label: str | None
    flight_id: str | None
    standing: Standing
    evidence: list[Evidence]
    source: str
    is_recorded: bool
    is_self_report: bool
    is_implausible: bool
    latitude_deg: float
    longitude_deg: float
    altitude_m: float | None
    altitude_datum: Datum | None
    ground_speed_mps: float | None
    track_deg: float | None
    vertical_rate_mps: float | None
    age_s: float
    history_deg: list[list[float]]
    icao_address: str | None
    callsign: str | None


class AlertMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A warning as the viewer may see it, with what was measured when it began. No advice is ever in it.

    lateral_m: right of the line positive. longitudinal_m: ahead of the plan positive. late_s: later than
    planned positive. vertical_m: above the block of levels positive. measured_at: time of that report.
    latitude_deg, longitude_deg, track_id: None where the viewer may not know them. note: what must be told
    with it. told: how far it came at each authority that was told of it.
    """

    alert_id: str
    kind: AlertType
    flight_id: str
    status: AlertStatus
    raised_at: Moment
    raised_count: int
    is_escalated: bool
    acknowledged_by: str | None
    acknowledged_party: str | None
    measured_at: Moment
    standing: str
    is_self_report: bool
    is_recorded: bool
    lateral_m: float
    longitudinal_m: float | None
    late_s: float
    vertical_m: float | None
    latitude_deg: float | None
    longitude_deg: float | None
    track_id: str | None
    actions: list[AlertAction]
    note: FeedNote | None = None
    told: list[SaidMessage] = []


class AlertToldMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A warning about a flight of another authority's, which told of it. No measurement is in it.

    node, object_id, filed_ms, alert: what stands in the address of an acknowledgement. authority: who told.
    identification: null where this authority may not know it. number: which word of it this is. message: the
    key of the message that told it; state: how far that is, null where it is kept no more.
    """

    node: str
    object_id: str
    filed_ms: int
    alert: AlertType
    authority: str
    identification: str | None
    number: int
    raised_at: Moment
    is_over: bool
    is_self_report: bool
    is_recorded: bool
    message: str
    state: MessageState | None
    acknowledged_at: Moment | None
    acknowledged_by: str | None


class AcknowledgeToldMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person has seen an alert that another authority told of. number: which word was seen, as the picture
    gave it."""

    number: Annotated[int, msgspec.Meta(ge=1, le=NUMBER_MAX)]


class FeedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a source of reports speaks. tracks_count: of those the viewer may see; None: nobody knows.

    age_s: since it last spoke, None when it never did. is_recorded: what it says did not happen now.
    note: what must be told with all that it says.
    """

    feed_id: str
    state: FeedState
    age_s: float | None
    tracks_count: int | None
    is_recorded: bool
    note: FeedNote | None = None


class AcknowledgeMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person has seen an alert. raised_count: which beginning was seen, as the picture gave it."""

    raised_count: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


def alert_id(kind: AlertType, subject: str) -> str:
    """The id of an alert in addresses; `acknowledge` reads it."""
    return f"{kind.value}{SEPARATOR}{subject}"


def acknowledge(named: str, message: AcknowledgeMessage) -> AcknowledgeAlert:
    """The command in a message about the alert `named`; WireError when that is no id of an alert."""
    kind, _, subject = named.partition(SEPARATOR)
    if kind not in list(AlertType):
        allowed = f"one of {', '.join(AlertType)}, a dot and a flight id"
        raise WireError("there is no such kind of alert", at="path:alert_id", allowed=allowed)
    return built(
        "path:alert_id",
        lambda: AcknowledgeAlert(kind=AlertType(kind), subject=subject, raised_count=message.raised_count),
    )


def acknowledge_told(
    node: str, object_id: str, filed: str, alert: str, message: AcknowledgeToldMessage
) -> AcknowledgeAlertTold:
    """The command in a message about an alert that another authority told of; WireError when the address
    names none."""
    matching("path:node", node, PARTY_ID, PARTY_ID_FORM)
    an_id("path:object_id", object_id)
    filed_ms = a_moment_ms("path:filed", filed)
    if alert not in list(AlertType):
        allowed = ", ".join(AlertType)
        raise WireError("there is no such kind of alert", at="path:alert", allowed=allowed)
    name = told_alerts.key_of(node, object_id, filed_ms, AlertType(alert))
    return AcknowledgeAlertTold(alert_id=name, number=message.number)


def alert_told_message(seen: AlertToldSeen) -> AlertToldMessage:
    """The message that says an alert that another authority told of."""
    return AlertToldMessage(
        node=seen.node,
        object_id=seen.object_id,
        filed_ms=seen.filed_ms,
        alert=seen.alert,
        authority=seen.party,
        identification=seen.identification,
        number=seen.number,
        raised_at=seen.raised_at,
        is_over=seen.is_over,
        is_self_report=seen.is_self_report,
        is_recorded=seen.is_recorded,
        message=seen.message_key,
        state=seen.message,
        acknowledged_at=seen.acknowledged_at,
        acknowledged_by=seen.acknowledged_by,
    )


def track_message(seen: TrackSeen) -> TrackMessage:
    """The message that says a track as it may be seen."""
    return TrackMessage(
        track_id=seen.track_id,
        label=seen.label,
        flight_id=seen.flight_id,
        standing=seen.standing,
        evidence=list(seen.evidence),
        source=seen.source_id,
        is_recorded=seen.is_recorded,
        is_self_report=seen.is_self_report,
        is_implausible=seen.is_implausible,
        latitude_deg=deg_from_e7deg(seen.latitude_e7deg),
        longitude_deg=deg_from_e7deg(seen.longitude_e7deg),
        altitude_m=None if seen.altitude_mm is None else m_from_mm(seen.altitude_mm),
        altitude_datum=seen.datum,
        ground_speed_mps=seen.ground_speed_mps,
        track_deg=seen.track_deg,
        vertical_rate_mps=seen.vertical_rate_mps,
        age_s=s_from_ms(seen.age_ms),
        history_deg=[
            [deg_from_e7deg(value) for value in place] for place in footprints.unpacked(seen.history)
        ],
        icao_address=seen.icao_address,
        callsign=seen.callsign,
    )


def alert_message(seen: AlertSeen) -> AlertMessage:
    """The message that says an alert as it may be seen."""
    alert, measured = seen.alert, seen.alert.measured
    return AlertMessage(
        alert_id=alert_id(alert.kind, alert.subject),
        kind=alert.kind,
        flight_id=alert.subject,
        status=alert.status,
        raised_at=seen.raised_at,
        raised_count=alert.raised_count,
        is_escalated=alert.is_escalated,
        acknowledged_by=alert.acknowledged_by,
        acknowledged_party=alert.acknowledged_party,
        measured_at=moment_from_ms(measured.time_ms),
        standing=measured.standing,
        is_self_report=measured.is_self_report,
        is_recorded=measured.is_recorded,
        lateral_m=m_from_mm(measured.lateral_mm),
        longitudinal_m=None if measured.longitudinal_mm is None else m_from_mm(measured.longitudinal_mm),
        late_s=s_from_ms(measured.late_ms),
        vertical_m=None if measured.vertical_mm is None else m_from_mm(measured.vertical_mm),
        latitude_deg=deg_from_e7deg(measured.latitude_e7deg) if seen.is_placed else None,
        longitude_deg=deg_from_e7deg(measured.longitude_e7deg) if seen.is_placed else None,
        track_id=seen.track_id,
        actions=list(seen.actions),
        note=seen.note,
        told=[said_message(each) for each in seen.told],
    )


def feed_message(seen: FeedSeen) -> FeedMessage:
    """The message that says a feed as it may be seen."""
    return FeedMessage(
        feed_id=seen.feed_id,
        state=seen.state,
        age_s=None if seen.age_ms is None else s_from_ms(seen.age_ms),
        tracks_count=seen.tracks_count,
        is_recorded=seen.is_recorded,
        note=seen.note,
    )
