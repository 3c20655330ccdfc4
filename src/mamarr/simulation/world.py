"""A world from one seed: parties that ask, a disk that fails, a node that dies and starts again."""

from datetime import datetime, timedelta
from random import Random

from mamarr.airspace.reservations import Release, Reserve
from mamarr.engine import Answer, Batch, Decider, Order, Ticket, picture, redecided, replay
from mamarr.engine.orders import Command
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.geometry import Box
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.names import Author, Mode
from mamarr.record import Log, Signer, Verifier, audit
from mamarr.record.entries import SALT_BYTES
from mamarr.record.log import InDoubt
from mamarr.record.tree import leaf_hash
from mamarr.simulation.checks import conflicts
from mamarr.simulation.faulty_store import FaultyStore

START = moment_from_ms(1_790_000_000_000)
NODE = "node-simulated"
PARTIES = ("north", "south", "relief")
STEPS = 120
STORY_LINES_MAX = 2_000
DEG = 10_000_000
HOUR_MS = 3_600_000


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
        self.start()

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

    def start(self) -> None:
        """Start the node from what is durable."""
        projection, frontier, time_ms = replay(self.store.rows())
        self.log = Log(self.store, self.signer, node=NODE, mode=Mode.EXERCISE, salts=self.salt)
        self.log.resume(frontier)
        self.decider = Decider(projection, find=self.store.find, salts=self.salt, last_time_ms=time_ms)
        self.pending, self.waiting = [], {}
        self.tell(f"node starts with {frontier.size} entries")

    def salt(self) -> bytes:
        """Salt from the seed."""
        return self.chance.randbytes(SALT_BYTES)

    def step(self) -> None:
        """Let one thing happen."""
        happening = self.chance.choices(
            [self.ask, self.ask_again, self.decide, self.append, self.crash, self.clock_steps],
            [40, 8, 20, 25, 2, 5],
        )[0]
        happening()
        self.now += timedelta(milliseconds=self.chance.randrange(2_000))

    def ask(self) -> None:
        """A party asks something new."""
        party = self.chance.choice(PARTIES)
        order = Order(
            command_id=f"command-{len(self.asked)}",
            author=Author(party=party, node=NODE),
            command=self.command(),
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

    def command(self) -> Command:
        """A command that often meets others: a small sky, few ids."""
        reservation_id = f"R{self.chance.randrange(40)}"
        if self.chance.random() < 0.3:
            return Release(reservation_id=reservation_id)
        return Reserve(reservation_id=reservation_id, volume=self.box())

    def box(self) -> Box:
        """A box on a coarse grid round the antimeridian and the north pole, so that sides often touch."""
        south = self.chance.randrange(85, 89)
        west = self.chance.randrange(-180, 180, 30)
        east = (west + 180 + self.chance.choice((30, 60, 350))) % 360 - 180
        floor = self.chance.randrange(0, 4)
        start_ms = epoch_ms(START) + self.chance.randrange(-1, 6) * HOUR_MS // 60
        return Box(
            latitude_south_e7deg=south * DEG,
            latitude_north_e7deg=(south + self.chance.choice((1, 2))) * DEG,
            longitude_west_e7deg=west * DEG,
            longitude_east_e7deg=east * DEG,
            altitude_lower_mm=floor * 1_000_000,
            altitude_upper_mm=(floor + self.chance.choice((1, 2))) * 1_000_000,
            time_start_ms=start_ms,
            time_end_ms=start_ms + self.chance.choice((1, 2, 30)) * HOUR_MS // 60,
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
        try:
            entries = self.log.append(batch.drafts)
        except Unavailable as silent:
            self.tell(f"batch {batch.number} failed: {silent}")
            self.pending = []
            self.answer(self.decider.failed())
            return
        except InDoubt as doubt:
            self.tell(f"batch {batch.number} in doubt: {doubt}")
            self.crash()
            return
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
        """The node dies and starts again; those who waited got no answer."""
        self.tell("the node dies")
        self.start()

    def clock_steps(self) -> None:
        """The clock jumps, also back."""
        self.now += timedelta(seconds=self.chance.randrange(-90, 90))
        self.tell("the clock was set")

    def look(self) -> None:
        """A viewer's picture is what a replay of the durable log gives."""
        party = self.chance.choice(PARTIES)
        seen = picture(self.decider.projection, party=party, now=self.now)
        projection, _, _ = replay(self.store.rows())
        self.require(
            seen == picture(projection, party=party, now=self.now), "a picture shows what is not durable"
        )

    def check(self) -> None:
        """Every promise, after the last step."""
        self.start()
        rows = list(self.store.rows())
        held = [(key, value.volume) for key, value in self.decider.projection.reservations.durable_items()]
        for sentence in conflicts(held):
            self.require(False, sentence)
        for divergence in redecided(rows):
            self.require(False, f"entry {divergence.sequence}: {divergence.what}")
        verdict = audit(self.store, self.verifier)
        self.require(verdict.finding is None, f"audit: {verdict.finding}")
        self.require(verdict.proven_size == len(rows), "the audit does not reach the end")
        by_leaf = {row.leaf: row for row in rows}
        keys = [row.key for row in rows]
        self.require(len(set(keys)) == len(keys), "a command was entered twice")
        for order, answer in self.acknowledged:
            row = by_leaf.get(answer.receipt or b"")
            self.require(row is not None and row.key == order.key(), f"{order.command_id}: no such entry")
            again = self.decider.offer(order)
            _, ready = self.decider.next_batch(self.now)
            self.require(
                [given for _, given in ready] == [answer], f"{order.command_id}: asked again, another answer"
            )
            self.require(isinstance(again, Ticket), "the node is busy with nothing")


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
