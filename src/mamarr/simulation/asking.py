"""What the parties of a simulated world ask: mostly what makes sense, now and then what does not."""

from collections.abc import Callable
from datetime import datetime
from random import Random

import msgspec

from mamarr.airspace import Constraint, Terms, constraints, reservations
from mamarr.airspace.constraints import DeclareConstraint, SpecialHandling, WithdrawConstraint
from mamarr.airspace.corridors import NavigationSpecification
from mamarr.airspace.reservations import (
    Accept,
    Activate,
    Deactivate,
    Movement,
    MovementPoint,
    Pend,
    Phase,
    Release,
    ReportUse,
    Reservation,
    Reserve,
    Status,
)
from mamarr.airspace.terms import SetTerms
from mamarr.engine import Projection
from mamarr.engine.orders import Command
from mamarr.faults import present
from mamarr.flights import Condition, Flight, Plan, Position, RoutePoint, Stage, flights, imposed
from mamarr.flights.plans import Formation
from mamarr.geometry import Box, Datum, Volume, footprints
from mamarr.geometry.altitude import filed_level
from mamarr.geometry.units import epoch_ms
from mamarr.simulation.scenery import (
    DEG,
    FL_MM,
    LINES,
    MINUTE_MS,
    NM_MM,
    OUTSIDE,
    PARTIES,
    PARTY,
    PLACES,
    Place,
    at,
)

LEVELS = ("F280", "F290", "F300", "F310", "F320", "F400", "F410")
LEG_MINUTES = (4, 6, 9)
RADII_NM = (5, 12)

Wish = tuple[str, Command]  # who asks what


class Askers:
    """Everybody who asks, driven by `chance` alone.

    projection: of the node as it is now, so that what is asked often is about what is there.
    """

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        about_areas = chance.random() < 0.3  # some worlds are about reservations, so that these live long
        self._wishes: tuple[tuple[Callable[[Projection, int], Wish], int], ...] = (
            (self._file, 4 if about_areas else 34),
            (self._about_flight, 4 if about_areas else 36),
            (self._reserve, 40 if about_areas else 16),
            (self._about_reservation, 70 if about_areas else 18),
            (self._of_the_node, 8),
        )

    def wish(self, projection: Projection, now: datetime) -> Wish:
        """Who asks what."""
        makers, weights = zip(*self._wishes, strict=True)
        maker: Callable[[Projection, int], Wish] = self.chance.choices(makers, weights)[0]
        party, command = maker(projection, epoch_ms(now))
        return (self.chance.choice(PARTIES) if self.chance.random() < 0.03 else party), command

    def _often(self, ratio: float) -> bool:
        return self.chance.random() < ratio

    # --- flights ------------------------------------------------------------------------------------------

    def _file(self, projection: Projection, now_ms: int) -> Wish:
        party, name = self.chance.choice(PARTIES), f"F{self.chance.randrange(30)}"
        file = flights.File(
            flight_id=name,
            plan=self.plan(projection, party, now_ms, name),
            is_provisional=self._often(0.25),
            party="relief" if party == PARTY and self._often(0.1) else None,
        )
        return party, file

    def plan(self, projection: Projection, party: str, now_ms: int, name: str) -> Plan:
        """A plan of `party` for the flight `name`: along a corridor or off them, mostly soon."""
        kind = self.chance.choices((self._along, self._direct, self._holding), (10, 5, 2))[0]
        start_ms = now_ms // MINUTE_MS * MINUTE_MS + self.chance.randrange(-12, 30) * MINUTE_MS
        route = kind(start_ms)
        count = 2 if self._often(0.25) else 1
        formation = Formation(
            lateral_mm=self.chance.choice((1, 3)) * NM_MM, vertical_mm=self.chance.choice((1, 6)) * FL_MM
        )
        formed = sorted(
            key
            for key, value in projection.flights.current_items()
            if key != name and value.party == party and value.plan.aircraft_count > 1
        )
        leader = self.chance.choice(formed) if formed and self._often(0.15) else None
        reasons = (SpecialHandling.MARSA, SpecialHandling.STATE, SpecialHandling.MEDEVAC)
        return Plan(
            identification=f"SIM{self.chance.randrange(99)}",
            aircraft_type="A320",
            route=route,
            aircraft_count=count,
            formation=formation if count > 1 else None,
            has_rvsm=self._often(0.5),
            handling=(self.chance.choice(reasons),) if self._often(0.25) else (),
            navigation_specification=self.chance.choice(
                (NavigationSpecification.RNAV_1, NavigationSpecification.RNAV_2)
                if self._often(0.95)
                else (NavigationSpecification.RNAV_10,)
            ),
            serving_centre=self.chance.choice(("south-centre", "north-centre", "no-centre"))
            if self._often(0.08)
            else None,
            is_due_regard=self._often(0.06),
            joins=leader if self._often(0.5) else None,
        )

    def _route(self, places: list[Place], start_ms: int, corridor_id: str | None) -> tuple[RoutePoint, ...]:
        """Points over `places`: one level or a block, some with a climb, some with a stay."""
        level = self.chance.choice(LEVELS)
        points, time_ms = [], start_ms
        for number, place in enumerate(places):
            if self._often(0.12):
                level = self.chance.choice(LEVELS)
            upper = "F320" if level in ("F300", "F310") and self._often(0.1) else None
            stay_ms = self.chance.choice((5, 15)) * MINUTE_MS if self._often(0.06) or len(places) == 1 else 0
            latitude_e7deg, longitude_e7deg = at(place)
            last = number == len(places) - 1
            points.append(
                RoutePoint(
                    latitude_e7deg=latitude_e7deg,
                    longitude_e7deg=longitude_e7deg,
                    time_ms=time_ms,
                    level=filed_level(level),
                    level_upper=None if upper is None else filed_level(upper),
                    stay_ms=stay_ms,
                    stay_radius_mm=self.chance.choice((3, 10)) * NM_MM,
                    corridor_id=None if last else corridor_id,
                )
            )
            time_ms += stay_ms + self.chance.choice(LEG_MINUTES) * MINUTE_MS
        return tuple(points)

    def _along(self, start_ms: int) -> tuple[RoutePoint, ...]:
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
        return self._route(places, start_ms, corridor_id)

    def _direct(self, start_ms: int) -> tuple[RoutePoint, ...]:
        places = self.chance.sample(PLACES, self.chance.choice((2, 2, 3)))
        if self._often(0.3):
            places[-1] = self.chance.choice(OUTSIDE)
        return self._route(places, start_ms, None)

    def _holding(self, start_ms: int) -> tuple[RoutePoint, ...]:
        return self._route([self.chance.choice(PLACES)], start_ms, None)

    def _about_flight(self, projection: Projection, now_ms: int) -> Wish:
        """A report or a change of a flight that is there, mostly one that makes sense now."""
        there = sorted(projection.flights.current_items())
        if not there:
            return self._file(projection, now_ms)
        name, value = self.chance.choice(there)
        party = value.party if self._often(0.9) else self.chance.choice(PARTIES)
        if self._often(0.15):
            plan = self.plan(projection, value.party, now_ms, name)
            return party, flights.Revise(flight_id=name, plan=plan)
        if self._often(0.15):
            return party, self._condition(value)
        if value.is_airborne:
            return party, self._of_airborne(value, now_ms)
        if value.stage is Stage.PROVISIONAL and self._often(0.5):
            return party, flights.Confirm(flight_id=name)
        if self._often(0.2):
            return party, flights.Withdraw(flight_id=name)
        return party, flights.ReportAirborne(flight_id=name, time_ms=self._reported_ms(value, 0, now_ms))

    def _of_airborne(self, value: Flight, now_ms: int) -> Command:
        point = (value.passed or 0) + 1
        if point < len(value.plan.route) and self._often(0.7):
            time_ms = self._reported_ms(value, point, now_ms)
            return flights.ReportPassing(flight_id=value.flight_id, point=point, time_ms=time_ms)
        if self._often(0.4):
            return flights.ReportEnded(flight_id=value.flight_id)
        return flights.Withdraw(flight_id=value.flight_id)

    def _reported_ms(self, value: Flight, point: int, now_ms: int) -> int:
        """About when it was planned, where that can be reported now; else a moment ago."""
        if self._often(0.04):
            return now_ms + 10 * MINUTE_MS  # nobody can know that
        planned_ms = value.plan.route[point].time_ms + self.chance.randrange(-4, 5) * MINUTE_MS
        return planned_ms if planned_ms <= now_ms and self._often(0.7) else now_ms

    def _condition(self, value: Flight) -> flights.ReportCondition:
        condition = self.chance.choice(
            (
                Condition.EMERGENCY,
                Condition.EMERGENCY,
                Condition.COMM_LOST,
                Condition.COMM_LOST,
                Condition.DEVIATING,
                Condition.NORMAL,
            )
        )
        latitude_e7deg, longitude_e7deg = at(self.chance.choice(PLACES))
        position = Position(
            latitude_e7deg=latitude_e7deg,
            longitude_e7deg=longitude_e7deg,
            level=filed_level(self.chance.choice(LEVELS)),
        )
        return flights.ReportCondition(
            flight_id=value.flight_id,
            condition=condition,
            position=position if self._often(0.6) else None,
            has_surveillance=self._often(0.5),
        )

    # --- reservations -------------------------------------------------------------------------------------

    def _about_reservation(self, projection: Projection, now_ms: int) -> Wish:
        """What a holder asks about the status of what it holds."""
        held = sorted(projection.reservations.current_items())
        if not held:
            return self._reserve(projection, now_ms)
        now = [
            item
            for item in held
            if reservations.time_start_ms(item[1]) <= now_ms < reservations.time_end_ms(item[1])
        ]
        late = [value.volume for _, value in held if value.volume and reservations.is_overrun(value, now_ms)]
        after = [item for item in now if any(_is_above(item[1].volume, box) for box in late)]
        if after and self._often(0.7):
            now = after
        name, value = self.chance.choice(now if now and self._often(0.7) else held)
        usual: dict[Status, Command] = {
            Status.AVBL_FOR_ACTIVATION: Pend(reservation_id=name),
            Status.PENDING: Activate(reservation_id=name),
            Status.ACTIVE: ReportUse(reservation_id=name, is_in_use=True),
            Status.IN_USE: ReportUse(reservation_id=name, is_in_use=False),
            Status.INACTIVE: Pend(reservation_id=name),
        }
        command = usual[value.status] if value.phase == Phase.ALLOCATED else Accept(reservation_id=name)
        if self._often(0.3):
            command = self.chance.choice([*usual.values(), Deactivate(reservation_id=name)])
        return (value.holder if self._often(0.9) else self.chance.choice(PARTIES)), command

    def _reserve(self, projection: Projection, now_ms: int) -> Wish:
        """Sky that often meets others: a small sky, few ids."""
        party, reservation_id = self.chance.choice(PARTIES), f"R{self.chance.randrange(40)}"
        if self._often(0.3):
            return party, Release(reservation_id=reservation_id)
        busy = [
            value
            for _, value in sorted(projection.reservations.current_items())
            if value.volume and value.status in reservations.OCCUPIED
        ]
        if busy and self._often(0.3):
            return self._next_in(self.chance.choice(busy), reservation_id, now_ms)
        contact = self.chance.choice((None, f"Duty desk {self.chance.randrange(9)}"))
        bare = Reserve(
            reservation_id=reservation_id,
            volume=self._box(projection, now_ms),
            contact=contact,
            user_keeps_clear=self._often(0.7),
            waits=self._often(0.2),
            provisional=self._often(0.2),
        )
        shaped = self.chance.random()
        if shaped < 0.08:
            region = self._disc(now_ms, Datum.WGS84)
            return party, msgspec.structs.replace(bare, volume=None, regions=(region,))
        if shaped < 0.14:
            return party, msgspec.structs.replace(bare, volume=None, movement=self._movement(now_ms))
        return party, bare

    def _next_in(self, before: Reservation, reservation_id: str, now_ms: int) -> Wish:
        """Its holder asks for the same sky as soon as it is to end; perhaps it is still there then."""
        box = present(before.volume, "chosen for it")
        start_ms = max(box.time_end_ms, now_ms)
        asked = msgspec.structs.replace(box, time_start_ms=start_ms, time_end_ms=start_ms + 30 * MINUTE_MS)
        return before.holder, Reserve(reservation_id=reservation_id, volume=asked)

    def _box(self, projection: Projection, now_ms: int) -> Box:
        """A box on a coarse grid, so that sides often touch: by the pole, or where the flights are.

        Some follow, back to back, what is held already.
        """
        held = [value for _, value in sorted(projection.reservations.current_items()) if value.volume]
        busy = [value for value in held if value.status in reservations.OCCUPIED]
        boxes = [value.volume for value in (busy if busy and self._often(0.7) else held) if value.volume]
        if boxes and self._often(0.6 if busy else 0.4):
            before = self.chance.choice(boxes)
            length_ms = self.chance.choice((2, 10)) * MINUTE_MS
            if before.time_end_ms <= now_ms:  # perhaps somebody is still there
                before = msgspec.structs.replace(before, time_end_ms=now_ms)
            return msgspec.structs.replace(
                before, time_start_ms=before.time_end_ms, time_end_ms=before.time_end_ms + length_ms
            )
        start_ms = now_ms // MINUTE_MS * MINUTE_MS + self.chance.randrange(-1, 4) * MINUTE_MS
        by_pole = self._often(0.7)
        south, west, high, wide = self._by_the_pole() if by_pole else self._among_flights()
        floor_mm = self.chance.randrange(0, 4) * 1_000_000 + (0 if by_pole else 7_000_000)
        return Box(
            latitude_south_e7deg=south,
            latitude_north_e7deg=south + high,
            longitude_west_e7deg=west,
            longitude_east_e7deg=(west + wide + 180 * DEG) % (360 * DEG) - 180 * DEG,
            altitude_lower_mm=floor_mm,
            altitude_upper_mm=floor_mm + self.chance.choice((1, 2)) * 1_000_000,
            time_start_ms=start_ms,
            time_end_ms=start_ms + self.chance.choice((1, 2, 30)) * MINUTE_MS,
        )

    def _by_the_pole(self) -> tuple[int, int, int, int]:
        """South, west, height and width in 1e-7 degree; rarely one that a wide polygon is needed for."""
        half = DEG // 2
        wide = self.chance.choices((15, 30, 350), (20, 10, 0.3))[0]
        south = (2 * 88 + self.chance.randrange(0, 3)) * half
        high = self.chance.choice((1, 1, 2) if south < 89 * DEG else (1,)) * half
        return south, self.chance.choice((-180, -15, 0, 150, 165)) * DEG, high, wide * DEG

    def _among_flights(self) -> tuple[int, int, int, int]:
        south = 50 * DEG + self.chance.randrange(0, 10) * DEG * 3 // 10
        return south, self.chance.choice((179, -180)) * DEG, DEG * 3 // 10, DEG // 2

    def _disc(self, now_ms: int, datum: Datum) -> Volume:
        """A circle of sky, often on one of two ways between the same ends."""
        place = LINES["A"][1] if self._often(0.4) else self.chance.choice(PLACES)
        floor_mm = self.chance.choice((270, 300, 320)) * FL_MM
        start_ms = now_ms + self.chance.randrange(-5, 30) * MINUTE_MS
        return Volume(
            footprint=footprints.circle(at(place), self.chance.choice(RADII_NM) * NM_MM),
            datum=datum,
            lower_mm=floor_mm,
            upper_mm=floor_mm + self.chance.choice((20, 80)) * FL_MM,
            time_start_ms=start_ms,
            time_end_ms=start_ms + self.chance.choice((10, 40)) * MINUTE_MS,
        )

    def _movement(self, now_ms: int) -> Movement:
        """A circle of sky that moves between places."""
        time_ms, points = now_ms + self.chance.randrange(0, 10) * MINUTE_MS, []
        for place in self.chance.sample(PLACES, self.chance.choice((2, 3))):
            latitude_e7deg, longitude_e7deg = at(place)
            points.append(
                MovementPoint(latitude_e7deg=latitude_e7deg, longitude_e7deg=longitude_e7deg, time_ms=time_ms)
            )
            time_ms += 12 * MINUTE_MS
        floor_mm = self.chance.choice((280, 310)) * FL_MM
        return Movement(
            points=tuple(points),
            radius_mm=5 * NM_MM,
            datum=Datum.WGS84,
            lower_mm=floor_mm,
            upper_mm=floor_mm + 20 * FL_MM,
        )

    # --- the node's own party -----------------------------------------------------------------------------

    def _of_the_node(self, projection: Projection, now_ms: int) -> Wish:
        """What only the node's party may say: imposed sky, constraints, terms."""
        made = self.chance.choices((self._imposing, self._closing, self._terms), (4, 4, 2))[0]
        return PARTY, made(projection, now_ms)

    def _imposing(self, projection: Projection, now_ms: int) -> Command:
        there = sorted(key for key, _ in projection.imposed.current_items())
        if there and self._often(0.4):
            return imposed.Lift(imposed_id=self.chance.choice(there))
        name = f"I{self.chance.randrange(4)}"
        kind = self.chance.choice(list(imposed.ImposedKind))
        return imposed.Impose(
            imposed_id=name,
            kind=kind,
            volumes=(self._disc(now_ms, Datum.STD),),
            note=self.chance.choice((None, "seen by a pilot")),
        )

    def _closing(self, projection: Projection, now_ms: int) -> constraints.Command:
        there = sorted(key for key, _ in projection.constraints.current_items())
        if there and self._often(0.4):
            return WithdrawConstraint(constraint_id=self.chance.choice(there))
        name = f"C{self.chance.randrange(4)}"
        constraint = Constraint(
            constraint_id=name,
            volumes=(self._disc(now_ms, Datum.STD),),
            exempt_parties=(self.chance.choice(PARTIES),) if self._often(0.4) else (),
            exempt_handling=(SpecialHandling.MEDEVAC,) if self._often(0.4) else (),
        )
        return DeclareConstraint(constraint=constraint)

    def _terms(self, projection: Projection, now_ms: int) -> SetTerms:
        del now_ms
        terms = projection.terms_in_force()
        if terms != Terms():
            return SetTerms(terms=Terms())
        before_ms, after_ms = self.chance.choice(((0, MINUTE_MS), (8 * MINUTE_MS, 20 * MINUTE_MS)))
        return SetTerms(
            terms=msgspec.structs.replace(
                terms, departure_before_ms=before_ms, departure_after_ms=after_ms, provisional_max=2
            )
        )


def _is_above(one: Box | None, other: Box) -> bool:
    """Whether two boxes begin at the same place."""
    return one is not None and (one.latitude_south_e7deg, one.longitude_west_e7deg) == (
        other.latitude_south_e7deg,
        other.longitude_west_e7deg,
    )
