"""Certificates of the line: each node makes its own, of its key and its name alone, and nobody signs it.

The other end knows it by its SHA-256. So its dates say nothing: a node whose clock is wrong must still speak,
or nobody would learn that it is wrong. It ends when persons of the other end revoke it.
"""

from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mamarr.faults import WireError
from mamarr.names import Mode

FROM = datetime(2000, 1, 1, tzinfo=UTC)
UNTIL = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 4.1.2.5: no end that means anything
SERIAL_BYTES = 16  # RFC 5280 4.1.2.2 allows 20
# RFC 8410: at the end of a certificate are the key, what it is signed with (an OID), and the signature.
KEY_BYTES, SIGNATURE_BYTES = 32, 64
AFTER_KEY_BYTES = len(bytes.fromhex("300506032b6570034100")) + SIGNATURE_BYTES


def link_name(node: str, mode: Mode) -> str:
    """The name in a node's certificate, and of its key."""
    return f"{node}/{mode}/links"


def certificate(name: str, private_key: bytes) -> bytes:
    """The certificate of a key, DER. The same for the same name and key: Ed25519 signs without chance."""
    key = Ed25519PrivateKey.from_private_bytes(private_key)
    return _made(name, key.public_key(), key).public_bytes(Encoding.DER)


def public_key(der: bytes, name: str) -> bytes:
    """The public key, 32 bytes, in a certificate of `name` that `certificate` made; WireError for another.

    A stranger's certificate is not parsed: with the key that it has, the only right one is made and compared.
    """
    raw = der[-AFTER_KEY_BYTES - KEY_BYTES : -AFTER_KEY_BYTES]
    if len(raw) != KEY_BYTES:
        raise WireError("no certificate of a link", at="$.certificate")
    try:
        key = Ed25519PublicKey.from_public_bytes(raw)
        expected = _made(name, key, Ed25519PrivateKey.from_private_bytes(bytes(KEY_BYTES)))
        if der[:-SIGNATURE_BYTES] != expected.public_bytes(Encoding.DER)[:-SIGNATURE_BYTES]:
            raise WireError("the certificate is of another form or name", at="$.certificate", allowed=name)
        key.verify(der[-SIGNATURE_BYTES:], expected.tbs_certificate_bytes)
    except (ValueError, InvalidSignature) as wrong:
        raise WireError("no certificate that its own key signed", at="$.certificate") from wrong
    return raw


def _made(name: str, public: Ed25519PublicKey, signing: Ed25519PrivateKey) -> x509.Certificate:
    serial = sha256(public.public_bytes_raw()).digest()[:SERIAL_BYTES]
    # With the key in it: OpenSSL looks for what it trusts by the name, and takes the first that has it.
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, serial.hex()),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(int.from_bytes(serial, "big") >> 1 | 1)
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .sign(signing, None)
    )
