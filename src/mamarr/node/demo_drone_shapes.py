"""The flights of drones in the demo: InterUSS's shapes of rid_zurich.kml as volumes of F3548-21.

A line of the file is widened by WIDTH_M and wrapped in convex outlines along it. Altitudes are the lowest and
the highest that the file names, as they stand.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec

WIDTH_M = 60.0  # chosen: a street and the houses along it
CORNERS_COUNT = 8  # of what a point is widened to
POINTS_MAX = 12  # of a line in one outline
DEGREE_M = 111_320.0  # of latitude, near enough for a drone's margin
KML = "{http://www.opengis.net/kml/2.2}"
DIGITS = 9  # of a degree: F3548-21 has a centimetre told

Point = tuple[float, float]  # longitude and latitude


class DroneShape(msgspec.Struct, frozen=True, kw_only=True):
    """Where a drone flies. outlines: convex, corners as longitude and latitude in degrees."""

    name: str
    outlines: tuple[tuple[Point, ...], ...]
    altitude_lower_m: float
    altitude_upper_m: float

    def moved(self, north_deg: float) -> "DroneShape":
        """The same farther north."""
        outlines = tuple(
            tuple((east, round(north + north_deg, DIGITS)) for east, north in each) for each in self.outlines
        )
        return msgspec.structs.replace(self, outlines=outlines)

    def volumes(self, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """The volumes of a flight there, as F3548-21 writes them."""
        return [
            {
                "volume": {
                    "outline_polygon": {"vertices": [{"lat": north, "lng": east} for east, north in outline]},
                    "altitude_lower": _altitude(self.altitude_lower_m),
                    "altitude_upper": _altitude(self.altitude_upper_m),
                },
                "time_start": {"value": start.isoformat(), "format": "RFC3339"},
                "time_end": {"value": end.isoformat(), "format": "RFC3339"},
            }
            for outline in self.outlines
        ]


def shapes(path: Path) -> list[DroneShape]:
    """The flights in a file of ours, in their order. ValueError when one has no line or no altitudes."""
    root = ElementTree.fromstring(path.read_bytes())  # noqa: S314  of our own package
    flights = [each for each in root.iter(KML + "Folder") if _name(each).startswith("flight: ")]
    return [_shape(each) for each in flights]


def _shape(flight: ElementTree.Element) -> DroneShape:
    marks = list(flight.findall(KML + "Placemark"))
    lines = [_coordinates(each) for each in marks if each.find(KML + "LineString") is not None]
    altitudes_m = [_coordinates(each)[0][2] for each in marks if _name(each).startswith("alt:")]
    if len(lines) != 1 or not altitudes_m:
        raise ValueError(f"{_name(flight)}: a flight has one line, and altitudes")
    line = [(east, north) for east, north, _ in lines[0]]
    return DroneShape(
        name=_name(flight).removeprefix("flight: "),
        outlines=tuple(_hull(_widened(each)) for each in _parts(line)),
        altitude_lower_m=min(altitudes_m),
        altitude_upper_m=max(altitudes_m),
    )


def _name(element: ElementTree.Element) -> str:
    return element.findtext(KML + "name", "")


def _coordinates(mark: ElementTree.Element) -> list[tuple[float, float, float]]:
    text = next(mark.iter(KML + "coordinates")).text or ""
    found = []
    for each in text.split():
        east, north, up = (float(number) for number in each.split(","))
        found.append((east, north, up))
    return found


def _parts(line: Sequence[Point]) -> list[Sequence[Point]]:
    """A line in parts that have their ends in common."""
    return [line[at : at + POINTS_MAX + 1] for at in range(0, len(line) - 1, POINTS_MAX)]


def _widened(line: Iterable[Point]) -> list[Point]:
    turns = [2 * math.pi * (index + 0.5) / CORNERS_COUNT for index in range(CORNERS_COUNT)]
    radius_m = WIDTH_M / math.cos(math.pi / CORNERS_COUNT)  # so that its sides are WIDTH_M away
    return [
        (
            round(east + radius_m * math.cos(turn) / _east_m(north), DIGITS),
            round(north + radius_m * math.sin(turn) / DEGREE_M, DIGITS),
        )
        for east, north in line
        for turn in turns
    ]


def _east_m(latitude_deg: float) -> float:
    """The length of a degree of longitude."""
    return DEGREE_M * math.cos(math.radians(latitude_deg))


def _hull(points: Iterable[Point]) -> tuple[Point, ...]:
    """The convex hull, anticlockwise (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    return (*_half(ordered)[:-1], *_half(ordered[::-1])[:-1])


def _half(ordered: Iterable[Point]) -> list[Point]:
    chain: list[Point] = []
    for point in ordered:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(one: Point, two: Point, three: Point) -> float:
    """Above 0: to the left."""
    return (two[0] - one[0]) * (three[1] - one[1]) - (two[1] - one[1]) * (three[0] - one[0])


def _altitude(altitude_m: float) -> dict[str, Any]:
    return {"value": altitude_m, "reference": "W84", "units": "M"}
