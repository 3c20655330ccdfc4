"""`mamarr demo drones`: a chapter of the demo, about the corridor of a helicopter and drones in its way.

The authority's node with its bridge and page; its USS, which is the DSS too; a USS for each of two operators.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from socket import socket

from rich.console import Console

from mamarr.faults import Unavailable
from mamarr.interop.demo_messages import DroneDemoMessage, DroneStepMessage
from mamarr.node import demo_sky, serving
from mamarr.node.bridge import MANAGEMENT, Bridge
from mamarr.node.demo_drone_acts import CORRIDORS_WHEN, HELICOPTER, DroneActs
from mamarr.node.demo_drone_sky import DroneSky, Operator
from mamarr.node.demo_node import DemoNode, Site, audited
from mamarr.node.demo_person import Program
from mamarr.node.demo_story import Telling
from mamarr.node.demo_terminal import Terminal
from mamarr.node.demo_uss import DemoUss, UssSite
from mamarr.node.demo_uss_tokens import UssTokenIssuer
from mamarr.node.folder_lock import held_alone
from mamarr.node.http_client import OutboundClient
from mamarr.node.runtime import utc_now
from mamarr.node.serving import LOOPBACK, listening
from mamarr.node.uss_client import DSS_BYTES_MAX, DSS_S, OwnTokens, PeerClient
from mamarr.node.uss_dss import AWARENESS, COORDINATION, PROCESSING, Dss, Peers
from mamarr.node.warming import warm
from mamarr.record import SqliteStore
from mamarr.web.demo_drone_routes import TOKENS, drone_routes

PARTY, AUTHORITY = "authority-a", "Authority A"
AUTHORITY_USS = "authority-a-uss"
OPERATORS = ("drone-operator-1", "drone-operator-2")
AIRSPACE = demo_sky.FOLDER / "zurich.geojson"
OF_AUTHORITY = (COORDINATION, PROCESSING, AWARENESS, MANAGEMENT)
OF_OPERATOR = (COORDINATION, PROCESSING, AWARENESS)
PUBLIC_KEY = "uss-tokens.pem"


class DroneStory:
    """What the routes ask: the story, with the sky as DSS and USSs say it."""

    def __init__(self, telling: Telling[DroneStepMessage], sky: DroneSky) -> None:
        self.telling, self._sky = telling, sky
        self.opened, self.shown, self.replay = telling.opened, telling.shown, telling.replay
        self.pause, self.go_on = telling.pause, telling.go_on

    def message(self) -> DroneDemoMessage:
        """How far it is."""
        telling = self.telling
        return DroneDemoMessage(
            current=telling.current,
            steps=telling.steps,
            is_paused=telling.is_paused,
            sky=self._sky.message(),
        )


class UssProcesses:
    """The three USSs, in processes of their own, and who issues tokens to them. folder: of all of them."""

    def __init__(self, folder: Path, node_origin: str, *, closes: tuple[socket, ...]) -> None:
        self.issuer, self.token_url = UssTokenIssuer(utc_now), node_origin + TOKENS
        self._folder, self._held = folder, closes
        self._secrets: dict[str, str] = {}
        self._key = folder / PUBLIC_KEY
        self._key.write_bytes(self.issuer.public_key())
        self.all: list[DemoUss] = []
        try:
            self.authority = self._begun(AUTHORITY_USS, OF_AUTHORITY, None)
            self.operators = [self._begun(each, OF_OPERATOR, self.authority.base_url) for each in OPERATORS]
        except (OSError, Unavailable):
            self.end()
            raise

    def _begun(self, subject: str, scopes: Iterable[str], dss_url: str | None) -> DemoUss:
        self._secrets[subject] = secret = self.issuer.admit(subject, scopes)
        site = UssSite(
            subject=subject,
            secret=secret,
            folder=self._folder / subject,
            public_key_file=self._key,
            token_url=self.token_url,
            dss_url=dss_url,
        )
        begun = DemoUss(site, closes=(*self._held, *(each.ours for each in self.all)))
        self.all.append(begun)
        return begun

    def tokens(self, client: OutboundClient, subject: str) -> OwnTokens:
        """Tokens as which a program or a person of a USS asks."""
        secret = self._secrets[subject]
        return OwnTokens(client, self.token_url, subject=subject, secret=secret, now=utc_now)

    def client(self) -> OutboundClient:
        """What speaks to the USSs and to who issues tokens, and to nobody else."""
        origins = {each.base_url for each in self.all} | {self.token_url.removesuffix(TOKENS)}
        return OutboundClient(
            frozenset(origins), allow_private=True, reply_bytes_max=DSS_BYTES_MAX, total_s=DSS_S
        )

    def end(self) -> None:
        """End them all."""
        for each in reversed(self.all):
            each.end()


class Chapter:
    """The chapter at work in the node's process."""

    def __init__(self, node: DemoNode, usss: UssProcesses, terminal: Terminal) -> None:
        self.node, self.usss, self.terminal = node, usss, terminal
        self._client, self._peers = usss.client(), PeerClient(allows_loopback=True)
        tokens = usss.tokens(self._client, AUTHORITY_USS)
        url = usss.authority.base_url
        dss = Dss(self._client, tokens, url=url, uss_base_url=url, allows_http=True, has_constraints=True)
        operators = [
            Operator(
                number=number,
                manager=each.subject,
                base_url=each.base_url,
                tokens=usss.tokens(self._client, each.subject),
            )
            for number, each in enumerate(usss.operators, start=1)
        ]
        self._dss, self._tokens, self._operators = dss, tokens, operators
        bridging = usss.client()  # the bridge closes its own
        self._bridge = Bridge(
            bridging,
            usss.tokens(bridging, AUTHORITY_USS),
            url=url,
            corridors_when=CORRIDORS_WHEN,
            areas=(),
        )
        self._story: DroneStory | None = None

    async def run(self) -> None:
        """Serve, tell the story, and go on serving until told to stop. Raises Unavailable."""
        for each in self.usss.all:  # its record is there once it serves
            self.terminal.whole(f"{each.subject}: a USS at {each.base_url}, record {each.record}")
            await each.started()
        record = SqliteStore(self.usss.authority.record, read_only=True)
        try:
            peers = Peers(self._peers, self._tokens)
            sky = DroneSky(self._dss, peers, self._client, self._operators, record, now=utc_now)
            acts = DroneActs(self.node, sky, self._operators)
            story = DroneStory(acts.telling(), sky)
            routes = drone_routes(story, self.usss.issuer)
            await self.node.run(lambda: self._ready(story, sky), more=routes)
        finally:
            await self._bridge.stop()
            await self._client.close()
            await self._peers.close()
            record.close()

    async def _ready(self, story: DroneStory, sky: DroneSky) -> None:
        node, terminal = self.node, self.terminal
        terminal.greet(node.node_id)
        if node.is_new:
            own = Program(party=PARTY, origin=node.origin, token=node.token(PARTY))
            count = await demo_sky.declare(demo_sky.collection(AIRSPACE), own)
            terminal.say(f"{count} corridors, shares and parties declared from a file")
        elif node.is_writable:
            terminal.goes_on(node.record, node.runtime.log.size)
        else:
            terminal.read_only(node)
        terminal.audited(
            node.record, await asyncio.to_thread(audited, node.record, node.verifier), node.verifier.text()
        )
        terminal.tokens(node.write_tokens())
        terminal.say("24 May 2019: helicopter recorded, drones fictitious")
        terminal.whole(f"ready: {node.page()}")
        if not node.is_writable:
            return
        await self._bridge.start(node.runtime)  # it asks for tokens here
        async with asyncio.TaskGroup() as together:
            together.create_task(sky.run())
            together.create_task(story.telling.run())


def run(port: int, keep: Path | None) -> None:
    """Run the chapter until interrupted. port: of the page; 0: a free one. keep: folder for the records.

    Raises Unavailable when a port or a folder cannot be used.
    """
    terminal = Terminal(Console())
    warm()  # before anybody waits for an answer
    with contextlib.ExitStack() as held:
        if keep is None:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="mamarr-drones-")))
        else:
            keep.mkdir(parents=True, exist_ok=True)
            folder = keep.resolve()
        first = listening(port)
        held.callback(first.close)
        origin = f"http://{LOOPBACK}:{first.getsockname()[1]}"
        held.enter_context(held_alone(folder))
        usss = UssProcesses(folder, origin, closes=(first,))
        held.callback(usss.end)
        site = Site(party=PARTY, authority=AUTHORITY, folder=folder)
        serving.run(_told(site, first, usss, terminal))


async def _told(site: Site, listener: socket, usss: UssProcesses, terminal: Terminal) -> None:
    node = DemoNode(site, listener, feeds=(HELICOPTER,))
    await Chapter(node, usss, terminal).run()
