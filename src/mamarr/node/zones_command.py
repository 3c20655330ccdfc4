"""`mamarr zones`: what a file of UAS zones closes for drones, for a person, and told to a USS of ours."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from mamarr.faults import Unavailable, WireError
from mamarr.geometry.units import m_from_mm, mm_from_m
from mamarr.interop import geozones
from mamarr.interop.f3548.answers import ErrorMessage
from mamarr.interop.f3548.uss_closures import details
from mamarr.interop.geozones import HIGHEST_MM, LOWEST_MM, Ground, Span, Zone, Zones
from mamarr.interop.wire import decoded, safe
from mamarr.node.importing import read_bytes
from mamarr.node.node_client import NodeClient
from mamarr.operations import Closed
from mamarr.web.access.key_sets import Reply

KIND = "uas-zone"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to read. start, end: for which time. ground_m: the lowest and the highest, or None."""

    file: Path
    start: datetime
    end: datetime
    ground_m: tuple[float, float] | None = None
    undulation_m: float | None = None


def read_zones(asked: Asked) -> Zones:
    """Read the file. ValueError for options that do not fit together, WireError, Unavailable."""
    ground = None
    if asked.ground_m is not None:
        lowest_m, highest_m = asked.ground_m
        ground = Ground(lowest_mm=mm_from_m(lowest_m), highest_mm=mm_from_m(highest_m))
    return geozones.zones(
        read_bytes(asked.file),
        span=Span(start=asked.start, end=asked.end),
        ground=ground,
        undulation_mm=None if asked.undulation_m is None else mm_from_m(asked.undulation_m),
    )


def print_zones(found: Zones, console: Console, errors: Console) -> None:
    """Tell what was read as a table, and what is wrong on `errors`, one finding a line."""
    table = Table("zone", "name", "volumes", "from, m", "to, m")
    for zone in found.zones:
        lower_mm = min(each.altitude_lower_mm for each in zone.volumes)
        upper_mm = max(each.altitude_upper_mm for each in zone.volumes)
        cells = (
            safe(zone.zone_id),
            safe(zone.name),
            str(len(zone.volumes)),
            "no end" if lower_mm <= LOWEST_MM else f"{m_from_mm(lower_mm):.0f}",
            "no end" if upper_mm >= HIGHEST_MM else f"{m_from_mm(upper_mm):.0f}",
        )
        table.add_row(*(Text(cell, overflow="fold") for cell in cells))
    if found.zones:
        console.print(table)
    left = "".join(f", {count} left out ({what})" for what, count in found.left_out)
    console.print(Text(f"{len(found.zones)} zones{left}; heights above the WGS-84 ellipsoid"), soft_wrap=True)
    for finding in found.findings:
        errors.print(Text(str(finding)), soft_wrap=True)
    if found.more_count:
        errors.print(Text(f"and {found.more_count} more findings"))


def identity(zone: Zone) -> str:
    """The id of the constraint that a zone is: the same each time that it is told."""
    return str(uuid5(NAMESPACE_URL, f"uas-zone:{zone.zone_id}"))


def tell(node: NodeClient, zones: Sequence[Zone], errors: Console) -> int:
    """Let a USS of ours close every zone, with a progress bar; how many it refused. Raises Unavailable."""
    return asyncio.run(_told(node, zones, errors))


async def _told(node: NodeClient, zones: Sequence[Zone], errors: Console) -> int:
    refused_count = 0
    try:
        with Progress(console=errors, transient=True) as progress:
            for zone in progress.track(zones, description="telling"):
                closed = Closed(volumes=zone.volumes, kind=KIND, geozone=bytes(zone.geozone).decode())
                reply = await node.put(f"/constraints/{identity(zone)}", msgspec.json.encode(details(closed)))
                if reply.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
                    refused_count += 1
                    errors.print(Text(f"{safe(zone.zone_id)}: {_why(reply)}"), soft_wrap=True)
                    if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                        raise Unavailable(f"{node.origin} does not let this token close anything")
    finally:
        await node.close()
    return refused_count


def _why(reply: Reply) -> str:
    try:
        return f"{reply.status}: {safe(decoded(ErrorMessage, reply.body).message)}"
    except WireError:
        return f"what answered with status {reply.status} is no USS"
