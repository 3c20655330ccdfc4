"""One seed, the whole system below sockets and web, with faults; the same objects as a node runs."""

from mamarr.simulation.world import Broken, World, run

__all__ = ["Broken", "World", "run"]
