"""The oracle is a particle sliding on the ellipsoid without friction: its path is a geodesic.

It is integrated in Cartesian coordinates (Runge-Kutta, fourth order), so poles and the antimeridian are
points like any other, and it shares no algebra with the series that geographiclib sums.
"""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.geometry import geodesy, units
from tests.examples import some

SEMI_MAJOR_M, FLATTENING = 6_378_137.0, 1 / 298.257223563  # WGS 84
SEMI_MINOR_M = SEMI_MAJOR_M * (1 - FLATTENING)
INVERSE_SQUARES = np.array([SEMI_MAJOR_M**-2, SEMI_MAJOR_M**-2, SEMI_MINOR_M**-2])
CURVATURE_RADIUS_MAX_M = 6_399_594.0  # of WGS 84, at the poles: a squared over b
CLAIM_M = 0.02

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
azimuths = st.floats(0, 360, exclude_max=True)
e7_latitudes = st.integers(-900_000_000, 900_000_000)
e7_longitudes = st.integers(-1_800_000_000, 1_800_000_000)


def normal_of(latitude_deg: float, longitude_deg: float) -> np.ndarray:
    """The direction straight up; a point of the sphere on which S2 draws its great circles."""
    phi, lam = math.radians(latitude_deg), math.radians(longitude_deg)
    return np.array([math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)])


def place_of(normal: np.ndarray) -> np.ndarray:
    raised = normal / INVERSE_SQUARES
    return raised / math.sqrt(raised @ (INVERSE_SQUARES * raised))


def upward(place_m: np.ndarray) -> np.ndarray:
    gradient = INVERSE_SQUARES * place_m
    return gradient / math.sqrt(gradient @ gradient)


def heading(latitude_deg: float, longitude_deg: float, azimuth_deg: float) -> np.ndarray:
    phi, lam, alpha = (math.radians(angle) for angle in (latitude_deg, longitude_deg, azimuth_deg))
    east = np.array([-math.sin(lam), math.cos(lam), 0.0])
    north = np.array([-math.sin(phi) * math.cos(lam), -math.sin(phi) * math.sin(lam), math.cos(phi)])
    return math.cos(alpha) * north + math.sin(alpha) * east


def slide(latitude_deg: float, longitude_deg: float, azimuth_deg: float, length_m: float, steps: int):
    """Places of a particle that slides `length_m` over the ellipsoid, `steps` + 1 of them."""
    place, velocity = (
        place_of(normal_of(latitude_deg, longitude_deg)),
        heading(latitude_deg, longitude_deg, azimuth_deg),
    )
    step = length_m / steps

    def pull(x: np.ndarray, v: np.ndarray) -> np.ndarray:
        gradient = INVERSE_SQUARES * x
        return -(v @ (INVERSE_SQUARES * v)) / (gradient @ gradient) * gradient

    places = [place]
    for _ in range(steps):
        v1, a1 = velocity, pull(place, velocity)
        v2 = velocity + step / 2 * a1
        a2 = pull(place + step / 2 * v1, v2)
        v3 = velocity + step / 2 * a2
        a3 = pull(place + step / 2 * v2, v3)
        v4 = velocity + step * a3
        a4 = pull(place + step * v3, v4)
        place = place + step / 6 * (v1 + 2 * v2 + 2 * v3 + v4)
        velocity = velocity + step / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        places.append(place)
    return places


def deviation_m(places: list[np.ndarray], start: np.ndarray, end: np.ndarray) -> float:
    """How far the places lie from the great circle between two directions, in metres at most."""
    across = np.cross(start, end)
    across /= math.sqrt(across @ across)
    return max(abs(float(upward(place) @ across)) for place in places) * CURVATURE_RADIUS_MAX_M


# --- published examples -----------------------------------------------------------------------------------


def test_kennedy_to_heathrow_is_as_the_manual_of_geodsolve_says():
    there = (40.6, -73.8, 51.6, -0.5)
    assert geodesy.distance_m(*there) == pytest.approx(5_551_759.400319, abs=1e-6)
    assert geodesy.bearing_deg(*there) == pytest.approx(51.198882845579, abs=1e-11)


def test_wellington_to_salamanca_and_perth_south_west_are_as_the_readme_of_geographiclib_says():
    assert geodesy.distance_m(-41.32, 174.81, 40.96, -5.50) == pytest.approx(19_959_679.267, abs=5e-4)
    latitude_deg, longitude_deg = geodesy.destination(-32.06, 115.74, 225, 20_000e3)
    assert latitude_deg == pytest.approx(32.11195529, abs=5e-9)
    assert longitude_deg == pytest.approx(-63.95925278, abs=5e-9)


def test_karneys_worked_examples_hold_also_near_the_antipode():
    latitude_deg, longitude_deg = geodesy.destination(40, 0, 30, 10_000e3)  # table 2 of the paper of 2013
    assert latitude_deg == pytest.approx(41.79331020506, abs=1e-11)
    assert longitude_deg == pytest.approx(137.84490004377, abs=1e-11)
    across = (-30, 0, 29.9, 179.8)  # tables 4 to 6
    assert geodesy.distance_m(*across) == pytest.approx(19_989_832.827610, abs=1e-6)
    assert geodesy.bearing_deg(*across) == pytest.approx(161.89052473633, abs=1e-10)


def test_a_degree_of_the_equator_and_a_quarter_meridian_have_their_lengths():
    assert geodesy.distance_m(0, 0, 0, 1) == pytest.approx(SEMI_MAJOR_M * math.pi / 180, abs=1e-6)
    angles = (np.arange(100_000) + 0.5) * (math.pi / 2 / 100_000)  # the arc length of an ellipse, summed
    quarter_m = np.hypot(SEMI_MAJOR_M * np.sin(angles), SEMI_MINOR_M * np.cos(angles)).mean() * math.pi / 2
    assert geodesy.distance_m(0, 20, 90, -70) == pytest.approx(quarter_m, abs=1e-5)
    assert geodesy.distance_m(0, 0, 0, 180) == pytest.approx(2 * quarter_m, abs=1e-5)
    assert geodesy.distance_m(0, 0, 0, 180) < geodesy.DISTANCE_MAX_M


# --- against the sliding particle -------------------------------------------------------------------------


@settings(max_examples=some(30))
@given(latitudes, longitudes, azimuths, st.floats(1, 3_000_000))
def test_a_destination_is_where_a_sliding_particle_gets(latitude_deg, longitude_deg, azimuth_deg, length_m):
    end = geodesy.destination(latitude_deg, longitude_deg, azimuth_deg, length_m)
    slid = slide(latitude_deg, longitude_deg, azimuth_deg, length_m, 150)[-1]
    assert np.linalg.norm(place_of(normal_of(*end)) - slid) < 1e-4


@settings(max_examples=some(30))
@given(latitudes, longitudes, latitudes, longitudes)
def test_bearing_and_distance_bring_a_sliding_particle_there(from_lat, from_lon, to_lat, to_lon):
    length_m = geodesy.distance_m(from_lat, from_lon, to_lat, to_lon)
    there = place_of(normal_of(to_lat, to_lon))
    if length_m == 0:
        assert np.linalg.norm(place_of(normal_of(from_lat, from_lon)) - there) < 1e-7
        return
    azimuth_deg = geodesy.bearing_deg(from_lat, from_lon, to_lat, to_lon)
    slid = slide(from_lat, from_lon, azimuth_deg, length_m, 400)[-1]
    assert 0 <= azimuth_deg < 360
    assert np.linalg.norm(slid - there) < 0.01


@given(latitudes, longitudes, latitudes, longitudes)
def test_a_distance_is_that_of_a_sphere_within_the_flattening(from_lat, from_lon, to_lat, to_lon):
    length_m = geodesy.distance_m(from_lat, from_lon, to_lat, to_lon)
    one, other = normal_of(from_lat, from_lon), normal_of(to_lat, to_lon)
    angle = 2 * math.asin(min(1.0, float(np.linalg.norm(one - other)) / 2))
    assert 6_335_000 * angle * 0.99 - 1e-6 <= length_m <= CURVATURE_RADIUS_MAX_M * angle * 1.01 + 1e-6
    assert length_m == pytest.approx(geodesy.distance_m(to_lat, to_lon, from_lat, from_lon), abs=1e-6)
    assert length_m <= geodesy.DISTANCE_MAX_M


# --- geodesic and great circle agree within 2 cm ----------------------------------------------------------


def test_over_ten_kilometres_a_geodesic_is_within_7_mm_of_the_great_circle_between_its_ends():
    worst_m = 0.0
    for latitude_deg in (*range(-90, 91, 5), -89.99, -89.9, 89.95, 89.99, 0.01):
        for azimuth_deg in range(0, 360, 15):
            places = slide(latitude_deg, 0, azimuth_deg, geodesy.EDGE_MAX_M, 10)
            worst_m = max(worst_m, deviation_m(places, upward(places[0]), upward(places[-1])))
    assert 0.006 < worst_m < 0.007


@settings(max_examples=some(30))
@given(latitudes, longitudes, azimuths, st.floats(1, 200_000))
def test_a_densified_line_keeps_within_2_cm_of_its_geodesic(
    latitude_deg, longitude_deg, azimuth_deg, length_m
):
    start = (units.e7deg_from_deg(latitude_deg), units.e7deg_from_deg(longitude_deg))
    end_deg = geodesy.destination(*(angle / 1e7 for angle in start), azimuth_deg, length_m)
    end = (units.e7deg_from_deg(end_deg[0]), units.e7deg_from_deg(end_deg[1]))
    dense = geodesy.densified((start, end))
    if start == end:
        return
    corners = [normal_of(latitude / 1e7, longitude / 1e7) for latitude, longitude in dense]
    length_m = geodesy.distance_m(start[0] / 1e7, start[1] / 1e7, end[0] / 1e7, end[1] / 1e7)
    if length_m < 1:
        return  # between neighbouring grid points; nothing was added
    azimuth_deg = geodesy.bearing_deg(start[0] / 1e7, start[1] / 1e7, end[0] / 1e7, end[1] / 1e7)
    each = 4
    places = slide(start[0] / 1e7, start[1] / 1e7, azimuth_deg, length_m, each * (len(dense) - 1))
    for number, (one, other) in enumerate(pairwise(corners)):
        assert deviation_m(places[number * each : (number + 1) * each + 1], one, other) < CLAIM_M


# --- densified routes -------------------------------------------------------------------------------------


@settings(max_examples=some(20))
@given(
    st.lists(st.tuples(e7_latitudes, e7_longitudes), min_size=1, max_size=3),
    st.floats(2_000, geodesy.EDGE_MAX_M),
)
def test_given_points_stay_and_no_edge_is_too_long(points, step_max_m):
    legs = [geodesy.distance_m(*(angle / 1e7 for angle in (*one, *two))) for one, two in pairwise(points)]
    if sum(math.ceil(leg_m / (step_max_m - geodesy.ROUNDING_M)) for leg_m in legs) >= geodesy.POINTS_MAX - 3:
        return  # refused, or nearly: another test's business
    dense = geodesy.densified(points, step_max_m=step_max_m)
    kept = iter(dense)
    assert all(point in kept for point in points)
    assert (dense[0], dense[-1]) == (points[0], points[-1])
    assert len(dense) <= geodesy.POINTS_MAX
    for (lat, lon), (to_lat, to_lon) in pairwise(dense):
        assert type(lat) is int
        assert type(lon) is int
        apart = place_of(normal_of(lat / 1e7, lon / 1e7)) - place_of(normal_of(to_lat / 1e7, to_lon / 1e7))
        assert float(np.linalg.norm(apart)) <= step_max_m


def test_a_short_leg_and_a_lone_point_and_a_repeated_point_are_left_alone():
    assert geodesy.densified([(1, 2)]) == ((1, 2),)
    route = [(350_000_000, 330_000_000), (350_000_000, 330_000_000), (350_500_000, 330_000_000)]
    assert geodesy.densified(route) == tuple(route)


def test_a_route_over_the_antimeridian_takes_the_short_way():
    dense = geodesy.densified([(100_000_000, 1_795_000_000), (100_000_000, -1_795_000_000)])
    assert 11 < len(dense) < 14
    assert all(abs(longitude) >= 1_795_000_000 for _, longitude in dense)


def test_a_route_over_the_pole_goes_up_one_meridian_and_down_the_other():
    dense = geodesy.densified([(890_000_000, 300_000_000), (890_000_000, -1_500_000_000)])
    assert {longitude for latitude, longitude in dense if latitude < 899_999_999} == {
        300_000_000,
        -1_500_000_000,
    }
    assert max(latitude for latitude, _ in dense) > 899_000_000


def test_a_route_from_pole_to_pole_is_finite_and_whole():
    dense = geodesy.densified([(900_000_000, 0), (-900_000_000, 0)])
    assert len(dense) == math.ceil(20_003_931.46 / (geodesy.EDGE_MAX_M - geodesy.ROUNDING_M)) + 1


def test_a_route_that_would_have_too_many_points_is_refused():
    with pytest.raises(ValueError, match="10000 are allowed"):
        geodesy.densified([(0, 0), (0, 1_700_000_000)], step_max_m=1_000)


# --- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 180.1, -180.1])
def test_a_coordinate_out_of_range_is_refused(bad):
    for place in range(4):
        corners = [10.0, 20.0, 30.0, 40.0]
        corners[place] = bad
        with pytest.raises(ValueError, match="itude"):
            geodesy.distance_m(*corners)
    with pytest.raises(ValueError, match="latitude"):
        geodesy.destination(90.5, 0, 0, 1)
    with pytest.raises(ValueError, match="latitude"):
        geodesy.densified([(900_000_001, 0)])
    with pytest.raises(ValueError, match="longitude"):
        geodesy.densified([(0, -1_800_000_001)])


def test_senseless_lines_are_refused():
    with pytest.raises(ValueError, match="no bearing"):
        geodesy.bearing_deg(35, 33, 35, 33)
    with pytest.raises(ValueError, match="no bearing"):
        geodesy.bearing_deg(0, 180, 0, -180)
    for length_m in (-1.0, math.nan, math.inf, 20_003_933.0):
        with pytest.raises(ValueError, match="distance"):
            geodesy.destination(35, 33, 0, length_m)
    with pytest.raises(ValueError, match="azimuth"):
        geodesy.destination(35, 33, math.nan, 1)
    for step_max_m in (0.0, math.nan, 10_001.0):
        with pytest.raises(ValueError, match="step"):
            geodesy.densified([(0, 0), (0, 1)], step_max_m=step_max_m)
    with pytest.raises(ValueError, match="without a point"):
        geodesy.densified([])
