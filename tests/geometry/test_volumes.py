import msgspec
import pytest
from hypothesis import given

from mamarr.geometry import Box, footprints
from mamarr.geometry.altitude import Datum
from mamarr.geometry.volumes import TIME_LAST_MS, Volume, overlaps, volume_of_box
from mamarr.simulation.checks import common_point
from tests.airspace.boxes import DEG, HOUR_MS, a_box, boxes


@given(boxes(), boxes())
def test_two_boxes_overlap_exactly_when_a_point_lies_in_both(one: Box, other: Box):
    assert overlaps(one, other) == (common_point(one, other) is not None)


@given(boxes(), boxes())
def test_overlap_is_symmetric(one: Box, other: Box):
    assert overlaps(one, other) == overlaps(other, one)


@pytest.mark.parametrize(
    "beside",
    [
        a_box(longitude_west_e7deg=33 * DEG, longitude_east_e7deg=34 * DEG),
        a_box(latitude_south_e7deg=34 * DEG, latitude_north_e7deg=35 * DEG),
        a_box(altitude_lower_mm=6_000_000, altitude_upper_mm=7_000_000),
        a_box(time_start_ms=a_box().time_end_ms, time_end_ms=a_box().time_end_ms + HOUR_MS),
    ],
)
def test_neighbours_and_back_to_back_windows_fit(beside: Box):
    assert not overlaps(a_box(), beside)


def test_boxes_on_both_sides_of_the_antimeridian_meet_across_it():
    across = a_box(longitude_west_e7deg=179 * DEG, longitude_east_e7deg=-179 * DEG)
    east_of_it = a_box(longitude_west_e7deg=-180 * DEG, longitude_east_e7deg=-170 * DEG)
    assert overlaps(across, east_of_it)
    assert not overlaps(across, a_box())


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude_north_e7deg": 900_000_001},
        {"latitude_south_e7deg": 34 * DEG},
        {"longitude_east_e7deg": 32 * DEG},
        {"longitude_west_e7deg": -1_800_000_001},
        {"longitude_west_e7deg": 180 * DEG, "longitude_east_e7deg": -180 * DEG},
        {"altitude_upper_mm": 3_000_000},
        {"altitude_upper_mm": 100_000_001},
        {"time_end_ms": a_box().time_start_ms},
        {"time_end_ms": 253_402_300_799_000},
    ],
)
def test_a_box_that_is_none_cannot_be_made(wrong: dict[str, int]):
    with pytest.raises(ValueError, match=r"\w"):
        a_box(**wrong)


# --- volumes over a footprint -----------------------------------------------------------------------------


def a_volume(**changed: object) -> Volume:
    sides = {
        "footprint": footprints.circle((35 * DEG, 33 * DEG), 5_000_000),
        "datum": Datum.STD,
        "lower_mm": 6_096_000,
        "upper_mm": 6_096_000,
        "time_start_ms": a_box().time_start_ms,
        "time_end_ms": a_box().time_end_ms,
    }
    return Volume(**{**sides, **changed})


@pytest.mark.parametrize(
    "wrong",
    [
        {"upper_mm": 6_095_999},
        {"lower_mm": -1_000_001},
        {"upper_mm": 100_000_001},
        {"time_end_ms": a_box().time_start_ms},
        {"time_start_ms": -1},
        {"time_end_ms": TIME_LAST_MS + 1},
    ],
)
def test_a_volume_that_is_none_cannot_be_made(wrong: dict[str, int]):
    with pytest.raises(ValueError, match=r"\w"):
        a_volume(**wrong)


def test_a_volume_survives_json_and_must_say_its_datum():
    written = msgspec.json.encode(a_volume())
    assert msgspec.json.decode(written, type=Volume) == a_volume()
    with pytest.raises(msgspec.ValidationError, match="datum"):
        msgspec.json.decode(written.replace(b'"datum":"STD",', b""), type=Volume)


def test_a_box_becomes_a_volume_with_the_same_levels_and_times():
    box = a_box()
    made = volume_of_box(box)
    assert made.footprint == footprints.box(33 * DEG, 34 * DEG, 32 * DEG, 33 * DEG)
    assert made.datum is Datum.WGS84
    assert (made.lower_mm, made.upper_mm) == (box.altitude_lower_mm, box.altitude_upper_mm)
    assert (made.time_start_ms, made.time_end_ms) == (box.time_start_ms, box.time_end_ms)


def test_a_box_around_the_earth_is_no_volume():
    with pytest.raises(ValueError, match="ring around the Earth"):
        volume_of_box(a_box(longitude_west_e7deg=-180 * DEG, longitude_east_e7deg=180 * DEG))
