"""Answers by telephone: what a person enters that another authority said while no word came through.

What was said so is nobody's signature: it is entered with both names, what was read back and when, and stays
VOICE until the authority's own node says that one of its persons countersigned it. Until then the authority
protects nothing that could be proved, and nothing is in force by it.
"""

import msgspec

from mamarr.airspace import Reservation, commitment, reservations
from mamarr.airspace.commitment import (
    Agreed,
    Answered,
    AskedOf,
    Commitment,
    Counter,
    Filing,
    Phase,
    Reply,
    Spoken,
)
from mamarr.airspace.occupancy import Kind
from mamarr.faults import Reason, Refusal, present
from mamarr.flights import asking, flights, holding, reserving
from mamarr.flights.asking import GIVE_BACK_VALID_MS
from mamarr.flights.crossings import Content
from mamarr.flights.errands import ASKED_KINDS, ErrandKept, VoiceClaim, errand
from mamarr.flights.holding import Coordination, Flight
from mamarr.names import FREE_TEXT, LONG_TEXT, OBJECT_ID, PARTY_ID, Personal, matched

SPOKEN_AGO_MAX_MS = 24 * 3_600_000  # chosen: what was said a day ago is asked again, not entered
SPOKEN_MINUTE_MS = 60_000  # who writes down a time leaves out its seconds: it may look older by as much
ANSWERS = (Reply.ACCEPTED, Reply.COUNTERED, Reply.REJECTED)

# What may be asked


class EnterVoice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="enter-voice"):
    """Enter what an authority answered by telephone to a revision that it is asked for.

    kind, object_id: what this node's own flight or reservation is called here. counter: where it COUNTERED.
    spoken_by: who gave the answer there; entered_by: who heard it here; read_back: what was read back of it.
    """

    kind: Kind
    object_id: str
    revision: int
    authority: str
    reply: Reply
    spoken_at_ms: int
    counter: Counter | None = None
    spoken_by: Personal = None
    entered_by: Personal = None
    read_back: Personal = None

    def __post_init__(self) -> None:
        matched("object_id", self.object_id, OBJECT_ID)
        matched("authority", self.authority, PARTY_ID)
        if self.kind not in ASKED_KINDS:
            raise ValueError(f"a {self.kind} is not asked for, only flights and reservations are")
        if self.reply not in ANSWERS:
            raise ValueError(f"{self.reply} is no answer that is given by telephone")
        if (self.counter is None) == (self.reply is Reply.COUNTERED):
            raise ValueError("what would be accepted instead is said where it was COUNTERED, and only there")
        for name, text, form in (
            ("spoken_by", self.spoken_by, FREE_TEXT),
            ("entered_by", self.entered_by, FREE_TEXT),
            ("read_back", self.read_back, LONG_TEXT),
        ):
            if text is not None:
                matched(name, text, form)


Own = Flight | Reservation
Entered = tuple[flights.Event | reservations.Event | ErrandKept, ...]

# What we answer


def entered(
    command: EnterVoice, own: Own | None, of: AskedOf | None, agreed: Agreed | None, *, now_ms: int
) -> Entered | Refusal:
    """What follows from an answer by telephone.

    own: the flight or reservation that it is about. of: the authority, as one that is asked; None where it is
    not known. agreed: what is in force with it.
    """
    if own is None or own.coordination is None:
        return Refusal(reason=Reason.NOT_THERE, because=(command.object_id,))
    filing = own.coordination.filing
    if filing.phase is not Phase.IDLE and command.authority not in filing.asked_of:
        return Refusal(reason=Reason.UNKNOWN_PARTY, because=(command.authority,))
    after = commitment.spoken(filing, command.authority, command.revision, command.reply)
    if after == filing or of is None or agreed is None:
        return Refusal(reason=Reason.WRONG_STATUS, because=(command.object_id,))
    stopped = commitment.suspended(agreed.suspended)
    if stopped is not None and command.reply is Reply.ACCEPTED:
        return stopped  # no new crossing comes of it; what was declined may be entered
    if _is_late(own, now_ms):
        return Refusal(reason=Reason.TIME_PAST, because=(command.object_id,))
    earliest_ms = max(now_ms - SPOKEN_AGO_MAX_MS, _asked_at_ms(own) - SPOKEN_MINUTE_MS)
    if not earliest_ms <= command.spoken_at_ms <= now_ms:
        return Refusal(reason=Reason.TIME_IMPLAUSIBLE, because=(command.object_id,))
    said = Answered(
        authority=command.authority,
        revision=command.revision,
        reply=command.reply,
        reason=Reason.DECLINED if command.reply is Reply.REJECTED else None,
        counter=command.counter,
        spoken=Spoken(
            spoken_at_ms=command.spoken_at_ms,
            spoken_by=command.spoken_by,
            entered_by=command.entered_by,
            read_back=command.read_back,
        ),
    )
    claim = _claim(command, own, own.coordination, of, agreed)
    told = ErrandKept(errand=errand(command.authority, claim, GIVE_BACK_VALID_MS))
    return (told, *_followed(own, said, after, agreed, now_ms))


def _followed(own: Own, said: Answered, after: Filing, agreed: Agreed, now_ms: int) -> Entered:
    if isinstance(own, Reservation):
        return reserving.spoken(own, said, after, lapse_ms=agreed.lapse_ms, now_ms=now_ms)
    found = asking.spoken(own, said, after, lapse_ms=agreed.lapse_ms, now_ms=now_ms)
    return flights.told(own, found, now_ms=now_ms)


def _is_late(own: Own, now_ms: int) -> bool:
    """Whether what was kept here for it may be another's by now."""
    if isinstance(own, Reservation):
        return reservations.is_given_up(own, now_ms) or reservations.is_over(own, now_ms)
    return holding.is_given_up(own, now_ms) or holding.is_over(own, now_ms)


def _asked_at_ms(own: Own) -> int:
    """When others were asked for the revision that they are asked for now."""
    if isinstance(own, Flight):
        return holding.asked_at_ms(own)
    return present(own.coordination, "looked at before").filed_ms


def _claim(
    command: EnterVoice, own: Own, known: Coordination | Commitment, of: AskedOf, agreed: Agreed
) -> VoiceClaim:
    """What the authority is told that it answered. Who entered it here is our own affair."""
    return VoiceClaim(
        kind=command.kind,
        object_id=known.said_as,
        filed_ms=known.filed_ms,
        revision=command.revision,
        digest=agreed.digest,
        content=_content(own, of, agreed),
        reply=command.reply,
        counter=command.counter,
        spoken_at_ms=command.spoken_at_ms,
        spoken_by=command.spoken_by,
        read_back=command.read_back,
    )


def _content(own: Own, of: AskedOf, agreed: Agreed) -> Content:
    """What others are asked for, in the words of the request."""
    if isinstance(own, Reservation):
        return reserving.content(own, knows_who=of.knows_who)
    plan_asked = holding.plan_asked(own)
    asked = asking.Asked(
        party=own.party,
        centre=own.centre if plan_asked is None else plan_asked.centre,
        plan=own.plan if plan_asked is None else plan_asked.plan,
        volumes=own.volumes if plan_asked is None else plan_asked.volumes,
        agreed=agreed,
        of=(of,),
    )
    return asking.content(asked, knows_who=of.knows_who)
