"""Crossings: flights and reservations of other authorities' centres in sky that this authority decides on.

The commitment itself, who protects what until when, is `flights.crossings`; here is who asked, what for, and
what is answered: by machine, where a standard condition of the agreement says so or something is in the way,
else by a person, in time. And what other nodes tell of flights that nobody can refuse any more.

A word of a peer is acted on once, in the order in which it was recorded, and never after its validity.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from mamarr.airspace import Reservation, Share, Terms, commitment, reservations
from mamarr.airspace.commitment import Agreed as FiledBy
from mamarr.airspace.commitment import Answered, AskedOf, Counter, Notice, Reply, Suspended
from mamarr.airspace.occupancy import Kind, Standing, Touching
from mamarr.airspace.shares import ShareDeclared, ShareWithdrawn
from mamarr.airspace.terms import TermsSet
from mamarr.coordination import (
    agreements,
    claims,
    crossing_changes,
    returning,
    suspensions,
    told_alerts,
    withdrawals,
)
from mamarr.coordination.agreements import Map, Ready
from mamarr.coordination.channels import ChannelReturned
from mamarr.coordination.claims import CountersignCrossing, DisputeCrossing
from mamarr.coordination.crossing_changes import CrossingAnswered, CrossingConfirmed, CrossingRequested
from mamarr.coordination.crossing_changes import CrossingExpired as CrossingExpired
from mamarr.coordination.crossing_changes import CrossingGivenBack as CrossingGivenBack
from mamarr.coordination.crossing_changes import CrossingReturned as CrossingReturned
from mamarr.coordination.crossing_changes import CrossingTold as CrossingTold

# What a crossing is stands there; who decides on crossings finds it here too.
from mamarr.coordination.foreign import Asked as Asked
from mamarr.coordination.foreign import ForeignFlight as ForeignFlight
from mamarr.coordination.foreign import Told as Told
from mamarr.coordination.foreign import held_parts as held_parts
from mamarr.coordination.foreign import is_key as is_key
from mamarr.coordination.foreign import is_over as is_over
from mamarr.coordination.foreign import is_waiting as is_waiting
from mamarr.coordination.foreign import key_of as key_of
from mamarr.coordination.foreign import kind_of as kind_of
from mamarr.coordination.foreign import owner as owner
from mamarr.coordination.foreign import provisional_until_ms as provisional_until_ms
from mamarr.coordination.messages import MessageActed, MessageLapsed
from mamarr.coordination.returning import Known, ReturnedBy
from mamarr.coordination.suspensions import Suspension
from mamarr.coordination.told_alerts import AlertThere
from mamarr.coordination.withdrawals import WithdrawAcceptance
from mamarr.faults import BECAUSE_MAX, Reason, Refusal, limit_reached, present
from mamarr.flights import asking, crossings, errands, flights, holding, reserving, voicing
from mamarr.flights.asking import GIVE_BACK_VALID_MS
from mamarr.flights.crossings import Crossing, Step
from mamarr.flights.errands import (
    AgreementReady,
    AlertTold,
    AllReturned,
    CrossingConfirm,
    CrossingGiveBack,
    CrossingHeld,
    CrossingReply,
    CrossingRequest,
    CrossingWithdrawal,
    ErrandKept,
    FlightState,
    SuspensionTold,
    VoiceClaim,
    Word,
)
from mamarr.flights.holding import Flight
from mamarr.flights.voicing import EnterVoice
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author

CROSSINGS_MAX = 10_000  # chosen: of one peer, as many as one party may have flights

# What may be asked


class TakeWord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="take-word"):
    """Act on what a peer said by the message `message_key`; asked by the link.

    crossing_id: by `key_of`, of the peer; of a reply, of what it is about here; of an agreement, the peer.
    is_clock_unsure: whether the clocks of the two nodes may differ by more than is allowed.
    """

    crossing_id: str
    peer: str
    message_key: str
    word: Word
    is_clock_unsure: bool = False


class _OfOne(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    crossing_id: str
    revision: int


class AcceptCrossing(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="accept-crossing"):
    """Accept what the revision asks for; it lapses unless it is confirmed."""


class RejectCrossing(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="reject-crossing"):
    """Decline; the terms accepted before stay."""


class CounterCrossing(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="counter-crossing"):
    """Say what would be accepted instead."""

    counter: Counter


class LapseCrossing(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="lapse-crossing"):
    """Decline what nobody answered in time; asked by a rule of the node."""


class EndReturned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="end-returned"):
    """A person knows that what others returned is over, or that it has been filed again."""

    crossing_id: str


class ExpireCrossing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="expire-crossing"):
    """Forget a crossing that has held nothing for a while; asked by a rule of the node."""

    crossing_id: str


Command = (
    TakeWord
    | AcceptCrossing
    | RejectCrossing
    | CounterCrossing
    | LapseCrossing
    | EndReturned
    | ExpireCrossing
    | EnterVoice
    | CountersignCrossing
    | DisputeCrossing
    | WithdrawAcceptance
)


class Agreed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a node has agreed, and what that would replace."""

    map: Map
    shares: tuple[Share, ...] = ()
    terms: Terms | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="crossing"):
    """What the decision may rest on.

    party: the node's own. held: what this crossing is now. peer_party: whose the peer is. valid_until_ms: of
    the message that waits to be acted on; None: it does not. digest: of the agreement in force, None where
    nothing is; answer_within_ms, lapse_ms: as of it. is_standard: whether a standard condition is met.
    is_beyond: whether more is asked for than any rule of the agreement. standing: what is in the way;
    touching: what is near and not in the way. count: crossings of this peer; provisional_count: those not
    confirmed; provisional_max, horizon_ms: as of `Terms`. flight, reservation: of this node, which a reply is
    about, or what is returned. alert: what was told before of the warning that a word is about; alerts_count:
    how many there are. known: what else is returned rests on. is_recovering: whether this node's own
    record was set back, and not all peers have returned what they have. filed_by, of: of an answer by
    telephone, by which agreement such are asked for, and who answered. suspended: None where the agreement
    never was. suspension, others: what whoever a word about it is of did before, and the other members.
    notice_ms: how long before that a filer knows that an acceptance is withdrawn.
    """

    party: str
    held: ForeignFlight | None = None
    peer_party: str | None = None
    valid_until_ms: int | None = None
    digest: str | None = None
    answer_within_ms: int = 0
    lapse_ms: int = 0
    is_standard: bool = False
    is_beyond: bool = False
    standing: tuple[Standing, ...] = ()
    touching: tuple[Touching, ...] = ()
    count: int = 0
    provisional_count: int = 0
    provisional_max: int = 0
    horizon_ms: int = 0
    flight: Flight | None = None
    agreed: Agreed | None = None
    reservation: Reservation | None = None
    alert: AlertThere | None = None
    alerts_count: int = 0
    known: Known | None = None
    is_recovering: bool = False
    filed_by: FiledBy | None = None
    of: AskedOf | None = None
    suspended: Suspended | None = None
    suspension: Suspension | None = None
    others: tuple[str, ...] = ()
    notice_ms: int = 0

    def is_void(self, revision: int) -> bool:
        """Whether what was accepted of `revision` is not confirmed any more: it was suspended since."""
        count = 0 if self.suspended is None else self.suspended.count
        return self.held is not None and crossings.is_void(self.held.crossing, revision, count)

    def in_the_way(self) -> tuple[str, ...]:
        """The ids of what is in the way, at most BECAUSE_MAX."""
        return tuple(dict.fromkeys(each.object_id for each in self.standing))[:BECAUSE_MAX]


# What may happen

Event = crossing_changes.Event
Happened = (
    Event
    | flights.Event
    | reservations.Event
    | agreements.Event
    | ChannelReturned
    | ShareDeclared
    | ShareWithdrawn
    | TermsSet
    | ErrandKept
    | MessageActed
    | MessageLapsed
    | told_alerts.Event
    | suspensions.Event
)
Outcome = tuple[Happened, ...] | Refusal


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> Outcome:
    """Answer one command about one crossing. Never raises; says no prose."""
    now_ms = epoch_ms(now)
    if isinstance(command, TakeWord):
        return _taken(command, facts, author, now_ms)
    if author.party != facts.party or (author.rule is not None) != isinstance(command, BY_RULE):
        return Refusal(reason=Reason.NOT_YOURS)
    if isinstance(command, EnterVoice):
        own = facts.flight or facts.reservation
        return voicing.entered(command, own, facts.of, facts.filed_by, now_ms=now_ms)
    held = facts.held
    if held is None:
        return Refusal(reason=Reason.NOT_THERE, because=(command.crossing_id,))
    if isinstance(command, ExpireCrossing):
        if not is_over(held, now_ms):
            return Refusal(reason=Reason.NOT_YET)
        return (CrossingExpired(crossing_id=held.crossing_id),)
    if isinstance(command, EndReturned):
        if not held.returned_by:
            return Refusal(reason=Reason.WRONG_STATUS)
        ours = None if facts.known is None else next(iter(facts.known.unsaid), None)
        said = returning.ended(
            held.returned_by,
            ours,
            now_ms,
            object_id=held.object_id,
            filed_ms=held.filed_ms,
            kind=held.kind,
        )
        return (CrossingExpired(crossing_id=held.crossing_id), *said)
    if isinstance(command, CountersignCrossing | DisputeCrossing):
        return claims.decide(command, held, facts, now_ms=now_ms)
    if isinstance(command, WithdrawAcceptance):
        return withdrawals.decide(command, held, facts, now_ms=now_ms)
    return _answering(command, held, facts, now_ms)


BY_RULE = (LapseCrossing, ExpireCrossing)  # asked by a rule of the node, and by nobody else


def _answering(
    command: AcceptCrossing | RejectCrossing | CounterCrossing | LapseCrossing,
    held: ForeignFlight,
    facts: Facts,
    now_ms: int,
) -> Outcome:
    """What was asked last is answered."""
    if command.revision != held.crossing.asked or not is_waiting(held):
        return Refusal(reason=Reason.WRONG_STATUS)
    if crossings.is_claimed(held.crossing) and not isinstance(command, LapseCrossing):
        return Refusal(reason=Reason.WRONG_STATUS)  # it is signed or disputed
    is_late = now_ms >= (held.answer_by_ms or 0)
    stopped = commitment.suspended(facts.suspended)
    match command:
        case LapseCrossing() if is_late:
            return _answered(held, Step.REJECT, now_ms, reason=Reason.NO_ANSWER)
        case LapseCrossing() if stopped is not None and not crossings.is_claimed(held.crossing):
            return _answered(held, Step.REJECT, now_ms, reason=Reason.AGREEMENT_SUSPENDED)
        case LapseCrossing():
            return Refusal(reason=Reason.NOT_YET)
        case _ if is_late:
            return Refusal(reason=Reason.TIME_PAST)
        case RejectCrossing():
            return _answered(held, Step.REJECT, now_ms, reason=Reason.DECLINED)
        case _ if stopped is not None:
            return stopped
        case CounterCrossing():
            return _answered(held, Step.COUNTER, now_ms, counter=command.counter)
        case AcceptCrossing() if facts.standing:
            return Refusal(reason=Reason.CONFLICT, because=facts.in_the_way())
        case AcceptCrossing() if facts.provisional_count >= facts.provisional_max:
            return limit_reached("provisional_max")
        case AcceptCrossing():
            count = 0 if facts.suspended is None else facts.suspended.count
            return _answered(
                held,
                Step.ACCEPT,
                now_ms,
                lapses_at_ms=now_ms + facts.lapse_ms,
                suspensions_count=count,
            )


def _taken(command: TakeWord, facts: Facts, author: Author, now_ms: int) -> Outcome:
    if facts.peer_party is None or author.party != facts.peer_party or author.rule is None:
        return Refusal(reason=Reason.NOT_YOURS)
    if facts.valid_until_ms is None:
        return Refusal(reason=Reason.WRONG_STATUS)
    if facts.valid_until_ms <= now_ms:
        return (MessageLapsed(message_key=command.message_key),)
    acted = MessageActed(message_key=command.message_key)
    match command.word:
        case CrossingRequest():
            return (acted, *_requested(command, command.word, facts, now_ms))
        case VoiceClaim():
            return (acted, *_claimed(command, command.word, facts, now_ms))
        case CrossingConfirm():
            return (acted, *_confirmed(command, command.word, facts, now_ms))
        case CrossingGiveBack():
            return (acted, *_given_back(command, command.word, facts, now_ms))
        case FlightState():
            return (acted, *_told(command, command.word, facts, now_ms))
        case AlertTold():
            told = told_alerts.told(
                command.word,
                facts.alert,
                peer=command.peer,
                party=_peer_party(facts),
                message_key=command.message_key,
                count=facts.alerts_count,
                now_ms=now_ms,
            )
            return (acted, *told)
        case CrossingReply():
            return (acted, *_heard(command.word, facts, now_ms))
        case CrossingWithdrawal():
            return (acted, *_withdrawn(command.word, facts, now_ms))
        case SuspensionTold():
            return (acted, *_suspended(command, command.word, facts, now_ms))
        case CrossingHeld():
            return (acted, *_returned(command, command.word, facts, now_ms))
        case AllReturned():
            return _all_returned(command, command.word, facts, now_ms)
        case AgreementReady():
            said = Ready(party=_peer_party(facts), digest=command.word.digest)
            agreed = present(facts.agreed, "a word about the agreement is held against it")
            return (
                acted,
                *agreements.ready(
                    agreed.map, said, own=facts.party, shares=agreed.shares, terms=agreed.terms
                ),
            )


def _requested(
    command: TakeWord, word: CrossingRequest, facts: Facts, now_ms: int
) -> Iterator[Event | ErrandKept]:
    if facts.held is not None and facts.held.told is not None and facts.held.told.is_over:
        return  # the flight has ended since: that went before
    before = Crossing() if facts.held is None else facts.held.crossing
    asked = crossings.requested(before, word.revision)
    if isinstance(asked, Refusal) and asked.reason is not Reason.LIMIT_REACHED:
        return  # an old one, come late: what was said of a newer one stands
    why = _why_rejected(command, word, facts, now_ms)
    if isinstance(asked, Refusal) or (facts.held is None and facts.count >= CROSSINGS_MAX):
        yield _reply(word, Reply.REJECTED, facts, reason=Reason.LIMIT_REACHED)
        return
    yield CrossingRequested(
        crossing_id=command.crossing_id,
        peer=command.peer,
        party=_peer_party(facts),
        object_id=word.object_id,
        filed_ms=word.filed_ms,
        revision=word.revision,
        content=word.content,
        answer_by_ms=now_ms + facts.answer_within_ms,
        time_ms=now_ms,
        kind=word.kind,
        message_key=command.message_key,
    )
    if why is not None:
        yield CrossingAnswered(
            crossing_id=command.crossing_id,
            revision=word.revision,
            step=Step.REJECT,
            reason=why,
            time_ms=now_ms,
        )
        yield _reply(word, Reply.REJECTED, facts, reason=why)
    elif facts.is_standard:
        yield CrossingAnswered(
            crossing_id=command.crossing_id,
            revision=word.revision,
            step=Step.ACCEPT,
            lapses_at_ms=now_ms + facts.lapse_ms,
            time_ms=now_ms,
            suspensions_count=0 if facts.suspended is None else facts.suspended.count,
        )
        yield _reply(word, Reply.ACCEPTED, facts)


def _why_rejected(command: TakeWord, word: CrossingRequest, facts: Facts, now_ms: int) -> Reason | None:
    """Why a machine says no at once; None where it says yes, or a person is to answer."""
    volumes = [each.volume for each in word.content.volumes]
    is_past = not volumes or max(each.time_end_ms for each in volumes) <= now_ms
    why = _why_not_taken_up(command, word, facts, now_ms)
    if is_past and why not in (Reason.OTHER_AGREEMENT, Reason.AGREEMENT_SUSPENDED, Reason.CLOCK_UNSURE):
        return Reason.TIME_PAST
    return why or (Reason.CONFLICT if facts.standing else None)


def _why_not_taken_up(
    command: TakeWord, word: CrossingRequest | VoiceClaim, facts: Facts, now_ms: int
) -> Reason | None:
    """Why nobody is asked about it, whatever is in its way and whether it is past."""
    if facts.is_recovering and isinstance(word, CrossingRequest):
        return Reason.RECOVERING
    if facts.digest is None or word.digest != facts.digest or facts.is_beyond:
        return Reason.OTHER_AGREEMENT
    if commitment.suspended(facts.suspended) is not None:
        return Reason.AGREEMENT_SUSPENDED
    if command.is_clock_unsure:
        return Reason.CLOCK_UNSURE
    if max((each.volume.time_end_ms for each in word.content.volumes), default=0) > now_ms + facts.horizon_ms:
        return Reason.TOO_FAR_AHEAD
    return Reason.LIMIT_REACHED if facts.provisional_count >= facts.provisional_max else None


def _claimed(command: TakeWord, word: VoiceClaim, facts: Facts, now_ms: int) -> Iterator[Event | ErrandKept]:
    """What follows when the peer says that this authority answered by telephone."""
    held = facts.held
    is_yes = word.reply is Reply.ACCEPTED
    is_void = facts.is_void(word.revision)
    is_kept = held is not None and crossings.is_accepted(held.crossing, word.revision, now_ms)
    if is_yes and is_kept and not is_void:
        # It was answered here as well, and the peer relies on it: that is signed, and more than a claim.
        yield CrossingConfirmed(crossing_id=command.crossing_id, revision=word.revision, time_ms=now_ms)
        yield _reply(word, Reply.CONFIRMED, facts)
        return
    if claims.is_old(word, held):
        return
    kept = claims.kept(word, held)
    is_full = isinstance(kept, Refusal) or (held is None and facts.count >= CROSSINGS_MAX)
    why = Reason.LIMIT_REACHED if is_full else None
    if not isinstance(kept, Refusal) and kept.until_ms is not None:
        why = why or _why_not_taken_up(command, word, facts, now_ms)
    if why is not None or isinstance(kept, Refusal):
        yield _reply(word, Reply.REJECTED, facts, reason=why)
        return
    yield claims.claimed(command, word, _peer_party(facts), kept, now_ms)


def _confirmed(
    command: TakeWord, word: CrossingConfirm, facts: Facts, now_ms: int
) -> Iterator[Event | ErrandKept]:
    before = Crossing() if facts.held is None else facts.held.crossing
    if facts.is_void(word.revision):  # protected until it lapses or is given back; nothing new comes of it
        yield _reply(word, Reply.NOT_HELD, facts, reason=Reason.AGREEMENT_SUSPENDED)
        return
    _, reply = crossings.confirmed(before, word.revision, now_ms)
    if reply is Reply.CONFIRMED:
        yield CrossingConfirmed(crossing_id=command.crossing_id, revision=word.revision, time_ms=now_ms)
    yield _reply(word, reply, facts)


def _given_back(command: TakeWord, word: CrossingGiveBack, facts: Facts, now_ms: int) -> Iterator[Event]:
    if facts.held is not None:
        yield CrossingGivenBack(crossing_id=command.crossing_id, revision=word.revision, time_ms=now_ms)


def _told(command: TakeWord, word: FlightState, facts: Facts, now_ms: int) -> Iterator[Event]:
    held = facts.held
    if held is not None and held.told is not None and held.told.number >= word.number:
        return
    if held is None and facts.count >= CROSSINGS_MAX:
        return
    yield CrossingTold(
        crossing_id=command.crossing_id,
        peer=command.peer,
        party=_peer_party(facts),
        object_id=word.object_id,
        filed_ms=word.filed_ms,
        told=Told(
            number=word.number,
            revision=word.revision,
            is_over=word.is_over,
            is_airborne=word.is_airborne,
            condition=word.condition,
            content=word.content,
            imposed=word.imposed,
            ends_by_word=word.ends_by_word,
            message_key=command.message_key,
        ),
        time_ms=now_ms,
        touching=facts.touching,
        kind=word.kind,
    )
    if facts.known is not None and facts.known.is_returning and held is not None:
        for each in held.crossing.kept:  # the peer says all anew: of older plans it wants nothing any more
            if each.revision != word.revision:
                yield CrossingGivenBack(
                    crossing_id=command.crossing_id, revision=each.revision, time_ms=now_ms
                )


def _heard(
    word: CrossingReply, facts: Facts, now_ms: int
) -> tuple[flights.Event | reservations.Event | ErrandKept, ...]:
    own = facts.flight if word.kind is Kind.FLIGHT else facts.reservation
    if own is None or own.coordination is None or own.coordination.filed_ms != word.filed_ms:
        return claims.given_back(word, _peer_party(facts))
    if not commitment.is_wanted(own.coordination.filing, _peer_party(facts), word.revision):
        return claims.given_back(word, _peer_party(facts))
    if word.reply in GOES_ON and facts.suspended is not None:
        stopped = _stopped(own, facts.suspended, now_ms)
        if stopped:
            return stopped
    said = Answered(
        authority=_peer_party(facts),
        revision=word.revision,
        reply=word.reply,
        reason=word.reason,
        counter=word.counter,
    )
    lapse_ms = max(1, facts.lapse_ms)
    if isinstance(own, Reservation):
        return reserving.heard(own, said, lapse_ms=lapse_ms, now_ms=now_ms)
    return flights.heard(own, said, lapse_ms=lapse_ms, now_ms=now_ms)


GOES_ON = (Reply.ACCEPTED, Reply.CONFIRMED, Reply.COUNTERSIGNED)


def _stopped(
    own: Flight | Reservation, suspended: Suspended, now_ms: int
) -> tuple[flights.Event | reservations.Event | ErrandKept, ...]:
    """What is asked for since before the agreement was suspended is given up, whoever accepts it now."""
    agreed = FiledBy(digest="", answer_within_ms=1, lapse_ms=1, suspended=suspended)
    if isinstance(own, Reservation):
        is_stopped = commitment.is_stopped(own.coordination, agreed)
        return reserving.given_up(own, now_ms) if is_stopped else ()
    if own.coordination is None or not holding.is_stopped(own, agreed):
        return ()
    found = asking.given_up(own, own.coordination, agreed=agreed, now_ms=now_ms)
    return flights.told(own, found, now_ms=now_ms)


def _withdrawn(word: CrossingWithdrawal, facts: Facts, now_ms: int) -> tuple[flights.Event | ErrandKept, ...]:
    """What follows when an authority withdraws what it confirmed of a flight of this node."""
    own = facts.flight
    if own is None or own.coordination is None or own.coordination.filed_ms != word.filed_ms:
        return ()
    from_ms = max(word.from_ms, now_ms + facts.notice_ms)  # who hears of it late has as much notice
    notice = Notice(authority=_peer_party(facts), revision=word.revision, from_ms=from_ms)
    return flights.withdrawn_by(own, notice, now_ms=now_ms)


def _suspended(
    command: TakeWord, word: SuspensionTold, facts: Facts, now_ms: int
) -> Iterator[suspensions.Event | ErrandKept]:
    """What follows when the peer says what it did to the agreement, or what this node did and forgot."""
    if not word.is_returned:
        yield from suspensions.told(
            word,
            facts.suspension,
            party=_peer_party(facts),
            message_key=command.message_key,
            now_ms=now_ms,
        )
    elif facts.known is not None and facts.known.is_returning:
        yield from suspensions.returned(
            word, facts.suspension, facts.others, party=facts.party, now_ms=now_ms
        )


def _returned(
    command: TakeWord, word: CrossingHeld, facts: Facts, now_ms: int
) -> Iterator[Event | returning.Changed]:
    """What a peer has of ours: known, or held from now on. What it may have forgotten proves nothing."""
    own, authority = facts.flight or facts.reservation, _peer_party(facts)
    known = facts.known or Known()
    is_ours = own is not None and returning.is_of(word, own)
    is_as_here = own is not None and is_ours and returning.is_as_here(word, own, authority)
    if own is not None and is_ours:
        yield from returning.numbered(word, own, authority, known)
    is_news = known.is_returning or not (is_ours or word.is_set_back)
    if word.content is None or is_as_here or not is_news:
        return
    yield CrossingReturned(
        crossing_id=command.crossing_id,
        peer=command.peer,
        party=facts.party,
        object_id=word.object_id,
        filed_ms=word.filed_ms,
        by=ReturnedBy(authority=authority, revisions=word.revisions, number=word.number),
        content=word.content,
        is_airborne=word.is_airborne,
        touching=facts.touching,
        time_ms=now_ms,
        kind=word.kind,
    )


def _all_returned(command: TakeWord, word: AllReturned, facts: Facts, now_ms: int) -> Outcome:
    """What the peer did not return is not there any more; where that is much, the word is acted on again."""
    known = facts.known or Known()
    stale = () if word.is_set_back else known.stale
    changed = (
        *(CrossingExpired(crossing_id=each) for each in stale),
        *returning.swept(word, _peer_party(facts), known, now_ms),
    )
    if changed:
        return changed
    acted = MessageActed(message_key=command.message_key)
    return (acted, *returning.all_returned(command.peer, word, known))


def _answered(
    held: ForeignFlight,
    step: Step,
    now_ms: int,
    *,
    lapses_at_ms: int = 0,
    reason: Reason | None = None,
    counter: Counter | None = None,
    suspensions_count: int = 0,
) -> tuple[CrossingAnswered, ErrandKept]:
    """What was asked last is answered, and the peer is told so."""
    revision = held.crossing.asked
    word = CrossingReply(
        kind=held.kind,
        object_id=held.object_id,
        filed_ms=held.filed_ms,
        revision=revision,
        reply=REPLIES[step],
        reason=reason,
        counter=counter,
    )
    answered = CrossingAnswered(
        crossing_id=held.crossing_id,
        revision=revision,
        step=step,
        lapses_at_ms=lapses_at_ms,
        reason=reason,
        counter=counter,
        time_ms=now_ms,
        suspensions_count=suspensions_count,
    )
    return answered, ErrandKept(errand=errands.errand(held.party, word, GIVE_BACK_VALID_MS))


REPLIES = {Step.ACCEPT: Reply.ACCEPTED, Step.COUNTER: Reply.COUNTERED, Step.REJECT: Reply.REJECTED}


def _reply(
    asked: CrossingRequest | CrossingConfirm | VoiceClaim,
    reply: Reply,
    facts: Facts,
    *,
    reason: Reason | None = None,
) -> ErrandKept:
    word = CrossingReply(
        kind=asked.kind,
        object_id=asked.object_id,
        filed_ms=asked.filed_ms,
        revision=asked.revision,
        reply=reply,
        reason=reason,
    )
    return ErrandKept(errand=errands.errand(_peer_party(facts), word, GIVE_BACK_VALID_MS))


def _peer_party(facts: Facts) -> str:
    return present(facts.peer_party, "looked at before")


# How it changes

evolve = crossing_changes.evolve
