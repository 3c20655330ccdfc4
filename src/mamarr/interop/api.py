"""The messages of our own HTTP interface: SI units, the unit last; degrees; times with a zone."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from mamarr.airspace import reservations
from mamarr.engine import Answer, Picture
from mamarr.faults import Refusal, invariant, present
from mamarr.geometry import Box
from mamarr.geometry.units import (
    deg_from_e7deg,
    e7deg_from_deg,
    epoch_ms,
    m_from_mm,
    mm_from_m,
    moment_from_ms,
)
from mamarr.interop.wire import built
from mamarr.names import OBJECT_ID, Mode

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Altitude = Annotated[float, msgspec.Meta(ge=-1_000, le=100_000)]
Contact = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
StatusAction = Literal["PEND", "ACTIVATE", "REPORT_IN_USE", "REPORT_NOT_IN_USE", "DEACTIVATE"]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


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
    """Ask for a box of sky. contact: whom to ask about it; shown to your own party only, erasable."""

    volume: BoxMessage
    contact: Contact | None = None


class DoneMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked is decided and durable. receipt: base64 of the leaf hash of the entry that proves it."""

    receipt: str


class ReservationMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A held box as the viewer may see it."""

    reservation_id: str
    holder: str
    mine: bool
    volume: BoxMessage
    contact: str | None = None
    status: reservations.Status
    is_overrun: bool
    actions: tuple[reservations.Action, ...]


class StatusReportMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Report or announce the real-time status of an own reservation."""

    action: StatusAction


class PictureMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The sky as the viewer may see it. is_cut: more is held than was sent."""

    mode: Mode
    node_id: str
    authority: str
    at: Moment
    party: str
    read_only: bool
    is_cut: bool
    reservations: list[ReservationMessage]


class CodeMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The single-use code from the link that the node printed."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class SessionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, and where."""

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
    volume = box(message.volume, at="$.volume")
    at = "$.contact" if OBJECT_ID.fullmatch(reservation_id) else "path:reservation_id"
    return built(
        at,
        lambda: reservations.Reserve(reservation_id=reservation_id, volume=volume, contact=message.contact),
    )


def release(reservation_id: str) -> reservations.Release:
    """The command that gives `reservation_id` back; WireError when that is no id."""
    return built("path:reservation_id", lambda: reservations.Release(reservation_id=reservation_id))


def status(reservation_id: str, message: StatusReportMessage) -> reservations.Command:
    """The command in a message about the status; WireError when `reservation_id` is no id."""

    def build() -> reservations.Command:
        match message.action:
            case "PEND":
                return reservations.Pend(reservation_id=reservation_id)
            case "ACTIVATE":
                return reservations.Activate(reservation_id=reservation_id)
            case "REPORT_IN_USE" | "REPORT_NOT_IN_USE":
                in_use = message.action == "REPORT_IN_USE"
                return reservations.ReportUse(reservation_id=reservation_id, is_in_use=in_use)
            case "DEACTIVATE":
                return reservations.Deactivate(reservation_id=reservation_id)

    return built("path:reservation_id", build)


def done(answer: Answer) -> DoneMessage:
    """The message for an answer that is not a refusal."""
    invariant(not isinstance(answer.outcome, Refusal), "a refusal is a problem, not a result")
    receipt = present(answer.receipt, "what was decided has an entry")
    return DoneMessage(receipt=b64encode(receipt).decode())


def picture_message(
    seen: Picture, *, mode: Mode, node_id: str, authority: str, read_only: bool
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
        reservations=[
            ReservationMessage(
                reservation_id=each.reservation_id,
                holder=each.holder,
                mine=each.mine,
                volume=box_message(each.volume),
                contact=each.contact,
                status=each.status,
                is_overrun=each.is_overrun,
                actions=each.actions,
            )
            for each in seen.reservations
        ],
    )
