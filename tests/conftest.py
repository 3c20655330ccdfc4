"""Settings for every test, and which tests one worker runs together."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.examples import some
from tests.forgetting import forget

# No deadline: a unit test is never timed, machines are noisy. A failing example is printed, to be kept.
settings.register_profile("mamarr", deadline=None, print_blob=True, max_examples=some(50))
settings.load_profile("mamarr")

# Almost nothing that reading the tests makes is thrown away, so a search for cycles would find little.
gc.disable()
YOUNG_MAX = 50_000  # chosen: simulated worlds take 2.5 % less than with Python's 700; with more, no less

# These share what takes long to make: a node and a browser, a wheel, a demo that has ended, every file as a
# tree. `xdist_group` would say so, but of pytest-xdist 3.8 and pytest 9.2 it is passed over in silence
# (pytest-xdist issue 1386).
# The first that fits, the slowest first: the story has a node of its own and waits for most of its time,
# beside the other pages; the first half of those has no need of the node that the second shares.
TOGETHER = (
    ("tests/browser/test_story.py",),
    (
        "tests/browser/test_presented.py",
        "tests/browser/test_requests.py",
        "tests/browser/test_sign_in.py",
        "tests/browser/test_suspension.py",
        "tests/browser/test_uss_page.py",
        "tests/browser/test_voice.py",
    ),
    ("tests/browser/",),
    ("tests/test_tidy.py",),
    ("tests/node/test_wheel.py",),
    ("tests/node/test_stopped_demo.py",),
)


WAITING = "tests/node/"  # nodes of several processes, which wait for each other
WAITING_FROM_TO = 0.25, 0.9  # chosen: of the others' order; the pages take about as long as the first quarter


class Together(LoadScopeScheduling):
    """Hands out test by test, and at once those that share what takes long to make."""

    def _split_scope(self, nodeid: str) -> str:
        at = place(nodeid)
        return TOGETHER[at][0] if at < len(TOGETHER) else nodeid

    def mark_test_complete(self, node, item_index, duration=0):
        super().mark_test_complete(node, item_index, duration)
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][scope].values()):  # xdist counts all it ever gave, with each test
            del self.assigned_work[node][scope]


def pytest_xdist_make_scheduler(config, log):
    """Asked for by pytest-xdist."""
    config.option.loadscopereorder = False  # by the number of tests; they are in order already
    return Together(config, log)


def place(nodeid: str) -> int:
    """Which of `TOGETHER` a test is of; past the last for all others."""
    return next((at for at, shared in enumerate(TOGETHER) if nodeid.startswith(shared)), len(TOGETHER))


def pytest_collection_modifyitems(items):
    """The slowest begin first, or the others would wait for them at the end; a browser waits as often as it
    works, and so do nodes: those come after it, each beside tests that work without a pause."""
    shared = sorted(
        (each for each in items if place(each.nodeid) < len(TOGETHER)), key=lambda each: place(each.nodeid)
    )
    rest = [each for each in items if place(each.nodeid) == len(TOGETHER)]
    waiting = [each for each in rest if each.nodeid.startswith(WAITING)]
    working = [each for each in rest if not each.nodeid.startswith(WAITING)]
    begun, ended = WAITING_FROM_TO
    due = [(at / len(working), each) for at, each in enumerate(working)]
    due += [(begun + (ended - begun) * at / len(waiting), each) for at, each in enumerate(waiting)]
    items[:] = shared + [each for _, each in sorted(due, key=lambda one: one[0])]


def pytest_collection_finish():
    """What is loaded by now stays to the end, so no search for cycles need look at it: a sixth of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, 10, 10)
    gc.enable()


@pytest.fixture(autouse=True)
def nothing_remembered(request: pytest.FixtureRequest) -> Iterator[None]:
    """Who changes the code finds nothing that was made out by it as it is, and leaves nothing behind."""
    is_changing = "monkeypatch" in request.fixturenames
    if is_changing:
        forget()
    yield
    if is_changing:
        forget()
