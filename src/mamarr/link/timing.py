"""When to send again, how far clocks differ, how much a peer may ask: values that follow what is measured."""

from collections import deque

import msgspec

RETRY_FIRST_MS = 1_000  # RFC 6298 2.1: until a round trip is measured
RETRY_MIN_MS = 1_000  # RFC 6298 2.4
RETRY_MAX_MS = 60_000  # RFC 6298 2.5 allows a largest one of at least that
CLOCK_SAMPLES_MAX = 8  # chosen: the quickest of some, and none so old that the clocks have drifted apart


class RoundTrip:
    """The time to wait for an acknowledgement before a message is sent again, in milliseconds.

    Source: RFC 6298 section 2, with the smallest and the largest time chosen for such lines; 3 (Karn): what
    was sent twice is no sample; 5.5: doubled with each repetition. 5.7: what was waited so holds for all
    that is sent after it, until there is a sample: else a line that takes longer than the first time to wait
    would have everything sent twice, and never a sample.
    """

    def __init__(self) -> None:
        self.smoothed_ms: float | None = None
        self._variation_ms = 0.0
        self._waited_ms = 0  # since the last sample, for what had to be sent again

    def measured(self, took_ms: int) -> None:
        """A message that was sent once was acknowledged after so long."""
        self._waited_ms = 0
        if self.smoothed_ms is None:
            self.smoothed_ms, self._variation_ms = float(took_ms), took_ms / 2
            return
        self._variation_ms += (abs(self.smoothed_ms - took_ms) - self._variation_ms) / 4
        self.smoothed_ms += (took_ms - self.smoothed_ms) / 8

    def repeated(self, waited_ms: int) -> None:
        """A message was not acknowledged within `waited_ms`, and is sent again."""
        self._waited_ms = max(self._waited_ms, min(RETRY_MAX_MS, 2 * waited_ms))

    def retry_ms(self, sent_count: int) -> int:
        """How long to wait after a message was sent for the `sent_count`th time."""
        first = RETRY_FIRST_MS
        if self.smoothed_ms is not None:
            first = max(RETRY_MIN_MS, round(self.smoothed_ms + 4 * self._variation_ms))
        return min(RETRY_MAX_MS, max(self._waited_ms, first << min(sent_count - 1, 16)))


class ClockDifference(msgspec.Struct, frozen=True, kw_only=True):
    """How far the peer's clock is ahead of ours, milliseconds; negative when it is behind.

    error_ms: the true difference is within so much of it: half the round trip that measured it.
    """

    ahead_ms: float
    error_ms: float

    def may_exceed(self, limit_ms: float) -> bool:
        """Whether the two clocks may differ by more than `limit_ms`."""
        return abs(self.ahead_ms) + self.error_ms > limit_ms


class Clocks:
    """The peer's clock against ours, from what envelopes say of when they were sent.

    An envelope of ours is sent at T1, comes at T2, is answered at T3, and that comes at T4; T1 and T4 are by
    our clock, the others by the peer's. Were both ways as long, the peer's clock would be ahead by ((T2 - T1)
    + (T3 - T4)) / 2. As neither way takes less than nothing, that errs by at most half the round trip (T4 -
    T1) - (T3 - T2). So the sample of the shortest round trip counts. The peer says T1, T3 and T3 - T2.
    """

    def __init__(self) -> None:
        self._samples: deque[ClockDifference] = deque(maxlen=CLOCK_SAMPLES_MAX)

    def heard(self, *, sent_ms: int, held_ms: int, answered_ms: int, now_ms: int) -> None:
        """An envelope says: yours of `sent_ms` came `held_ms` before this was sent, at `answered_ms`."""
        trip_ms = now_ms - sent_ms - held_ms
        if trip_ms < 0:  # our clock was set back meanwhile: nothing is measured by it
            return
        came_ms = answered_ms - held_ms
        ahead_ms = ((came_ms - sent_ms) + (answered_ms - now_ms)) / 2
        self._samples.append(ClockDifference(ahead_ms=ahead_ms, error_ms=trip_ms / 2))

    def difference(self) -> ClockDifference | None:
        """The best of the last measurements; None before the first."""
        return min(self._samples, key=lambda each: each.error_ms, default=None)


class Allowance:
    """How much a peer may ask: so many at once, and so many a second after that."""

    def __init__(self, at_once: int, per_s: float) -> None:
        self._at_once, self._per_s = float(at_once), per_s
        self._left, self._counted_ms = float(at_once), 0

    def take(self, count: int, now_ms: int) -> bool:
        """Whether `count` more may be asked at `now_ms`, of a clock that is never set; they count if so."""
        passed_s = max(0, now_ms - self._counted_ms) / 1_000
        self._left = min(self._at_once, self._left + passed_s * self._per_s)
        self._counted_ms = max(now_ms, self._counted_ms)
        if self._left < count:
            return False
        self._left -= count
        return True
