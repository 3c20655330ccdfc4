"""`mamarr peer`: two nodes are joined as two persons would, with the nodes at rest and at work."""

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import segno
from click.testing import Result
from typer.testing import CliRunner

from mamarr.coordination.channels import Stopped
from mamarr.coordination.peers import Bond
from mamarr.faults import Unavailable
from mamarr.link.invitations import BEGINS
from mamarr.link.links import Standing
from mamarr.link.standings import Lines, PeerStanding
from mamarr.node import key_file, peer_commands, peer_desk, peer_sentences, six_words
from mamarr.node.cli import app as mamarr_app
from tests.node.served import PASSPHRASE, ServedNode

WITHIN_S = 60  # a peer that was not let in is dialled again some seconds later
NODES = {"north": ("north-1", "north"), "south": ("south-1", "south")}


@pytest.fixture(scope="module", autouse=True)
def quick_words() -> Iterator[None]:
    """Words that take a thousandth of the work; what that is worth is not looked at here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(six_words, "MEMORY_KIB", 256)
        yield


def peer(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(peer_commands.app, list(arguments), input=typed)


def done(*arguments: str, typed: str = "") -> str:
    result = peer(*arguments, typed=typed)
    assert result.exit_code == 0, result.output
    return result.stdout


def founded(folder: Path, *, passphrase: str | None = None, links: str = "127.0.0.1:0") -> str:
    """The folder of a new node, named after its party."""
    node, party = NODES[folder.name]
    asked = ["init", str(folder), "--node-id", node, "--party", party, "--authority", party.title()]
    asked += ["--mode", "EXERCISE", "--port", "0", "--links", links]
    asked += [] if passphrase else ["--no-passphrase"]
    made = CliRunner().invoke(mamarr_app, asked, input=f"{passphrase}\n")
    assert made.exit_code == 0, made.output
    return str(folder)


@pytest.fixture
def two(tmp_path: Path) -> tuple[str, str]:
    return founded(tmp_path / "north"), founded(tmp_path / "south")


@pytest.fixture
def start() -> Iterator[Callable[[str], ServedNode]]:
    """Starts nodes; none of them outlives its test."""
    started: list[ServedNode] = []

    def starting(folder: str) -> ServedNode:
        started.append(ServedNode(Path(folder) / "mamarr.toml"))
        return started[-1]

    yield starting
    for node in started:
        node.end(signal.SIGKILL)


def exchanged(north: str, south: str, url: str = "") -> tuple[str, str]:
    """The words that each side shows after invitation and answer; with typed line ends, as mail has them."""
    invitation = done("invite", north, "--name", "south-1", "--url", url).strip()
    folded = "\n".join(invitation[at : at + 60] for at in range(0, len(invitation), 60))
    answer, words_south = done("add", south, "-", "--private", typed=folded).splitlines()
    words_north = done("add", north, answer, "--private").strip()
    return words_north, words_south


def test_two_persons_join_their_nodes_and_read_the_same_six_words(two):
    north, south = two
    words_north, words_south = exchanged(north, south)
    assert words_north == words_south
    assert len(words_north.split()) == 6
    for folder, other in ((north, "south-1"), (south, "north-1")):
        assert "words not compared" in done("list", folder)
        assert f"words to compare: {words_north}" in done("list", folder)
        done("confirm", folder, other, "--words", words_north.upper())
        assert f"{other}  {other[:5]}  confirmed" in done("list", folder)


def test_other_words_open_nothing_and_say_what_to_do(two):
    north, south = two
    words, _ = exchanged(north, south)
    changed = " ".join(reversed(words.split()))
    refused = peer("confirm", north, "south-1", "--words", changed)
    assert refused.exit_code == 1
    assert "THESE ARE OTHER WORDS: nothing is opened." in refused.stderr
    assert "words not compared" in done("list", north)


def test_an_invitation_is_shown_as_a_qr_code_that_says_the_same(two):
    made = peer("invite", two[0], "--name", "south-1", "--qr")
    assert made.exit_code == 0, made.output
    drawn = [line for line in made.stderr.splitlines() if set(line) <= set(" ▀▄█") and line]
    matrix = segno.make(made.stdout.strip(), error="l", micro=False).matrix
    border = 4  # ISO/IEC 18004: the quiet zone
    assert len(drawn[0]) == len(matrix) + 2 * border

    def is_dark(row: int, column: int) -> bool:
        upper, lower = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}[drawn[row // 2][column]]
        return bool(lower if row % 2 else upper)

    for row, modules in enumerate(matrix):
        for column, module in enumerate(modules):
            assert is_dark(row + border, column + border) == bool(module), (row, column)


@pytest.mark.requirement("THREATS 20")
def test_who_stands_between_is_shown_by_the_words(two, tmp_path: Path):
    north, south = two
    (tmp_path / "between").mkdir()
    between_north, between_south = (
        founded(tmp_path / "between" / "south"),
        founded(tmp_path / "between" / "north"),
    )
    invitation = done("invite", north, "--name", "south-1").strip()
    answer, _ = done("add", between_north, invitation).splitlines()
    words_north = done("add", north, answer).strip()
    forged = done("invite", between_south, "--name", "south-1").strip()
    _, words_south = done("add", south, forged).splitlines()
    assert words_north != words_south


@pytest.mark.requirement("THREATS 20")
def test_an_invitation_is_taken_once_and_by_whom_it_is_for(two, tmp_path: Path):
    north, south = two
    (tmp_path / "other").mkdir()
    other = founded(tmp_path / "other" / "north")
    invitation = done("invite", north, "--name", "south-1").strip()
    assert peer("add", other, invitation).exit_code == 2
    assert "it is this node's own" in peer("add", other, invitation).stderr
    answer, _ = done("add", south, invitation).splitlines()
    again = peer("add", south, invitation)
    assert (again.exit_code, again.stderr.partition(", and")[0]) == (
        1,
        "refused: this invitation was taken before",
    )
    done("add", north, answer)
    again = peer("add", north, answer)
    assert (again.exit_code, again.stderr.partition("that is")[0]) == (
        1,
        "refused: this answers no invitation of this node's ",
    )


def test_a_text_that_is_damaged_is_told(two):
    north, south = two
    invitation = done("invite", north, "--name", "south-1").strip()
    middle = len(invitation) // 2
    turned = "A" if invitation[middle] != "A" else "B"
    for wrong in (
        invitation[:-10],
        invitation[:middle] + turned + invitation[middle + 1 :],
        BEGINS,
        "mamarr-2-" + invitation,
        "x" * 10_000,
    ):
        assert peer("add", south, wrong).exit_code == 2
    assert "damaged or cut short" in peer("add", south, invitation[:-10]).stderr
    assert done("list", south) == ""


ORDERS = (  # what is typed in the wrong order or twice; the exit code; and what is said
    (("confirm", "north", "south-1", "--words", "a b c d e f"), 2, "south-1 has not said yet who it is"),
    (("confirm", "north", "../../x", "--words", ""), 2, "../../x has not said yet who it is"),
    (("revoke", "north", "south-1"), 1, "refused: no node of that name is known"),
    (("revoke", "north", "South 1"), 1, "refused: no node of that name is known"),
    (("invite", "north", "--name", "north-1"), 1, "refused: that is the name of this node itself"),
    (("invite", "north", "--name", "South 1"), 2, "does not have the form"),
    (("add", "north", "no-such-file"), 2, "'no-such-file' is no file, and no text that begins"),
    (("add", "north", "/"), 2, "'/' is no file"),
    (("add", "north", ""), 2, "'' is no file"),
    (("add", "north", "-"), 2, "no text of this version: one begins with mamarr-1-"),
    (("rotate", "north", "--finish"), 2, "link-key.pem.next: `mamarr peer rotate` makes it"),
    (("list", "nowhere"), 2, "nowhere is no node's folder"),
)


@pytest.mark.parametrize(("typed", "code", "said"), ORDERS, ids=lambda value: str(value)[:40])
def test_what_is_typed_before_its_time_says_what_to_do(
    two, monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...], code: int, said: str
):
    monkeypatch.chdir(Path(two[0]).parent)
    result = peer(*typed)
    assert (result.exit_code, said in result.stderr) == (code, True), result.output
    assert "reservation" not in result.output


def test_what_is_done_twice_says_that_it_was_done(two):
    north, south = two
    words, _ = exchanged(north, south)
    done("confirm", north, "south-1", "--words", words)
    said = {
        name: peer(*typed).stderr
        for name, typed in {
            "confirm": ("confirm", north, "south-1", "--words", words),
            "invite": ("invite", north, "--name", "south-1"),
        }.items()
    }
    assert said["confirm"].startswith("refused: the words were compared before, or that node was revoked")
    assert said["invite"].startswith("refused: that node is joined already. To begin anew, revoke it first")
    done("revoke", north, "south-1")
    again = peer("revoke", north, "south-1")
    assert again.stderr == "refused: that node was revoked before: nothing passes\n"


def test_a_text_that_cannot_be_written_is_made_by_nobody_or_shown(
    two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    north, south = two
    taken = tmp_path / "taken"
    taken.touch()
    invitation = done("invite", north, "--name", "south-1").strip()
    for file in (taken, tmp_path / "nowhere" / "answer"):
        assert peer("add", south, invitation, "--file", str(file)).exit_code == 2
        assert peer("invite", south, "--name", "east-1", "--file", str(file)).exit_code == 2
        assert peer("rotate", south, "--file", str(file)).exit_code == 2
    assert done("list", south) == "", "nothing has happened"
    assert not (Path(south) / "link-key.pem.next").exists()

    def full(path: Path, content: bytes) -> None:
        raise Unavailable(f"{path}: No space left on device")

    monkeypatch.setattr(peer_commands, "write_new", full)
    result = peer("add", south, invitation, "--file", str(tmp_path / "answer"))
    assert (result.exit_code, result.stdout.startswith(BEGINS)) == (2, True), "the answer is not lost"
    assert "No space left on device; the text stands above" in result.stderr
    done("add", north, result.stdout.strip())


def test_a_next_key_whose_text_was_lost_says_it_again_and_half_a_key_is_never_taken(
    two, monkeypatch: pytest.MonkeyPatch
):
    north, _ = two
    following = Path(north) / "link-key.pem.next"

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(key_file.os, "fsync", full)
        result = peer("rotate", north)
    assert (result.exit_code, "No space left on device" in result.stderr) == (2, True)
    assert not following.exists()
    text = done("rotate", north)
    assert done("rotate", north) == text
    whole = following.read_bytes()
    for half in (b"", whole[:20], whole[:-10]):
        following.write_bytes(half)
        assert "is cut short" in peer("rotate", north, "--finish").stderr
    following.write_bytes(whole)
    done("rotate", north, "--finish")
    assert (Path(north) / "link-key.pem").read_bytes() == whole


def test_how_a_line_stands_says_what_was_not_taken_in_and_who_was_not_let_in():
    standing = Standing(
        heard_for_ms=1,
        confirmed_for_ms=1,
        waiting=(0, 0, 0),
        missing=(0, 0, 0),
        clock=None,
        stopped=Stopped.SET_BACK,
        is_stopped_there=True,
        counted={"signature": 2, "over the limit": 31},
        unread_there=1,
    )
    peer = PeerStanding(
        peer="south-1", party="south", bond=Bond.CONFIRMED, is_connected=True, fault="", standing=standing
    )
    why = peer_sentences.STOPPED[Stopped.SET_BACK]
    assert peer_sentences.trouble(peer) == [
        f"nothing is taken in any more: {why}",
        "that node takes in nothing of this one's any more: call",
        "that node could not read all: it reads envelopes up to version 1",
        "came and was not taken in: 31 × over the limit, 2 × signature",
    ]
    said = peer_sentences.turned_away(Lines(turned_away={"comes too often": 7}))
    assert said == ["connections not let in: 7 × comes too often"]
    assert set(peer_sentences.STOPPED) == set(Stopped)


@pytest.mark.parametrize(
    "url",
    [
        *("http://node.example", "https://node.example/path", "https://a@b.example", "x", "https://"),
        *(
            "https://node.example:99999",
            "https://node.example:0",
            "https://node.example:x",
            "https://node..example",
        ),
        *(
            "https://Node.example",
            "https://exämple.example",
            "https://a b",
            "https://\u202enode",
            "https://[::1",
        ),
        *("https://224.0.0.1", "https://0.0.0.0:1", "https://[ff02::1]", "https://[::ffff:127.0.0.1]"),
        *(
            f"https://{'n' * 64}.example",
            f"https://{'n.' * 120}example",
            "https://-n.example",
            "https://n_.example",
        ),
    ],
)
def test_an_address_that_is_no_origin_is_refused(two, url: str):
    refused = peer("invite", two[0], "--name", "south-1", "--url", url)
    assert refused.exit_code == 2
    assert "such as https://" in refused.stderr or "is no" in refused.stderr


@pytest.mark.requirement("THREATS 21")
@pytest.mark.parametrize("url", ["https://127.0.0.1:99999", "https://node..example", "https://\u202enode"])
def test_a_text_whose_address_is_none_is_not_taken(two, monkeypatch: pytest.MonkeyPatch, url: str):
    """As a neighbour writes it who means ill: the node would be stopped by dialling it."""
    north, south = two
    with monkeypatch.context() as ill:
        ill.setattr(peer_desk, "checked_url", lambda url: url)
        text = done("invite", north, "--name", "south-1", "--url", url).strip()
    result = peer("add", south, text, "--private")
    assert (result.exit_code, "is not where a node can be dialled" in result.stderr) == (2, True)
    assert done("list", south) == ""


@pytest.mark.requirement("THREATS 21")
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:8843",
        "https://10.0.0.1",
        "https://[::1]:1",
        "https://[fe80::1]",
        "https://169.254.169.254",
    ],
)
def test_an_address_that_is_not_public_is_told_before_the_text_is_taken(two, url: str):
    north, south = two
    text = done("invite", north, "--name", "south-1", "--url", url).strip()
    result = peer("add", south, text)
    assert (result.exit_code, "is not a public address: say --private" in result.stderr) == (2, True)
    assert done("list", south) == ""
    assert done("add", south, text, "--private").startswith(BEGINS), "and the same text is taken"


def test_a_folder_of_no_node_is_told(tmp_path: Path):
    refused = peer("list", str(tmp_path))
    assert refused.exit_code == 2
    assert "is no node's folder" in refused.stderr


@pytest.mark.requirement("THREATS 1")
def test_with_a_passphrase_both_keys_are_encrypted_and_one_phrase_opens_them(tmp_path: Path):
    north = founded(tmp_path / "north", passphrase=PASSPHRASE)
    for name in ("signing-key.pem", "link-key.pem"):
        content = (tmp_path / "north" / name).read_text()
        assert "ENCRYPTED PRIVATE KEY" in content
        assert " argon2id " in content.splitlines()[0]
    assert peer("invite", north, "--name", "south-1").exit_code == 2
    phrase = tmp_path / "phrase"
    phrase.touch(mode=0o600)
    phrase.write_text(PASSPHRASE + "\n")
    assert done("invite", north, "--name", "south-1", "--passphrase-file", str(phrase)).startswith(BEGINS)


def test_a_next_certificate_is_taken_without_words_when_both_keys_signed_it(two):
    north, south = two
    words, _ = exchanged(north, south)
    for folder, other in ((north, "south-1"), (south, "north-1")):
        done("confirm", folder, other, "--words", words)
    text = done("rotate", south).strip()
    assert "may speak with its next certificate" in done("add", north, text)
    before = (Path(south) / "link-key.pem").read_bytes()
    done("rotate", south, "--finish")
    assert (Path(south) / "link-key.pem").read_bytes() != before
    assert peer("rotate", south, "--finish").exit_code == 2


def test_a_next_certificate_that_the_present_key_did_not_sign_is_refused(two, tmp_path: Path):
    north, south = two
    words, _ = exchanged(north, south)
    done("confirm", north, "south-1", "--words", words)
    (tmp_path / "thief").mkdir()
    thief = founded(tmp_path / "thief" / "south")
    refused = peer("add", north, done("rotate", thief).strip())
    assert refused.exit_code == 1


def test_a_node_that_was_revoked_needs_words_again(two):
    north, south = two
    words, _ = exchanged(north, south)
    done("confirm", north, "south-1", "--words", words)
    done("revoke", north, "south-1")
    assert "revoked" in done("list", north)
    assert peer("revoke", north, "south-1").exit_code == 1
    done("revoke", south, "north-1")
    again, _ = exchanged(north, south)
    assert again != words
    done("confirm", north, "south-1", "--words", again)
    assert "confirmed" in done("list", north)


@pytest.mark.slow
def test_nodes_that_run_are_joined_and_speak_without_a_restart(two, start, tmp_path: Path):
    north, south = two
    running = start(north), start(south)
    at = next(line for line in running[0].lines if line.startswith("links: "))
    words_north, words_south = exchanged(north, south, f"https://{at.rpartition(' ')[2]}")
    assert words_north == words_south
    done("confirm", south, "north-1", "--words", words_south)
    assert "not connected" in done("list", south)
    done("confirm", north, "south-1", "--words", words_north)
    end_s, lines = time.monotonic() + WITHIN_S, ""
    while lines.count("  connected  ") < 2:
        assert time.monotonic() < end_s, lines
        time.sleep(0.2)
        lines = done("list", north) + done("list", south)
    for node in running:
        assert node.end() == 0
    assert not (Path(north) / "data" / "control.sock").exists()
