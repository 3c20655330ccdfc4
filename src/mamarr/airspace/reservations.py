"""Reservations: a party holds a part of the sky for a time. The pattern for every other noun.

The plan and the real time are two things. The phase says where the plan stands: who waits is IN_QUEUE and
holds nothing; EARMARKED sky is held until its holder accepts it or the earmark lapses by this node's clock;
ALLOCATED sky is the holder's for its window. That alone never makes it active. The status says what is so
now, by the holder's reports: PENDING is announced before each activation, also when two follow each other at
once; from ACTIVE or IN_USE only a report leads back. The clock alone frees nothing: past its end, what was
not reported clear is OVERRUN and still held.

Where other authorities decide too, its sky is earmarked here while they are asked. What they confirmed they
protect until this node says that it is over; what is said to them is in `flights.reserving`.

Names: EUROCONTROL AIRM 1.0.0, CodeStatusAirspaceType (AVBL_FOR_ACTIVATION, ACTIVE, IN_USE, INACTIVE) and
CodeAirspaceReservationPhaseType (IN_QUEUE, EARMARKED, ALLOCATED); PENDING as in LARA's activation messages.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from mamarr.airspace import commitment
from mamarr.airspace.commitment import Agreed, Answered, AskedOf, Commitment, Filing
from mamarr.airspace.movements import Movement, passed_over
from mamarr.airspace.occupancy import Standing, Touching
from mamarr.faults import (
    BECAUSE_MAX,
    InvariantError,
    Reason,
    Refusal,
    invariant,
    limit_reached,
    present,
    unreachable,
)
from mamarr.geometry import Box, Volume, footprints
from mamarr.geometry.units import epoch_ms
from mamarr.geometry.volumes import TIME_LAST_MS, volumes_of_box
from mamarr.names import FREE_TEXT, OBJECT_ID, Author, Personal, matched

RESERVATIONS_PER_PARTY_MAX = 10_000  # chosen: a large exercise has hundreds; bounds what one party can fill
WAITING_PER_PARTY_MAX = 20  # chosen: each is tried again whenever sky becomes free, before others
PROVISIONAL_PER_PARTY_MAX = 20  # chosen: earmarks a party may have open; more would hoard sky without asking
PROVISIONAL_LIMIT = "provisional_per_party_max"  # what a refusal calls it
RENEWAL_WAIT_MS = 10 * 60_000  # chosen: a lapsed earmark counts against the quota for so long
EARMARK_LAPSE_MS = 15 * 60_000  # chosen: time for a person to read and accept; then the next may have it
PENDING_LEAD_MAX_MS = 3_600_000  # chosen: an hour; what is announced earlier is forgotten when it comes
REGIONS_MAX = 200  # chosen: a large exercise has dozens of parts; one query for each
VERTICES_MAX = 10_000  # chosen: of all regions together, as of one footprint: under a second to check

# What it is


class Status(StrEnum):
    """What is so now in a reserved volume."""

    AVBL_FOR_ACTIVATION = "AVBL_FOR_ACTIVATION"
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    IN_USE = "IN_USE"
    INACTIVE = "INACTIVE"


OCCUPIED = frozenset({Status.ACTIVE, Status.IN_USE})


class Phase(StrEnum):
    """Where the plan stands."""

    IN_QUEUE = "IN_QUEUE"
    EARMARKED = "EARMARKED"
    ALLOCATED = "ALLOCATED"


class Reservation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A part of the sky that one party holds or waits for.

    volume: the sky, when it is one box; else regions. movement: what was declared, when regions are what it
    passes over; regions alone count. contact: whom to ask about it. activations_count: so far.
    user_keeps_clear: its user keeps the whole minimum from its edge, so that others may come up to the edge.
    queued_at_ms: since when it waits or waited; lapses_at_ms: when its earmark is dead. asked_at_ms: when it
    was asked for; None where that was not kept yet. is_overrun_noted: the record says that it overran;
    touching: what it came too near to then. coordination: None where no other authority was ever concerned.
    The defaults are what was so before there were such fields.
    """

    reservation_id: str
    holder: str
    volume: Box | None = None
    contact: Personal = None
    status: Status = Status.AVBL_FOR_ACTIVATION
    activations_count: int = 0
    regions: tuple[Volume, ...] = ()
    movement: Movement | None = None
    user_keeps_clear: bool = True
    phase: Phase = Phase.ALLOCATED
    queued_at_ms: int | None = None
    lapses_at_ms: int | None = None
    asked_at_ms: int | None = None
    is_overrun_noted: bool = False
    touching: tuple[Touching, ...] = ()
    coordination: Commitment | None = None


def time_start_ms(value: Reservation) -> int:
    """When its window begins: that of the box, or of the earliest region."""
    return _span_ms(value.volume, value.regions)[0]


def time_end_ms(value: Reservation) -> int:
    """When its window ends: that of the box, or of the latest region."""
    return _span_ms(value.volume, value.regions)[1]


def asked_at_ms(value: Reservation) -> int | None:
    """When it was asked for; None where that was not kept yet."""
    return value.queued_at_ms if value.asked_at_ms is None else value.asked_at_ms


def is_over(value: Reservation, now_ms: int) -> bool:
    """Whether its window or its earmark has passed and nobody is in it: it holds nothing any more."""
    return value.status not in OCCUPIED and (time_end_ms(value) <= now_ms or is_lapsed(value, now_ms))


def is_overrun(value: Reservation, now_ms: int) -> bool:
    """Whether its window has passed and nobody reported it clear: it holds its sky until that report."""
    return value.status in OCCUPIED and time_end_ms(value) <= now_ms


def is_lapsed(value: Reservation, now_ms: int) -> bool:
    """Whether it was earmarked and not accepted in time: dead by comparison, whoever says so later.

    While others confirm it, it does not lapse.
    """
    return value.phase == Phase.EARMARKED and value.lapses_at_ms is not None and value.lapses_at_ms <= now_ms


def is_in_force(value: Reservation) -> bool:
    """Whether every other authority whose acceptance it needs has confirmed it."""
    return value.coordination is None or value.coordination.filing.in_force > 0


def is_given_up(value: Reservation, now_ms: int) -> bool:
    """Whether this node asks others no longer, as too much time has passed."""
    coordination = value.coordination
    return coordination is not None and coordination.until_ms is not None and coordination.until_ms <= now_ms


def is_done_with(value: Reservation, now_ms: int, agreed: Agreed | None) -> bool:
    """Whether others are asked no longer, or hold what is over: they end that by our word alone."""
    known = value.coordination
    is_kept_there = known is not None and bool(commitment.everybody(known)) and is_over(value, now_ms)
    return is_kept_there or is_given_up(value, now_ms) or commitment.is_stopped(known, agreed)


def holds(value: Reservation, now_ms: int) -> bool:
    """Whether it holds its sky as seen now: neither waiting nor over."""
    return value.phase != Phase.IN_QUEUE and not is_over(value, now_ms)


def held_box(value: Reservation, now_ms: int) -> Box | None:
    """The sky and time that it holds as seen now, when that is one box: for an OVERRUN without end."""
    if value.volume is None or not holds(value, now_ms):
        return None
    if not is_overrun(value, now_ms):
        return value.volume
    return msgspec.structs.replace(value.volume, time_end_ms=TIME_LAST_MS)


def held_volumes(value: Reservation, now_ms: int) -> tuple[Volume, ...]:
    """The sky and time that it holds as seen now: none when it holds nothing, for an OVERRUN without end.

    Of one that is active or in use, a region whose time has passed is kept without end: whoever is late may
    be in it still. A box becomes the tiles of `volumes_of_box`. Cost: grows with the box; nothing is kept.
    """
    box = held_box(value, now_ms)
    if box is not None:
        return volumes_of_box(box)
    if not holds(value, now_ms):
        return ()
    if value.status not in OCCUPIED:
        return value.regions
    return tuple(
        region if region.time_end_ms > now_ms else msgspec.structs.replace(region, time_end_ms=TIME_LAST_MS)
        for region in value.regions
    )


def changes_at_ms(value: Reservation, now_ms: int) -> int | None:
    """When, after `now_ms`, the clock next changes what `held_volumes` answers; None if it does not."""
    ends = (region.time_end_ms for region in value.regions) if value.status in OCCUPIED else ()
    moments = (time_end_ms(value), value.lapses_at_ms, *ends)
    return min((moment for moment in moments if moment is not None and moment > now_ms), default=None)


def queue_place(value: Reservation) -> tuple[int, str]:
    """What the queue is ordered by: when it was entered; for one moment, before rules 5, the id."""
    return present(value.queued_at_ms, "who waits was entered once"), value.reservation_id


def _span_ms(volume: Box | None, regions: tuple[Volume, ...]) -> tuple[int, int]:
    parts = regions if volume is None else (volume,)
    invariant(bool(parts), "a reservation without sky")
    return min(part.time_start_ms for part in parts), max(part.time_end_ms for part in parts)


class Action(StrEnum):
    """What the holder may be offered to do."""

    ACCEPT = "ACCEPT"
    PEND = "PEND"
    ACTIVATE = "ACTIVATE"
    REPORT_IN_USE = "REPORT_IN_USE"
    REPORT_NOT_IN_USE = "REPORT_NOT_IN_USE"
    DEACTIVATE = "DEACTIVATE"
    RELEASE = "RELEASE"


# What may be asked


class _OfOne(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    reservation_id: str

    def __post_init__(self) -> None:
        matched("reservation_id", self.reservation_id, OBJECT_ID)


class Reserve(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reserve"):
    """Ask for sky: one box, or 1 to REGIONS_MAX regions, or what a movement passes over; exactly one of them.

    contact: whom to ask about it, up to 200 characters. user_keeps_clear: as of `Reservation`. waits: queue
    when the sky is not free. provisional: earmark the sky only, to be accepted later. ValueError otherwise,
    and when the regions have more than VERTICES_MAX vertices together.
    """

    reservation_id: str
    volume: Box | None = None
    contact: Personal = None
    regions: tuple[Volume, ...] = ()
    movement: Movement | None = None
    user_keeps_clear: bool = True
    waits: bool = False
    provisional: bool = False

    def __post_init__(self) -> None:
        matched("reservation_id", self.reservation_id, OBJECT_ID)
        if self.contact is not None:
            matched("contact", self.contact, FREE_TEXT)
        given = (self.volume is not None, bool(self.regions), self.movement is not None)
        if sum(given) != 1:
            raise ValueError("exactly one of volume, regions and movement is asked for")
        if len(self.regions) > REGIONS_MAX:
            raise ValueError(f"more than {REGIONS_MAX} regions")
        vertices = sum(len(region.footprint.vertices) for region in self.regions) // footprints.VERTEX_BYTES
        if vertices > VERTICES_MAX:
            raise ValueError(f"the regions have {vertices} vertices together; {VERTICES_MAX} are allowed")


class Release(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="release"):
    """Give a held volume back."""


class Pend(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="pend"):
    """Announce that the volume is about to become active."""


class Activate(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="activate"):
    """Report the volume active, as announced."""


class ReportUse(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="report-use"):
    """Report that an active volume is in use, or for now is not."""

    is_in_use: bool


class Deactivate(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="deactivate"):
    """Report the volume clear, or take the announcement back."""


class Expire(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="expire"):
    """Forget a reservation whose window or earmark has passed unoccupied; asked by a rule of the node."""


class Earmark(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="earmark"):
    """Earmark the sky for who waits for it, as it has become free; asked by a rule of the node."""


class NoteOverrun(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="note-overrun"):
    """Note that a reservation is still occupied past its end; asked by a rule of the node."""


class StopAsking(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="stop-asking"):
    """Ask other authorities no longer, or give back what is needed no more; asked by a rule of the node."""


class Accept(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="accept"):
    """Take what is earmarked."""


Report = Pend | Activate | ReportUse | Deactivate
Command = Reserve | Release | Report | Accept | Expire | Earmark | NoteOverrun | StopAsking
BY_RULE = (Expire, Earmark, NoteOverrun, StopAsking)  # asked by a rule of the node, and by nobody else


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reservation"):
    """What the decision may rest on; filled by `engine.facts`, kept in the entry.

    held: the reservation of this id, if there is one. overlapping: what others and the asker hold that meets
    the asked volume, at most BECAUSE_MAX, in the order of their ids; for an activation: what is occupied in
    the same sky now; for an earmark: what is in the way of who waits. standing: what of another kind is, or
    of another authority.
    held_by_party_count: how many the asker holds or waits for. provisional_by_party_count: how many earmarks
    the asker, or who waits, has that are not forgotten yet. waiting_by_party_count: how many the asker has in
    the queue. node_party: the node's own party. is_withheld: something is in the way of what is asked for,
    and none of it may the asker know to exist. over_until_ms: until when its party is over
    `Terms.given_up_max`. touching: what an overrun, whose sky has no end, comes nearer to than the minima.
    last_place_ms: the last place in the queue, as `queue_place` has it; 0 where nobody waits. agreed: what is
    agreed with other authorities; None where nothing is. asked_of: those whose acceptance what is asked for
    needs, in the order of their names. asked_next: those that would be needed by an agreement that is
    proposed and not in force yet. is_unallotted: nobody decides on a part. said_as: its name to others.
    """

    held: Reservation | None = None
    overlapping: tuple[Reservation, ...] = ()
    standing: tuple[Standing, ...] = ()
    held_by_party_count: int = 0
    provisional_by_party_count: int = 0
    waiting_by_party_count: int = 0
    node_party: str = ""
    is_withheld: bool = False
    over_until_ms: int | None = None
    touching: tuple[Touching, ...] = ()
    last_place_ms: int = 0
    agreed: Agreed | None = None
    asked_of: tuple[AskedOf, ...] = ()
    asked_next: tuple[str, ...] = ()
    is_unallotted: bool = False
    said_as: str = commitment.UNSAID


# What may happen


class Reserved(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reserved"):
    """The sky is the holder's. regions: what counts, also where a movement is said."""

    reservation_id: str
    holder: str
    volume: Box | None = None
    contact: Personal = None
    regions: tuple[Volume, ...] = ()
    movement: Movement | None = None
    user_keeps_clear: bool = True
    asked_at_ms: int | None = None


class Queued(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="queued"):
    """The holder has a place in the queue for the sky, from `queued_at_ms` on, and holds nothing yet.

    Who enters it in the same moment as another has the millisecond after that one's.
    """

    reservation_id: str
    holder: str
    queued_at_ms: int
    volume: Box | None = None
    contact: Personal = None
    regions: tuple[Volume, ...] = ()
    movement: Movement | None = None
    user_keeps_clear: bool = True


class Earmarked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="earmarked"):
    """The sky is held for who waited for it, until `lapses_at_ms` by the clock of this node."""

    reservation_id: str
    lapses_at_ms: int


class Allocated(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="allocated"):
    """What was earmarked is accepted: the sky is the holder's."""

    reservation_id: str


class Released(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="released"):
    """The volume is nobody's again."""

    reservation_id: str


class Pended(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="pended"):
    """The volume is about to become active."""

    reservation_id: str


class Activated(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="activated"):
    """The volume is active."""

    reservation_id: str


class UseReported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="use-reported"):
    """The active volume is in use, or for now is not."""

    reservation_id: str
    is_in_use: bool


class Deactivated(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="deactivated"):
    """The volume is clear."""

    reservation_id: str


class Expired(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="expired"):
    """The reservation is forgotten: its window or its earmark passed and nobody was in it."""

    reservation_id: str


class OverrunNoted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="overrun-noted"):
    """The reservation is still occupied past its end; its sky, without end now, comes too near to these."""

    reservation_id: str
    touching: tuple[Touching, ...] = ()


class ReservationCoordinated(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reservation-coordinated"
):
    """Other authorities were asked or told, or one answered. Fields: as of `Reservation`, as they are now.

    given_back: revisions that are given back by this, with those who may protect them.
    """

    reservation_id: str
    coordination: Commitment
    lapses_at_ms: int | None = None
    given_back: tuple[tuple[str, int], ...] = ()


Event = (
    Reserved
    | Released
    | Pended
    | Activated
    | UseReported
    | Deactivated
    | Expired
    | Queued
    | Earmarked
    | Allocated
    | OverrunNoted
    | ReservationCoordinated
)


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer one command about one reservation. Never raises; says no prose."""
    now_ms = epoch_ms(now)
    if isinstance(command, Reserve):
        return _reserve(command, facts, author=author, now_ms=now_ms)
    may = author.rule is not None if isinstance(command, BY_RULE) else is_holder(facts.held, author)
    if facts.held is None or not may:
        # One answer for not-there and not-yours, so that ids cannot be probed (THREATS 6).
        return Refusal(reason=Reason.NOT_THERE, because=(command.reservation_id,))
    refused = _untimely(command, facts, now_ms=now_ms)
    if refused is not None:
        limit = PROVISIONAL_LIMIT if refused is Reason.LIMIT_REACHED else None
        return Refusal(reason=refused, because=_because(refused, facts), limit=limit)
    held = facts.held
    match command:
        case Earmark() if facts.asked_of or _unasked(facts) is not None:
            return _unasked(facts) or _asking(held.reservation_id, facts, is_taken=False, now_ms=now_ms)
        case StopAsking():
            return (given_up(held, now_ms),)
        case NoteOverrun() if held.coordination is not None:
            return (_event(command, facts, now_ms=now_ms), _told(held, held.coordination, now_ms))
        case _:
            return (_event(command, facts, now_ms=now_ms),)


def is_in_the_way(facts: Facts) -> bool:
    """Whether anything stands in the way of what is asked."""
    return bool(facts.overlapping or facts.standing)


def asked_regions(command: Reserve) -> tuple[Volume, ...]:
    """The regions asked for: none for a box, for a movement what it passes over.

    ValueError when the shapes make no sense. Cost: as of `footprints.checked` and `tolerance.swept`.
    """
    moved = command.movement
    if moved is None:
        for region in command.regions:
            footprints.checked(region.footprint)
        return command.regions
    return passed_over(moved)


def is_holder(held: Reservation | None, author: Author) -> bool:
    """Whether `author` speaks for the party that holds it."""
    return held is not None and held.holder == author.party


def actions(value: Reservation, now: datetime) -> tuple[Action, ...]:
    """What its holder may do now, others' occupation of the same sky apart."""
    facts, now_ms, name = Facts(held=value), epoch_ms(now), value.reservation_id
    offers: tuple[tuple[Action, Command], ...] = (
        (Action.ACCEPT, Accept(reservation_id=name)),
        (Action.PEND, Pend(reservation_id=name)),
        (Action.ACTIVATE, Activate(reservation_id=name)),
        (Action.REPORT_IN_USE, ReportUse(reservation_id=name, is_in_use=True)),
        (Action.REPORT_NOT_IN_USE, ReportUse(reservation_id=name, is_in_use=False)),
        (Action.DEACTIVATE, Deactivate(reservation_id=name)),
        (Action.RELEASE, Release(reservation_id=name)),
    )
    return tuple(action for action, command in offers if _untimely(command, facts, now_ms=now_ms) is None)


def _reserve(command: Reserve, facts: Facts, *, author: Author, now_ms: int) -> tuple[Event, ...] | Refusal:
    name = command.reservation_id
    if facts.held is not None:
        return Refusal(reason=Reason.ID_TAKEN, because=(name,))
    try:
        regions = asked_regions(command)
    except ValueError:  # an answer, not an error: what asks is a stranger's
        return Refusal(reason=Reason.BAD_GEOMETRY, because=(name,))
    if _span_ms(command.volume, regions)[1] <= now_ms:
        return Refusal(reason=Reason.TIME_PAST, because=(name,))
    if facts.held_by_party_count >= RESERVATIONS_PER_PARTY_MAX:
        return limit_reached("reservations_per_party_max")
    if facts.over_until_ms is not None:  # before anything is said of the sky
        return limit_reached("given_up_max", free_at_ms=facts.over_until_ms)
    if (unasked := _unasked(facts)) is not None:
        return unasked
    is_taken = is_in_the_way(facts)
    if is_taken and not command.waits:
        return Refusal(reason=Reason.VOLUME_HELD, because=_because(Reason.VOLUME_HELD, facts))
    if is_taken and facts.waiting_by_party_count >= WAITING_PER_PARTY_MAX:
        return limit_reached("waiting_per_party_max")
    asked: dict[str, Any] = {
        "reservation_id": name,
        "holder": author.party,
        "volume": command.volume,
        "contact": command.contact,
        "regions": regions,
        "movement": command.movement,
        "user_keeps_clear": command.user_keeps_clear,
    }
    if not is_taken and not command.provisional and not facts.asked_of:
        return (Reserved(**asked, asked_at_ms=now_ms),)
    queued = Queued(**asked, queued_at_ms=max(now_ms, facts.last_place_ms + 1))
    if is_taken:
        return (queued,)
    if command.provisional and facts.provisional_by_party_count >= PROVISIONAL_PER_PARTY_MAX:
        return limit_reached(PROVISIONAL_LIMIT)
    if facts.asked_of:
        return (queued, *_asking(name, facts, is_taken=not command.provisional, now_ms=now_ms))
    return (queued, Earmarked(reservation_id=name, lapses_at_ms=now_ms + EARMARK_LAPSE_MS))


# --- with other authorities -------------------------------------------------------------------------------


def _unasked(facts: Facts) -> Refusal | None:
    """Why others cannot be asked for it, or nobody can; None where nobody need be, or all can."""
    known = {each.authority for each in facts.asked_of}
    not_asked = tuple(each for each in facts.asked_next if each not in known)
    if not_asked:  # who could not be asked yet may be admitting something there
        return Refusal(reason=Reason.OTHER_AUTHORITY, because=not_asked[:BECAUSE_MAX])
    if facts.is_unallotted:
        return Refusal(reason=Reason.UNALLOTTED)
    return commitment.unaskable(facts.asked_of, facts.agreed)


def _asking(
    name: str, facts: Facts, *, is_taken: bool, now_ms: int
) -> tuple[Earmarked, ReservationCoordinated]:
    """Its sky is kept here, and all others are asked at once."""
    agreed = present(facts.agreed, "others are asked by an agreement")
    asked = commitment.begun(facts.asked_of, agreed, said_as=facts.said_as, is_taken=is_taken, now_ms=now_ms)
    return (
        Earmarked(reservation_id=name, lapses_at_ms=now_ms + agreed.lapse_ms),
        ReservationCoordinated(reservation_id=name, coordination=asked, lapses_at_ms=asked.until_ms),
    )


def heard(held: Reservation, said: Answered, *, lapse_ms: int, now_ms: int) -> tuple[Event, ...]:
    """What follows from an authority's reply: nothing, where it is old or of something else.

    lapse_ms: how long the others' acceptances wait to be confirmed.
    """
    before = held.coordination
    if before is None:
        return ()
    is_late = is_given_up(held, now_ms) or is_over(held, now_ms)
    found = commitment.answered(before, said, is_late=is_late)
    if found is None:
        return ()
    known, after = found
    changed = followed(held, known, after, lapse_ms=lapse_ms, now_ms=now_ms)
    is_had = after.in_force > before.filing.in_force and before.is_taken
    return (changed, Allocated(reservation_id=held.reservation_id)) if is_had else (changed,)


def handed_over(held: Reservation, to: tuple[str, ...], said_as: str, now_ms: int) -> ReservationCoordinated:
    """Others are told of it that were not asked for it, as they would be by what is agreed next."""
    return _told(held, held.coordination or commitment.alone_from(said_as, now_ms), now_ms, *to)


def _told(held: Reservation, known: Commitment, now_ms: int, *more: str) -> ReservationCoordinated:
    """All others that hold something for it are told how it is, and `more`."""
    return ReservationCoordinated(
        reservation_id=held.reservation_id,
        coordination=commitment.told(known, more, now_ms),
        lapses_at_ms=held.lapses_at_ms,
    )


def given_up(held: Reservation, now_ms: int) -> ReservationCoordinated:
    """Nobody is asked any longer; when it is over, all is given back."""
    coordination = present(held.coordination, "looked at before")
    ended = commitment.withdrawn if is_over(held, now_ms) else commitment.abandoned
    return followed(held, coordination, ended(coordination.filing), lapse_ms=1, now_ms=now_ms)


def followed(
    held: Reservation, coordination: Commitment, after: Filing, *, lapse_ms: int, now_ms: int
) -> ReservationCoordinated:
    """What follows when the filing becomes `after`. coordination: before, but for the answers."""
    then = commitment.followed(
        coordination, after, is_over=is_over(held, now_ms), lapse_ms=lapse_ms, now_ms=now_ms
    )
    lapses_at_ms = held.lapses_at_ms
    if held.phase is Phase.EARMARKED:
        was = coordination.filing
        lapses_at_ms = commitment.lapses_at_ms(was, after, lapses_at_ms, EARMARK_LAPSE_MS, now_ms)
    return ReservationCoordinated(
        reservation_id=held.reservation_id,
        coordination=then,
        lapses_at_ms=lapses_at_ms,
        given_back=after.given_back,
    )


def _untimely(command: Command, facts: Facts, *, now_ms: int) -> Reason | None:
    """Why the status or the time does not allow `command` on what is held; None when they do."""
    held = present(facts.held, "looked at before")
    start_ms, end_ms = _span_ms(held.volume, held.regions)
    status = held.status
    match command:
        case StopAsking():
            return None if is_done_with(held, now_ms, facts.agreed) else Reason.NOT_YET
        case Accept() | Earmark():
            return _unplanned(command, facts, now_ms=now_ms)
        case Pend() | Activate() if held.phase != Phase.ALLOCATED:
            return Reason.WRONG_STATUS
        case Release() if status in OCCUPIED:
            return Reason.WRONG_STATUS
        case Pend() | Activate() if end_ms <= now_ms:
            return Reason.TIME_PAST
        case Pend() if status not in (Status.AVBL_FOR_ACTIVATION, Status.INACTIVE):
            return Reason.WRONG_STATUS
        case Pend() if now_ms < start_ms - PENDING_LEAD_MAX_MS:
            return Reason.NOT_YET
        case Activate() if status != Status.PENDING:
            return Reason.WRONG_STATUS
        case Activate() if now_ms < start_ms:
            return Reason.NOT_YET
        case Activate() if is_in_the_way(facts):
            return Reason.VOLUME_HELD
        case ReportUse() if status != (Status.ACTIVE if command.is_in_use else Status.IN_USE):
            return Reason.WRONG_STATUS
        case Deactivate() if status not in (*OCCUPIED, Status.PENDING):
            return Reason.WRONG_STATUS
        case Expire() if not is_over(held, now_ms):
            return Reason.NOT_YET
        case NoteOverrun() if not is_overrun(held, now_ms) or held.is_overrun_noted:
            return Reason.NOT_YET
        case _:
            return None


def _unplanned(command: Accept | Earmark, facts: Facts, *, now_ms: int) -> Reason | None:
    """Why the phase or the time does not allow it; None when they do."""
    held = present(facts.held, "looked at before")
    wanted = Phase.EARMARKED if isinstance(command, Accept) else Phase.IN_QUEUE
    if held.phase != wanted:
        return Reason.WRONG_STATUS
    if is_over(held, now_ms):
        return Reason.TIME_PAST
    if isinstance(command, Accept):
        return None if is_in_force(held) else Reason.WRONG_STATUS
    if is_in_the_way(facts):
        return Reason.VOLUME_HELD
    if facts.provisional_by_party_count >= PROVISIONAL_PER_PARTY_MAX:
        return Reason.LIMIT_REACHED
    return None


def _event(command: Command, facts: Facts, *, now_ms: int) -> Event:
    name = command.reservation_id
    match command:
        case Release():
            return Released(reservation_id=name)
        case Pend():
            return Pended(reservation_id=name)
        case Activate():
            return Activated(reservation_id=name)
        case ReportUse():
            return UseReported(reservation_id=name, is_in_use=command.is_in_use)
        case Deactivate():
            return Deactivated(reservation_id=name)
        case Expire():
            return Expired(reservation_id=name)
        case Earmark():
            return Earmarked(reservation_id=name, lapses_at_ms=now_ms + EARMARK_LAPSE_MS)
        case Accept():
            return Allocated(reservation_id=name)
        case NoteOverrun():
            return OverrunNoted(reservation_id=name, touching=facts.touching)
        case _:
            raise InvariantError(f"{command} has its own way")


def _because(reason: Reason, facts: Facts) -> tuple[str, ...]:
    if reason == Reason.VOLUME_HELD:
        ids = (
            *(held.reservation_id for held in facts.overlapping),
            *(each.object_id for each in facts.standing),
        )
        return tuple(dict.fromkeys(ids))[:BECAUSE_MAX]
    return (present(facts.held, "looked at before").reservation_id,)


# How it changes


def evolve(value: Reservation | None, event: Event) -> Reservation | None:
    """The reservation after `event`; None when it is no more. Stops when the two contradict each other."""
    if isinstance(event, Reserved | Queued):
        invariant(value is None, "reserved twice")
        return Reservation(
            **msgspec.structs.asdict(event),
            phase=Phase.IN_QUEUE if isinstance(event, Queued) else Phase.ALLOCATED,
        )
    before = present(value, f"{type(event).__name__} of what nobody holds")
    match event:
        case Earmarked():
            invariant(before.phase == Phase.IN_QUEUE, "earmarked without having waited")
            return msgspec.structs.replace(before, phase=Phase.EARMARKED, lapses_at_ms=event.lapses_at_ms)
        case Allocated():
            invariant(before.phase == Phase.EARMARKED, "accepted without an earmark")
            return msgspec.structs.replace(before, phase=Phase.ALLOCATED, lapses_at_ms=None)
        case ReservationCoordinated():
            return msgspec.structs.replace(
                before, coordination=event.coordination, lapses_at_ms=event.lapses_at_ms
            )
        case Released() | Expired():
            invariant(before.status not in OCCUPIED, "given back while occupied")
            return None
        case OverrunNoted():
            invariant(before.status in OCCUPIED, "an overrun that nobody is in")
            return msgspec.structs.replace(before, is_overrun_noted=True, touching=event.touching)
        case _:
            return msgspec.structs.replace(before, **_reported(before, event))


def _reported(
    before: Reservation, event: Pended | Activated | UseReported | Deactivated
) -> dict[str, Status | int]:
    """What a report changes."""
    invariant(before.phase == Phase.ALLOCATED, "a report about sky that is not allocated")
    match event:
        case Pended():
            invariant(before.status in (Status.AVBL_FOR_ACTIVATION, Status.INACTIVE), "announced twice")
            return {"status": Status.PENDING}
        case Activated():
            invariant(before.status == Status.PENDING, "activated without an announcement of its own")
            return {"status": Status.ACTIVE, "activations_count": before.activations_count + 1}
        case UseReported():
            invariant(before.status in OCCUPIED, "in use without being active")
            return {"status": Status.IN_USE if event.is_in_use else Status.ACTIVE}
        case Deactivated():
            invariant(
                before.status in (*OCCUPIED, Status.PENDING), "cleared without being active or announced"
            )
            return {"status": Status.INACTIVE}
        case _:
            unreachable(event)
