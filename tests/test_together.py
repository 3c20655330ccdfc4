"""Which tests one worker runs together: `tests.conftest`."""

from collections import OrderedDict
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

from tests.conftest import BUSY, TAKEN, TOGETHER, WAITING, Together, place, rank, taken

ROOT = Path(__file__).parents[1]


def test_what_shares_a_browser_a_wheel_or_a_demo_goes_to_one_worker_and_all_else_by_itself():
    scope_of = Together.__new__(Together)._split_scope
    assert scope_of("tests/browser/test_page.py::test_a") == scope_of("tests/browser/test_acts.py::test_b[x]")
    assert scope_of("tests/browser/test_story.py::test_a") != scope_of("tests/browser/test_acts.py::test_b")
    assert scope_of("tests/browser/test_voice.py::a") == scope_of("tests/browser/test_uss_page.py::b")
    assert scope_of("tests/browser/test_voice.py::a") != scope_of("tests/browser/test_page.py::b")
    assert scope_of("tests/node/test_wheel.py::test_a") == scope_of("tests/node/test_wheel.py::test_b")
    assert scope_of("tests/node/test_stopped_demo.py::test_a") == scope_of(
        "tests/node/test_stopped_demo.py::test_b"
    )
    assert scope_of("tests/test_tidy.py::test_a") == scope_of("tests/test_tidy.py::test_b")
    assert scope_of("tests/node/test_demo.py::test_a") != scope_of("tests/node/test_demo.py::test_b")


def test_the_scheduler_still_asks_by_these_names():
    assert {"_split_scope", "_assign_work_unit", "mark_test_complete"} <= set(vars(LoadScopeScheduling))


def test_the_files_that_go_together_are_there_and_the_slowest_begin():
    assert all((ROOT / name).exists() for shared in TOGETHER for name in shared)
    assert all((ROOT / name).exists() for name in (*WAITING, *(name for name, _ in TAKEN)))
    assert place("tests/browser/test_story.py::a") < place("tests/browser/test_page.py::b")
    assert place("tests/browser/test_page.py::b") < place("tests/airspace/test_boxes.py::c")


class Worker:
    """One that was handed tests, by their places."""

    def __init__(self) -> None:
        self.places: list[int] = []

    def send_runtest_some(self, places: list[int]) -> None:
        self.places += places


def scheduled(tests: list[str], *runs: str) -> tuple[Together, Worker]:
    """A scheduler of these tests, and a worker that runs nothing, beside others that run `runs`."""
    scheduler, free = Together.__new__(Together), Worker()
    scheduler.workqueue = OrderedDict((each, {each: False}) for each in tests)
    scheduler.assigned_work = {free: {}, **{Worker(): {each: {each: False}} for each in runs}}
    scheduler.registered_collections = {free: tests}
    return scheduler, free


WORKS, WAITS = "tests/airspace/test_boxes.py::works", "tests/node/test_links.py::waits"


def test_what_waits_is_handed_out_while_others_work_and_what_works_while_they_wait():
    for runs, expected in (
        ([WORKS] * 3, WAITS),
        ([WORKS] * 2, WORKS),
        (["tests/node/test_links_apart.py::a"] * 4, WORKS),
        ([], WORKS),
    ):
        assert (sum(map(taken, runs)) >= BUSY) == (expected == WAITS)
        scheduler, free = scheduled([WORKS, WAITS], *runs)
        scheduler._assign_work_unit(free)
        assert list(scheduler.assigned_work[free]) == [expected]


def test_all_is_handed_out_once_whoever_works():
    tests = [f"{each}{number}" for each in (WORKS, WAITS) for number in range(3)]
    for runs in ([], [WORKS] * 4):
        scheduler, free = scheduled(tests, *runs)
        while scheduler.workqueue:
            scheduler._assign_work_unit(free)
        assert sorted(free.places) == list(range(len(tests)))


def test_what_is_done_counts_no_more():
    scheduler, free = scheduled([WORKS, WAITS], *(f"{WORKS}{number}" for number in range(3)))
    for assigned in scheduler.assigned_work.values():
        for unit in assigned.values():
            unit.update(dict.fromkeys(unit, True))
    scheduler._assign_work_unit(free)
    assert list(scheduler.assigned_work[free]) == [WORKS]


def test_what_works_keeps_its_order():
    scheduler, free = scheduled([f"{WORKS}0", f"{WORKS}1"], *[WORKS] * 3)
    scheduler._assign_work_unit(free)
    assert free.places == [0]


def test_the_longest_wait_is_first():
    assert rank("tests/node/test_links_apart.py::a") < rank(WAITS) < rank(WORKS)
