"""`mamarr export`: what a running node has declared, as GeoJSON."""

import asyncio
from pathlib import Path

from mamarr.faults import Unavailable, WireError
from mamarr.interop import geojson
from mamarr.node.node_client import NodeClient


def exported(node: NodeClient) -> tuple[bytes, int]:
    """The node's airspace as GeoJSON that can be imported, and of how many features.

    It is read and written anew, so that what comes from elsewhere cannot be anything but airspace.
    Unavailable when the node does not answer, refuses, or answers something else.
    """
    body = asyncio.run(_asked(node))
    try:
        values = geojson.features(body).values()
    except WireError as wrong:
        raise Unavailable(f"{node.origin} answered no airspace: {wrong}") from wrong
    return geojson.collection(values), len(values)


def write(body: bytes, path: Path) -> None:
    """Write to a new file. Unavailable when it is there already or cannot be written."""
    try:
        with path.open("xb") as file:
            file.write(body)
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong


async def _asked(node: NodeClient) -> bytes:
    try:
        return await node.airspace()
    finally:
        await node.close()
