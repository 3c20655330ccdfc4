"""Passwords: what is taken as one, how it is kept, and how it is compared."""

import unicodedata
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Protocol, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from mamarr.faults import Unavailable

T = TypeVar("T")

# RFC 9106 section 4, second recommended option: Argon2id, t = 3, p = 4, 64 MiB, 128-bit salt, 256-bit tag.
# That is more than the least that the OWASP Password Storage Cheat Sheet asks (19 MiB, t = 2, p = 1).
TIME_COST_COUNT = 3
MEMORY_KIBIBYTES = 65_536
LANES_COUNT = 4
SALT_BYTES = 16
TAG_BYTES = 32
LENGTH_MIN = 12  # characters; chosen: length is what makes guessing long
LENGTH_MAX = 128  # characters; long phrases fit, and nobody hashes a megabyte for a stranger
WAITING_MAX = 32  # chosen: sign-ins that wait for the one thread that hashes; more are told to come back

HASHER = PasswordHasher(TIME_COST_COUNT, MEMORY_KIBIBYTES, LANES_COUNT, TAG_BYTES, SALT_BYTES, type=Type.ID)
# What is compared where nobody is known: nobody knows a password that gives a tag of zeros. To hash one would
# take each start of a node 0.2 s and 64 MiB.
NOBODYS = (
    f"$argon2id$v={ARGON2_VERSION}$m={MEMORY_KIBIBYTES},t={TIME_COST_COUNT},p={LANES_COUNT}"
    f"${'A' * ceil(SALT_BYTES * 8 / 6)}${'A' * ceil(TAG_BYTES * 8 / 6)}"
)


class Apart(Protocol):
    """Runs slow work apart from the event loop, one piece at a time."""

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        """What `work` answers, later."""


class Passwords:
    """Hashes and compares passwords, one at a time: 64 MiB are used once, not by everyone who knocks.

    apart: runs the hashing where it holds up nobody.
    """

    def __init__(self, apart: Apart) -> None:
        self._apart = apart
        self._waiting = 0

    async def hashed(self, password: str) -> str:
        """The hash to keep, in PHC form. Unavailable when too many wait."""
        return await self._run(lambda: HASHER.hash(composed(password)))

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Whether `password` is the one kept as `password_hash`. Unavailable when too many wait.

        None, where there is no account or no password, takes as long and is never right.
        """
        return await self._run(lambda: _matches(password, password_hash))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING_MAX:
            raise Unavailable("too many sign-ins are waiting")
        self._waiting += 1
        try:
            return await self._apart(work)
        finally:
            self._waiting -= 1


def _matches(password: str, password_hash: str | None) -> bool:
    try:
        is_same = HASHER.verify(NOBODYS if password_hash is None else password_hash, composed(password))
    except (VerificationError, InvalidHashError):
        return False
    return is_same and password_hash is not None


def composed(password: str) -> str:
    """The password as it is hashed: NFKC, since keyboards compose the same letters in several ways."""
    return unicodedata.normalize("NFKC", password)


def checked_password(password: str, person_id: str) -> str:
    """`password`, if it may be one of `person_id`; ValueError that says the rule otherwise.

    Length is the only rule of form: rules of composition make passwords alike. It must not hold the name.
    """
    if not LENGTH_MIN <= len(composed(password)) <= LENGTH_MAX:
        raise ValueError(f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters")
    if person_id.casefold() in composed(password).casefold():
        raise ValueError("a password must not hold the account's name")
    return password
