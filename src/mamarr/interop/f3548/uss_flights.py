"""What the users of our USS say of their flights and are told. Volumes and states are those of F3548-21.

Members that are not known are ignored, and null is as if the member were not there, as in the standard's API.
"""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from mamarr.discovery import Envelope, IntentState
from mamarr.faults import WireError
from mamarr.interop.f3548.requests import TimeMessage
from mamarr.interop.f3548.uss_messages import DetailsMessage
from mamarr.interop.f3548.uss_reading import details_of
from mamarr.interop.f3548.uss_telemetry import TelemetryMessage, telemetry
from mamarr.interop.f3548.uss_writing import Object, details_said, time_of
from mamarr.interop.wire import decoded
from mamarr.operations import Advisory, AdvisoryKind, Details, Operation, Position, planning, volumes
from mamarr.operations.conformance import Keeping
from mamarr.operations.positions import US_PER_S

CURSOR = re.compile(r"(?P<us>\d{1,16})\.(?P<id>[0-9A-Za-z.-]{1,120})", re.ASCII)
CURSOR_FORM = "what an earlier answer calls `next`"

State = Literal["Accepted", "Activated", "Nonconforming", "Contingent"]


class PutFlightMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Plan a flight, or change it: all of it, as it is to be.

    state: the one wanted. details: `volumes` where it is meant to be; `off_nominal_volumes` where it may be,
    in the states Nonconforming and Contingent alone. version: of the flight as its user saw it, 0 where there
    was none; another one is refused then.
    """

    state: IntentState
    details: DetailsMessage
    version: int | None = None


class AdvisoryMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What the user of a flight was told.

    kind: MEETS, it meets the intents and constraints of `others`; LEFT, GIVEN_UP, RETURNED: this USS itself
    said that it is Nonconforming, Contingent, Activated again; NOT_RETURNED: it is back, but `others` are
    there; LOST: no positions come.
    """

    id: str
    flight_id: str
    kind: AdvisoryKind
    observed_at: TimeMessage
    others: tuple[str, ...]


class AskedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for and is not sure yet: the DSS has it or not. details: none of an end."""

    state: State | Literal["Ended"]
    details: DetailsMessage | None = None


class LastPositionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The last position of an aircraft. age_s: how old it is when it is answered, by our clock."""

    telemetry: TelemetryMessage
    age_s: float


class FlightMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A flight as it stands.

    state, version, details: as the DSS has it; null while it is not there. waits_for: what was asked for and
    is not sure yet, or null. advisories: the newest of this flight, the newest first. keeping: how it keeps
    to where it is meant to be. position: the last one that came since this USS began, or null.
    """

    id: str
    state: State | None
    version: int | None
    details: DetailsMessage | None
    waits_for: AskedMessage | None
    advisories: tuple[AdvisoryMessage, ...]
    keeping: Keeping
    position: LastPositionMessage | None


class FlightReadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One flight."""

    flight: FlightMessage


class FlightsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Some flights, by their ids. next: where to go on from (`after`), or null where these are the last."""

    flights: tuple[FlightMessage, ...]
    next: str | None


class FitsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """It would fit now; nothing is held. meets: who must give way, or may be met, and constraints."""

    fits: Literal[True]
    meets: tuple[str, ...]


class AdvisoriesMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What users were told, the first first. next: where to go on from (`after`), also where this is all."""

    advisories: tuple[AdvisoryMessage, ...]
    next: str | None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a user asks for. version: of the flight as its user saw it."""

    state: IntentState
    details: Details
    extent: Envelope
    version: int | None


class FlightSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A flight with what else its user is told of it at now_us. position: the last one of its aircraft."""

    operation: Operation
    advisories: tuple[Advisory, ...] = ()
    keeping: Keeping
    position: Position | None = None
    now_us: int


def asked(body: bytes) -> Asked:
    """What a user asks for; WireError says what is wrong, where."""
    message = decoded(PutFlightMessage, body)
    details, extent = details_of("$.details", message.details)
    if not planning.fits(message.state, details):
        what = f"the volumes do not fit the state {message.state}"
        raise WireError(what, at="$.details.off_nominal_volumes")
    return Asked(state=message.state, details=details, extent=extent, version=message.version)


def after_of(text: str) -> tuple[int, str]:
    """The instant and the id of the last advisory that was read; before all others where nothing is said."""
    if not text:
        return -1, ""
    found = CURSOR.fullmatch(text)
    if found is None:
        raise WireError("this is no place to go on from", at="query:after", allowed=CURSOR_FORM)
    return int(found["us"]), found["id"]


def cursor(advisory: Advisory) -> str:
    """The place after an advisory."""
    return f"{advisory.observed_us}.{advisory.advisory_id}"


def flight(seen: FlightSeen) -> Object:
    """A flight as it stands."""
    held = seen.operation
    change = held.change
    waits_for: Object | None = None
    if change is not None:
        waits_for = {"state": "Ended" if change.state is None else change.state}
        if change.details is not None:
            waits_for["details"] = details_said(change.details)
    return {
        "id": held.entity_id,
        "state": held.state,
        "version": None if held.reference is None else held.reference.version,
        "details": None if held.details is None else details_said(held.details),
        "waits_for": waits_for,
        "advisories": [advisory(each) for each in seen.advisories],
        "keeping": seen.keeping,
        "position": None if seen.position is None else _last(seen.position, seen.now_us),
    }


def _last(position: Position, now_us: int) -> Object:
    age_s = max(0, now_us - position.time_us) / US_PER_S
    return {"telemetry": telemetry(position), "age_s": round(age_s, 3)}


def advisory(given: Advisory) -> Object:
    """What a user was told."""
    return {
        "id": given.advisory_id,
        "flight_id": given.entity_id,
        "kind": given.kind,
        "observed_at": time_of(given.observed_us),
        "others": given.others,
    }


def corners_count(seen: FlightSeen) -> int:
    """How many corners a flight has, as it is and as it is asked to be: what its text is long by."""
    change = seen.operation.change
    several = (seen.operation.details, None if change is None else change.details)
    return sum(volumes.vertices_count(each.all()) for each in several if each is not None)


def given_next(page: Sequence[Advisory], before: str) -> str | None:
    """Where to go on from after a page of advisories; `before` where it is empty."""
    return cursor(page[-1]) if page else before or None
