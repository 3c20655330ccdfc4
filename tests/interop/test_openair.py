"""OpenAir text to areas, held against the answers of two other readers (see data/openair/README.md)."""

import json
import math
import re
from itertools import pairwise
from pathlib import Path

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon

from mamarr.airspace.areas import Area, AreaKind
from mamarr.faults import WireError
from mamarr.geometry import Datum, Shape, footprints
from mamarr.geometry.altitude import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM, Geoid, Qnh
from mamarr.interop import arcs, openair
from mamarr.interop.readings import Reading

FIXTURES = Path(__file__).parent / "data" / "openair"
STANDARD = Qnh(lowest_pa=101_325, highest_pa=101_325)
HEAD = "AC R\nAN R 1\nAL GND\nAH FL100\n"
CORNERS = "DP 50:00:00 N 010:00:00 E\nDP 50:00:00 N 011:00:00 E\nDP 51:00:00 N 011:00:00 E\n"


def read(text: str, reference=STANDARD) -> Reading:
    return openair.areas(text.encode(), reference=reference)


def the_area(text: str, reference=STANDARD) -> Area:
    (area,) = read(text, reference).values()
    return area


def findings(text: str, reference=STANDARD):
    return [(finding.at, finding.what) for finding in read(text, reference).findings]


def of_file(name: str) -> str:
    return (FIXTURES / name).read_bytes().decode()


def corners_deg(area: Area):
    return [(latitude / 1e7, longitude / 1e7) for latitude, longitude in footprints.points(area.footprint)]


def flat_m(corners, around):
    """Corners (latitude, longitude) in degrees in a plane about a point: azimuthal, by geodesics."""
    plane = []
    for latitude, longitude in corners:
        line = Geodesic.WGS84.Inverse(*around, latitude, longitude)
        bearing = math.radians(line["azi1"])
        plane.append((line["s12"] * math.sin(bearing), line["s12"] * math.cos(bearing)))
    return Polygon(plane)


def degrees(location):
    """A location of the expected answer: two numbers, or text in degrees and minutes, N and W."""
    if isinstance(location, list):
        return location
    parts = re.findall(r"([0-9]+):([0-9.]+)(?::([0-9.]+))?", location)
    north, west = (
        int(whole) + float(minutes) / 60 + float(rest or 0) / 3600 for whole, minutes, rest in parts
    )
    return north, -west


# --- outlines, against other readers ---

# The other reader draws on a sphere, we on the ellipsoid, and its corners have five or six decimals. Measured
# here: 115 m on arcs of 42 NM and 36 NM radius (0.15 %), 5.3 m on 0.25 NM, 0.5 m on corners alone.
AGAINST_OPENAIP = [("arc-cw-ccw", 130), ("arc-angle-cw", 8), ("polygon", 1)]


@pytest.mark.parametrize(("name", "bound_m"), AGAINST_OPENAIP)
def test_outlines_are_those_of_openaips_reader(name, bound_m):
    area = the_area(of_file(f"{name}.txt").replace("AGL", "AMSL"))
    expected = json.loads(of_file(f"{name}-result.json"))["features"][0]
    ring = [(latitude, longitude) for longitude, latitude in expected["geometry"]["coordinates"][0]]
    ours, theirs = flat_m(corners_deg(area), ring[0]), flat_m(ring, ring[0])
    assert ours.boundary.hausdorff_distance(theirs.boundary) < bound_m
    assert area.name == expected["properties"]["name"]


def test_a_circle_stays_a_circle_of_the_same_size_as_openaips():
    area = the_area(of_file("circular.txt"))
    assert (area.footprint.shape, area.footprint.radius_mm) == (Shape.CIRCLE, 2_037_200)
    expected = json.loads(of_file("circular-result.json"))["features"][0]["geometry"]["coordinates"][0]
    (centre,) = corners_deg(area)
    for longitude, latitude in expected:
        distance_m = Geodesic.WGS84.Inverse(*centre, latitude, longitude)["s12"]
        assert distance_m == pytest.approx(2_037.2, rel=0.006)


def test_the_winpilot_sample_is_read_as_aerofiles_reads_it():
    reading = openair.areas((FIXTURES / "winpilot_sample.txt").read_bytes(), reference=STANDARD)
    expected = json.loads(of_file("winpilot_sample.expected.json"))
    by_index = {int(each.at.split("record ")[1].split(" ")[0]): each.value for each in reading.imported}
    assert sorted(by_index) == sorted(set(range(26)) - {1, 7, 10, 19, 20, 24, 25})
    for index, area in by_index.items():
        assert area.name == expected[index]["name"]
        points = [each["location"] for each in expected[index]["elements"] if each["type"] == "point"]
        for latitude, longitude in map(degrees, points):
            nearest = min(math.dist((latitude, longitude), corner) for corner in corners_deg(area))
            assert nearest < 2e-5  # some of theirs are cut to five decimals
        for element in expected[index]["elements"]:
            if element["type"] == "circle":
                assert area.footprint.radius_mm == round(element["radius"] * 1_852_000)


def test_what_is_wrong_in_the_winpilot_sample_is_told_by_line():
    reading = openair.areas((FIXTURES / "winpilot_sample.txt").read_bytes(), reference=STANDARD)
    assert [(finding.line, finding.field) for finding in reading.findings] == [
        (73, "DP"),  # its two arcs cross
        (137, "DP"),
        (176, "AL"),  # above ground
        (307, "AL"),
        (323, "AL"),
        (373, "AH"),  # "Ask on 122.8"
        (381, "TC"),
    ]
    assert reading.left_out == (("AA", 9), ("AF", 1), ("AG", 1), ("AT", 7))


@given(
    st.floats(-89, 89),
    st.floats(-180, 180),
    st.floats(10, arcs.RADIUS_MAX_M),
    st.floats(0, 360),
    st.floats(-360, 360),
)
def test_an_arc_stays_within_its_bound(latitude, longitude, radius_m, start, sweep):
    centre = round(latitude * 1e7), round(longitude * 1e7)
    corners = arcs.arc(centre, radius_m, radius_m, start, sweep)
    centre_deg = centre[0] / 1e7, centre[1] / 1e7
    for one, other in pairwise(corners):
        line = Geodesic.WGS84.InverseLine(one[0] / 1e7, one[1] / 1e7, other[0] / 1e7, other[1] / 1e7)
        middle = line.Position(line.s13 / 2)
        distance_m = Geodesic.WGS84.Inverse(*centre_deg, middle["lat2"], middle["lon2"])["s12"]
        assert -arcs.ARC_BOUND_M <= distance_m - radius_m <= 0.02


@pytest.mark.parametrize(
    ("direction", "edge", "bearing"),
    [
        ("+", "DA 10,0,90", 45),
        ("-", "DA 10,0,90", 225),
        ("+", "DB 50:10:00 N 010:00:00 E, 50:00:00 N 010:15:33 E", 45),
        ("-", "DB 50:10:00 N 010:00:00 E, 50:00:00 N 010:15:33 E", 225),
        ("+", "DA 10,0,360", 300),
    ],
)
def test_an_arc_goes_the_way_it_is_told(direction, edge, bearing):
    close = "" if "360" in edge else "DP 50:00:00 N 010:00:00 E\n"
    area = the_area(f"{HEAD}V D={direction}\nV X=50:00:00 N 010:00:00 E\n{edge}\n{close}")
    there = Geodesic.WGS84.Direct(50, 10, bearing, 18_520)
    nearest = min(
        Geodesic.WGS84.Inverse(*corner, there["lat2"], there["lon2"])["s12"] for corner in corners_deg(area)
    )
    assert nearest < 500


def test_an_arc_has_the_very_ends_that_are_given():
    ends = "50:10:00 N 010:00:00 E, 50:00:00 N 010:16:30 E"
    area = the_area(f"{HEAD}V X=50:00:00 N 010:00:00 E\nDB {ends}\nDP 50:00:00 N 010:00:00 E\n")
    points = footprints.points(area.footprint)
    assert points[0] == (501_666_667, 100_000_000)
    assert points[-2] == (500_000_000, 102_750_000)


# --- kinds, levels, ids ---


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("AC R", AreaKind.R),
        ("AC Q", AreaKind.D),
        ("AC D", AreaKind.OTHER),
        ("AC P", AreaKind.P),
        ("AC CTR", AreaKind.CTR),
        ("AC TMZ", AreaKind.OTHER),
        ("AC D\nAY TMA", AreaKind.TMA),
        ("AC UNC\nAY Q", AreaKind.D),
        ("AC UNC\nAY TRA", AreaKind.TRA),
        ("AC R\nAY NONE", AreaKind.R),
        ("AC C\nAY RMZ", AreaKind.OTHER),
    ],
)
def test_the_kind_is_that_of_the_type_or_of_the_class(said, kind):
    assert the_area(f"{said}\nAL GND\nAH UNL\n{CORNERS}").kind is kind


@pytest.mark.parametrize(
    ("lower", "upper", "datum", "lower_mm", "upper_mm"),
    [
        ("GND", "FL95", Datum.STD, ALTITUDE_LOWEST_MM, 2_895_600),
        ("0", "FL 100", Datum.STD, ALTITUDE_LOWEST_MM, 3_048_000),
        ("SFC", "UNLIM (Mon-Fri)", Datum.WGS84, ALTITUDE_LOWEST_MM, ALTITUDE_HIGHEST_MM),
        ("0ft AGL", "2500ft MSL", Datum.STD, ALTITUDE_LOWEST_MM, 762_000),
        ("2500 ft", "FL95", Datum.STD, 762_000, 2_895_600),
        ("100m", "800 M AMSL", Datum.STD, 100_000, 800_000),
        ("2500MSL", "5000ft STD", Datum.STD, 762_000, 1_524_000),
        ("1000F MSL", "15000ft (Mo-Fri)", Datum.STD, 304_800, 4_572_000),
    ],
)
def test_the_forms_of_a_limit(lower, upper, datum, lower_mm, upper_mm):
    area = the_area(f"AC R\nAL {lower}\nAH {upper}\n{CORNERS}")
    assert (area.datum, area.lower_mm, area.upper_mm) == (datum, lower_mm, upper_mm)


def test_above_a_geoid_the_limits_are_on_the_ellipsoid():
    area = the_area(f"AC R\nAL 100m MSL\nAH 800m MSL\n{CORNERS}", Geoid(name="EGM96", undulation_mm=47_500))
    assert (area.datum, area.lower_mm, area.upper_mm) == (Datum.WGS84, 147_500, 847_500)


def test_a_lower_qnh_lifts_the_limits_in_pressure_altitude():
    low = Qnh(lowest_pa=98_325, highest_pa=98_325)
    area = the_area(f"AC R\nAL 1000ft MSL\nAH FL100\n{CORNERS}", low)
    assert area.lower_mm > 304_800 + 200_000
    assert area.upper_mm == 3_048_000


def test_ids_come_from_ai_or_from_the_name_and_no_two_are_the_same():
    one = f"AC R\nAN Säo Paulo/1\nAL GND\nAH FL100\n{CORNERS}"
    reading = read(one * 3 + one.replace("AN", "AI b3836bab\nAN") + one.replace("AN Säo Paulo/1\n", ""))
    ids = [value.area_id for value in reading.values()]
    assert ids == ["Sao-Paulo-1", "Sao-Paulo-1-2", "Sao-Paulo-1-3", "b3836bab", "line-30"]


def test_an_id_that_a_name_spells_is_not_given_twice():
    texts = ["A", "A", "A-2", "A"]
    reading = read("".join(f"AC R\nAN {text}\nAL GND\nAH FL100\n{CORNERS}" for text in texts))
    ids = [value.area_id for value in reading.values()]
    assert ids == ["A", "A-2", "A-2-2", "A-3"]


def test_lines_may_end_in_any_way_and_text_may_be_latin_1():
    plain = HEAD.replace("R 1", "Größe") + CORNERS + "* the end"
    want = the_area(plain)
    assert the_area(plain.replace("\n", "\r\n")) == want
    assert the_area(plain.replace("\n", "\r")) == want
    assert the_area("\ufeff" + plain) == want
    (latin,) = openair.areas(plain.encode("latin-1")).values()
    assert latin == want


def test_version_2_commands_are_read_and_what_has_no_place_is_counted():
    reading = read(of_file("version-2-commands.txt"))
    assert len(reading.values()) == 8
    assert reading.left_out == (("AA", 4), ("AF", 7), ("AG", 6), ("AX", 7))
    assert {value.kind for value in reading.values()} == {AreaKind.TMA}


# --- what is wrong ---

AT = 'line {}, record 0 "R 1", '
WRONG = [
    ("DP 50:00:00 N 010:00", 5, "DP", "is no point"),
    ("DP 50:60:00 N 010:00:00 E", 5, "DP", "below 60"),
    ("DP 50:00.5:10 N 010:00:00 E", 5, "DP", "not both"),
    ("DP 91:00:00 N 010:00:00 E", 5, "DP", "latitude"),
    ("DP 50:00:00 N 181:00:00 E", 5, "DP", "longitude"),
    ("DP 50:00:00 N 010:00:00 E 51:00:00 N 010:00:00 E", 5, "DP", "is no point"),
    ("DA 5,0,90", 5, "DA", "no centre"),
    ("V X=50:00:00 N 010:00:00 E\nDA 5,0", 6, "DA", "3 numbers"),
    ("V X=50:00:00 N 010:00:00 E\nDA 5,0,nan", 6, "DA", "3 numbers"),
    ("V X=50:00:00 N 010:00:00 E\nDA 5,0,361", 6, "DA", "0 to 360"),
    ("V X=50:00:00 N 010:00:00 E\nDA 5,90,90", 6, "DA", "write DC"),
    ("V X=50:00:00 N 010:00:00 E\nDA 0,0,90", 6, "DA", "radius"),
    ("V X=50:00:00 N 010:00:00 E\nDA 301,0,90", 6, "DA", "radius"),
    ("V X=50:00:00 N 010:00:00 E\nDB 50:00:00 N 010:00:00 E,51:00:00 N 010:00:00 E", 6, "DB", "no bearing"),
    ("V X=50:00:00 N 010:00:00 E\nDB 50:10:00 N 010:00:00 E,51:00:00 N 010:00:00 E", 6, "DB", "no arc"),
    ("V X=50:00:00 N 010:00:00 E\nDC 5", 6, "DC", "a circle and other edges"),
    ("V X=50:00:00 N 010:00:00 E\nDC 9999999", 6, "DC", "numbers"),
    ("V X=50:00", 5, "V X", "is no point"),
    ("V D=x", 5, "V", "no variable"),
    ("V W=2.5", 5, "V W", "airway"),
    ("DY 50:00:00 N 010:00:00 E\nDY 50:00:00 N 010:00:00 E", 5, "DY", "airway"),
    ("AH FL200", 5, "AH", "said already in line 4"),
    ("XX 1", 5, "XX", "no command"),
    ("DP\x1b[2J", 5, "DP", "no point"),
]


@pytest.mark.parametrize(("more", "line", "field", "what"), WRONG)
def test_a_wrong_line_is_named_with_its_record_and_command(more, line, field, what):
    ((at, said),) = findings(HEAD + more + "\n" + CORNERS)
    assert at == AT.format(line) + field
    assert what in said


WRONG_LIMITS = [
    ("AL 1000ft AGL", "AL", "above the ground"),
    ("AL 100m AGL/423m AMSL", "AL", "is no limit"),
    ("AL UNL", "AL", "a floor is not unlimited"),
    ("AL 1000ft MSL", "AL", "say on which QNH"),
    ("AL Ask on 122.8", "AL", "is no limit"),
    ("AL FL200", "AL", "not ascending"),
    ("AL", "AL", "is no limit"),
]


@pytest.mark.parametrize(("floor", "field", "what"), WRONG_LIMITS)
def test_a_wrong_limit_is_named(floor, field, what):
    ((at, said),) = findings(f"AC R\nAN R 1\n{floor}\nAH FL100\n{CORNERS}", None)
    assert at == AT.format(3) + field
    assert what in said


def test_a_ceiling_on_the_ground_and_a_missing_floor_are_told():
    assert findings(f"AC R\nAN R 1\nAL GND\nAH GND\n{CORNERS}") == [
        (AT.format(4) + "AH", "the ground is no ceiling")
    ]
    assert findings(f"AC R\nAN R 1\nAH FL100\n{CORNERS}") == [(AT.format(1) + "AL", "is missing")]


def test_a_geoid_does_not_place_a_flight_level():
    ((at, what),) = findings(f"AC R\nAN R 1\nAL 100m MSL\nAH FL100\n{CORNERS}", Geoid(name="EGM96"))
    assert at == AT.format(3) + "AL"
    assert "say the QNH instead" in what


def test_an_outline_that_crosses_itself_names_the_lines_of_its_corners():
    corners = ["50:00:00 N 010", "51:00:00 N 011", "50:00:00 N 011", "51:10:00 N 010"]
    crossed = "".join(f"DP {corner}:00:00 E\n" for corner in corners)
    assert findings(HEAD + crossed) == [
        (AT.format(1) + "DP", "the edge from the corner of line 5 crosses the edge from the corner of line 7")
    ]
    text = of_file("self-intersecting.txt").replace("1000M AGL", "FL50")
    ((_, what),) = findings(text)
    assert what == "the edge from the corner of line 7 crosses the edge from the corner of line 151"


def test_a_wrong_centre_does_not_leave_the_one_before_in_force():
    first = f"{HEAD}V X=50:00:00 N 010:00:00 E\nDC 5\n"
    fields = [finding.field for finding in read(first + HEAD + "V X=nowhere\nDC 5\n").findings]
    assert fields == ["V X", "DC"]


def test_what_stands_before_the_first_record_and_terrain_are_told():
    assert findings("AN x\n" + HEAD + CORNERS)[0] == ("line 1, record 0, AN", "stands before the first AC")
    ((at, what),) = findings(
        HEAD + CORNERS + "TC Lake\nDP anything\nV X=any\n" + HEAD.replace("R 1", "R 2") + CORNERS
    )
    assert (at, what) == ("line 8, record 1, TC", "terrain is not imported")


def test_the_good_records_are_there_only_for_who_says_so():
    reading = read(HEAD + CORNERS + HEAD.replace("FL100", "1000ft AGL") + CORNERS)
    with pytest.raises(WireError, match="above the ground"):
        reading.values()
    assert len(reading.values(despite_findings=True)) == 1


def test_a_name_with_control_characters_is_a_finding_that_moves_no_cursor():
    reading = read((HEAD + CORNERS).replace("R 1", "R\x1b[2J\u202e"))
    assert [finding.field for finding in reading.findings] == ["AN"]
    assert str(reading.findings[0]).isprintable()


def test_a_file_cannot_make_corners_without_end(monkeypatch):
    turn = "DA 300,0,360\n"
    text = HEAD + "V X=50:00:00 N 010:00:00 E\n"
    ((_, what), *_) = findings(text + turn * 14)
    assert what == "more than 10000 corners"
    monkeypatch.setattr(openair, "ARC_CORNERS_MAX", 2_000)
    with pytest.raises(WireError, match="too many corners of arcs"):
        read(text + turn * 3)


@pytest.mark.parametrize("body", [b"", b"* nothing", b"{}", b" " * 10_000_001, b"AC R\n" * 20_001])
def test_a_body_that_is_no_openair_text_is_refused_whole(body):
    with pytest.raises(WireError):
        openair.areas(body)


def all_lines() -> list[bytes]:
    return [line for name in sorted(FIXTURES.glob("*.txt")) for line in name.read_bytes().splitlines()]


LINES = all_lines()


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_or_findings_and_nothing_else(body):
    try:
        told = [str(finding) for finding in openair.areas(b"AC R\n" + body).findings]
    except WireError as refused:
        told = [str(refused)]
    assert told
    assert all(text.isprintable() for text in told)


@given(
    st.lists(st.sampled_from(LINES) | st.binary(max_size=12), max_size=40), st.sampled_from([None, STANDARD])
)
def test_lines_in_any_order_are_values_or_findings(lines, reference):
    reading = openair.areas(b"AC R\n" + b"\n".join(lines), reference=reference)
    assert reading.imported or reading.findings
    assert all(str(finding).isprintable() for finding in reading.findings)
