"""What the demo does: flights filed over HTTP as anybody files them, a recording played, a copy damaged.

Everything goes the ordinary way: tokens of the development issuer, routes, the decider. Only the recorded
aircraft is real; its corridor and request are invented, and it did nothing wrong.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from mamarr.engine import follows
from mamarr.engine.watcher import Play, played_ms
from mamarr.faults import Unavailable
from mamarr.geometry import geodesy
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.interop.demo_messages import DemoStepKey, DemoStepMessage
from mamarr.interop.flight_messages import AlternativeMessage, FiledMessage
from mamarr.interop.live_messages import alert_id
from mamarr.interop.problems import Problem
from mamarr.node.demo_story import Act
from mamarr.node.runtime import Runtime
from mamarr.node.watching import Watching
from mamarr.record import SqliteStore, Verifier, audit
from mamarr.surveillance import AlertStatus, Feed, FeedNote

FOLDER = Path(__file__).parent / "demo_data"
RECORDED = Feed(feed_id="RECORDED", period_ms=10_000, is_recorded=True, note=FeedNote.DEMO_RECORDING)
FLIGHT_1, FLIGHT_2, RECORDED_1 = "CHARLIE-1", "CHARLIE-2", "RECORDED-1"
FLIGHTS = {
    DemoStepKey.ADMITTED: FLIGHT_1,
    DemoStepKey.REFUSED: FLIGHT_2,
    DemoStepKey.LEFT_CORRIDOR: RECORDED_1,
}
CORRIDOR_POINTS_DEG = ((35.9, 27.0), (35.3, 30.0), (35.6, 33.0), (35.5, 35.4))  # of NORTH-1
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


class Acts:
    """The acts of the story. token: one for a party, good now."""

    def __init__(
        self,
        runtime: Runtime,
        watching: Watching,
        store: SqliteStore,
        verifier: Verifier,
        *,
        origin: str,
        token: Callable[[str], str],
    ) -> None:
        self._runtime, self._watching, self._store, self._verifier = runtime, watching, store, verifier
        self._origin, self._token = origin, token

    def all(self) -> dict[DemoStepKey, Act]:
        """The act of each step."""
        return {
            DemoStepKey.ADMITTED: self.admitted,
            DemoStepKey.REFUSED: self.refused,
            DemoStepKey.LEFT_CORRIDOR: self.left_corridor,
            DemoStepKey.FLIPPED_BYTE: self.flipped_byte,
            DemoStepKey.YOUR_TURN: self.your_turn,
        }

    async def admitted(self, step: DemoStepMessage) -> DemoStepMessage:
        """A flight of Party C, filed by Authority A that serves it, is admitted."""
        await self._withdraw(FLIGHT_2)
        await self._withdraw(FLIGHT_1)
        filed = await self._file(FLIGHT_1, self._plan_of_c("CHA101"))
        return msgspec.structs.replace(step, receipt=_filed(filed).receipt)

    async def refused(self, step: DemoStepMessage) -> DemoStepMessage:
        """A second one, the other way on the same corridor, is refused, and an alternative is taken."""
        await self._withdraw(FLIGHT_2)
        against = self._plan_of_c("CHA202", reverse=True)
        answer = await self._file(FLIGHT_2, against)
        if answer.status_code != httpx.codes.CONFLICT:
            raise Unavailable(f"{FLIGHT_2} should have been refused and was answered {answer.status_code}")
        problem = msgspec.json.decode(answer.content, type=Problem)
        for each in _by_corridor_first(problem.alternatives):
            taken = await self._file(FLIGHT_2, msgspec.to_builtins(each.plan))
            if taken.status_code == httpx.codes.CREATED:
                return msgspec.structs.replace(
                    step, refusal=problem, taken=each.kind, receipt=_filed(taken).receipt
                )
        return msgspec.structs.replace(step, refusal=problem)

    async def left_corridor(self, step: DemoStepMessage) -> DemoStepMessage:
        """A recorded aircraft leaves an invented corridor, and the alert comes."""
        await self._withdraw(RECORDED_1)
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
        self._watching.play(play)
        try:
            async with asyncio.timeout(ALERT_S):
                while (found := self._raised(at_ms)) is None:
                    await asyncio.sleep(POLL_S)
        except TimeoutError as late:
            raise Unavailable("the recorded aircraft was not seen leaving its corridor") from late
        return msgspec.structs.replace(step, alert_id=found, speed_ratio=SPEED_RATIO)

    async def flipped_byte(self, step: DemoStepMessage) -> DemoStepMessage:
        """One byte is flipped in a copy of the record, and the audit finds it."""
        what, first = await asyncio.to_thread(self._flipped)
        return msgspec.structs.replace(step, finding=what, finding_entry=first)

    async def your_turn(self, step: DemoStepMessage) -> DemoStepMessage:
        """The visitor files a flight."""
        return step

    def _flipped(self) -> tuple[str, int]:
        copy = self._store.path.with_name("flipped-copy.sqlite")
        copy.unlink(missing_ok=True)
        try:
            self._store.copy_to(copy)
            row = next(self._store.rows(self._store.size() // 2))
            written = bytearray(copy.read_bytes())
            written[written.index(row.body[:32]) + 16] ^= 1
            copy.write_bytes(written)
            damaged = SqliteStore(copy, read_only=True)
            try:
                finding = audit(damaged, self._verifier, each=follows).finding
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
            is_new = alert.raised_ms >= since_ms and alert.status is not AlertStatus.RECTIFIED_UNACK
            if alert.subject == RECORDED_1 and is_new:
                return alert_id(alert.kind, alert.subject)
        return None

    def _plan_of_c(self, identification: str, *, reverse: bool = False) -> dict[str, Any]:
        points = CORRIDOR_POINTS_DEG[::-1] if reverse else CORRIDOR_POINTS_DEG
        minute = self._runtime.now().replace(second=0, microsecond=0)
        route = _route(points, minute + LEAVES_IN, "NORTH-1", "F350")
        return _plan(identification, "A320", route)

    async def _file(self, flight_id: str, plan: dict[str, Any]) -> httpx.Response:
        body = {"plan": plan, "party": "party-c"}
        return await self._ask("PUT", f"/api/flights/{flight_id}", body)

    async def _withdraw(self, flight_id: str) -> None:
        """Give back what an earlier telling filed, if it did."""
        if self._runtime.decider.projection.flights.get(flight_id) is None:
            return
        await self._ask("DELETE", f"/api/flights/{flight_id}", None)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._token('authority-a')}"}
        async with httpx.AsyncClient(base_url=self._origin, trust_env=False) as client:
            try:
                return await client.request(method, path, json=body, headers=headers)
            except httpx.HTTPError as silent:
                raise Unavailable(f"{method} {path}: {silent}") from silent


def _filed(answer: httpx.Response) -> FiledMessage:
    if answer.status_code != httpx.codes.CREATED:
        raise Unavailable(f"a flight of the demo was not admitted: {answer.text}")
    return msgspec.json.decode(answer.content, type=FiledMessage)


def _by_corridor_first(offered: Sequence[AlternativeMessage]) -> list[AlternativeMessage]:
    """Another corridor shows best on a map."""
    return sorted(offered, key=lambda each: each.kind != "CORRIDOR")


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


def _plan(
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
    return _plan(CALLSIGN, "ZZZZ", route, icao_address=ICAO_ADDRESS.lower())
