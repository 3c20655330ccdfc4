"""Coverings beside `spherely`, which carries an S2 of its own and is asked for distances alone."""

import math

import pytest
import s2geometry
import spherely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.discovery.envelopes import CELLS_MAX
from mamarr.geometry import cells
from tests.examples import some

PLACES = st.tuples(
    st.one_of(st.floats(-90, 90), st.sampled_from((-90.0, 89.999, 0.0, 90.0))),
    st.one_of(st.floats(-180, 180), st.sampled_from((-180.0, 179.9999, 0.0, 180.0))),
)


OFF_THE_POLES = st.tuples(  # where the formula of `regular` keeps its digits
    st.one_of(st.floats(-89.99, 89.99), st.sampled_from((-89.99, 0.0, 89.99))),
    PLACES.map(lambda each: each[1]),
)


def cell_of(latitude_deg: float, longitude_deg: float) -> int:
    """The cell of level 13 that has a place, by S2's own numbering of leaves."""
    point = s2geometry.S2LatLng.FromDegrees(latitude_deg, longitude_deg).ToPoint()
    return s2geometry.S2CellId(point).parent(cells.LEVEL).id()


def regular(place_deg: tuple[float, float], radius_m: float, corners: int) -> list[tuple[float, float]]:
    """Corners about a place, on the sphere, counter-clockwise."""
    latitude_rad, longitude_rad = map(math.radians, place_deg)
    angle_rad = radius_m / cells.SPHERE_RADIUS_M
    found = []
    for number in range(corners):
        bearing_rad = -2 * math.pi * number / corners
        there_rad = math.asin(
            math.sin(latitude_rad) * math.cos(angle_rad)
            + math.cos(latitude_rad) * math.sin(angle_rad) * math.cos(bearing_rad)
        )
        east_rad = math.atan2(
            math.sin(bearing_rad) * math.sin(angle_rad) * math.cos(latitude_rad),
            math.cos(angle_rad) - math.sin(latitude_rad) * math.sin(there_rad),
        )
        longitude_deg = (math.degrees(longitude_rad + east_rad) + 180) % 360 - 180
        found.append((math.degrees(there_rad), longitude_deg))
    return found


@settings(max_examples=some(60), deadline=None)
@given(
    place=PLACES,
    radius_m=st.floats(1, 20_000),
    bearing_deg=st.floats(0, 360),
    share=st.floats(0, 1),
)
def test_every_place_in_a_circle_on_the_ellipsoid_is_in_its_cells(place, radius_m, bearing_deg, share):
    found = cells.covering_circle(latitude_deg=place[0], longitude_deg=place[1], radius_m=radius_m)
    assert list(found) == sorted(set(found))
    there = end_of(place, bearing_deg, share * radius_m)
    assert cell_of(*there) in found


def end_of(place: tuple[float, float], bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """Where a geodesic of WGS-84 ends: Karney's, of geographiclib."""
    found = Geodesic.WGS84.Direct(*place, bearing_deg, distance_m)
    return found["lat2"], found["lon2"]


@settings(max_examples=some(40), deadline=None)
@given(place=OFF_THE_POLES, radius_m=st.floats(5, 10_000), corners=st.integers(3, 9), turned=st.booleans())
def test_no_cell_next_to_the_covering_of_a_polygon_touches_it(place, radius_m, corners, turned):
    ring = regular(place, radius_m, corners)
    found = cells.covering_polygon(ring[::-1] if turned else ring)
    polygon = spherely.create_polygon(shell=[(east, north) for north, east in ring])
    around = {
        near.id() for each in found for near in s2geometry.S2CellId(each).GetAllNeighbors(cells.LEVEL)
    } - set(found)
    for each in around:
        corners_deg = corners_of(each)
        cell = spherely.create_polygon(shell=[(east, north) for north, east in corners_deg])
        assert float(spherely.distance(polygon, cell)) > 0, "a cell is missed"


def corners_of(cell: int) -> list[tuple[float, float]]:
    there = s2geometry.S2Cell(s2geometry.S2CellId(cell))
    corners = [s2geometry.S2LatLng(there.GetVertex(number)) for number in range(4)]
    return [(each.lat().degrees(), each.lng().degrees()) for each in corners]


def test_a_circle_about_a_pole_has_cells_on_every_side_of_it():
    found = cells.covering_circle(latitude_deg=89.999, longitude_deg=180, radius_m=5_000)
    for longitude_deg in (-180, -90, 0, 90):
        assert cell_of(89.99, longitude_deg) in found


def test_a_polygon_over_the_antimeridian_is_the_narrow_one():
    ring = [(0.0, 179.95), (0.0, -179.95), (0.1, -179.95), (0.1, 179.95)]
    found = cells.covering_polygon(ring)
    assert len(found) < 200
    assert {cell_of(0.05, 180), cell_of(0.05, -179.96), cell_of(0.05, 179.96)} <= set(found)
    assert found == cells.covering_polygon([*ring, ring[0]])


@pytest.mark.parametrize(
    "ring",
    [
        [(0.0, 0.0)] * 3,
        [(0.0, 0.0), (0.1, 0.1)],
        [(0.0, 0.0), (0.1, 0.1), (0.0, 0.1), (0.1, 0.0)],
        [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)],
        [(0.0, 0.0), (0.0, 90.0), (0.1, 90.0), (0.1, 0.0)],
        [(91.0, 0.0), (0.0, 0.1), (0.1, 0.1)],
        [(math.nan, 0.0), (0.0, 0.1), (0.1, 0.1)],
        [(0.0, each / 1e6) for each in range(cells.VERTICES_MAX + 1)],
    ],
)
def test_what_is_no_simple_polygon_or_too_large_is_refused(ring):
    with pytest.raises(ValueError, match=r"\w"):
        cells.covering_polygon(ring)


@pytest.mark.parametrize("radius_m", [0, -1, 28_210, math.inf, math.nan])
def test_a_circle_of_no_or_too_large_a_radius_is_refused(radius_m):
    with pytest.raises(ValueError, match="radius"):
        cells.covering_circle(latitude_deg=0, longitude_deg=0, radius_m=radius_m)


def test_the_largest_shapes_have_fewer_cells_than_an_envelope_may_have():
    largest = [
        cells.covering_circle(latitude_deg=latitude_deg, longitude_deg=longitude_deg, radius_m=28_000)
        for latitude_deg, longitude_deg in ((0, 0), (0, 45), (35.26, 45), (90, 0))
    ]
    assert max(map(len, largest)) < CELLS_MAX
