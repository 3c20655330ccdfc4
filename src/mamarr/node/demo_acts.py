"""What the demo does: flights filed over HTTP as anybody files them, a recording played, a copy damaged.

Everything goes the ordinary way: tokens of the development issuer, a person who answers at the other node,
routes, the decider, the line. Only the recorded aircraft is real; its corridor and request are invented, and
it did nothing wrong.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from mamarr.coordination import MessageState, foreign
from mamarr.engine import follows
from mamarr.engine.watcher import Play, played_ms
from mamarr.faults import Unavailable, present
from mamarr.flights import Flight, answers
from mamarr.geometry import geodesy
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.interop.demo_messages import DemoProgress, DemoSignedMessage, DemoStepKey, DemoStepMessage
from mamarr.interop.flight_messages import AlternativeMessage, FiledMessage
from mamarr.interop.live_messages import alert_id
from mamarr.interop.problems import Problem
from mamarr.node.demo_neighbour import Started
from mamarr.node.demo_node import DemoNode
from mamarr.node.demo_patience import ANSWERED_S, until, within
from mamarr.node.demo_person import Program
from mamarr.node.demo_proofs import signatures
from mamarr.node.demo_sky import FOLDER
from mamarr.node.demo_story import Act
from mamarr.record import SqliteStore, Verifier, audit
from mamarr.surveillance import AlertStatus, Feed, FeedNote

RECORDED = Feed(feed_id="RECORDED", period_ms=10_000, is_recorded=True, note=FeedNote.DEMO_RECORDING)
FLIGHT_1, FLIGHT_2, RECORDED_1 = "CHARLIE-1", "CHARLIE-2", "RECORDED-1"
OTHERS = "BRAVO-1"  # of the other authority, at its own node
FLIGHTS = {
    DemoStepKey.AT_ONCE: FLIGHT_1,
    DemoStepKey.ASKED: FLIGHT_2,
    DemoStepKey.REFUSED: FLIGHT_1,
    DemoStepKey.LEFT_CORRIDOR: RECORDED_1,
}
CROSSING_POINTS_DEG = ((36.5, 31.4), (34.4, 31.2), (32.0, 30.8))  # of CROSS-1
MIDDLE_POINTS_DEG = ((34.9, 25.0), (33.6, 29.0), (33.4, 32.0), (34.2, 35.2))  # of MIDDLE-1
AT_ONCE_LEVEL, ASKED_LEVEL = "F310", "F370"  # within the standard conditions, and not
RECORDED_POINTS_DEG = ((35.14, 24.74), (33.78, 29.90))  # of RECORDED
CRUISE_MPS = 230.0  # chosen: a usual speed at FL350
LEAVES_IN = timedelta(minutes=25)  # chosen: far enough for a departure within its tolerance

# The recording, 2019-11-03 UTC: request invented from 11:45:00 to 12:16:10; the first report beyond 5 NM is
# that of 12:06:00. Four times as fast, the alert comes some 13 s after the start at 12:05:28. Faster, single
# steps of the recording could no longer be flown, and the track would rightly be doubted.
RECORDED_ENTRY_MS = 1_572_781_500_000
RECORDED_EXIT_MS = RECORDED_ENTRY_MS + 1_870_000
RECORDED_START_MS = 1_572_782_728_000
SPEED_RATIO = 4.0
ICAO_ADDRESS, CALLSIGN = "F00001", "RECORD1"  # invented: the true ones are in the data credits alone
ALERT_S = 40.0  # chosen: three times what it takes
POLL_S = 0.2
STANDING = (AlertStatus.ACTIVE_UNACK, AlertStatus.ACTIVE_ACK)
LOOKED_AT = (MessageState.PRESENTED, MessageState.ACKNOWLEDGED)
REACHED = {  # in this order, and what the message is then
    DemoProgress.SENT: (MessageState.SENT, MessageState.RECEIVED, *LOOKED_AT),
    DemoProgress.RECEIVED: (MessageState.RECEIVED, *LOOKED_AT),
    DemoProgress.PRESENTED: LOOKED_AT,
}
PRESENTED_S = 15.0  # chosen: a receipt takes five seconds, a look two, on a quiet machine
WAITS_S = 1.5  # chosen: so long one sees the request wait, and may answer it oneself


class Acts:
    """The acts of the story. node: the first. The other is met once it serves."""

    def __init__(self, node: DemoNode) -> None:
        self._node, self._runtime = node, node.runtime
        self._started: Started | None = None
        self._at_other: Program | None = None

    def meet(self, started: Started, at_other: Program) -> None:
        """From now on the other node is there, and at it a program of its own party."""
        self._started, self._at_other = started, at_other

    def all(self) -> dict[DemoStepKey, Act]:
        """The act of each step."""
        return {
            DemoStepKey.JOINED: self.joined,
            DemoStepKey.AT_ONCE: self.at_once,
            DemoStepKey.ASKED: self.asked,
            DemoStepKey.REFUSED: self.refused,
            DemoStepKey.LEFT_CORRIDOR: self.left_corridor,
            DemoStepKey.FLIPPED_BYTE: self.flipped_byte,
            DemoStepKey.YOUR_TURN: self.your_turn,
        }

    async def joined(self, step: DemoStepMessage) -> AsyncIterator[DemoStepMessage]:
        """Two nodes, one agreement, which both have proposed."""
        agreement = self._runtime.agreed(self._node.site.party)
        in_force = getattr(agreement, "in_force", None)
        if in_force is None:
            raise Unavailable("no agreement is in force")
        yield msgspec.structs.replace(step, digest=in_force.digest)

    async def at_once(self, step: DemoStepMessage) -> AsyncIterator[DemoStepMessage]:
        """A flight of Party C through both shares; the other authority accepts it by a standard condition."""
        await self._given_back(await self._withdraw(OTHERS, at=self._other))
        await self._withdraw(FLIGHT_1)
        points = CROSSING_POINTS_DEG
        filed = _filed(await self._file(FLIGHT_1, self._plan("CHA101", points, "CROSS-1", AT_ONCE_LEVEL)))
        await self._coordinated(FLIGHT_1)
        crossing = await self._crossing(self._said_as(FLIGHT_1))
        yield msgspec.structs.replace(
            step,
            receipt=filed.receipt,
            crossing_id=present(crossing, "the other node accepted it")["crossing_id"],
            progress=DemoProgress.COORDINATED,
        )

    async def asked(self, step: DemoStepMessage) -> AsyncIterator[DemoStepMessage]:
        """Another one, at a level that no condition has: a person at the other node answers."""
        await self._withdraw(FLIGHT_2)
        plan = self._plan("CHA202", MIDDLE_POINTS_DEG, "MIDDLE-1", ASKED_LEVEL)
        filed = _filed(await self._file(FLIGHT_2, plan))
        crossing = await self._waiting(FLIGHT_2)
        told = msgspec.structs.replace(
            step,
            receipt=filed.receipt,
            crossing_id=crossing["crossing_id"],
            progress=DemoProgress.REQUESTED,
            view=self._other.party,
        )
        yield told
        await asyncio.sleep(WAITS_S)
        await self._accepted(crossing)
        await self._coordinated(FLIGHT_2)
        signed = await asyncio.to_thread(self._signatures, FLIGHT_2)
        yield msgspec.structs.replace(told, progress=DemoProgress.COORDINATED, view=None, signed=signed)

    async def refused(self, step: DemoStepMessage) -> AsyncIterator[DemoStepMessage]:
        """A flight of the other authority, the other way on the same corridor, is refused at its node."""
        other = self._other
        if self._held(FLIGHT_1) is None:
            async for _ in self.at_once(step):
                pass
        await self._withdraw(OTHERS, at=other)
        plan = self._plan("BRA303", CROSSING_POINTS_DEG[::-1], "CROSS-1", AT_ONCE_LEVEL)
        answer = await other.asks("PUT", f"/api/flights/{OTHERS}", {"plan": plan})
        if answer.status_code != httpx.codes.CONFLICT:
            raise Unavailable(f"{OTHERS} should have been refused and was answered {answer.status_code}")
        problem = msgspec.json.decode(answer.content, type=Problem)
        told = msgspec.structs.replace(
            step, refusal=problem, view=other.party, crossing_id=next(iter(problem.because), None)
        )
        yield told
        for each in _standard_first(problem.alternatives):
            body = {"plan": msgspec.to_builtins(each.plan)}
            taken = await other.asks("PUT", f"/api/flights/{OTHERS}", body)
            if taken.status_code == httpx.codes.CREATED:
                yield msgspec.structs.replace(told, taken=each.kind, receipt=_filed(taken).receipt)
                return

    async def left_corridor(self, step: DemoStepMessage) -> AsyncIterator[DemoStepMessage]:
        """A recorded aircraft leaves an invented corridor, and the alert comes."""
        await self._withdraw(RECORDED_1)
        await self._ended()
        at_ms = epoch_ms(self._runtime.now())
        play = Play(
            feed_id=RECORDED.feed_id,
            recording=str(FOLDER / "recorded_1.json.gz"),
            start_ms=RECORDED_START_MS,
            at_ms=at_ms,
            speed_ratio=SPEED_RATIO,
            icao_address=ICAO_ADDRESS,
            callsign=CALLSIGN,
        )
        _filed(await self._file(RECORDED_1, _request(play)))
        crossing = await self._waiting(RECORDED_1)
        await self._accepted(crossing)  # it begins at once, and no condition has that
        step = msgspec.structs.replace(step, crossing_id=crossing["crossing_id"], speed_ratio=SPEED_RATIO)
        yield step
        present(self._node.watching, "the first node watches").play(play)
        try:
            async with asyncio.timeout(ALERT_S):
                while (found := self._raised(at_ms)) is None:
                    await asyncio.sleep(POLL_S)
        except TimeoutError as late:
            raise Unavailable("the recorded aircraft was not seen leaving its corridor") from late
        told = msgspec.structs.replace(step, alert_id=found)
        yield told
        async for progress in self._climbing():
            is_there = progress is not DemoProgress.SENT
            yield msgspec.structs.replace(
                told, progress=progress, view=self._other.party if is_there else None
            )

    async def flipped_byte(self, step: DemoStepMessage) -> AsyncIterator[DemoStepMessage]:
        """One byte is flipped in a copy of the record, and the audit finds it."""
        what, first = await asyncio.to_thread(self._flipped)
        yield msgspec.structs.replace(step, finding=what, finding_entry=first)

    async def your_turn(self, step: DemoStepMessage) -> AsyncIterator[DemoStepMessage]:
        """The visitor files a flight."""
        yield step

    def _flipped(self) -> tuple[str, int]:
        store = self._node.store
        copy = store.path.with_name("flipped-copy.sqlite")
        copy.unlink(missing_ok=True)
        try:
            store.copy_to(copy)
            row = next(store.rows(store.size() // 2))
            written = bytearray(copy.read_bytes())
            written[written.index(row.body[:32]) + 16] ^= 1
            copy.write_bytes(written)
            damaged = SqliteStore(copy, read_only=True)
            try:
                finding = audit(damaged, self._node.verifier, each=follows).finding
            finally:
                damaged.close()
        except (OSError, ValueError) as wrong:
            raise Unavailable(f"{copy}: {wrong}") from wrong
        if finding is None:
            raise Unavailable("the flipped byte was not found")
        return finding.what, finding.first

    def _raised(self, since_ms: int) -> str | None:
        """The alert about the recorded aircraft that began since then."""
        for seen in self._runtime.picture(self._runtime.decider.projection.party).alerts:
            alert = seen.alert
            is_new = alert.raised_ms >= since_ms and alert.status in STANDING
            if alert.subject == RECORDED_1 and is_new:
                return alert_id(alert.kind, alert.subject)
        return None

    async def _ended(self) -> None:
        """Wait until what an earlier telling raised is over, as its flight is: else it would still stand."""
        await until(
            lambda: (
                not any(
                    seen.alert.subject == RECORDED_1 and seen.alert.status in STANDING
                    for seen in self._runtime.picture(self._runtime.decider.projection.party).alerts
                )
            ),
            "the alert of the flight that was withdrawn did not end",
        )

    async def _climbing(self) -> AsyncIterator[DemoProgress]:
        """How far the alert is at the other authority, as often as that changes: until somebody was shown it.

        Without a page on which somebody could be, no more than RECEIVED comes.
        """
        loop = asyncio.get_running_loop()
        for progress in REACHED:  # a page that is slow is shown one after the other what came at once
            until_s = loop.time() + PRESENTED_S
            while self._is_below(progress):
                if loop.time() > until_s:
                    return
                await asyncio.sleep(POLL_S)
            yield progress

    def _is_below(self, progress: DemoProgress) -> bool:
        """Whether the other authority was not told of the alert, or it has not come so far there."""
        for seen in self._runtime.picture(self._runtime.decider.projection.party).alerts:
            if seen.alert.subject == RECORDED_1 and seen.told:
                return seen.told[0].state not in REACHED[progress]
        return True

    # --- the other node -----------------------------------------------------------------------------------

    @property
    def _other(self) -> Program:
        return present(self._at_other, "the story begins once the other node serves")

    @property
    def _other_started(self) -> Started:
        return present(self._started, "the story begins once the other node serves")

    async def _waiting(self, flight_id: str) -> dict[str, Any]:
        """The request about an own flight that waits for a person at the other node."""
        said_as = self._said_as(flight_id)
        async with within(ANSWERED_S, f"{flight_id} did not come to the other node"):
            while (found := await self._crossing(said_as)) is None or not found["is_waiting"]:
                await asyncio.sleep(POLL_S)
        return found

    async def _accepted(self, crossing: dict[str, Any]) -> None:
        """Accept it at the other node, as a person presses it there; unless the visitor has answered it."""
        found = await self._crossing(crossing["object_id"])
        if found is None or not found["is_waiting"]:
            return
        place = (str(crossing[each]) for each in ("node", "kind", "object_id", "filed_ms"))
        answer = await self._other_started.narrator.does(
            f"/api/crossings/{'/'.join(place)}/answer",
            {"answer": "ACCEPT", "revision": crossing["revision"]},
            {
                "type": "accept-crossing",
                "crossing_id": crossing["crossing_id"],
                "revision": crossing["revision"],
            },
        )
        if answer.status_code != httpx.codes.OK:
            raise Unavailable(f"the request was not accepted: {answer.text}")

    async def _crossing(self, said_as: str) -> dict[str, Any] | None:
        answer = await self._other.asks("GET", "/api/crossings")
        if answer.status_code != httpx.codes.OK:
            raise Unavailable(f"the other node does not say what it is asked: {answer.text}")
        found: list[dict[str, Any]] = answer.json()["crossings"]
        return next((each for each in found if each["object_id"] == said_as), None)

    async def _coordinated(self, flight_id: str) -> None:
        """Wait until all who were asked have confirmed it."""
        async with within(ANSWERED_S, f"{flight_id} was not answered"):
            while (held := self._held(flight_id)) is not None:
                asked = held.coordination
                if asked is None or str(held.stage) == "COORDINATED":
                    return
                if answers.is_given_up(held):
                    break
                await asyncio.sleep(POLL_S)
        raise Unavailable(f"{flight_id} was not accepted")

    def _held(self, flight_id: str) -> Flight | None:
        return self._runtime.decider.projection.flights.durable(flight_id)

    def _said_as(self, flight_id: str) -> str:
        """What an own flight is called at other nodes."""
        held = present(self._held(flight_id), "it was filed")
        return present(held.coordination, "others were asked for it").said_as

    def _signatures(self, flight_id: str) -> list[DemoSignedMessage]:
        """Who asked and who accepted, each by the record of the node that it was said to."""
        node, other, said_as = self._node, self._other_started, self._said_as(flight_id)
        channel = node.runtime.decider.projection.channels.durable(other.node_id)
        theirs = Verifier.from_text(present(channel, "the two are joined").key)
        record = SqliteStore(Path(other.record), read_only=True)
        try:
            asked = list(signatures(record, other.node_id, node.link_verifier(other.node_id), said_as))
        finally:
            record.close()
        return asked + list(signatures(node.store, node.node_id, theirs, said_as))

    # --- flights ------------------------------------------------------------------------------------------

    def _plan(
        self, identification: str, points_deg: Sequence[tuple[float, float]], corridor: str, level: str
    ) -> dict[str, Any]:
        minute = self._runtime.now().replace(second=0, microsecond=0)
        route = _route(points_deg, minute + LEAVES_IN, corridor, level)
        return _planned(identification, "A320", route)

    async def _file(self, flight_id: str, plan: dict[str, Any]) -> httpx.Response:
        body = {"plan": plan, "party": "party-c"}
        return await self._own.asks("PUT", f"/api/flights/{flight_id}", body)

    async def _withdraw(self, flight_id: str, *, at: Program | None = None) -> str | None:
        """Give back what an earlier telling filed, if it did; what it was called to others, if it was."""
        by = at or self._own
        flights = (await by.asks("GET", "/api/picture")).json()["flights"]
        found = next((each for each in flights if each["flight_id"] == flight_id), None)
        if found is None:
            return None
        await by.asks("DELETE", f"/api/flights/{flight_id}")
        coordination = found["coordination"]
        return None if coordination is None else str(coordination["said_as"])

    async def _given_back(self, said_as: str | None) -> None:
        """Wait until this node holds nothing for what the other withdrew, which was called so."""
        await until(
            lambda: (
                not any(
                    each.object_id == said_as and foreign.held_parts(each, epoch_ms(self._runtime.now()))
                    for _, each in self._runtime.decider.projection.crossings.durable_items()
                )
            ),
            "that the other node gave back its flight did not come",
        )

    @property
    def _own(self) -> Program:
        site = self._node.site
        return Program(party=site.party, origin=self._node.origin, token=self._node.token(site.party))


def _filed(answer: httpx.Response) -> FiledMessage:
    if answer.status_code != httpx.codes.CREATED:
        raise Unavailable(f"a flight of the demo was not admitted: {answer.text}")
    return msgspec.json.decode(answer.content, type=FiledMessage)


def _standard_first(offered: Sequence[AlternativeMessage]) -> list[AlternativeMessage]:
    """Later at the same level is accepted at once by the standard condition that this one would have been."""
    return sorted(offered, key=lambda each: each.kind != "LATER")


def _route(
    points_deg: Sequence[tuple[float, float]], leaves_at: datetime, corridor: str, level: str
) -> list[dict[str, Any]]:
    """The points of a route along a corridor, each at the time when it is reached at CRUISE_MPS."""
    route, at = [], leaves_at
    for number, (latitude_deg, longitude_deg) in enumerate(points_deg):
        if number:
            before = points_deg[number - 1]
            length_m = geodesy.distance_m(before[0], before[1], latitude_deg, longitude_deg)
            at += timedelta(seconds=round(length_m / CRUISE_MPS))
        point: dict[str, Any] = {
            "latitude_deg": latitude_deg,
            "longitude_deg": longitude_deg,
            "time": at.isoformat(),
            "level": level,
        }
        route.append(point | ({"corridor": corridor} if number < len(points_deg) - 1 else {}))
    return route


def _planned(
    identification: str, aircraft_type: str, route: list[dict[str, Any]], **more: str
) -> dict[str, Any]:
    return {
        "identification": identification,
        "aircraft_type": aircraft_type,
        "route": route,
        "has_rvsm": True,
        **more,
    }


def _request(play: Play) -> dict[str, Any]:
    """The invented request of the recorded aircraft, at the times at which the recording is played."""
    times = [moment_from_ms(played_ms(each_ms, play)) for each_ms in (RECORDED_ENTRY_MS, RECORDED_EXIT_MS)]
    route = _route(RECORDED_POINTS_DEG, times[0], "RECORDED", "F370")
    route[-1]["time"] = times[1].isoformat()
    return _planned(CALLSIGN, "ZZZZ", route, icao_address=ICAO_ADDRESS.lower())
