"""Whether a record goes on where this node left it, or was set back or copied.

Beside the record lies a witness: a small file that says how far the node got and in which file. A restored
backup is older than its witness, a copy is another file. Whoever sets back both together, as with the image
of a whole machine, is not seen here; only peers, who keep signed heads, can tell.
"""

import msgspec

from mamarr.record.stores import Store

WITNESS_BYTES = 1_024  # one write of this size replaces the last one


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """What a node last knew of its record. note: its newest head. file: the inode of the record."""

    note: str
    size: int
    file: int

    def encoded(self) -> bytes:
        """WITNESS_BYTES of JSON, filled up with spaces."""
        return msgspec.json.encode(self).ljust(WITNESS_BYTES)


def witness_from(encoded: bytes) -> Witness | None:
    """What `Witness.encoded` wrote; None when it cannot be read."""
    try:
        return msgspec.json.decode(encoded, type=Witness)
    except msgspec.DecodeError:
        return None


def set_back(store: Store, witness: Witness | None, file: int) -> str | None:
    """Why the record in `store`, now in `file`, is not simply where the node left it; None when it is.

    The answer is a code: NO_WITNESS, COPIED, SET_BACK or OTHER_HISTORY. Raises Unavailable.
    """
    if store.size() == 0 and witness is None:
        return None
    if witness is None:
        return "NO_WITNESS"
    if witness.file != file:
        return "COPIED"
    if witness.size > store.size():
        return "SET_BACK"
    head = next(store.heads(witness.size - 1), None) if witness.size else None
    return None if witness.note == ("" if head is None else head.note) else "OTHER_HISTORY"
