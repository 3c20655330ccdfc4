"""Things made known, for tests: cells about a place, envelopes, commands of two managers."""

from typing import Any

from mamarr.discovery import Availability, Envelope, IntentState
from mamarr.discovery.availabilities import SetAvailability
from mamarr.discovery.constraint_references import DeleteConstraint, PutConstraint
from mamarr.discovery.envelopes import us_of
from mamarr.discovery.forms import RULE
from mamarr.discovery.intents import DeleteIntent, PutIntent
from mamarr.discovery.subscriptions import DeleteSubscription, PutSubscription
from mamarr.names import Author
from tests.airspace.boxes import NOON

NOON_US = us_of(NOON)
MINUTE_US = 60 * 1_000_000
FIRST_CELL = 5156630420971847680  # S2, level 13, at 47.3 N 8.5 E
CELL_STEP = 1 << 35  # to the next of the same level
DOOR = Author(party="north", node="node-north", rule=RULE)
URL = "https://uss-a.example/uss"
A, B = "uss-a", "uss b (B&C) № 2"  # managers


def uuid(number: int) -> str:
    """A UUID of version 4, as text."""
    return f"{number:08x}-0000-4000-8000-{number:012x}"


def uuid_7(time_us: int) -> str:
    """A UUID of version 7 that was made then."""
    head = f"{time_us // 1_000:012x}"
    return f"{head[:8]}-{head[8:]}-7000-8000-000000000001"


def drawn(number: int) -> str:
    """What is drawn outside for the number-th write."""
    return f"drawn-{number:012}"


def about(
    cells: tuple[int, ...] = (0, 1),
    levels_m: tuple[int | None, int | None] = (100, 200),
    minutes: tuple[int | None, int | None] = (0, 30),
) -> Envelope:
    """Cells by number from FIRST_CELL on; metres; minutes after noon. None is without bound."""
    return Envelope(
        cells=tuple(FIRST_CELL + each * CELL_STEP for each in cells),
        altitude_lower_mm=None if levels_m[0] is None else levels_m[0] * 1_000,
        altitude_upper_mm=None if levels_m[1] is None else levels_m[1] * 1_000,
        time_start_us=None if minutes[0] is None else NOON_US + minutes[0] * MINUTE_US,
        time_end_us=None if minutes[1] is None else NOON_US + minutes[1] * MINUTE_US,
    )


def put_intent(number: int, of: int, **how: Any) -> PutIntent:
    """Write intent `number` with what is drawn for write `of`."""
    usual = {
        "entity_id": uuid(number),
        "manager": A,
        "uss_base_url": URL,
        "extent": about(),
        "state": IntentState.ACCEPTED,
        "drawn": drawn(of),
    }
    return PutIntent(**{**usual, **how})


def delete_intent(number: int, ovn: str, manager: str = A) -> DeleteIntent:
    return DeleteIntent(entity_id=uuid(number), manager=manager, ovn=ovn)


def put_constraint(number: int, of: int, **how: Any) -> PutConstraint:
    usual = {
        "entity_id": uuid(number),
        "manager": B,
        "uss_base_url": URL,
        "extent": about(),
        "drawn": drawn(of),
    }
    return PutConstraint(**{**usual, **how})


def delete_constraint(number: int, ovn: str, manager: str = B) -> DeleteConstraint:
    return DeleteConstraint(entity_id=uuid(number), manager=manager, ovn=ovn)


def put_subscription(number: int, of: int, **how: Any) -> PutSubscription:
    usual = {
        "subscription_id": uuid(number),
        "manager": A,
        "uss_base_url": URL,
        "extent": about(minutes=(0, 60)),
        "drawn": drawn(of),
        "notifies_intents": True,
    }
    return PutSubscription(**{**usual, **how})


def delete_subscription(number: int, version: str, manager: str = A) -> DeleteSubscription:
    return DeleteSubscription(subscription_id=uuid(number), manager=manager, version=version)


def set_availability(uss_id: str, said: str, of: int, old_version: str = "") -> SetAvailability:
    return SetAvailability(
        uss_id=uss_id,
        manager="arbiter",
        availability=Availability(said),
        drawn=drawn(of),
        old_version=old_version,
    )
