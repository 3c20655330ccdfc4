"""The door of a running node for persons at its machine."""

import asyncio
import os
import pwd
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from mamarr.engine.orders import read
from mamarr.link.invitations import BEGINS
from mamarr.node import control
from mamarr.node.control import REQUEST_BYTES_MAX, Control, ask
from mamarr.node.peer_desk import Invite, Look
from mamarr.record.entries import entry_from_body
from tests.node.lines import Node


def lived(folder: Path, story) -> None:
    """Run `story` in another thread while a node answers at `folder`."""

    async def run() -> None:
        node = Node("node-north", "north", 1, listens=False)
        await node.start()
        door = Control(folder, node.key)
        await door.start(node.runtime)
        try:
            await asyncio.to_thread(story, node)
        finally:
            await door.stop()
            await node.stop()

    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop running in the main thread
        thread.submit(asyncio.run, run()).result()


def said_raw(folder: Path, raw: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(30)
        opened = os.open(folder, os.O_PATH)
        sock.connect(f"/proc/self/fd/{opened}/{control.FILE}")
        os.close(opened)
        try:
            sock.sendall(raw)
            sock.shutdown(socket.SHUT_WR)
            return sock.recv(65_536)
        except OSError:
            return b""


def test_only_the_owner_gets_in_and_the_entry_names_the_account(tmp_path: Path):
    def story(node: Node) -> None:
        assert (tmp_path / control.FILE).stat().st_mode & 0o777 == 0o600
        reply = ask(tmp_path, Invite(peer="south-1", url="", hours=1))
        assert reply is not None
        assert reply.text.startswith(BEGINS)
        assert reply.peer is not None
        assert reply.peer.invitation.secret == b"", "the secret is in the text alone"
        said = [read(entry_from_body(row.sequence, row.body)) for row in node.store.rows()]
        author = said[-1].order.author
        assert (author.party, author.person) == ("north", pwd.getpwuid(os.getuid()).pw_name)

    lived(tmp_path, story)
    assert ask(tmp_path, Look()) is None


def test_a_folder_with_a_long_name_has_a_door_too(tmp_path: Path):
    folder = tmp_path / ("x" * 100) / ("y" * 100)
    folder.mkdir(parents=True)
    lived(folder, lambda _: ask(folder, Look()).lines is not None)


def test_the_door_of_a_node_that_died_is_made_anew(tmp_path: Path):
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / control.FILE))
    dead.close()
    assert ask(tmp_path, Look()) is None

    def story(_: Node) -> None:
        assert ask(tmp_path, Look()) is not None

    lived(tmp_path, story)


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"{}\n", b"[" * 10_000 + b"\n", b"x" * (REQUEST_BYTES_MAX * 4), b"\xff\xfe\n"]
)
def test_what_is_no_request_changes_nothing_and_the_node_goes_on(tmp_path: Path, raw: bytes):
    def story(node: Node) -> None:
        before = node.runtime.log.size
        answer = said_raw(tmp_path, raw)
        assert answer == b"" or b"the node does not understand this" in answer
        assert ask(tmp_path, Look()) is not None
        assert node.runtime.log.size == before

    lived(tmp_path, story)


def test_a_request_says_what_is_wrong_with_it(tmp_path: Path):
    def story(_: Node) -> None:
        wrong = ask(tmp_path, Invite(peer="No Name", url="", hours=1))
        assert "does not have the form" in wrong.wrong
        late = ask(tmp_path, Invite(peer="south-1", url="", hours=24 * 30))
        assert late.refusal is not None
        assert late.text == ""
        assert msgspec.json.encode(late)

    lived(tmp_path, story)
