from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.airspace import SpecialHandling, Terms
from mamarr.airspace.occupancy import Kind, Occupancy
from mamarr.conflicts import Minima
from mamarr.flights import admission
from mamarr.geometry import Datum, Volume, footprints
from tests.flights.routes import DEG, FL_MM, NM_MM, NOON_MS

PLACE = footprints.circle((34 * DEG, 33 * DEG), NM_MM)
FT_1000_MM = 10 * FL_MM


def an_occupancy(kind: Kind = Kind.FLIGHT, *, low: int = 280, high: int = 280, **changed) -> Occupancy:
    datum = changed.pop("datum", Datum.STD)
    volume = Volume(
        footprint=PLACE,
        datum=datum,
        lower_mm=low * FL_MM,
        upper_mm=high * FL_MM,
        time_start_ms=NOON_MS,
        time_end_ms=NOON_MS + 1,
    )
    values = {"kind": kind, "object_id": "X", "number": 0, "party": "north", "volume": volume}
    return Occupancy(**{**values, **changed})


def vertical_ft(one: Occupancy, other: Occupancy) -> float:
    groups = admission.group(one), admission.group(other)
    return admission.vertical_by_level_mm(*groups) / FT_1000_MM * 1000


@pytest.mark.parametrize(
    ("levels", "rvsm", "feet"),
    [
        ((280, 290), (False, False), 1000),
        ((290, 290), (False, False), 1000),
        ((280, 300), (False, False), 2000),
        ((280, 300), (True, False), 2000),
        ((300, 410), (True, True), 1000),
        ((300, 411), (True, True), 2000),
        ((450, 450), (True, True), 2000),
    ],
)
@pytest.mark.requirement("DESIGN 5")
def test_the_vertical_minimum_is_by_level_and_by_both_approvals(levels, rvsm, feet):
    one, other = (
        an_occupancy(low=level, high=level, has_rvsm=approved)
        for level, approved in zip(levels, rvsm, strict=True)
    )
    assert vertical_ft(one, other) == vertical_ft(other, one) == feet


def test_a_climb_has_the_minimum_of_its_highest_level():
    assert vertical_ft(an_occupancy(low=100, high=330), an_occupancy(low=90, high=90)) == 2000


def test_a_height_above_the_ellipsoid_is_low_only_when_it_surely_is():
    assert vertical_ft(an_occupancy(datum=Datum.WGS84, low=200, high=200), an_occupancy()) == 1000
    assert vertical_ft(an_occupancy(datum=Datum.WGS84, low=280, high=280), an_occupancy()) == 2000


def test_inside_one_centre_and_between_two():
    one, other = an_occupancy(centre="a"), an_occupancy(centre="a", object_id="Y")
    assert admission.minima(one, other, Terms()) == Minima(lateral_mm=5 * NM_MM, vertical_mm=FT_1000_MM)
    between = Minima(lateral_mm=10 * NM_MM, vertical_mm=2 * FT_1000_MM, time_ms=300_000)
    for centre in ("b", ""):
        there = an_occupancy(centre=centre, object_id="Y")
        assert admission.minima(one, there, Terms()) == between


def test_two_flights_of_which_no_centre_is_known_are_not_inside_one():
    one, other = an_occupancy(centre=""), an_occupancy(centre="", object_id="Y")
    assert admission.minima(one, other, Terms()).lateral_mm == 10 * NM_MM


def test_what_a_corridor_asks_counts_when_it_is_more():
    one = an_occupancy(centre="a", lateral_minimum_mm=30 * NM_MM, longitudinal_minimum_ms=600_000)
    found = admission.minima(one, an_occupancy(centre="a", object_id="Y"), Terms())
    assert (found.lateral_mm, found.time_ms) == (30 * NM_MM, 600_000)


def test_marsa_frees_two_flights_of_one_party_from_each_other_and_from_nobody_else():
    marsa = {"handling": (SpecialHandling.MARSA,)}
    one, other = an_occupancy(**marsa), an_occupancy(object_id="Y", **marsa)
    assert admission.minima(one, other, Terms()) is None
    assert admission.minima(one, an_occupancy(object_id="Y"), Terms()) is not None
    assert admission.minima(one, an_occupancy(object_id="Y", party="south", **marsa), Terms()) is not None


def test_a_flight_that_joins_is_not_kept_from_the_one_it_joins():
    joining, leader = an_occupancy(companions=("LEAD",)), an_occupancy(object_id="LEAD")
    assert admission.minima(joining, leader, Terms()) is None
    assert admission.minima(leader, joining, Terms()) is None
    assert admission.minima(joining, an_occupancy(object_id="LEAD", party="south"), Terms()) is not None


def test_a_party_flies_in_its_own_area_and_others_keep_off_it():
    area = an_occupancy(Kind.RESERVATION, object_id="R")
    assert admission.minima(an_occupancy(), area, Terms()) is None
    assert admission.minima(an_occupancy(party="south"), area, Terms()).lateral_mm == 10 * NM_MM
    kept_clear = an_occupancy(Kind.RESERVATION, object_id="R", user_keeps_clear=True)
    assert admission.minima(an_occupancy(party="south"), kept_clear, Terms()) == Minima()


def test_two_areas_keep_the_minima_unless_a_user_keeps_clear_of_the_edge():
    one = an_occupancy(Kind.RESERVATION, object_id="R")
    other = an_occupancy(Kind.RESERVATION, object_id="S", party="south")
    clear = an_occupancy(Kind.RESERVATION, object_id="S", party="south", user_keeps_clear=True)
    assert admission.minima(one, other, Terms()).lateral_mm == 10 * NM_MM
    assert admission.minima(one, clear, Terms()) == Minima()


def test_a_constraint_binds_all_but_those_it_names():
    closed = an_occupancy(Kind.CONSTRAINT, exempt_parties=("south",), exempt_handling=(SpecialHandling.SAR,))
    assert admission.minima(an_occupancy(), closed, Terms()) == Minima()
    assert admission.minima(an_occupancy(party="south"), closed, Terms()) is None
    assert admission.minima(an_occupancy(handling=(SpecialHandling.SAR,)), closed, Terms()) is None


def test_imposed_sky_keeps_the_minima_between_centres_from_everybody():
    there = an_occupancy(Kind.IMPOSED)
    assert admission.minima(an_occupancy(centre="a"), there, Terms()).lateral_mm == 10 * NM_MM


def test_what_is_only_notified_is_refused_for_what_is_admitted_alone():
    admitted, notified = an_occupancy(), an_occupancy(is_admitted=False)
    stranger = an_occupancy(Kind.IMPOSED, is_admitted=False)
    assert admission.refuses(admitted, notified)
    assert admission.refuses(admitted, stranger)
    assert admission.refuses(notified, admitted)
    assert not admission.refuses(notified, notified)
    assert not admission.refuses(notified, stranger)


OCCUPANCIES = st.builds(
    an_occupancy,
    st.sampled_from(Kind),
    object_id=st.sampled_from("XY"),
    party=st.sampled_from(("north", "south")),
    centre=st.sampled_from(("", "a", "b")),
    has_rvsm=st.booleans(),
    user_keeps_clear=st.booleans(),
    lateral_minimum_mm=st.sampled_from((0, 40 * NM_MM)),
    handling=st.sampled_from(((), (SpecialHandling.MARSA,))),
    companions=st.sampled_from(((), ("X",), ("Y",))),
    exempt_parties=st.sampled_from(((), ("south",))),
)


@given(OCCUPANCIES, OCCUPANCIES)
def test_the_rules_are_symmetric(one: Occupancy, other: Occupancy):
    assert admission.minima(one, other, Terms()) == admission.minima(other, one, Terms())


@given(OCCUPANCIES, OCCUPANCIES)
def test_no_pair_asks_for_more_than_what_is_searched(one: Occupancy, other: Occupancy):
    found = admission.minima(one, other, Terms())
    searched = admission.between(admission.group(one), admission.group(other), Terms())
    assert found is None or all(
        getattr(found, name) <= getattr(searched, name) for name in ("lateral_mm", "vertical_mm", "time_ms")
    )


def test_every_pair_of_kinds_has_a_rule():
    for one, other in product(Kind, repeat=2):
        asked, there = an_occupancy(one), an_occupancy(other, object_id="Y", party="south")
        both_closed = one is other is Kind.CONSTRAINT
        are_drones = Kind.DRONES in (one, other) and Kind.FLIGHT not in (one, other)
        assert (admission.minima(asked, there, Terms()) is None) == (both_closed or are_drones)
