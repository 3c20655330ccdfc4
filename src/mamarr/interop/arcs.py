"""Arcs about a centre as corners of a polygon, close enough together."""

import math

from mamarr.geometry import geodesy
from mamarr.geometry.units import deg_from_e7deg, e7deg_from_deg

ARC_BOUND_M = (
    5.0  # chosen: no point of an arc is farther from the polygon's edge; 81 corners in a turn of 2 NM
)
CHORD_SHARE_RATIO = 0.95  # of the bound is for the chords, the rest for rounding to 1e-7 degree (1.6 cm)
STEP_MAX_DEG = 15.0  # chosen: small circles stay round
RADIUS_MAX_M = 555_600.0  # chosen: 300 NM, larger than any arc in use
TURN_DEG = 360.0


def arc(
    centre_e7deg: tuple[int, int],
    start_radius_m: float,
    end_radius_m: float,
    start_deg: float,
    sweep_deg: float,
) -> list[tuple[int, int]]:
    """Corners along an arc, from its start to its end, (latitude, longitude) in 1e-7 degree.

    centre_e7deg: latitude and longitude. start_radius_m, end_radius_m: geodesic distances from it, to
    RADIUS_MAX_M; between the ends the radius changes evenly with the angle. start_deg: true bearing of the
    start. sweep_deg: by how much the arc turns, clockwise positive, to a whole turn either way. The polygon's
    edge stays within ARC_BOUND_M of the arc. ValueError when a radius is 0 or too large.

    Source: the chord of an angle a on a radius r leaves it by r (1 - cos(a / 2)).
    """
    radius_m = max(start_radius_m, end_radius_m)
    if not 0 < min(start_radius_m, end_radius_m) <= radius_m <= RADIUS_MAX_M:
        raise ValueError(
            f"a radius of {radius_m / 1000:.3f} km is not above 0 and at most {RADIUS_MAX_M / 1000} km"
        )
    bulge_ratio = min(1.0, CHORD_SHARE_RATIO * ARC_BOUND_M / radius_m)
    step_deg = min(STEP_MAX_DEG, math.degrees(2 * math.acos(1 - bulge_ratio)))
    steps = max(1, math.ceil(abs(sweep_deg) / step_deg))
    latitude_deg, longitude_deg = (deg_from_e7deg(angle_e7deg) for angle_e7deg in centre_e7deg)
    corners = []
    for step in range(steps + 1):
        part_ratio = step / steps
        distance_m = start_radius_m + (end_radius_m - start_radius_m) * part_ratio
        corner_deg = geodesy.destination(
            latitude_deg, longitude_deg, start_deg + sweep_deg * part_ratio, distance_m
        )
        corners.append((e7deg_from_deg(corner_deg[0]), e7deg_from_deg(corner_deg[1])))
    return corners


def bearing_and_distance(centre_e7deg: tuple[int, int], point_e7deg: tuple[int, int]) -> tuple[float, float]:
    """True bearing in degrees, and geodesic distance in metres, of a point from a centre.

    ValueError when they are the same point.
    """
    ends_deg = [deg_from_e7deg(angle_e7deg) for angle_e7deg in (*centre_e7deg, *point_e7deg)]
    return geodesy.bearing_deg(*ends_deg), geodesy.distance_m(*ends_deg)
