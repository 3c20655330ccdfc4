"""`mamarr conflicts`, as a person runs it."""

import csv

import pytest
from typer.testing import CliRunner

from mamarr.node.cli import app
from tests.conflicts.test_tactical_tables import reports


def run(*arguments):
    return CliRunner().invoke(app, ["conflicts", *map(str, arguments)])


def written(file, table=None, **changed):
    """The file, with the reports of two aircraft that fly towards each other."""
    table = {**(reports(61) if table is None else table), **changed}
    with file.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    return file


def test_pairs_are_shown_once_and_the_exit_is_1(tmp_path):
    told = run(written(tmp_path / "day.csv"), "--to", tmp_path / "all.csv")
    assert told.exit_code == 1, told.output
    assert "1 pairs, told 6 times" in told.stdout
    assert "2018-08-01T05:00:10" in told.stdout
    assert "assumed units: latitude degrees" in told.stderr
    first, *rest = list(csv.DictReader((tmp_path / "all.csv").read_text().splitlines()))
    assert (first["first"], first["second"]) == ("a", "b")
    assert float(first["time_in_s"]) == pytest.approx(101.0, abs=1.0)
    assert len(rest) == 5


def test_no_pair_is_exit_0(tmp_path):
    told = run(written(tmp_path / "day.csv"), "--horizontal", "1", "--vertical", "30", "--lookahead", "10")
    assert told.exit_code == 0, told.output
    assert "0 pairs" in told.stdout


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        (
            "timestamp",
            "1533099600",
            "line 2: timestamp '1533099600' is no moment, such as 2018-08-01T05:00:00Z",
        ),
        ("altitude", "FL350", "line 2: altitude 'FL350' is no number"),
        ("onground", "maybe", "line 2: onground 'maybe' is not true or false"),
    ],
)
def test_what_cannot_be_read_is_named_by_line_and_column(tmp_path, column, value, sentence):
    told = run(written(tmp_path / "day.csv", **{column: [value] * 61}))
    assert told.exit_code == 2
    assert told.stderr == f"mamarr: {sentence}\n"


def test_empty_numbers_are_missing_ones(tmp_path):
    told = run(written(tmp_path / "day.csv", altitude=[""] * 60 + ["35000"], onground=["False"] * 61))
    assert told.exit_code == 0
    assert "60 of 61 reports are incomplete" in told.stderr


def test_a_file_of_another_kind_or_none_or_over_one_that_is_there_is_wrong_use(tmp_path):
    told = run(tmp_path / "day.parquet")
    assert (told.exit_code, told.stderr.startswith("mamarr: 'day.parquet' is not read")) == (2, True)
    assert run(tmp_path / "none.csv").exit_code == 2
    there = written(tmp_path / "day.csv")
    assert run(there, "--to", there).exit_code == 2
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("latitude,longitude\n1\n")
    assert "line 2 has 1 columns, the first 2" in run(ragged).stderr
    ragged.write_text("latitude,latitude\n1,2\n")
    assert "two columns have one name" in run(ragged).stderr
