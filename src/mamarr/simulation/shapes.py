"""The sky that is asked for in a simulated world: discs, areas, strips; among the flights and by the pole."""

import math
from collections.abc import Sequence
from random import Random

from mamarr.airspace.movements import Movement, MovementPoint
from mamarr.geometry import Datum, Footprint, Volume, footprints
from mamarr.simulation.scenery import FL_MM, LINES, MINUTE_MS, NM_MM, PLACES, Place, at

RADII_NM = (5, 12)
AREA_RADII_NM = (8, 15, 40, 120)  # the last two hold whole legs in their inside
NM_RAD = math.radians(1 / 60)
POLAR_PLACES: tuple[Place, ...] = ((89.0, 180.0), (89.5, 30.0), (88.5, 170.0), (90.0, 0.0))


class Shapes:
    """Makes shapes of sky, driven by `chance` alone."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._by_pole_ratio = chance.choice((0.1, 0.1, 0.4))

    def volume(self, now_ms: int, edges_ms: Sequence[int] = ()) -> Volume:
        """Sky for some time, over either datum. edges_ms: when other sky ends; it may be its start."""
        by_pole = self.chance.random() < self._by_pole_ratio
        floor_mm = self.chance.choice((270, 300, 320)) * FL_MM
        high_mm = self.chance.choice((20, 80)) * FL_MM
        if by_pole:  # at the levels of the boxes there
            floor_mm, high_mm = self.chance.randrange(0, 4) * 1_000_000, 1_000_000
        start_ms = now_ms + self.chance.randrange(-5, 30) * MINUTE_MS
        if edges_ms and self.chance.random() < 0.25:
            start_ms = self.chance.choice(edges_ms) - self.chance.choice((0, 0, 1))
        return Volume(
            footprint=self.polar() if by_pole else self.footprint(),
            datum=self.datum(),
            lower_mm=floor_mm,
            upper_mm=floor_mm + high_mm,
            time_start_ms=start_ms,
            time_end_ms=start_ms + self.chance.choice((10, 40)) * MINUTE_MS,
        )

    def datum(self) -> Datum:
        """Mostly that of the flights: heights over the other meet twice as many of them."""
        return Datum.STD if self.chance.random() < 0.7 else Datum.WGS84

    def footprint(self) -> Footprint:
        """Among the flights: a disc, often on one of two ways between the same ends, an area, a strip."""
        place = LINES["A"][1] if self.chance.random() < 0.4 else self.chance.choice(PLACES)
        kind = self.chance.random()
        if kind < 0.5:
            return footprints.circle(at(place), self.chance.choice(RADII_NM) * NM_MM)
        if kind < 0.9:
            return self._area(place)
        ends = self.chance.sample(PLACES, self.chance.choice((2, 3)))
        return footprints.path([at(end) for end in ends], self.chance.choice((2, 5)) * NM_MM)

    def polar(self) -> Footprint:
        """By the pole: an area about it or near it."""
        return self._area(self.chance.choice(POLAR_PLACES))

    def _area(self, about: Place) -> Footprint:
        """Three to six corners round a place, some drawn in, either way round; some with a margin."""
        count, radius_nm = self.chance.choice((3, 4, 5, 6)), self.chance.choice(AREA_RADII_NM)
        turn_rad = self.chance.random()
        corners = []
        for number in range(count):
            drawn_ratio = self.chance.choice((1.0, 1.0, 0.4))
            bearing_rad = 2 * math.pi * number / count + turn_rad
            corners.append(at(_beside(about, bearing_rad, radius_nm * NM_RAD * drawn_ratio)))
        if self.chance.random() < 0.5:
            corners.reverse()
        return footprints.polygon(corners, radius_mm=self.chance.choice((0, 0, 2)) * NM_MM)

    def movement(self, now_ms: int) -> Movement:
        """A circle of sky that moves between places."""
        time_ms, points = now_ms + self.chance.randrange(0, 10) * MINUTE_MS, []
        for place in self.chance.sample(PLACES, self.chance.choice((2, 3))):
            latitude_e7deg, longitude_e7deg = at(place)
            points.append(
                MovementPoint(latitude_e7deg=latitude_e7deg, longitude_e7deg=longitude_e7deg, time_ms=time_ms)
            )
            time_ms += self.chance.choice((2, 4, 12)) * MINUTE_MS
        floor_mm = self.chance.choice((280, 310)) * FL_MM
        return Movement(
            points=tuple(points),
            radius_mm=5 * NM_MM,
            datum=self.datum(),
            lower_mm=floor_mm,
            upper_mm=floor_mm + 20 * FL_MM,
        )


def _beside(about: Place, bearing_rad: float, away_rad: float) -> Place:
    """The place in that direction at that distance, on a sphere; its longitude within 180 degrees."""
    latitude_rad, longitude_rad = map(math.radians, about)
    sine = math.sin(latitude_rad) * math.cos(away_rad)
    sine += math.cos(latitude_rad) * math.sin(away_rad) * math.cos(bearing_rad)
    east_rad = math.atan2(
        math.sin(bearing_rad) * math.sin(away_rad) * math.cos(latitude_rad),
        math.cos(away_rad) - math.sin(latitude_rad) * sine,
    )
    return math.degrees(math.asin(sine)), math.degrees(math.remainder(longitude_rad + east_rad, 2 * math.pi))
