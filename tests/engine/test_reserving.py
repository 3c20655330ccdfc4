"""Reservations that need other authorities, and those of others here."""

import json
from typing import Any

import msgspec
import pytest

from mamarr.airspace.commitment import Phase as Asking
from mamarr.airspace.commitment import Reply
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.reservations import (
    Accept,
    Activate,
    Deactivate,
    Pend,
    Phase,
    Release,
    Reserve,
    Status,
)
from mamarr.coordination import crossings
from mamarr.coordination.agreements import Agree
from mamarr.coordination.channels import StopChannel, Stopped
from mamarr.coordination.crossings import AcceptCrossing
from mamarr.engine import redecided
from mamarr.faults import Reason, Refusal, limit_reached
from mamarr.flights import Protected, errands
from mamarr.flights.errands import (
    AgreementReady,
    CrossingConfirm,
    CrossingReply,
    CrossingRequest,
    FlightState,
)
from mamarr.flights.flights import File, Withdraw
from mamarr.flights.holding import Stage
from mamarr.geometry import Box, Datum, Volume, footprints
from mamarr.geometry.volumes import TIME_LAST_MS, volumes_of_box
from tests.airspace.boxes import NOON
from tests.engine import stories_of_neighbours as story
from tests.engine.neighbouring import Sky, made_once
from tests.engine.orders import Desk
from tests.engine.skies import an_order
from tests.engine.stories import at
from tests.engine.stories_of_neighbours import (
    DIGEST,
    DUTY,
    LINK,
    NORTH,
    RESERVED,
    beside_the_border,
    confirm,
    give_back,
    inside,
    outside,
    reply,
    reserved,
)
from tests.flights.routes import DEG, FL_MM, NOON_MS, a_corridor, a_plan, kept

BOX = beside_the_border(400, 460)
FAR = {"longitude_west_e7deg": 28 * DEG, "longitude_east_e7deg": 29 * DEG}


@made_once
def an_asking_sky(**asked: Any) -> Sky:
    """North asked for R1 at minute 4."""
    sky = Sky()
    sky.north(Release(reservation_id="R0"))
    outcome = sky.north(Reserve(reservation_id="R1", volume=BOX, **asked))
    assert not isinstance(outcome, Refusal), outcome
    return sky


def says(sky: Sky, said: Reply, name: str = "R1", minutes: int = 4, **why: Any) -> None:
    sky.hear(sky.south, reply(name, minutes, said, **RESERVED, **why))


@made_once
def a_confirmed_sky(**asked: Any) -> Sky:
    sky = an_asking_sky(**asked)
    says(sky, Reply.ACCEPTED)
    says(sky, Reply.CONFIRMED)
    return sky


def asked_by_south(box: Box, name: str = "S1", **changed: Any) -> CrossingRequest:
    return CrossingRequest(
        kind=Kind.RESERVATION,
        object_id=name,
        filed_ms=NOON_MS,
        revision=1,
        digest=DIGEST,
        content=reserved(box, **changed),
    )


@made_once
def a_sky_of_south(box: Box = BOX, **changed: Any) -> Sky:
    """South has a reservation S1 that north accepted and south confirmed."""
    sky = Sky()
    sky.hear(sky.south, asked_by_south(box, **changed))
    sky.north(AcceptCrossing(crossing_id=sky.south.name("S1", Kind.RESERVATION), revision=1), DUTY)
    sky.hear(sky.south, confirm("S1", **RESERVED))
    return sky


S1 = "node-south/RESERVATION/S1/" + str(NOON_MS)

# --- north reserves ---------------------------------------------------------------------------------------


def test_a_reservation_that_needs_another_is_kept_here_and_asked_for_and_not_had_yet():
    sky = an_asking_sky()
    value = sky.reservation()
    assert value.phase is Phase.EARMARKED
    assert value.lapses_at_ms == at(4) + story.LAPSE_MS
    (asked,) = sky.requests("R1")
    assert (asked.kind, asked.digest, asked.revision) == (Kind.RESERVATION, DIGEST, 1)
    assert asked.content.box == BOX
    assert [each.volume for each in asked.content.volumes] == list(volumes_of_box(BOX))
    assert sky.north(Accept(reservation_id="R1")).reason is Reason.WRONG_STATUS
    assert sky.north(Pend(reservation_id="R1")).reason is Reason.WRONG_STATUS
    refused = sky.north(Reserve(reservation_id="R2", volume=BOX))
    assert refused == Refusal(reason=Reason.VOLUME_HELD, because=("R1",))


def test_whose_it_is_goes_only_to_who_may_know_it():
    sky = an_asking_sky()
    assert sky.requests("R1")[0].content.party == "", "north's rule tells south nothing of reservations"


def test_when_all_have_confirmed_it_is_its_holders():
    sky = an_asking_sky()
    says(sky, Reply.ACCEPTED)
    assert sky.reservation().phase is Phase.EARMARKED
    assert sky.reservation().lapses_at_ms is None, "while it is confirmed it does not lapse"
    confirmed = [each.object_id for each in sky.said() if isinstance(each, CrossingConfirm)]
    assert confirmed == [sky.called("R1", Kind.RESERVATION)]
    says(sky, Reply.CONFIRMED)
    value = sky.reservation()
    assert (value.phase, value.lapses_at_ms) == (Phase.ALLOCATED, None)
    assert value.coordination is not None
    assert value.coordination.filing.in_force_with == ("south",)


def test_one_that_is_only_to_be_earmarked_waits_for_its_holder_when_all_have_confirmed():
    sky = a_confirmed_sky(provisional=True)
    value = sky.reservation()
    assert (value.phase, value.lapses_at_ms) == (Phase.EARMARKED, at(4) + 15 * 60_000)
    assert not isinstance(sky.north(Accept(reservation_id="R1")), Refusal)
    assert sky.reservation().phase is Phase.ALLOCATED
    assert sky.given_back("R1") == []


def test_one_whose_holder_does_not_accept_it_in_time_is_given_back():
    sky = a_confirmed_sky(provisional=True)
    sky.minutes = 20
    assert len(sky.rules("give-up-asking")) == 1
    assert sky.given_back("R1") == [1]
    assert sky.rules("give-up-asking") == []
    assert not isinstance(sky.north(Reserve(reservation_id="R2", volume=BOX)), Refusal)


@pytest.mark.parametrize("said", [Reply.REJECTED, Reply.COUNTERED])
def test_what_another_declines_is_not_had_and_is_given_back(said: Reply):
    sky = an_asking_sky()
    says(sky, said, reason=Reason.DECLINED)
    value = sky.reservation()
    assert value.lapses_at_ms == at(4)
    assert value.coordination is not None
    assert [each.reason for each in value.coordination.answers] == [Reason.DECLINED]
    assert sky.given_back("R1") == [1]
    assert not isinstance(sky.north(Reserve(reservation_id="R2", volume=BOX)), Refusal), "it is free"


def test_what_nobody_answers_is_given_up_and_what_is_accepted_after_that_is_given_back():
    sky = an_asking_sky()
    sky.minutes = 24
    says(sky, Reply.ACCEPTED)
    assert sky.given_back("R1") == [1]
    assert [each for each in sky.said() if isinstance(each, CrossingConfirm)] == []
    value = sky.reservation()
    assert value.coordination is not None
    assert value.coordination.filing.phase is Asking.IDLE


def test_what_is_released_is_given_back_even_while_it_is_asked_for():
    for sky in (an_asking_sky(), a_confirmed_sky()):
        assert not isinstance(sky.north(Release(reservation_id="R1")), Refusal)
        assert sky.given_back("R1") == [1]
        says(sky, Reply.ACCEPTED)
        assert sky.projection.reservations.get("R1") is None


def test_one_that_nobody_is_in_is_given_back_when_its_time_has_passed_and_not_before():
    sky = a_confirmed_sky()
    sky.minutes = 459
    assert sky.rules("give-up-asking") == []
    sky.minutes = 460
    assert len(sky.rules("give-up-asking")) == 1
    assert sky.given_back("R1") == [1]


def test_one_that_somebody_is_in_past_its_time_is_told_and_given_back_only_when_it_is_clear():
    sky = a_confirmed_sky()
    sky.minutes = 400
    sky.ask((NORTH, Pend(reservation_id="R1")), (NORTH, Activate(reservation_id="R1")))
    sky.minutes = 470
    assert sky.rules("give-up-asking") == []
    assert len(sky.rules("note-overrun")) == 1
    (told,) = sky.states("R1")
    assert (told.number, told.revision, told.ends_by_word, told.is_over) == (at(470), 1, True, False)
    sky.north(Deactivate(reservation_id="R1"))
    sky.rules("give-up-asking")
    assert sky.given_back("R1") == [1]
    assert [each.is_over for each in sky.states("R1")] == [False, True]
    assert sky.rules("give-up-asking") == []


def test_who_waits_is_asked_for_when_the_sky_becomes_free_here():
    sky = an_asking_sky()
    sky.north(Reserve(reservation_id="R2", volume=BOX, waits=True))
    assert sky.reservation("R2").phase is Phase.IN_QUEUE
    assert sky.requests("R2") == []
    sky.north(Release(reservation_id="R1"))
    assert sky.reservation("R2").phase is Phase.EARMARKED
    assert len(sky.requests("R2")) == 1
    assert sky.north(Accept(reservation_id="R2")).reason is Reason.WRONG_STATUS
    says(sky, Reply.ACCEPTED, "R2")
    says(sky, Reply.CONFIRMED, "R2")
    assert not isinstance(sky.north(Accept(reservation_id="R2")), Refusal)


def test_what_waited_before_others_had_a_part_in_it_is_not_earmarked_without_them():
    sky = Sky(is_agreed=False)
    there = beside_the_border()  # R0 is there
    sky.north(Reserve(reservation_id="R5", volume=beside_the_border(500, 560, **FAR)))
    assert sky.north(Reserve(reservation_id="R2", volume=there, waits=True)).reason is Reason.OTHER_AUTHORITY
    sky.hear(sky.south, AgreementReady(digest=DIGEST))
    sky.hear(sky.east, AgreementReady(digest=DIGEST))
    sky.north(Reserve(reservation_id="R2", volume=beside_the_border(500, 560, **FAR), waits=True))
    sky.north(Agree(agreement=story.an_agreement(2, border=29)))
    sky.north(Release(reservation_id="R5"))
    assert sky.reservation("R2").phase is Phase.IN_QUEUE, "by what is proposed it needs south"
    digest = story.agreements.digest(story.an_agreement(2, border=29))
    sky.hear(sky.south, AgreementReady(digest=digest))
    sky.hear(sky.east, AgreementReady(digest=digest))
    sky.rules("earmark-queued")
    assert sky.reservation("R2").phase is Phase.EARMARKED
    assert len(sky.requests("R2")) == 1


def test_where_nobody_decides_nothing_is_reserved():
    sky = Sky()
    assert sky.north(Reserve(reservation_id="R1", volume=outside())) == Refusal(reason=Reason.UNALLOTTED)


def test_without_an_agreement_it_matters_to_nobody_whether_a_share_covers_it():
    (answered,) = Desk().ask(an_order(Reserve(reservation_id="R1", volume=outside()), NORTH), now=NOON)
    assert not isinstance(answered.outcome, Refusal)


def test_who_cannot_be_reached_cannot_be_asked():
    sky = Sky()
    sky.ask((LINK, StopChannel(peer="node-south", why=Stopped.CLOSED)))
    refused = sky.north(Reserve(reservation_id="R1", volume=BOX))
    assert refused == Refusal(reason=Reason.UNREACHABLE, because=("south",))


def test_what_cannot_be_said_in_one_message_is_not_asked_for():
    sky = Sky()
    rim = [(34 * DEG + round(3e6 * (n % 2)), 31 * DEG + n * 3_000) for n in range(2_600)]
    wide = footprints.polygon([*rim, (36 * DEG, 32 * DEG + 9_000_000), (36 * DEG, 31 * DEG)][::-1])
    region = Volume(
        footprint=wide,
        datum=Datum.STD,
        lower_mm=100 * FL_MM,
        upper_mm=200 * FL_MM,
        time_start_ms=at(400),
        time_end_ms=at(460),
    )
    refused = sky.north(Reserve(reservation_id="R1", regions=(region,)))
    assert refused == limit_reached("volumes_bytes_max")


def test_what_others_are_told_says_nothing_of_its_own_id_and_is_another_each_time():
    sky = Sky()
    names = set()
    for minutes in (400, 500):
        sky.north(Reserve(reservation_id="RCH123", volume=beside_the_border(minutes, minutes + 10)))
        sky.north(File(flight_id="RCH123", plan=a_plan(minutes=minutes)))
        names |= {each.object_id for each in sky.said() if not isinstance(each, AgreementReady)}
        assert not any("RCH123" in errands.said(each) for each in sky.said())
        sky.north(Release(reservation_id="RCH123"))
        sky.north(Withdraw(flight_id="RCH123"))
    assert len(names) == 2 + 2 + 2, "R0 and F0 were handed over"


# --- it changes hands -------------------------------------------------------------------------------------


def test_a_reservation_whose_sky_changes_hands_is_told_to_whom_it_is_new():
    sky = Sky()
    sky.north(Release(reservation_id="R0"))
    sky.north(Reserve(reservation_id="R1", volume=beside_the_border(400, 460, **FAR)))
    assert sky.requests("R1") == []
    sky.north(Agree(agreement=story.an_agreement(2, border=29)))
    (told,) = sky.states("R1")
    assert (told.number, told.ends_by_word) == (at(sky.minutes), True)
    assert told.content is not None
    assert told.content.box == beside_the_border(400, 460, **FAR)
    sky.north(Release(reservation_id="R1"))
    assert [each.is_over for each in sky.states("R1")] == [False, True]


def test_an_edition_by_which_nobody_would_decide_on_what_is_reserved_is_refused():
    sky = Sky()
    smaller = story.an_agreement(2, shares=(story.parts(33)[0], story.parts(33)[2]))
    sky.north(Reserve(reservation_id="R1", volume=beside_the_border(400, 460, **FAR)))
    refused = sky.north(Agree(agreement=smaller))
    assert refused.reason is Reason.OTHER_AUTHORITY
    assert "R1" in refused.because


def test_an_edition_waits_for_what_others_are_just_asked_for():
    sky = an_asking_sky()
    moved = story.an_agreement(2, members=story.MEMBERS, shares=swapped())
    refused = sky.north(Agree(agreement=moved))
    assert refused == Refusal(reason=Reason.OTHER_AUTHORITY, because=("R1",))


def swapped() -> Any:
    """East has what south had."""
    eastern, northern, southern = story.parts(33)
    return (
        msgspec.structs.replace(eastern, authority="south"),
        northern,
        msgspec.structs.replace(southern, authority="east"),
    )


# --- south reserves ---------------------------------------------------------------------------------------


def test_a_person_answers_unless_a_standard_condition_is_of_reservations():
    sky = Sky()
    sky.hear(sky.south, asked_by_south(BOX))
    assert [each for each in sky.said() if isinstance(each, CrossingReply)] == []
    high = beside_the_border(400, 460, altitude_lower_mm=14_500_000, altitude_upper_mm=15_000_000)
    sky.hear(sky.south, asked_by_south(high, "S2"))
    replies = [each for each in sky.said() if isinstance(each, CrossingReply)]
    assert [(each.object_id, each.kind, each.reply) for each in replies] == [
        ("S2", Kind.RESERVATION, Reply.ACCEPTED)
    ]


def test_what_is_anothers_stands_in_the_way_of_reservations_and_of_flights_here():
    sky = a_sky_of_south()
    refused = sky.north(Reserve(reservation_id="R1", volume=BOX))
    assert refused == Refusal(reason=Reason.VOLUME_HELD, because=(S1,))
    region = kept(a_plan(minutes=200), a_corridor())[0].volume
    flown = errands.CrossingRequest(
        kind=Kind.RESERVATION,
        object_id="S3",
        filed_ms=NOON_MS,
        revision=1,
        digest=DIGEST,
        content=msgspec.structs.replace(reserved(BOX), box=None, volumes=(Protected(volume=region, leg=0),)),
    )
    sky.hear(sky.south, flown)
    name = sky.south.name("S3", Kind.RESERVATION)
    sky.north(AcceptCrossing(crossing_id=name, revision=1), DUTY)
    refused = sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    assert refused == Refusal(reason=Reason.CONFLICT, because=(name,))


def test_boxes_that_only_touch_fit_also_across_nodes():
    touching = beside_the_border(400, 460, latitude_south_e7deg=34 * DEG, latitude_north_e7deg=35 * DEG)
    sky = a_sky_of_south(touching)
    assert not isinstance(sky.north(Reserve(reservation_id="R1", volume=BOX)), Refusal)
    nearer = beside_the_border(400, 460, latitude_south_e7deg=34 * DEG - 1, latitude_north_e7deg=35 * DEG)
    refused = a_sky_of_south(nearer).north(Reserve(reservation_id="R1", volume=BOX))
    assert refused.reason is Reason.VOLUME_HELD


def test_what_stands_here_is_in_the_way_of_it():
    sky = an_asking_sky()
    sky.hear(sky.south, asked_by_south(BOX))
    replies = [each for each in sky.said() if isinstance(each, CrossingReply)]
    assert [(each.reply, each.reason) for each in replies] == [(Reply.REJECTED, Reason.CONFLICT)]


def test_past_its_time_it_is_kept_and_counts_as_occupied_until_it_is_given_back():
    sky = a_sky_of_south(beside_the_border(100, 160, **FAR))
    follows = beside_the_border(160, 200, **FAR)
    sky.north(Reserve(reservation_id="R1", volume=follows))
    sky.minutes = 165
    foreign = sky.projection.crossings.get(S1)
    assert foreign is not None
    ends_ms = {each.volume.time_end_ms for each in crossings.held_parts(foreign, at(165))}
    assert ends_ms == {TIME_LAST_MS}
    sky.north(Pend(reservation_id="R1"))
    refused = sky.north(Activate(reservation_id="R1"))
    assert refused == Refusal(reason=Reason.VOLUME_HELD, because=(S1,))
    sky.hear(sky.south, give_back("S1", **RESERVED), valid_ms=9 * 3_600_000)
    assert not isinstance(sky.north(Activate(reservation_id="R1")), Refusal)
    assert sky.reservation().status is Status.ACTIVE


def test_what_is_told_is_held_until_it_is_said_to_be_over():
    sky = Sky()
    told = FlightState(
        kind=Kind.RESERVATION,
        object_id="S1",
        filed_ms=NOON_MS,
        number=1,
        ends_by_word=True,
        content=reserved(beside_the_border(5, 10, **FAR)),
    )
    sky.hear(sky.south, told)
    sky.minutes = 300
    later = beside_the_border(301, 310, **FAR)
    assert sky.north(Reserve(reservation_id="R1", volume=later)).because == (S1,)
    over = FlightState(kind=Kind.RESERVATION, object_id="S1", filed_ms=NOON_MS, number=2, is_over=True)
    sky.hear(sky.south, over, valid_ms=9 * 3_600_000)
    assert not isinstance(sky.north(Reserve(reservation_id="R1", volume=later)), Refusal)


def test_a_flight_and_a_reservation_of_one_name_and_moment_are_two():
    sky = Sky()
    sky.hear(sky.south, asked_by_south(BOX))
    sky.hear(sky.south, story.request("S1", a_plan(minutes=1_000)))
    assert {key for key, _ in sky.projection.crossings.current_items()} == {S1, sky.south.name("S1")}
    sky.north(File(flight_id="X", plan=a_plan(minutes=200)))
    sky.north(Reserve(reservation_id="X", volume=beside_the_border(900, 960)))
    sky.hear(sky.south, reply("X", 4, Reply.REJECTED, **RESERVED))
    assert sky.reservation("X").lapses_at_ms == at(4)
    assert sky.flight("X").coordination.filing.phase is Asking.ASKING


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"kind": Kind.IMPOSED}, "only flights and reservations"),
        ({"kind": Kind.FLIGHT}, "said to be a RESERVATION"),
        ({"content": msgspec.structs.replace(reserved(BOX), centre="c")}, "a reservation with a plan"),
        ({"content": msgspec.structs.replace(reserved(BOX), volumes=())}, "not those of the box"),
        (
            {"content": msgspec.structs.replace(reserved(BOX), box=beside_the_border(400, 461))},
            "not those of the box",
        ),
    ],
)
def test_a_word_that_contradicts_itself_is_not_read(changed: dict[str, Any], says: str):
    good = asked_by_south(BOX)
    assert errands.read(errands.kind_of(good), errands.said(good)) == good
    fields = json.loads(errands.said(good)) | json.loads(msgspec.json.encode(changed))
    with pytest.raises(ValueError, match=says):
        errands.read(errands.kind_of(good), json.dumps(fields))


def test_all_of_it_is_decided_again_the_same():
    sky = a_sky_of_south()
    sky.north(Reserve(reservation_id="R1", volume=beside_the_border(900, 960)))
    says(sky, Reply.ACCEPTED)
    says(sky, Reply.CONFIRMED)
    sky.north(Release(reservation_id="R1"))
    assert list(redecided(sky.desk.store.rows(), party="north")) == []


def test_what_is_proposed_would_leave_to_nobody_is_not_reserved_and_not_admitted_any_more():
    sky = Sky()
    smaller = story.an_agreement(2, shares=(story.parts(33)[0], story.parts(33)[2]))
    for each in ("F0", "R0"):
        command = Withdraw(flight_id=each) if each == "F0" else Release(reservation_id=each)
        sky.north(command)
    assert not isinstance(sky.north(Agree(agreement=smaller)), Refusal)
    refused = sky.north(Reserve(reservation_id="R1", volume=beside_the_border(400, 460, **FAR)))
    assert refused == Refusal(reason=Reason.UNALLOTTED)
    filed = sky.north(File(flight_id="F1", plan=inside(600)))
    assert filed[0].stage is Stage.NOTIFIED


def test_an_edition_by_which_nobody_would_decide_on_an_admitted_flight_is_refused():
    sky = Sky()
    sky.north(Withdraw(flight_id="F0"))
    sky.north(Release(reservation_id="R0"))
    sky.north(File(flight_id="F1", plan=inside(600)))
    smaller = story.an_agreement(2, shares=(story.parts(33)[0], story.parts(33)[2]))
    assert sky.north(Agree(agreement=smaller)) == Refusal(reason=Reason.OTHER_AUTHORITY, because=("F1",))
