import msgspec
import pytest

from mamarr.engine import replay, resume, snapshots
from mamarr.faults import Unavailable
from mamarr.record import Row, Signer, Snapshot
from tests.airspace.boxes import DEG, NOON, SOUTH
from tests.engine.orders import Desk, release, reserve
from tests.record.logs import NOON_MS, SIGNER


def busy_desk() -> Desk:
    desk = Desk()
    for number in range(6):
        side = {"longitude_west_e7deg": number * DEG, "longitude_east_e7deg": (number + 1) * DEG}
        desk.ask(reserve(f"R{number}", **side), reserve(f"S{number}", author=SOUTH, **side))
    desk.ask(release("R2"))
    return desk


def kept(desk: Desk) -> Snapshot:
    made = snapshots.taken(desk.decider.projection, desk.log.frontier(), time_ms=NOON_MS, signer=SIGNER)
    desk.store.keep_snapshot(made)
    return made


def test_a_start_from_a_snapshot_is_a_start_from_nothing():
    desk = busy_desk()
    kept(desk)
    desk.ask(release("R3"), reserve("R9", longitude_west_e7deg=3 * DEG, longitude_east_e7deg=4 * DEG))
    whole = replay(desk.store.rows(), party="north")
    short = resume(desk.store, SIGNER.verifier, party="north")
    assert (short.from_size, whole.from_size) == (13, 0)
    assert short.projection.state() == whole.projection.state()
    assert (short.frontier.size, short.frontier.root()) == (whole.frontier.size, whole.frontier.root())
    assert short.time_ms == whole.time_ms
    assert short.projection.held_count("north") == whole.projection.held_count("north")


def test_a_snapshot_of_the_very_end_leaves_nothing_to_fold():
    desk = busy_desk()
    kept(desk)
    short = resume(desk.store, SIGNER.verifier, party="north")
    assert short.projection.state() == desk.decider.projection.state()


def test_pending_decisions_are_not_in_a_snapshot():
    desk = busy_desk()
    before = desk.decider.projection.state()
    desk.offer(release("R0"))
    desk.decider.next_batch(NOON)
    assert desk.decider.projection.state() == before


@pytest.mark.parametrize(
    "harm",
    [
        lambda made: Snapshot(made.size, made.body[:70] + bytes([made.body[70] ^ 1]) + made.body[71:]),
        lambda made: Snapshot(made.size, made.body[:40]),
        lambda made: Snapshot(made.size, b""),
        lambda made: Snapshot(made.size, made.body[:64] + made.body[64:-1]),
    ],
)
def test_a_snapshot_that_was_harmed_is_passed_over(harm):
    desk = busy_desk()
    desk.store.keep_snapshot(harm(kept(desk)))
    assert resume(desk.store, SIGNER.verifier, party="north").from_size == 0


def test_a_snapshot_of_another_key_is_passed_over():
    desk = busy_desk()
    stranger = Signer(SIGNER.verifier.name, b"\x08" * 32)
    frontier = desk.log.frontier()
    desk.store.keep_snapshot(
        snapshots.taken(desk.decider.projection, frontier, time_ms=NOON_MS, signer=stranger)
    )
    assert resume(desk.store, SIGNER.verifier, party="north").from_size == 0


def test_a_snapshot_of_another_history_is_passed_over():
    desk, other = busy_desk(), busy_desk()
    other.ask(release("R5"))
    desk.ask(release("R4"))
    kept(other)
    desk.store.keep_snapshot(next(other.store.snapshots()))
    found = resume(desk.store, SIGNER.verifier, party="north")
    assert found.from_size == 0
    assert found.projection.reservations.get("R5") is not None


def test_an_older_snapshot_serves_when_the_newest_does_not():
    desk = busy_desk()
    kept(desk)
    desk.ask(release("R5"))
    newest = kept(desk)
    desk.store.keep_snapshot(Snapshot(newest.size, b"torn"))
    assert resume(desk.store, SIGNER.verifier, party="north").from_size == 13


@pytest.mark.parametrize("at", [0, 5, 12])
def test_a_damaged_record_does_not_start(at: int):
    desk = busy_desk()
    row = list(desk.store.rows())[at]
    body = bytearray(row.body)
    body[-9] ^= 1
    desk.store._rows[at] = msgspec.structs.replace(row, body=bytes(body))
    with pytest.raises(Unavailable, match=f"entry {at} .*mamarr audit"):
        resume(desk.store, SIGNER.verifier, party="north")


def test_a_record_with_a_changed_leaf_and_body_does_not_start():
    desk, other = busy_desk(), busy_desk()
    other_row = list(other.store.rows())[-1]
    desk.store._rows[-1] = Row(12, desk.store._rows[-1].key, other_row.leaf, other_row.body)
    with pytest.raises(Unavailable, match="newest head"):
        resume(desk.store, SIGNER.verifier, party="north")
