"""Many seeds, in chunks, more than one at a time."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from traceback import format_exception

from mamarr.simulation import linked, restored, shared, suspending, voices
from mamarr.simulation.world import Broken, run

ENTRIES = "entries"
CHUNK = 25  # chosen: some seconds of work; a process that waits for the other waits no longer
JOBS = 2  # chosen: what the machines that run this have; one seed is one thread


def linked_lived_through(seeds: range) -> tuple[Counter[str], str]:
    """The same of worlds of two nodes, at each of which somebody looks at what comes."""
    return _of_nodes(seeds, partial(linked.run, is_screened=True))


def shared_lived_through(seeds: range) -> tuple[Counter[str], str]:
    """The same of worlds of authorities that share a sky, and warn each other."""
    return _of_nodes(seeds, partial(shared.run, is_screened=True))


def restored_lived_through(seeds: range) -> tuple[Counter[str], str]:
    """The same of worlds of authorities of which one goes on from a backup."""
    return _of_nodes(seeds, restored.run)


def voiced_lived_through(seeds: range) -> tuple[Counter[str], str]:
    """The same of such worlds in which persons also telephone."""
    return _of_nodes(seeds, voices.run)


def suspended_lived_through(seeds: range) -> tuple[Counter[str], str]:
    """The same of such worlds in which the agreement is suspended and resumed."""
    return _of_nodes(seeds, suspending.run)


def _of_nodes(seeds: range, live: Callable[[int], linked.LinkedWorld]) -> tuple[Counter[str], str]:
    made = Counter[str]()
    for seed in seeds:
        try:
            world = live(seed)
        except Broken as broken:
            return made, "".join(format_exception(broken))
        made += world.wire.disturbed
        made[ENTRIES] += sum(end.store.size() for end in world.ends.values())
    return made, ""


def lived_through(seeds: range) -> tuple[Counter[str], str]:
    """How many entries the seeds made, and the story of the first in which something goes wrong, if one does.

    In worlds of several nodes also how many envelopes the line disturbed, and how. The story is a text with
    its causes, so that it leaves the process whole.
    """
    made = Counter[str]()
    for seed in seeds:
        try:
            made[ENTRIES] += run(seed).store.size()
        except Broken as broken:
            return made, "".join(format_exception(broken))
    return made, ""


def outcomes(
    chunks: list[range], jobs: int, live: Callable[[range], tuple[Counter[str], str]] = lived_through
) -> Iterator[tuple[Counter[str], str]]:
    """What each chunk came to, in order; more than one at a time when `jobs` allows it. live: in which
    worlds."""
    if jobs == 1:
        yield from map(live, chunks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(live, chunks)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
