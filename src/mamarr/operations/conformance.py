"""Conformance: what is due when an aircraft of this USS is not where its flight is meant to be.

No single position makes a flight nonconforming, and none ends that: the rules are those of the live picture
(`surveillance.conformance.condition`), on positions that lie in the flight's volumes or not.
"""

from enum import StrEnum

import msgspec

from mamarr.discovery.intents import OFF_NOMINAL, IntentState
from mamarr.operations.operations import Operation
from mamarr.operations.positions import Position, is_inside
from mamarr.operations.volumes import Volume, ends_us, starts_us
from mamarr.surveillance.conformance import (
    NO_CONDITION,
    WINDOW_COUNT,
    WITHIN_FOR_MS,
    Condition,
    condition,
)

LOST_AFTER_US = 15 * 1_000_000  # chosen: positions come every second or two
RECOVERABLE_US = 60 * 1_000_000  # F3548-21, MaxRecoverableTimeInNonconformingState
TELEMETRY_AGE_MAX_US = 60 * 1_000_000  # chosen: what is older tells nobody where an aircraft is
ENDING_US = 10 * 1_000_000  # chosen: after its time a DSS has no intent that could say where it is
RENEWED_US = 150 * 1_000_000  # chosen: before `reach` is over it is said anew: a DSS may be silent
RENEWED_FOR_US = 3_600 * 1_000_000  # chosen: after its last position; longer than small drones can fly
BEYOND_RATIO, WITHIN_RATIO = 2.0, 0.0  # parts of a limit: a position is outside its volumes or is not
US_PER_MS = 1_000


class Keeping(StrEnum):
    """How a flight keeps to where it is meant to be, as far as is known."""

    NOT_FLOWN = "NOT_FLOWN"  # not activated
    NO_POSITIONS = "NO_POSITIONS"  # none came, or none since this USS began
    LOST = "LOST"  # none came for LOST_AFTER_US
    INSIDE = "INSIDE"
    OUTSIDE = "OUTSIDE"


class Move(StrEnum):
    """What is due."""

    LEAVE = "LEAVE"  # say that it is Nonconforming
    GIVE_UP = "GIVE_UP"  # say that it is Contingent
    RETURN = "RETURN"  # say that it is Activated again
    RENEW = "RENEW"  # say anew where it may be
    TELL_LOST = "TELL_LOST"  # tell its user that no positions come


class Watch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one flight was seen. newest: the last position; None: there is none."""

    newest: Position | None = None
    condition: Condition = NO_CONDITION


NO_WATCH = Watch()


def watched(before: Watch, held: Operation, position: Position) -> Watch:
    """The watch after one more position. The same watch when it is no newer.

    Nothing is judged while the flight is not activated, or before it begins: it may be activated some
    seconds earlier, as clocks differ.
    """
    if before.newest is not None and position.time_us <= before.newest.time_us:
        return before
    meant = _meant(held)
    if held.state not in (IntentState.ACTIVATED, IntentState.NONCONFORMING) or not meant:
        return Watch(newest=position)
    if position.time_us < starts_us(meant):
        return Watch(newest=position)
    part_ratio = WITHIN_RATIO if is_inside(position, meant) else BEYOND_RATIO
    time_ms = position.time_us // US_PER_MS
    return Watch(
        newest=position, condition=condition(before.condition, time_ms=time_ms, part_ratio=part_ratio)
    )


def keeping(held: Operation, watch: Watch, now_us: int) -> Keeping:
    """How the flight keeps to where it is meant to be."""
    if held.state in (None, IntentState.ACCEPTED):
        return Keeping.NOT_FLOWN
    if watch.newest is None:
        return Keeping.NO_POSITIONS
    if _is_lost(watch.newest, now_us):
        return Keeping.LOST
    return Keeping.INSIDE if is_inside(watch.newest, _meant(held)) else Keeping.OUTSIDE


def due(held: Operation, watch: Watch, now_us: int, *, is_lost_told: bool = False) -> Move | None:
    """What is due of a flight. is_lost_told: whether its user knows that no positions come."""
    if watch.newest is not None and held.state is IntentState.ACTIVATED:
        if _is_leaving(held, watch, watch.newest, now_us):
            return Move.LEAVE
    elif held.state in OFF_NOMINAL:
        move = _due_off_nominal(held, watch, now_us)
        if move is not None:
            return move
    is_flown = held.state not in (None, IntentState.ACCEPTED)
    if is_flown and not is_lost_told and watch.newest is not None and _is_lost(watch.newest, now_us):
        return Move.TELL_LOST
    return None


def since_us(watch: Watch, now_us: int) -> int:
    """Since when a flight that is leaving is not as meant."""
    suspected_ms = watch.condition.suspected_ms
    return now_us if suspected_ms is None else min(now_us, suspected_ms * US_PER_MS)


def is_flying(watch: Watch, now_us: int) -> bool:
    """Whether positions of the aircraft come."""
    return watch.newest is not None and not _is_lost(watch.newest, now_us)


def last(held: Operation, watch: Watch) -> Position | None:
    """The last position there is: of before this USS began too, where something was decided by it."""
    if watch.newest is not None or held.observed is None:
        return watch.newest
    return held.observed.position


def _is_leaving(held: Operation, watch: Watch, newest: Position, now_us: int) -> bool:
    meant, is_lost = _meant(held), _is_lost(newest, now_us)
    if newest.time_us < starts_us(meant):
        return False
    if not is_lost and _is_ending(meant, now_us):
        return True
    # Who was last seen outside and is silent is outside for all that is known.
    return (watch.condition.is_on or is_lost) and not is_inside(newest, meant)


def _due_off_nominal(held: Operation, watch: Watch, now_us: int) -> Move | None:
    newest, meant = last(held, watch), _meant(held)
    if newest is None:
        return None
    is_lost = _is_lost(newest, now_us)
    left_us = None if held.observed is None else held.observed.since_us
    if left_us is not None and held.state is IntentState.NONCONFORMING:
        is_back = not is_lost and is_inside(newest, meant)
        if now_us - left_us >= RECOVERABLE_US and not is_back:
            return Move.GIVE_UP
        if is_back and _is_settled(watch.condition, newest) and not _is_ending(meant, now_us):
            return Move.RETURN
    off_nominal = () if held.details is None else held.details.off_nominal
    if now_us - newest.time_us > RENEWED_FOR_US:
        return None
    is_out = not is_lost and not is_inside(newest, off_nominal)
    return Move.RENEW if is_out or ends_us(off_nominal) - now_us < RENEWED_US else None


def _is_settled(value: Condition, newest: Position) -> bool:
    """Whether all positions of the last WITHIN_FOR_MS lie inside, and are enough."""
    lasted = value.within_ms is not None and newest.time_us // US_PER_MS - value.within_ms >= WITHIN_FOR_MS
    return lasted and value.within_count >= WINDOW_COUNT


def _is_lost(newest: Position, now_us: int) -> bool:
    return now_us - newest.time_us > LOST_AFTER_US


def _is_ending(meant: tuple[Volume, ...], now_us: int) -> bool:
    return ends_us(meant) - now_us < ENDING_US


def _meant(held: Operation) -> tuple[Volume, ...]:
    return () if held.details is None else held.details.volumes
