"""`mamarr import --to` and `mamarr export --from`, as a person runs them against a running node."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mamarr.interop import geojson
from mamarr.node.cli import app
from mamarr.node.node_client import NodeClient
from mamarr.node.sending import PIECE_BYTES_MAX, _pieces
from tests.flights.routes import a_corridor, a_party, a_share
from tests.node.demo import DemoNode

OWN, OTHER = "authority-a.token", "authority-b.token"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoNode]:
    running = DemoNode(tmp_path_factory.mktemp("demo"), "--no-story")
    yield running
    running.stop()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def a_file(folder: Path, *values: object) -> Path:
    path = folder / "airspace.geojson"
    path.write_bytes(geojson.collection(values))
    return path


def token(node: DemoNode, name: str = OWN) -> Path:
    return node.record.with_name(name)


@pytest.mark.slow
def test_what_is_imported_at_a_node_is_exported_from_it_again(node: DemoNode, tmp_path: Path):
    values = (a_corridor("LAST"), a_corridor("FIRST"), a_party("relief"))
    file = a_file(tmp_path, *values)
    told = run("import", file, "--to", node.origin, "--token-file", token(node))
    assert told.exit_code == 0, told.output
    assert "3 declared, 0 refused" in told.stdout
    out = tmp_path / "out.geojson"
    told = run("export", "--from", node.origin, "--token-file", token(node, OTHER), "--out", out)
    assert told.exit_code == 0, told.output
    found = {json.dumps(each) for each in json.loads(out.read_bytes())["features"]}
    assert {json.dumps(each) for each in json.loads(file.read_bytes())["features"]} <= found
    again = run("export", "--from", node.origin, "--token-file", token(node, OTHER), "--out", out)
    assert (again.exit_code, "File exists" in again.stderr) == (2, True)
    shown = run("export", "--from", node.origin + "/", "--token-file", token(node))
    assert shown.stdout_bytes == out.read_bytes()


@pytest.mark.slow
def test_each_refused_feature_is_named_and_the_exit_is_1(node: DemoNode, tmp_path: Path):
    file = a_file(tmp_path, a_corridor("GOOD"), a_share("BAD", "nobody"))
    told = run("import", file, "--to", node.origin, "--token-file", token(node))
    assert told.exit_code == 1
    assert told.stderr.startswith("share BAD refused: No such party is declared")
    assert "1 declared, 1 refused" in told.stdout


@pytest.mark.slow
def test_nothing_is_declared_past_a_finding_unless_it_is_asked_for(node: DemoNode, tmp_path: Path):
    file = a_file(tmp_path, a_corridor("HALF"), a_corridor("WRONG"))
    body = json.loads(file.read_bytes())
    body["features"][1]["properties"]["lower"] = "A045"
    file.write_text(json.dumps(body))
    told = run("import", file, "--to", node.origin, "--token-file", token(node))
    assert (told.exit_code, "nothing declared" in told.stderr) == (1, True)
    despite = ("import", file, "--to", node.origin, "--token-file", token(node), "--despite-findings")
    told = run(*despite)
    assert (told.exit_code, "1 declared, 0 refused" in told.stdout) == (1, True)


@pytest.mark.slow
def test_who_may_not_or_is_not_known_is_told_so(node: DemoNode, tmp_path: Path):
    file = a_file(tmp_path, a_corridor("NEVER"))
    told = run("import", file, "--to", node.origin, "--token-file", token(node, OTHER))
    assert (told.exit_code, "(NOT_YOURS)" in told.stderr) == (2, True)
    forged = tmp_path / "forged.token"
    forged.write_text("a.b.c")
    told = run("export", "--from", node.origin, "--token-file", forged)
    assert (told.exit_code, "(UNAUTHENTICATED)" in told.stderr) == (2, True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://node.example", "plain http goes to this machine only"),
        ("http://192.0.2.1:8080", "plain http goes to this machine only"),
        ("https://node.example/api", "is not the address of a node"),
        ("https://user@node.example", "no address"),
        ("ftp://node.example", "no address"),
        ("node.example", "no address"),
    ],
)
def test_a_token_goes_nowhere_but_to_a_node_over_tls_or_on_this_machine(url: str, why: str, tmp_path: Path):
    file = tmp_path / "a.token"
    file.write_text("a.b.c\n")
    told = run("export", "--from", url, "--token-file", file)
    assert (told.exit_code, why in told.stderr) == (2, True), told.stderr
    assert "a.b.c" not in told.output


def test_nobody_there_is_said_and_exits_2(tmp_path: Path):
    file = tmp_path / "a.token"
    file.write_text("a.b.c")
    told = run("export", "--from", "http://127.0.0.1:9", "--token-file", file)
    assert told.exit_code == 2
    assert told.stderr.startswith("mamarr: no answer from http://127.0.0.1:9")


@pytest.mark.parametrize("body", [b"", b"two words", b"\xff\xfe", b"x" * 20_000])
def test_a_file_without_a_token_is_said(body: bytes, tmp_path: Path):
    file = tmp_path / "a.token"
    file.write_bytes(body)
    told = run("export", "--from", "http://127.0.0.1:9", "--token-file", file)
    assert (told.exit_code, "holds no token" in told.stderr) == (2, True)


def test_a_node_is_spoken_to_by_its_origin():
    assert NodeClient("https://Node.example:8443/", "t").origin == "https://node.example:8443"


def test_a_large_file_goes_in_pieces_that_a_node_takes():
    values = [a_corridor(f"C{number}", name="x" * 200) for number in range(3_000)]
    pieces = list(_pieces(values))
    assert [value for piece in pieces for value in piece] == values
    assert len(pieces) > 1
    assert all(len(geojson.collection(piece)) <= PIECE_BYTES_MAX for piece in pieces)
