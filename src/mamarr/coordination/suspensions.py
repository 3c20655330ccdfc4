"""Suspension: a member of an agreement stops new crossings, by two persons of its own, and resumes them.

While any member has it suspended, nothing new is asked of another authority or accepted for one. What stands
is honoured: shares, minima and what is confirmed stay as they are, what flies is told as ever, and warnings
pass. Each member resumes only what it suspended itself. It is in force here when it is decided here, and at
each other member when that hears of it; so nothing may rest on both knowing it at once
(decisions/0051-suspension.md).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.airspace import declarations
from mamarr.airspace.commitment import Suspended
from mamarr.faults import Reason, Refusal, present
from mamarr.flights import errands
from mamarr.flights.asking import GIVE_BACK_VALID_MS
from mamarr.flights.errands import ErrandKept, SuspensionTold
from mamarr.geometry.units import epoch_ms
from mamarr.names import FREE_TEXT, Author, matched

PROPOSAL_MS = 24 * 3_600_000  # chosen: the next shift sees it, the one after does not
TOLD_VALID_MS = GIVE_BACK_VALID_MS  # until then a line that is down may be up again

# What it is


class Change(StrEnum):
    """What a member does to the agreement."""

    SUSPEND = "SUSPEND"
    RESUME = "RESUME"


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a second person. reason: why, told to all members; no names, and no more than they may
    know. key_id: of the key that the first signed with."""

    change: Change
    reason: str
    key_id: str
    asked_ms: int


class Suspension(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a member of the agreement did to it last.

    number: of its newest such act; an older one changes nothing. decided_ms: when, by the clock of its node;
    suspended_ms, count: when it was suspended last, by this node's clock, and how often this node knows of.
    reason: of the newest act. message_key: of the message that told it. proposed: waits for a second person.
    """

    party: str
    number: int = 0
    is_suspended: bool = False
    decided_ms: int = 0
    suspended_ms: int = 0
    count: int = 0
    reason: str = ""
    message_key: str | None = None
    proposed: Proposal | None = None


def standing(values: Iterable[Suspension], members: Iterable[str]) -> Suspended | None:
    """What of it decisions rest on: of the members of the agreement in force. None where it never was."""
    parties = frozenset(members)
    known = [each for each in values if each.count and each.party in parties]
    if not known:
        return None
    return Suspended(
        at_ms=max(each.suspended_ms for each in known),
        count=sum(each.count for each in known),
        by=tuple(sorted(each.party for each in known if each.is_suspended)),
    )


# What may be asked


class _Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    change: Change
    reason: str

    def __post_init__(self) -> None:
        matched("reason", self.reason, FREE_TEXT)


class ProposeSuspension(_Asked, frozen=True, kw_only=True, omit_defaults=True, tag="propose-suspension"):
    """Ask a second person to suspend the agreement, or to resume it."""


class ApproveSuspension(_Asked, frozen=True, kw_only=True, omit_defaults=True, tag="approve-suspension"):
    """Do what another person proposed, which is named whole: nothing else can be done by it."""


Command = ProposeSuspension | ApproveSuspension


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="suspension"):
    """What the decision may rest on. party: the node's own. held: what it did last. others: the other members
    of the agreement in force; none where nothing is. key_id: of the key that the asker signed with, None
    without a signature."""

    party: str
    held: Suspension | None = None
    others: tuple[str, ...] = ()
    key_id: str | None = None


# What may happen


class SuspensionProposed(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="suspension-proposed"
):
    """It waits for a second person."""

    party: str
    proposal: Proposal


class _Done(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    party: str
    number: int
    reason: str
    decided_ms: int
    time_ms: int
    message_key: str | None = None


class AgreementSuspended(_Done, frozen=True, kw_only=True, omit_defaults=True, tag="agreement-suspended"):
    """The member has suspended the agreement; it is in force here. Fields: as of `Suspension`."""


class AgreementResumed(_Done, frozen=True, kw_only=True, omit_defaults=True, tag="agreement-resumed"):
    """The member goes on by it. While another has it suspended, it stays suspended."""


Event = SuspensionProposed | AgreementSuspended | AgreementResumed


def key_of(message: Command | Event | Suspension) -> str:
    """Whose suspension a message is about; a command is about the own."""
    return "" if isinstance(message, Command) else message.party


Outcome = tuple[Event | ErrandKept, ...] | Refusal

# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> Outcome:
    """Answer one person about the agreement's suspension. Never raises; says no prose."""
    if not declarations.is_own(author, facts.party) or facts.key_id is None:
        return Refusal(reason=Reason.NOT_YOURS)
    if not facts.others:
        return Refusal(reason=Reason.NOT_THERE)
    before, now_ms = facts.held or Suspension(party=facts.party), epoch_ms(now)
    if before.is_suspended == (command.change is Change.SUSPEND):
        return Refusal(reason=Reason.WRONG_STATUS)
    if isinstance(command, ProposeSuspension):
        proposal = Proposal(
            change=command.change, reason=command.reason, key_id=facts.key_id, asked_ms=now_ms
        )
        return (SuspensionProposed(party=facts.party, proposal=proposal),)
    proposed = before.proposed
    if proposed is None or (proposed.change, proposed.reason) != (command.change, command.reason):
        return Refusal(reason=Reason.NOT_THERE)
    if now_ms >= proposed.asked_ms + PROPOSAL_MS:
        return Refusal(reason=Reason.TIME_PAST)
    if proposed.key_id == facts.key_id:
        return Refusal(reason=Reason.SECOND_PERSON_NEEDED)
    done = _event(
        command.change is Change.SUSPEND,
        party=facts.party,
        number=before.number + 1,
        reason=command.reason,
        decided_ms=now_ms,
        time_ms=now_ms,
    )
    return (done, *_told(evolve(before, done), facts.others))


def _event(is_suspended: bool, **said: str | int | None) -> AgreementSuspended | AgreementResumed:
    return (AgreementSuspended if is_suspended else AgreementResumed)(**said)  # type: ignore[arg-type]


def _told(value: Suspension, others: Iterable[str]) -> tuple[ErrandKept, ...]:
    """What a member did itself is told to each other."""
    said = word(value, is_returned=False)
    return errands.kept(errands.errand(each, said, TOLD_VALID_MS) for each in others)


def word(value: Suspension, *, is_returned: bool) -> SuspensionTold:
    """What is said of what a member did last. is_returned: to itself, where it may have forgotten that."""
    return SuspensionTold(
        number=value.number,
        is_suspended=value.is_suspended,
        decided_ms=value.decided_ms,
        reason=value.reason,
        is_returned=is_returned,
    )


def told(
    said: SuspensionTold, held: Suspension | None, *, party: str, message_key: str, now_ms: int
) -> Iterator[Event]:
    """What follows when a member tells what it did: nothing, where something newer is known."""
    if held is not None and held.number >= said.number:
        return
    yield _event(
        said.is_suspended,
        party=party,
        number=said.number,
        reason=said.reason,
        decided_ms=said.decided_ms,
        time_ms=now_ms,
        message_key=message_key,
    )


def returned(
    said: SuspensionTold, held: Suspension | None, others: tuple[str, ...], *, party: str, now_ms: int
) -> Iterator[Event | ErrandKept]:
    """What follows when a member says what this node did and may have forgotten, as its record was set back.

    No other resumes for this node: what either says is suspended is, until persons here resume it. All are
    told again, by a number that none has heard of.
    """
    before = held or Suspension(party=party)
    if said.number <= before.number:
        return
    event = _event(
        said.is_suspended or before.is_suspended,
        party=party,
        number=said.number + 1,
        reason=said.reason if said.is_suspended else before.reason or said.reason,
        decided_ms=said.decided_ms,
        time_ms=now_ms,
    )
    yield event
    yield from _told(evolve(before, event), others)


# How it changes


def evolve(value: Suspension | None, event: Event) -> Suspension:
    """What the member did last, after `event`."""
    before = value or Suspension(party=event.party)
    if isinstance(event, SuspensionProposed):
        return msgspec.structs.replace(before, proposed=event.proposal)
    present(event.number > before.number or None, "what was done later has a higher number")
    is_suspended = isinstance(event, AgreementSuspended)
    return Suspension(
        party=event.party,
        number=event.number,
        is_suspended=is_suspended,
        decided_ms=event.decided_ms,
        suspended_ms=event.time_ms if is_suspended else before.suspended_ms,
        count=before.count + is_suspended,
        reason=event.reason,
        message_key=event.message_key,
    )
