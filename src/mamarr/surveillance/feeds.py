"""Feeds: whether a source of reports still speaks. "No data" never looks like "no traffic".

A feed that is not LIVE has no answer to how many aircraft there are: its count is None, not 0. States come
from comparison with `now` alone; no timer runs.
"""

from enum import StrEnum

import msgspec

from mamarr.names import OBJECT_ID, matched

FEEDS_MAX = 64  # chosen: an authority has a handful; each costs a row on the screen
PERIOD_MIN_MS = 100  # chosen: ten messages a second
PERIOD_MAX_MS = 600_000  # chosen: a feed slower than ten minutes is no surveillance
LATE_AFTER_PERIODS_COUNT = 2  # chosen: one message lost is late,
SILENT_AFTER_PERIODS_COUNT = 5  # chosen: four lost in a row are silence


class FeedState(StrEnum):
    """Whether a feed speaks."""

    LIVE = "LIVE"
    LATE = "LATE"
    SILENT = "SILENT"
    NEVER_HEARD = "NEVER_HEARD"
    UNKNOWN = "UNKNOWN"  # nobody listens now: whether it speaks cannot be said


class FeedNote(StrEnum):
    """What must be told with all that a feed says; `phrases` has the sentences."""

    DEMO_RECORDING = "DEMO_RECORDING"  # when it was recorded, what of it is invented, that nobody did wrong
    DEMO_HELICOPTER = "DEMO_HELICOPTER"  # when it was recorded, that the drones beside it are fictitious


class Feed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A source of reports. period_ms: it says something, if only that it lives, at least so often.

    is_recorded: what it says did not happen now. note: what must be told with it. ValueError when the period
    is out of range.
    """

    feed_id: str
    period_ms: int
    is_recorded: bool = False
    note: FeedNote | None = None

    def __post_init__(self) -> None:
        matched("feed_id", self.feed_id, OBJECT_ID)
        if not PERIOD_MIN_MS <= self.period_ms <= PERIOD_MAX_MS:
            raise ValueError(f"period {self.period_ms} ms is not {PERIOD_MIN_MS} to {PERIOD_MAX_MS} ms")


class Coverage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a feed can answer now.

    age_ms: since it last spoke, None when it never did. tracks_count: how many aircraft it sees, None when
    it is not LIVE: nobody knows then.
    """

    feed_id: str
    state: FeedState
    age_ms: int | None
    tracks_count: int | None
    is_recorded: bool
    note: FeedNote | None = None


def state(feed: Feed, heard_ms: int | None, now_ms: int) -> FeedState:
    """The state of a feed that last spoke at `heard_ms`. A time after `now_ms` counts as now."""
    if heard_ms is None:
        return FeedState.NEVER_HEARD
    age_ms = now_ms - heard_ms
    if age_ms <= LATE_AFTER_PERIODS_COUNT * feed.period_ms:
        return FeedState.LIVE
    if age_ms <= SILENT_AFTER_PERIODS_COUNT * feed.period_ms:
        return FeedState.LATE
    return FeedState.SILENT


class Feeds:
    """The declared feeds and when each last spoke. ValueError for more than FEEDS_MAX, or one id twice."""

    def __init__(self, declared: tuple[Feed, ...]) -> None:
        if len(declared) > FEEDS_MAX:
            raise ValueError(f"{len(declared)} feeds; {FEEDS_MAX} are allowed")
        self._feeds = {feed.feed_id: feed for feed in declared}
        if len(self._feeds) < len(declared):
            raise ValueError("a feed is declared twice")
        self._heard_ms: dict[str, int] = {}

    def __contains__(self, feed_id: str) -> bool:
        return feed_id in self._feeds

    def heard(self, feed_id: str, received_ms: int) -> None:
        """A feed spoke: a report, or a sign of life. ValueError for one not declared. Never goes back."""
        if feed_id not in self._feeds:
            raise ValueError(f"feed {feed_id!r} is not declared")
        self._heard_ms[feed_id] = max(received_ms, self._heard_ms.get(feed_id, 0))

    def coverage(self, now_ms: int, tracks_count: dict[str, int]) -> tuple[Coverage, ...]:
        """What each feed can answer now, in the order declared. tracks_count: fresh tracks by feed."""
        return tuple(self._coverage(feed, now_ms, tracks_count) for feed in self._feeds.values())

    def _coverage(self, feed: Feed, now_ms: int, tracks_count: dict[str, int]) -> Coverage:
        heard_ms = self._heard_ms.get(feed.feed_id)
        found = state(feed, heard_ms, now_ms)
        return Coverage(
            feed_id=feed.feed_id,
            state=found,
            age_ms=None if heard_ms is None else max(0, now_ms - heard_ms),
            tracks_count=tracks_count.get(feed.feed_id, 0) if found is FeedState.LIVE else None,
            is_recorded=feed.is_recorded,
            note=feed.note,
        )
