from typing import Any

import msgspec
import pytest

from mamarr.airspace import commitment
from mamarr.airspace.commitment import Agreed, Answered, AskedOf, Counter, Filing, Phase, Reply
from mamarr.airspace.occupancy import Kind
from mamarr.faults import Reason
from mamarr.flights import Condition, asking, holding
from mamarr.flights.asking import MOVED_MAX_MS, Asked
from mamarr.flights.errands import CrossingConfirm, CrossingGiveBack, CrossingRequest, FlightState
from mamarr.flights.holding import Coordination, Flight, PlanAsked, Stage
from mamarr.flights.plans import shifted
from tests.flights.routes import MINUTE_MS, NOON_MS, a_plan, kept

PLAN, OTHER = a_plan(minutes=60), a_plan(minutes=300)
LAPSE_MS = 20 * MINUTE_MS
TWO = ("east", "south")
AGREED = Agreed(digest="d", answer_within_ms=10 * MINUTE_MS, lapse_ms=LAPSE_MS)
OF = (AskedOf(authority="east"), AskedOf(authority="south", knows_who=True))
ASKED = Asked(
    party="relief",
    centre="north-centre",
    plan=PLAN,
    volumes=kept(PLAN),
    agreed=AGREED,
    of=OF,
)


def asking_for(of: tuple[str, ...] = TWO) -> Filing:
    filing = commitment.asks(Filing(), of)
    assert isinstance(filing, Filing)
    return filing


def in_force(revision: int = 1) -> Filing:
    return Filing(last=revision, in_force=revision, in_force_with=TWO)


def a_flight(filing: Filing | None, **changed: Any) -> Flight:
    """F1, filed at noon."""
    more = {key: changed.pop(key) for key in ("until_ms", "asked", "telling") if key in changed}
    coordination = (
        None if filing is None else Coordination(said_as="X1", filed_ms=NOON_MS, filing=filing, **more)
    )
    values = {
        "flight_id": "F1",
        "party": "relief",
        "centre": "north-centre",
        "plan": PLAN,
        "volumes": kept(PLAN),
        "stage": Stage.COORDINATED,
        "coordination": coordination,
    }
    return Flight(**{**values, **changed})


def revising() -> Flight:
    """F1 is in force with revision 1; revision 2 is asked for."""
    filing = commitment.asks(in_force(), TWO)
    plan_asked = PlanAsked(plan=OTHER, centre="c", volumes=kept(OTHER), asked_at_ms=NOON_MS)
    return a_flight(filing, asked=plan_asked, until_ms=NOON_MS + LAPSE_MS)


def hears(held: Flight, authority: str, reply: Reply, revision: int = 1, now_ms: int = NOON_MS) -> Any:
    said = Answered(authority=authority, revision=revision, reply=reply)
    return asking.heard(held, said, lapse_ms=LAPSE_MS, now_ms=now_ms)


def after(held: Flight, found: Any) -> Flight:
    """The flight after what followed."""
    value = msgspec.structs.replace(
        held, coordination=found.coordination, stage=found.stage, lapses_at_ms=found.lapses_at_ms
    )
    new = found.in_force
    return value if new is None else msgspec.structs.replace(value, plan=new.plan, volumes=new.volumes)


def words(found: Any) -> list[tuple[str, type, int]]:
    return [(each.authority, type(each.word), each.word.revision) for each in found.errands]


PROVISIONAL = {"stage": Stage.PROVISIONAL, "lapses_at_ms": NOON_MS + LAPSE_MS}
UNTIL = {"until_ms": NOON_MS + LAPSE_MS}


# --- asking -----------------------------------------------------------------------------------------------


def test_each_is_asked_for_the_newest_revision_and_told_no_more_than_it_may_know():
    coordination = Coordination(said_as="X1", filed_ms=NOON_MS, filing=asking_for())
    east, south = asking.requests(ASKED, coordination)
    assert (east.authority, south.authority) == TWO
    assert {each.valid_ms for each in (east, south)} == {AGREED.answer_within_ms}
    for each in (east.word, south.word):
        assert isinstance(each, CrossingRequest)
        assert (each.revision, each.digest, each.filed_ms) == (1, "d", NOON_MS)
        assert each.content.kind is Kind.FLIGHT
        assert each.content.volumes == kept(PLAN)
    assert (east.word.content.party, east.word.content.plan) == ("", None)
    assert (south.word.content.party, south.word.content.plan) == ("relief", PLAN)


def test_the_last_acceptance_confirms_to_all_and_starts_the_time_anew():
    held = a_flight(asking_for(), **PROVISIONAL, **UNTIL)
    first = hears(held, "east", Reply.ACCEPTED, now_ms=NOON_MS + MINUTE_MS)
    assert words(first) == []
    value = after(held, first)
    assert value.lapses_at_ms == NOON_MS + LAPSE_MS
    last = hears(value, "south", Reply.ACCEPTED, now_ms=NOON_MS + 2 * MINUTE_MS)
    assert words(last) == [("east", CrossingConfirm, 1), ("south", CrossingConfirm, 1)]
    assert last.coordination.until_ms == NOON_MS + 2 * MINUTE_MS + LAPSE_MS
    assert last.lapses_at_ms is None, "others confirm by it: it does not lapse while they do"
    assert last.coordination.filing.phase is Phase.CONFIRMING


def test_the_last_confirmation_makes_it_coordinated():
    filing = commitment.heard(
        commitment.heard(asking_for(), "east", 1, Reply.ACCEPTED), "south", 1, Reply.ACCEPTED
    )
    held = a_flight(filing, stage=Stage.PROVISIONAL, **UNTIL)
    value = after(held, hears(held, "south", Reply.CONFIRMED))
    assert value.stage is Stage.PROVISIONAL
    last = hears(value, "east", Reply.CONFIRMED)
    assert (last.stage, last.lapses_at_ms, last.coordination.until_ms) == (Stage.COORDINATED, None, None)
    assert holding.is_in_force(after(value, last))


@pytest.mark.parametrize(
    ("authority", "reply", "revision"),
    [
        ("west", Reply.REJECTED, 1),
        ("east", Reply.REJECTED, 0),
        ("east", Reply.REJECTED, 2),
        ("east", Reply.CONFIRMED, 1),
        ("east", Reply.NOT_HELD, 1),
    ],
)
def test_what_is_not_an_answer_to_what_is_asked_changes_nothing(authority: str, reply: Reply, revision: int):
    assert hears(a_flight(asking_for()), authority, reply, revision) is None
    assert hears(a_flight(in_force()), authority, reply, revision) is None
    assert hears(a_flight(None), authority, reply, revision) is None


def test_an_answer_that_comes_twice_changes_nothing():
    held = a_flight(asking_for(), **PROVISIONAL, **UNTIL)
    value = after(held, hears(held, "east", Reply.ACCEPTED))
    assert hears(value, "east", Reply.ACCEPTED) is None


def test_what_each_said_last_is_kept_with_why():
    held = a_flight(asking_for(), **PROVISIONAL, **UNTIL)
    said = Answered(
        authority="east",
        revision=1,
        reply=Reply.COUNTERED,
        counter=Counter(later_ms=1),
        reason=Reason.CONFLICT,
    )
    found = asking.heard(held, said, lapse_ms=LAPSE_MS, now_ms=NOON_MS)
    assert found.coordination.answers == (said,)


def test_a_flight_that_is_not_accepted_lapses_at_once_and_all_get_it_back():
    held = a_flight(asking_for(), **PROVISIONAL, **UNTIL)
    found = hears(held, "east", Reply.REJECTED, now_ms=NOON_MS + MINUTE_MS)
    assert found.lapses_at_ms == NOON_MS + MINUTE_MS
    assert words(found) == [("east", CrossingGiveBack, 1), ("south", CrossingGiveBack, 1)]
    assert found.coordination.filing.given_back == ()


@pytest.mark.parametrize("late_ms", [LAPSE_MS, LAPSE_MS + 1, 10 * LAPSE_MS])
def test_a_last_acceptance_that_comes_too_late_is_given_back_and_not_confirmed(late_ms: int):
    filing = commitment.heard(asking_for(), "east", 1, Reply.ACCEPTED)
    held = a_flight(filing, **PROVISIONAL, **UNTIL)
    found = hears(held, "south", Reply.ACCEPTED, now_ms=NOON_MS + late_ms)
    assert {kind for _, kind, _ in words(found)} == {CrossingGiveBack}
    assert found.coordination.filing.in_force == 0


# --- revising ---------------------------------------------------------------------------------------------


def test_a_revision_is_in_force_with_the_last_confirmation_and_the_old_one_is_given_back():
    held = revising()
    for reply in (Reply.ACCEPTED, Reply.CONFIRMED):
        for authority in TWO:
            found = hears(held, authority, reply, 2)
            assert (found.in_force is not None) == (authority == "south" and reply is Reply.CONFIRMED)
            held = after(held, found)
    assert held.plan == OTHER
    assert words(found) == [("east", CrossingGiveBack, 1), ("south", CrossingGiveBack, 1)]
    assert holding.plan_asked(held) is None


@pytest.mark.parametrize("reply", [Reply.REJECTED, Reply.COUNTERED])
def test_a_revision_that_is_not_accepted_leaves_what_was_in_force(reply: Reply):
    held = revising()
    value = after(held, hears(held, "south", reply, 2))
    assert (value.plan, value.stage, value.lapses_at_ms) == (PLAN, Stage.COORDINATED, None)
    assert (value.coordination.filing.in_force, holding.plan_asked(value)) == (1, None)


def test_an_answer_to_the_revision_before_changes_nothing():
    assert hears(revising(), "south", Reply.REJECTED, 1) is None
    assert hears(revising(), "south", Reply.CONFIRMED, 1) is None


def test_what_is_given_up_leaves_what_was_in_force():
    held = revising()
    found = asking.given_up(held, held.coordination, now_ms=NOON_MS + LAPSE_MS)
    assert words(found) == [("east", CrossingGiveBack, 2), ("south", CrossingGiveBack, 2)]
    assert after(held, found).coordination.filing.in_force == 1


def test_what_is_withdrawn_gives_back_every_revision_and_says_that_it_is_over_to_who_was_told():
    telling = holding.Telling(number=3, to=("west",), revision=1, first_ms=NOON_MS)
    held = revising()
    held = msgspec.structs.replace(
        held, coordination=msgspec.structs.replace(held.coordination, telling=telling)
    )
    found = list(asking.withdrawn(held))
    backs = {(e.authority, e.word.revision) for e in found if isinstance(e.word, CrossingGiveBack)}
    assert backs == {("east", 1), ("east", 2), ("south", 1), ("south", 2)}
    over = {(e.authority, e.word.number) for e in found if isinstance(e.word, FlightState)}
    assert over == {("east", 4), ("south", 4), ("west", 4)}
    assert list(asking.withdrawn(a_flight(None))) == []


# --- telling ----------------------------------------------------------------------------------------------


def told(before: Flight | None, value: Flight, reached: tuple[AskedOf, ...] = ()) -> Any:
    return asking.told(before, value, reached, said_as="X1", now_ms=NOON_MS)


def test_of_what_others_can_refuse_nothing_is_told():
    assert told(None, a_flight(in_force())) is None
    assert told(None, a_flight(asking_for(), **PROVISIONAL)) is None


def test_a_flight_in_the_air_is_told_to_those_that_protect_it_are_asked_or_are_reached():
    value = a_flight(in_force(), is_airborne=True)
    coordination, said = told(None, value, (AskedOf(authority="west", knows_who=True),))
    assert [each.authority for each in said] == ["east", "south", "west"]
    assert [each.word.content.party for each in said] == ["", "", "relief"]
    assert all(each.word.content.plan is None for each in said)
    assert (coordination.telling.number, coordination.telling.to) == (NOON_MS, ("east", "south", "west"))


def told_before(**changed: Any) -> Flight:
    value = a_flight(in_force(), is_airborne=True, **changed)
    coordination, _ = told(None, value)
    return msgspec.structs.replace(value, coordination=coordination)


@pytest.mark.parametrize(("moved_ms", "is_told"), [(MOVED_MAX_MS, False), (MOVED_MAX_MS + 1, True)])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_estimate_is_told_when_it_moved_by_more_than_two_minutes(moved_ms: int, is_told: bool, sign: int):
    before = told_before()
    value = msgspec.structs.replace(before, plan=shifted(PLAN, sign * moved_ms))
    found = told(before, value)
    assert (found is not None) == is_told
    if found is not None:
        assert [each.word.number for each in found[1]] == [NOON_MS + 1, NOON_MS + 1]


@pytest.mark.parametrize(
    "changed", [{"condition": Condition.EMERGENCY}, {"imposed": (kept(PLAN)[0].volume,)}]
)
def test_what_a_flight_cannot_keep_to_is_told(changed: dict[str, Any]):
    before = told_before()
    _, said = told(before, msgspec.structs.replace(before, **changed))
    for each in said:
        assert {name: getattr(each.word, name) for name in changed} == changed


def test_steps_of_two_minutes_add_up_and_are_told():
    before = told_before()
    half = msgspec.structs.replace(before, plan=shifted(PLAN, MOVED_MAX_MS))
    assert told(before, half) is None
    assert told(half, msgspec.structs.replace(half, plan=shifted(half.plan, MOVED_MAX_MS))) is not None


def test_its_end_is_told_to_all_that_may_hold_something_for_it():
    said = list(asking.over(told_before()))
    assert [(each.authority, each.word.number, each.word.is_over) for each in said] == [
        ("east", NOON_MS + 1, True),
        ("south", NOON_MS + 1, True),
    ]
    asked_only = list(asking.over(a_flight(asking_for())))
    assert [each.authority for each in asked_only] == list(TWO)
    assert list(asking.over(a_flight(None))) == []


def test_a_flight_that_changes_hands_is_told_to_whom_it_is_new_with_the_next_number():
    before = told_before()
    coordination, *said = asking.handed_over(
        before, (AskedOf(authority="west"),), said_as="X1", now_ms=NOON_MS
    )
    assert isinstance(coordination, Coordination)
    assert coordination.telling.to == ("east", "south", "west")
    assert [(each.authority, each.word.number, each.word.content.party) for each in said] == [
        ("west", NOON_MS + 1, "")
    ]


def test_a_flight_that_nobody_was_asked_for_is_in_force_with_nobody_when_it_is_first_told_of():
    coordination, *_ = asking.handed_over(a_flight(None), OF, said_as="X1", now_ms=NOON_MS + 7)
    assert coordination.filed_ms == NOON_MS + 7
    assert (coordination.filing.in_force, coordination.filing.in_force_with) == (1, ())
