"""What drones are told of crewed traffic: closed pieces of corridors and areas, never a flight.

An authority names the corridors and areas that drones are told of; no others are. A piece is a whole segment
of a corridor, or a part of one where a DSS takes no more at once. Its windows begin and end on a grid, wider
than any flight: what is told says neither who flies nor when exactly. A state flight adds to a window that
others have too, and is never told alone; where that leaves it untold, the corridor is told ALWAYS.
Reservations and moving areas are never told, so that no ship is found by them (THREATS 24).
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

import msgspec

from mamarr.airspace import Area, DeclaredCorridor, corridors
from mamarr.airspace.constraints import SpecialHandling
from mamarr.airspace.windows import Window
from mamarr.engine.projection import Projection
from mamarr.faults import present
from mamarr.flights import Flight, holding
from mamarr.flights.plans import Traffic
from mamarr.geometry import Datum, Footprint, Shape, footprints, geodesy
from mamarr.geometry.altitude import ellipsoid_band_mm
from mamarr.geometry.units import MM_PER_M, deg_from_e7deg, e7deg_from_deg

GRID_MS = 15 * 60_000  # chosen: windows begin and end on quarter hours
PAD_MS = 15 * 60_000  # chosen: at least so much earlier and later than any flight may be there
AHEAD_MS = 48 * 3_600_000  # chosen: what is told ALWAYS is told for two days
DAY_MS = 24 * 3_600_000
AREA_MAX_KM2 = 2_000  # a DSS takes 2,500 km² at once, counted in cells that reach beyond the piece
MARGIN_M = 2.0  # the edge beside a line bulges by centimetres over 10 km; the rest is spare
WINDOWS_MAX = 100  # as many volumes as a constraint has
M_PER_KM = 1_000
LOWEST_MM, HIGHEST_MM = -8_000_000, 100_000_000  # altitudes of F3548-21, API 1.0.0

Corners = tuple[tuple[int, int], ...]


class When(StrEnum):
    """When a corridor is told of. ALWAYS: in all its own windows. PLANNED: where flights are planned."""

    ALWAYS = "ALWAYS"
    PLANNED = "PLANNED"


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A closed part of the sky. corners: latitude and longitude in 1e-7 degree. radius_mm: of a circle."""

    name: str
    corners: Corners
    radius_mm: int
    lower_mm: int
    upper_mm: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A piece and when it is closed, in order; heights above the WGS-84 ellipsoid."""

    piece: Piece
    windows: tuple[Window, ...]


class Untold(msgspec.Struct, frozen=True, kw_only=True):
    """What was to be told and is not. state_flights: how many state flights are on it alone."""

    name: str
    state_flights: int = 0
    why: str = ""


def told(
    projection: Projection, *, corridors_when: Mapping[str, When], areas: Iterable[str], now_ms: int
) -> tuple[tuple[Told, ...], tuple[Untold, ...]]:
    """What drones are told at `now_ms`, of what is durable, and what they are not, though it is named.

    corridors_when: by the ids of corridors. areas: ids.
    """
    found: list[Told] = []
    untold: list[Untold] = []
    planned = {each for each, when in corridors_when.items() if when is When.PLANNED}
    uses = _uses(projection, planned, now_ms)
    for corridor_id, when in sorted(corridors_when.items()):
        declared = projection.corridors.durable(corridor_id)
        if declared is None:
            untold.append(Untold(name=corridor_id, why="there is no such corridor"))
            continue
        try:
            pieces = pieces_of(declared)
        except ValueError as wrong:
            untold.append(Untold(name=corridor_id, why=str(wrong)))
            continue
        alone: set[str] = set()
        for segment, parts in enumerate(pieces):
            windows, state_flights = _windows(declared, when, uses.get((corridor_id, segment), ()), now_ms)
            alone.update(state_flights)
            found += [Told(piece=piece, windows=windows) for piece in parts if windows]
        if alone:
            untold.append(Untold(name=corridor_id, state_flights=len(alone)))
    for area_id in sorted(set(areas)):
        area = projection.areas.durable(area_id)
        if area is None:
            untold.append(Untold(name=area_id, why="there is no such area"))
            continue
        try:
            found.append(Told(piece=piece_of(area), windows=(_days(now_ms),)))
        except ValueError as wrong:
            untold.append(Untold(name=area_id, why=str(wrong)))
    return tuple(found), tuple(untold)


class _Use(msgspec.Struct, frozen=True):
    """A flight that may be on a segment. is_state: whose presence is not told alone."""

    flight_id: str
    start_ms: int
    end_ms: int
    is_state: bool


def _uses(projection: Projection, named: set[str], now_ms: int) -> dict[tuple[str, int], list[_Use]]:
    """By corridor of those `named` and by segment, the flights that are planned there and not over."""
    found: dict[tuple[str, int], list[_Use]] = {}
    for flight_id, flight in projection.flights.durable_items():
        if holding.is_over(flight, now_ms):
            continue
        is_state = flight.plan.traffic is Traffic.OAT or SpecialHandling.STATE in flight.plan.handling
        for key, start_ms, end_ms in _legs(projection, flight, named):
            # What is airborne is where it was last expected until a report says otherwise.
            until_ms = max(end_ms, now_ms) if flight.is_airborne else end_ms
            found.setdefault(key, []).append(_Use(flight_id, start_ms, until_ms, is_state))
    return found


def _legs(
    projection: Projection, flight: Flight, named: set[str]
) -> Iterator[tuple[tuple[str, int], int, int]]:
    """The segments of `named` corridors that a flight is on, and when, tolerances included."""
    route = flight.plan.route
    for kept in flight.volumes:
        corridor_id = route[kept.leg].corridor_id
        if corridor_id not in named or kept.volume.footprint.shape is not Shape.PATH:
            continue
        corridor_id = present(corridor_id, "what is named has a name")
        declared = projection.corridors.durable(corridor_id)
        if declared is None:
            continue
        start, end = route[kept.leg], route[kept.leg + 1]
        first = corridors.index_of(declared.corridor, start.latitude_e7deg, start.longitude_e7deg)
        last = corridors.index_of(declared.corridor, end.latitude_e7deg, end.longitude_e7deg)
        if first is None or last is None:  # the corridor was declared anew, with other points: all of it
            first, last = 0, len(declared.corridor.points) - 1
        for segment in range(min(first, last), max(first, last)):
            yield (corridor_id, segment), kept.volume.time_start_ms, kept.volume.time_end_ms


def _windows(
    declared: DeclaredCorridor, when: When, uses: Iterable[_Use], now_ms: int
) -> tuple[tuple[Window, ...], set[str]]:
    """The windows of a segment that are not over, and the state flights that none of them tells of."""
    if when is When.ALWAYS:
        days, own = _days(now_ms), declared.corridor.windows
        spans = [
            (max(each.time_start_ms, days.time_start_ms), min(each.time_end_ms, days.time_end_ms))
            for each in own or (days,)
        ]
        return _joined([each for each in spans if each[0] < each[1]]), set()
    padded = [
        (_down(each.start_ms - PAD_MS), _up(each.end_ms + PAD_MS), each)
        for each in sorted(uses, key=lambda use: use.start_ms)
        if each.end_ms + PAD_MS > now_ms
    ]
    windows = _joined([(start_ms, end_ms) for start_ms, end_ms, _ in padded])
    open_to = {
        window
        for start_ms, end_ms, use in padded
        for window in windows
        if not use.is_state and window.time_start_ms <= start_ms and end_ms <= window.time_end_ms
    }
    alone = {
        use.flight_id
        for start_ms, end_ms, use in padded
        for window in windows
        if window not in open_to and window.time_start_ms <= start_ms and end_ms <= window.time_end_ms
    }
    return tuple(each for each in windows if each in open_to)[:WINDOWS_MAX], alone


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[Window, ...]:
    """Windows in order, those that touch made one."""
    joined: list[list[int]] = []
    for start_ms, end_ms in sorted(spans):
        if joined and start_ms <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end_ms)
        else:
            joined.append([start_ms, end_ms])
    return tuple(Window(time_start_ms=start_ms, time_end_ms=end_ms) for start_ms, end_ms in joined)


def _down(time_ms: int) -> int:
    return max(0, time_ms // GRID_MS * GRID_MS)


def _up(time_ms: int) -> int:
    return -(-time_ms // GRID_MS) * GRID_MS


def _days(now_ms: int) -> Window:
    """From the beginning of this day on; it moves on at midnight alone."""
    start_ms = now_ms // DAY_MS * DAY_MS
    return Window(time_start_ms=start_ms, time_end_ms=start_ms + AHEAD_MS)


# --- pieces -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=corridors.CORRIDORS_MAX)
def pieces_of(declared: DeclaredCorridor) -> tuple[tuple[Piece, ...], ...]:
    """The pieces of each segment of a corridor; ValueError when it is wider than a DSS takes.

    A piece holds all that lies within the corridor's half-width of its part of the line.
    """
    corridor = declared.corridor
    lower_mm, upper_mm = _heights(corridor.datum, corridor.lower_mm, corridor.upper_mm)
    half_m = corridor.half_width_mm / MM_PER_M + MARGIN_M
    found = []
    for segment, packed in enumerate(declared.segments):
        parts = [
            Piece(
                name=f"corridor/{corridor.corridor_id}/{segment}.{number}",
                corners=_strip(line, half_m),
                radius_mm=0,
                lower_mm=lower_mm,
                upper_mm=upper_mm,
            )
            for number, line in enumerate(_parts(footprints.unpacked(packed), half_m))
        ]
        found.append(tuple(parts))
    return tuple(found)


def piece_of(area: Area) -> Piece:
    """The piece that an area is; ValueError when it is a path, or is widened, or larger than a DSS takes."""
    footprint: Footprint = area.footprint
    if footprint.shape is Shape.PATH or (footprint.shape is Shape.POLYGON and footprint.radius_mm):
        raise ValueError("a DSS takes circles and polygons, no paths and no widened outlines")
    lower_mm, upper_mm = _heights(area.datum, area.lower_mm, area.upper_mm)
    return Piece(
        name=f"area/{area.area_id}",
        corners=tuple(footprints.points(footprint)),
        radius_mm=footprint.radius_mm if footprint.shape is Shape.CIRCLE else 0,
        lower_mm=lower_mm,
        upper_mm=upper_mm,
    )


def _heights(datum: Datum, lower_mm: int, upper_mm: int) -> tuple[int, int]:
    lowest_mm, highest_mm = ellipsoid_band_mm(datum, lower_mm, upper_mm)
    return max(lowest_mm, LOWEST_MM), min(highest_mm, HIGHEST_MM)


Line = list[tuple[int, int]]


def _parts(line: Line, half_m: float) -> Iterator[Line]:
    """The line in parts, each with its width no larger than AREA_MAX_KM2."""
    width_km = 2 * half_m / M_PER_KM
    length_max_km = AREA_MAX_KM2 / width_km - width_km
    part, length_km = [line[0]], 0.0
    for start, end in pairwise(line):
        edge_km = _distance_m(start, end) / M_PER_KM
        if edge_km > length_max_km:
            raise ValueError(f"{width_km:.0f} km wide; a DSS takes {AREA_MAX_KM2} km² at once")
        if length_km + edge_km > length_max_km:
            yield part
            part, length_km = [start], 0.0
        part.append(end)
        length_km += edge_km
    yield part


def _strip(line: Line, half_m: float) -> Corners:
    """A polygon that holds all within `half_m` of a line that hardly bends, its ends included."""
    left, right = [], []
    for number, point in enumerate(line):
        ahead = line[number + 1] if number + 1 < len(line) else None
        behind = line[number - 1] if number else None
        if ahead is not None:
            track_deg = _bearing_deg(point, ahead)
        else:
            track_deg = _bearing_deg(point, behind) + 180.0  # type: ignore[arg-type]
        place = _degrees(point)
        if behind is None:
            place = geodesy.destination(*place, track_deg + 180.0, half_m)
        elif ahead is None:
            place = geodesy.destination(*place, track_deg, half_m)
        left.append(_offset(place, track_deg - 90.0, half_m))
        right.append(_offset(place, track_deg + 90.0, half_m))
    return (*left, *reversed(right))


def _offset(place_deg: tuple[float, float], azimuth_deg: float, distance_m: float) -> tuple[int, int]:
    latitude_deg, longitude_deg = geodesy.destination(*place_deg, azimuth_deg, distance_m)
    return e7deg_from_deg(latitude_deg), e7deg_from_deg(longitude_deg)


def _degrees(point: tuple[int, int]) -> tuple[float, float]:
    return deg_from_e7deg(point[0]), deg_from_e7deg(point[1])


def _distance_m(one: tuple[int, int], other: tuple[int, int]) -> float:
    return geodesy.distance_m(*_degrees(one), *_degrees(other))


def _bearing_deg(one: tuple[int, int], other: tuple[int, int]) -> float:
    return geodesy.bearing_deg(*_degrees(one), *_degrees(other))
