"""A node for tests of the HTTP interface: memory store, fixed people, a real ASGI stack without a socket."""

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count
from typing import Any

import httpx
from argon2 import PasswordHasher

from mamarr.names import Mode
from mamarr.node.development_issuer import DevelopmentIssuer
from mamarr.node.runtime import Runtime
from mamarr.record import MemoryStore, Signer
from mamarr.web import Sessions, TokenChecker, application
from mamarr.web.access import Scope
from mamarr.web.access.accounts import Account, MemoryAccounts
from mamarr.web.access.oidc import OidcSignIn
from mamarr.web.access.passkeys import Passkeys
from mamarr.web.access.passwords import Passwords
from mamarr.web.access.people import People
from tests.web.tokens import Network, a_key, a_provider, an_issuer, key_set

# Of each request httpx asks whether trio runs it. Where that is not installed, every folder of modules is
# looked through for it each time, a tenth of these tests; so it is said once that there is none.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

NODE = "node-north"
HOST = "localhost:8080"
BOTH = (Scope.READ, Scope.RESERVE)
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # where it is not tested how long it takes


async def at_once(work: Callable[[], Any]) -> Any:
    """What `work` answers, on the same thread."""
    return work()


def hash_of(password: str) -> str:
    """Quickly made and quickly compared: a hash says how much work it is."""
    return QUICK.hash(password)


class Desk:
    """A node and a client that speaks to it. now: where its clock stands; None: the system's clock.

    store: what it has recorded before; None: nothing.
    """

    def __init__(self, now: datetime | None = None, store: MemoryStore | None = None) -> None:
        self.store = MemoryStore() if store is None else store
        self.runtime = Runtime(
            self.store,
            Signer(f"{NODE}/EXERCISE", bytes(32)),
            node_id=NODE,
            party="north",
            authority="Authority A",
            mode=Mode.EXERCISE,
        )
        if now is not None:
            self.at(now)
        numbers = count(1)
        self.sessions = Sessions(lambda: f"secret-{next(numbers)}")
        self.issuer = DevelopmentIssuer(NODE)
        self.outside = a_key()  # of an issuer that may speak for north
        self.tokens = TokenChecker(
            [self.issuer.trusted(), an_issuer(key_set(self.outside), audience=NODE)], mode=Mode.EXERCISE
        )
        self._bearers: dict[tuple[str, tuple[str, ...], datetime], str] = {}
        self.network = Network({})
        self.people = People(
            MemoryAccounts(),
            Passwords(at_once),
            node_id=NODE,
            mode=Mode.EXERCISE,
            passkeys=Passkeys("localhost", frozenset({f"http://{HOST}"}), lambda: secrets.token_bytes(32)),
            oidc=OidcSignIn(a_provider(), self.network, lambda: secrets.token_urlsafe(32)),
        )
        self.app = application(
            self.runtime,
            sessions=self.sessions,
            tokens=self.tokens,
            people=self.people,
            hosts=frozenset({HOST}),
        )

    def at(self, now: datetime) -> None:
        """Let the node's clock stand at `now`."""
        self.runtime.now = lambda: now

    @property
    def decided(self) -> int:
        """How many decisions are in the log, which begins with its genesis."""
        return self.store.size() - 1

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=f"http://{HOST}")

    def add(self, person_id: str = "officer", password: str | None = None, **changed: Any) -> Account:
        """An account of north, with every scope unless said otherwise."""
        hashed = None if password is None else hash_of(password)
        fields = {"party": "north", "display_name": person_id, "password_hash": hashed}
        account = Account(**{"person_id": person_id, "scopes": frozenset(Scope), **fields, **changed})
        assert self.people.accounts.put(account)
        return account

    def cookie(self, account: Account) -> dict[str, str]:
        """The headers of a page on which `account` is signed in."""
        secret = self.sessions.begin(account.caller(), self.runtime.now())
        return {"cookie": f"mamarr-{NODE}={secret}", "origin": f"http://{HOST}"}

    def bearer(self, party: str, scopes: tuple[str, ...] = BOTH) -> dict[str, str]:
        """The headers of a program of `party`; its token is made once for each moment."""
        asked = party, scopes, self.runtime.now()
        if asked not in self._bearers:
            token = self.issuer.token(party, scopes, now=asked[2])
            self._bearers = {asked: f"Bearer {token}"}
        return {"authorization": self._bearers[asked]}


Story = Callable[[Desk, httpx.AsyncClient], Awaitable[None]]


def at_a_desk(story: Story, *, now: datetime | None = None) -> None:
    """Run `story` with a started node."""
    run_at(Desk(now), story)


def run_at(desk: Desk, story: Story) -> None:
    """The same, at a desk that is there."""

    async def run() -> None:
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
