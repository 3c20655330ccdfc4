"""What a flight is, how far its coordination is, and which sky is kept for it at a moment."""

from enum import StrEnum

import msgspec

from mamarr.airspace.commitment import Agreed, Answered, Filing, Notice, Phase, Returned
from mamarr.airspace.occupancy import Touching
from mamarr.flights.conditions import Condition
from mamarr.flights.drone_watch import DronesThere
from mamarr.flights.plans import Plan
from mamarr.flights.protection import Protected
from mamarr.geometry import Volume
from mamarr.geometry.volumes import TIME_LAST_MS


class Stage(StrEnum):
    """How far its coordination is.

    PROVISIONAL: accepted, lapses unless confirmed. COORDINATED: accepted and confirmed. NOTIFIED: nobody
    decided on it: it flies where nobody decides, or with due regard.
    """

    PROVISIONAL = "PROVISIONAL"
    COORDINATED = "COORDINATED"
    NOTIFIED = "NOTIFIED"


class PlanAsked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A plan that other authorities are asked for, while another is in force. Fields: as of `Flight`.

    stage: of the flight when it is in force.
    """

    plan: Plan
    centre: str
    volumes: tuple[Protected, ...]
    stage: Stage = Stage.COORDINATED
    shares: tuple[str, ...] = ()
    asked_at_ms: int
    drones: DronesThere | None = None


class Telling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What other authorities were told of a flight. number: of the newest word. to: who was told.

    revision, first_ms: of the plan that it told, and when that begins.
    """

    number: int
    to: tuple[str, ...]
    revision: int
    first_ms: int


class Coordination(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a flight needs of other authorities, and how far that is.

    said_as, filed_ms: what its crossings are known by; tells nothing of the flight's id. answers: what
    each authority said last. until_ms: when this node gives up what it asks for; None while it asks for
    nothing. asked: the plan that is asked for while another is in force. telling: what others were told
    last, of a flight that is there whatever they say. returned: as `Returned`. notices: of authorities that
    withdraw what it is in force by.
    """

    said_as: str
    filed_ms: int
    filing: Filing = Filing()
    answers: tuple[Answered, ...] = ()
    until_ms: int | None = None
    asked: PlanAsked | None = None
    telling: Telling | None = None
    returned: tuple[Returned, ...] = ()
    notices: tuple[Notice, ...] = ()


class Flight(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A flight and the sky kept for it.

    centre: which centre serves it. volumes: kept for its plan, computed once. imposed: what it needs beside
    them. shares: through which shares of sky it was filed. lapses_at_ms: of a PROVISIONAL one.
    passed: number of the last point that it reported. touching: what its last imposed change came near to.
    asked_at_ms: when its plan was asked for; None where that was not kept yet. coordination: None where no
    other authority was ever asked. drones: what was known of them where it leads when its plan was asked for.
    """

    flight_id: str
    party: str
    centre: str
    plan: Plan
    volumes: tuple[Protected, ...]
    stage: Stage
    shares: tuple[str, ...] = ()
    lapses_at_ms: int | None = None
    is_airborne: bool = False
    passed: int | None = None
    condition: Condition = Condition.NORMAL
    imposed: tuple[Volume, ...] = ()
    touching: tuple[Touching, ...] = ()
    asked_at_ms: int | None = None
    coordination: Coordination | None = None
    drones: DronesThere | None = None


def end_ms(value: Flight) -> int:
    """When the last volume kept for its plan, or for the one asked for, ends; milliseconds since 1970."""
    return max(each.volume.time_end_ms for each in kept_volumes(value))


def kept_volumes(value: Flight) -> tuple[Protected, ...]:
    """What is kept for its plan, and after that what is kept for the plan that others are asked for."""
    asked = plan_asked(value)
    return value.volumes if asked is None else (*value.volumes, *asked.volumes)


def plan_asked(value: Flight) -> PlanAsked | None:
    """The plan that others are asked for while another is in force; None when there is none."""
    return None if value.coordination is None else value.coordination.asked


def is_in_force(value: Flight) -> bool:
    """Whether every authority whose acceptance it needs has confirmed its plan."""
    return value.coordination is None or value.coordination.filing.in_force > 0


def is_over(value: Flight, now_ms: int) -> bool:
    """Whether it holds nothing any more: lapsed, or on the ground when its plan has passed."""
    if value.lapses_at_ms is not None and value.lapses_at_ms <= now_ms:
        return True
    return not value.is_airborne and end_ms(value) <= now_ms


def is_overdue(value: Flight, now_ms: int) -> bool:
    """Whether it is airborne and its plan has passed without a report of its end."""
    return value.is_airborne and end_ms(value) <= now_ms


def held_volumes(value: Flight, now_ms: int) -> tuple[Volume, ...]:
    """The sky that is kept for it as seen at `now_ms`, in the order of `numbers`.

    Of an airborne flight, a volume whose time has passed without a report is kept without end.
    """
    if is_over(value, now_ms):
        return ()
    if not value.is_airborne:
        return (*(each.volume for each in kept_volumes(value)), *value.imposed)
    kept = (
        each.volume
        if each.volume.time_end_ms > now_ms
        else msgspec.structs.replace(each.volume, time_end_ms=TIME_LAST_MS)
        for each in kept_volumes(value)
    )
    return (*kept, *value.imposed)


def changes_at_ms(value: Flight, now_ms: int) -> int | None:
    """When, after `now_ms`, the clock next changes what `held_volumes` answers; None if it does not."""
    kept = kept_volumes(value)
    moments = [each.volume.time_end_ms for each in kept if each.volume.time_end_ms > now_ms]
    if not value.is_airborne:
        moments = moments and [max(moments)]
    if value.lapses_at_ms is not None and value.lapses_at_ms > now_ms:
        moments.append(value.lapses_at_ms)
    return min(moments, default=None)


def known_to(value: Flight) -> frozenset[str]:
    """The other authorities that protect all that is kept for it, or were told of it."""
    coordination = value.coordination
    if coordination is None or is_asking(value):
        return frozenset()
    filing, telling = coordination.filing, coordination.telling
    is_told = telling is not None and telling.revision == filing.in_force
    return frozenset((*filing.in_force_with, *(telling.to if telling is not None and is_told else ())))


def everybody(value: Coordination) -> tuple[str, ...]:
    """All other authorities that may hold something for it or were told of it, by their names."""
    filing, telling = value.filing, value.telling
    told = () if telling is None else telling.to
    return tuple(sorted({*filing.in_force_with, *filing.asked_of, *told}))


def is_asking(value: Flight) -> bool:
    """Whether other authorities are asked, and not all have answered."""
    return value.coordination is not None and value.coordination.filing.phase is not Phase.IDLE


def is_coordinated(value: Flight) -> bool:
    """Whether others are asked for it, or protect it: it is not forgotten before they were told."""
    coordination = value.coordination
    return coordination is not None and (is_asking(value) or bool(coordination.filing.in_force_with))


def is_given_up(value: Flight, now_ms: int) -> bool:
    """Whether this node asks no longer, as too much time has passed."""
    coordination = value.coordination
    return coordination is not None and coordination.until_ms is not None and coordination.until_ms <= now_ms


def is_stopped(value: Flight, agreed: Agreed | None) -> bool:
    """Whether others are asked for it since before the agreement was suspended: no old answer counts."""
    suspended = None if agreed is None else agreed.suspended
    return suspended is not None and is_asking(value) and asked_at_ms(value) <= suspended.at_ms


def asked_at_ms(value: Flight) -> int:
    """When others were asked for the revision that they are asked for now."""
    asked, coordination = plan_asked(value), value.coordination
    filed_ms = 0 if coordination is None else coordination.filed_ms
    return filed_ms if asked is None else asked.asked_at_ms


def noticed(value: Flight) -> tuple[Notice, ...]:
    """The notices that bear on it: of what it is in force by, and not once it is in the air."""
    coordination = value.coordination
    if coordination is None or value.is_airborne or value.stage is not Stage.COORDINATED:
        return ()
    filing = coordination.filing
    return tuple(
        each
        for each in coordination.notices
        if each.revision == filing.in_force and each.authority in filing.in_force_with
    )


def is_withdrawn(value: Flight, now_ms: int) -> bool:
    """Whether the notice of an authority is over that withdraws what it is in force by."""
    return any(each.from_ms <= now_ms for each in noticed(value))


def is_done_with(value: Flight, now_ms: int, agreed: Agreed | None) -> bool:
    """Whether a rule of the node ends what is asked for it, or what is in force."""
    is_in_vain = is_given_up(value, now_ms) or is_stopped(value, agreed)
    return is_in_vain or is_needed_no_more(value, now_ms) or is_withdrawn(value, now_ms)


def is_needed_no_more(value: Flight, now_ms: int) -> bool:
    """Whether others protect it, or are said to, and it will not fly: they end that by our word alone."""
    filing = None if value.coordination is None else value.coordination.filing
    is_protected = filing is not None and bool(filing.in_force_with or filing.by_voice)
    return is_protected and is_over(value, now_ms)
