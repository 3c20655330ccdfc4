"""Conflicts in recorded traffic: columns of reports, as the `traffic` library has them, in; pairs out.

A table is anything that gives a column by its name and can say which it has: a pandas or polars DataFrame,
`Traffic.data` of the `traffic` library, a dict of arrays. Nothing of them is imported here.

The columns are those of the `traffic` library, in its units: timestamp (UTC); flight_id, icao24 or callsign;
latitude and longitude (degrees), altitude (feet), groundspeed (knots), track (degrees), vertical_rate (feet a
minute); onground, where there is one.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from mamarr.conflicts import tactical_kernels as kernels
from mamarr.conflicts.tactical import COLUMNS, rows_of_state
from mamarr.conflicts.tactical_arguments import RANGES, lookahead
from mamarr.conflicts.tactical_search import PAIR, losses
from mamarr.geometry.units import m_from_mm, mm_from_ft, mm_from_nm, mps_from_fpm, mps_from_kt

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Say = Callable[[str], object]
Over = Callable[[Iterable[int]], Iterable[int]]

ROWS_MAX = 50_000_000  # chosen: what 16 GB hold
STEPS_MAX = 1_000_000  # chosen: twelve days by the second
HORIZONTAL_M, VERTICAL_M = m_from_mm(mm_from_nm(5)), m_from_mm(mm_from_ft(1_000))  # en route, under radar
LOOKAHEAD_S = 300.0
STALE_S = 30.0  # chosen: two turns of an en-route radar, and some: where an older report puts it nobody knows

TIME, NAMES, GROUND = "timestamp", ("flight_id", "icao24", "callsign"), "onground"
UNITS = {
    "latitude": ("degrees", 1.0),
    "longitude": ("degrees", 1.0),
    "altitude": ("feet", m_from_mm(mm_from_ft(1_000)) / 1_000),
    "groundspeed": ("knots", mps_from_kt(1)),
    "track": ("degrees", 1.0),
    "vertical_rate": ("feet a minute", mps_from_fpm(1)),
}
AS = {  # what `detect_tactical` calls them
    "latitude": "latitude_deg",
    "longitude": "longitude_deg",
    "altitude": "altitude_m",
    "groundspeed": "ground_speed_mps",
    "track": "track_deg",
    "vertical_rate": "vertical_rate_mps",
}
# Columns of other sources for the same thing, whose unit is another: taken for ours they would be wrong.
STRANGERS = {
    "latitude": ("lat",),
    "longitude": ("lon", "lng"),
    "altitude": ("baroaltitude", "baro_altitude", "alt", "alt_baro", "altitude_m", "altitude_ft"),
    "groundspeed": ("velocity", "gs", "speed", "ground_speed", "groundspeed_mps", "ground_speed_mps"),
    "track": ("heading", "true_track", "trk"),
    "vertical_rate": ("vertrate", "baro_rate", "vertical_rate_mps", "vs"),
    TIME: ("time", "hour", "lastposupdate", "last_position"),
}

PAIR_OVER_TIME = np.dtype([("time", "datetime64[ms]"), ("one", "U24"), ("other", "U24"), *PAIR.descr[2:]])
WARNING = np.dtype(
    [
        ("one", "U24"),
        ("other", "U24"),
        ("begins", "datetime64[ms]"),
        ("ends", "datetime64[ms]"),
        ("steps_count", np.int64),
        ("lost_count", np.int64),
        ("time_in_s", np.float64),
        ("distance_cpa_m", np.float64),
    ]
)


class Recorded(msgspec.Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """Reports of aircraft, by aircraft and then by time; N numbers each, as `detect_tactical` takes them.

    time_ms: since 1970, UTC. name: N places in `names`.
    """

    names: tuple[str, ...]
    name: Whole
    time_ms: Whole
    latitude_deg: Numbers
    longitude_deg: Numbers
    altitude_m: Numbers
    ground_speed_mps: Numbers
    track_deg: Numbers
    vertical_rate_mps: Numbers


# What is read


def from_traffic(table: Any, *, say: Say = print) -> dict[str, Numbers]:
    """The six arrays that `detect_tactical` takes, of a table with one row for each aircraft, in its order.

    say: is told the units assumed. ValueError where a column is missing, where one of another source is there
    in its place or beside it, or where a value is none or cannot be.
    """
    has = _looked_at(table, tuple(UNITS))
    say(f"assumed: {_assumed()}")
    first = next(iter(UNITS))
    columns = {name: _numbers(name, table[name], first, len(table[first])) for name in UNITS}
    for name, column in columns.items():
        unknown = np.flatnonzero(np.isnan(column))
        if len(unknown):
            raise ValueError(f"{name} at row {unknown[0]} is not there; leave that aircraft out")
    if GROUND in has and _on_ground(table, len(columns[first])).any():
        raise ValueError(f"{GROUND} says that some are not in flight; leave them out")
    return {AS[name]: column for name, column in columns.items()}


def reports(table: Any, *, say: Say = print) -> Recorded:
    """The reports in a table with many of each aircraft. say: is told the units, and what is left out.

    Left out are rows without a number in one of the columns, rows of who is on the ground, and all but the
    last of several of one aircraft at the same time. ValueError as of `from_traffic`, and where times have no
    zone.
    """
    has = _looked_at(table, (TIME, *UNITS))
    keys = [each for each in NAMES if each in has]
    if not keys:
        raise ValueError(f"no column {', '.join(map(repr, NAMES))}: whose report is it?")
    say(f"assumed: {_assumed()}; {TIME} in UTC")
    time_ms, timed = _times_ms(table[TIME])
    if len(time_ms) > ROWS_MAX:
        raise ValueError(f"{len(time_ms)} rows; {ROWS_MAX} are allowed")
    columns = {name: _numbers(name, table[name], TIME, len(time_ms)) for name in UNITS}
    names, name = _named(table, keys[0], len(time_ms))
    if GROUND in has:
        timed = timed & ~_on_ground(table, len(time_ms))
    is_whole = timed & np.logical_and.reduce([np.isfinite(each) for each in columns.values()]) & (name >= 0)
    order = np.lexsort((np.arange(len(name)), time_ms, name))
    order = order[is_whole[order]]
    again = (name[order][1:] == name[order][:-1]) & (time_ms[order][1:] == time_ms[order][:-1])
    order = np.delete(order, np.flatnonzero(again))
    left_out = len(time_ms) - int(np.count_nonzero(is_whole))
    again_count = np.count_nonzero(again)
    if left_out or again_count:
        say(
            f"left out: {left_out} of {len(time_ms)} rows that lack a value or are on the ground, "
            f"{again_count} that come again"
        )
    return Recorded(
        names=names,
        name=name[order],
        time_ms=time_ms[order],
        latitude_deg=columns["latitude"][order],
        longitude_deg=columns["longitude"][order],
        altitude_m=columns["altitude"][order],
        ground_speed_mps=columns["groundspeed"][order],
        track_deg=columns["track"][order],
        vertical_rate_mps=columns["vertical_rate"][order],
    )


# What we answer


def conflicts_over_time(
    table: Any,
    step_s: float,
    *,
    horizontal_m: float = HORIZONTAL_M,
    vertical_m: float = VERTICAL_M,
    lookahead_s: float = LOOKAHEAD_S,
    stale_s: float = STALE_S,
    say: Say = print,
    over: Over = iter,
) -> npt.NDArray[np.void]:
    """The pairs of `detect_tactical` at each step of the time that a table covers, as PAIR_OVER_TIME.

    table: as of `reports`, or what it answered. step_s: above 0; steps are at its multiples since 1970. At a
    step each aircraft is where its newest report puts it, moved on straight since: what a detector would have
    known then. stale_s: who has reported nothing for so long is not there. one, other: the flight_id, icao24
    or callsign, whichever the table has first; one is the smaller. over: is given the numbers of the steps,
    and says how far it is (`tqdm`, `rich.progress.track`).
    """
    if not step_s > 0:
        raise ValueError(f"step_s is {step_s:g}; more than 0 is allowed")
    if not stale_s >= 0:
        raise ValueError(f"stale_s is {stale_s:g}; 0 or more is allowed")
    ahead_s = lookahead(lookahead_s)
    traffic = table if isinstance(table, Recorded) else reports(table, say=say)
    if len(traffic.time_ms) == 0:
        return np.empty(0, PAIR_OVER_TIME)
    step_ms = round(step_s * 1e3)
    first, last = -(-int(traffic.time_ms.min()) // step_ms), int(traffic.time_ms.max()) // step_ms
    if last - first >= STEPS_MAX:
        raise ValueError(
            f"step_s is {step_s:g}: that makes {last - first + 1} steps; {STEPS_MAX} are allowed"
        )
    names = np.array(traffic.names)
    order = np.argsort(traffic.time_ms, kind="stable")
    time_ms, owner = traffic.time_ms[order], traffic.name[order]
    state = rows_of_state(tuple(getattr(traffic, each)[order] for each in COLUMNS), horizontal_m, vertical_m)
    fields = PAIR.names[2:]  # type: ignore[index]
    found = [np.empty(0, PAIR_OVER_TIME)]
    for step in over(range(first, last + 1)):
        newest = _newest(time_ms, owner, step * step_ms, stale_s)
        moved = np.empty((len(newest), kernels.STATE_COLUMNS))
        kernels.later(state, newest, (step * step_ms - time_ms[newest]) / 1e3, moved)
        pairs, times = losses(moved, owner[newest], np.empty((0, 2)), ahead_s, map)
        if len(pairs) == 0:
            continue
        by = np.lexsort((pairs[:, 1], pairs[:, 0]))
        rows = np.empty(len(pairs), PAIR_OVER_TIME)
        rows["time"] = np.datetime64(step * step_ms, "ms")
        rows["one"], rows["other"] = names[pairs[by, 0]], names[pairs[by, 1]]
        for column, field in enumerate(fields):
            rows[field] = times[by, column]
        found.append(rows)
    return np.concatenate(found)


def warnings_of(pairs: npt.NDArray[np.void], step_s: float) -> npt.NDArray[np.void]:
    """What `conflicts_over_time` answered, each run of steps without a gap as one WARNING, by when it begins.

    begins, ends: the first and last of its steps. lost_count: in how many of them separation was lost, not
    only going to be. time_in_s, distance_cpa_m: the least of all its steps.
    """
    order = np.lexsort((pairs["time"], pairs["other"], pairs["one"]))
    rows = pairs[order]
    if len(rows) == 0:
        return np.empty(0, WARNING)
    goes_on = (rows["one"][1:] == rows["one"][:-1]) & (rows["other"][1:] == rows["other"][:-1])
    goes_on &= np.diff(rows["time"]) <= np.timedelta64(round(step_s * 1e3), "ms")
    firsts = np.concatenate(([0], np.flatnonzero(~goes_on) + 1))
    lasts = np.concatenate((firsts[1:], [len(rows)])) - 1
    found = np.empty(len(firsts), WARNING)
    found["one"], found["other"] = rows["one"][firsts], rows["other"][firsts]
    found["begins"], found["ends"] = rows["time"][firsts], rows["time"][lasts]
    found["steps_count"] = lasts - firsts + 1
    found["lost_count"] = np.add.reduceat((rows["time_in_s"] == 0).astype(np.int64), firsts)
    for field in ("time_in_s", "distance_cpa_m"):
        found[field] = np.minimum.reduceat(rows[field], firsts)
    return found[np.argsort(found["begins"], kind="stable")]


def _newest(time_ms: Whole, owner: Whole, moment_ms: int, stale_s: float) -> Whole:
    """The places of each aircraft's newest report at a moment, of reports in the order of time."""
    earliest_ms = max(moment_ms - stale_s * 1e3, float(time_ms[0]))
    first = time_ms.searchsorted(math.ceil(earliest_ms))  # a float would have all of them copied as floats
    last = time_ms.searchsorted(moment_ms, side="right")
    _, backward = np.unique(owner[first:last][::-1], return_index=True)
    return last - 1 - backward


# How a table is looked at


def _columns(table: Any) -> set[str]:
    names = getattr(table, "columns", None)
    if names is None:
        names = table.keys() if hasattr(table, "keys") else None
    if names is None:
        raise ValueError(f"a {type(table).__name__} is no table; a DataFrame or a dict of columns is allowed")
    return {str(each) for each in names}


def _looked_at(table: Any, wanted: tuple[str, ...]) -> set[str]:
    """The names of the columns; ValueError when one that is wanted is missing or not clear."""
    has = _columns(table)
    _refuse_strangers(has)
    missing = [each for each in wanted if each not in has]
    if missing:
        raise ValueError(f"no column {missing[0]!r}; there are {', '.join(sorted(has))}")
    return has


def _assumed() -> str:
    return ", ".join(f"{name} in {unit}" for name, (unit, _) in UNITS.items())


def _on_ground(table: Any, count: int) -> npt.NDArray[np.bool_]:
    """Which rows are of who is on the ground."""
    column = np.asarray(table[GROUND])
    if column.dtype.kind not in "biu":  # a text "False" would be true, as one that is not empty
        raise ValueError(f"{GROUND} holds {column.dtype}; true and false are allowed")
    if len(column) != count:
        raise ValueError(f"{GROUND} has {len(column)} rows; {count} are allowed")
    return column.astype(np.bool_)


def _refuse_strangers(has: set[str]) -> None:
    for name, strangers in STRANGERS.items():
        found = sorted(set(strangers) & has)
        unit = UNITS[name][0] if name in UNITS else "UTC"
        if found and name in has:
            raise ValueError(
                f"columns {name!r} and {found[0]!r}: which counts? Drop one; {name!r} is in {unit}"
            )
        if found:
            raise ValueError(
                f"column {found[0]!r} says no unit; convert it, and call it {name!r}, which is in {unit}"
            )


def _times_ms(column: Any) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Times since 1970 UTC in milliseconds, and which of them are times."""
    kind = getattr(column, "dtype", None)
    zone = getattr(kind, "tz", None) or getattr(kind, "time_zone", None)
    if zone is not None:
        column = (
            column.dt.tz_convert("UTC").dt.tz_localize(None)
            if hasattr(column.dt, "tz_convert")
            else column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        )
    elif hasattr(column, "dt"):
        raise ValueError(f"{TIME} has no zone; say which, as with .dt.tz_localize('UTC')")
    array = np.asarray(column)
    if array.dtype.kind != "M":
        raise ValueError(
            f"{TIME} holds {array.dtype}; times are allowed, since numbers may be seconds or milliseconds"
        )
    return array.astype("datetime64[ms]").astype(np.int64), ~np.isnat(array)


def _numbers(name: str, column: Any, beside: str, count: int) -> Numbers:
    array = np.asarray(column)
    if array.dtype.kind == "O":  # a column in which something is None
        array = np.array([np.nan if each is None else each for each in array.tolist()])
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name} holds {array.dtype}; real numbers are allowed")
    if len(array) != count:
        raise ValueError(f"{name} has {len(array)} rows, {beside} has {count}; as many are allowed")
    _, factor = UNITS[name]
    low, high = RANGES[AS[name]]
    numbers = array.astype(np.float64) * factor
    outside = np.flatnonzero((numbers < low) | (numbers > high))  # what is no number is left out later
    if len(outside):
        raise ValueError(
            f"{name} at row {outside[0]} is {numbers[outside[0]] / factor:g} {UNITS[name][0]}; "
            f"{low / factor:.0f} to {high / factor:.0f} is allowed"
        )
    return numbers


def _named(table: Any, key: str, count: int) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """The names of a column, and of each row its place among them; -1 where there is none."""
    column = [
        each if isinstance(each, str) and each.strip() else "" for each in np.asarray(table[key]).tolist()
    ]
    if len(column) != count:
        raise ValueError(f"{key} has {len(column)} rows, {TIME} has {count}; as many are allowed")
    names, place = np.unique(np.array(column, dtype=np.str_), return_inverse=True)
    longest = PAIR_OVER_TIME["one"].itemsize // 4
    if names.size and names.dtype.itemsize // 4 > longest:
        raise ValueError(f"{key} has a name of more than {longest} letters")
    if names.size and names[0] == "":
        return tuple(names[1:].tolist()), place - 1
    return tuple(names.tolist()), place
