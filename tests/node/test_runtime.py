"""The node's engine on a real event loop and a store in memory."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mamarr.airspace.reservations import Reserve
from mamarr.engine import Answer, Order, Ticket, tidying
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author, Mode
from mamarr.node import runtime as module
from mamarr.node.runtime import Runtime
from mamarr.record import MemoryStore, Signer
from tests.airspace.boxes import a_box

NORTH = Author(party="north", node="node-north")


def a_runtime(store: MemoryStore) -> Runtime:
    signer = Signer("node-north/EXERCISE", bytes(32))
    return Runtime(
        store, signer, node_id="node-north", party="north", authority="Authority A", mode=Mode.EXERCISE
    )


def lived(story) -> None:
    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop running in the main thread
        thread.submit(asyncio.run, story()).result()


def order(number: int, **sides: int) -> Order:
    command = Reserve(reservation_id=f"R{number}", volume=a_box(**sides))
    return Order(command_id=f"command-{number}", author=NORTH, command=command)


def test_what_passed_is_forgotten_by_the_nodes_own_rule(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TIDY_EVERY_S", 0.01)
    monkeypatch.setattr(tidying, "KEPT_MS", 0)

    async def story() -> None:
        node = a_runtime(MemoryStore())
        node.start()
        now_ms = epoch_ms(node.now())
        await node.submit(order(1, time_start_ms=now_ms, time_end_ms=now_ms + 800))
        for _ in range(500):
            if node.decider.projection.reservations.get("R1") is None:
                break
            await asyncio.sleep(0.01)
        assert node.decider.projection.reservations.get("R1") is None
        assert node.log.size == 3
        await node.stop()

    lived(story)


class Broken(MemoryStore):
    """A store that fails in the way it is told to."""

    wrong: Exception | None = None

    def append(self, first, rows, head) -> None:
        if self.wrong is not None:
            raise self.wrong
        super().append(first, rows, head)


def test_a_full_disk_is_told_to_whoever_asks_and_the_node_goes_on():
    async def story() -> None:
        store = Broken()
        node = a_runtime(store)
        node.start()
        store.wrong = Unavailable("the disk is full")
        answers = await asyncio.gather(*(node.submit(order(number)) for number in range(5)))
        assert answers == [Answer(Refusal(reason=Reason.UNAVAILABLE))] * 5
        store.wrong = None
        assert (await node.submit(order(1))).receipt is not None
        assert not node.is_read_only()
        await node.stop()

    lived(story)


def test_a_contradiction_stops_the_node_and_leaves_nobody_waiting():
    async def story() -> None:
        store = Broken()
        node = a_runtime(store)
        node.start()
        store.wrong = ZeroDivisionError("a defect of ours")
        answers = await asyncio.gather(*(node.submit(order(number)) for number in range(5)))
        assert answers == [Answer(Refusal(reason=Reason.UNAVAILABLE))] * 5
        with pytest.raises(ZeroDivisionError):
            await node.stopped()
        assert node.is_read_only()
        assert (await node.submit(order(9))).outcome == Refusal(reason=Reason.UNAVAILABLE)
        await node.stop()

    lived(story)


def test_a_snapshot_is_kept_at_the_end_and_used_at_the_start():
    async def story() -> None:
        store = MemoryStore()
        node = a_runtime(store)
        node.keeper._snapshot_at_stop = 2
        node.start()
        end_ms = epoch_ms(node.now() + timedelta(hours=1))
        await node.submit(order(1, time_end_ms=max(end_ms, a_box().time_end_ms)))
        state = node.decider.projection.state()
        await node.stop()
        assert [kept.size for kept in store.snapshots()] == [2]
        again = a_runtime(store)
        assert again.keeper.snapshot_size == 2
        assert again.decider.projection.state() == state

    lived(story)


def test_tickets_are_not_kept_after_their_answers():
    async def story() -> None:
        node = a_runtime(MemoryStore())
        node.start()
        await asyncio.gather(*(node.submit(order(number)) for number in range(50)))
        assert node._futures == {}
        assert isinstance(node.decider.offer(order(99)), Ticket)
        await node.stop()

    lived(story)
