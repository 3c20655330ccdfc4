"""The messages about the demo's own story. They are asked for in the demo alone."""

from enum import StrEnum

import msgspec

from mamarr.engine.orders import AlternativeKind
from mamarr.interop.forms import Moment
from mamarr.interop.problems import Problem


class DemoStepKey(StrEnum):
    """What a step shows, in this order."""

    ADMITTED = "ADMITTED"
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


class DemoStepMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One step, counted from 1, and what came of it; what a step does not have is None.

    is_shown: the page said that it shows it. flight_id: of the flight it is about. receipt: of what was
    admitted. refusal: why it was not, with alternatives; taken: which kind of these was filed and admitted.
    alert_id: of the alert it ended in. finding: what `mamarr audit` found in the copy with a flipped byte;
    finding_entry: where. speed_ratio: how many times as fast as it was a recording is played.
    """

    number: int
    key: DemoStepKey
    state: DemoStepState
    is_shown: bool = False
    began_at: Moment | None = None
    flight_id: str | None = None
    receipt: str | None = None
    refusal: Problem | None = None
    taken: AlternativeKind | None = None
    alert_id: str | None = None
    finding: str | None = None
    finding_entry: int | None = None
    speed_ratio: float | None = None


class DemoMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The story. current: number of the step that is being told, None before the first."""

    current: int | None
    steps: list[DemoStepMessage]
