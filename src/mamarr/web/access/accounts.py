"""Accounts of people at this node, and where they are kept: beside the log, never in it."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from mamarr.names import FREE_TEXT, PARTY_ID, matched
from mamarr.web.access.callers import Caller, Scope

PERSON_ID = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]")  # what a person types to sign in
PASSKEYS_MAX = 10  # chosen: two for each device a person has
PERSON_KEYS_MAX = 20  # chosen: one for each browser a person uses, the withdrawn ones with them
ACCOUNTS_MAX = 10_000  # chosen: every person of the largest authority


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A WebAuthn credential. public_key: COSE. sign_count: the authenticator's, 0 where it has none."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    added_at: datetime


class PersonKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which a person signs acts that bind.

    public_key: Ed25519 32 bytes, or P-256 as an uncompressed point of 65 bytes. withdrawn_at: from when on it
    signs nothing more; it is kept, because it verifies what was signed before.
    """

    key_id: str
    algorithm: Literal["Ed25519", "ES256"]
    public_key: bytes
    added_at: datetime
    withdrawn_at: datetime | None = None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may sign in here, for one party.

    password_hash: argon2id in PHC form; None: no password. version: raised by each change of the account.
    epoch: raised by what must end its open sessions (password, scopes, disabling).
    """

    person_id: str
    party: str
    display_name: str
    scopes: frozenset[Scope]
    password_hash: str | None = None
    passkeys: tuple[Passkey, ...] = ()
    person_keys: tuple[PersonKey, ...] = ()
    is_disabled: bool = False
    version: int = 0
    epoch: int = 0

    def __post_init__(self) -> None:
        matched("person_id", self.person_id, PERSON_ID)
        matched("party", self.party, PARTY_ID)
        matched("display_name", self.display_name, FREE_TEXT)
        if len(self.passkeys) > PASSKEYS_MAX or len(self.person_keys) > PERSON_KEYS_MAX:
            raise ValueError(f"at most {PASSKEYS_MAX} passkeys and {PERSON_KEYS_MAX} keys for one person")

    def caller(self) -> Caller:
        """This person, signed in."""
        return Caller(
            party=self.party,
            subject=self.person_id,
            scopes=frozenset(self.scopes),
            is_person=True,
            account_epoch=self.epoch,
        )

    def passkey(self, credential_id: bytes) -> Passkey | None:
        """The passkey of this id, if the person has it."""
        return next((key for key in self.passkeys if key.credential_id == credential_id), None)

    def person_key(self, key_id: str) -> PersonKey | None:
        """The key of this id, withdrawn or not, if the person has it."""
        return next((key for key in self.person_keys if key.key_id == key_id), None)

    def changed(self, *, ends_sessions: bool = False, **fields: object) -> "Account":
        """The account with other `fields`, checked, one version on."""
        made = msgspec.structs.replace(
            self, version=self.version + 1, epoch=self.epoch + ends_sessions, **fields
        )
        made.__post_init__()
        return made


class AccountStore(Protocol):
    """Where accounts are kept. Each method raises Unavailable when that cannot be used."""

    def of_person(self, person_id: str) -> Account | None:
        """The account of this person."""

    def with_passkey(self, credential_id: bytes) -> Account | None:
        """The account that has this passkey."""

    def every(self) -> Iterator[Account]:
        """All accounts, by person id."""

    def put(self, account: Account, *, done: str = "") -> bool:
        """Keep `account`, durably; whether it was kept.

        Version 0 is a new account; any other replaces the version before it. Not kept when that is not what
        is there, when a passkey belongs to somebody else, or when there are ACCOUNTS_MAX. done: the id of the
        waiting act that this does: it waits no longer, or neither happens.
        """

    def acts(self) -> dict[str, bytes]:
        """What waits for a second person, by id, as it was kept."""

    def keep_act(self, act_id: str, body: bytes) -> None:
        """Let an act wait, durably."""

    def drop_act(self, act_id: str) -> None:
        """Let an act wait no longer."""


class MemoryAccounts:
    """Accounts that die with the process."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._passkeys: dict[bytes, str] = {}
        self._acts: dict[str, bytes] = {}

    def acts(self) -> dict[str, bytes]:
        """What waits for a second person."""
        return dict(self._acts)

    def keep_act(self, act_id: str, body: bytes) -> None:
        """Let an act wait."""
        self._acts[act_id] = body

    def drop_act(self, act_id: str) -> None:
        """Let an act wait no longer."""
        self._acts.pop(act_id, None)

    def of_person(self, person_id: str) -> Account | None:
        """The account of this person."""
        return self._accounts.get(person_id)

    def with_passkey(self, credential_id: bytes) -> Account | None:
        """The account that has this passkey."""
        person_id = self._passkeys.get(credential_id)
        return None if person_id is None else self._accounts[person_id]

    def every(self) -> Iterator[Account]:
        """All accounts, by person id."""
        for person_id in sorted(self._accounts):
            yield self._accounts[person_id]

    def put(self, account: Account, *, done: str = "") -> bool:
        """Keep `account`; whether it was kept."""
        before = self._accounts.get(account.person_id)
        if account.version != (0 if before is None else before.version + 1):
            return False
        if before is None and len(self._accounts) >= ACCOUNTS_MAX:
            return False
        owners = {self._passkeys.get(key.credential_id, account.person_id) for key in account.passkeys}
        if not owners <= {account.person_id}:
            return False
        for key in () if before is None else before.passkeys:
            del self._passkeys[key.credential_id]
        self._passkeys |= {key.credential_id: account.person_id for key in account.passkeys}
        self._accounts[account.person_id] = account
        self.drop_act(done)
        return True


def typed_name(text: str) -> str:
    """A sign-in name as it is compared: without regard to case and to the way letters are composed."""
    return unicodedata.normalize("NFKC", text).strip().casefold()
