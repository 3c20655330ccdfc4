"""The name and keys of a demo node, kept in the clear beside its record: for EXERCISE alone."""

import os
import secrets
from pathlib import Path
from typing import TypeVar

import msgspec

from mamarr.faults import Unavailable

T = TypeVar("T")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a node is. private_key: 32 bytes, RFC 8032."""

    node_id: str
    private_key: bytes


class LinkIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """With what a node speaks on its lines. private_key: 32 bytes. port: where others dial it, or 0."""

    private_key: bytes
    port: int


def kept_identity(path: Path, party: str) -> Identity:
    """The identity of a node of `party` in `path`, made on the first call. Raises Unavailable."""
    node_id = f"{party}-{secrets.token_hex(4)}"
    return _kept(path, Identity(node_id=node_id, private_key=secrets.token_bytes(32)))


def kept_link(path: Path, port: int) -> LinkIdentity:
    """The key of a node's lines in `path`, and where it is dialled, made on the first call: at `port`.

    Raises Unavailable.
    """
    return _kept(path, LinkIdentity(private_key=secrets.token_bytes(32), port=port))


def _kept(path: Path, made: T) -> T:
    """What is in `path`; where there is nothing, `made` is put there."""
    try:
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=type(made))
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(opened, msgspec.json.encode(made))
            os.fsync(opened)
        finally:
            os.close(opened)
    except (OSError, msgspec.DecodeError) as wrong:
        raise Unavailable(f"{path}: {wrong}") from wrong
    return made
