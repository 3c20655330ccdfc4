"""Claims: what a peer says that this authority answered it by telephone, until a person here signs it or not.

A claim is nobody's consent. It takes up what it is about as a request does, and keeps its sky for as long as
that lasts, because whoever said yes may have said it and the aircraft may come; but nothing makes an
acceptance of it but a person of this authority. Who countersigns what is in the way of what this authority
has accepted is refused, as who accepts it is.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from mamarr.airspace import commitment
from mamarr.airspace.commitment import Counter, Reply
from mamarr.airspace.occupancy import Kind
from mamarr.faults import Reason, Refusal
from mamarr.flights import crossings, errands
from mamarr.flights.asking import GIVE_BACK_VALID_MS
from mamarr.flights.crossings import Content, Crossing
from mamarr.flights.errands import CrossingGiveBack, CrossingReply, ErrandKept, VoiceClaim
from mamarr.names import Personal

if TYPE_CHECKING:
    from mamarr.coordination.crossings import Facts, ForeignFlight, TakeWord

CLAIM_OPEN_MS = 14 * 24 * 3_600_000  # chosen: who answered may be on leave for as long as that
DISPUTES = (Reason.NOT_SAID, Reason.SAID_OTHERWISE)

# What it is


class ClaimState(StrEnum):
    """What became of a claim. LAPSED: nobody signed it, nor disputed it."""

    OPEN = "OPEN"
    COUNTERSIGNED = "COUNTERSIGNED"
    DISPUTED = "DISPUTED"
    LAPSED = "LAPSED"


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What this authority is said to have answered to a revision. until_ms: when nobody can sign it any more.

    Other fields: as of `VoiceClaim`. reason: why it was disputed.
    """

    revision: int
    reply: Reply
    spoken_at_ms: int
    until_ms: int
    counter: Counter | None = None
    spoken_by: Personal = None
    read_back: Personal = None
    state: ClaimState = ClaimState.OPEN
    reason: Reason | None = None


def is_open(value: Claim | None, now_ms: int) -> bool:
    """Whether a person is to sign it or to dispute it."""
    return value is not None and value.state is ClaimState.OPEN and now_ms < value.until_ms


# What may be asked


class _OfOne(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    crossing_id: str
    revision: int


class CountersignCrossing(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="countersign-crossing"):
    """Sign that the authority gave this answer by telephone. What it accepted so is confirmed by that."""


class DisputeCrossing(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="dispute-crossing"):
    """Say that the authority did not give this answer. reason: one of DISPUTES."""

    reason: Reason

    def __post_init__(self) -> None:
        if self.reason not in DISPUTES:
            raise ValueError(f"{self.reason} does not say why an answer by telephone is disputed")


Command = CountersignCrossing | DisputeCrossing


# What may happen


class CrossingClaimed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-claimed"):
    """The peer says that a revision was answered by telephone.

    content, keeps_until_ms: what is kept until when; None where it is only for the record: what is not
    accepted, or was given back since. Other fields: as of `ForeignFlight`.
    """

    crossing_id: str
    peer: str
    party: str
    object_id: str
    filed_ms: int
    claim: Claim
    time_ms: int
    content: Content | None = None
    keeps_until_ms: int | None = None
    kind: Kind = Kind.FLIGHT


class ClaimAnswered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="claim-answered"):
    """A person countersigned the claim or disputed it."""

    crossing_id: str
    revision: int
    state: ClaimState
    time_ms: int
    reason: Reason | None = None


# What we answer


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a claim would keep: until when; until_ms None where it is only for the record."""

    until_ms: int | None


def kept(word: VoiceClaim, held: "ForeignFlight | None") -> Kept | Refusal:
    """What is kept because of what the peer says. LIMIT_REACHED: it asks too often."""
    before = Crossing() if held is None else held.crossing
    is_over = held is not None and held.told is not None and held.told.is_over
    if word.reply is not Reply.ACCEPTED or is_over or not word.content.volumes:
        return Kept(until_ms=None)
    until_ms = max(each.volume.time_end_ms for each in word.content.volumes)
    then = crossings.claimed(before, word.revision, lapses_at_ms=until_ms)
    if isinstance(then, Refusal):
        return then if then.reason is Reason.LIMIT_REACHED else Kept(until_ms=None)
    return Kept(until_ms=until_ms)


def claimed(command: "TakeWord", word: VoiceClaim, party: str, keeps: Kept, now_ms: int) -> CrossingClaimed:
    """What the peer says, as it is kept. party: whose node that is."""
    return CrossingClaimed(
        crossing_id=command.crossing_id,
        peer=command.peer,
        party=party,
        object_id=word.object_id,
        filed_ms=word.filed_ms,
        claim=Claim(
            revision=word.revision,
            reply=word.reply,
            spoken_at_ms=word.spoken_at_ms,
            until_ms=now_ms + CLAIM_OPEN_MS,
            counter=word.counter,
            spoken_by=word.spoken_by,
            read_back=word.read_back,
        ),
        content=None if keeps.until_ms is None else word.content,
        keeps_until_ms=keeps.until_ms,
        time_ms=now_ms,
        kind=word.kind,
    )


def is_old(word: VoiceClaim, held: "ForeignFlight | None") -> bool:
    """Whether a newer one was heard of."""
    last = None if held is None else held.claim
    return last is not None and word.revision < last.revision


def decide(
    command: Command, held: "ForeignFlight", facts: "Facts", *, now_ms: int
) -> tuple[ClaimAnswered | ErrandKept, ...] | Refusal:
    """Answer a person who signs or disputes. Whoever it is speaks for the authority: that was looked at."""
    claim = held.claim
    if claim is None or claim.revision != command.revision or claim.state is not ClaimState.OPEN:
        return Refusal(reason=Reason.WRONG_STATUS)
    if now_ms >= claim.until_ms:
        return Refusal(reason=Reason.TIME_PAST)
    if isinstance(command, DisputeCrossing):
        return tuple(_answered(held, ClaimState.DISPUTED, command.reason, now_ms))
    keeps = not isinstance(crossings.countersigned(held.crossing, claim.revision), Refusal)
    stopped = commitment.suspended(facts.suspended)
    if keeps and stopped is not None:
        return stopped
    if keeps and facts.standing:
        return Refusal(reason=Reason.CONFLICT, because=facts.in_the_way())
    return tuple(_answered(held, ClaimState.COUNTERSIGNED, None, now_ms))


def given_back(word: CrossingReply, authority: str) -> tuple[ErrandKept, ...]:
    """What is said to an authority whose reply is about what nobody here asks for any more: what it
    countersigned it protects until it is given back, so that is done."""
    if word.reply is not Reply.COUNTERSIGNED:
        return ()
    back = CrossingGiveBack(
        kind=word.kind, object_id=word.object_id, filed_ms=word.filed_ms, revision=word.revision
    )
    return (ErrandKept(errand=errands.errand(authority, back, GIVE_BACK_VALID_MS)),)


def _answered(
    held: "ForeignFlight", state: ClaimState, reason: Reason | None, now_ms: int
) -> Iterator[ClaimAnswered | ErrandKept]:
    revision = 0 if held.claim is None else held.claim.revision
    yield ClaimAnswered(
        crossing_id=held.crossing_id, revision=revision, state=state, reason=reason, time_ms=now_ms
    )
    word = CrossingReply(
        kind=held.kind,
        object_id=held.object_id,
        filed_ms=held.filed_ms,
        revision=revision,
        reply=Reply.COUNTERSIGNED if state is ClaimState.COUNTERSIGNED else Reply.DISPUTED,
        reason=reason,
    )
    yield ErrandKept(errand=errands.errand(held.party, word, GIVE_BACK_VALID_MS))


# How it changes


def with_claim(value: Crossing, event: CrossingClaimed) -> Crossing:
    """The crossing after what the peer claims of it."""
    if event.keeps_until_ms is None:
        return value
    then = crossings.claimed(value, event.claim.revision, lapses_at_ms=event.keeps_until_ms)
    return value if isinstance(then, Refusal) else then


def answered(value: Crossing, event: ClaimAnswered) -> Crossing:
    """The crossing after a person signed or disputed what is claimed of it; the same where that is closed."""
    if event.state is ClaimState.COUNTERSIGNED:
        then = crossings.countersigned(value, event.revision)
    elif crossings.is_claimed(value):
        then = crossings.answered(value, event.revision, crossings.Step.REJECT, lapses_at_ms=0)
    else:
        return value
    return value if isinstance(then, Refusal) else then


def ended(value: Claim | None, revision: int) -> Claim | None:
    """The claim after what it is about was answered otherwise, by nobody in time."""
    if value is None or value.revision != revision or value.state is not ClaimState.OPEN:
        return value
    return msgspec.structs.replace(value, state=ClaimState.LAPSED)
