"""`mamarr conflicts`: a file in, a table out, and a sentence for each thing that can be wrong in a file."""

import csv
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mamarr.node.cli import app

HEADER = "timestamp,icao24,latitude,longitude,altitude,groundspeed,track,vertical_rate\n"
ONE = "2018-08-01 12:00:{0:02}+00:00,3003ae,47.0,8.0,30000,480,90,0\n"
OTHER = "2018-08-01T12:00:{0:02}Z,4ca123,47.0,8.5,30000,480,270,0\n"


def run(*arguments: str):
    return CliRunner().invoke(app, ["conflicts", *arguments], env={"COLUMNS": "120"})


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    file = tmp_path / "traffic.csv"
    file.write_text(HEADER + "".join(ONE.format(at) + OTHER.format(at) for at in (0, 10)))
    return file


def test_who_is_about_to_come_too_close_is_shown(traffic: Path, tmp_path: Path):
    out = tmp_path / "pairs.csv"
    done = run(str(traffic), "--out", str(out))
    assert done.exit_code == 1, "a finding"
    assert "08-01 12:00:00" in done.stdout
    assert "3003ae" in done.stdout
    assert "2 aircraft, 4 reports: 1 warnings, 0 with separation lost" in done.stdout
    assert "altitude in feet" in done.stderr
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["time"], row["one"], row["other"]) for row in rows] == [
        (f"2018-08-01T12:00:{at}.000Z", "3003ae", "4ca123") for at in ("00", "10")
    ]
    assert run(str(traffic), "--out", str(out)).exit_code == 2, "a file that is there is not written over"
    assert len(out.read_text().splitlines()) == 3


def test_nobody_too_close_is_no_finding(traffic: Path):
    done = run(str(traffic), "--lookahead", "10")
    assert done.exit_code == 0
    assert "0 warnings" in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("icao24,icao24\n", "two columns are called 'icao24'"),
        (HEADER + ONE.format(0).replace("+00:00", ""), "row 2, timestamp: .* has no zone"),
        (HEADER + ONE.format(0).replace("2018-08-01", "yesterday"), "row 2, timestamp: .* is no time"),
        (HEADER + ONE.format(0).replace("30000", "FL300"), "row 2, altitude: 'FL300' is no number"),
        (HEADER + ONE.format(0) + "2018-08-01 12:00:00Z,4ca123\n", "row 3 has 2 cells, the first has 8"),
        (HEADER + ONE.format(0).replace("47.0", "91"), "latitude at row 0 is 91 degrees"),
        (HEADER.replace("altitude", "altitude_m"), "column 'altitude_m' says no unit"),
        (HEADER.replace("track", "t\x1brack"), r"no column 'track'; there are .*t.rack"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(text: str, said: str, tmp_path: Path):
    file = tmp_path / "wrong.csv"
    file.write_text(text)
    done = run(str(file))
    assert done.exit_code == 2
    assert "\x1b" not in done.stderr.replace("\x1b[?25", "")
    lines = " ".join(done.stderr.split("\n"))
    assert re.search(said, lines), lines


@pytest.mark.parametrize(("name", "said"), [("none.csv", "No such file"), (".", "Is a directory")])
def test_what_cannot_be_read_is_said(name: str, said: str, tmp_path: Path):
    done = run(str(tmp_path / name))
    assert done.exit_code == 2
    assert said in done.stderr


def test_bytes_that_are_no_text_and_parquet_without_its_extra_are_said(tmp_path: Path):
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "is not UTF-8" in run(str(picture)).stderr
    table = tmp_path / "table.parquet"
    table.write_bytes(b"PAR1")
    done = run(str(table))
    assert done.exit_code == 2
    assert "mamarr[parquet]" in done.stderr or "cannot be read as Parquet" in done.stderr
