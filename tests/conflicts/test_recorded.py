"""Recorded traffic: what is read, in which units, what is refused, and what is found in it over time."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.conflicts import conflicts_over_time, detect_tactical, from_traffic, reports, warnings_of

START_MS = int(datetime(2018, 8, 1, 12, tzinfo=UTC).timestamp() * 1e3)
Table = dict[str, Any]


def silent(_: str) -> None:
    pass


def table(*rows: dict[str, Any], **columns: Any) -> Table:
    """Reports, each of one aircraft flying east at FL300 unless it says otherwise."""
    level = {"icao24": "aaaaaa", "latitude": 47.0, "longitude": 8.0, "altitude": 30_000.0}
    usual = level | {"groundspeed": 480.0, "track": 90.0, "vertical_rate": 0.0, "seconds": 0.0}
    whole = [usual | row for row in rows]
    made: Table = {name: np.array([row[name] for row in whole]) for name in usual if name != "seconds"}
    made["timestamp"] = np.array([START_MS + round(row["seconds"] * 1e3) for row in whole], "datetime64[ms]")
    return made | columns


def test_feet_knots_and_feet_a_minute_become_metres_and_seconds():
    said: list[str] = []
    read = reports(table({"vertical_rate": 600.0}), say=said.append)
    assert read.names == ("aaaaaa",)
    assert (read.latitude_deg[0], read.longitude_deg[0], read.track_deg[0]) == (47, 8, 90)
    assert read.altitude_m[0] == pytest.approx(9_144)
    assert read.ground_speed_mps[0] == pytest.approx(480 * 1_852 / 3_600)
    assert read.vertical_rate_mps[0] == pytest.approx(3.048)
    assert read.time_ms.tolist() == [START_MS]
    assumed = "latitude in degrees, longitude in degrees, altitude in feet, groundspeed in knots, "
    assumed += "track in degrees, vertical_rate in feet a minute; timestamp in UTC"
    assert said == [f"assumed: {assumed}"]


def test_rows_that_lack_a_value_or_come_again_are_left_out_and_counted():
    said: list[str] = []
    rows = [{"seconds": at} for at in (0, 10, 10, 20)] + [{"seconds": 30, "track": np.nan}]
    read = reports(table(*rows, {"icao24": "", "seconds": 40}), say=said.append)
    assert read.time_ms.tolist() == [START_MS, START_MS + 10_000, START_MS + 20_000]
    assert said[1:] == ["left out: 2 of 6 rows that lack a value or are on the ground, 1 that come again"]


def test_reports_are_by_aircraft_and_time_whatever_the_order_of_the_rows():
    rows = [{"icao24": name, "seconds": at} for at in (20, 0, 10) for name in ("bbbbbb", "aaaaaa")]
    read = reports(table(*rows), say=silent)
    assert read.name.tolist() == [0, 0, 0, 1, 1, 1]
    assert (read.time_ms - START_MS).tolist() == [0, 10_000, 20_000] * 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"altitude": None}, "no column 'altitude'"),
        ({"timestamp": None}, "no column 'timestamp'"),
        ({"icao24": None}, "no column 'flight_id', 'icao24', 'callsign': whose"),
        ({"baroaltitude": [9_000.0]}, "columns 'altitude' and 'baroaltitude': which counts?"),
        ({"groundspeed": None, "velocity": [250.0]}, "column 'velocity' says no unit.*'groundspeed'.*knots"),
        ({"heading": [90.0]}, "columns 'track' and 'heading'"),
        ({"timestamp": np.array([1_533_124_800])}, "seconds or milliseconds"),
        ({"latitude": np.array([91.0])}, "latitude at row 0 is 91 degrees; -90 to 90 is allowed"),
        ({"groundspeed": np.array([-1.0])}, "groundspeed at row 0 is -1 knots; 0 to 1944 is allowed"),
        ({"altitude": np.array([np.inf])}, "altitude at row 0 is inf feet"),
        ({"altitude": np.array(["high"])}, "altitude holds .*; real numbers are allowed"),
        ({"track": np.array([1.0, 2.0])}, "track has 2 rows, timestamp has 1"),
        ({"onground": np.array(["False"])}, "onground holds .*; true and false are allowed"),
        ({"icao24": np.array(["x" * 25])}, "icao24 has a name of more than 24 letters"),
    ],
)
def test_what_is_missing_ambiguous_or_cannot_be_is_named(change: Table, said: str):
    wrong = {name: column for name, column in (table({}) | change).items() if column is not None}
    with pytest.raises(ValueError, match=said):
        reports(wrong, say=silent)


@pytest.mark.parametrize("step_s", [0, -1, float("nan")])
def test_a_step_that_does_not_go_on_is_refused(step_s: float):
    with pytest.raises(ValueError, match="step_s"):
        conflicts_over_time(table({}), step_s, say=silent)


def test_so_small_a_step_that_it_never_ends_is_refused():
    rows = [{"seconds": at} for at in (0, 1e7)]
    with pytest.raises(ValueError, match="steps; 1000000 are allowed"):
        conflicts_over_time(table(*rows), 1, say=silent)


def test_nothing_recorded_is_no_conflict():
    assert len(conflicts_over_time(table(), 10, say=silent)) == 0
    assert len(warnings_of(conflicts_over_time(table(), 10, say=silent), 10)) == 0


def head_on(*seconds: float) -> Table:
    """Two that fly towards each other on one level, 0.5 degrees of longitude apart at first."""
    rows = []
    east_deg_s = 480 * 1_852 / 3_600 / (111_412.84 * 0.6820)  # at 47 degrees north, near enough
    for at in seconds:
        rows.append({"seconds": at, "longitude": 8 + east_deg_s * at})
        rows.append({"icao24": "bbbbbb", "seconds": at, "longitude": 8.5 - east_deg_s * at, "track": 270.0})
    return table(*rows)


def test_the_pairs_of_each_step_are_those_of_that_moment():
    found = conflicts_over_time(head_on(0, 10, 20, 30), 10, say=silent)
    assert found["time"].astype(np.int64).tolist() == [START_MS + at * 1_000 for at in (0, 10, 20, 30)]
    assert set(found["one"]) == {"aaaaaa"}
    assert set(found["other"]) == {"bbbbbb"}
    assert np.diff(found["time_in_s"]) == pytest.approx([-10] * 3, abs=0.1)
    [warning] = warnings_of(found, 10)
    assert (warning["steps_count"], warning["lost_count"]) == (4, 0)
    assert warning["time_in_s"] == found["time_in_s"].min()


def test_an_aircraft_is_where_its_newest_report_puts_it_moved_on_since():
    whole = conflicts_over_time(head_on(*range(0, 41, 10)), 10, say=silent)
    sparse = conflicts_over_time(head_on(0, 40), 10, say=silent)
    assert len(sparse) == 5
    assert sparse["time_in_s"] == pytest.approx(whole["time_in_s"], abs=0.05)


def test_what_comes_later_is_not_known_before():
    before = head_on(0)
    after = head_on(0, 10)
    after["groundspeed"][2:] = 100.0
    found = [conflicts_over_time(each, 5, say=silent) for each in (before, after)]
    now, then = (rows[rows["time"] < np.datetime64(START_MS + 10_000, "ms")] for rows in found)
    assert len(then) == 2
    assert then[0] == now[0]
    assert np.diff(then["time_in_s"]) == pytest.approx([-5], abs=0.05)


def test_who_has_reported_nothing_for_too_long_is_nowhere():
    found = conflicts_over_time(head_on(0, 10, 60, 70), 10, stale_s=20, say=silent)
    seen_s = (found["time"].astype(np.int64) - START_MS) / 1e3
    assert seen_s.tolist() == [0, 10, 20, 30, 60, 70]
    assert len(warnings_of(found, 10)) == 2


def test_over_the_antimeridian_an_aircraft_goes_on():
    rows = [{"seconds": 0, "longitude": 179.99}, {"seconds": 20, "longitude": -179.97}]
    there = {"icao24": "bbbbbb", "longitude": -179.99, "track": 0.0, "groundspeed": 0.0}
    found = conflicts_over_time(table(*rows, there, there | {"seconds": 20}), 10, say=silent)
    assert found["time"].astype(np.int64).tolist()[:2] == [START_MS, START_MS + 10_000]
    assert found["time_in_s"][1] == 0


def test_who_is_on_the_ground_is_left_out():
    both = head_on(0)
    assert len(conflicts_over_time(both | {"onground": np.array([False, True])}, 10, say=silent)) == 0
    assert len(conflicts_over_time(both | {"onground": np.array([False, False])}, 10, say=silent)) == 1


def test_a_flight_id_counts_before_an_address():
    both = head_on(0) | {"flight_id": np.array(["one", "one"])}
    assert len(conflicts_over_time(both, 10, say=silent)) == 0, "they are one"


def test_a_table_of_one_moment_becomes_the_arguments_of_the_detector():
    both = head_on(0)
    pairs = detect_tactical(
        **from_traffic(both, say=silent), horizontal_m=9_260, vertical_m=304.8, lookahead_s=300
    )
    assert pairs[["i", "j"]].tolist() == [(0, 1)]
    assert pairs["time_in_s"] == pytest.approx(conflicts_over_time(both, 10, say=silent)["time_in_s"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"track": np.array([90.0, np.nan])}, "track at row 1 is not there"),
        ({"altitude": np.array([30_000.0, None])}, "altitude at row 1 is not there"),
        ({"onground": np.array([False, True])}, "onground says that some are not in flight"),
        ({"track": np.array([90.0])}, "track has 1 rows, latitude has 2"),
    ],
)
def test_at_one_moment_who_lacks_a_value_is_named(change: Table, said: str):
    with pytest.raises(ValueError, match=said):
        from_traffic(head_on(0) | change, say=silent)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(0, 8)), min_size=1, max_size=30))
def test_each_step_is_what_the_detector_says_of_the_reports_at_that_time(flown):
    """Reports at the steps themselves, and none older: so nobody has moved on since."""
    once = {(name, at): place for name, at, place in flown}
    rows = [
        {"icao24": f"a{name}", "seconds": 60.0 * at, "latitude": 47 + place / 20, "track": 40.0 * name}
        for (name, at), place in once.items()
    ]
    found = conflicts_over_time(table(*rows), 60, stale_s=1, say=silent)
    wanted = []
    for at in range(13):
        here = sorted((row for row in rows if row["seconds"] == 60 * at), key=lambda row: row["icao24"])
        if not here:
            continue
        read = reports(table(*here), say=silent)
        pairs = detect_tactical(
            read.latitude_deg,
            read.longitude_deg,
            read.altitude_m,
            read.ground_speed_mps,
            read.track_deg,
            read.vertical_rate_mps,
            horizontal_m=9_260,
            vertical_m=304.8,
            lookahead_s=300,
        )
        for pair in pairs:
            names = (here[pair["i"]]["icao24"], here[pair["j"]]["icao24"])
            wanted.append((START_MS + 60_000 * at, *names, pytest.approx(pair["time_in_s"], abs=1e-6)))
    told = zip(
        found["time"].astype(np.int64).tolist(),
        found["one"].tolist(),
        found["other"].tolist(),
        found["time_in_s"].tolist(),
        strict=True,
    )
    assert list(told) == wanted
