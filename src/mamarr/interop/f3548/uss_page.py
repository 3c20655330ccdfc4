"""What the page of our USS is told, once a second: all of it in one picture, which has an age.

Flights and constraints of our own are as the record has them. Those of others are what their USSs said last:
nobody asks for them anew before a flight is planned, so each has its own age, and they are not all there are.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mamarr.discovery import IntentState
from mamarr.interop.f3548 import uss_closures, uss_flights
from mamarr.interop.f3548.requests import Volume4DMessage
from mamarr.interop.f3548.uss_closures import ConstraintDetailsMessage
from mamarr.interop.f3548.uss_flights import AdvisoryMessage, FlightMessage, FlightSeen
from mamarr.interop.f3548.uss_writing import Object, volume_of
from mamarr.names import Mode
from mamarr.operations import Advisory, Closure, Known, KnownConstraint, volumes

AgeSeconds = Annotated[float, Meta(ge=0)]


class OthersFlightMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What another USS said last of one of its flights. age_s: since that was so."""

    id: str
    manager: str
    state: IntentState
    priority: int
    volumes: tuple[Volume4DMessage, ...]
    age_s: AgeSeconds


class OthersConstraintMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What another USS said last of one of its constraints. age_s: since that was so."""

    id: str
    manager: str
    kind: str
    volumes: tuple[Volume4DMessage, ...]
    age_s: AgeSeconds


class OwnConstraintMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A constraint of ours. details: as the DSS has it; null while it is not there.

    waits_for: what was asked for and is not sure yet, or null.
    """

    id: str
    version: int | None
    details: ConstraintDetailsMessage | None
    waits_for: Literal["Closed", "Ended"] | None


class UssPictureMessage(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page shows.

    may_plan, may_close: whether the person may. asks_for_constraints: whether this USS asks others for their
    constraints. flights: those that fly and begin soonest first; the counts are of all there are. others,
    others_constraints: those heard of last, first. advisories: the newest first.
    """

    at: datetime
    mode: Mode
    node_id: str
    party: str
    read_only: bool
    may_plan: bool
    may_close: bool
    asks_for_constraints: bool
    flights: tuple[FlightMessage, ...]
    flights_count: int
    others: tuple[OthersFlightMessage, ...]
    others_count: int
    constraints: tuple[OwnConstraintMessage, ...]
    constraints_count: int
    others_constraints: tuple[OthersConstraintMessage, ...]
    others_constraints_count: int
    advisories: tuple[AdvisoryMessage, ...]


class EndedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """It is ended, here and at the DSS."""

    ended: Literal[True] = True


class Heard(msgspec.Struct, frozen=True):
    """What another USS said of a flight or a constraint, and how long ago that was so."""

    known: Known | KnownConstraint
    age_s: float


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What of each kind is shown, and how many there are."""

    flights: Sequence[FlightSeen]
    flights_count: int
    others: Sequence[Heard]
    others_count: int
    closures: Sequence[Closure]
    closures_count: int
    constraints: Sequence[Heard]
    constraints_count: int
    advisories: Sequence[Advisory]
    asks_for_constraints: bool
    read_only: bool


def shown(parts: Parts) -> Object:
    """The parts of a picture."""
    return {
        "read_only": parts.read_only,
        "asks_for_constraints": parts.asks_for_constraints,
        "flights": [uss_flights.flight(each) for each in parts.flights],
        "flights_count": parts.flights_count,
        "others": [_others(each) for each in parts.others],
        "others_count": parts.others_count,
        "constraints": [_own(each) for each in parts.closures],
        "constraints_count": parts.closures_count,
        "others_constraints": [_others(each) for each in parts.constraints],
        "others_constraints_count": parts.constraints_count,
        "advisories": [uss_flights.advisory(each) for each in parts.advisories],
    }


def _others(heard: Heard) -> Object:
    known, age_s = heard.known, round(heard.age_s, 1)
    if isinstance(known, KnownConstraint):
        said = [volume_of(each) for each in known.volumes]
        id_ = known.constraint_id
        return {"id": id_, "manager": known.manager, "kind": known.kind, "volumes": said, "age_s": age_s}
    several = () if known.details is None else known.details.all()
    return {
        "id": known.entity_id,
        "manager": known.manager,
        "state": known.state,
        "priority": 0 if known.details is None else known.details.priority,
        "volumes": [volume_of(each) for each in several],
        "age_s": age_s,
    }


def _own(closure: Closure) -> Object:
    waits_for = None
    if closure.change is not None:
        waits_for = "Ended" if closure.change.closed is None else "Closed"
    shown_now = closure.closed
    if shown_now is None and closure.change is not None:
        shown_now = closure.change.closed
    return {
        "id": closure.entity_id,
        "version": None if closure.reference is None else closure.reference.version,
        "details": None if shown_now is None else uss_closures.details(shown_now),
        "waits_for": waits_for,
    }


def ends_us(known: Known | KnownConstraint) -> int:
    """When it ends; 0 where nobody says it."""
    if isinstance(known, KnownConstraint):
        return volumes.ends_us(known.volumes)
    return 0 if known.details is None else volumes.ends_us(known.details.all())


def corners_count(known: Known | KnownConstraint) -> int:
    """How many corners it has: what its text is long by."""
    if isinstance(known, KnownConstraint):
        return volumes.vertices_count(known.volumes)
    return 0 if known.details is None else volumes.vertices_count(known.details.all())
