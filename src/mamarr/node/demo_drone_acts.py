"""What the demo's chapter does: drones that their users plan, a recorded helicopter's flight that is filed.

Everything goes the ordinary way: the users of drones plan at their USSs, the flight is filed at the
authority's node, and what happens in between is done by bridge, USSs and DSS alone. Only the helicopter is
real; its corridor and flight plan are invented, and the drones are fictitious.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx
import msgspec

from mamarr.discovery import IntentState
from mamarr.engine import bridged
from mamarr.engine.bridged import When
from mamarr.engine.watcher import Play, played_ms
from mamarr.faults import Unavailable, present
from mamarr.flights import Flight, holding
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.interop.demo_messages import (
    DemoStepState,
    DroneAnswer,
    DroneOperatorMessage,
    DroneSkyMessage,
    DroneStepKey,
    DroneStepMessage,
)
from mamarr.interop.flight_messages import FiledMessage
from mamarr.node.demo_drone_shapes import DroneShape, shapes
from mamarr.node.demo_drone_sky import DroneSky, Operator
from mamarr.node.demo_node import DemoNode
from mamarr.node.demo_person import Program, asked
from mamarr.node.demo_sky import FOLDER
from mamarr.node.demo_story import ActOf, Telling
from mamarr.node.uss_dss import COORDINATION
from mamarr.surveillance import Feed, FeedNote

HELICOPTER = Feed(feed_id="RECORDED", period_ms=2_000, is_recorded=True, note=FeedNote.DEMO_HELICOPTER)
FLIGHT, CORRIDOR = "HELICOPTER-1", "HELI-1"
CORRIDORS_WHEN = {CORRIDOR: When.PLANNED}
ROUTE_DEG = ((47.3631, 8.534), (47.3775, 8.62))  # the ends of HELI-1
LEVEL, LEVEL_UPPER = "F020", "F035"
# The recording, cut: 2019-05-24 21:19:39 to 21:21:58 UTC.
RECORDED_START_MS, RECORDED_END_MS = 1_558_732_779_000, 1_558_732_918_000
SPEED_RATIO = 6.0  # chosen: 23 s; a step of the recording is 300 m then, which can be flown
ICAO_ADDRESS, CALLSIGN = "F00002", "RECORD2"  # invented: the true ones are not in the file
LEAVES_IN = timedelta(minutes=2)  # chosen: before that, operators have answered
PLAY_IN = timedelta(seconds=2)
DRONES_FOR = timedelta(minutes=45)  # chosen: longer than the story, however slowly it is told
MOVED_NORTH_DEG = 0.02  # 2.2 km: out of the corridor
PLANNED_S, CLOSED_S, TOLD_S = 15.0, 20.0, 15.0  # chosen: three times what it may take
CLEARED_S = 20.0
WAITS_S = 1.5  # chosen: so long one sees that an operator was told and has not answered
UUID_BYTES = 16

logger = logging.getLogger("mamarr")


class Fleet:
    """What the users of one operator do at its USS: one flight, planned, ended or moved.

    is_activated: it flies, and is ended when its sky is closed; else it is planned, and moved.
    """

    def __init__(self, operator: Operator, shape: DroneShape, *, is_activated: bool) -> None:
        self.operator, self.shape, self.is_activated = operator, shape, is_activated
        self.flight_id = ""

    async def plan(self, now: datetime) -> None:
        """Plan the flight anew. Raises Unavailable when the USS does not take it."""
        self.flight_id = str(UUID(bytes=secrets.token_bytes(UUID_BYTES), version=4))
        await self._asked_for(
            self.shape, now, IntentState.ACTIVATED if self.is_activated else IntentState.ACCEPTED
        )

    async def answer(self, now: datetime) -> None:
        """Do what the user does who was told that the sky is closed: land, or fly elsewhere."""
        if self.is_activated:
            await self.end(self.flight_id)
        else:
            await self._asked_for(self.shape.moved(MOVED_NORTH_DEG), now, IntentState.ACCEPTED)

    async def end(self, flight_id: str) -> None:
        """End a flight, if there is one: this one, or one of an earlier run."""
        await self._done("DELETE", flight_id, None)

    async def _asked_for(self, shape: DroneShape, now: datetime, state: IntentState) -> None:
        details = {"volumes": shape.volumes(now, now + DRONES_FOR), "priority": 0}
        await self._done("PUT", self.flight_id, {"state": state, "details": details})

    async def _done(self, method: str, flight_id: str, body: object) -> None:
        url = f"{self.operator.base_url}/flights/{flight_id}"
        answer = await asked(method, url, body, await self.operator.tokens.headers(url, COORDINATION))
        is_gone = method == "DELETE" and answer.status_code == HTTPStatus.NOT_FOUND  # its time was over
        if not answer.is_success and not is_gone:
            raise Unavailable(f"{self.operator.manager}: {method} of a flight: {answer.text}")


class DroneActs:
    """The acts of the chapter. node: the authority's. operators: two, each with a USS."""

    def __init__(self, node: DemoNode, sky: DroneSky, operators: Sequence[Operator]) -> None:
        self._node, self._runtime, self._sky = node, node.runtime, sky
        found = shapes(FOLDER / "rid_zurich.kml")
        self.fleets = [
            Fleet(each, shape, is_activated=index == 0)
            for index, (each, shape) in enumerate(zip(operators, found, strict=True))
        ]
        self._acts: dict[DroneStepKey, ActOf[DroneStepMessage]] = {
            DroneStepKey.DRONES_PLANNED: self.drones_planned,
            DroneStepKey.HELICOPTER_FILED: self.helicopter_filed,
            DroneStepKey.SKY_CLOSED: self.sky_closed,
            DroneStepKey.OPERATORS_TOLD: self.operators_told,
            DroneStepKey.HELICOPTER_FLIES: self.helicopter_flies,
            DroneStepKey.SKY_OPENED: self.sky_opened,
        }

    def telling(self) -> Telling[DroneStepMessage]:
        """The story that these tell."""
        untold = [
            DroneStepMessage(
                number=number,
                key=key,
                state=DemoStepState.WAITING,
                flight_id=None if key is DroneStepKey.DRONES_PLANNED else FLIGHT,
            )
            for number, key in enumerate(DroneStepKey, start=1)
        ]
        return Telling(self._acts, untold, is_passing=lambda _: False, now=self._runtime.now)

    async def drones_planned(self, step: DroneStepMessage) -> AsyncIterator[DroneStepMessage]:
        """Two operators plan a flight each; what an earlier telling left is put away before."""
        await self._put_away()
        for fleet, seen in zip(self.fleets, self._sky.message().operators, strict=True):
            for intent in seen.intents:
                await fleet.end(intent.intent_id)
        await self._sky.until(
            lambda sky: not _intents(sky), "flights of an earlier telling remain", PLANNED_S
        )
        self._sky.begin()
        for fleet in self.fleets:
            await fleet.plan(self._runtime.now())
        await self._sky.until(_are_planned, "what drones plan is not at the DSS", PLANNED_S)
        yield step

    async def helicopter_filed(self, step: DroneStepMessage) -> AsyncIterator[DroneStepMessage]:
        """The helicopter's flight is filed, and admitted in its corridor."""
        if not _are_planned(self._sky.message()):
            await self._before(step)
        await self._put_away()
        leaves_at = self._runtime.now() + LEAVES_IN
        filed = await self._filed("PUT", "", self._plan(leaves_at, leaves_at + self._length))
        yield msgspec.structs.replace(step, receipt=filed.receipt)

    async def sky_closed(self, step: DroneStepMessage) -> AsyncIterator[DroneStepMessage]:
        """The bridge has the corridor closed for drones, as long as the helicopter may be there."""
        if self._held() is None:
            await self._before(step)
        count = self._pieces_count()
        await self._sky.until(
            lambda sky: sky.is_heard and len(sky.closed) == count, "the sky was not closed", CLOSED_S
        )
        yield msgspec.structs.replace(step, pieces_count=count)

    async def operators_told(self, step: DroneStepMessage) -> AsyncIterator[DroneStepMessage]:
        """Operators' users are told, and clear the way; who does not stays told and no more."""
        if not any(each.is_in_way for each in _intents(self._sky.message())):
            await self._before(step)
        await self._sky.until(_are_advised, "the users of drones were not told", TOLD_S)
        told = self._counted(step)
        yield told
        for fleet in self.fleets:
            await asyncio.sleep(WAITS_S)
            await self._answered(fleet)
            yield self._counted(step)

    async def helicopter_flies(self, step: DroneStepMessage) -> AsyncIterator[DroneStepMessage]:
        """The recorded helicopter flies along its corridor."""
        held = self._held()
        if held is None or held.is_airborne or not self._sky.message().closed:
            await self._before(step)
        at = self._runtime.now() + PLAY_IN
        play = Play(
            feed_id=HELICOPTER.feed_id,
            recording=str(FOLDER / "recorded_2.json.gz"),
            start_ms=RECORDED_START_MS,
            at_ms=epoch_ms(at),
            speed_ratio=SPEED_RATIO,
            icao_address=ICAO_ADDRESS,
            callsign=CALLSIGN,
        )
        ends_at = moment_from_ms(played_ms(RECORDED_END_MS, play))
        await self._filed("PUT", "/plan", self._plan(at, ends_at))
        flying = msgspec.structs.replace(self._counted(step), speed_ratio=SPEED_RATIO)
        yield flying
        present(self._node.watching, "the node watches").play(play)
        await asyncio.sleep((at - self._runtime.now()).total_seconds())
        await self._reported({"report": "AIRBORNE", "time": at.isoformat()})
        was_seen = False
        while self._runtime.now() < ends_at:
            was_seen = was_seen or self._is_seen()
            await asyncio.sleep(0.2)
        if not was_seen:
            raise Unavailable("the recorded helicopter was not seen on its flight")
        sky = self._sky.message()
        yield msgspec.structs.replace(flying, is_clear=is_clear(sky))

    async def sky_opened(self, step: DroneStepMessage) -> AsyncIterator[DroneStepMessage]:
        """The flight has ended: nothing is closed for it any more."""
        held = self._held()
        if held is None or not held.is_airborne or not self._sky.message().closed:
            await self._before(step)
        ended_at = self._runtime.now()
        await self._reported({"report": "ENDED"})
        await self._sky.until(
            lambda sky: sky.is_heard and not sky.closed, "the sky is closed still", CLOSED_S
        )
        after_s = (self._runtime.now() - ended_at).total_seconds()
        yield msgspec.structs.replace(step, ended_after_s=round(after_s, 1), pieces_count=0)

    # --- how ----------------------------------------------------------------------------------------------

    async def _before(self, step: DroneStepMessage) -> None:
        """Do what the steps before this one do."""
        for key, act in list(self._acts.items())[: step.number - 1]:
            async for _ in act(DroneStepMessage(number=step.number, key=key, state=step.state)):
                pass

    async def _answered(self, fleet: Fleet) -> None:
        """Have an operator's users clear the way. One that does not is seen as told, and no more."""
        manager = fleet.operator.manager
        try:
            await fleet.answer(self._runtime.now())
            await self._sky.until(lambda sky: _is_clear_of(sky, manager), f"{manager} is not gone", CLEARED_S)
        except Unavailable as silent:
            logger.warning("not acknowledged: %s", silent)

    async def _put_away(self) -> None:
        """End or give back what an earlier telling filed, and wait until nothing is closed for it."""
        held = self._held()
        if held is not None and held.is_airborne:
            await self._reported({"report": "ENDED"})
        elif held is not None:
            answer = await self._own.asks("DELETE", f"/api/flights/{FLIGHT}")
            if answer.status_code != httpx.codes.OK:
                raise Unavailable(f"the flight was not given back: {answer.text}")
        await self._sky.until(
            lambda sky: sky.is_heard and not sky.closed, "sky of an earlier telling is closed", CLOSED_S
        )

    async def _reported(self, report: Mapping[str, Any]) -> None:
        answer = await self._own.asks("POST", f"/api/flights/{FLIGHT}/reports", report)
        if answer.status_code != httpx.codes.OK:
            raise Unavailable(f"the report was not taken: {answer.text}")

    def _held(self) -> Flight | None:
        """The helicopter's flight, while it is not over."""
        held = self._runtime.decider.projection.flights.durable(FLIGHT)
        if held is None or holding.is_over(held, epoch_ms(self._runtime.now())):
            return None
        return held

    def _is_seen(self) -> bool:
        picture = self._runtime.picture(self._node.site.party)
        return any(each.flight_id == FLIGHT for each in picture.tracks)

    def _pieces_count(self) -> int:
        """How many pieces the bridge tells of now."""
        told, _ = bridged.told(
            self._runtime.decider.projection,
            corridors_when=CORRIDORS_WHEN,
            areas=(),
            now_ms=epoch_ms(self._runtime.now()),
        )
        return len(told)

    def _counted(self, step: DroneStepMessage) -> DroneStepMessage:
        """The step with how many operators were told, and how many of these cleared the way."""
        operators = self._sky.message().operators
        told = [each for each in operators if each.answer is not DroneAnswer.NOT_TOLD]
        cleared = [each for each in told if each.answer in (DroneAnswer.ENDED, DroneAnswer.MOVED)]
        return msgspec.structs.replace(step, told_count=len(told), acknowledged_count=len(cleared))

    @property
    def _length(self) -> timedelta:
        return timedelta(milliseconds=RECORDED_END_MS - RECORDED_START_MS) / SPEED_RATIO

    def _plan(self, leaves_at: datetime, ends_at: datetime) -> Mapping[str, Any]:
        """The invented flight plan, at the times at which the recording is played."""
        (south, west), (north, east) = ROUTE_DEG
        levels = {"level": LEVEL, "level_upper": LEVEL_UPPER}
        first = {"latitude_deg": south, "longitude_deg": west, "time": leaves_at.isoformat()}
        last = {"latitude_deg": north, "longitude_deg": east, "time": ends_at.isoformat()}
        return {
            "identification": CALLSIGN,
            "aircraft_type": "ZZZZ",
            "icao_address": ICAO_ADDRESS.lower(),
            "navigation_specification": "RNP_0_3",
            "route": [first | levels | {"corridor": CORRIDOR}, last | levels],
        }

    async def _filed(self, method: str, what: str, plan: Mapping[str, Any]) -> FiledMessage:
        body = {"plan": plan} if what else {"plan": plan, "party": "party-c"}
        answer = await self._own.asks(method, f"/api/flights/{FLIGHT}{what}", body)
        if answer.status_code != httpx.codes.CREATED:
            raise Unavailable(f"the helicopter's flight was not admitted: {answer.text}")
        return msgspec.json.decode(answer.content, type=FiledMessage)

    @property
    def _own(self) -> Program:
        site = self._node.site
        return Program(party=site.party, origin=self._node.origin, token=self._node.token(site.party))


def is_clear(sky: DroneSkyMessage) -> bool:
    """Whether no intent of a drone meets what is closed: only where that is known of all."""
    is_known = (
        sky.is_heard and not sky.unknown_count and not any(each.unknown_count for each in sky.operators)
    )
    return is_known and not any(each.is_in_way for each in _intents(sky))


def _intents(sky: DroneSkyMessage) -> list[Any]:
    return [intent for each in sky.operators for intent in each.intents]


def _are_planned(sky: DroneSkyMessage) -> bool:
    """Whether each operator has its flight at the DSS, and nothing is closed."""
    return sky.is_heard and not sky.closed and all(each.intents for each in sky.operators)


def _are_advised(sky: DroneSkyMessage) -> bool:
    in_way = [each for each in sky.operators if any(intent.is_in_way for intent in each.intents)]
    return bool(in_way) and all(each.answer is DroneAnswer.ADVISED for each in in_way)


def _is_clear_of(sky: DroneSkyMessage, manager: str) -> bool:
    operator: DroneOperatorMessage = next(each for each in sky.operators if each.manager == manager)
    return operator.answer in (DroneAnswer.ENDED, DroneAnswer.MOVED)
