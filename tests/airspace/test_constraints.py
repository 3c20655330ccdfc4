from datetime import timedelta

import pytest

from mamarr.airspace import SpecialHandling, constraints
from mamarr.airspace.constraints import ConstraintDeclared, DeclareConstraint, Facts
from mamarr.faults import Reason, Refusal
from tests.airspace.boxes import HOUR_MS, NOON, NORTH
from tests.airspace.declared import BOW_TIE, NOON_MS, a_constraint, a_volume


def decided(constraint, *, hours: float):
    ask = DeclareConstraint(constraint=constraint)
    now = NOON + timedelta(hours=hours)
    return constraints.decide(ask, Facts(party="north"), author=NORTH, now=now)


def test_a_constraint_is_refused_when_all_of_it_is_over():
    two = a_constraint(volumes=(a_volume(time_end_ms=NOON_MS + HOUR_MS), a_volume()))
    assert decided(two, hours=2.9) == (ConstraintDeclared(constraint=two),)
    assert decided(two, hours=3) == Refusal(reason=Reason.TIME_PAST, because=("C1",))


def test_a_constraint_over_no_proper_area_is_refused_and_the_edge_learns_which_volume():
    wrong = a_constraint(volumes=(a_volume(), a_volume(footprint=BOW_TIE)))
    assert decided(wrong, hours=0) == Refusal(reason=Reason.BAD_GEOMETRY, because=("C1",))
    with pytest.raises(ValueError, match=r"volume 1: .* crosses"):
        constraints.checked(wrong)
    assert constraints.checked(a_constraint()) == a_constraint()


def test_a_constraint_binds_all_but_those_it_names():
    closed = a_constraint(exempt_parties=("south",), exempt_handling=(SpecialHandling.MEDEVAC,))
    assert constraints.binds(closed, "north", ())
    assert constraints.binds(closed, "north", (SpecialHandling.STATE,))
    assert not constraints.binds(closed, "south", ())
    assert not constraints.binds(closed, "north", (SpecialHandling.STATE, SpecialHandling.MEDEVAC))
