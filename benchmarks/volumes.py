"""`VolumeIndex` beside SQLite's R*Tree with an exact test: `python -m benchmarks.volumes [LARGEST]`.

Volumes are octagons of 2 km, 100 m high, 20 minutes long, spread evenly over 24 hours, 0 to 3,000 m and a
square that grows with their number, so that the density stays that of 1,000,000 in 5 by 5 degrees. A query is
one more such volume (hits are rare: the price of "no conflict"), or, crowded, one of 5 km, all altitudes and
90 minutes (about ten hits). The minima are 0: whoever overlaps conflicts. Both answer the same: checked.
"""

import gc
import math
import random
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import shapely

from benchmarks.measuring import calibration_s, progress, report
from mamarr.conflicts import Minima, Prepared, VolumeIndex, prepare
from mamarr.geometry import footprints
from mamarr.geometry.altitude import Datum
from mamarr.geometry.volumes import Volume

LARGEST = 1_000_000
QUERIES = 2_000
PEER_QUERIES = 300
SOUTH_DEG, WEST_DEG, SIDE_DEG = 33.0, 30.0, 5.0  # of the square at LARGEST
DAY_MS, START_MS = 86_400_000, 1_795_348_800_000
MINIMA = Minima()
M_PER_DEG = 111_195.0


def a_volume(chance: random.Random, side_deg: float, *, crowded: bool = False) -> Volume:
    """One volume of the set, or a crowded query."""
    latitude = SOUTH_DEG + chance.random() * side_deg
    longitude = WEST_DEG + chance.random() * side_deg
    radius_deg = (2_500.0 if crowded else 1_000.0) / M_PER_DEG
    corners = [
        (
            round((latitude + radius_deg * math.sin(k * math.pi / 4)) * 1e7),
            round(
                (longitude + radius_deg * math.cos(k * math.pi / 4) / math.cos(math.radians(latitude))) * 1e7
            ),
        )
        for k in range(8)
    ]
    floor_mm = chance.randrange(0, 2_900_000)
    start_ms = START_MS + chance.randrange(DAY_MS)
    return Volume(
        footprint=footprints.polygon(corners),
        datum=Datum.WGS84,
        lower_mm=0 if crowded else floor_mm,
        upper_mm=3_000_000 if crowded else floor_mm + 100_000,
        time_start_ms=start_ms,
        time_end_ms=start_ms + (5_400_000 if crowded else 1_200_000),
    )


def resident_bytes() -> int:
    """What this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096


class RTree:
    """The peer: SQLite's R*Tree in four dimensions, in memory, then shapely on longitude and latitude."""

    def __init__(self, volumes: list[Volume]) -> None:
        self.volumes = volumes
        self.shapes = [self._shape(volume) for volume in volumes]
        self.database = sqlite3.connect(":memory:")
        self.database.execute("CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1, z0, z1, t0, t1)")
        self.database.executemany(
            "INSERT INTO boxes VALUES (?,?,?,?,?,?,?,?,?)",
            ((at, *self._box(volume)) for at, volume in enumerate(volumes)),
        )

    def query(self, volume: Volume) -> list[int]:
        """Indexes of the volumes that overlap `volume`."""
        x0, x1, y0, y1, z0, z1, t0, t1 = self._box(volume)
        found = self.database.execute(
            "SELECT id FROM boxes WHERE x1 >= ? AND x0 <= ? AND y1 >= ? AND y0 <= ? "
            "AND z1 >= ? AND z0 <= ? AND t1 >= ? AND t0 <= ?",
            (x0, x1, y0, y1, z0, z1, t0, t1),
        ).fetchall()
        shape = self._shape(volume)
        return [
            at
            for (at,) in found
            if self.volumes[at].lower_mm < volume.upper_mm
            and volume.lower_mm < self.volumes[at].upper_mm
            and self.volumes[at].time_start_ms < volume.time_end_ms
            and volume.time_start_ms < self.volumes[at].time_end_ms
            and shapely.relate_pattern(shape, self.shapes[at], "T********")
        ]

    @staticmethod
    def _shape(volume: Volume) -> Any:
        return shapely.Polygon([(lng * 1e-7, lat * 1e-7) for lat, lng in footprints.points(volume.footprint)])

    @staticmethod
    def _box(volume: Volume) -> tuple[float, ...]:
        points = footprints.points(volume.footprint)
        latitudes, longitudes = [p[0] * 1e-7 for p in points], [p[1] * 1e-7 for p in points]
        return (
            min(longitudes),
            max(longitudes),
            min(latitudes),
            max(latitudes),
            volume.lower_mm / 1e3,
            volume.upper_mm / 1e3,
            (volume.time_start_ms - START_MS) / 1e3,
            (volume.time_end_ms - START_MS) / 1e3,
        )


def timed(work: Callable[[Any], Any], items: list[Any]) -> tuple[list[float], list[Any]]:
    """Microseconds of CPU for each of `items`, and what each answered."""
    taken_us, answers = [], []
    for item in items:
        start_ns = time.process_time_ns()
        answers.append(work(item))
        taken_us.append((time.process_time_ns() - start_ns) / 1e3)
    return taken_us, answers


def best_timed(work: Callable[[Any], Any], items: list[Any]) -> tuple[list[float], list[Any]]:
    """As `timed`, the run of five with the smallest median."""
    runs = [timed(work, items) for _ in range(5)]
    return min(runs, key=lambda run: median(run[0]))


def measured(count: int, largest: int, *, peer: bool) -> list[dict[str, Any]]:
    """The rows for `count` volumes."""
    chance = random.Random(count)
    side_deg = SIDE_DEG * math.sqrt(count / largest)
    gc.collect()
    before_bytes = resident_bytes()
    begun_s = time.process_time()
    volumes = [a_volume(chance, side_deg) for _ in range(count)]
    made_s = time.process_time() - begun_s
    begun_s = time.process_time()
    index: VolumeIndex[int] = VolumeIndex()
    index.insert_many(enumerate(volumes))
    inserted_s = time.process_time() - begun_s
    per_volume_bytes = (resident_bytes() - before_bytes) / count
    progress(f"{count} volumes made in {made_s:.1f} s, inserted in {inserted_s:.1f} s")
    rows, tree = [], RTree(volumes) if peer else None
    for name, crowded in (("empty", False), ("crowded", True)):
        asked = [a_volume(chance, side_deg, crowded=crowded) for _ in range(QUERIES)]
        ready: list[Prepared]
        preparing_us, ready = best_timed(prepare, asked)
        query_us, hits = best_timed(lambda one: index.conflicts(one, MINIMA), ready)
        row: dict[str, Any] = {
            "live": count,
            "set": name,
            "hits": sum(map(len, hits)) / len(hits),
            "prepare_p50_us": median(preparing_us),
            "query_p50_us": median(query_us),
            "query_p99_us": quantiles(query_us, n=100)[98],
            "insert_us": inserted_s / count * 1e6,
            "bytes_per_volume": round(per_volume_bytes),
        }
        if tree is not None:
            peer_us, peer_hits = timed(tree.query, asked[:PEER_QUERIES])
            if [sorted(one) for one in peer_hits] != [sorted(one) for one in hits[:PEER_QUERIES]]:
                raise SystemExit("the index and the R*Tree with an exact test do not answer the same")
            row |= {"rtree_p50_us": median(peer_us), "times_faster": median(peer_us) / median(query_us)}
        else:
            row |= {"rtree_p50_us": math.nan, "times_faster": math.nan}
        rows.append(row)
    return rows


def warmed_up() -> None:
    """Use everything once: code that is loaded at its first use is not memory of a volume."""
    chance = random.Random(0)
    index: VolumeIndex[int] = VolumeIndex()
    index.insert_many(enumerate(a_volume(chance, SIDE_DEG) for _ in range(1_000)))
    index.conflicts(a_volume(chance, SIDE_DEG), MINIMA)


def main() -> None:
    """Measure and report."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else LARGEST
    warmed_up()
    sizes = [largest // 100, largest // 10, largest]
    rows = [row for count in sizes for row in measured(count, largest, peer=count == largest)]
    exponents = {}
    for name in ("empty", "crowded"):
        first, *_, last = [row for row in rows if row["set"] == name]
        growth = math.log(last["query_p50_us"] / first["query_p50_us"])
        exponents[name] = round(growth / math.log(last["live"] / first["live"]), 3)
    report("volumes", rows, calibration_cpu_s=calibration_s(), exponent_at_fixed_density=exponents)


if __name__ == "__main__":
    main()
