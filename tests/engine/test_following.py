"""Two keepers of one record, of which one writes and the other follows, turned by hand."""

from datetime import timedelta

import pytest

from mamarr.engine import Batch
from mamarr.faults import InvariantError, Refusal, Unavailable
from mamarr.record import MemoryStore, StaleHead
from tests.airspace.boxes import NOON, SOUTH
from tests.engine.orders import release, reserve
from tests.engine.test_keeper import UNAVAILABLE, Driven


def a_pair() -> tuple[Driven, Driven]:
    """One that writes, and one that follows, knowing nothing yet."""
    store = MemoryStore()
    follower = Driven(store, begins=False, others_write=True)
    return Driven(store, others_write=True), follower


def followed(follower: Driven) -> None:
    follower.keeper.follow(list(follower.store.rows(follower.keeper.log.size)))


def test_who_follows_knows_what_was_written_and_goes_on_from_it():
    writer, follower = a_pair()
    writer.ask(reserve("R1"), release("R1"))
    asked = reserve("R2")
    (answered,) = writer.ask(asked)
    followed(follower)
    assert follower.keeper.decider.projection.state() == writer.keeper.decider.projection.state()
    assert follower.keeper.log.frontier().root() == writer.keeper.log.frontier().root()
    writer.keeper.hand_over()
    follower.keeper.begin(NOON)
    (answer,) = follower.ask(reserve("R3", author=SOUTH))
    assert isinstance(answer.outcome, Refusal), answer  # of what the one before held
    (again,) = follower.ask(asked)
    assert (again.outcome, again.receipt) == (answered.outcome, answered.receipt)
    writer.keeper.follow(list(writer.store.rows(writer.keeper.log.size)))
    assert writer.keeper.log.size == follower.keeper.log.size == writer.store.size()


def test_who_was_overtaken_has_decided_nothing_and_follows():
    writer, follower = a_pair()
    followed(follower)
    writer.keeper.offer(reserve("R1"))
    work, _ = writer.keeper.turn(NOON)
    assert isinstance(work, Batch)
    follower.keeper.begin(NOON + timedelta(seconds=1))
    follower.ask(reserve("R2", author=SOUTH))
    waiting = writer.keeper.offer(release("R2", author=SOUTH))
    with pytest.raises(StaleHead):
        writer.keeper.write(work)
    undone = writer.keeper.failed(Unavailable("overtaken"))
    turned_away = writer.keeper.hand_over()
    assert [answer for _, answer in undone] == [UNAVAILABLE]
    assert turned_away == [(waiting, UNAVAILABLE)]
    assert isinstance(writer.keeper.offer(reserve("R3")), Refusal)
    followed(writer)
    assert writer.keeper.decider.projection.state() == follower.keeper.decider.projection.state()
    assert not writer.keeper.is_busy


def test_nobody_follows_while_it_decides_or_past_a_row_that_is_missing():
    writer, follower = a_pair()
    writer.ask(reserve("R1"))
    with pytest.raises(InvariantError):
        writer.keeper.follow([])
    with pytest.raises(ValueError, match="entry 1 is not the one that was hashed"):
        follower.keeper.follow(list(writer.store.rows(1)))
    followed(follower)
    assert follower.keeper.log.size == 2
