"""How far a flight or a reservation is with each other authority: what was asked and said, who protects it.

By the record of the node that asks alone. COORDINATED is what it is when all have confirmed, never one of
them; and what one accepted is worth nothing until it is confirmed.
"""

from enum import StrEnum

import msgspec

from mamarr.airspace import Reservation, commitment, reservations
from mamarr.airspace.commitment import Answered, Commitment, Counter, Filing, Phase, Reply, Spoken
from mamarr.faults import Reason
from mamarr.flights import holding
from mamarr.flights.crossings import CrossingState
from mamarr.flights.holding import Coordination, Flight, Stage


class VoiceState(StrEnum):
    """What became of an answer by telephone. SIGNED: the authority's own node says the same."""

    UNSIGNED = "UNSIGNED"
    SIGNED = "SIGNED"
    DISPUTED = "DISPUTED"


class AtAuthority(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What one authority has of it.

    state: of the crossing, as far as the filer knows. is_confirmed: whether what it accepted is confirmed
    there, and protected until the filer gives it back. reason, counter: of the newest revision, where that
    was not accepted; the terms accepted before, if there are any, stay. voice: where it was answered by
    telephone; spoken: how that was entered. withdrawn_from_ms: when it withdraws what it confirmed.
    """

    authority: str
    state: CrossingState
    is_confirmed: bool = False
    reason: Reason | None = None
    counter: Counter | None = None
    voice: VoiceState | None = None
    spoken: Spoken | None = None
    withdrawn_from_ms: int | None = None


def is_by_voice(value: Flight | Reservation) -> bool:
    """Whether all others have confirmed it but those that accepted it by telephone: it is not in force."""
    return value.coordination is not None and commitment.is_by_voice(value.coordination.filing)


def is_given_up(value: Flight | Reservation) -> bool:
    """Whether others were asked for it, not all confirmed, and nobody is asked any more: nothing is held."""
    if value.coordination is None or not _is_only_planned(value):
        return False
    filing = value.coordination.filing
    return filing.phase is Phase.IDLE and not filing.in_force


def _is_only_planned(value: Flight | Reservation) -> bool:
    """Whether it is not there anyway, whatever others say."""
    if isinstance(value, Flight):
        return not value.is_airborne and value.stage is not Stage.NOTIFIED
    return value.status not in reservations.OCCUPIED and value.phase is reservations.Phase.EARMARKED


def at_authorities(value: Flight | Reservation, *, names_persons: bool = False) -> tuple[AtAuthority, ...]:
    """How far it is with each authority that was asked or told, in the order of their names.

    names_persons: whether it is also said who spoke by telephone, and what was read back.
    """
    coordination = value.coordination
    if coordination is None:
        return ()
    told = _told(coordination)
    filing, said = coordination.filing, {each.authority: each for each in coordination.answers}
    names = {*filing.asked_of, *filing.in_force_with, *told, *said}
    found = ((name, said.get(name)) for name in sorted(names))
    notices = holding.noticed(value) if isinstance(value, Flight) else ()
    until = {each.authority: each.from_ms for each in notices}
    return tuple(
        msgspec.structs.replace(
            _voiced(_at(name, filing, answer, is_told=name in told), answer, filing, names_persons),
            withdrawn_from_ms=until.get(name),
        )
        for name, answer in found
    )


def _voiced(at: AtAuthority, said: Answered | None, filing: Filing, names_persons: bool) -> AtAuthority:
    """The same with what was said by telephone, if that is what counts now."""
    spoken = None if said is None else said.spoken
    if said is None or spoken is None or said.revision not in (filing.last, filing.in_force):
        return at
    voice = VoiceState.UNSIGNED
    if said.reply in commitment.SIGNED:
        voice = VoiceState.DISPUTED if said.reply is Reply.DISPUTED else VoiceState.SIGNED
    shown = spoken if names_persons else Spoken(spoken_at_ms=spoken.spoken_at_ms)
    return msgspec.structs.replace(at, voice=voice, spoken=shown)


def _told(value: Coordination | Commitment) -> tuple[str, ...]:
    if isinstance(value, Commitment):
        return value.told_to
    return () if value.telling is None else value.telling.to


def _at(name: str, filing: Filing, said: Answered | None, *, is_told: bool) -> AtAuthority:
    protects = name in filing.in_force_with
    if filing.phase is not Phase.IDLE and name in filing.asked_of:
        return _asked(name, filing, protects=protects)
    is_newest = said is not None and said.revision == filing.last > filing.in_force
    if said is not None and is_newest and said.reply in _NO:
        state = CrossingState.ACCEPTED if protects else CrossingState.REJECTED
        if said.reply is Reply.COUNTERED:
            state = CrossingState.REVISED_COUNTERED if protects else CrossingState.COUNTERED
        return AtAuthority(
            authority=name,
            state=state,
            is_confirmed=protects,
            reason=said.reason or _reason(said),
            counter=said.counter,
        )
    if protects:
        return AtAuthority(authority=name, state=CrossingState.ACCEPTED, is_confirmed=True)
    return AtAuthority(authority=name, state=CrossingState.NOTIFIED if is_told else CrossingState.CANCELLED)


def _asked(name: str, filing: Filing, *, protects: bool) -> AtAuthority:
    """The state of one that is asked, and has not said no."""
    has_heard = name in filing.heard
    if name in filing.by_voice:
        return AtAuthority(authority=name, state=CrossingState.ACCEPTED)
    if filing.phase is Phase.CONFIRMING:
        return AtAuthority(authority=name, state=CrossingState.ACCEPTED, is_confirmed=has_heard)
    if has_heard:
        return AtAuthority(authority=name, state=CrossingState.ACCEPTED)
    return AtAuthority(authority=name, state=CrossingState.REVISED if protects else CrossingState.REQUESTED)


def _reason(said: Answered) -> Reason | None:
    """Why, where the reply itself says it: what it accepted had lapsed when it was to be confirmed."""
    return Reason.TIME_PAST if said.reply is Reply.NOT_HELD else None


_NO = (Reply.COUNTERED, Reply.REJECTED, Reply.NOT_HELD, Reply.DISPUTED)
