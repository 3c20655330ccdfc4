"""The aircraft of our USS as they are seen: their last positions, and what it says of flights by itself.

Positions are in memory alone: after a restart there are none until new ones come. What is decided by one has
it in the record.
"""

import statistics
from collections import deque
from collections.abc import Iterator
from itertools import pairwise

from mamarr.discovery import IntentState
from mamarr.discovery.envelopes import us_of
from mamarr.faults import Reason, Refusal, Unavailable, present
from mamarr.node.uss_desk import UssDesk, Wish
from mamarr.operations import (
    AdvisoryKind,
    Details,
    Observed,
    Operation,
    Position,
    conformance,
    positions,
    volumes,
)
from mamarr.operations.advisories import TellUser
from mamarr.operations.conformance import NO_WATCH, TELEMETRY_AGE_MAX_US, Keeping, Move
from mamarr.operations.positions import US_PER_S

KEPT_MAX = 32  # chosen: of each flight, some 150 bytes each: 50 MB of all that one USS flies
FAILED_US = 5 * US_PER_S  # chosen: so long until something that failed is tried again: it is in the record
REFUSED_US = 30 * US_PER_S  # chosen: likewise what is refused: who is there must leave first
LOST_US = 300 * US_PER_S  # chosen: so seldom its user is told that none come, where few do
NEVER_US = -1

STATE_OF = {
    Move.LEAVE: IntentState.NONCONFORMING,
    Move.GIVE_UP: IntentState.CONTINGENT,
    Move.RETURN: IntentState.ACTIVATED,
}


class Followed:
    """One flight as it is seen.

    again_us: before then nothing is tried. lost: the position after which its user was told that none comes,
    told_us: when. in_the_way: whom its user knows to be in the way of its return.
    """

    def __init__(self) -> None:
        self.kept: deque[Position] = deque(maxlen=KEPT_MAX)
        self.watch = NO_WATCH
        self.again_us = self.told_us = NEVER_US
        self.lost: Position | None = None
        self.in_the_way: tuple[str, ...] | None = None


class Conformance:
    """What is seen of the flights of `desk`."""

    def __init__(self, desk: UssDesk) -> None:
        self._desk = desk
        self._followed: dict[str, Followed] = {}
        self._under_way: set[str] = set()

    def take_over(self) -> None:
        """Positions came to another process until now: as after a restart, there are none."""
        self._followed.clear()
        self._under_way.clear()

    # --- what is seen ---------------------------------------------------------------------------------------

    def take(self, entity_id: str, several: tuple[Position, ...]) -> int | Refusal:
        """Positions of the aircraft of a flight, the first first; how many are newer than what was known."""
        held = self._desk.operation(entity_id)
        if held is None:
            return Refusal(reason=Reason.NOT_THERE, because=(entity_id,))
        followed = self._followed.setdefault(entity_id, Followed())
        taken = 0
        for position in several:
            watch = conformance.watched(followed.watch, held, position)
            if watch is not followed.watch:
                followed.watch, taken = watch, taken + 1
                followed.kept.append(position)
        return taken

    def kept(self, entity_id: str) -> tuple[Position, ...]:
        """The last positions of a flight's aircraft, the newest last."""
        followed = self._followed.get(entity_id)
        return () if followed is None else tuple(followed.kept)

    def keeping(self, held: Operation, now_us: int) -> Keeping:
        """How a flight keeps to where it is meant to be."""
        return conformance.keeping(held, self._seen(held.entity_id).watch, now_us)

    def telemetry(self, entity_id: str, now_us: int) -> tuple[Position, int | None] | None:
        """The last position of an aircraft, and when the next is to be expected; None: there is none.

        What is older than TELEMETRY_AGE_MAX_US is none. The next one: as they came; None where none is.
        """
        seen = self._seen(entity_id)
        newest = seen.watch.newest
        if newest is None or now_us - newest.time_us > TELEMETRY_AGE_MAX_US:
            return None
        if len(seen.kept) < 2 or not conformance.is_flying(seen.watch, now_us):
            return newest, None
        every_us = statistics.median(after.time_us - before.time_us for before, after in pairwise(seen.kept))
        return newest, max(now_us, newest.time_us + round(every_us))

    def is_flying(self, entity_id: str, now_us: int) -> bool:
        """Whether positions of the aircraft come: then its flight is not over."""
        return conformance.is_flying(self._seen(entity_id).watch, now_us)

    def _seen(self, entity_id: str) -> Followed:
        return self._followed.get(entity_id) or Followed()

    # --- what our USS says by itself ------------------------------------------------------------------------

    def due(self, now_us: int) -> Iterator[tuple[str, Move]]:
        """What is to be `done` now, by flight; flights that ended are forgotten. Cost: a look at each."""
        table = self._desk.operated.operations
        for entity_id in [each for each in self._followed if table.durable(each) is None]:
            del self._followed[entity_id]
        for entity_id, held in list(table.durable_items()):
            seen = self._seen(entity_id)
            if entity_id in self._under_way or now_us < seen.again_us:
                continue
            move = self._due(held, seen, now_us)
            if move is not None:
                self._under_way.add(entity_id)
                yield entity_id, move

    def _due(self, held: Operation, seen: Followed, now_us: int) -> Move | None:
        is_told = seen.lost is not None and (
            seen.lost is seen.watch.newest or now_us - seen.told_us < LOST_US
        )
        return conformance.due(held, seen.watch, now_us, is_lost_told=is_told)

    async def done(self, entity_id: str, move: Move, now_us: int) -> None:
        """Do what was due. Raises Unavailable: then it is due again, after a while."""
        seen = self._followed.setdefault(entity_id, Followed())
        seen.again_us = now_us + FAILED_US
        try:
            if move is Move.TELL_LOST:
                newest = present(seen.watch.newest, "it was lost")
                await self._tell(entity_id, AdvisoryKind.LOST, newest, ())
                seen.again_us, seen.told_us, seen.lost = NEVER_US, now_us, newest
                return
            given = await self._desk.moved(entity_id, lambda held: self._wish(held, move))
            if isinstance(given, Refusal):
                seen.again_us = now_us + REFUSED_US
                if move is Move.RETURN and seen.in_the_way != given.because:
                    newest = present(seen.watch.newest, "it came back")
                    await self._tell(entity_id, AdvisoryKind.NOT_RETURNED, newest, given.because)
                    seen.in_the_way = given.because
            else:
                seen.again_us, seen.in_the_way = NEVER_US, None
        finally:
            self._under_way.discard(entity_id)

    async def _tell(
        self, entity_id: str, kind: AdvisoryKind, newest: Position, others: tuple[str, ...]
    ) -> None:
        told = TellUser(entity_id=entity_id, kind=kind, position=newest, others=others)
        answer = await self._desk.submit(told)
        if isinstance(answer, Refusal) and answer.reason is not Reason.NOT_THERE:
            raise Unavailable(f"a user could not be told: {answer.reason}")

    def _wish(self, held: Operation, move: Move) -> Wish | None:
        """What a flight is to be by a move; None where the move is not due any more."""
        now_us, seen = us_of(self._desk.now()), self._seen(held.entity_id)
        if self._due(held, seen, now_us) is not move:
            return None
        newest = present(conformance.last(held, seen.watch), "what is due was seen")
        details = present(held.details, "what is due is at the DSS")
        left_us = None if held.observed is None else held.observed.since_us
        if move is Move.LEAVE:
            left_us = conformance.since_us(seen.watch, now_us)
        state = STATE_OF.get(move, present(held.state, "what is due is at the DSS"))
        off_nominal = () if move is Move.RETURN else positions.reach(newest, now_us)
        meant = details.volumes
        if state is IntentState.CONTINGENT:
            meant = ()
        elif off_nominal:
            meant = positions.beside(meant, now_us)
        asked = Details(volumes=meant, off_nominal=off_nominal, priority=details.priority)
        return Wish(
            held.entity_id,
            state,
            asked,
            volumes.envelope(asked.all()),
            Observed(position=newest, since_us=left_us),
        )
