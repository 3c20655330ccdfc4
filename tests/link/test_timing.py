from hypothesis import given
from hypothesis import strategies as st

from mamarr.link.timing import RETRY_FIRST_MS, RETRY_MAX_MS, RETRY_MIN_MS, Allowance, Clocks, RoundTrip


def test_before_a_measurement_the_first_wait_is_a_second():
    assert RoundTrip().retry_ms(1) == RETRY_FIRST_MS
    assert [RoundTrip().retry_ms(count) for count in (2, 3, 9)] == [2_000, 4_000, RETRY_MAX_MS]


def test_the_wait_follows_the_formula_of_rfc_6298():
    trip = RoundTrip()
    trip.measured(600)  # 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR
    assert trip.retry_ms(1) == 1_800
    trip.measured(
        800
    )  # 2.3: RTTVAR = 3/4 * 300 + 1/4 * |600 - 800| = 275, SRTT = 7/8 * 600 + 1/8 * 800 = 625
    assert trip.retry_ms(1) == 1_725


def test_on_a_line_that_is_slower_than_the_first_wait_not_everything_is_sent_twice():
    """RFC 6298 5.7. What was sent twice is no sample: without this there would never be one."""
    trip, sent_twice = RoundTrip(), []
    for _ in range(10):
        count, took_ms = 1, 0
        while took_ms + trip.retry_ms(count) < 6_000:  # so long an acknowledgement takes
            trip.repeated(waited_ms := trip.retry_ms(count))
            took_ms += waited_ms
            count += 1
        if count == 1:
            trip.measured(6_000)
        sent_twice.append(count > 1)
    assert sent_twice == [True, True, *[False] * 8]
    assert trip.retry_ms(1) > 6_000


@given(st.lists(st.integers(0, 10**7), max_size=30), st.integers(1, 10**6))
def test_the_wait_stays_in_its_bounds_whatever_was_measured(measured: list[int], sent_count: int):
    trip = RoundTrip()
    for took_ms in measured:
        trip.measured(took_ms)
    assert RETRY_MIN_MS <= trip.retry_ms(sent_count) <= RETRY_MAX_MS


@given(
    ahead_ms=st.integers(-(10**6), 10**6),
    there_ms=st.lists(st.integers(0, 5_000), min_size=1, max_size=20),
    back_ms=st.integers(0, 5_000),
    held_ms=st.integers(0, 60_000),
)
def test_the_true_difference_of_two_clocks_is_within_the_error(
    ahead_ms: int, there_ms: list[int], back_ms: int, held_ms: int
):
    clocks = Clocks()
    for number, way_ms in enumerate(there_ms):
        sent_ms = 10**9 + number * 100_000
        clocks.heard(
            sent_ms=sent_ms,
            held_ms=held_ms,
            answered_ms=sent_ms + way_ms + held_ms + ahead_ms,
            now_ms=sent_ms + way_ms + held_ms + back_ms,
        )
    found = clocks.difference()
    assert found is not None
    assert abs(found.ahead_ms - ahead_ms) <= found.error_ms
    assert found.may_exceed(abs(ahead_ms) - 1), "what is true can never be excluded"


def test_a_measurement_over_which_our_clock_was_set_back_counts_for_nothing():
    clocks = Clocks()
    clocks.heard(sent_ms=10_000, held_ms=0, answered_ms=10_000, now_ms=9_000)
    assert clocks.difference() is None


@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 30)), max_size=60))
def test_nobody_gets_more_than_at_once_and_so_many_a_second_after_it(asked: list[tuple[int, int]]):
    allowance, clock_ms, taken = Allowance(20, 10.0), 0, 0
    for waited_ms, count in asked:
        clock_ms += waited_ms
        taken += count if allowance.take(count, clock_ms) else 0
        assert taken <= 20 + clock_ms / 1_000 * 10.0 + 1e-6


def test_a_clock_that_stands_gives_nothing_anew():
    allowance = Allowance(2, 10.0)
    assert [allowance.take(1, 5_000) for _ in range(3)] == [True, True, False]
    assert allowance.take(1, 5_100)
