"""The decider: takes orders in, decides them in batches, and lets answers out when they are durable.

A machine without I/O: the node and the simulation both drive it, each with its own clock and its own way of
appending. `offer` takes an order in; `next_batch` decides all that wait, on the state its predecessors left;
when the log has made the batch durable, `committed` answers; when the append failed, `failed` undoes. Until
one of the two, nothing more is decided: what is asked meanwhile waits, and becomes one batch.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from types import ModuleType

import msgspec

from mamarr.airspace.reservations import (
    Accept,
    Activated,
    Allocated,
    Earmark,
    Earmarked,
    OverrunNoted,
    Queued,
    Reserve,
    Reserved,
)
from mamarr.coordination.claims import CountersignCrossing
from mamarr.coordination.crossings import AcceptCrossing
from mamarr.engine import counting, gate, offering, offers, restores, tidying
from mamarr.engine import facts as facts_of
from mamarr.engine.gate import Shown
from mamarr.engine.nouns import OF_COMMAND
from mamarr.engine.offering import Offering, Wanted
from mamarr.engine.orders import (
    Decided,
    Decision,
    Facts,
    Order,
    Outcome,
    contents,
    decision,
    read,
)
from mamarr.engine.personal import separated
from mamarr.engine.projection import Projection
from mamarr.engine.tickets import Answer, Ticket
from mamarr.faults import BECAUSE_MAX, InvariantError, Reason, Refusal, Unavailable, invariant, present
from mamarr.flights.flights import Confirm, Confirmed, File, Filed, Revise
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.names import Author
from mamarr.record import Draft, Part, Row
from mamarr.record.entries import entry_from_body
from mamarr.record.tree import leaf_hash

INBOX_MAX = 4_096  # chosen: a second's work; beyond it the asker is told BUSY at once
BATCH_MAX = 512  # chosen: keeps one group commit, and so one answer's wait, under some 100 ms
# Any other may free sky.
# What may take sky: not while this node may have forgotten whose that is.
ADMITTING = (Accept, AcceptCrossing, Confirm, CountersignCrossing, Earmark, File, Reserve, Revise)
FREE_NOTHING = (
    Activated,
    Allocated,
    Confirmed,
    Earmarked,
    Filed,
    offers.AlternativesOffered,
    OverrunNoted,
    Queued,
    Reserved,
)
OF_NO_NOUN: dict[type, ModuleType] = {restores.ConfirmRestore: restores, offers.OfferAlternatives: offers}


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions that become durable together. drafts, decided, shown and tickets stand in the same order.

    shown: what those who asked may learn of what was decided.

    more: further tickets with the same command id and bytes, by index of the draft they wait for.

    offered: whose answers wait for what is offered, by index of the draft that says it.
    """

    number: int
    drafts: tuple[Draft, ...]
    decided: tuple[Decided, ...]
    shown: tuple[Shown, ...]
    tickets: tuple[Ticket, ...]
    more: dict[int, list[Ticket]]
    offered: dict[int, Wanted]


class Decider:
    """Decides orders against one projection.

    find: the durable rows that have one of some idempotency keys (`Store.find_all`). salts: SALT_BYTES random
    bytes a call. last_time_ms: time of the last durable entry.
    """

    def __init__(
        self,
        projection: Projection,
        *,
        find: Callable[[Sequence[bytes]], dict[bytes, Row]],
        salts: Callable[[], bytes],
        last_time_ms: int = 0,
    ) -> None:
        self.projection = projection
        self._find, self._salts = find, salts
        self.last_time_ms = last_time_ms
        self._inbox: deque[Ticket] = deque()
        self._offering = Offering()
        self._pending: Batch | None = None
        self._tickets, self._batches = count(), count()

    def offer(self, order: Order) -> Ticket | Refusal:
        """Take an order in; refused at once, and not entered, when too many wait."""
        if len(self._inbox) >= INBOX_MAX:
            return Refusal(reason=Reason.BUSY)
        ticket = Ticket(next(self._tickets), order)
        self._inbox.append(ticket)
        return ticket

    def next_batch(self, now: datetime) -> tuple[Batch | None, list[tuple[Ticket, Answer]]]:
        """Decide what waits. Answers a batch to append, if any, and answers that need no appending.

        Nothing while the batch before is not durable.
        """
        ready: list[tuple[Ticket, Answer]] = []
        if not self.is_waiting() or self._pending is not None:
            return None, ready
        turn = _Turn(next(self._batches), max(epoch_ms(now), self.last_time_ms))
        tickets = [self._inbox.popleft() for _ in range(min(len(self._inbox), BATCH_MAX))]
        wanted = self._offering.next()
        if self.projection.sky.is_due(turn.time_ms):  # freed by the clock perhaps, or by a batch that failed
            self._earmark(turn, (tickets[0].order if tickets else wanted[0].order).author.node)
        for each in wanted:
            self._offer(each, turn, ready)
        recorded = self._found([ticket.key for ticket in tickets])
        for ticket in tickets:
            try:
                found = self._find([ticket.key]) if recorded is None else recorded
                remembered = self._remembered(ticket, turn, found.get(ticket.key))
            except Unavailable:
                ready.append((ticket, Answer(Refusal(reason=Reason.UNAVAILABLE))))
                continue
            kept_out = self._kept_out(ticket, turn) if remembered is None else None
            if isinstance(remembered, Answer):
                ready.append((ticket, remembered))
            elif kept_out is not None:
                ready.append((ticket, Answer(kept_out)))
            elif remembered is None:
                self._decide(ticket, turn)
        if not turn.drafts:
            return None, ready
        self.last_time_ms = turn.time_ms
        self._pending = turn.batch()
        return self._pending, ready

    def committed(self, batch: Batch, rows: Sequence[bytes]) -> list[tuple[Ticket, Answer]]:
        """The pending `batch` is durable; `rows` are the leaf hashes of its entries, in order."""
        invariant(self._pending is batch, "what became durable is what was decided last")
        self._pending = None
        self.projection.settle(batch.number)
        answers = []
        for index, (ticket, shown, receipt) in enumerate(zip(batch.tickets, batch.shown, rows, strict=True)):
            wanted = batch.offered.get(index)
            if wanted is not None:
                answers += self._offering.answered(wanted, shown.alternatives)
                continue
            answer = Answer(shown.outcome, receipt, shown.alternatives, shown.causes)
            waiting = [ticket, *batch.more.get(index, ())]
            is_kept = offering.wants(ticket.order, batch.decided[index]) and self._offering.take(
                Wanted(ticket.order, answer, waiting)
            )
            answers += () if is_kept else [(each, answer) for each in waiting]
        return answers

    def failed(self) -> list[tuple[Ticket, Answer]]:
        """The pending batch was not written: undo it, and say so.

        Whoever waits for an offer alone is told of the refusal, which is durable.
        """
        batch, self._pending = present(self._pending, "what was not written was decided"), None
        self.projection.undo(batch.number)
        unavailable = Answer(Refusal(reason=Reason.UNAVAILABLE))
        told = [answer for each in batch.offered.values() for answer in self._offering.answered(each)]
        waiting = [ticket for index, ticket in enumerate(batch.tickets) if index not in batch.offered]
        waiting += [ticket for more in batch.more.values() for ticket in more]
        told += [(ticket, unavailable) for ticket in waiting]
        return sorted(told, key=lambda each: each[0].number)

    def turned_away(self) -> list[tuple[Ticket, Answer]]:
        """Decide nothing of what waits, and say so."""
        tickets = list(self._inbox)
        self._inbox.clear()
        return [(ticket, Answer(Refusal(reason=Reason.UNAVAILABLE))) for ticket in tickets]

    def is_waiting(self) -> bool:
        """Whether something waits to be decided."""
        return bool(self._inbox) or bool(self._offering)

    def _found(self, keys: Sequence[bytes]) -> dict[bytes, Row] | None:
        """The durable rows with these keys, looked up at once; None when they have to be asked for singly."""
        try:
            return self._find(keys)
        except Unavailable:
            return None  # so that one that cannot be looked up harms no other

    def _remembered(self, ticket: Ticket, turn: "_Turn", row: Row | None) -> Answer | bool | None:
        """The answer already given to this command id, True if it waits with another's, None if new.

        row: the durable one of this command id, if there was one when the turn began. Raises Unavailable.
        """
        order, key = ticket.order, ticket.key
        wanted = self._offering.find(key)
        if wanted is not None:
            return wanted.join(ticket)
        here = turn.keys.get(key)
        if here is not None:
            return turn.join(here, ticket)
        return None if row is None else self._recorded(row, order)

    def _recorded(self, row: Row, order: Order) -> Answer:
        entry = entry_from_body(row.sequence, row.body)
        invariant(
            leaf_hash(entry.leaf()) == row.leaf and entry.frame().key == order.key().hex(),
            f"entry {row.sequence} is not the one that was recorded for this command",
        )
        recorded = present(read(entry), "an entry with a key decides something")
        if recorded.order not in (order, separated(order)[0]):  # the second, where the persons were erased
            return Answer(Refusal(reason=Reason.COMMAND_ID_REUSED))
        shown = gate.shown(self.projection, recorded, durable=True)
        offers_made = shown.alternatives
        if offering.wants(order, recorded.decided):
            offers_made += self._offered_for(order)
        return Answer(shown.outcome, row.leaf, offers_made, shown.causes)

    def _offered_for(self, order: Order) -> tuple[offers.Alternative, ...]:
        """What was offered in place of what was refused, as whoever asked may know it now.

        Nothing where the node was ended before it was found. Raises Unavailable.
        """
        key = offering.order_for(order, self.projection.party).key()
        row = self._find([key]).get(key)
        made = None if row is None else read(entry_from_body(row.sequence, row.body))
        if made is None or not isinstance(made.order.command, offers.OfferAlternatives):
            return ()
        return gate.shown(self.projection, made, durable=True).alternatives

    def _kept_out(self, ticket: Ticket, turn: "_Turn") -> Refusal | None:
        """Why nothing may be entered: a record that was set back must not grow a second history."""
        if self.projection.read_only_why is None:
            missing = self.projection.recovering()
            is_kept_out = bool(missing) and isinstance(ticket.order.command, ADMITTING)
            return Refusal(reason=Reason.RECOVERING, because=missing[:BECAUSE_MAX]) if is_kept_out else None
        if not isinstance(ticket.order.command, restores.ConfirmRestore):
            return Refusal(reason=Reason.READ_ONLY)
        known = facts_of.known_to(self.projection, ticket.order, turn.time_ms)
        outcome = decide(ticket.order, known, now=moment_from_ms(turn.time_ms))
        return outcome if isinstance(outcome, Refusal) else None

    def _decide(self, ticket: Ticket, turn: "_Turn") -> None:
        order = ticket.order
        known = facts_of.known_to(self.projection, order, turn.time_ms)
        now = moment_from_ms(turn.time_ms)
        outcome = decide(order, known, now=now)
        made = decision(order, known, outcome, counting.counted(order, known, outcome, now=now))
        for event in made.decided.events:
            self.projection.apply(turn.number, event)
        turn.take(ticket, made, gate.shown(self.projection, made), self._salts)
        if not isinstance(outcome, Refusal) and not all(isinstance(each, FREE_NOTHING) for each in outcome):
            self._earmark(turn, order.author.node)

    def _offer(self, wanted: Wanted, turn: "_Turn", ready: list[tuple[Ticket, Answer]]) -> None:
        """Find what could be asked in place of what was refused; before anything else is decided."""
        order = offering.order_for(wanted.order, self.projection.party)
        key = order.key()
        try:
            is_taken = key in turn.keys or key in self._find([key])  # by somebody of the node's own party
        except Unavailable:
            is_taken = True
        if is_taken:
            ready += self._offering.answered(wanted)
            return
        turn.offered[len(turn.drafts)] = wanted
        self._decide(Ticket(next(self._tickets), order), turn)

    def _earmark(self, turn: "_Turn", node: str) -> None:
        """Earmark what became free for those who wait, before anybody else can ask for it."""
        if self.projection.read_only_why is not None or self.projection.recovering():
            return
        author = Author(party=self.projection.party, node=node, rule=tidying.EARMARK)
        for command in tidying.earmarks(self.projection, turn.time_ms):
            order = Order(command_id=self._salts()[-16:].hex(), author=author, command=command)
            self._decide(Ticket(next(self._tickets), order), turn)


def decide(order: Order, known: Facts, *, now: datetime) -> Outcome:
    """Hand the order to its noun; facts of another noun are a contradiction of ours."""
    module = OF_NO_NOUN.get(type(order.command)) or OF_COMMAND[type(order.command)].module
    if not isinstance(known, module.Facts):
        raise InvariantError(f"facts {type(known)} for {type(order.command)}")
    outcome: Outcome = module.decide(order.command, known, author=order.author, now=now)
    return outcome


class _Turn:
    """One batch while it is made."""

    def __init__(self, number: int, time_ms: int) -> None:
        self.number, self.time_ms = number, time_ms
        self.drafts: list[Draft] = []
        self.decided: list[Decided] = []
        self.shown: list[Shown] = []
        self.tickets: list[Ticket] = []
        self.keys: dict[bytes, int] = {}
        self.more: dict[int, list[Ticket]] = {}
        self.offered: dict[int, Wanted] = {}

    def join(self, index: int, ticket: Ticket) -> Answer | bool:
        """Let `ticket` wait for the answer of the draft at `index`, if it asks the same."""
        if self.tickets[index].order != ticket.order:
            return Answer(Refusal(reason=Reason.COMMAND_ID_REUSED))
        self.more.setdefault(index, []).append(ticket)
        return True

    def take(self, ticket: Ticket, made: Decision, shown: Shown, salts: Callable[[], bytes]) -> None:
        """Add one decision, and what the asker may learn of it."""
        self.shown.append(shown)
        key = ticket.key
        parts = tuple(Part(name, salts(), content) for name, content in contents(made))
        self.keys[key] = len(self.drafts)
        self.drafts.append(Draft(time_ms=self.time_ms, key=key, parts=parts))
        self.decided.append(made.decided)
        self.tickets.append(ticket)

    def batch(self) -> Batch:
        """What was made."""
        return Batch(
            number=self.number,
            drafts=tuple(self.drafts),
            decided=tuple(self.decided),
            shown=tuple(self.shown),
            tickets=tuple(self.tickets),
            more=self.more,
            offered=self.offered,
        )
