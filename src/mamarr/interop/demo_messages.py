"""The messages about the demo's own stories. They are asked for in the demo alone."""

from enum import StrEnum

import msgspec

from mamarr.discovery import IntentState
from mamarr.engine.offers import AlternativeKind
from mamarr.interop.forms import Moment
from mamarr.interop.problems import Problem
from mamarr.interop.regions import RegionMessage


class DemoStepKey(StrEnum):
    """What a step shows, in this order."""

    JOINED = "JOINED"
    AT_ONCE = "AT_ONCE"
    ASKED = "ASKED"
    REFUSED = "REFUSED"
    LEFT_CORRIDOR = "LEFT_CORRIDOR"
    FLIPPED_BYTE = "FLIPPED_BYTE"
    YOUR_TURN = "YOUR_TURN"


class DemoStepState(StrEnum):
    """How far a step is."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class DemoProgress(StrEnum):
    """How far it is with the other authority.

    Of a flight: it waits for a person there, or all have confirmed it. Of an alert: as of its message.
    """

    REQUESTED = "REQUESTED"
    COORDINATED = "COORDINATED"
    SENT = "SENT"
    RECEIVED = "RECEIVED"
    PRESENTED = "PRESENTED"


class DemoSaid(StrEnum):
    """What was signed."""

    REQUEST = "REQUEST"
    ANSWER = "ANSWER"


class DemoSignedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a node signed to another, as the other's record has it, where the signature was checked again.

    node: who signed. key_id: of its key, hex. sequence: place in its stream to the other. record: whose
    record has it, and entry: where.
    """

    said: DemoSaid
    node: str
    key_id: str
    sequence: int
    record: str
    entry: int


class DemoStepMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One step, counted from 1, and what came of it; what a step does not have is None.

    is_shown: the page said that it shows it. view: the party in whose view there is something to see now,
    None where it is in both. flight_id: of the flight it is about, at the first node; crossing_id: the same
    at the other node. digest: of the agreement in force. progress: how far what is asked for, or the alert,
    is there. signed: who signed what for it. receipt: of what was admitted. refusal: why it was not, with
    alternatives, at the node of `view`; taken: which kind of these was filed and admitted. alert_id: of the
    alert it ended in. finding: what `mamarr audit` found in the copy with a flipped byte; finding_entry:
    where. speed_ratio: how many times as fast as it was a recording is played.
    """

    number: int
    key: DemoStepKey
    state: DemoStepState
    is_shown: bool = False
    began_at: Moment | None = None
    view: str | None = None
    flight_id: str | None = None
    crossing_id: str | None = None
    digest: str | None = None
    progress: DemoProgress | None = None
    signed: list[DemoSignedMessage] = []
    receipt: str | None = None
    refusal: Problem | None = None
    taken: AlternativeKind | None = None
    alert_id: str | None = None
    finding: str | None = None
    finding_entry: int | None = None
    speed_ratio: float | None = None


class DemoMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The story. current: number of the step that is being told, None before the first. is_paused: no step
    begins by itself."""

    current: int | None
    steps: list[DemoStepMessage]
    is_paused: bool = False


class DemoNeighbourMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The other node: whose it is, the port of its page on this machine, a code that signs in there once."""

    party: str
    port: int
    code: str


# --- the chapter about drones -------------------------------------------------------------------------------


class DroneStepKey(StrEnum):
    """What a step of the chapter shows, in this order."""

    DRONES_PLANNED = "DRONES_PLANNED"
    HELICOPTER_FILED = "HELICOPTER_FILED"
    SKY_CLOSED = "SKY_CLOSED"
    OPERATORS_TOLD = "OPERATORS_TOLD"
    HELICOPTER_FLIES = "HELICOPTER_FLIES"
    SKY_OPENED = "SKY_OPENED"


class DroneStepMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the chapter, counted from 1, and what came of it; what a step does not have is None.

    is_shown: the page said that it shows it. flight_id: of the helicopter's flight. receipt: of its
    admission. pieces_count: of sky that is closed for drones, at the DSS. acknowledged_count: of the
    operators, those that took what they were told and cleared the way; told_count: those that had to.
    is_clear: whether no intent of a drone meets what is closed. speed_ratio: how many times as fast as it was
    the recording is played. ended_after_s: how long after the flight's end the DSS closed nothing any more.
    """

    number: int
    key: DroneStepKey
    state: DemoStepState
    is_shown: bool = False
    began_at: Moment | None = None
    flight_id: str | None = None
    receipt: str | None = None
    pieces_count: int | None = None
    acknowledged_count: int | None = None
    told_count: int | None = None
    is_clear: bool | None = None
    speed_ratio: float | None = None
    ended_after_s: float | None = None


class DroneAnswer(StrEnum):
    """How far an operator is with what is closed in its way.

    NOT_TOLD: nothing of its was in the way. TOLD: a notification is due to its USS. TAKEN: its USS took it.
    ADVISED: its USS says that its user was told of it. ENDED, MOVED: its flight is over, or leads elsewhere
    or at another time, by what DSS and USS say: acknowledged.
    """

    NOT_TOLD = "NOT_TOLD"
    TOLD = "TOLD"
    TAKEN = "TAKEN"
    ADVISED = "ADVISED"
    ENDED = "ENDED"
    MOVED = "MOVED"


class DroneIntentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An operational intent, as the DSS has it and its USS tells it. is_in_way: it meets what is closed."""

    intent_id: str
    state: IntentState
    version: int
    is_in_way: bool
    regions: list[RegionMessage]


class ClosedPieceMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of sky that is closed for drones: a constraint, as the DSS has it and its USS tells it."""

    constraint_id: str
    version: int
    regions: list[RegionMessage]


class DroneOperatorMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An operator of drones, counted from 1, and its USS.

    is_heard: its USS answered when it was last asked; else what is said here was so before. intents: those of
    its USS. unknown_count: of those that the DSS has of its USS, and nobody says what they are. told_at,
    taken_at: by the record of the authority's USS, of its first notification, and when its USS had all.
    advised_at: by its own USS. answered_at: when no intent of its was in the way any more, as it was seen.
    """

    number: int
    manager: str
    is_heard: bool
    answer: DroneAnswer
    intents: list[DroneIntentMessage]
    unknown_count: int = 0
    told_at: Moment | None = None
    taken_at: Moment | None = None
    advised_at: Moment | None = None
    answered_at: Moment | None = None


class DroneSkyMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What drones plan and what is closed for them, as DSS and USSs said.

    heard_at: when the DSS last answered, None: never. is_heard: it did when it was last asked; else
    nothing is known of now. unknown_count: closed pieces that the DSS has and nobody says what they are.
    """

    heard_at: Moment | None
    is_heard: bool
    closed: list[ClosedPieceMessage]
    operators: list[DroneOperatorMessage]
    unknown_count: int = 0


class DroneDemoMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The chapter, as `DemoMessage`, and its sky."""

    current: int | None
    steps: list[DroneStepMessage]
    sky: DroneSkyMessage
    is_paused: bool = False
