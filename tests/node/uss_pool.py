"""Processes that are one USS and one DSS over PostgreSQL, with what stands before and beside them.

The door is where they ask the DSS and others ask them, as a proxy in front of a pool is: it asks the newest
process, and can keep a request back, or its answer. The neighbour is another USS, on this machine.
"""

import contextlib
import http.client
import json
import signal
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import httpx

from tests.node.test_uss import ISSUED_FOR, KEY, Running, a_free_port
from tests.node.uss_town import a_plan, plan_at
from tests.record.postgres import a_database
from tests.suite.issuer import issuing
from tests.web.tokens import signed

PATIENCE_S = 30.0
SAYS = """
[node]
port = {port}
store_from = "MAMARR_STORE"
key_file = "log.key"
loopback_http = true
[tokens]
audiences = ["127.0.0.1"]
public_key_file_from = "MAMARR_TOKEN_KEY"
[dss]
[uss]
base_url = "{door}"
dss_url = "{door}"
token_url_from = "MAMARR_TOKEN_URL"
subject = "uss1"
test_interfaces = true
"""


class Served(BaseHTTPRequestHandler):
    """One request to a server of the test."""

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        status, body = self.server.said(self.command, self.path, self.headers, self.rfile.read(length))  # type: ignore[attr-defined]
        with contextlib.suppress(ConnectionError):  # who asked may have been killed
            self.send_response(status)
            if status != 204:
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815  the names of its base

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server of the test on a free port of this machine, until `end`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Served)
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()


class Kept:
    """One request that is kept back. is_after: the request goes on, its answer is kept."""

    def __init__(self, method: str, part: str, *, is_after: bool) -> None:
        self.method, self.part, self.is_after = method, part, is_after
        self.reached, self.released = Event(), Event()
        self.status = 0

    def await_it(self) -> None:
        assert self.reached.wait(PATIENCE_S), (self.method, self.part)

    def wait(self) -> None:
        self.reached.set()
        assert self.released.wait(PATIENCE_S)


class Door(Server):
    """Passes requests to the process at `port`. passed: what each write to the DSS came to."""

    def __init__(self) -> None:
        self.port = 0
        self.passed: list[tuple[str, str, int]] = []
        self._kept: list[Kept] = []
        self._lock = Lock()
        super().__init__()

    def keep(self, method: str, part: str, *, is_after: bool = False) -> Kept:
        """Keep back the next request of this kind whose path has `part`."""
        self._kept.append(Kept(method, part, is_after=is_after))
        return self._kept[-1]

    def said(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        with self._lock:
            kept = next((each for each in self._kept if each.method == method and each.part in path), None)
            if kept is not None:
                self._kept.remove(kept)
        if kept is not None and not kept.is_after:
            kept.wait()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        known = ("authorization", "content-type", "accept-language")
        line.request(method, path, body, {name: headers[name] for name in known if name in headers})
        answer = line.getresponse()
        given = answer.status, answer.read()
        line.close()
        if method in ("PUT", "DELETE"):
            self.passed.append((method, path, answer.status))
        if kept is not None:
            kept.status = answer.status
            if kept.is_after:
                kept.wait()
        return given


class Neighbour(Server):
    """Another USS: tells of what it plans, and takes what it is told. told: notifications, by intent."""

    def __init__(self) -> None:
        self.told: dict[str, list[Any]] = {}
        self.details: dict[str, Any] = {}
        self.kept: Kept | None = None
        super().__init__()

    def said(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        del headers
        if method == "POST":
            notice = json.loads(body)
            self.told.setdefault(notice["operational_intent_id"], []).append(notice.get("operational_intent"))
            return 204, b""
        kept, self.kept = self.kept, None
        if kept is not None:
            kept.wait()
        return 200, json.dumps(self.details[path.rpartition("/")[2]]).encode()


class UssPool:
    """Processes over one new database. all: as they were started; the first of them writes."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.url, self.all = folder, a_database(), list[Running]()
        self._environment = environment | {"MAMARR_STORE": self.url}
        self.door, self.neighbour = Door(), Neighbour()

    def start(self) -> Running:
        port = a_free_port()
        config = self.folder / f"{port}.toml"
        config.write_text(SAYS.format(port=port, door=self.door.url))
        self.all.append(Running(config, self._environment))
        self.door.port = port  # the newest
        return self.all[-1]

    def end(self) -> None:
        for each in self.all:
            each.client.close()
            each.process.send_signal(signal.SIGCONT)
            each.process.kill()
            each.process.wait(PATIENCE_S)
            if not each.process.stdout.closed:
                print(each.process.stdout.read())  # shown when the test fails
                each.process.stdout.close()
        self.door.end()
        self.neighbour.end()


@contextlib.contextmanager
def a_pool(folder: Path) -> Iterator[UssPool]:
    """A pool in `folder` with an authority that issues tokens; nothing runs yet."""
    private, public = folder / "private.pem", folder / "public.pem"
    private.write_bytes(KEY.as_pem(private=True))
    public.write_bytes(KEY.as_pem(private=False))
    with issuing(private) as url:
        pool = UssPool(folder, {"MAMARR_TOKEN_KEY": str(public), "MAMARR_TOKEN_URL": url})
        try:
            yield pool
        finally:
            pool.end()


def as_uss(running: Running, name: str) -> httpx.Client:
    """A client at a process, of the USS of this name."""
    token = signed(KEY, ISSUED_FOR | {"sub": name, "exp": int(time.time()) + 600}, "RS256")
    return httpx.Client(
        base_url=running.client.base_url,
        headers={"authorization": f"Bearer {token}"},
        trust_env=False,
        verify=False,
        timeout=PATIENCE_S,
    )


class Asking:
    """A user's request under way at a process, on a thread of its own."""

    def __init__(self, running: Running, flight: str, *area: dict[str, Any], **how: Any) -> None:
        self.body = a_plan(*area, **how)
        self._answer: httpx.Response | None = None
        self._at = running, flight
        self._thread = Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        running, flight = self._at
        with contextlib.suppress(httpx.TransportError), as_uss(running, "tester") as client:
            self._answer = client.put(plan_at(flight), json=self.body)

    def came(self) -> tuple[str, str] | None:
        """What came of it, and how the flight stands; None: the process went away before it said."""
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        if self._answer is None:
            return None
        assert self._answer.status_code == 200, self._answer.text
        said = self._answer.json()
        return said["planning_result"], said["flight_plan_status"]
