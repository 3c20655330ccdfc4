"""Conflicts in flight beside BlueSky's detector: `python -m benchmarks.tactical [LARGEST] [--peer FOLDER]`.

Traffic is random, from a seed. En route: 380 to 500 knots, FL100 to FL410, 70 % level on whole thousands of
feet, the others climb or descend by up to 2,000 ft/min; 5 NM, 1000 ft, 300 s. In a box of 10 by 10 degrees
(45 to 55 N), at a fixed density of 0.005 a square kilometre, or all over the world (65 S to 65 N). Drones:
in the box, up to 25 m/s, up to 150 m high; 75 m, 30 m, 60 s. Plans, for `probe`: the flights of the box for
20 minutes, each with a turn of up to 60 degrees every 5 minutes, three in ten of them with another level.

The peer is what `make peers` installs, or `pip install --target FOLDER --no-deps bluesky-simulator`; its
FOLDER by --peer or in MAMARR_BLUESKY. The oracle looks at all pairs, in other algebra.
"""

import argparse
import importlib.util
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import drawing
from benchmarks.measuring import best_of, calibration_s, progress, report
from benchmarks.tactical_oracle import all_pairs
from mamarr.conflicts import detect_tactical, probe
from mamarr.geometry import geodesy

LARGEST = 1_000_000
PEER_COUNT, ORACLE_COUNT, FAULT_COUNT = 10_000, 20_000, 2_000
GROWN = (1_000, 2_000, 5_000, 10_000)
PLAN_S, PLAN_LEGS = 1_200.0, 4
DENSITY_PER_KM2 = 0.005
FOOT_M, KNOT_MPS, MILE_M, EARTH_KM = 0.3048, 1852.0 / 3600.0, 1852.0, 6_371.0088
EN_ROUTE = {"horizontal_m": 5 * MILE_M, "vertical_m": 1_000 * FOOT_M, "lookahead_s": 300.0}
DRONES = {"horizontal_m": 75.0, "vertical_m": 30.0, "lookahead_s": 60.0}
NAMES = ("latitude_deg", "longitude_deg", "altitude_m", "ground_speed_mps", "track_deg", "vertical_rate_mps")
SKIES = ("box", "density", "world", "drones")


def made(sky: str, count: int, seed: int = 1) -> dict[str, Any]:
    """Arguments of `detect_tactical`: `count` aircraft of one kind of sky."""
    chance = np.random.default_rng(seed)
    latitude, longitude = places(sky, count, chance)
    track = chance.uniform(0.0, 360.0, count)
    if sky == "drones":
        rows = (
            chance.uniform(0, 150, count),
            chance.uniform(0, 25, count),
            track,
            chance.uniform(-3, 3, count),
        )
        return dict(zip(NAMES, (latitude, longitude, *rows), strict=True)) | DRONES
    is_level = chance.random(count) < 0.7
    level_m, any_m = (
        chance.integers(10, 42, count) * 1_000 * FOOT_M,
        chance.uniform(10_000, 41_000, count) * FOOT_M,
    )
    rate_mps = np.where(is_level, 0.0, chance.uniform(-2_000, 2_000, count) * FOOT_M / 60.0)
    speed_mps = chance.uniform(380, 500, count) * KNOT_MPS
    rows = (np.where(is_level, level_m, any_m), speed_mps, track, rate_mps)
    return dict(zip(NAMES, (latitude, longitude, *rows), strict=True)) | EN_ROUTE


def places(sky: str, count: int, chance: np.random.Generator) -> tuple[Any, Any]:
    """Latitudes and longitudes, evenly over the area of a kind of sky."""
    if sky in ("box", "drones"):
        side_deg = 10.0 if sky == "box" else 10.0 * math.sqrt(count / LARGEST)
        return chance.uniform(45.0, 45.0 + side_deg, count), chance.uniform(0.0, side_deg, count)
    north_deg, turn_deg = 65.0, 360.0
    if sky == "density":
        side_km = math.sqrt(count / DENSITY_PER_KM2)
        north_deg = min(60.0, math.degrees(0.5 * side_km / EARTH_KM))
        band_km2 = 2.0 * math.sin(math.radians(north_deg)) * EARTH_KM**2
        turn_deg = math.degrees(count / DENSITY_PER_KM2 / band_km2)
    sine = math.sin(math.radians(north_deg))
    return np.degrees(np.arcsin(chance.uniform(-sine, sine, count))), chance.uniform(
        0, turn_deg, count
    ) - 180.0


def planned(count: int, seed: int = 1) -> dict[str, Any]:
    """Arguments of `probe`: plans of `count` flights, with turns and levels."""
    chance, sky = np.random.default_rng(seed), made("box", count, seed)
    rows = []
    for flight in range(count):
        latitude, longitude, altitude_m, speed_mps, track_deg, _ = (
            float(sky[name][flight]) for name in NAMES
        )
        rows.append((flight, 0.0, latitude, longitude, altitude_m))
        for leg in range(1, PLAN_LEGS + 1):
            way_m = speed_mps * PLAN_S / PLAN_LEGS
            latitude, longitude = geodesy.destination(latitude, longitude, track_deg % 360.0, way_m)
            track_deg += chance.uniform(-60.0, 60.0)
            if chance.random() < 0.3:
                altitude_m += float(chance.integers(-2, 3)) * 1_000 * FOOT_M
            rows.append((flight, leg * PLAN_S / PLAN_LEGS, latitude, longitude, altitude_m))
    flights, *columns = np.array(rows).T
    names = ("time_s", "latitude_deg", "longitude_deg", "altitude_m")
    given = dict(zip(names, columns, strict=True)) | {"flight": flights.astype(np.int64)}
    return given | EN_ROUTE | {"lookahead_s": PLAN_S}


def named(answer: Any) -> set[tuple[int, int]]:
    """The pairs of an answer."""
    return set(zip(answer["i"].tolist(), answer["j"].tolist(), strict=True))


def timed(sky: str, count: int) -> dict[str, Any]:
    """The row of one sky: CPU of one thread, wall and CPU of two, and how many pairs."""
    progress(f"{sky}, {count}")
    traffic, detect = (planned(count), probe) if sky == "plans" else (made(sky, count), detect_tactical)
    alone_s, found = best_of(lambda: detect(**traffic))
    wall_s = cpu_s = math.inf
    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            begun_s, used_s = time.perf_counter(), time.process_time()
            shared = detect(**traffic, spread=pool.map)
            wall_s, cpu_s = (
                min(wall_s, time.perf_counter() - begun_s),
                min(cpu_s, time.process_time() - used_s),
            )
    if not (shared == found).all():
        raise SystemExit("two threads do not answer as one")
    return {
        "sky": sky,
        "aircraft": count,
        "pairs": len(found),
        "cpu_ms": 1e3 * alone_s,
        "two_threads_cpu_ms": 1e3 * cpu_s,
        "two_threads_wall_ms": 1e3 * wall_s,
    }


def against_oracle(sky: str, count: int) -> dict[str, Any]:
    """How many pairs are missed, and how many are there that should not be."""
    progress(f"all pairs of {sky}, {count}")
    traffic = made(sky, count, seed=2)
    ours, theirs = named(detect_tactical(**traffic)), all_pairs(**traffic)
    return {
        "sky": sky,
        "aircraft": count,
        "pairs": len(theirs),
        "missed": len(theirs - ours),
        "extra": len(ours - theirs),
    }


# --- the peer ---------------------------------------------------------------------------------------------


class Traffic:
    """Aircraft as BlueSky's detectors read them."""

    def __init__(self, sky: dict[str, Any]) -> None:
        self.lat, self.lon, self.alt, self.gs, self.trk, self.vs = (np.array(sky[name]) for name in NAMES)
        self.ntraf = len(self.lat)
        self.id = list(range(self.ntraf))


def extension(folder: Path, pattern: str) -> ModuleType:
    """A compiled module of the peer, loaded by itself: its package would want all that BlueSky needs."""
    found = sorted(folder.glob(pattern))
    if not found:
        raise SystemExit(
            f"{folder} has no {pattern}: pip install --target {folder} --no-deps bluesky-simulator"
        )
    name = found[0].name.split(".")[0]
    spec = importlib.util.spec_from_file_location(name, found[0])
    if spec is None or spec.loader is None:
        raise SystemExit(f"{found[0]} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def beside_peer(folder: Path) -> dict[str, Any]:
    """Ours and the peer's on the same sky, in turn: the ratio of CPU, and in which pairs they differ."""
    progress(f"beside the peer, {PEER_COUNT}")
    detector = extension(folder, "bluesky/traffic/asas/cstatebased*.so")
    sky = made("box", PEER_COUNT)
    traffic, all_of = Traffic(sky), np.ones(PEER_COUNT)
    limits = [all_of * sky[name] for name in ("horizontal_m", "vertical_m", "lookahead_s")]
    ours_s = peer_s = math.inf
    for _ in range(3):
        one_s, found = best_of(lambda: detect_tactical(**sky))
        two_s, answer = best_of(lambda: detector.detect(traffic, traffic, *limits), repeats=1)
        ours_s, peer_s = min(ours_s, one_s), min(peer_s, two_s)
    ours, theirs = named(found), {(min(pair), max(pair)) for pair in answer[0]}
    differing = ours ^ theirs
    levels = [abs(abs(traffic.alt[i] - traffic.alt[j]) - sky["vertical_m"]) < 1e-6 for i, j in differing]
    return {
        "aircraft": PEER_COUNT,
        "cpu_ms": 1e3 * ours_s,
        "peer_cpu_ms": 1e3 * peer_s,
        "times_faster": peer_s / ours_s,
        "pairs": len(ours),
        "only_ours": len(ours - theirs),
        "only_peers": len(theirs - ours),
        "differing_at_exactly_1000_ft": int(sum(levels)),
    }


def beside_peer_as_it_grows(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """CPU seconds of ours and of the peer's, in the box, for some sizes."""
    detector = extension(folder, "bluesky/traffic/asas/cstatebased*.so")
    grown: dict[str, list[tuple[int, float]]] = {"Mamarr, box": [], "BlueSky compiled, box": []}
    for count in GROWN:
        progress(f"beside the peer, {count}")
        sky = made("box", count)
        traffic, all_of = Traffic(sky), np.ones(count)
        limits = [all_of * sky[name] for name in ("horizontal_m", "vertical_m", "lookahead_s")]
        ours_s, _ = best_of(lambda sky=sky: detect_tactical(**sky))
        peer_s, _ = best_of(
            lambda traffic=traffic, limits=limits: detector.detect(traffic, traffic, *limits), repeats=2
        )
        grown["Mamarr, box"].append((count, ours_s))
        grown["BlueSky compiled, box"].append((count, peer_s))
    return grown


def draw(rows: list[dict[str, Any]], grown: dict[str, list[tuple[int, float]]]) -> None:
    """The picture of the documentation, where one is asked for."""
    place = drawing.folder()
    if place is None:
        return
    density = [(row["aircraft"], row["cpu_ms"] / 1e3) for row in rows if row["sky"] == "density"]
    lines = [*grown.items(), ("Mamarr, fixed density", density)]
    told = drawing.growth("Conflicts in flight: 5 NM, 1000 ft, 300 s", "aircraft", "CPU seconds", lines)
    (place / "conflicts-cost.svg").write_text(told)


def peer_fault(folder: Path) -> dict[str, Any]:
    """The bearings the peer takes by default: those from j to i must be those from i to j, turned."""
    geo = extension(folder, "bluesky/tools/geo/_cgeo*.so")
    sky = made("box", FAULT_COUNT)
    latitude, longitude = np.array(sky["latitude_deg"]), np.array(sky["longitude_deg"])
    bearing_deg, _ = geo.kwikqdrdist_matrix(latitude, longitude, latitude, longitude)
    turned_deg = np.abs(bearing_deg - bearing_deg.T)[np.triu_indices(FAULT_COUNT, 1)]
    return {"peer_bearings": len(turned_deg), "peer_bearings_same_both_ways": int((turned_deg == 0.0).sum())}


def main() -> None:
    """Measure and report."""
    asked = argparse.ArgumentParser(description="detect_tactical beside BlueSky's compiled detector")
    asked.add_argument("largest", type=int, nargs="?", default=LARGEST)
    beside = os.environ.get(
        "MAMARR_BLUESKY", ".venv/beside" if Path(".venv/beside/bluesky").exists() else None
    )
    asked.add_argument("--peer", type=Path, default=beside)
    arguments = asked.parse_args()
    largest = arguments.largest
    detect_tactical(**made("box", 1_000))
    facts: dict[str, Any] = {"calibration_cpu_s": calibration_s()}
    facts["oracle"] = [against_oracle(sky, min(ORACLE_COUNT, largest)) for sky in SKIES]
    rows = [timed("box", min(PEER_COUNT, largest))]
    rows += [timed("density", count) for count in (largest // 100, largest // 10, largest)]
    rows += [timed(sky, largest) for sky in ("world", "drones")]
    rows += [timed("plans", min(PEER_COUNT, largest))]
    growth = math.log(rows[3]["cpu_ms"] / rows[1]["cpu_ms"]) / math.log(100)
    facts["exponent_at_fixed_density"] = round(growth, 3)
    if arguments.peer is None:
        progress("no peer: give --peer or MAMARR_BLUESKY, as the first lines of this file say")
        facts["peer"] = None
    else:
        facts["peer"] = beside_peer(Path(arguments.peer)) | peer_fault(Path(arguments.peer))
        facts["grown"] = beside_peer_as_it_grows(Path(arguments.peer))
        draw(rows, facts["grown"])
    for name in ("oracle", "peer"):
        progress(f"{name}: {facts[name]}")
    report("tactical", rows, **facts)
    if any(row["missed"] or row["extra"] for row in facts["oracle"]):
        raise SystemExit("the pairs are not those of the oracle")


if __name__ == "__main__":
    main()
