"""The line between two nodes, in simulated time over a modelled connection: how soon what is sent is
recorded, and how soon a flight through the sky of both is coordinated.

Run alone: python -m benchmarks.link [MINUTES]

The real machines on both sides, records in memory; the line is a connection each way of a stated rate and
delay, which keeps order: what is lost is sent again by the connection after a round trip, and holds up what
is behind it, as TCP does. So times here are of the line and of the order of sending, not of a disk or a
network.
"""

import sys
import time
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from math import ceil
from random import Random

from benchmarks.measuring import calibration_s, progress, report
from mamarr.airspace import NavigationSpecification, Party
from mamarr.airspace.parties import DeclareParty
from mamarr.airspace.reservations import Reserve
from mamarr.coordination import Stream, channels
from mamarr.coordination.agreements import Agree
from mamarr.engine import Keeper, Order, streams
from mamarr.engine.orders import Command
from mamarr.flights import Plan, RoutePoint, Stage
from mamarr.flights.flights import File
from mamarr.geometry import Box
from mamarr.geometry.altitude import filed_level
from mamarr.geometry.units import moment_from_ms
from mamarr.link import Link
from mamarr.link.envelopes import key_name
from mamarr.names import Author, Mode
from mamarr.record import MemoryStore, Signer
from mamarr.simulation.shared import agreement

START = moment_from_ms(1_800_000_000_000)
START_MS = 1_800_000_000_000
STEP_MS = 20
SEGMENT_BYTES = 1_460  # TCP over Ethernet
ROUND_TRIP_MS = 600
DAY_MS = 24 * 3_600_000
HANDED_OVER_BYTES = 2_048  # what waits in the connection's buffer before it takes more
MINUTES = 60


class Pipe:
    """One way of the line."""

    def __init__(self, chance: Random, *, bits_per_s: float, loss_ratio: float) -> None:
        self._chance, self._bytes_per_ms, self._loss_ratio = chance, bits_per_s / 8_000, loss_ratio
        self._free_ms = self._last_ms = 0.0
        self._under_way: deque[tuple[float, bytes]] = deque()
        self.carried_bytes = 0

    def takes(self, now_ms: int) -> bool:
        """Whether it takes more now."""
        return (self._free_ms - now_ms) * self._bytes_per_ms < HANDED_OVER_BYTES

    def put(self, raw: bytes, now_ms: int) -> None:
        """Carry an envelope: it comes when its last segment has, and after what was put before it."""
        self._free_ms = max(self._free_ms, now_ms) + len(raw) / self._bytes_per_ms
        lost = sum(self._chance.random() < self._loss_ratio for _ in range(ceil(len(raw) / SEGMENT_BYTES)))
        comes_ms = self._free_ms + ROUND_TRIP_MS / 2 + lost * ROUND_TRIP_MS
        self._last_ms = max(self._last_ms, comes_ms)
        self._under_way.append((self._last_ms, raw))
        self.carried_bytes += len(raw)

    def come(self, now_ms: int) -> list[bytes]:
        """What has come by now."""
        found = []
        while self._under_way and self._under_way[0][0] <= now_ms:
            found.append(self._under_way.popleft()[1])
        return found


class Side:
    """One node."""

    def __init__(self, party: str, peer_party: str, chance: Random) -> None:
        self.party, self.node, self.peer = party, f"node-{party}", f"node-{peer_party}"
        self.chance, self.ids = chance, count()
        self.key = Signer(key_name(self.node, Mode.EXERCISE, self.peer), chance.randbytes(32))
        self.keeper = Keeper(
            MemoryStore(),
            Signer(f"{self.node}/{Mode.EXERCISE}", chance.randbytes(32)),
            node=self.node,
            party=party,
            mode=Mode.EXERCISE,
            salts=lambda: chance.randbytes(32),
            frame_salts=lambda: chance.randbytes(32),
            tell=lambda _: None,
            snapshot_every=1 << 60,
        )
        self.keeper.begin(START)
        self.sent_ms: dict[tuple[Stream, int], int] = {}
        self.took_ms: dict[Stream, list[float]] = {stream: [] for stream in Stream}
        self.recorded = dict.fromkeys(Stream, 0)

    def new_id(self) -> str:
        """An id that nobody used."""
        return f"command-{next(self.ids)}"

    def ask(self, command: Command) -> None:
        """Ask the log."""
        author = Author(party=self.party, node=self.node)
        self.keeper.offer(Order(command_id=self.new_id(), author=author, command=command))

    def join(self, peer: "Side") -> None:
        """Open the channel."""
        self.ask(channels.OpenChannel(peer=peer.node, party=peer.party, key=peer.key.verifier.text()))
        self.turn(0)
        secret = self.chance.randbytes(32)
        self.link = Link(self.keeper, self.key, peer.node, secret=secret, kinds=frozenset({"text"}))
        self.link.connected()

    def send(self, stream: Stream, length: int, now_ms: int) -> None:
        """Have a message queued, and remember when."""
        line = self.keeper.decider.projection.channels.get(self.peer)
        if line is not None:
            self.sent_ms[stream, line.outgoing[list(Stream).index(stream)].size] = now_ms
        self.ask(
            streams.message(
                peer=self.peer,
                stream=stream,
                message_id=self.new_id(),
                kind="text",
                body="x" * length,
                valid_until_ms=START_MS + now_ms + DAY_MS,
                salts=(self.chance.randbytes(32), self.chance.randbytes(32)),
            )
        )
        self.turn(now_ms)

    def turn(self, now_ms: int) -> None:
        """Decide and write what waits."""
        while self.keeper.has_work:
            work, _ = self.keeper.turn(START + timedelta(milliseconds=now_ms))
            if work is not None:
                self.keeper.written(self.keeper.write(work))

    def step(self, now_ms: int, out: Pipe, into: Pipe) -> None:
        """What came is taken in, what is to be said is handed over."""
        came = into.come(now_ms)
        for raw in came:
            self.link.receive(raw, now_ms=START_MS + now_ms, clock_ms=now_ms)
        if came or now_ms % 1_000 == 0:
            self.follow(now_ms)
        if came:
            self._note(now_ms)
        while out.takes(now_ms):
            raw = self.link.send(now_ms=START_MS + now_ms, clock_ms=now_ms)
            if raw is None:
                break
            out.put(raw, now_ms)

    def follow(self, now_ms: int) -> None:
        """Ask and decide until there is no more that follows."""
        while self.link.turn(clock_ms=now_ms, command_id=self.new_id):
            self.turn(now_ms)

    def _note(self, now_ms: int) -> None:
        for stream in Stream:
            heard = self.link.acknowledged(stream)
            for sequence in range(self.recorded[stream], heard):
                since_ms = self.sent_ms.pop((stream, sequence), None)
                if since_ms is not None:
                    self.took_ms[stream].append(now_ms - since_ms)
            self.recorded[stream] = heard


def two_sides(bits_per_s: float, loss_ratio: float) -> tuple[Side, Side, Pipe, Pipe]:
    """Two nodes and the line between them."""
    chance = Random(1)
    north, south = Side("north", "south", chance), Side("south", "north", chance)
    north.join(south)
    south.join(north)
    there, back = (Pipe(chance, bits_per_s=bits_per_s, loss_ratio=loss_ratio) for _ in range(2))
    return north, south, there, back


def steady(minutes: int) -> dict[str, object]:
    """Ten messages a second over a line of 2 Mbit/s, 5 % of the segments lost."""
    north, south, there, back = two_sides(2e6, 0.05)
    begun_s = time.process_time()
    for now_ms in range(0, minutes * 60_000, STEP_MS):
        if now_ms % 100 == 0:
            north.send(Stream.COORDINATION, 400, now_ms)
        north.step(now_ms, there, back)
        south.step(now_ms, back, there)
    took_s = time.process_time() - begun_s
    times_ms = sorted(north.took_ms[Stream.COORDINATION])
    return row("10 messages a second, 5 % lost", times_ms, took_s, there)


def backlog(minutes: int) -> tuple[dict[str, object], dict[str, object]]:
    """A day's bulk waits, and drains over 64 kbit/s; every ten seconds something of the floor is sent."""
    north, south, there, back = two_sides(64e3, 0.0)
    progress("queueing a day of bulk")
    for number in range(channels.WAITING_MAX[Stream.BULK]):
        north.send(Stream.BULK, 700, 0)
        if number % 5_000 == 4_999:
            progress(f"{number + 1} messages wait")
    begun_s = time.process_time()
    for now_ms in range(0, minutes * 60_000, STEP_MS):
        if now_ms % 10_000 == 0:
            north.send(Stream.SAFETY_FLOOR, 400, now_ms)
        north.step(now_ms, there, back)
        south.step(now_ms, back, there)
    took_s = time.process_time() - begun_s
    floor_ms, bulk_ms = (sorted(north.took_ms[each]) for each in (Stream.SAFETY_FLOOR, Stream.BULK))
    return (
        row("floor, beside a day of bulk on 64 kbit/s", floor_ms, took_s, there),
        row("the bulk that came meanwhile", bulk_ms, took_s, there),
    )


LAUNCHES, RESERVATIONS, LAUNCHES_MIN = 60, 200, 30
SETTLED_MS = 10_000  # before the first flight: the clocks are compared
RULES_EVERY_MS = 1_000


def launches() -> dict[str, object]:
    """60 flights in 30 minutes through the shares of both, filed by turns; until each is COORDINATED."""
    north, south, there, back = two_sides(2e6, 0.05)
    sides = (north, south)
    for side in sides:
        for command in (*map_of(), *reserved(side)):
            side.ask(command)
        side.turn(0)
    begun_s, times_ms, filed = time.process_time(), list[float](), dict[str, tuple[Side, int]]()
    every_ms, number = LAUNCHES_MIN * 60_000 // LAUNCHES, 0
    for now_ms in range(0, LAUNCHES_MIN * 60_000 + 60_000, STEP_MS):
        if number < LAUNCHES and now_ms == SETTLED_MS + number * every_ms:
            side = sides[number % 2]
            filed[f"F{number}"] = side, now_ms
            side.ask(File(flight_id=f"F{number}", plan=crossing_plan(number, START_MS + now_ms)))
            side.turn(now_ms)
            side.follow(now_ms)
            number += 1
        if now_ms % RULES_EVERY_MS == 0:
            for side in sides:
                side.keeper.tidy(START + timedelta(milliseconds=now_ms), side.new_id)
                side.turn(now_ms)
        north.step(now_ms, there, back)
        south.step(now_ms, back, there)
        for name, (side, since_ms) in list(filed.items()):
            flight = side.keeper.decider.projection.flights.durable(name)
            if flight is not None and flight.stage is Stage.COORDINATED:
                times_ms.append(now_ms - since_ms)
                del filed[name]
    took_s = time.process_time() - begun_s
    if filed:
        raise SystemExit(f"not coordinated: {sorted(filed)}")
    return row("60 flights through both shares, 5 % lost", sorted(times_ms), took_s, there)


def map_of() -> tuple[Command, ...]:
    """Parties, and the agreement on two shares with a common border, by which machines accept."""
    authorities = ("north", "south")
    members = tuple((f"node-{party}", party) for party in authorities)
    agreed = agreement(members, 1, middle_deg=51.35, is_standard=True)
    return (
        *(DeclareParty(party=Party(party_id=party, is_authority=True)) for party in authorities),
        Agree(agreement=agreed),
    )


def reserved(side: Side) -> Iterator[Command]:
    """Reservations of this side, below the levels that are flown, far from the border."""
    south_deg = 52.2 if side.party == "north" else 50.1
    for number in range(RESERVATIONS // 2):
        row_number, column = divmod(number, 20)
        latitude, longitude = south_deg + row_number * 0.05, 178.7 + column * 0.05
        yield Reserve(
            reservation_id=f"R{number}",
            volume=Box(
                latitude_south_e7deg=round(latitude * 1e7),
                latitude_north_e7deg=round((latitude + 0.04) * 1e7),
                longitude_west_e7deg=round(longitude * 1e7),
                longitude_east_e7deg=round((longitude + 0.04) * 1e7),
                altitude_lower_mm=0,
                altitude_upper_mm=3_000_000,
                time_start_ms=START_MS,
                time_end_ms=START_MS + DAY_MS // 4,
            ),
        )


def crossing_plan(number: int, now_ms: int) -> Plan:
    """A flight across the border in some minutes, clear of the others."""
    column, level = number % 4, ("F280", "F310", "F340")[number // 4 % 3]
    longitude = round((178.7 + column * 0.42) * 1e7)
    starts_ms = now_ms + 20 * 60_000 + number // 12 * 60 * 60_000
    return Plan(
        identification=f"SIM{number}",
        aircraft_type="A320",
        has_rvsm=True,
        navigation_specification=NavigationSpecification.RNAV_1,
        route=tuple(
            RoutePoint(
                latitude_e7deg=round(latitude * 1e7),
                longitude_e7deg=longitude,
                time_ms=starts_ms + minutes * 60_000,
                level=filed_level(level),
            )
            for latitude, minutes in ((52.5, 0), (51.35, 9), (50.5, 15))
        ),
    )


def row(what: str, times_ms: list[float], took_s: float, pipe: Pipe) -> dict[str, object]:
    """What is told of one measurement: until the sender has heard that it is recorded, or coordinated."""
    return {
        "what": what,
        "messages": len(times_ms),
        "p50_s": times_ms[len(times_ms) // 2] / 1_000,
        "p95_s": times_ms[len(times_ms) * 95 // 100] / 1_000,
        "p99_s": times_ms[len(times_ms) * 99 // 100] / 1_000,
        "worst_s": times_ms[-1] / 1_000,
        "carried_mb": pipe.carried_bytes / 1e6,
        "cpu_s": took_s,
    }


def main() -> None:
    """Measure both, for as many minutes of simulated time as asked."""
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    progress(f"{minutes} minutes of ten messages a second")
    rows = [launches(), steady(minutes), *backlog(min(minutes, 20))]
    report("link", rows, calibration_s=calibration_s(), round_trip_ms=ROUND_TRIP_MS)


if __name__ == "__main__":
    main()
