"""A flight's sky in fewer words: all of it is in there, and it fits a message."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.airspace.commitment import AskedOf
from mamarr.coordination.channels import BODY_BYTES_MAX
from mamarr.flights import Plan, Protected, asking, coarser, errands, protection
from mamarr.flights.conditions import Condition
from mamarr.flights.holding import Flight, Stage
from mamarr.geometry import Datum, Volume, footprints, geodesy
from mamarr.geometry.units import deg_from_e7deg
from tests.examples import some
from tests.flights.routes import NOON_MS, a_plan, a_point, kept

DEG = 10_000_000
LONG_LEGS = 99


def a_long_plan(step_deg: float, legs: int = LONG_LEGS) -> Plan:
    """Legs to and fro across the equator and the antimeridian."""
    places = ((-3.0 + number % 2 * 6, 170.0 + number * step_deg) for number in range(legs + 1))
    route = (
        a_point((latitude, longitude - 360 * (longitude > 180)), number * 29)
        for number, (latitude, longitude) in enumerate(places)
    )
    return a_plan(route=tuple(route))


def is_inside(place_deg: tuple[float, float], volume: Volume, circles: tuple[Protected, ...]) -> bool:
    """Whether one circle has the place, at all levels and times of the volume."""
    for each in circles:
        ((latitude, longitude),) = footprints.points(each.volume.footprint)
        centre_deg = deg_from_e7deg(latitude), deg_from_e7deg(longitude)
        near = geodesy.distance_m(*centre_deg, *place_deg) * 1_000 <= each.volume.footprint.radius_mm
        inner, outer = volume, each.volume
        levels = outer.lower_mm <= inner.lower_mm and inner.upper_mm <= outer.upper_mm
        times = outer.time_start_ms <= inner.time_start_ms and inner.time_end_ms <= outer.time_end_ms
        if near and levels and times and outer.datum is inner.datum:
            return True
    return False


@settings(max_examples=some(12))
@given(
    step_deg=st.floats(0.0, 3.0),
    legs=st.integers(1, 8),
    stays=st.lists(st.tuples(st.floats(-80, 80), st.floats(-179, 179)), max_size=3),
    at=st.floats(0, 360),
)
def test_what_is_told_coarser_holds_all_that_was_to_be_told(
    step_deg: float, legs: int, stays: list[tuple[float, float]], at: float
):
    volumes = kept(a_long_plan(step_deg, legs)) + tuple(
        Protected(
            volume=Volume(
                footprint=footprints.circle((round(latitude * DEG), round(longitude * DEG)), 18_520_000),
                datum=Datum.STD,
                lower_mm=0,
                upper_mm=9_000_000,
                time_start_ms=NOON_MS,
                time_end_ms=NOON_MS + 60_000,
            ),
            leg=0,
            lateral_minimum_mm=5_000,
        )
        for latitude, longitude in stays
    )
    circles = coarser.covered(volumes)
    assert max(each.lateral_minimum_mm for each in circles) == (5_000 if stays else 0)
    for each in volumes:
        radius_m = each.volume.footprint.radius_mm / 1_000 - 0.01
        corners = footprints.points(each.volume.footprint)
        for latitude, longitude in corners[:: max(1, len(corners) // 4)]:
            corner_deg = deg_from_e7deg(latitude), deg_from_e7deg(longitude)
            place_deg = geodesy.destination(*corner_deg, at, radius_m)
            assert is_inside(place_deg, each.volume, circles)


def test_what_nobody_decides_on_is_told_however_long_it_is_and_fits_a_message():
    plan = a_long_plan(3.0)
    volumes = tuple(msgspec.structs.replace(each, is_admitted=False) for each in kept(plan))
    flight = Flight(
        flight_id="F1",
        party="relief",
        centre="north-centre",
        plan=plan,
        volumes=volumes,
        stage=Stage.NOTIFIED,
        is_airborne=True,
        condition=Condition.EMERGENCY,
        imposed=tuple(each.volume for each in volumes),
    )
    assert not errands.are_short(volumes)
    found = asking.told(
        None, flight, (AskedOf(authority="south", knows_who=True),), said_as="X1", now_ms=NOON_MS
    )
    assert found is not None
    _, (said,) = found
    assert len(errands.said(said.word).encode()) < BODY_BYTES_MAX
    errands.read(errands.kind_of(said.word), errands.said(said.word))


def test_what_fits_is_told_as_it_is():
    plan = a_plan()
    flight = Flight(
        flight_id="F1",
        party="relief",
        centre="north-centre",
        plan=plan,
        volumes=protection.estimated(
            kept(plan), plan, 0, protection.Tolerance(before_ms=0, after_ms=0), is_lapsed=False
        ),
        stage=Stage.NOTIFIED,
    )
    found = asking.told(None, flight, (AskedOf(authority="south"),), said_as="X1", now_ms=NOON_MS)
    assert found is not None
    ((said,), word) = found[1], found[1][0].word
    assert isinstance(word, errands.FlightState)
    assert word.content is not None
    assert word.content.volumes == flight.volumes
    assert said.authority == "south"
