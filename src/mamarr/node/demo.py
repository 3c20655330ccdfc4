"""`mamarr demo`: the main job on embedded defaults, on this machine alone, in EXERCISE.

Two nodes that are joined as any two are, and a story about them; or one node alone, which waits for what is
asked.
"""

import asyncio
import contextlib
import socket
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from mamarr.faults import Unavailable
from mamarr.node import demo_joining, demo_sky, serving
from mamarr.node.demo_acts import FLIGHTS, RECORDED, Acts
from mamarr.node.demo_neighbour import Neighbour, Started
from mamarr.node.demo_node import DemoNode, Site, audited, token_file
from mamarr.node.demo_patience import until
from mamarr.node.demo_person import Program
from mamarr.node.demo_sky import labels_of
from mamarr.node.demo_story import DemoStory
from mamarr.node.demo_terminal import Terminal
from mamarr.node.folder_lock import held_alone
from mamarr.node.runtime import utc_now
from mamarr.node.serving import LOOPBACK, hosts, listening
from mamarr.node.warming import warm
from mamarr.record import Verifier
from mamarr.web.demo_routes import BOTH, demo_routes
from mamarr.web.guard import Framing

__all__ = ["labels_of", "run"]

PARTY, OTHER_PARTY, GUEST = "authority-a", "authority-b", "party-c"
AUTHORITIES = {PARTY: "Authority A", OTHER_PARTY: "Authority B"}
PORT_MAX = 65_535
NOTICE = timedelta(minutes=1)  # chosen: longer than the answer takes
OTHER_FOLDER = "node-b"  # in the folder of the first node


class Alone:
    """One node, without neighbour, story and watch: it waits for what is asked."""

    def __init__(self, node: DemoNode, terminal: Terminal, labels: dict[str, str]) -> None:
        self.node, self.terminal, self.labels = node, terminal, labels

    async def run(self) -> None:
        """Serve until told to stop."""
        await self.node.run(self._ready)

    async def _ready(self) -> None:
        """Declare and reserve over HTTP, have the second asker refused, and audit what was recorded."""
        node, terminal = self.node, self.terminal
        terminal.greet(node.node_id)
        if node.is_new:
            collection = demo_sky.airspace(self.labels)
            own, other = (
                Program(party=each, origin=node.origin, token=node.token(each))
                for each in (PARTY, OTHER_PARTY)
            )
            count = await demo_sky.declare(collection, own)
            terminal.say(f"{count} corridors, shares and parties declared from a file")
            await demo_sky.reserve(own, other, terminal.say, notice=timedelta())
            await demo_sky.reserve_ship_area(other, terminal.say)
        elif node.is_writable:
            terminal.goes_on(node.record, node.runtime.log.size)
        else:
            terminal.read_only(node)
        terminal.audited(
            node.record, await asyncio.to_thread(audited, node.record, node.verifier), node.verifier.text()
        )
        terminal.tokens(node.write_tokens())
        terminal.whole(f"ready: {node.page()}")


class Together:
    """Two nodes and their story. node: the first, in this process. neighbour: the other, in its own."""

    def __init__(
        self, node: DemoNode, neighbour: Neighbour, terminal: Terminal, labels: dict[str, str]
    ) -> None:
        self.node, self.neighbour, self.terminal, self.labels = node, neighbour, terminal, labels
        self.acts = Acts(node)
        self.steps = DemoStory(self.acts.all(), flights=FLIGHTS, now=utc_now)

    async def run(self, framing: Framing) -> None:
        """Serve, tell the story, and go on serving until told to stop."""
        routes = demo_routes(self.steps, self.neighbour)
        await self.node.run(self._ready, more=routes, framing=framing)

    async def _ready(self) -> None:
        node, terminal = self.node, self.terminal
        terminal.greet(node.node_id)
        other = await self.neighbour.started()
        self.neighbour.when_ended(lambda: terminal.say(f"[red]the node of {OTHER_PARTY} has ended[/red]"))
        terminal.greet(other.node_id)
        is_told = node.is_writable and other.is_writable
        if is_told:
            await self._begin(other)
        elif not node.is_writable:
            terminal.read_only(node)
        await self._audited(other)
        terminal.tokens(node.write_tokens())
        terminal.tokens(token_file(self.neighbour.site.folder, OTHER_PARTY))
        terminal.whole(f"{AUTHORITIES[PARTY]} alone: {node.page()}")
        code = await self.neighbour.code()
        terminal.whole(
            f"{AUTHORITIES[OTHER_PARTY]} alone: http://localhost:{self.neighbour.page_port}/#code={code}"
        )
        terminal.whole(f"ready: {node.page(path=BOTH)}")
        if is_told:
            await self.steps.run()

    async def _begin(self, other: Started) -> None:
        """Declare, join, agree and reserve: what of it was not done before."""
        node, say = self.node, self.terminal.say
        own = Program(party=PARTY, origin=node.origin, token=node.token(PARTY))
        token = token_file(self.neighbour.site.folder, OTHER_PARTY).read_text()
        others = Program(
            party=OTHER_PARTY, origin=f"http://{LOOPBACK}:{self.neighbour.page_port}", token=token
        )
        narrators = node.narrator(), other.narrator
        self.acts.meet(other, others)
        collection = demo_sky.airspace(self.labels)
        joining = demo_joining.joined(
            node.site.folder, node.node_id, self.neighbour.site.folder, other.node_id, url=node.link_url
        )
        words, *_ = await asyncio.gather(
            joining,
            self._declared(collection, own, node.record, None if node.is_new else node.runtime.log.size),
            self._declared(
                collection, others, self.neighbour.record, None if other.is_new else other.entries_count
            ),
        )
        if words:
            say(f"both nodes show the same six words, and are joined: {words}")
        await until(self._is_connected, "no line between the two nodes", demo_joining.WITHIN_S)
        count = await demo_joining.agreed(narrators, (PARTY, OTHER_PARTY), collection)
        if count:
            say(f"both proposed agreement {demo_joining.AGREEMENT} with {count} shares: it is in force")
            await demo_sky.reserve(own, others, say, notice=NOTICE)

    async def _declared(
        self, collection: dict[str, Any], at: Program, record: Path, count: int | None
    ) -> None:
        """Declare it at a node that is new. count: of the entries that were in its record before, if any."""
        if count is not None:
            self.terminal.goes_on(record, count)
            return
        declared_count = await demo_sky.declare(collection, at)
        self.terminal.say(f"{at.party}: {declared_count} corridors, shares and parties declared from a file")

    def _is_connected(self) -> bool:
        return any(each.is_connected for each in self.node.runtime.lines().peers)

    async def _audited(self, other: Started) -> None:
        node, record = self.node, self.neighbour.record
        self.terminal.audited(
            node.record, await asyncio.to_thread(audited, node.record, node.verifier), node.verifier.text()
        )
        verdict = await asyncio.to_thread(audited, record, Verifier.from_text(other.verifier))
        self.terminal.audited(record, verdict, other.verifier)


def run(port: int, keep: Path | None, labels: dict[str, str], *, tells_story: bool = True) -> None:
    """Run the demo until interrupted.

    port: of the first node's page; the other's is the next one, or free ones where it is 0. labels: what
    parties are called, by id, where not neutrally. tells_story: else one node waits for what is asked, and
    nothing watches. keep: folder for the records; None: a temporary one, removed at the end. Raises
    Unavailable when a port or a folder cannot be used.
    """
    terminal = Terminal(Console())
    warm()  # before anybody waits for an answer
    with contextlib.ExitStack() as held:
        if keep is None:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="mamarr-demo-")))
        else:
            keep.mkdir(parents=True, exist_ok=True)
            folder = keep
        first = listening(port)
        held.callback(first.close)
        if tells_story:
            _run_both(folder, port, first, terminal, labels)
        else:
            with held_alone(folder):
                site = _site(folder, PARTY, labels, guests=(OTHER_PARTY,))
                serving.run(_alone(site, first, terminal, labels))


def _run_both(
    folder: Path, port: int, first: socket.socket, terminal: Terminal, labels: dict[str, str]
) -> None:
    if port == PORT_MAX:
        raise Unavailable(f"the other node would be at the port after {port}, and there is none")
    second = listening(port + 1 if port else 0)
    other_folder = folder / OTHER_FOLDER
    other_folder.mkdir(mode=0o700, exist_ok=True)
    own_origins = _origins(first)
    framing = Framing(shown_by=own_origins, shows=own_origins + _origins(second))
    # Before this process has a thread or a lock: the other one is made of it.
    neighbour = Neighbour(
        _site(other_folder, OTHER_PARTY, labels),
        second,
        framing=Framing(shown_by=own_origins),
        closes=(first,),
    )
    try:
        with held_alone(folder):
            site = _site(folder, PARTY, labels, guests=(GUEST,))
            serving.run(_both(site, first, neighbour, terminal, labels, framing))
    finally:
        neighbour.end()


async def _alone(site: Site, listener: socket.socket, terminal: Terminal, labels: dict[str, str]) -> None:
    await Alone(DemoNode(site, listener), terminal, labels).run()


async def _both(
    site: Site,
    listener: socket.socket,
    neighbour: Neighbour,
    terminal: Terminal,
    labels: dict[str, str],
    framing: Framing,
) -> None:
    node = DemoNode(site, listener, is_linked=True, is_dialled=True, feeds=(RECORDED,))
    await Together(node, neighbour, terminal, labels).run(framing)


def _site(folder: Path, party: str, labels: dict[str, str], guests: tuple[str, ...] = ()) -> Site:
    authority = labels.get(party, AUTHORITIES[party])
    return Site(party=party, authority=authority, folder=folder, guests=guests)


def _origins(listener: socket.socket) -> tuple[str, ...]:
    return tuple(f"http://{host}" for host in sorted(hosts(int(listener.getsockname()[1]))))
