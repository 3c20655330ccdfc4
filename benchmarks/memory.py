"""How much memory an idle node takes: `python -m benchmarks.memory`.

Starts `mamarr serve` on a fresh folder, waits until it is ready, signs a person in, reserves a box and draws
the picture, so that all that is loaded at the first use is counted, and sums the proportional set size (Pss
of /proc/PID/smaps_rollup: shared pages divided among those who share them) over the tree of processes. Where
other Python programs run, they share libraries with it: the resident set (Rss) is what it takes alone. Once
with compiled code from the cache, once with an empty cache, as at the first start on a machine. Linux.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measuring import calibration_s, progress, report

IDLE_S = 2.0  # after the last request, until the figures are read
ALLOWED_MIB = 300
PARTY, PERSON, PASSWORD = "north", "officer", "measured at a quiet time"
MAMARR = (sys.executable, "-m", "mamarr")


def founded(folder: Path) -> Path:
    """The configuration of a new node with one person."""
    names = ("--node-id", "measured", "--party", PARTY, "--authority", "Measured", "--mode", "EXERCISE")
    command = [*MAMARR, "init", str(folder), *names, "--port", "0", "--no-passphrase"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    person = (
        "account",
        "add",
        PERSON,
        "--party",
        PARTY,
        "--scope",
        "mamarr.read",
        "--scope",
        "mamarr.reserve",
    )
    subprocess.run(
        [*MAMARR, *person, "--data", str(folder / "data")],
        input=PASSWORD + "\n",
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder / "mamarr.toml"


def processes_of(root: int) -> list[int]:
    """The process `root` and all that it started."""
    found = [root]
    for process in found:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found


def memory_of(process: int) -> dict[str, Any]:
    """The set sizes of one process, MiB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    kib = {line.partition(":")[0]: int(line.split()[1]) for line in lines}
    name = Path(f"/proc/{process}/comm").read_text().strip()
    mib = {size: kib[size] / 1024 for size in ("Pss", "Pss_Anon", "Rss")}
    return {"process": name, "threads": len(list(Path(f"/proc/{process}/task").iterdir())), **mib}


def use(address: str) -> None:
    """Sign in, reserve a box and draw the picture."""
    start = datetime.now(UTC) + timedelta(hours=1)
    volume = {
        "latitude_south_deg": 33.5,
        "latitude_north_deg": 34.5,
        "longitude_west_deg": 32.0,
        "longitude_east_deg": 33.0,
        "altitude_lower_m": 3_000,
        "altitude_upper_m": 6_000,
        "time_start": start.isoformat(timespec="seconds"),
        "time_end": (start + timedelta(hours=1)).isoformat(timespec="seconds"),
    }
    with httpx.Client(base_url=address, trust_env=False, headers={"origin": address}, timeout=60) as client:
        client.post("/api/sign-in", json={"name": PERSON, "password": PASSWORD}).raise_for_status()
        client.put("/api/reservations/EAST-1", json={"volume": volume}).raise_for_status()
        client.get("/api/picture").raise_for_status()


def measured(start: str, path: Path, cache: Path) -> list[dict[str, Any]]:
    """The set sizes of a node that was used once and is idle. cache: the folder of compiled code."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    begun_s = time.monotonic()
    command = [*MAMARR, "serve", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as node:
        try:
            address = next(line for line in node.stdout or () if line.startswith("ready: "))
            ready_s = time.monotonic() - begun_s
            use(address.removeprefix("ready: ").strip().rstrip("/"))
            progress(f"ready and used; idle for {IDLE_S} s")
            time.sleep(IDLE_S)
            return [
                {"start": start, "ready_s": ready_s} | memory_of(process)
                for process in processes_of(node.pid)
            ]
        finally:
            node.send_signal(signal.SIGTERM)


def main() -> None:
    """Measure and tell."""
    with tempfile.TemporaryDirectory(prefix="mamarr-memory-") as folder:
        cache = Path(folder) / "cache"
        rows = measured("first", founded(Path(folder) / "one"), cache)
        later = measured("later", founded(Path(folder) / "other"), cache)
    facts = {
        f"{size.lower()}_{name}_mib": sum(row[size] for row in found)
        for name, found in (("first", rows), ("later", later))
        for size in ("Pss", "Rss")
    }
    report("memory", rows + later, **facts, allowed_mib=ALLOWED_MIB, calibration_s=calibration_s())
    most_mib = max(facts.values())
    if most_mib > ALLOWED_MIB:
        sys.exit(f"{most_mib:.0f} MiB are more than {ALLOWED_MIB} MiB")


if __name__ == "__main__":
    main()
