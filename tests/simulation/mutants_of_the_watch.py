"""Planted bugs in what is seen, told and shown of what flies, as those of `mutants`."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from msgspec.structs import replace

from mamarr.engine import cycle, facts, tidying
from mamarr.engine.supervision import Supervision
from mamarr.engine.watcher import Watcher
from mamarr.surveillance import FeedState, Live, Standing, alerts, feeds, live
from mamarr.surveillance.correlation import Directory

Plant = Callable[[pytest.MonkeyPatch], None]


def silence_clears_an_alert(patch: pytest.MonkeyPatch) -> None:
    real = Live._is_over

    def hasty(self: Live, held: Any) -> bool:
        flight = self._flights.get(held.subject)
        is_silent = flight is None or not any(key in self._claims for key in flight.watches)
        return is_silent or real(self, held)

    patch.setattr(Live, "_is_over", hasty)


def one_report_from_inside_clears_an_alert_of_before_a_restart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(live, "_has_ended", lambda *_: True)


def a_track_is_correlated_by_callsign_alone(patch: pytest.MonkeyPatch) -> None:
    real = Directory.claim
    patch.setattr(Directory, "claim", lambda self, track, _, callsign: real(self, track, None, callsign))


def strangers_are_taken_for_whoever_is_looked_for(patch: pytest.MonkeyPatch) -> None:
    real = Directory.claim

    def claim(self: Directory, track: str, address: Any, callsign: Any) -> Any:
        found = real(self, track, address, callsign)
        first = min(self.flights, default=None)
        if found.standing is not Standing.NONE or first is None:
            return found
        return replace(found, standing=Standing.CLAIMED, flight_ids=(first,))

    patch.setattr(Directory, "claim", claim)


def a_restarted_watch_is_not_told_what_is_held(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cycle, "held", lambda _: ())


def a_restarted_watch_is_told_only_what_is_new(patch: pytest.MonkeyPatch) -> None:
    real = Supervision.begun

    def begun(self: Supervision) -> Any:
        following = self._following
        messages = real(self)
        self._following = following
        return messages

    patch.setattr(Supervision, "begun", begun)


def wishes_are_asked_again_before_they_are_answered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Supervision, "is_waiting", property(lambda _: False))


def deviations_are_not_told_to_the_log(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cycle, "_to_raise", lambda *_: iter(()))


def corridors_are_as_wide_for_the_watch_as_twice_for_admission(patch: pytest.MonkeyPatch) -> None:
    real = cycle._legs
    patch.setattr(
        cycle,
        "_legs",
        lambda value: (replace(each, half_width_mm=2 * each.half_width_mm) for each in real(value)),
    )


def whoever_is_a_little_aside_is_warned_about(patch: pytest.MonkeyPatch) -> None:
    real = cycle._legs
    patch.setattr(
        cycle,
        "_legs",
        lambda value: (replace(each, half_width_mm=each.half_width_mm // 3) for each in real(value)),
    )


def a_feed_that_once_spoke_is_live_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(feeds, "state", lambda _, heard_ms, __: FeedState.LIVE if heard_ms else FeedState.SILENT)


def an_old_block_is_taken_for_a_new_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(import_module("mamarr.engine.watch"), "BLOCK_FRESH_MS", 1 << 40)


def a_clock_that_was_set_back_makes_old_reports_new(patch: pytest.MonkeyPatch) -> None:
    real = Watcher.turn

    def turn(self: Watcher, now_ms: int) -> Any:
        self._now_ms = now_ms
        return real(self, now_ms)

    patch.setattr(Watcher, "turn", turn)


def a_clock_that_is_set_back_takes_with_it_what_came_since(patch: pytest.MonkeyPatch) -> None:
    real = Watcher.turn

    def turn(self: Watcher, now_ms: int) -> Any:
        if now_ms < self._now_ms:
            self._heard = []
        return real(self, now_ms)

    patch.setattr(Watcher, "turn", turn)


def everybody_sees_every_track(patch: pytest.MonkeyPatch) -> None:
    module = import_module("mamarr.engine.watch")
    real = module._track
    patch.setattr(
        module, "_track", lambda view, seen, flown, _, now_ms: real(view, seen, flown, view.party, now_ms)
    )


def everybody_is_on_watch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(facts, "concerned", lambda node_party, *_: (node_party, "south", "relief"))


def what_was_acknowledged_is_escalated(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(alerts, "ESCALATED_AFTER_MS", 0)
    patch.setattr(tidying, "ESCALATED_AFTER_MS", 0)


def a_restarted_watch_takes_who_was_early_for_on_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("mamarr.surveillance.live.is_far_ahead", lambda _: False)


PLANTED: tuple[Plant, ...] = (
    silence_clears_an_alert,
    one_report_from_inside_clears_an_alert_of_before_a_restart,
    a_track_is_correlated_by_callsign_alone,
    strangers_are_taken_for_whoever_is_looked_for,
    a_restarted_watch_is_not_told_what_is_held,
    a_restarted_watch_is_told_only_what_is_new,
    wishes_are_asked_again_before_they_are_answered,
    deviations_are_not_told_to_the_log,
    corridors_are_as_wide_for_the_watch_as_twice_for_admission,
    whoever_is_a_little_aside_is_warned_about,
    a_feed_that_once_spoke_is_live_for_ever,
    an_old_block_is_taken_for_a_new_one,
    a_clock_that_was_set_back_makes_old_reports_new,
    a_clock_that_is_set_back_takes_with_it_what_came_since,
    everybody_sees_every_track,
    everybody_is_on_watch,
    what_was_acknowledged_is_escalated,
    a_restarted_watch_takes_who_was_early_for_on_time,
)
