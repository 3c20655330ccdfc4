"""Two authorities' decisions at one node: what it asks, what it is asked, and what it may tell."""

import json
from typing import Any

import msgspec
import pytest

from mamarr.airspace import SpecialHandling, Terms
from mamarr.airspace.commitment import ERRANDS_MAX, Phase, Reply
from mamarr.airspace.corridors import WithdrawCorridor
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.reservations import Release, Reserve
from mamarr.airspace.shares import DeclareShare, WithdrawShare
from mamarr.airspace.terms import SetTerms
from mamarr.conflicts import Minima
from mamarr.coordination import Map, agreements, crossings
from mamarr.coordination.agreements import Agree
from mamarr.coordination.channels import StopChannel, Stopped
from mamarr.coordination.crossings import AcceptCrossing
from mamarr.engine import Projection, occupancies, redecided, replay
from mamarr.faults import Reason, Refusal, limit_reached
from mamarr.flights import Plan, admission, errands, holding
from mamarr.flights.crossings import Content
from mamarr.flights.errands import (
    AgreementReady,
    CrossingConfirm,
    CrossingGiveBack,
    CrossingRequest,
    FlightState,
    Word,
)
from mamarr.flights.flights import (
    Confirm,
    File,
    GiveUpAsking,
    ReportAirborne,
    ReportCondition,
    ReportEnded,
    ReportPassing,
    Revise,
    Withdraw,
)
from mamarr.flights.holding import Stage
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.names import Author
from tests.engine import stories_of_neighbours as story
from tests.engine.neighbouring import Sky, made_once
from tests.engine.orders import Desk
from tests.engine.stories import about, at, rule
from tests.engine.stories_of_neighbours import (
    DIGEST,
    DUTY,
    FIRST,
    NEXT,
    SOUTH,
    Neighbour,
    confirm,
    give_back,
    inside,
    reply,
    request,
    wanted,
)
from tests.engine.stories_of_the_line import DAY_MS, Peer, opened
from tests.flights.routes import NOON_MS, a_plan, a_point, kept


@made_once
def a_filed_sky(plan: Any = None, name: str = "F1") -> Sky:
    sky = Sky()
    outcome = sky.north(File(flight_id=name, plan=plan or a_plan(minutes=200)))
    assert not isinstance(outcome, Refusal), outcome
    return sky


@made_once
def a_coordinated_sky() -> Sky:
    """South has accepted and confirmed F1."""
    sky = a_filed_sky()
    sky.hear(sky.south, reply("F1", 4, Reply.ACCEPTED))
    sky.hear(sky.south, reply("F1", 4, Reply.CONFIRMED))
    return sky


def test_skies_of_one_making_have_nothing_in_common():
    one, other = a_filed_sky(), a_filed_sky()
    before = other.projection.state()
    one.hear(one.south, reply("F1", 4, Reply.ACCEPTED))
    one.north(Withdraw(flight_id="F1"))
    assert other.projection.state() == before != one.projection.state()
    assert other.desk.store.size() < one.desk.store.size()
    assert a_filed_sky().projection.state() == before


# --- north asks -------------------------------------------------------------------------------------------


def test_what_needs_another_authority_is_held_and_asked_for_and_not_coordinated_yet():
    sky = a_filed_sky()
    flight = sky.flight()
    assert flight.stage is Stage.PROVISIONAL
    assert flight.lapses_at_ms == at(4) + story.LAPSE_MS
    (asked,) = sky.requests("F1")
    assert (asked.digest, asked.revision, asked.content.volumes) == (DIGEST, 1, flight.volumes)
    refused = sky.north(File(flight_id="F2", plan=a_plan(minutes=200)), SOUTH)
    assert refused.reason is Reason.CONFLICT


def test_what_needs_nobody_else_is_coordinated_at_once():
    sky = a_filed_sky(inside(200))
    assert sky.flight().stage is Stage.COORDINATED
    assert sky.flight().coordination is None
    assert sky.requests("F1") == []


def test_who_is_asked_is_told_whose_flight_it_is_only_where_a_rule_says_so():
    sky = Sky()
    sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    sky.ask((SOUTH, File(flight_id="F2", plan=a_plan(minutes=300, level="F380"))))
    (known,) = sky.requests("F1")
    assert (known.content.party, known.content.plan) == ("north", a_plan(minutes=200))
    (withheld,) = sky.requests("F2", "east")
    assert (withheld.content.party, withheld.content.plan) == ("", None)
    assert "EXA101" not in errands.said(withheld)
    (own,) = sky.requests("F2", "south")
    assert own.content.party == "south"


def test_it_is_coordinated_when_all_that_were_asked_have_confirmed():
    sky = a_filed_sky(a_plan(minutes=200, level="F380"))
    for by, said in (
        (sky.south, Reply.ACCEPTED),
        (sky.east, Reply.ACCEPTED),
        (sky.south, Reply.CONFIRMED),
        (sky.east, Reply.CONFIRMED),
    ):
        assert sky.flight().stage is Stage.PROVISIONAL
        assert not holding.is_in_force(sky.flight())
        sky.hear(by, reply("F1", 4, said))
    assert sky.flight().stage is Stage.COORDINATED
    assert sky.flight().lapses_at_ms is None
    assert sky.flight().coordination.filing.in_force_with == ("east", "south")


@pytest.mark.parametrize("said", [Reply.REJECTED, Reply.COUNTERED])
def test_one_that_does_not_accept_ends_it_for_all(said: Reply):
    sky = a_filed_sky(a_plan(minutes=200, level="F380"))
    sky.hear(sky.east, reply("F1", 4, Reply.ACCEPTED))
    sky.hear(sky.south, reply("F1", 4, said))
    assert holding.is_over(sky.flight(), at(4))
    assert sky.given_back("F1", "east") == sky.given_back("F1", "south") == [1]
    refused = sky.north(File(flight_id="F2", plan=a_plan(minutes=200)))
    assert not isinstance(refused, Refusal), "its sky is free"


def test_who_lost_it_before_it_was_confirmed_ends_it_for_all():
    sky = a_filed_sky()
    sky.hear(sky.south, reply("F1", 4, Reply.ACCEPTED))
    sky.hear(sky.south, reply("F1", 4, Reply.NOT_HELD))
    assert sky.flight().coordination.filing.phase is Phase.IDLE
    assert holding.is_over(sky.flight(), at(4))


@pytest.mark.parametrize(
    "word",
    [
        reply("F1", 3, Reply.REJECTED),  # of a flight of the same id that was filed before
        reply("F1", 5, Reply.ACCEPTED),
        reply("F1", 4, Reply.REJECTED, 0),
        reply("F1", 4, Reply.REJECTED, 2),
        reply("F1", 4, Reply.CONFIRMED),
        reply("F1", 4, Reply.NOT_HELD),
        reply("F9", 4, Reply.REJECTED),
    ],
)
def test_a_reply_to_something_else_changes_nothing(word: Word):
    sky = a_filed_sky()
    before = sky.flight()
    assert [type(each).__name__ for each in sky.hear(sky.south, word)] == ["MessageActed"]
    assert sky.flight() == before


def test_who_was_not_asked_cannot_answer():
    sky = a_filed_sky()
    before = sky.flight()
    sky.hear(sky.east, reply("F1", 4, Reply.REJECTED))
    assert sky.flight() == before


def test_an_acceptance_that_comes_after_its_time_is_given_back():
    sky = a_filed_sky()
    sky.minutes = 24
    assert holding.is_over(sky.flight(), at(24))
    sky.hear(sky.south, reply("F1", 4, Reply.ACCEPTED))
    assert sky.flight().coordination.filing.phase is Phase.IDLE
    assert sky.given_back() == [1]
    assert not any(isinstance(each, CrossingConfirm) for each in sky.said())


def test_what_nobody_answers_is_given_up_and_given_back():
    sky = a_filed_sky()
    sky.minutes = 23
    assert sky.rules("give-up-asking") == []
    assert sky.north(GiveUpAsking(flight_id="F1"), rule("give-up-asking")).reason is Reason.NOT_YET
    sky.minutes = 24
    (outcome,) = sky.rules("give-up-asking")
    assert not isinstance(outcome, Refusal)
    assert sky.given_back() == [1]
    assert sky.rules("give-up-asking") == []


def test_a_person_cannot_confirm_by_hand_what_others_have_to_confirm():
    sky = a_filed_sky()
    assert sky.north(Confirm(flight_id="F1")).reason is Reason.WRONG_STATUS
    assert sky.north(GiveUpAsking(flight_id="F1")).reason is Reason.NOT_THERE


@pytest.mark.parametrize("changed", [{"is_provisional": True}, {"plan": a_plan(minutes=200, joins="F0")}])
def test_what_others_could_not_tell_is_not_asked_of_them(changed: dict[str, Any]):
    sky = Sky()
    command = File(**{"flight_id": "F1", "plan": a_plan(minutes=200), **changed})
    refused = sky.north(command)
    assert refused.reason in (Reason.OTHER_AUTHORITY, Reason.UNKNOWN_FORMATION)


def test_where_there_is_no_line_nobody_is_asked():
    sky = Sky()
    sky.ask((story.LINK, StopChannel(peer="node-south", why=Stopped.CLOSED)))
    refused = sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    assert refused == Refusal(reason=Reason.UNREACHABLE, because=("south",))
    assert not isinstance(sky.north(File(flight_id="F2", plan=inside(200))), Refusal)


def test_no_more_is_asked_than_may_wait_to_be_said():
    sky = Sky()
    sky.projection._errands_count["south"] = ERRANDS_MAX
    assert sky.north(File(flight_id="F1", plan=a_plan(minutes=200))) == limit_reached("errands_max")


def a_long_plan(**changed: Any) -> Plan:
    """Sixty legs, each of 6 degrees, to and fro across the border."""
    places = ((32.0 + number % 2 * 6, 31.0 + number * 0.05) for number in range(60))
    route = tuple(a_point(place, 100 + number * 45) for number, place in enumerate(places))
    return a_plan(route=route, **changed)


def test_what_is_too_large_to_be_said_to_others_is_not_asked_for():
    sky = a_coordinated_sky()
    too_large = limit_reached("volumes_bytes_max")
    assert sky.north(File(flight_id="F2", plan=a_long_plan())) == too_large
    assert sky.north(Revise(flight_id="F1", plan=a_long_plan())) == too_large


def test_what_flies_with_due_regard_is_told_however_large_it_is():
    sky = a_coordinated_sky()
    filed = sky.north(File(flight_id="F2", plan=a_long_plan(is_due_regard=True)))
    assert not isinstance(filed, Refusal)
    told = [each.errand.word for each in filed if isinstance(each, errands.ErrandKept)]
    assert [type(each) for each in told] == [FlightState]


def test_a_flight_that_is_too_large_to_be_told_as_it_is_does_not_hold_an_agreement_up():
    alone = Sky(is_agreed=False)
    alone.desk = Desk()
    alone.ask(*story.before())
    alone.north(Release(reservation_id="R0"))
    alone.north(WithdrawCorridor(corridor_id="WIDE"))
    assert not isinstance(alone.north(File(flight_id="F2", plan=a_long_plan())), Refusal)
    assert not isinstance(alone.north(Agree(agreement=FIRST)), Refusal)


# --- north revises ----------------------------------------------------------------------------------------


def test_a_revision_is_held_beside_the_old_plan_until_all_have_confirmed_it():
    sky = a_coordinated_sky()
    old = sky.flight()
    sky.north(Revise(flight_id="F1", plan=a_plan(minutes=260)))
    assert sky.flight().plan == old.plan
    assert len(holding.held_volumes(sky.flight(), at(4))) == 2 * len(old.volumes)
    sky.hear(sky.south, reply("F1", 4, Reply.ACCEPTED, 2))
    assert sky.flight().plan == old.plan
    sky.hear(sky.south, reply("F1", 4, Reply.CONFIRMED, 2))
    assert sky.flight().plan == a_plan(minutes=260)
    assert len(holding.held_volumes(sky.flight(), at(4))) == len(old.volumes)
    assert sky.given_back() == [1]


@pytest.mark.parametrize("said", [Reply.REJECTED, Reply.COUNTERED])
def test_a_revision_that_is_not_accepted_leaves_the_old_plan_coordinated(said: Reply):
    sky = a_coordinated_sky()
    old = sky.flight()
    sky.north(Revise(flight_id="F1", plan=a_plan(minutes=260)))
    sky.hear(sky.south, reply("F1", 4, said, 2))
    now = sky.flight()
    assert (now.plan, now.stage, now.lapses_at_ms) == (old.plan, Stage.COORDINATED, None)
    assert now.coordination.filing.in_force == 1
    assert sky.given_back() == [2]


def test_a_revision_that_nobody_answers_leaves_the_old_plan():
    sky = a_coordinated_sky()
    old = sky.flight()
    sky.north(Revise(flight_id="F1", plan=a_plan(minutes=260)))
    sky.minutes = 24
    sky.rules("give-up-asking")
    assert sky.flight().plan == old.plan
    assert not holding.is_over(sky.flight(), at(24))
    assert sky.given_back() == [2]


def test_one_revision_is_asked_for_at_a_time():
    sky = a_coordinated_sky()
    sky.north(Revise(flight_id="F1", plan=a_plan(minutes=260)))
    assert sky.north(Revise(flight_id="F1", plan=a_plan(minutes=300))).reason is Reason.NOT_YET


def test_a_revision_that_needs_nobody_else_is_in_force_at_once_and_the_old_one_given_back():
    sky = a_coordinated_sky()
    sky.north(Revise(flight_id="F1", plan=inside(260)))
    assert sky.flight().plan == inside(260)
    assert sky.given_back() == [1]


def test_what_is_withdrawn_is_given_back_with_what_is_asked_for():
    sky = a_coordinated_sky()
    sky.north(Revise(flight_id="F1", plan=a_plan(minutes=260)))
    sky.north(Withdraw(flight_id="F1"))
    assert sorted(sky.given_back()) == [1, 2]


# --- north tells ------------------------------------------------------------------------------------------


def test_a_flight_in_the_air_is_told_to_all_that_protect_it_and_its_end_too():
    sky = a_coordinated_sky()
    sky.minutes = 200
    sky.north(ReportAirborne(flight_id="F1", time_ms=at(200)))
    sky.north(ReportCondition(flight_id="F1", condition="EMERGENCY"))
    sky.north(ReportEnded(flight_id="F1"))
    told = sky.states("F1")
    assert [(each.number, each.is_airborne, each.is_over) for each in told] == [
        (at(200), True, False),
        (at(200) + 1, True, False),
        (at(200) + 2, False, True),
    ]
    assert told[1].imposed


def test_what_is_told_names_nobody_to_whom_that_is_withheld():
    sky = Sky()
    sky.north(File(flight_id="F1", plan=a_plan(minutes=200, level="F380", is_due_regard=True)))
    (to_south,), (to_east,) = sky.states("F1"), sky.states("F1", "east")
    assert (to_south.content.party, to_south.content.plan) == ("north", None)
    assert to_east.content.party == ""
    assert to_south.content.volumes == to_east.content.volumes


def test_an_estimate_that_moves_by_less_than_two_minutes_is_not_told_again():
    sky = a_coordinated_sky()
    sky.minutes = 200
    sky.north(ReportAirborne(flight_id="F1", time_ms=at(200)))
    sky.minutes = 210
    count = len(sky.states("F1"))
    outcome = sky.north(ReportPassing(flight_id="F1", point=1, time_ms=at(211)))
    assert not isinstance(outcome, Refusal)
    assert len(sky.states("F1")) == count


# --- north is asked ---------------------------------------------------------------------------------------


def test_what_is_accepted_from_a_neighbour_is_in_the_way_of_what_comes_later():
    sky = Sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=200)))
    assert sky.north(File(flight_id="F1", plan=a_plan(minutes=200))) == Refusal(
        reason=Reason.CONFLICT, because=(sky.south.name("S1"),)
    )
    box = about((34.0, 31.9), (300, 350), (195, 210))
    assert isinstance(sky.north(Reserve(reservation_id="R1", regions=(box,))), Refusal)
    sky.minutes = 24
    assert not isinstance(sky.north(File(flight_id="F1", plan=a_plan(minutes=200))), Refusal), "it has lapsed"


def test_what_stands_here_is_in_the_way_of_a_neighbours_request_which_does_not_learn_what():
    sky = a_filed_sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=200)))
    words = [each for each in sky.said() if isinstance(each, errands.CrossingReply)]
    assert [(each.reply, each.reason) for each in words] == [(Reply.REJECTED, Reason.CONFLICT)]
    assert "F1" not in errands.said(words[0])


def test_the_sky_of_a_neighbours_flight_in_the_air_is_kept_a_day_after_its_plan():
    sky = Sky()
    state = FlightState(
        object_id="S1", filed_ms=NOON_MS, number=1, is_airborne=True, content=wanted(a_plan(minutes=200))
    )
    sky.hear(sky.south, state)
    sky.minutes = 26 * 60
    parts = crossings.held_parts(sky.projection.crossings.get(sky.south.name("S1")), at(sky.minutes))
    assert [each.volume.time_end_ms for each in parts] == [TIME_LAST_MS] * len(parts)
    refused = sky.north(File(flight_id="F1", plan=a_plan(minutes=28 * 60)))
    assert refused == Refusal(reason=Reason.CONFLICT, because=(sky.south.name("S1"),))
    assert sky.rules("expire-crossings") == []
    over = FlightState(object_id="S1", filed_ms=NOON_MS, number=2, is_over=True)
    sky.hear(sky.south, over, valid_ms=2 * DAY_MS)
    assert not isinstance(sky.north(File(flight_id="F1", plan=a_plan(minutes=28 * 60))), Refusal)


def test_of_what_a_peer_asks_no_more_is_accepted_unconfirmed_than_one_party_may_have():
    sky = Sky()
    terms = msgspec.structs.replace(sky.projection.terms_in_force(), provisional_max=1)
    sky.north(SetTerms(terms=terms))
    sky.hear(sky.south, request("S1", a_plan(minutes=200)))
    outcome = sky.hear(sky.south, request("S2", a_plan(minutes=300)))
    assert outcome[-1].errand.word.reason is Reason.LIMIT_REACHED
    sky.hear(sky.south, confirm("S1"))
    outcome = sky.hear(sky.south, request("S2", a_plan(minutes=300), 2))
    assert outcome[-1].errand.word.reply is Reply.ACCEPTED


def test_a_person_cannot_accept_what_something_came_in_the_way_of_meanwhile():
    sky = Sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=200), party=""))
    sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    command = AcceptCrossing(crossing_id=sky.south.name("S1"), revision=1)
    assert sky.north(command, DUTY) == Refusal(reason=Reason.CONFLICT, because=("F1",))


def test_a_digest_of_an_older_or_a_foreign_agreement_is_declined():
    sky = Sky()
    for name, digest in (("S1", agreements.digest(NEXT)), ("S2", "else")):
        outcome = sky.hear(sky.south, request(name, a_plan(minutes=200), digest=digest))
        assert outcome[-1].errand.word.reason is Reason.OTHER_AGREEMENT


def test_who_has_no_part_in_the_agreement_is_declined_whatever_digest_it_says():
    sky = Sky()
    sky.ask(opened("node-west", "west"), opened("node-second", "south"))
    second = Neighbour("south")
    second.node, second._peer = "node-second", Peer("node-second")
    for by in (Neighbour("west"), second):
        outcome = sky.hear(by, request("S1", a_plan(minutes=200)))
        assert outcome[-1].errand.word.reason is Reason.OTHER_AGREEMENT
    assert sky.hear(sky.south, request("S1", a_plan(minutes=200)))[-1].errand.word.reply is Reply.ACCEPTED


def test_a_message_of_another_peer_cannot_be_acted_on_in_anothers_name():
    sky = Sky()
    word = request("S1", a_plan(minutes=200))
    message, key = sky.south.sends(word)
    sky.ask(message)
    author, command = sky.east.acts(word, key)
    assert sky.ask((author, command)) == [Refusal(reason=Reason.WRONG_STATUS)]
    stolen = msgspec.structs.replace(command, peer="node-south")
    assert sky.ask((author, stolen)) == [Refusal(reason=Reason.NOT_YOURS)]
    unknown = msgspec.structs.replace(command, peer="node-west")
    assert sky.ask((author, unknown)) == [Refusal(reason=Reason.NOT_YOURS)]


def test_what_is_given_back_frees_the_sky():
    sky = Sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=200)))
    sky.hear(sky.south, confirm("S1"))
    assert isinstance(sky.north(File(flight_id="F1", plan=a_plan(minutes=200))), Refusal)
    sky.hear(sky.south, give_back("S1"))
    assert not isinstance(sky.north(File(flight_id="F1", plan=a_plan(minutes=200))), Refusal)


def test_who_may_not_know_of_a_neighbours_flight_is_refused_without_its_name():
    sky = Sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=200)))
    sky.hear(sky.south, request("S2", a_plan(minutes=300), party=""))
    sky.north(AcceptCrossing(crossing_id=sky.south.name("S2"), revision=1), DUTY)
    relief = Author(party="relief", node="node-north")
    for minutes in (200, 300):
        refused = sky.north(File(flight_id=f"F{minutes}", plan=a_plan(minutes=minutes)), relief)
        assert (refused.reason, refused.because) == (Reason.CONFLICT, ())


# --- agreements -------------------------------------------------------------------------------------------


def test_what_is_agreed_is_changed_by_nobody_alone():
    sky = Sky()
    agreed = Refusal(reason=Reason.AGREED)
    assert sky.north(DeclareShare(share=FIRST.shares[0])) == agreed
    assert sky.north(WithdrawShare(share_id="NORTHERN")) == agreed
    terms = sky.projection.terms_in_force()
    closer = msgspec.structs.replace(terms, between_centres=terms.inside_centre)
    assert sky.north(SetTerms(terms=closer)) == agreed
    assert not isinstance(sky.north(SetTerms(terms=msgspec.structs.replace(terms, flights_max=9))), Refusal)


def test_while_it_is_proposed_only_what_needs_nobody_else_by_it_is_admitted():
    sky = Sky(is_agreed=False)
    refused = sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    assert refused == Refusal(reason=Reason.OTHER_AUTHORITY, because=("south",))
    assert not isinstance(sky.north(File(flight_id="F2", plan=inside(200))), Refusal)
    assert sky.projection.agreement() is None
    ready = AgreementReady(digest=DIGEST)
    sky.hear(sky.south, ready)
    assert sky.projection.agreement() is None
    sky.hear(sky.east, AgreementReady(digest=agreements.digest(NEXT)))
    assert sky.projection.agreement() is None
    sky.hear(sky.east, ready)
    assert sky.projection.agreement() == FIRST


def test_a_flight_that_changes_hands_is_told_once_to_whom_it_is_new():
    sky = Sky()
    (told,) = sky.states("F0")
    assert (told.number, told.revision, told.content.party) == (at(sky.minutes), 1, "north")
    assert sky.projection.errands_count("east") == 1, "east is only told that it is agreed"
    assert holding.known_to(sky.flight("F0")) == {"south"}


def test_the_next_edition_waits_while_what_it_touches_is_just_asked_for():
    sky = a_filed_sky()
    refused = sky.north(Agree(agreement=NEXT))
    assert refused == Refusal(reason=Reason.OTHER_AUTHORITY, because=("F1",))
    sky.hear(sky.south, reply("F1", 4, Reply.REJECTED))
    sky.minutes = 5
    assert not isinstance(sky.north(Agree(agreement=NEXT)), Refusal)


# --- the record -------------------------------------------------------------------------------------------


def test_what_was_decided_between_authorities_leads_to_the_same_state_again():
    sky = a_coordinated_sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=300)))
    rows = list(sky.desk.store.rows())
    again = replay(rows, party="north").projection
    assert again.state() == sky.projection.state()
    assert list(redecided(rows, party="north")) == []
    restored = Projection("north")
    restored.restore(again.state())
    assert restored.state() == again.state()
    assert restored.errands_count("south") == sky.projection.errands_count("south")
    assert restored.agreement() == FIRST
    assert restored.agreements.get(agreements.KEY) != Map()


def test_after_a_start_what_a_peer_said_is_acted_on_in_the_order_in_which_it_came():
    sky = Sky()
    words = [confirm("S1", revision) for revision in range(1, 13)]
    for word in words:
        sky.ask(sky.south.sends(word)[0])
    restored = Projection("north")
    restored.restore(sky.projection.state())
    bodies = [json.loads(each.body or "")["revision"] for each in restored.pending("node-south")]
    assert bodies == list(range(1, 13))


def test_after_a_start_what_is_to_be_said_goes_in_the_order_in_which_it_was_decided():
    sky = a_filed_sky()
    sky.north(Withdraw(flight_id="F1"))
    restored = Projection("north")
    restored.restore(sky.projection.state())
    words = [each.word for each in restored.errands_for("south")]
    about_it = [type(each) for each in words if getattr(each, "object_id", "") == sky.called("F1")]
    assert about_it == [CrossingRequest, CrossingGiveBack]


def test_all_of_a_neighbours_volumes_are_looked_at_unclipped():
    sky = Sky()
    plan = a_plan(minutes=200)
    sky.hear(sky.south, request("S1", plan))
    foreign = sky.projection.crossings.get(sky.south.name("S1"))
    assert [each.kept for each in crossings.held_parts(foreign, at(4))] == list(kept(plan))


def test_a_peer_that_names_our_party_or_centre_for_its_flight_gains_nothing_by_it():
    content = Content(
        kind=Kind.FLIGHT,
        party="north",
        centre="north-centre",
        volumes=kept(a_plan()),
        handling=(SpecialHandling.MARSA,),
    )
    theirs = occupancies.of_content("node-south/F1/1", content)[0]
    ours = msgspec.structs.replace(theirs, object_id="F2", party="north", centre="north-centre")
    reserved = msgspec.structs.replace(ours, kind=Kind.RESERVATION, object_id="R1", centre="")
    terms = Terms()
    assert admission.minima(theirs, ours, terms) == terms.between_centres
    assert admission.minima(theirs, reserved, terms) == terms.between_centres
    assert admission.minima(ours, reserved, terms) is None
    closed = msgspec.structs.replace(ours, kind=Kind.CONSTRAINT, exempt_parties=("north",))
    assert admission.minima(ours, closed, terms) is None
    assert admission.minima(theirs, closed, terms) == Minima()
    beside = occupancies.of_content("node-south/F3/1", content)[0]
    assert admission.minima(theirs, beside, terms) is None  # of one peer and party: as it says


def test_a_flight_that_takes_off_though_others_declined_it_is_told_to_whom_it_concerns():
    sky = a_filed_sky()
    sky.hear(sky.south, reply("F1", 4, Reply.REJECTED, reason=Reason.DECLINED))
    assert sky.flight().coordination.filing.asked_of == ()
    sky.minutes = 200
    before = len(sky.said())
    sky.north(ReportAirborne(flight_id="F1", time_ms=at(200)))
    (word,) = sky.said()[before:]
    assert (type(word), word.is_airborne) == (FlightState, True)
