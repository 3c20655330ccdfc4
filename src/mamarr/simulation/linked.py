"""A world of two nodes from one seed: each with its own disk, clock and keys, and a bad line between them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from random import Random
from typing import NamedTuple

from mamarr.coordination import Channel, Direction, MessageState, channels
from mamarr.coordination.messages import (
    SEEN,
    STREAMS,
    TELLING,
    WORDS,
    AcknowledgeMessage,
    PresentMessage,
)
from mamarr.engine import Batch, Keeper, Order, Ticket, redecided, replay, restores, streams, tidying
from mamarr.engine.keeper import Work
from mamarr.engine.orders import DECIDED, ORDER, PERSONS, SIGNED, ActSignature, Command
from mamarr.faults import Unavailable
from mamarr.geometry.units import moment_from_ms
from mamarr.link import SIZE_CLASSES_BYTES, Link
from mamarr.link.envelopes import key_name
from mamarr.names import Author, Mode
from mamarr.record import Row, Signer, audit
from mamarr.record.entries import SALT_BYTES, entry_from_body
from mamarr.record.log import InDoubt
from mamarr.simulation import letters, strangers
from mamarr.simulation.faulty_store import NO_FAULTS, Crashed, Disk, FaultyStore, UnsyncedWitness
from mamarr.simulation.line import Weather, Wire
from mamarr.simulation.world import Broken, Telling

START_MS = 1_790_000_000_000
STEPS = 160
MODE = Mode.EXERCISE
ENDS = (("node-north", "north"), ("node-south", "south"))
KINDS = frozenset({"text", "notice"})  # what a message of these worlds may be; the last is of a later version
LATER_KIND = "of-tomorrow"
SNAPSHOT_EVERY, SNAPSHOT_AT_STOP = 20, 5
STORY_LINES_MAX = 2_000
RESTORED_EACH = 4  # chosen: one world in so many
LOOKED_AT_RATIO, AMISS_RATIO = 0.3, 0.1
IMAGE_EACH = 8  # chosen: and in every second of these nobody of the node's own knows
DRAINED_WITHIN = 400  # chosen: turns of some seconds each on a fair line
OPENED_WITHIN = 50
NOTICED_WITHIN = 40
FLOOD_COUNT = 300  # more than any stream allows at once


class Forgotten(NamedTuple):
    """What a node that goes on from a backup forgot of what it sent and took in: anything, and what the peer
    knows of."""

    is_any: bool
    is_known: bool


class End:
    """One node of the world, with its disk and its clock. backup: a copy of its disk, of some time."""

    def __init__(self, world: "LinkedWorld", node: str, party: str) -> None:
        self.world, self.node, self.party = world, node, party
        self.chance = world.chance
        self.store = FaultyStore(self.chance)
        self.witness = UnsyncedWitness(self.chance)
        self.signer = Signer(f"{node}/{MODE}", self.chance.randbytes(32))
        self.secret = self.chance.randbytes(32)
        self.clock_ahead_ms = 0  # of the world's time
        self.keys: dict[str, Signer] = {}  # by peer
        self.former: list[tuple[str, Signer]] = []  # with which it signed before, and for whom
        self.links: dict[str, Link] = {}
        self.joined: dict[str, str] = {}  # by peer: the key that the link to it checks with
        self.work: Work | None = None  # given by the keeper, not written yet
        self.backup: Disk | None = None
        self.lost: dict[str, Forgotten] = {}  # by peer

    @property
    def now_ms(self) -> int:
        """What its clock says."""
        return START_MS + self.world.clock_ms + self.clock_ahead_ms

    def key_for(self, peer: str) -> Signer:
        """With which it signs for `peer`."""
        if peer not in self.keys:
            self.keys[peer] = Signer(key_name(self.node, MODE, peer), self.chance.randbytes(32))
        return self.keys[peer]

    def all_keys(self, peer: str) -> list[Signer]:
        """With which it signs for `peer`, and signed before."""
        return [self.key_for(peer), *(key for name, key in self.former if name == peer)]

    def tell(self, line: str) -> None:
        """Add a line to the story."""
        self.world.tell(f"{self.party}: {line}")

    def salt(self) -> bytes:
        """Salt from the seed."""
        return self.chance.randbytes(SALT_BYTES)

    def start(self) -> bool:
        """Start from what is durable; whether that went well."""
        self.work, self.links, self.joined = None, {}, {}
        self.keeper = Keeper(
            self.store,
            self.signer,
            node=self.node,
            party=self.party,
            mode=MODE,
            salts=self.salt,
            frame_salts=self.salt,
            tell=self.tell,
            witness=self.witness,
            snapshot_every=SNAPSHOT_EVERY,
            snapshot_at_stop=SNAPSHOT_AT_STOP,
        )
        try:
            self.keeper.begin(moment_from_ms(self.now_ms))
        except (Unavailable, InDoubt, Crashed) as wrong:
            self.tell(f"the log was not begun: {wrong}")
            return False
        self.link()
        return True

    def link(self) -> None:
        """A link to each peer with which there is a channel; another one where that begins anew."""
        for peer, channel in self.keeper.decider.projection.channels.durable_items():
            if self.joined.get(peer) != channel.key:
                self.joined[peer] = channel.key
                kind = self.world.link_of(self.node)
                before = [key for name, key in self.former if name == peer and not channel.begun_ms]
                signer = before[-1] if before else self.key_for(peer)
                self.links[peer] = kind(self.keeper, signer, peer, secret=self.secret, kinds=KINDS)
                self.links[peer].connected()

    def channel(self, peer: str) -> Channel:
        """What is durable of its channel to `peer`."""
        return self.links[peer].channel

    def offer(
        self,
        command: Command,
        party: str | None = None,
        *,
        person: str | None = None,
        rule: str | None = None,
        signature: ActSignature | None = None,
    ) -> Ticket | None:
        """Ask its own log something, for its own party or another. signature: of the person."""
        author = Author(party=party or self.party, node=self.node, person=person, rule=rule)
        ticket = self.keeper.offer(
            Order(command_id=self.world.new_id(), author=author, command=command, signature=signature)
        )
        return ticket if isinstance(ticket, Ticket) else None

    def turn(self) -> None:
        """Decide what waits and write it."""
        self.decide()
        self.append()

    def decide(self) -> None:
        """Decide what waits, if nothing is to be written before."""
        if self.keeper.is_read_only:
            self.offer(restores.ConfirmRestore())
        for link in self.links.values():
            link.turn(clock_ms=self.world.clock_ms, command_id=self.world.new_id)
        if self.work is None:
            self.work, _ = self.keeper.turn(moment_from_ms(self.now_ms))

    def append(self) -> None:
        """Write what was decided. On a broken disk it dies and starts again."""
        work, self.work = self.work, None
        if work is None:
            return
        try:
            rows = self.keeper.write(work)
        except Unavailable as silent:
            self.keeper.failed(silent)
            return
        except (InDoubt, Crashed) as wrong:
            self.tell(f"while it was written: {wrong}")
            self.keeper.end()
            self.crash()
            return
        if isinstance(work, Batch):
            told = [type(event).__name__ for each in work.decided for event in each.events]
            self.tell(f"{len(rows)} entries durable: {told}")
        self.keeper.written(rows)
        self.link()

    def tidy(self) -> None:
        """Its rules ask, some as if messages had been kept long enough."""
        later_ms = self.now_ms + self.chance.choice((0, tidying.MESSAGES_KEPT_MS))
        self.keeper.tidy(moment_from_ms(later_ms), self.world.new_id)

    def tidy_now(self) -> None:
        """Its rules ask, as they do every second."""
        self.keeper.tidy(moment_from_ms(self.now_ms), self.world.new_id)

    def crash(self) -> None:
        """It dies, the power with it, and starts again."""
        self.tell("dies")
        while True:
            durable = list(self.store.rows())
            self.store = self.store.after_crash(NO_FAULTS if self.world.is_fair else None)
            self.world.require(list(self.store.rows())[: len(durable)] == durable, "what was durable is lost")
            self.witness.crash()
            if self.start():
                self.tell(f"starts with {self.keeper.log.size} entries")
                return

    def new_key(self, peer: str, about: bytes) -> Signer:
        """With which it signs for `peer` when their line begins anew. about: as of `key_name`."""
        self.former.append((peer, self.key_for(peer)))
        self.keys[peer] = Signer(key_name(self.node, MODE, peer, about), self.chance.randbytes(32))
        return self.keys[peer]

    def restore(self, disk: Disk, *, is_image: bool = False) -> None:
        """It goes on from a backup, and a person confirms that; or, as an image of the whole machine, from
        one of which nobody of its own knows."""
        self.tell("goes on from a backup")
        had = {peer: _sizes(self.channel(peer)) for peer in self.links}
        self.store = FaultyStore(self.chance, self.store.faults, disk)
        self.witness = self.witness.lost()
        if is_image:
            self.witness.set_back_with(self.store)
        if not self.start():
            self.crash()
        for peer, sizes in had.items():
            kept = _sizes(self.channel(peer)) if peer in self.links else (0,) * len(sizes)
            there = self.world.ends[peer].channel(self.node)
            known = (*(line.size for line in there.incoming), *channels.acknowledged(there))
            is_known = any(count > after for count, after in zip(known, kept, strict=True))
            self.lost[peer] = Forgotten(is_known=is_known, is_any=sizes != kept)


class LinkedWorld:
    """Nodes and the lines between them, driven by the seed's chance alone. ends: node and party of each.

    steps_ms: how long a step takes. is_screened: whether somebody looks at what comes.
    """

    steps_ms = (1, 20, 300, 2_000)

    def __init__(
        self,
        seed: int,
        ends: Sequence[tuple[str, str]] = ENDS,
        *,
        is_screened: bool = False,
    ) -> None:
        self.seed, self.chance, self.is_screened = seed, Random(seed), is_screened
        self.looking = Random(f"{seed} looking")  # of its own, so that others see the same without it
        self.clock_ms = 0  # of the world, never set
        self.story: list[str] = []
        self.is_fair = False
        self.is_restored = seed % RESTORED_EACH == 0  # whether a node goes on from a backup in it
        self._ids = count()
        self.wire = Wire(self.chance, self.tell)
        self.ends = {node: End(self, node, party) for node, party in ends}
        with Telling(self):
            for end in self.ends.values():
                if not end.start():
                    end.crash()
            self.open_channels()

    def link_of(self, node: str) -> type[Link]:
        """How a node speaks to others."""
        del node
        return Link

    def tell(self, line: str) -> None:
        """Add a line to the story."""
        if len(self.story) < STORY_LINES_MAX:
            self.story.append(f"{self.clock_ms / 1_000:8.3f} {line}")

    def require(self, holds: bool, what: str) -> None:
        """Stop with the story unless `holds`."""
        if not holds:
            raise self.broken(what)

    def broken(self, what: str) -> Broken:
        """The story, of which `what` is the end."""
        looked_at = ", looked at" if self.is_screened else ""
        return Broken("\n".join((f"seed {self.seed}{looked_at}: {what}", *self.story[-60:])))

    def new_id(self) -> str:
        """An id that nobody used."""
        return f"command-{next(self._ids)}"

    def open_channels(self) -> None:
        """Each node has a channel to each other, and knows its key, by ordinary commands."""
        for end in self.ends.values():
            for peer in self.ends.values():
                if peer is not end:
                    key = peer.key_for(end.node).verifier.text()
                    self.open(end, channels.OpenChannel(peer=peer.node, party=peer.party, key=key))

    def open(self, end: End, command: channels.OpenChannel) -> None:
        """Ask until it is durable."""
        for _ in range(OPENED_WITHIN):
            if command.peer in end.links:
                return
            end.offer(command)
            end.turn()
            end.turn()
        self.require(False, "no channel becomes durable")

    def step(self) -> None:
        """Let one thing happen."""
        happenings = self.happenings()
        self.chance.choices(list(happenings), list(happenings.values()))[0]()
        if self.is_screened:
            self.looked_at()
        self.clock_ms += self.chance.choice(self.steps_ms)

    def happenings(self) -> dict[Callable[[], None], float]:
        """What may happen next, and how often each does."""
        return {
            self.send: 24,
            self.decide: 24,
            self.append: 26,
            self.carry: 60,
            self.crash: 1,
            self.cut: 2,
            self.mend: 5,
            self.weather_changes: 2,
            self.clock_steps: 2,
            self.tidy: 2,
            self.reconnect: 2,
            self.days_pass: 1,
            self.strangers: 4,
            self.flood: 1,
            self.backup: 4 if self.is_restored else 0,
        }

    def end(self) -> End:
        """One of the nodes."""
        return self.chance.choice(list(self.ends.values()))

    def peer_of(self, end: End) -> End:
        """Another node than `end`."""
        return self.chance.choice([each for each in self.ends.values() if each is not end])

    def send(self) -> None:
        """A node is asked to send a message, or some."""
        end = self.end()
        peer = self.peer_of(end)
        for _ in range(self.chance.choice((1, 1, 1, 5))):
            stream = self.chance.choice(STREAMS)
            valid_ms = self.chance.choice((500, 5_000, 60_000, 3 * 24 * 3_600_000))
            number = self.new_id()
            command = streams.message(
                peer=peer.node,
                stream=stream,
                message_id=number,
                kind=self.chance.choice(("text", "text", "notice", LATER_KIND)),
                body=f"{number} " + "x" * self.chance.choice((0, 50, 900, 5_000)),
                valid_until_ms=end.now_ms + valid_ms,
                salts=(end.salt(), end.salt()),
            )
            end.tell(f"is to send {number} by {stream}, valid for {valid_ms} ms")
            end.offer(command)

    def looked_at(self) -> None:
        """Now and then somebody looks at what is shown at a node."""
        if self.looking.random() < LOOKED_AT_RATIO:
            self.look(self.looking.choice(list(self.ends.values())))

    def look(self, end: End) -> None:
        """Somebody at a node is shown some of what came, and now and then says so of what cannot be."""
        found = sorted(end.keeper.decider.projection.messages.current_items())
        rows = [
            key
            for key, each in found
            if each.direction is Direction.INCOMING and each.state in (MessageState.RECEIVED, *SEEN)
        ]
        for key in self.looking.sample(rows, min(3, len(rows))):
            kind = self.looking.choice((PresentMessage, PresentMessage, AcknowledgeMessage))
            end.offer(kind(message_key=key), person="duty-1")
        if found and self.looking.random() < AMISS_RATIO:
            end.offer(PresentMessage(message_key=self.looking.choice(found)[0]), person="duty-1")

    def decide(self) -> None:
        """A node decides."""
        self.end().decide()

    def append(self) -> None:
        """A node writes what it decided."""
        self.end().append()

    def carry(self) -> None:
        """The line takes what there is to say, and brings what has come."""
        for end in self.ends.values():
            for peer, link in end.links.items():
                for _ in range(self.chance.choice((0, 1, 4))):
                    raw = link.send(now_ms=end.now_ms, clock_ms=self.clock_ms)
                    if raw is None:
                        break
                    self.wire.carry(end.node, peer, raw, self.clock_ms)
        for sender, receiver, raw in self.wire.come(self.clock_ms):
            end = self.ends[receiver]
            if sender in end.links:
                end.links[sender].receive(raw, now_ms=end.now_ms, clock_ms=self.clock_ms)

    def crash(self) -> None:
        """A node dies and starts again."""
        self.end().crash()

    def cut(self) -> None:
        """One way of the line is cut, or both."""
        end = self.end()
        peer = self.peer_of(end)
        self.wire.cut(end.node, peer.node)
        if self.chance.random() < 0.5:
            self.wire.cut(peer.node, end.node)

    def mend(self) -> None:
        """The line is whole again."""
        self.wire.mend()

    def weather_changes(self) -> None:
        """The line becomes better or worse."""
        self.wire.weather = Weather(self.chance)

    def clock_steps(self) -> None:
        """A node's clock is set, forward or back, more than is allowed to peers."""
        end = self.end()
        end.clock_ahead_ms += self.chance.choice((-30_000, -1_500, 1_500, 30_000))
        end.tell(f"its clock is {end.clock_ahead_ms} ms ahead")

    def tidy(self) -> None:
        """A node's rules ask."""
        self.end().tidy()

    def reconnect(self) -> None:
        """The connection of both ends is made anew."""
        for end in self.ends.values():
            for link in end.links.values():
                link.connected()

    def days_pass(self) -> None:
        """Two days in which nothing comes through."""
        self.clock_ms += 2 * 24 * 3_600_000
        self.tell("two days pass")

    def strangers(self) -> None:
        """Somebody without the peer's key sends something, or the peer something of a later version."""
        end = self.end()
        peer = self.peer_of(end)
        if end.node not in peer.links or peer.node not in end.links:
            return
        genuine = peer.links[end.node].send(now_ms=peer.now_ms, clock_ms=self.clock_ms)
        if genuine is None:
            return
        raw, what = strangers.forged(genuine, self.chance, peer.key_for(end.node))
        end.tell(f"gets {what}")
        before = end.links[peer.node].counted.total()
        end.links[peer.node].receive(raw, now_ms=end.now_ms, clock_ms=self.clock_ms)
        self.require(end.links[peer.node].counted.total() == before + 1, f"{what} was not counted")

    def flood(self) -> None:
        """A peer sends one envelope many times at once: more than it may."""
        end = self.end()
        peer = self.peer_of(end)
        raw = peer.links[end.node].send(now_ms=peer.now_ms, clock_ms=self.clock_ms) if peer.links else None
        if raw is None or peer.node not in end.links:
            return
        link = end.links[peer.node]
        before = link.counted["over the limit"]
        for _ in range(FLOOD_COUNT):
            link.receive(raw, now_ms=end.now_ms, clock_ms=self.clock_ms)
        self.require(link.counted["over the limit"] > before, "a flood was taken in")
        end.tell("is flooded")

    def backup(self) -> None:
        """A node's disk is copied; or, once in such a world, a copy takes its place."""
        end = self.end()
        if end.backup is None:
            end.backup = end.store.disk.copy()
        elif not any(each.lost for each in self.ends.values()):
            end.restore(end.backup, is_image=self.seed % IMAGE_EACH == 0)

    # --- the end ------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Every promise, after the last step, when the line was fair for a while."""
        self.come_to_rest()
        unknown = self.wire.lengths - set(SIZE_CLASSES_BYTES)
        self.require(not unknown, f"envelopes of {unknown} bytes")
        for end in self.ends.values():
            rows = list(end.store.rows())
            for divergence in redecided(rows, party=end.party):
                self.require(False, f"{end.party}: entry {divergence.sequence}: {divergence.what}")
            verdict = audit(end.store, end.signer.verifier)
            self.require(verdict.finding is None, f"{end.party}: audit: {verdict.finding}")
            for sentence in self.unproven(end, rows):
                self.require(False, f"{end.party}: {sentence}")
            state = replay(rows, party=end.party).projection.state()
            self.require(state == end.keeper.decider.projection.state(), "replay is not live")
        if any(end.lost for end in self.ends.values()):
            return
        journals = {node: letters.journal(node, said(end.store.rows())) for node, end in self.ends.items()}
        known = KINDS | set(TELLING) | WORDS
        for sentence in letters.wrong(journals, known=known, signed={strangers.LATER_VERSION}):
            self.require(False, sentence)

    def come_to_rest(self) -> None:
        """What can come, comes; or, where a node goes on from a backup, that is noticed."""
        if not any(end.lost for end in self.ends.values()):
            self.drain()
        else:
            self.is_noticed()

    def unproven(self, end: End, rows: Sequence[Row]) -> Iterator[str]:
        """Entries about what a peer sent that do not prove by themselves that it did."""
        keys = {
            peer: [key.verifier.public_key for key in each.all_keys(end.node)]
            for peer, each in self.ends.items()
        }
        for row in rows:
            entry = entry_from_body(row.sequence, row.body)
            decided, order = entry.content(DECIDED), entry.content(ORDER)
            if decided is not None and order is not None:
                sentence = letters.unproven(order, decided, entry.content(SIGNED), keys)
                if sentence is not None:
                    yield f"entry {row.sequence}: {sentence}"

    def drain(self) -> None:
        """The line is fair, the disks are whole: what can come, comes."""
        self.make_fair()
        for _ in range(DRAINED_WITHIN):
            self.go_on()
            if self.is_drained():
                return
        self.require(False, f"what was sent did not come: {self.waiting()}")

    def make_fair(self) -> None:
        """From now on nothing is lost."""
        self.is_fair = True
        self.wire.mend()
        self.wire.weather = Weather(self.chance, is_fair=True)
        for end in self.ends.values():
            end.clock_ahead_ms = 0
            end.store.faults = NO_FAULTS

    def go_on(self) -> None:
        """Each node has a turn, and what there is to say is carried."""
        for end in self.ends.values():
            end.turn()
        self.carry()
        self.clock_ms += self.chance.choice((20, 300, 2_000))

    def is_noticed(self) -> None:
        """A node that goes on from a backup is noticed if its peer recorded what it forgot; nobody else
        is."""
        self.make_fair()
        for _ in range(NOTICED_WITHIN):
            self.go_on()
        for end in self.ends.values():
            for peer, forgot in end.lost.items():
                mine, theirs = end.channel(peer).stopped, self.ends[peer].channel(end.node).stopped
                self.tell(f"{end.party} says {mine}, {peer} says {theirs}")
                is_stopped = mine is not None or theirs is not None
                is_sure = not end.channel(peer).is_unsure or is_stopped
                is_right = forgot.is_known <= is_stopped <= forgot.is_any and is_sure
                self.require(is_right, f"{forgot}: {mine}, {theirs}")

    def is_drained(self) -> bool:
        """Whether each node knows that the other has recorded everything, and what became of it."""
        return not any(self.waiting().values())

    def waiting(self) -> Counter[str]:
        """How many messages wait, by node and why."""
        found: Counter[str] = Counter()
        for end in self.ends.values():
            found[f"{end.party}: asked"] = int(end.keeper.is_busy)
            for peer in end.links:
                found[f"{end.party}: owed"] += sum(1 for _ in end.keeper.decider.projection.owed(peer))
                channel = end.channel(peer)
                found[f"{end.party}: unread"] = sum(each.told_at is None for each in channel.unread)
                if channel.stopped is not None:
                    self.require(False, f"{end.party} stopped its channel: {channel.stopped}")
                for line, stream in zip(channel.outgoing, STREAMS, strict=True):
                    found[f"{end.party}: {stream}"] += line.size - line.acknowledged
        return found


def _sizes(value: Channel) -> tuple[int, ...]:
    """Of all its lines, first ours and then the peer's."""
    return tuple(line.size for line in (*value.outgoing, *value.incoming))


def said(rows: Iterable[Row]) -> Iterator[tuple[bytes, bytes, bytes, int]]:
    """What the entries that decide something say was asked and decided, the persons' part, and when."""
    for row in rows:
        entry = entry_from_body(row.sequence, row.body)
        decided = entry.content(DECIDED)
        if decided is not None:
            order = entry.content(ORDER) or b""
            yield order, decided, entry.content(PERSONS) or b"", entry.frame().time_ms


def run(seed: int, *, steps: int = STEPS, is_screened: bool = False) -> LinkedWorld:
    """Live through `seed`; Broken when a promise does not hold, or for anything else that goes wrong."""
    world = LinkedWorld(seed, is_screened=is_screened)
    with Telling(world):
        for _ in range(steps):
            world.step()
        world.check()
    return world
