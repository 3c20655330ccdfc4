"""People at this node: every way to sign in, and what an account may change of itself."""

from datetime import datetime

import msgspec

from mamarr.interop import access_messages as messages
from mamarr.names import Mode
from mamarr.web.access.accounts import (
    PASSKEYS_MAX,
    PERSON_KEYS_MAX,
    Account,
    AccountStore,
    PersonKey,
    typed_name,
)
from mamarr.web.access.acts import (
    PUBLIC_KEY_BYTES,
    Act,
    Pending,
    PendingActs,
    enrolment,
    is_signed,
    is_signed_by,
    key_change,
    key_id_of,
    signed_bytes,
)
from mamarr.web.access.callers import Caller, Refused, Why
from mamarr.web.access.oidc import OIDC_SUFFIX, OidcSignIn
from mamarr.web.access.passkeys import ALGORITHMS, CHALLENGE_LIFETIME, Passkeys, user_handle
from mamarr.web.access.passwords import Passwords, checked_password
from mamarr.web.access.throttles import Throttle


class People:
    """The accounts of one node and the ways into them. Methods raise Refused, and Unavailable.

    accounts: where they are kept. passkeys: None where the page's address allows none. oidc: None without a
    provider.
    """

    def __init__(
        self,
        accounts: AccountStore,
        passwords: Passwords,
        *,
        node_id: str,
        mode: Mode,
        passkeys: Passkeys | None = None,
        oidc: OidcSignIn | None = None,
    ) -> None:
        self.accounts, self.passwords, self.passkeys, self.oidc = accounts, passwords, passkeys, oidc
        self.node_id, self.mode = node_id, mode
        self.throttle = Throttle()
        self.pending = PendingActs(accounts)

    def holds(self, caller: Caller) -> bool:
        """Whether a session of `caller` still holds: its account is open and of the same epoch."""
        if caller.account_epoch is None:
            return True
        account = self.accounts.of_person(caller.subject)
        return account is not None and not account.is_disabled and account.epoch == caller.account_epoch

    def account(self, caller: Caller) -> Account:
        """The account of a signed-in person; Refused for a program, and for a session without one."""
        account = self.accounts.of_person(caller.subject) if caller.is_person else None
        if account is None or account.is_disabled or account.party != caller.party:
            raise Refused(Why.NO_ACCOUNT)
        return account

    async def by_password(self, name: str, password: str, client: str, now: datetime) -> Account:
        """Who signs in with a name and a password. client: the address it comes from.

        An unknown name, a closed account and one without a password take as long as a wrong password, count
        as one, and are told the same.
        """
        person_id = typed_name(name)
        self._throttled(person_id, client, now)
        found = self.accounts.of_person(person_id)
        password_hash = None if found is None or found.is_disabled else found.password_hash
        is_right = await self.passwords.is_right(password, password_hash)
        if not is_right or found is None:
            raise Refused(Why.SIGN_IN_REFUSED)
        self.throttle.succeeded(person_id, client)
        return found

    async def change_password(
        self, caller: Caller, old: str, new: str, client: str, now: datetime
    ) -> Account:
        """The account with its new password. Ends every session. ValueError for one of no good form."""
        account = self.account(caller)
        checked_password(new, account.person_id)
        self._throttled(account.person_id, client, now)
        if not await self.passwords.is_right(old, account.password_hash):
            raise Refused(Why.SIGN_IN_REFUSED)
        self.throttle.succeeded(account.person_id, client)
        return self._kept(account.changed(ends_sessions=True, password_hash=await self.passwords.hashed(new)))

    def begin_passkey(self, account: Account | None, now: datetime) -> messages.PasskeyAskedMessage:
        """What the browser needs to make a passkey for `account`, or to use one (None)."""
        passkeys = self._passkeys()
        if account is not None and len(account.passkeys) >= PASSKEYS_MAX:
            raise Refused(Why.TOO_MANY_PENDING)
        challenge = passkeys.begin(None if account is None else account.person_id, now)
        asked = messages.PasskeyAskedMessage(
            challenge=messages.in_base64url(challenge),
            relying_party=passkeys.relying_party,
            timeout_ms=int(CHALLENGE_LIFETIME.total_seconds()) * 1_000,
        )
        if account is None:
            return asked
        return msgspec.structs.replace(
            asked,
            user_handle=messages.in_base64url(user_handle(self.node_id, account.person_id)),
            user_name=account.person_id,
            display_name=account.display_name,
            exclude=tuple(messages.in_base64url(key.credential_id) for key in account.passkeys),
            algorithms=tuple(int(algorithm) for algorithm in ALGORITHMS),
        )

    def add_passkey(self, account: Account, made: messages.PasskeyMadeMessage, now: datetime) -> Account:
        """The account with a new passkey."""
        challenge = messages.challenge_in(made.client_json)
        passkey = self._passkeys().registered(made, challenge, account.person_id, now)
        if passkey is None or len(account.passkeys) >= PASSKEYS_MAX:
            raise Refused(Why.PASSKEY_REFUSED)
        return self._kept(account.changed(passkeys=(*account.passkeys, passkey)))

    def by_passkey(self, used: messages.PasskeyUsedMessage, client: str, now: datetime) -> Account:
        """Who signs in with a passkey."""
        passkeys = self._passkeys()
        self._throttled("", f"passkey {client}", now)
        credential_id = messages.bytes_of(used.credential_id, at="$.credential_id")
        account = self.accounts.with_passkey(credential_id)
        handle = b"" if account is None else user_handle(self.node_id, account.person_id)
        passkey = passkeys.used(used, messages.challenge_in(used.client_json), account, handle, now)
        if account is None or passkey is None or account.is_disabled:
            raise Refused(Why.PASSKEY_REFUSED)
        others = (passkey if key.credential_id == credential_id else key for key in account.passkeys)
        self.throttle.succeeded("", f"passkey {client}")
        return self._kept(account.changed(passkeys=tuple(others)))

    async def by_provider(self, said: dict[str, str], kept_state: str | None, now: datetime) -> Account:
        """Who comes back from the OpenID provider. Party and scopes are what it says now, each time."""
        if self.oidc is None:
            raise Refused(Why.NOT_SET_UP)
        said_account = await self.oidc.ended(said, kept_state, now)
        before = self.accounts.of_person(said_account.person_id)
        if before is None:
            return self._kept(said_account)
        if before.is_disabled:
            raise Refused(Why.PROVIDER_REFUSED)
        is_same = (before.party, before.scopes) == (said_account.party, said_account.scopes)
        if is_same and before.display_name == said_account.display_name:
            return before
        # A person who changed parties keeps no key and no open session of the old one.
        keys = before.person_keys if before.party == said_account.party else ()
        fields = {name: getattr(said_account, name) for name in ("party", "scopes", "display_name")}
        return self._kept(before.changed(ends_sessions=not is_same, person_keys=keys, **fields))

    def enrol(
        self, caller: Caller, asked: messages.PersonKeyMessage, act_id: str, now: datetime
    ) -> messages.EnrolledMessage:
        """Let a key count for the caller: the first at once, each further one when a second person approves.

        act_id: a fresh id, for the case that it has to wait.
        """
        account = self.account(caller)
        key = _key(asked, now)
        proof = messages.bytes_of(asked.proof, at="$.proof")
        message = self.signed(key.key_id, enrolment(account.person_id, key))
        if not is_signed(message, proof, algorithm=key.algorithm, public_key=key.public_key):
            raise Refused(Why.NOT_SIGNED)
        known = account.person_key(key.key_id)
        if known is not None:
            if known.withdrawn_at is not None:
                raise Refused(Why.NOT_SIGNED)
            return messages.EnrolledMessage(key_id=key.key_id)
        if len(account.person_keys) >= PERSON_KEYS_MAX:
            raise Refused(Why.TOO_MANY_PENDING)
        if all(each.withdrawn_at is not None for each in account.person_keys):
            self._kept(account.changed(person_keys=(key,)))
            return messages.EnrolledMessage(key_id=key.key_id)
        waits = (
            each for each in self.pending.of_party(account.party, now) if each.asked_by == caller.subject
        )
        asked_before = next((each for each in waits if each.key and each.key.key_id == key.key_id), None)
        if asked_before is not None:
            return messages.EnrolledMessage(key_id=key.key_id, act_id=asked_before.act_id)
        pending = Pending(
            act_id=act_id,
            act=Act.KEY_CHANGE,
            party=account.party,
            asked_by=account.person_id,
            asked_at=now,
            command=key_change(account.person_id, key),
            key=key,
        )
        why = self.pending.ask(pending, now)
        if why is not None:
            raise Refused(why)
        return messages.EnrolledMessage(key_id=key.key_id, act_id=act_id)

    def approve(self, caller: Caller, act_id: str, header: str, now: datetime) -> None:
        """Approve another person's key change, signed with the caller's own key."""
        approver = self.account(caller)
        found = self.pending.find(act_id, approver.party, now)
        if found is None or found.key is None:
            raise Refused(Why.NOT_THERE)
        key_id, signature = messages.act_signature(header)
        message = self.signed(act_id, found.command)
        taken = self.pending.approve(
            act_id, approver, key_id=key_id, message=message, signature=signature, now=now
        )
        if isinstance(taken, Why):
            raise Refused(taken)
        account = self.accounts.of_person(found.asked_by)
        if account is None or account.is_disabled or account.party != found.party:
            self.pending.done(act_id)
            raise Refused(Why.NOT_THERE)
        key = msgspec.structs.replace(found.key, added_at=now)
        self._kept(account.changed(person_keys=(*account.person_keys, key)), done=act_id)
        self.pending.done(act_id)

    def decline(self, caller: Caller, act_id: str, now: datetime) -> None:
        """Let an act of the caller's party wait no longer. Needs no key: it lets nothing happen."""
        if not self.pending.decline(act_id, self.account(caller).party, now):
            raise Refused(Why.NOT_THERE)

    def signer(
        self, caller: Caller, header: str, *, command_id: str, command: object
    ) -> tuple[PersonKey, bytes]:
        """The key of the caller that signed `command`, and the signature. Refused when none did."""
        account = self.account(caller)
        if not header:
            raise Refused(Why.NOT_SIGNED)
        key_id, signature = messages.act_signature(header)
        message = self.signed(command_id, msgspec.to_builtins(command))
        key = account.person_key(key_id)
        if key is None or not is_signed_by(account, key_id, message, signature):
            raise Refused(Why.NOT_SIGNED)
        return key, signature

    def signed(self, command_id: str, command: dict[str, object]) -> bytes:
        """What a person's key signs for `command` at this node."""
        return signed_bytes(node_id=self.node_id, mode=self.mode, command_id=command_id, command=command)

    def _throttled(self, person_id: str, client: str, now: datetime) -> None:
        wait_s = self.throttle.wait_s(person_id, client, now)
        if wait_s:
            raise Refused(Why.TOO_MANY_TRIES, wait_s=wait_s)

    def _passkeys(self) -> Passkeys:
        if self.passkeys is None:
            raise Refused(Why.NOT_SET_UP)
        return self.passkeys

    def _kept(self, account: Account, *, done: str = "") -> Account:
        if not self.accounts.put(account, done=done):
            raise Refused(Why.ACCOUNT_CHANGED)
        return account


def is_local(person_id: str) -> bool:
    """Whether an account of this name is made here, and not by an OpenID provider."""
    return not person_id.endswith(OIDC_SUFFIX)


def _key(asked: messages.PersonKeyMessage, now: datetime) -> PersonKey:
    public_key = messages.bytes_of(asked.public_key, at="$.public_key")
    if len(public_key) != PUBLIC_KEY_BYTES[asked.algorithm]:
        raise Refused(Why.NOT_SIGNED)
    key_id = key_id_of(asked.algorithm, public_key)
    return PersonKey(key_id=key_id, algorithm=asked.algorithm, public_key=public_key, added_at=now)
