"""Where a point lies beside a line, on the WGS-84 ellipsoid: compiled, no fastmath, one order.

A line is the chain of chords that `mamarr.conflicts.kernels` makes of its vertices, in Earth-centred
coordinates, so that the distance to a corridor's line is here the same number as in admission.
"""

import math

import numba
import numpy as np

from mamarr.conflicts.kernels import PATH, WGS84_ECCENTRICITY2_RATIO, chain, distance, lateral_m, normals
from mamarr.conflicts.kernels import on_ellipsoid as placed

LATERAL, ALONG, ENDED = range(3)
COLUMNS = 3  # metres, right positive; metres from the start; 0, or -1 before the start and 1 past the end

compiled = numba.njit(cache=True, nogil=True, fastmath=False)


@compiled
def line_of(corners):
    """(N, 3) points in metres of the line through (M, 2) int32 corners in 1e-7 degree."""
    return chain(corners, PATH)


@compiled
def point_of(latitude_e7deg, longitude_e7deg, out):
    """Write the Earth-centred metres of a point on the ellipsoid to `out`, (1, 3)."""
    corner = np.empty((1, 2), np.int32)
    corner[0, 0], corner[0, 1] = latitude_e7deg, longitude_e7deg
    unit = normals(corner)
    placed(unit[0, 0], unit[0, 1], unit[0, 2], out, 0)


@compiled
def share_of(a, b, p):
    """How far along the chord a b the foot of p lies: 0 at a, 1 at b, not held to them."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    size = ux * ux + uy * uy + uz * uz
    if size == 0.0:
        return 0.0
    return ((p[0] - a[0]) * ux + (p[1] - a[1]) * uy + (p[2] - a[2]) * uz) / size


@compiled
def side_of(a, b, p):
    """Positive when p is right of the way from a to b, seen from above: up dot ((p - a) x (b - a))."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    wx, wy, wz = p[0] - a[0], p[1] - a[1], p[2] - a[2]
    nx, ny, nz = p[0], p[1], p[2] / (1.0 - WGS84_ECCENTRICITY2_RATIO)
    return nx * (wy * uz - wz * uy) + ny * (wz * ux - wx * uz) + nz * (wx * uy - wy * ux)


@compiled
def side_at(line, i, share, point):
    """On which side of the line a point is whose nearest point is on chord `i` at `share`; right positive.

    Nearest to a corner, in the wedge outside it, the chords may disagree when the turn is sharp; outside the
    turn is then the side: right of a turn to the left.
    """
    side = side_of(line[i], line[i + 1], point)
    j = i + 1 if share >= 1.0 else i - 1
    if 0.0 < share < 1.0 or j < 0 or j > len(line) - 2:
        return side
    if side * side_of(line[j], line[j + 1], point) < 0.0:
        first = min(i, j)
        return -side_of(line[first], line[first + 1], line[first + 2])
    return side


@compiled
def beside(line, point, out):
    """Write LATERAL, ALONG and ENDED of `point` (3,) beside the `line` (N, 3) to `out`."""
    best, at, share, along, start = math.inf, 0, 0.0, 0.0, 0.0
    for i in range(len(line) - 1):
        found = lateral_m(line[i], line[i + 1], point, point)
        length = distance(line[i], line[i + 1])
        if found < best:
            best, at, share = found, i, share_of(line[i], line[i + 1], point)
            along = start + min(1.0, max(0.0, share)) * length
        start += length
    out[LATERAL] = -best if side_at(line, at, share, point) < 0.0 else best
    out[ALONG] = along
    out[ENDED] = 0.0
    if at == 0 and share < 0.0:
        out[ENDED] = -1.0
    elif at == len(line) - 2 and share > 1.0:
        out[ENDED] = 1.0


@compiled
def beside_many(lines, spans, rows, points_e7deg):
    """(N, 3) LATERAL, ALONG, ENDED of N points, each beside a line of its own.

    lines: (K, 3) metres, all lines after each other. spans: (L, 2) int64, first row and number of rows of
    each line. rows: (N,) int64, the line of each point. points_e7deg: (N, 2) int32.
    """
    out = np.empty((len(rows), COLUMNS))
    place = np.empty((1, 3))
    for k in range(len(rows)):
        first, count = spans[rows[k], 0], spans[rows[k], 1]
        point_of(points_e7deg[k, 0], points_e7deg[k, 1], place)
        beside(lines[first : first + count], place[0], out[k])
    return out
