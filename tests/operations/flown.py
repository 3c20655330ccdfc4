"""Positions of aircraft for tests, about the place of `planned`."""

from typing import Any

from mamarr.discovery import IntentState
from mamarr.operations import Details, Observed, Operation, Position, Volume
from mamarr.operations.positions import reach
from tests.discovery.known import NOON_US, uuid
from tests.operations.planned import LATITUDE_E9DEG, LONGITUDE_E9DEG, SIDE_E9DEG, extent, reference, square

SECOND_US = 1_000_000
INSIDE, OUTSIDE = 0.5, 3.5  # sides east of the place, where `square` is


def at(east: float, seconds: float = 0, **how: Any) -> Position:
    """A position in the middle of the square's height, so many sides east, so many seconds after noon."""
    usual = {
        "time_us": NOON_US + round(seconds * SECOND_US),
        "latitude_e9deg": LATITUDE_E9DEG + SIDE_E9DEG // 2,
        "longitude_e9deg": LONGITUDE_E9DEG + round(east * SIDE_E9DEG),
        "altitude_mm": 150_000,
    }
    return Position(**{**usual, **how})


def flown(
    state: IntentState = IntentState.ACTIVATED,
    *volumes: Volume,
    off: tuple[Volume, ...] = (),
    observed: Observed | None = None,
) -> Operation:
    """An operation that the DSS has."""
    details = Details(volumes=volumes or (square(),), off_nominal=off)
    return Operation(
        entity_id=uuid(1),
        state=state,
        details=details,
        extent=extent(),
        reference=reference(30),
        observed=observed,
    )


def gone(position: Position, since_s: float = 0, now_s: float = 0) -> Operation:
    """One that this USS itself found to be off at a position, since so many seconds after noon."""
    off = reach(position, NOON_US + round(now_s * SECOND_US))
    observed = Observed(position=position, since_us=NOON_US + round(since_s * SECOND_US))
    return flown(IntentState.NONCONFORMING, off=off, observed=observed)
