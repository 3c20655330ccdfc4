"""Recorded trajectories to reports: JSON as the `traffic` library and pandas write it.

Two layouts: a list of records, or an object of columns (`{"latitude": {"0": 41.8, ...}, ...}`). Fields and
units as in xoolive/traffic: timestamp (when the row was made) and last_position (when the position was true)
in milliseconds since 1970-01-01T00:00:00Z or ISO 8601 with a zone; latitude and longitude in degrees;
altitude is pressure altitude, geoaltitude above the WGS-84 ellipsoid, both in feet; groundspeed in knots;
track in degrees, also negative; vertical_rate in feet a minute. Other columns are not looked at.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from mamarr.faults import WireError
from mamarr.geometry.geodesy import TURN_DEG
from mamarr.geometry.units import e7deg_from_deg, epoch_ms, mm_from_ft, mps_from_fpm, mps_from_kt
from mamarr.interop.wire import built, decoded
from mamarr.surveillance import Report

BODY_MAX_BYTES = 64_000_000  # chosen: a day of a busy region; the reader unpacks no more than this
RECORDS_MAX = 200_000  # chosen: the longest of the recordings at hand has 139,098


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it is written."""

    received_ms: int | float | str = msgspec.field(name="timestamp")
    icao24: str
    latitude_deg: float | None = msgspec.field(name="latitude", default=None)
    longitude_deg: float | None = msgspec.field(name="longitude", default=None)
    altitude_ft: float | None = msgspec.field(name="altitude", default=None)
    geoaltitude_ft: float | None = msgspec.field(name="geoaltitude", default=None)
    groundspeed_kt: float | None = msgspec.field(name="groundspeed", default=None)
    track_deg: float | None = msgspec.field(name="track", default=None)
    vertical_rate_fpm: float | None = msgspec.field(name="vertical_rate", default=None)
    callsign: str | None = None
    onground: bool | None = None
    position_ms: int | float | str | None = msgspec.field(name="last_position", default=None)


FIELDS = tuple(field.encode_name for field in msgspec.structs.fields(Row))


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording holds: its reports in the order of receipt, and how many records had no position."""

    reports: tuple[Report, ...]
    without_position_count: int


def decoded_recording(body: bytes, *, source_id: str) -> Recording:
    """The reports of a recording, as self-reports of the feed `source_id`, marked as recorded.

    body: JSON, UTF-8, unpacked already. A record without a position is counted and left out. WireError names
    the record and the field: for what is not JSON, larger than BODY_MAX_BYTES, longer than RECORDS_MAX, or
    out of range.
    """
    if len(body) > BODY_MAX_BYTES:
        raise WireError("the recording is too large", allowed=f"up to {BODY_MAX_BYTES} bytes")
    rows = _columns(body) if body.lstrip()[:1] == b"{" else _records(body)
    located = [
        (at, row) for at, row in rows if row.latitude_deg is not None and row.longitude_deg is not None
    ]
    reports = tuple(_report(at, row, source_id) for at, row in located)
    in_order = tuple(sorted(reports, key=lambda report: report.received_ms))
    return Recording(reports=in_order, without_position_count=len(rows) - len(located))


def moved(reports: Sequence[Report], by_ms: int) -> tuple[Report, ...]:
    """The same reports `by_ms` later, for a replay. ValueError when a time leaves the years 1970 to 2099."""
    return tuple(
        msgspec.structs.replace(
            report, time_ms=report.time_ms + by_ms, received_ms=report.received_ms + by_ms
        )
        for report in reports
    )


def _records(body: bytes) -> list[tuple[str, Row]]:
    rows = decoded(list[Row], body)
    _counted(len(rows))
    return [(f"$[{number}]", row) for number, row in enumerate(rows)]


def _columns(body: bytes) -> list[tuple[str, Row]]:
    table = decoded(dict[str, dict[str, Any]], body)
    first = table.get("timestamp")
    if first is None:
        raise WireError("there is no column `timestamp`", allowed="a list of records, or columns")
    _counted(len(first))
    columns = {name: table[name] for name in FIELDS if name in table}
    for name, column in columns.items():
        if column.keys() != first.keys():
            raise WireError("the column has other rows than `timestamp`", at=f"$.{name}")
    rows = []
    for index in first:
        fields = {name: column[index] for name, column in columns.items()}
        at = f"$[{index[:20]}]"
        try:
            rows.append((at, msgspec.convert(fields, Row)))
        except msgspec.ValidationError as wrong:
            what, _, field = str(wrong).partition(" - at `$")
            raise WireError(what, at=at + field.rstrip("`")) from wrong
    return rows


def _counted(count: int) -> None:
    if count > RECORDS_MAX:
        raise WireError(f"{count} records", allowed=f"up to {RECORDS_MAX}")


def _report(at: str, row: Row, source_id: str) -> Report:
    received_ms = _moment_ms(f"{at}.timestamp", row.received_ms)
    time_ms = received_ms
    if row.position_ms is not None:
        time_ms = _moment_ms(f"{at}.last_position", row.position_ms)
    latitude_deg, longitude_deg = row.latitude_deg or 0.0, row.longitude_deg or 0.0
    altitude_mm = _number(at, "altitude", row.altitude_ft)
    geometric_mm = _number(at, "geoaltitude", row.geoaltitude_ft)
    callsign = (row.callsign or "").strip() or None
    return built(
        at,
        lambda: Report(
            source_id=source_id,
            icao_address=row.icao24.strip().upper().zfill(6),
            callsign=callsign,
            latitude_e7deg=e7deg_from_deg(latitude_deg),
            longitude_e7deg=e7deg_from_deg(longitude_deg),
            time_ms=time_ms,
            received_ms=received_ms,
            altitude_pressure_mm=altitude_mm,
            altitude_wgs84_mm=geometric_mm,
            ground_speed_mps=None if row.groundspeed_kt is None else mps_from_kt(row.groundspeed_kt),
            track_deg=None if row.track_deg is None else row.track_deg % TURN_DEG,
            vertical_rate_mps=None if row.vertical_rate_fpm is None else mps_from_fpm(row.vertical_rate_fpm),
            is_on_ground=row.onground,
            is_self_report=True,
            is_recorded=True,
        ),
    )


def _number(at: str, name: str, altitude_ft: float | None) -> int | None:
    return None if altitude_ft is None else built(f"{at}.{name}", lambda: mm_from_ft(altitude_ft))


def _moment_ms(at: str, written_ms: float | str) -> int:
    if isinstance(written_ms, str):
        return built(at, lambda: epoch_ms(datetime.fromisoformat(written_ms)))
    return built(at, lambda: round(written_ms))
