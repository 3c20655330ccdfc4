"""What must be true after every seed, checked in other ways than the engine decides.

Knows nothing of how overlap is decided: two boxes conflict here when one point lies in both, and points are
tried, one inside each of the cells that the sides of the two boxes cut the sky into.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise, product

from mamarr.geometry import Box

TURN_E7DEG = 3_600_000_000


def common_point(one: Box, other: Box) -> tuple[int, int, int, int] | None:
    """A point (latitude, longitude, altitude, time; doubled, so it is whole) in both boxes, or None."""
    latitudes = _between(
        one.latitude_south_e7deg,
        one.latitude_north_e7deg,
        other.latitude_south_e7deg,
        other.latitude_north_e7deg,
    )
    sides = [
        one.longitude_west_e7deg,
        one.longitude_east_e7deg,
        other.longitude_west_e7deg,
        other.longitude_east_e7deg,
    ]
    longitudes = _between(*sides, *(side + TURN_E7DEG for side in sides))
    altitudes = _between(
        one.altitude_lower_mm, one.altitude_upper_mm, other.altitude_lower_mm, other.altitude_upper_mm
    )
    times = _between(one.time_start_ms, one.time_end_ms, other.time_start_ms, other.time_end_ms)
    for point in product(latitudes, longitudes, altitudes, times):
        if _inside(one, point) and _inside(other, point):
            return point
    return None


def conflicts(held: Sequence[tuple[str, Box]]) -> Iterator[str]:
    """A sentence for every two of `held` that have a point in common."""
    for (one_id, one), (other_id, other) in combinations(held, 2):
        point = common_point(one, other)
        if point is not None:
            yield f"{one_id} and {other_id} both hold the point {point} (doubled)"


def _between(*sides: int) -> Iterable[int]:
    return [low + high for low, high in pairwise(sorted(set(sides)))]


def _inside(box: Box, point: tuple[int, int, int, int]) -> bool:
    latitude, longitude, altitude, time = point
    west = 2 * box.longitude_west_e7deg
    width = (2 * box.longitude_east_e7deg - west - 1) % (2 * TURN_E7DEG) + 1  # the whole turn, not none
    return (
        2 * box.latitude_south_e7deg <= latitude < 2 * box.latitude_north_e7deg
        and (longitude - west) % (2 * TURN_E7DEG) < width
        and 2 * box.altitude_lower_mm <= altitude < 2 * box.altitude_upper_mm
        and 2 * box.time_start_ms <= time < 2 * box.time_end_ms
    )
