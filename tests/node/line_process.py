"""A node with a line, in a process of its own, for tests that kill it or set it into a network of its own.

Reads orders from its standard input, a line each, and answers each with a line:
`send STREAM COUNT BYTES` queues messages, `say` tells how things stand, as JSON.
"""

import asyncio
import json
import secrets
import sys
from pathlib import Path

from mamarr.coordination import Stream
from mamarr.coordination.messages import STREAMS
from mamarr.record import SqliteStore
from tests.node.lines import Node

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
            case ["say"]:
                print(json.dumps(standing(node, peer)), flush=True)
    await node.stop()
    store.close()


def standing(node: Node, peer: Node) -> dict[str, object]:
    channel = node.channel(peer)
    return {
        "connected": node.is_connected(peer),
        "fault": node.fault(peer),
        "waiting": [line.size - line.acknowledged for line in channel.outgoing],
        "took": [line.size for line in channel.incoming],
        "stopped": channel.stopped,
        "counted": node.counted(peer),
        "streams": [str(each) for each in STREAMS],
    }


if __name__ == "__main__":
    folder, name, other, port, url = sys.argv[1:]
    asyncio.run(lived(Path(folder), name, other, int(port), url))
