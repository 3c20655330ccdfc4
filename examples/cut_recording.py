"""Cut a recorded flight short of both its ends: `python examples/cut_recording.py SOURCE TARGET`.

Kept is the longest stretch without a break of which every report is farther than CUT_M from the first and
from the last position, and more than HEIGHT_M above the lowest altitude of the recording. Who the aircraft
was (address, callsign, squawk) is left out. No other value is changed, and none is added.

SOURCE: a recording of one aircraft as xoolive/traffic has it, a list of records, compressed by gzip.
"""

import gzip
import json
import math
import sys
from pathlib import Path
from typing import Any

CUT_M = 2_500.0  # chosen: whoever flies on from either end comes over many roofs
HEIGHT_M = 300.0  # chosen: above approach and departure
FOOT_M = 0.3048
EARTH_M = 6_371_008.8  # mean radius; a per mille more or less does not matter here
ADDRESS = "000000"  # of nobody
KEPT = (
    "timestamp",
    "last_position",
    "latitude",
    "longitude",
    "altitude",
    "geoaltitude",
    "groundspeed",
    "track",
    "vertical_rate",
)
Row = dict[str, Any]


def distance_m(one: Row, other: Row) -> float:
    """How far two positions are apart, on a sphere."""
    south, north = math.radians(one["latitude"]), math.radians(other["latitude"])
    east = math.radians(other["longitude"] - one["longitude"])
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(east / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(half))


def cut(rows: list[Row]) -> list[Row]:
    """What of a flight is kept. rows: its reports in order. ValueError when nothing is left."""
    first, last = rows[0], rows[-1]
    lowest_ft = min(row["altitude"] for row in rows)

    def is_kept(row: Row) -> bool:
        is_away = min(distance_m(first, row), distance_m(row, last)) > CUT_M
        return is_away and (row["altitude"] - lowest_ft) * FOOT_M > HEIGHT_M

    stretches: list[list[Row]] = [[]]
    for row in rows:
        if is_kept(row):
            stretches[-1].append(row)
        elif stretches[-1]:
            stretches.append([])
    longest = max(stretches, key=len)
    if not longest:
        raise ValueError("nothing of the flight is far enough from both its ends")
    return [{"icao24": ADDRESS} | {name: row[name] for name in KEPT} for row in longest]


def main(source: Path, target: Path) -> None:
    """Cut one file."""
    rows = cut(json.loads(gzip.decompress(source.read_bytes())))
    target.write_bytes(gzip.compress(json.dumps(rows, separators=(",", ":")).encode(), mtime=0))
    sys.stdout.write(f"{len(rows)} reports kept\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
