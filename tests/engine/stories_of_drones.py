"""The story of `golden/log_drones.json`: what drones plan is heard, met, unheard, forgotten."""

from collections.abc import Iterator
from typing import Any

import msgspec

from mamarr.airspace.constraints import SpecialHandling
from mamarr.flights import DroneState
from mamarr.flights.drone_watch import HearDrones
from mamarr.flights.drones import FORGOTTEN, HEARD, ForgetDrones, NoteDrones
from mamarr.flights.flights import File, Revise
from mamarr.geometry import Datum, Volume, footprints
from mamarr.names import Author
from mamarr.record import MemoryStore
from tests.engine.stories_of_neighbours import (
    NODE,
    NORTH,
    SOUTH,
    Neighbour,
    Turn,
    before,
    entering,
    inside,
    proposing,
    recorded,
)
from tests.flights.routes import DEG, MINUTE_MS, NOON_MS, a_plan

BRIDGE = Author(party="north", node=NODE, rule=HEARD)
TIDY = Author(party="north", node=NODE, rule=FORGOTTEN)
INSIDE = (36.5, 31.4)  # on the way of `inside`
ID = "{:08d}-0000-4000-8000-000000000000"


def a_square(
    latitude_deg: float = 34.0,
    longitude_deg: float = 32.5,
    minutes: tuple[float, float] = (0, 600),
    levels_m: tuple[float, float] = (9_000, 11_000),
    side_deg: float = 0.02,
) -> Volume:
    """A square with its middle at a place, `minutes` after noon, heights above the ellipsoid."""
    corners = [
        (round((latitude_deg + up * side_deg / 2) * DEG), round((longitude_deg + right * side_deg / 2) * DEG))
        for up, right in ((-1, -1), (-1, 1), (1, 1), (1, -1))
    ]
    return Volume(
        footprint=footprints.polygon(corners),
        datum=Datum.WGS84,
        lower_mm=round(levels_m[0] * 1_000),
        upper_mm=round(levels_m[1] * 1_000),
        time_start_ms=NOON_MS + round(minutes[0] * MINUTE_MS),
        time_end_ms=NOON_MS + round(minutes[1] * MINUTE_MS),
    )


def note(number: int, *volumes: Volume, state: DroneState = DroneState.ACCEPTED) -> NoteDrones:
    return NoteDrones(intent_id=ID.format(number), state=state, volumes=volumes or (a_square(),))


def urgent(plan: Any) -> Any:
    return msgspec.structs.replace(plan, handling=(SpecialHandling.MEDEVAC,))


def turns() -> Iterator[Turn]:
    """North hears along EAST; what comes of each stands beside it."""
    yield 1, before()
    yield 2, proposing()
    yield 3, entering(Neighbour("south"), Neighbour("east"))
    yield 4, ((BRIDGE, HearDrones(whole=("EAST",))), (BRIDGE, HearDrones(whole=("EAST",))))
    yield 5, ((NORTH, File(flight_id="F5", plan=a_plan(minutes=700))),)  # others are asked; none known there
    yield 5, ((NORTH, File(flight_id="F1", plan=inside(400))),)  # off corridors: unknown
    yield 6, ((BRIDGE, note(1, a_square(*INSIDE, minutes=(300, 500)))),)  # touches F1, which stays
    yield 7, ((SOUTH, File(flight_id="F2", plan=inside(440))),)  # refused for the drones, and offered others
    yield 8, ((SOUTH, File(flight_id="F3", plan=urgent(inside(440)))),)  # filed, and told of them
    yield 9, ((NORTH, Revise(flight_id="F1", plan=a_plan(minutes=1_000))),)  # others are asked; unknown there
    yield 10, tuple((BRIDGE, note(number, state=state)) for number, state in enumerate(DroneState, 2))
    yield (
        11,
        ((BRIDGE, note(1, a_square(*INSIDE))), (BRIDGE, note(6, a_square(minutes=(1, 2))))),
    )  # longer; one is past
    yield 12, ((NORTH, note(7)), (NORTH, HearDrones()), (BRIDGE, ForgetDrones(intent_id=ID.format(9))))
    yield 13, ((BRIDGE, ForgetDrones(intent_id=ID.format(2))), (TIDY, ForgetDrones(intent_id=ID.format(3))))
    yield 14, ((BRIDGE, HearDrones()),)  # silent
    yield 15, ((NORTH, File(flight_id="F4", plan=inside(900))),)  # filed: unknown
    yield 16, ((NORTH, Revise(flight_id="F4", plan=inside(960))),)


def of_drones() -> MemoryStore:
    """The log of the whole story."""
    return recorded(turns())
