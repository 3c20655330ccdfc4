"""A world from one seed: parties that ask, a disk that fails, a node that dies and starts again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from random import Random

import msgspec

from mamarr.airspace.reservations import (
    OCCUPIED,
    Activate,
    Activated,
    Deactivate,
    Deactivated,
    Pend,
    Release,
    ReportUse,
    Reserve,
    Reserved,
    Status,
)
from mamarr.engine import (
    Answer,
    Batch,
    Decider,
    Order,
    Projection,
    Resumed,
    Ticket,
    picture,
    redecided,
    replay,
    resume,
    snapshots,
    tidying,
)
from mamarr.engine.orders import Command, events_in
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.geometry import Box
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.names import Author, Mode
from mamarr.record import Log, Row, Signer, Verifier, audit
from mamarr.record.entries import SALT_BYTES, entry_from_body
from mamarr.record.log import InDoubt
from mamarr.record.tree import leaf_hash
from mamarr.simulation.checks import common_point, conflicts
from mamarr.simulation.faulty_store import NO_FAULTS, Crashed, Fault, FaultyStore

START = moment_from_ms(1_790_000_000_000)
NODE = "node-simulated"
PARTY = "north"  # whose node it is
PARTIES = (PARTY, "south", "relief")
STEPS = 140
STORY_LINES_MAX = 2_000
DEG = 10_000_000
MINUTE_MS = 60_000


class Broken(Exception):  # noqa: N818  told by its name
    """A promise does not hold. The message is the story of the seed."""


class World:
    """One node and those who ask it, driven by `chance` alone."""

    def __init__(self, seed: int) -> None:
        self.seed, self.chance = seed, Random(seed)
        self.now: datetime = START
        self.story: list[str] = []
        self.store = FaultyStore(self.chance)
        self.signer = Signer(f"{NODE}/{Mode.EXERCISE}", self.chance.randbytes(32))
        self.asked: list[Order] = []
        self.offered: dict[tuple[str, str], list[Order]] = {}
        self.acknowledged: list[tuple[Order, Answer]] = []
        self.waiting: dict[Ticket, Order] = {}
        self.pending: list[Batch] = []
        self.in_flight: list[bytes | None] = []  # keys of what was handed to the store and not answered
        if not self.start():
            self.crash()

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
            lines = "\n".join(self.story[-60:])
            raise Broken(f"seed {self.seed}: {what}\n{lines}")

    def start(self) -> bool:
        """Start the node from what is durable; whether that went well."""
        found = self.resumed()
        time_ms = found.time_ms or epoch_ms(self.now)
        self.pending, self.waiting, self.in_flight = [], {}, [None]
        self.log = Log(self.store, self.signer, node=NODE, mode=Mode.EXERCISE, salts=self.salt)
        self.log.resume(found.frontier)
        self.decider = Decider(found.projection, find=self.find, salts=self.salt, last_time_ms=time_ms)
        self.tell(f"node starts with {found.frontier.size} entries")
        try:
            self.log.begin(time_ms)
        except (Unavailable, InDoubt, Crashed) as wrong:
            self.tell(f"the log was not begun: {wrong}")
            return False
        self.in_flight = []
        return True

    def resumed(self) -> Resumed:
        """The state that a start goes on from: a snapshot and what follows it, or the whole log, folded."""
        found = resume(self.store, self.verifier, party=PARTY)
        whole = replay(self.store.rows(), party=PARTY)
        if found.from_size:
            self.tell(f"a snapshot of {found.from_size} entries was used")
        self.require(
            (found.projection.state(), found.frontier.root(), found.time_ms)
            == (whole.projection.state(), whole.frontier.root(), whole.time_ms),
            "a start from a snapshot is not a start from the log",
        )
        return found

    def find(self, key: bytes) -> Row | None:
        """What the store finds; the story tells when it does not answer."""
        try:
            return self.store.find(key)
        except Unavailable as silent:
            self.tell(f"a command id was not looked up: {silent}")
            raise

    def salt(self) -> bytes:
        """Salt from the seed."""
        return self.chance.randbytes(SALT_BYTES)

    def step(self) -> None:
        """Let one thing happen."""
        happening = self.chance.choices(
            [
                self.ask,
                self.ask_again,
                self.decide,
                self.append,
                self.crash,
                self.clock_steps,
                self.take_snapshot,
                self.time_passes,
                self.tidy,
            ],
            [60, 8, 20, 25, 2, 5, 3, 6, 2],
        )[0]
        happening()
        self.now += timedelta(milliseconds=self.chance.randrange(2_000))

    def ask(self) -> None:
        """A party asks something new."""
        party, command = self.wish()
        order = Order(
            command_id=f"command-{len(self.asked)}", author=Author(party=party, node=NODE), command=command
        )
        self.asked.append(order)
        self.offer(order)

    def ask_again(self) -> None:
        """Somebody repeats a command id, mostly with the same bytes."""
        if not self.asked:
            return
        order = self.chance.choice(self.asked)
        if self.chance.random() < 0.3:
            order = Order(command_id=order.command_id, author=order.author, command=self.command())
        self.offer(order)

    def offer(self, order: Order) -> None:
        """Put `order` to the node."""
        self.offered.setdefault((order.author.party, order.command_id), []).append(order)
        ticket = self.decider.offer(order)
        self.tell(f"{order.author.party} asks {order.command_id}: {order.command}")
        if isinstance(ticket, Ticket):
            self.waiting[ticket] = order

    def wish(self) -> tuple[str, Command]:
        """Who asks what: often a holder about the status of what it holds."""
        held = sorted(self.decider.projection.reservations.current_items())
        if not held or self.chance.random() < 0.5:
            return self.chance.choice(PARTIES), self.command()
        name, value = self.chance.choice(held)
        usual: dict[Status, Command] = {
            Status.AVBL_FOR_ACTIVATION: Pend(reservation_id=name),
            Status.PENDING: Activate(reservation_id=name),
            Status.ACTIVE: ReportUse(reservation_id=name, is_in_use=True),
            Status.IN_USE: ReportUse(reservation_id=name, is_in_use=False),
            Status.INACTIVE: Pend(reservation_id=name),
        }
        command = usual[value.status]
        if self.chance.random() < 0.3:
            command = self.chance.choice([*usual.values(), Deactivate(reservation_id=name)])
        party = value.holder if self.chance.random() < 0.9 else self.chance.choice(PARTIES)
        return party, command

    def tidy(self) -> None:
        """The node's rule forgets what passed unoccupied, as if it had been kept long enough."""
        later = self.now + timedelta(milliseconds=tidying.KEPT_MS)
        numbers = count(len(self.asked))
        for order in tidying.orders(
            self.decider.projection, node=NODE, now=later, command_id=lambda: f"command-{next(numbers)}"
        ):
            self.asked.append(order)
            self.offer(order)

    def time_passes(self) -> None:
        """Some minutes in which nothing else happens."""
        self.now += timedelta(seconds=self.chance.randrange(120))
        self.tell("time passes")

    def command(self) -> Command:
        """A command that often meets others: a small sky, few ids."""
        reservation_id = f"R{self.chance.randrange(40)}"
        if self.chance.random() < 0.3:
            return Release(reservation_id=reservation_id)
        contact = self.chance.choice((None, f"Duty desk {self.chance.randrange(9)}"))
        return Reserve(reservation_id=reservation_id, volume=self.box(), contact=contact)

    def box(self) -> Box:
        """A box on a coarse grid round the antimeridian and the north pole, so that sides often touch.

        Some follow, back to back, what is held already.
        """
        held = sorted(self.decider.projection.reservations.current_items())
        if held and self.chance.random() < 0.3:
            before = self.chance.choice(held)[1].volume
            length_ms = self.chance.choice((1, 2)) * MINUTE_MS
            return msgspec.structs.replace(
                before, time_start_ms=before.time_end_ms, time_end_ms=before.time_end_ms + length_ms
            )
        south = self.chance.randrange(85, 89)
        west = self.chance.randrange(-180, 180, 30)
        east = (west + 180 + self.chance.choice((30, 60, 350))) % 360 - 180
        floor = self.chance.randrange(0, 4)
        start_ms = epoch_ms(self.now) // MINUTE_MS * MINUTE_MS + self.chance.randrange(-1, 4) * MINUTE_MS
        return Box(
            latitude_south_e7deg=south * DEG,
            latitude_north_e7deg=(south + self.chance.choice((1, 2))) * DEG,
            longitude_west_e7deg=west * DEG,
            longitude_east_e7deg=east * DEG,
            altitude_lower_mm=floor * 1_000_000,
            altitude_upper_mm=(floor + self.chance.choice((1, 2))) * 1_000_000,
            time_start_ms=start_ms,
            time_end_ms=start_ms + self.chance.choice((1, 2, 30)) * MINUTE_MS,
        )

    def decide(self) -> None:
        """The decider takes its turn."""
        batch, ready = self.decider.next_batch(self.now)
        self.answer(ready)
        if batch is not None:
            self.pending.append(batch)
            self.tell(f"batch {batch.number} decided: {[str(outcome) for outcome in batch.outcomes]}")

    def append(self) -> None:
        """The oldest pending batch is handed to the store."""
        if not self.pending:
            return
        batch = self.pending[0]
        self.in_flight = [draft.key for draft in batch.drafts]
        try:
            entries = self.log.append(batch.drafts)
        except Unavailable as silent:
            self.in_flight, self.pending = [], []
            self.tell(f"batch {batch.number} failed: {silent}")
            self.answer(self.decider.failed())
            return
        except (InDoubt, Crashed) as wrong:
            self.tell(f"batch {batch.number} in doubt: {wrong}")
            self.crash()
            return
        self.in_flight = []
        self.pending.pop(0)
        self.tell(f"batch {batch.number} durable: {len(entries)} entries")
        self.answer(self.decider.committed(batch, [leaf_hash(entry.leaf()) for entry in entries]))

    def answer(self, answers: list[tuple[Ticket, Answer]]) -> None:
        """Those who asked get their answers."""
        for ticket, answer in answers:
            order = self.waiting.pop(ticket)
            self.require(order is ticket.order, "an answer went to another order")
            self.tell(f"answer to {order.command_id}: {answer.outcome}")
            if answer.receipt is not None:
                self.acknowledged.append((order, answer))
            if answer.outcome == Refusal(reason=Reason.COMMAND_ID_REUSED):
                others = self.offered[order.author.party, order.command_id]
                self.require(any(other != order for other in others), "a fresh command id was called used")
        self.look()

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

    def take_snapshot(self) -> None:
        """The node keeps a snapshot of what is durable."""
        frontier = self.log.frontier()
        made = snapshots.taken(
            self.decider.projection, frontier, time_ms=self.durable_time_ms(), signer=self.signer
        )
        try:
            self.store.keep_snapshot(made)
            self.tell(f"a snapshot of {made.size} entries is kept")
        except Unavailable as silent:
            self.tell(f"no snapshot is kept: {silent}")
        except Crashed:
            self.crash()

    def durable_time_ms(self) -> int:
        """The time of the last durable entry, read from the log itself."""
        return replay(self.store.rows(), party=PARTY).time_ms

    def clock_steps(self) -> None:
        """The clock jumps, also back."""
        self.now += timedelta(seconds=self.chance.randrange(-90, 90))
        self.tell("the clock was set")

    def look(self) -> None:
        """A viewer's picture is what a replay of the durable log gives."""
        party = self.chance.choice(PARTIES)
        seen = picture(self.decider.projection, party=party, now=self.now)
        projection = replay(self.store.rows(), party=PARTY).projection
        self.require(
            seen == picture(projection, party=party, now=self.now), "a picture shows what is not durable"
        )
        for sentence in conflicts(occupied(projection)):
            self.require(False, f"occupied at once: {sentence}")

    def check(self) -> None:
        """Every promise, after the last step."""
        self.require(self.restart(NO_FAULTS), "the node does not start on a disk without faults")
        rows = list(self.store.rows())
        latest_ms = max(epoch_ms(self.now), self.decider.last_time_ms)
        held = [
            (key, value.volume)
            for key, value in self.decider.projection.reservations.durable_items()
            if value.status in OCCUPIED or value.volume.time_end_ms > latest_ms
        ]
        for sentence in conflicts(held):
            self.require(False, sentence)
        for sentence in taken_twice(rows):
            self.require(False, sentence)
        for divergence in redecided(rows, party=PARTY):
            self.require(False, f"entry {divergence.sequence}: {divergence.what}")
        verdict = audit(self.store, self.verifier)
        self.require(verdict.finding is None, f"audit: {verdict.finding}")
        self.require(verdict.proven_size == len(rows), "the audit does not reach the end")
        for order, answer in self.acknowledged:
            again = self.decider.offer(order)
            _, ready = self.decider.next_batch(self.now)
            self.require(
                [given for _, given in ready] == [answer], f"{order.command_id}: asked again, another answer"
            )
            self.require(isinstance(again, Ticket), "the node is busy with nothing")


def always(box: Box) -> Box:
    """The sky of `box` without its time."""
    return msgspec.structs.replace(box, time_start_ms=0, time_end_ms=1)


def occupied(projection: Projection) -> list[tuple[str, Box]]:
    """What is active or in use, whatever its window: its sky is taken until its user reports it clear."""
    return [
        (key, always(value.volume))
        for key, value in projection.reservations.durable_items()
        if value.status in OCCUPIED
    ]


def taken_twice(rows: Sequence[Row]) -> Iterator[str]:
    """A sentence for each reservation admitted into sky that was occupied past its window at that moment."""
    inside: dict[str, Box] = {}
    boxes: dict[str, Box] = {}
    for row in rows:
        entry = entry_from_body(row.sequence, row.body)
        time_ms = entry.frame().time_ms
        for event in events_in(entry):
            match event:
                case Reserved():
                    late = [(key, always(box)) for key, box in inside.items() if box.time_end_ms <= time_ms]
                    for key, box in late:
                        if common_point(box, always(event.volume)) is not None:
                            yield f"{event.reservation_id} was admitted into the overrun {key}"
                    boxes[event.reservation_id] = event.volume
                case Activated():
                    inside[event.reservation_id] = boxes[event.reservation_id]
                case Deactivated():
                    inside.pop(event.reservation_id, None)


def run(seed: int, *, steps: int = STEPS) -> World:
    """Live through `seed`; Broken when a promise does not hold."""
    world = World(seed)
    for _ in range(steps):
        world.step()
    for _ in range(4):
        world.decide()
        world.append()
    world.check()
    return world
