"""Levels and heights said once more agree with published tables, and bind no more than what they judge."""

import pytest

from mamarr.geometry.altitude import Datum, Qnh, ellipsoid_band_mm, filed_band, filed_level
from mamarr.simulation.heights import FL_MM, FT_MM, block_mm, over_ellipsoid_mm, standard_height_mm


@pytest.mark.parametrize(
    ("pressure_hpa", "height_m"),  # geopotential heights of the standard atmosphere, ISO 2533
    [(1013.25, 0), (1000, 110.9), (950, 540.3), (850, 1457.3), (700, 3012.2), (500, 5574.4), (300, 9163.9)],
)
def test_pressures_are_at_the_heights_of_the_standard_atmosphere(pressure_hpa: float, height_m: float):
    assert standard_height_mm(pressure_hpa * 100) / 1000 == pytest.approx(height_m, abs=0.1)


@pytest.mark.parametrize("qnh", [(87_000, 87_000), (98_000, 99_500), (101_325, 101_325), (108_400, 108_400)])
@pytest.mark.parametrize(("lower", "upper"), [("A045", "A060"), ("M0840", "M0840"), ("A100", "F200")])
def test_a_block_is_the_block_that_was_filed(lower: str, upper: str, qnh: tuple[int, int]):
    named = {"lowest_pa": qnh[0], "highest_pa": qnh[1]}
    said = [{"kind": text[0], "number": int(text[1:])} for text in (lower, upper)]
    band = filed_band(filed_level(lower), filed_level(upper), qnh=Qnh(**named))
    assert block_mm(*said, named) == (band.lower_mm, band.upper_mm)


def test_an_altitude_needs_its_qnh():
    level = {"kind": "A", "number": 45}
    with pytest.raises(ValueError, match="QNH"):
        block_mm(level, level, None)


@pytest.mark.parametrize(
    ("level", "below_ft", "above_ft"),  # decisions/0014-altitude-bounds.md
    [(0, 5_000, 2_300), (100, 5_000, 2_300), (200, 5_200, 3_100), (300, 6_025, 3_950), (400, 6_850, 4_800)],
)
def test_a_pressure_surface_lies_within_the_stated_bound(level: int, below_ft: int, above_ft: int):
    lowest_mm, highest_mm = over_ellipsoid_mm(level * FL_MM, level * FL_MM)
    assert (level * FL_MM - lowest_mm) / FT_MM == pytest.approx(below_ft, abs=0.01)
    assert (highest_mm - level * FL_MM) / FT_MM == pytest.approx(above_ft, abs=0.01)


@pytest.mark.parametrize("lower_mm", range(3_000_000, 30_000_000, 1_234_567))
def test_the_bound_is_never_wider_than_the_one_that_is_judged(lower_mm: int):
    lowest_mm, highest_mm = over_ellipsoid_mm(lower_mm, lower_mm + 777)
    judged_lowest_mm, judged_highest_mm = ellipsoid_band_mm(Datum.STD, lower_mm, lower_mm + 777)
    assert 0 <= lowest_mm - judged_lowest_mm <= 1
    assert 0 <= judged_highest_mm - highest_mm <= 1
