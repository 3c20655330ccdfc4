"""A world from one seed: parties that ask, a disk that fails, a node that dies and starts again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from random import Random
from types import TracebackType
from typing import Protocol

import msgspec

from mamarr.airspace import reservations
from mamarr.airspace.reservations import Earmark, Phase
from mamarr.engine import (
    Answer,
    Batch,
    Decider,
    Keeper,
    Order,
    Picture,
    Projection,
    Resumed,
    Ticket,
    cycle,
    gate,
    picture,
    redecided,
    replay,
    restores,
    tidying,
)
from mamarr.engine.keeper import Answers, Work
from mamarr.engine.offers import OfferAlternatives
from mamarr.engine.orders import DECIDED, ORDER, Command, events_in
from mamarr.engine.projection import START as FOLDED
from mamarr.faults import Reason, Refusal, Unavailable, present
from mamarr.flights import flights
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.names import Author, Mode
from mamarr.record import Row, Signer, Snapshot, Verifier, audit
from mamarr.record.entries import SALT_BYTES, entry_from_body
from mamarr.record.log import InDoubt
from mamarr.simulation import hearsay, ledger, lookout, withheld
from mamarr.simulation.asking import Askers
from mamarr.simulation.checks import conflicts
from mamarr.simulation.faulty_store import NO_FAULTS, Crashed, Fault, FaultyStore, UnsyncedWitness
from mamarr.simulation.hearsay import Heard
from mamarr.simulation.promises import (
    Told,
    accepted_late,
    admitted_over_the_limit,
    held_boxes,
    occupied,
    overruns_untold,
    ruled_since,
    taken_twice,
    told_by,
)
from mamarr.simulation.scenery import PARTIES, PARTY, declarations, hiding, signature_over
from mamarr.simulation.skywatch import Skywatch, is_watched
from mamarr.surveillance.alerts import AcknowledgeAlert

START = moment_from_ms(1_790_000_000_000)
NODE = "node-simulated"
STEPS = 110
SNAPSHOT_EVERY, SNAPSHOT_AT_STOP = 20, 5  # chosen: entries; a world makes some fifty
DECLARED_WITHIN = 50  # chosen: tries; a disk fails so often only when nothing works
STORY_LINES_MAX = 2_000


class Broken(Exception):  # noqa: N818  told by its name
    """A promise does not hold, or something else went wrong in the world, which then is its cause.

    The message is the story of the seed.
    """


class Storied(Protocol):
    """A world that knows its story."""

    def broken(self, what: str) -> Broken:
        """The story, of which `what` is the end."""


class Telling:
    """Whatever goes wrong inside names the seed and tells its story; nothing is stopped by it."""

    def __init__(self, world: Storied) -> None:
        self._world = world

    def __enter__(self) -> None:
        """Nothing has gone wrong yet."""

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise it again as the end of the story."""
        if isinstance(wrong, Exception) and not isinstance(wrong, Broken):
            raise self._world.broken(f"{type(wrong).__name__}: {wrong}") from wrong


class World:
    """One node and those who ask it, driven by `chance` alone."""

    def __init__(self, seed: int) -> None:
        self.seed, self.chance = seed, Random(seed)
        self.now: datetime = START
        self.story: list[str] = []
        self.store = FaultyStore(self.chance, tell=self.tell)
        self.witness = UnsyncedWitness(self.chance)
        self.signer = Signer(f"{NODE}/{Mode.EXERCISE}", self.chance.randbytes(32))
        self.asked: list[Order] = []
        self.offered: dict[tuple[str, str], list[Order]] = {}
        self.acknowledged: list[tuple[Order, Answer]] = []
        self.heard: list[tuple[bytes | int, Heard]] = []  # with the receipt, or how long the log was
        self.waiting: dict[Ticket, Order] = {}
        self.work: Work | None = None  # given by the keeper, not handed to the store yet
        self.in_flight: list[bytes | None] = []  # keys of what was handed to the store and not answered
        self.askers = Askers(self.chance, is_watched=is_watched(seed))
        self.sky: Skywatch | None = None
        self.followed = replay((), party=PARTY)
        with Telling(self):
            if not self.start():
                self.crash()
            if is_watched(seed):
                self.sky = Skywatch(self.chance, self.tell, self.keeper, epoch_ms(self.now))
            self.declare()

    @property
    def decider(self) -> Decider:
        """The keeper's."""
        return self.keeper.decider

    @property
    def verifier(self) -> Verifier:
        """The public key of the node."""
        return self.signer.verifier

    def tell(self, line: str) -> None:
        """Add a line to the story."""
        if len(self.story) < STORY_LINES_MAX:
            self.story.append(f"{self.now:%H:%M:%S.%f} {line}")

    def require(self, holds: bool, what: str) -> None:
        """Stop with the story unless `holds`."""
        if not holds:
            raise self.broken(what)

    def broken(self, what: str) -> Broken:
        """The story, of which `what` is the end."""
        lines = "\n".join(self.story[-60:])
        return Broken(f"seed {self.seed}: {what}\n{lines}")

    def start(self) -> bool:
        """Start the node from what is durable; whether that went well."""
        self.work, self.waiting, self.in_flight = None, {}, [None]
        self.keeper = Keeper(
            self.store,
            self.signer,
            node=NODE,
            party=PARTY,
            mode=Mode.EXERCISE,
            salts=self.salt,
            frame_salts=self.salt,
            tell=self.tell,
            witness=self.witness,
            snapshot_every=SNAPSHOT_EVERY,
            snapshot_at_stop=SNAPSHOT_AT_STOP,
        )
        self.compare_start()
        try:
            self.keeper.begin(self.now)
        except (Unavailable, InDoubt, Crashed) as wrong:
            self.tell(f"the log was not begun: {wrong}")
            return False
        self.in_flight = []
        if self.sky is not None:
            self.sky.node_starts(self.keeper, epoch_ms(self.now))
        return True

    def compare_start(self) -> None:
        """A start goes on from the state that the whole log gives, whether a snapshot was used or not.

        It is read-only when the witness was lost, and only then: a crash alone never makes it so.
        """
        whole, keeper = self.follow(), self.keeper
        self.tell(f"node starts with {keeper.log.size} entries")
        if keeper.snapshot_size:
            self.tell(f"a snapshot of {keeper.snapshot_size} entries was used")
        self.require(
            (keeper.decider.projection.state(), keeper.log.frontier().root(), keeper.decider.last_time_ms)
            == (whole.projection.state(), whole.frontier.root(), whole.time_ms),
            "a start from a snapshot is not a start from the log",
        )
        self.is_unconfirmed = self.witness.is_lost and keeper.log.size > 0
        self.require((keeper.set_back is not None) == self.is_unconfirmed, f"the record is {keeper.set_back}")
        if self.is_unconfirmed:
            self.tell("the witness is lost, and the record read-only")

    def salt(self) -> bytes:
        """Salt from the seed."""
        return self.chance.randbytes(SALT_BYTES)

    def step(self) -> None:
        """Let one thing happen."""
        happening = self.chance.choices(
            [
                self.ask,
                self.ask_again,
                self.turn,
                self.append,
                self.crash,
                self.stop,
                self.clock_steps,
                self.time_passes,
                self.tidy,
                self.watch,
            ],
            [64, 6, 18, 20, 2, 1, 4, 9, 10, 0] if self.sky is None else [22, 3, 14, 16, 2, 1, 2, 1, 5, 9],
        )[0]
        happening()
        self.now += timedelta(milliseconds=self.chance.randrange(2_000))

    def ask(self) -> None:
        """A party asks something new; of a record that is read-only often that it may go on."""
        if self.keeper.is_read_only and self.chance.random() < 0.5:
            self.confirm()
            return
        self.offer(self.order(*self.askers.wish(self.decider.projection, self.now)))

    def confirm(self) -> None:
        """A person of the node's party confirms the record as it is."""
        self.offer(self.order(PARTY, restores.ConfirmRestore()))

    def order(self, party: str, command: Command, rule: str | None = None) -> Order:
        """The next order."""
        author = Author(party=party, node=NODE, rule=rule)
        name, signature = f"command-{len(self.asked)}", signature_over(command)
        order = Order(command_id=name, author=author, command=command, signature=signature)
        self.asked.append(order)
        return order

    def declare(self) -> None:
        """Parties, shares and corridors, by ordinary commands, until all of them are durable."""
        orders = [self.order(PARTY, command) for command in (*declarations(), *hiding(self.seed))]
        for _ in range(DECLARED_WITHIN):
            if all(any(order is done for done, _ in self.acknowledged) for order in orders):
                return
            if self.keeper.is_read_only:
                self.confirm()
            for order in orders:
                self.offer(order)
            while self.keeper.is_busy:
                self.turn()
                self.append()
        self.require(False, "nothing becomes durable")

    def ask_again(self) -> None:
        """Somebody repeats a command id, mostly with the same bytes."""
        if not self.asked:
            return
        order = self.chance.choice(self.asked)
        if order.author.rule == cycle.RULE:
            return  # the watch asks anew, under another id, what still holds
        if self.chance.random() < 0.3:
            _, other = self.askers.wish(self.decider.projection, self.now)
            order = Order(command_id=order.command_id, author=order.author, command=other)
        self.offer(order)

    def offer(self, order: Order) -> None:
        """Put `order` to the node."""
        ticket = self.keeper.offer(order)
        self.has_asked(order, ticket)

    def has_asked(self, order: Order, ticket: Ticket | Refusal) -> None:
        """Remember who waits for which answer."""
        self.offered.setdefault((order.author.party, order.command_id), []).append(order)
        self.tell(f"{order.author.party} asks {order.command_id}: {order.command}")
        if isinstance(ticket, Ticket):
            self.waiting[ticket] = order

    def tidy(self) -> None:
        """The node's rules: forget what passed, some as if it had been kept long enough; earmark; overdue."""
        for value in sorted(self.waiting_in_queue(), key=reservations.queue_place):
            earmark = Earmark(reservation_id=value.reservation_id)
            self.offer(self.order(PARTY, earmark, "earmark-reservations"))
        later = self.now + timedelta(milliseconds=self.chance.choice((0, tidying.KEPT_MS)))
        self.rules_asked(self.keeper.tidy(later, self.new_ids()))

    def new_ids(self) -> Callable[[], str]:
        """Ids for commands that the node asks, in the order in which they are asked."""
        numbers = count(len(self.asked))
        return lambda: f"command-{next(numbers)}"

    def rules_asked(self, tickets: Iterable[Ticket]) -> None:
        """Remember what the node asked by itself."""
        for ticket in tickets:
            self.asked.append(ticket.order)
            self.has_asked(ticket.order, ticket)

    def watch(self) -> None:
        """For some cycles of the process that watches time passes as it does, and little else happens."""
        sky = present(self.sky, "this world has feeds")
        sky.something_happens(epoch_ms(self.now))
        for _ in range(self.chance.choice((6, 14, 26))):
            self.now += timedelta(milliseconds=self.chance.choice((1_000, 2_000, 4_000, 4_000)))
            sky.cycle(epoch_ms(self.now))
            for happening, ratio in ((self.acknowledge, 0.05), (self.look, 0.2), (self.clock_steps, 0.03)):
                if self.chance.random() < ratio:
                    happening()
            for happening in (self.hear_watch, self.turn, self.append):
                is_due = happening == self.hear_watch or self.keeper.has_work or self.work is not None
                if is_due and self.chance.random() < 0.85:
                    happening()

    def hear_watch(self) -> None:
        """The node hears what the process that watches said."""
        sky = present(self.sky, "this world has feeds")
        self.rules_asked(sky.hear(epoch_ms(self.now), self.new_ids()))

    def acknowledge(self) -> None:
        """A person who sees an alert says so; now and then one who may not, or of another beginning."""
        party = self.chance.choice(PARTIES)
        found = [each.alert for each in self.picture(party).alerts if each.actions]
        if not found:
            return
        alert = self.chance.choice(found)
        command = AcknowledgeAlert(
            kind=alert.kind,
            subject=alert.subject,
            raised_count=alert.raised_count + (self.chance.random() < 0.1),
        )
        order = self.order(self.chance.choice(PARTIES) if self.chance.random() < 0.2 else party, command)
        author = msgspec.structs.replace(order.author, person="A. Person")
        self.asked[-1] = msgspec.structs.replace(order, author=author)
        self.offer(self.asked[-1])

    def picture(self, party: str, projection: Projection | None = None) -> Picture:
        """What `party` is shown, from what the node holds or from another state."""
        block = None if self.sky is None else self.sky.block
        projection = self.decider.projection if projection is None else projection
        return picture(projection, party=party, now=self.now, block=block)

    def waiting_in_queue(self) -> list[reservations.Reservation]:
        """Durable reservations that wait for their sky."""
        items = self.decider.projection.reservations.durable_items()
        return [value for _, value in items if value.phase == Phase.IN_QUEUE]

    def time_passes(self) -> None:
        """Some minutes in which nothing else happens; now and then so many that what waits lapses."""
        long_ms = reservations.EARMARK_LAPSE_MS if self.chance.random() < 0.25 else 0
        self.now += timedelta(seconds=self.chance.randrange(240), milliseconds=long_ms)
        self.tell("time passes")

    def turn(self) -> None:
        """The keeper takes its turn."""
        self.turn_at(self.now)

    def turn_at(self, now: datetime) -> None:
        """The keeper takes its turn, at a moment."""
        work, ready = self.keeper.turn(now)
        self.answer(ready, is_of_now=True)
        if work is None:
            return
        self.require(self.work is None, "two things are to be written at once")
        self.work = work
        if isinstance(work, Snapshot):
            return
        self.tell(f"batch {work.number} decided: {[str(decided.outcome()) for decided in work.decided]}")
        first = work.tickets[0].order.command
        self.require(
            not self.is_unconfirmed or isinstance(first, restores.ConfirmRestore),
            f"{first} was entered into a record that nobody had confirmed",
        )
        self.keep_hidden(work)
        waits = next(tidying.earmarks(self.decider.projection, self.decider.last_time_ms), None)
        self.require(waits is None, f"{waits} was left for later: another may ask before it")

    def keep_hidden(self, batch: Batch) -> None:
        """The last refusal or offer of a batch, which changed nothing, is what it would be without what is
        hidden."""
        order, shown = batch.tickets[-1].order, batch.shown[-1]
        if gate.conceals(self.decider.projection, withheld.asker(order)):
            told = withheld.told(self.decider.projection, order, shown, self.decider.last_time_ms)
            self.require(told is None, f"a refusal tells of what is hidden: {told}")

    def append(self) -> None:
        """What is to be written is handed to the store."""
        work, self.work = self.work, None
        if work is None:
            return
        self.in_flight = [draft.key for draft in work.drafts] if isinstance(work, Batch) else []
        try:
            rows = self.keeper.write(work)
        except Unavailable as silent:
            self.in_flight = []
            self.answer(self.keeper.failed(silent))
            return
        except InDoubt as doubt:
            self.tell(f"in doubt: {doubt}")
            self.answer(self.keeper.end())
            self.crash()
            return
        except Crashed as wrong:
            self.tell(f"while it was written: {wrong}")
            self.crash()
            return
        self.in_flight = []
        if isinstance(work, Snapshot):
            self.tell(f"a snapshot of {work.size} entries is kept")
        else:
            self.tell(f"batch {work.number} durable: {len(rows)} entries")
            self.is_unconfirmed = False  # the first entry was a confirmation
        self.answer(self.keeper.written(rows))
        if isinstance(work, Batch) and not self.decider.is_waiting():
            self.take_alternative(work)

    def take_alternative(self, batch: Batch) -> None:
        """What was offered last is filed next, at that moment: it must be admitted."""
        command, alternatives = batch.tickets[-1].order.command, batch.shown[-1].alternatives
        if not isinstance(command, OfferAlternatives) or not isinstance(command.asked, flights.File):
            return
        if not alternatives:
            return
        chosen = self.chance.choice(alternatives)
        self.tell(f"{command.party} takes the alternative {chosen.kind}")
        self.offer(self.order(command.party, msgspec.structs.replace(command.asked, plan=chosen.plan)))
        at = moment_from_ms(self.decider.last_time_ms)
        self.turn_at(at)
        if isinstance(self.work, Snapshot):
            self.append()
            self.turn_at(at)
        if isinstance(self.work, Batch):
            outcome = self.work.decided[-1].outcome()
            self.require(
                not chosen.holds or not isinstance(outcome, Refusal),
                f"the alternative {chosen.kind} was refused: {outcome}",
            )

    def answer(self, answers: Answers, *, is_of_now: bool = False) -> None:
        """Those who asked get their answers. is_of_now: told by what holds now, not when it was decided."""
        for ticket, answer in answers:
            order = self.waiting.pop(ticket, None)
            if order is None:
                self.require(ticket.order.author.rule == tidying.EARMARK, "an answer that nobody waits for")
                order = ticket.order
            self.require(order is ticket.order, "an answer went to another order")
            words = (f"{each.kind}" if each.holds else f"perhaps {each.kind}" for each in answer.alternatives)
            offered = "".join(f", or {each}" for each in words)
            self.tell(f"answer to {order.command_id}: {answer.outcome}{offered}")
            what = f"the answer to {order.command_id}"
            self.hear(order.author.party, what, answer, order=order, is_of_now=is_of_now)
            if self.sky is not None:
                self.sky.answered(ticket, answer, epoch_ms(self.now))
            if answer.receipt is not None:
                self.acknowledged.append((order, answer))
            if answer.outcome == Refusal(reason=Reason.COMMAND_ID_REUSED):
                others = self.offered[order.author.party, order.command_id]
                self.require(any(other != order for other in others), "a fresh command id was called used")
        if self.in_flight == []:  # else it is not known what is durable, and the node is about to end
            self.look()

    def hear(
        self,
        asker: str,
        what: str,
        told: Answer | Picture,
        order: Order | None = None,
        *,
        is_of_now: bool = False,
    ) -> None:
        """Keep what somebody was told, as it leaves; an answer tells of the log up to its entry.

        is_of_now: of the log up to now, as an answer that is in the record is told again by today's rules.
        """
        receipt = told.receipt if isinstance(told, Answer) and not is_of_now else None
        asked = b"" if order is None else msgspec.json.encode(order.command)
        heard = Heard(asker=asker, what=what, told=msgspec.json.encode(told), asked=asked)
        self.heard.append((receipt or self.follow().frontier.size, heard))

    def heard_by_size(self, rows: Sequence[Row]) -> dict[int, list[Heard]]:
        """What was told, by how many entries the log had of which it tells."""
        size_by_leaf = {row.leaf: row.sequence + 1 for row in rows}
        found: dict[int, list[Heard]] = {}
        for at, heard in self.heard:
            found.setdefault(at if isinstance(at, int) else size_by_leaf[at], []).append(heard)
        return found

    def crash(self) -> None:
        """The node dies, the power with it, and starts again; those who waited got no answer."""
        self.tell("the node dies")
        while not self.restart():
            self.tell("the node dies as it starts")

    def restart(self, faults: Mapping[Fault, int] | None = None) -> bool:
        """Start from the disk; whether that went well. What is there is compared with what was before."""
        durable, in_flight = list(self.store.rows()), self.in_flight
        try:
            self.store = self.store.after_crash(faults)
            self.witness.crash()
            rows = list(self.store.rows())
            self.require(rows[: len(durable)] == durable, "what was durable is lost or changed")
            keys = [row.key for row in rows[len(durable) :]]
            self.require(keys in ([], in_flight), "what was in flight is there in part, or is another")
            if in_flight:
                there = sum(row.key in in_flight for row in rows)
                self.tell(f"{there} of {len(in_flight)} entries in flight are there")
            self.entered_once(rows)
            return self.start()
        except (ValueError, msgspec.DecodeError, Unavailable) as wrong:
            self.require(False, f"the recovered log cannot be read: {wrong}")
            return False

    def entered_once(self, rows: Sequence[Row]) -> None:
        """Every acknowledged answer is in the log, and no command twice."""
        keys = [row.key for row in rows if row.key is not None]
        self.require(len(set(keys)) == len(keys), "a command was entered twice")
        key_by_leaf = {row.leaf: row.key for row in rows}
        for order, answer in self.acknowledged:
            self.require(
                key_by_leaf.get(answer.receipt or b"") == order.key(), f"{order.command_id}: no such entry"
            )

    def stop(self) -> None:
        """The node is stopped in order, if the disk allows it, and started again."""
        self.tell("the node is to stop")
        keeper = self.keeper
        while self.keeper is keeper and keeper.is_busy:
            self.turn()
            self.append()
        if self.keeper is keeper:
            self.work = keeper.last_turn()
            self.append()
        if self.keeper is keeper:
            self.crash()

    def clock_steps(self) -> None:
        """The clock jumps, also back."""
        self.now += timedelta(seconds=self.chance.randrange(-90, 90))
        self.tell("the clock was set")

    def look(self) -> None:
        """A viewer's picture is what a replay of the durable log gives."""
        party = self.chance.choice(PARTIES)
        seen = self.picture(party)
        self.hear(party, "a picture", seen)
        projection = self.follow().projection
        self.require(seen == self.picture(party, projection), "a picture shows what is not durable")
        if self.sky is not None:
            self.sky.shown(party, seen, self.follow().frontier.size)
        self.require(
            party == PARTY or all(each.flight.party == party for each in seen.flights),
            f"{party} sees a flight of another party",
        )
        for sentence in conflicts(occupied(projection)):
            self.require(False, f"occupied at once: {sentence}")

    def follow(self) -> Resumed:
        """The log as a follower has it, who read it from 0: what was durable is there after every start."""
        found = self.followed
        for row in self.store.rows(found.frontier.size):
            entry = entry_from_body(row.sequence, row.body)
            for event in events_in(entry):
                found.projection.apply(FOLDED, event)
            found.projection.settle(FOLDED)
            found.frontier.append(row.leaf)
            found = msgspec.structs.replace(found, time_ms=entry.frame().time_ms)
        self.followed = found
        return found

    def check(self) -> None:
        """Every promise, after the last step."""
        self.require(self.restart(NO_FAULTS), "the node does not start on a disk without faults")
        rows = list(self.store.rows())
        whole, followed = replay(rows, party=PARTY), self.follow()
        self.require(
            (whole.projection.state(), whole.frontier.root(), whole.time_ms)
            == (followed.projection.state(), followed.frontier.root(), followed.time_ms),
            "the log read at once is not the log as it was followed",
        )
        latest_ms = max(epoch_ms(self.now), self.decider.last_time_ms)
        held = held_boxes(self.decider.projection, latest_ms)
        for sentence in conflicts(held):
            self.require(False, sentence)
        record = told_by(rows)
        for sentence in taken_twice(record):
            self.require(False, sentence)
        for sentence in accepted_late(record):
            self.require(False, sentence)
        for sentence in overruns_untold(record):
            self.require(False, sentence)
        for sentence in admitted_over_the_limit(record, node_party=PARTY):
            self.require(False, sentence)
        entries = stored(record)
        for sentence in ledger.conflicts(entries):
            self.require(False, sentence)
        for sentence in hearsay.leaks(entries, self.heard_by_size(rows), node_party=PARTY):
            self.require(False, sentence)
        for sentence in lookout.conflicts(entries, self.sky.journal, node_party=PARTY) if self.sky else ():
            self.require(False, sentence)
        for divergence in redecided(rows, party=PARTY):
            self.require(False, f"entry {divergence.sequence}: {divergence.what}")
        verdict = audit(self.store, self.verifier)
        self.require(verdict.finding is None, f"audit: {verdict.finding}")
        self.require(verdict.proven_size == len(rows), "the audit does not reach the end")
        ruled = ruled_since(record)
        for order, answer in self.acknowledged:
            again = self.keeper.offer(order)
            given = [found for ticket, found in self.settled() if ticket is again]
            same = [*map(_lasting, given)] == [_lasting(answer)]
            if answer.receipt in ruled.get(order.author.party, ()):  # told now as the rules now allow
                same = [each.receipt for each in given] == [answer.receipt]
            self.require(same, f"{order.command_id}: asked again, another answer")

    def settled(self) -> Answers:
        """The answers when all that waits was decided and written, on a disk without faults."""
        found: Answers = []
        while self.keeper.has_work:
            work, ready = self.keeper.turn(self.now)
            found += ready
            if work is not None:
                found += self.keeper.written(self.keeper.write(work))
        return found


def stored(record: Sequence[Told]) -> list[tuple[int, bytes, bytes, int]]:
    """What the entries that decide something say was asked and decided, and when, as it was stored.

    Number, order, decision and time of each.
    """
    found = []
    for told in record:
        decided = told.entry.content(DECIDED)
        if decided is not None:
            order = present(told.entry.content(ORDER), "what decides was asked")
            found.append((told.entry.sequence, order, decided, told.time_ms))
    return found


def run(seed: int, *, steps: int = STEPS) -> World:
    """Live through `seed`; Broken when a promise does not hold, or for anything else that goes wrong."""
    world = World(seed)
    with Telling(world):
        for _ in range(steps):
            world.step()
        for _ in range(4):
            world.turn()
            world.append()
        world.check()
    return world


def _lasting(answer: Answer) -> Answer:
    """The answer without who decides where something is met: another may by the time it is told again."""
    causes = tuple(msgspec.structs.replace(each, decided_by=()) for each in answer.causes)
    return msgspec.structs.replace(answer, causes=causes)
