import pytest

from mamarr.flights import Condition, Position, conditions
from mamarr.geometry.altitude import filed_level
from mamarr.geometry.volumes import ALTITUDE_LOWEST_MM, TIME_LAST_MS
from tests.flights.routes import DEG, FL_MM, MINUTE_MS, NOON_MS, a_plan, kept

KEPT = kept(a_plan(minutes=0))
SOMEWHERE = Position(latitude_e7deg=34 * DEG, longitude_e7deg=33 * DEG, level=filed_level("F350"))


def needed(condition: Condition, position: Position | None = SOMEWHERE, *, surveilled: bool = True):
    return conditions.needed(
        condition, position, KEPT, has_surveillance=surveilled, now_ms=NOON_MS + MINUTE_MS
    )


def test_an_emergency_needs_all_down_to_the_ground_until_it_is_reported_over():
    (volume,) = needed(Condition.EMERGENCY)
    assert volume.lower_mm == ALTITUDE_LOWEST_MM
    assert volume.upper_mm == 370 * FL_MM
    assert (volume.time_start_ms, volume.time_end_ms) == (NOON_MS + MINUTE_MS, TIME_LAST_MS)


def test_without_a_position_it_needs_the_rest_of_its_route_widened():
    for each, volume in zip(KEPT, needed(Condition.EMERGENCY, None), strict=True):
        wider_mm = volume.footprint.radius_mm - each.volume.footprint.radius_mm
        assert wider_mm == conditions.NEEDED_LATERAL_MM
        assert volume.lower_mm == ALTITUDE_LOWEST_MM
        assert volume.time_end_ms == TIME_LAST_MS


def test_one_that_deviates_needs_the_sky_about_its_level():
    (volume,) = needed(Condition.DEVIATING)
    assert (volume.lower_mm, volume.upper_mm) == (330 * FL_MM, 370 * FL_MM)


@pytest.mark.parametrize(("surveilled", "legs"), [(True, 2), (False, 2)])
def test_without_communication_the_last_level_is_kept_beside_the_filed_one(surveilled, legs):
    found = needed(Condition.COMM_LOST, surveilled=surveilled)
    assert [(each.lower_mm, each.upper_mm) for each in found] == [(330 * FL_MM, 350 * FL_MM)] * legs


def test_seven_minutes_with_surveillance_reach_less_far_than_twenty_without():
    far = kept(a_plan(minutes=-5))
    times = {"now_ms": NOON_MS - 5 * MINUTE_MS}
    short, long = (
        conditions.needed(Condition.COMM_LOST, SOMEWHERE, far, has_surveillance=seen, **times)
        for seen in (True, False)
    )
    assert len(short) <= len(long) == 2


def test_what_is_normal_needs_nothing_more():
    assert needed(Condition.NORMAL) == ()


def test_a_position_on_qnh_needs_it():
    with pytest.raises(ValueError, match="QNH"):
        Position(latitude_e7deg=0, longitude_e7deg=0, level=filed_level("A045"))
