"""A suspended agreement: nothing new comes of anything, what stands is honoured, and the floor goes on."""

from typing import Any

import pytest

from mamarr.airspace.commitment import Phase, Reply, Suspended
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.reservations import Release, Reserve
from mamarr.coordination import crossings
from mamarr.coordination.agreements import WITHDRAWAL_NOTICE_MS
from mamarr.coordination.crossings import AcceptCrossing, RejectCrossing
from mamarr.coordination.suspensions import PROPOSAL_MS, Change
from mamarr.coordination.withdrawals import WithdrawAcceptance
from mamarr.engine import redecided, replay
from mamarr.faults import Reason, Refusal
from mamarr.flights import Condition, Position, answers, holding
from mamarr.flights.crossings import CrossingState
from mamarr.flights.errands import (
    AlertTold,
    CrossingReply,
    CrossingWithdrawal,
    FlightState,
    SuspensionTold,
)
from mamarr.flights.flights import (
    File,
    ReportAirborne,
    ReportCondition,
    ReportEnded,
    ReportPassing,
    Revise,
    Withdraw,
)
from mamarr.flights.holding import Stage
from mamarr.flights.voicing import EnterVoice
from mamarr.geometry.altitude import filed_level
from mamarr.link.links import FLOOR
from mamarr.names import AlertType
from tests.engine import stories_of_neighbours as story
from tests.engine.neighbouring import Sky, made_once
from tests.engine.stories import at
from tests.engine.stories_of_neighbours import (
    DUTY,
    confirm,
    give_back,
    inside,
    reply,
    request,
    wanted,
)
from tests.engine.stories_of_suspension import (
    RESUME,
    SUSPEND,
    WHY,
    approves,
    done,
    proposes,
    tells,
    withdraws,
)
from tests.engine.stories_of_voice import claim
from tests.flights.routes import DEG, MINUTE_MS, NOON_MS, a_plan


def ok(outcomes: list[Any]) -> None:
    refused = [each for each in outcomes if isinstance(each, Refusal)]
    assert refused == []


def suspend(sky: Sky, change: Change = SUSPEND) -> None:
    """Two persons of north do it, a minute later."""
    sky.minutes += 1
    ok(sky.ask(*done(change)))


def by_south(sky: Sky, number: int = 1, *, is_suspended: bool = True) -> None:
    """South says that it did, a minute later."""
    sky.minutes += 1
    told = tells(number, is_suspended=is_suspended, minutes=sky.minutes)
    assert not isinstance(sky.hear(sky.south, told), Refusal)


@made_once
def a_sky(minutes: int = 200, **filed: Any) -> Sky:
    """F1 is in force with south."""
    sky = Sky()
    ok([sky.north(File(flight_id="F1", plan=a_plan(minutes=minutes, **filed)))])
    sky.hear(sky.south, reply("F1", 4, Reply.ACCEPTED))
    sky.hear(sky.south, reply("F1", 4, Reply.CONFIRMED))
    assert sky.flight().stage is Stage.COORDINATED
    return sky


def replies(sky: Sky, name: str) -> list[CrossingReply]:
    return [each for each in sky.said() if isinstance(each, CrossingReply) and each.object_id == name]


def refused(outcome: Any) -> tuple[Reason, tuple[str, ...]]:
    assert isinstance(outcome, Refusal), outcome
    return outcome.reason, outcome.because


BY_NORTH = (Reason.AGREEMENT_SUSPENDED, ("north",))
BY_SOUTH = (Reason.AGREEMENT_SUSPENDED, ("south",))

# --- who does it ------------------------------------------------------------------------------------------


def test_it_is_in_force_at_once_and_each_other_member_is_told_why_and_since_when():
    sky = Sky()
    suspend(sky)
    assert sky.projection.suspended() == Suspended(at_ms=at(5), count=1, by=("north",))
    for authority in ("south", "east"):
        (told,) = (each for each in sky.said(authority) if isinstance(each, SuspensionTold))
        assert told == SuspensionTold(number=1, is_suspended=True, decided_ms=at(5), reason=WHY)


def test_one_person_suspends_nothing_also_with_two_sessions():
    sky = Sky()
    _, alone = sky.ask(proposes(SUSPEND), approves(SUSPEND, key="key-1"))
    assert refused(alone)[0] is Reason.SECOND_PERSON_NEEDED
    assert sky.projection.suspended() is None


def test_a_proposal_is_approved_word_for_word_and_within_a_day():
    sky = Sky()
    _, other = sky.ask(proposes(SUSPEND), approves(SUSPEND, "Something else."))
    assert refused(other)[0] is Reason.NOT_THERE
    sky.minutes += PROPOSAL_MS // MINUTE_MS
    assert refused(sky.ask(approves(SUSPEND))[0])[0] is Reason.TIME_PAST


def test_while_either_side_has_it_suspended_it_is_and_each_resumes_only_its_own():
    sky = Sky()
    suspend(sky)
    by_south(sky)
    assert sky.projection.suspended().by == ("north", "south")
    suspend(sky, RESUME)
    assert sky.projection.suspended().by == ("south",)
    assert refused(sky.ask(proposes(RESUME))[0])[0] is Reason.WRONG_STATUS
    assert refused(sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))) == BY_SOUTH
    by_south(sky, 2, is_suspended=False)
    ok([sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))])


def test_what_was_said_before_or_twice_changes_nothing():
    sky = Sky()
    by_south(sky, 2, is_suspended=False)
    by_south(sky, 1)
    assert not (sky.projection.suspended() or Suspended(at_ms=0, count=0)).by
    by_south(sky, 3)
    by_south(sky, 3)
    assert sky.projection.suspended().count == 1


def test_nobody_else_says_that_a_member_resumed():
    sky = Sky()
    suspend(sky)
    told = tells(9, is_suspended=False, minutes=5, is_returned=True)
    sky.hear(sky.south, told)  # north forgot nothing
    assert sky.projection.suspended().by == ("north",)
    by_south(sky, 1)
    sky.hear(sky.east, tells(9, is_suspended=False, minutes=5))  # of east alone
    assert sky.projection.suspended().by == ("north", "south")


# --- what is new ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["north", "south"])
def test_nothing_new_that_needs_another_authority_is_asked_and_what_needs_nobody_else_goes_on(by: str):
    sky = a_sky()
    (suspend if by == "north" else by_south)(sky)
    box = story.beside_the_border(400, 460)
    why = (Reason.AGREEMENT_SUSPENDED, (by,))
    assert refused(sky.north(File(flight_id="F2", plan=a_plan(minutes=300)))) == why
    assert refused(sky.north(Revise(flight_id="F1", plan=a_plan(minutes=230)))) == why
    assert refused(sky.north(Reserve(reservation_id="R1", volume=box))) == why
    assert sky.requests("F2") == []
    assert sky.flight().coordination.filing.in_force == 1
    ok([sky.north(File(flight_id="F3", plan=inside(600)))])
    assert sky.flight("F3").stage is Stage.COORDINATED
    ok([sky.north(File(flight_id="F4", plan=a_plan(minutes=700, is_due_regard=True)))])
    assert sky.flight("F4").stage is Stage.NOTIFIED  # it flies anyway, and others are told
    assert sky.states("F4")


def test_a_flight_goes_on_alone_where_its_next_plan_needs_nobody_else():
    sky = a_sky()
    suspend(sky)
    ok([sky.north(Revise(flight_id="F1", plan=inside(600)))])
    assert sky.flight().stage is Stage.COORDINATED
    assert sky.given_back() == [1]


@pytest.mark.parametrize("by", ["north", "south"])
def test_a_request_is_rejected_at_once_though_a_standard_condition_is_met(by: str):
    sky = Sky()
    (suspend if by == "north" else by_south)(sky)
    sky.hear(sky.south, request("S1", a_plan(minutes=1_000)))
    (said,) = replies(sky, "S1")
    assert (said.reply, said.reason) == (Reply.REJECTED, Reason.AGREEMENT_SUSPENDED)
    assert refused(sky.north(AcceptCrossing(crossing_id=sky.south.name("S1"), revision=1), DUTY))[0] is (
        Reason.WRONG_STATUS
    )


def test_what_a_person_was_to_answer_is_declined_with_the_reason_and_accepted_by_nobody():
    sky = Sky()
    high = a_plan(minutes=1_000, level="F370")
    sky.hear(sky.south, request("S1", high))
    sky.hear(sky.south, request("S2", a_plan(minutes=1_200, level="F370")))
    suspend(sky)
    accept = AcceptCrossing(crossing_id=sky.south.name("S1"), revision=1)
    assert refused(sky.north(accept, DUTY)) == BY_NORTH
    ok([sky.north(RejectCrossing(crossing_id=sky.south.name("S2"), revision=1), DUTY)])
    sky.rules("decline-unanswered")
    assert [each.reason for each in replies(sky, "S1")] == [Reason.AGREEMENT_SUSPENDED]
    assert [each.reason for each in replies(sky, "S2")] == [Reason.DECLINED]


# --- what was under way -----------------------------------------------------------------------------------


def test_what_is_asked_is_given_up_within_a_second_and_its_people_see_why():
    sky = Sky()
    ok([sky.north(File(flight_id="F1", plan=a_plan(minutes=200, level="F380")))])
    by_south(sky)
    sky.rules("give-up-asking")
    assert sky.flight().coordination.filing.phase is Phase.IDLE
    assert sky.given_back("F1", "south") == sky.given_back("F1", "east") == [1]
    said = {each.authority: each for each in answers.at_authorities(sky.flight())}
    assert (said["south"].state, said["south"].reason) == (
        CrossingState.REJECTED,
        Reason.AGREEMENT_SUSPENDED,
    )


@pytest.mark.parametrize("by", ["north", "south"])
@pytest.mark.parametrize("is_resumed", [False, True])
def test_an_answer_to_what_was_asked_before_makes_nothing_coordinated(by: str, is_resumed: bool):
    sky = Sky()
    ok([sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))])
    sky.hear(sky.south, reply("F1", 4, Reply.ACCEPTED))
    if by == "north":
        suspend(sky)
        if is_resumed:
            suspend(sky, RESUME)
    else:
        by_south(sky)
        if is_resumed:
            by_south(sky, 2, is_suspended=False)
    sky.hear(sky.south, reply("F1", 4, Reply.CONFIRMED))
    assert sky.flight().stage is Stage.PROVISIONAL
    assert sky.flight().coordination.filing.in_force == 0
    assert sky.given_back() == [1]


def test_a_reservation_that_is_asked_for_is_given_up_by_the_answer_and_by_the_rule():
    sky = Sky()
    for name, first in (("R1", 400), ("R2", 500)):
        box = story.beside_the_border(first, first + 60)
        ok([sky.north(Reserve(reservation_id=name, volume=box))])
    suspend(sky)
    sky.hear(sky.south, reply("R1", 4, Reply.ACCEPTED, kind=Kind.RESERVATION))
    assert sky.reservation("R1").coordination.filing.phase is Phase.IDLE
    sky.rules("give-up-asking")
    assert sky.reservation("R2").coordination.filing.phase is Phase.IDLE


def test_a_revision_is_given_up_and_the_plan_in_force_stays():
    sky = a_sky()
    ok([sky.north(Revise(flight_id="F1", plan=a_plan(minutes=230)))])
    by_south(sky)
    sky.hear(sky.south, reply("F1", 4, Reply.ACCEPTED, 2))
    filing = sky.flight().coordination.filing
    assert (filing.phase, filing.in_force, sky.given_back()) == (Phase.IDLE, 1, [2])
    assert sky.flight().plan == a_plan(minutes=200)


@pytest.mark.parametrize("is_resumed", [False, True])
def test_what_was_accepted_before_is_not_confirmed_after_and_stays_protected(is_resumed: bool):
    sky = Sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=1_000)))
    suspend(sky)
    if is_resumed:
        suspend(sky, RESUME)
    sky.hear(sky.south, confirm("S1"))
    assert [(each.reply, each.reason) for each in replies(sky, "S1")] == [
        (Reply.ACCEPTED, None),
        (Reply.NOT_HELD, Reason.AGREEMENT_SUSPENDED),
    ]
    held = sky.projection.crossings.get(sky.south.name("S1"))
    assert crossings.held_parts(held, at(sky.minutes))
    sky.hear(sky.south, give_back("S1"))
    assert not crossings.held_parts(sky.projection.crossings.get(sky.south.name("S1")), at(sky.minutes))


def test_what_is_accepted_after_it_was_resumed_is_confirmed():
    sky = Sky()
    suspend(sky)
    suspend(sky, RESUME)
    sky.hear(sky.south, request("S1", a_plan(minutes=1_000)))
    sky.hear(sky.south, confirm("S1"))
    assert [each.reply for each in replies(sky, "S1")] == [Reply.ACCEPTED, Reply.CONFIRMED]


def test_what_was_confirmed_before_is_honoured():
    sky = Sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=1_000)))
    sky.hear(sky.south, confirm("S1"))
    suspend(sky)
    for table in ("decline-unanswered", "give-up-asking", "expire-crossings"):
        sky.rules(table)
    (kept,) = sky.projection.crossings.get(sky.south.name("S1")).crossing.kept
    assert (kept.revision, kept.lapses_at_ms) == (1, None)


def test_no_acceptance_comes_by_telephone_either():
    sky = Sky()
    ok([sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))])
    suspend(sky)
    said = {"kind": Kind.FLIGHT, "object_id": "F1", "revision": 1, "authority": "south"}
    voice = EnterVoice(**said, reply=Reply.ACCEPTED, spoken_at_ms=at(5))
    assert refused(sky.north(voice, DUTY)) == BY_NORTH
    ok([sky.north(EnterVoice(**said, reply=Reply.REJECTED, spoken_at_ms=at(5)), DUTY)])
    sky.hear(sky.south, claim("S1", 1_000))
    assert [each.reason for each in replies(sky, "S1")] == [Reason.AGREEMENT_SUSPENDED]


# --- withdrawal -------------------------------------------------------------------------------------------


def confirmed_for_south() -> Sky:
    sky = Sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=1_000)))
    sky.hear(sky.south, confirm("S1"))
    return sky


def withdraw(sky: Sky, from_minutes: int = 60, name: str = "S1", revision: int = 1) -> Any:
    asked = WithdrawAcceptance(crossing_id=sky.south.name(name), revision=revision, from_ms=at(from_minutes))
    return sky.north(asked, DUTY)


def test_what_is_withdrawn_with_notice_stays_protected_until_it_is_given_back():
    sky = confirmed_for_south()
    assert refused(withdraw(sky))[0] is Reason.WRONG_STATUS  # nothing is suspended
    suspend(sky)
    assert refused(withdraw(sky, 20))[0] is Reason.NOTICE_UNFIT
    ok([withdraw(sky)])
    (told,) = (each for each in sky.said() if isinstance(each, CrossingWithdrawal))
    assert (told.object_id, told.revision, told.from_ms) == ("S1", 1, at(60))
    sky.minutes = 900  # long after
    held = sky.projection.crossings.get(sky.south.name("S1"))
    assert crossings.held_parts(held, at(900))
    assert refused(sky.north(File(flight_id="F2", plan=a_plan(minutes=1_000))))[0] is Reason.CONFLICT
    sky.hear(sky.south, give_back("S1"))
    assert not crossings.held_parts(sky.projection.crossings.get(sky.south.name("S1")), at(900))


def test_only_who_suspended_withdraws_and_only_what_is_confirmed_and_on_the_ground():
    sky = confirmed_for_south()
    by_south(sky)
    assert refused(withdraw(sky))[0] is Reason.WRONG_STATUS
    suspend(sky)
    sky.hear(sky.south, request("S2", a_plan(minutes=1_100)))
    assert refused(withdraw(sky, name="S2"))[0] is Reason.WRONG_STATUS  # it was rejected
    assert refused(withdraw(sky, revision=2))[0] is Reason.WRONG_STATUS
    up = FlightState(
        object_id="S1",
        filed_ms=NOON_MS,
        number=1,
        revision=1,
        is_airborne=True,
        content=wanted(a_plan(minutes=1_000)),
    )
    sky.hear(sky.south, up)
    assert refused(withdraw(sky))[0] is Reason.WRONG_STATUS


def test_whose_acceptance_is_withdrawn_is_not_coordinated_any_more_when_the_notice_is_over():
    sky = a_sky()
    by_south(sky)
    sky.hear(sky.south, withdraws("F1", 4, 60))
    assert sky.flight().stage is Stage.COORDINATED
    assert [each.from_ms for each in holding.noticed(sky.flight())] == [at(60)]
    sky.minutes = 59
    assert sky.rules("give-up-asking") == []
    sky.minutes = 60
    ok(sky.rules("give-up-asking"))
    flight = sky.flight()
    assert (flight.stage, flight.coordination.filing.in_force) == (Stage.PROVISIONAL, 0)
    assert answers.is_given_up(flight)
    assert sky.given_back() == [1]
    (said,) = answers.at_authorities(flight)
    assert (said.state, said.reason) == (CrossingState.REJECTED, Reason.AGREEMENT_SUSPENDED)
    ok([sky.north(File(flight_id="F2", plan=a_plan(minutes=200, is_due_regard=True)))])


def test_who_hears_of_it_late_has_as_much_notice():
    sky = a_sky(minutes=600)
    sky.minutes = 90
    sky.hear(sky.south, withdraws("F1", 4, 60))
    (notice,) = holding.noticed(sky.flight())
    assert notice.from_ms == at(90) + WITHDRAWAL_NOTICE_MS


def test_what_is_in_the_air_by_then_is_honoured_to_its_exit():
    sky = a_sky()
    by_south(sky)
    sky.hear(sky.south, withdraws("F1", 4, 210))
    sky.minutes = 200
    ok([sky.north(ReportAirborne(flight_id="F1", time_ms=at(200)))])
    sky.minutes = 400
    sky.rules("give-up-asking")
    sky.hear(sky.south, withdraws("F1", 4, 500))
    sky.minutes = 600
    sky.rules("give-up-asking")
    assert sky.flight().coordination.filing.in_force == 1
    assert sky.given_back() == []
    ok([sky.north(ReportEnded(flight_id="F1"))])
    assert sky.states("F1")[-1].is_over


def test_a_withdrawal_of_what_is_confirmed_here_only_gives_up_what_is_asked():
    sky = Sky()
    ok([sky.north(File(flight_id="F1", plan=a_plan(minutes=200, level="F380")))])
    for by in (sky.south, sky.east):
        sky.hear(by, reply("F1", 4, Reply.ACCEPTED))
    sky.hear(sky.south, reply("F1", 4, Reply.CONFIRMED))
    sky.hear(sky.south, withdraws("F1", 4, 60))
    assert sky.flight().coordination.filing.phase is Phase.IDLE
    assert sky.given_back("F1", "south") == sky.given_back("F1", "east") == [1]
    sky.hear(sky.east, reply("F1", 4, Reply.CONFIRMED))
    assert sky.flight().coordination.filing.in_force == 0


@pytest.mark.parametrize("revision", [2, 0])
def test_a_withdrawal_of_another_revision_changes_nothing(revision: int):
    sky = a_sky()
    before = sky.flight()
    sky.hear(sky.south, withdraws("F1", 4, 60, revision=revision))
    sky.hear(sky.east, withdraws("F1", 4, 60))  # east was never asked
    assert sky.flight() == before


# --- the floor goes on ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["north", "south"])
def test_what_flies_is_told_and_heard_while_it_is_suspended(by: str):
    sky = a_sky()
    (suspend if by == "north" else by_south)(sky)
    sky.minutes = 200
    ok([sky.north(ReportAirborne(flight_id="F1", time_ms=at(200)))])
    there = Position(latitude_e7deg=34 * DEG, longitude_e7deg=325_000_000, level=filed_level("F330"))
    ill = ReportCondition(flight_id="F1", condition=Condition.EMERGENCY, position=there)
    ok([sky.north(ill)])
    sky.minutes = 240
    ok([sky.north(ReportPassing(flight_id="F1", point=1, time_ms=at(240)))])  # an estimate that moved
    ok([sky.north(ReportEnded(flight_id="F1"))])
    states = sky.states("F1")
    assert [each.is_airborne for each in states] == [True, True, True, False]
    assert states[1].condition is Condition.EMERGENCY
    assert states[1].imposed
    assert states[-1].is_over
    up = FlightState(
        object_id="S9",
        filed_ms=NOON_MS,
        number=1,
        is_airborne=True,
        condition=Condition.EMERGENCY,
        content=wanted(a_plan(minutes=241)),
    )
    sky.hear(sky.south, up)
    assert sky.projection.crossings.get(sky.south.name("S9")).told.condition is Condition.EMERGENCY
    alert = AlertTold(object_id="S9", filed_ms=NOON_MS, alert=AlertType.RAMHD, number=1, raised_ms=at(240))
    sky.hear(sky.south, alert)
    assert [each.alert for _, each in sky.projection.alerts_told.current_items()] == [AlertType.RAMHD]


def test_what_others_protect_is_given_back_while_it_is_suspended():
    sky = a_sky()
    box = story.beside_the_border(400, 460)
    ok([sky.north(Reserve(reservation_id="R1", volume=box))])
    for said in (Reply.ACCEPTED, Reply.CONFIRMED):
        sky.hear(sky.south, reply("R1", 4, said, kind=Kind.RESERVATION))
    suspend(sky)
    ok([sky.north(Withdraw(flight_id="F1")), sky.north(Release(reservation_id="R1"))])
    assert sky.given_back() == [1]


def test_floor_words_are_words_of_the_floor():
    assert isinstance(tells(1, is_suspended=True, minutes=1), FLOOR)
    assert not isinstance(withdraws("F1", 4, 60), FLOOR)


def test_all_of_it_is_decided_so_again():
    sky = a_sky()
    suspend(sky)
    sky.hear(sky.south, withdraws("F1", 4, 60))
    sky.minutes = 70
    sky.rules("give-up-asking")
    rows = list(sky.desk.store.rows())
    assert list(redecided(rows, party="north")) == []
    assert replay(rows, party="north").projection.state() == sky.projection.state()
