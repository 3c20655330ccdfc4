from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.geometry import units


@given(st.integers(-1_800_000_000, 1_800_000_000))
def test_a_coordinate_survives_the_way_out_and_back(angle_e7deg: int):
    assert units.e7deg_from_deg(units.deg_from_e7deg(angle_e7deg)) == angle_e7deg


@given(st.integers(-1_000_000, 100_000_000))
def test_an_altitude_survives_the_way_out_and_back(altitude_mm: int):
    assert units.mm_from_m(units.m_from_mm(altitude_mm)) == altitude_mm


@given(st.integers(0, 4_102_444_800_000))
def test_a_moment_survives_the_way_out_and_back(time_ms: int):
    assert units.epoch_ms(units.moment_from_ms(time_ms)) == time_ms


def test_a_time_in_another_zone_is_the_same_moment():
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert units.epoch_ms(noon.astimezone(timezone(timedelta(hours=2)))) == units.epoch_ms(noon)


@pytest.mark.parametrize("angle_deg", [float("nan"), float("inf"), -float("inf"), 1e305])
def test_what_is_not_finite_is_refused(angle_deg: float):
    with pytest.raises((ValueError, OverflowError)):
        units.e7deg_from_deg(angle_deg)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        units.epoch_ms(datetime(2026, 11, 22, 12))  # noqa: DTZ001
