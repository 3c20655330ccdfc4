"""Operational intents: references to what a USS plans or flies, by ASTM F3548-21. Known here, not admitted.

The promise is proof of knowledge: whoever plans names in a key the OVN of each intent that its own envelope
meets, and an OVN is told by the USS that keeps the details alone. So both have seen each other. What is
off-nominal needs no key: it is there.

One whose time is over is dead by comparison with now, whoever forgets it later: it is neither found nor asked
for in a key, it cannot be changed, and its id is free again.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.discovery import envelopes, owned, subscriptions
from mamarr.discovery.availabilities import Availability
from mamarr.discovery.envelopes import Envelope, covers, covers_in_time, us_of
from mamarr.discovery.forms import KEY_ITEM, OVN, RULE, USS_BASE_URL, checked_ids, is_door
from mamarr.discovery.owned import Standing
from mamarr.discovery.subscriptions import (
    Subscriber,
    Subscription,
    SubscriptionDeleted,
    SubscriptionNotified,
    SubscriptionWritten,
)
from mamarr.faults import Reason, Refusal, limit_reached, present, unreachable
from mamarr.names import Author, matched

PER_MANAGER_MAX = 1_000_000  # chosen: a large country's deliveries of a day, some 2 kB each
KEY_MAX = 5_000  # chosen: OVNs in one key, ten times the busiest place that was planned for
MISSING_MAX = 1_000  # chosen: named in one refusal; who learns these asks again
CELLS_LIMIT = "cells_max"  # reached when an implicit subscription would get more cells than one may have
SUFFIX_LENGTH_MAX = 128  # chosen: one that is longer is no UUID
SUFFIX_AGE_MAX_MS = 5 * 60_000  # as InterUSS has it for requested OVNs, and as far ahead

# What it is


class IntentState(StrEnum):
    """Where the flight stands, in the words of F3548-21. Ended is not one: it is deleted then."""

    ACCEPTED = "Accepted"
    ACTIVATED = "Activated"
    NONCONFORMING = "Nonconforming"
    CONTINGENT = "Contingent"


OFF_NOMINAL = frozenset({IntentState.NONCONFORMING, IntentState.CONTINGENT})


class Intent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where and when somebody flies, and whom to ask. ovn: another one with each write. version: counts them.

    subscription_id: of the subscription by which its manager is told of others.
    """

    entity_id: str
    manager: str
    uss_base_url: str
    extent: Envelope
    state: IntentState
    ovn: str
    version: int = 1
    subscription_id: str | None = None


def is_over(value: Intent, now_us: int) -> bool:
    """Whether its time is over."""
    return envelopes.is_past(value.extent, now_us)


def living(value: Intent | None, now_us: int) -> Intent | None:
    """The intent, if there is one and its time is not over."""
    return None if value is None or is_over(value, now_us) else value


def needs_key(state: IntentState) -> bool:
    """Whether who writes an intent in `state` must prove what it knows of others."""
    return state not in OFF_NOMINAL


def counts(value: Intent, availability: Availability) -> bool:
    """Whether others must know `value`, whose manager's availability is this one.

    Of a USS that is Down nobody can learn an OVN, so what it has not activated gives way.
    """
    return value.state is not IntentState.ACCEPTED or availability is not Availability.DOWN


# What may be asked


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The implicit subscription to be made with an intent. subscription_id: drawn for it, a UUID."""

    subscription_id: str
    uss_base_url: str
    notifies_constraints: bool = False

    def __post_init__(self) -> None:
        checked_ids(RULE, self.subscription_id)
        matched("uss_base_url", self.uss_base_url, USS_BASE_URL)


class PutIntent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="put-intent"):
    """Make an intent known, or that it is another one.

    manager: who asks. drawn: becomes the OVN, where none is asked for by ovn_suffix, and the version of the
    implicit subscription that is made or extended; never the same twice. ovn: of the intent that is changed;
    None makes a new one. key: OVNs that the asker knows. ovn_suffix: a UUID of version 7 for the OVN; that it
    is none is refused here. may_be_off_nominal: whether the token has the scope for such states.
    ValueError when the extent lacks a bound, or both subscriptions are named.
    """

    entity_id: str
    manager: str
    uss_base_url: str
    extent: Envelope
    state: IntentState
    drawn: str
    ovn: str | None = None
    key: tuple[str, ...] = ()
    subscription_id: str | None = None
    new_subscription: NewSubscription | None = None
    ovn_suffix: str | None = None
    may_be_off_nominal: bool = False

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.entity_id, self.subscription_id)
        matched("uss_base_url", self.uss_base_url, USS_BASE_URL)
        matched("drawn", self.drawn, OVN)
        if self.extent.time_start_us is None or self.extent.time_end_us is None:
            raise ValueError("the extent has no time of start or of end")
        if self.extent.altitude_lower_mm is None or self.extent.altitude_upper_mm is None:
            raise ValueError("the extent has no lower or no upper altitude")
        if len(self.key) > KEY_MAX:
            raise ValueError(f"a key has at most {KEY_MAX} OVNs")
        if not all(map(KEY_ITEM.fullmatch, self.key)):  # of thousands, at once
            for each in self.key:
                matched("key", each, KEY_ITEM)
        if self.ovn_suffix is not None and len(self.ovn_suffix) > SUFFIX_LENGTH_MAX:
            raise ValueError(f"a suffix of more than {SUFFIX_LENGTH_MAX} characters")
        if self.subscription_id is not None and self.new_subscription is not None:
            raise ValueError("either a subscription is named or a new one asked for, not both")


class DeleteIntent(msgspec.Struct, frozen=True, kw_only=True, tag="delete-intent"):
    """Say that an intent has ended. manager: who asks."""

    entity_id: str
    manager: str
    ovn: str

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.entity_id)


class ForgetIntent(msgspec.Struct, frozen=True, kw_only=True, tag="forget-intent"):
    """Forget an intent whose time is over; asked by a rule of the node."""

    entity_id: str

    def __post_init__(self) -> None:
        checked_ids(RULE, self.entity_id)


Command = PutIntent | DeleteIntent | ForgetIntent


class Known(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which write of which entity."""

    entity_id: str
    ovn: str


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="intent"):
    """What the decision may rest on.

    party: the node's own. held: the intent of this id, over or not. used: the subscription that it uses.
    is_used_alone: nothing else uses that. named: the subscription that is asked for, or that has the id drawn
    for a new one; over or not. missing_intents, missing_constraints: what the asked extent meets, must be
    known and is not in the key; at most MISSING_MAX each, in the order of their ids. notified: the
    subscriptions that look where the intent is, was or would be, in the order of their ids. count: how many
    intents the manager has.
    """

    party: str
    held: Intent | None = None
    used: Subscription | None = None
    is_used_alone: bool = False
    named: Subscription | None = None
    missing_intents: tuple[Known, ...] = ()
    missing_constraints: tuple[Known, ...] = ()
    notified: tuple[Subscriber, ...] = ()
    count: int = 0


# What may happen


class IntentWritten(msgspec.Struct, frozen=True, kw_only=True, tag="intent-written"):
    """The intent is this one from now on."""

    intent: Intent


class IntentDeleted(msgspec.Struct, frozen=True, kw_only=True, tag="intent-deleted"):
    """The intent, which was this one, has ended."""

    intent: Intent


class IntentForgotten(msgspec.Struct, frozen=True, kw_only=True, tag="intent-forgotten"):
    """The intent, whose time was over, is no more."""

    entity_id: str


Event = IntentWritten | IntentDeleted | IntentForgotten
Made = Event | SubscriptionWritten | SubscriptionDeleted | SubscriptionNotified

# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Made, ...] | Refusal:
    """Answer one command about one intent, in the order of the reference DSS.

    In F3548-21's terms TIME_PAST, WRONG_STATUS, SUFFIX_UNFIT, SUBSCRIPTION_NEEDED, UNKNOWN_SUBSCRIPTION and
    NOT_COVERED are 400; NOT_YOURS 403; NOT_THERE 404, and 400 for a change; ID_TAKEN, OTHER_VERSION and
    KEY_INCOMPLETE 409, the last with what is missing; LIMIT_REACHED 429, and 400 where it is CELLS_LIMIT.
    """
    now_us = us_of(now)
    match command:
        case ForgetIntent():
            return _forgotten(command, facts, author, now_us)
        case _ if not is_door(author, facts.party):
            return Refusal(reason=Reason.NOT_YOURS)
        case PutIntent():
            refusal = (
                _unfit(command, now_us)
                or _not_theirs(command.entity_id, command.manager, command.ovn, living(facts.held, now_us))
                or _subscription_refused(command, facts, now_us)
                or _unknown(facts)
            )
            return refusal or tuple(_written(command, facts, now_us))
        case DeleteIntent():
            held = living(facts.held, now_us)
            refusal = _not_theirs(command.entity_id, command.manager, command.ovn, held)
            return refusal or tuple(_deleted(facts))
        case _:
            unreachable(command)


def _unfit(command: PutIntent, now_us: int) -> Refusal | None:
    """Why it would be refused whatever is known: of its own parameters, then of what the token may."""
    about = (command.entity_id,)
    if envelopes.is_past(command.extent, now_us):
        return Refusal(reason=Reason.TIME_PAST, because=about)
    if command.ovn is None and command.state is not IntentState.ACCEPTED:
        return Refusal(reason=Reason.WRONG_STATUS, because=about)
    if command.ovn_suffix is not None and not _is_fresh(command.ovn_suffix, now_us // 1_000):
        return Refusal(reason=Reason.SUFFIX_UNFIT, because=about)
    has_subscription = command.subscription_id is not None or command.new_subscription is not None
    if command.state is not IntentState.ACCEPTED and not has_subscription:
        return Refusal(reason=Reason.SUBSCRIPTION_NEEDED, because=about)
    if command.state in OFF_NOMINAL and not command.may_be_off_nominal:
        return Refusal(reason=Reason.NOT_YOURS, because=about)
    if _ovn(command) == command.ovn:
        return Refusal(reason=Reason.SUFFIX_UNFIT, because=about)
    return None


def _not_theirs(entity_id: str, manager: str, ovn: str | None, held: Intent | None) -> Refusal | None:
    """Why who asks, knowing `ovn`, may not write what is held. None for ovn: it is to be new."""
    standing = None if held is None else Standing(held.manager, held.ovn)
    return owned.not_theirs(entity_id, manager, ovn, standing)


def _subscription_refused(command: PutIntent, facts: Facts, now_us: int) -> Refusal | None:
    if command.new_subscription is not None and facts.named is not None:
        return Refusal(reason=Reason.ID_TAKEN, because=(facts.named.subscription_id,))
    if command.subscription_id is None:
        return None
    named, about = subscriptions.living(facts.named, now_us), (command.subscription_id,)
    if named is None:
        return Refusal(reason=Reason.UNKNOWN_SUBSCRIPTION, because=about)
    if named.manager != command.manager:
        return Refusal(reason=Reason.NOT_YOURS, because=about)
    if not named.is_implicit and not covers_in_time(named.extent, command.extent):
        return Refusal(reason=Reason.NOT_COVERED, because=about)
    if named.is_implicit and _extended(named, command) is None:
        return limit_reached(CELLS_LIMIT)
    return None


def _unknown(facts: Facts) -> Refusal | None:
    """The refusal that names what is missing in the key, intents before constraints."""
    missing = tuple(each.entity_id for each in (*facts.missing_intents, *facts.missing_constraints))
    if missing:
        return Refusal(reason=Reason.KEY_INCOMPLETE, because=missing)
    return limit_reached("per_manager_max") if facts.count >= PER_MANAGER_MAX and not facts.held else None


def _written(command: PutIntent, facts: Facts, now_us: int) -> Iterator[Made]:
    held, attached = living(facts.held, now_us), _attached(command, facts)
    if attached is not None and attached != facts.named:
        yield SubscriptionWritten(subscription=attached)
    yield IntentWritten(
        intent=Intent(
            entity_id=command.entity_id,
            manager=command.manager,
            uss_base_url=command.uss_base_url,
            extent=command.extent,
            state=command.state,
            ovn=_ovn(command),
            version=1 if held is None else held.version + 1,
            subscription_id=None if attached is None else attached.subscription_id,
        )
    )
    told = {each.subscription_id: each for each in facts.notified}
    left = _left(facts, kept=attached)
    if left is not None:
        yield SubscriptionDeleted(subscription=left)
        told.pop(left.subscription_id, None)
    if attached is not None and attached != facts.named and attached.notifies_intents:
        told[attached.subscription_id] = Subscriber(
            subscription_id=attached.subscription_id,
            uss_base_url=attached.uss_base_url,
            notification_index=attached.notification_index,
        )
    yield from map(subscriptions.notified, told.values())


def _deleted(facts: Facts) -> Iterator[Made]:
    # The implicit subscription that goes with it is told first: its manager learns of each write but this.
    yield IntentDeleted(intent=present(facts.held, "what is not there was refused"))
    yield from map(subscriptions.notified, facts.notified)
    left = _left(facts, kept=None)
    if left is not None:
        is_told = any(each.subscription_id == left.subscription_id for each in facts.notified)
        more = 1 if is_told else 0
        yield SubscriptionDeleted(
            subscription=msgspec.structs.replace(left, notification_index=left.notification_index + more)
        )


def _forgotten(
    command: ForgetIntent, facts: Facts, author: Author, now_us: int
) -> tuple[Made, ...] | Refusal:
    over = None if facts.held is None else is_over(facts.held, now_us)
    why = owned.kept(command.entity_id, author, facts.party, is_over=over)
    if why is not None:
        return why
    left = _left(facts, kept=None)
    gone = IntentForgotten(entity_id=command.entity_id)
    return (gone,) if left is None else (gone, SubscriptionDeleted(subscription=left))


def _attached(command: PutIntent, facts: Facts) -> Subscription | None:
    """The subscription that the intent will use, as it will be: a new one, or the named one, extended."""
    if command.new_subscription is not None:
        return Subscription(
            subscription_id=command.new_subscription.subscription_id,
            manager=command.manager,
            uss_base_url=command.new_subscription.uss_base_url,
            extent=command.extent,
            version=command.drawn,
            notifies_intents=True,
            notifies_constraints=command.new_subscription.notifies_constraints,
            is_implicit=True,
        )
    if command.subscription_id is None:
        return None
    named = present(facts.named, "an unknown one was refused")
    return present(_extended(named, command), "one too large was refused") if named.is_implicit else named


def _extended(named: Subscription, command: PutIntent) -> Subscription | None:
    """The implicit subscription, large enough for what is asked; None when it would have too many cells."""
    if covers(named.extent, command.extent):
        return named
    if len({*named.extent.cells, *command.extent.cells}) > envelopes.CELLS_MAX:
        return None
    extent = envelopes.union((named.extent, command.extent))
    return msgspec.structs.replace(named, extent=extent, version=command.drawn)


def _left(facts: Facts, *, kept: Subscription | None) -> Subscription | None:
    """The implicit subscription that nothing uses any more when the intent uses `kept`, or is no more."""
    used = facts.used
    if used is None or not used.is_implicit or not facts.is_used_alone:
        return None
    return None if kept is not None and kept.subscription_id == used.subscription_id else used


def _ovn(command: PutIntent) -> str:
    return command.drawn if command.ovn_suffix is None else f"{command.entity_id}_{command.ovn_suffix}"


def _is_fresh(suffix: str, now_ms: int) -> bool:
    """Whether it is a UUID of version 7 that was made now, by its first 48 bits: RFC 9562, section 5.7."""
    if UUID_7.fullmatch(suffix) is None:
        return False
    return abs(int(suffix.replace("-", "")[:12], 16) - now_ms) <= SUFFIX_AGE_MAX_MS


UUID_7 = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

# How it changes


def evolve(value: Intent | None, event: Event) -> Intent | None:
    """The intent after `event`."""
    del value
    match event:
        case IntentWritten():
            return event.intent
        case IntentDeleted() | IntentForgotten():
            return None
        case _:
            unreachable(event)
