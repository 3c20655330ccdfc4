"""Six words, the same at both nodes and others for any other certificate."""

from hashlib import sha256

from mamarr.node.six_words import LIST, LIST_LENGTH, are_same, six_words

ABOUT, NORTH, SOUTH = bytes(range(32)), b"n" * 32, b"s" * 32


def test_the_list_is_the_one_of_the_eff_for_ever():
    """Another list would show two nodes other words, and they would believe that somebody is between them."""
    content = LIST.read_bytes()
    assert sha256(content).hexdigest() == "6d557f0693958fb5e650b68b5bee585eb82cf4da32965505c789e924743bc522"
    assert len(set(content.split())) == len(content.split()) == LIST_LENGTH


def test_hardly_two_words_are_the_same_letters():
    """What stands between words counts for nothing when they are compared, so that nobody need ask for it."""
    words = LIST.read_text().split()
    assert len({each.replace("-", "") for each in words}) == LIST_LENGTH - 1  # dropdown, drop-down


def test_both_sides_have_the_same_words_for_ever():
    words = six_words(ABOUT, NORTH, SOUTH)
    assert words == six_words(ABOUT, SOUTH, NORTH)
    assert " ".join(words) == "army stomp wilder conceal creasing leverage"


def test_other_certificates_and_another_invitation_have_other_words(monkeypatch):
    monkeypatch.setattr("mamarr.node.six_words.MEMORY_KIB", 256)
    found = {
        six_words(ABOUT, NORTH, SOUTH),
        six_words(ABOUT, NORTH, b"t" * 32),
        six_words(bytes(32), NORTH, SOUTH),
    }
    assert len(found) == 3


def test_words_are_the_same_however_they_are_typed():
    words = ("drop-down", "abacus", "zoom", "yo-yo", "t-shirt", "abdomen")
    assert are_same(words, "Drop down, abacus ZOOM yoyo\nt-shirt abdomen")
    assert not are_same(words, "drop-down abacus zoom yo-yo t-shirt")
    assert not are_same(words, "abacus drop-down zoom yo-yo t-shirt abdomen")
