import pytest

from mamarr.airspace import areas
from mamarr.airspace.areas import DeclareArea, Facts
from mamarr.faults import Reason, Refusal
from tests.airspace.boxes import NOON, NORTH
from tests.airspace.declared import BOW_TIE, an_area


def test_an_area_whose_boundary_crosses_itself_is_refused_and_the_edge_learns_where():
    area = an_area(footprint=BOW_TIE)
    answer = areas.decide(DeclareArea(area=area), Facts(party="north"), author=NORTH, now=NOON)
    assert answer == Refusal(reason=Reason.BAD_GEOMETRY, because=("A1",))
    with pytest.raises(ValueError, match="crosses the edge"):
        areas.checked(area)
    assert areas.checked(an_area()) == an_area()


def test_a_floor_that_is_no_lower_than_the_ceiling_is_no_area():
    with pytest.raises(ValueError, match="floor is not below ceiling"):
        an_area(lower_mm=6_000_000)
