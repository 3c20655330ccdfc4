"""What is due of a flight by what is seen of it, and what is not."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.discovery import IntentState
from mamarr.operations import Operation, Position, conformance
from mamarr.operations.conformance import NO_WATCH, Keeping, Move, Watch
from tests.discovery.known import NOON_US
from tests.examples import some
from tests.operations.flown import INSIDE, OUTSIDE, SECOND_US, at, flown, gone
from tests.operations.planned import square


def seen(held: Operation, *several: Position, before: Watch = NO_WATCH) -> Watch:
    """The watch after positions."""
    for position in several:
        before = conformance.watched(before, held, position)
    return before


def due(held: Operation, watch: Watch, seconds: float, **how: bool) -> Move | None:
    return conformance.due(held, watch, NOON_US + round(seconds * SECOND_US), **how)


def test_one_position_outside_is_nothing_and_four_seconds_of_them_are():
    held = flown()
    watch = seen(held, *(at(INSIDE, second) for second in range(5)))
    assert due(held, watch, 5) is None
    once = seen(held, at(OUTSIDE, 5), at(INSIDE, 6), at(INSIDE, 7), before=watch)
    assert due(held, once, 8) is None
    burst = seen(held, *(at(OUTSIDE, 5 + part / 10) for part in range(9)), before=watch)
    assert due(held, burst, 6) is None
    left = seen(held, *(at(OUTSIDE, second) for second in range(5, 10)), before=watch)
    assert due(held, left, 10) is Move.LEAVE
    assert conformance.since_us(left, NOON_US + 10 * SECOND_US) == NOON_US + 5 * SECOND_US
    back = seen(held, at(INSIDE, 10), before=left)
    assert due(held, back, 11) is None  # it is inside again before that was said


def test_outside_is_beside_above_too_late_or_between_two_volumes():
    beside, above = at(OUTSIDE), at(INSIDE, altitude_mm=200_001)
    for where in (beside, above):
        held = flown()
        several = [
            msgspec.structs.replace(where, time_us=where.time_us + number * SECOND_US) for number in range(6)
        ]
        assert due(held, seen(held, *several), 6) is Move.LEAVE
    later = flown(IntentState.ACTIVATED, square(minutes=(0, 1)), square(minutes=(2, 30)))
    between = seen(later, *(at(INSIDE, second) for second in range(55, 70)))
    assert due(later, between, 70) is Move.LEAVE


def test_who_was_last_seen_outside_and_falls_silent_is_outside_and_who_was_inside_is_lost():
    held = flown()
    outside = seen(held, at(OUTSIDE, 0))
    assert due(held, outside, 15) is None
    assert due(held, outside, 15.1) is Move.LEAVE
    inside = seen(held, at(INSIDE, 0))
    assert due(held, inside, 15) is None
    assert due(held, inside, 15.1) is Move.TELL_LOST
    assert due(held, inside, 15.1, is_lost_told=True) is None
    assert conformance.keeping(held, inside, NOON_US + 16 * SECOND_US) is Keeping.LOST


def test_without_positions_nothing_is_due_and_nobody_says_that_it_keeps_to_its_volumes():
    for state in IntentState:
        off = (square(),) if state not in (IntentState.ACCEPTED, IntentState.ACTIVATED) else ()
        held = flown(state, off=off)
        assert due(held, NO_WATCH, 1e6) is None
        expected = Keeping.NOT_FLOWN if state is IntentState.ACCEPTED else Keeping.NO_POSITIONS
        assert conformance.keeping(held, NO_WATCH, NOON_US) is expected


def test_before_a_flight_is_activated_or_begins_nothing_is_judged():
    ground = flown(IntentState.ACCEPTED)
    watch = seen(ground, *(at(OUTSIDE, second) for second in range(10)))
    assert due(ground, watch, 60) is None
    held = flown()
    early = seen(held, *(at(OUTSIDE, second) for second in range(-9, 0)))
    assert due(held, early, 0) is None


def test_an_older_position_changes_nothing():
    held = flown()
    watch = seen(held, at(INSIDE, 5))
    for second in (5, 4, -100):
        assert conformance.watched(watch, held, at(OUTSIDE, second)) is watch


def test_who_flies_on_when_its_time_ends_is_said_to_be_off_before_the_dss_forgets_it():
    held = flown()
    watch = seen(held, at(INSIDE, 1_785))
    assert due(held, watch, 1_789) is None
    assert due(held, watch, 1_790.1) is Move.LEAVE
    assert due(held, seen(held, at(INSIDE, 1_770)), 1_790.1) is Move.TELL_LOST  # it may have landed


def test_it_returns_after_twenty_seconds_inside_and_not_by_one_position():
    held = gone(at(OUTSIDE, 0))
    watch = seen(held, at(INSIDE, 1))
    assert due(held, watch, 2) is None
    for second in range(2, 21):
        watch = seen(held, at(INSIDE, second), before=watch)
        assert due(held, watch, second) is None
    watch = seen(held, at(INSIDE, 21), before=watch)
    assert due(held, watch, 21) is Move.RETURN
    assert due(held, seen(held, at(OUTSIDE, 22), before=watch), 22) is None
    few = seen(held, at(INSIDE, 0), at(INSIDE, 21))  # too few to be sure
    assert due(held, few, 21) is None


def test_after_a_minute_it_is_given_up_unless_it_is_inside():
    held = gone(at(OUTSIDE, 0), now_s=40)
    out = seen(held, at(OUTSIDE, 58))
    assert due(held, out, 59.9) is None
    assert due(held, out, 60) is Move.GIVE_UP
    assert due(held, seen(held, at(INSIDE, 59), before=out), 60) is None
    assert due(held, NO_WATCH, 60) is Move.GIVE_UP  # none came since: by what is in the record
    lost = seen(held, at(INSIDE, 40))
    assert due(held, lost, 60) is Move.GIVE_UP


def test_where_it_may_be_is_said_anew_before_it_is_over_and_when_it_is_elsewhere():
    held = gone(at(OUTSIDE, 0))
    assert due(held, seen(held, at(OUTSIDE, 29)), 30) is None
    assert due(held, seen(held, at(OUTSIDE, 30)), 30.1) is Move.RENEW
    assert due(held, seen(held, at(OUTSIDE + 90, 5)), 6) is Move.RENEW  # 6.8 km away
    assert due(held, NO_WATCH, 30.1) is Move.RENEW


def test_what_its_user_says_is_off_is_its_users_to_end_and_is_only_said_anew_where_it_is_seen_elsewhere():
    off = (square(east=3, minutes=(0, 20)),)
    held = flown(IntentState.NONCONFORMING, off=off)
    for seconds in (30, 120, 900):
        assert due(held, seen(held, at(OUTSIDE, seconds)), seconds) is None
        assert due(held, seen(held, at(INSIDE, seconds)), seconds) is Move.RENEW
    inside = seen(held, *(at(OUTSIDE, second) for second in range(60)))
    assert due(held, inside, 60) is None
    assert due(held, seen(held, at(OUTSIDE, 1_180)), 1_181) is Move.RENEW


def test_nobody_says_for_ever_where_a_silent_one_may_be():
    held = gone(at(OUTSIDE, 0))
    given_up = flown(IntentState.CONTINGENT, off=held.details.off_nominal, observed=held.observed)
    assert due(given_up, NO_WATCH, 3_600) is Move.RENEW
    assert due(given_up, NO_WATCH, 3_601) is None


@settings(max_examples=some(200))
@given(
    st.lists(
        st.tuples(st.integers(200, 3_000), st.sampled_from([-3.0, -0.01, 0.01, 0.5, 0.99, 1.01, 4.0])),
        min_size=1,
        max_size=40,
    )
)
def test_who_is_said_to_have_left_was_seen_outside_twice_and_who_stays_outside_is(
    steps: list[tuple[int, float]],
):
    """By where the positions were made, not by where we find them to be; milliseconds and sides east."""
    held, watch, at_ms = flown(), NO_WATCH, 0
    seen_outside: list[tuple[int, bool]] = []
    for wait_ms, east in steps:
        at_ms += wait_ms
        watch = conformance.watched(watch, held, at(east, at_ms / 1_000))
        seen_outside.append((at_ms, not 0 <= east <= 1))
        has_left = due(held, watch, at_ms / 1_000) is Move.LEAVE
        if has_left:
            assert seen_outside[-1][1]
            assert sum(is_out for _, is_out in seen_outside) >= 2
            assert any(is_out for ms, is_out in seen_outside if at_ms - ms >= 4_000)
        inside_ms = max((ms for ms, is_out in seen_outside if not is_out), default=-1)
        run_ms = [ms for ms, _ in seen_outside if ms > inside_ms]
        if len(run_ms) >= 2 and at_ms - run_ms[0] >= 4_000:
            assert has_left
        if not any(is_out for _, is_out in seen_outside):
            assert not has_left
