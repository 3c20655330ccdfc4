"""Alerts: a warning from the moment its condition holds until it is over and somebody has said "seen".

One alert for each kind and subject. A rule of the node raises and clears it, a person acknowledges it; both
must happen before it goes. What is over but was not seen by anybody stays, shown as RECTIFIED_UNACK. A
warning carries measurements and no advice: no manoeuvre is ever in it (THREATS 9). Whether a condition holds
is decided with hysteresis in `conformance`; here a flapping one is still one alert, with a count.

The states follow the habit of ships' bridge alerts (active or rectified, acknowledged or not); that standard
itself was not read, so the names are our choice.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.faults import InvariantError, Reason, Refusal, invariant, limit_reached, present, unreachable
from mamarr.geometry.units import epoch_ms
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.names import OBJECT_ID, AlertType, Author, Personal, matched

ALERTS_MAX = 10_000  # chosen: far beyond what anybody reads; bounds what broken feeds can fill
CONCERNED_MAX = 64  # chosen: parties one alert can concern
ESCALATED_AFTER_MS = 60_000  # chosen: a minute unseen is too long at a position that is staffed

# What it is


class AlertStatus(StrEnum):
    """Where an alert is in its life. NORMAL: there is none."""

    ACTIVE_UNACK = "ACTIVE_UNACK"
    ACTIVE_ACK = "ACTIVE_ACK"
    RECTIFIED_UNACK = "RECTIFIED_UNACK"
    NORMAL = "NORMAL"


class Measured(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen when the condition began, in whole numbers; signs as in `conformance`.

    track: the track's key. time_ms: of the report. standing: how well the track's claim to be the flight
    stood. is_self_report: only the aircraft itself says so. is_recorded: it does not happen now.
    """

    track: str
    time_ms: int
    latitude_e7deg: int
    longitude_e7deg: int
    standing: str
    lateral_mm: int
    late_ms: int
    longitudinal_mm: int | None = None
    vertical_mm: int | None = None
    is_self_report: bool = True
    is_recorded: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.time_ms <= TIME_LAST_MS:
            raise ValueError("time is outside the years 1970 to 2099")


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A warning of one kind about one subject, a flight's id.

    raised_count: how often its condition began since somebody last acknowledged it while it was over.
    raised_ms: when it last began. acknowledged_by, acknowledged_party: who saw it, while that holds.
    """

    kind: AlertType
    subject: str
    status: AlertStatus
    measured: Measured
    raised_ms: int
    raised_count: int = 1
    acknowledged_by: Personal = None
    acknowledged_party: str | None = None
    is_escalated: bool = False


def alert_key(kind: AlertType, subject: str) -> str:
    """The one name of an alert, for tables."""
    return f"{kind}/{subject}"


def status_of(value: Alert | None) -> AlertStatus:
    """The status, NORMAL when there is no alert."""
    return AlertStatus.NORMAL if value is None else value.status


# What may be asked


class _OfOne(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    kind: AlertType
    subject: str

    def __post_init__(self) -> None:
        matched("subject", self.subject, OBJECT_ID)


class RaiseAlert(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="raise-alert"):
    """The condition holds; asked by a rule of the node."""

    measured: Measured


class AcknowledgeAlert(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="acknowledge-alert"):
    """A person has seen it. raised_count: which beginning was seen; a later one is not."""

    raised_count: int


class EscalateAlert(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="escalate-alert"):
    """Nobody has acknowledged it for ESCALATED_AFTER_MS; asked by a rule of the node."""


class ClearAlert(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="clear-alert"):
    """The condition is over; asked by a rule of the node."""


Command = RaiseAlert | AcknowledgeAlert | EscalateAlert | ClearAlert


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert"):
    """What the decision may rest on; filled by `engine.facts`, kept in the entry.

    held: the alert of this kind and subject, if there is one. concerned: the parties whose duty it is, at
    most CONCERNED_MAX; only they may acknowledge it. alerts_count: how many there are.
    """

    held: Alert | None = None
    concerned: tuple[str, ...] = ()
    alerts_count: int = 0


# What may happen


class AlertRaised(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert-raised"):
    """The condition began."""

    kind: AlertType
    subject: str
    measured: Measured
    raised_ms: int


class AlertAcknowledged(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert-acknowledged"
):
    """A person of `party` has seen it."""

    kind: AlertType
    subject: str
    party: str
    person: Personal = None


class AlertEscalated(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert-escalated"):
    """Nobody saw it in time."""

    kind: AlertType
    subject: str


class AlertCleared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert-cleared"):
    """The condition ended."""

    kind: AlertType
    subject: str


Event = AlertRaised | AlertAcknowledged | AlertEscalated | AlertCleared


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer one command about one alert. Never raises; says no prose."""
    because = (command.subject,)
    if not _may(command, facts, author):
        # One answer for not-there and not-yours, so that subjects cannot be probed (THREATS 6).
        return Refusal(reason=Reason.NOT_THERE, because=because)
    if isinstance(command, RaiseAlert):
        return _raise(command, facts, now_ms=epoch_ms(now))
    held = present(facts.held, "looked at before")
    refused = _untimely(command, held, now_ms=epoch_ms(now))
    return (_event(command, author),) if refused is None else Refusal(reason=refused, because=because)


def _may(command: Command, facts: Facts, author: Author) -> bool:
    """Raising and ending are for a rule, acknowledging is for a party concerned and never for a rule."""
    if isinstance(command, RaiseAlert):
        return author.rule is not None
    if facts.held is None:
        return False
    if isinstance(command, AcknowledgeAlert):
        # The person's name may be erased from the record later; what was decided must not rest on it.
        return author.rule is None and author.party in facts.concerned
    return author.rule is not None


def _raise(command: RaiseAlert, facts: Facts, *, now_ms: int) -> tuple[AlertRaised, ...] | Refusal:
    if facts.held is not None and facts.held.status is not AlertStatus.RECTIFIED_UNACK:
        return Refusal(reason=Reason.WRONG_STATUS, because=(command.subject,))
    if facts.held is None and facts.alerts_count >= ALERTS_MAX:
        return limit_reached("alerts_max")
    raised = AlertRaised(
        kind=command.kind, subject=command.subject, measured=command.measured, raised_ms=now_ms
    )
    return (raised,)


def _untimely(command: Command, held: Alert, *, now_ms: int) -> Reason | None:
    """Why the status or the time does not allow `command`; None when they do."""
    match command:
        case AcknowledgeAlert(raised_count=count) if count != held.raised_count:
            return Reason.WRONG_STATUS
        case AcknowledgeAlert() if held.status is AlertStatus.ACTIVE_ACK:
            return Reason.WRONG_STATUS
        case EscalateAlert() if held.status is AlertStatus.ACTIVE_ACK or held.is_escalated:
            return Reason.WRONG_STATUS
        case EscalateAlert() if now_ms - held.raised_ms < ESCALATED_AFTER_MS:
            return Reason.NOT_YET
        case ClearAlert() if held.status is AlertStatus.RECTIFIED_UNACK:
            return Reason.WRONG_STATUS
        case _:
            return None


def _event(command: Command, author: Author) -> Event:
    kind, subject = command.kind, command.subject
    match command:
        case AcknowledgeAlert():
            return AlertAcknowledged(kind=kind, subject=subject, party=author.party, person=author.person)
        case EscalateAlert():
            return AlertEscalated(kind=kind, subject=subject)
        case ClearAlert():
            return AlertCleared(kind=kind, subject=subject)
        case _:
            raise InvariantError(f"{command} has its own way")


# How it changes


def evolve(value: Alert | None, event: Event) -> Alert | None:
    """The alert after `event`; None when all is NORMAL again. Stops when the two contradict each other."""
    if isinstance(event, AlertRaised):
        return _raised(value, event)
    before = present(value, f"{type(event).__name__} of what was not raised")
    match event:
        case AlertAcknowledged():
            invariant(before.status is not AlertStatus.ACTIVE_ACK, "acknowledged twice")
            if before.status is AlertStatus.RECTIFIED_UNACK:
                return None
            return msgspec.structs.replace(
                before,
                status=AlertStatus.ACTIVE_ACK,
                acknowledged_by=event.person,
                acknowledged_party=event.party,
                is_escalated=False,
            )
        case AlertEscalated():
            invariant(before.status is not AlertStatus.ACTIVE_ACK, "escalated though seen")
            return msgspec.structs.replace(before, is_escalated=True)
        case AlertCleared():
            invariant(before.status is not AlertStatus.RECTIFIED_UNACK, "cleared twice")
            if before.status is AlertStatus.ACTIVE_ACK:
                return None
            return msgspec.structs.replace(before, status=AlertStatus.RECTIFIED_UNACK)
        case _:
            unreachable(event)


def _raised(value: Alert | None, event: AlertRaised) -> Alert:
    if value is not None:
        invariant(value.status is AlertStatus.RECTIFIED_UNACK, "raised twice")
    return Alert(
        kind=event.kind,
        subject=event.subject,
        status=AlertStatus.ACTIVE_UNACK,
        measured=event.measured,
        raised_ms=event.raised_ms,
        raised_count=1 if value is None else value.raised_count + 1,
        is_escalated=value is not None and value.is_escalated,
    )
