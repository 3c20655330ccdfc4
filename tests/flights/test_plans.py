import pytest

from mamarr.airspace import SpecialHandling
from mamarr.flights import plans
from mamarr.flights.plans import Formation
from mamarr.geometry.altitude import Qnh, filed_level
from tests.flights.routes import EAST, FL_MM, MIDDLE, MINUTE_MS, WEST, a_plan, a_point


def test_a_level_leg_has_one_level_and_a_climb_is_a_block():
    plan = a_plan(route=(a_point(WEST, 0, "F290"), a_point(MIDDLE, 9, "F330"), a_point(EAST, 20, "F330")))
    assert plan.levels(0) == (290 * FL_MM, 330 * FL_MM)
    assert plan.levels(1) == (330 * FL_MM, 330 * FL_MM)


def test_a_block_at_a_point_holds_on_both_legs():
    block = a_point(MIDDLE, 9, "F310", level_upper=filed_level("F350"))
    plan = a_plan(route=(a_point(WEST, 0, "F330"), block, a_point(EAST, 20, "F330")))
    assert plan.levels(0) == plan.levels(1) == (310 * FL_MM, 350 * FL_MM)


def test_a_metric_level_is_counted_from_the_same_pressure():
    plan = a_plan(route=(a_point(WEST, 0, "S1010"), a_point(EAST, 20, "S1010")))
    assert plan.levels(0) == (10_100_000, 10_100_000)


def test_a_level_below_the_transition_needs_its_qnh():
    route = (a_point(WEST, 0, "A045"), a_point(EAST, 20, "A045"))
    with pytest.raises(ValueError, match="QNH"):
        a_plan(route=route)
    low, high = a_plan(route=route, qnh=Qnh(lowest_pa=101_325, highest_pa=101_325)).levels(0)
    assert (low, high) == (45 * FL_MM, 45 * FL_MM)


def test_a_leg_across_the_transition_layer_needs_the_qnh_too():
    with pytest.raises(ValueError, match="A045"):
        a_plan(route=(a_point(WEST, 0, "A045"), a_point(EAST, 20, "F330")))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"identification": "exa101"}, "identification"),
        ({"identification": "TOOLONG8"}, "identification"),
        ({"aircraft_type": "A"}, "aircraft_type"),
        ({"route": ()}, "1 to 100 points"),
        ({"route": (a_point(WEST, 0),)}, "stay"),
        ({"route": (a_point(WEST, 5), a_point(EAST, 5))}, "reached before"),
        ({"route": (a_point(WEST, 0, stay_ms=9 * MINUTE_MS), a_point(EAST, 5))}, "reached before"),
        ({"route": (a_point(WEST, 0), a_point(EAST, 49 * 60))}, "48 hours"),
        ({"route": (a_point(WEST, 0), a_point(EAST, 5, corridor_id="EAST"))}, "no leg after"),
        ({"aircraft_count": 2}, "formation"),
        ({"formation": Formation()}, "formation"),
        ({"aircraft_count": 100, "formation": Formation()}, "1 to 99"),
        ({"handling": (SpecialHandling.SAR, SpecialHandling.SAR)}, "twice"),
        ({"handling": (SpecialHandling.NONRVSM,)}, "NONRVSM"),
        ({"joins": "LEAD", "splits_from": "LEAD"}, "joins"),
        ({"icao_address": "XYZ"}, "icao_address"),
    ],
)
def test_a_plan_that_makes_no_sense_says_what_is_wrong(changed, said):
    with pytest.raises(ValueError, match=said):
        a_plan(**changed)


def test_a_stay_alone_is_a_flight():
    plan = a_plan(route=(a_point(WEST, 0, stay_ms=30 * MINUTE_MS),))
    assert plan.levels_at(0) == (330 * FL_MM, 330 * FL_MM)


def test_a_later_plan_is_later_at_every_point():
    plan = a_plan()
    later = plans.shifted(plan, 7)
    assert [point.time_ms - 7 for point in later.route] == [point.time_ms for point in plan.route]
