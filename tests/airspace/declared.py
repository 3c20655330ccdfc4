"""What an authority declares, for tests: about Cyprus, 3000 to 6000 m, three hours from noon."""

from mamarr.airspace import (
    Area,
    AreaKind,
    Constraint,
    Corridor,
    CorridorPoint,
    NavigationSpecification,
    Party,
    Share,
    Window,
)
from mamarr.geometry import Datum, Footprint, Volume, footprints
from mamarr.geometry.units import epoch_ms
from tests.airspace.boxes import DEG, HOUR_MS, NOON

NOON_MS = epoch_ms(NOON)
LEVELS = {"datum": Datum.STD, "lower_mm": 3_000_000, "upper_mm": 6_000_000}
SQUARE = [(33 * DEG, 32 * DEG), (33 * DEG, 33 * DEG), (34 * DEG, 33 * DEG), (34 * DEG, 32 * DEG)]
BOW_TIE = footprints.polygon([SQUARE[0], (36 * DEG, 33 * DEG), SQUARE[1], SQUARE[3]])  # crosses itself


def a_window(start_hours: int, end_hours: int) -> Window:
    return Window(time_start_ms=NOON_MS + start_hours * HOUR_MS, time_end_ms=NOON_MS + end_hours * HOUR_MS)


def a_square(east_deg: float = 0.0) -> Footprint:
    shift_e7deg = round(east_deg * DEG)
    return footprints.polygon([(latitude, longitude + shift_e7deg) for latitude, longitude in SQUARE])


def a_party(**changed: object) -> Party:
    return Party(**{"party_id": "south", "is_authority": True, **changed})


def a_corridor(*points: tuple[float, float], **changed: object) -> Corridor:
    places = points or ((33.0, 32.0), (33.5, 32.5), (33.0, 34.0))
    fields = {
        "corridor_id": "K1",
        "points": tuple(
            CorridorPoint(latitude_e7deg=round(latitude * DEG), longitude_e7deg=round(longitude * DEG))
            for latitude, longitude in places
        ),
        "half_width_mm": 9_260_000,
        "navigation_specification": NavigationSpecification.RNP_2,
        **LEVELS,
    }
    return Corridor(**{**fields, **changed})


def a_share(**changed: object) -> Share:
    return Share(**{"share_id": "S1", "authority": "north", "footprint": a_square(), **LEVELS, **changed})


def an_area(**changed: object) -> Area:
    return Area(**{"area_id": "A1", "kind": AreaKind.TSA, "footprint": a_square(), **LEVELS, **changed})


def a_volume(**changed: object) -> Volume:
    times = {"time_start_ms": NOON_MS, "time_end_ms": NOON_MS + 3 * HOUR_MS}
    return Volume(**{"footprint": a_square(), **LEVELS, **times, **changed})


def a_constraint(**changed: object) -> Constraint:
    return Constraint(**{"constraint_id": "C1", "volumes": (a_volume(),), **changed})
