"""Slowing down whoever guesses, without shutting out whoever works here.

Nobody is locked out: the wait is at most WAIT_MAX_S; it holds for passwords alone, so a passkey or another
provider opens the door meanwhile; open sessions go on, the safety floor asks for no sign-in, and a client
from which the person has signed in before does not wait for what strangers did elsewhere.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

import msgspec

FREE_PAIR_COUNT = 5  # chosen: failures of one client at one account before it waits; people mistype
FREE_CLIENT_COUNT = 20  # chosen: of one client at any accounts; an operations room may share an address
FREE_ACCOUNT_COUNT = 50  # chosen: of all clients at one account; slows down guessing from many addresses
WAIT_MAX_S = 60  # chosen: 1,440 guesses a day against the 12 characters at least of a password
FORGOTTEN_AFTER = timedelta(hours=1)  # chosen
KEPT_MAX = 10_000  # chosen: names that are remembered; the longest untouched goes first
KNOWN_MAX = 10_000  # chosen: pairs of account and client that signed in


class _Failures(msgspec.Struct, frozen=True):
    failures_count: int
    last_at: datetime


class Throttle:
    """Counts failed sign-ins, in memory. Attempts count before they are tried, so that none run past it."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait_s(self, person_id: str, client: str, now: datetime) -> int:
        """How many whole seconds until this attempt may be tried; 0: it may be now, and is counted."""
        keys = self._keys(person_id, client)
        wait_s = max(self._wait_s(key, free_count, now) for key, free_count in keys)
        if wait_s == 0:
            for key, _ in keys:
                self._count(key, now)
        return wait_s

    def succeeded(self, person_id: str, client: str) -> None:
        """Forget the failures of this pair and this client; the client is known from now on."""
        for key, _ in self._keys(person_id, client):
            self._failures.pop(key, None)
        self._known[(person_id, client)] = None
        self._known.move_to_end((person_id, client))
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    def _keys(self, person_id: str, client: str) -> list[tuple[tuple[str, str], int]]:
        keys = [((person_id, client), FREE_PAIR_COUNT), (("", client), FREE_CLIENT_COUNT)]
        if (person_id, client) not in self._known:
            keys.append(((person_id, ""), FREE_ACCOUNT_COUNT))
        return keys

    def _wait_s(self, key: tuple[str, str], free_count: int, now: datetime) -> int:
        found = self._failures.get(key)
        if found is None or found.last_at + FORGOTTEN_AFTER <= now or found.failures_count < free_count:
            return 0
        pause_s = min(WAIT_MAX_S, 2 ** min(found.failures_count - free_count, 10))
        left = found.last_at + timedelta(seconds=pause_s) - now
        return max(0, -(-left // timedelta(seconds=1)))

    def _count(self, key: tuple[str, str], now: datetime) -> None:
        found = self._failures.pop(key, None)
        is_old = found is None or found.last_at + FORGOTTEN_AFTER <= now
        self._failures[key] = _Failures(1 if found is None or is_old else found.failures_count + 1, now)
        if len(self._failures) > KEPT_MAX:
            self._failures.popitem(last=False)
