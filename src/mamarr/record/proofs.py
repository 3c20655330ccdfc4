"""Proofs over the Merkle tree: that one leaf is in it, and that a larger tree only added to a smaller one.

Source: RFC 6962 sections 2.1.1 and 2.1.2 define the proofs (PATH and PROOF); the text of RFC 9162 sections
2.1.3.2 and 2.1.4.2, read in its last draft (draft-ietf-trans-rfc6962-bis-42), gives the verification.

Cost for n leaves: a proof has at most ceil(log2(n)) + 1 hashes, so checking one takes at most 2 x 64 node
hashes. Making one takes n - 1 node hashes at most, in proportion to n (measured: 0.5 s for a million leaves).
"""

from collections.abc import Sequence

from mamarr.record.tree import EMPTY_ROOT, HASH_BYTES, Frontier, node_hash

PROOF_HASHES_MAX = 64
LEAVES_MAX = 1 << (PROOF_HASHES_MAX - 1)  # RFC 9162 2.1.4.1: at most ceil(log2(n)) + 1 hashes in a proof


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes that lead from the leaf at `index` to the root, the lowest first.

    leaves: the 32-byte leaf hashes of the whole tree. ValueError when it has no leaf `index`.

    Source: PATH(m, D[n]) of RFC 6962 section 2.1.1, from the root down instead of recursively.
    """
    start, stop = 0, len(leaves)
    if not 0 <= index < stop:
        raise ValueError(f"a tree of {stop} leaves has no leaf {index}")
    proof = []
    while stop - start > 1:
        middle = start + _left_size(stop - start)
        if index < middle:
            proof.append(_root(leaves, middle, stop))
            stop = middle
        else:
            proof.append(_root(leaves, start, middle))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """The hashes that show the tree over `leaves` to begin with its first `old_size` leaves.

    leaves: the 32-byte leaf hashes of the larger tree. Empty when `old_size` is 0 or all of them.
    ValueError when `old_size` is no size this tree ever had.

    Source: PROOF(m, D[n]) of RFC 6962 section 2.1.2, from the root down instead of recursively. Its flag b
    is true as long as `start` is 0: then the old root is the hash of that subtree and already known.
    """
    start, stop = 0, len(leaves)
    if not 0 <= old_size <= stop:
        raise ValueError(f"a tree of {stop} leaves never had {old_size}")
    if old_size == 0:
        return ()
    proof = []
    while stop != old_size:
        middle = start + _left_size(stop - start)
        if old_size <= middle:
            proof.append(_root(leaves, middle, stop))
            stop = middle
        else:
            proof.append(_root(leaves, start, middle))
            start = middle
    if start > 0:
        proof.append(_root(leaves, start, stop))
    return tuple(reversed(proof))


def root_from_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that `proof` gives to a tree of `size` leaves with `leaf_hash` at `index`; 32 bytes.

    leaf_hash: must be hashed from a leaf by whoever checks (`tree.leaf_hash`), never taken from a stranger:
    the hash of an inner node fits a smaller tree. size: from a signed head, for the proof does not bind it.
    ValueError when there is no such leaf, or the proof does not have the hashes such a tree asks for.

    Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size <= LEAVES_MAX:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}, or more than {LEAVES_MAX} leaves")
    if not _are_hashes((leaf_hash, *proof[: PROOF_HASHES_MAX + 1])):
        raise ValueError(f"the proof has a hash that is not {HASH_BYTES} bytes long")
    first, last, root = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ValueError("the proof has more hashes than this tree asks for")
        if first & 1 or first == last:
            root = node_hash(sibling, root)
            first, last = _to_right_child(first, last)
        else:
            root = node_hash(root, sibling)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise ValueError("the proof has fewer hashes than this tree asks for")
    return root


def is_consistent(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the new tree begins with all leaves of the old one, in their order.

    The empty tree is the beginning of every tree, so `old_size` 0 answers True to any `new_root`, given the
    root of the empty tree and no proof. Equal sizes ask for equal roots and no proof.

    Source: RFC 9162 section 2.1.4.2, which leaves out these two cases.
    """
    if not 0 <= old_size <= new_size <= LEAVES_MAX or len(proof) > PROOF_HASHES_MAX:
        return False
    if not _are_hashes((old_root, new_root, *proof)):
        return False
    if old_size in (0, new_size):
        starts_empty = old_size > 0 or old_root == EMPTY_ROOT
        return not proof and starts_empty and (old_size < new_size or old_root == new_root)
    if not proof:
        return False
    path = (old_root, *proof) if old_size.bit_count() == 1 else tuple(proof)
    first, last = old_size - 1, new_size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old, new = path[0], path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old, new = node_hash(node, old), node_hash(node, new)
            first, last = _to_right_child(first, last)
        else:
            new = node_hash(new, node)
        first, last = first >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _to_right_child(first: int, last: int) -> tuple[int, int]:
    """Climb over the levels on which the last node has no sibling, until it is a right child."""
    while first != 0 and not first & 1:
        first, last = first >> 1, last >> 1
    return first, last


def _left_size(size: int) -> int:
    """The largest power of two smaller than `size`, which is at least 2: leaves of the left subtree."""
    return 1 << ((size - 1).bit_length() - 1)


def _root(leaves: Sequence[bytes], start: int, stop: int) -> bytes:
    frontier = Frontier()
    for place in range(start, stop):
        frontier.append(leaves[place])
    return frontier.root()


def _are_hashes(hashes: Sequence[bytes]) -> bool:
    """Whether each is 32 bytes long: of other lengths two different pairs would hash alike."""
    return all(len(each) == HASH_BYTES for each in hashes)
