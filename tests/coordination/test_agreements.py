from typing import Any

import msgspec
import pytest

from mamarr.airspace import Terms
from mamarr.airspace.commitment import AskedOf
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.shares import SHARES_MAX, ShareDeclared, ShareWithdrawn
from mamarr.airspace.terms import TIME_MAX_MS, TermsSet
from mamarr.conflicts import Minima
from mamarr.coordination import Agreement, Map, Member, StandardCondition, agreements
from mamarr.coordination.agreements import (
    CONDITIONS_MAX,
    CORRIDORS_MAX,
    EDITION_MAX,
    HANDED_MAX,
    MEMBERS_MAX,
    PROPOSED_MAX,
    READY_MAX,
    Agree,
    AgreementEntered,
    AgreementProposed,
    Facts,
    HandedOver,
    MemberReady,
    Ready,
)
from mamarr.faults import InvariantError, Reason, Refusal, limit_reached
from mamarr.flights.crossings import Content
from mamarr.flights.errands import AgreementReady, ErrandKept, FlightState
from mamarr.flights.flights import CoordinationChanged
from mamarr.flights.holding import Flight, Stage
from mamarr.names import Author
from tests.airspace.boxes import NOON, NORTH
from tests.flights.routes import FL_MM, MINUTE_MS, NM_MM, NOON_MS, a_plan, a_share, kept

PLAN = a_plan(minutes=60)
KEPT = kept(PLAN)
CONTENT = Content(kind=Kind.FLIGHT, party="south", volumes=KEPT, plan=PLAN)
WITHHELD = msgspec.structs.replace(CONTENT, party="", plan=None)
STARTS_MS = min(each.volume.time_start_ms for each in KEPT)
LOWEST_MM, HIGHEST_MM = KEPT[0].volume.lower_mm, KEPT[0].volume.upper_mm
SHARE = a_share()
NORTH_MEMBER, SOUTH_MEMBER = (
    Member(party="north", node="node-north"),
    Member(party="south", node="node-south"),
)
EAST_MEMBER = Member(party="east", node="node-east")
BETWEEN = Minima(lateral_mm=10 * NM_MM, vertical_mm=20 * FL_MM, time_ms=5 * MINUTE_MS)


def an_agreement(**changed: Any) -> Agreement:
    values = {
        "agreement_id": "the-map",
        "edition": 1,
        "members": (NORTH_MEMBER, SOUTH_MEMBER),
        "shares": (SHARE,),
        "between_centres": BETWEEN,
        "inside_centre": Minima(lateral_mm=5 * NM_MM),
        "largest": BETWEEN,
        "answer_within_ms": MINUTE_MS,
        "lapse_ms": 2 * MINUTE_MS,
    }
    return Agreement(**{**values, **changed})


def a_condition(**changed: Any) -> StandardCondition:
    values = {"condition_id": "c-1", "authority": "north", "lower_mm": LOWEST_MM, "upper_mm": HIGHEST_MM}
    return StandardCondition(**{**values, **changed})


ONE, TWO = an_agreement(), an_agreement(edition=2)
FACTS = Facts(party="north", node="node-north")


def asked(agreement: Agreement, *, author: Author = NORTH, **changed: Any) -> Any:
    facts = msgspec.structs.replace(FACTS, **changed)
    return agreements.decide(Agree(agreement=agreement), facts, author=author, now=NOON)


def a_map(*proposed: Agreement, said: tuple[tuple[str, Agreement], ...] = ()) -> Map:
    value = Map()
    for each in proposed:
        value = agreements.evolve(value, AgreementProposed(agreement=each))
    for party, each in said:
        value = agreements.evolve(value, MemberReady(party=party, digest=agreements.digest(each)))
    return value


def a_flight(name: str = "F1", **changed: Any) -> Flight:
    values = {"party": "north", "centre": "", "plan": PLAN, "volumes": KEPT, "stage": Stage.COORDINATED}
    return Flight(flight_id=name, **{**values, **changed})


# --- what makes sense -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"agreement_id": "a/b"}, "agreement_id"),
        ({"edition": 0}, "edition 0 is not between"),
        ({"edition": EDITION_MAX + 1}, "is not between"),
        ({"members": (NORTH_MEMBER,)}, "has 2 to"),
        (
            {"members": tuple(Member(party=f"p{at}", node=f"n{at}") for at in range(MEMBERS_MAX + 1))},
            "has 2 to",
        ),
        ({"members": (NORTH_MEMBER, SOUTH_MEMBER, SOUTH_MEMBER)}, "named twice"),
        ({"members": (NORTH_MEMBER, Member(party="south", node="node-north"))}, "named twice"),
        ({"shares": ()}, "shares are 1 to"),
        ({"shares": (SHARE, SHARE)}, "in the order of their ids"),
        ({"shares": (a_share("B"), a_share("A"))}, "in the order of their ids"),
        (
            {"shares": tuple(a_share(f"S{at:05}") for at in range(SHARES_MAX + 1))},
            "shares are 1 to",
        ),
        ({"shares": (a_share(authority="west"),)}, "west is no member"),
        ({"standard": (a_condition(authority="west"),)}, "west is no member"),
        ({"standard": (a_condition(),) * (CONDITIONS_MAX + 1)}, "standard conditions"),
        ({"answer_within_ms": 0}, "an answer may not take"),
        ({"answer_within_ms": 2 * MINUTE_MS}, "an answer may not take"),
        ({"lapse_ms": 24 * TIME_MAX_MS + 1}, "an answer may not take"),
        ({"largest": Minima(lateral_mm=101 * NM_MM, vertical_mm=20 * FL_MM, time_ms=300_000)}, "a lateral"),
        ({"largest": msgspec.structs.replace(BETWEEN, lateral_mm=NM_MM)}, "smaller than another"),
        ({"largest": msgspec.structs.replace(BETWEEN, time_ms=0)}, "smaller than another"),
        (
            {
                "between_centres": Minima(),
                "inside_centre": Minima(),
                "largest": Minima(vertical_mm=20 * FL_MM - 1),
            },
            "smaller than another",
        ),
        ({"inside_centre": Minima(lateral_mm=11 * NM_MM)}, "smaller than another"),
    ],
)
def test_an_agreement_that_makes_no_sense_says_why(changed: dict[str, Any], why: str):
    with pytest.raises(ValueError, match=why):
        an_agreement(**changed)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"condition_id": ""}, "condition_id"),
        ({"authority": "North"}, "authority"),
        ({"lower_mm": HIGHEST_MM + 1}, "floor is above ceiling"),
        ({"lower_mm": -(10**9)}, "floor is above ceiling"),
        ({"upper_mm": 10**9}, "floor is above ceiling"),
        ({"notice_ms": -1}, "is not 0 to 48 hours"),
        ({"notice_ms": 48 * TIME_MAX_MS + 1}, "is not 0 to 48 hours"),
        ({"corridor_ids": ("K",) * (CORRIDORS_MAX + 1)}, "corridors"),
    ],
)
def test_a_standard_condition_that_makes_no_sense_says_why(changed: dict[str, Any], why: str):
    with pytest.raises(ValueError, match=why):
        a_condition(**changed)


@pytest.mark.parametrize("changed", [{"party": "N"}, {"node": "a/b"}, {"contact": ""}, {"contact": "\u202e"}])
def test_a_member_that_makes_no_sense_says_why(changed: dict[str, Any]):
    with pytest.raises(ValueError, match=next(iter(changed))):
        Member(**{"party": "north", "node": "node-north", **changed})


def test_the_digest_is_over_all_that_is_agreed_but_whom_to_call():
    called = msgspec.structs.replace(NORTH_MEMBER, contact="555-0100")
    assert agreements.digest(an_agreement(members=(called, SOUTH_MEMBER))) == agreements.digest(ONE)
    others = [
        {"agreement_id": "another"},
        {"edition": 2},
        {"members": (NORTH_MEMBER, SOUTH_MEMBER, EAST_MEMBER)},
        {"shares": (a_share("OTHER"),)},
        {"between_centres": Minima(lateral_mm=9 * NM_MM)},
        {"inside_centre": Minima(lateral_mm=4 * NM_MM)},
        {"largest": msgspec.structs.replace(BETWEEN, time_ms=6 * MINUTE_MS)},
        {"answer_within_ms": 1},
        {"lapse_ms": 3 * MINUTE_MS},
        {"standard": (a_condition(),)},
        {"withdrawal_notice_ms": MINUTE_MS},
    ]
    assert {next(iter(each)) for each in others} == set(Agreement.__struct_fields__)
    found = {agreements.digest(an_agreement(**each)) for each in others}
    assert len(found) == len(others)
    assert agreements.digest(ONE) not in found


# --- standard conditions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "content", "is_met"),
    [
        ({}, CONTENT, True),
        ({}, WITHHELD, True),
        ({"authority": "south"}, CONTENT, False),
        ({"lower_mm": LOWEST_MM + 1, "upper_mm": HIGHEST_MM + 1}, CONTENT, False),
        ({"upper_mm": HIGHEST_MM - 1, "lower_mm": 0}, CONTENT, False),
        ({"notice_ms": STARTS_MS - NOON_MS}, CONTENT, True),
        ({"notice_ms": STARTS_MS - NOON_MS + 1}, CONTENT, False),
        ({"corridor_ids": ("EAST",)}, CONTENT, True),
        ({"corridor_ids": ("SOUTH",)}, CONTENT, False),
        ({"corridor_ids": ("EAST",)}, WITHHELD, False),  # who may not know the plan cannot tell
    ],
)
def test_what_is_accepted_by_machine_keeps_the_levels_the_notice_and_the_corridors(
    condition: dict[str, Any], content: Content, is_met: bool
):
    agreement = an_agreement(standard=(a_condition(**condition),))
    assert agreements.is_standard(agreement, "north", content, NOON_MS) is is_met


@pytest.mark.parametrize(
    ("lower_mm", "upper_mm", "is_met"),
    [
        (0, 600 * FL_MM, True),
        (LOWEST_MM - 150 * FL_MM, HIGHEST_MM + 150 * FL_MM, True),
        (LOWEST_MM - 30 * FL_MM, HIGHEST_MM + 150 * FL_MM, False),  # pressure may be lower than that
        (LOWEST_MM - 150 * FL_MM, HIGHEST_MM + 30 * FL_MM, False),
    ],
)
def test_heights_over_another_datum_meet_a_condition_where_they_surely_keep_its_levels(
    lower_mm: int, upper_mm: int, is_met: bool
):
    volumes = tuple(
        msgspec.structs.replace(each, volume=msgspec.structs.replace(each.volume, datum="WGS84"))
        for each in KEPT
    )
    agreement = an_agreement(standard=(a_condition(lower_mm=lower_mm, upper_mm=upper_mm),))
    content = msgspec.structs.replace(CONTENT, volumes=volumes)
    assert agreements.is_standard(agreement, "north", content, NOON_MS) is is_met


def test_a_condition_is_of_flights_unless_it_says_otherwise():
    content = Content(kind=Kind.RESERVATION, party="south", volumes=KEPT)
    wide = {"lower_mm": 0, "upper_mm": 600 * FL_MM}
    flights_only = an_agreement(standard=(a_condition(**wide),))
    both = an_agreement(standard=(a_condition(**wide, kinds=(Kind.FLIGHT, Kind.RESERVATION)),))
    assert not agreements.is_standard(flights_only, "north", content, NOON_MS)
    assert agreements.is_standard(both, "north", content, NOON_MS)
    assert agreements.is_standard(both, "north", CONTENT, NOON_MS)
    with pytest.raises(ValueError, match="of flights, of reservations, or of both"):
        a_condition(kinds=(Kind.IMPOSED,))


def test_where_nothing_is_agreed_as_standard_a_person_answers():
    assert not agreements.is_standard(ONE, "north", CONTENT, NOON_MS)


# --- proposed, and in force when all have it --------------------------------------------------------------


def test_what_is_proposed_is_said_to_all_others_and_not_in_force_yet():
    outcome = asked(an_agreement(members=(NORTH_MEMBER, SOUTH_MEMBER, EAST_MEMBER)))
    assert [type(each) for each in outcome] == [AgreementProposed, ErrandKept, ErrandKept]
    assert [each.errand.authority for each in outcome[1:]] == ["south", "east"]
    assert {type(each.errand.word) for each in outcome[1:]} == {AgreementReady}


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"unknown": ("east",)}, Refusal(reason=Reason.UNKNOWN_PARTY, because=("east",))),
        (
            {"misshapen": Refusal(reason=Reason.BAD_GEOMETRY, because=("S1",))},
            Refusal(reason=Reason.BAD_GEOMETRY, because=("S1",)),
        ),
        ({"overlapping": ("S1",)}, Refusal(reason=Reason.VOLUME_HELD, because=("S1",))),
        ({"beyond": ("K1",)}, Refusal(reason=Reason.OTHER_AGREEMENT, because=("K1",))),
        ({"reaching": ("R1",)}, Refusal(reason=Reason.OTHER_AUTHORITY, because=("R1",))),
        (
            {"handed": (HandedOver(flight=a_flight(), to=()),) * (HANDED_MAX + 1)},
            limit_reached("handed_max"),
        ),
        ({"party": "west"}, Refusal(reason=Reason.NOT_YOURS)),
        ({"node": "node-other"}, Refusal(reason=Reason.UNKNOWN_PARTY, because=("north",))),
        ({"held": a_map(ONE)}, Refusal(reason=Reason.AGREED, because=("the-map",))),
        ({"held": Map(in_force=ONE)}, Refusal(reason=Reason.AGREED, because=("the-map",))),
        ({"held": Map(in_force=TWO)}, Refusal(reason=Reason.AGREED, because=("the-map",))),
        (
            {"held": a_map(*(an_agreement(edition=10 + at) for at in range(PROPOSED_MAX)))},
            limit_reached("proposed_max"),
        ),
    ],
)
def test_what_cannot_be_agreed_on_is_refused_with_its_reason(changed: dict[str, Any], refusal: Refusal):
    assert asked(ONE, **changed) == refusal


def test_only_persons_of_the_nodes_own_party_agree():
    for author in (
        Author(party="south", node="node-north"),
        Author(party="north", node="node-north", rule="link"),
    ):
        assert asked(ONE, author=author) == Refusal(reason=Reason.NOT_YOURS)


def test_it_is_in_force_when_all_members_have_the_same_and_not_before():
    three = an_agreement(members=(NORTH_MEMBER, SOUTH_MEMBER, EAST_MEMBER))
    other = an_agreement(members=three.members, lapse_ms=3 * MINUTE_MS)
    assert agreements.entered(a_map(three), "north") is None
    assert agreements.entered(a_map(three, said=(("south", three),)), "north") is None
    assert agreements.entered(a_map(three, said=(("south", three), ("east", other))), "north") is None
    assert agreements.entered(a_map(three, said=(("south", three), ("west", three))), "north") is None
    assert agreements.entered(a_map(three, said=(("south", three), ("east", three))), "north") == three
    assert agreements.entered(a_map(said=(("south", three), ("east", three))), "north") is None


def test_of_two_that_all_have_the_newer_is_in_force_and_the_older_no_more_proposed():
    value = a_map(ONE, TWO, said=(("south", ONE), ("south", TWO)))
    assert agreements.entered(value, "north") == TWO
    after = agreements.evolve(value, AgreementEntered(digest=agreements.digest(TWO)))
    assert (after.in_force, after.proposed) == (TWO, ())


def test_who_is_last_to_propose_puts_it_in_force_with_its_shares_and_minima():
    there = (a_share("OLD"), a_share("NORTHERN", lower_mm=1))
    held = a_map(said=(("south", ONE),))
    terms = Terms(flights_max=7)
    outcome = asked(ONE, held=held, shares=there, terms=terms)
    assert outcome[2:] == (
        AgreementEntered(digest=agreements.digest(ONE)),
        ShareWithdrawn(share_id="OLD"),
        ShareDeclared(share=SHARE),
        TermsSet(terms=Terms(flights_max=7, between_centres=BETWEEN, inside_centre=ONE.inside_centre)),
    )


def test_a_share_that_is_there_already_is_not_declared_again():
    outcome = asked(ONE, held=a_map(said=(("south", ONE),)), shares=(SHARE,))
    assert not any(isinstance(each, ShareDeclared | ShareWithdrawn) for each in outcome)


def test_a_flight_that_others_must_know_by_it_is_told_before_it_is_said_that_it_is_agreed():
    to = (AskedOf(authority="south", knows_who=True),)
    outcome = asked(ONE, handed=(HandedOver(flight=a_flight(), to=to),))
    words = [each.errand.word for each in outcome if isinstance(each, ErrandKept)]
    assert [type(each) for each in outcome] == [
        AgreementProposed,
        CoordinationChanged,
        ErrandKept,
        ErrandKept,
    ]
    assert [type(each) for each in words] == [FlightState, AgreementReady]
    assert (words[0].content.party, words[0].content.volumes) == ("north", KEPT)


def test_what_a_member_says_is_remembered_once_and_only_the_newest():
    ready = agreements.ready
    first = Ready(party="south", digest="d0")
    value = Map(ready=(first,))
    assert ready(value, first, own="north", shares=(), terms=None) == ()
    for at in range(1, READY_MAX + 5):
        value = agreements.evolve(value, MemberReady(party="south", digest=f"d{at}"))
    value = agreements.evolve(value, MemberReady(party="east", digest="e"))
    assert [each.digest for each in value.ready if each.party == "south"] == [
        f"d{at}" for at in range(5, READY_MAX + 5)
    ]
    assert Ready(party="east", digest="e") in value.ready


def test_what_takes_effect_without_having_been_proposed_is_a_contradiction():
    with pytest.raises(InvariantError, match="was proposed"):
        agreements.evolve(Map(), AgreementEntered(digest="d"))
