"""Who asked within the hour for much that it did not use, as the party of the node is told.

It may be a search for what may not be known, or a bad day of planning: it is counted and told, not judged. No
other party sees it, not even of itself: it is told when it is over the limit, by the refusal.
"""

from datetime import datetime

import msgspec

from mamarr.airspace import attempts, terms
from mamarr.engine.projection import Projection
from mamarr.geometry.units import epoch_ms, moment_from_ms


class AttemptsSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A party that asked in vain more often than half of what it may.

    count: how often within the hour, since `since`. count_max: how often it may. free_at: when it may ask
    again; None while it may.
    """

    party: str
    count: int
    count_max: int
    since: datetime
    free_at: datetime | None


def attempted(projection: Projection, *, viewer: str, now: datetime) -> tuple[AttemptsSeen, ...]:
    """What `viewer` is told now, those first who asked most often. Durable decisions only."""
    if viewer != projection.party:
        return ()
    count_max = terms.given_up_max(projection.terms.durable(terms.KEY) or terms.DEFAULT)
    now_ms, seen = epoch_ms(now), []
    for party, value in projection.attempts.durable_items():
        count = attempts.count(value, now_ms)
        if 2 * count <= count_max:
            continue
        free_at_ms = attempts.over_until_ms(value, count_max, now_ms)
        seen.append(
            AttemptsSeen(
                party=party,
                count=count,
                count_max=count_max,
                since=moment_from_ms(attempts.counted(value, now_ms)[0].start_ms),
                free_at=None if free_at_ms is None else moment_from_ms(free_at_ms),
            )
        )
    return tuple(sorted(seen, key=lambda each: (-each.count, each.party)))
