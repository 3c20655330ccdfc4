"""The lines to other nodes at work: sockets and clock for the machines in `link`, a task for each connection.

A connection carries envelopes both ways, so one that either end makes is enough. What is sent when, again and
in which order, and what is taken in, `link.Link` says; whom to let in and when to dial, `link.connections`.
"""

import asyncio
import contextlib
import ipaddress
import logging
import secrets
import socket
import ssl
from collections import Counter
from collections.abc import Coroutine
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from mamarr.coordination import Peer, peers
from mamarr.coordination.channels import Channel, Stopped
from mamarr.engine import Order
from mamarr.faults import Unavailable
from mamarr.geometry.units import epoch_ms
from mamarr.link import Link
from mamarr.link.connections import HANDSHAKE_MS, Dialling, Doors, Pace, Standing, is_silent, replaces
from mamarr.link.links import RULE
from mamarr.link.standings import Lines, PeerStanding
from mamarr.link.timing import Allowance
from mamarr.names import Author
from mamarr.node.http_client import Resolve, is_public, may_be_dialled, resolved
from mamarr.node.link_http import Talk, answered, begun
from mamarr.node.link_key import LinkKey, dialling_tls, listening_tls
from mamarr.node.runtime import Runtime
from mamarr.node.secure_line import SecureLine

TICK_S = 0.25  # chosen: what waits for a time waits so much longer at most
KINDS = frozenset[str]()  # kinds of messages that are known beside those that `link` itself acts on
WAITING_AT_THE_DOOR = 64  # chosen: connections the kernel keeps until they are taken
OUT_OF_FILES_S = 1.0  # chosen: until the next connection is taken when there is no room for one
COME_AT_ONCE, COME_PER_S = 10, 0.2  # chosen: connections of one peer, from wherever it comes

logger = logging.getLogger("mamarr")


class Connection:
    """One that stands. peer: to whom. fingerprint: of the certificate that it showed."""

    def __init__(self, talk: Talk, peer: str, fingerprint: bytes, standing: Standing) -> None:
        self.talk, self.peer, self.fingerprint, self.standing = talk, peer, fingerprint, standing
        self.news, self.pace = asyncio.Event(), Pace()
        self.carrier: asyncio.Task[Any] | None = asyncio.current_task()  # which carries it, and ends with it


class Neighbour:
    """What there is for one peer while the node serves."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.link: Link | None = None
        self.key = ""  # that the link checks with
        self.dialling, self.allowed = Dialling(), Allowance(COME_AT_ONCE, COME_PER_S)
        self.connection: Connection | None = None
        self.is_dialling = False
        self.fault = ""


class Links:
    """Part of a node: its lines. key: with which it speaks. log_secret: as of `link.Link`.

    listener: a bound socket at which peers may dial us; None: we dial, and cannot be dialled.
    """

    def __init__(
        self,
        key: LinkKey,
        *,
        log_secret: bytes,
        listener: socket.socket | None = None,
        resolve: Resolve = resolved,
    ) -> None:
        self._key, self._secret, self._listener, self._resolve = key, log_secret, listener, resolve
        self._doors = Doors()
        self._turned_away: Counter[str] = Counter()
        self._neighbours: dict[str, Neighbour] = {}
        self._tls: ssl.SSLContext | None = None
        self._pinned: dict[bytes, str] = {}  # by fingerprint: whose it is
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    # --- as a part ----------------------------------------------------------------------------------------

    async def start(self, runtime: Runtime) -> None:
        """Begin to listen and to dial."""
        self._runtime, self._loop = runtime, asyncio.get_running_loop()
        self._projection = runtime.decider.projection
        runtime.followers.append(self._wake.set)
        runtime.lines = self.standings
        self._follow()
        self._begin(self._run())
        if self._listener is not None:
            self._listener.setblocking(False)
            self._listener.listen(WAITING_AT_THE_DOOR)
            self._begin(self._take_in(self._listener))

    async def stop(self) -> None:
        """End every connection."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def standings(self) -> Lines:
        """How they stand now."""
        clock_ms, now_ms = self._clock_ms(), self._now_ms()
        return Lines(
            peers=tuple(
                self._standing_of(value, clock_ms, now_ms)
                for _, value in sorted(self._projection.peers.durable_items(), key=_key)
            ),
            listening="" if self._listener is None else _address(self._listener),
            turned_away=dict(self._turned_away),
        )

    def _standing_of(self, value: Peer, clock_ms: int, now_ms: int) -> PeerStanding:
        neighbour = self._neighbours.get(value.peer)
        link = None if neighbour is None else neighbour.link
        return PeerStanding(
            peer=value.peer,
            party=None if value.card is None else value.card.party,
            bond=peers.bond(value, now_ms),
            is_connected=neighbour is not None and neighbour.connection is not None,
            fault="" if neighbour is None else neighbour.fault,
            standing=None if link is None else link.standing(clock_ms=clock_ms),
        )

    # --- the turn -----------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._follow()
            for neighbour in self._neighbours.values():
                self._turn(neighbour)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._wake.wait()
            self._wake.clear()

    def _turn(self, neighbour: Neighbour) -> None:
        link, clock_ms = neighbour.link, self._clock_ms()
        if link is not None and link.turn(clock_ms=clock_ms, command_id=self._runtime.new_command_id):
            self._runtime.wake()
        connection = neighbour.connection
        if connection is not None and link is not None:
            _hear(connection, link, clock_ms)
            if is_silent(connection.standing, clock_ms):
                self._end(connection, "nothing came for too long")
            connection.news.set()
        self._dial_if_due(neighbour, clock_ms)

    def _follow(self) -> None:
        """Whose certificates may speak now, and which links there are: by what is durable."""
        pinned: dict[bytes, str] = {}
        certificates: list[bytes] = []
        for name, value in self._projection.peers.durable_items():
            for card in value.pinned:
                pinned[card.fingerprint] = name
                certificates.append(card.certificate)
            channel = self._projection.channels.durable(name)
            if channel is not None and value.card is not None:
                self._join(name, channel, value)
        if self._tls is None or pinned.keys() != self._pinned.keys():
            self._pinned, self._tls = pinned, listening_tls(self._key, certificates)
        for neighbour in self._neighbours.values():
            connection = neighbour.connection
            if connection is not None and connection.fingerprint not in pinned:
                self._end(connection, "its certificate counts no more")

    def _join(self, name: str, channel: Channel, value: Peer) -> None:
        neighbour = self._neighbours.setdefault(name, Neighbour(name))
        if not value.pinned or channel.stopped is Stopped.CLOSED:
            neighbour.link, neighbour.key = None, ""
        elif neighbour.key != channel.key:
            signer = self._key.signer(name, value.about)
            neighbour.link = Link(self._runtime.keeper, signer, name, secret=self._secret, kinds=KINDS)
            neighbour.link.connected()
            neighbour.key = channel.key

    # --- one connection -----------------------------------------------------------------------------------

    async def _talk(self, connection: Connection) -> None:
        """Carry envelopes until it ends, if it is the one to keep."""
        neighbour = self._neighbours[connection.peer]
        old, clock_ms = neighbour.connection, self._clock_ms()
        is_ours_first = self._runtime.node_id < connection.peer
        if old is not None:
            if not replaces(
                connection.standing, old.standing, is_ours_first=is_ours_first, clock_ms=clock_ms
            ):
                raise Unavailable("another connection stands")
            self._end(old, "another connection took its place")
        neighbour.connection, neighbour.fault = connection, ""
        try:
            await self._renew(connection)
            if neighbour.link is not None:
                neighbour.link.connected()
            await self._carried(connection, neighbour)
        finally:
            if neighbour.connection is connection:
                neighbour.connection = None

    async def _carried(self, connection: Connection, neighbour: Neighbour) -> None:
        """Both ways at once, until either ends. Raises Unavailable."""
        both = [asyncio.create_task(work(connection, neighbour)) for work in (self._hear, self._speak)]
        try:
            ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _hear(self, connection: Connection, neighbour: Neighbour) -> None:
        while True:
            for envelope, length in await connection.talk.envelopes():
                if envelope is not None and neighbour.link is not None:
                    neighbour.link.receive(envelope, now_ms=self._now_ms(), clock_ms=self._clock_ms())
                    self._wake.set()
                wait_ms = connection.pace.wait_ms(length, self._clock_ms())
                await asyncio.sleep(wait_ms / 1_000)  # at least so that others are served between two

    async def _speak(self, connection: Connection, neighbour: Neighbour) -> None:
        while True:
            link = neighbour.link
            raw = None if link is None else link.send(now_ms=self._now_ms(), clock_ms=self._clock_ms())
            if raw is not None:
                await connection.talk.send(raw)
                continue
            await connection.news.wait()
            connection.news.clear()

    async def _renew(self, connection: Connection) -> None:
        """Whoever speaks with the next certificate speaks with the one before no more."""
        value = self._projection.peers.durable(connection.peer)
        following = None if value is None else value.next
        if following is None or following.fingerprint != connection.fingerprint:
            return
        author = Author(party=self._projection.party, node=self._runtime.node_id, rule=RULE)
        command = peers.TakeNext(peer=connection.peer, fingerprint=connection.fingerprint)
        command_id = self._runtime.new_command_id()
        await self._runtime.submit(Order(command_id=command_id, author=author, command=command))
        self._follow()

    def _end(self, connection: Connection, why: str) -> None:
        """End it, with the task that carries it."""
        neighbour = self._neighbours[connection.peer]
        if neighbour.connection is connection:
            neighbour.connection, neighbour.fault = None, why
        if connection.carrier is not None:
            connection.carrier.cancel()

    # --- dialling -----------------------------------------------------------------------------------------

    def _dial_if_due(self, neighbour: Neighbour, clock_ms: int) -> None:
        value = self._projection.peers.durable(neighbour.peer)
        is_wanted = neighbour.link is not None and value is not None and value.card is not None
        if not is_wanted or value is None or value.card is None or value.card.url == "":
            return
        is_free = neighbour.connection is None and not neighbour.is_dialling
        if is_free and neighbour.dialling.is_due(clock_ms):
            neighbour.is_dialling = True
            self._begin(self._dial(neighbour, value, value.card.url))

    async def _dial(self, neighbour: Neighbour, value: Peer, url: str) -> None:
        made_ms: int | None = None
        try:
            async with asyncio.timeout(HANDSHAKE_MS / 1_000):
                line = await self._secured(value, url)
                with contextlib.ExitStack() as held:
                    held.callback(line.close)
                    connection = await self._greeted(line, value, url)
                    held.pop_all()
            made_ms = self._clock_ms()
            with contextlib.closing(connection.talk):
                await self._talk(connection)
        except (Unavailable, OSError, TimeoutError) as wrong:
            if neighbour.connection is None:
                neighbour.fault = str(wrong) or "no answer in time"
        finally:
            neighbour.is_dialling = False
            clock_ms = self._clock_ms()
            lasted_ms = 0 if made_ms is None else clock_ms - made_ms
            neighbour.dialling.ended(
                clock_ms, lasted_ms=lasted_ms, chance_ratio=secrets.randbelow(1_000) / 1_000
            )

    async def _secured(self, value: Peer, url: str) -> SecureLine:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or 443
            found = await self._resolve(host, port)
        except (
            ValueError
        ) as wrong:  # a port beyond all, a label too long: a peer must not stop us by its address
            raise Unavailable("its address is none that can be dialled") from wrong
        may_dial = may_be_dialled if value.may_be_private else is_public
        if not found or not all(map(may_dial, found)):
            raise Unavailable(f"{host} has an address that may not be dialled for this peer")
        sock = await self._connected(found, port)
        return SecureLine(
            sock, dialling_tls(self._key, [card.certificate for card in value.pinned]), is_server=False
        )

    async def _connected(self, addresses: list[str], port: int) -> socket.socket:
        """A socket to the first of the addresses that answers: to it, and not to the name again."""
        for number, address in enumerate(addresses):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            with contextlib.ExitStack() as held:
                held.callback(sock.close)
                try:
                    await self._loop.sock_connect(sock, (address, port))
                except OSError:
                    if number == len(addresses) - 1:
                        raise
                    continue
                held.pop_all()
                return sock
        raise Unavailable("no address")

    async def _greeted(self, line: SecureLine, value: Peer, url: str) -> Connection:
        fingerprint = sha256(await line.handshake()).digest()
        if fingerprint not in [card.fingerprint for card in value.pinned]:
            raise Unavailable("it showed a certificate that is not pinned for this peer")
        parts = urlsplit(url)
        talk = await begun(line, parts.hostname or "", parts.port or 443)
        standing = Standing(is_dialled_here=True, heard_ms=self._clock_ms())
        return Connection(talk, value.peer, fingerprint, standing)

    # --- being dialled ------------------------------------------------------------------------------------

    async def _take_in(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, address = await self._loop.sock_accept(listener)
            except OSError as full:
                logger.error("links: no connection can be taken: %s", full.strerror)
                await asyncio.sleep(OUT_OF_FILES_S)
                continue
            group = grouped(str(address[0]))
            why = self._doors.come(group, self._clock_ms())
            if why is not None:
                self._turned_away[why] += 1
                sock.close()
                continue
            self._begin(self._welcomed(sock, group))

    async def _welcomed(self, sock: socket.socket, group: str) -> None:
        """A connection that came: who it is, and then what it says."""
        connection: Connection | None = None
        try:
            async with asyncio.timeout(HANDSHAKE_MS / 1_000):
                connection = await self._proven(sock)
        except (Unavailable, OSError, TimeoutError) as wrong:
            self._turned_away[str(wrong) or "said nothing"] += 1
            return
        finally:
            self._doors.passed(group, is_peer=connection is not None)
            if connection is None:
                sock.close()
        with contextlib.closing(connection.talk):
            try:
                await self._talk(connection)
            except (Unavailable, OSError) as wrong:
                neighbour = self._neighbours[connection.peer]
                if neighbour.connection is None:
                    neighbour.fault = str(wrong)

    async def _proven(self, sock: socket.socket) -> Connection:
        if self._tls is None:
            raise Unavailable("no peer is known yet")
        line = SecureLine(sock, self._tls, is_server=True)
        fingerprint = sha256(await line.handshake()).digest()
        peer = self._pinned.get(fingerprint)
        neighbour = None if peer is None else self._neighbours.get(peer)
        if peer is None or neighbour is None or neighbour.link is None:
            raise Unavailable("a certificate that counts no more")
        if not neighbour.allowed.take(1, self._clock_ms()):
            raise Unavailable("a peer that comes too often")
        talk = await answered(line)
        standing = Standing(is_dialled_here=False, heard_ms=self._clock_ms())
        return Connection(talk, peer, fingerprint, standing)

    # --- tasks and clocks ---------------------------------------------------------------------------------

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._runtime.fail(error)

    def _clock_ms(self) -> int:
        return round(self._loop.time() * 1_000)

    def _now_ms(self) -> int:
        return epoch_ms(self._runtime.now())


def grouped(address: str) -> str:
    """Who counts as one at the door: an IPv4 address; of IPv6 a network of 64 bits, which one has whole."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.IPv6Network((found, 64), strict=False))
    return str(found)


def bound(address: str, port: int) -> socket.socket:
    """A socket for the links at `address` and `port`; Unavailable says what stands in the way."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((address, port))
    except OSError as taken:
        sock.close()
        raise Unavailable(f"port {port} on {address} cannot be used: {taken.strerror}") from taken
    return sock


def _hear(connection: Connection, link: Link, clock_ms: int) -> None:
    """When something signed came last, as the link knows it."""
    heard_ms = link.heard_ms
    if heard_ms is not None and heard_ms > connection.standing.heard_ms:
        connection.standing = Standing(
            is_dialled_here=connection.standing.is_dialled_here, heard_ms=min(heard_ms, clock_ms)
        )


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def _key(item: tuple[str, object]) -> str:
    return item[0]
