"""A node from its configuration, as its operator meets it: init, account add, serve, audit."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mamarr.node.warming import warm
from tests.node.forked import run as mamarr
from tests.node.served import PASSPHRASE, ServedNode, founded
from tests.web.node import a_volume
from tests.web.tokens import a_key, claims_at, key_set
from tests.web.tokens import signed as token_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """What decides, compiled once for every node below: a first start may take longer than they may."""
    warm()


@pytest.fixture
def start() -> Iterator[Callable[..., ServedNode]]:
    """Starts nodes; none of them outlives its test."""
    started: list[ServedNode] = []

    def starting(config: Path, *options: str) -> ServedNode:
        started.append(ServedNode(config, *options))
        return started[-1]

    yield starting
    for node in started:
        node.end(signal.SIGKILL)


def secret_in(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text + "\n")
    return path


def test_a_person_files_and_the_record_is_proven_with_the_printed_key(start, tmp_path: Path):
    config = founded(tmp_path / "node", passphrase=PASSPHRASE)
    phrase = str(secret_in(tmp_path / "phrase", PASSPHRASE))
    node = start(config, "--passphrase-file", phrase)
    assert any(line.startswith("EXERCISE  node north-1, Authority of North.") for line in node.lines)
    with node.signed_in() as client:
        session = client.get("/api/session").json()
        assert (session["party"], session["mode"], session["node_id"]) == ("north", "EXERCISE", "north-1")
        assert client.put("/api/reservations/EAST-1", json={"volume": a_volume()}).status_code == 201
    assert node.end(signal.SIGTERM) == 0
    assert node.lines[-1].startswith("ready: "), "nothing comes after the ready line"
    audited = mamarr("audit", str(node.record), "--key", node.key)
    assert audited.returncode == 0, audited.stdout
    assert "audit of north-1/EXERCISE: 2 entries read" in audited.stdout


def test_a_killed_node_goes_on_where_it_was_and_ends_on_ctrl_c(start, tmp_path: Path):
    config = founded(tmp_path / "node")
    first = start(config)
    with first.signed_in() as client:
        assert client.put("/api/reservations/K1", json={"volume": a_volume()}).status_code == 201
        before = client.get("/api/picture").json()["reservations"]
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    second = start(config)
    with second.signed_in() as client:
        picture = client.get("/api/picture").json()
    assert (picture["reservations"], picture["read_only"]) == (before, False)
    assert before[0]["reservation_id"] == "K1"
    assert second.end(signal.SIGINT) == 0


def test_a_second_process_on_the_same_folder_is_refused_and_told_who_holds_it(start, tmp_path: Path):
    config = founded(tmp_path / "node")
    first = start(config)
    refused = mamarr("serve", str(config))
    assert refused.returncode == 2
    told = " ".join(refused.stderr.split())
    assert f"is in use by process {first.process.pid}: one folder has one node at a time" in told
    with first.signed_in() as client:
        assert client.put("/api/reservations/K1", json={"volume": a_volume()}).status_code == 201
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    assert start(config).end() == 0, "the system let go of a dead process's lock"


def test_a_copied_record_is_served_read_only_and_says_so(start, tmp_path: Path):
    config = founded(tmp_path / "node")
    assert start(config).end() == 0
    shutil.copytree(config.parent, tmp_path / "copy")
    copy = start(tmp_path / "copy" / "mamarr.toml")
    assert "READ-ONLY (COPIED)" in "\n".join(copy.lines)
    with copy.signed_in() as client:
        refused = client.put("/api/reservations/K1", json={"volume": a_volume()})
    assert (refused.status_code, refused.json()["reason"]) == (503, "READ_ONLY")


@pytest.mark.requirement("THREATS 19")
def test_a_live_node_takes_programs_of_its_mode_and_no_other(start, tmp_path: Path):
    config, key = founded(tmp_path / "node", mode="LIVE"), a_key()
    (config.parent / "keys.json").write_text(json.dumps(key_set(key)))
    issuer = (
        '[[issuers]]\nissuer = "https://identity.example"\naudience = "north-1"\nmode = "LIVE"\n'
        'parties = ["north"]\nkeys_file = "keys.json"\nsays_mode = true\n'
    )
    oidc = (
        '[oidc]\nissuer = "https://identity.example"\nclient_id = "mamarr"\nname = "Identity of North"\n'
        'mode = "LIVE"\nparties = ["north"]\nclient_secret_file = "client-secret"\n'
    )
    secret_in(config.parent / "client-secret", "a secret")
    config.write_text(config.read_text() + issuer + oidc)
    node = start(config)
    with node.client() as client:
        ways = client.get("/api/sign-in").json()
    assert ways == {"password": True, "passkey": True, "provider": "Identity of North"}
    assert any(line.startswith("LIVE  node north-1") for line in node.lines)
    assert node.key.startswith("north-1/LIVE+")
    now, answers = datetime.now(UTC), {}
    for mode in ("LIVE", "EXERCISE", None):
        token = token_of(key, claims_at(now, aud="north-1", mode=mode), kid="one")
        with node.client(authorization=f"Bearer {token}") as client:
            answers[mode] = client.get("/api/picture")
    assert [answer.status_code for answer in answers.values()] == [200, 401, 401]
    assert answers["LIVE"].json()["mode"] == "LIVE"
    assert node.end() == 0
    assert "audit of north-1/LIVE" in mamarr("audit", str(node.record), "--key", node.key).stdout


def test_a_passphrase_comes_from_an_open_file_descriptor_too(tmp_path: Path):
    """As an operator starts it, with an interpreter: the nodes of the other tests are forked."""
    config = founded(tmp_path / "node", passphrase=PASSPHRASE)
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode() + b"\n")
    os.close(writing)
    command = [sys.executable, "-m", "mamarr", "serve", str(config), "--passphrase-fd", str(reading)]
    with subprocess.Popen(command, pass_fds=(reading,), stdout=subprocess.PIPE, text=True) as node:
        os.close(reading)
        try:
            assert any(line.startswith("ready: ") for line in node.stdout)
        finally:
            node.send_signal(signal.SIGTERM)
        assert node.wait(60) == 0


def test_a_foreign_record_is_refused(start, tmp_path: Path):
    ours, theirs = founded(tmp_path / "ours"), founded(tmp_path / "theirs", mode="LIVE")
    assert start(ours).end() == 0
    shutil.copy(ours.parent / "data" / "record.sqlite", theirs.parent / "data" / "record.sqlite")
    result = mamarr("serve", str(theirs))
    assert result.returncode == 2
    assert "is the record of north-1/EXERCISE, the configuration says north-1/LIVE" in result.stderr


def test_a_record_begun_with_another_key_is_refused(start, tmp_path: Path):
    ours, again = founded(tmp_path / "ours"), founded(tmp_path / "again")
    assert start(ours).end() == 0
    shutil.copy(ours.parent / "data" / "record.sqlite", again.parent / "data" / "record.sqlite")
    result = mamarr("serve", str(again))
    assert result.returncode == 2
    assert "a record goes on with its own key" in result.stderr


@pytest.mark.requirement("THREATS 19")
def test_what_serves_never_loads_the_development_issuer():
    modules = "mamarr.node.node_commands, mamarr.node.cli, mamarr.node.account_commands"
    code = f"import sys, {modules}\nprint(*sorted(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = result.stdout.split()
    assert "mamarr.node.wiring" in loaded
    assert "mamarr.node.development_issuer" not in loaded
    assert "mamarr.node.demo" not in loaded
