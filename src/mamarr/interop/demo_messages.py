"""The messages about the demo's own story. They are asked for in the demo alone."""

from enum import StrEnum

import msgspec

from mamarr.engine.offers import AlternativeKind
from mamarr.interop.forms import Moment
from mamarr.interop.problems import Problem


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
