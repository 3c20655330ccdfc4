"""Signed heads of the log, as C2SP checkpoints in signed notes, with Ed25519 keys.

Source: C2SP tlog-checkpoint (origin, size, base64 root, one line each) and C2SP signed-note (a text ending
in a newline, a blank line, lines of em dash, key name and base64 of key id and signature; the key id is the
first four bytes of SHA-256(key name || 0x0A || 0x01 || 32-byte public key)).
"""

import base64
import binascii
import re
from functools import lru_cache
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"  # signed-note: signature type identifier
NOTE_BYTES_MAX = 64 * 1024  # chosen: signed-note asks for 16 signatures at least, a few kB
KEYS_REMEMBERED_MAX = 64  # chosen: of the own log and of all peers, some 300 bytes each
SIGNATURES_MAX = 16  # signed-note: verifiers must accept at least 16
KEY_NAME = re.compile(r"[^\s+]+")
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
DASH = "— "


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a head says: the log's origin, how many leaves it has, and the 32-byte root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text, each line with its newline."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"


class Verifier(msgspec.Struct, frozen=True):
    """A public key with its name: checks what its `Signer` signed.

    name: the key name, which is the log's origin. public_key: 32 bytes, RFC 8032.
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if KEY_NAME.fullmatch(self.name) is None or len(self.public_key) != 32:
            raise ValueError("a verifier is a name without spaces or plus and a public key of 32 bytes")

    def key_id(self) -> bytes:
        """The four bytes that stand before each signature of this key."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:4]

    def text(self) -> str:
        """The key as one line, `name+id+base64`, as signed-note tools write it."""
        return f"{self.name}+{self.key_id().hex()}+{_b64(ED25519 + self.public_key)}"

    @classmethod
    def from_text(cls, text: str) -> "Verifier":
        """Read what `text` writes; ValueError says what is wrong with it."""
        name, _, rest = text.strip().partition("+")
        key_id, _, key = rest.partition("+")
        raw = _unb64(key)
        if raw is None or raw[:1] != ED25519:
            raise ValueError("not a verifier key of the form name+id+base64 with an Ed25519 key")
        verifier = cls(name, raw[1:])
        if verifier.key_id().hex() != key_id:
            raise ValueError(f"the key id {key_id[:16]!r} does not belong to this name and key")
        return verifier

    def checks(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (64 bytes) is this key's over `message`."""
        try:
            _public(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def open(self, note: str) -> Checkpoint:
        """The checkpoint in a `note` that this key signed; ValueError says why it is none."""
        return _checkpoint(self.text_of(note))

    def text_of(self, note: str) -> str:
        """The text of a `note` that this key signed; ValueError says why it is none."""
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        if not text.strip() or len(note.encode()) > NOTE_BYTES_MAX or not note.endswith("\n"):
            raise ValueError("not a signed note")
        if any(letter < " " and letter != "\n" for letter in note):
            raise ValueError("not a signed note: it has control characters")
        lines = signatures.removesuffix("\n").split("\n")
        if not lines or not lines[0].startswith(DASH):
            raise ValueError("not a signed note: no signature line after the last blank line")
        if len(lines) > SIGNATURES_MAX:
            raise ValueError(f"more than {SIGNATURES_MAX} signatures")
        signed = [self._signature(line) for line in lines]
        ours = [signature for signature in signed if signature is not None]
        if not ours:
            raise ValueError(f"no signature by {self.name} ({self.key_id().hex()})")
        if not all(self.checks(text.encode(), signature) for signature in ours):
            raise ValueError(f"the signature by {self.name} does not fit the text")
        return text

    def _signature(self, line: str) -> bytes | None:
        if not line.startswith(DASH):
            raise ValueError("a signature line that does not begin with an em dash and a space")
        name, _, encoded = line.removeprefix(DASH).partition(" ")
        raw = _unb64(encoded)
        if raw is None or len(raw) < 5:
            raise ValueError("a signature line without a base64 signature")
        return raw[4:] if name == self.name and raw[:4] == self.key_id() else None


@lru_cache(KEYS_REMEMBERED_MAX)
def _public(raw: bytes) -> Ed25519PublicKey:
    """The key of these 32 bytes, with which much is checked."""
    return Ed25519PublicKey.from_public_bytes(raw)


class Signer:
    """A private key with its name. The key never leaves this object."""

    def __init__(self, name: str, private_key: bytes) -> None:
        """name: the log's origin. private_key: 32 bytes of entropy, RFC 8032; ValueError otherwise."""
        if len(private_key) != 32:
            raise ValueError("an Ed25519 private key has 32 bytes")
        self._key = Ed25519PrivateKey.from_private_bytes(private_key)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over `message`."""
        return self._key.sign(message)

    def seal(self, checkpoint: Checkpoint) -> str:
        """The signed note over `checkpoint`."""
        text = checkpoint.text()
        signature = self.verifier.key_id() + self.sign(text.encode())
        return f"{text}\n{DASH}{self.verifier.name} {_b64(signature)}\n"


def _checkpoint(text: str) -> Checkpoint:
    origin, size, encoded = (*text.split("\n"), "", "", "")[:3]
    root = _unb64(encoded)
    if KEY_NAME.fullmatch(origin) is None or SIZE.fullmatch(size) is None or root is None or len(root) != 32:
        raise ValueError("the note is not a checkpoint: origin, size and root in the first three lines")
    return Checkpoint(origin=origin, size=int(size), root=root)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unb64(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if _b64(raw) == text else None
