"""The node's side of the watch, turned by hand beside a keeper: what is told, wished and waited for."""

from itertools import count

import pytest

from mamarr.engine import supervision
from mamarr.engine.supervision import Supervision
from mamarr.engine.watcher import Follow, Setup, Turn
from mamarr.faults import Unavailable
from mamarr.flights.flights import File
from mamarr.surveillance import AlertType, Block, Feed
from mamarr.surveillance.alerts import ClearAlert, RaiseAlert
from tests.airspace.boxes import NOON
from tests.engine.test_keeper import Driven
from tests.engine.test_watch import airspace, measured, order
from tests.engine.test_watcher import a_play
from tests.flights.routes import NOON_MS, a_plan

FEED = Feed(feed_id="recorded", period_ms=1_000)
RAISE = RaiseAlert(kind=AlertType.RAMHD, subject="F1", measured=measured())
CLEAR = ClearAlert(kind=AlertType.RAMHD, subject="F1")


def a_turn(number: int, standing=(), over=()) -> Turn:
    block = Block(number=number, now_ms=NOON_MS, sightings=(), coverage=(), refused_count={})
    return Turn(block=block, standing=tuple(standing), over=tuple(over))


class Watched:
    """A node with a flight, and its side of the watch, which has told a process what to look for."""

    def __init__(self) -> None:
        self.driven, numbers = Driven(), count()
        self.driven.ask(*airspace(), order(File(flight_id="F1", plan=a_plan())))
        self.watch = Supervision(self.driven.keeper, [FEED], bytes(32))
        self.new_id = lambda: f"by-watch-{next(numbers)}"
        self.told = [*self.watch.begun(), *self.news()]

    def news(self) -> list[Follow]:
        return [each for each in self.watch.news(NOON_MS) if each is not None]

    def hear(self, said: Turn) -> list:
        return [ticket.order.command for ticket in self.watch.heard(said, self.new_id)]

    def decide(self) -> None:
        work, _ = self.driven.keeper.turn(NOON)
        self.driven.done(work)


def test_a_process_is_told_its_feeds_what_is_played_and_what_to_look_for():
    watched = Watched()
    setup, follow, held = watched.told
    assert isinstance(setup, Setup)
    assert [each.flight_id for each in follow.news.added] == ["F1"]
    assert held == Follow(news=type(held.news)(), held=())
    watched.watch.play(a_play())
    assert watched.watch.begun()[1:] == (a_play(),)
    assert [each.flight_id for each in watched.news()[0].news.added] == ["F1"]
    assert watched.news() == [held]


def test_a_process_that_is_started_again_is_told_everything_and_which_alerts_are_held():
    watched = Watched()
    watched.hear(a_turn(1, [RAISE]))
    watched.decide()
    watched.watch.begun()
    follow, held = watched.news()
    assert [each.flight_id for each in follow.news.added] == ["F1"]
    assert [(each.kind, each.subject) for each in held.held] == [(AlertType.RAMHD, "F1")]


def test_nothing_is_wished_twice_while_the_first_wish_is_not_answered():
    watched = Watched()
    assert watched.hear(a_turn(1, [RAISE])) == [RAISE]
    assert watched.watch.is_waiting
    assert watched.hear(a_turn(2, [RAISE])) == []
    assert watched.watch.block.number == 2
    watched.decide()
    assert not watched.watch.is_waiting
    assert watched.hear(a_turn(3, [RAISE])) == []
    assert watched.hear(a_turn(4, [], [CLEAR])) == [CLEAR]


def test_a_wish_that_was_not_recorded_is_asked_again_while_its_condition_holds():
    watched = Watched()
    watched.hear(a_turn(1, [RAISE]))
    watched.driven.store.wrong = Unavailable("the disk is full")
    watched.decide()
    assert watched.hear(a_turn(2)) == []
    assert watched.hear(a_turn(3, [RAISE])) == [RAISE]


def test_a_record_that_is_read_only_is_asked_nothing_and_the_block_is_shown():
    watched = Watched()
    watched.driven.keeper.decider.projection.hold("SET_BACK")
    assert watched.hear(a_turn(1, [RAISE])) == []
    assert watched.watch.block.number == 1


def test_a_process_has_longer_for_its_first_turn_than_for_the_others():
    watched = Watched()
    assert watched.watch.patience_s == supervision.START_S
    watched.hear(a_turn(1))
    assert watched.watch.patience_s == supervision.SILENT_S
    watched.watch.begun()
    assert watched.watch.patience_s == supervision.START_S


def test_a_process_that_dies_each_time_is_started_again_a_few_times_ever_later():
    watch = Watched().watch
    waits = [watch.ended(1.0) for _ in range(supervision.RESTARTS_MAX)]
    assert waits == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2])
    assert watch.ended(1.0) is None


def test_one_that_ran_for_long_is_started_again_as_if_it_were_the_first():
    watch = Watched().watch
    for _ in range(supervision.RESTARTS_MAX):
        watch.ended(1.0)
    assert watch.ended(supervision.SOUND_AFTER_S + 1) == pytest.approx(supervision.RESTART_WAIT_S)
    assert watch.restarts_count == 1
