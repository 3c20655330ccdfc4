"""Openings: what corridors still have room for a given flight, and the plans that lead through them.

What is taken of each strip at each level is found by the very rules of admission, for the flight that asks:
its centre, its equipment, its corridors' minima and its tolerances. So a plan made here would be admitted, as
long as nothing is there that was not named here, and the rest (quotas, other authorities) allows it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from mamarr.airspace import DeclaredCorridor, Terms, corridors
from mamarr.airspace.occupancy import Group, Kind, Occupancy
from mamarr.airspace.windows import Window
from mamarr.conflicts import Minima, VolumeIndex
from mamarr.faults import Refusal, limit_reached
from mamarr.flights import admission, network, protection
from mamarr.flights.network import Way, Ways
from mamarr.flights.plans import POINTS_MAX, STAY_RADIUS_MM, Plan, RoutePoint
from mamarr.flights.protection import Tolerance
from mamarr.flights.router import Leg, Route, Router
from mamarr.flights.taken import MOMENT_FIRST_MS, MOMENT_LAST_MS, NOBODY, Taken
from mamarr.geometry import Datum, Footprint, Shape, footprints, tolerance
from mamarr.geometry.altitude import FiledLevel, filed_mm
from mamarr.geometry.volumes import TIME_LAST_MS

Row = tuple[int, int]  # strip and level


class Openings:
    """A network of corridors as one flight finds it.

    ways: the network and what its numbers stand for. levels: what its levels are. router: answers wishes on
    it. closed: segments of corridors that ask for more than the flight is equipped for. present: what is
    there, in the order of the sources of what is taken.
    """

    def __init__(
        self,
        declared: Mapping[str, DeclaredCorridor],
        levels: Sequence[FiledLevel],
        flight: Occupancy,
        plan: Plan,
        present: Iterable[Occupancy],
        terms: Terms,
        within: Tolerance,
        *,
        stays_ms: Mapping[tuple[int, int], int] = {},
        climbs: bool = True,
    ) -> None:
        """Find what is taken.

        declared: the corridors, by id. levels: that may be flown, on flight levels, ascending. flight: what
        is asked, of any volume. plan: who flies and how equipped; its route does not matter. present: all
        that is there. within: how much earlier and later than planned the flight may be. stays_ms: how long
        it may stay at a place, latitude and longitude in 1e-7 degree. climbs: whether wishes may change the
        level; then what lies wholly between two levels takes the upper of them too.
        ValueError without corridors or levels, or when the levels do not ascend.
        """
        self.levels = tuple(levels)
        self._levels_mm = [filed_mm(each) for each in self.levels]
        if any(low >= high for low, high in pairwise(self._levels_mm)):
            raise ValueError("levels: do not ascend")
        self.ways: Ways = network.of_corridors(declared, levels=len(self.levels), stays_ms=stays_ms)
        self.present = tuple(present)
        self._declared, self._plan, self._flight, self._terms = declared, plan, flight, terms
        self._within, self._climbs = within, climbs
        groups = [way.corridor_id for way in self.ways.ways]
        self.closed = tuple(at for at, each in enumerate(groups) if not self._is_equipped_for(each))
        rows = [*self._shut(), *self._held()]
        taken = Taken(self.ways.network, *zip(*rows, strict=True)) if rows else None
        self.router = Router(self.ways.network, taken, groups=groups)

    def plan_of(self, route: Route) -> Plan | Refusal:
        """The plan that flies `route`; a Refusal when it has more points than a plan may have."""
        points: list[RoutePoint] = []
        stay: Leg | None = None
        for leg in route.legs:
            if leg.segment is None:
                stay = leg
                continue
            corridor_id = self.ways.ways[leg.segment].corridor_id
            start = self._point(leg.from_point, stay or leg, leg.level_from)
            points.append(
                msgspec.structs.replace(
                    start,
                    corridor_id=corridor_id,
                    stay_ms=0 if stay is None else stay.leave_ms - stay.enter_ms,
                )
            )
            stay = None
        last = route.legs[-1]
        end = self._point(last.to_point, last, last.level_to)
        points.append(msgspec.structs.replace(end, time_ms=last.leave_ms))
        if len(points) > POINTS_MAX:
            return limit_reached("points_max")
        return msgspec.structs.replace(self._plan, route=tuple(points))

    def near(self, lateral_mm: int) -> tuple[tuple[int, ...], ...]:
        """Of each strip, the others that come nearer to it than `lateral_mm`."""
        index: VolumeIndex[int] = VolumeIndex()
        rows = {strip: row.volume for (strip, level), row in self._rows() if level == 0}
        index.insert_many(rows.items())
        minima = Minima(lateral_mm=lateral_mm)
        found = (sorted(index.conflicts(volume, minima)) for volume in rows.values())
        return tuple(
            tuple(other for other in near if other != strip) for strip, near in zip(rows, found, strict=True)
        )

    def _point(self, point: int, leg: Leg, level: int) -> RoutePoint:
        latitude_e7deg, longitude_e7deg = self.ways.places[point]
        return RoutePoint(
            latitude_e7deg=latitude_e7deg,
            longitude_e7deg=longitude_e7deg,
            time_ms=leg.enter_ms,
            level=self.levels[level],
        )

    def _is_equipped_for(self, corridor_id: str) -> bool:
        corridor = self._declared[corridor_id].corridor
        return corridors.is_met_by(corridor, self._plan.navigation_specification)

    # --- what is shut -------------------------------------------------------------------------------------

    def _shut(self) -> Iterator[tuple[int, int, int, int, int]]:
        """Levels that a corridor does not hold, and times when it is not open."""
        for strip, way in enumerate(self.ways.strips):
            corridor = self._declared[way.corridor_id].corridor
            times = tuple(_shut_between(corridor.windows))
            for level, level_mm in enumerate(self._levels_mm):
                if not protection.holds_levels(corridor, level_mm, level_mm):
                    yield strip, level, MOMENT_FIRST_MS, MOMENT_LAST_MS, NOBODY
                else:
                    yield from ((strip, level, start, end, NOBODY) for start, end in times)

    # --- what is held -------------------------------------------------------------------------------------

    def _held(self) -> Iterator[tuple[int, int, int, int, int]]:
        """What is there, for each strip and level that it comes too near to."""
        rows = dict(self._rows())
        indexes: dict[Group, VolumeIndex[Row]] = defaultdict(VolumeIndex)
        for row, each in rows.items():
            indexes[admission.group(each)].insert(row, each.volume)
        for source, there in enumerate(self.present):
            for row, minima in self._near(rows, indexes, there):
                start_ms = there.volume.time_start_ms - self._within.after_ms - minima.time_ms
                end_ms = there.volume.time_end_ms + self._within.before_ms + minima.time_ms
                yield *row, start_ms, end_ms, source

    def _near(
        self, rows: Mapping[Row, Occupancy], indexes: Mapping[Group, VolumeIndex[Row]], there: Occupancy
    ) -> Iterator[tuple[Row, Minima]]:
        """The strips and levels that something comes too near to, by what minima."""
        found: dict[Row, Minima] = {}
        between: dict[Row, Minima] = {}
        for group, index in indexes.items():
            searched = admission.between(group, admission.group(there), self._terms)
            for row in index.conflicts(there.volume, searched):
                minima = admission.minima(rows[row], there, self._terms)
                if minima is None or not admission.refuses(rows[row], there):
                    continue
                if minima == searched or index.nearer(row, there.volume, minima):
                    (found if row[1] >= 0 else between)[row] = minima
        yield from found.items()
        for (strip, above), minima in between.items():
            # It lies wholly between two levels: whoever climbs or descends passes it. Rare, so the upper of
            # the two is taken too, though level flight would miss it.
            if (strip, ~above) not in found and (strip, ~above - 1) not in found:
                yield (strip, ~above), minima

    def _rows(self) -> Iterator[tuple[Row, Occupancy]]:
        """Each strip at each level, for all time; level ~n is what lies between level n and the one below."""
        network = self.ways.network
        for strip in range(network.strips_count):
            way = self.ways.strips[strip] if strip < len(self.ways.strips) else None
            core = self._core(strip, way)
            for level, level_mm in enumerate(self._levels_mm):
                yield (strip, level), self._row(core, way, level_mm, level_mm)
                if self._climbs and level and way is not None and level_mm - self._levels_mm[level - 1] > 2:
                    below_mm = self._levels_mm[level - 1] + 1
                    yield (strip, ~level), self._row(core, way, below_mm, level_mm - 1)

    def _core(self, strip: int, way: Way | None) -> Footprint:
        if way is None:
            network = self.ways.network
            point = next(
                point
                for point in range(network.points_count)
                if network.stays_ms[point] and network.stay_strip(point) == strip
            )
            return footprints.circle(self.ways.places[point], STAY_RADIUS_MM)
        declared = self._declared[way.corridor_id]
        line = corridors.line(declared, way.from_index, way.to_index)
        return Footprint(shape=Shape.PATH, vertices=line, radius_mm=declared.corridor.half_width_mm)

    def _row(self, core: Footprint, way: Way | None, lower_mm: int, upper_mm: int) -> Occupancy:
        formation = self._plan.formation
        volume = tolerance.about(
            core,
            datum=Datum.STD,
            lower_mm=lower_mm,
            upper_mm=upper_mm,
            entry_ms=0,
            exit_ms=TIME_LAST_MS,
            before_ms=0,
            after_ms=0,
            lateral_mm=formation.lateral_mm if formation else 0,
            vertical_mm=formation.vertical_mm if formation else 0,
        )
        corridor = None if way is None else self._declared[way.corridor_id].corridor
        return msgspec.structs.replace(
            self._flight,
            kind=Kind.FLIGHT,
            volume=volume,
            has_rvsm=self._plan.has_rvsm,
            handling=self._plan.handling,
            longitudinal_minimum_ms=0 if corridor is None else corridor.longitudinal_minimum_ms,
            lateral_minimum_mm=0 if corridor is None else corridor.lateral_minimum_mm,
            vertical_minimum_mm=0 if corridor is None else corridor.vertical_minimum_mm,
        )


def _shut_between(windows: Iterable[Window]) -> Iterator[tuple[int, int]]:
    """When windows are not open; no window at all means always."""
    listed = sorted(windows, key=lambda window: window.time_start_ms)
    if not listed:
        return
    reached_ms = MOMENT_FIRST_MS
    for window in listed:
        if window.time_start_ms > reached_ms:
            yield reached_ms, window.time_start_ms
        reached_ms = max(reached_ms, window.time_end_ms)
    yield reached_ms, MOMENT_LAST_MS
