from datetime import timedelta

import msgspec
import pytest

from mamarr.airspace import Terms
from mamarr.airspace.commitment import ERRANDS_MAX, Agreed, AskedOf
from mamarr.airspace.occupancy import Kind, Standing
from mamarr.conflicts import Minima
from mamarr.faults import InvariantError, Reason, Refusal, limit_reached
from mamarr.flights import Condition, Flight, Stage, flights, holding
from mamarr.flights.admission import Quota
from mamarr.flights.errands import CrossingGiveBack, ErrandKept, FlightState
from mamarr.flights.flights import (
    Confirm,
    Confirmed,
    Ended,
    ExpireFlight,
    Facts,
    File,
    Filed,
    GiveUpAsking,
    NoteOverdue,
    ReportAirborne,
    ReportCondition,
    ReportEnded,
    ReportPassing,
    Revise,
    Touching,
    Withdraw,
    Withdrawn,
)
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.names import Author
from tests.airspace.boxes import NOON, NORTH, SOUTH
from tests.flights.routes import MINUTE_MS, NOON_MS, a_plan, kept

PLAN = a_plan(minutes=60)
KEPT = kept(PLAN)
RULE = Author(party="north", node="node-north", rule="expire-flights")
HOUR = timedelta(hours=1)
IN_THE_WAY = Standing(
    kind=Kind.FLIGHT,
    object_id="F9",
    number=0,
    party="south",
    volume=KEPT[0].volume,
    own_number=0,
    minima=Minima(),
)


def facts(held: Flight | None = None, **changed) -> Facts:
    values = {"node_party": "north", "party": "south", "held": held, "volumes": KEPT}
    return Facts(**{**values, **changed})


def a_flight(*events, **changed) -> Flight:
    filed = File(flight_id="F1", plan=PLAN)
    (event,) = flights.decide(filed, facts(**changed), author=SOUTH, now=NOON)
    value = flights.evolve(None, event)
    for each in events:
        value = flights.evolve(value, each)
    assert value is not None
    return value


def asked(command, held: Flight | None = None, *, author=SOUTH, now=NOON, **changed):
    return flights.decide(command, facts(held, **changed), author=author, now=now)


def a_provisional_flight() -> Flight:
    (event,) = asked(File(flight_id="F1", plan=PLAN, is_provisional=True))
    return flights.evolve(None, event)


def an_airborne_flight() -> Flight:
    (event,) = asked(ReportAirborne(flight_id="F1", time_ms=NOON_MS), a_flight())
    return flights.evolve(a_flight(), event)


def test_a_flight_that_meets_nothing_is_coordinated_with_its_volumes():
    (event,) = asked(File(flight_id="F1", plan=PLAN), centre="south-centre", shares=("S1",))
    assert isinstance(event, Filed)
    assert (event.stage, event.party, event.centre) == (Stage.COORDINATED, "south", "south-centre")
    assert event.volumes == KEPT


def test_a_flight_that_meets_something_is_refused_and_it_is_named():
    answer = asked(File(flight_id="F1", plan=PLAN), standing=(IN_THE_WAY, IN_THE_WAY))
    assert answer == Refusal(reason=Reason.CONFLICT, because=("F9",))


def test_a_route_that_cannot_be_flown_is_refused_before_anything_else():
    unfit = Refusal(reason=Reason.WRONG_DIRECTION, because=("EAST",))
    assert asked(File(flight_id="F1", plan=PLAN), unfit=unfit, standing=(IN_THE_WAY,)) == unfit


def test_a_flight_with_due_regard_is_notified_never_admitted():
    plan = msgspec.structs.replace(PLAN, is_due_regard=True)
    (event,) = asked(File(flight_id="F1", plan=plan, is_provisional=True))
    assert (event.stage, event.lapses_at_ms) == (Stage.NOTIFIED, None)


def test_a_flight_where_nobody_decides_is_notified_never_admitted():
    nowhere = tuple(msgspec.structs.replace(each, is_admitted=False) for each in KEPT)
    (event,) = asked(File(flight_id="F1", plan=PLAN), volumes=nowhere)
    assert event.stage is Stage.NOTIFIED


def test_a_provisional_acceptance_lapses_by_the_clock_alone():
    held = a_provisional_flight()
    lapse_ms = Terms().provisional_lapse_ms
    assert held.lapses_at_ms == NOON_MS + lapse_ms
    assert holding.held_volumes(held, NOON_MS + lapse_ms - 1) != ()
    assert holding.held_volumes(held, NOON_MS + lapse_ms) == ()


def test_once_confirmed_it_never_lapses_by_itself():
    (event,) = asked(Confirm(flight_id="F1"), a_provisional_flight())
    assert event == Confirmed(flight_id="F1")
    held = flights.evolve(a_provisional_flight(), event)
    assert (held.stage, held.lapses_at_ms) == (Stage.COORDINATED, None)


def test_what_has_lapsed_cannot_be_confirmed():
    late = NOON + timedelta(milliseconds=Terms().provisional_lapse_ms)
    answer = asked(Confirm(flight_id="F1"), a_provisional_flight(), now=late)
    assert answer == Refusal(reason=Reason.TIME_PAST, because=("F1",))


@pytest.mark.requirement("THREATS 11")
@pytest.mark.parametrize(
    ("quota", "is_provisional", "limit"),
    [
        (Quota(provisional_count=Terms().provisional_max), True, "provisional_max"),
        (Quota(provisional_count=Terms().provisional_max), False, None),
        (
            Quota(provisional_volume_time_ms=Terms().provisional_volume_time_max_ms),
            True,
            "provisional_volume_time_max_ms",
        ),
        (Quota(flights_count=Terms().flights_max), False, "flights_max"),
        (Quota(overdue_count=Terms().overdue_max + 1), False, "overdue_max"),
        (Quota(overdue_count=Terms().overdue_max), False, None),
    ],
)
def test_the_quotas_bound_what_a_party_can_hold_and_say_which_does(quota, is_provisional, limit):
    answer = asked(File(flight_id="F1", plan=PLAN, is_provisional=is_provisional), quota=quota)
    assert (answer == limit_reached(limit or "")) == (limit is not None)
    assert limit is None or hasattr(Terms(), limit)


def test_an_id_in_use_is_refused():
    answer = asked(File(flight_id="F1", plan=PLAN), a_flight())
    assert answer == Refusal(reason=Reason.ID_TAKEN, because=("F1",))


def test_a_departure_that_has_passed_with_its_tolerance_is_refused():
    answer = asked(File(flight_id="F1", plan=PLAN), now=NOON + HOUR + timedelta(minutes=10))
    assert answer == Refusal(reason=Reason.TIME_PAST)


def test_a_flight_beyond_the_horizon_is_refused():
    far = a_plan(minutes=60 * 24 * 31)
    assert asked(File(flight_id="F1", plan=far)) == Refusal(reason=Reason.TOO_FAR_AHEAD)


def test_only_the_party_of_the_node_files_for_another():
    ask = File(flight_id="F1", plan=PLAN, party="relief")
    assert asked(ask, author=SOUTH) == Refusal(reason=Reason.NOT_YOURS)
    assert isinstance(asked(ask, author=NORTH, party="relief"), tuple)


@pytest.mark.requirement("THREATS 6")
def test_another_partys_flight_and_none_are_answered_alike():
    stranger = Author(party="relief", node="node-north")
    not_yours = asked(Withdraw(flight_id="F1"), a_flight(), author=stranger)
    not_there = asked(Withdraw(flight_id="F1"), author=stranger)
    assert not_yours == not_there == Refusal(reason=Reason.NOT_THERE, because=("F1",))


def test_before_it_is_airborne_a_flight_is_withdrawn_and_after_it_is_not():
    assert asked(Withdraw(flight_id="F1"), a_flight()) == (Withdrawn(flight_id="F1"),)
    answer = asked(Withdraw(flight_id="F1"), an_airborne_flight())
    assert answer == Refusal(reason=Reason.WRONG_STATUS, because=("F1",))


def test_the_clock_ends_what_is_on_the_ground_and_never_what_flies():
    late_ms = holding.end_ms(a_flight())
    assert holding.held_volumes(a_flight(), late_ms) == ()
    held = holding.held_volumes(an_airborne_flight(), late_ms)
    assert {volume.time_end_ms for volume in held} == {TIME_LAST_MS}
    assert holding.is_overdue(an_airborne_flight(), late_ms)


def test_of_an_airborne_flight_each_leg_is_kept_until_it_is_reported_behind():
    held = an_airborne_flight()
    first_ends_ms = held.volumes[0].volume.time_end_ms
    first, second = holding.held_volumes(held, first_ends_ms)
    assert first.time_end_ms == TIME_LAST_MS
    assert second == held.volumes[1].volume
    assert holding.changes_at_ms(held, first_ends_ms) == held.volumes[1].volume.time_end_ms


def test_a_report_of_passing_estimates_what_follows():
    held = an_airborne_flight()
    (event,) = asked(ReportPassing(flight_id="F1", point=1, time_ms=NOON_MS), held)
    after = flights.evolve(held, event)
    assert after.passed == 1
    assert after.plan.route[1].time_ms == NOON_MS
    assert after.plan.route[2].time_ms == NOON_MS + 10 * MINUTE_MS


def test_a_point_passed_sooner_than_the_one_behind_was_left_is_believed():
    held = an_airborne_flight()
    (event,) = asked(ReportPassing(flight_id="F1", point=2, time_ms=NOON_MS + 1), held)
    assert event.plan.route[2].time_ms == NOON_MS + 1


@pytest.mark.parametrize("point", [0, 3])
def test_a_point_already_passed_or_not_of_the_route_is_refused(point):
    answer = asked(ReportPassing(flight_id="F1", point=point, time_ms=NOON_MS), an_airborne_flight())
    assert isinstance(answer, Refusal)


@pytest.mark.parametrize("minutes", [-60 * 25, 2])
def test_a_report_of_a_time_far_from_now_is_refused(minutes):
    time_ms = NOON_MS + minutes * MINUTE_MS
    answer = asked(ReportAirborne(flight_id="F1", time_ms=time_ms), a_flight())
    assert answer == Refusal(reason=Reason.TIME_IMPLAUSIBLE, because=("F1",))


def test_an_emergency_is_never_refused_for_what_is_in_its_way():
    near = (Touching(kind=Kind.FLIGHT, object_id="F9", party="south"),)
    answer = asked(
        ReportCondition(flight_id="F1", condition=Condition.EMERGENCY),
        an_airborne_flight(),
        standing=(IN_THE_WAY,),
        imposed=(KEPT[0].volume,),
        touching=near,
    )
    after = flights.evolve(an_airborne_flight(), answer[0])
    assert (after.condition, after.imposed, after.touching) == (
        Condition.EMERGENCY,
        (KEPT[0].volume,),
        near,
    )


def test_a_lapsed_flight_that_flies_anyway_is_kept():
    held = a_provisional_flight()
    late = NOON + HOUR
    (event,) = asked(ReportAirborne(flight_id="F1", time_ms=NOON_MS + 60 * MINUTE_MS), held, now=late)
    assert holding.held_volumes(flights.evolve(held, event), NOON_MS + 60 * MINUTE_MS) != ()


def test_a_flight_ends_by_report():
    answer = asked(ReportEnded(flight_id="F1"), an_airborne_flight())
    assert answer == (Ended(flight_id="F1"),)
    assert flights.evolve(an_airborne_flight(), answer[0]) is None


def test_what_is_on_the_ground_has_not_ended():
    answer = asked(ReportEnded(flight_id="F1"), a_flight())
    assert answer == Refusal(reason=Reason.WRONG_STATUS, because=("F1",))


def test_a_refused_revision_leaves_the_old_plan():
    answer = asked(Revise(flight_id="F1", plan=a_plan(minutes=90)), a_flight(), standing=(IN_THE_WAY,))
    assert answer == Refusal(reason=Reason.CONFLICT, because=("F9",))


def test_an_accepted_revision_is_in_force():
    plan = a_plan(minutes=90)
    (event,) = asked(Revise(flight_id="F1", plan=plan), a_flight(), volumes=kept(plan))
    after = flights.evolve(a_flight(), event)
    assert (after.plan, after.volumes, after.stage) == (plan, kept(plan), Stage.COORDINATED)


def test_the_rule_notes_what_is_overdue_and_nobody_else_does():
    late = NOON + 3 * HOUR
    (event,) = asked(NoteOverdue(flight_id="F1"), an_airborne_flight(), author=RULE, now=late)
    assert flights.evolve(an_airborne_flight(), event).condition is Condition.OVERDUE
    by_hand = asked(NoteOverdue(flight_id="F1"), an_airborne_flight(), author=NORTH, now=late)
    assert by_hand == Refusal(reason=Reason.NOT_THERE, because=("F1",))
    early = asked(NoteOverdue(flight_id="F1"), an_airborne_flight(), author=RULE)
    assert early == Refusal(reason=Reason.NOT_YET, because=("F1",))


def test_an_airborne_flight_is_never_forgotten():
    for hours in (3, 300):
        answer = asked(
            ExpireFlight(flight_id="F1"), an_airborne_flight(), author=RULE, now=NOON + hours * HOUR
        )
        assert answer == Refusal(reason=Reason.NOT_YET, because=("F1",))


@pytest.mark.requirement("THREATS 11")
def test_a_lapsed_one_counts_against_the_quota_until_the_wait_is_over():
    terms = Terms()
    lapsed = NOON + timedelta(milliseconds=terms.provisional_lapse_ms)
    forgotten = lapsed + timedelta(milliseconds=terms.renewal_wait_ms)
    early = asked(ExpireFlight(flight_id="F1"), a_provisional_flight(), author=RULE, now=lapsed)
    assert early == Refusal(reason=Reason.NOT_YET, because=("F1",))
    assert isinstance(
        asked(ExpireFlight(flight_id="F1"), a_provisional_flight(), author=RULE, now=forgotten), tuple
    )


def test_the_actions_offered_are_those_that_would_be_taken():
    assert flights.actions(a_provisional_flight(), NOON)[0] is flights.Action.CONFIRM
    assert flights.Action.WITHDRAW in flights.actions(a_flight(), NOON)
    flying = flights.actions(an_airborne_flight(), NOON)
    assert flights.Action.REPORT_ENDED in flying
    assert flights.Action.WITHDRAW not in flying


def test_events_that_contradict_the_state_stop_the_process():
    with pytest.raises(InvariantError):
        flights.evolve(None, Withdrawn(flight_id="F1"))
    with pytest.raises(InvariantError):
        flights.evolve(an_airborne_flight(), Withdrawn(flight_id="F1"))
    with pytest.raises(InvariantError):
        flights.evolve(a_flight(), Confirmed(flight_id="F1"))
    (filed,) = asked(File(flight_id="F1", plan=PLAN))
    with pytest.raises(InvariantError):
        flights.evolve(a_flight(), filed)


def test_the_clock_is_looked_at_when_it_changes_something():
    held = a_provisional_flight()
    assert holding.changes_at_ms(held, NOON_MS) == held.lapses_at_ms
    assert holding.changes_at_ms(a_flight(), NOON_MS) == holding.end_ms(a_flight())
    assert holding.changes_at_ms(a_flight(), holding.end_ms(a_flight())) is None


# --- with other authorities -------------------------------------------------------------------------------


OTHERS = {
    "agreed": Agreed(digest="d", answer_within_ms=10 * MINUTE_MS, lapse_ms=20 * MINUTE_MS),
    "asked_of": (AskedOf(authority="east"), AskedOf(authority="west")),
}


def a_flight_that_others_are_asked_for() -> Flight:
    filed, *_ = asked(File(flight_id="F1", plan=PLAN), **OTHERS)
    return flights.evolve(None, filed)


def test_what_others_are_asked_for_is_provisional_until_they_must_have_answered():
    filed, *said = asked(File(flight_id="F1", plan=PLAN), **OTHERS)
    assert (filed.stage, filed.lapses_at_ms) == (Stage.PROVISIONAL, NOON_MS + 20 * MINUTE_MS)
    assert filed.coordination.until_ms == filed.lapses_at_ms
    assert [each.errand.authority for each in said] == ["east", "west"]


def test_what_others_are_asked_for_is_not_confirmed_by_hand():
    held = a_flight_that_others_are_asked_for()
    assert flights.Action.CONFIRM not in flights.actions(held, NOON)
    refused = asked(Confirm(flight_id="F1"), held)
    assert refused == Refusal(reason=Reason.WRONG_STATUS, because=("F1",))


@pytest.mark.parametrize(
    ("changed", "command", "refusal"),
    [
        ({}, {"is_provisional": True}, Refusal(reason=Reason.OTHER_AUTHORITY)),
        ({}, {"plan": a_plan(minutes=60, joins="F2")}, Refusal(reason=Reason.OTHER_AUTHORITY)),
        ({}, {"plan": a_plan(minutes=60, splits_from="F2")}, Refusal(reason=Reason.OTHER_AUTHORITY)),
        (
            {"asked_of": (AskedOf(authority="east", is_open=False), AskedOf(authority="west"))},
            {},
            Refusal(reason=Reason.UNREACHABLE, because=("east",)),
        ),
        (
            {"asked_of": (AskedOf(authority="east", errands_count=ERRANDS_MAX),)},
            {},
            limit_reached("errands_max"),
        ),
        ({"volumes": KEPT * 200}, {}, limit_reached("volumes_bytes_max")),
        (
            {"asked_next": ("east", "south", "west")},
            {},
            Refusal(reason=Reason.OTHER_AUTHORITY, because=("south",)),
        ),
        ({"standing": (IN_THE_WAY,)}, {}, Refusal(reason=Reason.CONFLICT, because=("F9",))),
    ],
)
def test_others_are_not_asked_for_what_cannot_be_asked(changed, command, refusal):
    filed = File(**{"flight_id": "F1", "plan": PLAN, **command})
    assert asked(filed, **{**OTHERS, **changed}) == refusal


def test_a_flight_that_takes_off_before_others_have_confirmed_is_notified_and_keeps_its_sky():
    held = a_flight_that_others_are_asked_for()
    passed, *told = asked(
        ReportAirborne(flight_id="F1", time_ms=NOON_MS + 60 * MINUTE_MS), held, now=NOON + HOUR
    )
    value = flights.evolve(held, passed)
    assert value.stage is Stage.NOTIFIED
    assert holding.held_volumes(value, NOON_MS + 48 * 60 * MINUTE_MS)
    words = [each.errand.word for each in told if isinstance(each, ErrandKept)]
    assert [each.is_airborne for each in words] == [True, True]


def test_a_flight_that_needs_nobody_else_says_nothing_to_others():
    assert len(asked(File(flight_id="F1", plan=PLAN))) == 1
    assert (
        len(
            asked(
                ReportAirborne(flight_id="F1", time_ms=NOON_MS + 60 * MINUTE_MS), a_flight(), now=NOON + HOUR
            )
        )
        == 1
    )
    assert asked(Withdraw(flight_id="F1"), a_flight()) == (Withdrawn(flight_id="F1"),)


def test_what_is_notified_is_told_and_nobody_is_asked():
    due_regard = msgspec.structs.replace(PLAN, is_due_regard=True)
    filed, changed, *said = asked(File(flight_id="F1", plan=due_regard), **OTHERS)
    assert (filed.stage, filed.coordination) == (Stage.NOTIFIED, None)
    assert changed.coordination.telling.to == ("east", "west")
    assert [type(each.errand.word) for each in said] == [FlightState, FlightState]


def test_the_end_of_a_flight_that_others_were_asked_for_is_told():
    held = a_flight_that_others_are_asked_for()
    passed, *_ = asked(
        ReportAirborne(flight_id="F1", time_ms=NOON_MS + 60 * MINUTE_MS), held, now=NOON + HOUR
    )
    ended, *said = asked(ReportEnded(flight_id="F1"), flights.evolve(held, passed), now=NOON + HOUR)
    assert ended == Ended(flight_id="F1")
    assert [(each.errand.authority, each.errand.word.is_over) for each in said] == [
        ("east", True),
        ("west", True),
    ]


def test_only_a_rule_gives_up_asking_and_only_when_it_is_time():
    held, give_up = a_flight_that_others_are_asked_for(), GiveUpAsking(flight_id="F1")
    late = NOON + timedelta(minutes=20)
    assert asked(give_up, held, now=late).reason is Reason.NOT_THERE
    by_rule = msgspec.structs.replace(RULE, rule="give-up-asking")
    assert asked(give_up, held, author=by_rule).reason is Reason.NOT_YET
    changed, *said = asked(give_up, held, author=by_rule, now=late)
    assert not holding.is_asking(flights.evolve(held, changed))
    assert [type(each.errand.word) for each in said] == [CrossingGiveBack, CrossingGiveBack]


def test_a_flight_is_not_forgotten_while_others_are_asked_for_it():
    held = a_flight_that_others_are_asked_for()
    late = NOON + timedelta(hours=5)
    assert asked(ExpireFlight(flight_id="F1"), held, author=RULE, now=late).reason is Reason.NOT_YET
