"""The process that watches: feeds in, one cycle a second, one turn out. Started by the node, ends with it.

`python -m mamarr.node.live_process FD`: FD is its end of a socket pair. When the other end closes, it ends:
it never outlives its node. It decides nothing and writes nothing.
"""

import gc
import gzip
import logging
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mamarr.engine.watcher import Follow, Play, Setup, ToLive, Turn, Watcher
from mamarr.faults import Unavailable, WireError
from mamarr.geometry import Datum
from mamarr.interop.recorded import BODY_MAX_BYTES, decoded_recording
from mamarr.node.live_channel import LENGTH, for_live, framed, length
from mamarr.surveillance import Expected, Feed, Live, Report, correlation

CYCLE_S = 1.0  # chosen: the pace at which radars and receivers report
SEND_S = 5.0  # chosen: a node that does not read for so long is not there

logger = logging.getLogger("mamarr.live")


def recorded(play: Play) -> Sequence[Report]:
    """What is in the recording. Unavailable when it cannot be read."""
    try:
        with gzip.open(Path(play.recording)) as file:
            body = file.read(BODY_MAX_BYTES + 1)
        return decoded_recording(body, source_id=play.feed_id).reports
    except (OSError, EOFError, WireError) as wrong:
        raise Unavailable(f"{play.recording}: {wrong}") from wrong


class Channel:
    """This end of the socket pair."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._received = bytearray()

    def send(self, message: Turn) -> None:
        """Send a turn. OSError when the node is not there."""
        self._end.settimeout(SEND_S)
        self._end.sendall(framed(message))

    def messages(self, until_s: float) -> Iterator[ToLive]:
        """What comes until the monotonic clock shows `until_s`. EOFError when the node is gone."""
        while (left_s := until_s - time.monotonic()) > 0:
            self._end.settimeout(left_s)
            try:
                got = self._end.recv(1 << 20)
            except TimeoutError:
                return
            if not got:
                raise EOFError
            self._received += got
            yield from self._whole()

    def _whole(self) -> Iterator[ToLive]:
        while len(self._received) >= LENGTH.size:
            end = LENGTH.size + length(bytes(self._received[: LENGTH.size]))
            if len(self._received) < end:
                return
            body = bytes(self._received[LENGTH.size : end])
            del self._received[:end]
            yield for_live(body)


def watch(channel: Channel) -> None:
    """Watch until the node is gone."""
    watcher: Watcher | None = None
    next_s = time.monotonic()
    while True:
        next_s = max(next_s + CYCLE_S, time.monotonic())
        for message in channel.messages(next_s):
            if isinstance(message, Setup):
                watcher = Watcher(message)
            elif watcher is not None:
                _tell(watcher, message)
        if watcher is not None:
            channel.send(watcher.turn(time.time_ns() // 1_000_000))


def _tell(watcher: Watcher, message: Play | Follow) -> None:
    if isinstance(message, Follow):
        watcher.told(message)
        return
    try:
        watcher.play(message, recorded(message))
    except Unavailable as silent:
        # The feed stays silent, which the picture shows.
        logger.error("%s", str(silent).replace("\n", " "))


def warmed() -> None:
    """Measure once, with nobody there, so that compiling does not hold the first turns up."""
    place, feed = (0, 0), Feed(feed_id="warming", period_ms=1_000)
    line = correlation.leg(
        [place, (0, 100_000)],
        half_width_mm=9_260_000,
        datum=Datum.STD,
        lower_mm=0,
        upper_mm=0,
        entry_ms=0,
        exit_ms=60_000,
    )
    live = Live((feed,))
    report = Report(
        source_id=feed.feed_id,
        icao_address="000000",
        latitude_e7deg=place[0],
        longitude_e7deg=place[1],
        time_ms=0,
        received_ms=0,
        is_self_report=True,
    )
    live.heard(report)
    live.cycle(0, [Expected(flight_id="WARMING", icao_address="000000", legs=(line,))])


def main() -> None:
    """Entry point: the number of the inherited socket is the only argument."""
    end = socket.socket(fileno=int(sys.argv[1]))
    warmed()
    try:
        watch(Channel(end))
    except (EOFError, ConnectionError, TimeoutError):
        gc.freeze()  # the node has ended, and so do we, without a search for cycles in all that was loaded


if __name__ == "__main__":
    main()
