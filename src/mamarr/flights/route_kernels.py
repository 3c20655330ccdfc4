"""The arithmetic of `Router`: compiled, whole milliseconds, one thread, one order.

A label says: at this point, at this level, at any moment from FROM to TO, an aircraft can be that left its
origin in time and flew through nothing that is taken. So a label is a whole interval of moments, and what is
known of a point and a level is the set of all its moments. It grows by what was not known; so no moment is
looked at twice, and what is left out is only what another way reaches at the very same moment.

An aircraft in the air never stops: who reaches a point at a moment enters the next segment at that moment. A
stay is a segment of no length that may take any time from 0 to its longest.

Rows of `labels` and `covers` (int64) are one label, one known interval; the columns are named below. Times
are milliseconds since 1970-01-01T00:00:00Z.
"""

import numba
import numpy as np

POINT, LEVEL, FROM, TO, PARENT, SEGMENT, DURATION, RANK, PASSED = range(9)
LABEL_COLUMNS = 9
KNOWN_FROM, KNOWN_TO, KNOWN_PASSED, NEXT = range(4)
COVER_COLUMNS = 4
LABELS_USED, QUEUE_USED, COVERS_USED, EXPANDED = range(4)
USED_COLUMNS = 4
ORIGIN, DESTINATION, FIRST_MS, LAST_MS, ARRIVAL_LAST_MS, ASKED_LEVEL, STEP_MAX = range(7)
WISH_COLUMNS = 7
STEP_COLUMNS = 6  # segment, level at its start, level at its end, entered, left, what it took at the least

FOREVER = np.int64(1 << 62)
NO_WAY, FULL = -1, -2
RANK_BITS, LEFT_BITS = 4, 16  # of a key: below the first possible arrival, what decides between equals
RANK_MAX, LEFT_MAX = (1 << RANK_BITS) - 1, (1 << LEFT_BITS) - 1
LEFT_UNIT_BITS = 12  # the way left counts in some four seconds
PORTION_MS = 15 * 60_000  # chosen: of a label, what is looked at before others that are nearer to the end

compiled = numba.njit(cache=True, nogil=True, fastmath=False)


@compiled
def free_after(rows, spans, row_low, row_high, moment):
    """The first moment at or after `moment` that is free in all rows, and until when they stay free.

    A taken interval is open: its own start and end are free.
    """
    until = FOREVER
    row = row_low
    while row <= row_high:
        low = rows[row, 0]
        high = low + rows[row, 1]
        last = high
        while low < high:  # the first that ends after the moment
            middle = (low + high) >> 1
            if spans[middle, 1] > moment:
                high = middle
            else:
                low = middle + 1
        if low < last:
            if spans[low, 0] < moment:
                moment, until, row = spans[low, 1], FOREVER, row_low
                continue
            until = min(until, spans[low, 0])
        row += 1
    return moment, until


@compiled
def pushed(keys, queue, used, key, label):
    """Put a label into the queue: a binary heap, the smallest key first."""
    at = used[QUEUE_USED]
    used[QUEUE_USED] += 1
    while at > 0:
        above = (at - 1) >> 1
        if keys[above] <= key:
            break
        keys[at], queue[at] = keys[above], queue[above]
        at = above
    keys[at], queue[at] = key, label


@compiled
def popped(keys, queue, used):
    """Take the label with the smallest key out of the queue."""
    found = queue[0]
    used[QUEUE_USED] -= 1
    size = used[QUEUE_USED]
    key, label = keys[size], queue[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[at], queue[at] = keys[below], queue[below]
        at = below
    keys[at], queue[at] = key, label
    return found


@compiled
def takes(length_mm, speed_mm_per_s):
    """How long a segment takes, rounded up."""
    return -(-length_mm * 1_000 // speed_mm_per_s)


@compiled
def stored(pools, label, from_ms, to_ms, left_ms, origin_ms):
    """Keep a label for the moments given and queue it; False when there is no room."""
    labels, keys, queue, _, _, used = pools
    at = used[LABELS_USED]
    if at >= len(labels):
        return False
    labels[at] = label
    labels[at, FROM], labels[at, TO] = from_ms, to_ms
    used[LABELS_USED] += 1
    key = (from_ms + left_ms - origin_ms) << LEFT_BITS  # of equals, the one with the shortest way left
    key = (key + min(left_ms >> LEFT_UNIT_BITS, LEFT_MAX)) << RANK_BITS
    pushed(keys, queue, used, key + min(label[RANK], RANK_MAX), at)
    return True


@compiled
def covered(covers, heads, used, state, from_ms, to_ms, passed):
    """Note that these moments of a point and level are known; False when there is no room."""
    if used[COVERS_USED] >= len(covers):
        return False
    before, at = -1, heads[state]
    while at >= 0:
        following = covers[at, NEXT]
        is_same = covers[at, KNOWN_PASSED] == passed
        is_one = is_same and covers[at, KNOWN_FROM] <= to_ms + 1 and covers[at, KNOWN_TO] >= from_ms - 1
        is_inside = covers[at, KNOWN_FROM] >= from_ms and covers[at, KNOWN_TO] <= to_ms
        if is_one or (is_inside and passed & ~covers[at, KNOWN_PASSED] == 0):
            if is_one:
                from_ms = min(from_ms, covers[at, KNOWN_FROM])
                to_ms = max(to_ms, covers[at, KNOWN_TO])
            if before < 0:
                heads[state] = following
            else:
                covers[before, NEXT] = following
        else:
            before = at
        at = following
    at = used[COVERS_USED]
    used[COVERS_USED] += 1
    covers[at, KNOWN_FROM], covers[at, KNOWN_TO], covers[at, KNOWN_PASSED] = from_ms, to_ms, passed
    covers[at, NEXT] = heads[state]
    heads[state] = at
    return True


@compiled
def reached(pools, levels, label, left_ms, origin_ms):
    """Queue of `label` the moments that are not known yet; False when there is no room.

    left_ms: at least so long from its point to the destination. What was known after no more of the points
    that may be passed once than `label` has passed makes its moments needless.
    """
    _, _, _, covers, heads, used = pools
    state = label[POINT] * levels + label[LEVEL]
    cursor, last, passed = label[FROM], label[TO], label[PASSED]
    is_new = False
    while cursor <= last:
        moves, following = True, last + 1
        while moves:
            moves, following = False, last + 1
            at = heads[state]
            while at >= 0:
                if covers[at, KNOWN_PASSED] & ~passed == 0:
                    if covers[at, KNOWN_FROM] > cursor:
                        following = min(following, covers[at, KNOWN_FROM])
                    elif covers[at, KNOWN_TO] >= cursor:
                        cursor = covers[at, KNOWN_TO] + 1
                        moves = True
                at = covers[at, NEXT]
        if cursor > last:
            break
        if not stored(pools, label, cursor, following - 1, left_ms, origin_ms):
            return False
        is_new = True
        cursor = following
    return not is_new or covered(covers, heads, used, state, label[FROM], last, passed)


@compiled
def flown(network, taken, pools, wish, speeds, label, child, segment, left_ms):
    """Follow `label` over one segment, to the level of `child`, at each speed; False without room."""
    _, _, strips, lengths, stays, levels_of = network
    rows, spans = taken
    levels, strip = levels_of[0], strips[segment]
    low, high = min(label[LEVEL], child[LEVEL]), max(label[LEVEL], child[LEVEL])
    kinds = 1 if lengths[segment] == 0 else len(speeds)
    moment = label[FROM]
    while moment <= label[TO]:
        until = FOREVER
        if strip >= 0:
            moment, until = free_after(rows, spans, strip * levels + low, strip * levels + high, moment)
        if moment > label[TO]:
            break
        for number in range(kinds):
            duration = takes(lengths[segment], speeds[number])
            child[DURATION] = duration
            child[FROM] = moment + duration
            child[TO] = min(label[TO] + duration + stays[segment], until, wish[ARRIVAL_LAST_MS] - left_ms)
            if child[FROM] > child[TO]:
                break
            if not reached(pools, levels, child, left_ms, wish[FIRST_MS]):
                return False
        if until == FOREVER:
            break
        moment = until + 1
    return True


@compiled
def expanded(network, taken, pools, wish, speeds, allowed, closed, critical, lefts, label):
    """Follow a label over every segment that leaves its point; False when there is no room."""
    first_out, heads_of, _, lengths, _, levels_of = network
    levels = levels_of[0]
    child = np.empty(LABEL_COLUMNS, np.int64)
    for segment in range(first_out[label[POINT]], first_out[label[POINT] + 1]):
        point = heads_of[segment]
        left_ms = lefts[point]
        if closed[segment] or left_ms < 0 or label[PASSED] & critical[point]:
            continue
        steps = 0 if lengths[segment] == 0 else wish[STEP_MAX]
        for turn in range(2 * steps + 1):  # the same level first, then one up, one down, two up, ...
            step = (turn + 1) >> 1 if turn & 1 else -(turn >> 1)
            level = label[LEVEL] + step
            if level < 0 or level >= levels or not allowed[level]:
                continue
            child[POINT], child[LEVEL], child[SEGMENT] = point, level, segment
            child[PARENT] = label[PARENT]
            child[RANK] = label[RANK] + 2 * abs(step)
            child[PASSED] = label[PASSED] | critical[point]
            if not flown(network, taken, pools, wish, speeds, label, child, segment, left_ms):
                return False
    return True


@compiled
def begun(network, pools, wish, allowed, critical, lefts):
    """Queue the origin at every level allowed, all the time when it may be left; False without room."""
    heads, used = pools[4], pools[5]
    heads[:] = -1
    used[:] = 0
    levels = network[5][0]
    left_ms = lefts[wish[ORIGIN]]
    label = np.empty(LABEL_COLUMNS, np.int64)
    for level in range(levels):
        if not allowed[level]:
            continue
        label[POINT], label[LEVEL], label[PARENT], label[SEGMENT] = wish[ORIGIN], level, -1, -1
        label[FROM] = wish[FIRST_MS]
        label[TO] = min(wish[LAST_MS], wish[ARRIVAL_LAST_MS] - left_ms)
        label[DURATION], label[RANK] = 0, abs(level - wish[ASKED_LEVEL])
        label[PASSED] = critical[wish[ORIGIN]]
        if label[FROM] <= label[TO] and not reached(pools, levels, label, left_ms, wish[FIRST_MS]):
            return False
    return True


@compiled
def searched(network, taken, pools, wish, speeds, allowed, closed, critical, lefts):
    """The label that reaches the destination first; NO_WAY, or FULL when there is no room.

    network: of segments in the order of where they begin: the first of each point, where each ends, its strip
    (-1: never taken), length, longest stay, and the number of levels. taken: of each row, which is a strip at
    a level, the first of its intervals and how many; their starts and ends, ascending, none meeting another.
    pools: labels, keys and labels of the queue, known intervals, the first of each point and level, counts.
    speeds: mm/s, the fastest first. allowed: levels. closed: segments that may not be flown. critical: bits
    of the points that may be passed once. lefts: how long the shortest way to the destination takes at the
    fastest speed, from each point; -1 where none leads there.
    """
    labels, keys, queue, _, _, used = pools
    if lefts[wish[ORIGIN]] < 0:
        return NO_WAY
    if not begun(network, pools, wish, allowed, critical, lefts):
        return FULL
    label = np.empty(LABEL_COLUMNS, np.int64)
    while used[QUEUE_USED] > 0:
        at = popped(keys, queue, used)
        if labels[at, POINT] == wish[DESTINATION]:
            return at
        label[:] = labels[at]
        if label[TO] - label[FROM] > PORTION_MS:
            label[TO] = label[FROM] + PORTION_MS
            left_ms = lefts[label[POINT]]
            rest = labels[at].copy()
            if not stored(pools, rest, label[TO] + 1, rest[TO], left_ms, wish[FIRST_MS]):
                return FULL
            labels[at, TO] = label[TO]
        used[EXPANDED] += 1
        label[PARENT] = at
        if not expanded(network, taken, pools, wish, speeds, allowed, closed, critical, lefts, label):
            return FULL
    return NO_WAY


@compiled
def traced(labels, at):
    """(N, STEP_COLUMNS) steps that lead to a label, in the order flown, at the first of its moments."""
    count, up = 0, at
    while labels[up, PARENT] >= 0:
        count += 1
        up = labels[up, PARENT]
    steps = np.empty((count, STEP_COLUMNS), np.int64)
    moment = labels[at, FROM]
    for number in range(count - 1, -1, -1):
        up = labels[at, PARENT]
        entered = min(moment - labels[at, DURATION], labels[up, TO])
        steps[number, 0] = labels[at, SEGMENT]
        steps[number, 1], steps[number, 2] = labels[up, LEVEL], labels[at, LEVEL]
        steps[number, 3], steps[number, 4], steps[number, 5] = entered, moment, labels[at, DURATION]
        moment, at = entered, up
    return steps


@compiled
def lefts_to(backward, destination, speed_mm_per_s):
    """How long the shortest way from every point to one takes, milliseconds; -1 where none leads there."""
    first_in, tails, lengths = backward
    points = len(first_in) - 1
    found = np.full(points, -1, np.int64)
    keys, queue = np.empty(len(tails) + 1, np.int64), np.empty(len(tails) + 1, np.int64)
    best = np.full(points, FOREVER, np.int64)
    used = np.zeros(USED_COLUMNS, np.int64)
    pushed(keys, queue, used, 0, destination)
    while used[QUEUE_USED] > 0:
        left_ms = keys[0]
        point = popped(keys, queue, used)
        if found[point] >= 0:
            continue
        found[point] = left_ms
        for at in range(first_in[point], first_in[point + 1]):
            tail, further_ms = tails[at], left_ms + takes(lengths[at], speed_mm_per_s)
            if further_ms < best[tail]:
                best[tail] = further_ms
                pushed(keys, queue, used, further_ms, tail)
    return found


@compiled
def joined(keys, starts, ends, rows, spans):
    """Join intervals that meet or touch, of each row; how many are left.

    keys, starts, ends: rows and intervals, in the order of rows and starts. rows, spans: written.
    """
    used = 0
    for at in range(len(keys)):
        row = keys[at]
        if rows[row, 1] and starts[at] <= spans[used - 1, 1]:
            spans[used - 1, 1] = max(spans[used - 1, 1], ends[at])
            continue
        if rows[row, 1] == 0:
            rows[row, 0] = used
        spans[used, 0], spans[used, 1] = starts[at], ends[at]
        rows[row, 1] += 1
        used += 1
    return used


@compiled
def added(rows, room, spans, used, row, from_ms, to_ms):
    """Take one more interval of a row; how much of the pool is used then, or -1 when it has no room."""
    low, count = rows[row]
    at = low
    while at < low + count and spans[at, 1] < from_ms:
        at += 1
    after = at
    while after < low + count and spans[after, 0] <= to_ms:
        from_ms, to_ms = min(from_ms, spans[after, 0]), max(to_ms, spans[after, 1])
        after += 1
    grows = 1 - (after - at)
    if count + grows > room[row]:  # the row moves to the end, with twice the room
        longer = 2 * room[row] + 2
        if used + longer > len(spans):
            return -1
        spans[used : used + count] = spans[low : low + count].copy()
        at, after, low = at - low + used, after - low + used, used
        rows[row, 0], room[row] = used, longer
        used += longer
    kept = low + count - after
    spans[at + 1 : at + 1 + kept] = spans[after : after + kept].copy()
    spans[at, 0], spans[at, 1] = from_ms, to_ms
    rows[row, 1] = count + grows
    return used
