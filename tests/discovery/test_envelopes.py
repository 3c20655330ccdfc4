import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.discovery import Envelope, envelopes
from tests.discovery.known import CELL_STEP, FIRST_CELL, about
from tests.discovery.test_relevance import ENVELOPES


@given(st.lists(ENVELOPES, min_size=1, max_size=4), ENVELOPES)
def test_a_union_covers_each_and_meets_whatever_one_meets(several, other):
    whole = envelopes.union(several)
    for each in several:
        assert envelopes.covers(whole, each)
        assert not envelopes.meets(each, other) or envelopes.meets(whole, other)


@given(ENVELOPES, ENVELOPES)
def test_meeting_is_mutual_and_what_is_covered_is_met(one, other):
    assert envelopes.meets(one, other) == envelopes.meets(other, one)
    assert not envelopes.covers(one, other) or envelopes.meets(one, other)


def test_intervals_are_closed_what_touches_meets():
    assert envelopes.meets(about(minutes=(0, 10)), about(minutes=(10, 20)))
    assert envelopes.meets(about(levels_m=(0, 100)), about(levels_m=(100, 200)))
    assert not envelopes.meets(about((0,)), about((1,)))


def test_two_whose_volumes_pass_each_other_meet_by_their_envelopes():
    one = envelopes.union((about((0,), (0, 50)), about((5,), (200, 250))))
    other = envelopes.union((about((0,), (100, 150)), about((6,), (100, 150))))
    assert envelopes.meets(one, other)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cells": ()},
        {"cells": (FIRST_CELL + CELL_STEP, FIRST_CELL)},
        {"cells": (FIRST_CELL, FIRST_CELL)},
        {"cells": (FIRST_CELL + 1,)},
        {"cells": (FIRST_CELL + (1 << 64),)},
        {"cells": (FIRST_CELL,), "altitude_lower_mm": 2, "altitude_upper_mm": 1},
        {"cells": (FIRST_CELL,), "altitude_lower_mm": 10**9},
        {"cells": (FIRST_CELL,), "time_start_us": 2, "time_end_us": 1},
        {"cells": (FIRST_CELL,), "time_start_us": -(1 << 53) - 1},
    ],
)
def test_an_envelope_without_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        Envelope(**wrong)
