"""A PostgreSQL for tests: one server for all that test at a time, a database for each that asks.

The server is started by the first who asks, as a user that is not root, on a socket in a folder of its own,
with its defaults of durability. It ends when the last process that used it has ended, however that ended.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

MAJOR_MIN = 15
OWNER = "mamarr"  # of the databases
START_S = 60
DEBIAN = Path("/usr/lib/postgresql")
NEEDED = "the tests need a PostgreSQL server of version 15 or later: apt-get install postgresql"
# Small, for it serves few; nothing here weakens what it promises of a commit.
SETTINGS = {"listen_addresses": "", "max_connections": "60", "shared_buffers": "32MB", "autovacuum": "off"}
_numbers = count()


def programs() -> Path:
    """The folder of the newest server's programs: on PATH, or where Debian puts them."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = [each for each in DEBIAN.glob("*/bin") if (each / "initdb").exists()]
    versions = [each for each in versions if int(each.parent.name) >= MAJOR_MIN]
    assert versions, NEEDED
    return max(versions, key=lambda each: int(each.parent.name))


def account() -> dict[str, object]:
    """As whom the server runs, for `subprocess`: initdb refuses root."""
    if os.getuid() != 0:
        return {}
    known = {each.pw_name: each for each in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Server:
    """A server in `folder`, whose socket is there too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._account = account()
        folder.chmod(0o700)
        if self._account:
            os.chown(folder, self._account["user"], self._account["group"])

    def make(self) -> None:
        """Make its files."""
        asked = ["-D", "data", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        self._run("initdb", *asked)

    def start(self) -> None:
        """Start it; returns when it answers."""
        settings = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        options = f"-k {self.folder} {settings}"
        self._run("pg_ctl", "-D", "data", "-l", "log", "-t", str(START_S), "-w", "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        """Stop it: `fast`, or `immediate`, which is a crash."""
        self._run("pg_ctl", "-D", "data", "-m", how, "-w", "stop")

    def url(self, database: str) -> str:
        """The address of a database of its."""
        return url_at(self.folder, database)

    def _run(self, program: str, *arguments: str) -> None:
        with tempfile.TemporaryFile("w+") as said:  # no pipe: a server that goes on would keep it open
            done = subprocess.run(
                [programs() / program, *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                timeout=2 * START_S,
                **self._account,
            )
            said.seek(0)
            assert done.returncode == 0, (program, said.read(), _log(self.folder))


def url_at(folder: Path, database: str) -> str:
    """The address of a database of the server whose socket is in `folder`."""
    return f"postgresql://{OWNER}@/{database}?host={quote(str(folder), safe='')}"


def run_sql(url: str, *statements: str) -> str:
    """What psql prints for statements."""
    asked = [text for each in statements for text in ("-c", each)]
    done = subprocess.run(
        [programs() / "psql", url, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", *asked],
        capture_output=True,
        text=True,
        timeout=START_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def a_database() -> str:
    """The address of a new, empty database of the server that all share."""
    name = f"m{os.getpid()}_{next(_numbers)}"
    run_sql(url_at(shared(), "postgres"), f"CREATE DATABASE {name}")
    return url_at(shared(), name)


@cache
def shared() -> Path:
    """The folder of the server that all who test at a time share; it is started if it is not there."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid4().hex
    folder = Path(tempfile.gettempdir()) / f"mamarr-postgres-{session[:12]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    users = _users(folder)
    fcntl.flock(users, fcntl.LOCK_SH)  # to the end of this process
    with (folder.with_suffix(".start")).open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        ready = folder / "ready"
        if not ready.exists():
            command = [sys.executable, "-m", "tests.record.postgres", str(folder)]
            root = Path(__file__).parents[2]
            with subprocess.Popen(
                command, cwd=root, stdout=subprocess.PIPE, text=True, start_new_session=True
            ) as keeper:
                assert keeper.stdout is not None
                said = keeper.stdout.readline()
                assert said == "ready\n", said
                keeper.returncode = 0  # it outlives who started it, and is not waited for
            ready.touch()
    return folder


def _users(folder: Path) -> int:
    """Whoever uses the server holds a share of this file's lock; the system lets go of it."""
    return os.open(folder.with_suffix(".users"), os.O_RDWR | os.O_CREAT, 0o600)


def _log(folder: Path) -> str:
    log = folder / "log"
    return log.read_text(errors="replace")[-2_000:] if log.exists() else ""


def main(folder: Path) -> None:
    """Keep a server in `folder` until nobody uses it."""
    server = Server(folder)
    server.make()
    server.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    fcntl.flock(_users(folder), fcntl.LOCK_EX)  # when the last of the others has ended
    server.stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)
    for suffix in (".users", ".start"):
        folder.with_suffix(suffix).unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
