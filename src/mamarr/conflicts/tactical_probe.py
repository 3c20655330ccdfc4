"""Which flights will come nearer to each other than their minima along what they plan: levels and turns.

Time is cut into slots of SLOT_S. In a slot a flight flies pieces of its legs, and two pieces are judged as
`detect_tactical` judges two aircraft, within the time in which both are flown.
"""

import math

import numpy as np
import numpy.typing as npt

from mamarr.conflicts import tactical_arguments as arguments
from mamarr.conflicts import tactical_kernels as kernels
from mamarr.conflicts.kernels import MEAN_RADIUS_M
from mamarr.conflicts.tactical_search import Spread, Whole, answered, losses
from mamarr.geometry import geodesy

Numbers = npt.NDArray[np.float64]

SLOT_S = 120.0  # chosen: long enough for few slots, short enough that few flights reach each other in one
LOOKAHEAD_MAX_S = 86_400.0  # chosen: a day
LEG_MAX_M = 300_000.0  # chosen: over longer ones points of the geodesic are put between
JOIN_S = 0.1  # chosen: two losses of one pair that are nearer in time are one, judged in two planes
COLUMNS = ("time_s", "latitude_deg", "longitude_deg", "altitude_m")


def probe(
    flight: npt.ArrayLike,
    time_s: npt.ArrayLike,
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    altitude_m: npt.ArrayLike,
    *,
    horizontal_m: npt.ArrayLike,
    vertical_m: npt.ArrayLike,
    lookahead_s: float = 1_200.0,
    spread: Spread = map,
) -> npt.NDArray[np.void]:
    """When flights lose their separation along their planned trajectories, within the look-ahead.

    Arrays of P points, a flight's points beside each other and in the order of time: flight (a whole number
    of your choice), when from now it will be there, where, and its altitude. Between two points it flies
    along a geodesic, at one speed and one rate of climb; before its first and after its last it is not in
    the air. horizontal_m, vertical_m: one number, or one for each point, which holds for the leg that begins
    there; of two the larger counts. lookahead_s: above 0, at most LOOKAHEAD_MAX_S. spread: as of
    `detect_tactical`.

    Returns a structured array of PAIR, sorted by (i, j, time_in_s): i < j are flights, and each row one
    stretch of time in which they are too near, by the rule of `detect_tactical`; a pair may have several.
    time_in_s is 0 when it holds now; time_out_s is at most the end of the look-ahead. time_cpa_s and
    distance_cpa_m are of the nearest in that time.

    ValueError names the argument, the place in it, what is there and what is allowed.
    """
    highest_s = arguments.lookahead(lookahead_s, LOOKAHEAD_MAX_S)
    columns = (time_s, latitude_deg, longitude_deg, altitude_m)
    given = arguments.rows_of(COLUMNS, columns, (horizontal_m, vertical_m))
    flights = _flights(flight, given)
    given, flights, origins = _densified(given, flights)
    begins = np.flatnonzero(flights[:-1] == flights[1:])
    begins = begins[(given[0, begins] < highest_s) & (given[0, begins + 1] > 0.0)]
    state = np.empty((len(begins), kernels.STATE_COLUMNS))
    kernels.legs(given, begins, state)
    _flown(state, origins[begins])
    pairs, times = [np.empty((0, 2), np.int64)], [np.empty((0, kernels.TIMES_COLUMNS))]
    for slot in range(math.ceil(highest_s / SLOT_S)):
        from_s, until_s = slot * SLOT_S, min(highest_s, (slot + 1) * SLOT_S)
        which = np.flatnonzero((given[0, begins] < until_s) & (given[0, begins + 1] > from_s))
        pieces = np.empty((len(which), kernels.STATE_COLUMNS))
        kernels.later(state, which, from_s - given[0, begins[which]], pieces)
        spans = np.stack([given[0, begins[which]], given[0, begins[which] + 1]], axis=1)
        spans = np.clip(spans, from_s, until_s) - from_s
        found, when = losses(pieces, flights[begins[which]], spans, SLOT_S, spread)
        when[:, : kernels.DISTANCE_CPA] += from_s
        pairs.append(found)
        times.append(when)
    return _joined(np.concatenate(pairs), np.concatenate(times))


def _flights(flight: npt.ArrayLike, given: Numbers) -> Whole:
    """The flights of the points; ValueError when their points are not beside each other, in order of time."""
    column = arguments.numbers("flight", flight)
    if column.dtype.kind not in "iu" and len(column):
        raise ValueError(f"flight holds {column.dtype}; whole numbers are allowed")
    if len(column) != given.shape[1]:
        raise ValueError(
            f"flight has {len(column)} numbers, time_s has {given.shape[1]}; as many are allowed"
        )
    flights = column.astype(np.int64)
    changes = np.flatnonzero(flights[1:] != flights[:-1]) + 1
    firsts = np.concatenate([np.zeros(min(1, len(flights)), np.int64), changes])
    _, counts = np.unique(flights[firsts], return_counts=True)
    if (counts > 1).any():
        repeated = next(at for at in firsts if flights[at] in flights[:at])
        raise ValueError(
            f"flight at {repeated} is {flights[repeated]} again; its points must be beside each other"
        )
    lengths = np.diff(np.concatenate([firsts, [len(flights)]]))
    if (lengths < 2).any():
        alone = firsts[np.flatnonzero(lengths < 2)[0]]
        raise ValueError(
            f"flight at {alone} is {flights[alone]}, which has one point; two or more are allowed"
        )
    backward = np.flatnonzero((flights[1:] == flights[:-1]) & (np.diff(given[0]) <= 0.0)) + 1
    if len(backward):
        at = backward[0]
        raise ValueError(
            f"time_s at {at} is {given[0, at]:g}, not after {given[0, at - 1]:g} of the point before"
        )
    return flights


def _densified(given: Numbers, flights: Whole) -> tuple[Numbers, Whole, Whole]:
    """The points, with points of the geodesic between those far apart, and which point each comes from."""
    origins = np.arange(len(flights))
    latitude, longitude = np.radians(given[1]), np.radians(given[2])
    cosine = np.sin(latitude[:-1]) * np.sin(latitude[1:])
    cosine += np.cos(latitude[:-1]) * np.cos(latitude[1:]) * np.cos(np.diff(longitude))
    roughly_m = np.arccos(np.clip(cosine, -1.0, 1.0)) * MEAN_RADIUS_M
    far = (roughly_m > 0.99 * LEG_MAX_M) & (flights[:-1] == flights[1:])
    if not far.any():
        return given, flights, origins
    parts, counts = [], []
    for at in origins:
        points = [given[:, at]]
        if at < len(far) and far[at]:
            points += _between(given[:, at], given[:, at + 1])
        parts += points
        counts.append(len(points))
    return np.array(parts).T.copy(), np.repeat(flights, counts), np.repeat(origins, counts)


def _between(start: Numbers, end: Numbers) -> list[Numbers]:
    """Points between two, of the same columns, that cut the geodesic into legs of at most LEG_MAX_M."""
    ends = [
        (
            float(point[1]),
            float((point[2] + geodesy.LONGITUDE_MAX_DEG) % geodesy.TURN_DEG) - geodesy.LONGITUDE_MAX_DEG,
        )
        for point in (start, end)
    ]
    length_m, azimuth_deg = geodesy.distance_m(*ends[0], *ends[1]), geodesy.bearing_deg(*ends[0], *ends[1])
    count, between = math.ceil(length_m / LEG_MAX_M), []
    for part in range(1, count):
        point = start + (end - start) * (part / count)
        point[1], point[2] = geodesy.destination(*ends[0], azimuth_deg, length_m * part / count)
        point[4:] = start[4:]
        between.append(point)
    return between


def _flown(state: Numbers, begins: Whole) -> None:
    """ValueError when a leg is flown faster than anything flies. begins: the point from which each flies."""
    for column, highest, name in (
        (kernels.SPEED, arguments.GROUND_SPEED_MAX_MPS, "flown at"),
        (kernels.RATE, 1e3 * arguments.VERTICAL_RATE_MAX_MPS, "climbed or descended at"),
    ):
        fast = np.flatnonzero(np.abs(state[:, column]) > highest)
        if len(fast):
            scale = 1.0 if column == kernels.SPEED else 1e-3
            raise ValueError(
                f"time_s at {begins[fast[0]] + 1}: the leg to that point is {name} "
                f"{abs(state[fast[0], column]) * scale:.0f} m/s; {highest * scale:g} m/s is allowed"
            )


def _joined(pairs: Whole, times: Numbers) -> npt.NDArray[np.void]:
    """The answer: stretches of one pair that follow each other at once are one."""
    order = np.lexsort((times[:, kernels.TIME_IN], pairs[:, 1], pairs[:, 0]))
    rows = answered(pairs, times, order)
    if not len(rows):
        return rows
    another = (rows["i"][1:] != rows["i"][:-1]) | (rows["j"][1:] != rows["j"][:-1])
    later = rows["time_in_s"][1:] > rows["time_out_s"][:-1] + JOIN_S
    firsts = np.concatenate([[0], np.flatnonzero(another | later) + 1])
    joined: npt.NDArray[np.void] = rows[firsts].copy()
    joined["time_out_s"] = np.maximum.reduceat(rows["time_out_s"], firsts)
    group = np.zeros(len(rows), np.int64)
    group[firsts[1:]] = 1
    nearest = np.lexsort((rows["distance_cpa_m"], np.cumsum(group)))[firsts]
    for name in ("time_cpa_s", "distance_cpa_m"):
        joined[name] = rows[name][nearest]
    return joined
