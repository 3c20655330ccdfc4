"""Accounts in a file of their own beside the record: `accounts.sqlite`, readable by its owner alone."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from mamarr.faults import Unavailable
from mamarr.web.access.accounts import ACCOUNTS_MAX, Account

T = TypeVar("T")

FILE = "accounts.sqlite"
BUSY_S = 5.0  # the command line and the node may both write
SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    person_id TEXT PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS passkeys (
    credential_id BLOB PRIMARY KEY, person_id TEXT NOT NULL REFERENCES accounts
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS acts (act_id TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""


class AccountsFile:
    """The accounts of one node. Writes are synced before they are answered; methods raise Unavailable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            path.chmod(0o600)  # one that was there already, or a copy from a backup
        except OSError as wrong:
            raise Unavailable(f"{path}: {wrong.strerror}") from wrong
        self._database = self._tried(lambda: sqlite3.connect(path, timeout=BUSY_S, isolation_level=None))
        self._tried(lambda: self._database.execute("PRAGMA synchronous = FULL"))
        self._tried(lambda: self._database.executescript(SCHEMA))

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def of_person(self, person_id: str) -> Account | None:
        """The account of this person."""
        return self._one("SELECT body FROM accounts WHERE person_id = ?", person_id)

    def with_passkey(self, credential_id: bytes) -> Account | None:
        """The account that has this passkey."""
        return self._one(
            "SELECT body FROM passkeys JOIN accounts USING (person_id) WHERE credential_id = ?", credential_id
        )

    def every(self) -> Iterator[Account]:
        """All accounts, by person id."""
        query = f"SELECT body FROM accounts ORDER BY person_id LIMIT {ACCOUNTS_MAX}"  # noqa: S608  a constant
        for (body,) in self._tried(lambda: self._database.execute(query).fetchall()):
            yield self._decoded(body)

    def acts(self) -> dict[str, bytes]:
        """What waits for a second person, by id."""
        return dict(self._tried(lambda: self._database.execute("SELECT act_id, body FROM acts").fetchall()))

    def keep_act(self, act_id: str, body: bytes) -> None:
        """Let an act wait, durably."""
        row = (act_id, body)
        self._tried(lambda: self._database.execute("INSERT OR REPLACE INTO acts VALUES (?, ?)", row))

    def drop_act(self, act_id: str) -> None:
        """Let an act wait no longer."""
        self._tried(lambda: self._drop_act(act_id))

    def _drop_act(self, act_id: str) -> None:
        self._database.execute("DELETE FROM acts WHERE act_id = ?", (act_id,))

    def put(self, account: Account, *, done: str = "") -> bool:
        """Keep `account`, durably; whether it was kept (see AccountStore)."""
        return self._tried(lambda: self._put(account, done))

    def _put(self, account: Account, done: str) -> bool:
        run = self._database.execute
        run("BEGIN IMMEDIATE")
        try:
            is_kept = self._replaced(account) if account.version else self._inserted(account)
            if done:
                self._drop_act(done)
            run("COMMIT" if is_kept else "ROLLBACK")
        except sqlite3.IntegrityError:  # the name, or a passkey, belongs to somebody else
            run("ROLLBACK")
            return False
        except sqlite3.Error:
            if self._database.in_transaction:
                run("ROLLBACK")
            raise
        return is_kept

    def _inserted(self, account: Account) -> bool:
        (count,) = self._database.execute("SELECT count(*) FROM accounts").fetchone()
        if count >= ACCOUNTS_MAX:
            return False
        row = (account.person_id, account.version, msgspec.json.encode(account))
        self._database.execute("INSERT INTO accounts VALUES (?, ?, ?)", row)
        self._insert_passkeys(account)
        return True

    def _replaced(self, account: Account) -> bool:
        row = (account.version, msgspec.json.encode(account), account.person_id, account.version - 1)
        update = "UPDATE accounts SET version = ?, body = ? WHERE person_id = ? AND version = ?"
        if self._database.execute(update, row).rowcount != 1:
            return False
        self._database.execute("DELETE FROM passkeys WHERE person_id = ?", (account.person_id,))
        self._insert_passkeys(account)
        return True

    def _insert_passkeys(self, account: Account) -> None:
        rows = [(key.credential_id, account.person_id) for key in account.passkeys]
        self._database.executemany("INSERT INTO passkeys VALUES (?, ?)", rows)

    def _one(self, query: str, value: str | bytes) -> Account | None:
        row = self._tried(lambda: self._database.execute(query, (value,)).fetchone())
        return None if row is None else self._decoded(row[0])

    def _decoded(self, body: bytes) -> Account:
        try:
            return msgspec.json.decode(body, type=Account)
        except msgspec.DecodeError as wrong:
            raise Unavailable(f"{self.path}: an account in it is damaged") from wrong

    def _tried(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.Error as wrong:
            raise Unavailable(f"{self.path}: {wrong}") from wrong
