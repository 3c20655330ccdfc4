"""Imposed sky: what is there without anybody's asking, such as a stranger, or an area that was moved.

It is never refused for what it meets; it blocks what is asked for later, and names what it comes near to.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.airspace.occupancy import Touching
from mamarr.faults import Reason, Refusal, invariant, limit_reached, present
from mamarr.geometry import Volume
from mamarr.names import FREE_TEXT, OBJECT_ID, Author, Personal, matched

IMPOSED_MAX = 5_000  # chosen: more than anybody can watch; beyond it the node says so
VOLUMES_MAX = 100

# What it is


class ImposedKind(StrEnum):
    """Why the sky is not free."""

    STRANGER = "STRANGER"
    MOVED_AREA = "MOVED_AREA"
    OTHER = "OTHER"


class Imposed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Sky that is not free. party: who said so. note: what is known, up to 200 characters."""

    imposed_id: str
    party: str
    kind: ImposedKind
    volumes: tuple[Volume, ...]
    note: Personal = None
    touching: tuple[Touching, ...] = ()


# What may be asked


class _OfOne(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    imposed_id: str

    def __post_init__(self) -> None:
        matched("imposed_id", self.imposed_id, OBJECT_ID)


class Impose(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="impose"):
    """Say that sky is not free; of an id in use, that it is other sky now."""

    kind: ImposedKind
    volumes: tuple[Volume, ...]
    note: Personal = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.volumes) <= VOLUMES_MAX:
            raise ValueError(f"what is imposed has 1 to {VOLUMES_MAX} volumes, not {len(self.volumes)}")
        if self.note is not None:
            matched("note", self.note, FREE_TEXT)


class Lift(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="lift"):
    """Say that the sky is free again."""


Command = Impose | Lift


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="imposed"):
    """What the decision may rest on. party: the node's own. held: what is imposed under this id. count: how
    many there are. touching: what the volumes come nearer to than the minima."""

    party: str
    held: Imposed | None = None
    count: int = 0
    touching: tuple[Touching, ...] = ()


# What may happen


class WasImposed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="was-imposed"):
    """The sky is not free."""

    imposed: Imposed


class Lifted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="lifted"):
    """The sky is free again."""

    imposed_id: str


Event = WasImposed | Lifted


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer one command about imposed sky. Never raises; says no prose."""
    del now
    if author.party != facts.party:
        return Refusal(reason=Reason.NOT_YOURS)
    match command:
        case Lift() if facts.held is None:
            return Refusal(reason=Reason.NOT_THERE, because=(command.imposed_id,))
        case Lift():
            return (Lifted(imposed_id=command.imposed_id),)
        case Impose() if facts.held is None and facts.count >= IMPOSED_MAX:
            return limit_reached("imposed_max")
        case Impose():
            imposed = Imposed(
                imposed_id=command.imposed_id,
                party=author.party,
                kind=command.kind,
                volumes=command.volumes,
                note=command.note,
                touching=facts.touching,
            )
            return (WasImposed(imposed=imposed),)


# How it changes


def evolve(value: Imposed | None, event: Event) -> Imposed | None:
    """What is imposed after `event`; None when it is lifted. Stops when the two contradict each other."""
    if isinstance(event, WasImposed):
        return event.imposed
    invariant(
        present(value, "lifted without being there").imposed_id == event.imposed_id, "another is lifted"
    )
    return None
