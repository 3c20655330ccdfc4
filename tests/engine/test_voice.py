"""What was answered by telephone: entered as what it is, signed or disputed, never in force by itself."""

from typing import Any

import msgspec
import pytest

from mamarr.airspace.commitment import Counter, Phase, Reply, is_by_voice
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.reservations import Accept, Pend, Reserve
from mamarr.airspace.reservations import Phase as Planned
from mamarr.coordination import crossings
from mamarr.coordination.claims import CLAIM_OPEN_MS, ClaimState, CountersignCrossing, DisputeCrossing
from mamarr.coordination.crossings import AcceptCrossing, CounterCrossing, RejectCrossing
from mamarr.engine import Calls, redecided, replay
from mamarr.faults import Reason, Refusal
from mamarr.flights import errands, holding
from mamarr.flights.crossings import CrossingState
from mamarr.flights.errands import CrossingConfirm, CrossingReply, FlightState, VoiceClaim
from mamarr.flights.flights import File, ReportAirborne, ReportEnded, Revise, Withdraw
from mamarr.flights.holding import Stage
from mamarr.flights.voicing import EnterVoice
from mamarr.geometry.altitude import filed_level
from mamarr.record import Entry
from mamarr.record.entries import entry_from_body
from tests.engine import stories_of_neighbours as story
from tests.engine.neighbouring import Sky, made_once
from tests.engine.stories import at, rule
from tests.engine.stories_of_neighbours import (
    DIGEST,
    DUTY,
    LINK,
    SOUTH,
    confirm,
    give_back,
    reply,
    request,
    wanted,
)
from tests.flights.routes import MINUTE_MS, NOON_MS, a_plan

NAMES = {"spoken_by": "Officer Selin of south", "entered_by": "Officer Noor of north"}
READ_BACK = "EXA101, FL330, 15:20 to 16:40, as requested"
BOTH = "F380"  # a level that south and east decide on


def voice(authority: str = "south", said: Reply = Reply.ACCEPTED, **changed: Any) -> EnterVoice:
    """What a person of north enters about F1."""
    values: dict[str, Any] = {
        "kind": Kind.FLIGHT,
        "object_id": "F1",
        "revision": 1,
        "authority": authority,
        "reply": said,
        "spoken_at_ms": at(5),
        **NAMES,
        "read_back": READ_BACK,
    }
    return EnterVoice(**{**values, **changed})


@made_once
def a_sky(level: str = "F330") -> Sky:
    """F1 is filed four minutes after noon; it is two minutes later, and the line is cut."""
    sky = Sky()
    outcome = sky.north(File(flight_id="F1", plan=a_plan(minutes=200, level=level)))
    assert not isinstance(outcome, Refusal), outcome
    sky.minutes = 6
    return sky


def entered(sky: Sky, *asked: EnterVoice) -> Sky:
    for command in asked or (voice(),):
        outcome = sky.north(command, DUTY)
        assert not isinstance(outcome, Refusal), outcome
    return sky


def claims(sky: Sky, authority: str = "south") -> list[VoiceClaim]:
    return [each for each in sky.said(authority) if isinstance(each, VoiceClaim)]


def confirms(sky: Sky, authority: str = "south") -> list[CrossingConfirm]:
    return [each for each in sky.said(authority) if isinstance(each, CrossingConfirm)]


def filing(sky: Sky) -> Any:
    coordination = sky.flight().coordination
    assert coordination is not None
    return coordination.filing


# --- at the node that asks --------------------------------------------------------------------------------


def test_what_was_accepted_by_telephone_is_kept_and_never_in_force():
    sky = entered(a_sky())
    flight = sky.flight()
    assert is_by_voice(filing(sky))
    assert (filing(sky).by_voice, filing(sky).in_force, filing(sky).in_force_with) == (("south",), 0, ())
    assert (flight.stage, holding.is_in_force(flight)) == (Stage.PROVISIONAL, False)
    assert flight.lapses_at_ms is None
    assert flight.coordination.until_ms is None
    sky.minutes = 90  # long after others would have been given up
    assert sky.rules("give-up-asking") == []
    taken = sky.north(File(flight_id="F2", plan=a_plan(minutes=200)))
    assert (taken.reason, taken.because) == (Reason.CONFLICT, ("F1",))


def test_the_authority_is_told_what_it_is_said_to_have_answered_and_by_whom_of_its_own():
    sky = entered(a_sky())
    (claim,) = claims(sky)
    assert (claim.revision, claim.digest, claim.reply) == (1, DIGEST, Reply.ACCEPTED)
    assert claim.content == sky.requests("F1")[0].content
    assert (claim.spoken_by, claim.read_back) == (NAMES["spoken_by"], READ_BACK)
    assert NAMES["entered_by"] not in errands.said(claim)
    assert confirms(sky) == []


def test_it_is_coordinated_when_it_is_countersigned():
    sky = entered(a_sky())
    sky.hear(sky.south, reply("F1", 4, Reply.COUNTERSIGNED))
    assert (sky.flight().stage, filing(sky).in_force) == (Stage.COORDINATED, 1)
    (said,) = sky.flight().coordination.answers
    assert (said.reply, said.spoken.spoken_by) == (Reply.COUNTERSIGNED, NAMES["spoken_by"])


@pytest.mark.parametrize("why", [Reason.NOT_SAID, Reason.SAID_OTHERWISE])
def test_what_is_disputed_is_given_up_and_given_back_by_its_number(why: Reason):
    sky = entered(a_sky(BOTH), voice("south"))
    sky.hear(sky.east, reply("F1", 4, Reply.ACCEPTED))
    assert is_by_voice(filing(sky)) is False
    sky.hear(sky.east, reply("F1", 4, Reply.CONFIRMED))
    assert is_by_voice(filing(sky))
    sky.hear(sky.south, reply("F1", 4, Reply.DISPUTED, reason=why))
    assert filing(sky).phase is Phase.IDLE
    assert holding.is_over(sky.flight(), at(6))
    assert sky.given_back("F1", "east") == sky.given_back("F1", "south") == [1]
    said = {each.authority: each for each in sky.flight().coordination.answers}["south"]
    assert (said.reply, said.reason, said.spoken.read_back) == (Reply.DISPUTED, why, READ_BACK)


def test_a_flight_in_the_air_that_is_disputed_stays_and_what_it_needs_was_told():
    sky = a_sky()
    entered(sky)
    sky.minutes = 199
    sky.north(ReportAirborne(flight_id="F1", time_ms=at(199)))
    assert sky.flight().stage is Stage.NOTIFIED
    (told,) = sky.states("F1")
    assert told.is_airborne
    sky.hear(sky.south, reply("F1", 4, Reply.DISPUTED, reason=Reason.NOT_SAID))
    assert sky.flight().is_airborne
    assert holding.held_volumes(sky.flight(), at(199)) != ()
    assert filing(sky).phase is Phase.IDLE
    sky.north(ReportEnded(flight_id="F1"))
    assert [each.is_over for each in sky.states("F1")] == [False, True]


def test_those_that_answered_by_their_nodes_are_confirmed_and_the_one_by_telephone_is_not():
    sky = a_sky(BOTH)
    sky.hear(sky.east, reply("F1", 4, Reply.ACCEPTED))
    entered(sky, voice("south"))
    assert (filing(sky).phase, is_by_voice(filing(sky))) == (Phase.CONFIRMING, False)
    assert (len(confirms(sky, "east")), confirms(sky, "south")) == (1, [])
    assert sky.flight().coordination.until_ms == at(6) + story.LAPSE_MS
    sky.hear(sky.east, reply("F1", 4, Reply.CONFIRMED))
    assert is_by_voice(filing(sky))
    assert sky.flight().coordination.until_ms is None
    sky.hear(sky.south, reply("F1", 4, Reply.COUNTERSIGNED))
    assert filing(sky).in_force_with == ("east", "south")


def test_who_is_waited_for_still_ends_it_in_time():
    sky = entered(a_sky(BOTH), voice("south"))
    assert filing(sky).phase is Phase.ASKING
    sky.minutes = 4 + story.LAPSE_MS // MINUTE_MS
    (outcome,) = sky.rules("give-up-asking")
    assert not isinstance(outcome, Refusal)
    assert sky.given_back("F1", "south") == sky.given_back("F1", "east") == [1]


def test_all_by_telephone_is_by_voice_and_each_has_to_sign():
    sky = entered(a_sky(BOTH), voice("south"), voice("east"))
    assert is_by_voice(filing(sky))
    sky.hear(sky.south, reply("F1", 4, Reply.COUNTERSIGNED))
    assert is_by_voice(filing(sky))
    assert filing(sky).in_force == 0
    sky.hear(sky.east, reply("F1", 4, Reply.COUNTERSIGNED))
    assert filing(sky).in_force == 1


def test_an_ordinary_answer_that_comes_still_counts_and_ends_what_was_said():
    sky = entered(a_sky())
    sky.hear(sky.south, reply("F1", 4, Reply.ACCEPTED))
    assert (filing(sky).by_voice, len(confirms(sky))) == ((), 1)
    sky.hear(sky.south, reply("F1", 4, Reply.CONFIRMED))
    assert filing(sky).in_force == 1
    (said,) = sky.flight().coordination.answers
    assert said.spoken is None
    declined = entered(a_sky())
    declined.hear(declined.south, reply("F1", 4, Reply.REJECTED, reason=Reason.DECLINED))
    assert filing(declined).phase is Phase.IDLE


def test_that_nobody_answered_there_in_time_takes_nothing_back():
    sky = entered(a_sky())
    sky.hear(sky.south, reply("F1", 4, Reply.REJECTED, reason=Reason.NO_ANSWER))
    assert is_by_voice(filing(sky))
    sky.hear(sky.south, reply("F1", 4, Reply.NOT_HELD))
    assert is_by_voice(filing(sky))


def test_who_accepted_and_was_not_heard_to_confirm_may_say_so_by_telephone():
    sky = a_sky()
    sky.hear(sky.south, reply("F1", 4, Reply.ACCEPTED))
    assert filing(sky).phase is Phase.CONFIRMING
    entered(sky)
    assert is_by_voice(filing(sky))
    sky.hear(sky.south, reply("F1", 4, Reply.CONFIRMED))  # it was under way
    assert filing(sky).in_force == 1


@pytest.mark.parametrize(
    ("said", "counter"), [(Reply.REJECTED, None), (Reply.COUNTERED, Counter(level=filed_level("F350")))]
)
def test_what_was_not_accepted_by_telephone_is_as_if_it_had_been_said_by_the_node(
    said: Reply, counter: Counter | None
):
    sky = entered(a_sky(BOTH), voice("south", said, counter=counter))
    assert filing(sky).phase is Phase.IDLE
    assert sky.given_back("F1", "south") == sky.given_back("F1", "east") == [1]
    answer = sky.flight().coordination.answers[0]
    assert (answer.reply, answer.counter, answer.spoken.spoken_at_ms) == (said, counter, at(5))
    (claim,) = claims(sky)
    assert (claim.reply, claim.counter) == (said, counter)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"object_id": "F9"}, Reason.NOT_THERE),
        ({"kind": Kind.RESERVATION}, Reason.NOT_THERE),
        ({"authority": "west"}, Reason.UNKNOWN_PARTY),
        ({"authority": "north"}, Reason.UNKNOWN_PARTY),
        ({"authority": "east"}, Reason.UNKNOWN_PARTY),
        ({"revision": 2}, Reason.WRONG_STATUS),
        ({"spoken_at_ms": at(6) + 1}, Reason.TIME_IMPLAUSIBLE),
        ({"spoken_at_ms": at(3) - 1}, Reason.TIME_IMPLAUSIBLE),
    ],
)
def test_what_cannot_have_been_said_is_refused(changed: dict[str, Any], reason: Reason):
    sky = a_sky()
    before = sky.flight()
    refused = sky.north(voice(**changed), DUTY)
    assert refused.reason is reason
    assert (sky.flight(), claims(sky)) == (before, [])


def test_what_was_answered_already_is_not_answered_again_by_telephone():
    sky = a_sky(BOTH)
    sky.hear(sky.south, reply("F1", 4, Reply.ACCEPTED))
    assert sky.north(voice("south"), DUTY).reason is Reason.WRONG_STATUS
    entered(sky, voice("east"))
    sky.minutes = 7
    assert sky.north(voice("east"), DUTY).reason is Reason.WRONG_STATUS
    called_back = voice("east", Reply.REJECTED, spoken_at_ms=at(7))
    assert not isinstance(sky.north(called_back, DUTY), Refusal)
    assert filing(sky).phase is Phase.IDLE
    assert sky.north(called_back, DUTY).reason is Reason.WRONG_STATUS


def test_what_nobody_waits_for_any_more_is_not_answered():
    sky = a_sky()
    sky.minutes = 4 + story.LAPSE_MS // MINUTE_MS
    assert sky.north(voice(), DUTY).reason is Reason.TIME_PAST


def test_only_a_person_of_the_nodes_own_party_enters_it():
    sky = a_sky()
    assert sky.north(voice(), SOUTH).reason is Reason.NOT_YOURS
    assert sky.north(voice(), LINK).reason is Reason.NOT_YOURS
    assert not isinstance(sky.north(voice(), DUTY), Refusal)


def test_what_did_not_fly_in_its_time_is_given_back():
    sky = entered(a_sky())
    sky.minutes = 400
    assert not any(isinstance(each, Refusal) for each in sky.rules("give-up-asking"))
    assert filing(sky).phase is Phase.IDLE
    assert sky.given_back("F1") == [1]
    assert sky.rules("give-up-asking") == []


def test_it_can_be_withdrawn_and_then_a_late_signature_is_given_back():
    sky = entered(a_sky())
    word = reply("F1", 4, Reply.COUNTERSIGNED)
    sky.north(Withdraw(flight_id="F1"))
    assert sky.given_back("F1") == [1]
    outcome = sky.hear(sky.south, word)
    assert [type(each).__name__ for each in outcome] == ["MessageActed", "ErrandKept"]
    assert outcome[1].errand.word.revision == 1
    assert sky.given_back("F1") == [1]  # the same word, not said yet


def test_a_revision_by_telephone_leaves_the_plan_in_force():
    sky = a_sky()
    for said in (Reply.ACCEPTED, Reply.CONFIRMED):
        sky.hear(sky.south, reply("F1", 4, said))
    assert sky.flight().stage is Stage.COORDINATED
    sky.north(Revise(flight_id="F1", plan=a_plan(minutes=230)))
    sky.minutes = 8
    entered(sky, voice(revision=2, spoken_at_ms=at(7)))
    assert (filing(sky).in_force, is_by_voice(filing(sky))) == (1, True)
    assert claims(sky)[0].content == sky.requests("F1")[1].content
    assert len(sky.flight().coordination.asked.volumes) > 0
    sky.hear(sky.south, reply("F1", 4, Reply.DISPUTED, 2, reason=Reason.NOT_SAID))
    assert (filing(sky).in_force, sky.flight().stage) == (1, Stage.COORDINATED)
    assert sky.given_back("F1") == [2]


def test_a_reservation_by_telephone_is_kept_for_its_holder_and_not_entered_before_it_is_signed():
    sky = Sky()
    sky.north(Reserve(reservation_id="R1", volume=story.beside_the_border(200, 260)))
    sky.minutes = 6
    said = voice(kind=Kind.RESERVATION, object_id="R1")
    entered(sky, said)
    held = sky.reservation()
    assert (held.phase, held.lapses_at_ms, held.coordination.until_ms) == (Planned.EARMARKED, None, None)
    assert is_by_voice(held.coordination.filing)
    assert sky.north(Accept(reservation_id="R1")).reason is Reason.WRONG_STATUS
    assert sky.north(Pend(reservation_id="R1")).reason is Reason.WRONG_STATUS
    sky.hear(sky.south, reply("R1", 4, Reply.COUNTERSIGNED, kind=Kind.RESERVATION))
    assert sky.reservation().phase is Planned.ALLOCATED


# --- at the authority that is said to have answered -------------------------------------------------------

TIMES = a_plan(minutes=200)


def claim(revision: int = 1, said: Reply = Reply.ACCEPTED, **changed: Any) -> VoiceClaim:
    """South says that a person of north accepted S1."""
    values: dict[str, Any] = {
        "object_id": "S1",
        "filed_ms": NOON_MS,
        "revision": revision,
        "digest": DIGEST,
        "content": wanted(TIMES),
        "reply": said,
        "spoken_at_ms": at(2),
        "spoken_by": "Officer Noor of north",
        "read_back": READ_BACK,
    }
    return VoiceClaim(**{**values, **changed})


@made_once
def a_claimed_sky(*before: Any, **changed: Any) -> Sky:
    sky = Sky()
    for word in (*before, claim(**changed)):
        sky.hear(sky.south, word)
    return sky


def name(sky: Sky) -> str:
    return sky.south.name("S1")


def crossing(sky: Sky) -> Any:
    value = sky.projection.crossings.get(name(sky))
    assert value is not None
    return value


def sign(sky: Sky, revision: int = 1) -> Any:
    return sky.north(CountersignCrossing(crossing_id=name(sky), revision=revision), DUTY)


def dispute(sky: Sky, revision: int = 1) -> Any:
    command = DisputeCrossing(crossing_id=name(sky), revision=revision, reason=Reason.NOT_SAID)
    return sky.north(command, DUTY)


def replies(sky: Sky) -> list[tuple[Reply, Reason | None]]:
    return [(each.reply, each.reason) for each in sky.said() if isinstance(each, CrossingReply)]


def kept(sky: Sky) -> list[tuple[int, bool, bool]]:
    """Of each revision that is kept: whether it never lapses, and whether it is only claimed."""
    return [
        (each.revision, each.lapses_at_ms is None, each.is_claimed) for each in crossing(sky).crossing.kept
    ]


def is_in_the_way(sky: Sky) -> bool:
    refused = sky.north(File(flight_id="F7", plan=TIMES))
    return isinstance(refused, Refusal) and refused.because == (name(sky),)


@pytest.mark.requirement("THREATS 9")
def test_a_claim_takes_up_what_was_never_asked_and_keeps_its_sky_and_is_nobodys_consent():
    sky = a_claimed_sky()
    assert kept(sky) == [(1, False, True)]
    assert is_in_the_way(sky)
    assert replies(sky) == []
    assert crossing(sky).claim.spoken_by == "Officer Noor of north"
    sky.hear(sky.south, confirm("S1"))
    assert kept(sky) == [(1, False, True)]
    assert replies(sky) == [(Reply.NOT_HELD, None)]


def test_what_is_countersigned_is_protected_for_good_by_that():
    sky = a_claimed_sky()
    assert not isinstance(sign(sky), Refusal)
    assert kept(sky) == [(1, True, False)]
    assert replies(sky) == [(Reply.COUNTERSIGNED, None)]
    assert crossing(sky).claim.state is ClaimState.COUNTERSIGNED
    assert sign(sky).reason is Reason.WRONG_STATUS
    assert dispute(sky).reason is Reason.WRONG_STATUS
    sky.hear(sky.south, give_back("S1"))
    assert kept(sky) == []


def test_what_is_disputed_is_kept_no_more_and_its_filer_is_told_why():
    sky = a_claimed_sky()
    assert not isinstance(dispute(sky), Refusal)
    assert kept(sky) == []
    assert not is_in_the_way(sky)
    assert replies(sky) == [(Reply.DISPUTED, Reason.NOT_SAID)]
    assert crossing(sky).claim.reason is Reason.NOT_SAID
    assert sign(sky).reason is Reason.WRONG_STATUS


def test_what_is_in_the_way_of_what_was_accepted_here_is_not_countersigned():
    sky = Sky()
    sky.north(File(flight_id="F7", plan=TIMES))
    for said in (Reply.ACCEPTED, Reply.CONFIRMED):
        sky.hear(sky.south, reply("F7", 4, said))
    sky.hear(sky.south, claim(content=wanted(TIMES)))
    refused = sign(sky)
    assert (refused.reason, refused.because) == (Reason.CONFLICT, ("F7",))
    assert kept(sky) == [(1, False, True)]
    assert not isinstance(dispute(sky), Refusal)


def test_a_claim_after_its_request_takes_the_place_of_an_ordinary_answer():
    sky = a_claimed_sky(
        request("S1", a_plan(minutes=200, level="F380")), content=wanted(a_plan(minutes=200, level="F380"))
    )
    for command in (
        AcceptCrossing(crossing_id=name(sky), revision=1),
        RejectCrossing(crossing_id=name(sky), revision=1),
        CounterCrossing(crossing_id=name(sky), revision=1, counter=Counter(later_ms=60_000)),
    ):
        assert sky.north(command, DUTY).reason is Reason.WRONG_STATUS
    assert not isinstance(sign(sky), Refusal)


def test_what_was_accepted_here_as_well_is_confirmed_by_its_claim():
    sky = a_claimed_sky(request("S1", TIMES))
    assert kept(sky) == [(1, True, False)]
    assert replies(sky) == [(Reply.ACCEPTED, None), (Reply.CONFIRMED, None)]
    assert crossing(sky).claim is None


def test_a_request_that_comes_after_its_claim_changes_nothing():
    sky = a_claimed_sky()
    before = crossing(sky)
    sky.hear(sky.south, request("S1", TIMES))
    assert crossing(sky) == before
    assert replies(sky) == []


def test_what_lapsed_here_may_be_countersigned_where_nothing_is_in_its_way():
    sky = Sky()
    sky.hear(sky.south, request("S1", TIMES))  # accepted by machine
    sky.minutes = 4 + story.LAPSE_MS // MINUTE_MS
    sky.hear(sky.south, confirm("S1"))
    assert replies(sky)[-1] == (Reply.NOT_HELD, None)
    sky.hear(sky.south, claim())
    assert not isinstance(sign(sky), Refusal)
    assert kept(sky) == [(1, True, False)]


@pytest.mark.parametrize(
    ("changed", "how", "why"),
    [
        ({"digest": "another"}, {}, Reason.OTHER_AGREEMENT),
        ({}, {"is_clock_unsure": True}, Reason.CLOCK_UNSURE),
        ({"content": wanted(a_plan(minutes=60 * 24 * 400))}, {}, Reason.TOO_FAR_AHEAD),
    ],
)
def test_a_claim_that_a_machine_would_not_take_up_is_rejected_as_a_request_is(
    changed: dict[str, Any], how: dict[str, Any], why: Reason
):
    sky = Sky()
    sky.hear(sky.south, claim(**changed), **how)
    assert replies(sky) == [(Reply.REJECTED, why)]
    assert sky.projection.crossings.get(name(sky)) is None


def test_what_is_past_or_given_back_is_signed_for_the_record_and_keeps_nothing():
    for before in ((give_back("S1"),), ()):
        sky = a_claimed_sky()
        if before:
            sky.hear(sky.south, give_back("S1"))
        else:
            sky.minutes = 500
        assert not is_in_the_way(sky)
        assert not isinstance(sign(sky), Refusal)
        assert replies(sky) == [(Reply.COUNTERSIGNED, None)]
        sky.hear(sky.south, give_back("S1"))
        assert kept(sky) == []


def test_a_claim_of_what_was_not_accepted_is_for_the_record_alone():
    sky = a_claimed_sky(said=Reply.REJECTED)
    assert kept(sky) == []
    assert crossing(sky).crossing.state is CrossingState.NO_CROSSING
    assert not isinstance(dispute(sky), Refusal)
    assert replies(sky) == [(Reply.DISPUTED, Reason.NOT_SAID)]


def test_a_flight_that_landed_ends_what_its_claim_keeps():
    sky = a_claimed_sky()
    sky.hear(sky.south, FlightState(object_id="S1", filed_ms=NOON_MS, number=1, is_over=True))
    assert kept(sky) == []
    assert not isinstance(sign(sky), Refusal)
    assert kept(sky) == []


def test_a_claim_that_nobody_signs_is_declined_in_the_end_and_is_nobodys_consent():
    sky = a_claimed_sky()
    assert sky.rules("decline-unanswered") == []
    sky.minutes = 4 + CLAIM_OPEN_MS // MINUTE_MS
    assert sign(sky).reason is Reason.TIME_PAST
    sky.rules("decline-unanswered")
    assert replies(sky) == [(Reply.REJECTED, Reason.NO_ANSWER)]
    assert crossing(sky).claim.state is ClaimState.LAPSED
    sky.minutes += 61
    sky.rules("expire-crossings")
    assert sky.projection.crossings.get(name(sky)) is None


def test_claims_count_among_what_a_peer_may_have_unconfirmed():
    sky = Sky()
    most = sky.projection.terms_in_force().provisional_max
    for number in range(most):
        sky.hear(sky.south, claim(object_id=f"C{number}"))
    sky.hear(sky.south, claim(object_id="ONE-MORE"))
    assert replies(sky) == [(Reply.REJECTED, Reason.LIMIT_REACHED)]


def test_an_older_claim_changes_nothing():
    sky = a_claimed_sky(claim(2))
    assert (crossing(sky).claim.revision, kept(sky)) == (2, [(2, False, True)])
    assert not isinstance(sign(sky, 2), Refusal)
    sky.hear(sky.south, claim(3, content=wanted(a_plan(minutes=230))))
    assert kept(sky) == [(2, True, False), (3, False, True)]
    dispute(sky, 3)
    assert (kept(sky), crossing(sky).crossing.state) == ([(2, True, False)], CrossingState.ACCEPTED)


def test_only_the_authoritys_own_persons_sign_or_dispute():
    sky = a_claimed_sky()
    for command in (
        CountersignCrossing(crossing_id=name(sky), revision=1),
        DisputeCrossing(crossing_id=name(sky), revision=1, reason=Reason.SAID_OTHERWISE),
    ):
        assert sky.north(command, SOUTH).reason is Reason.NOT_YOURS
        assert sky.north(command, rule("decline-unanswered")).reason is Reason.NOT_YOURS
        elsewhere = msgspec.structs.replace(
            command, crossing_id=crossings.key_of("node-south", "S9", NOON_MS)
        )
        assert sky.north(elsewhere, DUTY).reason is Reason.NOT_THERE
        assert sky.north(msgspec.structs.replace(command, revision=2), DUTY).reason is Reason.WRONG_STATUS


# --- what the record has of it ----------------------------------------------------------------------------


def calls(sky: Sky) -> Calls:
    found = Calls()
    for entry in entries(sky):
        found.read(entry)
    return found


def entries(sky: Sky) -> list[Entry]:
    return [entry_from_body(row.sequence, row.body) for row in sky.desk.store.rows()]


def test_the_record_alone_says_that_it_is_unsigned_and_later_that_it_was_signed():
    sky = entered(a_sky())
    (one,) = calls(sky).found
    assert (one.authority, one.object_id, one.reply, one.signed) == ("south", "F1", Reply.ACCEPTED, None)
    assert (one.spoken_by, one.entered_by) == (NAMES["spoken_by"], NAMES["entered_by"])
    sky.hear(sky.south, reply("F1", 4, Reply.REJECTED, reason=Reason.NO_ANSWER))
    assert calls(sky).found[0].signed is None
    word = reply("F1", 4, Reply.COUNTERSIGNED)
    sky.north(Withdraw(flight_id="F1"))  # it is gone when south signs
    sky.hear(sky.south, word)
    (one,) = calls(sky).found
    assert (one.signed, one.signed_entry > one.entry) == (Reply.COUNTERSIGNED, True)


def test_a_dispute_is_in_the_record_with_why():
    sky = entered(a_sky())
    sky.hear(sky.south, reply("F1", 4, Reply.DISPUTED, reason=Reason.SAID_OTHERWISE))
    (one,) = calls(sky).found
    assert (one.signed, one.reason) == (Reply.DISPUTED, Reason.SAID_OTHERWISE)


def test_persons_are_in_parts_of_their_own_and_what_was_decided_follows_without_them():
    sky = entered(a_sky())
    sky.hear(sky.south, claim())
    sign(sky)
    for content in (
        content
        for entry in entries(sky)
        for part, content in entry.contents().items()
        if part not in ("persons", "signed")
    ):
        for text in (*NAMES.values(), READ_BACK):
            assert text.encode() not in content
    assert list(redecided(sky.desk.store.rows(), party="north")) == []
    assert replay(sky.desk.store.rows(), party="north").projection.state() == sky.projection.state()
