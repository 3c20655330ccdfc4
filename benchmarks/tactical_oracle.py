"""All pairs that lose their separation, one by one against all others: no index, other algebra.

Complex numbers for what a place is after some time on its circle, a map with two axes for each pair, and the
least distance in a window of time in place of the roots of an equation.
"""

from typing import Any

import numpy as np

A_M, E2_RATIO, RADIUS_M = 6_378_137.0, 0.006_694_379_990_141_317, 6_371_008.8  # WGS-84; mean radius
WITHIN_M = 1e-3  # of the minimum a pair is separated, as `detect_tactical` says


def all_pairs(
    *,
    latitude_deg: Any,
    longitude_deg: Any,
    altitude_m: Any,
    ground_speed_mps: Any,
    track_deg: Any,
    vertical_rate_mps: Any,
    horizontal_m: float,
    vertical_m: float,
    lookahead_s: float,
) -> set[tuple[int, int]]:
    """The pairs i < j, of N aircraft with one pair of minima; N²/2 looks."""
    place, north_east, radius_m = circles(latitude_deg, longitude_deg, track_deg)
    up, ahead = north_east
    velocity = ahead * ground_speed_mps[:, None]
    altitude_mm, vertical_mm = np.rint(altitude_m * 1e3), round(vertical_m * 1e3)
    found = set()
    for i in range(len(place) - 1):
        low_s, high_s = height_window(
            altitude_mm[i + 1 :] - altitude_mm[i],
            1e3 * (vertical_rate_mps[i + 1 :] - vertical_rate_mps[i]),
            vertical_mm,
            lookahead_s,
        )
        reach_m = (ground_speed_mps[i] + ground_speed_mps[i + 1 :]) * lookahead_s + horizontal_m + 10.0
        near = np.linalg.norm(place[i + 1 :] - place[i], axis=1) < reach_m
        j = np.flatnonzero(near & (low_s < high_s))
        low_s, high_s, j = low_s[j], high_s[j], j + i + 1
        offset, closing = place[j] - place[i], velocity[j] - velocity[i]
        speed2 = np.maximum((closing**2).sum(axis=1), 1e-12)
        about_s = np.clip(-(offset * closing).sum(axis=1) / speed2, 0.0, lookahead_s)
        one = on_circle(place[i], up[i], ahead[i], radius_m[i], ground_speed_mps[i], about_s)
        other = on_circle(place[j], up[j], ahead[j], radius_m[j], ground_speed_mps[j], about_s)
        least_m = least_on_map(one, other, low_s - about_s, high_s - about_s)
        found |= {(i, int(k)) for k in j[least_m < horizontal_m - WITHIN_M]}
    return found


def circles(latitude_deg: Any, longitude_deg: Any, track_deg: Any) -> tuple[Any, tuple[Any, Any], Any]:
    """Where each is, its vertical and direction, and the radius of the ellipsoid in that direction."""
    latitude, longitude, track = (np.radians(one) for one in (latitude_deg, longitude_deg, track_deg))
    level, rise = np.cos(latitude), np.sin(latitude)
    up = np.stack([level * np.cos(longitude), level * np.sin(longitude), rise], axis=1)
    north = np.stack(
        [-np.sin(latitude) * np.cos(longitude), -np.sin(latitude) * np.sin(longitude), np.cos(latitude)],
        axis=1,
    )
    east = np.cross(north, up)
    across_m = A_M / np.sqrt(1.0 - E2_RATIO * up[:, 2] ** 2)
    along_m = A_M * (1.0 - E2_RATIO) / (1.0 - E2_RATIO * up[:, 2] ** 2) ** 1.5
    place = up * np.stack([across_m, across_m, (1.0 - E2_RATIO) * across_m], axis=1)
    ahead = north * np.cos(track)[:, None] + east * np.sin(track)[:, None]
    radius_m = across_m * along_m / (across_m * np.cos(track) ** 2 + along_m * np.sin(track) ** 2)
    return place, (up, ahead), radius_m


def height_window(apart_mm: Any, rate_mmps: Any, minimum_mm: int, lookahead_s: float) -> tuple[Any, Any]:
    """From when until when two are nearer in height, within the look-ahead."""
    still = rate_mmps == 0.0
    steps = np.where(still, 1.0, rate_mmps)
    middle_s, half_s = -apart_mm / steps, np.abs(minimum_mm / steps)
    low_s, high_s = np.maximum(0.0, middle_s - half_s), np.minimum(lookahead_s, middle_s + half_s)
    always = np.where(np.abs(apart_mm) < minimum_mm, lookahead_s, 0.0)
    return np.where(still, 0.0, low_s), np.where(still, always, high_s)


def on_circle(
    place: Any, up: Any, ahead: Any, radius_m: Any, speed_mps: Any, time_s: Any
) -> tuple[Any, Any, Any]:
    """Where, with which vertical and how fast after a time: a turn by e^(i a), ahead and up the axes."""
    turn = np.exp(1j * speed_mps * time_s / radius_m)[:, None]
    radius_m, speed_mps = np.reshape(radius_m, (-1, 1)), np.reshape(speed_mps, (-1, 1))
    there = place + radius_m * (turn.imag * ahead + (turn.real - 1.0) * up)
    return there, turn.imag * ahead + turn.real * up, speed_mps * (turn.real * ahead - turn.imag * up)


def least_on_map(one: Any, other: Any, low_s: Any, high_s: Any) -> Any:
    """How near the two come between two moments, on the map that touches the Earth between them."""
    up = one[1] + other[1]
    up /= np.linalg.norm(up, axis=1)[:, None]
    pole = np.where(np.abs(up[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    first = np.cross(pole, up)
    first /= np.linalg.norm(first, axis=1)[:, None]
    second = np.cross(up, first)
    offset, closing = other[0] - one[0], other[2] - one[2]
    x, y = (offset * first).sum(axis=1), (offset * second).sum(axis=1)
    arc = 1.0 + (x * x + y * y) / (24.0 * RADIUS_M**2)
    offset_m = arc * (x + 1j * y)
    closing_mps = (closing * first).sum(axis=1) + 1j * (closing * second).sum(axis=1)
    speed2 = np.maximum(np.abs(closing_mps) ** 2, 1e-24)
    nearest_s = np.clip(-(offset_m * closing_mps.conj()).real / speed2, low_s, high_s)
    return np.abs(offset_m + closing_mps * nearest_s)
