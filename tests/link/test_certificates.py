"""Certificates of the line: made of key and name alone, and read no other way."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from mamarr.faults import WireError
from mamarr.link.certificates import certificate, link_name, public_key
from mamarr.names import Mode
from mamarr.record import Signer

NAME = link_name("node-south", Mode.LIVE)
KEY = bytes(range(32))
MADE = certificate(NAME, KEY)


def test_a_certificate_is_the_same_for_the_same_key_and_name_and_another_for_others():
    assert certificate(NAME, KEY) == MADE
    others = {certificate(NAME, bytes(32)), certificate(link_name("node-south", Mode.EXERCISE), KEY)}
    assert len(others | {MADE}) == 3


def test_the_key_in_it_is_the_public_key():
    assert public_key(MADE, NAME) == Signer("x", KEY).verifier.public_key


def test_a_certificate_of_another_node_or_mode_is_refused():
    for name in (link_name("node-north", Mode.LIVE), link_name("node-south", Mode.EXERCISE)):
        with pytest.raises(WireError, match="of another form or name"):
            public_key(MADE, name)


def test_a_certificate_that_another_key_signed_is_refused():
    found = x509.load_der_x509_certificate(MADE)
    forged = (
        x509.CertificateBuilder()
        .subject_name(found.subject)
        .issuer_name(found.subject)
        .public_key(found.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(Ed25519PrivateKey.generate(), None)
    )
    with pytest.raises(WireError, match="of another form or name"):
        public_key(forged.public_bytes(Encoding.DER), NAME)
    with pytest.raises(WireError, match="no certificate that its own key signed"):
        public_key(MADE[:-64] + forged.signature, NAME)


def test_a_certificate_of_another_kind_of_key_is_refused():
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.load_der_x509_certificate(MADE).subject
    other = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(WireError, match="of another form"):
        public_key(other.public_bytes(Encoding.DER), NAME)


@given(
    st.binary(max_size=2_000)
    | st.builds(
        lambda at, to: MADE[:at] + bytes([to]) + MADE[at + 1 :], st.integers(0, 400), st.integers(0, 255)
    )
)
def test_other_bytes_are_refused_or_the_very_certificate(raw: bytes):
    try:
        public_key(raw, NAME)
    except WireError:
        return
    assert raw == MADE
