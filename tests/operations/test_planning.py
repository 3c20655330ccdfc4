"""Who must give way to whom, by priority and by what is flown already."""

import pytest

from mamarr.discovery import IntentState
from mamarr.operations import Details
from mamarr.operations.planning import Met, fits, met
from tests.discovery.known import uuid
from tests.operations.planned import known, square

ACTIVATED, ACCEPTED = IntentState.ACTIVATED, IntentState.ACCEPTED
OURS = Details(volumes=(square(),), priority=5)
IN_THE_WAY, OVERLAPPED, NEITHER = Met(in_the_way=(uuid(1),)), Met(overlapped=(uuid(1),)), Met()


@pytest.mark.requirement("astm.f3548.v21.SCD0015")
@pytest.mark.requirement("astm.f3548.v21.SCD0035")
@pytest.mark.parametrize(
    ("other", "found"),
    [
        (known(1, priority=6), IN_THE_WAY),
        (known(1, priority=5), IN_THE_WAY),
        (known(1, priority=4), OVERLAPPED),
        (known(1, square(east=3), priority=6), NEITHER),
        (known(1, state=IntentState.CONTINGENT, priority=6), IN_THE_WAY),
    ],
)
def test_who_has_no_lower_priority_is_in_the_way(other, found):
    assert met(OURS, (other,)) == found


def test_the_same_priority_may_meet_where_the_regulator_lets_it():
    assert met(OURS, (known(1, priority=5),), shared_priorities=(4, 5)) == OVERLAPPED
    assert met(OURS, (known(1, priority=6),), shared_priorities=(4, 5, 6)) == IN_THE_WAY


@pytest.mark.requirement("astm.f3548.v21.SCD0030")
@pytest.mark.requirement("astm.f3548.v21.SCD0050")
def test_what_is_flown_may_go_on_meeting_what_it_meets_and_meet_nobody_else():
    flown = Details(volumes=(square(east=0.5),), priority=5)
    theirs = known(1, priority=6, state=ACTIVATED)
    assert met(OURS, (theirs,), flown=flown) == OVERLAPPED
    assert met(OURS, (known(1, priority=6),), flown=flown) == IN_THE_WAY
    elsewhere = Details(volumes=(square(east=5),), priority=5)
    assert met(OURS, (theirs,), flown=elsewhere) == IN_THE_WAY


@pytest.mark.requirement("astm.f3548.v21.SCD0005")
@pytest.mark.requirement("astm.f3548.v21.SCD0010")
@pytest.mark.parametrize("state", IntentState)
def test_of_a_silent_uss_that_is_down_only_what_is_accepted_gives_way(state):
    silent = known(1, state=state, details=None, ovn=None)
    assert met(OURS, (silent,)) == (NEITHER if state is ACCEPTED else IN_THE_WAY)


def test_all_who_are_met_are_named_in_their_order():
    others = (known(3, priority=1), known(2, priority=9), known(1, priority=1), known(4, priority=9))
    assert met(OURS, others) == Met(in_the_way=(uuid(2), uuid(4)), overlapped=(uuid(3), uuid(1)))


def test_volumes_that_are_off_nominal_belong_to_what_is_not_as_meant_alone():
    beside = Details(volumes=(square(),), off_nominal=(square(),))
    assert [fits(each, beside) for each in IntentState] == [False, False, True, True]
    assert [fits(each, OURS) for each in IntentState] == [True, True, False, False]


@pytest.mark.parametrize("wrong", [{"volumes": ()}, {"volumes": (square(),) * 101}, {"priority": 1 << 40}])
def test_what_is_no_intent_is_refused(wrong):
    with pytest.raises(ValueError, match=r"volumes|priority"):
        Details(**{"volumes": (square(),), **wrong})
