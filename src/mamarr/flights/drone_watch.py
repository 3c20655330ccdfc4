"""How well it is known what drones plan: along which corridors all was heard, and until when that counts.

Silence is not an empty sky. What was heard counts until a named moment and is said again before that; whoever
stops saying it, for whatever reason, leaves UNKNOWN behind by the clock alone.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.airspace.corridors import CORRIDORS_MAX
from mamarr.faults import Reason, Refusal
from mamarr.flights.drones import HEARD
from mamarr.geometry.units import epoch_ms
from mamarr.names import OBJECT_ID, Author, matched

KEY = "drone_watch"  # there is one
VALID_MS = 15 * 60_000  # chosen: said again every ten minutes, so six entries an hour where nothing changes
AHEAD_MS = 24 * 3_600_000  # chosen: drones plan for the same day; what is planned later is not known yet
LEFT_MS = 24 * 3_600_000  # chosen: who has not looked for a day does not look any more

# What it is


class DronesThere(StrEnum):
    """What is known of drones where a flight is planned.

    NONE_KNOWN: all was heard, and nothing is planned there. PLANNED: something is. UNKNOWN: of a part of the
    way or of the time it was not heard.
    """

    NONE_KNOWN = "NONE_KNOWN"
    PLANNED = "PLANNED"
    UNKNOWN = "UNKNOWN"


class DroneWatch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Which corridors all was heard of, in the order of their ids, and until when that counts."""

    until_ms: int
    whole: tuple[str, ...] = ()


def there(
    watch: DroneWatch | None,
    *,
    corridors: Iterable[str | None],
    end_ms: int,
    is_met: bool,
    now_ms: int,
) -> DronesThere | None:
    """What is known where a flight leads; None where this node does not look at drones.

    corridors: of its legs, None for one off corridors. end_ms: when it is over. is_met: whether it meets what
    is known.
    """
    if is_met:
        return DronesThere.PLANNED
    if watch is None or watch.until_ms + LEFT_MS <= now_ms:
        return None
    is_heard = now_ms < watch.until_ms and end_ms <= now_ms + AHEAD_MS
    if is_heard and all(each in watch.whole for each in corridors):
        return DronesThere.NONE_KNOWN
    return DronesThere.UNKNOWN


# What may be asked


class HearDrones(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="hear-drones"):
    """Note along which corridors all was heard of what drones plan; none: it is silent."""

    whole: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.whole) > CORRIDORS_MAX:
            raise ValueError(f"more than {CORRIDORS_MAX} corridors")
        for each in self.whole:
            matched("whole", each, OBJECT_ID)


Command = HearDrones


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="drone-watch"):
    """What the decision may rest on. party: the node's own."""

    party: str


# What may happen


class DronesHeard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="drones-heard"):
    """So much was heard. Fields: as of `DroneWatch`."""

    until_ms: int
    whole: tuple[str, ...] = ()


Event = DronesHeard


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event] | Refusal:
    """Answer that it was heard. Never raises; says no prose."""
    if author.party != facts.party or author.rule != HEARD:
        return Refusal(reason=Reason.NOT_YOURS)
    whole = tuple(sorted(set(command.whole)))
    return (DronesHeard(until_ms=epoch_ms(now) + VALID_MS, whole=whole),)


# How it changes


def evolve(value: DroneWatch | None, event: Event) -> DroneWatch:
    """How well it is known after `event`."""
    del value
    return DroneWatch(until_ms=event.until_ms, whole=event.whole)
