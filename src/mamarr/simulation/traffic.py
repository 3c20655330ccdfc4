"""What truly flies in a simulated world, and what receivers say of it.

Some keep to their plan, some drift out of their corridor and come back, fly too high or late; some say
another's callsign, some say nothing of themselves. Nothing here knows how a deviation is found.
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from math import cos, hypot, radians
from random import Random
from struct import iter_unpack

import msgspec

from mamarr.engine.cycle import expected
from mamarr.flights import Flight
from mamarr.geometry.units import deg_from_e7deg
from mamarr.simulation.scenery import DEG, FL_MM, MINUTE_MS, TURN_DEG
from mamarr.surveillance import Feed, Report

ADSB, RADAR = Feed(feed_id="adsb", period_ms=2_000), Feed(feed_id="radar", period_ms=5_000)
DEGREE_M = 111_300.0  # of latitude; exact enough to drift by: where it is, is what is reported
DRIFT_MPS = 400.0  # chosen: a broken autopilot, not a jump
AIRCRAFT_MAX = 6  # chosen: more would only cost


class Habit(StrEnum):
    """How an aircraft keeps to what was filed for it."""

    KEEPS = "keeps to its plan"
    LEAVES = "leaves its way, and comes back"
    CLIMBS = "flies too high"
    IS_LATE = "is late"
    CLAIMS = "says another's callsign"
    IS_STRANGE = "says nothing of itself"


HABITS = {
    Habit.KEEPS: 5,
    Habit.LEAVES: 12,
    Habit.CLIMBS: 1,
    Habit.IS_LATE: 1,
    Habit.CLAIMS: 3,
    Habit.IS_STRANGE: 2,
}


class Leg(msgspec.Struct, frozen=True):
    """A way over places in degrees, longitudes going on beyond 180, and when it is flown."""

    places_deg: tuple[tuple[float, float], ...]
    entry_ms: int
    exit_ms: int
    level_mm: int
    half_width_m: float


class Aircraft:
    """One aircraft. It says `icao_address` and `callsign`, true or not; without one, radar alone sees it."""

    def __init__(self, chance: Random, flight: Flight, habit: Habit, number: int, now_ms: int) -> None:
        self.habit, self.flight_id = habit, flight.flight_id
        self.legs = tuple(_legs(flight))
        sought = expected(flight)
        self.callsign = None if habit is Habit.IS_STRANGE else sought.callsign
        own = f"{0xE00000 + number:06X}"
        self.icao_address = sought.icao_address if habit is not Habit.CLAIMS else own
        if habit is Habit.IS_STRANGE:
            self.icao_address = None
        elif self.icao_address is None and chance.random() < 0.5:
            self.icao_address = own
        self.source_track = f"T{number}"
        self.is_seen_by_radar = habit is Habit.IS_STRANGE or chance.random() < 0.6
        self.late_ms = 6 * MINUTE_MS if habit is Habit.IS_LATE else 0
        self._side = chance.choice((-1, 1))
        self._leaves_ms = now_ms + chance.randrange(3_000, 15_000)
        self._stays_ms = chance.randrange(5_000, 30_000)

    def ends_ms(self) -> int:
        """When it is gone."""
        return self.legs[-1].exit_ms + self.late_ms

    def report(self, feed: Feed, now_ms: int) -> Report | None:
        """What the feed says of it now; None when it is not there, or the feed does not see it."""
        time_ms = now_ms - self.late_ms
        leg = next((each for each in self.legs if each.entry_ms <= time_ms < each.exit_ms), None)
        is_radar = feed is RADAR
        is_seen = self.is_seen_by_radar if is_radar else self.icao_address is not None
        if leg is None or not is_seen:
            return None
        latitude_deg, longitude_deg = self._place(leg, time_ms, now_ms)
        climbed_mm = 8 * FL_MM if self.habit is Habit.CLIMBS and now_ms >= self._leaves_ms else 0
        return Report(
            source_id=feed.feed_id,
            latitude_e7deg=round(latitude_deg * DEG),
            longitude_e7deg=round((longitude_deg + TURN_DEG / 2) % TURN_DEG * DEG)
            - round(TURN_DEG / 2 * DEG),
            time_ms=now_ms,
            received_ms=now_ms,
            is_self_report=not is_radar,
            icao_address=self.icao_address,
            source_track=self.source_track if self.icao_address is None else None,
            callsign=None if is_radar else self.callsign,
            altitude_pressure_mm=leg.level_mm + climbed_mm,
            ground_speed_mps=230.0,
        )

    def _place(self, leg: Leg, time_ms: int, now_ms: int) -> tuple[float, float]:
        part = (time_ms - leg.entry_ms) / (leg.exit_ms - leg.entry_ms)
        if len(leg.places_deg) == 1:
            return leg.places_deg[0]
        at, along = divmod(part * (len(leg.places_deg) - 1), 1)
        (latitude_deg, longitude_deg), (next_deg, beyond_deg) = leg.places_deg[int(at) :][:2]
        north_deg, east_deg = next_deg - latitude_deg, beyond_deg - longitude_deg
        shrunk = cos(radians(latitude_deg))
        aside_deg = self._aside_m(leg, now_ms) / DEGREE_M / hypot(north_deg, east_deg * shrunk)
        return (
            latitude_deg + along * north_deg - aside_deg * east_deg * shrunk,
            longitude_deg + along * east_deg + aside_deg * north_deg / shrunk,
        )

    def _aside_m(self, leg: Leg, now_ms: int) -> float:
        if self.habit is not Habit.LEAVES:
            return 0.0
        farthest_m = 1.4 * leg.half_width_m + 1_000
        out_m = DRIFT_MPS * (now_ms - self._leaves_ms) / 1_000
        back_m = 2 * farthest_m + DRIFT_MPS * self._stays_ms / 1_000 - out_m
        return self._side * max(0.0, min(farthest_m, out_m, back_m))


def _legs(flight: Flight) -> Iterator[Leg]:
    for leg in expected(flight).legs:
        places = [
            (deg_from_e7deg(latitude_e7deg), deg_from_e7deg(longitude_e7deg))
            for latitude_e7deg, longitude_e7deg in iter_unpack("<2i", leg.vertices)
        ]
        unwrapped = [places[0]]
        for (_, before_deg), (latitude_deg, longitude_deg) in pairwise(places):
            turned_deg = (longitude_deg - before_deg + TURN_DEG / 2) % TURN_DEG - TURN_DEG / 2
            unwrapped.append((latitude_deg, unwrapped[-1][1] + turned_deg))
        yield Leg(tuple(unwrapped), leg.entry_ms, leg.exit_ms, leg.lower_mm, leg.half_width_mm / 1_000)
