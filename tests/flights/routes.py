"""Plans, corridors and a small sky for tests: about Cyprus, times from noon of 22 November 2026, UTC.

Corridor EAST: from (34 N, 32 E) by (34 N, 33 E) to (34.5 N, 34 E), 5 NM to either side, FL100 to FL400.
SOUTH joins the same ends by (33.4 N, 33 E).
"""

from typing import Any

from mamarr.airspace import (
    Centre,
    Corridor,
    CorridorPoint,
    DeclaredCorridor,
    Direction,
    NavigationSpecification,
    Party,
    Share,
    Terms,
    corridors,
)
from mamarr.airspace.corridors import DeclareCorridor
from mamarr.flights import Plan, Protected, RoutePoint, protection
from mamarr.geometry import Datum, footprints
from mamarr.geometry.altitude import filed_level
from mamarr.geometry.units import epoch_ms
from tests.airspace.boxes import NOON, NORTH

NOON_MS = epoch_ms(NOON)
MINUTE_MS = 60_000
DEG = 10_000_000
FL_MM = 30_480
NM_MM = 1_852_000
WEST, MIDDLE, EAST = (34.0, 32.0), (34.0, 33.0), (34.5, 34.0)
SOUTHERN = (33.4, 33.0)


def a_point(place: tuple[float, float], minutes: float, level: str = "F330", **changed: Any) -> RoutePoint:
    """`minutes` after noon over `place`, (latitude, longitude) in degrees."""
    values = {
        "latitude_e7deg": round(place[0] * DEG),
        "longitude_e7deg": round(place[1] * DEG),
        "time_ms": NOON_MS + round(minutes * MINUTE_MS),
        "level": filed_level(level),
    }
    return RoutePoint(**{**values, **changed})


def a_plan(
    *, minutes: float = 60, level: str = "F330", corridor: str | None = "EAST", **changed: Any
) -> Plan:
    """Along corridor EAST, from one hour after noon, 20 minutes."""
    route = (
        a_point(WEST, minutes, level, corridor_id=corridor),
        a_point(MIDDLE, minutes + 10, level, corridor_id=corridor),
        a_point(EAST, minutes + 20, level),
    )
    values = {"identification": "EXA101", "aircraft_type": "A320", "route": route, "has_rvsm": True}
    return Plan(**{**values, **changed})


def a_corridor(corridor_id: str = "EAST", *, by: tuple[float, float] = MIDDLE, **changed: Any) -> Corridor:
    points = tuple(
        CorridorPoint(latitude_e7deg=round(place[0] * DEG), longitude_e7deg=round(place[1] * DEG))
        for place in (WEST, by, EAST)
    )
    values = {
        "corridor_id": corridor_id,
        "points": points,
        "half_width_mm": 5 * NM_MM,
        "navigation_specification": NavigationSpecification.RNAV_5,
        "datum": Datum.STD,
        "lower_mm": 100 * FL_MM,
        "upper_mm": 400 * FL_MM,
        "direction": Direction.BOTH,
    }
    return Corridor(**{**values, **changed})


def declared(corridor: Corridor) -> DeclaredCorridor:
    answer = corridors.decide(
        DeclareCorridor(corridor=corridor), corridors.Facts(party="north"), author=NORTH, now=NOON
    )
    assert isinstance(answer, tuple), answer
    value = corridors.evolve(None, answer[0])
    assert value is not None
    return value


def the_corridors(*given: Corridor) -> dict[str, DeclaredCorridor]:
    listed = given or (a_corridor(), a_corridor("SOUTH", by=SOUTHERN))
    return {each.corridor_id: declared(each) for each in listed}


def kept(plan: Plan, *given: Corridor, terms: Terms | None = None) -> tuple[Protected, ...]:
    legs = protection.lines(plan, the_corridors(*given))
    assert isinstance(legs, tuple), legs
    found = protection.volumes(plan, legs, protection.before_departure(terms or Terms()))
    assert isinstance(found, tuple), found
    return found


def a_share(share_id: str = "NORTHERN", authority: str = "north", **changed: Any) -> Share:
    """From 30 N to 40 N and 25 E to 40 E, from the ground to FL600."""
    corners = [(30 * DEG, 25 * DEG), (30 * DEG, 40 * DEG), (40 * DEG, 40 * DEG), (40 * DEG, 25 * DEG)]
    values = {
        "share_id": share_id,
        "authority": authority,
        "footprint": footprints.polygon(corners),
        "datum": Datum.STD,
        "lower_mm": 0,
        "upper_mm": 600 * FL_MM,
    }
    return Share(**{**values, **changed})


def a_party(party_id: str, **changed: Any) -> Party:
    """An authority with a centre of its own, named after it."""
    values = {
        "party_id": party_id,
        "is_authority": True,
        "centres": (Centre(centre_id=f"{party_id}-centre"),),
    }
    return Party(**{**values, **changed})
