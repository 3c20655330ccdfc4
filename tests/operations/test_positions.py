"""Whether a position lies in a volume, where an aircraft may be: against a plane of other arithmetic."""

import math
import random

import msgspec
import pytest

from mamarr.discovery import envelopes
from mamarr.geometry import cells
from mamarr.operations import Position, Volume, positions
from mamarr.operations.positions import is_inside, reach
from mamarr.operations.volumes import envelope
from tests.conflicts.test_outlines import (
    PLACES_DEG,
    UNSURE_M,
    _from_edge_m,
    _holds,
    a_shape,
    metres,
)
from tests.discovery.known import NOON_US
from tests.operations.flown import SECOND_US, at
from tests.operations.planned import bounds, circle, square

POINTS = 400  # of each place


def a_position(place_deg: tuple[float, float], drawn: random.Random) -> Position:
    """Somewhere up to 200 m from a place, between 50 and 250 m, up to an hour after noon."""
    latitude_e9deg = round(place_deg[0] * 1e9) + round(drawn.uniform(-1.8e6, 1.8e6))
    turned_e9deg = drawn.uniform(-1.8e6, 1.8e6) / math.cos(math.radians(place_deg[0]))
    longitude_e9deg = round(place_deg[1] * 1e9 + turned_e9deg + 180e9) % (360 * 10**9) - 180 * 10**9
    return Position(
        time_us=NOON_US + drawn.randrange(3_600) * SECOND_US,
        latitude_e9deg=latitude_e9deg,
        longitude_e9deg=longitude_e9deg,
        altitude_mm=drawn.randrange(50, 250) * 1_000,
    )


def near_an_edge(corners: tuple[tuple[int, int], ...], position: Position, drawn: random.Random) -> Position:
    """The position moved to within some metres of an edge."""
    number, share = drawn.randrange(len(corners)), drawn.random()
    (north, east), end = corners[number - 1], corners[number]
    turned = (end[1] - east + 180 * 10**9) % (360 * 10**9) - 180 * 10**9
    longitude = round(east + share * turned + drawn.uniform(-3e4, 3e4))
    return msgspec.structs.replace(
        position,
        latitude_e9deg=round(north + share * (end[0] - north) + drawn.uniform(-3e4, 3e4)),
        longitude_e9deg=(longitude + 180 * 10**9) % (360 * 10**9) - 180 * 10**9,
    )


def beyond_m(place_deg: tuple[float, float], volume: Volume, position: Position) -> float:
    """How far outside the outline a position is in the plane about a place; below 0: inside."""
    point = metres(place_deg, (position.latitude_e9deg, position.longitude_e9deg))
    ring = [metres(place_deg, each) for each in volume.corners]
    if volume.radius_mm:
        return math.dist(point, ring[0]) - volume.radius_mm / 1_000
    nearest = min(_from_edge_m(point, ring[number - 1], ring[number]) for number in range(len(ring)))
    return -nearest if _holds(ring, point) else nearest


@pytest.mark.parametrize("place_deg", PLACES_DEG)
def test_a_position_is_inside_as_in_a_plane_wherever_that_is_sure(place_deg: tuple[float, float]):
    drawn = random.Random(7)
    found = {True: 0, False: 0}
    for _ in range(POINTS):
        corners, radius_mm = a_shape(drawn, place_deg)
        volume = Volume(corners=corners, radius_mm=radius_mm, **bounds((100, 200), (10, 50)))
        position = a_position(place_deg, drawn)
        if not radius_mm and drawn.random() < 0.6:
            position = near_an_edge(corners, position, drawn)
        away_m = beyond_m(place_deg, volume, position)
        if abs(away_m) < UNSURE_M:
            continue
        minutes = (position.time_us - NOON_US) / 60e6
        expected = away_m < 0 and 100 <= position.altitude_mm / 1_000 <= 200 and 10 <= minutes <= 50
        assert is_inside(position, (volume,)) == expected, (volume, position)
        assert is_inside(position, (square(east=90), volume)) == expected
        found[expected] += 1
    assert min(found.values()) > POINTS / 20, found
    assert not is_inside(at(0.5), ())


def test_every_side_belongs_to_a_volume_and_what_is_a_hair_beyond_does_not():
    edges = {
        "time_us": (NOON_US, NOON_US + 30 * 60 * SECOND_US, 1),
        "altitude_mm": (100_000, 200_000, 1),
        "longitude_e9deg": (square().corners[0][1], square().corners[2][1], 500),  # some 4 cm
        "latitude_e9deg": (square().corners[0][0], square().corners[2][0], 500),
    }
    for name, (lowest, highest, hair) in edges.items():
        cases = {lowest: True, highest: True, lowest - hair: False, highest + hair: False}
        for value, expected in cases.items():
            position = at(0.5, 60, **{name: value})
            assert is_inside(position, (square(),)) == expected, (name, value)


@pytest.mark.parametrize("place_deg", PLACES_DEG)
def test_an_aircraft_that_flies_no_faster_than_it_says_stays_in_its_reach(place_deg: tuple[float, float]):
    drawn = random.Random(11)
    for _ in range(50):
        start = a_position(place_deg, drawn)
        speed_mps = drawn.choice([None, drawn.uniform(0, 40)])
        start = Position(
            time_us=start.time_us,
            latitude_e9deg=start.latitude_e9deg,
            longitude_e9deg=start.longitude_e9deg,
            altitude_mm=start.altitude_mm,
            ground_speed_mps=speed_mps,
            accuracy_horizontal_mm=drawn.choice([None, 3_000]),
        )
        now_us = start.time_us + drawn.randrange(20) * SECOND_US
        several = reach(start, now_us)
        until_us = several[-1].time_end_us
        assert until_us == now_us + 180 * SECOND_US
        wrong_m = 3 if start.accuracy_horizontal_mm else 150
        flown_s = drawn.uniform(0, (until_us - start.time_us) / SECOND_US)
        flown_m = 0.999 * (wrong_m + flown_s * (50 if speed_mps is None else max(20, speed_mps)))
        way_rad = drawn.uniform(0, 2 * math.pi)
        there = (flown_m * math.cos(way_rad), flown_m * math.sin(way_rad))
        corner = (start.latitude_e9deg, start.longitude_e9deg)
        centre_deg = (corner[0] / 1e9, corner[1] / 1e9)
        # The point is found by halving in the oracle's plane, not by our geodesics.
        latitude_e9deg, longitude_e9deg = _point(centre_deg, there)
        end = Position(
            time_us=start.time_us + round(flown_s * SECOND_US),
            latitude_e9deg=latitude_e9deg,
            longitude_e9deg=longitude_e9deg,
            altitude_mm=start.altitude_mm + round(drawn.uniform(-10, 10) * flown_s * 1_000),
        )
        assert is_inside(end, several), (start, end)


def _point(place_deg: tuple[float, float], there_m: tuple[float, float]) -> tuple[int, int]:
    """The corner that lies so many metres north and east of a place, by Newton's way on `metres`."""
    north_deg, east_deg = 0.0, 0.0
    for _ in range(20):
        corner = (round((place_deg[0] + north_deg) * 1e9), round((place_deg[1] + east_deg) * 1e9))
        found = metres(place_deg, corner)
        north_deg += (there_m[0] - found[0]) / 111_000
        east_deg += (there_m[1] - found[1]) / (111_000 * math.cos(math.radians(place_deg[0])))
    longitude_e9deg = (corner[1] + 180 * 10**9) % (360 * 10**9) - 180 * 10**9
    return corner[0], longitude_e9deg


def test_the_reach_of_who_is_long_silent_is_as_large_as_a_dss_takes_and_no_larger():
    lost = reach(at(0.5), NOON_US + 3_600 * SECOND_US)
    assert [each.radius_mm for each in lost] == [25_000_000] * 2
    assert envelope(lost).cells
    low = reach(at(0.5, altitude_mm=-7_990_000), NOON_US)
    assert [each.altitude_lower_mm for each in low] == [-8_000_000] * 2


def test_the_envelope_of_volumes_is_that_of_their_cells_levels_and_times():
    one, other = square(levels_m=(10, 20), minutes=(0, 5)), circle(30, north=9, minutes=(9, 12))
    found = envelope((one, other))
    assert (found.altitude_lower_mm, found.altitude_upper_mm) == (10_000, 200_000)
    assert (found.time_start_us, found.time_end_us) == (one.time_start_us, other.time_end_us)
    centre = [each / 1e9 for each in other.corners[0]]
    covered = cells.covering_circle(latitude_deg=centre[0], longitude_deg=centre[1], radius_m=30)
    assert set(covered) <= set(found.cells)
    assert envelopes.covers(found, envelope((one,)))


def test_what_was_meant_stays_beside_where_it_may_be_as_far_as_it_fits():
    few = tuple(square(east=number, minutes=(0, number + 1)) for number in range(3))
    assert positions.beside(few, NOON_US + 3_600 * SECOND_US) == few
    many = tuple(square(east=number, minutes=(0, number + 1)) for number in range(100))
    assert positions.beside(many, NOON_US) == ()
    assert positions.beside(many, NOON_US + 121 * SECOND_US) == many[2:]
    assert positions.beside(many[:99], NOON_US) == ()
    assert positions.beside(many[:98], NOON_US) == many[:98]


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude_e9deg": 91 * 10**9},
        {"longitude_e9deg": -181 * 10**9},
        {"altitude_mm": -8_000_001},
        {"altitude_mm": 100_000_001},
        {"accuracy_horizontal_mm": 0},
        {"accuracy_vertical_mm": 18_520_001},
        {"ground_speed_mps": -0.1},
        {"ground_speed_mps": float("nan")},
        {"track_deg": 360.0},
    ],
)
def test_a_position_that_cannot_be_is_none(wrong: dict[str, float]):
    with pytest.raises(ValueError, match=r"\w"):
        at(0.5, **wrong)
