"""Lines on the WGS-84 ellipsoid: how far, which way, and routes densified until each edge is short.

A route between two points is a WGS-84 geodesic. A footprint has great circles on geodetic coordinates for
edges, as S2. Over edges of EDGE_MAX_M the two stay within 2 cm of each other (0.7 cm, and 0.8 cm for the
rounding to 1e-7 degree); `tests/geometry/test_geodesy.py` measures it.

Source of the geodesics: C. F. F. Karney, Algorithms for geodesics, J. Geodesy 87 (2013), by geographiclib.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from geographiclib.geodesic import Geodesic  # type: ignore[import-untyped]

from mamarr.geometry.units import deg_from_e7deg, e7deg_from_deg

EDGE_MAX_M = 10_000.0  # chosen: geodesic and great circle then differ by less than 2 cm
EDGE_MIN_M = 1.0  # chosen: shorter edges would only follow the rounding to 1e-7 degree
ROUNDING_M = 0.05  # chosen: rounding to 1e-7 degree makes an edge at most 1.6 cm longer
DISTANCE_MAX_M = 20_003_932.0  # no two points are farther apart: half a meridian is 20,003,931.46 m
POINTS_MAX = 10_000  # chosen: the whole turn of the Earth in edges of 10 km has 4,009
LATITUDE_MAX_DEG = 90.0
LONGITUDE_MAX_DEG = 180.0
TURN_DEG = 360.0


def distance_m(
    from_latitude_deg: float, from_longitude_deg: float, to_latitude_deg: float, to_longitude_deg: float
) -> float:
    """Length of the geodesic between two points, in metres; right to 15 nanometres, also near antipodes.

    ValueError when a coordinate is not finite, beyond a pole or beyond 180 degrees.
    """
    return _geodesic(from_latitude_deg, from_longitude_deg, to_latitude_deg, to_longitude_deg)[0]


def bearing_deg(
    from_latitude_deg: float, from_longitude_deg: float, to_latitude_deg: float, to_longitude_deg: float
) -> float:
    """Direction of the geodesic where it starts: degrees clockwise from true north, 0 to below 360.

    At a pole north is along the meridian of the longitude given. Between antipodes many geodesics are equally
    short; one of them is answered, always the same. ValueError when the points are the same point, or as
    `distance_m`.
    """
    length_m, azimuth_deg = _geodesic(
        from_latitude_deg, from_longitude_deg, to_latitude_deg, to_longitude_deg
    )
    if length_m == 0:
        raise ValueError("from a point to itself there is no bearing")
    turned_deg = azimuth_deg % TURN_DEG
    return 0.0 if turned_deg == TURN_DEG else turned_deg  # -1e-20 % 360.0 is 360.0


def destination(
    latitude_deg: float, longitude_deg: float, azimuth_deg: float, distance_m: float
) -> tuple[float, float]:
    """Latitude and longitude in degrees of the point `distance_m` along the geodesic that starts so.

    azimuth_deg: clockwise from true north, any finite number of turns. distance_m: 0 to DISTANCE_MAX_M.
    The longitude lies within -180 to 180. ValueError when an argument is not finite or out of its range.
    """
    _checked(latitude_deg, longitude_deg)
    if not math.isfinite(azimuth_deg):
        raise ValueError(f"azimuth {azimuth_deg} is not a number that can be used")
    if not 0 <= distance_m <= DISTANCE_MAX_M:
        raise ValueError(f"distance {distance_m} m is not between 0 and {DISTANCE_MAX_M:.0f} m")
    end = Geodesic.WGS84.Direct(latitude_deg, longitude_deg, azimuth_deg, distance_m)
    return float(end["lat2"]), float(end["lon2"])


def densified(
    points_e7deg: Sequence[tuple[int, int]], *, step_max_m: float = EDGE_MAX_M
) -> tuple[tuple[int, int], ...]:
    """The same route with points added along its geodesics until no edge is longer than `step_max_m`.

    points_e7deg: latitude and longitude in 1e-7 degree, at least one. Every given point is kept as it is, in
    order, also one that repeats the one before it; added points are spread evenly over each leg and rounded
    to 1e-7 degree. step_max_m: EDGE_MIN_M to EDGE_MAX_M. Legs that cross the antimeridian or a pole work; a
    leg between antipodes takes one of its equally short geodesics: give a point between.

    ValueError when there is no point, a coordinate is out of range, the step is, or the answer would have
    more than POINTS_MAX points.
    """
    if not EDGE_MIN_M <= step_max_m <= EDGE_MAX_M:
        raise ValueError(f"step {step_max_m} m is not between {EDGE_MIN_M:.0f} and {EDGE_MAX_M:.0f} m")
    if not points_e7deg:
        raise ValueError("a route without a point")
    corners_deg = [_degrees(point) for point in points_e7deg]
    lines = [Geodesic.WGS84.InverseLine(*start, *end) for start, end in pairwise(corners_deg)]
    edges = [max(1, math.ceil(line.s13 / (step_max_m - ROUNDING_M))) for line in lines]
    if sum(edges) + 1 > POINTS_MAX:
        raise ValueError(f"{sum(edges) + 1} points; {POINTS_MAX} are allowed")
    dense = [points_e7deg[0]]
    for line, count, end in zip(lines, edges, points_e7deg[1:], strict=True):
        dense += _between(line, count)
        dense.append(end)
    return tuple(dense)


def _between(line: Geodesic, count: int) -> Iterator[tuple[int, int]]:
    for part in range(1, count):
        point = line.Position(line.s13 * part / count)
        yield e7deg_from_deg(point["lat2"]), e7deg_from_deg(point["lon2"])


def _geodesic(
    from_latitude_deg: float, from_longitude_deg: float, to_latitude_deg: float, to_longitude_deg: float
) -> tuple[float, float]:
    _checked(from_latitude_deg, from_longitude_deg)
    _checked(to_latitude_deg, to_longitude_deg)
    line = Geodesic.WGS84.Inverse(from_latitude_deg, from_longitude_deg, to_latitude_deg, to_longitude_deg)
    return float(line["s12"]), float(line["azi1"])


def _degrees(point_e7deg: tuple[int, int]) -> tuple[float, float]:
    latitude_deg, longitude_deg = (deg_from_e7deg(angle) for angle in point_e7deg)
    _checked(latitude_deg, longitude_deg)
    return latitude_deg, longitude_deg


def _checked(latitude_deg: float, longitude_deg: float) -> None:
    if not -LATITUDE_MAX_DEG <= latitude_deg <= LATITUDE_MAX_DEG:  # NaN fails too
        raise ValueError(f"latitude {latitude_deg} is not between -90 and 90 degrees")
    if not -LONGITUDE_MAX_DEG <= longitude_deg <= LONGITUDE_MAX_DEG:
        raise ValueError(f"longitude {longitude_deg} is not between -180 and 180 degrees")
