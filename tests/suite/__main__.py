"""python -m tests.suite CHECKOUT PYTHON: all that the public suite of InterUSS asks of a DSS and of a USS.

CHECKOUT: a work tree of interuss/monitoring whose interfaces are filled in. PYTHON: one of 3.13 or later that
has what it needs. Exit 1 when a check fails or a scenario breaks off.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.record.postgres import a_database
from tests.suite import planners, results, table
from tests.suite.configuration import configured
from tests.suite.issuer import issuing
from tests.suite.reports import Summary, summary

KEY = "build/test-certs/auth2.key"
PUBLIC_KEY = "build/test-certs/auth2.pem"
TIMED_OUT_S = 1_200
COUNTED = re.compile(r"(\d+) (passed|failed|errors?|skipped)")


@contextmanager
def served(checkout: Path, *record: str) -> Iterator[int]:
    """The port of a DSS, as long as the context lasts. record: the options that say where its record is."""
    command = [sys.executable, "-m", "mamarr", "dss", "--public-key", str(checkout / PUBLIC_KEY)]
    command += ["--audience", "127.0.0.1", "--audience", "localhost", "--allow-http", "--port", "0"]
    command += record
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("ready: "):
                break
        else:
            sys.exit("the DSS did not start")
        try:
            yield int(line.rstrip("/\n").rpartition(":")[2])
        finally:
            process.terminate()


def environment(checkout: Path, token_url: str) -> dict[str, str]:
    """What the suite's processes find in their environment."""
    return {
        **os.environ,
        "PYTHONPATH": str(checkout),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AUTH_SPEC": f"DummyOAuth({token_url},uss_qualifier)",
        "AUTH_SPEC_2": f"DummyOAuth({token_url},uss_qualifier_2)",
    }


@contextmanager
def served_twice(checkout: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """The addresses of two processes that are one DSS over a new database, as long as the context lasts."""
    record = ("--store", a_database(), "--key", str(folder / "log.key"))
    with served(checkout, *record) as first, served(checkout, *record) as second:
        yield f"http://127.0.0.1:{first}", f"http://localhost:{second}"


def qualified(
    checkout: Path, python: str, said: Mapping[str, str], name: str, configuration: str, *accepted: str
) -> Summary | None:
    """Run uss_qualifier and print what it found; None: it did not come to its end.

    accepted: names of checks that need not hold.
    """
    with tempfile.TemporaryDirectory() as out:
        config = Path(out) / "suite.yaml"
        config.write_text(configuration)
        command = [python, "main.py", "--config", f"file://{config}", "--output-path", out]
        folder = checkout / "monitoring" / "uss_qualifier"
        log = Path(out) / "log"
        with log.open("wb") as writing:
            subprocess.run(
                command,
                cwd=folder,
                env=said,
                stdout=writing,
                stderr=writing,
                timeout=TIMED_OUT_S,
                check=False,
            )
        report = Path(out) / "report.json"
        if not report.exists():
            print(log.read_text(errors="replace")[-2_000:])
            return None
        found = summary(report, *accepted)
    print(
        f"suite, {name}: {found.scenarios} scenarios, {found.passed} checks held, {len(found.wrong)} not,"
        f" {found.accepted_count} accepted, {len(found.held)} requirements",
        flush=True,
    )
    for sentence in found.wrong:
        print(f"  {sentence}")
    for why in found.left_out:
        print(f"  left out: {why[:200]}")
    return found


def probed(checkout: Path, python: str, said: Mapping[str, str], url: str, token_url: str) -> bool:
    """Run the prober's tests of a DSS against `url` and print what it found; whether all passed."""
    users = {"--rid-auth": "fake_uss", "--rid-v2-auth": "fake_uss", "--scd-auth1": "fake_uss"}
    users["--scd-auth2"] = "fake_uss2"
    options = [text for name, sub in users.items() for text in (name, f"DummyOAuth({token_url},sub={sub})")]
    command = [python, "-m", "pytest", "aux_", "scd", "-rf", "-p", "no:cacheprovider"]
    command += ["--dss-endpoint", url, "--scd-api-version", "1.0.0", *options]
    folder = checkout / "monitoring" / "prober"
    done = subprocess.run(
        command, cwd=folder, env=said, capture_output=True, text=True, timeout=TIMED_OUT_S, check=False
    )
    lines = done.stdout.splitlines()
    print(f"prober: {', '.join(' '.join(each) for each in COUNTED.findall(lines[-1] if lines else ''))}")
    for line in lines:
        if line.startswith(("FAILED", "ERROR")):
            print(f"  {line}")
    return done.returncode == 0


def main(checkout: Path, python: str) -> bool:
    """Run all of it, and keep what was found for the table of requirements; whether all held."""
    found: dict[str, Summary | None] = {}
    with tempfile.TemporaryDirectory() as folder, issuing(checkout / KEY) as token_url:
        said = environment(checkout, token_url)

        def run(name: str, *urls: str) -> None:
            configuration = json.dumps(configured(checkout, urls))  # what is JSON is YAML too
            found[name] = qualified(checkout, python, said, name, configuration)

        with served(checkout, "--store", f"sqlite:{Path(folder) / 'record.sqlite'}") as port:
            one, other = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
            run("DSS, one address", one)
            run("DSS, two addresses", one, other)
            probes = [probed(checkout, python, said, one, token_url)]
        with served_twice(checkout, Path(folder)) as urls:
            run("DSS, two processes over PostgreSQL", *urls)
            probes.append(probed(checkout, python, said, urls[1], token_url))
        for name, is_pool in (("USS and DSS", False), ("USS and DSS, two processes over PostgreSQL", True)):
            found[name] = planned(checkout, python, said, token_url, name, is_pool=is_pool)
    runs = {name: each for name, each in found.items() if each is not None}
    if len(runs) == len(found):
        results.kept(results.of(runs, suite=commit_of(checkout), taken=datetime.now(UTC).date()))
        table.TABLE.write_text(table.table(results.last(), table.marks()), "utf-8")
    return all(probes) and len(runs) == len(found) and not any(each.wrong for each in runs.values())


def commit_of(checkout: Path) -> str:
    """Which commit of the suite is checked out."""
    command = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def planned(
    checkout: Path, python: str, said: Mapping[str, str], token_url: str, name: str, *, is_pool: bool
) -> Summary | None:
    """Run the suite's own configuration against a USS and DSS of ours beside its mocks.

    is_pool: whether it is two processes over PostgreSQL, as our examples have them, else one.
    """
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        environment = {
            "MAMARR_STORE": a_database() if is_pool else f"sqlite:{folder}/record.sqlite",
            "MAMARR_TOKEN_KEY": str(checkout / PUBLIC_KEY),
            "MAMARR_TOKEN_URL": token_url,
        }
        ours = held.enter_context(planners.node(planners.FIRST, folder, environment))
        second = held.enter_context(planners.node(planners.SECOND, folder, environment)) if is_pool else ""
        mocks = tuple(
            held.enter_context(planners.mock(checkout, python, said, each, ours, token_url))
            for each in planners.NAMES
        )
        configuration = planners.configured(checkout, ours, mocks, second=second)
        return qualified(checkout, python, said, name, configuration, planners.ACCEPTED)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(0 if main(Path(sys.argv[1]).resolve(), sys.argv[2]) else 1)
