"""The watch of a simulated node: feeds that fall silent, two processes, and a channel that delays and dies.

Turns the same machines as `node` (`engine.supervision`, `engine.watcher`), and keeps a journal of all that
was said to them and by them, for those who judge.
"""

from collections import deque
from collections.abc import Callable, Iterator
from random import Random

import msgspec

from mamarr.engine import Answer, Keeper, Picture, Ticket
from mamarr.engine.supervision import Supervision
from mamarr.engine.watcher import Follow, Play, Setup, ToLive, Turn, Watcher
from mamarr.geometry.units import deg_from_e7deg, epoch_ms
from mamarr.simulation.lookout import Cycle, Exchange, Item, Said, Shown
from mamarr.simulation.scenery import HIDING_ONE_IN
from mamarr.simulation.traffic import ADSB, AIRCRAFT_MAX, HABITS, RADAR, Aircraft, Habit
from mamarr.surveillance import Block, Report
from mamarr.surveillance.blocks import SECRET_BYTES

FEEDS = (ADSB, RADAR)
WATCHED_ONE_IN = 4  # chosen: worlds with feeds, each of which takes twice as long as another


def is_watched(seed: int) -> bool:
    """Whether the world of `seed` has feeds; among them are worlds of every kind of disclosure."""
    return seed // HIDING_ONE_IN % WATCHED_ONE_IN == 0


class Skywatch:
    """Both sides of the watch, driven by `chance` alone. tell: takes lines of the story."""

    def __init__(self, chance: Random, tell: Callable[[str], None], keeper: Keeper, now_ms: int) -> None:
        self._chance, self._tell = chance, tell
        self.journal: list[Item] = []
        self._aircraft: list[Aircraft] = []
        self._numbers = 0
        self._silent: set[str] = set()
        self._to_live: deque[tuple[ToLive, int]] = deque()  # with how long the log was
        self._to_node: deque[tuple[Turn, int]] = deque()  # with the number of the cycle
        self._watcher: Watcher | None = None
        self._is_dead = self._is_given_up = False
        self._process, self._cycles, self._knows = 0, 0, -1
        self._block_of = (0, 0)
        self._exchange: Exchange | None = None
        self._asked: set[Ticket] = set()
        self.node_starts(keeper, now_ms)

    @property
    def block(self) -> Block | None:
        """What the node knows of what is seen."""
        return self.supervision.block

    def node_starts(self, keeper: Keeper, now_ms: int) -> None:
        """A node starts, and a process that watches with it; the one before ended with its node."""
        self._keeper = keeper
        self.supervision = Supervision(keeper, FEEDS, self._chance.randbytes(SECRET_BYTES))
        self._asked, self._exchange, self._block_of, self._is_given_up = set(), None, (0, 0), False
        self._process_starts(now_ms)

    def _process_starts(self, now_ms: int) -> None:
        self._to_live.clear()
        self._to_node.clear()
        self._watcher, self._is_dead, self._knows = None, False, -1
        self._process += 1
        self._tell(f"process {self._process} begins to watch")
        for message in self.supervision.begun():
            self._to_live.append((message, -1))
        self._follow(now_ms)

    def _follow(self, now_ms: int) -> None:
        told = [message for message in self.supervision.news(now_ms) if message is not None]
        self._to_live.extend((message, -1) for message in told[:-1])
        self._to_live.append((told[-1], self._keeper.log.size))

    def something_happens(self, now_ms: int) -> None:
        """Aircraft come and go, feeds fall silent and speak again, the process that watches dies."""
        self._aircraft = [each for each in self._aircraft if each.ends_ms() > now_ms]
        self._appear(now_ms)
        for feed in FEEDS:
            if self._chance.random() < 0.12:
                self._silent ^= {feed.feed_id}
                self._tell(f"{feed.feed_id} {'is silent' if feed.feed_id in self._silent else 'speaks'}")
        if self._chance.random() < 0.2 and not self._is_dead:
            self._tell(f"process {self._process} dies")
            self._is_dead, self._watcher = True, None
            self._to_live.clear()  # what it said before is heard still

    def _appear(self, now_ms: int) -> None:
        flown = {each.flight_id for each in self._aircraft}
        for flight_id, value in sorted(self._keeper.decider.projection.flights.durable_items()):
            if len(self._aircraft) >= AIRCRAFT_MAX or flight_id in flown or self._chance.random() < 0.3:
                continue
            route = value.plan.route
            if route[0].time_ms > now_ms + 20_000 or route[-1].time_ms < now_ms + 60_000:
                continue
            habit = self._chance.choices(tuple(HABITS), tuple(HABITS.values()))[0]
            has_true_one = habit is Habit.CLAIMS and self._chance.random() < 0.5
            for each in (habit, Habit.KEEPS) if has_true_one else (habit,):
                self._numbers += 1
                self._aircraft.append(Aircraft(self._chance, value, each, self._numbers, now_ms))
                self._tell(f"an aircraft for {flight_id} {each}")

    def cycle(self, now_ms: int) -> None:
        """One cycle of the process that watches: what was said to it has come, or some of it."""
        self._notice_death(now_ms)
        count = len(self._to_live)
        for _ in range(count if self._chance.random() < 0.8 else self._chance.randrange(count + 1)):
            self._told(*self._to_live.popleft())
        if self._watcher is None:
            return
        said = tuple(self._reports(now_ms))
        for report in said:
            self._watcher.heard(report)
        self._cycles += 1
        self._to_node.append((self._watcher.turn(now_ms), self._cycles))
        self.journal.append(
            Cycle(
                process=self._process,
                number=self._cycles,
                now_ms=now_ms,
                knows=self._knows,
                said=tuple(map(_said, said)),
            )
        )

    def _notice_death(self, now_ms: int) -> None:
        """The node notices that the process is dead when it has heard all that it said, and listens again."""
        if not self._is_dead or self._is_given_up or self._to_node or self.supervision.is_waiting:
            return
        self._is_given_up = self.supervision.ended(self._chance.choice((1.0, 100.0))) is None
        if not self._is_given_up:
            self._process_starts(now_ms)

    def _told(self, message: ToLive, size: int) -> None:
        match message:
            case Setup():
                self._watcher = Watcher(message)
            case Follow() if self._watcher is not None:
                self._watcher.told(message)
                self._knows = max(self._knows, size)
            case Play():
                raise ValueError("nothing is played in these worlds")

    def _reports(self, now_ms: int) -> Iterator[Report]:
        for feed in FEEDS:
            if feed.feed_id in self._silent:
                continue
            for aircraft in self._aircraft:
                report = aircraft.report(feed, now_ms)
                if report is not None:
                    yield report

    def hear(self, now_ms: int, command_id: Callable[[], str]) -> tuple[Ticket, ...]:
        """The node hears the oldest turn that has come, unless it waits for answers; what it asks then."""
        if self.supervision.is_waiting or not self._to_node:
            return ()
        said, number = self._to_node.popleft()
        is_read_only, size = self._keeper.is_read_only, self._keeper.log.size
        asked = self.supervision.heard(said, command_id)
        self._block_of, self._asked = (self._process, number), set(asked)
        self._exchange = Exchange(
            process=self._process,
            number=number,
            size=size,
            now_ms=now_ms,
            is_settled=not asked and not is_read_only,
        )
        self.journal.append(self._exchange)
        if not asked:
            self._follow(now_ms)
        return asked

    def answered(self, ticket: Ticket, answer: Answer, now_ms: int) -> None:
        """An answer came; when it was the last that the watch waits for, the process is told what changed."""
        if ticket not in self._asked or self._exchange is None:
            return
        self._asked.remove(ticket)
        if answer.receipt is None:
            self._exchange.has_failed = True
        if not self._asked:
            self._exchange.is_settled = not self._exchange.has_failed
            self._follow(now_ms)

    def shown(self, party: str, seen: Picture, size: int) -> None:
        """Somebody was shown a picture, made of a log of `size` entries."""
        sightings = () if self.block is None else self.block.sightings
        self.journal.append(
            Shown(
                party=party,
                size=size,
                now_ms=epoch_ms(seen.at),
                told=msgspec.json.encode(seen),
                block_of=self._block_of,
                names={each.name: each.track for each in sightings},
            )
        )


def _said(report: Report) -> Said:
    return Said(
        track=report.key,
        source=report.source_id,
        address=report.icao_address,
        callsign=report.callsign,
        place_deg=(deg_from_e7deg(report.latitude_e7deg), deg_from_e7deg(report.longitude_e7deg)),
        level_mm=report.altitude_pressure_mm or 0,
        time_ms=report.time_ms,
        is_self=report.is_self_report,
    )
