"""Volumes of sky and time, in whole numbers, so that every verdict is exact."""

import math
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from mamarr.geometry import footprints
from mamarr.geometry.altitude import Datum
from mamarr.geometry.footprints import (
    EARTH_RADIUS_M,
    LATITUDE_MAX_E7DEG,
    LONGITUDE_MAX_E7DEG,
    RADIUS_MIN_MM,
    TURN_E7DEG,
    Footprint,
)

ALTITUDE_LOWEST_MM = -1_000_000  # chosen: 1 km under the ellipsoid, below every open land surface (Dead Sea)
ALTITUDE_HIGHEST_MM = 100_000_000  # chosen: 100 km, above every aircraft
TIME_LAST_MS = 4_102_444_800_000  # chosen: 2100-01-01T00:00:00Z
TILE_LATITUDE_MAX_E7DEG = 200_000_000  # chosen: with the next, 2,500 km from a tile's middle to its corners
TILE_LONGITUDE_MAX_E7DEG = 400_000_000
TILE_WIDTH_MIN_M = 1.0  # chosen: a narrower tile is covered by a path of twice that, no polygon holds it
TILE_END_MIN_M = 0.01  # as `footprints.POLYGON_WIDTH_MIN_M`: a narrower end of a wide tile becomes a point


class Box(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A box of sky between two parallels, two meridians, two altitudes and two moments.

    Sides in 1e-7 degree, latitude before longitude; altitudes in millimetres above the WGS-84 ellipsoid;
    moments in milliseconds since 1970-01-01T00:00:00Z. Half-open: the lower side belongs to the box, the
    upper does not, so that neighbours and back-to-back windows fit. West greater than east crosses the
    antimeridian. ValueError when a side is out of range or the box is empty.
    """

    latitude_south_e7deg: int
    latitude_north_e7deg: int
    longitude_west_e7deg: int
    longitude_east_e7deg: int
    altitude_lower_mm: int
    altitude_upper_mm: int
    time_start_ms: int
    time_end_ms: int

    def __post_init__(self) -> None:
        south, north = self.latitude_south_e7deg, self.latitude_north_e7deg
        if not -LATITUDE_MAX_E7DEG <= south < north <= LATITUDE_MAX_E7DEG:
            raise ValueError("latitude of the lower side is not below that of the upper, or beyond the pole")
        for side in (self.longitude_west_e7deg, self.longitude_east_e7deg):
            if not -LONGITUDE_MAX_E7DEG <= side <= LONGITUDE_MAX_E7DEG:
                raise ValueError("longitude is beyond 180 degrees")
        turned = self.longitude_east_e7deg - self.longitude_west_e7deg
        if turned in (0, -2 * LONGITUDE_MAX_E7DEG):
            raise ValueError(
                "longitude west is longitude east: the box is empty (the whole turn is -180 to 180)"
            )
        if not ALTITUDE_LOWEST_MM <= self.altitude_lower_mm < self.altitude_upper_mm <= ALTITUDE_HIGHEST_MM:
            raise ValueError("floor is not below ceiling, or outside -1000 m to 100000 m")
        if not 0 <= self.time_start_ms < self.time_end_ms <= TIME_LAST_MS:
            raise ValueError("end is not after start, or outside the years 1970 to 2099")


class Volume(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A part of sky and time: above a footprint, between two altitudes, between two moments.

    lower_mm, upper_mm: millimetres above `datum`; equal for a single level. time_start_ms, time_end_ms:
    milliseconds since 1970-01-01T00:00:00Z. Half-open: the lower side belongs to the volume and the upper
    does not, so that adjacent levels and back-to-back windows fit; a single level is that level alone.
    ValueError when a side is out of range (as of a `Box`), upper is below lower or end is not after start.
    """

    footprint: Footprint
    datum: Datum
    lower_mm: int
    upper_mm: int
    time_start_ms: int
    time_end_ms: int

    def __post_init__(self) -> None:
        if not ALTITUDE_LOWEST_MM <= self.lower_mm <= self.upper_mm <= ALTITUDE_HIGHEST_MM:
            raise ValueError("floor is above ceiling, or outside -1000 m to 100000 m")
        if not 0 <= self.time_start_ms < self.time_end_ms <= TIME_LAST_MS:
            raise ValueError("end is not after start, or outside the years 1970 to 2099")


def volume_of_box(box: Box) -> Volume:
    """The box as a volume over a polygon, which exceeds it by the few centimetres of `footprints.box`.

    ValueError when the box is too large for a polygon or a ring around the Earth.
    """
    return Volume(
        footprint=footprints.box(
            box.latitude_south_e7deg,
            box.latitude_north_e7deg,
            box.longitude_west_e7deg,
            box.longitude_east_e7deg,
        ),
        datum=Datum.WGS84,
        lower_mm=box.altitude_lower_mm,
        upper_mm=box.altitude_upper_mm,
        time_start_ms=box.time_start_ms,
        time_end_ms=box.time_end_ms,
    )


def volumes_of_box(box: Box) -> tuple[Volume, ...]:
    """The box as volumes that together contain it, whatever its size: at most 81, one for a small box.

    Each lies over a tile of at most TILE_LATITUDE_MAX_E7DEG by TILE_LONGITUDE_MAX_E7DEG. They exceed the box
    by the few centimetres of `footprints.box`; where a tile is narrower than TILE_WIDTH_MIN_M by up to 1 m,
    and where its polar end alone is narrower than TILE_END_MIN_M, by that narrow strip up to the pole.
    Cost: 0.2 s for the whole Earth, 2 ms for a degree.
    """
    turned_e7deg = (box.longitude_east_e7deg - box.longitude_west_e7deg) % TURN_E7DEG or TURN_E7DEG
    south_north = _cut(box.latitude_south_e7deg, box.latitude_north_e7deg, TILE_LATITUDE_MAX_E7DEG)
    west = box.longitude_west_e7deg
    west_east = list(_cut(west, west + turned_e7deg, TILE_LONGITUDE_MAX_E7DEG))
    return tuple(
        Volume(
            footprint=_tile(low, high, left, right),
            datum=Datum.WGS84,
            lower_mm=box.altitude_lower_mm,
            upper_mm=box.altitude_upper_mm,
            time_start_ms=box.time_start_ms,
            time_end_ms=box.time_end_ms,
        )
        for low, high in south_north
        for left, right in west_east
    )


def overlaps(one: Box, other: Box) -> bool:
    """Whether the boxes have a point of sky and time in common. Symmetric; touching is not overlapping."""
    return (
        one.time_start_ms < other.time_end_ms
        and other.time_start_ms < one.time_end_ms
        and one.altitude_lower_mm < other.altitude_upper_mm
        and other.altitude_lower_mm < one.altitude_upper_mm
        and one.latitude_south_e7deg < other.latitude_north_e7deg
        and other.latitude_south_e7deg < one.latitude_north_e7deg
        and any(
            west < other_east and other_west < east
            for west, east in _spans(one)
            for other_west, other_east in _spans(other)
        )
    )


def _spans(box: Box) -> tuple[tuple[int, int], ...]:
    west, east = box.longitude_west_e7deg, box.longitude_east_e7deg
    return ((west, east),) if west < east else ((west, LONGITUDE_MAX_E7DEG), (-LONGITUDE_MAX_E7DEG, east))


def _cut(low: int, high: int, most: int) -> Iterator[tuple[int, int]]:
    """Even parts of at most `most`, from `low` to `high`."""
    count = -(-(high - low) // most)
    return pairwise(low + (high - low) * part // count for part in range(count + 1))


def _tile(south_e7deg: int, north_e7deg: int, west_e7deg: int, east_e7deg: int) -> Footprint:
    """A footprint that contains the tile; its longitudes ascend and may be beyond 180 degrees."""
    turned_rad = math.radians((east_e7deg - west_e7deg) / 1e7)
    south_m, north_m = (
        EARTH_RADIUS_M * math.cos(math.radians(side / 1e7)) * turned_rad
        for side in (south_e7deg, north_e7deg)
    )
    if max(south_m, north_m) < TILE_WIDTH_MIN_M:  # the middle is never nearer to the equator than both ends
        middle = _wrapped((west_e7deg + east_e7deg) // 2)
        return footprints.path([(south_e7deg, middle), (north_e7deg, middle)], RADIUS_MIN_MM)
    return footprints.box_unchecked(  # a tile's size is fit by its making
        -LATITUDE_MAX_E7DEG if south_m < TILE_END_MIN_M else south_e7deg,
        LATITUDE_MAX_E7DEG if north_m < TILE_END_MIN_M else north_e7deg,
        _wrapped(west_e7deg),
        _wrapped(east_e7deg),
    )


def _wrapped(longitude_e7deg: int) -> int:
    return longitude_e7deg - TURN_E7DEG if longitude_e7deg > LONGITUDE_MAX_E7DEG else longitude_e7deg
