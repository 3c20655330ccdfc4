"""The process that watches: a recording played as a feed, its channel, and what happens when it dies."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mamarr.engine import Watching
from mamarr.engine.cycle import News
from mamarr.faults import Refusal, Unavailable
from mamarr.geometry.units import epoch_ms
from mamarr.node import live_channel
from mamarr.node.live_channel import FRAME_BYTES_MAX, Follow, Play, Setup
from mamarr.node.live_process import Channel, Replay, Watcher, at_times_of, warmed
from mamarr.node.runtime import Runtime
from mamarr.node.watching import Watching as Supervisor
from mamarr.record import MemoryStore
from mamarr.surveillance import AlertType, Feed, FeedState
from mamarr.surveillance.blocks import SECRET_BYTES
from tests.node.test_runtime import a_runtime, order
from tests.surveillance.sightings import DEMO_RECORDING, clock, demo_recording
from tests.surveillance.test_conformance import demo_flight

RECORDED = Feed(feed_id="recorded", period_ms=10_000, is_recorded=True)
SETUP = Setup(feeds=(RECORDED,), secret=bytes(SECRET_BYTES))
START_MS = 1_572_782_728_000  # 2019-11-03 12:05:28 UTC
PATIENCE_S = 30.0


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
    replay = Replay(a_play())
    assert clock(list(replay.due(START_MS))[-1].time_ms) == "12:05:20"
    assert [clock(each.time_ms) for each in replay.due(START_MS + 12_000)] == ["12:05:30", "12:05:40"]
    assert list(replay.due(START_MS + 12_000)) == []


@pytest.mark.parametrize("body", [b"", b"not gzip", None])
def test_a_recording_that_cannot_be_read_is_told(tmp_path: Path, body: bytes | None):
    path = tmp_path / "recording.json.gz"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(Unavailable, match=r"recording\.json\.gz"):
        Replay(a_play(recording=str(path)))


def watched(watcher: Watcher, seconds: range):
    return [watcher.turn(START_MS + 1_000 * second) for second in seconds]


def test_a_feed_that_ends_looks_silent_and_not_empty():
    watcher = Watcher(SETUP)
    assert watcher.turn(START_MS).block.coverage[0].state is FeedState.NEVER_HEARD
    watcher.told(a_play())
    first, *_, last = watched(watcher, range(0, 1_700, 100))
    assert (first.block.coverage[0].state, first.block.coverage[0].tracks_count) == (FeedState.LIVE, 1)
    assert (last.block.coverage[0].state, last.block.coverage[0].tracks_count) == (FeedState.SILENT, None)
    (track,) = last.block.sightings
    assert last.block.now_ms - track.time_ms > 60_000


def test_the_recorded_aircraft_is_found_leaving_its_corridor():
    watcher = Watcher(SETUP)
    flight = demo_flight()
    watcher.told(Follow(news=News(added=(flight,)), held=()))
    watcher.told(a_play(icao_address=flight.icao_address, callsign=flight.callsign))
    turns = watched(watcher, range(45))
    held = [turn for turn in turns if turn.standing]
    assert [wish.kind for wish in held[0].standing] == [AlertType.RAMHD]
    assert clock(held[0].block.now_ms) == "12:06:10"
    assert not any(each.is_implausible for turn in turns for each in turn.block.sightings)
    watcher.told(Follow(news=News(gone=(flight.flight_id,)), held=()))
    assert watcher.turn(START_MS + 46_000).standing == ()


def test_a_recording_played_again_begins_anew():
    watcher = Watcher(SETUP)
    watcher.told(a_play())
    watched(watcher, range(0, 600, 60))
    watcher.told(a_play(at_ms=START_MS + 601_000))
    (track,) = watcher.turn(START_MS + 601_000).block.sightings
    assert (track.time_ms, track.is_implausible) == (START_MS + 593_000, False)


def test_measuring_once_before_the_first_turn_needs_nobody():
    warmed()


# --- the channel ------------------------------------------------------------------------------------------


def test_messages_come_whole_however_the_bytes_are_cut():
    ours, theirs = socket.socketpair()
    said = [SETUP, a_play(), Follow(news=News(added=(demo_flight(),), gone=("F2",)), held=())]
    with ours, theirs:
        body = b"".join(map(live_channel.framed, said))
        for at in range(0, len(body) - 5, 41):
            ours.send(body[at : min(at + 41, len(body) - 5)])
        channel = Channel(theirs)
        heard = list(channel.messages(time.monotonic() + 0.2))
        ours.send(body[-5:])
        heard += list(channel.messages(time.monotonic() + 0.2))
    assert heard == said


def test_a_node_that_is_gone_ends_the_watch():
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs, pytest.raises(EOFError):
        list(Channel(theirs).messages(time.monotonic() + 5))


@pytest.mark.parametrize("body", [b"", b"\x81\xa4type\xa4none", b"\xc1", b"\x80"])
def test_what_is_no_message_is_told(body: bytes):
    with pytest.raises(Unavailable, match="no message"):
        live_channel.for_live(body)
    with pytest.raises(Unavailable, match="no message"):
        live_channel.turn(body)


def test_no_frame_is_longer_than_its_limit():
    with pytest.raises(Unavailable, match="allowed"):
        live_channel.length(live_channel.LENGTH.pack(FRAME_BYTES_MAX + 1))
    with pytest.raises(Unavailable, match="allowed"):
        live_channel.framed(Setup(feeds=(), secret=bytes(FRAME_BYTES_MAX)))


# --- the process ------------------------------------------------------------------------------------------


def at_a_watch(story: Callable[[Runtime, Supervisor], Awaitable[None]]) -> None:
    async def run() -> None:
        node = a_runtime(MemoryStore())
        node.start()
        watch = Supervisor(node, [RECORDED])
        watch.start()
        try:
            async with asyncio.timeout(2 * PATIENCE_S):
                await story(node, watch)
        finally:
            await watch.stop()
            await node.stop()

    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop running in the main thread
        thread.submit(asyncio.run, run()).result()


async def is_decided(node: Runtime) -> bool:
    """Whether a reservation of a far day is admitted."""
    day_ms = epoch_ms(datetime(2090, 11, 22, tzinfo=UTC))
    answer = await node.submit(order(1, time_start_ms=day_ms, time_end_ms=day_ms + 3_600_000))
    return not isinstance(answer.outcome, Refusal)


async def until(holds: Callable[[], bool]) -> float:
    """Seconds until it holds."""
    begun_s = time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.02)
    return time.monotonic() - begun_s


def live_of(node: Runtime) -> Watching:
    return node.picture("north").live


@pytest.mark.slow
def test_a_killed_watch_is_seen_in_three_seconds_filing_goes_on_and_it_is_started_again():
    async def story(node: Runtime, watch: Supervisor) -> None:
        assert live_of(node) is Watching.DOWN
        await until(lambda: live_of(node) is Watching.RUNNING)
        first, before = watch.process_id, node.block.number
        os.kill(first, signal.SIGKILL)
        # It may be back so soon that nobody is told; what must not be is an old picture called RUNNING.
        await until(lambda: watch.process_id not in (first, None))
        restarted = watch.process_id
        os.kill(restarted, signal.SIGSTOP)
        try:
            assert await until(lambda: live_of(node) is Watching.DOWN) < 3.0
            assert await is_decided(node)
        finally:
            os.kill(restarted, signal.SIGCONT)
        await until(lambda: live_of(node) is Watching.RUNNING)
        assert (watch.restarts_count, watch.process_id) == (1, restarted)
        assert before >= 1

    at_a_watch(story)


@pytest.mark.slow
def test_a_watch_that_dies_each_time_is_given_up_and_the_picture_says_so(monkeypatch: pytest.MonkeyPatch):
    from mamarr.node import watching

    monkeypatch.setattr(watching, "RESTART_WAIT_S", 0.01)
    monkeypatch.setattr(watching.sys, "executable", "/bin/false")

    async def story(node: Runtime, watch: Supervisor) -> None:
        await until(lambda: watch._task.done())
        assert watch.restarts_count == watching.RESTARTS_MAX + 1
        assert live_of(node) is Watching.DOWN
        assert await is_decided(node)

    at_a_watch(story)


@pytest.mark.slow
def test_the_process_ends_with_its_node():
    async def story(node: Runtime, watch: Supervisor) -> None:
        await until(lambda: live_of(node) is Watching.RUNNING)
        process = watch._process
        await watch.stop()
        assert process.returncode == 0

    at_a_watch(story)
