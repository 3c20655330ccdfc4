"""Which tests one worker runs together: `tests.conftest`."""

from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

from tests.conftest import TOGETHER, Together, place

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


def test_the_scheduler_still_asks_by_this_name():
    assert "_split_scope" in vars(LoadScopeScheduling)


def test_the_files_that_go_together_are_there_and_the_slowest_begin():
    assert all((ROOT / name).exists() for shared in TOGETHER for name in shared)
    assert place("tests/browser/test_story.py::a") < place("tests/browser/test_page.py::b")
    assert place("tests/browser/test_page.py::b") < place("tests/airspace/test_boxes.py::c")
