"""`mamarr plan`: a morning's flights and corridors from files, who flies when and who gave way to whom.

All flights are planned as if one centre served them: the minima inside a centre, and those of the corridors.
Each may be as early and as late as a flight before departure. Constraints close their sky to all.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from mamarr.airspace import Constraint, Corridor, DeclaredCorridor, Terms, corridors
from mamarr.airspace.constraints import SpecialHandling
from mamarr.airspace.corridors import NavigationSpecification
from mamarr.airspace.occupancy import Kind, Occupancy
from mamarr.engine import occupancies
from mamarr.faults import Unavailable
from mamarr.flights import Plan, RoutePoint, Wish, admission, protection
from mamarr.flights.mornings import PRIORITY, Apart, Asked, Placed, plan_many
from mamarr.flights.openings import Openings
from mamarr.geometry import Datum, Volume, footprints
from mamarr.geometry.altitude import FiledLevel, LevelKind, filed_level, filed_mm
from mamarr.geometry.units import deg_from_e7deg, epoch_ms, moment_from_ms, mps_from_kt
from mamarr.interop.files import imported
from mamarr.interop.formats import Format
from mamarr.node.importing import read_bytes
from mamarr.node.warming import compiled_aloud, warm_routes

NEEDED = (
    "flight_id",
    "party",
    "origin",
    "destination",
    "departure_from",
    "departure_to",
    "speeds_kt",
    "level",
)
OPTIONAL = ("levels", "handling", "navigation_specification", "has_rvsm")
CELL_MAX = 60  # chosen: of what is repeated from a file
SHOWN_MAX = 60  # chosen: what two screens have; all are in the file that --out writes
MINUTE_MS = 60_000
NOBODY = "plan"  # whose the flights are as long as the rules of parties do not matter
E = TypeVar("E", NavigationSpecification, SpecialHandling)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file, read."""

    flight_id: str
    party: str
    origin: str
    destination: str
    departure_from_ms: int
    departure_to_ms: int
    speeds_mps: tuple[float, ...]
    level: FiledLevel
    levels: tuple[FiledLevel, ...]
    handling: tuple[SpecialHandling, ...]
    navigation_specification: NavigationSpecification
    has_rvsm: bool


def plan_file(file: Path, airspace: Path, out: Path | None, console: Console, errors: Console) -> int:
    """Read both files, plan, show the table; how many flights have no route.

    ValueError, which names the place, for what is wrong in the flights; WireError for a file of airspace that
    is not of its format; Unavailable when a file cannot be read or written.
    """
    declared, closed = _airspace(airspace)
    rows = _rows(file)
    levels = tuple(sorted({level for row in rows for level in (row.level, *row.levels)}, key=filed_mm))
    found = _openings(declared, closed, levels, rows)
    flights = [_asked(found, declared, row) for row in rows]
    compiled_aloud(warm_routes, errors.print)
    with Progress(console=errors, transient=True) as progress:
        task = progress.add_task("planning", total=len(flights))
        lines = plan_many(
            found.router, flights, _apart(found, declared, rows), say=lambda _: progress.advance(task)
        )
    if out is not None:
        _write(out, found, lines)
    _show(lines, found, console)
    return sum(line.route is None for line in lines)


# --- what is asked ----------------------------------------------------------------------------------------


def _airspace(file: Path) -> tuple[dict[str, DeclaredCorridor], list[Constraint]]:
    reading = imported(read_bytes(file), Format.GEOJSON)
    if reading.findings:
        raise Unavailable(f"{file}: {len(reading.findings)} findings: `mamarr import {file.name}` names them")
    values = reading.values()
    declared = {each.corridor_id: corridors.declared(each) for each in values if isinstance(each, Corridor)}
    if not declared:
        raise Unavailable(f"{file}: has no corridor")
    return declared, [each for each in values if isinstance(each, Constraint)]


def _rows(file: Path) -> list[Row]:
    try:
        text = read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise ValueError(f"byte {wrong.start} is not UTF-8: is it a CSV file?") from wrong
    reader = csv.DictReader(text.splitlines(), strict=True)
    try:
        header = reader.fieldnames or ()
        for name in NEEDED:
            if name not in header:
                raise ValueError(f"no column {name!r}")
        for name in header:
            if name not in NEEDED + OPTIONAL:
                raise ValueError(f"column {name[:CELL_MAX]!r} is not one of {', '.join(NEEDED + OPTIONAL)}")
        found = [_row(number, cells) for number, cells in enumerate(reader, start=2)]
    except csv.Error as wrong:
        raise ValueError(f"row {reader.line_num} cannot be read: {wrong}") from wrong
    if not found:
        raise ValueError("no flights: a line for each is wanted after the first")
    return found


def _row(number: int, cells: Mapping[str, str | None]) -> Row:
    at = f"row {number}"
    if None in cells or None in cells.values():
        raise ValueError(f"{at} does not have as many cells as the first")
    said = {name: (cell or "").strip() for name, cell in cells.items()}
    try:
        level = filed_level(said["level"])
        levels = tuple(filed_level(each) for each in said.get("levels", "").split()) or (level,)
        speeds_mps = tuple(mps_from_kt(float(each)) for each in said["speeds_kt"].split())
    except ValueError as wrong:
        raise ValueError(f"{at}: {wrong}") from wrong
    if any(each.kind is not LevelKind.F for each in (level, *levels)):
        raise ValueError(f"{at}: a level is not a flight level such as F330")
    return Row(
        flight_id=said["flight_id"],
        party=said["party"],
        origin=said["origin"],
        destination=said["destination"],
        departure_from_ms=_moment_ms(at, "departure_from", said["departure_from"]),
        departure_to_ms=_moment_ms(at, "departure_to", said["departure_to"]),
        speeds_mps=speeds_mps,
        level=level,
        levels=levels,
        handling=tuple(
            _code(SpecialHandling, at, "handling", each) for each in said.get("handling", "").split()
        ),
        navigation_specification=_code(
            NavigationSpecification,
            at,
            "navigation_specification",
            said.get("navigation_specification") or NavigationSpecification.RNAV_5,
        ),
        has_rvsm=_yes(at, said.get("has_rvsm") or "yes"),
    )


def _moment_ms(at: str, name: str, cell: str) -> int:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError as wrong:
        raise ValueError(f"{at}, {name}: {cell[:CELL_MAX]!r} is no time as 2026-11-22T05:30Z is") from wrong
    if moment.tzinfo is None:
        raise ValueError(f"{at}, {name}: {cell[:CELL_MAX]!r} has no zone; +00:00 or Z says UTC")
    return epoch_ms(moment)


def _code(kind: type[E], at: str, name: str, cell: str) -> E:
    try:
        return kind(cell)
    except ValueError as wrong:
        allowed = ", ".join(kind)
        raise ValueError(f"{at}, {name}: {cell[:CELL_MAX]!r} is not one of {allowed}") from wrong


def _yes(at: str, cell: str) -> bool:
    if cell not in ("yes", "no"):
        raise ValueError(f"{at}, has_rvsm: {cell[:CELL_MAX]!r} is neither yes nor no")
    return cell == "yes"


# --- how it is planned ------------------------------------------------------------------------------------


def _openings(
    declared: dict[str, DeclaredCorridor],
    closed: list[Constraint],
    levels: tuple[FiledLevel, ...],
    rows: list[Row],
) -> Openings:
    first = next(iter(declared.values())).corridor.points[0]
    point = RoutePoint(
        latitude_e7deg=first.latitude_e7deg,
        longitude_e7deg=first.longitude_e7deg,
        time_ms=0,
        level=levels[0],
        stay_ms=1,
    )
    anybody = Plan(
        identification="PLAN",
        aircraft_type="ZZZZ",
        route=(point,),
        has_rvsm=all(row.has_rvsm for row in rows),
    )
    flight = Occupancy(
        kind=Kind.FLIGHT,
        object_id=NOBODY,
        number=0,
        party=NOBODY,
        volume=Volume(
            footprint=footprints.circle((first.latitude_e7deg, first.longitude_e7deg), 1_000),
            datum=Datum.STD,
            lower_mm=0,
            upper_mm=0,
            time_start_ms=0,
            time_end_ms=1,
        ),
    )
    present = [each for constraint in closed for each in occupancies.of_constraint(constraint)]
    terms = Terms()
    within = protection.before_departure(terms)
    climbs = any({*row.levels} != {row.level} for row in rows)
    return Openings(declared, levels, flight, anybody, present, terms, within, climbs=climbs)


def _apart(found: Openings, declared: dict[str, DeclaredCorridor], rows: list[Row]) -> Apart:
    """How flights are kept apart: the largest that the terms inside a centre or any corridor ask."""
    terms, listed = Terms(), [each.corridor for each in declared.values()]
    within = protection.before_departure(terms)
    lateral_mm = max(terms.inside_centre.lateral_mm, *(each.lateral_minimum_mm for each in listed))
    steps = [filed_mm(level) for level in found.levels]
    vertical_mm = max(
        terms.inside_centre.vertical_mm,
        _vertical_mm(steps[-1], has_rvsm=all(row.has_rvsm for row in rows)),
        *(each.vertical_minimum_mm for each in listed),
    )
    levels = max(sum(low < each < low + vertical_mm for each in steps) for low in steps)
    return Apart(
        before_ms=within.before_ms,
        after_ms=within.after_ms,
        minimum_ms=max(terms.inside_centre.time_ms, *(each.longitudinal_minimum_ms for each in listed)),
        levels=levels,
        near=found.near(lateral_mm),
    )


def _vertical_mm(highest_mm: int, *, has_rvsm: bool) -> int:
    """By the highest level and the worst equipped, for all; as admission has it for a pair."""
    is_low = highest_mm <= admission.LOW_TO_MM
    if is_low or (has_rvsm and highest_mm <= admission.RVSM_TO_MM):
        return admission.VERTICAL_LOW_MM
    return admission.VERTICAL_HIGH_MM


def _asked(found: Openings, declared: dict[str, DeclaredCorridor], row: Row) -> Asked:
    of_level = {level: number for number, level in enumerate(found.levels)}
    closed = tuple(
        at
        for at, way in enumerate(found.ways.ways)
        if not corridors.is_met_by(declared[way.corridor_id].corridor, row.navigation_specification)
    )
    levels = tuple(sorted(of_level[level] for level in {*row.levels, row.level}))
    try:
        wish = Wish(
            origin=_point(found, declared, row.origin),
            destination=_point(found, declared, row.destination),
            departure_from_ms=row.departure_from_ms,
            departure_to_ms=row.departure_to_ms,
            speeds_mps=row.speeds_mps,
            level=of_level[row.level],
            levels=levels,
            step_levels=1 if len(levels) > 1 else 0,
            closed=closed,
        )
        found.router.checked(wish)
        return Asked(flight_id=row.flight_id, party=row.party, wish=wish, handling=row.handling)
    except ValueError as wrong:
        raise ValueError(f"flight {row.flight_id[:CELL_MAX]!r}: {wrong}") from wrong


def _point(found: Openings, declared: dict[str, DeclaredCorridor], designator: str) -> int:
    places = {
        found.ways.point_at(point.latitude_e7deg, point.longitude_e7deg)
        for each in declared.values()
        for point in each.corridor.points
        if point.designator == designator
    }
    if len(places) != 1 or None in places:
        raise ValueError(f"{len(places)} points of corridors are called {designator[:CELL_MAX]!r}")
    return next(each for each in places if each is not None)


# --- what is told -----------------------------------------------------------------------------------------


def _show(lines: tuple[Placed, ...], found: Openings, console: Console) -> None:
    table = Table(
        "", "flight", "party", "priority", "leaves", "arrives", "levels", "later", "of it", "gave way to"
    )
    for line in lines[:SHOWN_MAX]:
        table.add_row(*(Text(each) for each in _cells(line, found)))
    console.print(table)
    if len(lines) > SHOWN_MAX:
        console.print(f"and {len(lines) - SHOWN_MAX} more: --out writes all to a file")
    placed = [line for line in lines if line.route is not None]
    later_min = sum(line.later_ms for line in placed) / max(1, len(placed)) / MINUTE_MS
    console.print(
        f"{len(placed)} of {len(lines)} flights have a route; on average {later_min:.1f} minutes later"
    )


def _cells(line: Placed, found: Openings) -> Iterator[str]:
    yield from (str(line.number + 1), line.flight_id, line.party)
    yield PRIORITY[line.priority] if line.priority < len(PRIORITY) else ""
    if line.route is None:
        yield from ("no route", "", "", "", "")
    else:
        moments = [moment_from_ms(each) for each in (line.route.departure_ms, line.route.arrival_ms)]
        yield from (f"{moment:%m-%d %H:%M:%S}" for moment in moments)
        flown = dict.fromkeys(each for leg in line.route.legs for each in (leg.level_from, leg.level_to))
        yield " ".join(str(found.levels[each]) for each in flown)
        yield f"{line.later_ms / MINUTE_MS:.1f} min"
        yield f"{(line.cost_ms or 0) / MINUTE_MS:.1f} min"
    yield " ".join(line.gave_way_to[:3]) + (" …" if len(line.gave_way_to) > 3 else "")


def _write(file: Path, found: Openings, lines: tuple[Placed, ...]) -> None:
    collection = {"type": "FeatureCollection", "features": [_feature(line, found) for line in lines]}
    try:
        with file.open("x", encoding="utf-8") as opened:
            json.dump(collection, opened, ensure_ascii=False)
    except OSError as wrong:
        raise Unavailable(f"{file}: {wrong.strerror}") from wrong


def _feature(line: Placed, found: Openings) -> dict[str, object]:
    said: dict[str, object] = {
        "flight_id": line.flight_id,
        "party": line.party,
        "number": line.number + 1,
        "priority": PRIORITY[line.priority] if line.priority < len(PRIORITY) else None,
        "later_ms": line.later_ms,
        "cost_ms": line.cost_ms,
        "gave_way_to": line.gave_way_to,
    }
    if line.route is None:
        return {"type": "Feature", "geometry": None, "properties": said}
    legs = line.route.legs
    times = [legs[0].enter_ms, *(leg.leave_ms for leg in legs)]
    levels = [legs[0].level_from, *(leg.level_to for leg in legs)]
    said["times"] = [f"{moment_from_ms(each).isoformat(timespec='milliseconds')}" for each in times]
    said["levels"] = [str(found.levels[each]) for each in levels]
    said["corridors"] = [found.ways.ways[each].corridor_id for each in line.route.segments]
    places = [found.ways.places[point] for point in line.route.points]
    line_of = [[deg_from_e7deg(longitude), deg_from_e7deg(latitude)] for latitude, longitude in places]
    return {"type": "Feature", "geometry": {"type": "LineString", "coordinates": line_of}, "properties": said}
