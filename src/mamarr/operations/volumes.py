"""Volumes of operational intents, exact: an outline, two altitudes, two instants, every end included.

F3548-21 has intents told apart to a centimetre (GEN0500): corners are whole 1e-9 degrees, a tenth of a
millimetre; altitudes and radii are whole millimetres, instants whole microseconds since 1970.
"""

from collections.abc import Iterable

import msgspec

from mamarr.conflicts.outlines import meet, outline
from mamarr.discovery import Envelope, envelopes
from mamarr.discovery.envelopes import ALTITUDE_MAX_MM, TIME_MAX_US
from mamarr.geometry import cells
from mamarr.geometry.units import MM_PER_M

E9_PER_DEG = 10**9
LATITUDE_MAX_E9DEG = 90 * 10**9
LONGITUDE_MAX_E9DEG = 180 * 10**9
RADIUS_MAX_MM = 10**8  # chosen: 100 km, four times the largest circle that a DSS takes
VERTICES_MAX = 10_000  # F3548-21, OiMaxVertices: of all volumes of an intent together
VOLUMES_MAX = 100  # as many as a reference may name: `discovery.envelopes.EXTENTS_MAX`
POLYGON_CORNERS_MIN = 3


class Volume(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A part of the sky and time, closed on every side.

    corners: latitude and longitude of each, in 1e-9 degree: the centre of a circle alone, or those of a
    polygon, the first not repeated. radius_mm: of a circle. altitude_lower_mm, altitude_upper_mm: above the
    WGS-84 ellipsoid. ValueError when a side is out of range, or a lower one above its upper one.
    """

    corners: tuple[tuple[int, int], ...]
    altitude_lower_mm: int
    altitude_upper_mm: int
    time_start_us: int
    time_end_us: int
    radius_mm: int = 0

    def __post_init__(self) -> None:
        if len(self.corners) == 1:
            if not 0 < self.radius_mm <= RADIUS_MAX_MM:
                raise ValueError(f"the radius is not above 0 and at most {RADIUS_MAX_MM // 1_000} m")
        elif len(self.corners) < POLYGON_CORNERS_MIN or self.radius_mm:
            raise ValueError("a polygon has at least 3 vertices in different places")
        elif len(self.corners) > VERTICES_MAX:
            raise ValueError(f"a polygon has at most {VERTICES_MAX} vertices")
        for latitude_e9deg, longitude_e9deg in self.corners:
            if abs(latitude_e9deg) > LATITUDE_MAX_E9DEG or abs(longitude_e9deg) > LONGITUDE_MAX_E9DEG:
                latitude_deg, longitude_deg = latitude_e9deg / 1e9, longitude_e9deg / 1e9
                raise ValueError(f"no place is at latitude {latitude_deg}, longitude {longitude_deg}")
        if max(abs(self.altitude_lower_mm), abs(self.altitude_upper_mm)) > ALTITUDE_MAX_MM:
            raise ValueError(f"an altitude is beyond {ALTITUDE_MAX_MM} mm")
        if self.altitude_lower_mm > self.altitude_upper_mm:
            raise ValueError("the lower altitude is above the upper one")
        if max(abs(self.time_start_us), abs(self.time_end_us)) > TIME_MAX_US:
            raise ValueError("a time is before 1684 or after 2255")
        if self.time_start_us > self.time_end_us:
            raise ValueError("the time of start is after the time of end")


def meets(one: Volume, other: Volume) -> bool:
    """Whether they have a point of sky and an instant in common. Symmetric."""
    return (
        one.time_start_us <= other.time_end_us
        and other.time_start_us <= one.time_end_us
        and one.altitude_lower_mm <= other.altitude_upper_mm
        and other.altitude_lower_mm <= one.altitude_upper_mm
        and meet(outline(one.corners, one.radius_mm), outline(other.corners, other.radius_mm))
    )


def any_meet(some: Iterable[Volume], others: tuple[Volume, ...]) -> bool:
    """Whether one of these meets one of those. Cost: of each pair whose times and altitudes meet."""
    return any(meets(one, other) for one in some for other in others)


def envelope(several: Iterable[Volume]) -> Envelope:
    """The one envelope of several volumes, at least one, as a DSS compares it; ValueError: too large."""
    return envelopes.union(
        [
            Envelope(
                cells=_cells(each),
                altitude_lower_mm=each.altitude_lower_mm,
                altitude_upper_mm=each.altitude_upper_mm,
                time_start_us=each.time_start_us,
                time_end_us=each.time_end_us,
            )
            for each in several
        ]
    )


def _cells(volume: Volume) -> tuple[int, ...]:
    corners_deg = [(lat / E9_PER_DEG, lng / E9_PER_DEG) for lat, lng in volume.corners]
    if not volume.radius_mm:
        return cells.covering_polygon(corners_deg)
    (latitude_deg, longitude_deg), radius_m = corners_deg[0], volume.radius_mm / MM_PER_M
    return cells.covering_circle(latitude_deg=latitude_deg, longitude_deg=longitude_deg, radius_m=radius_m)


def starts_us(several: tuple[Volume, ...]) -> int:
    """The first instant of at least one volume."""
    return min(each.time_start_us for each in several)


def ends_us(several: tuple[Volume, ...]) -> int:
    """The last instant of at least one volume."""
    return max(each.time_end_us for each in several)


def vertices_count(several: Iterable[Volume]) -> int:
    """How many corners they have together; a circle counts as one."""
    return sum(len(each.corners) for each in several)
