"""Reservations: a party holds a volume of sky for a time. The pattern for every other noun.

The plan and the real time are two things. A reservation that was admitted is allocated to its holder for
its window; that alone never makes it active. Its status says what is so now, by the holder's reports: PENDING
is announced before each activation, also when two follow each other at once; from ACTIVE or IN_USE only a
report leads back. The clock alone frees nothing: past its end, what was not reported clear is OVERRUN and
still held.

Names: EUROCONTROL AIRM 1.0.0, CodeStatusAirspaceType (AVBL_FOR_ACTIVATION, ACTIVE, IN_USE, INACTIVE); PENDING
as in LARA's activation messages.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.faults import BECAUSE_MAX, InvariantError, Reason, Refusal, invariant, present, unreachable
from mamarr.geometry import Box
from mamarr.geometry.units import epoch_ms
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.names import FREE_TEXT, OBJECT_ID, Author, Personal, matched

RESERVATIONS_PER_PARTY_MAX = 10_000  # chosen: a large exercise has hundreds; bounds what one party can fill
PENDING_LEAD_MAX_MS = 3_600_000  # chosen: an hour; what is announced earlier is forgotten when it comes

# What it is


class Status(StrEnum):
    """What is so now in a reserved volume."""

    AVBL_FOR_ACTIVATION = "AVBL_FOR_ACTIVATION"
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    IN_USE = "IN_USE"
    INACTIVE = "INACTIVE"


OCCUPIED = frozenset({Status.ACTIVE, Status.IN_USE})


class Reservation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A volume of sky that one party holds. contact: whom to ask about it. activations_count: so far."""

    reservation_id: str
    holder: str
    volume: Box
    contact: Personal = None
    status: Status = Status.AVBL_FOR_ACTIVATION
    activations_count: int = 0


def is_over(value: Reservation, now_ms: int) -> bool:
    """Whether its window has passed and nobody is in it: it holds nothing any more."""
    return value.status not in OCCUPIED and value.volume.time_end_ms <= now_ms


def is_overrun(value: Reservation, now_ms: int) -> bool:
    """Whether its window has passed and nobody reported it clear: it holds its sky until that report."""
    return value.status in OCCUPIED and value.volume.time_end_ms <= now_ms


def held_box(value: Reservation, now_ms: int) -> Box:
    """The sky and time that it holds as seen now: for an OVERRUN without end."""
    if not is_overrun(value, now_ms):
        return value.volume
    return msgspec.structs.replace(value.volume, time_end_ms=TIME_LAST_MS)


class Action(StrEnum):
    """What the holder may be offered to do."""

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
    """Ask for a volume. contact: whom to ask about it, up to 200 characters."""

    reservation_id: str
    volume: Box
    contact: Personal = None

    def __post_init__(self) -> None:
        matched("reservation_id", self.reservation_id, OBJECT_ID)
        if self.contact is not None:
            matched("contact", self.contact, FREE_TEXT)


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
    """Forget a reservation whose window has passed unoccupied; asked by a rule of the node."""


Command = Reserve | Release | Pend | Activate | ReportUse | Deactivate | Expire


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reservation"):
    """What the decision may rest on; filled by `engine.facts`, kept in the entry.

    held: the reservation of this id, if there is one. overlapping: what others and the asker hold that meets
    the asked volume, at most BECAUSE_MAX, in the order of their ids; for an activation: what is occupied in
    the same sky now. held_by_party_count: how many the asker holds.
    """

    held: Reservation | None = None
    overlapping: tuple[Reservation, ...] = ()
    held_by_party_count: int = 0


# What may happen


class Reserved(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reserved"):
    """The volume is the holder's."""

    reservation_id: str
    holder: str
    volume: Box
    contact: Personal = None


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
    """The reservation is forgotten: its window passed and nobody was in it."""

    reservation_id: str


Event = Reserved | Released | Pended | Activated | UseReported | Deactivated | Expired


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer one command about one reservation. Never raises; says no prose."""
    if isinstance(command, Reserve):
        return _reserve(command, facts, author=author, now_ms=epoch_ms(now))
    # Forgetting is for the node's rule alone, everything else for the holder alone.
    may = author.rule is not None if isinstance(command, Expire) else is_holder(facts.held, author)
    if facts.held is None or not may:
        # One answer for not-there and not-yours, so that ids cannot be probed (THREATS 6).
        return Refusal(reason=Reason.NOT_THERE, because=(command.reservation_id,))
    refused = _untimely(command, facts, now_ms=epoch_ms(now))
    return (
        (_event(command),) if refused is None else Refusal(reason=refused, because=_because(refused, facts))
    )


def is_holder(held: Reservation | None, author: Author) -> bool:
    """Whether `author` speaks for the party that holds it."""
    return held is not None and held.holder == author.party


def actions(value: Reservation, now: datetime) -> tuple[Action, ...]:
    """What its holder may do now, others' occupation of the same sky apart."""
    facts, now_ms, name = Facts(held=value), epoch_ms(now), value.reservation_id
    offers: tuple[tuple[Action, Command], ...] = (
        (Action.PEND, Pend(reservation_id=name)),
        (Action.ACTIVATE, Activate(reservation_id=name)),
        (Action.REPORT_IN_USE, ReportUse(reservation_id=name, is_in_use=True)),
        (Action.REPORT_NOT_IN_USE, ReportUse(reservation_id=name, is_in_use=False)),
        (Action.DEACTIVATE, Deactivate(reservation_id=name)),
        (Action.RELEASE, Release(reservation_id=name)),
    )
    return tuple(action for action, command in offers if _untimely(command, facts, now_ms=now_ms) is None)


def _reserve(
    command: Reserve, facts: Facts, *, author: Author, now_ms: int
) -> tuple[Reserved, ...] | Refusal:
    if facts.held is not None:
        return Refusal(reason=Reason.ID_TAKEN, because=(command.reservation_id,))
    if command.volume.time_end_ms <= now_ms:
        return Refusal(reason=Reason.TIME_PAST, because=(command.reservation_id,))
    if facts.held_by_party_count >= RESERVATIONS_PER_PARTY_MAX:
        return Refusal(reason=Reason.LIMIT_REACHED)
    if facts.overlapping:
        return Refusal(reason=Reason.VOLUME_HELD, because=_because(Reason.VOLUME_HELD, facts))
    reserved = Reserved(
        reservation_id=command.reservation_id,
        holder=author.party,
        volume=command.volume,
        contact=command.contact,
    )
    return (reserved,)


def _untimely(command: Command, facts: Facts, *, now_ms: int) -> Reason | None:
    """Why the status or the time does not allow `command` on what is held; None when they do."""
    held = present(facts.held, "looked at before")
    window, status = held.volume, held.status
    match command:
        case Release() if status in OCCUPIED:
            return Reason.WRONG_STATUS
        case Pend() | Activate() if window.time_end_ms <= now_ms:
            return Reason.TIME_PAST
        case Pend() if status not in (Status.AVBL_FOR_ACTIVATION, Status.INACTIVE):
            return Reason.WRONG_STATUS
        case Pend() if now_ms < window.time_start_ms - PENDING_LEAD_MAX_MS:
            return Reason.NOT_YET
        case Activate() if status != Status.PENDING:
            return Reason.WRONG_STATUS
        case Activate() if now_ms < window.time_start_ms:
            return Reason.NOT_YET
        case Activate() if facts.overlapping:
            return Reason.VOLUME_HELD
        case ReportUse() if status != (Status.ACTIVE if command.is_in_use else Status.IN_USE):
            return Reason.WRONG_STATUS
        case Deactivate() if status not in (*OCCUPIED, Status.PENDING):
            return Reason.WRONG_STATUS
        case Expire() if not is_over(held, now_ms):
            return Reason.NOT_YET
        case _:
            return None


def _event(command: Command) -> Event:
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
        case _:
            raise InvariantError(f"{command} has its own way")


def _because(reason: Reason, facts: Facts) -> tuple[str, ...]:
    if reason == Reason.VOLUME_HELD:
        return tuple(held.reservation_id for held in facts.overlapping[:BECAUSE_MAX])
    return (present(facts.held, "looked at before").reservation_id,)


# How it changes


def evolve(value: Reservation | None, event: Event) -> Reservation | None:
    """The reservation after `event`; None when it is no more. Stops when the two contradict each other."""
    if isinstance(event, Reserved):
        invariant(value is None, "reserved twice")
        return Reservation(
            reservation_id=event.reservation_id,
            holder=event.holder,
            volume=event.volume,
            contact=event.contact,
        )
    before = present(value, f"{type(event).__name__} of what nobody holds")
    match event:
        case Released() | Expired():
            invariant(before.status not in OCCUPIED, "given back while occupied")
            return None
        case Pended():
            invariant(before.status in (Status.AVBL_FOR_ACTIVATION, Status.INACTIVE), "announced twice")
            return msgspec.structs.replace(before, status=Status.PENDING)
        case Activated():
            invariant(before.status == Status.PENDING, "activated without an announcement of its own")
            count = before.activations_count + 1
            return msgspec.structs.replace(before, status=Status.ACTIVE, activations_count=count)
        case UseReported():
            invariant(before.status in OCCUPIED, "in use without being active")
            status = Status.IN_USE if event.is_in_use else Status.ACTIVE
            return msgspec.structs.replace(before, status=status)
        case Deactivated():
            invariant(
                before.status in (*OCCUPIED, Status.PENDING), "cleared without being active or announced"
            )
            return msgspec.structs.replace(before, status=Status.INACTIVE)
        case _:
            unreachable(event)
