"""The plans that are filed in a simulated world: on corridors or off them, alone or in company."""

from collections.abc import Callable
from random import Random

import msgspec

from mamarr.airspace.constraints import SpecialHandling
from mamarr.airspace.corridors import NavigationSpecification
from mamarr.engine import Projection
from mamarr.flights import Flight, Plan, Position, RoutePoint
from mamarr.flights.plans import Formation, Traffic
from mamarr.geometry.altitude import FiledLevel, LevelKind, Qnh, filed_level
from mamarr.simulation.scenery import (
    FL_MM,
    LINES,
    MINUTE_MS,
    NM_MM,
    OUTSIDE,
    PLACES,
    Place,
    at,
)

LEVELS = {
    LevelKind.F: ("F280", "F290", "F300", "F310", "F320", "F400", "F410"),
    LevelKind.A: ("A280", "A300", "A310", "A320", "A400"),
    LevelKind.S: ("S0850", "S0910", "S0950", "S0980", "S1220"),
    LevelKind.M: ("M0850", "M0900", "M0950", "M0980", "M1200"),
}
QNHS = (  # in a deep low an altitude lies a thousand feet and more above the flight level of that number
    Qnh(lowest_pa=94_500, highest_pa=94_500),
    Qnh(lowest_pa=98_000, highest_pa=99_500),
    Qnh(lowest_pa=101_325, highest_pa=101_325),
    Qnh(lowest_pa=104_000, highest_pa=104_000),
)
REASONS = (*SpecialHandling, *(SpecialHandling.MARSA,) * 5, *(SpecialHandling.MEDEVAC,) * 3)
EXACT = (NavigationSpecification.RNAV_1, NavigationSpecification.RNAV_2)
OTHERWISE_EXACT = tuple(each for each in NavigationSpecification if each not in EXACT)
LEG_MINUTES = (4, 6, 9)

Company = tuple[tuple[RoutePoint, ...], str | None, str | None]  # the route, whom it joins, whom it leaves


class Planner:
    """Makes plans, driven by `chance` alone. In some worlds many fly on QNH, in some many keep company.

    is_watched: whether there are feeds; then flights mostly begin soon, so that they are seen, and often have
    an address, and a callsign of their own.
    """

    def __init__(self, chance: Random, *, is_watched: bool) -> None:
        self.chance, self._is_watched = chance, is_watched
        self._on_qnh_ratio = chance.choice((0.06, 0.06, 0.5))
        self.company_ratio = chance.choice((0.08, 0.08, 0.4))
        self._formed_ratio = 0.6 if self.company_ratio > 0.1 else 0.25
        self._handling_ratio = chance.choice((0.2, 0.2, 0.8))
        self._qnh = chance.choice(QNHS)

    def _often(self, ratio: float) -> bool:
        return self.chance.random() < ratio

    def plan(self, projection: Projection, now_ms: int, name: str, *, leader: Flight | None = None) -> Plan:
        """A plan for the flight `name`, mostly soon. leader: of its party, whose company it keeps."""
        kind, qnh = self._levels()
        company = None if leader is None else self._in_company(leader, now_ms)
        follows = None if company or not self._often(0.12) else self._followed(projection, name, now_ms)
        if company is not None:
            route, joins, leaves = company
        else:
            joins, leaves = None, None
            route = follows or self._somewhere(kind, self._start_ms(projection, now_ms))
        if any(point.level.kind in (LevelKind.A, LevelKind.M) for point in route):
            qnh = qnh or self._qnh
        count = 2 if self._often(self._formed_ratio) else 1
        formation = Formation(
            lateral_mm=self.chance.choice((1, 3)) * NM_MM, vertical_mm=self.chance.choice((1, 6)) * FL_MM
        )
        has_rvsm, handling = self._often(0.5), self._handling()
        if SpecialHandling.NONRVSM in handling:
            has_rvsm = False
        callsign, address = self._called(int(name[1:]))
        return Plan(
            identification=callsign,
            aircraft_type="A320",
            route=route,
            aircraft_count=count,
            formation=formation if count > 1 else None,
            traffic=Traffic.OAT if self._often(0.2) else Traffic.GAT,
            has_rvsm=has_rvsm,
            handling=handling,
            navigation_specification=self._navigation_specification(),
            serving_centre=self.chance.choice(("south-centre", "north-centre", "no-centre"))
            if self._often(0.08)
            else None,
            is_due_regard=self._often(0.15 if joins else 0.06),
            joins=joins,
            splits_from=leaves,
            qnh=qnh,
            icao_address=address if count == 1 else None,
        )

    def position(self) -> Position:
        """Where an aircraft is said to be."""
        kind, qnh = self._levels()
        latitude_e7deg, longitude_e7deg = at(self.chance.choice(PLACES))
        return Position(
            latitude_e7deg=latitude_e7deg, longitude_e7deg=longitude_e7deg, level=self._level(kind), qnh=qnh
        )

    def _called(self, number: int) -> tuple[str, str | None]:
        """The callsign, and the address where it has one."""
        if self._is_watched and self._often(0.9):
            return f"SIM{100 + number}", f"{0xA00000 + number:06x}" if self._often(0.7) else None
        address = f"{self.chance.randrange(1 << 24):06x}" if self._often(0.1) else None
        return f"SIM{self.chance.randrange(99)}", address

    # --- what it is made of -------------------------------------------------------------------------------

    def _levels(self) -> tuple[LevelKind, Qnh | None]:
        """How levels are counted, and on which QNH."""
        if self._often(self._on_qnh_ratio):
            return self.chance.choice((LevelKind.A, LevelKind.A, LevelKind.M)), self._qnh
        return (LevelKind.S if self._often(0.08) else LevelKind.F), None

    def _level(self, kind: LevelKind) -> FiledLevel:
        return filed_level(self.chance.choice(LEVELS[kind]))

    def _handling(self) -> tuple[SpecialHandling, ...]:
        if not self._often(self._handling_ratio):
            return ()
        return tuple(dict.fromkeys(self.chance.choices(REASONS, k=self.chance.choice((1, 1, 2)))))

    def _navigation_specification(self) -> NavigationSpecification:
        return self.chance.choice(EXACT if self._often(0.8) else OTHERWISE_EXACT)

    def _start_ms(self, projection: Projection, now_ms: int) -> int:
        """When it sets out: on a minute, or so that its sky begins exactly where other sky ends."""
        edges = edges_ms(projection, now_ms) if self._often(0.08) else []
        if not edges:
            soon = (-5, 2) if self._is_watched and self._often(0.8) else (-12, 30)
            return now_ms // MINUTE_MS * MINUTE_MS + self.chance.randrange(*soon) * MINUTE_MS
        return self._just_after_ms(projection, self.chance.choice(edges))

    def _just_after_ms(self, projection: Projection, edge_ms: int) -> int:
        """When to set out so that one's sky begins a time minimum after `edge_ms`, or a millisecond less."""
        terms = projection.terms_in_force()
        minimum_ms = self.chance.choice((terms.inside_centre.time_ms, terms.between_centres.time_ms))
        return edge_ms + minimum_ms + terms.departure_before_ms - self.chance.choice((0, 1))

    def _followed(self, projection: Projection, name: str, now_ms: int) -> tuple[RoutePoint, ...] | None:
        """The last leg of one that is there, flown again as soon as its sky ends."""
        there = [
            value
            for key, value in sorted(projection.flights.current_items())
            if key != name and not value.is_airborne and value.volumes[-1].volume.time_end_ms > now_ms
        ]
        if not there:
            return None
        before = self.chance.choice(there)
        last = before.plan.route[-1:] if before.plan.route[-1].stay_ms else before.plan.route[-2:]
        start_ms = self._just_after_ms(projection, before.volumes[-1].volume.time_end_ms)
        return _moved(last, start_ms - last[0].time_ms - (0 if len(last) == 1 else last[0].stay_ms))

    def leaders(self, projection: Projection, name: str) -> list[Flight]:
        """The formations that the flight `name` could join or leave, if it is of their party."""
        there = sorted(projection.flights.current_items())
        return [value for key, value in there if key != name and value.plan.aircraft_count > 1]

    def _in_company(self, leader: Flight, now_ms: int) -> Company | None:
        """Towards a formation where it will be, or away from there; None when it has been everywhere."""
        ahead = [point for point in leader.plan.route if point.time_ms > now_ms]
        if not ahead:
            return None
        met = self.chance.choice(ahead)
        if self._often(0.5):
            return self._towards(met), leader.flight_id, None
        return self._away_from(met), None, leader.flight_id

    def _towards(self, met: RoutePoint) -> tuple[RoutePoint, ...]:
        """To the point at which the leader is, by one leg or two."""
        time_ms, points = met.time_ms, [_plainly(met)]
        for place in self.chance.sample(PLACES, self.chance.choice((1, 1, 2))):
            time_ms -= self.chance.choice(LEG_MINUTES) * MINUTE_MS
            points.insert(0, self._beside(met, place, time_ms))
        return tuple(points)

    def _away_from(self, met: RoutePoint) -> tuple[RoutePoint, ...]:
        """From the point at which the leader is, by one leg or two."""
        time_ms, points = met.time_ms, [_plainly(met)]
        for place in self.chance.sample(PLACES, self.chance.choice((1, 1, 2))):
            time_ms += self.chance.choice(LEG_MINUTES) * MINUTE_MS
            points.append(self._beside(met, place, time_ms))
        return tuple(points)

    def _beside(self, met: RoutePoint, place: Place, time_ms: int) -> RoutePoint:
        latitude_e7deg, longitude_e7deg = at(place)
        level = met.level if self._often(0.6) else self._level(met.level.kind)
        return RoutePoint(
            latitude_e7deg=latitude_e7deg, longitude_e7deg=longitude_e7deg, time_ms=time_ms, level=level
        )

    # --- ways ---------------------------------------------------------------------------------------------

    def _somewhere(self, levels: LevelKind, start_ms: int) -> tuple[RoutePoint, ...]:
        ways: tuple[Callable[[LevelKind, int], tuple[RoutePoint, ...]], ...]
        ways = (self._along, self._direct, self._holding)
        return self.chance.choices(ways, (10, 5, 2))[0](levels, start_ms)

    def _route(
        self, places: list[Place], levels: LevelKind, start_ms: int, corridor_id: str | None
    ) -> tuple[RoutePoint, ...]:
        """Points over `places`: one level or a block, some with a climb, some with a stay."""
        level = self._level(levels)
        points, time_ms = [], start_ms
        for number, place in enumerate(places):
            if self._often(0.12):
                level = self._level(levels)
            stay_ms = self.chance.choice((5, 15)) * MINUTE_MS if self._often(0.06) or len(places) == 1 else 0
            latitude_e7deg, longitude_e7deg = at(place)
            last = number == len(places) - 1
            points.append(
                RoutePoint(
                    latitude_e7deg=latitude_e7deg,
                    longitude_e7deg=longitude_e7deg,
                    time_ms=time_ms,
                    level=level,
                    level_upper=self._upper(level) if self._often(0.12) else None,
                    stay_ms=stay_ms,
                    stay_radius_mm=self.chance.choice((3, 10)) * NM_MM,
                    corridor_id=None if last else corridor_id,
                    designator=f"P{number}" if self._often(0.05) else None,
                )
            )
            time_ms += stay_ms + self.chance.choice(LEG_MINUTES) * MINUTE_MS
        return tuple(points)

    def _upper(self, level: FiledLevel) -> FiledLevel | None:
        """The upper end of a block that begins at `level`: the next level of its kind, if there is one."""
        above = [each for each in map(filed_level, LEVELS[level.kind]) if each.number > level.number]
        return above[0] if above else None

    def _along(self, levels: LevelKind, start_ms: int) -> tuple[RoutePoint, ...]:
        corridor_id = self.chance.choice(tuple(LINES))
        line = list(LINES[corridor_id])
        first = self.chance.randrange(len(line) - 1)
        last = self.chance.randrange(first + 1, len(line))
        either = self._often(0.3)  # one of two ways between the same ends
        if either:
            corridor_id, first, last = self.chance.choice(("A", "ROUND")), 0, 2
            line = list(LINES[corridor_id])
        places = line[first : last + 1]
        if len(places) > 2 and self._often(0.9 if either else 0.3):
            places = [places[0], places[-1]]
        if self._often(0.5 if corridor_id != "ACROSS" else 0.15):
            places.reverse()
        if self._often(0.05):
            corridor_id = self.chance.choice(("A", "NOWHERE"))
        return self._route(places, levels, start_ms, corridor_id)

    def _direct(self, levels: LevelKind, start_ms: int) -> tuple[RoutePoint, ...]:
        places = self.chance.sample(PLACES, self.chance.choice((2, 2, 3)))
        if self._often(0.3):
            places[-1] = self.chance.choice(OUTSIDE)
        return self._route(places, levels, start_ms, None)

    def _holding(self, levels: LevelKind, start_ms: int) -> tuple[RoutePoint, ...]:
        return self._route([self.chance.choice(PLACES)], levels, start_ms, None)


def edges_ms(projection: Projection, now_ms: int) -> list[int]:
    """The moments, from now on, at which the sky of what is there ends."""
    flown = (each.volume for _, value in projection.flights.current_items() for each in value.volumes)
    closed = (each for _, value in projection.constraints.current_items() for each in value.volumes)
    held = (
        part
        for _, value in projection.reservations.current_items()
        for part in (value.regions if value.volume is None else (value.volume,))
    )
    ends = {part.time_end_ms for parts in (flown, closed, held) for part in parts}
    return sorted(end_ms for end_ms in ends if now_ms <= end_ms < now_ms + 120 * MINUTE_MS)


def _plainly(point: RoutePoint) -> RoutePoint:
    """The place, time and level of a point, without what else is said of it."""
    return RoutePoint(
        latitude_e7deg=point.latitude_e7deg,
        longitude_e7deg=point.longitude_e7deg,
        time_ms=point.time_ms,
        level=point.level,
    )


def _at_time(point: RoutePoint, time_ms: int) -> RoutePoint:
    return msgspec.structs.replace(point, time_ms=time_ms)


def _moved(points: tuple[RoutePoint, ...], later_ms: int) -> tuple[RoutePoint, ...]:
    return tuple(_at_time(point, point.time_ms + later_ms) for point in points)
