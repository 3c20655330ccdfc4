"""Messages about sky that is no box: regions and movements. SI units, the unit last; filed levels."""

from typing import Annotated

import msgspec

from mamarr.airspace.movements import MOVEMENT_POINTS_MAX, Movement, MovementPoint
from mamarr.airspace.reservations import REGIONS_MAX
from mamarr.faults import WireError
from mamarr.geometry import Datum, Footprint, Shape, Volume, footprints
from mamarr.geometry.altitude import (
    FLIGHT_LEVEL_MAX,
    MM_PER_10_M,
    Band,
    FiledLevel,
    LevelKind,
    filed_band,
    filed_level,
)
from mamarr.geometry.units import (
    MM_PER_100_FT,
    deg_from_e7deg,
    e7deg_from_deg,
    epoch_ms,
    m_from_mm,
    mm_from_m,
    moment_from_ms,
)
from mamarr.interop.forms import Altitude, Latitude, Longitude, Moment
from mamarr.interop.wire import built

Level = Annotated[str, msgspec.Meta(min_length=4, max_length=5)]
METRIC_LEVEL_MAX = 9_999  # item 15 of a flight plan has four digits


class PointMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place."""

    latitude_deg: Latitude
    longitude_deg: Longitude


class CircleMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All within radius_m of a place."""

    latitude_deg: Latitude
    longitude_deg: Longitude
    radius_m: float


class PathMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All within half_width_m of the line along the points."""

    points: Annotated[list[PointMessage], msgspec.Meta(min_length=2, max_length=footprints.VERTICES_MAX)]
    half_width_m: float


class RegionMessage(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A part of the sky: exactly one of polygon (corners, closed by itself), circle and path.

    margin_m: all within it of a polygon belongs to it too, 0 to 1,000 km. Between two altitudes above the
    WGS-84 ellipsoid, or two levels as filed (F330 or S1130); the upper one does not belong to it, save where
    both are the same level.
    """

    polygon: (
        Annotated[list[PointMessage], msgspec.Meta(min_length=3, max_length=footprints.VERTICES_MAX)] | None
    ) = None
    circle: CircleMessage | None = None
    path: PathMessage | None = None
    margin_m: float | None = None
    altitude_lower_m: Altitude | None = None
    altitude_upper_m: Altitude | None = None
    level_lower: Level | None = None
    level_upper: Level | None = None
    time_start: Moment
    time_end: Moment


class MovementPointMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place and when the middle of the movement is there."""

    latitude_deg: Latitude
    longitude_deg: Longitude
    time: Moment


class MovementMessage(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A circle of sky that moves along geodesics, at constant speed from point to point.

    Altitudes or levels as of a region.
    """

    points: Annotated[list[MovementPointMessage], msgspec.Meta(min_length=2, max_length=MOVEMENT_POINTS_MAX)]
    radius_m: float
    altitude_lower_m: Altitude | None = None
    altitude_upper_m: Altitude | None = None
    level_lower: Level | None = None
    level_upper: Level | None = None


Regions = Annotated[list[RegionMessage], msgspec.Meta(max_length=REGIONS_MAX)]


# --- in ---------------------------------------------------------------------------------------------------


def region(message: RegionMessage, *, at: str) -> Volume:
    """The volume in a message that stands at the JSON path `at`; WireError says where it is none."""
    footprint = _footprint(message, at)
    band = _band(message, at)
    return built(
        at,
        lambda: Volume(
            footprint=footprint,
            datum=band.datum,
            lower_mm=band.lower_mm,
            upper_mm=band.upper_mm,
            time_start_ms=epoch_ms(message.time_start),
            time_end_ms=epoch_ms(message.time_end),
        ),
    )


def movement(message: MovementMessage, *, at: str) -> Movement:
    """The movement in a message that stands at the JSON path `at`; WireError says where it is none."""
    band = _band(message, at)
    points = tuple(
        built(
            f"{at}.points[{index}]",
            lambda point=point: MovementPoint(  # type: ignore[misc]
                latitude_e7deg=e7deg_from_deg(point.latitude_deg),
                longitude_e7deg=e7deg_from_deg(point.longitude_deg),
                time_ms=epoch_ms(point.time),
            ),
        )
        for index, point in enumerate(message.points)
    )
    return built(
        at,
        lambda: Movement(
            points=points,
            radius_mm=mm_from_m(message.radius_m),
            datum=band.datum,
            lower_mm=band.lower_mm,
            upper_mm=band.upper_mm,
        ),
    )


def _footprint(message: RegionMessage, at: str) -> Footprint:
    match message:
        case RegionMessage(polygon=list(corners), circle=None, path=None):
            margin_mm = built(f"{at}.margin_m", lambda: mm_from_m(message.margin_m or 0.0))
            return built(
                f"{at}.polygon",
                lambda: footprints.checked(
                    footprints.polygon(list(map(_corner, corners)), radius_mm=margin_mm)
                ),
            )
        case _ if message.margin_m is not None:
            raise WireError("only a polygon has a margin", at=f"{at}.margin_m")
        case RegionMessage(polygon=None, circle=CircleMessage() as circle, path=None):
            centre = PointMessage(latitude_deg=circle.latitude_deg, longitude_deg=circle.longitude_deg)
            return built(
                f"{at}.circle.radius_m",
                lambda: footprints.circle(_corner(centre), mm_from_m(circle.radius_m)),
            )
        case RegionMessage(polygon=None, circle=None, path=PathMessage() as path):
            half_width_mm = built(f"{at}.path.half_width_m", lambda: mm_from_m(path.half_width_m))
            return built(
                f"{at}.path",
                lambda: footprints.checked(footprints.path(list(map(_corner, path.points)), half_width_mm)),
            )
        case _:
            raise WireError("a region has one shape", at=at, allowed="exactly one of polygon, circle, path")


def _corner(point: PointMessage) -> tuple[int, int]:
    return e7deg_from_deg(point.latitude_deg), e7deg_from_deg(point.longitude_deg)


def _band(message: RegionMessage | MovementMessage, at: str) -> Band:
    match message.altitude_lower_m, message.altitude_upper_m, message.level_lower, message.level_upper:
        case int() | float() as lower_m, int() | float() as upper_m, None, None:
            return built(
                f"{at}.altitude_upper_m",
                lambda: Band(datum=Datum.WGS84, lower_mm=mm_from_m(lower_m), upper_mm=mm_from_m(upper_m)),
            )
        case None, None, str(lower), str(upper):
            low = built(f"{at}.level_lower", lambda: filed_level(lower))
            high = built(f"{at}.level_upper", lambda: filed_level(upper))
            return built(f"{at}.level_upper", lambda: filed_band(low, high))
        case _:
            allowed = "altitude_lower_m and altitude_upper_m, or level_lower and level_upper"
            raise WireError("its limits are not one pair", at=at, allowed=allowed)


# --- out --------------------------------------------------------------------------------------------------


def region_message(volume: Volume) -> RegionMessage:
    """The message that says `volume`."""
    footprint, limits = volume.footprint, _limits(volume.datum, volume.lower_mm, volume.upper_mm)
    places = [_point(corner) for corner in footprints.points(footprint)]
    radius_m = m_from_mm(footprint.radius_mm)
    is_circle = footprint.shape is Shape.CIRCLE
    return RegionMessage(
        polygon=places if footprint.shape is Shape.POLYGON else None,
        margin_m=radius_m if footprint.shape is Shape.POLYGON and footprint.radius_mm else None,
        circle=(
            CircleMessage(
                latitude_deg=places[0].latitude_deg, longitude_deg=places[0].longitude_deg, radius_m=radius_m
            )
            if is_circle
            else None
        ),
        path=(PathMessage(points=places, half_width_m=radius_m) if footprint.shape is Shape.PATH else None),
        altitude_lower_m=limits.altitude_lower_m,
        altitude_upper_m=limits.altitude_upper_m,
        level_lower=limits.level_lower,
        level_upper=limits.level_upper,
        time_start=moment_from_ms(volume.time_start_ms),
        time_end=moment_from_ms(volume.time_end_ms),
    )


def movement_message(moved: Movement) -> MovementMessage:
    """The message that says `moved`."""
    limits = _limits(moved.datum, moved.lower_mm, moved.upper_mm)
    return MovementMessage(
        points=[
            MovementPointMessage(
                latitude_deg=deg_from_e7deg(point.latitude_e7deg),
                longitude_deg=deg_from_e7deg(point.longitude_e7deg),
                time=moment_from_ms(point.time_ms),
            )
            for point in moved.points
        ],
        radius_m=m_from_mm(moved.radius_mm),
        altitude_lower_m=limits.altitude_lower_m,
        altitude_upper_m=limits.altitude_upper_m,
        level_lower=limits.level_lower,
        level_upper=limits.level_upper,
    )


def _point(corner: tuple[int, int]) -> PointMessage:
    return PointMessage(latitude_deg=deg_from_e7deg(corner[0]), longitude_deg=deg_from_e7deg(corner[1]))


class _Limits(msgspec.Struct, frozen=True):
    altitude_lower_m: float | None = None
    altitude_upper_m: float | None = None
    level_lower: str | None = None
    level_upper: str | None = None


def _limits(datum: Datum, lower_mm: int, upper_mm: int) -> _Limits:
    if datum is Datum.WGS84:
        return _Limits(altitude_lower_m=m_from_mm(lower_mm), altitude_upper_m=m_from_mm(upper_mm))
    lower, upper = level_texts(lower_mm, upper_mm)
    return _Limits(level_lower=lower, level_upper=upper)


def level_texts(lower_mm: int, upper_mm: int) -> tuple[str, str]:
    """Two pressure altitudes as filed levels: what lies between two is said by the next ones outwards,
    so that more is shown than held."""
    return (
        _level(lower_mm, lower_mm // MM_PER_100_FT),
        _level(upper_mm, -(-upper_mm // MM_PER_100_FT)),
    )


def _level(pressure_altitude_mm: int, near: int) -> str:
    tens_of_m, rest_mm = divmod(pressure_altitude_mm, MM_PER_10_M)
    if pressure_altitude_mm % MM_PER_100_FT and not rest_mm and 0 <= tens_of_m <= METRIC_LEVEL_MAX:
        return str(FiledLevel(LevelKind.S, tens_of_m))
    return str(FiledLevel(LevelKind.F, min(max(near, 0), FLIGHT_LEVEL_MAX)))
