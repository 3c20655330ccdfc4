"""Files of secrets; among them the node's signing key, encrypted at rest (THREATS 1)."""

import contextlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from mamarr.faults import Unavailable
from mamarr.names import FREE_TEXT
from mamarr.record import Signer

SECRET_BYTES_MAX = 16_384  # chosen: a hundred times a key or a client's secret
OTHERS = 0o077  # permissions of group and world
FORM = "mamarr-key-1"  # first word of the file; another layout, or other costs, get another
CLEAR, STRETCHED = "clear", "argon2id"
SALT_BYTES = 16
STRETCHED_BYTES = 32
# PKCS8 as cryptography writes it asks 2,048 rounds of PBKDF2, too few against guessing. So the passphrase is
# first stretched as passwords are (decisions/0020): RFC 9106 section 4, the second recommended option.
PASSES, MEMORY_KIB, LANES = 3, 65_536, 4
PASSPHRASE_LENGTH_MIN = 12  # chosen: as for passwords
PASSPHRASE_LENGTH_MAX = 1_024  # chosen: a long sentence


def read_secret(path: Path) -> bytes:
    """What is in a file of a secret. Unavailable when others on the machine may read or change it."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & OTHERS:
                raise Unavailable(
                    f"{path}: others on this machine may read or change it (mode {mode:04o}, allowed 0600); "
                    f"chmod 600 {path}"
                )
            content = file.read(SECRET_BYTES_MAX + 1)
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong
    if len(content) > SECRET_BYTES_MAX:
        raise Unavailable(f"{path}: more than {SECRET_BYTES_MAX} bytes are no secret of ours")
    return content


def read_line(path: Path) -> str:
    """The first line of a file of a secret, such as a passphrase. Raises Unavailable."""
    return first_line(read_secret(path), str(path))


def first_line(content: bytes, place: str) -> str:
    """The first line of `content`, as text; Unavailable when it is empty or no text."""
    try:
        line = content.split(b"\n", 1)[0].decode().rstrip("\r")
    except UnicodeDecodeError as wrong:
        raise Unavailable(f"{place}: its first line is not UTF-8") from wrong
    if not line:
        raise Unavailable(f"{place}: its first line is empty")
    return line


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, for its owner alone, synced: all or none. Raises Unavailable."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with contextlib.ExitStack() as undone:
            undone.callback(path.unlink, missing_ok=True)  # half a key would be taken for one
            with os.fdopen(opened, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            undone.pop_all()
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong


def checked_passphrase(passphrase: str) -> str:
    """`passphrase`, if it is long enough; ValueError otherwise."""
    if not PASSPHRASE_LENGTH_MIN <= len(passphrase) <= PASSPHRASE_LENGTH_MAX:
        raise ValueError(f"a passphrase has {PASSPHRASE_LENGTH_MIN} to {PASSPHRASE_LENGTH_MAX} characters")
    return passphrase


def new_key(origin: str, passphrase: str | None) -> tuple[bytes, Signer]:
    """The content of a file with a new key for the log `origin`, and its signer.

    passphrase: None leaves the key in the clear.
    """
    private = secrets.token_bytes(32)
    return key_content(origin, private, passphrase), Signer(origin, private)


def key_content(origin: str, private: bytes, passphrase: str | None) -> bytes:
    """The content of a file with the key `private`, 32 bytes, that is named `origin`."""
    encryption: KeySerializationEncryption = NoEncryption()
    said = f"{FORM} {origin} {CLEAR}"
    if passphrase is not None:
        salt = secrets.token_bytes(SALT_BYTES)
        encryption = BestAvailableEncryption(_stretched(checked_passphrase(passphrase), salt))
        said = f"{FORM} {origin} {STRETCHED} {salt.hex()}"
    key = Ed25519PrivateKey.from_private_bytes(private)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return said.encode() + b"\n" + pem


def signer_from(path: Path, origin: str, passphrase: Callable[[], str] | None) -> Signer:
    """The signer of the log `origin`, with the key in `path`. Raises Unavailable, as `private_key_from`."""
    return Signer(origin, private_key_from(path, origin, passphrase))


def private_key_from(path: Path, origin: str, passphrase: Callable[[], str] | None) -> bytes:
    """The key in `path`, 32 bytes, which is named `origin`.

    passphrase: asked when the key is encrypted; None: there is none to be had. Raises Unavailable, with a
    sentence for each way in which the file, the origin or the passphrase is wrong.
    """
    said, _, pem = read_secret(path).partition(b"\n")
    match said.decode("latin-1").split():
        case [form, named, *way] if form == FORM:
            pass
        case _:
            raise Unavailable(f"{path}: not a signing key of this version; `mamarr init` makes one")
    if named != origin:
        shown = named[:100] if FREE_TEXT.fullmatch(named) else "another log"
        raise Unavailable(f"{path}: the key is for {shown}, the configuration says {origin}")
    password: bytes | None = None
    match way:
        case [kind] if kind == CLEAR:
            pass
        case [kind, salt] if kind == STRETCHED and len(salt) == 2 * SALT_BYTES:
            if passphrase is None:
                raise Unavailable(f"{path}: the key is encrypted, and no passphrase was given")
            password = _stretched(passphrase(), _salt(salt, path))
        case _:
            raise Unavailable(f"{path}: the key is protected in a way this version does not know")
    return _opened(path, pem, password)


def is_encrypted(path: Path) -> bool:
    """Whether the key in `path` needs a passphrase. Raises Unavailable."""
    return STRETCHED.encode() in read_secret(path).partition(b"\n")[0].split()


def _opened(path: Path, pem: bytes, password: bytes | None) -> bytes:
    try:
        key = load_pem_private_key(pem, password)
    except (ValueError, TypeError) as wrong:
        why = "the key is damaged" if password is None else "wrong passphrase, or the key is damaged"
        raise Unavailable(f"{path}: {why}") from wrong
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable(f"{path}: not an Ed25519 key")
    return key.private_bytes_raw()


def _salt(text: str, path: Path) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as wrong:
        raise Unavailable(f"{path}: the key is damaged") from wrong


def _stretched(passphrase: str, salt: bytes) -> bytes:
    """The password of the PKCS8 file: hex, so that it is text for other programs too. 64 MiB, some 0.2 s."""
    raw = hash_secret_raw(
        passphrase.encode(),
        salt,
        time_cost=PASSES,
        memory_cost=MEMORY_KIB,
        parallelism=LANES,
        hash_len=STRETCHED_BYTES,
        type=Type.ID,
    )
    return raw.hex().encode()
