"""A DSS for tests of its HTTP interface: memory store, one authority of tokens, no socket."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from mamarr.names import Mode
from mamarr.node.dss_node import DssNode
from mamarr.node.runtime import Runtime
from mamarr.record import MemoryStore, Signer
from mamarr.web.access.key_sets import GivenKeys
from mamarr.web.dss_app import dss_application
from mamarr.web.dss_calls import DssRules, DssScope
from mamarr.web.dss_tokens import UssTokens
from tests.web.tokens import a_key, key_set, signed

HOST = "dss.example"
URL = f"https://{HOST}"
KEY = a_key("RS256")
EVERYTHING = tuple(DssScope)


class DssDesk:
    """A DSS and clients that speak to it. Its clock is the system's, `ahead_s` ahead of it."""

    def __init__(self, *, allows_http: bool = False) -> None:
        self.store = MemoryStore()
        self.runtime = Runtime(
            self.store,
            Signer("dss-1/EXERCISE", bytes(32)),
            node_id="dss-1",
            party="dss",
            authority="DSS",
            mode=Mode.EXERCISE,
        )
        self.ahead_s = 0.0
        self.runtime.now = lambda: datetime.now(UTC) + timedelta(seconds=self.ahead_s)
        self.app = dss_application(
            DssNode(self.runtime),
            tokens=UssTokens(GivenKeys(key_set(KEY)), audiences=(HOST,)),
            rules=DssRules(pool_id="pool-1", allows_http=allows_http),
            hosts=frozenset({HOST}),
        )

    @property
    def decided(self) -> int:
        """How many decisions are in the log, which begins with its genesis."""
        return self.store.size() - 1

    def token(self, uss: str, scopes: Iterable[str] = EVERYTHING) -> str:
        claims = {
            "iss": "https://authority.example",
            "sub": uss,
            "aud": HOST,
            "scope": " ".join(scopes),
            "exp": int(self.runtime.now().timestamp()) + 600,
        }
        return signed(KEY, claims, "RS256", kid="one")

    def client(self, uss: str | None = "uss1", scopes: Iterable[str] = EVERYTHING) -> httpx.AsyncClient:
        """A client of `uss`; None: without a token."""
        headers = {} if uss is None else {"authorization": f"Bearer {self.token(uss, scopes)}"}
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url=URL, headers=headers)


Story = Callable[[DssDesk, httpx.AsyncClient], Awaitable[None]]


def at_a_dss(story: Story, *, allows_http: bool = False) -> None:
    """Run `story` with a started DSS and a client of uss1 that may everything."""

    async def run() -> None:
        desk = DssDesk(allows_http=allows_http)
        desk.runtime.start()
        async with desk.client() as client:
            await story(desk, client)
        await desk.runtime.stop()

    # On a thread of its own: Playwright keeps an event loop running in the main thread of a test process.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


def an_id() -> str:
    return str(uuid4())


def a_suffix(at: datetime) -> str:
    """A UUID of version 7 of the instant `at` (RFC 9562, section 5.7)."""
    ms = int(at.timestamp() * 1_000)
    return str(UUID(int=(ms << 80) | (7 << 76) | (0x123 << 64) | (2 << 62) | (uuid4().int & ((1 << 62) - 1))))


def text_of(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def a_time(after_s: float) -> dict[str, str]:
    """An instant so long from now."""
    return {"value": text_of(datetime.now(UTC) + timedelta(seconds=after_s)), "format": "RFC3339"}


def an_altitude(altitude_m: float) -> dict[str, Any]:
    return {"value": altitude_m, "reference": "W84", "units": "M"}


def a_circle(
    latitude_deg: float = 46.5, longitude_deg: float = 7.25, radius_m: float = 300
) -> dict[str, Any]:
    center = {"lat": latitude_deg, "lng": longitude_deg}
    return {"center": center, "radius": {"value": radius_m, "units": "M"}}


def an_extent(start_s: float = 60, end_s: float = 3_600, **changed: Any) -> dict[str, Any]:
    """A volume and its time; changed: members of the volume, None leaves one out."""
    volume = {
        "outline_circle": a_circle(),
        "altitude_lower": an_altitude(50),
        "altitude_upper": an_altitude(120),
    } | changed
    return {
        "volume": {name: value for name, value in volume.items() if value is not None},
        "time_start": a_time(start_s),
        "time_end": a_time(end_s),
    }


def an_intent(*extents: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The body that creates an operational intent; a value None leaves a member out."""
    body = {
        "extents": list(extents) or [an_extent()],
        "state": "Accepted",
        "uss_base_url": "https://uss1.example/utm",
        "key": [],
        "new_subscription": {"uss_base_url": "https://uss1.example/utm"},
    } | changed
    return {name: value for name, value in body.items() if value is not None}


def a_constraint(*extents: dict[str, Any], **changed: Any) -> dict[str, Any]:
    body = {"extents": list(extents) or [an_extent()], "uss_base_url": "https://uss1.example/utm"} | changed
    return {name: value for name, value in body.items() if value is not None}


def a_subscription(extent: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    body = {
        "extents": extent or an_extent(),
        "uss_base_url": "https://uss1.example/utm",
        "notify_for_operational_intents": True,
        "notify_for_constraints": False,
    } | changed
    return {name: value for name, value in body.items() if value is not None}


def intent_at(entity_id: str, ovn: str | None = None) -> str:
    return f"/dss/v1/operational_intent_references/{entity_id}" + ("" if ovn is None else f"/{ovn}")


def constraint_at(entity_id: str, ovn: str | None = None) -> str:
    return f"/dss/v1/constraint_references/{entity_id}" + ("" if ovn is None else f"/{ovn}")


def subscription_at(entity_id: str, version: str | None = None) -> str:
    return f"/dss/v1/subscriptions/{entity_id}" + ("" if version is None else f"/{version}")
