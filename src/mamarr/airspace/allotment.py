"""Allotment: which shares of the sky a leg of a flight passes through, and whether they hold all of it.

Edges of a leg and of a share are great circles on geodetic coordinates. So all is decided on unit vectors of
geodetic latitude and longitude: on which side of an edge's plane a point lies is the sign of one product, the
antimeridian and the poles are places like any other, and the ray of the even-odd rule is straight in the
gnomonic plane about the share's centre. The leg is cut where it meets edges and corners; between two cuts
nothing changes, so each piece is decided by its middle.

Two points nearer than TOUCH_M are one: the whole 1e-7 degrees in which corners are given are a centimetre
apart, so neighbours leave slivers and overlaps of that width where a corner of one lies on an edge of the
other. As `conflicts` takes an overlap of less than that for a common edge, a leg takes such a gap for one.
Verdicts are right to within twice that.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from mamarr.airspace.shares import Share
from mamarr.conflicts import Minima, conflict, prepare
from mamarr.geometry import Datum, Footprint, Volume, footprints, geodesy
from mamarr.geometry.altitude import ellipsoid_band_mm
from mamarr.geometry.footprints import EARTH_RADIUS_M, VERTEX_BYTES
from mamarr.geometry.units import deg_from_e7deg, e7deg_from_deg
from mamarr.geometry.volumes import TIME_LAST_MS

TOUCH_M = 0.01  # as the touch of `conflicts`: what is nearer touches
TOUCH_RAD = TOUCH_M / EARTH_RADIUS_M
EDGE_MAX_RAD = math.radians(20)  # chosen: a share ends 27 degrees from its centre, so no edge that meets it
FACING_MIN_RATIO = math.cos(math.radians(80))  # reaches beyond 80; a line is densified to 10 km anyway
EDGE_MIN_RAD = 1e-10  # chosen: 0.6 mm, less than a step of the coordinates but at the poles; no edge at all
SLACK_RAD = 1e-6  # more than an angle near 0 loses in its cosine, and than TOUCH_M

RING_CORNERS = 36  # chosen: the ring is then at most 0.4 % wider than the circle
RINGS_REMEMBERED_MAX = 4_096  # chosen: where one stays, at every level and time; 300 bytes each
PAIRS_REMEMBERED_MAX = 1_024  # chosen: neighbours in a map of some hundred shares; a pair holds both outlines
OUTLINES_REMEMBERED_MAX = 64  # chosen: of shares that are made ready again soon; at most 1.5 MB each

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Allotment(msgspec.Struct, frozen=True, kw_only=True):
    """Through which shares a leg passes, in the order in which they are met; and whether they hold all of it.

    Shares that are met at the same place come in the order of their ids.
    """

    share_ids: tuple[str, ...]
    is_covered: bool


class PreparedShare:
    """A share made ready for `along`: what it takes from the share alone, once computed.

    edges: (N, 5, 3), for each corner: its unit vector; the normal of the edge that starts there, inside or
    outside alike; the normals at right angles to it through the start, pointing along, and through the end,
    pointing back; and the normal of the plane through the corner and the direction of the even-odd rule's
    ray. centre: (3,). reach_rad: from there to the farthest corner. windows: in the order of their starts.
    sure_mm, may_mm: heights above the ellipsoid that are in the band without doubt, half-open; that may be.
    """

    __slots__ = ("centre", "edges", "may_mm", "reach_rad", "share", "sure_mm", "windows")

    def __init__(self, share: Share) -> None:
        """`share` has passed `shares.checked`."""
        self.share = share
        self.edges, self.centre, self.reach_rad = _outline(share.footprint.vertices)
        self.windows = _windows(share)
        self.may_mm = ellipsoid_band_mm(share.datum, share.lower_mm, share.upper_mm)
        self.sure_mm = (
            ellipsoid_band_mm(share.datum, share.lower_mm, share.lower_mm)[1],
            ellipsoid_band_mm(share.datum, share.upper_mm, share.upper_mm)[0],
        )


@lru_cache(OUTLINES_REMEMBERED_MAX)
def _outline(vertices: bytes) -> tuple[Array, Array, float]:
    """Edges, centre and reach of a share with these corners, as of `PreparedShare`."""
    corners = footprints.directions(vertices)
    following = np.roll(corners, -1, axis=0)
    normals = _normals(corners, following)
    centre = footprints.centred(corners)
    axis = np.eye(3)[int(np.argmin(np.abs(centre)))]
    ray = np.cross(centre, axis)
    ray /= np.sqrt(ray @ ray)
    sides = (corners, normals, _cross(normals, corners), _cross(following, normals))
    edges = np.stack((*sides, np.cross(ray, corners)), axis=1)
    return edges, centre, math.acos(min(1.0, float((corners @ centre).min())))


@lru_cache(OUTLINES_REMEMBERED_MAX)
def prepared(share: Share) -> PreparedShare:
    """Make `share`, which `shares.checked` has passed, ready for `along`. Cost grows with its corners.

    The same again for an equal share: what else is remembered of it goes by which it is.
    """
    return PreparedShare(share)


def volume(share: Share) -> Volume:
    """The sky of a share from the start of its first window to the end of its last: for an index."""
    spans = _windows(share)
    return Volume(
        footprint=share.footprint,
        datum=share.datum,
        lower_mm=share.lower_mm,
        upper_mm=share.upper_mm,
        time_start_ms=spans[0][0],
        time_end_ms=max(end_ms for _, end_ms in spans),
    )


def overlaps(one: Share, other: Share) -> bool:
    """Whether two shares have more than an edge in common, at some time. Symmetric.

    As `conflicts.conflict` of their volumes with no minima, for some window of each: bands and windows are
    half-open; an overlap of less than a centimetre is an edge; bands over two datums meet where they may.
    Where and when are apart from each other, so sky is asked once, and only if some windows meet. Cost grows
    with the windows of both and with the product of their corners.
    """
    spans, others = _windows(one), _windows(other)
    at, reached_ms = 0, 0
    for start_ms, end_ms in spans:
        while at < len(others) and others[at][0] < end_ms:
            reached_ms = max(reached_ms, others[at][1])
            at += 1
        if reached_ms > start_ms:
            break
    else:
        return False
    here, there = (
        msgspec.structs.replace(volume(share), time_start_ms=0, time_end_ms=TIME_LAST_MS)
        for share in (one, other)
    )
    return _meet(here, there)


@lru_cache(PAIRS_REMEMBERED_MAX)  # a map is judged when it is proposed, read, entered and its next edition is
def _meet(here: Volume, there: Volume) -> bool:
    """Whether two volumes of sky have more than an edge in common."""
    return conflict(prepare(here), prepare(there), Minima())


@lru_cache(RINGS_REMEMBERED_MAX)
def held_within(circle: Footprint) -> bytes:
    """A line from the centre of a circle to its edge and once round it, a little outside: for a stay.

    What a stay passes through is all of its circle. Shares have no holes, so a circle is theirs when its
    centre and its edge are; one wholly inside it that meets neither is not seen. The chords of the ring lie
    outside the circle: its corners are at the radius by the cosine of half their angle.
    """
    ((latitude_e7deg, longitude_e7deg),) = footprints.points(circle)
    centre_deg = deg_from_e7deg(latitude_e7deg), deg_from_e7deg(longitude_e7deg)
    reach_m = circle.radius_mm / 1_000 / math.cos(math.pi / RING_CORNERS)
    ring_deg = [
        geodesy.destination(*centre_deg, 360.0 * at / RING_CORNERS, reach_m) for at in range(RING_CORNERS + 1)
    ]
    ring = [(e7deg_from_deg(latitude), e7deg_from_deg(longitude)) for latitude, longitude in ring_deg]
    return footprints.packed([(latitude_e7deg, longitude_e7deg), *ring])


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a line leads, whatever the levels and times: it is computed once for a line that is often flown.

    shares: those in whose caps the line comes. runs: along the line, which of them it is inside of, and on
    whose edge it is beside that, by their place in `shares`.
    """

    shares: tuple[PreparedShare, ...]
    runs: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


def crossing(line: bytes, shares: Sequence[PreparedShare]) -> Crossing:
    """Through which of `shares` a line leads.

    line: packed vertices as of a `Footprint`, no edge longer than EDGE_MAX_RAD; one vertex is a stay there.
    Cost grows with the vertices times the corners of all shares in whose caps the line comes, and a little
    with all shares. ValueError when the line is none, or an edge is too long.
    """
    if not line or len(line) % VERTEX_BYTES:
        raise ValueError(f"a line of {len(line)} bytes: vertices are {VERTEX_BYTES} bytes each, one or more")
    vertices = footprints.directions(line)
    is_near = _near(vertices, list(shares))
    near = tuple(share for share, comes in zip(shares, is_near, strict=True) if comes)
    if not near:
        return Crossing(shares=(), runs=(((), ()),))
    return Crossing(shares=near, runs=_runs(vertices[:-1], vertices[1:], vertices[0], list(near)))


def between(starts: Array, ends: Array, shares: Sequence[PreparedShare]) -> Crossing:
    """As `crossing`, of edges that need not follow each other. The crossing's shares are all of `shares`.

    starts, ends: (N, 3) unit vectors of geodetic latitude and longitude, N and `shares` not empty. Cost, and
    memory too, grow with N times the corners of all shares.
    """
    return Crossing(shares=tuple(shares), runs=_runs(starts, ends, starts[0], list(shares)))


def inside(outline: PreparedShare, places: Array) -> Flags:
    """Whether each of `places`, (N, 3) unit vectors, is inside the outline of a share; on it: either."""
    following = np.roll(np.arange(len(outline.edges)), -1)
    normals, rays = (outline.edges[:, part] @ places.T for part in (1, 4))
    return np.asarray(
        np.logical_xor.reduce(_crossed(normals, rays, following), axis=0)
        & (places @ outline.centre > FACING_MIN_RATIO)
    )


def _runs(
    starts: Array, ends: Array, place: Array, shares: list[PreparedShare]
) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """The runs of a `Crossing` along edges; at `place` when there are none."""
    inside, touching = _pieces(starts, ends, place, shares)
    codes = inside + 2 * touching.astype(np.int8)
    changed = np.flatnonzero((codes[:, 1:] != codes[:, :-1]).any(axis=0)) + 1
    return tuple(
        (
            tuple(np.flatnonzero(codes[:, piece] == 1).tolist()),
            tuple(np.flatnonzero(codes[:, piece] >= 2).tolist()),
        )
        for piece in (0, *changed.tolist())
    )


def allotted(
    way: Crossing, *, datum: Datum, lower_mm: int, upper_mm: int, time_start_ms: int, time_end_ms: int
) -> Allotment:
    """Through which shares one leg passes on its `way`, and whether each of its points lies in one.

    lower_mm to upper_mm: its block of levels above `datum`, both ends in it. time_start_ms to time_end_ms:
    half-open. A leg passes through a share when more than a point of it does, at a level and time of the
    share. What lies on an edge (TOUCH_M) belongs to a share that it is inside of, else to the one on whose
    edge it lies whose id comes first. A share over another datum holds the block whole or not at all: whole,
    when it does wherever the pressure surfaces may be; it is passed through when it may hold some of it.
    ValueError when block or times are none.
    """
    if not time_start_ms < time_end_ms:
        raise ValueError("end is not after start")
    block = _Block(lower_mm, upper_mm + 1, time_start_ms, time_end_ms)  # whole mm: closed is half-open plus 1
    if lower_mm > upper_mm:
        raise ValueError(f"{lower_mm} to {upper_mm} mm is not ascending")
    foreign = any(each.share.datum is not datum for each in way.shares)
    heights_mm = ellipsoid_band_mm(datum, lower_mm, upper_mm) if foreign else (lower_mm, upper_mm)
    held = [_held(share, block, datum, heights_mm) for share in way.shares]
    ids: dict[str, None] = {}
    is_covered = True
    for inside, touching in way.runs:
        within = [part for at in inside if (part := held[at]) is not None]
        beside = [part for at in touching if (part := held[at]) is not None]
        taken, is_whole = _filled(block, within, sorted(beside, key=lambda part: part.share_id))
        ids |= dict.fromkeys(sorted((*(part.share_id for part in within), *taken)))
        is_covered = is_covered and is_whole
    return Allotment(share_ids=tuple(ids), is_covered=is_covered)


def held(
    ready: PreparedShare, *, datum: Datum, lower_mm: int, upper_mm: int, time_start_ms: int, time_end_ms: int
) -> tuple[int, int, tuple[tuple[int, int], ...]] | None:
    """Which levels and times a share holds of a block as of `allotted`; None when none.

    The levels half-open, above `datum`, and the times, half-open each. Two shares that answer the same hold
    the same of it.
    """
    block = _Block(lower_mm, upper_mm + 1, time_start_ms, time_end_ms)
    foreign = ready.share.datum is not datum
    heights_mm = ellipsoid_band_mm(datum, lower_mm, upper_mm) if foreign else (lower_mm, upper_mm)
    part = _held(ready, block, datum, heights_mm)
    return (part.low_mm, part.top_mm, part.spans_ms) if part and part.low_mm < part.top_mm else None


def along(
    line: bytes,
    *,
    datum: Datum,
    lower_mm: int,
    upper_mm: int,
    time_start_ms: int,
    time_end_ms: int,
    shares: Sequence[PreparedShare],
) -> Allotment:
    """`allotted` on the `crossing` of `line` and `shares`: for a line that is asked for once."""
    return allotted(
        crossing(line, shares),
        datum=datum,
        lower_mm=lower_mm,
        upper_mm=upper_mm,
        time_start_ms=time_start_ms,
        time_end_ms=time_end_ms,
    )


def may_meet(one: PreparedShare, other: PreparedShare) -> bool:
    """Whether the caps about two shares meet: quicker than `overlaps`, and never False when that is True."""
    apart_rad = math.acos(max(-1.0, min(1.0, float(one.centre @ other.centre))))
    return apart_rad <= one.reach_rad + other.reach_rad + SLACK_RAD


# --- levels and times -------------------------------------------------------------------------------------


class _Block(NamedTuple):
    """Levels and times of a leg, half-open."""

    low_mm: int
    top_mm: int
    start_ms: int
    end_ms: int


class _Part(NamedTuple):
    """What a share holds of a block: of its levels, none when low is top, and of its times."""

    share_id: str
    low_mm: int
    top_mm: int
    spans_ms: tuple[tuple[int, int], ...]

    def holds(self, low_mm: int, start_ms: int) -> bool:
        """Whether it holds the level and the moment."""
        return self.low_mm <= low_mm < self.top_mm and any(
            first_ms <= start_ms < last_ms for first_ms, last_ms in self.spans_ms
        )


def _windows(share: Share) -> tuple[tuple[int, int], ...]:
    """Starts and ends of its windows, in the order of the starts; one that is always when there are none."""
    if not share.windows:
        return ((0, TIME_LAST_MS),)
    return tuple(sorted((window.time_start_ms, window.time_end_ms) for window in share.windows))


def _held(ready: PreparedShare, block: _Block, datum: Datum, heights_mm: tuple[int, int]) -> _Part | None:
    """What `ready` holds of `block`, position apart; None when nothing."""
    share = ready.share
    if share.datum is datum:
        low_mm, top_mm = max(block.low_mm, share.lower_mm), min(block.top_mm, share.upper_mm)
        if low_mm >= top_mm:
            return None
    else:
        if ready.may_mm[0] > heights_mm[1] or heights_mm[0] > ready.may_mm[1]:
            return None
        is_sure = ready.sure_mm[0] <= heights_mm[0] and heights_mm[1] < ready.sure_mm[1]
        low_mm, top_mm = block.low_mm, block.top_mm if is_sure else block.low_mm
    begun = ready.windows[: bisect_right(ready.windows, (block.end_ms, 0))]  # before the block ends
    spans_ms = tuple(
        (max(start_ms, block.start_ms), min(end_ms, block.end_ms))
        for start_ms, end_ms in begun
        if end_ms > block.start_ms
    )
    return _Part(share.share_id, low_mm, top_mm, spans_ms) if spans_ms else None


def _filled(block: _Block, within: list[_Part], beside: list[_Part]) -> tuple[set[str], bool]:
    """Which shares of `beside` hold what those of `within` do not; and whether all of `block` is held then.

    The block falls into cells between the levels and moments at which something begins or ends. The first of
    `beside` that holds a cell has it. Cost grows with the cells times the shares.
    """
    whole = ((block.start_ms, block.end_ms),)
    for part in within:
        if (part.low_mm, part.top_mm, part.spans_ms) == (block.low_mm, block.top_mm, whole):
            return set(), True
    parts = within + beside
    levels_mm = {block.low_mm, *(mm for part in parts for mm in (part.low_mm, part.top_mm))}
    moments_ms = {block.start_ms, *(ms for part in parts for span in part.spans_ms for ms in span)}
    taken: set[str] = set()
    is_whole = True
    for low_mm in levels_mm - {block.top_mm}:
        for start_ms in moments_ms - {block.end_ms}:
            if any(part.holds(low_mm, start_ms) for part in within):
                continue
            owner = next((part.share_id for part in beside if part.holds(low_mm, start_ms)), None)
            if owner is None:
                is_whole = False
            else:
                taken.add(owner)
    return taken, is_whole


# --- positions --------------------------------------------------------------------------------------------


def _cross(one: Array, other: Array) -> Array:
    """(N, 3) products of vectors, row by row, without what `np.cross` asks first."""
    a, b, c = one.T
    x, y, z = other.T
    return np.stack((b * z - c * y, c * x - a * z, a * y - b * x), axis=1)


def _normals(starts: Array, ends: Array) -> Array:
    """(N, 3) unit normals of the planes of edges, left of each."""
    across = _cross(starts, ends)
    return np.asarray(across / np.sqrt((across * across).sum(axis=1))[:, None])


def _near(vertices: Array, shares: list[PreparedShare]) -> list[bool]:
    """Whether the line comes into the cap of each share; ValueError when an edge of it is too long."""
    step = vertices[1:] - vertices[:-1]
    chord_ratio = math.sqrt(float((step * step).sum(axis=1).max())) if len(step) else 0.0
    edge_rad = 2 * math.asin(min(1.0, chord_ratio / 2))
    if edge_rad > EDGE_MAX_RAD:
        raise ValueError(f"an edge of the line is {math.degrees(edge_rad):.1f} degrees long; 20 are allowed")
    if not shares:
        return []
    towards = (np.array([share.centre for share in shares]) @ vertices.T).max(axis=1)
    away_rad = np.arccos(np.minimum(towards, 1.0)) - edge_rad / 2 - SLACK_RAD
    return [away <= share.reach_rad for away, share in zip(away_rad.tolist(), shares, strict=True)]


def _pieces(starts: Array, ends: Array, place: Array, shares: list[PreparedShare]) -> tuple[Flags, Flags]:
    """(K, P) each: whether each piece of the line is inside of each share; and whether it is on its edge."""
    edges = np.concatenate([share.edges for share in shares])
    counts = [len(share.edges) for share in shares]
    first = np.cumsum([0, *counts[:-1]])
    following = np.arange(1, len(edges) + 1)
    following[first + counts - 1] = first
    middles = _middles(starts, ends, place, edges, following)
    corner_normals, aheads, backs, rays = (edges[:, part] @ middles.T for part in range(1, 5))
    close = (np.abs(corner_normals) < TOUCH_RAD) & (aheads > -TOUCH_RAD) & (backs > -TOUCH_RAD)
    inside = np.logical_xor.reduceat(_crossed(corner_normals, rays, following), first, axis=0)
    facing = np.array([share.centre for share in shares]) @ middles.T > FACING_MIN_RATIO
    return inside & facing, np.logical_or.reduceat(close, first, axis=0)


def _crossed(normals: Array, rays: Array, following: npt.NDArray[np.int64]) -> Flags:
    """(E, P): whether the ray from each place crosses each edge, by the place's side of two of its planes.

    The ray leaves a place across an edge that goes up on its right, or down; which is what the signs say.
    """
    above = rays > 0
    next_above = above[following]
    return np.asarray((above != next_above) & ((normals > 0) == next_above))


def _middles(
    starts: Array, ends: Array, place: Array, edges: Array, following: npt.NDArray[np.int64]
) -> Array:
    """(P, 3) unit vectors of the middles of the pieces into which the edges of shares cut the line, in order.

    Cut too often is no harm. Cut is where an edge of the line and one of a share cross, or may by TOUCH_M;
    and where a corner lies within twice that of the line, so that an edge beside a piece goes all along it.
    Pieces shorter than that are left out, unless they are an edge of the line.
    """
    step = ends - starts
    length_rad = np.sqrt((step * step).sum(axis=1))
    real = length_rad > EDGE_MIN_RAD
    if not real.any():
        return place[None, :]
    start, end, step, length_rad = starts[real], ends[real], step[real], length_rad[real]
    normal = _normals(start, end)
    off_start, off_end = edges[:, 1] @ start.T, edges[:, 1] @ end.T
    off_corner = edges[:, 0] @ normal.T
    off_next = off_corner[following]
    meeting = (
        (np.minimum(off_start, off_end) <= TOUCH_RAD)
        & (np.maximum(off_start, off_end) >= -TOUCH_RAD)
        & (np.minimum(off_corner, off_next) <= TOUCH_RAD)
        & (np.maximum(off_corner, off_next) >= -TOUCH_RAD)
    )
    row, crossing = np.nonzero(meeting)
    before = off_start[row, crossing]
    apart = before - off_end[row, crossing]
    parallel = apart == 0  # then the corners are what cuts
    crossing_ratio = np.where(parallel, 0.0, before / np.where(parallel, 1.0, apart))
    corner, beside = np.nonzero(np.abs(off_corner) <= 2 * TOUCH_RAD)
    place = edges[corner, 0]
    passed = (_cross(normal[beside], start[beside]) * place).sum(axis=1)
    ahead = (_cross(end[beside], normal[beside]) * place).sum(axis=1)
    between = (passed > 0) & (ahead > 0)
    corner_ratio = passed[between] / (passed[between] + ahead[between])
    every = np.arange(len(start))
    ratio = np.concatenate(
        (crossing_ratio.clip(0, 1), corner_ratio, np.zeros(len(every)), np.ones(len(every)))
    )
    edge = np.concatenate((crossing, beside[between], every, every))
    order = np.lexsort((ratio, edge))
    ratio, edge = ratio[order], edge[order]
    part_ratio = ratio[1:] - ratio[:-1]
    kept = (edge[1:] == edge[:-1]) & (
        (part_ratio * length_rad[edge[1:]] > 2 * TOUCH_RAD) | (part_ratio == 1.0)
    )
    if kept.any():
        middle_ratio, edge = (ratio[1:] + ratio[:-1])[kept] / 2, edge[1:][kept]
    else:
        middle_ratio, edge = np.full(len(every), 0.5), every
    middles = start[edge] + step[edge] * middle_ratio[:, None]
    return np.asarray(middles / np.sqrt((middles * middles).sum(axis=1))[:, None])
