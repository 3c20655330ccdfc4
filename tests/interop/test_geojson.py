"""GeoJSON in and out: what is right comes back the same, what is wrong is named, all of it at once."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.airspace.areas import Area, AreaKind
from mamarr.airspace.constraints import Constraint
from mamarr.airspace.corridors import Corridor
from mamarr.airspace.parties import Party
from mamarr.airspace.shares import Share
from mamarr.faults import WireError
from mamarr.geometry import Datum, Shape, footprints
from mamarr.geometry.altitude import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM
from mamarr.interop import geojson
from mamarr.interop.readings import FINDINGS_MAX, Reading
from tests.interop.values import collections

GOOD = Path(__file__).parent / "data" / "airspace.geojson"

SQUARE = {"type": "Polygon", "coordinates": [[[10, 50], [11, 50], [11, 51], [10, 51], [10, 50]]]}
LINE = {"type": "LineString", "coordinates": [[10.5, 50], [11, 51]]}
POINT = {"type": "Point", "coordinates": [10, 50]}
DAY = ["2026-05-01T06:00:00Z", "2026-05-01T18:00:00Z"]

AREA = {"kind": "area", "id": "A1", "kind_of_area": "R", "lower": "F100", "upper": "F200"}
SHARE = {"kind": "share", "id": "S1", "authority": "north", "lower": "GND", "upper": "UNL"}
CONSTRAINT = {"kind": "constraint", "id": "X1", "lower": "F100", "upper": "F200", "windows": [DAY]}
CORRIDOR = {
    "kind": "corridor",
    "id": "C1",
    "half_width_nm": 5,
    "navigation_specification": "RNAV_5",
    "lower": "F100",
    "upper": "F200",
}
PARTY = {"kind": "party", "id": "north", "is_authority": True}


def a_feature(properties, geometry, without=(), **more):
    kept = {name: value for name, value in {**properties, **more}.items() if name not in without}
    return {"type": "Feature", "geometry": geometry, "properties": kept}


def read(*features) -> Reading:
    return geojson.features(json.dumps({"type": "FeatureCollection", "features": features}).encode())


def the_value(feature):
    (value,) = read(feature).values()
    return value


def an_area(**more) -> Area:
    return the_value(a_feature(AREA, SQUARE, **more))


def limits(**more):
    area = the_value(a_feature(AREA, SQUARE, without={"lower", "upper"} - set(more), **more))
    return area.datum, area.lower_mm, area.upper_mm


def findings(*features):
    return [(finding.at, finding.what, finding.allowed) for finding in read(*features).findings]


# --- what is right ---


@given(collections)
def test_what_is_written_is_read_as_the_same_values(values):
    body = geojson.collection(values)
    reading = geojson.features(body)
    assert reading.findings == ()
    assert sorted(map(repr, reading.values())) == sorted(map(repr, values))
    assert geojson.collection(values) == body


def test_the_golden_file_holds_each_kind_and_is_written_as_it_stands():
    body = GOOD.read_bytes()
    values = geojson.features(body).values()
    assert [type(value) for value in values] == [Party, Corridor, Share, Area, Area, Area, Constraint]
    assert geojson.collection(values) == body


def test_longitude_comes_first_in_the_file_and_latitude_in_our_values():
    assert footprints.points(an_area().footprint)[0] == (500_000_000, 100_000_000)
    corridor = the_value(a_feature(CORRIDOR, LINE))
    assert (corridor.points[0].latitude_e7deg, corridor.points[0].longitude_e7deg) == (
        500_000_000,
        105_000_000,
    )


def test_both_units_of_a_length_are_read():
    by_miles = the_value(a_feature(CORRIDOR, LINE))
    by_metres = the_value(a_feature(CORRIDOR, LINE, without=["half_width_nm"], half_width_m=9_260))
    assert by_miles.half_width_mm == 9_260_000
    assert by_metres == by_miles


@pytest.mark.parametrize(
    ("said", "datum", "lower_mm", "upper_mm"),
    [
        ({"lower": "F100", "upper": "S1130"}, Datum.STD, 3_048_000, 11_300_000),
        ({"lower": "A045", "upper": "M0840", "qnh_hpa": 1013.25}, Datum.STD, 1_371_600, 8_400_000),
        ({"lower": "A045", "upper": "F195", "qnh_hpa": 1013.25}, Datum.STD, 1_371_600, 5_943_600),
        ({"altitude_lower_m": 0.001, "altitude_upper_m": 500}, Datum.WGS84, 1, 500_000),
        ({"altitude_lower_ft": 0, "altitude_upper_ft": 500, "datum": "STD"}, Datum.STD, 0, 152_400),
        (
            {"altitude_lower_ft": 0, "altitude_upper_ft": 500, "datum": "AMSL", "qnh_hpa": 1013.25},
            Datum.STD,
            0,
            152_400,
        ),
        (
            {
                "altitude_lower_m": 0,
                "altitude_upper_m": 500,
                "datum": "AMSL",
                "geoid": {"name": "EGM96", "undulation_m": 47.5},
            },
            Datum.WGS84,
            47_500,
            547_500,
        ),
        ({"lower": "SFC", "upper": "UNL"}, Datum.WGS84, ALTITUDE_LOWEST_MM, ALTITUDE_HIGHEST_MM),
        ({"lower": "GND", "upper": "F100"}, Datum.STD, ALTITUDE_LOWEST_MM, 3_048_000),
        ({"altitude_lower_m": 500, "upper": "UNL"}, Datum.WGS84, 500_000, ALTITUDE_HIGHEST_MM),
    ],
)
def test_the_forms_of_a_level(said, datum, lower_mm, upper_mm):
    assert limits(**said) == (datum, lower_mm, upper_mm)


def test_a_range_of_qnh_widens_the_levels_to_both_sides():
    datum, lower_mm, upper_mm = limits(lower="A050", upper="A060", qnh_hpa=[1003.25, 1023.25])
    assert datum is Datum.STD
    assert lower_mm < 1_524_000 - 80_000
    assert upper_mm > 1_828_800 + 80_000


def test_each_polygon_in_each_window_is_a_volume_of_a_constraint():
    two = {
        "type": "MultiPolygon",
        "coordinates": [SQUARE["coordinates"], [[[20, 50], [21, 50], [21, 51], [20, 50]]]],
    }
    constraint = the_value(
        a_feature(CONSTRAINT, two, windows=[DAY, ["2026-05-02T06:00:00+02:00", "2026-05-02T09:00:00Z"]])
    )
    assert len(constraint.volumes) == 4
    assert constraint.volumes[0].footprint == constraint.volumes[1].footprint
    assert constraint.volumes[1].time_end_ms - constraint.volumes[1].time_start_ms == 5 * 3_600_000


def test_circle_and_path_have_the_width_that_the_properties_say():
    circle = the_value(a_feature(CONSTRAINT, POINT, radius_nm=2)).volumes[0].footprint
    path = the_value(a_feature(CONSTRAINT, LINE, half_width_m=500)).volumes[0].footprint
    assert (circle.shape, circle.radius_mm) == (Shape.CIRCLE, 3_704_000)
    assert (path.shape, path.radius_mm) == (Shape.PATH, 500_000)


def test_longitudes_may_cross_180_degrees():
    across = {"type": "Polygon", "coordinates": [[[179, 50], [-179, 50], [-179, 51], [179, 50]]]}
    assert the_value(a_feature(AREA, across)).kind is AreaKind.R


def test_what_programs_write_beside_it_is_no_finding():
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    feature = a_feature(AREA, SQUARE, without=["id"], half_width_nm=None, column=None)
    body = {"type": "FeatureCollection", "name": "layer", "crs": crs, "features": [{**feature, "id": "A9"}]}
    (area,) = geojson.features(json.dumps(body).encode()).values()
    assert area.area_id == "A9"


# --- what is wrong ---

ON = 'features[0] "A1" '
WRONG_AREAS = [
    ({"lower": None}, "properties.lower", "no lower limit"),
    ({"altitude_lower_m": 5}, "properties.lower", "twice"),
    ({"lower": "FL100"}, "properties.lower", "no level"),
    ({"lower": "UNL"}, "properties.lower", "no level"),
    ({"lower": 100}, "properties.lower", "Expected `str"),
    ({"lower": "F200"}, "properties", "floor is not below ceiling"),
    ({"lower": "F300"}, "properties.lower", "F300 is above F200"),
    ({"lower": "A045"}, "properties.qnh_hpa", "straddles the transition"),
    ({"lower": "A045", "upper": "A050"}, "properties.qnh_hpa", "flown on QNH"),
    ({"lower": "A045", "qnh_hpa": 13}, "properties.qnh_hpa", "QNH 13.0"),
    ({"qnh_hpa": 1013}, "properties.qnh_hpa", "1013.25"),
    ({"datum": "STD"}, "properties.datum", "says its datum itself"),
    ({"lower": None, "altitude_lower_m": 5}, "properties.lower", "write both in one way"),
    ({"lower": None, "upper": "UNL", "altitude_lower_ft": 5}, "properties.datum", "feet has no datum"),
    (
        {"lower": None, "upper": "UNL", "altitude_lower_ft": 5, "datum": "MSL"},
        "properties.datum",
        "Invalid enum",
    ),
    (
        {"lower": None, "upper": "UNL", "altitude_lower_m": 5, "datum": "AMSL"},
        "properties.datum",
        "which sea",
    ),
    ({"lower": "GND", "upper": "UNL", "datum": "AMSL"}, "properties.datum", "nothing above mean sea level"),
    ({"lower": None, "altitude_lower_m": "5"}, "properties.altitude_lower_m", "got `str`"),
    ({"kind_of_area": "X"}, "properties.kind_of_area", "Invalid enum value 'X'"),
    ({"kind_of_area": None}, "properties.kind_of_area", "missing"),
    ({"nmae": "x"}, "properties.nmae", "no such name"),
    ({"name": "a\u202eb"}, "properties.name", "right form"),
    ({"name": "a\nb"}, "properties.name", "right form"),
    ({"half_width_nm": 5}, "properties.half_width", "a Polygon has none"),
    ({"radius_nm": -1}, "properties.radius", "radius"),
    ({"radius_nm": 1, "radius_m": 1}, "properties.radius", "twice"),
]


@pytest.mark.parametrize(("more", "field", "what"), WRONG_AREAS)
def test_a_wrong_property_is_named_with_what_is_wrong(more, field, what):
    ((at, said, _),) = findings(a_feature(AREA, SQUARE, **more))
    assert at == ON + field
    assert what in said


WRONG_SHAPES = [
    (None, "geometry", "missing"),
    (
        {"type": "Polygon", "coordinates": [[[10, 50], [11, 50], [11, 51], [10, 51]]]},
        "geometry.coordinates[0]",
        "not closed",
    ),
    (
        {"type": "Polygon", "coordinates": [[[10, 91], [11, 50], [11, 51], [10, 91]]]},
        "geometry.coordinates[0][0][1]",
        "latitude 91",
    ),
    (
        {"type": "Polygon", "coordinates": [[[10, 50], [11, 51], [11, 50], [10, 51.5], [10, 50]]]},
        "geometry.coordinates[0]",
        "crosses",
    ),
    ({"type": "Polygon", "coordinates": [SQUARE["coordinates"][0]] * 2}, "geometry.coordinates[1]", "hole"),
    ({"type": "Polygon", "coordinates": [[[10, 50, 0]] * 4]}, "geometry.coordinates[0][0]", "three numbers"),
    ({"type": "Polygon", "coordinates": [[["10", 50]] * 4]}, "geometry.coordinates[0][0]", "no position"),
    ({"type": "Polygon", "coordinates": [[[True, 50]] * 4]}, "geometry.coordinates[0][0]", "no position"),
    (
        {"type": "Polygon", "coordinates": [[[10**400, 50]] * 4]},
        "geometry.coordinates[0][0][0]",
        "beyond 180",
    ),
    ({"type": "Polygon", "coordinates": [[[10, 50]] * 10_002]}, "geometry.coordinates[0]", "10002 positions"),
    ({"type": "Polygon", "coordinates": []}, "geometry.coordinates", "no list of rings"),
    ({"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}, "geometry.type", "not cut"),
    ({"type": "Point", "coordinates": [10]}, "geometry.coordinates", "no position"),
    (POINT, "properties.radius", "missing"),
    (LINE, "properties.half_width", "missing"),
    ({"type": "LineString", "coordinates": [[10, 50], [10, 50]]}, "geometry.coordinates[1]", "repeats"),
    ({"type": "LineString", "coordinates": [[10, 50], [170, -50]]}, "geometry.coordinates", "3000 km"),
    ({"type": "Polygon"}, "geometry.coordinates", "coordinates"),
]


@pytest.mark.parametrize(("geometry", "field", "what"), WRONG_SHAPES)
def test_a_wrong_geometry_is_named_with_what_is_wrong(geometry, field, what):
    at, said, _ = findings(a_feature(AREA, geometry))[0]
    assert at == ON + field
    assert what in said


WRONG_KINDS = [
    (a_feature(AREA, SQUARE, kind="aera"), "properties.kind", "not known"),
    (a_feature(PARTY, POINT), "geometry", "no place"),
    (a_feature(PARTY, None, centres=[{"id": "C"}, {"id": "C"}]), "properties", "named twice"),
    (a_feature(PARTY, None, centres=[{"id": "C", "nam": "x"}]), "properties.centres[0].nam", "no such name"),
    (
        a_feature(PARTY, None, centres=[{"id": "C", "frequencies": [{"channel_khz": 118.5}]}]),
        "properties.centres[0].frequencies[0].channel_khz",
        "Expected `int`",
    ),
    (a_feature(SHARE, SQUARE, authority="North"), "properties.authority", "right form"),
    (a_feature(SHARE, LINE), "geometry.type", "does not fit"),
    (a_feature(CORRIDOR, LINE, designators=["A"]), "properties.designators", "1 for 2 points"),
    (a_feature(CORRIDOR, LINE, designators=["A", "?"]), "properties.designators[1]", "right form"),
    (a_feature(CORRIDOR, LINE, half_width_nm=500), "properties", "half width"),
    (a_feature(CORRIDOR, LINE, lateral_minimum_nm=-1), "properties.lateral_minimum", "below 0"),
    (
        a_feature(CORRIDOR, LINE, windows=[["2026-05-01T06:00:00", DAY[1]]]),
        "properties.windows[0][0]",
        "timezone",
    ),
    (
        a_feature(CORRIDOR, LINE, windows=[[DAY[1], DAY[0]]]),
        "properties.windows[0]",
        "end is not after start",
    ),
    (
        a_feature(CORRIDOR, LINE, windows=[DAY, [DAY[0], "9999-12-31T23:59:59Z"]]),
        "properties.windows[1]",
        "2099",
    ),
    (a_feature(CONSTRAINT, SQUARE, windows=[]), "properties.windows", "has a time"),
    (a_feature(CONSTRAINT, SQUARE, without=["windows"]), "properties.windows", "missing"),
    (a_feature(CONSTRAINT, SQUARE, part=3, parts=2), "properties.part", "part 3 of 2"),
    (a_feature(CONSTRAINT, SQUARE, part=1, parts=2), "properties.parts", "no part 2"),
    (a_feature(CONSTRAINT, SQUARE, windows=[DAY] * 101), "properties", "1 to 100 volumes"),
]


@pytest.mark.parametrize(("feature", "field", "what"), WRONG_KINDS)
def test_each_kind_has_its_own_rules(feature, field, what):
    ((at, said, _),) = findings(feature)
    assert at.partition('" ')[2] == field
    assert what in said


def test_every_wrong_feature_and_field_is_told_at_once_and_the_rest_is_there():
    reading = read(
        a_feature(
            CORRIDOR,
            {"type": "LineString", "coordinates": [[10, 95], [11, 51]]},
            half_with_nm=5,
            lower="A045",
        ),
        a_feature(AREA, SQUARE),
        a_feature(AREA, SQUARE, kind_of_area="?"),
    )
    assert [finding.at for finding in reading.findings] == [
        'features[0] "C1" properties.half_with_nm',
        'features[0] "C1" geometry.coordinates[0][1]',
        'features[0] "C1" properties.qnh_hpa',
        'features[2] "A1" properties.kind_of_area',
        'features[2] "A1" properties.id',
    ]
    assert reading.findings[0].allowed == "half_width_nm"
    assert [each.at for each in reading.imported] == ['features[1] "A1"']
    assert len(reading.values(despite_findings=True)) == 1
    with pytest.raises(WireError, match="4 more findings"):
        reading.values()


def test_parts_of_a_constraint_must_agree():
    parts = [a_feature(CONSTRAINT, SQUARE, part=part, parts=2, name=f"storm {part}") for part in (1, 2)]
    ((at, what, _),) = findings(*parts)
    assert at == 'features[1] "X1" properties'
    assert "not those of the parts before" in what


def test_the_same_id_is_taken_once_but_a_constraint_has_each_part_once():
    ((at, what, _),) = findings(a_feature(AREA, SQUARE), a_feature(AREA, SQUARE))
    assert (at, what) == ('features[1] "A1" properties.id', "is that of features[0] too")
    assert findings(a_feature(AREA, SQUARE), a_feature(SHARE, SQUARE, id="A1")) == []
    part = a_feature(CONSTRAINT, SQUARE, part=1, parts=2)
    assert (
        findings(part, part, a_feature(CONSTRAINT, SQUARE, part=2, parts=2))[0][1]
        == "is that of features[0] too"
    )


def test_findings_are_bounded_and_the_rest_is_counted():
    reading = read(
        *[a_feature(AREA, SQUARE, id=f"A{number}", lower="?") for number in range(FINDINGS_MAX + 7)]
    )
    assert (len(reading.findings), reading.more_count) == (FINDINGS_MAX, 7)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "$"),
        (b"[]", "$"),
        (b'{"type":"Feature"}', "$.type"),
        (b'{"type":"FeatureCollection"}', "$.features"),
        (b'{"type":"FeatureCollection","features":{}}', "$.features"),
        (b'{"type":"FeatureCollection","features":[NaN]}', "$"),
        (b'{"type":"FeatureCollection","features":[],"crs":{"type":"name"}}', "$.crs"),
        (b'{"type":"FeatureCollection","features":[' + b"{}," * 20_000 + b"{}]}", "$.features"),
        (b" " * 10_000_001, "$"),
    ],
)
def test_a_body_that_is_no_collection_is_refused_whole(body, where):
    with pytest.raises(WireError) as refused:
        geojson.features(body)
    assert refused.value.at == where


def test_no_text_of_a_file_can_move_the_cursor():
    feature = a_feature(AREA, SQUARE, id="\x1b[2J\u202e", **{"\x1b]0;x\x07": 1})
    for finding in read(feature).findings:
        assert str(finding).isprintable()


# --- strangers' bytes ---


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_and_nothing_else(body):
    with pytest.raises(WireError):
        geojson.features(body)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_a_good_file_with_something_else_in_it_never_raises_anything_but_findings(data):
    body = json.loads(GOOD.read_bytes())
    feature = data.draw(st.sampled_from(body["features"]))
    inside = data.draw(st.sampled_from([feature, feature["properties"], feature["geometry"] or feature]))
    inside[data.draw(st.sampled_from(sorted(inside)))] = data.draw(json_values)
    reading = geojson.features(json.dumps(body).encode())
    assert len(reading.imported) + bool(reading.findings) >= len(body["features"]) - 2


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_a_good_file_with_bytes_changed_is_read_or_refused(place, patch):
    good = GOOD.read_bytes()
    at = place % len(good)
    body = good[:at] + patch + good[at + len(patch) :]
    told = []
    try:
        told = [str(finding) for finding in geojson.features(body).findings]
    except WireError as refused:
        told = [str(refused)]
    assert all(text.isprintable() for text in told)
