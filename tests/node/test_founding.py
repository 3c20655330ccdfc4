"""`mamarr init`, and what `mamarr serve` says before it serves: in this process, through the command line."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from mamarr.faults import Unavailable
from mamarr.node import config, key_file, wiring
from mamarr.node.cli import app
from mamarr.record import Verifier
from tests.node.served import NORTH, PASSPHRASE

OIDC = """
[oidc]
issuer = "https://identity.example"
client_id = "mamarr"
client_secret_file = "client-secret"
name = "Identity of North"
mode = "EXERCISE"
parties = ["north"]
"""
ISSUER = """
[[issuers]]
issuer = "https://tokens.example"
audience = "north-1"
mode = "EXERCISE"
parties = ["north"]
keys_file = "keys.json"
"""


def mamarr(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


def made(folder: Path, *, mode: str = "EXERCISE", passphrase: str | None = None) -> Path:
    """The configuration of a new node of north, without accounts."""
    protected = ("--no-passphrase",) if passphrase is None else ()
    options = (*NORTH, "--mode", mode, "--port", "0", *protected)
    result = mamarr("init", str(folder), *options, typed=f"{passphrase}\n")
    assert result.exit_code == 0, result.output
    return folder / "mamarr.toml"


def secret_in(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text + "\n")
    return path


def changed(configuration: Path, old: str, new: str) -> Path:
    text = configuration.read_text()
    assert text.count(old) == 1, old
    configuration.write_text(text.replace(old, new))
    return configuration


def test_init_makes_a_folder_for_its_owner_alone(tmp_path: Path):
    folder = tmp_path / "node"
    folder.mkdir(mode=0o755)
    made(folder)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    names = ("mamarr.toml", "signing-key.pem", "link-key.pem", "link-certificate.pem")
    assert modes == {"node": 0o700, "data": 0o700, **dict.fromkeys(names, 0o600)}


def test_what_init_writes_is_what_was_asked_and_the_defaults(tmp_path: Path):
    says = config.load(made(tmp_path / "node", mode="LIVE")).says
    assert (says.node.id, says.node.party, says.node.mode) == ("north-1", "north", "LIVE")
    assert says.node.authority == "Authority of North"
    assert (says.listen, says.limits) == (config.ListenSection(port=0), config.LimitsSection())
    assert (says.issuers, says.oidc) == ((), None)


def test_init_says_the_key_the_next_commands_and_loudly_what_is_in_the_clear(tmp_path: Path):
    result = mamarr("init", str(tmp_path / "n"), *NORTH, "--mode", "LIVE", "--no-passphrase")
    assert "THE SIGNING KEY IS IN THE CLEAR" in result.stderr
    told = next(line for line in result.stdout.splitlines() if line.startswith("public key"))
    verifier = Verifier.from_text(told.partition(": ")[2])
    signer = key_file.signer_from(tmp_path / "n" / "signing-key.pem", "north-1/LIVE", None)
    assert signer.verifier == verifier
    assert f"mamarr serve {tmp_path / 'n' / 'mamarr.toml'}" in result.stdout
    assert "mamarr account add NAME --party north --scope mamarr.read" in result.stdout
    protected = mamarr("init", str(tmp_path / "p"), *NORTH, "--mode", "LIVE", typed=PASSPHRASE + "\n")
    assert (protected.exit_code, protected.stderr) == (0, "")


@pytest.mark.requirement("THREATS 1")
def test_a_key_with_a_passphrase_opens_with_it_alone(tmp_path: Path):
    content, signer = key_file.new_key("north-1/LIVE", PASSPHRASE)
    path = secret_in(tmp_path / "key", "")
    path.write_bytes(content)
    assert key_file.is_encrypted(path)
    assert key_file.signer_from(path, "north-1/LIVE", lambda: PASSPHRASE).verifier == signer.verifier
    with pytest.raises(Unavailable, match="wrong passphrase"):
        key_file.signer_from(path, "north-1/LIVE", lambda: PASSPHRASE + "!")
    with pytest.raises(Unavailable, match="no passphrase was given"):
        key_file.signer_from(path, "north-1/LIVE", None)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"mamarr-key-1", b"mamarr-key-2", "not a signing key of this version"),
        (b"mamarr-key-1 north-1/LIVE clear\n", b"", "not a signing key of this version"),
        (b"north-1/LIVE", b"north-1/EXERCISE", "the key is for north-1/EXERCISE"),
        (b"north-1/LIVE", b"\x1b[2J", "the key is for another log"),
        (b" clear", b" scrypt", "protected in a way this version does not know"),
        (b" clear", b" argon2id 00", "protected in a way this version does not know"),
        (b" clear", b" argon2id " + b"zz" * 16, "the key is damaged"),
        (b"BEGIN", b"BEGUN", "the key is damaged"),
    ],
)
def test_a_key_file_that_is_not_right_is_told(tmp_path: Path, old: bytes, new: bytes, says: str):
    content, _ = key_file.new_key("north-1/LIVE", None)
    assert old in content
    path = secret_in(tmp_path / "key", "")
    path.write_bytes(content.replace(old, new))
    with pytest.raises(Unavailable, match=says):
        key_file.signer_from(path, "north-1/LIVE", lambda: PASSPHRASE)


def test_the_same_passphrase_protects_two_keys_differently():
    lines = {key_file.new_key("north-1/LIVE", PASSPHRASE)[0].split(b"\n")[0] for _ in range(2)}
    assert len(lines) == 2


def refusals(tmp_path: Path) -> Iterator[tuple[str, list[str], str]]:
    """What an operator gets wrong: name, command, what the sentence says."""
    locked = made(tmp_path / "locked", passphrase=PASSPHRASE)
    wrong = secret_in(tmp_path / "wrong", "a long and noisy phrase")
    yield "wrong", ["serve", str(locked), "--passphrase-file", str(wrong)], "wrong passphrase"
    yield "none", ["serve", str(locked)], "give it with --passphrase-file or --passphrase-fd"
    both = ["--passphrase-file", str(wrong), "--passphrase-fd", "0"]
    yield "both", ["serve", str(locked), *both], "one of --passphrase-file and --passphrase-fd"
    loose = secret_in(tmp_path / "loose", PASSPHRASE)
    loose.chmod(0o640)
    yield "loose", ["serve", str(locked), "--passphrase-file", str(loose)], "(mode 0640, allowed 0600)"
    clear = made(tmp_path / "clear")
    needless = ["serve", str(clear), "--passphrase-file", str(wrong)]
    yield "needless", needless, "a passphrase was given, but the key is in the clear"
    outside = changed(made(tmp_path / "outside"), '#address = "127.0.0.1"', 'address = "0.0.0.0"')
    yield "outside", ["serve", str(outside)], "listen.address"
    renamed = changed(made(tmp_path / "renamed"), '"north-1"\n# Needed. Id', '"north-2"\n# Needed. Id')
    yield (
        "renamed",
        ["serve", str(renamed)],
        "the key is for north-1/EXERCISE, the configuration says north-2",
    )
    homeless = made(tmp_path / "homeless")
    shutil.rmtree(homeless.parent / "data")
    yield "homeless", ["serve", str(homeless)], "there is no folder"
    shared = made(tmp_path / "shared")
    (shared.parent / "signing-key.pem").chmod(0o644)
    yield "shared", ["serve", str(shared)], "others on this machine may read or change it"
    provided = made(tmp_path / "provided")
    provided.write_text(provided.read_text() + OIDC)
    yield "no secret", ["serve", str(provided)], "client-secret: No such file"
    provided = made(tmp_path / "told")
    provided.write_text(provided.read_text() + OIDC)
    secret_in(provided.parent / "client-secret", "a secret").chmod(0o604)
    yield "told secret", ["serve", str(provided)], "(mode 0604, allowed 0600)"
    for name, content, says in (
        ("no keys", '{"keys": []}', "issuers[0].keys_file"),
        ("no json", "keys", "issuers[0].keys_file"),
    ):
        keyed = made(tmp_path / name)
        keyed.write_text(keyed.read_text() + ISSUER)
        (keyed.parent / "keys.json").write_text(content)
        yield name, ["serve", str(keyed)], says
    yield "nowhere", ["serve", str(tmp_path / "nowhere.toml")], "No such file"
    yield "again", ["init", str(clear.parent), *NORTH, "--mode", "LIVE", "--no-passphrase"], "is not empty"
    yield "silent", ["init", str(tmp_path / "new"), *NORTH, "--mode", "LIVE"], "--no-passphrase"
    replay = ["init", str(tmp_path / "new"), *NORTH, "--mode", "REPLAY", "--no-passphrase"]
    short = ["init", str(tmp_path / "new"), *NORTH, "--mode", "LIVE"]
    yield "short", short, "12 to 1024 characters"
    yield "replay", replay, "LIVE or EXERCISE"


def would_serve(_: object) -> None:
    raise AssertionError("nothing was refused: the node would serve")


def test_wrong_use_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wiring, "warmed", would_serve)
    for name, command, says in refusals(tmp_path):
        result = mamarr(*command, typed="too short\n" if name == "short" else "")
        assert (name, result.exit_code) == (name, 2), result.stderr
        assert says in result.stderr, (name, result.stderr)
        assert isinstance(result.exception, SystemExit), name
    assert not (tmp_path / "new").exists(), "a refused init leaves nothing behind"


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wiring, "warmed", would_serve)
    config = made(tmp_path / "node")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = mamarr("serve", str(changed(config, "port = 0", f"port = {taken.getsockname()[1]}")))
    assert result.exit_code == 2
    assert "cannot be used" in result.stderr
