"""What other authorities ask of this one, and what it holds for them, as its own party may see it.

No other party sees any of it by this way: whose a flight is, and its plan, were told to this authority alone.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from mamarr.airspace.occupancy import Kind
from mamarr.coordination import (
    ForeignFlight,
    MessageState,
    agreements,
    claims,
    crossings,
    foreign,
    withdrawals,
)
from mamarr.coordination.agreements import Unmet
from mamarr.coordination.claims import Claim
from mamarr.coordination.withdrawals import Withdrawal
from mamarr.engine.projection import Projection
from mamarr.faults import Reason, Refusal
from mamarr.flights import Condition, Plan
from mamarr.flights import crossings as commitments
from mamarr.flights.crossings import Content, CrossingState
from mamarr.geometry import Volume
from mamarr.geometry.units import moment_from_ms

REQUESTED_MAX = 500  # chosen: more than a list or a map shows legibly
PARTS_MAX = 40  # chosen: the legs of a long flight; what is beyond is left out of the drawing


class PartSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A volume that is asked for or held. leg: of the plan. is_ours: whether its line leads through a share
    of this authority; what does not comes near to one, or is another's to decide on."""

    volume: Volume
    leg: int
    is_ours: bool


class UnmetSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A standard condition of this authority that does not hold, and what of it does not."""

    condition_id: str
    why: tuple[Unmet, ...]


class CrossingSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A flight or a reservation of another authority's centre.

    crossing_id: by `crossings.key_of`. node, asker: who filed it. object_id, filed_ms: what it is there.
    party, plan: None where this authority may not know them. revision: the newest that was asked for.
    message_key, message: of the message that this row is of, None where that is kept no more.
    is_waiting: whether a person is to answer it; asked_at, answer_by and unmet are of that, each None or
    empty else. lapses_at: of an acceptance that is not confirmed. is_held: whether sky is held for it now,
    whatever becomes of the newest revision. parts: what is asked for while it waits, else what is held.
    returned_by: who protects it for us and returned it after our record was restored; it is then our own.
    claim: what this authority is said to have answered by telephone; is_claim_open: whether a person is to
    sign or dispute that, in place of an answer. withdrawn: what this authority withdraws; withdrawable: the
    revision that it can withdraw now, None where there is none.
    """

    crossing_id: str
    node: str
    asker: str
    kind: Kind
    object_id: str
    filed_ms: int
    party: str | None
    state: CrossingState
    revision: int
    is_waiting: bool
    asked_at: datetime | None = None
    answer_by: datetime | None = None
    lapses_at: datetime | None = None
    is_held: bool = False
    is_airborne: bool = False
    condition: Condition = Condition.NORMAL
    plan: Plan | None = None
    parts: tuple[PartSeen, ...] = ()
    unmet: tuple[UnmetSeen, ...] = ()
    message_key: str | None = None
    message: MessageState | None = None
    returned_by: tuple[str, ...] = ()
    claim: Claim | None = None
    is_claim_open: bool = False
    withdrawn: Withdrawal | None = None
    withdrawable: int | None = None


def requested(projection: Projection, *, viewer: str, now_ms: int) -> tuple[CrossingSeen, ...] | Refusal:
    """What waits for a person here, the one to be answered first at the front; after it what is held.

    At most REQUESTED_MAX and one more. Durable decisions only; only the node's own party may know.
    """
    if viewer != projection.party:
        return Refusal(reason=Reason.NOT_YOURS)
    values = [value for _, value in projection.crossings.durable_items()]
    waiting = sorted((each for each in values if _is_awaited(each, now_ms)), key=_turn)
    held = [each for each in values if not _is_awaited(each, now_ms) and _is_there(each, now_ms)]
    held.sort(key=lambda each: each.crossing_id)
    return tuple(_seen(projection, each, now_ms) for each in (*waiting, *held)[: REQUESTED_MAX + 1])


def _is_awaited(value: ForeignFlight, now_ms: int) -> bool:
    """Whether a person is to answer it, or to sign what is said to have been answered."""
    return crossings.is_waiting(value) or claims.is_open(value.claim, now_ms)


def _turn(value: ForeignFlight) -> tuple[int, str]:
    claim_ms = 0 if value.claim is None else value.claim.until_ms
    return value.answer_by_ms or claim_ms, value.crossing_id


def _is_there(value: ForeignFlight, now_ms: int) -> bool:
    is_in_the_air = value.told is not None and value.told.is_airborne
    return is_in_the_air or bool(crossings.held_parts(value, now_ms))


def _seen(projection: Projection, value: ForeignFlight, now_ms: int) -> CrossingSeen:
    is_claimed = claims.is_open(value.claim, now_ms)
    is_waiting = crossings.is_waiting(value) and not commitments.is_claimed(value.crossing)
    newest = next((each for each in value.asked if each.revision == value.crossing.asked), None)
    asked = None if newest is None else newest.content
    told = value.told
    said_by = newest if is_waiting or told is None else told
    message_key = None if said_by is None else said_by.message_key
    message = None if message_key is None else projection.messages.durable(message_key)
    known = asked if told is None or told.content is None else told.content
    lapses_at_ms = crossings.provisional_until_ms(value)
    is_provisional = lapses_at_ms is not None and lapses_at_ms > now_ms and not is_claimed
    seen = CrossingSeen(
        crossing_id=value.crossing_id,
        node=foreign.node_of(value.crossing_id),
        asker=value.party,
        kind=value.kind,
        object_id=value.object_id,
        filed_ms=value.filed_ms,
        party=(known.party or None) if known is not None else None,
        state=value.crossing.state,
        revision=value.crossing.asked,
        is_waiting=is_waiting,
        lapses_at=moment_from_ms(lapses_at_ms) if lapses_at_ms is not None and is_provisional else None,
        is_held=bool(crossings.held_parts(value, now_ms)),
        is_airborne=told is not None and told.is_airborne,
        condition=Condition.NORMAL if told is None else told.condition,
        plan=None if known is None else known.plan,
        message_key=None if message is None else message_key,
        message=None if message is None else message.state,
        returned_by=tuple(each.authority for each in value.returned_by),
        parts=tuple(_parts(projection, value, asked if is_waiting or is_claimed else None, now_ms)),
        claim=value.claim,
        is_claim_open=is_claimed,
        withdrawn=value.withdrawn if _is_withdrawn(value) else None,
        withdrawable=_withdrawable(projection, value, now_ms),
    )
    if not is_waiting or asked is None or value.answer_by_ms is None:
        return seen
    agreement = projection.agreement()
    asked_ms = value.answer_by_ms - (0 if agreement is None else agreement.answer_within_ms)
    return msgspec.structs.replace(
        seen,
        asked_at=moment_from_ms(asked_ms),
        answer_by=moment_from_ms(value.answer_by_ms),
        unmet=tuple(_unmet(projection, asked, asked_ms)),
    )


def _is_withdrawn(value: ForeignFlight) -> bool:
    """Whether what was withdrawn is still protected, and not flown."""
    of, is_airborne = value.withdrawn, value.told is not None and value.told.is_airborne
    return (
        of is not None
        and not is_airborne
        and any(each.revision == of.revision for each in value.crossing.kept)
    )


def _withdrawable(projection: Projection, value: ForeignFlight, now_ms: int) -> int | None:
    suspended = projection.suspensions.durable(projection.party)
    if suspended is None or not suspended.is_suspended:
        return None
    revisions = (each.revision for each in value.crossing.kept)
    return max((each for each in revisions if withdrawals.may_be(value, each, now_ms)), default=None)


def _parts(
    projection: Projection, value: ForeignFlight, asked: Content | None, now_ms: int
) -> Iterator[PartSeen]:
    """What of the sky it is about: of `asked`, or where nothing is asked what is held."""
    if asked is None:
        volumes = [(part.volume, part.kept.leg) for part in crossings.held_parts(value, now_ms)]
    else:
        volumes = [(each.volume, each.leg) for each in asked.volumes]
    for volume, leg in volumes[:PARTS_MAX]:
        yield PartSeen(volume=volume, leg=leg, is_ours=_is_ours(projection, volume))


def _is_ours(projection: Projection, volume: Volume) -> bool:
    shares = map(projection.shares.get, projection.partition().of(volume).share_ids)
    return any(each is not None and each.authority == projection.party for each in shares)


def _unmet(projection: Projection, asked: Content, asked_ms: int) -> Iterator[UnmetSeen]:
    """The standard conditions of this authority for its kind, each with why it was not accepted by it."""
    agreement = projection.agreement()
    for each in () if agreement is None else agreement.standard:
        if each.authority == projection.party and asked.kind in each.kinds:
            why = tuple(agreements.unmet(each, asked, asked_ms))
            yield UnmetSeen(condition_id=each.condition_id, why=why)
