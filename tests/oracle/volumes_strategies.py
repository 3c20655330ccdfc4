"""Footprints and volumes that are often near each other: Cyprus, antimeridian, poles, equator.

Sizes are 50 m to 300 km. Shapes are made by geographiclib from a middle, azimuths and distances. A number is
drawn as a whole number of thousandths, so that a failing example shrinks to plain ones.
"""

import math
from typing import NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

from mamarr.geometry import footprints
from mamarr.geometry.altitude import Datum
from mamarr.geometry.footprints import Footprint, Shape
from mamarr.geometry.volumes import Volume
from tests.geodesics import moved

Place = tuple[float, float]  # latitude and longitude in degrees
Corner = tuple[int, int]  # the same in 1e-7 degree

REGIONS: tuple[Place, ...] = (
    (35.0, 33.0),
    (0.0, 10.0),
    (0.01, 180.0),
    (-17.0, 179.99),
    (52.0, -179.999),
    (89.9, 20.0),
    (90.0, 0.0),
    (-89.95, -120.0),
    (-90.0, 0.0),
)
SIZE_MIN_M, SIZE_MAX_M = 50.0, 300_000.0
MINIMA_LATERAL_MM = (0, 50_000, 926_000, 9_260_000, 18_520_000)  # none, 50 m, 0.5 NM, 5 NM, 10 NM
MINIMA_VERTICAL_MM = (0, 304_800, 609_600)  # none, 1000 ft, 2000 ft
MINIMA_TIME_MS = (0, 60_000, 300_000)
LEVEL_MM, STEP_MM = 6_096_000, 152_400  # FL200 and 500 ft: sides coincide and are exactly a minimum apart
START_MS, MINUTE_MS = 1_795_348_800_000, 60_000  # 2026-11-22T12:00:00Z
SHARE = st.integers(0, 1000).map(lambda drawn: drawn / 1000)


class Pair(NamedTuple):
    """Two volumes and the minima that they are held against."""

    one: Volume
    other: Volume
    lateral_mm: int
    vertical_mm: int
    time_ms: int


class FootprintPair(NamedTuple):
    """Two footprints and the lateral minimum that they are held against."""

    one: Footprint
    other: Footprint
    lateral_mm: int


def corner(place: Place) -> Corner:
    latitude_deg, longitude_deg = place
    turned_deg = (longitude_deg + 180) % 360 - 180
    return round(latitude_deg * 1e7), round(turned_deg * 1e7)


def between(low: float, high: float) -> st.SearchStrategy[float]:
    return SHARE.map(lambda share: low + (high - low) * share)


def sizes_m() -> st.SearchStrategy[float]:
    return between(math.log(SIZE_MIN_M), math.log(SIZE_MAX_M)).map(math.exp)


# --- one footprint ----------------------------------------------------------------------------------------


@st.composite
def rings(draw: st.DrawFn, middle: Place, size_m: float) -> list[Corner]:
    """Corners about a middle, in order of azimuth, at most `size_m` from it: convex, or a star."""
    count = draw(st.integers(3, 9))
    inner = draw(st.sampled_from((1.0, 1.0, 0.2, 0.6)))
    turned_deg = draw(between(0, 360))
    corners = []
    for index in range(count * (1 if inner == 1.0 else 2)):
        mesh_deg = 360 / (count if inner == 1.0 else 2 * count)
        azimuth_deg = turned_deg + mesh_deg * (index + draw(between(-0.2, 0.2)))
        corners.append(corner(moved(middle, azimuth_deg, size_m * (inner if index % 2 else 1.0))))
    return corners if draw(st.booleans()) else corners[::-1]


@st.composite
def footprints_at(draw: st.DrawFn, middle: Place, size_m: float) -> Footprint:
    """A polygon, circle or path about a place, reaching about `size_m` from it; checked."""
    match draw(st.sampled_from(Shape)):
        case Shape.CIRCLE:
            made = footprints.circle(corner(middle), max(1_000, round(size_m * 1000)))
        case Shape.POLYGON:
            made = footprints.polygon(draw(rings(middle, size_m)))
            if draw(st.integers(0, 4)) == 0:
                made = footprints.widened(made, round(size_m * 100))
        case Shape.PATH:
            legs = draw(st.integers(1, 6))
            azimuth_deg = draw(between(0, 360))
            place = moved(middle, azimuth_deg + 180, size_m / 2)
            line = [place]
            for _ in range(legs):
                place = moved(place, azimuth_deg, size_m / legs * draw(between(0.2, 1.5)))
                line.append(place)
                azimuth_deg += draw(between(-120, 120))
            half_width_mm = max(1_000, round(size_m * draw(between(0, 300))))
            made = footprints.path([corner(place) for place in line], half_width_mm)
    return valid(made)


def valid(footprint: Footprint) -> Footprint:
    """The footprint, when it is a proper one; rounding may have joined the corners of the smallest."""
    try:
        return footprints.checked(footprint)
    except ValueError:
        assume(False)
        raise


@st.composite
def any_footprint(draw: st.DrawFn) -> Footprint:
    """A footprint in one of the regions."""
    return draw(footprints_at(draw(st.sampled_from(REGIONS)), draw(sizes_m())))


# --- two footprints ---------------------------------------------------------------------------------------


@st.composite
def near_pairs(draw: st.DrawFn) -> FootprintPair:
    """Two footprints of like or unlike size, from one on top of the other to a little apart."""
    middle, size_m = draw(st.sampled_from(REGIONS)), draw(sizes_m())
    other_size_m = max(SIZE_MIN_M, size_m * draw(st.sampled_from((1.0, 0.5, 0.1, 0.01))))
    lateral_mm = draw(st.sampled_from(MINIMA_LATERAL_MM))
    apart_m = (size_m + other_size_m) * draw(between(0, 1.3)) + lateral_mm / 1000 * draw(between(0, 1.3))
    there = moved(middle, draw(between(0, 360)), apart_m)
    return FootprintPair(
        draw(footprints_at(middle, size_m)), draw(footprints_at(there, other_size_m)), lateral_mm
    )


@st.composite
def neighbours(draw: st.DrawFn) -> FootprintPair:
    """A convex polygon and one outside of it that has two of its corners, or one: they share no area.

    The corners lie on a circle, so what is built outward from an edge or a corner stays outside.
    """
    middle, size_m = draw(st.sampled_from(REGIONS)), draw(sizes_m())
    count = draw(st.integers(3, 9))
    azimuths_deg = [360 / count * index + draw(between(0, 1)) for index in range(count)]
    corners = [corner(moved(middle, azimuth_deg, size_m)) for azimuth_deg in azimuths_deg]
    if draw(st.booleans()):
        apex = corner(moved(middle, (azimuths_deg[0] + azimuths_deg[1]) / 2, size_m * draw(between(1.2, 2))))
        beside = [corners[0], apex, corners[1]]
    else:
        tips = [corner(moved(middle, azimuths_deg[0] + turn_deg, size_m * 1.5)) for turn_deg in (-8, 8)]
        beside = [corners[0], *tips]
    lateral_mm = draw(st.sampled_from((0, 0, *MINIMA_LATERAL_MM)))
    return FootprintPair(
        valid(footprints.polygon(corners)), valid(footprints.polygon(draw(turned(beside)))), lateral_mm
    )


@st.composite
def turned(draw: st.DrawFn, corners: list[Corner]) -> list[Corner]:
    """The same corners, begun at another and perhaps the other way round."""
    start = draw(st.integers(0, len(corners) - 1))
    begun = [*corners[start:], *corners[:start]]
    return begun if draw(st.booleans()) else begun[::-1]


@st.composite
def same_or_inside(draw: st.DrawFn) -> FootprintPair:
    """A polygon and the same again, or one well inside of it."""
    middle, size_m = draw(st.sampled_from(REGIONS)), draw(sizes_m())
    corners = draw(rings(middle, size_m))
    one = valid(footprints.polygon(corners))
    if draw(st.booleans()):
        other = footprints.polygon(draw(turned(corners)))
    else:
        other = draw(footprints_at(middle, size_m * 0.05))
    return FootprintPair(one, other, draw(st.sampled_from(MINIMA_LATERAL_MM)))


@st.composite
def at_minimum(draw: st.DrawFn) -> FootprintPair:
    """Two circles, or a circle and the end of a path pointing away, a minimum apart or 1 m more or less."""
    middle, size_m, azimuth_deg = draw(st.sampled_from(REGIONS)), draw(sizes_m()), draw(between(0, 360))
    radii_mm = [max(1_000, round(size_m * draw(between(1, 500)))) for _ in range(2)]
    lateral_mm = draw(st.sampled_from(MINIMA_LATERAL_MM))
    apart_m = (sum(radii_mm) + lateral_mm) / 1000 + draw(st.sampled_from((-1.0, -0.1, 0.0, 0.1, 1.0)))
    there = moved(middle, azimuth_deg, apart_m)
    one = footprints.circle(corner(middle), radii_mm[0])
    if draw(st.booleans()):
        other = footprints.circle(corner(there), radii_mm[1])
    else:
        beyond = moved(middle, azimuth_deg, apart_m + size_m)
        other = footprints.path([corner(there), corner(beyond)], radii_mm[1])
    return FootprintPair(one, valid(other), lateral_mm)


@st.composite
def footprint_pairs(draw: st.DrawFn) -> FootprintPair:
    """Every kind of pair, in either order."""
    pair = draw(st.one_of(near_pairs(), neighbours(), same_or_inside(), at_minimum()))
    return pair if draw(st.booleans()) else FootprintPair(pair.other, pair.one, pair.lateral_mm)


# --- volumes ----------------------------------------------------------------------------------------------


@st.composite
def volumes_above(
    draw: st.DrawFn, footprint: Footprint, datums: tuple[Datum, ...] = (Datum.WGS84,)
) -> Volume:
    """A volume whose levels and times often coincide with those of another, or are a minimum from them."""
    lower_mm = LEVEL_MM + STEP_MM * draw(st.integers(0, 8))
    start_ms = START_MS + MINUTE_MS * draw(st.integers(0, 12))
    return Volume(
        footprint=footprint,
        datum=draw(st.sampled_from(datums)),
        lower_mm=lower_mm,
        upper_mm=lower_mm + STEP_MM * draw(st.integers(0, 6)) + draw(st.sampled_from((0, 0, 1))),
        time_start_ms=start_ms,
        time_end_ms=start_ms + MINUTE_MS * draw(st.integers(1, 12)) - draw(st.sampled_from((0, 0, 1))),
    )


@st.composite
def volume_pairs(draw: st.DrawFn, datums: tuple[Datum, ...] = (Datum.WGS84,)) -> Pair:
    """Two volumes and three minima; about half of the pairs meet in level and time."""
    pair = draw(footprint_pairs())
    return Pair(
        one=draw(volumes_above(pair.one, datums)),
        other=draw(volumes_above(pair.other, datums)),
        lateral_mm=pair.lateral_mm,
        vertical_mm=draw(st.sampled_from(MINIMA_VERTICAL_MM)),
        time_ms=draw(st.sampled_from(MINIMA_TIME_MS)),
    )


@st.composite
def crowds(draw: st.DrawFn, count_max: int = 12, datums: tuple[Datum, ...] = (Datum.WGS84,)) -> list[Volume]:
    """Up to `count_max` volumes in one region, for indexes: some far apart, many meeting."""
    middle, size_m = draw(st.sampled_from(REGIONS)), draw(sizes_m())
    crowd = []
    for _ in range(draw(st.integers(2, count_max))):
        place = moved(middle, draw(between(0, 360)), size_m * draw(between(0, 3)))
        footprint = draw(
            footprints_at(place, max(SIZE_MIN_M, size_m * draw(st.sampled_from((1.0, 0.3, 0.05)))))
        )
        crowd.append(draw(volumes_above(footprint, datums)))
    return crowd
