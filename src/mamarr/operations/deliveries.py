"""Deliveries: notifications of what is ours that are due to other USSs, until each is done or given up.

What is told is what it is about as it stands when it is told: a USS that was slow hears the last of it.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.faults import Reason, Refusal, unreachable
from mamarr.names import Author
from mamarr.operations.forms import is_door

# What it is


class About(StrEnum):
    """What a notification is of."""

    OPERATION = "OPERATION"
    CLOSURE = "CLOSURE"


class Subscribed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which notification it is of which subscription."""

    subscription_id: str
    notification_index: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A notification that is due. entity_id: of what it is about. made_us: when the DSS said to send it."""

    delivery_id: str
    entity_id: str
    uss_base_url: str
    subscriptions: tuple[Subscribed, ...]
    made_us: int
    about: About = About.OPERATION


# What may be asked


class FinishDelivery(msgspec.Struct, frozen=True, kw_only=True, tag="finish-delivery"):
    """The notification was taken, or is given up."""

    delivery_id: str
    is_taken: bool


Command = FinishDelivery


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="delivery"):
    """What the decision may rest on. party: the node's own. is_due: whether there is such a delivery."""

    party: str
    is_due: bool = False


# What may happen


class DeliveryDue(msgspec.Struct, frozen=True, kw_only=True, tag="delivery-due"):
    """A notification is due."""

    delivery: Delivery


class DeliveryTaken(msgspec.Struct, frozen=True, kw_only=True, tag="delivery-taken"):
    """The other USS took the notification."""

    delivery_id: str


class DeliveryGivenUp(msgspec.Struct, frozen=True, kw_only=True, tag="delivery-given-up"):
    """The other USS did not take the notification in time: it must read what it wants to know."""

    delivery_id: str


Event = DeliveryDue | DeliveryTaken | DeliveryGivenUp


def due(
    entity_id: str,
    version: int,
    number: int,
    uss_base_url: str,
    subscriptions: tuple[Subscribed, ...],
    now_us: int,
    *,
    about: About = About.OPERATION,
) -> DeliveryDue:
    """That the number-th of those who are to be told of a version of something is to be told."""
    return DeliveryDue(
        delivery=Delivery(
            delivery_id=f"{entity_id}.{version}.{now_us}.{number}",
            entity_id=entity_id,
            uss_base_url=uss_base_url,
            subscriptions=subscriptions,
            made_us=now_us,
            about=about,
        )
    )


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer what became of one delivery."""
    del now
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    if not facts.is_due:
        return Refusal(reason=Reason.NOT_THERE)
    if command.is_taken:
        return (DeliveryTaken(delivery_id=command.delivery_id),)
    return (DeliveryGivenUp(delivery_id=command.delivery_id),)


# How it changes


def evolve(value: Delivery | None, event: Event) -> Delivery | None:
    """The delivery after `event`."""
    del value
    match event:
        case DeliveryDue():
            return event.delivery
        case DeliveryTaken() | DeliveryGivenUp():
            return None
        case _:
            unreachable(event)
