"""Crossings: what an authority has answered to a flight of another one's centre, and what it protects.

The states are those of AIRM's CodeCivilMilitaryCrossingStatusType, and so is what leads from one to another:
a new request after an acceptance is a revision, and the old terms stay until that is answered.

Beside the state stands the commitment. What is accepted is provisional and lapses by the clock of whoever
accepted it, and by nothing else; confirmed, it never lapses. A revision that is confirmed is protected beside
what was confirmed before it, until the filer, who alone knows that all have confirmed it, gives the old one
back by number: else the flight could lose its old sky here and its new sky there. Messages may come late,
twice and in any order: each names a revision, and an old one changes nothing.
"""

from enum import StrEnum

import msgspec

from mamarr.airspace.commitment import Reply
from mamarr.airspace.constraints import SpecialHandling
from mamarr.airspace.occupancy import Kind
from mamarr.faults import Reason, Refusal
from mamarr.flights.plans import Plan
from mamarr.flights.protection import Protected
from mamarr.geometry import Box

REVISIONS_MAX = 1_000  # chosen: a flight is revised some ten times; who revises more often asks anew

# What it is


class CrossingState(StrEnum):
    """How far the coordination of one crossing is. Names: AIRM, CodeCivilMilitaryCrossingStatusType."""

    NO_CROSSING = "NO_CROSSING"
    NOTIFIED = "NOTIFIED"
    REQUESTED = "REQUESTED"
    COUNTERED = "COUNTERED"
    ACCEPTED = "ACCEPTED"
    REVISED = "REVISED"
    REVISED_COUNTERED = "REVISED_COUNTERED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class Step(StrEnum):
    """What happens to a crossing. The OLDI messages that say so: XIN, XRQ, XAP, ACP, RJC, XCM."""

    NOTIFY = "NOTIFY"
    REQUEST = "REQUEST"
    COUNTER = "COUNTER"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    CANCEL = "CANCEL"


def after(state: CrossingState, step: Step) -> CrossingState | None:
    """The state that `step` leads to from `state`; None where it cannot happen."""
    return _TABLE.get((state, step))


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A revision whose sky is protected. lapses_at_ms: None once it is confirmed.

    is_claimed: it was not accepted here: its filer says that it was, by telephone, and nobody signed that.
    suspensions_count: how often the agreement had been suspended when it was accepted: an acceptance is not
    confirmed after the next time.
    """

    revision: int
    lapses_at_ms: int | None = None
    is_claimed: bool = False
    suspensions_count: int = 0


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What is asked for, as the rules between kinds look at it.

    party: whose it is; empty, and plan None, where who is asked may not know it. A reservation has no plan.
    box: the exact sides, where it is one reserved box. Other fields: as of `Occupancy`.
    """

    kind: Kind
    party: str
    volumes: tuple[Protected, ...]
    centre: str = ""
    plan: Plan | None = None
    has_rvsm: bool = False
    handling: tuple[SpecialHandling, ...] = ()
    user_keeps_clear: bool = False
    box: Box | None = None


class Crossing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A crossing, at the authority that decides on it.

    asked: the newest revision that was asked for or given back; older ones change nothing any more. kept:
    revisions whose sky is protected, the oldest first.
    """

    state: CrossingState = CrossingState.NO_CROSSING
    asked: int = 0
    kept: tuple[Kept, ...] = ()


def protected(value: Crossing, now_ms: int) -> tuple[int, ...]:
    """The revisions whose sky is protected at `now_ms`, the oldest first."""
    return tuple(each.revision for each in value.kept if not _is_lapsed(each, now_ms))


# What the authority does


def notified(value: Crossing) -> Crossing:
    """The filer says how it is with a flight of which nothing was asked, or not any more."""
    state = after(value.state, Step.NOTIFY)
    return value if state is None else msgspec.structs.replace(value, state=state)


def requested(value: Crossing, revision: int) -> Crossing | Refusal:
    """The filer asks for `revision`. A refusal says that this is not new: nothing changes."""
    if revision <= value.asked:
        return Refusal(reason=Reason.WRONG_STATUS)
    if revision > REVISIONS_MAX:
        return Refusal(reason=Reason.LIMIT_REACHED, limit="revisions_max")
    state = after(value.state, Step.REQUEST)
    if state is None:
        return Refusal(reason=Reason.WRONG_STATUS)
    # Of what was not confirmed only the newest is of use: the filer asks for one at a time.
    kept = tuple(each for each in value.kept if each.lapses_at_ms is None)
    return Crossing(state=state, asked=revision, kept=kept)


def answered(
    value: Crossing, revision: int, step: Step, *, lapses_at_ms: int, suspensions_count: int = 0
) -> Crossing | Refusal:
    """The authority, by a person or a standard condition, accepts, counters or rejects what was asked
    last."""
    state = after(value.state, step)
    if revision != value.asked or step not in _ANSWERS or state is None:
        return Refusal(reason=Reason.WRONG_STATUS)
    kept = _accepted(value)
    if step is Step.ACCEPT:
        accepted = Kept(revision=revision, lapses_at_ms=lapses_at_ms, suspensions_count=suspensions_count)
        kept = (*kept, accepted)
    return Crossing(state=state, asked=value.asked, kept=kept)


def is_void(value: Crossing, revision: int, suspensions_count: int) -> bool:
    """Whether `revision` was accepted, not confirmed, and the agreement suspended since.

    It is protected until it lapses or is given back, and not confirmed any more. suspensions_count: how often
    it was suspended, by now.
    """
    return any(
        each.revision == revision
        and each.lapses_at_ms is not None
        and not each.is_claimed
        and each.suspensions_count != suspensions_count
        for each in value.kept
    )


def is_accepted(value: Crossing, revision: int, now_ms: int) -> bool:
    """Whether `revision` is protected by what this authority itself answered."""
    return any(each.revision == revision and not _is_lapsed(each, now_ms) for each in _accepted(value))


def claimed(value: Crossing, revision: int, *, lapses_at_ms: int) -> Crossing | Refusal:
    """The filer says that `revision` was accepted by telephone: a person here is to sign that or dispute it.

    Its sky is kept until then: who said yes may have, and the aircraft may come. A refusal says that it is
    old, or closed: nothing changes.
    """
    state = after(value.state, Step.REQUEST)
    is_closed = revision == value.asked and value.state is CrossingState.CANCELLED
    if revision < value.asked or is_closed or state is None:
        return Refusal(reason=Reason.WRONG_STATUS)
    if revision > REVISIONS_MAX:
        return Refusal(reason=Reason.LIMIT_REACHED, limit="revisions_max")
    kept = tuple(each for each in value.kept if each.lapses_at_ms is None)
    claim = Kept(revision=revision, lapses_at_ms=lapses_at_ms, is_claimed=True)
    return Crossing(state=state, asked=revision, kept=(*kept, claim))


def is_claimed(value: Crossing) -> bool:
    """Whether what was asked last is said to have been accepted by telephone, and a person is to sign it."""
    return any(each.is_claimed and each.revision == value.asked for each in value.kept)


def countersigned(value: Crossing, revision: int) -> Crossing | Refusal:
    """A person of the authority signs what was accepted by telephone: it is accepted and confirmed at once.

    That nothing is in its way is for the caller to see to: what is kept of a claim ends with its time.
    """
    state = after(value.state, Step.ACCEPT)
    if revision != value.asked or not is_claimed(value) or state is None:
        return Refusal(reason=Reason.WRONG_STATUS)
    return Crossing(state=state, asked=value.asked, kept=(*_accepted(value), Kept(revision=revision)))


def confirmed(value: Crossing, revision: int, now_ms: int) -> tuple[Crossing, Reply]:
    """The filer says that all have accepted `revision`. What is still held never lapses after this.

    What is only said to have been accepted here is not: else two words of the filer would make an acceptance.
    """
    if not is_accepted(value, revision, now_ms):
        return value, Reply.NOT_HELD
    kept = tuple(Kept(revision=revision) if each.revision == revision else each for each in value.kept)
    return Crossing(state=value.state, asked=value.asked, kept=kept), Reply.CONFIRMED


def given_back(value: Crossing, revision: int) -> Crossing:
    """The filer gives `revision` back. Should its request come only now, it is not taken up any more."""
    kept = tuple(each for each in value.kept if each.revision != revision)
    is_last = not kept and revision >= value.asked
    is_answer_to_it = revision == value.asked and value.state in _WAITING
    state = value.state
    if is_last:
        state = CrossingState.CANCELLED
    elif is_answer_to_it:
        state = CrossingState.ACCEPTED  # the old terms stay
    return Crossing(state=state, asked=max(value.asked, revision), kept=kept)


def _accepted(value: Crossing) -> tuple[Kept, ...]:
    """What this authority itself accepted."""
    return tuple(each for each in value.kept if not each.is_claimed)


def _is_lapsed(value: Kept, now_ms: int) -> bool:
    return value.lapses_at_ms is not None and value.lapses_at_ms <= now_ms


_ANSWERS = (Step.ACCEPT, Step.COUNTER, Step.REJECT)
_WAITING = (CrossingState.REVISED, CrossingState.REVISED_COUNTERED)
_C = CrossingState
_TABLE = {
    (_C.NO_CROSSING, Step.NOTIFY): _C.NOTIFIED,
    (_C.NO_CROSSING, Step.REQUEST): _C.REQUESTED,
    (_C.NOTIFIED, Step.NOTIFY): _C.NOTIFIED,
    (_C.NOTIFIED, Step.REQUEST): _C.REQUESTED,
    (_C.NOTIFIED, Step.CANCEL): _C.CANCELLED,
    (_C.REQUESTED, Step.REQUEST): _C.REQUESTED,
    (_C.REQUESTED, Step.COUNTER): _C.COUNTERED,
    (_C.REQUESTED, Step.ACCEPT): _C.ACCEPTED,
    (_C.REQUESTED, Step.REJECT): _C.REJECTED,
    (_C.REQUESTED, Step.CANCEL): _C.CANCELLED,
    (_C.COUNTERED, Step.REQUEST): _C.REQUESTED,
    (_C.COUNTERED, Step.REJECT): _C.REJECTED,
    (_C.COUNTERED, Step.CANCEL): _C.CANCELLED,
    (_C.ACCEPTED, Step.REQUEST): _C.REVISED,
    (_C.ACCEPTED, Step.CANCEL): _C.CANCELLED,
    (_C.REVISED, Step.REQUEST): _C.REVISED,
    (_C.REVISED, Step.COUNTER): _C.REVISED_COUNTERED,
    (_C.REVISED, Step.ACCEPT): _C.ACCEPTED,
    (_C.REVISED, Step.REJECT): _C.ACCEPTED,
    (_C.REVISED, Step.CANCEL): _C.CANCELLED,
    (_C.REVISED_COUNTERED, Step.REQUEST): _C.REVISED,
    (_C.REVISED_COUNTERED, Step.REJECT): _C.ACCEPTED,
    (_C.REVISED_COUNTERED, Step.CANCEL): _C.CANCELLED,
    (_C.REJECTED, Step.REQUEST): _C.REQUESTED,
    (_C.CANCELLED, Step.REQUEST): _C.REQUESTED,
}
