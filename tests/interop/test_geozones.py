"""UAS zones of ED-269 and ED-318: the samples, every safe side, and whatever else a file may have."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.discovery.envelopes import us_of
from mamarr.faults import WireError
from mamarr.interop import geozones
from mamarr.interop.geozones import Ground, Span
from tests.examples import some

SAMPLES = Path(__file__).parent / "data" / "geozones"
MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
WEEK = Span(start=MONDAY, end=MONDAY + timedelta(days=7))
HILLS = Ground(lowest_mm=300_000, highest_mm=900_000)
HOUR_US = 3_600 * 1_000_000
SQUARE = [[7.0, 47.0], [7.1, 47.0], [7.1, 47.1], [7.0, 47.1], [7.0, 47.0]]


def a_zone(**changed: Any) -> dict[str, Any]:
    part = {
        "uomDimensions": "M",
        "lowerLimit": 0,
        "lowerVerticalReference": "AGL",
        "upperLimit": 120,
        "upperVerticalReference": "AGL",
        "horizontalProjection": {"type": "Polygon", "coordinates": [SQUARE]},
    }
    part |= {key: changed.pop(key) for key in list(changed) if key in part}
    zone = {
        "identifier": "Z1",
        "country": "CHE",
        "restriction": "PROHIBITED",
        "applicability": [{"permanent": "YES"}],
        "zoneAuthority": [{"name": "Tower", "phone": "+41"}],
        "geometry": [part],
    }
    return zone | changed


def read(*zones: dict[str, Any], span: Span = WEEK, ground: Ground | None = HILLS) -> geozones.Zones:
    return geozones.zones(json.dumps({"features": zones}).encode(), span=span, ground=ground)


def windows(zone: dict[str, Any], span: Span = WEEK) -> list[tuple[float, float]]:
    """Hours since Monday."""
    found = read(zone, span=span)
    assert found.findings == ()
    start_us = us_of(MONDAY)
    return [
        ((each.time_start_us - start_us) / HOUR_US, (each.time_end_us - start_us) / HOUR_US)
        for zone in found.zones
        for each in zone.volumes
    ]


def what_is_wrong(*zones: dict[str, Any], ground: Ground | None = HILLS) -> str:
    found = read(*zones, ground=ground)
    assert len(found.findings) == 1, found.findings
    return str(found.findings[0])


def test_the_sample_of_ed269_is_one_zone_without_an_upper_end():
    found = geozones.zones((SAMPLES / "ed269.json").read_bytes(), span=WEEK)
    (zone,) = found.zones
    (volume,) = zone.volumes
    assert (zone.zone_id, zone.name) == ("CHE/LSXX", "LSXX City Sample")
    assert (volume.altitude_lower_mm, volume.altitude_upper_mm) == (-8_000_000, 100_000_000)
    assert volume.corners[0] == (46_217_024_500, 6_166_485_700)
    assert (volume.time_start_us, volume.time_end_us) == (us_of(WEEK.start), us_of(WEEK.end))
    said = json.loads(bytes(zone.geozone))
    assert said["zone_authority"][0]["site_url"] == "https://example.interuss.org/contact"
    assert (said["restriction"], said["restriction_conditions"]) == ("REQ_AUTHORISATION", ["RST02"])


def test_the_sample_of_ed318_says_in_english_what_is_there_in_four_languages():
    found = geozones.zones((SAMPLES / "ed318.json").read_bytes(), span=WEEK, ground=HILLS)
    assert [zone.name for zone in found.zones] == [
        "LSZB Bern-Belp 2",
        "Protected natural object Langmatt",
        "LSTB Bellechasse (Airport perimeter)",
    ]
    assert found.zones[0].volumes[0].altitude_lower_mm == 360_000
    assert json.loads(bytes(found.zones[0].geozone))["restriction"] == "REQ_AUTHORISATION"


def test_a_height_above_ground_needs_to_be_told_how_high_the_ground_is():
    assert "120 m above ground" in what_is_wrong(a_zone(), ground=None)
    (zone,) = read(a_zone()).zones
    assert zone.volumes[0].altitude_upper_mm == 900_000 + 120_000


@pytest.mark.parametrize(
    ("changed", "lower_mm", "upper_mm"),
    [
        ({"lowerLimit": 50}, 350_000, 1_020_000),
        ({"lowerLimit": "50", "uomDimensions": "FT"}, 315_240, 936_576),
        (
            {"upperLimit": 500, "upperVerticalReference": "AMSL", "lowerVerticalReference": "AMSL"},
            -110_000,
            590_000,
        ),
        (
            {"upperLimit": 500, "upperVerticalReference": "WGS84", "lowerVerticalReference": "WGS84"},
            0,
            500_000,
        ),
        ({"lowerLimit": None, "upperLimit": None}, -8_000_000, 100_000_000),
        ({"upperLimit": 99_999}, -8_000_000, 100_000_000),
    ],
)
def test_an_altitude_is_taken_on_the_safe_side(changed: dict[str, Any], lower_mm: int, upper_mm: int):
    (zone,) = read(a_zone(**changed)).zones
    assert (zone.volumes[0].altitude_lower_mm, zone.volumes[0].altitude_upper_mm) == (lower_mm, upper_mm)


def test_a_circle_has_its_radius_in_metres():
    (zone,) = read(
        a_zone(horizontalProjection={"type": "Circle", "center": [7.0, 47.0], "radius": 1500.5})
    ).zones
    assert (zone.volumes[0].corners, zone.volumes[0].radius_mm) == (
        ((47_000_000_000, 7_000_000_000),),
        1_500_500,
    )


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"permanent": "YES"}, [(0, 168)]),
        (
            {"startDateTime": "2026-12-01T06:00:00+01:00", "endDateTime": "2026-12-02T00:00:00Z"},
            [(29, 48)],
        ),
        (
            {"schedule": [{"day": ["TUE", "SUN"], "startTime": "08:00Z", "endTime": "10:30:00.00Z"}]},
            [(32, 34.5), (152, 154.5)],
        ),
        ({"schedule": [{"day": ["MON"], "startTime": "08:00+02:00", "endTime": "10:00+02:00"}]}, [(6, 8)]),
        (
            {"schedule": [{"day": ["MON"], "startTime": "22:00Z", "endTime": "04:00Z"}]},
            [(22, 28)],
        ),
        ({"schedule": [{"day": ["SAT"]}]}, [(120, 144)]),
        ({"schedule": [{"day": ["WED"], "startEvent": "SR", "endEvent": "SS"}]}, [(36, 84)]),
        ({"schedule": [{"day": ["MON"]}, {"day": ["TUE"]}]}, [(0, 48)]),
        ({"permanent": "YES", "dailyPeriod": [{"day": [], "startTime": None}]}, [(0, 168)]),
        ({"startDateTime": "2027-12-01T06:00:00Z"}, []),
    ],
)
def test_a_zone_is_in_force_when_it_says_and_where_the_sun_says_when_all_of_the_day(
    period: dict[str, Any], expected: list[tuple[float, float]]
):
    assert windows(a_zone(applicability=[period])) == expected


def test_a_night_that_began_before_the_time_asked_for_counts():
    zone = a_zone(
        applicability=[{"schedule": [{"day": ["SUN"], "startTime": "22:00Z", "endTime": "04:00Z"}]}]
    )
    assert windows(zone) == [(0, 4), (166, 168)]


def test_what_closes_nothing_is_counted_and_left_out():
    found = read(
        a_zone(restriction="NO_RESTRICTION"),
        a_zone(identifier="Z2", applicability=[{"endDateTime": "2020-01-01T00:00:00Z"}]),
    )
    assert (found.zones, found.findings) == ((), ())
    assert found.left_out == (("NO_RESTRICTION", 1), ("not in force", 1))


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (a_zone(restriction="MAYBE"), "restriction"),
        (a_zone(lowerLimit="high"), "is no height"),
        (a_zone(lowerLimit=500, upperLimit=100, lowerVerticalReference="WGS84"), ""),
        (
            a_zone(
                lowerLimit=500,
                upperLimit=100,
                lowerVerticalReference="WGS84",
                upperVerticalReference="WGS84",
            ),
            "above the upper",
        ),
        (a_zone(horizontalProjection={"type": "Circle", "center": [7], "radius": 10}), "positions"),
        (a_zone(horizontalProjection={"type": "Circle", "center": [7, 47], "radius": -1}), "radius"),
        (a_zone(horizontalProjection={"type": "Circle", "center": [7, 91], "radius": 10}), "latitude"),
        (
            a_zone(
                horizontalProjection={
                    "type": "Polygon",
                    "coordinates": [[[7.0, 47.0], [7.1, 47.1], [7.1, 47.0], [7.0, 47.1], [7.0, 47.0]]],
                }
            ),
            "corner",
        ),
        (a_zone(geometry=[]), "no volume"),
        (a_zone(applicability=[{"startDateTime": "2026-12-01T06:00:00"}]), "no zone"),
        (a_zone(applicability=[{"schedule": [{"day": ["FREITAG"]}]}]), "is no day"),
        (a_zone(applicability=[{"schedule": [{"startTime": "25:00Z"}]}]), "no time of day"),
    ],
)
def test_what_is_wrong_names_the_zone_and_what_is_allowed(zone: dict[str, Any], said: str):
    if said:
        assert said in what_is_wrong(zone)
    else:
        assert read(zone).findings == ()


def test_one_wrong_zone_leaves_the_others_and_a_second_of_the_same_name_is_wrong():
    found = read(a_zone(), a_zone(identifier="Z2", lowerLimit="high"), a_zone())
    assert [each.zone_id for each in found.zones] == ["CHE/Z1"]
    assert [each.index for each in found.findings] == [1, 2]


def test_more_windows_than_a_constraint_may_have_are_wrong():
    hours = [{"schedule": [{"startTime": "08:00Z", "endTime": "09:00Z"}]}]
    year = Span(start=MONDAY, end=MONDAY + timedelta(days=365))
    found = read(a_zone(applicability=hours), span=year)
    assert "ask for a shorter time" in str(found.findings[0])


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type":"Topology"}', b'{"features":3}', b"\xff"])
def test_what_is_neither_format_is_refused_whole(body: bytes):
    with pytest.raises(WireError):
        geozones.zones(body, span=WEEK)


def test_a_span_is_of_a_year_at_most_and_goes_forward():
    for days in (0, -1, 401):
        with pytest.raises(ValueError, match="the time ends before"):
            Span(start=MONDAY, end=MONDAY + timedelta(days=days))


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["AGL", "Polygon", "YES", "MON", "08:00Z", "2026-12-01T06:00:00Z", "Circle", "FT"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "coordinates",
                    "schedule",
                    "day",
                    "startTime",
                    "radius",
                    "center",
                    "permanent",
                    "text",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    changes=st.dictionaries(
        st.sampled_from([*a_zone(), "lowerLimit", "uomDimensions", "horizontalProjection", "upperLimit"]),
        ANYTHING,
        max_size=3,
    )
)
@settings(max_examples=some(60), deadline=None)
def test_whatever_a_file_has_is_a_zone_or_a_finding(changes: dict[str, Any]):
    try:
        found = read(a_zone(**changes))
    except WireError:
        return
    assert len(found.zones) + found.more_count + len(found.findings) + len(found.left_out) > 0
    for zone in found.zones:
        assert all(each.time_start_us <= each.time_end_us for each in zone.volumes)
