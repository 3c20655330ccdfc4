"""Six words that two persons compare: made of both certificates, the same at both nodes.

Who stands between two nodes has a certificate for each, and must find two that give both ends the same words.
Of 7776^6 (77 bits) of them one meets another after some 2^39 tries on each side. Each takes Argon2id with 256
MiB and about a second of a core: seventeen thousand years of one on each side, in the days in which an
invitation holds. The salt of the inviter's side is made of the secret, so there nothing is prepared before.
"""

from pathlib import Path

from argon2.low_level import Type, hash_secret_raw

from mamarr.coordination.peers import Peer
from mamarr.faults import present

WORDS_COUNT = 6
LIST_LENGTH = 7_776
LIST = Path(__file__).parent / "words" / "eff_large.txt"  # DATA.md: of the EFF, CC BY 3.0 US
PASSES, MEMORY_KIB, LANES, HASH_BYTES = 3, 262_144, 4, 32
SALT_BYTES = 16


def six_words(about: bytes, one: bytes, other: bytes) -> tuple[str, ...]:
    """The words. about: SHA-256 of the invitation's secret. one, other: of the certificates, in any order."""
    raw = hash_secret_raw(
        b"mamarr words 1\n" + min(one, other) + max(one, other),
        about[:SALT_BYTES],
        time_cost=PASSES,
        memory_cost=MEMORY_KIB,
        parallelism=LANES,
        hash_len=HASH_BYTES,
        type=Type.ID,
    )
    listed, number = LIST.read_text("ascii").split(), int.from_bytes(raw, "big")
    found = []
    for _ in range(WORDS_COUNT):
        number, at = divmod(number, LIST_LENGTH)
        found.append(listed[at])
    return tuple(found)


def words_of(peer: Peer) -> tuple[str, ...]:
    """The words to compare with the persons of a peer that said who it is."""
    card = present(peer.card, "who said who it is has a card")
    return six_words(peer.about, peer.own_fingerprint, card.fingerprint)


def are_same(words: tuple[str, ...], typed: str) -> bool:
    """Whether somebody typed these words, whatever stands between them."""
    return _letters("".join(words)) == _letters(typed)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalpha())
