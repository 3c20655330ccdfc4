import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mamarr.conflicts import Minima, conflict, prepare
from mamarr.geometry import Box, footprints
from mamarr.geometry.altitude import Datum
from mamarr.geometry.volumes import TIME_LAST_MS, Volume, overlaps, volume_of_box, volumes_of_box
from mamarr.simulation.checks import common_point
from tests.airspace.boxes import DEG, HOUR_MS, a_box, boxes
from tests.examples import some


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


# --- boxes of every size ----------------------------------------------------------------------------------

TURN = 360 * DEG
WHOLE = a_box(
    latitude_south_e7deg=-90 * DEG,
    latitude_north_e7deg=90 * DEG,
    longitude_west_e7deg=-180 * DEG,
    longitude_east_e7deg=180 * DEG,
)
SHARES = st.sampled_from([0.0, 1.0]) | st.floats(0, 1)
NEAR_POLE = st.integers(1, 50).map(lambda step: 90 * DEG - step)
SIDES = st.integers(-90 * DEG, 90 * DEG) | NEAR_POLE | NEAR_POLE.map(lambda side: -side)
WIDTHS = st.integers(1, TURN - 1) | st.integers(1, 200)


@st.composite
def boxes_of_every_size(draw: st.DrawFn) -> Box:
    """From a centimetre to the whole Earth, to the poles and across the antimeridian, slivers too."""
    south = draw(SIDES.filter(lambda side: side < 90 * DEG))
    north = draw(st.integers(south + 1, 90 * DEG) | st.integers(south + 1, min(south + 200, 90 * DEG)))
    west = draw(st.integers(-180 * DEG, 180 * DEG))
    east = (west + draw(WIDTHS) + 180 * DEG) % TURN - 180 * DEG
    if east == west:
        east = -west
    return a_box(
        latitude_south_e7deg=south,
        latitude_north_e7deg=north,
        longitude_west_e7deg=west if west != east else -180 * DEG,
        longitude_east_e7deg=east if west != east else 180 * DEG,
    )


@given(boxes_of_every_size() | boxes(), st.lists(st.tuples(SHARES, SHARES), min_size=4, max_size=8))
@example(WHOLE, [(0.0, 0.5), (1.0, 0.3), (0.5, 1.0), (0.77, 0.123)])
def test_each_point_of_a_box_lies_in_some_tile(box: Box, shares: list[tuple[float, float]]):
    tiles = volumes_of_box(box)
    assert len(tiles) <= 81
    for tile in tiles:
        assert (tile.datum, tile.lower_mm, tile.upper_mm) == (
            Datum.WGS84,
            box.altitude_lower_mm,
            box.altitude_upper_mm,
        )
        assert (tile.time_start_ms, tile.time_end_ms) == (box.time_start_ms, box.time_end_ms)
    ready = [prepare(tile) for tile in tiles]
    width = (box.longitude_east_e7deg - box.longitude_west_e7deg) % TURN or TURN
    height = box.latitude_north_e7deg - box.latitude_south_e7deg
    for north_share, east_share in shares:
        latitude = box.latitude_south_e7deg + round(height * north_share)
        longitude = (box.longitude_west_e7deg + round(width * east_share) + 180 * DEG) % TURN - 180 * DEG
        # A circle of the least radius, 1 m, on the point: a tile that misses the point by more misses it.
        there = prepare(
            msgspec.structs.replace(tiles[0], footprint=footprints.circle((latitude, longitude), 1000))
        )
        assert any(conflict(tile, there, Minima()) for tile in ready), (latitude, longitude)


def test_a_small_box_is_one_volume():
    assert volumes_of_box(a_box()) == (volume_of_box(a_box()),)


def test_tiles_exceed_a_box_by_less_than_a_metre():
    north_of_it = footprints.circle((340_000_270, 325_000_000), 1_000)  # 3 m off, 1 m in radius
    there = prepare(
        a_volume(footprint=north_of_it, datum=Datum.WGS84, lower_mm=3_000_000, upper_mm=6_000_000)
    )
    assert not any(conflict(prepare(tile), there, Minima()) for tile in volumes_of_box(a_box()))


@pytest.mark.parametrize(
    "sides",
    [
        {"latitude_south_e7deg": 899_999_999, "latitude_north_e7deg": 90 * DEG},
        {
            "latitude_south_e7deg": 80 * DEG,
            "latitude_north_e7deg": 899_999_999,
            "longitude_east_e7deg": 320_100_000,
        },
        {"longitude_east_e7deg": 320_000_001},
        {"latitude_north_e7deg": 330_000_001, "longitude_east_e7deg": 320_000_001},
        {"latitude_south_e7deg": -90 * DEG, "latitude_north_e7deg": 0, "longitude_east_e7deg": 320_000_090},
    ],
)
def test_slivers_are_volumes_too(sides: dict[str, int]):
    for volume in volumes_of_box(a_box(**sides)):
        assert footprints.checked(volume.footprint) == volume.footprint


@given(boxes_of_every_size())
@settings(max_examples=some(12))
@example(WHOLE)
def test_every_tile_makes_sense(box: Box):
    for volume in volumes_of_box(box)[::7]:  # all would take minutes
        assert footprints.checked(volume.footprint) == volume.footprint
