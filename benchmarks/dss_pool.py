"""Two processes that are one DSS over PostgreSQL, in a busy cell, and what is left when one is killed.

Run alone: python -m benchmarks.dss_pool [SECONDS] [URL of an empty database of PostgreSQL]

Without a URL it starts a server of its own, with fsync on, on this machine's disk. One S2 cell holds 100 live
intents that overlap everything, so each write carries a key of 100 OVNs. Ten clients, five at each process,
fly whole flights one after the other: create, activate, delete, each client in minutes of its own. After
SECONDS the process that writes is killed hard, and all clients go on at the other for SECONDS.

Rules. Flights/s: whole flights acknowledged in a phase, by its length; the second phase begins with the kill.
In doubt: requests whose connection broke; a GET at the other process says what became of them. Lost: what was
acknowledged and is not in the log. Doubled: a version of an intent that is twice in the log. Clients,
processes and server share the machine; the CPU of each is printed beside.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from tests.record.postgres import a_database
from tests.web.dss_desk import an_altitude, an_extent, an_intent, intent_at
from tests.web.tokens import a_key, signed

from benchmarks.http_client import HOST, Connection, quantile_ms
from benchmarks.measuring import calibration_s, progress, report
from mamarr.discovery.intents import IntentDeleted, IntentWritten
from mamarr.engine.orders import read
from mamarr.record.entries import entry_from_body
from mamarr.record.postgres_store import PostgresStore

SECONDS = 10
CLIENTS, LIVE = 10, 100
SCOPE = "utm.strategic_coordination"
START_S, LENGTH_S = 600, 60  # of the first client's minute, from now
CREATED, CHANGED = 201, 200


class _Reference(msgspec.Struct):
    ovn: str
    subscription_id: str


class _Made(msgspec.Struct):
    operational_intent_reference: _Reference


class Processes:
    """The two processes. ports: where they are; the first of them writes."""

    def __init__(self, url: str, folder: Path, key: Any) -> None:
        public = folder / "authority.pem"
        public.write_bytes(key.as_pem(private=False))
        command = [sys.executable, "-m", "mamarr", "dss", "--public-key", str(public), "--audience", HOST]
        command += ["--port", "0", "--store", url, "--key", str(folder / "log.key")]
        self.running, self.ports = [], []
        for _ in range(2):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            self.running.append(process)
            assert process.stdout is not None
            ready = next(line for line in process.stdout if line.startswith("ready: "))
            self.ports.append(int(ready.rstrip("/\n").rpartition(":")[2]))

    def cpu_s(self) -> list[float]:
        """The CPU seconds of each so far; of one that was killed, none."""
        return [_cpu_s(process.pid) for process in self.running]

    def end(self) -> None:
        """End those that are left."""
        for process in self.running:
            process.terminate()
            process.wait()
            process.stdout.close()


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    """One USS: flies in its own minute, at one of the processes, and remembers what was acknowledged."""

    def __init__(self, number: int, ports: list[int], key: Any, ovns: list[str]) -> None:
        self.ports, self.at, self.ovns = ports, number % len(ports), ovns
        claims = {"iss": "x", "sub": f"uss{number}", "aud": HOST, "scope": SCOPE}
        self.token = signed(key, claims | {"exp": int(time.time()) + 3_000}, "RS256")
        start_s = START_S + number * 2 * LENGTH_S
        self.body = an_intent(an_extent(start_s, start_s + LENGTH_S), key=ovns)
        self.created = json.dumps(self.body).encode()
        self.connection: Connection | None = None
        self.flown_s: list[float] = []  # when each flight ended
        self.writes_s: list[tuple[float, float]] = []  # when each write was acknowledged, how long it took
        self.acknowledged: list[tuple[str, str]] = []  # ids and OVNs that were written
        self.removed: list[str] = []
        self.in_doubt = 0
        self.refused: list[bytes] = []

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Ask, and go to the other process when the connection breaks: ConnectionError then."""
        try:
            if self.connection is None:
                self.connection = await Connection.open(self.ports[self.at], self.token)
            status, taken_s, answer = await self.connection.ask(method, path, body)
        except (OSError, asyncio.IncompleteReadError) as broken:
            self.connection, self.at = None, 1
            raise ConnectionError from broken
        if status in (CREATED, CHANGED) and method != "GET":
            self.writes_s.append((time.perf_counter(), taken_s))
        return status, answer

    async def fly(self) -> None:
        """One flight: create, activate, delete."""
        entity = str(uuid4())
        try:
            made = await self._written(entity, "PUT", intent_at(entity), self.created)
            active = self.body | {"state": "Activated", "subscription_id": made.subscription_id}
            active = {name: value for name, value in active.items() if name != "new_subscription"}
            body = msgspec.json.encode(active)
            made = await self._written(entity, "PUT", intent_at(entity, made.ovn), body)
            status, answer = await self.ask("DELETE", intent_at(entity, made.ovn))
            if status != CHANGED:
                self.refused.append(answer)
                return
            self.removed.append(entity)
            self.flown_s.append(time.perf_counter())
        except ConnectionError:
            self.in_doubt += 1
            await self._resolve(entity)

    async def _written(self, entity: str, method: str, path: str, body: bytes) -> _Reference:
        status, answer = await self.ask(method, path, body)
        if status not in (CREATED, CHANGED):
            self.refused.append(answer)
            raise ConnectionError
        made = msgspec.json.decode(answer, type=_Made).operational_intent_reference
        self.acknowledged.append((entity, made.ovn))
        return made

    async def _resolve(self, entity: str) -> None:
        """See what became of a flight, and end it."""
        status, answer = await self.ask("GET", intent_at(entity))
        if status == CHANGED:
            there = msgspec.json.decode(answer, type=_Made).operational_intent_reference
            await self.ask("DELETE", intent_at(entity, there.ovn))


async def lived(client: Client) -> list[str]:
    """Write the LIVE intents that are there all the time; their OVNs."""
    ovns: list[str] = []
    for number in range(LIVE):
        levels = {"altitude_lower": an_altitude(0), "altitude_upper": an_altitude(200 + number)}
        body = an_intent(an_extent(60, 80_000, **levels), key=ovns, new_subscription=None)
        status, answer = await client.ask("PUT", intent_at(str(uuid4())), json.dumps(body).encode())
        assert status == CREATED, answer
        ovns.append(json.loads(answer)["operational_intent_reference"]["ovn"])
    return ovns


class Flown(msgspec.Struct):
    """When the one that writes was killed, when the end was, and the CPU seconds of both until the kill."""

    killed_s: float
    ended_s: float
    cpu_s: list[float]


async def flown(processes: Processes, clients: list[Client], seconds: float) -> Flown:
    """Fly for two phases."""

    async def flying(client: Client) -> None:
        while time.perf_counter() < ends_s:
            await client.fly()

    ends_s = time.perf_counter() + 2 * seconds
    before_s = processes.cpu_s()
    tasks = [asyncio.create_task(flying(client)) for client in clients]
    await asyncio.sleep(seconds)
    cpu_s = [after_s - each_s for after_s, each_s in zip(processes.cpu_s(), before_s, strict=True)]
    processes.running[0].send_signal(signal.SIGKILL)
    killed_s = time.perf_counter()
    await asyncio.gather(*tasks)
    for client in clients:
        if client.connection is not None:
            client.connection.close()
    return Flown(killed_s, ends_s, cpu_s)


def judged(url: str, clients: list[Client]) -> tuple[int, int]:
    """How much was lost, and how much doubled, by the log itself."""
    written: Counter[tuple[str, str]] = Counter()
    versions: Counter[tuple[str, int]] = Counter()
    removed: Counter[str] = Counter()
    store = PostgresStore(url, read_only=True)
    for row in store.rows():
        said = read(entry_from_body(row.sequence, row.body))
        for event in () if said is None else said.decided.events:
            if isinstance(event, IntentWritten):
                written[event.intent.entity_id, event.intent.ovn] += 1
                versions[event.intent.entity_id, event.intent.version] += 1
            elif isinstance(event, IntentDeleted):
                removed[event.intent.entity_id] += 1
    store.close()
    lost = sum(not written[each] for client in clients for each in client.acknowledged)
    lost += sum(not removed[each] for client in clients for each in client.removed)
    return lost, sum(count > 1 for counts in (written, versions, removed) for count in counts.values())


@contextmanager
def running(url: str, key: Any) -> Iterator[Processes]:
    """The two processes over a database, as long as the context lasts."""
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(url, Path(folder), key)
        try:
            yield processes
        finally:
            processes.end()


def main(seconds: float, url: str) -> None:
    """Run both phases and report."""
    loop_s, key = calibration_s(), a_key("RS256")

    async def work(processes: Processes) -> tuple[list[Client], Flown]:
        progress(f"{LIVE} live intents")
        first = Client(CLIENTS, processes.ports, key, [])
        ovns = await lived(first)
        clients = [Client(number, processes.ports, key, ovns) for number in range(CLIENTS)]
        progress(f"{CLIENTS} clients, {seconds:g} s, then one process is killed, and {seconds:g} s more")
        return clients, await flown(processes, clients, seconds)

    with running(url, key) as processes:
        begun_s = time.process_time()
        clients, phases = asyncio.run(work(processes))
        own_s = time.process_time() - begun_s
    lost, doubled = judged(url, clients)
    rows, killed_s, ended_s = [], phases.killed_s, phases.ended_s
    for phase, (start_s, end_s) in {
        "two processes": (killed_s - seconds, killed_s),
        "one killed": (killed_s, ended_s),
    }.items():
        taken = [took for client in clients for at, took in client.writes_s if start_s <= at < end_s]
        flights = sum(start_s <= at < end_s for client in clients for at in client.flown_s)
        rows.append(
            {
                "phase": phase,
                "flights/s": flights / (end_s - start_s),
                "writes/s": len(taken) / (end_s - start_s),
                "p50 ms": quantile_ms(taken, 0.5),
                "p99 ms": quantile_ms(taken, 0.99),
            }
        )
    again_s = min(at for client in clients for at, took in client.writes_s if at - took > killed_s)
    report(
        "dss_pool",
        rows,
        calibration_s=loop_s,
        cpu_s_until_the_kill=phases.cpu_s,
        written_again_after_s=again_s - killed_s,
        in_doubt=sum(client.in_doubt for client in clients),
        refused=sum(len(client.refused) for client in clients),
        lost=lost,
        doubled=doubled,
        own_cpu_s=own_s,
    )
    for refused in [each for client in clients for each in client.refused][:3]:
        progress(refused.decode(errors="replace")[:300])


if __name__ == "__main__":
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS,
        sys.argv[2] if len(sys.argv) > 2 else a_database(),
    )
