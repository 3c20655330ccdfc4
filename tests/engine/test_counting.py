"""Asking in vain: what counts, who is limited and who never is, who is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from mamarr.airspace import SpecialHandling, attempts
from mamarr.airspace.attempts import AttemptCounted
from mamarr.airspace.reservations import Activate, Deactivate, Pend, Release, Reserve
from mamarr.airspace.terms import GIVEN_UP_MAX, SetTerms, Terms
from mamarr.coordination import Disclosed, Rule
from mamarr.engine import Order, picture, redecided, replay, tidying
from mamarr.faults import Reason, Refusal
from mamarr.flights import Condition
from mamarr.flights.admission import NEVER_KEPT_WAITING
from mamarr.flights.flights import File, ReportAirborne, ReportCondition, Revise, Withdraw
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author
from tests.airspace.boxes import NOON, NORTH, SOUTH, a_box
from tests.engine.orders import Desk
from tests.engine.skies import RELIEF, a_desk, an_order, disclose, file
from tests.flights.routes import a_plan

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MAX = 3
LIMITED = (Reason.LIMIT_REACHED, "given_up_max")


def a_strict_desk(given_up_max: int = MAX) -> Desk:
    desk = a_desk()
    desk.ask(an_order(SetTerms(terms=Terms(given_up_max=given_up_max))))
    return desk


def count(desk: Desk, party: str = "south", now: datetime = NOON) -> int:
    value = desk.decider.projection.attempts.get(party)
    return 0 if value is None else attempts.count(value, epoch_ms(now))


def done(desk: Desk, *asked: Order, now: datetime = NOON) -> None:
    for answer in desk.ask(*asked, now=now):
        assert not isinstance(answer.outcome, Refusal), answer.outcome


def refusal(desk: Desk, asked: Order, now: datetime = NOON) -> Refusal:
    (answer,) = desk.ask(asked, now=now)
    assert isinstance(answer.outcome, Refusal), answer.outcome
    return answer.outcome


def give_up(desk: Desk, times: int, author: Author = SOUTH, now: datetime = NOON) -> None:
    for _ in range(times):
        done(
            desk,
            an_order(Reserve(reservation_id="R1", volume=a_box()), author),
            an_order(Release(reservation_id="R1"), author),
            now=now,
        )


def hide_from_relief(desk: Desk) -> None:
    """Relief may not know that south flies or holds anything."""
    rule = Rule(owner="south", viewer="relief", flights=Disclosed.NOTHING, reservations=Disclosed.NOTHING)
    disclose(desk, rule)


@pytest.mark.requirement("THREATS 6")
def test_a_party_that_asks_and_gives_up_more_often_than_it_may_waits_until_the_hour_is_over():
    desk = a_strict_desk()
    give_up(desk, MAX)
    done(desk, file("F1", a_plan(minutes=200)))  # as often as it may is not too often
    give_up(desk, 1, now=NOON + MINUTE)
    later = NOON + 2 * MINUTE
    for asked in (
        file("F2", a_plan(minutes=200, level="F350")),
        an_order(Revise(flight_id="F1", plan=a_plan(minutes=210)), SOUTH),
        an_order(Reserve(reservation_id="R2", volume=a_box()), SOUTH),
    ):
        said = refusal(desk, asked, now=later)
        assert (said.reason, said.limit) == LIMITED
        assert said.free_at_ms == epoch_ms(NOON + HOUR)  # of the first three, that leave one
    done(desk, file("F2", a_plan(minutes=200, level="F350")), now=NOON + HOUR)


@pytest.mark.requirement("THREATS 6")
def test_over_the_limit_the_answer_is_the_same_whatever_is_in_the_sky():
    answers = []
    for is_there in (False, True):
        desk = a_strict_desk()
        if is_there:
            done(desk, file("F1", a_plan(), NORTH))
        give_up(desk, MAX + 1)
        (answer,) = desk.ask(file("F2", a_plan()))
        answers.append((answer.outcome, answer.alternatives, answer.causes))
    assert answers[0] == answers[1]


@pytest.mark.requirement("THREATS 6")
def test_a_refusal_for_what_may_not_be_known_counts_and_one_for_what_is_known_does_not():
    desk = a_strict_desk()
    done(desk, file("F1", a_plan()), an_order(Reserve(reservation_id="R1", volume=a_box()), SOUTH))
    known = (file("F2", a_plan(), RELIEF), an_order(Reserve(reservation_id="R2", volume=a_box()), RELIEF))
    assert [refusal(desk, each).reason for each in known] == [Reason.CONFLICT, Reason.VOLUME_HELD]
    assert count(desk, "relief") == 0
    hide_from_relief(desk)
    for asked in known:
        asked = an_order(asked.command, RELIEF)
        assert refusal(desk, asked) == Refusal(reason=Reason.NOT_AVAILABLE)
    assert count(desk, "relief") == 2
    done(desk, file("F3", a_plan(minutes=200), RELIEF))
    revised = an_order(Revise(flight_id="F3", plan=a_plan()), RELIEF)
    assert refusal(desk, revised).reason is Reason.NOT_AVAILABLE
    assert count(desk, "relief") == 3


def revise(plan: Any) -> Any:
    return lambda: an_order(Revise(flight_id="F1", plan=plan), SOUTH)


@pytest.mark.parametrize(
    ("given_up", "later", "counts"),
    [
        (lambda: an_order(Withdraw(flight_id="F1"), SOUTH), MINUTE, 1),
        (lambda: an_order(Withdraw(flight_id="F1"), SOUTH), HOUR, 0),  # asked for long ago
        (lambda: an_order(Withdraw(flight_id="F1"), NORTH), MINUTE, 0),  # by the party of the node
        (revise(a_plan(minutes=210)), MINUTE, 1),
        (revise(a_plan(minutes=210)), HOUR, 0),
        (lambda: an_order(Release(reservation_id="R1"), SOUTH), MINUTE, 1),
        (lambda: an_order(Release(reservation_id="R1"), SOUTH), HOUR, 0),
    ],
)
def test_what_is_given_up_unused_within_an_hour_of_being_asked_for_counts(
    given_up: Any, later: timedelta, counts: int
):
    desk = a_desk()
    done(desk, file("F1", a_plan(minutes=200)), an_order(Reserve(reservation_id="R1", volume=a_box()), SOUTH))
    done(desk, given_up(), now=NOON + later)
    assert count(desk, now=NOON + later) == counts


def test_what_was_used_counts_nothing():
    desk = a_desk()
    done(desk, file("F1", a_plan(minutes=1)), an_order(Reserve(reservation_id="R1", volume=a_box()), SOUTH))
    for command in (
        Pend(reservation_id="R1"),
        Activate(reservation_id="R1"),
        Deactivate(reservation_id="R1"),
        Release(reservation_id="R1"),
        ReportAirborne(flight_id="F1", time_ms=epoch_ms(NOON)),
        Revise(flight_id="F1", plan=a_plan(minutes=1, level="F350")),
    ):
        done(desk, an_order(command, SOUTH))
    assert count(desk) == 0


def test_what_lapses_counts_when_the_node_forgets_it_and_is_that_of_whose_it_was():
    desk = a_desk()
    done(desk, file("F1", a_plan(minutes=200), is_provisional=True))
    done(desk, an_order(Reserve(reservation_id="R1", volume=a_box(), provisional=True), SOUTH))
    forgotten = 0
    for minutes in range(0, 120, 10):
        now = NOON + minutes * MINUTE
        asked = tidying.orders(
            desk.decider.projection, node="node-north", now=now, command_id=lambda: an_order(None).command_id
        )
        for answer in desk.ask(*asked, now=now) if asked else ():
            forgotten += sum(isinstance(each, AttemptCounted) for each in answer.outcome)
    assert forgotten == 2
    assert "north" not in dict(desk.decider.projection.attempts.current_items())


@pytest.mark.requirement("THREATS 6")
def test_safety_is_never_limited_and_what_it_asks_in_vain_counts_all_the_same():
    desk = a_strict_desk()
    done(desk, file("F1", a_plan(minutes=1)))
    give_up(desk, MAX + 1)
    assert refusal(desk, file("F2", a_plan(minutes=200))).limit == "given_up_max"
    for number, handling in enumerate(sorted(NEVER_KEPT_WAITING)):
        plan = a_plan(minutes=200 + 30 * number, handling=(handling,))
        done(desk, file("F2", plan), an_order(Withdraw(flight_id="F2"), SOUTH))
    assert count(desk) == MAX + 1 + len(NEVER_KEPT_WAITING)
    done(desk, file("F3", a_plan(minutes=90, is_due_regard=True)))
    now = NOON + MINUTE
    done(
        desk,
        an_order(ReportAirborne(flight_id="F1", time_ms=epoch_ms(now)), SOUTH),
        an_order(Revise(flight_id="F1", plan=a_plan(minutes=1, level="F350")), SOUTH),  # in the air
        an_order(ReportCondition(flight_id="F1", condition=Condition.EMERGENCY), SOUTH),
        an_order(Withdraw(flight_id="F3"), SOUTH),
        now=now,
    )
    assert SpecialHandling.STATE not in NEVER_KEPT_WAITING


def test_the_party_of_the_node_is_neither_counted_nor_limited_and_may_file_for_who_is():
    desk = a_strict_desk(0)
    give_up(desk, 5, author=NORTH)
    assert count(desk, "north") == 0
    give_up(desk, 1)
    assert refusal(desk, file("F1", a_plan())).limit == "given_up_max"
    done(desk, an_order(File(flight_id="F1", plan=a_plan(), party="south"), NORTH))


def test_honest_planning_is_not_limited():
    """Six flights revised ten times each within a minute, and sixty launches within half an hour."""
    desk = a_desk()
    for flight in range(6):
        done(desk, file(f"F{flight}", a_plan(minutes=200 + 40 * flight)))
        for times in range(10):
            plan = a_plan(minutes=200 + 40 * flight, level="F330" if times % 2 else "F350")
            done(desk, an_order(Revise(flight_id=f"F{flight}", plan=plan), SOUTH))
    for launch in range(60):
        now = NOON + launch * MINUTE / 2
        reserved = Reserve(reservation_id=f"L{launch}", volume=a_box(), waits=True)
        desk.ask(an_order(reserved, SOUTH), file(f"L{launch}", a_plan(minutes=600 + 30 * launch)), now=now)
    end = NOON + HOUR / 2
    assert count(desk, now=end) == 60 < GIVEN_UP_MAX
    done(desk, file("F9", a_plan(minutes=120)), now=end)


@pytest.mark.requirement("THREATS 6")
def test_the_party_of_the_node_alone_is_told_who_how_often_and_since_when_until_the_hour_is_over():
    desk = a_strict_desk()

    def seen(party: str, now: datetime) -> list[tuple[Any, ...]]:
        shown = picture(desk.decider.projection, party=party, now=now).attempts
        return [(each.party, each.count, each.count_max, each.since, each.free_at) for each in shown]

    give_up(desk, 1)
    assert seen("north", NOON) == []  # a third of what it may is nothing to tell of
    give_up(desk, 1, now=NOON + MINUTE)
    assert seen("north", NOON + MINUTE) == [("south", 2, MAX, NOON, None)]
    give_up(desk, 2, now=NOON + 2 * MINUTE)
    give_up(desk, 2, author=RELIEF, now=NOON + 2 * MINUTE)
    two = NOON + 2 * MINUTE
    assert seen("north", two) == [("south", 4, MAX, NOON, NOON + HOUR), ("relief", 2, MAX, two, None)]
    assert seen("south", two) == seen("relief", two) == []
    assert seen("north", NOON + HOUR + MINUTE) == [
        ("relief", 2, MAX, two, None),
        ("south", 2, MAX, two, None),
    ]
    assert seen("north", two + HOUR) == []


def test_what_counts_is_folded_from_the_log_and_decided_so_again():
    desk = a_strict_desk(1)
    done(desk, file("F1", a_plan()))
    hide_from_relief(desk)
    for number in range(4):
        refusal(desk, file("F2", a_plan(minutes=60 + number), RELIEF))
    assert count(desk, "relief") == 2
    folded = replay(desk.store.rows(), party="north").projection
    assert folded.state() == desk.decider.projection.state()
    assert list(redecided(desk.store.rows(), party="north")) == []


def test_an_attempt_whose_batch_failed_does_not_count():
    desk = a_strict_desk()
    done(desk, an_order(Reserve(reservation_id="R1", volume=a_box()), SOUTH))
    desk.offer(an_order(Release(reservation_id="R1"), SOUTH))
    desk.decider.next_batch(NOON)
    assert count(desk) == 1
    desk.decider.failed()
    assert count(desk) == 0
