"""Two nodes in one process with their lines, over sockets on this machine, and who else may come."""

import asyncio
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from hashlib import sha256
from urllib.parse import urlsplit

from mamarr.coordination import Channel, Stream, channels
from mamarr.coordination.peers import AddPeer, Card, ConfirmPeer
from mamarr.engine import Order, streams
from mamarr.engine.orders import Command
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.flights.flights import File
from mamarr.geometry.units import epoch_ms
from mamarr.link.certificates import link_name, public_key
from mamarr.link.envelopes import key_name
from mamarr.names import Author, Mode
from mamarr.node.http_client import Resolve, resolved
from mamarr.node.link_http import Talk, begun
from mamarr.node.link_key import LinkKey, dialling_tls
from mamarr.node.links import Links, bound
from mamarr.node.runtime import Runtime
from mamarr.node.secure_line import SecureLine
from mamarr.node.witness_file import WitnessFile
from mamarr.record import MemoryStore, Signer, Store, Verifier

MODE = Mode.EXERCISE
WITHIN_S = 30
HOUR_MS = 3_600_000


def about(*nodes: str, time: str = "") -> bytes:
    """Of the invitation by which persons of two nodes joined them. time: which one, where there are more."""
    return sha256("\n".join((*sorted(nodes), time)).encode()).digest()


class Node:
    """One of them. listens: whether it may be dialled. store: its record; None: one in memory. witness:
    beside the record."""

    def __init__(
        self,
        node: str,
        party: str,
        seed: int,
        *,
        listens: bool = True,
        port: int = 0,
        store: Store | None = None,
        witness: WitnessFile | None = None,
    ) -> None:
        self.node, self.party = node, party
        self.key = LinkKey(node, MODE, bytes([seed]) * 32)
        self.signer = Signer(f"{node}/{MODE}", bytes([seed + 1]) * 32)
        self.store, self.listens, self.witness = store or MemoryStore(), listens, witness
        self.url, self.port = "", port

    async def start(self, resolve: Resolve = resolved) -> None:
        listener = bound("127.0.0.1", self.port) if self.listens else None
        if listener is not None:
            self.url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        self.listener = listener
        self.runtime = Runtime(
            self.store,
            self.signer,
            node_id=self.node,
            party=self.party,
            authority=self.party,
            mode=MODE,
            witness=self.witness,
        )
        self.links = Links(self.key, log_secret=bytes(32), listener=listener, resolve=resolve)
        self.runtime.start()
        await self.links.start(self.runtime)

    async def stop(self) -> None:
        await self.links.stop()
        await self.runtime.stop()
        if self.listener is not None:
            self.listener.close()

    async def ask(self, command: Command) -> None:
        author = Author(party=self.party, node=self.node, person="officer")
        answer = await self.runtime.submit(
            Order(command_id=self.runtime.new_command_id(), author=author, command=command)
        )
        assert not isinstance(answer.outcome, Refusal), answer.outcome

    async def file(self, command: File) -> str:
        """Ask for a flight that another may be in the way of; what came of it."""
        author = Author(party=self.party, node=self.node, person="officer")
        order = Order(command_id=self.runtime.new_command_id(), author=author, command=command)
        outcome = (await self.runtime.submit(order)).outcome
        if not isinstance(outcome, Refusal):
            return "filed"
        assert outcome.reason is Reason.CONFLICT, outcome
        return "refused"

    def card_for(self, other: str, time: str = "") -> Card:
        """What it says of itself to another node. time: as of `about`."""
        name = key_name(self.node, MODE, other, about(self.node, other, time=time))
        key = Verifier(name, public_key(self.key.certificate, link_name(self.node, MODE)))
        return Card(party=self.party, certificate=self.key.certificate, key=key.text(), url=self.url)

    async def join(
        self, other: "Node", *, may_be_private: bool = True, card: Card | None = None, time: str = ""
    ) -> None:
        """Its person takes the other's invitation, and says that the words were compared."""
        said = card or other.card_for(self.node, time)
        until_ms = epoch_ms(self.runtime.now()) + HOUR_MS
        await self.ask(
            AddPeer(
                peer=other.node,
                card=said,
                about=about(self.node, other.node, time=time),
                own_fingerprint=self.key.fingerprint,
                said=b"said",
                valid_until_ms=until_ms,
                may_be_private=may_be_private,
            )
        )
        await self.confirm(other, said)

    async def confirm(self, other: "Node", said: Card) -> None:
        await self.ask(
            ConfirmPeer(peer=other.node, own_fingerprint=self.key.fingerprint, fingerprint=said.fingerprint)
        )

    async def send(self, other: "Node", text: str, stream: Stream = Stream.COORDINATION) -> None:
        """Have a message queued."""
        await self.ask(
            streams.message(
                peer=other.node,
                stream=stream,
                message_id=secrets.token_hex(8),
                kind="text",
                body=text,
                valid_until_ms=epoch_ms(self.runtime.now()) + HOUR_MS,
                salts=(secrets.token_bytes(32), secrets.token_bytes(32)),
            )
        )

    def channel(self, other: "Node") -> Channel:
        found = self.runtime.decider.projection.channels.durable(other.node)
        assert found is not None
        return found

    def took(self) -> list[str | None]:
        """The bodies of what it took in, in the order of their streams."""
        items = sorted(self.runtime.decider.projection.messages.durable_items())
        incoming = (each for _, each in items if each.direction is channels.Direction.INCOMING)
        return [each.body for each in incoming if each.kind == "text"]

    def counted(self, other: "Node") -> dict[str, int]:
        """What came of the other and was not taken in, by why."""
        found = [each.standing for each in self.links.standings().peers if each.peer == other.node]
        return found[0].counted if found and found[0] is not None else {}

    def fault(self, other: "Node") -> str:
        return next((each.fault for each in self.links.standings().peers if each.peer == other.node), "")

    def is_connected(self, other: "Node") -> bool:
        return any(each.is_connected for each in self.links.standings().peers if each.peer == other.node)

    def turned_away(self) -> dict[str, int]:
        return self.links.standings().turned_away

    async def dialled(self, other: "Node", key: LinkKey | None = None) -> SecureLine:
        """A line to the other that shows the certificate of `key`; None: our own."""
        sock = await _connected(other)
        tls = dialling_tls(key or self.key, [other.key.certificate])
        return SecureLine(sock, tls, is_server=False)

    async def talking(self, other: "Node") -> Talk:
        """A talk with the other in which we say what we like."""
        line = await self.dialled(other)
        await line.handshake()
        return await begun(line, "127.0.0.1", 1)


async def _connected(other: Node) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)
    port = urlsplit(other.url).port
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    return sock


async def knocked(other: Node, context: ssl.SSLContext) -> str:
    """How a program fares that comes with that TLS, and asks for the path of links."""
    line = SecureLine(await _connected(other), context, is_server=False)
    try:
        async with asyncio.timeout(WITHIN_S):
            await line.handshake()
            await line.write(b"GET /links/v1 HTTP/1.1\r\nhost: x\r\n\r\n")
            came = await line.read()
    except Unavailable as wrong:
        return str(wrong)
    finally:
        line.close()
    return came.decode("latin-1")


async def until(holds: Callable[[], object], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until something holds."""
    try:
        async with asyncio.timeout(within_s):
            while not holds():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {within_s} s: {what}") from None


@asynccontextmanager
async def two(*, north_listens: bool = True, south_listens: bool = True) -> AsyncIterator[tuple[Node, Node]]:
    """North and south, started, strangers to each other."""
    north = Node("node-north", "north", 1, listens=north_listens)
    south = Node("node-south", "south", 3, listens=south_listens)
    await north.start()
    await south.start()
    try:
        yield north, south
    finally:
        await north.stop()
        await south.stop()


async def joined(north: Node, south: Node) -> None:
    """Both know each other, and a connection stands."""
    await north.join(south)
    await south.join(north)
    await until(lambda: north.is_connected(south) and south.is_connected(north), "a connection stands")


def run(story: Callable[[Node, Node], Awaitable[None]], **asked: bool) -> None:
    """Live through `story` with north and south."""

    async def lived() -> None:
        async with two(**asked) as (north, south):
            await story(north, south)

    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop running in the main thread
        thread.submit(asyncio.run, lived()).result()
