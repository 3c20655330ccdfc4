"""When to dial, whom to let in, how fast to read, when to give up: machines without sockets and clocks.

Times are milliseconds of a clock that is never set.
"""

from collections import Counter, OrderedDict

import msgspec

from mamarr.link.timing import Allowance

# Chosen: a line of 300 ms each way that loses one packet in twenty makes a connection in some 2 to 10 s.
HANDSHAKE_MS = 20_000
SILENT_MS = 30_000  # chosen: six times as long as a peer that has nothing to say stays silent
DIAL_FIRST_MS, DIAL_MAX_MS = 1_000, 60_000  # chosen: at once after a break, once a minute after many
LASTING_MS = 30_000  # chosen: a connection that lasted so long was one, and the next may be made at once
STALE_MS = 11_000  # chosen: two silences of `links.SPEAK_EVERY_MS`; the peer may know that the line broke

UNPROVEN_MAX = 32  # chosen: connections that have not shown a certificate that is known, at a time
UNPROVEN_EACH_MAX = 4  # chosen: of one address
UNPROVEN_SPARE = 8  # of all: for addresses from which a peer came before, so that strangers fill the rest
COME_AT_ONCE, COME_PER_S = 10, 0.5  # chosen: connections of one address; each costs us two signatures
ADDRESSES_MAX = 4_096  # chosen: of which it is remembered how often they came
READ_AT_ONCE_BYTES, READ_BYTES_PER_S = 4 << 20, 512 << 10  # chosen: 4 Mbit/s; three full windows at once
FRAME_BYTES = 1_024  # what a frame counts beside its bytes: an envelope has no less, and a ping costs too


class Dialling:
    """When a peer is dialled again. Later each time that it fails, up to once a minute."""

    def __init__(self) -> None:
        self._failures, self._due_ms = 0, 0

    def is_due(self, clock_ms: int) -> bool:
        """Whether to dial now, where there is no connection."""
        return clock_ms >= self._due_ms

    def ended(self, clock_ms: int, *, lasted_ms: int, chance_ratio: float) -> None:
        """A dialled connection ended, or was never made.

        chance_ratio: from 0 to 1, so that two that broke together do not meet again and again.
        """
        self._failures = 0 if lasted_ms >= LASTING_MS else self._failures + 1
        wait_ms = min(DIAL_MAX_MS, DIAL_FIRST_MS << min(self._failures, 16))
        self._due_ms = clock_ms + round(wait_ms * (1 + chance_ratio) / 2)


class Doors:
    """Who may come in. An address that comes too often or too many times at once waits; others do not."""

    def __init__(self) -> None:
        self._unproven: Counter[str] = Counter()
        self._allowed: OrderedDict[str, Allowance] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()

    def come(self, address: str, clock_ms: int) -> str | None:
        """Let a connection in that has shown nothing yet; why not, where it is not let in."""
        if not self._allowance(address).take(1, clock_ms):
            return "comes too often"
        if self._unproven[address] >= UNPROVEN_EACH_MAX:
            return "too many of one address"
        spare = 0 if address in self._known else UNPROVEN_SPARE
        if self._unproven.total() >= UNPROVEN_MAX - spare:
            return "too many at the door"
        self._unproven[address] += 1
        return None

    def passed(self, address: str, *, is_peer: bool) -> None:
        """A connection that was let in has shown who it is, or has ended."""
        self._unproven[address] -= 1
        if self._unproven[address] <= 0:
            del self._unproven[address]
        if is_peer:
            self._known[address] = None
            self._known.move_to_end(address)
            if len(self._known) > ADDRESSES_MAX:
                self._known.popitem(last=False)

    @property
    def unproven_count(self) -> int:
        """How many are in that have not shown who they are."""
        return self._unproven.total()

    def _allowance(self, address: str) -> Allowance:
        allowed = self._allowed.pop(address, None) or Allowance(COME_AT_ONCE, COME_PER_S)
        self._allowed[address] = allowed
        if len(self._allowed) > ADDRESSES_MAX:
            self._allowed.popitem(last=False)
        return allowed


class Pace:
    """How fast a peer is read. What it sends beyond that waits on its own line, and costs nobody else."""

    def __init__(self) -> None:
        self._owed_bytes, self._counted_ms = 0.0, 0

    def wait_ms(self, length: int, clock_ms: int) -> int:
        """A frame of `length` bytes came: how long to read no more of it. Source: the leaky bucket."""
        passed_ms = max(0, clock_ms - self._counted_ms)
        self._counted_ms = max(clock_ms, self._counted_ms)
        self._owed_bytes = max(0.0, self._owed_bytes - passed_ms * READ_BYTES_PER_S / 1_000)
        self._owed_bytes += length + FRAME_BYTES
        over_bytes = self._owed_bytes - READ_AT_ONCE_BYTES
        return 0 if over_bytes <= 0 else -(-round(over_bytes * 1_000) // READ_BYTES_PER_S)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A connection to a peer. is_dialled_here: which end made it. heard_ms: when something signed came last,
    or it was made."""

    is_dialled_here: bool
    heard_ms: int


def replaces(new: Standing, old: Standing, *, is_ours_first: bool, clock_ms: int) -> bool:
    """Whether a connection takes the place of one that stands; else it is ended.

    Of two that both ends made at once both ends keep the same: that of the node whose name is first.
    is_ours_first: whether that is our node. Who dials again knows that its last one is over.
    """
    if new.is_dialled_here == old.is_dialled_here or is_silent(old, clock_ms, after_ms=STALE_MS):
        return True
    return new.is_dialled_here == is_ours_first


def is_silent(each: Standing, clock_ms: int, *, after_ms: int = SILENT_MS) -> bool:
    """Whether a connection carries nothing any more."""
    return clock_ms - each.heard_ms >= after_ms
