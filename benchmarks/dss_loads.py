"""The loads of `benchmarks.dss`, each for a fixed time; each client asks one thing at a time."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from statistics import median
from typing import Any, NamedTuple

from benchmarks import dss_intents
from benchmarks.dss_client import TokenOf, Way, ovn_of
from benchmarks.http_client import quantile_ms

CLIENTS = 10  # of the busy cell, each a USS of its own with a subscription of its own
BUSY_LIVE, CROWD_LIVE = 100, 500
SHARED_SLOTS = 4  # of the row with overlaps: 10 clients in 4 places of time
TRIES_MAX = 20
CROWD_ASKED = 100
SPREAD_CLIENTS = 32
FREE_MAX = 20_000  # prebuilt bodies; a place is free again when its intent was removed
INTENTS = "operational_intent_references/"
QUERY = INTENTS + "query"


class Target(NamedTuple):
    """A DSS under load. cpu_s: CPU seconds that it has used; 0 always where that is not known."""

    url: str
    token_of: TokenOf
    begin: datetime
    cpu_s: Callable[[], float]


class Spent(NamedTuple):
    """What a load took. of_409: how many answers were a refusal for want of knowledge."""

    done: int
    wall_s: float
    taken_s: list[float]
    client_cpu_s: float
    node_cpu_s: float
    of_409: int = 0

    def row(self, load: str, live: int, wanted: str) -> dict[str, Any]:
        """A line of the table."""
        return {
            "load": load,
            "live": live,
            "per_s": self.done / self.wall_s,
            "p50_ms": quantile_ms(self.taken_s, 0.5),
            "p99_ms": quantile_ms(self.taken_s, 0.99),
            "of_409": self.of_409,
            "node_cpu_us": self.node_cpu_s / self.done * 1e6,
            "client_cpu_us": self.client_cpu_s / self.done * 1e6,
            "wanted": wanted,
        }


_numbers = count()


def _new_id(kind: int) -> str:
    """An id that this run has not used yet."""
    return dss_intents.entity(kind, next(_numbers))


@asynccontextmanager
async def connected(target: Target, clients: int, name: str) -> AsyncIterator[list[Way]]:
    """So many clients with a connection each."""
    ways = [await Way.open(target.url, target.token_of(f"uss-{name}-{each}")) for each in range(clients)]
    try:
        yield ways
    finally:
        for way in ways:
            way.close()


class Cell:
    """The busy cell: what is live in it, and each client's subscription. Use `filled`, at last `cleared`."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.key: tuple[str, ...] = ()
        self.subscriptions: list[str] = []
        self._live: list[tuple[str, str]] = []
        self._versions: list[str] = []

    async def filled(self) -> None:
        """Each client subscribes; the first makes what is live known, in one subscription."""
        async with connected(self.target, CLIENTS, "busy") as ways:
            await self._filled(ways)

    async def _filled(self, ways: list[Way]) -> None:
        where = dss_intents.busy_subscription(dss_intents.BUSY_AT, self.target.begin)
        for way in ways:
            name = _new_id(1)
            _, said = await way.done(
                "PUT", f"subscriptions/{name}", dss_intents.subscription_body(where), 200
            )
            self.subscriptions.append(name)
            self._versions.append(said.partition(b'"version"')[2].split(b'"')[1].decode())
        all_day = dss_intents.busy(dss_intents.BUSY_AT, self.target.begin, None)
        for _ in range(BUSY_LIVE):
            name = _new_id(2)
            made = dss_intents.body(all_day, key=self.key, subscription_id=self.subscriptions[0])
            _, said = await ways[0].done("PUT", INTENTS + name, made, 201)
            self._live.append((name, ovn_of(said)))
            self.key += (self._live[-1][1],)

    async def cleared(self) -> None:
        """Remove all of it."""
        async with connected(self.target, CLIENTS, "busy") as ways:
            for name, ovn in self._live:
                await ways[0].done("DELETE", f"{INTENTS}{name}/{ovn}", b"", 200)
            for way, name, version in zip(ways, self.subscriptions, self._versions, strict=True):
                await way.done("DELETE", f"subscriptions/{name}/{version}", b"", 200)

    async def apart(self, seconds: float) -> Spent:
        """Flights that are apart in time: create, activate, delete; every key has what is live."""
        slots = range(dss_intents.BUSY_SLOTS)
        bodies = [
            tuple(
                dss_intents.body(
                    dss_intents.busy(dss_intents.BUSY_AT, self.target.begin, slot),
                    state=state,
                    key=self.key,
                    subscription_id=self.subscriptions[slot % CLIENTS],
                )
                for state in ("Accepted", "Activated")
            )
            for slot in slots
        ]

        async def fly(way: Way, client: int, until_s: float, taken_s: list[float]) -> int:
            flown = 0
            while time.perf_counter() < until_s:
                accepted, activated = bodies[(client + CLIENTS * flown) % len(slots)]
                name = _new_id(3)
                one_s, said = await way.done("PUT", INTENTS + name, accepted, 201)
                two_s, said = await way.done("PUT", f"{INTENTS}{name}/{ovn_of(said)}", activated, 200)
                three_s, _ = await way.done("DELETE", f"{INTENTS}{name}/{ovn_of(said)}", b"", 200)
                taken_s += (one_s, two_s, three_s)
                flown += 1
            return flown

        return await _measured(self.target, CLIENTS, "busy", seconds, fly)

    async def overlapping(self, seconds: float) -> Spent:
        """Flights in a few places of time, so that the clients meet; whoever learns of another asks again.

        A client learns an OVN when it has been answered, as from the USS that it is of: at once here.
        """
        known: list[dict[str, str]] = [{} for _ in range(SHARED_SLOTS)]
        chosen, of_409 = random.Random(1), [0]
        bodies = {
            (slot, state, client): dss_intents.body(
                dss_intents.busy(dss_intents.BUSY_AT, self.target.begin, slot),
                state=state,
                subscription_id=self.subscriptions[client],
            )
            for slot in range(SHARED_SLOTS)
            for state in ("Accepted", "Activated")
            for client in range(CLIENTS)
        }

        async def write(way: Way, client: int, slot: int, path: str, state: str, taken_s: list[float]) -> str:
            for _ in range(TRIES_MAX):
                key = '"key": ["' + '", "'.join((*self.key, *known[slot].values())) + '"]'
                body = bodies[slot, state, client].replace(b'"key": []', key.encode())
                status, one_s, said = await way.ask("PUT", path, body)
                taken_s.append(one_s)
                if status != 409:
                    return ovn_of(said)
                of_409[0] += 1
            raise SystemExit(f"{path} was refused {TRIES_MAX} times")

        async def fly(way: Way, client: int, until_s: float, taken_s: list[float]) -> int:
            flown = 0
            while time.perf_counter() < until_s:
                slot, name = chosen.randrange(SHARED_SLOTS), _new_id(4)
                ovn = await write(way, client, slot, INTENTS + name, "Accepted", taken_s)
                known[slot][name] = ovn
                ovn = await write(way, client, slot, f"{INTENTS}{name}/{ovn}", "Activated", taken_s)
                known[slot][name] = ovn
                one_s, _ = await way.done("DELETE", f"{INTENTS}{name}/{ovn}", b"", 200)
                taken_s.append(one_s)
                del known[slot][name]
                flown += 1
            return flown

        found = await _measured(self.target, CLIENTS, "busy", seconds, fly)
        return found._replace(of_409=of_409[0])


async def crowded(target: Target) -> Spent:
    """One client asks without a key where 500 are; all are named each time."""
    made: list[tuple[str, str]] = []
    async with connected(target, 1, "crowd") as (way,):
        for slot in range(CROWD_LIVE):
            where = dss_intents.busy(dss_intents.CROWD_AT, target.begin, slot)
            name = _new_id(5)
            _, said = await way.done("PUT", INTENTS + name, dss_intents.body(where), 201)
            made.append((name, ovn_of(said)))
    body = dss_intents.body(dss_intents.busy(dss_intents.CROWD_AT, target.begin, None))

    async def ask(way: Way, _client: int, _until_s: float, taken_s: list[float]) -> int:
        for _ in range(CROWD_ASKED):
            one_s, said = await way.done("PUT", INTENTS + _new_id(6), body, 409)
            taken_s.append(one_s)
        named = said.count(b'"manager"')
        if named < CROWD_LIVE:
            raise SystemExit(f"a 409 names {named} of {CROWD_LIVE}")
        return CROWD_ASKED

    found = await _measured(target, 1, "crowd", 0, ask)
    async with connected(target, 1, "crowd") as (way,):
        for name, ovn in made:
            await way.done("DELETE", f"{INTENTS}{name}/{ovn}", b"", 200)
    return found._replace(of_409=found.done)


class Spread:
    """Writes and queries among what is spread, where nobody is near."""

    def __init__(self, target: Target, live: int) -> None:
        self.target = target
        places = max(1, live // dss_intents.AT_A_PLACE)
        numbers = random.Random(live).sample(range(live), min(live, FREE_MAX))
        self._free = [
            dss_intents.body(dss_intents.spread(each, places, target.begin, is_free=True)) for each in numbers
        ]
        self._asked = [
            dss_intents.query_body(dss_intents.around(each, places, target.begin)) for each in numbers
        ]

    async def written(self, seconds: float) -> Spent:
        """Intents are created with a subscription of their own and deleted, in turn; each is one write."""

        async def write(way: Way, client: int, until_s: float, taken_s: list[float]) -> int:
            at = client
            while time.perf_counter() < until_s:
                name = _new_id(8)
                one_s, said = await way.done("PUT", INTENTS + name, self._free[at % len(self._free)], 201)
                two_s, _ = await way.done("DELETE", f"{INTENTS}{name}/{ovn_of(said)}", b"", 200)
                taken_s += (one_s, two_s)
                at += SPREAD_CLIENTS
            return 0

        found = await _measured(self.target, SPREAD_CLIENTS, "spread", seconds, write)
        return found._replace(done=len(found.taken_s))

    async def queried(self, seconds: float) -> Spent:
        """Queries of 40 minutes at a place: four or five of those that are spread are there."""

        async def ask(way: Way, client: int, until_s: float, taken_s: list[float]) -> int:
            at, hits = client, 0
            while time.perf_counter() < until_s:
                one_s, said = await way.done("POST", QUERY, self._asked[at % len(self._asked)], 200)
                hits = max(hits, said.count(b'"manager"'))
                taken_s.append(one_s)
                at += SPREAD_CLIENTS
            if not 0 < hits <= 10:
                raise SystemExit(f"a query had {hits} hits")
            return 0

        found = await _measured(self.target, SPREAD_CLIENTS, "spread", seconds, ask)
        return found._replace(done=len(found.taken_s))


async def _measured(
    target: Target,
    clients: int,
    name: str,
    seconds: float,
    work: Callable[[Way, int, float, list[float]], Awaitable[int]],
) -> Spent:
    """Let so many clients work for so long, connected just before: a DSS hangs up on who is idle.

    work: answers how much it has done; it appends what each took.
    """
    taken_s: list[float] = []
    async with connected(target, clients, name) as ways:
        node_s, client_s, begun_s = target.cpu_s(), time.process_time(), time.perf_counter()
        until_s = begun_s + seconds
        done = await asyncio.gather(*(work(way, each, until_s, taken_s) for each, way in enumerate(ways)))
        wall_s, client_s = time.perf_counter() - begun_s, time.process_time() - client_s
        return Spent(sum(done), wall_s, taken_s, client_s, max(0.0, target.cpu_s() - node_s))


def middle(several: list[Spent]) -> Spent:
    """The one of several runs whose speed is the median."""
    speeds = [each.done / each.wall_s for each in several]
    return several[speeds.index(min(speeds, key=lambda each: abs(each - median(speeds))))]
