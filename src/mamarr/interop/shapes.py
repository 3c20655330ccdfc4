"""GeoJSON geometries (RFC 7946) to corners of ours and back: the only place where longitude comes first.

Edges are great circles on geodetic coordinates, the shorter way round, as everywhere here; so longitudes may
cross 180 degrees without a cut. RFC 7946 3.1.1 has straight lines in longitude and latitude: where an edge
follows a parallel for more than a few kilometres, give points between (`decisions/0018-airspace-files.md`).
"""

from typing import Any, Literal

import msgspec

from mamarr.airspace.corridors import POINTS_MAX
from mamarr.faults import WireError
from mamarr.geometry import Footprint, footprints
from mamarr.geometry import Shape as FootprintShape
from mamarr.geometry.footprints import RADIUS_MIN_MM, VERTICES_MAX
from mamarr.geometry.units import deg_from_e7deg, e7deg_from_deg
from mamarr.interop import fields
from mamarr.interop.readings import Record
from mamarr.interop.wire import decoded

RING_POSITIONS_MIN = 4  # RFC 7946 3.1.6: four or more, the first and the last the same
LINE_POSITIONS_MIN = 2  # RFC 7946 3.1.4
LONG_DEG = 1e6  # a number from here on is not repeated: it may have hundreds of digits
ROUTE = ("LineString",)  # of a corridor: its line is kept as declared, and may span more than a footprint

Points = list[tuple[int, int]]  # latitude and longitude in 1e-7 degree


class Shape(msgspec.Struct, frozen=True):
    """A geometry. name: of its type. lines: the corners of each polygon, of the line, or the point.

    A polygon's first corner is not repeated.
    """

    name: str
    lines: list[Points]


class _Geometry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """RFC 7946 3.1. bbox is not looked at."""

    type: Literal["Point", "LineString", "Polygon", "MultiPolygon"]
    coordinates: list[Any]
    bbox: Any = None


def shape(raw: msgspec.Raw, allowed: tuple[str, ...], record: Record) -> Shape | None:
    """The geometry in `raw`; None when there is none, or it is wrong, with the findings in `record`.

    allowed: types of geometry, none for a thing without a place. A polygon, and a line that is no ROUTE, is
    checked (`footprints.checked`).
    """
    is_null = bytes(raw) == fields.NULL
    if not allowed:
        if not is_null:
            record.wrong("geometry", "a party has no place", "null")
        return None
    if is_null:
        record.wrong("geometry", "is missing", ", ".join(allowed))
        return None
    try:
        geometry = decoded(_Geometry, raw)
    except WireError as wrong:
        at = "geometry" + wrong.at.removeprefix("$")
        record.wrong(at, wrong.what, ", ".join(allowed), code=wrong.code)
        return None
    if geometry.type not in allowed:
        what = f"{geometry.type} does not fit this kind"
        if geometry.type == "MultiPolygon":
            what = "MultiPolygon does not fit this kind; across 180 degrees it is one Polygon here, not cut"
        record.wrong("geometry.type", what, ", ".join(allowed))
        return None
    lines = _lines(geometry, allowed == ROUTE, record)
    found = [line for line in lines if line is not None]
    return Shape(geometry.type, found) if found and len(found) == len(lines) else None


def _lines(geometry: _Geometry, is_route: bool, record: Record) -> list[Points | None]:
    at, given = "geometry.coordinates", geometry.coordinates
    match geometry.type:
        case "Point":
            point = _point(given, at, record)
            return [None if point is None else [point]]
        case "LineString":
            return [_line(given, at, record, is_route=is_route)]
        case "Polygon":
            return [_ring(given, at, record)]
        case "MultiPolygon":
            if not given:
                record.wrong(at, "there is no polygon", "at least one")
            return [_ring(each, f"{at}[{index}]", record) for index, each in enumerate(given)]


def _ring(polygon: Any, at: str, record: Record) -> Points | None:
    if not isinstance(polygon, list) or not polygon or not isinstance(polygon[0], list):
        record.wrong(at, "is no list of rings", "[[[longitude, latitude], …]]")
        return None
    if len(polygon) > 1:
        record.wrong(f"{at}[1]", "a polygon with a hole has no place here", "one ring; cut it into several")
        return None
    corners = _positions(polygon[0], f"{at}[0]", record, count_max=VERTICES_MAX + 1)
    if corners is None:
        return None
    if len(corners) < RING_POSITIONS_MIN or corners[0] != corners[-1]:
        record.wrong(
            f"{at}[0]", "the ring is not closed", "4 positions or more, the last the same as the first"
        )
        return None
    try:
        footprints.checked(footprints.polygon(corners[:-1]))
    except ValueError as wrong:
        record.wrong(f"{at}[0]", str(wrong), "a ring that neither crosses nor touches itself")
        return None
    return corners[:-1]


def _line(line: Any, at: str, record: Record, *, is_route: bool) -> Points | None:
    count_max = POINTS_MAX if is_route else VERTICES_MAX
    corners = _positions(line, at, record, count_max=count_max)
    if corners is None:
        return None
    if len(corners) < LINE_POSITIONS_MIN:
        record.wrong(at, f"{len(corners)} positions", f"{LINE_POSITIONS_MIN} to {count_max}")
        return None
    for index in range(1, len(corners)):
        if corners[index] == corners[index - 1]:
            record.wrong(f"{at}[{index}]", "repeats the position before it", "each position once")
            return None
    try:
        if not is_route:
            footprints.checked(footprints.path(corners, RADIUS_MIN_MM))
    except ValueError as wrong:
        record.wrong(at, str(wrong))
        return None
    return corners


def _positions(given: Any, at: str, record: Record, *, count_max: int) -> Points | None:
    if not isinstance(given, list):
        record.wrong(at, "is no list of positions", "[[longitude, latitude], …]")
        return None
    if len(given) > count_max:
        record.wrong(at, f"{len(given)} positions", f"at most {count_max}")
        return None
    points = [_point(position, f"{at}[{index}]", record) for index, position in enumerate(given)]
    sound = [point for point in points if point is not None]
    return sound if len(sound) == len(points) else None


def _point(position: Any, at: str, record: Record) -> tuple[int, int] | None:
    """A position, longitude first (RFC 7946 3.1.1), as latitude and longitude in 1e-7 degree."""
    if not isinstance(position, list) or len(position) != 2 or not all(map(_is_number, position)):
        is_high = isinstance(position, list) and len(position) == 3
        what = "three numbers: levels are properties" if is_high else "is no position"
        record.wrong(at, what, "[longitude, latitude] in degrees")
        return None
    longitude_deg, latitude_deg = position
    if not -180 <= longitude_deg <= 180:
        what = (
            "longitude of more than six digits is beyond 180 degrees"
            if abs(longitude_deg) >= LONG_DEG
            else f"longitude {longitude_deg} is beyond 180 degrees"
        )
        record.wrong(f"{at}[0]", what, "-180 to 180")
        return None
    if not -90 <= latitude_deg <= 90:
        what = (
            "latitude of more than six digits is beyond 90 degrees"
            if abs(latitude_deg) >= LONG_DEG
            else f"latitude {latitude_deg} is beyond 90 degrees"
        )
        record.wrong(f"{at}[1]", what, "-90 to 90; it is second")
        return None
    return e7deg_from_deg(latitude_deg), e7deg_from_deg(longitude_deg)


def _is_number(given: Any) -> bool:
    return isinstance(given, (int, float)) and not isinstance(given, bool)


def footprint_of(points: Points, name: str, width_mm: int) -> Footprint:
    """The footprint of one line of a Shape, `name` its type. width_mm: its radius or half width.

    ValueError when the width is out of the range of its shape.
    """
    match name:
        case "Point":
            return footprints.circle(points[0], width_mm)
        case "LineString":
            return footprints.path(points, width_mm)
        case _:
            return footprints.polygon(points, radius_mm=width_mm)


def drawn(footprint: Footprint) -> dict[str, object]:
    """The geometry of a footprint, without its width."""
    points = line(footprints.points(footprint))
    match footprint.shape:
        case FootprintShape.CIRCLE:
            return {"type": "Point", "coordinates": points[0]}
        case FootprintShape.PATH:
            return {"type": "LineString", "coordinates": points}
        case FootprintShape.POLYGON:
            return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def line(points: list[tuple[int, int]]) -> list[list[float]]:
    """The points as positions: longitude, then latitude, in degrees (RFC 7946 3.1.1)."""
    return [
        [deg_from_e7deg(longitude_e7deg), deg_from_e7deg(latitude_e7deg)]
        for latitude_e7deg, longitude_e7deg in points
    ]
