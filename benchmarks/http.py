"""Filing flights over HTTP at one node, everything on the same two cores: `python -m benchmarks.http`.

The node (SQLite, synchronous=FULL, on this disk), this load generator, and a watch that runs a cycle of 1,000
tracks each second beside them. Each flight has three volumes on a corridor; those live and those filed lie
in the same corridors and hours. Cost of a filing should not grow with what is live; the table shows 1,000 and
10,000, and in its last row the second divided by the first. A race: sixteen requests at once that are alike
but for their ids. Waits depend on what else runs on the machine; node_cpu_us, the node's CPU a filing, less.
So the paced waits are measured REPEATS times, each after the flights of the last were withdrawn: p50_ms and
p99_ms are the medians of theirs, p99_max_ms is the largest.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from random import Random
from statistics import median

import msgspec

from benchmarks.http_client import Connection, quantile_ms
from benchmarks.measuring import calibration_s, progress, report
from benchmarks.skies import CORRIDORS, LEVELS, MINUTE_MS, NODE, PARTY, a_plan, declared_values
from mamarr.airspace import Terms
from mamarr.interop import airspace_messages, flight_messages, geojson
from mamarr.interop.flight_messages import FileMessage

LIVE_FEW, LIVE_MANY = 1_000, 10_000
CONNECTIONS = 32
FLAT_OUT = 4_000
PACED, PACED_PER_S, REPEATS = 1_500, 300, 5
BEGINS_S = 0.5
RACES, RACERS = 100, 16
FLIGHTS_MAX = 100_000  # of one party: more than are filed here
WATCH_S = 600  # an upper bound; the watch is ended when the measurement is
LIVE_LEVELS, FREE_LEVELS = 0, 1  # every second level stays free for what is measured


def a_place(number: int, parity: int) -> int:
    """Place `number` of the grid among its even or odd levels."""
    rest, corridor = divmod(number, len(CORRIDORS))
    slot, level = divmod(rest, LEVELS // 2)
    return corridor + len(CORRIDORS) * (2 * level + parity + LEVELS * slot)


def a_body(number: int, start_ms: int) -> bytes:
    """The request that files flight `number` of the grid."""
    message = FileMessage(plan=flight_messages.plan_message(a_plan(number, start_ms=start_ms)))
    return msgspec.json.encode(message)


class Node:
    """A node in a process of its own, with its airspace declared."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.http", "--node", str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        port, self.token = self.process.stdout.readline().split()
        self.port = int(port)

    def cpu_s(self) -> float:
        """CPU seconds that it has used so far, all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def connections(self, number: int) -> list[Connection]:
        """So many connections."""
        return [await Connection.open(self.port, self.token) for _ in range(number)]

    async def declare(self) -> None:
        """Declare the corridors."""
        (way,) = await self.connections(1)
        values = declared_values()
        for first in range(0, len(values), 50):
            body = geojson.collection(values[first : first + 50])
            status, _, answer = await way.ask("POST", "/api/airspace", body)
            if status != 200 or b'"reason":"' in answer:
                raise SystemExit(f"the airspace was not declared: {answer[:300]!r}")
        message = airspace_messages.terms_message(Terms(flights_max=FLIGHTS_MAX))
        status, _, answer = await way.ask("PUT", "/api/terms", msgspec.json.encode(message))
        if status != 200:
            raise SystemExit(f"the terms were not set: {answer[:300]!r}")
        way.close()

    def end(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait()


async def flat_out(ways: list[Connection], bodies: list[tuple[str, bytes]]) -> tuple[float, list[float]]:
    """File all `bodies` as fast as the node answers; seconds in all, and of each."""
    waiting, taken_s = iter(bodies), []

    async def work(way: Connection) -> None:
        for path, body in waiting:
            status, one_s, answer = await way.ask("PUT", path, body)
            if status != 201:
                raise SystemExit(f"{path} was refused: {answer[:300]!r}")
            taken_s.append(one_s)

    begun_s = time.perf_counter()
    await asyncio.gather(*(work(way) for way in ways))
    return time.perf_counter() - begun_s, taken_s


async def paced(ways: list[Connection], bodies: list[tuple[str, bytes]], per_s: float) -> list[float]:
    """File `bodies` at a fixed rate; seconds from when each was due: a stall counts for all it holds up."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for way in ways:
        free.put_nowait(way)
    taken_s: list[float] = []
    begun_s = time.perf_counter() + BEGINS_S  # who files must not still be making ready when the first is due

    async def one(number: int, path: str, body: bytes) -> None:
        due_s = begun_s + number / per_s
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        way = await free.get()
        status, _, answer = await way.ask("PUT", path, body)
        free.put_nowait(way)
        if status != 201:
            raise SystemExit(f"{path} was refused: {answer[:300]!r}")
        taken_s.append(time.perf_counter() - due_s)

    await asyncio.gather(*(one(number, *each) for number, each in enumerate(bodies)))
    return taken_s


async def withdrawn(ways: list[Connection], bodies: list[tuple[str, bytes]]) -> None:
    """Take back what was filed with `bodies`."""
    waiting = iter(bodies)

    async def work(way: Connection) -> None:
        for path, _ in waiting:
            status, _, answer = await way.ask("DELETE", path, b"")
            if status != 200:
                raise SystemExit(f"{path} was not withdrawn: {answer[:300]!r}")

    await asyncio.gather(*(work(way) for way in ways))


async def raced(ways: list[Connection], start_ms: int) -> tuple[int, int]:
    """Races won by exactly one, and requests without an answer."""
    fair = dropped = 0
    for race in range(RACES):
        body = a_body(a_place(LIVE_MANY + race, FREE_LEVELS), start_ms)
        answers = await asyncio.gather(
            *(
                way.ask("PUT", f"/api/flights/R{race}-{number}", body)
                for number, way in enumerate(ways[:RACERS])
            )
        )
        statuses = [status for status, _, _ in answers]
        fair += statuses.count(201) == 1 and statuses.count(409) == RACERS - 1
        dropped += RACERS - len(statuses)
    return fair, dropped


async def measured(live: int, start_ms: int) -> dict[str, object]:
    """One node with `live` flights: flat out, paced, and, with many, races."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        node = Node(Path(folder))
        try:
            await node.declare()
            ways = await node.connections(CONNECTIONS)
            held = Random(live).sample(range(LIVE_MANY), live)
            bodies = [(f"/api/flights/L{n}", a_body(a_place(n, LIVE_LEVELS), start_ms)) for n in held]
            await flat_out(ways, bodies)
            progress(f"{live} flights are live")
            free = Random(live).sample(range(LIVE_MANY), LIVE_MANY)
            places = [a_place(n, FREE_LEVELS) for n in free]
            names = count()

            def next_bodies(first: int, number: int) -> list[tuple[str, bytes]]:
                chosen = places[first : first + number]
                return [(f"/api/flights/M{next(names)}", a_body(place, start_ms)) for place in chosen]

            repeats_s, paced_cpu_s = [], 0.0
            for _ in range(REPEATS):
                bodies, cpu_s = next_bodies(0, PACED), node.cpu_s()
                repeats_s.append(await paced(ways, bodies, PACED_PER_S))
                paced_cpu_s += (node.cpu_s() - cpu_s) / REPEATS
                await withdrawn(ways, bodies)
            bodies, cpu_s = next_bodies(PACED, FLAT_OUT), node.cpu_s()
            whole_s, taken_s = await flat_out(ways, bodies)
            flat_out_cpu_s = node.cpu_s() - cpu_s
            fair, dropped = await raced(ways, start_ms) if live == LIVE_MANY else (RACES, 0)
            for way in ways:
                way.close()
        finally:
            node.end()
    return {
        "live": live,
        "per_s": FLAT_OUT / whole_s,
        "flat_out_p99_ms": quantile_ms(taken_s, 0.99),
        "flat_out_node_cpu_us": flat_out_cpu_s / FLAT_OUT * 1e6,
        "paced_node_cpu_us": paced_cpu_s / PACED * 1e6,
        "paced_p50_ms": median(quantile_ms(each, 0.5) for each in repeats_s),
        "paced_p99_ms": median(quantile_ms(each, 0.99) for each in repeats_s),
        "paced_p99_max_ms": max(quantile_ms(each, 0.99) for each in repeats_s),
        "races_won_by_one": fair,
        "dropped": dropped,
    }


def growth(few: dict[str, object], many: dict[str, object]) -> dict[str, object]:
    """The row that says how cost grows with what is live: the second divided by the first."""
    counted = {"races_won_by_one", "dropped"}  # no costs
    return {
        name: "" if name in counted else float(str(many[name])) / float(str(value))
        for name, value in few.items()
    }


async def run() -> None:
    """Measure and report."""
    start_ms = int(time.time() * 1_000) // MINUTE_MS * MINUTE_MS
    watch = subprocess.Popen([sys.executable, "-m", "benchmarks.http", "--watch"])
    try:
        few = await measured(LIVE_FEW, start_ms)
        many = await measured(LIVE_MANY, start_ms)
    finally:
        watch.terminate()
        watch.wait()
    report(
        "http",
        [few, many, growth(few, many)],
        calibration_cpu_s=calibration_s(),
        cores=os.cpu_count(),
        corridors=len(CORRIDORS),
        p99_ratio=float(str(many["paced_p99_ms"])) / float(str(few["paced_p99_ms"])),
    )


def main() -> None:
    """The measurement, or one of its processes."""
    match sys.argv[1:]:
        case ["--node", folder]:
            from benchmarks.http_node import serve_node

            serve_node(Path(folder), node_id=NODE, party=PARTY)
        case ["--watch"]:
            from benchmarks.live_cycle import watch

            watch(WATCH_S)
        case _:
            asyncio.run(run())


if __name__ == "__main__":
    main()
