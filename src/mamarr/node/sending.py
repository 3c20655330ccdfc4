"""`mamarr import --to`: declare at a running node what a file holds, and tell what became of each feature."""

import asyncio
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from mamarr import phrases
from mamarr.faults import Unavailable, WireError
from mamarr.interop import airspace_messages, geojson
from mamarr.interop.airspace_messages import DeclaredMessage, ImportedMessage
from mamarr.interop.readings import Value
from mamarr.interop.wire import decoded, safe
from mamarr.node.node_client import NodeClient

PIECE_BYTES_MAX = 900_000  # a node takes bodies of 1 MiB


def sent(node: NodeClient, values: Sequence[Value]) -> list[DeclaredMessage]:
    """What became of each value, in the order in which they were declared.

    Sent in pieces that a node takes, what others need first. Unavailable when the node does not answer or
    refuses a piece whole; the pieces before it are declared.
    """
    return asyncio.run(_sent(node, values))


def print_outcome(features: Sequence[DeclaredMessage], console: Console, errors: Console) -> int:
    """Tell each refusal on `errors` and the counts on `console`; how many were refused."""
    refused = [each for each in features if each.reason is not None]
    for each in refused:
        named = [*each.because, *([] if each.limit is None else [each.limit])]
        because = f" ({', '.join(map(safe, named))})" if named else ""
        said = phrases.text(str(each.reason), "en")
        errors.print(Text(f"{each.kind} {safe(each.id)} refused: {said}{because}"), soft_wrap=True)
    console.print(Text(f"{len(features) - len(refused)} declared, {len(refused)} refused"))
    return len(refused)


async def _sent(node: NodeClient, values: Sequence[Value]) -> list[DeclaredMessage]:
    features: list[DeclaredMessage] = []
    try:
        for piece in _pieces(sorted(values, key=lambda each: airspace_messages.ORDER.index(type(each)))):
            body = await node.declare(geojson.collection(piece))
            features += decoded(ImportedMessage, body).features
    except WireError as wrong:
        raise Unavailable(f"{node.origin} answered something else: {wrong}") from wrong
    finally:
        await node.close()
    return features


def _pieces(values: Sequence[Value]) -> Iterator[list[Value]]:
    piece: list[Value] = []
    size = 0
    for value in values:
        added = len(geojson.collection([value]))
        if piece and size + added > PIECE_BYTES_MAX:
            yield piece
            piece, size = [], 0
        piece.append(value)
        size += added
    if piece:
        yield piece
