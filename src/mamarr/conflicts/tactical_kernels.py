"""The arithmetic of `detect_tactical`: compiled, without fastmath, one order whoever shares the work.

An aircraft is a point on the WGS-84 ellipsoid in Earth-centred coordinates, its vertical and the direction
it flies in, and keeps to the circle in those two whose radius is that of the ellipsoid in its direction
(Euler's formula). Over 210 km, which is 300 s at 700 m/s, that circle leaves the geodesic by less than a
metre. Nothing here knows of meridians, so the antimeridian and the poles are places like any other.

A pair is judged in the plane that touches the ellipsoid half way between the two at their closest approach:
`relative_motion` moves both there, so that their tracks are turned by what the meridians converge, and leaves
out the vertical part. decisions/0036-tactical.md has the reasons and the error.

Which pairs are judged: each aircraft lies in a cube, where it is at half the look-ahead. A cube is as wide
as two aircraft in it may be apart there and yet meet, so that what an aircraft meets lies in its cube or
beside it. Where many are slow, they lie in cubes of lower levels, and look into those of all higher ones.
What lies near passes a test in single precision (`screened`) that lets through too much, never too little.
"""

import math

import numba
import numpy as np

from mamarr.conflicts.kernels import MEAN_RADIUS_M, WGS84_A_M, WGS84_ECCENTRICITY2_RATIO

PLACE, UP, AHEAD = 0, 3, 6  # each three columns: metres, and two unit vectors, Earth-centred
BEND, SPEED, ALTITUDE, RATE, HORIZONTAL, VERTICAL = range(9, 15)
STATE_COLUMNS = 15  # then 1/m, m/s, whole mm, mm/s, m, whole mm
MID, MID_SPEED = 0, 3  # each three columns: where and how fast at half the look-ahead
MID_ALTITUDE, MID_RATE, MID_VERTICAL, MID_HORIZONTAL, MID_SLACK = range(6, 11)  # m, m/s; a test's widening
MID_COLUMNS = 11
TIME_IN, TIME_OUT, TIME_CPA, DISTANCE_CPA = range(4)
TIMES_COLUMNS = 4

TOLERANCE_M = 1e-3  # chosen: nearer than the minimum by less is not nearer; the arithmetic is right to 10 um
CLOSING_SPEED_MIN_MPS = 1e-6  # slower flights keep their distance: 0.6 mm in ten minutes
SLACK_M = 2.0  # more than single precision rounds a place 6,400 km from the centre of the Earth
SLACK_RATIO = 1e-3  # of a way or a minimum: its square, 1e-6, is more than `screened` rounds of the squares
ALTITUDE_SLACK_M = 0.02  # more than it rounds an altitude of 100 km
LEVELS_MAX = 4  # chosen: cubes of the last are 512 times narrower than of the first
LEVEL_RATIO = 0.125  # chosen: each level's cubes beside those of the level above; few levels are few looks
AXIS_BITS = 20  # of a key: three coordinates of a cube, after its level
AXIS_MIDDLE = 1 << (AXIS_BITS - 1)
EDGE_MIN_M = 16.0  # chosen: half the coordinates that AXIS_BITS hold then reach beyond the Earth
LOOK_COUNT = 40.0  # measured: tests that cost as much as to look for one cube
NEIGHBOURS = 13  # of the 26 cubes round one, those after it: each pair of cubes is looked at once
FIRST_PAIRS = 64

compiled = numba.njit(cache=True, nogil=True, fastmath=False)


@compiled
def on_surface(latitude_deg, longitude_deg, row):
    """Write place and vertical of a point to a row of state; the radii of curvature across and along."""
    latitude, longitude = math.radians(latitude_deg), math.radians(longitude_deg)
    sin_lat, cos_lat = math.sin(latitude), math.cos(latitude)
    row[UP], row[UP + 1], row[UP + 2] = cos_lat * math.cos(longitude), cos_lat * math.sin(longitude), sin_lat
    part = 1.0 - WGS84_ECCENTRICITY2_RATIO * sin_lat * sin_lat
    across_m = WGS84_A_M / math.sqrt(part)
    row[PLACE], row[PLACE + 1] = across_m * row[UP], across_m * row[UP + 1]
    row[PLACE + 2] = across_m * (1.0 - WGS84_ECCENTRICITY2_RATIO) * sin_lat
    return across_m, across_m * (1.0 - WGS84_ECCENTRICITY2_RATIO) / part


@compiled
def prepared(given, state, first, last):
    """Write the rows `first` to `last` of `state`, (N, STATE_COLUMNS).

    given: (8, N) float64: latitude deg, longitude deg, altitude m, ground speed m/s, track deg, vertical rate
    m/s, horizontal minimum m, vertical minimum m.
    """
    for i in range(first, last):
        row, track = state[i], math.radians(given[4, i])
        across_m, along_m = on_surface(given[0, i], given[1, i], row)
        longitude = math.radians(given[1, i])
        sin_lat, sin_lon, cos_lon = row[UP + 2], math.sin(longitude), math.cos(longitude)
        north, east = math.cos(track), math.sin(track)
        row[AHEAD] = -north * sin_lat * cos_lon - east * sin_lon
        row[AHEAD + 1] = -north * sin_lat * sin_lon + east * cos_lon
        row[AHEAD + 2] = north * math.cos(math.radians(given[0, i]))
        row[BEND] = north * north / along_m + east * east / across_m  # Euler's formula
        row[SPEED] = given[3, i]
        row[ALTITUDE] = np.rint(given[2, i] * 1e3)
        row[RATE] = given[5, i] * 1e3
        row[HORIZONTAL] = given[6, i]
        row[VERTICAL] = np.rint(given[7, i] * 1e3)


@compiled
def moved(row, time_s):
    """Where an aircraft is after `time_s`, its vertical and its direction: metres, and two unit vectors."""
    turn = row[BEND] * row[SPEED] * time_s
    sin_half, cos_half = math.sin(0.5 * turn), math.cos(0.5 * turn)
    sin_turn, cos_turn = 2.0 * sin_half * cos_half, 1.0 - 2.0 * sin_half * sin_half
    along, drop = sin_turn / row[BEND], 2.0 * sin_half * sin_half / row[BEND]
    return (
        row[PLACE] + along * row[AHEAD] - drop * row[UP],
        row[PLACE + 1] + along * row[AHEAD + 1] - drop * row[UP + 1],
        row[PLACE + 2] + along * row[AHEAD + 2] - drop * row[UP + 2],
        cos_turn * row[UP] + sin_turn * row[AHEAD],
        cos_turn * row[UP + 1] + sin_turn * row[AHEAD + 1],
        cos_turn * row[UP + 2] + sin_turn * row[AHEAD + 2],
        cos_turn * row[AHEAD] - sin_turn * row[UP],
        cos_turn * row[AHEAD + 1] - sin_turn * row[UP + 1],
        cos_turn * row[AHEAD + 2] - sin_turn * row[UP + 2],
    )


@compiled
def approach_s(a, b, first_s, last_s):
    """About when two rows of state are nearest, between two moments: by lines through the Earth."""
    sv = vv = 0.0
    for axis in range(3):
        s = b[PLACE + axis] - a[PLACE + axis]
        v = b[SPEED] * b[AHEAD + axis] - a[SPEED] * a[AHEAD + axis]
        sv, vv = sv + s * v, vv + v * v
    if vv <= CLOSING_SPEED_MIN_MPS**2:
        return first_s
    return min(last_s, max(first_s, -sv / vv))


@compiled
def relative_motion(a, b, first_s, last_s):
    """How b lies from a in the plane of the pair: a time, then offset in metres and velocity in m/s there.

    The offset is along the surface: d (1 + d^2 / 24 r^2) of a chord d. Offset and velocity are vectors of
    three numbers, Earth-centred, without their part along the vertical of the plane.
    """
    time_s = approach_s(a, b, first_s, last_s)
    ax, ay, az, aux, auy, auz, adx, ady, adz = moved(a, time_s)
    bx, by, bz, bux, buy, buz, bdx, bdy, bdz = moved(b, time_s)
    ux, uy, uz = aux + bux, auy + buy, auz + buz
    uu = ux * ux + uy * uy + uz * uz
    sx, sy, sz = bx - ax, by - ay, bz - az
    va, vb = a[SPEED], b[SPEED]
    vx, vy, vz = vb * bdx - va * adx, vb * bdy - va * ady, vb * bdz - va * adz
    if uu < 1.0:  # a third of the Earth apart or more: no plane touches near both, and none is needed
        return time_s, sx, sy, sz, vx, vy, vz
    up = (sx * ux + sy * uy + sz * uz) / uu
    sx, sy, sz = sx - up * ux, sy - up * uy, sz - up * uz
    up = (vx * ux + vy * uy + vz * uz) / uu
    vx, vy, vz = vx - up * ux, vy - up * uy, vz - up * uz
    arc = 1.0 + (sx * sx + sy * sy + sz * sz) / (24.0 * MEAN_RADIUS_M**2)
    return time_s, sx * arc, sy * arc, sz * arc, vx, vy, vz


@compiled
def vertical_window(a, b):
    """From when until when two rows of state are nearer than the larger vertical minimum, seconds.

    Never: from infinity until minus infinity. In whole millimetres, so that levels 1000 ft apart are exactly
    as far apart as the minimum.
    """
    minimum = max(a[VERTICAL], b[VERTICAL])
    apart, rate = b[ALTITUDE] - a[ALTITUDE], b[RATE] - a[RATE]
    if rate == 0.0:
        return (-math.inf, math.inf) if abs(apart) < minimum else (math.inf, -math.inf)
    one, other = (-minimum - apart) / rate, (minimum - apart) / rate
    return min(one, other), max(one, other)


@compiled
def judged(a, b, lookahead_s, first_s, last_s, out):
    """Whether two rows of state lose their separation within the look-ahead; when and how near to `out`.

    first_s, last_s: between which moments both fly so. Where the last is not infinity the nearest is that of
    the time within which they are too near, else that of all times from now on.

    The distance is the cross product of offset and velocity by the speed, |s x v| / |v|, the time of it
    -(s.v) / (v.v), and the way in and out of the circle Pythagoras' theorem.
    """
    low_s, high_s = vertical_window(a, b)
    low_s, high_s = max(first_s, low_s), min(last_s, high_s)
    if low_s >= min(lookahead_s, high_s):
        return False
    time_s, sx, sy, sz, vx, vy, vz = relative_motion(a, b, first_s, min(lookahead_s, last_s))
    reach = max(a[HORIZONTAL], b[HORIZONTAL]) - TOLERANCE_M
    vv = vx * vx + vy * vy + vz * vz
    if vv <= CLOSING_SPEED_MIN_MPS**2:
        nearest_m = math.sqrt(sx * sx + sy * sy + sz * sz)
        if nearest_m >= reach:
            return False
        cpa_s = low_s if last_s < math.inf else first_s
    else:
        cx, cy, cz = sy * vz - sz * vy, sz * vx - sx * vz, sx * vy - sy * vx
        nearest2 = (cx * cx + cy * cy + cz * cz) / vv
        if reach <= 0.0 or nearest2 >= reach * reach:
            return False
        cpa_s = time_s - (sx * vx + sy * vy + sz * vz) / vv
        half_s = math.sqrt((reach * reach - nearest2) / vv)
        low_s, high_s = max(low_s, cpa_s - half_s), min(high_s, cpa_s + half_s)
        if low_s >= min(lookahead_s, high_s):
            return False
        held_s = min(high_s, max(low_s, cpa_s)) if last_s < math.inf else max(first_s, cpa_s)
        nearest_m, cpa_s = math.sqrt(nearest2 + (held_s - cpa_s) ** 2 * vv), held_s
    out[TIME_IN], out[TIME_OUT], out[TIME_CPA], out[DISTANCE_CPA] = low_s, high_s, cpa_s, nearest_m
    return True


@compiled
def halfway(state, lookahead_s, least_m, mid, reach_m, first, last):
    """Write the rows `first` to `last` of `mid`, (N, MID_COLUMNS) float32, and of `reach_m`.

    least_m: the smallest horizontal minimum of all; the larger of two is at most both together less that.
    reach_m: two that meet are apart by the sum of theirs at half the look-ahead, at most. A line through the
    Earth leaves the circle by a quarter of e^2 / r at the ends, where e is the way flown until then; twice
    that and more is allowed for.
    """
    half_s = 0.5 * lookahead_s
    for i in range(first, last):
        row, out = state[i], mid[i]
        x, y, z, _, _, _, u, v, w = moved(row, half_s)
        u, v, w = row[SPEED] * u, row[SPEED] * v, row[SPEED] * w
        way_m = half_s * row[SPEED]
        slack_m = SLACK_M + SLACK_RATIO * way_m + way_m * way_m / MEAN_RADIUS_M
        out[MID], out[MID + 1], out[MID + 2] = x, y, z
        out[MID_SPEED], out[MID_SPEED + 1], out[MID_SPEED + 2] = u, v, w
        out[MID_ALTITUDE] = 1e-3 * (row[ALTITUDE] + row[RATE] * half_s)
        out[MID_RATE] = 1e-3 * row[RATE]
        out[MID_VERTICAL] = 1e-3 * row[VERTICAL] + ALTITUDE_SLACK_M
        out[MID_HORIZONTAL] = (1.0 + SLACK_RATIO) * row[HORIZONTAL]
        out[MID_SLACK] = slack_m
        reach_m[i] = way_m + slack_m + (1.0 + SLACK_RATIO) * (row[HORIZONTAL] - 0.5 * least_m)


@compiled
def legs(given, begins, state):
    """Write a row of `state` for each leg, from a point to the next, at the moment of its first point.

    given: (6, P) float64: time s, latitude deg, longitude deg, altitude m, horizontal and vertical minimum
    m. begins: the first point of each leg. It flies at one speed along the circle that its vertical and the
    other point span; over 300 km that ends within metres of the point.
    """
    there = np.empty(STATE_COLUMNS)
    for k in range(len(begins)):
        at, row = begins[k], state[k]
        across_m, along_m = on_surface(given[1, at], given[2, at], row)
        on_surface(given[1, at + 1], given[2, at + 1], there)
        longitude = math.radians(given[2, at])
        chord2 = rise = 0.0
        for axis in range(3):
            row[AHEAD + axis] = there[PLACE + axis] - row[PLACE + axis]
            chord2 += row[AHEAD + axis] ** 2
            rise += row[AHEAD + axis] * row[UP + axis]
        size = math.sqrt(max(0.0, chord2 - rise * rise))
        for axis in range(3):
            row[AHEAD + axis] = (row[AHEAD + axis] - rise * row[UP + axis]) / size if size > 0.0 else 0.0
        if size == 0.0:  # it hovers: any direction will do, here east
            row[AHEAD], row[AHEAD + 1] = -math.sin(longitude), math.cos(longitude)
        east = row[AHEAD + 1] * math.cos(longitude) - row[AHEAD] * math.sin(longitude)
        row[BEND] = (1.0 - east * east) / along_m + east * east / across_m
        duration_s = given[0, at + 1] - given[0, at]
        turn = 2.0 * math.asin(min(1.0, 0.5 * row[BEND] * math.sqrt(chord2)))
        row[SPEED] = turn / row[BEND] / duration_s
        row[ALTITUDE] = np.rint(given[3, at] * 1e3)
        row[RATE] = (np.rint(given[3, at + 1] * 1e3) - row[ALTITUDE]) / duration_s
        row[HORIZONTAL], row[VERTICAL] = given[4, at], np.rint(given[5, at] * 1e3)


@compiled
def later(legs_state, which, ahead_s, state):
    """Write the rows `which` of the legs to `state`, each moved by its `ahead_s`."""
    for k in range(len(which)):
        leg, row = legs_state[which[k]], state[k]
        for column in range(STATE_COLUMNS):
            row[column] = leg[column]
        x, y, z, ux, uy, uz, dx, dy, dz = moved(leg, ahead_s[k])
        row[PLACE], row[PLACE + 1], row[PLACE + 2] = x, y, z
        row[UP], row[UP + 1], row[UP + 2] = ux, uy, uz
        row[AHEAD], row[AHEAD + 1], row[AHEAD + 2] = dx, dy, dz
        row[ALTITUDE] = leg[ALTITUDE] + leg[RATE] * ahead_s[k]


@compiled
def key_of(level, x, y, z):
    """One number for a cube: its level, then three coordinates of AXIS_BITS each."""
    key = np.int64(level)
    for at in (x, y, z):
        key = (key << AXIS_BITS) | np.int64(at + AXIS_MIDDLE)
    return key


@compiled
def coordinates_of(key):
    """The level and the three coordinates of a cube."""
    mask = (1 << AXIS_BITS) - 1
    x, y, z = (key >> (2 * AXIS_BITS)) & mask, (key >> AXIS_BITS) & mask, key & mask
    return key >> (3 * AXIS_BITS), x - AXIS_MIDDLE, y - AXIS_MIDDLE, z - AXIS_MIDDLE


@compiled
def slot_of(key, table):
    """Where `key` is in `table`, (2^n, 2) of keys and numbers of cubes, or would be."""
    mask = len(table) - 1
    slot = np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
    while table[slot, 0] != key and table[slot, 0] >= 0:
        slot = (slot + 1) & mask
    return slot


@compiled
def cubes(mid, reach_m, edge_m, widest_m, depth):
    """The cube of each aircraft, how many lie in each, the table of their keys, the levels and the cost.

    edge_m: of the cubes of the first level. widest_m: the largest of `reach_m`; who reaches LEVEL_RATIO as
    far lies a level lower, and so on, to at most `depth` levels. After the table: the edges of the cubes of
    each level, whether it has any, and what to look through them costs, in tests.
    """
    size = 16
    while size < 2 * len(mid):
        size *= 2
    table = np.full((size, 2), -1, np.int64)
    cube = np.empty(len(mid), np.int64)
    counts = np.zeros(len(mid), np.int64)
    edges_m = np.empty(LEVELS_MAX)
    for level in range(LEVELS_MAX):
        edges_m[level] = edge_m * LEVEL_RATIO**level
    has = np.zeros((LEVELS_MAX, 3))
    used = 0
    for i in range(len(mid)):
        level, reach = 0, widest_m * LEVEL_RATIO
        while level < depth - 1 and reach_m[i] <= reach and edges_m[level + 1] >= EDGE_MIN_M:
            level, reach = level + 1, reach * LEVEL_RATIO
        edge = edges_m[level]
        key = key_of(
            level, math.floor(mid[i, 0] / edge), math.floor(mid[i, 1] / edge), math.floor(mid[i, 2] / edge)
        )
        slot = slot_of(key, table)
        if table[slot, 0] < 0:
            table[slot, 0], table[slot, 1] = key, used
            used += 1
            has[level, 0] += 1.0
        cube[i] = table[slot, 1]
        has[level, 1] += 1.0
        has[level, 2] += 2.0 * counts[cube[i]] + 1.0
        counts[cube[i]] += 1
    return cube, counts[:used], table, edges_m, has, cost_of(has)


@compiled
def cost_of(has):
    """What cubes cost, in tests: to look beside each and into those of higher levels, and to test.

    has: of each level: cubes, aircraft, and the sum over the cubes of their aircraft squared. Of 27 cubes
    some 9 meet the surface of the Earth.
    """
    cost = 0.0
    for level in range(LEVELS_MAX):
        cost += LOOK_COUNT * NEIGHBOURS * has[level, 0] + 5.0 * has[level, 2]
        for higher in range(level):
            if has[higher, 0] > 0.0:
                cost += LOOK_COUNT * 27 * has[level, 0]
                cost += 9.0 * has[level, 1] * has[higher, 1] / has[higher, 0]
    return cost


@compiled
def keys_of(table, count):
    """The keys of the `count` cubes of a table, by their numbers."""
    keys = np.empty(count, np.int64)
    for slot in range(len(table)):
        if table[slot, 0] >= 0:
            keys[table[slot, 1]] = table[slot, 0]
    return keys


@compiled
def grouped(cube, counts, table, rank):
    """Aircraft cube after cube: which they are, and where each cube begins.

    rank: where each cube comes, so that cubes beside each other lie near in memory too; `table` then has
    ranks in place of numbers.
    """
    starts = np.zeros(len(counts) + 1, np.int64)
    for k in range(len(counts)):
        starts[rank[k] + 1] = counts[k]
    for k in range(len(counts)):
        starts[k + 1] += starts[k]
    for slot in range(len(table)):
        if table[slot, 0] >= 0:
            table[slot, 1] = rank[table[slot, 1]]
    free = starts.copy()
    order = np.empty(len(cube), np.int64)
    for i in range(len(cube)):
        at = free[rank[cube[i]]]
        free[rank[cube[i]]] += 1
        order[at] = i
    return order, starts


@compiled
def gathered(order, mid, sorted_mid, first, last):
    """Write the rows `first` to `last` of `mid` in the order of the cubes."""
    for at in range(first, last):
        for column in range(MID_COLUMNS):
            sorted_mid[at, column] = mid[order[at], column]


@compiled
def beside(key, edges_m, has, table, found):
    """Write the numbers of the cubes to look into from the cube `key` to `found`; how many."""
    count = 0
    level, x, y, z = coordinates_of(key)
    for near in range(NEIGHBOURS + 1, 2 * NEIGHBOURS + 1):  # of 27, those after the one in the middle
        slot = slot_of(key_of(level, x + near // 9 - 1, y + near // 3 % 3 - 1, z + near % 3 - 1), table)
        if table[slot, 0] >= 0:
            found[count] = table[slot, 1]
            count += 1
    edge = edges_m[level]
    for higher in range(level):
        if has[higher, 0] == 0.0:
            continue
        wide = edges_m[higher]
        reach = 0.5 * (edge + wide)  # no two of these levels reach farther together
        for a in range(
            math.floor((x * edge - reach) / wide), math.floor(((x + 1) * edge + reach) / wide) + 1
        ):
            for b in range(
                math.floor((y * edge - reach) / wide), math.floor(((y + 1) * edge + reach) / wide) + 1
            ):
                for c in range(
                    math.floor((z * edge - reach) / wide), math.floor(((z + 1) * edge + reach) / wide) + 1
                ):
                    slot = slot_of(key_of(higher, a, b, c), table)
                    if table[slot, 0] >= 0:
                        found[count] = table[slot, 1]
                        count += 1
    return count


@compiled
def laid_out(starts, sorted_mid, own, found, count, near, place):
    """Copy a cube and the `count` cubes `found` side by side: a row of `near` a column; how many aircraft.

    place: where in the order each of them is. None are copied when `near` has no room.
    """
    total = 0
    for part in range(-1, count):
        cube = own if part < 0 else found[part]
        if total + starts[cube + 1] - starts[cube] > near.shape[1]:
            return -1
        for k in range(starts[cube], starts[cube + 1]):
            for column in range(MID_COLUMNS):
                near[column, total] = sorted_mid[k, column]
            place[total] = k
            total += 1
    return total


# Whether error_model is numpy decides whether the loop is compiled for eight aircraft at once.
@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def screened(near, own, total, half_s, flags):
    """Set `flags` of the aircraft own + 1 to `total` of `near` that the one at `own` may meet.

    What is nearest of two lines within `half_s` of the middle of the look-ahead is at one of its ends, or on
    the way between them; nowhere is divided, so that eight are tested at once.
    """
    x, y, z, u, v, w = near[0, own], near[1, own], near[2, own], near[3, own], near[4, own], near[5, own]
    altitude, rate, vertical = near[6, own], near[7, own], near[8, own]
    horizontal, slack = near[9, own], near[10, own]
    first = own + 1
    xs, ys, zs = near[0, first:total], near[1, first:total], near[2, first:total]
    us, vs, ws = near[3, first:total], near[4, first:total], near[5, first:total]
    altitudes, rates, verticals = near[6, first:total], near[7, first:total], near[8, first:total]
    horizontals, slacks = near[9, first:total], near[10, first:total]
    half = np.float32(half_s)
    for k in range(total - first):
        dx, dy, dz = xs[k] - x, ys[k] - y, zs[k] - z
        du, dv, dw = us[k] - u, vs[k] - v, ws[k] - w
        vv = du * du + dv * dv + dw * dw
        turned = abs(dx * du + dy * dv + dz * dw)
        limit = max(horizontals[k], horizontal) + slacks[k] + slack
        outside = dx * dx + dy * dy + dz * dz - limit * limit
        at_end = outside - (turned + turned) * half + vv * half * half <= np.float32(0.0)
        between = (turned <= vv * half) & (turned * turned >= vv * outside)
        room = abs(rates[k] - rate) * half + max(verticals[k], vertical)
        flags[k] = (abs(altitudes[k] - altitude) < room) & (at_end | between)


@compiled
def searched(first, last, cells, mid, lookahead_s, levels):
    """All pairs that may meet of the cubes `first` to `last` with what comes after them: (M, 2) places.

    cells: where each cube begins, its key, and the table of these. mid: in the order of the cubes. levels:
    the edges of the cubes of each level, metres, and what `cubes` says it has.
    """
    starts, keys, table = cells
    edges_m, has = levels
    pairs = np.empty((FIRST_PAIRS, 2), np.int64)
    found = np.empty(27 * LEVELS_MAX, np.int64)
    near, place = np.empty((MID_COLUMNS, 256), np.float32), np.empty(256, np.int64)
    words = np.zeros(32, np.uint64)
    count = 0
    for cube in range(first, last):
        looked = beside(keys[cube], edges_m, has, table, found)
        total = laid_out(starts, mid, cube, found, looked, near, place)
        while total < 0:
            size = 2 * near.shape[1]
            near, place = np.empty((MID_COLUMNS, size), np.float32), np.empty(size, np.int64)
            words = np.zeros(size // 8, np.uint64)
            total = laid_out(starts, mid, cube, found, looked, near, place)
        flags = words.view(np.uint8)
        for own in range(starts[cube + 1] - starts[cube]):
            asked = total - own - 1
            screened(near, own, total, 0.5 * lookahead_s, flags)
            for k in range(asked, (asked + 7) // 8 * 8):
                flags[k] = 0
            for word in range((asked + 7) // 8):
                if words[word] == 0:
                    continue
                for k in range(8 * word, 8 * word + 8):
                    if flags[k] == 0:
                        continue
                    if count == len(pairs):
                        pairs = doubled(pairs)
                    pairs[count, 0], pairs[count, 1] = place[own], place[own + 1 + k]
                    count += 1
    return pairs[:count]


@compiled
def judged_each(asked, owners, state, lookahead_s, spans):
    """Those of the (M, 2) places `asked` that lose their separation: their owners, and (M, 4) times.

    owners: whose each row of `state` is; of a pair the smaller comes first. spans: (N, 2) from when until
    when each flies so; those of one owner do not overlap. Or (0, 2) when all do from 0 on.
    """
    pairs, times = np.empty((FIRST_PAIRS, 2), np.int64), np.empty((FIRST_PAIRS, TIMES_COLUMNS))
    count = 0
    for k in range(len(asked)):
        a, b = asked[k, 0], asked[k, 1]
        if owners[a] > owners[b]:
            a, b = b, a
        begins_s, ends_s = 0.0, math.inf
        if len(spans) > 0:
            begins_s, ends_s = max(spans[a, 0], spans[b, 0]), min(spans[a, 1], spans[b, 1])
            if begins_s >= ends_s:
                continue
        if count == len(times):
            pairs, times = doubled(pairs), doubled(times)
        if judged(state[a], state[b], lookahead_s, begins_s, ends_s, times[count]):
            pairs[count, 0], pairs[count, 1] = owners[a], owners[b]
            count += 1
    return pairs[:count], times[:count]


@compiled
def doubled(rows):
    """The rows, with room for as many more."""
    more = np.empty((2 * len(rows), rows.shape[1]), rows.dtype)
    for k in range(len(rows)):  # a slice would take nine seconds to compile
        for column in range(rows.shape[1]):
            more[k, column] = rows[k, column]
    return more


@compiled
def sorted_pairs(pairs, count):
    """The order of (M, 2) `pairs` by the first column, then by the second. count: of aircraft.

    By counting: first by the second column, then by the first, which leaves the order of equals as it is.
    """
    order = np.arange(len(pairs))
    for column in (1, 0):
        starts = np.zeros(count + 1, np.int64)
        for k in range(len(pairs)):
            starts[pairs[k, column] + 1] += 1
        for i in range(count):
            starts[i + 1] += starts[i]
        before, order = order, np.empty(len(pairs), np.int64)
        for k in range(len(pairs)):
            value = pairs[before[k], column]
            order[starts[value]] = before[k]
            starts[value] += 1
    return order
