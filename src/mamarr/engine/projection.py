"""Everything the engine knows, folded from events. The only writer of the tables and indexes."""

from collections import Counter

from mamarr.airspace import Reservation, reservations
from mamarr.engine.orders import Event
from mamarr.engine.tables import Table
from mamarr.geometry import Box
from mamarr.geometry.volumes import overlaps


class Projection:
    """The state as tables. Deciders read it through `facts`, viewers through `picture`."""

    def __init__(self) -> None:
        self.reservations: Table[str, Reservation] = Table(self._reservation_changed)
        self._held_count: Counter[str] = Counter()
        self._boxes: dict[str, Box] = {}

    def apply(self, batch: int, event: Event) -> None:
        """Project `event` as part of pending batch number `batch`."""
        before = self.reservations.get(event.reservation_id)
        self.reservations.put(batch, event.reservation_id, reservations.evolve(before, event))

    def settle(self, batch: int) -> None:
        """Batch number `batch` is durable."""
        self.reservations.settle(batch)

    def undo(self, batch: int) -> None:
        """Batch number `batch`, the newest pending one, failed."""
        self.reservations.undo(batch)

    def overlapping(self, box: Box, *, at_most: int) -> tuple[Reservation, ...]:
        """Held reservations that meet `box`, in the order of their ids; looks at each of them."""
        meeting = sorted(held_id for held_id, held in self._boxes.items() if overlaps(held, box))
        found = (self.reservations.get(held_id) for held_id in meeting[:at_most])
        return tuple(held for held in found if held is not None)

    def held_count(self, party: str) -> int:
        """How many reservations `party` holds."""
        return self._held_count[party]

    def _reservation_changed(self, key: str, before: Reservation | None, after: Reservation | None) -> None:
        if before is not None:
            self._held_count[before.holder] -= 1
            del self._boxes[key]
        if after is not None:
            self._held_count[after.holder] += 1
            self._boxes[key] = after.volume
