"""`mamarr account …`: the accounts of a node, on its own machine. A password is never an argument."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import msgspec
import typer

from mamarr.faults import Unavailable
from mamarr.node.accounts_file import FILE, AccountsFile
from mamarr.web.access.accounts import Account, typed_name
from mamarr.web.access.callers import Scope
from mamarr.web.access.oidc import OIDC_SUFFIX
from mamarr.web.access.passwords import LENGTH_MAX, LENGTH_MIN, Passwords, checked_password

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="People who may sign in at this node.")
WRONG_USE = 2
Name = Annotated[str, typer.Argument(help="What the person types to sign in.")]
Folder = Annotated[Path, typer.Option("--data", help="The node's folder, where its record lies.")]


@app.command()
def add(
    name: Name,
    party: Annotated[str, typer.Option(help="For whom the person acts.")],
    data: Folder,
    scope: Annotated[list[Scope], typer.Option(help="What the person may do; give it several times.")],
    display_name: Annotated[str | None, typer.Option(help="How others see the person; else NAME.")] = None,
    no_password: Annotated[bool, typer.Option(help="Without a password, until `reset` gives one.")] = False,
) -> None:
    """Add an account. The password is asked for, or is the first line of the standard input."""
    with _accounts(data) as accounts:
        person_id = _local(name)
        account = Account(
            person_id=person_id,
            party=party,
            display_name=display_name or person_id,
            scopes=frozenset(scope),
            password_hash=None if no_password else _new_hash(person_id),
        )
        if not accounts.put(account):
            _wrong(f"there is an account {person_id} already, or as many accounts as there may be")
        typer.echo(f"added {_told(account)}")


@app.command("list")
def list_accounts(data: Folder) -> None:
    """List the accounts, one on each line. No password and no key is shown."""
    with _accounts(data) as accounts:
        for account in accounts.every():
            typer.echo(_told(account))


@app.command()
def disable(name: Name, data: Folder) -> None:
    """Close an account and end its open sessions. It stays known, so that nobody else gets its name."""
    with _accounts(data) as accounts:
        account = _found(accounts, name)
        _keep(accounts, account.changed(ends_sessions=True, is_disabled=True))


@app.command()
def reset(name: Name, data: Folder) -> None:
    """Give an account a new password, open it again, and withdraw its passkeys and its keys for acts.

    Whoever signs in with the new password enrols a new key without a second person: do this face to face.
    """
    with _accounts(data) as accounts:
        account = _found(accounts, name)
        now = datetime.now(UTC)
        keys = tuple(
            key if key.withdrawn_at is not None else msgspec.structs.replace(key, withdrawn_at=now)
            for key in account.person_keys
        )
        _keep(
            accounts,
            account.changed(
                ends_sessions=True,
                is_disabled=False,
                password_hash=_new_hash(account.person_id),
                passkeys=(),
                person_keys=keys,
            ),
        )


@contextmanager
def _accounts(data: Path) -> Iterator[AccountsFile]:
    try:
        if not data.is_dir():
            raise Unavailable(f"there is no folder {data}")
        accounts = AccountsFile(data / FILE)
        try:
            yield accounts
        finally:
            accounts.close()
    except (Unavailable, ValueError) as wrong:
        _wrong(str(wrong))


def _local(name: str) -> str:
    person_id = typed_name(name)
    if person_id.endswith(OIDC_SUFFIX):
        raise ValueError(f"names that end in {OIDC_SUFFIX} belong to an OpenID provider")
    return person_id


def _found(accounts: AccountsFile, name: str) -> Account:
    account = accounts.of_person(typed_name(name))
    if account is None:
        raise ValueError(f"there is no account {typed_name(name)!r}")
    return account


def _keep(accounts: AccountsFile, account: Account) -> None:
    if not accounts.put(account):
        raise Unavailable("the account was changed meanwhile: try again")
    typer.echo(_told(account))


def _new_hash(person_id: str) -> str:
    if sys.stdin.isatty():
        question = f"Password ({LENGTH_MIN} to {LENGTH_MAX} characters)"
        password = str(typer.prompt(question, hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    return asyncio.run(Passwords(_at_once).hashed(checked_password(password, person_id)))


async def _at_once(work: Callable[[], T]) -> T:
    return work()


def _told(account: Account) -> str:
    ways = [
        *(["password"] if account.password_hash is not None else []),
        *([f"passkeys {len(account.passkeys)}"] if account.passkeys else []),
        *(["provider"] if account.person_id.endswith(OIDC_SUFFIX) else []),
    ]
    state = "closed" if account.is_disabled else "open"
    scopes = " ".join(sorted(account.scopes))
    return (
        f"{account.person_id}  party {account.party}  {state}  {scopes}  ({', '.join(ways) or 'no way in'})"
    )


def _wrong(why: str) -> NoReturn:
    typer.echo(f"mamarr: {why}", err=True)
    raise typer.Exit(WRONG_USE)
