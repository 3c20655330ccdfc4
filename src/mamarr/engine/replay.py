"""State from the record: fold every event; decide again and compare."""

from collections.abc import Iterable, Iterator

import msgspec

from mamarr.engine import facts as facts_of
from mamarr.engine.decider import decide
from mamarr.engine.orders import (
    DECIDED,
    FACTS,
    ORDER,
    RULES_VERSION,
    decode_decided,
    decode_facts,
    decode_order,
)
from mamarr.engine.projection import Projection
from mamarr.faults import present
from mamarr.geometry.units import moment_from_ms
from mamarr.record import Entry, Row
from mamarr.record.entries import entry_from_body
from mamarr.record.tree import Frontier

REPLAY_BATCH = -1  # what was read from the log is durable; it comes before every pending batch


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """An entry whose decision does not follow from what it says was known, or from what came before."""

    sequence: int
    what: str


def replay(rows: Iterable[Row]) -> tuple[Projection, Frontier, int]:
    """The projection, the tree and the time of the last entry that `rows`, read from 0, add up to."""
    projection, frontier, time_ms = Projection(), Frontier(), 0
    for row in rows:
        entry = entry_from_body(row.sequence, row.body)
        for event in decode_decided(_content(entry, DECIDED)).events:
            projection.apply(REPLAY_BATCH, event)
        projection.settle(REPLAY_BATCH)
        frontier.append(row.leaf)
        time_ms = entry.frame().time_ms
    return projection, frontier, time_ms


def redecided(rows: Iterable[Row]) -> Iterator[Divergence]:
    """Decide every entry of this rules version again, from the state before it; each one that differs."""
    projection = Projection()
    for row in rows:
        entry = entry_from_body(row.sequence, row.body)
        recorded = decode_decided(_content(entry, DECIDED))
        if recorded.rules == RULES_VERSION:
            yield from _compared(projection, entry)
        for event in recorded.events:
            projection.apply(REPLAY_BATCH, event)
        projection.settle(REPLAY_BATCH)


def _compared(projection: Projection, entry: Entry) -> Iterator[Divergence]:
    order = decode_order(_content(entry, ORDER))
    known = decode_facts(_content(entry, FACTS))
    outcome = decode_decided(_content(entry, DECIDED)).outcome()
    if facts_of.for_reservation(projection, order.command, order.author) != known:
        yield Divergence(sequence=entry.sequence, what="other facts were known than the entry says")
    if decide(order, known, now=moment_from_ms(entry.frame().time_ms)) != outcome:
        yield Divergence(sequence=entry.sequence, what="the decision does not follow from its facts")


def _content(entry: Entry, name: str) -> bytes:
    return present(entry.content(name), f"entry {entry.sequence} has lost its part {name}")
