"""A running node whose record is restored from a backup, beside one that knows what it forgot."""

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mamarr.coordination.channels import Stopped
from mamarr.coordination.crossings import EndReturned
from mamarr.coordination.peers import RevokePeer
from mamarr.engine import Order
from mamarr.engine.orders import Command
from mamarr.engine.restores import ConfirmRestore
from mamarr.faults import Reason, Refusal
from mamarr.flights.flights import File
from mamarr.names import Author
from mamarr.node import runtime
from mamarr.node.witness_file import WitnessFile
from mamarr.record import SqliteStore, audit
from tests.node.line_process import a_plan, declared, flights
from tests.node.lines import Node, until

pytestmark = pytest.mark.slow


async def refused(node: Node, command: Command) -> Reason:
    author = Author(party=node.party, node=node.node, person="officer")
    order = Order(command_id=node.runtime.new_command_id(), author=author, command=command)
    outcome = (await node.runtime.submit(order)).outcome
    assert isinstance(outcome, Refusal), outcome
    return outcome.reason


async def coordinated(node: Node, number: int) -> None:
    """A flight is filed that the other must accept, and does."""
    before = set(flights(node))
    await node.ask(File(flight_id=f"F{number}", plan=a_plan(number, node)))
    (new,) = set(flights(node)) - before
    await until(lambda: flights(node)[new] == "COORDINATED", f"F{number} is coordinated: {flights(node)}")


def is_over(node: Node, other: Node) -> bool:
    channel = node.channel(other)
    return all(line.kept_from == line.size for line in (*channel.outgoing, *channel.incoming))


def held_back(node: Node) -> list[str]:
    found = node.runtime.decider.projection.crossings.durable_items()
    return [key for key, each in found if each.returned_by]


async def lived(folder: Path) -> None:
    record = folder / "record.sqlite"

    def a_north() -> Node:
        return Node("node-north", "north", 1, store=SqliteStore(record), witness=WitnessFile(record))

    north, south = a_north(), Node("node-south", "south", 3)
    await south.start()
    await north.start()
    await north.join(south)
    await south.join(north)
    for node in (north, south):
        for command in declared():
            await node.ask(command)
    for node in (north, south):
        await until(lambda node=node: node.runtime.decider.projection.agreement() is not None, "agreed")
    await coordinated(north, 1)
    await north.stop()
    north.store.close()
    shutil.copy(record, folder / "backup.sqlite")

    north = a_north()
    await north.start()
    await until(lambda: north.is_connected(south), "connected again")
    await coordinated(north, 2)
    await coordinated(south, 3)
    await north.stop()
    north.store.close()
    (folder / "backup.sqlite").replace(record)

    north = a_north()
    await north.start()
    assert north.runtime.set_back == "COPIED"
    assert await refused(north, File(flight_id="F7", plan=a_plan(7, north))) is Reason.READ_ONLY
    await north.ask(ConfirmRestore())
    await until(lambda: north.channel(south).stopped is Stopped.SET_BACK, "south knows more of it")
    assert await refused(north, File(flight_id="F7", plan=a_plan(7, north))) is Reason.RECOVERING

    await south.ask(RevokePeer(peer=north.node))
    await until(lambda: is_over(north, south) and is_over(south, north), "the lines are over")
    await north.join(south, time="again")
    await south.join(north, time="again")
    await until(lambda: not north.runtime.decider.projection.recovering(), "all was returned")

    await until(lambda: held_back(north), "what was returned is durable")
    assert list(flights(north).values()) == ["COORDINATED"], "what south has as north has it stays"
    (forgotten,) = held_back(north)
    assert await refused(north, File(flight_id="F8", plan=a_plan(2, north))) is Reason.CONFLICT
    assert await refused(north, File(flight_id="F8", plan=a_plan(3, north))) is Reason.CONFLICT
    await coordinated(north, 7)

    await north.ask(EndReturned(crossing_id=forgotten))
    await until(lambda: len(flights(south)) == 1 and not held_back(north), "it is over")
    await coordinated(north, 2)

    for node in (north, south):
        await node.stop()
        assert audit(node.store, node.signer.verifier).finding is None


def test_a_restored_node_admits_nothing_until_its_neighbour_returned_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(runtime, "TIDY_EVERY_S", 0.2)
    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop running in the main thread
        thread.submit(asyncio.run, lived(tmp_path)).result()
