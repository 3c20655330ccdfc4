"""The arithmetic of `VolumeIndex`: compiled, without fastmath, one thread, one order.

A footprint is worked on as a chain of points on the WGS-84 ellipsoid in Earth-centred coordinates, its edges
(great circles on geodetic coordinates) cut into chords of at most CHORD_MAX_M. Earth-centred coordinates have
no antimeridian and no poles. The distance of two chains is that of the nearest two points of their chords,
without its vertical part, turned from chord into arc: for chords of 5 km the vertical part is under 0.5 m and
the arc right to millimetres up to some 100 km, where minima lie.

Rows of `meta` (int64) and of `place` (float64) are one volume each; the columns are named below.
"""

import math

import numba
import numpy as np

LOWER, UPPER, BAND_LOWER, BAND_UPPER, START, END, RADIUS, KIND, SPAN = range(9)
META_COLUMNS = 9  # altitudes mm, bands mm above the ellipsoid, times ms, radius mm, and two packed ones:
SHAPE_BITS, DATUM_BITS = 2, 2  # KIND is a path's bend_m rounded up, then the datum, then the shape
COUNT_BITS = 20  # SPAN is the first point, shifted by this, and how many there are
PLACE_COLUMNS = 4  # centre x, y, z and the radius in metres of a ball round all points
NEXT, VOLUME, START_S, END_S, LOW_M, HIGH_M, HASH = range(7)
ENTRY_COLUMNS = 7  # one volume in one cell: the next in its slot, what rejects it without a look at meta,
HASH_MASK = 0x7FFFFFFF  # and the cell's hash, of which a slot is the lower bits; VOLUME is -1 when free
QUERY_BITS = 32  # of what is found: the number of the query, shifted by this, and the volume
POLYGON, PATH, CIRCLE = 0, 1, 2

WGS84_A_M = 6_378_137.0  # NGA.STND.0036: semi-major axis
WGS84_ECCENTRICITY2_RATIO = 0.006_694_379_990_141_317  # NGA.STND.0036: f (2 - f) with f = 1/298.257223563
MEAN_RADIUS_M = 6_371_008.8  # IUGG: mean radius, for turning chords into arcs
CHORD_MAX_M = 5_000.0  # chosen: lies 0.5 m under the surface at most
CURVE_M = 1.0  # more than an edge rises over its chords
TOUCH_M = 0.01  # polygons that overlap by less only touch: the integers of their corners are 1 cm apart
CELL_LEVELS = 15
CELL_M = 500.0  # edge of the smallest cube; each level doubles it, the last holds the Earth
TIME_LEVELS = 22
MIDDLE_S = 2_051_222_400  # 2035: half way to 2100; seconds are kept from it, so that 32 bits hold them all
TIME_S = 900  # the shortest time bucket; each level doubles it, the last is 60 years
CELLS_MAX = 64  # chosen: cells one volume may lie in; beyond it a larger level is taken
ROOM_RATIO = 1.5  # chosen: fewer cells a volume, so less memory, for a few more looks a query
VISITS_MAX = 20_000  # chosen: cells a query looks into before it looks at every volume instead
STAMP_LAST = 2_000_000_000  # before it, all stamps start anew
E7 = 1e-7 * math.pi / 180.0

compiled = numba.njit(cache=True, nogil=True, fastmath=False)


@compiled
def shape_of(meta):
    """POLYGON, PATH or CIRCLE."""
    return meta[KIND] & ((1 << SHAPE_BITS) - 1)


@compiled
def datum_of(meta):
    """A number that is the same for two volumes of one datum."""
    return (meta[KIND] >> SHAPE_BITS) & ((1 << DATUM_BITS) - 1)


@compiled
def bend_of(meta):
    """At least how far a path strays from the straight line between its ends, metres."""
    return meta[KIND] >> (SHAPE_BITS + DATUM_BITS)


@compiled
def points_of(meta, points):
    """The rows of `points` that belong to a stored volume; none for a free row."""
    first, count = meta[SPAN] >> COUNT_BITS, meta[SPAN] & ((1 << COUNT_BITS) - 1)
    return points[first : first + count]


@compiled
def on_ellipsoid(nx, ny, nz, out, at):
    """Write the Earth-centred point whose surface normal is (nx, ny, nz) to row `at` of `out`, metres."""
    n = WGS84_A_M / math.sqrt(1.0 - WGS84_ECCENTRICITY2_RATIO * nz * nz)
    out[at, 0] = n * nx
    out[at, 1] = n * ny
    out[at, 2] = n * (1.0 - WGS84_ECCENTRICITY2_RATIO) * nz


@compiled
def normals(corners):
    """(N, 3) unit normals of (N, 2) latitudes and longitudes in 1e-7 degree."""
    found = np.empty((corners.shape[0], 3))
    for i in range(corners.shape[0]):
        latitude, longitude = corners[i, 0] * E7, corners[i, 1] * E7
        found[i, 0] = math.cos(latitude) * math.cos(longitude)
        found[i, 1] = math.cos(latitude) * math.sin(longitude)
        found[i, 2] = math.sin(latitude)
    return found


@compiled
def angle(a, b):
    """The angle between two unit vectors, radians; good for small ones too."""
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return 2.0 * math.asin(min(1.0, 0.5 * math.sqrt(x * x + y * y + z * z)))


@compiled
def chain(corners, shape):
    """The chain of points, (N, 3) metres, of a footprint with (M, 2) corners in 1e-7 degree."""
    unit = normals(corners)
    edges = len(unit) if shape == POLYGON else len(unit) - 1
    total = 0 if shape == POLYGON else 1
    for i in range(edges):
        turn = angle(unit[i], unit[(i + 1) % len(unit)])
        total += max(1, math.ceil(turn * WGS84_A_M / CHORD_MAX_M))
    points = np.empty((total, 3))
    at = 0
    for i in range(edges):
        a, b = unit[i], unit[(i + 1) % len(unit)]
        turn = angle(a, b)
        pieces = max(1, math.ceil(turn * WGS84_A_M / CHORD_MAX_M))
        for k in range(pieces):
            if k == 0:
                on_ellipsoid(a[0], a[1], a[2], points, at)
            else:
                p, q = math.sin(turn * (pieces - k) / pieces), math.sin(turn * k / pieces)
                x, y, z = p * a[0] + q * b[0], p * a[1] + q * b[1], p * a[2] + q * b[2]
                size = math.sqrt(x * x + y * y + z * z)
                on_ellipsoid(x / size, y / size, z / size, points, at)
            at += 1
    if shape != POLYGON:  # the last chord of a ring ends where the first begins
        last = unit[len(unit) - 1]
        on_ellipsoid(last[0], last[1], last[2], points, at)
    return points


@compiled
def chords_of(points, shape):
    """How many chords a chain has: as many as points for a ring, one for a single point."""
    return len(points) if shape == POLYGON else max(1, len(points) - 1)


@compiled
def laid(corners, shape):
    """Points (N, 3), one row of place and a path's bend_m for a footprint. corners: (M, 2) int32."""
    points = chain(corners, shape)
    place = np.zeros(PLACE_COLUMNS)
    for axis in range(3):
        low, high = points[0, axis], points[0, axis]
        for i in range(len(points)):
            low, high = min(low, points[i, axis]), max(high, points[i, axis])
        place[axis] = 0.5 * (low + high)
    for i in range(len(points)):
        place[3] = max(place[3], distance(place, points[i]))
    if len(points) > 1:
        place[3] += CURVE_M
    return points, place, math.ceil(bend_m(points)) if shape == PATH else 0


@compiled
def distance(a, b):
    """The straight distance of two points, metres."""
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return math.sqrt(x * x + y * y + z * z)


@compiled
def between(a0, a1, b0, b1):
    """The chord a0 a1, the way to its nearest point from that of b0 b1, and where on it that lies (0..1).

    The nearest points are the minimum of |w + s u - t v| over the unit square, by setting both derivatives to
    zero and holding s and t to 0..1.
    """
    ux, uy, uz = a1[0] - a0[0], a1[1] - a0[1], a1[2] - a0[2]
    vx, vy, vz = b1[0] - b0[0], b1[1] - b0[1], b1[2] - b0[2]
    wx, wy, wz = a0[0] - b0[0], a0[1] - b0[1], a0[2] - b0[2]
    a, e = ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz
    f = vx * wx + vy * wy + vz * wz
    s = t = 0.0
    if a > 0.0:
        c = ux * wx + uy * wy + uz * wz
        if e > 0.0:
            b = ux * vx + uy * vy + uz * vz
            denominator = a * e - b * b
            if denominator > 1e-12 * a * e:
                s = min(1.0, max(0.0, (b * f - c * e) / denominator))
            t = (b * s + f) / e
            if t < 0.0:
                t, s = 0.0, min(1.0, max(0.0, -c / a))
            elif t > 1.0:
                t, s = 1.0, min(1.0, max(0.0, (b - c) / a))
        else:
            s = min(1.0, max(0.0, -c / a))
    elif e > 0.0:
        t = min(1.0, max(0.0, f / e))
    x, y, z = wx + s * ux - t * vx, wy + s * uy - t * vy, wz + s * uz - t * vz
    return ux, uy, uz, x, y, z, s


@compiled
def apart_m(a0, a1, b0, b1):
    """The straight distance of the chords a0 a1 and b0 b1, metres."""
    _, _, _, x, y, z, _ = between(a0, a1, b0, b1)
    return math.sqrt(x * x + y * y + z * z)


@compiled
def lateral_m(a0, a1, b0, b1):
    """The lateral distance, metres along the surface, at the nearest points of the chords a0 a1 and b0 b1.

    The part of the difference along the vertical is left out, and the chord d becomes an arc of the curvature
    k that the ellipsoid has in its direction: the series of 2 / k asin(k d / 2), d (1 + k^2 d^2 / 24 + 3 k^4
    d^4 / 640).
    """
    ux, uy, uz, x, y, z, s = between(a0, a1, b0, b1)
    # The vertical half way between them: at either end it would lean against the chord.
    nx, ny = a0[0] + s * ux - 0.5 * x, a0[1] + s * uy - 0.5 * y
    nz = (a0[2] + s * uz - 0.5 * z) / (1.0 - WGS84_ECCENTRICITY2_RATIO)
    up = (x * nx + y * ny + z * nz) / math.sqrt(nx * nx + ny * ny + nz * nz)
    d2 = max(0.0, x * x + y * y + z * z - up * up)
    # The curvature of the ellipsoid Q = diag(1/a^2, 1/a^2, 1/b^2) at p along t is (t Q t) / |Q p|. (nx, ny,
    # nz) is Q p times a^2 and t the chord of length d, so that bend is the curvature times d^2. p lies half
    # way along the chord; `inside` brings it to the surface above.
    bend = x * x + y * y + z * z / (1.0 - WGS84_ECCENTRICITY2_RATIO)
    bend /= math.sqrt(nx * nx + ny * ny + nz * nz)
    inside = (nx * nx + ny * ny + nz * nz * (1.0 - WGS84_ECCENTRICITY2_RATIO)) / WGS84_A_M**2
    if d2 == 0.0:
        return 0.0
    turn2 = bend * bend * inside / d2
    return math.sqrt(d2) * (1.0 + turn2 / 24.0 + 3.0 * turn2 * turn2 / 640.0)


@compiled
def crossed(a, b, out):
    """Write the cross product of two vectors to `out`."""
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


@compiled
def plane_of(place):
    """Three axes, as rows: the outward normal of the centre and two across it, of a gnomonic plane."""
    axes = np.empty((3, 3))
    x, y, z = place[0], place[1], place[2] / (1.0 - WGS84_ECCENTRICITY2_RATIO)
    size = math.sqrt(x * x + y * y + z * z)
    axes[0, 0], axes[0, 1], axes[0, 2] = x / size, y / size, z / size
    across = np.zeros(3)
    across[0 if abs(axes[0, 0]) < 0.6 else 1] = 1.0
    crossed(across, axes[0], axes[1])
    size = math.sqrt(axes[1, 0] ** 2 + axes[1, 1] ** 2 + axes[1, 2] ** 2)
    axes[1, :] /= size
    crossed(axes[0], axes[1], axes[2])
    return axes


@compiled
def flattened(points, axes):
    """(N + 1, 2) gnomonic coordinates of a ring, metres at the centre; great circles are straight there.

    The first stands again at the end. Points 90 degrees or more from the centre are put far out.
    """
    flat = np.empty((len(points) + 1, 2))
    for i in range(len(points)):
        x, y, z = points[i, 0], points[i, 1], points[i, 2] / (1.0 - WGS84_ECCENTRICITY2_RATIO)
        size = math.sqrt(x * x + y * y + z * z)
        up = (x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2]) / size
        east = (x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2]) / size
        north = (x * axes[2, 0] + y * axes[2, 1] + z * axes[2, 2]) / size
        scale = WGS84_A_M / max(up, 1e-3)
        flat[i, 0], flat[i, 1] = east * scale, north * scale
    flat[len(points), 0], flat[len(points), 1] = flat[0, 0], flat[0, 1]
    return flat


@compiled
def inside(flat, x, y):
    """Whether (x, y) lies in the closed ring `flat`, by counting crossings."""
    odd = False
    for i in range(len(flat) - 1):
        x0, y0, x1, y1 = flat[i, 0], flat[i, 1], flat[i + 1, 0], flat[i + 1, 1]
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            odd = not odd
    return odd


@compiled
def depth(flat, x, y):
    """How far (x, y) lies from the nearest edge of the ring `flat`, metres in the plane."""
    nearest = math.inf
    for i in range(len(flat) - 1):
        x0, y0 = flat[i, 0], flat[i, 1]
        ux, uy = flat[i + 1, 0] - x0, flat[i + 1, 1] - y0
        size = ux * ux + uy * uy
        t = 0.0 if size == 0.0 else min(1.0, max(0.0, ((x - x0) * ux + (y - y0) * uy) / size))
        nearest = min(nearest, math.hypot(x - x0 - t * ux, y - y0 - t * uy))
    return nearest


@compiled
def is_deep(flat, x, y):
    """Whether (x, y) lies inside the ring, further than TOUCH_M from its edge."""
    return inside(flat, x, y) and depth(flat, x, y) > TOUCH_M


@compiled
def enters(ring, other):
    """Whether an edge of `ring` runs inside `other`: its pieces between meetings are tried half way."""
    cuts = np.empty(2 * len(other) + 2)
    for i in range(len(ring) - 1):
        x0, y0 = ring[i, 0], ring[i, 1]
        ux, uy = ring[i + 1, 0] - x0, ring[i + 1, 1] - y0
        size = math.hypot(ux, uy)
        if size == 0.0:
            continue
        cuts[0], cuts[1], count = 0.0, 1.0, 2
        for j in range(len(other) - 1):
            px, py = other[j, 0] - x0, other[j, 1] - y0
            qx, qy = other[j + 1, 0] - x0, other[j + 1, 1] - y0
            dp, dq = (ux * py - uy * px) / size, (ux * qy - uy * qx) / size
            if abs(dp) <= TOUCH_M:
                cuts[count] = (px * ux + py * uy) / (size * size)
                count += 1
            if (dp > 0.0) != (dq > 0.0):
                t = dp / (dp - dq)
                cuts[count] = ((px + t * (qx - px)) * ux + (py + t * (qy - py)) * uy) / (size * size)
                count += 1
        found = np.sort(cuts[:count])
        for k in range(count - 1):
            low, high = max(0.0, found[k]), min(1.0, found[k + 1])
            if high > low and is_deep(other, x0 + 0.5 * (low + high) * ux, y0 + 0.5 * (low + high) * uy):
                return True
    return False


@compiled
def middle(ring):
    """A point well inside the ring: the middle of the longest stretch inside on some lines across it."""
    low, high = ring[0, 1], ring[0, 1]
    for i in range(len(ring)):
        low, high = min(low, ring[i, 1]), max(high, ring[i, 1])
    best_x, best_y, best = ring[0, 0], ring[0, 1], -1.0
    crossings = np.empty(len(ring))
    for part in range(1, 8):
        y = low + (high - low) * (part / 8.0 + 0.003)
        count = 0
        for i in range(len(ring) - 1):
            x0, y0, x1, y1 = ring[i, 0], ring[i, 1], ring[i + 1, 0], ring[i + 1, 1]
            if (y0 > y) != (y1 > y):
                crossings[count] = (x1 - x0) * (y - y0) / (y1 - y0) + x0
                count += 1
        found = np.sort(crossings[:count])
        for k in range(0, count - 1, 2):
            x = 0.5 * (found[k] + found[k + 1])
            room = depth(ring, x, y)
            if room > best:
                best_x, best_y, best = x, y, room
    return best_x, best_y


@compiled
def interiors_meet(points_a, place_a, points_b):
    """Whether two polygons overlap by more than TOUCH_M; neighbours that share an edge do not."""
    axes = plane_of(place_a)
    a, b = flattened(points_a, axes), flattened(points_b, axes)
    return enters(a, b) or enters(b, a) or is_deep(b, *middle(a)) or is_deep(a, *middle(b))


@compiled
def contains(points, place, point):
    """Whether the polygon with these points holds the Earth-centred `point` (one row, metres)."""
    axes = plane_of(place)
    x, y, z = point[0], point[1], point[2] / (1.0 - WGS84_ECCENTRICITY2_RATIO)
    if x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2] <= 0.0:
        return False
    one = np.empty((1, 3))
    one[0, :] = point
    flat = flattened(one, axes)
    return inside(flattened(points, axes), flat[0, 0], flat[0, 1])


@compiled
def chord_near(a0, a1, away, points, chords, reach):
    """Whether a chord is nearer than `reach` to one of `chords`; from `away` on no point of it can be.

    What is farther than that by some length is so along the next chords of that length too.
    """
    j = 0
    while j < chords:
        b0, b1 = points[j], points[(j + 1) % len(points)]
        spare = distance(a0, b0) - distance(b0, b1) - away
        if spare < 0.0:
            if lateral_m(a0, a1, b0, b1) < reach:
                return True
            j += 1
            continue
        while spare >= 0.0 and j < chords:
            j += 1
            if j < chords:
                spare -= distance(points[j], points[(j + 1) % len(points)])
    return False


@compiled
def bend_m(points):
    """How far a chain strays from the straight line between its ends, metres."""
    first, last = points[0], points[len(points) - 1]
    farthest = 0.0
    for i in range(1, len(points) - 1):
        farthest = max(farthest, apart_m(first, last, points[i], points[i]))
    return farthest


@compiled
def are_lines_apart(points_a, meta_a, points_b, meta_b, reach):
    """Whether two paths are surely not nearer than `reach`, by the lines between their ends alone.

    A leg lies within hundreds of metres of that line: most pairs need no look at their chords.
    """
    line_m = apart_m(points_a[0], points_a[len(points_a) - 1], points_b[0], points_b[len(points_b) - 1])
    return line_m - bend_of(meta_a) - bend_of(meta_b) - CURVE_M > reach


@compiled
def lateral_conflict(points_a, meta_a, place_a, points_b, meta_b, place_b, lateral_mm):
    """Whether two footprints are nearer than `lateral_mm`; with 0, whether their interiors overlap."""
    reach = (lateral_mm + meta_a[RADIUS] + meta_b[RADIUS]) * 1e-3
    if distance(place_a, place_b) - place_a[3] - place_b[3] >= reach:
        return False
    if reach == 0.0:
        return interiors_meet(points_a, place_a, points_b)
    are_paths = shape_of(meta_a) == PATH == shape_of(meta_b)
    if are_paths and are_lines_apart(points_a, meta_a, points_b, meta_b, reach):
        return False
    chords_a, chords_b = chords_of(points_a, shape_of(meta_a)), chords_of(points_b, shape_of(meta_b))
    for i in range(chords_a):
        a0, a1 = points_a[i], points_a[(i + 1) % len(points_a)]
        away = distance(a0, a1) + reach
        if distance(a0, place_b) - place_b[3] >= away:
            continue
        if chord_near(a0, a1, away + CURVE_M, points_b, chords_b, reach):
            return True
    if shape_of(meta_a) == POLYGON and contains(points_a, place_a, points_b[0]):
        return True
    return shape_of(meta_b) == POLYGON and contains(points_b, place_b, points_a[0])


@compiled
def gap_conflict(low_a, high_a, low_b, high_b, minimum):
    """Whether two intervals are nearer than `minimum`, in whole numbers.

    A minimum of 0 takes them half-open, so that neighbours fit; a single value meets what holds it.
    """
    if minimum > 0:
        return max(low_a, low_b) - min(high_a, high_b) < minimum
    if low_a == high_a:
        return low_a == low_b if low_b == high_b else low_b <= low_a < high_b
    if low_b == high_b:
        return low_a <= low_b < high_a
    return low_a < high_b and low_b < high_a


@compiled
def meta_conflict(a, b, vertical_mm, time_ms):
    """Whether two rows of meta conflict in time and altitude."""
    if not gap_conflict(a[START], a[END], b[START], b[END], time_ms):
        return False
    if datum_of(a) == datum_of(b):
        return gap_conflict(a[LOWER], a[UPPER], b[LOWER], b[UPPER], vertical_mm)
    # Two datums meet by their bands above the ellipsoid, which hold the true altitude; touching is meeting.
    return max(a[BAND_LOWER], b[BAND_LOWER]) - min(a[BAND_UPPER], b[BAND_UPPER]) < max(vertical_mm, 1)


@compiled
def mixed(level, time_level, x, y, z, bucket):
    """A 64-bit hash of a cell; two cells that share one only cost time."""
    h = np.uint64(level * 64 + time_level)
    for value in (x, y, z, bucket):
        h = (h ^ np.uint64(value & 0xFFFFFFFF)) * np.uint64(0x9E3779B97F4A7C15)
        h ^= h >> np.uint64(29)
    return h


@compiled
def boxes_of(points, shape, reach_m):
    """(N, 6) boxes round the parts of a chain, widened by `reach_m`: one a chord of a path, else one."""
    if shape == PATH and len(points) > 2:
        found = np.empty((len(points) - 1, 6))
        for i in range(len(points) - 1):
            for axis in range(3):
                found[i, axis] = min(points[i, axis], points[i + 1, axis]) - reach_m
                found[i, axis + 3] = max(points[i, axis], points[i + 1, axis]) + reach_m
        return found
    found = np.empty((1, 6))
    for axis in range(3):
        low, high = points[0, axis], points[0, axis]
        for i in range(1, len(points)):
            low, high = min(low, points[i, axis]), max(high, points[i, axis])
        found[0, axis], found[0, axis + 3] = low - reach_m, high + reach_m
    return found


@compiled
def bulge_m(place, shape):
    """How far a filled footprint may rise over the box of its edge: the height of the cap that it spans."""
    if shape != POLYGON:
        return CURVE_M
    return place[3] * place[3] / (2.0 * MEAN_RADIUS_M) * 1.1 + CURVE_M


@compiled
def level_for(boxes):
    """The level whose cubes are ROOM_RATIO times as wide as the widest box, at least; the last at most."""
    widest = 0.0
    for i in range(len(boxes)):
        for axis in range(3):
            widest = max(widest, boxes[i, axis + 3] - boxes[i, axis])
    level, edge = 0, CELL_M
    while edge < ROOM_RATIO * widest and level < CELL_LEVELS - 1:
        level, edge = level + 1, edge * 2.0
    return level


@compiled
def time_level_for(start_ms, end_ms):
    """The level whose buckets are at least as long as the time."""
    level, span = 0, TIME_S * 1_000
    while span < end_ms - start_ms and level < TIME_LEVELS - 1:
        level, span = level + 1, span * 2
    return level


@compiled
def cells_of(points, meta, place):
    """The hashes of the cells a volume lies in, without repeats, and its two levels."""
    reach_m = meta[RADIUS] * 1e-3 + bulge_m(place, shape_of(meta))
    boxes = boxes_of(points, shape_of(meta), reach_m)
    time_level = time_level_for(meta[START], meta[END])
    span = (TIME_S * 1_000) << time_level
    first, last = meta[START] // span, (meta[END] - 1) // span
    level = level_for(boxes)
    hashes = np.empty(CELLS_MAX, np.int64)
    while True:
        edge = CELL_M * 2.0**level
        count = collected(boxes, edge, level, time_level, first, last, hashes)
        if count >= 0:
            return hashes[:count], level, time_level
        level += 1


@compiled
def collected(boxes, edge, level, time_level, first, last, hashes):
    """Fill `hashes` with those of the cells that `boxes` touch; how many, or -1 without room."""
    count = 0
    for i in range(len(boxes)):
        for x in range(math.floor(boxes[i, 0] / edge), math.floor(boxes[i, 3] / edge) + 1):
            for y in range(math.floor(boxes[i, 1] / edge), math.floor(boxes[i, 4] / edge) + 1):
                for z in range(math.floor(boxes[i, 2] / edge), math.floor(boxes[i, 5] / edge) + 1):
                    for bucket in range(first, last + 1):
                        cell = np.int64(mixed(level, time_level, x, y, z, bucket) & np.uint64(HASH_MASK))
                        known = False
                        for k in range(count):
                            known = known or hashes[k] == cell
                        if known:
                            continue
                        if count == len(hashes):
                            return -1
                        hashes[count] = cell
                        count += 1
    return count


@compiled
def linked(volume, points, meta, place, heads, entries, state, counts):
    """Put a volume into its cells; whether there was room. state: first free entry or -1, entries used."""
    hashes, level, time_level = cells_of(points, meta, place)
    if state[1] + len(hashes) > len(entries):
        return False
    for k in range(len(hashes)):
        slot = hashes[k] & (len(heads) - 1)
        at = state[0]
        if at >= 0:
            state[0] = entries[at, NEXT]
        else:
            at = state[1]
            state[1] += 1
        entries[at, NEXT] = heads[slot]
        entries[at, HASH] = hashes[k]
        entries[at, VOLUME] = volume
        entries[at, START_S] = meta[START] // 1_000 - MIDDLE_S
        entries[at, END_S] = -(-meta[END] // 1_000) - MIDDLE_S
        entries[at, LOW_M] = meta[BAND_LOWER] // 1_000
        entries[at, HIGH_M] = -(-meta[BAND_UPPER] // 1_000)
        heads[slot] = at
    counts[level, time_level] += 1
    return True


@compiled
def unlinked(volume, points, meta, place, heads, entries, state, counts):
    """Take a volume out of its cells again."""
    hashes, level, time_level = cells_of(points, meta, place)
    for k in range(len(hashes)):
        slot = hashes[k] & (len(heads) - 1)
        before, at = -1, heads[slot]
        while at >= 0 and entries[at, VOLUME] != volume:
            before, at = at, entries[at, NEXT]
        if at < 0:
            continue
        if before < 0:
            heads[slot] = entries[at, NEXT]
        else:
            entries[before, NEXT] = entries[at, NEXT]
        entries[at, VOLUME] = -1
        entries[at, NEXT] = state[0]
        state[0] = at
    counts[level, time_level] -= 1


@compiled
def stored(rows, own_points, own_meta, own_place, used, points, meta, place):
    """Copy volumes to the `rows`, their points behind the first `used`; how many points are used then."""
    for k in range(len(rows)):
        found = points_of(own_meta[k], own_points)
        for at in range(len(found)):  # a slice would take five seconds to compile
            points[used + at] = found[at]
        meta[rows[k]], place[rows[k]] = own_meta[k], own_place[k]
        meta[rows[k], SPAN] = used << COUNT_BITS | len(found)
        used += len(found)
    return used


@compiled
def linked_many(first, rows, points, meta, place, heads, entries, state, counts):
    """Put the volumes in `rows`, from number `first`, into their cells.

    The number of the first for which there is no room, or of rows.
    """
    for k in range(first, len(rows)):
        row = meta[rows[k]]
        if not linked(rows[k], points_of(row, points), row, place[rows[k]], heads, entries, state, counts):
            return k
    return len(rows)


@compiled
def slotted(heads, entries, used):
    """Put each of the first `used` entries into its slot of `heads`, which are empty."""
    for at in range(used):
        if entries[at, VOLUME] >= 0:
            slot = entries[at, HASH] & (len(heads) - 1)
            entries[at, NEXT] = heads[slot]
            heads[slot] = at


@compiled
def looked_at(volume, q_points, q_meta, q_place, minima, points, meta, place):
    """Whether the stored volume conflicts with the query. minima: lateral mm, vertical mm, time ms."""
    row = meta[volume]
    if not meta_conflict(q_meta, row, minima[1], minima[2]):
        return False
    found = points_of(row, points)
    return lateral_conflict(q_points, q_meta, q_place, found, row, place[volume], minima[0])


@compiled
def cells_in(box, edge):
    """How many cells of that edge a box touches."""
    count = 1
    for axis in range(3):
        count *= math.floor(box[axis + 3] / edge) - math.floor(box[axis] / edge) + 1
    return count


@compiled
def merged(boxes, edge):
    """Boxes that hold those given, neighbours joined where that leaves no more cells to look into.

    A line is made of short chords; about each of them the same cells would be looked into again.
    """
    out = boxes.copy()
    last = 0
    cells = cells_in(out[0], edge)
    both = np.empty(6)
    for i in range(1, len(boxes)):
        for axis in range(3):
            both[axis] = min(out[last, axis], boxes[i, axis])
            both[axis + 3] = max(out[last, axis + 3], boxes[i, axis + 3])
        alone, joined = cells_in(boxes[i], edge), cells_in(both, edge)
        if joined <= cells + alone:
            out[last] = both
            cells = joined
        else:
            last += 1
            out[last] = boxes[i]
            cells = alone
    return out[: last + 1]


@compiled
def queried_many(q_points, q_meta, q_place, minima, points, meta, place, heads, entries, counts, stamps, out):
    """Write which volumes conflict with which query to `out`; how many, or -1 when `out` is too short.

    Queries are rows of q_meta and q_place. Written is the number of the query, shifted by QUERY_BITS, and the
    volume. stamps: int32 a volume, the last element the stamp of the query before this one.
    """
    found = 0
    for k in range(len(q_meta)):
        own = points_of(q_meta[k], q_points)
        held = (points, meta, place, heads, entries, counts, stamps)
        upto = queried(own, q_meta[k], q_place[k], minima, *held, out, found)
        if upto < 0:
            return -1
        for at in range(found, upto):
            out[at] |= k << QUERY_BITS
        found = upto
    return found


@compiled
def queried(
    q_points, q_meta, q_place, minima, points, meta, place, heads, entries, counts, stamps, out, found
):
    """Write the volumes that conflict with a query to `out`, behind `found`; how many then, -1: no room."""
    asked = (q_points, q_meta, q_place, minima)
    stamp = stamps[len(stamps) - 1] + 1
    if stamp == STAMP_LAST:
        stamps[:] = 0
        stamp = 1
    stamps[len(stamps) - 1] = stamp
    start_ms, end_ms = q_meta[START] - minima[2], q_meta[END] + minima[2]
    start_s, end_s = start_ms // 1_000 - 1 - MIDDLE_S, -(-end_ms // 1_000) + 1 - MIDDLE_S
    low_m = (q_meta[BAND_LOWER] - minima[1]) // 1_000 - 1
    high_m = -(-(q_meta[BAND_UPPER] + minima[1]) // 1_000) + 1
    reach_m = (minima[0] + q_meta[RADIUS]) * 1e-3 + bulge_m(q_place, shape_of(q_meta)) + 1.0
    chords = boxes_of(q_points, shape_of(q_meta), reach_m)
    mask = np.uint64(len(heads) - 1)
    first_found = found
    visits = 0
    for level in range(CELL_LEVELS):
        if counts[level].sum() == 0:
            continue
        edge = CELL_M * 2.0**level
        boxes = merged(chords, edge)
        for time_level in range(TIME_LEVELS):
            if counts[level, time_level] == 0:
                continue
            span = (TIME_S * 1_000) << time_level
            first, last = start_ms // span, end_ms // span
            for i in range(len(boxes)):
                x0, x1 = math.floor(boxes[i, 0] / edge), math.floor(boxes[i, 3] / edge)
                y0, y1 = math.floor(boxes[i, 1] / edge), math.floor(boxes[i, 4] / edge)
                z0, z1 = math.floor(boxes[i, 2] / edge), math.floor(boxes[i, 5] / edge)
                visits += (x1 - x0 + 1) * (y1 - y0 + 1) * (z1 - z0 + 1) * (last - first + 1)
                if visits > VISITS_MAX:
                    return scanned(q_points, q_meta, q_place, minima, points, meta, place, out, first_found)
                for x in range(x0, x1 + 1):
                    for y in range(y0, y1 + 1):
                        for z in range(z0, z1 + 1):
                            for bucket in range(first, last + 1):
                                at = heads[np.int64(mixed(level, time_level, x, y, z, bucket) & mask)]
                                while at >= 0:
                                    here, at = at, entries[at, NEXT]
                                    volume = entries[here, VOLUME]
                                    if (
                                        entries[here, START_S] > end_s
                                        or entries[here, END_S] < start_s
                                        or entries[here, LOW_M] > high_m
                                        or entries[here, HIGH_M] < low_m
                                        or stamps[volume] == stamp
                                    ):
                                        continue
                                    stamps[volume] = stamp
                                    if looked_at(volume, *asked, points, meta, place):
                                        if found == len(out):
                                            return -1
                                        out[found] = volume
                                        found += 1
    return found


@compiled
def scanned(q_points, q_meta, q_place, minima, points, meta, place, out, found):
    """As `queried`, by a look at every volume: for a query so large that its cells are more than they."""
    for volume in range(len(meta)):
        if meta[volume, SPAN] == 0:
            continue
        if looked_at(volume, q_points, q_meta, q_place, minima, points, meta, place):
            if found == len(out):
                return -1
            out[found] = volume
            found += 1
    return found


@compiled
def moved_together(meta, points, kept):
    """Copy the points of live volumes to `kept`, in the order of their rows; how many there are."""
    at = 0
    for volume in range(len(meta)):
        if meta[volume, SPAN] != 0:
            own = points_of(meta[volume], points)
            kept[at : at + len(own)] = own
            meta[volume, SPAN] = at << COUNT_BITS | len(own)
            at += len(own)
    return at
