"""The key of a node's lines, its certificate, and the TLS that both ends speak: 1.3, both pinned."""

import os
import ssl
from collections.abc import Iterable
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mamarr.link.certificates import certificate, link_name
from mamarr.link.envelopes import key_name
from mamarr.names import Mode
from mamarr.record import Signer


class LinkKey:
    """With what a node speaks on its lines. private_key: 32 bytes. certificate: of it, DER."""

    def __init__(self, node: str, mode: Mode, private_key: bytes) -> None:
        self.node, self.mode, self._private_key = node, mode, private_key
        self.certificate = certificate(link_name(node, mode), private_key)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate."""
        return sha256(self.certificate).digest()

    def signer(self, peer: str, about: bytes) -> Signer:
        """With which it signs envelopes for `peer`. about: as of `key_name`."""
        return Signer(key_name(self.node, self.mode, peer, about), self._private_key)

    def signed(self, text: bytes) -> bytes:
        """The 64-byte signature over a text that begins with what it is for."""
        return Ed25519PrivateKey.from_private_bytes(self._private_key).sign(text)

    def load(self, context: ssl.SSLContext) -> None:
        """Give it to a context. OpenSSL reads it from a file: one in memory, which no disk ever sees."""
        private = Ed25519PrivateKey.from_private_bytes(self._private_key)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        held = os.memfd_create("mamarr-link", os.MFD_CLOEXEC)
        try:
            os.write(held, pem + in_pem(self.certificate).encode())
            context.load_cert_chain(f"/proc/self/fd/{held}")
        finally:
            os.close(held)


def in_pem(der: bytes) -> str:
    """A certificate as a file for people and other programs."""
    return ssl.DER_cert_to_PEM_cert(der)


def listening_tls(key: LinkKey, pinned: Iterable[bytes]) -> ssl.SSLContext:
    """For connections that come. pinned: the certificates, DER, of which the other end must show one."""
    return _tls(ssl.PROTOCOL_TLS_SERVER, key, pinned)


def dialling_tls(key: LinkKey, pinned: Iterable[bytes]) -> ssl.SSLContext:
    """For connections that we make. pinned: the certificates, DER, of which the other end must show one."""
    return _tls(ssl.PROTOCOL_TLS_CLIENT, key, pinned)


def _tls(side: int, key: LinkKey, pinned: Iterable[bytes]) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.check_hostname = False  # the pin says who it is, not a name
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    if side == ssl.PROTOCOL_TLS_SERVER:
        context.num_tickets = 0  # who was revoked must not come back on a session of before
    key.load(context)
    anchors = b"".join(pinned)
    if anchors:
        context.load_verify_locations(cadata=anchors)
    return context
