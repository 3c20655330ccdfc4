"""Withdrawals: a person of this authority withdraws what it confirmed for another, by name and with notice.

Only while this authority has the agreement suspended, and only of a flight that is not in the air: what
flies is honoured to its exit. The filer is told until when it may rely on it. Here nothing is freed by that:
what was confirmed is protected until the filer gives it back, who alone knows whether the flight is in the
air by then (decisions/0029-commitment.md, decisions/0051-suspension.md).
"""

from typing import TYPE_CHECKING

import msgspec

from mamarr.airspace.occupancy import Kind
from mamarr.faults import Reason, Refusal
from mamarr.flights import errands
from mamarr.flights.asking import GIVE_BACK_VALID_MS
from mamarr.flights.errands import CrossingWithdrawal, ErrandKept

if TYPE_CHECKING:
    from mamarr.coordination.crossings import Facts, ForeignFlight

NOTICE_MAX_MS = 7 * 24 * 3_600_000  # chosen: what is farther off can be withdrawn later

# What it is


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The revision that is withdrawn, and until when its filer may rely on it at least."""

    revision: int
    from_ms: int


# What may be asked


class WithdrawAcceptance(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="withdraw-acceptance"
):
    """Withdraw what was confirmed of a revision, from a time on that is far enough ahead."""

    crossing_id: str
    revision: int
    from_ms: int


# What may happen


class AcceptanceWithdrawn(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="acceptance-withdrawn"
):
    """The filer is told. Its sky stays protected here until it has given it back."""

    crossing_id: str
    withdrawal: Withdrawal
    time_ms: int


# What we answer


def decide(
    command: WithdrawAcceptance, held: "ForeignFlight", facts: "Facts", *, now_ms: int
) -> tuple[AcceptanceWithdrawn | ErrandKept, ...] | Refusal:
    """Answer a person who withdraws. Whoever it is speaks for the authority: that was looked at."""
    is_ours = facts.suspended is not None and facts.party in facts.suspended.by
    if not is_ours or not may_be(held, command.revision, now_ms):
        return Refusal(reason=Reason.WRONG_STATUS)
    if not now_ms + facts.notice_ms <= command.from_ms <= now_ms + NOTICE_MAX_MS:
        return Refusal(reason=Reason.NOTICE_UNFIT)
    word = CrossingWithdrawal(
        object_id=held.object_id,
        filed_ms=held.filed_ms,
        revision=command.revision,
        from_ms=command.from_ms,
    )
    withdrawal = Withdrawal(revision=command.revision, from_ms=command.from_ms)
    return (
        AcceptanceWithdrawn(crossing_id=held.crossing_id, withdrawal=withdrawal, time_ms=now_ms),
        ErrandKept(errand=errands.errand(held.party, word, GIVE_BACK_VALID_MS)),
    )


def may_be(held: "ForeignFlight", revision: int, now_ms: int) -> bool:
    """Whether it can be withdrawn: a flight on the ground, confirmed, and of which no notice runs."""
    is_in_the_air = held.told is not None and held.told.is_airborne
    is_confirmed = any(each.revision == revision and each.lapses_at_ms is None for each in held.crossing.kept)
    before = held.withdrawn
    is_running = before is not None and before.revision == revision and now_ms < before.from_ms
    is_flight = held.kind is Kind.FLIGHT and not held.returned_by
    return is_flight and is_confirmed and not is_in_the_air and not is_running
