"""`mamarr uss` with a DSS and people who have accounts, beside another USS, started for a browser."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import time
from typing import Any

import httpx
from msgspec import structs

from mamarr.node.accounts_file import FILE, AccountsFile
from mamarr.web.access import Scope
from tests.node.forked import run as mamarr
from tests.node.test_uss import KEY, Running, a_free_port
from tests.node.uss_town import EVERYTHING
from tests.suite.issuer import issuing
from tests.web.dss_desk import an_id
from tests.web.tokens import signed

PASSWORD = "correct horse battery"
SAYS = """
[node]
port = {port}
store = "sqlite:{folder}/record.sqlite"
loopback_http = true
[tokens]
audiences = ["127.0.0.1"]
public_key_file_from = "MAMARR_TOKEN_KEY"
[dss]
[uss]
base_url = "http://127.0.0.1:{port}"
dss_url = "http://127.0.0.1:{port}"
token_url_from = "MAMARR_TOKEN_URL"
subject = "uss-north"
constraints = true
[people]
folder = "people"
"""
AMAL = ("--scope", "mamarr.plan", "--scope", "mamarr.close")
OTHER_PEOPLE = {"basma": Scope.PLAN, "dana": Scope.READ}


def people_in(folder: Path) -> None:
    """Accounts for amal, made as an operator makes one, and for others with the same password."""
    folder.mkdir()
    added = mamarr(
        "account", "add", "amal", "--party", "uss-north", *AMAL, "--data", str(folder), typed=PASSWORD
    )
    assert added.returncode == 0, added.stderr
    accounts = AccountsFile(folder / FILE)
    amal = accounts.of_person("amal")
    assert amal is not None
    for name, scope in OTHER_PEOPLE.items():
        scopes = frozenset({scope})
        assert accounts.put(structs.replace(amal, person_id=name, display_name=name, scopes=scopes))
    accounts.close()


@dataclass
class OtherUss:
    """Another USS: what it says of its flights and constraints, by their ids."""

    url: str = ""
    says: dict[str, Any] = field(default_factory=dict)


@contextmanager
def other_uss() -> Iterator[OtherUss]:
    other = OtherUss()

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            said = other.says.get(self.path.rpartition("/")[2])
            self._answer(404 if said is None else 200, said)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._answer(204, None)

        def _answer(self, status: int, said: object) -> None:
            body = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        other.url = f"http://127.0.0.1:{server.server_port}"
        yield other
        server.shutdown()


@dataclass
class UssNode:
    """A running USS. origin: where its page is. other: another USS beside it."""

    running: Running
    origin: str
    other: OtherUss
    folder: Path

    def program(self, name: str) -> httpx.Client:
        """A program with a token of the authority."""
        claims = {"iss": "x", "sub": name, "aud": "127.0.0.1", "scope": " ".join(EVERYTHING)}
        token = signed(KEY, claims | {"exp": int(time()) + 3_000}, "RS256")
        base = self.origin.replace("localhost", "127.0.0.1")
        return httpx.Client(
            base_url=base,
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            verify=False,
            timeout=30,
        )

    def others_flight(self, *volumes: dict[str, Any], priority: int = 0) -> str:
        """Another USS makes a flight known at our DSS, and says what it is whenever it is asked."""
        entity = an_id()
        body = {"extents": list(volumes), "state": "Accepted", "uss_base_url": self.other.url, "key": []}
        at = f"/dss/v1/operational_intent_references/{entity}"
        with self.program("uss-south") as client:
            answer = client.put(at, json=body)
            if answer.status_code == 409:  # it must have read what is near: those of ours
                near = [each["id"] for each in answer.json()["missing_operational_intents"]]
                read = [client.get(f"/uss/v1/operational_intents/{each}").json() for each in near]
                body["key"] = [each["operational_intent"]["reference"]["ovn"] for each in read]
                answer = client.put(at, json=body)
        assert answer.status_code == 201, answer.text
        reference = answer.json()["operational_intent_reference"]
        details = {"volumes": list(volumes), "off_nominal_volumes": [], "priority": priority}
        self.other.says[entity] = {"operational_intent": {"reference": reference, "details": details}}
        return entity


@contextmanager
def uss_node(folder: Path) -> Iterator[UssNode]:
    private, public = folder / "private.pem", folder / "public.pem"
    private.write_bytes(KEY.as_pem(private=True))
    public.write_bytes(KEY.as_pem(private=False))
    people_in(folder / "people")
    config, port = folder / "uss.toml", a_free_port()
    config.write_text(SAYS.format(port=port, folder=folder))
    with issuing(private) as url, other_uss() as other:
        running = Running(config, {"MAMARR_TOKEN_KEY": str(public), "MAMARR_TOKEN_URL": url})
        try:
            yield UssNode(running, f"http://localhost:{port}", other, folder)
        finally:
            running.process.kill()
            running.process.wait(30)
            running.client.close()
            if running.process.stdout is not None:
                running.process.stdout.close()
