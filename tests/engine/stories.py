"""The story of `golden/log_every_kind.json`: every command and every event of the engine, from fixed salts.

North's node serves south and relief for two days. What is decided where is written beside it; each turn is
one group commit. As long as the rules keep their version, a new command or event is told in a later story, so
that this one keeps its bytes.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec

from mamarr.airspace import (
    Area,
    AreaKind,
    Centre,
    Constraint,
    CorridorPoint,
    Direction,
    Frequency,
    Terms,
    Window,
)
from mamarr.airspace import NavigationSpecification as Accuracy
from mamarr.airspace.areas import DeclareArea, WithdrawArea
from mamarr.airspace.constraints import DeclareConstraint, SpecialHandling, WithdrawConstraint
from mamarr.airspace.corridors import DeclareCorridor, WithdrawCorridor
from mamarr.airspace.movements import Movement, MovementPoint
from mamarr.airspace.parties import DeclareParty, WithdrawParty
from mamarr.airspace.reservations import (
    Accept,
    Activate,
    Deactivate,
    Earmark,
    Expire,
    NoteOverrun,
    Pend,
    Release,
    ReportUse,
    Reserve,
)
from mamarr.airspace.shares import DeclareShare, WithdrawShare
from mamarr.airspace.terms import SetTerms
from mamarr.conflicts import Minima
from mamarr.coordination import Disclosed, Rule
from mamarr.coordination.disclosure import ApproveDisclosure, ProposeDisclosure
from mamarr.engine import Decider, Order, Projection
from mamarr.engine.orders import PERSONS, ActSignature
from mamarr.engine.restores import ConfirmRestore
from mamarr.flights import Condition, Plan, Position
from mamarr.flights.flights import (
    Confirm,
    ExpireFlight,
    File,
    NoteOverdue,
    ReportAirborne,
    ReportCondition,
    ReportEnded,
    ReportPassing,
    Revise,
    Withdraw,
)
from mamarr.flights.imposed import Impose, ImposedKind, Lift
from mamarr.flights.plans import Formation, Traffic
from mamarr.geometry import Datum, Volume, footprints
from mamarr.geometry.altitude import Qnh, filed_level
from mamarr.names import Author
from mamarr.record import MemoryStore
from mamarr.surveillance import AlertType
from mamarr.surveillance.alerts import AcknowledgeAlert, ClearAlert, EscalateAlert, Measured, RaiseAlert
from tests.airspace.boxes import NOON, a_box
from tests.flights.routes import (
    DEG,
    EAST,
    FL_MM,
    MIDDLE,
    MINUTE_MS,
    NM_MM,
    NOON_MS,
    SOUTHERN,
    WEST,
    a_corridor,
    a_party,
    a_plan,
    a_point,
    a_share,
)
from tests.record.logs import a_log

NODE = "node-north"
NORTH = Author(party="north", node=NODE)
SOUTH = Author(party="south", node=NODE)
RELIEF = Author(party="relief", node=NODE)
DUTY = Author(party="north", node=NODE, person="duty-1")
CHIEF = Author(party="north", node=NODE, person="chief-2")
DAY = 24 * 60  # minutes
OPEN = Window(time_start_ms=NOON_MS, time_end_ms=NOON_MS + 28 * DAY * MINUTE_MS)
QNH = Qnh(lowest_pa=100_900, highest_pa=101_400)
TERMS = Terms(  # each a little other than its default
    between_centres=Minima(lateral_mm=11 * NM_MM, vertical_mm=609_600, time_ms=5 * MINUTE_MS),
    inside_centre=Minima(lateral_mm=6 * NM_MM, vertical_mm=304_800),
    departure_before_ms=4 * MINUTE_MS,
    departure_after_ms=9 * MINUTE_MS,
    estimate_before_ms=2 * MINUTE_MS,
    estimate_after_ms=2 * MINUTE_MS,
    provisional_lapse_ms=6 * MINUTE_MS,
    provisional_max=2,
    provisional_volume_time_max_ms=199 * 60 * MINUTE_MS,
    renewal_wait_ms=11 * MINUTE_MS,
    flights_max=9_999,
    overdue_max=9,
    given_up_max=3,
    horizon_ms=29 * DAY * MINUTE_MS,
)
RAMHD = {"kind": AlertType.RAMHD, "subject": "F1"}
CLAM = {"kind": AlertType.CLAM, "subject": "F1"}
RAMLD = {"kind": AlertType.RAMLD, "subject": "F1"}
ELSE = (
    SpecialHandling.ALTRV,
    SpecialHandling.FFR,
    SpecialHandling.HEAD,
    SpecialHandling.HUM,
    SpecialHandling.NONRVSM,
)

Asked = tuple[Author, Any] | tuple[Author, Any, str]  # who, what, and the key of a person who signs
Turn = tuple[int, tuple[Asked, ...]]  # minutes after noon, and what is asked then


def at(minutes: int) -> int:
    """That many minutes after noon, in milliseconds since 1970-01-01T00:00:00Z."""
    return NOON_MS + minutes * MINUTE_MS


def signature(key_id: str) -> ActSignature:
    """As of a person's key; nobody verifies it here."""
    return ActSignature(key_id=key_id, algorithm="Ed25519", public_key=b"k" * 32, signature=b"s" * 64)


def rule(name: str) -> Author:
    """The node itself, by one of its rules."""
    return Author(party="north", node=NODE, rule=name)


def about(place: tuple[float, float], levels: tuple[int, int], minutes: tuple[int, int]) -> Volume:
    """5 NM about a place, between two flight levels, from and to minutes after noon."""
    return Volume(
        footprint=footprints.circle((round(place[0] * DEG), round(place[1] * DEG)), 5 * NM_MM),
        datum=Datum.STD,
        lower_mm=levels[0] * FL_MM,
        upper_mm=levels[1] * FL_MM,
        time_start_ms=NOON_MS + minutes[0] * MINUTE_MS,
        time_end_ms=NOON_MS + minutes[1] * MINUTE_MS,
    )


def organisations() -> tuple[Asked, ...]:
    """Parties and shares: declared, replaced, withdrawn and refused."""
    centre = Centre(
        centre_id="north-centre",
        name="Centre North",
        frequencies=(Frequency(channel_khz=132_500, use="Upper sector"),),
    )
    outside = footprints.polygon([(0, 0), (0, DEG), (DEG, DEG)])
    return (
        (NORTH, DeclareParty(party=a_party("north", name="Authority North", centres=(centre,)))),
        (NORTH, DeclareParty(party=a_party("south"))),
        (NORTH, DeclareParty(party=a_party("relief", is_authority=False, centres=()))),
        (
            NORTH,
            DeclareParty(
                party=a_party("relief", is_authority=False, centres=(), serving_centre="north-centre")
            ),
        ),
        (NORTH, DeclareParty(party=a_party("east"))),
        (NORTH, WithdrawParty(party_id="east")),
        (NORTH, DeclareShare(share=a_share(windows=(OPEN,)))),
        (NORTH, DeclareShare(share=a_share("FAR", "south", footprint=outside))),
        (NORTH, DeclareShare(share=a_share("OVER", "south"))),  # refused: NORTHERN is there
        (NORTH, WithdrawShare(share_id="FAR")),
        (SOUTH, WithdrawShare(share_id="NORTHERN")),  # refused: only the node's party declares
    )


def ways() -> tuple[Asked, ...]:
    """Corridors, areas and constraints: declared and withdrawn."""
    corridor = a_corridor(
        name="Eastern route",
        points=tuple(
            CorridorPoint(
                latitude_e7deg=round(place[0] * DEG), longitude_e7deg=round(place[1] * DEG), designator=name
            )
            for place, name in ((WEST, "WESTA"), (MIDDLE, "MIDDA"), (EAST, "EASTA"))
        ),
        direction=Direction.FORWARD,
        windows=(OPEN,),
        longitudinal_minimum_ms=MINUTE_MS,
        lateral_minimum_mm=NM_MM,
        vertical_minimum_mm=304_800,
        frequencies=(Frequency(channel_khz=8_891),),
    )
    ground = footprints.polygon([(36 * DEG, 30 * DEG), (36 * DEG, 31 * DEG), (37 * DEG, 30 * DEG)])
    band = {"footprint": ground, "datum": Datum.STD, "lower_mm": 0, "upper_mm": 250 * FL_MM}
    ash = Constraint(
        constraint_id="D1",
        volumes=(about(MIDDLE, (300, 350), (1_200, 1_300)),),
        name="Volcanic ash",
        exempt_parties=("relief",),
        exempt_handling=(SpecialHandling.SAR, SpecialHandling.MEDEVAC),
    )
    short = Constraint(constraint_id="D2", volumes=(about((35.0, 35.0), (0, 100), (0, 60)),))
    old = a_corridor("OLD", by=(34.2, 33.0), direction=Direction.BACKWARD)
    return (
        (NORTH, DeclareCorridor(corridor=corridor)),
        (NORTH, DeclareCorridor(corridor=a_corridor("SOUTH", by=SOUTHERN))),
        (NORTH, DeclareCorridor(corridor=old)),
        (NORTH, WithdrawCorridor(corridor_id="OLD")),
        *(
            (NORTH, DeclareArea(area=Area(area_id=f"{kind}-1", kind=kind, name=f"Area {kind}", **band)))
            for kind in AreaKind
        ),
        (NORTH, WithdrawArea(area_id="OTHER-1")),
        (NORTH, DeclareConstraint(constraint=ash)),
        (NORTH, DeclareConstraint(constraint=short)),
        (NORTH, WithdrawConstraint(constraint_id="D2")),
        (NORTH, SetTerms(terms=TERMS)),
    )


def disclosures() -> tuple[Asked, ...]:
    """A rule that two persons with two keys let hold; one alone is refused."""
    held = Rule(owner="south", viewer="relief", flights=Disclosed.IDENTITY, reservations=Disclosed.NOTHING)
    waiting = Rule(owner="relief", viewer="south", flights=Disclosed.CONTACT, reservations=Disclosed.VOLUME)
    less = Rule(owner="south", viewer="relief", flights=Disclosed.EXISTENCE, reservations=Disclosed.NOTHING)
    return (
        (DUTY, ProposeDisclosure(rule=held), "key-1"),
        (DUTY, ApproveDisclosure(rule=held), "key-1"),  # refused: a second person is needed
        (CHIEF, ApproveDisclosure(rule=held), "key-2"),
        (DUTY, ProposeDisclosure(rule=waiting), "key-1"),
        (CHIEF, ProposeDisclosure(rule=less), "key-2"),
    )


def reserving() -> tuple[Turn, ...]:
    """Boxes, polygons, circles, paths and a movement; held, waited for, earmarked, refused and given back."""
    start, end = NOON_MS + 120 * MINUTE_MS, NOON_MS + 180 * MINUTE_MS
    shape = {
        "datum": Datum.WGS84,
        "lower_mm": 3_000_000,
        "upper_mm": 6_000_000,
        "time_start_ms": start,
        "time_end_ms": end,
    }
    polygon = footprints.polygon(
        [(38 * DEG, 26 * DEG), (38 * DEG, 27 * DEG), (39 * DEG, 26 * DEG)], radius_mm=NM_MM
    )
    path = footprints.path([(38 * DEG, 29 * DEG), (39 * DEG, 30 * DEG)], 2 * NM_MM)
    circle = footprints.circle((38 * DEG, 32 * DEG), 10 * NM_MM)
    movement = Movement(
        points=(
            MovementPoint(latitude_e7deg=38 * DEG, longitude_e7deg=35 * DEG, time_ms=start),
            MovementPoint(latitude_e7deg=38 * DEG, longitude_e7deg=36 * DEG, time_ms=end),
        ),
        radius_mm=5 * NM_MM,
        datum=Datum.WGS84,
        lower_mm=3_000_000,
        upper_mm=6_000_000,
    )
    higher = msgspec.structs.replace(movement, lower_mm=8_000_000, upper_mm=9_000_000)
    box = a_box(latitude_south_e7deg=31 * DEG, latitude_north_e7deg=32 * DEG)
    first = Reserve(reservation_id="R1", volume=box, contact="Duty desk, 555-0100")
    regions = tuple(Volume(footprint=each, **shape) for each in (polygon, path, circle))
    return (
        (
            3,
            (
                (DUTY, first),
                (SOUTH, Reserve(reservation_id="R2", volume=box)),  # refused: R1 holds it
                (RELIEF, Reserve(reservation_id="R3", volume=box, waits=True, contact="Relief, 555-0101")),
                (SOUTH, Reserve(reservation_id="R4", regions=regions, user_keeps_clear=False)),
                (RELIEF, Reserve(reservation_id="R5", movement=movement, provisional=True)),
                (RELIEF, Reserve(reservation_id="R6", regions=regions[:1], waits=True)),
                (NORTH, Reserve(reservation_id="R7", movement=movement, waits=True)),
                (SOUTH, Reserve(reservation_id="R8", movement=higher)),
                (rule("earmark-queued"), Earmark(reservation_id="R3")),  # refused: R1 holds it still
            ),
        ),
        (4, ((SOUTH, Release(reservation_id="R1")), (DUTY, Release(reservation_id="R1")))),
        (5, ((RELIEF, Accept(reservation_id="R3")), (RELIEF, Accept(reservation_id="R5")))),
        (
            6,
            (
                (RELIEF, Pend(reservation_id="R3")),
                (RELIEF, Activate(reservation_id="R3")),
                (RELIEF, ReportUse(reservation_id="R3", is_in_use=True)),
                (RELIEF, ReportUse(reservation_id="R3", is_in_use=False)),
                (RELIEF, Deactivate(reservation_id="R3")),
            ),
        ),
    )


def formation() -> tuple[Asked, ...]:
    """A flight of four that holds at a point; one leaves it and one joins it."""
    stay = a_point(
        (36.0, 35.0),
        30,
        "F200",
        level_upper=filed_level("F220"),
        stay_ms=60 * MINUTE_MS,
        stay_radius_mm=15 * NM_MM,
        designator="HOLDA",
    )
    leader = Plan(
        identification="LEAD1",
        aircraft_type="C130",
        aircraft_count=4,
        formation=Formation(lateral_mm=NM_MM, vertical_mm=304_800),
        traffic=Traffic.OAT,
        handling=(SpecialHandling.MARSA, SpecialHandling.STATE),
        navigation_specification=Accuracy.RNP_1,
        serving_centre="south-centre",
        route=(a_point((36.0, 34.0), 20, "F200"), stay, a_point((36.0, 36.0), 110, "S0610")),
    )
    leaves = Plan(
        identification="LEAD2",
        aircraft_type="C130",
        navigation_specification=Accuracy.RNP_2,
        splits_from="F2",
        route=(a_point((36.0, 36.0), 110, "F200"), a_point((37.0, 36.0), 125, "F200")),
    )
    joins = Plan(
        identification="LEAD3",
        aircraft_type="C130",
        navigation_specification=Accuracy.RNP_4,
        joins="F2",
        route=(a_point((35.0, 34.0), 5, "F200"), a_point((36.0, 34.0), 20, "F200")),
    )
    return (
        (SOUTH, File(flight_id="F2", plan=leader)),
        (SOUTH, File(flight_id="F3", plan=leaves)),
        (SOUTH, File(flight_id="F4", plan=joins)),
    )


def filings() -> tuple[Asked, ...]:
    """Flights of every other sort that is admitted or notified."""
    ambulance = a_plan(
        icao_address="4b1815", handling=(SpecialHandling.HOSP,), navigation_specification=Accuracy.RNAV_2
    )
    low = Plan(
        identification="LOW1",
        aircraft_type="AT76",
        navigation_specification=Accuracy.RNAV_10,
        handling=ELSE,
        qnh=QNH,
        route=(
            a_point((10.0, 10.0), 60, "A045", level_upper=filed_level("A055")),
            a_point((10.0, 10.5), 75, "M0150"),
        ),
    )
    southern = (
        a_point(WEST, 30, "F150", corridor_id="SOUTH"),
        a_point(SOUTHERN, 40, "F150", corridor_id="SOUTH"),
        a_point(EAST, 50, "F150"),
    )
    one = a_plan(minutes=300, navigation_specification=Accuracy.RNAV_1)
    other = a_plan(minutes=400, navigation_specification=Accuracy.RNP_0_3)
    return (
        (SOUTH, File(flight_id="F1", plan=ambulance)),
        (SOUTH, File(flight_id="F5", plan=low)),  # nobody decides there: it is only notified
        (NORTH, File(flight_id="F6", plan=a_plan(is_due_regard=True), party="relief")),
        (RELIEF, File(flight_id="F7", plan=one, is_provisional=True)),
        (RELIEF, File(flight_id="F8", plan=other, is_provisional=True)),
        (SOUTH, File(flight_id="F9", plan=a_plan(minutes=30, level="F210"))),
        (SOUTH, File(flight_id="F10", plan=a_plan(route=southern))),
    )


def refused() -> tuple[Asked, ...]:
    """Flights that are refused, each for another reason; the first three are offered other plans."""
    first, second, third = a_plan().route
    late = a_plan(minutes=30 * DAY)
    off = a_plan(route=(msgspec.structs.replace(first, latitude_e7deg=35 * DEG), second, third))
    back = (
        a_point(EAST, 60, corridor_id="EAST"),
        a_point(MIDDLE, 70, corridor_id="EAST"),
        a_point(WEST, 80),
    )
    bow = footprints.polygon([(0, 0), (DEG, DEG), (0, DEG), (DEG, 0)])
    area = Area(
        area_id="BOW", kind=AreaKind.OTHER, footprint=bow, datum=Datum.STD, lower_mm=0, upper_mm=FL_MM
    )
    return (
        (NORTH, File(flight_id="X1", plan=a_plan())),  # CONFLICT with F1
        (RELIEF, File(flight_id="X2", plan=a_plan())),  # the same; what is offered may not hold
        (SOUTH, File(flight_id="X3", plan=a_plan(minutes=1_220, level="F320"))),  # CONFLICT with D1
        (SOUTH, File(flight_id="X4", plan=a_plan(corridor="NOWHERE"))),  # UNKNOWN_CORRIDOR
        (SOUTH, File(flight_id="X4", plan=a_plan(serving_centre="nowhere"))),  # UNKNOWN_CENTRE
        (SOUTH, File(flight_id="X4", plan=a_plan(joins="F99"))),  # UNKNOWN_FORMATION
        (SOUTH, File(flight_id="X4", plan=a_plan(minutes=-60))),  # TIME_PAST
        (SOUTH, File(flight_id="X4", plan=late)),  # TOO_FAR_AHEAD
        (SOUTH, File(flight_id="X4", plan=a_plan(minutes=28 * DAY))),  # CORRIDOR_CLOSED
        (SOUTH, File(flight_id="X4", plan=a_plan(level="F450"))),  # LEVEL_OUTSIDE
        (SOUTH, File(flight_id="X4", plan=a_plan(navigation_specification=Accuracy.RNAV_10))),
        (SOUTH, File(flight_id="X4", plan=off)),  # NOT_ON_CORRIDOR
        (SOUTH, File(flight_id="X4", plan=a_plan(route=back))),  # WRONG_DIRECTION
        (SOUTH, File(flight_id="F1", plan=a_plan())),  # ID_TAKEN
        (RELIEF, File(flight_id="X4", plan=a_plan(minutes=500), is_provisional=True)),  # LIMIT_REACHED
        (NORTH, DeclareArea(area=area)),  # BAD_GEOMETRY
        (NORTH, DeclareShare(share=a_share("FAR", "west"))),  # UNKNOWN_PARTY
    )


def revisions() -> tuple[Asked, ...]:
    """What becomes of flights before they fly, and of sky that is imposed meanwhile."""
    stranger = about(MIDDLE, (300, 350), (60, 90))
    moved = about((39.0, 39.0), (0, 50), (0, 30))
    over_r3 = about((31.5, 32.5), (100, 190), (0, 30))
    crossing = about(MIDDLE, (300, 350), (70, 80))
    other = a_plan(minutes=62, is_due_regard=True)
    return (
        (RELIEF, Confirm(flight_id="F7")),
        (RELIEF, Revise(flight_id="F7", plan=a_plan(minutes=310))),
        (SOUTH, Revise(flight_id="F1", plan=a_plan(minutes=305))),  # refused for F7
        (NORTH, Withdraw(flight_id="F7")),
        (
            DUTY,
            Impose(imposed_id="I1", kind=ImposedKind.STRANGER, note="Primary echo", volumes=(stranger,)),
        ),
        (NORTH, Impose(imposed_id="I2", kind=ImposedKind.MOVED_AREA, volumes=(moved,))),
        (NORTH, Impose(imposed_id="I2", kind=ImposedKind.OTHER, volumes=(over_r3,))),
        (NORTH, Lift(imposed_id="I2")),
        (NORTH, Revise(flight_id="F6", plan=other)),
        (NORTH, Reserve(reservation_id="X5", regions=(crossing,))),  # refused for flights and what is imposed
    )


def reports() -> tuple[Asked, ...]:
    """Flights get airborne, and some cannot keep to their plans."""
    there = Position(latitude_e7deg=34 * DEG, longitude_e7deg=325_000_000, level=filed_level("F330"))
    low = Position(latitude_e7deg=34 * DEG, longitude_e7deg=325_000_000, level=filed_level("A090"), qnh=QNH)
    lost = ReportCondition(
        flight_id="F1", condition=Condition.COMM_LOST, position=there, has_surveillance=True
    )
    return (
        (SOUTH, ReportAirborne(flight_id="F1", time_ms=at(90))),  # TIME_IMPLAUSIBLE
        (SOUTH, ReportAirborne(flight_id="F1", time_ms=at(60))),
        (SOUTH, ReportAirborne(flight_id="F9", time_ms=at(59))),
        (SOUTH, ReportAirborne(flight_id="F10", time_ms=at(31))),
        (SOUTH, lost),
        (SOUTH, ReportCondition(flight_id="F9", condition=Condition.DEVIATING, position=low)),
        (SOUTH, ReportCondition(flight_id="F9", condition=Condition.EMERGENCY)),
    )


def warnings() -> tuple[Turn, ...]:
    """Alerts are raised, seen, escalated and cleared; one begins twice."""
    measured = Measured(
        track="adsb/4B1815",
        time_ms=at(66),
        latitude_e7deg=340_000_000,
        longitude_e7deg=325_000_000,
        standing="CLAIMED",
        lateral_mm=-9_855_000,
        late_ms=60_000,
        longitudinal_mm=1_000,
        vertical_mm=-2_000,
        is_self_report=False,
        is_recorded=True,
    )
    first = (
        (rule("watch"), RaiseAlert(**RAMHD, measured=measured)),
        (rule("watch"), RaiseAlert(**CLAM, measured=measured)),
        (SOUTH, AcknowledgeAlert(**RAMHD, raised_count=1)),  # refused: not those on watch
        (DUTY, AcknowledgeAlert(**RAMHD, raised_count=1)),
        (rule("watch"), ClearAlert(**RAMHD)),
    )
    later = (
        (rule("escalate-alerts"), EscalateAlert(**CLAM)),
        (rule("watch"), ClearAlert(**CLAM)),
        (rule("watch"), RaiseAlert(**CLAM, measured=measured)),
        (DUTY, AcknowledgeAlert(**CLAM, raised_count=2)),
        (rule("watch"), RaiseAlert(**RAMLD, measured=measured)),
    )
    return (66, first), (70, later)


def endings() -> tuple[Turn, ...]:
    """The last reports, and what the rules of the node forget a day later."""
    soon = (
        (SOUTH, ReportPassing(flight_id="F1", point=1, time_ms=at(71))),
        (SOUTH, ReportCondition(flight_id="F1", condition=Condition.NORMAL)),
        (SOUTH, ReportEnded(flight_id="F9")),
    )
    late = (
        (rule("note-overdue"), NoteOverdue(flight_id="F10")),
        (rule("expire-flights"), ExpireFlight(flight_id="F8")),
        (rule("expire-flights"), ExpireFlight(flight_id="F3")),
        (rule("expire-reservations"), Expire(reservation_id="R4")),
        (SOUTH, ReportEnded(flight_id="F1")),
        (SOUTH, File(flight_id="F11", plan=a_plan(minutes=25 * 60, level="F390"))),  # with one overdue
    )
    return (71, soon), (DAY, late)


def attempts() -> tuple[Asked, ...]:
    """Relief asks in vain once more than it may, twice for what it may not know of; then who is ill flies."""
    day = {"time_start_ms": at(DAY + 120), "time_end_ms": at(DAY + 180)}
    box = a_box(**day, longitude_west_e7deg=50 * DEG, longitude_east_e7deg=51 * DEG)
    other = msgspec.structs.replace(box, longitude_west_e7deg=54 * DEG, longitude_east_e7deg=55 * DEG)
    across = direct((33.5, 49.5), (33.5, 51.5))
    beside = direct((35.5, 49.5), (35.5, 51.5))
    return (
        (SOUTH, Reserve(reservation_id="R9", volume=box)),
        (RELIEF, Reserve(reservation_id="R10", volume=box)),  # refused for R9; relief is not told of it
        (RELIEF, File(flight_id="F12", plan=across)),  # the same
        (RELIEF, Reserve(reservation_id="R11", volume=other)),
        (RELIEF, Release(reservation_id="R11")),
        (RELIEF, Reserve(reservation_id="R11", volume=other)),  # LIMIT_REACHED: F8 lapsed, too
        (RELIEF, File(flight_id="F12", plan=beside)),  # LIMIT_REACHED
        (
            RELIEF,
            File(
                flight_id="F12",
                plan=msgspec.structs.replace(beside, handling=(SpecialHandling.MEDEVAC,)),
            ),
        ),
    )


def overrun() -> tuple[Turn, ...]:
    """South is in R9 past its end, and nobody says so; the sky after it is north's."""
    box = a_box(longitude_west_e7deg=50 * DEG, longitude_east_e7deg=51 * DEG)
    after = msgspec.structs.replace(box, time_start_ms=at(DAY + 200), time_end_ms=at(DAY + 240))
    entered = (Pend(reservation_id="R9"), Activate(reservation_id="R9"))
    return (
        (DAY + 2, ((NORTH, Reserve(reservation_id="R12", volume=after)),)),
        (DAY + 120, tuple((SOUTH, each) for each in entered)),
        (DAY + 180, ((rule("note-overrun"), NoteOverrun(reservation_id="R9")),)),
        (DAY + 181, ((SOUTH, Deactivate(reservation_id="R9")),)),
    )


def direct(start: tuple[float, float], end: tuple[float, float]) -> Plan:
    """A flight of the evening after, along no corridor, where nobody decides."""
    return a_plan(route=(a_point(start, DAY + 125, "F150"), a_point(end, DAY + 150, "F150")))


def turns() -> Iterator[Turn]:
    """The whole story, a group commit each."""
    yield 1, (*organisations(), *ways())
    yield 2, disclosures()
    yield from reserving()
    yield 7, (*filings(), *formation(), *refused())
    yield 11, revisions()
    yield 60, reports()
    yield from warnings()
    yield from endings()
    yield DAY + 1, attempts()
    yield from overrun()
    yield DAY + 182, ((DUTY, ConfirmRestore()),)


def every_kind() -> MemoryStore:
    """The log of the whole story; the persons of one entry are erased."""
    store = MemoryStore()
    log = a_log(store)
    log.begin(NOON_MS - 1)
    salts, numbers = count(1_000), count(1)
    decider = Decider(Projection("north"), find=store.find_all, salts=lambda: next(salts).to_bytes(32, "big"))
    for minutes, asked in turns():
        if isinstance(asked[0][1], ConfirmRestore):
            decider.projection.hold("COPIED")
        for author, command, *key in asked:
            signed = signature(*key) if key else None
            name = f"golden-{next(numbers)}"
            decider.offer(Order(command_id=name, author=author, command=command, signature=signed))
        batch, _ = decider.next_batch(NOON + timedelta(minutes=minutes))
        rows = log.append(batch.drafts)
        decider.committed(batch, [row.leaf for row in rows])
    erased = next(row.sequence for row in store.rows() if b"chief-2" in row.body)
    log.erase(erased, frozenset({PERSONS}))
    return store
