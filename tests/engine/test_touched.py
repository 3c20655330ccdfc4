"""Whose flight or reservation something comes too near to is told, and nobody else, while it does."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.airspace import terms
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.reservations import Reserve
from mamarr.conflicts import conflict, prepare
from mamarr.coordination import Disclosed, Rule
from mamarr.engine import picture, resume
from mamarr.engine.occupancies import of_flight, of_imposed
from mamarr.engine.others import Imposition
from mamarr.engine.projection import Projection
from mamarr.engine.sky import Named
from mamarr.engine.touched import TOUCHED_BY_MAX, TouchedBy
from mamarr.flights import Condition
from mamarr.flights.admission import minima
from mamarr.flights.flights import (
    ReportAirborne,
    ReportCondition,
    ReportEnded,
    Revise,
    Withdraw,
)
from mamarr.flights.holding import held_volumes
from mamarr.flights.imposed import Impose, ImposedKind, Lift
from mamarr.names import Author
from tests.airspace.boxes import NOON, SOUTH
from tests.engine.orders import Desk
from tests.engine.skies import RELIEF, a_desk, an_order, disclose, file
from tests.engine.test_flights import MINUTE, about, airborne
from tests.engine.test_plans import reasons
from tests.examples import some
from tests.flights.routes import EAST, FL_MM, MIDDLE, MINUTE_MS, NOON_MS, a_plan
from tests.record.logs import SIGNER

DUE_REGARD = a_plan(is_due_regard=True)
A_FLIGHT = TouchedBy(kind=Kind.FLIGHT, why=Imposition.DUE_REGARD)
A_STRANGER = TouchedBy(kind=Kind.IMPOSED, why=Imposition.STRANGER)


def told(desk: Desk, party: str, now=NOON, projection: Projection | None = None) -> dict[str, Any]:
    """What each flight and reservation that `party` sees is touched by, of those that something touches."""
    seen = picture(projection or desk.decider.projection, party=party, now=now)
    rows = {each.flight.flight_id: each.touched_by for each in seen.flights}
    rows |= {each.reservation_id: each.touched_by for each in seen.reservations}
    return {name: touched for name, touched in rows.items() if touched}


def done(desk: Desk, *orders, now=NOON) -> None:
    for order in orders:
        assert reasons(desk.ask(order, now=now)) == [None]


def a_stranger(imposed_id: str = "I1", place=MIDDLE):
    return an_order(
        Impose(imposed_id=imposed_id, kind=ImposedKind.STRANGER, volumes=(about(place),), note="no answer")
    )


def a_touched_flight() -> Desk:
    """F1 of south, admitted, and X1 of relief, which comes too near with due regard."""
    desk = a_desk()
    done(desk, file("F1", a_plan(), SOUTH), file("X1", DUE_REGARD, RELIEF))
    return desk


def test_whose_flight_is_touched_is_told_why_and_a_stranger_is_not():
    desk = a_touched_flight()
    done(desk, file("Y1", a_plan(minutes=300), Author(party="third", node="node-north")))
    assert told(desk, "south") == {"F1": (A_FLIGHT,)}
    assert told(desk, "third") == {}
    named = TouchedBy(kind=Kind.FLIGHT, why=Imposition.DUE_REGARD, object_id="X1", party="relief")
    assert told(desk, "north") == {"F1": (named,)}, "the party of the node is told of every flight"
    assert told(desk, "relief") == {}, "the one that comes near is told by its own flight's touching"


@pytest.mark.requirement("THREATS 6")
@pytest.mark.parametrize(
    ("extent", "known"),
    [
        (Disclosed.NOTHING, TouchedBy()),
        (Disclosed.EXISTENCE, A_FLIGHT),
        (Disclosed.VOLUME, A_FLIGHT),
        (Disclosed.IDENTITY, msgspec.structs.replace(A_FLIGHT, object_id="X1", party="relief")),
    ],
)
def test_of_what_touches_is_told_that_it_does_and_no_more_than_the_rule_allows(extent, known):
    desk = a_touched_flight()
    disclose(desk, Rule(owner="relief", viewer="south", flights=extent, reservations=Disclosed.IDENTITY))
    assert told(desk, "south") == {"F1": (known,)}


def test_two_that_have_no_name_for_the_viewer_are_told_as_one():
    desk = a_touched_flight()
    done(desk, file("X2", DUE_REGARD, RELIEF))
    assert told(desk, "south") == {"F1": (A_FLIGHT,)}
    assert len(told(desk, "north")["F1"]) == 2


def test_more_than_a_row_shows_are_not_told():
    desk = a_desk()
    done(desk, file("F1", a_plan(), SOUTH))
    done(desk, *(a_stranger(f"I{number}") for number in range(TOUCHED_BY_MAX + 1)))
    assert len(told(desk, "north")["F1"]) == TOUCHED_BY_MAX


def test_the_mark_goes_when_what_touches_is_withdrawn_lifted_or_ended():
    desk = a_touched_flight()
    done(desk, an_order(Withdraw(flight_id="X1"), RELIEF))
    assert told(desk, "south") == {}

    done(desk, a_stranger())
    assert told(desk, "south") == {"F1": (A_STRANGER,)}
    done(desk, an_order(Lift(imposed_id="I1")))
    assert told(desk, "south") == {}

    done(desk, file("X2", DUE_REGARD, RELIEF))
    airborne(desk, "X2", author=RELIEF)
    later = NOON + 61 * MINUTE
    assert told(desk, "south", later) == {"F1": (A_FLIGHT,)}
    done(desk, an_order(ReportEnded(flight_id="X2"), RELIEF), now=later)
    assert told(desk, "south", later) == {}
    assert desk.decider.projection.touches.by(Named(Kind.FLIGHT, "F1")) == (), "what is over names nothing"


def test_the_mark_goes_when_stranger_or_flight_is_somewhere_else():
    desk = a_desk()
    done(desk, file("F1", a_plan(), SOUTH), a_stranger())
    assert told(desk, "south") == {"F1": (A_STRANGER,)}
    done(desk, an_order(Revise(flight_id="F1", plan=a_plan(level="F250")), SOUTH))
    assert told(desk, "south") == {}, "a revision is admitted only clear of what is imposed"
    done(desk, an_order(Revise(flight_id="F1", plan=a_plan(minutes=300, level="F250")), SOUTH))
    done(desk, a_stranger(place=(38.0, 30.0)))
    assert told(desk, "south") == {}


def test_the_clock_ends_the_mark_of_what_never_took_off():
    desk = a_touched_flight()
    done(
        desk,
        an_order(ReportAirborne(flight_id="F1", time_ms=NOON_MS + 60 * MINUTE_MS), SOUTH),
        now=NOON + 60 * MINUTE,
    )
    over = NOON + 24 * 60 * MINUTE  # F1 is overdue, X1 stayed on the ground
    assert told(desk, "south", NOON + 70 * MINUTE) == {"F1": (A_FLIGHT,)}
    assert told(desk, "south", over) == {}


@pytest.mark.parametrize("condition", [Condition.EMERGENCY, Condition.DEVIATING])
def test_a_flight_that_cannot_keep_to_its_plan_marks_what_it_comes_near_to(condition):
    desk = a_desk()
    done(desk, file("F1", a_plan(), SOUTH), file("E1", a_plan(level="F350"), RELIEF))
    assert told(desk, "south") == {}
    airborne(desk, "E1", author=RELIEF)
    now = NOON + 66 * MINUTE
    done(desk, an_order(ReportCondition(flight_id="E1", condition=condition), RELIEF), now=now)
    expected = TouchedBy(kind=Kind.FLIGHT, why=Imposition(condition.value))
    assert told(desk, "south", now) == {"F1": (expected,)}


def test_a_flight_that_runs_late_into_a_stranger_is_told_though_the_stranger_does_not_name_it():
    desk = a_desk()
    soon = about(MIDDLE, time_start_ms=NOON_MS + 110 * MINUTE_MS)
    impose = Impose(imposed_id="I1", kind=ImposedKind.STRANGER, volumes=(soon,))
    done(desk, file("F1", a_plan(), SOUTH), an_order(impose))
    assert told(desk, "south") == {}
    late = NOON + 105 * MINUTE
    airborne(desk, minutes=105)
    assert told(desk, "south", late) == {"F1": (A_STRANGER,)}
    assert told(desk, "relief", late) == {}


def test_the_holder_of_a_touched_reservation_is_told_and_other_viewers_of_it_are_not():
    desk = a_desk()
    reserve = Reserve(reservation_id="R1", regions=(about(EAST, lower_mm=0),))
    done(desk, an_order(reserve, SOUTH), a_stranger("I9", EAST))
    assert told(desk, "south") == {"R1": (A_STRANGER,)}
    assert told(desk, "relief") == {}
    assert [
        each.reservation_id
        for each in picture(desk.decider.projection, party="relief", now=NOON).reservations
    ] == ["R1"]
    done(desk, an_order(Lift(imposed_id="I9")))
    assert told(desk, "south") == {}


def test_what_is_touched_comes_first():
    desk = a_desk()
    done(desk, file("A1", a_plan(level="F250"), SOUTH), file("F1", a_plan(), SOUTH))
    done(desk, an_order(Reserve(reservation_id="B1", regions=(about((38.0, 30.0)),)), SOUTH))
    done(desk, an_order(Reserve(reservation_id="R1", regions=(about((36.0, 30.0)),)), SOUTH))
    impose = Impose(
        imposed_id="I1", kind=ImposedKind.MOVED_AREA, volumes=(about(MIDDLE), about((36.0, 30.0)))
    )
    done(desk, an_order(impose))
    seen = picture(desk.decider.projection, party="south", now=NOON)
    assert [each.flight.flight_id for each in seen.flights] == ["F1", "A1"]
    assert [each.reservation_id for each in seen.reservations] == ["R1", "B1"]


def test_what_waits_to_be_durable_marks_nothing_and_unmarks_nothing():
    desk = a_desk()
    done(desk, file("F1", a_plan(), SOUTH))
    desk.offer(a_stranger())
    batch, _ = desk.decider.next_batch(NOON)
    assert told(desk, "south") == {}
    desk.commit(batch)
    assert told(desk, "south") == {"F1": (A_STRANGER,)}
    desk.offer(an_order(Lift(imposed_id="I1")))
    batch, _ = desk.decider.next_batch(NOON)
    assert told(desk, "south") == {"F1": (A_STRANGER,)}
    desk.commit(batch)
    assert told(desk, "south") == {}


def test_a_node_that_starts_again_marks_the_same():
    desk = a_touched_flight()
    done(desk, a_stranger(), file("F2", a_plan(level="F250"), SOUTH))
    done(desk, an_order(Revise(flight_id="X1", plan=msgspec.structs.replace(DUE_REGARD)), RELIEF))
    found = resume(desk.store, SIGNER.verifier, party="north").projection
    restored = Projection("north")
    restored.restore(found.state())
    marks = told(desk, "north")
    assert list(marks) == ["F1", "X1"]
    assert told(desk, "north", projection=found) == told(desk, "north", projection=restored) == marks


LEVELS = ("F250", "F290", "F330", "F370")
PLANS = st.builds(
    lambda level, due, minutes: a_plan(level=level, is_due_regard=due, minutes=minutes),
    st.sampled_from(LEVELS),
    st.booleans(),
    st.sampled_from((60, 75, 200)),
)
FLIGHT_IDS, IMPOSED_IDS = st.sampled_from(("F1", "F2", "F3", "F4")), st.sampled_from(("I1", "I2"))
AUTHORS = {"F1": SOUTH, "F2": SOUTH, "F3": RELIEF, "F4": RELIEF}
ORDERS = st.one_of(
    st.builds(lambda name, plan: file(name, plan, AUTHORS[name]), FLIGHT_IDS, PLANS),
    st.builds(
        lambda name, plan: an_order(Revise(flight_id=name, plan=plan), AUTHORS[name]), FLIGHT_IDS, PLANS
    ),
    st.builds(lambda name: an_order(Withdraw(flight_id=name), AUTHORS[name]), FLIGHT_IDS),
    st.builds(
        lambda name, lower, upper: an_order(
            Impose(
                imposed_id=name,
                kind=ImposedKind.OTHER,
                volumes=(about(MIDDLE, lower_mm=lower * FL_MM, upper_mm=(lower + upper) * FL_MM),),
            )
        ),
        IMPOSED_IDS,
        st.sampled_from((240, 280, 320)),
        st.sampled_from((10, 60)),
    ),
    st.builds(lambda name: an_order(Lift(imposed_id=name)), IMPOSED_IDS),
)


def by_looking_at_every_pair(desk: Desk) -> dict[str, set[str]]:
    """The oracle: every flight against all due regard and all imposed sky, whoever names whom."""
    projection = desk.decider.projection
    flights = dict(projection.flights.durable_items())
    imposed = dict(projection.imposed.durable_items())
    there = {name: of_flight(each, held_volumes(each, NOON_MS)) for name, each in flights.items()}
    found = {
        name: {
            other
            for other, occupied in [
                *there.items(),
                *((key, of_imposed(each)) for key, each in imposed.items()),
            ]
            if other != name
            and (other in imposed or flights[other].plan.is_due_regard)
            and any(
                conflict(prepare(one.volume), prepare(two.volume), minima(one, two, terms.DEFAULT))
                for one in own
                for two in occupied
            )
        }
        for name, own in there.items()
    }
    return {name: names for name, names in found.items() if names}


@settings(max_examples=some(12), deadline=None)
@given(orders=st.lists(ORDERS, min_size=3, max_size=14))
def test_every_flight_that_imposed_sky_or_due_regard_is_too_near_to_is_marked_and_no_other(orders):
    desk = a_desk()
    for order in orders:
        desk.ask(order)
        marks = {name: {each.object_id for each in found} for name, found in told(desk, "north").items()}
        assert marks == by_looking_at_every_pair(desk)
