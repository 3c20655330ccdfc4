"""How long a node takes to start, and an audit to finish: `python -m benchmarks.replay [ENTRIES]`.

The log is one of flights of three volumes on declared corridors, filed and withdrawn in turn, so that LIVE of
them are held at the end; group commits of COMMIT, each synced. The facts are written down as a node would
find them, without its index; the first CHECKED entries are decided again with the index, to show that. Start
and audit grow in proportion to the entries, a start from a snapshot to what is live and to the entries after
the snapshot. A million entries take 4 GB in a folder here while it runs.
"""

import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from benchmarks.measuring import best_of, calibration_s, progress, report
from benchmarks.skies import CENTRE, FILERS, NODE, PARTY, START_MS, a_plan, declarations
from mamarr.airspace import DeclaredCorridor, Terms
from mamarr.engine import Order, Projection, Resumed, follows, redecided, resume, snapshots
from mamarr.engine import facts as facts_of
from mamarr.engine.decider import decide
from mamarr.engine.orders import Facts, Outcome, contents, decision
from mamarr.faults import present
from mamarr.flights import Flight, flights, protection
from mamarr.flights.admission import Quota
from mamarr.geometry.units import moment_from_ms
from mamarr.link.correspondence import Correspondence
from mamarr.names import Author, Mode
from mamarr.node import collecting
from mamarr.record import Draft, Log, Part, Signer, SqliteStore, Verdict, audit
from mamarr.record.tree import Frontier

ENTRIES = 1_000_000
LIVE = 10_000
PLACES = 40_000  # places in the sky; the log withdraws a flight long before its place comes again
COMMIT = 100
CHECKED = 1_000
TOLD_EVERY = 100_000
SIGNER = Signer(f"{NODE}/{Mode.EXERCISE}", bytes(32))
OFFICER = Author(party=PARTY, node=NODE, person="officer-7")
NOW = moment_from_ms(START_MS)
WITHIN = protection.before_departure(Terms())


def a_draft(number: int, order: Order, known: Facts, outcome: Outcome) -> Draft:
    """The entry that says this; `number` makes its salts."""
    parts = tuple(
        Part(part, (number * 8 + at).to_bytes(32, "big"), content)
        for at, (part, content) in enumerate(contents(decision(order, known, outcome)))
    )
    return Draft(time_ms=START_MS, key=order.key(), parts=parts)


def declare(log: Log) -> dict[str, DeclaredCorridor]:
    """Write what the flights fly on; the corridors, as they are held then."""
    projection, drafts = Projection(PARTY), []
    for number, order in enumerate(declarations()):
        known = facts_of.known_to(projection, order, START_MS)
        outcome = decide(order, known, now=NOW)
        drafts.append(a_draft(number, order, known, outcome))
        for event in outcome:  # type: ignore[union-attr]
            projection.fold(event)
    log.append(drafts)
    return dict(projection.corridors.current_items())


def a_filing(number: int, ways: Mapping[str, DeclaredCorridor]) -> tuple[flights.File, flights.Facts]:
    """A flight of three volumes that meets nothing, of one of FILERS parties, and what is known of it."""
    plan, party = a_plan(number % PLACES), f"party-{number % FILERS}"
    legs = protection.lines(plan, ways)
    kept = protection.volumes(plan, legs, WITHIN)  # type: ignore[arg-type]
    facts = flights.Facts(
        node_party=PARTY,
        party=party,
        centre=CENTRE,
        volumes=kept,  # type: ignore[arg-type]
        shares=("ALL",),
        quota=Quota(flights_count=min(number, LIVE) // FILERS),
    )
    return flights.File(flight_id=f"F{number}", plan=plan, party=party), facts


def entries_of(count: int, ways: Mapping[str, DeclaredCorridor]) -> Iterator[Draft]:
    """Even ones file a flight; odd ones withdraw the oldest beyond LIVE, or one that is not there."""
    held: deque[Flight] = deque()
    for number in range(count):
        command: flights.Command
        if number % 2 == 0:
            command, known = a_filing(number // 2, ways)
        else:
            gone = held.popleft() if len(held) > LIVE else None
            command = flights.Withdraw(flight_id=f"G{number}" if gone is None else gone.flight_id)
            known = flights.Facts(node_party=PARTY, held=gone)
        outcome = flights.decide(command, known, author=OFFICER, now=NOW)
        if isinstance(command, flights.File):
            held.append(present(flights.evolve(None, outcome[0]), "it is filed"))  # type: ignore[index]
        order = Order(command_id=f"command-{number:09}", author=OFFICER, command=command)
        yield a_draft(number, order, known, outcome)


def written(store: SqliteStore, count: int) -> None:
    """Write a log of `count` such entries, after those that declare what they fly on."""
    log = Log(store, SIGNER, node=NODE, mode=Mode.EXERCISE, salts=lambda: bytes(32))
    log.resume(Frontier())
    log.begin(START_MS)
    drafts = entries_of(count, declare(log))
    while commit := list(islice(drafts, COMMIT)):
        log.append(commit)
        told(log.size, "written")
    wrong = next(redecided(store.rows(0, CHECKED), party=PARTY), None)
    if wrong is not None:
        raise SystemExit(f"the log is not what a node would have written: {wrong}")


def told(done: int, what: str) -> None:
    """Say how far it is, now and then."""
    if done // TOLD_EVERY != (done - COMMIT) // TOLD_EVERY:
        progress(f"{done} entries {what}")


def started(store: SqliteStore) -> Resumed:
    """A start, as a node does it."""
    with collecting.still():
        return resume(store, SIGNER.verifier, party=PARTY)


def audited(store: SqliteStore) -> Verdict:
    """An audit, as `mamarr audit` does it."""
    between = Correspondence()
    with collecting.still():
        each = lambda entry: follows(entry) or between.take(entry)  # noqa: E731
        return audit(store, SIGNER.verifier, each=each, progress=lambda done: told(done, "audited"))


def main() -> None:
    """Measure and report."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    repeats = 3
    calibrations_s = [calibration_s()]
    with tempfile.TemporaryDirectory(dir=".") as folder:  # a real disk; /tmp may be memory
        store = SqliteStore(Path(folder) / "record.sqlite")
        taken_s, _ = best_of(lambda: written(store, count), 1)
        size = store.size()
        rows = [row("write the log", taken_s, size)]
        progress("starting from the log")
        taken_s, found = best_of(lambda: started(store), repeats)
        rows.append(row("start from the log", taken_s, size))
        calibrations_s.append(calibration_s())
        live = len(found.projection.state().flights)
        store.keep_snapshot(
            snapshots.taken(found.projection, found.frontier, time_ms=found.time_ms, signer=SIGNER)
        )
        progress("starting from a snapshot")
        taken_s, again = best_of(lambda: started(store), 3)
        rows.append(row("start from a snapshot", taken_s, size))
        if again.from_size != size or again.projection.state() != found.projection.state():
            raise SystemExit("a start from the snapshot is not a start from the log")
        taken_s, verdict = best_of(lambda: audited(store), repeats)
        rows.append(row("audit, deciding again", taken_s, size))
        if verdict.finding is not None or verdict.proven_size != size:
            raise SystemExit(f"the audit found {verdict}")
        calibrations_s.append(calibration_s())
        size_bytes = store.path.stat().st_size
        store.close()
    report(
        "replay",
        rows,
        calibration_cpu_s=min(calibrations_s),
        calibrations_cpu_s=calibrations_s,
        entries=size,
        live=live,
        bytes_per_entry=round(size_bytes / size),
    )


def row(work: str, taken_s: float, entries: int) -> dict[str, object]:
    """One line of the table."""
    return {"work": work, "cpu_s": taken_s, "us_per_entry": taken_s / entries * 1e6}


if __name__ == "__main__":
    main()
