import pytest
from geographiclib.geodesic import Geodesic

from mamarr.airspace import Direction, NavigationSpecification, Terms, Window
from mamarr.conflicts import Minima, conflict, prepare
from mamarr.faults import Reason, Refusal
from mamarr.flights import protection
from mamarr.flights.plans import Formation
from mamarr.geometry import Datum, Volume, footprints
from tests.flights.routes import (
    DEG,
    EAST,
    FL_MM,
    MIDDLE,
    MINUTE_MS,
    NM_MM,
    NOON_MS,
    WEST,
    a_corridor,
    a_plan,
    a_point,
    kept,
    the_corridors,
)


def test_a_leg_on_a_corridor_has_its_line_width_and_departure_tolerance():
    first, second = kept(a_plan(minutes=60))
    assert first.volume.footprint.radius_mm == 5 * NM_MM
    assert first.volume.time_start_ms == NOON_MS + 55 * MINUTE_MS
    assert first.volume.time_end_ms == NOON_MS + 80 * MINUTE_MS
    assert (first.volume.lower_mm, first.volume.upper_mm) == (330 * FL_MM, 330 * FL_MM)
    ends = footprints.points(second.volume.footprint)
    assert (ends[0], ends[-1]) == ((340_000_000, 330_000_000), (345_000_000, 340_000_000))


def test_against_the_order_of_the_points_the_line_is_turned_round():
    route = (a_point(EAST, 0, corridor_id="EAST"), a_point(WEST, 20))
    (leg,) = kept(a_plan(route=route))
    points = footprints.points(leg.volume.footprint)
    assert (points[0], points[-1]) == ((345_000_000, 340_000_000), (340_000_000, 320_000_000))
    assert (340_000_000, 330_000_000) in points


def test_off_corridors_the_width_is_that_of_the_navigation_specification():
    legs = kept(a_plan(corridor=None, navigation_specification=NavigationSpecification.RNP_4))
    assert {each.volume.footprint.radius_mm for each in legs} == {8 * NM_MM}


def test_a_stay_is_a_circle_for_as_long_as_it_lasts():
    route = (
        a_point(WEST, 0, corridor_id="EAST", stay_ms=30 * MINUTE_MS),
        a_point(MIDDLE, 40),
    )
    stay, leg = kept(a_plan(route=route))
    assert stay.volume.footprint == footprints.circle((34 * DEG, 32 * DEG), 10 * NM_MM)
    assert stay.volume.time_end_ms == NOON_MS + 40 * MINUTE_MS
    assert leg.volume.time_start_ms == NOON_MS + 25 * MINUTE_MS


def test_a_formation_is_as_wide_as_it_says():
    single, several = (
        kept(a_plan(aircraft_count=count, formation=formation))[0].volume
        for count, formation in ((1, None), (4, Formation(lateral_mm=NM_MM, vertical_mm=10 * FL_MM)))
    )
    assert several.footprint.radius_mm - single.footprint.radius_mm == NM_MM
    assert (several.lower_mm, several.upper_mm) == (320 * FL_MM, 340 * FL_MM)


def test_what_the_corridor_asks_goes_with_the_leg():
    asking = a_corridor(longitudinal_minimum_ms=7, lateral_minimum_mm=8, vertical_minimum_mm=9)
    leg = kept(a_plan(), asking)[0]
    asked = (leg.longitudinal_minimum_ms, leg.lateral_minimum_mm, leg.vertical_minimum_mm)
    assert asked == (7, 8, 9)


@pytest.mark.parametrize(
    ("corridor", "plan", "reason"),
    [
        (a_corridor("OTHER"), a_plan(), Reason.UNKNOWN_CORRIDOR),
        (a_corridor(direction=Direction.BACKWARD), a_plan(), Reason.WRONG_DIRECTION),
        (
            a_corridor(navigation_specification=NavigationSpecification.RNP_4),
            a_plan(),
            Reason.NAVIGATION_SPECIFICATION,
        ),
        (
            a_corridor(windows=(Window(time_start_ms=1, time_end_ms=2),)),
            a_plan(),
            Reason.CORRIDOR_CLOSED,
        ),
        (a_corridor(), a_plan(level="F400"), Reason.LEVEL_OUTSIDE),
        (a_corridor(), a_plan(level="F090"), Reason.LEVEL_OUTSIDE),
        (
            a_corridor(),
            a_plan(route=(a_point((33.9, 32.0), 0, corridor_id="EAST"), a_point(MIDDLE, 9))),
            Reason.NOT_ON_CORRIDOR,
        ),
        (
            a_corridor(),
            a_plan(route=(a_point(WEST, 0, corridor_id="EAST"), a_point(WEST, 9))),
            Reason.NOT_ON_CORRIDOR,
        ),
        (
            a_corridor(datum=Datum.WGS84, lower_mm=9_000_000, upper_mm=11_000_000),
            a_plan(),
            Reason.LEVEL_OUTSIDE,
        ),
    ],
)
def test_a_route_that_cannot_be_flown_as_filed_says_why(corridor, plan, reason):
    answer = protection.lines(plan, the_corridors(corridor))
    assert isinstance(answer, Refusal)
    assert answer.reason == reason


def test_a_corridor_in_another_datum_takes_a_level_that_is_surely_inside():
    high = a_corridor(datum=Datum.WGS84, lower_mm=0, upper_mm=20_000_000)
    assert len(kept(a_plan(), high)) == 2


def test_two_points_that_are_one_are_no_leg():
    answer = protection.lines(a_plan(route=(a_point(WEST, 0), a_point(WEST, 9))), {})
    assert answer == Refusal(reason=Reason.BAD_GEOMETRY, because=("0",))


def test_the_nominal_flight_is_inside_what_is_kept_for_it():
    """Positions by geographiclib, each second: the aircraft as a metre-wide circle touches a kept volume."""
    plan = a_plan(corridor=None)
    volumes = [prepare(each.volume) for each in kept(plan)]
    for start, end in zip(plan.route, plan.route[1:], strict=False):
        line = Geodesic.WGS84.InverseLine(
            start.latitude_e7deg / DEG,
            start.longitude_e7deg / DEG,
            end.latitude_e7deg / DEG,
            end.longitude_e7deg / DEG,
        )
        for time_ms in range(start.time_ms, end.time_ms, 30_000):
            part = (time_ms - start.time_ms) / (end.time_ms - start.time_ms)
            there = line.Position(line.s13 * part)
            centre = (round(there["lat2"] * DEG), round(there["lon2"] * DEG))
            aircraft = prepare(
                Volume(
                    footprint=footprints.circle(centre, 1_000),
                    datum=Datum.STD,
                    lower_mm=330 * FL_MM,
                    upper_mm=330 * FL_MM,
                    time_start_ms=time_ms,
                    time_end_ms=time_ms + 1,
                )
            )
            assert any(conflict(aircraft, volume, Minima()) for volume in volumes), time_ms


def test_after_take_off_the_estimate_tolerance_holds_and_what_is_behind_is_given_back():
    plan, terms = a_plan(minutes=60), Terms()
    before = kept(plan)
    after = protection.estimated(before, plan, 1, protection.on_estimate(terms), is_lapsed=False)
    (leg,) = after
    assert leg.leg == 1
    assert leg.is_admitted
    assert leg.volume.time_start_ms == NOON_MS + 67 * MINUTE_MS
    assert leg.volume.time_end_ms == NOON_MS + 83 * MINUTE_MS


def test_what_reaches_beyond_the_admitted_times_is_kept_but_no_longer_admitted():
    plan = a_plan(minutes=60)
    late = a_plan(minutes=75)
    after = protection.estimated(kept(plan), late, 0, protection.on_estimate(Terms()), is_lapsed=False)
    assert [each.is_admitted for each in after] == [False, False]
