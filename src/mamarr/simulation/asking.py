"""What the parties of a simulated world ask: mostly what makes sense, now and then what does not."""

from collections.abc import Callable
from datetime import datetime
from random import Random

import msgspec

from mamarr.airspace import reservations
from mamarr.airspace.reservations import (
    Accept,
    Activate,
    Deactivate,
    Pend,
    Phase,
    Release,
    ReportUse,
    Reservation,
    Reserve,
    Status,
)
from mamarr.engine import Projection
from mamarr.engine.orders import Command
from mamarr.flights import Condition, Flight, Stage, flights
from mamarr.geometry import Box, Volume, footprints
from mamarr.geometry.units import epoch_ms
from mamarr.simulation.declaring import Declarer
from mamarr.simulation.planning import Planner, edges_ms
from mamarr.simulation.scenery import DEG, MINUTE_MS, NM_MM, PARTIES, PARTY
from mamarr.simulation.shapes import Shapes

Wish = tuple[str, Command]  # who asks what


class Askers:
    """Everybody who asks, driven by `chance` alone.

    projection: of the node as it is now, so that what is asked often is about what is there. is_watched:
    whether there are feeds; then flights often have an address, and a callsign of their own.
    """

    def __init__(self, chance: Random, *, is_watched: bool) -> None:
        self.chance = chance
        self.planner, self.shapes = Planner(chance, is_watched=is_watched), Shapes(chance)
        self.declarer = Declarer(chance, self.shapes)
        # Some worlds are about reservations, so that these live long; in some many of them move.
        about_areas = not is_watched and chance.random() < 0.4
        self._moving_ratio = chance.choice((0.06, 0.06, 0.5))
        self._wishes: tuple[tuple[Callable[[Projection, int], Wish], int], ...] = (
            (self._file, 4 if about_areas else 34),
            (self._about_flight, 4 if about_areas else 12 if is_watched else 36),
            (self._reserve, 40 if about_areas else 4 if is_watched else 16),
            (self._about_reservation, 70 if about_areas else 4 if is_watched else 18),
            (self._of_the_node, 6 if is_watched else 18),
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
        there = self.planner.leaders(projection, name) if self._often(self.planner.company_ratio) else []
        leader = self.chance.choice(there) if there else None
        party = party if leader is None else leader.party
        file = flights.File(
            flight_id=name,
            plan=self.planner.plan(projection, now_ms, name, leader=leader),
            is_provisional=self._often(0.25),
            party="relief" if party == PARTY and self._often(0.1) else None,
        )
        return party, file

    def _about_flight(self, projection: Projection, now_ms: int) -> Wish:
        """A report or a change of a flight that is there, mostly one that makes sense now."""
        there = sorted(projection.flights.current_items())
        if not there:
            return self._file(projection, now_ms)
        name, value = self.chance.choice(there)
        party = value.party if self._often(0.9) else self.chance.choice(PARTIES)
        if self._often(0.15):
            leaders = [each for each in self.planner.leaders(projection, name) if each.party == value.party]
            leader = self.chance.choice(leaders) if leaders and self._often(0.6) else None
            plan = self.planner.plan(projection, now_ms, name, leader=leader)
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
        return flights.ReportCondition(
            flight_id=value.flight_id,
            condition=condition,
            position=self.planner.position() if self._often(0.6) else None,
            has_surveillance=self._often(0.5),
        )

    def _of_the_node(self, projection: Projection, now_ms: int) -> Wish:
        """What only the node's party may say."""
        return PARTY, self.declarer.command(projection, now_ms)

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
            return self._release(projection) or (party, Release(reservation_id=reservation_id))
        busy = [
            value
            for _, value in sorted(projection.reservations.current_items())
            if (value.volume or value.regions) and value.status in reservations.OCCUPIED
        ]
        early = [value for value in busy if value.regions and value.regions[0].time_end_ms <= now_ms]
        if early and self._often(0.6):
            return self._next_in(self.chance.choice(early), reservation_id, now_ms)
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
        if shaped < 0.2:
            edges = edges_ms(projection, now_ms)
            regions = tuple(
                self.shapes.volume(now_ms, edges) for _ in range(self.chance.choice((1, 1, 1, 2)))
            )
            return party, msgspec.structs.replace(bare, volume=None, regions=regions)
        if shaped < 0.2 + self._moving_ratio:
            return party, msgspec.structs.replace(bare, volume=None, movement=self.shapes.movement(now_ms))
        return party, bare

    def _release(self, projection: Projection) -> Wish | None:
        """A holder gives sky back while others wait for some."""
        there = [value for _, value in sorted(projection.reservations.current_items())]
        held = [value for value in there if value.phase is not Phase.IN_QUEUE]
        if len(held) == len(there) or not held or self._often(0.5):
            return None
        given = self.chance.choice(held)
        return given.holder, Release(reservation_id=given.reservation_id)

    def _next_in(self, before: Reservation, reservation_id: str, now_ms: int) -> Wish:
        """Its holder asks for the same sky as soon as it is to end; perhaps it is still there then."""
        sky = before.volume or before.regions[0]
        if before.movement is not None:  # where it began: far from where it goes on
            point = before.movement.points[0]
            start = (point.latitude_e7deg, point.longitude_e7deg)
            sky = msgspec.structs.replace(before.regions[0], footprint=footprints.circle(start, 2 * NM_MM))
        start_ms = max(sky.time_end_ms, now_ms)
        asked = msgspec.structs.replace(sky, time_start_ms=start_ms, time_end_ms=start_ms + 30 * MINUTE_MS)
        if isinstance(asked, Volume):
            return before.holder, Reserve(reservation_id=reservation_id, volume=None, regions=(asked,))
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


def _is_above(one: Box | None, other: Box) -> bool:
    """Whether two boxes begin at the same place."""
    return one is not None and (one.latitude_south_e7deg, one.longitude_west_e7deg) == (
        other.latitude_south_e7deg,
        other.longitude_west_e7deg,
    )
