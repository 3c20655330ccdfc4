"""Planted bugs. Each is a change of one line of ours; the simulation must catch it within SEEDS_MAX seeds."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from mamarr.airspace import reservations
from mamarr.engine import Decider, facts, projection
from mamarr.engine.orders import Order
from mamarr.engine.projection import Projection
from mamarr.engine.tables import Table
from mamarr.faults import Unavailable
from mamarr.record import Log
from mamarr.record.log import InDoubt
from mamarr.simulation import faulty_store, world
from mamarr.simulation.faulty_store import Disk, FaultyStore, MarkerBlock, RowBlock

SEEDS_MAX = 300

Plant = Callable[[pytest.MonkeyPatch], None]


def held_volumes_are_not_looked_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Projection, "overlapping", lambda *_, **__: ())


def only_one_side_of_the_antimeridian_is_looked_at(patch: pytest.MonkeyPatch) -> None:
    from mamarr.geometry import volumes

    patch.setattr(
        volumes, "_spans", lambda box: ((box.longitude_west_e7deg, max(box.longitude_east_e7deg, 0)),)
    )


def the_upper_edge_of_time_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = Projection.overlapping

    def forgetful(self: Projection, box: Any, **limits: Any) -> Any:
        found = real(self, box, **limits)
        return tuple(held for held in found if held.volume.time_start_ms <= box.time_start_ms)

    patch.setattr(Projection, "overlapping", forgetful)


def a_known_command_is_decided_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Decider, "_remembered", lambda *_: None)


def only_durable_commands_are_remembered(patch: pytest.MonkeyPatch) -> None:
    real = Decider._remembered

    def forgetful(self: Decider, ticket: Any, turn: Any) -> Any:
        self._pending_keys = {}
        turn.keys = {}
        return real(self, ticket, turn)

    patch.setattr(Decider, "_remembered", forgetful)


def reused_ids_answer_whatever_was_asked_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Order, "key", lambda self: self.author.party.encode().ljust(16)[:16])


def a_failed_batch_is_not_undone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Projection, "undo", lambda *_: None)


def undoing_forgets_the_index(patch: pytest.MonkeyPatch) -> None:
    def undo(self: Table[Any, Any], batch: int) -> None:
        while self._journal and self._journal[-1][0] == batch:
            _, key, before = self._journal.pop()
            if before is None:
                self._current.pop(key, None)
            else:
                self._current[key] = before

    patch.setattr(Table, "undo", undo)


def pictures_show_what_is_pending(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Table, "durable_items", lambda self: iter(self._current.items()))


def answers_leave_before_they_are_durable(patch: pytest.MonkeyPatch) -> None:
    real = world.World.append

    def hasty(self: world.World) -> None:
        if self.pending and self.chance.random() < 0.3:
            batch = self.pending.pop(0)
            self.answer(self.decider.committed(batch, [bytes(32)] * len(batch.drafts)))
            return
        real(self)

    patch.setattr(world.World, "append", hasty)


def a_late_answer_is_taken_for_none(patch: pytest.MonkeyPatch) -> None:
    def credulous(self: Log, first: int, rows: Sequence[Any], head: Any) -> None:
        try:
            self.store.append(first, rows, head)
        except Unavailable:
            raise

    patch.setattr(Log, "_write", credulous)


def a_doubt_is_taken_for_none(patch: pytest.MonkeyPatch) -> None:
    real = Log._write

    def sure(self: Log, first: int, rows: Sequence[Any], head: Any) -> None:
        try:
            real(self, first, rows, head)
        except InDoubt as doubt:
            raise Unavailable("nothing was written, surely") from doubt

    patch.setattr(Log, "_write", sure)


def the_store_answers_before_the_disk_is_synced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Disk, "sync", lambda _: None)


def recovery_does_not_check_the_checksum(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(faulty_store, "_is_whole", lambda payload, length, _: len(payload) == length)


def recovery_goes_on_after_a_gap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(faulty_store, "_ends", lambda *_: True)


def a_torn_commit_is_not_taken_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FaultyStore, "_clean", lambda *_: None)


def a_late_commit_is_written_again_as_new(patch: pytest.MonkeyPatch) -> None:
    real = FaultyStore.append

    def insistent(self: FaultyStore, first: int, rows: Sequence[Any], head: Any) -> None:
        try:
            real(self, first, rows, head)
        except Unavailable:
            if self._inner.size() != first:
                marker = MarkerBlock(number=self._commits, count=len(rows), head=head)
                self._journal([*map(RowBlock, rows), marker])
                self._commits += 1
            raise

    patch.setattr(FaultyStore, "append", insistent)


def facts_count_everybody(patch: pytest.MonkeyPatch) -> None:
    real = facts.for_reservation
    calls = [0]

    def changing(*arguments: Any) -> Any:
        calls[0] += 1
        known = real(*arguments)
        return reservations.Facts(
            held=known.held, overlapping=known.overlapping, held_by_party_count=calls[0] % 7
        )

    patch.setattr(facts, "for_reservation", changing)


def snapshots_hold_what_is_pending(patch: pytest.MonkeyPatch) -> None:
    def state(self: Projection) -> Any:
        current = self.reservations._current
        return projection.State(reservations=tuple(current[key] for key in sorted(current)))

    patch.setattr(Projection, "state", state)


def contacts_are_lost_when_they_are_read_again(patch: pytest.MonkeyPatch) -> None:
    from mamarr.engine import orders

    patch.setattr(orders, "joined", lambda value, _: value)


def what_is_active_may_be_forgotten_by_the_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reservations, "is_overrun", lambda *_: False)


def occupied_sky_is_not_looked_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Projection, "occupying", lambda *_, **__: ())


PLANTED: tuple[Plant, ...] = (
    held_volumes_are_not_looked_up,
    what_is_active_may_be_forgotten_by_the_clock,
    occupied_sky_is_not_looked_up,
    snapshots_hold_what_is_pending,
    contacts_are_lost_when_they_are_read_again,
    only_one_side_of_the_antimeridian_is_looked_at,
    the_upper_edge_of_time_is_forgotten,
    a_known_command_is_decided_again,
    only_durable_commands_are_remembered,
    reused_ids_answer_whatever_was_asked_first,
    a_failed_batch_is_not_undone,
    undoing_forgets_the_index,
    pictures_show_what_is_pending,
    answers_leave_before_they_are_durable,
    a_late_answer_is_taken_for_none,
    a_doubt_is_taken_for_none,
    the_store_answers_before_the_disk_is_synced,
    recovery_does_not_check_the_checksum,
    recovery_goes_on_after_a_gap,
    a_torn_commit_is_not_taken_back,
    a_late_commit_is_written_again_as_new,
    facts_count_everybody,
)
