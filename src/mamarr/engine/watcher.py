"""The process that watches, without socket, clock and files: what it is told, and what it says each cycle.

The node turns it in a process of its own, the simulation beside everything else. It decides nothing.
"""

from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

from mamarr.engine.cycle import News
from mamarr.surveillance import Block, Expected, Feed, Live, Report, blocks
from mamarr.surveillance.alerts import ClearAlert, RaiseAlert
from mamarr.surveillance.live import Held
from mamarr.surveillance.tracks import TRACKS_MAX

HEARD_MAX = 4 * TRACKS_MAX  # chosen: four reports of every track that there is room for, in a second

# What the two processes say to each other


class Setup(msgspec.Struct, frozen=True, kw_only=True, tag="setup"):
    """What a process begins with. secret: what opaque names of tracks are made with."""

    feeds: tuple[Feed, ...]
    secret: bytes


class Play(msgspec.Struct, frozen=True, kw_only=True, tag="play"):
    """Replay a recording as a feed, from now on as if it happened: what was seen before is forgotten.

    recording: path of a file as `traffic` writes it, compressed by gzip. start_ms: the moment of the
    recording that is at_ms now; speed_ratio: how many times as fast as it was. icao_address, callsign:
    said in place of the true ones.
    """

    feed_id: str
    recording: str
    start_ms: int
    at_ms: int
    speed_ratio: float
    icao_address: str
    callsign: str


class Follow(msgspec.Struct, frozen=True, kw_only=True, tag="follow"):
    """What changed of the flights to look for, and the alerts that the log holds."""

    news: News
    held: tuple[Held, ...]


class Turn(msgspec.Struct, frozen=True, kw_only=True, tag="turn"):
    """What one cycle saw and wishes, as `surveillance.Cycle.standing` and `Live.over`."""

    block: Block
    standing: tuple[RaiseAlert, ...]
    over: tuple[ClearAlert, ...]


ToLive = Setup | Play | Follow


# What is played


def played_ms(recorded_ms: int, play: Play) -> int:
    """When a moment of the recording comes, milliseconds since 1970-01-01T00:00:00Z."""
    return play.at_ms + round((recorded_ms - play.start_ms) / play.speed_ratio)


def at_times_of(report: Report, play: Play) -> Report:
    """A recorded report as it is said when the recording is played."""
    return msgspec.structs.replace(
        report,
        time_ms=played_ms(report.time_ms, play),
        received_ms=played_ms(report.received_ms, play),
        icao_address=play.icao_address,
        callsign=play.callsign,
    )


class Replay:
    """A recording that is played: its reports as the feed's, at the times they are played at."""

    def __init__(self, play: Play, recorded: Sequence[Report]) -> None:
        self._coming = deque(at_times_of(report, play) for report in recorded)

    def due(self, now_ms: int) -> Iterator[Report]:
        """The reports whose time has come since the last call."""
        while self._coming and self._coming[0].received_ms <= now_ms:
            yield self._coming.popleft()


# What watches


class Watcher:
    """The watch: reports and what to look for go in, one turn a cycle comes out."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._live = Live(setup.feeds)
        self._expected: dict[str, Expected] = {}
        self._listed: Sequence[Expected] = ()
        self._held: tuple[Held, ...] = ()
        self._heard: list[Report] = []  # since the last turn
        self._replays: dict[str, Replay] = {}
        self._number, self._now_ms = 0, 0

    def heard(self, report: Report) -> None:
        """A feed said something. The next turn takes it in: it knows whether the clock was set back.

        Of more than HEARD_MAX in one turn the first are taken in before that.
        """
        if len(self._heard) >= HEARD_MAX:
            self._take_in()
        self._heard.append(report)

    def _take_in(self) -> None:
        heard, self._heard = self._heard, []
        for report in heard:
            self._live.heard(report)

    def play(self, play: Play, recorded: Sequence[Report]) -> None:
        """Play a recording from now on; what was seen before is forgotten. recorded: what is in it."""
        self._live, self._heard = Live(self._setup.feeds), []
        self._replays[play.feed_id] = Replay(play, recorded)

    def told(self, message: Follow) -> None:
        """Take in what the node says of flights and alerts."""
        for flight_id in message.news.gone:
            self._expected.pop(flight_id, None)
        self._expected |= {each.flight_id: each for each in message.news.added}
        self._held = message.held
        if message.news.gone or message.news.added:
            self._listed = tuple(self._expected.values())

    def turn(self, now_ms: int) -> Turn:
        """One cycle at `now_ms`, with the reports that have come.

        When the clock was set back, what was seen before is forgotten: its ages would all be wrong. What came
        after that is not: it may be the only time that a flight is seen on its way before it leaves it.
        """
        if now_ms < self._now_ms:
            self._live = Live(self._setup.feeds)
            self._heard = [each for each in self._heard if each.received_ms <= now_ms]
        self._now_ms = now_ms
        self._take_in()
        for replay in self._replays.values():
            for report in replay.due(now_ms):
                self._live.heard(report)
        cycle = self._live.cycle(now_ms, self._listed)
        self._number += 1
        return Turn(
            block=blocks.block(cycle, self._live.tracks(), number=self._number, secret=self._setup.secret),
            standing=cycle.standing,
            over=self._live.over(self._held),
        )
