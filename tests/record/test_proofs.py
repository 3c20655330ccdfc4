from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.record.proofs import (
    LEAVES_MAX,
    PROOF_HASHES_MAX,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    root_from_inclusion,
)
from mamarr.record.tree import EMPTY_ROOT, leaf_hash, node_hash

SIZE_MAX = 40  # every tree up to here is tried: it has both perfect trees and long right edges

# --- the oracle: the recursive definitions of RFC 6962 section 2.1, over leaves, with names of their own ---


def split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def mth(d: list[bytes]) -> bytes:
    """MTH(D[n])."""
    if not d:
        return sha256(b"").digest()
    if len(d) == 1:
        return sha256(b"\x00" + d[0]).digest()
    k = split(len(d))
    return sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of section 2.1.1."""
    if len(d) == 1:
        return []
    k = split(len(d))
    return [*path(m, d[:k]), mth(d[k:])] if m < k else [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: list[bytes], b: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of section 2.1.2; PROOF(m, D[n]) is that with b true."""
    if m == len(d):
        return [] if b else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*subproof(m, d[:k], b), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def some(size: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(size)]


def hashed(leaves: list[bytes]) -> list[bytes]:
    return [leaf_hash(leaf) for leaf in leaves]


def flips(proof: tuple[bytes, ...], *, bits: range = range(256)):
    """Every proof with one bit of one hash turned over."""
    for place, each in enumerate(proof):
        for bit in bits:
            other = (int.from_bytes(each, "big") ^ (1 << bit)).to_bytes(32, "big")
            yield (*proof[:place], other, *proof[place + 1 :])


def other_lengths(proof: tuple[bytes, ...], more: bytes):
    """Every proof with one hash dropped, or one added anywhere."""
    yield from (proof[:place] + proof[place + 1 :] for place in range(len(proof)))
    yield from ((*proof[:place], more, *proof[place:]) for place in range(len(proof) + 1))


def gives(leaf: bytes, index: int, size: int, proof: tuple[bytes, ...], root: bytes) -> bool:
    """Whether the proof is of the form such a tree asks for and gives this root."""
    try:
        return root_from_inclusion(leaf, index, size, proof) == root
    except ValueError:
        return False


# --- against the definitions ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(1, SIZE_MAX + 1))
def test_inclusion_proofs_are_those_the_rfc_defines_and_verify(size: int):
    leaves = some(size)
    for index in range(size):
        proof = inclusion_proof(hashed(leaves), index)
        assert proof == tuple(path(index, leaves))
        assert root_from_inclusion(leaf_hash(leaves[index]), index, size, proof) == mth(leaves)


@pytest.mark.parametrize("size", range(1, SIZE_MAX + 1))
def test_consistency_proofs_are_those_the_rfc_defines_and_verify(size: int):
    leaves = some(size)
    for old in range(1, size + 1):
        proof = consistency_proof(hashed(leaves), old)
        assert proof == tuple(subproof(old, leaves, True))
        assert is_consistent(old, mth(leaves[:old]), size, mth(leaves), proof)


@given(st.data(), st.lists(st.binary(max_size=8), min_size=1, max_size=600))
def test_larger_trees_agree_with_the_rfc_too(data: st.DataObject, leaves: list[bytes]):
    size = len(leaves)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    included, grown = inclusion_proof(hashed(leaves), index), consistency_proof(hashed(leaves), old)
    assert included == tuple(path(index, leaves))
    assert grown == tuple(subproof(old, leaves, True))
    assert root_from_inclusion(leaf_hash(leaves[index]), index, size, included) == mth(leaves)
    assert is_consistent(old, mth(leaves[:old]), size, mth(leaves), grown)


# --- what was changed does not verify ---------------------------------------------------------------------


@pytest.mark.parametrize("size", [*range(1, 10), 13, 16, 21])
def test_an_inclusion_proof_with_any_bit_hash_index_or_leaf_changed_does_not_verify(size: int):
    leaves = some(size)
    root = mth(leaves)
    for index in range(size):
        leaf, proof = leaf_hash(leaves[index]), inclusion_proof(hashed(leaves), index)
        assert not any(gives(leaf, index, size, wrong, root) for wrong in flips(proof))
        for more in (leaf, root, bytes(32), proof[0] if proof else leaf):
            assert not any(gives(leaf, index, size, wrong, root) for wrong in other_lengths(proof, more))
        assert not any(gives(wrong, index, size, proof, root) for (wrong,) in flips((leaf,)))
        assert not any(gives(leaf, other, size, proof, root) for other in range(size + 2) if other != index)


@pytest.mark.parametrize("size", [*range(2, 10), 13, 16, 21])
def test_a_consistency_proof_with_any_bit_hash_or_root_changed_does_not_verify(size: int):
    leaves = some(size)
    new_root = mth(leaves)
    for old in range(1, size):
        old_root, proof = mth(leaves[:old]), consistency_proof(hashed(leaves), old)
        assert not any(is_consistent(old, old_root, size, new_root, wrong) for wrong in flips(proof))
        for more in (old_root, new_root, bytes(32), proof[0]):
            wrongs = other_lengths(proof, more)
            assert not any(is_consistent(old, old_root, size, new_root, wrong) for wrong in wrongs)
        assert not any(is_consistent(old, wrong, size, new_root, proof) for (wrong,) in flips((old_root,)))
        assert not any(is_consistent(old, old_root, size, wrong, proof) for (wrong,) in flips((new_root,)))
        assert not is_consistent(size, new_root, old, old_root, proof)


@given(st.data(), st.integers(1, 300))
def test_in_larger_trees_a_changed_bit_does_not_verify(data: st.DataObject, size: int):
    leaves = some(size)
    index, old, bit = (data.draw(st.integers(low, size - 1)) for low in (0, min(1, size - 1), 0))
    one = range(bit % 256, bit % 256 + 1)
    leaf, proof = leaf_hash(leaves[index]), inclusion_proof(hashed(leaves), index)
    assert not any(gives(leaf, index, size, wrong, mth(leaves)) for wrong in flips(proof, bits=one))
    grown = consistency_proof(hashed(leaves), old)
    wrongs = flips(grown, bits=one)
    assert not any(is_consistent(old, mth(leaves[:old]), size, mth(leaves), wrong) for wrong in wrongs)


@pytest.mark.parametrize("size", range(2, 25))
def test_a_tree_that_changed_an_old_leaf_has_no_proof(size: int):
    leaves = some(size)
    for old in range(1, size):
        rewritten = [*leaves[: old - 1], b"another", *leaves[old:]]
        proof = consistency_proof(hashed(rewritten), old)
        assert not is_consistent(old, mth(leaves[:old]), size, mth(rewritten), proof)


def test_an_inner_node_does_not_pass_for_a_leaf():
    """RFC 6962 2.1: the domain separation of leaves and nodes gives second preimage resistance."""
    leaves = some(4)
    left, right = hashed(leaves)[:2]
    root, rest = mth(leaves), (mth(leaves[2:]),)
    assert not gives(leaf_hash(left + right), 0, 2, rest, root)
    assert gives(node_hash(left, right), 0, 2, rest, root)  # so a leaf must be hashed by whoever checks it


# --- the edges --------------------------------------------------------------------------------------------


def test_the_empty_tree_is_the_beginning_of_every_tree():
    assert consistency_proof(hashed(some(3)), 0) == ()
    assert is_consistent(0, EMPTY_ROOT, 3, mth(some(3)), ())
    assert is_consistent(0, EMPTY_ROOT, 0, EMPTY_ROOT, ())
    assert not is_consistent(0, bytes(32), 3, mth(some(3)), ())
    assert not is_consistent(0, EMPTY_ROOT, 3, mth(some(3)), (bytes(32),))
    assert not is_consistent(0, EMPTY_ROOT, 0, bytes(32), ())


def test_equal_sizes_ask_for_equal_roots_and_no_proof():
    assert is_consistent(3, mth(some(3)), 3, mth(some(3)), ())
    assert not is_consistent(3, mth(some(3)), 3, bytes(32), ())
    assert not is_consistent(3, mth(some(3)), 3, mth(some(3)), (bytes(32),))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (4, 3), (-1, 3), (0, -1), (0, LEAVES_MAX + 1)])
def test_a_leaf_that_no_tree_has_is_not_included(index: int, size: int):
    with pytest.raises(ValueError, match="has no leaf"):
        root_from_inclusion(bytes(32), index, size, ())
    with pytest.raises(ValueError, match="has no leaf"):
        inclusion_proof(hashed(some(min(max(size, 0), 3))), index if size <= 3 else 3)


@pytest.mark.parametrize("old", [-1, 4])
def test_a_size_the_tree_never_had_has_no_proof(old: int):
    with pytest.raises(ValueError, match="never had"):
        consistency_proof(hashed(some(3)), old)
    assert not is_consistent(old, bytes(32), 3, bytes(32), ())


def test_a_proof_for_other_sizes_does_not_verify_though_both_roots_come_out():
    leaves = some(4)
    one, two = hashed(leaves)[:2]
    assert is_consistent(1, one, 2, mth(leaves[:2]), (two,))
    assert not is_consistent(1, one, 4, mth(leaves[:2]), (two,))
    assert not is_consistent(1, one, 2, mth(leaves), (two, mth(leaves[2:])))
    assert not is_consistent(3, mth(leaves[:3]), 4, mth(leaves), ())


def test_hashes_of_another_length_are_none():
    """31 and 33 bytes side by side would hash like 32 and 32."""
    leaves = some(2)
    one, two = hashed(leaves)
    assert root_from_inclusion(one, 0, 2, (two,)) == mth(leaves)
    for leaf, proof in ((one + two[:1], (two[1:],)), (one[:-1], (one[-1:] + two,)), (one, (b"",))):
        with pytest.raises(ValueError, match="not 32 bytes"):
            root_from_inclusion(leaf, 0, 2, proof)
    assert is_consistent(1, one, 2, mth(leaves), (two,))
    assert not is_consistent(1, one + two[:1], 2, mth(leaves), (two[1:],))
    assert not is_consistent(1, one, 2, mth(leaves)[:31], (two,))


def test_the_longest_proofs_are_within_the_limit_and_longer_ones_are_refused():
    size = LEAVES_MAX
    proof = tuple(bytes([number]) * 32 for number in range(PROOF_HASHES_MAX - 1))
    assert len(root_from_inclusion(bytes(32), size - 1, size, proof)) == 32
    with pytest.raises(ValueError, match="fewer hashes"):
        root_from_inclusion(bytes(32), size - 1, size, proof[1:])
    for count in (1, 2, 1000):
        with pytest.raises(ValueError, match="more hashes"):
            root_from_inclusion(bytes(32), size - 1, size, (*proof, *[bytes(32)] * count))
    root = old_root = bytes(32)
    for each in proof:
        root = node_hash(root, each)
    assert is_consistent(1, old_root, size, root, proof)
    assert not is_consistent(1, old_root, size, root, (*proof, *[bytes(32)] * 1000))
    assert not is_consistent(1, old_root, size * 2, node_hash(root, root), (*proof, root))


# --- published: github.com/transparency-dev/merkle, testonly/constants.go and proof/verify_test.go --------
# (Apache-2.0, the data only); the same leaves were already published with google/certificate-transparency.

PUBLISHED_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
PUBLISHED_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
NODE_0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
NODE_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
NODE_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
NODE_6 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
NODE_01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
NODE_23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
NODE_45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
NODE_67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
NODE_0123 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
NODE_4567 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"


def raw(nodes: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(node) for node in nodes)


@pytest.mark.parametrize(
    ("index", "size", "nodes"),
    [
        (0, 1, ()),
        (0, 8, (NODE_1, NODE_23, NODE_4567)),
        (5, 8, (NODE_4, NODE_67, NODE_0123)),
        (2, 3, (NODE_01,)),
        (1, 5, (NODE_0, NODE_23, NODE_4)),
    ],
)
def test_published_inclusion_proofs_are_ours(index: int, size: int, nodes: tuple[str, ...]):
    leaves = PUBLISHED_LEAVES[:size]
    assert inclusion_proof(hashed(leaves), index) == raw(nodes)
    root = root_from_inclusion(leaf_hash(leaves[index]), index, size, raw(nodes))
    assert root.hex() == PUBLISHED_ROOTS[size]


@pytest.mark.parametrize(
    ("old", "new", "nodes"),
    [
        (1, 1, ()),
        (1, 8, (NODE_1, NODE_23, NODE_4567)),
        (6, 8, (NODE_45, NODE_67, NODE_0123)),
        (2, 5, (NODE_23, NODE_4)),
        (6, 7, (NODE_45, NODE_6, NODE_0123)),
    ],
)
def test_published_consistency_proofs_are_ours(old: int, new: int, nodes: tuple[str, ...]):
    assert consistency_proof(hashed(PUBLISHED_LEAVES[:new]), old) == raw(nodes)
    old_root, new_root = raw((PUBLISHED_ROOTS[old], PUBLISHED_ROOTS[new]))
    assert is_consistent(old, old_root, new, new_root, raw(nodes))


@pytest.mark.parametrize("size", range(9))
def test_published_roots_are_ours(size: int):
    assert mth(PUBLISHED_LEAVES[:size]).hex() == PUBLISHED_ROOTS[size]
    if size:
        leaves = hashed(PUBLISHED_LEAVES[:size])
        root = root_from_inclusion(leaves[0], 0, size, inclusion_proof(leaves, 0))
        assert root.hex() == PUBLISHED_ROOTS[size]


def test_the_example_of_the_rfc_is_ours():
    """RFC 6962 section 2.1.3: the audit paths and consistency proofs of a tree of seven leaves."""
    leaves = some(7)
    a, b, c, d, e, f, j = hashed(leaves)
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, last = node_hash(g, h), node_hash(i, j)
    paths = {0: (b, h, last), 3: (c, g, last), 4: (f, j, k), 6: (i, k)}
    assert {index: inclusion_proof(hashed(leaves), index) for index in paths} == paths
    proofs = {3: (c, d, g, last), 4: (last,), 6: (i, j, k)}
    assert {old: consistency_proof(hashed(leaves), old) for old in proofs} == proofs
