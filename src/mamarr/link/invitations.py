"""Texts that persons hand to each other: an invitation, its answer, a next certificate.

A text is `mamarr-1-` and, in URL-safe base64, a MessagePack array of what is said and the signatures over it:
of the key in the certificate that it has; of a next certificate also of the key that counts now. Spaces and
ends of lines count for nothing. A signature shows that the text came whole; the words show from whom.
"""

import base64
import binascii
from enum import StrEnum

import msgspec

from mamarr.coordination.peers import DIGEST_BYTES, Card, proof
from mamarr.faults import WireError
from mamarr.link.certificates import link_name, public_key
from mamarr.link.envelopes import key_name
from mamarr.names import PARTY_ID, Mode
from mamarr.record import Verifier

BEGINS = "mamarr-1-"
DOMAIN = b"mamarr invitation 1\n"
TEXT_LENGTH_MAX = 4_096  # chosen: four times the longest that is made
SIGNATURE_BYTES = 64
NAME_SHOWN = 40  # of what a text says: longer than any name of a node


class Kind(StrEnum):
    """What a text is."""

    INVITATION = "INVITATION"
    ANSWER = "ANSWER"
    RENEWAL = "RENEWAL"


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a text says. node, party, mode, certificate, url: of who says it. receiver: for which node.

    secret: of an invitation, until valid_until_ms. about: of an answer, SHA-256 of the secret of what it
    answers; proof: as of `coordination.peers`. before: of a renewal, SHA-256 of the certificate until then.
    """

    kind: Kind
    mode: Mode
    node: str
    party: str
    certificate: bytes
    url: str = ""
    receiver: str = ""
    secret: bytes = b""
    valid_until_ms: int = 0
    about: bytes = b""
    proof: bytes = b""
    before: bytes = b""

    def __post_init__(self) -> None:
        for name, value, kind in (
            ("secret", self.secret, Kind.INVITATION),
            ("about", self.about, Kind.ANSWER),
            ("proof", self.proof, Kind.ANSWER),
            ("before", self.before, Kind.RENEWAL),
        ):
            if len(value) != (DIGEST_BYTES if kind is self.kind else 0):
                raise ValueError(f"{name} is missing, or where it does not belong")

    def card_for(self, node: str, about: bytes) -> Card:
        """What the sender says of itself, as `node` keeps it. WireError for a certificate that is none.

        about: as of `key_name`.
        """
        key = public_key(self.certificate, link_name(self.node, self.mode))
        name = key_name(self.node, self.mode, node, about)
        return Card(
            party=self.party, certificate=self.certificate, key=Verifier(name, key).text(), url=self.url
        )


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A text as it came. said: checked against its own certificate. signed: what it says, and signatures.

    over: what the signatures are over; former: of a renewal, that of the key until then, not checked yet.
    """

    said: Said
    signed: bytes
    over: bytes
    former: bytes = b""


def written(said: Said, *signatures: bytes) -> str:
    """The text. signatures: of the key in the certificate, then of the one before it where there is one."""
    raw = _encode((_encode(said), b"".join(signatures)))
    return BEGINS + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def to_sign(said: Said) -> bytes:
    """What the signatures are over."""
    return DOMAIN + _encode(said)


def answer_of(to: Said, own: Said) -> Said:
    """`own`, as an answer to the invitation `to`. own: says who we are."""
    card = own.card_for(to.node, own.about)
    shown = proof(to.secret, inviter=to.node, invited=own.node, card=card)
    return msgspec.structs.replace(own, proof=shown)


def read(text: str, *, node: str, mode: Mode) -> Read:
    """What a text says to `node`. WireError: what is wrong with it."""
    bare = "".join(text.split())
    if len(bare) > TEXT_LENGTH_MAX or not bare.startswith(BEGINS):
        raise WireError(
            f"no text of this version: one begins with {BEGINS} and has at most {TEXT_LENGTH_MAX} letters"
        )
    encoded = bare.removeprefix(BEGINS)
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != encoded:
            raise ValueError("written in another form than the one it has")
        payload, signatures = _array(raw)
        said = _said(payload)
        if _encode((payload, signatures)) != raw or _encode(said) != payload:
            raise ValueError("written in another form than the one it has")
    except (ValueError, binascii.Error, msgspec.DecodeError, RecursionError) as wrong:
        raise WireError(
            f"the text is damaged or cut short: copy all of it, from {BEGINS} to its end", code="form"
        ) from wrong
    _check(said, node=node, mode=mode)
    count = 2 if said.kind is Kind.RENEWAL else 1
    if len(signatures) != count * SIGNATURE_BYTES:
        raise WireError("not signed as it should be", at="$.signatures", code="signature")
    own = Verifier(BEGINS, public_key(said.certificate, link_name(said.node, said.mode)))
    if not own.checks(DOMAIN + payload, signatures[:SIGNATURE_BYTES]):
        raise WireError(
            "not signed by the key in its certificate: the text was changed on its way",
            at="$.signatures",
            code="signature",
        )
    return Read(said=said, signed=raw, over=DOMAIN + payload, former=signatures[SIGNATURE_BYTES:])


def renewed(signed: bytes, former: Verifier) -> Said:
    """What a renewal says that the key in it and `former` signed; ValueError or WireError when they did not.

    signed: as of `Read`, from a record.
    """
    payload, signatures = _array(signed)
    said, over = _said(payload), DOMAIN + payload
    own = Verifier(BEGINS, public_key(said.certificate, link_name(said.node, said.mode)))
    is_signed = own.checks(over, signatures[:SIGNATURE_BYTES])
    if not (is_signed and former.checks(over, signatures[SIGNATURE_BYTES:])):
        raise ValueError("it is not signed by both keys")
    return said


def _check(said: Said, *, node: str, mode: Mode) -> None:
    for name, value in (("node", said.node), ("party", said.party)):
        if PARTY_ID.fullmatch(value) is None:
            raise WireError(f"no {name} has such a name", at=f"$.{name}")
    if said.mode is not mode:
        raise WireError(f"it is of a node in {said.mode}, this node is in {mode}", at="$.mode", code="mode")
    if said.node == node:
        raise WireError(
            "it is this node's own: a person of the other node adds it", at="$.node", code="address"
        )
    if said.receiver != node and said.kind is not Kind.RENEWAL:
        raise WireError(
            f"it is for another node: for {said.receiver[:NAME_SHOWN]}, this is {node}",
            at="$.receiver",
            code="address",
        )


_encode = msgspec.msgpack.Encoder().encode
_array = msgspec.msgpack.Decoder(tuple[bytes, bytes]).decode
_said = msgspec.msgpack.Decoder(Said).decode
