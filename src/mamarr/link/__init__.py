"""The line between two nodes: envelopes, order, repetition, limits. Machines without sockets and clocks."""

from mamarr.link.envelopes import SIZE_CLASSES_BYTES, Opened, Payload, opened, sealed
from mamarr.link.links import Link

__all__ = ["SIZE_CLASSES_BYTES", "Link", "Opened", "Payload", "opened", "sealed"]
