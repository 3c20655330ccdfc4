"""Every route that is offered through corridors is admitted when it is filed, and none earlier would be."""

from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mamarr.airspace import Constraint, Terms, constraints, corridors, reservations
from mamarr.airspace.occupancy import Kind, Occupancy
from mamarr.airspace.windows import Window
from mamarr.engine import occupancies
from mamarr.faults import Reason, Refusal
from mamarr.flights import admission, imposed, protection
from mamarr.flights.flights import Withdraw
from mamarr.flights.openings import Openings
from mamarr.flights.router import NoRoute, Route, Wish
from mamarr.geometry import Volume, footprints
from mamarr.geometry.altitude import Datum, filed_level
from tests.airspace.boxes import DEG, SOUTH
from tests.engine.orders import Desk
from tests.engine.skies import RELIEF, a_desk, an_order, file
from tests.examples import some
from tests.flights.routes import EAST, FL_MM, MINUTE_MS, NOON_MS, SOUTHERN, WEST, a_corridor, a_plan

HOUR_MS = 60 * MINUTE_MS
LEVELS = tuple(filed_level(f"F{number}") for number in (310, 320, 330, 340))
WITHIN = protection.before_departure(Terms())
SPEEDS_MPS = (240.0, 200.0)
A_PLACE = (round(WEST[0] * DEG), round(WEST[1] * DEG))
ANOTHER_PLACE = (round(EAST[0] * DEG), round(EAST[1] * DEG))
HOLDING = (round(34.0 * DEG), round(33.0 * DEG))  # of EAST, where one may hold for ten minutes


def what_is_there(desk: Desk) -> tuple[Occupancy, ...]:
    """All that the node holds."""
    state, now_ms = desk.decider.projection, NOON_MS
    found: list[Occupancy] = []
    for _, flight in state.flights.current_items():
        found += occupancies.of_flight(flight, [each.volume for each in flight.volumes])
    for _, held in state.reservations.current_items():
        kept = reservations.held_volumes(held, now_ms)
        found += occupancies.of_reservation(held, kept, reservations.held_box(held, now_ms))
    for _, each in state.constraints.current_items():
        found += occupancies.of_constraint(each)
    for _, there in state.imposed.current_items():
        found += occupancies.of_imposed(there)
    return tuple(found)


def openings(desk: Desk, levels=LEVELS, plan=None, **more: bool) -> Openings:
    plan = plan or a_plan()
    asked = Occupancy(
        kind=Kind.FLIGHT,
        object_id="NEW",
        number=0,
        party="relief",
        volume=Volume(
            footprint=footprints.circle(A_PLACE, 1_000),
            datum=Datum.STD,
            lower_mm=0,
            upper_mm=0,
            time_start_ms=0,
            time_end_ms=1,
        ),
        centre="north-centre",
    )
    declared = {
        key: value for key, value in desk.decider.projection.corridors.current_items() if value is not None
    }
    return Openings(
        declared,
        levels,
        asked,
        plan,
        what_is_there(desk),
        desk.decider.projection.terms_in_force(),
        WITHIN,
        stays_ms={HOLDING: 10 * MINUTE_MS},
        **more,
    )


def a_wish(found: Openings, **changed: object) -> Wish:
    origin, destination = (found.ways.point_at(*place) for place in (A_PLACE, ANOTHER_PLACE))
    values = {
        "origin": origin,
        "destination": destination,
        "departure_from_ms": NOON_MS + HOUR_MS,
        "departure_to_ms": NOON_MS + 5 * HOUR_MS,
        "speeds_mps": SPEEDS_MPS,
        "level": 2,
        "levels": tuple(range(len(found.levels))),
        "step_levels": 1,
        "closed": found.closed,
    }
    return Wish(**{**values, **changed})


# --- skies ------------------------------------------------------------------------------------------------

minutes = st.integers(30, 240)
levels_filed = st.sampled_from(["F300", "F310", "F320", "F325", "F330", "F340", "F350"])
places = st.tuples(st.integers(332, 348), st.integers(318, 342)).map(lambda at: (at[0] / 10, at[1] / 10))
bands_mm = st.tuples(st.integers(300, 345), st.sampled_from([2, 4, 12, 30])).map(
    lambda band: (band[0] * FL_MM, (band[0] + band[1]) * FL_MM)
)


@st.composite
def some_volume(draw) -> Volume:
    low_mm, high_mm = draw(bands_mm)
    start = NOON_MS + draw(minutes) * MINUTE_MS
    place = draw(places)
    return Volume(
        footprint=footprints.circle((round(place[0] * DEG), round(place[1] * DEG)), 20_000_000),
        datum=Datum.STD,
        lower_mm=low_mm,
        upper_mm=high_mm,
        time_start_ms=start,
        time_end_ms=start + draw(st.integers(5, 90)) * MINUTE_MS,
    )


@st.composite
def some_orders(draw) -> list[object]:
    """Flights along the corridors, reservations, constraints and imposed sky, as orders."""
    found: list[object] = []
    for number in range(draw(st.integers(0, 10))):
        corridor = draw(st.sampled_from(["EAST", "SOUTH"]))
        plan = a_plan(minutes=draw(minutes), level=draw(levels_filed), corridor=corridor)
        if corridor == "SOUTH":
            middle = msgspec.structs.replace(
                plan.route[1],
                latitude_e7deg=round(SOUTHERN[0] * DEG),
                longitude_e7deg=round(SOUTHERN[1] * DEG),
            )
            plan = msgspec.structs.replace(plan, route=(plan.route[0], middle, plan.route[2]))
        has_rvsm = draw(st.booleans())
        plan = msgspec.structs.replace(plan, identification=f"EXA{number}", has_rvsm=has_rvsm)
        found.append(file(f"F{number}", plan, draw(st.sampled_from([SOUTH, RELIEF]))))
    for number in range(draw(st.integers(0, 2))):
        volume = draw(some_volume())
        command = reservations.Reserve(
            reservation_id=f"R{number}", regions=(volume,), user_keeps_clear=draw(st.booleans())
        )
        found.append(an_order(command, SOUTH))
    for number in range(draw(st.integers(0, 2))):
        closed = Constraint(constraint_id=f"C{number}", volumes=(draw(some_volume()),))
        found.append(an_order(constraints.DeclareConstraint(constraint=closed)))
    if draw(st.integers(0, 5)) == 0:
        command = imposed.Impose(
            imposed_id="I0", kind=imposed.ImposedKind.STRANGER, volumes=(draw(some_volume()),)
        )
        found.append(an_order(command))
    return found


def a_sky(orders: list[object]) -> Desk:
    desk = a_desk()
    windows = (Window(time_start_ms=NOON_MS + 75 * MINUTE_MS, time_end_ms=NOON_MS + 200 * MINUTE_MS),)
    south = a_corridor("SOUTH", by=SOUTHERN, windows=windows, longitudinal_minimum_ms=2 * MINUTE_MS)
    desk.ask(an_order(corridors.DeclareCorridor(corridor=south)))
    for order in orders:
        desk.ask(order)
    return desk


def filed(desk: Desk, plan, flight_id: str = "NEW") -> Reason | None:
    (answer,) = desk.ask(file(flight_id, plan, RELIEF))
    return answer.outcome.reason if isinstance(answer.outcome, Refusal) else None


# --- what holds -------------------------------------------------------------------------------------------


def offers_are_admitted(orders) -> None:
    desk = a_sky(orders)
    found = openings(desk)
    answer = found.router.offers(a_wish(found))
    if isinstance(answer, NoRoute):
        assert answer.in_the_way
        return
    each = (answer.best, answer.later, answer.other_level, answer.other_way)
    for number, route in enumerate(route for route in each if route is not None):
        flight_id = f"NEW{number}"
        assert filed(desk, found.plan_of(route), flight_id) is None
        desk.ask(an_order(Withdraw(flight_id=flight_id), RELIEF))


def none_is_later_than_it_must(orders, corridor: str) -> None:
    desk = a_sky(orders)
    found = openings(desk, climbs=False)
    others = [at for at, way in enumerate(found.ways.ways) if way.corridor_id != corridor]
    one = {"levels": (), "step_levels": 0, "speeds_mps": SPEEDS_MPS[:1], "closed": tuple(others)}
    answer = found.router.route(a_wish(found, **one))
    if not isinstance(answer, Route) or any(leg.segment is None for leg in answer.legs):
        return
    plan = found.plan_of(answer)
    if answer.departure_ms > NOON_MS + HOUR_MS:
        earlier = tuple(msgspec.structs.replace(point, time_ms=point.time_ms - 1) for point in plan.route)
        reason = filed(desk, msgspec.structs.replace(plan, route=earlier))
        assert reason in (Reason.CONFLICT, Reason.CORRIDOR_CLOSED, Reason.NOT_AVAILABLE)
    assert filed(desk, plan) is None


@given(some_orders())
@settings(max_examples=some(30))
def test_every_offer_is_admitted_by_the_engine(orders):
    offers_are_admitted(orders)


@given(some_orders(), st.sampled_from(["EAST", "SOUTH"]))
@settings(max_examples=some(40))
def test_of_one_way_at_one_level_no_earlier_departure_would_be_admitted(orders, corridor):
    """So nothing is thought taken that is not."""
    none_is_later_than_it_must(orders, corridor)


def _minima(monkeypatch, **changed: int) -> None:
    minima, between = admission.minima, admission.between

    def less(*asked):
        found = minima(*asked)
        return None if found is None else msgspec.structs.replace(found, **changed)

    monkeypatch.setattr(
        "mamarr.flights.openings.admission",
        SimpleNamespace(
            minima=less,
            between=lambda *asked: msgspec.structs.replace(between(*asked), **changed),
            group=admission.group,
            refuses=admission.refuses,
        ),
    )


def _within(monkeypatch, **changed: int) -> None:
    monkeypatch.setitem(globals(), "WITHIN", msgspec.structs.replace(WITHIN, **changed))


PLANTED = {
    "the time minimum is not kept": lambda patch: _minima(patch, time_ms=0),
    "the vertical minimum is not kept": lambda patch: _minima(patch, vertical_mm=0),
    "a delay is not thought of": lambda patch: _within(patch, after_ms=0),
    "it is thought to be earlier than it may": lambda patch: _within(patch, before_ms=6 * MINUTE_MS),
    "windows are always open": lambda patch: patch.setattr(
        "mamarr.flights.openings._shut_between", lambda _: iter(())
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug, monkeypatch):
    PLANTED[bug](monkeypatch)
    quickly = settings(max_examples=150, deadline=None, phases=[Phase.generate], derandomize=True)
    admitted = quickly(given(some_orders())(offers_are_admitted))
    not_late = quickly(given(some_orders(), st.sampled_from(["EAST", "SOUTH"]))(none_is_later_than_it_must))
    with pytest.raises(AssertionError):
        (not_late if "earlier" in bug or "open" in bug else admitted)()


def test_what_lies_between_two_levels_is_in_the_way_of_a_climb():
    desk = a_desk()
    low_mm, high_mm = 322 * FL_MM, 328 * FL_MM
    whole = Volume(
        footprint=footprints.circle(A_PLACE, 10_000_000),
        datum=Datum.STD,
        lower_mm=low_mm,
        upper_mm=high_mm,
        time_start_ms=NOON_MS,
        time_end_ms=NOON_MS + 10 * HOUR_MS,
    )
    desk.ask(
        an_order(constraints.DeclareConstraint(constraint=Constraint(constraint_id="C", volumes=(whole,))))
    )
    found = openings(desk)
    answer = found.router.route(a_wish(found, levels=(), level=2))
    assert isinstance(answer, NoRoute)
    assert {each.level for each in answer.in_the_way} == {2}
    for climbs, level in ((True, 1), (False, 2)):  # who does not climb flies above it too
        keeps = openings(desk, climbs=climbs)
        route = keeps.router.route(a_wish(keeps, levels=(), level=level))
        assert isinstance(route, Route)
        assert filed(desk, keeps.plan_of(route), f"NEW{level}") is None


def test_a_corridor_that_asks_for_more_than_the_aircraft_has_is_not_flown():
    desk = a_desk()
    plan = a_plan(navigation_specification=corridors.NavigationSpecification.RNAV_10)
    found = openings(desk, plan=plan)
    assert set(found.closed) == set(range(len(found.ways.ways)))
    assert found.router.route(a_wish(found)) == NoRoute()


def test_levels_that_a_corridor_does_not_hold_are_shut():
    desk = a_desk()
    found = openings(desk, levels=(filed_level("F090"), filed_level("F330")))
    assert isinstance(found.router.route(a_wish(found, level=1, levels=())), Route)
    assert isinstance(found.router.route(a_wish(found, level=0, levels=(0,))), NoRoute)


def test_levels_ascend():
    desk = a_desk()
    with pytest.raises(ValueError, match="levels: do not ascend"):
        openings(desk, levels=LEVELS[::-1])
