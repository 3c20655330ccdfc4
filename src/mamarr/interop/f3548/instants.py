"""Instants of F3548: RFC 3339 texts to whole microseconds since 1970, and back to the same instant."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from mamarr.faults import WireError
from mamarr.interop.wire import safe

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FORM = "RFC 3339 with a zone, such as 2026-05-01T06:00:00.25Z"
TEXT = re.compile(
    r"(?P<second>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,12}))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>[0-5]\d))",
    re.ASCII,
)
FRACTION_DIGITS = 6  # microseconds
WRITTEN_MAX = 4_096  # chosen: texts that are kept, some 400 kB; the same intents are answered again and again


def read_instant(at: str, text: str, *, is_end: bool = False) -> int:
    """The microseconds since 1970 that `text` says; WireError at `at` when it says none.

    What is finer than a microsecond is rounded outwards: down, and at the end of a time (`is_end`) up, so
    that no instant of the time is lost.
    """
    found = TEXT.fullmatch(text)
    if found is None:
        raise _no_instant(at, text)
    try:
        second = datetime.fromisoformat(found["second"].upper()).replace(tzinfo=_zone(found))
        fraction = found["fraction"] or ""
        whole, finer = fraction[:FRACTION_DIGITS].ljust(FRACTION_DIGITS, "0"), fraction[FRACTION_DIGITS:]
        instant = (second - EPOCH) // MICROSECOND + int(whole) + (is_end and finer.strip("0") != "")
        written_instant(instant)  # the last instant of the calendar may have been passed
    except (ValueError, OverflowError) as wrong:
        raise _no_instant(at, text) from wrong
    return instant


def _no_instant(at: str, text: str) -> WireError:
    return WireError(f"{safe(text[:70])!r} is no instant", at=at, allowed=FORM, code="FIELD_TIME")


def _zone(found: re.Match[str]) -> timezone:
    if found["sign"] is None:
        return UTC
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    return timezone(offset if found["sign"] == "+" else -offset)


@lru_cache(maxsize=WRITTEN_MAX)
def written_instant(instant: int) -> str:
    """The text of an instant, microseconds since 1970, with a fraction of the second where it has one."""
    return (EPOCH + instant * MICROSECOND).isoformat().replace("+00:00", "Z")
