"""Recorded traffic in the DataFrames of pandas, and in Parquet, as people have it."""

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mamarr.conflicts import conflicts_over_time, reports
from mamarr.node.cli import app

pytestmark = pytest.mark.peer

DAY = Path(__file__).parents[2] / "examples" / "data" / "switzerland.json.gz"


@pytest.fixture(scope="module")
def day():
    import pandas as pd

    frame = pd.read_json(DAY, dtype={"icao24": str})
    first = frame.timestamp.min()
    return frame[frame.timestamp < first + pd.Timedelta(hours=2)]


def silent(_: str) -> None:
    pass


def test_a_frame_without_a_zone_is_refused_and_in_any_zone_is_the_same(day):
    with pytest.raises(ValueError, match=r"timestamp has no zone; say which, as with \.dt\.tz_localize"):
        reports(day, say=silent)
    utc = day.assign(timestamp=day.timestamp.dt.tz_localize("UTC"))
    there = utc.assign(timestamp=utc.timestamp.dt.tz_convert("Asia/Qatar"))
    assert reports(utc, say=silent).time_ms.tolist() == reports(there, say=silent).time_ms.tolist()
    assert len(conflicts_over_time(utc, 10, say=silent)) > 100


def test_a_file_of_parquet_a_csv_and_the_frame_say_the_same(day, tmp_path: Path):
    whole = day.assign(timestamp=day.timestamp.dt.tz_localize("UTC"))
    whole.to_parquet(tmp_path / "day.parquet")
    whole.to_csv(tmp_path / "day.csv", index=False)
    said = []
    for name in ("day.parquet", "day.csv"):
        out = tmp_path / f"{name}.pairs"
        done = CliRunner().invoke(app, ["conflicts", str(tmp_path / name), "--out", str(out)])
        assert done.exit_code == 1, done.output
        said.append(out.read_text())
    assert said[0] == said[1]
    found = conflicts_over_time(whole, 10, say=silent)
    rows = list(csv.DictReader(said[0].splitlines()))
    assert [(row["one"], row["other"]) for row in rows] == list(
        zip(found["one"].tolist(), found["other"].tolist(), strict=True)
    )


def test_parquet_whose_times_have_no_zone_is_refused(day, tmp_path: Path):
    day.to_parquet(tmp_path / "day.parquet")
    done = CliRunner().invoke(app, ["conflicts", str(tmp_path / "day.parquet")])
    assert done.exit_code == 2
    assert "timestamp has no zone" in done.stderr


def test_what_is_no_parquet_is_said(tmp_path: Path):
    (tmp_path / "day.parquet").write_bytes(b"PAR1, and nothing more")
    done = CliRunner().invoke(app, ["conflicts", str(tmp_path / "day.parquet")])
    assert done.exit_code == 2
    assert "cannot be read as Parquet" in done.stderr
