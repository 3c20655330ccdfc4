"""Positions of aircraft, as F3548-21 has them: as their users send them, and as other USSs are told."""

from typing import Annotated, Literal

import msgspec

from mamarr.faults import WireError
from mamarr.geometry.units import mm_from_m, mm_from_nm
from mamarr.interop.f3548.instants import read_instant
from mamarr.interop.f3548.requests import AltitudeMessage, Latitude, Longitude, TimeMessage
from mamarr.interop.f3548.uss_writing import E9_PER_DEG, Object, altitude_of, time_of
from mamarr.interop.wire import built, decoded
from mamarr.operations import Position
from mamarr.operations.planning import CLOCK_ERROR_US
from mamarr.operations.positions import SPEED_MAX_MPS

POSITIONS_MAX = 100  # chosen: of one request; as many as come in a minute and more
TRACK_UNKNOWN_DEG = 360.0  # F3548-21, Velocity

HORIZONTAL_MM = {  # F3548-21, PositionAccuracyHorizontal: NACp of ADS-B, and 1 m; at most so wrong
    "HA10NM": mm_from_nm(10),
    "HA4NM": mm_from_nm(4),
    "HA2NM": mm_from_nm(2),
    "HA1NM": mm_from_nm(1),
    "HA05NM": mm_from_nm(0.5),
    "HA03NM": mm_from_nm(0.3),
    "HA01NM": mm_from_nm(0.1),
    "HA005NM": mm_from_nm(0.05),
    "HA30m": mm_from_m(30),
    "HA10m": mm_from_m(10),
    "HA3m": mm_from_m(3),
    "HA1m": mm_from_m(1),
}
VERTICAL_MM = {  # F3548-21, PositionAccuracyVertical: GVA of ADS-B, and finer; VA150mPlus: see below
    "VA150m": mm_from_m(150),
    "VA45m": mm_from_m(45),
    "VA25m": mm_from_m(25),
    "VA10m": mm_from_m(10),
    "VA3m": mm_from_m(3),
    "VA1m": mm_from_m(1),
}
UNKNOWN_HORIZONTAL, UNKNOWN_VERTICAL = "HAUnknown", "VAUnknown"
NOWHERE = "HA10NMPlus"  # says nothing of where an aircraft is
BEYOND_VERTICAL, BEYOND_VERTICAL_MM = "VA150mPlus", mm_from_m(1_000)  # chosen: it has no end
HORIZONTAL_NAMES = {value: name for name, value in HORIZONTAL_MM.items()}
VERTICAL_NAMES = {
    value: name for name, value in (VERTICAL_MM | {BEYOND_VERTICAL: BEYOND_VERTICAL_MM}).items()
}

AccuracyHorizontal = Literal[
    "HAUnknown",
    "HA10NMPlus",
    "HA10NM",
    "HA4NM",
    "HA2NM",
    "HA1NM",
    "HA05NM",
    "HA03NM",
    "HA01NM",
    "HA005NM",
    "HA30m",
    "HA10m",
    "HA3m",
    "HA1m",
]
AccuracyVertical = Literal["VAUnknown", "VA150mPlus", "VA150m", "VA45m", "VA25m", "VA10m", "VA3m", "VA1m"]


class PositionMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an aircraft was. Accuracies: needed where it is extrapolated."""

    longitude: Longitude
    latitude: Latitude
    altitude: AltitudeMessage
    accuracy_h: AccuracyHorizontal | None = None
    accuracy_v: AccuracyVertical | None = None
    extrapolated: bool | None = None


class VelocityMessage(
    msgspec.Struct, frozen=True, kw_only=True, rename={"speed_mps": "speed", "track_deg": "track"}
):
    """How it moved over the ground. track: from true north; 360 where nobody knows."""

    speed_mps: Annotated[float, msgspec.Meta(ge=0, le=SPEED_MAX_MPS)]
    units_speed: Literal["MetersPerSecond"]
    track_deg: Annotated[float, msgspec.Meta(ge=0, le=TRACK_UNKNOWN_DEG)] | None = None


class TelemetryMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an aircraft was at an instant, and how it moved."""

    time_measured: TimeMessage
    position: PositionMessage
    velocity: VelocityMessage | None = None


class PositionsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Positions of the aircraft of one flight, in any order."""

    positions: Annotated[tuple[TelemetryMessage, ...], msgspec.Meta(min_length=1, max_length=POSITIONS_MAX)]


class PositionsKeptMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The last positions of the aircraft of one flight, the newest last."""

    positions: tuple[TelemetryMessage, ...]


class TakenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What came of positions. taken: so many; older: so many were no newer than one that is known."""

    taken: int
    older: int


class TelemetryToldMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last position of an aircraft that is not as meant. next_telemetry_opportunity: of the next."""

    operational_intent_id: str
    telemetry: TelemetryMessage
    next_telemetry_opportunity: TimeMessage | None = None


def positions(body: bytes, now_us: int) -> tuple[Position, ...]:
    """The positions of a request, the first first; WireError says what is wrong, where."""
    message = decoded(PositionsMessage, body)
    found = [
        _position(f"$.positions[{number}]", each, now_us) for number, each in enumerate(message.positions)
    ]
    return tuple(sorted(found, key=lambda each: each.time_us))


def _position(at: str, message: TelemetryMessage, now_us: int) -> Position:
    where, velocity = message.position, message.velocity
    time_us = read_instant(f"{at}.time_measured.value", message.time_measured.text)
    if time_us > now_us + CLOCK_ERROR_US:
        raise WireError("the time is in the future", at=f"{at}.time_measured.value")
    if where.extrapolated and (where.accuracy_h is None or where.accuracy_v is None):
        name = "accuracy_h" if where.accuracy_h is None else "accuracy_v"
        raise WireError(f"{name} is missing", at=f"{at}.position.{name}", code="FIELD_REQUIRED")
    if where.accuracy_h == NOWHERE:
        what = "a position that is wrong by more than 10 nautical miles says nowhere"
        raise WireError(what, at=f"{at}.position.accuracy_h")
    track_deg = None if velocity is None else velocity.track_deg
    return built(
        at,
        lambda: Position(
            time_us=time_us,
            latitude_e9deg=round(where.latitude * E9_PER_DEG),
            longitude_e9deg=round(where.longitude * E9_PER_DEG),
            altitude_mm=mm_from_m(where.altitude.altitude_m),
            accuracy_horizontal_mm=HORIZONTAL_MM.get(where.accuracy_h or ""),
            accuracy_vertical_mm=_vertical_mm(where.accuracy_v),
            ground_speed_mps=None if velocity is None else velocity.speed_mps,
            track_deg=None if track_deg == TRACK_UNKNOWN_DEG else track_deg,
            is_extrapolated=bool(where.extrapolated),
        ),
    )


def _vertical_mm(accuracy: AccuracyVertical | None) -> int | None:
    return BEYOND_VERTICAL_MM if accuracy == BEYOND_VERTICAL else VERTICAL_MM.get(accuracy or "")


def telemetry(position: Position) -> Object:
    """A position, as the standard has it."""
    said: Object = {
        "time_measured": time_of(position.time_us),
        "position": {
            "longitude": position.longitude_e9deg / E9_PER_DEG,
            "latitude": position.latitude_e9deg / E9_PER_DEG,
            "accuracy_h": HORIZONTAL_NAMES.get(position.accuracy_horizontal_mm or 0, UNKNOWN_HORIZONTAL),
            "accuracy_v": VERTICAL_NAMES.get(position.accuracy_vertical_mm or 0, UNKNOWN_VERTICAL),
            "extrapolated": position.is_extrapolated,
            "altitude": altitude_of(position.altitude_mm),
        },
    }
    if position.ground_speed_mps is not None:
        said["velocity"] = {
            "speed": position.ground_speed_mps,
            "units_speed": "MetersPerSecond",
            "track": TRACK_UNKNOWN_DEG if position.track_deg is None else position.track_deg,
        }
    return said


def told(entity_id: str, position: Position, next_us: int | None) -> Object:
    """What another USS is told of an aircraft. next_us: when the next position is to be expected."""
    said: Object = {"operational_intent_id": entity_id, "telemetry": telemetry(position)}
    if next_us is not None:
        said["next_telemetry_opportunity"] = time_of(next_us)
    return said
