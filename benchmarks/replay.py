"""How long a node takes to start, and an audit to finish: `python -m benchmarks.replay [ENTRIES]`.

The log is one of reservations of small boxes, made and given back, so that LIVE of them are held at the end;
group commits of 100. Start and audit grow in proportion to the entries, a start from a snapshot to what is
live and to the entries after the snapshot.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import best_of, calibration_s, progress, report
from mamarr.airspace import reservations
from mamarr.engine import Order, follows, resume, snapshots
from mamarr.engine.orders import contents, decision
from mamarr.geometry import Box
from mamarr.geometry.units import moment_from_ms
from mamarr.names import Author, Mode
from mamarr.record import Draft, Log, Part, Signer, SqliteStore, audit
from mamarr.record.tree import Frontier

ENTRIES = 1_000_000
LIVE = 10_000
COMMIT = 100
NODE, PARTY = "node-measured", "north"
START_MS = 1_795_348_800_000
SIGNER = Signer(f"{NODE}/{Mode.EXERCISE}", bytes(32))
AUTHOR = Author(party=PARTY, node=NODE, person="officer-7")


def a_box(number: int) -> Box:
    """Boxes that do not meet: one cell of a grid each."""
    row, column = divmod(number % 4_000_000, 2_000)
    south, west = -400_000_000 + row * 100_000, -1_000_000_000 + column * 1_000_000
    return Box(
        latitude_south_e7deg=south,
        latitude_north_e7deg=south + 100_000,
        longitude_west_e7deg=west,
        longitude_east_e7deg=west + 1_000_000,
        altitude_lower_mm=3_000_000,
        altitude_upper_mm=6_000_000,
        time_start_ms=START_MS,
        time_end_ms=START_MS + 7_200_000,
    )


def a_draft(sequence: int) -> Draft:
    """Even entries reserve; odd ones release what LIVE pairs before reserved, or, at first, are refused."""
    number = sequence // 2
    name, box = f"R{number}", a_box(number)
    if sequence % 2 == 0:
        command: reservations.Reserve | reservations.Release = reservations.Reserve(
            reservation_id=name, volume=box
        )
        known = reservations.Facts(held_by_party_count=min(number, LIVE - 1))
    elif number < LIVE:
        held = reservations.Reservation(reservation_id=name, holder=PARTY, volume=box)
        command = reservations.Reserve(reservation_id=f"S{number}", volume=box)
        known = reservations.Facts(overlapping=(held,))
    else:
        name, box = f"R{number - LIVE}", a_box(number - LIVE)
        command = reservations.Release(reservation_id=name)
        known = reservations.Facts(
            held=reservations.Reservation(reservation_id=name, holder=PARTY, volume=box)
        )
    outcome = reservations.decide(command, known, author=AUTHOR, now=moment_from_ms(START_MS))
    order = Order(command_id=f"command-{sequence:09}", author=AUTHOR, command=command)
    parts = tuple(
        Part(part, (sequence * 8 + at).to_bytes(32, "big"), content)
        for at, (part, content) in enumerate(contents(decision(order, known, outcome)))
    )
    return Draft(time_ms=START_MS + sequence, key=order.key(), parts=parts)


def commits(entries: int) -> Iterator[list[Draft]]:
    """Group commits of COMMIT drafts."""
    for first in range(0, entries, COMMIT):
        yield [a_draft(sequence) for sequence in range(first, min(first + COMMIT, entries))]


def main() -> None:
    """Measure and report."""
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "record.sqlite")
        log = Log(store, SIGNER, node=NODE, mode=Mode.EXERCISE, salts=lambda: bytes(32))
        log.resume(Frontier())
        begun_s = time.process_time()
        for number, drafts in enumerate(commits(entries)):
            log.append(drafts)
            if number % 1_000 == 999:
                progress(f"{(number + 1) * COMMIT} entries written")
        rows = [row("write the log", time.process_time() - begun_s, entries)]
        repeats = 1 if entries > 200_000 else 3
        taken_s, found = best_of(lambda: resume(store, SIGNER.verifier, party=PARTY), repeats)
        rows.append(row("start from the log", taken_s, entries))
        live = len(found.projection.state().reservations)
        store.keep_snapshot(
            snapshots.taken(found.projection, found.frontier, time_ms=found.time_ms, signer=SIGNER)
        )
        taken_s, again = best_of(lambda: resume(store, SIGNER.verifier, party=PARTY), 3)
        rows.append(row("start from a snapshot", taken_s, entries))
        if again.from_size != entries or again.projection.state() != found.projection.state():
            raise SystemExit("a start from the snapshot is not a start from the log")
        taken_s, verdict = best_of(lambda: audit(store, SIGNER.verifier, each=follows), repeats)
        rows.append(row("audit, deciding again", taken_s, entries))
        if verdict.finding is not None or verdict.proven_size != entries:
            raise SystemExit(f"the audit found {verdict}")
        size_bytes = store.path.stat().st_size
        store.close()
    report(
        "replay",
        rows,
        calibration_cpu_s=calibration_s(),
        entries=entries,
        live=live,
        bytes_per_entry=round(size_bytes / entries),
    )


def row(work: str, taken_s: float, entries: int) -> dict[str, object]:
    """One line of the table."""
    return {"work": work, "cpu_s": taken_s, "us_per_entry": taken_s / entries * 1e6}


if __name__ == "__main__":
    main()
