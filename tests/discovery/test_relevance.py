import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.discovery import Envelope, envelopes
from mamarr.discovery.relevance import Relevance
from tests.discovery.known import CELL_STEP, FIRST_CELL, MINUTE_US, NOON_US, about, uuid
from tests.examples import some

BOUND_MM = st.one_of(st.none(), st.integers(-3, 3).map(lambda each: each * 1_000))
BOUND_US = st.one_of(
    st.none(), st.integers(-3, 3).map(lambda each: NOON_US + each * 10 * MINUTE_US), st.integers(0, 1 << 53)
)


def ordered(lower: int | None, upper: int | None) -> tuple[int | None, int | None]:
    return (lower, upper) if lower is None or upper is None else (min(lower, upper), max(lower, upper))


ENVELOPES = st.builds(
    lambda cells, levels_mm, times_us: Envelope(
        cells=tuple(FIRST_CELL + each * CELL_STEP for each in sorted(cells)),
        altitude_lower_mm=levels_mm[0],
        altitude_upper_mm=levels_mm[1],
        time_start_us=times_us[0],
        time_end_us=times_us[1],
    ),
    st.sets(st.integers(0, 4), min_size=1, max_size=3),
    st.builds(ordered, BOUND_MM, BOUND_MM),
    st.builds(ordered, BOUND_US, BOUND_US),
)
CHANGES = st.lists(st.tuples(st.integers(0, 7).map(uuid), st.one_of(st.none(), ENVELOPES)), max_size=30)


@settings(max_examples=some(300), deadline=None)
@given(changes=CHANGES, asked=ENVELOPES, now_us=st.sampled_from((0, NOON_US - 1, NOON_US, NOON_US + 1)))
@pytest.mark.requirement("astm.f3548.v21.DSS0005,2")
def test_what_meets_and_is_not_over_is_found_and_nothing_else(changes, asked, now_us):
    index, held = Relevance(), {}
    for key, envelope in changes:
        index.put(key, envelope)
        held.pop(key, None)
        if envelope is not None:
            held[key] = envelope
    assert index.meeting(asked, now_us=now_us) == sorted(
        key
        for key, each in held.items()
        if envelopes.meets(each, asked) and not envelopes.is_past(each, now_us)
    )
    for key in held:
        index.put(key, None)
    assert (len(index), index._cells) == (0, {})


def test_an_entity_is_forgotten_where_it_was():
    index = Relevance()
    index.put("one", about((0,)))
    index.put("one", about((0,), minutes=(600, 700)))
    assert index.meeting(about((0,)), now_us=NOON_US) == []


def test_a_question_about_half_an_hour_does_not_look_at_the_other_hours():
    looked = []

    class Counted(dict):
        def items(self):
            looked.append(len(self))
            return super().items()

    index = Relevance()
    for number in range(3_000):
        index.put(uuid(number), about((0,), minutes=(number, number + 20)))
    (there,) = index._cells.values()
    there.update({bucket: Counted(ids) for bucket, ids in there.items()})
    found = index.meeting(about((0,), minutes=(1_500, 1_530)), now_us=NOON_US)
    assert len(found) == 51
    assert sum(looked) < 300
