"""The examples run as their page says, and show what it says."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
FOUND = {60: (93, 114), 120: (297, 425), 300: (537, 1_070)}  # pairs and warnings of the Swiss day


@pytest.mark.slow
def test_the_swiss_day_prints_its_table_and_draws_its_picture(tmp_path: Path):
    picture = tmp_path / "day.svg"
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "swiss_day.py"), str(picture)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "842 aircraft, 139098 places" in done.stdout
    rows = re.findall(r"^ +(\d+) s +(\d+) +(\d+) +\d+ +[\d.]+ NM +(\d+)$", done.stdout, re.MULTILINE)
    assert {int(ahead): (int(pairs), int(warnings)) for ahead, pairs, warnings, _ in rows} == FOUND
    assert [lost for *_, lost in rows] == ["0", "0", "0"], "no two were ever nearer that day"
    drawn = ET.parse(picture).getroot()
    assert drawn.tag.endswith("svg")
    assert len(drawn.findall(".//{*}circle")) == FOUND[120][1]


def test_each_example_is_on_the_page():
    page = (ROOT / "examples" / "README.md").read_text()
    there = {each.name for each in (ROOT / "examples").glob("*.py")}
    assert set(re.findall(r"`(\w+\.py)`", page)) == there
