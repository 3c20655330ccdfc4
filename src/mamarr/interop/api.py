"""The messages of our own HTTP interface: SI units, the unit last; degrees; times with a zone."""

from typing import Annotated, Literal

import msgspec

from mamarr.airspace import reservations
from mamarr.engine import Answer, AttemptsSeen, Picture, ReservationSeen, Watching
from mamarr.faults import InvariantError, Refusal, WireError, invariant, present
from mamarr.geometry import Box
from mamarr.geometry.units import (
    deg_from_e7deg,
    e7deg_from_deg,
    epoch_ms,
    m_from_mm,
    mm_from_m,
    moment_from_ms,
)
from mamarr.interop import regions
from mamarr.interop.coordination_messages import (
    CrossingMessage,
    LineMessage,
    crossing_message,
    line_message,
)
from mamarr.interop.disclosure_messages import (
    OtherMessage,
    TouchedByMessage,
    TouchingMessage,
    other_message,
    touched_by_message,
    touching_message,
)
from mamarr.interop.flight_messages import (
    CoordinationMessage,
    FlightMessage,
    coordination_message,
    flight_message,
)
from mamarr.interop.forms import Altitude, Latitude, Longitude, Moment, a_text, an_id, receipt_text
from mamarr.interop.live_messages import (
    AlertMessage,
    AlertToldMessage,
    FeedMessage,
    TrackMessage,
    alert_message,
    alert_told_message,
    feed_message,
    track_message,
)
from mamarr.interop.regions import MovementMessage, RegionMessage, Regions
from mamarr.interop.suspension_messages import SuspensionMessage, suspension_message
from mamarr.interop.wire import built
from mamarr.names import Mode

Contact = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
StatusAction = Literal["ACCEPT", "PEND", "ACTIVATE", "REPORT_IN_USE", "REPORT_NOT_IN_USE", "DEACTIVATE"]


class BoxMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A box of sky. West greater than east crosses the antimeridian; altitudes above the WGS-84 ellipsoid."""

    latitude_south_deg: Latitude
    latitude_north_deg: Latitude
    longitude_west_deg: Longitude
    longitude_east_deg: Longitude
    altitude_lower_m: Altitude
    altitude_upper_m: Altitude
    time_start: Moment
    time_end: Moment


class ReserveMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask for sky: exactly one of volume (a box), regions and movement.

    contact: whom to ask about it; shown to your own party only, erasable. user_keeps_clear: its user promises
    to keep the whole minimum from its edge, so that others may come up to the edge; silence is no promise.
    waits: queue when the sky is not free. provisional: earmark the sky only; ACCEPT it before it lapses.
    """

    volume: BoxMessage | None = None
    contact: Contact | None = None
    regions: Regions | None = None
    movement: MovementMessage | None = None
    user_keeps_clear: bool = False
    waits: bool = False
    provisional: bool = False


class DoneMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked is decided and durable. receipt: base64 of the leaf hash of the entry that proves it."""

    receipt: str


class ReservedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The sky is reserved, earmarked or waited for, or other authorities are asked for it.

    receipt: as of what is done. asked_of: who is asked; until all have confirmed, it is earmarked at most.
    """

    receipt: str
    asked_of: list[str]


class ReservationMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation as the viewer may see it: a box, regions, or a movement.

    What a movement passes over follows from it and is not repeated as regions. phase: where the plan stands;
    what is IN_QUEUE holds nothing yet. lapses_at: of an earmark, when it is over unless accepted. touching:
    what it came too near to when it overran, as far as the viewer may know it by name. coordination: null
    where no other authority was asked or told, or where that is not the viewer's to know.
    """

    reservation_id: str
    holder: str
    mine: bool
    volume: BoxMessage | None
    contact: str | None = None
    status: reservations.Status
    is_overrun: bool
    actions: tuple[reservations.Action, ...]
    regions: list[RegionMessage]
    movement: MovementMessage | None
    user_keeps_clear: bool
    phase: reservations.Phase
    lapses_at: Moment | None
    touching: list[TouchingMessage]
    touched_by: list[TouchedByMessage]
    coordination: CoordinationMessage | None


class StatusReportMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Report or announce the real-time status of an own reservation, or accept what is earmarked."""

    action: StatusAction


class AttemptsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A party that asked often within the hour for what it gave up again unused, or may not know of.

    Told to the party of the node, from half of what a party may (`given_up_max` of the terms) on. count: how
    often since `since`. free_at: when it may ask again; null while it may.
    """

    party: str
    count: int
    count_max: int
    since: Moment
    free_at: Moment | None


class PictureMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The sky as the viewer may see it. is_cut: more is held or seen than was sent.

    imposed: what is not free without anybody's having asked for it, the viewer's own too.
    airspace_revision: another number when what is declared may be other than before: ask for it again.
    attempts: who asked often in vain; crossings: what other authorities ask, what is to be answered first at
    the front, and what is held for them; lines: to other authorities' nodes; alerts_told: what they warn of;
    suspensions: who has the agreement with them suspended; for the party of the node only.
    live: whether somebody watches. When DOWN, the tracks are the last ones known, with their age; that there
    are none means nothing then.
    """

    mode: Mode
    node_id: str
    authority: str
    at: Moment
    party: str
    read_only: bool
    is_cut: bool
    reservations: list[ReservationMessage]
    flights: list[FlightMessage]
    others: list[OtherMessage]
    imposed: list[OtherMessage]
    airspace_revision: int
    live: Watching
    tracks: list[TrackMessage]
    alerts: list[AlertMessage]
    feeds: list[FeedMessage]
    attempts: list[AttemptsMessage]
    crossings: list[CrossingMessage]
    lines: list[LineMessage]
    alerts_told: list[AlertToldMessage]
    suspensions: list[SuspensionMessage]


class CodeMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The single-use code from the link that the node printed."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class SessionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, and where. has_account: whether the person has an account, and so may have keys."""

    person: str
    has_account: bool
    party: str
    authority: str
    node_id: str
    mode: Mode


def box(message: BoxMessage, *, at: str) -> Box:
    """The volume in a message that stands at the JSON path `at`; WireError when it is no box."""
    return built(
        at,
        lambda: Box(
            latitude_south_e7deg=e7deg_from_deg(message.latitude_south_deg),
            latitude_north_e7deg=e7deg_from_deg(message.latitude_north_deg),
            longitude_west_e7deg=e7deg_from_deg(message.longitude_west_deg),
            longitude_east_e7deg=e7deg_from_deg(message.longitude_east_deg),
            altitude_lower_mm=mm_from_m(message.altitude_lower_m),
            altitude_upper_mm=mm_from_m(message.altitude_upper_m),
            time_start_ms=epoch_ms(message.time_start),
            time_end_ms=epoch_ms(message.time_end),
        ),
    )


def box_message(volume: Box) -> BoxMessage:
    """The message that says `volume`."""
    return BoxMessage(
        latitude_south_deg=deg_from_e7deg(volume.latitude_south_e7deg),
        latitude_north_deg=deg_from_e7deg(volume.latitude_north_e7deg),
        longitude_west_deg=deg_from_e7deg(volume.longitude_west_e7deg),
        longitude_east_deg=deg_from_e7deg(volume.longitude_east_e7deg),
        altitude_lower_m=m_from_mm(volume.altitude_lower_mm),
        altitude_upper_m=m_from_mm(volume.altitude_upper_mm),
        time_start=moment_from_ms(volume.time_start_ms),
        time_end=moment_from_ms(volume.time_end_ms),
    )


def reserve(reservation_id: str, message: ReserveMessage) -> reservations.Reserve:
    """The command in a message; WireError when its parts do not fit."""
    given = [part for part in (message.volume, message.regions, message.movement) if part is not None]
    if len(given) != 1:
        raise WireError(
            "what is asked for is not one thing", allowed="exactly one of volume, regions, movement"
        )
    if message.regions == []:
        raise WireError("there is no region", at="$.regions", allowed=f"1 to {reservations.REGIONS_MAX}")
    volume = None if message.volume is None else box(message.volume, at="$.volume")
    parts = tuple(
        regions.region(part, at=f"$.regions[{index}]") for index, part in enumerate(message.regions or ())
    )
    moved = None if message.movement is None else regions.movement(message.movement, at="$.movement")
    an_id("path:reservation_id", reservation_id)
    a_text("$.contact", message.contact)
    return built(
        "$",
        lambda: reservations.Reserve(
            reservation_id=reservation_id,
            volume=volume,
            contact=message.contact,
            regions=parts,
            movement=moved,
            user_keeps_clear=message.user_keeps_clear,
            waits=message.waits,
            provisional=message.provisional,
        ),
    )


def release(reservation_id: str) -> reservations.Release:
    """The command that gives `reservation_id` back; WireError when that is no id."""
    an_id("path:reservation_id", reservation_id)
    return reservations.Release(reservation_id=reservation_id)


def status(reservation_id: str, message: StatusReportMessage) -> reservations.Command:
    """The command in a message about the status; WireError when `reservation_id` is no id."""
    an_id("path:reservation_id", reservation_id)
    match message.action:
        case "ACCEPT":
            return reservations.Accept(reservation_id=reservation_id)
        case "PEND":
            return reservations.Pend(reservation_id=reservation_id)
        case "ACTIVATE":
            return reservations.Activate(reservation_id=reservation_id)
        case "REPORT_IN_USE" | "REPORT_NOT_IN_USE":
            in_use = message.action == "REPORT_IN_USE"
            return reservations.ReportUse(reservation_id=reservation_id, is_in_use=in_use)
        case "DEACTIVATE":
            return reservations.Deactivate(reservation_id=reservation_id)


def done(answer: Answer) -> DoneMessage:
    """The message for an answer that is not a refusal."""
    invariant(not isinstance(answer.outcome, Refusal), "a refusal is a problem, not a result")
    return DoneMessage(receipt=receipt_text(present(answer.receipt, "what was decided has an entry")))


def reserved(answer: Answer) -> ReservedMessage:
    """The message for a reservation that was asked for and not refused."""
    if isinstance(answer.outcome, Refusal):
        raise InvariantError("a refusal is a problem, not a result")
    asked_of = (
        event.coordination.filing.asked_of
        for event in answer.outcome
        if isinstance(event, reservations.ReservationCoordinated)
    )
    return ReservedMessage(receipt=done(answer).receipt, asked_of=list(next(asked_of, ())))


def picture_message(
    seen: Picture, *, mode: Mode, node_id: str, authority: str, read_only: bool, airspace_revision: int
) -> PictureMessage:
    """The message that says `seen`, with where it was seen."""
    return PictureMessage(
        mode=mode,
        node_id=node_id,
        authority=authority,
        at=seen.at,
        party=seen.party,
        read_only=read_only,
        is_cut=seen.is_cut,
        reservations=[_reservation_message(each) for each in seen.reservations],
        flights=[flight_message(each) for each in seen.flights],
        others=[other_message(each) for each in seen.others],
        imposed=[other_message(each) for each in seen.imposed],
        airspace_revision=airspace_revision,
        live=seen.live,
        tracks=[track_message(each) for each in seen.tracks],
        alerts=[alert_message(each) for each in seen.alerts],
        feeds=[feed_message(each) for each in seen.feeds],
        attempts=[_attempts_message(each) for each in seen.attempts],
        crossings=[crossing_message(each) for each in seen.crossings],
        lines=[line_message(each) for each in seen.lines],
        alerts_told=[alert_told_message(each) for each in seen.alerts_told],
        suspensions=[suspension_message(each) for each in seen.suspensions],
    )


def _attempts_message(seen: AttemptsSeen) -> AttemptsMessage:
    return AttemptsMessage(
        party=seen.party, count=seen.count, count_max=seen.count_max, since=seen.since, free_at=seen.free_at
    )


def _reservation_message(seen: ReservationSeen) -> ReservationMessage:
    return ReservationMessage(
        reservation_id=seen.reservation_id,
        holder=seen.holder,
        mine=seen.mine,
        volume=None if seen.volume is None else box_message(seen.volume),
        contact=seen.contact,
        status=seen.status,
        is_overrun=seen.is_overrun,
        actions=seen.actions,
        regions=[regions.region_message(each) for each in seen.regions] if seen.movement is None else [],
        movement=None if seen.movement is None else regions.movement_message(seen.movement),
        user_keeps_clear=seen.user_keeps_clear,
        phase=seen.phase,
        lapses_at=seen.lapses_at,
        touching=[touching_message(each) for each in seen.touching],
        touched_by=[touched_by_message(each) for each in seen.touched_by],
        coordination=coordination_message(seen, seen.coordination),
    )
