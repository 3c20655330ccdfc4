"""What is taken of a network: intervals of time, for each strip at each level.

A taken interval is open: who leaves a strip by its start, or enters it at its end, is apart. So an interval
is made as long as the minima and tolerances of the pair ask (`between`), and the search need not know of
them. Who took what is kept beside the joined intervals, so that it can be said what is in the way.
"""

from collections.abc import Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from mamarr.flights import route_kernels as kernels
from mamarr.flights.network import Network, Whole, whole

INTERVALS_MAX = 50_000_000  # chosen: what 4 GB hold
MOMENT_FIRST_MS, MOMENT_LAST_MS = -(1 << 60), 1 << 60  # before and after all that can be asked
SOURCE_MAX = (1 << 31) - 1
NOBODY = -1  # the source of what is closed rather than taken


class InTheWay(msgspec.Struct, frozen=True, gc=False):
    """What is taken where one would fly. source: who took it, as the caller numbers them; NOBODY: closed."""

    strip: int
    level: int
    from_ms: int
    until_ms: int
    source: int


class Taken:
    """The taken intervals of a network. Belongs to one thread."""

    def __init__(
        self,
        network: Network,
        strips: npt.ArrayLike = (),
        levels: npt.ArrayLike = (),
        from_ms: npt.ArrayLike = (),
        until_ms: npt.ArrayLike = (),
        sources: npt.ArrayLike | None = None,
    ) -> None:
        """Hold intervals, in any order.

        strips, levels, from_ms, until_ms, sources: (K,) whole numbers: where, from when until when, and who
        took it. ValueError names the argument that is wrong.
        """
        self.network = network
        rows, starts, ends, self._sources = self._checked(strips, levels, from_ms, until_ms, sources)
        order = np.lexsort((starts, rows))
        self._rows, self._starts, self._ends = rows[order], starts[order], ends[order]
        self._sources = self._sources[order]
        self._row_spans = np.zeros((network.strips_count * network.levels_count, 2), np.int64)
        self._spans = np.empty((len(starts), 2), np.int64)
        self._used = int(kernels.joined(self._rows, self._starts, self._ends, self._row_spans, self._spans))
        self._room = self._row_spans[:, 1].copy()
        self._last_source = int(self._sources.max(initial=NOBODY))
        self._later: dict[int, list[tuple[int, int, int]]] = {}

    def __len__(self) -> int:
        """How many intervals there are, after those that meet or touch were joined."""
        return int(self._row_spans[:, 1].sum())

    @property
    def joined(self) -> tuple[Whole, Whole]:
        """The intervals as the search takes them: first and count of each row; starts and ends."""
        return self._row_spans, self._spans

    def take(self, strip: int, level: int, from_ms: int, until_ms: int, source: int = NOBODY) -> None:
        """Take one interval more; ValueError names the argument that is wrong."""
        network = self.network
        for name, value, first, last in (
            ("strips", strip, 0, network.strips_count - 1),
            ("levels", level, 0, network.levels_count - 1),
            ("from_ms", from_ms, MOMENT_FIRST_MS, MOMENT_LAST_MS),
            ("until_ms", until_ms, MOMENT_FIRST_MS, MOMENT_LAST_MS),
            ("sources", source, NOBODY, SOURCE_MAX),
        ):
            if not isinstance(value, int | np.integer) or not first <= value <= last:
                whole(name, [value], last + 1, first=first)  # says what is wrong
        if until_ms <= from_ms:
            raise ValueError(f"until_ms: number 0 is {until_ms}, not after {from_ms}")
        row = strip * network.levels_count + level
        self._later.setdefault(row, []).append((from_ms, until_ms, source))
        while True:
            used = kernels.added(self._row_spans, self._room, self._spans, self._used, row, from_ms, until_ms)
            if used >= 0:
                self._used = int(used)
                return
            self._spans = np.concatenate([self._spans, np.empty((len(self._spans) + 64, 2), np.int64)])

    def in_the_way(
        self, strip: int, low: int, high: int, enter_ms: int, leave_ms: int, *, least_source: int = NOBODY
    ) -> Iterator[InTheWay]:
        """What is taken of a strip at the levels from `low` to `high` while one would fly there.

        least_source: no other sources than from this number on.
        """
        levels = self.network.levels_count
        for level in range(low, high + 1):
            row = strip * levels + level
            first = last = 0
            if least_source <= self._last_source:
                first, last = (int(np.searchsorted(self._rows, each)) for each in (row, row + 1))
            held = zip(
                self._starts[first:last].tolist(),
                self._ends[first:last].tolist(),
                self._sources[first:last].tolist(),
                strict=True,
            )
            for start, end, source in (*held, *self._later.get(row, ())):
                if start < leave_ms and enter_ms < end and source >= least_source:
                    yield InTheWay(strip, level, start, end, source)

    def copied(self) -> "Taken":
        """The same, to be added to apart from this one."""
        twin = Taken.__new__(Taken)
        twin.__dict__.update(self.__dict__, _later={row: list(each) for row, each in self._later.items()})
        for name in ("_row_spans", "_room", "_spans"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def _checked(
        self,
        strips: npt.ArrayLike,
        levels: npt.ArrayLike,
        from_ms: npt.ArrayLike,
        until_ms: npt.ArrayLike,
        sources: npt.ArrayLike | None,
    ) -> tuple[Whole, Whole, Whole, Whole]:
        """Rows, starts, ends and sources."""
        network = self.network
        at_strips = whole("strips", strips, network.strips_count)
        if len(at_strips) > INTERVALS_MAX:
            raise ValueError(f"strips: {len(at_strips)} intervals are more than {INTERVALS_MAX}")
        at_levels = whole("levels", levels, network.levels_count)
        starts = whole("from_ms", from_ms, MOMENT_LAST_MS + 1, first=MOMENT_FIRST_MS)
        ends = whole("until_ms", until_ms, MOMENT_LAST_MS + 1, first=MOMENT_FIRST_MS)
        by = np.full(len(at_strips), NOBODY) if sources is None else sources
        at_sources = whole("sources", by, SOURCE_MAX + 1, first=NOBODY)
        for name, each in (
            ("levels", at_levels),
            ("from_ms", starts),
            ("until_ms", ends),
            ("sources", at_sources),
        ):
            if len(each) != len(at_strips):
                raise ValueError(f"{name}: {len(each)} of them for {len(at_strips)} strips")
        if np.any(ends <= starts):
            at = int(np.flatnonzero(ends <= starts)[0])
            raise ValueError(f"until_ms: number {at} is {ends[at]}, not after {starts[at]}")
        return at_strips * network.levels_count + at_levels, starts, ends, at_sources


def between(
    entered_ms: int, left_ms: int, *, before_ms: int, after_ms: int, minimum_ms: int
) -> tuple[int, int]:
    """The interval that a flight takes from others like it, from when it enters a strip until it leaves.

    before_ms, after_ms: how much earlier and later than planned each of the two may be. minimum_ms: how far
    apart in time they must stay, the longitudinal minimum. Of two like that the sky is held from `before_ms`
    before entering until `after_ms` after leaving, and no nearer than the minimum.
    """
    both_ms = before_ms + after_ms + minimum_ms
    return entered_ms - both_ms, left_ms + both_ms
