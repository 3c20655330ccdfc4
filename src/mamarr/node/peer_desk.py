"""What persons at the machine of a node ask about its peers, and what becomes of it."""

import ipaddress
import re
import secrets
from hashlib import sha256
from urllib.parse import urlsplit

import msgspec

from mamarr.coordination import Peer, peers
from mamarr.coordination.peers import (
    SECRET_BYTES,
    URL_LENGTH_MAX,
    AddPeer,
    ConfirmPeer,
    InvitePeer,
    RenewPeer,
    RevokePeer,
)
from mamarr.engine import Order
from mamarr.faults import Reason, Refusal, WireError
from mamarr.geometry.units import epoch_ms
from mamarr.link.invitations import Kind, Read, Said, answer_of, read, to_sign, written
from mamarr.link.standings import Lines
from mamarr.names import Author
from mamarr.node.http_client import is_public, may_be_dialled
from mamarr.node.link_key import LinkKey
from mamarr.node.runtime import Runtime
from mamarr.record import Verifier

HOUR_MS = 3_600_000
# RFC 1123: labels of letters, digits and hyphens; a name in another script is said as DNS has it (xn--…).
HOST_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)


class Invite(msgspec.Struct, frozen=True, kw_only=True, tag="invite"):
    """Make an invitation for the node `peer`. url: where it may dial us; empty where it cannot."""

    peer: str
    url: str
    hours: int


class Add(msgspec.Struct, frozen=True, kw_only=True, tag="add"):
    """Take a text that a person of another node handed over. url: as of `Invite`."""

    text: str
    url: str = ""
    may_be_private: bool = False


class Confirm(msgspec.Struct, frozen=True, kw_only=True, tag="confirm"):
    """The words made of these two certificates were compared."""

    peer: str
    own_fingerprint: bytes
    fingerprint: bytes


class Revoke(msgspec.Struct, frozen=True, kw_only=True, tag="revoke"):
    """Speak with the node `peer` no more."""

    peer: str


class Look(msgspec.Struct, frozen=True, kw_only=True, tag="look"):
    """Say how things stand."""


Request = Invite | Add | Confirm | Revoke | Look


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of it. wrong: what the request or its text has wrong. refusal: why the answer is no.

    text: to hand over. peer: whom it was about. peers, lines: how they stand, for who looks. An invitation's
    secret is in `text` alone.
    """

    wrong: str = ""
    refusal: Refusal | None = None
    text: str = ""
    kind: Kind | None = None
    peer: Peer | None = None
    peers: tuple[Peer, ...] = ()
    lines: Lines | None = None


class PeerDesk:
    """Carries requests out at a node that runs. key: of its links."""

    def __init__(self, runtime: Runtime, key: LinkKey) -> None:
        self._runtime, self._key = runtime, key
        self._projection = runtime.decider.projection

    async def answer(self, request: Request, person: str) -> Reply:
        """What became of `request` of `person`."""
        try:
            match request:
                case Invite():
                    return await self._invite(request, person)
                case Add():
                    return await self._add(request, person)
                case Confirm():
                    command = ConfirmPeer(
                        peer=request.peer,
                        own_fingerprint=request.own_fingerprint,
                        fingerprint=request.fingerprint,
                    )
                    return await self._done(command, person)
                case Revoke():
                    return await self._done(RevokePeer(peer=request.peer), person)
                case Look():
                    values = [value for _, value in sorted(self._projection.peers.durable_items(), key=_key)]
                    return Reply(peers=tuple(map(_bare, values)), lines=self._runtime.lines())
        except WireError as wrong:
            return Reply(wrong=wrong.what)  # a place in what nobody can read says nothing to a person
        except ValueError as wrong:
            return Reply(wrong=str(wrong))

    async def _invite(self, request: Invite, person: str) -> Reply:
        secret = secrets.token_bytes(SECRET_BYTES)
        until_ms = epoch_ms(self._runtime.now()) + request.hours * HOUR_MS
        said = msgspec.structs.replace(
            self._own(Kind.INVITATION, request.url, secret=secret),
            receiver=request.peer,
            valid_until_ms=until_ms,
        )
        command = InvitePeer(peer=request.peer, secret=secret, valid_until_ms=until_ms)
        done = await self._done(command, person)
        return msgspec.structs.replace(done, text="" if done.refusal else self._signed(said), kind=said.kind)

    async def _add(self, request: Add, person: str) -> Reply:
        found = read(request.text, node=self._runtime.node_id, mode=self._runtime.mode)
        said = found.said
        if said.url:
            checked_dial(checked_url(said.url), may_be_private=request.may_be_private)
        if said.kind is Kind.RENEWAL:
            return await self._renew(found, person)
        about = said.about or sha256(said.secret).digest()
        command = AddPeer(
            peer=said.node,
            card=said.card_for(self._runtime.node_id, about),
            about=about,
            own_fingerprint=self._key.fingerprint,
            said=found.signed,
            valid_until_ms=said.valid_until_ms,
            proof=said.proof or None,
            may_be_private=request.may_be_private,
        )
        text = ""
        if said.kind is Kind.INVITATION:
            own = self._own(Kind.ANSWER, request.url, about=about)
            text = self._signed(answer_of(said, msgspec.structs.replace(own, receiver=said.node)))
        done = await self._done(command, person)
        return msgspec.structs.replace(done, text="" if done.refusal else text, kind=said.kind)

    async def _renew(self, found: Read, person: str) -> Reply:
        said, node = found.said, self._runtime.node_id
        held = self._projection.peers.durable(said.node)
        if held is None or held.card is None or held.card.fingerprint != said.before:
            return Reply(refusal=Refusal(reason=Reason.NOT_THERE), kind=said.kind)
        if not Verifier.from_text(held.card.key).checks(found.over, found.former):
            raise WireError("not signed by the key that counts now", at="$.signatures", code="signature")
        card = msgspec.structs.replace(said.card_for(node, held.about), url=held.card.url)
        command = RenewPeer(peer=said.node, fingerprint=said.before, card=card, said=found.signed)
        return msgspec.structs.replace(await self._done(command, person), kind=said.kind)

    async def _done(self, command: peers.Command, person: str) -> Reply:
        author = Author(party=self._projection.party, node=self._runtime.node_id, person=person)
        command_id = self._runtime.new_command_id()
        given = await self._runtime.submit(Order(command_id=command_id, author=author, command=command))
        refusal = given.outcome if isinstance(given.outcome, Refusal) else None
        held = self._projection.peers.durable(command.peer)
        return Reply(refusal=refusal, peer=None if held is None else _bare(held))

    def _own(self, kind: Kind, url: str, *, secret: bytes = b"", about: bytes = b"") -> Said:
        """What this node says of itself, in a text of that kind; of an answer the proof is still to come."""
        return Said(
            kind=kind,
            mode=self._runtime.mode,
            node=self._runtime.node_id,
            party=self._projection.party,
            certificate=self._key.certificate,
            url=checked_url(url) if url else "",
            secret=secret,
            about=about,
            proof=bytes(SECRET_BYTES) if about else b"",
        )

    def _signed(self, said: Said) -> str:
        return written(said, self._key.signed(to_sign(said)))


def renewal(old: LinkKey, new: LinkKey, party: str) -> str:
    """The text that tells every peer which certificate of a node follows: both keys sign it."""
    said = Said(
        kind=Kind.RENEWAL,
        mode=old.mode,
        node=old.node,
        party=party,
        certificate=new.certificate,
        before=old.fingerprint,
    )
    return written(said, new.signed(to_sign(said)), old.signed(to_sign(said)))


def checked_url(url: str) -> str:
    """`url`, if it is where a node can be dialled; ValueError otherwise.

    Of a stranger too: what it says will be looked up and connected to, so it has a name or an address of the
    usual form and a port that there is, or nothing is made of it.
    """
    try:
        parts = urlsplit(url)
        is_origin = url == f"https://{parts.netloc}" and parts.port != 0
        host = parts.hostname or ""
        may_be = may_be_dialled(host) if _is_address(host) else HOST_NAME.fullmatch(host) is not None
    except ValueError:  # a port beyond all, a bracket that is not closed
        is_origin = may_be = False
    if not (is_origin and may_be) or "@" in url or url != url.lower() or len(url) > URL_LENGTH_MAX:
        raise ValueError(
            f"{url[:200]!r} is not where a node can be dialled, such as https://node.example:8843"
        )
    return url


def checked_dial(url: str, *, may_be_private: bool) -> None:
    """ValueError where a node says an address of a network that is not public, and nobody here allowed one.

    Said before its text is taken, which happens once. What a name leads to is looked at with each dialling.
    """
    host = urlsplit(url).hostname or ""
    if _is_address(host) and not may_be_private and not is_public(host):
        raise ValueError(
            f"it says that it is dialled at {host}, which is not a public address: say --private if this "
            "node may dial that, or ask for a text with another address"
        )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _bare(value: Peer) -> Peer:
    """Without what must not be shown again."""
    if value.invitation is None:
        return value
    return msgspec.structs.replace(value, invitation=msgspec.structs.replace(value.invitation, secret=b""))


def _key(item: tuple[str, object]) -> str:
    return item[0]
