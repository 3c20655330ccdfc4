"""Operations for tests: volumes about a place, commands of the USS's own door, what others plan."""

from typing import Any

from mamarr.discovery import Envelope, IntentState
from mamarr.names import Author
from mamarr.operations import Details, Known, KnownConstraint, Reference, Subscribed, Told, Volume
from mamarr.operations.forms import RULE
from mamarr.operations.operations import ConfirmOperation, PlanOperation
from tests.discovery.known import MINUTE_US, NOON_US, about, drawn, uuid

DOOR = Author(party="north", node="node-north", rule=RULE)
OWN_URL, OTHER_URL = "https://uss-north.example", "https://uss-a.example/uss"
OWN, OTHER = "uss-north", "uss-a"
LATITUDE_E9DEG, LONGITUDE_E9DEG = 47_300_000_000, 8_500_000_000
SIDE_E9DEG = 1_000_000  # 111 m northward, 75 m eastward


def square(
    east: float = 0,
    north: float = 0,
    levels_m: tuple[float, float] = (100, 200),
    minutes: tuple[float, float] = (0, 30),
) -> Volume:
    """A square of SIDE_E9DEG, so many sides east and north of the place; metres; minutes after noon."""
    south, west = LATITUDE_E9DEG + round(north * SIDE_E9DEG), LONGITUDE_E9DEG + round(east * SIDE_E9DEG)
    ring = ((0, 0), (0, SIDE_E9DEG), (SIDE_E9DEG, SIDE_E9DEG), (SIDE_E9DEG, 0))
    return Volume(
        corners=tuple((south + up, west + right) for up, right in ring), **bounds(levels_m, minutes)
    )


def circle(
    radius_m: float,
    east: float = 0,
    north: float = 0,
    levels_m: tuple[float, float] = (100, 200),
    minutes: tuple[float, float] = (0, 30),
) -> Volume:
    """A circle about a point so many sides east and north of the place."""
    centre = (LATITUDE_E9DEG + round(north * SIDE_E9DEG), LONGITUDE_E9DEG + round(east * SIDE_E9DEG))
    return Volume(corners=(centre,), radius_mm=round(radius_m * 1_000), **bounds(levels_m, minutes))


def bounds(levels_m: tuple[float, float], minutes: tuple[float, float]) -> dict[str, int]:
    return {
        "altitude_lower_mm": round(levels_m[0] * 1_000),
        "altitude_upper_mm": round(levels_m[1] * 1_000),
        "time_start_us": NOON_US + round(minutes[0] * MINUTE_US),
        "time_end_us": NOON_US + round(minutes[1] * MINUTE_US),
    }


def extent(minutes: tuple[int, int] = (0, 30)) -> Envelope:
    """Where all of this is, as a DSS compares it."""
    return about(minutes=minutes)


def plan(number: int, *several: Volume, **how: Any) -> PlanOperation:
    """Plan operation `number`."""
    details = Details(
        volumes=several or (square(),),
        off_nominal=how.pop("off_nominal", ()),
        priority=how.pop("priority", 0),
    )
    usual = {"entity_id": uuid(number), "state": IntentState.ACCEPTED, "details": details, "extent": extent()}
    return PlanOperation(**{**usual, **how})


def known(number: int, *several: Volume, **how: Any) -> Known:
    """What is known of intent `number` of somebody else."""
    details = Details(volumes=several or (square(),), priority=how.pop("priority", 0))
    usual = {
        "entity_id": uuid(number),
        "manager": OTHER,
        "version": 1,
        "state": IntentState.ACCEPTED,
        "details": details,
        "ovn": drawn(number),
    }
    return Known(**{**usual, **how})


def constraint(number: int, *several: Volume, **how: Any) -> KnownConstraint:
    """What is known of constraint `number` of somebody else."""
    usual = {
        "constraint_id": uuid(number),
        "manager": OTHER,
        "version": 1,
        "ovn": drawn(number),
        "volumes": several or (square(),),
    }
    return KnownConstraint(**{**usual, **how})


def reference(of: int, version: int = 1, **how: Any) -> Reference:
    """What the DSS has, by the of-th write."""
    usual = {"manager": OWN, "uss_base_url": OWN_URL, "ovn": drawn(of), "version": version}
    return Reference(**{**usual, **how})


def told(url: str = OTHER_URL, number: int = 40, index: int = 1) -> Told:
    """Whom the DSS says to tell."""
    subscribed = Subscribed(subscription_id=uuid(number), notification_index=index)
    return Told(uss_base_url=url, subscriptions=(subscribed,))


def confirm(number: int, of: int | None, version: int = 1, *several: Told, **how: Any) -> ConfirmOperation:
    """The DSS has operation `number`, by the of-th write; None: it has it no more."""
    there = None if of is None else reference(of, version, **how)
    return ConfirmOperation(entity_id=uuid(number), reference=there, told=several)
