"""The command line. Exit 0: fine; 1: a finding; 2: wrong use or something that cannot be had."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from mamarr import __version__
from mamarr.faults import Unavailable

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Air corridors shared out between authorities. Flight safety only; an advisory aid, not certified.",
)
FINDING, WRONG_USE = 1, 2


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mamarr {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    del version


@app.command()
def demo(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8080,
    keep: Annotated[Path | None, typer.Option(help="Keep the record in this folder.")] = None,
) -> None:
    """Run a node in EXERCISE on this machine and show the main job. Needs the extra [node]."""
    try:
        from mamarr.node import demo as demonstration
    except ModuleNotFoundError as missing:
        _wrong(f"the demo needs more packages ({missing.name} is missing): pip install 'mamarr[node]'")
    try:
        demonstration.run(port, keep)
    except (Unavailable, OSError) as wrong:
        _wrong(str(wrong))


@app.command()
def audit(
    record: Annotated[Path, typer.Argument(help="The record file of a node.")],
    key: Annotated[
        str | None, typer.Option(help="The node's public key, NAME+ID+BASE64; else the record's own word.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A signed head of this log that was kept elsewhere.")
    ] = None,
    keep_checkpoint: Annotated[
        Path | None, typer.Option(help="Write the newest signed head here; keep it on another machine.")
    ] = None,
) -> None:
    """Verify a record alone, without its node. Exit 1 names the first thing that is wrong."""
    from mamarr.node.auditing import Asked, audit_file, print_verdict

    console = Console(soft_wrap=True)
    if not record.is_file():
        _wrong(f"there is no file {record}")
    try:
        asked = Asked(record=record, key=key, checkpoint=checkpoint, keep_checkpoint=keep_checkpoint)
        verdict = audit_file(asked, console)
    except (Unavailable, ValueError) as wrong:
        _wrong(str(wrong))
    print_verdict(console, verdict, trusted=key is not None)
    if verdict.finding is not None:
        raise typer.Exit(FINDING)


def _wrong(why: str) -> NoReturn:
    typer.echo(f"mamarr: {why}", err=True)
    raise typer.Exit(WRONG_USE)


def main() -> None:
    """Entry point of the `mamarr` command."""
    app()
