"""A flight's sky told in fewer words: circles that hold all of it, where it does not fit a message.

What flies cannot be refused for its length, and must be told to those it concerns. Coarser is safe: more sky
is taken than is needed, never less.
"""

from collections.abc import Sequence

from mamarr.flights.protection import Protected
from mamarr.geometry import Shape, Volume, footprints, geodesy
from mamarr.geometry.footprints import CIRCLE_RADIUS_MAX_MM
from mamarr.geometry.units import deg_from_e7deg

# Chosen: 48 hours at 700 m/s are 60 such circles, which fit a message. Corners of other shapes lie closer.
REACH_M = 2_000_000.0
SPARE_RATIO = 1.02  # an edge between two places of a circle bulges beyond it by less, on the ellipsoid
SPARE_MM = 1_000

Place = tuple[int, int]  # latitude, longitude, 1e-7 degree


def covered(kept: Sequence[Protected]) -> tuple[Protected, ...]:
    """Circles that together hold all of `kept`, each at all levels and times of what it holds.

    In the order flown. A circle's minima are the largest of what it holds; it is admitted if some of that is.
    """
    groups: list[list[tuple[Protected, tuple[Place, ...]]]] = []
    for each in kept:
        for piece in _pieces(each):
            if groups and _is_near(groups[-1][0][1][0], piece) and _is_alike(groups[-1][0][0], each):
                groups[-1].append((each, piece))
            else:
                groups.append([(each, piece)])
    return tuple(map(_circle, groups))


def _pieces(each: Protected) -> list[tuple[Place, ...]]:
    """The places of a volume: all together, or of a long line piece by piece, neighbours sharing an end."""
    places = tuple(footprints.points(each.volume.footprint))
    if each.volume.footprint.shape is not Shape.PATH:
        return [places]
    found, first = list[tuple[Place, ...]](), 0
    for at in range(1, len(places)):
        if at + 1 == len(places) or not _is_near(places[first], (places[at + 1],)):
            found.append(places[first : at + 1])
            first = at
    return found


def _is_near(centre: Place, places: tuple[Place, ...]) -> bool:
    return all(_apart_m(centre, place) <= REACH_M for place in places)


def _is_alike(one: Protected, other: Protected) -> bool:
    """Whether levels of both are over one datum, so that one band can hold them."""
    return one.volume.datum is other.volume.datum


def _apart_m(one: Place, other: Place) -> float:
    return geodesy.distance_m(*map(deg_from_e7deg, one), *map(deg_from_e7deg, other))


def _circle(group: list[tuple[Protected, tuple[Place, ...]]]) -> Protected:
    first, places = group[0]
    centre = places[0]
    far_m = max(_apart_m(centre, place) for _, piece in group for place in piece)
    wide_mm = max(each.volume.footprint.radius_mm for each, _ in group)
    radius_mm = min(CIRCLE_RADIUS_MAX_MM, round(far_m * SPARE_RATIO * 1_000) + wide_mm + SPARE_MM)
    volumes = [each.volume for each, _ in group]
    return Protected(
        volume=Volume(
            footprint=footprints.circle(centre, radius_mm),
            datum=first.volume.datum,
            lower_mm=min(each.lower_mm for each in volumes),
            upper_mm=max(each.upper_mm for each in volumes),
            time_start_ms=min(each.time_start_ms for each in volumes),
            time_end_ms=max(each.time_end_ms for each in volumes),
        ),
        leg=first.leg,
        longitudinal_minimum_ms=max(each.longitudinal_minimum_ms for each, _ in group),
        lateral_minimum_mm=max(each.lateral_minimum_mm for each, _ in group),
        vertical_minimum_mm=max(each.vertical_minimum_mm for each, _ in group),
        is_admitted=any(each.is_admitted for each, _ in group),
    )
