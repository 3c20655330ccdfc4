"""`mamarr account` as an operator uses it."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from mamarr.node.account_commands import app
from mamarr.node.accounts_file import FILE, AccountsFile
from mamarr.web.access.accounts import Account
from mamarr.web.access.passwords import Passwords

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"


def mamarr_account(*arguments: str, typed: str = PASSWORD) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed + "\n")


def adding(data: Path, name: str = "officer") -> tuple[str, ...]:
    scopes = ("--scope", "mamarr.read", "--scope", "mamarr.reserve")
    return ("add", name, "--party", "north", *scopes, "--data", str(data))


def added(data: Path, name: str = "officer", **changed: str) -> Result:
    return mamarr_account(*adding(data, name), **changed)


def kept(data: Path) -> Account:
    store = AccountsFile(data / FILE)
    try:
        (account,) = store.every()
        return account
    finally:
        store.close()


async def at_once(work: Callable[[], Any]) -> Any:
    return work()


def is_right(account: Account, password: str) -> bool:
    return asyncio.run(Passwords(at_once).is_right(password, account.password_hash))


def test_an_account_is_added_listed_closed_and_opened_again(tmp_path: Path):
    command = [sys.executable, "-m", "mamarr", "account", *adding(tmp_path)]
    subprocess.run(command, input=PASSWORD + "\n", text=True, timeout=60, check=True)
    first = kept(tmp_path)
    assert is_right(first, PASSWORD)
    listed = mamarr_account("list", "--data", str(tmp_path)).stdout
    assert listed == "officer  party north  open  mamarr.read mamarr.reserve  (password)\n"
    assert mamarr_account("disable", "Officer", "--data", str(tmp_path)).exit_code == 0
    assert (kept(tmp_path).is_disabled, kept(tmp_path).epoch) == (True, 1)
    assert (
        mamarr_account("reset", "officer", "--data", str(tmp_path), typed="another long phrase").exit_code
        == 0
    )
    again = kept(tmp_path)
    assert (again.is_disabled, again.epoch) == (False, 2)
    assert is_right(again, "another long phrase")
    assert not is_right(again, PASSWORD)


def test_wrong_use_is_told_in_a_sentence_and_adds_nothing(tmp_path: Path):
    added(tmp_path)
    for result, says in (
        (added(tmp_path), "already"),
        (added(tmp_path, "second", typed="short"), "12 to 128 characters"),
        (added(tmp_path, "second.oidc"), "OpenID provider"),
        (added(tmp_path, "x"), "form"),
        (added(tmp_path / "nowhere"), "there is no folder"),
        (mamarr_account("disable", "nobody", "--data", str(tmp_path)), "there is no account"),
        (mamarr_account("add", "second", "--data", str(tmp_path), "--password", "secret"), "No such option"),
    ):
        assert result.exit_code == 2, says
        assert says in result.stderr
        assert "Traceback" not in result.stderr
    assert kept(tmp_path).person_id == "officer"
