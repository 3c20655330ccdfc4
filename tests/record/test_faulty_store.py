"""Crashes of the simulated disk at every point: what is found afterwards is what may be found."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from mamarr.faults import Unavailable
from mamarr.record import Head, Row, Snapshot
from mamarr.simulation import faulty_store
from mamarr.simulation.faulty_store import NO_FAULTS, USUAL_FAULTS, Crashed, Disk, Fault, FaultyStore
from tests.record.logs import a_draft, a_log, filled

ALWAYS = 1_000
SECRET = b"Jana Q., +00 555 0100"  # a person and a number that nobody has
Log = tuple[list[Row], list[Head]]


def a_store(seed: int = 1, **faults: int) -> FaultyStore:
    return FaultyStore(Random(seed), {Fault(name): share for name, share in faults.items()})


def a_commit(first: int, chance: Random) -> tuple[int, list[Row], Head]:
    """One to four rows of some hundred bytes."""
    count = chance.randrange(1, 5)
    rows = [
        Row(sequence, b"%016d" % sequence, chance.randbytes(32), chance.randbytes(chance.randrange(300)))
        for sequence in range(first, first + count)
    ]
    return first, rows, Head(first + count, f"head {chance.random()}")


def log_of(store: FaultyStore) -> Log:
    return list(store.rows()), list(store.heads())


def is_whole(found: Log) -> bool:
    """Whether the rows end where the last head does, and none is missing."""
    rows, heads = found
    sequences = [row.sequence for row in rows]
    return sequences == list(range(heads[-1].size if heads else 0))


# The disk


def test_what_was_synced_survives_and_of_the_rest_all_may_happen():
    seen = set()
    for seed in range(300):
        disk = Disk(Random(seed))
        disk.write(0, b"old" * 20)
        disk.sync()
        disk.write(0, b"new" * 20)
        disk.write(1, b"one" * 20)
        disk.write(2, b"two" * 20)
        after = disk.after_crash()
        assert disk.read(0) == b"new" * 20
        seen.add(tuple(after.read(block) for block in range(3)))
    whole = (b"old" * 20, b"new" * 20, b"one" * 20, b"two" * 20, b"")
    kept = {found for found in seen if all(block in whole for block in found)}
    assert len(kept) == 8  # each of the three writes is there or not
    torn = [found for found in seen if found not in kept]
    assert any(block and b"one".startswith(block[:3]) and len(block) < 60 for _, block, _ in torn)
    assert any(b"old" in block and b"new" in block for block, _, _ in torn)
    assert any(block.count(b"\0") and len(block) == 60 for _, block, _ in torn)


def test_two_writes_to_one_block_may_be_kept_in_either_order():
    found = set()
    for seed in range(200):
        disk = Disk(Random(seed))
        disk.write(0, b"first")
        disk.write(0, b"later")
        found.add(disk.after_crash().read(0))
    assert {b"", b"first", b"later"} <= found


def test_a_synced_disk_is_the_same_after_a_crash():
    disk = Disk(Random(1))
    for block in range(9):
        disk.write(block, bytes([block]) * 50)
    disk.sync()
    assert disk.after_crash().image() == disk.image()


def test_a_shorter_write_leaves_what_lies_behind_it():
    disk = Disk(Random(1))
    disk.write(0, b"a long secret")
    disk.write(0, b"short")
    assert disk.read(0) == b"shortg secret"


# Faults


def test_a_full_disk_writes_nothing():
    store = a_store(full=ALWAYS)
    with pytest.raises(Unavailable, match="full"):
        store.append(*a_commit(0, Random(2)))
    assert log_of(store.after_crash()) == ([], [])


def test_a_late_answer_is_durable():
    store = a_store(late=ALWAYS)
    with pytest.raises(Unavailable, match="all was written"):
        store.append(0, rows := [Row(0, None, bytes(32), b"body")], Head(1, "head"))
    assert store.size() == 1
    assert list(store.after_crash().rows()) == rows


def test_a_silent_disk_does_not_tell_the_size_either_but_does_so_later():
    found = set()
    for seed in range(20):
        store = a_store(seed, silent=ALWAYS)
        for asked in (lambda store=store: store.append(*a_commit(0, Random(2))), store.size):
            with pytest.raises(Unavailable):
                asked()
        assert store.size() == store.after_crash().size()
        found.add(store.size() > 0)
    assert found == {False, True}


def test_a_torn_commit_leaves_no_trace_and_a_later_one_is_right():
    for seed in range(300):
        store = a_store(seed, torn=ALWAYS)
        before = store.disk.after_crash().image()
        with pytest.raises(Unavailable, match="erased"):
            store.append(0, [Row(number, None, bytes(32), SECRET * 9) for number in range(3)], Head(3, "no"))
        assert store.size() == 0
        assert set(store.disk.image().removeprefix(before)) <= set(b"\0\n")
        store.faults = NO_FAULTS
        commit = a_commit(0, Random(seed))
        store.append(*commit)
        assert log_of(store) == log_of(store.after_crash()) == (commit[1], [commit[2]])


def test_a_blind_disk_finds_nothing_and_says_so():
    store = a_store(blind=ALWAYS)
    with pytest.raises(Unavailable):
        store.find(b"k" * 16)
    with pytest.raises(Unavailable):
        store.find_all([b"k" * 16])


# Crashes


def crashed_at(store: FaultyStore, operation: int, call: Callable[[], None]) -> bool:
    """Let the power go at that write or sync of `call`; False if `call` was done before."""
    store.disk.break_after(operation, Crashed("the power went"))
    try:
        call()
    except Crashed:
        return True
    return False


def crash_points(make: Callable[[], FaultyStore], call: Callable[[FaultyStore], None], draws: int = 20):
    """For every write and sync of `call`, on a new store each time: what `draws` crashes there leave."""
    operation = 0
    while crashed_at(store := make(), operation, lambda store=store: call(store)):
        yield from (store.after_crash() for _ in range(draws))
        operation += 1


def test_what_was_in_flight_is_there_wholly_or_not_at_all():
    before = log_of(with_commits(3))
    last = a_commit(before[1][-1].size, Random(9))
    after = [*before[0], *last[1]], [*before[1], last[2]]
    points = crash_points(lambda: with_commits(3), lambda store: store.append(*last), draws=300)
    found = [log_of(store) for store in points]
    assert len(found) == 300 * (len(last[1]) + 2)
    assert all(each in (before, after) for each in found)
    assert before in found
    assert after in found


def with_commits(count: int, seed: int = 4) -> FaultyStore:
    """A store without faults, with so many commits; the same each time but for the chance of its disk."""
    chance = Random(seed)
    store = a_store(chance.getrandbits(32))
    for _ in range(count):
        store.append(*a_commit(store.size(), chance))
    return store


def live_through_crashes(seed: int) -> tuple[int, int]:
    """One disk through restarts; answers how many crashes there were and how many commits are there."""
    chance = Random(seed)
    store = FaultyStore(chance, {**USUAL_FAULTS, Fault.CRASH: 300, Fault.TORN: 100})
    rows: list[Row] = []
    heads: list[Head] = []
    crashes = 0
    for _ in range(30):
        first, new, head = a_commit(len(rows), chance)
        try:
            store.append(first, new, head)
        except Unavailable:
            store = store if chance.random() < 0.7 else store.after_crash()
        except Crashed:
            crashes += 1
            store = store.after_crash()
        else:
            assert list(store.rows(first)) == new
        found = log_of(store)
        assert found in ((rows, heads), ([*rows, *new], [*heads, head])), f"seed {seed}"
        assert is_whole(found)
        rows, heads = found
    return crashes, len(heads)


def test_through_thousands_of_crashes_every_acknowledged_commit_stays():
    lives = [live_through_crashes(seed) for seed in range(300)]
    assert sum(crashes for crashes, _ in lives) > 2_000
    assert sum(commits for _, commits in lives) > 4_000


def a_disk_that_was_never_synced(seed: int, commits: int = 6) -> tuple[FaultyStore, Log]:
    """Many commits in flight at once: the disk says it synced, and has not yet."""
    chance = Random(seed)
    store = FaultyStore(chance, NO_FAULTS)
    store.disk.sync = lambda: None  # type: ignore[method-assign]
    for _ in range(commits):
        store.append(*a_commit(store.size(), chance))
    return store, log_of(store)


def test_of_many_commits_in_flight_a_beginning_is_there():
    lengths = set()
    for seed in range(500):
        store, (rows, heads) = a_disk_that_was_never_synced(seed)
        for _ in range(4):
            found = log_of(store.after_crash())
            assert is_whole(found)
            assert found == (rows[: len(found[0])], heads[: len(found[1])])
            lengths.add(len(found[1]))
    assert lengths == set(range(7))


def test_a_crash_while_it_recovers_changes_nothing():
    for seed in range(200):
        disk = a_disk_that_was_never_synced(seed)[0].disk.after_crash()
        operation = 0
        left = None
        while left is None or operation < 3:
            once = Disk(Random(seed), disk._durable)
            once.break_after(operation, Crashed("the power went again"))
            try:
                store = FaultyStore(Random(seed), NO_FAULTS, once)
            except Crashed:
                store = FaultyStore(Random(seed), NO_FAULTS, once.after_crash())
            left = log_of(store) if left is None else left
            assert log_of(store) == left
            operation += 1


def test_a_log_on_a_disk_that_crashed_goes_on():
    for seed in range(50):
        store = a_store(seed)
        filled(store, commits=2)
        crashed_at(store, seed % 7, lambda store=store: filled_more(store))
        again = store.after_crash()
        filled_more(again)
        assert is_whole(log_of(again.after_crash()))


def filled_more(store: FaultyStore) -> None:
    """One more commit of three entries."""
    from mamarr.record.tree import Frontier

    log, frontier = a_log(store), Frontier()
    for row in store.rows():
        frontier.append(row.leaf)
    log.resume(frontier)
    log.append([a_draft(number) for number in range(frontier.size, frontier.size + 3)])


# Reducing


def with_a_secret() -> FaultyStore:
    """Seven entries in three commits; 3 holds the secret, and so does a snapshot."""
    store = a_store(3)
    for first, count in ((0, 2), (2, 3), (5, 2)):
        rows = [Row(number, b"%016d" % number, bytes(32), b"body %d" % number) for number in range(first, 7)]
        if first == 2:
            rows[1] = Row(3, b"%016d" % 3, bytes(32), b" ".join([SECRET] * 5))
        store.append(first, rows[:count], Head(first + count, f"head {first}"))
        store.keep_snapshot(Snapshot(first + count, b"state of " + SECRET))
    return store


def test_a_reduced_body_is_nowhere_on_the_disk():
    store = with_a_secret()
    assert store.disk.image().count(SECRET) > 5
    for body in (b"", b"less", b"more than there was " * 50):
        store.reduce(3, body)
        assert SECRET not in store.disk.image()
        after = store.after_crash()
        assert SECRET not in after.disk.image()
        assert [row.body for row in after.rows(2, 5)] == [b"body 2", body, b"body 4"]
        assert list(after.heads()) == list(store.heads())


def test_a_crash_while_reducing_leaves_the_old_log_or_the_new_and_never_both():
    before, snapshots = log_of(with_a_secret()), list(with_a_secret().snapshots())
    reduced = with_a_secret()
    reduced.reduce(3, b"less")
    after = log_of(reduced)
    seen = set()
    for store in crash_points(with_a_secret, lambda store: store.reduce(3, b"less"), draws=60):
        found = log_of(store)
        assert found in (before, after)
        assert list(store.snapshots()) == (snapshots if found == before else [])
        assert (SECRET in store.disk.image()) == (found == before)
        seen.add(found == before)
        store.reduce(3, b"less")
        assert log_of(store.after_crash()) == after
        assert SECRET not in store.disk.image()
    assert seen == {False, True}


def test_a_reducing_that_was_torn_is_taken_back_even_if_the_power_goes_then():
    before, reduced = log_of(with_a_secret()), with_a_secret()
    reduced.reduce(3, b"less")
    after = log_of(reduced)
    writes = len(before[0]) + len(before[1]) + 3
    for operation in range(writes):
        for then in range(8):
            store = with_a_secret()
            store.disk.break_after(operation, OSError("the disk broke off"))
            store.disk.break_after(then, Crashed("the power went"))
            with pytest.raises((Unavailable, Crashed)) as ended:
                store.reduce(3, b"less")
            allowed = (before, after) if ended.type is Crashed else (before,)
            assert all(log_of(store.after_crash()) in allowed for _ in range(10))


def test_reducing_fails_as_appending_does():
    for name in ("full", "torn", "late", "silent"):
        for seed in range(30):
            store = with_a_secret()
            store._chance, store.faults = Random(seed), {Fault(name): ALWAYS}
            with pytest.raises(Unavailable):
                store.reduce(3, b"less")
            store.faults = NO_FAULTS
            assert log_of(store) == log_of(store.after_crash())
            store.reduce(3, b"less")
            assert SECRET not in store.disk.image()


# Planted bugs: the tests above see them


def erases_in_any_order(self: FaultyStore, area: int, start: int = 0) -> None:
    for block in range(2 * start + area, self.disk.size(), 2):
        self.disk.write(block, bytes(len(self.disk.read(block))))
    self.disk.sync()


def switches_without_a_sync(self: FaultyStore, sequence: int, body: bytes) -> None:
    blocks = self._reduced(sequence, body)
    for place, block in enumerate(blocks, start=1):
        self._write(1 - self._area, place, block)
    self._write(1 - self._area, 0, faulty_store.AreaBlock(self._generation + 1))
    self.disk.sync()


@pytest.mark.parametrize(
    ("where", "name", "planted", "test"),
    [
        (Disk, "sync", lambda _: None, test_through_thousands_of_crashes_every_acknowledged_commit_stays),
        (FaultyStore, "_clean", lambda *_: None, test_a_torn_commit_leaves_no_trace_and_a_later_one_is_right),
        (FaultyStore, "_erase", lambda *_: None, test_a_reduced_body_is_nowhere_on_the_disk),
        (
            FaultyStore,
            "_erase",
            erases_in_any_order,
            test_a_reducing_that_was_torn_is_taken_back_even_if_the_power_goes_then,
        ),
        (
            FaultyStore,
            "reduce",
            switches_without_a_sync,
            test_a_crash_while_reducing_leaves_the_old_log_or_the_new_and_never_both,
        ),
        (faulty_store, "_ends", lambda *_: True, test_of_many_commits_in_flight_a_beginning_is_there),
        (
            faulty_store,
            "_ends",
            lambda marker, _, count: marker.count == count,
            test_of_many_commits_in_flight_a_beginning_is_there,
        ),
        (
            faulty_store,
            "_ends",
            lambda marker, number, _: marker.number == number,
            test_what_was_in_flight_is_there_wholly_or_not_at_all,
        ),
        (
            faulty_store,
            "_is_whole",
            lambda payload, length, _: len(payload) == length,
            test_what_was_in_flight_is_there_wholly_or_not_at_all,
        ),
        (
            faulty_store,
            "_is_whole",
            lambda *_: True,
            test_what_was_in_flight_is_there_wholly_or_not_at_all,
        ),
    ],
)
def test_a_planted_bug_is_seen(where, name, planted, test, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(where, name, planted)
    with pytest.raises((AssertionError, ValueError, msgspec.DecodeError, pytest.fail.Exception)):
        test()
