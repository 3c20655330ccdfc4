"""Corridors: ways through the sky with a width, levels, directions and times.

Names: EUROCONTROL AIRM and AIXM 5.1 (navigation specification, direction); ICAO Doc 9613 for the
specifications.
"""

from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

import msgspec
import numpy as np

from mamarr.airspace import declarations, windows
from mamarr.airspace.parties import FREQUENCIES_MAX, Frequency
from mamarr.airspace.windows import WINDOWS_MAX, Window
from mamarr.faults import Reason, Refusal, present
from mamarr.geometry import Datum, Footprint, Shape, footprints, geodesy
from mamarr.geometry.footprints import (
    LATITUDE_MAX_E7DEG,
    LONGITUDE_MAX_E7DEG,
    RADIUS_MIN_MM,
    TURN_E7DEG,
    VERTEX_BYTES,
    VERTICES_MAX,
)
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM
from mamarr.names import FREE_TEXT, OBJECT_ID, Author, matched

POINTS_MAX = 200  # chosen: a corridor across a continent has a few dozen
HALF_WIDTH_MAX_MM = 185_200_000  # chosen: 100 NM; more is a slip of units
CORRIDORS_MAX = 2_000  # chosen: the long-distance routes of a continent
NM_TENTH_MM = 185_200
LINES_REMEMBERED_MAX = 128  # chosen: what is declared at a time is checked and decided on; at most 80 kB each

# What it is


class NavigationSpecification(StrEnum):
    """How exactly an aircraft keeps its line; the number is the accuracy in nautical miles."""

    RNAV_10 = "RNAV_10"
    RNAV_5 = "RNAV_5"
    RNAV_2 = "RNAV_2"
    RNAV_1 = "RNAV_1"
    RNP_4 = "RNP_4"
    RNP_2 = "RNP_2"
    RNP_1 = "RNP_1"
    RNP_0_3 = "RNP_0_3"


class Direction(StrEnum):
    """In which order of its points a corridor may be flown."""

    BOTH = "BOTH"
    FORWARD = "FORWARD"
    BACKWARD = "BACKWARD"


class CorridorPoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A significant point of the centreline, in 1e-7 degree. designator: its name code, if it has one."""

    latitude_e7deg: int
    longitude_e7deg: int
    designator: str | None = None

    def __post_init__(self) -> None:
        if not -LATITUDE_MAX_E7DEG <= self.latitude_e7deg <= LATITUDE_MAX_E7DEG:
            raise ValueError("latitude is beyond 90 degrees")
        if not -LONGITUDE_MAX_E7DEG <= self.longitude_e7deg <= LONGITUDE_MAX_E7DEG:
            raise ValueError("longitude is beyond 180 degrees")
        if self.designator is not None:
            matched("designator", self.designator, OBJECT_ID)


class Corridor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A corridor as it is declared.

    points: of the centreline, in the order of FORWARD. half_width_mm: to either side of it. lower_mm,
    upper_mm: millimetres above `datum`, half-open: a level at `upper_mm` is not in it. windows: when it may
    be used; none means always. longitudinal_minimum_ms, lateral_minimum_mm, vertical_minimum_mm: what the
    corridor asks beyond the terms; 0 asks nothing more.
    """

    corridor_id: str
    points: tuple[CorridorPoint, ...]
    half_width_mm: int
    navigation_specification: NavigationSpecification
    datum: Datum
    lower_mm: int
    upper_mm: int
    name: str | None = None
    direction: Direction = Direction.BOTH
    windows: tuple[Window, ...] = ()
    longitudinal_minimum_ms: int = 0
    lateral_minimum_mm: int = 0
    vertical_minimum_mm: int = 0
    frequencies: tuple[Frequency, ...] = ()

    def __post_init__(self) -> None:
        matched("corridor_id", self.corridor_id, OBJECT_ID)
        if self.name is not None:
            matched("name", self.name, FREE_TEXT)
        if not 2 <= len(self.points) <= POINTS_MAX:
            raise ValueError(f"a corridor has 2 to {POINTS_MAX} points, not {len(self.points)}")
        if not RADIUS_MIN_MM <= self.half_width_mm <= HALF_WIDTH_MAX_MM:
            raise ValueError("half width is not 1 m to 100 NM")
        if not ALTITUDE_LOWEST_MM <= self.lower_mm < self.upper_mm <= ALTITUDE_HIGHEST_MM:
            raise ValueError("floor is not below ceiling, or outside -1000 m to 100000 m")
        if len(self.windows) > WINDOWS_MAX:
            raise ValueError(f"more than {WINDOWS_MAX} windows")
        if len(self.frequencies) > FREQUENCIES_MAX:
            raise ValueError(f"more than {FREQUENCIES_MAX} frequencies")


class DeclaredCorridor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, cache_hash=True):
    """A corridor with what was computed once, when it was declared.

    segments: for each pair of points that follow each other, the geodesic between them, both ends included,
    densified to `geodesy.EDGE_MAX_M` at most; packed as the vertices of a `Footprint`.
    """

    corridor: Corridor
    segments: tuple[bytes, ...]


ACCURACY_NM_TENTHS = {
    NavigationSpecification.RNAV_10: 100,
    NavigationSpecification.RNAV_5: 50,
    NavigationSpecification.RNAV_2: 20,
    NavigationSpecification.RNAV_1: 10,
    NavigationSpecification.RNP_4: 40,
    NavigationSpecification.RNP_2: 20,
    NavigationSpecification.RNP_1: 10,
    NavigationSpecification.RNP_0_3: 3,
}
MONITORED = frozenset(
    {
        NavigationSpecification.RNP_4,
        NavigationSpecification.RNP_2,
        NavigationSpecification.RNP_1,
        NavigationSpecification.RNP_0_3,
    }
)  # an RNP specification includes on-board performance monitoring and alerting, an RNAV one does not


def checked(corridor: Corridor) -> Corridor:
    """The same corridor; ValueError says where its points do not make a line.

    Points that follow each other differ, the line with its width passes `footprints.checked`, and densified
    it has at most VERTICES_MAX vertices.
    """
    _segments(corridor.points, corridor.half_width_mm)
    return corridor


def declared(corridor: Corridor) -> DeclaredCorridor:
    """The corridor as it would be declared; ValueError as of `checked`."""
    return DeclaredCorridor(corridor=corridor, segments=_segments(corridor.points, corridor.half_width_mm))


def line(declared: DeclaredCorridor, from_index: int, to_index: int) -> bytes:
    """The centreline from one point to another, packed, no vertex doubled; the one vertex when they are one.

    Against the order of the points when `from_index` is greater. ValueError when there is no such point.
    """
    count = len(declared.corridor.points)
    for index in (from_index, to_index):
        if not 0 <= index < count:
            raise ValueError(f"point {index} is not one of 0 to {count - 1}")
    first, last = sorted((from_index, to_index))
    if first == last:
        point = declared.corridor.points[first]
        return footprints.packed([(point.latitude_e7deg, point.longitude_e7deg)])
    joined = _joined(declared.segments[first:last])
    if from_index < to_index:
        return joined
    return np.frombuffer(joined, np.uint64)[::-1].tobytes()  # eight bytes are one vertex


def index_of(corridor: Corridor, latitude_e7deg: int, longitude_e7deg: int) -> int | None:
    """The first of its points that lies exactly there, -180 degrees being 180; None when none does."""
    for index, point in enumerate(corridor.points):
        if (
            point.latitude_e7deg == latitude_e7deg
            and (point.longitude_e7deg - longitude_e7deg) % TURN_E7DEG == 0
        ):
            return index
    return None


def allows(corridor: Corridor, from_index: int, to_index: int) -> bool:
    """Whether its direction lets a flight go from one of its points to another, or stay at one."""
    match corridor.direction:
        case Direction.BOTH:
            return True
        case Direction.FORWARD:
            return from_index <= to_index
        case Direction.BACKWARD:
            return from_index >= to_index


def is_open(corridor: Corridor, start_ms: int, end_ms: int) -> bool:
    """Whether it may be used all the time from `start_ms` to `end_ms`."""
    return windows.hold(corridor.windows, start_ms, end_ms)


def is_met_by(corridor: Corridor, capability: NavigationSpecification) -> bool:
    """Whether an aircraft approved for `capability` keeps the line as exactly as the corridor asks.

    Chosen: an accuracy at least as good, and monitoring and alerting on board where the corridor asks for an
    RNP. It is what the corridor's width rests on and no more: it is no approval. A specification asks for
    functions besides, and an approval for one is none for another (FAA AIM 1-2-2: eligibility for RNP 1 does
    not mean eligibility for RNP 2 or RNAV 1); that stays with operator and pilot.
    """
    asked = corridor.navigation_specification
    if asked in MONITORED and capability not in MONITORED:
        return False
    return ACCURACY_NM_TENTHS[capability] <= ACCURACY_NM_TENTHS[asked]


def half_width_mm(specification: NavigationSpecification) -> int:
    """How far to either side of its line a flight that flies off corridors is expected, millimetres.

    Twice the accuracy. Chosen: the accuracy alone is kept for 95 % of the time (UK CAA, GM1 CAT.OP.MPA.126),
    so one flight in twenty would be outside at any moment; and FAA AIM 1-2-2 names twice the value as what
    RNP applications account for.
    """
    return 2 * ACCURACY_NM_TENTHS[specification] * NM_TENTH_MM


@lru_cache(LINES_REMEMBERED_MAX)
def _segments(points: tuple[CorridorPoint, ...], half_width_mm: int) -> tuple[bytes, ...]:
    """The densified segments; ValueError when the points do not make a line."""
    corners = [(point.latitude_e7deg, point.longitude_e7deg) for point in points]
    segments: list[bytes] = []
    count = 1
    for number, ends in enumerate(pairwise(corners)):
        dense = geodesy.densified(ends)
        count += len(dense) - 1
        if count > VERTICES_MAX:  # before the next is computed: two points far apart have 2,001
            raise ValueError(f"up to point {number + 1} the line has more than {VERTICES_MAX} vertices")
        segments.append(footprints.packed(dense))
    whole = Footprint(shape=Shape.PATH, vertices=_joined(segments), radius_mm=half_width_mm)
    footprints.checked(whole)
    return tuple(segments)


def _joined(segments: list[bytes] | tuple[bytes, ...]) -> bytes:
    return segments[0] + b"".join(segment[VERTEX_BYTES:] for segment in segments[1:])


# What may be asked


class DeclareCorridor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="declare-corridor"):
    """Let this corridor be; one of the same id is replaced."""

    corridor: Corridor


class WithdrawCorridor(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="withdraw-corridor"
):
    """Let the corridor of this id be no more."""

    corridor_id: str

    def __post_init__(self) -> None:
        matched("corridor_id", self.corridor_id, OBJECT_ID)


Command = DeclareCorridor | WithdrawCorridor


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="corridor"):
    """What the decision may rest on. party: the node's own. held: of this id. count: how many there are."""

    party: str
    held: Corridor | None = None
    count: int = 0


# What may happen


class CorridorDeclared(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="corridor-declared"
):
    """The corridor may be asked for. segments: as of a `DeclaredCorridor`."""

    corridor: Corridor
    segments: tuple[bytes, ...]


class CorridorWithdrawn(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="corridor-withdrawn"
):
    """The corridor is no more."""

    corridor_id: str


Event = CorridorDeclared | CorridorWithdrawn


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event] | Refusal:
    """Answer one command about one corridor. Never raises; says no prose."""
    del now
    if isinstance(command, WithdrawCorridor):
        name = command.corridor_id
        refusal = declarations.withdrawing_refused(
            author, party=facts.party, is_held=facts.held is not None, name=name
        )
        return refusal or (CorridorWithdrawn(corridor_id=name),)
    refusal = declarations.declaring_refused(
        author,
        party=facts.party,
        is_new=facts.held is None,
        count=facts.count,
        count_max=CORRIDORS_MAX,
        limit="corridors_max",
    )
    if refusal is not None:
        return refusal
    corridor = command.corridor
    try:
        segments = _segments(corridor.points, corridor.half_width_mm)
    except ValueError:  # its words are for the edge, which asks `checked` first; here it is a code
        return Refusal(reason=Reason.BAD_GEOMETRY, because=(corridor.corridor_id,))
    return (CorridorDeclared(corridor=corridor, segments=segments),)


# How it changes


def evolve(value: DeclaredCorridor | None, event: Event) -> DeclaredCorridor | None:
    """The corridor after `event`; None when it is no more. Stops when the two contradict each other."""
    if isinstance(event, CorridorDeclared):
        return DeclaredCorridor(corridor=event.corridor, segments=event.segments)
    present(value, "withdrawn while not there")
    return None
