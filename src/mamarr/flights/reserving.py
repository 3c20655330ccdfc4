"""Reservations, and what is said of them to other authorities that decide on part of their sky.

The rules of a reservation are `airspace.reservations`, which know no messages. What is said follows from
what changes: here, and nowhere else.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from mamarr.airspace import Reservation, commitment, reservations
from mamarr.airspace.commitment import Agreed, Answered, AskedOf, Commitment, Filing, Phase
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.reservations import (
    Earmark,
    Event,
    Expired,
    Facts,
    Released,
    ReservationCoordinated,
    Reserve,
)
from mamarr.faults import Refusal, limit_reached, present
from mamarr.flights import coarser, errands
from mamarr.flights.asking import GIVE_BACK_VALID_MS, STATE_VALID_MS
from mamarr.flights.crossings import Content
from mamarr.flights.errands import (
    CrossingConfirm,
    CrossingGiveBack,
    CrossingRequest,
    Errand,
    ErrandKept,
    FlightState,
    errand,
)
from mamarr.flights.protection import Protected
from mamarr.geometry import Volume
from mamarr.geometry.volumes import volumes_of_box
from mamarr.names import Author

Command = reservations.Command
evolve = reservations.evolve

Outcome = tuple[Event | ErrandKept, ...] | Refusal


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> Outcome:
    """Answer one command about one reservation. Never raises; says no prose."""
    outcome = reservations.decide(command, facts, author=author, now=now)
    if isinstance(outcome, Refusal):
        return outcome
    is_asked = facts.asked_of and isinstance(command, Reserve | Earmark)
    after = _after(facts.held, outcome)
    if is_asked and after is not None and not errands.are_short(content(after, knows_who=True).volumes):
        return limit_reached("volumes_bytes_max")
    return (*outcome, *errands.kept(_said(facts.held, outcome, facts.agreed, facts.asked_of)))


def heard(held: Reservation, said: Answered, *, lapse_ms: int, now_ms: int) -> tuple[Event | ErrandKept, ...]:
    """What follows from an authority's reply: nothing, where it is old or of something else."""
    events = reservations.heard(held, said, lapse_ms=lapse_ms, now_ms=now_ms)
    confirming = Agreed(digest="", answer_within_ms=lapse_ms, lapse_ms=lapse_ms)
    return (*events, *errands.kept(_said(held, events, confirming, ())))


def spoken(
    held: Reservation, said: Answered, after: Filing, *, lapse_ms: int, now_ms: int
) -> tuple[Event | ErrandKept, ...]:
    """What follows from what an authority said by telephone. after: what the filing is by it.

    It stays earmarked: its holder has it when all have signed.
    """
    before = present(held.coordination, "who is asked is known by it")
    known = msgspec.structs.replace(before, answers=commitment.with_answer(before.answers, said))
    events = (reservations.followed(held, known, after, lapse_ms=lapse_ms, now_ms=now_ms),)
    confirming = Agreed(digest="", answer_within_ms=lapse_ms, lapse_ms=lapse_ms)
    return (*events, *errands.kept(_said(held, events, confirming, ())))


def handed_over(
    held: Reservation, to: tuple[AskedOf, ...], *, said_as: str, now_ms: int
) -> Iterator[Event | ErrandKept]:
    """What others are told of it that were not asked for it, as they would be by what is agreed next."""
    names = tuple(each.authority for each in to)
    event = reservations.handed_over(held, names, said_as, now_ms)
    yield event
    yield from errands.kept(_said(held, (event,), None, to))


def given_up(held: Reservation, now_ms: int) -> tuple[Event | ErrandKept, ...]:
    """Nobody is asked for it any longer."""
    events = (reservations.given_up(held, now_ms),)
    return (*events, *errands.kept(_said(held, events, None, ())))


def ended(held: Reservation) -> tuple[Event | ErrandKept, ...]:
    """It is given back here and by all others."""
    events = (Released(reservation_id=held.reservation_id),)
    return (*events, *errands.kept(_said(held, events, None, ())))


def content(value: Reservation, *, knows_who: bool) -> Content:
    """What others are asked for, or told of. knows_who: whether they may know whose it is."""
    regions = value.regions if value.volume is None else volumes_of_box(value.volume)
    return Content(
        kind=Kind.RESERVATION,
        party=value.holder if knows_who else "",
        volumes=tuple(_kept(each) for each in regions),
        user_keeps_clear=value.user_keeps_clear,
        box=value.volume,
    )


def _kept(volume: Volume) -> Protected:
    return Protected(volume=volume, leg=0)


def _after(before: Reservation | None, events: Iterable[Event]) -> Reservation | None:
    value = before
    for event in events:
        value = evolve(value, event)
    return value


def _said(
    before: Reservation | None, events: Iterable[Event], agreed: Agreed | None, of: tuple[AskedOf, ...]
) -> Iterator[Errand]:
    """What is to be said of what happens. agreed, of: where others are asked, what is agreed and who."""
    value = before
    for event in events:
        then = evolve(value, event)
        if isinstance(event, ReservationCoordinated):
            known = present(then, "what is coordinated is there")
            yield from _coordinated(value, known, event, agreed, of)
        elif isinstance(event, Released | Expired):
            held = present(value, "what ends was there")
            if held.coordination is not None:
                yield from _ended(held.coordination)
        value = then


def _coordinated(
    before: Reservation | None,
    after: Reservation,
    event: ReservationCoordinated,
    agreed: Agreed | None,
    of: tuple[AskedOf, ...],
) -> Iterator[Errand]:
    known = Commitment(said_as=event.coordination.said_as, filed_ms=event.coordination.filed_ms)
    if before is not None and before.coordination is not None:
        known = before.coordination
    then, name = event.coordination, event.coordination.said_as
    knows_who = {each.authority: each.knows_who for each in of}
    if then.filing.phase is Phase.ASKING and known.filing.phase is Phase.IDLE:
        by = present(agreed, "others are asked by an agreement")
        for each in of:
            request = CrossingRequest(
                kind=Kind.RESERVATION,
                object_id=name,
                filed_ms=then.filed_ms,
                revision=then.filing.last,
                digest=by.digest,
                content=content(after, knows_who=each.knows_who),
            )
            yield errand(each.authority, request, by.answer_within_ms)
    for authority in commitment.to_confirm(known.filing, then.filing):
        confirm = CrossingConfirm(
            kind=Kind.RESERVATION,
            object_id=name,
            filed_ms=then.filed_ms,
            revision=then.filing.last,
        )
        yield errand(authority, confirm, present(agreed, "by an agreement").lapse_ms)
    yield from _given_back(name, then.filed_ms, event.given_back)
    if then.told_number > known.told_number:
        for authority in then.told_to:
            word = _state(after, then, knows_who=knows_who.get(authority, False))
            yield errand(authority, word, STATE_VALID_MS)
    elif known.told_to and not then.told_to:
        yield from _over(known)


def _state(value: Reservation, known: Commitment, *, knows_who: bool) -> FlightState:
    """How it is with one that nobody can refuse any more; it ends by our word, never by its time."""
    said = content(value, knows_who=knows_who)
    if not errands.are_short(said.volumes):
        said = msgspec.structs.replace(said, volumes=coarser.covered(said.volumes), box=None)
    return FlightState(
        kind=Kind.RESERVATION,
        object_id=known.said_as,
        filed_ms=known.filed_ms,
        number=known.told_number,
        revision=known.filing.in_force,
        ends_by_word=True,
        content=said,
    )


def _ended(known: Commitment) -> Iterator[Errand]:
    """All that others may hold for it is given back."""
    back = commitment.withdrawn(known.filing).given_back
    yield from _given_back(known.said_as, known.filed_ms, back)
    yield from _over(known)


def _given_back(name: str, filed_ms: int, back: tuple[tuple[str, int], ...]) -> Iterator[Errand]:
    for authority, revision in back:
        word = CrossingGiveBack(kind=Kind.RESERVATION, object_id=name, filed_ms=filed_ms, revision=revision)
        yield errand(authority, word, GIVE_BACK_VALID_MS)


def _over(known: Commitment) -> Iterator[Errand]:
    for authority in known.told_to:
        word = FlightState(
            kind=Kind.RESERVATION,
            object_id=known.said_as,
            filed_ms=known.filed_ms,
            number=known.told_number + 1,
            is_over=True,
        )
        yield errand(authority, word, STATE_VALID_MS)
