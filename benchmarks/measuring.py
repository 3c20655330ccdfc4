"""What the measurements share: CPU time, a fixed loop that says how fast the machine is, the last line."""

import json
import platform
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

CALIBRATION_ROUNDS = 200_000
REPEATS = 5


def calibration_s() -> float:
    """CPU seconds of a fixed loop of small hashes, the best of five: divide by it to compare machines."""
    return best_of(lambda: _hash_loop())[0]


def _hash_loop() -> None:
    digest = b""
    for _ in range(CALIBRATION_ROUNDS):
        digest = sha256(digest).digest()


def best_of(work: Callable[[], Any], repeats: int = REPEATS) -> tuple[float, Any]:
    """The smallest CPU time of `repeats` runs of `work`, in seconds, and what the last one answered."""
    best, answer = float("inf"), None
    for _ in range(repeats):
        start_s = time.process_time()
        answer = work()
        best = min(best, time.process_time() - start_s)
    return best, answer


def progress(line: str) -> None:
    """Say what is under way."""
    sys.stderr.write(line + "\n")


def report(name: str, rows: list[dict[str, Any]], **facts: Any) -> None:
    """Print `rows` as a table, then all of it as one line of JSON."""
    columns = list(rows[0])
    table = [columns, *([_told(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[at]) for line in table) for at in range(len(columns))]
    for line in table:
        sys.stdout.write(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + "\n"
        )
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    sys.stdout.write(json.dumps({"benchmark": name, "machine": machine, **facts, "rows": rows}) + "\n")


def _told(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
