"""What drones plan, when a crewed flight is planned: looked at, and stopping nobody whom it may not stop."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.airspace import SpecialHandling
from mamarr.airspace.occupancy import Kind
from mamarr.coordination import Disclosed, Rule
from mamarr.engine import picture, tidying
from mamarr.engine.others import Imposition
from mamarr.engine.projection import Projection
from mamarr.faults import Reason, Refusal
from mamarr.flights import Condition, DronesThere, drone_watch
from mamarr.flights.admission import NEVER_KEPT_WAITING
from mamarr.flights.drone_watch import AHEAD_MS, LEFT_MS, VALID_MS, HearDrones
from mamarr.flights.drones import DRONES_MAX, HEARD, ForgetDrones
from mamarr.flights.flights import Filed, ReportCondition, Revise, Revised
from mamarr.flights.plans import Traffic
from mamarr.geometry import Volume, footprints
from mamarr.names import Author
from tests.airspace.boxes import NOON, NORTH, SOUTH
from tests.engine.orders import Desk, reserve
from tests.engine.skies import RELIEF, a_desk, an_order, disclose, file
from tests.engine.stories_of_drones import ID, a_square, note
from tests.engine.test_flights import airborne, every_alternative_can_be_filed
from tests.engine.test_gate import said
from tests.engine.test_plans import everything_is_decided_so_again, reasons
from tests.engine.test_touched import told
from tests.examples import some
from tests.flights.routes import DEG, MINUTE_MS, NOON_MS, a_plan
from tests.oracle import lateral

BRIDGE = Author(party="north", node="node-north", rule=HEARD)
THERE = Refusal(reason=Reason.DRONES_PLANNED)
MINUTE = timedelta(minutes=1)


def hear(desk: Desk, *commands: Any, minutes: float = 0) -> None:
    answers = desk.ask(*(an_order(each, BRIDGE) for each in commands), now=NOON + minutes * MINUTE)
    assert reasons(answers) == [None] * len(commands)


def a_heard_sky(*volumes: Volume) -> Desk:
    """North's sky, all of EAST heard, and one intent about the middle of its first leg."""
    desk = a_desk()
    hear(desk, note(1, *volumes), HearDrones(whole=("EAST", "SOUTH")))
    return desk


def filed(desk: Desk, flight_id: str = "F1", author=SOUTH, minutes: float = 0, **changed: Any) -> Any:
    """What came of a flight along EAST: the event or the refusal."""
    (answer,) = desk.ask(file(flight_id, a_plan(**changed), author), now=NOON + minutes * MINUTE)
    return answer.outcome if isinstance(answer.outcome, Refusal) else answer.outcome[0]


def test_a_flight_that_is_planned_where_drones_are_is_refused_and_offered_other_plans():
    desk = a_heard_sky(a_square(minutes=(0, 180)))
    (answer,) = desk.ask(file("F1", a_plan(), SOUTH))
    assert answer.outcome == THERE
    assert [each.kind for each in answer.causes] == [Kind.DRONES]
    assert ID.format(1).encode() not in msgspec.json.encode((answer.outcome, answer.causes))
    assert answer.alternatives
    assert all(each.holds for each in answer.alternatives)
    every_alternative_can_be_filed(desk, answer, author=SOUTH)
    assert isinstance(filed(desk, corridor=None, level="F200"), Filed)
    everything_is_decided_so_again(desk)


@pytest.mark.parametrize("handling", sorted(NEVER_KEPT_WAITING))
def test_for_whom_nobody_waits_is_admitted_and_told_of_the_drones(handling: SpecialHandling):
    desk = a_heard_sky()
    event = filed(desk, handling=(handling,))
    assert isinstance(event, Filed)
    assert (event.drones, event.touching) == (DronesThere.PLANNED, ())  # whose they are its party is not told
    kept = desk.decider.projection.flights.get("F1").touching
    assert [(each.kind, each.object_id) for each in kept] == [(Kind.DRONES, ID.format(1))]
    everything_is_decided_so_again(desk)


@pytest.mark.parametrize(
    "changed",
    [{"handling": (SpecialHandling.STATE, SpecialHandling.HEAD)}, {"traffic": Traffic.OAT}, {}],
)
def test_everybody_else_is_refused_the_node_itself_too(changed: dict[str, Any]):
    desk = a_heard_sky()
    assert filed(desk, **changed) == THERE
    (answer,) = desk.ask(file("F2", a_plan(**changed), NORTH))
    assert answer.outcome == msgspec.structs.replace(
        THERE, because=(ID.format(1),)
    )  # the duty desk looks it up


def test_who_flies_or_is_in_an_emergency_is_never_refused_for_drones():
    desk = a_desk()
    assert isinstance(filed(desk, level="F200"), Filed)
    airborne(desk)
    hear(desk, note(1), HearDrones(whole=("EAST",)), minutes=61)
    (answer,) = desk.ask(an_order(Revise(flight_id="F1", plan=a_plan()), SOUTH), now=NOON + 62 * MINUTE)
    assert isinstance(answer.outcome, tuple), answer
    assert isinstance(answer.outcome[0], Revised)
    assert answer.outcome[0].drones is DronesThere.PLANNED
    emergency = ReportCondition(flight_id="F1", condition=Condition.EMERGENCY)
    assert reasons(desk.ask(an_order(emergency, SOUTH), now=NOON + 63 * MINUTE)) == [None]
    everything_is_decided_so_again(desk)


def test_with_due_regard_nothing_is_asked_and_the_drones_are_told_of():
    event = filed(a_heard_sky(), is_due_regard=True)
    assert (type(event), event.drones) == (Filed, DronesThere.PLANNED)


def rows(desk: Desk, party: str, minutes: float = 0) -> dict[str, Any]:
    seen = picture(desk.decider.projection, party=party, now=NOON + minutes * MINUTE)
    return {each.flight.flight_id: each.touched_by for each in seen.flights if each.touched_by}


def test_what_is_heard_later_takes_nothing_back_and_stands_on_the_row_of_the_flight_until_it_is_gone():
    desk = a_desk()
    hear(desk, HearDrones(whole=("EAST",)))
    assert filed(desk).drones is DronesThere.NONE_KNOWN
    before = desk.decider.projection.flights.get("F1")
    hear(desk, note(1), note(2, a_square(30)))
    assert desk.decider.projection.flights.get("F1") == before
    for party, name in (("south", None), ("north", ID.format(1))):
        (found,) = rows(desk, party)["F1"]
        assert (found.kind, found.why, found.object_id, found.party) == (
            Kind.DRONES,
            Imposition.DRONES,
            name,
            None,
        )
    assert rows(desk, "relief") == {}
    again = Projection("north")  # from a snapshot
    again.restore(desk.decider.projection.state())
    assert told(desk, "south", projection=again) == rows(desk, "south")
    hear(desk, ForgetDrones(intent_id=ID.format(1)))
    assert rows(desk, "south") == {}
    everything_is_decided_so_again(desk)


def test_reservations_are_asked_for_whatever_drones_plan():
    desk = a_heard_sky()
    assert reasons(desk.ask(reserve("R1"))) == [None]
    desk = a_desk()
    hear(desk, note(1, a_square(47.05, 11.05, levels_m=(0, 5_000))))  # inside of every box of the tests
    assert reasons(desk.ask(reserve("R1"))) == [None]


# --- how well it is known ---------------------------------------------------------------------------------


def test_what_nobody_heard_is_not_known_and_who_never_looked_says_nothing():
    desk = a_desk()
    assert filed(desk, "F0", level="F310").drones is None
    hear(desk, HearDrones(whole=("EAST",)))
    assert filed(desk, "F1", level="F330").drones is DronesThere.NONE_KNOWN
    assert filed(desk, "F2", level="F350", corridor=None).drones is DronesThere.UNKNOWN  # off corridors
    late = AHEAD_MS / MINUTE_MS - 20
    assert filed(desk, "F3", minutes=0, level="F370", route=a_plan(minutes=late).route).drones is (
        DronesThere.UNKNOWN
    )
    hear(desk, HearDrones(whole=("SOUTH",)), minutes=1)
    again = a_plan(minutes=200).route
    assert filed(desk, "F4", minutes=1, route=again).drones is DronesThere.UNKNOWN
    everything_is_decided_so_again(desk)


def test_what_was_heard_counts_until_it_says_and_silence_leaves_unknown_behind_by_the_clock_alone():
    watch = drone_watch.DroneWatch(until_ms=NOON_MS + VALID_MS, whole=("EAST",))

    def at(ms: int) -> DronesThere | None:
        return drone_watch.there(watch, corridors=("EAST",), end_ms=ms + 1, is_met=False, now_ms=ms)

    assert at(watch.until_ms - 1) is DronesThere.NONE_KNOWN
    assert at(watch.until_ms) is DronesThere.UNKNOWN
    assert at(watch.until_ms + LEFT_MS - 1) is DronesThere.UNKNOWN
    assert at(watch.until_ms + LEFT_MS) is None
    desk = a_heard_sky(a_square(minutes=(0, 3_000)))
    quiet = VALID_MS / MINUTE_MS + 1
    route = a_plan(minutes=100).route
    assert filed(desk, minutes=quiet, route=route) == THERE  # what was heard last is still the best known
    elsewhere = a_plan(minutes=100, level="F200").route
    assert filed(desk, minutes=quiet, route=elsewhere).drones is DronesThere.UNKNOWN


def test_what_is_over_is_forgotten_and_all_of_it_where_nobody_looks_any_more():
    desk = a_heard_sky(a_square(minutes=(0, 100)))
    hear(desk, note(2, a_square(minutes=(0, 5_000))))

    def forgotten(minutes: float) -> list[str]:
        now = NOON + minutes * MINUTE
        found = tidying.orders(
            desk.decider.projection, node="node-north", now=now, command_id=lambda: "tidying-1"
        )
        return [each.command.intent_id for each in found if isinstance(each.command, ForgetDrones)]

    assert forgotten(99) == []
    assert forgotten(100) == [ID.format(1)]
    assert forgotten((VALID_MS + LEFT_MS) / MINUTE_MS) == [ID.format(1), ID.format(2)]
    tidy = Author(party="north", node="node-north", rule="forget-drones")
    orders = [an_order(ForgetDrones(intent_id=ID.format(number)), tidy) for number in (1, 2)]
    assert reasons(desk.ask(*orders)) == [None, None]
    assert isinstance(filed(desk), Filed)


def test_no_more_intents_are_known_than_the_limit_says_and_nobody_but_the_bridge_says_any():
    desk = a_desk()
    tables = desk.decider.projection.drones
    hear(desk, note(1))
    held = tables.get(ID.format(1))
    for number in range(2, DRONES_MAX + 1):
        tables.fold(ID.format(number), msgspec.structs.replace(held, intent_id=ID.format(number)))
    assert reasons(desk.ask(an_order(note(DRONES_MAX + 1), BRIDGE))) == [Reason.LIMIT_REACHED]
    assert reasons(desk.ask(an_order(note(5, a_square(34.1)), BRIDGE))) == [None]  # one that is known
    for author in (NORTH, SOUTH, Author(party="north", node="node-north", rule="live")):
        commands = (note(1), ForgetDrones(intent_id=ID.format(1)), HearDrones(whole=("EAST",)))
        assert reasons(desk.ask(*(an_order(each, author) for each in commands))) == [Reason.NOT_YOURS] * 3


# --- who may not know all ---------------------------------------------------------------------------------

PLANS = st.builds(
    a_plan,
    minutes=st.integers(30, 130),
    level=st.sampled_from(("F310", "F330", "F350")),
    corridor=st.just("EAST"),
)


@pytest.mark.requirement("THREATS 6")
@settings(max_examples=some(15), deadline=None)
@given(one=st.lists(PLANS, max_size=6), other=st.lists(PLANS, max_size=3), plan=PLANS)
def test_beside_drones_what_may_not_be_known_to_exist_tells_nothing_of_itself(one, other, plan):
    answers = []
    for hidden in ([], one, other, [plan]):
        desk = a_desk()
        nothing = {"flights": Disclosed.NOTHING, "reservations": Disclosed.IDENTITY}
        disclose(desk, Rule(owner="south", viewer="relief", **nothing))
        desk.ask(*(file(f"Z{number}", each, SOUTH) for number, each in enumerate(hidden)))
        hear(desk, note(1, a_square(minutes=(0, 600))))
        answers += desk.ask(file("X1", plan, RELIEF))
    assert answers[0].outcome == THERE
    assert len({said(each) for each in answers}) == 1


# --- exactly where and when they are ----------------------------------------------------------------------


@st.composite
def intents(draw: st.DrawFn) -> Volume:
    """A circle or a square about EAST, often at its edges in place, height and time."""
    beside = draw(st.sampled_from((0.0, 0.05, 0.0832, 0.0835, 0.1, 0.3)))
    latitude, longitude = 34.0 + beside * draw(st.sampled_from((-1, 1))), draw(st.floats(31.8, 33.2))
    start = draw(st.sampled_from((0, 30, 54, 55, 69, 89, 90, 91, 200)))
    low_m = draw(st.sampled_from((-100, 7_000, 8_900, 10_500, 11_300, 14_000)))
    square = a_square(
        latitude,
        longitude,
        minutes=(start, start + draw(st.integers(1, 60))),
        levels_m=(low_m, low_m + draw(st.sampled_from((1, 300, 2_000)))),
        side_deg=draw(st.sampled_from((0.001, 0.02, 0.2))),
    )
    if draw(st.booleans()):
        return square
    centre = (round(latitude * DEG), round(longitude * DEG))
    radius_mm = draw(st.sampled_from((1_000, 500_000, 20_000_000)))
    return msgspec.structs.replace(square, footprint=footprints.circle(centre, radius_mm))


@settings(max_examples=some(60), deadline=None)
@given(heard=st.lists(intents(), min_size=1, max_size=3), urgent=st.booleans())
def test_a_planned_flight_is_refused_where_an_intent_meets_its_volumes_and_nowhere_else(heard, urgent):
    """The oracle: geodesics and S2, by `tests.oracle.lateral`. A centimetre either way is anyone's."""
    desk = a_desk()
    hear(desk, *(note(number, each) for number, each in enumerate(heard, 1)), HearDrones(whole=("EAST",)))
    plan = a_plan(handling=(SpecialHandling.SAR,) if urgent else ())
    (answer,) = desk.ask(file("F1", plan, SOUTH))
    own = [each.volume for each in _kept(plan)]
    verdicts = [lateral.conflict_verdict(each, other, 0, 0, 0) for each in own for other in heard]
    met = True in verdicts
    if not met and None in verdicts:
        return
    if urgent:
        assert isinstance(answer.outcome, tuple), answer
        assert answer.outcome[0].drones is (DronesThere.PLANNED if met else DronesThere.NONE_KNOWN)
    else:
        assert isinstance(answer.outcome, Refusal) == met, verdicts


def _kept(plan: Any) -> Any:
    """What is kept for a plan in a sky without drones."""
    desk = a_desk()
    desk.ask(file("F1", plan, SOUTH))
    return desk.decider.projection.flights.get("F1").volumes
