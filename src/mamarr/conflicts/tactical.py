"""Which aircraft in flight will come nearer to each other than their minima, if all fly straight on.

A library that stands on its own: arrays in, pairs out. It answers separation alone, never how to meet and
never what to do. Starts no thread: who has a pool gives its `map`, and the compiled part runs outside the
GIL.

Cost: time grows with the aircraft and with how many are near each other, not with the square of all; memory
with the aircraft and the pairs found.
"""

import numpy as np
import numpy.typing as npt

from mamarr.conflicts import tactical_arguments as arguments
from mamarr.conflicts import tactical_kernels as kernels
from mamarr.conflicts.tactical_search import Spread, answered, each, losses

Numbers = npt.NDArray[np.float64]

AIRCRAFT_MAX = 20_000_000  # chosen: what 16 GB hold
COLUMNS = (
    "latitude_deg",
    "longitude_deg",
    "altitude_m",
    "ground_speed_mps",
    "track_deg",
    "vertical_rate_mps",
)


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
    state = rows_of_state(columns, horizontal_m, vertical_m, spread=spread)
    owners = np.arange(len(state))
    pairs, times = losses(state, owners, np.empty((0, 2)), arguments.lookahead(lookahead_s), spread)
    return answered(pairs, times, kernels.sorted_pairs(pairs, len(state)))


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
    state = rows_of_state(columns, horizontal_m, vertical_m)
    if not 0 <= one < len(state):
        raise ValueError(f"one is {one}; there are aircraft at 0 to {len(state) - 1}")
    others = np.delete(np.arange(len(state)), one)
    pairs = np.stack([np.minimum(one, others), np.maximum(one, others)], axis=1)
    return _judged(pairs, state, arguments.lookahead(lookahead_s))


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
    state = rows_of_state(columns, horizontal_m, vertical_m)
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
    return _judged(once, state, arguments.lookahead(lookahead_s))


def rows_of_state(
    columns: tuple[npt.ArrayLike, ...], *minima: npt.ArrayLike, spread: Spread = map
) -> Numbers:
    """A row of numbers for each aircraft, as the kernels know them, of arguments that were looked through."""
    given = arguments.rows_of(COLUMNS, columns, minima)
    if given.shape[1] > AIRCRAFT_MAX:
        raise ValueError(f"latitude_deg has {given.shape[1]} numbers; {AIRCRAFT_MAX} are allowed")
    state = np.empty((given.shape[1], kernels.STATE_COLUMNS))

    def prepare(first: int, last: int) -> None:
        kernels.prepared(given, state, first, last)

    each(spread, len(state), prepare)
    return state


def _judged(pairs: npt.NDArray[np.int64], state: Numbers, lookahead_s: float) -> npt.NDArray[np.void]:
    """The answer about given pairs."""
    found, times = kernels.judged_each(pairs, state, lookahead_s)
    return answered(found, times, kernels.sorted_pairs(found, len(state)))
