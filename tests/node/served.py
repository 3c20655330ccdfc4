"""`mamarr init` and `mamarr serve`: processes of their own, their output read line by line."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import httpx
from argon2 import PasswordHasher
from typer.testing import CliRunner

from mamarr.node import account_commands, cli
from mamarr.web.access import passwords
from tests.node.forked import Forked

START_S = 60
PASSPHRASE = "a long and quiet phrase"
PASSWORD = "correct horse battery"
# A hash says what it costs to compare; one as nodes make it takes a quarter of a second of CPU (tests/web).
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NORTH = ("--node-id", "north-1", "--party", "north", "--authority", "Authority of North")


def founded(folder: Path, *, mode: str = "EXERCISE", passphrase: str | None = None) -> Path:
    """The configuration of a new node of north with the person `officer`, on a free port."""
    protected = ["--no-passphrase"] if passphrase is None else []
    asked = ["init", str(folder), *NORTH, "--mode", mode, "--port", "0", *protected]
    made = CliRunner().invoke(cli.app, asked, input=f"{passphrase}\n")
    assert made.exit_code == 0, made.stderr
    added(folder, "officer", "mamarr.read", "mamarr.reserve")
    return folder / "mamarr.toml"


def added(folder: Path, person: str, *scopes: str) -> None:
    """Give `person` of north an account at the node of `folder`; who signs in to it need not wait long."""
    given = [text for scope in scopes for text in ("--scope", scope)]
    account = ["add", person, "--party", "north", *given, "--data", str(folder / "data")]
    with mock.patch.object(passwords, "HASHER", QUICK):
        made = CliRunner().invoke(account_commands.app, account, input=PASSWORD + "\n")
    assert made.exit_code == 0, made.stderr


class ServedNode:
    """A running node. origin: where its page is. key: its public key. lines: what it said."""

    def __init__(self, config: Path, *options: str) -> None:
        self.record = config.parent / "data" / "record.sqlite"
        self.lines: list[str] = []
        arguments = ["serve", str(config), *options]
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")  # the checkout under test
        self.process = Forked(*arguments, environment=environment)
        watchdog = threading.Timer(START_S, self.process.kill)
        watchdog.start()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("ready: "):
                break
        watchdog.cancel()
        told = "\n".join(self.lines)
        if not told.splitlines()[-1:] or not self.lines[-1].startswith("ready: "):
            self.end(signal.SIGKILL)
            raise AssertionError(f"not ready after {START_S} s, or ended: {told}")
        self.origin = self.lines[-1].removeprefix("ready: ").rstrip("/")
        self.key = re.search(r"^public key: (.+)$", told, re.MULTILINE)[1]

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(
            base_url=self.origin, trust_env=False, verify=False, headers={"origin": self.origin, **headers}
        )

    @contextmanager
    def signed_in(self, name: str = "officer") -> Iterator[httpx.Client]:
        """A client in which `officer`, or who is named, is signed in."""
        with self.client() as client:
            answer = client.post("/api/sign-in", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield client

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal; the exit code, once it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(START_S)
        if self.process.stdout is not None and not self.process.stdout.closed:
            self.lines += self.process.stdout.read().splitlines()
            self.process.stdout.close()
        return code
