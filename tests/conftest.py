"""Settings for every test, and which tests one worker runs together."""

import gc
from collections.abc import Iterator
from functools import cache

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


# Whose tests wait for most of their time, nodes of several processes for each other; the longest first.
WAITING = (
    "tests/node/test_links_apart.py",
    "tests/docs/test_two_nodes.py",
    "tests/node/test_demo_pair.py",
    "tests/node/test_demo_drones.py",
    "tests/node/test_uss_pool.py",
    "tests/node/test_demo.py",
    "tests/node/test_dss_pool.py",
    "tests/record/test_postgres_store.py",
    "tests/node/",
)
# How much of a core a worker takes, about: the first that fits, else all of it.
TAKEN = (
    ("tests/node/test_wheel.py", 1.0),
    ("tests/browser/test_story.py", 0.3),
    ("tests/browser/", 0.4),
    *((path, 0.1) for path in WAITING),
)
BUSY = 2.15  # chosen: for two cores, as where we are tested; with more, what works may begin first


class Together(LoadScopeScheduling):
    """Hands out test by test, and at once those that share what takes long to make."""

    def _split_scope(self, nodeid: str) -> str:
        at = place(nodeid)
        return TOGETHER[at][0] if at < len(TOGETHER) else nodeid

    def _assign_work_unit(self, node):
        """One that waits, which is last in the queue, as long as the others keep the cores busy."""
        last = next(reversed(self.workqueue))
        others = (self._taken_by(each) for each in self.nodes if each is not node)
        if taken(last) < 1 and sum(others) >= BUSY:
            self.workqueue.move_to_end(last, last=False)
        super()._assign_work_unit(node)

    def _taken_by(self, node):
        """How much of a core a worker takes now."""
        assigned = self.assigned_work[node]
        return next((taken(scope) for scope, unit in assigned.items() if not all(unit.values())), 0.0)

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


def rank(nodeid: str) -> int:
    """Where of `WAITING` a test is; past the last where it works without a pause."""
    return next((at for at, path in enumerate(WAITING) if nodeid.startswith(path)), len(WAITING))


@cache
def taken(scope: str) -> float:
    """How much of a core a worker takes for that, as of `TAKEN`."""
    return next((share for path, share in TAKEN if scope.startswith(path)), 1.0)


def pytest_collection_modifyitems(items):
    """What is shared is first, the slowest before the others: those would wait for it at the end. What waits
    is last, the longest last of all: the scheduler takes it from there while the others work."""
    shared = [each for each in items if place(each.nodeid) < len(TOGETHER)]
    rest = [each for each in items if place(each.nodeid) == len(TOGETHER)]
    rest.sort(key=lambda each: -rank(each.nodeid))  # those that work first, in their order
    items[:] = sorted(shared, key=lambda each: place(each.nodeid)) + rest


def pytest_collection_finish():
    """What is loaded by now stays to the end, so no search for cycles need look at it: a sixth of the CPU.
    Nor now: of what there is, little could go."""
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
