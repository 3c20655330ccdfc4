"""Movements: sky that moves as declared, such as that about a ship or a formation of tankers."""

from itertools import pairwise

import msgspec

from mamarr.geometry import Datum, Volume, tolerance
from mamarr.geometry.footprints import LATITUDE_MAX_E7DEG, LONGITUDE_MAX_E7DEG, RADIUS_MIN_MM, WIDTH_MAX_MM
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM, TIME_LAST_MS

MOVEMENT_POINTS_MAX = 200  # chosen: with the start, as many parts as a reservation may have regions


class MovementPoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where the middle of a movement is, in 1e-7 degree, and when, in milliseconds since 1970."""

    latitude_e7deg: int
    longitude_e7deg: int
    time_ms: int

    def __post_init__(self) -> None:
        if not -LATITUDE_MAX_E7DEG <= self.latitude_e7deg <= LATITUDE_MAX_E7DEG:
            raise ValueError("latitude is beyond 90 degrees")
        if not -LONGITUDE_MAX_E7DEG <= self.longitude_e7deg <= LONGITUDE_MAX_E7DEG:
            raise ValueError("longitude is beyond 180 degrees")
        if not 0 <= self.time_ms <= TIME_LAST_MS:
            raise ValueError("a time is outside the years 1970 to 2099")


class Movement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A circle of sky that moves as declared: along geodesics, at constant speed from point to point.

    points: 2 to MOVEMENT_POINTS_MAX, their times ascending. radius_mm: 1 m to 1,000 km less the metre that
    `tolerance.swept` adds. lower_mm, upper_mm: millimetres above `datum`, half-open. ValueError otherwise.
    """

    points: tuple[MovementPoint, ...]
    radius_mm: int
    datum: Datum
    lower_mm: int
    upper_mm: int

    def __post_init__(self) -> None:
        if not 2 <= len(self.points) <= MOVEMENT_POINTS_MAX:
            raise ValueError(f"a movement has 2 to {MOVEMENT_POINTS_MAX} points, not {len(self.points)}")
        for at, (before, after) in enumerate(pairwise(self.points), start=1):
            if after.time_ms <= before.time_ms:
                raise ValueError(f"the time of point {at} is not after that of the point before it")
        if not RADIUS_MIN_MM <= self.radius_mm <= WIDTH_MAX_MM - tolerance.SWEPT_MORE_MM:
            raise ValueError("radius is not 1 m to 999,999 m")
        if not ALTITUDE_LOWEST_MM <= self.lower_mm <= self.upper_mm <= ALTITUDE_HIGHEST_MM:
            raise ValueError("floor is above ceiling, or outside -1000 m to 100000 m")


def passed_over(moved: Movement) -> tuple[Volume, ...]:
    """The sky that it passes over, a part for each way from point to point. Cost: as of `tolerance.swept`."""
    return tolerance.swept(
        [(point.latitude_e7deg, point.longitude_e7deg, point.time_ms) for point in moved.points],
        radius_mm=moved.radius_mm,
        datum=moved.datum,
        lower_mm=moved.lower_mm,
        upper_mm=moved.upper_mm,
    )
