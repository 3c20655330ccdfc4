"""`mamarr audit`: what an audit came to, for a person."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mamarr.coordination.channels import Stopped
from mamarr.engine import Calls, Telephoned, follows
from mamarr.faults import Unavailable
from mamarr.geometry.units import moment_from_ms
from mamarr.interop.wire import safe
from mamarr.link.correspondence import ACTING, Correspondence, Line, Shown, Step, Trusted
from mamarr.node import collecting
from mamarr.record import Entry, SqliteStore, Store, Verdict, Verifier, audit, key_of, wrong_beginning
from mamarr.record.checkpoints import NOTE_BYTES_MAX

if TYPE_CHECKING:
    from mamarr.record.postgres_store import PostgresStore

TRUSTED = {
    Trusted.WORDS: "persons compared words",
    Trusted.FORMER_KEY: "signed by its key before",
    Trusted.NOTHING: "NOBODY COMPARED WORDS",
}
STOPPED = {
    Stopped.CLOSED: ", by a person of this node",
    Stopped.TWO_HISTORIES: ", it signed two that contradict each other",
    Stopped.SET_BACK: ", it signed that it has more of this node's than are here: "
    "the record was set back, or two nodes write with its key",
}
NAMELESS = "a log whose name cannot be read"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to audit. record: a file, or the address of a database. key: None takes the one in the record.

    checkpoint: a signed head kept elsewhere.

    keep_checkpoint: where to write the newest head, to be kept elsewhere, if there is no finding.
    """

    record: Path | str
    key: str | None = None
    checkpoint: Path | None = None
    keep_checkpoint: Path | None = None


def audit_file(
    asked: Asked, console: Console, between: Correspondence | None = None, calls: Calls | None = None
) -> Verdict:
    """Audit a record with a progress line. Unavailable when it is no record, ValueError for a bad key.

    between: reads what went between this node and others; None: as one that is asked about nothing. calls: is
    told of each entry that follows from its facts, and finds the answers by telephone.

    Whatever in a record changes an entry or a signed head, or keeps it from being read, is the finding of the
    verdict. Not looked at, for nothing of what the record says stands there: snapshots, the index of the
    keys, free pages and the counters of SQLite.
    """
    store = opened(asked.record)
    reading, telephoned = between or Correspondence(), calls or Calls()
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
                each=lambda entry: _wrong(entry, reading, telephoned),
                progress=lambda done: progress.update(task, completed=done),
            )
        reading.end(verdict.proven_size)
        if asked.keep_checkpoint is not None and verdict.finding is None:
            _keep_checkpoint(store, verdict.proven_size, asked.keep_checkpoint)
        return verdict
    finally:
        store.close()


def opened(record: Path | str) -> "PostgresStore | SqliteStore":
    """The record there, to be read alone. Raises Unavailable, ValueError."""
    if isinstance(record, Path):
        return SqliteStore(record, read_only=True)
    from mamarr.record.postgres_store import PostgresStore  # of the extra [node]

    return PostgresStore(record, read_only=True)


def _wrong(entry: Entry, between: Correspondence, calls: Calls) -> str | None:
    """What is wrong with an entry beside its place: its decision, or what it says that a peer signed."""
    wrong = follows(entry) or between.take(entry)
    if wrong is None:
        calls.read(entry)
    return wrong


def _keep_checkpoint(store: Store, size: int, path: Path) -> None:
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


# --- between nodes ----------------------------------------------------------------------------------------


def print_between(console: Console, between: Correspondence) -> None:
    """Tell what the record shows of messages between its node and others."""
    for said in _between(between):
        console.print(_plain(said))


def _between(found: Correspondence) -> Iterator[str]:
    for line in found.lines.values():
        yield from _line(line)
    if found.about is None:
        if found.lines:
            yield "what was asked and answered about one flight or reservation: --flight ID"
        return
    called = "".join(f", also called {each}" for each in found.called)
    yield f"{found.about}{called}:" if found.steps else f"{found.about}: nothing is said of it here"
    yield from map(_step, found.steps)
    if found.left_out:
        yield f"  and {found.left_out} entries more"
    if found.erased_count:
        yield f"  of {found.erased_count} messages the text is not here: what they were about is not shown"


def _line(line: Line) -> Iterator[str]:
    whose = f" of {line.party}" if line.party else ""
    yield f"between this node and {line.node}{whose}"
    for each in line.keys:
        certificate = f"; certificate, SHA-256: {each.certificate}" if each.certificate else ""
        yield f"  its key {each.key}, since entry {each.since}: {TRUSTED[each.trusted]}{certificate}"
    former = f", {line.former_count} of them by a key that counted before" if line.former_count else ""
    yield f"  what it signed: {line.verified_count} entries, every signature verified{former}"
    if line.withheld_count:
        yield f"  what it signed was withheld or erased in {line.withheld_count} entries: NOT VERIFIED"
    yield f"  messages to it: {line.sent_count}; it signed that it recorded {line.recorded_count} of them"
    if line.stopped is not None:
        yield f"  nothing is taken in from it any more: {line.stopped}{STOPPED[line.stopped]}"


def _step(step: Step) -> str:
    when = f"  {_moment(step.time_ms)}  entry {step.entry}: "
    about = "" if step.revision is None else f", revision {step.revision}"
    if step.peer is None:
        answer = "" if step.refused is None else f", refused: {step.refused}"
        what = "acted on" if step.what == ACTING else step.what
        return f"{when}{what} by {step.by or 'a person'}{about}{answer}"
    says = "" if step.says is None else f" {step.says}"
    way = "to" if step.is_ours else "from"
    said = f"{when}{step.what}{says}{about}, {way} {step.peer}, {step.stream} {step.number}; "
    return said + _shown(step, step.peer)


def _shown(step: Step, peer: str) -> str:
    match step.shown:
        case Shown.OUR_HEAD if step.recorded_in is None:
            return f"signed by this node's heads, and {peer} has not signed that it recorded it"
        case Shown.OUR_HEAD:
            return (
                f"signed by this node's heads; {peer} signed that it recorded it (entry {step.recorded_in})"
            )
        case Shown.UNPROVEN:
            return "under no signed head: NOT PROVEN"
        case Shown.PEER_KEY:
            return f"signed by {peer}, verified"
        case Shown.FORMER_KEY:
            return f"signed by {peer} with a key that counted before, verified"
        case _:
            return f"what {peer} signed was withheld or erased: NOT VERIFIED"


def _moment(time_ms: int) -> str:
    return f"{moment_from_ms(time_ms):%Y-%m-%dT%H:%M:%SZ}"


class _StepSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A step with its moment instead of a number of milliseconds."""

    time: datetime
    step: Step


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What `mamarr audit --json` writes. Fields: as of `Verdict`, `Correspondence` and their members.

    is_key_given: whether the key came from the caller and not from the record.
    """

    verdict: Verdict
    last_time: datetime | None
    is_key_given: bool
    lines: tuple[Line, ...]
    about: str | None
    called: tuple[str, ...]
    steps: tuple[_StepSaid, ...]
    left_out: int
    erased_count: int
    telephoned: tuple[Telephoned, ...]


def in_json(verdict: Verdict, between: Correspondence, calls: Calls, *, trusted: bool) -> str:
    """The same for programs. trusted: as of `print_verdict`."""
    last_ms = verdict.last_time_ms
    told = _Told(
        verdict=verdict,
        last_time=None if last_ms is None else moment_from_ms(last_ms),
        is_key_given=trusted,
        lines=tuple(between.lines.values()),
        about=between.about,
        called=between.called,
        steps=tuple(_StepSaid(time=moment_from_ms(each.time_ms), step=each) for each in between.steps),
        left_out=between.left_out,
        erased_count=between.erased_count,
        telephoned=calls.found,
    )
    return msgspec.json.format(msgspec.json.encode(told), indent=1).decode()
