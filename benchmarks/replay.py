"""How long a node takes to start, and an audit to finish: `python -m benchmarks.replay [ENTRIES]`.

The log is one of flights of three volumes, filed and withdrawn, so that LIVE of them are held at the end;
group commits of 100. Start and audit grow in proportion to the entries, a start from a snapshot to what is
live and to the entries after the snapshot.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import best_of, calibration_s, progress, report
from benchmarks.skies import CENTRE, CORRIDORS, START_MS, a_plan
from mamarr.airspace import DeclaredCorridor, Terms, corridors
from mamarr.airspace.corridors import DeclareCorridor
from mamarr.engine import Order, follows, resume, snapshots
from mamarr.engine.orders import contents, decision
from mamarr.faults import present
from mamarr.flights import flights, protection
from mamarr.flights.admission import Quota
from mamarr.geometry.units import moment_from_ms
from mamarr.names import Author, Mode
from mamarr.record import Draft, Log, Part, Signer, SqliteStore, audit
from mamarr.record.tree import Frontier

ENTRIES = 1_000_000
LIVE = 10_000
PLACES = 40_000  # places in the grid; the log withdraws a flight long before its place comes again
COMMIT = 100
NODE, PARTY = "node-measured", "north"
SIGNER = Signer(f"{NODE}/{Mode.EXERCISE}", bytes(32))
AUTHOR = Author(party=PARTY, node=NODE, person="officer-7")
NOW = moment_from_ms(START_MS)
TERMS = Terms()


def declared() -> dict[str, DeclaredCorridor]:
    """The corridors that are flown, as they are held."""
    facts = corridors.Facts(party=PARTY)
    own = Author(party=PARTY, node=NODE)
    found = {}
    for corridor in CORRIDORS:
        answer = corridors.decide(DeclareCorridor(corridor=corridor), facts, author=own, now=NOW)
        found[corridor.corridor_id] = present(
            corridors.evolve(None, answer[0]),  # type: ignore[index]
            "the corridor is declared",
        )
    return found


WAYS = declared()


def a_filing(number: int) -> tuple[flights.File, flights.Facts]:
    """A flight of three volumes that meets nothing."""
    plan = a_plan(number % PLACES)
    legs = protection.lines(plan, WAYS)
    kept = protection.volumes(plan, legs, protection.before_departure(TERMS))  # type: ignore[arg-type]
    facts = flights.Facts(
        node_party=PARTY,
        party=PARTY,
        centre=CENTRE,
        volumes=kept,  # type: ignore[arg-type]
        shares=("ALL",),
        quota=Quota(flights_count=min(number, LIVE - 1)),
    )
    return flights.File(flight_id=f"F{number}", plan=plan), facts


def a_draft(sequence: int) -> Draft:
    """Even entries file a flight; odd ones withdraw the one filed LIVE pairs before, if there is one."""
    number = sequence // 2
    if sequence % 2 == 0:
        command, known = a_filing(number)
    else:
        filed, facts = a_filing(max(0, number - LIVE))
        made = flights.decide(filed, facts, author=AUTHOR, now=NOW)
        held = flights.evolve(None, made[0]) if number >= LIVE else None  # type: ignore[index]
        command = flights.Withdraw(flight_id=filed.flight_id if held else f"G{number}")  # type: ignore[assignment]
        known = flights.Facts(node_party=PARTY, held=held)
    outcome = flights.decide(command, known, author=AUTHOR, now=NOW)
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
        live = len(found.projection.state().flights)
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
