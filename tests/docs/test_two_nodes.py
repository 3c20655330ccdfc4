"""The tutorial of two neighbours, followed word for word: its commands are taken from the page."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import PLACEHOLDER, TWO_NODES, steps
from tests.node.forked import shell_command

pytestmark = pytest.mark.slow

PORTS = ("8080", "8081", "8843")  # of the page; others have them on a machine that does more than this
MINUTES_S = 5 * 60  # what the page promises: a few minutes, reading not counted


class Reader:
    """Somebody who follows a page, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.terminals = folder, list[subprocess.Popen[str]]()
        (folder / "bin").mkdir()
        self.inherits = (shell_command(folder / "bin" / "mamarr"),)
        self.environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "LANG": "C.UTF-8"}

    def types(self, command: str) -> str:
        """What the command prints; it must end well."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            pass_fds=self.inherits,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def opens_terminal(self, command: str) -> None:
        """A command in a terminal of its own, until it says that it is ready."""
        begun = subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=self.inherits,
        )
        self.terminals.append(begun)
        said = list[str]()
        for line in begun.stdout:
            said.append(line)
            if line.startswith("ready: "):
                return
        raise AssertionError(f"{command}\n{''.join(said)}")

    def closes(self) -> None:
        for each in self.terminals:
            each.send_signal(signal.SIGTERM)
        for each in self.terminals:
            each.communicate(timeout=60)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    found = Reader(tmp_path)
    yield found
    found.closes()


def free_ports() -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    ports = [str(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def test_two_neighbours_are_joined_by_the_page_alone(reader: Reader):
    page = TWO_NODES.read_text()
    for shown, free in zip(PORTS, free_ports(), strict=True):
        assert shown in page
        page = page.replace(shown, free)
    words, began_s, told = list[str](), time.monotonic(), dict[str, str]()
    for has_terminal, command in steps(page):
        if has_terminal:
            reader.opens_terminal(command)
            continue
        if PLACEHOLDER in command:
            assert len(set(words)) == 1, f"both see the same words: {words}"
            command = command.replace(PLACEHOLDER, words[0])
        said = told[command] = reader.types(command)
        if command.startswith("mamarr peer add"):
            words.append(said.strip())
    took_s = time.monotonic() - began_s
    assert [len(each.split()) for each in words] == [6, 6]
    for folder in ("north", "south"):
        assert "  confirmed  " in told[f"mamarr peer list {folder}"]
    while not all("  connected  " in reader.types(f"mamarr peer list {each}") for each in ("north", "south")):
        assert time.monotonic() - began_s < MINUTES_S, "the line stands"
    stood_s = time.monotonic() - began_s
    print(f"the commands of the page took {took_s:.0f} s, the line stood after {stood_s:.0f} s")
    assert took_s < MINUTES_S


def test_every_command_of_the_page_is_followed():
    """What looks like a command and is in no block that is followed would be one that nobody tried."""
    page = TWO_NODES.read_text()
    followed = {command for _, command in steps(page)}
    lines = [line for line in page.splitlines() if line.startswith("mamarr ")]
    assert set(lines) == followed
    assert len(followed) == 11
