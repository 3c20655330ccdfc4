"""A silent feed looks silent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.surveillance.feeds import FEEDS_MAX, Feed, FeedNote, Feeds, FeedState, state
from tests.surveillance.sightings import ADSB, NOON_MS, RADAR


@pytest.mark.parametrize(
    ("age_ms", "wanted"),
    [
        (-5_000, FeedState.LIVE),
        (2_000, FeedState.LIVE),
        (2_001, FeedState.LATE),
        (5_000, FeedState.LATE),
        (5_001, FeedState.SILENT),
    ],
)
def test_a_feed_is_late_after_two_periods_and_silent_after_five(age_ms, wanted):
    assert state(ADSB, NOON_MS - age_ms, NOON_MS) is wanted


def test_no_data_is_not_no_traffic():
    feeds = Feeds((ADSB, RADAR))
    feeds.heard("adsb", NOON_MS)

    live, never = feeds.coverage(NOON_MS, {})
    assert (live.state, live.tracks_count) == (FeedState.LIVE, 0)
    assert (never.state, never.tracks_count, never.age_ms) == (FeedState.NEVER_HEARD, None, None)

    silent, _ = feeds.coverage(NOON_MS + 60_000, {"adsb": 3})
    assert (silent.state, silent.tracks_count, silent.age_ms) == (FeedState.SILENT, None, 60_000)


def test_what_must_be_told_with_a_feed_is_told_whether_it_speaks_or_not():
    noted = Feed(feed_id="noted", period_ms=1_000, note=FeedNote.DEMO_RECORDING)
    feeds = Feeds((ADSB, noted))
    assert [each.note for each in feeds.coverage(NOON_MS, {})] == [None, FeedNote.DEMO_RECORDING]


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_silence_alone_never_makes_a_feed_better(first_ms, more_ms):
    order = list(FeedState)
    at = [order.index(state(ADSB, NOON_MS, NOON_MS + ms)) for ms in (first_ms, first_ms + more_ms)]
    assert at[0] <= at[1]


def test_an_older_message_does_not_turn_a_feed_back():
    feeds = Feeds((ADSB,))
    feeds.heard("adsb", NOON_MS)
    feeds.heard("adsb", NOON_MS - 60_000)
    assert feeds.coverage(NOON_MS, {})[0].age_ms == 0


def test_what_is_not_declared_or_too_much_is_refused():
    with pytest.raises(ValueError, match="not declared"):
        Feeds(()).heard("adsb", NOON_MS)
    with pytest.raises(ValueError, match="twice"):
        Feeds((ADSB, ADSB))
    with pytest.raises(ValueError, match="are allowed"):
        Feeds(tuple(Feed(feed_id=f"f{n}", period_ms=1_000) for n in range(FEEDS_MAX + 1)))
    with pytest.raises(ValueError, match="period"):
        Feed(feed_id="f", period_ms=0)
