"""What leaves of an answer, by who asks: the rest stays in the record."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.airspace.occupancy import Kind
from mamarr.airspace.reservations import Activate, Deactivate, Pend
from mamarr.coordination import Disclosed, Rule
from mamarr.coordination.disclosure import ApproveDisclosure, ProposeDisclosure
from mamarr.engine import Answer, alternatives, picture, redecided
from mamarr.engine.offers import AlternativeKind
from mamarr.faults import Reason, Refusal
from mamarr.flights import Condition, Plan, flights, plans
from mamarr.flights.flights import ReportCondition
from mamarr.flights.imposed import Impose, ImposedKind
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.interop import problems
from tests.airspace.boxes import NOON, NORTH, SOUTH
from tests.engine.orders import Desk, reserve
from tests.engine.skies import RELIEF, a_desk, an_order, disclose, file
from tests.examples import some
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
    ("extent", "reason", "because", "holds", "knows_place"),
    [
        (Disclosed.NOTHING, Reason.NOT_AVAILABLE, (), False, None),
        (Disclosed.EXISTENCE, Reason.CONFLICT, (), True, False),
        (Disclosed.VOLUME, Reason.CONFLICT, (), True, True),
        (Disclosed.IDENTITY, Reason.CONFLICT, ("S1",), True, True),
    ],
)
def test_a_refusal_says_as_much_as_the_rule_allows(extent, reason, because, holds, knows_place):
    answer = asked(a_taken_sky(extent))
    assert answer.outcome == Refusal(reason=reason, because=because)
    assert {each.holds for each in answer.alternatives} == {holds}
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
    assert said(one) == said(asked(two))


def said(answer: Answer) -> bytes:
    """What the asker reads of a refusal."""
    assert isinstance(answer.outcome, Refusal)
    problem = problems.refused(answer.outcome, "en", answer.alternatives, answer.causes)
    return msgspec.json.encode(problem)


PLANS = st.builds(
    a_plan,
    minutes=st.integers(20, 140),
    level=st.sampled_from(("F310", "F320", "F330", "F340", "F350", "F370")),
    corridor=st.sampled_from(("EAST", None)),
)


def a_sky_with(known: list[Plan], hidden: list[Plan]) -> Desk:
    """What south flies may be known to relief, what north flies may not; nobody refuses the latter."""
    desk = a_desk()
    for rule in (
        Rule(owner="south", viewer="relief", flights=Disclosed.IDENTITY, reservations=Disclosed.IDENTITY),
        Rule(owner="north", viewer="relief", flights=Disclosed.NOTHING, reservations=Disclosed.NOTHING),
    ):
        disclose(desk, rule)
    desk.ask(*(file(f"Z{number}", plan, SOUTH) for number, plan in enumerate(known)))
    anyway = [msgspec.structs.replace(plan, is_due_regard=True) for plan in hidden]
    desk.ask(*(file(f"A{number}", plan, NORTH) for number, plan in enumerate(anyway)))
    return desk


@pytest.mark.requirement("THREATS 6")
@settings(max_examples=some(20), deadline=None)
@given(
    known=st.lists(PLANS, max_size=4),
    one=st.lists(PLANS, max_size=25),
    other=st.lists(PLANS, max_size=4),
    plan=PLANS,
)
def test_two_skies_that_differ_in_what_may_not_be_known_alone_refuse_in_the_same_bytes(
    known, one, other, plan
):
    answers = [asked_of(a_sky_with(known, hidden), plan) for hidden in (one, other, [plan, *one], [plan])]
    refusals = [said(answer) for answer in answers if isinstance(answer.outcome, Refusal)]
    assert len(refusals) >= 2
    assert len(set(refusals)) == 1


def asked_of(desk: Desk, plan: Plan) -> Answer:
    (answer,) = desk.ask(file("X1", plan, RELIEF))
    return answer


@pytest.mark.requirement("THREATS 6")
def test_what_is_offered_to_who_may_not_know_all_is_free_of_what_it_may_know():
    unseen = asked_of(a_sky_with([], [a_plan()]), a_plan())
    assert unseen.outcome == Refusal(reason=Reason.NOT_AVAILABLE)
    assert [each.kind for each in unseen.alternatives] == list(AlternativeKind)
    assert unseen.alternatives[0].plan == plans.shifted(a_plan(), alternatives.LATER_UNSEEN_MS)
    desk = a_sky_with([a_plan(minutes=90)], [a_plan()])
    between = asked_of(desk, a_plan())  # the one that may be known begins where the fixed step would lead
    assert between.alternatives[0].plan == desk_alone(a_plan(minutes=90), a_plan())
    assert not any(each.holds for each in (*unseen.alternatives, *between.alternatives))


def desk_alone(known: Plan, plan: Plan) -> Plan:
    """The later plan that the same sky, without what may not be known, leads to from the fixed step on."""
    step = plans.shifted(plan, alternatives.LATER_UNSEEN_MS)
    (answer,) = a_sky_with([known], []).ask(file("X1", step, RELIEF))
    return answer.alternatives[0].plan


@pytest.mark.requirement("THREATS 6")
def test_the_seventeenth_that_may_be_known_is_named_beside_sixteen_that_may_not():
    desk = a_sky_with([a_plan()], [a_plan()] * 20)
    assert asked_of(desk, a_plan()).outcome == Refusal(reason=Reason.CONFLICT, because=("Z0",))


@pytest.mark.requirement("THREATS 26")
def test_an_alternative_that_holds_is_not_told_again_once_something_may_not_be_known():
    desk = a_taken_sky()
    order = file("X1", a_plan(), RELIEF)
    assert all(each.holds for each in desk.ask(order)[0].alternatives)
    nothing = {"flights": Disclosed.NOTHING, "reservations": Disclosed.NOTHING}
    disclose(desk, Rule(owner="north", viewer="relief", **nothing))
    again = desk.ask(order)[0]
    assert (again.outcome.reason, again.alternatives) == (Reason.CONFLICT, ())


def test_the_party_of_the_node_and_the_owner_learn_the_name():
    for author in (NORTH, SOUTH):
        assert asked(a_taken_sky(), author).outcome.because == ("S1",)


def test_the_same_command_again_is_answered_as_filtered():
    desk = a_taken_sky(Disclosed.NOTHING)
    order = file("X1", a_plan(), RELIEF)
    first, again = desk.ask(order)[0], desk.ask(order)[0]
    assert first == again
    assert again.outcome == Refusal(reason=Reason.NOT_AVAILABLE)


@pytest.mark.requirement("THREATS 6")
def test_a_rule_that_is_not_durable_shows_nothing_and_tells_nothing_again():
    desk = a_taken_sky(Disclosed.EXISTENCE)
    order = file("X1", a_plan(), RELIEF)
    before, seen = desk.ask(order)[0], picture(desk.decider.projection, party="relief", now=NOON)
    rule = Rule(owner="south", viewer="relief", flights=Disclosed.CONTACT, reservations=Disclosed.CONTACT)
    desk.ask(an_order(ProposeDisclosure(rule=rule), key_id="key-1"))
    desk.offer(an_order(ApproveDisclosure(rule=rule), key_id="key-2"))
    desk.offer(order)
    batch, ((_, again),) = desk.decider.next_batch(NOON)
    assert again == before
    assert picture(desk.decider.projection, party="relief", now=NOON) == seen
    desk.commit(batch)
    assert picture(desk.decider.projection, party="relief", now=NOON) != seen
    assert desk.ask(order)[0].outcome.because == ("S1",)


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
        (Disclosed.EXISTENCE, [(None, None, None, False)]),
        (Disclosed.VOLUME, [(None, None, None, True)]),
        (Disclosed.IDENTITY, [("south", "S1", None, True)]),
        (Disclosed.CONTACT, [("south", "S1", "south-centre", True)]),
    ):
        seen = picture(a_taken_sky(extent).decider.projection, party="relief", now=NOON)
        assert seen.flights == seen.imposed == ()
        assert [
            (each.party, each.object_id, each.contact, bool(each.volumes)) for each in seen.others
        ] == shown


@pytest.mark.requirement("THREATS 6")
def test_of_how_many_one_may_know_only_that_they_are_there_is_not_said():
    one, two = a_taken_sky(Disclosed.EXISTENCE), a_taken_sky(Disclosed.EXISTENCE)
    two.ask(file("S2", a_plan(level="F350"), SOUTH), file("S3", a_plan(level="F310"), SOUTH))
    pictures = [picture(desk.decider.projection, party="relief", now=NOON) for desk in (one, two)]
    assert pictures[0].others == pictures[1].others


@pytest.mark.parametrize("condition", [Condition.EMERGENCY, Condition.COMM_LOST, Condition.DEVIATING])
def test_a_flight_that_cannot_keep_to_its_plan_is_imposed_sky_to_whoever_may_know_where_it_is(condition):
    for extent, shown in (
        (Disclosed.NOTHING, []),
        (Disclosed.EXISTENCE, []),
        (Disclosed.VOLUME, [(condition, None)]),
        (Disclosed.IDENTITY, [(condition, "S1")]),
    ):
        desk = a_taken_sky(extent)
        desk.ask(an_order(ReportCondition(flight_id="S1", condition=condition), SOUTH))
        seen = picture(desk.decider.projection, party="relief", now=NOON)
        assert [(each.why, each.object_id) for each in seen.imposed] == shown
        assert all(each.volumes for each in seen.imposed)
        assert [each.kind for each in seen.others] == [Kind.FLIGHT] * (extent is Disclosed.EXISTENCE)
        (whole,) = picture(desk.decider.projection, party="north", now=NOON).imposed
        assert (whole.why, whole.object_id, whole.party) == (condition, "S1", "south")


def test_due_regard_is_imposed_sky():
    desk = a_desk()
    desk.ask(file("S1", msgspec.structs.replace(a_plan(), is_due_regard=True), SOUTH))
    (seen,) = picture(desk.decider.projection, party="south", now=NOON).imposed
    assert (seen.why, seen.object_id) == ("DUE_REGARD", "S1")


def test_of_sky_that_was_imposed_only_the_node_knows_where_it_is_and_why():
    desk = a_desk()
    region = a_taken_sky().decider.projection.flights.get("S1").volumes[0].volume
    asked = Impose(imposed_id="I1", kind=ImposedKind.STRANGER, volumes=(region,), note="no answer")
    desk.ask(an_order(asked, NORTH))
    (seen,) = picture(desk.decider.projection, party="north", now=NOON).imposed
    assert (seen.why, seen.object_id, seen.note) == ("STRANGER", "I1", "no answer")
    assert seen.volumes[0].time_end_ms == TIME_LAST_MS, "the clock frees nothing"
    other = picture(desk.decider.projection, party="relief", now=NOON)
    assert other.imposed == ()
    assert [(each.kind, each.volumes, each.note) for each in other.others] == [(Kind.IMPOSED, (), None)]


def test_an_overrun_reservation_is_imposed_sky_until_it_is_reported_clear():
    desk = a_desk()
    later = NOON + timedelta(hours=2)
    orders = [Pend(reservation_id="R1"), Activate(reservation_id="R1")]
    desk.ask(reserve("R1", author=SOUTH), *(an_order(each, SOUTH) for each in orders))
    assert picture(desk.decider.projection, party="relief", now=NOON).imposed == ()
    (seen,) = picture(desk.decider.projection, party="relief", now=later).imposed
    assert (seen.why, seen.object_id, seen.party) == ("OVERRUN", "R1", "south")
    desk.ask(an_order(Deactivate(reservation_id="R1"), SOUTH), now=later)
    assert picture(desk.decider.projection, party="relief", now=later).imposed == ()


def test_the_node_sees_every_flight_whole_and_others_once():
    seen = picture(a_taken_sky().decider.projection, party="north", now=NOON)
    assert [each.flight.flight_id for each in seen.flights] == ["S1"]
    assert seen.others == ()


def test_a_withdrawn_flight_is_seen_by_nobody():
    desk = a_taken_sky(Disclosed.IDENTITY)
    desk.ask(an_order(flights.Withdraw(flight_id="S1"), SOUTH))
    assert picture(desk.decider.projection, party="relief", now=NOON).others == ()
