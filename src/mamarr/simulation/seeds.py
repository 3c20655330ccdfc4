"""Many seeds, in chunks, more than one at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from traceback import format_exception

from mamarr.simulation import linked, shared
from mamarr.simulation.world import Broken, run

CHUNK = 25  # chosen: some seconds of work; a process that waits for the other waits no longer
JOBS = 2  # chosen: what the machines that run this have; one seed is one thread


def linked_lived_through(seeds: range) -> tuple[int, str]:
    """The same of worlds of two nodes."""
    return _of_nodes(seeds, linked.run)


def shared_lived_through(seeds: range) -> tuple[int, str]:
    """The same of worlds of authorities that share a sky."""
    return _of_nodes(seeds, shared.run)


def _of_nodes(seeds: range, live: Callable[[int], linked.LinkedWorld]) -> tuple[int, str]:
    entries = 0
    for seed in seeds:
        try:
            entries += sum(end.store.size() for end in live(seed).ends.values())
        except Broken as broken:
            return entries, "".join(format_exception(broken))
    return entries, ""


def lived_through(seeds: range) -> tuple[int, str]:
    """How many entries the seeds made, and the story of the first in which something goes wrong, if one does.

    The story is a text with its causes, so that it leaves the process whole.
    """
    entries = 0
    for seed in seeds:
        try:
            entries += run(seed).store.size()
        except Broken as broken:
            return entries, "".join(format_exception(broken))
    return entries, ""


def outcomes(
    chunks: list[range], jobs: int, live: Callable[[range], tuple[int, str]] = lived_through
) -> Iterator[tuple[int, str]]:
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
