"""Flight plans: who flies, what, how equipped, and when it is where at what level.

Names: ICAO Doc 4444, appendix 2 (items 7, 8, 9, 10, 15, 18), and EUROCONTROL's GAT and OAT.
"""

import re
from enum import StrEnum

import msgspec

from mamarr.airspace.constraints import SpecialHandling
from mamarr.airspace.corridors import NavigationSpecification
from mamarr.geometry import tolerance
from mamarr.geometry.altitude import PRESSURE_KINDS, FiledLevel, Qnh, filed_band, filed_mm
from mamarr.geometry.footprints import LATITUDE_MAX_E7DEG, LONGITUDE_MAX_E7DEG
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.names import OBJECT_ID, matched, object_id

IDENTIFICATION = re.compile(r"[A-Z0-9]{2,7}")  # item 7 of a flight plan has at most seven characters
AIRCRAFT_TYPE = re.compile(r"[A-Z][A-Z0-9]{1,3}")  # a designator of ICAO Doc 8643, or ZZZZ
ICAO_ADDRESS = re.compile(r"[0-9a-f]{6}")  # the 24-bit address, as receivers write it
POINTS_MAX = 100  # chosen: a route across two continents files some sixty points
AIRCRAFT_MAX = 99  # item 9 has two digits
STAY_RADIUS_MM = 18_520_000  # chosen: 10 NM hold a racetrack of one minute at any usual speed
STAY_RADIUS_MAX_MM = 185_200_000
STAY_RADIUS_MIN_MM = tolerance.STAY_RADIUS_MIN_MM
STAY_MAX_MS = 24 * 3_600_000
DURATION_MAX_MS = 48 * 3_600_000  # chosen: longer than any flight with one crew change
FORMATION_LATERAL_MAX_MM = 37_040_000  # chosen: 20 NM; wider aircraft are flights of their own
FORMATION_VERTICAL_MAX_MM = 914_400  # 3,000 ft

# What it is


class Traffic(StrEnum):
    """By which rules it flies: general (GAT) or operational (OAT) air traffic."""

    GAT = "GAT"
    OAT = "OAT"


class Formation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far from the leader, whose route is filed, the others may be; millimetres."""

    lateral_mm: int = tolerance.FORMATION_LATERAL_MM
    vertical_mm: int = tolerance.FORMATION_VERTICAL_MM

    def __post_init__(self) -> None:
        if not 0 <= self.lateral_mm <= FORMATION_LATERAL_MAX_MM:
            raise ValueError("a formation's lateral extent is not 0 to 20 NM")
        if not 0 <= self.vertical_mm <= FORMATION_VERTICAL_MAX_MM:
            raise ValueError("a formation's vertical extent is not 0 to 3000 ft")


class RoutePoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where the flight is when, and at what level.

    latitude_e7deg, longitude_e7deg: 1e-7 degree. time_ms: when it is there, milliseconds since
    1970-01-01T00:00:00Z. level, level_upper: the level over the point, or the block from one to the other;
    on the leg to the next point it may be at any level between those of both, so a climb or descent is a
    block. stay_ms, stay_radius_mm: how long it holds here before it goes on, and within what distance.
    corridor_id: the corridor on which the leg to the next point runs. designator: the point's name.
    """

    latitude_e7deg: int
    longitude_e7deg: int
    time_ms: int
    level: FiledLevel
    level_upper: FiledLevel | None = None
    stay_ms: int = 0
    stay_radius_mm: int = STAY_RADIUS_MM
    corridor_id: str | None = None
    designator: str | None = None

    def __post_init__(self) -> None:
        if not -LATITUDE_MAX_E7DEG <= self.latitude_e7deg <= LATITUDE_MAX_E7DEG:
            raise ValueError("latitude is beyond 90 degrees")
        if not -LONGITUDE_MAX_E7DEG <= self.longitude_e7deg <= LONGITUDE_MAX_E7DEG:
            raise ValueError("longitude is beyond 180 degrees")
        if not 0 <= self.time_ms <= TIME_LAST_MS:
            raise ValueError("a time is outside the years 1970 to 2099")
        if self.stay_ms != 0 and not 0 < self.stay_ms <= STAY_MAX_MS:
            raise ValueError("a stay is not 0 to 24 hours")
        if not STAY_RADIUS_MIN_MM <= self.stay_radius_mm <= STAY_RADIUS_MAX_MM:
            raise ValueError("the radius of a stay is not 1 to 100 NM")
        if self.corridor_id is not None:
            object_id("corridor_id", self.corridor_id)
        if self.designator is not None:
            object_id("designator", self.designator)


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A flight as it is filed. A formation is one flight.

    identification: item 7. aircraft_count, aircraft_type: item 9. formation: how wide, for more than one
    aircraft. traffic: GAT or OAT. has_rvsm: approved for reduced vertical separation. handling: STS of item
    18. navigation_specification: how exactly it keeps its line. route: in the order flown; one point alone
    is a stay. serving_centre: which centre serves it, the party's own if None. is_due_regard: it flies with
    due regard for others and asks nobody: it is notified, never admitted. joins: the flight of the same
    party that it joins at its last point; splits_from: the one that it leaves at its first. qnh: what levels
    A and M are flown on. icao_address: the 24-bit address, for a flight of one aircraft.
    """

    identification: str
    aircraft_type: str
    route: tuple[RoutePoint, ...]
    aircraft_count: int = 1
    formation: Formation | None = None
    traffic: Traffic = Traffic.GAT
    has_rvsm: bool = False
    handling: tuple[SpecialHandling, ...] = ()
    navigation_specification: NavigationSpecification = NavigationSpecification.RNAV_5
    serving_centre: str | None = None
    is_due_regard: bool = False
    joins: str | None = None
    splits_from: str | None = None
    qnh: Qnh | None = None
    icao_address: str | None = None

    def __post_init__(self) -> None:
        matched("identification", self.identification, IDENTIFICATION)
        matched("aircraft_type", self.aircraft_type, AIRCRAFT_TYPE)
        if self.serving_centre is not None:
            object_id("serving_centre", self.serving_centre)
        if self.joins is not None:
            matched("joins", self.joins, OBJECT_ID)
        if self.splits_from is not None:
            matched("splits_from", self.splits_from, OBJECT_ID)
        if self.icao_address is not None:
            matched("icao_address", self.icao_address, ICAO_ADDRESS)
        self._check_aircraft()
        if not _check_route(self.route):
            for number in range(len(self.route)):
                self.levels_at(number)

    def _check_aircraft(self) -> None:
        if not 1 <= self.aircraft_count <= AIRCRAFT_MAX:
            raise ValueError(f"a flight has 1 to {AIRCRAFT_MAX} aircraft, not {self.aircraft_count}")
        if (self.formation is None) != (self.aircraft_count == 1):
            raise ValueError("more than one aircraft have a formation, and one alone has none")
        if self.handling:
            self._check_handling()
        if self.joins is not None and self.joins == self.splits_from:
            raise ValueError("a flight that leaves another and joins it again is part of it")

    def _check_handling(self) -> None:
        if len(set(self.handling)) != len(self.handling):
            raise ValueError("a reason for special handling is given twice")
        if SpecialHandling.NONRVSM in self.handling and self.has_rvsm:
            raise ValueError("NONRVSM is filed for a flight that is approved for RVSM")

    def levels(self, leg: int) -> tuple[int, int]:
        """The block of levels on leg number `leg`, from its point to the next: millimetres above STD.

        ValueError when a level needs a QNH that is not given, or a block is upside down.
        """
        low_mm, high_mm = self.levels_at(leg)
        if leg + 1 == len(self.route):
            return low_mm, high_mm
        here, there = self.route[leg], self.route[leg + 1]
        if here.level == there.level and here.level_upper == there.level_upper:
            return low_mm, high_mm
        next_low_mm, next_high_mm = self.levels_at(leg + 1)
        return min(low_mm, next_low_mm), max(high_mm, next_high_mm)

    def levels_at(self, point: int) -> tuple[int, int]:
        """The block of levels over point number `point`, millimetres above STD."""
        there = self.route[point]
        if there.level_upper is None and there.level.kind in PRESSURE_KINDS:
            level_mm = filed_mm(there.level)
            return level_mm, level_mm
        band = filed_band(there.level, there.level_upper or there.level, qnh=self.qnh)
        return band.lower_mm, band.upper_mm


def _check_route(route: tuple[RoutePoint, ...]) -> bool:
    """ValueError for points that no flight can have; whether all levels are plain: no blocks, no QNH."""
    if not 1 <= len(route) <= POINTS_MAX:
        raise ValueError(f"a route has 1 to {POINTS_MAX} points, not {len(route)}")
    if len(route) == 1 and route[0].stay_ms == 0:
        raise ValueError("a route of one point is a stay: give its stay")
    is_plain, left_ms = True, -1  # when the point before is left; no time is below 0
    for number, point in enumerate(route):
        time_ms = point.time_ms
        if time_ms <= left_ms:
            raise ValueError(f"point {number} is reached before point {number - 1} is left")
        left_ms = time_ms + point.stay_ms
        if point.level_upper is not None or point.level.kind not in PRESSURE_KINDS:
            is_plain = False
    if route[-1].corridor_id is not None:
        raise ValueError("the last point has no leg after it, so no corridor")
    if left_ms - route[0].time_ms > DURATION_MAX_MS:
        raise ValueError("a flight is not longer than 48 hours")
    return is_plain


def shifted(plan: Plan, later_ms: int) -> Plan:
    """The same plan, `later_ms` milliseconds later."""
    moved = (msgspec.structs.replace(point, time_ms=point.time_ms + later_ms) for point in plan.route)
    return msgspec.structs.replace(plan, route=tuple(moved))
