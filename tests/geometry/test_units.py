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


@given(st.integers(-1_000_000, 1_000_000))
def test_a_foot_is_304_8_mm_and_a_hundred_are_whole(hundreds: int):
    assert units.mm_from_ft(hundreds * 100) == hundreds * 30_480
    assert units.mm_from_ft(hundreds * 5) == hundreds * 1_524
    assert units.ft_from_mm(hundreds * 30_480) == hundreds * 100
    assert units.mm_from_ft(1) == 305


@given(st.integers(-100_000, 100_000))
def test_a_nautical_mile_is_1852_m(length_nm: int):
    assert units.mm_from_nm(length_nm) == length_nm * 1_852_000
    assert units.nm_from_mm(length_nm * 1_852_000) == length_nm


@given(st.integers(0, 200_000))
def test_a_pressure_survives_the_way_out_and_back(pressure_pa: int):
    assert units.pa_from_hpa(units.hpa_from_pa(pressure_pa)) == pressure_pa


@given(st.floats(-1e6, 1e6))
def test_speeds_survive_the_way_out_and_back(speed: float):
    assert units.kt_from_mps(units.mps_from_kt(speed)) == pytest.approx(speed, rel=1e-15, abs=1e-300)
    assert units.fpm_from_mps(units.mps_from_fpm(speed)) == pytest.approx(speed, rel=1e-15, abs=1e-300)


def test_a_knot_and_a_foot_a_minute_have_their_sizes():
    assert units.mps_from_kt(3_600) == 1_852
    assert units.mps_from_fpm(60_000) == pytest.approx(304.8, rel=1e-15)
    assert units.pa_from_hpa(1013.25) == 101_325
    assert units.ms_from_s(1.5) == 1_500
    assert units.s_from_ms(1_500) == 1.5


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(
    "convert",
    [
        units.mm_from_m,
        units.mm_from_ft,
        units.mm_from_nm,
        units.mps_from_kt,
        units.kt_from_mps,
        units.mps_from_fpm,
        units.fpm_from_mps,
        units.pa_from_hpa,
        units.ms_from_s,
    ],
)
def test_no_conversion_takes_what_is_not_finite(convert, bad: float):
    with pytest.raises(ValueError, match="not a number that can be used"):
        convert(bad)
