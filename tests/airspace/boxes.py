"""Boxes for tests: about Cyprus, 3000 to 6000 m above the ellipsoid, two hours from noon."""

from datetime import UTC, datetime
from itertools import combinations, permutations

from hypothesis import strategies as st

from mamarr.geometry import Box
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NORTH = Author(party="north", node="node-north")
SOUTH = Author(party="south", node="node-north")
DEG = 10_000_000
HOUR_MS = 3_600_000


def a_box(**changed: int) -> Box:
    sides = {
        "latitude_south_e7deg": 33 * DEG,
        "latitude_north_e7deg": 34 * DEG,
        "longitude_west_e7deg": 32 * DEG,
        "longitude_east_e7deg": 33 * DEG,
        "altitude_lower_mm": 3_000_000,
        "altitude_upper_mm": 6_000_000,
        "time_start_ms": epoch_ms(NOON),
        "time_end_ms": epoch_ms(NOON) + 2 * HOUR_MS,
    }
    return Box(**{**sides, **changed})


def _ascending(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    # Few different values, so that sides touch and coincide often; and the ends of the range.
    sides = sorted({low, high, *range(low, high, max((high - low) // 7, 1))})
    return st.sampled_from(list(combinations(sides, 2)))


MERIDIANS = [side * DEG for side in (-180, -179, -1, 0, 1, 90, 179, 180)]
WEST_EAST = [pair for pair in permutations(MERIDIANS, 2) if pair != (180 * DEG, -180 * DEG)]


def boxes() -> st.SearchStrategy[Box]:
    """Boxes whose sides often touch, some of them across the antimeridian and to the poles."""
    return st.builds(
        lambda latitude, longitude, altitude, time: a_box(
            latitude_south_e7deg=latitude[0],
            latitude_north_e7deg=latitude[1],
            longitude_west_e7deg=longitude[0],
            longitude_east_e7deg=longitude[1],
            altitude_lower_mm=altitude[0],
            altitude_upper_mm=altitude[1],
            time_start_ms=time[0],
            time_end_ms=time[1],
        ),
        _ascending(-90 * DEG, 90 * DEG),
        st.sampled_from(WEST_EAST),
        _ascending(0, 12_000_000),
        _ascending(0, 7 * HOUR_MS),
    )
