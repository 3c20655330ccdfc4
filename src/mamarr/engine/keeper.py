"""The keeper of one record: what is decided when, what is written next, and who is answered then.

A machine without clock, chance, threads or files: the node turns it with an event loop and one thread that
writes; the simulation turns the same object with a seed, a store that fails and a power that goes. One thing
is written at a time. What is asked meanwhile waits, and is decided as one batch when that is written.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from mamarr.engine import snapshots, tidying
from mamarr.engine.decider import Batch, Decider
from mamarr.engine.orders import Decided, Order, read
from mamarr.engine.replay import Resumed, followed, resume
from mamarr.engine.tickets import Answer, Ticket
from mamarr.faults import InvariantError, Reason, Refusal, Unavailable, invariant
from mamarr.geometry.units import epoch_ms
from mamarr.names import Mode
from mamarr.record import Head, Log, Row, Signer, Snapshot, Store
from mamarr.record.entries import entry_from_body

SNAPSHOT_EVERY = 100_000  # entries: some seconds of replay at most after a crash
SNAPSHOT_AT_STOP = 1_000  # entries since the last snapshot from which an orderly stop takes one
TIDY_EVERY_S = 60

Answers = list[tuple[Ticket, Answer]]
Work = Batch | Snapshot  # to be written


class Witness(Protocol):
    """What remembers, beside the record, how far it got."""

    def set_back(self, store: Store) -> str | None:
        """Why the record is not where this node left it, as a code; None when it is. Raises Unavailable."""

    def write(self, head: Head) -> None:
        """Say that the record now ends at `head`. Raises Unavailable."""


class Keeper:
    """Keeps the record in `store`. Whoever drives it repeats: `turn`, `write` what it gives, then `written`,
    or `failed` when `write` raised Unavailable; when anything else was raised, `end`, and no more after that.

    signer: named after the log's origin. party: whose node this is. salts: SALT_BYTES random bytes a call,
    for what is decided; frame_salts: the same, called by the thread that writes. witness: None for a record
    in memory. tell: takes a sentence for those who run the node. A record that is not where this node left it
    is read-only until it is confirmed. others_write: whether other processes of this node may write too, one
    at a time: what they wrote is to be followed until it is this one's turn to `begin`. Raises Unavailable.
    """

    def __init__(
        self,
        store: Store,
        signer: Signer,
        *,
        node: str,
        party: str,
        mode: Mode,
        salts: Callable[[], bytes],
        frame_salts: Callable[[], bytes],
        tell: Callable[[str], None],
        witness: Witness | None = None,
        snapshot_every: int = SNAPSHOT_EVERY,
        snapshot_at_stop: int = SNAPSHOT_AT_STOP,
        others_write: bool = False,
    ) -> None:
        self._store, self._signer, self._witness, self._tell = store, signer, witness, tell
        self._snapshot_every, self._snapshot_at_stop = snapshot_every, snapshot_at_stop
        self.log = Log(store, signer, node=node, mode=mode, salts=frame_salts)
        found = resume(store, signer.verifier, party=party)
        self.log.resume(found.frontier, others_write=others_write)
        self.set_back = None if witness is None else witness.set_back(store)
        if self.set_back is not None:
            found.projection.hold(self.set_back)
        self.snapshot_size, self._durable_ms = found.from_size, found.time_ms
        self.decider = Decider(found.projection, find=store.find_all, salts=salts, last_time_ms=found.time_ms)
        self._asked: dict[Ticket, None] = {}  # not answered yet
        self._asked_by_rules: tuple[Ticket, ...] = ()
        self._writing: Work | None = None
        self._has_grown = False  # since it was looked at whether a snapshot is due
        self._is_open = False

    def begin(self, now: datetime) -> None:
        """Decide from now on. A new log gets its first entry; one that was set back gets none.

        Raises Unavailable, or InDoubt, when a new log cannot be begun.
        """
        if self.set_back is None:
            begun_ms = epoch_ms(now)
            if self.log.begin(begun_ms):
                self.decider.last_time_ms = self._durable_ms = begun_ms
            self._bear_witness()
        self._is_open = True

    def follow(self, rows: Sequence[Row]) -> None:
        """Take in what another process wrote after what is known here; not between `begin` and `hand_over`.

        ValueError when a row is missing or damaged.
        """
        invariant(not self._is_open and self._writing is None, "who follows does not write")
        known = Resumed(
            projection=self.decider.projection,
            frontier=self.log.frontier(),
            time_ms=self._durable_ms,
            from_size=self.snapshot_size,
        )
        found = followed(rows, known)
        self.log.resume(found.frontier, others_write=True)
        self.decider.last_time_ms = self._durable_ms = found.time_ms

    def hand_over(self) -> Answers:
        """Decide nothing until it is begun again: another process writes now.

        What waited to be decided is turned away; what is being written is answered when that is known.
        """
        self._is_open = False
        return self._answered(self.decider.turned_away())

    @property
    def is_open(self) -> bool:
        """Whether it decides."""
        return self._is_open

    @property
    def is_writing(self) -> bool:
        """Whether something is being written."""
        return self._writing is not None

    @property
    def is_read_only(self) -> bool:
        """Whether commands are refused for now."""
        return not self._is_open or self.decider.projection.is_read_only

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for an answer, or something is being written."""
        return bool(self._asked) or self._writing is not None

    @property
    def has_work(self) -> bool:
        """Whether `turn` may have something to do now."""
        return self._is_open and self._writing is None and (self.decider.is_waiting() or self._has_grown)

    def head_note(self) -> str:
        """The newest signed head of the record; an empty text while there is none. Raises Unavailable."""
        head = self.log.head or next(self._store.heads(max(0, self.log.size - 1)), None)
        return "" if head is None else head.note

    def offer(self, order: Order) -> Ticket | Refusal:
        """Take an order in. A refusal is the answer: nothing is entered."""
        if not self._is_open:
            return Refusal(reason=Reason.UNAVAILABLE)
        ticket = self.decider.offer(order)
        if isinstance(ticket, Ticket):
            self._asked[ticket] = None
        return ticket

    def offer_all(self, orders: Iterable[Order]) -> tuple[Ticket, ...]:
        """Take in what the node itself asks; what cannot be taken in is asked again in time."""
        tickets = (self.offer(order) for order in orders)
        return tuple(each for each in tickets if isinstance(each, Ticket))

    def recorded(self, key: bytes) -> Decided | None:
        """What was decided under an idempotency key, once it is durable. Raises Unavailable."""
        row = self._store.find_all([key]).get(key)
        found = None if row is None else read(entry_from_body(row.sequence, row.body))
        return None if found is None else found.decided

    def is_asked(self, tickets: Iterable[Ticket]) -> bool:
        """Whether some of them is not answered yet."""
        return any(ticket in self._asked for ticket in tickets)

    def tidy(
        self, now: datetime, command_id: Callable[[], str], only: str | None = None
    ) -> tuple[Ticket, ...]:
        """Ask what the node's own rules ask, every TIDY_EVERY_S; nothing while they still wait for answers.

        command_id: one that nobody used, at each call. only: of one rule alone.
        """
        if not self.is_asked(self._asked_by_rules):
            node, projection = self.log.node, self.decider.projection
            self._asked_by_rules = self.offer_all(
                tidying.orders(projection, node=node, now=now, command_id=command_id, only=only)
            )
            return self._asked_by_rules
        return ()

    def turn(self, now: datetime) -> tuple[Work | None, Answers]:
        """What is to be written next, if anything, and the answers that need no writing.

        Nothing while something is being written: what is asked then is decided after it.
        """
        if not self._is_open or self._writing is not None:
            return None, []
        self._writing = self._snapshot(self._snapshot_every) if self._has_grown else None
        self._has_grown = False
        if self._writing is not None:
            return self._writing, []
        self._writing, ready = self.decider.next_batch(now)
        return self._writing, self._answered(ready)

    def last_turn(self) -> Snapshot | None:
        """What is to be written before an orderly stop, when nobody waits any more."""
        if self._is_open and self._writing is None:
            self._writing = self._snapshot(self._snapshot_at_stop)
            return self._writing
        return None

    def write(self, work: Work) -> tuple[Row, ...]:
        """Make `work` durable; the rows of a batch. The one method for the thread that writes.

        Raises Unavailable when nothing was written, InDoubt and StaleHead as `Log.append`.
        """
        if isinstance(work, Snapshot):
            self._store.keep_snapshot(work)
            return ()
        rows = self.log.append(work.drafts)
        self._bear_witness()
        return rows

    def written(self, rows: Sequence[Row]) -> Answers:
        """What was to be written is durable. rows: what `write` answered."""
        work = self._taken()
        if isinstance(work, Snapshot):
            return []
        self._durable_ms, self._has_grown = work.drafts[-1].time_ms, True
        return self._answered(self.decider.committed(work, [row.leaf for row in rows]))

    def failed(self, why: Unavailable) -> Answers:
        """Nothing was written: what was decided is undone. A snapshot is tried again when it is due again."""
        is_snapshot, reason = isinstance(self._taken(), Snapshot), str(why).replace("\n", " ")
        self._tell(f"no snapshot was kept: {reason}" if is_snapshot else f"nothing was recorded: {reason}")
        return [] if is_snapshot else self._answered(self.decider.failed())

    def end(self) -> Answers:
        """Decide nothing more: what is in the log cannot be told, or we contradict ourselves.

        Whoever waits is told so. What was being written may be there after a restart, and is the answer then.
        """
        self._is_open = False
        unavailable = Answer(Refusal(reason=Reason.UNAVAILABLE))
        return self._answered([(ticket, unavailable) for ticket in self._asked])

    def _taken(self) -> Work:
        work, self._writing = self._writing, None
        if work is None:
            raise InvariantError("nothing was to be written")
        return work

    def _answered(self, answers: Answers) -> Answers:
        for ticket, _ in answers:
            self._asked.pop(ticket, None)
        return answers

    def _snapshot(self, since: int) -> Snapshot | None:
        """A snapshot, when the log has grown by `since` entries since the last one; nothing is in flight."""
        invariant(self._writing is None, "a snapshot is of what is durable")
        if self.log.size - self.snapshot_size < since:
            return None
        made = snapshots.taken(
            self.decider.projection, self.log.frontier(), time_ms=self._durable_ms, signer=self._signer
        )
        self.snapshot_size = made.size
        return made

    def _bear_witness(self) -> None:
        if self._witness is None or self.log.head is None:
            return
        try:
            self._witness.write(self.log.head)
        except Unavailable as silent:
            # The record is durable and stays right; a later start may ask for a confirmation without need.
            reason = str(silent).replace("\n", " ")
            self._tell(f"the witness was not written: {reason}")
