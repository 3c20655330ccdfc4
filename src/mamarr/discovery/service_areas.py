"""Identification service areas: where somebody serves the remote identification of drones, by ASTM F3411-22a.

Who flies there, its service provider alone says; a DSS keeps whom to ask. An area is found by its place until
its time is over, and by its id for KEPT_US more: clients remove what they made after it has ended.
"""

from datetime import datetime

import msgspec

from mamarr.discovery import display_subscriptions, owned
from mamarr.discovery.display_subscriptions import DisplaySubscriptionNotified
from mamarr.discovery.envelopes import Envelope, us_of
from mamarr.discovery.forms import OVN, RULE, USS_BASE_URL, checked_ids, is_door
from mamarr.discovery.owned import Standing
from mamarr.discovery.subscriptions import START_PAST_MAX_US, Subscriber
from mamarr.faults import Reason, Refusal, limit_reached, present, unreachable
from mamarr.names import Author, matched

PER_MANAGER_MAX = 100_000  # chosen: one for each city of a continent, some 2 kB each
KEPT_US = 30 * 60 * 1_000_000  # as long as the reference DSS does for its clean-up, if not told otherwise

# What it is


class ServiceArea(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where and when somebody serves, and whom to ask.

    extent: with both times. version: another one each time that it is written.
    """

    entity_id: str
    manager: str
    uss_base_url: str
    extent: Envelope
    version: str


def is_gone(value: ServiceArea, now_us: int) -> bool:
    """Whether its time has been over for so long that its id does not find it either."""
    return present(value.extent.time_end_us, "an area has both times") < now_us - KEPT_US


def found(value: ServiceArea | None, now_us: int) -> ServiceArea | None:
    """The area, if there is one and its id finds it."""
    return None if value is None or is_gone(value, now_us) else value


# What may be asked


class PutServiceArea(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="put-service-area"):
    """Make an area known, or that it is another one.

    manager: who asks. extent: a start that is None is now; where one is changed, a time that is None is as it
    was. drawn: becomes the version; never the same twice. version: of the one that is changed; None makes a
    new one. ValueError when a new one has no end.
    """

    entity_id: str
    manager: str
    uss_base_url: str
    extent: Envelope
    drawn: str
    version: str | None = None

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.entity_id)
        matched("uss_base_url", self.uss_base_url, USS_BASE_URL)
        matched("drawn", self.drawn, OVN)
        if self.version is None and self.extent.time_end_us is None:
            raise ValueError("the extent has no time of end")


class DeleteServiceArea(msgspec.Struct, frozen=True, kw_only=True, tag="delete-service-area"):
    """Say that nobody is served there any more. manager: who asks."""

    entity_id: str
    manager: str
    version: str

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.entity_id)


class ForgetServiceArea(msgspec.Struct, frozen=True, kw_only=True, tag="forget-service-area"):
    """Forget an area whose time has been over for KEPT_US; asked by a rule of the node."""

    entity_id: str

    def __post_init__(self) -> None:
        checked_ids(RULE, self.entity_id)


Command = PutServiceArea | DeleteServiceArea | ForgetServiceArea


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="service-area"):
    """What the decision may rest on.

    party: the node's own. held: the one of this id, over or not. count: how many the manager has. notified:
    who is to be told of what is asked, in the order of their ids.
    """

    party: str
    held: ServiceArea | None = None
    count: int = 0
    notified: tuple[Subscriber, ...] = ()


# What may happen


class ServiceAreaWritten(msgspec.Struct, frozen=True, kw_only=True, tag="service-area-written"):
    """The area is this one from now on."""

    area: ServiceArea


class ServiceAreaDeleted(msgspec.Struct, frozen=True, kw_only=True, tag="service-area-deleted"):
    """The area, which was this one, is no more."""

    area: ServiceArea


class ServiceAreaForgotten(msgspec.Struct, frozen=True, kw_only=True, tag="service-area-forgotten"):
    """The area, whose time was over, is no more."""

    entity_id: str


Event = ServiceAreaWritten | ServiceAreaDeleted | ServiceAreaForgotten

# What we answer


def decide(
    command: Command, facts: Facts, *, author: Author, now: datetime
) -> tuple[Event | DisplaySubscriptionNotified, ...] | Refusal:
    """Answer one command about one area.

    In F3411-22a's terms TIMES_UNFIT is 400; NOT_YOURS 403; NOT_THERE 404, and 400 for a change; ID_TAKEN and
    OTHER_VERSION 409; LIMIT_REACHED 429.
    """
    now_us = us_of(now)
    if isinstance(command, ForgetServiceArea):
        gone = None if facts.held is None else is_gone(facts.held, now_us)
        why = owned.kept(command.entity_id, author, facts.party, is_over=gone)
        return why or (ServiceAreaForgotten(entity_id=command.entity_id),)
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    held, told = found(facts.held, now_us), tuple(map(display_subscriptions.notified, facts.notified))
    match command:
        case PutServiceArea():
            answer = _put(command, facts, held, now_us)
            return answer if isinstance(answer, Refusal) else (ServiceAreaWritten(area=answer), *told)
        case DeleteServiceArea():
            why = owned.not_theirs(command.entity_id, command.manager, command.version, _standing(held))
            return why or (ServiceAreaDeleted(area=present(held, "it may be deleted")), *told)
        case _:
            unreachable(command)


def _put(
    command: PutServiceArea, facts: Facts, held: ServiceArea | None, now_us: int
) -> ServiceArea | Refusal:
    """The area as it will be, or why not.

    Of a new one the public suite wants its own faults to be said before that its id is taken: by whomever.
    """
    about = (command.entity_id,)
    if command.version is not None:
        why = owned.not_theirs(command.entity_id, command.manager, command.version, _standing(held))
        if why is not None:
            return why
    before = None if held is None or command.version is None else held.extent
    extent = _extent(command.extent, before, now_us)
    if extent is None:
        return Refusal(reason=Reason.TIMES_UNFIT, because=about)
    if held is not None and command.version is None:
        return Refusal(reason=Reason.ID_TAKEN, because=about)
    if held is None and facts.count >= PER_MANAGER_MAX:
        return limit_reached("per_manager_max")
    return ServiceArea(
        entity_id=command.entity_id,
        manager=command.manager,
        uss_base_url=command.uss_base_url,
        extent=extent,
        version=command.drawn,
    )


def _extent(asked: Envelope, held: Envelope | None, now_us: int) -> Envelope | None:
    """Where and when it would be; None when the times that result do not fit.

    A start may be asked for that is the one it has, however long ago: F3411-22a says so.
    """
    start_us, end_us = asked.time_start_us, asked.time_end_us
    had_us = None if held is None else held.time_start_us
    if start_us is None:
        start_us = now_us if had_us is None else had_us
    elif start_us < now_us - START_PAST_MAX_US and start_us != had_us:
        return None
    if end_us is None:
        end_us = present(held, "a new one has an end").time_end_us
    if present(end_us, "an area has both times") < max(start_us, now_us):
        return None
    return msgspec.structs.replace(asked, time_start_us=start_us, time_end_us=end_us)


def _standing(held: ServiceArea | None) -> Standing | None:
    return None if held is None else Standing(held.manager, held.version)


# How it changes


def evolve(value: ServiceArea | None, event: Event) -> ServiceArea | None:
    """The area after `event`."""
    del value
    match event:
        case ServiceAreaWritten():
            return event.area
        case ServiceAreaDeleted() | ServiceAreaForgotten():
            return None
        case _:
            unreachable(event)
