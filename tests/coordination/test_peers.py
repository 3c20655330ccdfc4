"""Whom a node joins: nothing is open before the words were compared, and an invitation is for once."""

from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest

from mamarr.coordination import Peer, peers
from mamarr.coordination.channels import ChannelBegun, ChannelOpened, ChannelStopped, Stopped
from mamarr.coordination.peers import (
    AddPeer,
    Bond,
    Card,
    ConfirmPeer,
    Facts,
    InvitePeer,
    PeerAdded,
    PeerConfirmed,
    PeerRevoked,
    RenewPeer,
    RevokePeer,
    TakeNext,
)
from mamarr.coordination.returning import Return
from mamarr.faults import Reason, Refusal
from mamarr.geometry.units import epoch_ms
from mamarr.names import Author
from tests.airspace.boxes import NOON

NORTH = Author(party="north", node="north-1", person="officer")
RULE = Author(party="north", node="north-1", rule="link")
SECRET, OWN = b"s" * 32, b"o" * 32
ABOUT = sha256(SECRET).digest()
SOUTH = Card(party="south", certificate=b"a certificate", key="a key", url="https://node.south.example:8843")
NEXT = msgspec.structs.replace(SOUTH, certificate=b"another", key="another key")
UNTIL_MS = epoch_ms(NOON) + 3_600_000
INVITE = InvitePeer(peer="south-1", secret=SECRET, valid_until_ms=UNTIL_MS)
SHOWN = peers.proof(SECRET, inviter="north-1", invited="south-1", card=SOUTH)
ANSWER = AddPeer(peer="south-1", card=SOUTH, about=ABOUT, own_fingerprint=OWN, said=b"said", proof=SHOWN)
INVITATION = msgspec.structs.replace(ANSWER, proof=None, valid_until_ms=UNTIL_MS)
CONFIRM = ConfirmPeer(peer="south-1", own_fingerprint=OWN, fingerprint=SOUTH.fingerprint)
RENEW = RenewPeer(peer="south-1", fingerprint=SOUTH.fingerprint, card=NEXT, said=b"said")
TAKE = TakeNext(peer="south-1", fingerprint=NEXT.fingerprint)


def facts(held: Peer | None = None, **more) -> Facts:
    return Facts(party="north", node="north-1", held=held, **more)


def after(*commands: peers.Command, held: Peer | None = None) -> Peer:
    for command in commands:
        author = RULE if isinstance(command, TakeNext) else NORTH
        answer = peers.decide(command, facts(held), author=author, now=NOON)
        assert not isinstance(answer, Refusal), answer
        for event in answer:
            held = peers.evolve(held, event) if isinstance(event, peers.Event) else held
    return held


def refused(command: peers.Command, known: Facts, *, author=NORTH, now=NOON) -> Reason:
    answer = peers.decide(command, known, author=author, now=now)
    assert isinstance(answer, Refusal), answer
    return answer.reason


@pytest.mark.requirement("THREATS 20")
def test_a_channel_is_open_only_when_the_words_were_compared():
    held = after(INVITE)
    assert peers.bond(held, epoch_ms(NOON)) is Bond.INVITED
    held = after(ANSWER, held=held)
    assert (peers.bond(held, epoch_ms(NOON)), held.pinned) == (Bond.UNCOMPARED, ())
    answer = peers.decide(CONFIRM, facts(held), author=NORTH, now=NOON)
    opened = ChannelOpened(peer="south-1", party="south", key="a key")
    assert answer == (PeerConfirmed(peer="south-1"), opened)
    assert peers.evolve(held, answer[0]).pinned == (SOUTH,)


@pytest.mark.requirement("THREATS 20")
@pytest.mark.parametrize("command", [ANSWER, INVITATION])
def test_an_invitation_is_for_once(command: AddPeer):
    held = after(INVITE, command) if command.proof else after(command)
    revoked = after(CONFIRM, RevokePeer(peer="south-1"), held=held)
    for known in (held, revoked):
        assert refused(command, facts(known)) in (Reason.NOT_THERE, Reason.WRONG_STATUS)


@pytest.mark.requirement("THREATS 20")
def test_an_invitation_that_is_over_is_taken_no_more():
    late = NOON + timedelta(hours=2)
    assert refused(ANSWER, facts(after(INVITE)), now=late) is Reason.TIME_PAST
    assert refused(INVITATION, facts(), now=late) is Reason.TIME_PAST
    assert peers.bond(after(INVITE), epoch_ms(late)) is Bond.LAPSED


@pytest.mark.requirement("THREATS 20")
def test_an_answer_that_says_something_else_than_who_was_invited_said_is_refused():
    held = facts(after(INVITE))
    for card in (
        msgspec.structs.replace(SOUTH, url="https://elsewhere.example"),
        msgspec.structs.replace(SOUTH, certificate=b"of somebody else"),
        msgspec.structs.replace(SOUTH, party="east"),
    ):
        assert refused(msgspec.structs.replace(ANSWER, card=card), held) is Reason.NOT_THERE
    assert refused(msgspec.structs.replace(ANSWER, peer="east-1"), held) is Reason.NOT_THERE
    assert refused(ANSWER, facts()) is Reason.NOT_THERE


def test_only_the_certificates_that_were_compared_are_confirmed():
    held = facts(after(INVITATION))
    for wrong in (
        msgspec.structs.replace(CONFIRM, fingerprint=NEXT.fingerprint),
        msgspec.structs.replace(CONFIRM, own_fingerprint=b"x" * 32),
    ):
        assert refused(wrong, held) is Reason.WRONG_STATUS
    assert refused(CONFIRM, facts()) is Reason.NOT_THERE


def test_a_rule_confirms_nothing_and_nobody_joins_for_another_party_or_itself():
    held = facts(after(INVITATION))
    assert refused(CONFIRM, held, author=RULE) is Reason.NOT_YOURS
    assert refused(CONFIRM, held, author=Author(party="south", node="north-1")) is Reason.NOT_YOURS
    own = msgspec.structs.replace(INVITATION, peer="north-1")
    assert refused(own, facts()) is Reason.NOT_YOURS
    of_ours = msgspec.structs.replace(INVITATION, card=msgspec.structs.replace(SOUTH, party="north"))
    assert refused(of_ours, facts()) is Reason.NOT_YOURS


def test_who_is_revoked_speaks_no_more_until_the_words_were_compared_anew():
    joined = after(INVITATION, CONFIRM)
    open_one = facts(joined, channel_party="south")
    answer = peers.decide(RevokePeer(peer="south-1"), open_one, author=NORTH, now=NOON)
    assert answer == (PeerRevoked(peer="south-1"), ChannelStopped(peer="south-1", why=Stopped.CLOSED))
    revoked = peers.evolve(joined, answer[0])
    assert (revoked.pinned, peers.bond(revoked, 0)) == ((), Bond.REVOKED)
    again = msgspec.structs.replace(INVITATION, card=NEXT, about=b"a" * 32)
    held = after(again, held=revoked)
    assert held.pinned == ()
    compared = msgspec.structs.replace(CONFIRM, fingerprint=NEXT.fingerprint)
    known = facts(held, channel_party="south", channel_stopped=Stopped.CLOSED, returns=Return(party="south"))
    answer = peers.decide(compared, known, author=NORTH, now=NOON)
    assert answer[1] == ChannelBegun(peer="south-1", key="another key", begun_ms=epoch_ms(NOON))
    kept = msgspec.structs.replace(known, returns=Return(party="south", is_kept=True))
    assert refused(compared, kept) is Reason.NOT_YET, "messages of the line before are still there"


def test_a_next_certificate_counts_beside_the_present_one_until_it_speaks():
    held = after(INVITATION, CONFIRM, RENEW)
    assert held.pinned == (SOUTH, NEXT)
    assert after(TAKE, held=held).pinned == (NEXT,)
    assert refused(TAKE, facts(after(INVITATION, CONFIRM)), author=RULE) is Reason.WRONG_STATUS
    assert refused(RENEW, facts(after(INVITATION))) is Reason.NOT_THERE
    stale = msgspec.structs.replace(RENEW, fingerprint=b"x" * 32)
    assert refused(stale, facts(after(INVITATION, CONFIRM))) is Reason.WRONG_STATUS


def test_a_joined_peer_is_not_invited_or_added_again():
    held = facts(after(INVITATION, CONFIRM))
    assert refused(INVITE, held) is Reason.ID_TAKEN
    assert refused(msgspec.structs.replace(INVITATION, about=b"a" * 32), held) is Reason.ID_TAKEN


def test_the_number_of_peers_is_limited():
    assert refused(INVITE, facts(count=50)) is Reason.LIMIT_REACHED
    assert refused(INVITATION, facts(count=50)) is Reason.LIMIT_REACHED
    assert isinstance(peers.decide(INVITATION, facts(count=49), author=NORTH, now=NOON)[0], PeerAdded)
    assert refused(CONFIRM, facts(after(INVITATION), channels_count=50)) is Reason.LIMIT_REACHED
