"""The intents of `benchmarks.dss`: where and when each is, and the bodies that make it known."""

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

RUN = secrets.randbelow(1 << 16)  # so that what another run left behind is not in the way
MINUTE = timedelta(minutes=1)
URL = "https://uss.example/utm"  # where nobody is asked anything
# The middle of an S2 cell of level 13: a circle of 50 m about it lies in that cell alone.
BUSY_AT = (47.3, 8.5)
CROWD_AT = (47.5, 8.9)  # another one, for the answer that names 500
BUSY_M = 50.0
BUSY_SLOTS = 3_000  # of the day's seconds, each its own: more than are flown at once by far
SLOT = timedelta(seconds=20)
FLOWN = timedelta(seconds=15)
ALL_DAY = timedelta(hours=20)

# What is spread: places 6 km apart, each with as many intents one after the other.
AT_A_PLACE = 100
COLUMNS = 100
SPACING_DEG = 0.06
FIRST_AT = (40.0, -5.0)
SPREAD_M = 300.0
EVERY = 10 * MINUTE
LIVE_FOR, FREE_FOR = 5 * MINUTE, 3 * MINUTE
FREE_AFTER = 6 * MINUTE  # the rest of the ten minutes is free for what is measured


def entity(kind: int, number: int) -> str:
    """A UUID of version 4 for the number-th of a kind, in this run."""
    return f"{kind:08x}-{RUN:04x}-4000-8000-{number:012x}"


def extent(
    at: tuple[float, float], radius_m: float, start: datetime, end: datetime, levels_m: tuple[int, int]
) -> dict[str, Any]:
    """A circle at `at`, latitude and longitude in degrees, between two altitudes and two instants."""

    def altitude(altitude_m: int) -> dict[str, Any]:
        return {"value": altitude_m, "reference": "W84", "units": "M"}

    def instant(moment: datetime) -> dict[str, str]:
        return {"value": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "format": "RFC3339"}

    circle = {"center": {"lat": at[0], "lng": at[1]}, "radius": {"value": radius_m, "units": "M"}}
    volume = {"outline_circle": circle, "altitude_lower": altitude(levels_m[0])}
    return {
        "volume": volume | {"altitude_upper": altitude(levels_m[1])},
        "time_start": instant(start),
        "time_end": instant(end),
    }


def body(where: dict[str, Any], *, state: str = "Accepted", key: tuple[str, ...] = (), **more: Any) -> bytes:
    """The body that makes an intent known. more: subscription_id; else a new_subscription of its own."""
    said = {"extents": [where], "state": state, "uss_base_url": URL, "key": list(key)}
    return json.dumps(said | (more or {"new_subscription": {"uss_base_url": URL}})).encode()


def subscription_body(where: dict[str, Any]) -> bytes:
    """The body that makes a subscription of intents."""
    said = {"extents": where, "uss_base_url": URL, "notify_for_operational_intents": True}
    return json.dumps(said | {"notify_for_constraints": False}).encode()


def query_body(where: dict[str, Any]) -> bytes:
    """The body that asks what is in an area."""
    return json.dumps({"area_of_interest": where}).encode()


def busy(at: tuple[float, float], begin: datetime, slot: int | None) -> dict[str, Any]:
    """In a busy cell: a slot that no other slot meets in time; None: all day."""
    start = begin if slot is None else begin + SLOT * (slot % BUSY_SLOTS)
    return extent(at, BUSY_M, start, begin + ALL_DAY if slot is None else start + FLOWN, (50, 120))


def busy_subscription(at: tuple[float, float], begin: datetime) -> dict[str, Any]:
    """All that is flown in a busy cell, and at every level."""
    return extent(at, BUSY_M, begin, begin + ALL_DAY, (0, 1_000))


def place(number: int) -> tuple[float, float]:
    """The latitude and longitude of a place, degrees."""
    row, column = divmod(number, COLUMNS)
    return FIRST_AT[0] + row * SPACING_DEG, FIRST_AT[1] + column * SPACING_DEG


def spread(number: int, places: int, begin: datetime, *, is_free: bool = False) -> dict[str, Any]:
    """The number-th of those that are spread; is_free: where none of them is, at the same place after it."""
    turn, at = divmod(number, places)
    start = begin + EVERY * turn + (FREE_AFTER if is_free else timedelta(0))
    return extent(place(at), SPREAD_M, start, start + (FREE_FOR if is_free else LIVE_FOR), (50, 120))


def around(number: int, places: int, begin: datetime) -> dict[str, Any]:
    """The place and about the time of the number-th: it meets four or five of those that are spread."""
    turn, at = divmod(number, places)
    start = begin + EVERY * min(turn, AT_A_PLACE - 5)
    return extent(place(at), SPREAD_M, start, start + 40 * MINUTE, (0, 500))
