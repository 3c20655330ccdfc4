"""Settings for every test, and which tests one worker runs together."""

import gc

from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.examples import some

# No deadline: a unit test is never timed, machines are noisy. A failing example is printed, to be kept.
settings.register_profile("mamarr", deadline=None, print_blob=True, max_examples=some(50))
settings.load_profile("mamarr")

# Almost nothing that reading the tests makes is thrown away, so a search for cycles would find little.
gc.disable()

# These share what takes long to make: a node and a browser, a wheel, a demo that has ended, every file as a
# tree. `xdist_group` would say so, but of pytest-xdist 3.8 and pytest 9.2 it is passed over in silence
# (pytest-xdist issue 1386).
# The first that fits: the story has a node of its own and waits for most of its time, beside the other pages.
TOGETHER = (
    "tests/browser/test_story.py",
    "tests/browser/",
    "tests/node/test_wheel.py",
    "tests/node/test_stopped_demo.py",
    "tests/test_tidy.py",
)


class Together(LoadScopeScheduling):
    """Hands out test by test, and at once those that share what takes long to make."""

    def _split_scope(self, nodeid: str) -> str:
        return next((shared for shared in TOGETHER if nodeid.startswith(shared)), nodeid)


def pytest_xdist_make_scheduler(config, log):
    """Asked for by pytest-xdist."""
    return Together(config, log)


def pytest_collection_finish():
    """What is loaded by now stays to the end, so no search for cycles need look at it: a sixth of the CPU."""
    gc.collect()
    gc.freeze()
    gc.enable()
