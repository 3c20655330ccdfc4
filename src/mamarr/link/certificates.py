"""Certificates of the line: each node makes its own, of its key and its name alone, and nobody signs it.

The other end knows it by its SHA-256. So its dates say nothing: a node whose clock is wrong must still speak,
or nobody would learn that it is wrong. It ends when persons of the other end revoke it.
"""

from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mamarr.coordination.peers import CERTIFICATE_BYTES_MAX
from mamarr.faults import WireError
from mamarr.names import Mode

FROM = datetime(2000, 1, 1, tzinfo=UTC)
UNTIL = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 4.1.2.5: no end that means anything
SERIAL_BYTES = 16  # RFC 5280 4.1.2.2 allows 20


def link_name(node: str, mode: Mode) -> str:
    """The name in a node's certificate, and of its key."""
    return f"{node}/{mode}/links"


def certificate(name: str, private_key: bytes) -> bytes:
    """The certificate of a key, DER. The same for the same name and key: Ed25519 signs without chance."""
    key = Ed25519PrivateKey.from_private_bytes(private_key)
    serial = _serial(key.public_key().public_bytes_raw())
    # With the key in it: OpenSSL looks for what it trusts by the name, and takes the first that has it.
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, serial.hex()),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(serial, "big") >> 1 | 1)
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .sign(key, None)
    )
    return made.public_bytes(Encoding.DER)


def public_key(der: bytes, name: str) -> bytes:
    """The public key, 32 bytes, in a certificate of `name` that `certificate` made; WireError for another."""
    if len(der) > CERTIFICATE_BYTES_MAX:
        raise WireError("the certificate is too long", at="$.certificate")
    try:
        found = x509.load_der_x509_certificate(der)
        key = found.public_key()
        if not isinstance(key, Ed25519PublicKey):
            raise WireError("the certificate has no Ed25519 key", at="$.certificate")
        named = [each.value for each in found.subject]
        raw = key.public_bytes_raw()
        if named != [name, _serial(raw).hex()] or found.issuer != found.subject or len(found.extensions) > 0:
            raise WireError("the certificate is of another form or name", at="$.certificate", allowed=name)
        key.verify(found.signature, found.tbs_certificate_bytes)
    except (
        ValueError,
        UnsupportedAlgorithm,
        InvalidSignature,
        x509.InvalidVersion,
        x509.DuplicateExtension,
    ) as wrong:
        raise WireError("no certificate that its own key signed", at="$.certificate") from wrong
    return raw


def _serial(public: bytes) -> bytes:
    return sha256(public).digest()[:SERIAL_BYTES]
