"""A node for tests of the HTTP interface: memory store, fixed people, a real ASGI stack without a socket."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import httpx

from mamarr.names import Mode
from mamarr.node.development_issuer import ISSUER, DevelopmentIssuer
from mamarr.node.runtime import Runtime, utc_now
from mamarr.record import MemoryStore, Signer
from mamarr.web import Sessions, TokenChecker, application
from mamarr.web.access import Scope

NODE = "node-north"
HOST = "localhost:8080"
BOTH = (Scope.READ, Scope.RESERVE)


class Desk:
    """A node and a client that speaks to it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.runtime = Runtime(
            self.store,
            Signer(f"{NODE}/EXERCISE", bytes(32)),
            node_id=NODE,
            party="north",
            authority="Authority A",
            mode=Mode.EXERCISE,
        )
        numbers = count(1)
        self.sessions = Sessions(lambda: f"secret-{next(numbers)}")
        self.issuer = DevelopmentIssuer(NODE)
        tokens = TokenChecker(self.issuer.keys(), issuer=ISSUER, audience=NODE, mode=Mode.EXERCISE)
        self.app = application(self.runtime, sessions=self.sessions, tokens=tokens, hosts=frozenset({HOST}))

    @property
    def decided(self) -> int:
        """How many decisions are in the log, which begins with its genesis."""
        return self.store.size() - 1

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=f"http://{HOST}")

    def bearer(self, party: str, scopes: tuple[str, ...] = BOTH) -> dict[str, str]:
        return {"authorization": f"Bearer {self.issuer.token(party, scopes, now=utc_now())}"}


def at_a_desk(story: Callable[[Desk, httpx.AsyncClient], Awaitable[None]]) -> None:
    """Run `story` with a started node."""

    async def run() -> None:
        desk = Desk()
        desk.runtime.start()
        async with desk.client() as client:
            await story(desk, client)
        await desk.runtime.stop()

    # On a thread of its own: Playwright keeps an event loop running in the main thread of a test process.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


def a_volume(**changed: object) -> dict[str, object]:
    return {
        "latitude_south_deg": 33.0,
        "latitude_north_deg": 34.0,
        "longitude_west_deg": 32.0,
        "longitude_east_deg": 33.0,
        "altitude_lower_m": 3000,
        "altitude_upper_m": 6000,
        "time_start": "2090-11-22T12:00:00Z",
        "time_end": "2090-11-22T14:00:00Z",
        **changed,
    }
