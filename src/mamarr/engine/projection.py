"""Everything the engine knows, folded from events. The only writer of the tables and indexes."""

from collections import Counter

import msgspec

from mamarr.airspace import Reservation, reservations
from mamarr.engine import restores
from mamarr.engine.orders import Event
from mamarr.engine.tables import Table
from mamarr.geometry import Box
from mamarr.geometry.volumes import TIME_LAST_MS, overlaps

START = -1  # number of the batch in which what was read from the log is projected: before every pending one
WHY = "why"  # the one key of the table of custody


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The durable state as values, for a snapshot: what `Projection.state` gives and `restored` takes."""

    reservations: tuple[Reservation, ...] = ()


class Projection:
    """The state as tables. Deciders read it through `facts`, viewers through `picture`.

    party: the party whose node this is. read_only_why: why the record must be confirmed before it goes on.
    """

    def __init__(self, party: str, *, read_only_why: str | None = None) -> None:
        self.party = party
        self.reservations: Table[str, Reservation] = Table(self._reservation_changed)
        self._custody: Table[str, str] = Table()
        self._held_count: Counter[str] = Counter()
        if read_only_why is not None:
            self.hold(read_only_why)

    @property
    def read_only_why(self) -> str | None:
        """Why the record must be confirmed before it goes on; None when it need not."""
        return self._custody.get(WHY)

    @property
    def is_read_only(self) -> bool:
        """Whether, by what is durable, commands are refused."""
        return any(True for _ in self._custody.durable_items())

    def hold(self, why: str) -> None:
        """From now on the record is read-only until it is confirmed."""
        self._custody.put(START, WHY, why)
        self._custody.settle(START)

    def apply(self, batch: int, event: Event) -> None:
        """Project `event` as part of pending batch number `batch`."""
        match event:
            case restores.RestoreConfirmed():
                self._custody.put(batch, WHY, None)
            case _:
                before = self.reservations.get(event.reservation_id)
                self.reservations.put(batch, event.reservation_id, reservations.evolve(before, event))

    def settle(self, batch: int) -> None:
        """Batch number `batch` is durable."""
        self.reservations.settle(batch)
        self._custody.settle(batch)

    def undo(self, batch: int) -> None:
        """Batch number `batch`, the newest pending one, failed."""
        self.reservations.undo(batch)
        self._custody.undo(batch)

    def state(self) -> State:
        """What is durable, in the order of ids."""
        return State(reservations=tuple(value for _, value in sorted(self.reservations.durable_items())))

    def restore(self, state: State) -> None:
        """Take `state` as what is durable; only into an empty projection."""
        for value in state.reservations:
            self.reservations.put(START, value.reservation_id, value)
        self.reservations.settle(START)

    def overlapping(self, box: Box, *, now_ms: int, at_most: int) -> tuple[Reservation, ...]:
        """What is held, as seen at `now_ms`, that meets `box`, in the order of ids; looks at each of them."""
        meeting = (
            value
            for _, value in self.reservations.current_items()
            if not reservations.is_over(value, now_ms) and overlaps(reservations.held_box(value, now_ms), box)
        )
        return tuple(sorted(meeting, key=lambda value: value.reservation_id)[:at_most])

    def occupying(self, asked: Reservation, *, at_most: int) -> tuple[Reservation, ...]:
        """Other reservations that are occupied in the sky of `asked`, whenever their windows are."""
        always = {"time_start_ms": 0, "time_end_ms": TIME_LAST_MS}
        box = msgspec.structs.replace(asked.volume, **always)
        meeting = (
            value
            for _, value in self.reservations.current_items()
            if value.status in reservations.OCCUPIED
            and value.reservation_id != asked.reservation_id
            and overlaps(value.volume, box)
        )
        return tuple(sorted(meeting, key=lambda value: value.reservation_id)[:at_most])

    def over(self, now_ms: int, *, at_most: int) -> tuple[Reservation, ...]:
        """Durable reservations whose window passed unoccupied before `now_ms`, in the order of ids."""
        passed = (
            value for _, value in self.reservations.durable_items() if reservations.is_over(value, now_ms)
        )
        return tuple(sorted(passed, key=lambda value: value.reservation_id)[:at_most])

    def held_count(self, party: str) -> int:
        """How many reservations `party` holds."""
        return self._held_count[party]

    def _reservation_changed(self, _: str, before: Reservation | None, after: Reservation | None) -> None:
        if before is not None:
            self._held_count[before.holder] -= 1
        if after is not None:
            self._held_count[after.holder] += 1
