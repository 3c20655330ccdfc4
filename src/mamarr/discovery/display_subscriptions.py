"""Display providers' subscriptions: who is to be told when a service area of ASTM F3411-22a changes.

Whatever is written in a cell that a subscription has raises its notification index by one, whichever its
level and whenever it is to be: F3411-22a asks for areas by place, and who displays a place shows all that is
there. One whose time is over is dead by comparison with now, whoever forgets it later.
"""

from datetime import datetime

import msgspec

from mamarr.discovery import envelopes, owned
from mamarr.discovery.envelopes import Envelope, us_of
from mamarr.discovery.forms import OVN, RULE, USS_BASE_URL, checked_ids, is_door
from mamarr.discovery.owned import Standing
from mamarr.discovery.subscriptions import Subscriber, asked_extent, is_timely
from mamarr.faults import Reason, Refusal, limit_reached, present, unreachable
from mamarr.names import Author, matched

PER_MANAGER_MAX = 10_000  # chosen: as of F3548-21's; one for each area that a display provider shows
IN_CELL_MAX = 10  # of one USS in an area, F3411-22a, DSS0050; the reference DSS counts them by cell

# What it is


class DisplaySubscription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where and when somebody is to be told of service areas.

    extent: with both times. version: another one each time that it is written, not when it is told.
    notification_index: how often it was told.
    """

    subscription_id: str
    manager: str
    uss_base_url: str
    extent: Envelope
    version: str
    notification_index: int = 0


def is_over(value: DisplaySubscription, now_us: int) -> bool:
    """Whether its time is over."""
    return envelopes.is_past(value.extent, now_us)


def living(value: DisplaySubscription | None, now_us: int) -> DisplaySubscription | None:
    """The subscription, if there is one and its time is not over."""
    return None if value is None or is_over(value, now_us) else value


# What may be asked


class PutDisplaySubscription(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="put-display-subscription"
):
    """Make a subscription, or change one.

    manager: who asks. extent: a time that is None is now, or 24 hours after the start; where one is changed,
    as it was. drawn: becomes the version; never the same twice. version: of the one that is changed; None
    makes a new one.
    """

    subscription_id: str
    manager: str
    uss_base_url: str
    extent: Envelope
    drawn: str
    version: str | None = None

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.subscription_id)
        matched("uss_base_url", self.uss_base_url, USS_BASE_URL)
        matched("drawn", self.drawn, OVN)


class DeleteDisplaySubscription(msgspec.Struct, frozen=True, kw_only=True, tag="delete-display-subscription"):
    """Be told no more. manager: who asks."""

    subscription_id: str
    manager: str
    version: str

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.subscription_id)


class ForgetDisplaySubscription(msgspec.Struct, frozen=True, kw_only=True, tag="forget-display-subscription"):
    """Forget a subscription whose time is over; asked by a rule of the node."""

    subscription_id: str

    def __post_init__(self) -> None:
        checked_ids(RULE, self.subscription_id)


Command = PutDisplaySubscription | DeleteDisplaySubscription | ForgetDisplaySubscription


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="display-subscription"):
    """What the decision may rest on.

    party: the node's own. held: the one of this id, over or not. count: how many the manager has.
    in_cell_count: the most of the manager's others that live in one of the cells that are asked for.
    """

    party: str
    held: DisplaySubscription | None = None
    count: int = 0
    in_cell_count: int = 0


# What may happen


class DisplaySubscriptionWritten(
    msgspec.Struct, frozen=True, kw_only=True, tag="display-subscription-written"
):
    """The subscription is this one from now on."""

    subscription: DisplaySubscription


class DisplaySubscriptionDeleted(
    msgspec.Struct, frozen=True, kw_only=True, tag="display-subscription-deleted"
):
    """The subscription, which was this one, is no more."""

    subscription: DisplaySubscription


class DisplaySubscriptionForgotten(
    msgspec.Struct, frozen=True, kw_only=True, tag="display-subscription-forgotten"
):
    """The subscription, whose time was over, is no more."""

    subscription_id: str


class DisplaySubscriptionNotified(
    msgspec.Struct, frozen=True, kw_only=True, tag="display-subscription-notified", gc=False
):
    """Whoever writes a service area tells the subscription, for the notification_index-th time."""

    subscription_id: str
    uss_base_url: str
    notification_index: int


Event = (
    DisplaySubscriptionWritten
    | DisplaySubscriptionDeleted
    | DisplaySubscriptionForgotten
    | DisplaySubscriptionNotified
)


def notified(told: Subscriber) -> DisplaySubscriptionNotified:
    """That a subscription is told once more."""
    return DisplaySubscriptionNotified(
        subscription_id=told.subscription_id,
        uss_base_url=told.uss_base_url,
        notification_index=told.notification_index + 1,
    )


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer one command about one subscription.

    In F3411-22a's terms TIMES_UNFIT is 400; NOT_YOURS 403; NOT_THERE 404, and 400 for a change; ID_TAKEN and
    OTHER_VERSION 409; LIMIT_REACHED 429.
    """
    now_us, name = us_of(now), command.subscription_id
    if isinstance(command, ForgetDisplaySubscription):
        over = None if facts.held is None else is_over(facts.held, now_us)
        why = owned.kept(name, author, facts.party, is_over=over)
        return why or (DisplaySubscriptionForgotten(subscription_id=name),)
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    held = living(facts.held, now_us)
    if command.version is not None:
        standing = None if held is None else Standing(held.manager, held.version)
        why = owned.not_theirs(name, command.manager, command.version, standing)
        if why is not None:
            return why
    match command:
        case PutDisplaySubscription():
            return _put(command, facts, held, now_us)
        case DeleteDisplaySubscription():
            return (DisplaySubscriptionDeleted(subscription=present(held, "it may be deleted")),)
        case _:
            unreachable(command)


def _put(
    command: PutDisplaySubscription, facts: Facts, held: DisplaySubscription | None, now_us: int
) -> tuple[Event, ...] | Refusal:
    """What comes of writing one that the asker may write.

    Of a new one the public suite wants its own faults to be said before that its id is taken: by whomever.
    """
    about, is_new = (command.subscription_id,), command.version is None
    extent = asked_extent(command.extent, None if is_new or held is None else held.extent, now_us)
    if extent is None or not is_timely(command.extent, extent, now_us):
        return Refusal(reason=Reason.TIMES_UNFIT, because=about)
    if held is not None and is_new:
        return Refusal(reason=Reason.ID_TAKEN, because=about)
    if held is None and facts.count >= PER_MANAGER_MAX:
        return limit_reached("per_manager_max")
    if facts.in_cell_count >= IN_CELL_MAX:
        return limit_reached("in_cell_max")
    made = DisplaySubscription(
        subscription_id=command.subscription_id,
        manager=command.manager,
        uss_base_url=command.uss_base_url,
        extent=extent,
        version=command.drawn,
        notification_index=0 if held is None else held.notification_index,
    )
    return (DisplaySubscriptionWritten(subscription=made),)


# How it changes


def evolve(value: DisplaySubscription | None, event: Event) -> DisplaySubscription | None:
    """The subscription after `event`."""
    match event:
        case DisplaySubscriptionNotified():
            held = present(value, "what is told of is there")
            return msgspec.structs.replace(held, notification_index=event.notification_index)
        case DisplaySubscriptionWritten():
            return event.subscription
        case DisplaySubscriptionDeleted() | DisplaySubscriptionForgotten():
            return None
        case _:
            unreachable(event)
