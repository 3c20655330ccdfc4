"""`mamarr audit`: what an audit came to, for a person."""

from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mamarr.engine import Calls, Telephoned, follows
from mamarr.faults import Unavailable
from mamarr.geometry.units import moment_from_ms
from mamarr.interop.wire import safe
from mamarr.node import collecting
from mamarr.record import Entry, SqliteStore, Verdict, Verifier, audit, key_of, wrong_beginning
from mamarr.record.checkpoints import NOTE_BYTES_MAX

NAMELESS = "a log whose name cannot be read"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to audit. key: None takes the one in the record. checkpoint: a signed head kept elsewhere.

    keep_checkpoint: where to write the newest head, to be kept elsewhere, if there is no finding.
    """

    record: Path
    key: str | None = None
    checkpoint: Path | None = None
    keep_checkpoint: Path | None = None


def audit_file(asked: Asked, console: Console, calls: Calls) -> Verdict:
    """Audit a record with a progress line. Unavailable when it is no record, ValueError for a bad key.

    calls: is told of each entry that follows from its facts, and finds the answers by telephone.

    Whatever in a record changes an entry or a signed head, or keeps it from being read, is the finding of the
    verdict. Not looked at, for nothing of what the record says stands there: snapshots, the index of the
    keys, free pages and the counters of SQLite.
    """
    store = SqliteStore(asked.record, read_only=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} entries verified"), TimeElapsedColumn())
    try:
        wrong = wrong_beginning(store) if asked.key is None else None
        if wrong is not None:
            return Verdict(origin=NAMELESS, size=0, proven_size=0, finding=wrong)
        verifier = key_of(store) if asked.key is None else Verifier.from_text(asked.key)
        outside = None if asked.checkpoint is None else verifier.open(_read(asked.checkpoint))
        with Progress(*columns, console=console, transient=True) as progress, collecting.still():
            task = progress.add_task("audit", total=None)
            verdict = audit(
                store,
                verifier,
                outside=outside,
                each=lambda entry: _follows(entry, calls),
                progress=lambda done: progress.update(task, completed=done),
            )
        if asked.keep_checkpoint is not None and verdict.finding is None:
            _keep_checkpoint(store, verdict.proven_size, asked.keep_checkpoint)
        return verdict
    finally:
        store.close()


def _follows(entry: Entry, calls: Calls) -> str | None:
    wrong = follows(entry)
    if wrong is None:
        calls.read(entry)
    return wrong


def _keep_checkpoint(store: SqliteStore, size: int, path: Path) -> None:
    head = next(store.heads(size - 1), None)
    if head is None:
        raise Unavailable("there is no head to keep: the record is empty")
    try:
        path.write_text(head.note)
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(NOTE_BYTES_MAX + 1).decode()
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong


def _plain(said: str) -> str:
    """A stranger's words, for a terminal: neither control characters nor markup."""
    return escape(safe(said))


def print_verdict(console: Console, verdict: Verdict, *, trusted: bool) -> None:
    """Tell `verdict`. trusted: whether the key came from the caller and not from the record."""
    console.print(f"audit of {_plain(verdict.origin)}: {verdict.size} entries read")
    if verdict.finding is not None:
        where = (
            f"entry {verdict.finding.first}"
            if verdict.finding.first == verdict.finding.last
            else f"entries {verdict.finding.first} to {verdict.finding.last}"
        )
        console.print(f"[red bold]FINDING[/red bold] {where}: {_plain(verdict.finding.what)}")
    until = (
        ""
        if verdict.last_time_ms is None
        else f", until {moment_from_ms(verdict.last_time_ms):%Y-%m-%dT%H:%M:%SZ}"
    )
    console.print(
        f"proven by signed heads: entries 0 to {verdict.proven_size - 1}{until}"
        if verdict.proven_size
        else "nothing is proven"
    )
    if verdict.witnessed_size is None:
        console.print("later entries: UNPROVEN (no checkpoint from outside was given)")
    else:
        console.print(f"the checkpoint from outside is met at {verdict.witnessed_size} entries")
    if verdict.sealed:
        console.print(
            f"{verdict.sealed} parts were erased or withheld: they are proven, what they said is not"
        )
    if not trusted and verdict.origin != NAMELESS:
        console.print("the key came from the record itself: it proves order and wholeness, not who wrote")


def print_calls(console: Console, calls: tuple[Telephoned, ...]) -> None:
    """Tell of the answers by telephone: each is unsigned until the authority's own node said something."""
    for each in calls:
        spoken = f"{moment_from_ms(each.spoken_at_ms):%Y-%m-%dT%H:%M:%SZ}"
        console.print(
            f"VOICE, entry {each.entry}: {_plain(each.authority)} answered {each.reply} by telephone"
            f" at {spoken} about {_plain(each.object_id)}, revision {each.revision}: {_signed(each)}"
        )
        if each.spoken_by is not None:
            console.print(f"  said by {_plain(each.spoken_by)}, entered by {_plain(each.entered_by or '')}")
        if each.read_back is not None:
            console.print(f"  read back: {_plain(each.read_back)}")


def _signed(each: Telephoned) -> str:
    if each.signed is None:
        return "unsigned"
    why = "" if each.reason is None else f", {each.reason}"
    return f"signed by its node since as {each.signed}{why}, entry {each.signed_entry}"
