"""Levels as filed, what altimeters on QNH mean by them, and heights of pressure surfaces: all said once more.

Of ours it uses nothing: the standard atmosphere is ISO 2533 in its own form and in floats, the bound between
pressure and ellipsoid is read from the table of decisions/0014 in feet, as it stands there.
"""

import math
from typing import Any

import numpy as np

STEPS_MM = {"F": 30_480, "S": 10_000, "A": 30_480, "M": 10_000}  # what a level as filed counts
ON_QNH = ("A", "M")
FT_MM = 304.8
FL_MM = 30_480
SEA_LEVEL_K, SEA_LEVEL_PA = 288.15, 101_325.0
LAPSE_K_PER_M = 0.0065
GAS_J_PER_KG_K, GRAVITY_MPS2 = 287.05287, 9.80665
BOUND_FL = (100, 200, 600)  # below the first as at it; above the last a quarter of the height more
BOUND_BELOW_FT = (5_000, 5_200, 8_500)
BOUND_ABOVE_FT = (2_300, 3_100, 6_500)
BEYOND_RATIO = 0.25

Words = dict[str, Any]


def block_mm(lower: Words, upper: Words, qnh: Words | None) -> tuple[int, int]:
    """The pressure altitudes from one level as filed to another, in whole millimetres outwards.

    qnh: pressures in pascals that altimeters may be set to, where a level is flown on it.
    """
    return math.floor(min(_pressure_mm(lower, qnh))), math.ceil(max(_pressure_mm(upper, qnh)))


def _pressure_mm(level: Words, qnh: Words | None) -> tuple[float, ...]:
    shown_mm = float(level["number"] * STEPS_MM[level["kind"]])
    if level["kind"] not in ON_QNH:
        return (shown_mm,)
    if qnh is None:
        raise ValueError("an altitude was admitted without its QNH")
    return tuple(shown_mm + standard_height_mm(qnh[side]) for side in ("lowest_pa", "highest_pa"))


def standard_height_mm(pressure_pa: float) -> float:
    """The height at which the standard atmosphere has the pressure; negative for more than at sea level.

    The hydrostatic equation over a temperature that falls evenly: ln T falls as R L / g times ln p.
    """
    fallen = GAS_J_PER_KG_K * LAPSE_K_PER_M / GRAVITY_MPS2 * math.log(pressure_pa / SEA_LEVEL_PA)
    return -SEA_LEVEL_K / LAPSE_K_PER_M * math.expm1(fallen) * 1000


def over_ellipsoid_mm(lower_mm: int, highest_mm: int) -> tuple[int, int]:
    """The lowest and the highest height over the ellipsoid that these pressure altitudes may have."""
    return (
        math.ceil(lower_mm - _bound_mm(lower_mm, BOUND_BELOW_FT)),
        math.floor(highest_mm + _bound_mm(highest_mm, BOUND_ABOVE_FT)),
    )


def _bound_mm(pressure_altitude_mm: int, rows_ft: tuple[int, ...]) -> float:
    beyond_mm = max(0.0, float(pressure_altitude_mm - BOUND_FL[-1] * FL_MM))
    within_ft = float(np.interp(pressure_altitude_mm / FL_MM, BOUND_FL, rows_ft))
    return within_ft * FT_MM + beyond_mm * BEYOND_RATIO
