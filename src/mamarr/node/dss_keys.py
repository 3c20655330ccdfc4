"""The public keys of an authority that issues tokens, from files as its operators hand them out."""

from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from joserfc.jwk import ECKey, RSAKey

from mamarr.faults import Unavailable
from mamarr.web.access.key_sets import KEY_SET_BYTES_MAX, usable

FORM = "a public key in PEM: RSA of 2048 to 8192 bit, or of the curve P-256"


def key_set_in(paths: tuple[Path, ...]) -> dict[str, Any]:
    """The keys in the files, as a JWK set. Raises Unavailable, which names the first file that has none."""
    return {"keys": [_key_in(path) for path in paths]}


def _key_in(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(KEY_SET_BYTES_MAX + 1)
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong
    if b" PRIVATE " in content or b"BEGIN PRIVATE" in content:
        raise Unavailable(f"{path} holds a private key: a DSS needs the public one alone. {FORM}")
    try:
        key = load_pem_public_key(content[:KEY_SET_BYTES_MAX])
        reader: type[RSAKey | ECKey] = RSAKey if isinstance(key, RSAPublicKey) else ECKey
        if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
            raise ValueError("no key that verifies")
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        found: dict[str, Any] = dict(reader.import_key(pem).as_dict(private=False))
        found.pop("kid", None)  # a file gives a key no name
        usable({"keys": [found]})
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise Unavailable(f"{path} is not {FORM}") from wrong
    return found
