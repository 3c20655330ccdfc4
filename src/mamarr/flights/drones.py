"""What drones plan, as our own USS says it of a DSS and of other USSs: KNOWN, not admitted.

It is looked at when a crewed flight is planned, and stops nobody who flies already or whom no limit keeps
waiting: those the drones have to leave for, as the bridge's constraint tells them. What is heard later takes
nothing back. Whose drone it is, is not kept: nobody here is told it.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.airspace import declarations
from mamarr.airspace.occupancy import Touching
from mamarr.faults import Reason, Refusal, invariant, limit_reached, present
from mamarr.geometry import Volume
from mamarr.geometry.footprints import VERTEX_BYTES
from mamarr.geometry.units import epoch_ms
from mamarr.names import OBJECT_ID, Author, matched

HEARD, FORGOTTEN = "hear-drones", "forget-drones"  # the rules of the node that ask
DRONES_MAX = 1_000  # chosen: intents along the corridors of one authority at once, some 1 kB each
VOLUMES_MAX = 100  # as many as an intent of F3548-21 has
VERTICES_MAX = 1_000  # chosen: of one intent; 8 kB of an entry. One with more is not known

# What it is


class DroneState(StrEnum):
    """Where the drone's flight stands, in the words of F3548-21."""

    ACCEPTED = "ACCEPTED"
    ACTIVATED = "ACTIVATED"
    NONCONFORMING = "NONCONFORMING"
    CONTINGENT = "CONTINGENT"


class Drones(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An operational intent of drones. heard_ms: since when it is known so.

    touching: the flights that it met when it was heard; none of them gives way for it.
    """

    intent_id: str
    state: DroneState
    volumes: tuple[Volume, ...]
    heard_ms: int
    touching: tuple[Touching, ...] = ()


def end_ms(value: Drones) -> int:
    """When the last of its volumes ends."""
    return max(each.time_end_ms for each in value.volumes)


# What may be asked


class _OfOne(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    intent_id: str

    def __post_init__(self) -> None:
        matched("intent_id", self.intent_id, OBJECT_ID)


class NoteDrones(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="note-drones"):
    """Note that an intent is this one from now on."""

    state: DroneState
    volumes: tuple[Volume, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.volumes) <= VOLUMES_MAX:
            raise ValueError(f"an operational intent has 1 to {VOLUMES_MAX} volumes, not {len(self.volumes)}")
        vertices_count = sum(len(each.footprint.vertices) for each in self.volumes) // VERTEX_BYTES
        if vertices_count > VERTICES_MAX:
            raise ValueError(f"an operational intent has at most {VERTICES_MAX} vertices")


class ForgetDrones(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="forget-drones"):
    """Note that an intent is no more."""


Command = NoteDrones | ForgetDrones


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="drones"):
    """What the decision may rest on. party: the node's own. held: of this id. count: how many are known.

    touching: the flights that it meets.
    """

    party: str
    held: Drones | None = None
    count: int = 0
    touching: tuple[Touching, ...] = ()


# What may happen


class DronesNoted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="drones-noted"):
    """Drones plan this."""

    drones: Drones


class DronesForgotten(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="drones-forgotten"):
    """They plan it no more, or it is over."""

    intent_id: str


Event = DronesNoted | DronesForgotten


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event] | Refusal:
    """Answer one command about one intent. Never raises; says no prose."""
    if author.party != facts.party or author.rule not in (HEARD, FORGOTTEN):
        return Refusal(reason=Reason.NOT_YOURS)
    if isinstance(command, ForgetDrones):
        if facts.held is None:
            return Refusal(reason=Reason.NOT_THERE, because=(command.intent_id,))
        return (DronesForgotten(intent_id=command.intent_id),)
    if facts.held is None and facts.count >= DRONES_MAX:
        return limit_reached("drones_max")
    noted = Drones(
        intent_id=command.intent_id,
        state=command.state,
        volumes=command.volumes,
        heard_ms=epoch_ms(now),
        touching=facts.touching,
    )
    if end_ms(noted) <= noted.heard_ms:
        return Refusal(reason=Reason.TIME_PAST, because=(command.intent_id,))
    shapes = (each.footprint for each in command.volumes)
    return declarations.misshapen(command.intent_id, *shapes) or (DronesNoted(drones=noted),)


# How it changes


def evolve(value: Drones | None, event: Event) -> Drones | None:
    """What is known of the intent after `event`. Stops when the two contradict each other."""
    if isinstance(event, DronesNoted):
        return event.drones
    held = present(value, "forgotten without being known")
    invariant(held.intent_id == event.intent_id, "another is forgotten")
    return None
