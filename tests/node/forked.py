"""`mamarr` in a process of its own without the two seconds that Python takes to load it.

It is forked off a process that has loaded it, and is else what `python -m mamarr` is: arguments, environment,
files, signals, exit code; or what another command of Python would be. What a test of the start itself looks
at, it starts with the interpreter.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).parents[2]
ASKED_BYTES_MAX = 1 << 17
PATIENCE_S = 60
AS_A_USER = ("-m", "mamarr")
COMMANDS = (
    "account_commands auditing cli demo demo_drones exporting importing node_commands peer_commands sending"
)
SERVING = "anyio._backends._asyncio asyncpg geographiclib.geodesicline httpcore multiprocessing.popen_fork"
SHOWING = "rich._emoji_codes typer._adapters uvicorn.lifespan.on uvicorn.loops.uvloop"
SOCKETS = "uvicorn.protocols.websockets.websockets_sansio_impl"
# What the commands load when they are asked for, and what is loaded for them when a server begins.
LOADED = (
    *(f"mamarr.node.{command}" for command in COMMANDS.split()),
    *SERVING.split(),
    *SHOWING.split(),
    SOCKETS,
)


class Forked:
    """A running `mamarr`, to be used as `subprocess.Popen`. output, errors: where it writes.

    python: what it runs in place of `mamarr`, as the interpreter is told: `-m` and a module, `-c` and code.
    loads: modules beyond `mamarr` that are loaded before it is forked off, once for all that want them.
    loaded: who forks it, another than that of this process.
    stdout: when `output` is not given, its output and its errors, to be read.
    """

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        typed: IO[bytes] | None = None,
        output: IO[bytes] | None = None,
        errors: IO[bytes] | None = None,
        python: Sequence[str] = AS_A_USER,
        loads: Sequence[str] = (),
        loaded: socket.socket | None = None,
    ) -> None:
        self.returncode: int | None = None
        self.stdout: IO[str] | None = None
        self._told, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if output is None:
            reading, writing = os.pipe()
            self.stdout, output = os.fdopen(reading), os.fdopen(writing, "wb")
        with told, Path(os.devnull).open("rb") as nothing:
            standard = [typed or nothing, output, errors or output]
            asked = json.dumps([loads, python, arguments, dict(environment), str(Path.cwd())]).encode()
            files = [told.fileno(), *(file.fileno() for file in standard)]
            socket.send_fds(loaded or _loaded(), [asked], files)
        if self.stdout is not None:
            output.close()
        self._told.settimeout(PATIENCE_S)
        self.pid = self._heard()

    def _heard(self) -> int:
        said = self._told.recv(64)
        assert said, "the process that forks has ended"
        return int(said)

    def poll(self) -> int | None:
        """The exit code, or minus the signal that ended it; None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout_s: float | None = None) -> int:
        """As `poll`, once it has ended; subprocess.TimeoutExpired when that takes longer."""
        if self.returncode is None:
            self._told.settimeout(timeout_s)
            try:
                self.returncode = self._heard()
            except (BlockingIOError, TimeoutError) as still:
                raise subprocess.TimeoutExpired("mamarr", timeout_s or 0) from still
            self._told.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it the signal, if it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and nobody has told of it yet
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it hard."""
        self.send_signal(signal.SIGKILL)


def interpreted(*python: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """An interpreter of its own, its output and its errors to be read."""
    return subprocess.Popen(
        [sys.executable, *python],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(environment),
    )


def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run `mamarr` to its end, as `subprocess.run` does."""
    with (
        tempfile.TemporaryFile() as to_type,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        to_type.write(typed.encode())
        to_type.seek(0)
        process = Forked(*arguments, environment=os.environ, typed=to_type, output=out, errors=err)
        code = process.wait(PATIENCE_S)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read().decode(), err.read().decode())


def shell_command(path: Path) -> int:
    """Write a program that a shell runs as `mamarr`; the number of the file that the shell must inherit."""
    number = _loaded().fileno()
    here = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    code = f"{here}; from tests.node import forked; forked.from_shell({number})"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -P -c {shlex.quote(code)} "$@"\n')
    path.chmod(0o755)
    return number


def from_shell(number: int) -> NoReturn:
    """What that program does: it has `mamarr` forked off, tells it of signals, and ends as it does."""
    process = Forked(
        *sys.argv[1:],
        environment=os.environ,
        typed=sys.stdin.buffer,
        output=sys.stdout.buffer,
        errors=sys.stderr.buffer,
        loaded=socket.socket(fileno=number),
    )
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda came, _: os.kill(process.pid, came))
    sys.exit(process.wait())


@cache
def _loaded() -> socket.socket:
    """The process that forks, one for each process that tests; it ends with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.node.forked", str(theirs.fileno())]
        process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], stdout=subprocess.DEVNULL)

    def end() -> None:
        ours.close()
        process.wait(PATIENCE_S)

    atexit.register(end)
    return ours


def main() -> None:
    """Load all of `mamarr`, then fork a process for each that is asked for; that one runs it."""
    from mamarr.node.warming import warm

    for module in LOADED:
        importlib.import_module(module)
    warm()
    gc.freeze()  # what is loaded stays shared: no child walks and so copies it
    asked = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that mind
    while True:
        body, files, *_ = socket.recv_fds(asked, ASKED_BYTES_MAX, 4)
        if not body:
            break
        loads, python, arguments, environment, folder = json.loads(body)
        for module in loads:
            importlib.import_module(module)
        if os.fork() == 0:
            asked.close()
            _mind(*files)
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(folder)
            _run(*python, *arguments)
            break
        for file in files:
            os.close(file)


def _run(way: str, what: str, *arguments: str) -> None:
    """As the interpreter runs a module (way: -m) or code (-c)."""
    sys.argv = [way, *arguments]
    if way == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def _mind(told: int, *standard: int) -> None:
    """Fork once more. Returns in the child; its parent says its id and how it ended, and ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        for number, file in enumerate(standard):
            os.dup2(file, number)
    for file in standard:
        os.close(file)
    if child == 0:
        os.close(told)
        return
    os.write(told, str(child).encode())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    # Whoever asked may have ended, and then nobody wants to know.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.write(told, str(code).encode())
    os._exit(0)


if __name__ == "__main__":
    main()
