"""Windows: times in which something holds, half-open, in milliseconds since 1970-01-01T00:00:00Z."""

from collections.abc import Iterable

import msgspec

from mamarr.geometry.volumes import TIME_LAST_MS

WINDOWS_MAX = 1_000  # chosen: a year of daily windows and as many again


class Window(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """From `time_start_ms` up to, not including, `time_end_ms`. ValueError when it is empty."""

    time_start_ms: int
    time_end_ms: int

    def __post_init__(self) -> None:
        if not 0 <= self.time_start_ms < self.time_end_ms <= TIME_LAST_MS:
            raise ValueError("end is not after start, or outside the years 1970 to 2099")


def hold(windows: Iterable[Window], time_start_ms: int, time_end_ms: int) -> bool:
    """Whether the times from start to end lie in `windows` without a gap; no window at all means always."""
    listed = sorted(windows, key=lambda window: window.time_start_ms)
    if not listed:
        return True
    reached_ms = time_start_ms
    for window in listed:
        if window.time_start_ms > reached_ms:
            break
        reached_ms = max(reached_ms, window.time_end_ms)
    return reached_ms >= time_end_ms
