"""Flights through the decider: against flights, reservations, constraints and imposed sky, and by the clock.

Each scenario ends with the two properties of the whole: what was decided is decided so again, and what the
log says is what the tables hold.
"""

import gc
from datetime import timedelta

import msgspec
import pytest

from mamarr.airspace import Constraint, Terms, constraints, corridors, shares, terms
from mamarr.airspace.reservations import Activate, Deactivate, Pend, Release, Reserve
from mamarr.conflicts import Minima
from mamarr.engine import Answer, picture, resume, snapshots, tidying
from mamarr.engine.offers import AlternativeKind
from mamarr.faults import Reason, Refusal
from mamarr.flights import Condition, Position, Stage, imposed, plans
from mamarr.flights.flights import (
    KEPT_MS,
    Confirm,
    ReportAirborne,
    ReportCondition,
    ReportEnded,
    ReportPassing,
    Revise,
    Withdraw,
)
from mamarr.flights.imposed import Impose, ImposedKind, Lift
from mamarr.geometry import Datum, Volume, footprints
from mamarr.geometry.altitude import filed_level
from tests.airspace.boxes import NOON, NORTH, SOUTH
from tests.engine.orders import Desk
from tests.engine.skies import RELIEF, a_desk, an_order, file
from tests.engine.test_plans import everything_is_decided_so_again, reasons
from tests.flights.routes import (
    DEG,
    EAST,
    FL_MM,
    MIDDLE,
    MINUTE_MS,
    NM_MM,
    NOON_MS,
    WEST,
    a_corridor,
    a_plan,
    a_point,
    a_share,
)
from tests.record.logs import SIGNER

MINUTE = timedelta(minutes=1)


def about(place: tuple[float, float], **changed: object) -> Volume:
    """5 NM about a place, FL300 to FL350, from noon to three hours after it."""
    values = {
        "footprint": footprints.circle((round(place[0] * DEG), round(place[1] * DEG)), 5 * NM_MM),
        "datum": Datum.STD,
        "lower_mm": 300 * FL_MM,
        "upper_mm": 350 * FL_MM,
        "time_start_ms": NOON_MS,
        "time_end_ms": NOON_MS + 180 * MINUTE_MS,
    }
    return Volume(**{**values, **changed})


def a_constraint(*volumes: Volume, **changed: object):
    return an_order(
        constraints.DeclareConstraint(constraint=Constraint(constraint_id="D1", volumes=volumes, **changed))
    )


def airborne(desk: Desk, flight_id: str = "F1", minutes: float = 60, author=SOUTH) -> None:
    report = ReportAirborne(flight_id=flight_id, time_ms=NOON_MS + round(minutes * MINUTE_MS))
    assert reasons(desk.ask(an_order(report, author), now=NOON + minutes * MINUTE)) == [None]


def held(desk: Desk, flight_id: str = "F1"):
    return desk.decider.projection.flights.get(flight_id)


def every_alternative_can_be_filed(desk: Desk, refused: Answer, author=NORTH, now=NOON) -> set[str]:
    """File each that is offered and take it back; the kinds."""
    for number, offered in enumerate(refused.alternatives):
        name = f"ALT-{number}"
        assert reasons(desk.ask(file(name, offered.plan, author), now=now)) == [None], offered.kind
        assert reasons(desk.ask(an_order(Withdraw(flight_id=name), author), now=now)) == [None]
    return {offered.kind for offered in refused.alternatives}


# --- what stands in the way -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "is_refused"),
    [
        ({}, True),
        ({"level": "F340"}, True),  # other centres: 2000 ft
        ({"level": "F350"}, False),
        ({"level": "F310"}, False),
        ({"minutes": 79.9}, True),  # -5 to +10 min about each, and 5 min between centres
        ({"minutes": 150}, False),
        (
            {"corridor": None, "route": (a_point((34.0, 30.0), 60), a_point((34.0, 31.51), 70))},
            True,
        ),  # 24.4 of 25 NM
        ({"corridor": None, "route": (a_point((34.0, 30.0), 60), a_point((34.0, 31.49), 70))}, False),
    ],
)
def test_a_flight_nearer_to_another_than_all_three_minima_is_refused(changed, is_refused):
    desk = a_desk()
    desk.ask(file("F1", a_plan()))
    (answer,) = desk.ask(file("F2", a_plan(**changed), NORTH))
    assert reasons([answer]) == [Reason.CONFLICT if is_refused else None]
    if is_refused and "route" not in changed:
        assert every_alternative_can_be_filed(desk, answer) >= {AlternativeKind.LATER, AlternativeKind.LEVEL}
    everything_is_decided_so_again(desk)


def test_two_of_one_centre_are_kept_apart_by_its_smaller_minima():
    desk = a_desk()
    plan = a_plan(serving_centre="north-centre")
    asked = (
        file("F1", plan, NORTH),
        file("F2", a_plan(serving_centre="north-centre", level="F340"), RELIEF),
        file("F3", a_plan(level="F320"), SOUTH),  # of another centre
    )
    assert reasons(desk.ask(*asked)) == [None, None, Reason.CONFLICT]
    everything_is_decided_so_again(desk)


def test_a_flight_may_not_enter_a_constraint_and_goes_round_it():
    desk = a_desk()
    assert reasons(desk.ask(a_constraint(about(MIDDLE)))) == [None]
    (answer,) = desk.ask(file("F1", a_plan()))
    assert answer.outcome == Refusal(reason=Reason.CONFLICT, because=("D1",))
    kinds = every_alternative_can_be_filed(desk, answer, SOUTH)
    assert kinds == {AlternativeKind.LATER, AlternativeKind.LEVEL, AlternativeKind.CORRIDOR}
    round_it = next(each for each in answer.alternatives if each.kind is AlternativeKind.CORRIDOR)
    assert {point.corridor_id for point in round_it.plan.route[:-1]} == {"SOUTH"}
    assert reasons(desk.ask(file("F2", a_plan(level="F350")))) == [None]  # over it, up to its edge
    everything_is_decided_so_again(desk)


def test_the_exempt_pass_through_a_constraint():
    desk = a_desk()
    desk.ask(a_constraint(about(MIDDLE), exempt_parties=("relief",)))
    answers = desk.ask(file("F1", a_plan(), RELIEF), file("F2", a_plan(minutes=120), SOUTH))
    assert reasons(answers) == [None, Reason.CONFLICT]
    everything_is_decided_so_again(desk)


@pytest.mark.parametrize("user_keeps_clear", [False, True])
def test_a_flight_keeps_the_minima_from_a_reservation_of_others(user_keeps_clear):
    desk = a_desk()
    region = about((34.0, 32.5), lower_mm=250 * FL_MM, upper_mm=320 * FL_MM)
    reserve = Reserve(reservation_id="R1", regions=(region,), user_keeps_clear=user_keeps_clear)
    own = file("F1", a_plan(), RELIEF)
    through = file("F2", a_plan(level="F310", minutes=120), NORTH)  # of another centre than F1
    assert reasons(desk.ask(an_order(reserve, SOUTH), own, through)) == [
        None,
        None if user_keeps_clear else Reason.CONFLICT,  # FL330 is 1000 ft over its edge
        Reason.CONFLICT,
    ]
    assert reasons(desk.ask(file("F3", a_plan(level="F270", minutes=170), SOUTH))) == [
        None
    ]  # through its own
    desk.ask(an_order(Release(reservation_id="R1"), SOUTH))
    assert reasons(desk.ask(file("F4", a_plan(level="F290", minutes=120), NORTH))) == [None]
    everything_is_decided_so_again(desk)


def test_a_reservation_is_refused_for_an_admitted_flight():
    desk = a_desk()
    desk.ask(file("F1", a_plan()))
    (answer,) = desk.ask(an_order(Reserve(reservation_id="R1", regions=(about(MIDDLE),)), NORTH))
    assert answer.outcome == Refusal(reason=Reason.VOLUME_HELD, because=("F1",))
    assert reasons(desk.ask(an_order(Reserve(reservation_id="R2", regions=(about(MIDDLE),)), SOUTH))) == [
        None
    ]  # its own flight
    everything_is_decided_so_again(desk)


def test_a_reservation_in_use_past_its_end_blocks_until_it_is_reported_clear():
    desk = a_desk()
    region = about(MIDDLE, time_end_ms=NOON_MS + 30 * MINUTE_MS)
    desk.ask(
        an_order(Reserve(reservation_id="R1", regions=(region,)), NORTH),
        an_order(Pend(reservation_id="R1"), NORTH),
        an_order(Activate(reservation_id="R1"), NORTH),
    )
    now, asked = NOON + 60 * MINUTE, a_plan(minutes=300)
    (answer,) = desk.ask(file("F1", asked), now=now)
    assert answer.outcome == Refusal(reason=Reason.CONFLICT, because=("R1",))
    clear = an_order(Deactivate(reservation_id="R1"), NORTH)
    assert reasons(desk.ask(clear, file("F1", asked), now=now)) == [None, None]
    everything_is_decided_so_again(desk)


def test_imposed_sky_blocks_what_is_filed_later_and_names_what_it_touches():
    desk = a_desk()
    desk.ask(file("F1", a_plan()))
    impose = Impose(imposed_id="X1", kind=ImposedKind.STRANGER, volumes=(about(MIDDLE),))
    (done,) = desk.ask(an_order(impose))
    (event,) = done.outcome
    assert [each.object_id for each in event.imposed.touching] == ["F1"]
    (answer,) = desk.ask(file("F2", a_plan(minutes=120), NORTH))
    assert answer.outcome == Refusal(reason=Reason.CONFLICT, because=("X1",))
    assert AlternativeKind.CORRIDOR in every_alternative_can_be_filed(desk, answer)
    assert held(desk).stage is Stage.COORDINATED  # what was admitted stands
    asked = desk.ask(an_order(Lift(imposed_id="X1")), file("F2", a_plan(minutes=120), NORTH))
    assert reasons(asked) == [None, None]
    everything_is_decided_so_again(desk)


# --- what flies anyway ------------------------------------------------------------------------------------


def test_due_regard_is_never_refused_and_blocks_what_comes_later():
    desk = a_desk()
    plan = a_plan(is_due_regard=True)
    first, second = desk.ask(file("F1", a_plan()), file("X1", plan, NORTH))
    assert reasons([first, second]) == [None, None]
    (event,) = second.outcome
    assert (event.stage, [each.object_id for each in event.touching]) == (Stage.NOTIFIED, ["F1"])
    (answer,) = desk.ask(file("F2", a_plan(), NORTH))
    assert answer.outcome.because == ("F1", "X1")
    assert reasons(desk.ask(file("X2", plan, RELIEF))) == [None]
    everything_is_decided_so_again(desk)


def test_an_emergency_is_never_refused_and_blocks_what_is_filed_later():
    desk = a_desk()
    desk.ask(file("F1", a_plan()), file("F2", a_plan(level="F250"), NORTH))
    airborne(desk)
    now = NOON + 66 * MINUTE
    there = Position(latitude_e7deg=34 * DEG, longitude_e7deg=325_000_000, level=filed_level("F330"))
    emergency = ReportCondition(flight_id="F1", condition=Condition.EMERGENCY, position=there)
    (done,) = desk.ask(an_order(emergency, SOUTH), now=now)
    assert reasons([done]) == [None]
    assert [each.object_id for each in held(desk).touching] == ["F2"]  # in the record, for its own node
    asked = a_plan(minutes=70, level="F150", corridor=None)
    (answer,) = desk.ask(file("F3", asked, NORTH), now=now)
    assert answer.outcome == Refusal(reason=Reason.CONFLICT, because=("F1",))
    assert reasons(desk.ask(an_order(ReportEnded(flight_id="F1"), SOUTH), now=now)) == [None]
    assert reasons(
        desk.ask(an_order(Withdraw(flight_id="F2"), NORTH), file("F3", asked, NORTH), now=now)
    ) == [
        None,
        None,
    ]
    everything_is_decided_so_again(desk)


def test_what_is_airborne_holds_its_sky_past_its_end_until_it_is_reported_down():
    desk = a_desk()
    desk.ask(file("F1", a_plan()))
    airborne(desk)
    late = NOON + timedelta(hours=12)
    asked = file("F2", a_plan(minutes=13 * 60), NORTH)
    (answer,) = desk.ask(asked, now=late)
    assert answer.outcome == Refusal(reason=Reason.CONFLICT, because=("F1",))
    assert AlternativeKind.LATER not in every_alternative_can_be_filed(desk, answer, now=late)
    (overdue,) = tidying.orders(
        desk.decider.projection, node="node-north", now=late, command_id=lambda: "tidying-1"
    )
    desk.ask(overdue, now=late)
    assert held(desk).condition is Condition.OVERDUE
    desk.ask(an_order(ReportEnded(flight_id="F1"), SOUTH), now=late)
    assert reasons(desk.ask(file("F3", a_plan(minutes=13 * 60), NORTH), now=late)) == [None]
    everything_is_decided_so_again(desk)


def test_on_the_ground_a_plan_that_passed_holds_nothing_and_is_forgotten_later():
    desk = a_desk()
    desk.ask(file("F1", a_plan()))
    later = NOON + 90 * MINUTE
    assert reasons(desk.ask(file("F2", a_plan(minutes=95), NORTH), now=later)) == [None]
    assert held(desk) is not None
    gone = later + timedelta(milliseconds=KEPT_MS)
    numbers = iter(range(9))
    asked = tidying.orders(
        desk.decider.projection, node="node-north", now=gone, command_id=lambda: f"tidying-{next(numbers)}"
    )
    desk.ask(*asked, now=gone)
    assert held(desk) is None
    everything_is_decided_so_again(desk)


def test_a_report_of_passing_gives_back_what_is_behind_and_moves_what_is_ahead():
    desk = a_desk()
    desk.ask(file("F1", a_plan()))
    airborne(desk)
    passed = ReportPassing(flight_id="F1", point=1, time_ms=NOON_MS + 72 * MINUTE_MS)
    now = NOON + 72 * MINUTE
    assert reasons(desk.ask(an_order(passed, SOUTH), now=now)) == [None]
    assert held(desk).plan.route[2].time_ms == NOON_MS + 82 * MINUTE_MS
    behind = a_plan(corridor=None, route=(a_point(WEST, 78), a_point((34.0, 32.4), 83)))
    ahead = a_plan(corridor=None, route=(a_point((34.25, 33.5), 78), a_point(EAST, 83)))
    answers = desk.ask(file("F2", behind, NORTH), file("F3", ahead, NORTH), now=now)
    assert reasons(answers) == [None, Reason.CONFLICT]
    everything_is_decided_so_again(desk)


# --- commitment -------------------------------------------------------------------------------------------


def test_a_provisional_acceptance_blocks_until_it_lapses_and_for_good_once_confirmed():
    desk = a_desk()
    lapse = timedelta(milliseconds=Terms().provisional_lapse_ms)
    again = file("F2", a_plan(), NORTH)
    assert reasons(desk.ask(file("F1", a_plan(), is_provisional=True), again)) == [None, Reason.CONFLICT]
    just_before = desk.ask(file("F3", a_plan(), NORTH), now=NOON + lapse - timedelta(milliseconds=1))
    assert reasons(just_before) == [Reason.CONFLICT]
    now = NOON + lapse
    late = an_order(Confirm(flight_id="F1"), SOUTH)
    provisional = file("F4", a_plan(), NORTH, is_provisional=True)
    confirm = an_order(Confirm(flight_id="F4"), NORTH)
    assert reasons(desk.ask(late, provisional, confirm, now=now)) == [Reason.TIME_PAST, None, None]
    assert reasons(desk.ask(file("F5", a_plan(), SOUTH), now=now + lapse)) == [Reason.CONFLICT]
    everything_is_decided_so_again(desk)


def test_a_revision_holds_its_new_sky_and_gives_the_old_back_and_refused_changes_nothing():
    desk = a_desk()
    desk.ask(file("F1", a_plan()), file("F2", a_plan(level="F350"), NORTH))
    before = held(desk)
    into_f2 = an_order(Revise(flight_id="F1", plan=a_plan(level="F350")), SOUTH)
    assert reasons(desk.ask(into_f2)) == [Reason.CONFLICT]
    assert held(desk) == before
    up = an_order(Revise(flight_id="F1", plan=a_plan(level="F370")), SOUTH)
    asked = desk.ask(up, file("F3", a_plan(level="F370"), NORTH), file("F4", a_plan(), NORTH))
    assert reasons(asked) == [None, Reason.CONFLICT, None]
    everything_is_decided_so_again(desk)


def test_a_refused_revision_is_offered_plans_that_the_next_revision_would_be_admitted_with():
    for is_airborne, kinds in ((False, {"LATER", "LEVEL", "CORRIDOR"}), (True, {"LEVEL"})):
        desk = a_desk()
        desk.ask(file("F1", a_plan()), file("F2", a_plan(level="F350"), NORTH))
        if is_airborne:
            airborne(desk)
        now = NOON + 60 * MINUTE
        into_f2 = Revise(flight_id="F1", plan=a_plan(level="F350"))
        (refused,) = desk.ask(an_order(into_f2, SOUTH), now=now)
        assert {each.kind for each in refused.alternatives} == kinds
        for each in refused.alternatives:
            revise = an_order(Revise(flight_id="F1", plan=each.plan), SOUTH)
            assert reasons(desk.ask(revise, now=now)) == [None], each.kind
        everything_is_decided_so_again(desk)


def test_of_two_in_one_batch_the_first_is_admitted_and_its_undoing_frees_the_sky():
    desk = a_desk()
    tickets = [desk.offer(file("F1", a_plan())), desk.offer(file("F2", a_plan(), NORTH))]
    batch, _ = desk.decider.next_batch(NOON)
    assert batch is not None
    answers = dict(desk.decider.failed())
    assert reasons(answers[ticket] for ticket in tickets) == [Reason.UNAVAILABLE] * 2
    assert reasons(desk.ask(file("F3", a_plan(), NORTH), file("F1", a_plan()))) == [None, Reason.CONFLICT]
    everything_is_decided_so_again(desk)


# --- what changes later -----------------------------------------------------------------------------------


def test_other_terms_leave_what_was_accepted_and_bind_what_is_filed_later():
    desk = a_desk()
    desk.ask(file("F1", a_plan()))
    before = held(desk)
    wide = Terms(
        between_centres=Minima(lateral_mm=10 * NM_MM, vertical_mm=10 * 304_800, time_ms=0),
        departure_after_ms=30 * MINUTE_MS,
    )
    assert reasons(desk.ask(an_order(terms.SetTerms(terms=wide)))) == [None]
    assert held(desk) == before
    asked = desk.ask(file("F2", a_plan(level="F250"), NORTH), file("F3", a_plan(level="F220"), NORTH))
    assert reasons(asked) == [Reason.CONFLICT, None]
    ends = [max(each.volume.time_end_ms for each in held(desk, name).volumes) for name in ("F1", "F3")]
    assert ends[1] - ends[0] == 20 * MINUTE_MS
    everything_is_decided_so_again(desk)


def test_a_share_or_corridor_withdrawn_later_leaves_what_was_accepted():
    desk = a_desk()
    desk.ask(file("F1", a_plan()))
    before = held(desk)
    withdrawn = (shares.WithdrawShare(share_id="NORTHERN"), corridors.WithdrawCorridor(corridor_id="EAST"))
    assert reasons(desk.ask(*map(an_order, withdrawn))) == [None, None]
    assert held(desk) == before
    direct = a_plan(corridor=None)
    answers = desk.ask(
        file("F2", a_plan(), NORTH), file("F3", direct, NORTH), file("F4", a_plan(minutes=150, corridor=None))
    )
    # F3 asks nobody where nobody decides, and yet may not come near what was admitted.
    assert reasons(answers) == [Reason.UNKNOWN_CORRIDOR, Reason.CONFLICT, None]
    assert held(desk, "F4").stage is Stage.NOTIFIED
    airborne(desk)
    assert reasons(desk.ask(an_order(ReportEnded(flight_id="F1"), SOUTH), now=NOON + 60 * MINUTE)) == [None]
    everything_is_decided_so_again(desk)


def test_a_corridor_that_asks_more_keeps_its_flights_further_apart():
    desk = a_desk()
    strict = a_corridor(longitudinal_minimum_ms=20 * MINUTE_MS)
    assert reasons(desk.ask(an_order(corridors.DeclareCorridor(corridor=strict)))) == [None]
    asked = (
        file("F1", a_plan()),
        file("F2", a_plan(minutes=90), NORTH),
        file("F3", a_plan(minutes=115), NORTH),
    )
    first, second, third = desk.ask(*asked)
    assert reasons((first, second, third)) == [None, Reason.CONFLICT, None]
    everything_is_decided_so_again(desk)


# --- the whole --------------------------------------------------------------------------------------------


def a_busy_desk() -> Desk:
    desk = a_desk()
    desk.ask(
        file("F1", a_plan()),
        file("F2", a_plan(level="F350"), NORTH, is_provisional=True),
        file("F3", a_plan(level="F370", is_due_regard=True), RELIEF),
        file("F4", a_plan(), NORTH),
        a_constraint(about((34.0, 35.0))),
        an_order(Impose(imposed_id="X1", kind=ImposedKind.OTHER, volumes=(about((33.0, 35.0)),))),
    )
    airborne(desk)
    passed = ReportPassing(flight_id="F1", point=1, time_ms=NOON_MS + 71 * MINUTE_MS)
    desk.ask(
        an_order(passed, SOUTH),
        an_order(ReportCondition(flight_id="F1", condition=Condition.COMM_LOST), SOUTH),
        now=NOON + 71 * MINUTE,
    )
    return desk


def test_a_start_from_a_snapshot_with_flights_decides_as_a_start_from_nothing():
    desk = a_busy_desk()
    now = NOON + 72 * MINUTE
    made = snapshots.taken(
        desk.decider.projection, desk.log.frontier(), time_ms=NOON_MS + 72 * MINUTE_MS, signer=SIGNER
    )
    desk.store.keep_snapshot(made)
    desk.ask(file("F5", a_plan(minutes=150), NORTH), now=now)
    found = resume(desk.store, SIGNER.verifier, party="north")
    assert found.from_size == made.size > 0
    assert found.projection.state() == desk.decider.projection.state()
    seen = [picture(each, party="north", now=now) for each in (found.projection, desk.decider.projection)]
    assert [flight.flight.flight_id for flight in seen[0].flights] == ["F1", "F3", "F5"]
    assert seen[0] == seen[1]
    everything_is_decided_so_again(desk)


def test_a_constraint_declared_later_leaves_what_was_admitted():
    desk = a_desk()
    desk.ask(file("F1", a_plan()))
    assert reasons(desk.ask(a_constraint(about(MIDDLE)))) == [None]
    assert held(desk).stage is Stage.COORDINATED
    revise = Revise(flight_id="F1", plan=a_plan(minutes=61))
    assert reasons(desk.ask(an_order(revise, SOUTH))) == [Reason.CONFLICT]
    assert reasons(desk.ask(an_order(constraints.WithdrawConstraint(constraint_id="D1")))) == [None]
    assert reasons(desk.ask(an_order(revise, SOUTH))) == [None]
    everything_is_decided_so_again(desk)


def test_sky_of_two_authorities_names_both_shares():
    desk = a_desk()
    desk.ask(an_order(shares.WithdrawShare(share_id="NORTHERN")))
    west = [(30 * DEG, 25 * DEG), (30 * DEG, 33 * DEG), (40 * DEG, 33 * DEG), (40 * DEG, 25 * DEG)]
    east = [(30 * DEG, 33 * DEG), (30 * DEG, 40 * DEG), (40 * DEG, 40 * DEG), (40 * DEG, 33 * DEG)]
    halves = (
        a_share("WESTERN", "north", footprint=footprints.polygon(west)),
        a_share("EASTERN", "south", footprint=footprints.polygon(east)),
    )
    assert reasons(desk.ask(*(an_order(shares.DeclareShare(share=each)) for each in halves))) == [None, None]
    assert reasons(desk.ask(file("F1", a_plan()))) == [None]
    assert (held(desk).stage, set(held(desk).shares)) == (Stage.COORDINATED, {"WESTERN", "EASTERN"})
    everything_is_decided_so_again(desk)


def test_nobody_but_the_node_may_impose_and_of_an_id_in_use_it_is_other_sky():
    desk = a_desk()
    impose = Impose(imposed_id="X1", kind=ImposedKind.MOVED_AREA, volumes=(about(MIDDLE),))
    elsewhere = msgspec.structs.replace(impose, volumes=(about((36.0, 36.0)),))
    answers = desk.ask(an_order(impose, SOUTH), an_order(impose), an_order(elsewhere), file("F1", a_plan()))
    assert reasons(answers) == [Reason.NOT_YOURS, None, None, None]
    assert isinstance(desk.decider.projection.imposed.get("X1"), imposed.Imposed)
    everything_is_decided_so_again(desk)


def walked() -> int:
    gc.collect()
    gc.collect()  # a tuple is let go of when what it holds was let go of before
    return len(gc.get_objects())


def test_a_live_flight_gives_the_garbage_collector_nothing_to_walk():
    desk = a_desk()
    orders = [file(f"F{at}", plans.shifted(a_plan(), at * 720 * MINUTE_MS)) for at in range(40)]
    reasons_of = [desk.ask(each)[0].outcome for each in orders[:20]]
    before = walked()
    reasons_of += [desk.ask(each)[0].outcome for each in orders[20:]]
    assert not any(isinstance(outcome, Refusal) for outcome in reasons_of)
    del reasons_of
    assert walked() - before < 10  # of twenty flights; sixteen each, were they tracked
