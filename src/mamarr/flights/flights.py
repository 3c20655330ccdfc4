"""Flights: filed, admitted when they conflict with nothing, followed by report until they landed or left.

An admitted flight is kept apart from everything else by the volumes that were computed when it was filed.
The clock ends only what is on the ground: what is airborne holds its sky until a report says otherwise.
What flies anyway (DUE_REGARD, UNALLOTTED sky, an emergency) is never refused: it is kept, blocks what is
asked for later, and what it comes near to is named.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.airspace import commitment
from mamarr.airspace.commitment import UNSAID, Agreed, Answered, AskedOf, Notice
from mamarr.airspace.occupancy import Kind, Standing, Touching
from mamarr.airspace.terms import DEFAULT, Terms
from mamarr.faults import (
    BECAUSE_MAX,
    InvariantError,
    Reason,
    Refusal,
    invariant,
    limit_reached,
    present,
    unreachable,
)
from mamarr.flights import asking, errands, holding
from mamarr.flights.admission import NEVER_KEPT_WAITING, Quota, over_quota
from mamarr.flights.asking import Followed
from mamarr.flights.conditions import Condition, Position
from mamarr.flights.drone_watch import DronesThere
from mamarr.flights.errands import ErrandKept
from mamarr.flights.holding import Coordination, Flight, PlanAsked, Stage
from mamarr.flights.plans import Plan, shifted
from mamarr.flights.protection import Protected
from mamarr.geometry import Volume
from mamarr.geometry.units import epoch_ms
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.names import OBJECT_ID, Author, matched, party_id

KEPT_MS = 3_600_000  # chosen: an hour after its end a flight can still be asked about
TOUCHING_MAX = 100  # chosen: more than anybody can be warned of at once

# What it is


class Action(StrEnum):
    """What whoever speaks for a flight may be offered to do."""

    CONFIRM = "CONFIRM"
    REVISE = "REVISE"
    WITHDRAW = "WITHDRAW"
    REPORT_AIRBORNE = "REPORT_AIRBORNE"
    REPORT_PASSING = "REPORT_PASSING"
    REPORT_CONDITION = "REPORT_CONDITION"
    REPORT_ENDED = "REPORT_ENDED"


# What may be asked


class _OfOne(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    flight_id: str

    def __post_init__(self) -> None:
        matched("flight_id", self.flight_id, OBJECT_ID)


class File(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="file"):
    """Ask that a flight be admitted, or notify one that asks nobody.

    is_provisional: the acceptance lapses unless it is confirmed. party: whose flight it is, where the node's
    own party files for one that its centre serves.
    """

    plan: Plan
    is_provisional: bool = False
    party: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.party is not None:
            party_id("party", self.party)
        if self.flight_id in (self.plan.joins, self.plan.splits_from):
            raise ValueError("a flight cannot join or leave itself")


class Confirm(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="confirm"):
    """Confirm a provisional acceptance: it never lapses by itself after that."""


class Revise(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="revise"):
    """Ask that another plan be admitted in place of the one in force; refused, the old one stands."""

    plan: Plan


class Withdraw(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="withdraw"):
    """Give the sky back; only before the flight is airborne."""


class ReportAirborne(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="report-airborne"):
    """Report that the flight is airborne, and when it passed its first point."""

    time_ms: int


class ReportPassing(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="report-passing"):
    """Report which point of its route the flight passed, and when; what follows is estimated from there."""

    point: int
    time_ms: int


class ReportCondition(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="report-condition"):
    """Report that a flight cannot keep to its plan, or can again. Never refused for want of sky.

    has_surveillance: whether somebody sees it who can tell where it is.
    """

    condition: Condition
    position: Position | None = None
    has_surveillance: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.condition is Condition.OVERDUE:
            raise ValueError("OVERDUE is found by the node, not reported")


class ReportEnded(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="report-ended"):
    """Report that the flight has landed, or has left the sky that this node speaks of."""


class NoteOverdue(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="note-overdue"):
    """Note that a flight is overdue; asked by a rule of the node."""


class GiveUpAsking(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="give-up-asking"):
    """Ask other authorities no longer, as they do not answer in time, or give back what is not needed, as it
    did not fly in its time; asked by a rule of the node."""


class ExpireFlight(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="expire-flight"):
    """Forget a flight that has held nothing for a while; asked by a rule of the node."""


Report = ReportAirborne | ReportPassing | ReportCondition | ReportEnded
Command = File | Confirm | Revise | Withdraw | Report | NoteOverdue | GiveUpAsking | ExpireFlight


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="flight"):
    """What the decision may rest on; filled by `engine.facts`, kept in the entry.

    node_party: the node's own party, which may speak for every flight. party, centre: whose the flight is,
    and which centre serves it. held: the flight of this id, if there is one. unfit: why the route cannot be
    flown as filed. volumes, imposed: what would be kept for it. shares: through which shares it leads.
    standing: what stands in the way, at most BECAUSE_MAX, in the order of kinds and ids. touching: what is
    nearer than its minima and does not stand in the way, at most TOUCHING_MAX. quota: of the party.
    terms: None for those that hold where nobody set any. is_withheld: something stands in the way, and none
    of it may the author know to exist. over_until_ms: until when the author's party is over
    `Terms.given_up_max`; None while it is not. agreed: what is agreed with other authorities; None where
    nothing is. asked_of: the others whose acceptance the volumes need, in the order of their names.
    asked_next: those that would be needed by an agreement that is proposed and not in force yet. said_as:
    what the flight is called to others. drones: what is known of them where it leads.
    """

    node_party: str
    party: str = ""
    centre: str = ""
    held: Flight | None = None
    unfit: Refusal | None = None
    volumes: tuple[Protected, ...] = ()
    imposed: tuple[Volume, ...] = ()
    shares: tuple[str, ...] = ()
    standing: tuple[Standing, ...] = ()
    touching: tuple[Touching, ...] = ()
    quota: Quota = Quota()
    terms: Terms | None = None
    is_withheld: bool = False
    over_until_ms: int | None = None
    agreed: Agreed | None = None
    asked_of: tuple[AskedOf, ...] = ()
    asked_next: tuple[str, ...] = ()
    said_as: str = UNSAID
    drones: DronesThere | None = None


# What may happen


class Filed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="filed"):
    """The flight is admitted, or notified where nobody is asked."""

    flight_id: str
    party: str
    centre: str
    plan: Plan
    volumes: tuple[Protected, ...]
    stage: Stage
    shares: tuple[str, ...] = ()
    lapses_at_ms: int | None = None
    touching: tuple[Touching, ...] = ()
    asked_at_ms: int | None = None
    coordination: Coordination | None = None
    drones: DronesThere | None = None


class Confirmed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="confirmed"):
    """The acceptance no longer lapses."""

    flight_id: str


class Revised(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="revised"):
    """Another plan is in force."""

    flight_id: str
    plan: Plan
    centre: str
    volumes: tuple[Protected, ...]
    stage: Stage
    shares: tuple[str, ...] = ()
    touching: tuple[Touching, ...] = ()
    asked_at_ms: int | None = None
    drones: DronesThere | None = None


class CoordinationChanged(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="coordination-changed"
):
    """Other authorities were asked, or one answered. Fields: as of `Flight`, as they are now."""

    flight_id: str
    coordination: Coordination
    stage: Stage
    lapses_at_ms: int | None = None


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="withdrawn"):
    """The flight holds nothing any more."""

    flight_id: str


class Passed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="passed"):
    """The flight is airborne and passed a point. plan, volumes: as estimated from there."""

    flight_id: str
    point: int
    plan: Plan
    volumes: tuple[Protected, ...]
    touching: tuple[Touching, ...] = ()


class ConditionReported(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="condition-reported"
):
    """The flight's condition changed. imposed: what it needs beside its plan."""

    flight_id: str
    condition: Condition
    imposed: tuple[Volume, ...] = ()
    touching: tuple[Touching, ...] = ()


class Ended(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="ended"):
    """The flight has landed or left."""

    flight_id: str


class FlightExpired(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="flight-expired"):
    """The flight is forgotten: it has held nothing for a while."""

    flight_id: str


Event = (
    Filed
    | Confirmed
    | Revised
    | CoordinationChanged
    | Withdrawn
    | Passed
    | ConditionReported
    | Ended
    | FlightExpired
)
Outcome = tuple[Event | ErrandKept, ...] | Refusal


# What we answer


BY_RULE = (NoteOverdue, GiveUpAsking, ExpireFlight)  # asked by a rule of the node, and by nobody else


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> Outcome:
    """Answer one command about one flight. Never raises; says no prose."""
    now_ms = epoch_ms(now)
    if isinstance(command, File):
        return _file(command, facts, author=author, now_ms=now_ms)
    held = facts.held
    by_rule = type(command) in BY_RULE
    if (
        held is None
        or not may_speak_for(held, author, facts.node_party)
        or by_rule != (author.rule is not None)
    ):
        return Refusal(reason=Reason.NOT_THERE, because=(command.flight_id,))
    refused = _untimely(command, held, facts, now_ms)
    if refused is not None:
        return Refusal(reason=refused, because=(command.flight_id,))
    if isinstance(command, Revise):
        return _revise(command, facts, now_ms=now_ms)
    if isinstance(command, GiveUpAsking):
        coordination = present(held.coordination, "looked at before")
        then = asking.given_up(held, coordination, agreed=facts.agreed, now_ms=now_ms)
        return told(held, then, now_ms=now_ms)
    event = _event(command, facts)
    if isinstance(command, Withdraw):
        return (event, *errands.kept(asking.withdrawn(held)))
    if isinstance(command, ReportEnded):
        return (event, *errands.kept(asking.over(held)))
    return (event, *_telling(held, event, facts, now_ms))


def may_speak_for(value: Flight, author: Author, node_party: str) -> bool:
    """Whether `author` may report on the flight: its own party, and the party of the node that serves it."""
    return author.party in (value.party, node_party)


def actions(value: Flight, now: datetime) -> tuple[Action, ...]:
    """What whoever speaks for the flight may do now."""
    name, now_ms = value.flight_id, epoch_ms(now)
    facts = Facts(node_party=value.party, held=value)
    offers: tuple[tuple[Action, Command], ...] = (
        (Action.CONFIRM, Confirm(flight_id=name)),
        (Action.REVISE, Revise(flight_id=name, plan=value.plan)),
        (Action.WITHDRAW, Withdraw(flight_id=name)),
        (Action.REPORT_AIRBORNE, ReportAirborne(flight_id=name, time_ms=now_ms)),
        (Action.REPORT_PASSING, ReportPassing(flight_id=name, point=_next_point(value), time_ms=now_ms)),
        (Action.REPORT_CONDITION, ReportCondition(flight_id=name, condition=Condition.EMERGENCY)),
        (Action.REPORT_ENDED, ReportEnded(flight_id=name)),
    )
    return tuple(
        action
        for action, command in offers
        if _untimely(command, value, facts, now_ms) is None
        and not (action is Action.REVISE and holding.is_asking(value))  # one plan is asked for at a time
    )


def _next_point(value: Flight) -> int:
    return min(len(value.plan.route) - 1, 0 if value.passed is None else value.passed + 1)


def _file(command: File, facts: Facts, *, author: Author, now_ms: int) -> Outcome:
    if author.rule is not None or (command.party is not None and author.party != facts.node_party):
        return Refusal(reason=Reason.NOT_YOURS)
    if facts.held is not None:
        return Refusal(reason=Reason.ID_TAKEN, because=(command.flight_id,))
    terms = facts.terms or DEFAULT
    refused = _out_of_time(command.plan, terms, now_ms)
    if refused is not None:
        return Refusal(reason=refused)
    limit = over_quota(facts.quota, terms, is_provisional=command.is_provisional)
    over = _over_attempts(command.plan, facts) if limit is None else limit_reached(limit)
    if over is not None:
        return over
    stage = _stage(command.plan, facts, is_provisional=command.is_provisional)
    if isinstance(stage, Refusal):
        return stage
    if facts.asked_of and stage is not Stage.NOTIFIED:
        return _file_with_others(command, facts, now_ms=now_ms)
    lapses_at_ms = now_ms + terms.provisional_lapse_ms if stage is Stage.PROVISIONAL else None
    filed = Filed(
        flight_id=command.flight_id,
        party=facts.party,
        centre=facts.centre,
        plan=command.plan,
        volumes=facts.volumes,
        stage=stage,
        shares=facts.shares,
        lapses_at_ms=lapses_at_ms,
        touching=facts.touching,
        asked_at_ms=now_ms,
        drones=facts.drones,
    )
    return (filed, *_telling(None, filed, facts, now_ms))


# --- with other authorities -------------------------------------------------------------------------------


def heard(held: Flight, said: Answered, *, lapse_ms: int, now_ms: int) -> tuple[Event | ErrandKept, ...]:
    """What follows from an authority's reply: nothing, where it is old or of something else."""
    found = asking.heard(held, said, lapse_ms=lapse_ms, now_ms=now_ms)
    return () if found is None else told(held, found, now_ms=now_ms)


def withdrawn_by(held: Flight, notice: Notice, *, now_ms: int) -> tuple[Event | ErrandKept, ...]:
    """What follows from an authority's notice that it withdraws what it accepted: nothing of an old one."""
    found = asking.noticed(held, notice, now_ms=now_ms)
    return () if found is None else told(held, found, now_ms=now_ms)


def told(held: Flight, found: Followed, *, now_ms: int) -> tuple[Event | ErrandKept, ...]:
    """The events of what follows from an answer."""
    changed = CoordinationChanged(
        flight_id=held.flight_id,
        coordination=found.coordination,
        stage=found.stage,
        lapses_at_ms=found.lapses_at_ms,
    )
    said = errands.kept(iter(found.errands))
    if found.in_force is None:
        return (changed, *said)
    revised = _in_force(held, found.in_force)
    after = present(evolve(evolve(held, revised), changed), "what is revised is there")
    return (revised, changed, *said, *_said_of(held, after, (), UNSAID, now_ms))


def _telling(
    held: Flight | None, event: Event, facts: Facts, now_ms: int
) -> tuple[CoordinationChanged | ErrandKept, ...]:
    """What other authorities are told of what happened to a flight that they cannot refuse."""
    if not facts.asked_of and (held is None or held.coordination is None):
        return ()  # nobody else is concerned
    after = evolve(held, event)
    return () if after is None else _said_of(held, after, facts.asked_of, facts.said_as, now_ms)


def _said_of(
    held: Flight | None, after: Flight, reached: tuple[AskedOf, ...], said_as: str, now_ms: int
) -> tuple[CoordinationChanged | ErrandKept, ...]:
    found = asking.told(held, after, reached, said_as=said_as, now_ms=now_ms)
    if found is None:
        return ()
    coordination, said = found
    changed = CoordinationChanged(
        flight_id=after.flight_id,
        coordination=coordination,
        stage=after.stage,
        lapses_at_ms=after.lapses_at_ms,
    )
    return (changed, *errands.kept(iter(said)))


def _in_force(held: Flight, asked: PlanAsked) -> Revised:
    return Revised(
        flight_id=held.flight_id,
        plan=asked.plan,
        centre=asked.centre,
        volumes=asked.volumes,
        stage=asked.stage,
        shares=asked.shares,
        asked_at_ms=asked.asked_at_ms,
        drones=asked.drones,
    )


def _file_with_others(command: File, facts: Facts, *, now_ms: int) -> Outcome:
    refused = _unasked(command.plan, facts, is_provisional=command.is_provisional)
    if refused is not None:
        return refused
    wanted = _wanted(command.plan, facts)
    filing = commitment.asks(commitment.Filing(), tuple(each.authority for each in facts.asked_of))
    if isinstance(filing, Refusal):
        return filing
    until_ms = now_ms + wanted.agreed.lapse_ms
    coordination = Coordination(said_as=facts.said_as, filed_ms=now_ms, filing=filing, until_ms=until_ms)
    filed = Filed(
        flight_id=command.flight_id,
        party=facts.party,
        centre=facts.centre,
        plan=command.plan,
        volumes=facts.volumes,
        stage=Stage.PROVISIONAL,
        shares=facts.shares,
        lapses_at_ms=until_ms,
        touching=facts.touching,
        asked_at_ms=now_ms,
        coordination=coordination,
        drones=facts.drones,
    )
    return (filed, *errands.kept(asking.requests(wanted, coordination)))


def _revise_with_others(command: Revise, facts: Facts, held: Flight, stage: Stage, *, now_ms: int) -> Outcome:
    """Ask others for another plan; what is in force stays until all have confirmed the new one."""
    if holding.is_asking(held):
        return Refusal(reason=Reason.NOT_YET, because=(held.flight_id,))
    before = asking.begun(held, facts.said_as, now_ms)
    plan_asked = PlanAsked(
        plan=command.plan,
        centre=facts.centre,
        volumes=facts.volumes,
        stage=Stage.NOTIFIED if stage is Stage.NOTIFIED else Stage.COORDINATED,
        shares=facts.shares,
        asked_at_ms=now_ms,
        drones=facts.drones,
    )
    if not facts.asked_of or stage is Stage.NOTIFIED:  # nobody else decides on it
        filing = commitment.alone(before.filing)
        known = msgspec.structs.replace(before, asked=plan_asked)
        if isinstance(filing, Refusal):
            return filing
        followed = asking.followed(held, known, filing, lapse_ms=1, now_ms=now_ms)
        return told(held, followed, now_ms=now_ms)
    refused = _unasked(command.plan, facts, is_provisional=held.stage is Stage.PROVISIONAL)
    if refused is not None:
        return refused
    filing = commitment.asks(before.filing, tuple(each.authority for each in facts.asked_of))
    if isinstance(filing, Refusal):
        return filing
    wanted = _wanted(command.plan, facts)
    coordination = msgspec.structs.replace(
        before, filing=filing, until_ms=now_ms + wanted.agreed.lapse_ms, asked=plan_asked
    )
    changed = CoordinationChanged(
        flight_id=held.flight_id,
        coordination=coordination,
        stage=held.stage,
        lapses_at_ms=held.lapses_at_ms,
    )
    return (changed, *errands.kept(asking.requests(wanted, coordination)))


def _wanted(plan: Plan, facts: Facts) -> asking.Asked:
    return asking.Asked(
        party=facts.party,
        centre=facts.centre,
        plan=plan,
        volumes=facts.volumes,
        agreed=present(facts.agreed, "others are asked by an agreement"),
        of=facts.asked_of,
    )


def _unasked(plan: Plan, facts: Facts, *, is_provisional: bool) -> Refusal | None:
    """Why others cannot be asked for `plan`."""
    is_together = plan.joins is not None or plan.splits_from is not None
    if is_provisional or is_together:  # who else confirms, or flies beside it, others could not tell
        return Refusal(reason=Reason.OTHER_AUTHORITY)
    return commitment.unaskable(facts.asked_of, facts.agreed)


def _unsayable(plan: Plan, facts: Facts) -> str | None:
    """The limit that `plan` is beyond as words to others that have to be asked. What flies is told anyway."""
    if not facts.asked_of:
        return None
    return errands.too_large(asking.content(_wanted(plan, facts), knows_who=True))


def _stage(plan: Plan, facts: Facts, *, is_provisional: bool) -> Stage | Refusal:
    """How far the coordination of `plan` gets, or why it is refused."""
    if facts.unfit is not None:
        return facts.unfit
    if facts.standing:
        ids = dict.fromkeys(each.object_id for each in facts.standing if each.kind is not Kind.DRONES)
        if not ids:  # whose drones they are is nobody's business here
            return Refusal(reason=Reason.DRONES_PLANNED)
        return Refusal(reason=Reason.CONFLICT, because=tuple(ids)[:BECAUSE_MAX])
    if plan.is_due_regard or not any(each.is_admitted for each in facts.volumes):
        return Stage.NOTIFIED
    limit = _unsayable(plan, facts)
    if limit is not None:
        return limit_reached(limit)
    not_asked = set(facts.asked_next) - {each.authority for each in facts.asked_of}
    if not_asked:  # who could not be asked yet may be admitting something there
        return Refusal(reason=Reason.OTHER_AUTHORITY, because=tuple(sorted(not_asked))[:BECAUSE_MAX])
    return Stage.PROVISIONAL if is_provisional else Stage.COORDINATED


def _out_of_time(plan: Plan, terms: Terms, now_ms: int) -> Reason | None:
    """Why the times of `plan` cannot be asked for now."""
    first, last = plan.route[0], plan.route[-1]
    if first.time_ms + terms.departure_after_ms <= now_ms:
        return Reason.TIME_PAST
    return Reason.TOO_FAR_AHEAD if last.time_ms + last.stay_ms > now_ms + terms.horizon_ms else None


def _over_attempts(plan: Plan, facts: Facts) -> Refusal | None:
    """Why the author may not ask for `plan` now; before anything is said of the sky.

    With due regard nothing is asked: it is only said that somebody flies.
    """
    # Safety before secrecy: what these ask in vain counts all the same, and is told.
    is_limited = not plan.is_due_regard and NEVER_KEPT_WAITING.isdisjoint(plan.handling)
    if facts.over_until_ms is None or not is_limited:
        return None
    return limit_reached("given_up_max", free_at_ms=facts.over_until_ms)


def _revise(command: Revise, facts: Facts, *, now_ms: int) -> Outcome:
    held, terms = present(facts.held, "looked at before"), facts.terms or DEFAULT
    refused = None if held.is_airborne else _out_of_time(command.plan, terms, now_ms)
    if refused is not None:
        return Refusal(reason=refused)
    over = None if held.is_airborne else _over_attempts(command.plan, facts)
    if over is not None:
        return over
    stage = _stage(command.plan, facts, is_provisional=held.stage is Stage.PROVISIONAL)
    if isinstance(stage, Refusal):
        return stage
    is_asked = bool(facts.asked_of) and stage is not Stage.NOTIFIED
    if is_asked or held.coordination is not None:
        return _revise_with_others(command, facts, held, stage, now_ms=now_ms)
    revised = Revised(
        flight_id=command.flight_id,
        plan=command.plan,
        centre=facts.centre,
        volumes=facts.volumes,
        stage=stage,
        shares=facts.shares,
        touching=facts.touching,
        asked_at_ms=now_ms,
        drones=facts.drones,
    )
    return (revised, *_telling(held, revised, facts, now_ms))


def _untimely(command: Command, held: Flight, facts: Facts, now_ms: int) -> Reason | None:
    """Why the state of the flight does not allow `command`; None when it does."""
    match command:
        case Withdraw():
            return Reason.WRONG_STATUS if held.is_airborne else None
        case ExpireFlight() if not holding.is_over(held, now_ms):
            return Reason.NOT_YET
        case ExpireFlight() if now_ms < forgotten_at_ms(held, facts.terms or DEFAULT) or holding.is_asking(
            held
        ):
            return Reason.NOT_YET
        case ExpireFlight():
            return None
        case NoteOverdue() if not holding.is_overdue(held, now_ms) or held.condition is not Condition.NORMAL:
            return Reason.NOT_YET
        case Confirm() | Revise() if holding.is_over(held, now_ms):
            return Reason.TIME_PAST
        case Confirm() if held.stage is not Stage.PROVISIONAL or held.coordination is not None:
            return Reason.WRONG_STATUS
        case GiveUpAsking() if not holding.is_done_with(held, now_ms, facts.agreed):
            return Reason.NOT_YET
        case ReportAirborne() if held.is_airborne:
            return Reason.WRONG_STATUS
        case ReportPassing() if not held.is_airborne or command.point <= (held.passed or 0):
            return Reason.WRONG_STATUS
        case ReportPassing() if command.point >= len(held.plan.route):
            return Reason.NOT_THERE
        case ReportEnded() if not held.is_airborne:
            return Reason.WRONG_STATUS
        case ReportAirborne() | ReportPassing() if not _is_plausible(held, command, now_ms):
            return Reason.TIME_IMPLAUSIBLE
        case _:
            return None


REPORT_AHEAD_MS = 60_000  # chosen: clocks of a cockpit and of a node may differ by that
REPORT_BEHIND_MS = 24 * 3_600_000


def _is_plausible(held: Flight, report: ReportAirborne | ReportPassing, now_ms: int) -> bool:
    """Whether what is reported now can have happened then."""
    point = report.point if isinstance(report, ReportPassing) else 0
    near = now_ms - REPORT_BEHIND_MS <= report.time_ms <= now_ms + REPORT_AHEAD_MS
    return near and estimated(held.plan, point, report.time_ms) is not None


def forgotten_at_ms(held: Flight, terms: Terms) -> int:
    """When a flight that is over may be forgotten: a lapsed one counts against the quota for a while."""
    if held.lapses_at_ms is not None:
        return held.lapses_at_ms + terms.renewal_wait_ms
    return holding.end_ms(held) + KEPT_MS


def _event(command: Command, facts: Facts) -> Event:
    name, held = command.flight_id, present(facts.held, "looked at before")
    match command:
        case Confirm():
            return Confirmed(flight_id=name)
        case Withdraw():
            return Withdrawn(flight_id=name)
        case ReportAirborne() | ReportPassing():
            point = command.point if isinstance(command, ReportPassing) else 0
            return Passed(
                flight_id=name,
                point=point,
                plan=present(estimated(held.plan, point, command.time_ms), "looked at before"),
                volumes=facts.volumes,
                touching=facts.touching,
            )
        case ReportCondition():
            return ConditionReported(
                flight_id=name, condition=command.condition, imposed=facts.imposed, touching=facts.touching
            )
        case NoteOverdue():
            return ConditionReported(flight_id=name, condition=Condition.OVERDUE, touching=facts.touching)
        case ReportEnded():
            return Ended(flight_id=name)
        case ExpireFlight():
            return FlightExpired(flight_id=name)
        case _:
            raise InvariantError(f"{command} has its own way")


def estimated(plan: Plan, point: int, time_ms: int) -> Plan | None:
    """The plan after its point number `point` was passed at `time_ms`: all of it as much later or earlier.

    The points behind move with it, so that the plan stays one that can be flown; what was reported of them
    is in the record. None when it would lead beyond the years that a plan can have.
    """
    later_ms = time_ms - plan.route[point].time_ms
    first_ms, last = plan.route[0].time_ms + later_ms, plan.route[-1]
    fits = first_ms >= 0 and last.time_ms + last.stay_ms + later_ms <= TIME_LAST_MS
    return shifted(plan, later_ms) if fits else None


# How it changes


def evolve(value: Flight | None, event: Event) -> Flight | None:
    """The flight after `event`; None when it is no more. Stops when the two contradict each other."""
    if isinstance(event, Filed):
        invariant(value is None, "filed twice")
        return Flight(**msgspec.structs.asdict(event))
    before = present(value, f"{type(event).__name__} of a flight that nobody filed")
    change = msgspec.structs.replace
    match event:
        case Confirmed():
            invariant(before.stage is Stage.PROVISIONAL, "confirmed without being provisional")
            return change(before, stage=Stage.COORDINATED, lapses_at_ms=None)
        case Revised():
            passed = None if before.passed is None else 0
            return change(
                before,
                plan=event.plan,
                centre=event.centre,
                volumes=event.volumes,
                stage=event.stage,
                lapses_at_ms=before.lapses_at_ms if event.stage is Stage.PROVISIONAL else None,
                shares=event.shares,
                passed=passed,
                touching=event.touching,
                asked_at_ms=event.asked_at_ms,
                drones=event.drones,
            )
        case CoordinationChanged():
            return change(
                before,
                coordination=event.coordination,
                stage=event.stage,
                lapses_at_ms=event.lapses_at_ms,
            )
        case Passed():
            return change(
                before,
                is_airborne=True,
                lapses_at_ms=None,
                stage=_stage_in_the_air(before),
                passed=event.point,
                plan=event.plan,
                volumes=event.volumes,
                condition=_without_overdue(before.condition),
                touching=event.touching,
            )
        case ConditionReported():
            return change(
                before,
                is_airborne=True,
                lapses_at_ms=None,
                condition=event.condition,
                imposed=event.imposed,
                touching=event.touching,
            )
        case Withdrawn() | Ended() | FlightExpired():
            invariant(not before.is_airborne or isinstance(event, Ended), "given back while airborne")
            return None
        case _:
            unreachable(event)


def _stage_in_the_air(before: Flight) -> Stage:
    """A provisional acceptance that is used is confirmed by that; those of others are not."""
    if before.stage is not Stage.PROVISIONAL:
        return before.stage
    return Stage.COORDINATED if holding.is_in_force(before) else Stage.NOTIFIED


def _without_overdue(condition: Condition) -> Condition:
    return Condition.NORMAL if condition is Condition.OVERDUE else condition
