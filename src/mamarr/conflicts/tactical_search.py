"""Which pairs of aircraft `tactical_kernels` judges: cubes of the right size, and who shares the work."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from mamarr.conflicts import tactical_kernels as kernels

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Spread = Callable[..., Iterable[Any]]  # as `map`

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


def each(spread: Spread, count: int, work: Callable[[int, int], Any]) -> list[Any]:
    """What `work` answers for the first and last of each share of `count`."""
    parts = 1 if spread is map else PARTS
    edges = [count * part // parts for part in range(parts + 1)]
    return list(spread(work, edges[:-1], edges[1:]))


def losses(
    state: Numbers, owners: Whole, spans: Numbers, lookahead_s: float, spread: Spread
) -> tuple[Whole, Numbers]:
    """The pairs that lose their separation, (M, 2) owners with the smaller first, and their times, (M, 4).

    state: a row for each aircraft. owners: whose row it is. spans: (N, 2) from when until when each row
    holds, not two of one owner at once; or (0, 2) when all do.
    """
    if len(state) < 2:
        return np.empty((0, 2), np.int64), np.empty((0, kernels.TIMES_COLUMNS))
    mid = np.empty((len(state), kernels.MID_COLUMNS), np.float32)
    reach_m = np.empty(len(state))
    least_m = float(state[:, kernels.HORIZONTAL].min())

    def halve(first: int, last: int) -> None:
        kernels.halfway(state, lookahead_s, least_m, mid, reach_m, first, last)

    each(spread, len(state), halve)
    order, starts, keys, table, levels = cells(mid, reach_m)
    sorted_mid = np.empty_like(mid)

    def gather(first: int, last: int) -> None:
        kernels.gathered(order, mid, sorted_mid, first, last)

    each(spread, len(state), gather)
    known = starts, keys, table

    def search(first: int, last: int) -> tuple[Whole, Numbers]:
        near = kernels.searched(first, last, known, sorted_mid, lookahead_s, levels)
        found: tuple[Whole, Numbers] = kernels.judged_each(order[near], owners, state, lookahead_s, spans)
        return found

    pairs, times = zip(*each(spread, len(keys), search), strict=True)
    return np.concatenate(pairs), np.concatenate(times)


def cells(mid: npt.NDArray[np.float32], reach_m: Numbers) -> tuple[Any, ...]:
    """The aircraft by cubes, of the size that makes the least work: what `kernels.searched` needs of them."""
    widest_m = float(reach_m.max())
    edge_m = max(2.0 * widest_m, kernels.EDGE_MIN_M)
    doubled = max(0, math.ceil(math.log2(max(1.0, roomy_m(mid) / edge_m))))
    best = kernels.cubes(mid, reach_m, edge_m * 2.0**doubled, widest_m, 1)
    while doubled > 0:
        smaller = kernels.cubes(mid, reach_m, edge_m * 2.0 ** (doubled - 1), widest_m, 1)
        if smaller[-1] > best[-1]:
            break
        best, doubled = smaller, doubled - 1
    if np.count_nonzero(reach_m < SLOW_RATIO * widest_m) > SLOW_MANY_RATIO * len(reach_m):
        layered = kernels.cubes(mid, reach_m, edge_m * 2.0**doubled, widest_m, kernels.LEVELS_MAX)
        best = min(best, layered, key=lambda one: float(one[-1]))
    cube, counts, table, edges_m, has, _ = best
    keys = kernels.keys_of(table, len(counts))
    by_key = np.argsort(keys)
    rank = np.empty_like(by_key)
    rank[by_key] = np.arange(len(by_key))
    order, starts = kernels.grouped(cube, counts, table, rank)
    return order, starts, keys[by_key], table, (edges_m, has)


def roomy_m(mid: npt.NDArray[np.float32]) -> float:
    """The edge of cubes that have CUBE_COUNT aircraft each, were they spread evenly where they are."""
    sides_m = sorted(float(np.ptp(mid[:, axis])) for axis in range(3))  # all axes in one call take longer
    return math.sqrt(CUBE_COUNT * sides_m[1] * sides_m[2] / len(mid))


def answered(pairs: Whole, times: Numbers, order: Whole) -> npt.NDArray[np.void]:
    """Pairs and their times as PAIR, in the order given."""
    answer = np.empty(len(pairs), PAIR)
    answer["i"], answer["j"] = pairs[order, 0], pairs[order, 1]
    for column, name in enumerate(PAIR.names[2:]):  # type: ignore[index]
        answer[name] = times[order, column]
    return answer
