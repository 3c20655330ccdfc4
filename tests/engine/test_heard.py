"""What is noted of drones' plans: never less of sky and time than their USSs say, and nothing twice."""

import math

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.discovery import IntentState
from mamarr.engine import heard
from mamarr.flights import DroneState
from mamarr.flights.drone_watch import LEFT_MS, VALID_MS, HearDrones
from mamarr.flights.drones import DRONES_MAX, VERTICES_MAX, ForgetDrones
from mamarr.geometry import Shape, footprints
from mamarr.geometry.volumes import ALTITUDE_LOWEST_MM, TIME_LAST_MS
from mamarr.operations import Volume
from tests.engine.skies import a_desk
from tests.engine.stories_of_drones import ID, note
from tests.engine.test_drones import hear
from tests.examples import some
from tests.flights.routes import MINUTE_MS, NOON_MS
from tests.oracle.lateral import is_inside

E9 = 10**9
NOON_US = NOON_MS * 1_000


def exact(*corners: tuple[float, float], **changed: int) -> Volume:
    values = {
        "corners": tuple((round(lat * E9), round(lng * E9)) for lat, lng in corners),
        "altitude_lower_mm": 100_000,
        "altitude_upper_mm": 120_000,
        "time_start_us": NOON_US + 1,
        "time_end_us": NOON_US + 60_000_001,
    }
    return Volume(**{**values, **changed})


def noted(*several: Volume):
    found = heard.noted(ID.format(1), IntentState.ACTIVATED, several)
    assert found is not None
    return found


SQUARE = ((47.3, 8.5), (47.3, 8.501), (47.301, 8.501), (47.301, 8.5))


def test_heights_times_and_the_state_are_rounded_outwards_alone():
    found = noted(exact(*SQUARE))
    (volume,) = found.volumes
    assert found.state is DroneState.ACTIVATED
    assert (volume.lower_mm, volume.upper_mm) == (99_999, 120_001)
    assert volume.time_start_ms * 1_000 <= NOON_US + 1
    assert volume.time_end_ms * 1_000 > NOON_US + 60_000_001
    assert volume.footprint.shape is Shape.POLYGON


@settings(max_examples=some(40), deadline=None)
@given(
    middle=st.tuples(st.floats(-85, 85), st.floats(-180, 180)),
    radii_m=st.lists(st.floats(1, 30_000), min_size=3, max_size=8),
    turn=st.floats(0, 360),
    twisted=st.booleans(),
)
def test_every_corner_of_an_intent_lies_in_what_is_noted_of_it_whatever_its_shape(
    middle, radii_m, turn, twisted
):
    """The oracle: corners by geographiclib, what is inside by S2."""
    corners = []
    for number, radius_m in enumerate(radii_m):
        place = Geodesic.WGS84.Direct(*middle, turn + 360 * number / len(radii_m), radius_m)
        corners.append((place["lat2"], place["lon2"]))
    if twisted:
        corners[0], corners[1] = corners[1], corners[0]
    (volume,) = noted(exact(*corners)).volumes
    for lat, lng in corners:
        point = footprints.circle((round(lat * 1e7), round(lng * 1e7)), 1_000)
        if volume.footprint.shape is Shape.CIRCLE:
            centre = footprints.points(volume.footprint)[0]
            apart = Geodesic.WGS84.Inverse(centre[0] / 1e7, centre[1] / 1e7, lat, lng)["s12"]
            assert apart <= volume.footprint.radius_mm / 1_000
        else:
            assert is_inside(point, volume.footprint) or _is_corner(volume.footprint, lat, lng)


def _is_corner(footprint, lat: float, lng: float) -> bool:
    """Within the width by which a polygon is wider: a rounded corner of its own."""
    return any(
        Geodesic.WGS84.Inverse(a / 1e7, b / 1e7, lat, lng)["s12"] * 1_000 <= footprint.radius_mm
        for a, b in footprints.points(footprint)
    )


def test_what_crosses_itself_or_has_too_many_corners_is_a_circle_about_it():
    bow = (SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3])
    assert noted(exact(*bow)).volumes[0].footprint.shape is Shape.CIRCLE
    assert noted(exact(SQUARE[0], SQUARE[1], SQUARE[1])).volumes[0].footprint.shape is Shape.CIRCLE
    turn = 2 * math.pi / (VERTICES_MAX + 1)
    round_one = [
        (47 + 0.1 * math.cos(each * turn), 8 + 0.1 * math.sin(each * turn))
        for each in range(VERTICES_MAX + 1)
    ]
    (volume,) = noted(exact(*round_one)).volumes
    assert volume.footprint.shape is Shape.CIRCLE
    small = noted(exact(SQUARE[0], radius_mm=1)).volumes[0].footprint
    assert small.radius_mm == 1_000  # the least that a circle here has


def test_what_is_beyond_our_years_or_heights_is_held_to_them():
    low = noted(exact(*SQUARE, altitude_lower_mm=-8_000_000)).volumes[0]
    assert low.lower_mm == ALTITUDE_LOWEST_MM
    late = noted(exact(*SQUARE, time_end_us=(TIME_LAST_MS + 5) * 1_000)).volumes[0]
    assert late.time_end_ms == TIME_LAST_MS
    old = exact(*SQUARE, time_start_us=-2_000_000, time_end_us=-1_000_000)
    assert heard.noted(ID.format(1), IntentState.ACCEPTED, (old,)) is None


# --- what is to be noted ----------------------------------------------------------------------------------


def test_what_is_the_same_is_not_noted_again_and_what_is_gone_is_forgotten_only_where_all_was_said():
    desk = a_desk()
    hear(desk, note(1), note(2), note(3))
    found = {ID.format(number): note(number) for number in (1, 4)}
    found[ID.format(2)] = note(2, state=DroneState.CONTINGENT)
    tables = desk.decider.projection

    def changes(**how):
        return heard.changes(tables, found, **{"unknown": (), "is_whole": True, **how})

    changed = (note(2, state=DroneState.CONTINGENT), note(4))
    assert changes() == ((ForgetDrones(intent_id=ID.format(3)), *changed), ())
    assert changes(is_whole=False) == (changed, ())
    assert changes(unknown=(ID.format(3),)) == (changed, ())  # nobody said that it is gone
    many = {ID.format(number): note(number) for number in range(1, DRONES_MAX + 3)}
    commands, too_many = heard.changes(tables, many, unknown=(), is_whole=True)
    assert (len(commands), len(too_many)) == (DRONES_MAX - 3, 2)


@pytest.mark.parametrize(
    ("minutes", "whole", "is_noted"),
    [
        (0, ("EAST",), False),
        (9, ("EAST",), False),
        (11, ("EAST",), True),  # it counts for less than five minutes more
        (0, (), True),  # it fell silent
        (0, ("EAST", "SOUTH"), True),
    ],
)
def test_how_well_it_is_known_is_noted_when_it_changes_and_before_it_counts_no_more(minutes, whole, is_noted):
    desk = a_desk()
    hear(desk, HearDrones(whole=("EAST",)))
    found = heard.hearing(desk.decider.projection, whole, NOON_MS + minutes * MINUTE_MS)
    assert found == (HearDrones(whole=whole) if is_noted else None)


def test_silence_is_noted_at_the_start_and_again_before_it_looks_as_if_nobody_looked():
    desk = a_desk()
    assert heard.hearing(desk.decider.projection, (), NOON_MS) == HearDrones()
    hear(desk, HearDrones())
    tables = desk.decider.projection
    assert heard.hearing(tables, (), NOON_MS + VALID_MS + LEFT_MS // 3) is None
    assert heard.hearing(tables, (), NOON_MS + VALID_MS + LEFT_MS // 2) == HearDrones()
