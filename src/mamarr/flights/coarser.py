"""A flight's sky told in fewer words: circles that hold all of it, where it does not fit a message.

What flies cannot be refused for its length, and must be told to those it concerns. Coarser is safe: more sky
is taken than is needed, never less.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mamarr.flights.protection import Protected
from mamarr.geometry import Datum, Shape, Volume, footprints
from mamarr.geometry.footprints import CIRCLE_RADIUS_MAX_MM, MERIDIAN_RADIUS_MAX_M

# Chosen: 48 hours at 700 m/s are 60 such circles, which fit a message. Corners of other shapes lie closer.
REACH_M = 2_000_000.0
REACH_RATIO = math.cos(REACH_M / MERIDIAN_RADIUS_MAX_M)
SPARE_RATIO = 1.02  # an edge between two places of a circle bulges beyond it by less, on the ellipsoid
SPARE_MM = 1_000

Array = npt.NDArray[np.float64]


class _Piece(NamedTuple):
    """Places of one volume: (N, 3) unit vectors of latitude and longitude, and where the first of them is."""

    of: Protected
    places: Array
    first_e7deg: tuple[int, int]


def covered(kept: Sequence[Protected]) -> tuple[Protected, ...]:
    """Circles that together hold all of `kept`, each at all levels and times of what it holds.

    In the order flown. A circle's minima are the largest of what it holds; it is admitted if some of that is.
    """
    groups: list[list[_Piece]] = []
    for each in kept:
        for piece in _pieces(each):
            if groups and _datum(groups[-1][0]) is _datum(piece) and _is_near(groups[-1][0], piece.places):
                groups[-1].append(piece)
            else:
                groups.append([piece])
    return tuple(map(_circle, groups))


def _pieces(each: Protected) -> Iterator[_Piece]:
    """The places of a volume: all together, or of a long line piece by piece, neighbours sharing an end."""
    footprint = each.volume.footprint
    corners_e7deg, places = footprints.points(footprint), footprints.directions(footprint.vertices)
    if footprint.shape is not Shape.PATH:
        yield _Piece(each, places, corners_e7deg[0])
        return
    first, last = 0, len(places) - 1
    while first < last:
        beyond = np.flatnonzero(places[first + 1 :] @ places[first] < REACH_RATIO)
        end = max(first + 1, first + int(beyond[0])) if beyond.size else last
        yield _Piece(each, places[first : end + 1], corners_e7deg[first])
        first = end


def _datum(piece: _Piece) -> Datum:
    return piece.of.volume.datum


def _is_near(one: _Piece, places: Array) -> bool:
    return bool((places @ one.places[0]).min() >= REACH_RATIO)


def _circle(group: list[_Piece]) -> Protected:
    """The circle about the first place of a group.

    No radius of curvature of the ellipsoid is longer than MERIDIAN_RADIUS_MAX_M: so the way between two
    places is not longer than that by the angle between their verticals.
    """
    first = group[0]
    near_ratio = min(float((piece.places @ first.places[0]).min()) for piece in group)
    far_m = math.acos(max(-1.0, min(1.0, near_ratio))) * MERIDIAN_RADIUS_MAX_M
    kept = [piece.of for piece in group]
    volumes = [each.volume for each in kept]
    wide_mm = max(each.footprint.radius_mm for each in volumes)
    radius_mm = min(CIRCLE_RADIUS_MAX_MM, round(far_m * SPARE_RATIO * 1_000) + wide_mm + SPARE_MM)
    return Protected(
        volume=Volume(
            footprint=footprints.circle(first.first_e7deg, radius_mm),
            datum=_datum(first),
            lower_mm=min(each.lower_mm for each in volumes),
            upper_mm=max(each.upper_mm for each in volumes),
            time_start_ms=min(each.time_start_ms for each in volumes),
            time_end_ms=max(each.time_end_ms for each in volumes),
        ),
        leg=kept[0].leg,
        longitudinal_minimum_ms=max(each.longitudinal_minimum_ms for each in kept),
        lateral_minimum_mm=max(each.lateral_minimum_mm for each in kept),
        vertical_minimum_mm=max(each.vertical_minimum_mm for each in kept),
        is_admitted=any(each.is_admitted for each in kept),
    )
