"""A town of USSs for tests: ours with our DSS beside it, the authority that issues tokens, others as told.

Nothing is sent: what our clients ask goes to the program that has the name of the host.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx

from mamarr.discovery.envelopes import us_of
from mamarr.interop.f3548.instants import written_instant
from mamarr.names import Mode
from mamarr.node.dss_node import DssNode
from mamarr.node.http_client import OutboundClient
from mamarr.node.runtime import Runtime
from mamarr.node.uss_chores import Chores
from mamarr.node.uss_client import DSS_BYTES_MAX, OwnTokens, PeerClient
from mamarr.node.uss_closing import Closing, Constraints
from mamarr.node.uss_conformance import Conformance
from mamarr.node.uss_desk import UssDesk
from mamarr.node.uss_dss import Dss, Peers
from mamarr.node.uss_flights import Flights
from mamarr.record import MemoryStore, Signer
from mamarr.web.access.key_sets import GivenKeys
from mamarr.web.dss_app import dss_application
from mamarr.web.dss_calls import DssRules
from mamarr.web.dss_tokens import UssTokens
from mamarr.web.uss_app import uss_routes
from mamarr.web.uss_calls import UssEngines, UssScope
from tests.web.dss_desk import a_time, an_altitude, an_id
from tests.web.tokens import a_key, key_set, signed

HOST, AUTHORITY, OTHER = "uss-north.example", "tokens.example", "uss-a.example"
URL, OTHER_URL = f"https://{HOST}", f"https://{OTHER}"
NAME, OTHER_NAME = "uss-north", "uss-a"
PUBLIC = "93.184.215.14"  # an address of the public internet; nothing is sent to it
KEY = a_key("RS256")
EVERYTHING = (*UssScope, "utm.availability_arbitration")

Answers = Callable[[httpx.Request], Awaitable[httpx.Response]]


def a_token(name: str, host: str, scopes: Iterable[str] = EVERYTHING) -> str:
    claims = {"iss": "https://authority.example", "sub": name, "aud": host, "scope": " ".join(scopes)}
    return signed(KEY, claims | {"exp": int(datetime.now(UTC).timestamp()) + 600}, "RS256", kid="one")


class Town(httpx.AsyncBaseTransport):
    """Carries what our clients ask. others: who answers, by host. asked: what came to them."""

    def __init__(self, *, shared_priorities: tuple[int, ...] = (), has_constraints: bool = False) -> None:
        self.others: dict[str, Answers] = {}
        self.asked: list[httpx.Request] = []
        self.store = MemoryStore()
        self.ahead_s = 0.0
        self.has_constraints = has_constraints
        self.begin(shared_priorities)

    def begin(self, shared_priorities: tuple[int, ...] = ()) -> None:
        """A node on the record that there is: for the first time, or again after it ended anyhow."""
        self.runtime = runtime = Runtime(
            self.store,
            Signer("dss-1/EXERCISE", bytes(32)),
            node_id="dss-1",
            party="dss",
            authority="DSS",
            mode=Mode.EXERCISE,
        )
        runtime.now = lambda: datetime.now(UTC) + timedelta(seconds=self.ahead_s)
        how = {"resolve": _resolve, "transport": self}
        client = OutboundClient(
            frozenset({URL, f"https://{AUTHORITY}"}), reply_bytes_max=DSS_BYTES_MAX, **how
        )
        self.own = OwnTokens(client, f"https://{AUTHORITY}/token", subject=NAME, secret=None, now=runtime.now)
        dss = Dss(
            client,
            self.own,
            url=URL,
            uss_base_url=URL,
            allows_http=False,
            has_constraints=self.has_constraints,
        )
        peer_client = PeerClient(**how, total_s=0.6)
        peers = Peers(peer_client, self.own)
        self.desk = UssDesk(runtime, dss, peers, self.own, shared_priorities=shared_priorities)
        constraints = Constraints(client, peer_client, self.own, url=URL, uss_base_url=URL, allows_http=False)
        self.closing = Closing(self.desk, constraints, subject=NAME)
        self.conformance = Conformance(self.desk)
        self.flights = Flights(self.desk, self.conformance, subject=NAME)
        self.chores = Chores(self.desk, self.closing, self.conformance)
        self.engines = UssEngines(desk=self.desk, closing=self.closing, flights=self.flights)
        tokens = UssTokens(GivenKeys(key_set(KEY)), audiences=(HOST,))
        self.app: Any = dss_application(
            DssNode(runtime),
            tokens=tokens,
            rules=DssRules(pool_id="pool-1"),
            hosts=frozenset({HOST}),
            beside=uss_routes(self.engines, tokens=tokens, has_tests=True),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.headers["host"]
        if host == HOST:
            return await httpx.ASGITransport(self.app).handle_async_request(request)
        self.asked.append(request)
        if host == AUTHORITY:
            said = parse_qs(request.url.query.decode())
            token = a_token(said["sub"][0], said["intended_audience"][0], said["scope"])
            return httpx.Response(200, content=_chunks(json.dumps({"access_token": token}).encode()))
        return await self.others[host](request)

    def client(self, name: str | None = OTHER_NAME, scopes: Iterable[str] = EVERYTHING) -> httpx.AsyncClient:
        """A client of `name` at our node; None: without a token."""
        headers = {} if name is None else {"authorization": f"Bearer {a_token(name, HOST, scopes)}"}
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=URL, headers=headers)


async def _resolve(host: str, port: int) -> list[str]:
    del host, port
    return [PUBLIC]


async def _chunks(body: bytes) -> Any:
    yield body


def answering(status: int, body: object = None) -> Answers:
    """Another USS that always answers so."""
    said = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=_chunks(said))

    return answer


async def silent(_: httpx.Request) -> httpx.Response:
    """Another USS that never answers."""
    await asyncio.sleep(30)
    raise AssertionError("nobody waits so long")


Story = Callable[[Town, httpx.AsyncClient], Awaitable[None]]


def in_a_town(story: Story, **how: Any) -> None:
    """Run `story` with a started node, and a client of another USS that may everything."""

    async def run() -> None:
        town = Town(**how)
        town.runtime.start()
        await town.chores.start(town.runtime)
        async with town.client() as client:
            await story(town, client)
        await town.chores.stop()
        await town.runtime.stop()

    with ThreadPoolExecutor(1) as thread:  # Playwright keeps an event loop running in the main thread
        thread.submit(asyncio.run, run()).result()


# --- what is said -----------------------------------------------------------------------------------------


def a_volume(east: float = 0, minutes: tuple[float, float] = (-1, 30), **changed: Any) -> dict[str, Any]:
    """A square of some 100 m, so many of its sides east of a place, as it stands on the wire."""
    south, west = 47.3, 8.5 + east * 0.001
    ring = ((0, 0), (0, 0.001), (0.001, 0.001), (0.001, 0))
    volume = {
        "outline_polygon": {
            "vertices": [{"lat": round(south + up, 9), "lng": round(west + right, 9)} for up, right in ring]
        },
        "altitude_lower": an_altitude(100),
        "altitude_upper": an_altitude(200),
    } | changed
    return {
        "volume": volume,
        "time_start": a_time(minutes[0] * 60),
        "time_end": a_time(minutes[1] * 60),
    }


def a_telemetry(town: Town, east: float, late_s: float = 0, **position: Any) -> dict[str, Any]:
    """Where an aircraft is now, by the town's clock, or was late_s ago."""
    now_us = us_of(town.runtime.now()) - round(late_s * 1e6)
    return {
        "time_measured": {"value": written_instant(now_us), "format": "RFC3339"},
        "position": {
            "longitude": round(8.5 + east * 0.001, 9),
            "latitude": 47.3005,
            "accuracy_h": "HA3m",
            "accuracy_v": "VA10m",
            "extrapolated": False,
            "altitude": {"value": 150, "reference": "W84", "units": "M"},
        }
        | position,
        "velocity": {"speed": 8.5, "units_speed": "MetersPerSecond", "track": 90},
    }


def a_plan(
    *area: dict[str, Any], usage: str = "Planned", uas: str = "Nominal", priority: int = 0, **changed: Any
) -> dict[str, Any]:
    """A flight that a user plans."""
    basic = {"usage_state": usage, "uas_state": uas, "area": list(area) or [a_volume()]}
    return {
        "flight_plan": {"basic_information": basic, "astm_f3548_21": {"priority": priority}},
        "execution_style": "IfAllowed",
        "request_id": an_id(),
    } | changed


def plan_at(flight: str) -> str:
    return f"/flight_planning/v1/flight_plans/{flight}"


def details_at(entity: str) -> str:
    return f"/uss/v1/operational_intents/{entity}"


async def planned(
    client: httpx.AsyncClient, flight: str, *area: dict[str, Any], **how: Any
) -> tuple[str, str]:
    """Plan a flight; what came of it, and how it stands."""
    answer = await client.put(plan_at(flight), json=a_plan(*area, **how))
    assert answer.status_code == 200, answer.text
    return answer.json()["planning_result"], answer.json()["flight_plan_status"]


async def others_intent(
    town: Town, entity: str, *volumes: dict[str, Any], base_url: str = OTHER_URL, **changed: Any
) -> dict[str, Any]:
    """Another USS makes an intent known at our DSS; what it answers of it from then on."""
    several = list(volumes) or [a_volume()]
    body = {"extents": several, "state": "Accepted", "uss_base_url": base_url, "key": changed.pop("key", [])}
    async with town.client() as client:
        answer = await client.put(f"/dss/v1/operational_intent_references/{entity}", json=body)
    assert answer.status_code == 201, answer.text
    reference = answer.json()["operational_intent_reference"]
    details = {"volumes": several, "off_nominal_volumes": [], "priority": 0} | changed
    return {"operational_intent": {"reference": reference, "details": details}}
