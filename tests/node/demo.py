"""`mamarr demo`: a process of its own, on a free port, its output read line by line."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tests.node.forked import Forked, interpreted

# Words that nobody compares would take a second of a core; a demo as a user starts it makes them in full.
QUICKLY = """
from mamarr.node import cli, six_words
six_words.MEMORY_KIB = 256
cli.main()
"""
START_S = 120  # a machine that has not compiled yet


class DemoNode:
    """A running demo. url: where its page is, with the sign-in code. key: the first node's public key.

    record, record_b: where the records are; the second is there where the demo tells its story. python: what
    an interpreter of its own runs, with the arguments of `mamarr`; without, it is forked. script: what runs
    then, in place of `mamarr`. chapter: which.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        python: Sequence[str] = (),
        script: str = QUICKLY,
        chapter: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.record, self.record_b = folder / "record.sqlite", folder / "node-b" / "record.sqlite"
        self.lines: list[str] = []
        arguments = ["demo", *chapter, "--port", "0", "--keep", str(folder), *options]
        environment = {
            "PATH": "/usr/bin:/bin",
            "COLUMNS": "400",
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),  # the checkout under test
        }
        self.process: Forked | subprocess.Popen[str] = (
            interpreted(*python, *arguments, environment=environment)
            if python
            else Forked(*arguments, environment=environment, python=("-c", script))
        )
        watchdog = threading.Timer(START_S, self.process.kill)
        watchdog.start()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("ready: "):
                break
        watchdog.cancel()
        told = "\n".join(self.lines)
        assert told.splitlines()[-1].startswith("ready: "), told
        self.url = told.splitlines()[-1].removeprefix("ready: ")
        self.keys = re.findall(r"--key '([^']+)'", told)
        self.key = self.keys[0]

    @property
    def origin(self) -> str:
        """Scheme, host and port of the first node."""
        return _origin(self.url)

    @property
    def url_b(self) -> str:
        """Where the second node's page is, with the sign-in code."""
        return next(line for line in self.lines if line.startswith("Authority B alone: ")).split()[-1]

    @property
    def origin_b(self) -> str:
        """Scheme, host and port of the second node."""
        return _origin(self.url_b)

    def kill(self) -> None:
        """End it hard, as a power cut would end the process."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None and not self.process.stdout.closed:
            self.process.stdout.close()

    def kill_other(self) -> None:
        """End the second node hard."""
        os.kill(int((self.record_b.parent / "node.lock").read_text()), signal.SIGKILL)

    def stop(self) -> int:
        """End it as Ctrl-C does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(START_S)
        if self.process.stdout is not None and not self.process.stdout.closed:
            self.lines += self.process.stdout.read().splitlines()
            self.process.stdout.close()
        return code


def _origin(url: str) -> str:
    scheme, host, *_ = urlsplit(url)
    return f"{scheme}://{host}"
