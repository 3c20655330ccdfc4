"""The messages of signing in, of passkeys, and of the keys with which persons sign acts that bind.

Bytes are base64url without padding, as WebAuthn has them. No message that leaves carries a secret.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from mamarr.faults import WireError
from mamarr.interop.wire import decoded

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Bytes = Annotated[str, msgspec.Meta(min_length=1, max_length=16_384, pattern="^[A-Za-z0-9_-]*$")]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
KeyAlgorithm = Literal["Ed25519", "ES256"]
SIGNATURE_HEADER = re.compile(r"([A-Za-z0-9_-]{16,64}):([A-Za-z0-9+/]{80,100}={0,2})")


class WaysMessage(msgspec.Struct, frozen=True, kw_only=True):
    """How a person may sign in here. provider: what people call the OpenID provider, if there is one."""

    password: bool
    passkey: bool
    provider: str | None = None


class SignInMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sign in with an account's name and password."""

    name: Name
    password: Password


class PasswordChangeMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Change one's own password. 12 to 128 characters, no other rule but that it must not hold the name."""

    old: Password
    new: Password


class AcceptedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """It is done; nothing of it is in the record."""

    done: bool = True


class PasskeyAskedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser needs for a WebAuthn ceremony. exclude: credentials the person has already.

    algorithms: COSE numbers, best first. User verification is required in both ceremonies.
    """

    challenge: str
    relying_party: str
    user_handle: str | None = None
    user_name: str | None = None
    display_name: str | None = None
    exclude: tuple[str, ...] = ()
    algorithms: tuple[int, ...] = ()
    timeout_ms: int


class PasskeyMadeMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The browser's answer to a registration."""

    credential_id: Bytes
    client_json: Bytes
    attestation: Bytes


class PasskeyUsedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The browser's answer to a sign-in."""

    credential_id: Bytes
    client_json: Bytes
    authenticator: Bytes
    signature: Bytes
    user_handle: Bytes | None = None


class PersonKeyMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Enrol a public key. proof: a signature by the new key over the act `enrol-key`, to show who has it.

    public_key: Ed25519 32 bytes; ES256 65 bytes, an uncompressed point.
    """

    algorithm: KeyAlgorithm
    public_key: Bytes
    proof: Bytes


class EnrolledMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an enrolment. act_id: what a second person must approve; None: the key counts."""

    key_id: str
    act_id: str | None = None


class KeyMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One key of the asker's."""

    key_id: str
    algorithm: KeyAlgorithm
    added_at: Moment
    withdrawn_at: Moment | None = None


class PendingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An act that waits for a second person of the same party. command: a JSON text, what is to be signed."""

    act_id: str
    asked_by: str
    mine: bool
    asked_at: Moment
    until: Moment
    command: str


class PersonKeysMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The asker's keys, and what waits for a second person of the asker's party."""

    person: str
    keys: tuple[KeyMessage, ...]
    pending: tuple[PendingMessage, ...]


class _ClientJson(msgspec.Struct, frozen=True):
    challenge: str


def in_base64url(value: bytes) -> str:
    """`value` as base64url without padding."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def bytes_of(text: str, *, at: str) -> bytes:
    """The bytes of a base64url text; WireError at the JSON path `at` when it is none."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as wrong:
        raise WireError("not base64url", at=at) from wrong


def challenge_in(client_json: str) -> bytes:
    """The challenge that a browser says it answered; WireError when there is none."""
    said = decoded(_ClientJson, bytes_of(client_json, at="$.client_json"))
    return bytes_of(said.challenge, at="$.client_json")


def act_signature(header: str) -> tuple[str, bytes]:
    """Key id and signature of the header `Mamarr-Act-Signature: <key id>:<base64>`; WireError otherwise."""
    found = SIGNATURE_HEADER.fullmatch(header)
    at = "header:Mamarr-Act-Signature"
    if found is None:
        raise WireError("not a signature", at=at, allowed="<key id>:<base64>")
    try:
        return found[1], binascii.a2b_base64(found[2], strict_mode=True)
    except binascii.Error as wrong:
        raise WireError("not base64", at=at, allowed="<key id>:<base64>") from wrong


def canonical(value: Any) -> bytes:
    """`value` as canonical JSON: keys sorted, no spaces, UTF-8; the page writes the same bytes.

    A subset of RFC 8785 in which Python and JavaScript agree by themselves: objects with ASCII keys, lists,
    texts, whole numbers within 2**53, true, false, null. ValueError for anything else.
    """
    _check(value)
    return msgspec.json.encode(value, order="sorted")


def _check(value: Any) -> None:
    match value:
        case None | bool() | str():
            return
        case int() if abs(value) < 2**53:
            return
        case dict():
            if not all(isinstance(key, str) and key.isascii() for key in value):
                raise ValueError("keys are ASCII texts")
            for each in value.values():
                _check(each)
        case list() | tuple():
            for each in value:
                _check(each)
        case _:
            raise ValueError(f"{type(value).__name__} has no canonical form here")
