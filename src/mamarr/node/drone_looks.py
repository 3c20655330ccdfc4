"""What drones plan along the bridge's corridors and areas, asked of this authority's USS and noted.

Off unless the table `[bridge]` says `looks_at_drones`. What does not change is not noted again; an answer
that does not come is noted as silence, never as an empty sky.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus

import msgspec

from mamarr.airspace.windows import Window
from mamarr.engine import Order, bridged, heard
from mamarr.engine.bridged import Piece
from mamarr.engine.projection import Projection
from mamarr.faults import Reason, Refusal, Unavailable, WireError
from mamarr.flights.drone_watch import AHEAD_MS, KEY, HearDrones
from mamarr.flights.drones import HEARD, ForgetDrones, NoteDrones
from mamarr.geometry.units import epoch_ms
from mamarr.interop.f3548 import uss_planned
from mamarr.interop.f3548.uss_planned import PlannedIn
from mamarr.interop.f3548.uss_writing import volume_of
from mamarr.names import Author
from mamarr.node.bridge import ended, exact
from mamarr.node.http_client import OutboundClient
from mamarr.node.runtime import Runtime
from mamarr.node.uss_client import OwnTokens

EVERY_S = 30.0  # chosen: whoever plans in the half minute after a drone is told of it on the flight's row
SILENT_MS = 120_000  # chosen: four looks; an answer that is missed once is no silence
QUERIES_MAX = 200  # chosen: pieces of some 2,000 km² asked for in one look; what is beyond is not known
COORDINATION = "utm.strategic_coordination"

logger = logging.getLogger("mamarr")


class Look:
    """What one look found.

    notes, found_in: by id, what is to be noted and of which corridors and areas. unknown: ids of which nobody
    says more. whole, unsaid: names of which all was said, and of which something is not. is_whole: whether
    all that was asked was answered. silent: why not, where no answer came.
    """

    def __init__(self) -> None:
        self.notes: dict[str, NoteDrones] = {}
        self.found_in: defaultdict[str, set[str]] = defaultdict(set)
        self.unknown: set[str] = set()
        self.whole: set[str] = set()
        self.unsaid: set[str] = set()
        self.is_whole = True
        self.silent = ""

    def take(self, name: str, found: PlannedIn, now_ms: int) -> None:
        """What the USS said of a piece of what is called `name`."""
        for each in found.intents:
            note = heard.noted(each.entity_id, each.state, each.volumes)
            if note is not None and not heard.is_over(note, now_ms):
                self.notes[each.entity_id] = note
                self.found_in[each.entity_id].add(name)
        self.unknown.update(found.unknown)
        if found.unknown:
            self.unsaid.add(name)


class DroneLooks:
    """A part of the node beside the engine (`serving.Part`). url: of the USS. corridors, areas: ids.

    is_on: else what was known before is forgotten at the start, and nothing is asked.
    """

    def __init__(
        self,
        client: OutboundClient,
        tokens: OwnTokens,
        *,
        url: str,
        corridors: Iterable[str],
        areas: Iterable[str],
        is_on: bool,
    ) -> None:
        self._client, self._tokens = client, tokens
        self._url = f"{url}/operational_intents/query"
        self._corridors, self._areas, self._is_on = tuple(sorted(corridors)), tuple(sorted(areas)), is_on
        self._heard_ms: dict[str, int] = {}  # when all was last said, by name
        self._said = ""
        self._task: asyncio.Task[None] | None = None

    async def start(self, runtime: Runtime) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._run(runtime))
        self._task.add_done_callback(lambda task: ended(task, runtime))

    async def stop(self) -> None:
        """End; what was heard counts as long as it says."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._client.close()

    async def _run(self, runtime: Runtime) -> None:
        while True:
            try:
                if not self._is_on:
                    await self._left(runtime)
                    return
                await self._note(runtime, await self._looked(runtime))
            except Unavailable as silent:
                self._say(f"what drones plan could not be noted: {silent}")
            await asyncio.sleep(EVERY_S)

    async def _looked(self, runtime: Runtime) -> Look:
        """Ask for each piece. A USS that is silent is asked no further this time."""
        look, count = Look(), 0
        for name, pieces in self._pieces(runtime.decider.projection).items():
            count += len(pieces)
            if not pieces or count > QUERIES_MAX:
                look.unsaid.add(name)
            for piece in pieces if count <= QUERIES_MAX else ():
                now_ms = epoch_ms(runtime.now())
                try:
                    found = await self._planned(piece, now_ms)
                except Unavailable as silent:
                    look.silent, look.is_whole = str(silent), False
                    return look
                if found is None:
                    look.unsaid.add(name)
                    look.is_whole = False
                else:
                    await asyncio.to_thread(look.take, name, found, now_ms)
            look.whole.add(name)
        return look

    def _pieces(self, projection: Projection) -> dict[str, tuple[Piece, ...]]:
        """The pieces of what is named, by name; none of what is not there or too large to be asked for."""
        found: dict[str, tuple[Piece, ...]] = {}
        for corridor_id in self._corridors:
            declared = projection.corridors.durable(corridor_id)
            try:
                parts = () if declared is None else bridged.pieces_of(declared)
            except ValueError:
                parts = ()
            found[corridor_id] = tuple(piece for segment in parts for piece in segment)
        for area_id in self._areas:
            area = projection.areas.durable(area_id)
            try:
                found[f"area/{area_id}"] = () if area is None else (bridged.piece_of(area),)
            except ValueError:
                found[f"area/{area_id}"] = ()
        return found

    async def _planned(self, piece: Piece, now_ms: int) -> PlannedIn | None:
        """What drones plan in a piece; None where the USS says that this is too much. Raises Unavailable."""
        window = Window(time_start_ms=now_ms, time_end_ms=now_ms + AHEAD_MS)
        body = msgspec.json.encode({"area_of_interest": volume_of(exact(piece, window))})
        headers = await self._tokens.headers(self._url, COORDINATION)
        reply = await self._client.post(self._url, body, headers)
        if reply.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
            return None
        if reply.status != HTTPStatus.OK:
            raise Unavailable(f"the USS answers {reply.status}")
        try:
            return await asyncio.to_thread(uss_planned.read, reply.body)
        except WireError as wrong:
            raise Unavailable(f"the USS answers what cannot be read: {wrong}") from wrong

    # --- what is noted ------------------------------------------------------------------------------------

    async def _note(self, runtime: Runtime, look: Look) -> None:
        """Have the record say what the look found: first what is planned, then how well that is known."""
        projection = runtime.decider.projection
        for name in look.whole:
            self._heard_ms[name] = epoch_ms(runtime.now())
        for name in look.unsaid:
            self._heard_ms.pop(name, None)
        changed, too_many = heard.changes(
            projection, look.notes, unknown=look.unknown, is_whole=look.is_whole
        )
        for name in {name for each in too_many for name in look.found_in[each]}:
            self._heard_ms.pop(name, None)
        for command in changed:
            await self._submitted(runtime, command)
        now_ms = epoch_ms(runtime.now())
        whole = [
            each
            for each in self._corridors
            if each in self._heard_ms and now_ms - self._heard_ms[each] < SILENT_MS
        ]
        hearing = heard.hearing(projection, whole, now_ms)
        if hearing is not None:
            await self._submitted(runtime, hearing)
        self._report(look, whole)

    async def _left(self, runtime: Runtime) -> None:
        """Nobody looks any more: what was known is known no more."""
        projection = runtime.decider.projection
        watch = projection.drone_watch.durable(KEY)
        if watch is not None and watch.whole:
            await self._submitted(runtime, HearDrones())
        for intent_id in sorted(key for key, _ in projection.drones.durable_items()):
            await self._submitted(runtime, ForgetDrones(intent_id=intent_id))

    async def _submitted(self, runtime: Runtime, command: NoteDrones | ForgetDrones | HearDrones) -> None:
        """Have the record say it. Raises Unavailable."""
        author = Author(party=runtime.decider.projection.party, node=runtime.node_id, rule=HEARD)
        order = Order(command_id=runtime.new_command_id(), author=author, command=command)
        outcome = (await runtime.submit(order)).outcome
        # Meanwhile it may be over, or forgotten.
        if isinstance(outcome, Refusal) and outcome.reason not in (Reason.TIME_PAST, Reason.NOT_THERE):
            raise Unavailable(str(outcome.reason))

    def _report(self, look: Look, whole: list[str]) -> None:
        missing = [each for each in self._corridors if each not in whole]
        if look.silent:
            self._say(f"the USS does not say what drones plan: {look.silent}")
        elif missing:
            self._say(f"not all that drones plan is known along {', '.join(missing)}")
        else:
            self._say("it is known what drones plan along all corridors that are named")

    def _say(self, sentence: str) -> None:
        """Log a sentence, once for as long as it holds."""
        if sentence != self._said:
            logger.warning("%s", sentence)
        self._said = sentence
