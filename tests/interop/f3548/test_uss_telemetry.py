"""Positions on the wire: read as they were meant, written back the same, refused with the place."""

import json
from typing import Any, get_args

import pytest

from mamarr.faults import WireError
from mamarr.interop.f3548 import uss_telemetry
from mamarr.interop.f3548.uss_telemetry import AccuracyHorizontal, AccuracyVertical
from tests.discovery.known import NOON_US
from tests.web.test_uss_access import changed, without

NOON = "2026-11-22T12:00:00Z"
SAID = {
    "time_measured": {"value": NOON, "format": "RFC3339"},
    "position": {
        "longitude": 8.500000123,
        "latitude": 47.3,
        "accuracy_h": "HA3m",
        "accuracy_v": "VA10m",
        "extrapolated": True,
        "altitude": {"value": 150.125, "reference": "W84", "units": "M"},
    },
    "velocity": {"speed": 12.5, "units_speed": "MetersPerSecond", "track": 359.5},
}


def read(*several: Any) -> Any:
    return uss_telemetry.positions(json.dumps({"positions": several}).encode(), NOON_US)


def test_a_position_is_read_to_the_tenth_of_a_millimetre_and_written_back_the_same():
    (found,) = read(SAID)
    assert (found.time_us, found.longitude_e9deg, found.altitude_mm) == (NOON_US, 8_500_000_123, 150_125)
    assert (found.accuracy_horizontal_mm, found.accuracy_vertical_mm) == (3_000, 10_000)
    assert (found.ground_speed_mps, found.track_deg, found.is_extrapolated) == (12.5, 359.5, True)
    assert uss_telemetry.telemetry(found) == SAID


def test_each_accuracy_of_the_standard_comes_back_as_itself():
    for name, kind in (("accuracy_h", AccuracyHorizontal), ("accuracy_v", AccuracyVertical)):
        for value in get_args(kind):
            if value == "HA10NMPlus":
                with pytest.raises(WireError, match="says nowhere"):
                    read(changed(SAID, value, "position", name))
                continue
            (found,) = read(changed(SAID, value, "position", name))
            assert uss_telemetry.telemetry(found)["position"][name] == value


def test_what_nobody_says_is_unknown_and_not_nothing():
    bare = without(
        without(changed(SAID, False, "position", "extrapolated"), "velocity"), "position", "accuracy_h"
    )
    (found,) = read(bare)
    said = uss_telemetry.telemetry(found)
    assert (said["position"]["accuracy_h"], "velocity" in said) == ("HAUnknown", False)
    (turned,) = read(changed(SAID, 360, "velocity", "track"))
    assert (turned.track_deg, uss_telemetry.telemetry(turned)["velocity"]["track"]) == (None, 360)


def test_positions_come_in_any_order_and_are_read_in_that_of_time():
    times = [f"2026-11-22T11:59:{second:02}Z" for second in (30, 10, 50)]
    found = read(*(changed(SAID, each, "time_measured", "value") for each in times))
    assert [(each.time_us - NOON_US) // 1_000_000 for each in found] == [-50, -30, -10]


WRONG = {
    "longitude": (181, "position", "longitude"),
    "latitude": (91, "position", "latitude"),
    "text": ("47.3", "position", "latitude"),
    "null": (None, "position", "latitude"),
    "low": (-8_001, "position", "altitude", "value"),
    "datum": ("SFC", "position", "altitude", "reference"),
    "unit": ("FT", "position", "altitude", "units"),
    "accuracy": ("3 m", "position", "accuracy_h"),
    "extrapolated": ("yes", "position", "extrapolated"),
    "speed": (-1, "velocity", "speed"),
    "knots": ("Knots", "velocity", "units_speed"),
    "track": (361, "velocity", "track"),
    "zone": ("2026-11-22T12:00:00", "time_measured", "value"),
    "future": ("2026-11-22T12:00:05.000001Z", "time_measured", "value"),
    "format": ("UNIX", "time_measured", "format"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place(name: str):
    value, *path = WRONG[name]
    with pytest.raises(WireError) as wrong:
        read(SAID, changed(SAID, value, *path))
    place = "$.positions[1]." + ".".join(path)
    assert wrong.value.at in (place, "$.positions[...]." + ".".join(path)), wrong.value.at


@pytest.mark.parametrize(
    "path",
    [
        ("time_measured",),
        ("position",),
        ("position", "longitude"),
        ("position", "altitude"),
        ("position", "accuracy_h"),  # it is extrapolated
        ("position", "accuracy_v"),
        ("velocity", "speed"),
    ],
)
def test_what_is_missing_is_refused(path: tuple[str, ...]):
    with pytest.raises(WireError):
        read(without(SAID, *path))


def test_none_and_too_many_are_refused_and_no_number_is_no_number():
    for several in ([], [SAID] * 101):
        with pytest.raises(WireError):
            read(*several)
    for number in (b"NaN", b"Infinity", b"1e999"):
        body = json.dumps({"positions": [SAID]}).encode().replace(b"47.3", number)
        with pytest.raises(WireError):
            uss_telemetry.positions(body, NOON_US)
