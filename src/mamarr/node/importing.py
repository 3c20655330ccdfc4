"""`mamarr import`: what a file of airspace holds, for a person, and as GeoJSON."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mamarr.airspace.areas import Area
from mamarr.airspace.constraints import Constraint
from mamarr.airspace.corridors import Corridor
from mamarr.airspace.parties import Party
from mamarr.airspace.shares import Share
from mamarr.faults import Unavailable
from mamarr.geometry.altitude import Geoid, Qnh
from mamarr.geometry.units import mm_from_m, pa_from_hpa
from mamarr.interop import geojson
from mamarr.interop.files import imported
from mamarr.interop.formats import ENDINGS, Format
from mamarr.interop.readings import BODY_BYTES_MAX, Reading, Value


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to import. file_format: None takes it from the file's ending.

    qnh_hpa, geoid, undulation_m: what altitudes above mean sea level are on; the last two go together.
    as_geojson: where to write the values; never over a file that is there. to, token_file: at which node to
    declare them, and with whose token. despite_findings: write or declare what is right though something is
    wrong.
    """

    file: Path
    file_format: Format | None = None
    qnh_hpa: float | None = None
    geoid: str | None = None
    undulation_m: float | None = None
    as_geojson: Path | None = None
    to: str | None = None
    token_file: Path | None = None
    despite_findings: bool = False


def read_file(asked: Asked) -> Reading:
    """Read and check the file.

    ValueError for options that do not fit together or a format that is not known, WireError for a file that
    is not of its format, Unavailable when it cannot be read.
    """
    file_format = asked.file_format or ENDINGS.get(asked.file.suffix.lower())
    if file_format is None:
        raise ValueError(f"the ending of {asked.file.name!r} tells no format: say --format")
    if asked.despite_findings and asked.as_geojson is None and asked.to is None:
        raise ValueError("--despite-findings is for --as-geojson and --to")
    if (asked.to is None) != (asked.token_file is None):
        raise ValueError("--to and --token-file go together")
    reference = _reference(asked)
    if reference is not None and file_format is Format.GEOJSON:
        raise ValueError("GeoJSON names the QNH or the geoid in each feature: no --qnh or --geoid with it")
    return imported(read_bytes(asked.file), file_format, reference=reference)


def write_geojson(asked: Asked, reading: Reading) -> int:
    """Write the values where `asked` says, and answer how many; 0 when nothing is to be written.

    Nothing is written when there is a finding, unless `asked` takes what is right. Unavailable when the file
    is there already or cannot be written.
    """
    if asked.as_geojson is None or (reading.findings and not asked.despite_findings):
        return 0
    values = reading.values(despite_findings=asked.despite_findings)
    try:
        with asked.as_geojson.open("xb") as file:
            file.write(geojson.collection(values))
    except OSError as wrong:
        raise Unavailable(f"{asked.as_geojson}: {wrong.strerror}") from wrong
    return len(values)


def print_reading(reading: Reading, console: Console, errors: Console) -> None:
    """Tell what was read as a table, and what is wrong on `errors`, one finding a line.

    All text goes out as it is, without markup: values and findings hold no control characters.
    """
    values = [each.value for each in reading.imported]
    table = Table("kind", "id", "name")
    for value in values:
        table.add_row(*(Text(cell, overflow="fold") for cell in _row(value)))
    if values:
        console.print(table)
    console.print(Text(_counted(_row(value)[0] for value in values)), soft_wrap=True)
    for finding in reading.findings:
        errors.print(Text(str(finding)), soft_wrap=True)
    if reading.more_count:
        errors.print(Text(f"and {reading.more_count} more findings"))
    if reading.left_out:
        told = ", ".join(f"{command} {count}" for command, count in reading.left_out)
        errors.print(Text(f"left out, for an area has no place for it: {told}"), soft_wrap=True)


def _row(value: Value) -> tuple[str, str, str]:
    match value:
        case Party():
            return "party", value.party_id, value.name or ""
        case Corridor():
            return "corridor", value.corridor_id, value.name or ""
        case Share():
            return "share", value.share_id, ""
        case Area():
            return f"area {value.kind}", value.area_id, value.name or ""
        case Constraint():
            return "constraint", value.constraint_id, value.name or ""


def _counted(kinds: Iterable[str]) -> str:
    counts = Counter(kinds)
    each = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    return f"{counts.total()} read" + (f": {each}" if each else "")


def _reference(asked: Asked) -> Qnh | Geoid | None:
    if asked.qnh_hpa is not None and asked.geoid is not None:
        raise ValueError("--qnh or --geoid, not both")
    if asked.undulation_m is not None and asked.geoid is None:
        raise ValueError("--undulation-m needs --geoid")
    if asked.qnh_hpa is not None:
        pressure_pa = pa_from_hpa(asked.qnh_hpa)
        return Qnh(lowest_pa=pressure_pa, highest_pa=pressure_pa)
    if asked.geoid is None:
        return None
    undulation_mm = None if asked.undulation_m is None else mm_from_m(asked.undulation_m)
    return Geoid(name=asked.geoid, undulation_mm=undulation_mm)


def read_bytes(path: Path) -> bytes:
    """What is in a file, at most a byte more than BODY_BYTES_MAX; Unavailable when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(BODY_BYTES_MAX + 1)
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong
