"""Reach, judged by S2 and by points: what lies in which share is asked of spherely, never of our own code."""

import math
from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
import spherely
from hypothesis import event, given, settings
from hypothesis import strategies as st

from mamarr.airspace import Share, Window, allotment, reach
from mamarr.conflicts import Minima, conflict, prepare
from mamarr.geometry import Datum, Footprint, Shape, Volume, footprints
from mamarr.geometry.altitude import ellipsoid_band_mm
from mamarr.geometry.geodesy import densified
from tests.airspace import skies
from tests.airspace.boxes import DEG, HOUR_MS
from tests.airspace.declared import NOON_MS, a_share, a_square, a_window
from tests.geodesics import moved
from tests.oracle.lateral import area_of
from tests.oracle.volumes_strategies import REGIONS, Place, between, corner, valid

NM_MM = 1_852_000
FT_1000_MM = 304_800
MINUTE_MS = 60_000
LARGEST = Minima(lateral_mm=10 * NM_MM, vertical_mm=2 * FT_1000_MM, time_ms=10 * MINUTE_MS)
HALF_M = LARGEST.lateral_mm / 2_000
SLIVER_M = 0.02  # S2 and the rounding of corners; what is nearer than this to a share is in it
TOP_MM = 20_000_000


def ready(*held: Share) -> tuple[allotment.PreparedShare, ...]:
    return tuple(allotment.prepared(share) for share in held)


def reached(volume: Volume, *held: Share, largest: Minima = LARGEST) -> set[str]:
    found = reach.reached(volume, ready(*held), largest)
    assert list(found) == sorted(set(found))
    return set(found)


def is_allotted(volume: Volume, *held: Share) -> bool:
    return reach.is_allotted(volume, ready(*held))


def a_square_share(name: str, east_deg: float = 0.0, **changed: object) -> Share:
    return a_share(share_id=name, authority=name.lower(), footprint=a_square(east_deg), **changed)


def a_polygon(*corners: tuple[float, float]) -> Footprint:
    return footprints.polygon(
        [(round(latitude * DEG), round(longitude * DEG)) for latitude, longitude in corners]
    )


def a_circle(latitude_deg: float, longitude_deg: float, radius_mm: int = 5_000_000) -> Footprint:
    return footprints.circle((round(latitude_deg * DEG), round(longitude_deg * DEG)), radius_mm)


def a_volume(footprint: Footprint | None = None, **changed: object) -> Volume:
    sides: dict[str, object] = {
        "footprint": footprint or a_circle(33.5, 32.5),
        "datum": Datum.STD,
        "lower_mm": 4_500_000,
        "upper_mm": 4_500_000,
        "time_start_ms": NOON_MS + HOUR_MS,
        "time_end_ms": NOON_MS + 2 * HOUR_MS,
    }
    return Volume(**{**sides, **changed})


WEST, EAST = a_square_share("WEST"), a_square_share("EAST", 1)
MOSAIC = tuple(  # nine squares about that of `a_square`, each its own authority's
    msgspec.structs.replace(
        a_square_share(f"S{row}{column}"),
        footprint=a_polygon(
            (32.0 + row, 31.0 + column),
            (32.0 + row, 32.0 + column),
            (33.0 + row, 32.0 + column),
            (33.0 + row, 31.0 + column),
        ),
    )
    for row in range(3)
    for column in range(3)
)

# --- whom to ask ------------------------------------------------------------------------------------------


def test_deep_inside_one_share_its_authority_alone_is_asked():
    assert reached(a_volume(), *MOSAIC) == {"s11"}
    assert reached(a_volume(), WEST) == {"west"}
    assert reached(a_volume(a_circle(10.0, 10.0)), *MOSAIC) == set()
    assert reached(a_volume()) == set()


def at_m_west_of_33(away_m: float, radius_mm: int) -> Footprint:
    latitude_deg, longitude_deg = moved((33.5, 33.0), 270, away_m + radius_mm / 1_000)
    return a_circle(latitude_deg, longitude_deg, radius_mm)


@pytest.mark.parametrize(("more_m", "authorities"), [(-1, {"s11", "s12"}), (1, {"s11"})])
def test_across_a_side_border_is_asked_up_to_half_of_the_largest_minimum(more_m, authorities):
    assert reached(a_volume(at_m_west_of_33(HALF_M + more_m, 5_000_000)), *MOSAIC) == authorities


@pytest.mark.parametrize(("more_mm", "asked"), [(0, {"low", "high"}), (1_000, {"low"})])
def test_across_a_level_border_is_asked_up_to_half_of_the_largest_minimum(more_mm, asked):
    low, high = (
        a_square_share(name, lower_mm=lower_mm, upper_mm=upper_mm)
        for name, lower_mm, upper_mm in (("LOW", 0, 4_000_000), ("HIGH", 4_000_000, TOP_MM))
    )
    level_mm = 4_000_000 - FT_1000_MM - more_mm
    assert reached(a_volume(lower_mm=level_mm, upper_mm=level_mm), low, high) == asked
    level_mm = 4_000_000 + FT_1000_MM + more_mm
    other = {"low", "high"} if more_mm == 0 else {"high"}
    assert reached(a_volume(lower_mm=level_mm, upper_mm=level_mm), low, high) == other


@pytest.mark.parametrize(("more_ms", "asked"), [(0, {"day", "night"}), (1, {"day"})])
def test_before_and_after_a_change_of_hands_is_asked_up_to_half_of_the_largest_minimum(more_ms, asked):
    day = a_square_share("DAY", windows=(a_window(-9, -8), a_window(0, 3)))
    night = a_square_share("NIGHT", windows=(a_window(-12, -9), a_window(-8, 0), a_window(3, 12)))
    end_ms = NOON_MS + 3 * HOUR_MS - 5 * MINUTE_MS - more_ms
    assert reached(a_volume(time_end_ms=end_ms), day, night) == asked
    start_ms = NOON_MS + 5 * MINUTE_MS + more_ms
    assert reached(a_volume(time_start_ms=start_ms), day, night) == asked


def test_the_two_authorities_of_one_share_twice_are_one():
    again = msgspec.structs.replace(EAST, authority="west")
    assert reach.reached(a_volume(at_m_west_of_33(1, 5_000_000)), ready(again, WEST), LARGEST) == ("west",)


def test_more_than_half_away_from_nobodys_sky_what_is_beyond_it_is_not_asked():
    beyond = beyond_m(1_000)
    assert reached(a_volume(at_m_west_of_33(HALF_M + reach.FINE_M + 2, 5_000_000)), WEST, beyond) == {"west"}
    assert reached(a_volume(at_m_west_of_33(HALF_M - 1, 5_000_000)), WEST, beyond) == {"west", "east"}


@pytest.mark.parametrize(("more_m", "asked"), [(-20, {"west", "east"}), (20, {"west"})])
def test_beside_nobodys_sky_all_of_the_largest_minimum_is_asked(more_m, asked):
    circle = at_m_west_of_33(HALF_M - 100, 5_000_000)
    assert reached(a_volume(circle), WEST, beyond_m(HALF_M + 100 + more_m)) == asked


def beyond_m(gap_m: float) -> Share:
    """A share east of `WEST`, with a strip of nobody's sky between."""
    return a_square_share("EAST", moved((33.5, 33.0), 90, gap_m)[1] - 32.0)


@pytest.mark.parametrize(
    "nobodys",
    [
        {"upper_mm": 4_200_000},  # from 4200 m up
        {"lower_mm": 4_200_000},
        {"windows": (a_window(0, 2),)},  # from two hours after noon on
        {"windows": (a_window(0, 1), a_window(2, 3))},
        {"datum": Datum.WGS84},  # at 4 km a pressure level may be a mile lower, below the share
    ],
)
def test_sky_that_is_nobodys_at_some_level_or_time_alone_is_seen(nobodys):
    east = msgspec.structs.replace(EAST, **nobodys)
    across = a_volume(
        at_m_west_of_33(-1_000, 5_000_000),
        lower_mm=4_000_000,
        upper_mm=4_400_000,
        time_start_ms=NOON_MS + HOUR_MS // 2,
        time_end_ms=NOON_MS + 5 * HOUR_MS // 2,
    )
    assert is_allotted(across, WEST, EAST)
    assert not is_allotted(across, WEST, east)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_share_that_lies_on_another_is_not_on_the_other_side_of_its_edges(turn):
    footprint = footprints.polygon(footprints.points(WEST.footprint)[::turn])
    again = msgspec.structs.replace(WEST, share_id="AGAIN", footprint=footprint)
    assert not is_allotted(a_volume(at_m_west_of_33(-1_000, 5_000_000)), WEST, again)
    assert is_allotted(a_volume(at_m_west_of_33(1_000, 5_000_000)), WEST, again)


# --- stories of two that conflict -------------------------------------------------------------------------


class Story(NamedTuple):
    """Shares, two volumes that come nearer than `minima`, and the largest minima of all."""

    shares: tuple[Share, ...]
    one: Volume
    other: Volume
    minima: Minima
    largest: Minima


def a_story(seed: int) -> Story:
    """Two objects a little less than their minima apart, about a border of some kind.

    A wheel of sectors about a place, some with strips of nobody's sky between them; each has bands of levels
    and windows, with nobody's sky between some. The two are made to come nearest at points p and q.
    """
    chance = Random(seed)
    largest = Minima(
        lateral_mm=chance.choice((2, 5, 10)) * NM_MM + chance.choice((0, 1)),
        vertical_mm=chance.choice((1, 2)) * FT_1000_MM - chance.choice((0, 1)),
        time_ms=chance.choice((0, 5 * MINUTE_MS, 10 * MINUTE_MS + 1)),
    )
    minima = Minima(
        lateral_mm=int(largest.lateral_mm * chance.choice((1, 1, 1, 0.5))),
        vertical_mm=int(largest.vertical_mm * chance.choice((1, 1, 1, 0.5, 0))),
        time_ms=int(largest.time_ms * chance.choice((1, 1, 0.5))),
    )
    middle = chance.choice(REGIONS)
    sky = Sky(
        level_mm=chance.choice((5_000_000, 8_000_000, 11_000_000)),
        moment_ms=NOON_MS + 2 * HOUR_MS,
        strip_m=chance.choice((0, 0, 0.5, 0.9)) * largest.lateral_mm / 1_000,
        level_gap_mm=int(chance.choice((0, 0, 0.5, 0.9)) * largest.vertical_mm),
        time_gap_ms=int(chance.choice((0, 0, 0.5, 0.9)) * largest.time_ms),
        datums=chance.choice(((Datum.STD,), (Datum.STD,), (Datum.WGS84,), tuple(Datum))),
        windows=chance.choice((always, halves, by_turns)),
        is_banded=chance.random() < 0.4,
    )
    spokes_deg, shares = a_wheel(chance, middle, sky)
    aside_deg = chance.choice((0, 0, 30))
    border = moved(middle, chance.choice(spokes_deg) + aside_deg, chance.choice((500.0, 60_000.0, 120_000.0)))
    place = moved(border, chance.uniform(0, 360), chance.choice((0.0, 0.2, 0.6)) * largest.lateral_mm / 1e3)
    one, other = two_about(chance, place, sky, minima)
    return Story(shares, one, other, minima, largest)


class Sky(NamedTuple):
    """What is the same in all sectors: where bands and windows meet, and how much there is between them."""

    level_mm: int
    moment_ms: int
    strip_m: float
    level_gap_mm: int
    time_gap_ms: int
    datums: tuple[Datum, ...]
    windows: Callable[["Sky"], list[tuple[Window, ...]]]
    is_banded: bool


def a_wheel(chance: Random, middle: Place, sky: Sky) -> tuple[list[float], tuple[Share, ...]]:
    """The azimuths of the spokes, and the shares in the sectors between them."""
    count = chance.randint(3, 4)
    first_deg = chance.uniform(0, 360)
    spokes_deg = [first_deg + 360 / count * at for at in range(count)]
    shares: list[Share] = []
    for start_deg in spokes_deg:
        if chance.random() < 0.05:
            continue
        end_deg = start_deg + 360 / count
        corners = [middle, moved(middle, start_deg, 300_000), moved(middle, end_deg, 300_000)]
        if sky.strip_m:
            apart_m = sky.strip_m / 2 / math.sin(math.pi / count)
            corners = [moved(each, (start_deg + end_deg) / 2, apart_m) for each in corners]
        shares += stacked(chance, footprints.polygon([corner(each) for each in corners]), sky, len(shares))
    return spokes_deg, tuple(shares)


def stacked(chance: Random, sector: Footprint, sky: Sky, count: int) -> Iterator[Share]:
    """The shares of one sector: one or two bands, perhaps of two datums, each in one or two windows."""
    datum = chance.choice(sky.datums)
    bands = [(datum, -1_000_000, TOP_MM)]
    if sky.is_banded and len(sky.datums) == 1:
        bands = [(datum, -1_000_000, sky.level_mm), (datum, sky.level_mm + sky.level_gap_mm, TOP_MM)]
    elif sky.is_banded:
        far_mm = sky.level_mm + 4_000_000
        bands = [(Datum.WGS84, -1_000_000, sky.level_mm), (Datum.STD, far_mm, TOP_MM)]
    for datum, lower_mm, upper_mm in bands:
        for windows in sky.windows(sky):
            count += 1
            yield Share(
                share_id=f"S{count}",
                authority=f"a{count}" if chance.random() < 0.95 else "a1",
                footprint=sector,
                datum=datum,
                lower_mm=lower_mm,
                upper_mm=upper_mm,
                windows=windows,
            )


def always(sky: Sky) -> list[tuple[Window, ...]]:
    del sky
    return [()]


def halves(sky: Sky) -> list[tuple[Window, ...]]:
    start_ms = sky.moment_ms + sky.time_gap_ms
    return [
        (Window(time_start_ms=0, time_end_ms=sky.moment_ms),),
        (Window(time_start_ms=start_ms, time_end_ms=start_ms + 9 * HOUR_MS),),
    ]


def by_turns(sky: Sky) -> list[tuple[Window, ...]]:
    """Two authorities, every other hour."""
    starts_ms = [sky.moment_ms + at * HOUR_MS for at in range(-6, 7)]
    hours = [Window(time_start_ms=start_ms, time_end_ms=start_ms + HOUR_MS) for start_ms in starts_ms]
    return [tuple(hours[::2]), tuple(hours[1::2])]


def two_about(chance: Random, place: Place, sky: Sky, minima: Minima) -> tuple[Volume, Volume]:
    """Two volumes that come nearer than the minima, one on each side of a place, level and moment."""
    azimuth_deg, part = chance.uniform(0, 360), chance.choice((0.5, 0.5, 0.5, 0.48, 0.1, 0.9))
    apart_m = max(0.0, minima.lateral_mm / 1_000 - 2)
    one = away(chance, moved(place, azimuth_deg, apart_m * part), azimuth_deg)
    other = away(chance, moved(place, azimuth_deg + 180, apart_m * (1 - part)), azimuth_deg + 180)
    times = aside(chance, sky.moment_ms, minima.time_ms - 1, chance.choice((10, 40)) * MINUTE_MS, part)
    datums = chance.choice(((Datum.STD, Datum.STD), (Datum.STD, Datum.STD), (Datum.STD, Datum.WGS84)))
    thick_mm = chance.choice((0, 0, 300_000))
    levels = aside(chance, sky.level_mm, minima.vertical_mm - 1 if minima.vertical_mm else 0, thick_mm, part)
    if datums[1] is Datum.WGS84:
        low_mm, high_mm = ellipsoid_band_mm(Datum.STD, *levels[0])
        near_mm = max(0, minima.vertical_mm - 1)
        height_mm = chance.choice((high_mm + near_mm, low_mm - near_mm - thick_mm))
        levels = (levels[0], (height_mm, height_mm + thick_mm))
    volumes = [
        Volume(
            footprint=footprint,
            datum=datum,
            lower_mm=lower_mm,
            upper_mm=upper_mm,
            time_start_ms=start_ms,
            time_end_ms=end_ms,
        )
        for footprint, datum, (lower_mm, upper_mm), (start_ms, end_ms) in zip(
            (one, other), datums, levels, times, strict=True
        )
    ]
    chance.shuffle(volumes)
    return volumes[0], volumes[1]


def aside(
    chance: Random, border: int, apart: int, thick: int, part: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Two intervals: one up to, one from, a little beside the border, or both at the same."""
    if chance.random() < 0.4:
        start = border + chance.choice((-3, -1, 1)) * thick // 2 - chance.choice((0, apart // 2, 2 * apart))
        return (start, start + thick), (start, start + thick)
    below = border - round(apart * part)
    found = (below - thick, below), (below + apart, below + apart + thick)
    return found if chance.random() < 0.5 else found[::-1]


def away(chance: Random, tip: Place, azimuth_deg: float) -> Footprint:
    """A footprint of some shape that begins half a metre before a place and extends away."""
    radius_m = chance.choice((1_000.0, 4_000.0, 15_000.0))
    centre = moved(tip, azimuth_deg, radius_m - 0.5)
    match chance.randrange(4):
        case 0:
            return footprints.circle(corner(centre), round(radius_m * 1_000))
        case 1:
            end = moved(centre, azimuth_deg + chance.uniform(-80, 80), chance.choice((3_000.0, 60_000.0)))
            line = densified([corner(centre), corner(end)])
            return footprints.path(line, round(radius_m * 1_000))
        case 2:
            corners = (centre, *(moved(centre, azimuth_deg + by, radius_m) for by in (-50, 50)))
            return footprints.polygon([corner(each) for each in corners], radius_mm=round(radius_m * 1_000))
        case _:
            start = moved(tip, azimuth_deg + 180, 0.5)
            corners = (start, *(moved(start, azimuth_deg + by, radius_m) for by in (-50, 10, 50)))
            return footprints.polygon([corner(each) for each in corners])


# --- what lies in shares, by points -----------------------------------------------------------------------


def places_of(footprint: Footprint) -> list[Place]:
    """Places all over a footprint, its rim among them; on it to half a metre."""
    corners = [(latitude / 1e7, longitude / 1e7) for latitude, longitude in footprints.points(footprint)]
    if footprint.shape is Shape.PATH:
        dense = densified(footprints.points(footprint), step_max_m=5_000.0)
        corners = [(latitude / 1e7, longitude / 1e7) for latitude, longitude in dense]
    elif footprint.shape is Shape.POLYGON:
        corners = [inner for one in corners for other in corners for inner in part_way(one, other)]
    if not footprint.radius_mm:
        return corners
    rim_m = footprint.radius_mm / 1_000 - 0.5
    return corners + [moved(each, turn, rim_m) for each in corners for turn in range(0, 360, 45)]


def part_way(one: Place, other: Place) -> list[Place]:
    """Places on the way from one to another, by the chord."""
    start, end = (np.array(unit(each)) for each in (one, other))
    return [degrees(start * (1 - share) + end * share) for share in (0.02, 0.25, 0.5)]


def unit(place: Place) -> tuple[float, float, float]:
    latitude_rad, longitude_rad = map(math.radians, place)
    across = math.cos(latitude_rad)
    return across * math.cos(longitude_rad), across * math.sin(longitude_rad), math.sin(latitude_rad)


def degrees(way: np.ndarray) -> Place:
    return math.degrees(math.atan2(way[2], math.hypot(way[0], way[1]))), math.degrees(
        math.atan2(way[1], way[0])
    )


def held_at(share: Share, datum: Datum, level_mm: int, moment_ms: int) -> bool:
    """Whether a share holds a level and a moment, wherever the pressure surfaces are."""
    if share.windows and not any(w.time_start_ms <= moment_ms < w.time_end_ms for w in share.windows):
        return False
    if share.datum is datum:
        return share.lower_mm <= level_mm < share.upper_mm
    low_mm, high_mm = ellipsoid_band_mm(datum, level_mm, level_mm)
    floor_mm = ellipsoid_band_mm(share.datum, share.lower_mm, share.lower_mm)[1]
    ceiling_mm = ellipsoid_band_mm(share.datum, share.upper_mm, share.upper_mm)[0]
    return floor_mm <= low_mm and high_mm < ceiling_mm


def lies_in_shares(volume: Volume, shares: tuple[Share, ...]) -> bool:
    """Whether each of some places, levels and moments of a volume lies in a share."""
    places = places_of(volume.footprint)
    points = spherely.points([longitude for _, longitude in places], [latitude for latitude, _ in places])
    areas = {share.footprint.vertices: area_of(share.footprint) for share in shares}
    within = {key: spherely.distance(points, area) < SLIVER_M for key, area in areas.items()}
    last_mm, last_ms = max(volume.lower_mm, volume.upper_mm - 1), volume.time_end_ms - 1
    levels = {volume.lower_mm, last_mm, *(s.upper_mm for s in shares), *(s.lower_mm - 1 for s in shares)}
    moments = {volume.time_start_ms, last_ms}
    moments |= {w.time_end_ms for s in shares for w in s.windows}
    for level_mm in (each for each in levels if volume.lower_mm <= each <= last_mm):
        for moment_ms in (each for each in moments if volume.time_start_ms <= each <= last_ms):
            held = [s for s in shares if held_at(s, volume.datum, level_mm, moment_ms)]
            covered = [within[share.footprint.vertices] for share in held]
            if not held or not np.logical_or.reduce(covered).all():
                return False
    return True


def is_missed(story: Story) -> bool | None:
    """Whether two that conflict have no authority in common; None when nothing is promised of them."""
    if not conflict(prepare(story.one), prepare(story.other), story.minima):
        return None
    if not all(lies_in_shares(each, story.shares) for each in (story.one, story.other)):
        return None
    held = ready(*story.shares)
    one, other = (set(reach.reached(each, held, story.largest)) for each in (story.one, story.other))
    return not one & other


@settings(max_examples=300, derandomize=True)
@given(st.integers(0, 2**40))
def test_of_two_that_conflict_some_authority_is_asked_for_both(seed: int):
    missed = is_missed(a_story(seed))
    event(f"missed: {missed}")
    assert not missed


def between_datums() -> Story:
    """A flight and a drone in two bands, where half of a minimum over one datum is less over the other.

    The lower end of what a level may be above the ellipsoid rises slower than the level: 315 m above a border
    at 9000 m, of which 305 m are half of the minimum, it is 289 m above that of the border.
    """
    shares = tuple(
        a_square_share(name, lower_mm=lower_mm, upper_mm=upper_mm)
        for name, lower_mm, upper_mm in (("LOW", 0, 9_000_000), ("HIGH", 9_000_000, TOP_MM))
    )
    lowest_mm = ellipsoid_band_mm(Datum.STD, 9_315_000, 9_315_000)[0]
    height_mm = lowest_mm - LARGEST.vertical_mm + 1
    return Story(
        shares,
        a_volume(lower_mm=9_315_000, upper_mm=9_315_000),
        a_volume(datum=Datum.WGS84, lower_mm=height_mm, upper_mm=height_mm),
        LARGEST,
        LARGEST,
    )


def test_half_of_a_minimum_between_two_datums_is_not_half_of_it_in_either():
    story = between_datums()
    assert reached(story.one, *story.shares) == {"high"}
    assert reached(story.other, *story.shares) == {"low", "high"}
    assert is_missed(story) is False


def test_between_two_datums_nobody_may_be_asked_for_a_flight_in_nobodys_sky_and_a_drone_beside_it():
    top_mm, level_mm = 300 * 30_480, 300 * 30_480 + round(1.05 * LARGEST.vertical_mm)
    share = a_square_share("ONLY", lower_mm=0, upper_mm=top_mm)
    flight = a_volume(lower_mm=level_mm, upper_mm=level_mm)
    height_mm = ellipsoid_band_mm(Datum.STD, top_mm, top_mm)[0] - 1
    drone = a_volume(datum=Datum.WGS84, lower_mm=height_mm, upper_mm=height_mm)
    assert conflict(prepare(flight), prepare(drone), LARGEST)
    assert (is_allotted(flight, share), is_allotted(drone, share)) == (False, True)
    assert (reached(flight, share), reached(drone, share)) == (set(), {"only"})


# --- planted bugs -----------------------------------------------------------------------------------------

QUARTER = {"_closed": lambda real: lambda largest, parts=1: real(largest, parts * parts)}
NO_TIME = {"_meets_times": lambda real: lambda volume, share, _: real(volume, share, 0)}
NO_LEVEL = {"_meets_levels": lambda real: lambda volume, share, _, across: real(volume, share, 0, across)}
NO_ACROSS = {"_meets_levels": lambda real: lambda volume, share, more, _: real(volume, share, more, 0)}
HALF_ACROSS = {
    "_meets_levels": lambda real: lambda volume, share, more, across: real(volume, share, more, across // 2)
}
OPEN_GROUND = {"_meets_ground": lambda real: lambda ground, share, _: real(ground, share, 0)}
UNALLOTTED_IGNORED = {"_is_held": lambda _: lambda *_: True}
NOT_WIDENED = {"_is_held": lambda real: lambda volume, ground, near, _: real(volume, ground, near, Minima())}
NO_EDGES = {"_bounding": lambda _: lambda *_: reach._Edges(*np.empty((3, 0, 3)))}
FIRST_WINDOW = {
    "_meets_times": lambda real: lambda volume, share, more_ms: real(volume, Once(share), more_ms)
}


class Once:
    """A share of whose windows the first alone is seen."""

    def __init__(self, share: allotment.PreparedShare) -> None:
        self.windows = share.windows[:1]


@pytest.mark.parametrize(
    ("bug", "story"),
    [
        (QUARTER, a_story(4)),
        (NO_TIME, a_story(4)),
        (NO_LEVEL, a_story(40)),
        (NO_ACROSS, between_datums()),
        (HALF_ACROSS, between_datums()),
        (OPEN_GROUND, a_story(9)),
        (UNALLOTTED_IGNORED, a_story(108)),
        (NOT_WIDENED, a_story(108)),
        (NO_EDGES, a_story(122)),
        (FIRST_WINDOW, a_story(20)),
    ],
)
def test_a_planted_bug_is_found(bug, story, monkeypatch):
    assert is_missed(story) is False
    ((name, planted),) = bug.items()
    monkeypatch.setattr(reach, name, planted(getattr(reach, name)))
    assert is_missed(story)


# --- whether all of it is allotted ------------------------------------------------------------------------


@pytest.mark.parametrize(("gap_m", "allotted"), [(1.0, False), (0.2, False), (0.009, True), (0.0, True)])
def test_a_gap_between_two_shares_is_seen_unless_it_is_an_edge(gap_m, allotted):
    both = WEST, beyond_m(gap_m)
    across = a_volume(footprints.path([(335_000_000, 329_000_000), (336_000_000, 331_000_000)], 9_260_000))
    assert is_allotted(across, *both) is allotted
    assert is_allotted(a_volume(at_m_west_of_33(-1_000, 5_000_000)), *both) is allotted
    area = a_polygon((33.2, 32.8), (33.2, 33.2), (33.5, 33.0))
    assert is_allotted(a_volume(area), *both) is allotted
    assert is_allotted(a_volume(footprints.widened(area, 5_000_000)), *both) is allotted
    assert is_allotted(a_volume(at_m_west_of_33(60, 5_000_000)), *both)


def test_the_width_of_a_leg_counts_not_its_line_alone():
    line = [(335_000_000, 325_000_000), (335_000_000, 329_500_000)]  # its end is 4.6 km from nobody's sky
    assert is_allotted(a_volume(footprints.path(line, 4_500_000)), WEST)
    assert not is_allotted(a_volume(footprints.path(line, 4_700_000)), WEST)


@pytest.mark.parametrize("turn", [1, -1])
def test_an_edge_that_ends_on_an_edge_is_no_gap(turn):
    slant = [(33.0, 33.0), (34.0, 33.3)]
    on_it = corner(part_way(*slant)[2])
    joint = on_it[0] / 1e7, on_it[1] / 1e7
    west = a_polygon(*[(33.0, 32.0), *slant, (34.0, 32.0)][::turn])
    south = a_polygon(*[slant[0], joint, (33.5, 34.0), (33.0, 34.0)][::turn])
    north = a_polygon(*[joint, slant[1], (34.0, 34.0), (33.5, 34.0)][::-turn])
    shares = [
        a_share(share_id=name, authority=name.lower(), footprint=footprint)
        for name, footprint in (("WEST", west), ("SOUTH", south), ("NORTH", north))
    ]
    assert is_allotted(a_volume(a_circle(*joint, 20_000_000)), *shares)
    assert not is_allotted(a_volume(a_circle(*joint, 20_000_000)), *shares[:2])
    moved_m = corner(moved(joint, 90, 1.0))
    apart = a_polygon(slant[0], (moved_m[0] / 1e7, moved_m[1] / 1e7), (33.5, 34.0), (33.0, 34.0))
    slit = msgspec.structs.replace(shares[1], footprint=apart)
    assert not is_allotted(a_volume(a_circle(*joint, 20_000_000)), shares[0], slit, shares[2])


@pytest.mark.parametrize("size_m", [2.0, 100.0, 5_000.0])
@pytest.mark.parametrize("radius_mm", [0, 1_000_000])
def test_a_hole_is_seen_wherever_in_a_footprint_it_is(size_m, radius_mm):
    hole = [moved((33.5, 32.6), turn, size_m) for turn in (45, 135, 225, 315)]
    rim = [moved((33.5, 32.6), turn, 60_000) for turn in (45, 135, 225, 315)]
    shares = [
        a_share(share_id=f"R{at}", authority=f"r{at}", footprint=a_polygon(*quarter))
        for at in range(4)
        for quarter in [(hole[at], rim[at], rim[at - 3], hole[at - 3])]
    ]
    filled = a_share(share_id="HOLE", authority="hole", footprint=a_polygon(*hole))
    area = a_polygon((33.3, 32.3), (33.3, 32.9), (33.7, 32.9), (33.7, 32.3))
    for footprint in (
        a_circle(33.5, 32.61, 10_000_000),
        msgspec.structs.replace(area, radius_mm=radius_mm),
        footprints.path([(335_500_000, 323_000_000), (335_500_000, 328_000_000)], 10_000_000),
    ):
        assert not is_allotted(a_volume(footprint), *shares)
        assert is_allotted(a_volume(footprint), *shares, filled)


def test_an_area_may_have_the_edge_of_a_share_for_its_own():
    assert is_allotted(a_volume(WEST.footprint), WEST)
    half = a_polygon((33.2, 32.0), (33.8, 32.0), (33.8, 32.5), (33.2, 32.5))
    assert is_allotted(a_volume(half, lower_mm=3_000_000, upper_mm=6_000_000), WEST)
    assert not is_allotted(a_volume(half, lower_mm=3_000_000, upper_mm=6_000_001), WEST)
    over = a_polygon((33.2, 31.999_99), (33.8, 32.0), (33.8, 32.5), (33.2, 32.5))  # by 93 cm at one corner
    assert not is_allotted(a_volume(over), WEST)
    assert not is_allotted(a_volume(footprints.widened(half, 1_000)), WEST)


def test_an_area_that_touches_a_share_with_its_tip_does_not_lie_in_it():
    for tip in ((33.0, 33.0), (33.0, 32.999_999), (33.4, 33.0)):
        area = a_polygon(tip, (33.5, 34.0), (33.6, 34.0))
        assert not is_allotted(a_volume(area), WEST)
        assert not is_allotted(a_volume(footprints.widened(area, 1_000)), WEST)


def test_an_area_that_fills_a_hole_between_shares_does_not_lie_in_them():
    around = [share for share in MOSAIC if share.share_id != "S11"]
    assert not is_allotted(a_volume(WEST.footprint), *around)
    assert is_allotted(a_volume(WEST.footprint), *MOSAIC)


@pytest.mark.parametrize("pole", [1, -1])
def test_three_shares_about_a_pole_have_no_gap_and_two_have(pole):
    thirds = [
        a_share(
            share_id=f"P{at}",
            authority=f"p{at}",
            footprint=a_polygon((pole * 90.0, 0.0), (pole * 80.0, start), (pole * 80.0, end)),
        )
        for at, (start, end) in enumerate(((-180.0, -60.0), (-60.0, 60.0), (60.0, 180.0)))
    ]
    circle = a_volume(a_circle(pole * 89.0, 170.0, 200_000_000))
    assert is_allotted(circle, *thirds)
    assert not is_allotted(circle, *thirds[:2])
    assert reached(circle, *thirds) == {"p0", "p1", "p2"}


def test_the_antimeridian_is_an_edge_like_any_other():
    left = a_share(
        share_id="LEFT", authority="left", footprint=a_polygon((-18, 178), (-18, 180), (-16, 180), (-16, 178))
    )
    right = a_share(
        share_id="RIGHT",
        authority="right",
        footprint=a_polygon((-18, -180), (-18, -178), (-16, -178), (-16, -180)),
    )
    across = a_volume(a_circle(-17.0, 179.99, 30_000_000))
    assert is_allotted(across, left, right)
    assert not is_allotted(across, left)
    assert reached(across, left, right) == {"left", "right"}


def test_what_would_cost_too_much_to_prove_is_not_said(monkeypatch):
    monkeypatch.setattr(reach, "PIECES_MAX", 1)
    assert not is_allotted(a_volume(at_m_west_of_33(-1_000, 5_000_000)), WEST, beyond_m(0.009))


def test_a_level_above_all_that_shares_may_hold_is_not_allotted():
    highest = a_volume(lower_mm=100_000_000, upper_mm=100_000_000)
    assert not is_allotted(highest, a_square_share("TOP", lower_mm=0, upper_mm=100_000_000))
    below = a_volume(lower_mm=100_000_000 - 1, upper_mm=100_000_000)
    assert is_allotted(below, a_square_share("TOP", lower_mm=0, upper_mm=100_000_000))


@settings(max_examples=100, derandomize=True)
@given(st.integers(0, 2**40))
def test_no_place_of_what_is_said_to_be_allotted_is_in_no_share(seed):
    story = a_story(seed)
    allotted = [each for each in (story.one, story.other) if is_allotted(each, *story.shares)]
    event(f"allotted: {len(allotted)}")
    assert all(lies_in_shares(each, story.shares) for each in allotted)


CHORDS = 72  # of the polygon that stands for a circle


@st.composite
def circles(draw: st.DrawFn) -> tuple[list[Share], Place, float, skies.Leg]:
    """A wheel of shares, and a circle somewhere in it at some levels and times."""
    shares, leg = draw(skies.skies())
    size_m = draw(st.sampled_from((500.0, 5_000.0, 200_000.0)))
    latitude_e7deg, longitude_e7deg = leg.points[0]
    place = moved(
        (latitude_e7deg / 1e7, longitude_e7deg / 1e7), draw(between(0, 360)), size_m * draw(between(0, 3))
    )
    return shares, place, size_m, leg


@settings(max_examples=100, derandomize=True)
@given(circles())
def test_a_circle_is_allotted_exactly_when_s2_leaves_nothing_of_it_at_any_level_and_time(case):
    shares, place, size_m, leg = case
    circle = footprints.circle(corner(place), round(size_m * 1_000))
    found = is_allotted(held_like(leg, circle), *shares)
    event(f"allotted: {found}")
    radius_m = size_m if found else (size_m + 110) / math.cos(math.pi / CHORDS)
    ring = [moved(place, 360 / CHORDS * at, radius_m) for at in range(CHORDS)]
    left_m2 = left_of(spherely.create_polygon([place[::-1] for place in ring]), shares, leg)
    if found:
        assert left_m2 < radius_m * len(shares) * skies.NOTHING_M  # slivers along some radii
    else:
        assert left_m2 > 0


def left_of(area: spherely.Geography, shares: list[Share], leg: skies.Leg) -> float:
    """Square metres of an area that lie in no share, at the level and moment of a leg when it is most."""
    found_m2 = [0.0]
    for held in {
        frozenset(at for at, share in enumerate(shares) if skies.is_held(share, *moment))
        for moment in skies.moments_and_levels(shares, leg)
    }:
        rest = area
        for at in held:
            rest = spherely.difference(rest, area_of(shares[at].footprint))
        found_m2.append(float(spherely.area(rest)))
    return max(found_m2)


@st.composite
def areas(draw: st.DrawFn) -> tuple[list[Share], Footprint, skies.Leg]:
    """A wheel of shares, and a triangle in it that often has some of their corners."""
    shares, leg = draw(skies.skies())
    corners = sorted({point for share in shares for point in footprints.points(share.footprint)})
    middle = leg.points[0][0] / 1e7, leg.points[0][1] / 1e7
    near = st.builds(
        lambda azimuth_deg, far_m: corner(moved(middle, azimuth_deg, far_m)),
        between(0, 360),
        st.sampled_from((300.0, 3_000.0, 60_000.0)),
    )
    three = draw(st.lists(st.one_of(st.sampled_from(corners), near), min_size=3, max_size=3, unique=True))
    return shares, valid(footprints.polygon(three)), leg


@settings(max_examples=100, derandomize=True)
@given(areas())
def test_an_area_is_allotted_exactly_when_s2_leaves_nothing_of_it_at_any_level_and_time(case):
    shares, footprint, leg = case
    found = is_allotted(held_like(leg, footprint), *shares)
    event(f"allotted: {found}")
    area = area_of(footprint)
    left_m2 = left_of(area, shares, leg)
    if found:
        assert left_m2 < float(spherely.perimeter(area)) * skies.NOTHING_M
    else:
        assert left_m2 > 0


def held_like(leg: skies.Leg, footprint: Footprint) -> Volume:
    return Volume(
        footprint=footprint,
        datum=Datum.STD,
        lower_mm=leg.lower_mm,
        upper_mm=leg.upper_mm + 1,
        time_start_ms=leg.time_start_ms,
        time_end_ms=leg.time_end_ms,
    )
