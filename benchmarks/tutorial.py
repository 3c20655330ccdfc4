"""From nothing to a first acknowledged message: two clean clones in two networks, by a stopwatch.

The tutorial is followed. Each side has a clone, a folder and a network of its own, in which there is nothing
but what the line between them carries: 300 ms each way, 64 kbit/s, one packet in twenty lost. One side is set
up after the other, as if each had this machine; two people do it at once, so the longer counts.

Not in `make bench`: it needs the right to make networks, and what the lock file names, from the network.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.docs.first_message import NAME
from tests.docs.pages import PLACEHOLDER, ROOT, TWO_NODES, steps
from tests.node.relay import Relay, may_make_networks, within

from benchmarks.measuring import calibration_s, progress, report

SIDES, LINE_PORT = ("north", "south"), 8843
PORTS = {"north": 8080, "south": 8081}
FOLDER = re.compile(r" (north|south)\b")
PASSWORD = "a stopwatch in one hand"
ASKED_S = 600


class Side:
    """One of the two: its clone, its network, and the processes that run there."""

    def __init__(self, name: str, root: Path, network: int) -> None:
        self.name, self.clone, self.network = name, root / f"clone-{name}", network
        self.folder = root / name
        self.folder.mkdir()
        self._running: list[subprocess.Popen[str]] = []

    def set_up(self) -> float:
        """Clone and set up as the README says; how long it took."""
        began_s = time.monotonic()
        subprocess.run(["git", "clone", "-q", f"file://{ROOT}", self.clone], check=True)
        subprocess.run(["make", "-s", "setup"], cwd=self.clone, check=True, stdout=sys.stderr)
        return time.monotonic() - began_s

    def types(self, command: str, told: str = "", cwd: Path | None = None) -> str:
        """What a command prints that ends well."""
        done = subprocess.run(
            self.inside(command),
            cwd=cwd or self.folder,
            env=self.environment(),
            input=told,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise SystemExit(f"{self.name}: {command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def opens_terminal(self, command: str) -> None:
        """A command in a terminal of its own, until it says that it is ready."""
        begun = subprocess.Popen(
            self.inside(f"exec {command}"),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running.append(begun)
        assert begun.stdout is not None
        for line in begun.stdout:
            if line.startswith("ready: "):
                return
        raise SystemExit(f"{self.name}: {command} ended")

    def closes(self) -> None:
        """End what runs."""
        for each in self._running:
            each.send_signal(signal.SIGTERM)
            each.communicate(timeout=60)

    def inside(self, command: str) -> list[str]:
        return ["nsenter", "-t", str(self.network), "-n", "sh", "-c", command]

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return {**kept, "PATH": f"{self.clone}/.venv/bin:{os.environ['PATH']}", "LANG": "C.UTF-8"}


@contextmanager
def network() -> Iterator[int]:
    """A network that knows of no other: the process that holds it."""
    with subprocess.Popen(
        ["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        yield holder.pid
        holder.stdin.close()


@contextmanager
def line(north: int, south: int) -> Iterator[Relay]:
    """The bad line: who dials North in the network of South comes to North's own."""
    place = ("127.0.0.1", LINE_PORT)
    listener = within(south, lambda: socket.create_server(place))
    relay = Relay(listener, lambda: within(north, lambda: socket.create_connection(place)))
    yield relay
    relay.stop()


def follow(sides: dict[str, Side]) -> None:
    """Type the commands of the page, each at its side; files are carried over by hand."""
    words = ""
    for has_terminal, command in steps(TWO_NODES.read_text()):
        side = sides[FOLDER.search(command)[1]]  # type: ignore[index]
        if has_terminal:
            side.opens_terminal(command)
            continue
        said = side.types(command.replace(PLACEHOLDER, words))
        if command.startswith("mamarr peer add"):
            words = said.strip()
        for file in side.folder.glob("*.txt"):
            for other in sides.values():
                if not (other.folder / file.name).exists():
                    shutil.copy(file, other.folder)


def first_message(sides: dict[str, Side]) -> None:
    """Each side's person proposes the same agreement; it is in force when each node has the other's word."""
    scopes = "--scope mamarr.read --scope mamarr.administer"
    for name, side in sides.items():
        account = f"mamarr account add {NAME} --party {name} --data {name}/data {scopes}"
        side.types(account, PASSWORD + "\n")
    asked = [
        subprocess.Popen(
            side.inside(f"python -m tests.docs.first_message http://127.0.0.1:{PORTS[name]} {name}-1"),
            cwd=side.clone,
            env=side.environment(),
            stdin=subprocess.PIPE,
            text=True,
        )
        for name, side in sides.items()
    ]
    for each in asked:  # both at once: neither is in force without the other
        assert each.stdin is not None
        each.stdin.write(PASSWORD + "\n")
        each.stdin.close()
    for each in asked:
        each.wait()
    if any(each.returncode for each in asked):
        raise SystemExit("the agreement did not come into force")


def main() -> None:
    """Measure, and say whether it is within what was asked."""
    if not may_make_networks():
        raise SystemExit("this needs the right to make networks (root, unshare, nsenter, ip)")
    rows: list[dict[str, object]] = []
    with ExitStack() as kept:
        root = Path(kept.enter_context(tempfile.TemporaryDirectory()))
        networks = {name: kept.enter_context(network()) for name in SIDES}
        sides = {name: Side(name, root, networks[name]) for name in SIDES}
        for name, side in sides.items():
            progress(f"{name}: a clean clone is set up")
            rows.append({"what": f"clone and set up {name}", "took_s": side.set_up()})
        relay = kept.enter_context(line(networks["north"], networks["south"]))
        for side in sides.values():
            kept.callback(side.closes)
        for what, step in (("commands of the page", follow), ("to the first message", first_message)):
            progress(what)
            began_s = time.monotonic()
            step(sides)
            rows.append({"what": what, "took_s": time.monotonic() - began_s})
        took_s = [float(str(row["took_s"])) for row in rows]
        total_s = max(took_s[:2]) + sum(took_s[2:])
        rows.append({"what": "all, both sides set up at once", "took_s": total_s})
        report(
            "tutorial",
            rows,
            asked_s=ASKED_S,
            carried_bytes=relay.carried_bytes,
            calibration_s=calibration_s(),
        )
    sys.exit(total_s > ASKED_S)


if __name__ == "__main__":
    main()
