"""What an aircraft needs that cannot keep to its plan: volumes that are imposed, never asked for."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from mamarr.flights.protection import Protected
from mamarr.geometry import Datum, Volume, footprints, tolerance
from mamarr.geometry.altitude import FiledLevel, Qnh, filed_band
from mamarr.geometry.footprints import LATITUDE_MAX_E7DEG, LONGITUDE_MAX_E7DEG
from mamarr.geometry.units import MM_PER_100_FT
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM, TIME_LAST_MS

NEEDED_RADIUS_MM = 55_560_000  # chosen: 30 NM, four minutes at cruising speed, so that a report is not late
NEEDED_BLOCK_MM = 20 * MM_PER_100_FT  # chosen: 2000 ft either way of the level last known
NEEDED_LATERAL_MM = 18_520_000  # chosen: 10 NM about its route, where no position is known
# ICAO Annex 2, 3.6.5.2.2, as DESIGN 4 states it: level and speed are kept for 7 minutes where there is
# surveillance, for 20 where there is none; then as filed.
COMM_LOST_SURVEILLED_MS = 7 * 60_000
COMM_LOST_UNSURVEILLED_MS = 20 * 60_000


class Condition(StrEnum):
    """How it is with a flight in the air."""

    NORMAL = "NORMAL"
    EMERGENCY = "EMERGENCY"
    COMM_LOST = "COMM_LOST"
    DEVIATING = "DEVIATING"
    OVERDUE = "OVERDUE"


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an aircraft was last known. level: at what level, qnh: what an A or M level is flown on."""

    latitude_e7deg: int
    longitude_e7deg: int
    level: FiledLevel
    qnh: Qnh | None = None

    def __post_init__(self) -> None:
        if not -LATITUDE_MAX_E7DEG <= self.latitude_e7deg <= LATITUDE_MAX_E7DEG:
            raise ValueError("latitude is beyond 90 degrees")
        if not -LONGITUDE_MAX_E7DEG <= self.longitude_e7deg <= LONGITUDE_MAX_E7DEG:
            raise ValueError("longitude is beyond 180 degrees")
        filed_band(self.level, self.level, qnh=self.qnh)

    def block_mm(self) -> tuple[int, int]:
        """The level, millimetres above STD: two, where the QNH is a range."""
        band = filed_band(self.level, self.level, qnh=self.qnh)
        return band.lower_mm, band.upper_mm


def needed(
    condition: Condition,
    position: Position | None,
    remaining: Sequence[Protected],
    *,
    has_surveillance: bool,
    now_ms: int,
) -> tuple[Volume, ...]:
    """The volumes that a flight needs from `now_ms` on, beside those kept for its plan.

    remaining: what is kept for the rest of its plan. Without end, until a report: the clock frees nothing.
    EMERGENCY: from the ground to its level and NEEDED_BLOCK_MM more, within NEEDED_RADIUS_MM of the position
    (or within NEEDED_LATERAL_MM of the rest of its route, where no position is known). DEVIATING: the same
    about its level alone. COMM_LOST: the levels between the one it was last assigned and those filed, on the
    legs that it can be on while it keeps that level. Others need nothing more.
    """
    match condition:
        case Condition.EMERGENCY | Condition.DEVIATING:
            to_ground = condition is Condition.EMERGENCY
            if position is None:
                return tuple(_freed(each.volume, to_ground, now_ms) for each in remaining)
            return (_about(position, to_ground, now_ms),)
        case Condition.COMM_LOST if position is not None:
            kept_ms = COMM_LOST_SURVEILLED_MS if has_surveillance else COMM_LOST_UNSURVEILLED_MS
            return _at_last_level(position, remaining, now_ms, now_ms + kept_ms)
        case _:
            return ()


def _about(position: Position, to_ground: bool, now_ms: int) -> Volume:
    lower_mm, upper_mm = position.block_mm()
    return Volume(
        footprint=footprints.circle((position.latitude_e7deg, position.longitude_e7deg), NEEDED_RADIUS_MM),
        datum=Datum.STD,
        lower_mm=ALTITUDE_LOWEST_MM if to_ground else max(ALTITUDE_LOWEST_MM, lower_mm - NEEDED_BLOCK_MM),
        upper_mm=min(upper_mm + NEEDED_BLOCK_MM, ALTITUDE_HIGHEST_MM),
        time_start_ms=now_ms,
        time_end_ms=TIME_LAST_MS,
    )


def _freed(volume: Volume, to_ground: bool, now_ms: int) -> Volume:
    wider = tolerance.widened(volume, lateral_mm=NEEDED_LATERAL_MM, vertical_mm=NEEDED_BLOCK_MM, time_ms=0)
    return msgspec.structs.replace(
        wider,
        lower_mm=ALTITUDE_LOWEST_MM if to_ground else wider.lower_mm,
        time_start_ms=min(now_ms, wider.time_start_ms),
        time_end_ms=TIME_LAST_MS,
    )


def _at_last_level(
    position: Position, remaining: Sequence[Protected], now_ms: int, until_ms: int
) -> tuple[Volume, ...]:
    lower_mm, upper_mm = position.block_mm()
    return tuple(
        msgspec.structs.replace(
            each.volume,
            lower_mm=min(lower_mm, each.volume.lower_mm),
            upper_mm=max(upper_mm, each.volume.upper_mm),
        )
        for each in remaining
        if each.volume.time_start_ms < until_ms and now_ms < each.volume.time_end_ms
    )
