"""The keeper of a record, turned by hand: on a store in memory that fails when it is told to."""

from datetime import timedelta
from itertools import count

import pytest

from mamarr.airspace.reservations import Reserved
from mamarr.engine import Answer, Batch, Keeper, Order, Ticket, restores, tidying
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.geometry.units import epoch_ms
from mamarr.names import Mode
from mamarr.record import MemoryStore, Signer, Snapshot
from mamarr.record.standing import Witness, set_back
from tests.airspace.boxes import NOON, NORTH, SOUTH, a_box
from tests.engine.orders import release, reserve

UNAVAILABLE = Answer(Refusal(reason=Reason.UNAVAILABLE))


class Store(MemoryStore):
    """A store that fails in the way it is told to."""

    wrong: Exception | None = None

    def append(self, first, rows, head) -> None:
        if self.wrong is not None:
            raise self.wrong
        super().append(first, rows, head)

    def keep_snapshot(self, snapshot) -> None:
        if self.wrong is not None:
            raise self.wrong
        super().keep_snapshot(snapshot)


class Beside:
    """A witness in memory."""

    seen: Witness | None = None
    wrong: Exception | None = None

    def set_back(self, store) -> str | None:
        return set_back(store, self.seen, 0)

    def write(self, head) -> None:
        if self.wrong is not None:
            raise self.wrong
        self.seen = Witness(note=head.note, size=head.size, file=0)


class Driven:
    """A keeper, and whoever turns it."""

    def __init__(self, store=None, beside=None, begins=True, **given) -> None:
        self.store, self.told = Store() if store is None else store, []
        numbers = count()
        self.keeper = Keeper(
            self.store,
            Signer("node-north/EXERCISE", bytes(32)),
            node="node-north",
            party="north",
            mode=Mode.EXERCISE,
            salts=lambda: next(numbers).to_bytes(32, "big"),
            frame_salts=lambda: next(numbers).to_bytes(32, "big"),
            tell=self.told.append,
            witness=beside,
            **given,
        )
        if begins:
            self.keeper.begin(NOON)

    def done(self, work) -> dict[Ticket, Answer]:
        try:
            rows = self.keeper.write(work)
        except Unavailable as silent:
            return dict(self.keeper.failed(silent))
        return dict(self.keeper.written(rows))

    def ask(self, *orders: Order) -> list[Answer]:
        tickets, answers = [self.keeper.offer(order) for order in orders], {}
        while self.keeper.has_work:
            work, ready = self.keeper.turn(NOON)
            answers |= dict(ready) | ({} if work is None else self.done(work))
        return [answers[ticket] for ticket in tickets]


def test_what_is_asked_while_something_is_written_is_decided_after_it_as_one_batch():
    driven = Driven()
    first = driven.keeper.offer(reserve("R1"))
    work, _ = driven.keeper.turn(NOON)
    waiting = [driven.keeper.offer(reserve(name, author=SOUTH)) for name in ("R2", "R3")]
    assert not driven.keeper.has_work
    assert driven.keeper.turn(NOON) == (None, [])
    assert driven.keeper.last_turn() is None
    answers = driven.done(work)
    assert list(answers) == [first]
    work, _ = driven.keeper.turn(NOON)
    assert list(work.tickets) == waiting
    assert {answer.outcome.reason for answer in driven.done(work).values()} == {Reason.VOLUME_HELD}
    assert not driven.keeper.is_busy


def test_a_full_disk_is_told_to_whoever_asked_and_the_next_is_decided_without_it():
    driven = Driven()
    driven.store.wrong = Unavailable("the disk\nis full")
    assert driven.ask(reserve("R1"), reserve("R2")) == [UNAVAILABLE, UNAVAILABLE]
    assert driven.told == ["nothing was recorded: the disk is full"]
    driven.store.wrong = None
    (answer,) = driven.ask(reserve("R3"))
    held = Reserved(reservation_id="R3", holder="north", volume=a_box(), asked_at_ms=epoch_ms(NOON))
    assert answer.outcome == (held,)


def test_after_its_end_everybody_who_waits_is_told_and_nobody_is_taken_in():
    driven = Driven()
    tickets = [driven.keeper.offer(reserve("R1"))]
    driven.keeper.turn(NOON)
    tickets.append(driven.keeper.offer(reserve("R2")))
    assert driven.keeper.end() == [(ticket, UNAVAILABLE) for ticket in tickets]
    assert driven.keeper.is_read_only
    assert driven.keeper.offer(reserve("R3")) == UNAVAILABLE.outcome
    assert driven.keeper.turn(NOON) == (None, [])
    assert driven.keeper.last_turn() is None


def test_a_snapshot_is_written_when_the_record_has_grown_by_so_much_and_before_the_next_batch():
    driven = Driven(snapshot_every=3)
    driven.ask(reserve("R1"))
    assert list(driven.store.snapshots()) == []
    driven.keeper.offer(reserve("R2"))
    batch, _ = driven.keeper.turn(NOON)
    driven.keeper.offer(release("R1"))
    driven.done(batch)
    snapshot, _ = driven.keeper.turn(NOON)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.size == 3
    driven.done(snapshot)
    assert isinstance(driven.keeper.turn(NOON)[0], Batch)
    again = Driven(driven.store)
    assert again.keeper.snapshot_size == 3
    assert again.keeper.decider.projection.reservations.get("R1") is not None


def test_a_snapshot_that_could_not_be_kept_is_tried_when_as_much_came_again():
    driven = Driven(snapshot_every=2)
    driven.keeper.offer(reserve("R1"))
    batch, _ = driven.keeper.turn(NOON)
    driven.done(batch)
    driven.store.wrong = Unavailable("the disk is full")
    snapshot, _ = driven.keeper.turn(NOON)
    assert driven.done(snapshot) == {}
    assert driven.told == ["no snapshot was kept: the disk is full"]
    driven.store.wrong = None
    driven.ask(reserve("R2"))
    assert list(driven.store.snapshots()) == []
    driven.ask(reserve("R3"))
    assert [kept.size for kept in driven.store.snapshots()] == [4]


def test_before_an_orderly_stop_a_snapshot_is_due_sooner():
    driven = Driven(snapshot_every=100, snapshot_at_stop=2)
    assert driven.keeper.last_turn() is None
    driven.ask(reserve("R1"))
    assert driven.keeper.last_turn().size == 2


def test_the_rules_of_the_node_ask_again_only_when_they_were_answered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tidying, "KEPT_MS", 0)
    driven, numbers = Driven(), count()
    driven.ask(reserve("R1"))
    later = NOON + timedelta(days=3)

    def tidied() -> int:
        return len(driven.keeper.tidy(later, lambda: f"by-rule-{next(numbers)}"))

    assert [tidied(), tidied()] == [1, 0]
    driven.store.wrong = Unavailable("the disk is full")
    driven.done(driven.keeper.turn(later)[0])
    driven.store.wrong = None
    assert tidied() == 1
    driven.done(driven.keeper.turn(later)[0])
    assert tidied() == 0
    assert driven.keeper.decider.projection.reservations.get("R1") is None


def test_the_witness_is_borne_when_a_batch_is_durable_and_not_before():
    beside = Beside()
    driven = Driven(beside=beside)
    assert beside.seen.size == 1
    driven.store.wrong = Unavailable("the disk is full")
    driven.ask(reserve("R1"))
    assert beside.seen.size == 1
    driven.store.wrong, beside.wrong = None, Unavailable("no room")
    (answer,) = driven.ask(reserve("R1", command_id="sent-again"))
    assert answer.receipt is not None
    assert driven.told[-1] == "the witness was not written: no room"


def test_a_record_without_its_witness_is_read_only_until_it_is_confirmed():
    driven = Driven(beside=Beside())
    driven.ask(reserve("R1"))
    again = Driven(driven.store, beside=Beside())
    assert (again.keeper.set_back, again.keeper.is_read_only) == ("NO_WITNESS", True)
    assert again.ask(reserve("R2"))[0].outcome == Refusal(reason=Reason.READ_ONLY)
    assert again.keeper.tidy(NOON + timedelta(days=3), str) == ()
    confirm = Order(command_id="confirmation", author=NORTH, command=restores.ConfirmRestore())
    assert again.ask(confirm)[0].receipt is not None
    assert not again.keeper.is_read_only
    assert again.ask(release("R1"))[0].receipt is not None


def test_a_record_that_could_not_be_begun_takes_nothing_in():
    driven = Driven(begins=False)
    driven.store.wrong = Unavailable("the disk is full")
    with pytest.raises(Unavailable):
        driven.keeper.begin(NOON)
    assert driven.keeper.offer(reserve("R1")) == UNAVAILABLE.outcome
    driven.store.wrong = None
    driven.keeper.begin(NOON)
    assert driven.ask(reserve("R1"))[0].receipt is not None
