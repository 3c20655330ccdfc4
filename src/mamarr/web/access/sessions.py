"""Sessions of people, and the single-use codes that open them. Neither is ever logged."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from mamarr.web.access.callers import Caller

SESSIONS_MAX = 1_000  # chosen: people at one node; the oldest is signed out first
SESSION_LIFETIME = timedelta(hours=12)  # chosen: one shift
CODES_MAX = 100  # chosen: sign-in links printed and not yet used
CODE_LIFETIME = timedelta(hours=1)


class Sessions:
    """People signed in at this node, in memory. A restart signs everybody out.

    entropy: answers fresh random text of at least 128 bits at each call.
    """

    def __init__(self, entropy: Callable[[], str]) -> None:
        self._entropy = entropy
        self._codes: OrderedDict[bytes, tuple[Caller, datetime]] = OrderedDict()
        self._sessions: OrderedDict[bytes, tuple[Caller, datetime]] = OrderedDict()

    def code(self, caller: Caller, now: datetime) -> str:
        """A code that opens one session for `caller`, once."""
        return self._keep(self._codes, caller, now + CODE_LIFETIME, CODES_MAX)

    def open(self, code: str, now: datetime) -> tuple[str, Caller] | None:
        """The secret of a new session and whose it is, for a code not used before."""
        found = self._codes.pop(_digest(code), None)
        if found is None or found[1] <= now:
            return None
        return self.begin(found[0], now), found[0]

    def begin(self, caller: Caller, now: datetime) -> str:
        """The secret of a new session of `caller`, whom the node has just verified."""
        return self._keep(self._sessions, caller, now + SESSION_LIFETIME, SESSIONS_MAX)

    def caller(self, secret: str, now: datetime) -> Caller | None:
        """Whose session `secret` is, while it lasts."""
        found = self._sessions.get(_digest(secret))
        return None if found is None or found[1] <= now else found[0]

    def has_ended(self, secret: str, now: datetime) -> bool:
        """Whether `secret` was a session whose time is over (THREATS 13: its page stays, read-only)."""
        found = self._sessions.get(_digest(secret))
        return found is not None and found[1] <= now

    def end(self, secret: str) -> None:
        """Sign out. The secret opens nothing afterwards; a secret nobody knows changes nothing."""
        self._sessions.pop(_digest(secret), None)

    def end_all(self, subject: str, *, but: str | None = None) -> None:
        """Sign `subject` out everywhere, except in the session with the secret `but`. O(sessions)."""
        kept = None if but is None else _digest(but)
        for digest in [at for at, (caller, _) in self._sessions.items() if caller.subject == subject]:
            if digest != kept:
                del self._sessions[digest]

    def _keep(
        self,
        where: OrderedDict[bytes, tuple[Caller, datetime]],
        caller: Caller,
        until: datetime,
        at_most: int,
    ) -> str:
        secret = self._entropy()
        where[_digest(secret)] = (caller, until)
        while len(where) > at_most:
            where.popitem(last=False)
        return secret


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
