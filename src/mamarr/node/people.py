"""Wires the people of a node: the accounts file, the thread that hashes, chance for challenges."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import urlsplit

from mamarr.faults import present
from mamarr.names import Mode
from mamarr.node.config import is_name
from mamarr.web.access.accounts import AccountStore
from mamarr.web.access.oidc import OidcSignIn
from mamarr.web.access.passkeys import CHALLENGE_BYTES, Passkeys
from mamarr.web.access.passwords import Passwords
from mamarr.web.access.people import People

T = TypeVar("T")


class HashingThread:
    """One thread for argon2, which takes 64 MiB and a tenth of a second: nobody waits but the asker."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "mamarr-passwords")

    async def __call__(self, work: Callable[[], T]) -> T:
        """What `work` answers, later."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def people_at(
    port: int,
    accounts: AccountStore,
    *,
    node_id: str,
    mode: Mode,
    oidc: OidcSignIn | None = None,
    page: str | None = None,
) -> People:
    """The people of a node whose page is at `page`, an origin; None: `http://localhost:port`.

    Passkeys are for the name in it: `localhost`, which WebAuthn takes without TLS, or one behind https. An
    address of numbers is no relying party, so a page at one has none.
    """
    origin = page or f"http://localhost:{port}"
    passkeys = None
    if is_name(origin):
        name = present(urlsplit(origin).hostname, "a page has a host")
        passkeys = Passkeys(name, frozenset({origin}), lambda: secrets.token_bytes(CHALLENGE_BYTES))
    passwords = Passwords(HashingThread())
    return People(accounts, passwords, node_id=node_id, mode=mode, passkeys=passkeys, oidc=oidc)
