"""The shapes of drones: InterUSS's lines are inside what is planned; the helicopter's file is cut."""

import gzip
import json
import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from examples.cut_recording import CUT_M, HEIGHT_M, cut, distance_m

from mamarr.interop.f3548 import uss_reading
from mamarr.node.demo_drone_acts import MOVED_NORTH_DEG, RECORDED_END_MS, RECORDED_START_MS, ROUTE_DEG
from mamarr.node.demo_drone_shapes import DroneShape, shapes
from mamarr.node.demo_sky import FOLDER

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
FOUND = shapes(FOLDER / "rid_zurich.kml")


def is_inside(east: float, north: float, outline: tuple[tuple[float, float], ...]) -> bool:
    """Whether a point is in a convex outline, by angles: they go once around it."""
    angles = [math.atan2(y - north, x - east) for x, y in outline]
    turned = sum(math.remainder(after - before, math.tau) for before, after in pairwise([*angles, angles[0]]))
    return turned > math.pi


@pytest.mark.parametrize("shape", FOUND, ids=[each.name for each in FOUND])
def test_the_whole_line_of_the_file_is_inside_with_a_street_beside_it(shape: DroneShape):
    text = (FOLDER / "rid_zurich.kml").read_text()
    line = text.partition(f"flight: {shape.name}<")[2].partition("<LineString>")[2]
    said = line.partition("<coordinates>")[2].partition("</coordinates>")[0].split()
    points = [tuple(float(each) for each in one.split(",")[:2]) for one in said]
    assert len(points) > 60
    steps = [
        (east + (after_east - east) * part, north + (after_north - north) * part)
        for (east, north), (after_east, after_north) in pairwise(points)
        for part in (0, 0.25, 0.5, 0.75)
    ]
    for east, north in steps:
        for turn in range(8):
            aside_east = east + 50 * math.cos(turn) / (111_320 * math.cos(math.radians(north)))
            aside_north = north + 50 * math.sin(turn) / 111_320
            assert any(is_inside(aside_east, aside_north, each) for each in shape.outlines)


@pytest.mark.parametrize("shape", FOUND, ids=[each.name for each in FOUND])
def test_a_flight_there_is_a_plan_that_a_uss_reads(shape: DroneShape):
    area = shape.moved(MOVED_NORTH_DEG).volumes(NOON, NOON + timedelta(minutes=5))
    basic = {"usage_state": "Planned", "uas_state": "Nominal", "area": area}
    plan = {"flight_plan": {"basic_information": basic}, "execution_style": "IfAllowed", "request_id": "1"}
    assert len(uss_reading.plan(json.dumps(plan).encode()).area) == len(shape.outlines)
    south = min(vertex["lat"] for each in area for vertex in vertices(each))
    assert south == pytest.approx(min(y for each in shape.outlines for _, y in each) + MOVED_NORTH_DEG)
    assert {each["volume"]["altitude_lower"]["value"] for each in area} == {shape.altitude_lower_m}


def vertices(volume: dict[str, Any]) -> list[dict[str, float]]:
    found: list[dict[str, float]] = volume["volume"]["outline_polygon"]["vertices"]
    return found


def test_a_file_without_a_line_is_told(tmp_path):
    path = tmp_path / "none.kml"
    path.write_text((FOLDER / "rid_zurich.kml").read_text().replace("LineString", "Line"))
    with pytest.raises(ValueError, match="a flight has one line"):
        shapes(path)


def test_the_helicopters_file_has_one_cut_stretch_and_says_nobody():
    rows = json.loads(gzip.decompress((FOLDER / "recorded_2.json.gz").read_bytes()))
    assert {row["icao24"] for row in rows} == {"000000"}
    assert not {"callsign", "squawk"} & rows[0].keys()
    assert (rows[0]["timestamp"], rows[-1]["timestamp"]) == (RECORDED_START_MS, RECORDED_END_MS)
    assert [after["timestamp"] - before["timestamp"] for before, after in pairwise(rows)] == [1_000] * 139
    for end, row in zip(ROUTE_DEG, (rows[0], rows[-1]), strict=True):
        assert distance_m({"latitude": end[0], "longitude": end[1]}, row) < 100


def test_a_recording_is_cut_short_of_both_its_ends_and_of_where_it_is_low():
    rows = [
        {
            "timestamp": index,
            "icao24": "abcdef",
            "callsign": "TRUE1",
            "latitude": 47.0 + index * 0.001,
            "longitude": 8.0,
            "altitude": 3_000 if index not in (60, 0) else 1_500,
            **dict.fromkeys(("last_position", "geoaltitude", "groundspeed", "track", "vertical_rate"), 1),
        }
        for index in range(200)
    ]
    kept = cut(rows)
    first, last = rows[0], rows[-1]
    assert min(min(distance_m(first, row), distance_m(row, last)) for row in kept) > CUT_M
    assert [row["timestamp"] for row in kept] == list(range(61, 177))  # 111 m each; low at 60
    assert "TRUE1" not in str(kept)
    assert "abcdef" not in str(kept)
    assert HEIGHT_M < 1_500 * 0.3048
    with pytest.raises(ValueError, match="nothing of the flight"):
        cut(rows[:40])
