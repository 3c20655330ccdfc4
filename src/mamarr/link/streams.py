"""One stream of a line, each way: what is sent when, and what came and waits for what is missing before it.

What must not be lost is in the log (`coordination.channels`); what is here may be, and is begun anew.
"""

from collections.abc import Iterator

from mamarr.coordination.channels import Line, TakeMessage
from mamarr.coordination.messages import Stream
from mamarr.engine import Ticket
from mamarr.link.timing import RoundTrip

AHEAD_MAX = 256  # chosen: so many may come before the one that is missing, or be under way
# Chosen: what may be under way and not acknowledged, at first and at least. Coordination and bulk together
# hold a line of 64 kbit/s for four seconds: a message of the floor, which waits behind nothing else, is there
# in ten.
WINDOW_BYTES = {Stream.SAFETY_FLOOR: 65_536, Stream.COORDINATION: 16_384, Stream.BULK: 16_384}
WINDOW_MAX_BYTES = 1 << 20  # chosen: a good line of 600 ms carries 14 Mbit/s with it
# Chosen: an acknowledgement that takes less or more than the quickest by so much shows that the line has
# room, or has none. A connection that repairs a loss takes a round trip more.
FREE_MS, FILLED_MS = 1_500, 3_000


class _UnderWay:
    """A message that was sent and is not acknowledged."""

    __slots__ = ("count", "is_missed", "length", "sent_ms")

    def __init__(self) -> None:
        self.count, self.sent_ms, self.length, self.is_missed = 0, 0, 0, False


class Outgoing:
    """Our messages of one stream, to be sent at least once and until the peer has recorded them.

    Times are of a clock that is never set. acknowledged: as far as was heard, which may not be recorded yet.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.acknowledged = 0
        self._trip = RoundTrip()
        self._under_way: dict[int, _UnderWay] = {}  # in the order of their numbers
        self._next = 0
        self.window_bytes = WINDOW_BYTES[stream]
        self._quickest_ms: int | None = None
        self._narrowed_ms = 0

    def begin(self, acknowledged: int) -> None:
        """A connection begins, after a start or a break: what is not acknowledged is sent as if for the first
        time, and when that was sent before tells nothing."""
        self.acknowledged = self._next = max(self.acknowledged, acknowledged)
        self._under_way.clear()

    def heard(self, acknowledged: int, seen: int, clock_ms: int) -> None:
        """The peer has recorded so many, and some up to `seen` came."""
        for sequence in range(self.acknowledged, acknowledged):
            gone = self._under_way.pop(sequence, None)
            if gone is not None and gone.count == 1:
                self._measured(gone, clock_ms)
        self.acknowledged = max(self.acknowledged, acknowledged)
        self._next = max(self._next, self.acknowledged)
        missed = self._under_way.get(self.acknowledged)
        if missed is not None and seen > self.acknowledged and missed.count == 1:
            missed.is_missed = clock_ms - missed.sent_ms >= (self._trip.smoothed_ms or 0)

    def _measured(self, gone: _UnderWay, clock_ms: int) -> None:
        """What was sent once was acknowledged: follow how long it took, with more under way or with less.

        Chosen: by delay and not by loss, which a connection repairs unseen; wider by what was acknowledged,
        narrower by half, once for what was sent since the last time.
        """
        took_ms = clock_ms - gone.sent_ms
        self._trip.measured(took_ms)
        self._quickest_ms = min(took_ms, took_ms if self._quickest_ms is None else self._quickest_ms)
        if took_ms <= self._quickest_ms + FREE_MS:
            self.window_bytes = min(WINDOW_MAX_BYTES, self.window_bytes + gone.length)
        elif took_ms > self._quickest_ms + FILLED_MS and gone.sent_ms >= self._narrowed_ms:
            self.window_bytes = max(WINDOW_BYTES[self.stream], self.window_bytes // 2)
            self._narrowed_ms = clock_ms

    def due(self, size: int, clock_ms: int) -> int | None:
        """The number of the message to send now; None when there is none, or enough is under way.

        size: how many messages of ours there are.
        """
        for sequence, sent in self._under_way.items():
            if sent.is_missed or clock_ms - sent.sent_ms >= self._trip.retry_ms(sent.count):
                return sequence
        length = sum(sent.length for sent in self._under_way.values())
        is_room = length < self.window_bytes and len(self._under_way) < AHEAD_MAX
        return self._next if self._next < size and is_room else None

    def sent(self, sequence: int, length: int, clock_ms: int) -> None:
        """The message was handed over, in an envelope of `length` bytes."""
        under_way = self._under_way.setdefault(sequence, _UnderWay())
        under_way.count += 1
        if under_way.count > 1 and not under_way.is_missed:
            self._trip.repeated(clock_ms - under_way.sent_ms)
        under_way.sent_ms, under_way.length, under_way.is_missed = clock_ms, length, False
        self._next = max(self._next, sequence + 1)


class Incoming:
    """The peer's messages of one stream, until they are recorded."""

    def __init__(self) -> None:
        self._held: dict[int, TakeMessage] = {}
        self._asked: dict[int, Ticket] = {}
        self.seen = 0
        self.signed = 0  # how many there are, as the peer signed it with what came

    def came(self, command: TakeMessage, line: Line) -> bool:
        """Keep what came, if it is new and not too far ahead; whether it was kept."""
        sequence = command.sequence
        if not line.size <= sequence < line.size + AHEAD_MAX or sequence in self._held:
            return False
        self._held[sequence] = command
        self.seen = max(self.seen, sequence + 1)
        self.signed = max(self.signed, self.seen, command.head.size)
        return True

    def due(self, line: Line) -> Iterator[TakeMessage]:
        """What can be recorded now, in order: nothing is missing before it, and it is not asked already."""
        for sequence in [each for each in self._held if each < line.size]:
            del self._held[sequence]
            self._asked.pop(sequence, None)
        sequence = line.size
        while sequence in self._held:
            if sequence not in self._asked:
                yield self._held[sequence]
            sequence += 1

    def asked(self, sequence: int, ticket: Ticket) -> None:
        """It was handed to the decider."""
        self._asked[sequence] = ticket

    def answered(self, is_asked: set[Ticket]) -> None:
        """Of what was handed over only these still wait; what was not recorded is handed over again."""
        self._asked = {sequence: ticket for sequence, ticket in self._asked.items() if ticket in is_asked}

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """What was handed over."""
        return tuple(self._asked.values())

    def missing(self, line: Line) -> int:
        """How many are missing before what came; 0 when nothing is."""
        return sum(sequence not in self._held for sequence in range(line.size, self.seen))
