"""Recordings become reports, or an error that names the record and the field."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.faults import WireError
from mamarr.geometry.units import mm_from_ft, mps_from_fpm, mps_from_kt
from mamarr.interop import recorded
from mamarr.interop.recorded import decoded_recording, moved
from tests.surveillance.sightings import recording

ROW = {
    "timestamp": 1_572_782_400_000,
    "icao24": "738043",
    "callsign": "ELY1747 ",
    "latitude": 34.51305625,
    "longitude": 27.20805525,
    "altitude": 37_000.0,
    "geoaltitude": 38_100.0,
    "groundspeed": 518.875,
    "track": 107.0,
    "vertical_rate": -64.0,
    "onground": False,
    "last_position": 1_572_782_399_250,
    "squawk": "1203",
}


def listed(*rows: dict) -> bytes:
    return json.dumps(rows).encode()


def columns(*rows: dict) -> bytes:
    return json.dumps({name: {str(n): row[name] for n, row in enumerate(rows)} for name in rows[0]}).encode()


@pytest.mark.parametrize("written", [listed, columns])
def test_both_layouts_give_the_same_report_in_our_units(written):
    (report,) = decoded_recording(written(ROW), source_id="rec").reports
    assert (report.key, report.callsign) == ("rec/738043", "ELY1747")
    assert (report.latitude_e7deg, report.longitude_e7deg) == (345_130_562, 272_080_552)
    assert (report.time_ms, report.received_ms) == (1_572_782_399_250, 1_572_782_400_000)
    assert report.altitude_pressure_mm == mm_from_ft(37_000) == 11_277_600
    assert report.altitude_wgs84_mm == mm_from_ft(38_100)
    assert report.ground_speed_mps == mps_from_kt(518.875)
    assert report.vertical_rate_mps == mps_from_fpm(-64)
    assert (report.is_self_report, report.is_recorded, report.is_on_ground) == (True, True, False)


def test_what_is_missing_is_not_made_up():
    bare = {name: ROW[name] for name in ("timestamp", "icao24", "latitude", "longitude")}
    (report,) = decoded_recording(listed(bare | {"altitude": None, "callsign": " "}), source_id="rec").reports
    assert (report.altitude_pressure_mm, report.altitude_wgs84_mm, report.callsign) == (None, None, None)
    assert report.time_ms == report.received_ms


def test_reports_come_in_the_order_of_receipt_whatever_the_order_of_the_file():
    early = ROW | {"timestamp": ROW["timestamp"] - 5_000, "last_position": None}
    first, second = decoded_recording(listed(ROW, early), source_id="rec").reports
    assert first.received_ms == second.received_ms - 5_000


def test_records_without_a_position_are_counted_and_left_out():
    found = decoded_recording(listed(ROW, ROW | {"latitude": None}), source_id="rec")
    assert (len(found.reports), found.without_position_count) == (1, 1)


def test_times_may_be_iso_with_a_zone():
    (report,) = decoded_recording(
        listed(ROW | {"timestamp": "2019-11-03T12:00:00Z", "last_position": None}), source_id="rec"
    ).reports
    assert report.time_ms == 1_572_782_400_000


@pytest.mark.parametrize("written", [listed, columns])
@pytest.mark.parametrize(
    ("wrong", "at", "what"),
    [
        ({"latitude": 91.0}, "$[1]", "latitude"),
        ({"latitude": "north"}, "$[1].latitude", "float"),
        ({"track": 1e400}, "$", "inf|range|number|JSON"),
        ({"timestamp": "2019-11-03T12:00:00"}, "$[1].timestamp", "zone"),
        ({"timestamp": -1}, "$[1]", "received"),
        ({"last_position": "soon"}, "$[1].last_position", "soon"),
        ({"icao24": "xyz"}, "$[1]", "icao_address"),
        ({"callsign": "<b>"}, "$[1]", "callsign"),
        ({"altitude": 1e9}, "$[1]", "altitude"),
        ({"groundspeed": -1.0}, "$[1]", "speed"),
    ],
)
def test_a_wrong_field_is_named(written, wrong, at, what):
    with pytest.raises(WireError, match=what) as caught:
        decoded_recording(written(ROW, ROW | wrong), source_id="rec")
    assert caught.value.at.startswith(at)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "truncated"),
        (b"[1]", "object"),
        (b"{}", "timestamp"),
        (b'{"timestamp": {"0": 1}, "latitude": {"1": 2}}', "other rows"),
        (b"\xff", "malformed"),
        (b'[{"timestamp":' + b"[" * 100_000, "timestamp|nested|array"),
    ],
)
def test_what_is_no_recording_is_refused(body, what):
    with pytest.raises(WireError, match=what):
        decoded_recording(body, source_id="rec")


@pytest.mark.parametrize("written", [listed, columns])
def test_too_many_records_or_bytes_are_refused(monkeypatch, written):
    monkeypatch.setattr(recorded, "RECORDS_MAX", 1)
    with pytest.raises(WireError, match="2 records"):
        decoded_recording(written(ROW, ROW), source_id="rec")
    monkeypatch.setattr(recorded, "BODY_MAX_BYTES", 10)
    with pytest.raises(WireError, match="too large"):
        decoded_recording(written(ROW), source_id="rec")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def read(body: bytes) -> int | str:
    """How many records were read, or where it was refused."""
    try:
        found = decoded_recording(body, source_id="rec")
    except WireError as refused:
        return refused.at
    return len(found.reports) + found.without_position_count


@given(st.dictionaries(st.sampled_from(sorted(ROW)), JSON), st.sampled_from([listed, columns]))
def test_whatever_a_record_says_it_is_read_or_refused(changed, written):
    answer = read(written(ROW | changed))
    assert answer == 1 or str(answer).startswith("$")


@given(st.binary(max_size=60))
def test_whatever_the_bytes_they_are_read_or_refused(body):
    answer = read(body)
    assert answer == 0 or str(answer).startswith("$")


def test_a_replay_moves_both_times():
    reports = recording("takeoff")
    later = moved(reports, 86_400_000)
    assert {new.time_ms - old.time_ms for new, old in zip(later, reports, strict=True)} == {86_400_000}
    assert {new.received_ms - old.received_ms for new, old in zip(later, reports, strict=True)} == {
        86_400_000
    }
