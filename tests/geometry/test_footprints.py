"""What a footprint is and is not; containment by S2, a crossing by trying every pair of edges."""

import math
from collections.abc import Callable
from functools import partial
from itertools import combinations

import msgspec
import pytest
import shapely
import spherely
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.geometry import footprints
from mamarr.geometry.footprints import Footprint, Shape
from tests.examples import some
from tests.geodesics import moved

DEG = 10_000_000
CYPRUS = [(34 * DEG, 32 * DEG), (34 * DEG, 33 * DEG), (35 * DEG, 33 * DEG), (35 * DEG, 32 * DEG)]


def corners_of(*places_deg: tuple[float, float]) -> list[tuple[int, int]]:
    return [(round(latitude * DEG), round(longitude * DEG)) for latitude, longitude in places_deg]


def ring(count: int, middle_deg: tuple[float, float] = (35, 33), near: float = 1.0) -> list[tuple[int, int]]:
    """Corners 100 km from a middle, every other one `near` times as far."""
    ends = (
        moved(middle_deg, 360 * index / count, 1e5 * (near if index % 2 else 1)) for index in range(count)
    )
    return corners_of(*ends)


def comb(teeth: int) -> list[tuple[int, int]]:
    """A comb whose long teeth lie side by side: every edge is near every other."""
    corners = []
    for tooth in range(teeth):
        west = 33 * DEG + 4_000 * tooth
        corners += [(35 * DEG, west), (36 * DEG, west), (36 * DEG, west + 2_000), (35 * DEG, west + 2_000)]
    return [*corners, (34 * DEG, 34 * DEG), (34 * DEG, 33 * DEG)]


# --- making one -------------------------------------------------------------------------------------------


def test_vertices_come_back_as_they_went_in():
    assert footprints.points(footprints.polygon(CYPRUS)) == CYPRUS
    assert footprints.points(footprints.path(CYPRUS[:2], 9_260_000)) == CYPRUS[:2]
    assert footprints.points(footprints.circle(CYPRUS[0], 5_000)) == CYPRUS[:1]


def test_vertices_are_little_endian_latitude_first():
    assert footprints.circle((1, -2), 1_000).vertices == b"\x01\0\0\0\xfe\xff\xff\xff"


def test_a_footprint_survives_json_and_a_decoder_checks_it():
    made = footprints.polygon(CYPRUS)
    written = msgspec.json.encode(made)
    assert msgspec.json.decode(written, type=Footprint) == made
    assert b"radius" not in written
    with pytest.raises(msgspec.ValidationError, match="radius"):
        msgspec.json.decode(written.replace(b"POLYGON", b"PATH"), type=Footprint)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"vertices": b"1234567"}, "7 bytes are left over"),
        ({"vertices": b""}, "has 3 to 10000 vertices, not 0"),
        ({"vertices": footprints.path(CYPRUS[:2], 1_000).vertices}, "not 2"),
        ({"vertices": bytes(8 * 10_001)}, "not 10001"),
        ({"shape": Shape.CIRCLE, "radius_mm": 1_000}, "one vertex, its centre, not 4"),
        ({"shape": Shape.PATH, "radius_mm": 999}, "radius 999 mm of a PATH"),
        ({"shape": Shape.PATH, "radius_mm": 1_000_000_001}, "radius"),
        ({"radius_mm": -1}, "radius -1 mm of a POLYGON"),
        ({"radius_mm": 1_000_000_001}, "radius"),
        ({"vertices": footprints.polygon(CYPRUS).vertices[:28] + b"\xff\xff\xff\x7f"}, "180 .* vertex 3"),
        ({"vertices": b"\xff\xff\xff\x7f" + footprints.polygon(CYPRUS).vertices[4:]}, "90 .* vertex 0"),
    ],
)
def test_a_footprint_out_of_range_cannot_be_made(wrong: dict[str, object], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        msgspec.structs.replace(footprints.polygon(CYPRUS), **wrong)


@pytest.mark.parametrize("radius_mm", [999, 3_000_000_001])
def test_a_circle_has_a_radius_of_a_metre_to_3000_km(radius_mm: int):
    with pytest.raises(ValueError, match="radius"):
        footprints.circle(CYPRUS[0], radius_mm)


@pytest.mark.parametrize("corner", [(1.5, 2), (2**31, 0), (1, 2, 3)])
def test_a_vertex_is_two_whole_numbers(corner: tuple[int, int]):
    with pytest.raises(ValueError, match="two whole numbers"):
        footprints.circle(corner, 1_000)


def test_widening_adds_to_the_radius():
    assert footprints.widened(footprints.polygon(CYPRUS), 5_000).radius_mm == 5_000
    assert footprints.widened(footprints.path(CYPRUS, 2_000), 5_000).radius_mm == 7_000
    with pytest.raises(ValueError, match="radius"):
        footprints.widened(footprints.polygon(CYPRUS), 1_000_000_001)
    with pytest.raises(ValueError, match="widened by -1 mm"):
        footprints.widened(footprints.polygon(CYPRUS), -1)


# --- checked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "proper",
    [
        footprints.polygon(CYPRUS),
        footprints.polygon(CYPRUS[::-1]),
        footprints.polygon(corners_of((34, 179), (34, -179), (35, -179), (35, 179))),
        footprints.polygon(corners_of((34, 180), (34, -179), (35, -179), (35, -180))),
        footprints.polygon(corners_of((85, 0), (85, 90), (85, 180), (85, -90))),
        footprints.polygon(corners_of((-85, 0), (-85, 90), (-85, 180), (-85, -90))),
        footprints.polygon(corners_of((85, 0), (90, 0), (85, 90))),
        footprints.polygon(ring(12, (90, 0), 0.1)),
        footprints.polygon(ring(500, near=0.02)),
        footprints.polygon(comb(100)),
        footprints.polygon([(0, 0), (0, 4), (4, 0)]),  # steps of 11 mm
        footprints.polygon(corners_of((0, 0), (0, 2), (1, 1), (0, 3), (0, 4), (2, 1))),  # edges in one line
        footprints.path(corners_of((34, 32), (35, 33), (35, 32), (34, 33), (34, 32)), 1_000),
        footprints.path(corners_of((34, 32), (35, 33), (34, 32)), 1_000),
        footprints.circle((900_000_000, 0), 3_000_000_000),
    ],
)
def test_a_proper_footprint_comes_back(proper: Footprint):
    assert footprints.checked(proper) is proper


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (footprints.polygon([*CYPRUS, CYPRUS[0]]), "vertex 4 repeats the first: a polygon closes by itself"),
        (footprints.polygon([CYPRUS[0], *CYPRUS]), "vertex 1 repeats the one before"),
        (footprints.polygon(corners_of((34, 180), (34, -180), (35, 179))), "vertex 1 repeats"),
        (footprints.polygon(corners_of((80, 0), (90, 0), (90, 50), (80, 50))), "vertex 2 repeats"),
        (footprints.path([CYPRUS[0], CYPRUS[0]], 1_000), "vertex 1 repeats"),
        (footprints.polygon(corners_of((0, 1), (0, 2), (0, 3))), "lie on a line"),
        (footprints.polygon(corners_of((34, 33), (35, 33), (36, 33))), "lie on a line"),
        (footprints.polygon(corners_of((89, 33), (90, 0), (89, -147))), "lie on a line"),
        (footprints.polygon(corners_of((0, 0), (0, 10), (0.00000005, 5))), "lie on a line"),
        (footprints.polygon(corners_of((0, 0), (1, 1), (1, 0), (0, 1.1))), "vertex 0 crosses .* vertex 2"),
        (
            footprints.polygon(corners_of((34, 179), (35, -179), (34, -179), (35.1, 179))),
            "vertex 0 crosses .* vertex 2",
        ),
        (
            footprints.polygon(corners_of((88, 0), (88.1, 180), (88.2, 90), (88, -90))),
            "vertex 0 crosses .* vertex 2",
        ),
        (
            footprints.polygon(corners_of((0, 0), (0, 2), (1, 2), (0, 1), (1, 0))),
            "vertex 3 touches the edge from vertex 0",
        ),
        (
            footprints.polygon(corners_of((0, 0), (0, 3), (1, 3), (0, 2), (0, 1), (1, 0))),
            "touches",
        ),
        (footprints.polygon(corners_of((0, 0), (1, 1), (2, 0), (2, 2), (1, 1), (0, 2))), "vertex . touches"),
        (footprints.polygon(corners_of((0, 0), (0, 3), (0, 1), (2, 1))), "touches"),  # folds back
        (footprints.polygon(corners_of((0, 0), (0, 90), (0, 180), (0, -90))), "more than 3000 km"),
        (footprints.polygon(corners_of((0, 0), (0, 60), (10, 30))), "vertex . is more than 3000 km"),
        (footprints.path(corners_of((0, 0), (0, 180)), 1_000), "more than 3000 km"),
        (footprints.path(corners_of((90, 0), (-90, 0)), 1_000), "more than 3000 km"),
    ],
)
def test_vertices_that_make_no_sense_together_are_refused_by_index(wrong: Footprint, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        footprints.checked(wrong)


def test_a_crossing_is_found_between_edges_far_apart_in_the_list():
    corners = ring(2_000)
    corners[700], corners[1_700] = corners[1_700], corners[700]
    with pytest.raises(ValueError, match="crosses"):
        footprints.checked(footprints.polygon(corners))


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=3, max_size=9))
@settings(max_examples=some(200))
def test_a_polygon_is_refused_exactly_when_two_of_its_edges_meet(grid: list[tuple[int, int]]):
    # On steps of 0.001 degree about a point of the equator great circles are straight to a millimetre, and
    # grid lines stay lines: the plane says which rings are simple.
    corners = [(10_000 * north, 10_000 * east) for north, east in grid]
    flat = shapely.Polygon([(east, north) for north, east in grid])
    proper = flat.is_valid and flat.area > 0 and all(a != b for a, b in combinations(grid, 2))
    try:
        footprints.checked(footprints.polygon(corners))
        accepted = True
    except ValueError:
        accepted = False
    assert accepted == proper


@pytest.mark.parametrize(
    "corners",
    [partial(ring, 10_000), partial(ring, 10_000, near=0.05), partial(comb, 2_499)],  # made by who needs them
    ids=["round", "star", "comb"],
)
def test_ten_thousand_vertices_are_checked(corners: Callable[[], list[tuple[int, int]]]):
    made = footprints.polygon(corners())
    assert footprints.checked(made) is made  # 0.1 to 0.5 s each


# --- box --------------------------------------------------------------------------------------------------

BOXES = [
    (33, 34, 32, 33),
    (-34, -33, 32, 33),
    (-1, 2, 179.5, -179.5),
    (0, 3, 10, 14),
    (60, 61, -180, -170),
    (45, 45.001, 170, 180),
    (75, 90, 20, 30),
    (-90, -80, -20, 100),
    (80, 85, 0, -160),
    (89, 90, -180, 180),
    (-90, -89, -180, 180),
]


def area(footprint: Footprint) -> spherely.Geography:
    corners = footprints.points(footprint)
    return spherely.create_polygon([(longitude / DEG, latitude / DEG) for latitude, longitude in corners])


@pytest.mark.parametrize("sides_deg", BOXES)
@pytest.mark.parametrize("beyond_mm", [0, footprints.BOX_EXCESS_MAX_MM])
def test_a_box_is_contained_and_hardly_exceeded(sides_deg: tuple[float, ...], beyond_mm: int):
    south, north, west, east = (round(side * DEG) for side in sides_deg)
    made = area(footprints.box(south, north, west, east))
    span = (east - west) % (360 * DEG) or 360 * DEG
    beyond_deg = math.degrees(beyond_mm / 1000 / 6_335_000)  # the least radius of a meridian
    for share in (part / 997 for part in range(1, 997)):
        longitude_deg = (west + span * share) / DEG
        for side, outward in ((south, -1), (north, 1)):
            if abs(side) == 90 * DEG:
                continue
            latitude_deg = side / DEG + outward * beyond_deg
            point = spherely.create_point((longitude_deg + 180) % 360 - 180, latitude_deg)
            grain_m = 1e-6  # S2 rounds to a few nanometres
            assert (float(spherely.distance(made, point)) <= grain_m) == (beyond_mm == 0)


@pytest.mark.parametrize("sides_deg", BOXES)
def test_the_polygon_of_a_box_is_proper(sides_deg: tuple[float, ...]):
    made = footprints.box(*(round(side * DEG) for side in sides_deg))
    assert footprints.checked(made) is made


@pytest.mark.parametrize(
    "sides_deg",
    [
        (34, 33, 32, 33),
        (33, 34, 32, 32),
        (33, 34, 180, -180),
        (33, 34, -180, 180),
        (-90, 90, 10, 11),
        (0, 91, 0, 1),
        (0, 1, 0, 181),
        (0, 1, 0, 90),
        (40, 90, -180, 180),
    ],
)
def test_what_is_no_box_or_too_large_a_box_is_refused(sides_deg: tuple[float, ...]):
    with pytest.raises(ValueError, match=r"\w"):
        footprints.box(*(round(side * DEG) for side in sides_deg))


@pytest.mark.parametrize("count", [2, 500])  # remembered, and too long for that
def test_what_is_out_of_range_is_refused_each_time(count: int):
    inside = [(number, 0) for number in range(count)]
    footprints.path(inside, 1_000)
    for _ in range(2):
        with pytest.raises(ValueError, match="latitude is beyond 90 degrees at vertex 1"):
            footprints.path([inside[0], (900_000_001, 0), *inside[2:]], 1_000)
        with pytest.raises(ValueError, match="radius 999 mm"):
            footprints.path(inside, 999)
