"""State from the record: fold every event; decide again and compare."""

from collections.abc import Iterable, Iterator

import msgspec

from mamarr.engine import counting, restores, snapshots
from mamarr.engine import facts as facts_of
from mamarr.engine.decider import decide
from mamarr.engine.orders import RULES_VERSION, Decision, answered, asked, decision, read, says
from mamarr.engine.personal import separated
from mamarr.engine.projection import START, Projection
from mamarr.engine.unread import Unread
from mamarr.faults import InvariantError, Unavailable
from mamarr.geometry.units import moment_from_ms
from mamarr.record import Damaged, Entry, Row, Store, Verifier
from mamarr.record.entries import entry_from_body, entry_in_any_form
from mamarr.record.tree import Frontier, leaf_hash


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """An entry whose decision does not follow from what it says was known, or from what came before."""

    sequence: int
    what: str


class Resumed(msgspec.Struct, frozen=True, kw_only=True):
    """Where a log stands. time_ms: of its last entry, 0 if it has none. from_size: of the snapshot used."""

    projection: Projection
    frontier: Frontier
    time_ms: int
    from_size: int


def replay(rows: Iterable[Row], *, party: str) -> Resumed:
    """Fold `rows`, read from 0, into the state of the node of `party`; ValueError when one is damaged."""
    return _folded(rows, _nothing(party))


def resume(store: Store, verifier: Verifier, *, party: str) -> Resumed:
    """The state of the log in `store`: from the largest snapshot that holds, else from 0.

    Raises Unavailable when the log cannot be read, or when it is damaged: then an audit says where.
    """
    try:
        start = _start(store, verifier, party)
        found = _folded(store.rows(start.from_size), start)
        head = next(store.heads(found.frontier.size - 1), None)
        if head is not None and verifier.open(head.note).root != found.frontier.root():
            raise ValueError("the entries are not those that its newest head was signed for")
    except (Damaged, ValueError, InvariantError) as damaged:
        raise Unavailable(f"the record is damaged: {damaged}; `mamarr audit` says where") from damaged
    return found


def followed(rows: Iterable[Row], start: Resumed) -> Resumed:
    """Bring `start`, whose projection is changed, on by `rows`; ValueError for one damaged or missing."""
    return _folded(rows, start)


def redecided(rows: Iterable[Row], *, party: str) -> Iterator[Divergence]:
    """Decide every entry of this rules version again, from the state before it; each one that differs."""
    projection = Projection(party)
    for row in rows:
        entry = entry_from_body(row.sequence, row.body)
        said = read(entry)
        if said is None:
            continue
        if said.decided.rules == RULES_VERSION:
            yield from _compared(projection, entry, said.without_persons())
        for event in said.decided.events:
            projection.apply(START, event)
        projection.settle(START)


def follows(entry: Entry) -> str | None:
    """What is wrong with the decision in `entry`, by its own facts alone; None when it follows from them."""
    try:
        if _says_the_same(entry):
            return None
        said = read(entry)
    except (ValueError, RecursionError) as damaged:  # the last of what goes in and in
        return str(damaged)
    if said is None or said.decided.rules != RULES_VERSION:
        return None
    bare = said.without_persons()
    now = moment_from_ms(entry.frame().time_ms)
    outcome = decide(bare.order, bare.known, now=now)
    counted = counting.counted(bare.order, bare.known, outcome, now=now)
    again = decision(bare.order, bare.known, outcome, counted)
    return None if again == bare else "the decision does not follow from its facts"


def _says_the_same(entry: Entry) -> bool:
    """Whether deciding again writes the bytes that `entry` has: quicker than reading them and comparing.

    False says nothing yet: persons may be named.
    """
    question = asked(entry)
    if question is None:
        return False
    order, known, body = question
    now = moment_from_ms(entry.frame().time_ms)
    outcome = decide(order, known, now=now)
    return says(body, answered(outcome, counted=counting.counted(order, known, outcome, now=now)))


def _nothing(party: str) -> Resumed:
    return Resumed(projection=Projection(party), frontier=Frontier(), time_ms=0, from_size=0)


def _start(store: Store, verifier: Verifier, party: str) -> Resumed:
    for kept in store.snapshots():
        found = snapshots.opened(kept, verifier, store)
        if found is not None:
            projection = Projection(party)
            projection.restore(found.state)
            return Resumed(
                projection=projection, frontier=found.frontier(), time_ms=found.time_ms, from_size=found.size
            )
    return _nothing(party)


def _folded(rows: Iterable[Row], start: Resumed) -> Resumed:
    projection, frontier, entry = start.projection, start.frontier, None
    unread = Unread(projection)
    for row in rows:
        entry = entry_in_any_form(row.sequence, row.body)
        if row.sequence != frontier.size or leaf_hash(entry.leaf()) != row.leaf:
            raise ValueError(f"entry {row.sequence} is not the one that was hashed")
        unread.take(entry)
        frontier.append(row.leaf)
    unread.read()
    time_ms = start.time_ms if entry is None else entry.frame().time_ms
    return Resumed(projection=projection, frontier=frontier, time_ms=time_ms, from_size=start.from_size)


def _compared(projection: Projection, entry: Entry, said: Decision) -> Iterator[Divergence]:
    known = separated(facts_of.known_to(projection, said.order, entry.frame().time_ms))[0]
    # Why a node was read-only is known from outside the log; the entry is the only witness.
    if known != said.known and not is_of_custody(said):
        yield Divergence(sequence=entry.sequence, what="other facts were known than the entry says")
    wrong = follows(entry)
    if wrong is not None:
        yield Divergence(sequence=entry.sequence, what=wrong)


def is_of_custody(said: Decision) -> bool:
    """Whether the decision is about the record itself."""
    return isinstance(said.known, restores.Facts)
