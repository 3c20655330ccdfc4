"""Nodes in processes of their own: killed while they exchange, and apart by a bad line."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from mamarr.coordination.messages import WORDS
from mamarr.engine.orders import DECIDED
from mamarr.record import SqliteStore, audit
from mamarr.record.entries import entry_from_body
from mamarr.simulation import letters
from mamarr.simulation.joint import Joint
from mamarr.simulation.linked import said
from tests.node.forked import Forked
from tests.node.line_process import known
from tests.node.relay import ONE_WAY_S, Relay, may_make_networks, within

pytestmark = pytest.mark.slow

WITHIN_S = 90
KILLS = 6
KILLS_WHILE_FILING = int(os.environ.get("MAMARR_KILLS", "2"))  # `make fuzz KILLS=n`
FILED_EACH = 6  # between two kills
LIVED = "import sys; from tests.node import line_process; line_process.main(*sys.argv[1:])"
STREAMS = ("SAFETY_FLOOR", "COORDINATION", "BULK")


class Process:
    """A running node. network: of which process it is in; 0: in ours."""

    def __init__(
        self, folder: Path, name: str, other: str, *, port: int = -1, url: str = "", network: int = 0
    ) -> None:
        self.folder, self.name = folder, name
        folder.mkdir(exist_ok=True)
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as typed, os.fdopen(os.dup(2), "wb") as errors:
            self.process = Forked(
                *(str(folder), name, other, str(port), url, str(network)),
                environment=os.environ,
                typed=typed,
                errors=errors,
                python=("-c", LIVED),
                loads=("tests.node.line_process",),
            )
        self.orders = os.fdopen(writing, "w", buffering=1)
        self.url = self.answer().removeprefix("ready ")

    def answer(self) -> str:
        line = self.process.stdout.readline().strip()
        assert line, f"{self.name} ended"
        return line

    def ask(self, order: str) -> str:
        self.orders.write(order + "\n")
        return self.answer()

    def says(self) -> dict:
        return json.loads(self.ask("say"))

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self._ended()

    def end(self) -> None:
        if self.process.poll() is None:
            self.orders.close()
        self._ended()

    def _ended(self) -> None:
        self.process.wait(WITHIN_S)
        self.process.stdout.close()
        self.orders.close()


@pytest.fixture
def networks() -> Iterator[tuple[int, int]]:
    """Two networks that know nothing of each other: the processes that hold them; 0 for ours where we may
    make none."""
    if not may_make_networks():
        yield 0, 0
        return
    held = "ip link set lo up && echo up && exec cat"
    holders = [
        subprocess.Popen(
            ["unshare", "-n", "sh", "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for each in holders:
        assert each.stdout.readline() == "up\n"
    yield holders[0].pid, holders[1].pid
    for each in holders:
        each.communicate()


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Starts nodes; none of them outlives its test."""
    started: list[Process] = []

    def starting(*arguments: object, **options: object) -> Process:
        started.append(Process(*arguments, **options))
        return started[-1]

    yield starting
    for each in started:
        if each.process.poll() is None:
            each.kill()


def until(holds: Callable[[], bool], what: Callable[[], object], within_s: float = WITHIN_S) -> None:
    end_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end_s, f"not within {within_s} s: {what()}"
        time.sleep(0.1)


def judged(north: Process, south: Process) -> dict[str, letters.Journal]:
    """What both records say, once they are verified and agree."""
    journals: dict[str, letters.Journal] = {}
    for each in (north, south):
        store = SqliteStore(each.folder / "record.sqlite")
        assert audit(store, known(each.name).signer.verifier).finding is None
        journals[each.name] = letters.journal(each.name, said(store.rows()))
        store.close()
    known_kinds = frozenset({"report", "unreadable"}) | WORDS
    assert list(letters.wrong(journals, known=known_kinds, signed=set())) == []
    return journals


def test_nodes_that_are_killed_while_they_exchange_lose_and_double_nothing(start, tmp_path: Path):
    chance, counts = Random(7), {"node-north": 0, "node-south": 0}
    south = start(tmp_path / "south", "node-south", "node-north", port=0)
    port = int(south.url.rpartition(":")[2])
    both = [start(tmp_path / "north", "node-north", "node-south", url=south.url), south]

    def again(at: int) -> None:
        both[at].kill()
        name = both[at].name
        arguments = {"port": port} if name == "node-south" else {"url": f"https://127.0.0.1:{port}"}
        other = both[1 - at].name
        both[at] = start(both[at].folder, name, other, **arguments)

    for kill in range(KILLS):
        for each in both:
            count = chance.randint(3, 15)
            each.ask(f"send {chance.choice(STREAMS)} {count} {chance.choice((100, 4_000))}")
            counts[each.name] += count
        time.sleep(chance.random() * 0.5)
        again(kill % 2)
    both[0].ask("send COORDINATION 1 10")

    def is_drained() -> bool:
        return all(not any(each.says()["waiting"]) for each in both)

    until(is_drained, lambda: [each.says() for each in both])
    for each in both:
        assert each.says()["stopped"] is None
        each.end()
    journals = judged(*both)
    texts = [each for each in journals["node-south"].taken if each.kind == "text"]
    assert len(texts) == counts["node-north"] + 1


def together(folders: dict[str, Path]) -> Joint:
    """What both did, in the order in which it was written; that none of it came too near is judged."""
    entries = []
    for name, folder in folders.items():
        store = SqliteStore(folder / "record.sqlite")
        for row in store.rows():
            entry = entry_from_body(row.sequence, row.body)
            entries.append((entry.frame().time_ms, name, row.sequence, entry.content(DECIDED)))
        store.close()
    joint = Joint()
    for _, name, _, decided in sorted(entries, key=lambda each: each[:3]):
        if decided is not None:
            joint.read(name, decided, 0)
    assert joint.sentences == []
    return joint


def test_two_nodes_killed_while_filing_lose_nothing_and_admit_nothing_that_conflicts(start, tmp_path: Path):
    south = start(tmp_path / "south", "node-south", "node-north", port=0)
    port = int(south.url.rpartition(":")[2])
    both = [start(tmp_path / "north", "node-north", "node-south", url=south.url), south]
    for each in both:
        each.ask("agree")
    until(lambda: all(each.says()["is_agreed"] for each in both), lambda: [each.says() for each in both])
    filed = {each.name: 0 for each in both}
    for number in range(FILED_EACH * KILLS_WHILE_FILING):
        by = both[number % 2]
        filed[by.name] += by.ask(f"file {number}") == "filed"
        if number % FILED_EACH == FILED_EACH // 2:  # what it asks is under way, or not even that
            at = number // FILED_EACH % 2
            both[at].kill()
            arguments = {"url": f"https://127.0.0.1:{port}"} if at == 0 else {"port": port}
            both[at] = start(both[at].folder, both[at].name, both[1 - at].name, **arguments)

    def is_settled() -> bool:
        north, south = (each.says() for each in both)
        coordinated = [list(each["flights"].values()).count("COORDINATED") for each in (north, south)]
        is_said = not any((*north["waiting"], *south["waiting"]))
        return is_said and [south["protected"], north["protected"]] == coordinated and all(coordinated)

    until(is_settled, lambda: [each.says() for each in both])
    said = [each.says() for each in both]
    for each in both:
        each.end()
    judged(*both)
    joint = together({each.name: each.folder for each in both})
    stages = [stage for each in said for stage in each["flights"].values()]
    print(
        f"{KILLS_WHILE_FILING} kills: {sum(filed.values())} filed and acknowledged, all of them kept; "
        f"{stages.count('COORDINATED')} coordinated, {joint.pairs_count} pairs of the two nodes compared, "
        "none in conflict; both records agree"
    )
    assert {name: len(each["flights"]) for name, each in zip(filed, said, strict=True)} == filed
    assert stages.count("COORDINATED") >= 8


def longest_s(journals: dict[str, letters.Journal], stream: str) -> float:
    """How long a message of a stream took at most from the record of one to the record of the other."""
    found = [0.0]
    for journal in journals.values():
        sent = {each.message_id: each.entered_ms for each in journal.queued if each.stream == stream}
        for other in journals.values():
            came = {each.message_id: each.entered_ms for each in other.taken if each.stream == stream}
            found += [(came[name] - sent[name]) / 1_000 for name in sent.keys() & came.keys()]
    return max(found)


def test_over_a_bad_line_all_comes_and_the_floor_does_not_wait_behind_bulk(start, networks, tmp_path: Path):
    near, far = networks
    south = start(tmp_path / "south", "node-south", "node-north", port=0, network=far)
    port = int(south.url.rpartition(":")[2])
    listener = within(near, lambda: socket.create_server(("127.0.0.1", 0)))
    relay = Relay(listener, lambda: within(far, lambda: socket.create_connection(("127.0.0.1", port))))
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    north = start(tmp_path / "north", "node-north", "node-south", url=url, network=near)
    both = (north, south)
    until(lambda: all(each.says()["connected"] for each in both), lambda: [each.says() for each in both])
    began_s = time.monotonic()
    for each in both:
        each.ask("send BULK 16 4000")
    for _ in range(8):
        time.sleep(2)
        for each in both:
            each.ask("send SAFETY_FLOOR 1 200")
    until(
        lambda: all(not any(each.says()["waiting"]) for each in both), lambda: [each.says() for each in both]
    )
    took_s = time.monotonic() - began_s
    for each in both:
        each.end()
    relay.stop()
    journals = judged(*both)
    floor_s, bulk_s = longest_s(journals, "SAFETY_FLOOR"), longest_s(journals, "BULK")
    where = "two networks" if near else "one network, as this is not root"
    print(
        f"{where}, a relay between; all was known after {took_s:.0f} s;"
        f" {relay.carried_bytes} bytes carried, {relay.lost_count} packets lost;"
        f" the floor took at most {floor_s:.1f} s, bulk {bulk_s:.1f} s"
    )
    assert relay.lost_count > 0
    assert ONE_WAY_S < floor_s < 20
    assert floor_s < bulk_s
