"""Which envelopes meet one that is asked for: an index by cell, then by time, then by level.

In each cell an envelope lies in the buckets of time that it touches, of the shortest length that is no
shorter than itself: so in two at most, and a question about half an hour looks at a few, however many others
the day has there. What is found there is compared exactly.

Cost of a change: that of the envelope's cells. Of a question: for each cell the buckets of its time, at most
as many as the cell has, and what lies in them.
"""

from collections.abc import Iterable

from mamarr.discovery.envelopes import TIME_MAX_US, Envelope

SHORTEST_US = 15 * 60 * 1_000_000  # chosen: about as long as a drone flies
LENGTHS = (
    10  # chosen: each four times the one before: a quarter of an hour to 7 years, then all that is longer
)
LONGER = 4

Bucket = tuple[int, int]  # which length; how many of it after 1970
Inside = dict[str, Envelope]  # what lies in a bucket, by id
_LENGTHS_US = tuple(SHORTEST_US * LONGER**number for number in range(LENGTHS))
_ALWAYS: Bucket = (LENGTHS, 0)


class Relevance:
    """Envelopes by id."""

    def __init__(self) -> None:
        self._envelopes: dict[str, Envelope] = {}
        self._cells: dict[int, dict[Bucket, Inside]] = {}

    def __len__(self) -> int:
        return len(self._envelopes)

    def put(self, entity_id: str, envelope: Envelope | None) -> None:
        """The entity is there from now on, and nowhere else; None: it is nowhere."""
        before = self._envelopes.get(entity_id)
        if before is envelope or before == envelope:
            return
        if before is not None:
            self._remove(entity_id, before)
        if envelope is None:
            return
        self._envelopes[entity_id] = envelope
        buckets = _buckets_of(envelope)
        for cell in envelope.cells:
            there = self._cells.setdefault(cell, {})
            for bucket in buckets:
                there.setdefault(bucket, {})[entity_id] = envelope

    def meeting(self, asked: Envelope, *, now_us: int) -> list[str]:
        """The ids of what meets `asked` and is not over at `now_us`, in order."""
        until_us = TIME_MAX_US if asked.time_end_us is None else asked.time_end_us
        since_us = max(0 if asked.time_start_us is None else asked.time_start_us, now_us)
        lower_mm, upper_mm = asked.altitude_lower_mm, asked.altitude_upper_mm
        between = _Between(min(since_us, until_us), until_us)
        found: set[str] = set()
        for cell in asked.cells:
            there = self._cells.get(cell)
            if there is None:
                continue
            for bucket in between.of(there):
                for entity_id, each in bucket.items():
                    # The same as `envelopes.meets`, written out: most of what a busy cell costs is here.
                    start_us, end_us = each.time_start_us, each.time_end_us
                    if (start_us is not None and start_us > until_us) or (
                        end_us is not None and end_us < since_us
                    ):
                        continue
                    low_mm, high_mm = each.altitude_lower_mm, each.altitude_upper_mm
                    if (upper_mm is not None and low_mm is not None and low_mm > upper_mm) or (
                        lower_mm is not None and high_mm is not None and high_mm < lower_mm
                    ):
                        continue
                    found.add(entity_id)
        return sorted(found)

    def _remove(self, entity_id: str, envelope: Envelope) -> None:
        del self._envelopes[entity_id]
        buckets = _buckets_of(envelope)
        for cell in envelope.cells:
            there = self._cells[cell]
            for bucket in buckets:
                ids = there[bucket]
                del ids[entity_id]
                if not ids:
                    del there[bucket]
            if not there:
                del self._cells[cell]


def _buckets_of(envelope: Envelope) -> tuple[Bucket, ...]:
    start_us, end_us = envelope.time_start_us, envelope.time_end_us
    if start_us is None or end_us is None:
        return (_ALWAYS,)
    for number, length_us in enumerate(_LENGTHS_US):
        if end_us - start_us <= length_us:
            first, last = start_us // length_us, end_us // length_us
            return ((number, first),) if first == last else ((number, first), (number, last))
    return (_ALWAYS,)


class _Between:
    """The buckets that may have something between two instants, of one cell after the other."""

    def __init__(self, start_us: int, end_us: int) -> None:
        lengths = [(start_us // length_us, end_us // length_us) for length_us in _LENGTHS_US]
        self._spans = [*lengths, (0, 0)]  # the first and the last of each length; at last the one of _ALWAYS
        self._count = sum(last - first for first, last in self._spans) + len(self._spans)
        self._listed: list[Bucket] = []

    def of(self, there: dict[Bucket, Inside]) -> Iterable[Inside]:
        """Those of a cell: looked up one by one, or where that are more than it has, found among them."""
        if self._count < len(there):
            self._listed = self._listed or [
                (number, place)
                for number, (first, last) in enumerate(self._spans)
                for place in range(first, last + 1)
            ]
            return filter(None, map(there.get, self._listed))
        spans = self._spans
        return [
            bucket
            for (number, place), bucket in there.items()
            if spans[number][0] <= place <= spans[number][1]
        ]
