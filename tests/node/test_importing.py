"""`mamarr import`, as a person runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mamarr.interop import geojson
from mamarr.node.cli import app

DATA = Path(__file__).parents[1] / "interop" / "data"
GOOD = DATA / "airspace.geojson"
CIRCLE = DATA / "openair" / "circular.txt"


def run(*arguments):
    return CliRunner().invoke(app, ["import", *map(str, arguments)])


def test_a_good_file_is_shown_as_a_table_with_counts():
    told = run(GOOD)
    assert told.exit_code == 0, told.output
    assert "CORR-7" in told.stdout
    assert "7 read: 1 area D, 1 area R, 1 area TRA, 1 constraint, 1 corridor, 1 party, 1 share" in told.stdout
    assert told.stderr == ""


def test_findings_are_one_a_line_and_the_exit_is_1(tmp_path):
    body = json.loads(GOOD.read_text())
    body["features"][1]["properties"]["lower"] = "A045"
    body["features"][3]["properties"]["kind_of_area"] = "[bold]X"
    file = tmp_path / "wrong.geojson"
    file.write_text(json.dumps(body))
    told = run(file)
    assert told.exit_code == 1
    first, second = told.stderr.splitlines()
    assert first.startswith(
        'features[1] "CORR-7" properties.qnh_hpa: block A045 to F350 straddles the transition'
    )
    assert second.startswith('features[3] "TRA-1" properties.kind_of_area: ')
    assert "[bold]X" in second
    assert "5 read" in told.stdout


def test_openair_is_turned_into_geojson_that_reads_the_same(tmp_path):
    out = tmp_path / "out.geojson"
    told = run(CIRCLE, "--qnh", "1013.25", "--as-geojson", out)
    assert told.exit_code == 0, told.output
    (area,) = geojson.features(out.read_bytes()).values()
    assert (area.area_id, area.upper_mm, area.footprint.radius_mm) == (
        "ED-R3-Geesthacht-H24",
        670_560,
        2_037_200,
    )
    again = run(CIRCLE, "--qnh", "1013.25", "--as-geojson", out)
    assert again.exit_code == 2
    assert "File exists" in again.stderr


def test_with_a_geoid_the_limits_are_on_the_ellipsoid(tmp_path):
    out = tmp_path / "out.geojson"
    assert run(CIRCLE, "--geoid", "EGM96", "--undulation-m", "44", "--as-geojson", out).exit_code == 0
    (area,) = geojson.features(out.read_bytes()).values()
    assert area.upper_mm == 670_560 + 44_000


def test_nothing_is_written_past_a_finding_unless_it_is_asked_for(tmp_path):
    sample, out = DATA / "openair" / "winpilot_sample.txt", tmp_path / "out.geojson"
    told = run(sample, "--qnh", "1013", "--as-geojson", out)
    assert (told.exit_code, out.exists()) == (1, False)
    assert 'line 176, record 10 "R-4806 E", AL: ' in told.stderr
    assert "left out, for an area has no place for it: AA 9, AF 1, AG 1, AT 7" in told.stderr
    told = run(sample, "--qnh", "1013", "--as-geojson", out, "--despite-findings")
    assert told.exit_code == 1
    assert len(geojson.features(out.read_bytes()).values()) == 19


def test_a_mean_sea_level_without_its_reference_is_a_finding():
    told = run(CIRCLE)
    assert told.exit_code == 1
    assert told.stderr.startswith('line 6, record 0 "ED-R3 Geesthacht H24", AH: above mean sea level')


def test_a_file_of_another_format_is_a_finding(tmp_path):
    file = tmp_path / "x.geojson"
    file.write_bytes(b"\x1b[2J")
    told = run(file)
    assert told.exit_code == 1
    assert "\x1b" not in told.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nowhere.geojson"], "No such file"),
        (["pyproject.toml"], "say --format"),
        ([GOOD, "--qnh", "1013"], "names the QNH"),
        ([CIRCLE, "--qnh", "1013", "--geoid", "EGM96"], "not both"),
        ([CIRCLE, "--qnh", "13"], "QNH 13.0"),
        ([CIRCLE, "--undulation-m", "4"], "needs --geoid"),
        ([CIRCLE, "--despite-findings"], "is for --as-geojson and --to"),
        ([CIRCLE, "--format", "shapefile"], "shapefile"),
        ([GOOD, "--to", "https://node.example"], "go together"),
        ([GOOD, "--to", "http://node.example", "--token-file", GOOD], "holds no token"),
    ],
)
def test_wrong_use_says_why_and_exits_2(arguments, why):
    told = run(*arguments)
    assert told.exit_code == 2
    assert why in told.stderr
