"""Where things may be, and how near two of them come: by a geodesy of its own, by trying places.

Knows nothing of how the engine keeps things apart. Points are Earth-centred metres on the WGS-84 ellipsoid;
a straight line through the Earth stands for the way along its surface, which is longer by less than 2 cm at
50 km. A line between two points is cut out by the plane through both and the Earth's centre: within 20 cm of
the geodesic at the 150 km of these worlds. What misses a minimum by less than TOLERANCE_M is not told.

A flight may be anywhere on its way, and to either side, at any moment from its earliest entry to its latest
exit: it may be early, late, slow or fast. So its way is flown in steps of COARSE_MS and, wherever that comes
near, of a second: between two places tried nobody is farther from both than half a step along the way.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from mamarr.geometry.units import deg_from_e7deg
from mamarr.simulation.heights import over_ellipsoid_mm

SEMI_MAJOR_AXIS_M = 6_378_137.0  # WGS-84
FLATTENING_RATIO = 1 / 298.257223563
SEMI_MINOR_AXIS_M = SEMI_MAJOR_AXIS_M * (1 - FLATTENING_RATIO)
SHRUNK_RATIO = (1 - FLATTENING_RATIO) ** 2
TOLERANCE_M = 2.0
COARSE_MS = 10_000
FINE_MS = 1_000
RIM = 16  # points that are tried on the rim of a circle
EDGE_RAD = 8e-4  # five kilometres: a chord of that length lies half a metre under the ground at most
INWARD_RATIOS = (0.1, 0.4, 0.8)  # how far towards the middle an area is tried inside
ENDLESS_MS = 1 << 60
LONGEST_MS = 30 * 60_000  # chosen: no leg of these worlds is planned longer; the steps of an endless one

Metres = npt.NDArray[np.float64]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Where something may be for a time.

    line: (N, 3) points, metres, of a way, of the one centre of a circle, or of the edge of an area, closed
    (is_area); None for a box. reach_m: to either side of the way, or about the centre or the area. sides_deg:
    south, north, west, east of a box, the east may go on beyond 180. lower_mm, highest_mm: levels, both
    possible, above `datum`. entry_ms, exit_ms: when it is flown as planned; before_ms, after_ms: how much
    earlier or later. is_admitted, lateral_mm, vertical_mm, time_ms, leg: of a flight's, what its corridor
    asks beyond the terms among them.
    """

    line: Metres | None
    reach_m: float
    lower_mm: int
    highest_mm: int
    entry_ms: int
    exit_ms: int
    before_ms: int = 0
    after_ms: int = 0
    sides_deg: tuple[float, float, float, float] | None = None
    is_area: bool = False
    datum: str = "STD"
    is_admitted: bool = True
    lateral_mm: int = 0
    vertical_mm: int = 0
    time_ms: int = 0
    leg: int = 0

    @property
    def start_ms(self) -> int:
        """The earliest moment."""
        return self.entry_ms - self.before_ms

    @property
    def end_ms(self) -> int:
        """The first moment that is too late."""
        return self.exit_ms + self.after_ms

    @property
    def is_way(self) -> bool:
        """Whether it is flown from end to end, rather than being somewhere inside."""
        return self.line is not None and len(self.line) > 1 and not self.is_area


def on_earth(places_deg: Sequence[tuple[float, float]] | Metres) -> Metres:
    """(N, 3) metres of latitudes and longitudes in degrees."""
    angles_rad = np.radians(np.asarray(places_deg))
    latitude_rad, longitude_rad = angles_rad[:, 0], angles_rad[:, 1]
    squared_ratio = FLATTENING_RATIO * (2 - FLATTENING_RATIO)
    curved_m = SEMI_MAJOR_AXIS_M / np.sqrt(1 - squared_ratio * np.sin(latitude_rad) ** 2)
    across_m = curved_m * np.cos(latitude_rad)
    return np.column_stack(
        (
            across_m * np.cos(longitude_rad),
            across_m * np.sin(longitude_rad),
            curved_m * (1 - squared_ratio) * np.sin(latitude_rad),
        )
    )


def from_e7deg(latitude_e7deg: int, longitude_e7deg: int) -> tuple[float, float]:
    """Latitude and longitude in degrees."""
    return deg_from_e7deg(latitude_e7deg), deg_from_e7deg(longitude_e7deg)


def near_levels(one: Part, other: Part) -> tuple[int, int]:
    """The distance of the levels at which the two are nearest, and the higher of these; millimetres.

    Of two datums: between the heights that both may have; and the level above which one of the two surely is.
    """
    if one.datum != other.datum:
        (low_mm, high_mm), (other_low_mm, other_high_mm) = map(_heights_mm, (one, other))
        surely_mm = one.lower_mm if one.datum == "STD" else other.lower_mm
        return max(0, low_mm - other_high_mm, other_low_mm - high_mm), surely_mm
    gap_mm = max(0, one.lower_mm - other.highest_mm, other.lower_mm - one.highest_mm)
    if gap_mm:
        return gap_mm, max(one.lower_mm, other.lower_mm)
    return 0, min(one.highest_mm, other.highest_mm)


def _heights_mm(part: Part) -> tuple[int, int]:
    """The heights over the ellipsoid that its levels may have."""
    if part.datum == "STD":
        return over_ellipsoid_mm(part.lower_mm, part.highest_mm)
    return part.lower_mm, part.highest_mm


def near_times_ms(one: Part, other: Part) -> int:
    """The time from when one is gone to when the other comes: negative where both may be there at once."""
    return max(one.start_ms, other.start_ms) - min(one.end_ms, other.end_ms)


def nearer(one: Part, other: Part, lateral_m: float, time_ms: int) -> bool:
    """Whether places were found at which the two come nearer than both. Levels are looked at before."""
    if near_times_ms(one, other) >= time_ms or _far(one, other) > lateral_m:
        return False
    if one.is_way and other.is_way:
        return _crossing(one, other, lateral_m)
    if other.is_way:
        one, other = other, one
    return _passing(one, other, lateral_m) if one.is_way else _standing(one, other, lateral_m)


def distances_m(places_m: Metres, part: Part) -> Metres:
    """How far each place is from a circle, box or area, in metres; inside, from its edge, negative."""
    if part.line is None:
        return _from_box(places_m, part)
    if part.is_area:
        return _from_area(places_m, part.line) - part.reach_m
    return np.asarray(np.sqrt(((places_m - part.line[0]) ** 2).sum(axis=1)) - part.reach_m)


def beside(place_m: Metres, part: Part) -> tuple[float, float]:
    """How far one place (3,) is from a way, in metres, and at which part of its length it is nearest.

    The part is below 0 before the start, and above 1 past the end.
    """
    corners = part.line if part.line is not None else np.zeros((2, 3))
    steps = np.diff(corners, axis=0)
    lengths_m = np.sqrt((steps**2).sum(axis=1))
    shares_ratio = ((place_m - corners[:-1]) * steps).sum(axis=1) / lengths_m**2
    nearest_m = _down(corners[:-1] + np.clip(shares_ratio, 0, 1)[:, None] * steps)
    away_m = np.sqrt(((nearest_m - place_m) ** 2).sum(axis=1))
    at = int(away_m.argmin())
    lowest = -np.inf if at == 0 else 0.0
    highest = np.inf if at == len(steps) - 1 else 1.0
    along_m = lengths_m[:at].sum() + np.clip(shares_ratio[at], lowest, highest) * lengths_m[at]
    return float(away_m[at]), float(along_m / lengths_m.sum())


def _from_box(places_m: Metres, part: Part) -> Metres:
    """The distance from the point of the box that has the nearest latitude and longitude: never too small."""
    south_deg, north_deg, west_deg, east_deg = part.sides_deg or (0.0, 0.0, 0.0, 0.0)
    across_m = np.hypot(places_m[:, 0], places_m[:, 1])
    latitude_deg = np.degrees(np.arctan2(places_m[:, 2], SHRUNK_RATIO * across_m))
    turned_deg = np.degrees(np.arctan2(places_m[:, 1], places_m[:, 0])) - west_deg
    turned_deg, wide_deg = turned_deg % 360, east_deg - west_deg
    beyond = turned_deg > wide_deg
    turned_deg = np.where(beyond & (turned_deg > (wide_deg + 360) / 2), 0.0, np.minimum(turned_deg, wide_deg))
    nearest = on_earth(np.column_stack((np.clip(latitude_deg, south_deg, north_deg), turned_deg + west_deg)))
    away_m = np.sqrt(((places_m - nearest) ** 2).sum(axis=1))
    inside = ~beyond & (latitude_deg > south_deg) & (latitude_deg < north_deg)
    sides_m = np.radians(np.minimum(latitude_deg - south_deg, north_deg - latitude_deg)) * SEMI_MINOR_AXIS_M
    ends_m = np.radians(np.minimum(turned_deg, wide_deg - turned_deg)) * across_m
    return np.asarray(np.where(inside, -np.minimum(sides_m, ends_m), away_m))


def along_edges(corners_deg: Sequence[tuple[float, float]]) -> Metres:
    """(N, 3) metres: places along the great circles, on latitude and longitude, from corner to corner."""
    angles_rad = np.radians(np.asarray(corners_deg))
    across = np.cos(angles_rad[:, 0])
    corners = np.column_stack(
        (across * np.cos(angles_rad[:, 1]), across * np.sin(angles_rad[:, 1]), np.sin(angles_rad[:, 0]))
    )
    between = [corners[:1]]
    for start, end in pairwise(corners):
        steps = math.ceil(math.sqrt(float(((end - start) ** 2).sum())) / EDGE_RAD)
        ratios = np.linspace(0, 1, steps + 1)[1:, None]
        between.append(start * (1 - ratios) + end * ratios)
    places = np.vstack(between)
    latitude_rad = np.arctan2(places[:, 2], np.hypot(places[:, 0], places[:, 1]))
    longitude_rad = np.arctan2(places[:, 1], places[:, 0])
    return on_earth(np.degrees(np.column_stack((latitude_rad, longitude_rad))))


def _from_area(places_m: Metres, rim_m: Metres) -> Metres:
    """How far each place is from the edge of the area inside `rim_m`, negative inside."""
    starts_m, steps_m = rim_m[:-1], np.diff(rim_m, axis=0)
    offset_m = places_m[:, None] - starts_m[None]
    ratio = np.clip((offset_m * steps_m).sum(axis=2) / (steps_m**2).sum(axis=1), 0, 1)
    away_m = np.sqrt(((offset_m - ratio[:, :, None] * steps_m) ** 2).sum(axis=2)).min(axis=1)
    return np.asarray(np.where(_is_inside(places_m, rim_m), -away_m, away_m))


def _is_inside(places_m: Metres, rim_m: Metres) -> Metres:
    """Whether somebody at each place who looks along the whole edge turns about once, and not back again."""
    places, rim = directions(places_m), directions(rim_m)
    beside = np.cross(places, np.eye(3)[np.argmin(np.abs(places), axis=1)])
    beside /= np.sqrt((beside**2).sum(axis=1))[:, None]
    bearings_rad = np.arctan2(np.cross(places, beside) @ rim.T, beside @ rim.T)
    turned_rad = np.diff(bearings_rad, axis=1)
    turned_rad = (turned_rad + math.pi) % (2 * math.pi) - math.pi
    is_near = places @ rim.mean(axis=0) > 0  # and not where the edge is on the other side of the Earth
    return np.asarray((np.abs(turned_rad.sum(axis=1)) > math.pi) & is_near)


def directions(points_m: Metres) -> Metres:
    """(N, 3) unit vectors of the geodetic latitude and longitude of points on the ellipsoid."""
    axes_m = np.array((SEMI_MAJOR_AXIS_M, SEMI_MAJOR_AXIS_M, SEMI_MINOR_AXIS_M))
    normals = points_m / axes_m**2
    return np.asarray(normals / np.sqrt((normals**2).sum(axis=1))[:, None])


def _far(one: Part, other: Part) -> float:
    """A distance in metres that the two are at least apart, by the balls about them."""
    (middle_m, radius_m), (other_m, other_radius_m) = _ball(one), _ball(other)
    return float(np.sqrt(((middle_m - other_m) ** 2).sum())) - radius_m - other_radius_m


def _ball(part: Part) -> tuple[Metres, float]:
    points_m = _corners(part) if part.line is None else part.line
    middle_m = points_m.mean(axis=0)
    radius_m = float(np.sqrt(((points_m - middle_m) ** 2).sum(axis=1)).max())
    return middle_m, radius_m * 1.01 + part.reach_m + 10.0  # a way and a side bulge by less


def _corners(part: Part) -> Metres:
    south_deg, north_deg, west_deg, east_deg = part.sides_deg or (0.0, 0.0, 0.0, 0.0)
    return on_earth(
        [
            (latitude_deg, longitude_deg)
            for latitude_deg in np.linspace(south_deg, north_deg, 5)
            for longitude_deg in np.linspace(west_deg, east_deg, 9)
        ]
    )


def _standing(one: Part, other: Part, lateral_m: float) -> bool:
    """Whether two that may be anywhere inside come nearer: points of each are held against the other."""
    for part, beside in ((one, other), (other, one)):
        if float(distances_m(_points(part), beside).min()) < lateral_m - TOLERANCE_M:
            return True
    return False


def _points(part: Part) -> Metres:
    """Points of a box, circle or area: its corners and middle, those of its rim, some inside."""
    if part.line is None:
        return _corners(part)
    if part.is_area:
        middle_m = part.line.mean(axis=0)
        inward_m = _down(
            np.vstack([part.line[:-1] * (1 - ratio) + middle_m * ratio for ratio in INWARD_RATIOS])
        )
        return np.vstack((part.line, inward_m[_is_inside(inward_m, part.line)]))
    up = part.line[0] / np.sqrt((part.line[0] ** 2).sum())
    east = np.cross((0.0, 0.0, 1.0), up)
    east /= np.sqrt((east**2).sum())
    angles_rad = np.linspace(0, 2 * math.pi, RIM, endpoint=False)
    around = np.cos(angles_rad)[:, None] * east + np.sin(angles_rad)[:, None] * np.cross(up, east)
    return np.vstack((part.line, _down(part.line[0] + max(0.0, part.reach_m - 1) * around)))


def _crossing(one: Part, other: Part, lateral_m: float) -> bool:
    """Whether two ways come nearer: first by large steps, then by seconds wherever these may hide it."""
    limit_m = lateral_m + one.reach_m + other.reach_m - TOLERANCE_M
    parts_ratio, others_ratio = _steps(one, COARSE_MS), _steps(other, COARSE_MS)
    places_m, others_m = _places(one.line, parts_ratio), _places(other.line, others_ratio)
    apart_m = _between(places_m, others_m)
    if bool((apart_m < limit_m).any()):
        return True
    hides = apart_m < limit_m + _step_m(one, parts_ratio) + _step_m(other, others_ratio)
    if not hides.any():
        return False
    fine_m, others_fine_m = _about(one, parts_ratio), _about(other, others_ratio)
    return any(
        bool((_between(fine_m[row], others_fine_m[hides[row]].reshape(-1, 3)) < limit_m).any())
        for row in np.flatnonzero(hides.any(axis=1))
    )


def _between(places_m: Metres, others_m: Metres) -> Metres:
    """(N, M) metres from each of N places to each of M others."""
    return np.asarray(np.sqrt(((places_m[:, None] - others_m[None]) ** 2).sum(axis=2)))


def _passing(one: Part, other: Part, lateral_m: float) -> bool:
    """Whether a way comes nearer to a circle or a box."""
    limit_m = lateral_m + one.reach_m - TOLERANCE_M
    parts_ratio = _steps(one, COARSE_MS)
    apart_m = distances_m(_places(one.line, parts_ratio), other)
    if bool((apart_m < limit_m).any()):
        return True
    if float(apart_m.min()) >= limit_m + _step_m(one, parts_ratio):
        return False
    return bool((distances_m(_places(one.line, _steps(one, FINE_MS)), other) < limit_m).any())


def _steps(part: Part, step_ms: int) -> Metres:
    """Parts of the way that are flown in a step each, as planned; an endless one by its start."""
    duration_ms = min(part.exit_ms - part.entry_ms, LONGEST_MS)
    return np.linspace(0, 1, max(3, int(duration_ms / step_ms) + 2))


def _about(part: Part, parts_ratio: Metres) -> Metres:
    """(N, M, 3) places a second of flight apart, half a step to either side of each of N parts of the way."""
    step_ratio = parts_ratio[1] - parts_ratio[0]
    seconds = min(part.exit_ms - part.entry_ms, LONGEST_MS) * step_ratio / FINE_MS
    aside_ratio = np.linspace(-step_ratio / 2, step_ratio / 2, int(seconds) + 2)
    ratios = np.clip(parts_ratio[:, None] + aside_ratio, 0, 1)
    return _places(part.line, ratios.ravel()).reshape(*ratios.shape, 3)


def _step_m(part: Part, parts_ratio: Metres) -> float:
    """Half the way between parts that follow each other: it may bend there."""
    corners = part.line if part.line is not None else np.zeros((2, 3))
    length_m = float(np.sqrt((np.diff(corners, axis=0) ** 2).sum(axis=1)).sum())
    return length_m * float(parts_ratio[1] - parts_ratio[0]) / 2


def _places(line: Metres | None, parts_ratio: Metres) -> Metres:
    """Places on a way at parts of its length."""
    corners = line if line is not None else np.zeros((2, 3))
    lengths_m = np.sqrt((np.diff(corners, axis=0) ** 2).sum(axis=1))
    ends_m = np.concatenate(((0.0,), np.cumsum(lengths_m)))
    along_m = parts_ratio * ends_m[-1]
    at = np.clip(np.searchsorted(ends_m, along_m, side="right") - 1, 0, len(lengths_m) - 1)
    part = ((along_m - ends_m[at]) / lengths_m[at])[:, None]
    return _down(corners[at] * (1 - part) + corners[at + 1] * part)


def _down(points_m: Metres) -> Metres:
    """The points moved towards the Earth's centre, or away from it, onto the ellipsoid."""
    axes_m = np.array((SEMI_MAJOR_AXIS_M, SEMI_MAJOR_AXIS_M, SEMI_MINOR_AXIS_M))
    return np.asarray(points_m / np.sqrt(((points_m / axes_m) ** 2).sum(axis=1))[:, None])
