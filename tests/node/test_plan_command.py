"""`mamarr plan`: flights and corridors in, a table and GeoJSON out, a sentence for what is wrong."""

import json
import re
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from mamarr.faults import Refusal
from mamarr.flights import Plan, RoutePoint
from mamarr.geometry.altitude import filed_level
from mamarr.geometry.units import epoch_ms
from mamarr.interop import geojson
from mamarr.node.cli import app
from tests.airspace.boxes import DEG, NORTH
from tests.engine.skies import a_desk, file
from tests.flights.routes import EAST, MIDDLE, SOUTHERN, WEST, a_corridor

HEADER = "flight_id,party,origin,destination,departure_from,departure_to,speeds_kt,level,levels,handling\n"
TIMES = "2026-11-22T13:00Z,2026-11-22T19:00Z"
FLIGHTS = HEADER + "".join(
    f"F{number},{party},WEST,EAST,{TIMES},480 420,F330,F330,{handling}\n"
    for number, (party, handling) in enumerate(
        [("north", ""), ("north", ""), ("south", ""), ("relief", "HUM")]
    )
)


def run(*arguments: str):
    return CliRunner().invoke(app, ["plan", *arguments], env={"COLUMNS": "160"})


def a_designated(corridor_id: str, by: tuple[float, float], middle: str):
    bare = a_corridor(corridor_id, by=by)
    names = ("WEST", middle, "EAST")
    points = tuple(
        type(point)(
            latitude_e7deg=point.latitude_e7deg, longitude_e7deg=point.longitude_e7deg, designator=name
        )
        for point, name in zip(bare.points, names, strict=True)
    )
    return a_corridor(corridor_id, by=by, points=points)


@pytest.fixture
def airspace(tmp_path: Path) -> Path:
    file = tmp_path / "airspace.geojson"
    values = [a_designated("EAST", MIDDLE, "MIDDLE"), a_designated("SOUTH", SOUTHERN, "SOUTHERN")]
    file.write_bytes(geojson.collection(values))
    return file


@pytest.fixture
def flights(tmp_path: Path) -> Path:
    file = tmp_path / "flights.csv"
    file.write_text(FLIGHTS)
    return file


def test_flights_are_planned_by_priority_and_in_turns(flights: Path, airspace: Path, tmp_path: Path):
    out = tmp_path / "routes.geojson"
    done = run(str(flights), "--airspace", str(airspace), "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "4 of 4 flights have a route" in done.stdout
    features = json.loads(out.read_text())["features"]
    told = [each["properties"] for each in features]
    assert [each["flight_id"] for each in told] == ["F3", "F0", "F2", "F1"]
    assert [each["priority"] for each in told] == ["HUM", None, None, None]
    assert told[0]["later_ms"] == 0
    assert told[1]["gave_way_to"] == ["F3"]
    assert told[1]["cost_ms"] > 0
    ends = features[0]["geometry"]["coordinates"][0], features[0]["geometry"]["coordinates"][-1]
    assert ends == ([WEST[1], WEST[0]], [EAST[1], EAST[0]])
    assert set(told[0]["corridors"]) == {"EAST"}
    assert told[0]["levels"] == ["F330"] * 3
    assert len(told[0]["times"]) == 3
    assert run(str(flights), "--airspace", str(airspace), "--out", str(out)).exit_code == 2


def a_plan_of(feature: dict, number: int) -> Plan:
    """What the feature says, as a plan of a flight that the centre of north serves."""
    said, places = feature["properties"], feature["geometry"]["coordinates"]
    route = tuple(
        RoutePoint(
            latitude_e7deg=round(place[1] * DEG),
            longitude_e7deg=round(place[0] * DEG),
            time_ms=epoch_ms(datetime.fromisoformat(time)),
            level=filed_level(level),
            corridor_id=corridor_id,
        )
        for place, time, level, corridor_id in zip(
            places, said["times"], said["levels"], [*said["corridors"], None], strict=True
        )
    )
    return Plan(
        identification=f"EXA{number}",
        aircraft_type="A320",
        route=route,
        has_rvsm=True,
        serving_centre="north-centre",
    )


def test_what_it_plans_is_admitted_by_the_engine(flights: Path, airspace: Path, tmp_path: Path):
    chance, lines = Random(3), []
    for number in range(30):
        way = ",".join(chance.choice([("WEST", "EAST"), ("EAST", "WEST"), ("MIDDLE", "EAST")]))
        lines.append(
            f"F{number},north,{way},{TIMES},480 420,F330,F310 F320 F330,{chance.choice(['', 'HUM'])}\n"
        )
    flights.write_text(HEADER + "".join(lines))
    out = tmp_path / "routes.geojson"
    assert run(str(flights), "--airspace", str(airspace), "--out", str(out)).exit_code == 0
    features = json.loads(out.read_text())["features"]
    assert any(each["properties"]["cost_ms"] for each in features)
    desk = a_desk()
    for number, feature in enumerate(features):
        flight_id = feature["properties"]["flight_id"]
        (answer,) = desk.ask(file(flight_id, a_plan_of(feature, number), NORTH))
        assert not isinstance(answer.outcome, Refusal), answer


def test_a_flight_without_a_route_is_a_finding(flights: Path, airspace: Path):
    flights.write_text(FLIGHTS.replace("19:00Z", "13:05Z"))
    done = run(str(flights), "--airspace", str(airspace))
    assert done.exit_code == 1
    assert "no route" in done.stdout
    assert "1 of 4 flights have a route" in done.stdout


@pytest.mark.parametrize(
    ("was", "wrong", "said"),
    [
        (FLIGHTS, "", "no column 'flight_id'"),
        (FLIGHTS, HEADER, "no flights: a line for each"),
        ("speeds_kt", "speeds", "no column 'speeds_kt'"),
        (",handling", ",hand\x1bling", "column .* is not one of"),
        ("F330,F330,HUM", "F330", "row 5 does not have as many cells"),
        ("F330,F330,HUM", "A045,,HUM", "row 5: a level is not a flight level"),
        ("F330,F330,HUM", "330,,HUM", "row 5: .*330.* is no level"),
        ("F330,F330,HUM", "F330,F330,HUGE", "row 5, handling: 'HUGE' is not one of"),
        ("2026-11-22T13:00Z", "noon", "row 2, departure_from: 'noon' is no time"),
        ("13:00Z", "13:00", "row 2, departure_from: .* has no zone"),
        ("480 420", "fast", "row 2: .*fast"),
        ("480 420", "nan", "row 2: "),
        ("480 420", "", "flight 'F0': speeds_mps: lists 0 speeds"),
        ("WEST,EAST", "WEST,NOWHERE", "flight 'F0': 0 points of corridors are called 'NOWHERE'"),
        ("WEST,EAST", "WEST,WEST", "flight 'F0': destination: is the origin"),
        ("F1,north", "F0,north", "flights: an id is given twice"),
        ("F1,north", "F1,NORTH", "party 'NORTH' does not have the form"),
        ("F1,north", '"F1,north', "row .* cannot be read"),
    ],
)
def test_what_is_wrong_in_the_flights_is_named(was, wrong, said, flights: Path, airspace: Path):
    flights.write_text(FLIGHTS.replace(was, wrong))
    done = run(str(flights), "--airspace", str(airspace))
    assert done.exit_code == 2, done.output
    lines = " ".join(done.stderr.split("\n"))
    assert re.search(said, lines), lines
    assert "\x1b" not in lines.replace("\x1b[?25", "")


def test_what_is_wrong_with_the_files_is_said(flights: Path, airspace: Path, tmp_path: Path):
    assert run(str(tmp_path / "none.csv"), "--airspace", str(airspace)).exit_code == 2
    assert run(str(flights), "--airspace", str(tmp_path / "none.geojson")).exit_code == 2
    airspace.write_text("{}")
    assert run(str(flights), "--airspace", str(airspace)).exit_code == 2
    airspace.write_bytes(geojson.collection([]))
    done = run(str(flights), "--airspace", str(airspace))
    assert done.exit_code == 2
    flights.write_bytes(b"\xff\xfe")
    assert run(str(flights), "--airspace", str(airspace)).exit_code == 2
