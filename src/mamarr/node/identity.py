"""The name and key of a demo node, kept in the clear beside its record: for EXERCISE alone."""

import os
import secrets
from pathlib import Path

import msgspec

from mamarr.faults import Unavailable


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a node is. private_key: 32 bytes, RFC 8032."""

    node_id: str
    private_key: bytes


def kept_identity(path: Path) -> Identity:
    """The identity in `path`, made on the first call. Raises Unavailable when the file cannot be used."""
    try:
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=Identity)
        made = Identity(node_id=f"authority-a-{secrets.token_hex(4)}", private_key=secrets.token_bytes(32))
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(opened, msgspec.json.encode(made))
            os.fsync(opened)
        finally:
            os.close(opened)
    except (OSError, msgspec.DecodeError) as wrong:
        raise Unavailable(f"{path}: {wrong}") from wrong
    return made
