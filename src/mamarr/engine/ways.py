"""Other ways through the corridors, for a plan that was refused on some of them.

A search of routes in two steps, so that its cost does not grow with all that is held. First, where nothing is
taken, the shortest ways between the same ends without the corridors in question: at most WAYS_MAX, in a
network of the corridors that lie about. Then, on the corridors of these alone, with what is held there at the
level of the plan, the first arrival (`flights.Router`).
"""

from collections.abc import Callable, Collection, Iterator
from itertools import pairwise

import msgspec

from mamarr.airspace import DeclaredCorridor, corridors
from mamarr.airspace.occupancy import Kind, Occupancy
from mamarr.engine import occupancies, surroundings
from mamarr.engine.projection import Projection
from mamarr.faults import Refusal, Unavailable
from mamarr.flights import Plan, RoutePoint, Router, Wish, flights, network, protection
from mamarr.flights.openings import Openings
from mamarr.flights.router import SPEED_MAX_MPS, SPEED_MIN_MPS, Route
from mamarr.geometry import Datum, Footprint, Shape, geodesy, tolerance
from mamarr.geometry.altitude import LevelKind, filed_mm
from mamarr.geometry.footprints import TURN_E7DEG
from mamarr.geometry.units import MS_PER_S, deg_from_e7deg
from mamarr.geometry.volumes import TIME_LAST_MS

WAYS_MAX = 3  # chosen: others are rarely wanted, and each makes the second step longer
CORRIDORS_MAX = 300  # chosen: some 10 ms; of more that lie about, those with the first ids
PRESENT_MAX = 2_000  # chosen: what is held on these ways within the hours; with more none is looked for
ABOUT_E7DEG = 10_000_000  # chosen: 1 degree about the flight and once its own extent, whatever is less
WAIT_MAX_MS = 60 * 60_000  # chosen: a plan that leaves later is another kind of alternative
LONGER_MAX = 3  # chosen: times as long as the stretch takes; a longer way is no alternative
MINUTE_MS = 60_000
STANDARD = (LevelKind.F, LevelKind.S)  # levels above the standard pressure, as corridors are searched by
Place = tuple[int, int]  # latitude and longitude, 1e-7 degree


class Stretch(msgspec.Struct, frozen=True):
    """Legs that follow each other on corridors. first, last: the points where it begins and ends."""

    first: int
    last: int


def by_other_ways(
    projection: Projection,
    asked: flights.File | flights.Revise,
    refused: flights.Facts,
    *,
    legs: Collection[int],
    now_ms: int,
    knows: Callable[[Occupancy], bool],
) -> Iterator[Plan]:
    """The plan with a stretch of it flown along other corridors, at the level at which the stretch begins.

    refused: what was known of it. legs: those where something stands in the way; none: nobody may know where.
    knows: what the asker may know to exist.
    """
    route = asked.plan.route
    for stretch in stretches(route):
        numbers = range(stretch.first, stretch.last)
        closed = {route[leg].corridor_id for leg in numbers if leg in legs or not legs}
        if not closed or route[stretch.first].level.kind not in STANDARD:
            continue
        search = _Search(projection, asked, refused, stretch, now_ms, knows)
        yield from search.plans({each for each in closed if each is not None})


def stretches(route: tuple[RoutePoint, ...]) -> Iterator[Stretch]:
    """The stretches of a route. A point where the flight holds ends one: it would hold there all the same."""
    first = 0
    for number, point in enumerate(route):
        is_on = point.corridor_id is not None and number < len(route) - 1
        if number > first and (not is_on or point.stay_ms):
            yield Stretch(first, number)
            first = number
        if not is_on:
            first = number + 1


class _Search:
    """The search for one stretch of one plan."""

    def __init__(
        self,
        projection: Projection,
        asked: flights.File | flights.Revise,
        refused: flights.Facts,
        stretch: Stretch,
        now_ms: int,
        knows: Callable[[Occupancy], bool],
    ) -> None:
        self._projection, self._asked, self._refused = projection, asked, refused
        self._stretch, self._now_ms, self._knows = stretch, now_ms, knows
        self._plan, self._route = asked.plan, asked.plan.route
        self._start, self._end = self._route[stretch.first], self._route[stretch.last]
        self._left_ms = self._start.time_ms + self._start.stay_ms
        self._own = occupancies.of_plan(
            asked.flight_id, refused.party, refused.centre, self._plan, refused.volumes
        )[0]

    def plans(self, closed: Collection[str]) -> Iterator[Plan]:
        """The plans found, the first arrival first; none where the stretch cannot be searched."""
        speed_mps = self._speed_mps()
        about = self._about(closed)
        if not SPEED_MIN_MPS <= speed_mps <= SPEED_MAX_MPS or not about:
            return
        used = self._shortest(about, speed_mps)
        if not used:
            return
        present = self._present(used)
        if len(present) > PRESENT_MAX:
            return
        within = protection.before_departure(self._projection.terms_in_force())
        openings = Openings(
            used,
            (self._start.level,),
            self._own,
            self._plan,
            present,
            self._projection.terms_in_force(),
            within,
            climbs=False,
        )
        for route in self._first_arrivals(openings, speed_mps):
            plan = openings.plan_of(route)
            if not isinstance(plan, Refusal):
                yield from self._with(plan.route)

    def _speed_mps(self) -> float:
        """The speed of the plan on the stretch, by its times; 0 where it takes none."""
        points = self._route[self._stretch.first : self._stretch.last + 1]
        length_m = sum(
            geodesy.distance_m(*_degrees(one), *_degrees(other)) for one, other in pairwise(points)
        )
        duration_ms = self._end.time_ms - self._left_ms
        return length_m * MS_PER_S / duration_ms if duration_ms > 0 else 0.0

    def _about(self, closed: Collection[str]) -> dict[str, DeclaredCorridor]:
        """The corridors that may be flown and have a point near the stretch, but for those closed."""
        points = self._route[self._stretch.first : self._stretch.last + 1]
        latitudes = [point.latitude_e7deg for point in points]
        west_e7deg, extent_e7deg = _span([point.longitude_e7deg for point in points])
        about_e7deg = ABOUT_E7DEG + max(extent_e7deg, max(latitudes) - min(latitudes))
        low, high = min(latitudes) - about_e7deg, max(latitudes) + about_e7deg
        found: dict[str, DeclaredCorridor] = {}
        for corridor_id, declared in sorted(self._projection.corridors.current_items()):
            corridor = declared.corridor
            if corridor_id in closed or not corridors.is_met_by(
                corridor, self._plan.navigation_specification
            ):
                continue
            if any(
                low <= point.latitude_e7deg <= high
                and (point.longitude_e7deg - west_e7deg + about_e7deg) % TURN_E7DEG
                <= extent_e7deg + 2 * about_e7deg
                for point in corridor.points
            ):
                found[corridor_id] = declared
                if len(found) == CORRIDORS_MAX:
                    break
        return found

    def _shortest(self, about: dict[str, DeclaredCorridor], speed_mps: float) -> dict[str, DeclaredCorridor]:
        """The corridors of the shortest ways, where nothing is taken."""
        bare = network.of_corridors(about, levels=1)
        groups = [way.corridor_id for way in bare.ways]
        ends = [bare.point_at(each.latitude_e7deg, each.longitude_e7deg) for each in (self._start, self._end)]
        origin, destination = ends
        if origin is None or destination is None or origin == destination:
            return {}
        router = Router(bare.network, groups=groups)
        used: dict[str, DeclaredCorridor] = {}
        closed: set[int] = set()
        for _ in range(WAYS_MAX):
            wish = Wish(
                origin=origin,
                destination=destination,
                departure_from_ms=0,
                departure_to_ms=0,
                speeds_mps=(speed_mps,),
                closed=tuple(sorted(closed)),
            )
            found = _routed(router, wish)
            if found is None:
                break
            longest = router.longest(found)
            used |= {groups[at]: about[groups[at]] for at in found.segments}
            closed |= {at for at, group in enumerate(groups) if group == longest}
        return used

    def _present(self, used: dict[str, DeclaredCorridor]) -> tuple[Occupancy, ...]:
        """What is held near the corridors at the level, within the hours, of what the asker may know."""
        level_mm = filed_mm(self._start.level)
        own = [self._along(declared, level_mm) for _, declared in sorted(used.items())]
        but = (Kind.FLIGHT, self._asked.flight_id)
        near = surroundings.all_near(self._projection, own, now_ms=self._now_ms, but=but, knows=self._knows)
        found: dict[tuple[Kind, str, int], Occupancy] = {}
        for _, there, _ in near:
            found[there.kind, there.object_id, there.number] = there
            if len(found) > PRESENT_MAX:
                break
        return tuple(each for _, each in sorted(found.items()))

    def _along(self, declared: DeclaredCorridor, level_mm: int) -> Occupancy:
        """All of a corridor at the level, as the flight would hold it, for as long as it may be about."""
        corridor, formation = declared.corridor, self._plan.formation
        line = corridors.line(declared, 0, len(corridor.points) - 1)
        within = protection.before_departure(self._projection.terms_in_force())
        duration_ms = self._end.time_ms - self._left_ms
        return msgspec.structs.replace(
            self._own,
            volume=tolerance.about(
                Footprint(shape=Shape.PATH, vertices=line, radius_mm=corridor.half_width_mm),
                datum=Datum.STD,
                lower_mm=level_mm,
                upper_mm=level_mm,
                entry_ms=self._left_ms,
                exit_ms=min(self._left_ms + WAIT_MAX_MS + LONGER_MAX * duration_ms, TIME_LAST_MS),
                before_ms=within.before_ms,
                after_ms=within.after_ms,
                lateral_mm=formation.lateral_mm if formation else 0,
                vertical_mm=formation.vertical_mm if formation else 0,
            ),
            longitudinal_minimum_ms=corridor.longitudinal_minimum_ms,
            lateral_minimum_mm=corridor.lateral_minimum_mm,
            vertical_minimum_mm=corridor.vertical_minimum_mm,
        )

    def _first_arrivals(self, openings: Openings, speed_mps: float) -> Iterator[Route]:
        """The first arrival; and the first without the corridor that it flies longest."""
        ends = [
            openings.ways.point_at(each.latitude_e7deg, each.longitude_e7deg)
            for each in (self._start, self._end)
        ]
        origin, destination = ends
        if origin is None or destination is None:
            return
        # Before the stretch the plan flies as it did: it comes when it comes.
        may_wait_ms = 0 if self._stretch.first or self._start.stay_ms else WAIT_MAX_MS
        duration_ms = self._end.time_ms - self._left_ms
        wish = Wish(
            origin=origin,
            destination=destination,
            departure_from_ms=self._left_ms,
            departure_to_ms=self._left_ms + may_wait_ms,
            arrival_by_ms=self._left_ms + may_wait_ms + LONGER_MAX * duration_ms,
            speeds_mps=(speed_mps,),
            closed=openings.closed,
        )
        for _ in range(WAYS_MAX):
            found = _routed(openings.router, wish)
            if found is None:
                return
            yield found
            longest = openings.router.longest(found)
            closed = {at for at, way in enumerate(openings.ways.ways) if way.corridor_id == longest}
            wish = msgspec.structs.replace(wish, closed=tuple(sorted({*wish.closed, *closed})))

    def _with(self, flown: tuple[RoutePoint, ...]) -> Iterator[Plan]:
        """The plan with the stretch flown so: in whole minutes where it may wait, and as it was found."""
        waits_ms = flown[0].time_ms - self._left_ms
        for later_ms in sorted({-waits_ms % MINUTE_MS, 0}, reverse=True):
            first, *between, last = (
                msgspec.structs.replace(point, time_ms=point.time_ms + later_ms) for point in flown
            )
            start = msgspec.structs.replace(
                self._start, time_ms=first.time_ms - self._start.stay_ms, corridor_id=first.corridor_id
            )
            after_ms = last.time_ms - self._end.time_ms
            after = (
                msgspec.structs.replace(point, time_ms=point.time_ms + after_ms)
                for point in self._route[self._stretch.last :]
            )
            try:
                yield msgspec.structs.replace(
                    self._plan, route=(*self._route[: self._stretch.first], start, *between, *after)
                )
            except ValueError:  # more points, or longer, than a plan may have
                continue


def _routed(router: Router, wish: Wish) -> Route | None:
    try:
        found = router.route(wish)
    except Unavailable:  # more than a search may take
        return None
    return found if isinstance(found, Route) else None


def _degrees(point: RoutePoint) -> tuple[float, float]:
    return deg_from_e7deg(point.latitude_e7deg), deg_from_e7deg(point.longitude_e7deg)


def _span(longitudes_e7deg: list[int]) -> tuple[int, int]:
    """The shortest arc that has all these longitudes: its western end and its extent."""
    listed = sorted({each % TURN_E7DEG for each in longitudes_e7deg})
    gaps = [
        ((after - before) % TURN_E7DEG or TURN_E7DEG, after)
        for before, after in zip(listed, (*listed[1:], listed[0]), strict=True)
    ]
    widest_e7deg, west_e7deg = max(gaps)
    return west_e7deg, TURN_E7DEG - widest_e7deg
