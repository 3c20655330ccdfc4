"""Closures: sky that this USS closes for drones, told to the DSS as constraints of F3548-21.

A closure bounds drones alone and holds no crewed flight. As an operation, it is decided here first, then
written to the DSS, then confirmed; until then, what is and what is asked both count.
"""

from datetime import datetime

import msgspec

from mamarr.discovery.envelopes import Envelope, us_of
from mamarr.discovery.forms import ENTITY_ID
from mamarr.faults import Reason, Refusal, limit_reached, present, unreachable
from mamarr.names import FREE_TEXT, Author, matched
from mamarr.operations import deliveries
from mamarr.operations.deliveries import About, DeliveryDue
from mamarr.operations.forms import is_door
from mamarr.operations.operations import Reference, Told
from mamarr.operations.volumes import VERTICES_MAX, VOLUMES_MAX, Volume, ends_us, vertices_count

CLOSURES_MAX = 20_000  # chosen: as many zones as a file of a continent has
GEOZONE_BYTES_MAX = 65_536  # chosen: conditions of 10,000 characters in four bytes each, and as much again

# What it is


class Closed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is closed. kind: what for, such as `corridor`. geozone: a GeoZone of F3548-21, JSON; or none.

    ValueError when there are no volumes, too many, or too many corners.
    """

    volumes: tuple[Volume, ...]
    kind: str = ""
    geozone: str = ""

    def __post_init__(self) -> None:
        if not 0 < len(self.volumes) <= VOLUMES_MAX:
            raise ValueError(f"a constraint has 1 to {VOLUMES_MAX} volumes, not {len(self.volumes)}")
        if vertices_count(self.volumes) > VERTICES_MAX:
            raise ValueError(f"a constraint has at most {VERTICES_MAX} vertices")
        if self.kind:
            matched("kind", self.kind, FREE_TEXT)
        if len(self.geozone.encode()) > GEOZONE_BYTES_MAX:
            raise ValueError(f"a geozone has at most {GEOZONE_BYTES_MAX} bytes")


class ClosureChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of a closure and not confirmed yet. closed: None: that it ends."""

    closed: Closed | None = None
    extent: Envelope | None = None


class Closure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One constraint of this USS. entity_id: at the DSS.

    closed, extent, reference: as the DSS has it; None while it is not there yet. told: whom it said to tell
    last. change: asked and not confirmed.
    """

    entity_id: str
    closed: Closed | None = None
    extent: Envelope | None = None
    reference: Reference | None = None
    told: tuple[Told, ...] = ()
    change: ClosureChange | None = None


# What may be asked


class PublishClosure(msgspec.Struct, frozen=True, kw_only=True, tag="publish-closure"):
    """Close sky for drones, or close other sky than before. extent: of `closed`, as a DSS compares it."""

    entity_id: str
    closed: Closed
    extent: Envelope

    def __post_init__(self) -> None:
        matched("entity_id", self.entity_id, ENTITY_ID)


class WithdrawClosure(msgspec.Struct, frozen=True, kw_only=True, tag="withdraw-closure"):
    """Let a closure end: it is removed from the DSS."""

    entity_id: str

    def __post_init__(self) -> None:
        matched("entity_id", self.entity_id, ENTITY_ID)


class ConfirmClosure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="confirm-closure"):
    """The DSS has what was asked. reference: None where the closure ended. told: whom it says to tell."""

    entity_id: str
    reference: Reference | None = None
    told: tuple[Told, ...] = ()

    def __post_init__(self) -> None:
        matched("entity_id", self.entity_id, ENTITY_ID)


class AbandonClosure(msgspec.Struct, frozen=True, kw_only=True, tag="abandon-closure"):
    """The DSS does not have what was asked: the closure stays as it was."""

    entity_id: str

    def __post_init__(self) -> None:
        matched("entity_id", self.entity_id, ENTITY_ID)


Command = PublishClosure | WithdrawClosure | ConfirmClosure | AbandonClosure


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="closure"):
    """What the decision may rest on. party: the node's own. held: the closure. count: how many there are."""

    party: str
    held: Closure | None = None
    count: int = 0


# What may happen


class ClosureAsked(msgspec.Struct, frozen=True, kw_only=True, tag="closure-asked"):
    """The change may be made; it counts until the DSS has it or not."""

    entity_id: str
    change: ClosureChange


class ClosureConfirmed(msgspec.Struct, frozen=True, kw_only=True, tag="closure-confirmed"):
    """What was asked is so: the DSS has it."""

    entity_id: str
    reference: Reference
    told: tuple[Told, ...]


class ClosureAbandoned(msgspec.Struct, frozen=True, kw_only=True, tag="closure-abandoned"):
    """What was asked is not so."""

    entity_id: str


class ClosureEnded(msgspec.Struct, frozen=True, kw_only=True, tag="closure-ended"):
    """The closure is no more, here and at the DSS."""

    entity_id: str


Event = ClosureAsked | ClosureConfirmed | ClosureAbandoned | ClosureEnded

# What we answer


def decide(
    command: Command, facts: Facts, *, author: Author, now: datetime
) -> tuple[Event | DeliveryDue, ...] | Refusal:
    """Answer one command about one closure."""
    about, held = (command.entity_id,), facts.held
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS, because=about)
    match command:
        case PublishClosure():
            if ends_us(command.closed.volumes) < us_of(now):
                return Refusal(reason=Reason.TIME_PAST, because=about)
            if held is None and facts.count >= CLOSURES_MAX:
                return limit_reached("closures_max")
            change = ClosureChange(closed=command.closed, extent=command.extent)
            return (ClosureAsked(entity_id=command.entity_id, change=change),)
        case _ if held is None:
            return Refusal(reason=Reason.NOT_THERE, because=about)
        case WithdrawClosure():
            return (ClosureAsked(entity_id=command.entity_id, change=ClosureChange()),)
        case _ if held.change is None:
            return Refusal(reason=Reason.WRONG_STATUS, because=about)
        case ConfirmClosure():
            return _confirmed(command, held, held.change, us_of(now))
        case AbandonClosure():
            return (ClosureAbandoned(entity_id=command.entity_id),)
        case _:
            unreachable(command)


def _confirmed(
    command: ConfirmClosure, held: Closure, change: ClosureChange, now_us: int
) -> tuple[Event | DeliveryDue, ...] | Refusal:
    """What was asked is so: who is to be told."""
    reference = command.reference
    if (reference is None) != (change.closed is None):
        return Refusal(reason=Reason.WRONG_STATUS, because=(command.entity_id,))
    at = reference or held.reference
    due = tuple(
        deliveries.due(
            command.entity_id,
            0 if at is None else at.version,
            number,
            told.uss_base_url,
            told.subscriptions,
            now_us,
            about=About.CLOSURE,
        )
        for number, told in enumerate(command.told)  # this USS too: it may fly there
    )
    if reference is None:
        return (ClosureEnded(entity_id=command.entity_id), *due)
    return (ClosureConfirmed(entity_id=command.entity_id, reference=reference, told=command.told), *due)


# How it changes


def evolve(value: Closure | None, event: Event) -> Closure | None:
    """The closure after `event`."""
    match event:
        case ClosureAsked():
            held = value or Closure(entity_id=event.entity_id)
            return msgspec.structs.replace(held, change=event.change)
        case ClosureConfirmed():
            held = present(value, "what is confirmed was asked")
            change = present(held.change, "what is confirmed was asked")
            return Closure(
                entity_id=event.entity_id,
                closed=change.closed,
                extent=change.extent,
                reference=event.reference,
                told=event.told,
            )
        case ClosureAbandoned():
            held = present(value, "what is abandoned was asked")
            return None if held.reference is None else msgspec.structs.replace(held, change=None)
        case ClosureEnded():
            return None
        case _:
            unreachable(event)
