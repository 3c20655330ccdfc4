"""`mamarr init` and `mamarr serve` as a person meets them: what is asked, what is told."""

import os
import sys
from pathlib import Path

import typer
from rich.console import Console

from mamarr.faults import Unavailable
from mamarr.node import config, serving, wiring
from mamarr.node.founding import found, next_commands
from mamarr.node.key_file import (
    PASSPHRASE_LENGTH_MAX,
    PASSPHRASE_LENGTH_MIN,
    SECRET_BYTES_MAX,
    first_line,
    is_encrypted,
    read_line,
    signer_from,
)

IN_THE_CLEAR = (
    "THE SIGNING KEY IS IN THE CLEAR: whoever reads {path}, or a backup of it, can write history in this "
    "node's name."
)


def found_node(folder: Path, node: dict[str, str], *, port: int, has_passphrase: bool) -> None:
    """Make a node's folder and say what was made. Raises Unavailable, WireError, ValueError.

    node: the values of the table [node] in the configuration.
    """
    text = config.written({"node": dict(node), "listen": {"port": port}})
    says = config.read(text)  # before anybody thinks of a passphrase
    made = found(folder, text, says, passphrase=_new_passphrase() if has_passphrase else None)
    configuration = made.configuration
    key = configuration.file(says.node.key_file)
    typer.echo(f"made {configuration.path}, {key} and {configuration.data}")
    if not has_passphrase:
        typer.secho(IN_THE_CLEAR.format(path=key), err=True, bold=True, fg="red")
    typer.echo(f"public key, for whoever audits this node: {made.verifier.text()}")
    typer.echo("next, add a person (the scopes you do not want left out), then serve:")
    for command in next_commands(made):
        typer.echo(f"  {command}")


def serve_node(path: Path, *, passphrase_file: Path | None, passphrase_fd: int | None) -> None:
    """Run the node of the configuration in `path` until told to stop. Raises Unavailable, WireError."""
    configuration = config.load(path)
    key = configuration.file(configuration.says.node.key_file)
    if not is_encrypted(key) and (passphrase_file is not None or passphrase_fd is not None):
        raise Unavailable(f"{key}: a passphrase was given, but the key is in the clear")
    signer = signer_from(key, configuration.origin, lambda: _passphrase(passphrase_file, passphrase_fd))
    serving.run(wiring.run(configuration, signer, Console()))


def _new_passphrase() -> str:
    if sys.stdin.isatty():
        question = (
            f"Passphrase for the signing key ({PASSPHRASE_LENGTH_MIN} to {PASSPHRASE_LENGTH_MAX} characters)"
        )
        return str(typer.prompt(question, hide_input=True, confirmation_prompt=True))
    line = sys.stdin.buffer.readline(SECRET_BYTES_MAX)
    if not line.strip():
        raise Unavailable(
            "no passphrase on the standard input; `--no-passphrase` leaves the key in the clear"
        )
    return first_line(line, "the standard input")


def _passphrase(file: Path | None, descriptor: int | None) -> str:
    if file is not None and descriptor is not None:
        raise Unavailable("give one of --passphrase-file and --passphrase-fd")
    if file is not None:
        return read_line(file)
    if descriptor is not None:
        with os.fdopen(descriptor, "rb", closefd=descriptor > 2) as given:
            return first_line(given.readline(SECRET_BYTES_MAX), f"file descriptor {descriptor}")
    if sys.stdin.isatty():
        return str(typer.prompt("Passphrase of the signing key", hide_input=True))
    raise Unavailable("the signing key has a passphrase: give it with --passphrase-file or --passphrase-fd")
