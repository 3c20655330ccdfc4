"""Attempts: how often a party asked within the hour for what it did not use.

Who may not know what another holds can learn it by the answers: ask, see whether it is refused, give it
back, ask elsewhere. Each time may be honest; so they are counted, told to the party of the node, and limited
(`Terms.given_up_max`). What counts is decided in `engine.counting`; here it is only kept, minute by minute,
so that neither the limit nor the zeal of whoever asks makes it longer.
"""

import msgspec

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS  # chosen: long enough to see a pattern, short enough that nobody waits a shift

# What it is


class Minute(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many fell into the minute that begins at `start_ms`."""

    start_ms: int
    count: int


class Attempts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a party asked for in vain. minutes: those in which it did, the oldest first, an hour at most."""

    party: str
    minutes: tuple[Minute, ...] = ()


def counted(value: Attempts, now_ms: int) -> tuple[Minute, ...]:
    """The minutes that count at `now_ms`: each for an hour from its beginning."""
    return tuple(each for each in value.minutes if each.start_ms > now_ms - HOUR_MS)


def count(value: Attempts, now_ms: int) -> int:
    """How many count at `now_ms`."""
    return sum(each.count for each in counted(value, now_ms))


def over_until_ms(value: Attempts, count_max: int, now_ms: int) -> int | None:
    """When no more than `count_max` count again; None while no more than that do."""
    left = count(value, now_ms)
    if left <= count_max:
        return None
    minutes = iter(counted(value, now_ms))
    while left > count_max:
        oldest = next(minutes)
        left -= oldest.count
    return oldest.start_ms + HOUR_MS


def is_early(asked_at_ms: int | None, now_ms: int) -> bool:
    """Whether what was asked for at `asked_at_ms` is given up within an hour of it. None: nobody knows when.

    A flight of tomorrow's schedule that is cancelled today tells nobody anything that matters now.
    """
    return asked_at_ms is not None and now_ms - asked_at_ms < HOUR_MS


# What may happen


class AttemptCounted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="attempt-counted"):
    """The party asked for something and did not use it, or was refused for what it may not know of."""

    party: str
    time_ms: int


Event = AttemptCounted


# How it changes


def evolve(value: Attempts | None, event: AttemptCounted) -> Attempts:
    """What is counted after `event`; minutes that count no more are dropped."""
    before = Attempts(party=event.party) if value is None else value
    start_ms = event.time_ms - event.time_ms % MINUTE_MS
    kept = counted(before, event.time_ms)
    if kept and kept[-1].start_ms == start_ms:
        return msgspec.structs.replace(
            before, minutes=(*kept[:-1], Minute(start_ms=start_ms, count=kept[-1].count + 1))
        )
    return msgspec.structs.replace(before, minutes=(*kept, Minute(start_ms=start_ms, count=1)))
