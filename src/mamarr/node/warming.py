"""Has what decides compiled before anybody waits for it, in a process whose memory is given back."""

import subprocess
import sys
from collections.abc import Callable

from mamarr.conflicts import Minima, VolumeIndex, detect_tactical, detect_tactical_one, probe
from mamarr.conflicts.compiling import from_cache_alone
from mamarr.faults import Unavailable, invariant
from mamarr.flights import Router, Wish
from mamarr.flights.network import Network
from mamarr.flights.router import Route
from mamarr.flights.taken import Taken
from mamarr.geometry import Datum, Volume, footprints

NODE_ALONE = "node"  # argument: a start of a node waits for no more than what a node needs
QUIET_S = 5  # chosen: a start that takes longer says why


def warm() -> None:
    """Load what decides from the cache of compiled code, or compile it."""
    circle = footprints.circle((0, 0), 1_000)
    volume = Volume(
        footprint=circle, datum=Datum.WGS84, lower_mm=0, upper_mm=1, time_start_ms=0, time_end_ms=1
    )
    index: VolumeIndex[str] = VolumeIndex()
    index.insert("once", volume)
    invariant(index.conflicts(volume, Minima()) == ["once"], "a volume meets itself")
    invariant(index.nearer("once", volume, Minima()), "a volume is nearer to itself than nothing")
    warm_routes()


def warm_library() -> None:
    """Load or compile what the library has beside: a node does not need it, and its start does not wait."""
    warm_conflicts()


def warm_conflicts() -> None:
    """Load or compile the search of conflicts in flight."""
    two = [(0.0, 0.0)] * 6
    pairs = detect_tactical(*two, horizontal_m=1.0, vertical_m=1.0, lookahead_s=1.0)
    invariant(len(pairs) == 1, "two in one place are a pair")
    pairs = detect_tactical_one(0, *two, horizontal_m=1.0, vertical_m=1.0, lookahead_s=1.0)
    invariant(len(pairs) == 1, "each of the other")
    flight, time_s, there = (0, 0, 1, 1), (0.0, 1.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0)
    pairs = probe(flight, time_s, there, there, there, horizontal_m=1.0, vertical_m=1.0, lookahead_s=1.0)
    invariant(len(pairs) == 1, "and when it was planned")


def warm_routes() -> None:
    """Load or compile the search of routes."""
    network = Network([0], [1], [1_000.0], points=2, levels=1)
    router = Router(network, Taken(network, [0], [0], [0], [1]))
    router.taken.take(0, 0, 2, 3)
    wish = Wish(origin=0, destination=1, departure_from_ms=0, departure_to_ms=9, speeds_mps=(100.0,))
    invariant(isinstance(router.route(wish), Route), "what is free later is flown later")


def compiled_aloud(work: Callable[[], None], say: Callable[[str], None]) -> None:
    """Do `work`, one of those above; say so first when it must be compiled."""
    try:
        with from_cache_alone():
            work()
    except Unavailable:
        say("compiling for this machine: once, some ten to twenty seconds")
        work()


def warmed(say: Callable[[str], None]) -> None:
    """As `warm`, but what must be compiled is so in a process apart: a compiler would keep some 130 MiB here.

    say: told when that takes long. Half a second; at the first start on a machine some ten seconds of CPU.
    """
    try:
        with from_cache_alone():
            warm()
    except Unavailable:
        _fill_the_cache(say)
        warm()  # whatever became of the other process: if the cache is not filled, this compiles


def _fill_the_cache(say: Callable[[str], None]) -> None:
    with subprocess.Popen([sys.executable, "-m", "mamarr.node.warming", NODE_ALONE]) as apart:
        try:
            apart.wait(QUIET_S)
        except subprocess.TimeoutExpired:
            say("compiling for this machine: this takes a while, at the first start alone")


if __name__ == "__main__":
    from mamarr.node.live_process import warmed as watch_warmed

    warm()
    watch_warmed()
    if sys.argv[1:] != [NODE_ALONE]:
        warm_library()
