"""What the garbage collector looks at: little and seldom while a node serves, nothing while a record is read.

Values are frozen and cannot form cycles, so they are not tracked (`gc=False`); what is left are the modules,
which live as long as the process. One collection of them takes 80 to 190 ms, in which nobody is answered.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_MAX = 10_000  # chosen: made in some fifty requests; a collection of so many takes a few milliseconds
OLDER = (20, 50)  # chosen: young collections before a middle one, middle ones before a whole one


def settle() -> None:
    """Leave what is there now out of all further collections, and collect the rest seldom.

    To be called once, when everything is loaded and nobody is served yet.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, *OLDER)


@contextmanager
def still() -> Iterator[None]:
    """Search for no cycles meanwhile: a replay or an audit leaves none, and each search looks at all held.

    That was some fifth of a start from a long record. What was on is on again, whatever happened.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
