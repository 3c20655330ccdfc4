"""What is offered in place of a refused plan: when, to whom, and by which way."""

import pytest

from mamarr.airspace import CorridorPoint, corridors
from mamarr.engine import Answer, offering, redecided
from mamarr.engine.offers import RULE, AlternativeKind, AlternativesOffered, OfferAlternatives
from mamarr.engine.orders import Order, read
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.flights import plans
from mamarr.flights.flights import File
from mamarr.names import Author
from mamarr.record.entries import entry_from_body
from tests.airspace.boxes import NOON, NORTH, SOUTH
from tests.engine.orders import Desk
from tests.engine.skies import RELIEF, a_desk, an_order, file
from tests.engine.test_flights import a_constraint, about
from tests.flights.routes import DEG, EAST, MIDDLE, WEST, a_corridor, a_plan, a_point

BLOCK = a_plan(level="F330")
CONFLICT = Refusal(reason=Reason.CONFLICT, because=("F1",))


def a_busy_desk() -> Desk:
    """F1 flies along EAST at noon and an hour."""
    desk = a_desk()
    desk.ask(file("F1", BLOCK))
    return desk


def turn(desk: Desk) -> dict[object, Answer]:
    """One batch, made durable; whom it answers."""
    batch, ready = desk.decider.next_batch(NOON)
    return dict(ready) | ({} if batch is None else desk.commit(batch))


def said(desk: Desk) -> list[object]:
    """What the log says was asked, in its order."""
    entries = (entry_from_body(row.sequence, row.body) for row in desk.store.rows())
    return [each.order.command for each in map(read, entries) if each is not None]


# --- an entry of its own ----------------------------------------------------------------------------------


def test_the_answer_waits_until_what_is_offered_is_durable_too():
    desk = a_busy_desk()
    ticket = desk.offer(file("F2", BLOCK, NORTH))
    assert turn(desk) == {}  # refused, and durable
    assert desk.decider.is_waiting()
    answer = turn(desk)[ticket]
    assert (answer.outcome, bool(answer.alternatives)) == (CONFLICT, True)
    refused, offer = said(desk)[-2:]
    assert isinstance(refused, File)
    assert isinstance(offer, OfferAlternatives)
    assert (offer.asked, offer.party) == (refused, "north")
    assert list(redecided(desk.store.rows(), party="north")) == []


def test_what_is_offered_comes_before_what_others_ask_meanwhile():
    desk = a_busy_desk()
    ticket = desk.offer(file("F2", BLOCK, NORTH))
    turn(desk)
    other = desk.offer(file("F3", a_plan(minutes=300), NORTH))
    answers = turn(desk)
    assert answers[ticket].alternatives
    assert not isinstance(answers[other].outcome, Refusal)
    assert [type(each) for each in said(desk)[-2:]] == [OfferAlternatives, File]


def test_who_asks_the_same_again_meanwhile_waits_for_the_same_answer():
    desk = a_busy_desk()
    order = file("F2", BLOCK, NORTH)
    tickets = [desk.offer(order)]
    turn(desk)
    tickets.append(desk.offer(order))
    other = desk.offer(
        Order(command_id=order.command_id, author=NORTH, command=File(flight_id="F9", plan=BLOCK))
    )
    answers = turn(desk)
    assert answers[tickets[0]] == answers[tickets[1]]
    assert answers[other].outcome == Refusal(reason=Reason.COMMAND_ID_REUSED)
    (later,) = desk.ask(order)
    assert later == answers[tickets[0]]  # from the record


def test_when_what_is_offered_cannot_be_written_the_refusal_is_told_which_is():
    desk = a_busy_desk()
    ticket = desk.offer(file("F2", BLOCK, NORTH))
    turn(desk)
    other = desk.offer(file("F3", a_plan(minutes=300), NORTH))
    desk.decider.next_batch(NOON)
    answers = dict(desk.decider.failed())
    assert (answers[ticket].outcome, answers[ticket].alternatives) == (CONFLICT, ())
    assert answers[ticket].receipt is not None
    assert answers[other].outcome == Refusal(reason=Reason.UNAVAILABLE)
    assert not desk.decider.is_waiting()


def test_when_it_cannot_be_looked_up_what_was_offered_the_refusal_is_told(monkeypatch):
    desk = a_busy_desk()
    ticket = desk.offer(file("F2", BLOCK, NORTH))
    turn(desk)

    def silent(_):
        raise Unavailable("no disk")

    monkeypatch.setattr(desk.decider, "_find", silent)
    assert turn(desk)[ticket].outcome == CONFLICT


def test_who_takes_the_name_of_the_offer_before_it_gets_no_other_answer_for_it():
    desk = a_busy_desk()
    order = file("F2", BLOCK, NORTH)
    own = Order(
        command_id=order.key().hex(), author=NORTH, command=File(flight_id="F3", plan=a_plan(minutes=300))
    )
    desk.ask(own)
    (answer,) = desk.ask(order)
    assert (answer.outcome, answer.alternatives) == (CONFLICT, ())
    assert desk.ask(order) == [answer]


@pytest.mark.parametrize("author", [NORTH, Author(party="south", node="node-north", rule=RULE)])
def test_nobody_but_the_rule_of_the_node_offers(author):
    desk = a_busy_desk()
    forged = OfferAlternatives(refused="00" * 16, party="north", asked=File(flight_id="F2", plan=BLOCK))
    (answer,) = desk.ask(an_order(forged, author))
    assert answer.outcome == Refusal(reason=Reason.NOT_YOURS)


# --- bounded ----------------------------------------------------------------------------------------------


def test_each_party_has_its_turn_and_few_are_looked_for_at_once(monkeypatch):
    monkeypatch.setattr(offering, "AT_ONCE_MAX", 2)
    desk = a_busy_desk()
    many = [desk.offer(file(f"N{each}", BLOCK, NORTH)) for each in range(3)]
    one, two = desk.offer(file("R1", BLOCK, RELIEF)), desk.offer(file("S1", BLOCK, SOUTH))
    turn(desk)
    assert turn(desk).keys() == {many[0], one}
    assert turn(desk).keys() == {two, many[1]}
    assert turn(desk).keys() == {many[2]}
    assert not desk.decider.is_waiting()


@pytest.mark.parametrize("limit", ["WAITING_MAX", "WAITING_BY_PARTY_MAX"])
def test_who_wants_more_than_may_wait_is_answered_at_once(monkeypatch, limit):
    monkeypatch.setattr(offering, limit, 2)
    desk = a_busy_desk()
    tickets = [desk.offer(file(f"N{each}", BLOCK, NORTH)) for each in range(3)]
    answers = turn(desk)
    assert answers.keys() == {tickets[2]}
    assert (answers[tickets[2]].outcome, answers[tickets[2]].alternatives) == (CONFLICT, ())


# --- by which way -----------------------------------------------------------------------------------------


NORTHERN = (35.5, 32.5)


def by_two_corridors() -> Desk:
    """From WEST to EAST also by UP and then DOWN, which meet in the north."""
    desk = a_busy_desk()
    for name, ends in (("UP", (WEST, NORTHERN)), ("DOWN", (NORTHERN, EAST))):
        points = tuple(
            CorridorPoint(latitude_e7deg=round(place[0] * DEG), longitude_e7deg=round(place[1] * DEG))
            for place in ends
        )
        declared = corridors.DeclareCorridor(corridor=a_corridor(name, points=points))
        assert not isinstance(desk.ask(an_order(declared))[0].outcome, Refusal)
    return desk


def offered(answer: Answer, kind: AlternativeKind = AlternativeKind.CORRIDOR):
    return next((each.plan for each in answer.alternatives if each.kind is kind), None)


def test_another_way_may_lead_through_several_corridors():
    desk = by_two_corridors()
    (answer,) = desk.ask(an_order(corridors.WithdrawCorridor(corridor_id="SOUTH")))
    assert not isinstance(answer.outcome, Refusal)
    (answer,) = desk.ask(file("F2", BLOCK, NORTH))
    plan = offered(answer)
    assert plan is not None
    assert [point.corridor_id for point in plan.route] == ["UP", "DOWN", None]
    assert not isinstance(desk.ask(file("F3", plan, NORTH))[0].outcome, Refusal)


def test_what_is_flown_before_and_after_the_corridors_stays_as_it_was():
    desk = a_desk()
    assert desk.ask(a_constraint(about(MIDDLE)))[0].receipt is not None
    before, after = a_point((34.0, 30.5), 50), a_point((34.0, 36.0), 100)
    first, *_ = BLOCK.route
    plan = a_plan(corridor=None, route=(before, first, *BLOCK.route[1:], after))
    (answer,) = desk.ask(file("F2", plan, NORTH))
    found = offered(answer)
    assert found is not None
    assert [point.corridor_id for point in found.route if point.corridor_id] == ["SOUTH", "SOUTH"]
    assert found.route[0] == before
    assert (found.route[-1].latitude_e7deg, found.route[-1].longitude_e7deg) == (
        after.latitude_e7deg,
        after.longitude_e7deg,
    )
    assert found.route[-1].time_ms > after.time_ms  # the other way is longer
    assert not isinstance(desk.ask(file("F3", found, NORTH))[0].outcome, Refusal)


def test_the_later_departure_is_the_first_whole_minute_that_is_free():
    desk = a_busy_desk()
    (answer,) = desk.ask(file("F2", BLOCK, NORTH))
    later = offered(answer, AlternativeKind.LATER)
    assert later is not None
    shift_ms = later.route[0].time_ms - BLOCK.route[0].time_ms
    assert shift_ms % 60_000 == 0
    earlier = [
        Order(
            command_id=f"earlier-{at:04}",
            author=NORTH,
            command=File(flight_id=f"E{at}", plan=plans.shifted(BLOCK, at * 60_000)),
        )
        for at in range(1, shift_ms // 60_000)
    ]
    answers = desk.ask(*earlier[-16:])
    assert {each.outcome.reason for each in answers} == {Reason.CONFLICT}
    assert not isinstance(desk.ask(file("F3", later, NORTH))[0].outcome, Refusal)


def test_a_gap_between_two_is_found():
    desk = a_busy_desk()
    desk.ask(file("F9", a_plan(minutes=180)))
    (answer,) = desk.ask(file("F2", BLOCK, NORTH))
    later = offered(answer, AlternativeKind.LATER)
    assert later is not None
    assert later.route[0].time_ms < a_plan(minutes=180).route[0].time_ms


def test_what_is_offered_says_nothing_of_what_came_of_it():
    desk = a_busy_desk()
    desk.ask(file("F2", BLOCK, NORTH))
    made = [each for row in desk.store.rows() if (each := read(entry_from_body(row.sequence, row.body)))]
    events = [
        event for each in made for event in each.decided.events if isinstance(event, AlternativesOffered)
    ]
    assert len(events) == 1
    assert events[0].refused == made[-2].order.key().hex()
