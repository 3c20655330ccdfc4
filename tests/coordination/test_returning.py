"""What is returned to a node that may have forgotten, and what it makes of that."""

from datetime import timedelta

import msgspec
import pytest

from mamarr.airspace.commitment import Filing, Phase, Returned
from mamarr.airspace.occupancy import Kind
from mamarr.coordination import channels, crossings, returning
from mamarr.coordination.agreements import HandedOver
from mamarr.coordination.channels import Channel, ChannelBegun, ChannelStopped, ChannelUnsure, Stopped
from mamarr.coordination.crossings import CrossingReturned, EndReturned, Facts, TakeWord
from mamarr.coordination.returning import Known, Return, ReturnedBy
from mamarr.faults import Reason, Refusal
from mamarr.flights import Flight, Stage
from mamarr.flights.errands import (
    AllReturned,
    CrossingGiveBack,
    CrossingHeld,
    CrossingRequest,
    ErrandKept,
    FlightState,
)
from mamarr.flights.flights import CoordinationChanged, Withdrawn
from mamarr.flights.holding import Coordination, Telling
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author
from tests.airspace.boxes import NOON
from tests.flights.routes import a_plan, kept
from tests.flights.test_errands import CONTENT

NOW_MS = epoch_ms(NOON)
PLAN = a_plan()
LINK = Author(party="south", node="node-north", rule="link")
PERSON = Author(party="north", node="node-north", person="officer")
BEGUN = Known(is_returning=True, begun_ms=5)
ONE = {"object_id": "said", "filed_ms": 7}


def a_flight(*, is_airborne: bool = False, telling: Telling | None = None, **filing: object) -> Flight:
    values = {"last": 2, "in_force": 2, "in_force_with": ("south",), **filing}
    return Flight(
        flight_id="F1",
        party="north",
        centre="north-centre",
        plan=PLAN,
        volumes=kept(PLAN),
        stage=Stage.COORDINATED,
        is_airborne=is_airborne,
        coordination=Coordination(said_as="said", filed_ms=7, filing=Filing(**values), telling=telling),
    )


def taken(word: object, *, known: Known = BEGUN, **more: object) -> tuple[object, ...]:
    facts = Facts(party="north", peer_party="south", valid_until_ms=NOW_MS + 1, known=known, **more)
    name = crossings.key_of("node-north", "said", 7)
    command = TakeWord(crossing_id=name, peer="node-south", message_key="key", word=word)
    outcome = crossings.decide(command, facts, author=LINK, now=NOON)
    assert not isinstance(outcome, Refusal)
    return outcome


def said(outcome: tuple[object, ...]) -> list[object]:
    return [each.errand.word for each in outcome if isinstance(each, ErrandKept)]


def test_what_the_peer_has_as_we_do_stays_and_the_numbers_that_it_heard_are_not_used_again():
    (_, changed) = taken(CrossingHeld(**ONE, revisions=(2,), asked=4), flight=a_flight())
    assert isinstance(changed, CoordinationChanged)
    assert changed.coordination.filing.last == 4
    assert changed.coordination.returned == (Returned(authority="south", since_ms=5),)


@pytest.mark.parametrize(
    "word",
    [
        CrossingHeld(**ONE, revisions=(2, 3), asked=3, content=CONTENT),
        CrossingHeld(**ONE, revisions=(3,), asked=3, content=CONTENT),
        CrossingHeld(**ONE, revisions=(2,), asked=2, number=1, content=CONTENT),
    ],
)
def test_what_the_peer_has_otherwise_is_held_and_our_own_ends(word: CrossingHeld):
    _, changed, held = taken(word, flight=a_flight())
    assert isinstance(held, CrossingReturned)
    assert held.by == ReturnedBy(authority="south", revisions=word.revisions, number=word.number)
    assert changed.coordination.returned == ()
    swept = taken(AllReturned(), known=_with(a_flight()))
    assert isinstance(swept[0], Withdrawn)
    assert {type(each) for each in said(swept)} == {CrossingGiveBack}


def _with(own: Flight) -> Known:
    return msgspec.structs.replace(BEGUN, unsaid=(HandedOver(flight=own),))


def test_what_flies_here_is_never_ended_by_what_a_peer_says():
    flying = a_flight(is_airborne=True, telling=Telling(number=1, to=("south",), revision=2, first_ms=0))
    word = CrossingHeld(**ONE, revisions=(3,), asked=3, number=9, content=CONTENT)
    _, changed, held = taken(word, flight=flying)
    assert isinstance(held, CrossingReturned)
    assert changed.coordination.telling.number == 9, "what is said next is newer than all that it heard"
    swept = taken(AllReturned(), known=_with(flying))
    assert not any(isinstance(each, Withdrawn) for each in swept)


@pytest.mark.parametrize(("number", "is_told_again"), [(1, False), (9, True)])
def test_of_what_flies_here_the_peer_is_told_again_where_it_heard_what_we_have_forgotten(
    number: int, is_told_again: bool
):
    flying = a_flight(is_airborne=True, telling=Telling(number=1, to=("south",), revision=2, first_ms=0))
    _, changed = taken(CrossingHeld(**ONE, revisions=(2,), asked=2, number=number), flight=flying)
    assert (changed.coordination.returned == ()) is is_told_again, "that it had ended, for all we know"
    assert changed.coordination.telling.number == number


def test_what_we_have_forgotten_is_held_until_a_person_ends_it():
    word = CrossingHeld(**ONE, revisions=(1,), asked=1, number=2, is_airborne=True, content=CONTENT)
    _, held = taken(word)
    value = crossings.evolve(None, held)
    assert crossings.held_parts(value, NOW_MS + 10**12), "however late"
    assert not crossings.is_over(value, NOW_MS + 10**12)
    ended = crossings.decide(
        EndReturned(crossing_id=value.crossing_id),
        Facts(party="north", held=value),
        author=PERSON,
        now=NOON + timedelta(hours=1),
    )
    assert said(ended) == [
        CrossingGiveBack(**ONE, revision=1),
        FlightState(**ONE, number=3, is_over=True),
    ]


def test_ending_what_was_returned_of_a_flight_that_we_have_says_of_it_how_it_is_and_not_that_it_is_over():
    value = crossings.evolve(None, taken(CrossingHeld(**ONE, revisions=(2, 3), asked=3, content=CONTENT))[1])
    flying = a_flight(is_airborne=True)
    ours = Known(unsaid=(HandedOver(flight=flying, to=()),))
    ended = crossings.decide(
        EndReturned(crossing_id=value.crossing_id),
        Facts(party="north", held=value, known=ours),
        author=PERSON,
        now=NOON,
    )
    assert said(ended) == [CrossingGiveBack(**ONE, revision=3)]


def test_two_peers_return_one_flight_and_all_that_either_has_is_held():
    first = taken(CrossingHeld(**ONE, revisions=(1,), content=CONTENT))[1]
    later = msgspec.structs.replace(CONTENT, volumes=kept(a_plan(minutes=90)))
    second = msgspec.structs.replace(
        first, by=ReturnedBy(authority="east", revisions=(2,)), content=later, peer="node-east"
    )
    value = crossings.evolve(crossings.evolve(None, first), second)
    assert [each.authority for each in value.returned_by] == ["south", "east"]
    assert {part.volume for part in crossings.held_parts(value, NOW_MS)} == {
        each.volume for each in (*CONTENT.volumes, *later.volumes)
    }


def test_what_a_peer_that_was_set_back_too_does_not_have_proves_nothing():
    swept = taken(AllReturned(is_set_back=True), known=_with(a_flight()))
    assert not any(isinstance(each, Withdrawn) for each in swept)
    forgotten = msgspec.structs.replace(BEGUN, stale=("node-south/S1/7",))
    assert len(taken(AllReturned(is_set_back=True), known=forgotten)) == 2


def test_a_node_that_was_not_set_back_takes_no_word_of_one_that_was():
    word = CrossingHeld(**ONE, revisions=(1,), content=CONTENT, is_set_back=True)
    assert len(taken(word, known=Known(begun_ms=5))) == 1


def test_requests_are_declined_until_all_was_returned():
    word = CrossingRequest(object_id="S1", filed_ms=7, revision=1, digest="d", content=CONTENT)
    outcome = taken(word, is_recovering=True, digest="d", is_standard=True)
    assert [each.reason for each in said(outcome)] == [Reason.RECOVERING]


def test_what_is_being_asked_is_given_up_before_anything_is_told():
    asking = a_flight(phase=Phase.ASKING, last=3, asked_of=("south", "east"))
    given = Return(party="south", asked=(HandedOver(flight=asking),), edition=3)
    begun, changed, *rest = returning.begun("node-south", "key", given, NOW_MS)
    assert begun == ChannelBegun(peer="node-south", key="key", begun_ms=NOW_MS)
    assert changed.coordination.filing.phase is Phase.IDLE
    words = said(tuple(rest))
    assert [each.revision for each in words if isinstance(each, CrossingGiveBack)] == [3, 3]
    assert words[-1] == AllReturned(edition=3)


def test_a_node_that_was_set_back_tells_nothing_of_its_own_before_it_knows_more():
    given = Return(party="south", is_set_back=True, told=(HandedOver(flight=a_flight()),))
    events = tuple(returning.begun("node-south", "key", given, NOW_MS))
    assert said(events) == [AllReturned(is_set_back=True)]


@pytest.mark.parametrize(
    ("changed", "edition", "expected"),
    [
        ({}, 0, False),
        ({"is_unsure": True}, 0, True),
        ({"stopped": Stopped.SET_BACK}, 0, True),
        ({"is_returning": True}, 0, True),
        ({"edition": 2}, 1, True),
        ({"edition": 2}, 2, False),
        ({"is_returning": True, "stopped": Stopped.CLOSED}, 0, False),
        ({"stopped": Stopped.TWO_HISTORIES}, 0, False),
    ],
)
def test_a_node_recovers_until_each_peer_it_goes_on_with_has_said_all(
    changed: dict[str, object], edition: int, expected: bool
):
    channel = Channel(peer="node-south", party="south", key="key", **changed)
    assert channels.is_recovering(channel, edition) is expected


@pytest.mark.parametrize(
    "before", [ChannelUnsure(peer="node-south"), ChannelStopped(peer="node-south", why=Stopped.SET_BACK)]
)
def test_a_line_that_is_closed_before_all_was_returned_begins_anew_as_of_a_node_that_was_set_back(before):
    channel = Channel(peer="node-south", party="south", key="key")
    for event in (before, ChannelStopped(peer="node-south", why=Stopped.CLOSED)):
        channel = channels.evolve(channel, event)
    assert channel.is_returning
    assert not channels.is_recovering(channel, 0), "a person chose to go on without it"


def test_kinds_are_told_apart():
    held = CrossingHeld(**ONE, kind=Kind.RESERVATION, revisions=(1,), content=None)
    assert len(taken(held)) == 1, "it has nothing of it, and nothing is held"
