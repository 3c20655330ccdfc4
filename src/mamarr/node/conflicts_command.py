"""`mamarr conflicts`: a file of recorded traffic, and who came too close in it or was about to."""

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table
from rich.text import Text

from mamarr.conflicts import conflicts_over_time, reports, warnings_of
from mamarr.faults import Unavailable
from mamarr.geometry.units import m_from_mm, mm_from_nm

NUMBERS = ("latitude", "longitude", "altitude", "groundspeed", "track", "vertical_rate")
SHOWN_MAX = 40  # chosen: what one screen has; all are in the file that --out writes
ROWS_EACH_LOOK = 20_000
PARQUET, GROUND = ".parquet", "onground"
TRUE, FALSE = ("true", "1"), ("false", "0", "")
CELL_MAX, SENTENCE_MAX = 60, 200  # chosen: of what is repeated from a file


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for, and where. out: a CSV of all that was found; never over a file that is there."""

    file: Path
    step_s: float
    horizontal_m: float
    vertical_m: float
    lookahead_s: float
    out: Path | None = None


def find(wanted: Wanted, console: Console, errors: Console) -> int:
    """Read the file, show a table of what was found in it; how many warnings.

    ValueError, which names the place, for what is wrong in the file; Unavailable when it cannot be read, or
    the other not be written.
    """
    with Progress(console=errors, transient=True) as progress:
        columns = _columns(wanted.file, progress)
        traffic = reports(columns, say=lambda said: errors.print(Text(said), soft_wrap=True))
        pairs = conflicts_over_time(
            traffic,
            wanted.step_s,
            horizontal_m=wanted.horizontal_m,
            vertical_m=wanted.vertical_m,
            lookahead_s=wanted.lookahead_s,
            over=lambda steps: progress.track(steps, description="looking"),
        )
    warnings = warnings_of(pairs, wanted.step_s)
    if wanted.out is not None:
        _write(wanted.out, pairs)
    _show(warnings, console)
    lost = int(np.count_nonzero(warnings["lost_count"]))
    console.print(
        f"{len(traffic.names)} aircraft, {len(traffic.time_ms)} reports: {len(warnings)} warnings, "
        f"{lost} with separation lost"
    )
    return len(warnings)


def _show(warnings: npt.NDArray[np.void], console: Console) -> None:
    table = Table(
        Column("from, UTC", no_wrap=True), "for s", "one", "other", "in s", "nearest NM", "steps lost"
    )
    for each in warnings[:SHOWN_MAX]:
        lasts_s = (each["ends"] - each["begins"]) / np.timedelta64(1, "s")
        table.add_row(
            str(each["begins"])[5:19].replace("T", " "),
            f"{lasts_s:.0f}",
            Text(str(each["one"])),
            Text(str(each["other"])),
            f"{each['time_in_s']:.0f}",
            f"{each['distance_cpa_m'] / m_from_mm(mm_from_nm(1)):.1f}",
            str(each["lost_count"] or ""),
        )
    if len(warnings):
        console.print(table)
    if len(warnings) > SHOWN_MAX:
        console.print(f"and {len(warnings) - SHOWN_MAX} more: --out writes all to a file")


def _write(file: Path, pairs: npt.NDArray[np.void]) -> None:
    try:
        with file.open("x", newline="") as opened:
            writer = csv.writer(opened)
            names = pairs.dtype.names or ()
            writer.writerow(names)
            for pair in pairs:
                writer.writerow([f"{pair[0]}Z", *(pair[name] for name in names[1:])])
    except OSError as wrong:
        raise Unavailable(f"{file}: {wrong.strerror}") from wrong


def _columns(file: Path, progress: Progress) -> Any:
    """The table in a file: CSV, or Parquet where pyarrow is installed."""
    try:
        if file.suffix.lower() == PARQUET:
            return _of_parquet(file)
        size = file.stat().st_size
        with file.open("rb") as opened, TextIOWrapper(opened, "utf-8-sig", newline="") as text:
            reading = progress.add_task("reading", total=size)
            return _of_csv(text, lambda: progress.update(reading, completed=opened.tell()))
    except OSError as wrong:
        raise Unavailable(f"{file}: {wrong.strerror or wrong}") from wrong
    except UnicodeDecodeError as wrong:
        raise ValueError(f"byte {wrong.start} is not UTF-8: is it a CSV file?") from wrong


def _of_csv(opened: Iterable[str], say: Callable[[], object]) -> dict[str, Any]:
    rows = _rows(csv.reader(opened), say)
    header = next(rows, None)
    if header is None:
        raise ValueError("the file is empty; a line with the names of the columns is wanted first")
    twice = [name for at, name in enumerate(header) if name in header[:at]]
    if twice:
        raise ValueError(f"two columns are called {twice[0][:CELL_MAX]!r}")
    kept: dict[str, list[Any]] = {name: [] for name in header}
    for line, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(header):
            raise ValueError(f"row {line} has {len(row)} cells, the first has {len(header)}")
        for name, cell in zip(header, row, strict=True):
            kept[name].append(_value(name, cell, line))
    return {name: np.array(cells, _kind(name)) for name, cells in kept.items()}


def _rows(rows: Any, say: Callable[[], object]) -> Iterator[list[str]]:
    try:
        for count, row in enumerate(rows):
            if count % ROWS_EACH_LOOK == 0:
                say()
            yield row
    except csv.Error as wrong:
        raise ValueError(f"row {rows.line_num} cannot be read: {wrong}") from wrong


def _kind(name: str) -> Any:
    if name == GROUND:
        return np.bool_
    return "datetime64[ms]" if name == "timestamp" else np.float64 if name in NUMBERS else object


def _value(name: str, cell: str, line: int) -> Any:
    cell = cell.strip()
    if name in NUMBERS:
        try:
            return float(cell) if cell else np.nan
        except ValueError as wrong:
            raise ValueError(f"row {line}, {name}: {cell[:CELL_MAX]!r} is no number") from wrong
    if name == GROUND:
        if cell.lower() not in (*TRUE, *FALSE):
            raise ValueError(f"row {line}, {name}: {cell[:CELL_MAX]!r} is neither true nor false")
        return cell.lower() in TRUE
    if name != "timestamp":
        return cell
    if not cell:
        return np.datetime64("NaT", "ms")
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError as wrong:
        raise ValueError(
            f"row {line}, {name}: {cell[:CELL_MAX]!r} is no time as 2018-08-01 05:27:30+00:00 is"
        ) from wrong
    if moment.tzinfo is None:
        raise ValueError(f"row {line}, {name}: {cell[:CELL_MAX]!r} has no zone; +00:00 or Z says UTC")
    return np.datetime64(round(moment.timestamp() * 1e3), "ms")


def _of_parquet(file: Path) -> Any:
    try:
        from pyarrow import parquet
    except ModuleNotFoundError as missing:
        raise Unavailable(f"{file}: Parquet needs the extra: pip install 'mamarr[parquet]'") from missing
    try:
        table = parquet.read_table(file)
    except (OSError, ValueError) as wrong:
        raise ValueError(f"it cannot be read as Parquet: {str(wrong)[:SENTENCE_MAX]}") from wrong
    columns: dict[str, Any] = {}
    for name in table.column_names:
        column = table.column(name)
        if name == "timestamp" and getattr(column.type, "tz", None) is None:
            raise ValueError("timestamp has no zone; say which before you write the file")
        columns[name] = column.to_numpy() if name in (*NUMBERS, GROUND, "timestamp") else column.to_pylist()
    return columns
