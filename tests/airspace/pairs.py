"""Pairs of what is really filed and reserved, a little nearer to each other than the rules allow.

They are built as admission builds them: flights by the lines and volumes of their plans, reservations and
moving areas by what is decided on them. Where an aircraft or an area may be is worked out here anew, from
what is filed: half widths, tolerances of time, 0.5 NM and 100 ft about the leader of a formation. So are the
minima: 1000 ft to FL290 and between two approved for RVSM to FL410, else 2000 ft. Between the two or beside
them two or three authorities border on each other, in place, level or time, some with nobody's sky between.
"""

from itertools import product
from random import Random
from typing import Any, NamedTuple

import msgspec

from mamarr.airspace import NavigationSpecification, Share, Terms, Window, corridors, reservations
from mamarr.airspace.movements import Movement, MovementPoint
from mamarr.airspace.occupancy import Occupancy
from mamarr.airspace.reservations import Facts, Reserve
from mamarr.conflicts import Minima
from mamarr.coordination import Agreement, Member
from mamarr.engine import occupancies
from mamarr.flights import Plan, RoutePoint, protection
from mamarr.flights.plans import Formation
from mamarr.geometry import Box, Datum, Footprint, Volume, footprints
from mamarr.geometry.altitude import FiledLevel, LevelKind, ellipsoid_band_mm
from tests import geodesics
from tests.airspace.boxes import HOUR_MS, NOON, NORTH
from tests.flights.routes import FL_MM, MINUTE_MS, NM_MM, NOON_MS, a_corridor, declared
from tests.geodesics import Way
from tests.oracle.volumes_strategies import REGIONS, Place, corner

FT_1000_MM = 304_800
EARLY_MS, LATE_MS = 5 * MINUTE_MS, 10 * MINUTE_MS  # how much earlier or later than filed a flight may be
WIDE_NM = {NavigationSpecification.RNAV_5: 10, NavigationSpecification.RNP_1: 2}  # twice the accuracy
FORMATIONS = (
    Formation(lateral_mm=926_000, vertical_mm=FL_MM),  # 0.5 NM and 100 ft, unless more is filed
    Formation(lateral_mm=2 * NM_MM, vertical_mm=5 * FL_MM),
)
PARTS = (0.5, 0.5, 0.5, 0, 0.1, 0.9, 1)  # of the way between the two, where a border is
GAPS = (0, 0, 0.5, 0.9)  # how much of that way lies between two shares
FAR_M = 300_000.0  # how far shares extend
HALF_EDGE_M = 20_000.0  # half the length of an edge that a reservation has in common with a share
OVER_M = 0.5  # by how much each comes nearer than what is asked for
MOMENT_MS = NOON_MS + 48 * 60 * MINUTE_MS
LEVELS = (100, 200, 280, 300, 350, 395, 405, 450)
RVSM_LEVELS = (300, 350, 380)
NOTHING = Minima()
OF_A_CORRIDOR = Minima(lateral_mm=15 * NM_MM, vertical_mm=3 * FT_1000_MM, time_ms=15 * MINUTE_MS)


class AFlight(NamedTuple):
    """A flight, before it is anywhere. climbs: over so many levels on each leg. corridor: what that asks."""

    has_rvsm: bool
    formation: Formation | None
    specification: NavigationSpecification
    is_stay: bool
    legs_count: int
    climbs_count: int
    corridor: Minima | None
    datum: Datum = Datum.STD
    keeps_clear: bool = False

    @property
    def beside_m(self) -> float:
        """How far from its line it may be."""
        formation_mm = self.formation.lateral_mm if self.formation else 0
        wide_m = 18_520.0 if self.is_stay else WIDE_NM[self.specification] * NM_MM / 1_000
        return wide_m + formation_mm / 1_000

    @property
    def above(self) -> int:
        """How many levels above and below the filed one it may be."""
        return self.formation.vertical_mm // FL_MM if self.formation else 0


class ASky(NamedTuple):
    """A reservation, before it is anywhere. short_m: how far from the edge of a share its own is, in it.

    shape: area, edge, box or moving. thick_mm: from floor to ceiling.
    """

    shape: str
    datum: Datum
    keeps_clear: bool
    thick_mm: int
    radius_m: float
    short_m: float
    has_rvsm: bool = False
    corridor: Minima | None = None


Sort = AFlight | ASky


class Span(NamedTuple):
    """Levels in millimetres, or moments in milliseconds."""

    low: int
    high: int


ALL_LEVELS = Span(-1_000_000, 30_000_000)


class Spot(NamedTuple):
    """Where it comes nearest to the other: the place, which way it goes on from there, levels, times.

    is_first: whether it is the lower and the earlier, so that its upper end and its last moment count.
    """

    place: Place
    azimuth_deg: float
    levels: Span
    times: Span
    is_first: bool


class Pair(NamedTuple):
    """Shares and two that conflict. largest: the smallest that an agreement on the terms may name."""

    shares: tuple[Share, ...]
    terms: Terms
    largest: Minima
    one: tuple[Occupancy, ...]
    other: tuple[Occupancy, ...]


# --- what they are ----------------------------------------------------------------------------------------


def a_sort(chance: Random, kind: str) -> Sort:
    """One of a kind: flight, formation, rvsm, non-rvsm, area, edge, clear-edge, moving."""
    if kind in ("edge", "clear-edge", "moving", "area"):
        is_box = kind in ("edge", "clear-edge") and chance.random() < 0.3
        made = ASky(
            shape="box" if is_box else kind.removeprefix("clear-"),
            datum=Datum.WGS84 if is_box else chance.choice((Datum.STD, Datum.STD, Datum.WGS84)),
            keeps_clear=chance.random() < 0.4,
            thick_mm=chance.choice((300_000, 2_000_000)),
            radius_m=chance.choice((1_000.0, 15_000.0)),
            short_m=chance.choice((0.0, 0.0, 0.01, 1.0, 60.0)),
        )
        return made._replace(keeps_clear=True, short_m=0.0) if kind == "clear-edge" else made
    is_pair_of_levels = kind in ("rvsm", "non-rvsm")
    asks = chance.choice((NOTHING, OF_A_CORRIDOR))
    is_on_corridor = chance.random() < 0.3
    is_stay = not is_on_corridor and chance.random() < 0.2
    return AFlight(
        has_rvsm=kind == "rvsm" or (not is_pair_of_levels and chance.random() < 0.5),
        formation=chance.choice(FORMATIONS) if kind == "formation" else None,
        specification=chance.choice(tuple(WIDE_NM)),
        is_stay=is_stay,
        legs_count=1 if is_stay else chance.choice((1, 2)),
        climbs_count=0 if is_stay else chance.choice((0, 0, 10)),
        corridor=asks if is_on_corridor else None,
    )


def the_terms(chance: Random) -> Terms:
    return Terms(
        between_centres=Minima(
            lateral_mm=chance.choice((5, 10)) * NM_MM,
            vertical_mm=chance.choice((1, 1, 2)) * FT_1000_MM,
            time_ms=chance.choice((0, 5, 5, 10)) * MINUTE_MS,
        ),
        inside_centre=Minima(lateral_mm=3 * NM_MM, vertical_mm=FT_1000_MM, time_ms=0),
    )


def asked_apart(one: Sort, other: Sort, agreed: Minima, vertical_mm: int) -> Minima:
    """The minima of a pair. vertical_mm: what their levels ask for."""
    if one.keeps_clear or other.keeps_clear:
        return NOTHING
    asks = [agreed, Minima(vertical_mm=vertical_mm), *(each.corridor or NOTHING for each in (one, other))]
    return Minima(
        lateral_mm=max(each.lateral_mm for each in asks),
        vertical_mm=max(each.vertical_mm for each in asks),
        time_ms=max(each.time_ms for each in asks),
    )


def by_levels_mm(one: Sort, other: Sort, *tops_mm: int) -> int:
    """What two ask for by the tops of their blocks and their approvals."""
    lows_mm = {Datum.STD: 290 * FL_MM, Datum.WGS84: ellipsoid_band_mm(Datum.STD, 290 * FL_MM, 290 * FL_MM)[0]}
    both = tuple(zip((one, other), tops_mm, strict=True))
    if all(top_mm <= lows_mm[each.datum] for each, top_mm in both):
        return FT_1000_MM
    return FT_1000_MM * (1 if all(e.has_rvsm and top_mm <= 410 * FL_MM for e, top_mm in both) else 2)


# --- at which levels and times ----------------------------------------------------------------------------


def levels_of(
    chance: Random, one: Sort, other: Sort, agreed: Minima, level: int, *, is_apart: bool
) -> tuple[Span, Span]:
    """The blocks of two, `one` lower: as far apart as they may be and still conflict, or together."""
    lower = on_level(one, level * FL_MM, is_first=True)
    if not is_apart and chance.random() < 0.5:
        return lower, on_level(other, near_mm(one, other, lower.high, -1), is_first=False)
    for by_mm in (2 * FT_1000_MM, FT_1000_MM):
        asked_mm = asked_apart(one, other, agreed, by_mm).vertical_mm
        upper = on_level(other, near_mm(one, other, lower.high, asked_mm - 1), is_first=False)
        if by_levels_mm(one, other, lower.high, upper.high) >= by_mm:
            return lower, upper
    raise AssertionError("1000 ft are always asked for")


def near_mm(one: Sort, other: Sort, top_mm: int, more_mm: int) -> int:
    """The floor of what begins so far above a level; over another datum, above the band of the level."""
    if other.datum is one.datum:
        return top_mm + more_mm
    return ellipsoid_band_mm(Datum.STD, top_mm, top_mm)[1] + more_mm


def on_level(each: Sort, edge_mm: int, *, is_first: bool) -> Span:
    """The block of one whose upper or lower end is at `edge_mm`, or up to 100 ft beyond it."""
    if isinstance(each, ASky):
        return Span(edge_mm - each.thick_mm, edge_mm) if is_first else Span(edge_mm, edge_mm + each.thick_mm)
    low = edge_mm // FL_MM if not is_first else -(-edge_mm // FL_MM) - 2 * each.above - each.climbs_count
    return Span(low * FL_MM, (low + 2 * each.above + each.climbs_count) * FL_MM)


def times_of(chance: Random, asked_ms: int, *, is_apart: bool) -> tuple[Span, Span]:
    """When two are there of which the first is earlier: as far apart as they may be and still conflict."""
    long_ms = chance.choice((20, 40)) * MINUTE_MS
    later_ms = MOMENT_MS + (asked_ms - 1 if is_apart or chance.random() < 0.5 else -10 * MINUTE_MS)
    return Span(MOMENT_MS - long_ms, MOMENT_MS), Span(later_ms, later_ms + long_ms)


# --- where ------------------------------------------------------------------------------------------------


def onward(way: Way, turned_deg: float, distance_m: float) -> Way:
    """The place so far away in another azimuth; backwards where the distance is negative."""
    return geodesics.onward(way.place, way.azimuth_deg + turned_deg, distance_m)


class Ground(NamedTuple):
    """Where the two are nearest, going away from each other, and the edges of shares that lie there.

    west, east: the middle of each edge, facing along it. one_edge, other_edge: of the edges of the two, where
    they have such; the same or beside it.
    """

    one: Way
    other: Way
    west: Way
    east: Way
    one_edge: Way
    other_edge: Way


def ground_of(chance: Random, one: Sort, other: Sort, lateral_mm: int, *, is_border: bool) -> Ground:
    """Two places as far apart as they may be and still conflict, about or beside two edges.

    is_border: whether the edges are of shares of two authorities; else they are one.
    """
    is_box = any(isinstance(each, ASky) and each.shape == "box" for each in (one, other))
    middle = Way(chance.choice(REGIONS), chance.uniform(0, 360))
    across_deg = 90 + chance.choice((0, 0, 30))
    if is_box:  # its east and west sides are meridians, and the edge of a share is one
        middle, across_deg = Way(chance.choice(REGIONS[:2]), 0.0), 90
    apart_m = max(0.0, lateral_mm / 1_000 - 2 * OVER_M - 1)
    one_m = -short_m(one) if has_edge(one) else -apart_m * chance.choice(PARTS)
    one_m += 0 if has_edge(one) or has_edge(other) else apart_m * chance.choice((0, 0, 0, -0.6, 0.6))
    other_m = one_m + apart_m
    gap_m = apart_m * chance.choice(GAPS)
    if has_edge(other):
        gap_m = max(0.0, other_m - short_m(other))
    crossing = onward(middle, across_deg, 0)
    away, back = onward(crossing, 0, other_m), onward(crossing, 0, one_m)
    over = onward(crossing, 0, gap_m if is_border else 0)
    east = Way(over.place, over.azimuth_deg - across_deg)
    beside_one, beside_other = (Way(each.place, each.azimuth_deg - across_deg) for each in (back, away))
    return Ground(
        one=Way(back.place, back.azimuth_deg + 180),
        other=away,
        west=middle,
        east=east,
        one_edge=beside_one if short_m(one) else middle,
        other_edge=beside_other if short_m(other) or not is_border else east,
    )


def has_edge(each: Sort) -> bool:
    """Whether an edge of it lies on the edge of a share, or a little inside."""
    return isinstance(each, ASky) and each.shape in ("edge", "box")


def short_m(each: Sort) -> float:
    """How far inside of the edge of a share its own lies."""
    return each.short_m if isinstance(each, ASky) else 0.0


def chain(edge: Way) -> list[Way]:
    """Places along an edge; those of a reservation that has it for its own are three of them."""
    return [onward(edge, 0, far_m) for far_m in (-FAR_M, -HALF_EDGE_M, 0, HALF_EDGE_M, FAR_M)]


def sectors(chance: Random, ground: Ground) -> list[Footprint]:
    """The area west of one edge, that east of the other as one or two, and perhaps what is between."""
    west, east = chain(ground.west), chain(ground.east)
    far_west, far_east = (
        [onward(each, turned_deg, FAR_M) for each in edge] for edge, turned_deg in ((west, -90), (east, 90))
    )
    found = [a_polygon([*west, far_west[4], far_west[0]])]
    if corner(ground.west.place) != corner(ground.east.place) and chance.random() < 0.5:
        return [*found, a_polygon([*east, far_east[4], far_east[0]]), a_polygon([*west, *reversed(east)])]
    if chance.random() < 0.5:
        return [*found, a_polygon([*east, far_east[4], far_east[0]])]
    beyond = onward(ground.east, 90, FAR_M)
    south, north = [*east[:3], beyond, far_east[0]], [*east[2:], far_east[4], beyond]
    return [*found, a_polygon(south), a_polygon(north)]


def a_polygon(ways: list[Way]) -> Footprint:
    return footprints.checked(footprints.polygon([corner(each.place) for each in ways]))


# --- shares -----------------------------------------------------------------------------------------------


def parted(chance: Random, first: Span, last: Span, ends: Span) -> list[Span]:
    """All between two ends in two or three parts, about where `first` ends and `last` begins."""
    apart = last.low - first.high
    border = first.high + round(apart * chance.choice(PARTS))
    beyond = border + round(abs(apart) * chance.choice(GAPS))
    between = [Span(border, beyond)] if border < beyond and chance.random() < 0.5 else []
    return [Span(ends.low, border), Span(beyond, ends.high), *between]


def bands(chance: Random, levels: tuple[Span, Span], datum: Datum) -> list[Span]:
    """The levels of shares, about where the lower of two ends and the upper begins."""
    lower, upper = levels
    if datum is Datum.WGS84:
        lower, upper = (Span(*ellipsoid_band_mm(Datum.STD, *each)) for each in levels)
    return parted(chance, lower, upper, ALL_LEVELS)


def spells(chance: Random, times: tuple[Span, Span]) -> list[Span]:
    """The windows of shares, about where the earlier of two ends and the later begins."""
    return parted(chance, *times, Span(MOMENT_MS - 24 * HOUR_MS, MOMENT_MS + 24 * HOUR_MS))


def the_agreement(shares: tuple[Share, ...], terms: Terms, corridors_ask: list[Minima]) -> Agreement:
    """What the authorities of the shares agree on; the largest minima are as small as is allowed."""
    parties = sorted({"a0", "a1", *(each.authority for each in shares)})
    asks = (terms.between_centres, terms.inside_centre, *corridors_ask)
    for by_level_mm in (0, FT_1000_MM, 2 * FT_1000_MM):
        try:
            return Agreement(
                agreement_id="map",
                edition=1,
                members=tuple(Member(party=each, node=f"node-{each}") for each in parties),
                shares=shares,
                between_centres=terms.between_centres,
                inside_centre=terms.inside_centre,
                largest=Minima(
                    lateral_mm=max(each.lateral_mm for each in asks),
                    vertical_mm=max(by_level_mm, *(each.vertical_mm for each in asks)),
                    time_ms=max(each.time_ms for each in asks),
                ),
                answer_within_ms=MINUTE_MS,
                lapse_ms=2 * MINUTE_MS,
            )
        except ValueError:
            continue
    raise AssertionError("no agreement allows the terms")


# --- as they are filed and decided on ---------------------------------------------------------------------


def filed(chance: Random, name: str, each: AFlight, spot: Spot, centre: str) -> tuple[Occupancy, ...]:
    """A flight that begins at its spot, or ends there, with what is kept for it."""
    near = onward(Way(spot.place, spot.azimuth_deg), 0, each.beside_m - OVER_M)
    turned_deg = chance.uniform(-80, 80)
    legs = range(0 if each.is_stay else each.legs_count + 1)
    places = [onward(near, turned_deg, 50_000.0 * number).place for number in legs] or [near.place]
    levels = [spot.levels.low // FL_MM + each.above, spot.levels.high // FL_MM - each.above]
    if spot.is_first:
        places.reverse()
    entry_ms, exit_ms = spot.times.low + EARLY_MS, spot.times.high - LATE_MS
    step_ms = (exit_ms - entry_ms) // max(1, len(places) - 1)
    points = tuple(
        RoutePoint(
            latitude_e7deg=corner(place)[0],
            longitude_e7deg=corner(place)[1],
            time_ms=exit_ms if number and number == len(places) - 1 else entry_ms + step_ms * number,
            level=FiledLevel(LevelKind.F, levels[number % 2]),
            stay_ms=exit_ms - entry_ms if each.is_stay else 0,
            corridor_id="K" if each.corridor is not None and number < len(places) - 1 else None,
        )
        for number, place in enumerate(places)
    )
    plan = Plan(
        identification="SIM1",
        aircraft_type="A320",
        route=points,
        aircraft_count=2 if each.formation else 1,
        formation=each.formation,
        has_rvsm=each.has_rvsm,
        navigation_specification=each.specification,
    )
    lines = protection.lines(plan, {} if each.corridor is None else {"K": the_corridor(each, points)})
    assert isinstance(lines, tuple), lines
    kept = protection.volumes(plan, lines, protection.before_departure(Terms()))
    assert isinstance(kept, tuple), kept
    return occupancies.of_plan(name, f"party-{name}", centre, plan, kept)


def the_corridor(each: AFlight, points: tuple[RoutePoint, ...]) -> corridors.DeclaredCorridor:
    asks = each.corridor or NOTHING
    return declared(
        a_corridor(
            "K",
            points=tuple(
                corridors.CorridorPoint(latitude_e7deg=p.latitude_e7deg, longitude_e7deg=p.longitude_e7deg)
                for p in points
            ),
            half_width_mm=WIDE_NM[each.specification] * NM_MM,
            navigation_specification=each.specification,
            lower_mm=0,
            upper_mm=600 * FL_MM,
            lateral_minimum_mm=asks.lateral_mm,
            vertical_minimum_mm=asks.vertical_mm,
            longitudinal_minimum_ms=asks.time_ms,
        )
    )


def reserved(chance: Random, name: str, each: ASky, spot: Spot, edge: Way) -> tuple[Occupancy, ...]:
    """A reservation at its spot, as it is decided on. edge: its own, where it has such."""
    asked: dict[str, Any] = {}
    if each.shape == "moving":
        asked["movement"] = a_movement(chance, each, spot)
    elif each.shape == "box":
        asked["volume"] = a_box(each, spot)
    else:
        footprint = beside(spot, edge) if each.shape == "edge" else somewhere(chance, each, spot)
        asked["regions"] = (a_volume(footprint, each, spot),)
    reserve = Reserve(reservation_id=name, user_keeps_clear=each.keeps_clear, **asked)
    answer = reservations.decide(reserve, Facts(), author=NORTH, now=NOON)
    assert isinstance(answer, tuple), answer
    value = reservations.evolve(None, answer[0])
    assert value is not None
    holder = msgspec.structs.replace(value, holder=f"party-{name}")  # a party has no minima to itself
    return occupancies.of_asked(holder)


def a_volume(footprint: Footprint, each: ASky, spot: Spot) -> Volume:
    return Volume(
        footprint=footprint,
        datum=each.datum,
        lower_mm=spot.levels.low,
        upper_mm=spot.levels.high,
        time_start_ms=spot.times.low,
        time_end_ms=spot.times.high,
    )


def somewhere(chance: Random, each: ASky, spot: Spot) -> Footprint:
    """A circle, or all within a radius of a line, that begins at the spot."""
    centre = onward(Way(spot.place, spot.azimuth_deg), 0, each.radius_m - OVER_M)
    if chance.random() < 0.5:
        return footprints.circle(corner(centre.place), round(each.radius_m * 1_000))
    end = onward(centre, chance.uniform(-80, 80), 8_000.0)
    return footprints.path([corner(centre.place), corner(end.place)], round(each.radius_m * 1_000))


def beside(spot: Spot, edge: Way) -> Footprint:
    """An area with this edge."""
    return a_polygon([*chain(edge)[1:4], onward(Way(spot.place, spot.azimuth_deg), 0, 15_000.0)])


def a_box(each: ASky, spot: Spot) -> Box:
    """0.2 degrees each way, with its west or east side at the spot."""
    latitude_e7deg, longitude_e7deg = corner(spot.place)
    is_east = 0 < spot.azimuth_deg % 360 < 180
    return Box(
        latitude_south_e7deg=latitude_e7deg - 1_000_000,
        latitude_north_e7deg=latitude_e7deg + 1_000_000,
        longitude_west_e7deg=longitude_e7deg - (0 if is_east else 2_000_000),
        longitude_east_e7deg=longitude_e7deg + (2_000_000 if is_east else 0),
        altitude_lower_mm=spot.levels.low,
        altitude_upper_mm=spot.levels.high,
        time_start_ms=spot.times.low,
        time_end_ms=spot.times.high,
    )


def a_movement(chance: Random, each: ASky, spot: Spot) -> Movement:
    """A circle that comes from far away to the spot, or goes from there."""
    near = onward(Way(spot.place, spot.azimuth_deg), 0, each.radius_m - OVER_M)
    far = onward(near, chance.uniform(-60, 60), 90_000.0)
    places = [far, near] if spot.is_first else [near, far]
    points = tuple(
        MovementPoint(latitude_e7deg=at[0], longitude_e7deg=at[1], time_ms=time_ms)
        for at, time_ms in zip([corner(way.place) for way in places], spot.times, strict=True)
    )
    return Movement(
        points=points,
        radius_mm=round(each.radius_m * 1_000),
        datum=each.datum,
        lower_mm=spot.levels.low,
        upper_mm=spot.levels.high,
    )


# --- a pair -----------------------------------------------------------------------------------------------


def a_pair(chance: Random, kinds: tuple[str, str], border: str) -> Pair:
    """Two of these kinds that conflict, and shares of two or three authorities about them.

    border: PLACE, LEVEL or TIME, in which the shares of two authorities meet; or ALL.
    """
    terms = the_terms(chance)
    one, other = two_sorts(chance, kinds)
    centres = chance.choice((("c", "c"), ("c", "d"), ("c", "d")))
    are_flights = isinstance(one, AFlight) and isinstance(other, AFlight)
    agreed = terms.inside_centre if are_flights and centres[0] == centres[1] else terms.between_centres
    asked = asked_apart(one, other, agreed, 0)
    level = chance.choice(RVSM_LEVELS if {"rvsm", "non-rvsm"} & set(kinds) else LEVELS)
    levels = levels_of(chance, one, other, agreed, level, is_apart=border == "LEVEL")
    times = times_of(chance, asked.time_ms, is_apart=border == "TIME")
    ground = ground_of(chance, one, other, asked.lateral_mm, is_border=border in ("PLACE", "ALL"))
    shares = the_shares(chance, ground, levels, times, border)
    spots = (
        Spot(ground.one.place, ground.one.azimuth_deg, levels[0], times[0], is_first=True),
        Spot(ground.other.place, ground.other.azimuth_deg, levels[1], times[1], is_first=False),
    )
    found = [
        filed(chance, name, each, spot, centre)
        if isinstance(each, AFlight)
        else reserved(chance, name, each, spot, edge)
        for name, each, spot, edge, centre in zip(
            ("one", "other"), (one, other), spots, (ground.one_edge, ground.other_edge), centres, strict=True
        )
    ]
    agreement = the_agreement(shares, terms, [each.corridor or NOTHING for each in (one, other)])
    return Pair(shares, terms, agreement.largest, found[0], found[1])


def two_sorts(chance: Random, kinds: tuple[str, str]) -> tuple[Sort, Sort]:
    """One of each kind; where their datums differ, that over pressure first: heights are made from levels."""
    sorts = [a_sort(chance, kind) for kind in kinds]
    chance.shuffle(sorts)
    one, other = sorted(sorts, key=lambda each: each.datum is not Datum.STD)
    if kinds == ("edge", "edge"):  # two that keep clear of an edge may have it in common
        return one._replace(keeps_clear=False), other._replace(keeps_clear=False)
    return one, other


def the_shares(
    chance: Random, ground: Ground, levels: tuple[Span, Span], times: tuple[Span, Span], border: str
) -> tuple[Share, ...]:
    """Of each area one share for each block of levels and each window; two or three authorities have them."""
    datum = chance.choice((Datum.STD, Datum.STD, Datum.STD, Datum.WGS84))
    areas = sectors(chance, ground)
    blocks = bands(chance, levels, datum) if border in ("LEVEL", "ALL") else [ALL_LEVELS]
    windows = [Window(time_start_ms=each.low, time_end_ms=each.high) for each in spells(chance, times)]
    if border in ("PLACE", "LEVEL"):
        windows = []
    found: list[Share] = []
    for area, block, at in product(range(len(areas)), range(len(blocks)), range(len(windows) or 1)):
        deciding = {"PLACE": area, "LEVEL": block, "TIME": at, "ALL": chance.randrange(3)}
        found.append(
            Share(
                share_id=f"S{len(found):02}",
                authority=f"a{deciding[border]}",
                footprint=areas[area],
                datum=datum,
                lower_mm=blocks[block].low,
                upper_mm=blocks[block].high,
                windows=tuple(windows[at : at + 1]),
            )
        )
    return tuple(found)
