from datetime import timedelta
from typing import Any

import msgspec
import pytest

from mamarr.airspace.commitment import Counter, Reply
from mamarr.airspace.occupancy import Kind, Standing
from mamarr.conflicts import Minima
from mamarr.coordination import crossings, foreign
from mamarr.coordination.agreements import Map
from mamarr.coordination.crossings import (
    CROSSINGS_MAX,
    AcceptCrossing,
    Agreed,
    CounterCrossing,
    CrossingAnswered,
    CrossingConfirmed,
    CrossingRequested,
    CrossingTold,
    ExpireCrossing,
    Facts,
    ForeignFlight,
    LapseCrossing,
    RejectCrossing,
    TakeWord,
)
from mamarr.coordination.foreign import KEPT_MS
from mamarr.coordination.messages import MessageActed, MessageLapsed
from mamarr.faults import Reason, Refusal, limit_reached
from mamarr.flights import errands
from mamarr.flights.crossings import REVISIONS_MAX, Content, CrossingState, Step
from mamarr.flights.errands import (
    AgreementReady,
    CrossingConfirm,
    CrossingGiveBack,
    CrossingReply,
    CrossingRequest,
    ErrandKept,
    FlightState,
    Word,
)
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.names import Author
from tests.airspace.boxes import NOON
from tests.flights.routes import MINUTE_MS, NOON_MS, a_plan, kept

PLAN = a_plan(minutes=60)
KEPT = kept(PLAN)
LAST_MS = max(each.volume.time_end_ms for each in KEPT)
CONTENT = Content(kind=Kind.FLIGHT, party="south", volumes=KEPT, centre="south-centre", plan=PLAN)
WITHHELD = msgspec.structs.replace(CONTENT, party="", plan=None)
ONE = {"object_id": "S1", "filed_ms": NOON_MS}
NAME = crossings.key_of("node-south", "S1", NOON_MS)
PEER = Author(party="south", node="node-north", rule="link")
DUTY = Author(party="north", node="node-north", person="duty-1")
RULE = Author(party="north", node="node-north", rule="decline-unanswered")
LAPSE_MS, ANSWER_WITHIN_MS = 20 * MINUTE_MS, 10 * MINUTE_MS
DAY_MS = 24 * 60 * MINUTE_MS
IN_THE_WAY = Standing(
    kind=Kind.FLIGHT,
    object_id="F9",
    number=0,
    party="north",
    volume=KEPT[0].volume,
    own_number=0,
    minima=Minima(),
)
ACTED = MessageActed(message_key="m")


def request(revision: int = 1, content: Content = CONTENT, digest: str = "agreed") -> CrossingRequest:
    return CrossingRequest(**ONE, revision=revision, digest=digest, content=content)


def confirm(revision: int = 1) -> CrossingConfirm:
    return CrossingConfirm(**ONE, revision=revision)


def give_back(revision: int = 1) -> CrossingGiveBack:
    return CrossingGiveBack(**ONE, revision=revision)


def state(number: int, **changed: Any) -> FlightState:
    values = {"content": CONTENT, "is_airborne": True, "revision": 1}
    return FlightState(**ONE, number=number, **{**values, **changed})


def facts(held: ForeignFlight | None = None, **changed: Any) -> Facts:
    values = {
        "party": "north",
        "held": held,
        "peer_party": "south",
        "valid_until_ms": NOON_MS + DAY_MS,
        "digest": "agreed",
        "answer_within_ms": ANSWER_WITHIN_MS,
        "lapse_ms": LAPSE_MS,
        "provisional_max": 20,
        "horizon_ms": 30 * DAY_MS,
    }
    return Facts(**{**values, **changed})


def said(
    word: Word,
    held: ForeignFlight | None = None,
    *,
    minutes: int = 0,
    author: Author = PEER,
    is_clock_unsure: bool = False,
    **changed: Any,
) -> Any:
    """What is answered when the peer says a word."""
    command = TakeWord(
        crossing_id=NAME, peer="node-south", message_key="m", word=word, is_clock_unsure=is_clock_unsure
    )
    now = NOON + timedelta(minutes=minutes)
    return crossings.decide(command, facts(held, **changed), author=author, now=now)


def person(
    command: Any, held: ForeignFlight | None, *, minutes: int = 0, author: Author = DUTY, **changed: Any
) -> Any:
    now = NOON + timedelta(minutes=minutes)
    return crossings.decide(command, facts(held, **changed), author=author, now=now)


def after(held: ForeignFlight | None, outcome: Any) -> ForeignFlight:
    """The crossing after what was decided."""
    assert isinstance(outcome, tuple), outcome
    for event in outcome:
        if isinstance(event, crossings.Event):
            held = crossings.evolve(held, event)
    assert held is not None
    return held


def replied(outcome: Any) -> list[tuple[Reply, int, Reason | None]]:
    """What is said to the peer."""
    words = [each.errand.word for each in outcome if isinstance(each, ErrandKept)]
    return [(each.reply, each.revision, each.reason) for each in words]


def waiting(held: ForeignFlight | None = None, revision: int = 1) -> ForeignFlight:
    return after(held, said(request(revision), held))


def accepted(held: ForeignFlight | None = None, revision: int = 1) -> ForeignFlight:
    return after(held, said(request(revision), held, is_standard=True))


def confirmed(held: ForeignFlight | None = None, revision: int = 1) -> ForeignFlight:
    before = accepted(held, revision)
    return after(before, said(confirm(revision), before))


def ends_ms(value: ForeignFlight, minutes: int) -> list[int]:
    return [part.volume.time_end_ms for part in crossings.held_parts(value, NOON_MS + minutes * MINUTE_MS)]


# --- who may say what -------------------------------------------------------------------------------------


def test_only_the_party_of_the_peer_may_speak_for_it_and_only_by_the_link():
    stranger = Author(party="east", node="node-north", rule="link")
    by_hand = Author(party="south", node="node-north")
    for author in (stranger, by_hand, RULE, DUTY):
        assert said(request(), author=author) == Refusal(reason=Reason.NOT_YOURS)
    assert said(request(), peer_party=None) == Refusal(reason=Reason.NOT_YOURS)


def test_a_message_that_does_not_wait_is_not_acted_on_again():
    assert said(request(), valid_until_ms=None) == Refusal(reason=Reason.WRONG_STATUS)


@pytest.mark.parametrize("word", [request(), confirm(), give_back(), state(1), AgreementReady(digest="d")])
def test_after_its_validity_nobody_acts_on_a_word(word: Word):
    outcome = said(word, valid_until_ms=NOON_MS + MINUTE_MS, minutes=1)
    assert outcome == (MessageLapsed(message_key="m"),)


def test_only_the_nodes_own_party_answers_and_only_its_rules_let_lapse_or_forget():
    held = waiting()
    south = Author(party="south", node="node-north")
    accept, lapse = AcceptCrossing(crossing_id=NAME, revision=1), LapseCrossing(crossing_id=NAME, revision=1)
    not_yours = Refusal(reason=Reason.NOT_YOURS)
    assert person(accept, held, author=south) == not_yours
    assert person(accept, held, author=RULE) == not_yours
    assert person(lapse, held, minutes=10) == not_yours
    assert person(ExpireCrossing(crossing_id=NAME), held, minutes=10_000) == not_yours


# --- what is asked ----------------------------------------------------------------------------------------


def test_a_request_waits_for_a_person_and_holds_nothing_meanwhile():
    outcome = said(request())
    assert [type(each) for each in outcome] == [MessageActed, CrossingRequested]
    held = after(None, outcome)
    assert crossings.is_waiting(held)
    assert held.answer_by_ms == NOON_MS + ANSWER_WITHIN_MS
    assert crossings.held_parts(held, NOON_MS) == ()


def test_what_meets_a_standard_condition_is_accepted_at_once_until_it_lapses():
    outcome = said(request(), is_standard=True)
    assert replied(outcome) == [(Reply.ACCEPTED, 1, None)]
    held = after(None, outcome)
    assert ends_ms(held, 19) == [each.volume.time_end_ms for each in KEPT]
    assert ends_ms(held, 20) == []
    assert crossings.provisional_until_ms(held) == NOON_MS + LAPSE_MS


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"digest": None}, Reason.OTHER_AGREEMENT),
        ({"digest": "next"}, Reason.OTHER_AGREEMENT),
        ({"is_beyond": True}, Reason.OTHER_AGREEMENT),
        ({"is_clock_unsure": True}, Reason.CLOCK_UNSURE),
        ({"minutes": 200}, Reason.TIME_PAST),
        ({"horizon_ms": 60_000}, Reason.TOO_FAR_AHEAD),
        ({"provisional_count": 20}, Reason.LIMIT_REACHED),
        ({"standing": (IN_THE_WAY,)}, Reason.CONFLICT),
    ],
)
def test_a_machine_declines_at_once_and_says_why_and_no_more(changed: dict[str, Any], reason: Reason):
    outcome = said(request(), is_standard=True, **changed)
    assert replied(outcome) == [(Reply.REJECTED, 1, reason)]
    held = after(None, outcome)
    assert held.crossing.state is CrossingState.REJECTED
    assert crossings.held_parts(held, NOON_MS) == ()
    assert held.asked == ()
    assert "F9" not in errands.said(outcome[-1].errand.word), "what is in the way is not named to a peer"


def test_more_crossings_of_a_peer_than_may_be_are_not_kept():
    outcome = said(request(), count=CROSSINGS_MAX, is_standard=True)
    assert replied(outcome) == [(Reply.REJECTED, 1, Reason.LIMIT_REACHED)]
    assert not any(isinstance(each, CrossingRequested) for each in outcome)
    assert said(state(1), count=CROSSINGS_MAX) == (ACTED,)
    held = confirmed()
    assert replied(said(request(2), held, count=CROSSINGS_MAX, is_standard=True)) == [
        (Reply.ACCEPTED, 2, None)
    ]


def test_more_revisions_than_may_be_are_declined_and_the_old_one_stays():
    held = confirmed()
    outcome = said(request(REVISIONS_MAX + 1), held, is_standard=True)
    assert replied(outcome) == [(Reply.REJECTED, REVISIONS_MAX + 1, Reason.LIMIT_REACHED)]
    assert after(held, outcome) == held


def test_an_old_request_changes_nothing_and_is_not_answered():
    held = confirmed(None, 2)
    for revision in (0, 1, 2):
        assert said(request(revision), held, is_standard=True) == (ACTED,)


# --- what persons answer ----------------------------------------------------------------------------------


def test_a_person_accepts_and_it_lapses_unless_it_is_confirmed():
    held = waiting()
    outcome = person(AcceptCrossing(crossing_id=NAME, revision=1), held, minutes=5)
    assert replied(outcome) == [(Reply.ACCEPTED, 1, None)]
    value = after(held, outcome)
    assert ends_ms(value, 24) != []
    assert ends_ms(value, 25) == []


def test_a_person_cannot_accept_what_something_came_in_the_way_of_or_too_many():
    held, accept = waiting(), AcceptCrossing(crossing_id=NAME, revision=1)
    in_the_way = Refusal(reason=Reason.CONFLICT, because=("F9",))
    assert person(accept, held, standing=(IN_THE_WAY, IN_THE_WAY)) == in_the_way
    assert person(accept, held, provisional_count=20) == limit_reached("provisional_max")


def test_a_person_declines_or_counters_and_the_peer_is_told():
    held = waiting()
    rejected = person(RejectCrossing(crossing_id=NAME, revision=1), held)
    assert replied(rejected) == [(Reply.REJECTED, 1, Reason.DECLINED)]
    counter = Counter(later_ms=MINUTE_MS)
    countered = person(CounterCrossing(crossing_id=NAME, revision=1, counter=counter), held)
    assert countered[-1].errand.word.counter == counter
    for outcome in (rejected, countered):
        value = after(held, outcome)
        assert crossings.held_parts(value, NOON_MS) == ()
        again = person(AcceptCrossing(crossing_id=NAME, revision=1), value)
        assert again == Refusal(reason=Reason.WRONG_STATUS)


def test_silence_is_declined_by_a_rule_and_never_accepted():
    held = waiting()
    lapse = LapseCrossing(crossing_id=NAME, revision=1)
    assert person(lapse, held, minutes=9, author=RULE) == Refusal(reason=Reason.NOT_YET)
    outcome = person(lapse, held, minutes=10, author=RULE)
    assert replied(outcome) == [(Reply.REJECTED, 1, Reason.NO_ANSWER)]
    assert crossings.held_parts(after(held, outcome), NOON_MS) == ()


@pytest.mark.parametrize(
    "command",
    [
        AcceptCrossing(crossing_id=NAME, revision=1),
        RejectCrossing(crossing_id=NAME, revision=1),
        CounterCrossing(crossing_id=NAME, revision=1, counter=Counter(later_ms=1)),
    ],
)
def test_too_late_or_of_another_revision_a_person_answers_nothing(command: Any):
    assert person(command, waiting(), minutes=10) == Refusal(reason=Reason.TIME_PAST)
    assert person(command, waiting(None, 2)) == Refusal(reason=Reason.WRONG_STATUS)
    assert person(command, None) == Refusal(reason=Reason.NOT_THERE, because=(NAME,))


# --- confirmed, revised, given back -----------------------------------------------------------------------


def test_what_is_confirmed_never_lapses():
    outcome = said(confirm(), accepted(), minutes=19)
    assert replied(outcome) == [(Reply.CONFIRMED, 1, None)]
    assert [type(each) for each in outcome] == [MessageActed, CrossingConfirmed, ErrandKept]
    held = after(accepted(), outcome)
    assert crossings.provisional_until_ms(held) is None
    assert ends_ms(held, 60) == [each.volume.time_end_ms for each in KEPT]


def test_what_has_lapsed_or_was_never_accepted_is_not_confirmed():
    for held, minutes in ((accepted(), 20), (waiting(), 0), (None, 0)):
        outcome = said(confirm(), held, minutes=minutes)
        assert replied(outcome) == [(Reply.NOT_HELD, 1, None)]
        assert not any(isinstance(each, CrossingConfirmed) for each in outcome)
    assert replied(said(confirm(7), confirmed())) == [(Reply.NOT_HELD, 7, None)]


def test_a_confirmation_that_comes_twice_is_answered_twice():
    assert replied(said(confirm(), confirmed())) == [(Reply.CONFIRMED, 1, None)]


def test_old_and_new_are_protected_until_the_old_one_is_given_back_by_its_number():
    held = confirmed(confirmed(), 2)
    assert len(ends_ms(held, 0)) == 2 * len(KEPT)
    value = after(held, said(give_back(1), held))
    assert [each.revision for each in value.crossing.kept] == [2]
    assert [each.revision for each in value.asked] == [2]


def test_a_revision_that_is_declined_leaves_the_old_terms():
    held = confirmed()
    asked = waiting(held, 2)
    value = after(asked, person(RejectCrossing(crossing_id=NAME, revision=2), asked))
    assert value.crossing.state is CrossingState.ACCEPTED
    assert [each.revision for each in value.crossing.kept] == [1]


def test_what_was_given_back_is_not_taken_up_when_its_request_comes_after_it():
    held = confirmed()
    value = after(held, said(give_back(2), held))
    assert said(request(2), value, is_standard=True) == (ACTED,)
    assert said(give_back(1), None) == (ACTED,)


# --- what is told -----------------------------------------------------------------------------------------


def test_a_flight_in_the_air_is_never_freed_by_the_clock():
    held = after(None, said(state(1)))
    for minutes in (0, 24 * 60, 30 * 24 * 60):
        assert len(ends_ms(held, minutes)) == len(KEPT)
    assert ends_ms(held, 24 * 60) == [TIME_LAST_MS] * len(KEPT)
    expire = ExpireCrossing(crossing_id=NAME)
    assert person(expire, held, minutes=100 * 24 * 60, author=RULE) == Refusal(reason=Reason.NOT_YET)
    over = after(held, said(state(2, is_over=True, is_airborne=False, content=None), held))
    assert ends_ms(over, 0) == []


def test_what_was_confirmed_is_kept_past_its_time_until_the_filer_says_that_it_is_over():
    held = confirmed()
    assert ends_ms(held, 24 * 60) == [TIME_LAST_MS] * len(KEPT)
    assert ends_ms(after(held, said(give_back(), held)), 24 * 60) == []


def test_what_is_only_notified_and_on_the_ground_ends_by_its_time():
    held = after(None, said(state(1, is_airborne=False)))
    assert ends_ms(held, 0) == [each.volume.time_end_ms for each in KEPT]
    assert ends_ms(held, 24 * 60) == []


def test_an_older_word_about_a_flight_changes_nothing():
    held = after(None, said(state(2)))
    for number in (0, 1, 2):
        assert said(state(number, is_airborne=False), held) == (ACTED,)


def test_what_is_told_in_the_air_takes_the_place_of_its_revision_and_of_no_newer_one():
    held = confirmed(confirmed(), 2)
    first = after(held, said(state(1, revision=1), held))
    assert [part.kept for part in crossings.held_parts(first, NOON_MS)] == [*KEPT, *KEPT]
    second = after(first, said(state(2, revision=2), first))
    assert len(crossings.held_parts(second, NOON_MS)) == len(KEPT)


def test_what_an_aircraft_needs_beside_its_plan_is_held_and_not_admitted():
    held = after(None, said(state(1, imposed=(KEPT[0].volume,))))
    assert [part.kept.is_admitted for part in crossings.held_parts(held, NOON_MS)] == [True, True, False]


def test_whose_a_flight_is_is_known_only_where_it_was_said():
    held = after(None, said(request(content=WITHHELD)))
    assert crossings.owner(held) == NAME
    assert crossings.owner(after(held, said(state(1), held))) == "south"
    assert crossings.is_key(NAME)


def test_after_it_ended_all_that_was_kept_for_it_is_given_back_and_its_request_is_not_taken_up():
    held = confirmed()
    value = after(held, said(state(1, is_over=True, is_airborne=False, content=None), held))
    assert value.crossing.kept == ()
    assert said(request(5), value, is_standard=True) == (ACTED,)


def test_a_crossing_is_forgotten_an_hour_after_it_held_nothing_and_waited_for_nothing():
    expire, held = ExpireCrossing(crossing_id=NAME), waiting()
    declined = after(held, person(RejectCrossing(crossing_id=NAME, revision=1), held))
    hour = KEPT_MS // MINUTE_MS
    assert person(expire, declined, minutes=hour - 1, author=RULE) == Refusal(reason=Reason.NOT_YET)
    assert person(expire, declined, minutes=hour, author=RULE) == (
        crossings.CrossingExpired(crossing_id=NAME),
    )
    assert person(expire, held, minutes=hour, author=RULE) == Refusal(reason=Reason.NOT_YET)


def test_the_next_moment_at_which_the_clock_frees_something_is_known():
    held = accepted()
    assert foreign.changes_at_ms(held, NOON_MS) == NOON_MS + LAPSE_MS
    assert foreign.changes_at_ms(held, NOON_MS + LAPSE_MS) is None
    told = after(None, said(state(1, is_airborne=False)))
    assert foreign.changes_at_ms(told, NOON_MS) == min(each.volume.time_end_ms for each in KEPT)


# --- replies and agreements -------------------------------------------------------------------------------


def test_a_reply_about_no_flight_of_this_node_changes_nothing():
    word = CrossingReply(**ONE, revision=1, reply=Reply.ACCEPTED)
    assert said(word, flight=None) == (ACTED,)


def test_that_a_member_has_something_is_remembered_once():
    word = AgreementReady(digest="d")
    (acted, event) = said(word, agreed=Agreed(map=Map()))
    assert (acted, event.party, event.digest) == (ACTED, "south", "d")


def test_answers_say_the_step_and_when_it_was():
    (_, requested, answered, _) = said(request(), is_standard=True, minutes=3)
    assert isinstance(answered, CrossingAnswered)
    assert (answered.step, answered.time_ms) == (Step.ACCEPT, NOON_MS + 3 * MINUTE_MS)
    assert requested.time_ms == answered.time_ms


def test_what_is_told_is_kept_as_it_was_said():
    (_, told) = said(state(4, imposed=(KEPT[0].volume,)))
    assert isinstance(told, CrossingTold)
    assert (told.told.number, told.told.content, told.told.imposed) == (4, CONTENT, (KEPT[0].volume,))
