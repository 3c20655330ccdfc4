"""The process that watches, turned by hand: what it is told, what it hears, what it says."""

import msgspec
import pytest

from mamarr.engine import watcher as watchers
from mamarr.engine.cycle import News
from mamarr.engine.watcher import Follow, Play, Replay, Setup, Watcher, at_times_of
from mamarr.surveillance import AlertType, Feed, FeedState, Report
from mamarr.surveillance.blocks import SECRET_BYTES
from tests.surveillance.sightings import (
    ADSB,
    DEMO_RECORDING,
    NOON_MS,
    a_flight,
    a_report,
    clock,
    demo_recording,
)
from tests.surveillance.test_conformance import demo_flight

RECORDED = Feed(feed_id="recorded", period_ms=10_000, is_recorded=True)
SETUP = Setup(feeds=(RECORDED,), secret=bytes(SECRET_BYTES))
START_MS = 1_572_782_728_000  # 2019-11-03 12:05:28 UTC


def what_was_recorded() -> list[Report]:
    return [msgspec.structs.replace(each, source_id="recorded") for each in demo_recording()]


def a_play(**changed) -> Play:
    values = {
        "feed_id": "recorded",
        "recording": str(DEMO_RECORDING),
        "start_ms": START_MS,
        "at_ms": START_MS,
        "speed_ratio": 1.0,
        "icao_address": "F00001",
        "callsign": "RECORD1",
    }
    return Play(**{**values, **changed})


# --- a recording as a feed --------------------------------------------------------------------------------


def test_a_recording_is_played_faster_from_its_start_under_another_name():
    play = a_play(at_ms=START_MS + 1_000_000, speed_ratio=4.0)
    report = demo_recording()[0]
    played = at_times_of(report, play)
    assert played.time_ms == play.at_ms + (report.time_ms - START_MS) // 4
    assert (played.icao_address, played.callsign, played.is_recorded) == ("F00001", "RECORD1", True)


def test_what_was_before_the_start_comes_at_once_and_the_rest_at_its_time():
    replay = Replay(a_play(), what_was_recorded())
    assert clock(list(replay.due(START_MS))[-1].time_ms) == "12:05:20"
    assert [clock(each.time_ms) for each in replay.due(START_MS + 12_000)] == ["12:05:30", "12:05:40"]
    assert list(replay.due(START_MS + 12_000)) == []


def watched(watcher: Watcher, seconds: range):
    return [watcher.turn(START_MS + 1_000 * second) for second in seconds]


def test_a_feed_that_ends_looks_silent_and_not_empty():
    watcher = Watcher(SETUP)
    assert watcher.turn(START_MS).block.coverage[0].state is FeedState.NEVER_HEARD
    watcher.play(a_play(), what_was_recorded())
    first, *_, last = watched(watcher, range(0, 1_700, 100))
    assert (first.block.coverage[0].state, first.block.coverage[0].tracks_count) == (FeedState.LIVE, 1)
    assert (last.block.coverage[0].state, last.block.coverage[0].tracks_count) == (FeedState.SILENT, None)
    (track,) = last.block.sightings
    assert last.block.now_ms - track.time_ms > 60_000


def test_the_recorded_aircraft_is_found_leaving_its_corridor():
    watcher = Watcher(SETUP)
    flight = demo_flight()
    watcher.told(Follow(news=News(added=(flight,)), held=()))
    watcher.play(a_play(icao_address=flight.icao_address, callsign=flight.callsign), what_was_recorded())
    turns = watched(watcher, range(45))
    held = [turn for turn in turns if turn.standing]
    assert [wish.kind for wish in held[0].standing] == [AlertType.RAMHD]
    assert clock(held[0].block.now_ms) == "12:06:10"
    assert not any(each.is_implausible for turn in turns for each in turn.block.sightings)
    watcher.told(Follow(news=News(gone=(flight.flight_id,)), held=()))
    assert watcher.turn(START_MS + 46_000).standing == ()


def test_a_recording_played_again_begins_anew():
    watcher = Watcher(SETUP)
    watcher.play(a_play(), what_was_recorded())
    watched(watcher, range(0, 600, 60))
    watcher.play(a_play(at_ms=START_MS + 601_000), what_was_recorded())
    (track,) = watcher.turn(START_MS + 601_000).block.sightings
    assert (track.time_ms, track.is_implausible) == (START_MS + 593_000, False)


def test_a_watch_whose_clock_was_set_back_begins_anew_and_calls_no_silent_feed_live():
    watcher = Watcher(SETUP)
    watcher.play(a_play(), what_was_recorded())
    assert watcher.turn(START_MS).block.coverage[0].state is FeedState.LIVE
    found = watcher.turn(START_MS - 60_000).block
    assert (found.coverage[0].state, found.sightings) == (FeedState.NEVER_HEARD, ())
    watcher.turn(START_MS)
    assert len(watcher.turn(START_MS + 12_000).block.sightings) == 1


# --- what feeds say ---------------------------------------------------------------------------------------


def a_watch() -> Watcher:
    """Looks for F1, which enters its way, along 34 N from 28 E, at noon and has 5 NM to either side."""
    watcher = Watcher(Setup(feeds=(ADSB,), secret=bytes(SECRET_BYTES)))
    watcher.told(Follow(news=News(added=(a_flight(),)), held=()))
    return watcher


def flown(watcher: Watcher, second: int, aside_deg: float = 0.0):
    """A turn so many seconds after noon: F1 is where it should be, or so far to the north of it."""
    at = {"longitude_e7deg": 280_000_000 + 25_000 * second, "time_ms": NOON_MS + 1_000 * second}
    watcher.heard(a_report(latitude_e7deg=340_000_000 + round(aside_deg * 1e7), **at))
    return watcher.turn(NOON_MS + 1_000 * second)


def test_whoever_is_on_its_way_when_the_clock_is_set_back_and_then_leaves_it_is_warned_about():
    watcher = a_watch()
    for second in (40, 44, 46, 48, 52):
        flown(watcher, second)
    assert [each.time_ms for each in flown(watcher, 20).block.sightings] == [NOON_MS + 20_000]
    assert flown(watcher, 64, aside_deg=0.15).standing == ()
    (wish,) = flown(watcher, 74, aside_deg=0.15).standing
    assert (wish.kind, wish.subject) == (AlertType.RAMHD, "F1")


def test_what_came_by_the_clock_before_it_was_set_back_is_forgotten_with_the_rest():
    watcher = a_watch()
    flown(watcher, 40)
    watcher.heard(a_report(time_ms=NOON_MS + 41_000))
    assert watcher.turn(NOON_MS + 20_000).block.sightings == ()


def test_what_a_turn_has_no_room_for_is_taken_in_before_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watchers, "HEARD_MAX", 1)
    watcher = a_watch()
    for address in ("4B1815", "4B1816", "4B1817"):
        watcher.heard(a_report(icao_address=address))
    assert len(watcher.turn(NOON_MS).block.sightings) == 3
