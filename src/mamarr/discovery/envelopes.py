"""Envelopes: where, at which levels and when something known is, as coarsely as all compare it.

The exact shape of a reference stays with who made it. What is compared is one envelope of all its volumes:
the cells of `geometry.cells` that they touch, the lowest to the highest altitude, the first to the last
instant. So two may be called relevant to each other that are not; none that are is missed.

Every interval is closed, as ASTM F3548-21 has it: what only touches counts. Instants are whole microseconds
since 1970, as they must come back equal to what was sent.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from mamarr.geometry.units import EPOCH

CELL_BITS = 34  # below the cell's own place: S2's level 13 of 30, two bits a level; then the bit that ends it
CELLS_MAX = 8_192  # chosen: three times a square of 2,500 km2; bounds what one entity adds to the index
EXTENTS_MAX = 100  # chosen: volumes that one reference names; a long flight has dozens
ALTITUDE_MAX_MM = 10**8  # 100 km: as F3548-21 bounds an altitude, and below the ground the same
TIME_MAX_US = 1 << 53  # whole in every program's numbers; the years 1684 to 2255
ONE_US = timedelta(microseconds=1)


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A part of the sky and time, closed on every side.

    cells: ids of S2 cells of level 13, ascending, at least one. altitude_lower_mm, altitude_upper_mm: above
    the WGS-84 ellipsoid; time_start_us, time_end_us: since 1970. None is without bound.
    ValueError when a lower bound is above its upper one, or the cells are not such.
    """

    cells: tuple[int, ...]
    altitude_lower_mm: int | None = None
    altitude_upper_mm: int | None = None
    time_start_us: int | None = None
    time_end_us: int | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.cells) <= CELLS_MAX:
            raise ValueError(f"an envelope has 1 to {CELLS_MAX} cells, not {len(self.cells)}")
        before = 0
        for cell in self.cells:
            if cell <= before or cell >> 64 or cell & _BELOW != _ENDS:
                raise ValueError("the cells of an envelope are not ascending ones of level 13")
            before = cell
        for bound_mm in (self.altitude_lower_mm, self.altitude_upper_mm):
            if bound_mm is not None and not -ALTITUDE_MAX_MM <= bound_mm <= ALTITUDE_MAX_MM:
                raise ValueError(f"an altitude is beyond {ALTITUDE_MAX_MM} mm")
        for bound_us in (self.time_start_us, self.time_end_us):
            if bound_us is not None and not -TIME_MAX_US <= bound_us <= TIME_MAX_US:
                raise ValueError("a time is before 1684 or after 2255")
        if not _is_ascending(self.altitude_lower_mm, self.altitude_upper_mm):
            raise ValueError("the lower altitude is above the upper one")
        if not _is_ascending(self.time_start_us, self.time_end_us):
            raise ValueError("the time of start is after the time of end")


_ENDS = 1 << CELL_BITS
_BELOW = (_ENDS << 1) - 1


def meets(one: Envelope, other: Envelope) -> bool:
    """Whether they have a cell, a level and an instant in common."""
    return (
        _overlap(one.time_start_us, one.time_end_us, other.time_start_us, other.time_end_us)
        and _overlap(
            one.altitude_lower_mm, one.altitude_upper_mm, other.altitude_lower_mm, other.altitude_upper_mm
        )
        and not set(one.cells).isdisjoint(other.cells)
    )


def covers_in_time(one: Envelope, other: Envelope) -> bool:
    """Whether `one` has all cells and instants of `other`, whatever their levels."""
    return _within(other.time_start_us, other.time_end_us, one.time_start_us, one.time_end_us) and set(
        one.cells
    ).issuperset(other.cells)


def covers(one: Envelope, other: Envelope) -> bool:
    """Whether `one` has all cells, levels and instants of `other`."""
    return _within(
        other.altitude_lower_mm, other.altitude_upper_mm, one.altitude_lower_mm, one.altitude_upper_mm
    ) and covers_in_time(one, other)


def union(several: Sequence[Envelope]) -> Envelope:
    """The smallest envelope that covers all of `several`, at least one; ValueError when it is too large."""
    if len(several) == 1:
        return several[0]
    return stretched(
        Envelope(cells=tuple(sorted({cell for each in several for cell in each.cells}))), several
    )


def stretched(value: Envelope, several: Sequence[Envelope]) -> Envelope:
    """The cells of `value`, at the levels and instants that the union of `several` has."""
    return Envelope(
        cells=value.cells,
        altitude_lower_mm=_bound(min, [each.altitude_lower_mm for each in several]),
        altitude_upper_mm=_bound(max, [each.altitude_upper_mm for each in several]),
        time_start_us=_bound(min, [each.time_start_us for each in several]),
        time_end_us=_bound(max, [each.time_end_us for each in several]),
    )


def is_past(value: Envelope, now_us: int) -> bool:
    """Whether its last instant is over."""
    return value.time_end_us is not None and value.time_end_us < now_us


def us_of(moment: datetime) -> int:
    """Whole microseconds from 1970 to `moment`."""
    return (moment - EPOCH) // ONE_US


def _bound(pick: Callable[[list[int]], int], bounds: list[int | None]) -> int | None:
    """The outermost of `bounds`; None, without bound, where one is."""
    known = [each for each in bounds if each is not None]
    return pick(known) if len(known) == len(bounds) else None


def _is_ascending(lower: int | None, upper: int | None) -> bool:
    return lower is None or upper is None or lower <= upper


def _overlap(one_lower: int | None, one_upper: int | None, lower: int | None, upper: int | None) -> bool:
    return _is_ascending(one_lower, upper) and _is_ascending(lower, one_upper)


def _within(inner_lower: int | None, inner_upper: int | None, lower: int | None, upper: int | None) -> bool:
    is_above = lower is None or (inner_lower is not None and lower <= inner_lower)
    return is_above and (upper is None or (inner_upper is not None and inner_upper <= upper))
