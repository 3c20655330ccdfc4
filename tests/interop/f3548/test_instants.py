"""Instants of F3548 come back equal, to the microsecond."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.faults import WireError
from mamarr.interop.f3548.instants import EPOCH, MICROSECOND, read_instant, written_instant
from tests.examples import some

NOON_US = 1_777_636_800_000_000  # 2026-05-01T12:00:00Z


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-01T12:00:00Z", NOON_US),
        ("2026-05-01t12:00:00z", NOON_US),
        ("2026-05-01T14:30:00+02:30", NOON_US),
        ("2026-05-01T07:00:00-05:00", NOON_US),
        ("2026-05-01T12:00:00-00:00", NOON_US),
        ("2026-05-01T12:00:00.5Z", NOON_US + 500_000),
        ("2026-05-01T12:00:00.000001Z", NOON_US + 1),
        ("2026-05-01T12:00:00.000001000Z", NOON_US + 1),
        ("1969-12-31T23:59:59.999999Z", -1),
    ],
)
def test_a_text_is_an_instant(text: str, instant: int):
    assert read_instant("$", text) == read_instant("$", text, is_end=True) == instant


def test_what_is_finer_than_a_microsecond_is_rounded_outwards():
    assert read_instant("$", "2026-05-01T12:00:00.0000019Z") == NOON_US + 1
    assert read_instant("$", "2026-05-01T12:00:00.0000010001Z", is_end=True) == NOON_US + 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "noon",
        "2026-05-01",
        "2026-05-01T12:00:00",
        "2026-05-01 12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-05-01T24:00:01Z",
        "2026-05-01T12:00:60Z",
        "2026-05-01T12:00:00+25:00",
        "2026-05-01T12:00:00+01:60",
        "2026-05-01T12:00:00.Z",
        "2026-05-01T12:00:00Z\n",
        "٢٠٢٦-05-01T12:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59.9999999Z",
        "0000-01-01T00:00:00Z",
    ],
)
def test_these_are_no_instants(text: str):
    with pytest.raises(WireError) as wrong:
        read_instant("$.time_end.value", text, is_end=True)
    assert (wrong.value.at, wrong.value.code) == ("$.time_end.value", "FIELD_TIME")
    assert wrong.value.allowed


@settings(max_examples=some(100))
@given(st.datetimes(min_value=EPOCH.replace(year=1, tzinfo=None)))
def test_what_is_written_reads_as_the_same(moment):
    instant = (moment.replace(tzinfo=EPOCH.tzinfo) - EPOCH) // MICROSECOND
    assert read_instant("$", written_instant(instant)) == instant
