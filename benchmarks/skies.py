"""A sky with corridors for the measurements: how many flights fit is plain, so that any number can be live.

COLUMNS x ROWS corridors of three segments run from west to east, 20 NM apart; ten levels, FL290 to FL380; a
flight every SLOT_MIN minutes on each level. All inside one centre, so 5 NM and 1000 ft hold.
"""

from collections.abc import Iterator

from mamarr.airspace import (
    Centre,
    Corridor,
    CorridorPoint,
    NavigationSpecification,
    Party,
    Share,
    corridors,
    parties,
    shares,
)
from mamarr.engine import Decider, Order, Projection
from mamarr.engine import facts as facts_of
from mamarr.engine.decider import decide
from mamarr.engine.projection import START
from mamarr.faults import Refusal
from mamarr.flights import Plan, RoutePoint, flights
from mamarr.geometry import Datum, footprints
from mamarr.geometry.altitude import FiledLevel, LevelKind
from mamarr.geometry.units import moment_from_ms
from mamarr.names import Author

DEG = 10_000_000
NM_MM = 1_852_000
FL_MM = 30_480
MINUTE_MS = 60_000
COLUMNS, ROWS, LEVELS = 2, 100, 10
SLOT_MIN = 60
FILERS = 100  # so that no quota of one party is reached
LEG_MIN = 10
START_MS = 1_795_348_800_000
PARTY, NODE, CENTRE = "north", "node-measured", "north-centre"
AUTHOR = Author(party=PARTY, node=NODE)


def a_corridor(column: int, row: int) -> Corridor:
    """Three segments of a degree and a half, some 90 NM each."""
    latitude_e7deg = -165 * DEG // 10 + row * DEG // 3
    first_e7deg = (20 + 6 * column) * DEG
    points = tuple(
        CorridorPoint(latitude_e7deg=latitude_e7deg, longitude_e7deg=first_e7deg + at * 3 * DEG // 2)
        for at in range(4)
    )
    return Corridor(
        corridor_id=f"C{column}-{row}",
        points=points,
        half_width_mm=5 * NM_MM,
        navigation_specification=NavigationSpecification.RNAV_5,
        datum=Datum.STD,
        lower_mm=200 * FL_MM,
        upper_mm=400 * FL_MM,
    )


CORRIDORS = tuple(a_corridor(column, row) for row in range(ROWS) for column in range(COLUMNS))


def declared_values() -> tuple[Party | Share | Corridor, ...]:
    """Who decides here, and the corridors."""
    centre = (Centre(centre_id=CENTRE),)
    party = Party(party_id=PARTY, is_authority=True, centres=centre)
    corners = [(-18 * DEG, 18 * DEG), (-18 * DEG, 34 * DEG), (18 * DEG, 34 * DEG), (18 * DEG, 18 * DEG)]
    share = Share(
        share_id="ALL",
        authority=PARTY,
        footprint=footprints.polygon(corners),
        datum=Datum.STD,
        lower_mm=0,
        upper_mm=600 * FL_MM,
    )
    return (party, share, *CORRIDORS)


def declarations() -> Iterator[Order]:
    """The orders that declare them."""
    for number, value in enumerate(declared_values()):
        match value:
            case Party():
                command: object = parties.DeclareParty(party=value)
            case Share():
                command = shares.DeclareShare(share=value)
            case Corridor():
                command = corridors.DeclareCorridor(corridor=value)
        yield order(f"declare-{number}", command)


def order(command_id: str, command: object) -> Order:
    """`command` as the node's own party asks it."""
    return Order(command_id=command_id, author=AUTHOR, command=command)  # type: ignore[arg-type]


def a_plan(number: int, *, start_ms: int = START_MS) -> Plan:
    """Flight `number`: its corridor, level and slot are its own; whole numbers fill the sky evenly."""
    rest, corridor = divmod(number, len(CORRIDORS))
    slot, level = divmod(rest, LEVELS)
    way = CORRIDORS[corridor]
    at_ms = start_ms + (60 + slot * SLOT_MIN) * MINUTE_MS
    filed = FiledLevel(LevelKind.F, 290 + 10 * level)
    route = tuple(
        RoutePoint(
            latitude_e7deg=point.latitude_e7deg,
            longitude_e7deg=point.longitude_e7deg,
            time_ms=at_ms + place * LEG_MIN * MINUTE_MS,
            level=filed,
            corridor_id=way.corridor_id if place < 3 else None,
        )
        for place, point in enumerate(way.points)
    )
    return Plan(
        identification=f"M{number % 1_000_000}",
        aircraft_type="A320",
        route=route,
        has_rvsm=True,
        serving_centre=CENTRE,
    )


def a_filing(number: int) -> Order:
    """The order that files flight `number`, of one of FILERS parties whom the centre serves."""
    party = f"party-{number % FILERS}"
    return order(f"file-{number:09}", flights.File(flight_id=f"F{number}", plan=a_plan(number), party=party))


def applied(projection: Projection, orders: Iterator[Order], now_ms: int = START_MS) -> int:
    """Decide `orders` and project what they answer, without a record; how many. Stops at a refusal."""
    count = 0
    for each in orders:
        known = facts_of.known_to(projection, each, now_ms)
        outcome = decide(each, known, now=moment_from_ms(now_ms))
        if isinstance(outcome, Refusal):
            raise SystemExit(f"{each.command_id} was refused: {outcome}")
        for event in outcome:
            projection.apply(START, event)
        projection.settle(START)
        count += 1
    return count


def decided(decider: Decider, now_ms: int = START_MS) -> object:
    """The next batch of `decider`."""
    return decider.next_batch(moment_from_ms(now_ms))[0]
