"""Geodesics on WGS-84 where tests ask for many: PROJ's, compiled; no code is shared with `geometry`.

Places are latitude and longitude in degrees.
"""

from typing import NamedTuple

from pyproj import Geod

WGS84 = Geod(ellps="WGS84")


class Way(NamedTuple):
    """A place, latitude and longitude, and the azimuth in which one goes on from there."""

    place: tuple[float, float]
    azimuth_deg: float


def onward(place: tuple[float, float], azimuth_deg: float, distance_m: float) -> Way:
    """Where one is after a distance, and how one flies on; backwards where the distance is negative."""
    longitude_deg, latitude_deg, goes_on_deg = WGS84.fwd(
        place[1], place[0], azimuth_deg, distance_m, return_back_azimuth=False
    )
    return Way((latitude_deg, longitude_deg), goes_on_deg)


def moved(place: tuple[float, float], azimuth_deg: float, distance_m: float) -> tuple[float, float]:
    """Where one is after a distance."""
    return onward(place, azimuth_deg, distance_m).place


def apart_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How far two places are apart."""
    return WGS84.inv(one[1], one[0], other[1], other[0])[2]


def azimuth_deg(one: tuple[float, float], other: tuple[float, float]) -> float:
    """In which direction one place has the other."""
    return WGS84.inv(one[1], one[0], other[1], other[0])[0]


class Line:
    """The geodesic from one place to another."""

    def __init__(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.start = start
        self.azimuth_deg, _, self.length_m = WGS84.inv(start[1], start[0], end[1], end[0])

    def at(self, distance_m: float) -> Way:
        """Where one is on it after a distance from its start."""
        return onward(self.start, self.azimuth_deg, distance_m)
