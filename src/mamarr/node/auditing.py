"""`mamarr audit`: what an audit came to, for a person."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mamarr.geometry.units import moment_from_ms
from mamarr.record import SqliteStore, Verdict, Verifier, audit


def audit_file(path: Path, verifier: Verifier, console: Console) -> Verdict:
    """Audit the record in `path` with a progress line. Unavailable when it cannot be read."""
    store = SqliteStore(path, read_only=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} entries verified"), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("audit", total=None)
            return audit(store, verifier, progress=lambda done: progress.update(task, completed=done))
    finally:
        store.close()


def print_verdict(console: Console, verdict: Verdict, *, trusted: bool) -> None:
    """Tell `verdict`. trusted: whether the key came from the caller and not from the record."""
    console.print(f"audit of {escape(verdict.origin)}: {verdict.size} entries read")
    if verdict.finding is not None:
        where = (
            f"entry {verdict.finding.first}"
            if verdict.finding.first == verdict.finding.last
            else f"entries {verdict.finding.first} to {verdict.finding.last}"
        )
        console.print(f"[red bold]FINDING[/red bold] {where}: {escape(verdict.finding.what)}")
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
    if not trusted:
        console.print("the key came from the record itself: it proves order and wholeness, not who wrote")
