"""Peers: which other nodes persons of ours join to ours, and what proves on the line that it is them.

One person invites, the other answers, each hands the other a text. What a node says of itself there binds
nobody: both persons compare six words, made of both certificates, and each says so to the own node. Only then
is there a channel. A certificate is known by its SHA-256; no authority signs it, and its dates say nothing.
"""

import hmac
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

import msgspec

from mamarr.coordination import returning
from mamarr.coordination.agreements import HANDED_MAX
from mamarr.coordination.channels import (
    CHANNELS_MAX,
    Channel,
    ChannelBegun,
    ChannelOpened,
    ChannelRenewed,
    ChannelStopped,
    Stopped,
)
from mamarr.coordination.crossings import CrossingGivenBack
from mamarr.faults import Reason, Refusal, limit_reached, present
from mamarr.geometry.units import epoch_ms
from mamarr.names import PARTY_ID, Author, matched

SECRET_BYTES = 32
DIGEST_BYTES = 32
CERTIFICATE_BYTES_MAX = 1_024  # chosen: three times one of an Ed25519 key with a long name
URL_LENGTH_MAX = 200  # chosen: a name of a host has 253 characters at most, none in use nearly so many
VALID_MAX_MS = 7 * 24 * 3_600_000  # chosen: a week to reach a person; a lost invitation is a risk as long
COUNT_MAX = 1 << 53

# What it is


class Bond(StrEnum):
    """How far two nodes are joined, as this one sees it.

    INVITED: an invitation of ours is open. UNCOMPARED: it said who it is, and no person of ours has compared
    the words. CONFIRMED: one has. REVOKED: a person of ours ended it. LAPSED: nobody answered in time.
    """

    INVITED = "INVITED"
    UNCOMPARED = "UNCOMPARED"
    CONFIRMED = "CONFIRMED"
    REVOKED = "REVOKED"
    LAPSED = "LAPSED"


class Invitation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An invitation of ours. secret: proves that an answer is to it; it holds until valid_until_ms."""

    secret: bytes
    valid_until_ms: int


class Card(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a node says of itself. certificate: DER. key: checks its envelopes, as text.

    url: where it can be dialled, https; empty where it only dials.
    """

    party: str
    certificate: bytes
    key: str
    url: str = ""

    def __post_init__(self) -> None:
        matched("party", self.party, PARTY_ID)
        if not 0 < len(self.certificate) <= CERTIFICATE_BYTES_MAX:
            raise ValueError(f"a certificate of none or more than {CERTIFICATE_BYTES_MAX} bytes")
        if len(self.url) > URL_LENGTH_MAX:
            raise ValueError(f"an address of more than {URL_LENGTH_MAX} characters")

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate."""
        return sha256(self.certificate).digest()


class Peer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What is decided about another node. peer: its id. invitation: ours, while nobody answered.

    card: what it said of itself, with the invitation whose SHA-256 of the secret is `about`; own_fingerprint:
    of our certificate then. may_be_private: whether its address may lie on this machine or in a network that
    is not public. next: the card with the certificate that follows, which its present key signed.
    """

    peer: str
    invitation: Invitation | None = None
    card: Card | None = None
    about: bytes = b""
    own_fingerprint: bytes = b""
    may_be_private: bool = False
    is_confirmed: bool = False
    is_revoked: bool = False
    next: Card | None = None

    @property
    def pinned(self) -> tuple[Card, ...]:
        """The cards whose certificates may speak on the line; none before the words were compared."""
        if not self.is_confirmed or self.is_revoked:
            return ()
        return tuple(each for each in (self.card, self.next) if each is not None)


def bond(value: Peer, now_ms: int) -> Bond:
    """How far it is joined at `now_ms`."""
    if value.is_revoked:
        return Bond.REVOKED
    if value.is_confirmed:
        return Bond.CONFIRMED
    if value.card is not None:
        return Bond.UNCOMPARED
    is_open = value.invitation is not None and now_ms < value.invitation.valid_until_ms
    return Bond.INVITED if is_open else Bond.LAPSED


def proof(secret: bytes, *, inviter: str, invited: str, card: Card) -> bytes:
    """What shows that `invited` answers an invitation of `inviter` with `card`: HMAC-SHA256, 32 bytes."""
    said = "\n".join((inviter, invited, card.party, card.key, card.url)).encode()
    return hmac.digest(secret, said + b"\n" + card.certificate, "sha256")


# What may be asked


class InvitePeer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="invite-peer"):
    """Let the node `peer` answer once, until valid_until_ms, to who has `secret`."""

    peer: str
    secret: bytes
    valid_until_ms: int

    def __post_init__(self) -> None:
        matched("peer", self.peer, PARTY_ID)
        _sized("secret", self.secret, SECRET_BYTES)


class AddPeer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="add-peer"):
    """Take what a node says of itself; the channel stays shut until the words were compared.

    With an invitation of the peer's: `about` is the SHA-256 of its secret, which holds until valid_until_ms.
    With its answer to one of ours: `proof` is there. said: the text, whose signature was checked.
    """

    peer: str
    card: Card
    about: bytes
    own_fingerprint: bytes
    said: bytes
    valid_until_ms: int = 0
    proof: bytes | None = None
    may_be_private: bool = False

    def __post_init__(self) -> None:
        matched("peer", self.peer, PARTY_ID)
        _sized("about", self.about, DIGEST_BYTES)
        _sized("own_fingerprint", self.own_fingerprint, DIGEST_BYTES)


class ConfirmPeer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="confirm-peer"):
    """Two persons compared the words that are made of these two certificates: let there be a channel."""

    peer: str
    own_fingerprint: bytes
    fingerprint: bytes


class RevokePeer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="revoke-peer"):
    """Let its certificates count no more, and nothing go over the line."""

    peer: str


class RenewPeer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="renew-peer"):
    """Take the certificate that will follow, beside the one that counts now, whose `fingerprint` this is.

    said: the text, which the present key and the next one signed, as was checked.
    """

    peer: str
    fingerprint: bytes
    card: Card
    said: bytes


class TakeNext(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="take-next"):
    """The peer speaks with its next certificate: let the one before count no more."""

    peer: str
    fingerprint: bytes


Command = InvitePeer | AddPeer | ConfirmPeer | RevokePeer | RenewPeer | TakeNext


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="peer"):
    """What the decision may rest on. party, node: our own. count: how many peers are known.

    held: what is decided about the peer. channel_party, channel_stopped: of the channel to it, if there is
    one. channels_count: how many there are. returns: what is to be said where the line begins anew.
    """

    party: str
    node: str
    count: int = 0
    held: Peer | None = None
    channel_party: str | None = None
    channel_stopped: Stopped | None = None
    channels_count: int = 0
    returns: returning.Return | None = None


# What may happen


class PeerInvited(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="peer-invited"):
    """An invitation is open."""

    peer: str
    invitation: Invitation


class PeerAdded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="peer-added"):
    """It said who it is; the words can be compared. Fields: as of `Peer`."""

    peer: str
    card: Card
    about: bytes
    own_fingerprint: bytes
    may_be_private: bool = False


class PeerConfirmed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="peer-confirmed"):
    """The words were compared."""

    peer: str


class PeerRevoked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="peer-revoked"):
    """It may speak no more."""

    peer: str


class PeerRenewed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="peer-renewed"):
    """A certificate may speak for it beside the one that counts now."""

    peer: str
    card: Card


class NextTaken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="next-taken"):
    """The next certificate is the one that counts now."""

    peer: str


Event = PeerInvited | PeerAdded | PeerConfirmed | PeerRevoked | PeerRenewed | NextTaken
Happened = (
    Event
    | ChannelOpened
    | ChannelBegun
    | ChannelRenewed
    | ChannelStopped
    | CrossingGivenBack
    | returning.Changed
)
Outcome = tuple[Happened, ...] | Refusal


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> Outcome:
    """Answer one command about one peer. Never raises; says no prose."""
    is_rule = author.rule is not None
    if author.party != facts.party or is_rule != isinstance(command, TakeNext):
        return Refusal(reason=Reason.NOT_YOURS)
    if command.peer == facts.node:
        return Refusal(reason=Reason.NOT_YOURS)
    match command:
        case InvitePeer():
            return _invited(command, facts, epoch_ms(now))
        case AddPeer():
            return _added(command, facts, epoch_ms(now))
        case ConfirmPeer():
            return _confirmed(command, facts, epoch_ms(now))
        case RevokePeer():
            return _revoked(command, facts)
        case RenewPeer() | TakeNext():
            return _renewed(command, facts)


def _invited(command: InvitePeer, facts: Facts, now_ms: int) -> Outcome:
    if facts.held is not None and _is_joined(facts.held, facts):
        return Refusal(reason=Reason.ID_TAKEN, because=(command.peer,))
    if facts.held is None and facts.count >= CHANNELS_MAX:
        return limit_reached("peers_max")
    if command.valid_until_ms <= now_ms:
        return Refusal(reason=Reason.TIME_PAST)
    if command.valid_until_ms > now_ms + VALID_MAX_MS:
        return Refusal(reason=Reason.TOO_FAR_AHEAD)
    invitation = Invitation(secret=command.secret, valid_until_ms=command.valid_until_ms)
    return (PeerInvited(peer=command.peer, invitation=invitation),)


def _added(command: AddPeer, facts: Facts, now_ms: int) -> Outcome:
    held = facts.held
    if command.card.party == facts.party or facts.channel_party not in (None, command.card.party):
        return Refusal(reason=Reason.NOT_YOURS)
    if held is not None and _is_joined(held, facts):
        return Refusal(reason=Reason.ID_TAKEN, because=(command.peer,))
    if held is None and facts.count >= CHANNELS_MAX:
        return limit_reached("peers_max")
    until_ms = command.valid_until_ms
    if command.proof is not None:
        ours = None if held is None else held.invitation
        if ours is None or not _answers(command, ours, facts.node):
            return Refusal(reason=Reason.NOT_THERE)
        until_ms = ours.valid_until_ms
    elif held is not None and held.about == command.about:
        return Refusal(reason=Reason.WRONG_STATUS)  # this invitation was taken before: it is for once
    if until_ms <= now_ms:
        return Refusal(reason=Reason.TIME_PAST)
    added = PeerAdded(
        peer=command.peer,
        card=command.card,
        about=command.about,
        own_fingerprint=command.own_fingerprint,
        may_be_private=command.may_be_private,
    )
    return (added,)


def _answers(command: AddPeer, ours: Invitation, node: str) -> bool:
    expected = proof(ours.secret, inviter=node, invited=command.peer, card=command.card)
    is_ours = command.about == sha256(ours.secret).digest()
    return is_ours and hmac.compare_digest(expected, command.proof or b"")


def _confirmed(command: ConfirmPeer, facts: Facts, now_ms: int) -> Outcome:
    held = facts.held
    if held is None or held.card is None:
        return Refusal(reason=Reason.NOT_THERE)
    compared = (command.own_fingerprint, command.fingerprint)
    if held.is_confirmed or held.is_revoked or compared != (held.own_fingerprint, held.card.fingerprint):
        return Refusal(reason=Reason.WRONG_STATUS)
    confirmed, card = PeerConfirmed(peer=command.peer), held.card
    if facts.returns is not None:
        given = facts.returns
        if given.is_kept:
            return Refusal(reason=Reason.NOT_YET, because=(command.peer,))
        if max(len(given.asked), len(given.told)) > HANDED_MAX:
            return limit_reached("handed_max")
        given_up = (
            CrossingGivenBack(crossing_id=each.crossing_id, revision=each.revision, time_ms=now_ms)
            for each in given.unanswered
        )
        return (confirmed, *returning.begun(command.peer, card.key, given, now_ms), *given_up)
    if facts.channels_count >= CHANNELS_MAX:
        return limit_reached("channels_max")
    return (confirmed, ChannelOpened(peer=command.peer, party=card.party, key=card.key))


def _revoked(command: RevokePeer, facts: Facts) -> Outcome:
    if facts.held is None:
        return Refusal(reason=Reason.NOT_THERE)
    if facts.held.is_revoked:
        return Refusal(reason=Reason.WRONG_STATUS)
    is_open = facts.channel_party is not None and facts.channel_stopped is not Stopped.CLOSED
    stopped = (ChannelStopped(peer=command.peer, why=Stopped.CLOSED),) if is_open else ()
    return (PeerRevoked(peer=command.peer), *stopped)


def _renewed(command: RenewPeer | TakeNext, facts: Facts) -> Outcome:
    held = facts.held
    if held is None or held.card is None or not held.pinned:
        return Refusal(reason=Reason.NOT_THERE)
    if isinstance(command, TakeNext):
        if held.next is None or held.next.fingerprint != command.fingerprint:
            return Refusal(reason=Reason.WRONG_STATUS)
        return (NextTaken(peer=command.peer), ChannelRenewed(peer=command.peer, key=held.next.key))
    if held.card.fingerprint != command.fingerprint or command.card.party != held.card.party:
        return Refusal(reason=Reason.WRONG_STATUS)
    if command.card.certificate == held.card.certificate or held.next == command.card:
        return Refusal(reason=Reason.WRONG_STATUS)
    return (PeerRenewed(peer=command.peer, card=command.card),)


def _is_joined(held: Peer, facts: Facts) -> bool:
    """Whether it must be revoked before it can be joined anew; not where our record was set back: until the
    peer has returned what it has, this node is not to go on without it."""
    is_set_back = facts.channel_stopped is Stopped.SET_BACK
    return held.is_confirmed and not held.is_revoked and not is_set_back


# How it changes


def evolve(value: Peer | None, event: Event) -> Peer:
    """The peer after `event`. Stops when the two contradict each other."""
    match event:
        case PeerInvited():
            about = b"" if value is None else value.about
            return Peer(peer=event.peer, invitation=event.invitation, about=about)
        case PeerAdded():
            return Peer(
                peer=event.peer,
                card=event.card,
                about=event.about,
                own_fingerprint=event.own_fingerprint,
                may_be_private=event.may_be_private,
            )
        case PeerConfirmed():
            return msgspec.structs.replace(_held(value), is_confirmed=True)
        case PeerRevoked():
            return msgspec.structs.replace(_held(value), is_revoked=True, invitation=None, next=None)
        case PeerRenewed():
            return msgspec.structs.replace(_held(value), next=event.card)
        case NextTaken():
            return msgspec.structs.replace(_held(value), card=_held(value).next, next=None)


def _held(value: Peer | None) -> Peer:
    return present(value, "changed while not there")


def known_of(channel: Channel | None) -> tuple[str | None, Stopped | None]:
    """What the facts say of the channel to a peer: whose it is, and why it is stopped."""
    return (None, None) if channel is None else (channel.party, channel.stopped)


def _sized(name: str, value: bytes, size: int) -> None:
    if len(value) != size:
        raise ValueError(f"{name} has {len(value)} bytes instead of {size}")
