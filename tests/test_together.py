"""Which tests one worker runs together: `tests.conftest`."""

from xdist.scheduler import LoadScopeScheduling

from tests.conftest import Together


def test_what_shares_a_browser_a_wheel_or_a_demo_goes_to_one_worker_and_all_else_by_itself():
    scope_of = Together.__new__(Together)._split_scope
    assert scope_of("tests/browser/test_page.py::test_a") == scope_of("tests/browser/test_acts.py::test_b[x]")
    assert scope_of("tests/browser/test_story.py::test_a") != scope_of("tests/browser/test_acts.py::test_b")
    assert scope_of("tests/node/test_wheel.py::test_a") == scope_of("tests/node/test_wheel.py::test_b")
    assert scope_of("tests/node/test_stopped_demo.py::test_a") == scope_of(
        "tests/node/test_stopped_demo.py::test_b"
    )
    assert scope_of("tests/test_tidy.py::test_a") == scope_of("tests/test_tidy.py::test_b")
    assert scope_of("tests/node/test_demo.py::test_a") != scope_of("tests/node/test_demo.py::test_b")


def test_the_scheduler_still_asks_by_this_name():
    assert "_split_scope" in vars(LoadScopeScheduling)
