"""How far a flight is with each other authority, by what its filer knows."""

from typing import Any

import msgspec
import pytest

from mamarr.airspace.commitment import Answered, Counter, Filing, Phase, Reply
from mamarr.faults import Reason
from mamarr.flights import Flight, Stage, answers
from mamarr.flights.answers import AtAuthority
from mamarr.flights.crossings import CrossingState as S
from mamarr.flights.holding import Coordination, Telling
from tests.flights.routes import a_corridor, a_plan, kept

COUNTER = Counter(later_ms=600_000)


def a_flight(filing: Filing, *said: Answered, stage: Stage = Stage.PROVISIONAL, **changed: Any) -> Flight:
    plan = a_plan()
    coordination = Coordination(filed_ms=0, said_as="F1", filing=filing, answers=said)
    if "telling" in changed:
        coordination = msgspec.structs.replace(coordination, telling=changed.pop("telling"))
    return Flight(
        flight_id="F1",
        party="north",
        centre="north-centre",
        plan=plan,
        volumes=kept(plan, a_corridor()),
        stage=stage,
        coordination=coordination,
        **changed,
    )


def said(authority: str, reply: Reply, revision: int = 1, **why: Any) -> Answered:
    return Answered(authority=authority, revision=revision, reply=reply, **why)


def at(authority: str, state: S, **more: Any) -> AtAuthority:
    return AtAuthority(authority=authority, state=state, **more)


BOTH = ("east", "south")
ASKING = Filing(phase=Phase.ASKING, last=1, asked_of=BOTH)
ACCEPTED = Filing(phase=Phase.ASKING, last=1, asked_of=BOTH, heard=("east",))
CONFIRMING = Filing(phase=Phase.CONFIRMING, last=1, asked_of=BOTH, heard=("south",))
IN_FORCE = Filing(last=1, in_force=1, in_force_with=BOTH)
REVISING = msgspec.structs.replace(
    IN_FORCE, phase=Phase.ASKING, last=2, asked_of=("east", "west"), heard=("west",)
)
REVISED_IN_VAIN = msgspec.structs.replace(IN_FORCE, last=2)
GIVEN_UP = Filing(last=1)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (a_flight(ASKING), (at("east", S.REQUESTED), at("south", S.REQUESTED))),
        (
            a_flight(ACCEPTED, said("east", Reply.ACCEPTED)),
            (at("east", S.ACCEPTED), at("south", S.REQUESTED)),
        ),
        (a_flight(CONFIRMING), (at("east", S.ACCEPTED), at("south", S.ACCEPTED, is_confirmed=True))),
        (
            a_flight(IN_FORCE, stage=Stage.COORDINATED),
            (at("east", S.ACCEPTED, is_confirmed=True), at("south", S.ACCEPTED, is_confirmed=True)),
        ),
        (
            a_flight(REVISING, stage=Stage.COORDINATED),
            (
                at("east", S.REVISED),
                at("south", S.ACCEPTED, is_confirmed=True),
                at("west", S.ACCEPTED),
            ),
        ),
        (
            a_flight(REVISED_IN_VAIN, said("east", Reply.REJECTED, 2, reason=Reason.DECLINED)),
            (
                at("east", S.ACCEPTED, is_confirmed=True, reason=Reason.DECLINED),
                at("south", S.ACCEPTED, is_confirmed=True),
            ),
        ),
        (
            a_flight(REVISED_IN_VAIN, said("east", Reply.COUNTERED, 2, counter=COUNTER)),
            (
                at("east", S.REVISED_COUNTERED, is_confirmed=True, counter=COUNTER),
                at("south", S.ACCEPTED, is_confirmed=True),
            ),
        ),
        (
            a_flight(
                GIVEN_UP,
                said("east", Reply.ACCEPTED),
                said("south", Reply.REJECTED, reason=Reason.CONFLICT),
            ),
            (at("east", S.CANCELLED), at("south", S.REJECTED, reason=Reason.CONFLICT)),
        ),
        (
            a_flight(GIVEN_UP, said("south", Reply.COUNTERED, counter=COUNTER)),
            (at("south", S.COUNTERED, counter=COUNTER),),
        ),
        (
            a_flight(GIVEN_UP, said("south", Reply.NOT_HELD)),
            (at("south", S.REJECTED, reason=Reason.TIME_PAST),),
        ),
        (
            a_flight(
                Filing(last=1, in_force=1),
                stage=Stage.NOTIFIED,
                telling=Telling(number=1, to=("south",), revision=1, first_ms=0),
            ),
            (at("south", S.NOTIFIED),),
        ),
    ],
)
def test_how_far_it_is_with_each(value: Flight, found: tuple[AtAuthority, ...]):
    assert answers.at_authorities(value) == found


def test_what_nobody_else_was_asked_for_has_no_other_authority():
    value = msgspec.structs.replace(a_flight(ASKING), coordination=None)
    assert answers.at_authorities(value) == ()
    assert not answers.is_given_up(value)


@pytest.mark.parametrize(
    ("value", "is_given_up"),
    [
        (a_flight(ASKING), False),
        (a_flight(CONFIRMING), False),
        (a_flight(IN_FORCE, stage=Stage.COORDINATED), False),
        (a_flight(REVISED_IN_VAIN, stage=Stage.COORDINATED), False),
        (a_flight(GIVEN_UP), True),
        (a_flight(GIVEN_UP, is_airborne=True), False),  # it is there, whoever said what
        (a_flight(Filing(last=1, in_force=1), stage=Stage.NOTIFIED), False),
    ],
)
def test_it_is_given_up_when_nobody_is_asked_any_more_and_not_all_confirmed(value: Flight, is_given_up: bool):
    assert answers.is_given_up(value) == is_given_up
