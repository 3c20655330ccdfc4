"""A person's devices, in software: a WebAuthn authenticator and a browser that keeps a key for acts."""

import hashlib
import json
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mamarr.interop.access_messages import in_base64url
from mamarr.names import Mode
from mamarr.web.access.acts import key_id_of, signed_bytes

PRESENT, VERIFIED, ATTESTED = 1, 4, 64  # flags of authenticator data, WebAuthn level 3 section 6.1


class Authenticator:
    """One passkey. Each ceremony can be bent in one place."""

    def __init__(self, origin: str = "http://localhost:8080", relying_party: str = "localhost") -> None:
        self.origin, self.relying_party = origin, relying_party
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = hashlib.sha256(self.point()).digest()[:16]
        self.sign_count = 0

    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def client_json(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def authenticator(self, flags: int, rest: bytes = b"") -> bytes:
        place = hashlib.sha256(self.relying_party.encode()).digest()
        return place + bytes([flags]) + self.sign_count.to_bytes(4) + rest

    def made(self, challenge: str, *, flags: int = PRESENT | VERIFIED, **bent: Any) -> dict[str, Any]:
        """The browser's answer to a registration."""
        point = self.point()
        cose = cbor2.dumps({1: 2, 3: bent.get("algorithm", -7), -1: 1, -2: point[1:33], -3: point[33:]})
        size = len(self.credential_id).to_bytes(2)
        credential = bytes(16) + size + self.credential_id + cose
        attestation = {
            "fmt": bent.get("format", "none"),
            "attStmt": {},
            "authData": self.authenticator(flags | ATTESTED, credential),
        }
        kind = bent.get("kind", "webauthn.create")
        return {
            "credential_id": in_base64url(self.credential_id),
            "client_json": in_base64url(self.client_json(kind, challenge)),
            "attestation": in_base64url(cbor2.dumps(attestation)),
        }

    def used(self, challenge: str, *, flags: int = PRESENT | VERIFIED, **bent: Any) -> dict[str, Any]:
        """The browser's answer to a sign-in."""
        self.sign_count += bent.get("counts", 1)
        client_json = self.client_json(bent.get("kind", "webauthn.get"), challenge)
        authenticator = self.authenticator(flags)
        key = bent.get("key", self.key)
        signature = key.sign(authenticator + hashlib.sha256(client_json).digest(), ec.ECDSA(SHA256()))
        answer = {
            "credential_id": in_base64url(self.credential_id),
            "client_json": in_base64url(client_json),
            "authenticator": in_base64url(authenticator),
            "signature": in_base64url(signature),
        }
        return answer | ({"user_handle": bent["handle"]} if "handle" in bent else {})


class PersonsKey:
    """The key with which a person signs acts, as a browser would keep it."""

    def __init__(self, algorithm: str = "ES256") -> None:
        self.algorithm = algorithm
        if algorithm == "ES256":
            self.key = ec.generate_private_key(ec.SECP256R1())
            form = (Encoding.X962, PublicFormat.UncompressedPoint)
        else:
            self.key = Ed25519PrivateKey.generate()
            form = (Encoding.Raw, PublicFormat.Raw)
        self.public_key = self.key.public_key().public_bytes(*form)
        self.key_id = key_id_of(algorithm, self.public_key)

    def sign(self, message: bytes) -> bytes:
        """64 bytes: Ed25519, or r and s as WebCrypto has them."""
        if self.algorithm == "Ed25519":
            return self.key.sign(message)
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def act(self, command_id: str, command: dict[str, Any], **other: Any) -> bytes:
        """The signature over an act at the node of the tests."""
        place = {"node_id": "node-north", "mode": Mode.EXERCISE} | other
        return self.sign(signed_bytes(command_id=command_id, command=command, **place))

    def said(self, person_id: str, kind: str) -> dict[str, Any]:
        public = in_base64url(self.public_key)
        return {
            "type": kind,
            "person": person_id,
            "key_id": self.key_id,
            "algorithm": self.algorithm,
            "public_key": public,
        }

    def enrolment(self, person_id: str, **place: Any) -> dict[str, str]:
        """The message that enrols it."""
        proof = self.act(self.key_id, self.said(person_id, "enrol-key"), **place)
        public = in_base64url(self.public_key)
        return {"algorithm": self.algorithm, "public_key": public, "proof": in_base64url(proof)}
