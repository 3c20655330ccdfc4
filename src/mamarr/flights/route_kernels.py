"""The arithmetic of `Router`: compiled, whole milliseconds, one thread, one order.

A label says: at this point, at this level, at any moment from FROM to TO, an aircraft can be that left its
origin in time and flew through nothing that is taken. So a label is a whole interval of moments, and what is
known of a point and a level is the set of all its moments. It grows by what was not known; so no moment is
looked at twice, and what is left out is only what another way reaches at the very same moment.

An aircraft in the air never stops: who reaches a point at a moment enters the next segment at that moment. A
stay is a segment of no length that may take any time from 0 to its longest.

Labels that touch are followed as one. While a search is short, the label that promises the first arrival
comes first, and of equals the nearest to the destination. A search that is not short anymore sweeps: through
all that promises an arrival within the same SWEEP_MS, the farthest from the destination first, so that what
different ways bring to a point comes together before it goes on.

Rows of `labels` and `covers` (int64) are one label, one known interval; the columns are named below. Times
are milliseconds since 1970-01-01T00:00:00Z.
"""

import numba
import numpy as np

POINT, LEVEL, FROM, TO, PARENT, SEGMENT, ENTER_FROM, ENTER_TO, RANK, PASSED, NEXT_LABEL, IS_DONE = range(12)
LABEL_COLUMNS = 12
KNOWN_FROM, KNOWN_TO, KNOWN_PASSED, NEXT = range(4)
COVER_COLUMNS = 4
LABELS_USED, QUEUE_USED, COVERS_USED, EXPANDED, SWEEPS, ARRIVAL_LAST, BEST = range(7)
USED_COLUMNS = 7
ORIGIN, DESTINATION, FIRST_MS, LAST_MS, ARRIVAL_LAST_MS, ASKED_LEVEL, STEP_MAX, SHORT_COUNT = range(8)
WISH_COLUMNS = 8
STEP_COLUMNS = 5  # segment, level at its start, level at its end, entered, left

FOREVER = np.int64(1 << 62)
NO_WAY, FULL = -1, -2
RANK_BITS, LEFT_BITS = 4, 16  # of a key: below the first possible arrival, what decides between equals
RANK_MAX, LEFT_MAX = (1 << RANK_BITS) - 1, (1 << LEFT_BITS) - 1
LEFT_UNIT_BITS = 12  # the way left counts in some four seconds
PORTION_MS = 15 * 60_000  # chosen: of a label, what is looked at before others that are nearer to the end
SWEEP_MS = 4 * 60_000  # measured: of 30 s to 8 minutes

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
def key_of(label, left_ms, origin_ms, sweeps):
    """What decides when a label is followed, the smallest first."""
    promised_ms = label[FROM] + left_ms - origin_ms
    left = min(
        (left_ms + (1 << LEFT_UNIT_BITS) - 1) >> LEFT_UNIT_BITS, LEFT_MAX
    )  # 0 at the destination alone
    if sweeps:
        promised_ms, left = promised_ms // SWEEP_MS, LEFT_MAX - left
    return (((promised_ms << LEFT_BITS) + left) << RANK_BITS) + min(label[RANK], RANK_MAX)


@compiled
def stored(pools, state, label, from_ms, to_ms, left_ms, origin_ms):
    """Keep a label for the moments given and queue it; False when there is no room."""
    labels, keys, queue, _, _, opened, used = pools
    at = used[LABELS_USED]
    if at >= len(labels):
        return False
    labels[at] = label
    labels[at, FROM], labels[at, TO] = from_ms, to_ms
    labels[at, NEXT_LABEL], labels[at, IS_DONE] = opened[state], 0
    opened[state] = at
    used[LABELS_USED] += 1
    if left_ms == 0 and from_ms <= used[ARRIVAL_LAST]:  # the destination: what arrives later is of no use
        used[ARRIVAL_LAST], used[BEST] = from_ms - 1, at
    pushed(keys, queue, used, key_of(labels[at], left_ms, origin_ms, used[SWEEPS]), at)
    return True


@compiled
def requeued(pools, lefts, origin_ms):
    """Sweep from here on: queue anew what waits."""
    labels, keys, queue, _, _, _, used = pools
    used[SWEEPS] = 1
    waiting = queue[: used[QUEUE_USED]].copy()
    used[QUEUE_USED] = 0
    for at in waiting:
        if labels[at, IS_DONE] == 0:
            pushed(keys, queue, used, key_of(labels[at], lefts[labels[at, POINT]], origin_ms, 1), at)


@compiled
def gathered(pools, state, first, last_ms):
    """Take the label `first` and all that wait at its place and touch it; from when until when they are.

    last_ms: none that begins later. They are a chain from `first` on, by NEXT_LABEL.
    """
    labels, _, _, _, _, opened, _ = pools
    from_ms, to_ms, passed = labels[first, FROM], labels[first, TO], labels[first, PASSED]
    chain, grows = np.int64(-1), True
    while grows:
        grows = False
        before, at = -1, opened[state]
        while at >= 0:
            following = labels[at, NEXT_LABEL]
            touches = labels[at, FROM] <= min(to_ms + 1, last_ms) and labels[at, TO] >= from_ms - 1
            if at == first or (touches and labels[at, PASSED] == passed):
                if before < 0:
                    opened[state] = following
                else:
                    labels[before, NEXT_LABEL] = following
                labels[at, IS_DONE] = 1
                if at != first:
                    from_ms, to_ms = min(from_ms, labels[at, FROM]), max(to_ms, labels[at, TO])
                    labels[at, NEXT_LABEL] = chain
                    chain, grows = at, True
            else:
                before = at
            at = following
    labels[first, NEXT_LABEL] = chain
    return from_ms, to_ms


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
    _, _, _, covers, heads, _, used = pools
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
        if not stored(pools, state, label, cursor, following - 1, left_ms, origin_ms):
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
        last_ms = min(until, pools[6][ARRIVAL_LAST] - left_ms)
        child[ENTER_FROM], child[ENTER_TO] = moment, label[TO]
        child[FROM], child[TO] = 1, 0
        for number in range(kinds):
            duration = takes(lengths[segment], speeds[number])
            from_ms, to_ms = moment + duration, min(label[TO] + duration + stays[segment], last_ms)
            if from_ms > to_ms:
                break
            if child[FROM] <= child[TO] and from_ms > child[TO] + 1:  # else what two speeds reach is one
                if not reached(pools, levels, child, left_ms, wish[FIRST_MS]):
                    return False
                child[FROM], child[TO] = 1, 0
            if child[FROM] > child[TO]:
                child[FROM] = from_ms
            child[TO] = to_ms
        if child[FROM] <= child[TO] and not reached(pools, levels, child, left_ms, wish[FIRST_MS]):
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
    heads, opened, used = pools[4], pools[5], pools[6]
    heads[:], opened[:] = -1, -1
    used[:] = 0
    used[ARRIVAL_LAST], used[BEST] = wish[ARRIVAL_LAST_MS], NO_WAY
    levels = network[5][0]
    left_ms = lefts[wish[ORIGIN]]
    label = np.empty(LABEL_COLUMNS, np.int64)
    for level in range(levels):
        if not allowed[level]:
            continue
        label[POINT], label[LEVEL], label[PARENT], label[SEGMENT] = wish[ORIGIN], level, -1, -1
        label[FROM] = wish[FIRST_MS]
        label[TO] = min(wish[LAST_MS], wish[ARRIVAL_LAST_MS] - left_ms)
        label[ENTER_FROM], label[ENTER_TO], label[RANK] = 0, 0, abs(level - wish[ASKED_LEVEL])
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
    pools: labels, keys and labels of the queue, known intervals, the first of each point and level, the first
    label that waits of each, counts.
    speeds: mm/s, the fastest first. allowed: levels. closed: segments that may not be flown. critical: bits
    of the points that may be passed once. lefts: how long the shortest way to the destination takes at the
    fastest speed, from each point; -1 where none leads there.
    """
    labels, keys, queue, _, _, _, used = pools
    if lefts[wish[ORIGIN]] < 0:
        return NO_WAY
    if not begun(network, pools, wish, allowed, critical, lefts):
        return FULL
    label = np.empty(LABEL_COLUMNS, np.int64)
    while used[QUEUE_USED] > 0:
        at = popped(keys, queue, used)
        left_ms = lefts[labels[at, POINT]]
        if left_ms == 0:
            return used[BEST]
        if labels[at, IS_DONE] or labels[at, FROM] + left_ms > used[ARRIVAL_LAST]:
            continue
        label[:] = labels[at]
        label[PARENT] = at
        if not portioned(network, pools, wish, label, left_ms):
            return FULL
        used[EXPANDED] += 1
        if used[EXPANDED] >= wish[SHORT_COUNT] and not used[SWEEPS]:
            requeued(pools, lefts, wish[FIRST_MS])
        if not expanded(network, taken, pools, wish, speeds, allowed, closed, critical, lefts, label):
            return FULL
    return NO_WAY


@compiled
def portioned(network, pools, wish, label, left_ms):
    """Make `label` the portion to follow now, with all that touches it; False when there is no room.

    The rest of it waits.
    """
    labels, used, at = pools[0], pools[6], label[PARENT]
    state = label[POINT] * network[5][0] + label[LEVEL]
    last_ms = label[FROM] + PORTION_MS
    if used[SWEEPS]:
        sweep = (label[FROM] + left_ms - wish[FIRST_MS]) // SWEEP_MS
        last_ms = wish[FIRST_MS] + (sweep + 1) * SWEEP_MS - 1 - left_ms
    label[FROM], label[TO] = gathered(pools, state, at, last_ms)
    if label[TO] > last_ms:
        label[TO] = last_ms
        while at >= 0:
            if labels[at, TO] > last_ms:
                rest_ms, labels[at, TO] = labels[at, TO], last_ms
                rest = labels[at].copy()
                if not stored(pools, state, rest, last_ms + 1, rest_ms, left_ms, wish[FIRST_MS]):
                    return False
            at = labels[at, NEXT_LABEL]
    label[TO] = min(label[TO], used[ARRIVAL_LAST] - left_ms)
    return True


@compiled
def entered_at(network, speeds, label, moment):
    """When the segment of a label was entered that is left at `moment`, by the fastest speed that fits."""
    lengths, stays = network[3], network[4]
    segment = label[SEGMENT]
    if lengths[segment] == 0:
        return min(moment, label[ENTER_TO]) if stays[segment] else moment
    for number in range(len(speeds)):
        entered = moment - takes(lengths[segment], speeds[number])
        if label[ENTER_FROM] <= entered <= label[ENTER_TO]:
            return entered
    return FOREVER  # never: a label has the moments of one of the speeds


@compiled
def before(network, speeds, labels, at, moment):
    """When the segment of a label was entered, and the label that had that moment; -1 when none had."""
    entered = entered_at(network, speeds, labels[at], moment)
    up = labels[at, PARENT]
    while up >= 0 and not labels[up, FROM] <= entered <= labels[up, TO]:  # of those followed as one
        up = labels[up, NEXT_LABEL]
    return entered, up


@compiled
def traced(network, speeds, labels, last):
    """(N, STEP_COLUMNS) steps that lead to a label, in the order flown, at the first of its moments.

    None at all when a label has a moment that no label before it leads to, which cannot be.
    """
    count, at, moment = 0, last, labels[last, FROM]
    while labels[at, PARENT] >= 0:
        moment, at = before(network, speeds, labels, at, moment)
        if at < 0:
            return np.empty((0, STEP_COLUMNS), np.int64)
        count += 1
    steps = np.empty((count, STEP_COLUMNS), np.int64)
    at, moment = last, labels[last, FROM]
    for number in range(count - 1, -1, -1):
        entered, up = before(network, speeds, labels, at, moment)
        steps[number, 0] = labels[at, SEGMENT]
        steps[number, 1], steps[number, 2] = labels[up, LEVEL], labels[at, LEVEL]
        steps[number, 3], steps[number, 4] = entered, moment
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
def moved(spans, low, to, count):
    """Copy `count` intervals from `low` on to `to`, which may overlap."""
    for number in range(count):  # a slice would take some three seconds to compile
        each = count - 1 - number if to > low else number
        spans[to + each, 0], spans[to + each, 1] = spans[low + each, 0], spans[low + each, 1]


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
        moved(spans, low, used, count)
        at, after, low = at - low + used, after - low + used, used
        rows[row, 0], room[row] = used, longer
        used += longer
    kept = low + count - after
    moved(spans, after, at + 1, kept)
    spans[at, 0], spans[at, 1] = from_ms, to_ms
    rows[row, 1] = count + grows
    return used
