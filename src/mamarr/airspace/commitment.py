"""What an authority asks of others, and what it holds of their answers: the filer's side of the commitment.

It is the same for a flight and for a reservation: one revision is asked for at a time, of all at once; it is
in force when all have accepted and then confirmed it; what is given back is given back by its number. The
other side is `flights.crossings`.
"""

from enum import StrEnum

import msgspec

from mamarr.faults import BECAUSE_MAX, Reason, Refusal, limit_reached, present
from mamarr.geometry.altitude import FiledLevel
from mamarr.names import Personal

ERRANDS_MAX = 10_000  # chosen: as much may wait to be said to one authority; later asking is refused
COUNTER_LATER_MAX_MS = 24 * 3_600_000  # chosen: a day later it is another flight

UNSAID = "unsaid"  # what is called so was never said to anybody

# What it is


class Suspended(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """That the agreement is suspended, or was. at_ms: when it last was, by this node's clock; count: how
    often, as far as it knows. by: whose suspensions stand now; empty where all have resumed."""

    at_ms: int
    count: int
    by: tuple[str, ...] = ()


class Agreed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a filing needs of the agreement in force. digest: of it. lapse_ms: how long an acceptance waits to
    be confirmed. answer_within_ms: how long a request waits for an answer. suspended: None where it never
    was."""

    digest: str
    answer_within_ms: int
    lapse_ms: int
    suspended: Suspended | None = None


def suspended(value: Suspended | None) -> Refusal | None:
    """Why nothing new is asked of others, or accepted for them; None where nobody suspended the agreement."""
    if value is None or not value.by:
        return None
    return Refusal(reason=Reason.AGREEMENT_SUSPENDED, because=value.by[:BECAUSE_MAX])


class AskedOf(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An authority whose acceptance is needed. knows_who: whether it may know whose flight it is. is_open:
    whether there is a line to it. errands_count: how much is still to be said to it."""

    authority: str
    knows_who: bool = False
    is_open: bool = True
    errands_count: int = 0


class Counter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What an authority would accept instead: a later entry, another level, or both."""

    later_ms: int = 0
    level: FiledLevel | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.later_ms <= COUNTER_LATER_MAX_MS:
            raise ValueError(f"later by {self.later_ms} ms is not between 0 and {COUNTER_LATER_MAX_MS}")
        if not self.later_ms and self.level is None:
            raise ValueError("a counter-proposal is later or at another level")


class Reply(StrEnum):
    """What an authority says to a filer about one revision.

    COUNTERSIGNED, DISPUTED: of what its person is said to have answered by telephone; the first is as binding
    as CONFIRMED.
    """

    ACCEPTED = "ACCEPTED"
    COUNTERED = "COUNTERED"
    REJECTED = "REJECTED"
    CONFIRMED = "CONFIRMED"
    NOT_HELD = "NOT_HELD"
    COUNTERSIGNED = "COUNTERSIGNED"
    DISPUTED = "DISPUTED"


# What is said of an answer by telephone, or rests on it.
SIGNED = frozenset({Reply.CONFIRMED, Reply.COUNTERSIGNED, Reply.DISPUTED})


class Spoken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An answer that was given by telephone, as whoever heard it entered it: nobody signed it.

    spoken_by: who gave it, at the authority; entered_by: who heard it. read_back: what was read back of it.
    """

    spoken_at_ms: int
    spoken_by: Personal = None
    entered_by: Personal = None
    read_back: Personal = None


class Answered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What an authority said of a revision. reason, counter: where it did not accept.

    spoken: where it was said by telephone, also when it was countersigned or disputed since.
    """

    authority: str
    revision: int
    reply: Reply
    reason: Reason | None = None
    counter: Counter | None = None
    spoken: Spoken | None = None


class Phase(StrEnum):
    """How far the filer is with the revision it asks for."""

    IDLE = "IDLE"
    ASKING = "ASKING"
    CONFIRMING = "CONFIRMING"


class Filing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A flight's coordination, at the node that files it: one revision is asked for at a time.

    last: number of the newest revision. in_force: the one with which the flight is COORDINATED, 0 for none.
    in_force_with: the authorities that confirmed it. asked_of: those whose acceptance the newest needs.
    heard: of them, those that accepted it, or confirmed it, as the phase asks. by_voice: of the others, those
    that accepted it by telephone: nothing shows that they protect anything. given_back: revisions that
    are to be given back, with those who may protect them; until they have recorded it, they do.
    """

    phase: Phase = Phase.IDLE
    last: int = 0
    in_force: int = 0
    in_force_with: tuple[str, ...] = ()
    asked_of: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    given_back: tuple[tuple[str, int], ...] = ()
    by_voice: tuple[str, ...] = ()


def awaited(value: Filing) -> tuple[str, ...]:
    """Those that are asked and have not said what the phase asks, neither by their nodes nor by telephone."""
    known = (*value.heard, *value.by_voice)
    return tuple(each for each in value.asked_of if each not in known)


def is_by_voice(value: Filing) -> bool:
    """Whether all have confirmed what is asked for but those that accepted it by telephone.

    That is the word of duty officers, not what authorities protect: it is not in force.
    """
    return value.phase is Phase.CONFIRMING and bool(value.by_voice) and not awaited(value)


class Returned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An authority said that it has it as this node does, since their line began anew at `since_ms`."""

    authority: str
    since_ms: int


def with_returned(value: tuple[Returned, ...], authority: str, since_ms: int) -> tuple[Returned, ...]:
    """The same with what `authority` said now."""
    others = (each for each in value if each.authority != authority)
    return (*others, Returned(authority=authority, since_ms=since_ms))


def numbered(value: Filing, asked: int) -> Filing:
    """The same, whose next revision has a number that nobody has heard of. asked: the newest heard of."""
    return msgspec.structs.replace(value, last=max(value.last, asked))


class Notice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An authority withdraws what it had confirmed, by name. from_ms: until then the filer relies on it."""

    authority: str
    revision: int
    from_ms: int


class Commitment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a reservation needs of other authorities, and how far that is.

    said_as, filed_ms: what it is called there; tells nothing of its own id. answers: what each authority
    said last. until_ms: when this node gives up what it asks for; None while it asks for nothing.
    is_taken: its holder has it when all have confirmed; else it is earmarked then. told_number, told_to:
    the newest word that told others how it is, whatever they say, and who were told. returned: as `Returned`.
    """

    said_as: str
    filed_ms: int
    filing: Filing = Filing()
    answers: tuple[Answered, ...] = ()
    until_ms: int | None = None
    is_taken: bool = False
    told_number: int = 0
    told_to: tuple[str, ...] = ()
    returned: tuple[Returned, ...] = ()


def is_asking(value: Commitment | None) -> bool:
    """Whether other authorities are asked, and not all have answered."""
    return value is not None and value.filing.phase is not Phase.IDLE


def is_stopped(value: Commitment | None, agreed: Agreed | None) -> bool:
    """Whether others are asked for it since before the agreement was suspended: no old answer counts."""
    known = None if agreed is None else agreed.suspended
    return value is not None and known is not None and is_asking(value) and value.filed_ms <= known.at_ms


def known_to(value: Commitment | None) -> frozenset[str]:
    """The other authorities that protect it for good, or were told of it."""
    if value is None or is_asking(value):
        return frozenset()
    return frozenset((*value.filing.in_force_with, *value.told_to))


def everybody(value: Commitment) -> tuple[str, ...]:
    """All other authorities that may hold something for it, in the order of their names."""
    filing = value.filing
    return tuple(sorted({*filing.in_force_with, *filing.asked_of, *value.told_to}))


def unaskable(asked_of: tuple[AskedOf, ...], agreed: Agreed | None) -> Refusal | None:
    """Why these cannot be asked now: the agreement is suspended, there is no line to one, or too much is
    still to be said to it."""
    stopped = suspended(None if agreed is None else agreed.suspended)
    if asked_of and stopped is not None:
        return stopped
    silent = tuple(each.authority for each in asked_of if not each.is_open)
    if silent:
        return Refusal(reason=Reason.UNREACHABLE, because=silent[:BECAUSE_MAX])
    is_full = any(each.errands_count >= ERRANDS_MAX for each in asked_of)
    return limit_reached("errands_max") if is_full else None


# What happens


def begun(
    asked_of: tuple[AskedOf, ...], agreed: Agreed, *, said_as: str, is_taken: bool, now_ms: int
) -> Commitment:
    """All others are asked at once, for the first time."""
    asked = asks(Filing(), tuple(each.authority for each in asked_of))
    filing = present(None if isinstance(asked, Refusal) else asked, "nothing was asked before")
    return Commitment(
        said_as=said_as,
        filed_ms=now_ms,
        filing=filing,
        until_ms=now_ms + agreed.lapse_ms,
        is_taken=is_taken,
    )


def alone_from(said_as: str, now_ms: int) -> Commitment:
    """Nobody was asked: it is in force with nobody."""
    return Commitment(said_as=said_as, filed_ms=now_ms, filing=Filing(last=1, in_force=1))


def answered(value: Commitment, said: Answered, *, is_late: bool) -> tuple[Commitment, Filing] | None:
    """It with the answer, and what its filing becomes by that; None where it is old or of something else.

    is_late: what was kept here for it may be another's by now.
    """
    before = value.filing
    after = heard(before, said.authority, said.revision, said.reply, reason=said.reason)
    if after == before:
        return None
    if is_late and before.phase is Phase.ASKING and after.phase is Phase.CONFIRMING:
        after = abandoned(before)
    return msgspec.structs.replace(value, answers=with_answer(value.answers, said)), after


def with_answer(answers: tuple[Answered, ...], said: Answered) -> tuple[Answered, ...]:
    """The answers with a newer one. What was said by telephone stays beside what is signed of it."""
    before = next((each for each in answers if each.authority == said.authority), None)
    is_of_it = before is not None and before.revision == said.revision and said.reply in SIGNED
    if before is not None and is_of_it and said.spoken is None:
        said = msgspec.structs.replace(said, spoken=before.spoken)
    others = (each for each in answers if each.authority != said.authority)
    return tuple(sorted((*others, said), key=lambda each: each.authority))


def followed(value: Commitment, after: Filing, *, is_over: bool, lapse_ms: int, now_ms: int) -> Commitment:
    """It when its filing becomes `after`. is_over: nobody need be told of it any more."""
    return msgspec.structs.replace(
        value,
        filing=msgspec.structs.replace(after, given_back=()),
        until_ms=until(value.filing, after, value.until_ms, now_ms + lapse_ms),
        told_to=() if is_over else value.told_to,
    )


def to_confirm(before: Filing, after: Filing) -> tuple[str, ...]:
    """Those that are told that all have accepted, as the filing becomes `after`."""
    if after.phase is not Phase.CONFIRMING:
        return ()
    told = awaited(before) if before.phase is Phase.CONFIRMING else ()
    return tuple(each for each in awaited(after) if each not in told)


def until(before: Filing, after: Filing, until_ms: int | None, confirm_until_ms: int) -> int | None:
    """When the node gives up what it asks for, as the filing becomes `after`.

    Never, where nobody is waited for but to sign what was said by telephone.
    """
    if after.phase is Phase.IDLE or is_by_voice(after):
        return None
    return confirm_until_ms if to_confirm(before, after) else until_ms


def lapses_at_ms(
    before: Filing, after: Filing, lapses_at_ms: int | None, accept_ms: int, now_ms: int
) -> int | None:
    """When what is earmarked lapses, as the filing becomes `after`.

    Never while others confirm it; after them its holder has `accept_ms` to accept it; now, when nobody is
    asked and it is not had.
    """
    if after.phase is Phase.CONFIRMING:
        return None
    if after.in_force > before.in_force:
        return now_ms + accept_ms
    if after.phase is Phase.ASKING or after.in_force:
        return lapses_at_ms
    return now_ms if lapses_at_ms is None else min(lapses_at_ms, now_ms)


def next_number(last: int, now_ms: int) -> int:
    """The number of the next word after `last`; no other word of ours has it, also none that was forgotten.

    By the clock, as a node that goes on from a backup does not know how far it had counted; until others have
    told it, it must not say something else under a number of theirs.
    """
    return max(last + 1, now_ms)


def told(value: Commitment, more: tuple[str, ...], now_ms: int) -> Commitment:
    """All that hold something for it are told how it is, and `more`."""
    to = tuple(sorted({*everybody(value), *more}))
    return msgspec.structs.replace(value, told_number=next_number(value.told_number, now_ms), told_to=to)


def asks(value: Filing, authorities: tuple[str, ...]) -> Filing | Refusal:
    """The next revision is asked of `authorities`, all at once."""
    if value.phase is not Phase.IDLE:
        return Refusal(reason=Reason.WRONG_STATUS)
    return msgspec.structs.replace(
        value, phase=Phase.ASKING, last=value.last + 1, asked_of=authorities, heard=(), by_voice=()
    )


def alone(value: Filing) -> Filing | Refusal:
    """The next revision needs nobody's acceptance but the filer's own: it is in force at once."""
    if value.phase is not Phase.IDLE:
        return Refusal(reason=Reason.WRONG_STATUS)
    back = tuple((authority, value.in_force) for authority in value.in_force_with)
    last = value.last + 1
    return Filing(last=last, in_force=last, given_back=(*value.given_back, *back))


def heard(
    value: Filing, authority: str, revision: int, reply: Reply, *, reason: Reason | None = None
) -> Filing:
    """An authority replied. What is of another revision, of another phase, or was heard, changes nothing.

    reason: as of the reply. Who accepted by telephone does not take that back by its node's having got no
    answer in time, nor by holding nothing: that is what has to be signed.
    """
    if value.phase is Phase.IDLE or revision != value.last or authority not in value.asked_of:
        return value
    has_spoken = authority in value.by_voice
    match value.phase, reply:
        case Phase.ASKING, Reply.ACCEPTED | Reply.COUNTERSIGNED:
            return _with(value, authority)
        case Phase.CONFIRMING, Reply.CONFIRMED | Reply.COUNTERSIGNED:
            return _with(value, authority)
        case Phase.CONFIRMING, Reply.ACCEPTED if has_spoken:
            return msgspec.structs.replace(value, by_voice=_without(value.by_voice, authority))
        case _, Reply.DISPUTED:
            return abandoned(value)
        case Phase.ASKING, Reply.COUNTERED | Reply.REJECTED if not has_spoken:
            return abandoned(value)
        case _, Reply.COUNTERED | Reply.REJECTED if has_spoken and reason is not Reason.NO_ANSWER:
            return abandoned(value)
        case Phase.CONFIRMING, Reply.NOT_HELD if not has_spoken:
            return abandoned(value)
        case _:
            return value


def spoken(value: Filing, authority: str, revision: int, reply: Reply) -> Filing:
    """An authority answered by telephone. An acceptance counts as one beside those that are signed, and is
    never one of them; what is not accepted is given up. What was answered already changes nothing."""
    is_asked = authority in value.asked_of and authority not in value.heard
    if value.phase is Phase.IDLE or revision != value.last or not is_asked:
        return value
    if reply is not Reply.ACCEPTED:
        return abandoned(value)
    if authority in value.by_voice:
        return value
    return _settled(msgspec.structs.replace(value, by_voice=(*value.by_voice, authority)))


def is_wanted(value: Filing, authority: str, revision: int) -> bool:
    """Whether the filer still asks the authority for this revision, or flies by it."""
    is_asked = value.phase is not Phase.IDLE and revision == value.last and authority in value.asked_of
    return is_asked or (revision == value.in_force and authority in value.in_force_with)


def abandoned(value: Filing) -> Filing:
    """The revision that is asked for is given up; the one in force, if there is one, stays."""
    if value.phase is Phase.IDLE:
        return value
    back = tuple((authority, value.last) for authority in value.asked_of)
    return msgspec.structs.replace(
        value, phase=Phase.IDLE, asked_of=(), heard=(), by_voice=(), given_back=(*value.given_back, *back)
    )


def withdrawn(value: Filing) -> Filing:
    """The flight gives everything back. Only of one that is not airborne, which the flight's own rule sees
    to."""
    left = abandoned(value)
    back = tuple((authority, left.in_force) for authority in left.in_force_with)
    return msgspec.structs.replace(left, in_force=0, in_force_with=(), given_back=(*left.given_back, *back))


def withdrawn_by(value: Filing, authority: str, revision: int) -> Filing:
    """What is left when an authority's notice that it withdraws a revision is over: nothing is in force by
    it, and nothing asked for. What it does not rest on stays."""
    if value.in_force and revision == value.in_force and authority in value.in_force_with:
        return withdrawn(value)
    is_asked = value.phase is not Phase.IDLE and revision == value.last and authority in value.asked_of
    return abandoned(value) if is_asked else value


def _with(value: Filing, authority: str) -> Filing:
    """One more authority said what the phase asks, by its node."""
    heard_from = value.heard if authority in value.heard else (*value.heard, authority)
    by_voice = _without(value.by_voice, authority)
    return _settled(msgspec.structs.replace(value, heard=heard_from, by_voice=by_voice))


def _settled(value: Filing) -> Filing:
    """The last of those that are asked ends the phase. In force is only what all have confirmed by their
    nodes."""
    if value.phase is Phase.ASKING:
        if awaited(value):
            return value
        return msgspec.structs.replace(value, phase=Phase.CONFIRMING, heard=())
    if len(value.heard) < len(value.asked_of):
        return value
    back = tuple((each, value.in_force) for each in value.in_force_with)
    return msgspec.structs.replace(
        value,
        phase=Phase.IDLE,
        in_force=value.last,
        in_force_with=value.asked_of,
        asked_of=(),
        heard=(),
        given_back=(*value.given_back, *back),
    )


def _without(authorities: tuple[str, ...], authority: str) -> tuple[str, ...]:
    return tuple(each for each in authorities if each != authority)
