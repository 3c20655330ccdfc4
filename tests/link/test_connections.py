"""When to dial, whom to let in, how fast to read: without sockets and clocks."""

import pytest

from mamarr.link.connections import (
    COME_AT_ONCE,
    DIAL_MAX_MS,
    LASTING_MS,
    READ_AT_ONCE_BYTES,
    READ_BYTES_PER_S,
    SILENT_MS,
    STALE_MS,
    UNPROVEN_EACH_MAX,
    UNPROVEN_MAX,
    UNPROVEN_SPARE,
    Dialling,
    Doors,
    Pace,
    Standing,
    is_silent,
    replaces,
)


def test_a_peer_is_dialled_at_once_and_later_each_time_it_fails_up_to_once_a_minute():
    dialling, clock_ms, waits_ms = Dialling(), 0, []
    assert dialling.is_due(0)
    for _ in range(12):
        dialling.ended(clock_ms, lasted_ms=0, chance_ratio=1.0)
        begun_ms = clock_ms
        while not dialling.is_due(clock_ms):
            clock_ms += 100
        waits_ms.append(clock_ms - begun_ms)
    assert waits_ms[:5] == [2_000, 4_000, 8_000, 16_000, 32_000]
    assert waits_ms[-1] == DIAL_MAX_MS


def test_after_a_connection_that_lasted_it_is_dialled_soon():
    dialling = Dialling()
    for _ in range(9):
        dialling.ended(0, lasted_ms=0, chance_ratio=1.0)
    dialling.ended(0, lasted_ms=LASTING_MS, chance_ratio=0.0)
    assert not dialling.is_due(499)
    assert dialling.is_due(500)


def test_chance_parts_two_that_broke_together():
    one, other = Dialling(), Dialling()
    one.ended(0, lasted_ms=0, chance_ratio=0.0)
    other.ended(0, lasted_ms=0, chance_ratio=1.0)
    assert one.is_due(1_000)
    assert not other.is_due(1_999)


def test_an_address_that_comes_too_often_waits_and_others_do_not():
    doors = Doors()
    for _ in range(COME_AT_ONCE):
        assert doors.come("192.0.2.1", 0) is None
        doors.passed("192.0.2.1", is_peer=False)
    assert doors.come("192.0.2.1", 0) == "comes too often"
    assert doors.come("192.0.2.2", 0) is None
    assert doors.come("192.0.2.1", 4_000) is None, "after a while again"


def test_an_address_has_few_at_the_door_at_a_time():
    doors = Doors()
    for _ in range(UNPROVEN_EACH_MAX):
        assert doors.come("192.0.2.1", 0) is None
    assert doors.come("192.0.2.1", 0) == "too many of one address"
    doors.passed("192.0.2.1", is_peer=True)
    assert doors.come("192.0.2.1", 0) is None


def test_strangers_leave_room_for_addresses_from_which_peers_came():
    doors = Doors()
    assert doors.come("198.51.100.1", 0) is None
    doors.passed("198.51.100.1", is_peer=True)
    refused = [doors.come(f"192.0.2.{each}", 0) for each in range(200)]
    assert refused.count(None) == UNPROVEN_MAX - UNPROVEN_SPARE
    assert set(refused) == {None, "too many at the door"}
    assert doors.come("198.51.100.1", 0) is None


def test_what_the_doors_remember_is_bounded():
    doors = Doors()
    for each in range(10_000):
        if doors.come(str(each), 0) is None:
            doors.passed(str(each), is_peer=True)
    assert len(doors._allowed) <= 4_096
    assert len(doors._known) <= 4_096
    assert doors.unproven_count == 0


def test_a_peer_is_read_at_once_and_then_no_faster_than_its_pace():
    pace, clock_ms, came_bytes = Pace(), 0, 0
    while clock_ms < 100_000:
        clock_ms += pace.wait_ms(65_536, clock_ms)
        came_bytes += 65_536
    most = READ_AT_ONCE_BYTES + READ_BYTES_PER_S * 101
    assert 0.9 * most < came_bytes <= most


def test_small_frames_count_too():
    pace = Pace()
    waits_ms = [pace.wait_ms(0, 0) for _ in range(READ_AT_ONCE_BYTES // 1_024 + 1)]
    assert waits_ms[0] == 0
    assert waits_ms[-1] > 0


@pytest.mark.parametrize("is_ours_first", [True, False])
def test_of_two_made_at_once_both_ends_keep_the_same(is_ours_first: bool):
    ours, theirs = (Standing(is_dialled_here=each, heard_ms=0) for each in (True, False))
    assert replaces(ours, theirs, is_ours_first=is_ours_first, clock_ms=100) == is_ours_first
    assert replaces(theirs, ours, is_ours_first=is_ours_first, clock_ms=100) == (not is_ours_first)


def test_who_dials_again_knows_that_the_last_one_is_over():
    old, new = Standing(is_dialled_here=False, heard_ms=0), Standing(is_dialled_here=False, heard_ms=50)
    assert replaces(new, old, is_ours_first=True, clock_ms=50)


def test_one_that_carries_nothing_any_more_gives_way():
    old, new = Standing(is_dialled_here=True, heard_ms=0), Standing(is_dialled_here=False, heard_ms=STALE_MS)
    assert not replaces(new, old, is_ours_first=True, clock_ms=STALE_MS - 1)
    assert replaces(new, old, is_ours_first=True, clock_ms=STALE_MS)
    assert not is_silent(old, SILENT_MS - 1)
    assert is_silent(old, SILENT_MS)
