"""The story of `golden/log_closures.json`: what our USS closes for drones, changes and opens again."""

from collections.abc import Iterator

from mamarr.operations import Closed
from mamarr.operations.closures import AbandonClosure, ConfirmClosure, PublishClosure, WithdrawClosure
from mamarr.operations.deliveries import FinishDelivery
from mamarr.record import MemoryStore
from tests.airspace.boxes import NORTH
from tests.discovery.known import MINUTE_US, NOON_US, uuid
from tests.engine.stories_of_neighbours import Turn, recorded
from tests.operations.planned import DOOR, OWN_URL, circle, extent, reference, square, told


def publish(number: int, *several: object, **how: str) -> PublishClosure:
    """Close sky by closure `number`."""
    return PublishClosure(
        entity_id=uuid(number), closed=Closed(volumes=several or (square(),), **how), extent=extent()
    )


def confirm(number: int, of: int | None, version: int = 1, *several: object) -> ConfirmClosure:
    """The DSS has closure `number`, by the of-th write; None: it has it no more."""
    there = None if of is None else reference(of, version)
    return ConfirmClosure(entity_id=uuid(number), reference=there, told=several)


def closed() -> Turn:
    """Closure 50 is told; what cannot be is refused."""
    return (
        0,
        (
            (NORTH, publish(50)),  # NOT_YOURS
            (DOOR, publish(50, square(minutes=(-9, -1)))),  # TIME_PAST
            (DOOR, WithdrawClosure(entity_id=uuid(50))),  # NOT_THERE
            (DOOR, publish(50, kind="uas-zone", geozone='{"identifier":"Z1"}')),
            (DOOR, confirm(50, None)),  # WRONG_STATUS: it is not asked to end
            (DOOR, confirm(50, 60, 1, told(), told(OWN_URL))),
            (DOOR, confirm(50, 61)),  # WRONG_STATUS: nothing is asked
            (DOOR, publish(51, circle(30))),
            (DOOR, AbandonClosure(entity_id=uuid(51))),
        ),
    )


def opened() -> Turn:
    """It is changed, not changed after all, and opened; who is told hears of it."""
    delivery = f"{uuid(50)}.1.{NOON_US}.0"
    last = f"{uuid(50)}.2.{NOON_US + MINUTE_US}.0"
    return (
        1,
        (
            (DOOR, FinishDelivery(delivery_id=delivery, is_taken=True)),
            (DOOR, publish(50, circle(30))),
            (DOOR, confirm(50, 62, 2)),
            (DOOR, publish(50)),
            (DOOR, AbandonClosure(entity_id=uuid(50))),
            (DOOR, WithdrawClosure(entity_id=uuid(50))),
            (DOOR, confirm(50, 63)),  # WRONG_STATUS: it is asked to end
            (DOOR, confirm(50, None, 2, told(index=2))),
            (DOOR, FinishDelivery(delivery_id=last, is_taken=False)),
        ),
    )


def of_closures() -> MemoryStore:
    """The log of the whole story."""

    def turns() -> Iterator[Turn]:
        yield closed()
        yield opened()

    return recorded(turns())
