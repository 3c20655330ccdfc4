"""The bridge to drones: what this authority closes for them, kept so at its USS, which tells others.

It is off unless the configuration names corridors or areas. What is told is in `engine.bridged`; how it
reaches other USSs is the business of the USS, another process of the same authority.
"""

import asyncio
import logging
from collections.abc import Mapping
from http import HTTPStatus
from uuid import NAMESPACE_URL, uuid5

import msgspec

from mamarr.airspace.windows import Window
from mamarr.engine import bridged
from mamarr.engine.bridged import Piece, Told, Untold, When
from mamarr.faults import Unavailable, WireError
from mamarr.geometry.units import epoch_ms
from mamarr.interop.f3548 import uss_closures
from mamarr.interop.wire import decoded
from mamarr.node.http_client import OutboundClient
from mamarr.node.runtime import Runtime
from mamarr.node.uss_client import OwnTokens
from mamarr.operations import Closed, Volume

EVERY_S = 5.0  # chosen: as soon as F3548-21 wants others told of a change
LOOK_EVERY = 12  # chosen: turns between two looks at what the USS has; it may have been restored
MANAGEMENT = "utm.constraint_management"
KIND = "mamarr.bridge."  # and the node's id: by which the bridge knows what is its own
E9_PER_E7 = 100
US_PER_MS = 1_000

logger = logging.getLogger("mamarr")


class Bridge:
    """A part of the node beside the engine (`serving.Part`). url: of the USS.

    corridors_when, areas: of what drones are told, by id.
    """

    def __init__(
        self,
        client: OutboundClient,
        tokens: OwnTokens,
        *,
        url: str,
        corridors_when: Mapping[str, When],
        areas: tuple[str, ...],
    ) -> None:
        self._client, self._tokens, self._url = client, tokens, f"{url}/constraints"
        self._corridors_when, self._areas = corridors_when, areas
        self._there: dict[str, bytes | None] = {}  # what the USS has; None: something else than is wanted
        self._said: tuple[object, ...] = ()
        self._task: asyncio.Task[None] | None = None

    async def start(self, runtime: Runtime) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._run(runtime))
        self._task.add_done_callback(lambda task: ended(task, runtime))

    async def stop(self) -> None:
        """End; what was told stays told until its time is over."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._client.close()

    async def _run(self, runtime: Runtime) -> None:
        turn = 0
        while True:
            try:
                if turn % LOOK_EVERY == 0:
                    await self._look(runtime.node_id)
                await self._told(runtime)
                turn += 1
            except Unavailable as silent:
                turn = 0
                self._say(("silent",), f"drones are not told of changes: {silent}")
            await asyncio.sleep(EVERY_S)

    async def _look(self, node_id: str) -> None:
        """Learn which constraints of the bridge the USS has."""
        reply = await self._client.get(self._url, await self._tokens.headers(self._url, MANAGEMENT))
        if reply.status != HTTPStatus.OK:
            raise Unavailable(f"the USS answers {reply.status}")
        try:
            listed = decoded(uss_closures.ConstraintsOfUssMessage, reply.body).constraints
        except WireError as wrong:
            raise Unavailable(f"the USS answers what cannot be read: {wrong}") from wrong
        own = {each.reference.id for each in listed if each.details.type == KIND + node_id}
        self._there = {each: self._there.get(each) for each in own}

    async def _told(self, runtime: Runtime) -> None:
        """Let the USS have what is to be told now, and nothing else of the bridge."""
        found, untold = bridged.told(
            runtime.decider.projection,
            corridors_when=self._corridors_when,
            areas=self._areas,
            now_ms=epoch_ms(runtime.now()),
        )
        wanted = {identity(runtime.node_id, each.piece): body(runtime.node_id, each) for each in found}
        for entity_id in [each for each in self._there if each not in wanted]:
            await self._asked("DELETE", entity_id, b"")
            del self._there[entity_id]
        for entity_id, text in wanted.items():
            if self._there.get(entity_id) != text:
                await self._asked("PUT", entity_id, text)
                self._there[entity_id] = text
        self._report(len(wanted), untold)

    async def _asked(self, method: str, entity_id: str, text: bytes) -> None:
        url = f"{self._url}/{entity_id}"
        headers = await self._tokens.headers(url, MANAGEMENT)
        if method == "PUT":
            reply = await self._client.put(url, text, headers)
        else:
            reply = await self._client.delete(url, headers)
        is_gone = method == "DELETE" and reply.status == HTTPStatus.NOT_FOUND
        if reply.status not in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT) and not is_gone:
            raise Unavailable(f"the USS answers {reply.status} to a {method}")

    def _report(self, count: int, untold: tuple[Untold, ...]) -> None:
        if not untold:
            self._say((count,), f"drones are told of {count} closed pieces of sky")
            return
        sentences = [
            f"drones are not told of all of {each.name}: "
            + (
                each.why
                or f"{each.state_flights} state flights are there and nobody else; "
                "what drones are told of ALWAYS is closed for them too"
            )
            for each in untold
        ]
        self._say((count, *untold), "; ".join(sentences))

    def _say(self, what: tuple[object, ...], sentence: str) -> None:
        """Log a sentence, once for as long as it holds."""
        if what != self._said:
            logger.warning("%s", sentence)
        self._said = what


def ended(task: asyncio.Task[None], runtime: Runtime) -> None:
    """A bridge that contradicts itself ends the node, its record whole."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        runtime.fail(error)


def identity(node_id: str, piece: Piece) -> str:
    """The id of the constraint that closes a piece: the same each time."""
    return str(uuid5(NAMESPACE_URL, f"mamarr:{node_id}:{piece.name}"))


def body(node_id: str, each: Told) -> bytes:
    """What the USS is asked to close."""
    volumes = tuple(exact(each.piece, window) for window in each.windows)
    return msgspec.json.encode(uss_closures.details(Closed(volumes=volumes, kind=KIND + node_id)))


def exact(piece: Piece, window: Window) -> Volume:
    """A piece for a time, as F3548-21 has it."""
    return Volume(
        corners=tuple((lat * E9_PER_E7, lng * E9_PER_E7) for lat, lng in piece.corners),
        radius_mm=piece.radius_mm,
        altitude_lower_mm=piece.lower_mm,
        altitude_upper_mm=piece.upper_mm,
        time_start_us=window.time_start_ms * US_PER_MS,
        time_end_us=window.time_end_ms * US_PER_MS,
    )
