"""Tables of aircraft with the columns of the `traffic` library: feet, knots and feet a minute, made SI.

A table is whatever has columns by name: a pandas or polars DataFrame, or a dict of arrays. Neither is
imported.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from mamarr.conflicts import tactical_arguments as arguments
from mamarr.conflicts import tactical_kernels as kernels
from mamarr.conflicts.tactical import COLUMNS, rows_of_state
from mamarr.conflicts.tactical_search import PAIR, Spread, Whole, answered, losses
from mamarr.geometry import units

Say = Callable[[str], Any]

M_PER_FOOT_RATIO = units.m_from_mm(units.mm_from_ft(10_000.0)) / 10_000.0  # 0.3048
MPS_PER_KNOT_RATIO = units.mps_from_kt(1.0)
MPS_PER_FOOT_A_MINUTE_RATIO = units.mps_from_fpm(1.0)
HORIZONTAL_M, VERTICAL_M, LOOKAHEAD_S = 9_260.0, 304.8, 300.0  # 5 NM, 1000 ft, 5 minutes
STEP_MIN_S, STEP_MAX_S = 0.1, 3_600.0  # chosen: a report of an hour ago says nothing of now

TAKEN = {  # what is read, how it is named in what it becomes, and what one of it is there
    "latitude": ("latitude_deg", 1.0, "degrees"),
    "longitude": ("longitude_deg", 1.0, "degrees"),
    "altitude": ("altitude_m", M_PER_FOOT_RATIO, "feet"),
    "groundspeed": ("ground_speed_mps", MPS_PER_KNOT_RATIO, "knots"),
    "track": ("track_deg", 1.0, "degrees from true north"),
    "vertical_rate": ("vertical_rate_mps", MPS_PER_FOOT_A_MINUTE_RATIO, "feet a minute"),
}
ALIKE = {  # other names of the same, whose units are other ones, or not known
    "latitude": ("lat", "latitude_deg"),
    "longitude": ("lon", "lng", "long", "longitude_deg"),
    "altitude": ("alt", "baroaltitude", "altitude_ft", "altitude_m"),
    "groundspeed": ("gs", "speed", "velocity", "ground_speed", "groundspeed_kt", "ground_speed_mps"),
    "track": ("trk", "course", "track_deg"),
    "vertical_rate": ("vs", "vertrate", "vertical_speed", "vertical_rate_mps"),
}
NAMES = ("flight_id", "icao24")  # of an aircraft: the first that is there
NAMELESS = ("", "nan", "None", "<NA>")  # what a missing name becomes as text
SEEN = np.dtype([("moment", "datetime64[ms]"), ("first", "U32"), ("second", "U32"), *PAIR.descr[2:]])


def from_traffic(df: Any, *, say: Say = print) -> dict[str, npt.NDArray[np.float64]]:
    """The six arrays that `detect_tactical` takes, of a table with one row for each aircraft.

    df: has the columns latitude, longitude, altitude, groundspeed, track and vertical_rate. say: is told the
    units that are assumed. Rows keep their order, so that the places in an answer are those in the table.

    ValueError when a column is missing, is there under a second name too, or has something that is no number.
    """
    columns = _columns(df)
    given = {}
    for name, (becomes, ratio, _) in TAKEN.items():
        _clear(name, columns)
        given[becomes] = ratio * _numbers(name, df)
    told = ", ".join(f"{name} {unit}" for name, (_, _, unit) in TAKEN.items())
    say(f"assumed units: {told}; altitudes above one surface, the same for all")
    return given


def conflicts_over_time(
    df: Any,
    step_s: float,
    *,
    horizontal_m: float = HORIZONTAL_M,
    vertical_m: float = VERTICAL_M,
    lookahead_s: float = LOOKAHEAD_S,
    say: Say = print,
    progress: Callable[[int, int], Any] | None = None,
    spread: Spread = map,
) -> npt.NDArray[np.void]:
    """What `detect_tactical` would have answered each `step_s` seconds, of a table of reports.

    df: as of `from_traffic`, with the columns timestamp (moments; without a zone they are UTC) and flight_id
    or icao24. At each moment an aircraft is where its newest report of the last `step_s` seconds puts it,
    moved on since. Reports without a name, position, altitude, speed, track or rate are left out, as are
    those with `onground`; say: is told how many, and the units assumed. progress: is told how many moments of
    all are done.

    Returns a structured array of SEEN, in the order of moments and names: the moment, both names, the smaller
    first, and the times from that moment on, as of `detect_tactical`.

    ValueError as of `from_traffic`, and when `step_s` is not between STEP_MIN_S and STEP_MAX_S.
    """
    if not STEP_MIN_S <= step_s <= STEP_MAX_S:  # NaN fails too
        raise ValueError(f"step_s is {step_s:g}; {STEP_MIN_S:g} to {STEP_MAX_S:g} is allowed")
    lookahead_s = arguments.lookahead(lookahead_s)
    given, moments, names = from_traffic(df, say=say), _moments(df), _names(df)
    whole = np.isfinite(np.array(list(given.values()))).all(axis=0) & ~np.isnat(moments)
    whole &= ~_on_ground(df) & ~np.isin(names, NAMELESS)
    if not whole.all():
        missing = np.count_nonzero(~whole)
        say(f"{missing} of {len(whole)} reports are incomplete or on the ground, and left out")
    for name in COLUMNS:  # while places are still those in the table
        arguments.within(name, np.where(whole, given[name], 0.0))
    order = np.flatnonzero(whole)[np.argsort(moments[whole], kind="stable")]
    state = rows_of_state(tuple(given[name][order] for name in COLUMNS), horizontal_m, vertical_m)
    known, owners = np.unique(names[order], return_inverse=True)
    found = [np.empty(0, SEEN)]
    begun, seconds = _seconds(moments[order])
    for moment_s, newest in _newest(seconds, owners, step_s, progress):
        flown = np.empty((len(newest), kernels.STATE_COLUMNS))
        kernels.later(state, newest, moment_s - seconds[newest], flown)
        pairs, times = losses(flown, owners[newest], np.empty((0, 2)), lookahead_s, spread)
        found.append(_seen(begun, moment_s, known, pairs, times))
    return np.concatenate(found)


def _seen(
    begun: np.datetime64, moment_s: float, known: npt.NDArray[Any], pairs: Whole, times: npt.NDArray[Any]
) -> npt.NDArray[np.void]:
    """Pairs of one moment, with names."""
    told = answered(pairs, times, kernels.sorted_pairs(pairs, len(known)))
    rows = np.empty(len(told), SEEN)
    rows["moment"] = begun + np.timedelta64(round(moment_s * 1e3), "ms")
    rows["first"], rows["second"] = known[told["i"]], known[told["j"]]
    for name, *_ in PAIR.descr[2:]:
        rows[name] = told[name]
    return rows


def _newest(
    seconds: npt.NDArray[Any], owners: Whole, step_s: float, progress: Callable[[int, int], Any] | None
) -> Iterator[tuple[float, Whole]]:
    """Each moment, and the newest report of each aircraft in the `step_s` before; reports in order."""
    count = int(np.ceil(seconds[-1] / step_s)) + 1 if len(seconds) else 0
    for step in range(count):
        moment_s = step * step_s
        first, last = np.searchsorted(seconds, [moment_s - step_s, moment_s], side="right")
        _, backward = np.unique(owners[first:last][::-1], return_index=True)
        if len(backward):
            yield moment_s, last - 1 - backward
        if progress is not None:
            progress(step + 1, count)


def _columns(df: Any) -> list[str]:
    return list(df.columns if hasattr(df, "columns") else df.keys())


def _clear(name: str, columns: list[str]) -> None:
    """ValueError when a column is not there, or is there twice."""
    alike = [other for other in columns if other != name and str(other).lower() in (name, *ALIKE[name])]
    if name in columns and not alike and columns.count(name) == 1:
        return
    unit = TAKEN[name][2]
    if name not in columns:
        beside = f"; {alike[0]} is there, of which the unit is not known" if alike else ""
        raise ValueError(f"the column {name} is missing{beside}: a column {name} in {unit} is needed")
    second = alike[0] if alike else name
    raise ValueError(f"the columns {name} and {second} are both there: leave one, {name} in {unit}")


def _numbers(name: str, df: Any) -> npt.NDArray[np.float64]:
    try:
        column = np.asarray(df[name], dtype=np.float64)
    except (TypeError, ValueError) as wrong:
        raise ValueError(f"the column {name} has something that is no number: {wrong}") from wrong
    if column.ndim != 1:
        raise ValueError(f"the column {name} has shape {column.shape}; one row of numbers is needed")
    return column


def _moments(df: Any) -> npt.NDArray[np.datetime64]:
    """The column timestamp in UTC; of a pandas column with a zone, which numpy does not know, by pandas."""
    if "timestamp" not in _columns(df):
        raise ValueError("the column timestamp is missing")
    column = df["timestamp"]
    has_zone = getattr(getattr(column, "dtype", None), "tz", None) is not None
    moments = column.to_numpy(dtype="datetime64[ms]") if has_zone else np.asarray(column)
    if moments.dtype.kind != "M":
        raise ValueError(f"the column timestamp holds {moments.dtype}; moments (datetime64) are needed")
    return moments.astype("datetime64[ms]")


def _seconds(moments: npt.NDArray[np.datetime64]) -> tuple[np.datetime64, npt.NDArray[np.float64]]:
    """The first moment, and the seconds of each since then."""
    begun = moments[0] if len(moments) else np.datetime64(0, "ms")
    return begun, (moments - begun) / np.timedelta64(1, "s")


def _names(df: Any) -> npt.NDArray[Any]:
    """What each aircraft is called."""
    for name in NAMES:
        if name in _columns(df):
            return np.asarray(df[name]).astype("U32")
    raise ValueError(f"no column says whose report it is: {' or '.join(NAMES)} is needed")


def _on_ground(df: Any) -> npt.NDArray[np.bool_]:
    """Which reports are from the ground."""
    if "onground" not in _columns(df):
        return np.zeros(len(df["latitude"]), np.bool_)
    column = np.asarray(df["onground"])
    if column.dtype.kind not in "biu":  # a text "False" would be true, as one that is not empty
        raise ValueError(f"the column onground holds {column.dtype}; true and false are needed")
    return column.astype(np.bool_)
