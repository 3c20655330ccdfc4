"""Which aircraft in flight will come nearer to each other than their minima, if all fly straight on.

A library that stands on its own: arrays in, pairs out. It answers separation alone, never how to meet and
never what to do. Starts no thread: who has a pool gives its `map`, and the compiled part runs outside the
GIL.

Cost: time grows with the aircraft and with how many are near each other, not with the square of all; memory
with the aircraft and the pairs found.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from mamarr.conflicts import tactical_kernels as kernels
from mamarr.conflicts.kernels import MEAN_RADIUS_M

Numbers = npt.NDArray[np.float64]
Spread = Callable[..., Iterable[Any]]  # as `map`

AIRCRAFT_MAX = 20_000_000  # chosen: what 16 GB hold
GROUND_SPEED_MAX_MPS = 1_000.0  # chosen: above what flies in the air
VERTICAL_RATE_MAX_MPS = 500.0  # chosen: above what climbs in the air
ALTITUDE_LOWEST_M, ALTITUDE_HIGHEST_M = -1_000.0, 100_000.0  # the ends of a volume: nothing flies beyond them
LOOKAHEAD_MAX_S = 1_800.0  # chosen: straight flight says nothing of later; the plane is right to some 0.1 %
HORIZONTAL_MAX_M = 500_000.0  # chosen: the plane of a pair is right to 0.1 % up to there
VERTICAL_MAX_M = 100_000.0
PARTS = 16  # chosen: shares of the work, so that no thread waits long for another
CUBE_COUNT = 4.0  # chosen: aircraft a cube, where cubes may be larger than they must
SLOW_RATIO = 0.125  # chosen: who reaches less than this of the farthest may lie in smaller cubes
SLOW_MANY_RATIO = 0.25  # chosen: of all; fewer slow ones are not worth a second level

PAIR = np.dtype(
    [
        ("i", np.int64),
        ("j", np.int64),
        ("time_in_s", np.float64),
        ("time_out_s", np.float64),
        ("time_cpa_s", np.float64),
        ("distance_cpa_m", np.float64),
    ]
)
RANGES = {
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-360.0, 360.0),
    "altitude_m": (ALTITUDE_LOWEST_M, ALTITUDE_HIGHEST_M),
    "ground_speed_mps": (0.0, GROUND_SPEED_MAX_MPS),
    "track_deg": (-360.0, 360.0),
    "vertical_rate_mps": (-VERTICAL_RATE_MAX_MPS, VERTICAL_RATE_MAX_MPS),
    "horizontal_m": (0.0, HORIZONTAL_MAX_M),
    "vertical_m": (0.0, VERTICAL_MAX_M),
}


def detect_tactical(
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    altitude_m: npt.ArrayLike,
    ground_speed_mps: npt.ArrayLike,
    track_deg: npt.ArrayLike,
    vertical_rate_mps: npt.ArrayLike,
    *,
    horizontal_m: npt.ArrayLike,
    vertical_m: npt.ArrayLike,
    lookahead_s: float,
    spread: Spread = map,
) -> npt.NDArray[np.void]:
    """All pairs of N aircraft that lose their separation within the look-ahead.

    Six arrays of N numbers: where each is (latitude -90 to 90, longitude -360 to 360), its altitude above
    one surface that is the same for all, its speed over the ground, the direction of it clockwise from true
    north (-360 to 360), and its rate of climb. Speed is along the WGS-84 ellipsoid, as distances are.
    horizontal_m, vertical_m: one number, or one for each aircraft; of a pair the larger counts. lookahead_s:
    above 0, at most LOOKAHEAD_MAX_S. spread: as `map`; with the `map` of a ThreadPoolExecutor its threads
    share the work, and the answer is the same.

    Returns a structured array of PAIR, sorted by (i, j), each pair once, i < j, by their places in the
    arrays. Separation is lost while a pair is nearer than the horizontal minimum and nearer than the
    vertical one, both at once: time_in_s is when that begins (0 when it holds now), below lookahead_s;
    time_out_s when it ends if both fly straight on, infinity when it never does. Exactly as near is
    separated: altitudes and vertical minima are taken in whole millimetres, so that flight levels 1000 ft
    apart are apart by 304.8 m; within a millimetre of the horizontal minimum, where the arithmetic may err,
    a pair is separated too. distance_cpa_m is the least horizontal distance from now on, time_cpa_s when it
    is.

    ValueError names the argument, the place in it, what is there and what is allowed.

    Source: the cylinder and straight flight of state-based detection, as in BlueSky's `cstatebased.cpp`; the
    minimum of |s + v t| and the roots of |s + v t| = d, in the plane of decisions/0036-tactical.md.
    """
    columns = (latitude_deg, longitude_deg, altitude_m, ground_speed_mps, track_deg, vertical_rate_mps)
    given = _given(columns, horizontal_m, vertical_m)
    lookahead_s = _lookahead(lookahead_s)
    state = _state(given, spread)
    if len(state) < 2:
        return np.empty(0, PAIR)
    mid = np.empty((len(state), kernels.MID_COLUMNS), np.float32)
    reach_m = np.empty(len(state))
    least_m = float(given[6].min())
    _each(
        spread,
        len(state),
        lambda first, last: kernels.halfway(state, lookahead_s, least_m, mid, reach_m, first, last),
    )
    cells, sorted_mid, levels = _cells(given, mid, reach_m)
    found = _each(
        spread,
        len(cells[2]),
        lambda first, last: kernels.searched(first, last, cells, sorted_mid, state, lookahead_s, levels),
    )
    pairs, times = (np.concatenate(part) for part in zip(*found, strict=True))
    return _answer(pairs, times, len(state))


def detect_tactical_one(
    one: int,
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    altitude_m: npt.ArrayLike,
    ground_speed_mps: npt.ArrayLike,
    track_deg: npt.ArrayLike,
    vertical_rate_mps: npt.ArrayLike,
    *,
    horizontal_m: npt.ArrayLike,
    vertical_m: npt.ArrayLike,
    lookahead_s: float,
) -> npt.NDArray[np.void]:
    """Those pairs of `detect_tactical` that have the aircraft at place `one`; in time that grows with N."""
    columns = (latitude_deg, longitude_deg, altitude_m, ground_speed_mps, track_deg, vertical_rate_mps)
    state = _state(_given(columns, horizontal_m, vertical_m), map)
    if not 0 <= one < len(state):
        raise ValueError(f"one is {one}; there are aircraft at 0 to {len(state) - 1}")
    others = np.delete(np.arange(len(state)), one)
    pairs = np.stack([np.minimum(one, others), np.maximum(one, others)], axis=1)
    return _judged(pairs, state, _lookahead(lookahead_s))


def detect_tactical_pairs(
    pairs: npt.ArrayLike,
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    altitude_m: npt.ArrayLike,
    ground_speed_mps: npt.ArrayLike,
    track_deg: npt.ArrayLike,
    vertical_rate_mps: npt.ArrayLike,
    *,
    horizontal_m: npt.ArrayLike,
    vertical_m: npt.ArrayLike,
    lookahead_s: float,
) -> npt.NDArray[np.void]:
    """Those pairs of `detect_tactical` that are among `pairs`, (M, 2) places in the arrays, in any order."""
    columns = (latitude_deg, longitude_deg, altitude_m, ground_speed_mps, track_deg, vertical_rate_mps)
    state = _state(_given(columns, horizontal_m, vertical_m), map)
    asked = np.asarray(pairs)
    if asked.ndim != 2 or asked.shape[1] != 2 or asked.dtype.kind not in "iu":
        raise ValueError(
            f"pairs has shape {asked.shape} of {asked.dtype}; (M, 2) of whole numbers is allowed"
        )
    outside = np.flatnonzero(((asked < 0) | (asked >= len(state))).any(axis=1))
    if len(outside):
        row = outside[0]
        raise ValueError(
            f"pairs at {row} is {asked[row].tolist()}; there are aircraft at 0 to {len(state) - 1}"
        )
    same = np.flatnonzero(asked[:, 0] == asked[:, 1])
    if len(same):
        raise ValueError(
            f"pairs at {same[0]} is {asked[same[0]].tolist()}; two different aircraft are allowed"
        )
    once = np.unique(np.sort(asked.astype(np.int64), axis=1), axis=0)
    return _judged(once, state, _lookahead(lookahead_s))


def _given(columns: tuple[npt.ArrayLike, ...], *minima: npt.ArrayLike) -> Numbers:
    """All arguments as rows of one array, looked through."""
    arrays = [_numbers(name, column) for name, column in zip(RANGES, columns, strict=False)]
    count = len(arrays[0])
    for name, array in zip(RANGES, arrays, strict=False):
        if len(array) != count:
            raise ValueError(
                f"{name} has {len(array)} numbers, latitude_deg has {count}; as many are allowed"
            )
    if count > AIRCRAFT_MAX:
        raise ValueError(f"latitude_deg has {count} numbers; {AIRCRAFT_MAX} are allowed")
    given = np.empty((len(RANGES), count))
    for row, array in enumerate(arrays):
        given[row] = array
    for name, row, minimum in zip(("horizontal_m", "vertical_m"), given[len(arrays) :], minima, strict=True):
        one = np.asarray(minimum)
        each = _numbers(name, one.reshape(1) if one.ndim == 0 else minimum)
        if one.ndim and len(each) != count:
            raise ValueError(
                f"{name} has {len(each)} numbers, latitude_deg has {count}; one or as many are allowed"
            )
        row[:] = each
        _within(name, each)
    for name, row in zip(RANGES, given[: len(arrays)], strict=False):
        _within(name, row)
    return given


def _numbers(name: str, column: npt.ArrayLike) -> npt.NDArray[Any]:
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


def _within(name: str, numbers: npt.NDArray[Any]) -> None:
    """ValueError at the first number that is outside its range; NaN is."""
    low, high = RANGES[name]
    outside = np.flatnonzero(~((numbers >= low) & (numbers <= high)))
    if len(outside):
        raise ValueError(f"{name} at {outside[0]} is {numbers[outside[0]]:g}; {low:g} to {high:g} is allowed")


def _lookahead(lookahead_s: float) -> float:
    if not 0.0 < lookahead_s <= LOOKAHEAD_MAX_S:  # NaN fails too
        raise ValueError(
            f"lookahead_s is {lookahead_s:g}; more than 0, at most {LOOKAHEAD_MAX_S:g} is allowed"
        )
    return float(lookahead_s)


def _each(spread: Spread, count: int, work: Callable[[int, int], Any]) -> list[Any]:
    """What `work` answers for the first and last of each share of `count`."""
    parts = 1 if spread is map else PARTS
    edges = [count * part // parts for part in range(parts + 1)]
    return list(spread(work, edges[:-1], edges[1:]))


def _state(given: Numbers, spread: Spread) -> Numbers:
    """A row of numbers for each aircraft, as the kernels know them."""
    state = np.empty((given.shape[1], kernels.STATE_COLUMNS))
    _each(spread, len(state), lambda first, last: kernels.prepared(given, state, first, last))
    return state


def _cells(given: Numbers, mid: npt.NDArray[np.float32], reach_m: Numbers) -> tuple[Any, Any, Any]:
    """The aircraft by cubes, of the size that makes the least work: arguments of `kernels.searched`."""
    widest_m = float(reach_m.max())
    edge_m = max(2.0 * widest_m, kernels.EDGE_MIN_M)
    depth = 1
    doubled = max(0, math.ceil(math.log2(max(1.0, _roomy_m(given) / edge_m))))
    best = kernels.cubes(mid, reach_m, edge_m * 2.0**doubled, widest_m, depth)
    while doubled > 0:
        smaller = kernels.cubes(mid, reach_m, edge_m * 2.0 ** (doubled - 1), widest_m, depth)
        if smaller[-1] > best[-1]:
            break
        best, doubled = smaller, doubled - 1
    if np.count_nonzero(reach_m < SLOW_RATIO * widest_m) > SLOW_MANY_RATIO * len(reach_m):
        layered = kernels.cubes(mid, reach_m, edge_m * 2.0**doubled, widest_m, kernels.LEVELS_MAX)
        best = min(best, layered, key=lambda one: one[-1])
    cube, counts, table, edges_m, has, _ = best
    order, starts, keys, sorted_mid = kernels.grouped(mid, cube, counts, table)
    return (order, starts, keys, table), sorted_mid, (edges_m, has)


def _roomy_m(given: Numbers) -> float:
    """The edge of cubes that have CUBE_COUNT aircraft each, were they spread evenly where they are."""
    latitude, longitude = np.radians(given[0]), np.radians(given[1])
    across = float(np.ptp(longitude)) * (math.sin(float(latitude.max())) - math.sin(float(latitude.min())))
    return MEAN_RADIUS_M * math.sqrt(CUBE_COUNT * across / len(latitude))


def _judged(pairs: npt.NDArray[np.int64], state: Numbers, lookahead_s: float) -> npt.NDArray[np.void]:
    """The answer about given pairs."""
    found, times = kernels.judged_each(pairs, state, lookahead_s)
    return _answer(found, times, len(state))


def _answer(pairs: npt.NDArray[np.int64], times: Numbers, count: int) -> npt.NDArray[np.void]:
    """Pairs and their times as PAIR, sorted."""
    order = kernels.sorted_pairs(pairs, count)
    answer = np.empty(len(pairs), PAIR)
    answer["i"], answer["j"] = pairs[order, 0], pairs[order, 1]
    for column, name in enumerate(("time_in_s", "time_out_s", "time_cpa_s", "distance_cpa_m")):
        answer[name] = times[order, column]
    return answer
