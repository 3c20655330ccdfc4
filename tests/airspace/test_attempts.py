"""How often a party asked in vain: counted minute by minute, over a sliding hour."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.airspace import Attempts, attempts
from mamarr.airspace.attempts import HOUR_MS, MINUTE_MS, AttemptCounted
from mamarr.geometry.units import epoch_ms
from tests.airspace.boxes import NOON

NOON_MS = epoch_ms(NOON)


def after(*times_ms: int) -> Attempts:
    value = None
    for time_ms in times_ms:
        value = attempts.evolve(value, AttemptCounted(party="south", time_ms=NOON_MS + time_ms))
    return value or Attempts(party="south")


@given(
    st.lists(st.integers(0, 3 * HOUR_MS), max_size=30).map(sorted),
    st.integers(0, 2 * HOUR_MS),
    st.integers(0, 12),
)
def test_what_counts_is_what_began_its_minute_within_the_hour_and_it_is_told_when_no_more_does(
    times_ms: list[int], later_ms: int, count_max: int
):
    now_ms = NOON_MS + (times_ms[-1] if times_ms else 0) + later_ms
    value = after(*times_ms)

    def recounted(at_ms: int) -> int:
        """The same from the single attempts."""
        since_ms = [NOON_MS + each // MINUTE_MS * MINUTE_MS for each in times_ms]
        return sum(at_ms - each < HOUR_MS for each in since_ms)

    assert attempts.count(value, now_ms) == recounted(now_ms)
    until_ms = attempts.over_until_ms(value, count_max, now_ms)
    assert (until_ms is None) == (recounted(now_ms) <= count_max)
    if until_ms is not None:
        assert recounted(until_ms) <= count_max < recounted(until_ms - 1)
        assert attempts.count(value, until_ms) == recounted(until_ms)


def test_however_many_there_are_no_more_than_an_hour_of_minutes_is_kept():
    value = after(*range(0, 4 * HOUR_MS, MINUTE_MS // 4))
    assert len(value.minutes) == 60
    assert attempts.count(value, NOON_MS + 4 * HOUR_MS - 1) == 240


@pytest.mark.parametrize(
    ("asked_at_ms", "is_early"), [(None, False), (NOON_MS, False), (NOON_MS + 1, True), (NOON_MS + 50, True)]
)
def test_only_what_was_asked_for_within_the_hour_before_is_given_up_early(
    asked_at_ms: int | None, is_early: bool
):
    assert attempts.is_early(asked_at_ms, NOON_MS + HOUR_MS) == is_early
