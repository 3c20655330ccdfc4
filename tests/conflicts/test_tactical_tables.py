"""Tables of the `traffic` library's columns: units, what is ambiguous, and conflicts moment by moment."""

import subprocess
import sys

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic

from mamarr.conflicts import SEEN, conflicts_over_time, detect_tactical, from_traffic
from tests.conflicts.traffic import EN_ROUTE, KNOT_MPS

BEGUN = np.datetime64("2018-08-01T05:00:00", "ms")


class Frame:
    """As much of a DataFrame as is used of one, with a dtype of its own for moments with a zone."""

    def __init__(self, columns):
        self.columns = list(columns)
        self.held = columns

    def __getitem__(self, name):
        return self.held[name]


class Zoned:
    """A column of moments as pandas has it with a zone: numpy would make objects of it."""

    def __init__(self, moments):
        self.moments = moments
        self.dtype = type("Zone", (), {"tz": "UTC"})()

    def to_numpy(self, dtype):
        return self.moments.astype(dtype)


def one_moment(**changed):
    table = {
        "icao24": np.array(["4b0001", "4b0002"]),
        "latitude": np.array([47.0, 47.0]),
        "longitude": np.array([8.0, 8.8]),
        "altitude": np.array([35_000, 35_000]),
        "groundspeed": np.array([450.0, 450.0]),
        "track": np.array([90.0, 270.0]),
        "vertical_rate": np.array([0.0, 64.0]),
        "timestamp": np.array([BEGUN, BEGUN]),
    }
    return {**table, **changed}


def reports(count, every_s=1.0):
    """The two of `one_moment`, level, on their geodesics, reported one after the other."""
    rows = []
    for k in range(count):
        aside = k % 2
        start = (47.0, 8.0 + 0.8 * aside, 90.0 + 180.0 * aside)
        there = Geodesic.WGS84.Direct(*start, 450.0 * KNOT_MPS * k * every_s)
        rows.append((("b", "a")[aside], there["lat2"], there["lon2"], there["azi2"], k * every_s))
    names, latitude, longitude, track, seconds = (np.array(column) for column in zip(*rows, strict=True))
    return {
        "flight_id": names,
        "latitude": latitude,
        "longitude": longitude,
        "track": track,
        "timestamp": BEGUN + (seconds * 1e3).astype("timedelta64[ms]"),
        "altitude": np.full(count, 35_000.0),
        "groundspeed": np.full(count, 450.0),
        "vertical_rate": np.zeros(count),
    }


def test_feet_knots_and_feet_a_minute_become_si_and_it_is_said():
    said = []
    given = from_traffic(one_moment(), say=said.append)
    assert given["altitude_m"] == pytest.approx([10_668.0, 10_668.0], abs=1e-9)
    assert given["ground_speed_mps"] == pytest.approx([231.5, 231.5], abs=1e-9)
    assert given["vertical_rate_mps"] == pytest.approx([0.0, 0.32512], abs=1e-9)
    assert "altitude feet, groundspeed knots" in said[0]
    assert "vertical_rate feet a minute" in said[0]
    assert len(detect_tactical(**given, **EN_ROUTE)) == 1
    frame = from_traffic(Frame(one_moment()), say=said.append)
    assert all((frame[name] == given[name]).all() for name in given)


def test_the_units_are_printed_unless_somebody_else_is_told(capsys):
    from_traffic(one_moment())
    assert capsys.readouterr().out.startswith("assumed units: latitude degrees")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"velocity": [1.0, 1.0]}, "the columns groundspeed and velocity are both there"),
        ({"baroaltitude": [1.0, 1.0]}, "the columns altitude and baroaltitude are both there"),
        ({"Altitude": [1.0, 1.0]}, "the columns altitude and Altitude are both there"),
        ({"track": ["north", "east"]}, "the column track has something that is no number"),
        ({"track": [[1.0, 2.0]]}, "the column track has shape (1, 2); one row of numbers is needed"),
    ],
)
def test_what_is_ambiguous_or_no_number_is_refused(changed, sentence):
    with pytest.raises(ValueError, match="column") as wrong:
        from_traffic(one_moment(**changed), say=str)
    assert str(wrong.value).startswith(sentence)


def test_what_is_missing_is_named_with_what_may_have_been_meant():
    table = one_moment(velocity=np.array([200.0, 200.0]))
    del table["groundspeed"]
    with pytest.raises(
        ValueError, match=r"groundspeed is missing; velocity is there, of which the unit is not"
    ):
        from_traffic(table, say=str)
    del table["velocity"]
    with pytest.raises(ValueError, match=r"groundspeed is missing: a column groundspeed in knots is needed"):
        from_traffic(table, say=str)


def test_a_missing_number_is_refused_where_it_is():
    given = from_traffic(one_moment(altitude=np.array([35_000, np.nan])), say=str)
    with pytest.raises(ValueError, match="altitude_m at 1 is nan"):
        detect_tactical(**given, **EN_ROUTE)


# --- over time --------------------------------------------------------------------------------------------


def test_each_moment_is_answered_from_the_newest_reports_moved_on():
    told = []
    found = conflicts_over_time(reports(61), 10.0, say=str, progress=lambda done, of: told.append((done, of)))
    assert found.dtype == SEEN
    assert told[-1] == (7, 7)
    assert (found["first"] == "a").all()
    assert (found["second"] == "b").all()
    later_s = (found["moment"] - BEGUN) / np.timedelta64(1, "s")
    assert later_s.tolist() == [10, 20, 30, 40, 50, 60], "at 0 there is but one report"
    begins_s = found["time_in_s"] + later_s
    assert begins_s == pytest.approx(np.full(6, begins_s[0]), abs=0.05)
    assert begins_s[0] == pytest.approx((60_698 - 9_260) / 463, abs=0.5)


def test_who_was_not_heard_of_in_the_last_step_is_not_there():
    table = reports(61)
    silent = (table["flight_id"] == "a") & (table["timestamp"] > BEGUN + np.timedelta64(20, "s"))
    table = {name: column[~silent] for name, column in table.items()}
    found = conflicts_over_time(table, 10.0, say=str)
    assert ((found["moment"] - BEGUN) / np.timedelta64(1, "s")).tolist() == [10, 20]


def test_incomplete_reports_and_those_from_the_ground_are_left_out_and_counted():
    said, table = [], reports(61)
    table["altitude"][::7] = np.nan
    table["onground"] = np.arange(61) % 2 == 1
    assert len(conflicts_over_time(table, 10.0, say=said.append)) == 0
    assert said[1] == "35 of 61 reports are incomplete or on the ground, and left out"
    assert len(conflicts_over_time({name: column[:0] for name, column in table.items()}, 1.0, say=str)) == 0


def test_who_has_no_name_is_left_out_and_a_text_is_no_truth():
    said, table = [], reports(61)
    names = np.array([None if name == "a" else name for name in table["flight_id"]], dtype=object)
    assert len(conflicts_over_time({**table, "flight_id": names}, 10.0, say=said.append)) == 0
    assert said[1].startswith("30 of 61 reports are incomplete")
    with pytest.raises(ValueError, match="the column onground holds <U5; true and false are needed"):
        conflicts_over_time({**table, "onground": np.full(61, "False")}, 10.0, say=str)


def test_moments_with_a_zone_are_taken_and_numbers_are_not():
    table = reports(61)
    expected = conflicts_over_time(table, 10.0, say=str)
    zoned = conflicts_over_time({**table, "timestamp": Zoned(table["timestamp"])}, 10.0, say=str)
    assert (zoned == expected).all()
    with pytest.raises(
        ValueError, match=r"the column timestamp holds int64; moments \(datetime64\) are needed"
    ):
        conflicts_over_time({**table, "timestamp": np.arange(61)}, 10.0, say=str)


@pytest.mark.parametrize("missing", ["timestamp", "flight_id"])
def test_who_and_when_are_needed(missing):
    table = reports(11)
    del table[missing]
    with pytest.raises(ValueError, match=f"{missing}.* (missing|needed)"):
        conflicts_over_time(table, 10.0, say=str)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"step_s": 0.0}, "step_s is 0; 0.1 to 3600 is allowed"),
        ({"step_s": 10.0, "lookahead_s": 0.0}, "lookahead_s is 0; more than 0, at most 1800 is allowed"),
        ({"step_s": 10.0, "horizontal_m": -1.0}, "horizontal_m at 0 is -1; 0 to 500000 is allowed"),
    ],
)
def test_wrong_limits_are_named(limits, sentence):
    with pytest.raises(ValueError, match="allowed") as wrong:
        conflicts_over_time(reports(11), **limits, say=str)
    assert str(wrong.value) == sentence


def test_a_place_that_is_none_is_named_by_its_row():
    table = reports(11)
    table["latitude"][5] = 91.0
    table["altitude"][2] = np.nan
    with pytest.raises(ValueError, match="latitude_deg at 5 is 91"):
        conflicts_over_time(table, 10.0, say=str)


def test_no_table_library_is_imported():
    code = "import sys, mamarr.conflicts; sys.exit(bool({'pandas', 'polars', 'traffic'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
