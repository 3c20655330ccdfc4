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

import msgspec
import pytest

from mamarr.engine import Watching, supervision
from mamarr.engine.cycle import News
from mamarr.engine.tidying import TELL_ALERTS
from mamarr.engine.watcher import Follow
from mamarr.faults import Refusal, Unavailable
from mamarr.geometry.units import epoch_ms
from mamarr.node import live_channel
from mamarr.node.live_channel import FRAME_BYTES_MAX
from mamarr.node.live_process import Channel, recorded, warmed
from mamarr.node.runtime import Runtime
from mamarr.node.watching import Watching as Supervisor
from mamarr.record import MemoryStore
from tests.engine.test_watcher import RECORDED, SETUP, a_play, what_was_recorded
from tests.node.test_runtime import a_runtime, order
from tests.surveillance.test_conformance import demo_flight

PATIENCE_S = 30.0


# --- a recording as a feed --------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"not gzip", None])
def test_a_recording_that_cannot_be_read_is_told(tmp_path: Path, body: bytes | None):
    path = tmp_path / "recording.json.gz"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(Unavailable, match=r"recording\.json\.gz"):
        recorded(a_play(recording=str(path)))


def test_a_recording_is_read_as_it_was_reported():
    assert list(recorded(a_play())) == what_was_recorded()


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
        live_channel.framed(msgspec.structs.replace(SETUP, secret=bytes(FRAME_BYTES_MAX)))


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
        assert (watch.supervision.restarts_count, watch.process_id) == (1, restarted)
        assert before >= 1

    at_a_watch(story)


@pytest.mark.slow
def test_a_watch_that_dies_each_time_is_given_up_and_the_picture_says_so(monkeypatch: pytest.MonkeyPatch):
    from mamarr.node import watching

    monkeypatch.setattr(supervision, "RESTART_WAIT_S", 0.01)
    monkeypatch.setattr(watching.sys, "executable", "/bin/false")

    async def story(node: Runtime, watch: Supervisor) -> None:
        await until(lambda: watch._task.done())
        assert watch.supervision.restarts_count == supervision.RESTARTS_MAX
        assert live_of(node) is Watching.DOWN
        assert await is_decided(node)

    at_a_watch(story)


@pytest.mark.slow
def test_whether_others_know_of_every_alert_is_looked_at_each_second_though_none_changes(
    monkeypatch: pytest.MonkeyPatch,
):
    async def story(node: Runtime, watch: Supervisor) -> None:
        looked: list[str | None] = []
        monkeypatch.setattr(node, "tidy", lambda only=None: looked.append(only))
        await until(lambda: len(looked) >= 3)
        assert set(looked) == {TELL_ALERTS}

    at_a_watch(story)


@pytest.mark.slow
def test_the_process_ends_with_its_node():
    async def story(node: Runtime, watch: Supervisor) -> None:
        await until(lambda: live_of(node) is Watching.RUNNING)
        process = watch._process
        await watch.stop()
        assert process.returncode == 0

    at_a_watch(story)
