"""The story of `golden/log_peers.json`: whom a node joins to itself, and whom no more, from fixed salts."""

from collections.abc import Iterator
from hashlib import sha256

from mamarr.coordination.peers import (
    AddPeer,
    Card,
    ConfirmPeer,
    InvitePeer,
    RenewPeer,
    RevokePeer,
    TakeNext,
    proof,
)
from mamarr.names import Author
from mamarr.record import MemoryStore
from tests.engine.stories_of_the_line import DAY_MS, KEY, OURS, PEER, Asked, Turn, salt, told_of
from tests.record.logs import NOON_MS

PERSON = Author(party="north", node="node-north", person="officer")
OWN = salt("our certificate")
EAST = "node-east"


def card(peer: str, word: str, party: str = "south", url: str = "") -> Card:
    """What `peer` says of itself; `word` makes its certificate another."""
    return Card(
        party=party, certificate=f"{peer} {word}".encode() * 9, key=f"{KEY.verifier.text()}{word}", url=url
    )


def added(peer: str, said: Card, about: bytes, **more: object) -> Asked:
    """A person hands in what a node says of itself."""
    return PERSON, AddPeer(
        peer=peer, card=said, about=about, own_fingerprint=OWN, said=b"what was signed", **more
    )


def turns() -> Iterator[Turn]:
    """The whole story, a group commit each."""
    until_ms = NOON_MS + DAY_MS
    secret, other = salt("secret"), salt("another secret")
    south, south_next = card(PEER, "first", url="https://node.south.example:8843"), card(PEER, "second")
    shown = proof(secret, inviter="node-north", invited=PEER, card=south)
    answer = added(PEER, south, sha256(secret).digest(), proof=shown, may_be_private=True)
    confirm = ConfirmPeer(peer=PEER, own_fingerprint=OWN, fingerprint=south.fingerprint)
    yield (
        1,
        (
            (PERSON, InvitePeer(peer=PEER, secret=secret, valid_until_ms=until_ms)),
            (PERSON, InvitePeer(peer=PEER, secret=secret, valid_until_ms=NOON_MS)),
            (PERSON, InvitePeer(peer=PEER, secret=secret, valid_until_ms=NOON_MS + 9 * DAY_MS)),
            (PERSON, confirm),
        ),
    )
    wrong = proof(other, inviter="node-north", invited=PEER, card=south)
    yield (2, (added(PEER, south, sha256(secret).digest(), proof=wrong), answer, answer))
    yield (3, ((PERSON, confirm), (PERSON, confirm), (OURS, confirm)))
    theirs = card(EAST, "first", "east")
    invitation = added(EAST, theirs, sha256(other).digest(), valid_until_ms=until_ms)
    yield (4, (invitation, invitation, added(PEER, south, sha256(other).digest(), valid_until_ms=until_ms)))
    renew = RenewPeer(peer=PEER, fingerprint=south.fingerprint, card=south_next, said=b"both keys signed")
    take = TakeNext(peer=PEER, fingerprint=south_next.fingerprint)
    yield (5, ((OURS, take), (PERSON, renew), (PERSON, renew)))
    yield (6, ((OURS, take), (PERSON, renew), (OURS, take)))
    yield (7, ((PERSON, RevokePeer(peer=PEER)), (PERSON, RevokePeer(peer=PEER))))
    again = added(PEER, south_next, sha256(other).digest(), valid_until_ms=until_ms)
    yield (8, (again, (PERSON, ConfirmPeer(peer=PEER, own_fingerprint=OWN, fingerprint=take.fingerprint))))


def of_peers() -> MemoryStore:
    """The log of the whole story."""
    store, _ = told_of(turns())
    return store
