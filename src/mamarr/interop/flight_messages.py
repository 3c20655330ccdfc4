"""The messages about flights: plans in, what was admitted or offered out. SI units, the unit last."""

from functools import lru_cache
from typing import Annotated

import msgspec

from mamarr.airspace import NavigationSpecification, SpecialHandling, commitment
from mamarr.airspace.commitment import Commitment, Counter, Phase
from mamarr.airspace.occupancy import Touching
from mamarr.coordination import MessageState
from mamarr.engine import Answer, FlightSeen, ReservationSeen
from mamarr.engine.ladders import SaidSeen
from mamarr.engine.offers import Alternative, AlternativeKind
from mamarr.faults import InvariantError, Reason, Refusal, present
from mamarr.flights import Condition, DronesThere, Plan, Position, RoutePoint, Stage, flights
from mamarr.flights.answers import AtAuthority, VoiceState
from mamarr.flights.crossings import CrossingState
from mamarr.flights.holding import Coordination, PlanAsked
from mamarr.flights.plans import AIRCRAFT_TYPE, ICAO_ADDRESS, IDENTIFICATION, Formation, Traffic
from mamarr.geometry.altitude import PRESSURE_KINDS, FiledLevel, Qnh, filed_band, filed_level
from mamarr.geometry.units import (
    deg_from_e7deg,
    e7deg_from_deg,
    epoch_ms,
    hpa_from_pa,
    m_from_mm,
    mm_from_m,
    moment_from_ms,
    ms_from_s,
    pa_from_hpa,
    s_from_ms,
)
from mamarr.interop.disclosure_messages import (
    TouchedByMessage,
    TouchingMessage,
    touched_by_message,
    touching_messages,
)
from mamarr.interop.forms import PARTY_ID_FORM, Latitude, Longitude, Moment, an_id, receipt_text
from mamarr.interop.wire import built, matching
from mamarr.names import PARTY_ID

LEVELS_REMEMBERED_MAX = 1_024
LEVEL_FORM = "F or A and three digits, S or M and four"
LevelText = Annotated[str, msgspec.Meta(min_length=4, max_length=5)]
Duration = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Radius = Annotated[float, msgspec.Meta(ge=1_852, le=185_200)]
Length = Annotated[float, msgspec.Meta(ge=0, le=37_040)]
Pressure = Annotated[float, msgspec.Meta(ge=870, le=1_084)]
STAY_RADIUS_M = 18_520.0


class RoutePointMessage(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A point of a route.

    time: when the flight is over it. level: as filed (F330, A045, S1130, M0840); level_upper: of a block.
    stay_s, stay_radius_m: how long it holds there, and within what distance. corridor: on which the leg to
    the next point runs.
    """

    latitude_deg: Latitude
    longitude_deg: Longitude
    time: Moment
    level: LevelText
    level_upper: LevelText | None = None
    stay_s: Duration = 0.0
    stay_radius_m: Radius = STAY_RADIUS_M
    corridor: str | None = None
    designator: str | None = None


class FormationMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far from the leader the others of a formation may be."""

    lateral_m: Length = 926.0
    vertical_m: Annotated[float, msgspec.Meta(ge=0, le=914.4)] = 30.48


class PlanMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A flight plan. qnh_hpa: what levels A and M are flown on."""

    identification: str
    aircraft_type: str
    route: Annotated[list[RoutePointMessage], msgspec.Meta(min_length=1, max_length=100)]
    aircraft_count: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1
    formation: FormationMessage | None = None
    traffic: Traffic = Traffic.GAT
    has_rvsm: bool = False
    handling: list[SpecialHandling] = []
    navigation_specification: NavigationSpecification = NavigationSpecification.RNAV_5
    serving_centre: str | None = None
    is_due_regard: bool = False
    joins: str | None = None
    splits_from: str | None = None
    qnh_hpa: Pressure | None = None
    icao_address: str | None = None


class FileMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """File a flight. is_provisional: the acceptance lapses unless confirmed. party: whose flight it is, where
    the node's own party files for another."""

    plan: PlanMessage
    is_provisional: bool = False
    party: str | None = None


class ReviseMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask for another plan in place of the one in force."""

    plan: PlanMessage


class FiledMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The flight is admitted or notified, or other authorities are asked for it.

    stage: of the flight, with the plan in force where there is one. lapses_at: until when a provisional one
    is to be confirmed. asked_of: the authorities that are asked; until all have confirmed it is not in force.
    drones: what is known of them where it leads; null where this node does not look at what they plan.
    """

    receipt: str
    stage: Stage
    shares: list[str]
    lapses_at: Moment | None
    touching: list[TouchingMessage]
    asked_of: list[str]
    drones: DronesThere | None


class AlternativeMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that could be filed instead.

    holds: it would be admitted if it were filed next; false: it may be refused in its turn, by those of
    asked_of, or for what the asker may not know of. asked_of: the authorities that have to accept it too.
    """

    kind: AlternativeKind
    plan: PlanMessage
    holds: bool
    asked_of: list[str]


class PositionMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an aircraft was last known."""

    latitude_deg: Latitude
    longitude_deg: Longitude
    level: LevelText
    qnh_hpa: Pressure | None = None


class AirborneReport(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="AIRBORNE", tag_field="report"
):
    """The flight is airborne; time: when it passed its first point."""

    time: Moment


class PassingReport(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="PASSING", tag_field="report"
):
    """The flight passed a point of its route, counted from 0."""

    point: Annotated[int, msgspec.Meta(ge=0, le=99)]
    time: Moment


class ConditionReport(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="CONDITION", tag_field="report"
):
    """The flight cannot keep to its plan, or can again (NORMAL)."""

    condition: Condition
    position: PositionMessage | None = None
    has_surveillance: bool = False


class EndedReport(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="ENDED", tag_field="report"
):
    """The flight has landed or left."""


ReportMessage = AirborneReport | PassingReport | ConditionReport | EndedReport


class CounterMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What an authority would accept instead: so much later, at this level, or both."""

    later_s: float
    level: str | None


class SaidMessage(msgspec.Struct, frozen=True, kw_only=True):
    """How far what was said to another authority came there.

    at: since when it waits, of what is SENT; when it was PRESENTED or ACKNOWLEDGED, by the clock there.
    """

    authority: str
    state: MessageState
    at: Moment | None


def said_message(seen: SaidSeen) -> SaidMessage:
    """The message that says how far a word came."""
    return SaidMessage(authority=seen.authority, state=seen.state, at=seen.at)


class VoiceMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that was given by telephone. state: UNSIGNED until the authority's own node says the same, or
    that it is DISPUTED. spoken_by, entered_by, read_back: null where they were erased, or are not for you."""

    state: VoiceState
    spoken_at: Moment
    spoken_by: str | None
    entered_by: str | None
    read_back: str | None


class AtAuthorityMessage(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is with one other authority.

    is_confirmed: what it accepted it protects for good. reason, counter: of the newest plan asked for, where
    that was not accepted; what was accepted before it stays. said: how far the newest word about it came
    there; null where it is not sent yet, or was long ago.
    that was not accepted; what was accepted before it stays. voice: where it answered by telephone.
    withdrawn_from: when it withdraws what it confirmed, unless the flight is in the air by then.
    """

    authority: str
    state: CrossingState
    is_confirmed: bool
    reason: Reason | None
    counter: CounterMessage | None
    said: SaidMessage | None
    voice: VoiceMessage | None
    withdrawn_from: Moment | None


class CoordinationMessage(msgspec.Struct, frozen=True, kw_only=True):
    """How far a flight or a reservation is with other authorities.

    phase: ASKING until all accepted, CONFIRMING until all confirmed. revision: the newest that was asked for.
    said_as: what it is called to others. until: when this node gives up asking. is_by_voice: all have
    confirmed but those that accepted by telephone, whose nodes may protect nothing: it is not COORDINATED.
    is_given_up: not all confirmed it, nobody is asked any more, and nothing is held for it. plan_asked: of a
    flight, what is asked for while another plan is in force.
    """

    phase: Phase
    revision: int
    said_as: str
    until: Moment | None
    is_by_voice: bool
    is_given_up: bool
    plan_asked: PlanMessage | None
    authorities: list[AtAuthorityMessage]


class FlightMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A flight as the viewer may see it. coordination: null where no other authority was asked or told.

    drones: what was known of them when its plan was asked for; null where nobody looked. Those that came
    since are in touched_by.
    """

    flight_id: str
    party: str
    mine: bool
    centre: str
    plan: PlanMessage
    stage: Stage
    lapses_at: Moment | None
    is_airborne: bool
    passed: int | None
    condition: Condition
    is_overdue: bool
    shares: list[str]
    touching: list[TouchingMessage]
    touched_by: list[TouchedByMessage]
    actions: list[flights.Action]
    coordination: CoordinationMessage | None
    drones: DronesThere | None


def plan(message: PlanMessage, *, at: str) -> Plan:
    """The plan in a message that stands at the JSON path `at`; WireError says which field is wrong."""
    matching(f"{at}.identification", message.identification, IDENTIFICATION, "2 to 7 of A-Z and 0-9")
    matching(
        f"{at}.aircraft_type", message.aircraft_type, AIRCRAFT_TYPE, "2 to 4 of A-Z and 0-9, a letter first"
    )
    matching(f"{at}.icao_address", message.icao_address, ICAO_ADDRESS, "6 of 0-9 and a-f")
    for name in ("serving_centre", "joins", "splits_from"):
        an_id(f"{at}.{name}", getattr(message, name))
    qnh = None if message.qnh_hpa is None else _qnh(message.qnh_hpa, at=f"{at}.qnh_hpa")
    route = tuple(_point(each, qnh, at=f"{at}.route[{number}]") for number, each in enumerate(message.route))
    formation = message.formation
    return built(
        at,
        lambda: Plan(
            identification=message.identification,
            aircraft_type=message.aircraft_type,
            route=route,
            aircraft_count=message.aircraft_count,
            formation=None
            if formation is None
            else Formation(
                lateral_mm=mm_from_m(formation.lateral_m), vertical_mm=mm_from_m(formation.vertical_m)
            ),
            traffic=message.traffic,
            has_rvsm=message.has_rvsm,
            handling=tuple(message.handling),
            navigation_specification=message.navigation_specification,
            serving_centre=message.serving_centre,
            is_due_regard=message.is_due_regard,
            joins=message.joins,
            splits_from=message.splits_from,
            qnh=qnh,
            icao_address=message.icao_address,
        ),
    )


def plan_message(value: Plan) -> PlanMessage:
    """The message that says `value`; `plan` makes the same value of it."""
    formation = value.formation
    return PlanMessage(
        identification=value.identification,
        aircraft_type=value.aircraft_type,
        route=[_point_message(point) for point in value.route],
        aircraft_count=value.aircraft_count,
        formation=None
        if formation is None
        else FormationMessage(
            lateral_m=m_from_mm(formation.lateral_mm), vertical_m=m_from_mm(formation.vertical_mm)
        ),
        traffic=value.traffic,
        has_rvsm=value.has_rvsm,
        handling=list(value.handling),
        navigation_specification=value.navigation_specification,
        serving_centre=value.serving_centre,
        is_due_regard=value.is_due_regard,
        joins=value.joins,
        splits_from=value.splits_from,
        qnh_hpa=None if value.qnh is None else hpa_from_pa(value.qnh.lowest_pa),
        icao_address=value.icao_address,
    )


def _point(message: RoutePointMessage, qnh: Qnh | None, *, at: str) -> RoutePoint:
    for name in ("corridor", "designator"):
        an_id(f"{at}.{name}", getattr(message, name))
    level = _level(message.level, at=f"{at}.level")
    upper = None if message.level_upper is None else _level(message.level_upper, at=f"{at}.level_upper")
    if (
        upper is not None or level.kind not in PRESSURE_KINDS
    ):  # here, for the plan would not say at which point
        field = "level" if upper is None else "level_upper"
        built(f"{at}.{field}", lambda: filed_band(level, upper or level, qnh=qnh))
    return built(
        at,
        lambda: RoutePoint(
            latitude_e7deg=e7deg_from_deg(message.latitude_deg),
            longitude_e7deg=e7deg_from_deg(message.longitude_deg),
            time_ms=epoch_ms(message.time),
            level=level,
            level_upper=upper,
            stay_ms=ms_from_s(message.stay_s),
            stay_radius_mm=mm_from_m(message.stay_radius_m),
            corridor_id=message.corridor,
            designator=message.designator,
        ),
    )


def _point_message(point: RoutePoint) -> RoutePointMessage:
    return RoutePointMessage(
        latitude_deg=deg_from_e7deg(point.latitude_e7deg),
        longitude_deg=deg_from_e7deg(point.longitude_e7deg),
        time=moment_from_ms(point.time_ms),
        level=str(point.level),
        level_upper=None if point.level_upper is None else str(point.level_upper),
        stay_s=s_from_ms(point.stay_ms),
        stay_radius_m=m_from_mm(point.stay_radius_mm),
        corridor=point.corridor_id,
        designator=point.designator,
    )


def _level(text: str, *, at: str) -> FiledLevel:
    return built(at, lambda: _filed_level(text), allowed=LEVEL_FORM)


_filed_level = lru_cache(LEVELS_REMEMBERED_MAX)(filed_level)  # few levels are flown, and again and again


def _qnh(pressure_hpa: float, *, at: str) -> Qnh:
    pressure_pa = pa_from_hpa(pressure_hpa)
    return built(at, lambda: Qnh(lowest_pa=pressure_pa, highest_pa=pressure_pa))


def file(flight_id: str, message: FileMessage) -> flights.File:
    """The command in a message; WireError when its parts do not fit."""
    asked = plan(message.plan, at="$.plan")
    an_id("path:flight_id", flight_id)
    matching("$.party", message.party, PARTY_ID, PARTY_ID_FORM)
    return built(
        "$",
        lambda: flights.File(
            flight_id=flight_id, plan=asked, is_provisional=message.is_provisional, party=message.party
        ),
    )


def revise(flight_id: str, message: ReviseMessage) -> flights.Revise:
    """The command in a message; WireError when its parts do not fit."""
    asked = plan(message.plan, at="$.plan")
    an_id("path:flight_id", flight_id)
    return flights.Revise(flight_id=flight_id, plan=asked)


def withdraw(flight_id: str) -> flights.Withdraw:
    """The command that gives the sky of a flight back; WireError when `flight_id` is no id."""
    an_id("path:flight_id", flight_id)
    return flights.Withdraw(flight_id=flight_id)


def confirm(flight_id: str) -> flights.Confirm:
    """The command that confirms an acceptance; WireError when `flight_id` is no id."""
    an_id("path:flight_id", flight_id)
    return flights.Confirm(flight_id=flight_id)


def report(flight_id: str, message: ReportMessage) -> flights.Command:
    """The command in a report; WireError when its parts do not fit."""

    def build() -> flights.Command:
        match message:
            case AirborneReport():
                return flights.ReportAirborne(flight_id=flight_id, time_ms=epoch_ms(message.time))
            case PassingReport():
                time_ms = epoch_ms(message.time)
                return flights.ReportPassing(flight_id=flight_id, point=message.point, time_ms=time_ms)
            case ConditionReport():
                there = message.position
                return flights.ReportCondition(
                    flight_id=flight_id,
                    condition=message.condition,
                    position=None if there is None else _position(there),
                    has_surveillance=message.has_surveillance,
                )
            case EndedReport():
                return flights.ReportEnded(flight_id=flight_id)

    an_id("path:flight_id", flight_id)
    return built("$", build)


def _position(message: PositionMessage) -> Position:
    qnh = None if message.qnh_hpa is None else _qnh(message.qnh_hpa, at="$.position.qnh_hpa")
    level = _level(message.level, at="$.position.level")
    return built(
        "$.position",
        lambda: Position(
            latitude_e7deg=e7deg_from_deg(message.latitude_deg),
            longitude_e7deg=e7deg_from_deg(message.longitude_deg),
            level=level,
            qnh=qnh,
        ),
    )


def filed(answer: Answer) -> FiledMessage:
    """The message for a flight that was admitted, notified or revised, or that others are asked for."""
    if isinstance(answer.outcome, Refusal):
        raise InvariantError("a refusal is a problem, not a result")
    for event in answer.outcome:
        match event:
            case flights.Filed():
                return _filed(answer, event, event.lapses_at_ms, event.coordination, event.touching)
            case flights.Revised():
                return _filed(answer, event, None, None, event.touching)
            case flights.CoordinationChanged(coordination=Coordination(asked=PlanAsked() as asked)):
                standing = msgspec.structs.replace(asked, stage=event.stage)
                return _filed(answer, standing, event.lapses_at_ms, event.coordination, ())
    raise InvariantError("a plan that was not refused was filed, revised or asked for")


def _filed(
    answer: Answer,
    plan: flights.Filed | flights.Revised | PlanAsked,
    lapses_at_ms: int | None,
    coordination: Coordination | None,
    touching: tuple[Touching, ...],
) -> FiledMessage:
    return FiledMessage(
        receipt=receipt_text(present(answer.receipt, "what was decided has an entry")),
        stage=plan.stage,
        shares=list(plan.shares),
        lapses_at=None if lapses_at_ms is None else moment_from_ms(lapses_at_ms),
        touching=touching_messages(touching),
        drones=plan.drones,
        asked_of=[] if coordination is None else list(coordination.filing.asked_of),
    )


def alternative_message(value: Alternative) -> AlternativeMessage:
    """The message that offers an alternative."""
    return AlternativeMessage(
        kind=value.kind,
        plan=plan_message(value.plan),
        holds=value.holds,
        asked_of=list(value.asked_of),
    )


def flight_message(seen: FlightSeen) -> FlightMessage:
    """The message that says a flight as it may be seen."""
    flight = seen.flight
    return FlightMessage(
        flight_id=flight.flight_id,
        party=flight.party,
        mine=seen.mine,
        centre=flight.centre,
        plan=plan_message(flight.plan),
        stage=flight.stage,
        lapses_at=None if flight.lapses_at_ms is None else moment_from_ms(flight.lapses_at_ms),
        is_airborne=flight.is_airborne,
        passed=flight.passed,
        condition=flight.condition,
        is_overdue=seen.is_overdue,
        shares=list(flight.shares),
        touching=touching_messages(flight.touching),
        drones=flight.drones,
        touched_by=[touched_by_message(each) for each in seen.touched_by],
        actions=list(seen.actions),
        coordination=coordination_message(seen, flight.coordination),
    )


def coordination_message(
    seen: FlightSeen | ReservationSeen, value: Coordination | Commitment | None
) -> CoordinationMessage | None:
    """The message that says how far it is with other authorities; None where none was concerned."""
    if value is None:
        return None
    asked = value.asked if isinstance(value, Coordination) else None
    said = {each.authority: said_message(each) for each in seen.said}
    return CoordinationMessage(
        phase=value.filing.phase,
        revision=value.filing.last,
        said_as=value.said_as,
        is_by_voice=commitment.is_by_voice(value.filing),
        until=None if value.until_ms is None else moment_from_ms(value.until_ms),
        is_given_up=seen.is_given_up,
        plan_asked=None if asked is None else plan_message(asked.plan),
        authorities=[
            AtAuthorityMessage(
                authority=each.authority,
                state=each.state,
                is_confirmed=each.is_confirmed,
                reason=each.reason,
                counter=None if each.counter is None else counter_message(each.counter),
                said=said.get(each.authority),
                voice=_voice_message(each),
                withdrawn_from=(
                    None if each.withdrawn_from_ms is None else moment_from_ms(each.withdrawn_from_ms)
                ),
            )
            for each in seen.authorities
        ],
    )


def _voice_message(seen: AtAuthority) -> VoiceMessage | None:
    if seen.voice is None or seen.spoken is None:
        return None
    return VoiceMessage(
        state=seen.voice,
        spoken_at=moment_from_ms(seen.spoken.spoken_at_ms),
        spoken_by=seen.spoken.spoken_by,
        entered_by=seen.spoken.entered_by,
        read_back=seen.spoken.read_back,
    )


def counter_message(value: Counter) -> CounterMessage:
    """The message that says what would be accepted instead."""
    return CounterMessage(
        later_s=s_from_ms(value.later_ms), level=None if value.level is None else str(value.level)
    )
