"""What leaves of an answer, by who asks: the rest stays in the record."""

import msgspec
import pytest

from mamarr.coordination import Disclosed, Rule
from mamarr.engine import Answer, picture, redecided
from mamarr.faults import Reason, Refusal
from mamarr.flights import flights
from tests.airspace.boxes import NOON, NORTH, SOUTH
from tests.engine.orders import Desk
from tests.engine.skies import RELIEF, a_desk, an_order, disclose, file
from tests.flights.routes import a_plan


def asked(desk: Desk, author=RELIEF) -> Answer:
    """The answer to a flight that meets S1, which south filed."""
    (answer,) = desk.ask(file("X1", a_plan(), author))
    return answer


def a_taken_sky(extent: Disclosed | None = None) -> Desk:
    desk = a_desk()
    desk.ask(file("S1", a_plan(), SOUTH))
    if extent is not None:
        disclose(desk, Rule(owner="south", viewer="relief", flights=extent, reservations=Disclosed.IDENTITY))
    return desk


@pytest.mark.requirement("THREATS 6")
@pytest.mark.parametrize(
    ("extent", "reason", "because", "offers", "knows_place"),
    [
        (Disclosed.NOTHING, Reason.NOT_AVAILABLE, (), False, None),
        (Disclosed.EXISTENCE, Reason.CONFLICT, (), True, False),
        (Disclosed.VOLUME, Reason.CONFLICT, (), True, True),
        (Disclosed.IDENTITY, Reason.CONFLICT, ("S1",), True, True),
    ],
)
def test_a_refusal_says_as_much_as_the_rule_allows(extent, reason, because, offers, knows_place):
    answer = asked(a_taken_sky(extent))
    assert answer.outcome == Refusal(reason=reason, because=because)
    assert bool(answer.alternatives) == offers
    assert [each.volume is not None for each in answer.causes][:1] == (
        [] if knows_place is None else [knows_place]
    )
    names = [each.object_id for each in answer.causes if each.object_id is not None]
    assert set(names) == set(because)


@pytest.mark.requirement("THREATS 6")
def test_what_may_not_be_known_to_exist_refuses_alike_whatever_it_is():
    one = asked(a_taken_sky(Disclosed.NOTHING))
    two = a_taken_sky(Disclosed.NOTHING)
    two.ask(file("S2", a_plan(level="F350"), SOUTH), file("S3", a_plan(level="F310"), SOUTH))
    assert (one.outcome, one.alternatives, one.causes) == (
        (again := asked(two)).outcome,
        again.alternatives,
        again.causes,
    )


def test_the_party_of_the_node_and_the_owner_learn_the_name():
    for author in (NORTH, SOUTH):
        assert asked(a_taken_sky(), author).outcome.because == ("S1",)


def test_the_same_command_again_is_answered_as_filtered():
    desk = a_taken_sky(Disclosed.NOTHING)
    order = file("X1", a_plan(), RELIEF)
    first, again = desk.ask(order)[0], desk.ask(order)[0]
    assert first == again
    assert again.outcome == Refusal(reason=Reason.NOT_AVAILABLE)


def test_the_record_keeps_what_the_answer_left_out():
    desk = a_taken_sky(Disclosed.NOTHING)
    asked(desk)
    body = b"".join(row.body for row in desk.store.rows())
    assert b"S1" in body
    assert list(redecided(desk.store.rows(), party="north")) == []


def test_what_a_flight_nobody_can_refuse_touches_is_named_to_who_may_know():
    plan = msgspec.structs.replace(a_plan(), is_due_regard=True)
    for extent, named in ((Disclosed.EXISTENCE, ()), (Disclosed.IDENTITY, ("S1",))):
        desk = a_taken_sky(extent)
        (answer,) = desk.ask(file("X1", plan, RELIEF))
        (event,) = answer.outcome
        assert tuple(each.object_id for each in event.touching) == named
        seen = picture(desk.decider.projection, party="relief", now=NOON)
        (flight,) = seen.flights
        assert tuple(each.object_id for each in flight.flight.touching) == named


def test_the_picture_shows_others_as_far_as_the_rule_allows():
    for extent, shown in (
        (Disclosed.NOTHING, []),
        (Disclosed.EXISTENCE, []),
        (Disclosed.VOLUME, [(None, None)]),
        (Disclosed.IDENTITY, [("south", "S1")]),
    ):
        seen = picture(a_taken_sky(extent).decider.projection, party="relief", now=NOON)
        assert seen.flights == ()
        assert [(each.party, each.object_id) for each in seen.others] == shown


def test_the_node_sees_every_flight_whole_and_others_once():
    seen = picture(a_taken_sky().decider.projection, party="north", now=NOON)
    assert [each.flight.flight_id for each in seen.flights] == ["S1"]
    assert seen.others == ()


def test_a_withdrawn_flight_is_seen_by_nobody():
    desk = a_taken_sky(Disclosed.IDENTITY)
    desk.ask(an_order(flights.Withdraw(flight_id="S1"), SOUTH))
    assert picture(desk.decider.projection, party="relief", now=NOON).others == ()
