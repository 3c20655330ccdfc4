"""The suite's own configuration of F3548-21, our node as its first USS and its DSS, mocks of it beside."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

CONFIGURATION = "monitoring/uss_qualifier/configurations/dev/f3548_self_contained.yaml"
ACCEPTED = "DSS instance is publicly addressable"  # not so of one on loopback: the configuration accepts it
START_S = 90
END_S = 5
NAMES = ("uss2", "mock_uss")  # as whom the mocks ask for tokens
EXAMPLES = Path(__file__).parents[2] / "examples"
FIRST, SECOND = ("interuss.toml", "8082"), ("interuss-2.toml", "8083")  # and the port that each says


def a_free_port() -> int:
    """A port of this machine that nobody listens at now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def node(example: tuple[str, str], folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The address of a node as an example has it, on a free port, as long as the context lasts."""
    name, port_said = example
    port, config = a_free_port(), folder / name
    config.write_text((EXAMPLES / name).read_text().replace(port_said, str(port)))
    command = [sys.executable, "-m", "mamarr", "uss", str(config)]
    with subprocess.Popen(
        command, env=os.environ | dict(environment), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        if not any(line.startswith("ready: ") for line in iter(process.stdout.readline, "")):
            sys.exit("the USS did not start")
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@contextmanager
def mock(
    checkout: Path, python: str, said: Mapping[str, str], name: str, dss: str, token_url: str
) -> Iterator[str]:
    """The address of a mock USS of the suite, as long as the context lasts."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        port = a_free_port()
        environment = dict(said) | {
            "MOCK_USS_AUTH_SPEC": f"DummyOAuth({token_url},{name})",
            "MOCK_USS_DSS_URL": dss,
            "MOCK_USS_BASE_URL": f"http://127.0.0.1:{port}",
            "MOCK_USS_PUBLIC_KEY": str(checkout / "build/test-certs/auth2.pem"),
            "MOCK_USS_TOKEN_AUDIENCE": "127.0.0.1,localhost",
            "MOCK_USS_PORT": str(port),
            "MOCK_USS_SERVICES": "scdsc,versioning,interaction_logging,flight_planning",
            "MOCK_USS_INTERACTIONS_LOG_DIR": str(folder),
        }
        command = [python, "-m", "gunicorn", "--preload", "--worker-class=gevent", "--workers=2"]
        command += ["--config", "monitoring/mock_uss/gunicorn.conf.py", f"--bind=127.0.0.1:{port}"]
        log = held.enter_context((folder / "log").open("wb"))
        process = subprocess.Popen(
            [*command, "monitoring.mock_uss.app:webapp"],
            cwd=checkout,  # elsewhere a file of its own hides one of Python's
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        held.callback(_ended, process)
        _awaited(port, process)
        yield f"http://127.0.0.1:{port}"


def _awaited(port: int, process: subprocess.Popen[bytes]) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("a mock USS of the suite did not start")


def _ended(process: subprocess.Popen[bytes]) -> None:
    """End it with its workers, which may not hear a polite wish."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def configured(checkout: Path, ours: str, mocks: tuple[str, ...], *, second: str = "") -> str:
    """The configuration, YAML, with the addresses that there are in place of those of its containers.

    second: of another process that is the same USS and DSS: it is asked as the USS, and as the other DSS.
    """
    said = (checkout / CONFIGURATION).read_text()
    for there, here in {
        "http://scdsc.uss1.localutm": second or ours,
        "http://scdsc.uss2.localutm": mocks[0],
        "http://scdsc.log.uss6.localutm": mocks[1],
        "http://dss1.uss1.localutm": ours,
        "http://dss1.uss2.localutm": (second or ours).replace("127.0.0.1", "localhost"),
        "whoami_audience: localhost": "whoami_audience: 127.0.0.1",
        "file://../../": f"file://{checkout}/monitoring/uss_qualifier/",
        "stop_fast: true": "stop_fast: false",
        "    sequence_view: {}\n": "",  # pages for people to read, which take minutes
        "    globally_expanded_report: {}\n": "",
    }.items():
        said = said.replace(there, here)
    return said
