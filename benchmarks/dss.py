"""How fast a DSS of ASTM F3548-21 answers, over HTTP: `python -m benchmarks.dss`; `--help` has the rest.

Without --url it starts DSSs of ours, as `mamarr dss` would, with a record in SQLite on this disk, synced
before a write is answered. --live and --large say how many intents each has, decided and written in process
before it serves. With --url it loads another one, makes what is to be live over HTTP, and removes it at last.
Load generator and DSS share the machine's cores: the CPU of both is printed. The bodies are made beforehand,
but those of the row with overlaps.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from benchmarks import dss_intents
from benchmarks.dss_client import TokenOf, Way, fetched, ovn_of
from benchmarks.dss_loads import (
    INTENTS,
    SPREAD_CLIENTS,
    Cell,
    Spent,
    Spread,
    Target,
    connected,
    crowded,
    middle,
)
from benchmarks.measuring import calibration_s, progress, report
from mamarr.node.serving import run

SCOPES = ("utm.strategic_coordination",)
BEGIN_AFTER = timedelta(hours=1)  # what is live is still to come, however long the record takes to fill
TOKEN_FOR_S = 3_000
WANTED = {
    "busy cell": ">= 300/s, p99 <= 100 ms",
    "busy cell, overlapping": "409s counted",
    "409 that names 500": "<= 30 ms",
    "writes": ">= 900/s",
    "queries": ">= 1500/s",
    "growth": "<= 1.3 times slower",
}
RULES = (
    "busy cell: one S2 cell; 10 clients, each a USS with a subscription of the cell; 100 intents are live",
    "  all day; a flight is apart in time from the other clients', its key has the 100: create, activate,",
    "  delete. per_s: whole flights; p50, p99: of a write. Every write tells 10 subscriptions.",
    "overlapping: the same, but all fly in 4 places of time; who is answered 409 learns and asks again.",
    "409 that names 500: one client, no key, where 500 intents are; per_s: answers.",
    "writes: 32 clients; half create an intent with a subscription of its own, half delete one; all apart.",
    "queries: 32 clients; a place and 40 minutes, 4 or 5 hits.",
    "Of several rounds the one with the median speed is shown. growth: how many times slower the larger is.",
)


class Own:
    """A DSS of ours in a process, with a key of this run for tokens."""

    def __init__(self, folder: Path, live: int, begin: datetime) -> None:
        private = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        pem = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (folder / "public.pem").write_bytes(pem)
        self._key = RSAKey.import_key(
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        command = [sys.executable, "-m", "benchmarks.dss", "--serve", str(folder)]
        command += ["--live", str(live), "--begin", str(int(begin.timestamp()))]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        port, _, filled_s = self.process.stdout.readline().partition(" ")
        if not filled_s:
            raise SystemExit("the DSS did not start")
        self.filled_s = float(filled_s)
        self.target = Target(f"http://127.0.0.1:{port}", self.token, begin, self.cpu_s)

    def token(self, name: str) -> str:
        """The token of a client."""
        claims = {"iss": "benchmark", "sub": name, "aud": "127.0.0.1", "scope": " ".join(SCOPES)}
        return jwt.encode({"alg": "RS256"}, claims | {"exp": int(time.time()) + TOKEN_FOR_S}, self._key)

    def cpu_s(self) -> float:
        """CPU seconds that it has used so far, all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> float:
        """What it has in memory."""
        (line,) = (
            each
            for each in Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
            if each.startswith("VmRSS")
        )
        return int(line.split()[1]) / 1_024


@contextmanager
def own(live: int, begin: datetime) -> Iterator[Own]:
    """A DSS of ours with so many live intents, as long as the context lasts."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        one = Own(Path(folder), live, begin)
        progress(f"a DSS with {live} live: filled in {one.filled_s:.0f} s, {one.memory_mib():.0f} MiB")
        try:
            yield one
        finally:
            one.process.terminate()
            one.process.wait()


async def busy(target: Target, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """The rows of the busy cell and of the 409."""
    cell = Cell(target)
    await cell.filled()
    apart = middle([await cell.apart(seconds) for _ in range(rounds)])
    overlapping = middle([await cell.overlapping(seconds) for _ in range(rounds)])
    await cell.cleared()
    crowd = middle([await crowded(target) for _ in range(rounds)])
    live = {"busy cell": apart, "busy cell, overlapping": overlapping}
    rows = [spent.row(load, 100, WANTED[load]) for load, spent in live.items()]
    return [*rows, crowd.row("409 that names 500", 500, WANTED["409 that names 500"])]


async def spread(several: list[tuple[Target, int]], seconds: float, rounds: int) -> list[dict[str, Any]]:
    """The rows of writes and queries at each DSS, in turn, so that the machine's moods meet all alike."""
    loads = [Spread(target, live) for target, live in several]
    rows = []
    for load in ("writes", "queries"):
        found: list[list[Spent]] = [[] for _ in several]
        for _ in range(rounds):
            for each, there in zip(loads, found, strict=True):
                there.append(await (each.written if load == "writes" else each.queried)(seconds))
        rows += [
            middle(each).row(load, live, WANTED[load]) for each, (_, live) in zip(found, several, strict=True)
        ]
    return rows


def growth(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How much slower the larger one is, for each load that both had."""
    found = []
    for load in ("writes", "queries"):
        small, large = (row for row in rows if row["load"] == load)
        times = {name: large[name] / small[name] for name in ("p50_ms", "p99_ms", "node_cpu_us")}
        slower = {"load": f"growth, {load}", "live": "", "per_s": small["per_s"] / large["per_s"]}
        found.append(slower | times | {"of_409": "", "client_cpu_us": "", "wanted": WANTED["growth"]})
    return [{name: row[name] for name in rows[0]} for row in found]


@asynccontextmanager
async def live_at(target: Target, live: int) -> AsyncIterator[None]:
    """What is spread, made and removed over HTTP."""
    places, names = max(1, live // dss_intents.AT_A_PLACE), iter(range(live))
    made: list[tuple[int, str]] = []  # by which client

    async def make(way: Way) -> None:
        for number in names:
            name = dss_intents.entity(9, number)
            body = dss_intents.body(dss_intents.spread(number, places, target.begin))
            _, said = await way.done("PUT", INTENTS + name, body, 201)
            made.append((client_of[way], f"{INTENTS}{name}/{ovn_of(said)}"))

    async with connected(target, SPREAD_CLIENTS, "live") as ways:
        client_of = {way: client for client, way in enumerate(ways)}
        await asyncio.gather(*map(make, ways))
    try:
        yield
    finally:
        async with connected(target, SPREAD_CLIENTS, "live") as ways:
            for client, path in made:
                await ways[client].done("DELETE", path, b"", 200)


async def elsewhere(asked: argparse.Namespace, token_of: TokenOf) -> list[dict[str, Any]]:
    """The rows of a DSS at --url."""
    begin = datetime.now(UTC) + timedelta(minutes=2)
    target = Target(asked.url, token_of, begin, lambda: 0.0)
    rows = await busy(target, asked.seconds, asked.rounds)
    if not asked.live:
        return rows
    async with live_at(target, asked.live):
        return rows + await spread([(target, asked.live)], asked.seconds, asked.rounds)


def options() -> argparse.Namespace:
    """What was typed."""
    typed = argparse.ArgumentParser(prog="python -m benchmarks.dss")
    typed.add_argument("--live", type=int, default=100_000, help="intents that are live (100,000)")
    typed.add_argument(
        "--large", type=int, default=1_000_000, help="and at a second DSS; 0: none (1,000,000)"
    )
    typed.add_argument("--seconds", type=float, default=8, help="how long each load takes (8)")
    typed.add_argument("--rounds", type=int, default=3, help="how often (3)")
    typed.add_argument("--url", help="base address of another DSS, such as https://dss.example")
    typed.add_argument("--token-url", help="where its tokens are: GET with intended_audience, scope and sub")
    typed.add_argument("--token", help="or one token for all clients")
    typed.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    typed.add_argument("--begin", type=int, help=argparse.SUPPRESS)
    asked = typed.parse_args()
    if asked.url is not None and (asked.token is None) == (asked.token_url is None):
        typed.error("--url needs either --token-url or --token")
    return asked


async def measured(asked: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of DSSs of ours, and what filling them took."""
    begin = datetime.now(UTC) + BEGIN_AFTER
    with own(0, begin) as fresh:
        rows = await busy(fresh.target, asked.seconds, asked.rounds)
    sizes = [each for each in (asked.live, asked.large) if each]
    filled = {}
    with ExitStack() as held:
        several = [(held.enter_context(own(live, begin)), live) for live in sizes]
        for one, live in several:
            filled[str(live)] = {"filled_s": one.filled_s, "memory_mib": one.memory_mib()}
        found = await spread([(one.target, live) for one, live in several], asked.seconds, asked.rounds)
    return rows + found + (growth(found) if len(sizes) > 1 else []), filled


def main() -> None:
    """The measurement, or the DSS of one."""
    asked = options()
    if asked.serve is not None:
        from benchmarks.dss_node import serve_node

        serve_node(asked.serve, asked.serve / "public.pem", asked.live, asked.begin)
        return
    before_s, filled = calibration_s(), {}
    rows: list[dict[str, Any]] = []

    async def all_of_it() -> None:
        if asked.url is None:
            found, sizes = await measured(asked)
            filled.update(sizes)
        elif asked.token is not None:
            found = await elsewhere(asked, lambda _: asked.token)
        else:
            found = await elsewhere(asked, fetched(asked.token_url, asked.url, SCOPES))
        rows.extend(found)

    run(all_of_it())
    sys.stdout.write("\n".join(RULES) + "\n")
    report(
        "dss",
        rows,
        rules=RULES,
        filled=filled,
        calibration_cpu_s=(before_s, calibration_s()),
        cores=os.cpu_count(),
    )


if __name__ == "__main__":
    main()
