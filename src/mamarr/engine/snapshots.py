"""Snapshots: the state at a head, so that a start need not read the whole log. Audit never uses one.

A snapshot counts only if the node's key signed it and its tree has the root of the head of that size.
"""

import msgspec

from mamarr.engine.projection import Projection, State
from mamarr.record import Signer, Snapshot, Store, Verifier
from mamarr.record.tree import Frontier

DOMAIN = b"mamarr snapshot 1\n"  # no checkpoint begins like this: an origin has no space
SIGNATURE_BYTES = 64
LAYOUT = 9  # raised with every change of State that an older version could not read


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed. size and peaks: of the tree. time_ms: of the last entry. layout: of the state."""

    layout: int
    size: int
    peaks: tuple[bytes, ...]
    time_ms: int
    state: State

    def frontier(self) -> Frontier:
        """The tree; ValueError when the peaks do not fit the size."""
        return Frontier(self.size, self.peaks)


def taken(projection: Projection, frontier: Frontier, *, time_ms: int, signer: Signer) -> Snapshot:
    """The durable state of `projection`, which `frontier` must stand for: nothing may be in flight."""
    body = _encode(
        Body(
            layout=LAYOUT,
            size=frontier.size,
            peaks=tuple(frontier.peaks),
            time_ms=time_ms,
            state=projection.state(),
        )
    )
    return Snapshot(frontier.size, signer.sign(DOMAIN + body) + body)


def opened(snapshot: Snapshot, verifier: Verifier, store: Store) -> Body | None:
    """What `snapshot` says, if it can be relied on; None otherwise: then the log itself is read."""
    signature, body = snapshot.body[:SIGNATURE_BYTES], snapshot.body[SIGNATURE_BYTES:]
    if not verifier.checks(DOMAIN + body, signature):
        return None
    try:
        said = _decode(body)
        frontier = said.frontier()
        head = next(store.heads(said.size - 1), None)
        checkpoint = None if head is None else verifier.open(head.note)
    except (msgspec.DecodeError, ValueError):
        return None
    holds = checkpoint is not None and (checkpoint.size, checkpoint.root) == (said.size, frontier.root())
    return said if holds and said.layout == LAYOUT else None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Body).decode
