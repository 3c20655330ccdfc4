"""Skies shared out at random, and what S2 says of a leg through them: the oracle of `airspace.allotment`.

It shares none of its algebra: lengths of lines inside and outside of areas are S2's own boolean operations,
asked through spherely; levels and times are tried one by one, at and beside everything that begins or ends.
"""

import struct
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import msgspec
import spherely
from hypothesis import assume
from hypothesis import strategies as st

from mamarr.airspace import Share, Window
from mamarr.geometry import Datum, footprints
from tests.airspace.declared import NOON_MS
from tests.geodesics import moved
from tests.oracle.lateral import area_of
from tests.oracle.volumes_strategies import REGIONS, Corner, Place, between, corner, valid

STEP_MM = 1_000_000
STEP_MS = 600_000
NOTHING_M = 0.05  # a stretch shorter than this may be rounding: twice the width at which edges touch, and S2
BESIDE_M = 0.025  # and what is nearer than this to a share may lie on its edge
SURELY_BESIDE_M = 0.004  # and what is nearer than this surely does; between the two either answer is right


class Leg(NamedTuple):
    """A leg through shares; its line as points in 1e-7 degree."""

    points: list[Corner]
    lower_mm: int
    upper_mm: int
    time_start_ms: int
    time_end_ms: int


# --- shares and legs --------------------------------------------------------------------------------------


@st.composite
def wheels(draw: st.DrawFn, middle: Place, size_m: float) -> list[Share]:
    """Sectors about a middle, each cut into bands and windows that fit; some of them left out."""
    count = draw(st.integers(3, 6))
    turned_deg = draw(between(0, 360))
    rim = [
        corner(moved(middle, turned_deg + 360 / count * index, size_m * draw(st.sampled_from((1.0, 0.5)))))
        for index in range(count)
    ]
    shares: list[Share] = []
    for start, end in pairwise([*rim, rim[0]]):
        footprint = valid(footprints.polygon([corner(middle), start, end]))
        levels = [0, *draw(st.sampled_from(((), (4,), (5,), (4, 6)))), 10]
        moments = draw(st.sampled_from(((), (), (0, 9), (0, 4, 9), (0, 5, 9))))
        for low, top in pairwise(levels):
            for span in list(pairwise(moments)) or [None]:
                if draw(st.integers(0, 11)) == 0:
                    continue
                windows = () if span is None else (a_span(*span),)
                name = f"S{draw(st.integers(0, 9))}-{len(shares)}"
                shares.append(
                    Share(
                        share_id=name,
                        authority="north",
                        footprint=footprint,
                        datum=Datum.STD,
                        lower_mm=low * STEP_MM,
                        upper_mm=top * STEP_MM,
                        windows=windows,
                    )
                )
    return shares


def a_span(start: int, end: int) -> Window:
    return Window(time_start_ms=NOON_MS + start * STEP_MS, time_end_ms=NOON_MS + end * STEP_MS)


@st.composite
def skies(draw: st.DrawFn) -> tuple[list[Share], Leg]:
    """A wheel of shares, with strangers across it at times, and a leg through it or along its spokes."""
    middle = draw(st.sampled_from((*REGIONS, (90.0, 0.0), (-90.0, 0.0))))
    size_m = draw(st.sampled_from((2_000.0, 50_000.0, 900_000.0)))
    shares = draw(wheels(middle, size_m))
    shares += [a_stranger(share) for share in draw(wheels(middle, size_m / 3))[: draw(st.integers(0, 2))]]
    assume(shares)
    corners = sorted({point for share in shares for point in footprints.points(share.footprint)})
    anywhere = st.builds(
        lambda azimuth_deg, far: corner(moved(middle, azimuth_deg, size_m * far)),
        between(0, 360),
        between(0, 1.2),
    )
    points = draw(st.lists(st.one_of(anywhere, anywhere, st.sampled_from(corners)), min_size=1, max_size=5))
    lower = draw(st.integers(0, 9)) * STEP_MM
    start = draw(st.integers(0, 8))
    leg = Leg(
        points=[point for at, point in enumerate(points) if at == 0 or point != points[at - 1]],
        lower_mm=lower,
        upper_mm=lower + draw(st.sampled_from((0, 0, STEP_MM, STEP_MM - 1, 2 * STEP_MM))),
        time_start_ms=NOON_MS + start * STEP_MS,
        time_end_ms=NOON_MS + draw(st.integers(start + 1, 9)) * STEP_MS,
    )
    return shares, leg


def a_stranger(share: Share) -> Share:
    return msgspec.structs.replace(share, share_id=f"T-{share.share_id}")


# --- what S2 says -----------------------------------------------------------------------------------------


def length_m(geography: spherely.Geography) -> float:
    return float(spherely.length(geography))


def line_of(points: list[Corner]) -> spherely.Geography:
    places = [(longitude / 1e7, latitude / 1e7) for latitude, longitude in points]
    return spherely.create_point(*places[0]) if len(places) == 1 else spherely.create_linestring(places)


def moments_and_levels(shares: list[Share], leg: Leg) -> Iterator[tuple[int, int]]:
    """Each level and moment of the leg at, just below and just above which a share may begin or end."""
    edges_mm = {leg.lower_mm, leg.upper_mm, *(mm for s in shares for mm in (s.lower_mm, s.upper_mm))}
    edges_ms = {leg.time_start_ms, leg.time_end_ms}
    edges_ms |= {ms for s in shares for w in s.windows for ms in (w.time_start_ms, w.time_end_ms)}
    for level_mm in {mm + by for mm in edges_mm for by in (-1, 0, 1)}:
        for moment_ms in {ms + by for ms in edges_ms for by in (-1, 0, 1)}:
            if leg.lower_mm <= level_mm <= leg.upper_mm and leg.time_start_ms <= moment_ms < leg.time_end_ms:
                yield level_mm, moment_ms


def is_held(share: Share, level_mm: int, moment_ms: int) -> bool:
    return share.lower_mm <= level_mm < share.upper_mm and (
        not share.windows or any(w.time_start_ms <= moment_ms < w.time_end_ms for w in share.windows)
    )


class Oracle:
    """What S2 says of one leg through shares."""

    def __init__(self, shares: list[Share], leg: Leg) -> None:
        self.shares, self.leg = shares, leg
        self.areas = [area_of(share.footprint) for share in shares]
        self.line = line_of(leg.points)
        self.is_stay = len(leg.points) == 1
        self.combinations = {
            frozenset(at for at, share in enumerate(shares) if is_held(share, *place))
            for place in moments_and_levels(shares, leg)
        }
        self.met = frozenset(at for combination in self.combinations for at in combination)
        self.left = cache(self._left)

    def _left(self, combination: frozenset[int], beside_m: float = BESIDE_M / 2) -> float:
        """Metres of the line in none of these shares; a piece with its middle `beside_m` near is in one."""
        if self.is_stay:
            return min((self.away_m(at) for at in combination), default=1e9)
        rest = self.line
        for at in combination:
            rest = spherely.difference(rest, self.areas[at])
        return sum(
            length_m(piece)
            for piece in pieces_of(spherely.to_wkb(rest))
            if not any(self.runs_beside(piece, at, beside_m) for at in combination)
        )

    def runs_beside(self, piece: spherely.Geography, at: int, beside_m: float) -> bool:
        """Whether a piece lies on the edge of a share: its middle does, and it does not leave it."""
        middle = spherely.centroid(piece)
        return float(spherely.distance(middle, self.areas[at])) < beside_m

    def away_m(self, at: int) -> float:
        return float(spherely.distance(self.line, self.areas[at]))

    def inside(self, line: spherely.Geography, at: int) -> list[spherely.Geography]:
        """The pieces of a line inside of a share; not those on its edge, which S2 gives to one side."""
        edge = spherely.boundary(self.areas[at])
        pieces = pieces_of(spherely.to_wkb(spherely.intersection(line, self.areas[at])))
        return [p for p in pieces if float(spherely.distance(spherely.centroid(p), edge)) > BESIDE_M]

    def first_m(self, at: int) -> tuple[float, float]:
        """After how many metres of the line it first touches a share, at least; and is inside, at most."""
        gone_m, touched_m = 0.0, None
        for start, end in pairwise(self.leg.points):
            edge, origin = line_of([start, end]), line_of([start])
            if touched_m is None and float(spherely.distance(edge, self.areas[at])) < BESIDE_M:
                touched_m = gone_m + float(spherely.distance(origin, self.areas[at])) - BESIDE_M
            pieces = [piece for piece in self.inside(edge, at) if length_m(piece) > NOTHING_M]
            if pieces and touched_m is not None:
                return touched_m, gone_m + BESIDE_M + min(
                    float(spherely.distance(origin, piece)) for piece in pieces
                )
            gone_m += length_m(edge)
        raise AssertionError("asked for a share that the line does not pass through")


def pieces_of(written: bytes) -> list[spherely.Geography]:
    """The edges of the lines in a geometry in well-known binary (OGC 06-103r4, 8.2)."""
    return [
        spherely.create_linestring([start, end])
        for line in lines_of(written, [0])
        for start, end in pairwise(line)
    ]


def lines_of(written: bytes, at: list[int]) -> list[list[tuple[float, float]]]:
    order = "<" if written[at[0]] else ">"
    kind = struct.unpack_from(f"{order}I", written, at[0] + 1)[0]
    at[0] += 5
    if kind == 1:
        at[0] += 16
        return []
    count = struct.unpack_from(f"{order}I", written, at[0])[0]
    at[0] += 4
    if kind == 2:
        flat = struct.unpack_from(f"{order}{2 * count}d", written, at[0])
        at[0] += 16 * count
        return [list(zip(flat[::2], flat[1::2], strict=True))]
    return [line for _ in range(count) for line in lines_of(written, at)]
