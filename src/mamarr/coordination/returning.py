"""What neighbours return to each other where a line between them begins anew: one may have forgotten.

A node whose record was set back has forgotten what it accepted for others, and what they accepted for it. Its
peers have not. Where two persons join the nodes again, each side says what it has of the other's, then that
this was all; a side that was not set back also says how it is with what the other has, or should have, of its
own. What was being asked when the line ended is given up on both sides. Reasons: decisions/0035-returning.md.
"""

from collections.abc import Iterator

import msgspec

from mamarr.airspace import Reservation, commitment, reservations
from mamarr.airspace.commitment import Phase
from mamarr.airspace.occupancy import Kind
from mamarr.coordination.agreements import HandedOver
from mamarr.coordination.channels import ChannelBegun, ChannelReturned
from mamarr.faults import present
from mamarr.flights import asking, errands, flights, reserving
from mamarr.flights.asking import STATE_VALID_MS
from mamarr.flights.errands import (
    AgreementReady,
    AllReturned,
    CrossingGiveBack,
    CrossingHeld,
    ErrandKept,
    FlightState,
    SuspensionTold,
)
from mamarr.flights.flights import CoordinationChanged, Withdrawn
from mamarr.flights.holding import Coordination, Flight, Telling

Own = Flight | Reservation
Changed = CoordinationChanged | Withdrawn | reservations.Event | ErrandKept

# --- the line begins anew ---------------------------------------------------------------------------------


class Unanswered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A revision that the peer asks for, and may have forgotten."""

    crossing_id: str
    revision: int


class Return(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a node has to say to `party` when the line begins anew.

    is_set_back: whether its own record was, and the peer has not said all yet. asked: what it is asking of
    the peer. told: of its own, what the peer has or should have; each with all who are told. words: what it
    has of the peer's. unanswered: of the peer's, what waits to be answered or confirmed. ready: digests of
    what it agreed. edition: of what is in force. is_kept: whether messages of the line before are still kept.
    suspensions: what it did to the agreement last, and the peer did, as words.
    """

    party: str
    is_set_back: bool = False
    asked: tuple[HandedOver, ...] = ()
    told: tuple[HandedOver, ...] = ()
    words: tuple[CrossingHeld, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    ready: tuple[str, ...] = ()
    edition: int = 0
    is_kept: bool = False
    suspensions: tuple[SuspensionTold, ...] = ()


def begun(peer: str, key: str, given: Return, now_ms: int) -> Iterator[ChannelBegun | Changed]:
    """What happens when the line begins anew."""
    yield ChannelBegun(peer=peer, key=key, begun_ms=now_ms, is_returning=given.is_set_back)
    changed: dict[tuple[Kind, str], Own] = {}
    for each in given.asked:
        own = _own(each)
        for event in _given_up(own, now_ms):
            yield event
            changed[_name(own)] = _after(changed.get(_name(own), own), event)
    for each in () if given.is_set_back else given.told:
        own = changed.get(_name(_own(each)), _own(each))
        yield from _told(own, each, now_ms)
    words = [msgspec.structs.replace(each, is_set_back=given.is_set_back) for each in given.words]
    yield from errands.kept(errands.errand(given.party, each, STATE_VALID_MS) for each in words)
    for digest in given.ready:
        word = AgreementReady(digest=digest)
        yield ErrandKept(errand=errands.errand(given.party, word, STATE_VALID_MS))
    yield from errands.kept(errands.errand(given.party, each, STATE_VALID_MS) for each in given.suspensions)
    all_said = AllReturned(edition=given.edition, is_set_back=given.is_set_back)
    yield ErrandKept(errand=errands.errand(given.party, all_said, STATE_VALID_MS))


def _own(each: HandedOver) -> Own:
    return each.flight or present(each.reservation, "one of the two")


def _name(own: Own) -> tuple[Kind, str]:
    if isinstance(own, Flight):
        return Kind.FLIGHT, own.flight_id
    return Kind.RESERVATION, own.reservation_id


def _given_up(own: Own, now_ms: int) -> Iterator[Changed]:
    """It is asked no longer, of anybody."""
    if isinstance(own, Reservation):
        yield from reserving.given_up(own, now_ms)
    elif own.coordination is not None:
        followed = asking.given_up(own, own.coordination, now_ms=now_ms)
        yield _changed(own, followed.coordination, followed)
        yield from errands.kept(iter(followed.errands))


def _changed(
    own: Flight, coordination: Coordination, then: asking.Followed | None = None
) -> CoordinationChanged:
    return CoordinationChanged(
        flight_id=own.flight_id,
        coordination=coordination,
        stage=own.stage if then is None else then.stage,
        lapses_at_ms=own.lapses_at_ms if then is None else then.lapses_at_ms,
    )


def _after(own: Own, event: Changed) -> Own:
    if isinstance(event, ErrandKept):
        return own
    after = (
        flights.evolve(own, event)  # type: ignore[arg-type]
        if isinstance(own, Flight)
        else reserving.evolve(own, event)  # type: ignore[arg-type]
    )
    return own if after is None else after


def _told(own: Own, each: HandedOver, now_ms: int) -> Iterator[Changed]:
    """Who may have forgotten it is told how it is."""
    if isinstance(own, Reservation):
        yield from reserving.handed_over(own, each.to, said_as=each.said_as, now_ms=now_ms)
        return
    for said in asking.handed_over(own, each.to, said_as=each.said_as, now_ms=now_ms):
        yield _changed(own, said) if isinstance(said, Coordination) else ErrandKept(errand=said)


# --- what the peer returns --------------------------------------------------------------------------------


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a decision about a returned word rests on.

    is_returning: whether our record was set back, and the peer has not said all yet. begun_ms: when the line
    began anew. unsaid: of ours, what the peer did not say that it has as we do, each with all who are told.
    stale: crossings of the peer of which it said nothing since.
    """

    is_returning: bool = False
    begun_ms: int = 0
    unsaid: tuple[HandedOver, ...] = ()
    stale: tuple[str, ...] = ()


def is_of(word: CrossingHeld, own: Own | None) -> bool:
    """Whether `own` is what the word is about."""
    return own is not None and own.coordination is not None and own.coordination.filed_ms == word.filed_ms


def is_as_here(word: CrossingHeld, own: Own, authority: str) -> bool:
    """Whether an authority has what we have: what is in force with it, and the newest that it was told."""
    coordination = own.coordination
    if coordination is None or coordination.filing.phase is not Phase.IDLE:
        return False
    filing = coordination.filing
    in_force = (filing.in_force,) if authority in filing.in_force_with else ()
    return word.revisions == in_force and word.number == _number(own, authority)


def _is_otherwise(word: CrossingHeld, own: Own, authority: str) -> bool:
    """Whether the authority has not heard all that we said of it, or heard what we have forgotten since."""
    if own.coordination is None:
        return False
    filing = own.coordination.filing
    is_lost = authority in filing.in_force_with and filing.in_force not in word.revisions
    return is_lost or word.number != _number(own, authority)


def _number(own: Own, authority: str) -> int:
    if isinstance(own, Flight):
        telling = None if own.coordination is None else own.coordination.telling
        return telling.number if telling is not None and authority in telling.to else 0
    known = own.coordination
    return known.told_number if known is not None and authority in known.told_to else 0


def is_known_to(own: Own, authority: str) -> bool:
    """Whether an authority protects it for good, or was told of it, as far as we know."""
    coordination = own.coordination
    if coordination is None:
        return False
    if isinstance(coordination, Coordination):
        told = () if coordination.telling is None else coordination.telling.to
    else:
        told = coordination.told_to
    return authority in coordination.filing.in_force_with or authority in told


def is_used(own: Own) -> bool:
    """Whether somebody is in its sky: it does not end before that ends."""
    if isinstance(own, Flight):
        return own.is_airborne
    return own.status in reservations.OCCUPIED


def is_said(own: Own, authority: str, begun_ms: int) -> bool:
    """Whether the authority said, since the line began anew at `begun_ms`, that it has it as we do."""
    coordination = own.coordination
    return coordination is not None and any(
        each.authority == authority and each.since_ms == begun_ms for each in coordination.returned
    )


def numbered(word: CrossingHeld, own: Own, authority: str, known: Known) -> Iterator[Changed]:
    """What we know of ours after the word: which numbers were used, and whether it is as the peer has it."""
    if own.coordination is None or not known.is_returning:
        return
    returned = own.coordination.returned
    stays = (is_used(own) or word.is_set_back) and not _is_otherwise(word, own, authority)
    if stays or is_as_here(word, own, authority):
        returned = commitment.with_returned(returned, authority, known.begun_ms)
    changes = {
        "filing": commitment.numbered(own.coordination.filing, word.asked),
        "returned": returned,
    }
    if isinstance(own, Flight):
        telling = _telling(word, own)
        yield _changed(own, msgspec.structs.replace(own.coordination, telling=telling, **changes))
        return
    number = max(own.coordination.told_number, word.number)
    yield reservations.ReservationCoordinated(
        reservation_id=own.reservation_id,
        coordination=msgspec.structs.replace(own.coordination, told_number=number, **changes),
        lapses_at_ms=own.lapses_at_ms,
    )


def _telling(word: CrossingHeld, own: Flight) -> Telling | None:
    """What the flight was told, with a number that no later word has had."""
    coordination = present(own.coordination, "looked at before")
    telling = coordination.telling
    if telling is None and word.number:
        first_ms = own.plan.route[0].time_ms
        telling = Telling(number=0, to=(), revision=coordination.filing.in_force, first_ms=first_ms)
    if telling is None:
        return None
    return msgspec.structs.replace(telling, number=max(telling.number, word.number))


def swept(word: AllReturned, authority: str, known: Known, now_ms: int) -> Iterator[Changed]:
    """What becomes of ours that the peer did not say that it has as we do.

    Nobody is in it: it was ended, or changed, after our record was made; what the peer has of it is held.
    Else the peer is told of it; and also where the peer itself has forgotten.
    """
    for each in known.unsaid:
        own = _own(each)
        if is_used(own) or word.is_set_back:
            yield from _told(_marked(own, authority, known.begun_ms), each, now_ms)
        elif isinstance(own, Flight):
            yield Withdrawn(flight_id=own.flight_id)
            yield from errands.kept(asking.withdrawn(own))
        else:
            yield from reserving.ended(own)


def _marked(own: Own, authority: str, begun_ms: int) -> Own:
    """It, as what the authority is told now."""
    change, known = msgspec.structs.replace, own.coordination
    returned = commitment.with_returned(() if known is None else known.returned, authority, begun_ms)
    if isinstance(own, Flight):
        if own.coordination is None:
            return own
        return change(own, coordination=change(own.coordination, returned=returned))
    if own.coordination is None:
        return own
    return change(own, coordination=change(own.coordination, returned=returned))


class ReturnedBy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Who returned it. revisions, number: as of `CrossingHeld`."""

    authority: str
    revisions: tuple[int, ...] = ()
    number: int = 0


def ended(
    by: tuple[ReturnedBy, ...],
    ours: HandedOver | None,
    now_ms: int,
    *,
    object_id: str,
    filed_ms: int,
    kind: Kind,
) -> Iterator[Changed]:
    """What is said when a person of ours knows that what was returned is over: to all who returned it.

    ours: what we have of the same flight or reservation, where we do: then only what others have beside that
    is over, and they are told how it is.
    """
    own = None if ours is None else _own(ours)
    in_force = 0 if own is None or own.coordination is None else own.coordination.filing.in_force
    for each in by:
        for revision in each.revisions:
            if own is None or revision != in_force:
                back = CrossingGiveBack(object_id=object_id, filed_ms=filed_ms, kind=kind, revision=revision)
                yield ErrandKept(errand=errands.errand(each.authority, back, asking.GIVE_BACK_VALID_MS))
    if own is not None and ours is not None:
        yield from _told(own, ours, now_ms)
        return
    for each in by:
        over = FlightState(
            object_id=object_id, filed_ms=filed_ms, kind=kind, number=each.number + 1, is_over=True
        )
        yield ErrandKept(errand=errands.errand(each.authority, over, STATE_VALID_MS))


def all_returned(peer: str, word: AllReturned, known: Known) -> Iterator[ChannelReturned]:
    """The peer has said all, and nothing is left to be done about it."""
    if known.is_returning:
        yield ChannelReturned(peer=peer, edition=word.edition)
