"""Subscriptions: who is to be told when something is made known in a part of the sky.

An explicit one was asked for by itself. An implicit one was made with an operational intent, follows what
uses it, and goes with the last that does: that is decided in `discovery.intents`. Whatever is written where a
subscription looks raises its notification index by one.

One whose time is over is dead by comparison with now, whoever forgets it later: it is neither found, told of,
used nor in the way of another with its id.
"""

from datetime import datetime

import msgspec

from mamarr.discovery import envelopes, owned
from mamarr.discovery.envelopes import Envelope, covers, us_of
from mamarr.discovery.forms import OVN, RULE, USS_BASE_URL, checked_ids, is_door
from mamarr.discovery.owned import Standing
from mamarr.faults import Reason, Refusal, limit_reached, present, unreachable
from mamarr.names import Author, matched

EXPLICIT_PER_MANAGER_MAX = 10_000  # chosen: F3548-21 has no limit; one for each area that a USS works in
IN_AREA_MAX = 200  # chosen: explicit ones of one manager that meet the asked one; each is told of each write
LENGTH_MAX_US = 24 * 3_600 * 1_000_000  # F3548-21, DSS0015
START_PAST_MAX_US = 5 * 60 * 1_000_000  # as the reference DSS has it

# What it is


class Subscription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where, when and of what somebody is to be told.

    extent: with both times, always. version: another one each time that it is written, not when it is told.
    notification_index: how often it was told.
    """

    subscription_id: str
    manager: str
    uss_base_url: str
    extent: Envelope
    version: str
    notification_index: int = 0
    notifies_intents: bool = False
    notifies_constraints: bool = False
    is_implicit: bool = False


class Subscriber(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A subscription that is to be told, as far as that matters. notification_index: before it is."""

    subscription_id: str
    uss_base_url: str
    notification_index: int = 0


def is_over(value: Subscription, now_us: int) -> bool:
    """Whether its time is over."""
    return envelopes.is_past(value.extent, now_us)


def living(value: Subscription | None, now_us: int) -> Subscription | None:
    """The subscription, if there is one and its time is not over."""
    return None if value is None or is_over(value, now_us) else value


# What may be asked


class PutSubscription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="put-subscription"):
    """Make a subscription, or change one.

    manager: who asks. extent: a time that is None is now, or 24 hours after the start; where one is changed,
    as it was. drawn: becomes the version; never the same twice. version: of the one that is changed; None
    makes a new one. ValueError when it is to be told of nothing.
    """

    subscription_id: str
    manager: str
    uss_base_url: str
    extent: Envelope
    drawn: str
    version: str | None = None
    notifies_intents: bool = False
    notifies_constraints: bool = False

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.subscription_id)
        matched("uss_base_url", self.uss_base_url, USS_BASE_URL)
        matched("drawn", self.drawn, OVN)
        if not (self.notifies_intents or self.notifies_constraints):
            raise ValueError("a subscription is to be told of operational intents, of constraints or of both")


class DeleteSubscription(msgspec.Struct, frozen=True, kw_only=True, tag="delete-subscription"):
    """Be told no more. manager: who asks. version: of the subscription."""

    subscription_id: str
    manager: str
    version: str

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.subscription_id)


class ForgetSubscription(msgspec.Struct, frozen=True, kw_only=True, tag="forget-subscription"):
    """Forget a subscription whose time is over; asked by a rule of the node."""

    subscription_id: str

    def __post_init__(self) -> None:
        checked_ids(RULE, self.subscription_id)


Command = PutSubscription | DeleteSubscription | ForgetSubscription


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="subscription"):
    """What the decision may rest on.

    party: the node's own. held: the one of this id, over or not. is_used: an operational intent whose time is
    not over uses it. uncovered: ids of up to BECAUSE_MAX intents that use it and that it would cover no more.
    explicit_count: how many explicit ones the manager has. in_area_count: how many of those meet the asked
    one, at most IN_AREA_MAX are counted.
    """

    party: str
    held: Subscription | None = None
    is_used: bool = False
    uncovered: tuple[str, ...] = ()
    explicit_count: int = 0
    in_area_count: int = 0


# What may happen


class SubscriptionWritten(msgspec.Struct, frozen=True, kw_only=True, tag="subscription-written"):
    """The subscription is this one from now on."""

    subscription: Subscription


class SubscriptionDeleted(msgspec.Struct, frozen=True, kw_only=True, tag="subscription-deleted"):
    """The subscription, which was this one, is no more."""

    subscription: Subscription


class SubscriptionForgotten(msgspec.Struct, frozen=True, kw_only=True, tag="subscription-forgotten"):
    """The subscription, whose time was over, is no more."""

    subscription_id: str


class SubscriptionNotified(msgspec.Struct, frozen=True, kw_only=True, tag="subscription-notified", gc=False):
    """Whoever writes tells the subscription, for the notification_index-th time."""

    subscription_id: str
    uss_base_url: str
    notification_index: int


Event = SubscriptionWritten | SubscriptionDeleted | SubscriptionForgotten | SubscriptionNotified


def notified(told: Subscriber) -> SubscriptionNotified:
    """That a subscription is told once more."""
    return SubscriptionNotified(
        subscription_id=told.subscription_id,
        uss_base_url=told.uss_base_url,
        notification_index=told.notification_index + 1,
    )


# What we answer


def asked_extent(asked: Envelope, held: Envelope | None, now_us: int) -> Envelope | None:
    """Where and when a subscription would look; None when the times that result are not ascending.

    held: where what is changed looks, None where a new one is made.
    """
    start_us, end_us = asked.time_start_us, asked.time_end_us
    if start_us is None:
        start_us = now_us if held is None else held.time_start_us
    if end_us is None:
        end_us = present(start_us, "a start") + LENGTH_MAX_US if held is None else held.time_end_us
    if present(end_us, "an end") < present(start_us, "a start"):
        return None
    return msgspec.structs.replace(asked, time_start_us=start_us, time_end_us=end_us)


def is_timely(asked: Envelope, extent: Envelope, now_us: int) -> bool:
    """Whether `extent`, which results, is neither over, nor too long, nor asked to begin too long ago."""
    start_us, end_us = present(extent.time_start_us, "a start"), present(extent.time_end_us, "an end")
    is_old = asked.time_start_us is not None and asked.time_start_us < now_us - START_PAST_MAX_US
    return not is_old and now_us <= end_us <= start_us + LENGTH_MAX_US


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer one command about one subscription.

    In F3548-21's terms TIMES_UNFIT, NOT_COVERED and IN_USE are 400; NOT_YOURS 403; NOT_THERE 404;
    ID_TAKEN and OTHER_VERSION 409; LIMIT_REACHED 429.
    """
    now_us = us_of(now)
    if isinstance(command, ForgetSubscription):
        name, over = command.subscription_id, None if facts.held is None else is_over(facts.held, now_us)
        why = owned.kept(name, author, facts.party, is_over=over)
        return why or (SubscriptionForgotten(subscription_id=name),)
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    held = living(facts.held, now_us)
    match command:
        case PutSubscription():
            return _put(command, facts, held, now_us)
        case DeleteSubscription():
            name = command.subscription_id
            why = owned.not_theirs(name, command.manager, command.version, _standing(held))
            if why is None and facts.is_used:
                why = Refusal(reason=Reason.IN_USE, because=(name,))
            return why or (SubscriptionDeleted(subscription=present(held, "it may be deleted")),)
        case _:
            unreachable(command)


def _put(
    command: PutSubscription, facts: Facts, held: Subscription | None, now_us: int
) -> tuple[Event, ...] | Refusal:
    is_new = command.version is None
    name = command.subscription_id
    extent = asked_extent(command.extent, None if is_new or held is None else held.extent, now_us)
    if extent is None or not is_timely(command.extent, extent, now_us):
        return Refusal(reason=Reason.TIMES_UNFIT, because=(name,))
    why = owned.not_theirs(name, command.manager, command.version, _standing(held))
    if why is not None:
        return why
    if facts.uncovered:
        return Refusal(reason=Reason.NOT_COVERED, because=facts.uncovered)
    if is_new and facts.explicit_count >= EXPLICIT_PER_MANAGER_MAX:
        return limit_reached("explicit_per_manager_max")
    if is_new and facts.in_area_count >= IN_AREA_MAX:
        return limit_reached("in_area_max")
    # An implicit one that its manager writes is an explicit one: it stays when what used it is gone.
    made = Subscription(
        subscription_id=command.subscription_id,
        manager=command.manager,
        uss_base_url=command.uss_base_url,
        extent=extent,
        version=command.drawn,
        notification_index=0 if held is None else held.notification_index,
        notifies_intents=command.notifies_intents,
        notifies_constraints=command.notifies_constraints,
    )
    return (SubscriptionWritten(subscription=made),)


def _standing(held: Subscription | None) -> Standing | None:
    return None if held is None else Standing(held.manager, held.version)


def is_uncovered(extent: Envelope, used_by: Envelope) -> bool:
    """Whether an intent that uses the subscription would reach beyond `extent`: in area, level or time.

    It may begin up to START_PAST_MAX_US later than the intent: clients begin both "now", one after the other,
    and the public prober does.
    """
    starts = (extent.time_start_us, used_by.time_start_us)
    if (
        None not in starts
        and 0 < present(starts[0], "seen") - present(starts[1], "seen") <= START_PAST_MAX_US
    ):
        extent = msgspec.structs.replace(extent, time_start_us=used_by.time_start_us)
    return not covers(extent, used_by)


# How it changes


def evolve(value: Subscription | None, event: Event) -> Subscription | None:
    """The subscription after `event`."""
    match event:
        case SubscriptionNotified():
            held = present(value, "what is told of is there")
            return msgspec.structs.replace(held, notification_index=event.notification_index)
        case SubscriptionWritten():
            return event.subscription
        case SubscriptionDeleted() | SubscriptionForgotten():
            return None
        case _:
            unreachable(event)
