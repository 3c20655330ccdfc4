"""Acts that bind: which they are, what exactly is signed, whether a signature holds, and who must approve.

Nothing here reads a clock, a store or a request: bytes and values in, a verdict out.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from mamarr.faults import Unavailable
from mamarr.interop.access_messages import canonical, in_base64url
from mamarr.names import Mode
from mamarr.web.access.accounts import Account, AccountStore, PersonKey
from mamarr.web.access.callers import Why

DOMAIN = b"mamarr act 1\n"  # no signature made for anything else can begin like this
SIGNATURE_BYTES = 64  # Ed25519 (RFC 8032), and ES256 as WebCrypto has it: r and s of 32 bytes each
PUBLIC_KEY_BYTES = {"Ed25519": 32, "ES256": 65}
PENDING_LIFETIME = timedelta(hours=24)  # chosen: the next shift sees it, the one after does not
PENDING_MAX = 100  # chosen: acts that wait at one node; more are refused
PENDING_PERSON_MAX = 3  # chosen: acts of one person that wait; one person cannot fill the list


class Act(StrEnum):
    """The acts that bind."""

    ACKNOWLEDGE = "acknowledge"
    SIGN = "sign"
    SUSPEND = "suspend"
    DISCLOSE = "disclose"
    KEY_CHANGE = "key-change"
    INHIBIT = "inhibit"
    CONFIRM_RESTORE = "confirm-restore"


# THREATS 2: these need a second person of the same party.
NEEDS_SECOND_PERSON = frozenset({Act.SUSPEND, Act.DISCLOSE, Act.KEY_CHANGE, Act.INHIBIT})


def signed_bytes(*, node_id: str, mode: Mode, command_id: str, command: dict[str, Any]) -> bytes:
    """What a person's key signs: the command whole, where it is given, in which mode, under which id.

    ValueError when the command has no canonical form.
    """
    said = {"node_id": node_id, "mode": str(mode), "command_id": command_id, "command": command}
    return DOMAIN + canonical(said)


def is_signed(
    message: bytes, signature: bytes, *, algorithm: Literal["Ed25519", "ES256"], public_key: bytes
) -> bool:
    """Whether `signature` over `message` is by `public_key`. Never raises for a stranger's bytes.

    public_key: 32 bytes for Ed25519, 65 (an uncompressed P-256 point) for ES256. signature: 64 bytes.
    """
    if len(signature) != SIGNATURE_BYTES or len(public_key) != PUBLIC_KEY_BYTES[algorithm]:
        return False
    try:
        if algorithm == "Ed25519":
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        else:
            point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
            r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
            point.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def is_signed_by(account: Account, key_id: str, message: bytes, signature: bytes) -> bool:
    """Whether the person of `account` signed `message` with a key that still counts."""
    key = account.person_key(key_id)
    if key is None or key.withdrawn_at is not None or account.is_disabled:
        return False
    return is_signed(message, signature, algorithm=key.algorithm, public_key=key.public_key)


def key_id_of(algorithm: str, public_key: bytes) -> str:
    """The name of a public key: 132 bits of its hash, so that nobody can give two keys one name."""
    return in_base64url(sha256(algorithm.encode() + b"\n" + public_key).digest())[:22]


def enrolment(person_id: str, key: PersonKey) -> dict[str, Any]:
    """The command that the new key itself signs when a person enrols it."""
    return {"type": "enrol-key", **_said(person_id, key)}


def key_change(person_id: str, key: PersonKey) -> dict[str, Any]:
    """The command that a second person signs to let `key` count for `person_id`."""
    return {"type": str(Act.KEY_CHANGE), **_said(person_id, key)}


def _said(person_id: str, key: PersonKey) -> dict[str, Any]:
    return {
        "person": person_id,
        "key_id": key.key_id,
        "algorithm": key.algorithm,
        "public_key": in_base64url(key.public_key),
    }


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """An act that one person asked for and that waits for another. command: what the second one signs."""

    act_id: str
    act: Act
    party: str
    asked_by: str
    asked_at: datetime
    command: dict[str, Any]
    key: PersonKey | None = None

    @property
    def until(self) -> datetime:
        """When it is void."""
        return self.asked_at + PENDING_LIFETIME


class PendingActs:
    """Acts that wait for a second person, kept in `store`: a restart loses none and does none twice."""

    def __init__(self, store: AccountStore) -> None:
        self._store = store
        kept = sorted(map(_read, store.acts().values()), key=lambda each: (each.asked_at, each.act_id))
        self._pending = OrderedDict((each.act_id, each) for each in kept)

    def ask(self, pending: Pending, now: datetime) -> Why | None:
        """Let `pending` wait; TOO_MANY_PENDING when too many do, else None."""
        self._drop_void(now)
        of_person = sum(each.asked_by == pending.asked_by for each in self._pending.values())
        if len(self._pending) >= PENDING_MAX or of_person >= PENDING_PERSON_MAX:
            return Why.TOO_MANY_PENDING
        self._store.keep_act(pending.act_id, msgspec.json.encode(pending))
        self._pending[pending.act_id] = pending
        return None

    def of_party(self, party: str, now: datetime) -> tuple[Pending, ...]:
        """What waits for a second person of `party`, oldest first."""
        self._drop_void(now)
        return tuple(each for each in self._pending.values() if each.party == party)

    def approve(
        self, act_id: str, approver: Account, *, key_id: str, message: bytes, signature: bytes, now: datetime
    ) -> Pending | Why:
        """The act that a second person approves; it waits until it is `done`.

        message: `signed_bytes` of the act's command, under its own id. NOT_THERE for what does not wait in
        the approver's party, SECOND_PERSON for whoever asked, NOT_SIGNED otherwise.
        """
        found = self.find(act_id, approver.party, now)
        if found is None:
            return Why.NOT_THERE
        if found.asked_by == approver.person_id:
            return Why.SECOND_PERSON
        if not is_signed_by(approver, key_id, message, signature):
            return Why.NOT_SIGNED
        return found

    def done(self, act_id: str) -> None:
        """Forget an act that was done, or cannot be done any more."""
        self._store.drop_act(act_id)
        self._pending.pop(act_id)

    def decline(self, act_id: str, party: str, now: datetime) -> bool:
        """Let an act of `party` wait no longer, without its being done; whether it waited."""
        if self.find(act_id, party, now) is None:
            return False
        self.done(act_id)
        return True

    def find(self, act_id: str, party: str, now: datetime) -> Pending | None:
        """The act of this id that waits in `party`."""
        return next((each for each in self.of_party(party, now) if each.act_id == act_id), None)

    def _drop_void(self, now: datetime) -> None:
        while self._pending and next(iter(self._pending.values())).until <= now:
            self.done(next(iter(self._pending)))


def _read(body: bytes) -> Pending:
    try:
        return msgspec.json.decode(body, type=Pending)
    except msgspec.DecodeError as wrong:
        raise Unavailable("the accounts: an act that waits in them is damaged") from wrong
