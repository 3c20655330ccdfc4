"""A node with a line, in a process of its own, for tests that kill it or set it into a network of its own.

Reads orders from its standard input, a line each, and answers each with a line: `send STREAM COUNT BYTES`
queues messages, `agree` takes the agreement of both, `file NUMBER` files a flight across the border, `say`
tells how things stand, as JSON.
"""

import asyncio
import json
import secrets
import sys
from pathlib import Path

import msgspec

from mamarr.airspace import NavigationSpecification, Party
from mamarr.airspace.parties import DeclareParty
from mamarr.coordination import Stream
from mamarr.coordination.agreements import Agree
from mamarr.engine.orders import Command
from mamarr.flights import Plan, RoutePoint
from mamarr.flights.flights import File
from mamarr.geometry.altitude import filed_level
from mamarr.geometry.units import epoch_ms
from mamarr.node import runtime
from mamarr.record import SqliteStore
from mamarr.simulation.shared import TWO, agreement
from tests.node.lines import HOUR_MS, Node
from tests.node.relay import enter

BORDER_DEG = 51.35
ANSWER_WITHIN_MS, LAPSE_MS = 20_000, 60_000  # chosen: a node that was killed is back in time
SEEDS = {"node-north": ("north", 1), "node-south": ("south", 3)}


def known(node: str, url: str = "") -> Node:
    """What the other side knows of a node: its keys are of its name."""
    party, seed = SEEDS[node]
    found = Node(node, party, seed)
    found.url = url
    return found


async def lived(folder: Path, name: str, other: str, port: int, url: str) -> None:
    party, seed = SEEDS[name]
    store = SqliteStore(folder / "record.sqlite")
    node, peer = Node(name, party, seed, listens=port >= 0, port=max(port, 0), store=store), known(other, url)
    await node.start()
    if node.runtime.decider.projection.peers.durable(other) is None:
        await node.join(peer)
    print(f"ready {node.url}", flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := (await reader.readline()).decode().split():
        match line:
            case ["send", stream, count, size]:
                for _ in range(int(count)):
                    await node.send(peer, secrets.token_hex(int(size) // 2), Stream(stream))
                print("sent", flush=True)
            case ["agree"]:
                for command in declared():
                    await node.ask(command)
                print("agreed", flush=True)
            case ["file", number]:
                asked = File(flight_id=f"{party}-{number}", plan=a_plan(int(number), node))
                print(await node.file(asked), flush=True)
            case ["say"]:
                print(json.dumps(standing(node, peer)), flush=True)
    await node.stop()
    store.close()


def declared() -> tuple[Command, ...]:
    """Both parties, and what they agree on: two shares with a common border, in which machines accept."""
    agreed = agreement(TWO, 1, middle_deg=BORDER_DEG, is_standard=True)
    agreed = msgspec.structs.replace(agreed, answer_within_ms=ANSWER_WITHIN_MS, lapse_ms=LAPSE_MS)
    parties = (DeclareParty(party=Party(party_id=party, is_authority=True)) for _, party in TWO)
    return (*parties, Agree(agreement=agreed))


def a_plan(number: int, node: Node) -> Plan:
    """A flight across the border in an hour or later, clear of all other numbers, but that every fifth is in
    the way of those before it."""
    column, level = number % 4, ("F280", "F310", "F340")[number // 4 % 3]
    later = 0 if number % 5 == 0 else number // 12
    starts_ms = epoch_ms(node.runtime.now()) + HOUR_MS + later * HOUR_MS // 2
    return Plan(
        identification=f"SIM{number}",
        aircraft_type="A320",
        has_rvsm=True,
        navigation_specification=NavigationSpecification.RNAV_1,
        route=tuple(
            RoutePoint(
                latitude_e7deg=round(latitude * 1e7),
                longitude_e7deg=round((178.7 + column * 0.42) * 1e7),
                time_ms=starts_ms + minutes * 60_000,
                level=filed_level(level),
            )
            for latitude, minutes in ((52.5, 0), (BORDER_DEG, 9), (50.5, 15))
        ),
    )


def flights(node: Node) -> dict[str, str]:
    """Its own flights, by what the other calls them, with how far each is."""
    found = (each for _, each in node.runtime.decider.projection.flights.durable_items())
    return {each.coordination.said_as: str(each.stage) for each in found if each.coordination is not None}


def protected_count(node: Node) -> int:
    """For how many flights of the other it holds sky for good."""
    held = (each for _, each in node.runtime.decider.projection.crossings.durable_items())
    return sum(any(kept.lapses_at_ms is None for kept in each.crossing.kept) for each in held)


def standing(node: Node, peer: Node) -> dict[str, object]:
    channel = node.channel(peer)
    return {
        "connected": node.is_connected(peer),
        "fault": node.fault(peer),
        "waiting": [line.size - line.acknowledged for line in channel.outgoing],
        "took": [line.size for line in channel.incoming],
        "stopped": channel.stopped,
        "counted": node.counted(peer),
        "is_agreed": node.runtime.decider.projection.agreement() is not None,
        "flights": flights(node),
        "protected": protected_count(node),
    }


def main(folder: str, name: str, other: str, port: str, url: str, network: str) -> None:
    """Live as that node. network: of which process it is in; 0: in ours."""
    if int(network):
        enter(int(network))
    runtime.TIDY_EVERY_S = 1  # what lapses is seen to lapse while the test looks
    asyncio.run(lived(Path(folder), name, other, int(port), url))
