"""Constraint references: where somebody else keeps a constraint of which all must know.

Only who has the details decides what it forbids. One whose time is over is dead by comparison with now.
"""

from datetime import datetime

import msgspec

from mamarr.discovery import envelopes, owned, subscriptions
from mamarr.discovery.envelopes import Envelope, us_of
from mamarr.discovery.forms import OVN, RULE, USS_BASE_URL, checked_ids, is_door
from mamarr.discovery.owned import Standing
from mamarr.discovery.subscriptions import Subscriber, SubscriptionNotified
from mamarr.faults import Reason, Refusal, limit_reached, unreachable
from mamarr.names import Author, matched

PER_MANAGER_MAX = 100_000  # chosen: a country's obstacles and notices many times over, some 2 kB each

# What it is


class ConstraintReference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where a constraint is, when, and whom to ask. ovn: another with each write. version: counts them."""

    entity_id: str
    manager: str
    uss_base_url: str
    extent: Envelope
    ovn: str
    version: int = 1


def is_over(value: ConstraintReference, now_us: int) -> bool:
    """Whether its time is over."""
    return envelopes.is_past(value.extent, now_us)


def living(value: ConstraintReference | None, now_us: int) -> ConstraintReference | None:
    """The reference, if there is one and its time is not over."""
    return None if value is None or is_over(value, now_us) else value


# What may be asked


class PutConstraint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="put-constraint"):
    """Make a constraint known, or that it is another one.

    manager: who asks. drawn: becomes the OVN; never the same twice. ovn: of the one that is changed; None
    makes a new one. ValueError when the extent lacks a time.
    """

    entity_id: str
    manager: str
    uss_base_url: str
    extent: Envelope
    drawn: str
    ovn: str | None = None

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.entity_id)
        matched("uss_base_url", self.uss_base_url, USS_BASE_URL)
        matched("drawn", self.drawn, OVN)
        if self.extent.time_start_us is None or self.extent.time_end_us is None:
            raise ValueError("the extent has no time of start or of end")


class DeleteConstraint(msgspec.Struct, frozen=True, kw_only=True, tag="delete-constraint"):
    """Say that a constraint is no more. manager: who asks."""

    entity_id: str
    manager: str
    ovn: str

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.entity_id)


class ForgetConstraint(msgspec.Struct, frozen=True, kw_only=True, tag="forget-constraint"):
    """Forget a constraint whose time is over; asked by a rule of the node."""

    entity_id: str

    def __post_init__(self) -> None:
        checked_ids(RULE, self.entity_id)


Command = PutConstraint | DeleteConstraint | ForgetConstraint


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="constraint-reference"):
    """What the decision may rest on.

    party: the node's own. held: the one of this id, over or not. count: how many the manager has. notified:
    who is to be told of what is asked, in the order of their ids.
    """

    party: str
    held: ConstraintReference | None = None
    count: int = 0
    notified: tuple[Subscriber, ...] = ()


# What may happen


class ConstraintWritten(msgspec.Struct, frozen=True, kw_only=True, tag="constraint-written"):
    """The reference is this one from now on."""

    constraint: ConstraintReference


class ConstraintDeleted(msgspec.Struct, frozen=True, kw_only=True, tag="constraint-deleted"):
    """The reference, which was this one, is no more."""

    constraint: ConstraintReference


class ConstraintForgotten(msgspec.Struct, frozen=True, kw_only=True, tag="constraint-forgotten"):
    """The reference, whose time was over, is no more."""

    entity_id: str


Event = ConstraintWritten | ConstraintDeleted | ConstraintForgotten

# What we answer


def decide(
    command: Command, facts: Facts, *, author: Author, now: datetime
) -> tuple[Event | SubscriptionNotified, ...] | Refusal:
    """Answer one command about one constraint reference.

    In F3548-21's terms TIME_PAST is 400; NOT_YOURS 403; NOT_THERE 404, and 400 for a change; ID_TAKEN and
    OTHER_VERSION 409; LIMIT_REACHED 429.
    """
    now_us, about = us_of(now), (command.entity_id,)
    if isinstance(command, ForgetConstraint):
        over = None if facts.held is None else is_over(facts.held, now_us)
        why = owned.kept(command.entity_id, author, facts.party, is_over=over)
        return why or (ConstraintForgotten(entity_id=command.entity_id),)
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    if isinstance(command, PutConstraint) and envelopes.is_past(command.extent, now_us):
        return Refusal(reason=Reason.TIME_PAST, because=about)
    held = living(facts.held, now_us)
    standing = None if held is None else Standing(held.manager, held.ovn)
    why = owned.not_theirs(command.entity_id, command.manager, command.ovn, standing)
    if why is not None:
        return why
    if held is None and facts.count >= PER_MANAGER_MAX:
        return limit_reached("per_manager_max")
    told = tuple(map(subscriptions.notified, facts.notified))
    if isinstance(command, DeleteConstraint):
        return () if held is None else (ConstraintDeleted(constraint=held), *told)
    made = ConstraintReference(
        entity_id=command.entity_id,
        manager=command.manager,
        uss_base_url=command.uss_base_url,
        extent=command.extent,
        ovn=command.drawn,
        version=1 if held is None else held.version + 1,
    )
    return (ConstraintWritten(constraint=made), *told)


# How it changes


def evolve(value: ConstraintReference | None, event: Event) -> ConstraintReference | None:
    """The reference after `event`."""
    del value
    match event:
        case ConstraintWritten():
            return event.constraint
        case ConstraintDeleted() | ConstraintForgotten():
            return None
        case _:
            unreachable(event)
