"""Reservations: a party holds a volume of sky for a time. The pattern for every other noun."""

from datetime import datetime

import msgspec

from mamarr.faults import BECAUSE_MAX, Reason, Refusal, invariant, unreachable
from mamarr.geometry import Box
from mamarr.geometry.units import epoch_ms
from mamarr.names import FREE_TEXT, OBJECT_ID, Author, Personal, matched

RESERVATIONS_PER_PARTY_MAX = 10_000  # chosen: a large exercise has hundreds; bounds what one party can fill

# What it is


class Reservation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A volume of sky that one party holds. contact: whom to ask about it."""

    reservation_id: str
    holder: str
    volume: Box
    contact: Personal = None


# What may be asked


class Reserve(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reserve"):
    """Ask for a volume. contact: whom to ask about it, up to 200 characters."""

    reservation_id: str
    volume: Box
    contact: Personal = None

    def __post_init__(self) -> None:
        matched("reservation_id", self.reservation_id, OBJECT_ID)
        if self.contact is not None:
            matched("contact", self.contact, FREE_TEXT)


class Release(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="release"):
    """Give a held volume back."""

    reservation_id: str

    def __post_init__(self) -> None:
        matched("reservation_id", self.reservation_id, OBJECT_ID)


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reservation"):
    """What the decision may rest on; filled by `engine.facts`, kept in the entry.

    held: the reservation of this id, if there is one. overlapping: held volumes that meet the asked one, at
    most BECAUSE_MAX of them, in the order of their ids. held_by_party_count: how many the asker holds.
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


# What we answer


def decide(
    command: Reserve | Release, facts: Facts, *, author: Author, now: datetime
) -> tuple[Reserved | Released, ...] | Refusal:
    """Answer one command about one reservation. Never raises; says no prose."""
    match command:
        case Reserve():
            return _reserve(command, facts, author=author, now=now)
        case Release() if facts.held is None or facts.held.holder != author.party:
            # One answer for not-there and not-yours, so that ids cannot be probed (THREATS 6).
            return Refusal(reason=Reason.NOT_THERE, because=(command.reservation_id,))
        case Release():
            return (Released(reservation_id=command.reservation_id),)
        case _:
            unreachable(command)


def _reserve(
    command: Reserve, facts: Facts, *, author: Author, now: datetime
) -> tuple[Reserved, ...] | Refusal:
    if facts.held is not None:
        return Refusal(reason=Reason.ID_TAKEN, because=(command.reservation_id,))
    if command.volume.time_end_ms <= epoch_ms(now):
        return Refusal(reason=Reason.TIME_PAST, because=(command.reservation_id,))
    if facts.held_by_party_count >= RESERVATIONS_PER_PARTY_MAX:
        return Refusal(reason=Reason.LIMIT_REACHED)
    if facts.overlapping:
        named = tuple(held.reservation_id for held in facts.overlapping[:BECAUSE_MAX])
        return Refusal(reason=Reason.VOLUME_HELD, because=named)
    reserved = Reserved(
        reservation_id=command.reservation_id,
        holder=author.party,
        volume=command.volume,
        contact=command.contact,
    )
    return (reserved,)


# How it changes


def evolve(value: Reservation | None, event: Reserved | Released) -> Reservation | None:
    """The reservation after `event`; None when it is no more."""
    match event:
        case Reserved():
            invariant(value is None, "reserved twice")
            return Reservation(
                reservation_id=event.reservation_id,
                holder=event.holder,
                volume=event.volume,
                contact=event.contact,
            )
        case Released():
            invariant(value is not None, "released what nobody holds")
            return None
        case _:
            unreachable(event)
