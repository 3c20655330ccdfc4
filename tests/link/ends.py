"""Two nodes in memory with a channel between them, turned by hand."""

from datetime import timedelta
from itertools import count

from mamarr.coordination import Channel, MessageState, Stream, channels, messages
from mamarr.engine import Keeper, Order, streams
from mamarr.geometry.units import epoch_ms
from mamarr.link import Link
from mamarr.link.envelopes import key_name
from mamarr.names import Author, Mode
from mamarr.record import MemoryStore, Signer
from tests.airspace.boxes import NOON

NODES = {"node-north": "north", "node-south": "south"}
KINDS = frozenset({"text"})
HOUR_MS = 3_600_000
NOON_MS = epoch_ms(NOON)


class End:
    """One of them. clock_ahead_ms: of its clock before the other's."""

    def __init__(self, node: str, peer: str, seed: int) -> None:
        self.node, self.party, self.peer = node, NODES[node], peer
        self.salts, self.ids = count(seed), count(seed)
        self.key = Signer(key_name(node, Mode.EXERCISE, peer), bytes([seed]) * 32)
        self.secret = bytes([seed + 1]) * 32
        self.store = MemoryStore()
        self.clock_ahead_ms, self.clock_ms = 0, 0
        self.keeper = Keeper(
            self.store,
            Signer(f"{node}/{Mode.EXERCISE}", bytes([seed + 2]) * 32),
            node=node,
            party=self.party,
            mode=Mode.EXERCISE,
            salts=self.salt,
            frame_salts=self.salt,
            tell=lambda _: None,
        )
        self.keeper.begin(NOON)

    def salt(self) -> bytes:
        return next(self.salts).to_bytes(32, "big")

    def new_id(self) -> str:
        return f"command-{next(self.ids):08}"

    @property
    def now_ms(self) -> int:
        return NOON_MS + self.clock_ms + self.clock_ahead_ms

    def join(self, key: str) -> None:
        """Open the channel to the other, whose signatures `key` checks."""
        self.ask(channels.OpenChannel(peer=self.peer, party=NODES[self.peer], key=key))
        self.turn()
        self.link = Link(self.keeper, self.key, self.peer, secret=self.secret, kinds=KINDS)
        self.link.connected()

    def ask(self, command: channels.Command | messages.Command) -> None:
        author = Author(party=self.party, node=self.node)
        self.keeper.offer(Order(command_id=self.new_id(), author=author, command=command))

    def send(self, text: str, stream: Stream = Stream.COORDINATION, *, valid_ms=HOUR_MS, kind="text") -> None:
        """Have a message queued."""
        command = streams.message(
            peer=self.peer,
            stream=stream,
            message_id=self.new_id(),
            kind=kind,
            body=text,
            valid_until_ms=self.now_ms + valid_ms,
            salts=(self.salt(), self.salt()),
        )
        self.ask(command)
        self.turn()

    def turn(self) -> None:
        """Decide and write what waits."""
        while self.keeper.has_work:
            work, _ = self.keeper.turn(NOON + timedelta(milliseconds=self.clock_ms + self.clock_ahead_ms))
            if work is not None:
                self.keeper.written(self.keeper.write(work))

    def says(self) -> bytes | None:
        """Its next envelope."""
        return self.link.send(now_ms=self.now_ms, clock_ms=self.clock_ms)

    def says_all(self) -> list[bytes]:
        """Its next envelopes, until it has no more to say now."""
        found = []
        while (raw := self.says()) is not None:
            found.append(raw)
        return found

    def hears(self, *envelopes: bytes) -> None:
        """Take in what came, and write it."""
        for raw in envelopes:
            self.link.receive(raw, now_ms=self.now_ms, clock_ms=self.clock_ms)
        self.link.turn(clock_ms=self.clock_ms, command_id=self.new_id)
        self.turn()

    @property
    def channel(self) -> Channel:
        return self.link.channel

    def took(self) -> list[tuple[str | None, MessageState]]:
        """The bodies of what it took in, with what became of them."""
        items = sorted(self.keeper.decider.projection.messages.durable_items())
        return [(each.body, each.state) for _, each in items if each.direction is channels.Direction.INCOMING]


def joined() -> tuple[End, End]:
    """North and south, each with the key of the other."""
    north, south = End("node-north", "node-south", 10), End("node-south", "node-north", 50)
    north.join(south.key.verifier.text())
    south.join(north.key.verifier.text())
    return north, south


def pass_ms(duration_ms: int, *ends: End) -> None:
    """Time passes at both."""
    for end in ends:
        end.clock_ms += duration_ms


def talk(north: End, south: End, *, rounds: int = 6, delay_ms: int = 10) -> None:
    """Carry everything both ways, some times over."""
    for _ in range(rounds):
        pass_ms(delay_ms, north, south)
        south.hears(*north.says_all())
        north.hears(*south.says_all())
