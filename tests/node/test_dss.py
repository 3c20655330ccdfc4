"""`mamarr dss` as its operator meets it: what is typed wrongly, what is kept, what is told."""

import os
import shutil
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from mamarr.node import cli
from tests.node.forked import Forked
from tests.node.forked import run as mamarr
from tests.web.dss_desk import an_id, an_intent, intent_at
from tests.web.tokens import a_key, signed

KEY = a_key("RS256")
START_S = 60
SHARED, ELSEWHERE = "postgresql://a/b", ("--instance-url", "http://dss.example")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
}


@pytest.fixture
def public_key(tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    path.write_bytes(KEY.as_pem(private=False))
    return path


class RunningDss:
    """A DSS in a process of its own. lines: what it said."""

    def __init__(self, *arguments: str) -> None:
        self.process, self.lines = Forked("dss", *arguments, environment=ENVIRONMENT), []
        watchdog = threading.Timer(START_S, self.process.kill)
        watchdog.start()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("ready: "):
                break
        watchdog.cancel()
        assert self.lines, "it said nothing"
        assert self.lines[-1].startswith("ready: "), self.lines
        self.url = self.lines[-1].removeprefix("ready: ").rstrip("/")

    def client(self) -> httpx.Client:
        claims = {"iss": "x", "sub": "uss1", "aud": "127.0.0.1", "scope": "utm.strategic_coordination"}
        token = signed(KEY, claims | {"exp": int(time.time()) + 600}, "RS256")
        headers = {"authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, verify=False)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        code = self.process.wait(START_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.mark.slow
def test_killed_it_has_all_that_it_had_acknowledged(tmp_path: Path, public_key: Path):
    record = tmp_path / "record.sqlite"
    asked = ("--public-key", str(public_key), "--audience", "127.0.0.1", "--port", "0")
    asked += ("--store", f"sqlite:{record}")
    first, entities = RunningDss(*asked), [an_id() for _ in range(3)]
    with first.client() as client:
        known: list[str] = []
        for entity in entities:
            answer = client.put(intent_at(entity), json=an_intent(key=known))
            assert answer.status_code == 201, answer.text
            known.append(answer.json()["operational_intent_reference"]["ovn"])
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    second = RunningDss(*asked)
    with second.client() as client:
        found = [
            client.get(intent_at(each)).json()["operational_intent_reference"]["ovn"] for each in entities
        ]
    assert found == known
    assert second.end(signal.SIGTERM) == 0
    key = next(line for line in second.lines if line.startswith("public key: ")).removeprefix("public key: ")
    audited = mamarr("audit", str(record), "--key", key)
    assert audited.returncode == 0, audited.stdout
    other = mamarr("dss", *asked[:6], "--mode", "LIVE", "--store", f"sqlite:{record}")
    assert (other.returncode, "one record has one mode" in " ".join(other.stderr.split())) == (2, True)


@pytest.mark.slow
def test_a_copied_record_is_read_only_until_a_person_confirms_it(tmp_path: Path, public_key: Path):
    asked = ("--public-key", str(public_key), "--audience", "127.0.0.1", "--port", "0", "--store")
    first = RunningDss(*asked, f"sqlite:{tmp_path / 'record.sqlite'}")
    assert first.end(signal.SIGTERM) == 0
    copy = tmp_path / "copy"
    copy.mkdir()
    for each in tmp_path.glob("record.sqlite*"):
        shutil.copy2(each, copy)
    second = RunningDss(*asked, f"sqlite:{copy / 'record.sqlite'}")
    assert any(line.startswith("READ-ONLY") for line in second.lines), second.lines
    with second.client() as client:
        assert client.get("/healthy").text == "read-only"
        assert client.put(intent_at(an_id()), json=an_intent()).status_code == 503
    assert second.end(signal.SIGTERM) == 0
    third = RunningDss(*asked, f"sqlite:{copy / 'record.sqlite'}", "--confirm-restore", "officer")
    assert any("confirmed by officer" in line for line in third.lines), third.lines
    with third.client() as client:
        assert client.put(intent_at(an_id()), json=an_intent()).status_code == 201
    assert third.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--audience", "a"), "--public-key FILE or --jwks URL"),
        (("--public-key", "KEY", "--jwks", "https://a.example/keys", "--audience", "a"), "either"),
        (("--public-key", "KEY"), "--audience HOST"),
        (("--public-key", "KEY", "--audience", "a:80"), "without a port"),
        (("--public-key", "KEY", "--audience", "https://a"), "without a port"),
        (("--public-key", "KEY", "--audience", "a", "--store", "postgresql://a/b"), "--key FILE"),
        (("--public-key", "KEY", "--audience", "a", "--store", "postgresql://a"), "USER@HOST/DATABASE"),
        (
            ("--public-key", "KEY", "--audience", "a", "--store", SHARED, "--key", "k", *ELSEWHERE),
            "http on this machine",
        ),
        (("--public-key", "KEY", "--audience", "a", "--instance-url", "https://b"), "has one process"),
        (("--public-key", "KEY", "--audience", "a", "--key", "k"), "a key that nobody keeps"),
        (("--public-key", "KEY", "--audience", "a", "--store", "mysql:x"), "sqlite:FILE, postgresql://"),
        (("--public-key", "KEY", "--audience", "a", "--store", "mysql://u:secret@h/d"), "--store 'mysql:…'"),
        (("--public-key", "KEY", "--audience", "a", "--store", "sqlite://host/x"), "on this machine"),
        (("--public-key", "KEY", "--audience", "a", "--mode", "REPLAY"), "LIVE or EXERCISE"),
        (("--public-key", "KEY", "--audience", "a", "--store", "sqlite:/nowhere/x.sqlite"), "no folder"),
        (("--public-key", "/nowhere.pem", "--audience", "a"), "No such file"),
        (("--jwks", "http://a.example/keys", "--audience", "a"), "--allow-http"),
        (("--public-key", "PRIVATE", "--audience", "a"), "holds a private key"),
        (("--public-key", "NONE", "--audience", "a"), "is not a public key in PEM"),
    ],
)
def test_wrong_use_is_exit_2_and_a_sentence(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path, public_key: Path
):
    private, none = tmp_path / "private.pem", tmp_path / "none.pem"
    private.write_bytes(KEY.as_pem(private=True))
    none.write_text("no key")
    files = {"KEY": str(public_key), "PRIVATE": str(private), "NONE": str(none)}
    typed = [files.get(each, each) for each in arguments]
    found = CliRunner().invoke(cli.app, ["dss", "--port", "0", *typed])
    assert found.exit_code == 2, found.output
    assert sentence in " ".join(found.output.split()), found.output
