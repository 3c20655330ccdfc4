"""The messages about an agreement that is suspended: who did it, since when; and what persons ask for."""

from collections.abc import Callable
from typing import Annotated

import msgspec

from mamarr.coordination import MessageState, suspensions
from mamarr.coordination.suspensions import ApproveSuspension, Change, Proposal, ProposeSuspension
from mamarr.coordination.withdrawals import WithdrawAcceptance
from mamarr.engine.agreed import SuspensionSeen
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.interop.forms import FREE_TEXT_FORM, Moment
from mamarr.interop.wire import matching
from mamarr.names import FREE_TEXT

Revision = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class SuspensionChangeMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What two persons do to the agreement. reason: why, as all its members are told; no names of persons."""

    change: Change
    reason: str


class SuspensionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A member that has the agreement suspended. since: when that was in force here; decided_at: by its own
    clock. message: the key of the message that said so, message_state: how far that is; null of our own, and
    where it is kept no more."""

    party: str
    since: Moment
    decided_at: Moment
    reason: str
    message: str | None
    message_state: MessageState | None


class ChangeAskedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a second person, until when. mine: whether the asker proposed it."""

    change: Change
    reason: str
    asked_at: Moment
    until: Moment
    mine: bool


class WithdrawalMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Withdraw what was confirmed of a flight. revision: which; from_time: until when it counts."""

    revision: Revision
    from_time: Moment


def propose(message: SuspensionChangeMessage) -> ProposeSuspension:
    """The command that asks a second person; WireError says what is wrong."""
    matching("$.reason", message.reason, FREE_TEXT, FREE_TEXT_FORM)
    return ProposeSuspension(change=message.change, reason=message.reason)


def approve(message: SuspensionChangeMessage) -> ApproveSuspension:
    """The command by which a second person does it; WireError says what is wrong."""
    matching("$.reason", message.reason, FREE_TEXT, FREE_TEXT_FORM)
    return ApproveSuspension(change=message.change, reason=message.reason)


def withdraw(name: str, message: WithdrawalMessage) -> WithdrawAcceptance:
    """The command that withdraws what was confirmed of the crossing of this name."""
    return WithdrawAcceptance(
        crossing_id=name, revision=message.revision, from_ms=epoch_ms(message.from_time)
    )


def suspension_message(seen: SuspensionSeen) -> SuspensionMessage:
    """The message that says who has it suspended."""
    return SuspensionMessage(
        party=seen.party,
        since=seen.since,
        decided_at=seen.decided_at,
        reason=seen.reason,
        message=seen.message_key,
        message_state=seen.message,
    )


def asked_message(value: Proposal, *, is_mine: Callable[[str], bool]) -> ChangeAskedMessage:
    """The message that says what waits. is_mine: whether the asker holds the key of this id."""
    return ChangeAskedMessage(
        change=value.change,
        reason=value.reason,
        asked_at=moment_from_ms(value.asked_ms),
        until=moment_from_ms(value.asked_ms + suspensions.PROPOSAL_MS),
        mine=is_mine(value.key_id),
    )
