"""`mamarr conflicts`: which aircraft of a file of reports will come too close, for a person."""

import csv
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from mamarr.conflicts import SEEN, conflicts_over_time
from mamarr.faults import Unavailable
from mamarr.geometry import units
from mamarr.interop.wire import safe

ROWS_SHOWN_MAX = 100  # chosen: what a person looks through; --to has all
NUMBERS = frozenset({"latitude", "longitude", "altitude", "groundspeed", "track", "vertical_rate"})
TRUE, FALSE = frozenset({"true", "1"}), frozenset({"false", "0", ""})


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to look at. horizontal_m, vertical_m: the minima. to: where to write all rows as CSV, or None."""

    file: Path
    step_s: float
    horizontal_m: float
    vertical_m: float
    lookahead_s: float
    to: Path | None = None


def looked_for(asked: Asked, errors: Console) -> npt.NDArray[np.void]:
    """All pairs at all moments of the file, with a progress bar.

    ValueError for a file that has not what is needed, Unavailable when it cannot be read.
    """
    table = read_reports(asked.file)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("moments", total=None)
        return conflicts_over_time(
            table,
            asked.step_s,
            horizontal_m=asked.horizontal_m,
            vertical_m=asked.vertical_m,
            lookahead_s=asked.lookahead_s,
            say=lambda line: errors.print(Text(line)),
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )


def read_reports(file: Path) -> dict[str, Any]:
    """The columns of a CSV file, by the names in its first line. An empty number is a missing one.

    ValueError says the line and the column of what cannot be read; Unavailable: the file cannot.
    """
    if file.suffix.lower() not in (".csv", ".txt"):
        raise ValueError(f"{file.name!r} is not read: only CSV is, with names of columns in its first line")
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines)
            names = next(reader, [])
            rows: list[list[Any]] = [[] for _ in names]
            for row in reader:
                if len(row) != len(names):
                    raise ValueError(f"line {reader.line_num} has {len(row)} columns, the first {len(names)}")
                for name, text, column in zip(names, row, rows, strict=True):
                    column.append(_value(name, text, reader.line_num))
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise Unavailable(f"{file} cannot be read: {wrong}") from wrong
    if len(set(names)) < len(names):
        raise ValueError("two columns have one name")
    table = {name: np.array(column) for name, column in zip(names, rows, strict=True)}
    if "timestamp" in table:
        table["timestamp"] = table["timestamp"].astype("datetime64[ms]")
    return table


def _value(name: str, text: str, line: int) -> Any:
    """One field as what its column holds."""
    if name in NUMBERS:
        try:
            return float(text) if text.strip() else math.nan
        except ValueError as wrong:
            raise ValueError(f"line {line}: {name} {safe(text)!r} is no number") from wrong
    if name == "timestamp":
        return _moment(text, line)
    if name == "onground":
        word = text.strip().lower()
        if word not in TRUE | FALSE:
            raise ValueError(f"line {line}: onground {safe(text)!r} is not true or false")
        return word in TRUE
    return text


def _moment(text: str, line: int) -> Any:
    """A moment in UTC; a number is refused, for it may be seconds or milliseconds."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as wrong:
        raise ValueError(
            f"line {line}: timestamp {safe(text)!r} is no moment, such as 2018-08-01T05:00:00Z"
        ) from wrong
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return np.datetime64(units.epoch_ms(aware), "ms")


def print_pairs(found: npt.NDArray[np.void], console: Console) -> None:
    """A row for each pair: when it was told first, how often, when it would begin, how near they come."""
    table = Table("first", "second", "told first, UTC", "moments", "begins in, s", "nearest, NM")
    pairs, firsts, which, counts = np.unique(
        found[["first", "second"]], return_index=True, return_inverse=True, return_counts=True
    )
    nearest_m = np.full(len(pairs), np.inf)
    np.minimum.at(nearest_m, which, found["distance_cpa_m"])
    for k in range(min(len(pairs), ROWS_SHOWN_MAX)):
        row = found[firsts[k]]
        cells = (
            safe(str(row["first"])),
            safe(str(row["second"])),
            str(row["moment"]),
            str(counts[k]),
            f"{row['time_in_s']:.0f}",
            f"{units.nm_from_mm(units.mm_from_m(float(nearest_m[k]))):.2f}",
        )
        table.add_row(*(Text(cell) for cell in cells))
    if len(pairs):
        console.print(table)
    if len(pairs) > ROWS_SHOWN_MAX:
        console.print(f"and {len(pairs) - ROWS_SHOWN_MAX} more; --to FILE writes all")
    console.print(f"{len(pairs)} pairs, told {len(found)} times")


def write_pairs(found: npt.NDArray[np.void], file: Path) -> None:
    """All rows as CSV to a new file; Unavailable when it is there already, or cannot be written."""
    try:
        with file.open("x", newline="", encoding="utf-8") as lines:
            writer = csv.writer(lines)
            writer.writerow(SEEN.names or ())
            writer.writerows(found.tolist())
    except OSError as wrong:
        raise Unavailable(f"{file} cannot be written: {wrong}") from wrong
