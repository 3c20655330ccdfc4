from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.record.tree import EMPTY_ROOT, Frontier, leaf_hash


def rfc6962_root(leaves: list[bytes]) -> bytes:
    """The definition in RFC 6962 section 2.1, word for word: the oracle of the growing tree."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + rfc6962_root(leaves[:split]) + rfc6962_root(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=40), max_size=80))
def test_the_growing_tree_has_the_root_the_rfc_defines(leaves: list[bytes]):
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf_hash(leaf))
    assert frontier.root() == rfc6962_root(leaves)


def test_the_empty_tree_has_the_root_the_rfc_gives():
    assert Frontier().root() == EMPTY_ROOT == rfc6962_root([])


def test_a_copy_grows_apart():
    frontier = Frontier()
    frontier.append(leaf_hash(b"one"))
    other = frontier.copy()
    other.append(leaf_hash(b"two"))
    assert (frontier.size, other.size) == (1, 2)
    assert frontier.root() == rfc6962_root([b"one"])


@pytest.mark.parametrize(("size", "peaks"), [(1, []), (2, [b"\0" * 32] * 2), (1, [b"short"]), (-1, [])])
def test_peaks_that_do_not_fit_the_size_are_no_tree(size: int, peaks: list[bytes]):
    with pytest.raises(ValueError, match="peaks"):
        Frontier(size, peaks)
