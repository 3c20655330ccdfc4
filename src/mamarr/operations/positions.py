"""Positions of the aircraft of this USS: where one was, whether that is in a volume, where it may be since.

They are live and no entries of the record. What is decided by one has it as `Observed`.
"""

import msgspec

from mamarr.conflicts.outlines import holds, outline
from mamarr.geometry.units import MM_PER_M
from mamarr.operations.volumes import (
    LATITUDE_MAX_E9DEG,
    LONGITUDE_MAX_E9DEG,
    VERTICES_MAX,
    VOLUMES_MAX,
    Volume,
    vertices_count,
)

ALTITUDE_LOWEST_MM, ALTITUDE_HIGHEST_MM = -8_000_000, 100_000_000  # F3548-21, Altitude
AHEAD_US = (60 * 1_000_000, 180 * 1_000_000)  # chosen: it is said where an aircraft may be until then, twice
SPEED_LEAST_MPS = 20.0  # chosen: one that hovers may fly off so fast
SPEED_UNKNOWN_MPS = 50.0  # chosen: where nobody says a speed; faster than most small drones are
SPEED_MAX_MPS = 300.0  # chosen: what is faster is a slip of units
CLIMB_MPS = 10.0  # chosen: up or down, faster than most small drones are
ACCURACY_UNKNOWN_MM = 150_000  # chosen: worse than any receiver of satellites with a view of the sky
ACCURACY_MAX_MM = 18_520_000  # F3548-21, HA10NM: what is worse says nowhere
REACH_MAX_MM = 25_000_000  # chosen: a circle of 1,963 km2; a DSS takes 2,500
US_PER_S = 1_000_000


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where an aircraft was at time_us, microseconds since 1970.

    latitude_e9deg, longitude_e9deg: 1e-9 degree. altitude_mm: above the WGS-84 ellipsoid. accuracy_…_mm: how
    wrong it likely is at most; None where nobody says. ground_speed_mps, track_deg (clockwise from true
    north): None likewise. is_extrapolated: computed, not measured. ValueError when something is out of range.
    """

    time_us: int
    latitude_e9deg: int
    longitude_e9deg: int
    altitude_mm: int
    accuracy_horizontal_mm: int | None = None
    accuracy_vertical_mm: int | None = None
    ground_speed_mps: float | None = None
    track_deg: float | None = None
    is_extrapolated: bool = False

    def __post_init__(self) -> None:
        if abs(self.latitude_e9deg) > LATITUDE_MAX_E9DEG or abs(self.longitude_e9deg) > LONGITUDE_MAX_E9DEG:
            latitude_deg, longitude_deg = self.latitude_e9deg / 1e9, self.longitude_e9deg / 1e9
            raise ValueError(f"no place is at latitude {latitude_deg}, longitude {longitude_deg}")
        if not ALTITUDE_LOWEST_MM <= self.altitude_mm <= ALTITUDE_HIGHEST_MM:
            raise ValueError(f"the altitude is not {ALTITUDE_LOWEST_MM} to {ALTITUDE_HIGHEST_MM} mm")
        for accuracy_mm in (self.accuracy_horizontal_mm, self.accuracy_vertical_mm):
            if accuracy_mm is not None and not 0 < accuracy_mm <= ACCURACY_MAX_MM:
                raise ValueError(f"the accuracy is not above 0 and at most {ACCURACY_MAX_MM} mm")
        if self.ground_speed_mps is not None and not 0 <= self.ground_speed_mps <= SPEED_MAX_MPS:
            raise ValueError(f"the speed is not 0 to {SPEED_MAX_MPS} m/s")
        if self.track_deg is not None and not 0 <= self.track_deg < 360:
            raise ValueError("the track is not 0 to below 360 degrees")


class Observed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """By which position this USS itself says how a flight is.

    since_us: since when it is not as meant, as this USS found; None where its user said that it is not.
    """

    position: Position
    since_us: int | None = None


def is_inside(position: Position, several: tuple[Volume, ...]) -> bool:
    """Whether a position lies in one of several volumes, ends included: place, altitude and time, exactly.

    As reported: how wrong it may be is no excuse, as volumes are planned so that the aircraft stays in them
    with all its errors, and widens nothing.
    """
    at_e9deg = position.latitude_e9deg, position.longitude_e9deg
    return any(
        each.time_start_us <= position.time_us <= each.time_end_us
        and each.altitude_lower_mm <= position.altitude_mm <= each.altitude_upper_mm
        and holds(outline(each.corners, each.radius_mm), at_e9deg)
        for each in several
    )


def reach(position: Position, now_us: int) -> tuple[Volume, ...]:
    """Where an aircraft may be from its last position until AHEAD_US after now: circles between two levels.

    A circle for each part of that time, as far away as it flies until the end of that and its position may be
    wrong by, but for REACH_MAX_MM: at the speed that is reported, not below SPEED_LEAST_MPS; up or down by
    CLIMB_MPS.
    """
    from_us, found = position.time_us, []
    for ahead_us in AHEAD_US:
        until_us = max(now_us, position.time_us) + ahead_us
        found.append(_circle(position, from_us, until_us))
        from_us = until_us
    return tuple(found)


def _circle(position: Position, from_us: int, until_us: int) -> Volume:
    flown_s = (until_us - position.time_us) / US_PER_S
    speed_mps = SPEED_UNKNOWN_MPS
    if position.ground_speed_mps is not None:
        speed_mps = max(SPEED_LEAST_MPS, position.ground_speed_mps)
    away_mm = _or_unknown(position.accuracy_horizontal_mm) + round(speed_mps * flown_s * MM_PER_M)
    up_mm = _or_unknown(position.accuracy_vertical_mm) + round(CLIMB_MPS * flown_s * MM_PER_M)
    return Volume(
        corners=((position.latitude_e9deg, position.longitude_e9deg),),
        radius_mm=min(away_mm, REACH_MAX_MM),
        altitude_lower_mm=max(ALTITUDE_LOWEST_MM, position.altitude_mm - up_mm),
        altitude_upper_mm=min(ALTITUDE_HIGHEST_MM, position.altitude_mm + up_mm),
        time_start_us=from_us,
        time_end_us=until_us,
    )


def beside(meant: tuple[Volume, ...], now_us: int) -> tuple[Volume, ...]:
    """Of the volumes in which a flight is meant to be, those that fit beside its `reach`: all, if they do.

    Else those whose time is not over; else none.
    """
    left, more = tuple(each for each in meant if each.time_end_us >= now_us), len(AHEAD_US)
    for several in (meant, left):
        if len(several) + more <= VOLUMES_MAX and vertices_count(several) + more <= VERTICES_MAX:
            return several
    return ()


def _or_unknown(accuracy_mm: int | None) -> int:
    return ACCURACY_UNKNOWN_MM if accuracy_mm is None else accuracy_mm
