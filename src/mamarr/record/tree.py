"""The Merkle tree over the leaves of the log.

Source: RFC 6962 section 2.1: a leaf hashes as SHA-256(0x00 || leaf), a node as SHA-256(0x01 || left ||
right), the left subtree of n leaves has the largest power of two smaller than n.
"""

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32
_LEAF_BEGUN, _NODE_BEGUN = sha256(b"\x00"), sha256(b"\x01")  # copies cost less than to begin again
EMPTY_ROOT = sha256(b"").digest()  # RFC 6962 2.1: the hash of an empty list is that of an empty string


def leaf_hash(leaf: bytes) -> bytes:
    """The 32-byte hash under which `leaf` stands in the tree."""
    hashed = _LEAF_BEGUN.copy()
    hashed.update(leaf)
    return hashed.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32-byte hash of an inner node."""
    hashed = _NODE_BEGUN.copy()
    hashed.update(left + right)
    return hashed.digest()


class Frontier:
    """The right edge of a growing tree: what appending and the root need, log2(size) hashes.

    size: number of leaves. peaks: roots of the perfect subtrees that make up the tree, the largest first;
    one for each bit set in `size`.
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or len(peaks) != size.bit_count() or any(len(peak) != HASH_BYTES for peak in peaks):
            raise ValueError(f"a tree of {size} leaves has {max(size, 0).bit_count()} peaks of 32 bytes")
        self.size = size
        self.peaks = list(peaks)

    def copy(self) -> "Frontier":
        """The same tree, growing apart from this one."""
        return Frontier(self.size, self.peaks)

    def append(self, hashed_leaf: bytes) -> None:
        """Add one leaf by its hash."""
        carried, size = hashed_leaf, self.size
        while size & 1:
            carried = node_hash(self.peaks.pop(), carried)
            size >>= 1
        self.peaks.append(carried)
        self.size += 1

    def root(self) -> bytes:
        """The 32-byte root of the tree as it is now."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root
