"""Passkeys (WebAuthn): the two ceremonies, for one relying party. User verification is always required."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import parse_attestation_object
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    RegistrationCredential,
)

from mamarr.interop.access_messages import PasskeyMadeMessage, PasskeyUsedMessage, bytes_of, in_base64url
from mamarr.web.access.accounts import Account, Passkey

CHALLENGE_BYTES = 32  # chosen: twice what WebAuthn suggests as the least
CHALLENGE_LIFETIME = timedelta(minutes=5)  # the default that WebAuthn recommends for a ceremony
CHALLENGES_MAX = 1_000  # chosen: ceremonies begun and not ended; the oldest is void first
CREDENTIAL_ID_BYTES_MAX = 1_023  # chosen: longer ones come from no authenticator we know of
ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
# We ask for no attestation and trust none, so the formats with certificates of strangers are not even read.
FORMATS = frozenset({AttestationFormat.NONE, AttestationFormat.PACKED})
# What py_webauthn lets through from a stranger's bytes, beside its own errors.
BROKEN = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, AttributeError)


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A ceremony that was begun. person_id: who registers; None for a sign-in."""

    challenge: bytes
    person_id: str | None
    until: datetime


class Passkeys:
    """The ceremonies of one relying party.

    relying_party: a domain, or `localhost`. origins: of the pages that may speak for it, scheme and port too.
    entropy: CHALLENGE_BYTES random bytes at each call.
    """

    def __init__(self, relying_party: str, origins: frozenset[str], entropy: Callable[[], bytes]) -> None:
        self.relying_party, self._origins, self._entropy = relying_party, sorted(origins), entropy
        self._begun: OrderedDict[bytes, Begun] = OrderedDict()

    def begin(self, person_id: str | None, now: datetime) -> bytes:
        """The challenge of a new ceremony; it is good once."""
        challenge = self._entropy()
        until = now + CHALLENGE_LIFETIME
        self._begun[challenge] = Begun(challenge=challenge, person_id=person_id, until=until)
        while len(self._begun) > CHALLENGES_MAX:
            self._begun.popitem(last=False)
        return challenge

    def registered(
        self, answer: PasskeyMadeMessage, challenge: bytes, person_id: str, now: datetime
    ) -> Passkey | None:
        """The new passkey of `person_id`, or None when the answer does not hold. May raise WireError."""
        credential_id = bytes_of(answer.credential_id, at="$.credential_id")
        client_json = bytes_of(answer.client_json, at="$.client_json")
        attestation = bytes_of(answer.attestation, at="$.attestation")
        if not self._is_begun(challenge, person_id, now) or len(credential_id) > CREDENTIAL_ID_BYTES_MAX:
            return None
        try:
            if parse_attestation_object(attestation).fmt not in FORMATS:
                return None
            verified = verify_registration_response(
                credential=RegistrationCredential(
                    id=in_base64url(credential_id),
                    raw_id=credential_id,
                    response=AuthenticatorAttestationResponse(
                        client_data_json=client_json, attestation_object=attestation
                    ),
                ),
                expected_challenge=challenge,
                expected_rp_id=self.relying_party,
                expected_origin=self._origins,
                require_user_verification=True,
                supported_pub_key_algs=ALGORITHMS,
            )
        except BROKEN:
            return None
        if verified.credential_id != credential_id:
            return None
        return Passkey(
            credential_id=credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            added_at=now,
        )

    def used(
        self,
        answer: PasskeyUsedMessage,
        challenge: bytes,
        account: Account | None,
        handle: bytes,
        now: datetime,
    ) -> Passkey | None:
        """The passkey of `account` as it is after this sign-in, or None when the answer does not hold.

        handle: the account's user handle, which an answer that carries one must have. An authenticator that
        counts must have counted on: else the passkey may have been copied.
        """
        credential_id = bytes_of(answer.credential_id, at="$.credential_id")
        passkey = None if account is None else account.passkey(credential_id)
        is_begun = self._is_begun(challenge, None, now)
        if passkey is None or not is_begun:
            return None
        if answer.user_handle is not None and bytes_of(answer.user_handle, at="$.user_handle") != handle:
            return None
        response = AuthenticatorAssertionResponse(
            client_data_json=bytes_of(answer.client_json, at="$.client_json"),
            authenticator_data=bytes_of(answer.authenticator, at="$.authenticator"),
            signature=bytes_of(answer.signature, at="$.signature"),
        )
        try:
            verified = verify_authentication_response(
                credential=AuthenticationCredential(
                    id=in_base64url(credential_id), raw_id=credential_id, response=response
                ),
                expected_challenge=challenge,
                expected_rp_id=self.relying_party,
                expected_origin=self._origins,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except BROKEN:
            return None
        return msgspec.structs.replace(passkey, sign_count=verified.new_sign_count)

    def _is_begun(self, challenge: bytes, person_id: str | None, now: datetime) -> bool:
        """Whether this ceremony was begun, for this person, not long ago; it is used up by the question."""
        begun = self._begun.pop(challenge, None)
        return begun is not None and begun.person_id == person_id and now < begun.until


def user_handle(node_id: str, person_id: str) -> bytes:
    """What an authenticator keeps to name the account: says nothing about the person."""
    return sha256(f"{node_id}\n{person_id}".encode()).digest()
