"""What may be asked about aircraft in flight: columns of numbers, each in its range, or a sentence."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

GROUND_SPEED_MAX_MPS = 1_000.0  # chosen: above what flies in the air
VERTICAL_RATE_MAX_MPS = 500.0  # chosen: above what climbs in the air
ALTITUDE_LOWEST_M, ALTITUDE_HIGHEST_M = -1_000.0, 100_000.0  # the ends of a volume: nothing flies beyond them
HORIZONTAL_MAX_M = 500_000.0  # chosen: the plane of a pair is right to 0.1 % up to there
VERTICAL_MAX_M = 100_000.0
LOOKAHEAD_MAX_S = 1_800.0  # chosen: straight flight says nothing of later
TIME_MAX_S = 604_800.0  # chosen: a week, in which a millisecond is kept

RANGES = {
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-360.0, 360.0),
    "altitude_m": (ALTITUDE_LOWEST_M, ALTITUDE_HIGHEST_M),
    "ground_speed_mps": (0.0, GROUND_SPEED_MAX_MPS),
    "track_deg": (-360.0, 360.0),
    "vertical_rate_mps": (-VERTICAL_RATE_MAX_MPS, VERTICAL_RATE_MAX_MPS),
    "horizontal_m": (0.0, HORIZONTAL_MAX_M),
    "vertical_m": (0.0, VERTICAL_MAX_M),
    "time_s": (-TIME_MAX_S, TIME_MAX_S),
}


def rows_of(
    names: Sequence[str], columns: Sequence[npt.ArrayLike], minima: Sequence[npt.ArrayLike]
) -> Numbers:
    """All arguments as rows of one array: the columns, then the two minima, one number or a column each.

    ValueError when a column is not one of numbers in its RANGES, or has another length than the first.
    """
    arrays = [numbers(name, column) for name, column in zip(names, columns, strict=True)]
    first, count = names[0], len(arrays[0])
    for name, array in zip(names, arrays, strict=True):
        if len(array) != count:
            raise ValueError(f"{name} has {len(array)} numbers, {first} has {count}; as many are allowed")
        within(name, array)
    given = np.empty((len(names) + 2, count))
    for row, array in zip(given, arrays, strict=False):
        row[:] = array
    for name, row, minimum in zip(("horizontal_m", "vertical_m"), given[len(names) :], minima, strict=True):
        is_one = np.ndim(minimum) == 0
        each = numbers(name, np.reshape(np.asarray(minimum), 1) if is_one else minimum)
        if not is_one and len(each) != count:
            raise ValueError(
                f"{name} has {len(each)} numbers, {first} has {count}; one or as many are allowed"
            )
        within(name, each)
        row[:] = each
    return given


def numbers(name: str, column: npt.ArrayLike) -> npt.NDArray[Any]:
    """A column as an array; ValueError when it is not one of numbers, or some of it are masked."""
    if isinstance(column, np.ma.MaskedArray) and np.ma.is_masked(column):
        raise ValueError(f"{name} has masked numbers; leave those aircraft out")
    try:
        array = np.asarray(column)
    except ValueError as ragged:
        raise ValueError(f"{name} is not one row of numbers: {ragged}") from ragged
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; one row of numbers is allowed")
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name} holds {array.dtype}; real numbers are allowed")
    return array


def within(name: str, column: npt.NDArray[Any]) -> None:
    """ValueError at the first number that is outside its range; NaN is."""
    low, high = RANGES[name]
    outside = np.flatnonzero(~((column >= low) & (column <= high)))
    if len(outside):
        raise ValueError(f"{name} at {outside[0]} is {column[outside[0]]:g}; {low:g} to {high:g} is allowed")


def lookahead(lookahead_s: float, highest_s: float = LOOKAHEAD_MAX_S) -> float:
    """The look-ahead; ValueError when it is not above 0, or above the highest."""
    if not 0.0 < lookahead_s <= highest_s:  # NaN fails too
        raise ValueError(f"lookahead_s is {lookahead_s:g}; more than 0, at most {highest_s:g} is allowed")
    return float(lookahead_s)
