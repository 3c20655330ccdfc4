"""`mamarr init` and `mamarr serve` as a person meets them: what is asked, what is told."""

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import typer
from rich.console import Console

from mamarr.faults import Unavailable
from mamarr.link.certificates import link_name
from mamarr.node import config, serving, wiring
from mamarr.node.founding import found, next_commands
from mamarr.node.key_file import (
    PASSPHRASE_LENGTH_MAX,
    PASSPHRASE_LENGTH_MIN,
    SECRET_BYTES_MAX,
    first_line,
    is_encrypted,
    private_key_from,
    read_line,
    signer_from,
)
from mamarr.node.link_key import LinkKey
from mamarr.record import Signer

IN_THE_CLEAR = (
    "THE SIGNING KEY IS IN THE CLEAR: whoever reads {path}, or a backup of it, can write history in this "
    "node's name."
)


def found_node(folder: Path, node: dict[str, str], *, port: int, links: str, has_passphrase: bool) -> None:
    """Make a node's folder and say what was made. Raises Unavailable, WireError, ValueError.

    node: the values of the table [node] in the configuration. links: where other nodes may dial it, or "".
    """
    given: dict[str, dict[str, object]] = {"node": dict(node), "listen": {"port": port}}
    if links:
        given["links"] = {"listen": links}
    text = config.written(given)
    says = config.read(text)  # before anybody thinks of a passphrase
    made = found(folder, text, says, passphrase=_new_passphrase() if has_passphrase else None)
    configuration = made.configuration
    key = configuration.file(says.node.key_file)
    link_key = configuration.file(says.links.key_file)
    typer.echo(f"made {configuration.path}, {key}, {link_key} and {configuration.data}")
    if not has_passphrase:
        typer.secho(IN_THE_CLEAR.format(path=key), err=True, bold=True, fg="red")
    typer.echo(f"public key, for whoever audits this node: {made.verifier.text()}")
    typer.echo(f"certificate of its links, SHA-256: {made.fingerprint.hex()}")
    typer.echo("next, add a person (the scopes you do not want left out), then serve:")
    for command in next_commands(made):
        typer.echo(f"  {command}")


def serve_node(path: Path, *, passphrase_file: Path | None, passphrase_fd: int | None) -> None:
    """Run the node of the configuration in `path` until told to stop. Raises Unavailable, WireError."""
    configuration = config.load(path)
    key = configuration.file(configuration.says.node.key_file)
    if not is_encrypted(key) and (passphrase_file is not None or passphrase_fd is not None):
        raise Unavailable(f"{key}: a passphrase was given, but the key is in the clear")
    signer, link_key = keys(configuration, passphrase_file, passphrase_fd)
    serving.run(wiring.run(configuration, signer, Console(), link_key=link_key))


def keys(
    configuration: config.Configuration, passphrase_file: Path | None, passphrase_fd: int | None
) -> tuple[Signer, LinkKey | None]:
    """The node's two keys, for whose passphrase is asked once. None: a node that was made without links.

    Raises Unavailable.
    """
    says = configuration.says
    asked = cache(lambda: _passphrase(passphrase_file, passphrase_fd))
    signer = signer_from(configuration.file(says.node.key_file), configuration.origin, asked)
    return signer, link_key_from(configuration, asked)


def passphrase_asked(
    configuration: config.Configuration, passphrase_file: Path | None
) -> Callable[[], str] | None:
    """Asks for the passphrase of the keys, once; None where they are in the clear. Raises Unavailable."""
    if not is_encrypted(configuration.file(configuration.says.node.key_file)):
        return None
    return cache(lambda: _passphrase(passphrase_file, None))


def link_key_from(configuration: config.Configuration, passphrase: Callable[[], str]) -> LinkKey | None:
    """The key of a node's links, if it has one. Raises Unavailable."""
    node, path = configuration.says.node, configuration.file(configuration.says.links.key_file)
    if not path.exists():
        if configuration.says.links.listen:
            raise Unavailable(f"there is no {path}, and links.listen is said: `mamarr peer rotate` makes one")
        return None
    name = link_name(node.id, node.mode)
    return LinkKey(node.id, node.mode, private_key_from(path, name, passphrase))


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
