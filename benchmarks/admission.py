"""How many flights a second one process admits durably: `python -m benchmarks.admission [LIVE]`.

LIVE flights of three volumes are held; ASKING ask at once, again and again; each round is one group commit of
an SQLite store with synchronous=FULL on this disk. Deciding and appending take turns on one thread here; a
node appends on a second one. Cost of a filing: a question to each index for its three volumes, which grows
with what is near and not with what is live. The garbage collector is set as in a node (`node.collecting`).
"""

import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from benchmarks.measuring import calibration_s, progress, report
from benchmarks.skies import (
    NODE,
    PARTY,
    START_MS,
    a_filing,
    applied,
    decided,
    declarations,
)
from mamarr.engine import Batch, Decider, Projection
from mamarr.faults import Refusal
from mamarr.names import Mode
from mamarr.node import collecting
from mamarr.record import Log, Signer, SqliteStore
from mamarr.record.tree import Frontier

LIVE = 100_000
ASKING = 100
ROUNDS = 50
REPEATS = 5
SIGNER = Signer(f"{NODE}/{Mode.EXERCISE}", bytes(32))


def main() -> None:
    """Measure and report."""
    live = int(sys.argv[1]) if len(sys.argv) > 1 else LIVE
    numbers = count()
    projection = Projection(PARTY)
    applied(projection, declarations())
    for held in range(0, live, 10_000):
        applied(projection, (a_filing(next(numbers)) for _ in range(min(10_000, live - held))))
        progress(f"{min(held + 10_000, live)} flights are live")
    collecting.settle()
    rows = []
    with tempfile.TemporaryDirectory(dir=".") as folder:  # a real disk; /tmp may be memory
        store = SqliteStore(Path(folder) / "record.sqlite")
        salts = count()
        salt = lambda: next(salts).to_bytes(32, "big")  # noqa: E731
        log = Log(store, SIGNER, node=NODE, mode=Mode.EXERCISE, salts=salt)
        log.resume(Frontier())
        decider = Decider(projection, find=store.find_all, salts=salt, last_time_ms=START_MS)
        for repeat in range(REPEATS):
            rows.append(measured(decider, log, numbers, repeat))
            progress(f"repeat {repeat + 1} of {REPEATS}: {rows[-1]['per_s']:.0f} a second")
        size_bytes = store.path.stat().st_size
        store.close()
    entries = REPEATS * ROUNDS * ASKING
    best = max(rows, key=lambda row: row["per_s"])
    report(
        "admission",
        rows,
        calibration_cpu_s=calibration_s(),
        live=live,
        asking=ASKING,
        best_per_s=best["per_s"],
        bytes_per_entry=round(size_bytes / entries),
    )


def measured(decider: Decider, log: Log, numbers: "count[int]", repeat: int) -> dict[str, float]:
    """One repeat: ROUNDS group commits of ASKING flights."""
    rounds = [[a_filing(next(numbers)) for _ in range(ASKING)] for _ in range(ROUNDS)]
    wall_s, cpu_s, waits, rounds_cpu_s = time.perf_counter(), time.process_time(), [], []
    for orders in rounds:
        begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
        for each in orders:
            decider.offer(each)
        batch = decided(decider)
        assert isinstance(batch, Batch)
        rows = log.append(batch.drafts)
        answers = decider.committed(batch, [row.leaf for row in rows])
        waits.append(time.perf_counter() - begun_s)
        rounds_cpu_s.append(time.process_time() - begun_cpu_s)
        refused = [answer for _, answer in answers if isinstance(answer.outcome, Refusal)]
        if refused or len(answers) != len(orders):
            raise SystemExit(f"not all were admitted: {refused[:1]}")
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    filed = ROUNDS * ASKING
    return {
        "repeat": repeat,
        "per_s": filed / wall_s,
        "cpu_us": cpu_s / filed * 1e6,
        "least_cpu_us": min(rounds_cpu_s) / ASKING * 1e6,  # of a round that nobody disturbed
        "round_p50_ms": sorted(waits)[ROUNDS // 2] * 1e3,
        "round_max_ms": max(waits) * 1e3,
    }


if __name__ == "__main__":
    main()
